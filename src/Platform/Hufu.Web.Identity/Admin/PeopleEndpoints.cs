using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity.Admin;

/// <summary>A secret that an administrator hands on: a sign-in link or a temporary password.</summary>
public sealed record HandOver(string Title, string Note, string Secret);

/// <summary>Administration of people.</summary>
internal static class PeopleEndpoints
{
    private const int PageSize = 50;

    internal static void MapPeople(this IEndpointRouteBuilder routes)
    {
        var read = routes.MapGroup("/admin/people").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(IdentityModule.Area));
        var change = routes.MapGroup("/admin/people").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(IdentityModule.Area, Right.Administer));

        read.MapGet("", async (string? q, string? after, PageContext page, IdentityAdmin admin, HttpContext http) =>
        {
            var people = await admin.PeopleAsync(page.Actor, q, after, PageSize + 1, http.RequestAborted);
            return people.IsOk
                ? Pages.Of<PeoplePage>(new { Search = q, After = after, People = (IReadOnlyList<PersonLine>)[.. people.Value.Take(PageSize)], More = people.Value.Count > PageSize })
                : Forms.Refused(people.Errors);
        });
        read.MapGet("/{id:guid}", (Guid id, PageContext page, IdentityAdmin admin) => ShowAsync(id, page, admin));

        change.MapGet("/new", () => Pages.Of<PersonFormPage>(new { Input = new PersonInput("", "") }));
        change.MapPost("/new", CreateAsync);
        change.MapPost("/{id:guid}", async (Guid id, HttpContext http, PageContext page, IdentityAdmin admin) =>
        {
            var form = await http.Request.ReadFormAsync();
            var errors = new List<Error>();
            var input = Input(form, errors);
            var done = errors.Count > 0 ? Result.Fail(errors) : await admin.UpdatePersonAsync(page.Actor, id, input, form.Text("stamp"), form.Text("reason"), http.RequestAborted);
            return done.IsOk ? Forms.Back(page, done, Path(id), T("web.saved")) : await ShowAsync(id, page, admin, input, done.Errors);
        });
        change.MapPost("/{id:guid}/link", async (Guid id, HttpContext http, PageContext page, IdentityAdmin admin) =>
        {
            var link = await LinkAsync(id, http, page, admin);
            return link.IsOk ? await ShowAsync(id, page, admin, handOver: link.Value) : Forms.Back(page, link, Path(id));
        });
        change.MapPost("/{id:guid}/password", async (Guid id, PageContext page, IdentityAdmin admin) =>
        {
            var password = await PasswordAsync(id, page, admin);
            return password.IsOk ? await ShowAsync(id, page, admin, handOver: password.Value) : Forms.Back(page, password, Path(id));
        });
        change.MapPost("/{id:guid}/unlock", async (Guid id, PageContext page, IdentityAdmin admin) => Forms.Back(page, await admin.UnlockAsync(page.Actor, id), Path(id)));
        change.MapPost("/{id:guid}/second-factor", async (Guid id, HttpContext http, PageContext page, IdentityAdmin admin) => Forms.Back(page, await admin.ResetSecondFactorAsync(page.Actor, id, (await http.Request.ReadFormAsync()).Text("reason")), Path(id)));
        change.MapPost("/{id:guid}/deactivate", async (Guid id, HttpContext http, PageContext page, IdentityAdmin admin) => Forms.Back(page, await admin.DeactivatePersonAsync(page.Actor, id, null, (await http.Request.ReadFormAsync()).Text("reason")), Path(id)));
        change.MapPost("/{id:guid}/reactivate", async (Guid id, HttpContext http, PageContext page, IdentityAdmin admin) => Forms.Back(page, await admin.ReactivatePersonAsync(page.Actor, id, (await http.Request.ReadFormAsync()).Text("reason")), Path(id)));
        change.MapPost("/{id:guid}/roles", async (Guid id, HttpContext http, PageContext page, IdentityAdmin admin) =>
        {
            var form = await http.Request.ReadFormAsync();
            var errors = new List<Error>();
            var until = form.Day("validUntil", errors);
            var done = errors.Count > 0 ? Result.Fail(errors) : await admin.AssignRoleAsync(page.Actor, id, form.Id("role") ?? Guid.Empty, until, form.Text("reason"));
            return Forms.Back(page, done, Path(id) + "#roles");
        });
        change.MapPost("/{id:guid}/roles/{role:guid}/remove", async (Guid id, Guid role, PageContext page, IdentityAdmin admin) => Forms.Back(page, await admin.RemoveRoleAsync(page.Actor, id, role), Path(id) + "#roles"));
        change.MapPost("/{id:guid}/tokens/{token:guid}/revoke", async (Guid id, Guid token, PageContext page, IdentityAdmin admin) => Forms.Back(page, await admin.RevokeTokenAsync(page.Actor, token), Path(id) + "#tokens"));
    }

    internal static string Path(Guid id) => $"/admin/people/{id}";

    private static async Task<IResult> CreateAsync(HttpContext http, PageContext page, IdentityAdmin admin)
    {
        var form = await http.Request.ReadFormAsync();
        var errors = new List<Error>();
        var input = Input(form, errors);
        var made = errors.Count > 0 ? Result.Fail<Guid>(errors) : await admin.CreatePersonAsync(page.Actor, input, form.Text("reason"), http.RequestAborted);
        if (!made.IsOk) return Pages.Of<PersonFormPage>(new { Input = input, made.Errors, Way = form.Text("way") }, 422);
        if (form.Id("role") is { } role && await admin.AssignRoleAsync(page.Actor, made.Value, role) is { IsOk: false } refused) page.Flash(refused.Errors.Joined(), bad: true);
        var handOver = form.Text("way") switch
        {
            "link" => await LinkAsync(made.Value, http, page, admin),
            "password" => await PasswordAsync(made.Value, page, admin),
            _ => null,
        };
        if (handOver is { IsOk: true }) return await ShowAsync(made.Value, page, admin, handOver: handOver.Value);
        return Forms.Back(page, handOver ?? Result.Ok, Path(made.Value), T("id.person-created"));
    }

    private static async Task<Result<HandOver>> LinkAsync(Guid id, HttpContext http, PageContext page, IdentityAdmin admin)
    {
        var link = await admin.IssueSignInLinkAsync(page.Actor, id);
        return link.IsOk
            ? Result.Of(new HandOver(T("id.sign-in-link"), T("id.sign-in-link-note"), $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}/sign-in/link?person={id}&token={Uri.EscapeDataString(link.Value)}"))
            : Result.Fail<HandOver>(link.Errors);
    }

    private static async Task<Result<HandOver>> PasswordAsync(Guid id, PageContext page, IdentityAdmin admin)
    {
        var password = await admin.IssueTemporaryPasswordAsync(page.Actor, id);
        return password.IsOk ? Result.Of(new HandOver(T("id.temporary-password"), T("id.temporary-password-note"), password.Value)) : Result.Fail<HandOver>(password.Errors);
    }

    private static async Task<IResult> ShowAsync(Guid id, PageContext page, IdentityAdmin admin, PersonInput? input = null, IReadOnlyList<Error>? errors = null, HandOver? handOver = null)
    {
        var person = await admin.PersonAsync(page.Actor, id);
        return person.IsOk
            ? Pages.Of<PersonPage>(new { Person = person.Value, Input = input ?? person.Value.Input, Errors = errors ?? [], HandOver = handOver }, errors is null ? 200 : 422)
            : Forms.Refused(person.Errors);
    }

    private static PersonInput Input(IFormCollection form, List<Error> errors) => new(
        form.Text("account") ?? "", form.Text("displayName") ?? "", form.Text("email"), form.Id("unitId"), form.Text("language") ?? "zh-TW", form.Day("joinedOn", errors), form.Day("leftOn", errors));
}
