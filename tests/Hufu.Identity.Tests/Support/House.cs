using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Identity.Tests.Support;

/// <summary>An organisation of its own in a temporary folder, and on PostgreSQL where the test says so.</summary>
internal sealed class House : IAsyncDisposable
{
    public const string AdminPassword = "purple tiger over the bridge";

    private readonly ServiceProvider services;

    private House(ServiceProvider services, string folder, FakeClock clock) => (this.services, Folder, Clock) = (services, folder, clock);

    public string Folder { get; }

    public FakeClock Clock { get; }

    public IServiceProvider Services => services;

    public ActorFactory Actors => services.GetRequiredService<ActorFactory>();

    public PeopleDirectory Directory => services.GetRequiredService<PeopleDirectory>();

    public ApiTokens Tokens => services.GetRequiredService<ApiTokens>();

    public Guid AdminId { get; private set; }

    public Actor Admin { get; private set; } = null!;

    public static async Task<House> EmptyAsync(OidcOptions? oidc = null)
    {
        var folder = Path.Combine(Path.GetTempPath(), "hufu-identity-" + Guid.NewGuid().ToString("N"));
        System.IO.Directory.CreateDirectory(folder);
        var clock = new FakeClock();
        var collection = new ServiceCollection();
        Register(collection, folder, clock, await PostgresServer.ForFolderAsync(folder), oidc);
        var house = new House(collection.BuildServiceProvider(validateScopes: true), folder, clock);
        await using var db = house.Db();
        await PostgresServer.EnsureCreatedAsync(db.Database);
        return house;
    }

    public static void Register(IServiceCollection services, string folder, TimeProvider clock, string? postgres, OidcOptions? oidc = null)
    {
        services.AddLogging();
        services.AddSingleton(clock);
        services.AddSingleton(new RecordTypes([new ThingType()]));
        services.AddRecordStorage<HouseContext>(new StorageOptions { DataFolder = folder, Postgres = postgres });
        services.AddHufuIdentity(new HufuIdentityOptions { KeyFolder = Path.Combine(folder, "keys"), Oidc = oidc });
    }

    /// <summary>With an organisation and its first administrator.</summary>
    public static async Task<House> FoundedAsync(OidcOptions? oidc = null)
    {
        var house = await EmptyAsync(oidc);
        house.AdminId = (await house.InScopeAsync(s => s.GetRequiredService<FirstRun>().SetUpAsync(FirstRunInput()))).Value;
        house.Admin = (await house.Actors.ForAsync(house.AdminId, "web"))!;
        return house;
    }

    public static FirstRunInput FirstRunInput(string account = "wang.admin") =>
        new("星河資訊局", "Galaxy Bureau", true, "A", "zh-TW", account, "王大明", "wang@example.gov.tw", AdminPassword);

    public HufuDbContext Db() => services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContext();

    public async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = services.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    public Task<T> AdminAsync<T>(Func<IdentityAdmin, Task<T>> work) => InScopeAsync(s => work(s.GetRequiredService<IdentityAdmin>()));

    public Task<T> OwnAsync<T>(Func<OwnAccount, Task<T>> work) => InScopeAsync(s => work(s.GetRequiredService<OwnAccount>()));

    public Task<T> UsersAsync<T>(Func<UserManager<Person>, Task<T>> work) => InScopeAsync(s => work(s.GetRequiredService<UserManager<Person>>()));

    public async Task<Guid> AddPersonAsync(string account, string? role = null, Guid? unit = null, string? email = null)
    {
        var id = (await AdminAsync(a => a.CreatePersonAsync(Admin, new PersonInput(account, account + " 先生", email, unit)))).Value;
        if (role is not null) Assert.Empty((await AdminAsync(async a => await a.AssignRoleAsync(Admin, id, await RoleIdAsync(role)))).Errors);
        return id;
    }

    public async Task<Guid> AddRoleAsync(string key, params IReadOnlyList<Grant> grants)
    {
        var made = await AdminAsync(a => a.CreateRoleAsync(Admin, new RoleInput(key, key, key, grants)));
        Assert.Empty(made.Errors);
        return made.Value;
    }

    public async Task<Guid> AddUnitAsync(string name, Guid? parent = null) => (await AdminAsync(a => a.CreateUnitAsync(Admin, new UnitInput(name, null, parent)))).Value;

    public async Task<Guid> RoleIdAsync(string key)
    {
        await using var db = Db();
        return await db.Set<Role>().Where(r => r.Key == key).Select(r => r.Id).SingleAsync();
    }

    public async Task<Actor> ActorAsync(Guid person, string channel = "web") => (await Actors.ForAsync(person, channel))!;

    public async Task<List<Change>> ChangesAsync()
    {
        await using var db = Db();
        return await db.Changes.AsNoTracking().OrderBy(c => c.Id).ToListAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await PostgresServer.ForgetFolderAsync(Folder);
        System.IO.Directory.Delete(Folder, recursive: true);
    }
}

internal sealed class HouseContext(DbContextOptions<HouseContext> options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock)
    : HufuDbContext(options, types, contributions, clock);

internal sealed class Thing : Hufu.Records.Record;

internal sealed class ThingType : RecordType<Thing>
{
    public ThingType()
    {
        Workflow.State("open", "開啟", "Open");
        Sealed();
    }

    public override string Key => "test.thing";

    public override LocalizedText Name => new("物", "Thing");

    public override LocalizedText PluralName => new("物", "Things");

    public override string Route => "things";

    public override string Prefix => "THG";

    public override LocalizedText Purpose => new("測試", "For tests");

    public override IReadOnlyList<string> Tasks => ["T2.1", "T4.2"];
}

/// <summary>Real time plus what a test has added.</summary>
internal sealed class FakeClock : TimeProvider
{
    private TimeSpan ahead;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public void Advance(TimeSpan by) => ahead += by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;

    public override long GetTimestamp() => base.GetTimestamp() + (long)(ahead.TotalSeconds * TimestampFrequency);
}
