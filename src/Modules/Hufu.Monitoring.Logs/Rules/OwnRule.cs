using Hufu.Kernel;
using Hufu.Records;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>A detection rule that the organisation wrote, with events that it must and must not match.</summary>
public sealed class OwnRule : Record
{
    /// <summary>The rule, or several that belong together, as Sigma YAML.</summary>
    public string Yaml { get; set; } = "";

    /// <summary>Events that it must match, one a line.</summary>
    public string MustMatch { get; set; } = "";

    /// <summary>Events that it must not match, one a line.</summary>
    public string MustNotMatch { get; set; } = "";

    /// <summary>Ids of the rules in it, one a line.</summary>
    public string RuleIds { get; set; } = "";

    /// <summary>What the tests came to when it was saved.</summary>
    public string TestOutcome { get; set; } = "";
}

/// <summary>自訂偵測規則.</summary>
public sealed class OwnRuleType : RecordType<OwnRule>
{
    public const string TypeKey = "logs.own-rule";

    /// <summary>State of one that is in use.</summary>
    public const string On = "on";

    /// <summary>Outcomes of tests.</summary>
    internal const string Passed = "passed", Failed = "failed", None = "none";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("自訂偵測規則", "Own detection rule");

    public override LocalizedText PluralName => new("自訂偵測規則", "Own detection rules");

    public override string Route => "own-rules";

    public override string Prefix => "RUL";

    public override string Icon => "shield";

    public override LocalizedText Purpose => new(
        "以 Sigma 撰寫自己的偵測規則，附上必須命中與不可命中的事件；測試未通過者不能啟用。匯入規則集不會改動它們。",
        "Detection rules of your own in Sigma, with events that they must and must not match; one whose tests fail cannot be put in use. No import of a pack changes them.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    private readonly SiteMappings mappings;

    /// <param name="mappings">What the events of tests are read with.</param>
    public OwnRuleType(SiteMappings mappings) : base("名稱", "Name")
    {
        this.mappings = mappings;
        LongText(x => x.Yaml, "規則（Sigma）", "Rule (Sigma)", 100_000).Required().Help("一份或數份 YAML；每條規則都要有 id。", "One or several YAML documents; every rule needs an id.");
        LongText(x => x.MustMatch, "必須命中的事件", "Events that must match", 100_000).Help("每行一筆事件，JSON 或日誌原文。有關聯規則時，各行依序為一次測試。", "One event a line, as JSON or as the log has it. With a correlation all lines in their order are one test.");
        LongText(x => x.MustNotMatch, "不可命中的事件", "Events that must not match", 100_000).Help("每行一筆事件，寫法同上。", "One event a line, written in the same way.");
        LongText(x => x.RuleIds, "規則識別碼", "Rule ids", 10_000).ReadOnly();
        Choice(x => x.TestOutcome, "測試", "Tests", Option(Passed, "通過", "Passed", Tone.Good), Option(Failed, "未通過", "Failed", Tone.Bad), Option(None, "沒有測試", "None", Tone.Neutral)).ReadOnly().InList();
        Workflow.State("off", "停用", "Off").State(On, "使用中", "In use", Tone.Good);
        Workflow.Move("start", "啟用", "Start", ["off"], On).When<OwnRule>((rule, _) => Failure(rule));
        Workflow.Move("stop", "停用", "Stop", [On], "off");
        Rule(rule => Read(rule).Error);
        Rule(rule => rule.State == On ? Failure(rule) : null);
        Sealed();
    }

    public override void Derive(Record record)
    {
        var rule = (OwnRule)record;
        var (rules, error) = Read(rule);
        rule.RuleIds = string.Join('\n', rules.Select(r => r.Key));
        rule.TestOutcome = error is not null || rule.MustMatch.Trim().Length + rule.MustNotMatch.Trim().Length == 0 ? None : RuleTests.Run(rules, rule.MustMatch, rule.MustNotMatch, mappings.Current).TrueForAll(t => t.Passed) ? Passed : Failed;
    }

    /// <summary>The rules of a record, and why they cannot be used. Places name lines of its text.</summary>
    internal static (IReadOnlyList<SigmaRule> Rules, Error? Error) Read(OwnRule record) => Read(record.Yaml, record.Number.Length > 0 ? record.Number : "yaml");

    /// <summary>The rules of a text, and why they cannot be used.</summary>
    internal static (IReadOnlyList<SigmaRule> Rules, Error? Error) Read(string yaml, string name)
    {
        if (string.IsNullOrWhiteSpace(yaml)) return ([], null);
        var read = SigmaParser.Parse(yaml, name);
        if (read.Errors.Count > 0) return ([], At(read.Errors[0], name));
        // A filter leaves matches out: that is an exception, which a second person approves.
        if (read.Rules.OfType<SigmaFilterRule>().FirstOrDefault() is { } filter) return ([], At(Error.Of("logs.own-rule.filter", "過濾規則請建立為例外，由第二人核定。", "Make an exception of a filter, which a second person approves.", filter.Source), name));
        if (read.Rules.FirstOrDefault(r => r.Id is null) is { } nameless) return ([], At(Error.Of("logs.own-rule.id", "規則缺少 id。", "The rule has no id.", nameless.Source), name));
        // One that refers to a rule elsewhere is judged with all others.
        var refused = SigmaEngine.Compile(read.Rules).Refused.FirstOrDefault(e => e.Code != "sigma.correlation.rule-missing");
        return refused is null ? (read.Rules, null) : ([], At(refused, name));
    }

    /// <summary>An error with the line in its words and the field for its place.</summary>
    internal static Error At(Error error, string name)
    {
        var line = error.Place is { } place && place.StartsWith(name + ":", StringComparison.Ordinal) ? place[(name.Length + 1)..].Split(':')[0] : "";
        return line.Length == 0 ? error with { Place = "yaml" } : new Error(error.Code, new LocalizedText($"第 {line} 行：{error.Message.Zh}", $"Line {line}: {error.Message.En}"), "yaml");
    }

    private Error? Failure(OwnRule record)
    {
        var (rules, error) = Read(record);
        if (error is not null) return error;
        var failed = RuleTests.Run(rules, record.MustMatch, record.MustNotMatch, mappings.Current).FindAll(t => !t.Passed);
        return failed.Count == 0 ? null : Error.Of("logs.own-rule.tests", $"{failed.Count} 個測試未通過：{failed[0].Why.Zh}", $"{failed.Count} tests fail: {failed[0].Why.En}", failed[0].MustMatch ? "mustMatch" : "mustNotMatch");
    }

    private static Choice Option(string code, string zh, string en, Tone tone) => Records.Choice.Of(code, zh, en, tone);
}
