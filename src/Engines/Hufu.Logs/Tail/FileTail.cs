using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs.Parsing;

namespace Hufu.Logs.Tail;

/// <summary>
/// Follows files: what is written to them becomes events, once each and in the order of the file. A file is known by what it is, not by its name: renamed,
/// truncated, copied or packed by a rotation, it is neither read twice nor left unread. How far each has been read is kept so that a process that is killed
/// loses nothing and stores nothing twice: before a batch goes to the store it is noted where it will lie, and after a crash that place is looked at.
/// </summary>
public sealed class FileTail : IAsyncDisposable
{
    private const int HashedBytes = 1_024;
    private const int LeastCopied = 64;
    private const int MostFiles = 500;
    private const int MostPoints = 4;
    private const int MostBookmarks = 10_000;
    private const int MostRecords = 5_000;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(90);

    private readonly TailOptions options;
    private readonly ITailSink sink;
    private readonly byte[] buffer;
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim hint = new(0, 1);
    private readonly Dictionary<(ulong Device, ulong Number), Followed> open = [];
    private readonly List<FileSystemWatcher> watchers = [];
    private readonly Task running;
    private List<TailBookmark> closed = [];
    private volatile TailState state = new(0, 0, 0, 0, null, []);
    private long lines, bytes, faulty;
    private bool changed;
    private bool known;
    private int disposed;

    private FileTail(TailOptions options, ITailSink sink)
    {
        (this.options, this.sink) = (options, sink);
        buffer = new byte[Math.Max(1 << 20, options.Parse.MaxLength * 4)];
        running = Task.Run(RunAsync);
    }

    /// <summary>How it stands now.</summary>
    public TailState State => state;

