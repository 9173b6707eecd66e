using System.Globalization;
using System.Text.RegularExpressions;

namespace Hufu.Indicators;

/// <summary>A condition over the values of one event.</summary>
internal abstract record PatternNode
{
    /// <summary>The roles that it looks at, a bit for each.</summary>
    public abstract ulong Roles { get; }

    /// <summary>True when the values of an event fulfil it.</summary>
    /// <param name="values">The values.</param>
    /// <param name="matched">Told of the values that made it true.</param>
    /// <param name="timeouts">Counts regular expressions that were given up.</param>
    public abstract bool Matches(ReadOnlySpan<RoledValue> values, List<RoledValue> matched, ref long timeouts);

    /// <summary>Values of which an event must have one for this to be true; null when none can be named.</summary>
    public abstract IReadOnlyList<IndicatorValue>? Triggers();

    protected static ulong Bit(FieldRole role) => 1UL << (int)role;
}

internal sealed record PatternAll(IReadOnlyList<PatternNode> Items) : PatternNode
{
    public override ulong Roles => Items.Aggregate(0UL, (bits, item) => bits | item.Roles);

    public override bool Matches(ReadOnlySpan<RoledValue> values, List<RoledValue> matched, ref long timeouts)
    {
        var before = matched.Count;
        foreach (var item in Items)
        {
            if (item.Matches(values, matched, ref timeouts)) continue;
            matched.RemoveRange(before, matched.Count - before);
            return false;
        }

        return true;
    }

    // The rarest: one hash rather than a hundred addresses.
    public override IReadOnlyList<IndicatorValue>? Triggers() =>
        Items.Select(item => item.Triggers()).OfType<IReadOnlyList<IndicatorValue>>().OrderBy(values => values.Count).ThenBy(values => values.Max(value => Rarity(value.Kind))).FirstOrDefault();

    private static int Rarity(IndicatorKind kind) => kind switch
    {
        IndicatorKind.Hash or IndicatorKind.Ja3 or IndicatorKind.Hassh or IndicatorKind.ImportHash => 0,
        IndicatorKind.Url or IndicatorKind.Mutex or IndicatorKind.RegistryKey => 1,
        IndicatorKind.Domain or IndicatorKind.DomainTree or IndicatorKind.Subdomains or IndicatorKind.Email => 2,
        IndicatorKind.Address or IndicatorKind.CommandLine or IndicatorKind.FilePath => 3,
        _ => 4,
    };
}

internal sealed record PatternAny(IReadOnlyList<PatternNode> Items) : PatternNode
{
    public override ulong Roles => Items.Aggregate(0UL, (bits, item) => bits | item.Roles);

    public override bool Matches(ReadOnlySpan<RoledValue> values, List<RoledValue> matched, ref long timeouts)
    {
        foreach (var item in Items)
            if (item.Matches(values, matched, ref timeouts)) return true;
        return false;
    }

    public override IReadOnlyList<IndicatorValue>? Triggers()
    {
        var all = new List<IndicatorValue>();
        foreach (var item in Items)
        {
            if (item.Triggers() is not { } some) return null;
            all.AddRange(some);
        }

        return all;
    }
}

/// <summary>How a property is compared.</summary>
internal enum PatternOperator
{
    Equal,
    Like,
    Match,
    Within,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>One comparison: some value of the roles is so, or, turned about, some is not.</summary>
internal sealed record PatternTerm(PatternProperty Property, PatternOperator Operator, IReadOnlyList<string> Literals, bool Not, Regex? Regex) : PatternNode
{
    public override ulong Roles => Property.Roles.Aggregate(0UL, (bits, role) => bits | Bit(role));

    public override bool Matches(ReadOnlySpan<RoledValue> values, List<RoledValue> matched, ref long timeouts)
    {
        var roles = Roles;
        foreach (var value in values)
        {
            if ((roles & Bit(value.Role)) == 0) continue;
            bool holds;
            try
            {
                holds = Holds(value);
            }
            catch (RegexMatchTimeoutException)
            {
                timeouts++;
                continue;
            }

            if (holds == Not) continue;
            matched.Add(value);
            return true;
        }

        return false;
    }

