using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Hufu.Risk;
using Hufu.Testing;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>What people do in the product, and what it refuses them, is an event like any other.</summary>
public class AuditFeedTests
{
    private static readonly Guid Person = Guid.Parse("0192f000-0000-7000-8000-00000000000a");

    [Fact]
    public async Task A_change_and_a_denial_become_events_without_names_or_values()
    {
        await using var site = await Site.OpenAsync();
        await CreateAssetAsync(site, "主檔伺服器-保密");
        await DenyAsync(site, "sign-in.password", "192.0.2.7");
        await StepAsync(site);
        var events = await EventsAsync(site);
        var change = Assert.Single(events, e => e.Field("type") == "risk.asset");
        Assert.Equal(("create", "success", Site.Engineer.Id.ToString()), (change.Field("action"), change.Field("outcome"), change.Field("actor_id")));
        Assert.Contains("title", change.Field("fields")!.Split(' '));
        var denial = Assert.Single(events, e => e.Field("event") == "denial");
        Assert.Contains("192.0.2.7", denial.Raw, StringComparison.Ordinal);
        Assert.Equal(("sign-in", "failure", "sign-in.password", "192.0.2.7", Person.ToString()), (denial.Field("action"), denial.Field("outcome"), denial.Field("code"), denial.Field("src_ip"), denial.Field("actor_id")));
        Assert.All(events, e =>
        {
            Assert.DoesNotContain("保密", e.Raw, StringComparison.Ordinal);
            Assert.DoesNotContain("Anna", e.Raw, StringComparison.Ordinal);
            Assert.DoesNotContain("王小明", e.Raw, StringComparison.Ordinal);
            Assert.Contains(LogSourceHints.For(e), h => h is { Product: "hufu", Service: "audit" });
        });
    }

    [Fact]
    public async Task Nobody_else_writes_under_its_name()
    {
        await using var site = await Site.OpenAsync();
        // Believed, this would make the feed pass over what comes.
        var path = site.Write("forged.jsonl", """{"ledger_position":"999999999","denial_id":"999999999","event":"denial"}""" + "\n");
        foreach (var name in new[] { "hufu", "HUFU", " Hufu " })
        {
            Assert.Equal("logs.source.reserved", (await site.Get<LogImport>().ImportAsync(Site.Engineer, path, "forged.jsonl", name)).Errors.Single().Code);
            var receiver = new Receiver { Title = "r", Transport = "udp", Port = 5514, Allowed = "192.0.2.0/24", Source = name };
            Assert.Contains((await site.Store.CreateAsync(Site.Engineer, receiver)).Errors, e => e.Code == "logs.source.reserved");
        }

        Assert.Empty(await EventsAsync(site));
    }

    [Fact]
    public async Task Each_is_told_once_also_after_the_next_start()
    {
        string folder;
        await using (var first = await Site.OpenAsync(keep: true))
        {
            folder = first.Folder;
            for (var i = 0; i < 1_203; i++) await DenyAsync(first, "access.denied", null);
            while (await StepAsync(first))
            {
                // One step takes a part.
            }

            Assert.False(await StepAsync(first));
            Assert.Equal(1_203, (await EventsAsync(first)).Count(e => e.Field("event") == "denial"));
        }

        await using var second = await Site.OpenAsync(folder);
        await DenyAsync(second, "access.denied", null);
        await StepAsync(second);
        var ids = (await EventsAsync(second)).Where(e => e.Field("event") == "denial").Select(e => e.Field("denial_id")).ToList();
        Assert.Equal(1_204, ids.Count);
        Assert.Equal(1_204, ids.Distinct().Count());
    }

