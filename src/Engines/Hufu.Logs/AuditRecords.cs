using System.Globalization;
using Hufu.Logs.Parsing;

namespace Hufu.Logs;

/// <summary>
/// The records of an audit event whose lines were joined. The event has one value a name; rules are written for single records, so that they need the
/// values of all of them: <c>type</c> is SYSCALL and EXECVE and PATH, <c>a0</c> the system call's and the program's.
/// </summary>
public sealed class AuditRecords
{
    private const int MostArguments = 4_096;

    private readonly List<LogEvent> records;

    private AuditRecords(List<LogEvent> records) => this.records = records;

    /// <summary>The records of an event; null when it is no audit event of several.</summary>
    public static AuditRecords? Of(LogEvent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (!item.Fields.ContainsKey("types") || item.Fields.GetValueOrDefault("event.module") != "auditd" || !item.Raw.Contains('\n', StringComparison.Ordinal)) return null;
        var options = new LogParseOptions { ReferenceTime = item.ReceivedAt };
        return new AuditRecords([.. item.Raw.Split('\n').Select(line => LogParser.Parse(line, item.ReceivedAt, item.Source, options))]);
    }

    /// <summary>The command line of the program that the event started, as its arguments were given; null where it started none.</summary>
    public string? CommandLine => Joined(records.Where(record => record.Fields.GetValueOrDefault("type") == "EXECVE").Select(record => record.Fields));

    /// <summary>The same of a record that was kept by itself.</summary>
    public static string? CommandLineOf(LogEvent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Fields.ContainsKey("argc") && item.Fields.GetValueOrDefault("event.module") == "auditd" ? Joined([item.Fields]) : null;
    }

    // Many arguments are written over several records, and a long one in pieces, of which a record may begin with a later one: a2[1].
    private static string? Joined(IEnumerable<IReadOnlyDictionary<string, string>> parts)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in parts.SelectMany(fields => fields))
        {
            if (AuditBody.PieceOf(name) is { } whole) known[whole] = known.GetValueOrDefault(whole) + value;
            else known.TryAdd(name, value);
        }

        var arguments = new List<string>();
        while (arguments.Count < MostArguments && known.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"a{arguments.Count}"), out var argument)) arguments.Add(argument);
        return arguments.Count == 0 ? null : string.Join(' ', arguments);
    }

    /// <summary>The values that the records have for a name, in their order.</summary>
    public IReadOnlyList<string> Values(string name)
    {
        List<string> values = [];
        foreach (var record in records)
        {
            if (record.Fields.TryGetValue(name, out var value)) values.Add(value);
        }

        return values;
    }
}
