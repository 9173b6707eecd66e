using System.Text.RegularExpressions;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>A search that somebody keeps, to run it again; with an expectation and approved, a control test that the product runs.</summary>
public sealed class SavedSearch : Record, IMayBePrivate
{
    /// <summary>The search, as on the search page.</summary>
    public string Query { get; set; } = "";

    /// <summary>A key of <see cref="SavedSearchType.Ranges"/>: a length of time up to the run, or <see cref="SavedSearchType.Fixed"/>.</summary>
    public string Range { get; set; } = "";

    /// <summary>Events at or after this time, for a fixed range.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>Events before this time, for a fixed range.</summary>
    public DateTimeOffset? To { get; set; }

    /// <summary><c>shared</c> or <c>private</c>.</summary>
    public string Visibility { get; set; } = "";

    /// <summary>Shown on the search page.</summary>
    public bool Pinned { get; set; }

    /// <summary>What a test expects: <c>none</c>, <c>at-most</c>, <c>at-least</c>; empty for a search that tests nothing.</summary>
    public string Expectation { get; set; } = "";

    /// <summary>The number of the expectation.</summary>
    public int? Threshold { get; set; }

    /// <summary>How often a test is run: <c>hourly</c>, <c>daily</c>, <c>weekly</c>, <c>monthly</c>.</summary>
    public string TestPeriod { get; set; } = "";

    /// <summary>What must have been found in the same range for the test to say anything; empty for any event of others.</summary>
    public string BasisQuery { get; set; } = "";

    /// <summary>Output of the standard that the results are evidence for.</summary>
    public string OutputCode { get; set; } = "";

    /// <summary>Number of the record that the results are attached to as well.</summary>
    public string TiedTo { get; set; } = "";

    public DateTimeOffset? LastRunAt { get; set; }

    /// <summary><c>passed</c>, <c>failed</c> or <c>not-evaluated</c>; empty before the first run.</summary>
    public string LastOutcome { get; set; } = "";

    public int? LastCount { get; set; }

    /// <summary>The search as it is to be run at a time.</summary>
    public LogSearch SearchAt(DateTimeOffset now)
    {
        var to = Range == SavedSearchType.Fixed ? To : Instants.Truncate(now);
        var from = Range == SavedSearchType.Fixed ? From : SavedSearchType.Ranges.GetValueOrDefault(Range) is { } back ? Instants.Truncate(now) - back : null;
        return new LogSearch { Query = SearchQuery.Parse(Query).Value, From = from, To = to, DayOffset = SiteTime.Zone.GetUtcOffset(to ?? now) };
    }
}

/// <summary>儲存的搜尋.</summary>
public sealed partial class SavedSearchType : RecordType<SavedSearch>
{
    public const string TypeKey = "logs.saved-search";

    /// <summary>State of a control test that is run.</summary>
    public const string Testing = "test";

    /// <summary>A range with a beginning and an end.</summary>
    public const string Fixed = "fixed";

    public const string Passed = "passed";

    public const string Failed = "failed";

    /// <summary>It could not be said: no pass.</summary>
    public const string NotEvaluated = "not-evaluated";

    /// <summary>Lengths of time up to the run; null is all of time.</summary>
    public static IReadOnlyDictionary<string, TimeSpan?> Ranges { get; } = LogEndpoints.Ranges.ToDictionary(r => r.Key, r => r.Value);

    /// <summary>Time between two runs of a test.</summary>
    public static IReadOnlyDictionary<string, TimeSpan> Periods { get; } = new Dictionary<string, TimeSpan>
    {
        ["hourly"] = TimeSpan.FromHours(1), ["daily"] = TimeSpan.FromDays(1), ["weekly"] = TimeSpan.FromDays(7), ["monthly"] = TimeSpan.FromDays(30),
    };

    public override string Key => TypeKey;

    public override LocalizedText Name => new("儲存的搜尋", "Saved search");

    public override LocalizedText PluralName => new("儲存的搜尋", "Saved searches");

    public override string Route => "saved-searches";

    public override string Prefix => "SSR";

    public override string Icon => "bookmark";

    public override IReadOnlyList<string> Tasks => ["T5.3"];

    public override LocalizedText Purpose => new(
        "留下來重複使用的日誌搜尋，可釘選在搜尋頁。加上期望並經另一人核定後成為控制測試：按週期執行，結果與日誌存為證據，不符期望即告警。",
        "Log searches kept for use again; they can be pinned to the search page. With an expectation and another person's approval one is a control test: run by its period, with the result and its events as evidence, and an alert when it fails.");

