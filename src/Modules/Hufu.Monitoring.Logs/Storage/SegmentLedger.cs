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

    /// <summary>Adds the change, or finds the one that an earlier call for the same segment and root has added. The receipt is the change's identity.</summary>
    public async ValueTask<string?> SealAsync(SegmentSeal seal, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(seal);
        var root = Convert.ToHexStringLower(seal.Root.Span);
        var id = IdOf(seal.SegmentId, root);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var known = await db.Changes.AsNoTracking().Where(c => c.TypeKey == TypeKey && c.RecordId == id).Select(c => (Guid?)c.Uid).FirstOrDefaultAsync(cancellation);
        if (known is { } uid) return uid.ToString("D");
        var actor = Actor.System();
        var change = ChangeCapture.Create(TypeKey, id, 0, "sealed", db.Now, null, null, new ChangePayload(
            actor.Id, actor.Name, actor.Channel, null,
            [
                new FieldChange("segment", null, seal.SegmentId),
                new FieldChange("root", null, root),
                new FieldChange("events", null, seal.Events.ToString(CultureInfo.InvariantCulture)),
                new FieldChange("from", null, Instant(seal.From)),
                new FieldChange("to", null, Instant(seal.To)),
                new FieldChange("fileSha256", null, seal.FileSha256),
            ],
            root));
        db.Changes.Add(change);
        await db.SaveChangesAsync(cancellation);
        return change.Uid.ToString("D");
    }

    internal static Guid IdOf(string segment, string root) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{segment}/{root}")).AsSpan(0, 16), bigEndian: true);

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
