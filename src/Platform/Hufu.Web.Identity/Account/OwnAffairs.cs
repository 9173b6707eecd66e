using System.Buffers.Text;
using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Microsoft.AspNetCore.Identity;

namespace Hufu.Web.Identity.Account;

/// <summary>Acts on one's own account that need no more than the account itself.</summary>
internal sealed class OwnAffairs(UserManager<Person> users, PersonSignIn signIn, ActingPerson acting)
{
    public static readonly Error Differ = Error.Of("account.password.differ", "兩次輸入的密碼不同。", "The two passwords differ.", "again");
    private static readonly Error NoPasskey = Error.Of("account.passkey.not-found", "找不到這個通行金鑰。", "This passkey does not exist.");

    /// <summary>The account behind a person who has come by the site itself; null for a program.</summary>
    public async Task<Person?> FindAsync(Actor actor) => actor is { IsSystem: false, Channel: "web" } ? await users.FindByIdAsync(actor.Id.ToString()) : null;

    /// <summary>Gives a passkey another name.</summary>
    public async Task<Result> RenamePasskeyAsync(Actor actor, string id, string name)
    {
        if (name.Length is 0 or > 100) return Result.Fail(Error.Of("account.passkey.name", "請填名稱，最多 100 個字元。", "Give a name of at most 100 characters.", "name"));
        if (await FindAsync(actor) is not { } person) return Result.Fail(NoPasskey);
        acting.Is(actor, "passkey-rename");
        if ((await users.GetPasskeysAsync(person)).FirstOrDefault(p => Base64Url.EncodeToString(p.CredentialId) == id) is not { } passkey) return Result.Fail(NoPasskey);
        passkey.Name = name;
        return Of(await users.AddOrUpdatePasskeyAsync(person, passkey));
    }

    /// <summary>Ends every session of the person, this one too.</summary>
    public async Task<Result> SignOutEverywhereAsync(Actor actor)
    {
        if (await FindAsync(actor) is not { } person) return Result.Fail(Error.Of("access.denied", "請先以本人身分登入網頁。", "Sign in to the site yourself first."));
        acting.Is(actor, "sign-out-everywhere");
        var ended = Of(await users.UpdateSecurityStampAsync(person));
        if (ended.IsOk) await signIn.SignOutAsync();
        return ended;
    }

    private static Result Of(IdentityResult result) => result.Succeeded ? Result.Ok : Result.Fail([.. result.Errors.Select(e => Error.Of("identity." + e.Code, e.Description, e.Description))]);
}
