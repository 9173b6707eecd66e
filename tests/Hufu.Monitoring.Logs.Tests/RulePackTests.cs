using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Hufu.Kernel;
using Hufu.Records;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Rule packs: what an import would change is seen first, then it is applied in one step; what runs is never lost.</summary>
public class RulePackTests
{
    private const string A = "aaaaaaaa-0000-4000-8000-000000000001";
    private const string B = "aaaaaaaa-0000-4000-8000-000000000002";
    private const string C = "aaaaaaaa-0000-4000-8000-000000000003";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal static string Rule(string id, string title, string level = "high", string status = "test", string word = "evil", string source = "{ product: linux, service: sshd }", string extra = "") => $$"""
        title: {{title}}
        id: {{id}}
        status: {{status}}
        author: Somebody Else
        license: DRL-1.1
        level: {{level}}
        tags: [ attack.credential-access, attack.t1110 ]
        logsource: {{source}}
        detection:
          word: { message|contains: '{{word}}' }
          condition: word
        {{extra}}
        """;

    internal static string Zip(Site site, params (string Name, string Text)[] members)
    {
        var path = site.Write(Guid.NewGuid().ToString("N") + ".zip", "");
        using var file = new FileStream(path, FileMode.Create);
        using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        foreach (var (name, text) in members)
        {
            using var entry = zip.CreateEntry(name).Open();
            entry.Write(Encoding.UTF8.GetBytes(text));
        }

        return path;
    }

