using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class Obligations : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_owner_id_state",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_risk_id_number",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_state_number",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_title_number",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_unit_id",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_updated_at_number",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_level_number",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_owner_id_state",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_residual_level_number",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_state_number",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_title_number",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_treatment_number",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_unit_id",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_updated_at_number",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_category_number",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_code_number",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_grade_number",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_owner_id_state",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_state_number",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_title_number",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_unit_id",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_updated_at_number",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_entity_number",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_last_seen_number",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_level_number",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_owner_id_state",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_state_number",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_title_number",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_unit_id",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_updated_at_number",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_output_code_number",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_owner_id_state",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_performed_on_number",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_state_number",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_title_number",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_unit_id",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_updated_at_number",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_edition_number",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_level_number",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_owner_id_state",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_state_number",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_title_number",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_unit_id",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_updated_at_number",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_incident_id_number",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_owner_id_state",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_state_number",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_title_number",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_unit_id",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_updated_at_number",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_category_number",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_detected_at_number",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_level_number",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_notify_by_number",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_owner_id_state",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_state_number",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_title_number",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_unit_id",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_updated_at_number",
                table: "incident_incident");

            migrationBuilder.CreateTable(
                name: "compliance_obligation",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    demand = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
                    demand_en = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: true, collation: "C"),
                    title_en = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    source = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    law = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    citation = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    law_version = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true, collation: "C"),
                    valid_from = table.Column<DateOnly>(type: "date", nullable: true),
                    valid_until = table.Column<DateOnly>(type: "date", nullable: true),
                    confidence = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    basis = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    applies_to = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    outputs = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    owner_role = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    recurrence = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    rule = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    within = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true, collation: "C"),
                    event_key = table.Column<string>(type: "character varying(80)", maxLength: 80, nullable: true, collation: "C"),
                    start_on = table.Column<DateOnly>(type: "date", nullable: true),
                    next_from = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    lead_days = table.Column<int>(type: "integer", nullable: false),
                    escalate_before_days = table.Column<int>(type: "integer", nullable: true),
                    escalate_after_days = table.Column<int>(type: "integer", nullable: false),
                    adjustment = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    source_id = table.Column<string>(type: "character varying(80)", maxLength: 80, nullable: true, collation: "C"),
                    note = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: true, collation: "C"),
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
                    table.PrimaryKey("pk_compliance_obligation", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "compliance_occurrence",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    obligation_id = table.Column<Guid>(type: "uuid", nullable: true),
                    period = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: true, collation: "C"),
                    planned_on = table.Column<DateOnly>(type: "date", nullable: true),
                    due_at = table.Column<long>(type: "bigint", nullable: true),
                    performed_on = table.Column<DateOnly>(type: "date", nullable: true),
                    escalation = table.Column<int>(type: "integer", nullable: false),
                    outputs = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true, collation: "C"),
                    owner_role = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    trigger = table.Column<string>(type: "character varying(80)", maxLength: 80, nullable: true, collation: "C"),
                    plan_key = table.Column<string>(type: "character varying(120)", maxLength: 120, nullable: true, collation: "C"),
                    note = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: true, collation: "C"),
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
                    table.PrimaryKey("pk_compliance_occurrence", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "working_day",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    date = table.Column<DateOnly>(type: "date", nullable: false),
                    is_working = table.Column<bool>(type: "boolean", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_working_day", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_owner_id_state_number_archived_at",
                table: "risk_treatment_plan",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_risk_id_number_archived_at",
                table: "risk_treatment_plan",
                columns: new[] { "risk_id", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_state_number_archived_at",
                table: "risk_treatment_plan",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_title_number_archived_at",
                table: "risk_treatment_plan",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_unit_id_owner_id_created_by__18b3b456",
                table: "risk_treatment_plan",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_updated_at_number_archived_at",
                table: "risk_treatment_plan",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_level_number_archived_at",
                table: "risk_risk",
                columns: new[] { "level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_owner_id_state_number_archived_at",
                table: "risk_risk",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_residual_level_number_archived_at",
                table: "risk_risk",
                columns: new[] { "residual_level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_state_number_archived_at",
                table: "risk_risk",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_title_number_archived_at",
                table: "risk_risk",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_treatment_number_archived_at",
                table: "risk_risk",
                columns: new[] { "treatment", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_unit_id_owner_id_created_by_number_archived_at",
                table: "risk_risk",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_updated_at_number_archived_at",
                table: "risk_risk",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_category_number_archived_at",
                table: "risk_asset",
                columns: new[] { "category", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_code_number_archived_at",
                table: "risk_asset",
                columns: new[] { "code", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_grade_number_archived_at",
                table: "risk_asset",
                columns: new[] { "grade", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_owner_id_state_number_archived_at",
                table: "risk_asset",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_state_number_archived_at",
                table: "risk_asset",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_title_number_archived_at",
                table: "risk_asset",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_unit_id_owner_id_created_by_number_archived_at",
                table: "risk_asset",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_updated_at_number_archived_at",
                table: "risk_asset",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_entity_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "entity", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_last_seen_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "last_seen", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_level_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_owner_id_state_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_state_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_title_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_unit_id_owner_id_created_by_num_3241f520",
                table: "monitoring_alert",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_updated_at_number_archived_at",
                table: "monitoring_alert",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_output_code_number_archived_at",
                table: "isms_work_record",
                columns: new[] { "output_code", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_owner_id_state_number_archived_at",
                table: "isms_work_record",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_performed_on_number_archived_at",
                table: "isms_work_record",
                columns: new[] { "performed_on", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_state_number_archived_at",
                table: "isms_work_record",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_title_number_archived_at",
                table: "isms_work_record",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_unit_id_owner_id_created_by_num_4788693d",
                table: "isms_work_record",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_updated_at_number_archived_at",
                table: "isms_work_record",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_edition_number_archived_at",
                table: "isms_document",
                columns: new[] { "edition", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_level_number_archived_at",
                table: "isms_document",
                columns: new[] { "level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_owner_id_state_number_archived_at",
                table: "isms_document",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_state_number_archived_at",
                table: "isms_document",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_title_number_archived_at",
                table: "isms_document",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_unit_id_owner_id_created_by_number_31b2d452",
                table: "isms_document",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_updated_at_number_archived_at",
                table: "isms_document",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_incident_id_number_archived_at",
                table: "incident_task",
                columns: new[] { "incident_id", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_owner_id_state_number_archived_at",
                table: "incident_task",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_state_number_archived_at",
                table: "incident_task",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_title_number_archived_at",
                table: "incident_task",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_unit_id_owner_id_created_by_number_52dfe01e",
                table: "incident_task",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_updated_at_number_archived_at",
                table: "incident_task",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_category_number_archived_at",
                table: "incident_incident",
                columns: new[] { "category", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_detected_at_number_archived_at",
                table: "incident_incident",
                columns: new[] { "detected_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_level_number_archived_at",
                table: "incident_incident",
                columns: new[] { "level", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_notify_by_number_archived_at",
                table: "incident_incident",
                columns: new[] { "notify_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_owner_id_state_number_archived_at",
                table: "incident_incident",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_state_number_archived_at",
                table: "incident_incident",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_title_number_archived_at",
                table: "incident_incident",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_unit_id_owner_id_created_by_nu_3a1ddf66",
                table: "incident_incident",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_updated_at_number_archived_at",
                table: "incident_incident",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_due_on",
                table: "compliance_obligation",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_law_number_archived_at",
                table: "compliance_obligation",
                columns: new[] { "law", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_number",
                table: "compliance_obligation",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_outputs_number_archived_at",
                table: "compliance_obligation",
                columns: new[] { "outputs", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_owner_id_state_number_archived_at",
                table: "compliance_obligation",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_owner_role_number_archived_at",
                table: "compliance_obligation",
                columns: new[] { "owner_role", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_recurrence_number_archived_at",
                table: "compliance_obligation",
                columns: new[] { "recurrence", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_source_id",
                table: "compliance_obligation",
                column: "source_id");

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_state_number_archived_at",
                table: "compliance_obligation",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_title_number_archived_at",
                table: "compliance_obligation",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_unit_id_owner_id_created_b_c6943b97",
                table: "compliance_obligation",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_updated_at_number_archived_at",
                table: "compliance_obligation",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_due_on_number_archived_at",
                table: "compliance_occurrence",
                columns: new[] { "due_on", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_escalation_number_archived_at",
                table: "compliance_occurrence",
                columns: new[] { "escalation", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_number",
                table: "compliance_occurrence",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_obligation_id_number_archived_at",
                table: "compliance_occurrence",
                columns: new[] { "obligation_id", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_obligation_id_plan_key",
                table: "compliance_occurrence",
                columns: new[] { "obligation_id", "plan_key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_owner_id_state_number_archived_at",
                table: "compliance_occurrence",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_performed_on_number_archived_at",
                table: "compliance_occurrence",
                columns: new[] { "performed_on", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_period_number_archived_at",
                table: "compliance_occurrence",
                columns: new[] { "period", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_state_due_on",
                table: "compliance_occurrence",
                columns: new[] { "state", "due_on" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_state_number_archived_at",
                table: "compliance_occurrence",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_title_number_archived_at",
                table: "compliance_occurrence",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_unit_id_owner_id_created_b_417e4ce5",
                table: "compliance_occurrence",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_updated_at_number_archived_at",
                table: "compliance_occurrence",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_working_day_date",
                table: "working_day",
                column: "date",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "compliance_obligation");

            migrationBuilder.DropTable(
                name: "compliance_occurrence");

            migrationBuilder.DropTable(
                name: "working_day");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_owner_id_state_number_archived_at",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_risk_id_number_archived_at",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_state_number_archived_at",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_title_number_archived_at",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_unit_id_owner_id_created_by__18b3b456",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_updated_at_number_archived_at",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_level_number_archived_at",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_owner_id_state_number_archived_at",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_residual_level_number_archived_at",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_state_number_archived_at",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_title_number_archived_at",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_treatment_number_archived_at",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_unit_id_owner_id_created_by_number_archived_at",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_updated_at_number_archived_at",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_category_number_archived_at",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_code_number_archived_at",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_grade_number_archived_at",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_owner_id_state_number_archived_at",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_state_number_archived_at",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_title_number_archived_at",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_unit_id_owner_id_created_by_number_archived_at",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_updated_at_number_archived_at",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_entity_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_last_seen_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_level_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_owner_id_state_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_state_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_title_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_unit_id_owner_id_created_by_num_3241f520",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_updated_at_number_archived_at",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_output_code_number_archived_at",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_owner_id_state_number_archived_at",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_performed_on_number_archived_at",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_state_number_archived_at",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_title_number_archived_at",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_unit_id_owner_id_created_by_num_4788693d",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_updated_at_number_archived_at",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_edition_number_archived_at",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_level_number_archived_at",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_owner_id_state_number_archived_at",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_state_number_archived_at",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_title_number_archived_at",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_unit_id_owner_id_created_by_number_31b2d452",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_updated_at_number_archived_at",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_incident_id_number_archived_at",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_owner_id_state_number_archived_at",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_state_number_archived_at",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_title_number_archived_at",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_unit_id_owner_id_created_by_number_52dfe01e",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_updated_at_number_archived_at",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_category_number_archived_at",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_detected_at_number_archived_at",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_level_number_archived_at",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_notify_by_number_archived_at",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_owner_id_state_number_archived_at",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_state_number_archived_at",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_title_number_archived_at",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_unit_id_owner_id_created_by_nu_3a1ddf66",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_updated_at_number_archived_at",
                table: "incident_incident");

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_owner_id_state",
                table: "risk_treatment_plan",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_risk_id_number",
                table: "risk_treatment_plan",
                columns: new[] { "risk_id", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_state_number",
                table: "risk_treatment_plan",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_title_number",
                table: "risk_treatment_plan",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_unit_id",
                table: "risk_treatment_plan",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_updated_at_number",
                table: "risk_treatment_plan",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_level_number",
                table: "risk_risk",
                columns: new[] { "level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_owner_id_state",
                table: "risk_risk",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_residual_level_number",
                table: "risk_risk",
                columns: new[] { "residual_level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_state_number",
                table: "risk_risk",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_title_number",
                table: "risk_risk",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_treatment_number",
                table: "risk_risk",
                columns: new[] { "treatment", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_unit_id",
                table: "risk_risk",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_updated_at_number",
                table: "risk_risk",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_category_number",
                table: "risk_asset",
                columns: new[] { "category", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_code_number",
                table: "risk_asset",
                columns: new[] { "code", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_grade_number",
                table: "risk_asset",
                columns: new[] { "grade", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_owner_id_state",
                table: "risk_asset",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_state_number",
                table: "risk_asset",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_title_number",
                table: "risk_asset",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_unit_id",
                table: "risk_asset",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_updated_at_number",
                table: "risk_asset",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_entity_number",
                table: "monitoring_alert",
                columns: new[] { "entity", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_last_seen_number",
                table: "monitoring_alert",
                columns: new[] { "last_seen", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_level_number",
                table: "monitoring_alert",
                columns: new[] { "level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_owner_id_state",
                table: "monitoring_alert",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_state_number",
                table: "monitoring_alert",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_title_number",
                table: "monitoring_alert",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_unit_id",
                table: "monitoring_alert",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_updated_at_number",
                table: "monitoring_alert",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_output_code_number",
                table: "isms_work_record",
                columns: new[] { "output_code", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_owner_id_state",
                table: "isms_work_record",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_performed_on_number",
                table: "isms_work_record",
                columns: new[] { "performed_on", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_state_number",
                table: "isms_work_record",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_title_number",
                table: "isms_work_record",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_unit_id",
                table: "isms_work_record",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_updated_at_number",
                table: "isms_work_record",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_edition_number",
                table: "isms_document",
                columns: new[] { "edition", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_level_number",
                table: "isms_document",
                columns: new[] { "level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_owner_id_state",
                table: "isms_document",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_state_number",
                table: "isms_document",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_title_number",
                table: "isms_document",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_unit_id",
                table: "isms_document",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_updated_at_number",
                table: "isms_document",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_incident_id_number",
                table: "incident_task",
                columns: new[] { "incident_id", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_owner_id_state",
                table: "incident_task",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_state_number",
                table: "incident_task",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_title_number",
                table: "incident_task",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_unit_id",
                table: "incident_task",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_updated_at_number",
                table: "incident_task",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_category_number",
                table: "incident_incident",
                columns: new[] { "category", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_detected_at_number",
                table: "incident_incident",
                columns: new[] { "detected_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_level_number",
                table: "incident_incident",
                columns: new[] { "level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_notify_by_number",
                table: "incident_incident",
                columns: new[] { "notify_by", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_owner_id_state",
                table: "incident_incident",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_state_number",
                table: "incident_incident",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_title_number",
                table: "incident_incident",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_unit_id",
                table: "incident_incident",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_updated_at_number",
                table: "incident_incident",
                columns: new[] { "updated_at", "number" });
        }
    }
}
