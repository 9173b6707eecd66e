using System.Collections;
using System.Globalization;
using System.Text.Json;
using Hufu.Logs.Cold;
using Hufu.Logs.Search;

namespace Hufu.Logs.Store;

/// <summary>The last that was anchored of an open segment: the root over its first events.</summary>
internal sealed record OpenAnchor(int Events, string Root, string? Receipt);

/// <summary>Sealed segments that follow each other and are kept in one file: one segment as it was sealed, or a pack.</summary>
internal sealed class Part
{
    private readonly string folder;
    private const int MaxRanges = 16;
    private const int MaxAnswers = 16;

    private readonly SegmentPack? pack;
    private readonly Dictionary<string, IReadOnlyList<(long From, long To)>?> answers = new(StringComparer.Ordinal);
    private readonly WeakReference<LeafFile> leaves = new(null!);
    private TokenIndex? tokens;

    public Part(string folder, SegmentManifest segment)
    {
        this.folder = folder;
        Segments = [segment];
        Stem = segment.Id;
    }

    public Part(string folder, SegmentPack pack)
    {
        this.folder = folder;
        this.pack = pack;
        Segments = pack.Segments;
        Stem = string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}.{pack.Generation}");
    }

    private Part(Part other)
    {
        (folder, pack, Segments, Stem) = (other.folder, other.pack, other.Segments, other.Stem);
    }

    /// <summary>What its files are called, without their endings.</summary>
    public string Stem { get; }

    /// <summary>Where its Parquet file lies; absent while it lies beside the manifest.</summary>
    public ColdMark? Cold { get; init; }

    /// <summary>When its newest event was received.</summary>
    public DateTimeOffset Newest => Sources.Count == 0 ? SealedAt : Sources.Max(s => s.ReceivedTo);

    public IReadOnlyList<SegmentManifest> Segments { get; }

    public string First => Segments[0].Id;

    public string Last => Segments[^1].Id;

    public int Generation => pack?.Generation ?? 0;

    public DateTimeOffset From => Segments.Min(s => s.From);

    public DateTimeOffset To => Segments.Max(s => s.To);

    public DateTimeOffset SealedAt => Segments[^1].SealedAt;

    /// <summary>What is left of each source.</summary>
    public IReadOnlyList<SourceVolume> Sources => pack?.Sources ?? Segments[0].Sources;

    public IReadOnlyList<SegmentRemoval> Removals => pack?.Removals ?? [];

    /// <summary>Events that were sealed in it.</summary>
    public int Sealed => Segments.Sum(s => s.Events);

    public long FileLength => pack?.FileLength ?? Segments[0].FileLength;

    /// <summary>SHA-256 of the Parquet file; null when no event is left, and so no file.</summary>
    public string? FileSha256 => pack is null ? Segments[0].FileSha256 : pack.FileSha256;

    /// <summary>The column whose value no two rows of the file have in common.</summary>
    public string Key => Segments.Count == 1 ? "row" : "file_row_number";

    /// <summary>The file as a table.</summary>
    /// <param name="file">Where it is.</param>
    public string Table(string file) => KnownFields.Table(Stored(file), Apart);

    /// <summary>True when <see cref="KnownFields"/> have columns in the file.</summary>
    public bool Apart => pack is { Schema: SegmentPack.CurrentSchema };

    /// <summary>The file with its columns as they are.</summary>
    /// <param name="file">Where it is.</param>
    public string Stored(string file) => $"read_parquet({SegmentTable.Literal(file)}{(Segments.Count == 1 ? "" : ", file_row_number = true")})";

    /// <summary>Some rows of the file as a table.</summary>
    public string Table(string file, IReadOnlyList<(long From, long To)> places)
    {
        // Many small ranges cost more than what lies between them.
        while (places.Count > MaxRanges) places = [.. places.Chunk(2).Select(pair => (pair[0].From, pair[^1].To))];
        return KnownFields.Table($"{Stored(file)} WHERE {string.Join(" OR ", places.Select(p => string.Create(CultureInfo.InvariantCulture, $"{Key} BETWEEN {p.From} AND {p.To}")))}", Apart);
    }

    /// <summary>The same file in the place of a mark; without one, beside the manifest.</summary>
    public Part In(ColdMark? mark) => new(this) { Cold = mark };

    /// <summary>What may lie beside the manifest, and it.</summary>
    public IEnumerable<string> Files => from ending in (string[])[".json", ".parquet", ".leaves", ".removed", ".tokens"] select Path(ending);

    /// <summary>The index of its texts; null when it is not built yet.</summary>
    public TokenIndex? Tokens
    {
        get
        {
            if (tokens is null && File.Exists(Path(".tokens"))) tokens = TokenIndex.Open(Path(".tokens"));
            return tokens;
        }
    }

    /// <summary>
    /// The rows that may answer a search, as its index knows: none when no row can. Null without an index, or when the search says too little: then it
    /// is the whole file.
    /// </summary>
    public IReadOnlyList<(long From, long To)>? Places(SearchQuery? query)
    {
        if (query?.Root is not { } root || Tokens is not { } index) return null;
        lock (answers)
        {
            // A page asks the same of a file several times: results, histogram, frequent values.
            if (!answers.TryGetValue(query.Terms, out var answer))
            {
                if (answers.Count >= MaxAnswers) answers.Clear();
                answers.Add(query.Terms, answer = index.Places(root));
            }

            return answer;
        }
    }

    /// <summary>The same for what a search needs besides.</summary>
    public IReadOnlyList<(long From, long To)>? Places(SearchQuery query, LogNeed? needs) =>
        needs is null ? Places(query) : Tokens?.Places(query.Root is { } root ? new AllOf([root, needs.Node]) : needs.Node);

    /// <summary>
    /// The rows of a segment that may be what a search looks for and have what it needs, as its index knows, as ranges with both ends; the whole segment where that is
    /// not known.
    /// </summary>
    public IReadOnlyList<(int From, int To)> RowsOf(SegmentManifest segment, IReadOnlyList<(long From, long To)>? places)
    {
        if (places is null) return [(0, segment.Events - 1)];
        if (Segments.Count == 1) return Cut(places.Select(p => ((int)Math.Min(p.From, int.MaxValue), (int)Math.Min(p.To, int.MaxValue))));
        // In a pack, places count the rows that are left in the file.
        var (begin, place) = (Begin(segment.Id), 0L);
        var removed = Removals.Count > 0 ? Removed() : null;
        for (var i = 0; removed is not null && i < begin; i++) place += removed[i] ? 0 : 1;
        if (removed is null) return Cut(places.Select(p => ((int)Math.Max(p.From - begin, -1), (int)Math.Min(p.To - begin, int.MaxValue))));
        var (ranges, next) = (new List<(int, int)>(), 0);
        for (var row = 0; row < segment.Events; row++)
        {
            if (removed[begin + row]) continue;
            while (next < places.Count && places[next].To < place) next++;
            if (next < places.Count && places[next].From <= place) ranges.Add((row, row));
            place++;
        }

        return Cut(ranges);

        List<(int From, int To)> Cut(IEnumerable<(int From, int To)> ranges)
        {
            var cut = new List<(int From, int To)>();
            foreach (var (from, to) in ranges)
            {
                var (first, last) = (Math.Max(from, 0), Math.Min(to, segment.Events - 1));
                if (first > last) continue;
                if (cut.Count > 0 && cut[^1].To >= first - 1) cut[^1] = (cut[^1].From, last);
                else cut.Add((first, last));
            }

            return cut;
        }
    }

    /// <summary>The same with its mark, as it is on the disk now.</summary>
    /// <exception cref="InvalidDataException">The mark cannot be read, or is another file's.</exception>
    public Part Marked()
    {
        if (ColdMark.Read(Path(ColdMark.Ending), Stem) is not { } mark) return this;
        return mark.Sha256 == FileSha256 ? In(mark) : throw new InvalidDataException($"The mark {Path(ColdMark.Ending)} is not that of the file that the manifest names.");
    }

    public string Path(string ending) => System.IO.Path.Combine(folder, Stem + ending);

    public bool Has(string segment) => string.CompareOrdinal(First, segment) <= 0 && string.CompareOrdinal(segment, Last) <= 0;

    /// <summary>Where the events of a segment begin among all that were sealed in the file.</summary>
    public int Begin(string segment) => Segments.TakeWhile(s => s.Id != segment).Sum(s => s.Events);

    /// <summary>What is kept of the leaf hashes; null when the file is damaged or gone.</summary>
    public LeafFile? Leaves()
    {
        // Many proofs of one file are asked for together. Its files never change.
        if (leaves.TryGetTarget(out var known)) return known;
        var read = LeafFile.Read(Path(".leaves"), [.. Segments.Select(s => s.Events)], Removed());
        if (read is not null) leaves.SetTarget(read);
        return read;
    }

    /// <summary>A bit for each event that was sealed in the file, set where it was removed.</summary>
    public BitArray Removed()
    {
        var bytes = File.Exists(Path(".removed")) ? File.ReadAllBytes(Path(".removed")) : [];
        Array.Resize(ref bytes, (Sealed + 7) / 8);
        return new BitArray(bytes) { Length = Sealed };
    }

    public static byte[] Bytes(BitArray bits)
    {
        var bytes = new byte[(bits.Length + 7) / 8];
        bits.CopyTo(bytes, 0);
        return bytes;
    }

    /// <summary>Reads all manifests of a folder. Of parts one of which has the segments of the other, the smaller or older one is given as replaced.</summary>
    /// <exception cref="InvalidDataException">A manifest cannot be read, or two contradict each other.</exception>
    public static (List<Part> Parts, List<Part> Replaced) ReadAll(string folder)
    {
        var read = new List<Part>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.json"))
        {
            var stem = System.IO.Path.GetFileNameWithoutExtension(path);
            try
            {
                var bytes = File.ReadAllBytes(path);
                Part? part = null;
                if (!stem.Contains('-', StringComparison.Ordinal))
                {
                    if (JsonSerializer.Deserialize(bytes, StoreJson.Default.SegmentManifest) is { Schema: SegmentManifest.CurrentSchema } manifest) part = new Part(folder, manifest);
                }
                else if (JsonSerializer.Deserialize(bytes, StoreJson.Default.SegmentPack) is { Schema: SegmentManifest.CurrentSchema or SegmentPack.CurrentSchema, Segments.Count: > 0 } pack)
                {
                    part = new Part(folder, pack);
                }

                if (part is null || part.Stem != stem || !part.Segments.All(s => s.Id.Length == 8 && s.Id.All(char.IsAsciiDigit)))
                    throw new InvalidDataException($"The manifest {path} is not one of schema {SegmentManifest.CurrentSchema} or {SegmentPack.CurrentSchema} for these segments.");
                read.Add(part.Marked());
            }
            catch (JsonException fault)
            {
                throw new InvalidDataException($"The manifest {path} cannot be read: {fault.Message}", fault);
            }
        }

        var (parts, replaced) = (new List<Part>(), new List<Part>());
        foreach (var part in read.OrderBy(p => p.First, StringComparer.Ordinal).ThenByDescending(p => p.Last, StringComparer.Ordinal).ThenByDescending(p => p.Generation))
        {
            if (parts.Count == 0 || string.CompareOrdinal(part.First, parts[^1].Last) > 0) parts.Add(part);
            else if (string.CompareOrdinal(part.Last, parts[^1].Last) <= 0) replaced.Add(part);
            else throw new InvalidDataException($"The manifests {parts[^1].Stem}.json and {part.Stem}.json both have some segments.");
        }

        return (parts, replaced);
    }
}
