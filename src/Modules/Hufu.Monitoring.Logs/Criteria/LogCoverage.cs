using System.Data.Common;
using System.Globalization;
using Hufu.Logs;
using Hufu.Records.Storage;
using Hufu.Risk.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>How an asset stands with a kind of event that it must log.</summary>
public enum CoverageState
{
    /// <summary>Nothing of it in the days that are looked at.</summary>
    Never,

    /// <summary>There were events, and they stopped.</summary>
    Stale,

    /// <summary>Events come, and say less than they must.</summary>
    Partly,

    /// <summary>Events come, with all that they must say.</summary>
    Covered,
}

/// <summary>A field that events must have, and how many of them have it.</summary>
/// <param name="Field">Code of the field.</param>
/// <param name="Share">0 to 1.</param>
public sealed record FieldShare(string Field, double Share);

/// <summary>One asset and one kind of event that it must log.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Kind">Code of the kind.</param>
/// <param name="State">How it stands.</param>
/// <param name="LastSeen">When the last event happened; null when there is none.</param>
/// <param name="Day">Events of the last day.</param>
/// <param name="Week">Events of the last seven days.</param>
/// <param name="Lacking">Fields that fewer than <see cref="LogCoverage.LeastShare"/> of the events have.</param>
/// <param name="KeepDays">Days that the criteria ask to keep them.</param>
/// <param name="KeptDays">The fewest days that the rules in force keep any of its sources; null for ever, or when nothing arrives.</param>
/// <param name="Sources">Where the events come from.</param>
/// <param name="Criteria">Numbers of the criteria that ask for it.</param>
public sealed record CoverageCell(AssetProfile Asset, string Kind, CoverageState State, DateTimeOffset? LastSeen, long Day, long Week, IReadOnlyList<FieldShare> Lacking, int KeepDays, int? KeptDays, IReadOnlyList<string> Sources, IReadOnlyList<string> Criteria)
{
    /// <summary>The rules in force remove them sooner than the criteria ask.</summary>
    public bool IsKeptShorter => KeptDays < KeepDays;

    /// <summary>Something is to be done.</summary>
    public bool IsGap => State != CoverageState.Covered;
}

/// <summary>Somebody who sends events and is no asset, or fits several.</summary>
/// <param name="Source">The source.</param>
/// <param name="Host">The host that the events name; empty when they name none.</param>
/// <param name="Address">The address that they came from; empty when it is not known.</param>
/// <param name="Events">Number in the days that are looked at.</param>
/// <param name="LastSeen">When the last happened.</param>
/// <param name="Ambiguous">Several assets fit.</param>
public sealed record UnassignedSource(string Source, string Host, string Address, long Events, DateTimeOffset LastSeen, bool Ambiguous);

/// <summary>The matrix as it stood.</summary>
/// <param name="At">When it was computed.</param>
/// <param name="Criteria">How many criteria were in force.</param>
/// <param name="Cells">Every asset and kind that a criterion asks for, gaps first.</param>
/// <param name="Unassigned">Who sends and is no asset, the most events first.</param>
/// <param name="Truncated">More senders than are looked at: a gap may be none.</param>
public sealed record CoverageMatrix(DateTimeOffset At, int Criteria, IReadOnlyList<CoverageCell> Cells, IReadOnlyList<UnassignedSource> Unassigned, bool Truncated);

/// <summary>
/// Holds what really arrives against the criteria that are in force. The last thirty days are looked at, each event once for a kind, every ten minutes
/// at the most.
/// </summary>
public sealed partial class LogCoverage : RepeatedWork
{
    /// <summary>How far back events are looked for.</summary>
    public const int LookBackDays = 30;

    /// <summary>Share of the events that must have a field.</summary>
    public const double LeastShare = 0.5;

