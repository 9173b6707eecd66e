using System.Globalization;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using static Hufu.Kernel.Texts;

namespace Hufu.Compliance.WorkingDays;

/// <summary>The working calendar: which days are worked, year by year. Due dates move around it.</summary>
internal static class WorkingDayEndpoints
{
    private const int FirstYear = 2000;
    private const int LastYear = 2100;

    internal static void MapWorkingDays(this IEndpointRouteBuilder routes)
    {
        var read = routes.MapGroup("/compliance/working-days").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(ComplianceModule.Area));
        var write = routes.MapGroup("/compliance/working-days").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(ComplianceModule.Area, Right.Write));
        read.MapGet("", async (int? year, RecordStore store, ComplianceContent content) => await PageOf(store, content, year));
        write.MapPost("", SaveAsync);
        write.MapPost("/load", LoadAsync);
        write.MapPost("/{id:guid}/delete", async (Guid id, RecordStore store, PageContext page, HttpContext http) =>
        {
            var day = await store.Db.Set<WorkingDay>().FirstOrDefaultAsync(d => d.Id == id, http.RequestAborted);
            if (day is null) return Forms.Refused([Error.Of("working-day.not-found", "找不到這一天。", "This day is not entered.")]);
            store.Db.ActAs(page.Actor, "delete");
            store.Db.Remove(day);
            await store.Db.SaveChangesAsync(http.RequestAborted);
            return Forms.Back(page, Result.Ok, PathOf(day.Date.Year));
        });
        routes.MapGet("/api/v1/working-days", async (int year, RecordStore store, HttpContext http) =>
        {
            if (year is < FirstYear or > LastYear) return Results.Problem($"A year is {FirstYear} to {LastYear}.", statusCode: 400);
            var days = await store.Db.Set<WorkingDay>().AsNoTracking().Where(d => d.Date >= new DateOnly(year, 1, 1) && d.Date <= new DateOnly(year, 12, 31)).OrderBy(d => d.Date).ToListAsync(http.RequestAborted);
            return Results.Ok(days.Select(d => new { d.Date, d.IsWorking, d.Name }));
        }).AddEndpointFilter(CoreModule.Requires(ComplianceModule.Area)).WithTags("working-days").WithSummary("Days that differ from Monday to Friday, of one year.");
    }

    private static string PathOf(int year) => string.Create(CultureInfo.InvariantCulture, $"/compliance/working-days?year={year}");

    private static async Task<IResult> PageOf(RecordStore store, ComplianceContent content, int? year, IReadOnlyList<Error>? errors = null, IFormCollection? form = null)
    {
        var shown = Math.Clamp(year ?? SiteTime.Local(store.Db.Now).Year, FirstYear, LastYear);
        var days = await store.Db.Set<WorkingDay>().AsNoTracking().ToListAsync();
        return Pages.Of<WorkingDaysPage>(new { Year = shown, Days = (IReadOnlyList<WorkingDay>)days, Shipped = content.Calendar(shown) is not null, Errors = errors ?? [], Date = form?.Text("date"), Name = form?.Text("name"), Kind = form?.Text("kind") ?? "rest" }, errors is null ? 200 : 422);
    }

    private static async Task<IResult> SaveAsync(HttpContext http, RecordStore store, ComplianceContent content, PageContext page)
    {
        var form = await http.Request.ReadFormAsync();
        var errors = new List<Error>();
        var date = form.Day("date", errors);
        var name = form.Text("name") ?? "";
        if (date is null && errors.Count == 0) errors.Add(Error.Of("field.required", "請填寫日期。", "Give the date.", "date"));
        if (date is { } given && given.Year is < FirstYear or > LastYear) errors.Add(Error.Of("working-day.year", $"年份須為 {FirstYear} 至 {LastYear}。", $"The year is {FirstYear} to {LastYear}.", "date"));
        if (name.Length > 200) errors.Add(Error.Of("field.too-long", "最多 200 個字元。", "At most 200 characters.", "name"));
        if (errors.Count > 0) return await PageOf(store, content, date?.Year ?? form.Whole("year"), errors, form);
        var known = await store.Db.Set<WorkingDay>().FirstOrDefaultAsync(d => d.Date == date);
        if (known is null) store.Db.Add(known = new WorkingDay { Date = date!.Value });
        known.IsWorking = form.Text("kind") == "working";
        known.Name = name;
        store.Db.ActAs(page.Actor, "update");
        await store.Db.SaveChangesAsync(http.RequestAborted);
        return Forms.Back(page, Result.Ok, PathOf(date!.Value.Year), T("web.saved"));
    }

    private static async Task<IResult> LoadAsync(HttpContext http, PageContext page, ObligationPlanner planner, ComplianceContent content)
    {
        var form = await http.Request.ReadFormAsync();
        if (form.Whole("year") is not { } year || content.Calendar(year) is not { } file) return Forms.Refused([Error.Of("working-day.no-calendar", "沒有這一年的行事曆。", "There is no calendar of that year.")]);
        var days = WorkingCalendar.ParseFile(await File.ReadAllBytesAsync(file, http.RequestAborted));
        var added = days.IsOk ? await planner.AddWorkingDaysAsync(page.Actor, days.Value, http.RequestAborted) : Result.Fail<int>(days.Errors);
        return added.IsOk ? Forms.Back(page, Result.Ok, PathOf(year), T("days.loaded", added.Value)) : Forms.Refused(added.Errors);
    }
}
