using System.Diagnostics;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Logs.Parsing;

namespace Hufu.Logs;

/// <summary>A pattern of a decoder and the fields that it gives besides those in it.</summary>
public sealed record DecoderPattern(string Is, IReadOnlyDictionary<string, string> Set);

/// <summary>A decoder of messages that a site has written.</summary>
public sealed record UserDecoder
{
    /// <summary>Its name, as a format is named.</summary>
    public required string Name { get; init; }

    /// <summary>Programs whose messages it reads; a star at the end stands for any ending.</summary>
    public IReadOnlyList<string> Apps { get; init; } = [];

    /// <summary>Sources whose messages it reads; a star at the end stands for any ending.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The message begins with one of these.</summary>
    public IReadOnlyList<string> Begins { get; init; } = [];

    /// <summary>The message holds all of these.</summary>
    public IReadOnlyList<string> Holds { get; init; } = [];

    /// <summary>The first that fits the message from its beginning gives the fields.</summary>
    public IReadOnlyList<DecoderPattern> Patterns { get; init; } = [];

    /// <summary>Fields that every message has that a pattern fits.</summary>
    public IReadOnlyDictionary<string, string> Set { get; init; } = new Dictionary<string, string>();

    /// <summary>Fields, and the names of the Elastic Common Schema under which they stand as well.</summary>
    public IReadOnlyDictionary<string, string> Ecs { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a decoder makes of one text.</summary>
/// <param name="Pattern">Which pattern fitted, from 0; null when none did.</param>
/// <param name="Rest">What the pattern left of the text.</param>
/// <param name="Fields">The fields that came out.</param>
/// <param name="Time">How long it took.</param>
public sealed record DecoderTrial(int? Pattern, string Rest, IReadOnlyDictionary<string, string> Fields, TimeSpan Time);

/// <summary>
/// The decoders that a site has written and that are on. Readers hold this object and see at once what <see cref="Replace"/> puts in. A decoder comes
/// before those that the product has. One that takes more than 50 ms for a message three times is left out until it is put in again.
/// </summary>
public sealed class UserDecoders
{
    /// <summary>Most decoders.</summary>
    public const int MostDecoders = 500;

    private const int MostPatterns = 100;
    private const int MostTexts = 100;
    private const int LongestMessage = 16_384;
    private const int MostStrikes = 3;
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(50);

    private volatile Entry[] entries = [];

    /// <summary>Names of the decoders.</summary>
    public IReadOnlyList<string> Names => [.. entries.Select(entry => entry.Decoder.Name)];

    /// <summary>Names of those that were left out because they are slow.</summary>
    public IReadOnlyList<string> Stopped => [.. entries.Where(entry => entry.IsStopped).Select(entry => entry.Decoder.Name)];

    internal bool IsEmpty => entries.Length == 0;

    /// <summary>Puts decoders in the place of those that were. Those that are not valid are left out.</summary>
    public void Replace(IReadOnlyList<UserDecoder> decoders)
    {
        ArgumentNullException.ThrowIfNull(decoders);
        entries = [.. decoders.Where(decoder => Check(decoder).Count == 0).Take(MostDecoders).Select(decoder => new Entry(decoder))];
    }

    /// <summary>What is wrong with a decoder; each error names the pattern and the character.</summary>
    public static IReadOnlyList<Error> Check(UserDecoder decoder)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        var errors = new List<Error>();
        if (!IsName(decoder.Name)) errors.Add(Error.Of("logs.decoder.name", "名稱須為 1 至 60 個小寫英數字、「-」或「_」。", "The name has 1 to 60 lower-case letters, digits, - or _.", "name"));
        else if (LogFormats.All.Contains(decoder.Name) || LogFormats.Decoders.Contains(decoder.Name)) errors.Add(Error.Of("logs.decoder.name-taken", $"「{decoder.Name}」是內建的格式或解碼器。", $"'{decoder.Name}' is a format or decoder of the product.", "name"));
        if (decoder.Apps.Count + decoder.Sources.Count + decoder.Begins.Count + decoder.Holds.Count == 0) errors.Add(Error.Of("logs.decoder.for", "請指定程式、來源、開頭或內含文字其中一項。", "Say for which programs, sources, beginnings or contents it is.", "apps"));
        if (decoder.Apps.Concat(decoder.Sources).Concat(decoder.Begins).Concat(decoder.Holds).Any(text => text.Length is 0 or > 500) || decoder.Apps.Count + decoder.Sources.Count + decoder.Begins.Count + decoder.Holds.Count > MostTexts)
            errors.Add(Error.Of("logs.decoder.texts", $"程式、來源、開頭與內含文字合計最多 {MostTexts} 項，每項 1 至 500 個字。", $"There are at most {MostTexts} programs, sources, beginnings and contents, of 1 to 500 characters.", "apps"));
        if (decoder.Patterns.Count is 0 or > MostPatterns) errors.Add(Error.Of("logs.decoder.patterns", $"需要 1 至 {MostPatterns} 個樣式。", $"There are 1 to {MostPatterns} patterns.", "patterns"));
        foreach (var (pattern, at) in decoder.Patterns.Take(MostPatterns).Select((pattern, at) => (pattern, at)))
        {
            if (pattern.Is.Length == 0) errors.Add(Error.Of("logs.pattern.empty", $"第 {at + 1} 個樣式是空的。", $"Pattern {at + 1} is empty.", "patterns"));
            else if (MessagePattern.Check(pattern.Is) is { } fault) errors.Add(new Error(fault.Code, new LocalizedText($"第 {at + 1} 個樣式，{fault.Message.Zh}", $"Pattern {at + 1}, {fault.Message.En}"), "patterns"));
        }

        if (decoder.Set.Concat(decoder.Ecs).Concat(decoder.Patterns.SelectMany(pattern => pattern.Set)).Any(pair => pair.Key.Length is 0 or > 128 || pair.Value.Length > 1_000)) errors.Add(Error.Of("logs.decoder.set", "欄位名稱須為 1 至 128 個字，值最多 1,000 個字。", "The name of a field has 1 to 128 characters, its value up to 1,000.", "set"));
        foreach (var name in decoder.Ecs.Values.Where(name => !EcsNames.All.ContainsKey(name)).Distinct()) errors.Add(Error.Of("logs.decoder.ecs", $"「{name}」不是可用的 ECS 名稱。", $"'{name}' is no name of the Elastic Common Schema that is known here.", "ecs"));
        return errors;
    }

    /// <summary>Shows what a decoder makes of a text, whether it is for it or not.</summary>
    public static DecoderTrial Try(UserDecoder decoder, string text, LogParseOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entry = new Entry(decoder);
        var reading = new Reading(new FieldMap(), [], options);
        // The first run finds the code, not the pattern.
        entry.Read(text, new Reading(new FieldMap(), [], options), out _);
        var begun = Stopwatch.GetTimestamp();
        var pattern = entry.Read(text, reading, out var end);
        return new DecoderTrial(pattern, pattern is null ? text : text[end..], reading.Fields, Stopwatch.GetElapsedTime(begun));
    }

    /// <summary>True when a decoder is for such a message of such a program and source.</summary>
    public static bool IsFor(UserDecoder decoder, string? app, string? source, string message) => new Entry(decoder).IsFor(app, source, message);

    /// <summary>Reads decoders as they are exported: <c>{"decoders":[{"name":…,"apps":[…],"patterns":[…]}]}</c>, as the product's own are written.</summary>
    public static Result<IReadOnlyList<UserDecoder>> Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json.StartsWith("\uFEFF"u8) ? json[3..] : json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, MaxDepth = 16 });
            using var document = JsonDocument.ParseValue(ref reader);
            var list = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement : document.RootElement.GetProperty("decoders");
            if (list.GetArrayLength() > MostDecoders) return Result.Fail<IReadOnlyList<UserDecoder>>(Error.Of("logs.decoder.too-many", $"最多 {MostDecoders} 個解碼器。", $"There are at most {MostDecoders} decoders.", "decoders"));
            var decoders = list.EnumerateArray().Select(One).ToList();
            var errors = decoders.SelectMany(decoder => Check(decoder).Select(error => new Error(error.Code, new LocalizedText($"{decoder.Name}：{error.Message.Zh}", $"{decoder.Name}: {error.Message.En}"), decoder.Name))).ToList();
            foreach (var twice in decoders.GroupBy(decoder => decoder.Name).Where(group => group.Count() > 1)) errors.Add(Error.Of("logs.decoder.twice", $"「{twice.Key}」出現兩次。", $"'{twice.Key}' occurs twice.", twice.Key));
            return errors.Count > 0 ? Result.Fail<IReadOnlyList<UserDecoder>>([.. errors]) : Result.Of<IReadOnlyList<UserDecoder>>(decoders);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException or FormatException)
        {
            var place = fault is JsonException { LineNumber: { } line } ? $"{line + 1}" : "";
            return Result.Fail<IReadOnlyList<UserDecoder>>(Error.Of("logs.decoder.file", place.Length > 0 ? $"第 {place} 行不是有效的 JSON。" : "檔案不是解碼器清單：需要 {\"decoders\":[{\"name\":…,\"patterns\":[…]}]}。", place.Length > 0 ? $"Line {place} is not valid JSON." : "The file is no list of decoders: {\"decoders\":[{\"name\":…,\"patterns\":[…]}]} is expected.", "file"));
        }

        static UserDecoder One(JsonElement item) => new()
        {
            Name = item.GetProperty("name").GetString() ?? "", Apps = Texts(item, "apps"), Sources = Texts(item, "sources"), Begins = Texts(item, "begins"), Holds = Texts(item, "holds"),
            Patterns = item.TryGetProperty("patterns", out var patterns) ? [.. patterns.EnumerateArray().Select(pattern => pattern.ValueKind == JsonValueKind.String ? new DecoderPattern(pattern.GetString()!, new Dictionary<string, string>()) : new DecoderPattern(pattern.GetProperty("is").GetString() ?? "", Pairs(pattern, "set")))] : [],
            Set = Pairs(item, "set"), Ecs = Pairs(item, "ecs"),
        };

        static IReadOnlyList<string> Texts(JsonElement item, string name) => item.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(text => text.GetString() ?? "")] : [];

        static Dictionary<string, string> Pairs(JsonElement item, string name) => item.TryGetProperty(name, out var set) ? set.EnumerateObject().GroupBy(pair => pair.Name).ToDictionary(pair => pair.Key, pair => pair.Last().Value.ToString(), StringComparer.Ordinal) : [];
    }

    /// <summary>Writes decoders as they are read.</summary>
    public static byte[] Write(IEnumerable<UserDecoder> decoders)
    {
        ArgumentNullException.ThrowIfNull(decoders);
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartArray("decoders");
            foreach (var decoder in decoders)
            {
                json.WriteStartObject();
                json.WriteString("name", decoder.Name);
                Texts("apps", decoder.Apps);
                Texts("sources", decoder.Sources);
                Texts("begins", decoder.Begins);
                Texts("holds", decoder.Holds);
                json.WriteStartArray("patterns");
                foreach (var pattern in decoder.Patterns)
                {
                    if (pattern.Set.Count == 0)
                    {
                        json.WriteStringValue(pattern.Is);
                        continue;
                    }

                    json.WriteStartObject();
                    json.WriteString("is", pattern.Is);
                    Pairs("set", pattern.Set);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                Pairs("set", decoder.Set);
                Pairs("ecs", decoder.Ecs);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();

            void Texts(string name, IReadOnlyList<string> texts)
            {
                if (texts.Count == 0) return;
                json.WriteStartArray(name);
                foreach (var text in texts) json.WriteStringValue(text);
                json.WriteEndArray();
            }

            void Pairs(string name, IReadOnlyDictionary<string, string> pairs)
            {
                if (pairs.Count == 0) return;
                json.WriteStartObject(name);
                foreach (var (key, value) in pairs) json.WriteString(key, value);
                json.WriteEndObject();
            }
        }

        return memory.ToArray();
    }

    internal bool Has(string name) => Array.Exists(entries, entry => entry.Decoder.Name == name);

    /// <summary>Reads a message by the first decoder that is for it and knows it. False leaves the reading as it was.</summary>
    internal bool Read(string? app, string? source, string message, bool line, Reading reading)
    {
        if (message.Length > LongestMessage) return false;
        foreach (var entry in entries)
        {
            // A line without a header has no program that could tell.
            if (entry.IsStopped || (line && entry.NeedsApp) || !entry.IsFor(app, source, message)) continue;
            if (Run(entry, message, reading)) return true;
        }

        return false;
    }

    /// <summary>Reads a message by one decoder. False when it does not know it.</summary>
    internal bool ReadAs(string name, string message, Reading reading) =>
        message.Length <= LongestMessage && Array.Find(entries, entry => entry.Decoder.Name == name) is { IsStopped: false } entry && Run(entry, message, reading);

    private static bool Run(Entry entry, string message, Reading reading)
    {
        var begun = Stopwatch.GetTimestamp();
        var read = entry.Read(message, reading, out _) is not null;
        if (Stopwatch.GetElapsedTime(begun) > Slow) entry.Strike();
        if (read) reading.Decoder = entry.Decoder.Name;
        return read;
    }

    /// <summary>True for a name as formats have: 1 to 60 lower-case letters, digits, - or _.</summary>
    internal static bool IsName(string name) => name.Length is > 0 and <= 60 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    private sealed class Entry(UserDecoder decoder)
    {
        private readonly MessagePattern[] patterns = [.. decoder.Patterns.Select(pattern => MessagePattern.Parse(pattern.Is))];
        private int strikes;

        public UserDecoder Decoder => decoder;

        public bool NeedsApp => decoder.Apps.Count > 0;

        public bool IsStopped => Volatile.Read(ref strikes) >= MostStrikes;

        public void Strike() => Interlocked.Increment(ref strikes);

        public bool IsFor(string? app, string? source, string message)
        {
            if (decoder.Apps.Count > 0 && !Fits(decoder.Apps, app)) return false;
            if (decoder.Sources.Count > 0 && !Fits(decoder.Sources, source)) return false;
            if (decoder.Begins.Count > 0 && !decoder.Begins.Any(begin => message.StartsWith(begin, StringComparison.Ordinal))) return false;
            return decoder.Holds.All(text => message.Contains(text, StringComparison.Ordinal));
        }

        public int? Read(string message, Reading reading, out int end)
        {
            end = 0;
            for (var i = 0; i < patterns.Length; i++)
            {
                var at = 0;
                if (!patterns[i].TryMatch(message, ref at, reading)) continue;
                foreach (var (name, value) in decoder.Patterns[i].Set.Concat(decoder.Set)) reading.Add(name, value);
                foreach (var (name, ecs) in decoder.Ecs)
                {
                    if (reading.Fields.TryGetValue(name, out var value)) reading.Add(ecs, value);
                }

                if (reading.Severity is null && reading.Fields.TryGetValue("level", out var level)) reading.Severity = Severities.Of(level);
                end = at;
                return i;
            }

            return null;
        }

        private static bool Fits(IReadOnlyList<string> names, string? name)
        {
            if (name is null) return false;
            foreach (var wanted in names)
            {
                if (wanted[^1] == '*' ? name.StartsWith(wanted.AsSpan(0, wanted.Length - 1), StringComparison.Ordinal) : name == wanted) return true;
            }

            return false;
        }
    }
}
