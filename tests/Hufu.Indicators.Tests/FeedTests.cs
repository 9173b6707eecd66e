using System.IO.Compression;
using System.Text;

namespace Hufu.Indicators.Tests;

/// <summary>MISP, tables and texts.</summary>
public class FeedTests
{
    private static string Event(params (string Type, string Value, bool Ids)[] attributes) =>
        "{\"Event\":{\"uuid\":\"5a1e0c3b-0000-4000-8000-000000000001\",\"info\":\"Campaign X\",\"Orgc\":{\"name\":\"CERT\"},\"Tag\":[{\"name\":\"tlp:amber\"},{\"name\":\"misp-galaxy:threat-actor=\\\"APT41\\\"\"},{\"name\":\"misp-galaxy:mitre-attack-pattern=\\\"Web Shell - T1505.003\\\"\"},{\"name\":\"kind:phish\"}],\"Attribute\":["
        + string.Join(',', attributes.Select((a, i) => $$"""{"uuid":"5a1e0c3b-0000-4000-8000-{{i + 16:x12}}","type":"{{a.Type}}","value":{{System.Text.Json.JsonSerializer.Serialize(a.Value)}},"to_ids":{{(a.Ids ? "true" : "false")}},"comment":"seen"}""")) + "]}}";

    [Theory]
    [InlineData("ip-dst", "203.0.114.5", "dst_ip", "203.0.114.5")]
    [InlineData("ip-src", "203.0.114.0/24", "src_ip", "203.0.114.9")]
    [InlineData("hostname", "a.evil.tw", "query", "a.evil.tw")]
    [InlineData("domain", "evil.tw", "query", "deep.a.evil.tw")]
    [InlineData("domain", "evil.tw", "query", "evil.tw")]
    [InlineData("url", "http://evil.tw/x", "url", "http://evil.tw/x")]
    [InlineData("uri", "/gate.php", "cs-uri-stem", "/gate.php")]
    [InlineData("md5", "0123456789ABCDEF0123456789ABCDEF", "file.hash.md5", "0123456789abcdef0123456789abcdef")]
    [InlineData("sha1", "0123456789abcdef0123456789abcdef01234567", "sha1", "0123456789abcdef0123456789abcdef01234567")]
    [InlineData("sha224", "0123456789abcdef0123456789abcdef0123456789abcdef01234567", "sha224", "0123456789abcdef0123456789abcdef0123456789abcdef01234567")]
    [InlineData("filename|sha256", "x.exe|0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "Hashes", "SHA256=0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("filename", "evil.dll", "ImageLoaded", @"C:\Windows\Temp\evil.dll")]
    [InlineData("email-src", "a@evil.tw", "sender", "A@evil.tw")]
    [InlineData("regkey", @"HKLM\Software\Evil", "TargetObject", @"HKLM\Software\Evil\x")]
    [InlineData("mutex", "evilmutex", "mutex", "evilmutex")]
    [InlineData("user-agent", "Evil/1", "userAgent", "Evil/1")]
    [InlineData("ja3-fingerprint-md5", "0123456789abcdef0123456789abcdef", "tls.client.ja3", "0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("hassh-md5", "0123456789abcdef0123456789abcdef", "hassh", "0123456789abcdef0123456789abcdef")]
    [InlineData("domain|ip", "evil.tw|203.0.114.5", "dst_ip", "203.0.114.5")]
    [InlineData("domain|ip", "evil.tw|203.0.114.5", "query", "evil.tw")]
    public void An_attribute_of_MISP_is_found(string type, string value, string field, string has)
    {
        var (items, report) = Reads.Of(Event((type, value, true), ("comment", "no", false)));
        Assert.Equal(0, report.Refused);
        Assert.True(Reads.Hits(Reads.Index(items), (field, has)));
        Assert.Equal(1, report.Left["not-for-detection"]);
    }

    [Fact]
    public void Composite_attributes_mean_both()
    {
        var index = Reads.Index(Event(("ip-dst|port", "203.0.114.5|8443", true)));
        Assert.True(Reads.Hits(index, ("dst_ip", "203.0.114.5"), ("dst_port", "8443")));
        Assert.False(Reads.Hits(index, ("dst_ip", "203.0.114.5"), ("dst_port", "443")));
        Assert.False(Reads.Hits(index, ("src_ip", "203.0.114.5"), ("dst_port", "8443")));
        var key = Reads.Index(Event(("regkey|value", @"HKLM\Software\Evil|it's C:\x", true)));
        Assert.True(Reads.Hits(key, ("TargetObject", @"HKLM\Software\Evil\x"), ("Details", @"it's C:\x")));
        Assert.False(Reads.Hits(key, ("TargetObject", @"HKLM\Software\Evil\x"), ("Details", "other")));
    }

    [Fact]
    public void An_event_tells_who_gave_it_and_what_it_is_of()
    {
        var item = Assert.Single(Reads.Of(Event(("domain", "evil.tw", true))).Items);
        Assert.Equal(("CERT", "amber", "Campaign X", "seen"), (item.Context.Producer, item.Context.Tlp, item.Context.Report, item.Title));
        Assert.Equal((["APT41"], ["attack.t1505.003"], ["kind:phish"]), (item.Context.Names, item.Context.Attack, item.Context.Labels), Same);
    }

    private static bool Same((IReadOnlyList<string>, IReadOnlyList<string>, IReadOnlyList<string>) one, (IReadOnlyList<string>, IReadOnlyList<string>, IReadOnlyList<string>) other) =>
        one.Item1.SequenceEqual(other.Item1) && one.Item2.SequenceEqual(other.Item2) && one.Item3.SequenceEqual(other.Item3);

    [Theory]
    [InlineData("AS", "AS1234", "indicator.misp.type")]
    [InlineData("yara", "rule x {}", "indicator.misp.type")]
    [InlineData("md5", "abc", "indicator.value")]
    [InlineData("sha1", "0123456789abcdef0123456789abcdef", "indicator.value")]
    [InlineData("ip-dst", "evil.tw", "indicator.value")]
    [InlineData("ip-dst|port", "203.0.114.5|x", "indicator.value")]
    [InlineData("filename", "%TEMP%\\x.exe", "indicator.value")]
    public void What_cannot_be_looked_for_is_refused(string type, string value, string code)
    {
        var (items, report) = Reads.Of(Event((type, value, true)));
        Assert.Empty(items);
        var refusal = Assert.Single(report.Refusals);
        Assert.Equal((code, "feed: 5a1e0c3b-0000-4000-8000-000000000001 5a1e0c3b-0000-4000-8000-000000000010"), (refusal.Code, refusal.Place));
    }

    [Fact]
    public void A_feed_in_an_archive_objects_and_answers_are_read()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Write("feed/manifest.json", "{\"x\":{\"info\":\"not an event\"}}");
            Write("feed/hashes.csv", "0123456789abcdef0123456789abcdef,uuid");
            Write("feed/a.json", Event(("domain", "one.tw", true)));
            Write("feed/b.json", """{"response":[{"Event":{"info":"b","Object":[{"name":"file","Attribute":[{"type":"md5","value":"0123456789abcdef0123456789abcdef","to_ids":"1"},{"type":"filename","value":"x.exe","to_ids":0}]},{"deleted":true,"Attribute":[{"type":"md5","value":"1123456789abcdef0123456789abcdef"}]}]}}]}""");
            Write("feed/c.json", """{"response":{"Attribute":[{"type":"url","value":"http://three.tw/","to_ids":true,"Event":{"info":"E3"}}]}}""");

            void Write(string name, string text)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        var (items, report) = Reads.Of(bytes.ToArray());
        Assert.Null(report.Failure);
        Assert.Equal(["one.tw", "0123456789abcdef0123456789abcdef", "http://three.tw/"], items.Select(i => i.Text));
        Assert.Equal("misp", report.Format);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true)) gzip.Write("evil.tw\n"u8);
        Assert.Equal("evil.tw", Assert.Single(Reads.Of(packed.ToArray()).Items).Text);
    }

