using System.Data.Common;
using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Keeps the rules in use as the records have them: own rules, packs, exceptions, and the mappings that events are read with. A change is taken up within seconds; what cannot be read or compiled leaves the
/// rules running that run. Exceptions lapse when their end has come.
/// </summary>
public sealed partial class RuleLibrary(Detection detection, SiteMappings mappings, RulePacks packs, IDbContextFactory<HufuDbContext> factory, IServiceScopeFactory scopes, TimeProvider clock, ILogger<RuleLibrary> logger) : RepeatedWork(clock, Every)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim refreshing = new(1, 1);
    private readonly Dictionary<Guid, RuleSupply> running = [];
    private string? stamp;
    private (string Stamp, DateTimeOffset Until)? failed;

    /// <summary>What kept packs or exceptions from being taken up, in words; empty when all are.</summary>
    public IReadOnlyList<Error> Problems { get; private set; } = [];

    /// <summary>Looks at the records, and puts in what has changed. True when something had.</summary>
    internal async Task<bool> RefreshAsync(CancellationToken cancellation)
    {
        await refreshing.WaitAsync(cancellation);
        try
        {
            await LapseAsync(cancellation);
            await using var db = await factory.CreateDbContextAsync(cancellation);
            var now = await StampAsync(db, cancellation);
            // What could not be put together is not tried again at once: it costs as much each time.
            if (now == stamp || (failed is { } before && before.Stamp == now && Clock.GetUtcNow() < before.Until)) return false;
            var own = await db.Set<OwnRule>().AsNoTracking().Where(r => r.ArchivedAt == null).OrderBy(r => r.Number).ToListAsync(cancellation);
            var allPacks = await db.Set<RulePack>().AsNoTracking().Where(p => p.ArchivedAt == null).OrderBy(p => p.Number).ToListAsync(cancellation);
            var versions = await db.Set<RulePackVersion>().AsNoTracking().Where(v => v.State == RulePackVersionType.Current && v.ArchivedAt == null).OrderBy(v => v.UpdatedAt).ToListAsync(cancellation);
            var exceptions = await db.Set<RuleException>().AsNoTracking().Where(e => e.State == RuleExceptionType.Active && e.ArchivedAt == null).OrderBy(e => e.Number).ToListAsync(cancellation);
            var mapped = await db.Set<LogMapping>().AsNoTracking().Where(m => m.State == LogMappingType.On && m.ArchivedAt == null).OrderBy(m => m.Number).ToListAsync(cancellation);
            try
            {
                // Before the rules: their tests are read with it.
                var unused = Map(mapped);
                await Task.Run(() => Put(own, allPacks, versions, exceptions), cancellation);
                Problems = [.. unused, .. Problems];
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failed = (now, Clock.GetUtcNow() + AgainAfter);
                Problems = [Error.Of("logs.rules.failed", $"規則的變更無法套用，先前的規則繼續使用：{e.Message}", $"Changed rules could not be taken up; those before go on: {e.Message}", "")];
                throw;
            }

            (stamp, failed) = (now, null);
            return true;
        }
        finally
        {
            refreshing.Release();
        }
    }

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Before anything is looked at by fewer rules than there are.
            await RefreshAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            NotTakenUp(logger, e);
        }

        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        refreshing.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override Task WorkAsync(CancellationToken cancellation) => RefreshAsync(cancellation);

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        // The rules that run go on; the next round tries again.
        NotTakenUp(logger, failure);
        return true;
    }

    private static async Task<string> StampAsync(HufuDbContext db, CancellationToken cancellation)
    {
        var parts = new List<string>();
        parts.AddRange((await db.Set<OwnRule>().Where(r => r.ArchivedAt == null).Select(r => new { r.Id, r.Version }).ToListAsync(cancellation)).Select(r => $"{r.Id:N}/{r.Version}"));
        parts.AddRange((await db.Set<RulePack>().Where(r => r.ArchivedAt == null).Select(r => new { r.Id, r.Version }).ToListAsync(cancellation)).Select(r => $"{r.Id:N}/{r.Version}"));
        parts.AddRange((await db.Set<RulePackVersion>().Where(v => v.State == RulePackVersionType.Current && v.ArchivedAt == null).Select(r => new { r.Id, r.Version }).ToListAsync(cancellation)).Select(r => $"{r.Id:N}/{r.Version}"));
        parts.AddRange((await db.Set<RuleException>().Where(e => e.State == RuleExceptionType.Active && e.ArchivedAt == null).Select(r => new { r.Id, r.Version }).ToListAsync(cancellation)).Select(r => $"{r.Id:N}/{r.Version}"));
        parts.AddRange((await db.Set<LogMapping>().Where(m => m.ArchivedAt == null).Select(r => new { r.Id, r.Version }).ToListAsync(cancellation)).Select(r => $"{r.Id:N}/{r.Version}"));
        parts.Sort(StringComparer.Ordinal);
        return string.Join(' ', parts);
    }

    /// <summary>Reads events with the mappings of the records; gives why some are not used.</summary>
    private List<Error> Map(List<LogMapping> records)
    {
        var (used, unused) = (new List<SourceMapping>(), new List<Error>());
        foreach (var record in records)
        {
            var (mapping, error) = LogMappingType.Read(record);
            if (error is null && SourceMappings.Check(mapping) is [var first, ..]) error = first;
            if (error is null && used.Exists(other => other.Name == mapping.Name)) error = Error.Of("logs.mapping.twice", $"「{mapping.Name}」出現兩次。", $"'{mapping.Name}' occurs twice.", record.Number);
            if (error is null && used.Count == SourceMappings.MostMappings) error = Error.Of("logs.mapping.too-many", $"最多 {SourceMappings.MostMappings} 個對應。", $"There are at most {SourceMappings.MostMappings} mappings.", record.Number);
            if (error is null) used.Add(mapping);
            else unused.Add(error with { Place = record.Number });
        }

        mappings.Use(used);
        return unused;
    }

    private void Put(List<OwnRule> own, List<RulePack> allPacks, List<RulePackVersion> versions, List<RuleException> exceptions)
    {
        var problems = new List<Error>();
        var ownRules = new List<RuleSupply>();
        foreach (var record in own)
        {
            var (rules, error) = OwnRuleType.Read(record);
            if (error is not null) problems.Add(error with { Place = record.Number });
            // It was in use when it did as it must: what has changed since is the product.
            else if (record.State == OwnRuleType.On && RuleTests.Run(rules, record.MustMatch, record.MustNotMatch, mappings.Current).Find(t => !t.Passed) is { } failed)
                problems.Add(Error.Of("logs.own-rule.tests-now", $"測試現在未通過：{failed.Why.Zh}", $"A test fails now: {failed.Why.En}", record.Number));
            ownRules.Add(new RuleSupply(RuleOrigin.Own, record.Number, new LocalizedText(record.Title, record.Title), rules, [], Hash(record.Yaml)) { WhyNone = record.State == OwnRuleType.On ? null : new LocalizedText("自訂規則停用中", "The own rule is off") });
        }

        var packRules = new List<RuleSupply>();
        foreach (var pack in allPacks)
        {
            if (versions.FindLast(v => v.PackId == pack.Id) is not { } version)
            {
                running.Remove(pack.Id);
                continue;
            }

            var content = packs.Content(pack.Number, version.Hash);
            if (content.IsOk)
            {
                running[pack.Id] = new RuleSupply(RuleOrigin.Pack, pack.Number, new LocalizedText(pack.Title, pack.Title), content.Value.Rules, content.Value.Refused, version.Hash)
                {
                    Selection = RuleSelection.Read(pack).Selection, WhyNone = pack.State == RulePackType.On ? null : new LocalizedText("規則集停用中", "The pack is off"),
                };
            }
            else
            {
                problems.AddRange(content.Errors.Select(e => e with { Place = $"{pack.Number} {version.Number}" }));
            }

            // One that cannot be read any more goes on as it was.
            if (running.TryGetValue(pack.Id, out var supply)) packRules.Add(supply);
        }

        var filters = new List<SigmaFilterRule>();
        foreach (var record in exceptions)
        {
            var (filter, error) = RuleExceptionType.Read(record);
            if (filter is not null) filters.Add(filter);
            else if (error is not null) problems.Add(error with { Place = record.Number });
        }

        var set = detection.Use(ownRules, packRules, filters);
        Problems = problems;
        TakenUp(logger, set.Rules.Count, set.Exceptions.Count);
    }

    // What was to hold until a day holds no longer; its owner is told, for alerts come again from now on.
    private async Task LapseAsync(CancellationToken cancellation)
    {
        var today = SiteTime.Today(Clock);
        var problems = await Lapsing.EndAsync<RuleException>(factory, scopes, e => e.State == RuleExceptionType.Active && e.ArchivedAt == null && e.EndsOn < today, RuleExceptionType.Lapsed, e => string.Create(CultureInfo.InvariantCulture, $"{e.EndsOn:yyyy-MM-dd}"),
            e => (new LocalizedText($"規則例外已到期：{e.Title}", $"Rule exception lapsed: {e.Title}"), new LocalizedText("符合條件的日誌從現在起會再告警。仍需要時，請重新提出。", "Events that it was for raise alerts again from now on. Propose it again where it is still needed.")), cancellation);
        foreach (var problem in problems) NotLapsed(logger, problem);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    [LoggerMessage(61, LogLevel.Error, "Changed rules could not be taken up; those that run go on, and it is tried again")]
    private static partial void NotTakenUp(ILogger logger, Exception e);

    [LoggerMessage(62, LogLevel.Information, "Rules taken up: {Rules} in use, {Exceptions} exceptions")]
    private static partial void TakenUp(ILogger logger, int rules, int exceptions);

    [LoggerMessage(63, LogLevel.Warning, "A rule exception whose end has come could not be ended: {Why}")]
    private static partial void NotLapsed(ILogger logger, string why);
}

