using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class LogCold : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_logs_retention_number_archived_at_state_owner_id_97cfea78",
                table: "logs_retention");

            migrationBuilder.AddColumn<int>(
                name: "cold_days",
                table: "logs_retention",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_cold_days_number_archived_at",
                table: "logs_retention",
                columns: new[] { "cold_days", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_number_archived_at_state_owner_id_16487cc6",
                table: "logs_retention",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "source", "keep_days", "max_gigabytes", "cold_days", "below_minimum", "extra" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_logs_retention_cold_days_number_archived_at",
                table: "logs_retention");

            migrationBuilder.DropIndex(
                name: "ix_logs_retention_number_archived_at_state_owner_id_16487cc6",
                table: "logs_retention");

            migrationBuilder.DropColumn(
                name: "cold_days",
                table: "logs_retention");

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_number_archived_at_state_owner_id_97cfea78",
                table: "logs_retention",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "source", "keep_days", "max_gigabytes", "below_minimum", "extra" });
        }
    }
}
