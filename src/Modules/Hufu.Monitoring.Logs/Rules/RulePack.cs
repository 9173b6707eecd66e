using System.Globalization;
using Hufu.Kernel;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>A set of detection rules from elsewhere, and which of them are in use. What it holds is in its versions.</summary>
public sealed class RulePack : Record
{
    /// <summary>Folder, git checkout or archive that it is read from; empty for uploads.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Least level of the rules in use.</summary>
    public string LeastLevel { get; set; } = RuleSelection.UsualLevel;

    /// <summary>Codes of the states of the rules in use, joined by <c>;</c>.</summary>
    public string RuleStatuses { get; set; } = RuleSelection.UsualStatuses;

    /// <summary>Tags, one a line, of which a rule in use has one; empty for any.</summary>
    public string RuleTags { get; set; } = "";

    /// <summary>Log sources, one a line as <c>product/category/service</c>; empty for any.</summary>
    public string RuleSources { get; set; } = "";

    /// <summary>Rules in use whatever else is said: one a line, id and reason.</summary>
    public string SwitchedOn { get; set; } = "";

    /// <summary>Rules not in use whatever else is said: one a line, id and reason.</summary>
    public string SwitchedOff { get; set; } = "";
}

/// <summary>規則集.</summary>
public sealed class RulePackType : RecordType<RulePack>
{
    public const string TypeKey = "logs.rule-pack";

    /// <summary>State of one whose rules are in use.</summary>
    public const string On = "on";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("規則集", "Rule pack");

    public override LocalizedText PluralName => new("規則集", "Rule packs");

    public override string Route => "rule-packs";

    public override string Prefix => "RPK";

    public override string Icon => "shield";

    public override LocalizedText Purpose => new(
        "外來的偵測規則，例如 SigmaHQ。匯入後先看差異再套用，可回到先前的版本；等級、狀態、標籤與日誌來源決定哪些規則使用中。",
        "Detection rules from elsewhere, such as SigmaHQ's. An import shows what would change before it is applied, and earlier versions can be had again; level, status, tags and log sources say which rules are in use.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    public RulePackType() : base("名稱", "Name")
    {
        Text(x => x.Folder, "資料夾或封存檔", "Folder or archive", 500).InList().Canonical(p => p.Trim()).Help(
            "伺服器以 --log-folder 開放之處的資料夾、git 工作目錄或封存檔（.zip、.tar.gz）；由瀏覽器上傳者留空。", "A folder, git checkout or archive (.zip, .tar.gz) in a place that the server opens with --log-folder; empty where it is uploaded.");
        Choice(x => x.LeastLevel, "最低等級", "Least level", [.. RuleSelection.Levels]).InList().Help("低於此等級的規則不使用；未寫等級者視為中。留空為中。", "Rules below it are not in use; one without a level counts as medium. Empty: medium.");
        ChoiceSet(x => x.RuleStatuses, "規則狀態", "Status of the rules", [.. RuleSelection.Statuses]).InList().Help("留空為穩定與測試。", "Empty: stable and test.");
        LongText(x => x.RuleTags, "標籤", "Tags", 10_000).Help("每行一個，規則須有其中之一；結尾的「*」代表任意文字，例如 attack.t1059*。留空為不限。", "One a line, of which a rule must have one; a star at the end stands for any ending, such as attack.t1059*. Empty: any.");
        LongText(x => x.RuleSources, "日誌來源", "Log sources", 10_000).Help("每行一個，寫成 product/category/service，「*」為不限，例如 windows/process_creation 或 */webserver。留空為不限。", "One a line as product/category/service, * for any, such as windows/process_creation or */webserver. Empty: any.");
        LongText(x => x.SwitchedOn, "另外啟用的規則", "Rules switched on", 200_000).Help("每行一個：規則識別碼，空一格後寫理由。優先於上列條件。", "One a line: the rule's id, a blank, and why. Comes before the conditions above.");
        LongText(x => x.SwitchedOff, "停用的規則", "Rules switched off", 200_000).Help("每行一個：規則識別碼，空一格後寫理由。優先於其他設定。", "One a line: the rule's id, a blank, and why. Comes before everything else.");
        Workflow.State("off", "停用", "Off").State(On, "使用中", "In use", Tone.Good);
        Workflow.Move("start", "啟用", "Start", ["off"], On);
        Workflow.Move("stop", "停用", "Stop", [On], "off").WithReason();
        Rule(p => p.Folder.Length > 0 && !System.IO.Path.IsPathFullyQualified(p.Folder) ? Error.Of("logs.rule-pack.folder", "需要完整路徑，例如 /srv/sigma。", "A full path is needed, such as /srv/sigma.", "folder") : null);
        Rule(p => RuleSelection.Read(p).Error);
        Sealed();
    }

    public override void Derive(Record record)
    {
        var pack = (RulePack)record;
        if (pack.LeastLevel.Length == 0) pack.LeastLevel = RuleSelection.UsualLevel;
        if (pack.RuleStatuses.Length == 0) pack.RuleStatuses = RuleSelection.UsualStatuses;
    }
}

/// <summary>What a pack held at one time: rules by the hash of their texts. One that is staged shows what it would change; one at most is in use.</summary>
public sealed class RulePackVersion : Record
{
    public Guid? PackId { get; set; }

