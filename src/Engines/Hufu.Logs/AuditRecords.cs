namespace Hufu.Logs;

/// <summary>
/// The records of an audit event whose lines were joined. The event has one value a name; rules are written for single records, so that they need the
/// values of all of them: <c>type</c> is SYSCALL and EXECVE and PATH, <c>a0</c> the system call's and the program's.
/// </summary>
public sealed class AuditRecords
{
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
