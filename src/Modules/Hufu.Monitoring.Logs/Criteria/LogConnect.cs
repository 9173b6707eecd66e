using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Hufu.Kernel;

namespace Hufu.Monitoring.Logs;

/// <summary>Where logs may be sent: a receiver that is on, or the address that takes JSON over HTTP.</summary>
/// <param name="Key">Number of the receiver, or <see cref="LogConnect.Intake"/>.</param>
/// <param name="Name">What people read.</param>
/// <param name="Transport">Key of the transport, or <see cref="LogConnect.Intake"/>.</param>
/// <param name="Host">Name or address to send to.</param>
/// <param name="Port">Its port.</param>
/// <param name="Scheme">Of the intake: <c>http</c> or <c>https</c>.</param>
public sealed record LogTarget(string Key, string Name, string Transport, string Host, int Port, string Scheme = "");

/// <summary>A product, and how it is told to send its logs.</summary>
/// <param name="Id">Stable code.</param>
/// <param name="Name">Name of the product.</param>
/// <param name="Transports">Transports that the template is for; empty for commands that send nothing.</param>
/// <param name="File">Where the text belongs.</param>
/// <param name="Note">What to know.</param>
/// <param name="Kinds">Codes of the kinds that it brings.</param>
/// <param name="Template">The text, with <c>{{host}}</c>, <c>{{port}}</c>, <c>{{scheme}}</c>.</param>
public sealed record LogSnippet(string Id, string Name, IReadOnlyList<string> Transports, string File, LocalizedText Note, IReadOnlyList<string> Kinds, string Template)
{
    /// <summary>The text for a target. A token is never put in.</summary>
    public string For(LogTarget? target)
    {
        if (target is null) return Template;
        var host = IPAddress.TryParse(target.Host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 && Transports.Contains(LogConnect.Intake) ? $"[{target.Host}]" : target.Host;
        return Template.Replace("{{host}}", host, StringComparison.Ordinal).Replace("{{port}}", target.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("{{scheme}}", target.Scheme, StringComparison.Ordinal);
    }
}

/// <summary>The snippets that come with the product: <c>content/logging/connect.json</c>.</summary>
public static class LogConnect
{
    /// <summary>The address that takes JSON over HTTP, as a transport.</summary>
    public const string Intake = "intake";

    private static readonly Lazy<IReadOnlyList<LogSnippet>> Read = new(() =>
    {
        using var json = LogKinds.Open("connect.json");
        return [.. json.RootElement.GetProperty("snippets").EnumerateArray().Select(s => new LogSnippet(
            s.GetProperty("id").GetString()!, s.GetProperty("name").GetString()!, LogKinds.List(s, "transports"), s.GetProperty("file").GetString()!, LogKinds.Both(s, "note_"), LogKinds.List(s, "kinds"),
            string.Join('\n', s.GetProperty("lines").EnumerateArray().Select(l => l.GetString()!))))];
    });

    /// <summary>All snippets, in the order of the list.</summary>
    public static IReadOnlyList<LogSnippet> All => Read.Value;

    /// <summary>
    /// A host as it may stand in a configuration: a name or an address and nothing else; null for anything that could say more than that.
    /// </summary>
    internal static string? HostOf(string text) => text.Length is > 0 and <= 253 && (IPAddress.TryParse(text, out _) || text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-')) ? text : null;

    /// <summary>The receivers that are on and the intake, as the server is known to who asks.</summary>
    /// <param name="receivers">Receivers that are on.</param>
    /// <param name="host">The host of the request.</param>
    /// <param name="port">The port of the request.</param>
    /// <param name="scheme">The scheme of the request.</param>
    internal static IReadOnlyList<LogTarget> Targets(IEnumerable<Receiver> receivers, string host, int port, string scheme)
    {
        var known = HostOf(host) ?? "hufu.example";
        var targets = receivers.Where(r => r.Port is not null).Select(r => new LogTarget(
            r.Number, r.Title, r.Transport, r.Address.Length > 0 && IPAddress.TryParse(r.Address, out var own) && !own.Equals(IPAddress.Any) && !own.Equals(IPAddress.IPv6Any) ? own.ToString() : known, r.Port!.Value));
        return [.. targets, new LogTarget(Intake, Texts.T("logs.connect-intake"), Intake, known, port, scheme)];
    }
}
