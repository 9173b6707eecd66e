using System.Formats.Tar;
using System.IO.Compression;

namespace Hufu.Logs.Tests;

public class CorpusTests
{
    private static readonly LogParseOptions Options = new() { ReferenceTime = new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero) };

    private static string Find(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", path);
            if (File.Exists(candidate)) return candidate;
        }

        Assert.Skip($"shared/data/{path} is not present");
        return "";
    }

    private static List<LogEvent> Loghub(string name) => [.. LoghubLines(name).Select(line => LogParser.Parse(line, Options.ReferenceTime, "loghub", Options))];

    private static string[] LoghubLines(string name)
    {
        using var file = File.OpenRead(Find("logs/loghub-dev.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.Name != name) continue;
            using var reader = new StreamReader(entry.DataStream!);
            return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r'))];
        }

        throw new FileNotFoundException(name);
    }

    [Fact]
    public void OpenSshLines_GiveAddressAndUser()
    {
        var events = Loghub("OpenSSH/OpenSSH_2k.log");
        Assert.Equal(2_000, events.Count);
        Assert.All(events, item => Assert.Equal((LogFormats.Syslog3164, "LabSZ", "sshd", 0), (item.Format, item.Host, item.App, item.Problems.Count)));
        Assert.All(events.Where(item => item.Message.StartsWith("Failed password", StringComparison.Ordinal)), item =>
        {
            Assert.Equal("failure", item.Fields["outcome"]);
            Assert.NotNull(item.SourceIp);
        });
        Assert.All(events.Where(item => item.Message.StartsWith("Invalid user ", StringComparison.Ordinal)), item => Assert.NotNull(item.SourceIp));
    }

    [Fact]
    public void LinuxLines_HaveTimeHostAndProgram()
    {
        var events = Loghub("Linux/Linux_2k.log");
        Assert.Equal(2_000, events.Count);
        Assert.All(events, item => Assert.Equal((LogFormats.Syslog3164, 0), (item.Format, item.Problems.Count)));
        Assert.All(events, item => Assert.Equal("combo", item.Host));
        Assert.All(events.Where(item => item.App is null), item => Assert.DoesNotContain("]: ", item.Raw));
    }

    [Theory]
    [InlineData("HDFS", "Component", "2008-11-09 20:36:15")]
    [InlineData("Zookeeper", null, "2015-07-29 17:41:44.747")]
    [InlineData("Proxifier", null, "2025-10-30 16:49:06")]
    [InlineData("Windows", "Component", "2016-09-28 04:30:30")]
    public void LinesOfPrograms_HaveTimeLevelAndMessage(string name, string? logger, string first)
    {
        var events = Loghub($"{name}/{name}_2k.log");
        Assert.Equal(DateTime.Parse(first, System.Globalization.CultureInfo.InvariantCulture), events[0].OccurredAt!.Value.DateTime);
        Assert.All(events, item => Assert.Equal((LogFormats.Application, true, true, 0), (item.Format, item.OccurredAt is not null, item.TimeZoneAssumed, item.Problems.Count)));
        var (table, stream) = (Options with { Format = LogFormats.Csv }, new LogStream());
        var told = LoghubLines($"{name}/{name}_2k.log_structured.csv").Select(line => LogParser.ParseRecord(line, table, stream).Fields).ToArray()[1..];
        Assert.Equal(events.Count, told.Length);
        for (var i = 0; i < events.Count; i++)
        {
            var program = told[i].TryGetValue("Program", out var by) ? by + " - " : "";
            Assert.Equal((told[i].GetValueOrDefault("Level"), (program + told[i]["Content"]).Trim()), (events[i].Field("level"), events[i].Message.Trim()));
            if (logger is not null) Assert.Equal(told[i][logger], events[i].Field("logger"));
        }
    }

    [Fact]
    public void WindowsJsonLines_HaveTimeHostChannelAndEventId()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Find("logs/otrf-lsass01-dev.jsonl.gz")), CompressionMode.Decompress));
        for (var i = 0; i < 3_000 && reader.ReadLine() is { } line; i++)
        {
            var item = LogParser.Parse(line, Options.ReferenceTime, "otrf", Options);
            Assert.Equal(LogFormats.Json, item.Format);
            Assert.NotNull(item.OccurredAt);
            Assert.NotNull(item.Host);
            Assert.Contains("EventID", item.Fields);
            Assert.Contains("Channel", item.Fields);
        }
    }

    [Fact]
    public async Task RealLines_AreFoundAndCountedAsLinqDoes()
    {
        var stop = TestContext.Current.CancellationToken;
        var events = Loghub("OpenSSH/OpenSSH_2k.log");
        var folder = Directory.CreateTempSubdirectory("hufu-corpus-").FullName;
        await using (var store = LogStore.Open(folder))
        {
            await store.AppendAsync(events.GetRange(0, 1_200), stop);
            await store.SealAsync(stop);
            await store.AppendAsync(events.GetRange(1_200, 800), stop);
            var failed = events.Where(item => item.Raw.Contains("failed", StringComparison.OrdinalIgnoreCase) && item.SourceIp is not null).GroupBy(item => item.SourceIp!)
                .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Take(10).Select(group => (group.Key, (long)group.Count())).ToList();
            Assert.Equal(failed, (await Rows("failed src_ip:* | stats count by src_ip | sort -count | head 10")).Select(row => ((string)row[0]!, (long)row[1]!)).OrderByDescending(row => row.Item2).ThenBy(row => row.Item1, StringComparer.Ordinal));
            Assert.Equal(failed, (await Rows("failed | top 10 src_ip")).Select(row => ((string)row[0]!, (long)row[1]!)));
            Assert.Equal(events.LongCount(item => item.SourceIp?.StartsWith("103.", StringComparison.Ordinal) == true), (await Rows("source.ip:103.0.0.0/8 | stats count"))[0][0]);
            Assert.Equal(events.LongCount(item => System.Text.RegularExpressions.Regex.IsMatch(item.Raw, "port [0-9]{5} ssh2?")), (await Rows("/port \\d{5} ssh2?/ | stats count"))[0][0]);
            Assert.Equal(events.GroupBy(item => item.Time.ToUnixTimeSeconds() / 3_600).OrderBy(group => group.Key).Select(group => (DateTimeOffset.FromUnixTimeSeconds(group.Key * 3_600), group.LongCount())), (await Rows("| timechart span=1h count")).Select(row => ((DateTimeOffset)row[0]!, (long)row[1]!)));

            async Task<IReadOnlyList<IReadOnlyList<object?>>> Rows(string query) => (await store.TableAsync(new LogSearch { Query = SearchQuery.Parse(query).Value }, cancellation: stop)).Rows;
        }

        Directory.Delete(folder, recursive: true);
    }
}
