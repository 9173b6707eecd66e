using Hufu.Kernel;
using Hufu.Sigma;
using Microsoft.AspNetCore.Http;

namespace Hufu.Monitoring.Logs;

/// <summary>Which rules a list shows; absent parts show all.</summary>
/// <param name="Text">A text of title, id, author, file, tags or description.</param>
/// <param name="Level">A level.</param>
/// <param name="Status">A status.</param>
/// <param name="Tag">A tag, or its beginning.</param>
/// <param name="Source">A text of the log source.</param>
/// <param name="Pack">Number of the record that they are of, or <c>product</c> or <c>folder</c>.</param>
/// <param name="On"><c>on</c> or <c>off</c>.</param>
public sealed record RuleFilter(string Text = "", string Level = "", string Status = "", string Tag = "", string Source = "", string Pack = "", string On = "")
{
    private const int MaxText = 200;

    /// <summary>The filter of an address.</summary>
    internal static RuleFilter Of(IQueryCollection query)
    {
        return new RuleFilter(Value("q"), Value("level"), Value("status"), Value("tag"), Value("source"), Value("pack"), Value("on"));

        string Value(string name) => query[name].ToString().Trim() is var text && text.Length > MaxText ? text[..MaxText] : text;
    }

    /// <summary>The rules that it shows, in the order of level and title.</summary>
    internal IEnumerable<KnownRule> Of(IEnumerable<KnownRule> rules) => rules.Where(Shows).OrderByDescending(k => k.IsOn).ThenByDescending(k => k.Rule.Level ?? SigmaLevel.Medium).ThenBy(k => k.Rule.Title, StringComparer.OrdinalIgnoreCase).ThenBy(k => k.Rule.Source, StringComparer.Ordinal);

    /// <summary>The same as the query of an address.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Parts() =>
        new KeyValuePair<string, string>[] { new("q", Text), new("level", Level), new("status", Status), new("tag", Tag), new("source", Source), new("pack", Pack), new("on", On) }.Where(p => p.Value.Length > 0);

    /// <summary>The address of the list with it.</summary>
    internal string Href(string path = "/logs/rules", int page = 1) =>
        path + string.Concat(Parts().Concat(page > 1 ? [new("page", page.ToString(System.Globalization.CultureInfo.InvariantCulture))] : []).Select((p, at) => $"{(at == 0 && !path.Contains('?', StringComparison.Ordinal) ? '?' : '&')}{p.Key}={Uri.EscapeDataString(p.Value)}"));

    /// <summary>Code of the place of a rule, as the filter has it.</summary>
    internal static string PackOf(KnownRule known) => known.Origin switch { RuleOrigin.Product => "product", RuleOrigin.Folder => "folder", _ => known.From };

    /// <summary>What log source a rule looks at; empty for a correlation.</summary>
    internal static string SourceOf(SigmaRule rule) => rule switch { SigmaDetectionRule detection => detection.LogSource.ToString(), SigmaFilterRule filter => filter.LogSource.ToString(), _ => "" };

    /// <summary>The title in the language of who reads, where the rule has one.</summary>
    internal static string TitleOf(SigmaRule rule, bool english) => english ? rule.Title : DetectionRun.TitleOf(rule);

    private bool Shows(KnownRule known)
    {
        var rule = known.Rule;
        if (On.Length > 0 && known.IsOn != (On == "on")) return false;
        if (Level.Length > 0 && RuleSelection.LevelOf(rule) != Level) return false;
        if (Status.Length > 0 && RuleSelection.StatusOf(rule) != Status) return false;
        if (Pack.Length > 0 && PackOf(known) != Pack) return false;
        if (Tag.Length > 0 && !rule.Tags.Any(t => t.StartsWith(Tag, StringComparison.OrdinalIgnoreCase))) return false;
        if (Source.Length > 0 && !Has(SourceOf(rule), Source)) return false;
        return Text.Length == 0 || Text.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word =>
            Has(rule.Title, word) || Has(DetectionRun.TitleOf(rule), word) || Has(rule.Id, word) || Has(rule.Author, word) || Has(rule.Source, word) || rule.Tags.Any(t => Has(t, word)) || Has(rule.Description, word));

        static bool Has(string? text, string part) => text is not null && text.Contains(part, StringComparison.OrdinalIgnoreCase);
    }
}
