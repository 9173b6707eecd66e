using System.Collections.Concurrent;
using System.Security.Claims;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hufu.Identity;

/// <summary>
/// Signs people in by password, second factor, passkey, one-time link or the organisation's own sign-in. An inactive person is refused
/// whichever way they come, and refusals of known people are kept in the denial log.
/// </summary>
public sealed class PersonSignIn(
    UserManager<Person> users, IHttpContextAccessor http, IUserClaimsPrincipalFactory<Person> claims, IOptions<IdentityOptions> options, ILogger<SignInManager<Person>> logger,
    IAuthenticationSchemeProvider schemes, IUserConfirmation<Person> confirmation, DenialLog denials, HufuDbContext db, HufuIdentityOptions settings, ActingPerson acting)
    : SignInManager<Person>(users, http, claims, options, logger, schemes, confirmation)
{
    internal const string LinkPurpose = "sign-in-link";

    // Compared against when the account is unknown, so that the answer takes as long as for a known one.
    private static readonly Lazy<(Person Nobody, string Hash)> Decoy = new(() =>
    {
        var nobody = new Person();
        return (nobody, new PasswordHasher<Person>().HashPassword(nobody, Guid.NewGuid().ToString()));
    });

    /// <inheritdoc />
    public override async Task<bool> CanSignInAsync(Person user)
    {
        if (user.Active) return await base.CanSignInAsync(user);
        await RefusedAsync(user, "sign-in.inactive");
        return false;
    }

    /// <inheritdoc />
    public override async Task<SignInResult> PasswordSignInAsync(string userName, string password, bool isPersistent, bool lockoutOnFailure)
    {
        var person = password.Length > PasswordRules.MaximumLength ? null : await UserManager.FindByNameAsync(userName);
        if (person?.PasswordHash is null)
        {
            UserManager.PasswordHasher.VerifyHashedPassword(Decoy.Value.Nobody, Decoy.Value.Hash, password.Length > PasswordRules.MaximumLength ? "" : password);
            // Without the account's name: people type passwords into that box.
            await denials.WriteAsync(new Actor(Guid.Empty, "", null, new HashSet<Guid>(), [], "web"), "sign-in", "sign-in.unknown");
            return SignInResult.Failed;
        }

        var result = await PasswordSignInAsync(person, password, isPersistent, lockoutOnFailure);
        if (!result.Succeeded && !result.RequiresTwoFactor && !result.IsNotAllowed) await RefusedAsync(person, result.IsLockedOut ? "sign-in.locked" : "sign-in.password");
        return result;
    }

    /// <inheritdoc />
    public override Task<SignInResult> TwoFactorAuthenticatorSignInAsync(string code, bool isPersistent, bool rememberClient) =>
        SecondFactorAsync(() => base.TwoFactorAuthenticatorSignInAsync(code, isPersistent, rememberClient), "sign-in.code");

    /// <inheritdoc />
    public override Task<SignInResult> TwoFactorRecoveryCodeSignInAsync(string recoveryCode) =>
        SecondFactorAsync(() => base.TwoFactorRecoveryCodeSignInAsync(recoveryCode), "sign-in.recovery-code");

    // Somebody who has the password and guesses the code is worse than somebody who guesses passwords.
    private async Task<SignInResult> SecondFactorAsync(Func<Task<SignInResult>> check, string code)
    {
        var person = await GetTwoFactorAuthenticationUserAsync();
        var result = await check();
        if (!result.Succeeded && person is not null) await RefusedAsync(person, result.IsLockedOut ? "sign-in.locked" : code);
        return result;
    }

    /// <summary>Notes a passkey that did not hold; whose it claimed to be is not known.</summary>
    public Task PasskeyRefusedAsync() => denials.WriteAsync(new Actor(Guid.Empty, "", null, new HashSet<Guid>(), [], "web"), "sign-in", "sign-in.passkey");

    /// <summary>Signs in by a one-time link. The link dies with its use; the person must choose a password next; a second factor is still asked for.</summary>
    public async Task<SignInResult> LinkSignInAsync(Guid personId, string token)
    {
        var person = await UserManager.FindByIdAsync(personId.ToString());
        if (person is null || !await CanSignInAsync(person)) return SignInResult.Failed;
        if (!await UserManager.VerifyUserTokenAsync(person, TokenOptions.DefaultProvider, LinkPurpose, token))
        {
            await RefusedAsync(person, "sign-in.link");
            return SignInResult.Failed;
        }

        acting.Is(Actor.System("web"), "sign-in-link");
        person.MustChangePassword = true;
        var used = await UserManager.UpdateSecurityStampAsync(person);
        return used.Succeeded ? await SignInOrTwoFactorAsync(person, isPersistent: false) : SignInResult.Failed;
    }

    /// <summary>
    /// Finishes a sign-in at the organisation's own provider: a person known by an earlier sign-in, else the one active person with that
    /// verified e-mail address, else, where so configured, a new person without any role.
    /// </summary>
    public async Task<Result<Person>> ExternalSignInAsync()
    {
        if (settings.Oidc is not { } oidc || await GetExternalLoginInfoAsync() is not { } info)
            return Result.Fail<Person>(Error.Of("sign-in.external.none", "沒有收到單一登入的結果，請重新登入。", "No answer from the organisation's sign-in; please sign in again."));
        var found = await FindExternalAsync(info, oidc);
        if (!found.IsOk) return found;
        var result = await ExternalLoginSignInAsync(info.LoginProvider, info.ProviderKey, isPersistent: false, bypassTwoFactor: true);
        await Context.SignOutAsync(IdentityConstants.ExternalScheme);
        return result.Succeeded
            ? found
            : Result.Fail<Person>(Error.Of("sign-in.external.refused", "此帳號已停用或鎖定，請洽系統管理者。", "This account is inactive or locked; ask an administrator."));
    }

    internal async Task<Result<Person>> FindExternalAsync(ExternalLoginInfo info, OidcOptions oidc)
    {
        if (await UserManager.FindByLoginAsync(info.LoginProvider, info.ProviderKey) is { } known) return Result.Of(known);
        var email = info.Principal.FindFirstValue("email") ?? info.Principal.FindFirstValue(ClaimTypes.Email);
        var verified = oidc.TrustEmail || string.Equals(info.Principal.FindFirstValue("email_verified"), "true", StringComparison.OrdinalIgnoreCase);
        if (email is not { Length: > 3 and <= 256 } || !verified)
            return Result.Fail<Person>(Error.Of("sign-in.external.email", "單一登入沒有提供已驗證的電子郵件。", "The organisation's sign-in gave no verified e-mail address."));
        var normal = UserManager.NormalizeEmail(email);
        var matches = await db.Set<Person>().Where(p => p.NormalizedEmail == normal).Take(2).ToListAsync();
        if (matches.Count == 2) return Result.Fail<Person>(Error.Of("sign-in.external.ambiguous", "有多個帳號使用這個電子郵件，請洽系統管理者。", "Several accounts use this e-mail address; ask an administrator."));
        var person = matches.Count == 1 ? matches[0] : null;
        if (person is { Active: false })
        {
            await RefusedAsync(person, "sign-in.inactive");
            return Result.Fail<Person>(Error.Of("sign-in.external.refused", "此帳號已停用或鎖定，請洽系統管理者。", "This account is inactive or locked; ask an administrator."));
        }

        acting.Is(Actor.System("web"), "external-sign-in");
        if (person is null)
        {
            if (!oidc.AutoProvision) return Result.Fail<Person>(Error.Of("sign-in.external.unknown", "沒有這個人員的帳號，請洽系統管理者。", "There is no account for this person; ask an administrator."));
            person = new Person { UserName = email, Email = email, EmailConfirmed = true, DisplayName = (info.Principal.FindFirstValue("name") ?? info.Principal.FindFirstValue(ClaimTypes.Name)) is { Length: > 0 and <= 100 } name ? name : email };
            var created = await UserManager.CreateAsync(person);
            if (!created.Succeeded) return Result.Fail<Person>([.. created.Errors.Select(OwnAccount.ToError)]);
        }

        var added = await UserManager.AddLoginAsync(person, new UserLoginInfo(info.LoginProvider, info.ProviderKey, info.ProviderDisplayName));
        return added.Succeeded ? Result.Of(person) : Result.Fail<Person>([.. added.Errors.Select(OwnAccount.ToError)]);
    }

    private Task RefusedAsync(Person person, string code) =>
        denials.WriteAsync(new Actor(person.Id, person.DisplayName, person.UnitId, new HashSet<Guid>(), [], "web"), "sign-in", code);
}

