using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class ListIndex : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_number_archived_at_state_own_0ad60a03",
                table: "risk_treatment_plan",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "risk_id", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_number_archived_at_state_owner_id_crea_da50c4a5",
                table: "risk_risk",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "asset_id", "likelihood", "impact", "level", "treatment", "residual_likelihood", "residual_impact", "residual_level", "review_on", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_number_archived_at_state_owner_id_cre_337adfac",
                table: "risk_asset",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "code", "category", "custodian", "location", "hostname", "addresses", "mac_address", "confidentiality", "integrity", "availability", "grade", "personal_data", "external_facing", "operating_system", "vendor", "model", "serial_number", "in_use_since", "last_seen_on", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_number_archived_at_state_owner__15efdb51",
                table: "monitoring_alert",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "level", "entity", "asset_id", "first_seen", "last_seen", "event_count", "host", "source_ip", "account", "rule_id", "rule_title", "rule_author", "rule_license", "tags", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_number_archived_at_state_owner__fb939526",
                table: "isms_work_record",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "output_code", "performed_on", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_number_archived_at_state_owner_id__3246d79b",
                table: "isms_document",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "level", "edition", "effective_on", "review_on", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_number_archived_at_state_owner_id__7f22368a",
                table: "incident_task",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "incident_id", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_number_archived_at_state_owner_cedf3b13",
                table: "incident_incident",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "level", "category", "occurred_at", "detected_at", "asset_id", "personal_data", "notified_at", "recovered_at", "notify_by", "recover_by", "report_by", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_occurrence_number_archived_at_state_o_cc2e29bf",
                table: "compliance_occurrence",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "obligation_id", "period", "planned_on", "due_at", "performed_on", "escalation", "outputs", "owner_role", "trigger", "plan_key", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_compliance_obligation_number_archived_at_state_o_a23f854c",
                table: "compliance_obligation",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "title_en", "owner_role", "outputs", "law", "citation", "law_version", "valid_from", "valid_until", "confidence", "basis", "applies_to", "source", "source_id", "recurrence", "rule", "event_key", "within", "start_on", "next_from", "adjustment", "lead_days", "escalate_before_days", "escalate_after_days", "extra" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_risk_treatment_plan_number_archived_at_state_own_0ad60a03",
                table: "risk_treatment_plan");

            migrationBuilder.DropIndex(
                name: "ix_risk_risk_number_archived_at_state_owner_id_crea_da50c4a5",
                table: "risk_risk");

            migrationBuilder.DropIndex(
                name: "ix_risk_asset_number_archived_at_state_owner_id_cre_337adfac",
                table: "risk_asset");

            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_number_archived_at_state_owner__15efdb51",
                table: "monitoring_alert");

            migrationBuilder.DropIndex(
                name: "ix_isms_work_record_number_archived_at_state_owner__fb939526",
                table: "isms_work_record");

            migrationBuilder.DropIndex(
                name: "ix_isms_document_number_archived_at_state_owner_id__3246d79b",
                table: "isms_document");

            migrationBuilder.DropIndex(
                name: "ix_incident_task_number_archived_at_state_owner_id__7f22368a",
                table: "incident_task");

            migrationBuilder.DropIndex(
                name: "ix_incident_incident_number_archived_at_state_owner_cedf3b13",
                table: "incident_incident");

            migrationBuilder.DropIndex(
                name: "ix_compliance_occurrence_number_archived_at_state_o_cc2e29bf",
                table: "compliance_occurrence");

            migrationBuilder.DropIndex(
                name: "ix_compliance_obligation_number_archived_at_state_o_a23f854c",
                table: "compliance_obligation");
        }
    }
}
