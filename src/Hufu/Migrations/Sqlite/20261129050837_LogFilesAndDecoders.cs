using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class LogFilesAndDecoders : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_logs_receiver_number_archived_at_state_owner_id__fa9df876",
                table: "logs_receiver");

            migrationBuilder.AddColumn<Guid>(
                name: "decoder_id",
                table: "logs_receiver",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "logs_decoder",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    decoder_name = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    programs = table.Column<string>(type: "TEXT", maxLength: 10000, nullable: false),
                    from_sources = table.Column<string>(type: "TEXT", maxLength: 10000, nullable: false),
                    begins = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    holds = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    patterns = table.Column<string>(type: "TEXT", maxLength: 200000, nullable: false),
                    fixed_fields = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    ecs_fields = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
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
                    table.PrimaryKey("pk_logs_decoder", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "logs_file",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    path = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    source = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    format = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    decoder_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    record_begins = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    from_end = table.Column<bool>(type: "INTEGER", nullable: false),
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
                    table.PrimaryKey("pk_logs_file", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_decoder_id",
                table: "logs_receiver",
                column: "decoder_id");

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_number_archived_at_state_owner_id__fece3a7f",
                table: "logs_receiver",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "transport", "address", "port", "source", "format", "decoder_id", "certificate", "extra" });

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
                name: "ix_logs_decoder_number_archived_at_state_owner_id_c_d9ae9630",
                table: "logs_decoder",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "decoder_name", "extra" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_decoder_number_archived_at_state_owner_id_c_e64d3999",
                table: "logs_decoder",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

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
                name: "ix_logs_file_number_archived_at_state_owner_id_crea_2942904b",
                table: "logs_file",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "search_text" });

            migrationBuilder.CreateIndex(
                name: "ix_logs_file_number_archived_at_state_owner_id_crea_9b78b192",
                table: "logs_file",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "path", "source", "format", "decoder_id", "record_begins", "from_end", "extra" });

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

            migrationBuilder.DropIndex(
                name: "ix_logs_receiver_number_archived_at_state_owner_id__fece3a7f",
                table: "logs_receiver");

            migrationBuilder.DropColumn(
                name: "decoder_id",
                table: "logs_receiver");

            migrationBuilder.CreateIndex(
                name: "ix_logs_receiver_number_archived_at_state_owner_id__fa9df876",
                table: "logs_receiver",
                columns: new[] { "number", "archived_at", "state", "owner_id", "created_by", "unit_id", "title", "due_on", "created_at", "updated_at", "transport", "address", "port", "source", "format", "certificate", "extra" });
        }
    }
}
