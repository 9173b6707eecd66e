using System.CommandLine;
using System.Globalization;
using Hufu.Identity;
using Hufu.Records;

namespace Hufu.Cli;

/// <summary><c>hufu user</c>: people and their ways in, for whoever has the machine: that is how a locked-out administrator gets back.</summary>
internal static class UserVerb
{
    internal static Command Create()
    {
        var verb = new Command("user", "Administer people without signing in: for whoever has the machine and the data folder. Every act is in the change log and the ledger, with the account of the operating system.");
        verb.Subcommands.Add(List());
        verb.Subcommands.Add(Add());
        verb.Subcommands.Add(Act("disable", """
            End a person's access at once: sessions, tokens and links die. The last administrator cannot be disabled.
            Example:
              hufu user disable chenyf --reason "left the office"
            """, async (admin, person, reason, _) => await admin.DeactivatePersonAsync(Actor.System("cli"), person.Id, reason: reason)));
        verb.Subcommands.Add(Act("enable", "Let a disabled person in again; tokens stay revoked.", async (admin, person, reason, _) => await admin.ReactivatePersonAsync(Actor.System("cli"), person.Id, reason)));
        verb.Subcommands.Add(Reset());
        verb.Subcommands.Add(Roles());
        return verb;
    }

    private static Command List()
    {
        var search = new Argument<string>("search") { Description = "Part of an account, name or e-mail address.", DefaultValueFactory = _ => "" };
        var format = SigmaVerb.Format();
        var verb = new Command("list", """
            List people with their roles and whether they can sign in.
            Exit code 0: done; 2: it could not be done.
            """) { search, format };
        verb.SetAction((parse, cancellation) => WithAsync(parse, async (services, admin) =>
        {
            using var rows = new RowWriter(Console.Out, parse.GetValue(format)!, ["account", "name", "active", "password", "twoFactor", "passkeys", "lockedUntil", "roles"]);
            string? after = null;
            do
            {
                var page = await admin.PeopleAsync(Actor.System("cli"), parse.GetValue(search), after, 200, cancellation);
                if (!page.IsOk) return Terminal.Fail(page.Errors);
                foreach (var p in page.Value)
                    rows.Add(p.Account, p.DisplayName, p.Active, p.HasPassword ? p.MustChangePassword ? "temporary" : "own" : "none", p.TwoFactor, p.Passkeys, p.LockedUntil, string.Join(' ', p.Roles.Select(r => r.ValidUntil is { } until ? $"{r.Key}(..{until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)})" : r.Key)));
                after = page.Value.Count == 200 ? page.Value[^1].Account : null;
            }
            while (after is not null);
            return Exit.Ok;
        }));
        return verb;
    }

    private static Command Add()
    {
        var account = new Argument<string>("account") { Description = "What the person signs in with." };
        var name = new Argument<string>("name") { Description = "The name that others see." };
        var mail = new Option<string?>("--email") { Description = "E-mail address." };
        var role = new Option<string[]>("--role") { Description = "Key of a role, such as administrator or security-engineer; may be given several times.", AllowMultipleArgumentsPerToken = true };
        var reason = Reason();
        var verb = new Command("add", """
            Add a person and print a temporary password, with which nothing can be done but choosing an own one.
            Example:
              hufu user add rescue "Rescue account" --role administrator --reason "nobody can sign in"
            Exit code 0: done; 2: nothing was done.
            """) { account, name, mail, role, reason };
        verb.SetAction((parse, cancellation) => WithAsync(parse, async (services, admin) =>
        {
            var because = Terminal.Because("user add", parse.GetValue(reason));
            var roles = await RolesAsync(admin, parse.GetValue(role) ?? []);
            if (roles is null) return Exit.Refused;
            var made = await admin.CreatePersonAsync(Actor.System("cli"), new PersonInput(parse.GetValue(account)!, parse.GetValue(name)!, parse.GetValue(mail)), because, cancellation);
            if (!made.IsOk) return Terminal.Fail(made.Errors);
            foreach (var one in roles)
                if (await admin.AssignRoleAsync(Actor.System("cli"), made.Value, one.Id, reason: because, cancellation: cancellation) is { IsOk: false } failed) return Terminal.Fail(failed.Errors);
            return await PasswordAsync(admin, made.Value, because);
        }));
        return verb;
    }

