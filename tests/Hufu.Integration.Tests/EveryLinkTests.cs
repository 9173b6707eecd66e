using System.Net;
using Hufu.Integration.Tests.Access;
using System.Text.RegularExpressions;

namespace Hufu.Integration.Tests;

/// <summary>Follows the links of the pages as a reader would: none leads nowhere.</summary>
[Collection(nameof(Alone))]
public sealed partial class EveryLinkTests(WholeSite site) : WholeSiteTests(site)
{
    // Of pages that differ in a number only, a few stand for all.
    private const int PerKind = 2;

    [Theory]
    [InlineData("linhy")]
    [InlineData("admin")]
    public async Task Every_link_leads_somewhere(string account)
    {
        var client = Site.As(account);
        var waiting = new Queue<(string Path, string From)>([("/", "")]);
        var (seen, kinds, broken) = (new HashSet<string>(["/"]), new Dictionary<string, int>(), new List<string>());
        while (waiting.TryDequeue(out var next))
        {
            var answer = await client.GetAsync(next.Path);
            if (answer.Status is not (200 or 302)) broken.Add($"{next.From} → {next.Path}: {answer.Status}");
            if (answer.ContentHeaders.ContentType?.MediaType != "text/html" || answer.ContentHeaders.ContentDisposition is not null) continue;
            foreach (Match link in Link().Matches(answer.Body))
            {
                var path = WebUtility.HtmlDecode(link.Groups[1].Value).Split('#')[0];
                if (path.StartsWith('?')) path = next.Path.Split('?')[0] + path;
                // What ends the session, or changes how the site looks to the test.
                if (path.Length == 0 || path[0] != '/' || path.StartsWith("//", StringComparison.Ordinal) || path.StartsWith("/_content", StringComparison.Ordinal) || path.StartsWith("/language", StringComparison.Ordinal) || path.StartsWith("/theme", StringComparison.Ordinal) || path.StartsWith("/sign-", StringComparison.Ordinal)) continue;
                var kind = Digits().Replace(Guids().Replace(path, "g"), "0");
                if (kind.Contains('?')) kind = kind[..kind.IndexOf('?')] + "?" + string.Join('&', kind[(kind.IndexOf('?') + 1)..].Split('&').Select(p => p.Split('=')[0]).Distinct().Order(StringComparer.Ordinal));
                if (seen.Contains(path) || kinds.GetValueOrDefault(kind) >= PerKind) continue;
                seen.Add(path);
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                waiting.Enqueue((path, next.Path));
            }
        }

        Assert.True(broken.Count == 0, $"{broken.Count} of {seen.Count} links:\n" + string.Join('\n', broken.Take(40)));
        Assert.True(seen.Count > 120, $"Only {seen.Count} links were followed.");
        Assert.Contains(seen, p => p.StartsWith("/logs/events/", StringComparison.Ordinal) || account == "admin");
    }

    [GeneratedRegex("<a\\b[^>]*?\\bhref=\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Link();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.NonBacktracking)]
    private static partial Regex Guids();

    [GeneratedRegex("[0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex Digits();
}
