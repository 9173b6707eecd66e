using System.Buffers;
using System.Globalization;

namespace Hufu.Sigma;

/// <summary>What a field of an event holds.</summary>
public enum SigmaValueKind
{
    /// <summary>The field is there and has no value; matches <c>null</c> in a rule, as a missing field does.</summary>
    Null,

    /// <summary>Text.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>Several values; a rule's value matches when one of them does.</summary>
    Many,
}

/// <summary>The value of a field of an event. The default value is null.</summary>
public readonly struct SigmaValue
{
    private readonly object? reference;
    private readonly double number;

    private SigmaValue(SigmaValueKind kind, object? reference, double number)
    {
        Kind = kind;
        this.reference = reference;
        this.number = number;
    }

    /// <summary>What the value is.</summary>
    public SigmaValueKind Kind { get; }

    /// <summary>The value as text, as it is compared with a rule's text: numbers in invariant form, booleans as <c>true</c> and <c>false</c>, otherwise empty.</summary>
    public string Text => Kind switch
    {
        SigmaValueKind.Text => (string)reference!,
        SigmaValueKind.Number => reference as string ?? number.ToString("R", CultureInfo.InvariantCulture),
        SigmaValueKind.Boolean => number != 0 ? "true" : "false",
        _ => "",
    };

    /// <summary>The boolean; false for other kinds.</summary>
    public bool Boolean => Kind == SigmaValueKind.Boolean && number != 0;

    /// <summary>The values of a <see cref="SigmaValueKind.Many"/>; empty for other kinds.</summary>
    public IReadOnlyList<SigmaValue> Items => reference as IReadOnlyList<SigmaValue> ?? [];

    /// <summary>Text.</summary>
    public static SigmaValue Of(string text) => new(SigmaValueKind.Text, text ?? throw new ArgumentNullException(nameof(text)), 0);

    /// <summary>A number. <paramref name="written"/> keeps how the source wrote it, for comparison as text.</summary>
    public static SigmaValue Of(double number, string? written = null) => new(SigmaValueKind.Number, written, number);

    /// <summary>True or false.</summary>
    public static SigmaValue Of(bool value) => new(SigmaValueKind.Boolean, null, value ? 1 : 0);

    /// <summary>Several values.</summary>
    public static SigmaValue Of(IReadOnlyList<SigmaValue> items) => new(SigmaValueKind.Many, items ?? throw new ArgumentNullException(nameof(items)), 0);

    /// <summary>The value as a number, also when it is text that is a number in invariant decimal form.</summary>
    public bool TryGetNumber(out double value)
    {
        if (Kind == SigmaValueKind.Number)
        {
            value = number;
            return true;
        }

        if (Kind == SigmaValueKind.Text)
            return double.TryParse((string)reference!, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
        value = 0;
        return false;
    }

    /// <inheritdoc />
    public override string ToString() => Kind == SigmaValueKind.Many ? string.Join(", ", Items) : Text;
}

/// <summary>
/// The fields of one event, as a rule sees them. The host implements this over its own event type without copying. Field names are
/// compared exactly, except that spaces do not count (rules specification, "Field Usage"): <c>Threat Name</c> is <c>ThreatName</c>.
/// </summary>
public interface ISigmaEvent
{
    /// <summary>Number of values that a keyword search looks through.</summary>
    int KeywordValueCount { get; }

    /// <summary>Gets a field by its name without spaces; false when the event has no such field.</summary>
    bool TryGet(string field, out SigmaValue value);

    /// <summary>One of the values that a keyword search looks through; the field's name is for display.</summary>
    SigmaValue KeywordValueAt(int index, out string field);
}

/// <summary>
/// An event that can name its fields one after the other. Where an event is this, only the fields that it has are looked at, instead of asking
/// it for each that some rule knows, and no text needs to be made of what a rule only searches.
/// </summary>
public interface ISigmaFieldList : ISigmaEvent
{
    /// <summary>Number of fields; each name occurs once, and <see cref="ISigmaEvent.TryGet"/> gives the same values.</summary>
    int FieldCount { get; }

    /// <summary>One of the fields.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="name">The field's name without spaces.</param>
    /// <param name="text">The same as <see cref="SigmaValue.Text"/> of the value; a number's text must be that number. Empty for null and several values.</param>
    SigmaValueKind FieldAt(int index, out ReadOnlySpan<char> name, out ReadOnlySpan<char> text);

    /// <summary>The value of one of the fields.</summary>
    SigmaValue ValueAt(int index);

    /// <summary>The same value as <see cref="ISigmaEvent.KeywordValueAt"/> gives, without making a text of it.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="text">As for <see cref="FieldAt"/>.</param>
    SigmaValueKind KeywordAt(int index, out ReadOnlySpan<char> text);

    /// <summary>
    /// False when it is certain that no value that a keyword search looks through holds any of these texts. For an event that can tell so sooner than by one value after the
    /// other; true where it cannot.
    /// </summary>
    /// <param name="texts">Texts, whatever their case.</param>
    bool MayHold(SearchValues<string> texts) => true;
}

/// <summary>
/// Which fields all events of one kind may have, for instance because the same fields were read of them. What is known of a shape is remembered for the next event that has
/// it, so shapes are compared by reference and the same object is given each time.
/// </summary>
public abstract class SigmaShape
{
    /// <summary>False when it is certain that no event of this shape has the field, by its name without spaces. Safe for use by several threads.</summary>
    public abstract bool MayHave(string field);
}

/// <summary>An event that knows its shape: of the fields that rules ask for, only those that the shape may have are asked.</summary>
public interface ISigmaShapedEvent : ISigmaEvent
{
    /// <summary>The shape; null for an event that has none, which is asked for every field.</summary>
    SigmaShape? Shape { get; }
}

/// <summary>An event held in a dictionary; for tests and small tools.</summary>
public sealed class SigmaDictionaryEvent : ISigmaFieldList
{
    private readonly Dictionary<string, SigmaValue> fields = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<string, SigmaValue>> ordered = [];
    private readonly List<string> names = [];

    /// <summary>Takes fields; spaces in names are removed.</summary>
    public SigmaDictionaryEvent(IEnumerable<KeyValuePair<string, SigmaValue>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (var (name, value) in values)
        {
            var plain = name.Replace(" ", "", StringComparison.Ordinal);
            if (!fields.TryAdd(plain, value)) continue;
            ordered.Add(new(name, value));
            names.Add(plain);
        }
    }

    /// <inheritdoc />
    public int KeywordValueCount => ordered.Count;

    /// <inheritdoc />
    public bool TryGet(string field, out SigmaValue value) => fields.TryGetValue(field, out value);

    /// <inheritdoc />
    public SigmaValue KeywordValueAt(int index, out string field)
    {
        field = ordered[index].Key;
        return ordered[index].Value;
    }

    /// <inheritdoc />
    public int FieldCount => ordered.Count;

    /// <inheritdoc />
    public SigmaValueKind FieldAt(int index, out ReadOnlySpan<char> name, out ReadOnlySpan<char> text)
    {
        name = names[index];
        text = ordered[index].Value.Text;
        return ordered[index].Value.Kind;
    }

    /// <inheritdoc />
    public SigmaValue ValueAt(int index) => ordered[index].Value;

    /// <inheritdoc />
    public SigmaValueKind KeywordAt(int index, out ReadOnlySpan<char> text) => FieldAt(index, out _, out text);
}
