using System.Collections.Frozen;
using System.Text.Json;

namespace Hufu.Logs.Parsing;

/// <summary>
/// The decoders of messages, as <c>decoders.json</c> declares them: for which programs or beginnings, which patterns, which fixed fields. A program's
/// decoder is found by its name, any other by the text that its messages begin with or hold; no pattern is tried before that.
/// </summary>
internal static class MessageDecoders
{
    private const int LongestMessage = 16_384;

    private static readonly Lazy<Table> Loaded = new(Load);

    /// <summary>Names of all decoders, in the order of the table.</summary>
    public static IReadOnlyList<string> Names => Loaded.Value.Names;

    /// <summary>All that declare a source, by their names.</summary>
    public static IEnumerable<(string Name, LogSourceHint Hint, string? ServiceFrom)> Sources => Loaded.Value.ByName.Where(pair => pair.Value.Source is not null).Select(pair => (pair.Key, pair.Value.Source!, (string?)null));

    /// <summary>The kind of source that a decoder's events belong to; absent where the table names none.</summary>
    public static LogSourceHint? SourceOf(string name) => Loaded.Value.ByName.TryGetValue(name, out var decoder) ? decoder.Source : null;

    /// <summary>Reads the message of a syslog record.</summary>
    public static void ReadMessage(string? app, string message, Reading reading)
    {
        var table = Loaded.Value;
        message = Unnumbered(Unrepeated(message));
        // A blank behind "CEF:" makes a program's name of it.
        var cef = app == "CEF" && message.Length > 1 && char.IsAsciiDigit(message[0]) && message[1] == '|' ? 0 : CefParser.Start(message);
        if (cef >= 0)
        {
            reading.Decoder = LogFormats.Cef;
            CefParser.Read(message, cef, reading);
            return;
        }

        if (LeefParser.Start(message) is > 0 and var leef)
        {
            reading.Decoder = LogFormats.Leef;
            LeefParser.Read(message, leef, reading);
            return;
        }

        if (message.Length > LongestMessage) return;
        if (app is not null)
        {
            // The PAM of old systems put its own name behind the program's.
            if (app.EndsWith("(pam_unix)", StringComparison.Ordinal)) app = app[..^10];
            if (table.ByApp.TryGetValue(app, out var decoder) || (app.StartsWith('/') && table.ByApp.TryGetValue(Base(app), out decoder)))
            {
                if (decoder.Read(message, 0, app, reading, table)) return;
            }
            else
            {
                foreach (var candidate in table.ByAppBegin)
                {
                    if (candidate.IsFor(app) && candidate.Read(message, 0, app, reading, table)) return;
                }
            }
        }

        // What an object holds is read within it. That it is none is said only where nothing else knows the message.
        var json = message.StartsWith('{') ? table.ByName["json-message"] : null;
        var broken = Array.Empty<string>();
        if (json is not null)
        {
            var before = reading.Problems.Count;
            if (json.Read(message, 0, app, reading, table)) return;
            broken = [.. reading.Problems.Skip(before)];
            reading.Problems.RemoveRange(before, broken.Length);
        }

        foreach (var candidate in table.ByText)
        {
            if (candidate != json && candidate.Applies(message) && candidate.Read(message, 0, app, reading, table)) return;
        }

        if (CarriedLine.Read(message, reading)) return;
        foreach (var fault in broken) reading.Fault(fault);
        if (!PairsParser.Looks(message)) return;
        reading.Decoder = LogFormats.Pairs;
        PairsParser.ReadRecord(message, reading);
    }

    /// <summary>Reads a line that has no syslog header by the decoders that know such lines. True when one does.</summary>
    public static bool ReadLine(string line, Reading reading)
    {
        var table = Loaded.Value;
        if (line.Length < 12 || (line.Length > LongestMessage && !line.StartsWith("type=", StringComparison.Ordinal))) return false;
        foreach (var candidate in table.Lines)
        {
            if (!candidate.AppliesToLine(line)) continue;
            if (candidate.ReadLine(line, reading, table)) return true;
            reading.Reset();
        }

        return false;
    }