    [Fact]
    public async Task What_was_to_be_made_and_refused_is_not_told()
    {
        await using var site = await Site.OpenAsync();
        var reader = new Actor(Person, "王小明", null, new HashSet<Guid>(), [new Grant("*", Right.Read, Scope.All)], "web");
        Assert.False((await site.Store.CreateAsync(reader, new Asset { Title = "主檔伺服器-保密", Category = "hardware" })).IsOk);
        // On PostgreSQL the newest refusals are left for a later look.
        site.Clock.Ahead = TimeSpan.FromSeconds(11);
        await StepAsync(site);
        var told = Assert.Single(await EventsAsync(site));
        Assert.Equal("Write risk.asset", told.Field("asked"));
        Assert.DoesNotContain("保密", told.Raw, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_operation_over_many_records_is_one_event_and_a_change_without_a_place_waits()
    {
        await using var site = await Site.OpenAsync();
        var batch = Guid.CreateVersion7();
        for (var i = 0; i < 3; i++) Assert.True((await site.Store.CreateAsync(Site.Engineer, new Asset { Title = "主機 " + i, Category = "hardware" }, batch: batch)).IsOk);
        await site.Get<AuditFeed>().StepAsync(default);
        Assert.Empty(await EventsAsync(site));
        await StepAsync(site);
        var told = Assert.Single(await EventsAsync(site));
        Assert.Equal(("3", null), (told.Field("records"), told.Field("record_id")));
    }

    [Fact]
    public async Task A_sealed_segment_is_not_told_of_or_it_would_never_end()
    {
        await using var site = await Site.OpenAsync();
        await DenyAsync(site, "access.denied", null);
        await StepAsync(site);
        await site.Get<LogService>().Store.SealAsync();
        var sealedChanges = site.Store.Db.Changes.Count(c => c.TypeKey == SegmentLedger.TypeKey);
        Assert.Equal(1, sealedChanges);
        var before = (await EventsAsync(site)).Count;
        await StepAsync(site);
        Assert.Equal(before, (await EventsAsync(site)).Count);
    }

    [Theory]
    [InlineData("sign-in.password", 10, true, "同一位址猜測 Hufu 密碼")]
    [InlineData("sign-in.password", 9, true, null)]
    [InlineData("sign-in.unknown", 10, true, "同一位址猜測 Hufu 密碼")]
    [InlineData("access.denied", 30, true, "同一人員於 Hufu 大量存取遭拒")]
    [InlineData("access.denied", 29, true, null)]
    [InlineData("sign-in.password", 10, false, null)]
    public async Task The_rules_that_come_with_the_product_look_at_it(string code, int times, bool sameAddress, string? expected)
    {
        await using var site = await Site.OpenAsync();
        foreach (var file in Directory.GetFiles(RuleFolder(), "hufu_*.yml")) File.Copy(file, Path.Combine(site.Folder, "rules", Path.GetFileName(file)));
        for (var i = 0; i < times; i++) await DenyAsync(site, code, sameAddress ? "192.0.2.7" : $"192.0.2.{10 + i}");
        await StepAsync(site);
        var high = (await site.AlertsAsync()).Where(a => a.Level is "high" or "medium").ToList();
        if (expected is null)
        {
            Assert.Empty(high);
            return;
        }

        var alert = Assert.Single(high);
        Assert.Equal((expected, times), (alert.RuleTitle, alert.EventCount));
    }

    private static async Task<IReadOnlyList<LogEvent>> EventsAsync(Site site) =>
        (await site.Get<LogService>().Store.SearchAsync(new LogSearch { Query = SearchQuery.Parse("source:" + AuditFeed.Source).Value, Limit = 10_000 })).Events;

    // As in the running product: a change is told of when it has its place in the ledger.
    private static async Task<bool> StepAsync(Site site)
    {
        Assert.True((await site.Get<LedgerSequencer>().FlushAsync()).IsOk);
        return await site.Get<AuditFeed>().StepAsync(default);
    }

    private static async Task CreateAssetAsync(Site site, string title)
    {
        var made = await site.Store.CreateAsync(Site.Engineer, new Asset { Title = title, Category = "hardware" });
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
    }

    private static async Task DenyAsync(Site site, string code, string? address)
    {
        // A minute ago, for the same reason.
        site.Store.Db.Denials.Add(new Denial { At = new Clock().GetUtcNow().AddMinutes(-1), ActorId = Person, ActorName = "王小明", Channel = "web", Asked = "sign-in", Code = code, Address = address });
        await site.Store.Db.SaveChangesAsync();
    }

    private static string RuleFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, "content", "rules", "hufu") is var content && Directory.Exists(content)) return content;
        throw new DirectoryNotFoundException("content/rules/hufu");
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class AuditFeedTestsOnPostgres : AuditFeedTests, IOnPostgres;
