using Hufu.Kernel;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>What a day or a month of monitoring came to: facts that are computed once and kept, and what a person makes of them.</summary>
public sealed class MonitoringReport : Record
{
    /// <summary><see cref="MonitoringReportType.Daily"/> or <see cref="MonitoringReportType.Monthly"/>.</summary>
    public string Kind { get; set; } = "";

    public DateTimeOffset? From { get; set; }

    /// <summary>End of the period, which is not part of it.</summary>
    public DateTimeOffset? To { get; set; }

    /// <summary>What makes it the only one: kind and day or month at the site.</summary>
    public string? PeriodKey { get; set; }

    /// <summary>When its facts were computed.</summary>
    public DateTimeOffset? ComputedAt { get; set; }

    /// <summary>Events of the period; empty where they could not be counted.</summary>
    public decimal? Events { get; set; }

    /// <summary>Alerts of the period; empty where that is not known.</summary>
    public int? Alerts { get; set; }

    /// <summary>Incidents that became known in it; empty where that is not known.</summary>
    public int? Incidents { get; set; }

    public string Classification { get; set; } = "internal";

    public string Assessment { get; set; } = "";

    public string Actions { get; set; } = "";

    /// <summary><see cref="ReportFacts"/> as JSON.</summary>
    public string Facts { get; set; } = "";
}

/// <summary>監控報表.</summary>
public sealed class MonitoringReportType : RecordType<MonitoringReport>
{
    public const string TypeKey = "logs.report";

    public const string Daily = "daily";

    public const string Monthly = "monthly";

    /// <summary>State in which it may be computed anew and commented.</summary>
    public const string Draft = "draft";

    public const string Approved = "approved";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("監控報表", "Monitoring report");

    public override LocalizedText PluralName => new("監控報表", "Monitoring reports");

    public override string Route => "reports";

    public override string Prefix => "MRP";

    public override string Icon => "report";

    public override bool CreatedByProduct => true;

    public override LocalizedText Purpose => new(
        "每日與每月結束後，由系統依日誌、告警、事故與操作紀錄自動擬稿；工程師填寫綜合評析後送審，由另一人核定。核定後內容不再變更。",
        "Drafted by the product after each day and month from logs, alerts, incidents and what was done; the engineer adds an assessment and submits it, and another person approves. After that it stays as it is.");

    /// <summary>What the stored title, which is searched, says in both languages, in each of them.</summary>
    public override LocalizedText TitleOf(Record record) =>
        record is MonitoringReport { PeriodKey: { } key } report && report.Title == Titled(key).Both ? Titled(key).Each : base.TitleOf(record);

    /// <summary>The title of the report of a period: as it is stored, and in each language.</summary>
    internal static (string Both, LocalizedText Each) Titled(string key)
    {
        var (zh, en) = key.StartsWith(Monthly, StringComparison.Ordinal) ? ("監控月報", "Monthly monitoring report") : ("監控日報", "Daily monitoring report");
        var name = key.Split('/')[^1];
        return ($"{zh} / {en} {name}", new LocalizedText($"{zh} {name}", $"{en} {name}"));
    }

    public override IReadOnlyList<string> Outputs => ["O5.3.1"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P5.3.2", "update", "submit")];

    public override string DefaultSort => "-from";

    public MonitoringReportType() : base("名稱", "Name")
    {
        Choice(x => x.Kind, "種類", "Kind", Option.Of(Daily, "日報", "Daily"), Option.Of(Monthly, "月報", "Monthly", Tone.Info)).ReadOnly().InList();
        Choice(x => x.Classification, "機密等級", "Classification", Option.Of("public", "公開", "Public"), Option.Of("internal", "內部使用", "Internal use"), Option.Of("sensitive", "敏感", "Sensitive", Tone.Warn), Option.Of("confidential", "機密", "Confidential", Tone.Bad)).Required()
            .Help("印在匯出文件的每一頁。", "Printed on each page of an exported document.");
        LongText(x => x.Assessment, "綜合評析", "Assessment", 8000).Help("這段期間的狀況、異常的原因與研判。送審前必填。", "How things stood, what was unusual and why. Needed before it is submitted.");
        LongText(x => x.Actions, "改善事項", "Actions", 8000).Help("要做什麼、由誰、何時完成。", "What is to be done, by whom and by when.");

        Section("期間與數字", "Period and numbers");
        Instant(x => x.From, "起", "From").ReadOnly().InList();
        Instant(x => x.To, "迄", "To").ReadOnly();
        Number(x => x.Events, "日誌筆數", "Events").ReadOnly().InList();
        Number(x => x.Alerts, "告警", "Alerts").ReadOnly().InList();
        Number(x => x.Incidents, "事故", "Incidents").ReadOnly().InList();
        Instant(x => x.ComputedAt, "資料計算時間", "Facts computed at").ReadOnly();
        Text(x => x.PeriodKey, "期別代碼", "Key of the period", 40).ReadOnly().NotOnPages();
        LongText(x => x.Facts, "資料（JSON）", "Facts (JSON)", ReportFacts.MaxLength).ReadOnly().NotOnPages().Help("報表內容所依據的資料，計算一次後保存。", "What the report says, computed once and kept.");

        Workflow.State(Draft, "草稿", "Draft", Tone.Warn).State("review", "待核定", "Awaiting approval", Tone.Info).State(Approved, "已核定", "Approved", Tone.Good, open: false);
        Workflow.Move("submit", "送審", "Submit", [Draft], "review").When<MonitoringReport>((r, _) => string.IsNullOrWhiteSpace(r.Assessment)
            ? Error.Of("logs.report.no-assessment", "請先填寫綜合評析。", "Write the assessment first.", "assessment")
            : null);
        Workflow.Move("approve", "核定", "Approve", ["review"], Approved, Right.Approve).SecondPerson("submit");
        Workflow.Move("reject", "退回", "Send back", ["review"], Draft, Right.Approve).SecondPerson("submit").WithReason();
        Workflow.Lock("review", Approved);
        Sealed();
    }
}
