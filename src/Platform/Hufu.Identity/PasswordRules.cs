using System.Collections.Frozen;
using System.Globalization;
using Hufu.Kernel;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>What a password must be: long, not the account, not a habit. No rules on kinds of characters (NIST SP 800-63B §3.1.1.2).</summary>
public static class PasswordRules
{
    public const int DefaultMinimumLength = 12;

    /// <summary>No setting goes below this.</summary>
    public const int LowestMinimumLength = 8;

    public const int MaximumLength = 128;

    // Among them what Taiwanese keyboards make of common words typed in Zhuyin: ji32k7au4a83 is "my password".
    private static readonly string[] Common =
    [
        "password", "passw0rd", "p@ssw0rd", "p@ssword", "pa$$word", "qwerty", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx", "1qaz2wsx3edc", "1q2w3e4r", "1q2w3e4r5t", "qazwsx", "qazwsxedc", "zaq12wsx", "zaq1xsw2",
        "123456", "1234567", "12345678", "123456789", "1234567890", "0123456789", "987654321", "0987654321", "123123", "123321", "112233", "111111", "000000", "666666", "888888", "147258369", "147852369", "789456123", "159357", "123654", "456789",
        "abc123", "abcd1234", "a123456", "a1234567", "a12345678", "aa123456", "a123456789", "q123456", "1234qwer", "qwer1234", "asdf1234", "zxcv1234", "qwe123", "test1234", "abcdefg", "abcdefgh",
        "admin", "administrator", "root", "toor", "system", "manager", "superuser", "welcome", "letmein", "changeme", "default", "secret", "login", "guest", "user", "master", "iloveyou", "love520", "520520", "5201314", "1314520", "woaini", "sunshine", "princess", "dragon", "monkey", "football", "baseball", "superman", "batman", "michael", "jordan23", "pokemon", "starwars", "trustno1", "whatever", "hello", "freedom", "summer", "winter", "spring", "autumn",
        "taiwan", "taipei", "formosa", "kaohsiung", "taichung", "twpassword", "mima", "wodemima", "tw1234", "hufu",
        "ji32k7au4a83", "au4a83", "ji394su3", "su3cl3", "ji394w96j0", "w96j0", "5j/cj86aup6eji6", "ej03xu3m06", "vu4wj/3", "yvmp4", "j6g4t/6", "d9ap6", "xl3g", "5k4g4", "z83c06", "bp6a83", "2jo4vu;4",
    ];

    private static readonly FrozenSet<string> CommonSet = Common.ToFrozenSet(StringComparer.Ordinal);
    private static readonly string[] LongestFirst = [.. Common.Where(w => w.Length >= 5).OrderByDescending(w => w.Length)];

    /// <summary>What is wrong with a password for this person; empty when it will do.</summary>
    /// <param name="password">The password as typed.</param>
    /// <param name="account">The person's account.</param>
    /// <param name="email">The person's e-mail address, of which the part before the @ counts.</param>
    /// <param name="minimumLength">Least number of characters.</param>
    public static IReadOnlyList<Error> Check(string password, string? account, string? email, int minimumLength = DefaultMinimumLength)
    {
        var errors = new List<Error>();
        var length = new StringInfo(password).LengthInTextElements;
        if (length < minimumLength)
            errors.Add(Error.Of("identity.password.short", $"密碼至少要有 {minimumLength} 個字元，可以用一句話。", $"A password has at least {minimumLength} characters; a sentence will do.", "password"));
        if (password.Length > MaximumLength)
        {
            errors.Add(Error.Of("identity.password.long", $"密碼最多 {MaximumLength} 個字元。", $"A password has at most {MaximumLength} characters.", "password"));
            return errors;
        }

        var lower = password.ToLowerInvariant();
        foreach (var name in (ReadOnlySpan<string?>)[account, email?.Split('@')[0]])
        {
            if (name is not { Length: >= 3 } || !lower.Contains(name.ToLowerInvariant(), StringComparison.Ordinal)) continue;
            errors.Add(Error.Of("identity.password.account", "密碼不可包含帳號。", "A password must not contain the account.", "password"));
            break;
        }

        if (IsCommon(lower))
            errors.Add(Error.Of("identity.password.common", "這個密碼太常見，容易被猜中，請換一個。", "This password is too common and easily guessed; choose another.", "password"));
        return errors;
    }

    /// <summary>The organisation's least length.</summary>
    public static async Task<int> MinimumLengthAsync(HufuDbContext db, CancellationToken cancellation = default)
    {
        var text = await db.Settings.AsNoTracking().Where(s => s.Key == OrganisationKeys.PasswordLength).Select(s => s.Value).FirstOrDefaultAsync(cancellation);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? Math.Clamp(length, LowestMinimumLength, MaximumLength) : DefaultMinimumLength;
    }

    private static bool IsCommon(string lower)
    {
        if (CommonSet.Contains(lower) || lower.Distinct().Count() < 5) return true;

        // A common word with a year and an exclamation mark behind it is still that word.
        var rest = lower;
        foreach (var word in LongestFirst) rest = rest.Replace(word, "", StringComparison.Ordinal);
        return rest.Length < lower.Length && rest.Length < LowestMinimumLength;
    }
}

/// <summary>Applies <see cref="PasswordRules"/> where the sign-in machinery sets a password.</summary>
internal sealed class PasswordRulesValidator(IDbContextFactory<HufuDbContext> factory) : IPasswordValidator<Person>
{
    public async Task<IdentityResult> ValidateAsync(UserManager<Person> manager, Person user, string? password)
    {
        await using var db = await factory.CreateDbContextAsync();
        var errors = PasswordRules.Check(password ?? "", user.UserName, user.Email, await PasswordRules.MinimumLengthAsync(db));
        return errors.Count == 0 ? IdentityResult.Success : IdentityResult.Failed([.. errors.Select(e => new IdentityError { Code = e.Code, Description = e.Message.ToString() })]);
    }
}
