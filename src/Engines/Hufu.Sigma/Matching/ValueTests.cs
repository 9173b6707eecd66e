using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Hufu.Sigma.Matching;

/// <summary>One value of a rule, after its modifiers, ready to be compared with a field's value.</summary>
internal abstract class ValueTest
{
    /// <summary>True when a field of several values matches if one of them does; false for tests on the field itself.</summary>
    public virtual bool LooksInto => true;

    /// <summary>True for a test whose answer follows from the kind of a value and its text, so that no value needs to be made of what an event holds.</summary>
    public virtual bool ReadsText => false;

    /// <summary>Two tests with the same key give the same answer on every value.</summary>
    public abstract string Key { get; }

    /// <summary>The same answer as for a value that is there, where <see cref="ReadsText"/> is true.</summary>
    /// <param name="kind">What the value is; neither null nor several values.</param>
    /// <param name="text">The value as text.</param>
    /// <param name="evaluation">Receives what happens besides.</param>
    public virtual bool Matches(SigmaValueKind kind, ReadOnlySpan<char> text, Evaluation evaluation) => throw new NotSupportedException();

    public abstract bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation);
}

internal sealed class PatternTest(Pattern pattern, bool cased) : ValueTest
{
    // Most patterns are decided by the index and never tried by themselves.
    private TextTest? test;

    public Pattern Pattern => pattern;

    public bool Cased => cased;

    public override bool ReadsText => true;

    public override string Key => (cased ? "P" : "p") + pattern.Key;

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) =>
        present && value.Kind != SigmaValueKind.Null && Matches(value.Kind, value.Text, evaluation);

    public override bool Matches(SigmaValueKind kind, ReadOnlySpan<char> text, Evaluation evaluation) => (test ??= new TextTest(pattern, cased)).Matches(text);
}

internal sealed class NumberTest(double number, string written) : ValueTest
{
    public double Number => number;

    public string Written => written;

    public override string Key => "n" + written;

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) => present && value.Kind switch
    {
        SigmaValueKind.Number => value.TryGetNumber(out var has) && has == number,
        SigmaValueKind.Text => string.Equals(value.Text, written, StringComparison.OrdinalIgnoreCase) || (value.TryGetNumber(out var has) && has == number),
        _ => false,
    };
}

internal sealed class BooleanTest(bool expected) : ValueTest
{
    public bool Expected => expected;

    public override string Key => expected ? "true" : "false";

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) => present && value.Kind switch
    {
        SigmaValueKind.Boolean => value.Boolean == expected,
        SigmaValueKind.Text => string.Equals(value.Text, expected ? "true" : "false", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}

internal sealed class NullTest : ValueTest
{
    public override string Key => "null";

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) => !present || value.Kind == SigmaValueKind.Null;
}

internal sealed class ExistsTest(bool expected) : ValueTest
{
    public bool Expected => expected;

    public override bool LooksInto => false;

    public override string Key => expected ? "exists" : "missing";

    // "only verifies the presence of a field, not its value, be it empty or null" (modifiers appendix).
    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) => present == expected;
}

/// <summary>
/// A regular expression that is known to be valid. It is made on first use, in the form that takes linear time where the runtime has one for it.
/// </summary>
internal sealed class RegexTest(string pattern, RegexOptions options, TimeSpan timeout) : ValueTest
{
    private readonly Lazy<Regex> regex = new(() => Make(pattern, options, timeout));

    public string Pattern => pattern;

    public RegexOptions Options => options;

    public Regex Regex => regex.Value;

    public override bool ReadsText => true;

    public override string Key => string.Create(CultureInfo.InvariantCulture, $"r{(int)options},{pattern}");

    /// <summary>True when only a form can be had that may take exponential time, so that the time limit is what bounds it.</summary>
    public bool Backtracks => !regex.Value.Options.HasFlag(RegexOptions.NonBacktracking);

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) =>
        present && value.Kind != SigmaValueKind.Null && Matches(value.Kind, value.Text, evaluation);

    public override bool Matches(SigmaValueKind kind, ReadOnlySpan<char> text, Evaluation evaluation)
    {
        try
        {
            return regex.Value.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            evaluation.Timeouts++;
            return false;
        }
    }

    private static Regex Make(string pattern, RegexOptions options, TimeSpan timeout)
    {
        try
        {
            return new Regex(pattern, options | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            // Lookaround and back references are outside the specification's subset of PCRE, yet rules use them; a time limit bounds them.
            return new Regex(pattern, options, timeout);
        }
    }
}

internal sealed class CidrTest : ValueTest
{
    private readonly byte[] network;
    private readonly int prefix;

    public ReadOnlySpan<byte> Network => network;

    /// <summary>How many bits of an address are those of the network.</summary>
    public int Prefix => prefix;

    public override bool ReadsText => true;

    public override string Key => string.Create(CultureInfo.InvariantCulture, $"c{Convert.ToHexString(network)}/{prefix}");

    private CidrTest(byte[] network, int prefix)
    {
        this.network = network;
        this.prefix = prefix;
    }

