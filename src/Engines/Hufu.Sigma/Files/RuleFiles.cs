using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Sigma;

/// <summary>Bounds of <see cref="RuleFiles"/>.</summary>
public sealed record RuleFileOptions
{
    /// <summary>Most entries of an archive, or files of a folder, whatever they are. Default 100,000.</summary>
    public int MostEntries { get; init; } = 100_000;

    /// <summary>Most bytes that an archive may unpack to. Default 1 GB.</summary>
    public long MostUnpacked { get; init; } = 1L << 30;

    /// <summary>Most rule files. Default 100,000.</summary>
    public int MostFiles { get; init; } = 100_000;

    /// <summary>Most bytes of all rule files together. Default 1 GB.</summary>
    public long MostBytes { get; init; } = 1L << 30;

    /// <summary>Most folders above a file within its archive or folder. Default 32.</summary>
    public int MostDepth { get; init; } = 32;

    /// <summary>Says of a file of a folder whether it may be read; absent for all. For folders that others write.</summary>
    public Func<string, bool>? MayRead { get; init; }

    /// <summary>
    /// Names are those within the archive or folder, without its own, and the files are a set of rules: a place that leads out of the archive or folder
    /// is refused. Otherwise names are paths.
    /// </summary>
    public bool AsPack { get; init; }

    /// <summary>True to read the texts and no rule of them.</summary>
    public bool TextsOnly { get; init; }
}

/// <summary>
/// Reads rule documents from files, folders (with all below) and archives (zip, tar, tar.gz), which are never unpacked to disk. Names that begin with a dot
/// are passed over in folders and archives: what is there belongs to tools. Each file is read once, however often it is named.
/// </summary>
public sealed class RuleFiles(RuleFileOptions? options = null)
{
    private const int MaxRuleBytes = 1 << 20;

    private readonly RuleFileOptions options = options ?? new RuleFileOptions();
    private long bytes;

    // A packed file that ends too soon is otherwise read as if that were its end.
    static RuleFiles() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly List<SigmaRule> rules = [];
    private readonly List<Error> faults = [];
    private readonly List<KeyValuePair<string, string>> texts = [];

    /// <summary>The rules that could be read, in the order of their files.</summary>
    public IReadOnlyList<SigmaRule> Rules => rules;

    /// <summary>Name and contents of each file.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Texts => texts;

    /// <summary>What could not be read, each with its place.</summary>
    public IReadOnlyList<Error> Faults => faults;

    /// <summary>True when a bound was reached: what there is has not been read whole.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Reads what is at a path. False when nothing is there.</summary>
    /// <param name="path">A file, folder or archive.</param>
    /// <param name="name">The name that people know a file by, where it is another than the path's.</param>
    public bool Add(string path, string? name = null)
    {
        if (Directory.Exists(path))
        {
            AddFolder(path);
            return true;
        }

        if (!File.Exists(path)) return false;
        One(path, options.AsPack ? Path.GetFileName(name ?? path) : name);
        return true;
    }

