using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Web.Identity.Account;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity.SignIn;

/// <summary>The first run.</summary>
internal static class SetupEndpoints
{
    internal static void MapSetup(this IEndpointRouteBuilder routes)
    {
        var setup = routes.MapGroup("/setup").AllowAnonymous().ExcludeFromDescription();
        setup.MapGet("", async (HttpContext http, FirstRunState state, PageContext page) => await state.IsDoneAsync(http)
            ? Results.LocalRedirect("/")
            : Pages.Of<SetupPage>(new { Input = new FirstRunInput("", null, true, null, page.Language, "", "", null, ""), CodeNeeded = SetupCode.IsNeeded(http) }));
        setup.MapPost("", DoAsync);
    }

    private static async Task<IResult> DoAsync(HttpContext http, FirstRun firstRun, PageContext page, OrganisationCache organisation, SetupCode code, PersonSignIn signIn, UserManager<Person> users)
    {
        var form = await http.Request.ReadFormAsync();
        var input = new FirstRunInput(
            form.Text("organisationName") ?? "", form.Text("organisationNameEn"), form.Flag("publicAgency"), form.Text("level"), form.Text("language") ?? "zh-TW",
            form.Text("account") ?? "", form.Text("displayName") ?? "", form.Text("email"), form.Secret("password"));
        var needed = SetupCode.IsNeeded(http);
        if (needed && !code.Is(form.Text("code")))
        {
            // Forty bits stand against a guess a second: no attempt within a lifetime.
            await Task.Delay(TimeSpan.FromSeconds(1), http.RequestAborted);
            return Pages.Of<SetupPage>(new { Input = input, CodeNeeded = true, Errors = (IReadOnlyList<Error>)[Error.Of("first-run.code", "設定碼不正確；請看伺服器啟動時的終端機訊息。", "The set-up code is not right; it is in the server's terminal output.", "code")] }, 422);
        }

        if (input.Password != form.Secret("again")) return Pages.Of<SetupPage>(new { Input = input, CodeNeeded = needed, Errors = (IReadOnlyList<Error>)[OwnAffairs.Differ] }, 422);
        var made = await firstRun.SetUpAsync(input, http.RequestAborted);
        if (!made.IsOk)
            return made.Errors[0].Code == "first-run.done" ? Results.LocalRedirect("/") : Pages.Of<SetupPage>(new { Input = input, CodeNeeded = needed, made.Errors }, 422);
        organisation.Invalidate();
        // The person has just chosen the password: no need to ask for it again.
        if (await users.FindByIdAsync(made.Value.ToString()) is { } person)
        {
            await signIn.SignInAsync(person, isPersistent: false);
            SignInEndpoints.Remember(http, person.Language, person.Theme);
        }

        page.Flash(T("id.setup-done"));
        return Results.LocalRedirect("/admin/people");
    }
}
