using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Web;

/// <summary>Small addresses that every page uses: language, theme, search and pickers.</summary>
internal static class ShellEndpoints
{
    internal static void MapShell(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/language", (HttpContext http, string? to, string? @return) =>
        {
            http.Response.Cookies.Append("hufu-language", to == "en" ? "en" : "zh-TW", Lasting(http));
            return Results.LocalRedirect(Pages.IsLocal(@return) ? @return! : "/");
        }).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/theme", (HttpContext http, string? @return) =>
        {
            http.Response.Cookies.Append("hufu-theme", http.Request.Cookies["hufu-theme"] == "dark" ? "light" : "dark", Lasting(http));
            return Results.LocalRedirect(Pages.IsLocal(@return) ? @return! : "/");
        }).AllowAnonymous().ExcludeFromDescription();
        // Before signing in too: whoever waits should see what for.
        routes.MapGet("/loading", () => Pages.Of<LoadingLine>(new { Always = true })).AllowAnonymous().ExcludeFromDescription();
        // Where a middleware sends whoever lacks a right.
        routes.MapGet("/denied", (HttpContext http, string? area, string? right) => Refusals.DenyAsync(
            http, Enum.TryParse<Right>(right, ignoreCase: true, out var needed) && needed is Right.Read or Right.Write or Right.Approve or Right.Administer ? needed : Right.Read,
            area is not null && Areas.Contains(area) ? Refusals.NameOf(area) : Kernel.Texts.Both("denied.this-page"), area is not null && Areas.Contains(area) ? area : "page")).ExcludeFromDescription();
        routes.MapGet("/search", async (string? q, PageContext page, GlobalSearch search) => Pages.Of<SearchPage>(new { Query = q ?? "", Hits = await search.FindAsync(page.Actor, q, 20) })).ExcludeFromDescription();
        routes.MapGet("/api/v1/search", async (string? q, PageContext page, GlobalSearch search) =>
            (await search.FindAsync(page.Actor, q, 6)).Select(h => new ApiHit(h.Group, h.Title, h.Subtitle, h.Url))).WithSummary("Search records, pages and actions").WithTags("search");
        routes.MapGet("/api/v1/pick/{type}", async (string type, string? q, PageContext page, GlobalSearch search) => await search.PickAsync(page.Actor, type, q)).ExcludeFromDescription();
    }

    private static readonly string[] Areas = ["admin", "audit-log", "competence", "evidence", "jobs", "ledger", "logs", "standard", "webhooks"];

    private static CookieOptions Lasting(HttpContext http) => new() { MaxAge = TimeSpan.FromDays(400), SameSite = SameSiteMode.Lax, Path = "/", Secure = http.Request.IsHttps };
}

/// <summary>One thing that was found.</summary>
public sealed record SearchHit(string Group, string Title, string? Subtitle, string Url, string Icon);

/// <summary>One thing that was found, as the API gives it.</summary>
public sealed record ApiHit(string Group, string Title, string? Subtitle, string Url);

/// <summary>One thing that a picker offers.</summary>
public sealed record PickHit(string Value, string Label, string? Subtitle);

/// <summary>Finds records, pages and actions by a few letters, as far as the person may see them.</summary>
public sealed class GlobalSearch(RecordStore store, ModuleList modules)
{
    public async Task<IReadOnlyList<SearchHit>> FindAsync(Actor actor, string? text, int perType)
    {
        text = text?.Trim() ?? "";
        var folded = RecordType.Fold(text);
        var hits = new List<SearchHit>();
        foreach (var entry in modules.All.SelectMany(m => m.Navigation).Where(n => n.IsOpenTo(actor)))
            if (text.Length == 0 || RecordType.Fold(entry.Label.Zh + " " + entry.Label.En).Contains(folded, StringComparison.Ordinal))
                hits.Add(new SearchHit(Kernel.Texts.T("search.pages"), entry.Label.ToString(), null, entry.Href, entry.Icon));
        foreach (var type in store.Types.All.Where(t => t.InNavigation && actor.ScopeOf(t, Right.Read) is not null))
        {
            if (text.Length == 0 || RecordType.Fold(type.PluralName.Zh + " " + type.PluralName.En + " " + type.Name.En).Contains(folded, StringComparison.Ordinal))
            {
                hits.Add(new SearchHit(Kernel.Texts.T("search.pages"), type.PluralName.ToString(), null, type.Path, type.Icon));
                if (!type.CreatedByProduct && actor.ScopeOf(type, Right.Write) is not null) hits.Add(new SearchHit(Kernel.Texts.T("search.actions"), Kernel.Texts.T("web.new", type.Name.ToString()), null, type.Path + "/new", "plus"));
            }
        }

        if (text.Length == 0) return hits;
        foreach (var type in store.Types.All.Where(t => actor.ScopeOf(t, Right.Read) is not null))
        {
            if (await store.FirstAsync(actor, type, text, perType) is not { Count: > 0 } found) continue;
            hits.AddRange(found.Select(r => new SearchHit(type.PluralName.ToString(), type.TitleOf(r).ToString(), $"{r.Number} · {type.Workflow.State(r.State).Label}", type.PathOf(r.Number), type.Icon)));
        }

        return hits;
    }

    public async Task<IReadOnlyList<PickHit>> PickAsync(Actor actor, string what, string? text)
    {
        text = text?.Trim() ?? "";
        if (what == "person")
            return [.. store.Directory.People.Where(p => p.Active && Matches(text, p.Name, p.Account)).Take(20).Select(p => new PickHit(p.Id.ToString(), p.Name, p.UnitId is { } u ? store.Directory.Unit(u)?.Name : p.Account))];
        if (what == "unit")
            return [.. store.Directory.Units.Where(u => Matches(text, u.Name)).Take(20).Select(u => new PickHit(u.Id.ToString(), u.Name, u.ParentId is { } p ? store.Directory.Unit(p)?.Name : null))];
        var types = what == "any" ? store.Types.All.Where(t => actor.ScopeOf(t, Right.Read) is not null) : store.Types.Find(what) is { } one && actor.ScopeOf(one, Right.Read) is not null ? [one] : [];
        var picks = new List<PickHit>();
        foreach (var type in types)
            picks.AddRange((await store.FirstAsync(actor, type, text, what == "any" ? 5 : 20)).Select(r => new PickHit(what == "any" ? r.Number : r.Id.ToString(), $"{r.Number} {type.TitleOf(r)}", type.Name.ToString())));
        return picks;
    }

    private static bool Matches(string text, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (name.Contains(text, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }
}
