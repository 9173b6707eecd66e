using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using MimeKit;

namespace Hufu.Jobs.Mail;

/// <summary>What a person enters about the mail server.</summary>
/// <param name="Host">Name or address; empty to send no mail.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Security">How the way there is protected.</param>
/// <param name="User">Account on the server; empty for none.</param>
/// <param name="Password">A new password; null or empty keeps the present one. Never read back.</param>
/// <param name="From">Address of the sender.</param>
/// <param name="FromName">Name of the sender.</param>
public sealed record MailForm(string Host, int Port, MailSecurity Security, string User, string? Password, string From, string FromName);

/// <summary>The mail server as it is set: everything but the password.</summary>
/// <param name="Form">The settings, without the password.</param>
/// <param name="HasPassword">A password is kept.</param>
/// <param name="Stored">Somebody has set them here; otherwise they come from the program's configuration.</param>
public sealed record MailView(MailForm Form, bool HasPassword, bool Stored);

/// <summary>
/// The door to the settings of outgoing mail: needs <c>jobs</c> Read to see and Administer to change. What is set here wins over the program's
/// configuration; every process reads it again before it sends. The password is kept protected and never shown, not even in the history.
/// </summary>
public sealed class MailSettings
{
    internal const string Purpose = "Hufu.Jobs.Mail.Password.v1";
    private const string ServerKey = "mail.server";
    private const string PasswordKey = "mail.password";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private readonly IDbContextFactory<HufuDbContext> factory;
    private readonly IDataProtector protector;
    private readonly HufuJobsOptions options;
    private readonly MailSender sender;
    private readonly DenialLog denials;

    internal MailSettings(IDbContextFactory<HufuDbContext> factory, IDataProtectionProvider protection, HufuJobsOptions options, MailSender sender, DenialLog denials)
    {
        this.factory = factory;
        protector = protection.CreateProtector(Purpose);
        this.options = options;
        this.sender = sender;
        this.denials = denials;
    }

