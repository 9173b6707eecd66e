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
        var day = new DateOnly(2026, 12, 1);
        foreach (var field in type.Fields.Where(f => !f.ReadOnly && !f.Sensitive))
        {
            var value = Shaped.GetValueOrDefault(field.Key) ?? field.Kind switch
            {
                FieldKind.Text => Cut($"{word} {field.Key}", field.MaxLength),
                FieldKind.LongText or FieldKind.Markdown => Cut($"{word} {field.Key}\n第二行，「引號」,逗號;分號\"", field.MaxLength),
                FieldKind.Number => (field.Min ?? field.Max ?? 3m).ToString(CultureInfo.InvariantCulture),
                // One day after the other: what ends lies after what begins.
                FieldKind.Date => (day = day.AddDays(1)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
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

    /// <summary>Leaves out a field that a rule of the type does not take as it was made up; false when it cannot be left out.</summary>
    public static bool DropRefused(RecordType type, Dictionary<string, string?> values, string? place) =>
        place is not null && type.FindField(place) is { Required: false } && values.Remove(place);

    // Texts that must have a form.
    private static readonly Dictionary<string, string> Shaped = new(StringComparer.Ordinal) { ["addresses"] = "192.0.2.10", ["allowed"] = "192.0.2.0/24, 2001:db8::/32", ["address"] = "192.0.2.1", ["certificate"] = "own.pem", ["path"] = "/var/log/nowhere/*.log", ["recordBegins"] = "indented", ["decoderName"] = "door", ["patterns"] = "opened {door} by {badge:num} => action=open", ["fixedFields"] = "building=HQ", ["ecsFields"] = "badge=user.name", ["mappingName"] = "door-log", ["conditions"] = "@app=door*\nbadge", ["logSources"] = "-/authentication/door", ["fieldNames"] = "User=badge @host", ["outputCode"] = "O2.1.1", ["outputs"] = "O2.1.1", ["query"] = "user:alice OR 登入", ["basisQuery"] = "source:fw", ["host"] = "db.example.org", ["file"] = "/var/log/nowhere/app.db", ["statement"] = "SELECT id, at, 備註 FROM audit WHERE id > @after ORDER BY id", ["bookmarkColumn"] = "id", ["timeZone"] = "Asia/Taipei", ["folder"] = "/srv/nowhere/rules", ["ruleTags"] = "attack.t1110*", ["ruleSources"] = "linux/*/sshd", ["switchedOn"] = "aaaa we want it", ["switchedOff"] = "bbbb too noisy", ["yaml"] = "title: Door\nid: 0d0d0d0d-0000-4000-8000-000000000001\nlogsource: { product: linux }\ndetection:\n  a: { message: opened }\n  condition: a", ["mustMatch"] = "opened", ["mustNotMatch"] = "closed", ["rules"] = "any", ["condition"] = "host: scan01" };

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}
