using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
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
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    yaml = table.Column<string>(type: "character varying(100000)", maxLength: 100000, nullable: false, collation: "C"),
                    must_match = table.Column<string>(type: "character varying(100000)", maxLength: 100000, nullable: false, collation: "C"),
                    must_not_match = table.Column<string>(type: "character varying(100000)", maxLength: 100000, nullable: false, collation: "C"),
                    rule_ids = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    test_outcome = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_own_rule", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_rule_exception",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    rules = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    condition = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    reason = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    ends_on = table.Column<DateOnly>(type: "date", nullable: true),
                    tried_at = table.Column<long>(type: "bigint", nullable: true),
                    tried_suppressed = table.Column<int>(type: "integer", nullable: true),
                    tried_matches = table.Column<int>(type: "integer", nullable: true),
                    tried_read = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    tried_of = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_rule_exception", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_rule_pack",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    folder = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    least_level = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    rule_statuses = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    rule_tags = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    rule_sources = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    switched_on = table.Column<string>(type: "character varying(200000)", maxLength: 200000, nullable: false, collation: "C"),
                    switched_off = table.Column<string>(type: "character varying(200000)", maxLength: 200000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_rule_pack", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_rule_pack_version",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    pack_id = table.Column<Guid>(type: "uuid", nullable: true),
                    hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    from_where = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    rule_count = table.Column<int>(type: "integer", nullable: false),
                    file_count = table.Column<int>(type: "integer", nullable: false),
                    refused_count = table.Column<int>(type: "integer", nullable: false),
                    unread = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
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