    [Fact]
    public void A_text_has_a_value_a_line()
    {
        var (items, report) = Reads.Of("# abuse list\n203.0.114.5\n203.0.115.0/24 ; SBL1\n\nhxxp://evil[.]tw/a\n*.bad.tw\n0.0.0.0 hosts.tw # file of hosts\nnonsense here\n10.0.0.1\n203.0.114.7:8080\n// end\n");
        Assert.Equal(["203.0.114.5", "203.0.115.0/24", "http://evil.tw/a", "*.bad.tw", "hosts.tw", "10.0.0.1", "[network-traffic:dst_ref.value = '203.0.114.7' AND network-traffic:dst_port = 8080]"], items.Select(i => i.Text));
        Assert.Equal("SBL1", items[1].Title);
        Assert.Equal(("feed:8", 1L), (Assert.Single(report.Refusals).Place, report.Refused));
        Assert.Equal(IndicatorDoubts.Private, items[5].Doubt);
        Assert.Equal(1, report.Doubts[IndicatorDoubts.Private]);
        Assert.Equal("text", report.Format);
    }

    [Fact]
    public void A_table_names_its_columns()
    {
        var (items, report) = Reads.Of("date,indicator,type,description,tlp,confidence,valid_until\n2026-01-01,\"evil.tw\",domain,\"a, \"\"b\"\"\",amber,80,2027-01-01\n2026-01-01,x,domain,,,,\n2026-01-01,c.exe,filename,,,,soon\n,evil.exe,filename,,TLP:RED,,\n");
        Assert.Equal(2, items.Count);
        Assert.Equal(("domain:evil.tw", "a, \"b\"", "amber", 80), (items[0].Id, items[0].Title, items[0].Context.Tlp, items[0].Confidence));
        Assert.Equal(("evil.exe", "red"), (items[1].Text, items[1].Context.Tlp));
        Assert.Equal(["feed:3", "feed:4"], report.Refusals.Select(r => r.Place));
    }

