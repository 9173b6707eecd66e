using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Hufu.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "change",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    uid = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<long>(type: "bigint", nullable: false),
                    type_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    action = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    actor_id = table.Column<Guid>(type: "uuid", nullable: true),
                    batch_id = table.Column<Guid>(type: "uuid", nullable: true),
                    payload = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    salt = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    commitment = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    position = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_change", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "change_cursor",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    position = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_change_cursor", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "comment",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    type_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    author_id = table.Column<Guid>(type: "uuid", nullable: false),
                    author_name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    at = table.Column<long>(type: "bigint", nullable: false),
                    text = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    mentions = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_comment", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "custom_field",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    type_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    label_zh = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    label_en = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    kind = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    choices = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    required = table.Column<bool>(type: "boolean", nullable: false),
                    in_list = table.Column<bool>(type: "boolean", nullable: false),
                    order = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_custom_field", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "denial",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    at = table.Column<long>(type: "bigint", nullable: false),
                    actor_id = table.Column<Guid>(type: "uuid", nullable: true),
                    actor_name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    channel = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    asked = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    code = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_denial", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "draft",
                columns: table => new
                {
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    form_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    json = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    updated_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_draft", x => new { x.person_id, x.form_key });
                });

            migrationBuilder.CreateTable(
                name: "evidence",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    type_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    title = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    effective_on = table.Column<DateOnly>(type: "date", nullable: false),
                    sha256 = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    file_name = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    media_type = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    size = table.Column<long>(type: "bigint", nullable: false),
                    scan = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    target_type = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    target_id = table.Column<Guid>(type: "uuid", nullable: true),
                    query = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    query_from = table.Column<long>(type: "bigint", nullable: true),
                    query_to = table.Column<long>(type: "bigint", nullable: true),
                    output = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    added_by = table.Column<Guid>(type: "uuid", nullable: true),
                    added_at = table.Column<long>(type: "bigint", nullable: false),
                    withdrawn_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_evidence", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "incident_incident",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    level = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    category = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    occurred_at = table.Column<long>(type: "bigint", nullable: true),
                    detected_at = table.Column<long>(type: "bigint", nullable: true),
                    asset_id = table.Column<Guid>(type: "uuid", nullable: true),
                    affected_systems = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: false, collation: "C"),
                    summary = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    impact_text = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
                    personal_data = table.Column<bool>(type: "boolean", nullable: false),
                    containment = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    root_cause = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    recovery = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    lessons_learned = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    notified_at = table.Column<long>(type: "bigint", nullable: true),
                    recovered_at = table.Column<long>(type: "bigint", nullable: true),
                    notify_by = table.Column<long>(type: "bigint", nullable: true),
                    recover_by = table.Column<long>(type: "bigint", nullable: true),
                    report_by = table.Column<DateOnly>(type: "date", nullable: true),
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
                    table.PrimaryKey("pk_incident_incident", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "incident_task",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    incident_id = table.Column<Guid>(type: "uuid", nullable: true),
                    instructions = table.Column<string>(type: "character varying(8000)", maxLength: 8000, nullable: false, collation: "C"),
                    result = table.Column<string>(type: "character varying(8000)", maxLength: 8000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_incident_task", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "isms_document",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    level = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    edition = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, collation: "C"),
                    effective_on = table.Column<DateOnly>(type: "date", nullable: true),
                    review_on = table.Column<DateOnly>(type: "date", nullable: true),
                    content = table.Column<string>(type: "character varying(200000)", maxLength: 200000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_isms_document", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "isms_work_record",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    output_code = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false, collation: "C"),
                    performed_on = table.Column<DateOnly>(type: "date", nullable: true),
                    summary = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_isms_work_record", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "job_log",
                columns: table => new
                {
                    run_id = table.Column<long>(type: "bigint", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    at = table.Column<long>(type: "bigint", nullable: false),
                    text = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_log", x => new { x.run_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "job_run",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    uid = table.Column<Guid>(type: "uuid", nullable: false),
                    job_key = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    state = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false, collation: "C"),
                    requested_by = table.Column<Guid>(type: "uuid", nullable: true),
                    requested_by_name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    parameters = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    queued_at = table.Column<long>(type: "bigint", nullable: false),
                    not_before = table.Column<long>(type: "bigint", nullable: true),
                    started_at = table.Column<long>(type: "bigint", nullable: true),
                    finished_at = table.Column<long>(type: "bigint", nullable: true),
                    progress = table.Column<double>(type: "double precision", nullable: false),
                    progress_zh = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    progress_en = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    result_zh = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    result_en = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    retry_of = table.Column<long>(type: "bigint", nullable: true),
                    scheduled_for = table.Column<long>(type: "bigint", nullable: true),
                    cancel_requested = table.Column<bool>(type: "boolean", nullable: false),
                    instance = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    seen_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_run", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "job_schedule",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    job_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    cron = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    enabled = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_schedule", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "link",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    from_type = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    from_id = table.Column<Guid>(type: "uuid", nullable: false),
                    to_type = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    to_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_link", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "mail_out",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    message_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    person_id = table.Column<Guid>(type: "uuid", nullable: true),
                    to_address = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    to_name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    subject = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    body_text = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    body_html = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    is_digest = table.Column<bool>(type: "boolean", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    next_at = table.Column<long>(type: "bigint", nullable: false),
                    last_error = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    sent_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_mail_out", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "monitoring_alert",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    rule_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    rule_title = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false, collation: "C"),
                    rule_author = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false, collation: "C"),
                    rule_license = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    level = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    host = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false, collation: "C"),
                    source_ip = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    account = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    entity = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false, collation: "C"),
                    asset_id = table.Column<Guid>(type: "uuid", nullable: true),
                    first_seen = table.Column<long>(type: "bigint", nullable: true),
                    last_seen = table.Column<long>(type: "bigint", nullable: true),
                    event_count = table.Column<int>(type: "integer", nullable: false),
                    event_ids = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    tags = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    verdict = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_monitoring_alert", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "notice",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<long>(type: "bigint", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    title_zh = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    title_en = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    text_zh = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    text_en = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    url = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    record_type = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    record_id = table.Column<Guid>(type: "uuid", nullable: true),
                    group_key = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    count = table.Column<int>(type: "integer", nullable: false),
                    read_at = table.Column<long>(type: "bigint", nullable: true),
                    mail = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notice", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "number_series",
                columns: table => new
                {
                    series = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    last = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_number_series", x => x.series);
                });

            migrationBuilder.CreateTable(
                name: "risk_asset",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    code = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false, collation: "C"),
                    category = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    hostname = table.Column<string>(type: "character varying(253)", maxLength: 253, nullable: false, collation: "C"),
                    addresses = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    mac_address = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false, collation: "C"),
                    custodian = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    confidentiality = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    integrity = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    availability = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    grade = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    personal_data = table.Column<bool>(type: "boolean", nullable: false),
                    external_facing = table.Column<bool>(type: "boolean", nullable: false),
                    location = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    operating_system = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    vendor = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    model = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    serial_number = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    services = table.Column<string>(type: "character varying(8000)", maxLength: 8000, nullable: false, collation: "C"),
                    in_use_since = table.Column<DateOnly>(type: "date", nullable: true),
                    last_seen_on = table.Column<DateOnly>(type: "date", nullable: true),
                    remark = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_risk_asset", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "risk_risk",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    asset_id = table.Column<Guid>(type: "uuid", nullable: true),
                    threat = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    weakness = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false, collation: "C"),
                    existing_controls = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
                    likelihood = table.Column<int>(type: "integer", nullable: true),
                    impact = table.Column<int>(type: "integer", nullable: true),
                    level = table.Column<int>(type: "integer", nullable: true),
                    treatment = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    residual_likelihood = table.Column<int>(type: "integer", nullable: true),
                    residual_impact = table.Column<int>(type: "integer", nullable: true),
                    residual_level = table.Column<int>(type: "integer", nullable: true),
                    review_on = table.Column<DateOnly>(type: "date", nullable: true),
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
                    table.PrimaryKey("pk_risk_risk", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "risk_treatment_plan",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    risk_id = table.Column<Guid>(type: "uuid", nullable: true),
                    measures = table.Column<string>(type: "character varying(20000)", maxLength: 20000, nullable: false, collation: "C"),
                    resources = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
                    result = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false, collation: "C"),
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
                    table.PrimaryKey("pk_risk_treatment_plan", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "role",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    key = table.Column<string>(type: "character varying(60)", maxLength: 60, nullable: false, collation: "C"),
                    name_zh = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    name_en = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    grants_json = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    built_in = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_role", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "saved_view",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    type_key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    query = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    shared = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_saved_view", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "setting",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    value = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_setting", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "unit",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    name_en = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true, collation: "C"),
                    parent_id = table.Column<Guid>(type: "uuid", nullable: true),
                    order = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_unit", x => x.id);
                    table.ForeignKey(
                        name: "FK_unit_unit_parent_id",
                        column: x => x.parent_id,
                        principalTable: "unit",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "watcher",
                columns: table => new
                {
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    type_key = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_watcher", x => new { x.record_id, x.person_id });
                });

            migrationBuilder.CreateTable(
                name: "webhook",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    url = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    secret = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    filters = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    active = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "webhook_delivery",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    uid = table.Column<Guid>(type: "uuid", nullable: false),
                    webhook_id = table.Column<Guid>(type: "uuid", nullable: false),
                    change_uid = table.Column<Guid>(type: "uuid", nullable: true),
                    @event = table.Column<string>(name: "event", type: "text", nullable: false, collation: "C"),
                    body = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    state = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    next_at = table.Column<long>(type: "bigint", nullable: false),
                    last_status = table.Column<int>(type: "integer", nullable: true),
                    last_error = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    sent_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook_delivery", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "person",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    display_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    unit_id = table.Column<Guid>(type: "uuid", nullable: true),
                    language = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    theme = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    active = table.Column<bool>(type: "boolean", nullable: false),
                    must_change_password = table.Column<bool>(type: "boolean", nullable: false),
                    calendar_key_hash = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    digest_hour = table.Column<int>(type: "integer", nullable: true),
                    notice_preferences = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    joined_on = table.Column<DateOnly>(type: "date", nullable: true),
                    left_on = table.Column<DateOnly>(type: "date", nullable: true),
                    user_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true, collation: "C"),
                    normalized_user_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true, collation: "C"),
                    email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true, collation: "C"),
                    normalized_email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true, collation: "C"),
                    email_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                    password_hash = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    security_stamp = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    concurrency_stamp = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    phone_number = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    phone_number_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                    two_factor_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    lockout_end = table.Column<long>(type: "bigint", nullable: true),
                    lockout_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    access_failed_count = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person", x => x.id);
                    table.ForeignKey(
                        name: "FK_person_unit_unit_id",
                        column: x => x.unit_id,
                        principalTable: "unit",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "api_token",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false, collation: "C"),
                    prefix = table.Column<string>(type: "character varying(8)", maxLength: 8, nullable: false, collation: "C"),
                    secret_hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    grants_json = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    expires_at = table.Column<long>(type: "bigint", nullable: false),
                    last_used_at = table.Column<long>(type: "bigint", nullable: true),
                    revoked_at = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_token", x => x.id);
                    table.ForeignKey(
                        name: "FK_api_token_person_person_id",
                        column: x => x.person_id,
                        principalTable: "person",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "person_claim",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    claim_type = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    claim_value = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person_claim", x => x.id);
                    table.ForeignKey(
                        name: "FK_person_claim_person_user_id",
                        column: x => x.user_id,
                        principalTable: "person",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "person_login",
                columns: table => new
                {
                    login_provider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "C"),
                    provider_key = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false, collation: "C"),
                    provider_display_name = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person_login", x => new { x.login_provider, x.provider_key });
                    table.ForeignKey(
                        name: "FK_person_login_person_user_id",
                        column: x => x.user_id,
                        principalTable: "person",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "person_passkey",
                columns: table => new
                {
                    credential_id = table.Column<byte[]>(type: "bytea", maxLength: 1024, nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    data = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person_passkey", x => x.credential_id);
                    table.ForeignKey(
                        name: "FK_person_passkey_person_user_id",
                        column: x => x.user_id,
                        principalTable: "person",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "person_role",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    role_id = table.Column<Guid>(type: "uuid", nullable: false),
                    valid_until = table.Column<DateOnly>(type: "date", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person_role", x => x.id);
                    table.ForeignKey(
                        name: "FK_person_role_person_person_id",
                        column: x => x.person_id,
                        principalTable: "person",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "FK_person_role_role_role_id",
                        column: x => x.role_id,
                        principalTable: "role",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "person_token",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    login_provider = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "C"),
                    name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "C"),
                    value = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person_token", x => new { x.user_id, x.login_provider, x.name });
                    table.ForeignKey(
                        name: "FK_person_token_person_user_id",
                        column: x => x.user_id,
                        principalTable: "person",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_api_token_person_id",
                table: "api_token",
                column: "person_id");

            migrationBuilder.CreateIndex(
                name: "ix_api_token_secret_hash",
                table: "api_token",
                column: "secret_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_change_actor_id_at",
                table: "change",
                columns: new[] { "actor_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_change_batch_id",
                table: "change",
                column: "batch_id");

            migrationBuilder.CreateIndex(
                name: "ix_change_position",
                table: "change",
                column: "position",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_change_record_id_id",
                table: "change",
                columns: new[] { "record_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_change_uid",
                table: "change",
                column: "uid",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_comment_record_id_at",
                table: "comment",
                columns: new[] { "record_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_custom_field_type_key_key",
                table: "custom_field",
                columns: new[] { "type_key", "key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_denial_at",
                table: "denial",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_evidence_output",
                table: "evidence",
                column: "output");

            migrationBuilder.CreateIndex(
                name: "ix_evidence_record_id",
                table: "evidence",
                column: "record_id");

            migrationBuilder.CreateIndex(
                name: "ix_evidence_type_key_effective_on",
                table: "evidence",
                columns: new[] { "type_key", "effective_on" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_asset_id",
                table: "incident_incident",
                column: "asset_id");

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_category_number",
                table: "incident_incident",
                columns: new[] { "category", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_detected_at_number",
                table: "incident_incident",
                columns: new[] { "detected_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_due_on",
                table: "incident_incident",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_level_number",
                table: "incident_incident",
                columns: new[] { "level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_notify_by_number",
                table: "incident_incident",
                columns: new[] { "notify_by", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_number",
                table: "incident_incident",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_owner_id_state",
                table: "incident_incident",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_state_number",
                table: "incident_incident",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_title_number",
                table: "incident_incident",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_unit_id",
                table: "incident_incident",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_incident_incident_updated_at_number",
                table: "incident_incident",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_due_on",
                table: "incident_task",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_incident_id_number",
                table: "incident_task",
                columns: new[] { "incident_id", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_number",
                table: "incident_task",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_owner_id_state",
                table: "incident_task",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_state_number",
                table: "incident_task",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_title_number",
                table: "incident_task",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_unit_id",
                table: "incident_task",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_incident_task_updated_at_number",
                table: "incident_task",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_due_on",
                table: "isms_document",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_edition_number",
                table: "isms_document",
                columns: new[] { "edition", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_level_number",
                table: "isms_document",
                columns: new[] { "level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_number",
                table: "isms_document",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_owner_id_state",
                table: "isms_document",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_state_number",
                table: "isms_document",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_title_number",
                table: "isms_document",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_unit_id",
                table: "isms_document",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_isms_document_updated_at_number",
                table: "isms_document",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_due_on",
                table: "isms_work_record",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_number",
                table: "isms_work_record",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_output_code_number",
                table: "isms_work_record",
                columns: new[] { "output_code", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_owner_id_state",
                table: "isms_work_record",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_performed_on_number",
                table: "isms_work_record",
                columns: new[] { "performed_on", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_state_number",
                table: "isms_work_record",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_title_number",
                table: "isms_work_record",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_unit_id",
                table: "isms_work_record",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_isms_work_record_updated_at_number",
                table: "isms_work_record",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_job_run_job_key_id",
                table: "job_run",
                columns: new[] { "job_key", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_job_run_job_key_scheduled_for",
                table: "job_run",
                columns: new[] { "job_key", "scheduled_for" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_job_run_requested_by",
                table: "job_run",
                column: "requested_by");

            migrationBuilder.CreateIndex(
                name: "ix_job_run_state_id",
                table: "job_run",
                columns: new[] { "state", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_job_schedule_job_key",
                table: "job_schedule",
                column: "job_key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_link_from_id_to_id_kind",
                table: "link",
                columns: new[] { "from_id", "to_id", "kind" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_link_to_id",
                table: "link",
                column: "to_id");

            migrationBuilder.CreateIndex(
                name: "ix_mail_out_person_id_created_at",
                table: "mail_out",
                columns: new[] { "person_id", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_mail_out_state_next_at",
                table: "mail_out",
                columns: new[] { "state", "next_at" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_asset_id",
                table: "monitoring_alert",
                column: "asset_id");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_due_on",
                table: "monitoring_alert",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_entity_number",
                table: "monitoring_alert",
                columns: new[] { "entity", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_last_seen_number",
                table: "monitoring_alert",
                columns: new[] { "last_seen", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_level_number",
                table: "monitoring_alert",
                columns: new[] { "level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_number",
                table: "monitoring_alert",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_owner_id_state",
                table: "monitoring_alert",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_state_number",
                table: "monitoring_alert",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_title_number",
                table: "monitoring_alert",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_unit_id",
                table: "monitoring_alert",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_monitoring_alert_updated_at_number",
                table: "monitoring_alert",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_notice_group_key_person_id",
                table: "notice",
                columns: new[] { "group_key", "person_id" });

            migrationBuilder.CreateIndex(
                name: "ix_notice_mail_person_id",
                table: "notice",
                columns: new[] { "mail", "person_id" });

            migrationBuilder.CreateIndex(
                name: "ix_notice_person_id_at",
                table: "notice",
                columns: new[] { "person_id", "at" });

            migrationBuilder.CreateIndex(
                name: "ix_person_calendar_key_hash",
                table: "person",
                column: "calendar_key_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_person_normalized_email",
                table: "person",
                column: "normalized_email");

            migrationBuilder.CreateIndex(
                name: "ix_person_normalized_user_name",
                table: "person",
                column: "normalized_user_name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_person_unit_id",
                table: "person",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_person_claim_user_id",
                table: "person_claim",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_person_login_user_id",
                table: "person_login",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_person_passkey_user_id",
                table: "person_passkey",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_person_role_person_id_role_id",
                table: "person_role",
                columns: new[] { "person_id", "role_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_person_role_role_id",
                table: "person_role",
                column: "role_id");

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_category_number",
                table: "risk_asset",
                columns: new[] { "category", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_code_number",
                table: "risk_asset",
                columns: new[] { "code", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_due_on",
                table: "risk_asset",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_grade_number",
                table: "risk_asset",
                columns: new[] { "grade", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_number",
                table: "risk_asset",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_owner_id_state",
                table: "risk_asset",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_state_number",
                table: "risk_asset",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_title_number",
                table: "risk_asset",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_unit_id",
                table: "risk_asset",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_risk_asset_updated_at_number",
                table: "risk_asset",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_asset_id",
                table: "risk_risk",
                column: "asset_id");

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_due_on",
                table: "risk_risk",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_level_number",
                table: "risk_risk",
                columns: new[] { "level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_number",
                table: "risk_risk",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_owner_id_state",
                table: "risk_risk",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_residual_level_number",
                table: "risk_risk",
                columns: new[] { "residual_level", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_state_number",
                table: "risk_risk",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_title_number",
                table: "risk_risk",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_treatment_number",
                table: "risk_risk",
                columns: new[] { "treatment", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_unit_id",
                table: "risk_risk",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_risk_risk_updated_at_number",
                table: "risk_risk",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_due_on",
                table: "risk_treatment_plan",
                column: "due_on");

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_number",
                table: "risk_treatment_plan",
                column: "number",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_owner_id_state",
                table: "risk_treatment_plan",
                columns: new[] { "owner_id", "state" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_risk_id_number",
                table: "risk_treatment_plan",
                columns: new[] { "risk_id", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_state_number",
                table: "risk_treatment_plan",
                columns: new[] { "state", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_title_number",
                table: "risk_treatment_plan",
                columns: new[] { "title", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_unit_id",
                table: "risk_treatment_plan",
                column: "unit_id");

            migrationBuilder.CreateIndex(
                name: "ix_risk_treatment_plan_updated_at_number",
                table: "risk_treatment_plan",
                columns: new[] { "updated_at", "number" });

            migrationBuilder.CreateIndex(
                name: "ix_role_key",
                table: "role",
                column: "key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_saved_view_type_key",
                table: "saved_view",
                column: "type_key");

            migrationBuilder.CreateIndex(
                name: "ix_setting_key",
                table: "setting",
                column: "key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_unit_parent_id",
                table: "unit",
                column: "parent_id");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_delivery_state_next_at",
                table: "webhook_delivery",
                columns: new[] { "state", "next_at" });

            migrationBuilder.CreateIndex(
                name: "ix_webhook_delivery_webhook_id_change_uid",
                table: "webhook_delivery",
                columns: new[] { "webhook_id", "change_uid" },
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "api_token");

            migrationBuilder.DropTable(
                name: "change");

            migrationBuilder.DropTable(
                name: "change_cursor");

            migrationBuilder.DropTable(
                name: "comment");

            migrationBuilder.DropTable(
                name: "custom_field");

            migrationBuilder.DropTable(
                name: "denial");

            migrationBuilder.DropTable(
                name: "draft");

            migrationBuilder.DropTable(
                name: "evidence");

            migrationBuilder.DropTable(
                name: "incident_incident");

            migrationBuilder.DropTable(
                name: "incident_task");

            migrationBuilder.DropTable(
                name: "isms_document");

            migrationBuilder.DropTable(
                name: "isms_work_record");

            migrationBuilder.DropTable(
                name: "job_log");

            migrationBuilder.DropTable(
                name: "job_run");

            migrationBuilder.DropTable(
                name: "job_schedule");

            migrationBuilder.DropTable(
                name: "link");

            migrationBuilder.DropTable(
                name: "mail_out");

            migrationBuilder.DropTable(
                name: "monitoring_alert");

            migrationBuilder.DropTable(
                name: "notice");

            migrationBuilder.DropTable(
                name: "number_series");

            migrationBuilder.DropTable(
                name: "person_claim");

            migrationBuilder.DropTable(
                name: "person_login");

            migrationBuilder.DropTable(
                name: "person_passkey");

            migrationBuilder.DropTable(
                name: "person_role");

            migrationBuilder.DropTable(
                name: "person_token");

            migrationBuilder.DropTable(
                name: "risk_asset");

            migrationBuilder.DropTable(
                name: "risk_risk");

            migrationBuilder.DropTable(
                name: "risk_treatment_plan");

            migrationBuilder.DropTable(
                name: "saved_view");

            migrationBuilder.DropTable(
                name: "setting");

            migrationBuilder.DropTable(
                name: "watcher");

            migrationBuilder.DropTable(
                name: "webhook");

            migrationBuilder.DropTable(
                name: "webhook_delivery");

            migrationBuilder.DropTable(
                name: "role");

            migrationBuilder.DropTable(
                name: "person");

            migrationBuilder.DropTable(
                name: "unit");
        }
    }
}
