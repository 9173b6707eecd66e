namespace Hufu.Logs.Parsing;

/// <summary>
/// A line that would be a record of its own, carried in a message: a web server's access or error line by syslog, in a shipper's JSON or in a container's log, the line of a database's
/// or a proxy's own file, XML, and what a program writes with a time and a level of its own.
/// </summary>
internal static class CarriedLine
{
    /// <summary>Reads it into the fields. True when the text is such a line.</summary>
    public static bool Read(string text, Reading reading)
    {
        if (text.Length < 12) return false;
        var options = reading.Options;
        var line = AccessLogParser.TryParse(text) ?? NginxErrorParser.TryParse(text, options) ?? ApacheErrorParser.TryParse(text, options);
        if (line is not null) return Take(line, line.Format, reading);
        if (text[0] == '<' && EventXmlParser.Looks(text))
        {
            // What is no such line must leave nothing behind.
            var inner = new Reading(new FieldMap(), [], options);
            // A message may begin with a tag and be none.
            return EventXmlParser.Read(text, inner) && inner.Fields.Count > 0 && Take(inner.ToRecord(LogFormats.Xml, text), inner.Fields.ContainsKey("EventID") ? LogFormats.WindowsXml : LogFormats.Xml, reading);
        }

        if (TableParser.BareColumns(text) is { } columns)
        {
            var inner = new Reading(new FieldMap(), [], options);
            TableParser.Read(text, columns, inner);
            return Take(inner.ToRecord(LogFormats.W3C, text), LogFormats.W3C, reading);
        }

        // Nearly every message begins with a word, and is no line.
        if (BeginsWithTime(text))
        {
            var inner = new Reading(new FieldMap(), [], options);
            if (MessageDecoders.ReadLine(text, inner)) return Take(inner.ToRecord(LogFormats.Plain, text), inner.Decoder!, reading);
        }

        // A line of a container's runtime within another is not looked into once more.
        return ApplicationParser.TryParse(text, options, out var sure, carried: true) is { } program && (sure || program.Format == LogFormats.Pairs) && Take(program, program.Format, reading);
    }

    private static bool BeginsWithTime(string text)
    {
        var at = text[0] == '[' ? 1 : 0;
        return char.IsAsciiDigit(text[at]) || (text[at + 3] is ' ' or ',' && (SyslogParser.MonthOf(text.AsSpan(at, 3)) > 0 || SyslogWords.BehindDay(text, at) > at));
    }

    private static bool Take(ParsedRecord line, string decoder, Reading reading)
    {
        foreach (var (name, value) in line.Fields) reading.Add(name, value);
        foreach (var problem in line.Problems) reading.Fault(problem);
        if (line is { Timestamp: { } time, TimestampText: { } written }) reading.TakeTime(time, written, line.TimeZoneAssumed);
        (reading.Decoder, reading.Severity, reading.ProcId, reading.Host, reading.App) = (decoder, line.Severity, line.ProcId, line.HostName, line.AppName);
        return true;
    }
}
