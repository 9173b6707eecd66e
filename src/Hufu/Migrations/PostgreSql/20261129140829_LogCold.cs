using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class LogCold : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "cold_days",
                table: "logs_retention",
                type: "integer",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_retention_cold_days_number_archived_at",
                table: "logs_retention",
                columns: new[] { "cold_days", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_logs_retention_cold_days_number_archived_at",
                table: "logs_retention");

            migrationBuilder.DropColumn(
                name: "cold_days",
                table: "logs_retention");
        }
    }
}
