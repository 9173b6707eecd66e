using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace Hufu.Cli.Tests;

/// <summary>An answer, read whole.</summary>
internal sealed record Answer(int Status, string Body, string? To, string? ContentType, string? Flash)
{
    /// <summary>The words that a person reads, without tags.</summary>
    internal string Words => Regex.Replace(WebUtility.HtmlDecode(Regex.Replace(Body, "<[^>]*>", " ", RegexOptions.NonBacktracking)), @"\s+", " ", RegexOptions.NonBacktracking);

    public override string ToString() => $"{Status} {To} {Flash} {(Words.Length > 1500 ? Words[..1500] : Words)}";
}

/// <summary>Somebody at the running server: the administrator with a browser, or a program with a token.</summary>
internal sealed partial class Visitor : IDisposable
{
    private readonly HttpClient http;
    private readonly CookieContainer cookies = new();
    private string? formToken;

    internal Visitor(Uri address, string? bearer = null)
    {
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = bearer is null, CookieContainer = cookies }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(170) };
        http.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        if (bearer is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
    }

    /// <summary>Signs in the administrator of the sample.</summary>
    internal static async Task<Visitor> SignInAsync(Server server)
    {
        var visitor = new Visitor(server.Address);
        visitor.formToken = FormToken().Match((await visitor.GetAsync("/sign-in")).Body).Groups[1].Value;
        var done = await visitor.PostAsync("/sign-in", ("account", "rescue"), ("password", Server.Password));
        Assert.True(done is { Status: 302, To: "/" }, done.ToString());
        visitor.formToken = FormToken().Match((await visitor.GetAsync("/account")).Body).Groups[1].Value;
        visitor.Speak("en");
        Assert.NotEqual("", visitor.formToken);
        return visitor;
    }

    /// <summary>A program with all rights of this person.</summary>
    internal async Task<Visitor> ProgramAsync()
    {
        var made = await PostAsync("/account/tokens/new", ("name", "test"), ("expiresOn", DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)), ("g0.target", "*"), ("g0.right", "Write"), ("g0.scope", "All"));
        var token = Regex.Match(made.Body, "hufu_[A-Za-z0-9_-]{20,}", RegexOptions.NonBacktracking).Value;
        Assert.True(token.Length > 0, made.ToString());
        return new Visitor(http.BaseAddress!, token);
    }

    /// <summary>Chooses the language, as the switch on each page does.</summary>
    internal void Speak(string language) => cookies.Add(http.BaseAddress!, new Cookie("hufu-language", language));

    internal Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    internal async Task<byte[]> BytesAsync(string path) => await http.GetByteArrayAsync(new Uri(path, UriKind.Relative));

    internal async Task<Answer> PostAsync(string path, params (string, string)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        return await SendAsync(HttpMethod.Post, path, form);
    }

    /// <summary>Posts a form with a file, as a browser does.</summary>
    internal async Task<Answer> UploadAsync(string path, string field, string name, byte[] bytes, params (string, string)[] fields)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (key, value) in fields) form.Add(new StringContent(value), key);
        using var file = new ByteArrayContent(bytes);
        // Written by hand: the client would mend names that a hostile one would not. Encoded, a name may hold anything.
        file.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"{field}\"; filename=\"upload\"; filename*=UTF-8''{Uri.EscapeDataString(name)}");
        file.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(file);
        return await SendAsync(HttpMethod.Post, path, form);
    }

    /// <summary>Posts a body as it is.</summary>
    internal async Task<Answer> SendAsync(HttpMethod method, string path, byte[] body, string contentType)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await SendAsync(method, path, content);
    }

    /// <summary>Sends a body without end in pieces and reads the answer meanwhile, as browsers do. Stops when the server no longer takes it.</summary>
    internal async Task<string> PourAsync(string path, string contentType, long? length, byte[] head, byte[] piece, long total)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(http.BaseAddress!.Host, http.BaseAddress.Port);
        await using var stream = socket.GetStream();
        var request = $"POST {path} HTTP/1.1\r\nHost: {http.BaseAddress.Authority}\r\nAccept: text/html\r\nCookie: {cookies.GetCookieHeader(http.BaseAddress)}\r\nRequestVerificationToken: {formToken}\r\nContent-Type: {contentType}\r\n{(length is { } known ? $"Content-Length: {known}" : "Transfer-Encoding: chunked")}\r\n\r\n";
        var answer = ReadAsync(stream);
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
            await PieceAsync(head);
            for (long sent = head.Length; sent < total && !answer.IsCompleted; sent += piece.Length) await PieceAsync(piece);
        }
        catch (IOException)
        {
            // The server has closed its end; the answer came before.
        }

        return await answer;

        async Task PieceAsync(byte[] bytes)
        {
            if (length is null) await stream.WriteAsync(Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"));
            await stream.WriteAsync(bytes);
            if (length is null) await stream.WriteAsync("\r\n"u8.ToArray());
        }

        static async Task<string> ReadAsync(Stream from)
        {
            using var kept = new MemoryStream();
            try
            {
                await from.CopyToAsync(kept);
            }
            catch (IOException)
            {
                // Reset after the answer, because there was more to take.
            }

            return Encoding.UTF8.GetString(kept.ToArray());
        }
    }

    internal Task<Answer> JsonAsync(string path, string json) => SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(json), "application/json");

    internal async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, bool waitForLeave = false)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        if (formToken is not null && method != HttpMethod.Get) request.Headers.Add("RequestVerificationToken", formToken);
        if (waitForLeave) request.Headers.ExpectContinue = true;
        using var answer = await http.SendAsync(request);
        var flash = answer.Headers.TryGetValues("Set-Cookie", out var set) ? set.FirstOrDefault(c => c.StartsWith("hufu-flash=", StringComparison.Ordinal) && !c.StartsWith("hufu-flash=;", StringComparison.Ordinal)) : null;
        // The message is escaped once by the page and once more as a cookie.
        return new Answer((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString, answer.Content.Headers.ContentType?.ToString(), flash is null ? null : Uri.UnescapeDataString(Uri.UnescapeDataString(flash["hufu-flash=".Length..flash.IndexOf(';', StringComparison.Ordinal)])));
    }

    /// <summary>What the page of columns would post back: the upload's name and the field of each column.</summary>
    internal static (string Upload, (string, string)[] Fields) Mapping(string body)
    {
        var upload = Regex.Match(body, "name=\"upload\" value=\"([0-9a-f]{32})\"").Groups[1].Value;
        Assert.True(upload.Length == 32, body);
        var fields = Regex.Matches(body, "<select[^>]*name=\"(c[0-9]+)\".*?</select>", RegexOptions.Singleline)
            .Select(m => (m.Groups[1].Value, Regex.Match(m.Value, "<option[^>]*value=\"([^\"]*)\"[^>]*selected").Groups[1].Value)).Where(f => f.Item2.Length > 0).ToArray();
        Assert.NotEmpty(fields);
        return (upload, fields);
    }

    public void Dispose() => http.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex FormToken();
}
