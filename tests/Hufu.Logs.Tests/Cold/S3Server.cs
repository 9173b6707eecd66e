using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Hufu.Logs.Tests;

/// <summary>What a request asks.</summary>
internal sealed record S3Call(string Method, string Path, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Key => Path.Split('/', 3)[2];
}

/// <summary>An answer; without one the connection is cut.</summary>
internal sealed record S3Answer(int Status, string Body = "", byte[]? Bytes = null)
{
    public (string Name, string Value)[] Headers { get; init; } = [];

    /// <summary>Send so many bytes of the body and cut the connection.</summary>
    public int? CutAfter { get; init; }

    public static S3Answer Error(int status, string code, string message = "no", string more = "") => new(status, $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>");
}

/// <summary>
/// A small S3 store in memory that checks every signature with code of its own: it takes the request apart as it came over the wire, and knows
/// nothing of how it was made.
/// </summary>
internal sealed partial class S3Server : IAsyncDisposable
{
    public const string AccessKey = "AKTESTKEY0123456789";
    public const string Secret = "very/secret+value~1234567890abcdefgh";
    public const string Bucket = "cold-logs";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<string, SortedDictionary<int, byte[]>> uploads = new();
    private readonly Task serving;

    public S3Server()
    {
        listener.Start();
        serving = ServeAsync();
    }

    public ConcurrentDictionary<string, byte[]> Objects { get; } = new();

    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Whole requests as they came, heads alone.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>Asked before anything else; null goes on as usual.</summary>
    public Func<S3Call, Task<S3Answer?>> Before { get; set; } = _ => Task.FromResult<S3Answer?>(null);

    public string Region { get; set; } = "tw-1";

    public TimeSpan Ahead { get; set; }

    public long Room { get; set; } = long.MaxValue;

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public int OpenUploads => uploads.Count;

    public ColdTarget Target(string prefix = "hufu/one", string region = "tw-1", string secret = Secret, string key = AccessKey) =>
        ColdTarget.Parse($"s3://{Bucket}/{prefix}?endpoint=http://127.0.0.1:{Port}&region={region}", key, secret).Value;

