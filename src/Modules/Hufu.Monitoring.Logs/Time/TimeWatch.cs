using System.Data.Common;
using Hufu.Records.Storage;
using Hufu.Time;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>Asks the time sources that are in use, each at its interval, makes the records of the days, and forgets old checks. Without a source in use nothing is sent.</summary>
internal sealed partial class TimeWatch(IDbContextFactory<HufuDbContext> factory, TimeChecks checks, TimeReviews reviews, TimeProvider clock, ILogger<TimeWatch> logger) : RepeatedWork(clock, Every)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    // A year and a month: as long as the trend of a year needs.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(400);
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);
    private const int AtOnce = 8;
    private DateTimeOffset reviewed;

    /// <summary>Does what is due. Returns what was asked.</summary>
    internal async Task<IReadOnlyList<TimeCheck>> StepAsync(CancellationToken cancellation)
    {
        var now = Clock.GetUtcNow();
        var due = new List<TimeSource>();
        await using (var db = await factory.CreateDbContextAsync(cancellation))
        {
            foreach (var source in await db.Set<TimeSource>().AsNoTracking().Where(s => s.State == TimeSourceType.On && s.ArchivedAt == null).ToListAsync(cancellation))
            {
                var last = await db.Set<TimeCheck>().AsNoTracking().Where(c => c.SourceId == source.Id).OrderByDescending(c => c.At).Take(16).ToListAsync(cancellation);
                if (NextAt(source, last) is { } next && next <= now) due.Add(source);
            }
        }

        var made = new List<TimeCheck>();
        foreach (var some in due.Chunk(AtOnce)) made.AddRange(await checks.AskAsync(some, cancellation));
        if (now - reviewed < TimeSpan.FromMinutes(10) && now >= reviewed) return made;
        await reviews.MakeDueAsync(cancellation);
        await using (var db = await factory.CreateDbContextAsync(cancellation))
        {
            var oldest = now - Kept;
            await db.Set<TimeCheck>().Where(c => c.At < oldest).ExecuteDeleteAsync(cancellation);
        }

        reviewed = now;
        return made;
    }

    /// <summary>When a source is to be asked next; null when it must not be: it denied service, and nobody has changed it since (RFC 5905 §7.4).</summary>
    /// <param name="source">The source.</param>
    /// <param name="last">Its newest checks, newest first.</param>
    internal static DateTimeOffset? NextAt(TimeSource source, IReadOnlyList<TimeCheck> last)
    {
        // A source that was switched on or changed is asked at once.
        if (last.Count == 0 || last[0].At < source.UpdatedAt) return DateTimeOffset.MinValue;
        var pause = TimeSpan.FromMinutes(source.Interval ?? TimeSourceType.UsualInterval);
        if (last[0].Verdict != TimeVerdict.Kiss) return last[0].At + pause;
        if (last[0].Reference is "DENY" or "RSTR") return null;
        // Whoever asks for less gets half as much, again and again.
        var times = Math.Pow(2, last.TakeWhile(c => c.Verdict == TimeVerdict.Kiss).Count());
        return last[0].At + (pause * times < LongestPause ? pause * times : LongestPause);
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => StepAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        if (failure is not (IOException or DbException or DbUpdateException)) return false;
        NotChecked(logger, failure);
        return true;
    }

    [LoggerMessage(41, LogLevel.Error, "The time sources could not be checked, or what came of it could not be kept; it is tried again")]
    private static partial void NotChecked(ILogger logger, Exception e);
}
