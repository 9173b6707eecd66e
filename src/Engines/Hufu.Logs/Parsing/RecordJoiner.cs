using System.Text;

namespace Hufu.Logs.Parsing;

/// <summary>A line on its way to become a record, or the record that it has become.</summary>
/// <param name="Bytes">The line without its end; the lines of a record with line feeds between them.</param>
/// <param name="Offset">Where its first line begins.</param>
/// <param name="Problem">What was wrong with its frame.</param>
internal readonly record struct JoinedRecord(ReadOnlyMemory<byte> Bytes, long Offset, string? Problem);

/// <summary>
/// Joins lines that are one record: those of one event of the Linux audit system, which may come between lines of others, those of a statement in the slow log of MySQL, and, when told
/// how a record begins, everything up to the next beginning. It waits for no more than 256 events, 1,000 lines and the longest record: what is above is given as it is.
/// </summary>
internal sealed class RecordJoiner(LogParseOptions options)
{
    private const int MostOpen = 256;
    private const int MostLines = 1_000;

    // The records of an event are written within this time, whatever comes between them.
    private const double MostSeconds = 2;

    // Of the types that programs send each record is an event; those of the kernel come together.
    private static readonly string[] Alone = ["USER", "CRED_", "SERVICE_", "ADD_", "DEL_", "GRP_", "ACCT_", "DAEMON_", "SYSTEM_", "CRYPTO_", "CHGRP_", "CHUSER_", "ROLE_", "VIRT_", "RESRC_", "LABEL_", "TEST", "TRUSTED_APP", "SOFTWARE_UPDATE"];

    private readonly LinkedList<Group> open = [];
    private readonly MessagePattern? begin = options.RecordBegins is { Length: > 0 } pattern && pattern != LogParseOptions.Indented ? MessagePattern.Parse(pattern) : null;
    private readonly bool indented = options.RecordBegins == LogParseOptions.Indented;

    private Group? slow;
    private Slow stage;

    /// <summary>What may come next in a statement of the slow log.</summary>
    private enum Slow
    {
        Who,
        Figures,
        Statement,
    }

    /// <summary>True when no line waits.</summary>
    public bool IsEmpty => open.Count == 0 && slow is null;

    /// <summary>True when lines are joined at all.</summary>
    public static bool Joins(LogParseOptions options) => options.RecordBegins is { Length: > 0 } || (options.JoinAudit && options.Format is null or "auditd" or "mysql-slow");

    /// <summary>Takes the next line; what is whole then comes out in the order of its last lines.</summary>
    public void Add(JoinedRecord line, List<JoinedRecord> ready)
    {
        if (begin is not null || indented)
        {
            var joins = open.Count > 0 && line.Problem is null && !Begins(line.Bytes.Span);
            if (joins && Fits(open.First!.Value, line))
            {
                open.First.Value.Add(line);
                return;
            }

            Flush(ready);
            if (line.Problem is not null) ready.Add(line);
            else open.AddLast(new Group(line, default, 0));
            return;
        }

        if (TakeSlow(line, ready)) return;
        if (line.Problem is not null || !TryStamp(line.Bytes.Span, out var key, out var at, out var type))
        {
            ready.Add(line);
            return;
        }

        for (var node = open.First; node is not null;)
        {
            var next = node.Next;
            if (at - node.Value.At > MostSeconds && node.Value.Key != key) Give(node, ready);
            node = next;
        }

        var group = open.First;
        while (group is not null && group.Value.Key != key) group = group.Next;
        if (group is not null && !Fits(group.Value, line))
        {
            Give(group, ready);
            group = null;
        }

        if (group is null)
        {
            if (Array.Exists(Alone, type.StartsWith))
            {
                ready.Add(line);
                return;
            }

            if (open.Count == MostOpen) Give(open.First!, ready);
            group = open.AddLast(new Group(line, key, at));
        }
        else
        {
            group.Value.Add(line);
        }

        if (type is "PROCTITLE" or "EOE") Give(group, ready);
    }

    /// <summary>Gives what waits, whole or not.</summary>
    public void Flush(List<JoinedRecord> ready)
    {
        GiveSlow(ready);
        while (open.First is { } first) Give(first, ready);
    }

