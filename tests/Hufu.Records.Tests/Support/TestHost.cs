using System.Collections.Concurrent;
using System.Data.Common;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Hufu.Records.Tests.Support;

/// <summary>Which database a class of tests runs on.</summary>
public enum DatabaseKind
{
    Sqlite,
    Postgres,
}

public sealed class TestDbContext(DbContextOptions<TestDbContext> options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock)
    : HufuDbContext(options, types, contributions, clock)
{
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
    {
        base.OnConfiguring(optionsBuilder);
        optionsBuilder.AddInterceptors(CommandLog.Interceptor).EnableSensitiveDataLogging();
    }
}

/// <summary>Counts the SQL commands of the present flow.</summary>
public sealed class CommandLog : DbCommandInterceptor
{
    public static readonly CommandLog Interceptor = new();
    private static readonly AsyncLocal<ConcurrentQueue<string>?> Current = new();

    public static ConcurrentQueue<string> Start() => Current.Value = new ConcurrentQueue<string>();

    public override InterceptionResult<DbDataReader> ReaderExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
    {
        Current.Value?.Enqueue(command.CommandText);
        return result;
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        Current.Value?.Enqueue(command.CommandText);
        return ValueTask.FromResult(result);
    }
}

/// <summary>A clock that stands still until told.</summary>
public sealed class TestClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 2, 8, 30, 15, 123, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

public sealed class TestDirectory : IDirectory
{
    public static readonly Guid Head = Guid.Parse("00000000-0000-7000-8000-0000000000a0");
    public static readonly Guid It = Guid.Parse("00000000-0000-7000-8000-0000000000a1");
    public static readonly Guid Network = Guid.Parse("00000000-0000-7000-8000-0000000000a2");
    public static readonly Guid Sales = Guid.Parse("00000000-0000-7000-8000-0000000000a3");

    public List<DirectoryUnit> AllUnits { get; } = [new(Head, "總部", null), new(It, "資訊處", Head), new(Network, "網路科", It), new(Sales, "業務處", Head)];

    public List<DirectoryPerson> Everybody { get; } = [];

    public IReadOnlyList<DirectoryPerson> People => Everybody;

    public IReadOnlyList<DirectoryUnit> Units => AllUnits;

    public DirectoryPerson? Person(Guid id) => Everybody.Find(p => p.Id == id);

    public DirectoryUnit? Unit(Guid id) => AllUnits.Find(u => u.Id == id);
}

/// <summary>The record storage over one fresh database, as a process would set it up.</summary>
public sealed class TestHost : IAsyncDisposable
{
    // Of its own: tests add fields to the types while others run.
    private readonly RecordTypes types = new([new SampleGroupType(), new SampleItemType(), new ObligationType(), new OccurrenceType()]);
    private readonly ServiceProvider services;
    private readonly List<IServiceScope> scopes = [];
    private readonly string? connectionString;

    private static readonly SemaphoreSlim TemplateGate = new(1);
    private static readonly Dictionary<DatabaseKind, string> Templates = [];
    private static readonly string Made = $"records_{Environment.ProcessId}";

    private TestHost(DatabaseKind kind, Func<TestHost, string?> connection, IEnumerable<IRecordReaction> reactions)
    {
        Kind = kind;
        Folder = Directory.CreateTempSubdirectory("hufu-test-").FullName;
        foreach (var (name, unit) in new[] { ("王小明", TestDirectory.It), ("陳美玲", TestDirectory.It), ("林大同", TestDirectory.Network), ("Grace Hopper", TestDirectory.Sales) })
            Directory_.Everybody.Add(new DirectoryPerson(Guid.CreateVersion7(), name, $"user{Directory_.Everybody.Count}", unit, true, []));
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton(types);
        collection.AddSingleton<IDirectory>(Directory_);
        collection.AddSingleton<TimeProvider>(Clock);
        foreach (var reaction in reactions) collection.AddSingleton(reaction);
        collection.AddRecordStorage<TestDbContext>(new StorageOptions { DataFolder = Folder, Postgres = connectionString = connection(this) });
        services = collection.BuildServiceProvider(validateScopes: true);
    }

    public DatabaseKind Kind { get; }

    public string Folder { get; }

    public TestClock Clock { get; } = new();

    public TestDirectory Directory_ { get; } = new();

