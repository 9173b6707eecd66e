using System.Globalization;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;

namespace Hufu.Monitoring.Logs;

/// <summary>What to keep the matrix of: the record that it is attached to, its title, and the output of the standard that it is meant for.</summary>
/// <param name="Number">Number of the record.</param>
/// <param name="Title">Absent for the product's own.</param>
/// <param name="Output">Absent for O5.1.2.</param>
public sealed record CoverageKeep(string? Number, string? Title, string? Output);

/// <summary>Attaches the coverage matrix to a record as it stands, so that what was covered on a day can be shown later.</summary>
internal sealed class CoverageEvidence(FileVault vault, TimeProvider clock)
{
    /// <summary>The output that the matrix is.</summary>
    private const string Output = "O5.1.2";

    /// <summary>Attaches it.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="cells">The cells that the person may read: only those are kept.</param>
    internal async Task<Result<(Record Record, Evidence Evidence)>> AttachAsync(RecordStore store, Actor actor, CoverageMatrix matrix, IReadOnlyList<CoverageCell> cells, CoverageKeep wanted, CancellationToken cancellation)
    {
        var found = await store.FindAsync(actor, wanted.Number, cancellation);
        if (!found.IsOk) return Result.Fail<(Record, Evidence)>(found.Errors);
        var day = DateOnly.FromDateTime(SiteTime.Local(matrix.At).DateTime);
        var name = string.Create(CultureInfo.InvariantCulture, $"coverage-{day:yyyy-MM-dd}.json");
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new { version = 1, record = found.Value.Number, keptAt = clock.GetUtcNow(), matrix = Json(matrix, cells) }));
        var covered = cells.Count(c => c.State == CoverageState.Covered);
        var evidence = new Evidence
        {
            Kind = "file", Title = string.IsNullOrWhiteSpace(wanted.Title) ? string.Create(CultureInfo.InvariantCulture, $"日誌涵蓋矩陣 / Log coverage {day:yyyy-MM-dd} ({covered}/{cells.Count})") : wanted.Title.Trim(),
            Output = string.IsNullOrWhiteSpace(wanted.Output) ? Output : wanted.Output.Trim().ToUpperInvariant(), EffectiveOn = day,
        };
        if (await vault.SaveAsync(evidence, content, name, "application/json", cancellation) is { IsOk: false } refused) return Result.Fail<(Record, Evidence)>(refused.Errors);
        var attached = await store.AttachAsync(actor, found.Value, evidence, cancellation: cancellation);
        return attached.IsOk ? Result.Of((found.Value, attached.Value)) : Result.Fail<(Record, Evidence)>(attached.Errors);
    }

    /// <summary>The matrix as the API and the kept file tell it.</summary>
    internal static object Json(CoverageMatrix matrix, IReadOnlyList<CoverageCell> cells) => new
    {
        at = matrix.At, lookBackDays = LogCoverage.LookBackDays, criteria = matrix.Criteria, truncated = matrix.Truncated,
        cells = cells.Select(c => new
        {
            asset = c.Asset.Asset.Number, code = c.Asset.Asset.Code, title = c.Asset.Asset.Title, findable = c.Asset.IsFindable, kind = c.Kind, state = CoveragePage.Word(c.State), lastSeen = c.LastSeen, day = c.Day, week = c.Week,
            lacking = c.Lacking.Select(f => new { field = f.Field, share = Math.Round(f.Share, 3) }), keepDays = c.KeepDays, keptDays = c.KeptDays, keptShorter = c.IsKeptShorter, sources = c.Sources, criteria = c.Criteria,
        }),
        unassigned = matrix.Unassigned.Select(u => new { source = u.Source, host = u.Host, address = u.Address, events = u.Events, lastSeen = u.LastSeen, ambiguous = u.Ambiguous }),
    };
}
