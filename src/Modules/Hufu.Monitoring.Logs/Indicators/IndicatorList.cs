using System.Globalization;
using Hufu.Kernel;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>A list of indicators from elsewhere, and how it is looked for. What it holds is in its versions.</summary>
public sealed class IndicatorList : Record
{
    /// <summary>Who gives it: what is shown where an indicator does not name its producer.</summary>
    public string Source { get; set; } = "";

    /// <summary>Folder or file that it is read from; empty for uploads.</summary>
    public string Folder { get; set; } = "";

    /// <summary>What kind of feed it is; one of <see cref="IndicatorListType.Feeds"/>.</summary>
    public string Feed { get; set; } = "";

    /// <summary>Marking of what has none of its own.</summary>
    public string Tlp { get; set; } = "";

    /// <summary>Level of the alerts that it raises.</summary>
    public string AlertLevel { get; set; } = "";

    /// <summary>Least confidence of what is looked for; null for any.</summary>
    public int? LeastConfidence { get; set; }

    /// <summary>Days after which what was not given again is no longer looked for; null for no such end.</summary>
    public int? ExpiryDays { get; set; }

    /// <summary>Last day that the list is looked for; null for no end.</summary>
    public DateOnly? EndsOn { get; set; }

    /// <summary>Plain domain names mean all names below, too.</summary>
    public bool DomainsWithBelow { get; set; }

    /// <summary>Whole lines are searched, too.</summary>
    public bool WholeLines { get; set; }

    /// <summary>What hardly tells of an attacker is looked for all the same.</summary>
    public bool WithDoubtful { get; set; }
}

/// <summary>指標清單.</summary>
public sealed class IndicatorListType : RecordType<IndicatorList>
{
    public const string TypeKey = "logs.indicator-list";

    /// <summary>State of one that is looked for.</summary>
    public const string Active = RuleWorkflow.Active;

    /// <summary>State of one whose end has come.</summary>
    public const string Lapsed = "lapsed";

    /// <summary>Beginning of its numbers, by which its indicators are told from rules.</summary>
    internal const string NumberPrefix = "IOL";

    public static readonly IReadOnlyList<Option> Tlps = [Option.Of("clear", "TLP:CLEAR", "TLP:CLEAR"), Option.Of("green", "TLP:GREEN", "TLP:GREEN", Tone.Good), Option.Of("amber", "TLP:AMBER", "TLP:AMBER", Tone.Warn), Option.Of("amber+strict", "TLP:AMBER+STRICT", "TLP:AMBER+STRICT", Tone.Warn), Option.Of("red", "TLP:RED", "TLP:RED", Tone.Bad)];

    public static readonly IReadOnlyList<Option> Feeds = [Option.Of("authority", "主管機關或 ISAC", "Authority or ISAC"), Option.Of("commercial", "商業情資", "Commercial"), Option.Of("public", "公開情資", "Public"), Option.Of("own", "自行整理", "Own")];

    public override string Key => TypeKey;

    public override LocalizedText Name => new("情資指標清單", "Indicator list");

    public override LocalizedText PluralName => new("情資指標清單", "Indicator lists");

    public override string Route => "indicator-lists";

    public override string Prefix => NumberPrefix;

    public override string Icon => "target";

