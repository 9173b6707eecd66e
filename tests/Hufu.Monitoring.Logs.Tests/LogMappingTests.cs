using System.Text;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Sigma;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Log-source mappings as records: what the stream, hunts, trials and tests of rules make of them.</summary>
public class LogMappingTests
{
    private const string Id = "66666666-6666-4666-8666-666666666666";

    private const string Rule = $$"""
        title: Whoami
        id: {{Id}}
        author: Us
        level: high
        logsource: { product: windows, category: process_creation }
        detection:
          s: { Image|endswith: whoami.exe, User: lin }
          condition: s
        """;

    private const string Line = """{"ts":"2026-11-23T10:00:00Z","vendor":"ACME","event_id":1,"proc":{"path":"C:/whoami.exe"},"who":"lin"}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static RuleMappings Mappings(params SourceMapping[] mappings) => new(new SourceMappings(mappings));

    private static LogEventFields Read(string line, RuleMappings mappings) => new(RuleTests.EventOf(line, 1), mappings);

    private static async Task<Record> CreateAsync(Site site, bool on = true)
    {
        var made = await site.Store.CreateAsync(
            Site.Engineer, site.Store.Types.Of<LogMapping>(), new Dictionary<string, string?> { ["title"] = "ACME", ["mappingName"] = "acme", ["conditions"] = "vendor=acme\nevent_id=1\nevent_id=2\nproc.path", ["logSources"] = "windows/process_creation/-", ["fieldNames"] = "Image=proc.exe proc.path\nUser=who" }, cancellation: Stop);
        Assert.True(made.IsOk, string.Join('\n', made.Errors));
        if (on) await MoveAsync(site, made.Value, "start");
        return made.Value;
    }

    private static async Task MoveAsync(Site site, Record record, string move)
    {
        var moved = await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of<LogMapping>(), record.Id, move, cancellation: Stop);
        Assert.True(moved.IsOk, string.Join('\n', moved.Errors));
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
    }

    [Fact]
    public void A_field_of_the_rules_name_comes_before_what_a_mapping_says_and_that_before_what_the_product_knows()
    {
        var mappings = Mappings(new SourceMapping { Name = "m", When = [new MappingCondition("vendor", [])], Fields = new Dictionary<string, IReadOnlyList<string>> { ["Image"] = ["no", "proc.path"], ["User"] = ["@format"] } });
        string? Of(string line, string name) => Read(line, mappings).TryGet(name, out var value) ? value.ToString() : null;
        Assert.Equal("own", Of("""{"vendor":"x","Image":"own","proc":{"path":"p"}}""", "Image"));
        Assert.Equal("p", Of("""{"vendor":"x","proc":{"path":"p"},"process":{"executable":"e"}}""", "Image"));
        Assert.Equal("e", Of("""{"proc":{"path":"p"},"process":{"executable":"e"}}""", "Image"));
        Assert.Equal("e", Of("""{"vendor":"x","process":{"executable":"e"}}""", "Image"));
        Assert.Equal("json", Of("""{"vendor":"x"}""", "User"));
        // Each value of an array, as where the event has the field itself.
        Assert.Equal("a, b", Of("""{"vendor":"x","proc":{"path":["a","b"]}}""", "Image"));
    }

    [Fact]
    public void What_a_kind_of_event_may_have_goes_by_the_mappings_too()
    {
        var rules = SigmaParser.Parse("""
            title: One
            id: 1
            logsource: { product: any }
            detection: { s: { Made.Up: lin }, condition: s }
            """, "r.yml").Rules;
        var engine = SigmaEngine.Compile([.. rules.OfType<SigmaDetectionRule>().Select(rule => rule with { LogSource = new SigmaLogSource() })]);
        var mappings = Mappings(new SourceMapping { Name = "m", When = [new MappingCondition("vendor", ["acme"])], Fields = new Dictionary<string, IReadOnlyList<string>> { ["Made.Up"] = ["who"] } });
        // Events of one kind are judged by what the first of them may have: with other mappings, that is another.
        for (var i = 0; i < 3; i++)
        {
            Assert.Empty(engine.Match(Read(Line, RuleMappings.None), null));
            Assert.Single(engine.Match(Read(Line, mappings), null));
            Assert.Empty(engine.Match(Read(Line.Replace("ACME", "Other", StringComparison.Ordinal), mappings), null));
        }
    }

    [Fact]
    public async Task The_stream_and_hunts_read_with_what_is_on()
    {
        await using var site = await Site.OpenAsync();
        await File.WriteAllTextAsync(Path.Combine(site.Folder, "rules", "own.yml"), Rule, Stop);
        site.Get<Detection>().Reload();
        async Task<int> AlertsAsync()
        {
            await site.ImportAsync(site.Write($"{Guid.NewGuid():N}.jsonl", Line.Replace("10:00:00", $"10:00:{Random.Shared.Next(10, 60)}", StringComparison.Ordinal) + "\n"), Guid.NewGuid().ToString("N"));
            return (await site.AlertsAsync()).Where(alert => alert.RuleId == Id).Sum(alert => alert.EventCount);
        }

        Assert.Equal(0, await AlertsAsync());
        var record = await CreateAsync(site, on: false);
        Assert.Equal(0, await AlertsAsync());
        await MoveAsync(site, record, "start");
        Assert.Equal(1, await AlertsAsync());
        // Which log sources arrive is told with it.
        Assert.Contains(site.Get<RuleSources>().Seen.Keys, source => source is { Product: "windows", Category: "process_creation" });
        // A hunt finds what came before the mapping, too.
        var hunted = HuntRules.Choose(site.Get<Detection>().Rules, new HuntChoice { Keys = [Id] }).Value;
        int Hunted(HuntRules rules)
        {
            var run = rules.Begin();
            foreach (var item in site.Get<LogService>().Store.StretchesOf(new LogSearch()).SelectMany(stretch => site.Get<LogService>().Store.EventsOf(new LogSearch(), stretch, Stop))) run.Process(item);
            return run.Take().Count;
        }

        Assert.Equal((0, 3), (Hunted(hunted), Hunted(hunted.With(site.Get<Detection>().Mappings))));
        // What a hunt that was cut off had counted does not go on with other mappings.
        Assert.NotEqual(hunted.Stamp, hunted.With(site.Get<Detection>().Mappings).Stamp);
        await MoveAsync(site, record, "stop");
        Assert.Equal(1, await AlertsAsync());
    }

    [Fact]
    public async Task Trials_and_tests_of_own_rules_read_with_it()
    {
        await using var site = await Site.OpenAsync();
        await site.ImportAsync(site.Write("a.jsonl", Line + "\n"), "acme");
        var rules = OwnRuleType.Read(Rule, "yaml").Rules;
        Assert.Equal(0, (await site.Get<RulePreview>().TryAsync(rules, Stop)).Total);
        Assert.False(Assert.Single(RuleTests.Run(rules, Line, "", site.Get<Detection>().Mappings)).Passed);
        await CreateAsync(site);
        Assert.Equal(1, (await site.Get<RulePreview>().TryAsync(rules, Stop)).Total);
        var test = Assert.Single(RuleTests.Run(rules, Line, "", site.Get<Detection>().Mappings));
        Assert.True(test.Passed && test.InSource);
        var own = await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Of<OwnRule>(), new Dictionary<string, string?> { ["title"] = "x", ["yaml"] = Rule, ["mustMatch"] = Line }, cancellation: Stop);
        Assert.Equal(OwnRuleType.Passed, ((OwnRule)own.Value).TestOutcome);
    }

    [Theory]
    [InlineData("conditions", "vendor=", "conditions")]
    [InlineData("conditions", "@raw=x", "conditions")]
    [InlineData("logSources", "a/b/c/d", "logSources")]
    [InlineData("logSources", "-/-/-", "logSources")]
    [InlineData("fieldNames", "Image", "fieldNames")]
    [InlineData("fieldNames", "Image=", "fieldNames")]
    [InlineData("fieldNames", "Image=a\nImage=b", "fieldNames")]
    [InlineData("mappingName", "Acme EDR", "mappingName")]
    public async Task What_cannot_be_meant_is_refused_at_its_field(string field, string value, string place)
    {
        await using var site = await Site.OpenAsync();
        var values = new Dictionary<string, string?> { ["title"] = "x", ["mappingName"] = "acme", ["conditions"] = "vendor", ["logSources"] = "windows", [field] = value };
        Assert.Contains((await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Of<LogMapping>(), values, cancellation: Stop)).Errors, error => error.Place == place);
    }

    [Fact]
    public async Task A_record_is_written_and_taken_in_as_it_is()
    {
        await using var site = await Site.OpenAsync();
        var record = (LogMapping)await CreateAsync(site);
        var (mapping, error) = LogMappingType.Read(record);
        Assert.Null(error);
        Assert.Equal(["vendor:acme", "event_id:1,2", "proc.path:"], mapping.When.Select(condition => $"{condition.Name}:{string.Join(',', condition.Values)}"));
        var read = SourceMappings.Read(SourceMappings.Write([mapping with { Sources = [new LogSourceHint(null, "dns", null)] }, mapping with { Name = "second" }])).Value;
        var taken = await NamedRecords.TakeAsync<LogMapping>(site.Store, Site.Engineer, [.. read.Select(one => (one.Name, LogMappingType.Values(one)))], one => one.MappingName, 500, Stop);
        Assert.Equal((1, 1), taken.Value);
        var all = await site.Store.Db.Set<LogMapping>().AsNoTracking().OrderBy(one => one.MappingName).ToListAsync(Stop);
        Assert.Equal([("ACME", "-/dns/-", LogMappingType.On), ("second", "windows/process_creation/-", "off")], all.Select(one => (one.Title, one.LogSources, one.State)));
        Assert.Equal(record.Conditions, all[1].Conditions);
        Assert.Equal(record.FieldNames, all[1].FieldNames);
        Assert.DoesNotContain("second", Encoding.UTF8.GetString(SourceMappings.Write(site.Get<Detection>().Mappings.Sources.All)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_of_one_name_the_second_is_not_used_and_that_is_said()
    {
        await using var site = await Site.OpenAsync();
        await CreateAsync(site);
        var second = await CreateAsync(site);
        Assert.Equal(("logs.mapping.twice", second.Number), Assert.Single(site.Get<RuleLibrary>().Problems.Select(problem => (problem.Code, problem.Place))));
        Assert.Single(site.Get<Detection>().Mappings.Sources.All);
        await MoveAsync(site, second, "stop");
        Assert.Empty(site.Get<RuleLibrary>().Problems);
    }
}
