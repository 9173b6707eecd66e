using System.Globalization;
using Hufu.Records;
using Hufu.Web.Components;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;

namespace Hufu.Web;

/// <summary>Finds out who sends a request. The identity part of the product answers.</summary>
public interface ICurrentActor
{
    /// <summary>The person behind the request, with all rights; null when nobody is signed in.</summary>
    Task<Actor?> GetAsync(HttpContext http);
}

/// <summary>What the frame of a page shows about the person, beside the name.</summary>
public interface IShellFacts
{
    /// <summary>Notices not read yet.</summary>
    Task<int> UnreadNoticesAsync(Actor actor);

    /// <summary>Name of the organisation.</summary>
    Task<string?> OrganisationAsync();

    /// <summary>Who can give rights: name and mail address.</summary>
    Task<IReadOnlyList<(string Name, string? Email)>> AdministratorsAsync();
}

/// <summary>What a page needs to know about its request.</summary>
public sealed class PageContext(IHttpContextAccessor accessor, IAntiforgery antiforgery, ModuleList modules, IShellFacts facts)
{
    public HttpContext Http => accessor.HttpContext ?? throw new InvalidOperationException("There is no request.");

    /// <summary>Who asked. Pages exist only for people who are signed in; the endpoint filter has seen to it.</summary>
    public Actor Actor => (Actor?)Http.Items[ActorKey] ?? throw new InvalidOperationException("Nobody is signed in.");

    /// <summary>Who asked, or null.</summary>
    public Actor? ActorOrNull => Http.Items[ActorKey] as Actor;

    internal const string ActorKey = "hufu.actor";

    /// <summary>Path and query of the request, for coming back to it.</summary>
    public string Here => Http.Request.PathBase + Http.Request.Path + Http.Request.QueryString;

    public string Language => CultureInfo.CurrentUICulture.Name.StartsWith("en", StringComparison.Ordinal) ? "en" : "zh-TW";

    public string? Theme => Http.Request.Cookies["hufu-theme"] is "light" or "dark" ? Http.Request.Cookies["hufu-theme"] : null;

    public string? Density => Http.Request.Cookies["hufu-density"] is "compact" or "comfortable" ? Http.Request.Cookies["hufu-density"] : null;

    /// <summary>The token that every posted form carries.</summary>
    public FormToken Token
    {
        get
        {
            var tokens = antiforgery.GetAndStoreTokens(Http);
            return new FormToken(tokens.FormFieldName, tokens.RequestToken!);
        }
    }

    /// <summary>The left navigation as far as this person may go.</summary>
    public IReadOnlyList<NavGroup> Navigation()
    {
        var actor = Actor;
        var path = Http.Request.Path.Value ?? "/";
        var groups = new List<NavGroup>();
        foreach (var module in modules.All)
        {
            var items = module.Navigation.Where(n => n.IsOpenTo(actor)).Select(n => new NavItem(n.Label.ToString(), n.Href, n.Icon, Current: IsAt(path, n.Href)))
                .Concat(module.RecordTypes.Where(t => t.InNavigation && actor.ScopeOf(t, Right.Read) is not null).Select(t => new NavItem(t.PluralName.ToString(), t.Path, t.Icon, Current: IsAt(path, t.Path))))
                .ToList();
            if (items.Count == 0) continue;
            var label = module.Duty is null && module.Key == "home" ? null : module.Title.ToString();
            // Several modules may serve one duty, or one place such as the administration: people see one group.
            var same = groups.FindIndex(g => module.Duty is null ? g.Code is null && g.Label == label : g.Code == module.Duty);
            if (same < 0) groups.Add(new NavGroup(label, items, Code: module.Duty));
            else groups[same] = groups[same] with { Items = [.. groups[same].Items, .. items] };
        }

        return [.. groups.Select(group => Divided(group, modules.All.Where(m => m.Duty is not null && m.Duty == group.Code).SelectMany(m => m.Sections), path))];
    }

    // The entries under their headings, as far as this person has any; the heading of the page stands open.
    private static NavGroup Divided(NavGroup group, IEnumerable<NavigationSection> sections, string path)
    {
        var left = group.Items.ToList();
        var (first, under) = (new List<NavItem>(), new List<NavGroup>());
        foreach (var section in sections)
        {
            List<NavItem> items = [.. section.Paths.Select(p => left.Find(item => item.Href == p)).OfType<NavItem>()];
            left.RemoveAll(items.Contains);
            if (section.Label is not { } label) first.AddRange(items);
            else if (items.Count > 0) under.Add(new NavGroup(label.ToString(), items, Open: section.Paths.Any(p => IsAt(path, p))));
        }

        return under.Count == 0 ? group : group with { Items = [.. first, .. left], Groups = under };
    }

    public Task<int> UnreadNoticesAsync() => facts.UnreadNoticesAsync(Actor);

    public Task<string?> OrganisationAsync() => facts.OrganisationAsync();

    /// <summary>Who can give rights.</summary>
    public Task<IReadOnlyList<(string Name, string? Email)>> AdministratorsAsync() => facts.AdministratorsAsync();

    /// <summary>Leaves a message for the next page that this person sees.</summary>
    public void Flash(string message, bool bad = false) => Http.Response.Cookies.Append("hufu-flash", (bad ? "!" : "+") + Uri.EscapeDataString(message.Length > 900 ? message[..900] : message), new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/", MaxAge = TimeSpan.FromMinutes(1), Secure = Http.Request.IsHttps });

    /// <summary>Takes the message that was left for this page.</summary>
    public (string Text, bool Bad)? TakeFlash()
    {
        if (Http.Request.Cookies["hufu-flash"] is not { Length: > 1 } value) return null;
        if (!Http.Response.HasStarted) Http.Response.Cookies.Delete("hufu-flash");
        return (Uri.UnescapeDataString(value[1..]), value[0] == '!');
    }

    private static bool IsAt(string path, string href) => href == "/" ? path == "/" : path == href || path.StartsWith(href + "/", StringComparison.Ordinal);
}
