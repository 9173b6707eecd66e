using System.Buffers.Text;
using System.Security.Cryptography;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using QRCoder;

namespace Hufu.Identity;

/// <summary>What a person needs to set up an authenticator app.</summary>
/// <param name="Key">The secret in groups of four, for typing.</param>
/// <param name="Uri"><c>otpauth://</c> address.</param>
/// <param name="QrSvg">The address as a picture, without styles or scripts.</param>
public sealed record AuthenticatorSetUp(string Key, string Uri, string QrSvg);

/// <summary>A passkey in its owner's list; its id is the credential id in base64url.</summary>
public sealed record PasskeyLine(string Id, string Name, DateTimeOffset CreatedAt, bool BackedUp);

/// <summary>What a person sets for themselves.</summary>
public sealed record Preferences(string Language, string Theme, int? DigestHour, string? NoticePreferences);

/// <summary>What people do with their own account: password, second factor, passkeys, preferences. Programs with a token may not.</summary>
public sealed partial class OwnAccount(UserManager<Person> users, PersonSignIn signIn, ActingPerson acting, IHttpContextAccessor http, IDbContextFactory<HufuDbContext> factory, ILogger<OwnAccount> logger)
{
    private const int RecoveryCodes = 10;
    private static readonly Error NotYours = Error.Of("access.denied", "請先以本人身分登入網頁。", "Sign in to the site yourself first.");
    private static readonly Error WrongCode = Error.Of("account.code", "驗證碼不正確，或剛剛已經用過；請等下一組。", "The code is wrong or was just used; wait for the next one.", "code");
    private static readonly Error Locked = Error.Of("account.locked", "嘗試太多次，請稍後再試。", "Too many tries; wait a while.");

    // ---- password ------------------------------------------------------------------------------------------------

    /// <summary>Chooses a new password. The present one is asked for, unless somebody else had to let the person in.</summary>
    public async Task<Result> ChangePasswordAsync(Actor actor, string? current, string password)
    {
        if (await BeginAsync(actor, "change-password") is not { } person) return Result.Fail(NotYours);
        if (!person.MustChangePassword && person.PasswordHash is not null)
        {
            if (await users.IsLockedOutAsync(person)) return Result.Fail(Locked);
            if (!await users.CheckPasswordAsync(person, current ?? ""))
            {
                await users.AccessFailedAsync(person);
                return Result.Fail(Error.Of("account.password", "目前的密碼不正確。", "The present password is wrong.", "current"));
            }
        }

        if (person.PasswordHash is not null && password.Length <= PasswordRules.MaximumLength && users.PasswordHasher.VerifyHashedPassword(person, person.PasswordHash, password) != PasswordVerificationResult.Failed)
            return Result.Fail(Error.Of("account.password.same", "新密碼不可與目前的密碼相同。", "The new password must differ from the present one.", "password"));
        await using (var db = await factory.CreateDbContextAsync())
        {
            var errors = PasswordRules.Check(password, person.UserName, person.Email, await PasswordRules.MinimumLengthAsync(db));
            if (errors.Count > 0) return Result.Fail(errors);
        }

        person.PasswordHash = users.PasswordHasher.HashPassword(person, password);
        person.MustChangePassword = false;
        person.AccessFailedCount = 0;
        return await EndAsync(person, await users.UpdateSecurityStampAsync(person));
    }

    // ---- authenticator -------------------------------------------------------------------------------------------

    /// <summary>Makes a new secret for an authenticator app. It counts once a code from it was shown.</summary>
    /// <param name="actor">The person.</param>
    /// <param name="issuer">What the app shows beside the account: the organisation's name.</param>
    public async Task<Result<AuthenticatorSetUp>> StartAuthenticatorAsync(Actor actor, string issuer)
    {
        if (await BeginAsync(actor, "authenticator-start") is not { } person) return Result.Fail<AuthenticatorSetUp>(NotYours);
        if (person.TwoFactorEnabled) return Result.Fail<AuthenticatorSetUp>(Error.Of("account.second-factor.on", "驗證器已啟用，請先停用。", "An authenticator is in use; turn it off first."));
        var ended = await EndAsync(person, await users.ResetAuthenticatorKeyAsync(person));
        if (!ended.IsOk) return Result.Fail<AuthenticatorSetUp>(ended.Errors);
        var key = (await users.GetAuthenticatorKeyAsync(person))!;
        var uri = $"otpauth://totp/{Uri.EscapeDataString(issuer)}:{Uri.EscapeDataString(person.UserName!)}?secret={key}&issuer={Uri.EscapeDataString(issuer)}&digits=6";
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(uri, QRCodeGenerator.ECCLevel.M);
        using var picture = new SvgQRCode(data);
        return Result.Of(new AuthenticatorSetUp(string.Join(' ', key.Chunk(4).Select(c => new string(c))), uri, picture.GetGraphic(4)));
    }