    public override IReadOnlyList<IndicatorValue>? Triggers()
    {
        if (Not || Property.Kind is not { } kind) return null;
        switch (Operator)
        {
            case PatternOperator.Equal:
                var values = Literals.Select(literal => ValueOf(kind, literal)).ToList();
                return values.Exists(value => value is null) ? null : [.. values.OfType<IndicatorValue>()];
            case PatternOperator.Within when kind == IndicatorKind.Address:
                return [.. Literals.Select(literal => new IndicatorValue(literal.Contains('/', StringComparison.Ordinal) ? IndicatorKind.Range : IndicatorKind.Address, literal))];
            default:
                return null;
        }
    }

    /// <summary>The values of which one is meant, where the comparison means nothing else; null when it does.</summary>
    public IReadOnlyList<IndicatorValue>? Plain()
    {
        if (!Property.IsPlain) return null;
        if (Operator == PatternOperator.Like && !Not && Property.Kind == IndicatorKind.Domain && Literals is [{ } like] && like.StartsWith("%.", StringComparison.Ordinal) && like.AsSpan(2).IndexOfAny('%', '_') < 0 && DomainValue.Read(like[2..]) is { } below)
            return [new IndicatorValue(IndicatorKind.Subdomains, below)];
        return Triggers();
    }

    private IndicatorValue? ValueOf(IndicatorKind kind, string literal) => kind switch
    {
        IndicatorKind.Address when literal.Contains('/', StringComparison.Ordinal) => new(IndicatorKind.Range, literal),
        IndicatorKind.Address when Property.IsEither && !AddressValue.TryRead(literal, out _) => new(IndicatorKind.Domain, literal),
        _ => new(kind, literal),
    };

    private bool Holds(RoledValue value)
    {
        switch (Operator)
        {
            case PatternOperator.Equal:
                foreach (var literal in Literals)
                    if (Property.Kind == IndicatorKind.Address && literal.Contains('/', StringComparison.Ordinal) ? Contains(literal, value.Text) : value.Text == literal || (Property.Kind == IndicatorKind.Url && UrlEqual(value.Text, literal))) return true;
                return false;
            case PatternOperator.Like or PatternOperator.Match:
                return Regex!.IsMatch(Property.OnRaw ? value.Raw : value.Text);
            case PatternOperator.Within:
                foreach (var literal in Literals)
                    if (Contains(literal, value.Text)) return true;
                return false;
            default:
                if (!decimal.TryParse(value.Text, NumberStyles.Number, CultureInfo.InvariantCulture, out var has) || !decimal.TryParse(Literals[0], NumberStyles.Number, CultureInfo.InvariantCulture, out var bound)) return Not;
                return Operator switch
                {
                    PatternOperator.Less => has < bound,
                    PatternOperator.LessOrEqual => has <= bound,
                    PatternOperator.Greater => has > bound,
                    _ => has >= bound,
                };
        }
    }

    /// <summary>True when two URLs in normal form are one: a scheme that one does not tell may be any.</summary>
    internal static bool UrlEqual(string one, string other)
    {
        var (a, b) = (one.IndexOf("://", StringComparison.Ordinal), other.IndexOf("://", StringComparison.Ordinal));
        return (a < 0) != (b < 0) && one.AsSpan(a < 0 ? 0 : a + 3).SequenceEqual(other.AsSpan(b < 0 ? 0 : b + 3));
    }

    private static bool Contains(string range, string address)
    {
        if (!AddressValue.TryRead(address, out var key)) return false;
        return AddressValue.TryRange(range, out var from, out var length) ? (key & AddressValue.Mask(length)) == from : AddressValue.TryRead(range, out var single) && single == key;
    }
}

/// <summary>A property of STIX that events can have.</summary>
/// <param name="Path">As STIX writes it.</param>
/// <param name="Kind">What kind of value it is; absent for what is in no set, such as a port.</param>
/// <param name="Roles">The roles that have it.</param>
internal sealed record PatternProperty(string Path, IndicatorKind? Kind, params FieldRole[] Roles)
{
    /// <summary>True when a value of the kind, wherever it is seen, is what is meant.</summary>
    public bool IsPlain { get; init; }

    /// <summary>True for the end of a connection, which is an address or a name.</summary>
    public bool IsEither { get; init; }

    /// <summary>True when patterns are compared with what the event has, not with its normal form.</summary>
    public bool OnRaw { get; init; }

    /// <summary>True when capitals do not matter.</summary>
    public bool AnyCase { get; init; } = true;
}
