using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Monitoring.Logs;

/// <summary>Writes events with their proofs into a file and attaches it to a record as evidence.</summary>
public sealed class LogExcerpt(LogService logs, FileVault vault)
{
    /// <summary>Attaches an excerpt of these events. The open segment is sealed first, so that every event has a proof.</summary>
    public async Task<Result<Evidence>> AttachAsync(RecordStore store, Actor actor, Record record, IReadOnlyList<string> eventIds, CancellationToken cancellation = default)
    {
        await logs.Store.SealAsync(cancellation);
        var events = eventIds.Take(1_000).Select(logs.Store.GetEvent).OfType<Hufu.Logs.LogEvent>().ToList();
        if (events.Count == 0) return Result.Fail<Evidence>(Error.Of("logs.evidence.none", "沒有可附加的日誌。", "There is no event to attach."));
        var json = JsonSerializer.SerializeToUtf8Bytes(new
        {
            version = 1,
            record = record.Number,
            events = events.Select(e => (Event: e, Proof: logs.Store.Prove(e.Id))).Select(x => new
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
        var kept = await vault.SaveAsync(content, name, cancellation);
        if (!kept.IsOk) return Result.Fail<Evidence>(kept.Errors);
        return await store.AttachAsync(actor, record, new Evidence
        {
            Kind = "query", Title = $"日誌節錄 / Log excerpt ({events.Count})", Query = string.Join(' ', events.Take(20).Select(e => e.Id)), QueryFrom = events.Min(e => e.Time), QueryTo = events.Max(e => e.Time),
            Sha256 = kept.Value.Sha256, Size = kept.Value.Size, Scan = kept.Value.Scan, FileName = name, MediaType = "application/json",
        }, cancellation: cancellation);
    }
}
