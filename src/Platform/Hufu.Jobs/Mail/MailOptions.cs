using System.Net;
using MimeKit;

namespace Hufu.Jobs.Mail;

/// <summary>How the way to the mail server is protected.</summary>
public enum MailSecurity
{
    /// <summary>TLS is agreed on after connecting; without it nothing is sent.</summary>
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Tls,

    /// <summary>No protection: for a relay on the same machine or a protected network. Never with a password, except to this machine.</summary>
    None,
}

/// <summary>Where mail goes out. User and password come from configuration or environment and are kept nowhere else.</summary>
public sealed class MailOptions
{
    /// <summary>Name or address of the SMTP server; null or empty to send no mail.</summary>
    public string? Host { get; set; }

    public int Port { get; set; } = 587;

    public MailSecurity Security { get; set; }

    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>Address of the sender.</summary>
    public string From { get; set; } = "";

    /// <summary>Name of the sender.</summary>
    public string FromName { get; set; } = "Hufu 虎符";

    /// <summary>Longest wait for each answer of the server.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>True when there is a server to send to.</summary>
    public bool IsConfigured => !string.IsNullOrWhiteSpace(Host);

    internal IEnumerable<string> Faults()
    {
        if (!IsConfigured) yield break;
        if (Port is < 1 or > 65535) yield return "Mail.Port must be between 1 and 65535.";
        if (!MailboxAddress.TryParse(From, out var from) || !from.Address.Contains('@', StringComparison.Ordinal)) yield return "Mail.From must be a mail address.";
        if (Security is MailSecurity.None && !string.IsNullOrEmpty(User) && !(Host == "localhost" || (IPAddress.TryParse(Host, out var ip) && IPAddress.IsLoopback(ip))))
            yield return "Mail.User and Mail.Password would be sent in the clear: set Mail.Security to StartTls or Tls.";
        if (Timeout < TimeSpan.FromSeconds(1) || Timeout > TimeSpan.FromMinutes(10)) yield return "Mail.Timeout must be between 1 second and 10 minutes.";
    }
}
