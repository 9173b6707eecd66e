using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace Hufu.Records.Bench;

/// <summary>A person at a browser. What is timed comes compressed, as browsers ask for it, and is not unpacked.</summary>
internal sealed partial class Visitor : IDisposable
{
    private readonly HttpClient browser;
    private readonly HttpClient wire;
    private string token = "";

    internal Visitor(Uri address)
    {
        var cookies = new CookieContainer();
        browser = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies, AutomaticDecompression = DecompressionMethods.All, AllowAutoRedirect = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
        wire = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies, AllowAutoRedirect = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
        wire.DefaultRequestHeaders.Add("Accept-Encoding", "gzip, deflate, br");
    }

    internal async Task SignInAsync(string account, string password)
    {
        await PageAsync("/sign-in");
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["account"] = account, ["password"] = password });
        var (status, _, to) = await PostAsync("/sign-in", form);
        if (status != 302 || to != "/") throw new InvalidOperationException($"{account} cannot sign in: {status} {to}");
        await PageAsync("/account");
    }

    /// <summary>Reads a page and keeps its form token.</summary>
    internal async Task<string> PageAsync(string path)
    {
        using var answer = await browser.GetAsync(new Uri(path, UriKind.Relative));
        var body = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode is not HttpStatusCode.OK) throw new InvalidOperationException($"{path}: {(int)answer.StatusCode} {body}");
        if (FormToken().Match(body) is { Success: true } match) token = match.Groups[1].Value;
        return body;
    }

    internal async Task<(int Status, string Body, string? To)> PostAsync(string path, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = content };
        request.Headers.Add("RequestVerificationToken", token);
        using var answer = await browser.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString);
    }

    /// <summary>Reads an answer to its last byte.</summary>
    internal async Task<(TimeSpan Time, long Bytes)> TimeAsync(string path)
    {
        var clock = Stopwatch.StartNew();
        using var answer = await wire.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[64 * 1024];
        long bytes = 0;
        int read;
        while ((read = await body.ReadAsync(buffer)) > 0) bytes += read;
        var time = clock.Elapsed;
        if (answer.StatusCode is not HttpStatusCode.OK) throw new InvalidOperationException($"{path}: {(int)answer.StatusCode}");
        return (time, bytes);
    }

    /// <summary>The page and everything that it names, as many bytes as they have on the wire with an empty cache.</summary>
    internal async Task<(int Requests, long Bytes)> WeighAsync(string path)
    {
        var page = await PageAsync(path);
        var (_, bytes) = await TimeAsync(path);
        var parts = Resource().Matches(page).Select(m => WebUtility.HtmlDecode(m.Groups[1].Value)).Where(u => u.StartsWith('/') || !u.Contains(':', StringComparison.Ordinal)).Distinct().ToList();
        foreach (var part in parts.ToList())
        {
            if (!part.EndsWith(".css", StringComparison.Ordinal)) continue;
            var style = await PageAsync(part.StartsWith('/') ? part : "/" + part);
            parts.AddRange(StyleUrl().Matches(style).Select(m => new Uri(new Uri(new Uri("http://x/"), part), m.Groups[1].Value).AbsolutePath).Where(u => !parts.Contains(u)).Distinct());
        }

        foreach (var part in parts) bytes += (await TimeAsync(part.StartsWith('/') ? part : "/" + part)).Bytes;
        return (parts.Count + 1, bytes);
    }

    public void Dispose()
    {
        browser.Dispose();
        wire.Dispose();
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex FormToken();

    [GeneratedRegex("<(?:script|img|link)[^>]*? (?:src|href)=\"([^\"#]+)[\"#]", RegexOptions.NonBacktracking)]
    private static partial Regex Resource();

    [GeneratedRegex(@"url\([""']?([^""')]+?\.(?:woff2|svg|png|css))", RegexOptions.NonBacktracking)]
    private static partial Regex StyleUrl();
}
