using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs;

/// <summary>How long the queries of one request may take: a setting of the operator's.</summary>
/// <param name="Time">The limit; <see cref="Usual"/> when not set.</param>
public sealed record QueryLimit(TimeSpan? Time = null)
{
    /// <summary>One minute.</summary>
    public static TimeSpan Usual { get; } = TimeSpan.FromMinutes(1);

    internal TimeSpan Longest => Time ?? Usual;

    /// <summary>What is said when it is reached.</summary>
    internal Error Error => Error.Of(
        "logs.query.time", $"查詢超過 {Longest.TotalSeconds:0} 秒的上限，已經停止。請縮短期間、增加條件，或改用匯出。",
        $"The query took longer than the limit of {Longest.TotalSeconds:0} seconds and was stopped. Take a shorter period, add conditions, or export the result.");
}

/// <summary>Ends the queries of a request when it has taken too long, as its end by the caller does, and says so of one that needed too much memory.</summary>
internal static class QueryTime
{
    /// <summary>Gives a route its limit. A page says it in its own way; an address of the API by a problem document.</summary>
    internal static RouteHandlerBuilder Limited(this RouteHandlerBuilder route, Func<HttpContext, Error, IResult>? page = null) => route.AddEndpointFilter(async (context, next) =>
    {
        var http = context.HttpContext;
        var limit = http.RequestServices.GetRequiredService<QueryLimit>();
        var aborted = http.RequestAborted;
        using var time = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        time.CancelAfter(limit.Longest);
        http.RequestAborted = time.Token;
        try
        {
            return await next(context);
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            return page?.Invoke(http, limit.Error) ?? Refusals.Problem(422, [limit.Error]);
        }
        catch (QueryMemoryException e)
        {
            return page?.Invoke(http, e.Error) ?? Refusals.Problem(422, [e.Error]);
        }
        finally
        {
            http.RequestAborted = aborted;
        }
    });
}
