using System.Globalization;
using System.Text;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs;

/// <summary>Makes the check records, out of the checks and the clocks of the log sources.</summary>
internal sealed class TimeReviews(IServiceScopeFactory scopes, TimeChecks checks, SourceWatch watch, LogExcerpt excerpt, TimeProvider clock)
{
    private static readonly TimeSpan Current = TimeSpan.FromHours(1);

    private const int MaxDetails = 20_000;

    // What is noted of log sources: those in trouble come first.
    private const int MaxLogSources = 500;

    /// <summary>Makes the record of a period.</summary>
    internal async Task<Result<TimeReview>> MakeAsync(DateTimeOffset from, DateTimeOffset to, string title, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var store = scope.ServiceProvider.GetRequiredService<RecordStore>();
        var sources = await store.Db.Set<TimeSource>().AsNoTracking().Where(s => s.State == TimeSourceType.On && s.ArchivedAt == null).OrderBy(s => s.Title).ToListAsync(cancellation);
        var made = await store.Db.Set<TimeCheck>().AsNoTracking().Where(c => c.At >= from && c.At < to).OrderBy(c => c.At).ToListAsync(cancellation);
        // How the clocks of the log sources stood long ago is not known. The product's own events carry this clock.
        var current = clock.GetUtcNow() - to < Current;
        var clocks = current ? (await watch.LookAsync(cancellation)).Where(s => !AuditFeed.IsOwn(s.Source)).ToList() : [];
        await checks.NoteAsync(clocks.OrderBy(s => s.Skew.Since is null).Take(MaxLogSources), cancellation);
        var silent = sources.Where(s => !made.Exists(c => c.SourceId == s.Id)).ToList();
        var review = new TimeReview
        {
            Title = title,
            State = "open",
            From = Instants.Truncate(from),
            To = Instants.Truncate(to),
            Checks = made.Count,
            Good = made.Count(c => c.IsGood),
            Bad = made.Count(c => c.IsBad),
            NotEvaluated = made.Count(c => !c.IsGood && !c.IsBad),
            Unchecked = silent.Count,
            WorstOffset = made.Where(c => c.Offset is not null).Select(c => (decimal?)Math.Round((decimal)Math.Clamp(Math.Abs(c.Offset!.Value) * 1000, 0, 9e12), 3)).Max(),
            LogSources = clocks.Count,
            SkewedSources = clocks.Count(s => s.Skew.Since is not null),
            Details = DetailsOf(made, silent, clocks),
        };
        var created = await store.CreateAsync(Actor.System(), review, cancellation: cancellation);
        if (!created.IsOk) return Result.Fail<TimeReview>(created.Errors);
        var query = $"source:{TimeChecks.Source}";
        // The clocks of the log sources were noted just now.
        var until = current && to <= clock.GetUtcNow() ? Instants.Truncate(clock.GetUtcNow()).AddMilliseconds(1) : to;
        var attached = await excerpt.AttachSearchAsync(store, Actor.System(), created.Value, query, new LogSearch { Query = SearchQuery.Parse(query).Value, From = from, To = until }, "校時檢查 / Time checks", "O5.4.2", cancellation);
        return attached.IsOk ? Result.Of((TimeReview)created.Value) : Result.Fail<TimeReview>(attached.Errors);
    }

    /// <summary>Makes the records of the days that are over and have none: at most seven, each with checks. Returns how many.</summary>
    internal async Task<int> MakeDueAsync(CancellationToken cancellation)
    {
        var today = DateOnly.FromDateTime(SiteTime.Local(clock.GetUtcNow()).DateTime);
        var made = 0;
        for (var back = 7; back >= 1; back--)
        {
            var day = today.AddDays(-back);
            var (from, to) = (SiteTime.StartOf(day), SiteTime.StartOf(day.AddDays(1)));
            await using (var scope = scopes.CreateAsyncScope())
            {
                var db = scope.ServiceProvider.GetRequiredService<RecordStore>().Db;
                if (await db.Set<TimeReview>().AnyAsync(r => r.From == from && r.To == to, cancellation) || !await db.Set<TimeCheck>().AnyAsync(c => c.At >= from && c.At < to, cancellation)) continue;
            }

            if ((await MakeAsync(from, to, string.Create(CultureInfo.InvariantCulture, $"校時檢核 / Time check {day:yyyy-MM-dd}"), cancellation)).IsOk) made++;
        }

        return made;
    }

    private static string DetailsOf(List<TimeCheck> made, List<TimeSource> silent, List<SourceStanding> clocks)
    {
        var text = new StringBuilder();
        foreach (var of in made.GroupBy(c => (c.SourceId, c.Host)).OrderBy(g => g.All(c => c.IsGood)).ThenBy(g => g.Key.Host, StringComparer.Ordinal))
        {
            var (count, good, last) = (of.Count(), of.Count(c => c.IsGood), of.Last());
            var worst = of.Max(c => c.Offset is { } o ? Math.Abs(o) : (double?)null);
            Line(string.Create(CultureInfo.InvariantCulture, $"{of.Key.Host}：{good}/{count} 次正常{(worst is { } w ? $"，最大時間差 {TimeWords.Short(w)}" : "")}{(last.IsGood ? "" : "，最後一次：" + last.ReasonZh)} / {good} of {count} good{(worst is { } e ? $", largest offset {TimeWords.Short(e)}" : "")}{(last.IsGood ? "" : ", last: " + last.ReasonEn)}"));
        }

        foreach (var source in silent) Line($"{source.Title}：使用中，但期間內沒有檢查 / in use, but not checked in the period");
        foreach (var source in clocks.Where(s => s.Skew.Since is not null))
            Line($"日誌來源 {source.Source} {source.Host}：時鐘差 {TimeWords.Short(source.Skew.Skew ?? 0)} / log source, clock off by {TimeWords.Short(source.Skew.Skew ?? 0)}");
        return text.ToString();

        void Line(string line)
        {
            if (text.Length + line.Length + 1 <= MaxDetails) text.Append(line).Append('\n');
        }
    }
}
