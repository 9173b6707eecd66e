using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class LogRetention : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "logs_hold",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    query = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    from = table.Column<long>(type: "INTEGER", nullable: true),
                    to = table.Column<long>(type: "INTEGER", nullable: true),
                    reason = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    number = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    title = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    owner_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    unit_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    due_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    created_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    archived_at = table.Column<long>(type: "INTEGER", nullable: true),
                    extra = table.Column<string>(type: "TEXT", nullable: true),
                    search_text = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_logs_hold", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_retention",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    source = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    keep_days = table.Column<int>(type: "INTEGER", nullable: true),
                    max_gigabytes = table.Column<int>(type: "INTEGER", nullable: true),
                    below_minimum = table.Column<bool>(type: "INTEGER", nullable: false),
                    basis = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    number = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    title = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    owner_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    unit_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    state = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    due_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false),
                    created_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    archived_at = table.Column<long>(type: "INTEGER", nullable: true),
                    extra = table.Column<string>(type: "TEXT", nullable: true),
                    search_text = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_logs_retention", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_due_on",
                table: "logs_hold",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_from_number_archived_at",
                table: "logs_hold",
                columns: new[] { "from", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_number",
                table: "logs_hold",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_number_archived_at_state_owner_id_crea_2b5ac2b9",
                table: "logs_hold",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_number_archived_at_state_owner_id_crea_5ce3aabd",
                table: "logs_hold",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "from", "to", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_owner_id_state_number_archived_at",
                table: "logs_hold",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_state_number_archived_at",
                table: "logs_hold",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_title_number_archived_at",
                table: "logs_hold",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_to_number_archived_at",
                table: "logs_hold",
                columns: new[] { "to", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_unit_id_owner_id_created_by_number_archived_at",
                table: "logs_hold",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_hold_updated_at_number_archived_at",
                table: "logs_hold",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_due_on",
                table: "logs_retention",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_keep_days_number_archived_at",
                table: "logs_retention",
                columns: new[] { "keep_days", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_max_gigabytes_number_archived_at",
                table: "logs_retention",
                columns: new[] { "max_gigabytes", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_number",
                table: "logs_retention",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_number_archived_at_state_owner_id_3e9d98d9",
                table: "logs_retention",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_number_archived_at_state_owner_id_97cfea78",
                table: "logs_retention",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "source", "keep_days", "max_gigabytes", "below_minimum", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_owner_id_state_number_archived_at",
                table: "logs_retention",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_source_number_archived_at",
                table: "logs_retention",
                columns: new[] { "source", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_state_number_archived_at",
                table: "logs_retention",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_title_number_archived_at",
                table: "logs_retention",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_unit_id_owner_id_created_by_numbe_e05d094d",
                table: "logs_retention",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_updated_at_number_archived_at",
                table: "logs_retention",
                columns: new[] { "updated_at", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_hold");

            migrationBuilder.DropTable(
                name: "logs_retention");
        }
    }
}
