using Hufu.Jobs;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Hufu.Web.Standard;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using static Hufu.Kernel.Texts;

namespace Hufu.Monitoring.Logs;

/// <summary>Duty T5: the logs themselves. Search, import, detection rules, and excerpts as evidence.</summary>
public sealed class LogsModule : HufuModule
{
    /// <summary>The area whose rights guard all of it.</summary>
    public const string Area = "logs";

    private readonly SiteMappings mappings = new();
    private IReadOnlyList<RecordType>? recordTypes;

    public override string Key => "logs";

    public override LocalizedText Title => new("日誌與監控", "Logs and monitoring");

    public override string Duty => "T5";

    public override IReadOnlyList<NavigationEntry> Navigation =>
    [
        new(new LocalizedText("日誌搜尋", "Log search"), "/logs/search", "search", Area),
        new(new LocalizedText("即時檢視", "Live tail"), "/logs/tail", "play", Area),
        new(new LocalizedText("對象查詢", "Entities"), "/logs/entities", "target", Area),
        new(new LocalizedText("匯出的日誌", "Exports of logs"), "/logs/exports", "export", Area),
        new(new LocalizedText("日誌來源", "Log sources"), "/logs/sources", "log", Area),
        new(new LocalizedText("日誌涵蓋矩陣", "Log coverage"), "/logs/coverage", "check", Area),
        new(new LocalizedText("連接日誌來源", "Connect log sources"), "/logs/connect", "link", Area),
        new(new LocalizedText("校時", "Time"), "/logs/time", "clock", Area),
        new(new LocalizedText("保存與空間", "Retention and space"), "/logs/storage", "archive", Area),
        new(new LocalizedText("監控日報與月報", "Daily and monthly reports"), "/logs/reporting", "report", Area),
        new(new LocalizedText("匯入日誌", "Import logs"), "/logs/import", "import", Area, Right.Write),
        new(new LocalizedText("試用解碼器", "Try a decoder"), "/logs/decoder-trial", "log", Area),
        new(new LocalizedText("試用對應", "Try a mapping"), "/logs/mapping-trial", "link", Area),
        new(new LocalizedText("偵測規則", "Detection rules"), "/logs/rules", "shield", Area),
        new(new LocalizedText("回溯搜尋", "Hunts"), "/logs/hunts", "history", Area),
        new(new LocalizedText("情資指標", "Indicators"), "/logs/indicators", "target", Area),
    ];

    public override IReadOnlyList<NavigationSection> Sections { get; } =
    [
        new(null, "/monitoring/alerts", "/logs/search", "/logs/tail", "/logs/entities"),
        new(new LocalizedText("儲存與匯出", "Saved and exported"), "/logs/saved-searches", "/logs/exports"),
        new(new LocalizedText("偵測", "Detection"), "/logs/rules", "/logs/rule-packs", "/logs/rule-pack-versions", "/logs/own-rules", "/logs/rule-exceptions", "/logs/indicators", "/logs/indicator-lists", "/logs/indicator-versions", "/logs/hunts"),
        new(new LocalizedText("通報", "Notifying"), "/monitoring/notifications", "/monitoring/notification-rules"),
        new(new LocalizedText("來源與接收", "Sources and receiving"), "/logs/sources", "/logs/connect", "/logs/receivers", "/logs/files", "/logs/databases", "/logs/import"),
        new(new LocalizedText("日誌解析", "Parsing"), "/logs/decoders", "/logs/decoder-trial", "/logs/mappings", "/logs/mapping-trial"),
        new(new LocalizedText("基準與涵蓋", "Criteria and coverage"), "/logs/criteria", "/logs/coverage"),
        new(new LocalizedText("校時", "Time"), "/logs/time", "/logs/time-sources", "/logs/time-reviews"),
        new(new LocalizedText("保存", "Keeping"), "/logs/storage", "/logs/retention-rules", "/logs/holds"),
        new(new LocalizedText("報表", "Reports"), "/logs/reporting", "/logs/reports"),
    ];

