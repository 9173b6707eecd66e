using System.CommandLine;
using Hufu.Cli;
using Hufu.Desk;
using Hufu.Identity;
using Hufu.Jobs;
using Hufu.Jobs.Notices;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Hufu.Web;
using Hufu.Web.Identity;
using Microsoft.EntityFrameworkCore;

namespace Hufu;

/// <summary>Puts the parts together, for the server and for the verbs of the command line.</summary>
internal static class Host
{
    /// <summary>Folder of the content that is shipped with the program.</summary>
    internal static string Content => Path.Combine(AppContext.BaseDirectory, "content");

    /// <summary>Everything but the web server: what a verb works with. Null, with the reason on standard error, when there is no data yet.</summary>
    internal static ServiceProvider? ForCommand(ParseResult parse)
    {
        var storage = Storage(parse);
        if (storage.Postgres is null && new FileInfo(storage.SqliteFile) is not { Exists: true, Length: > 0 })
        {
            Console.Error.WriteLine($"There is no Hufu data in {storage.DataFolder} (use --data FOLDER, or start “hufu serve” once).");
            return null;
        }

        var services = new ServiceCollection();
        services.AddLogging(l => l.AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Warning));
        AddAll(services, storage, background: false, parse.GetValue(HufuCommand.Logs), parse.GetValue(HufuCommand.LogsCold));
        var built = services.BuildServiceProvider();
        if (DatabaseUpgrade.Unfit(built, storage) is not { } unfit) return built;
        built.Dispose();
        Console.Error.WriteLine(unfit);
        return null;
    }

    /// <summary>Where the data is, as the command line says.</summary>
    internal static StorageOptions Storage(ParseResult parse) =>
        new() { DataFolder = Path.GetFullPath(parse.GetValue(HufuCommand.Data)!), Postgres = parse.GetValue(HufuCommand.Postgres) };

    /// <summary>Registers every part.</summary>
    internal static ModuleList AddAll(IServiceCollection services, StorageOptions storage, bool background, string? logs = null, string? cold = null)
    {
        var modules = Modules.All(storage.DataFolder);
        // Services stop in the reverse of this order. What the others write while they stop, such as the sealing of the open log segment, is still to be carried.
        if (background) services.AddHostedService(s => s.GetRequiredService<LedgerSequencer>());
        services.AddSingleton(TimeProvider.System);
        services.AddHufuWeb(modules);
        services.AddHufuIdentity(new HufuIdentityOptions { KeyFolder = Path.Combine(storage.DataFolder, "keys"), Oidc = Settings.Oidc() });
        services.AddSingleton(Settings.Evidence());
        services.AddSingleton(Settings.Skew());
        services.AddSingleton(Settings.QueryTime());
        services.AddSingleton(Settings.QueryRoom());
        services.AddSingleton(Settings.ReportFont());
        if (Settings.Logs(logs) is { } searched) services.AddSingleton(searched);
        if (Settings.LogsCold(cold, storage.DataFolder) is { } place) services.AddSingleton(place);
        var jobs = new HufuJobsOptions { TimeZone = Hufu.Web.Records.SiteTime.Zone, RunInBackground = background };
        // The operator says where the product may connect to and under which address people reach it; no page can change that.
        foreach (var allowed in (Environment.GetEnvironmentVariable("HUFU_OUTBOUND_ALLOWED") ?? "").Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries)) jobs.Outbound.Allowed.Add(allowed);
        if (Uri.TryCreate(Environment.GetEnvironmentVariable("HUFU_PUBLIC_URL"), UriKind.Absolute, out var url)) jobs.PublicUrl = url;
        services.AddHufuJobs(jobs);
        services.AddSingleton<INoticeRecipients, NoticeRecipients>();
        services.AddSingleton<IUnreadNotices, UnreadNotices>();
        if (storage.Postgres is null) services.AddRecordStorage<SqliteHufuContext>(storage);
        else services.AddRecordStorage<PostgresHufuContext>(storage);
        return modules;
    }
}

/// <summary>Tells the notices who people are and what they may see.</summary>
internal sealed class NoticeRecipients(IDbContextFactory<HufuDbContext> factory, IDirectory directory, ActorFactory actors) : INoticeRecipients
{
    public async Task<IReadOnlyList<NoticeRecipient>> FindAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var wanted = ids.ToList();
        var people = await db.Set<Person>().AsNoTracking().Where(p => wanted.Contains(p.Id)).ToListAsync(cancellation);
        return [.. people.Select(p => new NoticeRecipient(p.Id, p.DisplayName, p.Email, p.Language, p.Active, NoticePreferences.Read(p.NoticePreferences), p.DigestHour))];
    }

    public async Task<IReadOnlyCollection<Guid>> WhoMayAsync(RecordType type, Record record, Right right, IReadOnlyCollection<Guid>? among, CancellationToken cancellation)
    {
        var found = new List<Guid>();
        foreach (var id in among ?? [.. directory.People.Where(p => p.Active).Select(p => p.Id)])
            if (await actors.ForAsync(id, "job", cancellation) is { } actor && actor.May(type, right, record)) found.Add(id);
        return found;
    }

    public async Task<IReadOnlyCollection<Guid>> WithRightAsync(string area, Right right, CancellationToken cancellation)
    {
        var found = new List<Guid>();
        foreach (var person in directory.People.Where(p => p.Active))
            if (await actors.ForAsync(person.Id, "job", cancellation) is { } actor && actor.May(area, right)) found.Add(person.Id);
        return found;
    }
}

/// <summary>The number on the bell.</summary>
internal sealed class UnreadNotices(NoticeInbox inbox) : IUnreadNotices
{
    public Task<int> CountAsync(Actor actor) => inbox.CountUnreadAsync(actor);
}
