using System.Text;
using Hufu.Scans.Nmap;

namespace Hufu.Scans.Tests;

public class NmapReaderTests
{
    private const string Sample = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE nmaprun>
        <?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
        <!-- Nmap 7.93 scan initiated as: nmap -&#45;system-dns -oX x.xml <host> -->
        <nmaprun scanner="nmap" args="nmap -&#45;system-dns -oX x.xml" start="1795476202" version="7.93" xmloutputversion="1.05">
        <hosthint><status state="up"/><address addr="10.10.20.99" addrtype="ipv4"/></hosthint>
        <host starttime="1795476202"><status state="up" reason="arp-response" reason_ttl="0"/>
        <address addr="10.10.20.11" addrtype="ipv4"/>
        <address addr="00:0c:29:4d:20:11" addrtype="mac" vendor="VMware"/>
        <address addr="2001:0DB8::0001" addrtype="ipv6"/>
        <hostnames><hostname name="web01.coast.example" type="user"/><hostname name="web01.coast.example" type="PTR"/></hostnames>
        <ports><extraports state="closed" count="997"><extrareasons reason="reset" count="997"/></extraports>
        <port protocol="tcp" portid="443"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="http" product="nginx" version="1.22.1" tunnel="ssl" method="probed" conf="10"><cpe>cpe:/a:igor_sysoev:nginx:1.22.1</cpe></service><script id="http-title" output="海岸&#xa;市"><elem key="title">x</elem></script></port>
        <port protocol="udp" portid="53"><state state="open|filtered" reason="no-response"/><service name="domain" method="table" conf="3"/></port>
        </ports>
        <os><portused state="open" proto="tcp" portid="443"/><osmatch name="Linux 5.3 - 5.4" accuracy="96" line="1"><osclass type="general purpose" vendor="Linux" osfamily="Linux" accuracy="96"><cpe>cpe:/o:linux:linux_kernel:5</cpe></osclass></osmatch></os>
        <hostscript><script id="smb2-time" output="ok"/></hostscript>
        </host>
        <host timedout="true"><status state="up" reason="user-set"/><address addr="10.10.20.12" addrtype="ipv4"/></host>
        <runstats><finished time="1795476250" exit="success"/><hosts up="2" down="0" total="2"/></runstats>
        </nmaprun>
        """;

    private static NmapScan Read(string xml, NmapReadOptions? options = null) => NmapReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml)), "scan.xml", options);

    [Fact]
    public void Scan_IsReadWithAllThatANetworkInventoryNeeds()
    {
        var scan = Read(Sample);
        Assert.Null(scan.Error);
        Assert.True(scan.IsComplete);
        Assert.Empty(scan.Warnings);
        Assert.Equal(("nmap --system-dns -oX x.xml", "7.93"), (scan.Arguments, scan.Version));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1795476202), scan.Started);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1795476250), scan.Finished);
        Assert.Equal(2, scan.Hosts.Count);
        var host = scan.Hosts[0];
        Assert.Equal((7, "up", "arp-response", false), (host.Line, host.State, host.Reason, host.IsTimedOut));
        Assert.Equal("10.10.20.11", host.IpAddress);
        Assert.Equal(new NmapAddress("00:0C:29:4D:20:11", NmapAddressKind.Mac, "VMware"), host.Mac);
        Assert.Equal("2001:db8::1", host.Addresses[2].Address);
        Assert.Equal([new("web01.coast.example", "user"), new NmapHostname("web01.coast.example", "PTR")], host.Hostnames);
        Assert.Equal([new NmapPortCount("closed", 997)], host.OtherPorts);
        var https = host.Ports[0];
        Assert.Equal((13, "tcp", 443, "open", "syn-ack", true), (https.Line, https.Protocol, https.Number, https.State, https.Reason, https.IsOpen));
        Assert.Equal(("http", "nginx", "1.22.1", "ssl", true, 10), (https.Service!.Name, https.Service.Product, https.Service.Version, https.Service.Tunnel, https.Service.IsProbed, https.Service.Confidence));
        Assert.Equal(["cpe:/a:igor_sysoev:nginx:1.22.1"], https.Service.Cpes);
        Assert.Equal([new NmapScript("http-title", "海岸\n市", false)], https.Scripts);
        Assert.False(host.Ports[1].IsOpen);
        Assert.False(host.Ports[1].Service!.IsProbed);
        var system = Assert.Single(host.OsMatches);
        Assert.Equal(("Linux 5.3 - 5.4", 96), (system.Name, system.Accuracy));
        Assert.Equal(["cpe:/o:linux:linux_kernel:5"], system.Cpes);
        Assert.Equal("smb2-time", Assert.Single(host.Scripts).Id);
        Assert.True(scan.Hosts[1].IsTimedOut);
    }

    [Fact]
    public void KilledScan_GivesTheHostsSoFar_AndSaysWhereItBreaksOff()
    {
        var cut = Sample.IndexOf("<address addr=\"10.10.20.12\"", StringComparison.Ordinal);
        var scan = Read(Sample[..cut]);
        Assert.Equal("scan.truncated", scan.Error!.Code);
        Assert.Equal("scan.xml:19", scan.Error.Place);
        Assert.Equal("10.10.20.11", Assert.Single(scan.Hosts).IpAddress);
        Assert.False(scan.IsComplete);
        Assert.Null(scan.Finished);
    }

    [Fact]
    public void AnyTruncation_GivesAPrefixOfTheHosts_AndAnError()
    {
        var bytes = Encoding.UTF8.GetBytes(Sample);
        var end = bytes.Length - 1;
        for (var n = 0; n < end; n++)
        {
            var scan = NmapReader.Read(new MemoryStream(bytes[..n]), "x.xml");
            Assert.NotNull(scan.Error);
            Assert.False(scan.IsComplete);
            Assert.True(scan.Hosts.Count <= 2 && scan.Hosts.All(h => h.IpAddress is not null));
        }
    }

    [Theory]
    [InlineData("<!DOCTYPE nmaprun [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><nmaprun args=\"&b;\"/>", "scan.dtd")]
    [InlineData("<!-- x --><!DOCTYPE nmaprun SYSTEM \"[x]\" [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><nmaprun/>", "scan.dtd")]
    [InlineData("<?xml version=\"1.0\"?><!DOCTYPE nmaprun SYSTEM \"http://192.0.2.1/x.dtd\"><nmaprun args=\"&b;\"/>", "scan.xml-invalid")]
    [InlineData("<!DOCTYPE nmaprun", "scan.prolog")]
    [InlineData("<nessus/>", "scan.not-nmap")]
    [InlineData("Starting Nmap 7.93", "scan.xml-invalid")]
    [InlineData("", "scan.empty")]
    public void WrongDocument_IsRefusedWithItsReason_InBothLanguages(string xml, string code)
    {
        var scan = Read(xml);
        Assert.Equal(code, scan.Error!.Code);
        Assert.Empty(scan.Hosts);
        Assert.Contains(scan.Error.Message.Zh, c => c > 0x2E80);
        Assert.DoesNotContain(scan.Error.Message.En, c => c > 0x2E80);
    }

    [Fact]
    public void EntityBomb_InUtf16_IsRefusedToo()
    {
        byte[] bytes = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("<!DOCTYPE nmaprun [<!ENTITY a 'x'>]><nmaprun args='&a;'/>")];
        Assert.Equal("scan.dtd", NmapReader.Read(new MemoryStream(bytes), "x.xml").Error!.Code);
    }

    [Fact]
    public void Nonsense_IsLeftOutWithAWarningThatNamesTheLine()
    {
        var scan = Read("<nmaprun>\n<host>\n<address addr=\"10.1\" addrtype=\"ipv4\"/>\n<address addr=\"zz\" addrtype=\"mac\"/>\n<ports>\n<port protocol=\"tcp\" portid=\"65536\"/><port protocol=\"tcp\" portid=\"65535\"/></ports></host></nmaprun>");
        Assert.Null(scan.Error);
        Assert.False(scan.IsComplete);
        Assert.Equal([("scan.address", "scan.xml:3"), ("scan.address", "scan.xml:4"), ("scan.port", "scan.xml:6")], scan.Warnings.Select(w => (w.Code, w.Place!)));
        Assert.Equal(65_535, Assert.Single(Assert.Single(scan.Hosts).Ports).Number);
    }

    [Fact]
    public void Limits_StopReading_AndKeepWhatWasRead()
    {
        Assert.Equal("scan.hosts", Read(Sample, new NmapReadOptions { MaxHosts = 1 }).Error!.Code);
        Assert.Single(Read(Sample, new NmapReadOptions { MaxHosts = 1 }).Hosts);
        Assert.Equal("scan.ports", Read(Sample, new NmapReadOptions { MaxPorts = 1 }).Error!.Code);
        Assert.Equal("scan.too-large", Read(Sample, new NmapReadOptions { MaxBytes = 1000 }).Error!.Code);
        Assert.Equal("scan.xml-depth", Read(Sample, new NmapReadOptions { MaxDepth = 3 }).Error!.Code);
        Assert.Equal("scan.xml-token", Read($"<nmaprun args=\"{new string('x', 300_000)}\"/>", new NmapReadOptions { MaxTokenBytes = 100_000 }).Error!.Code);
        var script = Read(Sample, new NmapReadOptions { MaxScriptChars = 2 }).Hosts[0].Ports[0].Scripts[0];
        Assert.Equal(("海岸", true), (script.Output, script.IsCut));
    }

    [Fact]
    public void MutatedFile_NeverThrows()
    {
        var bytes = Encoding.UTF8.GetBytes(Sample);
        var random = new Random(4406);
        for (var round = 0; round < 3000; round++)
        {
            var list = bytes.ToList();
            for (var n = random.Next(1, 8); n > 0; n--)
            {
                var at = random.Next(list.Count);
                switch (random.Next(4))
                {
                    case 0:
                        list[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        list.RemoveAt(at);
                        break;
                    case 2:
                        list.Insert(at, "<>\"'&/9-[]!"u8[random.Next(11)]);
                        break;
                    default:
                        list.InsertRange(random.Next(list.Count), list.GetRange(at, Math.Min(random.Next(1, 300), list.Count - at)));
                        break;
                }
            }

            var scan = NmapReader.Read(new MemoryStream([.. list]), "x.xml");
            Assert.False(scan.IsComplete && scan.Error is not null);
        }
    }

    public static TheoryData<string> OtherPeoplesFiles
    {
        get
        {
            var data = new TheoryData<string>();
            var root = Repository.Root;
            foreach (var folder in new[] { "../shared/data/ops", "../shared/data/scans", "content/demo/scans" })
                if (Directory.Exists(Path.Combine(root, folder)))
                    foreach (var file in Directory.EnumerateFiles(Path.Combine(root, folder), "*.xml", SearchOption.AllDirectories).Where(f => f.Contains("nmap", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal))
                        data.Add(Path.GetRelativePath(root, file));
            if (!data.Any(d => d.Data.StartsWith("..", StringComparison.Ordinal)))
                data.Add("../shared/data");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(OtherPeoplesFiles))]
    public void RealFile_IsReadWholly_WithAsManyHostsAndPortsAsItsTextHas(string path)
    {
        var full = Path.Combine(Repository.Root, path);
        if (!File.Exists(full))
            Assert.Skip($"{path} not present");
        using var stream = File.OpenRead(full);
        var scan = NmapReader.Read(stream, path);
        var text = File.ReadAllText(full);
        Assert.Null(scan.Error);
        Assert.Empty(scan.Warnings);
        Assert.Equal(text.Split("<host ").Length + text.Split("<host>").Length - 2, scan.Hosts.Count);
        Assert.Equal(text.Split("<port ").Length - 1, scan.Hosts.Sum(h => h.Ports.Count));
        Assert.Equal(text.Split("<extraports ").Length - 1, scan.Hosts.Sum(h => h.OtherPorts.Count));
    }

    [Fact]
    public void DemoScan_KnowsTheServersOfTheInventory()
    {
        using var stream = File.OpenRead(Path.Combine(Repository.Root, "content/demo/scans/nmap-servers.xml"));
        var scan = NmapReader.Read(stream, "nmap-servers.xml");
        var db = scan.Hosts.Single(h => h.Hostnames.Any(n => n.Name == "db01.coast.example"));
        Assert.Equal("10.10.20.21", db.IpAddress);
        Assert.Equal([22, 5432, 6379], db.Ports.Where(p => p.IsOpen).Select(p => p.Number));
        Assert.Contains(scan.Hosts.Single(h => h.IpAddress == "10.10.20.11").Ports, p => p.Service is { Product: "nginx", Version: "1.22.1" });
    }
}

/// <summary>Where the repository begins, seen from the test's folder.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Hufu.slnx")))
                return folder;
        throw new InvalidOperationException("The repository's root is not above the test's folder.");
    }
}
