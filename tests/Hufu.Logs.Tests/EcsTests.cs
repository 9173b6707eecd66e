namespace Hufu.Logs.Tests;

public sealed class EcsTests : IDisposable
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-ecs-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static LogEvent Read(string line) => LogParser.Parse(line, Reference, "test", Options);

    [Theory]
    [InlineData("Jan  4 01:02:03 h sshd[1]: Failed password for root from 203.0.113.9 port 4242 ssh2", "source.ip=203.0.113.9¦source.port=4242¦user.name=root¦event.action=login¦event.outcome=failure¦host.name=h¦process.name=sshd")]
    [InlineData("Jan  4 01:02:03 h kernel: IN=eth0 SRC=203.0.113.9 DST=10.0.0.1 PROTO=TCP SPT=4000 DPT=22", "source.ip=203.0.113.9¦destination.ip=10.0.0.1¦destination.port=22¦network.transport=TCP")]
    [InlineData("203.0.113.9 - bob [04/Jan/2026:09:00:00 +0800] \"GET /a?q=1 HTTP/1.1\" 404 153 \"-\" \"curl\"", "source.ip=203.0.113.9¦user.name=bob¦url.original=/a?q=1¦http.response.status_code=404¦http.request.method=GET¦user_agent.original=curl")]
    [InlineData("CEF:0|Acme|Fence|1|100|Worm|9|src=203.0.113.9 dst=10.0.0.1 dpt=445 suser=eve act=blocked", "source.ip=203.0.113.9¦destination.port=445¦user.name=eve¦event.action=blocked¦event.code=100¦observer.vendor=Acme")]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Image":"C:\\a.exe","CommandLine":"a -b","ParentImage":"C:\\p.exe","User":"D\\u"}""", "process.executable=C:\\a.exe¦process.command_line=a -b¦process.parent.executable=C:\\p.exe¦event.code=1¦user.name=D\\u")]
    [InlineData("""{"EventID":4625,"Channel":"Security","TargetUserName":"eve","IpAddress":"203.0.113.9","IpPort":"5000"}""", "user.name=eve¦source.ip=203.0.113.9¦source.port=5000")]
    [InlineData("""{"ts":1767488523.0,"uid":"C","id.orig_h":"203.0.113.9","id.resp_h":"10.0.0.1","id.resp_p":53,"query":"a.example"}""", "source.ip=203.0.113.9¦destination.ip=10.0.0.1¦destination.port=53¦dns.question.name=a.example")]
    public void EventsAnswerToTheNamesOfTheSchema_AndNothingOfItIsStored(string line, string expected)
    {
        var read = Read(line);
        foreach (var pair in expected.Split('¦'))
        {
            var name = pair[..pair.IndexOf('=')];
            Assert.Equal(pair[(name.Length + 1)..], read.Field(name));
            Assert.False(read.Fields.ContainsKey(name));
        }
    }

    [Fact]
    public void AFieldThatTheSourceItselfHasCountsFirst()
    {
        Assert.Equal("10.9.9.9", Read("""{"source":{"ip":"10.9.9.9"},"src_ip":"203.0.113.9"}""").Field("source.ip"));
        Assert.Null(Read("just text").Field("source.ip"));
        Assert.Null(Read("Jan  4 01:02:03 h sshd[1]: Failed password for root from 203.0.113.9 port 22 ssh2").Field("http.request.method"));
        Assert.Null(Read("just text").Field("no.such"));
    }

    [Fact]
    public void TheWrittenRecordShowsWhatASearchWouldFind()
    {
        using var stream = new MemoryStream();
        using (var json = new System.Text.Json.Utf8JsonWriter(stream)) LogParser.Write(LogParser.ParseRecord("Jan  4 01:02:03 h sshd[1]: Failed password for root from 203.0.113.9 port 22 ssh2", Options), json);
        using var read = System.Text.Json.JsonDocument.Parse(stream.ToArray());
        Assert.Equal("sshd", read.RootElement.GetProperty("decoder").GetString());
        Assert.Equal("203.0.113.9", read.RootElement.GetProperty("ecs").GetProperty("source.ip").GetString());
    }

    [Fact]
    public async Task OneSearchFindsEventsOfAllSources()
    {
        await using var store = LogStore.Open(folder);
        string[] lines =
        [
            "Jan  4 01:02:03 h sshd[1]: Failed password for root from 203.0.113.9 port 4242 ssh2", "CEF:0|Acme|Fence|1|100|Worm|9|src=203.0.113.9 dpt=22",
            """{"id.orig_h":"203.0.113.9","id.resp_p":22,"ts":1767488523.0,"uid":"C"}""", "Jan  4 01:02:03 h sshd[1]: Failed password for eve from 203.0.113.10 port 22 ssh2", "text with 203.0.113.9",
        ];
        await store.AppendAsync([.. lines.Select(Read)], TestContext.Current.CancellationToken);
        foreach (var sealedNow in new[] { false, true })
        {
            if (sealedNow) await store.SealAsync(TestContext.Current.CancellationToken);
            Assert.Equal(3, await Count("source.ip:203.0.113.9"));
            Assert.Equal(4, await Count("source.ip:203.0.113.*"));
            Assert.Equal(1, await Count("NOT source.ip:*"));
            Assert.Equal(2, await Count("destination.port:22"));
            Assert.Equal(1, await Count("user.name:eve event.outcome:failure"));
            Assert.Equal(2, await Count("source.port:>=22"));
            Assert.Equal("203.0.113.9", (await store.TopValuesAsync(new LogSearch(), "source.ip", cancellation: TestContext.Current.CancellationToken))[0].Value);
        }

        async Task<int> Count(string query) => (await store.SearchAsync(new LogSearch { Query = SearchQuery.Parse(query).Value }, TestContext.Current.CancellationToken)).Events.Count;
    }

    [Fact]
    public void EveryNameHasSources()
    {
        Assert.True(EcsNames.All.Count >= 60);
        Assert.All(EcsNames.All, entry =>
        {
            Assert.Contains('.', entry.Key);
            Assert.All(entry.Value, Assert.NotEmpty);
            Assert.Equal(entry.Value.Length, entry.Value.Distinct().Count());
        });
    }
}