    public static CidrTest? Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = slash < 0 ? text : text[..slash];
        var bytes = new byte[16];
        if (!TryAddress(address, bytes, out var length)) return null;
        bytes = bytes[..length];
        var bits = length * 8;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits)) return null;
        return new CidrTest(bytes, prefix);
    }

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) => present && Matches(value.Kind, value.Text, evaluation);

    public override bool Matches(SigmaValueKind kind, ReadOnlySpan<char> text, Evaluation evaluation)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (kind != SigmaValueKind.Text || !TryAddress(text, bytes, out var length) || length != network.Length) return false;
        var whole = prefix / 8;
        if (!bytes[..whole].SequenceEqual(network.AsSpan(0, whole))) return false;
        var rest = prefix % 8;
        return rest == 0 || (bytes[whole] ^ network[whole]) >> (8 - rest) == 0;
    }

    private static bool TryAddress(ReadOnlySpan<char> text, Span<byte> bytes, out int length)
    {
        length = 0;
        // IPAddress also takes "1" and "0x7f.1" as IPv4; a log writes four decimal numbers.
        if (!IPAddress.TryParse(text, out var address)) return false;
        if (address.AddressFamily == AddressFamily.InterNetwork && text.Count('.') != 3) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.TryWriteBytes(bytes, out length);
    }
}

internal enum Comparison
{
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

internal sealed class CompareTest(Comparison comparison, double number) : ValueTest
{
    public Comparison Comparison => comparison;

    public double Number => number;

    public override string Key => string.Create(CultureInfo.InvariantCulture, $"{comparison}{number:R}");

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) =>
        present && value.TryGetNumber(out var has) && comparison switch
        {
            Comparison.Less => has < number,
            Comparison.LessOrEqual => has <= number,
            Comparison.Greater => has > number,
            _ => has >= number,
        };
}

internal enum TimePart
{
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// <summary>Compares a part of a date with a number; without a comparison the two must be equal.</summary>
internal sealed class TimePartTest(TimePart part, Comparison? comparison, int number) : ValueTest
{
    public TimePart Part => part;

    public Comparison? Bound => comparison;

    public int Number => number;

    public override string Key => string.Create(CultureInfo.InvariantCulture, $"t{part}{comparison}{number}");

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation)
    {
        if (!present || value.Kind != SigmaValueKind.Text || !TryPart(value.Text, part, out var has)) return false;
        return comparison switch
        {
            null => has == number,
            Comparison.Less => has < number,
            Comparison.LessOrEqual => has <= number,
            Comparison.Greater => has > number,
            _ => has >= number,
        };
    }

    /// <summary>
    /// Reads a part of a date as it is written: year, month and day by - or /, then, after T or a space, hour, minute and what follows. An offset
    /// moves nothing: "it is not designed to handle timezone or format conversions" (modifiers appendix). A part that is not written is not there.
    /// </summary>
    internal static bool TryPart(ReadOnlySpan<char> text, TimePart part, out int value)
    {
        value = 0;
        text = text.Trim();
        if (text.Length < 10 || text[4] is not ('-' or '/') || text[7] != text[4]) return false;
        if (!Digits(text[..4], out var year) || !Digits(text[5..7], out var month) || !Digits(text[8..10], out var day)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        var hasTime = text.Length >= 16 && text[10] is 'T' or 't' or ' ' && text[13] == ':';
        if (text.Length > 10 && !hasTime) return false;
        int hour = 0, minute = 0;
        if (hasTime && (!Digits(text[11..13], out hour) || !Digits(text[14..16], out minute) || hour > 23 || minute > 59)) return false;
        value = part switch
        {
            TimePart.Minute => minute,
            TimePart.Hour => hour,
            TimePart.Day => day,
            TimePart.Week => ISOWeek.GetWeekOfYear(new DateTime(year, month, day)),
            TimePart.Month => month,
            TimePart.Year => year,
        };
        return hasTime || part is not (TimePart.Minute or TimePart.Hour);

        static bool Digits(ReadOnlySpan<char> text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}

internal enum FieldRelation
{
    Equal,
    StartsWith,
    EndsWith,
    Contains,
}

/// <summary>Compares a field with another field of the same event; false when either is missing, true when any of several values of the other fits.</summary>
internal sealed class FieldReferenceTest(string other, FieldRelation relation, bool cased) : ValueTest
{
    public string Other => other;

    public FieldRelation Relation => relation;

    public bool Cased => cased;

    public override string Key => $"f{relation}{cased}{other}";

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation)
    {
        if (!present || value.Kind == SigmaValueKind.Null || !fields.TryGet(other, out var second)) return false;
        if (second.Kind != SigmaValueKind.Many) return Fits(value, second);
        for (var i = 0; i < second.Items.Count; i++)
        {
            if (Fits(value, second.Items[i])) return true;
        }

        return false;
    }

    private bool Fits(in SigmaValue value, in SigmaValue second)
    {
        if (second.Kind is SigmaValueKind.Null or SigmaValueKind.Many) return false;
        var comparison = cased ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return relation switch
        {
            FieldRelation.StartsWith => value.Text.StartsWith(second.Text, comparison),
            FieldRelation.EndsWith => value.Text.EndsWith(second.Text, comparison),
            FieldRelation.Contains => value.Text.Contains(second.Text, comparison),
            _ => value.Kind == SigmaValueKind.Number && second.Kind == SigmaValueKind.Number
                ? value.TryGetNumber(out var left) && second.TryGetNumber(out var right) && left.Equals(right)
                : value.Text.Equals(second.Text, comparison),
        };
    }
}