    public async ValueTask DisposeAsync()
    {
        if (serving.IsCompleted) return;
        await stop.CancelAsync();
        listener.Stop();
        await serving;
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptTcpClientAsync(stop.Token);
                _ = Task.Run(() => AnswerAsync(client));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var owned = client;
        try
        {
            await using var stream = client.GetStream();
            var head = new List<byte>();
            var one = new byte[1];
            while (head.Count < 65_536 && !(head.Count >= 4 && head[^4] == '\r' && head[^3] == '\n' && head[^2] == '\r' && head[^1] == '\n'))
            {
                if (await stream.ReadAsync(one, stop.Token) == 0) return;
                head.Add(one[0]);
            }

            var text = Encoding.ASCII.GetString([.. head]);
            Heads.Enqueue(text);
            var lines = text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            var first = lines[0].Split(' ');
            var headers = lines.Skip(1).ToDictionary(l => l[..l.IndexOf(':', StringComparison.Ordinal)].ToLowerInvariant(), l => l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            var body = new byte[int.Parse(headers.GetValueOrDefault("content-length", "0"), CultureInfo.InvariantCulture)];
            var (path, query) = first[1].Split('?', 2) is [var p, var q] ? (p, q) : (first[1], "");
            var call = new S3Call(first[0], Uri.UnescapeDataString(path), query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(x => x.Split('=', 2)).ToDictionary(x => Uri.UnescapeDataString(x[0]), x => x.Length > 1 ? Uri.UnescapeDataString(x[1]) : ""), headers, body);
            Calls.Enqueue($"{call.Method} {call.Path}{(query.Length > 0 ? "?" + Regex.Replace(query, "uploadId=[^&]+", "uploadId") : "")}");
            await stream.ReadExactlyAsync(body, stop.Token);
            var answer = await Before(call) ?? Refusal(call, path, query) ?? Do(call);
            if (answer.Status == 0) return;
            var bytes = answer.Bytes ?? Encoding.UTF8.GetBytes(answer.Body);
            var reply = new StringBuilder($"HTTP/1.1 {answer.Status} x\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n");
            foreach (var (name, value) in answer.Headers) reply.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            await stream.WriteAsync(Encoding.ASCII.GetBytes(reply.Append("\r\n").ToString()), stop.Token);
            if (call.Method != "HEAD") await stream.WriteAsync(bytes.AsMemory(0, answer.CutAfter ?? bytes.Length), stop.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Whoever asked has gone.
        }
    }

    private S3Answer? Refusal(S3Call call, string rawPath, string rawQuery)
    {
        if (AuthorizationText().Match(call.Headers.GetValueOrDefault("authorization", "")) is not { Success: true } said) return S3Answer.Error(403, "AccessDenied");
        var (key, day, region, names, signature) = (said.Groups[1].Value, said.Groups[2].Value, said.Groups[3].Value, said.Groups[4].Value.Split(';'), said.Groups[5].Value);
        if (key != AccessKey) return S3Answer.Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist", $"<AWSAccessKeyId>{key}</AWSAccessKeyId>");
        if (region != Region) return S3Answer.Error(400, "AuthorizationHeaderMalformed", $"the region '{region}' is wrong; expecting '{Region}'", $"<Region>{Region}</Region>");
        var stamp = call.Headers["x-amz-date"];
        var at = DateTimeOffset.ParseExact(stamp, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if ((at - (DateTimeOffset.UtcNow + Ahead)).Duration() > TimeSpan.FromMinutes(15)) return S3Answer.Error(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");
        if (!stamp.StartsWith(day, StringComparison.Ordinal) || !names.Contains("host") || !names.Contains("x-amz-date") || !names.Contains("x-amz-content-sha256")) return S3Answer.Error(403, "SignatureDoesNotMatch");
        if (Hex(SHA256.HashData(call.Body)) != call.Headers["x-amz-content-sha256"]) return S3Answer.Error(400, "XAmzContentSHA256Mismatch");
        // The query as it came, its parts in order; the headers as they came.
        var parts = rawQuery.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Contains('=', StringComparison.Ordinal) ? p : p + "=").ToList();
        parts.Sort(StringComparer.Ordinal);
        var request = new StringBuilder().Append(call.Method).Append('\n').Append(rawPath).Append('\n').AppendJoin('&', parts).Append('\n');
        foreach (var name in names) request.Append(name).Append(':').Append(call.Headers[name]).Append('\n');
        request.Append('\n').AppendJoin(';', names).Append('\n').Append(call.Headers["x-amz-content-sha256"]);
        var secret = Encoding.UTF8.GetBytes("AWS4" + Secret);
        foreach (var step in (string[])[day, region, "s3", "aws4_request"])
        {
            using var mac = new HMACSHA256(secret);
            secret = mac.ComputeHash(Encoding.UTF8.GetBytes(step));
        }

        using var last = new HMACSHA256(secret);
        var expected = Hex(last.ComputeHash(Encoding.UTF8.GetBytes(string.Join('\n', "AWS4-HMAC-SHA256", stamp, $"{day}/{region}/s3/aws4_request", Hex(SHA256.HashData(Encoding.UTF8.GetBytes(request.ToString())))))));
        return expected == signature ? null : S3Answer.Error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match", $"<StringToSign>{key}</StringToSign>");
    }

    private S3Answer Do(S3Call call)
    {
        if (call.Path.Split('/')[1] != Bucket) return S3Answer.Error(404, "NoSuchBucket");
        var upload = call.Query.GetValueOrDefault("uploadId");
        switch (call.Method)
        {
            case "POST" when call.Query.ContainsKey("uploads"):
                var id = "up+load/" + Guid.NewGuid().ToString("N");
                uploads[id] = [];
                return new S3Answer(200, $"<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><UploadId>{id}</UploadId></InitiateMultipartUploadResult>");
            case "PUT" when upload is not null:
                if (Used + call.Body.Length > Room) return S3Answer.Error(507, "XMinioStorageFull");
                lock (uploads) uploads[upload][int.Parse(call.Query["partNumber"], CultureInfo.InvariantCulture)] = call.Body;
                return new S3Answer(200) { Headers = [("ETag", $"\"{Tag(call.Body)}\"")] };
            case "POST" when upload is not null:
                var parts = uploads[upload];
                var named = PartText().Matches(Encoding.UTF8.GetString(call.Body)).Select(m => (int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture), m.Groups[2].Value)).ToList();
                if (!named.SequenceEqual(parts.Select(p => (p.Key, $"\"{Tag(p.Value)}\"")))) return S3Answer.Error(400, "InvalidPart");
                Objects[call.Key] = [.. parts.Values.SelectMany(b => b)];
                uploads.TryRemove(upload, out _);
                return new S3Answer(200, "<CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ETag>x</ETag></CompleteMultipartUploadResult>");
            case "DELETE" when upload is not null:
                uploads.TryRemove(upload, out _);
                return new S3Answer(204);
            case "PUT":
                if (Used + call.Body.Length > Room) return S3Answer.Error(507, "XMinioStorageFull");
                Objects[call.Key] = call.Body;
                return new S3Answer(200);
            case "DELETE":
                Objects.TryRemove(call.Key, out _);
                return new S3Answer(204);
            default:
                return Objects.TryGetValue(call.Key, out var bytes) ? new S3Answer(200, Bytes: bytes) : S3Answer.Error(404, "NoSuchKey");
        }
    }

    private long Used => Objects.Values.Sum(o => (long)o.Length);

    // A tag is any text to whom it is given.
    private static string Tag(byte[] bytes) => Hex(SHA256.HashData(bytes))[..32];

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();

    [GeneratedRegex("^AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$")]
    private static partial Regex AuthorizationText();

    [GeneratedRegex("<Part><PartNumber>([0-9]+)</PartNumber><ETag>(.*?)</ETag></Part>")]
    private static partial Regex PartText();
}
