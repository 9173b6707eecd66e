using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class IndicatorLists : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_found_in_history_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.CreateTable(
                name: "logs_indicator_list",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    folder = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    feed = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    tlp = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    alert_level = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    least_confidence = table.Column<int>(type: "integer", nullable: true),
                    expiry_days = table.Column<int>(type: "integer", nullable: true),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    domains_with_below = table.Column<bool>(type: "boolean", nullable: false),
                    whole_lines = table.Column<bool>(type: "boolean", nullable: false),
                    with_doubtful = table.Column<bool>(type: "boolean", nullable: false),
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
                    table.PrimaryKey("pk_logs_indicator_list", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_indicator_version",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    list_id = table.Column<Guid>(type: "uuid", nullable: true),
                    hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    from_where = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    format = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false, collation: "C"),
                    indicator_count = table.Column<int>(type: "integer", nullable: false),
                    kinds = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    doubts = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    left = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    refused_count = table.Column<int>(type: "integer", nullable: false),
                    refusals = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    seen_at = table.Column<long>(type: "bigint", nullable: true),
                    own_count = table.Column<int>(type: "integer", nullable: false),
                    own_assets = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    tried_hits = table.Column<int>(type: "integer", nullable: true),
                    tried_read = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    tried_most = table.Column<string>(type: "character varying(5000)", maxLength: 5000, nullable: false, collation: "C"),
                    tried_many = table.Column<bool>(type: "boolean", nullable: false),
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
                    table.PrimaryKey("pk_logs_indicator_version", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_rule_author_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "rule_author", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_alert_level_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "alert_level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_due_on",
                table: "logs_indicator_list",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_ends_on_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "ends_on", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_expiry_days_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "expiry_days", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_feed_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "feed", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_number",
                table: "logs_indicator_list",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_owner_id_state_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_source_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "source", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_state_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_title_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_tlp_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "tlp", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_unit_id_owner_id_created_by__e5228ee6",
                table: "logs_indicator_list",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_list_updated_at_number_archived_at",
                table: "logs_indicator_list",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_due_on",
                table: "logs_indicator_version",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_from_where_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "from_where", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_indicator_count_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "indicator_count", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_list_id_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "list_id", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_number",
                table: "logs_indicator_version",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_own_count_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "own_count", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_owner_id_state_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_refused_count_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "refused_count", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_state_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_title_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_tried_hits_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "tried_hits", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_unit_id_owner_id_created__41934729",
                table: "logs_indicator_version",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_indicator_version_updated_at_number_archived_at",
                table: "logs_indicator_version",
                columns: new[] { "updated_at", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_indicator_list");

            migrationBuilder.DropTable(
                name: "logs_indicator_version");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_rule_author_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_found_in_history_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "found_in_history", "number", "archived_at" });
        }
    }
}