    public override LocalizedText Purpose => new(
        "威脅情資的入侵指標（STIX、MISP、CSV 或文字）：惡意位址、網域、網址、檔案雜湊等。經第二人核定後，比對收到的日誌並產生告警，也回溯已保存的日誌。",
        "Indicators of compromise (STIX, MISP, CSV or text): addresses, domains, URLs, hashes and more. Once a second person approved the list, events that come in are compared with it, alerts are raised, and stored events are looked through.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    public IndicatorListType() : base("名稱", "Name")
    {
        Text(x => x.Source, "提供者", "Source").Required().InList().Help("誰提供這份清單；指標未註明提供者時顯示。", "Who gives it; shown where an indicator does not name its producer.");
        Choice(x => x.Feed, "情資種類", "Kind of feed", Feeds).InList();
        Choice(x => x.Tlp, "交通燈號", "TLP", Tlps).InList().Help("指標本身未標示時適用。", "Of what has no marking of its own.");
        Choice(x => x.AlertLevel, "告警等級", "Level of alerts", AlertType.Levels).InList().Help("留空為高。", "Empty: high.");
        Text(x => x.Folder, "資料夾或檔案", "Folder or file", 500).Canonical(p => p.Trim()).Help("伺服器以 --log-folder 開放之處的檔案或資料夾；由瀏覽器或 API 上傳者留空。", "A file or folder in a place that the server opens with --log-folder; empty where it is uploaded.");
        Section("比對", "Matching");
        Number(x => x.LeastConfidence, "最低信心", "Least confidence").Range(0, 100).Help("0 到 100；來源未標示信心者一律比對。留空為不限。", "0 to 100; what has no confidence is looked for in any case. Empty: any.");
        Flag(x => x.DomainsWithBelow, "網域含其下名稱", "Domains with all below").Help("文字與 CSV 中的「evil.com」也比對「www.evil.com」。寫成 *.evil.com 者一律含其下名稱。", "evil.com in a text or CSV means www.evil.com, too. What is written *.evil.com means names below in any case.");
        Flag(x => x.WholeLines, "比對整行日誌", "Search whole lines").Help("除了已知欄位，也在整行文字中尋找位址、雜湊、網域與網址；較慢，誤報較多。", "Besides the fields that are known, addresses, hashes, names and URLs are looked for in the whole line; slower, and with more false alarms.");
        Flag(x => x.WithDoubtful, "包含易誤報的值", "Include doubtful values").Help("私有位址、公共 DNS、眾所周知的網域、空檔案雜湊等，平常不比對。", "Private addresses, public resolvers, domains that everybody asks for, hashes of empty files and the like, which are held back otherwise.");
        Section("期限", "Ends");
        Number(x => x.ExpiryDays, "指標有效天數", "Days that an indicator holds").Range(1, 3650).InList().Help("最後一次收到後幾天不再比對；指標本身較早到期者以其為準。留空為不限。", "After the last time that it was given; an earlier end of its own goes before. Empty: no such end.");
        Date(x => x.EndsOn, "清單截止日", "List ends on").InList().Help("最後一個比對的日子，之後自動失效並通知負責人。", "The last day that it is looked for; then it lapses by itself and its owner is told.");
        RuleWorkflow.Declare(Workflow);
        Workflow.State(Lapsed, "已到期", "Lapsed", Tone.Neutral, open: false);
        Workflow.Move("renew", "重新提出", "Propose again", [Lapsed, "retired"], "draft");
        Workflow.Lock(Lapsed);
        Workflow.Find("submit")!.When<IndicatorList>((list, _) => list.OwnerId is null ? Error.Of("logs.indicator-list.owner", "請先指定負責人。", "Name its owner first.", "ownerId") : null);
        Rule(list => list.Folder.Length > 0 && !System.IO.Path.IsPathFullyQualified(list.Folder) ? Error.Of("logs.indicator-list.folder", "需要完整路徑，例如 /srv/feeds。", "A full path is needed, such as /srv/feeds.", "folder") : null);
        Sealed();
    }

    /// <summary>Level of the alerts of a list.</summary>
    internal static string LevelOf(IndicatorList list) => list.AlertLevel.Length > 0 ? list.AlertLevel : "high";
}

/// <summary>What a list held at one time, by the hash of its indicators. One that is staged shows what it would change; one at most is in use.</summary>
public sealed class IndicatorVersion : Record
{
    public Guid? ListId { get; set; }

    /// <summary>SHA-256 of its indicators, lower-case hexadecimal.</summary>
    public string Hash { get; set; } = "";

    /// <summary>Where it was read: a file's name or a path.</summary>
    public string FromWhere { get; set; } = "";

    /// <summary>Its format.</summary>
    public string Format { get; set; } = "";

    public int IndicatorCount { get; set; }

    /// <summary>How many of each kind, as <c>word=number</c> joined by blanks.</summary>
    public string Kinds { get; set; } = "";

    /// <summary>How many hardly tell of an attacker, by reason, in the same way.</summary>
    public string Doubts { get; set; } = "";

    /// <summary>What is not to be looked for, by reason, in the same way.</summary>
    public string Left { get; set; } = "";

    public int RefusedCount { get; set; }

    /// <summary>The first that cannot be used, one a line, with place and reason.</summary>
    public string Refusals { get; set; } = "";

    /// <summary>When it was last given, the same again included.</summary>
    public DateTimeOffset? SeenAt { get; set; }

    /// <summary>Indicators that would match the organisation's own assets.</summary>
    public int OwnCount { get; set; }

    /// <summary>Those, one a line, with the asset.</summary>
    public string OwnAssets { get; set; } = "";

    /// <summary>Stored events of the last 30 days that it would have found, when it was read.</summary>
    public int? TriedHits { get; set; }

    /// <summary>What was read for that, in words.</summary>
    public string TriedRead { get; set; } = "";

    /// <summary>What would have been found most often, one a line.</summary>
    public string TriedMost { get; set; } = "";