/// <summary>Puts into the cookie what pages need at once: the name to show and whether a password must be chosen first.</summary>
internal sealed class PersonClaims(UserManager<Person> users, IOptions<IdentityOptions> options) : UserClaimsPrincipalFactory<Person>(users, options)
{
    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(Person user)
    {
        var identity = await base.GenerateClaimsAsync(user);
        identity.AddClaim(new Claim("name", user.DisplayName));
        identity.AddClaim(new Claim("locale", user.Language));
        if (user.MustChangePassword) identity.AddClaim(new Claim(ActorFactory.MustChangePasswordClaim, "true"));
        return identity;
    }
}

/// <summary>One-time codes of an authenticator app, each accepted once (RFC 6238 §5.2).</summary>
internal sealed class OneTimeCodes(UsedCodes used) : AuthenticatorTokenProvider<Person>
{
    public override async Task<bool> ValidateAsync(string purpose, string token, UserManager<Person> manager, Person user) =>
        await base.ValidateAsync(purpose, token, manager, user) && used.Take(user.Id, token);
}

/// <summary>Codes that were accepted in the last minutes, while they could be replayed.</summary>
internal sealed class UsedCodes(TimeProvider clock)
{
    // The authenticator accepts two steps of 30 s on either side of now.
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<(Guid Person, string Code), long> taken = new();

    public bool Take(Guid person, string code)
    {
        foreach (var (key, at) in taken)
            if (clock.GetElapsedTime(at) > Window) taken.TryRemove(key, out _);
        return taken.TryAdd((person, code), clock.GetTimestamp());
    }
}
