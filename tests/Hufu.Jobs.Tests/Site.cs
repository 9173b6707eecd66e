using System.Data.Common;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Record = Hufu.Records.Record;

namespace Hufu.Jobs.Tests;

/// <summary>A whole product in small: a database file, people, one record type. Its clock stands until a test moves it.</summary>
internal sealed class Site : IAsyncDisposable
{
    internal static readonly DateTimeOffset Start = new(2026, 11, 23, 2, 0, 0, TimeSpan.Zero);
    private static readonly RecordTypes Types = new([new PlanType()]);
    private readonly IHost host;
    private readonly bool ownsFolder;

    private Site(IHost host, string folder, bool ownsFolder, People people, ManualClock clock, CommitFault fault)
    {
        this.host = host;
        this.ownsFolder = ownsFolder;
        Folder = folder;
        People = people;
        Clock = clock;
        Fault = fault;
    }

    internal string Folder { get; }

    internal People People { get; }

    internal ManualClock Clock { get; }

    internal CommitFault Fault { get; }

    internal JobService Jobs => Get<JobService>();

    internal static async Task<Site> OpenAsync(Action<IServiceCollection>? add = null, Action<HufuJobsOptions>? set = null, string? folder = null, bool background = false, ManualClock? clock = null)
    {
        var owns = folder is null;
        folder ??= Directory.CreateTempSubdirectory("hufu-jobs-").FullName;
        clock ??= new ManualClock(Start);
        var people = new People();
        var fault = new CommitFault();
        var options = new HufuJobsOptions { RunInBackground = background, TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Taipei"), StepInterval = TimeSpan.FromMilliseconds(50), StopWithin = TimeSpan.FromMilliseconds(500) };
        set?.Invoke(options);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        var services = builder.Services;
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton(Types);
        services.AddSingleton<IDirectory>(people);
        services.AddSingleton<INoticeRecipients>(people);
        services.AddSingleton(fault);
        services.AddRecordStorage<TestDbContext>(new StorageOptions { DataFolder = folder, Postgres = await PostgresServer.ForFolderAsync(folder) });
        services.AddHufuJobs(options);
        services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
        services.AddSingleton<Probe>();
        add?.Invoke(services);
        var host = builder.Build();
        await using (var db = await host.Services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync()) await PostgresServer.EnsureCreatedAsync(db.Database);
        await host.StartAsync();
        if (!background)
        {
            await host.Services.GetRequiredService<ChangeReader>().PlaceAsync(NoticeBuilder.CursorName, default);
            await host.Services.GetRequiredService<ChangeReader>().PlaceAsync(Webhooks.WebhookPump.CursorName, default);
        }

        return new Site(host, folder, owns, people, clock, fault);
    }

    internal T Get<T>() where T : notnull => host.Services.GetRequiredService<T>();

    internal HufuDbContext Db() => Get<IDbContextFactory<HufuDbContext>>().CreateDbContext();

    internal async Task<TValue> WithStoreAsync<TValue>(Func<RecordStore, Task<Result<TValue>>> work)
    {
        await using var scope = host.Services.CreateAsyncScope();
        var result = await work(scope.ServiceProvider.GetRequiredService<RecordStore>());
        Assert.True(result.IsOk, string.Join("; ", result.Errors));
        return result.Value;
    }

    internal Task<Record> CreateAsync(Actor actor, string title, Guid? owner = null, string? secret = null, Guid? batch = null) =>
        WithStoreAsync(store => store.CreateAsync(actor, new Plan { Title = title, OwnerId = owner, Password = secret ?? "" }, batch: batch));

    internal async Task<Record> UpdateAsync(Actor actor, Record record, string field, string? value)
    {
        await using var db = Db();
        var version = (await db.Set<Plan>().AsNoTracking().FirstAsync(p => p.Id == record.Id)).Version;
        return (await WithStoreAsync(store => store.UpdateAsync(actor, Types.Of<Plan>(), record.Id, version, new Dictionary<string, string?> { [field] = value }))).Record;
    }

    internal Task<Record> MoveAsync(Actor actor, Record record, string transition) => WithStoreAsync(store => store.TransitionAsync(actor, Types.Of<Plan>(), record.Id, transition));

    internal async Task<List<Notice>> NoticesAsync(Guid person)
    {
        await using var db = Db();
        return await db.Set<Notice>().AsNoTracking().Where(n => n.PersonId == person).OrderBy(n => n.Id).ToListAsync();
    }

    internal async Task BuildNoticesAsync()
    {
        while (await Get<NoticeBuilder>().StepAsync(default))
        {
        }
    }

    internal async Task<JobRun> WaitAsync(long runId, params string[] states)
    {
        for (var i = 0; i < 400; i++)
        {
            await using var db = Db();
            var run = await db.Set<JobRun>().AsNoTracking().FirstAsync(r => r.Id == runId);
            if (states.Contains(run.State)) return run;
            await Task.Delay(25);
        }

        Assert.Fail($"Run {runId} did not come to be {string.Join(" or ", states)}.");
        return null!;
    }

    internal Task StopAsync() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
        else host.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (!ownsFolder) return;
        await PostgresServer.ForgetFolderAsync(Folder);
        Directory.Delete(Folder, true);
    }
}