    /// <summary>Reads a message or line with one decoder. False when it does not know it.</summary>
    public static bool ReadAs(string name, string? app, string text, bool line, Reading reading)
    {
        var table = Loaded.Value;
        var decoder = table.ByName[name];
        text = Unrepeated(text);
        return text.Length <= LongestMessage && ((line && decoder.ReadLine(text, reading, table)) || decoder.Read(text, 0, app, reading, table));
    }

    /// <summary>The program's name of a path: some write <c>/usr/sbin/cron</c>.</summary>
    private static string Base(string app)
    {
        var slash = app.LastIndexOf('/');
        return app[(slash + 1)..];
    }

    /// <summary>rsyslog puts a message that it counted into brackets.</summary>
    private static string Unrepeated(string message)
    {
        if (!message.StartsWith("message repeated ", StringComparison.Ordinal) || !message.EndsWith(']')) return message;
        var open = message.IndexOf(": [ ", StringComparison.Ordinal);
        return open is > 0 and < 48 ? message[(open + 4)..^1] : message;
    }

    /// <summary>Solaris writes the number of a message before it: <c>[ID 800047 auth.info] Failed password …</c>.</summary>
    private static string Unnumbered(string message)
    {
        if (!message.StartsWith("[ID ", StringComparison.Ordinal)) return message;
        var close = message.IndexOf("] ", 4, Math.Min(message.Length - 4, 48), StringComparison.Ordinal);
        return close > 4 && char.IsAsciiDigit(message[4]) ? message[(close + 2)..] : message;
    }

    private static Table Load()
    {
        using var stream = typeof(MessageDecoders).Assembly.GetManifestResourceStream("decoders.json") ?? throw new InvalidOperationException("decoders.json is missing from the assembly.");
        using var json = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var decoders = json.RootElement.GetProperty("decoders").EnumerateArray().Select(item => new Decoder(item)).ToList();
        var byName = decoders.ToFrozenDictionary(decoder => decoder.Name, StringComparer.Ordinal);
        foreach (var decoder in decoders) decoder.Link(byName);
        return new Table(
            [.. decoders.Select(decoder => decoder.Name)], byName,
            decoders.SelectMany(decoder => decoder.Apps.Select(app => (app, decoder))).ToFrozenDictionary(pair => pair.app, pair => pair.decoder, StringComparer.Ordinal),
            [.. decoders.Where(decoder => decoder.AppBegins.Length > 0)], [.. decoders.Where(decoder => decoder.HasTexts)], [.. decoders.Where(decoder => decoder.ReadsLines)]);
    }

    private sealed record Table(IReadOnlyList<string> Names, FrozenDictionary<string, Decoder> ByName, FrozenDictionary<string, Decoder> ByApp, Decoder[] ByAppBegin, Decoder[] ByText, Decoder[] Lines);

    /// <summary>One entry of the table. Its patterns are read when the first message comes that may be its own.</summary>
    private sealed class Decoder
    {
        private readonly string[] begins;
        private readonly string[] holds;
        private readonly string? body;
        private readonly string? thenName;
        private readonly string? app;
        private readonly string? unset;
        private readonly (string Field, char At)[] cuts;
        private readonly (string Select, string[] Columns)[] columns;
        private readonly Lazy<(MessagePattern Pattern, Dictionary<string, string> Set)[]> heads;
        private readonly Lazy<(MessagePattern Pattern, Dictionary<string, string> Set)[]> lines;
        private readonly Lazy<(MessagePattern Pattern, Dictionary<string, string> Set)[]> patterns;
        private Decoder? then;