    private const int MaxSenders = 10_000;
    private const int MaxUnassigned = 1_000;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    private readonly LogService logs;
    private readonly LogKeeping keeping;
    private readonly SourceWatch watch;
    private readonly IDbContextFactory<HufuDbContext> factory;
    private readonly ILogger<LogCoverage> logger;
    private readonly SemaphoreSlim computing = new(1, 1);
    private volatile Kept? last;

    internal LogCoverage(LogService logs, LogKeeping keeping, SourceWatch watch, IDbContextFactory<HufuDbContext> factory, TimeProvider clock, ILogger<LogCoverage> logger) : base(clock, Every) =>
        (this.logs, this.keeping, this.watch, this.factory, this.logger) = (logs, keeping, watch, factory, logger);

    /// <summary>The matrix, at most ten minutes old, and by the criteria that are in force now.</summary>
    internal async Task<CoverageMatrix> LookAsync(CancellationToken cancellation)
    {
        var marks = await MarksAsync(cancellation);
        if (Fresh() is { } known) return known;
        await computing.WaitAsync(cancellation);
        try
        {
            if (Fresh() is { } other) return other;
            var matrix = await ComputeAsync(logs.Store, await watch.LookAsync(cancellation), cancellation);
            last = new Kept(matrix, marks);
            return matrix;
        }
        finally
        {
            computing.Release();
        }

        CoverageMatrix? Fresh() => last is { } kept && kept.Marks == marks && Clock.GetUtcNow() - kept.Matrix.At is var age && age >= TimeSpan.Zero && age < Every ? kept.Matrix : null;
    }

