using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Hufu.Logs.Intake;
using Hufu.Logs.Receive;

namespace Hufu.Logs.Tests.Intake;

/// <summary>What shippers of others send becomes the event that the same record is elsewhere; what is no such protocol is refused in the way that is declared.</summary>
public sealed class IntakeTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = At };
    private static readonly SplunkDefaults Nothing = new(null, null, null, null);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    // ---- Elasticsearch

    private static async Task<List<BulkItem>> BulkAsync(byte[] body, string? index = null, LogParseOptions? options = null)
    {
        using var stream = new MemoryStream(body);
        return await ElasticBulk.ReadAsync(stream, index, At, i => i ?? "elastic", options ?? Options, Stop).ToListAsync(Stop);
    }

    private const string Winlog = """{"@timestamp":"2026-11-22T03:59:58.123Z","host":{"name":"pc7"},"message":"A logon 登入","event":{"original":"<Event/>","code":"4625"},"log":{"level":"warning"},"winlog":{"event_id":4625,"channel":"Security","provider_name":"P","computer_name":"pc7","event_data":{"TargetUserName":"eve","IpAddress":"203.0.113.9"}}}""";

    [Fact]
    public async Task A_document_is_the_event_that_its_line_is_in_a_file()
    {
        string[] documents = [Winlog, """{"@timestamp":"2026-11-22T03:59:59Z","message":"plain","host":{"name":"web01"}}""", """{"message":broken""", "not json at all"];
        var items = await BulkAsync(Bytes(string.Concat(documents.Select(d => "{\"create\":{}}\n" + d + "\n"))), "winlogbeat-8");
        using var lines = new MemoryStream(Bytes(string.Join('\n', documents)));
        await using var file = new LogFileReader(lines, Options);
        var expected = await file.EventsAsync(At, "winlogbeat-8", cancellation: Stop).ToListAsync(Stop);
        Assert.Equal(expected.Select(JsonOf), items.Select(i => JsonOf(Assert.Single(i.Events))));
        Assert.Equal(documents, items.Select(i => i.Events[0].Raw));
        Assert.Equal(("pc7", "P", 4, "eve"), (expected[0].Host, expected[0].App, expected[0].Severity, expected[0].Field("TargetUserName")));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 3, 59, 58, 123, TimeSpan.Zero), expected[0].OccurredAt);
    }

    [Fact]
    public async Task Only_adding_is_taken_and_every_action_has_its_answer_in_order()
    {
        var items = await BulkAsync(Bytes("""
            {"index":{"_index":"a","_id":"1"}}
            {"message":"one"}
            {"delete":{"_index":"a","_id":"1"}}
            {"update":{"_index":"a","_id":"1"}}
            {"doc":{"message":"changed"}}
            {"create":{"_index":"b"}}
            {"message":"two"}
            """.ReplaceLineEndings("\r\n")));
        Assert.Equal([("index", "a", "1", true), ("delete", "a", "1", false), ("update", "a", "1", false), ("create", "b", null, true)], items.Select(i => (i.Action, i.Index!, i.Id, i.Refusal is null)));
        Assert.Equal(["one", "two"], items.SelectMany(i => i.Events).Select(e => e.Message));
        Assert.Equal(["a", "b"], items.SelectMany(i => i.Events).Select(e => e.Source));
    }

    [Fact]
    public async Task A_document_above_the_limit_comes_in_pieces_and_the_next_action_is_found()
    {
        var small = Options with { MaxLength = 1024 };
        foreach (var length in new[] { 900, 1010, 1023, 1024, 1025, 2047, 2048, 2049, 5000 })
        {
            foreach (var end in new[] { "\n", "\r\n" })
            {
                var document = $$"""{"message":"{{new string('x', length)}}"}""";
                var items = await BulkAsync(Bytes("{\"create\":{}}" + end + document + end + "{\"create\":{}}" + end + "{\"message\":\"next\"}" + end), null, small);
                Assert.Equal(2, items.Count);
                Assert.Equal(document, string.Concat(items[0].Events.Select(e => e.Raw)));
                Assert.Equal("next", Assert.Single(items[1].Events).Message);
                Assert.Equal(document.Length > 1024, items[0].Events.Count > 1);
            }
        }
    }

    [Theory]
    [InlineData("nonsense\n{}\n")]
    [InlineData("{\"create\":{}}\n")]
    [InlineData("{\"create\":{},\"index\":{}}\n{}\n")]
    [InlineData("{\"create\":1}\n{}\n")]
    [InlineData("{\"drop\":{}}\n{}\n")]
    [InlineData("{}\n{}\n")]
    [InlineData("[]\n{}\n")]
    [InlineData("{\"create\":{\"_index\":\"\\ud800\"}}\n{}\n")]
    [InlineData("{\"create\":{}} {}\n{}\n")]
    public async Task What_is_no_bulk_request_is_refused(string body) => await Assert.ThrowsAsync<IntakeException>(() => BulkAsync(Bytes(body)));

    // ---- Splunk

    private static List<(LogEvent? Event, SplunkProblem? Problem)> Splunk(byte[] body, SplunkDefaults? defaults = null) => [.. SplunkEvents.Read(body, defaults ?? Nothing, At, (source, type) => source ?? type ?? "splunk", Options)];

    [Fact]
    public void Events_of_splunk_follow_each_other_with_or_without_anything_between()
    {
        var read = Splunk(Bytes("""{"event":"one","time":1795319998.125,"host":"h1","source":"s1","sourcetype":"t1","index":"main","fields":{"a":"1","b":["x","y"],"c":3}}{"event":{"message":"two","user":"eve","level":"error"},"time":"1795319999"}  """ + "\n\r\n\t" + """{"event":"<13>1 2026-11-22T03:59:57Z web01 sshd 7 - - three"}{"event":4}"""));
        Assert.All(read, r => Assert.Null(r.Problem));
        var (one, two, three, four) = (read[0].Event!, read[1].Event!, read[2].Event!, read[3].Event!);
        Assert.Equal(("one", "h1", "s1", "t1", "main", "1", "x, y", "3"), (one.Message, one.Host, one.Source, one.Field("sourcetype"), one.Field("index"), one.Field("a"), one.Field("b"), one.Field("c")));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_795_319_998_125), one.OccurredAt);
        Assert.StartsWith("""{"event":"one",""", one.Raw, StringComparison.Ordinal);
        Assert.Equal(("two", "eve", LogFormats.Json), (two.Message, two.Field("user"), two.Format));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_795_319_999), two.OccurredAt);
        Assert.Equal(("three", "web01", "sshd", LogFormats.Syslog5424), (three.Message, three.Host, three.App, three.Format));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 3, 59, 57, TimeSpan.Zero), three.OccurredAt);
        Assert.Equal("4", four.Message);
        Assert.All(read, r => Assert.Empty(r.Event!.Problems));
        var line = Splunk(Bytes("""{"event":"x"}"""), new SplunkDefaults("h9", "s9", "t9", "i9"))[0].Event!;
        Assert.Equal(("h9", "s9", "t9", "i9"), (line.Host, line.Source, line.Field("sourcetype"), line.Field("index")));
    }

    [Theory]
    [InlineData("""{"event":"a"}{"host":"b"}{"event":"c"}""", 1, SplunkProblem.EventRequired)]
    [InlineData("""{"event":"a"}{"event":null}""", 1, SplunkProblem.EventRequired)]
    [InlineData("""{"event":"  "}""", 0, SplunkProblem.EventBlank)]
    [InlineData("""{"event":"a"}{"event":"b"}nonsense""", 2, SplunkProblem.InvalidFormat)]
    [InlineData("""{"event":"a"},{"event":"b"}""", 1, SplunkProblem.InvalidFormat)]
    [InlineData("""[{"event":"a"}]""", 0, SplunkProblem.InvalidFormat)]
    [InlineData("""{"event":"a" """, 0, SplunkProblem.InvalidFormat)]
    [InlineData("""{"event":"\ud800"}""", 0, SplunkProblem.InvalidFormat)]
    public void The_first_event_that_is_wrong_ends_the_request(string body, int good, SplunkProblem problem)
    {
        var read = Splunk(Bytes(body));
        Assert.Equal(good + 1, read.Count);
        Assert.All(read.Take(good), r => Assert.NotNull(r.Event));
        Assert.Equal((null, problem), read[good]);
    }

    [Fact]
    public void A_time_that_is_none_and_bytes_that_are_no_text_are_kept_and_said()
    {
        var late = Splunk(Bytes("""{"event":"x","time":"yesterday"}"""))[0].Event!;
        Assert.Equal(((DateTimeOffset?)null, "time.unread|time"), (late.OccurredAt, Assert.Single(late.Problems)));
        byte[] foreign = [.. """{"event":"a """u8, 0xA4, 0xA4, .. "\"}"u8];
        var read = Splunk(foreign)[0].Event!;
        Assert.Equal([LogProblem.NotUtf8], read.Problems);
        Assert.Equal(foreign, read.RawBytes!.Value.ToArray());
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_795_319_998_125), Splunk(Bytes("""{"event":"x","time":1795319998125}"""))[0].Event!.OccurredAt);
        Assert.NotNull(Splunk(Bytes("""{"event":"x","time":1e28}"""))[0].Event);
    }

    // ---- GELF

    private sealed class Sent
    {
        internal List<IPAddress> Lost { get; } = [];

        internal GelfAssembler Assembler { get; }

        internal DateTimeOffset Now { get; set; } = At;

        internal Sent() => Assembler = new GelfAssembler(Lost.Add);

        internal string? Take(byte[] datagram, byte from = 1) => Assembler.Take(datagram, new IPAddress([192, 0, 2, from]), Now) is { } whole ? Encoding.UTF8.GetString(whole) : null;
    }

    private static byte[] Packed(byte[] message, Func<Stream, Stream> pack)
    {
        using var to = new MemoryStream();
        using (var packing = pack(to)) packing.Write(message);
        return to.ToArray();
    }

    private static byte[][] Chunks(byte[] message, int size, ulong id = 7)
    {
        var parts = message.Chunk(size).ToArray();
        return [.. parts.Select((p, i) =>
        {
            var head = new byte[12];
            (head[0], head[1], head[10], head[11]) = (0x1E, 0x0F, (byte)i, (byte)parts.Length);
            BinaryPrimitives.WriteUInt64BigEndian(head.AsSpan(2), id);
            return (byte[])[.. head, .. p];
        })];
    }

    private const string Gelf = """{"version":"1.1","host":"gw1","short_message":"Link down 中斷","full_message":"Link down\nport 3","timestamp":1795319998.25,"level":3,"_app":"switchd","_port":3}""";

    [Fact]
    public void Gelf_comes_plain_packed_and_in_chunks_in_any_order()
    {
        var sent = new Sent();
        Assert.Equal(Gelf, sent.Take(Bytes(Gelf)));
        Assert.Equal(Gelf, sent.Take(Packed(Bytes(Gelf), s => new GZipStream(s, CompressionLevel.Optimal))));
        Assert.Equal(Gelf, sent.Take(Packed(Bytes(Gelf), s => new ZLibStream(s, CompressionLevel.Optimal))));
        var chunks = Chunks(Packed(Bytes(Gelf), s => new GZipStream(s, CompressionLevel.Optimal)), 10);
        Assert.InRange(chunks.Length, 10, 128);
        // The same id from somebody else is another message.
        Assert.Null(sent.Take(chunks[0], from: 2));
        foreach (var chunk in chunks.Skip(1).Reverse()) Assert.Null(sent.Take(chunk));
        Assert.Null(sent.Take(chunks[1]));
        Assert.Equal(Gelf, sent.Take(chunks[0]));
        Assert.Empty(sent.Lost);
        Assert.Equal(1, sent.Assembler.Waiting);

        var item = LogParser.Parse(Gelf, At, "net", Options);
        Assert.Equal((LogFormats.Json, "gw1", "switchd", 3, "Link down 中斷", "3", "Link down\nport 3"), (item.Format, item.Host, item.App, item.Severity, item.Message, item.Field("_port"), item.Field("full_message")));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_795_319_998_250), item.OccurredAt);
        Assert.Empty(item.Problems);
    }

    [Fact]
    public void Gelf_that_does_not_become_whole_is_lost_once_and_memory_is_bounded()
    {
        var sent = new Sent();
        var chunks = Chunks(Bytes(Gelf), 20);
        foreach (var chunk in chunks.Skip(1)) Assert.Null(sent.Take(chunk));
        sent.Now += TimeSpan.FromSeconds(4.9);
        sent.Assembler.Expire(sent.Now);
        Assert.Empty(sent.Lost);
        sent.Now += TimeSpan.FromSeconds(0.1);
        sent.Assembler.Expire(sent.Now);
        Assert.Equal([new IPAddress([192, 0, 2, 1])], sent.Lost);
        Assert.Equal((0, 0L), (sent.Assembler.Waiting, sent.Assembler.WaitingBytes));

        // Nonsense in the header of a chunk.
        foreach (var wrong in new byte[][] { [0x1E, 0x0F], [0x1E, 0x0F, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 9], [0x1E, 0x0F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 129, 9], [0x1E, 0x0F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9] }) Assert.Null(sent.Take(wrong));
        Assert.Equal(5, sent.Lost.Count);

        for (ulong id = 0; id < 5_000; id++)
        {
            sent.Take(Chunks(new byte[16_000], 8_000, id)[0]);
            Assert.InRange(sent.Assembler.Waiting, 1, GelfAssembler.MaxWaiting);
            Assert.InRange(sent.Assembler.WaitingBytes, 1, GelfAssembler.MaxWaitingBytes);
        }

        Assert.Equal(5 + 4_000, sent.Lost.Count);
        var bomb = Packed(new byte[GelfAssembler.MaxMessage + 1], s => new GZipStream(s, CompressionLevel.Optimal));
        Assert.Null(sent.Take(bomb));
        Assert.Equal(5 + 4_000 + 1, sent.Lost.Count);
        // Damaged is kept as it came.
        Assert.NotNull(sent.Take([0x1F, 0x8B, 8, 0, 1, 2, 3]));
        Assert.Equal("X\u0009 is a text", sent.Take(Bytes("X\u0009 is a text")));
        Assert.Equal(5 + 4_000 + 1, sent.Lost.Count);
    }

    // ---- OTLP

    /// <summary>Writes protobuf as the specification of OTLP has it, apart from the code that reads it.</summary>
    private sealed class Proto
    {
        private readonly List<byte> bytes = [];

        internal byte[] Bytes => [.. bytes];

        internal Proto Varint(int field, ulong value)
        {
            Raw((ulong)field << 3);
            Raw(value);
            return this;
        }

        internal Proto Fixed64(int field, ulong value)
        {
            Raw((ulong)field << 3 | 1);
            bytes.AddRange(BitConverter.GetBytes(value));
            return this;
        }

        internal Proto Fixed32(int field, uint value)
        {
            Raw((ulong)field << 3 | 5);
            bytes.AddRange(BitConverter.GetBytes(value));
            return this;
        }

        internal Proto Put(int field, byte[] value)
        {
            Raw((ulong)field << 3 | 2);
            Raw((ulong)value.Length);
            bytes.AddRange(value);
            return this;
        }

        internal Proto Put(int field, Proto value) => Put(field, value.Bytes);

        internal Proto Text(int field, string value) => Put(field, Encoding.UTF8.GetBytes(value));

        internal Proto Attribute(int field, string key, Proto value) => Put(field, new Proto().Text(1, key).Put(2, value));

        private void Raw(ulong value)
        {
            for (; value > 0x7F; value >>= 7) bytes.Add((byte)(value & 0x7F | 0x80));
            bytes.Add((byte)value);
        }
    }

    private static Proto Str(string text) => new Proto().Text(1, text);

    private static byte[] Request(params Proto[] records)
    {
        var scope = new Proto().Put(1, new Proto().Text(1, "lib").Text(2, "1.0"));
        foreach (var record in records) scope.Put(2, record);
        return new Proto().Put(1, new Proto().Put(1, new Proto().Attribute(1, "service.name", Str("shop")).Attribute(1, "host.name", Str("node1"))).Put(2, scope)).Bytes;
    }

    private static Proto Full() => new Proto().Fixed64(1, 1_795_319_998_125_000_000).Fixed64(11, 1_795_319_999_000_000_000).Varint(2, 17).Text(3, "ERROR").Put(5, Str("付款失敗"))
        .Attribute(6, "user.name", Str("eve")).Attribute(6, "n", new Proto().Varint(3, unchecked((ulong)-5L))).Attribute(6, "ok", new Proto().Varint(2, 1)).Attribute(6, "d", new Proto().Fixed64(4, BitConverter.DoubleToUInt64Bits(1.5)))
        .Attribute(6, "list", new Proto().Put(5, new Proto().Put(1, Str("a")).Put(1, Str("b")))).Attribute(6, "map", new Proto().Put(6, new Proto().Attribute(1, "k", Str("v")))).Attribute(6, "bin", new Proto().Put(7, [1, 2, 3])).Attribute(6, "body", Str("taken"))
        .Varint(7, 2).Fixed32(8, 1).Put(9, Convert.FromHexString("0102030405060708090a0b0c0d0e0f10")).Put(10, Convert.FromHexString("a1a2a3a4a5a6a7a8")).Text(12, "payment").Text(99, "of a later version");

    private const string FullJson = """
        {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"host.name","value":{"stringValue":"node1"}}]},"scopeLogs":[{"scope":{"name":"lib","version":"1.0"},"logRecords":[{
        "timeUnixNano":"1795319998125000000","observedTimeUnixNano":1795319999000000000,"severityNumber":17,"severityText":"ERROR","body":{"stringValue":"付款失敗"},"attributes":[{"key":"user.name","value":{"stringValue":"eve"}},{"key":"n","value":{"intValue":"-5"}},
        {"key":"ok","value":{"boolValue":true}},{"key":"d","value":{"doubleValue":1.5}},{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}},{"key":"map","value":{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"v"}}]}}},
        {"key":"bin","value":{"bytesValue":"AQID"}},{"key":"body","value":{"stringValue":"taken"}}],"droppedAttributesCount":2,"flags":1,"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"a1a2a3a4a5a6a7a8","eventName":"payment","later":{"x":[1]}}]}]}]}
        """;

    private static List<(string? Line, string? Refusal)> Otlp(byte[] body, bool json) => [.. OtlpLogs.Read(body, json, At)];

    [Fact]
    public void Both_encodings_of_otlp_give_the_same_line_and_event()
    {
        var line = Assert.Single(Otlp(Request(Full()), json: false)).Line!;
        Assert.Equal(line, Assert.Single(Otlp(Bytes(FullJson), json: true)).Line);
        var item = LogParser.Parse(line, At, "otlp", Options);
        Assert.Empty(item.Problems);
        Assert.Equal((LogFormats.Json, "node1", "shop", 3, "付款失敗"), (item.Format, item.Host, item.App, item.Severity, item.Message));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_795_319_998_125), item.OccurredAt);
        Assert.Equal(("eve", "-5", "true", "1.5", "a, b", "v", "AQID", "taken"), (item.Field("user.name"), item.Field("n"), item.Field("ok"), item.Field("d"), item.Field("list"), item.Field("map.k"), item.Field("bin"), item.Field("attributes.body")));
        Assert.Equal(("0102030405060708090a0b0c0d0e0f10", "a1a2a3a4a5a6a7a8", "ERROR", "lib", "payment"), (item.Field("traceId"), item.Field("spanId"), item.Field("severityText"), item.Field("scope.name"), item.Field("eventName")));
    }

    [Fact]
    public void A_record_of_otlp_that_says_little_is_an_event_too()
    {
        var map = new Proto().Put(5, new Proto().Put(6, new Proto().Attribute(1, "message", Str("in a map"))));
        var read = Otlp(Request(new Proto(), map), json: false);
        var (empty, second) = (LogParser.Parse(read[0].Line!, At, "otlp", Options), LogParser.Parse(read[1].Line!, At, "otlp", Options));
        Assert.Equal((At, (int?)null), (empty.OccurredAt, empty.Severity));
        Assert.Equal("in a map", second.Message);
        Assert.Empty(Otlp([], json: false));
        Assert.Empty(Otlp("{}"u8.ToArray(), json: true));
    }

    [Fact]
    public void A_record_of_otlp_that_is_too_deep_or_too_long_is_refused_and_the_others_are_not()
    {
        var deep = Str("x");
        for (var i = 0; i < 40; i++) deep = new Proto().Put(5, new Proto().Put(1, deep));
        var read = Otlp(Request(Full(), new Proto().Put(5, deep), new Proto().Put(5, Str(new string('x', OtlpLogs.MaxLine))), new Proto().Put(5, [0x0A]), Full()), json: false);
        Assert.Equal([true, false, false, false, true], read.Select(r => r.Line is not null));
        Assert.All(read.Where(r => r.Line is null), r => Assert.NotNull(r.Refusal));
        var surrogate = Otlp(Bytes("""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"\ud800"}},{"body":{"stringValue":"b"}},{"attributes":1},7]}]}]}"""), json: true);
        Assert.Equal([false, true, false, false], surrogate.Select(r => r.Line is not null));
    }

    [Fact]
    public void A_small_request_of_otlp_does_not_become_a_large_one()
    {
        var large = new Proto().Put(1, new Proto().Attribute(1, "x", Str(new string('x', 900_000))));
        var scope = new Proto();
        for (var i = 0; i < 1_000; i++) scope.Put(2, new Proto());
        var refused = Assert.Throws<IntakeException>(() => Otlp(new Proto().Put(1, large.Put(2, scope)).Bytes, json: false).Count);
        Assert.True(refused.IsTooLarge);
        var many = new byte[2 * OtlpLogs.MaxRecords + 2];
        for (var i = 0; i < many.Length; i += 2) many[i] = 0x12;
        Assert.True(Assert.Throws<IntakeException>(() => Otlp(new Proto().Put(1, new Proto().Put(2, many)).Bytes, json: false).Count).IsTooLarge);
    }

    [Theory]
    [InlineData("0A")]
    [InlineData("0A05")]
    [InlineData("0A0112")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("0AFFFFFFFFFFFFFFFFFF01")]
    [InlineData("0B")]
    [InlineData("0801")]
    [InlineData("00")]
    public void What_is_no_request_of_otlp_is_refused(string hex) => Assert.Throws<IntakeException>(() => Otlp(Convert.FromHexString(hex), json: false).Count);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"resourceLogs\":{}}")]
    [InlineData("{\"resourceLogs\":[{\"scopeLogs\":1}]}")]
    [InlineData("{\"resourceLogs\":[")]
    public void What_is_no_json_of_otlp_is_refused(string body) => Assert.Throws<IntakeException>(() => Otlp(Bytes(body), json: true).Count);

    // ---- Anything

    [Fact]
    public async Task Nothing_that_is_sent_makes_a_reader_fail_otherwise_than_declared()
    {
        byte[][] good =
        [
            Bytes("{\"create\":{\"_index\":\"a\"}}\n" + Winlog + "\n{\"delete\":{\"_id\":\"1\"}}\n{\"index\":{}}\n{\"message\":\"x\"}\n"), Bytes("""{"event":"one","time":1795319998.125,"fields":{"a":["x",1]}}{"event":{"message":"two"},"host":"h"}"""),
            Request(Full(), Full()), Bytes(FullJson), Bytes(Gelf), Packed(Bytes(Gelf), s => new ZLibStream(s, CompressionLevel.Optimal)), .. Chunks(Bytes(Gelf), 60),
        ];
        var random = new Random(20261129);
        var small = Options with { MaxLength = 256 };
        var sent = new Sent();
        for (var round = 0; round < 8_000; round++)
        {
            byte[] body;
            if (round % 4 == 0)
            {
                body = new byte[random.Next(300)];
                random.NextBytes(body);
            }
            else
            {
                body = [.. good[random.Next(good.Length)]];
                for (var i = random.Next(1, 6); i > 0; i--)
                {
                    var at = random.Next(body.Length);
                    body = random.Next(4) switch
                    {
                        0 => [.. body[..at], .. body[Math.Min(body.Length, at + random.Next(20))..], 0],
                        1 => [.. body[..at], .. body[random.Next(body.Length)..], .. body[at..]],
                        _ => body,
                    };
                    if (body.Length > 0) body[random.Next(body.Length)] = (byte)random.Next(256);
                    else body = [0];
                }
            }

            try
            {
                Assert.All(await BulkAsync(body, null, small), i => Assert.Equal(i.Refusal is null, i.Events.Count > 0));
            }
            catch (IntakeException)
            {
                // Declared.
            }

            Assert.All(Splunk(body), r => Assert.True(r.Event is null != r.Problem is null));
            foreach (var json in new[] { true, false })
            {
                try
                {
                    foreach (var (line, refusal) in Otlp(body, json))
                    {
                        Assert.True(line is null != refusal is null);
                        if (line is not null) JsonDocument.Parse(line).Dispose();
                    }
                }
                catch (IntakeException)
                {
                    // Declared.
                }
            }

            sent.Now += TimeSpan.FromMilliseconds(random.Next(50));
            sent.Take(body, (byte)random.Next(3));
        }
    }

    private static string JsonOf(LogEvent item) => JsonSerializer.Serialize(item);
}
