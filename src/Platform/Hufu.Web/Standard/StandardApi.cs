using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Home;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Web.Standard;

/// <summary>How one output of the standard stands.</summary>
/// <param name="Code">Such as O2.1.1.</param>
/// <param name="Task">Code of its task.</param>
/// <param name="NameZh">Its name in Chinese.</param>
/// <param name="NameEn">Its name in English.</param>
/// <param name="State"><c>current</c>, <c>due</c>, <c>overdue</c> or <c>missing</c>; always computed.</param>
/// <param name="NewestEvidence">The newest day that a record or evidence speaks of.</param>
/// <param name="NextDue">When it is due next.</param>
/// <param name="Owner">Account of the person who owes it.</param>
/// <param name="OwnerRole">Role that owes it, where no person is named.</param>
/// <param name="Overdue">Occurrences past their date.</param>
/// <param name="Records">Records of the types that evidence it.</param>
/// <param name="Evidence">Evidence attached for it.</param>
public sealed record ApiOutput(string Code, string Task, string NameZh, string NameEn, string State, DateOnly? NewestEvidence, DateOnly? NextDue, string? Owner, string? OwnerRole, int Overdue, int Records, int Evidence);

/// <summary>Something that the caller owes.</summary>
/// <param name="Number">The record.</param>
/// <param name="Type">Its type's key.</param>
/// <param name="Title">Its title.</param>
/// <param name="State">Its state.</param>
/// <param name="DueOn">When it is due; null for undated work.</param>
/// <param name="Act"><c>do</c> or <c>approve</c>.</param>
public sealed record ApiWork(string Number, string Type, string Title, string State, DateOnly? DueOn, string Act);

/// <summary>The duty board, evidence packs and one's own work over the API.</summary>
internal static class StandardApi
{
    internal static void MapStandardApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/standard").WithTags("Standard").AddEndpointFilter(CoreModule.Requires("standard"));
        api.MapGet("", async (string? state, DutyBoard board, StandardLibrary standards, IDirectory directory, HttpContext http) =>
        {
            var states = await board.ComputeAsync(http.RequestAborted);
            return Results.Json(standards.Current.Duties.SelectMany(d => d.Tasks).SelectMany(t => t.Outputs.Select(o => Of(t, o, states[o.Code], directory))).Where(o => string.IsNullOrEmpty(state) || o.State == state));
        }).WithName("standard-outputs").WithSummary("How each output of the standard stands").WithDescription("state=current|due|overdue|missing shows only those.").Produces<IReadOnlyList<ApiOutput>>();
        api.MapGet("/outputs/{code}", async (string code, DutyBoard board, StandardLibrary standards, IDirectory directory, HttpContext http) =>
            standards.Current.FindOutput(code) is { } found
                ? Results.Json(Of(found.Task, found.Output, (await board.ComputeAsync(http.RequestAborted))[found.Output.Code], directory))
                : RecordApi.Refused([CoreModule.NoSuch])).WithName("standard-output").WithSummary("How one output stands").Produces<ApiOutput>().Produces<ApiErrors>(404);
        api.MapGet("/outputs/{code}/pack", CoreModule.PackAsync)
            .AddEndpointFilter(CoreModule.Requires("evidence")).WithName("standard-pack").WithSummary("The evidence of one output as a zip that is verified without Hufu").Produces<byte[]>(200, "application/zip").Produces<ApiErrors>(404);
        routes.MapGet("/api/v1/work", async (MyWork work, PageContext page, HttpContext http) =>
            Results.Json((await work.ForAsync(page.Actor, http.RequestAborted)).Select(i => new ApiWork(i.Record.Number, i.Type.Key, i.Record.Title, i.Record.State, i.Record.DueOn, i.ToApprove ? "approve" : "do"))))
            .WithName("work").WithSummary("What I owe or must approve, by due date").WithTags("Account").Produces<IReadOnlyList<ApiWork>>();
    }

    private static ApiOutput Of(StandardTask task, StandardOutput output, Hufu.Records.Obligations.OutputState state, IDirectory directory) => new(
        output.Code, task.Code, output.Name.Zh, output.Name.En, state.Status.ToString().ToLowerInvariant(), state.NewestEvidence, state.NextDue,
        state.OwnerId is { } owner ? directory.Person(owner)?.Account : null, state.OwnerRole, state.OverdueCount, state.RecordCount, state.EvidenceCount);
}
