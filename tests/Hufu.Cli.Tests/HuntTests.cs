using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hufu.Testing;

namespace Hufu.Cli.Tests;

/// <summary>A hunt over event files: what it reads, what it says of a hit in every format, and what it does with what is damaged or hostile.</summary>
public sealed partial class HuntTests(Sample sample)
{
    private const string Rule = """
        title: Secret read
        id: 0b7a1f0e-1111-4a58-9b0a-0c2b8a5d7f10
        name: secret_read
        author: Ann Author, Ben Bauer
        license: DRL-1.1
        references:
          - https://example.com/secret?a=1&b=2
          - javascript:alert(1)
        logsource: { product: windows, category: process_creation }
        detection:
          sel:
            Image|endswith: '\type.exe'
            CommandLine|contains: secret
          condition: sel
        level: high
        tags: [attack.t1005]
        """;

    private static string Event(int id, string command, string time = "2026-11-22T02:10:00Z", string user = "amy") =>
        JsonSerializer.Serialize(new Dictionary<string, object> { ["@timestamp"] = time, ["Channel"] = "Microsoft-Windows-Sysmon/Operational", ["EventID"] = id, ["Image"] = @"C:\type.exe", ["CommandLine"] = command, ["User"] = user });

    private static List<JsonElement> Lines(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private async Task<List<JsonElement>> HuntAsync(string rule, params string[] more) => Lines((await Program.OkAsync(["hunt", "--rules", rule, "--format", "jsonl", .. more])).Out);

    private string RuleFile(string text = Rule) => sample.File("rule.yml", text);

    [Fact]
    public async Task A_hit_has_its_rule_its_author_and_its_place_and_blank_lines_do_not_count()
    {
        var file = sample.File("sysmon.jsonl", $"{Event(1, "nothing")}\n\n{Event(1, "my secret")}\r\n{Event(3, "my secret")}\n");
        var hit = Assert.Single(await HuntAsync(RuleFile(), file));
        Assert.Equal(["ruleId", "title", "level", "author", "file", "record", "time", "matched", "tags"], hit.EnumerateObject().Select(p => p.Name));
        Assert.Equal("0b7a1f0e-1111-4a58-9b0a-0c2b8a5d7f10", hit.GetProperty("ruleId").GetString());
        Assert.Equal("Ann Author, Ben Bauer", hit.GetProperty("author").GetString());
        Assert.Equal(file, hit.GetProperty("file").GetString());
        Assert.Equal(1, hit.GetProperty("record").GetInt64());
        Assert.Equal("2026-11-22T02:10:00Z", hit.GetProperty("time").GetString());
        Assert.Equal([("Image", @"C:\type.exe"), ("CommandLine", "my secret")], hit.GetProperty("matched").EnumerateArray().Select(f => (f.GetProperty("field").GetString()!, f.GetProperty("value").GetString()!)));
        Assert.All(hit.GetProperty("matched").EnumerateArray(), f => Assert.Contains(Assert.Single(f.GetProperty("patterns").EnumerateArray()).GetString()!, f.GetProperty("value").GetString()!, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_exit_code_says_whether_it_was_done_and_no_data_folder_is_needed()
    {
        var (rule, file) = (RuleFile(), sample.File("a.jsonl", Event(1, "nothing")));
        var none = await Program.RunAsync("hunt", "--rules", rule, file, "--data", sample.Free());
        Assert.True(none is { Code: 0, Out: "" }, none.ToString());
        Assert.Equal(2, (await Program.RunAsync("hunt", "--rules", rule, "no-such-file.evtx")).Code);
        Assert.Equal(2, (await Program.RunAsync("hunt", "--rules", "no-such-rules", file)).Code);
        var empty = await Program.RunAsync("hunt", "--rules", sample.File("bad.yml", "title: x\n"), file);
        Assert.True(empty.Code == 2 && empty.Error.Contains("None of 1 rules", StringComparison.Ordinal), empty.ToString());
        // Without --rules a file is a rule for the store: an event file given so is told of, not hunted in.
        var unruled = await Program.RunAsync("hunt", file);
        Assert.True(unruled.Code == 2 && unruled.Error.Contains("--rules RULES FILES", StringComparison.Ordinal), unruled.ToString());
    }

    [Fact]
    public async Task Every_kind_of_file_is_read_also_packed_and_from_standard_input()
    {
        var rule = RuleFile();
        var (no, yes) = (Event(1, "nothing"), Event(1, "secret"));
        var folder = Directory.CreateDirectory(sample.Free()).FullName;
        string In(string name, byte[] bytes)
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            return name;
        }

        var writer = new EvtxChunkWriter();
        foreach (var command in (string[])["nothing", "secret"]) writer.Add(1, new DateTime(2026, 11, 22, 2, 10, 0, DateTimeKind.Utc), Sysmon(command));
        In("b.evtx", EvtxFileWriter.File(writer.Finish()));
        In("a.json", Encoding.UTF8.GetBytes($"[{no},\n{yes}]"));
        In("c.json", Encoding.UTF8.GetBytes($"{{\"Records\":[{no},{yes}]}}"));
        In("d.csv", Encoding.UTF8.GetBytes("Channel,EventID,Image,CommandLine,Note\nMicrosoft-Windows-Sysmon/Operational,1,C:\\type.exe,nothing,\"two\nlines, one \"\"row\"\"\"\nMicrosoft-Windows-Sysmon/Operational,1,C:\\type.exe,secret,x\n"));
        In("e.txt", Encoding.UTF8.GetBytes("EventId,Channel,Provider,Payload\n1,Microsoft-Windows-Sysmon/Operational,Microsoft-Windows-Sysmon,{}\n1,Microsoft-Windows-Sysmon/Operational,Microsoft-Windows-Sysmon,\"{\"\"EventData\"\":{\"\"Data\"\":[{\"\"@Name\"\":\"\"Image\"\",\"\"#text\"\":\"\"C:\\\\type.exe\"\"},{\"\"@Name\"\":\"\"CommandLine\"\",\"\"#text\"\":\"\"secret\"\"}]}}\"\n"));
        In("f.xml", Encoding.UTF8.GetBytes($"<Events>{Xml("nothing")}{Xml("secret")}</Events>"));
        In("g.jsonl.gz", Gzip(Encoding.UTF8.GetBytes(no + "\n" + yes)));
        In("h.zip", Zip(("deep/in.jsonl", no + "\n" + yes), ("t.csv", "Channel,EventID,Image,CommandLine\nMicrosoft-Windows-Sysmon/Operational,1,C:\\type.exe,nothing\nMicrosoft-Windows-Sysmon/Operational,1,C:\\type.exe,secret\n")));
        In("i.tar.gz", Gzip(Tar(("in.jsonl", no + "\n" + yes))));
        // Packed, with a name that does not say it.
        In("j.log", Gzip(Encoding.UTF8.GetBytes(no + "\n" + yes)));
        var hits = await HuntAsync(rule, folder);
        Assert.Equal(
            ["a.json:1", "b.evtx:1", "c.json:1", "d.csv:1", "e.txt:1", "f.xml:1", "g.jsonl.gz:1", "h.zip!deep/in.jsonl:1", "h.zip!t.csv:1", "i.tar.gz!in.jsonl:1", "j.log:1"],
            hits.Select(hit => $"{Path.GetRelativePath(folder, hit.GetProperty("file").GetString()!)}:{hit.GetProperty("record").GetInt64()}"));

        var piped = await Program.EndAsync(Program.StartAs("sh", ["-c", "cat \"$1\" | dotnet \"$2\" hunt --rules \"$3\" --format jsonl -", "sh", Path.Combine(folder, "g.jsonl.gz"), Program.Dll, rule]));
        Assert.True(piped.Code == 0, piped.ToString());
        var line = Assert.Single(Lines(piped.Out));
        Assert.Equal(("-", 1), (line.GetProperty("file").GetString(), line.GetProperty("record").GetInt32()));

        static WElement Sysmon(string command) => W.E("Event",
            W.E("System", W.E("Provider", W.A("Name", "Microsoft-Windows-Sysmon")), W.E("EventID", W.T("1")), W.E("TimeCreated", W.A("SystemTime", "2026-11-22T02:10:00Z")), W.E("Channel", W.T("Microsoft-Windows-Sysmon/Operational")), W.E("Computer", W.T("PC1"))),
            W.E("EventData", W.E("Data", W.A("Name", "Image"), W.T(@"C:\type.exe")), W.E("Data", W.A("Name", "CommandLine"), W.T(command))));

        static string Xml(string command) => $"<Event><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID><Channel>Microsoft-Windows-Sysmon/Operational</Channel></System><EventData><Data Name='Image'>C:\\type.exe</Data><Data Name='CommandLine'>{command}</Data></EventData></Event>";
    }

    [Fact]
    public async Task Correlations_count_in_the_order_of_time_over_all_files_and_name_what_they_counted()
    {
        var rule = RuleFile(Rule + """

            ---
            title: Many secrets
            id: 0b7a1f0e-2222-4a58-9b0a-0c2b8a5d7f10
            author: Cor Relator
            correlation:
              type: event_count
              rules: [secret_read]
              group-by: [User]
              timespan: 5m
              condition: { gte: 3 }
            level: critical
            """);
        // The file with the later events comes first.
        var late = sample.File("late.jsonl", $"{Event(1, "secret", "2026-11-22T02:14:00Z")}\n{Event(1, "secret", "2026-11-22T02:14:30Z", "bob")}");
        var early = sample.File("early.jsonl", $"{Event(1, "x")}\n{Event(1, "secret", "2026-11-22T02:10:00Z")}\n{Event(1, "secret", "2026-11-22T02:12:00Z")}");
        var hit = Assert.Single(await HuntAsync(rule, late, early));
        Assert.Equal("Cor Relator", hit.GetProperty("author").GetString());
        Assert.Equal("amy", hit.GetProperty("group").GetProperty("User").GetString());
        Assert.Equal(3, hit.GetProperty("count").GetInt64());
        Assert.Equal([$"{early}:1", $"{early}:2", $"{late}:0"], hit.GetProperty("records").EnumerateArray().Select(r => $"{r.GetProperty("file").GetString()}:{r.GetProperty("record").GetInt64()}"));
        Assert.Equal((late, 0), (hit.GetProperty("file").GetString(), hit.GetProperty("record").GetInt32()));
        // A rule that generates reports its own matches as well.
        var both = await HuntAsync(RuleFile(await File.ReadAllTextAsync(rule, TestContext.Current.CancellationToken) is var text ? text.Replace("type: event_count", "type: event_count\n  generate: true", StringComparison.Ordinal) : ""), late, early);
        Assert.Equal(5, both.Count);
    }

    [Fact]
    public async Task Filters_and_correlations_may_stand_alone_and_do_not_swallow_an_event_file()
    {
        var (rule, file) = (RuleFile(), sample.File("a.jsonl", Event(1, "secret")));
        var further = sample.File("more.yml", Rule.Replace("0b7a1f0e-1111", "0b7a1f0e-3333", StringComparison.Ordinal).Replace("secret_read", "other", StringComparison.Ordinal));
        // As a flag, before an event file.
        Assert.Single(await HuntAsync(rule, "--filters", file));
        Assert.Single(await HuntAsync(rule, "--correlations", Path.GetDirectoryName(file)!));
        Assert.Equal(2, (await HuntAsync(rule, "--correlations", further, file)).Count);
        Assert.Equal(2, (await HuntAsync(rule, "--filters", sample.File("more.zip", Zip(("x/more.yml", await File.ReadAllTextAsync(further, TestContext.Current.CancellationToken)))), file)).Count);
        // An archive of events is no archive of rules.
        Assert.Single(await HuntAsync(rule, "--filters", sample.File("events.zip", Zip(("a.jsonl", Event(1, "secret"))))));
    }

    [Fact]
    public async Task Any_log_source_tries_every_rule_on_every_event()
    {
        var (rule, file) = (RuleFile(), sample.File("a.jsonl", """{"Image":"C:\\type.exe","CommandLine":"secret"}"""));
        Assert.Contains("0 matches in ", (await Program.OkAsync("hunt", "--rules", rule, file)).Error, StringComparison.Ordinal);
        var hit = Assert.Single(await HuntAsync(rule, "--any-logsource", file));
        Assert.Equal(JsonValueKind.Null, hit.GetProperty("time").ValueKind);
    }

    [Fact]
    public async Task Times_are_bounds_and_may_be_those_of_another_field()
    {
        var rule = RuleFile();
        string With(string time, string seen) => Event(1, "secret", time).TrimEnd('}') + $",\"meta\":{{\"seen\":\"{seen}\"}}}}";
        var file = sample.File("a.jsonl", $"{With("2026-11-22T02:00:00Z", "2026-01-01T00:00:00Z")}\n{With("2026-11-22T03:00:00Z", "2026-02-01T00:00:00Z")}\n{With("2026-11-22T04:00:00Z", "soon")}");
        Assert.Equal([1], (await HuntAsync(rule, file, "--from", "2026-11-22T03:00:00Z", "--to", "2026-11-22T04:00:00Z")).Select(hit => hit.GetProperty("record").GetInt32()));
        var outcome = await Program.OkAsync("hunt", "--rules", rule, "--format", "jsonl", file, "--time-field", "meta.seen");
        Assert.Equal(["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-11-22T04:00:00Z"], Lines(outcome.Out).Select(hit => hit.GetProperty("time").GetString()));
        Assert.Contains("1 events have no time in the field of --time-field", outcome.Error, StringComparison.Ordinal);
        var bounded = await Program.OkAsync("hunt", "--rules", rule, "--format", "jsonl", file, "--time-field", "meta.seen", "--to", "2026-01-15");
        Assert.Single(Lines(bounded.Out));
        Assert.Contains("2 events are outside --from and --to", bounded.Error, StringComparison.Ordinal);
        var untimed = await Program.RunAsync("hunt", "--rules", rule, "--any-logsource", "--from", "2020-01-01", sample.File("b.jsonl", """{"Image":"C:\\type.exe","CommandLine":"secret"}"""));
        Assert.True(untimed.Code == 0 && untimed.Error.Contains("1 events have no time", StringComparison.Ordinal), untimed.ToString());
    }

    [Fact]
    public async Task Rules_come_from_folders_and_archives_and_refused_ones_change_the_code_only_when_that_is_asked()
    {
        var file = sample.File("a.jsonl", Event(1, "secret"));
        var bad = Rule.Replace("0b7a1f0e-1111", "0b7a1f0e-9999", StringComparison.Ordinal).Replace("secret_read", "bad_one", StringComparison.Ordinal).Replace("condition: sel", "condition: sel and nothing", StringComparison.Ordinal);
        (string, string)[] members = [("rules/good.yml", Rule), ("rules/deep/bad.yaml", bad), ("README.md", "no rule"), (".github/workflows/ci.yml", "on: push")];
        var folder = Directory.CreateDirectory(sample.Free()).FullName;
        foreach (var (name, text) in members)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            await File.WriteAllTextAsync(Path.Combine(folder, name), text, TestContext.Current.CancellationToken);
        }

        foreach (var (rules, place) in new[]
        {
            (folder, Path.Combine(folder, "rules/deep/bad.yaml:")), (sample.File("rules.zip", Zip(members)), "rules.zip!rules/deep/bad.yaml:"), (sample.File("rules.tar.gz", Gzip(Tar(members))), "rules.tar.gz!rules/deep/bad.yaml:"),
            (sample.File("rules.tar", Tar(members)), "rules.tar!rules/deep/bad.yaml:"),
        })
        {
            var outcome = await Program.OkAsync("hunt", "--rules", rules, "--format", "jsonl", file);
            Assert.Single(Lines(outcome.Out));
            var refused = Assert.Single(outcome.Error.Split('\n'), line => line.StartsWith("refused: ", StringComparison.Ordinal));
            Assert.Matches(Regex.Escape(place) + @"\d+:\d+: .+ \[sigma\.condition\.[a-z-]+\]", refused);
            Assert.Contains("1 rules were refused", outcome.Error, StringComparison.Ordinal);
            var strict = await Program.RunAsync("hunt", "--rules", rules, "--format", "jsonl", "--strict", file);
            Assert.Equal((2, outcome.Out), (strict.Code, strict.Out));
        }

        Assert.Equal(0, (await Program.RunAsync("hunt", "--rules", RuleFile(), "--strict", file)).Code);
    }

    [Fact]
    public async Task Archives_of_rules_that_are_damaged_or_too_large_are_told_of_and_what_was_read_is_used()
    {
        var file = sample.File("a.jsonl", Event(1, "secret"));
        var whole = Gzip(Tar(("a.yml", Rule), ("b.bin", new string('x', 500_000) + Guid.NewGuid())));
        var cut = sample.File("cut.tar.gz", whole[..(whole.Length - 40)]);
        var damaged = await Program.OkAsync("hunt", "--rules", cut, "--format", "jsonl", file);
        Assert.Contains("cut.tar.gz: ", damaged.Error, StringComparison.Ordinal);
        Assert.Contains("[logs.rule.archive-damaged]", damaged.Error, StringComparison.Ordinal);
        Assert.Single(Lines(damaged.Out));

        var zip = Zip(("a.yml", Rule));
        zip.AsSpan(zip.Length / 2).Clear();
        var broken = await Program.RunAsync("hunt", "--rules", sample.File("broken.zip", zip), file);
        Assert.True(broken.Code == 2 && broken.Error.Contains("[logs.rule.archive-damaged]", StringComparison.Ordinal), broken.ToString());

        var large = await Program.OkAsync("hunt", "--rules", sample.File("large.zip", Zip(("a.yml", Rule), ("large.yml", new string('#', 2_000_000)))), "--format", "jsonl", file);
        Assert.Contains("large.zip!large.yml: ", large.Error, StringComparison.Ordinal);
        Assert.Contains("[logs.rule.too-large]", large.Error, StringComparison.Ordinal);
        Assert.Single(Lines(large.Out));

        var bomb = Path.Combine(Directory.CreateDirectory(sample.Free()).FullName, "bomb.tar.gz");
        await using (var packed = new GZipStream(File.Create(bomb), CompressionLevel.Fastest))
        await using (var tar = new TarWriter(packed))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "a.yml") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(Rule)) }, TestContext.Current.CancellationToken);
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "zeros.bin") { DataStream = new Zeros((1L << 30) + 1_000_000) }, TestContext.Current.CancellationToken);
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "z.yml") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(Rule)) }, TestContext.Current.CancellationToken);
        }

        Assert.InRange(new FileInfo(bomb).Length, 1, 20_000_000);
        var bombed = await Program.OkAsync("hunt", "--rules", bomb, "--format", "jsonl", file);
        Assert.Contains("[logs.rule.archive-large]", bombed.Error, StringComparison.Ordinal);
        Assert.Single(Lines(bombed.Out));
    }

    [Fact]
    public async Task What_cannot_be_read_is_named_and_the_rest_goes_on()
    {
        var rule = RuleFile();
        var packed = Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5_000).Select(i => Event(1, i % 1_000 == 0 ? "secret" : Guid.NewGuid().ToString()) + "\n"))));
        var cut = sample.File("cut.jsonl.gz", packed[..(packed.Length / 2)]);
        var binary = sample.File("picture.bin", [0x89, (byte)'P', (byte)'N', (byte)'G', 0, 0, 0, 1]);
        var good = sample.File("good.jsonl", Event(1, "secret"));
        var outcome = await Program.OkAsync("hunt", "--rules", rule, "--format", "jsonl", cut, binary, good);
        var hits = Lines(outcome.Out);
        Assert.Contains(hits, hit => hit.GetProperty("file").GetString() == good);
        Assert.Contains(hits, hit => hit.GetProperty("file").GetString() == cut);
        Assert.Contains($"not read: {cut}: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"not read: {binary}: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("2 parts could not be read", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Program.RunAsync("hunt", "--rules", rule, binary)).Code);
    }

    [Fact]
    public async Task The_page_is_inert_whatever_the_log_and_the_rules_say()
    {
        var hostile = "secret <script>alert(1)</script> \"><img src=x onerror=alert(2)> \u001b[31m \u202Eevil\u0007";
        var rule = RuleFile(Rule.Replace("title: Secret read", "title: '<script>Secret</script> read'\ntitle_zh: 讀取機密", StringComparison.Ordinal).Replace("author: Ann Author, Ben Bauer", "author: '<b onclick=x>Ann</b>'", StringComparison.Ordinal));
        var file = sample.File("<a>.jsonl", $"{Event(1, hostile)}\n{Event(1, "secret", "2026-11-23T02:10:00Z")}");
        var target = Path.Combine(Path.GetDirectoryName(file)!, "hunt.html");
        await File.WriteAllTextAsync(target, "old", TestContext.Current.CancellationToken);
        var outcome = await Program.OkAsync("hunt", "--rules", rule, "--format", "html", "--language", "zh-TW", "--output", target, file);
        Assert.Empty(outcome.Out);
        Assert.Equal(["<a>.jsonl", "hunt.html"], Directory.GetFiles(Path.GetDirectoryName(file)!).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var page = await File.ReadAllTextAsync(target, TestContext.Current.CancellationToken);
        Assert.StartsWith("<!DOCTYPE html>\n<html lang=\"zh-TW\">", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(Elements(), page);
        Assert.DoesNotContain("href=\"javascript", page, StringComparison.Ordinal);
        Assert.Contains("javascript:alert(1)", page, StringComparison.Ordinal);
        Assert.Contains("href=\"https://example.com/secret?a=1&amp;b=2\"", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b onclick=x&gt;Ann&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain(page, c => char.IsControl(c) && c is not ('\n' or '\t') || c == '\u202E');
        Assert.Contains("讀取機密", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'; style-src 'sha256-", page, StringComparison.Ordinal);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.Contains("<details><summary>完整事件</summary>", page, StringComparison.Ordinal);
        // Nothing is fetched: no address but those of links.
        Assert.DoesNotMatch(Fetches(), page);

        var english = (await Program.OkAsync("hunt", "--rules", rule, "--format", "html", file)).Out;
        Assert.Contains("<html lang=\"en\">", english, StringComparison.Ordinal);
        Assert.Contains("The whole event", english, StringComparison.Ordinal);
        Assert.DoesNotContain("讀取機密", english, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_results_is_there_whole_or_not_at_all()
    {
        var (rule, file) = (RuleFile(), sample.File("a.jsonl", Event(1, "secret")));
        var folder = Directory.CreateDirectory(sample.Free()).FullName;
        foreach (var format in (string[])["table", "jsonl", "csv", "html"])
        {
            var target = Path.Combine(folder, "out." + format);
            await Program.OkAsync("hunt", "--rules", rule, "--format", format, "-o", target, file);
            Assert.Contains("Ann Author, Ben Bauer", await File.ReadAllTextAsync(target, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        Assert.Equal(4, Directory.GetFileSystemEntries(folder).Length);
        var nowhere = await Program.RunAsync("hunt", "--rules", rule, "-o", Path.Combine(folder, "none", "x.txt"), file);
        Assert.True(nowhere.Code == 2 && nowhere.Error.Contains("x.txt", StringComparison.Ordinal), nowhere.ToString());
    }

    [Fact]
    public async Task The_table_and_the_CSV_name_the_author_and_cannot_be_steered_by_a_log()
    {
        var (rule, file) = (RuleFile(), sample.File("a.jsonl", Event(1, "=cmd|' /C calc'!A0 secret \u001b[2J")));
        var table = await Program.OkAsync("hunt", "--rules", rule, file);
        Assert.Contains("Ann Author, Ben Bauer", table.Out, StringComparison.Ordinal);
        Assert.Contains("a.jsonl:0", table.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', table.Out + table.Error);
        Assert.Contains("1 matches in 1 events of 1 file by 1 rules.", table.Error, StringComparison.Ordinal);
        Assert.Contains("Events: json 1.", table.Error, StringComparison.Ordinal);
        Assert.Contains("Levels: high 1.", table.Error, StringComparison.Ordinal);
        var csv = await Program.OkAsync("hunt", "--rules", RuleFile(Rule.Replace("Secret read", "=1+1", StringComparison.Ordinal)), "--format", "csv", file);
        Assert.StartsWith("time,level,ruleId,title,author,file,record,matched,patterns,group,count,records\n", csv.Out.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains(",'=1+1,\"Ann Author, Ben Bauer\",", csv.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_form_names_what_was_found_in_a_field_and_not_what_is_its_whole_value()
    {
        var (rule, file) = (RuleFile(), sample.File("a.jsonl", Event(1, "read the secret now") + "\n" + Event(1, "secret")));
        var table = (await Program.OkAsync("hunt", "--rules", rule, file)).Out;
        Assert.Contains("CommandLine[secret]=read the secret now", table, StringComparison.Ordinal);
        Assert.Contains("CommandLine=secret", table, StringComparison.Ordinal);
        Assert.Contains("CommandLine: secret", (await Program.OkAsync("hunt", "--rules", rule, "--format", "csv", file)).Out, StringComparison.Ordinal);
        var html = (await Program.OkAsync("hunt", "--rules", rule, "--format", "html", "--language", "en", file)).Out;
        Assert.Contains("<td>read the secret now<br><span class=\"soft\">found: secret</span></td>", html, StringComparison.Ordinal);
        Assert.Contains("<td>secret</td>", html, StringComparison.Ordinal);
        // Many long patterns do not make a cell that nobody can read.
        var many = RuleFile(Rule.Replace("CommandLine|contains: secret", $"CommandLine|contains|all: [{string.Join(", ", Enumerable.Range(0, 8).Select(i => $"'part{i}'"))}, '{new string('y', 60)}']", StringComparison.Ordinal));
        var wide = (await Program.OkAsync("hunt", "--rules", many, sample.File("b.jsonl", Event(1, $"part0 part1 part2 part3 part4 part5 part6 part7 {new string('y', 60)}")))).Out;
        Assert.Contains(", +6]=", wide, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stored_logs_are_narrowed_by_a_search_and_files_are_not()
    {
        var rule = sample.File("any.yml", "title: Any of sshd\nlogsource: { product: linux }\ndetection: { a: { message|contains: '' }, condition: a }\nlevel: low\n");
        var (all, none) = (await Program.OkAsync("hunt", "--rules", rule, "--data", sample.Master), await Program.OkAsync("hunt", "--rules", rule, "--data", sample.Master, "--where", "source:nothing-of-this-name"));
        Assert.DoesNotContain(" in 0 events", all.Error, StringComparison.Ordinal);
        Assert.Contains("0 matches in 0 events", none.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Program.RunAsync("hunt", "--rules", rule, "--where", "a", sample.File("a.jsonl", Event(1, "secret")))).Code);
        Assert.Equal(2, (await Program.RunAsync("hunt", "--rules", rule, "--data", sample.Master, "--where", "* | stats count() by host")).Code);
        Assert.Equal(2, (await Program.RunAsync("hunt", "--rules", rule, "--data", sample.Master, "--where", "(")).Code);
    }

    [Fact]
    public async Task An_estimate_says_what_would_be_read_and_does_nothing()
    {
        string Rules(string text) => sample.File("e.yml", $"title: Any\nlogsource: {{ product: linux }}\ndetection: {{ a: {{ message|contains: '{text}' }}, condition: a }}\nlevel: low\n");
        var told = await Program.OkAsync("hunt", "--rules", Rules(""), "--data", sample.Master, "--estimate");
        Assert.Matches(@"^1 rules would read [1-9][\d,]* events, [\d.,]+ MB as they are stored\.\nAt [1-9][\d,]* events/s, as [1-9][\d,]* of them went, that takes about [\d:]+\.\n$", told.Out.ReplaceLineEndings("\n"));
        Assert.Matches(@"^1 rules would read 0 events, 0.0 MB as they are stored\.\n$", (await Program.OkAsync("hunt", "--rules", Rules(""), "--data", sample.Master, "--to", "2001-01-01", "--estimate")).Out.ReplaceLineEndings("\n"));
        Assert.Equal(2, (await Program.RunAsync("hunt", "--rules", Rules(""), "--estimate", sample.File("a.jsonl", Event(1, "secret")))).Code);
    }

    [Fact]
    public async Task Logs_of_its_own_are_hunted_in_with_what_the_site_says_of_them()
    {
        var rule = RuleFile();
        var file = sample.File("acme.log", "edr: run path=C:\\type.exe cmd=secret\nedr: stop path=C:\\type.exe cmd=secret\n");
        var decoders = sample.File("decoders.json", """[{"name":"acme","begins":["edr: "],"patterns":["edr: {act} path={path} cmd={cmd}"]}]""");
        var mapping = sample.File("mapping.json", """[{"name":"acme","when":{"log.decoder":"ACME","act":["run","begin*"]},"sources":["windows/process_creation"],"fields":{"Image":"path","CommandLine":"no cmd"}}]""");
        Assert.Contains("0 matches in 2 events", (await Program.OkAsync("hunt", "--rules", rule, file)).Error, StringComparison.Ordinal);
        Assert.Contains("0 matches in 2 events", (await Program.OkAsync("hunt", "--rules", rule, "--decoders", decoders, file)).Error, StringComparison.Ordinal);
        var hit = Assert.Single(await HuntAsync(rule, "--decoders", decoders, "--mapping", mapping, file));
        Assert.Equal(0, hit.GetProperty("record").GetInt32());
        Assert.Contains(hit.GetProperty("matched").EnumerateArray(), matched => matched.GetProperty("field").GetString() == "CommandLine" && matched.GetProperty("value").GetString() == "secret");
        // The same where rules are tried, and as SQL.
        var own = sample.File("own.jsonl", """{"log":{"decoder":"acme"},"act":"Beginning","path":"C:\\type.exe","cmd":"secret"}""");
        Assert.StartsWith("0 matches in 1 events", (await Program.RunAsync("sigma", "test", rule, "--events", own)).Error, StringComparison.Ordinal);
        Assert.StartsWith("1 matches in 1 events", (await Program.OkAsync("sigma", "test", rule, "--events", own, "--mapping", mapping)).Error, StringComparison.Ordinal);
        Assert.Contains("map_extract_value(fields, 'act')", (await Program.OkAsync("sigma", "sql", rule, "--mapping", mapping)).Out, StringComparison.Ordinal);
        // A later file takes the place of the mappings of the same name.
        var none = sample.File("none.json", """[{"name":"acme","when":{"act":"never"},"sources":["windows/process_creation"]}]""");
        Assert.Empty(await HuntAsync(rule, "--decoders", decoders, "--mapping", mapping, "--mapping", none, file));
        foreach (var bad in new[] { sample.File("bad.json", """[{"name":"acme"}]"""), sample.File("worse.json", "{"), "no-such-file.json" })
        {
            var refused = await Program.RunAsync("hunt", "--rules", rule, "--mapping", bad, file);
            Assert.True(refused.Code == 2 && refused.Error.Contains(Path.GetFileName(bad), StringComparison.Ordinal) && refused.Out.Length == 0, refused.ToString());
        }

        Assert.Equal(2, (await Program.RunAsync("sigma", "sql", rule, "--schema", "columns", "--any-logsource", "--mapping", mapping)).Code);
    }

    [Fact]
    public async Task A_terminal_gets_colours_unless_they_are_not_wanted()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/script")) Assert.Skip("there is no 'script' to make a terminal with");
        var (rule, file) = (RuleFile(), sample.File("a.jsonl", Event(1, "secret " + new string('x', 300))));
        var coloured = await Terminal("-u NO_COLOR");
        Assert.True(coloured.Contains("\u001b[1;31mhigh\u001b[0m", StringComparison.Ordinal), coloured.Replace('\u001b', '^'));
        Assert.Contains("Ann Author, Ben Bauer", coloured, StringComparison.Ordinal);
        // Cut to the terminal's width, which a value of 300 characters is above.
        Assert.DoesNotContain(new string('x', 200), coloured, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[1;31m", await Terminal("NO_COLOR=1"), StringComparison.Ordinal);

        async Task<string> Terminal(string set)
        {
            var outcome = await Program.EndAsync(Program.StartAs("script", ["-qec", $"stty cols 120; env {set} TERM=xterm dotnet '{Program.Dll}' hunt --rules '{rule}' '{file}'", "/dev/null"]));
            Assert.True(outcome.Code == 0, outcome.ToString());
            return outcome.Out;
        }
    }

    [Fact]
    public async Task A_file_that_is_named_twice_is_read_once_and_no_file_at_all_is_said()
    {
        var (rule, file) = (RuleFile(), sample.File("a.jsonl", "\uFEFF" + Event(1, "secret")));
        Assert.Single(await HuntAsync(rule, file, Path.GetDirectoryName(file)!, file));
        var none = await Program.RunAsync("hunt", "--rules", rule, "--data", sample.Free());
        Assert.True(none.Code == 2 && none.Error.Contains("No event files are named", StringComparison.Ordinal), none.ToString());
        // With a store there is something to hunt in.
        Assert.Contains("0 matches in ", (await Program.OkAsync("hunt", "--rules", rule, "--data", sample.Master)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_of_rules_takes_archives_and_writes_JSON_and_SARIF()
    {
        var bad = Rule.Replace("condition: sel", "condition: sel and nothing", StringComparison.Ordinal);
        var rules = sample.File("my rules.zip", Zip(("a/good.yml", Rule), ("a/bad one.yml", bad.Replace("0b7a1f0e-1111", "0b7a1f0e-9999", StringComparison.Ordinal).Replace("secret_read", "bad_one", StringComparison.Ordinal))));
        var json = await Program.RunAsync("sigma", "check", rules, "--format", "json", "--level", "error");
        Assert.Equal(1, json.Code);
        using var document = JsonDocument.Parse(json.Out);
        Assert.Equal((2, 1), (document.RootElement.GetProperty("rules").GetInt32(), document.RootElement.GetProperty("usable").GetInt32()));
        var finding = Assert.Single(document.RootElement.GetProperty("findings").EnumerateArray());
        Assert.Equal(rules + "!a/bad one.yml", finding.GetProperty("file").GetString());
        var line = bad.Split('\n').Index().First(item => item.Item.Contains("condition:", StringComparison.Ordinal)).Index + 1;
        Assert.Equal(line, finding.GetProperty("line").GetInt32());

        using var sarif = JsonDocument.Parse((await Program.RunAsync("sigma", "check", rules, "--format", "sarif", "--level", "error")).Out);
        Assert.Equal("2.1.0", sarif.RootElement.GetProperty("version").GetString());
        var run = Assert.Single(sarif.RootElement.GetProperty("runs").EnumerateArray());
        var driver = run.GetProperty("tool").GetProperty("driver");
        Assert.Equal("hufu", driver.GetProperty("name").GetString());
        var result = Assert.Single(run.GetProperty("results").EnumerateArray());
        Assert.Equal(driver.GetProperty("rules")[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString(), result.GetProperty("ruleId").GetString());
        Assert.Equal("error", result.GetProperty("level").GetString());
        Assert.NotEqual("", result.GetProperty("message").GetProperty("text").GetString());
        var physical = result.GetProperty("locations")[0].GetProperty("physicalLocation");
        Assert.True(Uri.TryCreate(physical.GetProperty("artifactLocation").GetProperty("uri").GetString(), UriKind.Absolute, out var uri) && uri.LocalPath == rules + "!a/bad one.yml", physical.ToString());
        Assert.Equal(line, physical.GetProperty("region").GetProperty("startLine").GetInt32());
        Assert.InRange(physical.GetProperty("region").GetProperty("startColumn").GetInt32(), 1, 1_000);

        // What can be used and is hardly meant is said, with its level, and is no failure.
        var unused = sample.File("unused.yml", Rule.Replace("condition: sel", "spare: { Image: x }\n  condition: sel", StringComparison.Ordinal));
        var advised = await Program.OkAsync("sigma", "check", unused, "--format", "json");
        using var advice = JsonDocument.Parse(advised.Out);
        var said = Assert.Single(advice.RootElement.GetProperty("findings").EnumerateArray(), f => f.GetProperty("level").GetString() == "warning");
        Assert.Equal(("sigma.lint.unused-selection", unused), (said.GetProperty("code").GetString(), said.GetProperty("file").GetString()));
        Assert.Contains("0 faults, 1 warnings", advised.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("unused-selection", (await Program.OkAsync("sigma", "check", unused, "--level", "error")).Out, StringComparison.Ordinal);

        var clean = await Program.OkAsync("sigma", "check", RuleFile(), "--format", "sarif", "--level", "warning");
        using var empty = JsonDocument.Parse(clean.Out);
        Assert.Empty(empty.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray());
    }

    /// <summary>Real events and the public rules: the hits are those that another evaluation found, and of event 4688, which it left out, more.</summary>
    [Theory]
    [InlineData("otrf-lsass01-dev")]
    [InlineData("otrf-windows-dev")]
    public async Task Public_rules_find_in_real_events_what_they_are_known_to_find(string set)
    {
        var (rules, events, expected) = (Corpus("sigma/sigmahq-rules.tar.gz"), Corpus($"logs/{set}.jsonl.gz"), Corpus($"logs/{set}.expected.jsonl.gz"));
        var found = (await HuntAsync(rules, events)).Select(hit => (hit.GetProperty("record").GetInt64(), hit.GetProperty("ruleId").GetString()!)).ToHashSet();
        var known = new HashSet<(long, string)>();
        using (var text = new StreamReader(new GZipStream(File.OpenRead(expected), CompressionMode.Decompress)))
        {
            while (await text.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                using var json = JsonDocument.Parse(line);
                foreach (var rule in json.RootElement.GetProperty("rules").EnumerateArray()) known.Add((json.RootElement.GetProperty("line").GetInt64(), rule.GetString()!));
            }
        }

        Assert.True(known.Count > 300);
        Assert.Empty(known.Except(found));
        var more = found.Except(known).Select(hit => hit.Item1).ToHashSet();
        var number = -1L;
        using var lines = new StreamReader(new GZipStream(File.OpenRead(events), CompressionMode.Decompress));
        while (await lines.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (!more.Contains(++number)) continue;
            using var json = JsonDocument.Parse(line);
            Assert.Equal("4688", json.RootElement.GetProperty("EventID").ToString());
        }
    }

    private static string Corpus(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", path);
            if (File.Exists(candidate)) return candidate;
        }

        Assert.Skip($"shared/data/{path} is not present");
        return "";
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] Zip(params (string Name, string Text)[] members)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in members)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return packed.ToArray();
    }

    private static byte[] Tar(params (string Name, string Text)[] members)
    {
        using var packed = new MemoryStream();
        using (var tar = new TarWriter(packed, leaveOpen: true))
        {
            foreach (var (name, text) in members) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
        }

        return packed.ToArray();
    }

    [GeneratedRegex("<(script|img|b |iframe|object|embed|link|base|form)", RegexOptions.IgnoreCase)]
    private static partial Regex Elements();

    [GeneratedRegex("<[^>]*\\s(src|srcset|action|poster|data)=|url\\(|@import", RegexOptions.IgnoreCase)]
    private static partial Regex Fetches();

    /// <summary>So many zero bytes.</summary>
    private sealed class Zeros(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, read);
            Position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => length + offset };

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