    /// <summary>True when so much would have been found that a person should look first.</summary>
    public bool TriedMany { get; set; }
}

/// <summary>指標清單版本.</summary>
public sealed class IndicatorVersionType : RecordType<IndicatorVersion>
{
    public const string TypeKey = "logs.indicator-version";

    /// <summary>State of one that was read and is to be looked at.</summary>
    public const string Staged = "staged";

    /// <summary>State of the one in use.</summary>
    public const string Current = "current";

    /// <summary>State of one that was in use.</summary>
    public const string Past = "past";

    private const string Discarded = "discarded";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("指標清單版本", "Version of an indicator list");

    public override LocalizedText PluralName => new("指標清單版本", "Versions of indicator lists");

    public override string Route => "indicator-versions";

    public override string Prefix => "IOV";

    public override string Icon => "target";

    public override bool CreatedByProduct => true;

    public override bool InNavigation => false;

    public override string DefaultSort => "-createdAt";

    public override LocalizedText Purpose => new("一次匯入的指標：先看它會改變什麼、是否比對到自己的資產，再一次套用；先前的版本可再套用。", "The indicators of one import: what it would change, and whether it would match own assets, is seen first, then it is applied in one step; an earlier one can be applied again.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    public IndicatorVersionType() : base("名稱", "Name")
    {
        Reference(x => x.ListId, IndicatorListType.TypeKey, "指標清單", "Indicator list").ReadOnly().InList();
        Text(x => x.FromWhere, "讀自", "Read from", 500).ReadOnly().InList();
        Text(x => x.Format, "格式", "Format", 60).ReadOnly();
        Number(x => x.IndicatorCount, "指標數", "Indicators").ReadOnly().InList();
        Number(x => x.RefusedCount, "無法使用", "Refused").ReadOnly().InList();
        Number(x => x.OwnCount, "比對到自己的資產", "Match own assets").ReadOnly().InList();
        Number(x => x.TriedHits, "試算命中", "Found in the trial").ReadOnly().InList();
        Instant(x => x.SeenAt, "最後收到", "Last given").ReadOnly();
        Text(x => x.Kinds, "種類", "Kinds", 1000).ReadOnly().NotOnPages();
        Text(x => x.Doubts, "易誤報的值", "Doubtful", 500).ReadOnly().NotOnPages();
        Text(x => x.Left, "不比對", "Left out", 500).ReadOnly().NotOnPages();
        LongText(x => x.Refusals, "無法使用的指標", "What cannot be used", 20_000).ReadOnly().NotOnPages();
        LongText(x => x.OwnAssets, "自己的資產", "Own assets", 10_000).ReadOnly().NotOnPages();
        LongText(x => x.TriedRead, "試算讀取範圍", "What the trial read", 2000).ReadOnly().NotOnPages();
        LongText(x => x.TriedMost, "試算最多", "Found most often", 5000).ReadOnly().NotOnPages();
        Flag(x => x.TriedMany, "試算命中很多", "Very many found").ReadOnly().NotOnPages();
        Text(x => x.Hash, "SHA-256", "SHA-256", 64).ReadOnly();
        Workflow.State(Staged, "待套用", "To be applied", Tone.Warn).State(Current, "使用中", "In use", Tone.Good, open: false).State(Past, "先前版本", "Earlier version", Tone.Neutral, open: false).State(Discarded, "未採用", "Discarded", Tone.Neutral, open: false);
        Workflow.Move("apply", "套用", "Apply", [Staged, Past, Discarded], Current).When<IndicatorVersion>((version, _) => version.OwnCount > 0
            ? Error.Of("logs.indicator-version.own", $"有 {version.OwnCount} 個指標會比對到自己的資產；仍要使用時請選「仍要套用」並說明理由。", $"{version.OwnCount} of its indicators match own assets; to use it all the same, choose “Apply all the same” and say why.")
            : version.TriedMany ? Error.Of("logs.indicator-version.many", $"試算在已保存的日誌中找到 {version.TriedHits:N0} 次；仍要使用時請選「仍要套用」並說明理由。", $"The trial found it {version.TriedHits:N0} times in stored events; to use it all the same, choose “Apply all the same” and say why.") : null);
        Workflow.Move("apply-anyway", "仍要套用", "Apply all the same", [Staged, Past, Discarded], Current).WithReason();
        Workflow.Move("discard", "不採用", "Discard", [Staged], Discarded);
        Workflow.Move("withdraw-indicators", "停止使用", "Take out of use", [Current], Past).WithReason();
        Sealed();
    }

    internal static string TitleOf(IndicatorList list, int number) => string.Create(CultureInfo.InvariantCulture, $"{(list.Title.Length > 180 ? list.Title[..180] : list.Title)} #{number}");
}
