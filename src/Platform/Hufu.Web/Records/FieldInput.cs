using R = Hufu.Records;
using Hufu.Web.Components;
using Choice = Hufu.Web.Components.Choice;
using FieldKind = Hufu.Web.Components.FieldKind;

namespace Hufu.Web.Records;

/// <summary>How a declared field is typed into a form.</summary>
internal static class FieldInput
{
    /// <summary>The control for a field.</summary>
    internal static FieldKind KindOf(R.Field field) => field.Kind switch
    {
        R.FieldKind.LongText or R.FieldKind.Markdown => FieldKind.LongText,
        R.FieldKind.Number => FieldKind.Number,
        R.FieldKind.Date => FieldKind.Date,
        R.FieldKind.Instant => FieldKind.DateTime,
        R.FieldKind.Choice => FieldKind.Choice,
        R.FieldKind.ChoiceSet => FieldKind.ChoiceSet,
        R.FieldKind.Flag => FieldKind.Flag,
        R.FieldKind.Reference or R.FieldKind.Person or R.FieldKind.Unit => FieldKind.Reference,
        R.FieldKind.Text => FieldKind.Text,
        _ => throw new InvalidOperationException($"Unknown field kind {field.Kind}."),
    };

    /// <summary>The choices of a field in the reader's language.</summary>
    internal static IReadOnlyList<Choice> OptionsOf(R.Field field) => [.. field.Choices.Select(c => new Choice(c.Code, c.Label.ToString()))];

    /// <summary>Where a picker asks for what a field may point at; null for fields without one.</summary>
    internal static string? PickUrlOf(R.Field field) => field.Kind switch
    {
        R.FieldKind.Reference => "/api/v1/pick/" + field.Target,
        R.FieldKind.Person => "/api/v1/pick/person",
        R.FieldKind.Unit => "/api/v1/pick/unit",
        _ => null,
    };

    /// <summary>A canonical value as the control shows it: times at the site's clock.</summary>
    internal static string? Shown(R.Field field, string? canonical) => field.Kind is R.FieldKind.Instant ? SiteTime.ToBox(canonical) : canonical;

    /// <summary>What was posted for a field as canonical text; what cannot be read stays as typed, for the field to refuse.</summary>
    internal static string? Read(R.Field field, Microsoft.Extensions.Primitives.StringValues posted)
    {
        var last = posted.LastOrDefault(p => !string.IsNullOrEmpty(p));
        return field.Kind switch
        {
            R.FieldKind.ChoiceSet => string.Join(';', posted.Where(p => !string.IsNullOrEmpty(p))),
            R.FieldKind.Instant => SiteTime.FromBox(last),
            _ => last,
        };
    }
}
