using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    host = table.Column<string>(type: "TEXT", maxLength: 253, nullable: false),
                    port = table.Column<int>(type: "INTEGER", nullable: true),
                    database = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    account = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    tls = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    authorities = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    file = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    statement = table.Column<string>(type: "TEXT", maxLength: 8000, nullable: false),
                    bookmark_column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    bookmark_kind = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    rising = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    unique_column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    overlap = table.Column<int>(type: "INTEGER", nullable: true),
                    from_now = table.Column<bool>(type: "INTEGER", nullable: false),
                    source = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    time_column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    time_zone = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    severity_column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    host_column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    app_column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    message_column = table.Column<string>(type: "TEXT", maxLength: 63, nullable: false),
                    every = table.Column<int>(type: "INTEGER", nullable: true),
                    batch = table.Column<int>(type: "INTEGER", nullable: true),
                    timeout = table.Column<int>(type: "INTEGER", nullable: true),
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
                name: "ix_logs_database_number_archived_at_state_owner_id__39b1a4ce",
                table: "logs_database",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "kind", "source", "host", "port", "database", "account", "tls", "file", "bookmark_column", "bookmark_kind", "rising", "unique_column", "overlap", "from_now", "every", "batch", "timeout", "time_column", "time_zone", "severity_column", "host_column", "app_column", "message_column", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_database_number_archived_at_state_owner_id__dd7b6a1c",
                table: "logs_database",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

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
