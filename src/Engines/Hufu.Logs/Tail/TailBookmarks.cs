using System.Text.Json;
using System.Text.Json.Serialization;
using Hufu.Logs.Parsing;

namespace Hufu.Logs.Tail;

/// <summary>How far a file has been read. What it is, is told by its number and, because numbers are used again, by what it holds.</summary>
internal sealed record TailBookmark
{
    public required string Path { get; init; }

    public ulong Device { get; init; }

    public ulong Number { get; init; }

    /// <summary>Bytes that are stored, once unpacked.</summary>
    public long Offset { get; init; }

    /// <summary>Of how many bytes at the beginning <see cref="Begin"/> is the hash.</summary>
    public int BeginLength { get; init; }

    public string Begin { get; init; } = "";

    /// <summary>Hash of the last bytes before <see cref="Offset"/>.</summary>
    public string End { get; init; } = "";

    /// <summary>The same of where it stood before, the newest first: a copy may have been made then.</summary>
    public IReadOnlyList<TailPoint> Earlier { get; init; } = [];

    /// <summary>What the next bytes are when they do not begin a record: the problem that a piece was given with.</summary>
    public string? Within { get; init; }

    /// <summary>The columns that an earlier line has named.</summary>
    public TableHeader? Header { get; init; }

    /// <summary>When a packed file, which does not grow, had been read to its end: the time of its last writing.</summary>
    public long Finished { get; init; }

    public DateTimeOffset Seen { get; init; }
}

/// <summary>A place up to which a file has been read, and the hash of the bytes before it.</summary>
internal sealed record TailPoint(long Offset, string End, string? Within, TableHeader? Header);

/// <summary>A batch on its way into the store: when its first event is found at its place, it has arrived.</summary>
internal sealed record TailIntent(string Segment, int Row, string Path, long Offset, string Source, TailBookmark After);

/// <summary>What is kept between two processes. Written whole and then renamed.</summary>
internal sealed record TailMemory(List<TailBookmark> Files, TailIntent? Intent)
{
    public static TailMemory Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), TailJson.Default.TailMemory) ?? new TailMemory([], null);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return new TailMemory([], null);
        }
    }

    public void Write(string path)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        Store.DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, TailJson.Default.TailMemory));
    }
}

[JsonSerializable(typeof(TailMemory))]
internal sealed partial class TailJson : JsonSerializerContext;