internal sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private long offset;

    public override DateTimeOffset GetUtcNow() => start + TimeSpan.FromTicks(Interlocked.Read(ref offset));

    internal void Advance(TimeSpan by) => Interlocked.Add(ref offset, by.Ticks);
}

internal sealed class TestDbContext(DbContextOptions<TestDbContext> options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock, CommitFault fault) : HufuDbContext(options, types, contributions, clock)
{
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
    {
        base.OnConfiguring(optionsBuilder);
        optionsBuilder.AddInterceptors(fault);
    }
}

/// <summary>Lets the process "die" at the moment of a commit.</summary>
internal sealed class CommitFault : DbTransactionInterceptor
{
    internal int FailNext { get; set; }

    public override ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        if (FailNext-- > 0) throw new IOException("The process died here.");
        return ValueTask.FromResult(result);
    }
}

internal sealed class Plan : Record
{
    public string Password { get; set; } = "";

    public string Note { get; set; } = "";
}

internal sealed class PlanType : RecordType<Plan>
{
    public PlanType()
    {
        Text(x => x.Password, "密語", "Secret word").Sensitive();
        Text(x => x.Note, "說明", "Note");
        Workflow.State("draft", "草稿", "Draft").State("submitted", "送審", "Submitted").State("approved", "已核可", "Approved", open: false);
        Workflow.Move("submit", "送審", "Submit", ["draft"], "submitted");
        Workflow.Move("approve", "核可", "Approve", ["submitted"], "approved", Right.Approve).SecondPerson("submit");
        Sealed();
    }

    public override string Key => "test.plan";

    public override LocalizedText Name => new("計畫", "Plan");

    public override LocalizedText PluralName => new("計畫清單", "Plans");

    public override string Route => "plans";

    public override string Prefix => "PLN";

    public override LocalizedText Purpose => new("測試", "For tests");
}

/// <summary>The people of a site. Everybody may read everything unless they are listed as blind.</summary>
internal sealed class People : IDirectory, INoticeRecipients
{
    internal static readonly Actor Ann = Person("Ann");
    internal static readonly Actor Bob = Person("Bob");
    internal static readonly Actor Eve = Person("Eve");
    internal static readonly Actor Carl = Person("Carl");

    internal Dictionary<Guid, NoticeRecipient> Known { get; } = new[] { Ann, Bob, Eve, Carl }.ToDictionary(
        a => a.Id, a => new NoticeRecipient(a.Id, a.Name, $"{a.Name.ToLowerInvariant()}@example.org", "en", true, new Dictionary<string, NoticeDelivery>()));

    internal HashSet<Guid> Blind { get; } = [];

    internal HashSet<Guid> Approvers { get; } = [];

    internal HashSet<Guid> JobAdministrators { get; } = [];

    IReadOnlyList<DirectoryPerson> IDirectory.People => [.. Known.Values.Select(k => new DirectoryPerson(k.Id, k.Name, k.Name, null, true, []))];

    public IReadOnlyList<DirectoryUnit> Units => [];

    DirectoryPerson? IDirectory.Person(Guid id) => ((IDirectory)this).People.FirstOrDefault(p => p.Id == id);

    public DirectoryUnit? Unit(Guid id) => null;

    internal static Actor Person(string name, params IReadOnlyList<Grant> grants) => new(
        Guid.CreateVersion7(), name, null, new HashSet<Guid>(), grants.Count > 0 ? grants : [new Grant("test.plan", Right.Read | Right.Write | Right.Approve, Scope.All)], "web");

    internal void Prefer(Actor person, string kind, NoticeDelivery delivery) =>
        Known[person.Id] = Known[person.Id] with { Preferences = new Dictionary<string, NoticeDelivery>(Known[person.Id].Preferences) { [kind] = delivery } };

    public Task<IReadOnlyList<NoticeRecipient>> FindAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<NoticeRecipient>>([.. ids.Where(Known.ContainsKey).Select(id => Known[id])]);

    public Task<IReadOnlyCollection<Guid>> WhoMayAsync(RecordType type, Record record, Right right, IReadOnlyCollection<Guid>? among, CancellationToken cancellation)
    {
        var able = right is Right.Approve ? Approvers : Known.Keys.Except(Blind);
        return Task.FromResult<IReadOnlyCollection<Guid>>([.. able.Where(id => among is null || among.Contains(id))]);
    }

    public Task<IReadOnlyCollection<Guid>> WithRightAsync(string area, Right right, CancellationToken cancellation) => Task.FromResult<IReadOnlyCollection<Guid>>([.. JobAdministrators]);
}
