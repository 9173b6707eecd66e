using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Hufu.Kernel;

namespace Hufu.Indicators;

/// <summary>
/// Reads indicators: STIX 2.0 and 2.1 bundles, MISP events, answers and feeds, CSV, and texts with a value a line; alone, in a folder, or packed as zip or gz.
/// Each indicator is used, left with its reason, or refused with its place; a file that is half of one is none.
/// </summary>
public static class IndicatorReader
{
    private const int MostDepth = 64;

    /// <summary>Reads a file, an archive or a folder.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="name">What people call it; places begin with it.</param>
    /// <param name="options">Limits and choices.</param>
    /// <param name="take">Given each indicator.</param>
    /// <param name="cancellation">Stops it.</param>
    public static IndicatorReadReport Read(string path, string name, IndicatorReadOptions options, Action<Indicator> take, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(take);
        var sink = new IndicatorSink(options, take, cancellation);
        try
        {
            if (Directory.Exists(path)) Folder(path, sink);
            else using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16)) File(file, name, sink, packed: false);
        }
        catch (StopException stop)
        {
            sink.Report.Failure = stop.Error;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            sink.Report.Failure = Error.Of("indicator.unreadable", $"檔案無法讀取：{fault.Message}", $"The file could not be read: {fault.Message}", name);
        }

        return sink.Finish();
    }

    /// <summary>Reads what is at hand as bytes.</summary>
    public static IndicatorReadReport Read(ReadOnlyMemory<byte> content, string name, IndicatorReadOptions options, Action<Indicator> take, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(take);
        var sink = new IndicatorSink(options, take, cancellation);
        try
        {
            using var stream = new MemoryStream(content.ToArray(), writable: false);
            File(stream, name, sink, packed: false);
        }
        catch (StopException stop)
        {
            sink.Report.Failure = stop.Error;
        }
        catch (InvalidDataException fault)
        {
            sink.Report.Failure = Error.Of("indicator.unreadable", $"檔案無法讀取：{fault.Message}", $"The file could not be read: {fault.Message}", name);
        }

        return sink.Finish();
    }

    private static void Folder(string path, IndicatorSink sink)
    {
        var files = 0;
        foreach (var file in Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden, MaxRecursionDepth = 12 }).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(path, file).Replace('\\', '/');
            if (IsAside(name)) continue;
            if (++files > sink.Options.MostFiles) throw Large(path);
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            File(stream, name, sink, packed: true);
        }
    }

    private static void File(Stream stream, string name, IndicatorSink sink, bool packed)
    {
        sink.Cancellation.ThrowIfCancellationRequested();
        Span<byte> head = stackalloc byte[4];
        var read = stream.ReadAtLeast(head, 4, throwOnEndOfStream: false);
        stream.Position = 0;
        if (read == 4 && head.SequenceEqual("PK\u0003\u0004"u8))
        {
            if (packed) throw new StopException(Error.Of("indicator.archive-in-archive", "封存檔內不可再有封存檔。", "An archive must not hold another.", name));
            Zip(stream, name, sink);
            return;
        }

        if (read >= 2 && head[0] == 0x1F && head[1] == 0x8B)
        {
            using var gzip = new GZipStream(stream, CompressionMode.Decompress);
            Content(gzip, name, sink);
            return;
        }

        Content(stream, name, sink);
    }

    private static void Zip(Stream stream, string name, IndicatorSink sink)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Read);
        var files = 0;
        foreach (var entry in zip.Entries.OrderBy(e => e.FullName, StringComparer.Ordinal))
        {
            if (entry.FullName.EndsWith('/') || IsAside(entry.FullName)) continue;
            if (++files > sink.Options.MostFiles) throw Large(name);
            using var part = entry.Open();
            Content(part, $"{name}!{entry.FullName}", sink);
        }
    }

    // A feed of MISP has its list of events and their hashes beside them.
    private static bool IsAside(string name) => Path.GetFileName(name) is "manifest.json" or "hashes.csv" or ".DS_Store" || name.StartsWith("__MACOSX/", StringComparison.Ordinal) || name.EndsWith(".asc", StringComparison.Ordinal) || name.EndsWith(".md", StringComparison.OrdinalIgnoreCase);

    private static StopException Large(string name) => new(Error.Of("indicator.large", "檔案太多或太大。", "There are too many files, or they are too large.", name));

    private static void Content(Stream stream, string name, IndicatorSink sink)
    {
        var buffered = new BufferedStream(stream, 1 << 16);
        // What it is, its first character tells.
        var first = new byte[512];
        var length = buffered.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        var head = first.AsSpan(0, length);
        if (head.StartsWith(Encoding.UTF8.Preamble)) head = head[3..];
        if (head.StartsWith("\u00FF\u00FE"u8) || head.Contains((byte)0)) throw new StopException(Error.Of("indicator.encoding", "檔案不是 UTF-8 文字。", "The file is no text in UTF-8.", name));
        var begin = head.TrimStart(" \t\r\n"u8);
        using var whole = new Joined(first.AsMemory(0, length), buffered, sink);
        if (begin.Length > 0 && (begin[0] == '{' || (begin[0] == '[' && IsArray(begin)))) Json(whole, name, sink);
        else new TableReader(sink, name).Read(whole);
    }

    // Some lists have headings in brackets.
    private static bool IsArray(ReadOnlySpan<byte> begin) => begin[1..].TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[' or (byte)']' or (byte)'"', ..];

    private static void Json(Stream stream, string name, IndicatorSink sink)
    {
        try
        {
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            var content = bytes.GetBuffer().AsMemory(0, checked((int)bytes.Length));
            if (content.Span.StartsWith(Encoding.UTF8.Preamble)) content = content[3..];
            using var json = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = MostDepth, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (StixReader.IsStix(json.RootElement)) new StixReader(sink, name).Read(json.RootElement);
            else if (MispReader.IsMisp(json.RootElement)) new MispReader(sink, name).Read(json.RootElement);
            else sink.Report.Refuse("indicator.json", "這個 JSON 不是 STIX，也不是 MISP。", "This JSON is neither STIX nor MISP.", name);
        }
        catch (JsonException fault)
        {
            throw new StopException(Error.Of("indicator.json-damaged", $"JSON 無法讀取：第 {fault.LineNumber + 1} 行。", $"The JSON cannot be read: line {fault.LineNumber + 1}.", name));
        }
        catch (InvalidOperationException)
        {
            // A text that is no Unicode.
            throw new StopException(Error.Of("indicator.json-damaged", "JSON 含有不是 Unicode 的文字。", "The JSON holds text that is no Unicode.", name));
        }
    }

    /// <summary>The first bytes and the rest of a file, up to the most that may be read.</summary>
    private sealed class Joined(ReadOnlyMemory<byte> first, Stream rest, IndicatorSink sink) : Stream
    {
        private int at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read;
            if (at < first.Length)
            {
                read = Math.Min(buffer.Length, first.Length - at);
                first.Span.Slice(at, read).CopyTo(buffer);
                at += read;
            }
            else
            {
                read = rest.Read(buffer);
            }

            sink.Bytes += read;
            if (sink.Bytes > sink.Options.MostBytes) throw new StopException(Error.Of("indicator.large", $"解開後超過 {sink.Options.MostBytes >> 20} MB。", $"It is larger than {sink.Options.MostBytes >> 20} MB when unpacked."));
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>Ends reading: nothing of it is to be used.</summary>
internal sealed class StopException(Error error) : Exception
{
    public Error Error { get; } = error;
}

/// <summary>Where what is read goes: counted, judged and given on.</summary>
internal sealed class IndicatorSink(IndicatorReadOptions options, Action<Indicator> take, CancellationToken cancellation)
{
    private readonly HashSet<string> formats = new(StringComparer.Ordinal);
    private int unguided;

    public IndicatorReadOptions Options => options;

    public IndicatorReadReport Report { get; } = new(options.MostRefusals);

    public CancellationToken Cancellation => cancellation;

    /// <summary>Bytes read so far, of all files, unpacked.</summary>
    public long Bytes { get; set; }

    public void Format(string format) => formats.Add(format);

    public IndicatorReadReport Finish()
    {
        Report.Format = string.Join(' ', formats.Order(StringComparer.Ordinal));
        if (Report.Failure is null && Report is { Count: 0, Refused: 0, Left.Count: 0 }) Report.Failure = Error.Of("indicator.empty", "檔案中沒有指標。", "The file holds no indicator.");
        return Report;
    }

    /// <summary>Takes an indicator.</summary>
    public void Take(Indicator item)
    {
        if ((Report.Count & 0xFFF) == 0) cancellation.ThrowIfCancellationRequested();
        if (Report.Count >= options.MostIndicators) throw new StopException(Error.Of("indicator.many", $"指標超過 {options.MostIndicators:N0} 個。", $"There are more than {options.MostIndicators:N0} indicators."));
        var doubts = item.Values.Select(IndicatorDoubts.Of).ToList();
        // One good value of several is worth looking for; the others are left out with it being said.
        if (doubts.Count > 0 && doubts.TrueForAll(doubt => doubt.Length > 0)) item = item with { Doubt = doubts[0] };
        else if (doubts.Exists(doubt => doubt.Length > 0))
        {
            foreach (var (doubt, value) in doubts.Zip(item.Values).Where(pair => pair.First.Length > 0))
                Report.Refuse("indicator.doubt", $"「{value.Text}」不比對：{IndicatorDoubts.Name(doubt).Zh}。", $"'{value.Text}' is not looked for: {IndicatorDoubts.Name(doubt).En}.", item.Id);
            item = item with { Values = [.. item.Values.Where((_, i) => doubts[i].Length == 0)] };
        }

        if (item.Context.Producer.Length == 0 && options.Producer.Length > 0) item = item with { Context = OfProducer(item.Context) };
        Report.Note(item);
        take(Clean(item));
    }

    /// <summary>Takes a pattern; refuses it, at its place, where one event cannot tell.</summary>
    public void TakePattern(Indicator item, string place)
    {
        var parsed = PatternParser.Parse(item.Pattern, options.MostPattern);
        if (!parsed.IsOk)
        {
            Report.Refuse(parsed.Errors[0].Code, parsed.Errors[0].Message.Zh, parsed.Errors[0].Message.En, place);
            return;
        }

        if (PatternParser.Plain(parsed.Value) is { Count: > 0 and <= 1_000 } plain)
        {
            Take(item with { Pattern = "", Values = [.. plain.Distinct()] });
            return;
        }

        // A hash of an empty file is not better for a port that is asked for besides.
        if (parsed.Value.Triggers() is { Count: > 0 } triggers && triggers.Select(IndicatorDoubts.Of).ToList() is var doubts && doubts.TrueForAll(doubt => doubt.Length > 0)) item = item with { Doubt = doubts[0] };
        if (parsed.Value.Triggers() is null && ++unguided > IndicatorIndex.MostUnguided)
        {
            Report.Refuse("indicator.patterns", $"超過 {IndicatorIndex.MostUnguided:N0} 個沒有明確值的樣式。", $"There are more than {IndicatorIndex.MostUnguided:N0} patterns without a plain value.", place);
            return;
        }

        Take(item);
    }

    private readonly Dictionary<IndicatorContext, IndicatorContext> produced = new(ReferenceEqualityComparer.Instance);

    private IndicatorContext OfProducer(IndicatorContext context)
    {
        if (produced.TryGetValue(context, out var known)) return known;
        if (produced.Count > 100_000) produced.Clear();
        return produced[context] = context with { Producer = options.Producer };
    }

    // What others wrote is shown to people: no control characters, and no more than anybody reads.
    private static Indicator Clean(Indicator item) => item.Title.Length <= 300 && !item.Title.Any(char.IsControl) && item.Id.Length <= 300 && !item.Id.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) ? item
        : item with { Title = Plain(item.Title, 300), Id = Plain(item.Id.Replace(' ', '_'), 300) };

    /// <summary>A text without control characters, no longer than told.</summary>
    public static string Plain(string? text, int most)
    {
        if (string.IsNullOrEmpty(text)) return "";
        text = text.Trim();
        if (text.Length > most) text = text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
        return text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;
    }

    /// <summary>The marking of a tag such as <c>tlp:amber</c>; null when it is none.</summary>
    public static string? TlpOf(string tag)
    {
        if (!tag.StartsWith("tlp:", StringComparison.OrdinalIgnoreCase)) return null;
        return tag[4..].Trim().ToLowerInvariant() switch
        {
            "white" or "clear" => "clear",
            "green" => "green",
            "amber" => "amber",
            "amber+strict" => "amber+strict",
            "red" or "ex:chr" => "red",
            _ => null,
        };
    }

    /// <summary>Of two markings the one that allows less.</summary>
    public static string Stricter(string one, string other) => Array.IndexOf(Tlps, one) >= Array.IndexOf(Tlps, other) ? one : other;

    private static readonly string[] Tlps = ["", "clear", "green", "amber", "amber+strict", "red"];
}
