using System.Globalization;
using System.Text;
using Hufu.Kernel;
using Hufu.Web.Components;
using Microsoft.AspNetCore.Http;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Records;

/// <summary>Reading posted forms and answering them.</summary>
public static class Forms
{
    /// <summary>The last value of a field without blanks around it; null when empty.</summary>
    public static string? Text(this IFormCollection form, string name) => form[name].LastOrDefault()?.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>The value as typed, for secrets: blanks count.</summary>
    public static string Secret(this IFormCollection form, string name) => form[name].LastOrDefault() ?? "";

    /// <summary>True when a check box was ticked.</summary>
    public static bool Flag(this IFormCollection form, string name) => form[name].LastOrDefault() == "true";

    /// <summary>The name of an uploaded file: without folders, and without characters that are not seen or that turn the rest around.</summary>
    public static string FileName(this IFormFile file) => FileName(file.FileName);

    /// <inheritdoc cref="FileName(IFormFile)" />
    public static string FileName(string given)
    {
        var name = string.Concat(Path.GetFileName(given.Replace('\\', '/')).EnumerateRunes().Select(r => Rune.GetUnicodeCategory(r) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? "_" : r.ToString()));
        return name.Length <= 200 ? name : name[^(char.IsLowSurrogate(name[^200]) ? 199 : 200)..];
    }

    /// <summary>The identity in a field; null when there is none.</summary>
    public static Guid? Id(this IFormCollection form, string name) => Guid.TryParse(form.Text(name), out var id) ? id : null;

    /// <summary>The whole number in a field; null when there is none.</summary>
    public static int? Whole(this IFormCollection form, string name) => int.TryParse(form.Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The day in a field; what is no day counts as an error.</summary>
    public static DateOnly? Day(this IFormCollection form, string name, List<Error> errors)
    {
        if (form.Text(name) is not { } text) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        errors.Add(Error.Of("field.not-a-date", "日期格式為 2026-11-23。", "A date is written 2026-11-23.", name));
        return null;
    }

    /// <summary>Errors as a form shows them.</summary>
    public static IReadOnlyList<FormError> ForForm(this IReadOnlyList<Error> errors) => [.. errors.Select(e => new FormError(e.Message.ToString(), e.Place))];

    /// <summary>What is wrong with one field.</summary>
    public static string? At(this IReadOnlyList<Error> errors, string field) => errors.FirstOrDefault(e => e.Place == field)?.Message.ToString();

    /// <summary>All messages in one line.</summary>
    public static string Joined(this IReadOnlyList<Error> errors) => string.Join(" ", errors.Select(e => e.Message.ToString()));

    /// <summary>The day as a form field has it.</summary>
    public static string? Iso(this DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A path of this site to go on to; the start page in place of anything else.</summary>
    public static string LocalOr(string? path, string other = "/") =>
        Pages.IsLocal(path) && !path!.StartsWith("/sign-", StringComparison.Ordinal) && !path!.StartsWith("/setup", StringComparison.Ordinal) ? path! : other;

    /// <summary>A refusal as a page.</summary>
    public static IResult Refused(IReadOnlyList<Error> errors) => Refusals.Of(errors);

    /// <summary>Goes back with what came of an act.</summary>
    public static IResult Back(PageContext page, Result result, string path, string? done = null)
    {
        if (result.IsOk) page.Flash(done ?? T("web.done"));
        else page.Flash(result.Errors.Joined(), bad: true);
        return Results.LocalRedirect(path);
    }
}
