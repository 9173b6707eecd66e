using System.Text;

namespace Hufu.Logs.Parsing;

/// <summary>
/// Cuts a file that is one whole, JSON or XML, into its elements as they come: each is a record with its own text. What stands between them and is
/// no frame is given by lines, so that nothing is dropped. An element above the limit comes in pieces that are marked.
/// </summary>
internal abstract class ElementCutter(Stream stream, int maxLength)
{
    // Elements of such files are longer than lines: they are laid out for reading.
    private const int LeastLimit = 1 << 20;

    private readonly byte[] buffer = new byte[1 << 16];
    private readonly Queue<RawRecord> ready = new();
    private readonly int limit = Math.Max(maxLength, LeastLimit);
    private byte[] current = new byte[4_096];
    private bool cut;
    private bool ended;
    private long begin;
    private long position;

    /// <summary>True while the bytes belong to an element, and false between elements.</summary>
    protected bool Inside { get; set; }

    /// <summary>What has come of the element or of the text between.</summary>
    protected ReadOnlySpan<byte> Current => current.AsSpan(0, Length);

    protected int Length { get; private set; }

    public async ValueTask<RawRecord?> ReadAsync(CancellationToken cancellation)
    {
        while (ready.Count == 0)
        {
            if (ended) return null;
            var read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false);
            for (var i = 0; i < read; i++)
            {
                if (Length == limit) Give(cut ? LogProblem.RecordPiece : LogProblem.RecordCut, more: true);
                if (Length == 0) begin = position;
                if (Length == current.Length) Array.Resize(ref current, Math.Min(current.Length * 2, limit));
                current[Length++] = buffer[i];
                position++;
                Take(buffer[i]);
            }

            if (read > 0) continue;
            ended = true;
            if (Inside || cut) Give(LogProblem.StreamEnded);
            else Between(Length);
        }

        return ready.Dequeue();
    }

    /// <summary>Looks at a byte that was put to <see cref="Current"/>.</summary>
    protected abstract void Take(byte value);

    /// <summary>True for a text between elements that belongs to the frame.</summary>
    protected abstract bool IsFrame(ReadOnlySpan<byte> text);

    /// <summary>Gives the element, which ends here.</summary>
    protected void Element()
    {
        Inside = false;
        Give(cut ? LogProblem.RecordLastPiece : null);
    }

    /// <summary>Forgets what has come: it is the frame.</summary>
    protected void Drop() => Length = 0;

    /// <summary>Gives the first bytes as a text between elements, unless they are the frame, and keeps the rest.</summary>
    protected void Between(int length)
    {
        var text = Current[..length].Trim(" \t\r\n"u8);
        if (text.Length > 0 && !IsFrame(text)) ready.Enqueue(new RawRecord(text.ToArray(), begin, null));
        current.AsSpan(length, Length - length).CopyTo(current);
        begin += length;
        Length -= length;
        cut = false;
    }

    private void Give(string? problem, bool more = false)
    {
        var length = Length;
        while (more && length > Length - 4 && (current[length - 1] & 0xC0) == 0x80) length--;
        // A sequence is cut before its first byte.
        if (more && length > 1 && current[length - 1] >= 0xC0) length--;
        if (length > 0) ready.Enqueue(new RawRecord(current.AsSpan(0, length).ToArray(), begin, problem));
        current.AsSpan(length, Length - length).CopyTo(current);
        begin += length;
        Length -= length;
        cut = more;
    }
}

/// <summary>
/// The objects of a JSON array, of <c>{"Records":[…]}</c> and what is like it, or objects laid out over several lines that follow each other. What such a whole says of itself,
/// as where the next page is, is kept as a text of its own where it comes behind the events.
/// </summary>
internal sealed class JsonCutter(Stream stream, int maxLength) : ElementCutter(stream, maxLength)
{
    private int depth;
    private int arrays;
    private bool text;
    private bool escaped;

    /// <summary>True when a file that begins so is such a whole, and not one object a line.</summary>
    public static bool Recognises(ReadOnlySpan<byte> start)
    {
        start = Skip(start);
        if (start.IsEmpty) return false;
        if (start[0] == '[') return Skip(start[1..]) is [(byte)'{' or (byte)']', ..];
        if (start[0] != '{') return false;
        // Laid out: nothing but the bracket in its line.
        var line = start[1..].TrimStart(" \t\r"u8);
        // A list of events by that name alone may be any program's; laid out it is one whole.
        return line is [(byte)'\n', ..] || (IsRecords(start) && !line.StartsWith("\"events\""u8) && !line.StartsWith("\"Events\""u8)) || IsList(start);
    }

    protected override bool IsFrame(ReadOnlySpan<byte> text) => false;

    protected override void Take(byte value)
    {
        if (!Inside)
        {
            if (Length > 1)
            {
                // Something else than elements: up to the end of its line.
                if (value == '\n') Between(Length);
                else if (Current.SequenceEqual("\uFEFF"u8)) Drop();
                return;
            }

            switch (value)
            {
                case (byte)'{':
                    (Inside, depth, text, escaped) = (true, 1, false, false);
                    break;
                case (byte)'[':
                    arrays++;
                    Drop();
                    break;
                case (byte)']':
                    arrays = Math.Max(0, arrays - 1);
                    Drop();
                    break;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)',' or (byte)'}':
                    Drop();
                    break;
                default:
                    break;
            }

            return;
        }

