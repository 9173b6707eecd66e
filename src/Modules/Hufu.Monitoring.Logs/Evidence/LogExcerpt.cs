using System.Globalization;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Hufu.Web.Standard;

namespace Hufu.Monitoring.Logs;

/// <summary>Writes events with their proofs into a file and attaches it to a record as evidence.</summary>
public sealed class LogExcerpt(LogService logs, FileVault vault, TimeProvider clock)
{
    /// <summary>The most events that one excerpt holds.</summary>
    public const int MaxEvents = 1_000;

    /// <summary>Attaches an excerpt of these events. The open segment is sealed first, so that every event has a proof.</summary>
    public async Task<Result<Evidence>> AttachAsync(RecordStore store, Actor actor, Record record, IReadOnlyList<string> eventIds, CancellationToken cancellation = default)
    {
        await logs.Store.SealAsync(cancellation);
        var events = eventIds.Take(MaxEvents).Select(logs.Store.GetEvent).OfType<LogEvent>().ToList();
        if (events.Count == 0) return Result.Fail<Evidence>(Error.Of("logs.evidence.none", "沒有可附加的日誌。", "There is no event to attach."));
        return await WriteAsync(store, actor, record, events, new Evidence { Title = Titled(events.Count, events.Count), QueryFrom = events.Min(e => e.Time), QueryTo = events.Max(e => e.Time) }, null, cancellation);
    }

    /// <summary>
    /// Attaches a search as evidence: its text, its time range, how many events it found, and those events (at most <see cref="MaxEvents"/>, newest
    /// first) with their proofs. Nothing found is a result as well. Whoever may search can run it again.
    /// </summary>
    public async Task<Result<Evidence>> AttachSearchAsync(RecordStore store, Actor actor, Record record, string query, LogSearch search, string? title, string? output, CancellationToken cancellation = default)
    {
        await logs.Store.SealAsync(cancellation);
        // Without an end it would find other events tomorrow.
        var bounded = search with { To = search.To ?? Instants.Truncate(clock.GetUtcNow()), Limit = MaxEvents, After = null, Whole = true };
        var found = await logs.Store.SearchAsync(bounded, cancellation);
        var histogram = await logs.Store.HistogramAsync(bounded, cancellation: cancellation);
        var total = histogram.Buckets.Sum(b => b.Errors + b.Warnings + b.Others);
        return await WriteAsync(store, actor, record, found.Events, new Evidence
        {
            Title = string.IsNullOrWhiteSpace(title) ? Titled(found.Events.Count, total) : title.Trim(), Query = query, QueryFrom = bounded.From, QueryTo = bounded.To, Output = output,
        }, new { query, from = bounded.From, to = bounded.To, ranAt = clock.GetUtcNow(), total }, cancellation);
    }

    private static string Titled(int shown, long total) => string.Create(CultureInfo.InvariantCulture, $"日誌節錄 / Log excerpt ({(shown == total ? "" : $"{shown} / ")}{total})");

    private async Task<Result<Evidence>> WriteAsync(RecordStore store, Actor actor, Record record, IReadOnlyList<LogEvent> events, Evidence evidence, object? search, CancellationToken cancellation)
    {
        var proofs = logs.Store.ProveAll(events.Select(e => e.Id));
        var json = JsonSerializer.SerializeToUtf8Bytes(new
        {
            version = 1,
            record = record.Number,
            search,
            events = events.Select(e => (Event: e, Proof: proofs.GetValueOrDefault(e.Id))).Select(x => new
            {
                id = x.Event.Id, time = x.Event.Time, source = x.Event.Source, host = x.Event.Host, app = x.Event.App, raw = x.Event.Raw, fields = x.Event.Fields,
                proof = x.Proof is null ? null : new
                {
                    leafBytes = Convert.ToBase64String(x.Proof.LeafBytes.Span), index = x.Proof.Index, size = x.Proof.Size, path = x.Proof.Path.Select(Convert.ToHexStringLower),
                    root = Convert.ToHexStringLower(x.Proof.Root.Span), change = x.Proof.Receipt, holds = x.Proof.Holds(),
                },
            }),
        });
        var name = $"logs-{record.Number}.json";
        using var content = new MemoryStream(json);
        if (await vault.SaveAsync(evidence, content, name, "application/json", cancellation) is { IsOk: false } refused) return Result.Fail<Evidence>(refused.Errors);
        evidence.Kind = "query";
        // It speaks of the day on which its newest event stands, at the site.
        evidence.EffectiveOn = DateOnly.FromDateTime(SiteTime.Local(evidence.QueryTo ?? clock.GetUtcNow()).DateTime);
        return await store.AttachAsync(actor, record, evidence, cancellation: cancellation);
    }
}

/// <summary>Names the sealed segments on which the lines of an excerpt rest.</summary>
internal sealed class LogExcerptProofs : IEvidenceProofs
{
    /// <inheritdoc />
    public string ChangeTypeKey => SegmentLedger.TypeKey;

    /// <inheritdoc />
    public async Task<IReadOnlyCollection<Guid>> ChangesAsync(Evidence evidence, Stream file, CancellationToken cancellation)
    {
        if (evidence is not { Kind: "query", MediaType: "application/json" }) return [];
        try
        {
            using var json = await JsonDocument.ParseAsync(file, cancellationToken: cancellation);
            var named = new HashSet<Guid>();
            foreach (var item in json.RootElement.GetProperty("events").EnumerateArray())
                if (item.GetProperty("proof") is { ValueKind: JsonValueKind.Object } proof && Guid.TryParse(proof.GetProperty("change").GetString(), out var uid)) named.Add(uid);
            return named;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return [];
        }
    }
}
