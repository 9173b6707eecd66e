using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class LogCriteria : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "logs_criterion",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    category = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    level = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    kinds = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    required_fields = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    keep_days = table.Column<int>(type: "INTEGER", nullable: true),
                    quiet_days = table.Column<int>(type: "INTEGER", nullable: true),
                    basis = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    law_version = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    valid_from = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    confidence = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    default_code = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
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
                    table.PrimaryKey("pk_logs_criterion", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_category_number_archived_at",
                table: "logs_criterion",
                columns: new[] { "category", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_due_on",
                table: "logs_criterion",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_keep_days_number_archived_at",
                table: "logs_criterion",
                columns: new[] { "keep_days", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_kinds_number_archived_at",
                table: "logs_criterion",
                columns: new[] { "kinds", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_level_number_archived_at",
                table: "logs_criterion",
                columns: new[] { "level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_number",
                table: "logs_criterion",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_number_archived_at_state_owner_id_14e7d820",
                table: "logs_criterion",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_number_archived_at_state_owner_id_bed6a3b4",
                table: "logs_criterion",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "category", "level", "kinds", "required_fields", "keep_days", "quiet_days", "law_version", "valid_from", "confidence", "default_code", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_owner_id_state_number_archived_at",
                table: "logs_criterion",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_state_number_archived_at",
                table: "logs_criterion",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_title_number_archived_at",
                table: "logs_criterion",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_unit_id_owner_id_created_by_numbe_82a8a6c3",
                table: "logs_criterion",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_criterion_updated_at_number_archived_at",
                table: "logs_criterion",
                columns: new[] { "updated_at", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_criterion");
        }
    }
}