    private static Command Reset()
    {
        var factor = new Option<bool>("--second-factor") { Description = "Also take away authenticator, recovery codes and passkeys." };
        return Act("reset", """
            Unlock a person and print a temporary password, with which nothing can be done but choosing an own one. Ends all sessions.
            Example, for an administrator who lost everything:
              hufu user reset admin --second-factor --reason "telephone lost"
            """, async (admin, person, reason, parse) =>
        {
            if (parse.GetValue(factor) && await admin.ResetSecondFactorAsync(Actor.System("cli"), person.Id, reason) is { IsOk: false } failed) return failed;
            if (!person.Active) return Kernel.Result.Fail(Kernel.Error.Of("identity.person.inactive", "此帳號已停用；請先執行 hufu user enable。", "This account is disabled; run “hufu user enable” first."));
            return await PasswordAsync(admin, person.Id, reason) == Exit.Ok ? Kernel.Result.Ok : null;
        }, factor);
    }

    private static Command Roles()
    {
        var give = new Option<string[]>("--give") { Description = "Role to give; may be given several times.", AllowMultipleArgumentsPerToken = true };
        var take = new Option<string[]>("--take") { Description = "Role to take away; may be given several times.", AllowMultipleArgumentsPerToken = true };
        return Act("roles", """
            Give roles to a person or take them away. The last administrator stays one.
            Example:
              hufu user roles linhy --give administrator --reason "the administrator is ill"
            """, async (admin, person, reason, parse) =>
        {
            var (given, taken) = (await RolesAsync(admin, parse.GetValue(give) ?? []), await RolesAsync(admin, parse.GetValue(take) ?? []));
            if (given is null || taken is null) return null;
            foreach (var role in given)
                if (await admin.AssignRoleAsync(Actor.System("cli"), person.Id, role.Id, reason: reason) is { IsOk: false } failed) return failed;
            foreach (var role in taken)
                if (await admin.RemoveRoleAsync(Actor.System("cli"), person.Id, role.Id, reason) is { IsOk: false } failed) return failed;
            return Kernel.Result.Ok;
        }, give, take);
    }

    // A null result means that the reason stands on standard error already.
    private static Command Act(string name, string description, Func<IdentityAdmin, PersonLine, string, ParseResult, Task<Kernel.Result?>> act, params IReadOnlyList<Option> options)
    {
        var account = new Argument<string>("account") { Description = "The person's account." };
        var reason = Reason();
        var verb = new Command(name, description.TrimEnd() + "\nExit code 0: done; 2: nothing was done.") { account, reason };
        foreach (var option in options) verb.Options.Add(option);
        verb.SetAction((parse, cancellation) => WithAsync(parse, async (services, admin) =>
        {
            var found = await admin.PeopleAsync(Actor.System("cli"), parse.GetValue(account), null, 200, cancellation);
            if (!found.IsOk) return Terminal.Fail(found.Errors);
            if (found.Value.FirstOrDefault(p => string.Equals(p.Account, parse.GetValue(account), StringComparison.OrdinalIgnoreCase)) is not { } person) return Terminal.Fail($"There is no account {parse.GetValue(account)}. “hufu user list” lists them.");
            var done = await act(admin, person, Terminal.Because("user " + name, parse.GetValue(reason)), parse);
            if (done is null) return Exit.Refused;
            if (!done.IsOk) return Terminal.Fail(done.Errors);
            await Console.Error.WriteLineAsync($"{person.Account}: done.");
            return Exit.Ok;
        }));
        return verb;
    }

    private static Option<string?> Reason() => new("--reason") { Description = "Kept in the change log beside the account of the operating system." };

    private static async Task<IReadOnlyList<Role>?> RolesAsync(IdentityAdmin admin, IReadOnlyList<string> keys)
    {
        var roles = await admin.RolesAsync(Actor.System("cli"));
        if (!roles.IsOk)
        {
            Terminal.Fail(roles.Errors);
            return null;
        }

        if (keys.FirstOrDefault(k => !roles.Value.Any(r => r.Key == k)) is { } unknown)
        {
            Terminal.Fail($"There is no role {unknown}. Roles: {string.Join(", ", roles.Value.Select(r => r.Key))}");
            return null;
        }

        return [.. keys.Select(k => roles.Value.First(r => r.Key == k))];
    }

    private static async Task<int> PasswordAsync(IdentityAdmin admin, Guid id, string reason)
    {
        var password = await admin.IssueTemporaryPasswordAsync(Actor.System("cli"), id, reason);
        if (!password.IsOk) return Terminal.Fail(password.Errors);
        await Console.Error.WriteLineAsync("Temporary password, shown only now:");
        Console.WriteLine(password.Value);
        return Exit.Ok;
    }

    private static async Task<int> WithAsync(ParseResult parse, Func<IServiceProvider, IdentityAdmin, Task<int>> work)
    {
        var services = Host.ForCommand(parse);
        if (services is null) return Exit.Refused;
        await using var all = services;
        await using var scope = services.CreateAsyncScope();
        var code = await work(scope.ServiceProvider, scope.ServiceProvider.GetRequiredService<IdentityAdmin>());
        await Terminal.SequenceAsync(services, CancellationToken.None);
        return code;
    }
}
