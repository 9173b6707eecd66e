using System.Diagnostics;
using System.Globalization;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Components;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Hufu.Kernel.Texts;

namespace Hufu.Web;

/// <summary>The web part of the product: services, the order of its middleware, and the pages that belong to no module.</summary>
public static class WebApp
{
    /// <summary>The policy of every page. Nothing is loaded from elsewhere, nothing is inline.</summary>
    public const string ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    /// <summary>Registers pages and what they need. <see cref="ICurrentActor"/> and <see cref="IShellFacts"/> come from the host.</summary>
    public static IServiceCollection AddHufuWeb(this IServiceCollection services, ModuleList modules)
    {
        Texts.Load(typeof(WebApp).Assembly);
        ComponentTexts.Load();
        services.AddSingleton(modules);
        services.AddSingleton(new RecordTypes(modules.All.SelectMany(m => m.RecordTypes)));
        foreach (var table in modules.All.SelectMany(m => m.Tables)) services.AddSingleton(table);
        // A request that cannot be read is refused in words, like every other one, and not with an empty answer.
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.AddHttpContextAccessor();
        services.AddSingleton<ICallerAddress, CallerAddress>();
        services.AddRazorComponents();
        services.AddAntiforgery(o =>
        {
            o.HeaderName = "RequestVerificationToken";
            o.Cookie.Name = "hufu-form";
            o.Cookie.HttpOnly = true;
            o.Cookie.SameSite = SameSiteMode.Lax;
        });
        services.AddResponseCompression(o =>
        {
            // Secrets of a page (the form token) are masked anew in each answer, so compression tells nothing about them.
            o.EnableForHttps = true;
            o.MimeTypes = ["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"];
        });
        services.AddScoped<PageContext>();
        services.AddScoped<LoadingTurn>();
        services.AddScoped<RecordPresenter>();
        services.AddScoped<GlobalSearch>();
        services.AddScoped<RecordFiles>();
        services.AddSingleton<ImportFiles>();
        services.AddSingleton(System.Text.Encodings.Web.HtmlEncoder.Create(System.Text.Unicode.UnicodeRanges.All));
        foreach (var module in modules.All) module.AddServices(services);
        return services;
    }

    /// <summary>Puts the middleware in order and maps every address.</summary>
    public static void UseHufuWeb(this WebApplication app)
    {
        app.UseResponseCompression();
        app.Use(SecurityHeadersAsync);
        app.Use(LanguageAsync);
        app.Use(FailuresAsync);
        app.Use(Bodies.PatientAsync);
        app.UseRouting();
        app.UseAuthentication();
        app.Use(SignedInAsync);
        app.Use(FormTokenAsync);
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        app.MapRecords(app.Services.GetRequiredService<RecordTypes>());
        app.MapLists(app.Services.GetRequiredService<RecordTypes>());
        app.MapShell();
        foreach (var module in app.Services.GetRequiredService<ModuleList>().All) module.MapEndpoints(app);
        app.MapFallback((HttpContext http) => http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
            ? Failure.IsOfAnotherType(http) is { } wrong ? Refusals.Problem(wrong.Status, [wrong.Error]) : Refusals.Problem(404, [new Error("not-found", Both("web.not-found"))])
            : Pages.Of<ErrorPage>(new { Title = T("web.not-found") }, 404)).AllowAnonymous();
    }

    private static Task SecurityHeadersAsync(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
        if (http.Request.IsHttps) headers.StrictTransportSecurity = "max-age=31536000";
        // What only a person who is signed in may see stays in no cache; files that carry their fingerprint say otherwise themselves.
        http.Response.OnStarting(() =>
        {
            if (headers.CacheControl.Count == 0) headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        return next(http);
    }

    private static Task LanguageAsync(HttpContext http, RequestDelegate next)
    {
        var chosen = http.Request.Cookies["hufu-language"];
        var english = chosen is "en" or "zh-TW" ? chosen == "en" : PrefersEnglish(http.Request.Headers.AcceptLanguage.ToString());
        var culture = CultureInfo.GetCultureInfo(english ? "en" : "zh-TW");
        CultureInfo.CurrentUICulture = culture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        http.Response.Headers.ContentLanguage = english ? "en" : "zh-TW";
        return next(http);
    }

    // Chinese is the first language: English only for somebody who asks for it before any Chinese.
    private static bool PrefersEnglish(string header)
    {
        var english = header.IndexOf("en", StringComparison.OrdinalIgnoreCase);
        var chinese = header.IndexOf("zh", StringComparison.OrdinalIgnoreCase);
        return english >= 0 && (chinese < 0 || english < chinese);
    }

    private static async Task FailuresAsync(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            http.Response.StatusCode = 499;
        }
        catch (Exception e)
        {
            var reference = Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;
            var failure = Failure.Of(e, http);
            var log = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Hufu.Web");
            if (failure.IsOurs) log.LogError(e, "Request failed: {Method} {Path} {Reference}", http.Request.Method, http.Request.Path, reference);
            else log.LogWarning("Request refused: {Method} {Path} {Code} {Reference}: {Why}", http.Request.Method, http.Request.Path, failure.Error.Code, reference, e.Message);
            if (http.Response.HasStarted) throw;
            http.Response.Clear();
            await SecurityHeadersAsync(http, _ => Task.CompletedTask);
            IResult page = Refusals.WantsJson(http)
                ? Refusals.Problem(failure.Status, [failure.Error], reference)
                : Pages.Of<ErrorPage>(new { Title = failure.Title.ToString(), Text = failure.Error.Message.ToString(), Reference = failure.IsOurs ? reference : null }, failure.Status);
            await page.ExecuteAsync(http);
        }
    }

    // Default deny: an address is open only where its endpoint says so.
    private static async Task SignedInAsync(HttpContext http, RequestDelegate next)
    {
        var actor = await http.RequestServices.GetRequiredService<ICurrentActor>().GetAsync(http);
        if (actor is not null) http.Items[PageContext.ActorKey] = actor;
        if (actor is null && http.GetEndpoint() is { } endpoint && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null)
        {
            if (endpoint.Metadata.GetMetadata<SignedOutAnswer>() is { } own)
            {
                await own.Of(http).ExecuteAsync(http);
                return;
            }

            if (http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
            {
                http.Response.Headers.WWWAuthenticate = "Bearer";
                await Refusals.Problem(401, [new Error("access.signed-out", Both("web.sign-in-first"))]).ExecuteAsync(http);
                return;
            }

            var here = HttpMethods.IsGet(http.Request.Method) ? http.Request.Path + http.Request.QueryString : "/";
            http.Response.Redirect("/sign-in?return=" + Uri.EscapeDataString(here));
            return;
        }

        await next(http);
    }

    // Every change that comes with a cookie must carry the form's token; a bearer token is proof by itself.
    private static async Task FormTokenAsync(HttpContext http, RequestDelegate next)
    {
        var method = http.Request.Method;
        var changes = !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);
        if (changes && http.GetEndpoint() is { } endpoint && endpoint.Metadata.GetMetadata<WithoutFormToken>() is null && http.Items[PageContext.ActorKey] is not Actor { Channel: "api" })
            await http.RequestServices.GetRequiredService<IAntiforgery>().ValidateRequestAsync(http);
        await next(http);
    }
}

/// <summary>Marks an endpoint whose callers have no form: it must prove its caller in another way.</summary>
public sealed class WithoutFormToken;

/// <summary>Marks endpoints of a protocol that has words of its own for who is not signed in.</summary>
/// <param name="Of">The answer to a request.</param>
public sealed record SignedOutAnswer(Func<HttpContext, IResult> Of);
