using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Hufu.Migrations.Sqlite
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
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    uid = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    type_key = table.Column<string>(type: "TEXT", nullable: false),
                    record_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    version = table.Column<int>(type: "INTEGER", nullable: false),
                    action = table.Column<string>(type: "TEXT", nullable: false),
                    actor_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    batch_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    payload = table.Column<string>(type: "TEXT", nullable: true),
                    salt = table.Column<string>(type: "TEXT", nullable: true),
                    commitment = table.Column<string>(type: "TEXT", nullable: false),
                    position = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_change", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "change_cursor",
                columns: table => new
                {
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    position = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_change_cursor", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "comment",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    type_key = table.Column<string>(type: "TEXT", nullable: false),
                    record_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    author_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    author_name = table.Column<string>(type: "TEXT", nullable: false),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    text = table.Column<string>(type: "TEXT", nullable: false),
                    mentions = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_comment", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "custom_field",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    type_key = table.Column<string>(type: "TEXT", nullable: false),
                    key = table.Column<string>(type: "TEXT", nullable: false),
                    label_zh = table.Column<string>(type: "TEXT", nullable: false),
                    label_en = table.Column<string>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    choices = table.Column<string>(type: "TEXT", nullable: false),
                    required = table.Column<bool>(type: "INTEGER", nullable: false),
                    in_list = table.Column<bool>(type: "INTEGER", nullable: false),
                    order = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_custom_field", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "denial",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    actor_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    actor_name = table.Column<string>(type: "TEXT", nullable: false),
                    channel = table.Column<string>(type: "TEXT", nullable: false),
                    asked = table.Column<string>(type: "TEXT", nullable: false),
                    code = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_denial", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "draft",
                columns: table => new
                {
                    person_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    form_key = table.Column<string>(type: "TEXT", nullable: false),
                    json = table.Column<string>(type: "TEXT", nullable: false),
                    updated_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_draft", x => new { x.person_id, x.form_key });
                });

            migrationBuilder.CreateTable(
                name: "evidence",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    type_key = table.Column<string>(type: "TEXT", nullable: false),
                    record_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    title = table.Column<string>(type: "TEXT", nullable: false),
                    effective_on = table.Column<DateOnly>(type: "TEXT", nullable: false),
                    sha256 = table.Column<string>(type: "TEXT", nullable: true),
                    file_name = table.Column<string>(type: "TEXT", nullable: true),
                    media_type = table.Column<string>(type: "TEXT", nullable: true),
                    size = table.Column<long>(type: "INTEGER", nullable: false),
                    scan = table.Column<string>(type: "TEXT", nullable: false),
                    target_type = table.Column<string>(type: "TEXT", nullable: true),
                    target_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    query = table.Column<string>(type: "TEXT", nullable: true),
                    query_from = table.Column<long>(type: "INTEGER", nullable: true),
                    query_to = table.Column<long>(type: "INTEGER", nullable: true),
                    output = table.Column<string>(type: "TEXT", nullable: true),
                    added_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    added_at = table.Column<long>(type: "INTEGER", nullable: false),
                    withdrawn_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_evidence", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "incident_incident",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    level = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    category = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    occurred_at = table.Column<long>(type: "INTEGER", nullable: true),
                    detected_at = table.Column<long>(type: "INTEGER", nullable: true),
                    asset_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    affected_systems = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    summary = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    impact_text = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
                    personal_data = table.Column<bool>(type: "INTEGER", nullable: false),
                    containment = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    root_cause = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    recovery = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    lessons_learned = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    notified_at = table.Column<long>(type: "INTEGER", nullable: true),
                    recovered_at = table.Column<long>(type: "INTEGER", nullable: true),
                    notify_by = table.Column<long>(type: "INTEGER", nullable: true),
                    recover_by = table.Column<long>(type: "INTEGER", nullable: true),
                    report_by = table.Column<DateOnly>(type: "TEXT", nullable: true),
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
                    table.PrimaryKey("pk_incident_incident", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "incident_task",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    incident_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    instructions = table.Column<string>(type: "TEXT", maxLength: 8000, nullable: false),
                    result = table.Column<string>(type: "TEXT", maxLength: 8000, nullable: false),
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
                    table.PrimaryKey("pk_incident_task", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "isms_document",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    level = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    edition = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    effective_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    review_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    content = table.Column<string>(type: "TEXT", maxLength: 200000, nullable: false),
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
                    table.PrimaryKey("pk_isms_document", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "isms_work_record",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    output_code = table.Column<string>(type: "TEXT", maxLength: 10, nullable: false),
                    performed_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    summary = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
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
                    table.PrimaryKey("pk_isms_work_record", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "job_log",
                columns: table => new
                {
                    run_id = table.Column<long>(type: "INTEGER", nullable: false),
                    number = table.Column<int>(type: "INTEGER", nullable: false),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    text = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_log", x => new { x.run_id, x.number });
                });

            migrationBuilder.CreateTable(
                name: "job_run",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    uid = table.Column<Guid>(type: "TEXT", nullable: false),
                    job_key = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    state = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    requested_by = table.Column<Guid>(type: "TEXT", nullable: true),
                    requested_by_name = table.Column<string>(type: "TEXT", nullable: false),
                    parameters = table.Column<string>(type: "TEXT", nullable: false),
                    queued_at = table.Column<long>(type: "INTEGER", nullable: false),
                    not_before = table.Column<long>(type: "INTEGER", nullable: true),
                    started_at = table.Column<long>(type: "INTEGER", nullable: true),
                    finished_at = table.Column<long>(type: "INTEGER", nullable: true),
                    progress = table.Column<double>(type: "REAL", nullable: false),
                    progress_zh = table.Column<string>(type: "TEXT", nullable: false),
                    progress_en = table.Column<string>(type: "TEXT", nullable: false),
                    result_zh = table.Column<string>(type: "TEXT", nullable: false),
                    result_en = table.Column<string>(type: "TEXT", nullable: false),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    retry_of = table.Column<long>(type: "INTEGER", nullable: true),
                    scheduled_for = table.Column<long>(type: "INTEGER", nullable: true),
                    cancel_requested = table.Column<bool>(type: "INTEGER", nullable: false),
                    instance = table.Column<string>(type: "TEXT", nullable: false),
                    seen_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_run", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "job_schedule",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    job_key = table.Column<string>(type: "TEXT", nullable: false),
                    cron = table.Column<string>(type: "TEXT", nullable: false),
                    enabled = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_schedule", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "link",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    from_type = table.Column<string>(type: "TEXT", nullable: false),
                    from_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    to_type = table.Column<string>(type: "TEXT", nullable: false),
                    to_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_link", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "mail_out",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    message_id = table.Column<string>(type: "TEXT", nullable: false),
                    person_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    to_address = table.Column<string>(type: "TEXT", nullable: false),
                    to_name = table.Column<string>(type: "TEXT", nullable: false),
                    subject = table.Column<string>(type: "TEXT", nullable: false),
                    body_text = table.Column<string>(type: "TEXT", nullable: false),
                    body_html = table.Column<string>(type: "TEXT", nullable: false),
                    is_digest = table.Column<bool>(type: "INTEGER", nullable: false),
                    state = table.Column<string>(type: "TEXT", nullable: false),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    next_at = table.Column<long>(type: "INTEGER", nullable: false),
                    last_error = table.Column<string>(type: "TEXT", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    sent_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_mail_out", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "monitoring_alert",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    rule_id = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    rule_title = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    rule_author = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    rule_license = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    level = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    host = table.Column<string>(type: "TEXT", maxLength: 253, nullable: false),
                    source_ip = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    account = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    entity = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    asset_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    first_seen = table.Column<long>(type: "INTEGER", nullable: true),
                    last_seen = table.Column<long>(type: "INTEGER", nullable: true),
                    event_count = table.Column<int>(type: "INTEGER", nullable: false),
                    event_ids = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    tags = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    verdict = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
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
                    table.PrimaryKey("pk_monitoring_alert", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "notice",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    person_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    at = table.Column<long>(type: "INTEGER", nullable: false),
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    title_zh = table.Column<string>(type: "TEXT", nullable: false),
                    title_en = table.Column<string>(type: "TEXT", nullable: false),
                    text_zh = table.Column<string>(type: "TEXT", nullable: false),
                    text_en = table.Column<string>(type: "TEXT", nullable: false),
                    url = table.Column<string>(type: "TEXT", nullable: false),
                    record_type = table.Column<string>(type: "TEXT", nullable: true),
                    record_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    group_key = table.Column<string>(type: "TEXT", nullable: true),
                    count = table.Column<int>(type: "INTEGER", nullable: false),
                    read_at = table.Column<long>(type: "INTEGER", nullable: true),
                    mail = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notice", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "number_series",
                columns: table => new
                {
                    series = table.Column<string>(type: "TEXT", nullable: false),
                    last = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_number_series", x => x.series);
                });

            migrationBuilder.CreateTable(
                name: "risk_asset",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    code = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    category = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    hostname = table.Column<string>(type: "TEXT", maxLength: 253, nullable: false),
                    addresses = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    mac_address = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    custodian = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    confidentiality = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    integrity = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    availability = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    grade = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    personal_data = table.Column<bool>(type: "INTEGER", nullable: false),
                    external_facing = table.Column<bool>(type: "INTEGER", nullable: false),
                    location = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    operating_system = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    vendor = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    model = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    serial_number = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    services = table.Column<string>(type: "TEXT", maxLength: 8000, nullable: false),
                    in_use_since = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    last_seen_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    remark = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
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
                    table.PrimaryKey("pk_risk_asset", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "risk_risk",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    asset_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    threat = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    weakness = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    existing_controls = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
                    likelihood = table.Column<int>(type: "INTEGER", nullable: true),
                    impact = table.Column<int>(type: "INTEGER", nullable: true),
                    level = table.Column<int>(type: "INTEGER", nullable: true),
                    treatment = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    residual_likelihood = table.Column<int>(type: "INTEGER", nullable: true),
                    residual_impact = table.Column<int>(type: "INTEGER", nullable: true),
                    residual_level = table.Column<int>(type: "INTEGER", nullable: true),
                    review_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
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
                    table.PrimaryKey("pk_risk_risk", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "risk_treatment_plan",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    risk_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    measures = table.Column<string>(type: "TEXT", maxLength: 20000, nullable: false),
                    resources = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
                    result = table.Column<string>(type: "TEXT", maxLength: 4000, nullable: false),
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
                    table.PrimaryKey("pk_risk_treatment_plan", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "role",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    key = table.Column<string>(type: "TEXT", maxLength: 60, nullable: false),
                    name_zh = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    name_en = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    grants_json = table.Column<string>(type: "TEXT", nullable: false),
                    built_in = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_role", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "saved_view",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    type_key = table.Column<string>(type: "TEXT", nullable: false),
                    person_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    query = table.Column<string>(type: "TEXT", nullable: false),
                    shared = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_saved_view", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "setting",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    key = table.Column<string>(type: "TEXT", nullable: false),
                    value = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_setting", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "unit",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    name_en = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    parent_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    order = table.Column<int>(type: "INTEGER", nullable: false)
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
                    record_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    person_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    type_key = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_watcher", x => new { x.record_id, x.person_id });
                });

            migrationBuilder.CreateTable(
                name: "webhook",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", nullable: false),
                    url = table.Column<string>(type: "TEXT", nullable: false),
                    secret = table.Column<string>(type: "TEXT", nullable: false),
                    filters = table.Column<string>(type: "TEXT", nullable: false),
                    active = table.Column<bool>(type: "INTEGER", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "webhook_delivery",
                columns: table => new
                {
                    id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    uid = table.Column<Guid>(type: "TEXT", nullable: false),
                    webhook_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    change_uid = table.Column<Guid>(type: "TEXT", nullable: true),
                    @event = table.Column<string>(name: "event", type: "TEXT", nullable: false),
                    body = table.Column<string>(type: "TEXT", nullable: false),
                    state = table.Column<string>(type: "TEXT", nullable: false),
                    attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    next_at = table.Column<long>(type: "INTEGER", nullable: false),
                    last_status = table.Column<int>(type: "INTEGER", nullable: true),
                    last_error = table.Column<string>(type: "TEXT", nullable: true),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    sent_at = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook_delivery", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "person",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    display_name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    unit_id = table.Column<Guid>(type: "TEXT", nullable: true),
                    language = table.Column<string>(type: "TEXT", nullable: false),
                    theme = table.Column<string>(type: "TEXT", nullable: false),
                    active = table.Column<bool>(type: "INTEGER", nullable: false),
                    must_change_password = table.Column<bool>(type: "INTEGER", nullable: false),
                    calendar_key_hash = table.Column<string>(type: "TEXT", nullable: true),
                    digest_hour = table.Column<int>(type: "INTEGER", nullable: true),
                    notice_preferences = table.Column<string>(type: "TEXT", nullable: true),
                    joined_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    left_on = table.Column<DateOnly>(type: "TEXT", nullable: true),
                    user_name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    normalized_user_name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    email = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    normalized_email = table.Column<string>(type: "TEXT", maxLength: 256, nullable: true),
                    email_confirmed = table.Column<bool>(type: "INTEGER", nullable: false),
                    password_hash = table.Column<string>(type: "TEXT", nullable: true),
                    security_stamp = table.Column<string>(type: "TEXT", nullable: true),
                    concurrency_stamp = table.Column<string>(type: "TEXT", nullable: true),
                    phone_number = table.Column<string>(type: "TEXT", nullable: true),
                    phone_number_confirmed = table.Column<bool>(type: "INTEGER", nullable: false),
                    two_factor_enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    lockout_end = table.Column<long>(type: "INTEGER", nullable: true),
                    lockout_enabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    access_failed_count = table.Column<int>(type: "INTEGER", nullable: false)
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    person_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    prefix = table.Column<string>(type: "TEXT", maxLength: 8, nullable: false),
                    secret_hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    grants_json = table.Column<string>(type: "TEXT", nullable: false),
                    created_at = table.Column<long>(type: "INTEGER", nullable: false),
                    expires_at = table.Column<long>(type: "INTEGER", nullable: false),
                    last_used_at = table.Column<long>(type: "INTEGER", nullable: true),
                    revoked_at = table.Column<long>(type: "INTEGER", nullable: true)
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
                    id = table.Column<int>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    user_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    claim_type = table.Column<string>(type: "TEXT", nullable: true),
                    claim_value = table.Column<string>(type: "TEXT", nullable: true)
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
                    login_provider = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    provider_key = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    provider_display_name = table.Column<string>(type: "TEXT", nullable: true),
                    user_id = table.Column<Guid>(type: "TEXT", nullable: false)
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
                    credential_id = table.Column<byte[]>(type: "BLOB", maxLength: 1024, nullable: false),
                    user_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    data = table.Column<string>(type: "TEXT", nullable: false)
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
                    id = table.Column<Guid>(type: "TEXT", nullable: false),
                    person_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    role_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    valid_until = table.Column<DateOnly>(type: "TEXT", nullable: true)
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
                    user_id = table.Column<Guid>(type: "TEXT", nullable: false),
                    login_provider = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    name = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    value = table.Column<string>(type: "TEXT", nullable: true)
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
