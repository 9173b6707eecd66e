using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class LogDatabases : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "logs_database",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    host = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false, collation: "C"),
                    port = table.Column<int>(type: "integer", nullable: true),
                    database = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false, collation: "C"),
                    account = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false, collation: "C"),
                    tls = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    authorities = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    file = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    statement = table.Column<string>(type: "character varying(8000)", maxLength: 8000, nullable: false, collation: "C"),
                    bookmark_column = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false, collation: "C"),
                    bookmark_kind = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    rising = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    unique_column = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false, collation: "C"),
                    overlap = table.Column<int>(type: "integer", nullable: true),
                    from_now = table.Column<bool>(type: "boolean", nullable: false),
                    source = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    time_column = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false, collation: "C"),
                    time_zone = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    severity_column = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false, collation: "C"),
                    host_column = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false, collation: "C"),
                    app_column = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false, collation: "C"),
                    message_column = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false, collation: "C"),
                    every = table.Column<int>(type: "integer", nullable: true),
                    batch = table.Column<int>(type: "integer", nullable: true),
                    timeout = table.Column<int>(type: "integer", nullable: true),
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
                    table.PrimaryKey("pk_logs_database", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_database_number_archived_at",
                table: "logs_database",
                columns: new[] { "database", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_due_on",
                table: "logs_database",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_host_number_archived_at",
                table: "logs_database",
                columns: new[] { "host", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_kind_number_archived_at",
                table: "logs_database",
                columns: new[] { "kind", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_number",
                table: "logs_database",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_owner_id_state_number_archived_at",
                table: "logs_database",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_source_number_archived_at",
                table: "logs_database",
                columns: new[] { "source", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_state_number_archived_at",
                table: "logs_database",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_title_number_archived_at",
                table: "logs_database",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_unit_id_owner_id_created_by_number_d8c28c0d",
                table: "logs_database",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_updated_at_number_archived_at",
                table: "logs_database",
                columns: new[] { "updated_at", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_database");
        }
    }
}
