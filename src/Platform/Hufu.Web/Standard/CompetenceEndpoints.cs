using System.Globalization;
using Hufu.Documents;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Standard;

/// <summary>The addresses of what a person did for the standard: open to the person and to whoever may read competence records.</summary>
internal static class CompetenceEndpoints
{
    internal static void MapCompetence(this IEndpointRouteBuilder pages)
    {
        var group = pages.MapGroup("/people/{id:guid}/competence").AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            var page = http.RequestServices.GetRequiredService<PageContext>();
            return Guid.TryParse((string?)http.Request.RouteValues["id"], out var id) && Competence.May(page.Actor, id) ? await next(context) : await Refusals.DenyAsync(http, Right.Read, Refusals.NameOf(Competence.Area), Competence.Area);
        });
        group.MapGet("", async (Guid id, string? from, string? to, string? all, PageContext page, IDirectory directory, Competence competence, TimeProvider clock, HttpContext http) =>
        {
            if (directory.Person(id) is not { } person) return Refusals.Of([NoPerson]);
            var (first, last) = Period(from, to, clock);
            return Pages.Of<CompetencePage>(new { Person = person, From = first, To = last, All = all == "1", Facts = await competence.ReadAsync(page.Actor, id, first, last, http.RequestAborted) });
        });
        group.MapGet("/export", async (Guid id, string? from, string? to, PageContext page, IDirectory directory, Competence competence, StandardLibrary standards, TimeProvider clock, HttpContext http) =>
        {
            if (directory.Person(id) is not { } person) return Refusals.Of([NoPerson]);
            var (first, last) = Period(from, to, clock);
            var facts = await competence.ReadAsync(page.Actor, id, first, last, http.RequestAborted);
            using var buffer = new MemoryStream();
            var written = TableWriter.Write(buffer, TableFormat.Csv, new SheetContent(
                person.Name, [T("competence.at"), T("competence.duty"), T("competence.task"), T("competence.task-name"), T("competence.outputs"), T("competence.kind"), T("competence.act"), T("competence.record-type"), T("competence.number"), T("competence.record")],
                facts.Acts.SelectMany(a => a.Tasks.Select(t => Row(a, t, standards.Current)))));
            if (!written.IsOk) return Refusals.Of(written.Errors);
            return Results.File(buffer.ToArray(), "text/csv; charset=utf-8", string.Create(CultureInfo.InvariantCulture, $"competence-{person.Account}-{first:yyyyMMdd}-{last:yyyyMMdd}.csv"));
        });
    }

    private static List<CellValue> Row(CompetenceAct act, string task, CompetencyStandard standard)
    {
        var found = standard.FindTask(task);
        return
        [
            CellValue.Of(SiteTime.Format(act.At)), CellValue.Of(found?.Duty.Code ?? ""), CellValue.Of(task), CellValue.Of(found?.Task.Name.ToString() ?? ""),
            CellValue.Of(string.Join(' ', act.Outputs.Where(o => found?.Task.Outputs.Any(x => x.Code == o) == true))), CellValue.Of(Competence.Name(act.Kind)), CellValue.Of(act.What), CellValue.Of(act.Type.Name.ToString()), CellValue.Of(act.Number ?? ""), CellValue.Of(act.Title ?? ""),
        ];
    }

    // The last twelve months unless somebody says otherwise; at most ten years, so that nobody asks for all of time.
    internal static (DateOnly From, DateOnly To) Period(string? from, string? to, TimeProvider clock)
    {
        var today = SiteTime.Today(clock);
        var last = Day(to) ?? today;
        var first = Day(from) ?? last.AddYears(-1).AddDays(1);
        if (first > last) (first, last) = (last, first);
        return (first < last.AddYears(-10) ? last.AddYears(-10) : first, last);
    }

    private static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1990 and < 2200 ? day : null;

    private static readonly Error NoPerson = Error.Of("record.not-found", "找不到這位人員。", "There is no such person.");
}
