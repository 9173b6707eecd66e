using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Monitoring.Logs;

/// <summary>How long the logs of a source are kept.</summary>
public sealed class RetentionRule : Record
{
    /// <summary>The source that it is about; empty for all that have no rule of their own.</summary>
    public string Source { get; set; } = "";

    /// <summary>Days from receipt; empty for ever.</summary>
    public int? KeepDays { get; set; }

    /// <summary>The most that the store may take, in gigabytes; only where <see cref="Source"/> is empty.</summary>
    public int? MaxGigabytes { get; set; }

    /// <summary>Days from the receipt of its newest event after which a file is moved to cold storage; empty for never. Only where <see cref="Source"/> is empty.</summary>
    [Added(1)]
    public int? ColdDays { get; set; }

    /// <summary>The minimum of the law does not apply.</summary>
    public bool BelowMinimum { get; set; }

    /// <summary>Law, contract or decision that it rests on.</summary>
    public string Basis { get; set; } = "";
}

/// <summary>日誌保存規則.</summary>
public sealed class RetentionRuleType : RecordType<RetentionRule>
{
    public const string TypeKey = "logs.retention";

    /// <summary>State of one that is applied.</summary>
    public const string Active = RuleWorkflow.Active;

    /// <summary>
    /// The least that agencies keep logs: six months (資通安全責任等級分級辦法 附表十, event logging, all levels; version 2026-01), which have 184 days at
    /// the most.
    /// </summary>
    public const int MinimumDays = 184;

    public override string Key => TypeKey;

    public override LocalizedText Name => new("日誌保存規則", "Log retention rule");

    public override LocalizedText PluralName => new("日誌保存規則", "Log retention rules");

    public override string Route => "retention-rules";

    public override string Prefix => "LRR";

    public override string Icon => "archive";

    public override LocalizedText Purpose => new(
        "各來源的日誌保存多久。核定後每日執行：超過期限的日誌會永久刪除，帳本留下刪除紀錄，其餘日誌仍可逐筆證明。",
        "How long the logs of each source are kept. Applied every day once approved: what is older is removed for good, the ledger keeps a record of it, and the rest is proved as before.");

    public override IReadOnlyList<string> Outputs => ["O5.1.1"];

    public RetentionRuleType() : base("名稱", "Name")
    {
        Text(x => x.Source, "來源名稱", "Source", 100).InList().Canonical(s => s.Trim()).Help("留空表示其他沒有自己規則的來源。", "Empty: all sources that have no rule of their own.");
        Number(x => x.KeepDays, "保存天數", "Days to keep").Range(1, 36_500).InList().Help("自收到日誌起算；留空表示永久保存。", "From receipt; empty for ever.");
        Number(x => x.MaxGigabytes, "容量上限（GB）", "Most gigabytes").Range(1, 1_000_000).InList().Help(
            "只能填在來源名稱留空的規則。超過時由最舊的日誌開始刪除，但不刪未滿六個月者。", "Only in the rule without a source. Above it the oldest logs go first, but none that is younger than six months.");
        Number(x => x.ColdDays, "移至冷儲存的天數", "Days until cold storage").Range(1, 36_500).InList().Help(
            "只能填在來源名稱留空的規則。檔案中最新的日誌收到滿這麼多天後，檔案移至伺服器啟動時以 --logs-cold 指定的地方，仍可搜尋；留空表示不移。此時容量上限改為提前移動，不刪除。",
            "Only in the rule without a source. A file is moved to the place that --logs-cold names at the start when its newest event was received so many days ago, and is searched there; empty for never. The most gigabytes then move files early and remove none.");
        LongText(x => x.Basis, "依據", "Basis", 2000).Required().Help("法規、契約或內部決議。", "Law, contract or decision of your own.");
        Flag(x => x.BelowMinimum, "不適用六個月下限", "The six months do not apply").Help(
            "《資通安全責任等級分級辦法》附表十要求各級機關的日誌至少保存六個月。不受該辦法拘束的組織才可勾選，並於依據寫明理由。",
            "The regulation on responsibility levels (annex 10) has agencies of all levels keep logs for at least six months. Tick only where it does not bind you, and say why under the basis.");
        RuleWorkflow.Declare(Workflow);
        Rule(r => r.KeepDays < MinimumDays && !r.BelowMinimum ? Error.Of(
            "logs.retention.minimum", $"少於六個月（{MinimumDays} 日）：資通安全責任等級分級辦法附表十要求至少保存六個月。不適用者請勾選「不適用六個月下限」。",
            $"Fewer than six months ({MinimumDays} days): annex 10 of the regulation on responsibility levels asks for six at the least. Where it does not bind you, tick “The six months do not apply”.", "keepDays") : null);
        Rule(r => r.MaxGigabytes is not null && r.Source.Length > 0 ? Error.Of("logs.retention.size", "容量上限只能填在來源名稱留空的規則。", "The most gigabytes go into the rule without a source.", "maxGigabytes") : null);
        Rule(r => r.ColdDays is not null && r.Source.Length > 0 ? Error.Of("logs.retention.cold", "移至冷儲存的天數只能填在來源名稱留空的規則。", "The days until cold storage go into the rule without a source.", "coldDays") : null);
        Sealed();
    }
}

