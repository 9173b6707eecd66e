using System.Globalization;
using Hufu.Sigma.Indexing;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma;

/// <summary>
/// What some values of an event must contain for a rule to match it. It is necessary, not sufficient: an event without it matches no rule, one with it may match none.
/// So a host that has an index of texts can pass over what it knows to be without.
/// </summary>
public abstract record SigmaNeed
{
    // An OR of more texts than these is as good as no need, and of what is joined by AND the most telling is enough.
    private const int MostOfRule = 60;
    private const int MostTogether = 3;
    private const int Shortest = 3;

    // A text that a number is read from may be written so that it rounds to it.
    private const string Nearly = "9999999999";
    private const double MostExact = 1_000_000;

    private SigmaNeed()
    {
    }

    /// <summary>Each of them.</summary>
    /// <param name="Items">Two or more.</param>
    public sealed record All(IReadOnlyList<SigmaNeed> Items) : SigmaNeed;

    /// <summary>One of them.</summary>
    /// <param name="Items">Two or more.</param>
    public sealed record Any(IReadOnlyList<SigmaNeed> Items) : SigmaNeed;

    /// <summary>A text of ASCII within the text of some value; the case of its letters does not count.</summary>
    /// <param name="Value">Three characters or more.</param>
    public sealed record Text(string Value) : SigmaNeed;

    /// <summary>How many texts it has.</summary>
    public int Texts => this switch { All all => all.Items.Sum(item => item.Texts), Any any => any.Items.Sum(item => item.Texts), _ => 1 };

    /// <summary>What an event needs to match any detection rule of a set, those that only feed correlations among them.</summary>
    /// <param name="engine">The set.</param>
    /// <param name="most">Most texts; more are as good as no need.</param>
    /// <returns>Null when some rule may match an event of any texts, or there are too many texts.</returns>
    public static SigmaNeed? Of(SigmaEngine engine, int most = 400)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var items = new List<SigmaNeed>();
        foreach (var rule in engine.DetectionRules)
        {
            if (Of(engine.MatcherOf(rule)!) is not { } need) return null;
            items.Add(need);
        }

        items = [.. items.SelectMany(item => item is Any any ? any.Items : [item]).DistinctBy(Key)];
        return items.Count == 0 || items.Sum(item => item.Texts) > most ? null : Of(items, any: true);
    }

    /// <summary>What an event needs to match one rule of a set.</summary>
    internal static SigmaNeed? Of(SigmaEngine engine, SigmaDetectionRule rule) => Of(engine.MatcherOf(rule)!);

    private static SigmaNeed? Of(Matcher matcher)
    {
        switch (matcher)
        {
            case AndMatcher and:
                var needs = and.Items.Select(Of).OfType<SigmaNeed>().SelectMany(item => item is All all ? all.Items : [item]).ToList();
                return needs.Count == 0 ? null : Of([.. needs.OrderBy(need => need.Texts > 8).ThenByDescending(Weight).Take(MostTogether)], any: false);
            case OrMatcher or:
                var items = new List<SigmaNeed>();
                foreach (var item in or.Items)
                {
                    if (Of(item) is not { } need) return null;
                    items.AddRange(need is Any any ? any.Items : [need]);
                }

                items = [.. items.DistinctBy(Key)];
                return items.Count == 0 || items.Sum(item => item.Texts) > MostOfRule ? null : Of(items, any: true);
            case FieldMatcher field:
                return Of(field.Test);
            case KeywordMatcher keyword:
                return Of(keyword.Test);
            default:
                // Of what is negated nothing is needed.
                return null;
        }
    }

    private static SigmaNeed? Of(ValueTest test)
    {
        switch (test)
        {
            case PatternTest pattern:
                return OfTexts(pattern.Pattern.Parts.Where(part => part.Kind == PartKind.Text).SelectMany(part => Ascii(part.Text)));
            case RegexTest regex when RegexLiterals.Of(regex.Pattern, regex.Options) is { Count: > 0 } texts:
                var each = texts.Select(text => OfTexts(Ascii(text))).ToList();
                return each.TrueForAll(need => need is not null) ? Of([.. each.OfType<SigmaNeed>().DistinctBy(Key)], any: true) : null;
            case NumberTest { Number: >= 100 and <= MostExact } number when number.Number == Math.Truncate(number.Number):
                // However a number is written, its digits follow each other: it has no exponent.
                return new Any([new Text(((long)number.Number).ToString(CultureInfo.InvariantCulture)), new Text(Nearly)]);
            default:
                return null;
        }
    }

    // Beyond ASCII, indices and comparisons may have other tables of what is the same letter.
    private static IEnumerable<string> Ascii(string text)
    {
        var from = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && char.IsAscii(text[i])) continue;
            if (i - from >= Shortest) yield return text[from..i];
            from = i + 1;
        }
    }

    private static SigmaNeed? OfTexts(IEnumerable<string> texts)
    {
        List<SigmaNeed> items = [.. texts.Where(text => HasRun(text)).Distinct(StringComparer.OrdinalIgnoreCase).OrderByDescending(text => text.Length).Take(MostTogether).Select(text => new Text(text))];
        return items.Count == 0 ? null : Of(items, any: false);
    }

    // Blanks and signs alone are nearly everywhere.
    private static bool HasRun(string text)
    {
        var run = 0;
        foreach (var c in text)
        {
            run = char.IsAsciiLetterOrDigit(c) || c == '_' ? run + 1 : 0;
            if (run == Shortest) return true;
        }

        return false;
    }

    private static SigmaNeed Of(List<SigmaNeed> items, bool any) => items.Count == 1 ? items[0] : any ? new Any(items) : new All(items);

    // The shortest of alternatives decides how much they tell.
    private static int Weight(SigmaNeed need) => need switch { All all => all.Items.Max(Weight), Any any => any.Items.Min(Weight), Text text => text.Value.Length, _ => 0 };

    private static string Key(SigmaNeed need) => need switch
    {
        All all => "(" + string.Join('&', all.Items.Select(Key)) + ")",
        Any any => "(" + string.Join('|', any.Items.Select(Key)) + ")",
        Text text => string.Create(CultureInfo.InvariantCulture, $"{text.Value.Length}:{text.Value.ToUpperInvariant()}"),
        _ => "",
    };
}
