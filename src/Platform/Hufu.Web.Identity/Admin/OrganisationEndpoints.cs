using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity.Admin;

/// <summary>Administration of units and roles.</summary>
internal static class OrganisationEndpoints
{
    private static readonly Error NoUnit = Error.Of("identity.unit.not-found", "找不到這個單位。", "This unit does not exist.");
    private static readonly Error NoRole = Error.Of("identity.role.not-found", "找不到這個角色。", "This role does not exist.");

    internal static void MapOrganisation(this IEndpointRouteBuilder routes)
    {
        MapUnits(routes);
        MapRoles(routes);
    }

    private static void MapUnits(IEndpointRouteBuilder routes)
    {
        var read = routes.MapGroup("/admin/units").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(IdentityModule.Area));
        var change = routes.MapGroup("/admin/units").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(IdentityModule.Area, Right.Administer));
        read.MapGet("", () => Pages.Of<UnitsPage>());
        change.MapGet("/new", (Guid? parent) => Pages.Of<UnitPage>(new { Input = new UnitInput("", null, parent) }));
        change.MapPost("/new", async (HttpContext http, PageContext page, IdentityAdmin admin) =>
        {
            var form = await http.Request.ReadFormAsync();
            var made = await admin.CreateUnitAsync(page.Actor, Unit(form), form.Text("reason"));
            return made.IsOk ? Forms.Back(page, made, "/admin/units", T("web.saved")) : Pages.Of<UnitPage>(new { Input = Unit(form), made.Errors }, 422);
        });
        change.MapGet("/{id:guid}", async (Guid id, HufuDbContext db) => await db.Set<OrganisationUnit>().AsNoTracking().FirstOrDefaultAsync(u => u.Id == id) is { } unit
            ? Pages.Of<UnitPage>(new { Id = (Guid?)id, Input = new UnitInput(unit.Name, unit.NameEn, unit.ParentId, unit.Order) })
            : Forms.Refused([NoUnit]));
        change.MapPost("/{id:guid}", async (Guid id, HttpContext http, PageContext page, IdentityAdmin admin) =>
        {
            var form = await http.Request.ReadFormAsync();
            var done = await admin.UpdateUnitAsync(page.Actor, id, Unit(form), form.Text("reason"));
            return done.IsOk ? Forms.Back(page, done, "/admin/units", T("web.saved")) : Pages.Of<UnitPage>(new { Id = (Guid?)id, Input = Unit(form), done.Errors }, 422);
        });
        change.MapPost("/{id:guid}/delete", async (Guid id, PageContext page, IdentityAdmin admin) =>
        {
            var done = await admin.DeleteUnitAsync(page.Actor, id);
            return Forms.Back(page, done, done.IsOk ? "/admin/units" : $"/admin/units/{id}");
        });
    }

    private static void MapRoles(IEndpointRouteBuilder routes)
    {
        var read = routes.MapGroup("/admin/roles").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(IdentityModule.Area));
        var change = routes.MapGroup("/admin/roles").ExcludeFromDescription().AddEndpointFilter(CoreModule.Requires(IdentityModule.Area, Right.Administer));
        read.MapGet("", async (PageContext page, IdentityAdmin admin) => await admin.RolesAsync(page.Actor) is { IsOk: true } roles ? Pages.Of<RolesPage>(new { Roles = roles.Value }) : Forms.Refused([NoRole]));
        change.MapGet("/new", async (Guid? from, PageContext page, IdentityAdmin admin) =>
            Pages.Of<RolePage>(new { Input = new RoleInput("", "", "", from is { } id && await FindAsync(page, admin, id) is { } like ? like.Grants : []) }));
        change.MapPost("/new", async (HttpContext http, PageContext page, IdentityAdmin admin) =>
        {
            var form = await http.Request.ReadFormAsync();
            var made = await admin.CreateRoleAsync(page.Actor, Role(form), form.Text("reason"));
            return made.IsOk ? Forms.Back(page, made, "/admin/roles", T("web.saved")) : Pages.Of<RolePage>(new { Input = Role(form), made.Errors }, 422);
        });
        read.MapGet("/{id:guid}", async (Guid id, PageContext page, IdentityAdmin admin) => await FindAsync(page, admin, id) is { } role
            ? Pages.Of<RolePage>(new { Id = (Guid?)id, role.BuiltIn, Input = new RoleInput(role.Key, role.NameZh, role.NameEn, role.Grants) })
            : Forms.Refused([NoRole]));
        change.MapPost("/{id:guid}", async (Guid id, HttpContext http, PageContext page, IdentityAdmin admin) =>
        {
            if (await FindAsync(page, admin, id) is not { } role) return Forms.Refused([NoRole]);
            var form = await http.Request.ReadFormAsync();
            var input = role.BuiltIn ? Role(form) with { Key = role.Key, Grants = role.Grants } : Role(form);
            var done = await admin.UpdateRoleAsync(page.Actor, id, input, form.Text("reason"));
            return done.IsOk ? Forms.Back(page, done, "/admin/roles", T("web.saved")) : Pages.Of<RolePage>(new { Id = (Guid?)id, role.BuiltIn, Input = input, done.Errors }, 422);
        });
        change.MapPost("/{id:guid}/delete", async (Guid id, PageContext page, IdentityAdmin admin) =>
        {
            var done = await admin.DeleteRoleAsync(page.Actor, id);
            return Forms.Back(page, done, done.IsOk ? "/admin/roles" : $"/admin/roles/{id}");
        });
    }

    private static async Task<Role?> FindAsync(PageContext page, IdentityAdmin admin, Guid id) => await admin.RolesAsync(page.Actor) is { IsOk: true } roles ? roles.Value.FirstOrDefault(r => r.Id == id) : null;

    private static UnitInput Unit(IFormCollection form) => new(form.Text("name") ?? "", form.Text("nameEn"), form.Id("parentId"), form.Whole("order") ?? 0);

    private static RoleInput Role(IFormCollection form) => new(form.Text("key") ?? "", form.Text("nameZh") ?? "", form.Text("nameEn") ?? "", GrantTargets.Read(form));
}
