using System.Globalization;
using Hufu.Incidents;
using Hufu.Jobs;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Monitoring.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk;
using Hufu.Testing;
using Hufu.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs.Tests;

public sealed class TestDbContext(DbContextOptions<TestDbContext> options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock) : HufuDbContext(options, types, contributions, clock);

internal sealed class Clock : TimeProvider
{
    /// <summary>How far a test has moved it.</summary>
    internal TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 11, 24, 2, 0, 0, TimeSpan.Zero) + Ahead;
}

internal sealed class NoDirectory : IDirectory
{
    public IReadOnlyList<DirectoryPerson> People => [];

    public IReadOnlyList<DirectoryUnit> Units => [];

    public DirectoryPerson? Person(Guid id) => null;

    public DirectoryUnit? Unit(Guid id) => null;
}

/// <summary>What is owed, without the module that plans it.</summary>
internal sealed class Duties : HufuModule
{
    public override string Key => "compliance";

    public override Hufu.Kernel.LocalizedText Title => new("法規遵循", "Compliance");

    public override IReadOnlyList<RecordType> RecordTypes { get; } = [new Hufu.Records.Obligations.OccurrenceType(), new Hufu.Records.Obligations.ObligationType()];
}

/// <summary>The log module over a data folder of its own. Opened again on the same folder, it is the next start of the product.</summary>
internal sealed class Site : IAsyncDisposable
{
    private const string Rules = """
        title: Failed password
        id: 11111111-1111-4111-8111-111111111111
        logsource: { product: linux, service: sshd }
        detection:
          failed: { message|contains: 'Failed password' }
          condition: failed
        level: low
        ---
        title: Guessing
        id: 22222222-2222-4222-8222-222222222222
        correlation:
          type: event_count
          rules: [ 11111111-1111-4111-8111-111111111111 ]
          group-by: [ src_ip ]
          timespan: 5m
          condition: { gte: 10 }
        level: high
        """;

    private readonly ServiceProvider services;
    private readonly AsyncServiceScope scope;
    private readonly bool keep;

    private Site(string folder, string? postgres, bool keep, Hufu.Logs.ColdTarget? cold, LiveDetectionOptions? live)
    {
        (Folder, this.keep) = (folder, keep);
        HufuModule[] modules = [new RiskModule(), new LogsModule(), new MonitoringModule(), new IncidentsModule(), new Duties()];
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton(new RecordTypes(modules.SelectMany(m => m.RecordTypes)));
        collection.AddSingleton<TimeProvider>(Clock);
        collection.AddSingleton<IDirectory>(new NoDirectory());
        collection.AddSingleton<Microsoft.AspNetCore.DataProtection.IDataProtectionProvider>(new Microsoft.AspNetCore.DataProtection.EphemeralDataProtectionProvider());
        if (cold is not null) collection.AddSingleton(cold);
        if (live is not null) collection.AddSingleton(live);
        // What the operator opens.
        collection.AddSingleton(new Hufu.Logs.Tail.TailFolders([Path.Combine(folder, "open")]));
        collection.AddSingleton(new Hufu.Time.NtpQuery { Samples = 1, Timeout = TimeSpan.FromMilliseconds(400) });
        // The queue, and nobody who works on it.
        collection.AddHufuJobs(new Hufu.Jobs.HufuJobsOptions { RunInBackground = false });
        collection.AddSingleton<INoticeRecipients>(new Everybody());
        foreach (var table in modules.SelectMany(m => m.Tables)) collection.AddSingleton(table);
        foreach (var module in modules) module.AddServices(collection);
        collection.AddRecordStorage<TestDbContext>(new StorageOptions { DataFolder = folder, Postgres = postgres });
        services = collection.BuildServiceProvider();
        scope = services.CreateAsyncScope();
    }

    internal string Folder { get; }

    internal Clock Clock { get; } = new();

    internal RecordStore Store => Get<RecordStore>();

    internal static Actor Engineer { get; } = new(Guid.CreateVersion7(), "Anna", null, new HashSet<Guid>(), [new Grant("*", Right.Read | Right.Write | Right.Approve, Scope.All)], "web");

    internal T Get<T>() where T : notnull => scope.ServiceProvider.GetRequiredService<T>();

    internal static async Task<Site> OpenAsync(string? folder = null, bool keep = false, Hufu.Logs.ColdTarget? cold = null, LiveDetectionOptions? live = null)
    {
        var fresh = folder is null;
        folder ??= Directory.CreateTempSubdirectory("hufu-logs-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "rules"));
        await File.WriteAllTextAsync(Path.Combine(folder, "rules", "test.yml"), Rules);
        var site = new Site(folder, await PostgresServer.ForFolderAsync(folder), keep, cold, live);
        if (fresh) await PostgresServer.EnsureCreatedAsync(site.Store.Db.Database);
        return site;
    }

    internal string Write(string name, string text)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, "in")).FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    internal async Task<LogImportOutcome> ImportAsync(string path, string source = "")
    {
        var done = await Get<LogImport>().ImportAsync(Engineer, path, Path.GetFileName(path), source);
        Assert.True(done.IsOk, string.Join("; ", done.Errors));
        Assert.Empty(done.Value.Alerts.Errors);
        return done.Value;
    }

    internal Task<List<Alert>> AlertsAsync() => Store.Db.Set<Alert>().AsNoTracking().OrderBy(a => a.RuleId).ThenBy(a => a.Entity).ThenBy(a => a.FirstSeen).ToListAsync();

    /// <summary>The alerts as far as they must not depend on how the import went.</summary>
    internal async Task<IReadOnlyList<string>> SummaryAsync() =>
        [.. (await AlertsAsync()).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.RuleId} {a.Entity} {a.FirstSeen:O} {a.LastSeen:O} {a.EventCount} {a.EventIds.Replace('\n', ' ')}"))];

    internal static string Guessing(string address, int count, string day = "2026-11-22") =>
        string.Concat(Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"<86>1 {day}T02:{10 + i / 60:D2}:{i % 60:D2}Z vpn01 sshd 900 - - Failed password for root from {address} port {40000 + i} ssh2\n")));

    public async ValueTask DisposeAsync()
    {
        await scope.DisposeAsync();
        await services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (keep) return;
        await PostgresServer.ForgetFolderAsync(Folder);
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>Everybody is there, may see everything and gets notices in the product.</summary>
internal sealed class Everybody : INoticeRecipients
{
    public Task<IReadOnlyList<NoticeRecipient>> FindAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<NoticeRecipient>>([.. ids.Select(id => new NoticeRecipient(id, id.ToString(), null, "en", true, new Dictionary<string, NoticeDelivery>()))]);

    public Task<IReadOnlyCollection<Guid>> WhoMayAsync(RecordType type, Record record, Right right, IReadOnlyCollection<Guid>? among, CancellationToken cancellation) => Task.FromResult(among ?? []);

    public Task<IReadOnlyCollection<Guid>> WithRightAsync(string area, Right right, CancellationToken cancellation) => Task.FromResult<IReadOnlyCollection<Guid>>([]);
}
