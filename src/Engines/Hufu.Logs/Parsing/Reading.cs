namespace Hufu.Logs.Parsing;

/// <summary>What is being found in one record. Body readers write into it, whether the body stands alone or in a syslog message.</summary>
internal sealed class Reading(FieldMap fields, List<string> problems, LogParseOptions options)
{
    private const int MostProblems = 32;

    private bool full;

    public LogParseOptions Options => options;

    /// <summary>In how many objects the body was carried; what is carried deeper than a few is left as it is.</summary>
    public int Depth { get; init; }

    public FieldMap Fields => fields;

    public List<string> Problems => problems;

    /// <summary>The decoder that understood the body; absent when none did.</summary>
    public string? Decoder { get; set; }

    public DateTimeOffset? Time { get; private set; }

    public string? TimeText { get; private set; }

    /// <summary>True when the time is that of what happened, to the millisecond and without a zone to be found out: a header's says no more than when it was passed on.</summary>
    public bool TimeIsOwn { get; set; }

    public bool TimeZoneAssumed { get; private set; }

    public string? Host { get; set; }

    /// <summary>True when a field that has the usual name of a host is not the one that the event is from.</summary>
    public bool HostIsKnown { get; set; }

    public string? App { get; set; }

    public string? ProcId { get; set; }

    public int? Severity { get; set; }

    public string? Message { get; set; }

    /// <summary>True when no field more is taken.</summary>
    public bool IsFull => full;

    /// <summary>Adds a value under a name that has none yet. What is more than the limit stays in the raw line, and that is said once.</summary>
    public bool Add(string name, string value)
    {
        if (fields.ContainsKey(name)) return false;
        if (fields.Count >= options.MaxFields)
        {
            if (!full) Fault(LogProblem.Of(LogProblem.FieldsTooMany, options.MaxFields));
            full = true;
            return false;
        }

        fields[name] = value;
        return true;
    }

    /// <summary>Forgets what was found: the record was not what it seemed.</summary>
    public void Reset()
    {
        fields.Clear();
        problems.Clear();
        (full, HostIsKnown, TimeIsOwn) = (false, false, false);
        (Decoder, Time, TimeText, TimeZoneAssumed, Host, App, ProcId, Severity, Message) = (null, null, null, false, null, null, null, null, null);
    }

    /// <summary>Lists a problem; a hostile record cannot make the list long.</summary>
    public void Fault(string problem)
    {
        if (problems.Count < MostProblems) problems.Add(problem);
    }

    /// <summary>Takes the first of the named fields that is a time. True when one is.</summary>
    public bool TakeTimeOf(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (fields.TryGetValue(name, out var text) && TakeTime(text)) return true;
        }

        return false;
    }

    /// <summary>Takes a time as it is written. False when it is none.</summary>
    public bool TakeTime(string text, bool utc = false)
    {
        if (!TimeTexts.TryRead(text, options, utc, out var value, out var assumed)) return false;
        (Time, TimeText, TimeZoneAssumed) = (value, text, assumed);
        return true;
    }

    /// <summary>Takes a time that was read already.</summary>
    public void TakeTime(DateTimeOffset value, string text, bool assumed) => (Time, TimeText, TimeZoneAssumed) = (value, text, assumed);

    /// <summary>The first of the named fields that is not empty.</summary>
    public string? First(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (fields.TryGetValue(name, out var value) && value.Length > 0) return value;
        }

        return null;
    }

    /// <summary>The first of the names that there is a field of.</summary>
    public string? FirstName(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (fields.ContainsKey(name)) return name;
        }

        return null;
    }

    public static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";

    /// <summary>The record of a body that stands alone.</summary>
    public ParsedRecord ToRecord(string format, string raw) => new()
    {
        Format = format, Decoder = Decoder, Problems = problems, Timestamp = Time, TimestampText = TimeText, TimeZoneAssumed = TimeZoneAssumed,
        HostName = Host, AppName = App, ProcId = ProcId, Severity = Severity, Fields = fields, Message = Message ?? raw,
    };
}
