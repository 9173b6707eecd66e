namespace Hufu.Indicators.Tests;

/// <summary>STIX: what one event can tell of is matched as written, and all else refused with its place.</summary>
public class StixTests
{
    [Theory]
    [InlineData("[ipv4-addr:value = '203.0.114.5']", "DestinationIp", "203.0.114.5", true)]
    [InlineData("[ipv4-addr:value = '203.0.114.5']", "src_ip", "::ffff:203.0.114.5", true)]
    [InlineData("[ipv4-addr:value = '203.0.114.5']", "dst", "203.0.114.6", false)]
    [InlineData("[ipv4-addr:value ISSUBSET '203.0.114.0/24']", "dst", "203.0.114.77", true)]
    [InlineData("[ipv4-addr:value ISSUBSET '203.0.114.0/24']", "dst", "203.0.115.77", false)]
    [InlineData("[ipv6-addr:value = '2606:4700:0:0::1']", "destination.ip", "2606:4700::1", true)]
    [InlineData("[domain-name:value IN ('a.evil.tw', 'b.evil.tw')]", "QueryName", "B.evil.tw.", true)]
    [InlineData("[domain-name:value = 'evil.tw']", "QueryName", "www.evil.tw", false)]
    [InlineData("[domain-name:value LIKE '%.evil.tw']", "query", "www.evil.tw", true)]
    [InlineData("[domain-name:value LIKE '%.evil.tw']", "query", "evil.tw", false)]
    [InlineData("[domain-name:value LIKE '%evil_.tw']", "query", "myevil2.tw", true)]
    [InlineData("[domain-name:value MATCHES '^[a-z]{3}\\\\.evil\\\\.tw$']", "query", "abc.evil.tw", true)]
    [InlineData("[domain-name:value MATCHES '^[a-z]{3}\\\\.evil\\\\.tw$']", "query", "abcd.evil.tw", false)]
    [InlineData("[url:value = 'http://evil.tw/a b']", "url.full", "http://EVIL.tw:80/a%20b", true)]
    [InlineData("[url:value = 'http://evil.tw/a']", "url.full", "https://evil.tw/a", false)]
    [InlineData("[file:hashes.'SHA-256' = 'AEC070645FE53EE3B3763059376134F058CC337247C978ADD178B6CCDFB0019F']", "Hashes", "MD5=0123456789abcdef0123456789abcdef,SHA256=AEC070645FE53EE3B3763059376134F058CC337247C978ADD178B6CCDFB0019F,IMPHASH=ffffffffffffffffffffffffffffffff", true)]
    [InlineData("[file:hashes.MD5 = 'ffffffffffffffffffffffffffffffff']", "Hashes", "MD5=0123456789abcdef0123456789abcdef,IMPHASH=ffffffffffffffffffffffffffffffff", false)]
    [InlineData("[file:hashes.IMPHASH = 'ffffffffffffffffffffffffffffffff']", "Hashes", "MD5=0123456789abcdef0123456789abcdef,IMPHASH=FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", true)]
    [InlineData("[file:name = 'Evil.EXE']", "Image", @"C:\Users\a\evil.exe", true)]
    [InlineData("[file:name = 'evil.exe']", "Image", @"C:\Users\a\notevil.exe", false)]
    [InlineData("[file:name = 'C:\\\\Temp\\\\evil.exe']", "TargetFilename", @"c:\temp\EVIL.exe", true)]
    [InlineData("[file:name = 'C:\\\\Temp\\\\evil.exe']", "TargetFilename", @"c:\other\EVIL.exe", false)]
    [InlineData("[email-addr:value = 'bad@evil.tw']", "to", "\"A, B\" <good@ours.tw>, Bad@Evil.tw", true)]
    [InlineData("[email-message:from_ref.value = 'bad@evil.tw']", "to", "bad@evil.tw", false)]
    [InlineData("[email-message:from_ref.value = 'bad@evil.tw']", "MailFrom", "<bad@evil.tw>", true)]
    [InlineData("[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\Software\\\\Evil\\\\Run']", "TargetObject", @"HKLM\SOFTWARE\Evil\Run\Start", true)]
    [InlineData("[windows-registry-key:key = 'HKEY_CURRENT_USER\\\\Software\\\\Evil']", "TargetObject", @"HKU\S-1-5-21-1-2-3-1001\Software\Evil", true)]
    [InlineData("[process:command_line LIKE '%-enc %']", "CommandLine", "powershell -enc AAAA", true)]
    [InlineData("[process:command_line LIKE '%-ENC %']", "CommandLine", "powershell -enc AAAA", false)]
    [InlineData("[process:name = 'evil.exe']", "ParentImage", @"C:\evil.exe", false)]
    [InlineData("[process:parent_ref.name = 'evil.exe']", "ParentImage", @"C:\evil.exe", true)]
    [InlineData("[user-account:account_login = 'backdoor']", "TargetUserName", @"CORP\Backdoor", true)]
    [InlineData("[mutex:name = 'Global\\\\evil']", "mutex", @"Global\evil", true)]
    [InlineData("[network-traffic:dst_ref.value = '203.0.114.5']", "src_ip", "203.0.114.5", false)]
    [InlineData("[network-traffic:dst_ref.value = '203.0.114.5']", "dst_ip", "203.0.114.5", true)]
    [InlineData("[network-traffic:dst_ref.value = 'c2.evil.tw']", "DestinationHostname", "C2.evil.tw", true)]
    [InlineData("[network-traffic:dst_port > 6000 AND network-traffic:dst_port <= 7000]", "DestinationPort", "6667", true)]
    [InlineData("[network-traffic:dst_port > 6000 AND network-traffic:dst_port <= 7000]", "DestinationPort", "443", false)]
    [InlineData("[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'EvilBot/1.0']", "cs(User-Agent)", "EvilBot/1.0", true)]
    [InlineData("[network-traffic:extensions.'http-request-ext'.request_value = '/gate.php?id=1']", "c-uri", "http://any.host/gate.php?id=1", true)]
    [InlineData("[domain-name:value != 'evil.tw']", "query", "evil.tw", false)]
    [InlineData("[domain-name:value NOT = 'evil.tw']", "query", "good.tw", true)]
    [InlineData("[ipv4-addr:value = '203.0.114.5'] OR [domain-name:value = 'evil.tw']", "query", "evil.tw", true)]
    [InlineData("[ipv4-addr:value = '203.0.114.5'] WITHIN 300 SECONDS", "dst", "203.0.114.5", true)]
    public void A_pattern_matches_what_it_says(string pattern, string field, string value, bool matches)
    {
        var (items, report) = Reads.Of(Reads.Stix(pattern));
        Assert.True(report.Refused == 0, string.Join(' ', report.Refusals));
        Assert.Equal(matches, Reads.Hits(Reads.Index(items), (field, value)));
    }

