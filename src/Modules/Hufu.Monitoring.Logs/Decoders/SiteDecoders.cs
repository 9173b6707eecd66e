using Hufu.Logs;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>The decoders that are on, as all reading has them: what is switched on is read with from then on, without a restart.</summary>
public sealed class SiteDecoders(IDbContextFactory<HufuDbContext> factory)
{
    private IReadOnlyDictionary<Guid, string> names = new Dictionary<Guid, string>();
    private string? stamp;

    /// <summary>What reading is done with; always the same object.</summary>
    internal UserDecoders Current { get; } = new();

    /// <summary>Looks at the records, and puts in what has changed.</summary>
    internal async Task RefreshAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var all = await db.Set<Decoder>().AsNoTracking().Where(d => d.ArchivedAt == null).OrderBy(d => d.Number).ToListAsync(cancellation);
        var now = string.Join(' ', all.Select(d => $"{d.Id:N}/{d.Version}/{d.State}"));
        if (now == stamp) return;
        names = all.ToDictionary(d => d.Id, d => d.DecoderName);
        Current.Replace([.. all.Where(d => d.State == DecoderType.On).Select(d => DecoderType.Read(d).Decoder).DistinctBy(d => d.Name)]);
        stamp = now;
    }

    /// <summary>The format that a setting means: its decoder's name, or else its format.</summary>
    internal string FormatOf(string format, Guid? decoder) => decoder is { } id ? names.GetValueOrDefault(id) ?? "" : format;
}
