using System.Globalization;
using Hufu.Records;

namespace Hufu.Integration.Tests;

/// <summary>Makes values that a record type accepts, out of its declaration.</summary>
internal static class Values
{
    /// <summary>A value for every field that people fill in. References point at records that were made before, where there are any.</summary>
    /// <param name="type">The type.</param>
    /// <param name="word">Makes this record's texts differ from another's.</param>
    /// <param name="targets">A number for each type that a reference may point at.</param>
    /// <param name="person">Account of somebody.</param>
    /// <param name="unit">Name of a unit.</param>
    public static Dictionary<string, string?> Of(RecordType type, string word, IReadOnlyDictionary<string, string> targets, string person, string unit)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var field in type.Fields.Where(f => !f.ReadOnly && !f.Sensitive))
        {
            var value = field.Kind switch
            {
                FieldKind.Text => Cut($"{word} {field.Key}", field.MaxLength),
                FieldKind.LongText or FieldKind.Markdown => Cut($"{word} {field.Key}\n第二行，「引號」,逗號;分號\"", field.MaxLength),
                FieldKind.Number => (field.Min ?? field.Max ?? 3m).ToString(CultureInfo.InvariantCulture),
                FieldKind.Date => "2026-12-31",
                FieldKind.Instant => "2026-11-20T01:02:03Z",
                FieldKind.Choice => field.Choices[0].Code,
                FieldKind.ChoiceSet => string.Join(';', field.Choices.Take(2).Select(c => c.Code)),
                FieldKind.Flag => "true",
                FieldKind.Reference => targets.GetValueOrDefault(field.Target!),
                FieldKind.Person => person,
                FieldKind.Unit => unit,
                _ => throw new InvalidOperationException($"No value for {field.Kind}."),
            };
            if (value is not null) values[field.Key] = value;
        }

        return values;
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}
