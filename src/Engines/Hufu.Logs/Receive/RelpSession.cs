using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;

namespace Hufu.Logs.Receive;

/// <summary>
/// One RELP connection, as a server. A frame is <c>TXNR SP COMMAND SP DATALEN [SP DATA] LF</c>. The answer to a record goes out when the record is
/// stored: a sender that is answered may forget it, and one that is not sends it again.
/// </summary>
internal sealed class RelpSession(Stream stream, ReceiverOptions options, ReceiverCounters.Sender sender, ReceivePump pump)
{
    /// <summary>Longest data of a frame; senders cut their records far below.</summary>
    internal const int MaxData = 1 << 20;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(5);

    // An answer is for a frame that was read, and the sender's window bounds those.
    private readonly Channel<string> answers = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private int unanswered;

    private readonly record struct Frame(int Number, string Command, ReadOnlySequence<byte> Data);

    internal async Task RunAsync(CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var writing = WriteAsync(ending);
        try
        {
            await ReadAsync(ending.Token).ConfigureAwait(false);
        }
        finally
        {
            // What is still on its way to the store is answered when it is there, if the sender is still listening.
            using var patience = new CancellationTokenSource(EndTime);
            while (Volatile.Read(ref unanswered) > 0 && !writing.IsCompleted && !patience.IsCancellationRequested) await Task.Delay(20, CancellationToken.None).ConfigureAwait(false);
            answers.Writer.TryComplete();
            await writing.ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        var opened = false;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellation).ConfigureAwait(false);
                var rest = read.Buffer;
                while (true)
                {
                    var found = TryFrame(ref rest, out var frame);
                    if (found is null) break;
                    if (found is false) return;
                    switch (frame.Command)
                    {
                        case "open":
                            opened = true;
                            Answer(frame.Number, "200 OK\nrelp_version=0\nrelp_software=hufu\ncommands=syslog");
                            break;
                        case "syslog" when opened:
                            await TakeAsync(frame, cancellation).ConfigureAwait(false);
                            break;
                        case "close":
                            while (Volatile.Read(ref unanswered) > 0) await Task.Delay(5, cancellation).ConfigureAwait(false);
                            Answer(frame.Number, "");
                            answers.Writer.TryWrite("0 serverclose 0\n");
                            return;
                        default:
                            Answer(frame.Number, opened ? "500 command not supported" : "500 open comes first");
                            break;
                    }
                }

                reader.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted) return;
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(Frame frame, CancellationToken cancellation)
    {
        var data = frame.Data.ToArray();
        var number = frame.Number;
        Interlocked.Increment(ref unanswered);
        var pieces = RecordPieces.Of(data, options.Parse.MaxLength);
        for (var i = 0; i < pieces.Count; i++)
            await pump.PutAsync(new Received(pieces[i].Piece, options.Clock.GetUtcNow(), sender, pieces[i].Problem, i == pieces.Count - 1 ? () => Done(number) : null), cancellation).ConfigureAwait(false);
    }

    private void Done(int number)
    {
        Answer(number, "200 OK");
        Interlocked.Decrement(ref unanswered);
    }

    private void Answer(int number, string data)
    {
        var length = Encoding.UTF8.GetByteCount(data);
        answers.Writer.TryWrite(string.Create(CultureInfo.InvariantCulture, $"{number} rsp {length}{(length == 0 ? "" : " ")}{data}\n"));
    }

    private async Task WriteAsync(CancellationTokenSource ending)
    {
        try
        {
            var text = new StringBuilder();
            while (await answers.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                text.Clear();
                while (text.Length < 32 * 1024 && answers.Reader.TryRead(out var answer)) text.Append(answer);
                // Who does not take its answers is cut off.
                using var patience = new CancellationTokenSource(AnswerTime);
                await stream.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), patience.Token).ConfigureAwait(false);
                await stream.FlushAsync(patience.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Nobody listens any more: reading ends as well.
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes a frame off the front: true with the frame, null when more bytes are needed, false when this is no RELP.</summary>
    private static bool? TryFrame(ref ReadOnlySequence<byte> buffer, out Frame frame)
    {
        frame = default;
        var reader = new SequenceReader<byte>(buffer);
        // A line feed more than the last frame needed does no harm.
        while (reader.IsNext((byte)'\n', advancePast: true))
        {
        }

        if (!TryWord(ref reader, " "u8, 9, out var number, out var end)) return end;
        if (!TryWord(ref reader, " "u8, 32, out var command, out end)) return end;
        if (!TryWord(ref reader, " \n"u8, 9, out var size, out end)) return end;
        if (!Number(number, out var transaction) || !Number(size, out var length) || length > MaxData || command.AsSpan().ContainsAnyExcept(Letters)) return false;
        reader.Rewind(1);
        var data = ReadOnlySequence<byte>.Empty;
        if (reader.IsNext((byte)' ', advancePast: true) && !reader.TryReadExact(length, out data)) return null;
        if (data.Length != length) return false;
        if (!reader.TryRead(out var feed)) return null;
        if (feed != '\n') return false;
        frame = new Frame(transaction, command, data);
        buffer = buffer.Slice(reader.Position);
        return true;
    }

    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    // A word up to one of the ends, which is passed. When there is none: null in `how` for more to come, false for too long.
    private static bool TryWord(ref SequenceReader<byte> reader, ReadOnlySpan<byte> ends, int longest, out string word, out bool? how)
    {
        (word, how) = ("", null);
        if (!reader.TryReadToAny(out ReadOnlySequence<byte> found, ends, advancePastDelimiter: true))
        {
            how = reader.Remaining > longest ? false : null;
            return false;
        }

        if (found.Length is 0 || found.Length > longest)
        {
            how = false;
            return false;
        }

        word = Encoding.ASCII.GetString(found);
        return true;
    }

    private static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