    [Fact]
    public void Both_sides_of_AND_must_hold_in_one_event()
    {
        var index = Reads.Index(Reads.Stix("[network-traffic:dst_ref.value = '203.0.114.5' AND network-traffic:dst_port = 8443]"));
        Assert.True(Reads.Hits(index, ("DestinationPort", "8443"), ("DestinationIp", "203.0.114.5")));
        Assert.False(Reads.Hits(index, ("DestinationPort", "443"), ("DestinationIp", "203.0.114.5")));
        Assert.False(Reads.Hits(index, ("DestinationPort", "8443"), ("DestinationIp", "203.0.114.6")));
        // AND binds before OR.
        var mixed = Reads.Index(Reads.Stix("[file:name = 'a.exe' OR file:name = 'b.exe' AND process:command_line = 'b.exe -x']"));
        Assert.True(Reads.Hits(mixed, ("TargetFilename", "/tmp/a.exe")));
        Assert.False(Reads.Hits(mixed, ("TargetFilename", "/tmp/b.exe")));
        Assert.True(Reads.Hits(mixed, ("TargetFilename", "/tmp/b.exe"), ("CommandLine", "b.exe -x")));
    }

    [Fact]
    public void Key_and_value_of_the_registry_belong_together()
    {
        var index = Reads.Index(Reads.Stix(@"[windows-registry-key:key = 'HKLM\\Software\\Evil' AND windows-registry-key:values[*].name = 'Start' AND windows-registry-key:values[0].data = 'evil.exe']"));
        Assert.True(Reads.Hits(index, ("TargetObject", @"HKLM\Software\Evil\start"), ("Details", "evil.exe")));
        Assert.False(Reads.Hits(index, ("TargetObject", @"HKLM\Software\Evil\Stop"), ("Details", "evil.exe")));
    }

