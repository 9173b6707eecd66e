using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace Hufu.Logs.ClickHouse;

/// <summary>A statement and what goes with it.</summary>
/// <param name="Sql">The statement; one that reads names its format.</param>
internal sealed record ClickHouseRequest(string Sql)
{
    /// <summary>Texts that the statement names as <c>{name:String}</c>.</summary>
    public IReadOnlyList<(string Name, object Value)> Parameters { get; init; } = [];

    /// <summary>Settings for this statement.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings { get; init; } = [];

    /// <summary>Its id: the server does not run two of one id at a time.</summary>
    public string? Id { get; init; }

    /// <summary>Rows that the statement reads as the table <c>batch</c>, RowBinary.</summary>
    public ReadOnlyMemory<byte>? Rows { get; init; }

    /// <summary>Names and types of those.</summary>
    public string Structure { get; init; } = "";

    /// <summary>How long to wait.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Runs statements on one server.</summary>
internal interface IClickHouse
{
    /// <summary>Runs a statement and returns what it gives, whole.</summary>
    /// <exception cref="ClickHouseException">The server refused it, or did not answer.</exception>
    Task<byte[]> RunAsync(ClickHouseRequest request, CancellationToken cancellation);
}

/// <summary>A statement that was not answered. The message has no secret.</summary>
internal sealed class ClickHouseException(int code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>No answer came.</summary>
    public const int Unreachable = -1;

    /// <summary>The server's number of what is wrong; <see cref="Unreachable"/> when no answer came.</summary>
    public int Code { get; } = code;

    /// <summary>The statement is still running.</summary>
    public bool IsStillRunning => Code == 216;

    /// <summary>A server of the cluster was not reached (network error, no attempt succeeded, timeout, no such host).</summary>
    public bool IsShardDown => Code is 210 or 279 or 209 or 198;
}

/// <summary>
/// Speaks to one server over HTTP, in the way that servers since 2018 understand. The answer is taken whole: a server that fails half way says so in place of it.
/// </summary>
internal sealed partial class ClickHouseClient(Uri address, ClickHouseTarget target, HttpClient http) : IClickHouse
{
    public const int MaxAnswer = 512 << 20;

    private const int MaxWords = 600;

    /// <summary>A client that neither follows elsewhere nor takes an answer without a bound.</summary>
    public static HttpClient Connect() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(3), PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswer,
    };

    public async Task<byte[]> RunAsync(ClickHouseRequest request, CancellationToken cancellation)
    {
        var query = new StringBuilder("?wait_end_of_query=1&database=").Append(Uri.EscapeDataString(target.Database));
        foreach (var (name, value) in request.Settings) query.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        if (request.Id is { } id) query.Append("&query_id=").Append(Uri.EscapeDataString(id));
        foreach (var (name, value) in request.Parameters) query.Append("&param_").Append(name).Append('=').Append(Uri.EscapeDataString(Escaped((string)value)));
        HttpContent content;
        if (request.Rows is not { } rows)
        {
            content = new ByteArrayContent(Encoding.UTF8.GetBytes(request.Sql));
        }
        else
        {
            query.Append("&query=").Append(Uri.EscapeDataString(request.Sql)).Append("&batch_format=RowBinary&batch_structure=").Append(Uri.EscapeDataString(request.Structure));
            var batch = new ReadOnlyMemoryContent(rows);
            batch.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            var boundary = "hufu-" + Guid.NewGuid().ToString("N");
            content = new MultipartFormDataContent(boundary) { { batch, "batch", "batch" } };
            // Old servers do not take the boundary in quotes.
            content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=" + boundary);
        }

        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(address, query.ToString())) { Content = content };
        message.Headers.TryAddWithoutValidation("X-ClickHouse-User", target.User);
        if (target.Password.Length > 0) message.Headers.TryAddWithoutValidation("X-ClickHouse-Key", target.Password);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(request.Timeout);
        try
        {
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseContentRead, stop.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(stop.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode) return body;
            var words = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 4 * MaxWords))).Trim();
            var code = CodeOf().Match(words) is { Success: true } found && int.TryParse(found.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            throw new ClickHouseException(code, Words(code == 0 ? $"HTTP {(int)response.StatusCode} {words}" : words));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ClickHouseException(ClickHouseException.Unreachable, string.Create(CultureInfo.InvariantCulture, $"{address.Authority}: no answer within {request.Timeout.TotalSeconds:0} seconds"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ClickHouseException(ClickHouseException.Unreachable, Words($"{address.Authority}: {(e.InnerException ?? e).Message}"), e);
        }
    }

    /// <summary>The value of a parameter, which is read as the text format of the server has it.</summary>
    internal static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);

    private string Words(string text)
    {
        if (target.Password.Length > 0) text = text.Replace(target.Password, "…", StringComparison.Ordinal);
        text = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return text.Length > MaxWords ? text[..MaxWords] + "…" : text;
    }

    [GeneratedRegex(@"Code: (\d+)")]
    private static partial Regex CodeOf();
}
