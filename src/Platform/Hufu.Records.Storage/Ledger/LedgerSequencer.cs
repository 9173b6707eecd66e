using System.Text.Json;
using Hufu.Kernel;
using Hufu.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hufu.Records.Storage.Ledger;

/// <summary>
/// Carries changes from the change log into the ledger, in the order in which they were committed. The change log is the outbox: a change
/// that was committed gets its leaf even if the process dies in between, and a leaf is never written for a change that was undone.
/// </summary>
public sealed partial class LedgerSequencer(IDbContextFactory<HufuDbContext> factory, LedgerFiles files, ILogger<LedgerSequencer> logger) : BackgroundService
{
    private const int Batch = 2000;
    private readonly SemaphoreSlim one = new(1, 1);
    private LedgerWriter? writer;

    /// <summary>What went wrong last, for the health page; null when all is well.</summary>
    public string? Problem { get; private set; }

    /// <summary>Sequences everything that is waiting. Returns how many leaves were written.</summary>
    public async Task<Result<int>> FlushAsync(CancellationToken cancellation = default)
    {
        await one.WaitAsync(cancellation);
        try
        {
            await using var db = await factory.CreateDbContextAsync(cancellation);
            if (writer is null)
            {
                var opened = await OpenOrLetGoAsync(db, cancellation);
                if (!opened.IsOk) return Result.Fail<int>(opened.Errors);
            }

            var written = 0;
            System.Diagnostics.Activity? activity = null;
            while (true)
            {
                // What stands in a leaf, and not the payload, which is longer than all of it.
                var waiting = await db.Changes.Where(c => c.Position == null).OrderBy(c => c.Id).Take(Batch)
                    .Select(c => new Change { Id = c.Id, Uid = c.Uid, At = c.At, TypeKey = c.TypeKey, RecordId = c.RecordId, Version = c.Version, Action = c.Action, Commitment = c.Commitment }).ToListAsync(cancellation);
                if (waiting.Count == 0) break;
                activity ??= Telemetry.Activities.StartActivity("ledger.sequence");
                var appended = writer!.Append([.. waiting.Select(c => (ReadOnlyMemory<byte>)ChangeCapture.Leaf(c))]);
                if (!appended.IsOk)
                {
                    // The writer may have to recover: the next attempt opens it anew and looks at what is there.
                    writer.Dispose();
                    writer = null;
                    return Result.Fail<int>(appended.Errors);
                }

                try
                {
                    await PlaceAsync(db, waiting, appended.Value.FirstIndex, cancellation);
                }
                catch
                {
                    // The leaves are in the ledger and their places are not noted. Opening anew finds them there; appending again would double them.
                    writer.Dispose();
                    writer = null;
                    throw;
                }

                written += waiting.Count;
                Telemetry.LedgerLeaves.Add(waiting.Count);
                if (waiting.Count < Batch) break;
            }

            activity?.SetTag("leaves", written).Dispose();
            Problem = null;
            return Result.Of(written);
        }
        finally
        {
            one.Release();
        }
    }

    // Notes the places of one batch: all of them or, when the process dies, none.
    private static async Task PlaceAsync(HufuDbContext db, List<Change> placed, long first, CancellationToken cancellation)
    {
        if (db.IsPostgres)
        {
            var (ids, positions) = (placed.Select(c => c.Id).ToArray(), Enumerable.Range(0, placed.Count).Select(i => first + i).ToArray());
            await db.Database.ExecuteSqlAsync($"UPDATE change SET position = place.position FROM unnest({ids}, {positions}) AS place(id, position) WHERE change.id = place.id", cancellation);
            return;
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.Transaction = Microsoft.EntityFrameworkCore.Storage.DbContextTransactionExtensions.GetDbTransaction(transaction);
        command.CommandText = "UPDATE change SET position = @position WHERE id = @id";
        var (position, id) = (command.CreateParameter(), command.CreateParameter());
        (position.ParameterName, position.DbType, id.ParameterName, id.DbType) = ("@position", System.Data.DbType.Int64, "@id", System.Data.DbType.Int64);
        command.Parameters.AddRange(new[] { position, id });
        for (var i = 0; i < placed.Count; i++)
        {
            (position.Value, id.Value) = (first + i, placed[i].Id);
            await command.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        base.Dispose();
        writer?.Dispose();
        one.Dispose();
    }

    /// <summary>Stops, and carries what still waits: after an orderly stop the ledger is complete.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await TryAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // No time is left; what waits is sequenced at the next start.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            do await TryAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The process is stopping.
        }
    }

    private async Task TryAsync(CancellationToken cancellation)
    {
        try
        {
            var flushed = await FlushAsync(cancellation);
            if (!flushed.IsOk) Report(flushed.Errors[0].ToString());
        }
        catch (Exception e) when (e is DbUpdateException or IOException or System.Data.Common.DbException)
        {
            Report(e.Message);
        }
    }

    private void Report(string problem)
    {
        if (Problem != problem) NotSequenced(logger, problem);
        Problem = problem;
    }

    private async Task<Result> OpenOrLetGoAsync(HufuDbContext db, CancellationToken cancellation)
    {
        var signer = files.Signer();
        if (!signer.IsOk) return signer;
        var opened = LedgerWriter.Open(files.Folder, signer.Value);
        if (!opened.IsOk) return opened;
        try
        {
            return await OpenAsync(opened.Value, db, cancellation);
        }
        catch
        {
            // Kept, its lock would shut out the next attempt.
            opened.Value.Dispose();
            throw;
        }
    }

    private async Task<Result> OpenAsync(LedgerWriter candidate, HufuDbContext db, CancellationToken cancellation)
    {
        if (candidate.Report.Recovered) Recovered(logger, candidate.Report.BeyondCheckpoint.Count, candidate.Report.StagedFiles);
        // A process that died between writing leaves and noting their places left leaves without a place: find their changes again.
        var known = await db.Changes.MaxAsync(c => (long?)c.Position, cancellation) + 1 ?? 0;
        if (known > candidate.Size)
        {
            var size = candidate.Size;
            candidate.Dispose();
            return Result.Fail(Error.Of("ledger.cut-back", $"資料庫記載帳本有 {known} 項，實際只有 {size} 項：帳本被截短或由較舊的備份還原。", $"The database knows {known} leaves but the ledger has {size}: it was cut back or restored from an older backup.", files.Folder));
        }

        if (known < candidate.Size)
        {
            var reader = LedgerReader.Open(files.Folder);
            if (!reader.IsOk)
            {
                candidate.Dispose();
                return reader;
            }

            for (var index = known; index < candidate.Size; index++)
            {
                var entry = reader.Value.ReadEntry(index);
                if (entry.IsOk && UidOf(entry.Value) is { } uid && await db.Changes.FirstOrDefaultAsync(c => c.Uid == uid, cancellation) is { } change) change.Position = index;
            }

            await db.SaveChangesAsync(cancellation);
            db.ChangeTracker.Clear();
        }

        writer = candidate;
        return Result.Ok;
    }

    internal static Guid? UidOf(ReadOnlyMemory<byte> entry)
    {
        try
        {
            using var json = JsonDocument.Parse(entry);
            return json.RootElement.GetProperty("id").GetGuid();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    [LoggerMessage(110, LogLevel.Error, "Changes could not be put into the ledger: {Problem}")]
    private static partial void NotSequenced(ILogger logger, string problem);

    [LoggerMessage(111, LogLevel.Warning, "The ledger recovered from an unfinished batch: {Files} files past the checkpoint, {Staged} staged")]
    private static partial void Recovered(ILogger logger, int files, int staged);
}
