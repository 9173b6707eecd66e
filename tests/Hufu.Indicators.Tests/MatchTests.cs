using System.Text;

namespace Hufu.Indicators.Tests;

/// <summary>The matcher against a plain comparison, in whole lines, within its memory, and with anything at all.</summary>
public class MatchTests
{
    [Fact]
    public void Names_and_ranges_are_found_as_a_plain_comparison_finds_them()
    {
        var random = new Random(7);
        for (var round = 0; round < 60; round++)
        {
            var names = Enumerable.Range(0, 40).Select(_ => (Kind: (IndicatorKind)random.Next((int)IndicatorKind.Domain, (int)IndicatorKind.Subdomains + 1), Name: Name(random))).Distinct().ToList();
            var ranges = Enumerable.Range(0, 40).Select(_ => Range(random)).Distinct().ToList();
            var items = names.Select(n => new Indicator { Id = $"{n.Kind}:{n.Name}", Values = [new(n.Kind, n.Name)] }).Concat(ranges.Select(r => new Indicator { Id = AddressValue.RangeText(r.From, r.Length), Values = [new(IndicatorKind.Range, AddressValue.RangeText(r.From, r.Length))] })).ToList();
            var index = Reads.Index(items);
            for (var probe = 0; probe < 200; probe++)
            {
                var name = Name(random);
                var expected = names.Where(n => n.Kind switch { IndicatorKind.Domain => name == n.Name, IndicatorKind.DomainTree => name == n.Name || name.EndsWith("." + n.Name, StringComparison.Ordinal), _ => name.EndsWith("." + n.Name, StringComparison.Ordinal) }).Select(n => $"{n.Kind}:{n.Name}");
                Assert.Equal(expected.Order(StringComparer.Ordinal), Reads.Match(index, ("query", name)).Order(StringComparer.Ordinal));
                var address = Near(random);
                var within = ranges.Where(r => (address & AddressValue.Mask(r.Length)) == r.From).Select(r => AddressValue.RangeText(r.From, r.Length));
                Assert.Equal(within.Order(StringComparer.Ordinal), Reads.Match(index, ("dst_ip", AddressValue.Text(address))).Order(StringComparer.Ordinal));
            }
        }

        static string Name(Random random) => string.Join('.', Enumerable.Range(0, random.Next(2, 5)).Select(_ => "abc"[random.Next(3)].ToString())) + ".tw";

        static UInt128 Near(Random random) => random.Next(2) == 0 ? new UInt128(0, 0xFFFF_0500_0000UL | (uint)random.Next(1 << 16)) : new UInt128(0x2001_0000_0000_0000UL | (uint)random.Next(256), (ulong)random.Next(1 << 16));

        static (UInt128 From, int Length) Range(Random random)
        {
            var address = Near(random);
            var length = AddressValue.IsV4(address) ? random.Next(96 + 16, 129) : random.Next(56, 129);
            return (address & AddressValue.Mask(length), length);
        }
    }

    [Fact]
    public void The_whole_line_is_searched_where_a_list_asks_for_it()
    {
        const string List = "203.0.114.5\n2606:4700::5\nevil.tw\n0123456789abcdef0123456789abcdef\nhttp://bad.tw/x?y=1\n";
        const string Line = "Nov 30 08:00:00 gw app[1]: from 203.0.114.5:4431, to [2606:4700::5], asked evil.tw. sum=0123456789ABCDEF0123456789abcdef GET \"http://bad.tw:80/x?y=1\", done";
        Assert.Equal(5, Reads.Match(Reads.Index(List, lines: true), Reads.Now, Line).Count);
        Assert.Empty(Reads.Match(Reads.Index(List), Reads.Now, Line));
        // Parts of tokens are no tokens.
        Assert.Empty(Reads.Match(Reads.Index(List, lines: true), Reads.Now, "1203.0.114.5 203.0.114.50 notevil.tw evil.tw.example 0123456789abcdef0123456789abcdef00"));
    }

    [Fact]
    public void A_URL_that_stands_in_parts_is_one()
    {
        var index = Reads.Index("http://evil.tw/a?b=1\nhttps://evil.tw:8443/x\nother.tw\n");
        Assert.Equal(["url:http://evil.tw/a?b=1"], Reads.Match(index, ("cs-host", "evil.tw"), ("cs-uri-stem", "/a"), ("cs-uri-query", "b=1")));
        Assert.Equal(["url:https://evil.tw:8443/x"], Reads.Match(index, ("cs-uri-stem", "/x"), ("cs-host", "EVIL.tw:8443")));
        Assert.Empty(Reads.Match(index, ("cs-host", "evil.tw"), ("cs-uri-stem", "/b")));
        Assert.Equal(["domain:other.tw"], Reads.Match(index, ("url.full", "https://other.tw/whatever")));
    }

