using System.Globalization;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;
using static Hufu.Kernel.Texts;

namespace Hufu.Web;

/// <summary>What a fault of a request means to whoever sent it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">What happened, in a few words.</param>
/// <param name="Error">What was wrong and what to do, with its place where that is known.</param>
internal sealed record Failure(int Status, LocalizedText Title, Error Error)
{
    /// <summary>True when the product is at fault, so that a reference to its log helps.</summary>
    public bool IsOurs => Status == StatusCodes.Status500InternalServerError;

    /// <summary>Reads the fault. What the framework wraps others in does not hide them.</summary>
    public static Failure Of(Exception fault, HttpContext http)
    {
        // What another place says of its disk is not about ours.
        for (var cause = fault; cause is not null; cause = cause.InnerException)
            if (cause is IUnavailable away) return new Failure(StatusCodes.Status503ServiceUnavailable, Both("web.unavailable"), away.Error);
        if (DiskFull.Is(fault)) return new Failure(StatusCodes.Status507InsufficientStorage, Both("web.disk-full"), DiskFull.Error);
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                // Only of the request's own body: JSON of ours that cannot be read is our fault.
                case BadHttpRequestException { InnerException: JsonException json }:
                    // Lines as editors count them; the byte within the line, as only bytes are certain where the text is not.
                    var (line, at) = ((json.LineNumber ?? 0) + 1, (json.BytePositionInLine ?? 0) + 1);
                    return Bad(400, "web.bad-json", string.Create(CultureInfo.InvariantCulture, $"{line}:{at}"), line, at);
                case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                    return TooLarge(http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? 0);
                case InvalidDataException { Message: var said } when said.Contains("body length limit", StringComparison.OrdinalIgnoreCase):
                    return TooLarge(http.RequestServices.GetService(typeof(Microsoft.Extensions.Options.IOptions<FormOptions>)) is Microsoft.Extensions.Options.IOptions<FormOptions> form ? form.Value.MultipartBodyLengthLimit : 0);
                case BadHttpRequestException { StatusCode: StatusCodes.Status415UnsupportedMediaType }:
                    return Bad(415, "web.bad-media-type");
                // A form was expected and something else came.
                case InvalidOperationException { Message: var told } when told.StartsWith("Incorrect Content-Type", StringComparison.Ordinal):
                    return Bad(415, "web.bad-media-type");
                case BadHttpRequestException { InnerException: null } bad:
                    return Bad(bad.StatusCode, "web.bad-request");
                case InvalidDataException when IsForm(http):
                    return Bad(400, "web.bad-form");
            }
        }

        // A body that ends before its time: said after the causes above, as the framework wraps those the same way.
        if (fault is AntiforgeryValidationException { InnerException: IOException } || (fault is IOException && IsForm(http))) return Bad(400, "web.bad-form");
        return fault switch
        {
            BadHttpRequestException bad => Bad(bad.StatusCode, "web.bad-request"),
            AntiforgeryValidationException => Bad(400, "web.form-expired"),
            _ => Bad(500, "web.failed"),
        };
    }

    /// <summary>
    /// For what no endpoint took: when there is one for this address and method, it was the content type that kept it away. Null otherwise.
    /// </summary>
    public static Failure? IsOfAnotherType(HttpContext http) =>
        !http.Request.HasJsonContentType() && http.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Any(e =>
            e.Metadata.GetMetadata<IAcceptsMetadata>() is not null && e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(http.Request.Method) == true
            && new TemplateMatcher(TemplateParser.Parse(e.RoutePattern.RawText ?? ""), new RouteValueDictionary()).TryMatch(http.Request.Path, new RouteValueDictionary()))
            ? Bad(415, "web.bad-media-type")
            : null;

    private static bool IsForm(HttpContext http) => http.Request.HasFormContentType && !HttpMethods.IsGet(http.Request.Method);

    private static Failure TooLarge(long limit) => Bad(413, "web.too-large", null, limit / 1024 / 1024);

    private static Failure Bad(int status, string key, string? place = null, params object[] values)
    {
        var (title, hint) = (Both(key), Both(key + "-hint"));
        return new Failure(status, title, new Error(key[4..], new LocalizedText(string.Format(CultureInfo.InvariantCulture, hint.Zh, values), string.Format(CultureInfo.InvariantCulture, hint.En, values)), place));
    }
}
