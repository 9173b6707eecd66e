using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Hufu.Logs.Tail;

namespace Hufu.Logs.Tests.Receive;

/// <summary>Files that are followed: each line once, whatever a rotation or a crash does; and nothing outside the folders that are open.</summary>
public sealed class FileTailTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("tail").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Logs => Directory.CreateDirectory(Path.Combine(root, "logs")).FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Lines_are_taken_as_they_are_written_with_their_place()
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        await File.WriteAllTextAsync(path, "one\ntwo\r\n\n", Stop);
        await using var tail = Start(sink, "*.log");
        await sink.HasAsync("one", "two");
        await File.AppendAllTextAsync(path, "thr", Stop);
        await File.WriteAllTextAsync(Path.Combine(Logs, "later.log"), "other\n", Stop);
        await sink.HasAsync("one", "two", "other");
        await File.AppendAllTextAsync(path, "ee\n", Stop);
        await sink.HasAsync("one", "two", "other", "three");
        Assert.Equal(["0", "4", "0", "10"], sink.Events.Select(e => e.Field("log.offset")));
        Assert.All(sink.Events, e => Assert.Equal("files", e.Source));
        Assert.Equal(path, sink.Events[0].Field("log.file.path"));
        var state = await SettledAsync(tail);
        Assert.Equal((4, 16 + 6, 0, null), (state.Lines, state.Bytes, state.Lag, state.Problem));
        Assert.Equal([(path, 16L), (Path.Combine(Logs, "later.log"), 6L)], state.Files.Select(f => (f.Path, f.Offset)));
    }

    [Fact]
    public async Task A_last_line_without_a_line_feed_is_waited_for_and_then_taken()
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        await File.WriteAllTextAsync(path, "one\nhalf", Stop);
        await using var tail = Start(sink, "*.log", lastLineAfter: TimeSpan.FromSeconds(1));
        await sink.HasAsync("one");
        await sink.HasAsync("one", "half");
        await File.AppendAllTextAsync(path, " rest\nnext\n", Stop);
        await sink.HasAsync("one", "half", " rest", "next");
        Assert.Equal([LogProblem.RecordRest], sink.Events[2].Problems);
        Assert.Empty(sink.Events[3].Problems);
    }

    [Theory]
    [InlineData("*.log")]
    [InlineData("*.log*")]
    public async Task Rotation_by_renaming_loses_nothing_and_reads_nothing_twice(string pattern)
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        await File.WriteAllTextAsync(path, Lines(0, 50), Stop);
        await using var tail = Start(sink, pattern);
        await sink.HasCountAsync(50);
        // Who writes keeps the old file open for a while, and ends it without a line feed.
        await using var old = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        File.Move(path, path + ".1");
        await File.WriteAllTextAsync(path, Lines(100, 20), Stop);
        await sink.HasCountAsync(70);
        old.Write(Encoding.UTF8.GetBytes(Lines(50, 10) + "the last line of the old file"));
        old.Flush();
        await sink.HasCountAsync(81);
        // And then it is packed.
        await PackAsync(path + ".1");
        await File.AppendAllTextAsync(path, Lines(120, 1), Stop);
        await sink.HasCountAsync(82);
        await Task.Delay(600, Stop);
        Assert.Equal(Enumerable.Range(0, 60).Concat(Enumerable.Range(100, 21)).Select(Line).Append("the last line of the old file").Order(), sink.Events.Select(e => e.Raw).Order());
    }

    [Fact]
    public async Task Copying_and_truncating_reads_what_was_not_read_from_the_copy()
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        await File.WriteAllTextAsync(path, Lines(0, 50), Stop);
        await using (var tail = Start(sink, "*.log*")) await sink.HasCountAsync(50);
        // All of it while nobody looks: written, copied, truncated and written again, beyond where it had been.
        await File.AppendAllTextAsync(path, Lines(50, 10), Stop);
        File.Copy(path, path + ".1");
        await File.WriteAllTextAsync(path, Lines(100, 80), Stop);
        await using (var tail = Start(sink, "*.log*"))
        {
            await sink.HasCountAsync(140);
            await Task.Delay(500, Stop);
        }

        Assert.Equal(Enumerable.Range(0, 60).Concat(Enumerable.Range(100, 80)).Select(Line).Order(), sink.Events.Select(e => e.Raw).Order());
    }

    [Fact]
    public async Task Truncation_while_it_is_followed_begins_anew_also_with_a_copy_that_is_shorter_than_what_was_read()
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        await File.WriteAllTextAsync(path, Lines(0, 50), Stop);
        await using var tail = Start(sink, "*.log*");
        await sink.HasCountAsync(50);
        var copy = await File.ReadAllBytesAsync(path, Stop);
        await File.AppendAllTextAsync(path, Lines(50, 10), Stop);
        await sink.HasCountAsync(60);
        await File.WriteAllBytesAsync(path + ".1", copy, Stop);
        await using (var truncated = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite)) truncated.Write(Encoding.UTF8.GetBytes(Lines(100, 5)));
        await sink.HasCountAsync(65);
        await Task.Delay(600, Stop);
        Assert.Equal(Enumerable.Range(0, 60).Concat(Enumerable.Range(100, 5)).Select(Line), sink.Events.Select(e => e.Raw));
    }

    [Fact]
    public async Task A_copy_that_is_seen_while_it_is_written_is_not_read_again()
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        await File.WriteAllTextAsync(path, Lines(0, 400), Stop);
        await using var tail = Start(sink, "*.log*");
        await sink.HasCountAsync(400);
        var copy = await File.ReadAllBytesAsync(path, Stop);
        await using (var writer = new FileStream(path + ".1", FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0))
        {
            // Empty for some rounds, then in pieces.
            await Task.Delay(400, Stop);
            foreach (var piece in copy.Chunk(copy.Length / 3 + 1)) writer.Write(piece);
        }

        await using (var truncated = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite)) truncated.Write(Encoding.UTF8.GetBytes(Lines(900, 5)));
        await sink.HasCountAsync(405);
        await Task.Delay(600, Stop);
        Assert.Equal(Enumerable.Range(0, 400).Concat(Enumerable.Range(900, 5)).Select(Line), sink.Events.Select(e => e.Raw));
    }

    [Fact]
    public async Task A_file_that_is_deleted_is_read_to_its_end_and_its_number_is_no_others()
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        await File.WriteAllTextAsync(path, Lines(0, 30), Stop);
        await using var tail = Start(sink, "*.log");
        await sink.HasCountAsync(30);
        await using (var writer = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            File.Delete(path);
            writer.Write(Encoding.UTF8.GetBytes(Lines(30, 5) + "without end"));
        }

        await sink.HasCountAsync(36);
        // The next file may get the same number at once.
        for (var i = 0; i < 20; i++)
        {
            await File.WriteAllTextAsync(path, $"new {i}\nof {i}\n", Stop);
            await sink.HasCountAsync(38 + i * 2);
            File.Delete(path);
            while (tail.State.Files.Count > 0) await Task.Delay(20, Stop);
        }

        Assert.Equal(36 + 40, sink.Events.Select(e => e.Raw).Distinct().Count());
    }

    [Fact]
    public async Task A_packed_file_that_is_new_is_read_once_and_a_damaged_one_is_told()
    {
        var sink = new Sink();
        var path = Path.Combine(Logs, "old.log");
        await File.WriteAllTextAsync(path, Lines(0, 20_000), Stop);
        await PackAsync(path);
        await using (var tail = Start(sink, "*.gz")) await sink.HasCountAsync(20_000);
        Assert.Equal(Enumerable.Range(0, 20_000).Select(Line), sink.Events.Select(e => e.Raw));
        await File.WriteAllTextAsync(Path.Combine(Logs, "bad.gz"), "no gzip", Stop);
        await using (var tail = Start(sink, "*.gz"))
        {
            await Task.Delay(800, Stop);
            Assert.Equal(20_000, sink.Events.Count);
        }
    }

    [Fact]
    public async Task Very_long_lines_come_in_pieces_and_columns_named_before_a_restart_are_known_after_it()
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        var giant = new string('x', 200_000);
        await File.WriteAllTextAsync(path, "#Fields: date time c-ip\n2026-01-05 01:02:03 192.0.2.1\n", Stop);
        await using (var tail = Start(sink, "*.log")) await sink.HasCountAsync(2);
        await File.AppendAllTextAsync(path, "2026-01-05 01:02:04 192.0.2.2\n" + giant + "\n", Stop);
        await using (var tail = Start(sink, "*.log")) await sink.HasCountAsync(3 + 4);
        Assert.Equal("192.0.2.2", sink.Events[2].SourceIp);
        Assert.Equal(giant, string.Concat(sink.Events.Skip(3).Select(e => e.Raw)));
        Assert.Contains(LogProblem.RecordCut, sink.Events[3].Problems);
        Assert.Contains(LogProblem.RecordLastPiece, sink.Events[6].Problems);
    }

    [Fact]
    public async Task Lines_of_one_audit_event_are_joined_and_a_restart_in_their_middle_splits_nothing()
    {
        var (path, sink) = (Path.Combine(Logs, "audit.log"), new Sink());
        string[] lines = ["type=SYSCALL msg=audit(1767488523.123:456): syscall=59 exe=\"/bin/x\"", "type=EXECVE msg=audit(1767488523.123:456): argc=1 a0=\"x\"", "type=PROCTITLE msg=audit(1767488523.123:456): proctitle=\"x\""];
        await File.WriteAllTextAsync(path, "type=DAEMON_START msg=audit(1767488523.001:1): op=start\n" + lines[0] + "\n" + lines[1] + "\n", Stop);
        await using (var tail = Start(sink, "*.log")) await sink.HasCountAsync(1);
        await File.AppendAllTextAsync(path, lines[2] + "\n", Stop);
        await using (var tail = Start(sink, "*.log")) await sink.HasCountAsync(2);
        Assert.Equal(string.Join('\n', lines), sink.Events[1].Raw);
        Assert.Equal("x", sink.Events[1].Field("a0"));
    }

    [Fact]
    public async Task A_stop_between_storing_and_noting_stores_nothing_twice_and_one_before_it_loses_nothing()
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        await File.WriteAllTextAsync(path, Lines(0, 100), Stop);
        // Stored, but the process ends before it hears of it: every later look at the store fails as well.
        sink.AfterStoring = () => throw new IOException("cut off");
        sink.Unreadable = true;
        await using (var tail = Start(sink, "*.log")) await sink.HasCountAsync(100);
        (sink.AfterStoring, sink.Unreadable) = (null, false);
        await File.AppendAllTextAsync(path, Lines(100, 10), Stop);
        await using (var tail = Start(sink, "*.log")) await sink.HasCountAsync(110);
        Assert.Equal(Enumerable.Range(0, 110).Select(Line), sink.Events.Select(e => e.Raw));
        // Noted, but not stored.
        sink.BeforeStoring = () => throw new IOException("full");
        await File.AppendAllTextAsync(path, Lines(110, 10), Stop);
        await using (var tail = Start(sink, "*.log"))
        {
            while (tail.State.Problem is null) await Task.Delay(20, Stop);
            Assert.Equal((110, "full"), (sink.Events.Count, tail.State.Problem));
        }

        sink.BeforeStoring = null;
        await using (var tail = Start(sink, "*.log")) await sink.HasCountAsync(120);
        Assert.Equal(Enumerable.Range(0, 120).Select(Line), sink.Events.Select(e => e.Raw));
    }

    [Fact]
    public async Task From_the_end_only_what_comes_is_taken_and_a_later_file_from_its_beginning()
    {
        var (path, sink) = (Path.Combine(Logs, "a.log"), new Sink());
        await File.WriteAllTextAsync(path, Lines(0, 10), Stop);
        await using var tail = Start(sink, "*.log", fromEnd: true);
        while (tail.State.Files.Count == 0) await Task.Delay(20, Stop);
        await File.AppendAllTextAsync(path, "new\n", Stop);
        await sink.HasAsync("new");
        await File.WriteAllTextAsync(Path.Combine(Logs, "b.log"), "first\n", Stop);
        await sink.HasAsync("new", "first");
    }

    [Fact]
    public void Only_what_is_open_may_be_followed()
    {
        Assert.Equal("logs.tail.folder", new TailFolders([]).Check("/var/log/syslog")!.Code);
        var folders = new TailFolders([Logs]);
        Assert.Null(folders.Check(Path.Combine(Logs, "**", "*.log")));
        foreach (var pattern in (string[])[Path.Combine(root, "x.log"), Logs + "x/a.log", "a.log", "/etc/passwd", "/*/passwd", "/**/passwd"]) Assert.NotNull(folders.Check(pattern));
        foreach (var pattern in (string[])[Path.Combine(Logs, "..", "x.log"), Path.Combine(Logs, "*", "..", "..", "x.log"), Path.Combine(Logs, "a**", "x.log"), Logs + "/a\0b"]) Assert.Equal("logs.tail.path", folders.Check(pattern)!.Code);
    }

    [Fact]
    public async Task Links_lead_nowhere_but_within_and_pipes_are_not_waited_for()
    {
        var sink = new Sink();
        await File.WriteAllTextAsync(Path.Combine(root, "secret.log"), "secret\n", Stop);
        Directory.CreateDirectory(Path.Combine(root, "outside"));
        await File.WriteAllTextAsync(Path.Combine(root, "outside", "b.log"), "secret too\n", Stop);
        File.CreateSymbolicLink(Path.Combine(Logs, "link.log"), Path.Combine(root, "secret.log"));
        Directory.CreateSymbolicLink(Path.Combine(Logs, "folder"), Path.Combine(root, "outside"));
        File.CreateSymbolicLink(Path.Combine(Logs, "circle.log"), Path.Combine(Logs, "circle.log"));
        await File.WriteAllTextAsync(Path.Combine(Logs, "real.log"), "fine\n", Stop);
        File.CreateSymbolicLink(Path.Combine(Logs, "current.log"), Path.Combine(Logs, "real.log"));
        using (var made = Process.Start("mkfifo", Path.Combine(Logs, "pipe.log"))) await made.WaitForExitAsync(Stop);
        foreach (var pattern in (string[])["*.log", "**/*.log", "folder/b.log", "link.log"])
        {
            await using var tail = Start(sink, pattern);
            await Task.Delay(400, Stop);
        }

        Assert.Equal(["fine"], sink.Events.Select(e => e.Raw));
    }

    [Fact]
    public async Task Random_writing_and_rotating_is_read_once_and_whole()
    {
        var random = new Random(20260106);
        for (var round = 0; round < 3; round++)
        {
            var (sink, written, number) = (new Sink(), new List<string>(), 0);
            var folder = Directory.CreateDirectory(Path.Combine(Logs, $"round{round}")).FullName;
            var path = Path.Combine(folder, "a.log");
            var state = Path.Combine(root, $"state{round}.json");
            var tail = Start(sink, $"round{round}/a.log*", state: state);
            for (var step = 0; step < 60; step++)
            {
                switch (random.Next(6))
                {
                    case 0 when File.Exists(path) && written.Count > 0:
                        for (var i = 9; i > 0; i--)
                        {
                            if (File.Exists($"{path}.{i}")) File.Move($"{path}.{i}", $"{path}.{i + 1}");
                            if (File.Exists($"{path}.{i}.gz")) File.Move($"{path}.{i}.gz", $"{path}.{i + 1}.gz", true);
                        }

                        File.Move(path, path + ".1");
                        break;
                    case 1 when File.Exists(path + ".2") && tail.State.Lag == 0:
                        await PackAsync(path + ".2");
                        break;
                    case 2:
                        await tail.DisposeAsync();
                        tail = Start(sink, $"round{round}/a.log*", state: state);
                        break;
                    default:
                        var more = Enumerable.Range(number, random.Next(1, 40)).Select(i => $"{Line(i)} round {round}").ToList();
                        number += more.Count;
                        written.AddRange(more);
                        await File.AppendAllTextAsync(path, string.Concat(more.Select(line => line + "\n")), Stop);
                        break;
                }

                await Task.Delay(random.Next(0, 60), Stop);
            }

            await sink.HasCountAsync(written.Count);
            await Task.Delay(400, Stop);
            await tail.DisposeAsync();
            Assert.Equal(written.Order(StringComparer.Ordinal), sink.Events.Select(e => e.Raw).Order(StringComparer.Ordinal));
        }
    }

    private FileTail Start(Sink sink, string pattern, TimeSpan? lastLineAfter = null, bool fromEnd = false, string? state = null)
    {
        var started = FileTail.Start(
            new TailOptions
            {
                Source = "files", Patterns = [Path.Combine(Logs, pattern)], Folders = new TailFolders([Logs]), StateFile = state ?? Path.Combine(root, "state.json"), FromEnd = fromEnd,
                Every = TimeSpan.FromMilliseconds(40), LastLineAfter = lastLineAfter ?? TimeSpan.FromSeconds(30), CloseAfter = TimeSpan.FromMilliseconds(700),
            },
            sink);
        Assert.True(started.IsOk);
        return started.Value;
    }

    private static async Task<TailState> SettledAsync(FileTail tail)
    {
        await Task.Delay(200, Stop);
        return tail.State;
    }

    private static async Task PackAsync(string path)
    {
        await using (var from = File.OpenRead(path))
        await using (var to = new GZipStream(File.Create(path + ".gz"), CompressionLevel.Fastest)) await from.CopyToAsync(to, Stop);
        File.Delete(path);
    }

    private static string Line(int i) => string.Create(CultureInfo.InvariantCulture, $"line {i} of those that are written");

    private static string Lines(int from, int count) => string.Concat(Enumerable.Range(from, count).Select(i => Line(i) + "\n"));

    /// <summary>A store that is a list, whose places are those of its events.</summary>
    private sealed class Sink : ITailSink
    {
        private readonly Lock gate = new();
        private readonly List<LogEvent> events = [];

        public Action? BeforeStoring { get; set; }

        public Action? AfterStoring { get; set; }

        public bool Unreadable { get; set; }

        public List<LogEvent> Events
        {
            get
            {
                lock (gate) return [.. events];
            }
        }

        public async Task StoreAsync(IReadOnlyList<LogEvent> batch, Func<TailPlace, Task> before, CancellationToken cancellation)
        {
            await before(new TailPlace("00000001", Events.Count));
            BeforeStoring?.Invoke();
            lock (gate) events.AddRange(batch);
            AfterStoring?.Invoke();
        }

        public LogEvent? EventAt(TailPlace place) => Unreadable ? throw new IOException("cut off") : Events.ElementAtOrDefault(place.Row);

        public async Task HasAsync(params string[] raw)
        {
            await HasCountAsync(raw.Length);
            Assert.Equal(raw, Events.Select(e => e.Raw));
        }

        public async Task HasCountAsync(int count)
        {
            var clock = Stopwatch.StartNew();
            while (Events.Count < count && clock.Elapsed < TimeSpan.FromSeconds(20)) await Task.Delay(20, Stop);
            Assert.Equal(count, Events.Count);
        }
    }
}