    /// <summary>Starts to follow.</summary>
    /// <returns>What follows, or why a path may not be followed.</returns>
    public static Result<FileTail> Start(TailOptions options, ITailSink sink)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sink);
        foreach (var pattern in options.Patterns)
            if (options.Folders.Check(pattern) is { } error) return Result.Fail<FileTail>(error);
        return Result.Of(new FileTail(options, sink));
    }

    /// <summary>Stops. What is not stored is read by the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        await stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        foreach (var watcher in watchers) watcher.Dispose();
        stopping.Dispose();
        hint.Dispose();
    }

    private async Task RunAsync()
    {
        var cancellation = stopping.Token;
        try
        {
            await RecallAsync(cancellation).ConfigureAwait(false);
            Watch();
            while (true)
            {
                string? problem = null;
                try
                {
                    problem = await LookAsync(cancellation).ConfigureAwait(false);
                    foreach (var file in open.Values.ToList()) await FollowAsync(file, cancellation).ConfigureAwait(false);
                    if (changed) Remember(null);
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    // Whatever it is, the next look tries again.
                    problem = fault.Message;
                }

                Tell(problem);
                await hint.WaitAsync(options.Every, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopping is the way this ends.
        }
        finally
        {
            foreach (var file in open.Values) await file.Content.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Watch()
    {
        foreach (var folder in options.Patterns.Select(TailFolders.FolderOf).Distinct(StringComparer.Ordinal))
        {
            try
            {
                var watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.Size | NotifyFilters.LastWrite };
                watcher.Changed += (_, _) => Hint();
                watcher.Created += (_, _) => Hint();
                watcher.Renamed += (_, _) => Hint();
                watcher.EnableRaisingEvents = true;
                watchers.Add(watcher);
            }
            catch (Exception fault) when (fault is IOException or ArgumentException or UnauthorizedAccessException)
            {
                // Without hints files are looked at as often as they are.
            }
        }

        void Hint()
        {
            try
            {
                if (hint.CurrentCount == 0) hint.Release();
            }
            catch (Exception fault) when (fault is SemaphoreFullException or ObjectDisposedException)
            {
                // It has been told.
            }
        }
    }

    // ---- What is remembered

    private async Task RecallAsync(CancellationToken cancellation)
    {
        var memory = TailMemory.Read(options.StateFile);
        closed = memory.Files;
        known = closed.Count > 0;
        if (memory.Intent is not { } intent) return;
        // The store may be busy or not open yet.
        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                if (Arrived(intent)) Replace(closed, intent.After);
                changed = true;
                return;
            }
            catch (Exception fault) when (fault is IOException or System.Data.Common.DbException or InvalidOperationException)
            {
                Tell(fault.Message);
                await Task.Delay(pause, options.Clock, cancellation).ConfigureAwait(false);
            }
        }
    }

    private bool Arrived(TailIntent intent) =>
        sink.EventAt(new TailPlace(intent.Segment, intent.Row)) is { } stored && stored.Source == intent.Source
            && stored.Field("log.file.path") == intent.Path && stored.Field("log.offset") == Number(intent.Offset);

    private void Remember(TailIntent? intent)
    {
        var all = open.Values.Select(file => file.Mark).Concat(closed).ToList();
        if (all.Count > MostBookmarks) all.RemoveRange(MostBookmarks, all.Count - MostBookmarks);
        new TailMemory(all, intent).Write(options.StateFile);
        changed = false;
    }

    private static void Replace(List<TailBookmark> marks, TailBookmark mark)
    {
        marks.RemoveAll(known => known.Device == mark.Device && known.Number == mark.Number);
        marks.Insert(0, mark);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    // ---- What is there

    private async Task<string?> LookAsync(CancellationToken cancellation)
    {
        string? problem = null;
        foreach (var file in open.Values) file.IsGone = true;
        foreach (var path in options.Patterns.SelectMany(pattern =>
        {
            var files = options.Folders.Files(pattern, out var cut);
            if (cut) problem = "More files fit the path than are followed.";
            return files;
        }).Distinct(StringComparer.Ordinal))
        {
            if (FileIdentity.Of(path) is not { IsRegular: true } identity) continue;
            var key = (identity.Device, identity.Number);
            if (open.TryGetValue(key, out var followed))
            {
                followed.IsGone = false;
                if (followed.Mark.Path != path) (followed.Mark, followed.IsRotated) = (followed.Mark with { Path = path }, true);
                continue;
            }

            var packed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
            if (packed && closed.Exists(mark => mark.Device == key.Device && mark.Number == key.Number && mark.Finished == identity.Written)) continue;
            // One that is still being packed is not whole.
            if (packed && !Settled(key, identity)) continue;
            if (open.Count >= MostFiles)
            {
                problem = "More files fit the path than are followed.";
                break;
            }

            try
            {
                if (TailContent.Open(path, options.Folders) is not { } content) continue;
                if (FileIdentity.Of(path) is not { } again || (again.Device, again.Number) != key)
                {
                    // Another one has its name since.
                    await content.DisposeAsync().ConfigureAwait(false);
                    continue;
                }

                if (await MarkAsync(path, identity, content, cancellation).ConfigureAwait(false) is not { } mark)
                {
                    await content.DisposeAsync().ConfigureAwait(false);
                    continue;
                }

                open[key] = new Followed(content, mark, identity.Written, options.Clock.GetUtcNow());
                changed = true;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                problem = fault.Message;
            }
        }

        known = true;
        return problem;
    }

    private readonly Dictionary<(ulong, ulong), (long Length, long Written)> settling = [];

    private bool Settled((ulong, ulong) key, FileIdentity identity)
    {
        var before = settling.GetValueOrDefault(key);
        settling[key] = (identity.Length, identity.Written);
        if (before != (identity.Length, identity.Written)) return false;
        settling.Remove(key);
        return true;
    }

    /// <summary>The bookmark of a file: its own, that of the file that it is a copy of, or a new one. Null when that is not known yet.</summary>
    private async Task<TailBookmark?> MarkAsync(string path, FileIdentity identity, TailContent content, CancellationToken cancellation)
    {
        var own = closed.Find(mark => mark.Device == identity.Device && mark.Number == identity.Number);
        if (own is not null)
        {
            closed.Remove(own);
            if (await HoldsAsync(content, own, cancellation).ConfigureAwait(false)) return own with { Path = path };
            // The number is another file's now, or it was written anew: what was read of the old one may come again as a copy.
            Retire(own);
        }

        var now = options.Clock.GetUtcNow();
        // Files that begin alike need not be copies; one that was packed most likely was there before.
        var least = content.IsPacked ? 1 : LeastCopied;
        var maybe = false;
        foreach (var (mark, file) in closed.Select(mark => (mark, (Followed?)null)).Concat(open.Values.Select(file => (file.Mark, (Followed?)file))).Where(pair => pair.Item1.BeginLength >= least).OrderByDescending(pair => pair.Item1.Offset).ToList())
        {
            // A copy is made empty and then written: one that is still too short to compare may become one.
            maybe |= known && !content.IsPacked && content.Length < mark.BeginLength;
            if (await content.HashAsync(0, mark.BeginLength, cancellation).ConfigureAwait(false) != mark.Begin) continue;
            // It begins as another: a copy that is not whole, or of what has not been read, will be known later.
            if (!content.IsPacked && !Settled((identity.Device, identity.Number), identity)) return null;
            if (file is { Content.IsPacked: false } && LengthOf(file) > mark.Offset) return null;
            foreach (var point in (IEnumerable<TailPoint>)[new TailPoint(mark.Offset, mark.End, mark.Within, mark.Header), .. mark.Earlier])
            {
                var end = (int)Math.Min(HashedBytes, point.Offset);
                if (end >= least && await content.HashAsync(point.Offset - end, end, cancellation).ConfigureAwait(false) == point.End)
                    return mark with { Path = path, Device = identity.Device, Number = identity.Number, Finished = 0, Offset = point.Offset, End = point.End, Within = point.Within, Header = point.Header, Earlier = [], Seen = now };
            }
        }

        if (maybe && (content.Length == 0 || !Settled((identity.Device, identity.Number), identity))) return null;
        var begin = new TailBookmark { Path = path, Device = identity.Device, Number = identity.Number, Seen = now };
        return options.FromEnd && !known && !content.IsPacked ? await AdvancedAsync(content, begin, content.Length, cancellation).ConfigureAwait(false) : begin;
    }

    /// <summary>Keeps what was read of a file that is no more: a copy of it may come.</summary>
    private void Retire(TailBookmark mark)
    {
        if (mark.Offset > 0) closed.Insert(0, mark with { Device = 0, Number = 0 });
    }

    /// <summary>True when a file holds what a bookmark says was read.</summary>
    private static async Task<bool> HoldsAsync(TailContent content, TailBookmark mark, CancellationToken cancellation)
    {
        if (!content.IsPacked && content.Length < mark.Offset) return false;
        var end = (int)Math.Min(HashedBytes, mark.Offset);
        return await content.HashAsync(0, mark.BeginLength, cancellation).ConfigureAwait(false) == mark.Begin && await content.HashAsync(mark.Offset - end, end, cancellation).ConfigureAwait(false) == mark.End;
    }

    private async Task<TailBookmark> AdvancedAsync(TailContent content, TailBookmark mark, long offset, CancellationToken cancellation)
    {
        var length = (int)Math.Min(HashedBytes, offset);
        return mark with
        {
            Earlier = mark.Offset > 0 ? [new TailPoint(mark.Offset, mark.End, mark.Within, mark.Header), .. mark.Earlier.Take(MostPoints - 1)] : [],
            Offset = offset, BeginLength = length, Begin = mark.BeginLength == length ? mark.Begin : await content.HashAsync(0, length, cancellation).ConfigureAwait(false) ?? "",
            End = await content.HashAsync(offset - length, length, cancellation).ConfigureAwait(false) ?? "", Seen = options.Clock.GetUtcNow(),
        };
    }

    // ---- What is read

    private async Task FollowAsync(Followed file, CancellationToken cancellation)
    {
        try
        {
            while (await StepAsync(file, cancellation).ConfigureAwait(false))
            {
            }

            file.Problem = null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            file.Problem = fault.Message;
            // A packed file that is damaged is read no further than the damage.
            if (file.Content.IsPacked && fault is InvalidDataException) await CloseAsync(file, file.Mark with { Finished = file.Written }).ConfigureAwait(false);
        }
    }

    /// <summary>Reads and stores one batch. False when there is nothing to do for now.</summary>
    private async Task<bool> StepAsync(Followed file, CancellationToken cancellation)
    {
        var content = file.Content;
        var now = options.Clock.GetUtcNow();
        var length = content.IsPacked ? long.MaxValue : content.Length;
        if (length != file.Length)
        {
            file.Length = length;
            file.Since = now;
            if (!content.IsPacked && !await HoldsAsync(content, file.Mark, cancellation).ConfigureAwait(false))
            {
                // Truncated, and maybe written again beyond where it was: it begins anew. A copy may hold what had not been read.
                Retire(file.Mark);
                file.Mark = new TailBookmark { Path = file.Mark.Path, Device = file.Mark.Device, Number = file.Mark.Number, Seen = now };
                file.Said = null;
                changed = true;
            }
        }

        var late = now - file.Since >= options.LastLineAfter || (file.IsRotated && now - file.Since >= options.CloseAfter);
        var over = content.IsPacked || (file.IsGone && now - file.Since >= options.CloseAfter);
        if (!content.IsPacked && length == file.Mark.Offset)
        {
            if (over) await CloseAsync(file, file.Mark).ConfigureAwait(false);
            return false;
        }

        // Nothing new, and nothing waited for too long.
        if (file.Waiting == length && !late && !over) return false;
        var count = await content.FillAsync(file.Mark.Offset, buffer, cancellation).ConfigureAwait(false);
        var whole = count < buffer.Length;
        var (records, end, within) = Cut(count, file.Mark, whole && (late || over), whole);
        if (records.Count == 0)
        {
            file.Waiting = length;
            if (end > file.Mark.Offset) file.Mark = await AdvancedAsync(content, file.Mark with { Within = within }, end, cancellation).ConfigureAwait(false);
            if (over && whole) await CloseAsync(file, content.IsPacked ? file.Mark with { Finished = file.Written } : file.Mark).ConfigureAwait(false);
            return !whole && end > file.Mark.Offset;
        }

        var parse = options.Parse with { ReferenceTime = now };
        file.Said ??= new LogStream { Header = file.Mark.Header };
        var events = new List<LogEvent>(records.Count);
        foreach (var record in records)
        {
            var item = LogParser.Parse(record.Bytes.Span, now, options.Source, parse, file.Said);
            var fields = new Parsing.FieldMap(item.Fields) { ["log.file.path"] = file.Mark.Path, ["log.offset"] = Number(record.Offset) };
            item = item with { Fields = fields, Problems = record.Problem is null ? item.Problems : [.. item.Problems, record.Problem] };
            if (item.Problems.Count > 0) faulty++;
            events.Add(item);
        }

        var before = file.Mark;
        var after = await AdvancedAsync(content, before with { Within = within, Header = file.Said.Header }, end, cancellation).ConfigureAwait(false);
        await StoreAsync(events, new TailIntent("", 0, before.Path, records[0].Offset, options.Source, after), cancellation).ConfigureAwait(false);
        file.Mark = after;
        changed = true;
        file.Lines += events.Count;
        file.Last = now;
        lines += events.Count;
        bytes += end - before.Offset;
        Tell(null);
        return true;
    }

    /// <summary>
    /// The records of the buffer, as far as none of them waits for more: where the next begins, and what it is when it does not begin a record. So
    /// whatever is joined begins anew with each batch.
    /// </summary>
    private (List<JoinedRecord> Records, long End, string? Within) Cut(int count, TailBookmark mark, bool takeLast, bool whole)
    {
        var limit = options.Parse.MaxLength;
        var joiner = RecordJoiner.Joins(options.Parse) ? new RecordJoiner(options.Parse) : null;
        var ready = new List<JoinedRecord>();
        var (at, within) = (0, mark.Within);
        var (safe, safeAt, safeWithin) = (0, 0, within);
        while (at < count && ready.Count < MostRecords)
        {
            var rest = buffer.AsMemory(at, count - at);
            var feed = rest.Span[..Math.Min(rest.Length, limit + 1)].IndexOf((byte)'\n');
            int taken, used;
            string? problem;
            if (feed >= 0)
            {
                (taken, used) = (feed, feed + 1);
                problem = within switch { null => null, LogProblem.RecordRest => LogProblem.RecordRest, _ => LogProblem.RecordLastPiece };
                within = null;
            }
            else if (rest.Length > limit)
            {
                taken = limit;
                while (taken > limit - 4 && (rest.Span[taken] & 0xC0) == 0x80) taken--;
                used = taken;
                problem = within is null ? LogProblem.RecordCut : LogProblem.RecordPiece;
                within = problem;
            }
            else if (takeLast)
            {
                (taken, used) = (rest.Length, rest.Length);
                problem = within;
                within = LogProblem.RecordRest;
            }
            else
            {
                break;
            }

            var line = rest[..taken].TrimEnd((byte)'\r');
            if (line.Length > 0)
            {
                // The buffer is used again for the next file.
                var record = new JoinedRecord(line.ToArray(), mark.Offset + at, problem);
                if (joiner is null) ready.Add(record);
                else joiner.Add(record, ready);
            }

            at += used;
            if (joiner is null or { IsEmpty: true }) (safe, safeAt, safeWithin) = (ready.Count, at, within);
        }

        // The end is waited for no longer, or the buffer holds too little of it.
        if (joiner is { IsEmpty: false } && (takeLast || ((!whole || ready.Count >= MostRecords) && safeAt == 0)))
        {
            joiner.Flush(ready);
            (safe, safeAt, safeWithin) = (ready.Count, at, within);
        }

        return (ready[..safe], mark.Offset + safeAt, safeWithin);
    }

    private async Task StoreAsync(List<LogEvent> events, TailIntent intent, CancellationToken cancellation)
    {
        TailIntent? noted = null;
        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await sink.StoreAsync(events, place =>
                {
                    noted = intent with { Segment = place.Segment, Row = place.Row };
                    Remember(noted);
                    return Task.CompletedTask;
                }, cancellation).ConfigureAwait(false);
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // To give up here would be to lose records; to store blindly, to have them twice.
                Tell(fault.Message);
            }

            await Task.Delay(pause, options.Clock, cancellation).ConfigureAwait(false);
            try
            {
                if (noted is not null && Arrived(noted)) return;
            }
            catch (Exception fault) when (fault is IOException or System.Data.Common.DbException or InvalidOperationException)
            {
                Tell(fault.Message);
            }
        }
    }

    private async Task CloseAsync(Followed file, TailBookmark mark)
    {
        open.Remove((file.Mark.Device, file.Mark.Number));
        await file.Content.DisposeAsync().ConfigureAwait(false);
        var now = options.Clock.GetUtcNow();
        closed.RemoveAll(old => now - old.Seen > Forgotten || (old.Number == 0 && old.Begin == mark.Begin && old.BeginLength == mark.BeginLength && old.Offset <= mark.Offset));
        closed.Insert(0, mark with { Seen = now });
        changed = true;
    }

    private void Tell(string? problem)
    {
        var files = open.Values.Select(file => new TailedFileState(file.Mark.Path, file.Mark.Offset, file.Content.IsPacked ? 0 : Math.Max(0, LengthOf(file) - file.Mark.Offset), file.Lines, file.Last, file.Problem)).OrderByDescending(file => file.Lag).ThenBy(file => file.Path, StringComparer.Ordinal).ToList();
        state = new TailState(lines, bytes, faulty, files.Sum(file => file.Lag), problem ?? files.Find(file => file.Problem is not null)?.Problem, files);
    }

    private static long LengthOf(Followed file)
    {
        try
        {
            return file.Content.Length;
        }
        catch (IOException)
        {
            return file.Length;
        }
    }

    /// <summary>A file that is open.</summary>
    private sealed class Followed(TailContent content, TailBookmark mark, long written, DateTimeOffset since)
    {
        public TailContent Content => content;

        public long Written => written;

        public TailBookmark Mark { get; set; } = mark;

        /// <summary>True when no name leads to it any more.</summary>
        public bool IsGone { get; set; }

        /// <summary>True when it has another name than it had: what it lacks of its last line will not come.</summary>
        public bool IsRotated { get; set; }

        /// <summary>Its length when it was last looked at.</summary>
        public long Length { get; set; } = -1;

        /// <summary>The length up to which nothing was whole.</summary>
        public long Waiting { get; set; } = -1;

        /// <summary>When its length last changed.</summary>
        public DateTimeOffset Since { get; set; } = since;

        public LogStream? Said { get; set; }

        public long Lines { get; set; }

        public DateTimeOffset? Last { get; set; }

        public string? Problem { get; set; }
    }
}