    /// <summary>SHA-256 of its rules' names and texts, lower-case hexadecimal.</summary>
    public string Hash { get; set; } = "";

    /// <summary>Where it was read: a file's name or a path.</summary>
    public string FromWhere { get; set; } = "";

    public int RuleCount { get; set; }

    public int FileCount { get; set; }

    /// <summary>Rules that cannot be used.</summary>
    public int RefusedCount { get; set; }

    /// <summary>Files that were too large or too deep to read, one a line.</summary>
    public string Unread { get; set; } = "";
}

/// <summary>規則集版本.</summary>
public sealed class RulePackVersionType : RecordType<RulePackVersion>
{
    public const string TypeKey = "logs.rule-pack-version";

    /// <summary>State of one that was read and is to be looked at.</summary>
    public const string Staged = "staged";

    /// <summary>State of the one in use.</summary>
    public const string Current = "current";

    /// <summary>State of one that was in use.</summary>
    public const string Past = "past";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("規則集版本", "Version of a rule pack");

    public override LocalizedText PluralName => new("規則集版本", "Versions of rule packs");

    public override string Route => "rule-pack-versions";

    public override string Prefix => "RPV";

    public override string Icon => "shield";

    public override bool CreatedByProduct => true;

    public override bool InNavigation => false;

    public override string DefaultSort => "-createdAt";

    public override LocalizedText Purpose => new("一次匯入的規則：先看它會改變什麼，再一次套用；先前的版本可再套用。", "The rules of one import: what it would change is seen first, then it is applied in one step; an earlier one can be applied again.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    public RulePackVersionType() : base("名稱", "Name")
    {
        Reference(x => x.PackId, RulePackType.TypeKey, "規則集", "Rule pack").ReadOnly().InList();
        Text(x => x.FromWhere, "讀自", "Read from", 500).ReadOnly().InList();
        Number(x => x.RuleCount, "規則數", "Rules").ReadOnly().InList();
        Number(x => x.FileCount, "檔案數", "Files").ReadOnly();
        Number(x => x.RefusedCount, "無法使用", "Refused").ReadOnly().InList();
        LongText(x => x.Unread, "未讀取的檔案", "Files not read", 10_000).ReadOnly();
        Text(x => x.Hash, "SHA-256", "SHA-256", 64).ReadOnly();
        Workflow.State(Staged, "待套用", "To be applied", Tone.Warn).State(Current, "使用中", "In use", Tone.Good, open: false).State(Past, "先前版本", "Earlier version", Tone.Neutral, open: false).State("discarded", "未採用", "Discarded", Tone.Neutral, open: false);
        Workflow.Move("apply", "套用", "Apply", [Staged, Past, "discarded"], Current);
        Workflow.Move("discard", "不採用", "Discard", [Staged], "discarded");
        Workflow.Move("withdraw-rules", "停止使用", "Take out of use", [Current], Past).WithReason();
        Sealed();
    }

    internal static string TitleOf(RulePack pack, int number) => string.Create(CultureInfo.InvariantCulture, $"{(pack.Title.Length > 180 ? pack.Title[..180] : pack.Title)} #{number}");
}
