using System.Text;

namespace Hufu.Logs.Tests;

public class FormatTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private static LogEvent Read(string line, LogParseOptions? options = null, LogStream? stream = null) => LogParser.Parse(line, Reference, "test", options ?? Options, stream);

    /// <summary>Fields as <c>name=value</c>, separated by ¦.</summary>
    internal static void Holds(IReadOnlyDictionary<string, string> fields, string expected)
    {
        foreach (var pair in expected.Split('¦'))
        {
            var name = pair[..pair.IndexOf('=')];
            Assert.True(fields.TryGetValue(name, out var value), $"{name} is missing; there are {string.Join(", ", fields.Select(field => $"{field.Key}={field.Value}"))}");
            Assert.Equal(pair[(name.Length + 1)..], value);
        }
    }

    [Theory]
    [InlineData("CEF:0|Acme|Fence|1.0|100|Worm stopped|9|src=10.0.0.1 dst=2.1.2.2 spt=1232", "deviceVendor=Acme¦deviceProduct=Fence¦deviceVersion=1.0¦deviceEventClassId=100¦name=Worm stopped¦severity=9¦src=10.0.0.1¦dst=2.1.2.2¦spt=1232")]
    [InlineData("CEF:0|Acme\\|Co|Fe\\\\nce|1|1|a \\| b|Low|", "deviceVendor=Acme|Co¦deviceProduct=Fe\\nce¦name=a | b¦severity=Low")]
    [InlineData("CEF:1|a|b|c|d|e|5|msg=two\\nlines \\= equal \\\\ slash\\r cs1=x", "msg=two\nlines = equal \\ slash\r¦cs1=x")]
    [InlineData("CEF:0|a|b|c|d|e|5|request=http://x.example/?a=1&b=2 act=blocked", "request=http://x.example/?a=1&b=2¦act=blocked")]
    [InlineData("CEF:0|a|b|c|d|e|5|filePath=C:\\Program Files\\x.exe fname=x.exe", "filePath=C:\\Program Files\\x.exe¦fname=x.exe")]
    [InlineData("CEF:0|a|b|c|d|e|5|cs1Label=Rule Name cs1=區域 甲 cn1Label=Count cn1=3", "cs1=區域 甲¦Rule Name=區域 甲¦Count=3")]
    [InlineData("CEF:0|a|b|c|d|e|5|msg=user=bob was here duser=bob", "msg=user=bob was here¦duser=bob")]
    [InlineData("CEF:0|a|b|c|d|e|5|act= src=2001:db8::1   ", "act=¦src=2001:db8::1")]
    [InlineData("CEF:0|a|b|c|d|e|5|msg=unset| bar in the value dvchost=fw", "msg=unset| bar in the value¦dvchost=fw")]
    public void Cef_HeaderAndExtensionAreUnescapedAsTheFormatSays(string line, string expected)
    {
        var read = Read(line);
        Assert.Equal(LogFormats.Cef, read.Format);
        Assert.Empty(read.Problems);
        Holds(read.Fields, expected);
    }

    [Theory]
    [InlineData("<134>Jan  4 01:02:03 fw01 CEF:0|a|Fence|c|d|e|5|src=10.0.0.1 rt=1767488523000", LogFormats.Syslog3164, "fw01")]
    [InlineData("<134>Jan  4 01:02:03 CEF:0|Acme Corp|Fence|c|d|e|5|src=10.0.0.1 dvchost=fw02", LogFormats.Syslog3164, "fw02")]
    [InlineData("<134>1 2026-01-04T01:02:03Z fw01 - - - - CEF:0|a|Fence|c|d|e|5|src=10.0.0.1", LogFormats.Syslog5424, "fw01")]
    [InlineData("<134>Jan  4 01:02:03 fw01 CEF: 0|a|Fence|c|d|e|5|src=10.0.0.1", LogFormats.Syslog3164, "fw01")]
    public void Cef_InSyslogKeepsTheHeaderAndGivesTheFields(string line, string format, string host)
    {
        var read = Read(line);
        Assert.Empty(read.Problems);
        Assert.Equal((format, host, "10.0.0.1"), (read.Format, read.Host, read.SourceIp));
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), read.OccurredAt);
        Assert.Equal(6, read.Severity);
    }

    [Fact]
    public void Cef_TimeHostAndSeverityComeFromTheExtension()
    {
        var read = Read("CEF:0|a|Fence|c|d|e|Very-High|rt=Jan 04 2026 01:02:03 UTC dvc=10.0.0.9 msg=x");
        Assert.Equal(("10.0.0.9", "Fence", 2, "x"), (read.Host, read.App, read.Severity, read.Message));
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), read.OccurredAt);
        Assert.False(read.TimeZoneAssumed);
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), Read("<134>CEF:0|a|b|c|d|e|5|rt=1767488523000").OccurredAt);
        Assert.Empty(Read("<134>CEF:0|a|b|c|d|e|5|rt=1767488523000").Problems);
    }

    [Theory]
    [InlineData("CEF:0|a|b", "cef.header|3")]
    [InlineData("CEF:0|a|b|c|d|e|5|no pairs here", "cef.extension|19|no pairs here")]
    [InlineData("LEEF:1.0|a|b", "leef.header|3")]
    [InlineData("LEEF:2.0|a|b|c|d|zz|k=v", "leef.delimiter|zz")]
    [InlineData("LEEF:1.0|a|b|c|d|k=v\tjunk\tm=n", "leef.attribute|22|junk")]
    [InlineData("<Event><System><EventID>1</EventID>", "xml.invalid|1|36")]
    public void FaultsNameWhatIsWrongAndWhere(string line, string problem)
    {
        var read = Read(line);
        Assert.Contains(problem, read.Problems);
        Assert.Equal(line, read.Raw);
    }

    [Theory]
    [InlineData("LEEF:1.0|Acme|Wall|2|41|src=10.0.1.8\tdst=10.0.0.5\tmsg=with blanks = equal\tsev=5", "vendor=Acme¦product=Wall¦productVersion=2¦eventId=41¦src=10.0.1.8¦msg=with blanks = equal")]
    [InlineData("LEEF:2.0|Acme|Wall|2|41|^|src=10.0.1.8^dst=10.0.0.5^usrName=王 小明", "src=10.0.1.8¦dst=10.0.0.5¦usrName=王 小明")]
    [InlineData("LEEF:2.0|Acme|Wall|2|41|0x5E|src=10.0.1.8^dst=10.0.0.5", "src=10.0.1.8¦dst=10.0.0.5")]
    [InlineData("LEEF:2.0|Acme|Wall|2|41|x7C|src=10.0.1.8|dst=10.0.0.5", "src=10.0.1.8¦dst=10.0.0.5")]
    [InlineData("LEEF:2.0|Acme|Wall|2|41||src=10.0.1.8\tdst=10.0.0.5", "src=10.0.1.8¦dst=10.0.0.5")]
    [InlineData("LEEF:2.0|Acme|Wall|2|41|src=10.0.1.8\tmsg=a|b\tdst=10.0.0.5", "src=10.0.1.8¦msg=a|b¦dst=10.0.0.5")]
    [InlineData("LEEF:1.0|Acme|Wall|2|41|src=10.0.1.8 msg=a sentence dst=10.0.0.5", "src=10.0.1.8¦msg=a sentence¦dst=10.0.0.5")]
    public void Leef_AttributesAreReadWithTheirDelimiter(string line, string expected)
    {
        var read = Read(line);
        Assert.Equal(LogFormats.Leef, read.Format);
        Assert.Empty(read.Problems);
        Holds(read.Fields, expected);
        Holds(Read("<13>Jan  4 01:02:03 h " + line).Fields, expected);
    }

    [Fact]
    public void Leef_DeviceTimeIsTheTime()
    {
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), Read("LEEF:1.0|a|b|c|d|devTime=Jan 4 2026 01:02:03 GMT+00:00\tsev=9").OccurredAt);
        Assert.Equal(2, Read("LEEF:1.0|a|b|c|d|devTime=1767488523\tsev=9").Severity);
    }

    [Theory]
    [InlineData("time=2026-01-04T01:02:03Z level=warn msg=\"disk \\\"a\\\" full\\n\" host=web01 empty= path=/a=b", "msg=disk \"a\" full\n¦empty=¦path=/a=b")]
    [InlineData("a='x y' b=\"\" c=3", "a=x y¦b=¦c=3")]
    [InlineData("date=2026-01-04 time=09:02:03 devname=\"FG-1\" devid=\"FG100\" logid=\"0001\" type=\"traffic\" level=\"notice\" srcip=2001:db8::7 policyname=\"甲 乙\"", "srcip=2001:db8::7¦policyname=甲 乙")]
    public void Pairs_AreReadWithQuotesAndEscapes(string line, string expected)
    {
        var read = Read(line);
        Assert.Empty(read.Problems);
        Holds(read.Fields, expected);
    }

    [Fact]
    public void Pairs_TimeSeverityAndHostAreKnown()
    {
        var read = Read("time=2026-01-04T01:02:03Z level=warn msg=hello host=web01");
        Assert.Equal((LogFormats.Pairs, 4, "hello", "web01"), (read.Format, read.Severity, read.Message, read.Host));
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), read.OccurredAt);
        var pairs = Options with { Format = LogFormats.Pairs };
        Assert.Equal(["kv.quote|b"], Read("a=1 b=\"open", pairs).Problems);
        Assert.Equal(["kv.none"], Read("no pairs", pairs).Problems);
        Assert.Equal(["fields.twice|a"], Read("a=1 a=2", pairs).Problems);
        Assert.Equal(LogFormats.Plain, Read("x = y and a=1 stay a sentence").Format);
    }

    private const string Sysmon = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon' Guid='{57}'/><EventID>1</EventID><Level>4</Level>"
        + "<TimeCreated SystemTime='2026-01-04T01:02:03.123456700Z'/><EventRecordID>42</EventRecordID><Execution ProcessID='7' ThreadID='8'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel>"
        + "<Computer>dc01.example</Computer></System><EventData><Data Name='Image'>C:\\Windows\\cmd.exe</Data><Data Name='CommandLine'>cmd /c &quot;a &amp; b&quot; 中文</Data><Data Name='Empty'></Data><Data Name='None'/></EventData></Event>";

    [Fact]
    public void WindowsXml_GivesTheNamesThatRulesUse()
    {
        var read = Read(Sysmon);
        Assert.Empty(read.Problems);
        Holds(read.Fields, "EventID=1¦Channel=Microsoft-Windows-Sysmon/Operational¦Computer=dc01.example¦Provider_Name=Microsoft-Windows-Sysmon¦Provider_Guid={57}¦Execution_ProcessID=7¦EventRecordID=42¦Image=C:\\Windows\\cmd.exe¦CommandLine=cmd /c \"a & b\" 中文¦None=");
        Assert.Equal((LogFormats.WindowsXml, "dc01.example", "Microsoft-Windows-Sysmon", 6), (read.Format, read.Host, read.App, read.Severity));
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero).AddTicks(1_234_567), read.OccurredAt);
        Assert.Contains(new LogSourceHint("windows", "process_creation", "sysmon"), LogSourceHints.For(read));
    }

    [Fact]
    public void WindowsXml_UnnamedDataUserDataAndRenderedMessageAreKept()
    {
        var read = Read("<Event><System><EventID Qualifiers='0'>400</EventID><Channel>Windows PowerShell</Channel></System><EventData><Data>Available</Data><Data>HostName=x</Data></EventData><RenderingInfo Culture='zh-TW'><Message>引擎狀態</Message><Level>資訊</Level></RenderingInfo></Event>");
        Holds(read.Fields, "Data=Available, HostName=x¦EventID=400¦EventID_Qualifiers=0¦Message=引擎狀態");
        Assert.Equal("引擎狀態", read.Message);
        Assert.False(read.Fields.ContainsKey("Level"));
        Holds(Read("<Event><System><EventID>104</EventID></System><UserData><LogFileCleared xmlns='x'><SubjectUserName>eve</SubjectUserName><Channel>System</Channel></LogFileCleared></UserData></Event>").Fields, "SubjectUserName=eve");
        Holds(Read("<Event><System><EventID>4688</EventID></System><EventData><Data Name='NewProcessName'>C:\\a.exe</Data></EventData></Event>").Fields, "Image=C:\\a.exe");
        Holds(Read("<Event><System><EventID>1116</EventID></System><EventData><Data Name='Threat Name'>x</Data></EventData></Event>").Fields, "ThreatName=x");
    }

    [Fact]
    public void Xml_AnyElementGivesItsLeavesByTheirPath()
    {
        var read = Read("<alert id='7'><time>2026-01-04T01:02:03Z</time><src port='22'><ip>10.0.0.1</ip></src><![CDATA[x]]></alert>");
        Assert.Equal(LogFormats.Xml, read.Format);
        Holds(read.Fields, "id=7¦time=2026-01-04T01:02:03Z¦src_port=22¦src.ip=10.0.0.1");
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), read.OccurredAt);
    }

    [Theory]
    [InlineData("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>")]
    [InlineData("<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>")]
    public void Xml_DocumentTypesAreNotRead(string line) => Assert.DoesNotContain("root", string.Concat(Read(line, Options with { Format = LogFormats.Xml }).Fields.Values));

    [Fact]
    public void SysmonForLinux_InSyslogIsAnEventOfLinux()
    {
        var read = Read("Jan  4 01:02:03 ubuntu sysmon: <Event><System><Provider Name=\"Linux-Sysmon\"/><EventID>1</EventID><Channel>Linux-Sysmon/Operational</Channel><Computer>ubuntu</Computer></System><EventData><Data Name=\"Image\">/usr/bin/id</Data></EventData></Event>");
        Holds(read.Fields, "Image=/usr/bin/id¦EventID=1");
        Assert.Equal([new LogSourceHint("linux", "process_creation", "sysmon"), new LogSourceHint("linux", null, "sysmon")], LogSourceHints.For(read));
    }

    [Fact]
    public void W3C_LinesHaveTheNamesThatTheirHeaderGives()
    {
        var stream = new LogStream();
        string[] head = ["#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0", "#Date: 2026-01-04 00:00:00", "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status"];
        foreach (var line in head) Assert.Equal((LogFormats.W3C, line), (Read(line, null, stream).Format, Read(line, null, stream).Message));
        var read = Read("2026-01-04 01:02:03 10.0.0.1 GET /login.aspx id=1%27 443 - 203.0.113.9 Mozilla/5.0+(X11;+Linux) - 500", Options with { AssumedOffset = TimeSpan.FromHours(8) }, stream);
        Assert.Empty(read.Problems);
        Holds(read.Fields, "cs-method=GET¦cs-uri-stem=/login.aspx¦cs-uri-query=id=1%27¦c-uri=/login.aspx?id=1%27¦c-ip=203.0.113.9¦cs(User-Agent)=Mozilla/5.0+(X11;+Linux)¦cs-user-agent=Mozilla/5.0 (X11; Linux)¦sc-status=500");
        Assert.False(read.Fields.ContainsKey("cs-username"));
        Assert.Equal((new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), false, "203.0.113.9"), (read.OccurredAt!.Value, read.TimeZoneAssumed, read.SourceIp));
        Assert.Equal([new LogSourceHint(null, "webserver", null)], LogSourceHints.For(read));
        Assert.Equal(["table.columns|3|12"], Read("2026-01-04 01:02:03 10.0.0.1", null, stream).Problems);
        Assert.Equal(["table.no-header"], Read("2026-01-04 01:02:03 10.0.0.1", Options with { Format = LogFormats.W3C }).Problems);
    }

    [Fact]
    public void Zeek_TablesFollowTheirHeader()
    {
        var stream = new LogStream();
        foreach (var line in new[] { "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tdns", "#open\t2026-01-04-01-02-03", "#fields\tts\tuid\tid.orig_h\tid.resp_p\tquery\tanswers", "#types\ttime\tstring\taddr\tport\tstring\tvector[string]" })
            Assert.Equal(LogFormats.Zeek, Read(line, null, stream).Format);
        var read = Read("1767488523.250000\tCa1\t2001:db8::5\t53\tb\\xc3\\xbccher.example\t(empty)", null, stream);
        Assert.Empty(read.Problems);
        Holds(read.Fields, "id.orig_h=2001:db8::5¦id.resp_p=53¦query=bücher.example¦answers=¦_path=dns");
        Assert.Equal((LogFormats.Zeek, "2001:db8::5", "dns"), (read.Format, read.SourceIp, read.App));
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, 250, TimeSpan.Zero), read.OccurredAt);
        Assert.Contains(new LogSourceHint("zeek", null, "dns"), LogSourceHints.For(read));
        Assert.False(Read("1767488523.2\tCa1\t-\t53\tx\t-", null, stream).Fields.ContainsKey("id.orig_h"));
    }

    [Fact]
    public void Csv_FirstLineNamesTheColumns()
    {
        var (stream, csv) = (new LogStream(), Options with { Format = LogFormats.Csv });
        Read("\uFEFFtime, user,說明", csv, stream);
        var read = Read("2026-01-04T01:02:03Z,王小明,\"a, \"\"b\"\"\"", csv, stream);
        Assert.Empty(read.Problems);
        Holds(read.Fields, "user=王小明¦說明=a, \"b\"");
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), read.OccurredAt);
        Assert.Equal(["table.quote|2", "table.columns|2|3"], Read("x,\"open", csv, stream).Problems);
        Holds(Read("a,b,c,d", csv, stream).Fields, "column4=d");
    }

    [Fact]
    public void BytesOfAnotherEncodingKeepTheirFieldsAndTheirBytes()
    {
        // "測試" in Big5, and what is no text at all.
        foreach (var (message, text, problems) in new (byte[], string, string[])[] { ([0xB4, 0xFA, 0xB8, 0xD5], "測試", []), ([0xB4, 0xFA, 0xFF, 0xD5], "\uFFFD\uFFFD\uFFFD\uFFFD", [LogProblem.NotUtf8]) })
        {
            byte[] line = [.. "CEF:0|a|b|c|d|e|5|src=10.0.0.1 msg="u8, .. message];
            var read = LogParser.Parse(line, Reference, "test", Options);
            Holds(read.Fields, $"src=10.0.0.1¦msg={text}");
            Assert.Equal(line, read.RawBytes!.Value.ToArray());
            Assert.Equal(problems, read.Problems);
        }
    }

    [Fact]
    public void HugeRecordsAreReadWithinTheLimits()
    {
        var many = string.Join(' ', Enumerable.Range(0, 10_000).Select(i => $"k{i}=v"));
        foreach (var line in new[] { many, "CEF:0|a|b|c|d|e|5|" + many, "LEEF:1.0|a|b|c|d|" + many.Replace(' ', '\t'), "{" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"k{i}\":1")) + "}", "<Event><System><EventID>1</EventID></System><EventData>" + string.Concat(Enumerable.Range(0, 10_000).Select(i => $"<Data Name='k{i}'>1</Data>")) + "</EventData></Event>" })
        {
            var read = Read(line);
            Assert.Equal(512, read.Fields.Count(field => field.Key != "ThreatName"));
            Assert.Contains("fields.too-many|512", read.Problems);
            Assert.Equal(line, read.Raw);
        }

        var deep = "{\"a\":" + string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_001);
        Assert.Empty(Read(deep).Problems);
        Assert.Single(Read(deep).Fields);
        var array = "{\"a\":" + new string('[', 10_000) + new string(']', 10_000) + "}";
        Assert.Empty(Read(array).Problems);
        var xml = string.Concat(Enumerable.Repeat("<a>", 10_000)) + string.Concat(Enumerable.Repeat("</a>", 10_000));
        Assert.Equal(["xml.deep|16"], Read(xml).Problems);
    }

    [Theory]
    [InlineData("a=<,", "")]
    [InlineData("a='", "")]
    [InlineData("a=\"\\", "")]
    [InlineData("x=y ", "CEF:0|a|b|c|d|e|5|")]
    [InlineData("\\", "CEF:0|a|b|c|d|e|5|a=")]
    [InlineData("= ", "CEF:0|a|b|c|d|e|5|")]
    [InlineData("|", "LEEF:2.0|")]
    [InlineData("<a ", "")]
    [InlineData("<a b='", "")]
    [InlineData("{\"a\":", "")]
    [InlineData("\"a\":1,", "{")]
    [InlineData("from a port ", "Jan  4 01:02:03 h sshd[1]: Failed password for ")]
    [InlineData(" ; USER=", "Jan  4 01:02:03 h sudo: a : TTY=x ; PWD=/")]
    [InlineData("[1.2.3.4]: ", "Jan  4 01:02:03 h postfix/smtpd[1]: warning: x")]
    [InlineData("audit(1767488523.1:1): ", "type=SYSCALL msg=")]
    [InlineData("1,2026,", "")]
    [InlineData("SRC=1 DST=2 ", "Jan  4 01:02:03 h kernel: ")]
    [InlineData("%A-1-B: ", "<13>Jan  4 01:02:03 h ")]
    [InlineData("1:", "Jan  4 01:02:03 h haproxy[1]: ")]
    public void RepeatedPiecesTakeLinearTime(string piece, string head)
    {
        var text = new StringBuilder(head);
        while (text.Length < 64_000) text.Append(piece);
        var line = text.ToString();
        Read(line[..4_000]);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(line, Read(line).Raw);
        Assert.True(watch.ElapsedMilliseconds < 1_500, $"{watch.ElapsedMilliseconds} ms");
    }

    [Theory]
    [InlineData("a.example 203.0.113.9, 10.0.0.1, 127.0.0.1 - bob [04/Jan/2026:01:02:03 +0000] \"GET /x HTTP/1.1\" 200 571 \"-\" \"c\"", "c-ip=203.0.113.9¦cs-host=a.example¦cs-username=bob¦cs-uri-stem=/x¦x-forwarded-for=203.0.113.9, 10.0.0.1, 127.0.0.1")]
    [InlineData("a.example:80 \"203.0.113.9, 198.51.100.7\" 10.2.1.185 - - [04/Jan/2026:01:02:03 +0000] \"GET /x HTTP/1.1\" 200 571 \"-\" \"c\"", "c-ip=203.0.113.9¦cs-host=a.example:80¦sc-status=200")]
    [InlineData("10.0.0.1 - - [04/Jan/2026:01:02:03 +0000] \"GET /x HTTP/1.1\" 200 571 \"-\" \"c\" \"203.0.113.7, 10.0.0.9\"", "c-ip=10.0.0.1¦cs-user-agent=c¦x-forwarded-for=203.0.113.7, 10.0.0.9")]
    [InlineData("[04/Jan/2026:01:02:03 +0000] 203.0.113.9 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 \"GET /a?b=c HTTP/1.1\" 1375", "c-ip=203.0.113.9¦ssl_protocol=TLSv1.2¦cs-uri-query=b=c¦sc-bytes=1375")]
    public void Access_ProxiesAndEncryptionAreRead(string line, string expected)
    {
        var read = Read(line);
        Assert.Equal((LogFormats.Access, 0), (read.Format, read.Problems.Count));
        FormatTests.Holds(read.Fields, expected);
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), read.OccurredAt);
    }

    [Theory]
    [InlineData("a few words and more - - [04/Jan/2026:01:02:03 +0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("[04/Jan/2026:01:02:03 +0000] the server said \"GET /x HTTP/1.1\" 1375")]
    [InlineData("203.0.113.9 - - [32/Jan/2026:01:02:03 +0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [29/Feb/2026:01:02:03 +0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [00/Jan/2026:01:02:03 +0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [04/Jam/2026:01:02:03 +0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [04/Jan/2026:24:02:03 +0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [04/Jan/2026:01:60:03 +0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [04/Jan/2026:01:02:60 +0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [04/Jan/2026:01:02:03 +1500] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [04/Jan/2026:01:02:03 +0060] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [04/Jan/0001:01:02:03 +0100] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [04/Jan/2026:01:02:03 *0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [4x/Jan/2026:01:02:03 +0000] \"GET /x HTTP/1.1\" 200 571")]
    [InlineData("203.0.113.9 - - [04/Jan/2026:01:02:03 +00:00] \"GET /x HTTP/1.1\" 200 571")]
    public void Access_WhatOnlyLooksLikeOneIsNone(string line) => Assert.NotEqual(LogFormats.Access, Read(line).Format);

    [Fact]
    public void Access_TimesAreThoseThatAreWritten()
    {
        var random = new Random(4);
        for (var i = 0; i < 2_000; i++)
        {
            var time = new DateTimeOffset(new DateTime(1971, 1, 1).AddSeconds(random.NextInt64(6_000_000_000)), TimeSpan.FromMinutes(15 * random.Next(-56, 57)));
            var read = Read(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"203.0.113.9 - - [{time:dd/MMM/yyyy:HH:mm:ss} {(time.Offset < TimeSpan.Zero ? '-' : '+')}{time.Offset:hhmm}] \"GET /x HTTP/1.1\" 200 571"));
            Assert.Equal((LogFormats.Access, time, time.Offset), (read.Format, read.OccurredAt!.Value, read.OccurredAt.Value.Offset));
        }
    }

    [Fact]
    public void ApacheError_ATraceNamesItsSourceBeforeTheClient()
    {
        var read = Read("[Sun Jan 04 01:02:03.121211 2026] [rewrite:trace3] [pid 121591:tid 1404] mod_rewrite.c(470): [client 203.0.113.9:38350] 203.0.113.9 - - [a.example/sid#55] applying pattern");
        FormatTests.Holds(read.Fields, "c-ip=203.0.113.9¦c-port=38350¦file=mod_rewrite.c(470)");
    }
}