    // What a person has just approved or retired is seen at once.
    private async Task<string> MarksAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var marks = await db.Set<LogCriterion>().AsNoTracking().Where(c => c.State == LogCriterionType.Active && c.ArchivedAt == null).OrderBy(c => c.Number).Select(c => new { c.Number, c.Version }).ToListAsync(cancellation);
        return string.Join(' ', marks.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Number}/{m.Version}")));
    }

    /// <summary>Computes it anew with the next look.</summary>
    internal void Forget() => last = null;

    /// <summary>The matrix of a store that was opened to read. What is usual for a source is not known there, so that only the days say what is stale.</summary>
    public Task<CoverageMatrix> ComputeAsync(LogStore store, CancellationToken cancellation) => ComputeAsync(store, [], cancellation);

    public override void Dispose()
    {
        computing.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => LookAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        if (failure is not (IOException or DbException or InvalidDataException)) return false;
        NotComputed(logger, failure);
        return true;
    }

    private async Task<CoverageMatrix> ComputeAsync(LogStore store, IReadOnlyList<SourceStanding> standings, CancellationToken cancellation)
    {
        var now = Clock.GetUtcNow();
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var criteria = await db.Set<LogCriterion>().AsNoTracking().Where(c => c.State == LogCriterionType.Active && c.ArchivedAt == null).OrderBy(c => c.Number).ToListAsync(cancellation);
        var assets = await AssetProfile.AllAsync(db, cancellation);
        var matcher = await AssetMatcher.LoadAsync(db, cancellation);
        var policy = await keeping.PolicyAsync(cancellation);
        var quiet = standings.Where(s => s.Condition == SourceCondition.Quiet).Select(s => (s.Source, s.Host ?? "")).ToHashSet();
        var needs = NeedsOf(criteria, assets);
        var found = new Dictionary<(Guid Asset, string Kind), List<Sender>>();
        var truncated = false;
        foreach (var kind in LogKinds.All.Where(k => needs.Keys.Any(n => n.Kind == k.Id)))
        {
            var fields = needs.Where(n => n.Key.Kind == kind.Id).SelectMany(n => n.Value.Fields).Distinct().ToList();
            var (senders, cut) = await SendersAsync(store, kind.Query, kind, fields, now, cancellation);
            truncated |= cut;
            foreach (var sender in senders)
                if (Match(matcher, sender).Asset is { } asset)
                {
                    if (!found.TryGetValue((asset.Id, kind.Id), out var list)) found.Add((asset.Id, kind.Id), list = []);
                    list.Add(sender);
                }
        }

        var (all, more) = await SendersAsync(store, "", null, [], now, cancellation);
        var cells = needs.Select(n => CellOf(n.Key.Asset, n.Key.Kind, n.Value, found.GetValueOrDefault((n.Key.Asset.Asset.Id, n.Key.Kind)) ?? [], policy, quiet, now));
        return new CoverageMatrix(
            now, criteria.Count, [.. cells.OrderBy(c => c.State).ThenBy(c => c.Asset.Asset.Number, StringComparer.Ordinal).ThenBy(c => KindOrder(c.Kind))],
            [.. all.Select(s => (Sender: s, Match: Match(matcher, s))).Where(s => s.Match.Asset is null).OrderByDescending(s => s.Sender.Events).Take(MaxUnassigned).Select(s => new UnassignedSource(s.Sender.Source, s.Sender.Host, s.Sender.Address, s.Sender.Events, s.Sender.Last, s.Match.IsAmbiguous))],
            truncated || more);
    }

    // What several criteria ask of one asset holds together: all fields, the longest keeping, the shortest silence.
    private static Dictionary<(AssetProfile Asset, string Kind), Need> NeedsOf(List<LogCriterion> criteria, IReadOnlyList<AssetProfile> assets)
    {
        var needs = new Dictionary<(AssetProfile, string), Need>();
        foreach (var asset in assets)
            foreach (var criterion in criteria.Where(c => (c.Category == LogCriterionType.All || c.Category == asset.Category) && (c.Level == LogCriterionType.All || asset.IsAtLeast(c.Level))))
                foreach (var kind in Codes(criterion.Kinds).Where(k => LogKinds.Find(k) is not null))
                {
                    var need = needs.GetValueOrDefault((asset, kind)) ?? new Need([], 0, int.MaxValue, []);
                    needs[(asset, kind)] = new Need(
                        [.. need.Fields.Union(Codes(criterion.RequiredFields))], Math.Max(need.KeepDays, criterion.KeepDays ?? 0), Math.Min(need.QuietDays, criterion.QuietDays ?? LogCriterionType.UsualQuietDays), [.. need.Criteria, criterion.Number]);
                }

        return needs;
    }

    private static CoverageCell CellOf(AssetProfile asset, string kind, Need need, List<Sender> senders, RetentionPolicy policy, HashSet<(string, string)> quiet, DateTimeOffset now)
    {
        var events = senders.Sum(s => s.Events);
        var lastSeen = senders.Count == 0 ? (DateTimeOffset?)null : senders.Max(s => s.Last);
        // A field goes by several names; each event is taken to use the one that the most of its sender's use.
        List<FieldShare> lacking = [.. need.Fields.Select(f => new FieldShare(f, events == 0 ? 0 : (double)senders.Sum(s => s.With.GetValueOrDefault(f)) / events)).Where(f => f.Share < LeastShare)];
        var state = events == 0 ? CoverageState.Never
            : now - lastSeen > TimeSpan.FromDays(need.QuietDays) || senders.TrueForAll(s => quiet.Contains((s.Source, s.Host))) ? CoverageState.Stale
            : lacking.Count > 0 ? CoverageState.Partly
            : CoverageState.Covered;
        List<string> sources = [.. senders.Select(s => s.Source).Distinct().Order(StringComparer.Ordinal)];
        var kept = sources.Select(s => DaysOf(policy.Of(s))).OfType<int>().Cast<int?>().Min();
        return new CoverageCell(asset, kind, state, lastSeen, senders.Sum(s => s.Day), senders.Sum(s => s.Week), events == 0 ? [] : lacking, need.KeepDays, kept, sources, need.Criteria);
    }

    // The rule, or the minimum that the rule may not go below; null for ever.
    private static int? DaysOf(SourceRetention retention) => retention.Keep is { } keep ? (int)(keep > retention.Minimum ? keep : retention.Minimum).TotalDays : null;

    // Each window begins where the one before it ends, so that an event is read once.
    private static async Task<(IReadOnlyList<Sender> Senders, bool Truncated)> SendersAsync(LogStore store, string query, LogKind? kind, List<string> fields, DateTimeOffset now, CancellationToken cancellation)
    {
        var names = fields.Where(f => kind!.Fields.ContainsKey(f)).SelectMany(f => kind!.Fields[f].Select((name, i) => (Field: f, Name: name, Column: $"f_{f}_{i}"))).ToList();
        var read = SearchQuery.Parse($"{query} | stats count as n, max(time) as last{string.Concat(names.Select(n => $", count({n.Name}) as {n.Column}"))} by source, host, log.source.address | sort -n");
        if (!read.IsOk) throw new InvalidOperationException($"{query}: {read.Errors[0]}");
        var senders = new Dictionary<(string, string, string), Sender>();
        var truncated = false;
        (DateTimeOffset? From, DateTimeOffset? To)[] windows = [(now - TimeSpan.FromDays(LookBackDays), now - Week), (now - Week, now.AddDays(-1)), (now.AddDays(-1), null)];
        for (var window = 0; window < windows.Length; window++)
        {
            var table = await store.TableAsync(new LogSearch { Query = read.Value, From = windows[window].From, To = windows[window].To, Whole = true }, MaxSenders, cancellation);
            truncated |= table.Truncated;
            var at = table.Columns.Select((c, i) => (c.Name, i)).ToDictionary(c => c.Name, c => c.i, StringComparer.Ordinal);
            foreach (var row in table.Rows)
            {
                string Text(string name) => row[at[name]] as string ?? "";
                var key = (Text("source"), Text("host"), Text("log.source.address"));
                if (AuditFeed.IsOwn(key.Item1)) continue;
                if (!senders.TryGetValue(key, out var sender)) senders.Add(key, sender = new Sender(key.Item1, key.Item2, key.Item3));
                var n = Count(row[at["n"]]);
                sender.Events += n;
                if (window > 0) sender.Week += n;
                if (window == 2) sender.Day += n;
                // A clock that is ahead does not make an event younger than now.
                if (row[at["last"]] is DateTimeOffset last && (last < now ? last : now) is var seen && seen > sender.Last) sender.Last = seen;
                foreach (var field in names.GroupBy(x => x.Field)) sender.With[field.Key] = sender.With.GetValueOrDefault(field.Key) + field.Max(x => Count(row[at[x.Column]]));
            }
        }

        return ([.. senders.Values], truncated);
    }

    // A host that is named and not known says more than the address of whoever passed the event on.
    private static AssetMatch Match(AssetMatcher matcher, Sender sender) => sender.Host.Length > 0 ? matcher.Find(sender.Host) : matcher.Find(null, sender.Address);

    private static int KindOrder(string id)
    {
        for (var i = 0; i < LogKinds.All.Count; i++)
            if (LogKinds.All[i].Id == id) return i;
        return int.MaxValue;
    }

    private static string[] Codes(string joined) => joined.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static long Count(object? value) => Convert.ToInt64(value ?? 0L, CultureInfo.InvariantCulture);

    [LoggerMessage(51, LogLevel.Error, "How far the logs cover what must be logged could not be computed; it is tried again")]
    private static partial void NotComputed(ILogger logger, Exception e);

    private sealed record Kept(CoverageMatrix Matrix, string Marks);

    private sealed record Need(IReadOnlyList<string> Fields, int KeepDays, int QuietDays, IReadOnlyList<string> Criteria);

    private sealed class Sender(string source, string host, string address)
    {
        public string Source { get; } = source;

        public string Host { get; } = host;

        public string Address { get; } = address;

        public long Events { get; set; }

        public long Week { get; set; }

        public long Day { get; set; }

        public DateTimeOffset Last { get; set; } = DateTimeOffset.MinValue;

        /// <summary>Events that have a field, by its code.</summary>
        public Dictionary<string, long> With { get; } = new(StringComparer.Ordinal);
    }
}
