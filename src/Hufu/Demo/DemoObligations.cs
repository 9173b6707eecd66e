using Hufu.Compliance;
using Hufu.Compliance.Laws;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;

namespace Hufu.Demo;

/// <summary>Takes over the working calendars and the obligations of law that apply to the demo's organisation.</summary>
internal static class DemoObligations
{
    internal static async Task<string> ImportAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var planner = services.GetRequiredService<ObligationPlanner>();
        var content = services.GetRequiredService<ComplianceContent>();
        var actor = Actor.System("demo");
        var days = 0;
        for (var year = planner.Today.Year; content.Calendar(year) is { } file; year++)
        {
            var parsed = WorkingCalendar.ParseFile(await File.ReadAllBytesAsync(file, cancellation));
            var added = parsed.IsOk ? await planner.AddWorkingDaysAsync(actor, parsed.Value, cancellation) : Kernel.Result.Fail<int>(parsed.Errors);
            if (!added.IsOk) return added.Errors[0].ToString();
            days += added.Value;
        }

        var laws = services.GetRequiredService<LawBook>();
        var profile = await laws.ProfileAsync(cancellation) with { Conditions = new HashSet<string> { "has-mail-server", "has-outside-facing-core-system" } };
        var done = await laws.TakeOverAsync(actor, profile, cancellation);
        return done.IsOk
            ? $"{days} days, {done.Value.Import.Plan.Count(RowFate.New)} obligations, {done.Value.Plan.Created.Count} occurrences"
            : done.Errors[0].ToString();
    }
}
