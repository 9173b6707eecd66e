using Hufu.Kernel;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring;

/// <summary>What a rule found in the logs, gathered by rule and entity: the thing that a person handles.</summary>
public sealed class Alert : Record
{
    public string RuleId { get; set; } = "";

    public string RuleTitle { get; set; } = "";

    /// <summary>Title of the rule in English, where <see cref="RuleTitle"/> is in Chinese; empty where it has one title.</summary>
    [Added(1)]
    public string RuleTitleEn { get; set; } = "";

    public string RuleAuthor { get; set; } = "";

    public string RuleLicense { get; set; } = "";

    /// <summary>Level of the rule, in the words of Sigma.</summary>
    public string Level { get; set; } = "";

    public string Host { get; set; } = "";

    public string SourceIp { get; set; } = "";

    public string Account { get; set; } = "";

    /// <summary>What it is about, by which matches are gathered: a host, an account, an address.</summary>
    public string Entity { get; set; } = "";

    public Guid? AssetId { get; set; }

    public DateTimeOffset? FirstSeen { get; set; }

    public DateTimeOffset? LastSeen { get; set; }

    public int EventCount { get; set; }

    /// <summary>Ids of the first events, one a line; at most <see cref="AlertGrouping.MaxEventIds"/>.</summary>
    public string EventIds { get; set; } = "";

    public string Tags { get; set; } = "";

    /// <summary>How urgent it was when it was raised, 1 to 100; see <see cref="AlertScore"/>. Null for alerts of before there were scores.</summary>
    [Added(1)]
    public int? Score { get; set; }

    [Added(1)]
    public string ScoreReasons { get; set; } = "";

    /// <summary><see cref="AlertType.Yes"/> when it began with a look back through stored events, not with one that came in; else empty.</summary>
    [Added(1)]
    public string FoundInHistory { get; set; } = "";

    public string Verdict { get; set; } = "";

    /// <summary>By what matches of indicators are gathered: their value, whichever lists have it. Empty where they are gathered by the rule.</summary>
    [Added(2)]
    public string Gathered { get; set; } = "";

    /// <summary>The indicators that matched, one a line as <see cref="SeenIndicator"/> writes them; empty where it was a rule.</summary>
    [Added(2)]
    public string Indicators { get; set; } = "";

    /// <summary>When its level rose, as another list has the same value; null where it did not.</summary>
    [Added(2)]
    public DateTimeOffset? LevelRaisedAt { get; set; }

    /// <summary>The lines of a text that have something on them.</summary>
    public static IReadOnlyList<string> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>告警.</summary>
public sealed class AlertType : RecordType<Alert>
{
    public const string TypeKey = "monitoring.alert";

    /// <summary>The one value of <see cref="Alert.FoundInHistory"/>.</summary>
    public const string Yes = "true";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("告警", "Alert");

    public override LocalizedText PluralName => new("告警", "Alerts");

    public override string Route => "alerts";

    public override string Prefix => "ALR";

    public override string Icon => "alert";

    public override bool CreatedByProduct => true;

    public override LocalizedText Purpose => new("偵測規則在日誌中命中的結果，同一規則與對象在 24 小時內合併為一筆，由人員判讀。", "What detection rules found in the logs, one for each rule and entity within 24 hours, for a person to judge.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P5.3.2", "triage", "benign", "duplicate", "reopen"), new("P5.3.3", "escalate")];

    /// <summary>The levels of Sigma, lowest first.</summary>
    public static readonly IReadOnlyList<Option> Levels =
    [
        Option.Of("informational", "參考", "Informational"),
        Option.Of("low", "低", "Low", Tone.Info),
        Option.Of("medium", "中", "Medium", Tone.Warn),
        Option.Of("high", "高", "High", Tone.Bad),
        Option.Of("critical", "嚴重", "Critical", Tone.Critical),
    ];

    /// <summary>Place of a level in <see cref="Levels"/>; −1 for one that is not known.</summary>
    public static int RankOf(string level)
    {
        for (var i = 0; i < Levels.Count; i++)
            if (Levels[i].Code == level) return i;
        return -1;
    }

    // When it was last seen says more than when its record was last written.
    public override IReadOnlyList<string> ShownWhenAsked => ["unitId", "updatedAt"];

    /// <summary>What a level is called; null for one that is not known.</summary>
    internal static LocalizedText? LabelOf(string level) => Levels.FirstOrDefault(l => l.Code == level)?.Label;

    public override LocalizedText TitleOf(Record record) =>
        record is Alert { RuleTitleEn.Length: > 0 } alert ? new LocalizedText(alert.Title, AlertGrouping.Titled(alert.RuleTitleEn, alert.Entity)) : base.TitleOf(record);

