using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class TimeSources : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "logs_time_check",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    source_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    host = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    verdict = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    reason_code = table.Column<string>(type: "TEXT", nullable: false),
                    reason_zh = table.Column<string>(type: "TEXT", nullable: false),
                    reason_en = table.Column<string>(type: "TEXT", nullable: false),
                    offset = table.Column<double>(type: "REAL", nullable: true),
                    delay = table.Column<double>(type: "REAL", nullable: true),
                    root_distance = table.Column<double>(type: "REAL", nullable: true),
                    jitter = table.Column<double>(type: "REAL", nullable: true),
                    stratum = table.Column<int>(type: "INTEGER", nullable: true),
                    reference = table.Column<string>(type: "TEXT", nullable: false),
                    address = table.Column<string>(type: "TEXT", nullable: false),
                    own_clock = table.Column<bool>(type: "INTEGER", nullable: false),
                    event_id = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    by = table.Column<Guid>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_logs_time_check", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_time_review",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    from = table.Column<long>(type: "INTEGER", nullable: true),
                    to = table.Column<long>(type: "INTEGER", nullable: true),
                    checks = table.Column<int>(type: "INTEGER", nullable: false),
                    good = table.Column<int>(type: "INTEGER", nullable: false),
                    bad = table.Column<int>(type: "INTEGER", nullable: false),
                    not_evaluated = table.Column<int>(type: "INTEGER", nullable: false),
                    @unchecked = table.Column<int>(name: "unchecked", type: "INTEGER", nullable: false),
                    worst_offset = table.Column<long>(type: "INTEGER", nullable: true),
                    log_sources = table.Column<int>(type: "INTEGER", nullable: false),
                    skewed_sources = table.Column<int>(type: "INTEGER", nullable: false),
                    details = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    remarks = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
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
                    table.PrimaryKey("pk_logs_time_review", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_time_source",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    address = table.Column<string>(type: "TEXT", maxLength: 253, nullable: false),
                    port = table.Column<int>(type: "INTEGER", nullable: true),
                    kind = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
                    offset_limit = table.Column<int>(type: "INTEGER", nullable: true),
                    distance_limit = table.Column<int>(type: "INTEGER", nullable: true),
                    stratum_limit = table.Column<int>(type: "INTEGER", nullable: true),
                    interval = table.Column<int>(type: "INTEGER", nullable: true),
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
                    table.PrimaryKey("pk_logs_time_source", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_check_at",
                table: "logs_time_check",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_check_host_at",
                table: "logs_time_check",
                columns: new[] { "host", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_check_source_id_at",
                table: "logs_time_check",
                columns: new[] { "source_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_bad_number_archived_at",
                table: "logs_time_review",
                columns: new[] { "bad", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_checks_number_archived_at",
                table: "logs_time_review",
                columns: new[] { "checks", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_due_on",
                table: "logs_time_review",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_number",
                table: "logs_time_review",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_number_archived_at_state_owner__8d869bad",
                table: "logs_time_review",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "from", "to", "checks", "good", "bad", "not_evaluated", "unchecked", "worst_offset", "log_sources", "skewed_sources", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_number_archived_at_state_owner__9f56191e",
                table: "logs_time_review",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_owner_id_state_number_archived_at",
                table: "logs_time_review",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_skewed_sources_number_archived_at",
                table: "logs_time_review",
                columns: new[] { "skewed_sources", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_state_number_archived_at",
                table: "logs_time_review",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_title_number_archived_at",
                table: "logs_time_review",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_unchecked_number_archived_at",
                table: "logs_time_review",
                columns: new[] { "unchecked", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_unit_id_owner_id_created_by_num_4893d795",
                table: "logs_time_review",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_updated_at_number_archived_at",
                table: "logs_time_review",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_review_worst_offset_number_archived_at",
                table: "logs_time_review",
                columns: new[] { "worst_offset", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_address_number_archived_at",
                table: "logs_time_source",
                columns: new[] { "address", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_due_on",
                table: "logs_time_source",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_kind_number_archived_at",
                table: "logs_time_source",
                columns: new[] { "kind", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_number",
                table: "logs_time_source",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_number_archived_at_state_owner__04764e0d",
                table: "logs_time_source",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "kind", "address", "port", "offset_limit", "distance_limit", "stratum_limit", "interval", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_number_archived_at_state_owner__322185c8",
                table: "logs_time_source",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_owner_id_state_number_archived_at",
                table: "logs_time_source",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_state_number_archived_at",
                table: "logs_time_source",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_title_number_archived_at",
                table: "logs_time_source",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_unit_id_owner_id_created_by_num_bd1a8114",
                table: "logs_time_source",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_time_source_updated_at_number_archived_at",
                table: "logs_time_source",
                columns: new[] { "updated_at", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_time_check");

            migrationBuilder.DropTable(
                name: "logs_time_review");

            migrationBuilder.DropTable(
                name: "logs_time_source");
        }
    }
}
