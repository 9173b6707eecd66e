namespace Hufu.Logs.Tests;

/// <summary>What sensors of the network and servers of the web write, in the shapes that they have beside those of their manuals.</summary>
public class SensorTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private static LogEvent Read(string line, LogStream? stream = null) => LogParser.Parse(line, Reference, "test", Options, stream);

    [Theory]
    [InlineData("dns", """ "uid":"C1","id.orig_h":"203.0.113.9","trans_id":7,"query":"a.example","rejected":false """)]
    [InlineData("conn", """ "uid":"C1","id.orig_h":"203.0.113.9","proto":"tcp","service":"ssh","conn_state":"SF" """)]
    [InlineData("http", """ "uid":"C1","id.orig_h":"203.0.113.9","trans_depth":1,"method":"GET","request_body_len":0 """)]
    [InlineData("smtp", """ "uid":"C1","id.orig_h":"203.0.113.9","trans_depth":1,"helo":"x","tls":false """)]
    [InlineData("ssl", """ "uid":"C1","id.orig_h":"203.0.113.9","server_name":"a.example","resumed":false,"established":true """)]
    [InlineData("ssh", """ "uid":"C1","id.orig_h":"203.0.113.9","auth_attempts":0 """)]
    [InlineData("kerberos", """ "uid":"C1","id.orig_h":"203.0.113.9","request_type":"TGS","service":"HOST/pc" """)]
    [InlineData("smb_files", """ "uid":"C1","id.orig_h":"203.0.113.9","action":"SMB::FILE_OPEN","path":"\\\\s\\c$","name":"x" """)]
    [InlineData("dce_rpc", """ "uid":"C1","id.orig_h":"203.0.113.9","endpoint":"svcctl","operation":"CreateServiceW" """)]
    [InlineData("files", """ "fuid":"F1","conn_uids":["C1"],"mime_type":"text/plain","seen_bytes":9,"sha1":"aa" """)]
    [InlineData("notice", """ "note":"SSH::Password_Guessing","msg":"m","src":"203.0.113.9","actions":["Notice::ACTION_LOG"] """)]
    [InlineData("weird", """ "uid":"C1","id.orig_h":"203.0.113.9","name":"bad_checksum","notice":false,"peer":"zeek" """)]
    [InlineData("x509", """ "id":"F1","certificate.serial":"01","certificate.subject":"CN=x" """)]
    [InlineData("dhcp", """ "uids":["C1"],"client_addr":"203.0.113.9","msg_types":["ACK"] """)]
    [InlineData("radius", """ "uid":"C1","id.orig_h":"203.0.113.9","username":"eve","result":"failed" """)]
    [InlineData("smb_cmd", """ "uid":"C1","id.orig_h":"203.0.113.9","command":"NT_CREATE_ANDX","argument":"\\\\browser","status":"SUCCESS" """)]
    [InlineData("ftp", """ "uid":"C1","id.orig_h":"203.0.113.9","user":"ftp","command":"RETR","reply_code":226 """)]
    [InlineData("rdp", """ "_path":"rdp","uid":"C1","trans_id":1,"rejected":false """)]
    public void Zeek_WhichLogALineIsFromIsToldByItsFields(string path, string fields)
    {
        var read = Read($"{{\"ts\":1767488523.0,{fields}}}");
        Assert.Equal((path, new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero)), (read.App, read.OccurredAt!.Value));
        Assert.Contains(LogSourceHints.For(read), hint => hint is { Product: "zeek" } && hint.Service == path);
        Assert.Empty(read.Problems);
    }

    [Fact]
    public void Zeek_AHostThatWasVisitedIsNotTheSensor()
    {
        Assert.Null(Read("""{"ts":1767488523.0,"uid":"C1","id.orig_h":"203.0.113.9","trans_depth":1,"host":"www.example","request_body_len":0}""").Host);
        Assert.Equal("ids1", Read("""{"ts":1767488523.0,"_path":"http","_system_name":"ids1","uid":"C1","host":"www.example"}""").Host);
    }

    [Theory]
    [InlineData("""{"timestamp":"2026-01-04T01:02:03.000000+0000","event_type":"anomaly","src_ip":"203.0.113.9","anomaly":{"type":"decode","event":"decoder.ipv4.trunc_pkt"}}""", "anomaly")]
    [InlineData("""{"timestamp":"2026-01-04T01:02:03.000000+0000","log_level":"Notice","event_type":"engine","engine":{"message":"started"}}""", "engine")]
    public void Suricata_EventsWithoutAFlowAreItsOwn(string line, string kind) =>
        Assert.Equal((kind, "suricata"), (Read(line).App, Read(line).Field("event.module")));

    [Theory]
    [InlineData("""{"timestamp":"2026-01-04T01:02:03Z","flow_id":1,"event_type":"fileinfo","fileinfo":{"filename":"/x","sha256":"aa","md5":"bb"}}""", "file.hash.sha256", "aa")]
    [InlineData("""{"timestamp":"2026-01-04T01:02:03Z","flow_id":1,"event_type":"fileinfo","fileinfo":{"filename":"/x","sha256":"aa","md5":"bb"}}""", "file.hash.md5", "bb")]
    [InlineData("""{"timestamp":"2026-01-04T01:02:03Z","flow_id":1,"event_type":"tls","tls":{"sni":"a.example"}}""", "tls.client.server_name", "a.example")]
    [InlineData("""{"timestamp":"2026-01-04T01:02:03Z","flow_id":1,"event_type":"alert","alert":{"action":"blocked","category":"Trojan","severity":1}}""", "event.action", "blocked")]
    [InlineData("""{"timestamp":"2026-01-04T01:02:03Z","flow_id":1,"event_type":"flow","flow":{"bytes_toclient":7}}""", "destination.bytes", "7")]
    public void NamesOfTheCommonSchemaFindThem(string line, string name, string value) => Assert.Equal(value, Read(line).Field(name));

    [Theory]
    [InlineData("2026-01-04 01:02:03 10.0.0.5 GET /a b=c 443 - 203.0.113.9 Mozilla/5.0+(Windows) - 404 0 2 15", "c-ip=203.0.113.9¦cs-uri-stem=/a¦c-uri=/a?b=c¦sc-status=404¦cs-user-agent=Mozilla/5.0 (Windows)¦time-taken=15")]
    [InlineData("2026-01-04 01:02:03 W3SVC1 WEB01 fe80::5%12 POST /login.aspx - 443 EXAMPLE\\eve fe80::9%12 HTTP/1.1 Mozilla/5.0 a=b https://a.example/ a.example 302 0 0 5279 160 15", "cs-username=EXAMPLE\\eve¦cs-host=a.example¦sc-status=302¦s-computername=WEB01¦cs-referer=https://a.example/¦sc-bytes=5279")]
    public void Iis_ALineWithoutTheNamesOfItsColumnsIsRead(string line, string expected)
    {
        var read = Read(line);
        Assert.Equal((LogFormats.W3C, new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), false), (read.Format, read.OccurredAt!.Value, read.TimeZoneAssumed));
        FormatTests.Holds(read.Fields, expected);
        Assert.Contains(new LogSourceHint(null, "webserver", null), LogSourceHints.For(read));
        Assert.True(read.SourceIp is "203.0.113.9" or "fe80::9");
    }

    [Theory]
    [InlineData("2026-01-04 01:02:03 INFO one two three four five six seven eight nine ten eleven twelve")]
    [InlineData("2026-01-04 01:02:03 10.0.0.5 GET /a b=c https - 203.0.113.9 Mozilla/5.0+(Windows) - 404 0 2 15")]
    public void Iis_WhatOnlyLooksLikeItIsNone(string line) => Assert.NotEqual(LogFormats.W3C, Read(line).Format);

    [Fact]
    public void Iis_ColumnsMayChangeWithinAFile()
    {
        var stream = new LogStream();
        Read("#Fields: date time c-ip cs-method cs-uri-stem sc-status", stream);
        FormatTests.Holds(Read("2026-01-04 01:02:03 203.0.113.9 GET /a 200", stream).Fields, "c-ip=203.0.113.9¦sc-status=200");
        Read("#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid sc-status s-siteid s-reason s-queuename", stream);
        var error = Read("2026-01-04 01:02:04 203.0.113.9 4711 10.0.0.5 443 HTTP/1.1 GET /../win.ini - 400 - URL -", stream);
        FormatTests.Holds(error.Fields, "c-port=4711¦cs-uri=/../win.ini¦s-reason=URL");
        Assert.Equal("4711", error.Field("source.port"));
    }

    [Fact]
    public void Squid_AHyphenIsNoValue()
    {
        var read = Read("1767488523.123      4 203.0.113.9 TCP_DENIED/407 1661 GET http://a.example/ - NONE/- text/html");
        FormatTests.Holds(read.Fields, "cache_result=TCP_DENIED¦hierarchy=NONE¦cs-mime-type=text/html");
        Assert.DoesNotContain("-", read.Fields.Values);
    }

    [Theory]
    [InlineData("203.0.113.9 - alice [04/Jan/2026:01:02:03 +0000] \"GET http://a.example/ HTTP/1.1\" 200 1234 TCP_MISS:HIER_DIRECT")]
    [InlineData("203.0.113.9 - alice [04/Jan/2026:01:02:03 +0000] \"GET http://a.example/ HTTP/1.1\" 200 1234 \"-\" \"curl/8\" TCP_MISS:HIER_DIRECT")]
    public void Squid_ItsCommonFormatsSayWhatTheCacheDid(string line)
    {
        var read = Read(line);
        FormatTests.Holds(read.Fields, "c-ip=203.0.113.9¦cs-username=alice¦cache_result=TCP_MISS¦hierarchy=HIER_DIRECT¦event.module=squid");
        Assert.Contains(LogSourceHints.For(read), hint => hint.Category == "proxy");
    }
}