        public Decoder(JsonElement item)
        {
            Name = item.GetProperty("name").GetString()!;
            var apps = Texts(item, "apps");
            Apps = [.. apps.Where(name => !name.EndsWith('*'))];
            AppBegins = [.. apps.Where(name => name.EndsWith('*')).Select(name => name[..^1])];
            begins = Texts(item, "begins");
            holds = Texts(item, "holds");
            body = Text(item, "body");
            thenName = Text(item, "then");
            app = Text(item, "app");
            unset = Text(item, "unset");
            cuts = item.TryGetProperty("cuts", out var ends) ? [.. ends.EnumerateObject().Select(cut => (cut.Name, cut.Value.GetString()![0]))] : [];
            heads = Patterns(item, "heads");
            lines = Patterns(item, "lines");
            patterns = Patterns(item, "patterns");
            ReadsLines = item.TryGetProperty("lines", out _) || (body is not null && (HasTexts || Apps.Length == 0));
            columns = item.TryGetProperty("columns", out var sets) ? [.. sets.EnumerateObject().Select(set => (set.Name, set.Value.GetString()!.Split(' ')))] : [];
            if (item.TryGetProperty("source", out var source)) Source = new LogSourceHint(Text(source, "product"), Text(source, "category"), Text(source, "service"));
        }

        public string Name { get; }

        public string[] Apps { get; }

        public string[] AppBegins { get; }

        public bool HasTexts => begins.Length + holds.Length > 0;

        public bool ReadsLines { get; }

        public LogSourceHint? Source { get; }

        public void Link(FrozenDictionary<string, Decoder> byName) => then = thenName is null ? null : byName[thenName];

        public bool IsFor(string app)
        {
            foreach (var begin in AppBegins)
            {
                if (app.StartsWith(begin, StringComparison.Ordinal)) return true;
            }

            return false;
        }

        public bool Applies(string message)
        {
            foreach (var begin in begins)
            {
                if (message.StartsWith(begin, StringComparison.Ordinal)) return true;
            }

            if (holds.Length == 0) return false;
            foreach (var text in holds)
            {
                if (!message.Contains(text, StringComparison.Ordinal)) return false;
            }

            return true;
        }

        public bool AppliesToLine(string line) => !HasTexts || Applies(line);

        public bool ReadLine(string line, Reading reading, Table table)
        {
            if (body is not null) return Read(line, 0, null, reading, table);
            foreach (var (pattern, set) in lines.Value)
            {
                var at = 0;
                if (!pattern.TryMatch(line, ref at, reading)) continue;
                Fix(set, reading);
                reading.Message = line[at..];
                // A level behind the time is the mark of the program; a time alone is every program's, and the message decides.
                if (!Read(line, at, null, reading, table) && !reading.Fields.ContainsKey("level")) return false;
                Known(reading);
                return true;
            }

            return false;
        }

        public bool Read(string message, int at, string? appName, Reading reading, Table table)
        {
            foreach (var (pattern, set) in heads.Value)
            {
                if (!pattern.TryMatch(message, ref at, reading)) continue;
                Fix(set, reading);
                break;
            }

            while (at < message.Length && message[at] == ' ') at++;
            var read = body switch
            {
                null => ReadPatterns(message, at, reading),
                "pairs" => ReadPairs(message, at, reading),
                "packet" => PacketBody.Read(message, reading),
                "general" => GeneralBody.Read(message, reading),
                "slow" => SlowBody.Read(message, reading),
                "pgcsv" => PostgresCsvBody.Read(message, reading, out var text) && (then!.ReadPatterns(text!, 0, reading) || true),
                "filterlog" => FilterBody.Read(at == 0 ? message : message[at..], reading),
                "vpcflow" => FlowBody.Read(message, reading),
                "pam" => PamBody.Read(message, reading) || ReadPatterns(message, at, reading),
                "audit" => AuditBody.Read(message, reading),
                "snare" => WindowsNames.ReadSnare(at == 0 ? message : message[at..], reading),
                "json" => message.IndexOf('{', StringComparison.Ordinal) is >= 0 and var open && ShippedText.ReadObject(message[open..], reading),
                "xml" => message.AsSpan(at) is ['<', ..] && (EventXmlParser.Read(at == 0 ? message : message[at..], reading) || reading.Fields.Count > 0),
                "columns" => ReadColumns(message, at, reading),
                "cisco" => CiscoBody.TryRead(message, ref at, appName, reading) && (ReadPatterns(message, at, reading) || true),
                _ => throw new InvalidOperationException($"Decoder {Name}: '{body}' is no body."),
            };
            if (!read) return then is not null && body != "pgcsv" && then.Read(message, at, appName, reading, table);
            Known(reading);
            return true;
        }

