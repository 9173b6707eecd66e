using System.Globalization;
using System.Text;
using Hufu.Logs.Search;

namespace Hufu.Logs.Tests;

/// <summary>Texts are found in the files' own bytes as the database finds them.</summary>
public sealed class TextFinderTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    // Letters that are others' other case, or seem to be, and what has none.
    private static readonly string[] Pieces = ["a", "A", "k", "K", "\u212A", "s", "S", "ſ", "ß", "ẞ", "i", "İ", "ı", "[", "{", "@", "`", " ", "0", "資", "安", "한", "é", "É", "\n", "\0"];

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-finder-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Random(Random random, int most) => string.Concat(Enumerable.Range(0, random.Next(most + 1)).Select(_ => Pieces[random.Next(Pieces.Length)]));

    private static string Fold(string text) => string.Concat(text.Replace('\u212A', 'k').Replace('ſ', 's').Select(c => char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : c));

    [Fact]
    public void It_finds_what_a_plain_comparison_finds()
    {
        var random = new Random(5);
        for (var round = 0; round < 3_000; round++)
        {
            var (bytes, at, lengths, texts) = (new List<byte>(), new List<int>(), new List<int>(), new List<string>());
            for (var i = random.Next(1, 40); i > 0; i--)
            {
                texts.Add(Random(random, random.Next(60)));
                var text = Encoding.UTF8.GetBytes(texts[^1]);
                // What stands between two texts belongs to neither, even where it looks like a part of them.
                bytes.AddRange("ksAB"u8);
                at.Add(bytes.Count);
                lengths.Add(text.Length);
                bytes.AddRange(text);
            }

            var sought = Random(random, 4);
            if (TextFinder.For(sought) is not { } finder)
            {
                Assert.True(sought.Length == 0 || sought.EnumerateRunes().Any(rune => rune.Value > 0x7F && "資安한".EnumerateRunes().All(plain => plain != rune)));
                continue;
            }

            var found = new bool[texts.Count];
            finder.Find([.. bytes], [.. at], [.. lengths], found);
            Assert.Equal(texts.Select(text => Fold(text).Contains(Fold(sought), StringComparison.Ordinal)), found);
        }
    }

    [Theory]
    [InlineData("password")]
    [InlineData("PASSWORD -root")]
    [InlineData("kiosk OR 登入")]
    [InlineData("\"a[k\"")]
    [InlineData("-s")]
    [InlineData("(k OR s) 資安")]
    [InlineData("kelvin")]
    [InlineData("host")]
    [InlineData("kelvin root")]
    [InlineData("kelvin root 登入")]
    [InlineData("kelvin -root")]
    [InlineData("kelvin (root OR 登入) -kiosk")]
    [InlineData("kelvin paſſword -(x OR 資安)")]
    [InlineData("-kelvin root kiosk")]
    [InlineData("(kelvin root) OR (資安 kiosk x)")]
    public async Task Counting_in_the_files_and_asking_the_database_give_the_same(string query)
    {
        var random = new Random(9);
        string[] words = ["password", "PassWord", "root", "kiosk", "\u212Aio\u212A", "\u212Aelvin", "paſſword", "登入", "資安", "a[k", "x", "\0", "A{K", "host"];
        await using var store = LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = 9_000 });
        for (var batch = 0; batch < 10; batch++)
        {
            await store.AppendAsync([.. Enumerable.Range(0, 3_000).Select(i =>
            {
                var text = string.Join(' ', Enumerable.Range(0, random.Next(4)).Select(_ => words[random.Next(words.Length)]));
                return new LogEvent
                {
                    ReceivedAt = Start.AddSeconds(batch * 3_000 + i), OccurredAt = i % 3 == 0 ? null : Start.AddMinutes(random.Next(100_000)), Source = "s", Host = "host", App = null, Severity = i % 9 == 8 ? null : i % 8,
                    // A message that is not in the raw line, as of JSON.
                    Message = text, Raw = i % 5 == 0 ? "{" + words[random.Next(words.Length)] + "}" : "head " + text, Format = LogFormats.Plain,
                };
            })], Stop);
        }

        var parsed = SearchQuery.Parse(query).Value!;
        foreach (var (from, to) in new (DateTimeOffset?, DateTimeOffset?)[] { (null, null), (Start.AddHours(5), Start.AddDays(30)) })
        {
            var search = new LogSearch { Query = parsed, From = from, To = to, Limit = 10_000 };
            var found = new List<LogEvent>();
            for (LogCursor? after = null; ;)
            {
                var page = await store.SearchAsync(search with { After = after }, Stop);
                found.AddRange(page.Events);
                if ((after = page.Next) is null) break;
            }

            var histogram = await store.HistogramAsync(search, TimeSpan.FromHours(1), Stop);
            Assert.Equal(found.Count, histogram.Buckets.Sum(b => b.Errors + b.Warnings + b.Others));
            Assert.Equal(found.Count(e => e.Severity <= 3), histogram.Buckets.Sum(b => b.Errors));
            Assert.Equal(found.Count(e => e.Severity == 4), histogram.Buckets.Sum(b => b.Warnings));
            foreach (var bucket in histogram.Buckets)
                Assert.Equal(found.Count(e => e.Time >= bucket.From && e.Time < bucket.From + histogram.Width), bucket.Errors + bucket.Warnings + bucket.Others);
            Assert.True(found.Count > 0 || query == "host", string.Create(CultureInfo.InvariantCulture, $"{query} found nothing"));
        }
    }
}