    [Fact]
    public void Several_values_in_one_field_are_all_looked_at()
    {
        var index = Reads.Index("203.0.114.5\nevil.tw\n");
        Assert.Equal(2, Reads.Match(index, ("QueryResults", "type:  5 evil.tw;::ffff:203.0.114.5;")).Count);
        Assert.Single(Reads.Match(index, ("x-forwarded-for", "10.0.0.1, 203.0.114.5")));
        Assert.Single(Reads.Match(index, ("dns.answers.data", "[\"1.1.1.1\",\"203.0.114.5\"]")));
    }

    [Fact]
    public void Field_names_are_known_with_what_stands_before_them()
    {
        var index = Reads.Index("203.0.114.5\n");
        foreach (var name in (string[])["DestinationIp", "winlog.event_data.DestinationIp", "EventData.DestinationIp", "destination.ip", "DST", "dst ip"])
            Assert.True(Reads.Hits(index, (name, "203.0.114.5")), name);
        Assert.False(Reads.Hits(index, ("version", "203.0.114.5")));
    }

    [Fact]
    public void A_million_indicators_take_less_than_200_megabytes()
    {
        var index = new IndicatorIndex();
        var list = index.AddList(new IndicatorListOptions());
        var context = new IndicatorContext { Producer = "CERT", Tlp = "amber", Report = "R" };
        for (var i = 0; i < 1_000_000; i++)
        {
            var value = (i % 4) switch
            {
                0 => new IndicatorValue(IndicatorKind.Address, AddressValue.Text(new UInt128(0, 0xFFFF_0B00_0000UL + (ulong)i))),
                1 => new IndicatorValue(IndicatorKind.Domain, $"host-{i:x8}.evil-domain{i % 1000}.example.tw"),
                2 => new IndicatorValue(IndicatorKind.Hash, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(i)))),
                _ => new IndicatorValue(IndicatorKind.Url, $"http://evil{i % 5000}.tw/path/to/{i}/payload.bin"),
            };
            index.Add(list, new Indicator { Id = new Guid(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString("D"), Values = [value], Context = context });
        }

        index.Close();
        Assert.True(index.Size < 200L << 20, $"{index.Size >> 20} MB");
        Assert.Equal(1_000_000, index.Count);
        Assert.Equal([new Guid(999_997, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString("D")], Reads.Match(index, ("query", $"host-{999_997:x8}.evil-domain997.example.tw")));
        Assert.Empty(Reads.Match(index, ("query", "host-000f423d.evil-domain996.example.tw")));
    }

    [Fact]
    public void Nothing_that_is_read_or_seen_makes_it_fail()
    {
        var random = new Random(11);
        string[] seeds =
        [
            Reads.Stix("[domain-name:value = 'evil.tw' AND (network-traffic:dst_port IN (1,2,3) OR file:name LIKE '%x_')]"), "{\"response\":[{\"Event\":{\"info\":\"x\",\"Attribute\":[{\"type\":\"domain|ip\",\"value\":\"a.tw|1.2.3.4\",\"to_ids\":true}]}}]}",
            "indicator,type\n\"evil.tw\",domain\n1.2.3.4,ip\n", "hxxp://evil[.]tw/%41/../?a=%zz\n*.x.tw\n::1\n1.2.3.4/0\n惡意.台灣\n",
        ];
        for (var round = 0; round < 6_000; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(seeds[random.Next(seeds.Length)]);
            for (var change = random.Next(1, 8); change > 0; change--)
            {
                var at = random.Next(bytes.Length);
                switch (random.Next(3))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes = [.. bytes[..at], .. bytes[random.Next(at, bytes.Length)..]]; break;
                    default: bytes = [.. bytes[..at], .. bytes[random.Next(at + 1)..]]; break;
                }

                if (bytes.Length == 0) bytes = [0x0A];
            }

            var (items, report) = Reads.Of(bytes, new IndicatorReadOptions { MostBytes = 1 << 20 });
            Assert.True(report.Failure is not null || report.Count == items.Count);
            var index = new IndicatorIndex();
            var list = index.AddList(new IndicatorListOptions(Lines: true));
            // What the reader lets through can be looked for, and kept.
            foreach (var item in items)
            {
                Assert.Null(index.Add(list, item));
                Assert.True(new IndicatorLines.Reader().Read(IndicatorLines.Write(item)).IsOk);
            }

            var scan = index.Close().NewScan();
            scan.Begin(Reads.Now, Reads.Now);
            var text = Encoding.UTF8.GetString(bytes);
            foreach (var field in (string[])["dst_ip", "query", "url", "Hashes", "Image", "TargetObject", "to", "user", "answers", "cs-host", "cs-uri-stem", "CommandLine"]) scan.Field(field, text.Length > 0 ? text[random.Next(text.Length)..] : "");
            scan.Line(text);
            foreach (var hit in scan.End()) Assert.NotEmpty(index.Info(hit.Number).Text);
        }
    }
}