    [Fact]
    public void A_table_without_names_is_read_by_its_values_or_by_the_column_that_is_told()
    {
        Assert.Equal(["203.0.114.5", "203.0.114.6"], Reads.Of("1,2026-01-01,203.0.114.5,x\n2,2026-01-02,203.0.114.6,y\n").Items.Select(i => i.Text));
        Assert.Equal(["b.tw"], Reads.Of("a.tw;b.tw\n", new IndicatorReadOptions { ValueColumn = 2 }).Items.Select(i => i.Text));
        // Names in a comment, as feeds of abuse.ch have them; a port beside an address belongs to it.
        var item = Assert.Single(Reads.Of("# first_seen_utc,dst_ip,dst_port,malware\n\"2026-01-01\",\"203.0.114.5\",\"8443\",\"Dridex\"\n").Items);
        Assert.Equal(("[network-traffic:dst_ref.value = '203.0.114.5' AND network-traffic:dst_port = 8443]", "Dridex"), (item.Pattern, item.Title));
    }

    [Fact]
    public void A_plain_name_means_what_the_list_says()
    {
        Assert.False(Reads.Hits(Reads.Index("evil.tw\n"), ("query", "www.evil.tw")));
        Assert.True(Reads.Hits(Reads.Index(Reads.Of("evil.tw\n", new IndicatorReadOptions { DomainsWithBelow = true }).Items), ("query", "www.evil.tw")));
        Assert.True(Reads.Hits(Reads.Index(".evil.tw\n"), ("query", "evil.tw")));
        Assert.False(Reads.Hits(Reads.Index(".evil.tw\n"), ("query", "notevil.tw")));
    }

    [Fact]
    public void Limits_hold()
    {
        Assert.Equal("indicator.many", Reads.Of("203.0.114.5\n203.0.114.6\n", new IndicatorReadOptions { MostIndicators = 1 }).Report.Failure?.Code);
        Assert.Equal("indicator.large", Reads.Of(new string('a', 5_000), new IndicatorReadOptions { MostBytes = 1_000 }).Report.Failure?.Code);
        Assert.Equal("indicator.line-long", Assert.Single(Reads.Of("203.0.114.5\n" + new string('a', 500), new IndicatorReadOptions { MostLine = 100 }).Report.Refusals).Code);
        var many = Reads.Of(string.Join('\n', Enumerable.Repeat("nonsense", 50)), new IndicatorReadOptions { MostRefusals = 5 }).Report;
        Assert.Equal((50L, 5), (many.Refused, many.Refusals.Count));
        Assert.Equal("indicator.empty", Reads.Of("# nothing\n").Report.Failure?.Code);
        Assert.Equal("indicator.json-damaged", Reads.Of("{\"type\":\"bundle\",").Report.Failure?.Code);
        Assert.Equal("indicator.json", Assert.Single(Reads.Of("{\"a\":1}").Report.Refusals).Code);
        Assert.Equal("indicator.encoding", Reads.Of([0xFF, 0xFE, 0x31, 0x00, 0x2E, 0x00]).Report.Failure?.Code);
        Assert.NotNull(Reads.Of("{\"a\":" + new string('[', 200) + new string(']', 200) + "}").Report.Failure);
    }

    [Fact]
    public void A_line_that_is_kept_gives_the_indicator_back()
    {
        var (items, _) = Reads.Of(Event(("domain|ip", "evil.tw|203.0.114.5", true), ("ip-dst|port", "203.0.114.5|1", true), ("md5", "0123456789abcdef0123456789abcdef", true)));
        items.AddRange(Reads.Of(Reads.Stix("[domain-name:value = 'evil.tw']", ",\"valid_until\":\"2027-01-01T00:00:00Z\",\"confidence\":5")).Items);
        items.AddRange(Reads.Of("10.0.0.1\n").Items);
        var reader = new IndicatorLines.Reader();
        foreach (var item in items)
        {
            var line = IndicatorLines.Write(item);
            var back = reader.Read(line).Value;
            Assert.Equal(line, IndicatorLines.Write(back));
            Assert.Equal((item.Id, item.Text, item.Doubt, item.ValidUntil), (back.Id, back.Text, back.Doubt, back.ValidUntil));
            Assert.Equal(item.Id, IndicatorLines.IdOf(line));
        }

        Assert.False(reader.Read("{}"u8.ToArray()).IsOk);
        Assert.False(reader.Read("nonsense"u8.ToArray()).IsOk);
    }
}
