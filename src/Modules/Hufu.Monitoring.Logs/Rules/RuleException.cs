using System.Security.Cryptography;
using System.Text;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>What a rule need not report, until a day: a condition that is added to rules as a Sigma filter.</summary>
public sealed class RuleException : Record
{
    /// <summary>Ids of the rules, one a line, or <see cref="RuleExceptionType.Any"/>.</summary>
    public string Rules { get; set; } = "";

    /// <summary>Fields and values that all must hold, one a line, or a Sigma filter as YAML.</summary>
    public string Condition { get; set; } = "";

    /// <summary>Why it need not be reported.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Last day that it holds.</summary>
    public DateOnly? EndsOn { get; set; }

    /// <summary>When it was tried on the stored events.</summary>
    public DateTimeOffset? TriedAt { get; set; }

    /// <summary>Stored matches that it would have suppressed.</summary>
    public int? TriedSuppressed { get; set; }

    /// <summary>Stored matches of its rules, with those.</summary>
    public int? TriedMatches { get; set; }

    /// <summary>What was read for it, in words.</summary>
    public string TriedRead { get; set; } = "";

    /// <summary>Hash of the rules and the condition that were tried.</summary>
    public string TriedOf { get; set; } = "";
}

/// <summary>規則例外.</summary>
public sealed class RuleExceptionType : RecordType<RuleException>
{
    public const string TypeKey = "logs.rule-exception";

    /// <summary>State of one that is in force until its end.</summary>
    public const string Active = RuleWorkflow.Active;

    /// <summary>State of one whose end has come.</summary>
    public const string Lapsed = "lapsed";

    /// <summary>Every rule.</summary>
    public const string Any = "any";

    // Lines of YAML before the first line of a condition.
    private const int Before = 7;

    public override string Key => TypeKey;

    public override LocalizedText Name => new("規則例外", "Rule exception");

    public override LocalizedText PluralName => new("規則例外", "Rule exceptions");

    public override string Route => "rule-exceptions";

    public override string Prefix => "REX";

    public override string Icon => "filter";