    /// <summary>True for what can hold rules: a folder or an archive with a .yml or .yaml in it, or such a file.</summary>
    public static bool Holds(string path)
    {
        if (Directory.Exists(path)) return Below(path).Any();
        if (!File.Exists(path)) return false;
        if (IsRuleName(path)) return true;
        try
        {
            return KindOf(path) is not Kind.Text && Entries(path, new RuleFileOptions()).Any(entry => IsRuleName(entry.Name));
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void AddFolder(string path)
    {
        try
        {
            // What the operator named may be a link itself; those below are followed only where somebody says what may be read.
            var count = 0;
            foreach (var file in Below(path))
            {
                if (++count > options.MostEntries) throw new LimitException($"{options.MostEntries:N0} files");
                if (options.AsPack && TooDeep(Path.GetRelativePath(path, file))) continue;
                if (options.MayRead is { } may && !may(file))
                {
                    faults.Add(Error.Of("logs.rule.outside", "檔案在開放的資料夾之外，未讀取。", "The file lies outside the folders that are open, and was not read.", NameOf(path, file)));
                    continue;
                }

                One(file, NameOf(path, file));
            }
        }
        catch (LimitException limit)
        {
            Cut(limit, path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            faults.Add(Error.Of("logs.rule.unreadable", $"無法讀取：{fault.Message}", $"Cannot be read: {fault.Message}", path));
        }
    }

    private string NameOf(string folder, string file) => options.AsPack ? Path.GetRelativePath(folder, file).Replace('\\', '/') : file;

    private bool TooDeep(string name)
    {
        if (name.AsSpan().Count('/') + name.AsSpan().Count('\\') <= options.MostDepth) return false;
        faults.Add(Error.Of("logs.rule.too-deep", $"資料夾超過 {options.MostDepth} 層，未讀取。", $"More than {options.MostDepth} folders deep; not read.", name));
        return true;
    }

    // A name that leads out of its archive is refused whole: whoever wrote it meant no rule.
    private bool LeadsOut(string name)
    {
        var parts = name.Split('/', '\\');
        if (!name.StartsWith('/') && !name.StartsWith('\\') && !name.Contains(':', StringComparison.Ordinal) && !name.Contains('\0', StringComparison.Ordinal) && !parts.Contains("..")) return false;
        faults.Add(Error.Of("logs.rule.place", "檔名指向封存檔之外，未讀取。", "The name leads out of the archive; not read.", name.Replace('\0', ' ')));
        return true;
    }

    private void Cut(LimitException limit, string path)
    {
        IsCut = true;
        faults.Add(Error.Of("logs.rule.archive-large", $"超過上限（{limit.Message}），其餘未讀取。", $"Beyond the limit ({limit.Message}); the rest was not read.", path));
    }

    private static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(folder, "*.y*ml", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, MatchType = MatchType.Simple })
            .Where(file => IsRuleName(file) && !IsHidden(Path.GetRelativePath(folder, file))).Order(StringComparer.Ordinal);

    private static bool IsRuleName(string name) => name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase);

    private static bool IsHidden(string name) => name.Split('/', '\\').Any(part => part.StartsWith('.') && part is not ("." or ".."));

    private void One(string path, string? name = null)
    {
        if (!known.Add(Path.GetFullPath(path))) return;
        try
        {
            if (KindOf(path) == Kind.Text)
            {
                if (options.AsPack && !IsRuleName(name ?? path)) throw new InvalidDataException("no zip, tar or tar.gz");
                using var file = File.OpenRead(path);
                Document(file, name ?? path);
                return;
            }

            var found = false;
            foreach (var (member, content) in Entries(path, options))
            {
                if (options.AsPack && IsRuleName(member) && (LeadsOut(member) || TooDeep(member))) continue;
                var clean = options.AsPack && member.StartsWith("./", StringComparison.Ordinal) ? member[2..] : member;
                if (!IsRuleName(clean) || IsHidden(clean)) continue;
                found = true;
                Document(content, options.AsPack ? clean.Replace('\\', '/') : $"{path}!{member}");
            }

            if (!found) faults.Add(Error.Of("logs.rule.archive-empty", "封存檔中沒有 .yml 或 .yaml 檔。", "The archive holds no .yml or .yaml file.", path));
        }
        catch (LimitException limit)
        {
            Cut(limit, path);
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException)
        {
            faults.Add(Error.Of("logs.rule.archive-damaged", $"封存檔已損毀：{fault.Message}", $"The archive is damaged: {fault.Message}", path));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            faults.Add(Error.Of("logs.rule.unreadable", $"無法讀取：{fault.Message}", $"Cannot be read: {fault.Message}", path));
        }
    }

    private void Document(Stream content, string name)
    {
        var bytes = new byte[MaxRuleBytes + 1];
        var length = content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > MaxRuleBytes)
        {
            faults.Add(Error.Of("logs.rule.too-large", "規則檔超過 1 MB。", "The rule file is larger than 1 MB.", name));
            return;
        }

        this.bytes += length;
        if (texts.Count >= options.MostFiles) throw new LimitException($"{options.MostFiles:N0} rule files");
        if (this.bytes > options.MostBytes) throw new LimitException($"{options.MostBytes >> 20} MB of rules");
        using var reader = new StreamReader(new MemoryStream(bytes, 0, length), Encoding.UTF8);
        var text = reader.ReadToEnd();
        texts.Add(new(name, text));
        if (options.TextsOnly) return;
        var read = SigmaParser.Parse(text, name);
        rules.AddRange(read.Rules);
        faults.AddRange(read.Errors);
    }

