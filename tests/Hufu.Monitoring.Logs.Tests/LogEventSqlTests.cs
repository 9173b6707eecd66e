using System.Globalization;
using System.IO.Compression;
using DuckDB.NET.Data;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Rules as SQL over the product's own stored files find what they find as the events stream by.</summary>
public sealed class LogEventSqlTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-event-sql-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Table => $"read_parquet('{folder}/*.parquet')";

    private static IEnumerable<LogEvent> Samples()
    {
        string[] lines =
        [
            "<86>1 2026-01-05T02:10:01Z vpn01 sshd 900 - - Failed password for root from 203.0.113.9 port 40000 ssh2", "<38>Jan  5 02:11:01 web01 sudo: alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/cat /etc/shadow",
            "<86>Jan  5 02:12:01 web01 CRON[99]: pam_unix(cron:session): session opened for user root", "<4>Jan  5 02:13:01 fw01 kernel: IN=eth0 OUT= SRC=198.51.100.7 DST=192.0.2.1 PROTO=TCP SPT=999 DPT=22",
            "203.0.113.5 - - [05/Jan/2026:02:14:00 +0000] \"GET /admin/../../etc/passwd?x=1 HTTP/1.1\" 404 12 \"-\" \"sqlmap/1.7\"", "2026/01/05 02:15:00 [error] 12#12: *3 open() \"/srv/x\" failed (2: No such file or directory), client: 203.0.113.6, server: _, request: \"GET /x HTTP/1.1\"",
            """{"eventTime":"2026-01-05T02:16:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","userIdentity":{"type":"Root","arn":"arn:aws:iam::1:root"},"requestParameters":{"userName":"eve","tags":[{"key":"a"},{"key":"b"}]}}""",
            """{"eventTime":"2026-01-05T02:17:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","userIdentity":{"type":"IAMUser"},"resources":["one","two"]}""",
            """{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS1","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c whoami","UtcTime":"2026-01-05 02:18:00.000"}""",
            """{"EventID":4688,"Channel":"Security","Computer":"WS1","NewProcessName":"C:\\Windows\\System32\\whoami.exe"}""", """{"EventID":4104,"Channel":"Microsoft-Windows-PowerShell/Operational","ScriptBlockText":"IEX (New-Object Net.WebClient)"}""",
            """{"EventID":99,"Channel":"No-Such/Channel","Data":"x"}""", """{"EventID":13,"Channel":"microsoft-windows-sysmon/operational","TargetObject":"HKLM\\x","Details":"y"}""", """{"EventID":1,"Channel":"Linux-Sysmon/Operational","Image":"/bin/sh"}""",
            """{"event":{"category":"process","type":"start"},"host":{"os":{"type":"windows"}},"process":{"executable":"C:\\evil.exe","command_line":"evil.exe -enc QQ=="}}""", """{"event":{"dataset":"okta.system"},"displayMessage":"x","a b":"blank"}""",
            """{"query":"evil.example","record_type":"A","src_ip":"10.0.0.7"}""", "time=2026-01-05T02:20:00Z level=error msg=\"it failed\" user=bob", "plain words, 登入失敗, nothing else", "zero \0 character cmd.exe",
            """{"kind":"Event","auditID":"1","verb":"create","objectRef":{"resource":"pods","subresource":"exec"},"apiVersion":"audit.k8s.io/v1","stage":"ResponseComplete","requestURI":"/api","user":{"username":"eve","groups":["a","b"]}}""",
        ];
        for (var i = 0; i < lines.Length; i++) yield return LogParser.Parse(lines[i], At.AddSeconds(i), "s", new LogParseOptions { ReferenceTime = At });
        string[] later = ["type=EXECVE msg=audit(1767575925.123:456): argc=2 a0=\"cat\" a1=\"/etc/shadow\"", "[Sun Jan 04 10:00:00.123456 2026] [core:notice] [pid 123] AH00052: child exit signal Segmentation fault (11)", "45: Jan  5 01:02:03.123: %BGP-3-NOTIFICATION: sent to neighbor 1.2.3.4",
            "2026-01-05 01:02:03.123 UTC [77] alice@shop LOG:  statement: drop table x", """{"EventID":1116,"Channel":"Microsoft-Windows-Windows Defender/Operational","Threat Name":"HackTool","Path":"x.exe"}"""];
        foreach (var line in later) yield return LogParser.Parse(line, At, "s", new LogParseOptions { ReferenceTime = At });
        yield return new LogEvent { ReceivedAt = At, Source = "s", App = "hufu", Message = "{}", Raw = """{"action":"sign-in"}""", Format = LogFormats.Json, Fields = new Dictionary<string, string> { ["action"] = "sign-in" } };
        yield return new LogEvent
        {
            ReceivedAt = At, Source = "s", Message = "audit", Raw = "type=SYSCALL msg=audit(1.1:1): comm=\"x\"\ntype=EXECVE msg=audit(1.1:1): a0=\"nc\"", Format = LogFormats.Plain,
            Fields = new Dictionary<string, string> { ["types"] = "SYSCALL EXECVE", ["event.module"] = "auditd", ["comm"] = "x", ["type"] = "SYSCALL" },
        };
    }

    private static string? Find(string path)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "shared", "data", path))) return Path.Combine(at.FullName, "shared", "data", path);
        }

        return null;
    }

    private async Task<List<LogEvent>> StoreAsync(List<LogEvent> events)
    {
        await using var store = LogStore.Open(folder, new LogStoreOptions { KeepReplaced = TimeSpan.Zero });
        // Most in a file that was put together, the last as they were sealed.
        for (var i = 0; i < 10; i++)
        {
            if (i == 9) Assert.Equal(9, (await store.MaintainAsync(new RetentionPolicy(), Stop)).Packed);
            await store.AppendAsync(events[(i * events.Count / 10)..((i + 1) * events.Count / 10)], Stop);
            await store.SealAsync(Stop);
        }

        Assert.Equal(2, Directory.GetFiles(folder, "*.parquet").Length);
        var search = new LogSearch();
        return [.. store.StretchesOf(search).SelectMany(stretch => store.EventsOf(search, stretch, Stop))];
    }

    private static List<string> Ids(DuckDBConnection connection, string sql, int at)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var ids = new List<string>();
        while (reader.Read()) ids.Add(string.Create(CultureInfo.InvariantCulture, $"{reader.GetInt32(at):D8}/{reader.GetInt32(at + 1)}"));
        return ids;
    }

    /// <summary>Compares every detection; gives hits, and how many were not compared as the table does not tell.</summary>
    private (int Hits, int Unclear, List<string> Refused) Same(IReadOnlyList<LogEvent> stored, SigmaEngine engine, RuleMappings? mappings = null)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using (var command = connection.CreateCommand())
        {
            command.CommandText = $"CREATE TABLE events AS SELECT * FROM {KnownFields.TableOf(Table)}";
            command.ExecuteNonQuery();
        }

        var streamed = new Dictionary<SigmaRule, List<string>>(ReferenceEqualityComparer.Instance);
        foreach (var item in stored)
        {
            var fields = new LogEventFields(item, mappings);
            foreach (var rule in engine.Match(fields, fields.Sources))
            {
                if (!streamed.TryGetValue(rule, out var ids)) streamed[rule] = ids = [];
                ids.Add(item.Id);
            }
        }

        var (hits, unclear, refused, wrong) = (0, 0, new List<string>(), new List<string>());
        foreach (var rule in engine.DetectionRules)
        {
            var asked = new LogEventSql(SigmaSqlDialect.DuckDb, "events", mappings: mappings);
            var statement = SigmaSql.Statement(engine, rule, asked.Schema);
            if (!statement.IsOk)
            {
                refused.Add(statement.Errors[0].ToString());
                continue;
            }

            var (found, expected) = (Ids(connection, statement.Value, 1).Order().ToList(), streamed.GetValueOrDefault(rule, []).Order().ToList());
            hits += expected.Count;
            if (found.SequenceEqual(expected)) continue;
            // What differs must be of events that the condition names.
            var named = Ids(connection, $"SELECT segment, \"row\" FROM {asked.Schema.Table} WHERE {asked.Unclear}", 0).ToHashSet();
            var differ = found.Except(expected).Concat(expected.Except(found)).ToList();
            unclear += differ.Count;
            if (!differ.TrueForAll(named.Contains)) wrong.Add($"{rule.Source} {rule.Title}: SQL only {string.Join(' ', found.Except(expected).Where(id => !named.Contains(id)).Take(3))}, stream only {string.Join(' ', expected.Except(found).Where(id => !named.Contains(id)).Take(3))}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} rules differ:\n{string.Join('\n', wrong.Take(20))}");
        return (hits, unclear, refused);
    }

    [Fact]
    public async Task Log_sources_are_told_as_they_are_of_the_stream()
    {
        var stored = await StoreAsync([.. Samples()]);
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        var sources = new List<SigmaLogSource> { new(), new("windows"), new("linux"), new(null, "webserver"), new("aws", null, "cloudtrail"), new("LINUX", null, "SSHD"), new("hufu", null, "audit"), new(null, "dns"), new("no-such", null, null), new("okta", null, "okta"), new("kubernetes", "application", "audit"), new("windows", "registry_set"), new("linux", "process_creation"), new(null, "antivirus"), new(null, null, "apache"), new("cisco", null, "bgp"), new(null, "database") };
        foreach (var hint in stored.SelectMany(item => LogSourceHints.For(item)).Distinct())
            sources.AddRange([new SigmaLogSource(hint.Product, hint.Category, hint.Service), new SigmaLogSource(hint.Product), new SigmaLogSource(null, hint.Category), new SigmaLogSource(null, null, hint.Service)]);
        var told = 0;
        foreach (var source in sources.Distinct())
        {
            var schema = new LogEventSql(SigmaSqlDialect.DuckDb, Table).Schema;
            var found = Ids(connection, $"SELECT segment, \"row\" FROM {schema.Table} WHERE {schema.Source!(source)}", 0).Order().ToList();
            var expected = stored.Where(item => LogSourceHints.For(item).Any(hint => source.Accepts(new SigmaLogSource(hint.Product, hint.Category, hint.Service)))).Select(item => item.Id).Order().ToList();
            Assert.True(expected.SequenceEqual(found), $"{source}: SQL only {string.Join(' ', found.Except(expected))}, stream only {string.Join(' ', expected.Except(found))}");
            told += found.Count;
        }

        Assert.True(told > 100, $"{told}");
    }

    [Fact]
    public async Task Rules_find_the_same_by_the_names_that_rules_use()
    {
        var stored = await StoreAsync([.. Samples()]);
        string[] tests =
        [
            "s: { message|contains: 'Failed password' }", "s: { Image|endswith: 'cmd.exe' }", "s: { CommandLine|contains: '-enc' }", "s: { eventName: CreateUser, userIdentity.type: Root }", "s: { c-uri|contains: passwd }", "s: { cs-uri-query|contains: x=1 }", "s: { c-useragent|contains: sqlmap }",
            "s: { c-ip: 203.0.113.5 }", "s: { src_ip|cidr: 203.0.113.0/24 }", "s: [ whoami, 登入失敗, shadow ]", "s: { QueryName: evil.example }", "s: { severity: 3 }", "s: { host: vpn01 }", "s: { user: bob }", "s: { requestParameters.userName: eve }", "s: { requestParameters.tags.key: b }", "s: { resources: two }",
            "s: { ab: blank }", "s: { objectRef.subresource: exec }", "s: { user.groups: b }", "s: { a0: nc }", "s: { type: EXECVE }", "s: { source.ip|startswith: '203.' }", "s: { message: null }", "s: { user: null }", "s: { raw|re: 'cmd\\.exe' }", "s: { EventID: 1 }", "s: { dst_port: 22 }", "s: { userIdentity|contains: Root }", "s: { CommandLine: cat /etc/shadow }", "s: { Signature: HackTool }", "s: { Filename|endswith: .exe }", "s: { c-ip|exists: true }",
        ];
        var rules = string.Join("---\n", tests.SelectMany((test, i) => new[] { "s", "not s" }.Select(condition => $"title: Rule {i} {condition}\nlogsource: {{ }}\ndetection:\n  {test}\n  condition: {condition}\n")));
        var parsed = SigmaParser.Parse(rules.Replace("logsource: { }", "logsource: { product: any }", StringComparison.Ordinal), "rules.yml");
        Assert.True(parsed.Errors.Count == 0, string.Join('\n', parsed.Errors));
        var engine = SigmaEngine.Compile(parsed.Rules.Select(rule => rule is SigmaDetectionRule detection ? detection with { LogSource = new SigmaLogSource() } : rule));
        var (hits, unclear, refused) = Same(stored, engine);
        Assert.Empty(refused);
        Assert.True(hits > 300 && unclear is > 3 and < 100, $"{hits} {unclear}");
    }

    [Fact]
    public async Task Mappings_of_the_site_mean_the_same_to_both()
    {
        var stored = await StoreAsync([.. Samples()]);
        string[] names = ["@app", "@source", "@host", "@format", "Channel", "EventID", "eventName", "eventSource", "query", "user", "SRC", "Image", "process.executable", "userIdentity.type", "msg", "a b", "no-such"];
        string[] values = ["sshd", "SSHD", "s*", "json", "Security", "security", "microsoft-windows-*", "1", "13", "iam.*", "CreateUser", "bob", "EVIL.EXAMPLE", "ws1", "rfc*", "it failed", "Root", "登入失敗", "%", "_*", "plain", "blank"];
        string[] asked = ["Image", "CommandLine", "User", "query", "eventName", "Message", "severity", "New.Name", "c-uri", "requestParameters.userName"];
        var random = new Random(20261130);
        T Any<T>(T[] items) => items[random.Next(items.Length)];
        var (hits, sources) = (0, 0);
        for (var round = 0; round < 12; round++)
        {
            List<SourceMapping> all = [.. Enumerable.Range(0, 4).Select(i => new SourceMapping
            {
                Name = $"m{i}",
                When = [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Any(names)).Distinct().Select(name => new MappingCondition(name, [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => Any(values)).Distinct()]))],
                Sources = [.. Enumerable.Range(0, random.Next(0, 3)).Select(_ => new LogSourceHint(Any<string?>(["own", "windows", null]), Any<string?>(["things", "process_creation", null]), "svc"))],
                Fields = Enumerable.Range(0, 4).Select(_ => Any(asked)).Distinct().ToDictionary(name => name, _ => (IReadOnlyList<string>)[.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Any(names).Replace(" ", "", StringComparison.Ordinal)).Distinct()]),
            })];
            Assert.All(all, mapping => Assert.Empty(SourceMappings.Check(mapping)));
            var mappings = new RuleMappings(new SourceMappings(all));
            var text = new System.Text.StringBuilder();
            foreach (var (source, at) in new[] { "{ product: own }", "{ category: things }", "{ service: svc }", "{ product: windows, category: process_creation }", "{ product: linux }" }.Select((source, at) => (source, at)))
            {
                for (var i = 0; i < 6; i++)
                {
                    var value = Any(values);
                    text.Append(CultureInfo.InvariantCulture, $"title: r{at}.{i}\nlogsource: {source}\ndetection:\n  s: {{ {Any(asked)}: '{value}' }}\n  e: {{ {Any(asked)}|exists: true }}\n  condition: {Any(["s", "e", "not s", "not e", "s or e"])}\n---\n");
                }
            }

            var parsed = SigmaParser.Parse(text.ToString()[..^4], "rules.yml");
            Assert.True(parsed.Errors.Count == 0, string.Join('\n', parsed.Errors));
            // Some on all events, whatever their source.
            var engine = SigmaEngine.Compile([.. parsed.Rules, .. parsed.Rules.OfType<SigmaDetectionRule>().Select(rule => rule with { Title = rule.Title + " any", LogSource = new SigmaLogSource() })]);
            var (found, _, refused) = Same(stored, engine, mappings);
            Assert.Empty(refused);
            hits += found;
            sources += stored.Count(item => LogSourceHints.For(item, mappings.Sources).Any(hint => hint.Service == "svc"));
        }

        Assert.True(hits > 2_000 && sources > 20, $"{hits} {sources}");
    }

    [Theory]
    [InlineData("logs/otrf-windows-dev.jsonl.gz", 10_000, 1_000)]
    [InlineData("logs/otrf-linux-cloud-dev.tar.gz", 3_000, 3)]
    [InlineData("logs/loghub-dev.tar.gz", 6_000, 50)]
    public async Task Published_rules_find_the_same_in_recorded_events(string path, int most, int least)
    {
        if (Find(path) is not { } file || Find("sigma/sigmahq-rules.tar.gz") is not { } rulesFile) { Assert.Skip($"shared/data/{path} is not present"); return; }
        var events = new List<LogEvent>();
        await using (var reader = LogFileReader.Open(file, new LogParseOptions { ReferenceTime = At }))
        {
            await foreach (var item in reader.EventsAsync(At, "s", cancellation: Stop))
            {
                events.Add(item);
                if (events.Count == most) break;
            }
        }

        var rules = new List<SigmaRule>();
        await using (var packed = new GZipStream(File.OpenRead(rulesFile), CompressionMode.Decompress))
        using (var tar = new System.Formats.Tar.TarReader(packed))
        {
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.DataStream is not null && entry.Name.EndsWith(".yml", StringComparison.Ordinal)) rules.AddRange(SigmaParser.Parse(await new StreamReader(entry.DataStream).ReadToEndAsync(Stop), entry.Name).Rules);
            }
        }

        // Few published rules match ordinary events: some of ours do.
        const string broad = """
            title: Failures
            logsource: { product: linux }
            detection: { s: { message|contains: [ failure, failed ] }, condition: s }
            ---
            title: Addresses asked for
            logsource: { category: webserver }
            detection: { s: { c-uri|startswith: / }, condition: s }
            ---
            title: Windows events but of processes
            logsource: { product: windows }
            detection: { s: { EventID|lt: 4000 }, f: { Image|endswith: '.exe' }, condition: s and not f }
            ---
            title: Anything with a number
            logsource: { product: linux, service: syslog }
            detection: { k: [ session, error, warning ], condition: k }
            """;
        rules.AddRange(SigmaParser.Parse(broad, "broad.yml").Rules);
        var stored = await StoreAsync(events);
        // Of rules for sources that do not occur, and of many for one source, some are enough.
        var sources = stored.SelectMany(item => new LogEventFields(item).Sources).Distinct().ToList();
        var engine = SigmaEngine.Compile(rules);
        var matched = stored.SelectMany(item => engine.Match(new LogEventFields(item), new LogEventFields(item).Sources)).ToHashSet<SigmaRule>(ReferenceEqualityComparer.Instance);
        var chosen = rules.Where((rule, i) => matched.Contains(rule) || i % (rule is SigmaDetectionRule detection && sources.Exists(detection.LogSource.Accepts) ? 10 : 40) == 0).ToList();
        var (hits, unclear, refused) = Same(stored, SigmaEngine.Compile(chosen));
        TestContext.Current.TestOutputHelper!.WriteLine($"{stored.Count} events, {chosen.Count} of {rules.Count} rules, {hits} hits, {unclear} of events that the table does not tell about, {refused.Count} refused\n{string.Join('\n', refused.Take(20))}");
        Assert.True(hits >= least, $"{hits}");
        Assert.True(refused.Count < 60, $"{refused.Count}\n{string.Join('\n', refused.Take(20))}");
    }
}
