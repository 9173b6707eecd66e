using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
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
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    query = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    from = table.Column<long>(type: "bigint", nullable: true),
                    to = table.Column<long>(type: "bigint", nullable: true),
                    reason = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    number = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false, collation: "C"),
                    title = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    unit_id = table.Column<Guid>(type: "uuid", nullable: true),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false, collation: "C"),
                    due_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    updated_at = table.Column<long>(type: "bigint", nullable: false),
                    created_by = table.Column<Guid>(type: "uuid", nullable: true),
                    archived_at = table.Column<long>(type: "bigint", nullable: true),
                    extra = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    search_text = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_logs_hold", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_retention",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    keep_days = table.Column<int>(type: "integer", nullable: true),
                    max_gigabytes = table.Column<int>(type: "integer", nullable: true),
                    below_minimum = table.Column<bool>(type: "boolean", nullable: false),
                    basis = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    number = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false, collation: "C"),
                    title = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    unit_id = table.Column<Guid>(type: "uuid", nullable: true),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false, collation: "C"),
                    due_on = table.Column<DateOnly>(type: "date", nullable: true),
                    version = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    updated_at = table.Column<long>(type: "bigint", nullable: false),
                    created_by = table.Column<Guid>(type: "uuid", nullable: true),
                    archived_at = table.Column<long>(type: "bigint", nullable: true),
                    extra = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    search_text = table.Column<string>(type: "text", nullable: false, collation: "C")
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