    private enum Kind
    {
        Text,
        Zip,
        Tar,
        Gzip,
    }

    private static Kind KindOf(string path)
    {
        using var file = File.OpenRead(path);
        return KindOf(file);
    }

    private static Kind KindOf(Stream file)
    {
        var start = new byte[512];
        var length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var head = start.AsSpan(0, length);
        if (head.StartsWith("PK\u0003\u0004"u8) || head.StartsWith("PK\u0005\u0006"u8)) return Kind.Zip;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B])) return Kind.Gzip;
        return length >= 262 && head.Slice(257, 5).SequenceEqual("ustar"u8) ? Kind.Tar : Kind.Text;
    }

    /// <summary>The files of an archive, one after the other; each is valid until the next. A packed file that is no archive is its one entry.</summary>
    private static IEnumerable<(string Name, Stream Content)> Entries(string path, RuleFileOptions options)
    {
        using var file = File.OpenRead(path);
        var kind = KindOf(file);
        file.Position = 0;
        var count = 0;
        if (kind == Kind.Zip)
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true, Encoding.UTF8);
            if (zip.Entries.Count > options.MostEntries) throw new LimitException($"{options.MostEntries:N0} entries");
            var unpacked = new Counter();
            foreach (var entry in zip.Entries)
            {
                if (entry.FullName.EndsWith('/') || entry.FullName.EndsWith('\\')) continue;
                using var content = new Bounded(entry.Open(), unpacked, options.MostUnpacked);
                yield return (entry.FullName, content);
            }

            yield break;
        }

        Stream? unzipped = null;
        if (kind == Kind.Gzip)
        {
            using (var peek = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true)) kind = KindOf(peek);
            file.Position = 0;
            unzipped = new Bounded(new GZipStream(file, CompressionMode.Decompress, leaveOpen: true), new Counter(), options.MostUnpacked);
        }

        using var source = unzipped ?? file;
        if (kind != Kind.Tar)
        {
            // A rule that is packed alone.
            yield return (Path.GetFileNameWithoutExtension(path), source);
            yield break;
        }

        using var tar = new TarReader(source, leaveOpen: true);
        while (Next(tar) is { } entry)
        {
            if (++count > options.MostEntries) throw new LimitException($"{options.MostEntries:N0} entries");
            if (entry.DataStream is { } content && entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile) yield return (entry.Name, entry.DataStream!);
        }
    }

    private static TarEntry? Next(TarReader tar)
    {
        try
        {
            return tar.GetNextEntry();
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            throw new InvalidDataException(fault.Message, fault);
        }
    }

    /// <summary>An archive that is larger than what is taken.</summary>
    private sealed class LimitException(string limit) : IOException(limit);

    private sealed class Counter
    {
        public long Read { get; set; }
    }

    /// <summary>A stream that gives no more than an archive may unpack to.</summary>
    private sealed class Bounded(Stream inner, Counter counter, long most) : ForwardStream
    {
        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            counter.Read += read;
            return counter.Read <= most ? read : throw new LimitException($"{most >> 20} MB unpacked");
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
