using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class LogMappings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "logs_mapping",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    mapping_name = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    conditions = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    log_sources = table.Column<string>(type: "TEXT", maxLength: 5000, nullable: false),
                    field_names = table.Column<string>(type: "TEXT", maxLength: 100000, nullable: false),
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
                    table.PrimaryKey("pk_logs_mapping", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_due_on",
                table: "logs_mapping",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_mapping_name_number_archived_at",
                table: "logs_mapping",
                columns: new[] { "mapping_name", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_number",
                table: "logs_mapping",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_number_archived_at_state_owner_id_c_513b80e9",
                table: "logs_mapping",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_number_archived_at_state_owner_id_c_6f939558",
                table: "logs_mapping",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "mapping_name", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_owner_id_state_number_archived_at",
                table: "logs_mapping",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_state_number_archived_at",
                table: "logs_mapping",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_title_number_archived_at",
                table: "logs_mapping",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_unit_id_owner_id_created_by_number__5de8c3a9",
                table: "logs_mapping",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_mapping_updated_at_number_archived_at",
                table: "logs_mapping",
                columns: new[] { "updated_at", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_mapping");
        }
    }
}
