using System.Globalization;

namespace Hufu.Logs.Parsing;

/// <summary>
/// The general log of MySQL and MariaDB: time, number of the connection, kind of command and its argument, with tabs between. Versions before MySQL 5.7, and MariaDB, write the
/// time once for all lines of a second. The names are those of the table <c>mysql.general_log</c>.
/// </summary>
internal static class GeneralBody
{
    private static readonly string[] Commands =
        ["Query", "Connect", "Quit", "Init DB", "Execute", "Prepare", "Close stmt", "Reset stmt", "Change user", "Field List", "Statistics", "Ping", "Kill", "Shutdown", "Refresh", "Create DB", "Drop DB", "Processlist", "Binlog Dump", "Fetch", "Long Data", "Set option", "Debug"];

    private static readonly MessagePattern Denied = MessagePattern.Parse("Access denied for user '{user:text}'@'{src_host:text}'«« to database '{database:text}'» (using password: {using_password:text})»");
    private static readonly MessagePattern Connected = MessagePattern.Parse("{user:text}@{src_host}« as {_}» on");

    /// <summary>True for a line that an entry begins with; of a statement only, where that is asked.</summary>
    public static bool Begins(ReadOnlySpan<byte> line, bool isStatement)
    {
        var tab = line[..Math.Min(line.Length, 40)].IndexOf((byte)'\t');
        // A time, or nothing where it is that of the line before.
        if (tab < 0 || (tab > 0 && (!char.IsAsciiDigit((char)line[0]) || line[..tab].Count((byte)':') < 2))) return false;
        var rest = line[(tab + 1)..].TrimStart(" \t"u8);
        var digits = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits is < 1 or > 20 || rest[digits] != ' ') return false;
        rest = rest[(digits + 1)..];
        var end = rest[..Math.Min(rest.Length, 17)].IndexOf((byte)'\t');
        if (isStatement) return end > 0 && (rest[..end].SequenceEqual("Query"u8) || rest[..end].SequenceEqual("Execute"u8) || rest[..end].SequenceEqual("Prepare"u8));
        rest = end < 0 ? rest : rest[..end];
        return rest.Length < 17 && Array.IndexOf(Commands, System.Text.Encoding.ASCII.GetString(rest)) >= 0;
    }

    public static bool Read(string line, Reading reading)
    {
        // Every line of a site comes by here: one look tells most others.
        var tab = line.AsSpan(0, Math.Min(line.Length, 40)).IndexOf('\t');
        if (tab < 0) return false;
        var at = tab + 1;
        while (at < line.Length && line[at] is ' ' or '\t') at++;
        var number = at;
        while (at < line.Length && at < number + 20 && char.IsAsciiDigit(line[at])) at++;
        if (at == number || at >= line.Length || line[at] != ' ') return false;
        var digits = at++;
        var end = line.IndexOf('\t', at, Math.Min(line.Length - at, 16));
        var command = end < 0 ? line[at..] : line[at..end];
        if (Array.IndexOf(Commands, command) < 0) return false;
        if (tab > 0 && !reading.TakeTime(line[..tab])) return false;
        reading.Add("thread_id", line[number..digits]);
        reading.Add("command_type", command);
        var argument = end < 0 ? "" : line[(end + 1)..];
        reading.Message = argument.Length > 0 ? argument : command;
        var place = 0;
        switch (command)
        {
            case "Query" or "Execute" or "Prepare":
                reading.Add("statement", argument);
                if (command != "Prepare") reading.Add("action", "statement");
                break;
            case "Connect" or "Change user" when Denied.TryMatch(argument, ref place, reading):
                reading.Add("action", "login");
                reading.Add("outcome", "failure");
                break;
            case "Connect" or "Change user" when Connected.TryMatch(argument, ref place, reading):
                reading.Add("action", "connected");
                if (place + 1 < argument.Length && argument[(place + 1)..].Split(" using ")[0] is { Length: > 0 } database && !database.StartsWith("using ", StringComparison.Ordinal)) reading.Add("database", database.Trim());
                break;
            case "Init DB":
                reading.Add("database", argument);
                break;
            case "Quit":
                reading.Add("action", "disconnected");
                break;
            default:
                if (argument.Length > 0) reading.Add("argument", argument);
                break;
        }

        if (reading.First("src_host") is { } host && LogParser.IsAddress(host)) reading.Add("src_ip", host);
        return true;
    }
}

/// <summary>
/// One statement of the slow log of MySQL and MariaDB, whose lines were joined: <c># Time: …</c>, <c># User@Host: user[user] @ host [address]</c>, <c># Query_time: 2.47  Rows_sent: 10</c>, the
/// database, the time of its begin and the statement.
/// </summary>
internal static class SlowBody
{
    private static readonly MessagePattern Who = MessagePattern.Parse("# User@Host: {user:text}[{_:text}] @ «{src_host} »« »«[{src_ip:text}]»«  Id: {thread_id:text}»");

    /// <summary>True when a line is the one that says who asked.</summary>
    public static bool IsWho(ReadOnlySpan<byte> line) => line.StartsWith("# User@Host: "u8);

