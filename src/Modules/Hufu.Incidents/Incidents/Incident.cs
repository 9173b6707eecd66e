using System.Globalization;
using Hufu.Kernel;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Incidents;

/// <summary>A case: something happened to the organisation's systems or information, and people deal with it until it is closed.</summary>
public sealed class Incident : Record
{
    /// <summary><c>none</c> or <c>1</c> to <c>4</c>; empty until it is judged.</summary>
    public string Level { get; set; } = "";

    public string Category { get; set; } = "";

    public DateTimeOffset? OccurredAt { get; set; }

    /// <summary>When the organisation knew of it: the legal clocks start here.</summary>
    public DateTimeOffset? DetectedAt { get; set; }

    public Guid? AssetId { get; set; }

    public string AffectedSystems { get; set; } = "";

    public string Summary { get; set; } = "";

    public string ImpactText { get; set; } = "";

    public bool PersonalData { get; set; }

    public string Containment { get; set; } = "";

    public string RootCause { get; set; } = "";

    public string Recovery { get; set; } = "";

    public string LessonsLearned { get; set; } = "";

    public DateTimeOffset? NotifiedAt { get; set; }

    public DateTimeOffset? RecoveredAt { get; set; }

    /// <summary>Latest time of notification; derived.</summary>
    public DateTimeOffset? NotifyBy { get; set; }

    /// <summary>Latest end of damage control or recovery; derived.</summary>
    public DateTimeOffset? RecoverBy { get; set; }

    /// <summary>Last day of the investigation report; derived.</summary>
    public DateOnly? ReportBy { get; set; }
}

/// <summary>資通安全事故.</summary>
public sealed class IncidentType : RecordType<Incident>
{
    public const string TypeKey = "incident.incident";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("事故", "Incident");

    public override LocalizedText PluralName => new("事故", "Incidents");

    public override string Route => "incidents";

    public override string Prefix => "INC";

    public override string Icon => "incident";

    public override LocalizedText Purpose => new("記錄資安事故從知悉、通報、控制、復原到改善的全程，並計算法定時限。", "A security incident from first knowledge through notification, containment and recovery to what was learnt, with its legal time limits.");