    /// <summary>Turns the second factor on with a first code; gives the recovery codes, each good for one sign-in.</summary>
    public async Task<Result<IReadOnlyList<string>>> ConfirmAuthenticatorAsync(Actor actor, string code)
    {
        if (await BeginAsync(actor, "authenticator-on") is not { } person) return Result.Fail<IReadOnlyList<string>>(NotYours);
        if (await CheckCodeAsync(person, code) is { } wrong) return Result.Fail<IReadOnlyList<string>>(wrong);
        var ended = await EndAsync(person, await users.SetTwoFactorEnabledAsync(person, true));
        return ended.IsOk ? await MakeCodesAsync(person) : Result.Fail<IReadOnlyList<string>>(ended.Errors);
    }

    /// <summary>Makes ten new recovery codes; the old ones die.</summary>
    public async Task<Result<IReadOnlyList<string>>> NewRecoveryCodesAsync(Actor actor, string code)
    {
        if (await BeginAsync(actor, "recovery-codes") is not { TwoFactorEnabled: true } person) return Result.Fail<IReadOnlyList<string>>(NotYours);
        return await CheckCodeAsync(person, code) is { } wrong ? Result.Fail<IReadOnlyList<string>>(wrong) : await MakeCodesAsync(person);
    }

    /// <summary>Turns the second factor off, with one last code.</summary>
    public async Task<Result> TurnOffAuthenticatorAsync(Actor actor, string code)
    {
        if (await BeginAsync(actor, "authenticator-off") is not { TwoFactorEnabled: true } person) return Result.Fail(NotYours);
        if (await CheckCodeAsync(person, code) is { } wrong) return Result.Fail(wrong);
        var off = await EndAsync(person, await users.SetTwoFactorEnabledAsync(person, false));
        return off.IsOk ? await EndAsync(person, await users.ResetAuthenticatorKeyAsync(person)) : off;
    }

    /// <summary>How many recovery codes are left.</summary>
    public async Task<int> RecoveryCodesLeftAsync(Actor actor) => await BeginAsync(actor, "read") is { } person ? await users.CountRecoveryCodesAsync(person) : 0;

    // ---- passkeys ------------------------------------------------------------------------------------------------

    /// <summary>Options for <c>navigator.credentials.create</c>, as JSON; their challenge is kept in a short-lived cookie.</summary>
    public async Task<Result<string>> StartPasskeyAsync(Actor actor)
    {
        if (await BeginAsync(actor, "passkey-add") is not { } person) return Result.Fail<string>(NotYours);
        return Result.Of(await signIn.MakePasskeyCreationOptionsAsync(new PasskeyUserEntity { Id = person.Id.ToString(), Name = person.UserName!, DisplayName = person.DisplayName }));
    }

    /// <summary>Keeps a passkey that the browser made.</summary>
    public async Task<Result> AddPasskeyAsync(Actor actor, string credentialJson, string name)
    {
        if (await BeginAsync(actor, "passkey-add") is not { } person) return Result.Fail(NotYours);
        if (string.IsNullOrWhiteSpace(name) || name.Trim().Length > 100) return Result.Fail(Error.Of("account.passkey.name", "請填名稱，最多 100 個字元。", "Give a name of at most 100 characters.", "name"));
        var attestation = await signIn.PerformPasskeyAttestationAsync(credentialJson);
        if (!attestation.Succeeded || attestation.UserEntity.Id != person.Id.ToString())
        {
            PasskeyRefused(logger, person.Id, attestation.Failure?.Message ?? "made for another person");
            return Result.Fail(Error.Of("account.passkey", "通行金鑰驗證失敗，請重試。", "The passkey could not be verified; try again."));
        }

        attestation.Passkey.Name = name.Trim();
        return await EndAsync(person, await users.AddOrUpdatePasskeyAsync(person, attestation.Passkey));
    }

    /// <summary>The person's passkeys.</summary>
    public async Task<IReadOnlyList<PasskeyLine>> PasskeysAsync(Actor actor) =>
        await BeginAsync(actor, "read") is { } person
            ? [.. (await users.GetPasskeysAsync(person)).Select(p => new PasskeyLine(Base64Url.EncodeToString(p.CredentialId), p.Name ?? "", p.CreatedAt, p.IsBackedUp))]
            : [];