    public DirectoryPerson Ming => Directory_.Everybody[0];

    public DirectoryPerson Mei => Directory_.Everybody[1];

    public DirectoryPerson Tung => Directory_.Everybody[2];

    public RecordType Item => types.Get("sample.item");

    public RecordType Group => types.Get("sample.group");

    public RecordType Obligation => types.Get("compliance.obligation");

    public RecordType Occurrence => types.Get("compliance.occurrence");

    /// <summary>A store with a database context of its own, as each request has one.</summary>
    public RecordStore Store => Get<RecordStore>();

    public HufuDbContext Db => Get<HufuDbContext>();

    public FileVault Vault => Get<FileVault>();

    public static async Task<TestHost> StartAsync(DatabaseKind kind, PostgresServer server, params IRecordReaction[] reactions)
    {
        // Creating forty tables takes longer than most tests: the first creates them, the others copy.
        await TemplateGate.WaitAsync();
        try
        {
            if (!Templates.ContainsKey(kind))
            {
                var template = new TestHost(kind, _ => kind is DatabaseKind.Postgres ? server.CreateDatabase(called: Made) : null, []);
                await template.Db.Database.EnsureCreatedAsync();
                await template.CloseAsync();
                Templates[kind] = Path.Combine(template.Folder, "hufu.db");
            }
        }
        finally
        {
            TemplateGate.Release();
        }

        return new TestHost(kind, host =>
        {
            if (kind is DatabaseKind.Postgres) return server.CreateDatabase(Made);
            File.Copy(Templates[kind], Path.Combine(host.Folder, "hufu.db"));
            return null;
        }, reactions);
    }

    public T Get<T>() where T : notnull
    {
        var scope = services.CreateScope();
        scopes.Add(scope);
        return scope.ServiceProvider.GetRequiredService<T>();
    }

    /// <summary>An actor with the rights of a small role.</summary>
    public Actor As(DirectoryPerson person, Right rights = Right.Read | Right.Write | Right.Approve | Right.Administer, Scope scope = Scope.All, string target = "*") =>
        new(person.Id, person.Name, person.UnitId, Directory_.Subtree(person.UnitId), rights == Right.None ? [] : [new Grant(target, rights, scope)], "web");

    /// <summary>Creates an item and expects that it succeeds.</summary>
    public async Task<SampleItem> ItemAsync(Actor actor, params (string Field, string? Text)[] values)
    {
        var all = values.ToDictionary(v => v.Field, v => v.Text);
        all.TryAdd("title", "項目");
        var created = await Store.CreateAsync(actor, Item, all);
        Assert.True(created.IsOk, string.Join("; ", created.Errors));
        return (SampleItem)created.Value;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task CloseAsync()
    {
        foreach (var scope in scopes) await ((IAsyncDisposable)scope).DisposeAsync();
        await services.DisposeAsync();
        if (Kind is DatabaseKind.Postgres) NpgsqlConnection.ClearPool(new NpgsqlConnection(connectionString));
        else SqliteConnection.ClearPool(new SqliteConnection($"Data Source={Path.Combine(Folder, "hufu.db")};Cache=Private;Pooling=True"));
    }
}

/// <summary>One set of tests for both databases.</summary>
public abstract class DatabaseTests(DatabaseKind kind, PostgresServer server) : IAsyncLifetime
{
    private readonly List<TestHost> others = [];

    protected TestHost Host { get; private set; } = null!;

    // For tests that run the same steps on several databases.
    protected void Swap(TestHost host) => Host = host;

    public async ValueTask InitializeAsync() => Host = await TestHost.StartAsync(kind, server);

    public async ValueTask DisposeAsync()
    {
        if (Host is not null) await Host.DisposeAsync();
        foreach (var other in others) await other.DisposeAsync();
    }

    protected async Task<TestHost> AnotherAsync(params IRecordReaction[] reactions)
    {
        var host = await TestHost.StartAsync(kind, server, reactions);
        others.Add(host);
        return host;
    }

    protected static void Refused(Kernel.Result result, string code) => Assert.Contains(code, result.Errors.Select(e => e.Code));

    protected static T Ok<T>(Kernel.Result<T> result)
    {
        Assert.True(result.IsOk, string.Join("; ", result.Errors));
        return result.Value;
    }
}
