using Hufu.Kernel;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs;

/// <summary>
/// Carries a run's progress and log to the database without slowing the run: what the job says is kept in memory and written at most
/// four times a second. The same loop gives the sign of life and looks whether somebody asked for the end.
/// </summary>
internal sealed class RunReport : IAsyncDisposable
{
    internal const int MaxLines = 1000;
    internal const int MaxLineLength = 1000;
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SignEvery = TimeSpan.FromSeconds(30);

    private readonly IDbContextFactory<HufuDbContext> factory;
    private readonly TimeProvider clock;
    private readonly long runId;
    private readonly Action cancel;
    private readonly Lock gate = new();
    private readonly List<JobLogLine> waiting = [];
    private readonly CancellationTokenSource closing = new();
    private readonly Task loop;
    private (double Fraction, LocalizedText? Text)? progress;
    private LocalizedText? lastText;
    private int lines;
    private int leftOut;

    internal RunReport(IDbContextFactory<HufuDbContext> factory, TimeProvider clock, long runId, Action cancel)
    {
        this.factory = factory;
        this.clock = clock;
        this.runId = runId;
        this.cancel = cancel;
        loop = Task.Run(WriteAsync);
    }

    /// <summary>How many writes were made, for tests of the throttle.</summary>
    internal int Writes { get; private set; }

    internal void Progress(double fraction, LocalizedText? text)
    {
        lock (gate)
        {
            lastText = text ?? lastText;
            progress = (double.IsNaN(fraction) ? 0 : Math.Clamp(fraction, 0, 1), lastText);
        }
    }

    internal void Log(string line)
    {
        lock (gate)
        {
            if (lines >= MaxLines - 1)
            {
                leftOut++;
                return;
            }

            waiting.Add(new JobLogLine { RunId = runId, Number = ++lines, At = Instants.Truncate(clock.GetUtcNow()), Text = Cut(line.ReplaceLineEndings(" "), MaxLineLength) });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await loop;
        lock (gate)
        {
            if (leftOut > 0)
                waiting.Add(new JobLogLine { RunId = runId, Number = MaxLines, At = Instants.Truncate(clock.GetUtcNow()), Text = $"… +{leftOut} (記錄已達 {MaxLines} 行上限，其餘省略 / the log holds {MaxLines} lines, the rest is left out)" });
        }

        await FlushAsync(sign: false);
        closing.Dispose();
    }

    internal static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";

    private async Task WriteAsync()
    {
        var (sinceLook, sinceSign) = (TimeSpan.Zero, TimeSpan.Zero);
        while (!closing.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(WriteEvery, closing.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            (sinceLook, sinceSign) = (sinceLook + WriteEvery, sinceSign + WriteEvery);
            var sign = sinceSign >= SignEvery;
            if (sign) sinceSign = TimeSpan.Zero;
            try
            {
                await FlushAsync(sign);
                if (sinceLook < LookEvery) continue;
                sinceLook = TimeSpan.Zero;
                await using var db = await factory.CreateDbContextAsync();
                if (await db.Set<JobRun>().AnyAsync(r => r.Id == runId && r.CancelRequested)) cancel();
            }
            catch (Exception e) when (e is DbUpdateException or System.Data.Common.DbException)
            {
                // The database is busy: what was to be written stays in memory and the next round tries again.
            }
        }
    }

    private async Task FlushAsync(bool sign)
    {
        List<JobLogLine> batch;
        (double Fraction, LocalizedText? Text)? step;
        lock (gate)
        {
            batch = [.. waiting];
            step = progress;
            progress = null;
        }

        if (batch.Count == 0 && step is null && !sign) return;
        try
        {
            await using var db = await factory.CreateDbContextAsync();
            db.AddRange(batch);
            if (batch.Count > 0) await db.SaveChangesAsync();
            lock (gate) waiting.RemoveRange(0, batch.Count);
            var now = db.Now;
            if (step is { } p)
            {
                var fraction = p.Fraction;
                var (zh, en) = (Cut(p.Text?.Zh ?? "", 200), Cut(p.Text?.En ?? "", 200));
                await db.Set<JobRun>().Where(r => r.Id == runId).ExecuteUpdateAsync(s => s
                    .SetProperty(r => r.Progress, fraction).SetProperty(r => r.ProgressZh, zh).SetProperty(r => r.ProgressEn, en).SetProperty(r => r.SeenAt, now));
            }
            else if (sign) await db.Set<JobRun>().Where(r => r.Id == runId).ExecuteUpdateAsync(s => s.SetProperty(r => r.SeenAt, now));
            Writes++;
        }
        catch
        {
            lock (gate) progress ??= step;
            throw;
        }
    }
}
