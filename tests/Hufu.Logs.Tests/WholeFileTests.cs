using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Hufu.Logs.Tests;

/// <summary>Files whose records are not their lines: archives, JSON and XML wholes, audit events, stack traces.</summary>
public sealed class WholeFileTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Now };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Zip_EachMemberIsReadAsAFile_AndWhatCannotBeReadIsNamed()
    {
        var zip = Zip(
            ("www/access.log", Bytes("192.0.2.1 - - [05/Jan/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n")),
            ("iis.log", Bytes("#Fields: date time c-ip\n2026-01-05 01:02:03 192.0.2.9\n")),
            ("again.log", Bytes("2026-01-05 01:02:03 192.0.2.9\n")),
            ("old.gz", Gzip(Bytes("Jan  5 11:00:00 h sshd[1]: Failed password for x from 192.0.2.3 port 1 ssh2\n"))),
            ("inner.zip", Zip(("a", Bytes("x\n")))),
            ("broken.gz", Bytes("this is no gzip")),
            ("records.json", Bytes("{\"Records\":[{\"a\":1},{\"a\":2}]}")));
        var (events, problems) = await ReadAsync(zip);
        Assert.Equal(
            [("www/access.log", "access"), ("iis.log", "w3c"), ("iis.log", "w3c"), ("again.log", "application"), ("old.gz", "rfc3164"), ("records.json", "json"), ("records.json", "json")],
            events.Select(e => (e.Field("log.file.path")!, e.Format)));
        // Columns that one member names are not those of the next.
        Assert.Null(events[3].Field("c-ip"));
        Assert.Equal("192.0.2.9", events[2].SourceIp);
        Assert.Equal([LogProblem.Of(LogProblem.ArchiveNested, "inner.zip"), LogProblem.Of(LogProblem.ArchiveDamaged, "broken.gz")], problems);
    }

    [Fact]
    public async Task Zip_EncryptedMemberIsRefusedAndOthersAreRead()
    {
        var zip = Zip(("secret.log", Bytes("x\n")), ("open.log", Bytes("line\n")));
        // The flag in the local header and in the directory.
        zip[6] |= 1;
        zip[Find(zip, "PK\u0001\u0002") + 8] |= 1;
        var (events, problems) = await ReadAsync(zip);
        Assert.Equal("line", Assert.Single(events).Raw);
        Assert.Equal([LogProblem.Of(LogProblem.ArchiveEncrypted, "secret.log")], problems);
    }

    [Fact]
    public async Task Zip_BombIsCutAndNamed()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await using (var file = File.Create(path))
            await using (var zip = new ZipArchive(file, ZipArchiveMode.Create))
            {
                await using var bomb = await zip.CreateEntry("bomb.log").OpenAsync(Stop);
                var line = new byte[1 << 20];
                for (var i = 0; i < 160; i++) await bomb.WriteAsync(line, Stop);
            }

            await using var reader = LogFileReader.Open(path, Options);
            long bytes = 0;
            await foreach (var item in reader.EventsAsync(Now, "s", cancellation: Stop)) bytes += item.Raw.Length;
            Assert.InRange(bytes, 90L << 20, 105L << 20);
            Assert.Equal([LogProblem.Of(LogProblem.ArchiveRatio, "bomb.log")], reader.Problems);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Zip_WithTooManyMembersIsRefusedBeforeItsListIsRead()
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var i = 0; i < 10_001; i++) zip.CreateEntry($"{i}");
        }

        var (events, problems) = await ReadAsync(memory.ToArray());
        Assert.Empty(events);
        Assert.Equal([LogProblem.Of(LogProblem.ArchiveMembers, 10_000)], problems);
    }

    [Fact]
    public async Task Zip_GoesOnWhereAnImportStopped_AcrossMembers()
    {
        var zip = Zip(("a.log", Bytes("#Fields: x-n\n1\n2\n")), ("b.log", Bytes("three\nfour\n")));
        await using var reader = new LogFileReader(new MemoryStream(zip), Options);
        var rest = new List<string>();
        await foreach (var item in reader.EventsAsync(Now, "s", 4, Stop)) rest.Add(item.Raw);
        Assert.Equal(["four"], rest);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tar_MembersAreRead_AlsoFromAStreamThatCannotSeek(bool packed)
    {
        using var memory = new MemoryStream();
        await using (var tar = new TarWriter(memory, TarEntryFormat.Pax, leaveOpen: true))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "d/"), Stop);
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, "d/link") { LinkName = "/etc/passwd" }, Stop);
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "d/a.log") { DataStream = new MemoryStream(Bytes("one\ntwo\n")) }, Stop);
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "b.log") { DataStream = new MemoryStream(Bytes("three")) }, Stop);
        }

        await using var reader = packed ? new LogFileReader(new GZipStream(new MemoryStream(Gzip(memory.ToArray())), CompressionMode.Decompress), Options) : new LogFileReader(new MemoryStream(memory.ToArray()), Options);
        var events = new List<(string, string)>();
        await foreach (var item in reader.EventsAsync(Now, "s", cancellation: Stop)) events.Add((item.Field("log.file.path")!, item.Raw));
        Assert.Equal([("d/a.log", "one"), ("d/a.log", "two"), ("b.log", "three")], events);
    }

    [Theory]
    [InlineData("[{\"a\":1}, {\"a\":\"}]\\\"{\"}\n]")]
    [InlineData("\uFEFF [\n  {\"a\":1},\n  {\"a\":\"}]\\\"{\"}\n]\n")]
    [InlineData("{\"Records\":[{\"a\":1},{\"a\":\"}]\\\"{\"}]}")]
    [InlineData("{ \"records\" : [\n{\"a\":1},\n{\"a\":\"}]\\\"{\"}\n] }\n")]
    [InlineData("{\"Records\":[{\"a\":1}]}\n{\"Records\":[{\"a\":\"}]\\\"{\"}]}\n")]
    public async Task Json_EachElementIsARecordWithItsOwnText(string text)
    {
        var (events, _) = await ReadAsync(Bytes(text));
        Assert.Equal(["{\"a\":1}", "{\"a\":\"}]\\\"{\"}"], events.Select(e => e.Raw));
        Assert.Equal(["1", "}]\"{"], events.Select(e => e.Field("a")));
        Assert.All(events, e => Assert.Empty(e.Problems));
    }

    [Fact]
    public async Task Json_ObjectsLaidOutOverLinesAreRecords_AndLinesOfJsonStayLines()
    {
        var (laid, _) = await ReadAsync(Bytes("{\n  \"a\": [1, {\"b\": 2}]\n}\n{\n  \"a\": 3\n}\n"));
        Assert.Equal(["{\n  \"a\": [1, {\"b\": 2}]\n}", "{\n  \"a\": 3\n}"], laid.Select(e => e.Raw));
        var (lines, _) = await ReadAsync(Bytes("{\"a\":1}\nno json\n{\"value\":[{\"b\":1}]}\n"));
        Assert.Equal(["{\"a\":1}", "no json", "{\"value\":[{\"b\":1}]}"], lines.Select(e => e.Raw));
        var (text, _) = await ReadAsync(Bytes("[2026-01-05 12:00:00] INFO x\n[error] {\n"));
        Assert.Equal(["[2026-01-05 12:00:00] INFO x", "[error] {"], text.Select(e => e.Raw));
    }

    [Fact]
    public async Task Json_WhatStandsBetweenIsKept_AndAnElementThatIsCutOffSaysSo()
    {
        var (events, _) = await ReadAsync(Bytes("[{\"a\":1} stray \"words\"\n{\"a\":2}], {\"a\":"));
        Assert.Equal(["{\"a\":1}", "stray \"words\"", "{\"a\":2}", "{\"a\":"], events.Select(e => e.Raw));
        Assert.Contains(LogProblem.StreamEnded, events[3].Problems);
    }

    [Fact]
    public async Task Json_LongElementComesInPiecesOfWholeCharacters()
    {
        var element = "{\"a\":\"" + string.Concat(Enumerable.Repeat("資安", 300_000)) + "\"}";
        var (events, _) = await ReadAsync(Bytes("[" + element + ",{\"b\":1}]"));
        Assert.Equal(element, string.Concat(events.SkipLast(1).Select(e => e.Raw)));
        Assert.Equal("{\"b\":1}", events[^1].Raw);
        Assert.All(events, e => Assert.Null(e.RawBytes));
        Assert.Equal([LogProblem.RecordCut, LogProblem.RecordLastPiece], events.SkipLast(1).Select(e => e.Problems[^1]));
    }

    [Fact]
    public async Task CloudTrail_RecordsHaveTheirFamily()
    {
        var (events, _) = await ReadAsync(Bytes("{\"Records\":[\n {\"eventVersion\":\"1.08\",\"eventSource\":\"iam.amazonaws.com\",\"eventName\":\"CreateUser\",\"awsRegion\":\"us-east-1\",\"eventTime\":\"2026-01-05T01:02:03Z\",\"sourceIPAddress\":\"192.0.2.4\"}\n]}"));
        var item = Assert.Single(events);
        Assert.Equal(("iam.amazonaws.com", "CreateUser", "192.0.2.4"), (item.App, item.Message, item.SourceIp));
        Assert.Equal("cloudtrail", item.Field("event.module"));
    }

    private const string WindowsEvent = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>\r\n  <System>\r\n    <Provider Name='P'/>\r\n    <EventID>4625</EventID>\r\n    <TimeCreated SystemTime='2026-01-05T01:02:03Z'/>\r\n    <Computer>pc1</Computer>\r\n    <Channel>Security</Channel>\r\n  </System>\r\n  <EventData>\r\n    <Data Name='TargetUserName'>eve</Data>\r\n  </EventData>\r\n</Event>";

    [Theory]
    [InlineData("<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events>{0}{0}</Events>")]
    [InlineData("\uFEFF<Events>\r\n  {0}\r\n  {0}\r\n</Events>\r\n")]
    [InlineData("{0}{0}")]
    [InlineData("{0}\r\n\r\n{0}\r\n")]
    public async Task WindowsXml_OverSeveralLinesIsOneRecordAnEvent(string layout)
    {
        var text = layout.Replace("{0}", WindowsEvent, StringComparison.Ordinal);
        foreach (var bytes in (byte[][])[Bytes(text), [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text.TrimStart('\uFEFF'))], [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(text.TrimStart('\uFEFF'))], Encoding.Unicode.GetBytes(text.TrimStart('\uFEFF')), Encoding.BigEndianUnicode.GetBytes(text.TrimStart('\uFEFF'))])
        {
            var (events, problems) = await ReadAsync(bytes);
            Assert.Empty(problems);
            Assert.Equal([WindowsEvent, WindowsEvent], events.Select(e => e.Raw));
            Assert.All(events, e => Assert.Equal(("winevent-xml", "pc1", "4625", "eve", 0), (e.Format, e.Host, e.Field("EventID"), e.Field("TargetUserName"), e.Problems.Count)));
        }
    }

    private static readonly string[] Audit =
    [
        "type=SYSCALL msg=audit(1767488523.123:456): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=55f a3=8 items=2 ppid=1 pid=77 auid=1000 uid=0 comm=\"cat\" exe=\"/usr/bin/cat\" key=\"secrets\"",
        "type=EXECVE msg=audit(1767488523.123:456): argc=3 a0=\"cat\" a1=2F746D702F6120622E747874 a2_len=6 a2[0]=\"sha\" a2[1]=\"dow\"",
        "type=CWD msg=audit(1767488523.123:456): cwd=\"/root\"",
        "type=PATH msg=audit(1767488523.123:456): item=0 name=\"/etc/shadow\" inode=12 nametype=NORMAL",
        "type=PATH msg=audit(1767488523.123:456): item=1 name=\"/lib64/ld.so\" inode=13 nametype=NORMAL",
        "type=PROCTITLE msg=audit(1767488523.123:456): proctitle=636174002F746D702F6120622E747874",
    ];

    [Fact]
    public async Task Audit_RecordsOfOneEventAreJoined_AlsoInterleaved()
    {
        var other = Audit.Select(line => line.Replace(":456", ":457", StringComparison.Ordinal).Replace("\"cat\"", "\"dog\"", StringComparison.Ordinal)).ToArray();
        var lines = Audit.Zip(other).SelectMany(pair => new[] { pair.First, pair.Second }).ToList();
        lines.Insert(3, "type=USER_LOGIN msg=audit(1767488523.124:458): pid=1 uid=0 msg='op=login acct=\"eve\" addr=192.0.2.8 res=failed'");
        lines.Add("no audit line");
        var (events, _) = await ReadAsync(Bytes(string.Join('\n', lines)));
        Assert.Equal([lines[3], string.Join('\n', Audit), string.Join('\n', other), "no audit line"], events.Select(e => e.Raw));
        var joined = events[1];
        Assert.Equal("auditd", joined.Field("event.module"));
        Assert.Equal("SYSCALL EXECVE CWD PATH PROCTITLE", joined.Field("types"));
        Assert.Equal(("cat", "/tmp/a b.txt", "shadow", "8"), (joined.Field("a0"), joined.Field("a1"), joined.Field("a2"), joined.Field("a3")));
        Assert.Equal(("/root", "/etc/shadow", "/lib64/ld.so", "cat /tmp/a b.txt"), (joined.Field("cwd"), joined.Field("name"), joined.Field("name_1"), joined.Field("proctitle")));
        Assert.Equal(("secrets", "/usr/bin/cat", "456"), (joined.Field("key"), joined.Field("exe"), joined.Field("serial")));
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, 123, TimeSpan.Zero), joined.OccurredAt);
        Assert.Empty(joined.Problems);
        Assert.Contains(new LogSourceHint("linux", null, "auditd"), LogSourceHints.For(joined));
        Assert.Equal("dog", events[2].Field("a0"));
    }

    [Fact]
    public async Task Audit_ValuesOfAllRecordsAreThereForRules()
    {
        var (events, _) = await ReadAsync(Bytes(string.Join('\n', Audit)));
        var item = Assert.Single(events);
        Assert.Equal(["SYSCALL", "EXECVE", "CWD", "PATH", "PROCTITLE"], AuditRecords.Of(item)!.Values("type").Distinct());
        Assert.Equal(["55d", "cat"], AuditRecords.Of(item)!.Values("a0"));
        Assert.Equal(["/etc/shadow", "/lib64/ld.so"], AuditRecords.Of(item)!.Values("name"));
        Assert.Null(AuditRecords.Of(LogParser.Parse(Audit[0], Now, "s", Options)));
    }

    [Fact]
    public async Task Audit_WaitingIsBounded_AndWithoutJoiningEachLineIsARecord()
    {
        var lines = Enumerable.Range(0, 20_000).Select(i => $"type=SYSCALL msg=audit(1767488523.123:{i}): arch=c000003e syscall=59 exe=\"/bin/{i}\"").ToList();
        var stream = new MemoryStream(Bytes(string.Join('\n', lines)));
        await using var reader = new LogFileReader(stream, Options);
        var read = new List<string>();
        await foreach (var item in reader.EventsAsync(Now, "s", cancellation: Stop))
        {
            // None of these ends: the first is given up when 256 wait, long before the file ends.
            if (read.Count == 0) Assert.InRange(stream.Position, 1, 256_000);
            read.Add(item.Raw);
        }

        Assert.Equal(lines, read);
        var flood = Enumerable.Repeat("type=PATH msg=audit(1767488523.123:1): item=0 name=\"" + new string('x', 900) + "\"", 3_000).ToList();
        var (events, _) = await ReadAsync(Bytes(string.Join('\n', flood)));
        Assert.All(events, e => Assert.InRange(e.Raw.Length, 1, 64 * 1024));
        Assert.Equal(flood, events.SelectMany(e => e.Raw.Split('\n')));
        var (apart, _) = await ReadAsync(Bytes(string.Join('\n', Audit)), Options with { JoinLines = false });
        Assert.Equal(Audit, apart.Select(e => e.Raw));
    }

    [Fact]
    public async Task StackTraces_AreJoinedByTheirBeginningOrTheirIndent()
    {
        string[] trace = ["2026-01-05 10:00:00 ERROR boom", "java.lang.IllegalStateException: x", "\tat a.b(C.java:1)", "Caused by: y", "\t... 3 more"];
        var text = string.Join('\n', [.. trace, "2026-01-05 10:00:01 INFO fine"]);
        var (begun, _) = await ReadAsync(Bytes(text), Options with { RecordBegins = "{_:num}-{_:num}-{_:num} " });
        Assert.Equal([string.Join('\n', trace), "2026-01-05 10:00:01 INFO fine"], begun.Select(e => e.Raw));
        Assert.Equal(new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero), begun[0].OccurredAt);
        var (indented, _) = await ReadAsync(Bytes(text), Options with { RecordBegins = LogParseOptions.Indented });
        Assert.Equal([trace[0], string.Join('\n', trace[1..]), "2026-01-05 10:00:01 INFO fine"], indented.Select(e => e.Raw));
    }

    [Fact]
    public async Task RandomlyChangedWholesNeverThrowAndLoseNothing()
    {
        var random = new Random(20260105);
        byte[][] seeds =
        [
            Bytes("{\"Records\":[{\"a\":1},{\"a\":\"}]\\\"{\"},{\"b\":[1,2,{\"c\":null}]}]}\n"), Bytes("[\n{\"a\":1},\n{\"b\":2}\n]"), Bytes("{\n\"a\":1\n}\n{\n\"b\":2\n}"),
            Bytes($"<Events>{WindowsEvent}\n{WindowsEvent}</Events>"), Bytes(string.Join('\n', Audit)), Zip(("a.log", Bytes("one\ntwo\n")), ("b.json", Bytes("[{\"a\":1}]"))), Tar("one\ntwo\n"),
        ];
        for (var i = 0; i < 4_000; i++)
        {
            var bytes = (byte[])seeds[i % seeds.Length].Clone();
            for (var n = random.Next(1, 8); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? "{}[]\"\\<>\n, =:"[random.Next(13)] : random.Next(256));
            if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
            try
            {
                var (events, _) = await ReadAsync(bytes);
                Assert.All(events, e => Assert.NotNull(e.Raw));
                // What is no frame is in some record: every letter and digit of a JSON whole.
                if (i % seeds.Length == 1 && bytes.AsSpan().IndexOfAnyExceptInRange((byte)9, (byte)126) < 0)
                    Assert.Equal(bytes.Count(b => char.IsAsciiLetterOrDigit((char)b)), events.Sum(e => e.Raw.Count(char.IsAsciiLetterOrDigit)));
            }
            catch (InvalidDataException)
            {
                // The documented one, of archives.
                Assert.True(i % seeds.Length >= 5);
            }
        }
    }

    internal static async Task<(List<LogEvent> Events, IReadOnlyList<string> Problems)> ReadAsync(byte[] bytes, LogParseOptions? options = null)
    {
        await using var reader = new LogFileReader(new MemoryStream(bytes), options ?? Options);
        var events = new List<LogEvent>();
        await foreach (var item in reader.EventsAsync(Now, "s", cancellation: Stop)) events.Add(item);
        await using var again = new LogFileReader(new MemoryStream(bytes), options ?? Options);
        var records = new List<ParsedRecord>();
        await foreach (var record in again.RecordsAsync(Stop)) records.Add(record);
        Assert.Equal(events.Count, records.Count);
        return (events, reader.Problems);
    }

    internal static byte[] Zip(params (string Name, byte[] Content)[] members)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in members)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return memory.ToArray();
    }

    private static byte[] Tar(string text)
    {
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, leaveOpen: true)) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a.log") { DataStream = new MemoryStream(Bytes(text)) });
        return memory.ToArray();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionMode.Compress, leaveOpen: true)) gzip.Write(bytes);
        return memory.ToArray();
    }

    private static int Find(byte[] bytes, string text) => bytes.AsSpan().IndexOf(Encoding.Latin1.GetBytes(text));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