    [Theory]
    [InlineData("[ipv4-addr:value = '203.0.114.5'] FOLLOWEDBY [domain-name:value = 'evil.tw']", "indicator.pattern.several")]
    [InlineData("[ipv4-addr:value = '203.0.114.5'] AND [domain-name:value = 'evil.tw']", "indicator.pattern.several")]
    [InlineData("[ipv4-addr:value = '203.0.114.5'] REPEATS 5 TIMES", "indicator.pattern.repeats")]
    [InlineData("([ipv4-addr:value = '203.0.114.5'] OR [domain-name:value = 'evil.tw']) WITHIN 5 SECONDS", "indicator.pattern.within")]
    [InlineData("[ipv4-addr:value = '203.0.114.5'] START t'2020-01-01T00:00:00Z' STOP t'2021-01-01T00:00:00Z'", "indicator.pattern.start")]
    [InlineData("[autonomous-system:number = 15169]", "indicator.pattern.property")]
    [InlineData("[file:size > 10]", "indicator.pattern.property")]
    [InlineData("[EXISTS file:name]", "indicator.pattern.exists")]
    [InlineData("[ipv4-addr:value ISSUPERSET '203.0.114.0/24']", "indicator.pattern.superset")]
    [InlineData("[domain-name:value ISSUBSET 'a.b']", "indicator.pattern.subset")]
    [InlineData("[file:hashes.MD5 = 'abc']", "indicator.pattern.value")]
    [InlineData("[file:hashes.MD5 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']", "indicator.pattern.value")]
    [InlineData("[process:command_line MATCHES '(a)\\\\1']", "indicator.pattern.regex")]
    [InlineData("[process:command_line MATCHES '(?=a)b']", "indicator.pattern.regex")]
    [InlineData("[domain-name:value = 'evil.tw'", "indicator.pattern.syntax")]
    [InlineData("[domain-name:value = 'evil.tw]", "indicator.pattern.quote")]
    [InlineData("[domain-name:value ~ 'evil.tw']", "indicator.pattern.syntax")]
    [InlineData("[domain-name:value > 'evil.tw']", "indicator.pattern.order")]
    [InlineData("[file:name = h'00ff']", "indicator.pattern.literal")]
    public void What_one_event_cannot_tell_of_is_refused_with_its_place(string pattern, string code)
    {
        var (items, report) = Reads.Of(Reads.Stix(pattern));
        Assert.Empty(items);
        var refusal = Assert.Single(report.Refusals);
        Assert.Equal(code, refusal.Code);
        Assert.Equal("feed: indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", refusal.Place);
    }

    [Fact]
    public void Deep_and_wide_patterns_are_refused()
    {
        Assert.Equal("indicator.pattern.deep", PatternParser.Parse("[" + new string('(', 500) + "domain-name:value = 'a.tw'" + new string(')', 500) + "]").Errors[0].Code);
        Assert.Equal("indicator.pattern.deep", PatternParser.Parse(new string('(', 5_000)).Errors[0].Code);
        Assert.Equal("indicator.pattern.large", PatternParser.Parse("[" + string.Join(" OR ", Enumerable.Range(0, 2_001).Select(_ => "mutex:name='a'")) + "]", 1 << 20).Errors[0].Code);
        Assert.Equal("indicator.pattern.long", PatternParser.Parse(new string('x', 100), 50).Errors[0].Code);
    }

