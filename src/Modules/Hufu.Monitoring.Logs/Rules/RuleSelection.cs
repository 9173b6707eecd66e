using Hufu.Kernel;
using Hufu.Sigma;
using Tone = Hufu.Records.Tone;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>Which rules of a pack are in use.</summary>
/// <param name="Least">Least level.</param>
/// <param name="States">States of the rules; <c>none</c> for one that names none.</param>
/// <param name="Tags">Tags of which one is needed, a star at the end for any ending; empty for any.</param>
/// <param name="Sources">Log sources, parts that are absent for any; empty for any.</param>
/// <param name="On">Rules in use whatever else is said, with the reason.</param>
/// <param name="Off">Rules not in use whatever else is said, with the reason.</param>
internal sealed record RuleSelection(SigmaLevel Least, IReadOnlySet<string> States, IReadOnlyList<string> Tags, IReadOnlyList<SigmaLogSource> Sources, IReadOnlyDictionary<string, string> On, IReadOnlyDictionary<string, string> Off)
{
    internal const string UsualLevel = "medium";
    internal const string UsualStatuses = "stable;test";

    /// <summary>Word for a rule that names no status.</summary>
    internal const string NoStatus = "none";

    internal static IReadOnlyList<Option> Levels { get; } = [Option.Of("informational", "參考", "Informational"), Option.Of("low", "低", "Low", Tone.Info), Option.Of("medium", "中", "Medium", Tone.Warn), Option.Of("high", "高", "High", Tone.Bad), Option.Of("critical", "嚴重", "Critical", Tone.Critical)];

    internal static IReadOnlyList<Option> Statuses { get; } = [Option.Of("stable", "穩定", "Stable"), Option.Of("test", "測試", "Test"), Option.Of("experimental", "試驗", "Experimental"), Option.Of("deprecated", "已淘汰", "Deprecated"), Option.Of("unsupported", "不支援", "Unsupported"), Option.Of(NoStatus, "未標示", "Not stated")];

    /// <summary>Code of a rule's level; one without counts as medium, as its alerts do.</summary>
    internal static string LevelOf(SigmaRule rule) => rule.Level?.ToString().ToLowerInvariant() ?? UsualLevel;

    /// <summary>Code of a rule's status.</summary>
    internal static string StatusOf(SigmaRule rule) => rule.Status?.ToLowerInvariant() ?? NoStatus;

    /// <summary>What the fields of a pack say, and what cannot be understood of them.</summary>
    internal static (RuleSelection Selection, Error? Error) Read(RulePack pack)
    {
        Error? error = null;
        var sources = new List<SigmaLogSource>();
        foreach (var (line, at) in Lines(pack.RuleSources))
        {
            var parts = line.Split('/');
            if (parts.Length > 3) error ??= Error.Of("logs.rule-pack.source", $"第 {at} 行：日誌來源寫成 product/category/service。", $"Line {at}: a log source is product/category/service.", "ruleSources");
            else sources.Add(new SigmaLogSource(Part(0), Part(1), Part(2)));

            string? Part(int index) => index < parts.Length && parts[index].Trim() is { Length: > 0 } text and not ("*" or "-") ? text.ToLowerInvariant() : null;
        }

        var on = Single(pack.SwitchedOn, "switchedOn");
        var off = Single(pack.SwitchedOff, "switchedOff");
        if (error is null && on.Keys.FirstOrDefault(off.ContainsKey) is { } both)
            error = Error.Of("logs.rule-pack.both", $"規則 {both} 同時列於啟用與停用。", $"The rule {both} is both switched on and switched off.", "switchedOff");
        return (new RuleSelection(
            Enum.TryParse<SigmaLevel>(pack.LeastLevel, ignoreCase: true, out var least) ? least : SigmaLevel.Medium,
            (pack.RuleStatuses.Length > 0 ? pack.RuleStatuses : UsualStatuses).Split(';').ToHashSet(StringComparer.Ordinal), [.. Lines(pack.RuleTags).Select(l => l.Line.ToLowerInvariant())], sources, on, off), error);

        Dictionary<string, string> Single(string text, string place)
        {
            var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var (line, at) in Lines(text))
            {
                var blank = line.IndexOf(' ', StringComparison.Ordinal);
                if (blank < 0) error ??= Error.Of("logs.rule-pack.reason", $"第 {at} 行：規則識別碼之後要寫理由。", $"Line {at}: say why after the rule's id.", place);
                else if (!found.TryAdd(line[..blank], line[(blank + 1)..].Trim())) error ??= Error.Of("logs.rule-pack.twice", $"第 {at} 行：規則 {line[..blank]} 已列出。", $"Line {at}: the rule {line[..blank]} is there already.", place);
            }

            return found;
        }
    }

    /// <summary>Why a rule is not in use; null when it is.</summary>
    internal LocalizedText? WhyNot(SigmaRule rule)
    {
        if (Off.TryGetValue(rule.Key, out var off)) return new LocalizedText($"已停用：{off}", $"Switched off: {off}");
        if (On.ContainsKey(rule.Key)) return null;
        // What leaves matches out is the organisation's own to decide.
        if (rule is SigmaFilterRule) return new LocalizedText("外來的過濾規則不套用；請建立例外", "A filter from elsewhere is not applied; make an exception");
        if ((rule.Level ?? SigmaLevel.Medium) < Least) return new LocalizedText($"等級低於{Name(Levels, Least.ToString().ToLowerInvariant()).Zh}", $"Level below {Name(Levels, Least.ToString().ToLowerInvariant()).En.ToLowerInvariant()}");
        if (!States.Contains(StatusOf(rule))) return new LocalizedText($"狀態為{Name(Statuses, StatusOf(rule)).Zh}", $"Status: {Name(Statuses, StatusOf(rule)).En.ToLowerInvariant()}");
        if (Tags.Count > 0 && !rule.Tags.Any(tag => Tags.Any(wanted => wanted.EndsWith('*') ? tag.StartsWith(wanted[..^1], StringComparison.OrdinalIgnoreCase) : string.Equals(tag, wanted, StringComparison.OrdinalIgnoreCase))))
            return new LocalizedText("沒有選定的標籤", "None of the chosen tags");
        if (Sources.Count > 0 && rule is SigmaDetectionRule detection && !Sources.Any(source => source.Accepts(detection.LogSource))) return new LocalizedText("不屬於選定的日誌來源", "Not of a chosen log source");
        return null;
    }

    /// <summary>The name of a level or status; its code when it is none of ours.</summary>
    internal static LocalizedText Name(IReadOnlyList<Option> options, string code) => options.FirstOrDefault(o => o.Code == code)?.Label ?? new LocalizedText(code, code);

    /// <summary>Lines that say something, each with its number from 1.</summary>
    internal static IEnumerable<(string Line, int Number)> Lines(string text) => Raw(text).Select(l => (Line: l.Line.Trim(), l.Number)).Where(l => l.Line.Length > 0);

    /// <summary>All lines as they stand, each with its number from 1.</summary>
    internal static IEnumerable<(string Line, int Number)> Raw(string text) => text.Split('\n').Select((line, at) => (line.TrimEnd('\r'), at + 1));
}
