using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class GatheredAlerts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_number_archived_at_state_owner__91cf6103",
                table: "monitoring_alert");

            migrationBuilder.AddColumn<string>(
                name: "gathered",
                table: "monitoring_alert",
                type: "TEXT",
                maxLength: 64,
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "indicators",
                table: "monitoring_alert",
                type: "TEXT",
                maxLength: 20000,
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<long>(
                name: "level_raised_at",
                table: "monitoring_alert",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_number_archived_at_state_owner__2ec8825c",
                table: "monitoring_alert",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "level", "score", "entity", "asset_id", "first_seen", "last_seen", "found_in_history", "event_count", "host", "source_ip", "account", "score_reasons", "rule_id", "rule_title", "rule_title_en", "rule_author", "rule_license", "tags", "gathered", "level_raised_at", "extra" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_monitoring_alert_number_archived_at_state_owner__2ec8825c",
                table: "monitoring_alert");

            migrationBuilder.DropColumn(
                name: "gathered",
                table: "monitoring_alert");

            migrationBuilder.DropColumn(
                name: "indicators",
                table: "monitoring_alert");

            migrationBuilder.DropColumn(
                name: "level_raised_at",
                table: "monitoring_alert");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_number_archived_at_state_owner__91cf6103",
                table: "monitoring_alert",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "level", "score", "entity", "asset_id", "first_seen", "last_seen", "found_in_history", "event_count", "host", "source_ip", "account", "score_reasons", "rule_id", "rule_title", "rule_title_en", "rule_author", "rule_license", "tags", "extra" });
        }
    }
}
