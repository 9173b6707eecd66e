namespace Hufu.Logs.Tests;

/// <summary>What firewalls, routers and other devices of the network write, in the shapes that they have beside those of their manuals.</summary>
public class DeviceTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private static LogEvent Read(string line, LogStream? stream = null) => LogParser.Parse(line, Reference, "test", Options, stream);

    private static string Sources(LogEvent read) => string.Join(' ', LogSourceHints.For(read).Select(SourceMappings.Text));

    [Theory]
    [InlineData("firewall,info forward: in:ether5 out:ether1, src-mac 00:11:22:33:44:55, proto TCP (ACK,FIN), 10.0.0.5:57916->203.0.113.9:443, NAT (10.0.0.5:57916->198.51.100.7:57916)->203.0.113.9:443, len 52", "chain=forward¦inbound_if=ether5¦outbound_if=ether1¦src_mac=00:11:22:33:44:55¦protocol=TCP¦flags=ACK,FIN¦src_ip=10.0.0.5¦src_port=57916¦dst_ip=203.0.113.9¦dst_port=443¦nat_dst_ip=198.51.100.7")]
    [InlineData("firewall,info DROP WAN input: in:ether1 out:(unknown 0), connection-state:new src-mac 00:11:22:33:44:55, proto UDP, 203.0.113.9:5353->198.51.100.7:53, len 73", "prefix=DROP WAN¦chain=input¦outbound_if=(unknown 0)¦connection_state=new¦protocol=UDP¦src_ip=203.0.113.9¦dst_port=53")]
    [InlineData("firewall,info input: in:ether1 out:(unknown 0), proto ICMP (type 8, code 0), 203.0.113.9->198.51.100.7, len 56", "protocol=ICMP¦flags=type 8, code 0¦src_ip=203.0.113.9¦dst_ip=198.51.100.7")]
    [InlineData("firewall,info forward: in:<pppoe-eve> out:vlan2, connection-state:new,snat proto TCP (SYN), [2001:db8::9]:35420->[2001:db8::5]:22, len 60", "inbound_if=<pppoe-eve>¦connection_state=new,snat¦src_ip=2001:db8::9¦dst_port=22")]
    [InlineData("system,error,critical login failure for user admin from 203.0.113.9 via ssh", "user=admin¦src_ip=203.0.113.9¦method=ssh¦action=login¦outcome=failure¦topics=system,error,critical")]
    [InlineData("system,info,account user admin logged in from 10.0.0.2 via winbox", "user=admin¦src_ip=10.0.0.2¦outcome=success")]
    [InlineData("l2tp,ppp,info,account eve logged in, 10.9.0.5 from 203.0.113.9", "user=eve¦client_ip=10.9.0.5¦src_ip=203.0.113.9¦action=login")]
    [InlineData("dhcp,info defconf assigned 10.0.0.7 for 00:11:22:33:44:55 PC-7", "client_ip=10.0.0.7¦client_mac=00:11:22:33:44:55¦client_host=PC-7¦action=assigned")]
    [InlineData("system,info filter rule changed by admin", "object=filter rule¦user=admin¦action=changed")]
    [InlineData("interface,info ether1 link down", "interface=ether1¦state=down")]
    public void MikroTik_MessagesAreReadByTheirTopics(string message, string expected)
    {
        foreach (var line in (string[])[$"<134>Jan  4 01:02:03 gw {message}", $"<134>Jan  4 01:02:03 gw : {message}", $"<134>{message}"])
        {
            if (line.Contains(" : ", StringComparison.Ordinal) && !message.StartsWith("firewall", StringComparison.Ordinal)) continue;
            var read = Read(line);
            FormatTests.Holds(read.Fields, expected + "¦event.module=mikrotik");
            if (message.StartsWith("firewall", StringComparison.Ordinal)) Assert.Contains("mikrotik/firewall/-", Sources(read), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("2026-01-04 01:02:03.123 INFO  [kea-dhcp4.leases/9.14] DHCP4_LEASE_ALLOC [hwtype=1 00:11:22:33:44:55], cid=[01:00:11], tid=0x2109a5b: lease 10.0.0.7 has been allocated for 14400 seconds", "action=DHCP4_LEASE_ALLOC¦client_ip=10.0.0.7¦client_mac=00:11:22:33:44:55¦lease_time=14400")]
    [InlineData("Jan  4 01:02:03 ns kea-dhcp4[617]: INFO  [kea-dhcp4.leases] DHCP4_LEASE_ALLOC [hwtype=1 00:11:22:33:44:55], cid=[no info], tid=0x1: lease 10.0.0.7 has been allocated", "action=DHCP4_LEASE_ALLOC¦client_ip=10.0.0.7")]
    [InlineData("Jan  4 01:02:03 ns kea-dhcp4[617]: 2026-01-04 01:02:03.229 INFO  [kea-dhcp4.packets/9.14] DHCP4_PACKET_RECEIVED [hwtype=1 00:11:22:33:44:55], cid=[no info], tid=0x1: DHCPREQUEST (type 3) received from 0.0.0.0 to 255.255.255.255 on interface eth0", "message_type=DHCPREQUEST¦interface=eth0¦client_mac=00:11:22:33:44:55")]
    [InlineData("Jan  4 01:02:03 ns kea-dhcp6[617]: INFO  [kea-dhcp6.leases] DHCP6_LEASE_ALLOC duid=[00:01], [no hwaddr info], tid=0x5: lease for address 2001:db8::7 and iaid=1 has been allocated", "action=DHCP6_LEASE_ALLOC¦client_ip=2001:db8::7¦client_duid=00:01")]
    public void Kea_LeasesAreRead(string line, string expected)
    {
        FormatTests.Holds(Read(line).Fields, expected);
        Assert.Equal(new DateTime(2026, 1, 4, 1, 2, 3), Read(line).OccurredAt!.Value.UtcDateTime.AddMilliseconds(-Read(line).OccurredAt!.Value.Millisecond));
    }

    [Theory]
    [InlineData("1,2026/01/04 01:02:03,0123,GTP,end,2304,2026/01/04 01:02:03,203.0.113.9,10.0.0.5,,,allow,,,gtp-u,vsys1,out,in,e1,e2,log,,77,,2152,2152,,,,udp,alert,92003,886900,internet,EUTRAN,32,10.9.0.5,aa,bb,S1-U,16,informational,466,92,1,2,3,,,TW,TW,,,,,,,,4669,3569", "src=203.0.113.9¦dport=2152¦apn=internet¦end_ip_adr=10.9.0.5¦severity=informational¦mcc=466¦imsi=4669¦imei=3569")]
    [InlineData("1,2026/01/04 01:02:03,0123,SCTP,end,2304,2026/01/04 01:02:03,203.0.113.9,10.0.0.5,,,allow,,,,vsys1,out,in,e1,e2,log,,77,1,2905,2905,,,,,sctp,deny,0,0,0,0,v,fw1,9,,55,3,informational,DATA,,1,2,0", "src=203.0.113.9¦dport=2905¦proto=sctp¦action=deny¦device_name=fw1¦sctp_chunk_type=DATA")]
    [InlineData("1,2026/01/04 01:02:03,0123,END,end,2561,2026/01/04 01:02:03,203.0.113.9,10.0.0.5,198.51.100.7,0.0.0.0,allow,eve,,gre,vsys1,out,in,e1,e2,log,,77,1,0,0,0,0,0x1,gre,allow,informational,9,0x0,TW,TW,0,0,0,0,v,fw1,12,m,5,2026/01/04 01:00:00,gre,500", "src=203.0.113.9¦srcuser=eve¦proto=gre¦tunnel=gre¦bytes=500¦device_name=fw1")]
    public void PaloAlto_TunnelsAndMobileNetworksHaveTheirColumns(string line, string expected) => FormatTests.Holds(Read(line).Fields, expected + "¦event.module=paloalto");

    [Theory]
    [InlineData("<164>Jan 04 2026 01:02:03: %ASA-4-106023 Deny tcp src dmz:10.1.2.3/6316 dst outside:203.0.113.9/53 by access-group \"dmz\" [0x0, 0x0]")]
    [InlineData("%FTD-4-106023 Deny tcp src dmz:10.1.2.3/6316 dst outside:203.0.113.9/53 by access-group \"dmz\" [0x0, 0x0]")]
    public void Asa_SomeVersionsWriteNoColonBehindTheCode(string line) => FormatTests.Holds(Read(line).Fields, "message_id=106023¦src_ip=10.1.2.3¦dst_port=53¦rule=dmz¦action=deny");

    [Theory]
    [InlineData("6-302013: Built outbound TCP connection 123 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.5/4242 (198.51.100.7/4242) (alice)", "src_ip=10.0.0.5¦dst_ip=203.0.113.9¦dst_port=443¦direction=outbound¦user=alice")]
    [InlineData("6-302013: Built inbound TCP connection 27 for out:203.0.113.9/4992 (203.0.113.9/4992)(LOCAL\\alice) to in:10.0.0.5/80 (10.0.0.5/80)", "peer_ip=203.0.113.9¦local_port=80¦user=alice")]
    [InlineData("6-302304: Teardown TCP state-bypass connection 11 for out:203.0.113.9/5723(LOCAL\\bob b) to in:10.0.0.5/53 duration 0:00:01 bytes 148 Connection timeout", "src_ip=203.0.113.9¦user=bob b¦dst_port=53¦bytes=148¦action=teardown")]
    [InlineData("6-302020: Built inbound ICMP connection for faddr 203.0.113.9/0(LOCAL\\eve) gaddr 198.51.100.7/0 laddr 10.0.0.5/0 (eve) type 3 code 3", "src_ip=203.0.113.9¦dst_ip=10.0.0.5¦user=eve¦icmp_type=3¦protocol=ICMP")]
    [InlineData("4-106023: Deny protocol 47 src outside:203.0.113.9 dst inside:10.0.0.5 by access-group \"in\"", "protocol=47¦src_ip=203.0.113.9¦rule=in¦action=deny")]
    [InlineData("4-106023: Deny tcp src dmz:10.1.2.3/6316 dst outside:203.0.113.9/53 type 3, code 0, by access-group \"dmz\" [0x0, 0x0]", "dst_ip=203.0.113.9¦icmp_type=3¦rule=dmz")]
    [InlineData("4-106023: Deny udp src in:10.1.2.3/5762(LOCAL\\eve) dst out:203.0.113.9/53(ns.example) by access-group \"in\" [0x0, 0x0]", "src_port=5762¦user=eve¦dst_host=ns.example¦rule=in")]
    [InlineData("4-106023: Deny tcp src in:db_srv1/64593 dst out:203.0.113.9/25 by access-group \"in\" [0x0, 0x0]", "src_host=db_srv1¦src_port=64593¦dst_ip=203.0.113.9")]
    [InlineData("6-106100: access-list A est-allowed tcp in/10.0.0.6(49840) -> out/203.0.113.9(443) hit-cnt 1 first hit [0x0, 0x0]", "action=permit¦dst_port=443")]
    [InlineData("4-106103: access-list A denied tcp for user 'bob b' in/10.0.0.6(4984) -> out/203.0.113.9(443) hit-cnt 1 first hit [0x0, 0x0]", "action=deny¦user=bob b¦src_ip=10.0.0.6")]
    [InlineData("3-106014: Deny inbound icmp src out:203.0.113.9 dst in:10.0.0.5(type 8, code 0)", "src_ip=203.0.113.9¦dst_ip=10.0.0.5¦icmp_type=8¦action=deny")]
    [InlineData("4-106021: Deny TCP reverse path check from 203.0.113.9 to 10.0.0.5 on interface out", "src_ip=203.0.113.9¦src_zone=out¦action=deny")]
    [InlineData("3-313001: Denied ICMP type=3, code=3 from 203.0.113.9 on interface out", "src_ip=203.0.113.9¦icmp_code=3¦action=deny")]
    [InlineData("3-710003: TCP access denied by ACL from 203.0.113.4/6370 to out:198.51.100.7/23", "src_ip=203.0.113.4¦dst_port=23¦action=deny")]
    [InlineData("7-710005: UDP request discarded from 10.0.0.2/68 to in:10.0.0.1/67", "src_ip=10.0.0.2¦dst_port=67¦action=discarded")]
    [InlineData("5-304001: bob@10.0.0.6(LOCAL\\bob) Accessed URL 203.0.113.9:http://www.example/a", "user=bob¦src_ip=10.0.0.6¦dst_ip=203.0.113.9¦url=http://www.example/a")]
    [InlineData("6-113004: AAA user authentication Successful : server =  10.0.0.2 : user = bob", "user=bob¦server_ip=10.0.0.2¦outcome=success")]
    [InlineData("6-113015: AAA user authentication Rejected : reason = Invalid password : local database : user = bob : user IP = 203.0.113.5", "user=bob¦src_ip=203.0.113.5¦reason=Invalid password¦outcome=failure")]
    [InlineData("6-611102: User authentication failed: IP address: 203.0.113.5, Uname: admin", "user=admin¦src_ip=203.0.113.5¦action=login¦outcome=failure")]
    [InlineData("6-611101: User authentication succeeded: IP address: 203.0.113.5, Uname: admin", "user=admin¦outcome=success")]
    [InlineData("5-502103: User priv level changed: Uname: bob From: 1 To: 15", "user=bob¦to_level=15")]
    [InlineData("7-111009: User 'bob' executed cmd: show access-list A brief", "user=bob¦command=show access-list A brief")]
    [InlineData("6-716039: Group <G> User <eve> IP <203.0.113.4> Authentication: rejected, Session Type: WebVPN.", "user=eve¦src_ip=203.0.113.4¦action=login¦outcome=failure")]
    [InlineData("4-722051: Group <G> User <bob> IP <203.0.113.4> IPv4 Address <10.9.0.5> IPv6 address <::> assigned to session", "user=bob¦client_ip=10.9.0.5¦src_ip=203.0.113.4")]
    [InlineData("5-713120: Group = G, IP = 203.0.113.4, PHASE 2 COMPLETED (msgid=bbe383e8)", "group=G¦src_ip=203.0.113.4¦reason=PHASE 2 COMPLETED (msgid=bbe383e8)")]
    [InlineData("5-750002: Local:198.51.100.7:500 Remote:203.0.113.4:500 Username:bob Received a IKE_INIT_SA request", "src_ip=203.0.113.4¦user=bob")]
    [InlineData("session-6-106102: access-list A permitted udp for user bob in/10.0.0.6(49721) -> out/203.0.113.9(53) hit-cnt 1 first hit [0x0, 0x0]", "message_id=106102¦cisco_facility=ASA¦user=bob¦action=permit")]
    public void Asa_MessagesGiveAddressesAndUsers(string message, string expected)
    {
        var read = Read($"<164>Jan  4 2026 01:02:03 fw01: %ASA-{message}");
        FormatTests.Holds(read.Fields, expected);
        Assert.Equal(("fw01", 0), (read.Host, read.Problems.Count));
        Assert.Equal("cisco/firewall/asa", Sources(read));
    }

    [Fact]
    public void Ftd_EventsAreNamesWithTheirValues()
    {
        var read = Read("<113>Jan  4 2026 01:02:03 ftd1 : %FTD-1-430003: AccessControlRuleAction: Block, SrcIP: 10.0.0.5, DstIP: 203.0.113.9, DstPort: 53, Protocol: udp, AccessControlRuleName: a, b: c, User: eve");
        FormatTests.Holds(read.Fields, "SrcIP=10.0.0.5¦AccessControlRuleName=a, b: c¦User=eve");
        Assert.Equal(("10.0.0.5", "203.0.113.9", "53", "Block", "eve"), (read.SourceIp, read.Field("destination.ip"), read.Field("destination.port"), read.Field("event.action"), read.Field("user.name")));
    }

    [Fact]
    public void Asa_AnIncomingConnectionHasSourceAndDestination()
    {
        var read = Read("<166>Jan  4 2026 01:02:03: %ASA-6-302013: Built inbound TCP connection 1 for outside:203.0.113.9/4242 (203.0.113.9/4242) to inside:10.0.0.5/443 (198.51.100.7/443)");
        Assert.Equal(("203.0.113.9", "203.0.113.9", "10.0.0.5", "443"), (read.SourceIp, read.Field("source.ip"), read.Field("destination.ip"), read.Field("destination.port")));
    }

    [Theory]
    [InlineData("<189>: Jan  4 2026 01:02:03.861: %SYS-5-CONFIG_I: Configured from console by bob on vty0 (10.1.1.10)", "SYS-5-CONFIG_I", null, "2026-01-04T01:02:03.861Z")]
    [InlineData("<189>: sw1: Jan  4 2026 01:02:03.861: %SYS-5-CONFIG_I: Configured from console by bob", "SYS-5-CONFIG_I", "sw1", "2026-01-04T01:02:03.861Z")]
    [InlineData("<189>38: sw1: Jan 4 09:02:03.123 UTC+8: %DOT1X-5-FAIL: Authentication failed for client (001e.0b80.13b5)", "DOT1X-5-FAIL", "sw1", "2026-01-04T01:02:03.123Z")]
    [InlineData("<189>38: sw1: Jan 4 06:47:03.123 UTC+05:45: %DOT1X-5-FAIL: Authentication failed for client (001e.0b80.13b5)", "DOT1X-5-FAIL", "sw1", "2026-01-04T01:02:03.123Z")]
    [InlineData("<190>33: 34: Jan  4 2026 01:02:03.412 mdt: %IOSXE-6-PLATFORM: R0/0: cpp_cp: QFP:0.0", "IOSXE-6-PLATFORM", null, "2026-01-04T01:02:03.412Z")]
    [InlineData("<190>Jan 4 01:02:09 edge1 RP/0/RP0/CPU0:Jan 4 01:02:03.630 UTC: config[310]: %MGBL-SYS-5-CONFIG_I : Configured from console by bob on vty0 (10.1.1.10)", "MGBL-SYS-5-CONFIG_I", "edge1", "2026-01-04T01:02:03.630Z")]
    [InlineData("<190>31: Jan 4 01:02:09 192.0.2.2 sw1: 3132: Jan 4 2026 01:02:03.398 UTC: %FOO-6-BAR: x", "FOO-6-BAR", "sw1", "2026-01-04T01:02:03.398Z")]
    [InlineData("<190>31: sw1: 32: 2y10w: %FOO-6-BAR: x", "FOO-6-BAR", "sw1", null)]
    [InlineData("<190>46: 00:00:46: %LINK-3-UPDOWN: Interface Gi0/1, changed state to up", "LINK-3-UPDOWN", null, null)]
    [InlineData("<190>45: %SYS-5-CONFIG_I: Configured from console by bob", "SYS-5-CONFIG_I", null, null)]
    public void Ios_HeadersOfAllKindsAreRead(string line, string id, string? host, string? time)
    {
        var read = Read(line);
        Assert.Equal((id, host), (read.Fields["message_id"], read.Host));
        Assert.Equal(time is null ? null : DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), read.OccurredAt);
    }

    [Theory]
    [InlineData("R0/0: fman_fp_image: list in_gig0 permitted tcp 10.0.0.26(59144) -> 203.0.113.34(1103), 1 packet", "action=permit¦src_ip=10.0.0.26¦dst_port=1103")]
    [InlineData("F0/0: fman_fp_image: list in denied tcp 00-00-5E-00-53-23 203.0.113.10(562) Te0/1/1-> 10.0.0.20(22), 1 packet", "action=deny¦src_ip=203.0.113.10¦src_mac=00-00-5E-00-53-23¦dst_port=22")]
    [InlineData("access-list out deny tcp 203.0.113.28(395) -> 10.0.0.29(22), 1 packet", "action=deny¦rule=out¦dst_ip=10.0.0.29")]
    [InlineData("list 150 permitted tcp 10.0.0.7(395) (Gi0/1 0011.2233.4455) -> 203.0.113.9(443), 1 packet", "action=permit¦dst_ip=203.0.113.9")]
    public void Ios_AccessListsOfOtherPlatformsAreRead(string message, string expected) => FormatTests.Holds(Read($"<190>33: Jan  4 01:02:03.412: %X-6-IPACCESSLOGP: {message}").Fields, expected);

    [Theory]
    [InlineData("<13>Jan  4 01:02:03 prog: %s failed", null, "prog", "%s failed")]
    [InlineData("<13>Jan  4 01:02:03 h prog: done: %x-1 of 3", "h", "prog", "done: %x-1 of 3")]
    public void APercentSignIsNoCode(string line, string? host, string app, string message)
    {
        var read = Read(line);
        Assert.Equal((host, app, message), (read.Host, read.App, read.Message));
    }

    [Theory]
    [InlineData("type=\"traffic\" subtype=\"forward\" eventtime=1767488523123000000 service=\"HTTPS\" app=\"SSL\" srcip=10.0.0.5 dstip=203.0.113.9 dstport=443 action=\"accept\"", "2026-01-04T01:02:03.123Z", "fortigate/-/event fortigate/firewall/traffic")]
    [InlineData("type=\"utm\" subtype=\"dns\" eventtime=1767488523 qname=\"a.example\" qtype=\"A\" srcip=10.0.0.5", "2026-01-04T01:02:03Z", "fortigate/-/event fortigate/dns/dns")]
    [InlineData("type=\"event\" subtype=\"vpn\" eventtime=1776950268 remip=203.0.113.9", "2026-01-04T09:02:03Z", "fortigate/-/event")]
    public void FortiGate_TheCountOfSecondsTellsTheZone(string pairs, string time, string sources)
    {
        var read = Read($"<189>date=2026-01-04 time=09:02:03 devname=\"fg\" devid=\"FG1\" logid=\"0000000013\" level=\"notice\" {pairs}");
        Assert.Equal(("fg", "fortigate", sources), (read.Host, read.App, Sources(read)));
        Assert.Equal(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), read.OccurredAt);
        Assert.Equal(time.EndsWith("09:02:03Z", StringComparison.Ordinal), read.TimeZoneAssumed);
        Assert.NotNull(read.Field("source.ip"));
    }

    [Theory]
    [InlineData("Jan  4 01:02:03 1,2026/01/04 01:02:03,160,CONFIG,0,0,2026/01/04 01:02:02,10.0.0.2,,set,bob,Web,Succeeded, config shared x,0,0x0", "type=CONFIG¦admin=bob¦cmd=set¦result=Succeeded", null)]
    [InlineData("Jan  4 01:02:03 pa1 1,2026/01/04 01:02:03,160,CONFIG,0,2561,2026/01/04 01:02:03,10.0.0.2,,edit,bob,Web,Succeeded, vsys a,43,0x0,0,0,0,0,,pa1,0,,0,2026-01-04T09:02:03.421+08:00,\"a \"\"b\"\", c\",d", "before_change_detail=a \"b\", c¦after_change_detail=d", "2026-01-04T01:02:03.421Z")]
    [InlineData("1,2026/01/04 01:02:03,12,GLOBALPROTECT,0,2305,2026/01/04 01:02:03,vsys1,gateway-auth,login,Other,,bob,DE,PC1,203.0.113.40,0.0.0.0,10.0.0.9,0.0.0.0,985e,SER,5.1.1,OS,\"OS 10, 64-bit\",1,,,,success,,0,pre-logon,0,GW,68,0x0,1970-01-01T01:00:00.000+01:00,,0,manual only,,", "eventid=gateway-auth¦srcuser=bob¦public_ip=203.0.113.40¦client_os_ver=OS 10, 64-bit¦status=success", "2026-01-04T01:02:03Z")]
    [InlineData("1,2026/01/04 01:02:03,30,USERID,login,2561,2026/01/04 01:02:03,vsys1,10.0.0.50,bob@b.example,dc1,0,1,2700,0,0,active-directory,,43,0x0,0,0,0,0,,pa1,0,,2026/01/04 01:02:03,1,0x0,bob,,2026-01-03T21:02:03.416-04:00", "ip=10.0.0.50¦user=bob@b.example¦datasource=active-directory", "2026-01-04T01:02:03.416Z")]
    [InlineData("1,2026/01/04 01:02:03,30,HIPMATCH,0,2304,2026/01/04 01:02:03,bob,vsys1,pc1,Mac,203.0.113.20,profile1,1,profile,0,0,12,0x0,0,0,0,0,,pa1,1,0.0.0.0,gh,C02", "srcuser=bob¦machinename=pc1¦src=203.0.113.20¦matchname=profile1", null)]
    [InlineData("1,2026/01/04 01:02:03,30,AUTHENTICATION,login,2561,2026/01/04 01:02:03,vsys1,203.0.113.20,bob,corp\\bob,obj,pol,1,9,vendor,act,prof,failed,client,ev,1,20,0x0,0,0,0,0,,pa1,1,radius,u-1,2026-01-04T01:02:03.498Z", "user=bob¦ip=203.0.113.20¦authproto=radius", "2026-01-04T01:02:03.498Z")]
    [InlineData("1,2026/01/04 01:02:03,30,SCTP,0,2561,2026/01/04 01:02:03,203.0.113.20,10.0.0.9", "type=SCTP", null)]
    public void PaloAlto_AllKindsOfRecordsAreKnown(string line, string expected, string? time)
    {
        var read = Read(line);
        Assert.Equal("paloalto", read.Fields["event.module"]);
        FormatTests.Holds(read.Fields, expected);
        if (time is not null) Assert.Equal(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), read.OccurredAt);
        Assert.Contains(read.Host, (string?[])[null, "pa1"]);
    }

    [Fact]
    public void PaloAlto_TheLastColumnsOfTrafficHaveNames()
    {
        var line = "1,2026/01/04 01:02:03,30,TRAFFIC,end,2561,2026/01/04 01:02:03,10.0.0.5,203.0.113.9,,,r,,,ssl,vsys1,a,b,e1,e2,l,2026/01/04 01:02:03,7,1,5000,443,0,0,0x0,tcp,allow,10,5,5,2,2026/01/04 01:02:00,3,any,0,1,0x0,A,B,0,1,1,tcp-fin,0,0,0,0,,pa1,from-policy,,,0,,0,,N/A,0,0,0,0,rule-uuid,0,0,,,,,,,,198.51.100.3"
            + new string(',', 6) + ",host5,00:11:22:33:44:55" + new string(',', 16) + ",2026-01-04T09:02:03.437+08:00";
        FormatTests.Holds(Read(line).Fields, "device_name=pa1¦rule_uuid=rule-uuid¦xff_ip=198.51.100.3¦src_host=host5¦src_mac=00:11:22:33:44:55");
    }

    [Theory]
    [InlineData("146,,,1535324496,igb1.12,match,block,in,4,0x0,,63,12617,0,DF,6,tcp,60,10.0.0.5,203.0.113.9,49724,853,0,S,189,,64240,,mss;sackOK", "action=block¦direction=in¦interface=igb1.12¦protocol=tcp¦src_ip=10.0.0.5¦dst_ip=203.0.113.9¦src_port=49724¦dst_port=853¦tcp_flags=S¦tcp_options=mss;sackOK")]
    [InlineData("6,,,1000000105,igb1,match,pass,out,6,0x00,0xf6279,1,UDP,17,32,2001:db8::5,2001:db8::9,546,547,32", "action=pass¦protocol=UDP¦src_ip=2001:db8::5¦dst_port=547")]
    [InlineData("176,,,15,igb1,match,pass,in,4,0x0,,64,62096,0,DF,1,icmp,84,10.0.0.5,203.0.113.9,request,37728,164", "protocol=icmp¦icmp_type=request¦dst_ip=203.0.113.9")]
    [InlineData("199,,,15,igb1,match,pass,in,4,0xc0,,1,0,0,DF,2,igmp,32,10.0.0.5,224.0.0.1,datalength=8", "protocol=igmp¦dst_ip=224.0.0.1")]
    public void PfSense_FilterLinesAreReadByVersionAndProtocol(string message, string expected)
    {
        foreach (var line in new[] { $"<134>Jan  4 01:02:03 filterlog[7]: {message}", $"<134>1 2026-01-04T01:02:03Z fw.example filterlog 7 - [meta sequenceId=\"1\"] {message}" })
        {
            var read = Read(line);
            Assert.Empty(read.Problems);
            FormatTests.Holds(read.Fields, expected);
            Assert.Equal(("filterlog", "pfsense/firewall/-"), (read.App, Sources(read)));
        }
    }

    [Theory]
    [InlineData("filterlog[7]: 5,,,1,igb1,match,block,in,4,0x0,,63,1,0,DF,6,tcp")]
    [InlineData("filterlog[7]: a message of another kind, with commas, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15")]
    public void PfSense_WhatIsCutOffIsText(string message) => Assert.DoesNotContain("src_ip", Read("<134>Jan  4 01:02:03 " + message).Fields.Keys);

    [Fact]
    public void AwsFlows_AreKnownByTheirShape()
    {
        var read = Read("2 123456789010 eni-1235b8ca123456789 203.0.113.42 10.0.0.1 49761 3389 6 20 4249 1767488523 1767488583 REJECT OK");
        FormatTests.Holds(read.Fields, "srcaddr=203.0.113.42¦dstport=3389¦action=REJECT¦bytes=4249¦account-id=123456789010");
        Assert.Equal(("203.0.113.42", "10.0.0.1", "3389", "aws/firewall/vpcflow"), (read.SourceIp, read.Field("destination.ip"), read.Field("destination.port"), Sources(read)));
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), read.OccurredAt);
        Assert.Equal("NODATA", Read("2 123456789010 eni-1235b8ca123456789 - - - - - - - 1767488523 1767488583 - NODATA").Fields["log-status"]);
    }

    [Theory]
    [InlineData("kernel: [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.5 PROTO=TCP SPT=4242 DPT=22", "action=block¦prefix=[UFW BLOCK]¦dst_port=22")]
    [InlineData("kernel: [WAN_OUT-2000-A]IN=eth0 OUT=eth2 SRC=203.0.113.9 DST=10.0.0.5 PROTO=TCP SPT=4242 DPT=443", "action=accept¦prefix=[WAN_OUT-2000-A]")]
    [InlineData("kernel: [77.5] iptables DROP_INPUT: IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.5 PROTO=UDP SPT=1 DPT=53", "action=drop¦prefix=iptables DROP_INPUT:")]
    public void PacketFilter_TheMarkOfTheRuleSaysWhatWasDone(string message, string expected) => FormatTests.Holds(Read("<4>Jan  4 01:02:03 h " + message).Fields, expected);

    [Fact]
    public void PacketFilter_ThePacketWithinAnErrorIsNotThePacket()
    {
        var read = Read("<4>Jan  4 01:02:03 h kernel: x: IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.5 LEN=88 PROTO=ICMP TYPE=3 CODE=3 [SRC=10.0.0.5 DST=203.0.113.9 PROTO=UDP SPT=2145 DPT=6293 LEN=40 ]");
        FormatTests.Holds(read.Fields, "SRC=203.0.113.9¦protocol=ICMP¦CODE=3");
        Assert.DoesNotContain("DPT", read.Fields.Keys);
        Assert.Equal("linux/firewall/iptables linux/-/syslog", Sources(read));
        Assert.Contains("linux/firewall/iptables", Sources(Read("<4>Jan  4 01:02:03 h ulogd[9]: IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.5 PROTO=TCP SPT=1 DPT=22")));
    }

    [Fact]
    public void WindowsFirewall_TimesAreTheMachinesOwn()
    {
        var stream = new LogStream();
        foreach (var line in new[] { "#Version: 1.5", "#Software: Microsoft Windows Firewall", "#Time Format: Local", "#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path" }) Assert.Equal(LogFormats.W3C, Read(line, stream).Format);
        var read = LogParser.Parse("2026-01-04 09:02:03 DROP TCP 203.0.113.9 10.0.0.5 2357 25 60 S 123 0 16384 - - - RECEIVE", Reference, "test", Options with { AssumedOffset = TimeSpan.FromHours(8) }, stream);
        Assert.Equal(("203.0.113.9", "10.0.0.5", "25", "DROP", "windows/firewall/-"), (read.SourceIp, read.Field("destination.ip"), read.Field("destination.port"), read.Field("event.action"), Sources(read)));
        Assert.Equal((new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), true), (read.OccurredAt!.Value.ToUniversalTime(), read.TimeZoneAssumed));
    }

    [Theory]
    [InlineData("09:02:05", "2026-01-04T01:02:03Z", false)]
    [InlineData("07:17:41", "2026-01-04T07:17:41Z", true)]
    public void AHeaderWithoutAZoneIsReadByTheZoneThatTheMessageTells(string clock, string time, bool assumed)
    {
        // A message that was held back says another moment, not another zone.
        var read = Read($"<189>Jan  4 {clock} fw date=2026-01-04 time=01:02:03 eventtime=1767488523123456789 tz=\"+0000\" devname=\"fw\" devid=\"FGT60F0000000001\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" srcip=192.0.2.9");
        Assert.Equal("192.0.2.9", read.SourceIp);
        Assert.Equal((DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), assumed), (read.OccurredAt!.Value, read.TimeZoneAssumed));
    }

    [Theory]
    [InlineData("<38>Jan  4 09:02:05 h audispd: ")]
    [InlineData("<38>Jan  4 07:17:41 h audispd: ")]
    [InlineData("<38>1 2026-01-04T09:17:41.5+08:00 h audispd - - - ")]
    public void AnAuditRecordSaysItselfWhenItHappened_HoweverLateItIsPassedOn(string header)
    {
        var text = header + "type=USER_LOGIN msg=audit(1767488523.123:456): pid=812 uid=0 msg='op=login res=failed'";
        var read = Read(text);
        Assert.Equal((new DateTimeOffset(2026, 1, 4, 1, 2, 3, 123, TimeSpan.Zero), false), (read.OccurredAt!.Value, read.TimeZoneAssumed));
        // The record in the terms of its format keeps the header's.
        if (header.Contains("07:17:41", StringComparison.Ordinal)) Assert.Equal(new DateTimeOffset(2026, 1, 4, 7, 17, 41, TimeSpan.Zero), LogParser.ParseRecord(text, Options).Timestamp);
    }

    [Theory]
    [InlineData("<14>Jan 04 01:02:03 2026 h prog: text", "h", "prog", "text", "2026-01-04T01:02:03Z")]
    [InlineData("<14>Aug 24 05:34:00 CST 1987 h prog[10]: text", "h", "prog", "text", "1987-08-24T05:34:00Z")]
    [InlineData("<14>Jan  4 01:02:03 UTC 2025 h prog[10]: text", "h", "prog", "text", "2025-01-04T01:02:03Z")]
    [InlineData("<14>Jan  4 01:02:03 2026 prog: text", "2026", "prog", "text", "2026-01-04T01:02:03Z")]
    [InlineData("<14>Jan  4 01:02:03 h.example: prog[9]: text", "h.example", "prog", "text", "2026-01-04T01:02:03Z")]
    [InlineData("<14>Jan  4 01:02:03 prog: text [9]: more", null, "prog", "text [9]: more", "2026-01-04T01:02:03Z")]
    [InlineData("<14>Jan  4 01:02:03 Message forwarded from aix1: sshd[9]: text", "aix1", "sshd", "text", "2026-01-04T01:02:03Z")]
    public void Syslog_OlderSystemsWriteTheirHeadersOtherwise(string line, string? host, string app, string message, string time)
    {
        var read = Read(line);
        Assert.Equal((host, app, message), (read.Host, read.App, read.Message));
        Assert.Equal(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), read.OccurredAt);
    }

    [Fact]
    public void Syslog_TheOldPamNamesItselfBehindTheProgram()
    {
        var read = Read("<38>Jan  4 01:02:03 h sshd(pam_unix)[9]: session opened for user bob by (uid=0)");
        Assert.Equal("bob", read.Fields["user"]);
        Assert.Contains("linux/-/sshd", Sources(read));
    }

    [Fact]
    public void Syslog_SolarisNumbersItsMessages() =>
        FormatTests.Holds(Read("<38>Jan  4 01:02:03 h sshd[9]: [ID 800047 auth.info] Failed password for root from 203.0.113.9 port 4711 ssh2").Fields, "user=root¦src_ip=203.0.113.9¦outcome=failure");

    [Theory]
    [InlineData("203.0.113.9:443", "203.0.113.9")]
    [InlineData("[2001:db8::1]:443", "2001:db8::1")]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    public void AnAddressWithAPortIsAnAddress(string written, string address) =>
        Assert.Equal(address, Read($$"""{"CreationTime":"2026-01-04T01:02:03","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserId":"a@b.example","ClientIP":"{{written}}"}""").SourceIp);

    [Theory]
    [InlineData("1: r1: A/0/B/C:Jan  1 00:00:00 ")]
    [InlineData("1: Jan  1 00:00:00 UTC: ")]
    [InlineData("RP/0/RP0/CPU0:Jan  1 00:00:00 ")]
    [InlineData("1: r1: A/0/B/C:Jan  1 00:00:00 : % ")]
    [InlineData("1 1767225600.5 r1 ")]
    [InlineData("2026-01-01T00:00:00Z r1 1: Jan  1 00:00:00 UTC: ")]
    public void HeadersBehindHeadersAreFollowedNoDeeperThanALine(string header)
    {
        foreach (var count in new[] { 1, 5, 2_000 })
        {
            var line = "<13>" + string.Concat(Enumerable.Repeat(header, count)) + "%SYS-5-CONFIG_I: Configured";
            if (line.Length > 60_000) line = line[^60_000..];
            Assert.Equal(line, LogParser.Parse(System.Text.Encoding.UTF8.GetBytes(line), DateTimeOffset.UnixEpoch, "s", new LogParseOptions { ReferenceTime = DateTimeOffset.UnixEpoch }).Raw);
        }
    }
}