    public override IReadOnlyList<RecordType> RecordTypes => recordTypes ??=
    [
        new SavedSearchType(),
        new LogCriterionType(),
        new ReceiverType(),
        new LogFileType(),
        new LogDatabaseType(),
        new DecoderType(),
        new LogMappingType(),
        new RetentionRuleType(),
        new LogHoldType(),
        new TimeSourceType(),
        new TimeReviewType(),
        new MonitoringReportType(),
        new RulePackType(),
        new RulePackVersionType(),
        new OwnRuleType(mappings),
        new RuleExceptionType(),
        new IndicatorListType(),
        new IndicatorVersionType(),
    ];

    public override IReadOnlyList<Hufu.Records.Storage.IModelContribution> Tables { get; } = [new TimeTables(), new ReportTables()];

    public override IReadOnlyList<SlotContent> Slots =>
    [
        new(SavedSearchType.TypeKey, RecordSlot.Panel, typeof(SavedSearchPanel)),
        new(ReceiverType.TypeKey, RecordSlot.Panel, typeof(ReceiverPanel)),
        new(LogFileType.TypeKey, RecordSlot.Panel, typeof(LogFilePanel)),
        new(LogDatabaseType.TypeKey, RecordSlot.Panel, typeof(LogDatabasePanel)),
        new(DecoderType.TypeKey, RecordSlot.Panel, typeof(DecoderPanel)),
        new(LogMappingType.TypeKey, RecordSlot.Panel, typeof(LogMappingPanel)),
        new(TimeSourceType.TypeKey, RecordSlot.Panel, typeof(TimePanel)),
        new(AlertType.TypeKey, RecordSlot.Action, typeof(AlertAction)),
        new(AlertType.TypeKey, RecordSlot.Panel, typeof(AlertIndicator)),
        new(AlertType.TypeKey, RecordSlot.Panel, typeof(AlertEntities)),
        new(AlertType.TypeKey, RecordSlot.Panel, typeof(EventsPanel)),
        new("incident.incident", RecordSlot.Panel, typeof(EventsPanel)),
        new(MonitoringReportType.TypeKey, RecordSlot.Panel, typeof(ReportPanel)),
        new(RulePackType.TypeKey, RecordSlot.Panel, typeof(RulePackPanel)),
        new(RulePackVersionType.TypeKey, RecordSlot.Panel, typeof(RulePackVersionPanel)),
        new(OwnRuleType.TypeKey, RecordSlot.Panel, typeof(OwnRulePanel)),
        new(RuleExceptionType.TypeKey, RecordSlot.Panel, typeof(RuleExceptionPanel)),
        new(IndicatorListType.TypeKey, RecordSlot.Panel, typeof(IndicatorListPanel)),
        new(IndicatorVersionType.TypeKey, RecordSlot.Panel, typeof(IndicatorVersionPanel)),
    ];

