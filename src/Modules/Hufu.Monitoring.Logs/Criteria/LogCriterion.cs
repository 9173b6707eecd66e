using Hufu.Kernel;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>Which assets must log which kinds of events, with what in them, and for how long they are kept.</summary>
public sealed class LogCriterion : Record
{
    /// <summary>Code of the assets' category, or <see cref="LogCriterionType.All"/>.</summary>
    public string Category { get; set; } = "";

    /// <summary>Least grade of the assets, or <see cref="LogCriterionType.All"/>, which takes in those without a grade.</summary>
    public string Level { get; set; } = "";

    /// <summary>Codes of the kinds, joined by <c>;</c>.</summary>
    public string Kinds { get; set; } = "";

    /// <summary>Codes of the fields that each event must have, joined by <c>;</c>.</summary>
    public string RequiredFields { get; set; } = "";

    /// <summary>Days from receipt.</summary>
    public int? KeepDays { get; set; }

    /// <summary>Days without an event after which the kind counts as stale.</summary>
    public int? QuietDays { get; set; }

    /// <summary>Law, contract or decision that it rests on.</summary>
    public string Basis { get; set; } = "";

    /// <summary>Version of the law, for example <c>2026-01</c>.</summary>
    public string LawVersion { get; set; } = "";

    /// <summary>Day from which that version holds.</summary>
    public DateOnly? ValidFrom { get; set; }

    /// <summary>How sure the fact is, in the word of the product's sources.</summary>
    public string Confidence { get; set; } = "";

    /// <summary>Code of the default that it was made from; empty for one's own.</summary>
    public string DefaultCode { get; set; } = "";
}

/// <summary>日誌記錄基準.</summary>
public sealed class LogCriterionType : RecordType<LogCriterion>
{
    public const string TypeKey = "logs.criterion";

    /// <summary>State of one that the coverage is measured by.</summary>
    public const string Active = RuleWorkflow.Active;

    /// <summary>Every category, or every level.</summary>
    public const string All = "all";

    /// <summary>Days without an event after which a kind is stale, where a criterion does not say it.</summary>
    public const int UsualQuietDays = 7;

    public override string Key => TypeKey;

    public override LocalizedText Name => new("日誌記錄基準", "Logging criterion");

    public override LocalizedText PluralName => new("日誌記錄基準", "Logging criteria");

    public override string Route => "criteria";

    public override string Prefix => "LGC";

    public override string Icon => "log";

    public override LocalizedText Purpose => new(
        "哪一類資產必須記錄哪些事件、每筆要有哪些內容、保存多久、依據為何。核定後，日誌涵蓋矩陣依此檢查實際收到的日誌。",
        "Which assets must log which events, what each event must say, how long it is kept, and why. Once approved, the coverage matrix measures what really arrives by it.");

    public override IReadOnlyList<string> Outputs => ["O5.1.1"];

    public LogCriterionType() : base("名稱", "Name")
    {
        Choice(x => x.Category, "資產類別", "Category of assets", [Option.Of(All, "全部", "All"), .. AssetCategories]).Required().InList();
        Choice(x => x.Level, "資產等級", "Grade of assets", Option.Of(All, "全部", "All"), Option.Of("medium", "中以上", "Medium and above"), Option.Of("high", "高以上", "High and above"), Option.Of("very-high", "極高", "Very high")).Required().InList()
            .Help("全部包含尚未評定等級的資產。", "All takes in assets without a grade.");
        ChoiceSet(x => x.Kinds, "須記錄的事件", "Kinds of events", [.. LogKinds.All.Select(k => Option.Of(k.Id, k.Name.Zh, k.Name.En))]).Required().InList();
        ChoiceSet(x => x.RequiredFields, "每筆須有的內容", "What each event must say", [.. LogKinds.Fields.Select(f => Option.Of(f.Id, f.Name.Zh, f.Name.En))]);
        Number(x => x.KeepDays, "保存天數", "Days kept").Range(1, 36_500).Required().InList().Help("自收到日誌起算；與執行中的日誌保存規則比較。", "From receipt; compared with the retention rules that are applied.");
        Number(x => x.QuietDays, "中斷天數", "Days of silence").Range(1, LogCoverage.LookBackDays).Help("超過這個天數沒有事件，即視為中斷；留空為 7 日。", "Without an event for longer than this it counts as stale; empty: 7 days.");
        LongText(x => x.Basis, "依據", "Basis", 2000).Required().Help("法規與條次、契約或內部決議。", "Law with article, contract or decision of your own.");
        Text(x => x.LawVersion, "法規版本", "Version of the law", 40);
        Date(x => x.ValidFrom, "生效日", "Valid from");
        Text(x => x.Confidence, "查證程度", "Confidence", 60).Help("隨產品提供的法規事實經何種來源查證。", "By what kind of source a fact that comes with the product was checked.");
        Text(x => x.DefaultCode, "預設基準代碼", "Code of the default", 60).Help("由預設基準建立時填入，同一項不會再次加入。", "Set when it is made from a default, so that the same one is not added again.");
        RuleWorkflow.Declare(Workflow);
        Sealed();
    }

    // The choices of an asset's category; a test holds them to be the same.
    internal static IReadOnlyList<Option> AssetCategories { get; } =
    [
        Option.Of("hardware", "硬體", "Hardware"), Option.Of("network", "網路設備", "Network equipment"), Option.Of("software", "軟體", "Software"), Option.Of("data", "資料", "Data"), Option.Of("service", "服務", "Service"),
        Option.Of("cloud", "雲端資源", "Cloud resource"), Option.Of("people", "人員", "People"), Option.Of("site", "場所與環境", "Site"), Option.Of("other", "其他", "Other"),
    ];
}
