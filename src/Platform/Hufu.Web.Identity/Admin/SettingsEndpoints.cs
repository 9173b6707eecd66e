using System.Globalization;
using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity.Admin;

/// <summary>The log of denials, the organisation's settings, and the fields that the site adds.</summary>
internal static class SettingsEndpoints
{
    private const int PageSize = 100;
    private const int FieldsPerType = 40;
    private static readonly Error NoField = Error.Of("custom-field.not-found", "找不到這個欄位。", "This field does not exist.");

    internal static void MapSettings(this IEndpointRouteBuilder routes)
    {
        var read = routes.MapGroup("/admin").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(IdentityModule.Area));
        var change = routes.MapGroup("/admin").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(IdentityModule.Area, Right.Administer));

        read.MapGet("/denials", async (long? before, HufuDbContext db, HttpContext http) =>
        {
            var rows = await db.Denials.AsNoTracking().Where(d => before == null || d.Id < before).OrderByDescending(d => d.Id).Take(PageSize + 1).ToListAsync(http.RequestAborted);
            return Pages.Of<DenialsPage>(new { Rows = (IReadOnlyList<Denial>)[.. rows.Take(PageSize)], Before = before, More = rows.Count > PageSize });
        });

        read.MapGet("/settings", async (HufuDbContext db) => Pages.Of<SettingsPage>(new { Organisation = await Organisation.ReadAsync(db), PasswordLength = await PasswordRules.MinimumLengthAsync(db) }));
        change.MapPost("/settings", SaveSettingsAsync);

        read.MapGet("/custom-fields", async (HufuDbContext db) => Pages.Of<CustomFieldsPage>(new { Fields = (IReadOnlyList<CustomField>)await db.CustomFields.AsNoTracking().OrderBy(f => f.TypeKey).ThenBy(f => f.Order).ThenBy(f => f.Key).ToListAsync() }));
        change.MapGet("/custom-fields/new", (string? type) => Pages.Of<CustomFieldPage>(new { Definition = new CustomField { TypeKey = type ?? "", Key = "x_" }, IsNew = true }));
        change.MapPost("/custom-fields/new", (HttpContext http, PageContext page, HufuDbContext db, CustomFieldLoader loader) => SaveFieldAsync(null, http, page, db, loader));
        change.MapGet("/custom-fields/{id:guid}", async (Guid id, HufuDbContext db) => await db.CustomFields.AsNoTracking().FirstOrDefaultAsync(f => f.Id == id) is { } field
            ? Pages.Of<CustomFieldPage>(new { Definition = field })
            : Forms.Refused([NoField]));
        change.MapPost("/custom-fields/{id:guid}", (Guid id, HttpContext http, PageContext page, HufuDbContext db, CustomFieldLoader loader) => SaveFieldAsync(id, http, page, db, loader));
        change.MapPost("/custom-fields/{id:guid}/delete", async (Guid id, PageContext page, HufuDbContext db, CustomFieldLoader loader) =>
        {
            if (await db.CustomFields.FirstOrDefaultAsync(f => f.Id == id) is not { } field) return Forms.Refused([NoField]);
            db.ActAs(page.Actor, "delete");
            db.Remove(field);
            await db.SaveChangesAsync();
            await loader.LoadAsync();
            return Forms.Back(page, Result.Ok, "/admin/custom-fields");
        });
    }

    private static async Task<IResult> SaveSettingsAsync(HttpContext http, PageContext page, HufuDbContext db, OrganisationCache cache)
    {
        var form = await http.Request.ReadFormAsync();
        var errors = new List<Error>();
        var organisation = new Organisation(form.Text("name") ?? "", form.Text("nameEn"), form.Flag("publicAgency"), form.Text("level") ?? "", form.Text("language") ?? "");
        var length = form.Whole("passwordLength") ?? 0;
        if (organisation.Name.Length is 0 or > 100 || organisation.NameEn?.Length > 200) errors.Add(Error.Of("first-run.name", "請填機關或公司名稱，最多 100 個字元。", "Give the organisation's name, at most 100 characters.", "name"));
        if (organisation.Level is not ("" or "A" or "B" or "C" or "D" or "E")) errors.Add(Error.Of("first-run.level", "資通安全責任等級為 A 至 E。", "The responsibility level is A to E.", "level"));
        if (organisation.Language is not ("zh-TW" or "en")) errors.Add(Error.Of("first-run.language", "語言只能是 zh-TW 或 en。", "The language is zh-TW or en.", "language"));
        if (length is < PasswordRules.LowestMinimumLength or > 64) errors.Add(Error.Of("settings.password-length", $"密碼長度須為 {PasswordRules.LowestMinimumLength} 至 64。", $"The length is {PasswordRules.LowestMinimumLength} to 64.", "passwordLength"));
        if (errors.Count > 0) return Pages.Of<SettingsPage>(new { Organisation = organisation, PasswordLength = length, Errors = (IReadOnlyList<Error>)errors }, 422);
        var known = await db.Settings.Where(s => s.Key.StartsWith("organisation.")).ToDictionaryAsync(s => s.Key);
        foreach (var (key, value) in new Dictionary<string, string>
        {
            [OrganisationKeys.Name] = organisation.Name,
            [OrganisationKeys.NameEn] = organisation.NameEn ?? "",
            [OrganisationKeys.PublicAgency] = organisation.PublicAgency ? "true" : "false",
            [OrganisationKeys.Level] = organisation.Level,
            [OrganisationKeys.Language] = organisation.Language,
            [OrganisationKeys.PasswordLength] = length.ToString(CultureInfo.InvariantCulture),
        })
        {
            if (known.TryGetValue(key, out var setting))
            {
                if (value.Length == 0 && key == OrganisationKeys.NameEn) db.Remove(setting);
                else setting.Value = value;
            }
            else if (value.Length > 0)
            {
                db.Add(new Setting { Key = key, Value = value });
            }
        }

        db.ActAs(page.Actor, "update", form.Text("reason"));
        await db.SaveChangesAsync();
        cache.Invalidate();
        return Forms.Back(page, Result.Ok, "/admin/settings", T("web.saved"));
    }

    private static async Task<IResult> SaveFieldAsync(Guid? id, HttpContext http, PageContext page, HufuDbContext db, CustomFieldLoader loader)
    {
        var form = await http.Request.ReadFormAsync();
        var field = id is null ? new CustomField { TypeKey = form.Text("typeKey") ?? "", Key = form.Text("key") ?? "", Kind = form.Text("kind") ?? "" } : await db.CustomFields.FirstOrDefaultAsync(f => f.Id == id);
        if (field is null) return Forms.Refused([NoField]);
        // Type, key and kind stay as they were made: records hold values under them.
        field.LabelZh = form.Text("labelZh") ?? "";
        field.LabelEn = form.Text("labelEn") ?? "";
        field.Choices = form.Text("choices")?.ReplaceLineEndings("\n") ?? "";
        field.Required = form.Flag("required");
        field.InList = form.Flag("inList");
        field.Order = form.Whole("order") ?? 0;
        var errors = new List<Error>(field.Check());
        if (field.LabelZh.Length > 100 || field.LabelEn.Length > 100 || field.Choices.Length > 8000) errors.Add(Error.Of("custom-field.long", "名稱最多 100 個字元，選項最多 8,000 個字元。", "Names have at most 100 characters, choices at most 8,000.", nameof(CustomField.LabelZh)));
        if (id is null)
        {
            if (db.Types.Find(field.TypeKey) is null) errors.Add(Error.Of("custom-field.type", "請選擇紀錄類型。", "Choose a record type.", nameof(CustomField.TypeKey)));
            if (await db.CustomFields.AnyAsync(f => f.TypeKey == field.TypeKey && f.Key == field.Key)) errors.Add(Error.Of("custom-field.taken", "這個代碼已使用。", "This key is taken.", nameof(CustomField.Key)));
            if (await db.CustomFields.CountAsync(f => f.TypeKey == field.TypeKey) >= FieldsPerType) errors.Add(Error.Of("custom-field.many", $"每種紀錄最多 {FieldsPerType} 個自訂欄位。", $"A record type has at most {FieldsPerType} custom fields."));
        }

        // Places are names of properties; the form's fields start in lower case.
        errors = errors.ConvertAll(e => e.Place is { Length: > 0 } place ? e with { Place = char.ToLowerInvariant(place[0]) + place[1..] } : e);
        if (errors.Count > 0) return Pages.Of<CustomFieldPage>(new { Definition = field, IsNew = id is null, Errors = (IReadOnlyList<Error>)errors }, 422);
        db.ActAs(page.Actor, id is null ? "create" : "update");
        if (id is null) db.Add(field);
        await db.SaveChangesAsync();
        await loader.LoadAsync();
        return Forms.Back(page, Result.Ok, "/admin/custom-fields", T("web.saved"));
    }
}
