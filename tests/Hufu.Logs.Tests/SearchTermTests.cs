using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace Hufu.Logs.Tests;

public sealed class SearchTermTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-terms-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal static LogEvent Event(int number, string text, string? ip = null, params (string Name, string Value)[] fields) => new()
    {
        ReceivedAt = Start.AddSeconds(number), OccurredAt = Start.AddSeconds(number), Source = "s", Host = "h", SourceIp = ip, Message = text, Raw = $"<{number}> {text}", Format = LogFormats.Plain,
        Fields = fields.ToDictionary(f => f.Name, f => f.Value),
    };

    internal static readonly (string Query, string Expected)[] Searches =
    [
        ("src_ip:10.0.0.0/8", "a m"),
        ("src_ip:10.1.2.3/32", "a m"),
        ("src_ip:10.1.2.4/31", ""),
        ("src_ip:10.1.2.2/31", "a m"),
        ("source.ip:10.0.0.0/8", "a f m"),
        ("src_ip:0.0.0.0/0", "a b m"),
        ("src_ip:::/0", "x y"),
        ("src_ip:::ffff:10.0.0.0/104", "a m"),
        ("src_ip:2001:db8::/32", "x"),
        ("src_ip:fe80::/10", "y"),
        ("NOT src_ip:0.0.0.0/0", "x y f n t"),
        ("src_ip:\"10.0.0.0/8\"", ""),
        ("net:\"10.0.0.0/8\"", "n"),
        ("src_ip:[10.1.2.3 TO 192.0.2.1]", "a b m"),
        ("src_ip:{10.1.2.3 TO 192.0.2.1]", "b"),
        ("src_ip:[10.1.2.3 TO 192.0.2.1}", "a m"),
        ("src_ip:[11.0.0.0 TO *]", "b"),
        ("src_ip:[2001:: TO *]", "x y"),
        ("src_ip:[* TO 2001:db8::1]", "x"),
        ("n:[1 TO 10]", "n t"),
        ("n:{1 TO 10]", "n"),
        ("n:[1 TO 10}", "t"),
        ("n:[* TO 5]", "t"),
        ("n:[5 TO *]", "n"),
        ("n:[\"1\" TO \"10\"]", "n t"),
        ("n:[\"0\" TO \"1\"]", "t"),
        ("user:[alice TO Bob]", "t"),
        ("user:[c TO *]", "f n"),
        ("user:[* TO *]", "f n t"),
        ("NOT user:[* TO b]", "a b f m n x y"),
        ("user:(alice OR 王*)", "n t"),
        ("user:(* -alice)", "f n"),
        ("user:(/^A/ OR \"carol\")", "f t"),
        ("n:(>=5 OR [1 TO 1])", "n t"),
        ("src_ip:(10.0.0.0/8 OR fe80::/10) NOT m", "a y"),
        ("user:/^王.明$/", "n"),
        ("user:/LIC/", "t"),
        ("user:/(?-i)LIC/", ""),
        ("user:/lic/i", "t"),
        ("-user:/./", "a b m x y"),
        ("/^<[12]> [AB]$/", "a b"),
        ("path:/^\\/var\\/l.g/", "y"),
        ("path:/var/log/x", "y"),
        ("path:/var/log*", "y"),
        ("path:/a.b c|d/", "b"),
        ("\"/a/\"", ""),
        ("path:\"/a/\"", ""),
    ];

    internal static readonly LogEvent[] SearchedEvents =
    [
        Event(1, "a", "10.1.2.3"), Event(2, "b", "192.0.2.1", ("path", "axb cd")), Event(3, "x", "2001:db8::1"), Event(4, "y", "fe80::1%eth0", ("path", "/var/log/x")),
        Event(5, "m", "::ffff:10.1.2.3"), Event(6, "f", null, ("src", "10.9.9.9"), ("user", "Carol")), Event(7, "n", null, ("net", "10.0.0.0/8"), ("n", "10"), ("user", "王小明")),
        Event(8, "t", null, ("n", "1"), ("user", "Alice"), ("src", "not an address")),
    ];

    [Fact]
    public async Task Terms_FindTheSameInTheOpenAndInASealedSegment()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync(SearchedEvents, Stop);
        foreach (var sealedNow in new[] { false, true })
        {
            if (sealedNow) await store.SealAsync(Stop);
            foreach (var (query, expected) in Searches)
                Assert.Equal($"{query} → {string.Join(' ', expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))}", $"{query} → {await Found(store, query)}");
        }
    }

    private static async Task<string> Found(LogStore store, string query)
    {
        var parsed = SearchQuery.Parse(query);
        Assert.True(parsed.IsOk, query + ": " + string.Join("; ", parsed.Errors));
        return string.Join(' ', (await store.SearchAsync(new LogSearch { Query = parsed.Value, Limit = 10_000 }, Stop)).Events.Select(item => item.Message).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("src_ip:10.0.0.0/33", 17)]
    [InlineData("src_ip:10.0.0.0/", 17)]
    [InlineData("src_ip:300.0.0.0/8", 8)]
    [InlineData("src_ip:010.0.0.0/8", 8)]
    [InlineData("x ip:2001:db8::/129", 17)]
    [InlineData("ip:1::2::3/64", 4)]
    [InlineData("ip:(a OR 10.0.0.0/40)", 19)]
    [InlineData("ip:[10.0.0.1 TO ::1]", 17)]
    [InlineData("n:[1 TO 10", 3)]
    [InlineData("n:[1 10]", 6)]
    [InlineData("n:[1 TO ]", 9)]
    [InlineData("n:[", 3)]
    [InlineData("n:[abc]", 7)]
    [InlineData("n:[\"a TO b]", 4)]
    [InlineData("user:/a(b/", 7)]
    [InlineData("user:/a[b/", 8)]
    [InlineData("/x(?=y)/", 3)]
    [InlineData("/*a/", 2)]
    [InlineData("/a\\q/", 3)]
    [InlineData("a /b)/", 4)]
    [InlineData("/a{1001}/", 3)]
    [InlineData("user:(", 7)]
    [InlineData("user:()", 7)]
    [InlineData("user:(a", 6)]
    [InlineData("user:(a OR)", 11)]
    [InlineData("user:(a))", 9)]
    [InlineData("n:>NaN", 1)]
    [InlineData("a NOT", 6)]
    [InlineData("user:", 6)]
    public void AFaultyTermNamesTheCharacter(string query, int character)
    {
        var result = SearchQuery.Parse(query);
        Assert.False(result.IsOk, query);
        Assert.Equal(character.ToString(CultureInfo.InvariantCulture), result.Errors[0].Place);
        Assert.NotEqual(result.Errors[0].Message.Zh, result.Errors[0].Message.En);
    }

    [Fact]
    public async Task APageThatIsFullWithTheEventsOfOneFile_SaysThatOthersFollow()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([Event(1, "a"), Event(2, "a"), Event(3, "a")], Stop);
        await store.SealAsync(Stop);
        await store.AppendAsync([Event(4, "a"), Event(5, "a"), Event(6, "a")], Stop);
        await store.SealAsync(Stop);
        var page = await store.SearchAsync(new LogSearch { Limit = 3 }, Stop);
        Assert.NotNull(page.Next);
        var rest = await store.SearchAsync(new LogSearch { Limit = 3, After = page.Next }, Stop);
        Assert.Equal((3, (LogCursor?)null), (rest.Events.Count, rest.Next));
    }

    [Fact]
    public async Task RandomSearchesOverRandomEvents_FindWhatANaiveReadingFinds()
    {
        var random = new Random(20_260_105);
        await using var store = LogStore.Open(folder);
        var events = Enumerable.Range(0, 400).Select(i => RandomEvent(random, i)).ToList();
        for (var part = 0; part < 4; part++)
        {
            await store.AppendAsync(events.GetRange(part * 100, 100), Stop);
            if (part < 3) await store.SealAsync(Stop);
        }

        var (differences, some) = (new List<string>(), 0);
        for (var i = 0; i < 300; i++)
        {
            var (text, test) = RandomQuery(random, 3);
            var parsed = SearchQuery.Parse(text);
            Assert.True(parsed.IsOk, text + ": " + string.Join("; ", parsed.Errors));
            var found = (await store.SearchAsync(new LogSearch { Query = parsed.Value, Limit = 10_000 }, Stop)).Events.Select(item => item.ReceivedAt).Order().ToList();
            var expected = events.Where(test).Select(item => item.ReceivedAt).Order().ToList();
            if (!found.SequenceEqual(expected)) differences.Add($"{text}: {found.Count} found, {expected.Count} expected");
            if (expected.Count is > 0 and < 400) some++;
        }

        Assert.Empty(differences);
        Assert.True(some > 100, $"Only {some} searches told events apart.");
    }

    private static readonly string[] Texts = ["Failed password", "登入失敗", "王小明 登入 web01", "/var/log/x", "a.b*c", "ÄPFEL äpfel", "[x] (y) \"z\"", "100%", "tab\there", "two\nlines", "c:\\win", "x|y"];
    private static readonly string[] Addresses = ["10.0.0.1", "10.1.2.3", "10.255.255.255", "11.0.0.0", "192.0.2.7", "::1", "2001:db8::1", "2001:DB8:0:0::2", "2001:db9::", "::ffff:10.1.2.3", "fe80::1%2", "10.0.0", "010.0.0.1", "10.0.0.1:80", "", "::", "none"];
    private static readonly string[] Numbers = ["0", "1", "1.5", "-3", "10", "9", "1e2", "100", "abc", "", "NaN", "inf", "0x10", "007"];
    private static readonly string[] Users = ["alice", "ALICE", "bob", "王小明", "王大明", "a*b", "root/admin", ""];

    internal static LogEvent RandomEvent(Random random, int i)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (random.Next(3) > 0) fields["user"] = Pick(random, Users);
        if (random.Next(3) > 0) fields["n"] = Pick(random, Numbers);
        if (random.Next(3) > 0) fields["ip"] = Pick(random, Addresses);
        if (random.Next(5) == 0) fields["SRC"] = Pick(random, Addresses);
        var message = Pick(random, Texts) + (random.Next(2) == 0 ? " " + Pick(random, Texts) : "");
        return new LogEvent
        {
            ReceivedAt = Start.AddSeconds(i), OccurredAt = Start.AddSeconds(i / 3), Source = "s", Host = random.Next(3) == 0 ? null : Pick(random, ["web01", "web02", "資料庫"]), SourceIp = random.Next(2) == 0 ? null : Pick(random, Addresses),
            Severity = random.Next(4) == 0 ? null : random.Next(8), Message = message, Raw = random.Next(4) == 0 ? "other" : "head " + message, Format = LogFormats.Plain, Fields = fields,
        };
    }

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    internal static (string Text, Func<LogEvent, bool> Test) RandomQuery(Random random, int depth)
    {
        if (depth > 0 && random.Next(3) > 0)
        {
            var (left, right) = (RandomQuery(random, depth - 1), RandomQuery(random, depth - 1));
            switch (random.Next(4))
            {
                case 0: return ($"({left.Text} OR {right.Text})", item => left.Test(item) || right.Test(item));
                case 1: return ($"({left.Text} AND {right.Text})", item => left.Test(item) && right.Test(item));
                case 2: return ($"({left.Text} {right.Text})", item => left.Test(item) && right.Test(item));
                default: return ($"{(random.Next(2) == 0 ? "NOT " : "-")}({left.Text})", item => !left.Test(item));
            }
        }

        if (random.Next(5) == 0)
        {
            var word = Pick(random, ["failed", "登入", "äpfel", "b*c", "PASS", "other", "x|y", "小明 登入", "c:\\win", "x]"]);
            return (Quote(word), item => Has(item.Raw, word) || Has(item.Message, word));
        }

        if (random.Next(8) == 0)
        {
            var pattern = Pick(random, Patterns);
            return ($"/{pattern}/", item => Matches(item.Raw, pattern));
        }

        var field = Pick(random, ["user", "n", "ip", "src_ip", "source.ip", "host", "message", "severity", "nothing"]);
        if (random.Next(4) == 0)
        {
            var (left, right) = (Condition(random, field), Condition(random, field));
            return random.Next(2) == 0
                ? ($"{field}:({left.Text} OR {right.Text})", item => left.Test(Field(item, field)) || right.Test(Field(item, field)))
                : ($"{field}:({left.Text} -{right.Text})", item => left.Test(Field(item, field)) && !right.Test(Field(item, field)));
        }

        var (text, test) = Condition(random, field);
        return ($"{field}:{text}", item => test(Field(item, field)));
    }

    private static readonly string[] Patterns = ["^head", "明$", "fail.*word", "[0-9]+", "\\/var", "(?-i)FAILED", "登.失", "a|b", "^$", "\\bweb0\\d\\b", "x.y", "."];

    private static (string Text, Func<string?, bool> Test) Condition(Random random, string field)
    {
        switch (random.Next(8))
        {
            case 0:
                var pattern = Pick(random, Patterns);
                return ($"/{pattern}/", value => value is not null && Matches(value, pattern));
            case 1:
                var (network, bits) = Pick(random, [("10.0.0.0", 8), ("10.1.2.3", 32), ("0.0.0.0", 0), ("10.1.2.3", 15), ("2001:db8::", 32), ("::", 0), ("::", 95), ("::ffff:0:0", 96), ("::", 128), ("2001:db8::2", 127), ("fe80::", 10)]);
                return ($"{network}/{bits}", value => In(value, network, bits));
            case 2:
                var (low, high) = (random.Next(-5, 12), random.Next(-5, 120));
                var (withLow, withHigh) = (random.Next(2) == 0, random.Next(2) == 0);
                var (noLow, noHigh) = (random.Next(4) == 0, random.Next(4) == 0);
                return ($"{(withLow ? '[' : '{')}{(noLow ? "*" : low)} TO {(noHigh ? "*" : high)}{(withHigh ? ']' : '}')}",
                    value => noLow && noHigh ? value is not null : Number(value) is { } number && (noLow || (withLow ? number >= low : number > low)) && (noHigh || (withHigh ? number <= high : number < high)));
            case 3:
                var (first, last) = (Pick(random, Users), Pick(random, Users));
                return ($"[{Quote(first)} TO {Quote(last)}]", value => value is not null && Compare(value, first) >= 0 && Compare(value, last) <= 0);
            case 4:
                var (from, to) = Pick(random, [("10.0.0.1", "10.1.2.3"), ("10.1.2.4", "192.0.2.7"), ("::", "ffff::"), ("2001:db8::1", "2001:db8::2"), ("::ffff:10.1.2.3", "11.0.0.0")]);
                return ($"[{from} TO {to}]", value => Address(value) is { } key && Version(key) == Version(Address(from)!.Value) && key >= Address(from) && key <= Address(to));
            case 5:
                var start = Pick(random, ["a", "王", "10.", "web", "F"]);
                return ($"{start}*", value => value is not null && (field == "message" ? Has(value, start) : value.StartsWith(start, StringComparison.OrdinalIgnoreCase)));
            case 6:
                return ("*", value => value is not null);
            default:
                var exact = Pick(random, [.. Users, .. Addresses, .. Numbers]);
                return (Quote(exact), value => value is not null && (field == "message" ? Has(value, exact) : value.Equals(exact, StringComparison.OrdinalIgnoreCase)));
        }
    }

    private static string? Field(LogEvent item, string field) => field switch
    {
        "source.ip" => item.Fields.GetValueOrDefault("source.ip") ?? item.SourceIp ?? item.Fields.GetValueOrDefault("SRC"),
        "src_ip" => item.SourceIp,
        "host" => item.Host,
        "message" => item.Message,
        "severity" => item.Severity?.ToString(CultureInfo.InvariantCulture),
        _ => item.Fields.GetValueOrDefault(field),
    };

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static bool Matches(string text, string pattern) => Regex.IsMatch(text, pattern.Replace("$", "\\z", StringComparison.Ordinal).Replace("\\d", "[0-9]", StringComparison.Ordinal), RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant);

    private static int Compare(string left, string right) => Encoding.UTF8.GetBytes(left.ToLowerInvariant()).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right.ToLowerInvariant()));

    private static double? Number(string? text) => text is not null && Regex.IsMatch(text, @"^-?[0-9]+(\.[0-9]+)?(e[0-9]+)?$") ? double.Parse(text, CultureInfo.InvariantCulture) : null;

    // Written another way than the product: bytes of the address, compared bit by bit.
    private static BigInteger? Address(string? text)
    {
        if (text is null || !(Regex.IsMatch(text, @"^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){3}$") || text.Contains(':', StringComparison.Ordinal) && Regex.IsMatch(text, "^[0-9A-Fa-f:.]*[0-9A-Fa-f:](%.*)?$") && !Regex.IsMatch(text, @"^[0-9]+\.[0-9.]*:"))) return null;
        return IPAddress.TryParse(text, out var address) ? new BigInteger(address.MapToIPv6().GetAddressBytes(), isUnsigned: true, isBigEndian: true) : null;
    }

    private static int Version(BigInteger key) => key >> 32 == 0xFFFF ? 4 : 6;

    private static bool In(string? value, string network, int bits)
    {
        if (Address(value) is not { } key) return false;
        var prefix = IPAddress.Parse(network);
        var mapped = prefix.AddressFamily == AddressFamily.InterNetwork;
        var shift = mapped ? 32 - bits : 128 - bits;
        if (key >> shift != Address(network)!.Value >> shift) return false;
        return Version(key) == (mapped || (prefix.IsIPv4MappedToIPv6 && bits >= 96) ? 4 : 6);
    }
}