        if (text)
        {
            if (escaped) escaped = false;
            else if (value == '\\') escaped = true;
            else if (value == '"') text = false;
            return;
        }

        switch (value)
        {
            case (byte)'"':
                text = true;
                break;
            case (byte)'{':
                depth++;
                break;
            case (byte)'[':
                if (depth == 1 && arrays == 0 && ((Length < 64 && IsRecords(Current)) || (Length < LongestHead && IsList(Current) && EndsWithItems(Current))))
                {
                    Inside = false;
                    arrays = 1;
                    Drop();
                    break;
                }

                depth++;
                break;
            case (byte)'}' or (byte)']':
                if (--depth == 0) Element();
                break;
            default:
                break;
        }
    }

    // What stands before the list of events.
    private const int LongestHead = 1_024;

    /// <summary>
    /// A list of events by what it calls itself first: <c>{"kind":"EventList","apiVersion":"audit.k8s.io/v1",…,"items":[</c> of Kubernetes, <c>{"kind":"admin#reports#activities",…,"items":[</c> of
    /// Google, <c>{"@odata.context":"…","value":[</c> of Microsoft's Graph. Any other object may have a list of that name and is one event.
    /// </summary>
    public static bool IsList(ReadOnlySpan<byte> start)
    {
        start = Skip(start);
        if (start is not [(byte)'{', ..]) return false;
        var rest = start[1..].TrimStart(" \t\r\n"u8);
        if (rest.StartsWith("\"@odata.context\""u8)) return true;
        var name = rest.StartsWith("\"kind\""u8) ? 6 : rest.StartsWith("\"messageType\""u8) ? 13 : 0;
        if (name == 0) return false;
        rest = rest[name..].TrimStart(" \t\r\n"u8);
        if (rest is not [(byte)':', ..]) return false;
        rest = rest[1..].TrimStart(" \t\r\n"u8);
        return name == 6 ? rest.StartsWith("\"EventList\""u8) || rest.StartsWith("\"admin#reports#activities\""u8) : rest.StartsWith("\"DATA_MESSAGE\""u8);
    }

    private static bool EndsWithItems(ReadOnlySpan<byte> head)
    {
        head = head[..^1].TrimEnd(" \t\r\n"u8);
        if (head is not [.., (byte)':']) return false;
        head = head[..^1].TrimEnd(" \t\r\n"u8);
        return head.EndsWith("\"items\""u8) || head.EndsWith("\"value\""u8) || head.EndsWith("\"logEvents\""u8);
    }

    private static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes) => (bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes).TrimStart(" \t\r\n"u8);

    /// <summary><c>{"Records":[</c> as CloudTrail has it, or <c>{"records":[</c> as Azure's diagnostic logs do.</summary>
    private static bool IsRecords(ReadOnlySpan<byte> start)
    {
        var rest = Skip(start)[1..].TrimStart(" \t\r\n"u8);
        var named = rest.StartsWith("\"Records\""u8) || rest.StartsWith("\"records\""u8);
        if (!named && !rest.StartsWith("\"Events\""u8) && !rest.StartsWith("\"events\""u8)) return false;
        rest = rest[(named ? 9 : 8)..].TrimStart(" \t\r\n"u8);
        return rest is [(byte)':', ..] && rest[1..].TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
    }
}

/// <summary>The <c>&lt;Event&gt;</c> elements of Windows events that were exported as XML, within <c>&lt;Events&gt;</c> or following each other.</summary>
internal sealed class EventXmlCutter(Stream stream, int maxLength) : ElementCutter(stream, maxLength)
{
    private bool inTag;

    /// <summary>True when a file that begins so is such an export.</summary>
    public static bool Recognises(ReadOnlySpan<byte> start)
    {
        var text = Encoding.UTF8.GetString(start).AsSpan().TrimStart('\uFEFF').TrimStart();
        if (text.StartsWith("<?xml") && text.IndexOf("?>") is > 0 and var end) text = text[(end + 2)..].TrimStart();
        while (text.StartsWith("<!--") && text.IndexOf("-->") is > 0 and var comment) text = text[(comment + 3)..].TrimStart();
        // One event a line is read by lines as well, but lines are not what ends an event.
        return text.StartsWith("<Events") || text.StartsWith("<Event>") || text.StartsWith("<Event ");
    }

    protected override bool IsFrame(ReadOnlySpan<byte> text) =>
        text.StartsWith("<?xml"u8) || text.StartsWith("\uFEFF"u8) || text.StartsWith("<Events"u8) || text.StartsWith("</Events"u8) || (text.StartsWith("<!--"u8) && text.EndsWith("-->"u8));

    protected override void Take(byte value)
    {
        if (!Inside)
        {
            if (value == '\n')
            {
                Between(Length);
            }
            else if (Length > 6 && value is (byte)' ' or (byte)'>' or (byte)'\t' or (byte)'\r' && Current[^7..^1].SequenceEqual("<Event"u8))
            {
                Between(Length - 7);
                (Inside, inTag) = (true, value != '>');
            }

            return;
        }

        if (value != '>') return;
        if (inTag)
        {
            inTag = false;
            if (Length > 1 && Current[^2] == '/') Element();
        }
        else if (Current.EndsWith("</Event>"u8))
        {
            Element();
        }
    }
}