    /// <summary>
    /// Takes a line of the slow log: the time, where it is written; who asked; figures, each line with a number sign; then the database, the time of the begin and the statement up
    /// to a line that ends with a semicolon. A line that does not belong there ends the statement.
    /// </summary>
    private bool TakeSlow(JoinedRecord line, List<JoinedRecord> ready)
    {
        var text = line.Bytes.Span;
        if (slow is null)
        {
            if (text.Length == 0 || text[0] != (byte)'#' || line.Problem is not null) return false;
            var who = SlowBody.IsWho(text);
            if (!who && !text.StartsWith("# Time: "u8)) return false;
            (slow, stage) = (new Group(line, default, 0), who ? Slow.Figures : Slow.Who);
            return true;
        }

        var belongs = line.Problem is null && Fits(slow, line) && stage switch
        {
            Slow.Who => SlowBody.IsWho(text),
            Slow.Figures => text.StartsWith("# "u8) && !SlowBody.IsWho(text) && !text.StartsWith("# Time: "u8),
            _ => !text.StartsWith("# Time: "u8) && !SlowBody.IsWho(text),
        };
        if (!belongs)
        {
            GiveSlow(ready);
            return TakeSlow(line, ready);
        }

        slow.Add(line);
        var ends = stage == Slow.Statement && text.TrimEnd("\r "u8) is [.., (byte)';'] && !text.StartsWith("use "u8) && !text.StartsWith("SET timestamp="u8);
        if (stage == Slow.Who) stage = Slow.Figures;
        else if (stage == Slow.Figures && text.StartsWith("# Query_time: "u8)) stage = Slow.Statement;
        if (ends) GiveSlow(ready);
        return true;
    }

    private void GiveSlow(List<JoinedRecord> ready)
    {
        if (slow is not null) ready.Add(slow.Whole());
        slow = null;
    }

    private void Give(LinkedListNode<Group> node, List<JoinedRecord> ready)
    {
        ready.Add(node.Value.Whole());
        open.Remove(node);
    }

    private bool Fits(Group group, JoinedRecord line) => group.Count < MostLines && group.Bytes + 1 + line.Bytes.Length <= options.MaxLength;

    private bool Begins(ReadOnlySpan<byte> line)
    {
        // A stack trace is indented; its causes are not.
        if (indented) return line[0] is not ((byte)' ' or (byte)'\t') && !line.StartsWith("Caused by: "u8) && !line.StartsWith("\tat "u8);
        var at = 0;
        return begin!.TryMatch(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 1_024)]), ref at, new Reading([], [], options));
    }

    /// <summary><c>node=x type=y msg=audit(1767225600.123:456):</c> — node and stamp tell the event.</summary>
    private static bool TryStamp(ReadOnlySpan<byte> line, out (string Node, string Stamp) key, out double at, out string type)
    {
        (key, at, type) = (default, 0, "");
        var head = line[..Math.Min(line.Length, 400)];
        var node = "";
        if (head.StartsWith("node="u8))
        {
            var blank = head.IndexOf((byte)' ');
            if (blank < 0) return false;
            node = Encoding.UTF8.GetString(head[5..blank]);
            head = head[(blank + 1)..];
        }

        if (!head.StartsWith("type="u8)) return false;
        var end = head.IndexOf(" msg=audit("u8);
        if (end is < 6 or > 64) return false;
        type = Encoding.UTF8.GetString(head[5..end]);
        head = head[(end + 11)..];
        var close = head.IndexOf((byte)')');
        if (close is < 3 or > 48) return false;
        var stamp = Encoding.UTF8.GetString(head[..close]);
        var colon = stamp.IndexOf(':', StringComparison.Ordinal);
        if (colon < 1 || !double.TryParse(stamp.AsSpan(0, colon), System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out at)) return false;
        key = (node, stamp);
        return true;
    }

    private sealed class Group(JoinedRecord first, (string Node, string Stamp) key, double at)
    {
        private readonly List<ReadOnlyMemory<byte>> lines = [first.Bytes.ToArray()];

        public (string Node, string Stamp) Key => key;

        public double At => at;

        public int Count => lines.Count;

        public int Bytes { get; private set; } = first.Bytes.Length;

        public void Add(JoinedRecord line)
        {
            lines.Add(line.Bytes.ToArray());
            Bytes += 1 + line.Bytes.Length;
        }

        public JoinedRecord Whole()
        {
            if (lines.Count == 1) return first with { Bytes = lines[0] };
            var whole = new byte[Bytes];
            var to = 0;
            foreach (var line in lines)
            {
                if (to > 0) whole[to++] = (byte)'\n';
                line.Span.CopyTo(whole.AsSpan(to));
                to += line.Length;
            }

            return new JoinedRecord(whole, first.Offset, null);
        }
    }
}
