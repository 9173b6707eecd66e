using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    query = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
                    range = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    from = table.Column<long>(type: "INTEGER", nullable: true),
                    to = table.Column<long>(type: "INTEGER", nullable: true),
                    visibility = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    pinned = table.Column<bool>(type: "INTEGER", nullable: false),
                    expectation = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    threshold = table.Column<int>(type: "INTEGER", nullable: true),
                    test_period = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    basis_query = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    output_code = table.Column<string>(type: "TEXT", maxLength: 10, nullable: false),
                    tied_to = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    last_run_at = table.Column<long>(type: "INTEGER", nullable: true),
                    last_outcome = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    last_count = table.Column<int>(type: "INTEGER", nullable: true),
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
                name: "ix_logs_saved_search_number_archived_at_state_owner_41d72e83",
                table: "logs_saved_search",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_saved_search_number_archived_at_state_owner_b15ce6b0",
                table: "logs_saved_search",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "range", "from", "to", "visibility", "pinned", "expectation", "threshold", "test_period", "output_code", "tied_to", "last_run_at", "last_outcome", "last_count", "extra" });

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
