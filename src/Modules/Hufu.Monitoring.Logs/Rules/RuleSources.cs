using System.Collections.Concurrent;
using System.Text.Json;
using Hufu.Logs;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Which log sources, in the words of rules, really arrive, and when each was last seen. Told by what looks at events as they come in; kept in the data folder over
/// restarts. Where nothing is kept yet, the newest events of the store are looked at once.
/// </summary>
public sealed partial class RuleSources(StorageOptions storage, LogService logs, SiteMappings mappings, TimeProvider clock, ILogger<RuleSources> logger) : RepeatedWork(clock, TimeSpan.FromMinutes(1))
{
    /// <summary>The file in the data folder.</summary>
    internal const string FileName = "rule-sources.json";

    private const int MostKept = 10_000;
    private const int LookedAt = 50_000;
    private const long Coarse = TimeSpan.TicksPerMinute;

    private readonly ConcurrentDictionary<SigmaLogSource, long> seen = new();
    private readonly Lock loading = new();
    private volatile bool loaded;
    private volatile bool changed;

    private sealed record Kept(string? Product, string? Category, string? Service, DateTimeOffset Last);

    private string FilePath => Path.Combine(storage.DataFolder, FileName);

    /// <summary>The log sources and when each was last seen.</summary>
    internal IReadOnlyDictionary<SigmaLogSource, DateTimeOffset> Seen
    {
        get
        {
            Load();
            return seen.ToDictionary(s => s.Key, s => new DateTimeOffset(s.Value, TimeSpan.Zero));
        }
    }

    /// <summary>Tells that an event of these sources came in. Called for each event: it does little.</summary>
    internal void Note(IReadOnlyList<SigmaLogSource> sources, DateTimeOffset at)
    {
        var ticks = at.UtcTicks;
        for (var i = 0; i < sources.Count; i++)
        {
            if (seen.TryGetValue(sources[i], out var last))
            {
                if (ticks - last < Coarse) continue;
            }
            else if (seen.Count >= MostKept)
            {
                continue;
            }

            seen[sources[i]] = ticks;
            changed = true;
        }
    }

    /// <summary>Writes what is known, when it has changed.</summary>
    internal void Save()
    {
        Load();
        if (!changed) return;
        changed = false;
        var kept = seen.Select(s => new Kept(s.Key.Product, s.Key.Category, s.Key.Service, new DateTimeOffset(s.Value, TimeSpan.Zero))).OrderBy(k => (k.Product, k.Category, k.Service)).ToList();
        File.WriteAllBytes(FilePath + ".tmp", JsonSerializer.SerializeToUtf8Bytes(kept));
        File.Move(FilePath + ".tmp", FilePath, overwrite: true);
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            if (loaded) Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NotKept(logger, e);
        }
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => Task.Run(Save, cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        // It is known again as events come in.
        NotKept(logger, failure);
        return true;
    }

    private void Load()
    {
        if (loaded) return;
        lock (loading)
        {
            if (loaded) return;
            try
            {
                foreach (var kept in JsonSerializer.Deserialize<List<Kept>>(File.ReadAllBytes(FilePath)) ?? []) Take(new SigmaLogSource(kept.Product, kept.Category, kept.Service), kept.Last);
            }
            catch (Exception e) when (e is FileNotFoundException or JsonException)
            {
                try
                {
                    var (from, count) = logs.Before(logs.End, LookedAt);
                    foreach (var item in logs.Store.EventsFrom(from.Segment, from.Row, count))
                        foreach (var source in new LogEventFields(item, mappings.Current).Sources) Take(source, item.ReceivedAt);
                }
                catch (ColdException cold)
                {
                    NotKept(logger, cold);
                }

                changed = true;
            }

            loaded = true;
        }

        void Take(SigmaLogSource source, DateTimeOffset at) => seen.AddOrUpdate(source, at.UtcTicks, (_, last) => Math.Max(last, at.UtcTicks));
    }

    [LoggerMessage(64, LogLevel.Warning, "Which log sources arrive could not be read or kept")]
    private static partial void NotKept(ILogger logger, Exception e);
}
