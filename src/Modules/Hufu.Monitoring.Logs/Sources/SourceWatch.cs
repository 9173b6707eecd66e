using System.Data.Common;
using Hufu.Logs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>How far the times of a source may lie from the time of receipt before it is in trouble: a setting of the operator's.</summary>
/// <param name="Threshold">The limit; <see cref="SourceSkew.DefaultThreshold"/> when not set.</param>
public sealed record SkewLimit(TimeSpan? Threshold = null);

/// <summary>
/// Follows what arrives from which source and host, learns what is usual, and raises an alert when one goes quiet, floods, or has a clock that is wrong. An
/// alert is about the newest event before the silence, or the first with a wrong time, so that one trouble is told once, also over a restart.
/// </summary>
internal sealed partial class SourceWatch(LogService logs, Detection detection, ImportTimes imports, SkewLimit limit, TimeProvider clock, ILogger<SourceWatch> logger) : RepeatedWork(clock, Every)
{
    /// <summary>Rule of the alerts about silence.</summary>
    internal const string QuietRule = "hufu.source-quiet";

    /// <summary>Rule of the alerts about floods.</summary>
    internal const string FloodRule = "hufu.source-flood";

    /// <summary>Rule of the alerts about clocks.</summary>
    internal const string SkewRule = "hufu.source-skew";

    /// <summary>Most pairs of source and host that are remembered.</summary>
    internal const int MaxSources = 10_000;

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim looking = new(1, 1);
    private readonly Dictionary<(string Source, string? Host), SourceRhythm> rhythms = [];
    private readonly DateTimeOffset since = clock.GetUtcNow();
    private (string Segment, int Row) place = ("", 0);

    /// <summary>Reads what has arrived and tells how every source stands, those in trouble first.</summary>
    internal async Task<IReadOnlyList<SourceStanding>> LookAsync(CancellationToken cancellation)
    {
        await looking.WaitAsync(cancellation);
        try
        {
            var now = Clock.GetUtcNow();
            for (var more = true; more;)
            {
                var arrived = await logs.Store.ArrivalsAsync(place.Segment, place.Row, SourceRhythm.Width, now - SourceRhythm.Memory, imports.Since(now - SourceRhythm.Memory), cancellation);
                foreach (var slice in arrived.Slices)
                {
                    if (!rhythms.TryGetValue((slice.Source, slice.Host), out var rhythm)) rhythms.Add((slice.Source, slice.Host), rhythm = new SourceRhythm(slice.Source, slice.Host));
                    rhythm.Add(slice);
                }

                place = (arrived.Segment, arrived.Row);
                more = !arrived.IsAll;
            }

            foreach (var (key, rhythm) in rhythms)
                if (!rhythm.Forget(now)) rhythms.Remove(key);
            // Names that somebody makes up push out each other, not those that are known.
            if (rhythms.Count > MaxSources)
                foreach (var key in rhythms.OrderBy(r => r.Value.IsLearned).ThenBy(r => r.Value.Last).Take(rhythms.Count - MaxSources).Select(r => r.Key).ToList()) rhythms.Remove(key);
            return [.. rhythms.Values.Select(r => r.At(now, since, limit.Threshold)).OrderBy(Rank).ThenBy(s => s.Source, StringComparer.Ordinal).ThenBy(s => s.Host, StringComparer.Ordinal)];
        }
        finally
        {
            looking.Release();
        }
    }

    /// <summary>Raises alerts for those that are quiet, flood, or have a wrong clock.</summary>
    internal async Task<RaisedCounts> RaiseAsync(CancellationToken cancellation)
    {
        // The product's own events come when people work.
        var others = (await LookAsync(cancellation)).Where(s => !AuditFeed.IsOwn(s.Source)).ToList();
        return await detection.RaiseAsync([.. others.Where(s => s.Condition is SourceCondition.Quiet or SourceCondition.Flood).Select(MatchOf), .. others.Where(s => s.Skew.Since is not null).Select(SkewOf)], cancellation);
    }

    public override void Dispose()
    {
        looking.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => RaiseAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        if (failure is not (IOException or DbException or DbUpdateException)) return false;
        NotLooked(logger, failure);
        return true;
    }

    private static int Rank(SourceStanding source) => source.Condition switch
    {
        SourceCondition.Quiet => 0,
        SourceCondition.Flood => 1,
        _ when source.Skew.Since is not null => 2,
        SourceCondition.Awaited => 3,
        SourceCondition.Usual => 4,
        _ => 5,
    };

    private static RuleMatch SkewOf(SourceStanding source) => new()
    {
        RuleId = SkewRule,
        RuleTitle = source.Skew.LooksLikeZone ? "日誌來源的時區有誤" : source.Skew.Condition == SkewCondition.Ahead ? "日誌來源的時鐘過快" : "日誌來源的時鐘過慢",
        RuleTitleEn = source.Skew.LooksLikeZone ? "Log source in another time zone" : source.Skew.Condition == SkewCondition.Ahead ? "Clock of a log source runs ahead" : "Clock of a log source runs behind",
        RuleAuthor = "Hufu",
        Level = "medium",
        EventId = source.Skew.SinceId!,
        EventTime = source.Skew.Since!.Value,
        Host = source.Host ?? "",
        Entity = source.Host is null ? source.Source : $"{source.Source} {source.Host}",
    };

    private static RuleMatch MatchOf(SourceStanding source)
    {
        var quiet = source.Condition == SourceCondition.Quiet;
        return new RuleMatch
        {
            RuleId = quiet ? QuietRule : FloodRule,
            RuleTitle = quiet ? "日誌來源停止送達" : "日誌來源大量湧入",
            RuleTitleEn = quiet ? "Log source has gone quiet" : "Log source floods",
            RuleAuthor = "Hufu",
            Level = quiet ? "high" : "medium",
            EventId = source.LastId,
            EventTime = source.Last,
            Host = source.Host ?? "",
            Entity = source.Host is null ? source.Source : $"{source.Source} {source.Host}",
        };
    }

    [LoggerMessage(31, LogLevel.Error, "How the log sources stand could not be read, or their alerts could not be written; it is tried again")]
    private static partial void NotLooked(ILogger logger, Exception e);
}
