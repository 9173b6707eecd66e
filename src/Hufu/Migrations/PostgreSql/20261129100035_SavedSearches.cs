using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class SavedSearches : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "logs_saved_search",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    query = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
                    range = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    from = table.Column<long>(type: "bigint", nullable: true),
                    to = table.Column<long>(type: "bigint", nullable: true),
                    visibility = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    pinned = table.Column<bool>(type: "boolean", nullable: false),
                    expectation = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    threshold = table.Column<int>(type: "integer", nullable: true),
                    test_period = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    basis_query = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    output_code = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, collation: "C"),
                    tied_to = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false, collation: "C"),
                    last_run_at = table.Column<long>(type: "bigint", nullable: true),
                    last_outcome = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    last_count = table.Column<int>(type: "integer", nullable: true),
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
                    table.PrimaryKey("pk_logs_saved_search", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_due_on",
                table: "logs_saved_search",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_last_outcome_number_archived_at",
                table: "logs_saved_search",
                columns: new[] { "last_outcome", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_last_run_at_number_archived_at",
                table: "logs_saved_search",
                columns: new[] { "last_run_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_number",
                table: "logs_saved_search",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_owner_id_state_number_archived_at",
                table: "logs_saved_search",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_range_number_archived_at",
                table: "logs_saved_search",
                columns: new[] { "range", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_state_number_archived_at",
                table: "logs_saved_search",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_title_number_archived_at",
                table: "logs_saved_search",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_unit_id_owner_id_created_by_nu_9f99b14a",
                table: "logs_saved_search",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_updated_at_number_archived_at",
                table: "logs_saved_search",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_visibility_number_archived_at",
                table: "logs_saved_search",
                columns: new[] { "visibility", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_saved_search");
        }
    }
}