    public override IReadOnlyList<string> Outputs => ["O7.1.1", "O7.1.2", "O7.2.1", "O7.2.2", "O7.4.1"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P7.1.1", "create"), new("P7.1.2", "start", "contain"), new("P7.2.1", "update"), new("P7.2.2", "recover"), new("P7.3.2", "evidence"), new("P7.4.1", "request-close"), new("P7.4.2", "approve-close", "reject-close")];

    public IncidentType() : base("事故名稱", "Incident")
    {
        Choice(x => x.Level, "事件等級", "Level",
            Option.Of("none", "未達等級", "Below level 1"),
            Option.Of("1", "第一級", "Level 1", Tone.Info),
            Option.Of("2", "第二級", "Level 2", Tone.Warn),
            Option.Of("3", "第三級", "Level 3", Tone.Bad),
            Option.Of("4", "第四級", "Level 4", Tone.Critical)).InList()
            .Help("資通安全事件等級：機密性、完整性、可用性分別判定後取最高者。第三、四級為重大事件。", "Confidentiality, integrity and availability are judged apart; the highest counts. Levels 3 and 4 are major.");
        Choice(x => x.Category, "類別", "Category",
            Option.Of("intrusion", "入侵", "Intrusion"),
            Option.Of("malware", "惡意程式", "Malware"),
            Option.Of("phishing", "社交工程", "Phishing"),
            Option.Of("dos", "阻斷服務", "Denial of service"),
            Option.Of("data-leak", "資料外洩", "Data leak"),
            Option.Of("misuse", "不當使用", "Misuse"),
            Option.Of("equipment", "設備或線路異常", "Equipment or line failure"),
            Option.Of("other", "其他", "Other")).InList();
        Instant(x => x.OccurredAt, "發生時間", "Occurred at").Help("不確定時可填最早的跡象，並於摘要說明。", "When unsure, the earliest trace; say so in the summary.");
        Instant(x => x.DetectedAt, "知悉時間", "Known since").InList().Help("知道這是資安事件的時間；通報與復原時限由此起算。", "When it was known to be a security incident; the limits for notification and recovery start here.");
        Reference(x => x.AssetId, "risk.asset", "主要受影響資產", "Main asset affected").Help("其他受影響的資產以「連結」加入。", "Further assets are added as links.");
        LongText(x => x.AffectedSystems, "受影響系統", "Affected systems", 2000);
        Markdown(x => x.Summary, "事故摘要", "Summary");
        LongText(x => x.ImpactText, "影響與損害", "Impact").Help("受影響的服務、資料與人數。", "Services, data and people affected.");
        Flag(x => x.PersonalData, "涉及個人資料", "Personal data involved").Help("個資外洩另有通知當事人的義務。", "A leak of personal data brings a duty to tell the people concerned.");

        Section("處理", "Response");
        Markdown(x => x.Containment, "損害控制", "Containment");
        Markdown(x => x.RootCause, "根本原因", "Root cause").Help("結案前必填：為什麼會發生，而不只是發生了什麼。", "Needed before closing: why it happened, not only what happened.");
        Markdown(x => x.Recovery, "復原措施", "Recovery");
        Markdown(x => x.LessonsLearned, "改善與學習", "Lessons learned");

        Section("時限", "Time limits");
        Instant(x => x.NotifiedAt, "通報時間", "Notified at").Help("於主管機關指定的方式完成通報的時間。", "When the notification was made in the way the authority prescribes.");
        Instant(x => x.RecoveredAt, "復原時間", "Recovered at").Help("完成損害控制或復原的時間；報告期限由此起算。", "When damage control or recovery was finished; the report is due from here.");
        Instant(x => x.NotifyBy, "通報期限", "Notify by").ReadOnly().InList().Help("知悉後 1 小時內（第一級至第四級）。", "Within one hour of knowledge, levels 1 to 4.");
        Instant(x => x.RecoverBy, "復原期限", "Recover by").ReadOnly().Help("知悉後 72 小時內（第一、二級）或 36 小時內（第三、四級）。", "Within 72 hours of knowledge (levels 1 and 2) or 36 (levels 3 and 4).");
        Date(x => x.ReportBy, "報告期限", "Report by").ReadOnly().Help("完成損害控制或復原後一個月內。", "Within a month of damage control or recovery.");

        Rule(i => i.OccurredAt > i.DetectedAt ? Error.Of("incident.known-before", "知悉時間不能早於發生時間。", "It cannot be known before it occurred.", "detectedAt") : null);
        Rule(i => i.RecoveredAt < i.DetectedAt ? Error.Of("incident.recovered-before", "復原時間不能早於知悉時間。", "It cannot be recovered before it was known.", "recoveredAt") : null);
        Rule(i => i.NotifiedAt < i.DetectedAt ? Error.Of("incident.notified-before", "通報時間不能早於知悉時間。", "It cannot be notified before it was known.", "notifiedAt") : null);

        Workflow.State("new", "新建", "New", Tone.Bad).State("investigating", "調查中", "Investigating", Tone.Warn).State("contained", "已控制", "Contained", Tone.Warn)
            .State("recovered", "已復原", "Recovered", Tone.Info).State("pending-close", "待結案", "Awaiting closure", Tone.Info).State("closed", "已結案", "Closed", Tone.Good, open: false);
        Workflow.Move("start", "開始調查", "Start", ["new"], "investigating");
        Workflow.Move("contain", "完成控制", "Contain", ["investigating"], "contained");
        Workflow.Move("recover", "完成復原", "Recover", ["investigating", "contained"], "recovered").When<Incident>((incident, _) => incident.RecoveredAt is null
            ? Error.Of("incident.no-recovery-time", "請先填寫復原時間。", "Fill in when it was recovered first.", "recoveredAt")
            : null);
        Workflow.Move("request-close", "申請結案", "Ask for closure", ["recovered"], "pending-close").WithEvidence()
            .When<Incident>((_, facts) => facts.OpenChildren.GetValueOrDefault(IncidentTaskType.TypeKey) is > 0 and var open
                ? Error.Of("incident.open-tasks", $"還有 {open} 件工作未完成。", $"{open} tasks are still open.")
                : null)
            .When<Incident>((incident, _) => string.IsNullOrWhiteSpace(incident.RootCause)
                ? Error.Of("incident.no-root-cause", "請先填寫根本原因。", "Fill in the root cause first.", "rootCause")
                : null)
            .When<Incident>((incident, _) => incident.Level.Length == 0
                ? Error.Of("incident.no-level", "請先判定事件等級。", "Judge the level first.", "level")
                : null);
        Workflow.Move("approve-close", "核准結案", "Approve closure", ["pending-close"], "closed", Right.Approve).SecondPerson("request-close");
        Workflow.Move("reject-close", "退回調查", "Send back", ["pending-close"], "investigating", Right.Approve).SecondPerson("request-close").WithReason();
        Workflow.Move("reopen", "重啟", "Reopen", ["closed"], "investigating").WithReason();
        Workflow.Lock("pending-close", "closed");
        Sealed();
    }

    public override void Derive(Record record)
    {
        var incident = (Incident)record;
        var limits = IncidentClock.Limits(incident.Level, incident.DetectedAt, incident.RecoveredAt);
        (incident.NotifyBy, incident.RecoverBy, incident.ReportBy) = (limits.NotifyBy, limits.RecoverBy, limits.ReportBy);
    }
}

/// <summary>What the law allows for one incident.</summary>
/// <param name="NotifyBy">Latest time of notification.</param>
/// <param name="RecoverBy">Latest end of damage control or recovery.</param>
/// <param name="ReportBy">Last day of the report, in Taiwan.</param>
public sealed record IncidentLimits(DateTimeOffset? NotifyBy, DateTimeOffset? RecoverBy, DateOnly? ReportBy);

/// <summary>The time limits of 資通安全事件通報應變及演練辦法: notification in one hour, recovery in 72 or 36, the report in a month.</summary>
public static class IncidentClock
{
    // The law counts days as they are in Taiwan, which keeps one offset all year.
    private static readonly TimeSpan Taiwan = TimeSpan.FromHours(8);

    /// <summary>The limits of an incident; those that do not apply, or cannot be known yet, are null.</summary>
    /// <param name="level"><c>1</c> to <c>4</c>; anything else has no limits.</param>
    /// <param name="knownAt">When the organisation knew.</param>
    /// <param name="recoveredAt">When damage control or recovery was finished.</param>
    public static IncidentLimits Limits(string level, DateTimeOffset? knownAt, DateTimeOffset? recoveredAt)
    {
        if (!int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out var step) || step is < 1 or > 4) return new IncidentLimits(null, null, null);
        return new IncidentLimits(
            knownAt?.AddHours(1),
            knownAt?.AddHours(step <= 2 ? 72 : 36),
            recoveredAt is { } end ? DateOnly.FromDateTime(end.ToOffset(Taiwan).DateTime).AddMonths(1) : null);
    }
}
