using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class RulesReportsNotifications : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_entity_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.AddColumn<string>(
                name: "message_id",
                table: "notice",
                type: "character varying(300)",
                maxLength: 300,
                nullable: true,
                collation: "C");

            migrationBuilder.AddColumn<string>(
                name: "found_in_history",
                table: "monitoring_alert",
                type: "character varying(200)",
                maxLength: 200,
                nullable: false,
                defaultValue: "",
                collation: "C");

            migrationBuilder.AddColumn<string>(
                name: "rule_title_en",
                table: "monitoring_alert",
                type: "character varying(300)",
                maxLength: 300,
                nullable: false,
                defaultValue: "",
                collation: "C");

            migrationBuilder.AddColumn<int>(
                name: "score",
                table: "monitoring_alert",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "score_reasons",
                table: "monitoring_alert",
                type: "character varying(300)",
                maxLength: 300,
                nullable: false,
                defaultValue: "",
                collation: "C");

            migrationBuilder.CreateTable(
                name: "logs_own_rule",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    yaml = table.Column<string>(type: "character varying(100000)", maxLength: 100000, nullable: false, collation: "C"),
                    must_match = table.Column<string>(type: "character varying(100000)", maxLength: 100000, nullable: false, collation: "C"),
                    must_not_match = table.Column<string>(type: "character varying(100000)", maxLength: 100000, nullable: false, collation: "C"),
                    rule_ids = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    test_outcome = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_own_rule", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_report",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    from = table.Column<long>(type: "bigint", nullable: true),
                    to = table.Column<long>(type: "bigint", nullable: true),
                    period_key = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true, collation: "C"),
                    computed_at = table.Column<long>(type: "bigint", nullable: true),
                    events = table.Column<decimal>(type: "numeric(19,6)", nullable: true),
                    alerts = table.Column<int>(type: "integer", nullable: true),
                    incidents = table.Column<int>(type: "integer", nullable: true),
                    classification = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    assessment = table.Column<string>(type: "character varying(8000)", maxLength: 8000, nullable: false, collation: "C"),
                    actions = table.Column<string>(type: "character varying(8000)", maxLength: 8000, nullable: false, collation: "C"),
                    facts = table.Column<string>(type: "character varying(32000)", maxLength: 32000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_report", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_report_pulse",
                columns: table => new
                {
                    hour = table.Column<long>(type: "bigint", nullable: false),
                    source = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    minutes = table.Column<int>(type: "integer", nullable: false),
                    lost = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_logs_report_pulse", x => new { x.hour, x.source });
                });

            migrationBuilder.CreateTable(
                name: "logs_rule_exception",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    rules = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    condition = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    reason = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    tried_at = table.Column<long>(type: "bigint", nullable: true),
                    tried_suppressed = table.Column<int>(type: "integer", nullable: true),
                    tried_matches = table.Column<int>(type: "integer", nullable: true),
                    tried_read = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    tried_of = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_rule_exception", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_rule_pack",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    folder = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    least_level = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    rule_statuses = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    rule_tags = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    rule_sources = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    switched_on = table.Column<string>(type: "character varying(200000)", maxLength: 200000, nullable: false, collation: "C"),
                    switched_off = table.Column<string>(type: "character varying(200000)", maxLength: 200000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_rule_pack", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_rule_pack_version",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    pack_id = table.Column<Guid>(type: "uuid", nullable: true),
                    hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    from_where = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    rule_count = table.Column<int>(type: "integer", nullable: false),
                    file_count = table.Column<int>(type: "integer", nullable: false),
                    refused_count = table.Column<int>(type: "integer", nullable: false),
                    unread = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_rule_pack_version", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "monitoring_notification",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: true),
                    level = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    alert_count = table.Column<int>(type: "integer", nullable: false),
                    sent_at = table.Column<long>(type: "bigint", nullable: true),
                    step = table.Column<int>(type: "integer", nullable: false),
                    answer_by = table.Column<long>(type: "bigint", nullable: true),
                    answered_at = table.Column<long>(type: "bigint", nullable: true),
                    answered_by_id = table.Column<Guid>(type: "uuid", nullable: true),
                    log = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    remark = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_monitoring_notification", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "monitoring_notification_place",
                columns: table => new
                {
                    rule_id = table.Column<Guid>(type: "uuid", nullable: false),
                    after = table.Column<long>(type: "bigint", nullable: false),
                    told_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_monitoring_notification_place", x => x.rule_id);
                });

            migrationBuilder.CreateTable(
                name: "monitoring_notification_rule",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    min_level = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    min_score = table.Column<int>(type: "integer", nullable: true),
                    rules = table.Column<string>(type: "character varying(8000)", maxLength: 8000, nullable: false, collation: "C"),
                    entities = table.Column<string>(type: "character varying(8000)", maxLength: 8000, nullable: false, collation: "C"),
                    about_unit_id = table.Column<Guid>(type: "uuid", nullable: true),
                    gather = table.Column<int>(type: "integer", nullable: true),
                    first_id = table.Column<Guid>(type: "uuid", nullable: true),
                    first_other_id = table.Column<Guid>(type: "uuid", nullable: true),
                    first_within = table.Column<int>(type: "integer", nullable: true),
                    second_id = table.Column<Guid>(type: "uuid", nullable: true),
                    second_other_id = table.Column<Guid>(type: "uuid", nullable: true),
                    second_within = table.Column<int>(type: "integer", nullable: true),
                    third_id = table.Column<Guid>(type: "uuid", nullable: true),
                    third_other_id = table.Column<Guid>(type: "uuid", nullable: true),
                    third_within = table.Column<int>(type: "integer", nullable: true),
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
                    table.PrimaryKey("pk_monitoring_notification_rule", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "monitoring_told_alert",
                columns: table => new
                {
                    alert_id = table.Column<Guid>(type: "uuid", nullable: false),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: false),
                    notification_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_monitoring_told_alert", x => new { x.alert_id, x.rule_id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_found_in_history_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "found_in_history", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_score_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "score", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_state_created_at",
                table: "monitoring_alert",
                columns: new[] { "state", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_mail_out_message_id",
                table: "mail_out",
                column: "message_id");

            migrationBuilder.CreateIndex(
                name: "ix_logs_own_rule_due_on",
                table: "logs_own_rule",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_own_rule_number",
                table: "logs_own_rule",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_own_rule_owner_id_state_number_archived_at",
                table: "logs_own_rule",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_own_rule_state_number_archived_at",
                table: "logs_own_rule",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_own_rule_test_outcome_number_archived_at",
                table: "logs_own_rule",
                columns: new[] { "test_outcome", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_own_rule_title_number_archived_at",
                table: "logs_own_rule",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_own_rule_unit_id_owner_id_created_by_number_24a92b1a",
                table: "logs_own_rule",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_own_rule_updated_at_number_archived_at",
                table: "logs_own_rule",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_alerts_number_archived_at",
                table: "logs_report",
                columns: new[] { "alerts", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_due_on",
                table: "logs_report",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_events_number_archived_at",
                table: "logs_report",
                columns: new[] { "events", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_from_number_archived_at",
                table: "logs_report",
                columns: new[] { "from", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_incidents_number_archived_at",
                table: "logs_report",
                columns: new[] { "incidents", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_kind_number_archived_at",
                table: "logs_report",
                columns: new[] { "kind", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_number",
                table: "logs_report",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_owner_id_state_number_archived_at",
                table: "logs_report",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_period_key",
                table: "logs_report",
                column: "period_key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_state_number_archived_at",
                table: "logs_report",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_title_number_archived_at",
                table: "logs_report",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_unit_id_owner_id_created_by_number_a_a67787c9",
                table: "logs_report",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_report_updated_at_number_archived_at",
                table: "logs_report",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_due_on",
                table: "logs_rule_exception",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_ends_on_number_archived_at",
                table: "logs_rule_exception",
                columns: new[] { "ends_on", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_number",
                table: "logs_rule_exception",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_owner_id_state_number_archived_at",
                table: "logs_rule_exception",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_state_number_archived_at",
                table: "logs_rule_exception",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_title_number_archived_at",
                table: "logs_rule_exception",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_tried_suppressed_number_archived_at",
                table: "logs_rule_exception",
                columns: new[] { "tried_suppressed", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_unit_id_owner_id_created_by__765cb00d",
                table: "logs_rule_exception",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_updated_at_number_archived_at",
                table: "logs_rule_exception",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_due_on",
                table: "logs_rule_pack",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_folder_number_archived_at",
                table: "logs_rule_pack",
                columns: new[] { "folder", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_least_level_number_archived_at",
                table: "logs_rule_pack",
                columns: new[] { "least_level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_number",
                table: "logs_rule_pack",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_owner_id_state_number_archived_at",
                table: "logs_rule_pack",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_rule_statuses_number_archived_at",
                table: "logs_rule_pack",
                columns: new[] { "rule_statuses", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_state_number_archived_at",
                table: "logs_rule_pack",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_title_number_archived_at",
                table: "logs_rule_pack",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_unit_id_owner_id_created_by_numbe_47f0de83",
                table: "logs_rule_pack",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_updated_at_number_archived_at",
                table: "logs_rule_pack",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_due_on",
                table: "logs_rule_pack_version",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_from_where_number_archived_at",
                table: "logs_rule_pack_version",
                columns: new[] { "from_where", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_number",
                table: "logs_rule_pack_version",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_owner_id_state_number_archived_at",
                table: "logs_rule_pack_version",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_pack_id_number_archived_at",
                table: "logs_rule_pack_version",
                columns: new[] { "pack_id", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_refused_count_number_archived_at",
                table: "logs_rule_pack_version",
                columns: new[] { "refused_count", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_rule_count_number_archived_at",
                table: "logs_rule_pack_version",
                columns: new[] { "rule_count", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_state_number_archived_at",
                table: "logs_rule_pack_version",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_title_number_archived_at",
                table: "logs_rule_pack_version",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_unit_id_owner_id_created__113f1fad",
                table: "logs_rule_pack_version",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_updated_at_number_archived_at",
                table: "logs_rule_pack_version",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_alert_count_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "alert_count", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_answered_at_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "answered_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_answered_by_id_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "answered_by_id", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_due_on",
                table: "monitoring_notification",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_level_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_number",
                table: "monitoring_notification",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_owner_id_state_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_id",
                table: "monitoring_notification",
                column: "rule_id");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_sent_at_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "sent_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_state_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_step_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "step", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_title_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_unit_id_owner_id_created_a0180f7b",
                table: "monitoring_notification",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_updated_at_number_archived_at",
                table: "monitoring_notification",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_due_on",
                table: "monitoring_notification_rule",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_first_id_number_archived_at",
                table: "monitoring_notification_rule",
                columns: new[] { "first_id", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_min_level_number_archived_at",
                table: "monitoring_notification_rule",
                columns: new[] { "min_level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_number",
                table: "monitoring_notification_rule",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_owner_id_state_numb_0779a673",
                table: "monitoring_notification_rule",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_state_number_archived_at",
                table: "monitoring_notification_rule",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_title_number_archived_at",
                table: "monitoring_notification_rule",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_unit_id_owner_id_cr_43e8a2d7",
                table: "monitoring_notification_rule",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_notification_rule_updated_at_number_a_1603012d",
                table: "monitoring_notification_rule",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_told_alert_notification_id",
                table: "monitoring_told_alert",
                column: "notification_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_own_rule");

            migrationBuilder.DropTable(
                name: "logs_report");

            migrationBuilder.DropTable(
                name: "logs_report_pulse");

            migrationBuilder.DropTable(
                name: "logs_rule_exception");

            migrationBuilder.DropTable(
                name: "logs_rule_pack");

            migrationBuilder.DropTable(
                name: "logs_rule_pack_version");

            migrationBuilder.DropTable(
                name: "monitoring_notification");

            migrationBuilder.DropTable(
                name: "monitoring_notification_place");

            migrationBuilder.DropTable(
                name: "monitoring_notification_rule");

            migrationBuilder.DropTable(
                name: "monitoring_told_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_found_in_history_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_score_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_state_created_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_mail_out_message_id",
                table: "mail_out");

            migrationBuilder.DropColumn(
                name: "message_id",
                table: "notice");

            migrationBuilder.DropColumn(
                name: "found_in_history",
                table: "monitoring_alert");

            migrationBuilder.DropColumn(
                name: "rule_title_en",
                table: "monitoring_alert");

            migrationBuilder.DropColumn(
                name: "score",
                table: "monitoring_alert");

            migrationBuilder.DropColumn(
                name: "score_reasons",
                table: "monitoring_alert");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_entity_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "entity", "number", "archived_at" });
        }
    }
}