/// <summary>What an exception needs that only today, or the rules that are there, can tell.</summary>
internal sealed class RuleExceptionChecked(Detection detection, TimeProvider clock) : IRecordReaction
{
    public string TypeKey => RuleExceptionType.TypeKey;

    public Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation)
    {
        if (record is not RuleException exception || action is not ("create" or "update" or "import" or "submit" or "approve")) return Task.FromResult(Result.Ok);
        // People leave: who looks after one that is in force may change at any time.
        if (action != "update" || exception.State == "draft")
        {
            if (exception.EndsOn < SiteTime.Today(clock)) return Task.FromResult(Result.Fail(Error.Of("logs.rule-exception.past", "截止日不可早於今天。", "The end must not lie in the past.", "endsOn")));
            var ids = RuleExceptionType.RulesOf(exception).ToHashSet(StringComparer.OrdinalIgnoreCase);
            if (detection.Rules.Known.FirstOrDefault(k => k.Rule is SigmaCorrelationRule && ids.Contains(k.Rule.Key)) is { Rule: SigmaCorrelationRule correlation })
            {
                return Task.FromResult(Result.Fail(Error.Of(
                    "logs.rule-exception.correlation", $"「{correlation.Key}」是關聯規則；請填它所計數的規則：{string.Join("、", correlation.Rules)}", $"“{correlation.Key}” is a correlation; name the rules that it counts: {string.Join(", ", correlation.Rules)}", "rules")));
            }
        }

        return Task.FromResult(Result.Ok);
    }
}
