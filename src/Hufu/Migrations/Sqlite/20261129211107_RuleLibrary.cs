using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class RuleLibrary : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "logs_own_rule",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    yaml = table.Column<string>(type: "TEXT", maxLength: 100000, nullable: false),
                    must_match = table.Column<string>(type: "TEXT", maxLength: 100000, nullable: false),
                    must_not_match = table.Column<string>(type: "TEXT", maxLength: 100000, nullable: false),
                    rule_ids = table.Column<string>(type: "TEXT", maxLength: 10000, nullable: false),
                    test_outcome = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
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
                    table.PrimaryKey("pk_logs_own_rule", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_rule_exception",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    rules = table.Column<string>(type: "TEXT", maxLength: 10000, nullable: false),
                    condition = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    reason = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    ends_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    tried_at = table.Column<long>(type: "INTEGER", nullable: true),
                    tried_suppressed = table.Column<int>(type: "INTEGER", nullable: true),
                    tried_matches = table.Column<int>(type: "INTEGER", nullable: true),
                    tried_read = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    tried_of = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
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
                    table.PrimaryKey("pk_logs_rule_exception", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_rule_pack",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    folder = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    least_level = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    rule_statuses = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    rule_tags = table.Column<string>(type: "TEXT", maxLength: 10000, nullable: false),
                    rule_sources = table.Column<string>(type: "TEXT", maxLength: 10000, nullable: false),
                    switched_on = table.Column<string>(type: "TEXT", maxLength: 200000, nullable: false),
                    switched_off = table.Column<string>(type: "TEXT", maxLength: 200000, nullable: false),
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
                    table.PrimaryKey("pk_logs_rule_pack", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_rule_pack_version",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    pack_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    from_where = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    rule_count = table.Column<int>(type: "INTEGER", nullable: false),
                    file_count = table.Column<int>(type: "INTEGER", nullable: false),
                    refused_count = table.Column<int>(type: "INTEGER", nullable: false),
                    unread = table.Column<string>(type: "TEXT", maxLength: 10000, nullable: false),
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
                    table.PrimaryKey("pk_logs_rule_pack_version", x => x.id);
                });

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
                name: "ix_logs_own_rule_number_archived_at_state_owner_id__8248933e",
                table: "logs_own_rule",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "test_outcome", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_own_rule_number_archived_at_state_owner_id__9087eb3d",
                table: "logs_own_rule",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

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
                name: "ix_logs_rule_exception_number_archived_at_state_own_87f152d4",
                table: "logs_rule_exception",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_exception_number_archived_at_state_own_a63fd99c",
                table: "logs_rule_exception",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "ends_on", "tried_at", "tried_suppressed", "tried_matches", "tried_of", "extra" });

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
                name: "ix_logs_rule_pack_number_archived_at_state_owner_id_582da265",
                table: "logs_rule_pack",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_number_archived_at_state_owner_id_cc90a292",
                table: "logs_rule_pack",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "folder", "least_level", "rule_statuses", "extra" });

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
                name: "ix_logs_rule_pack_version_number_archived_at_state__253fdb01",
                table: "logs_rule_pack_version",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "pack_id", "from_where", "rule_count", "file_count", "refused_count", "hash", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_rule_pack_version_number_archived_at_state__705ea4d2",
                table: "logs_rule_pack_version",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

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
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_own_rule");

            migrationBuilder.DropTable(
                name: "logs_rule_exception");

            migrationBuilder.DropTable(
                name: "logs_rule_pack");

            migrationBuilder.DropTable(
                name: "logs_rule_pack_version");
        }
    }
}