    public override LocalizedText Purpose => new(
        "某條規則在特定條件下不必告警，例如弱點掃描主機。須有理由、負責人與截止日，經第二人核定後生效，期滿自動失效。",
        "What a rule need not report, such as the host that scans. It needs a reason, an owner and an end, holds once a second person approved it, and lapses by itself.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    public RuleExceptionType() : base("名稱", "Name")
    {
        LongText(x => x.Rules, "規則", "Rules", 10_000).Required().InList().Canonical(Canonical).Help("每行一個規則識別碼；填 any 表示全部規則。關聯規則請填它所計數的規則。", "One rule id a line; any for all rules. Of a correlation, name the rules that it counts.");
        LongText(x => x.Condition, "條件", "Condition", 20_000).Required().Help(
            "每行一個「欄位: 值」，全部成立者不告警；欄位後可加修飾詞，例如 Image|endswith: \\scan.exe。也可寫 Sigma 過濾規則（YAML，含 filter:）。",
            "One “field: value” a line; an event for which all hold is not reported. Modifiers follow the field, as in Image|endswith: \\scan.exe. A Sigma filter (YAML with filter:) does as well.");
        LongText(x => x.Reason, "理由", "Reason", 2000).Required();
        Date(x => x.EndsOn, "截止日", "Ends on").Required().InList().Help("最後一個有效的日子；不可早於今天。", "The last day that it holds; not before today.");
        Section("試算", "Trial");
        Instant(x => x.TriedAt, "試算時間", "Tried").ReadOnly();
        Number(x => x.TriedSuppressed, "將不告警的命中", "Matches it would suppress").ReadOnly().InList();
        Number(x => x.TriedMatches, "規則的全部命中", "Matches of its rules").ReadOnly();
        LongText(x => x.TriedRead, "讀取範圍", "What was read", 2000).ReadOnly().NotOnPages();
        Text(x => x.TriedOf, "試算內容的雜湊", "Hash of what was tried", 64).ReadOnly().NotOnPages();
        RuleWorkflow.Declare(Workflow);
        Workflow.State(Lapsed, "已到期", "Lapsed", Tone.Neutral, open: false);
        Workflow.Move("renew", "重新提出", "Propose again", [Lapsed, "retired"], "draft");
        Workflow.Lock(Lapsed);
        Workflow.Find("submit")!.When<RuleException>((record, _) => record.OwnerId is null
            ? Error.Of("logs.rule-exception.owner", "請先指定負責人。", "Name its owner first.", "ownerId")
            : record.TriedOf == HashOf(record) ? null : Error.Of("logs.rule-exception.untried", "請先試算它會使多少命中不告警，核定的人要看得到。", "Try it on the stored events first: who approves must see how many matches it would suppress.", "condition"));
        Rule(record => record.Condition.Length > 0 && record.Rules.Length > 0 ? Read(record).Error : null);
        Sealed();
    }

    /// <summary>Ids of its rules; empty for all.</summary>
    internal static IReadOnlyList<string> RulesOf(RuleException record) => record.Rules.Trim() == Any ? [] : [.. RuleSelection.Lines(record.Rules).Select(l => l.Line)];

    /// <summary>Tells one text of rules and condition from another.</summary>
    internal static string HashOf(RuleException record) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(record.Rules + "\0" + record.Condition)));

    /// <summary>The filter that a record stands for, and why it cannot be used; places name lines of the condition.</summary>
    internal static (SigmaFilterRule? Filter, Error? Error) Read(RuleException record)
    {
        var name = record.Number.Length > 0 ? record.Number : "condition";
        var isYaml = RuleSelection.Lines(record.Condition).Any(l => l.Line is "filter:" or "---");
        var before = isYaml ? 0 : Before;
        // A word by itself would be looked for anywhere in an event.
        if (!isYaml && RuleSelection.Raw(record.Condition).FirstOrDefault(l => l.Line.Trim().Length > 0 && !char.IsWhiteSpace(l.Line[0]) && l.Line[0] != '#' && (l.Line[0] == '-' || !l.Line.Contains(':', StringComparison.Ordinal))) is { Number: > 0 } odd)
            return (null, Error.Of("logs.rule-exception.line", $"第 {odd.Number} 行：請寫「欄位: 值」。", $"Line {odd.Number}: write “field: value”.", "condition"));
        var read = SigmaParser.Parse(isYaml ? record.Condition : Yaml(record.Condition), name);
        if (read.Errors.Count > 0) return (null, At(read.Errors[0], name, before));
        if (read.Rules is not [SigmaFilterRule filter]) return (null, Error.Of("logs.rule-exception.filter", "只可寫一份 Sigma 過濾規則。", "One Sigma filter is meant, and nothing else.", "condition"));
        // A filter that asks for something leaves out all the rest.
        if (read.Warnings.FirstOrDefault(w => w.Code == "sigma.filter.not-negative") is { } positive) return (null, At(positive, name, before));
        var rules = RulesOf(record);
        if (isYaml && filter.Rules.Count > 0 && !filter.Rules.ToHashSet(StringComparer.OrdinalIgnoreCase).SetEquals(rules))
            return (null, Error.Of("logs.rule-exception.rules", "過濾規則中的 rules 與上面的規則不同。", "The filter's own rules are not those named above.", "condition"));
        return (filter with { Rules = rules, LogSource = isYaml ? filter.LogSource : new SigmaLogSource(), Source = record.Number.Length > 0 ? record.Number : filter.Source, Id = null, Name = null, Title = record.Title, Description = HashOf(record) }, null);
    }

    private static string Canonical(string text) => string.Equals(text.Trim(), Any, StringComparison.OrdinalIgnoreCase) ? Any : string.Join('\n', text.Split('\n', ',', ';').Select(l => l.Trim()).Where(l => l.Length > 0));

    private static string Yaml(string condition)
    {
        var yaml = new StringBuilder("title: exception\nlogsource:\n  product: any\nfilter:\n  rules: any\n  condition: not selection\n  selection:\n");
        foreach (var line in condition.ReplaceLineEndings("\n").Split('\n')) yaml.Append("    ").Append(Quoted(line)).Append('\n');
        return yaml.ToString();
    }

    // A value is text as it stands, unless it is written as YAML: quoted, a list, a number or a word of YAML's own.
    private static string Quoted(string line)
    {
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        if (colon <= 0 || line.TrimStart() is ['#' or '-', ..]) return line;
        var (key, value) = (line[..colon].Trim(), line[(colon + 2)..].Trim());
        if (value.Length == 0 || value[0] is '"' or '\'' or '[' || value is "null" or "true" or "false" || decimal.TryParse(value, System.Globalization.NumberStyles.Number & ~System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture, out _)) return line;
        return $"{Single(key)}: {Single(value)}";

        static string Single(string text) => text.Length > 1 && text[0] is '"' or '\'' ? text : "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
    }

    private static Error At(Error error, string name, int before)
    {
        var parts = error.Place is { } place && place.StartsWith(name + ":", StringComparison.Ordinal) ? place[(name.Length + 1)..].Split(':') : [];
        var line = parts.Length > 0 && int.TryParse(parts[0], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number - before : 0;
        return line < 1 ? error with { Place = "condition" } : new Error(error.Code, new LocalizedText($"第 {line} 行：{error.Message.Zh}", $"Line {line}: {error.Message.En}"), "condition");
    }
}
