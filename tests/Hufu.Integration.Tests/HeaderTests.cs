using System.Text;
using Hufu.Testing;

namespace Hufu.Integration.Tests;

/// <summary>What every answer carries, what cookies are like, and what comes of an uploaded file.</summary>
public class HeaderTests(WholeSite site) : WholeSiteTests(site)
{
    [Theory]
    [InlineData("", "/sign-in")]
    [InlineData("", "/")]
    [InlineData("", "/no/such/page")]
    [InlineData("", "/api/v1/me")]
    [InlineData("", "/health")]
    [InlineData("", "/_content/Hufu.Web.Components/hufu.css")]
    [InlineData("linhy", "/")]
    [InlineData("linhy", "/risk/assets")]
    [InlineData("linhy", "/risk/assets/NONE-1")]
    [InlineData("linhy", "/admin/people")]
    [InlineData("linhy", "/risk/assets/export?format=csv")]
    [InlineData("linhy", "/standard/outputs/O9.3.2/pack")]
    [InlineData("linhy", "/ledger/checkpoint")]
    [InlineData("linhy", "/api/v1/risk/assets")]
    [InlineData("linhy", "/api/v1/openapi.json")]
    public async Task Every_answer_carries_the_headers_of_security(string who, string path)
    {
        var answer = await Site.As(who).GetAsync(path);
        string Header(string name) => answer.Headers.TryGetValues(name, out var values) || answer.ContentHeaders.TryGetValues(name, out values) ? string.Join(", ", values) : "";
        Assert.True(answer.Status < 500, $"{path}: {answer.Status}");
        Assert.StartsWith("default-src 'none'", Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("nosniff", Header("X-Content-Type-Options"));
        Assert.Equal("same-origin", Header("Referrer-Policy"));
        Assert.Equal("same-origin", Header("Cross-Origin-Opener-Policy"));
        Assert.Equal("same-origin", Header("Cross-Origin-Resource-Policy"));
        Assert.NotEqual("", Header("Permissions-Policy"));
        Assert.Equal("", Header("Server"));
        if (who.Length > 0) Assert.Contains("no-store", Header("Cache-Control"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_of_the_session_and_the_form_cannot_be_read_by_script_and_stay_on_this_site()
    {
        using var visitor = new Client(Site.Host.Address, "xusf");
        var page = await visitor.GetAsync("/sign-in");
        var form = Assert.Single(page.Headers.GetValues("Set-Cookie"), c => c.StartsWith("hufu-form=", StringComparison.Ordinal));
        Assert.Contains("httponly", form, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", form, StringComparison.OrdinalIgnoreCase);
        var token = System.Text.RegularExpressions.Regex.Match(page.Body, "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"", System.Text.RegularExpressions.RegexOptions.NonBacktracking).Groups[1].Value;
        // What is no character is no account, and nothing that breaks.
        using var odd = new FormUrlEncodedContent(new Dictionary<string, string> { ["account"] = "xu\uFFFEsf", ["password"] = "x", ["__RequestVerificationToken"] = token });
        Assert.Equal(401, (await visitor.SendAsync(HttpMethod.Post, "/sign-in", odd)).Status);
        using var content = new FormUrlEncodedContent(new Dictionary<string, string> { ["account"] = "xusf", ["password"] = Site.Host.Password, ["__RequestVerificationToken"] = token });
        var done = await visitor.SendAsync(HttpMethod.Post, "/sign-in", content);
        Assert.Equal(302, done.Status);
        var session = Assert.Single(done.Headers.GetValues("Set-Cookie"), c => c.StartsWith("hufu=", StringComparison.Ordinal));
        Assert.Contains("httponly", session, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=", session, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("samesite=none", session, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("attack.html", "<script>alert(1)</script>")]
    [InlineData("attack.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>")]
    public async Task An_uploaded_file_comes_back_as_a_download_that_nothing_runs(string name, string text)
    {
        var client = Site.As("linhy");
        var made = await Site.As("writer").SendAsync(HttpMethod.Post, "/api/v1/incident/incidents", new StringContent("{\"fields\":{\"title\":\"上傳的檔案\"}}", Encoding.UTF8, "application/json"));
        Assert.True(made.Status == 201, made.Body);
        using var json = System.Text.Json.JsonDocument.Parse(made.Body);
        var path = "/incident/incidents/" + json.RootElement.GetProperty("number").GetString();
        using var content = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes(text)), "file", name } };
        var sent = await client.SendAsync(HttpMethod.Post, path + "/evidence", content, withFormToken: true);
        Assert.Equal(302, sent.Status);
        Assert.False(sent.IsRefusedWithMessage, sent.Body);
        var link = System.Text.RegularExpressions.Regex.Match((await client.GetAsync(path)).Body, "/evidence/[0-9a-f-]{36}/file", System.Text.RegularExpressions.RegexOptions.NonBacktracking).Value;
        Assert.NotEqual("", link);
        var file = await client.GetAsync(link);
        Assert.Equal(200, file.Status);
        Assert.Equal(text, file.Body);
        Assert.Equal("attachment", file.ContentHeaders.ContentDisposition!.DispositionType);
        Assert.Equal("application/octet-stream", file.ContentHeaders.ContentType!.MediaType);
        Assert.Equal("nosniff", Assert.Single(file.Headers.GetValues("X-Content-Type-Options")));
        Assert.Contains("sandbox", Assert.Single(file.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        // Somebody without a right to the record does not get it by its address.
        Assert.Equal(404, (await Site.As("chenyf").GetAsync(link)).Status);
        Assert.Equal(302, (await Site.As("").GetAsync(link)).Status);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class HeaderTestsOnPostgres(WholeSiteOnPostgres site) : HeaderTests(site), IOnPostgres;
