using Hufu.Compliance;
using Hufu.Incidents;
using Hufu.Incidents.Contracts;
using Hufu.Isms;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Monitoring;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk;
using Hufu.Testing;
using Hufu.Web;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Modules.Tests;

public sealed class TestDbContext(DbContextOptions<TestDbContext> options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock) : HufuDbContext(options, types, contributions, clock);

internal sealed class Clock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 23, 2, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

/// <summary>Keeps what people were told. Everybody may see everything.</summary>
public sealed class ToldPeople : INotices, INoticeRecipients
{
    public List<(IReadOnlyCollection<Guid> People, string Kind, LocalizedText Title, string? Url, bool InTransaction)> Notices { get; } = [];

    public Task<int> SendAsync(IReadOnlyCollection<Guid> people, string kind, LocalizedText title, LocalizedText? text = null, string? url = null, NoticeAbout? about = null, HufuDbContext? within = null, CancellationToken cancellation = default)
    {
        Notices.Add((people, kind, title, url, within?.Database.CurrentTransaction is not null));
        return Task.FromResult(people.Count);
    }

    public Task<IReadOnlyList<NoticeRecipient>> FindAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<NoticeRecipient>>([]);

    public Task<IReadOnlyCollection<Guid>> WhoMayAsync(RecordType type, Record record, Right right, IReadOnlyCollection<Guid>? among, CancellationToken cancellation) => Task.FromResult(among ?? []);

    public Task<IReadOnlyCollection<Guid>> WithRightAsync(string area, Right right, CancellationToken cancellation) => Task.FromResult<IReadOnlyCollection<Guid>>([]);
}

internal sealed class SmallDirectory : IDirectory
{
    internal static readonly Guid Engineer = Guid.CreateVersion7();

    public IReadOnlyList<DirectoryPerson> People { get; } = [new DirectoryPerson(Engineer, "Eva", "eva", null, true, ["security-engineer"])];

    public IReadOnlyList<DirectoryUnit> Units => [];

    public DirectoryPerson? Person(Guid id) => null;

    public DirectoryUnit? Unit(Guid id) => null;
}

/// <summary>All modules over a database of their own in a temporary folder.</summary>
public sealed class Bench : IAsyncDisposable
{
    /// <summary>The content that is shipped with the product.</summary>
    internal static string Content { get; } = Find();

    private static readonly HufuModule[] Modules = [new IsmsModule(), new RiskModule(), new MonitoringModule(), new IncidentsModule(), new ComplianceModule(Content)];
    private readonly string folder;
    private readonly ServiceProvider services;
    private readonly AsyncServiceScope scope;

    private Bench(string folder, string? postgres, Action<IServiceCollection>? more)
    {
        this.folder = folder;
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton(new RecordTypes(Modules.SelectMany(m => m.RecordTypes)));
        collection.AddSingleton<TimeProvider>(Clock);
        collection.AddSingleton<IDirectory>(new SmallDirectory());
        foreach (var module in Modules)
        {
            module.AddServices(collection);
            foreach (var tables in module.Tables) collection.AddSingleton(tables);
        }

        collection.AddRecordStorage<TestDbContext>(new StorageOptions { DataFolder = folder, Postgres = postgres });
        // All have the same tables: on PostgreSQL they are made once and copied.
        collection.AddSingleton<IModelContribution, Hufu.Jobs.JobsModel>();
        collection.AddSingleton(Told);
        collection.AddSingleton<INotices>(Told);
        collection.AddSingleton<INoticeRecipients>(Told);
        more?.Invoke(collection);
        services = collection.BuildServiceProvider();
        scope = services.CreateAsyncScope();
    }

    internal Clock Clock { get; } = new();

    internal ToldPeople Told { get; } = new();

    internal RecordStore Store => scope.ServiceProvider.GetRequiredService<RecordStore>();

    internal T Get<T>() where T : notnull => scope.ServiceProvider.GetRequiredService<T>();

    internal Actor Anna { get; } = Person("Anna", new Grant("*", Right.Read | Right.Write | Right.Approve, Scope.All));

    internal Actor Ben { get; } = Person("Ben", new Grant("*", Right.Read | Right.Write | Right.Approve, Scope.All));

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Hufu.slnx"))) return Path.Combine(at.FullName, "content");
        throw new InvalidOperationException("The repository's root was not found.");
    }

    internal static Actor Person(string name, params Grant[] grants) => new(Guid.CreateVersion7(), name, null, new HashSet<Guid>(), grants, "web");

    internal static async Task<Bench> OpenAsync(Action<IServiceCollection>? more = null)
    {
        var folder = Directory.CreateTempSubdirectory("hufu-modules-").FullName;
        var bench = new Bench(folder, await PostgresServer.ForFolderAsync(folder), more);
        await PostgresServer.EnsureCreatedAsync(bench.Store.Db.Database);
        return bench;
    }

    internal async Task<T> CreateAsync<T>(params (string Key, string? Value)[] values) where T : Record
    {
        var made = await Store.CreateAsync(Anna, Store.Types.Of<T>(), values.ToDictionary(v => v.Key, v => v.Value));
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        return (T)made.Value;
    }

    internal async Task<T> ReadAsync<T>(Guid id) where T : Record
    {
        var found = await Store.FindAsync<T>(Anna, id);
        Assert.True(found.IsOk, string.Join("; ", found.Errors));
        return found.Value;
    }

    internal async Task EditAsync(Record record, params (string Key, string? Value)[] values)
    {
        var type = Store.Types.Of(record);
        var now = (await Store.FindAsync(Anna, type, record.Id)).Value;
        var saved = await Store.UpdateAsync(Anna, type, record.Id, now.Version, values.ToDictionary(v => v.Key, v => v.Value));
        Assert.True(saved.IsOk, string.Join("; ", saved.Errors));
    }

    /// <summary>Moves a record on; gives the code of the refusal, or null.</summary>
    internal async Task<string?> MoveAsync(Actor actor, Record record, string transition, string? reason = null)
    {
        var moved = await Store.TransitionAsync(actor, Store.Types.Of(record), record.Id, transition, reason);
        return moved.IsOk ? null : moved.Errors[0].Code;
    }

    internal async Task AttachAsync(Record record)
    {
        var attached = await Store.AttachAsync(Anna, record, new Evidence { Title = "照片", Kind = "file" });
        Assert.True(attached.IsOk, string.Join("; ", attached.Errors));
    }

    public async ValueTask DisposeAsync()
    {
        await scope.DisposeAsync();
        await services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await PostgresServer.ForgetFolderAsync(folder);
        Directory.Delete(folder, recursive: true);
    }
}
