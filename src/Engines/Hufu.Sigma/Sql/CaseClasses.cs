using System.Globalization;
using System.Text;

namespace Hufu.Sigma.Sql;

/// <summary>
/// Which characters <see cref="StringComparison.OrdinalIgnoreCase"/> holds equal, asked of that comparison itself. Databases fold by other tables:
/// most have the Kelvin sign for k, İ for i or ẞ for ß, which it has not, and lack µ for μ, which it has.
/// </summary>
internal static class CaseClasses
{
    private static readonly Lazy<Dictionary<Rune, Rune[]>> Classes = new(Make);

    /// <summary>All that equal a character, itself among them.</summary>
    public static Rune[] Of(Rune rune) => Classes.Value.GetValueOrDefault(rune) ?? [rune];

    /// <summary>The characters that are not what stands for their class, and, at the same places, what does: a lower-case letter of ASCII where the class has one.</summary>
    public static (string From, string To) Folding { get; } = Fold();

    /// <summary>
    /// True when a database's lower case of any text has this one, in lower case of ASCII, just where the text has it regardless of case; but for İ and the
    /// Kelvin sign, whose lower case is of ASCII.
    /// </summary>
    public static bool IsPlain(string text) => text.EnumerateRunes().All(rune => rune.IsAscii || (Of(rune).Length == 1 && Rune.ToLowerInvariant(rune) == rune && Rune.ToUpperInvariant(rune) == rune && Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.OtherPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
        or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.SpaceSeparator or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol));

    private static Dictionary<Rune, Rune[]> Make()
    {
        var candidates = new HashSet<Rune>();
        for (var i = 0; i <= 0x10FFFF; i++)
        {
            if (!Rune.TryCreate(i, out var rune)) continue;
            // The comparison has tables of its own, which may know letters that the conversions do not yet.
            var (upper, lower) = (Rune.ToUpperInvariant(rune), Rune.ToLowerInvariant(rune));
            if (upper != rune || lower != rune || Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.LetterNumber or UnicodeCategory.OtherSymbol or UnicodeCategory.NonSpacingMark) candidates.UnionWith([rune, upper, lower]);
        }

        return candidates.GroupBy(rune => rune.ToString(), StringComparer.OrdinalIgnoreCase).Select(group => group.Order().ToArray()).Where(members => members.Length > 1)
            .SelectMany(members => members.Select(member => (member, members))).ToDictionary(pair => pair.member, pair => pair.members);
    }

    private static (string From, string To) Fold()
    {
        var (from, to) = (new StringBuilder(), new StringBuilder());
        foreach (var (rune, members) in Classes.Value.OrderBy(pair => pair.Key))
        {
            var standing = Array.Find(members, member => member.IsAscii && Rune.IsLower(member)) is { Value: > 0 } letter ? letter : members[^1];
            if (standing == rune) continue;
            from.Append(rune.ToString());
            to.Append(standing.ToString());
        }

        return (from.ToString(), to.ToString());
    }
}