    [Fact]
    public void What_surrounds_an_indicator_is_known()
    {
        var (items, report) = Reads.Of("""
            {"type":"bundle","id":"bundle--1","objects":[
              {"type":"identity","id":"identity--1","name":"國家資安單位"},
              {"type":"marking-definition","id":"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82","definition_type":"tlp","definition":{"tlp":"amber"}},
              {"type":"malware","id":"malware--1","name":"PlugX"},
              {"type":"intrusion-set","id":"intrusion-set--1","name":"Mustang"},
              {"type":"attack-pattern","id":"attack-pattern--1","name":"Web Protocols","external_references":[{"source_name":"mitre-attack","external_id":"T1071.001"}]},
              {"type":"relationship","id":"relationship--1","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"malware--1"},
              {"type":"relationship","id":"relationship--2","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"attack-pattern--1"},
              {"type":"relationship","id":"relationship--3","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"intrusion-set--1","revoked":true},
              {"type":"indicator","id":"indicator--1","modified":"2026-01-01T00:00:00Z","name":"old","pattern":"[domain-name:value = 'old.tw']"},
              {"type":"indicator","id":"indicator--1","modified":"2026-02-01T00:00:00Z","name":"C2 of PlugX","pattern":"[domain-name:value = 'c2.tw']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","valid_until":"2027-01-01T00:00:00Z","confidence":85,"labels":["apt"],"indicator_types":["malicious-activity"],
               "kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"command-and-control"}],"created_by_ref":"identity--1","object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]},
              {"type":"indicator","id":"indicator--2","pattern":"[domain-name:value = 'gone.tw']","revoked":true},
              {"type":"indicator","id":"indicator--3","pattern":"alert tcp any","pattern_type":"snort"}]}
            """);
        var item = Assert.Single(items);
        Assert.Equal(("indicator--1", "C2 of PlugX", "c2.tw", 85), (item.Id, item.Title, item.Text, item.Confidence));
        Assert.Equal(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), item.ValidUntil);
        Assert.Equal(("國家資安單位", "amber"), (item.Context.Producer, item.Context.Tlp));
        Assert.Equal(["PlugX", "Web Protocols"], item.Context.Names);
        Assert.Equal(["malicious-activity", "apt"], item.Context.Labels);
        Assert.Equal(["attack.t1071.001", "attack.command-and-control"], item.Context.Attack);
        Assert.Equal(1, report.Left["revoked"]);
        Assert.Equal("indicator.stix.pattern-type", Assert.Single(report.Refusals).Code);
    }

    [Fact]
    public void An_indicator_counts_within_its_time()
    {
        var index = Reads.Index(Reads.Stix("[domain-name:value = 'evil.tw']", ",\"valid_until\":\"2026-11-30T00:00:00Z\""));
        Assert.NotEmpty(Reads.Match(index, new DateTimeOffset(2026, 11, 29, 23, 59, 59, TimeSpan.Zero), null, ("query", "evil.tw")));
        Assert.Empty(Reads.Match(index, new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero), null, ("query", "evil.tw")));
        // What begins next month is not looked for yet; what began last month is looked for in events of before.
        var later = Reads.Index(Reads.Stix("[domain-name:value = 'evil.tw']").Replace("2020-01-01", "2027-01-01", StringComparison.Ordinal));
        Assert.Empty(Reads.Match(later, ("query", "evil.tw")));
        var before = Reads.Index(Reads.Stix("[domain-name:value = 'evil.tw']").Replace("2020-01-01", "2026-11-01", StringComparison.Ordinal));
        Assert.NotEmpty(Reads.Match(before, new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero), null, ("query", "evil.tw")));
    }
}
