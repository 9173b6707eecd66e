using System.Globalization;
using System.Text.Json;

namespace Hufu.Logs.Tests;

/// <summary>Lines that another record carries: what is known of a line by itself is known of it by syslog, in a shipper's JSON and in a container's log.</summary>
public class CarriedTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    // A container's log ends each line with its line break.
    private static readonly Dictionary<string, Func<string, string>> Carriers = new()
    {
        ["syslog"] = line => "<13>Jan  4 01:02:03 web01 httpd: " + line,
        ["a number behind the program"] = line => "<13>Jan  4 01:02:03 web01 httpd[9]: " + line,
        ["RFC 5424"] = line => "<13>1 2026-01-04T01:02:03Z web01 httpd - - - " + line,
        ["a file of rsyslog"] = line => "2026-01-04T01:02:03.123456+00:00 web01 httpd: " + line,
        ["Filebeat"] = line => $$"""{"@timestamp":"2026-01-04T01:02:03Z","message":{{JsonSerializer.Serialize(line)}},"host":{"name":"web01"},"log":{"offset":7},"input":"log"}""",
        ["Docker"] = line => $$"""{"log":{{JsonSerializer.Serialize(line + "\n")}},"stream":"stdout","time":"2026-01-04T01:02:03Z"}""",
        ["containerd"] = line => "2026-01-04T01:02:03.123456789Z stdout F " + line,
        ["GELF"] = line => $$"""{"version":"1.1","host":"web01","timestamp":1767488523,"short_message":{{JsonSerializer.Serialize(line)}},"_file":"x"}""",
        ["JSON by syslog"] = line => $$"""<13>Jan  4 01:02:03 web01 httpd: {"host":"web01","message":{{JsonSerializer.Serialize(line)}}}""",
        ["JSON in a container"] = line => $$"""2026-01-04T01:02:03.123456789Z stderr F {"host":"web01","message":{{JsonSerializer.Serialize(line)}}}""",
    };

    private static LogEvent Read(string line) => LogParser.Parse(line, Reference, "test", Options);

    public static TheoryData<string> Lines => new(
    [
        "203.0.113.9 - bob [04/Jan/2026:09:02:03 +0800] \"GET /a?q=1%27 HTTP/1.1\" 404 153 \"-\" \"curl/8\"",
        "203.0.113.9 - - [04/Jan/2026:09:02:03 +0800] \"\\x16\\x03\" 400 157 \"-\" \"-\" \"198.51.100.7\"",
        "2026/01/04 01:02:03 [error] 288#288: *4 open() \"/x\" failed (2: No such file), client: 203.0.113.9, server: a.example, request: \"GET /x HTTP/1.1\", host: \"a\"",
        "[Sun Jan 04 01:02:03.123456 2026] [core:error] [pid 12:tid 13] [client 203.0.113.9:4711] AH00035: access denied",
        "2026-01-04 01:02:03 10.0.0.5 GET /a b=c 443 - 203.0.113.9 Mozilla/5.0+(Windows) - 404 0 2 15",
        "<Event><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4625</EventID><Channel>Security</Channel></System><EventData><Data Name='TargetUserName'>eve</Data></EventData></Event>",
        "<alert id='7'><src port='22'><ip>203.0.113.9</ip></src></alert>",
        "2026-01-04 01:02:03 UTC:203.0.113.9(52834):bob@shop:[20175]:FATAL: password authentication failed for user \"bob\"",
        "2026-01-04T01:02:03.123456Z 8 [Note] [MY-010926] [Server] Access denied for user 'root'@'203.0.113.9' (using password: YES)",
        "1767488523.123    120 10.0.0.5 TCP_MISS/200 1234 GET http://x/ - HIER_DIRECT/198.51.100.7 text/html",
        "2 123456789010 eni-1235b8ca123456789 203.0.113.42 10.0.0.1 49761 3389 6 20 4249 1767488523 1767488583 REJECT OK",
        "04-Jan-2026 01:02:03.123 queries: info: client @0x7f 10.0.0.5#53 (a.example): query: a.example IN A + (10.0.0.53)",
        "Sun Jan  4 01:02:03 2026 : Auth: (5) Login OK: [alice] (from client ap1 port 0 cli AA-BB via TLS tunnel)",
        "2026-01-04 01:02:03,747 ERROR [main] com.acme.Store - failed for bob",
        "2026-01-04 01:02:03 level=error msg=\"no space\" user=amy",
        "CEF:0|Acme|Fence|1|100|Worm|9|src=203.0.113.9 dst=10.0.0.1 suser=eve act=blocked",
        "type=USER_LOGIN msg=audit(1767488523.123:456): pid=812 uid=0 msg='op=login acct=\"root\" res=failed'",
    ]);

    [Theory]
    [MemberData(nameof(Lines))]
    public void ALineIsReadWhereverItIsCarried(string line)
    {
        var alone = Read(line);
        Assert.True(alone.Fields.Count > 1, "It is read by itself.");
        foreach (var (name, carry) in Carriers)
        {
            var (carried, own) = (Read(carry(line)), Read(carry("text")));
            foreach (var (field, value) in alone.Fields)
            {
                // What the carrier says itself counts before it.
                if (own.Fields.ContainsKey(field)) continue;
                Assert.True(carried.Fields.TryGetValue(field, out var found) && found == value, $"{name}: {field} is “{found}”, not “{value}”.");
            }

            Assert.Equal(alone.SourceIp, carried.SourceIp);
            Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), carried.OccurredAt!.Value.AddTicks(-(carried.OccurredAt.Value.Ticks % TimeSpan.TicksPerSecond)));
            if (name is not ("Docker" or "containerd")) Assert.Equal("web01", carried.Host);
            // What rules are for the line are for it as it is carried.
            foreach (var hint in LogSourceHints.For(alone)) Assert.Contains(LogSourceHints.For(carried), found => (hint.Product is null || found.Product == hint.Product) && found.Category == hint.Category && found.Service == hint.Service);
        }
    }

    [Fact]
    public void AnAccessLineMakesTheZoneOfAnOldHeaderCertain()
    {
        var read = LogParser.Parse("<190>Jan  4 09:02:03 web nginx: 203.0.113.9 - - [04/Jan/2026:09:02:03 +0800] \"GET / HTTP/1.1\" 200 1", Reference, "test", Options);
        Assert.Equal((new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), false), (read.OccurredAt!.Value, read.TimeZoneAssumed));
        Assert.Equal(("web", "nginx"), (read.Host, read.App));
    }

    [Theory]
    [InlineData("kernel: [12345.678901] [UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=203.0.113.9 DST=10.0.0.5 PROTO=TCP SPT=4242 DPT=22", "kernel", null, "iptables")]
    [InlineData("sshd[24200]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9 user=bob", "sshd", "24200", "pam")]
    [InlineData("kernel: [12.5] audit: type=1400 audit(1767488523.123:456): apparmor=\"DENIED\" operation=\"open\" name=\"/etc/shadow\" comm=\"cat\"", "kernel", null, "auditd")]
    [InlineData("CEF:0|Acme|Fence|1|100|Worm|9|src=203.0.113.9 act=blocked", "Fence", null, "cef")]
    [InlineData("date=2026-01-04 time=09:02:03 devname=\"fw\" devid=\"FG100\" logid=\"0000000013\" type=\"traffic\" srcip=203.0.113.9", "fortigate", null, "fortigate")]
    [InlineData("%ASA-6-302013: Built outbound TCP connection 1 for outside:203.0.113.9/80 (203.0.113.9/80) to inside:10.0.0.2/3333 (10.0.0.2/3333)", "%ASA-6-302013", null, "cisco-asa")]
    [InlineData("1,2026/01/04 01:02:03,0123,TRAFFIC,end,2304,2026/01/04 01:02:03,203.0.113.9,10.0.0.5,,,allow", "paloalto", null, "paloalto")]
    public void AFileOfRsyslogsOwnLayout_EveryMessageHasItsHostAndItsProgram(string message, string? app, string? process, string decoder)
    {
        var read = LogParser.ParseRecord("2026-01-04T09:02:03.123456+08:00 web01 " + message, Options);
        Assert.Equal((LogFormats.Syslog3164, "web01", process, decoder), (read.Format, read.HostName, read.ProcId, read.Decoder));
        if (app is not ("fortigate" or "paloalto")) Assert.Equal(app, read.AppName);
        Assert.Equal((new DateTimeOffset(2026, 1, 4, 1, 2, 3, 123, 456, TimeSpan.Zero), false), (read.Timestamp!.Value, read.TimeZoneAssumed));
    }

    [Theory]
    [InlineData("Jan  4 01:02:03 h auth.info sshd[9]: text", 38, "h", "sshd", "9")]
    [InlineData("Jan  4 01:02:03 h auth|security:info sshd[9]: text", 38, "h", "sshd", "9")]
    [InlineData("Jan  4 01:02:03 <local7.err> h sshd[9]: text", 187, "h", "sshd", "9")]
    [InlineData("Sun Jan  4 01:02:03 2026 authpriv.notice sshd[9]: text", 85, null, "sshd", "9")]
    [InlineData("Sun 2026-01-04 01:02:03 UTC h sshd[9]: text", null, "h", "sshd", "9")]
    [InlineData("2026-01-04 01:02:03 UTC h sshd[9]: text", null, "h", "sshd", "9")]
    [InlineData("1767488523.000000 h sshd[9]: text", null, "h", "sshd", "9")]
    [InlineData("Jan  4 09:02:03 +08:00 h sshd[9]: text", null, "h", "sshd", "9")]
    [InlineData("<13>1767488523 h sshd[9]: text", 13, "h", "sshd", "9")]
    [InlineData("2026-01-04T01:02:03Z h last message repeated 5 times", null, "h", null, null)]
    public void HeadersOfMoreSystems(string line, int? priority, string? host, string? app, string? process)
    {
        var read = LogParser.ParseRecord(line, Options);
        Assert.Equal((LogFormats.Syslog3164, priority, host, app, process), (read.Format, read.Priority, read.HostName, read.AppName, read.ProcId));
        Assert.Equal(Reference.AddDays(-1).Date.AddHours(1).AddMinutes(2).AddSeconds(3), read.Timestamp!.Value.UtcDateTime);
        Assert.Empty(read.Problems);
    }

    [Fact]
    public void AFractionIsNotRounded() => Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero).AddTicks(1_234_567), Read("<13>Jan  4 01:02:03.1234567 h p: text").OccurredAt);

    [Theory]
    [InlineData("2026-01-04T01:02:03Z INFO server: started")]
    [InlineData("2026-01-04T01:02:03Z [info] server: started")]
    [InlineData("2026-01-04T01:02:03Z main: started")]
    [InlineData("2026-01-04T01:02:03Z I! Loaded inputs: cpu")]
    [InlineData("1767488523.123 120 web[9]: text")]
    [InlineData("2026-01-04T01:02:03Z 12 text: more")]
    [InlineData("2026-01-04T01:02:03.123456Z stdout F web: started")]
    [InlineData("Sun Jan  4 01:02:03 2026 203.0.113.9:1194 VERIFY OK: depth=0")]
    public void LinesOfProgramsAreNoSyslog(string line) => Assert.NotEqual("web", Read(line).Host ?? "");

    [Theory]
    [InlineData("<134>1 1767488523.583851768 MX84 urls src=192.0.2.186:63735 dst=198.51.100.40:80 mac=58:1F:AA:CE:61:F2 agent='Mozilla/5.0 (X11)' request: GET https://a.example/b?c=1", "src_ip=192.0.2.186¦src_port=63735¦dst_port=80¦client_mac=58:1F:AA:CE:61:F2¦user_agent=Mozilla/5.0 (X11)¦method=GET¦url=https://a.example/b?c=1")]
    [InlineData("<134>1 1767488523.583851768 MX84 flows allow src=192.0.2.186 dst=198.51.100.8 mac=58:1F:AA:CE:61:F2 protocol=udp sport=55719 dport=53", "action=allow¦protocol=udp¦dst_port=53")]
    [InlineData("<134>1 1767488523.583851768 MX84 flows src=192.0.2.186 dst=198.51.100.8 mac=58:1F:AA:CE:61:F2 protocol=udp sport=55719 dport=53 pattern: deny all", "action=deny¦outcome=failure¦rule=all")]
    [InlineData("<134>1 1767488523.583851768 MX84 firewall src=192.0.2.186 dst=198.51.100.8 mac=58:1F:AA:CE:61:F2 protocol=icmp type=8 pattern: 1 all", "action=allow¦icmp_type=8")]
    [InlineData("<134>Jan  4 01:02:05 192.0.2.1 1 1767488523.583851768 MX84 ip_flow_start src=192.0.2.186 dst=198.51.100.8 protocol=udp sport=55719 dport=53 translated_src_ip=203.0.113.4 translated_port=55719", "action=ip_flow_start¦nat_src_ip=203.0.113.4")]
    [InlineData("<134>1 1767488523.583851768 MX84 security_event ids_alerted signature=1:28423:1 priority=1 timestamp=1767488523.5 dhost=98:5A:EB:E1:81:2F direction=ingress protocol=tcp/ip src=198.51.100.38:80 dst=192.0.2.2:53023 message: EXPLOIT-KIT seen", "action=ids_alerted¦signature_id=1:28423:1¦signature=EXPLOIT-KIT seen¦src_ip=198.51.100.38¦dst_port=53023")]
    [InlineData("<134>1 1767488523.583851768 MX84 events dhcp lease of ip 192.0.2.68 from server mac E0:CB:BC:0F:00:01 for client mac 8C:16:45:CC:00:01 from router 192.0.2.1 on subnet 255.255.255.0 with dns 192.0.2.8", "action=lease¦client_ip=192.0.2.68¦client_mac=8C:16:45:CC:00:01")]
    public void Meraki_SecondsAreATime(string line, string expected)
    {
        var read = LogParser.ParseRecord(line, Options);
        Assert.Equal(("MX84", "meraki"), (read.HostName, read.Decoder));
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero).AddTicks(5_838_517), read.Timestamp);
        Assert.Empty(read.Problems);
        FormatTests.Holds(read.Fields, expected);
    }

    [Fact]
    public void ObjectsWithinObjectsAreFollowedNoDeeperThanAFew()
    {
        var line = "Failed password for root from 203.0.113.9 port 4711 ssh2";
        for (var depth = 0; depth < 11; depth++)
        {
            line = $$"""{"program":"sshd","message":{{JsonSerializer.Serialize(line)}}}""";
            // The object itself, and one within it.
            Assert.Equal(depth < 2, Read(line).Fields.ContainsKey("user"));
            foreach (var carry in Carriers.Values) Assert.Equal(carry(line), Read(carry(line)).Raw);
            // Nothing to look into: each is the text of itself only.
            Assert.NotEmpty(Read("<13>Jan  4 01:02:03 h p: {\"n\":1,\"inner\":" + line + "}").Fields);
        }
    }

    [Theory]
    [InlineData("{\"a\":1,\"b", new[] { "json.invalid|9" }, null)]
    [InlineData("{x} IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.1 PROTO=TCP DPT=22", new string[0], "iptables")]
    [InlineData("{\"a\":\"IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.1 PROTO=TCP DPT=22\"}", new string[0], "json-message")]
    public void WhatLooksLikeAnObjectAndIsNoneIsToldOnce_AndOnlyWhereNothingElseKnowsIt(string message, string[] problems, string? decoder)
    {
        var read = LogParser.ParseRecord("<13>Jan  4 01:02:03 gw p: " + message, Options);
        Assert.Equal(problems, read.Problems);
        Assert.Equal(decoder, read.Decoder);
    }

    [Fact]
    public void AnyCutOfACarriedLineIsRead()
    {
        foreach (var line in Lines.Select(row => row.Data))
        {
            foreach (var carry in Carriers.Values)
            {
                var whole = carry(line);
                for (var cut = 0; cut < whole.Length; cut += 7)
                {
                    Assert.Equal(whole[..cut], Read(whole[..cut]).Raw);
                    Assert.Equal(whole[cut..], Read(whole[cut..]).Raw);
                }
            }
        }
    }
}
