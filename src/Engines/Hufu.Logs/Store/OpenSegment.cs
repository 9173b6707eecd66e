using System.Runtime.InteropServices;
using Hufu.Logs.Store.Parquet;
using Microsoft.Win32.SafeHandles;

namespace Hufu.Logs.Store;

/// <summary>
/// The segment that events are added to. They are encoded as they come; those that a search wants to see before the segment is sealed become a
/// part, a Parquet file in memory. Small parts are joined as they come, so that there are never many. Not safe for several threads.
/// </summary>
internal sealed class OpenSegment(string id, WriteAhead? file) : IDisposable
{
    // Segments are read for years and most are put together later, with a higher level.
    private const int Level = 1;

    // Parts of about one size that are made one.
    private const int Joined = 4;

    // Fewer are hashed before another thread would have begun.
    private const int HashedBeside = 200;

    private readonly List<(int Row, int Rows, long At)> frames = [];
    private readonly List<OpenPart> parts = [];
    private readonly Dictionary<string, Volume> volumes = new(StringComparer.Ordinal);
    private byte[] lastSource = [];
    private Volume? lastVolume;
    private SegmentWriter? writer;

    private SegmentWriter Writer => writer ??= new SegmentWriter(SegmentTable.Number(Id), Level);

    public string Id { get; } = id;

    public WriteAhead? File { get; } = file;

    /// <summary>Of the hashes of its events.</summary>
    public LeafBuilder Leaves { get; } = new(LeafLayout.Sealed);

    /// <summary>What each source has in it.</summary>
    public IReadOnlyList<SourceVolume> Volumes => [.. volumes.Select(v => new SourceVolume(v.Key, v.Value.Events, v.Value.Bytes, EventCodec.Time(v.Value.From), EventCodec.Time(v.Value.To))).OrderBy(v => v.Source, StringComparer.Ordinal)];

    public Dictionary<string, ImportMark> Imports { get; } = new(StringComparer.Ordinal);

    /// <summary>The last that was anchored of it.</summary>
    public OpenAnchor? Anchor { get; set; }

    public int Rows { get; private set; }

    public long Bytes { get; private set; }

    public DateTimeOffset FirstAppended { get; set; }

    public long Earliest { get; private set; } = long.MaxValue;

    public long Latest { get; private set; } = long.MinValue;

    /// <summary>Adds the events of a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="at">Where it begins in the write-ahead file.</param>
    public void Add(EventFrame frame, long at)
    {
        frames.Add((Rows, frame.Count, at));
        // Hashes and columns know nothing of each other, and what comes next waits for both.
        var hashing = frame.Count >= HashedBeside ? Task.Run(() => Hash(frame)) : null;
        if (hashing is null) Hash(frame);
        for (var i = 0; i < frame.Count; i++)
        {
            var bytes = frame.Bytes(i);
            Writer.Add(Rows + i, bytes);
            Bytes += bytes.Length;
            var (time, received) = EventCodec.Times(bytes);
            if (time < Earliest) Earliest = time;
            if (time > Latest) Latest = time;
            Count(EventCodec.Source(bytes), bytes.Length, received);
        }

        hashing?.GetAwaiter().GetResult();
        Rows += frame.Count;
        if (Writer.Rows >= SegmentWriter.GroupRows) EndGroup();
    }

    /// <summary>The events that there are, as files in memory; they stay until the caller lets go of them.</summary>
    public List<OpenPart> Take()
    {
        EndGroup();
        // A row is encoded again a few times at the most, and of parts that are asked for at a high rate none is.
        while (File is not null && parts.Count >= Joined && parts[^Joined].Rows <= 2 * parts[^1].Rows && parts[^Joined..].Sum(part => part.Rows) <= SegmentWriter.GroupRows) JoinLast();
        foreach (var part in parts) part.Hold();
        return [.. parts];
    }

    /// <summary>The row groups of all events.</summary>
    public IReadOnlyList<RowGroup> Groups()
    {
        EndGroup();
        return [.. parts.Select(part => part.Group)];
    }

    /// <summary>Goes on with the room that a segment needed which is done.</summary>
    public void Inherit(OpenSegment done)
    {
        if (writer is not null || done.writer is null) return;
        (writer, done.writer) = (done.writer, null);
        writer.Begin(SegmentTable.Number(Id));
    }

    public void Dispose()
    {
        writer?.Dispose();
        foreach (var part in parts) part.LetGo();
        parts.Clear();
        File?.Dispose();
    }

    private void Hash(EventFrame frame)
    {
        for (var i = 0; i < frame.Count; i++)
        {
            frame.Leaf(i, Leaves.Next);
            Leaves.Added();
        }
    }

    // Events come in batches of one source.
    private void Count(ReadOnlySpan<byte> source, int length, long received)
    {
        if (lastVolume is null || !source.SequenceEqual(lastSource))
        {
            var name = System.Text.Encoding.UTF8.GetString(source);
            lastSource = source.ToArray();
            if (!volumes.TryGetValue(name, out lastVolume)) volumes.Add(name, lastVolume = new Volume());
        }

        lastVolume.Events++;
        lastVolume.Bytes += length;
        if (received < lastVolume.From) lastVolume.From = received;
        if (received > lastVolume.To) lastVolume.To = received;
    }

    private void EndGroup()
    {
        if (writer?.EndGroup() is { } group) parts.Add(new OpenPart(Rows - group.Rows, group));
    }

    private void JoinLast()
    {
        var from = parts[^Joined].Row;
        for (var i = frames.FindLastIndex(f => f.Row <= from); i < frames.Count; i++)
        {
            var frame = EventFrame.Read(File!.FrameAt(frames[i].At));
            for (var e = 0; e < frame.Count; e++) Writer.Add(frames[i].Row + e, frame.Bytes(e));
        }

        var joined = new OpenPart(from, Writer.EndGroup()!);
        foreach (var old in parts[^Joined..]) old.LetGo();
        parts.RemoveRange(parts.Count - Joined, Joined);
        parts.Add(joined);
    }

    private sealed class Volume
    {
        public long Events { get; set; }

        public long Bytes { get; set; }

        public long From { get; set; } = long.MaxValue;

        public long To { get; set; } = long.MinValue;
    }
}

/// <summary>Rows of the open segment as a Parquet file. On Linux it is in memory alone, so that a full disk does not hide what came last.</summary>
internal sealed partial class OpenPart(int row, RowGroup group)
{
    private readonly Lock gate = new();
    private FileStream? file;
    private int holders = 1;

    public int Row { get; } = row;

    public RowGroup Group { get; } = group;

    public int Rows => Group.Rows;

    /// <summary>Where the database reads it; only while it is held.</summary>
    public string Path { get; private set; } = "";

    public void Hold()
    {
        lock (gate)
        {
            holders++;
            if (file is not null) return;
            file = Create(out var path);
            SegmentWriter.WriteFile(file, [Group]);
            file.Flush();
            Path = path;
        }
    }

    public void LetGo()
    {
        lock (gate)
        {
            if (--holders == 0) file?.Dispose();
        }
    }

    private static FileStream Create(out string path)
    {
        if (OperatingSystem.IsLinux())
        {
            var descriptor = CreateInMemory("hufu", 1);
            if (descriptor >= 0)
            {
                path = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}");
                return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.ReadWrite, 1 << 16);
            }
        }

        path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "hufu-" + Guid.NewGuid().ToString("N") + ".parquet");
        return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.DeleteOnClose);
    }

    // Closed when the process starts another one.
    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateInMemory(string name, uint flags);
}
