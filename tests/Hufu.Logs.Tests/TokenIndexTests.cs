using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hufu.Logs.Search;

namespace Hufu.Logs.Tests;

/// <summary>The index of texts changes how long a search takes, and nothing else.</summary>
public sealed class TokenIndexTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Words = ["failed", "Password", "登入失敗", "使用者王小明", "café", "ÅNGSTRÖM", "kelvin\u212A", "naïve", "İstanbul", "straße", "root", "10.0.3.7", "fe80::1", "GET", "/index.html", "x_y-z", "💥boom"];

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-logs-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static LogEvent Event(int i, string text, string user = "u") => new()
    {
        ReceivedAt = Start.AddSeconds(i), Source = "s", Host = $"host{i % 7}", App = "app", Severity = i % 8, SourceIp = $"192.0.2.{i % 250}", Message = text, Raw = (i % 5 == 0 ? "" : "head ") + text + (i % 3 == 0 ? " tail" : ""), Format = LogFormats.Plain,
        Fields = new Dictionary<string, string> { ["user"] = user, ["n"] = i.ToString(CultureInfo.InvariantCulture) },
    };

    private static async Task<List<string>> Found(LogStore store, string query)
    {
        var parsed = SearchQuery.Parse(query);
        Assert.True(parsed.IsOk, query + ": " + string.Join("; ", parsed.Errors));
        var search = new LogSearch { Query = parsed.Value, Limit = 10_000 };
        var ids = (await store.SearchAsync(search, Stop)).Events.Select(e => e.Id).ToList();
        // A whole count sees the same files another way.
        var counted = (await store.HistogramAsync(search, TimeSpan.FromDays(365), Stop)).Buckets.Sum(b => b.Errors + b.Warnings + b.Others);
        if (ids.Count < 10_000) Assert.Equal(ids.Count, counted);
        return ids;
    }

    [Fact]
    public async Task SearchesFindTheSame_WithTheIndexAndWithoutIt()
    {
        var random = new Random(11);
        string Word() => random.Next(7) switch
        {
            2 => string.Join('.', Enumerable.Range(0, random.Next(3, random.Next(8) == 0 ? 60 : 6)).Select(_ => random.Next(256))),
            0 => random.NextInt64().ToString("x16", CultureInfo.InvariantCulture),
            1 when random.Next(50) == 0 => string.Concat(Enumerable.Range(0, random.Next(60, 400)).Select(_ => (char)('a' + random.Next(26)))),
            _ => Words[random.Next(Words.Length)],
        };
        var events = Enumerable.Range(0, 20_000).Select(i => Event(i, string.Join(random.Next(4) == 0 ? "=" : " ", Enumerable.Range(0, random.Next(1, 5)).Select(_ => Word())), random.Next(3) == 0 ? Word() : "u")).ToList();
        await using var store = LogStore.Open(folder);
        await store.AppendAsync(events, Stop);
        await store.SealAsync(Stop);
        string Piece()
        {
            var text = events[random.Next(events.Count)].Raw;
            var from = random.Next(text.Length);
            var piece = text.Substring(from, Math.Min(text.Length - from, random.Next(1, 90))).Replace("\"", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal);
            return random.Next(3) switch { 0 => piece.ToUpperInvariant(), 1 => piece.ToLowerInvariant(), _ => piece };
        }

        string Value()
        {
            var value = events[random.Next(events.Count)].Fields["user"].Replace("\"", "", StringComparison.Ordinal);
            return random.Next(3) switch { 0 => value.ToUpperInvariant(), 1 when value.Length > 3 => value[1..], _ => value };
        }

        string Term() => random.Next(9) switch
        {
            7 => $"user:\"{Value()}\"",
            8 => $"{(random.Next(2) == 0 ? "host" : "host.name")}:HOST{random.Next(9)}",
            0 => $"user:\"{Piece()}\"",
            1 => $"-\"{Piece()}\"",
            2 => $"src_ip:192.0.2.{random.Next(250)}",
            3 => $"n:{random.Next(20_000)}",
            4 => $"severity:{random.Next(8)}",
            5 => $"message:\"{Piece()}\"",
            _ => $"\"{Piece()}\"",
        };
        var queries = Enumerable.Range(0, 150).Select(i => i % 3 == 0 ? $"({Term()} OR {Term()}) {Term()}" : i % 3 == 1 ? $"{Term()} {Term()}" : Term()).Where(q => SearchQuery.Parse(q).IsOk).ToList();
        queries.AddRange(["user:İSTANBUL", "user:istanbul", "KELVINk", "STRASSE", "STRAßE", "severity:error", "log.level:3", "source.ip:192.0.2.7", "*oot*", "n:1*", "user:*", "登入", "小明", "boom"]);
        var expected = new List<List<string>>();
        foreach (var query in queries) expected.Add(await Found(store, query));
        Assert.True(expected.Count(ids => ids.Count is > 0 and < 1_000) > 20);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        Assert.True(File.Exists(Path.Combine(folder, "00000001.tokens")));
        for (var i = 0; i < queries.Count; i++) Assert.True(expected[i].SequenceEqual(await Found(store, queries[i])), $"{queries[i]} finds something else with the index.");
    }

    [Fact]
    public async Task FilesWithoutTheTextAreNotRead_AlsoWhenTheyWerePutTogether()
    {
        await using var store = LogStore.Open(folder, new LogStoreOptions { PackEvents = 200_000, KeepReplaced = TimeSpan.Zero });
        for (var segment = 0; segment < 9; segment++)
        {
            await store.AppendAsync([.. Enumerable.Range(0, 9_000).Select(i => Event(i, segment == 4 && i == 8_500 ? "the NeedleX here" : $"hay {i % 900}"))], Stop);
            await store.SealAsync(Stop);
        }

        var search = new LogSearch { Query = SearchQuery.Parse("needlex").Value };
        Assert.Equal(9, (await store.SearchAsync(search, Stop)).SegmentsRead);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        Assert.Single(store.Files());
        var page = await store.SearchAsync(search, Stop);
        Assert.Equal(("00000005/8500", 1), (page.Events.Single().Id, page.SegmentsRead));
        Assert.Equal(0, (await store.SearchAsync(new LogSearch { Query = SearchQuery.Parse("needley").Value }, Stop)).SegmentsRead);
        Assert.Equal([new ValueCount("host2", 1)], await store.TopValuesAsync(search, "host", cancellation: Stop));

        // A source that goes makes another file, whose places are others.
        var tokens = Directory.EnumerateFiles(folder, "*.tokens").Single();
        Assert.Equal("00000001-00000009.1.tokens", Path.GetFileName(tokens));
    }

    [Fact]
    public async Task DigitsThatOnlyTheMessageHasAsTheyAreSought_AreFoundByLettersBesideThem()
    {
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([Event(1, "x") with { Message = "Door 42: opened", Raw = """{"message":"Door\u002042\u003a opened"}""" }, Event(2, "door 43: opened")], Stop);
        foreach (var query in new[] { "\"door 42: OPENED\"", "message:\"door 42\"", "\"42: o\"" }) Assert.Equal(["00000001/0"], await Found(store, query));
        Assert.Equal(["00000001/1"], await Found(store, "-\"door 42: opened\""));
    }

    [Fact]
    public async Task AnAddressIsLookedUpWhole_ThoughItsNumbersAreEverywhere()
    {
        var random = new Random(3);
        string Any() => string.Join('.', Enumerable.Range(0, 4).Select(_ => random.Next(100, 256)));
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([.. Enumerable.Range(0, 3 * 8_192).Select(i => Event(i, i == 20_000 ? "from 101.102.103.104 port 1" : i == 20_001 ? "version 1101.102.103.1045." : $"from {Any().Replace("101.102.", "101.103.", StringComparison.Ordinal)}"))], Stop);
        await store.SealAsync(Stop);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        Assert.Equal(["00000001/20001", "00000001/20000"], await Found(store, "101.102.103.104"));
        Assert.Equal(["00000001/20000"], await Found(store, "\"from 101.102.103.104\""));
        Assert.Equal(0, await ReadAsync(store, "101.102.103.105"));
        await store.DisposeAsync();

        // What was written before chunks said which letters they have says the same; before addresses were in it, nothing of them.
        var path = Path.Combine(folder, "00000001.tokens");
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        foreach (var (magic, read) in new[] { ("HUFUTOK2", 0), ("HUFUTOK1", 1) })
        {
            await File.WriteAllBytesAsync(path, OfBefore(bytes, magic), Stop);
            await using var again = LogStore.Open(folder);
            Assert.Equal(read, await ReadAsync(again, "101.102.103.105"));
            Assert.Equal(0, await ReadAsync(again, "needle"));
            Assert.Equal(["00000001/20000"], await Found(again, "\"from 101.102.103.104\""));
        }

        static async Task<int> ReadAsync(LogStore store, string query) => (await store.SearchAsync(new LogSearch { Query = SearchQuery.Parse(query).Value }, Stop)).SegmentsRead;
    }

    /// <summary>An index without what says which three letters a chunk has.</summary>
    private static byte[] OfBefore(byte[] index, string magic)
    {
        var head = new BinaryReader(new MemoryStream(index, 4, BitConverter.ToInt32(index)));
        head.ReadBytes(8);
        var (written, body, at) = (new MemoryStream(), new MemoryStream(), 4 + BitConverter.ToInt32(index));
        var target = new BinaryWriter(written);
        var sections = head.ReadInt32();
        target.Write(Encoding.ASCII.GetBytes(magic));
        target.Write(sections);
        for (; sections > 0; sections--)
        {
            target.Write(head.ReadInt32());
            var (chunks, grams) = (head.ReadInt32(), head.ReadInt32());
            target.Write(chunks);
            for (; chunks > 0; chunks--)
            {
                var chunk = new[] { head.ReadInt32(), head.ReadInt32(), head.ReadInt32(), head.ReadInt32() };
                foreach (var number in chunk) target.Write(number);
                head.ReadBytes(head.ReadInt32());
                body.Write(index, at, chunk[1] + chunk[3]);
                at += chunk[1] + chunk[3];
            }

            at += grams;
        }

        Assert.Equal(index.Length, at);
        target.Write(SHA256.HashData(written.ToArray()).AsSpan(0, 8));
        return [.. BitConverter.GetBytes((int)written.Length), .. written.ToArray(), .. body.ToArray()];
    }

    [Fact]
    public async Task ARareWordIsLookedForWhereItsLettersAre_AndWhatSaysSoHidesNothingWhenItIsDamaged()
    {
        var random = new Random(9);
        // Some chunks of tokens, and a hundred that each are in one row.
        await using (var store = LogStore.Open(folder))
        {
            await store.AppendAsync([.. Enumerable.Range(0, 8 * 8_192).Select(i => Event(i, $"{random.NextInt64():x16} {random.Next(1_000_000):d6}q{i}{(i % 655 == 0 ? " Rare" + (char)('a' + i / 655 % 26) + "Word" + i / 655 : "")}"))], Stop);
            await store.SealAsync(Stop);
            await store.MaintainAsync(new RetentionPolicy(), Stop);
        }

        var path = Path.Combine(folder, "00000001.tokens");
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        var sections = BitConverter.ToInt32(bytes, 12);
        Assert.Equal((1, true), (sections, BitConverter.ToInt32(bytes, 20) >= 4));
        for (var k = 0; k <= 100; k++)
        {
            var word = Rare(k);
            foreach (var piece in new[] { word, word[2..], word[..^1], word[1..9] })
            {
                var blocks = Enumerable.Range(0, 101).Where(other => Rare(other).Contains(piece, StringComparison.Ordinal)).Select(other => other * 655 / 8_192).Distinct().ToList();
                var places = TokenIndex.Open(path)!.Places(SearchQuery.Parse(piece).Value.Root);
                // More than half of them are all.
                if (blocks.Count > 4) Assert.Null(places);
                else Assert.Equal(blocks, places!.SelectMany(p => Enumerable.Range((int)(p.From / 8_192), (int)((p.To - p.From + 1) / 8_192))));
            }
        }

        // All of a value is looked for as a run by itself: its digits stand within many others.
        for (var k = 1; k <= 100; k++) Assert.Equal((k * 655 / 8_192 * 8_192, 8_192), TokenIndex.Open(path)!.Places(SearchQuery.Parse($"n:{k * 655}").Value.Root)!.Select(p => ((int)p.From, (int)(p.To - p.From + 1))).Single());
        Assert.Empty(TokenIndex.Open(path)!.Places(SearchQuery.Parse("n:rarebword1x").Value.Root)!);
        Assert.Empty(TokenIndex.Open(path)!.Places(SearchQuery.Parse("n:rarebword").Value.Root)!);
        Assert.Equal(4, TokenIndex.Open(path)!.Places(SearchQuery.Parse("n:rarebword*").Value.Root)!.Count);

        static string Rare(int k) => $"rare{(char)('a' + k % 26)}word{k}";

        Assert.Empty(TokenIndex.Open(path)!.Places(SearchQuery.Parse("rarezzzword").Value.Root)!);
        var packed = BitConverter.ToInt32(bytes, 24);
        for (var at = bytes.Length - packed; at < bytes.Length; at += 11)
        {
            var changed = bytes.ToArray();
            changed[at] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(path, changed, Stop);
            var places = TokenIndex.Open(path)!.Places(SearchQuery.Parse("rareaword0").Value.Root);
            Assert.True(places is null || places.Any(p => p.From == 0), $"byte {at}");
        }
    }

    [Fact]
    public async Task APieceOfALongWordIsFound_WhereverItLiesInIt()
    {
        var random = new Random(5);
        // Longer than the pieces it is kept in, also with characters that a piece may end within.
        var latin = string.Concat(Enumerable.Range(0, 500).Select(_ => (char)('a' + random.Next(26))));
        var chinese = string.Concat(Enumerable.Range(0, 200).Select(_ => (char)('一' + random.Next(5_000))));
        await using var store = LogStore.Open(folder);
        await store.AppendAsync([.. Enumerable.Range(0, 4 * 8_192).Select(i => Event(i, i == 20_000 ? $"{latin} {chinese}" : $"hay {i}"))], Stop);
        await store.SealAsync(Stop);
        await store.MaintainAsync(new RetentionPolicy(), Stop);
        for (var from = 0; from <= 400; from += 7)
            foreach (var (word, at, length) in ((string, int, int)[])[(latin, from, 64), (latin, from, 90), (latin, from, 20), (chinese, from / 3, 21), (chinese, from / 3, 40)])
                Assert.True((await Found(store, word.Substring(at, length))).SequenceEqual(["00000001/20000"]), $"{word.Substring(at, length)} at {at}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(-200)]
    [InlineData(-1)]
    public async Task AnIndexThatWasDamagedHidesNothing(int at)
    {
        await using (var store = LogStore.Open(folder))
        {
            await store.AppendAsync([.. Enumerable.Range(0, 20_000).Select(i => Event(i, i == 19_000 ? "needlex" : $"hay {i}"))], Stop);
            await store.SealAsync(Stop);
            await store.MaintainAsync(new RetentionPolicy(), Stop);
        }

        var path = Path.Combine(folder, "00000001.tokens");
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        if (at < 0) bytes = bytes[..^-at];
        else for (var i = at; i < bytes.Length; i += 97) bytes[i] ^= 0x55;
        await File.WriteAllBytesAsync(path, bytes, Stop);
        await using var again = LogStore.Open(folder);
        Assert.Equal(["00000001/19000"], await Found(again, "needlex"));
    }
}
