using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Receivers : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "logs_receiver",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    transport = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    address = table.Column<string>(type: "TEXT", maxLength: 45, nullable: false),
                    port = table.Column<int>(type: "INTEGER", nullable: true),
                    source = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    allowed = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
                    format = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    certificate = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    client_authorities = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
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
                    table.PrimaryKey("pk_logs_receiver", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_address_number_archived_at",
                table: "logs_receiver",
                columns: new[] { "address", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_due_on",
                table: "logs_receiver",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_number",
                table: "logs_receiver",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_number_archived_at_state_owner_id__72373f73",
                table: "logs_receiver",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_number_archived_at_state_owner_id__fa9df876",
                table: "logs_receiver",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "transport", "address", "port", "source", "format", "certificate", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_owner_id_state_number_archived_at",
                table: "logs_receiver",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_port_number_archived_at",
                table: "logs_receiver",
                columns: new[] { "port", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_source_number_archived_at",
                table: "logs_receiver",
                columns: new[] { "source", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_state_number_archived_at",
                table: "logs_receiver",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_title_number_archived_at",
                table: "logs_receiver",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_transport_number_archived_at",
                table: "logs_receiver",
                columns: new[] { "transport", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_unit_id_owner_id_created_by_number_605c5712",
                table: "logs_receiver",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_updated_at_number_archived_at",
                table: "logs_receiver",
                columns: new[] { "updated_at", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_receiver");
        }
    }
}
