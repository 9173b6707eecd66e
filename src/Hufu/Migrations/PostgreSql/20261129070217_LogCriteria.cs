using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
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
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    category = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    level = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    kinds = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    required_fields = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    keep_days = table.Column<int>(type: "integer", nullable: true),
                    quiet_days = table.Column<int>(type: "integer", nullable: true),
                    basis = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    law_version = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false, collation: "C"),
                    valid_from = table.Column<DateOnly>(type: "date", nullable: true),
                    confidence = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false, collation: "C"),
                    default_code = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false, collation: "C"),
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
