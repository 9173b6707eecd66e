using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Web.Records;

/// <summary>Turns values of fields into what people read: names for people and units, numbers and titles for references, labels for choices.</summary>
public sealed class RecordPresenter(RecordStore store)
{
    private readonly Dictionary<(string Type, Guid Id), Record> names = [];

    /// <summary>Loads the names of everything that these records refer to: one query for each referenced type.</summary>
    public async Task LoadAsync(RecordType type, IReadOnlyCollection<Record> records, IEnumerable<Field>? fields = null)
    {
        foreach (var group in (fields ?? type.Fields).Where(f => f.Kind is FieldKind.Reference && f.Target is not null).GroupBy(f => f.Target!))
        {
            if (store.Types.Find(group.Key) is not { } target) continue;
            var ids = records.SelectMany(r => group.Select(f => f.Get(r) as Guid?)).OfType<Guid>().Where(id => !names.ContainsKey((target.Key, id))).Distinct().ToList();
            foreach (var (id, record) in await store.NamesAsync(target, ids)) names[(target.Key, id)] = record;
        }
    }

    /// <summary>The record that a reference points at, as far as it was loaded.</summary>
    public Record? Target(Field field, Record record) => field.Get(record) is Guid id ? names.GetValueOrDefault((field.Target!, id)) : null;

    /// <summary>The value as people read it; empty text for no value.</summary>
    public string Text(Field field, Record record) => Text(field, field.GetText(record));

    /// <summary>A canonical text as people read it.</summary>
    public string Text(Field field, string? canonical)
    {
        if (string.IsNullOrEmpty(canonical)) return "";
        switch (field.Kind)
        {
            case FieldKind.Choice:
                return field.FindChoice(canonical)?.Label.ToString() ?? canonical;
            case FieldKind.ChoiceSet:
                return string.Join("、", canonical.Split(';').Select(c => field.FindChoice(c)?.Label.ToString() ?? c));
            case FieldKind.Flag:
                return Kernel.Texts.T(canonical == "true" ? "web.yes" : "web.no");
            case FieldKind.Person:
                return Guid.TryParse(canonical, out var person) ? store.Directory.Person(person)?.Name ?? "?" : canonical;
            case FieldKind.Unit:
                return Guid.TryParse(canonical, out var unit) ? store.Directory.Unit(unit)?.Name ?? "?" : canonical;
            case FieldKind.Reference:
                return Guid.TryParse(canonical, out var id) && names.TryGetValue((field.Target!, id), out var record) ? $"{record.Number} {store.Types.Get(field.Target!).TitleOf(record)}" : canonical;
            case FieldKind.Instant:
                return DateTimeOffset.TryParse(canonical, System.Globalization.CultureInfo.InvariantCulture, out var at) ? SiteTime.Format(at) : canonical;
            case FieldKind.Text or FieldKind.LongText or FieldKind.Markdown or FieldKind.Number or FieldKind.Date:
                return field.InBothLanguages ? Kernel.KeptTexts.Shown(canonical) : canonical;
            default:
                throw new InvalidOperationException($"Unknown field kind {field.Kind}.");
        }
    }

    /// <summary>A field's value for people outside the product: as <see cref="Text(Field, Record)"/>, but references and people in a form that an import reads back.</summary>
    public string Exported(Field field, Record record)
    {
        if (field.GetText(record) is not { } canonical) return "";
        return field.Kind switch
        {
            FieldKind.Person => field.Get(record) is Guid person ? store.Directory.Person(person)?.Account ?? canonical : canonical,
            FieldKind.Unit => field.Get(record) is Guid unit ? store.Directory.Unit(unit)?.Name ?? canonical : canonical,
            FieldKind.Reference => Target(field, record)?.Number ?? canonical,
            _ => canonical,
        };
    }
}

/// <summary>The zone in which the product shows times. Taiwan has one zone and no summer time.</summary>
public static class SiteTime
{
    /// <summary>The zone; UTC+8 where the machine has no zone database.</summary>
    public static TimeZoneInfo Zone { get; } = TimeZoneInfo.TryFindSystemTimeZoneById("Asia/Taipei", out var zone) ? zone : TimeZoneInfo.CreateCustomTimeZone("Asia/Taipei", TimeSpan.FromHours(8), "Asia/Taipei", "Asia/Taipei");

    public static DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone);

    public static string Format(DateTimeOffset at) => Local(at).ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reads a time as a form field or an address has it: with an offset, or in the site's zone.</summary>
    public static bool TryParse(string? text, out DateTimeOffset at)
    {
        at = default;
        if (DateTime.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"], System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out var local))
        {
            at = new DateTimeOffset(local, Zone.GetUtcOffset(local));
            return true;
        }

        return DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"], System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out at);
    }

    /// <summary>A canonical time as a form's box holds it: at the site's clock, to the second. What is no time stays as it is, to be shown with its error.</summary>
    public static string? ToBox(string? canonical) =>
        DateTimeOffset.TryParseExact(canonical, ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"], System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at)
            ? Local(at).ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture)
            : canonical;

    /// <summary>What was typed into a box as a canonical time; what is no time stays as it is, for the field to refuse.</summary>
    public static string? FromBox(string? typed) =>
        TryParse(typed?.Trim().Replace(' ', 'T'), out var at) ? Field.ToText(at.ToUniversalTime()) : typed;

    /// <summary>The day that it is now at the site.</summary>
    public static DateOnly Today(TimeProvider clock) => DateOnly.FromDateTime(Local(clock.GetUtcNow()).DateTime);

    /// <summary>When a day begins at the site.</summary>
    public static DateTimeOffset StartOf(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(local, Zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
