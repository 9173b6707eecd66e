using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hufu.Logs.Rows;

/// <summary>How often a row was taken that may come again, and where its bookmark stands.</summary>
internal readonly record struct TakenRow(int Count, long At);

/// <summary>A row of a batch: what it is known by, and its bookmark.</summary>
internal sealed record AddedRow(string Key, long At, string Bookmark);

/// <summary>A batch on its way into the store: when the row with its number is found at its place, it has arrived.</summary>
internal sealed record RowIntent(string Segment, int Row, string Source, string Name, long Number, IReadOnlyList<AddedRow> Added);

/// <summary>What is kept between two processes. Written whole and then renamed.</summary>
internal sealed record RowMemory
{
    /// <summary>What is read: see <see cref="RowTailOptions.Identity"/>.</summary>
    public string Identity { get; init; } = "";

    /// <summary>What the rows in <see cref="Taken"/> are known by.</summary>
    public string Known { get; init; } = "";

    /// <summary>True once it is settled where reading begins.</summary>
    public bool Begun { get; init; }

    /// <summary>The highest bookmark that is stored.</summary>
    public string? High { get; init; }

    /// <summary>How many rows were stored, ever: the number of the last.</summary>
    public long Number { get; init; }

    /// <summary>The rows that are stored and will come again.</summary>
    public Dictionary<string, TakenRow> Taken { get; init; } = [];

    public RowIntent? Intent { get; init; }

    /// <summary>The memory after a batch. Rows that will not come again are forgotten.</summary>
    public RowMemory With(IReadOnlyList<AddedRow> added, RowTailOptions options)
    {
        if (added.Count == 0) return this with { Intent = null };
        var high = High;
        var at = high is null ? long.MinValue : RowMark.Read(options.Kind, new RowValue(RowValueKind.Text, high), options.BookmarkColumn);
        foreach (var row in added)
            if (high is null || options.Kind is BookmarkKind.Text || row.At > at) (high, at) = (row.Bookmark, row.At);
        var taken = new Dictionary<string, TakenRow>(StringComparer.Ordinal);
        if (options.Remembers)
        {
            var (_, floor) = RowMark.Floor(options, high);
            if (options.Kind is not BookmarkKind.Text || high == High)
                foreach (var (key, known) in Taken)
                    if (known.At >= floor) taken[key] = known;
            foreach (var row in added)
                if (options.Kind is BookmarkKind.Text ? row.Bookmark == high : row.At >= floor) taken[row.Key] = new TakenRow(taken.GetValueOrDefault(row.Key).Count + 1, row.At);
        }

        return this with { High = high, Number = Number + added.Count, Taken = taken, Intent = null };
    }

    /// <summary>What was kept; new when there is nothing.</summary>
    /// <exception cref="RowSourceException">It cannot be read: to begin anew would store everything twice.</exception>
    public static RowMemory Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RowJson.Default.RowMemory) ?? new RowMemory();
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return new RowMemory();
        }
        catch (JsonException fault)
        {
            throw new RowSourceException(Hufu.Kernel.Error.Of("logs.rows.memory", $"讀取進度檔 {path} 已損壞；為避免重複收容而不讀取。刪除此檔會從頭開始。", $"The file {path}, which remembers how far was read, is damaged; nothing is read, for everything might be stored twice. Delete it to begin anew."), fault);
        }
    }

    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Store.DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, RowJson.Default.RowMemory));
    }
}

[JsonSerializable(typeof(RowMemory))]
internal sealed partial class RowJson : JsonSerializerContext;
