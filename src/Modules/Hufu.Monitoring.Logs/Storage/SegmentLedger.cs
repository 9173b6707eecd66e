using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>Anchors sealed segments in the ledger: one change for each, whose leaf commits to the segment's root.</summary>
public sealed class SegmentLedger(IDbContextFactory<HufuDbContext> databases) : ISegmentSealer
{
    /// <summary>What changes of sealed segments are called.</summary>
    public const string TypeKey = "logs.segment";

    /// <summary>What changes of removed events are called.</summary>
    public const string RemovalTypeKey = "logs.removal";

    /// <summary>Adds the change, or finds the one that an earlier call for the same segment and root has added. The receipt is the change's identity.</summary>
    public async ValueTask<string?> SealAsync(SegmentSeal seal, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(seal);
        var root = Convert.ToHexStringLower(seal.Root.Span);
        var changes = new List<FieldChange>
        {
            new("segment", null, seal.SegmentId),
            new("root", null, root),
            new("events", null, seal.Events.ToString(CultureInfo.InvariantCulture)),
            new("from", null, Instant(seal.From)),
            new("to", null, Instant(seal.To)),
        };
        // Without a file it is the open segment as far as it was.
        if (seal.FileSha256 is { } file) changes.Add(new("fileSha256", null, file));
        return await AddAsync(TypeKey, IdOf(seal.SegmentId, root, seal.FileSha256 is not null), seal.FileSha256 is null ? "anchored" : "sealed", changes, root, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<string?> RemoveAsync(SegmentRemoval removal, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(removal);
        var changes = new List<FieldChange>
        {
            new("first", null, removal.First),
            new("last", null, removal.Last),
            new("generation", null, removal.Generation.ToString(CultureInfo.InvariantCulture)),
            new("reason", null, removal.Reason),
            new("removedSha256", null, removal.RemovedSha256),
        };
        foreach (var source in removal.Sources)
            changes.Add(new("source " + source.Source, string.Create(CultureInfo.InvariantCulture, $"{source.Events} {Instant(source.ReceivedFrom)} {Instant(source.ReceivedTo)}"), null));
        return await AddAsync(RemovalTypeKey, IdOf(removal), "removed", changes, $"{removal.First}-{removal.Last}", cancellation);
    }

    internal static Guid IdOf(string segment, string root, bool whole) => Id($"{segment}/{root}{(whole ? "" : "/open")}");

    internal static Guid IdOf(SegmentRemoval removal) => Id(string.Create(CultureInfo.InvariantCulture, $"{removal.First}-{removal.Last}.{removal.Generation}/{removal.RemovedSha256}"));

    private static Guid Id(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16), bigEndian: true);

    private async Task<string> AddAsync(string typeKey, Guid id, string kind, List<FieldChange> changes, string title, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var known = await db.Changes.AsNoTracking().Where(c => c.TypeKey == typeKey && c.RecordId == id).Select(c => (Guid?)c.Uid).FirstOrDefaultAsync(cancellation);
        if (known is { } uid) return uid.ToString("D");
        var actor = Actor.System();
        var change = ChangeCapture.Create(typeKey, id, 0, kind, db.Now, null, null, new ChangePayload(actor.Id, actor.Name, actor.Channel, null, changes, title));
        db.Changes.Add(change);
        await db.SaveChangesAsync(cancellation);
        return change.Uid.ToString("D");
    }

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