    public static bool Read(string text, Reading reading)
    {
        if (!text.Contains("# Query_time: ", StringComparison.Ordinal)) return false;
        var at = 0;
        while (at < text.Length)
        {
            var end = text.IndexOf('\n', at);
            if (end < 0) end = text.Length;
            var line = text[at..end];
            var place = 0;
            if (line.StartsWith("# Time: ", StringComparison.Ordinal)) reading.TakeTime(line[8..].Trim());
            else if (Who.TryMatch(line, ref place, reading)) Trim(reading);
            else if (line.StartsWith("# ", StringComparison.Ordinal) && !line.StartsWith("# administrator", StringComparison.Ordinal)) Named(line.AsSpan(2), reading);
            else if (line.StartsWith("SET timestamp=", StringComparison.Ordinal)) Began(line[14..].TrimEnd(';', ' ', '\r'), reading);
            else if (line.StartsWith("use ", StringComparison.Ordinal) && reading.First("statement") is null && line.IndexOf(';', StringComparison.Ordinal) is > 4 and < 80 and var semicolon) reading.Add("database", line[4..semicolon].Trim('`', ' '));
            else break;
            at = end + 1;
        }

        if (at < text.Length)
        {
            reading.Add("statement", text[at..].TrimEnd());
            reading.Add("action", "statement");
            reading.Message = text[at..].TrimEnd();
        }

        return reading.Fields.Count > 0;
    }

    private static void Trim(Reading reading)
    {
        if (reading.First("thread_id") is { } thread) reading.Fields["thread_id"] = thread.Trim();
    }

    /// <summary>The count of seconds at which the statement began has a zone, which the older form of the time has not.</summary>
    private static void Began(string seconds, Reading reading)
    {
        reading.Add("timestamp", seconds);
        if (reading.Time is null || reading.TimeZoneAssumed) reading.TakeTime(seconds);
    }

    /// <summary><c>Query_time: 2.000652  Lock_time: 0.000000 Schema:  Rows_sent: 1</c>: a name ends with a colon, its value with a blank, and may be empty.</summary>
    private static void Named(ReadOnlySpan<char> line, Reading reading)
    {
        while (!line.IsEmpty && !reading.IsFull)
        {
            var colon = line.IndexOf(": ");
            if (colon <= 0) return;
            var name = line[..colon].Trim(' ');
            line = line[(colon + 2)..];
            var blank = line.IndexOf(' ');
            var value = (blank < 0 ? line : line[..blank]).TrimEnd('\r');
            // After two blanks comes the next name.
            if (value.Length > 0 && value[^1] != ':') reading.Add(name.ToString(), value.ToString());
            else if (value.Length > 0) continue;
            line = blank < 0 ? [] : line[(blank + 1)..].TrimStart(' ');
        }
    }
}

/// <summary>
/// An entry of PostgreSQL's <c>csvlog</c>, whose columns are fixed and of which some may have several lines; newer versions append some. The names are those of its documentation.
/// </summary>
internal static class PostgresCsvBody
{
    private static readonly string[] Names =
    [
        "log_time", "user_name", "database_name", "process_id", "connection_from", "session_id", "session_line_num", "command_tag", "session_start_time", "virtual_transaction_id", "transaction_id", "error_severity",
        "sql_state_code", "message", "detail", "hint", "internal_query", "internal_query_pos", "context", "query", "query_pos", "location", "application_name", "backend_type", "leader_pid", "query_id",
    ];

    /// <summary>True for what an entry begins with: a time, user and database, each in quotation marks or not there, and a number.</summary>
    public static bool Begins(ReadOnlySpan<byte> line)
    {
        if (line.Length < 40 || line[4] != '-' || line[7] != '-' || line[10] != ' ' || line[13] != ':' || line[16] != ':' || !char.IsAsciiDigit((char)line[0])) return false;
        var comma = line[..40].IndexOf((byte)',');
        if (comma is < 19 or > 34) return false;
        var rest = line[(comma + 1)..];
        for (var column = 0; column < 2; column++)
        {
            if (rest is [(byte)'"', ..]) rest = rest[1..].IndexOf((byte)'"') is >= 0 and var end ? rest[(end + 2)..] : [];
            if (rest is not [(byte)',', ..]) return false;
            rest = rest[1..];
        }

        var digits = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return digits > 0 && rest[digits] == ',';
    }

    /// <summary>Reads an entry; its message is given out, for it is read as one of the other log.</summary>
    public static bool Read(string line, Reading reading, out string? message)
    {
        message = null;
        // Every line of a site comes by here: 2026-01-04 01:02:03.123 UTC,
        if (line.Length < 60 || line[4] != '-' || line[10] != ' ' || line[13] != ':' || !char.IsAsciiDigit(line[0])) return false;
        var comma = line.IndexOf(',', StringComparison.Ordinal);
        if (comma is < 19 or > 34) return false;
        var values = TableParser.SplitQuoted(line, ',', reading);
        if (values.Count < 22 || values[12].Length != 5 || values[11].AsSpan().ContainsAnyExceptInRange('A', 'Z') && !values[11].StartsWith("DEBUG", StringComparison.Ordinal)) return false;
        if (!reading.TakeTime(values[0])) return false;
        for (var i = 0; i < values.Count && i < Names.Length; i++)
        {
            if (values[i].Length > 0 && Names[i] != "message") reading.Add(Names[i], values[i]);
        }

        message = reading.Message = values[13];
        reading.ProcId = reading.First("process_id");
        reading.Severity = Severities.Of(reading.First("error_severity"));
        if (reading.First("connection_from") is { } from && from.LastIndexOf(':') is > 0 and var colon && LogParser.IsAddress(from.AsSpan(0, colon).Trim("[]")))
        {
            reading.Add("src_ip", from[..colon].Trim('[', ']'));
            reading.Add("src_port", from[(colon + 1)..].ToString(CultureInfo.InvariantCulture));
        }

        return true;
    }
}
