using System.Runtime.InteropServices;
using System.Threading.Channels;
using Hufu.Logs.Parsing;

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
/// again: the queue fills, senders are held back, and what UDP brings is lost and counted. The records of one event of the Linux audit system become one event: they wait
/// for each other, a second at most, and whoever waits for an answer to one of them gets it when the event is stored.
/// </summary>
internal sealed class ReceivePump : IDisposable
{
    private const int MaxBatch = 1_000;
    private const long MaxBatchBytes = 8L << 20;
    private const int MostAhead = 4;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);
    private const int MostAuditEvents = 4_096;

    private readonly ReceiverOptions options;
    private readonly ReceiverCounters counters;
    private readonly ReceivedEvents sink;
    private readonly Channel<Received> queue;
    private readonly SemaphoreSlim room = new(0);

    // A batch that grows while another is stored holds no more than the queue may.
    private readonly int most;

    private readonly AuditGroups<Received>? audit;
    private readonly List<AuditGroups<Received>.Group> whole = [];

    internal ReceivePump(ReceiverOptions options, ReceiverCounters counters, ReceivedEvents sink)
    {
        (this.options, this.counters, this.sink, most) = (options, counters, sink, Math.Min(MaxBatch, options.Queue));
        if (RecordJoiner.JoinsAudit(options.Parse)) audit = new AuditGroups<Received>(options.Parse, MostAuditEvents, waitsForEnd: true);
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
            counters.Took(record.Sender, record.Bytes.Length, record.At);
            return true;
        }

        Interlocked.Add(ref counters.WaitingBytes, -record.Bytes.Length);
        return false;
    }

    /// <summary>
    /// Puts a record into the queue, and waits until there is room. Who can wait does so when a few batches are ahead: what lies long in a long queue costs
    /// more to keep than to read.
    /// </summary>
    internal async ValueTask PutAsync(Received record, CancellationToken cancellation)
    {
        while (Interlocked.Read(ref counters.Waiting) >= MostAhead * most || !TryPut(record)) await room.WaitAsync(TimeSpan.FromMilliseconds(50), cancellation).ConfigureAwait(false);
    }

    /// <summary>Nothing more comes: what waits is still carried.</summary>
    internal void Complete() => queue.Writer.TryComplete();

    /// <summary>Works until <see cref="Complete"/> was called and the queue is empty, or it is cancelled: what was not stored by then is lost and was acknowledged to nobody.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        // While one batch is stored the next is read and grows; there is never more than one of each, so that the order stays.
        var (batch, storing, coming) = (new Batch(most), Task.CompletedTask, (Task<bool>?)null);
        try
        {
            for (var more = true; more || batch.Events.Count > 0;)
            {
                if (more && batch.Events.Count == 0)
                {
                    coming ??= queue.Reader.WaitToReadAsync(cancellation).AsTask();
                    // Records that wait for others of their event do so for a while only, whatever comes.
                    if (audit is { Count: > 0 }) await Task.WhenAny(coming, Task.Delay(LongestWait / 10, CancellationToken.None)).ConfigureAwait(false);
                    else await coming.ConfigureAwait(false);
                    if (coming.IsCompleted) (more, coming) = (await coming.ConfigureAwait(false), null);
                    Fill(batch, !more);
                }
                else if (more && !batch.IsFull && !storing.IsCompleted)
                {
                    // Whoever waits for each record is woken for each: they are looked for now and then.
                    await Task.WhenAny(storing, Task.Delay(Look, CancellationToken.None)).ConfigureAwait(false);
                    Fill(batch, false);
                }

                if (batch.Events.Count == 0 || (more && !batch.IsFull && !storing.IsCompleted)) continue;
                await storing.ConfigureAwait(false);
                var whole = batch;
                storing = Task.Run(() => StoreAsync(whole, cancellation), cancellation);
                batch = new Batch(most);
            }
        }
        finally
        {
            await storing.ConfigureAwait(false);
        }
    }

    public void Dispose() => room.Dispose();

    /// <summary>Takes what is there, as long as the batch has room; of records that wait for others those whose time is over, or, at the end, all.</summary>
    private void Fill(Batch batch, bool isLast)
    {
        LogParseOptions? parse = null;
        while (!batch.IsFull && queue.Reader.TryRead(out var record))
        {
            parse ??= options.Parse with { ReferenceTime = record.At, Source = options.Source };
            var waits = audit is not null && record.Problem is null && AuditStamp.Looks(record.Bytes) && audit.TryAdd(record, Line(record).Span, record.Sender, Environment.TickCount64, whole);
            // No more wait than a batch has: senders are held back by what waits.
            while (audit is not null && audit.Records >= most) audit.GiveOldest(whole);
            TakeWhole(batch, parse);
            if (!waits) Take(batch, record, [record], parse);
        }

        if (audit is not { Count: > 0 }) return;
        audit.GiveUntil(isLast ? long.MaxValue : Environment.TickCount64 - (long)LongestWait.TotalMilliseconds, whole);
        TakeWhole(batch, parse ?? options.Parse with { ReferenceTime = options.Clock.GetUtcNow(), Source = options.Source });
    }

    private void TakeWhole(Batch batch, LogParseOptions parse)
    {
        foreach (var group in whole)
        {
            // It came when its last record did.
            var last = group.Items[^1];
            Take(batch, group.Items.Count == 1 ? last : last with { Bytes = RecordJoiner.Joined(group.Items, group.Length, Line) }, CollectionsMarshal.AsSpan(group.Items), parse);
        }

        whole.Clear();
    }

    private static ReadOnlyMemory<byte> Line(Received record) => record.Bytes.AsMemory().TrimEnd("\r\n"u8);

    /// <summary>Puts what some records say together into the batch, mostly one.</summary>
    private void Take(Batch batch, Received whole, ReadOnlySpan<Received> records, LogParseOptions parse)
    {
        var item = Parse(whole, parse);
        whole.Sender.Read(item);
        if (item.Problems.Count > 0) Interlocked.Increment(ref counters.Faulty);
        batch.Events.Add(item);
        foreach (ref readonly var record in records)
        {
            batch.Records++;
            batch.Bytes += record.Bytes.Length;
            if (record.Stored is not null) batch.Waiting.Add(record.Stored);
        }
    }

    private LogEvent Parse(Received record, LogParseOptions parse)
    {
        var item = LogParser.Parse(record.Bytes, record.At, options.Source, parse);
        // Nobody else has it yet.
        ((FieldMap)item.Fields).TryAdd(LogEvent.SenderField, record.Sender.Text);
        return record.Problem is null ? item : item with { Problems = [.. item.Problems, record.Problem] };
    }

    private async Task StoreAsync(Batch batch, CancellationToken cancellation)
    {
        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await sink(batch.Events, cancellation).ConfigureAwait(false);
                counters.Problem = null;
                break;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever it is: to give up here would be to lose records.
                counters.Problem = e.Message;
            }

            await Task.Delay(pause, options.Clock, cancellation).ConfigureAwait(false);
        }

        Interlocked.Add(ref counters.Stored, batch.Records);
        Interlocked.Add(ref counters.Waiting, -batch.Records);
        Interlocked.Add(ref counters.WaitingBytes, -batch.Bytes);
        if (room.CurrentCount == 0) room.Release();
        foreach (var stored in batch.Waiting) stored();
    }

    /// <summary>Records that are stored together.</summary>
    private sealed class Batch(int most)
    {
        public List<LogEvent> Events { get; } = [];

        /// <summary>Records that the events are of.</summary>
        public int Records { get; set; }

        /// <summary>Called when the events are stored.</summary>
        public List<Action> Waiting { get; } = [];

        public long Bytes { get; set; }

        public bool IsFull => Events.Count >= most || Bytes >= MaxBatchBytes;
    }
}
