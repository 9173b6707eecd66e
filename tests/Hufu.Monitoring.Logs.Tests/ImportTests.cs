using System.Security.Cryptography;
using System.Text.Json;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Hufu.Testing;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>From a file to alerts: once, whatever stops it in between.</summary>
public class ImportTests
{
    private static readonly LogParseOptions Parse = new() { ReferenceTime = new DateTimeOffset(2026, 11, 24, 2, 0, 0, TimeSpan.Zero) };

    [Fact]
    public async Task The_same_file_again_raises_nothing()
    {
        await using var site = await Site.OpenAsync();
        var file = site.Write("a.log", Site.Guessing("203.0.113.1", 30));
        var first = await site.ImportAsync(file);
        Assert.Equal((30, 0), ((int)first.Store.Added, (int)first.Store.WithProblems));
        Assert.NotEmpty(first.Alerts.Created);
        var before = await site.SummaryAsync();
        var again = await site.ImportAsync(site.Write("other-name.log", Site.Guessing("203.0.113.1", 30)));
        Assert.True(again.Store.AlreadyImported);
        Assert.Empty(again.Alerts.Created);
        Assert.Equal(before, await site.SummaryAsync());
    }

    [Fact]
    public async Task Matches_are_gathered_by_rule_and_entity_within_a_day()
    {
        await using var site = await Site.OpenAsync();
        await site.ImportAsync(site.Write("a.log", Site.Guessing("203.0.113.1", 12) + Site.Guessing("203.0.113.2", 12)));
        await site.ImportAsync(site.Write("b.log", Site.Guessing("203.0.113.1", 12, "2026-11-20")));
        // One correlation alert an address and day: the days lie more than 24 hours apart.
        var alerts = (await site.AlertsAsync()).Where(a => a.RuleId.StartsWith("2222", StringComparison.Ordinal)).ToList();
        Assert.Equal(["203.0.113.1", "203.0.113.1", "203.0.113.2"], alerts.Select(a => a.Entity));
        Assert.All(alerts, a => Assert.Equal(10, a.EventCount));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_that_dies_between_storing_and_detection_loses_no_alert(bool bySameFile)
    {
        var text = Site.Guessing("203.0.113.1", 40);
        IReadOnlyList<string> expected;
        await using (var straight = await Site.OpenAsync())
        {
            await straight.ImportAsync(straight.Write("a.log", text));
            expected = await straight.SummaryAsync();
        }

        string folder;
        await using (var dying = await Site.OpenAsync(keep: true))
        {
            folder = dying.Folder;
            var file = dying.Write("a.log", text);
            new ImportJournal(Path.Combine(folder, "logs", "imports")).Write(new PendingImport(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))), "a.log", "a.log", [new ImportRange("00000001", 0, 0)]));
            await dying.Get<LogService>().Store.ImportAsync(file, "a.log", Parse, cancellation: TestContext.Current.CancellationToken);
            Assert.Empty(await dying.AlertsAsync());
        }

        await using var next = await Site.OpenAsync(folder);
        if (bySameFile) await next.ImportAsync(next.Write("a.log", text));
        else Assert.Single(await next.Get<LogImport>().ResumeAsync(TestContext.Current.CancellationToken));
        Assert.Equal(expected, await next.SummaryAsync());
        Assert.Empty(await next.Get<LogImport>().ResumeAsync(TestContext.Current.CancellationToken));
        await next.ImportAsync(next.Write("a.log", text));
        Assert.Equal(expected, await next.SummaryAsync());
    }

    [Fact]
    public async Task A_correlation_over_the_place_where_the_import_was_cut_is_found()
    {
        // 12,000 records: the store takes them in batches of 10,000. The guessing straddles the cut, and other events came in between.
        var noise = string.Concat(Enumerable.Range(0, 9_994).Select(i => $"<86>1 2026-11-22T02:00:00Z vpn01 sshd 900 - - Connection closed {i}\n"));
        var text = noise + Site.Guessing("203.0.113.1", 12);
        string folder;
        await using (var dying = await Site.OpenAsync(keep: true))
        {
            folder = dying.Folder;
            var whole = dying.Write("a.log", text);
            var sha = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(whole)));
            new ImportJournal(Path.Combine(folder, "logs", "imports")).Write(new PendingImport(sha, "a.log", "a.log", [new ImportRange("00000001", 0, 0)]));
            using var stop = new CancellationTokenSource();
            var store = dying.Get<LogService>().Store;
            var running = store.ImportAsync(whole, "a.log", Parse, cancellation: stop.Token);
            while (store.ImportOf(sha) is null && !running.IsCompleted) await Task.Yield();
            await stop.CancelAsync();
            try
            {
                await running;
            }
            catch (OperationCanceledException)
            {
                // Cut off after the first batch; on a fast machine it may have ended, which must do as well.
            }
        }

        await using var next = await Site.OpenAsync(folder);
        await next.ImportAsync(next.Write("b.log", Site.Guessing("203.0.113.2", 12)));
        await next.ImportAsync(next.Write("a.log", text));
        Assert.Equal(["203.0.113.1", "203.0.113.2"], (await next.AlertsAsync()).Where(a => a.RuleId.StartsWith("2222", StringComparison.Ordinal)).Select(a => a.Entity).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Who_may_not_write_logs_imports_nothing()
    {
        await using var site = await Site.OpenAsync();
        var reader = new Actor(Guid.CreateVersion7(), "Ben", null, new HashSet<Guid>(), [new Grant("logs", Right.Read, Scope.All)], "web");
        var refused = await site.Get<LogImport>().ImportAsync(reader, site.Write("a.log", Site.Guessing("203.0.113.1", 3)), "a.log", "", cancellation: TestContext.Current.CancellationToken);
        Assert.Equal("access.denied", refused.Errors[0].Code);
    }

    [Fact]
    public async Task An_excerpt_proves_each_of_its_events()
    {
        await using var site = await Site.OpenAsync();
        await site.ImportAsync(site.Write("a.log", Site.Guessing("203.0.113.1", 15)));
        var alert = (await site.AlertsAsync()).First(a => a.RuleId.StartsWith("2222", StringComparison.Ordinal));
        var attached = await site.Get<LogExcerpt>().AttachAsync(site.Store, Site.Engineer, alert, alert.EventIds.Split('\n'), TestContext.Current.CancellationToken);
        Assert.True(attached.IsOk, string.Join("; ", attached.Errors));
        var hash = attached.Value.Sha256!;
        var path = Directory.EnumerateFiles(Path.Combine(site.Folder, "files"), "*", SearchOption.AllDirectories).Single(f => f.EndsWith(hash, StringComparison.Ordinal) || Path.GetFileName(f).StartsWith(hash, StringComparison.Ordinal) || hash.EndsWith(Path.GetFileName(f), StringComparison.Ordinal));
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        var events = json.RootElement.GetProperty("events").EnumerateArray().ToList();
        Assert.Equal(10, events.Count);
        foreach (var item in events)
        {
            var proof = item.GetProperty("proof");
            var leaf = Merkle.HashLeaf(Convert.FromBase64String(proof.GetProperty("leafBytes").GetString()!));
            Assert.True(Merkle.Verify(leaf, proof.GetProperty("index").GetInt64(), proof.GetProperty("size").GetInt64(), [.. proof.GetProperty("path").EnumerateArray().Select(p => Convert.FromHexString(p.GetString()!))], Convert.FromHexString(proof.GetProperty("root").GetString()!)));
            Assert.True(Guid.TryParse(proof.GetProperty("change").GetString(), out _));
        }

        await site.Get<LedgerSequencer>().FlushAsync(TestContext.Current.CancellationToken);
        var check = await site.Get<LedgerCheck>().RunAsync([], cancellation: TestContext.Current.CancellationToken);
        Assert.Empty(check.Value.Broken);
        Assert.Equal(1, check.Value.Parts["log segments"]);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class ImportTestsOnPostgres : ImportTests, IOnPostgres;
