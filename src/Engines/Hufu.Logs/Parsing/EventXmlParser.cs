using System.Xml;

namespace Hufu.Logs.Parsing;

/// <summary>
/// Reads a record that is one XML element. A Windows event (<c>&lt;Event&gt;</c>, which Sysmon for Linux writes too) gets the flat names that rules
/// use: <c>EventID</c>, <c>Provider_Name</c>, and the names of its data. Any other element gives its leaves by their dotted path.
/// </summary>
internal static class EventXmlParser
{
    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true, IgnoreWhitespace = true,
        CheckCharacters = false, MaxCharactersFromEntities = 1_024,
    };

    /// <summary>True when a text begins as an element: <c>&lt;</c> and a letter, which no PRI is.</summary>
    public static bool Looks(string text)
    {
        var start = text.AsSpan().TrimStart();
        return start.Length > 3 && start[0] == '<' && (char.IsAsciiLetter(start[1]) || start.StartsWith("<?xml")) && start.Contains('>');
    }

    /// <summary>Reads the element. False, with the problem, when it is not well formed: what was read up to there is kept.</summary>
    public static bool Read(string text, Reading reading)
    {
        var windows = false;
        var whole = true;
        try
        {
            using var xml = XmlReader.Create(new StringReader(text), Settings);
            xml.MoveToContent();
            windows = xml.LocalName == "Event";
            if (windows) Event(xml, reading);
            else Element(xml, reading);
        }
        catch (XmlException fault)
        {
            reading.Fault(LogProblem.Of(LogProblem.XmlInvalid, fault.LineNumber, fault.LinePosition));
            whole = false;
        }

        if (windows)
        {
            WindowsNames.Complete(reading.Fields);
            reading.App = reading.First("Provider_Name");
            reading.Host = reading.First("Computer");
            reading.Severity = WindowsNames.Severity(reading.First("Level"));
            reading.Message = reading.First("Message");
            if (reading.First("TimeCreated_SystemTime", "UtcTime") is { } time) reading.TakeTime(time, utc: true);
        }
        else
        {
            reading.TakeTimeOf("timestamp", "time", "date");
            reading.Message = reading.First("message", "msg");
        }

        return whole;
    }

    private static void Event(XmlReader xml, Reading reading)
    {
        var section = "";
        var element = "";
        var data = "";
        var unnamed = new List<string>();
        while (!reading.IsFull && xml.Read())
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element:
                    if (xml.Depth > reading.Options.MaxDepth + 2)
                    {
                        reading.Fault(LogProblem.Of(LogProblem.XmlDeep, reading.Options.MaxDepth));
                        return;
                    }

                    if (xml.Depth == 1) section = xml.LocalName;
                    element = xml.LocalName;
                    data = section == "EventData" && element == "Data" ? xml.GetAttribute("Name") ?? "" : element;
                    // An empty value is a value: rules ask for it.
                    if (xml.IsEmptyElement && section == "EventData" && data.Length > 0 && xml.Depth > 1) reading.Add(data.Replace(" ", "", StringComparison.Ordinal), "");
                    if (section != "System") break;
                    while (xml.MoveToNextAttribute())
                    {
                        if (xml.Prefix.Length == 0 && xml.LocalName != "xmlns") reading.Add($"{element}_{xml.LocalName}", xml.Value);
                    }

                    xml.MoveToElement();
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    if (data.Length == 0) unnamed.Add(xml.Value);
                    else if (section is "System" or "EventData" or "UserData" or "ProcessingErrorData" || (section == "RenderingInfo" && data == "Message")) reading.Add(data.Replace(" ", "", StringComparison.Ordinal), xml.Value);
                    break;
                default:
                    break;
            }
        }

        if (unnamed.Count == 0) return;
        reading.Add("Data", string.Join(", ", unnamed));
        // As an event log gives them.
        for (var i = 0; unnamed.Count > 1 && i < unnamed.Count; i++) reading.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Data{i + 1}"), unnamed[i]);
    }

    private static void Element(XmlReader xml, Reading reading)
    {
        var path = new List<string>();
        do
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element:
                    if (xml.Depth > reading.Options.MaxDepth)
                    {
                        reading.Fault(LogProblem.Of(LogProblem.XmlDeep, reading.Options.MaxDepth));
                        return;
                    }

                    // The record's own element is no part of a name.
                    path.RemoveRange(Math.Min(Math.Max(xml.Depth - 1, 0), path.Count), path.Count - Math.Min(Math.Max(xml.Depth - 1, 0), path.Count));
                    if (xml.Depth > 0) path.Add(xml.LocalName);
                    while (xml.MoveToNextAttribute())
                    {
                        if (xml.Name != "xmlns" && xml.Prefix != "xmlns") reading.Add(path.Count == 0 ? xml.LocalName : $"{string.Join('.', path)}_{xml.LocalName}", xml.Value);
                    }

                    xml.MoveToElement();
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    reading.Add(path.Count == 0 ? "text" : string.Join('.', path), xml.Value);
                    break;
                default:
                    break;
            }
        }
        while (!reading.IsFull && xml.Read());
    }
}
