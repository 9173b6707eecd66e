using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
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
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    transport = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    address = table.Column<string>(type: "character varying(45)", maxLength: 45, nullable: false, collation: "C"),
                    port = table.Column<int>(type: "integer", nullable: true),
                    source = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    allowed = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
                    format = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    certificate = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    client_authorities = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
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