        private void Known(Reading reading)
        {
            reading.Decoder = Name;
            // Where the program's name says it, the field would only repeat it.
            if (Source is not null) reading.Add("event.module", Name);
            // A firewall's "app" and "service" are what its traffic is.
            if (body == "pairs") reading.App = app ?? reading.App;
            else reading.App ??= app;
            if (reading.Severity is null && reading.Fields.TryGetValue("level", out var level)) reading.Severity = Severities.Of(level);
            if (unset is not null) reading.Fields.Drop(unset);
            // What follows is no part of the value, and may be a password. A machine's name begins with "host/".
            foreach (var (field, at) in cuts)
            {
                if (reading.Fields.TryGetValue(field, out var value) && value.IndexOf(at, value.StartsWith("host/", StringComparison.Ordinal) ? 5 : 0) is > 0 and var cut) reading.Fields[field] = value[..cut];
            }
        }

        private bool ReadPatterns(string message, int at, Reading reading)
        {
            foreach (var (pattern, set) in patterns.Value)
            {
                var end = at;
                if (!pattern.TryMatch(message, ref end, reading)) continue;
                Fix(set, reading);
                return true;
            }

            return false;
        }

        private static bool ReadPairs(string message, int at, Reading reading)
        {
            var before = reading.Fields.Count;
            if (at > 0) message = message[at..];
            PairsParser.ReadRecord(message, reading);
            return reading.Fields.Count > before;
        }

        private bool ReadColumns(string message, int at, Reading reading)
        {
            var values = TableParser.SplitQuoted(at == 0 ? message : message[at..], ',', reading);
            foreach (var (select, names) in columns)
            {
                // "3=TRAFFIC": the third value says which columns the record has.
                var equals = select.IndexOf('=', StringComparison.Ordinal);
                var place = select[..equals] switch { "3" => 3, _ => 0 };
                if (values.Count <= place || (values[place] != select[(equals + 1)..] && (select[^1] != '*' || values.Count < 7))) continue;
                for (var i = 0; i < values.Count && i < names.Length; i++)
                {
                    if (names[i] != "-" && values[i].Length > 0) reading.Add(names[i], values[i]);
                }

                // The time with its zone is there since PAN-OS 10; before it is set, it is that of 1970.
                if (!reading.TakeTimeOf("high_res_timestamp") || reading.Time!.Value.Year < 2000) reading.TakeTimeOf("time_generated", "receive_time");
                reading.Host = reading.First("device_name");
                reading.Severity ??= Severities.Of(reading.First("severity"));
                return true;
            }

            return false;
        }

        private static void Fix(Dictionary<string, string> set, Reading reading)
        {
            foreach (var (name, value) in set) reading.Fields[name] = value;
        }

        private static string[] Texts(JsonElement item, string name) => item.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(text => text.GetString()!)] : [];

        private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var text) ? text.GetString() : null;

        // The text is copied, for the document is gone when the patterns are read.
        private static Lazy<(MessagePattern Pattern, Dictionary<string, string> Set)[]> Patterns(JsonElement item, string name)
        {
            if (!item.TryGetProperty(name, out var list)) return new([]);
            var written = list.EnumerateArray().Select(entry => entry.ValueKind == JsonValueKind.String
                ? (entry.GetString()!, new Dictionary<string, string>())
                : (entry.GetProperty("is").GetString()!, entry.GetProperty("set").EnumerateObject().ToDictionary(set => set.Name, set => set.Value.GetString()!, StringComparer.Ordinal))).ToArray();
            return new(() => [.. written.Select(entry => (MessagePattern.Parse(entry.Item1), entry.Item2))]);
        }
    }
}
