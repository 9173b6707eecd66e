using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class LogFilesAndDecoders : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "decoder_id",
                table: "logs_receiver",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "logs_decoder",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    decoder_name = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false, collation: "C"),
                    programs = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    from_sources = table.Column<string>(type: "character varying(10000)", maxLength: 10000, nullable: false, collation: "C"),
                    begins = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    holds = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    patterns = table.Column<string>(type: "character varying(200000)", maxLength: 200000, nullable: false, collation: "C"),
                    fixed_fields = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    ecs_fields = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_logs_decoder", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_file",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    path = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    source = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    format = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    decoder_id = table.Column<Guid>(type: "uuid", nullable: true),
                    record_begins = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    from_end = table.Column<bool>(type: "boolean", nullable: false),
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
                    table.PrimaryKey("pk_logs_file", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_decoder_id",
                table: "logs_receiver",
                column: "decoder_id");

            migrationBuilder.CreateIndex(
                name: "ix_logs_decoder_decoder_name_number_archived_at",
                table: "logs_decoder",
                columns: new[] { "decoder_name", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_decoder_due_on",
                table: "logs_decoder",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_decoder_number",
                table: "logs_decoder",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_decoder_owner_id_state_number_archived_at",
                table: "logs_decoder",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_decoder_state_number_archived_at",
                table: "logs_decoder",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_decoder_title_number_archived_at",
                table: "logs_decoder",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_decoder_unit_id_owner_id_created_by_number__d37ef206",
                table: "logs_decoder",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_decoder_updated_at_number_archived_at",
                table: "logs_decoder",
                columns: new[] { "updated_at", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_decoder_id",
                table: "logs_file",
                column: "decoder_id");

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_due_on",
                table: "logs_file",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_number",
                table: "logs_file",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_owner_id_state_number_archived_at",
                table: "logs_file",
                columns: new[] { "owner_id", "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_path_number_archived_at",
                table: "logs_file",
                columns: new[] { "path", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_source_number_archived_at",
                table: "logs_file",
                columns: new[] { "source", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_state_number_archived_at",
                table: "logs_file",
                columns: new[] { "state", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_title_number_archived_at",
                table: "logs_file",
                columns: new[] { "title", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_unit_id_owner_id_created_by_number_archived_at",
                table: "logs_file",
                columns: new[] { "unit_id", "owner_id", "created_by", "number", "archived_at" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_updated_at_number_archived_at",
                table: "logs_file",
                columns: new[] { "updated_at", "number", "archived_at" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "logs_decoder");

            migrationBuilder.DropTable(
                name: "logs_file");

            migrationBuilder.DropIndex(
                name: "ix_logs_receiver_decoder_id",
                table: "logs_receiver");

            migrationBuilder.DropColumn(
                name: "decoder_id",
                table: "logs_receiver");
        }
    }
}
