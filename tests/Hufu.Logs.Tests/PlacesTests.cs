using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Hufu.Logs.Tests;

/// <summary>The records of a file with their places: what counts, what does not, and what is read later is what was said before it.</summary>
public sealed class PlacesTests
{
    private static readonly LogParseOptions Options = new() { ReferenceTime = DateTimeOffset.UnixEpoch };

    private static async Task<List<LogFileRecord>> ReadAsync(byte[] bytes, string name = "", LogParseOptions? options = null)
    {
        await using var reader = new LogFileReader(new MemoryStream(bytes), options ?? Options) { FindsTables = true, Name = name };
        var records = new List<LogFileRecord>();
        await foreach (var record in reader.PlacesAsync(TestContext.Current.CancellationToken)) records.Add(record);
        return records;
    }

    private static Task<List<LogFileRecord>> ReadAsync(string text, string name = "") => ReadAsync(Encoding.UTF8.GetBytes(text), name);

    private static LogEvent Event(LogFileRecord record) => record.Read(DateTimeOffset.UnixEpoch, "s");

    [Fact]
    public async Task Blank_lines_and_lines_of_names_do_not_count()
    {
        Assert.Equal([0L, 1, 2], (await ReadAsync("a\n\n\nb\r\n\r\nc")).Select(r => r.Number));
        var w3c = await ReadAsync("#Software: x\n#Fields: date time cs-method c-ip\n2026-01-01 00:00:00 GET 203.0.113.1\n#Fields: c-ip cs-method\n203.0.113.2 POST\n");
        Assert.Equal([0L, 1], w3c.Select(r => r.Number));
        // Read after all is cut, each by the names that stood before it.
        Assert.Equal(["203.0.113.1", "203.0.113.2"], w3c.Select(r => Event(r).Fields["c-ip"]));
    }

    [Theory]
    [InlineData("a,b,c\n1,2,3\n", "", true)]
    [InlineData("a,b\n1,2\n", "x.csv", true)]
    [InlineData("a,b\n1,2\n", "x.CSV.gz", true)]
    [InlineData("a,b\n1,2\n", "", false)]
    [InlineData("\uFEFFTime Created,Event-Id,\"User\"\nx,1,2\n", "", true)]
    [InlineData("a,b,c\n1,2\n", "", false)]
    [InlineData("a,b,a\n1,2,3\n", "", false)]
    [InlineData("Jan  1 00:00:00 h p: a, b, c\nx\n", "", false)]
    [InlineData("{\"a\":1,\"b\":2,\"c\":3}\n", "x.csv", false)]
    [InlineData("no comma\n", "x.csv", false)]
    public async Task A_table_is_known_by_its_name_or_its_first_line(string text, string name, bool table)
    {
        var records = await ReadAsync(text, name);
        Assert.Equal(table, records.Exists(r => Event(r).Format == LogFormats.Csv));
        if (table) Assert.Equal([0L], records.Select(r => r.Number));
    }

    [Fact]
    public async Task Without_asking_a_table_is_lines()
    {
        await using var reader = new LogFileReader(new MemoryStream("a,b,c\n1,2,3\n"u8.ToArray()), Options) { Name = "x.csv" };
        var count = 0;
        await foreach (var record in reader.PlacesAsync(TestContext.Current.CancellationToken))
        {
            Assert.NotEqual(LogFormats.Csv, Event(record).Format);
            count++;
        }

        Assert.Equal(2, count);
    }

    [Fact]
    public async Task A_quoted_value_goes_on_over_lines_and_one_that_is_never_closed_is_bounded()
    {
        var records = await ReadAsync("a,b,c\n1,\"x\ny \"\"z\"\"\nw\",3\n4,5,6\n");
        Assert.Equal(["x\ny \"z\"\nw", "5"], records.Select(r => Event(r).Fields["b"]));
        Assert.Equal([0L, 1], records.Select(r => r.Number));
        var open = await ReadAsync(Encoding.UTF8.GetBytes("a,b,c\n1,\"x\n" + string.Concat(Enumerable.Range(0, 1_000).Select(i => $"{i},y,z\n"))), "", Options with { MaxLength = 200 });
        Assert.True(open.Count > 10);
        Assert.All(open, r => Assert.True(r.Length <= 200, r.Length.ToString(CultureInfo.InvariantCulture)));
        Assert.Contains(Event(open[0]).Problems, p => LogProblem.CodeOf(p) == LogProblem.TableQuote);
    }

    [Fact]
    public async Task The_pieces_of_a_long_record_have_its_place()
    {
        var records = await ReadAsync(Encoding.UTF8.GetBytes("a\n" + new string('x', 250) + "\nb\n"), "", Options with { MaxLength = 100 });
        Assert.Equal([0L, 1, 1, 1, 2], records.Select(r => r.Number));
    }

    [Fact]
    public async Task Members_of_an_archive_count_each_for_itself()
    {
        using var packed = new MemoryStream();
        await using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in new[] { ("a.log", "x\ny\n"), ("b.csv", "h,i\n1,2\n3,4\n") })
            {
                await using var entry = await zip.CreateEntry(name).OpenAsync(TestContext.Current.CancellationToken);
                await entry.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
            }
        }

        var records = await ReadAsync(packed.ToArray(), "x.zip");
        Assert.Equal([("a.log", 0L), ("a.log", 1), ("b.csv", 0), ("b.csv", 1)], records.Select(r => (r.Member!, r.Number)));
        Assert.Equal("4", Event(records[3]).Fields["i"]);
        Assert.Equal("b.csv", Event(records[3]).Fields["log.file.path"]);
    }

    [Fact]
    public async Task Joined_records_count_once()
    {
        var records = await ReadAsync("type=SYSCALL msg=audit(1.1:2): a=b\ntype=PROCTITLE msg=audit(1.1:2): proctitle=63\ntype=SYSCALL msg=audit(9.1:3): a=b\n");
        Assert.Equal([0L, 1], records.Select(r => r.Number));
    }

    [Theory]
    [InlineData("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00")]
    [InlineData(" 1767323045 ", "2026-01-02T03:04:05+00:00")]
    [InlineData("2026-01-02 03:04:05", "2026-01-02T03:04:05+08:00")]
    [InlineData("soon", null)]
    public void Times_are_read_as_programs_write_them(string text, string? time)
    {
        var read = LogTimes.TryRead(text, Options with { AssumedOffset = TimeSpan.FromHours(8) }, utc: false, out var value);
        Assert.Equal(time is null ? null : DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), read ? value : (DateTimeOffset?)null);
    }
}