    /// <summary>The present settings.</summary>
    public async Task<Result<MailView>> ReadAsync(Actor actor, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Read, "read mail settings") is { } denied) return Result.Fail<MailView>(denied);
        var stored = await LoadAsync(cancellation);
        var mail = options.Mail;
        return Result.Of(new MailView(new MailForm(mail.Host ?? "", mail.Port, mail.Security, mail.User ?? "", null, mail.From, mail.FromName), !string.IsNullOrEmpty(mail.Password), stored));
    }

    /// <summary>Sets them.</summary>
    public async Task<Result> SaveAsync(Actor actor, MailForm form, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, "change mail settings") is { } denied) return Result.Fail(denied);
        form = form with { Host = form.Host.Trim(), User = form.User.Trim(), From = form.From.Trim(), FromName = form.FromName.Trim() };
        if (Faults(form) is { Count: > 0 } errors) return Result.Fail(errors);
        await using (var db = await factory.CreateDbContextAsync(cancellation))
        {
            db.ActAs(actor, "update");
            await SetAsync(db, ServerKey, JsonSerializer.Serialize(form with { Password = null }, Json), cancellation);
            // Without an account there is nothing that a password could belong to.
            if (form.User.Length == 0) await SetAsync(db, PasswordKey, "", cancellation);
            else if (!string.IsNullOrEmpty(form.Password)) await SetAsync(db, PasswordKey, protector.Protect(form.Password), cancellation);
            else if (options.Mail.Password is { Length: > 0 } present && !await db.Settings.AnyAsync(s => s.Key == PasswordKey, cancellation)) await SetAsync(db, PasswordKey, protector.Protect(present), cancellation);
            await db.SaveChangesAsync(cancellation);
        }

        await LoadAsync(cancellation);
        return Result.Ok;
    }

    /// <summary>Sends one message now and says what the server answered.</summary>
    public async Task<Result> TestAsync(Actor actor, string to, CancellationToken cancellation = default)
    {
        if (await DeniedAsync(actor, Right.Administer, "send test mail") is { } denied) return Result.Fail(denied);
        await LoadAsync(cancellation);
        if (!options.Mail.IsConfigured) return Result.Fail(Error.Of("mail.not-configured", "尚未設定郵件伺服器。", "No mail server is set."));
        if (!IsAddress(to)) return Result.Fail(Error.Of("mail.to", "請填收件人的電子郵件位址。", "Give the recipient's mail address.", "to"));
        return await sender.SendNowAsync(to.Trim(), Texts.T("mail.test-subject"), Texts.T("mail.test-text"), cancellation) is { } fault
            ? Result.Fail(Error.Of("mail.test-failed", $"測試郵件未寄出：{fault}", $"The test message was not sent: {fault}"))
            : Result.Ok;
    }

    /// <summary>Takes what is set here over into the running program. False when nothing is set and the configuration stands.</summary>
    internal async Task<bool> LoadAsync(CancellationToken cancellation)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var rows = await db.Settings.AsNoTracking().Where(s => s.Key == ServerKey || s.Key == PasswordKey).ToDictionaryAsync(s => s.Key, s => s.Value, cancellation);
        if (!rows.TryGetValue(ServerKey, out var json) || JsonSerializer.Deserialize<MailForm>(json, Json) is not { } form) return false;
        options.Mail = new MailOptions
        {
            Host = form.Host, Port = form.Port, Security = form.Security, User = form.User, Password = Unprotect(rows.GetValueOrDefault(PasswordKey)), From = form.From, FromName = form.FromName, Timeout = options.Mail.Timeout,
        };
        return true;
    }

    private string? Unprotect(string? kept)
    {
        if (string.IsNullOrEmpty(kept)) return null;
        try
        {
            return protector.Unprotect(kept);
        }
        catch (CryptographicException)
        {
            // The key that protects it is gone: the server will refuse the account, and the queue shows it.
            return null;
        }
    }

    private static async Task SetAsync(HufuDbContext db, string key, string value, CancellationToken cancellation)
    {
        if (await db.Settings.FirstOrDefaultAsync(s => s.Key == key, cancellation) is { } setting) setting.Value = value;
        else db.Settings.Add(new Setting { Key = key, Value = value });
    }

    private static List<Error> Faults(MailForm form)
    {
        var errors = new List<Error>();
        if (form.Host.Length == 0) return errors;
        if (form.Host.Length > 200 || form.Host.Any(c => char.IsWhiteSpace(c) || c is '/' or '@')) errors.Add(Error.Of("mail.host", "請只填主機名稱或位址。", "Give the name or address of the host alone.", "host"));
        if (form.Port is < 1 or > 65535) errors.Add(Error.Of("mail.port", "連接埠為 1 到 65535。", "A port is 1 to 65535.", "port"));
        if (!IsAddress(form.From)) errors.Add(Error.Of("mail.from", "寄件者須為電子郵件位址。", "The sender must be a mail address.", "from"));
        if (form.FromName.Length > 100 || form.User.Length > 200 || form.Password?.Length > 500) errors.Add(Error.Of("mail.too-long", "內容過長。", "This is too long.", "fromName"));
        if (form.Security is MailSecurity.None && form.User.Length > 0 && !(form.Host == "localhost" || (IPAddress.TryParse(form.Host, out var ip) && IPAddress.IsLoopback(ip))))
            errors.Add(Error.Of("mail.in-the-clear", "未加密的連線會洩漏帳號密碼，請選 STARTTLS 或 TLS。", "Account and password would travel in the clear: choose STARTTLS or TLS.", "security"));
        return errors;
    }

    private static bool IsAddress(string text) => text.Length <= 256 && MailboxAddress.TryParse(text, out var address) && address.Address.Contains('@', StringComparison.Ordinal);

    private async Task<Error?> DeniedAsync(Actor actor, Right right, string asked)
    {
        if (actor.IsSystem || actor.May(JobAreas.Jobs, right)) return null;
        await denials.WriteAsync(actor, asked, "access.denied");
        return Error.Of("access.denied", "您沒有管理郵件的權限。", "You do not have the right to manage mail.");
    }
}
