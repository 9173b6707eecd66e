using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using static Hufu.Kernel.Texts;

namespace Hufu.Web;

/// <summary>
/// How a request is refused: a page for people, <c>application/problem+json</c> (RFC 9457) for programs. A missing right is named, together with
/// whom to ask for it.
/// </summary>
public static class Refusals
{
    /// <summary>A refusal, as whoever asked can read it. The status follows from the first error's code.</summary>
    public static IResult Of(IReadOnlyList<Error> errors) => new Refusal(errors, Status(errors[0].Code));

    /// <summary>Refuses for want of a right on an area of the product or on a record type, and notes it in the log of denials.</summary>
    /// <param name="http">The request.</param>
    /// <param name="right">What would be needed.</param>
    /// <param name="on">On what, as people call it.</param>
    /// <param name="key">On what, for the log: <c>jobs</c>, <c>risk.asset</c>.</param>
    public static async Task<IResult> DenyAsync(HttpContext http, Right right, LocalizedText on, string key)
    {
        if (http.Items[PageContext.ActorKey] is Actor actor) await http.RequestServices.GetRequiredService<DenialLog>().WriteAsync(actor, $"{right} {key} {http.Request.Path}", "access.denied");
        return Of([Missing(right, on)]);
    }

    /// <summary>The error that names the missing right.</summary>
    public static Error Missing(Right right, LocalizedText on)
    {
        var name = Both("denied." + right.ToString().ToLowerInvariant());
        return Error.Of("access.denied", $"這裡需要「{on.Zh}」的「{name.Zh}」權限，您的角色沒有這項權限。", $"This needs the right to {name.En} “{on.En}”, which none of your roles gives.");
    }

    /// <summary>What people call an area of the product.</summary>
    public static LocalizedText NameOf(string area) => Both("area." + area);

    /// <summary>Errors as a problem document. Its <c>errors</c> name codes and places; the other members are those of RFC 9457.</summary>
    public static IResult Problem(int status, IReadOnlyList<Error> errors, string? reference = null) => Results.Json(
        new ApiErrors([.. errors.Select(e => new ApiError(e.Code, e.Message.ToString(), e.Place))])
        {
            Title = ReasonPhrases.GetReasonPhrase(status),
            Status = status,
            Detail = string.Join(" ", errors.Select(e => e.Message.ToString())),
            Reference = reference,
        },
        statusCode: status, contentType: "application/problem+json");

    /// <summary>True for the API's addresses and for whoever asks for JSON and not for a page.</summary>
    public static bool WantsJson(HttpContext http) =>
        http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
        || (http.Request.Headers.Accept.ToString() is { } accept && accept.Contains("json", StringComparison.OrdinalIgnoreCase) && !accept.Contains("html", StringComparison.OrdinalIgnoreCase));

    internal static int Status(string code) => code switch
    {
        "access.denied" or "identity.escalation" or "workflow.second-person" => StatusCodes.Status403Forbidden,
        "record.changed-meanwhile" => StatusCodes.Status409Conflict,
        _ when code.EndsWith("not-found", StringComparison.Ordinal) => StatusCodes.Status404NotFound,
        _ => StatusCodes.Status400BadRequest,
    };

    private sealed class Refusal(IReadOnlyList<Error> errors, int status) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            if (WantsJson(httpContext)) return Problem(status, errors).ExecuteAsync(httpContext);
            var text = string.Join(" ", errors.Select(e => e.Message.ToString()));
            var page = status == StatusCodes.Status403Forbidden && httpContext.Items[PageContext.ActorKey] is Actor
                ? Pages.Of<DeniedPage>(new { Text = text }, status)
                : Pages.Of<ErrorPage>(new { Title = T(status == StatusCodes.Status404NotFound ? "web.not-found" : status == StatusCodes.Status403Forbidden ? "web.forbidden" : "web.bad-request"), Text = text }, status);
            return page.ExecuteAsync(httpContext);
        }
    }
}
