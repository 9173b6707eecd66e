using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
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
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<Guid>(type: "uuid", nullable: true),
                    host = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false, collation: "C"),
                    kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false, collation: "C"),
                    at = table.Column<long>(type: "bigint", nullable: false),
                    verdict = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    reason_code = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    reason_zh = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    reason_en = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    offset = table.Column<double>(type: "double precision", nullable: true),
                    delay = table.Column<double>(type: "double precision", nullable: true),
                    root_distance = table.Column<double>(type: "double precision", nullable: true),
                    jitter = table.Column<double>(type: "double precision", nullable: true),
                    stratum = table.Column<int>(type: "integer", nullable: true),
                    reference = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    address = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    own_clock = table.Column<bool>(type: "boolean", nullable: false),
                    event_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    by = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_logs_time_check", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_time_review",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    from = table.Column<long>(type: "bigint", nullable: true),
                    to = table.Column<long>(type: "bigint", nullable: true),
                    checks = table.Column<int>(type: "integer", nullable: false),
                    good = table.Column<int>(type: "integer", nullable: false),
                    bad = table.Column<int>(type: "integer", nullable: false),
                    not_evaluated = table.Column<int>(type: "integer", nullable: false),
                    @unchecked = table.Column<int>(name: "unchecked", type: "integer", nullable: false),
                    worst_offset = table.Column<decimal>(type: "numeric(19,6)", nullable: true),
                    log_sources = table.Column<int>(type: "integer", nullable: false),
                    skewed_sources = table.Column<int>(type: "integer", nullable: false),
                    details = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    remarks = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_time_review", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_time_source",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    address = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false, collation: "C"),
                    port = table.Column<int>(type: "integer", nullable: true),
                    kind = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    reason = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
                    offset_limit = table.Column<int>(type: "integer", nullable: true),
                    distance_limit = table.Column<int>(type: "integer", nullable: true),
                    stratum_limit = table.Column<int>(type: "integer", nullable: true),
                    interval = table.Column<int>(type: "integer", nullable: true),
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
