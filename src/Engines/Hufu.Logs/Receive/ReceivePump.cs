using System.Threading.Channels;

namespace Hufu.Logs.Receive;

/// <summary>A record as it came.</summary>
/// <param name="Bytes">The record without its frame.</param>
/// <param name="At">When it came.</param>
/// <param name="Sender">Who sent it.</param>
/// <param name="Problem">What was wrong with its frame.</param>
/// <param name="Stored">Called when the store has it; null when nobody waits.</param>
internal readonly record struct Received(byte[] Bytes, DateTimeOffset At, ReceiverCounters.Sender Sender, string? Problem, Action? Stored);

/// <summary>
/// Carries what was received into the store, in batches, in the order of receipt. While the store takes nothing (a full disk) the batch is tried
/// again: the queue fills, senders are held back, and what UDP brings is lost and counted.
/// </summary>
internal sealed class ReceivePump : IDisposable
{
    private const int MaxBatch = 5_000;
    private const long MaxBatchBytes = 8L << 20;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly ReceiverOptions options;
    private readonly ReceiverCounters counters;
    private readonly ReceivedEvents sink;
    private readonly Channel<Received> queue;
    private readonly SemaphoreSlim room = new(0);

    internal ReceivePump(ReceiverOptions options, ReceiverCounters counters, ReceivedEvents sink)
    {
        (this.options, this.counters, this.sink) = (options, counters, sink);
        queue = Channel.CreateBounded<Received>(new BoundedChannelOptions(options.Queue) { SingleReader = true });
    }

    /// <summary>Puts a record into the queue, or says that there is no room.</summary>
    internal bool TryPut(Received record)
    {
        // One that is longer than the room for all goes when there is nothing else.
        var waiting = Interlocked.Add(ref counters.WaitingBytes, record.Bytes.Length);
        if ((waiting <= options.QueueBytes || waiting == record.Bytes.Length) && queue.Writer.TryWrite(record))
        {
            Interlocked.Increment(ref counters.Waiting);
            counters.Took(record.Sender, record.Bytes.Length);
            return true;
        }

        Interlocked.Add(ref counters.WaitingBytes, -record.Bytes.Length);
        return false;
    }

    /// <summary>Puts a record into the queue, and waits until there is room.</summary>
    internal async ValueTask PutAsync(Received record, CancellationToken cancellation)
    {
        while (!TryPut(record)) await room.WaitAsync(TimeSpan.FromMilliseconds(50), cancellation).ConfigureAwait(false);
    }

    /// <summary>Nothing more comes: what waits is still carried.</summary>
    internal void Complete() => queue.Writer.TryComplete();

    /// <summary>Works until <see cref="Complete"/> was called and the queue is empty, or it is cancelled: what was not stored by then is lost and was acknowledged to nobody.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        var (batch, events) = (new List<Received>(), new List<LogEvent>());
        while (await queue.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            long bytes = 0;
            while (batch.Count < MaxBatch && bytes < MaxBatchBytes && queue.Reader.TryRead(out var record))
            {
                batch.Add(record);
                bytes += record.Bytes.Length;
            }

            var parse = options.Parse with { ReferenceTime = batch[0].At };
            foreach (var record in batch)
            {
                var item = Parse(record, parse);
                record.Sender.Read(item);
                if (item.Problems.Count > 0) Interlocked.Increment(ref counters.Faulty);
                events.Add(item);
            }

            await StoreAsync(events, cancellation).ConfigureAwait(false);
            Interlocked.Add(ref counters.Stored, batch.Count);
            Interlocked.Add(ref counters.Waiting, -batch.Count);
            Interlocked.Add(ref counters.WaitingBytes, -bytes);
            if (room.CurrentCount == 0) room.Release();
            foreach (var record in batch) record.Stored?.Invoke();
            batch.Clear();
            events.Clear();
        }
    }

    public void Dispose() => room.Dispose();

    private LogEvent Parse(Received record, LogParseOptions parse)
    {
        var item = LogParser.Parse(record.Bytes, record.At, options.Source, parse).From(record.Sender.Address);
        return record.Problem is null ? item : item with { Problems = [.. item.Problems, record.Problem] };
    }

    private async Task StoreAsync(List<LogEvent> events, CancellationToken cancellation)
    {
        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await sink([.. events], cancellation).ConfigureAwait(false);
                counters.Problem = null;
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever it is: to give up here would be to lose records.
                counters.Problem = e.Message;
            }

            await Task.Delay(pause, options.Clock, cancellation).ConfigureAwait(false);
        }
    }
}