    public SavedSearchType() : base("名稱", "Name")
    {
        LongText(x => x.Query, "搜尋條件", "Query", 4000).InList().Help("與日誌搜尋相同的寫法；空白表示全部。", "Written as in the log search; empty for everything.");
        Choice(x => x.Range, "期間", "Period searched", 
            Option.Of("15m", "15 分鐘", "15 minutes"), Option.Of("1h", "1 小時", "1 hour"), Option.Of("24h", "24 小時", "24 hours"), Option.Of("7d", "7 天", "7 days"), Option.Of("30d", "30 天", "30 days"), Option.Of("all", "全部期間", "All time"),
            Option.Of(Fixed, "固定起迄", "From and to")).Required().InList().Help("相對於執行的時間，或固定起迄。", "Up to the time of the run, or from and to.");
        Instant(x => x.From, "起", "From");
        Instant(x => x.To, "迄", "To");
        Choice(x => x.Visibility, "誰看得到", "Who sees it", Option.Of("shared", "依單位權限共用", "Shared, by unit and rights"), Option.Of(IMayBePrivate.Private, "只有負責人與建立者", "Only its owner and its maker")).Required().InList();
        Flag(x => x.Pinned, "釘選在搜尋頁", "Pinned to the search page");
        Choice(x => x.Expectation, "控制測試的期望", "Expectation of the control test", Option.Of("none", "沒有任何日誌", "No event"), Option.Of("at-most", "最多 N 筆", "At most N events"), Option.Of("at-least", "至少 N 筆", "At least N events"))
            .Help("填寫後可送審成為控制測試。", "With one, it can be submitted to become a control test.");
        Number(x => x.Threshold, "N", "N").Range(0, 1_000_000_000);
        Choice(x => x.TestPeriod, "測試週期", "Run every", Option.Of("hourly", "每小時", "Hour"), Option.Of("daily", "每天", "Day"), Option.Of("weekly", "每週", "Week"), Option.Of("monthly", "每 30 天", "30 days"));
        LongText(x => x.BasisQuery, "判定前提", "Basis of the test", 2000).Help(
            "期間內必須至少找到一筆的搜尋（例如 source:fw），否則結果是「無法判定」而不是通過；空白表示任何來源的日誌。", "A search that must find something in the period, such as source:fw; otherwise the result is “not evaluated”, which is no pass. Empty: any event of any source.");
        Text(x => x.OutputCode, "職能基準產出", "Output of the standard", 10).Canonical(text => text.Trim().ToUpperInvariant()).Help("結果作為哪一項產出的證據，例如 O5.3.1。", "The output that its results are evidence for, such as O5.3.1.");
        Text(x => x.TiedTo, "結果另附於", "Results attached to", 40).ReadOnly();
        Instant(x => x.LastRunAt, "最近執行", "Last run").ReadOnly().InList();
        Choice(x => x.LastOutcome, "最近結果", "Last result", new Option(Passed, new LocalizedText("通過", "Passed"), Tone.Good), new Option(Failed, new LocalizedText("未通過", "Failed"), Tone.Bad), new Option(NotEvaluated, new LocalizedText("無法判定", "Not evaluated"), Tone.Warn)).ReadOnly().InList();
        Number(x => x.LastCount, "最近筆數", "Last count").ReadOnly();

        Workflow.State("saved", "已儲存", "Saved", Tone.Info, open: false).State("review", "審核中", "In review", Tone.Warn).State(Testing, "控制測試執行中", "Control test", Tone.Good, open: false);
        Workflow.Move("submit", "送審為控制測試", "Submit as a control test", ["saved"], "review").When<SavedSearch>((s, _) => NotReady(s));
        Workflow.Move("approve", "核定", "Approve", ["review"], Testing, Right.Approve).SecondPerson("submit");
        Workflow.Move("reject", "退回", "Send back", ["review"], "saved", Right.Approve).SecondPerson("submit").WithReason();
        Workflow.Move("stop", "停止測試", "Stop testing", [Testing], "saved").WithReason();
        Workflow.Lock("review", Testing);

        Rule(s => SearchQuery.Parse(s.Query) is { IsOk: false } wrong ? wrong.Errors[0] with { Place = "query" } : null);
        Rule(s => SearchQuery.Parse(s.BasisQuery) is var basis && (!basis.IsOk || basis.Value.IsTable) ? Error.Of("logs.saved.basis", "判定前提須為沒有 | 指令的搜尋。", "The basis is a search without commands behind |.", "basisQuery") : null);
        Rule(s => s.To <= s.From ? Error.Of("logs.saved.range", "迄須晚於起。", "The end must lie after the beginning.", "to") : null);
        Rule(s => s.OutputCode.Length > 0 && !OutputPattern().IsMatch(s.OutputCode) ? Error.Of("logs.saved.output", $"「{s.OutputCode}」不是工作產出代碼（例：O5.3.1）。", $"“{s.OutputCode}” is not the code of an output (such as O5.3.1).", "outputCode") : null);
        Sealed();
    }

    /// <summary>Why it cannot be a test; null when it can.</summary>
    private static Error? NotReady(SavedSearch search)
    {
        if (search.Expectation.Length == 0) return Error.Of("logs.saved.expectation", "控制測試需要期望。", "A control test needs an expectation.", "expectation");
        if (search.Expectation != "none" && search.Threshold is null) return Error.Of("logs.saved.threshold", "請填寫 N。", "Say what N is.", "threshold");
        if (!Periods.TryGetValue(search.TestPeriod, out var period)) return Error.Of("logs.saved.period", "控制測試需要測試週期。", "A control test needs its period.", "testPeriod");
        if (search is IMayBePrivate { IsPrivate: true }) return Error.Of("logs.saved.private", "控制測試不能只有自己看得到。", "A control test is not private.", "visibility");
        if (SearchQuery.Parse(search.Query) is not { IsOk: true, Value.IsTable: false }) return Error.Of("logs.saved.table", "控制測試的搜尋不能有 | 指令。", "The search of a control test has no commands behind |.", "query");
        if (search.Range == Fixed || Ranges[search.Range] is not { } range) return Error.Of("logs.saved.moving", "控制測試的期間須相對於執行時間。", "The period of a control test moves with the time of the run.", "range");
        return range < period ? Error.Of("logs.saved.gap", "期間比測試週期短，兩次執行之間會有空隙。", "The period searched is shorter than the time between two runs: what lies between would not be tested.", "range") : null;
    }

    [GeneratedRegex(@"\AO[1-9]\.[0-9]{1,2}\.[0-9]\z", RegexOptions.NonBacktracking)]
    private static partial Regex OutputPattern();
}