    public AlertType() : base("告警名稱", "Alert")
    {
        Choice(x => x.Level, "等級", "Level", Levels).ReadOnly().InList();
        Number(x => x.Score, "風險分數", "Risk score").ReadOnly().InList().Help("1 到 100：規則等級、資產等級與資產未處理的風險，告警產生時計算。", "1 to 100: level of the rule, grade of the asset and its open risks, when the alert was raised.");
        Text(x => x.Entity, "對象", "Entity", 300).ReadOnly().Help("告警依規則與對象合併，例如主機、帳號或來源位址。", "Matches are gathered by rule and entity: a host, an account or a source address.");
        Reference(x => x.AssetId, "risk.asset", "資產", "Asset").ReadOnly().Help("由主機名稱或 IP 位址對應；對應不到或不只一個時留空。", "Found by host name or IP address; empty when none or several fit.");
        LongText(x => x.Verdict, "判讀", "Verdict").Help("看到什麼、為什麼這樣判定。", "What was seen, and why it was judged so.");

        Section("命中", "Matches");
        Instant(x => x.FirstSeen, "首次發現", "First seen").ReadOnly();
        Instant(x => x.LastSeen, "最後發現", "Last seen").ReadOnly().InList();
        Choice(x => x.FoundInHistory, "回溯發現", "Found in history", Option.Of(Yes, "是", "Yes")).ReadOnly().Help("由回溯搜尋在已保存的日誌中發現，不是收到當時發現；之後收到的日誌仍會併入。", "Found by a hunt through stored events, not as they came in; later events are still gathered into it.");
        Number(x => x.EventCount, "日誌筆數", "Events").ReadOnly();
        Text(x => x.Host, "主機", "Host", 253).ReadOnly();
        Text(x => x.SourceIp, "來源 IP", "Source IP", 64).ReadOnly();
        Text(x => x.Account, "帳號", "Account").ReadOnly();
        LongText(x => x.EventIds, "日誌識別碼", "Event ids", 20000).ReadOnly().NotOnPages().Help("最先命中的日誌，最多 200 筆。", "The first events that matched, at most 200.");

        Text(x => x.ScoreReasons, "分數組成", "Made of", 300).ReadOnly().InBothLanguages();

        Section("規則", "Rule");
        Text(x => x.RuleId, "規則識別碼", "Rule id", 100).ReadOnly();
        Text(x => x.RuleTitle, "規則名稱", "Rule", 300).ReadOnly();
        Text(x => x.RuleTitleEn, "規則英文名稱", "Rule in English", 300).ReadOnly();
        // Whoever shows a match shows whose rule found it.
        Text(x => x.RuleAuthor, "規則作者", "Rule author", 500).ReadOnly().InList();
        Text(x => x.RuleLicense, "規則授權", "Rule licence", 100).ReadOnly();
        Text(x => x.Tags, "標籤", "Tags", 1000).ReadOnly();
        Text(x => x.Gathered, "合併依據", "Gathered by", 64).ReadOnly().NotOnPages();
        LongText(x => x.Indicators, "情資指標", "Indicators", 20000).ReadOnly().NotOnPages().Help("每行一個命中的指標：識別碼、等級、TLP、提供者。", "One indicator that matched a line: key, level, TLP, producer.");
        Instant(x => x.LevelRaisedAt, "等級提高時間", "Level raised at").ReadOnly().NotOnPages();

        Workflow.State("new", "新告警", "New", Tone.Bad).State("triaged", "判讀中", "Triaged", Tone.Warn).State("incident", "已成案", "Incident", Tone.Critical, open: false)
            .State("benign", "正常行為", "Benign", Tone.Good, open: false).State("duplicate", "重複", "Duplicate", Tone.Neutral, open: false);
        Workflow.Move("triage", "開始判讀", "Triage", ["new"], "triaged").OnKey('t');
        Workflow.Move("escalate", "轉為事故", "Make an incident", ["new", "triaged"], "incident").WithReason().When<Alert>((_, facts) => facts.LinkCounts.GetValueOrDefault("incident.incident") == 0
            ? Error.Of("monitoring.alert.no-incident", "請先開立事故，或連結到既有的事故。", "Open an incident, or link this alert to one, first.")
            : null);
        Workflow.Move("benign", "判定為正常", "Judge benign", ["new", "triaged"], "benign").WithReason().OnKey('b');
        Workflow.Move("duplicate", "判定為重複", "Judge duplicate", ["new", "triaged"], "duplicate").WithReason().OnKey('d');
        Workflow.Move("reopen", "重新判讀", "Reopen", ["incident", "benign", "duplicate"], "triaged").WithReason();
        Sealed();
    }
}