/// <summary>Logs that must stay whatever their age.</summary>
public sealed class LogHold : Record
{
    /// <summary>The search that finds them.</summary>
    public string Query { get; set; } = "";

    /// <summary>Events at or after this time; empty for no bound.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>Events before this time; empty for no bound.</summary>
    public DateTimeOffset? To { get; set; }

    /// <summary>Case, order or investigation.</summary>
    public string Reason { get; set; } = "";
}

/// <summary>日誌保全.</summary>
public sealed class LogHoldType : RecordType<LogHold>
{
    public const string TypeKey = "logs.hold";

    /// <summary>State of one that is in force.</summary>
    public const string On = "on";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("日誌保全", "Legal hold of logs");

    public override LocalizedText PluralName => new("日誌保全", "Legal holds of logs");

    public override string Route => "holds";

    public override string Prefix => "LGH";

    public override string Icon => "lock";

    public override LocalizedText Purpose => new(
        "調查、訴訟或主管機關要求期間不得刪除的日誌。建立後立即生效，優先於所有保存規則，直到有人核准解除。",
        "Logs that an investigation, a lawsuit or an authority forbids to remove. In force from its creation and above every retention rule, until its end is approved.");

    public override IReadOnlyList<string> Outputs => ["O5.1.1"];

    public LogHoldType() : base("名稱", "Name")
    {
        LongText(x => x.Query, "搜尋條件", "Query", 2000).Required().Help("與日誌搜尋相同的寫法，例如 host:web01 source.ip:203.0.113.9；填 * 表示全部。", "Written as in the log search, for example host:web01 source.ip:203.0.113.9; * for everything.");
        Instant(x => x.From, "起", "From").InList();
        Instant(x => x.To, "迄", "To").InList();
        LongText(x => x.Reason, "事由", "Reason", 2000).Required().Help("案號、公文字號或調查名稱。", "Case, order or investigation.");
        Workflow.State(On, "保全中", "In force", Tone.Warn).State("released", "已解除", "Released", Tone.Neutral, open: false);
        Workflow.Move("release", "解除保全", "Release", [On], "released", Right.Approve).WithReason();
        Workflow.Move("renew", "恢復保全", "Put in force again", ["released"], On).WithReason();
        Workflow.Lock("released");
        Rule(h => h.Query.Length > 0 && Hufu.Logs.SearchQuery.Parse(h.Query) is { IsOk: false } wrong ? wrong.Errors[0] with { Place = "query" } : null);
        Rule(h => Hufu.Logs.SearchQuery.Parse(h.Query) is { IsOk: true, Value.IsTable: true } ? Error.Of("logs.hold.pipe", "保全條件不能有 | 指令。", "A hold has no commands behind |.", "query") : null);
        Rule(h => h.To <= h.From ? Error.Of("logs.hold.range", "迄須晚於起。", "The end must lie after the beginning.", "to") : null);
        Sealed();
    }
}
