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

    public abstract bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation);
}

internal sealed class PatternTest(Pattern pattern, bool cased) : ValueTest
{
    private readonly TextTest test = new(pattern, cased);

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) =>
        present && value.Kind != SigmaValueKind.Null && test.Matches(value.Text);
}

internal sealed class NumberTest(double number, string written) : ValueTest
{
    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) => present && value.Kind switch
    {
        SigmaValueKind.Number => value.TryGetNumber(out var has) && has == number,
        SigmaValueKind.Text => string.Equals(value.Text, written, StringComparison.OrdinalIgnoreCase) || (value.TryGetNumber(out var has) && has == number),
        _ => false,
    };
}

internal sealed class BooleanTest(bool expected) : ValueTest
{
    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) => present && value.Kind switch
    {
        SigmaValueKind.Boolean => value.Boolean == expected,
        SigmaValueKind.Text => string.Equals(value.Text, expected ? "true" : "false", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}

internal sealed class NullTest : ValueTest
{
    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) => !present || value.Kind == SigmaValueKind.Null;
}

internal sealed class ExistsTest(bool expected) : ValueTest
{
    public override bool LooksInto => false;

    // "only verifies the presence of a field, not its value, be it empty or null" (modifiers appendix).
    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) => present == expected;
}

internal sealed class RegexTest(Regex regex) : ValueTest
{
    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation)
    {
        if (!present || value.Kind == SigmaValueKind.Null) return false;
        try
        {
            return regex.IsMatch(value.Text);
        }
        catch (RegexMatchTimeoutException)
        {
            evaluation.Timeouts++;
            return false;
        }
    }
}

internal sealed class CidrTest : ValueTest
{
    private readonly byte[] network;
    private readonly int prefix;

    private CidrTest(byte[] network, int prefix)
    {
        this.network = network;
        this.prefix = prefix;
    }

    public static CidrTest? Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = slash < 0 ? text : text[..slash];
        if (!TryAddress(address, out var bytes)) return null;
        var bits = bytes.Length * 8;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits)) return null;
        return new CidrTest(bytes, prefix);
    }

    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation)
    {
        if (!present || value.Kind != SigmaValueKind.Text || !TryAddress(value.Text, out var bytes) || bytes.Length != network.Length) return false;
        var whole = prefix / 8;
        if (!bytes.AsSpan(0, whole).SequenceEqual(network.AsSpan(0, whole))) return false;
        var rest = prefix % 8;
        return rest == 0 || (bytes[whole] ^ network[whole]) >> (8 - rest) == 0;
    }

    private static bool TryAddress(string text, out byte[] bytes)
    {
        bytes = [];
        // IPAddress also takes "1" and "0x7f.1" as IPv4; a log writes four decimal numbers.
        if (!IPAddress.TryParse(text, out var address)) return false;
        if (address.AddressFamily == AddressFamily.InterNetwork && text.AsSpan().Count('.') != 3) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        bytes = address.GetAddressBytes();
        return true;
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
    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation) =>
        present && value.TryGetNumber(out var has) && comparison switch
        {
            Comparison.Less => has < number,
            Comparison.LessOrEqual => has <= number,
            Comparison.Greater => has > number,
            _ => has >= number,
        };
}

internal enum FieldRelation
{
    Equal,
    StartsWith,
    EndsWith,
    Contains,
}

/// <summary>Compares a field with another field of the same event; false when either is missing.</summary>
internal sealed class FieldReferenceTest(string other, FieldRelation relation, bool cased) : ValueTest
{
    public override bool Matches(in SigmaValue value, bool present, ISigmaEvent fields, Evaluation evaluation)
    {
        if (!present || value.Kind == SigmaValueKind.Null || !fields.TryGet(other, out var second) || second.Kind is SigmaValueKind.Null or SigmaValueKind.Many) return false;
        var comparison = cased ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return relation switch
        {
            FieldRelation.StartsWith => value.Text.StartsWith(second.Text, comparison),
            FieldRelation.EndsWith => value.Text.EndsWith(second.Text, comparison),
            FieldRelation.Contains => value.Text.Contains(second.Text, comparison),
            _ => value.Kind == SigmaValueKind.Number && second.Kind == SigmaValueKind.Number
                ? value.TryGetNumber(out var left) && second.TryGetNumber(out var right) && left == right
                : value.Text.Equals(second.Text, comparison),
        };
    }
}