    public override void AddServices(IServiceCollection services)
    {
        Load(typeof(LogsModule).Assembly);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<SegmentLedger>();
        services.AddSingleton<LogService>();
        services.AddSingleton<IEvidenceProofs, LogExcerptProofs>();
        services.AddHostedService(s => s.GetRequiredService<LogService>());
        services.AddSingleton(mappings);
        services.AddSingleton<Detection>();
        RuleEndpoints.AddServices(services);
        IndicatorEndpoints.AddServices(services);
        services.TryAddSingleton(new LiveDetectionOptions());
        services.AddSingleton<LiveDetection>();
        // Before what brings events in: it is stopped after that, and writes the last alerts.
        services.AddHostedService(s => s.GetRequiredService<LiveDetection>());
        services.AddSingleton<ImportTimes>();
        services.AddSingleton<LogImport>();
        services.AddSingleton<LogExcerpt>();
        services.AddSingleton<CoverageEvidence>();
        services.AddSingleton<IKeptSearch, KeptSearch>();
        services.AddSingleton<Hufu.Records.Storage.Ledger.ILedgerCheckPart, SegmentCheck>();
        services.AddSingleton<Hufu.Records.Storage.Ledger.ILedgerCheckPart, ClickHouseCheck>();
        services.AddHostedService<ImportResumption>();
        services.AddSingleton<ReceiverCertificates>();
        services.AddSingleton<LogReceivers>();
        services.AddHostedService(s => s.GetRequiredService<LogReceivers>());
        services.TryAddSingleton(new SkewLimit());
        services.TryAddSingleton(new QueryLimit());
        services.AddSingleton<LiveTails>();
        services.TryAddSingleton(new ExportLimit());
        services.AddSingleton<LogExports>();
        services.AddHufuJob<LogExportJob>();
        services.TryAddSingleton(new HuntLimit());
        services.AddSingleton<Hunts>();
        services.AddHufuJob<HuntJob>();
        services.AddSingleton<RuleWatch>();
        services.AddHostedService(s => s.GetRequiredService<RuleWatch>());
        services.AddSingleton<IndicatorWatch>();
        services.AddHostedService(s => s.GetRequiredService<IndicatorWatch>());
        services.AddSingleton<SavedSearches>();
        services.AddHostedService(s => s.GetRequiredService<SavedSearches>());
        // What the operator opened is told by the host; without it no file is read.
        services.TryAddSingleton(new Hufu.Logs.Tail.TailFolders([]));
        services.AddSingleton<SiteDecoders>();
        services.AddScoped<EventAssets>();
        services.AddScoped<EntityViews>();
        services.AddSingleton<LogFiles>();
        services.AddHostedService(s => s.GetRequiredService<LogFiles>());
        services.AddSingleton<DatabasePasswords>();
        services.AddSingleton<LogDatabases>();
        services.AddHostedService(s => s.GetRequiredService<LogDatabases>());
        services.AddSingleton<LogKeeping>();
        services.AddHostedService(s => s.GetRequiredService<LogKeeping>());
        services.AddHostedService<LogDelivery>();
        services.AddHufuJob<RetentionJob>();
        services.AddSingleton<SourceWatch>();
        services.AddHostedService(s => s.GetRequiredService<SourceWatch>());
        services.AddSingleton<LogGaps>();
        services.AddSingleton(s => new LogCoverage(s.GetRequiredService<LogService>(), s.GetRequiredService<LogKeeping>(), s.GetRequiredService<SourceWatch>(), s.GetRequiredService<IDbContextFactory<HufuDbContext>>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<LogCoverage>>()));
        services.AddHostedService(s => s.GetRequiredService<LogCoverage>());
        services.AddHostedService<GapWatch>();
        services.TryAddSingleton(new Hufu.Time.NtpQuery());
        services.AddSingleton<TimeChecks>();
        services.AddSingleton<TimeReviews>();
        services.AddSingleton<TimeWatch>();
        services.AddHostedService(s => s.GetRequiredService<TimeWatch>());
        services.TryAddSingleton(new Hufu.Documents.Fonts.FontFinder());
        services.AddSingleton<ReportFiles>();
        services.AddSingleton(s => new ReportComputing(
            s.GetRequiredService<LogService>(), s.GetRequiredService<SourceWatch>(), s.GetRequiredService<LogCoverage>(), s.GetRequiredService<LogGaps>(), s.GetRequiredService<LogKeeping>(), s.GetRequiredService<IDbContextFactory<HufuDbContext>>(), s.GetRequiredService<IDirectory>(),
            s.GetRequiredService<Hufu.Records.Storage.Ledger.LedgerFiles>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<ReportComputing>>()));
        services.AddSingleton<MonitoringReports>();
        services.AddSingleton<ReportWatch>();
        services.AddHostedService(s => s.GetRequiredService<ReportWatch>());
        services.AddScoped<IRecordReaction, ReportDuties>();
        services.AddSingleton<SplunkChannels>();
        services.AddSingleton<AuditFeed>();
        services.AddHostedService(s => s.GetRequiredService<AuditFeed>());
    }

    public override void MapEndpoints(IEndpointRouteBuilder routes)
    {
        LogEndpoints.Map(routes);
        SearchEndpoints.Map(routes);
        EntityEndpoints.Map(routes);
        ExportEndpoints.Map(routes);
        HuntEndpoints.Map(routes);
        SavedSearchEndpoints.Map(routes);
        IntakeEndpoints.Map(routes);
        TimeEndpoints.Map(routes);
        DecoderEndpoints.Map(routes);
        LogMappingEndpoints.Map(routes);
        DatabaseEndpoints.Map(routes);
        CriteriaEndpoints.Map(routes);
        ReportEndpoints.Map(routes);
        RuleEndpoints.Map(routes);
        IndicatorEndpoints.Map(routes);
    }
}
