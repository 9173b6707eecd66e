using System.Security.Cryptography;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>
/// Keeps accounts for the sign-in machinery. Every save is in somebody's name; what a second factor is made of is stored encrypted, so that
/// the database file alone does not give it away; changes that leave no trace in an audited column are noted beside.
/// </summary>
internal sealed class PersonStore(HufuDbContext db, ActingPerson acting, PeopleDirectory directory, IDataProtectionProvider protection, IdentityErrorDescriber? describer = null)
    : UserOnlyStore<Person, HufuDbContext, Guid, IdentityUserClaim<Guid>, IdentityUserLogin<Guid>, IdentityUserToken<Guid>, IdentityUserPasskey<Guid>>(db, describer)
{
    private readonly IDataProtector protector = protection.CreateProtector("Hufu.Identity.SecondFactor");

    public override async Task<IdentityResult> CreateAsync(Person user, CancellationToken cancellationToken = default)
    {
        Context.ActAs(acting.Actor, acting.Action, acting.Reason);
        var result = await base.CreateAsync(user, cancellationToken);
        directory.Invalidate();
        return result;
    }

    public override async Task<IdentityResult> UpdateAsync(Person user, CancellationToken cancellationToken = default)
    {
        // A failed or a successful sign-in only moves counters: nobody needs to read all people again for it.
        var entry = Context.Entry(user);
        var seen = entry.State is EntityState.Detached || entry.Properties.Any(p => p.Metadata.Name is not (nameof(Person.AccessFailedCount) or nameof(Person.LockoutEnd) or nameof(Person.ConcurrencyStamp)) && !Equals(p.OriginalValue, p.CurrentValue));
        Context.ActAs(acting.Actor, acting.Action, acting.Reason);
        var result = await base.UpdateAsync(user, cancellationToken);
        if (seen) directory.Invalidate();
        return result;
    }

    public override Task<IdentityResult> DeleteAsync(Person user, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("People are deactivated, never deleted: history points at them.");

    public override async Task AddOrUpdatePasskeyAsync(Person user, UserPasskeyInfo passkey, CancellationToken cancellationToken)
    {
        var known = await FindPasskeyAsync(user, passkey.CredentialId, cancellationToken);
        if (known is null) Note(user, "passkey-add", passkey.Name);
        else if (known.Name != passkey.Name) Note(user, "passkey-rename", passkey.Name);
        Context.ActAs(acting.Actor, acting.Action, acting.Reason);
        await base.AddOrUpdatePasskeyAsync(user, passkey, cancellationToken);
    }

    public override async Task RemovePasskeyAsync(Person user, byte[] credentialId, CancellationToken cancellationToken)
    {
        if (await FindPasskeyAsync(user, credentialId, cancellationToken) is { } known) Note(user, "passkey-remove", known.Name);
        Context.ActAs(acting.Actor, acting.Action, acting.Reason);
        await base.RemovePasskeyAsync(user, credentialId, cancellationToken);
    }

    public override async Task AddLoginAsync(Person user, UserLoginInfo login, CancellationToken cancellationToken = default)
    {
        Note(user, "external-sign-in-add", login.LoginProvider);
        await base.AddLoginAsync(user, login, cancellationToken);
    }

    public override async Task SetTokenAsync(Person user, string loginProvider, string name, string? value, CancellationToken cancellationToken)
    {
        Note(user, name switch { "AuthenticatorKey" => "authenticator-key", "RecoveryCodes" => "recovery-codes", _ => "token" }, null);
        await base.SetTokenAsync(user, loginProvider, name, value is null ? null : protector.Protect(value), cancellationToken);
    }

    public override async Task<string?> GetTokenAsync(Person user, string loginProvider, string name, CancellationToken cancellationToken)
    {
        var value = await base.GetTokenAsync(user, loginProvider, name, cancellationToken);
        if (value is null) return null;
        try
        {
            return protector.Unprotect(value);
        }
        catch (CryptographicException)
        {
            // The key folder was lost or is another one: the second factor cannot be checked, so it cannot pass. An administrator resets it.
            return null;
        }
    }

    private void Note(Person user, string action, string? what) => Context.Changes.Add(PersonNotes.Make(Context, acting.Actor, user.Id, action, acting.Reason, what));
}