    internal static async Task<RulePack> PackAsync(Site site, string folder = "", string state = "on")
    {
        var made = await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Of<RulePack>(), new Dictionary<string, string?> { ["title"] = "Others' rules", ["folder"] = folder }, cancellation: Stop);
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        if (state == "on") Assert.True((await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of<RulePack>(), made.Value.Id, "start", cancellation: Stop)).IsOk);
        return (RulePack)made.Value;
    }

    private static Task<Result<RulePackVersion>> StageAsync(Site site, RulePack pack, string? path) => site.Get<RulePacks>().StageAsync(site.Store, Site.Engineer, pack, path, "rules.zip", Stop);

    internal static async Task<RulePackVersion> ApplyAsync(Site site, RulePack pack, string path)
    {
        var staged = await StageAsync(site, pack, path);
        Assert.True(staged.IsOk, string.Join("; ", staged.Errors));
        await MoveAsync(site, staged.Value, "apply");
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
        return staged.Value;
    }

    private static async Task MoveAsync(Site site, RulePackVersion version, string move, string? reason = null)
    {
        var moved = await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of<RulePackVersion>(), version.Id, move, reason, cancellation: Stop);
        Assert.True(moved.IsOk, string.Join("; ", moved.Errors));
    }

    private static KnownRule Known(Site site, string id) => site.Get<Detection>().Rules.Known.Single(k => k.Rule.Key == id && k.Origin == RuleOrigin.Pack);

    private static string InUse(Site site) => string.Join(' ', site.Get<Detection>().Rules.Rules.Where(r => r.Key.StartsWith("aaaaaaaa", StringComparison.Ordinal)).Select(r => r.Key[^1] + ":" + r.Title).Order(StringComparer.Ordinal));

    [Fact]
    public async Task A_version_is_staged_compared_applied_and_gone_back_from()
    {
        await using var site = await Site.OpenAsync();
        var pack = await PackAsync(site);
        var first = await ApplyAsync(site, pack, Zip(site, ("sigma-1/rules/a.yml", Rule(A, "One")), ("sigma-1/rules/b.yml", Rule(B, "Two")), ("sigma-1/tests/x.yml", "no: rule"), ("sigma-1/.github/y.yml", "no: rule")));
        Assert.Equal((2, 2, 0), (first.RuleCount, first.FileCount, first.RefusedCount));
        Assert.Equal("1:One 2:Two", InUse(site));

        var second = await StageAsync(site, pack, Zip(site, ("rules/b.yml", Rule(B, "Two", level: "critical")), ("rules/c.yml", Rule(C, "Three")), ("rules/bad.yml", "title: Bad\nlogsource: { product: linux }\ndetection:\n  a: { x|nonsense: 1 }\n  condition: a\n")));
        Assert.True(second.IsOk, string.Join("; ", second.Errors));
        // Nothing has changed yet.
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
        Assert.Equal("1:One 2:Two", InUse(site));
        var diff = site.Get<RulePacks>().Diff(pack, second.Value, await RulePacks.CurrentAsync(site.Store.Db, pack.Id, Stop)).Value;
        Assert.Equal(["changed " + B, "gone " + A, "new " + C], diff.Changes.Select(c => $"{c.Kind} {c.Rule.Key}").Order(StringComparer.Ordinal));
        Assert.Contains("High → Critical", diff.Changes.Single(c => c.Kind == "changed").What.En, StringComparison.Ordinal);
        Assert.Equal($"{pack.Number}/rules/bad.yml:4:8", Assert.Single(diff.Refused).Place);
        Assert.Equal((2, 2, 2), (diff.Rules, diff.InUse, diff.InUseBefore));

        await MoveAsync(site, second.Value, "apply");
        Assert.True(await site.Get<RuleLibrary>().RefreshAsync(Stop));
        Assert.Equal("2:Two 3:Three", InUse(site));
        Assert.Equal([RulePackVersionType.Past, RulePackVersionType.Current], await site.Store.Db.Set<RulePackVersion>().AsNoTracking().OrderBy(v => v.Number).Select(v => v.State).ToListAsync(Stop));

        await MoveAsync(site, first, "apply");
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
        Assert.Equal("1:One 2:Two", InUse(site));
        Assert.False(await site.Get<RuleLibrary>().RefreshAsync(Stop));
    }

    [Fact]
    public async Task The_same_rules_are_the_same_however_they_come()
    {
        await using var site = await Site.OpenAsync();
        var folder = Directory.CreateDirectory(Path.Combine(site.Folder, "open", "sigma", "rules", "linux")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "a.yml"), Rule(A, "One"), Stop);
        var root = Path.Combine(site.Folder, "open", "sigma");
        var pack = await PackAsync(site, root);
        var staged = await StageAsync(site, pack, null);
        Assert.True(staged.IsOk, string.Join("; ", staged.Errors));
        Assert.Equal(root, staged.Value.FromWhere);
        var tar = site.Write("a.tar.gz", "");
        await using (var file = new FileStream(tar, FileMode.Create))
        await using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
        await using (var writer = new TarWriter(gzip))
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "top/rules/linux/a.yml") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(Rule(A, "One"))) }, Stop);
        Assert.Equal("logs.rule-pack.same", Assert.Single((await StageAsync(site, pack, tar)).Errors).Code);
    }

    [Fact]
    public async Task Only_places_that_are_open_are_read()
    {
        await using var site = await Site.OpenAsync();
        var closed = Directory.CreateDirectory(Path.Combine(site.Folder, "closed")).FullName;
        await File.WriteAllTextAsync(Path.Combine(closed, "a.yml"), Rule(A, "One"), Stop);
        Assert.Equal("logs.tail.folder", Assert.Single((await StageAsync(site, await PackAsync(site, closed), null)).Errors).Code);
        Assert.Equal("logs.tail.path", Assert.Single((await StageAsync(site, await PackAsync(site, Path.Combine(site.Folder, "open", "..", "closed")), null)).Errors).Code);
        // A link does not open what it leads to.
        var open = Directory.CreateDirectory(Path.Combine(site.Folder, "open", "mine")).FullName;
        await File.WriteAllTextAsync(Path.Combine(open, "b.yml"), Rule(B, "Two"), Stop);
        File.CreateSymbolicLink(Path.Combine(open, "a.yml"), Path.Combine(closed, "a.yml"));
        Assert.Equal("logs.rule.outside", Assert.Single((await StageAsync(site, await PackAsync(site, open), null)).Errors).Code);
    }

    [Theory]
    [InlineData("../a.yml")]
    [InlineData("rules/../../a.yml")]
    [InlineData("/etc/a.yml")]
    [InlineData("C:\\a.yml")]
    [InlineData("rules\\..\\..\\a.yml")]
    public async Task A_name_that_leads_out_of_its_archive_is_refused(string name)
    {
        await using var site = await Site.OpenAsync();
        var staged = await StageAsync(site, await PackAsync(site), Zip(site, ("rules/b.yml", Rule(B, "Two")), (name, Rule(A, "One"))));
        Assert.Equal("logs.rule.place", Assert.Single(staged.Errors).Code);
        Assert.Empty(await site.Store.Db.Set<RulePackVersion>().ToListAsync(Stop));
    }

    [Fact]
    public async Task An_archive_beyond_the_limits_or_damaged_is_refused_whole()
    {
        await using var site = await Site.OpenAsync();
        var pack = await PackAsync(site);
        var bomb = site.Write("bomb.tar.gz", "");
        await using (var file = new FileStream(bomb, FileMode.Create))
        await using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
        await using (var writer = new TarWriter(gzip))
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "rules/a.yml") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(Rule(A, "One"))) }, Stop);
            for (var i = 0; i < 6; i++) await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, $"rules/{i}.bin") { DataStream = new MemoryStream(new byte[100 << 20]) }, Stop);
        }

        Assert.Equal("logs.rule.archive-large", Assert.Single((await StageAsync(site, pack, bomb)).Errors).Code);
        var many = Zip(site, [.. Enumerable.Range(0, 20_001).Select(i => (string.Create(CultureInfo.InvariantCulture, $"rules/{i}.yml"), "a: 1"))]);
        Assert.Equal("logs.rule.archive-large", Assert.Single((await StageAsync(site, pack, many)).Errors).Code);
        var whole = Zip(site, ("rules/a.yml", Rule(A, "One")));
        var bytes = await File.ReadAllBytesAsync(whole, Stop);
        await File.WriteAllBytesAsync(whole, bytes[..(bytes.Length / 2)], Stop);
        Assert.Equal("logs.rule.archive-damaged", Assert.Single((await StageAsync(site, pack, whole)).Errors).Code);
        // One that is too deep or too large is left out and named; the others come in.
        var deep = await StageAsync(site, pack, Zip(site, ("rules/a.yml", Rule(A, "One")), (string.Concat(Enumerable.Repeat("rules/", 20)) + "b.yml", Rule(B, "Two")), ("rules/c.yml", new string('#', 2 << 20))));
        Assert.True(deep.IsOk, string.Join("; ", deep.Errors));
        Assert.Equal((1, 2), (deep.Value.RuleCount, deep.Value.RefusedCount));
        Assert.Contains("rules/c.yml: ", deep.Value.Unread, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_in_use_is_said_by_level_status_tag_source_and_rule()
    {
        await using var site = await Site.OpenAsync();
        var pack = await PackAsync(site);
        await ApplyAsync(site, pack, Zip(site,
            ("1.yml", Rule(A, "Fine")), ("2.yml", Rule(B, "Low", level: "low")), ("3.yml", Rule(C, "Old", status: "deprecated")),
            ("4.yml", Rule("aaaaaaaa-0000-4000-8000-000000000004", "Web", source: "{ category: webserver }"))));
        Assert.Equal("1:Fine 4:Web", InUse(site));
        Assert.Equal("Level below medium", Known(site, B).WhyNot!.En);
        Assert.Equal("Status: deprecated", Known(site, C).WhyNot!.En);

        await UpdateAsync(site, pack, ("switchedOn", B + " we want it"), ("switchedOff", A + " too noisy here"), ("ruleSources", "linux"));
        Assert.Equal("2:Low", InUse(site));
        Assert.Equal("Switched off: too noisy here", Known(site, A).WhyNot!.En);
        Assert.Equal("Not of a chosen log source", Known(site, "aaaaaaaa-0000-4000-8000-000000000004").WhyNot!.En);
        await UpdateAsync(site, pack, ("switchedOn", ""), ("switchedOff", ""), ("ruleSources", ""), ("ruleTags", "attack.t1059*"));
        Assert.Equal("", InUse(site));
        await UpdateAsync(site, pack, ("ruleTags", "attack.t11*"), ("leastLevel", "low"), ("ruleStatuses", "test;deprecated"));
        Assert.Equal("1:Fine 2:Low 3:Old 4:Web", InUse(site));

        // A single rule needs its reason.
        var refused = await site.Store.UpdateAsync(Site.Engineer, site.Store.Types.Of<RulePack>(), pack.Id, (await site.Store.Db.Set<RulePack>().AsNoTracking().FirstAsync(Stop)).Version, new Dictionary<string, string?> { ["switchedOff"] = A }, cancellation: Stop);
        Assert.Equal("switchedOff", Assert.Single(refused.Errors).Place);
        Assert.True((await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of<RulePack>(), pack.Id, "stop", "for a test", cancellation: Stop)).IsOk);
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
        Assert.Equal("", InUse(site));
        Assert.Equal("The pack is off", Known(site, A).WhyNot!.En);
    }

    private static async Task UpdateAsync(Site site, RulePack pack, params (string Key, string Value)[] values)
    {
        var version = (await site.Store.Db.Set<RulePack>().AsNoTracking().FirstAsync(p => p.Id == pack.Id, Stop)).Version;
        var done = await site.Store.UpdateAsync(Site.Engineer, site.Store.Types.Of<RulePack>(), pack.Id, version, values.ToDictionary(v => v.Key, v => (string?)v.Value), cancellation: Stop);
        Assert.True(done.IsOk, string.Join("; ", done.Errors));
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
    }

    [Fact]
    public async Task A_correlation_brings_the_rules_it_counts()
    {
        await using var site = await Site.OpenAsync();
        var pack = await PackAsync(site);
        await ApplyAsync(site, pack, Zip(site, ("1.yml", Rule(A, "Step", level: "low") + $$"""

            ---
            title: Many
            id: {{B}}
            status: test
            level: high
            correlation:
              type: event_count
              rules: [ {{A}} ]
              group-by: [ host ]
              timespan: 5m
              condition: { gte: 3 }
            """)));
        Assert.Equal("1:Step 2:Many", InUse(site));
        Assert.True(Known(site, A).IsNeeded);
        Assert.Empty(site.Get<Detection>().Rules.Refused);
    }

    [Fact]
    public async Task Own_rules_come_before_packs_and_it_is_said()
    {
        await using var site = await Site.OpenAsync();
        var pack = await PackAsync(site);
        var second = await PackAsync(site);
        await File.WriteAllTextAsync(Path.Combine(site.Folder, "rules", "mine.yml"), Rule(A, "Mine"), Stop);
        var mine = await File.ReadAllTextAsync(Path.Combine(site.Folder, "rules", "mine.yml"), Stop);
        await ApplyAsync(site, pack, Zip(site, ("1.yml", Rule(A, "Theirs")), ("2.yml", Rule(B, "Theirs"))));
        await ApplyAsync(site, second, Zip(site, ("1.yml", Rule(B, "Third's"))));
        Assert.Equal("1:Mine 2:Theirs", InUse(site));
        var known = site.Get<Detection>().Rules.Known.Where(k => k.Origin == RuleOrigin.Pack).ToDictionary(k => k.From + k.Rule.Key, k => k.WhyNot?.En);
        Assert.Equal("A rule of “Folder rules” has the same id or name and is used instead", known[pack.Number + A]);
        Assert.Equal($"The rule of {pack.Number} has the same id or name and is used instead", known[second.Number + B]);
        Assert.Equal(mine, await File.ReadAllTextAsync(Path.Combine(site.Folder, "rules", "mine.yml"), Stop));
    }

    [Fact]
    public async Task A_version_that_is_damaged_takes_nothing_away()
    {
        await using var site = await Site.OpenAsync();
        var pack = await PackAsync(site);
        var first = await ApplyAsync(site, pack, Zip(site, ("1.yml", Rule(A, "One"))));
        var second = (await StageAsync(site, pack, Zip(site, ("1.yml", Rule(B, "Two"))))).Value;
        var path = Path.Combine(site.Folder, "rule-packs", second.Hash + ".jsonl.gz");
        // Another start of the product, which has read nothing yet.
        var packs = new RulePacks(site.Get<RulePackFiles>(), new Hufu.Logs.Tail.TailFolders([]));
        await File.WriteAllBytesAsync(path, await File.ReadAllBytesAsync(Path.Combine(site.Folder, "rule-packs", first.Hash + ".jsonl.gz"), Stop), Stop);
        Assert.Equal("logs.rule-pack.damaged", Assert.Single(packs.Content(pack.Number, second.Hash).Errors).Code);
        Assert.False((await new RulePackVersionApplied(packs).ReactAsync(site.Store, Site.Engineer, second, "apply", Stop)).IsOk);
        File.Delete(path);
        Assert.Equal("logs.rule-pack.gone", Assert.Single(packs.Content(pack.Number, second.Hash).Errors).Code);
        Assert.Equal("1:One", InUse(site));
    }

    [Fact]
    public async Task A_pack_raises_alerts_with_the_author_of_the_rule_and_swapping_it_loses_nothing()
    {
        await using var site = await Site.OpenAsync();
        var pack = await PackAsync(site);
        await ApplyAsync(site, pack, Zip(site, ("1.yml", Rule(A, "One", word: "Failed password"))));
        await site.Get<LogImport>().AppendAsync(LiveDetectionTests.Attempts(site, 0, 4), Stop);
        await ApplyAsync(site, pack, Zip(site, ("1.yml", Rule(A, "One", word: "Failed password")), ("2.yml", Rule(B, "Two"))));
        await site.Get<LogImport>().AppendAsync(LiveDetectionTests.Attempts(site, 4, 3), Stop);
        var alert = Assert.Single(await site.AlertsAsync(), a => a.RuleId == A);
        Assert.Equal((7, "Somebody Else", "DRL-1.1"), (alert.EventCount, alert.RuleAuthor, alert.RuleLicense));
    }

    [Fact]
    public async Task The_public_rules_come_in_are_compared_and_compiled_in_seconds()
    {
        const string Archive = "../shared/data/sigma/sigmahq-rules.tar.gz";
        var path = Path.GetFullPath(Path.Combine(RepositoryRoot(), Archive));
        Assert.SkipUnless(File.Exists(path), "The public rules are not here.");
        await using var site = await Site.OpenAsync();
        var pack = await PackAsync(site);
        var events = LiveDetectionTests.Attempts(site, 0, 20_000);
        var few = Looked();
        var time = Stopwatch.StartNew();
        var staged = await StageAsync(site, pack, path);
        Assert.True(staged.IsOk, string.Join("; ", staged.Errors));
        var import = time.Elapsed;
        time.Restart();
        var diff = site.Get<RulePacks>().Diff(pack, staged.Value, null).Value;
        var compare = time.Elapsed;
        time.Restart();
        await MoveAsync(site, staged.Value, "apply");
        await site.Get<RuleLibrary>().RefreshAsync(Stop);
        var applied = time.Elapsed;
        time.Restart();
        var again = site.Get<RulePacks>().Diff(pack, staged.Value, staged.Value).Value;
        TestContext.Current.TestOutputHelper?.WriteLine($"import {import}, diff {compare}, apply and compile {applied}, diff against the same {time.Elapsed}; 20,000 events with few rules {few}, with all {Looked()}");
        Assert.Equal(staged.Value.RuleCount, diff.Count("new"));
        Assert.InRange(staged.Value.RuleCount, 3_700, 3_800);
        Assert.Empty(again.Changes);
        Assert.Equal(diff.InUse, site.Get<Detection>().Rules.Known.Count(k => k.Origin == RuleOrigin.Pack && k.IsOn));
        // Loose bounds: the machine may be busy.
        Assert.InRange(import.TotalSeconds, 0, 60);
        Assert.InRange(applied.TotalSeconds, 0, 60);

        TimeSpan Looked()
        {
            var run = site.Get<Detection>().Begin();
            var watch = Stopwatch.StartNew();
            run.Process(events, [.. events.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"00000001/{i}"))]);
            return watch.Elapsed;
        }
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hufu.slnx"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
