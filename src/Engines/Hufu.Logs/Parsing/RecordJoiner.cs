using System.Text;

namespace Hufu.Logs.Parsing;

/// <summary>A line on its way to become a record, or the record that it has become.</summary>
/// <param name="Bytes">The line without its end; the lines of a record with line feeds between them.</param>
/// <param name="Offset">Where its first line begins.</param>
/// <param name="Problem">What was wrong with its frame.</param>
internal readonly record struct JoinedRecord(ReadOnlyMemory<byte> Bytes, long Offset, string? Problem);

/// <summary>
/// Joins lines that are one record: those of one event of the Linux audit system (<see cref="AuditGroups{T}"/>), those of a statement in the slow and the general log of MySQL and in the <c>csvlog</c> of
/// PostgreSQL, and, when told how a record begins, everything up to the next beginning. It waits for no more than 256 events, 1,000 lines and the longest record: what is above is given as it is.
/// </summary>
internal sealed class RecordJoiner(LogParseOptions options)
{
    private const int MostLines = 1_000;

    private readonly AuditGroups<JoinedRecord> audit = new(options, 256, waitsForEnd: false);
    private readonly List<AuditGroups<JoinedRecord>.Group> given = [];
    private readonly MessagePattern? begin = options.RecordBegins is { Length: > 0 } pattern && pattern != LogParseOptions.Indented ? MessagePattern.Parse(pattern) : null;
    private readonly bool indented = options.RecordBegins == LogParseOptions.Indented;

    private Group? told;
    private Group? slow;
    private Slow stage;
    private Group? statement;
    private bool isQuoted;

    /// <summary>What may come next in a statement of the slow log.</summary>
    private enum Slow
    {
        Who,
        Figures,
        Statement,
    }

    /// <summary>True when no line waits.</summary>
    public bool IsEmpty => audit.Count == 0 && told is null && slow is null && statement is null;

    /// <summary>True when lines are joined at all.</summary>
    public static bool Joins(LogParseOptions options) => options.RecordBegins is { Length: > 0 } || JoinsAudit(options) || (options.JoinLines && options.Format is "mysql-slow" or "mysql-general" or "postgresql-csv");

    /// <summary>True when the records of audit events are.</summary>
    public static bool JoinsAudit(LogParseOptions options) => options.JoinLines && options.Format is null or "auditd" or LogFormats.Syslog3164 or LogFormats.Syslog5424;

    /// <summary>The records of an event with line feeds between them.</summary>
    public static byte[] Joined<T>(IReadOnlyList<T> records, int length, Func<T, ReadOnlyMemory<byte>> bytes)
    {
        var whole = new byte[length];
        var to = 0;
        foreach (var record in records)
        {
            if (to > 0) whole[to++] = (byte)'\n';
            bytes(record).Span.CopyTo(whole.AsSpan(to));
            to += bytes(record).Length;
        }

        return whole;
    }

    /// <summary>Takes the next line; what is whole then comes out in the order of its last lines.</summary>
    public void Add(JoinedRecord line, List<JoinedRecord> ready)
    {
        if (begin is not null || indented)
        {
            if (told is not null && line.Problem is null && !Begins(line.Bytes.Span) && Fits(told, line))
            {
                told.Add(line);
                return;
            }

            Flush(ready);
            if (line.Problem is not null) ready.Add(line);
            else told = new Group(line);
            return;
        }

        if (statement is null ? TakeSlow(line, ready) || TakeStatement(line, ready) : TakeStatement(line, ready)) return;
        // What waits outlives the buffer that it stands in.
        var taken = line.Problem is null && AuditStamp.Looks(line.Bytes.Span) && audit.TryAdd(line with { Bytes = line.Bytes.ToArray() }, line.Bytes.Span, null, 0, given);
        GiveAudit(ready);
        if (!taken) ready.Add(line);
    }

    /// <summary>Gives what waits, whole or not.</summary>
    public void Flush(List<JoinedRecord> ready)
    {
        GiveSlow(ready);
        GiveStatement(ready);
        if (told is not null) ready.Add(told.Whole());
        told = null;
        audit.GiveUntil(long.MaxValue, given);
        GiveAudit(ready);
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
            (slow, stage) = (new Group(line), who ? Slow.Figures : Slow.Who);
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

    /// <summary>
    /// Takes a line of a statement that was written over several: in PostgreSQL's <c>csvlog</c> up to where each quotation mark has its second, in MySQL's general log, which marks no end,
    /// up to its next entry.
    /// </summary>
    private bool TakeStatement(JoinedRecord line, List<JoinedRecord> ready)
    {
        var text = line.Bytes.Span;
        var isOdd = text.Count((byte)'"') % 2 == 1;
        if (statement is null)
        {
            if (line.Problem is not null) return false;
            isQuoted = isOdd && PostgresCsvBody.Begins(text);
            if (!isQuoted && !GeneralBody.Begins(text, isStatement: true)) return false;
            statement = new Group(line);
            return true;
        }

        if (line.Problem is not null || (isQuoted ? PostgresCsvBody.Begins(text) : GeneralBody.Begins(text, isStatement: false)) || !Fits(statement, line))
        {
            GiveStatement(ready);
            return TakeSlow(line, ready) || TakeStatement(line, ready);
        }

        statement.Add(line);
        if (isQuoted && isOdd) GiveStatement(ready);
        return true;
    }

    private void GiveStatement(List<JoinedRecord> ready)
    {
        if (statement is not null) ready.Add(statement.Whole());
        statement = null;
    }

    private void GiveSlow(List<JoinedRecord> ready)
    {
        if (slow is not null) ready.Add(slow.Whole());
        slow = null;
    }

    private void GiveAudit(List<JoinedRecord> ready)
    {
        foreach (var group in given)
            ready.Add(group.Items.Count == 1 ? group.Items[0] : new JoinedRecord(Joined(group.Items, group.Length, line => line.Bytes), group.Items[0].Offset, null));
        given.Clear();
    }

    private bool Fits(Group group, JoinedRecord line) => group.Count < MostLines && group.Bytes + 1 + line.Bytes.Length <= options.MaxLength;

    private bool Begins(ReadOnlySpan<byte> line)
    {
        // A stack trace is indented; its causes are not.
        if (indented) return line[0] is not ((byte)' ' or (byte)'\t') && !line.StartsWith("Caused by: "u8) && !line.StartsWith("\tat "u8);
        var at = 0;
        return begin!.TryMatch(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 1_024)]), ref at, new Reading([], [], options));
    }

    private sealed class Group(JoinedRecord first)
    {
        private readonly List<ReadOnlyMemory<byte>> lines = [first.Bytes.ToArray()];

        public int Count => lines.Count;

        public int Bytes { get; private set; } = first.Bytes.Length;

        public void Add(JoinedRecord line)
        {
            lines.Add(line.Bytes.ToArray());
            Bytes += 1 + line.Bytes.Length;
        }

        public JoinedRecord Whole() => lines.Count == 1 ? first with { Bytes = lines[0] } : new JoinedRecord(Joined(lines, Bytes, line => line), first.Offset, null);
    }
}