    /// <summary>Removes a passkey.</summary>
    public async Task<Result> RemovePasskeyAsync(Actor actor, string id)
    {
        if (await BeginAsync(actor, "passkey-remove") is not { } person) return Result.Fail(NotYours);
        var known = (await users.GetPasskeysAsync(person)).FirstOrDefault(p => Base64Url.EncodeToString(p.CredentialId) == id);
        if (known is null) return Result.Fail(Error.Of("account.passkey.not-found", "找不到這個通行金鑰。", "This passkey does not exist."));
        return await EndAsync(person, await users.RemovePasskeyAsync(person, known.CredentialId));
    }

    // ---- preferences ---------------------------------------------------------------------------------------------

    /// <summary>What the person has set.</summary>
    public async Task<Preferences?> PreferencesAsync(Actor actor) =>
        await BeginAsync(actor, "read") is { } person ? new Preferences(person.Language, person.Theme, person.DigestHour, person.NoticePreferences) : null;

    /// <summary>Sets language, theme and notices.</summary>
    public async Task<Result> SetPreferencesAsync(Actor actor, Preferences preferences)
    {
        if (await BeginAsync(actor, "preferences") is not { } person) return Result.Fail(NotYours);
        if (preferences.Language is not ("zh-TW" or "en") || preferences.Theme is not ("system" or "light" or "dark") || preferences.DigestHour is < 0 or > 23 || preferences.NoticePreferences is { Length: > 4000 })
            return Result.Fail(Error.Of("account.preferences", "設定值不正確。", "These settings do not exist."));
        person.Language = preferences.Language;
        person.Theme = preferences.Theme;
        person.DigestHour = preferences.DigestHour;
        person.NoticePreferences = preferences.NoticePreferences;
        return await EndAsync(person, await users.UpdateAsync(person));
    }

    /// <summary>Makes a new secret for the person's calendar address; the old address dies.</summary>
    public async Task<Result<string>> NewCalendarSecretAsync(Actor actor)
    {
        if (await BeginAsync(actor, "calendar-address") is not { } person) return Result.Fail<string>(NotYours);
        var secret = RandomNumberGenerator.GetBytes(32);
        person.CalendarKeyHash = Hashing.Sha256Hex(secret);
        var ended = await EndAsync(person, await users.UpdateAsync(person));
        return ended.IsOk ? Result.Of(Base64Url.EncodeToString(secret)) : Result.Fail<string>(ended.Errors);
    }

    /// <summary>Whose calendar address this secret belongs to; null when nobody's.</summary>
    public async Task<Guid?> FindByCalendarSecretAsync(string secret, CancellationToken cancellation = default)
    {
        if (secret.Length != 43 || !Base64Url.IsValid(secret, out var length) || length != 32) return null;
        var hash = Hashing.Sha256Hex(Base64Url.DecodeFromChars(secret));
        await using var db = await factory.CreateDbContextAsync(cancellation);
        return await db.Set<Person>().Where(p => p.CalendarKeyHash == hash && p.Active).Select(p => (Guid?)p.Id).FirstOrDefaultAsync(cancellation);
    }

    internal static Error ToError(IdentityError error) => Error.Of("identity." + error.Code, error.Description, error.Description);

    [LoggerMessage(200, LogLevel.Warning, "A passkey for {PersonId} was refused: {Reason}")]
    private static partial void PasskeyRefused(ILogger logger, Guid personId, string reason);

    private async Task<Person?> BeginAsync(Actor actor, string action)
    {
        if (actor.IsSystem || actor.Channel != "web") return null;
        acting.Is(actor, action);
        return await users.FindByIdAsync(actor.Id.ToString()) is { Active: true } person ? person : null;
    }

    /// <summary>A change of credentials ends all sessions of the person; this one goes on.</summary>
    private async Task<Result> EndAsync(Person person, IdentityResult result)
    {
        if (!result.Succeeded) return Result.Fail([.. result.Errors.Select(ToError)]);
        if (http.HttpContext is { } context && signIn.IsSignedIn(context.User)) await signIn.RefreshSignInAsync(person);
        return Result.Ok;
    }

    private async Task<Error?> CheckCodeAsync(Person person, string code)
    {
        if (await users.IsLockedOutAsync(person)) return Locked;
        if (await users.VerifyTwoFactorTokenAsync(person, users.Options.Tokens.AuthenticatorTokenProvider, code.Replace(" ", "", StringComparison.Ordinal))) return null;
        await users.AccessFailedAsync(person);
        return WrongCode;
    }

    private async Task<Result<IReadOnlyList<string>>> MakeCodesAsync(Person person) =>
        Result.Of<IReadOnlyList<string>>([.. await users.GenerateNewTwoFactorRecoveryCodesAsync(person, RecoveryCodes) ?? []]);
}
