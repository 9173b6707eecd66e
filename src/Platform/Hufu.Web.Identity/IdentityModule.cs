using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Identity.Account;
using Hufu.Web.Identity.Admin;
using Hufu.Web.Identity.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hufu.Web.Identity;

/// <summary>Counts a person's unread notices for the head of each page. Optional: without it the bell shows none.</summary>
public interface IUnreadNotices
{
    Task<int> CountAsync(Actor actor);
}

/// <summary>The pages of sign-in, first run, own account and administration.</summary>
public sealed class IdentityModule : HufuModule
{
    internal const string Area = "admin";

    public override string Key => "admin";

    public override LocalizedText Title => new("系統管理", "Administration");

    public override IReadOnlyList<NavigationEntry> Navigation =>
    [
        new(new LocalizedText("人員", "People"), "/admin/people", "users", Area),
        new(new LocalizedText("單位", "Units"), "/admin/units", "building", Area),
        new(new LocalizedText("角色與權限", "Roles and rights"), "/admin/roles", "shield", Area),
        new(new LocalizedText("拒絕紀錄", "Denials"), "/admin/denials", "lock", Area),
        new(new LocalizedText("自訂欄位", "Custom fields"), "/admin/custom-fields", "columns", Area),
        new(new LocalizedText("組織設定", "Organisation"), "/admin/settings", "settings", Area),
    ];

    public override void AddServices(IServiceCollection services)
    {
        Texts.Load(typeof(IdentityModule).Assembly);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<FirstRunState>();
        services.AddSingleton<SetupCode>();
        services.AddSingleton<OrganisationCache>();
        services.AddSingleton<CustomFieldLoader>();
        services.AddSingleton<ICurrentActor, CurrentActor>();
        services.AddScoped<IShellFacts, ShellFacts>();
        services.AddScoped<GrantTargets>();
        services.AddScoped<OwnAffairs>();
    }

    public override void MapEndpoints(IEndpointRouteBuilder routes)
    {
        routes.MapSetup();
        routes.MapSignIn();
        routes.MapAccount();
        routes.MapPeople();
        routes.MapPeopleImport();
        routes.MapOrganisation();
        routes.MapSettings();
    }
}

/// <summary>Who sends a request, by cookie or token.</summary>
internal sealed class CurrentActor(ActorFactory actors) : ICurrentActor
{
    public Task<Actor?> GetAsync(HttpContext http) => actors.FromAsync(http.User, http.RequestAborted);
}

/// <summary>What the frame of a page shows.</summary>
internal sealed class ShellFacts(OrganisationCache organisation, IEnumerable<IUnreadNotices> notices, IDbContextFactory<HufuDbContext> factory) : IShellFacts
{
    public async Task<int> UnreadNoticesAsync(Actor actor)
    {
        var count = 0;
        foreach (var source in notices) count += await source.CountAsync(actor);
        return count;
    }

    public async Task<string?> OrganisationAsync() => await organisation.GetAsync() is { } found
        ? new LocalizedText(found.Name, found.NameEn ?? found.Name).ToString()
        : null;

    public async Task<IReadOnlyList<(string Name, string? Email)>> AdministratorsAsync()
    {
        await using var db = await factory.CreateDbContextAsync();
        var roles = (await db.Set<Role>().AsNoTracking().ToListAsync()).Where(r => r.Grants.Any(g => g.Target is "*" or IdentityModule.Area && g.Rights.HasFlag(Right.Administer))).Select(r => r.Id).ToList();
        var people = await db.Set<Person>().AsNoTracking().Where(p => p.Active && db.Set<PersonRole>().Any(r => r.PersonId == p.Id && roles.Contains(r.RoleId))).OrderBy(p => p.DisplayName).Take(5).Select(p => new { p.DisplayName, p.Email }).ToListAsync();
        return [.. people.Select(p => (p.DisplayName, p.Email))];
    }
}
