using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Hufu.Kernel;
using Hufu.Logs.Store;

namespace Hufu.Logs.Cold;

/// <summary>
/// A bucket of an S3-compatible store, addressed by path. It speaks to its one host, follows nowhere else, and signs the real hash of every body. What answers with
/// a fault of its own (5xx) or not in time is asked three times.
/// </summary>
internal sealed class S3Place(ColdTarget target, HttpClient http, TimeProvider? clock = null) : IColdPlace
{
    private const int Attempts = 3;
    private const int MaxXml = 64 << 10;
    private const int MaxWords = 400;

    private readonly S3Signer signer = new(target.Key, target.Secret, target.Region);
    private readonly TimeProvider clock = clock ?? TimeProvider.System;

    /// <summary>How long nothing may move, either way.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause before the second attempt; before the third it is four times that.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Files above this many bytes are sent in parts.</summary>
    public long PartsAbove { get; init; } = 64 << 20;

    /// <summary>Bytes of a part; of the store's rules, 5 MiB at least.</summary>
    public int PartBytes { get; init; } = 16 << 20;

    public string Name => target.ToString();

    /// <summary>A client that neither follows elsewhere nor goes through anybody.</summary>
    public static HttpClient Connect() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };

    public string? Path(string name) => null;

    // Its name says which it is.
    public Task OpenAsync(bool known, CancellationToken cancellation) => Task.CompletedTask;

    public async Task PutAsync(string name, string path, string sha256, CancellationToken cancellation)
    {
        var length = new FileInfo(path).Length;
        if (length > PartsAbove)
        {
            await PutPartsAsync(name, path, length, cancellation).ConfigureAwait(false);
            return;
        }

        await AskAsync(new S3Request(HttpMethod.Put, name) { Body = moved => new FileSlice(path, 0, length, moved), Sha256 = sha256 }, (_, _) => Task.FromResult(true), cancellation).ConfigureAwait(false);
    }

    public async Task<long?> LengthAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return await AskAsync(new S3Request(HttpMethod.Head, name), (response, _) => Task.FromResult(response.Content.Headers.ContentLength), cancellation).ConfigureAwait(false) ?? -1;
        }
        catch (ColdException e) when (e.Fault == ColdFault.Missing)
        {
            return null;
        }
    }

    public Task ReadAsync(string name, Stream to, CancellationToken cancellation)
    {
        var begin = to.CanSeek ? to.Position : 0;
        return AskAsync(new S3Request(HttpMethod.Get, name), async (response, moved) =>
        {
            // An attempt before this one may have come half way.
            if (to.CanSeek)
            {
                to.Position = begin;
                to.SetLength(begin);
            }

            await using var from = await response.Content.ReadAsStreamAsync(moved.Token).ConfigureAwait(false);
            var buffer = new byte[1 << 16];
            for (int read; (read = await from.ReadAsync(buffer, moved.Token).ConfigureAwait(false)) > 0; moved.On())
            {
                try
                {
                    await to.WriteAsync(buffer.AsMemory(0, read), moved.Token).ConfigureAwait(false);
                }
                catch (IOException e)
                {
                    // This machine's disk, and no fault of the place.
                    throw ColdFiles.NotWritten(e);
                }
            }

            return true;
        }, cancellation);
    }

    public async Task DeleteAsync(string name, CancellationToken cancellation)
    {
        try
        {
            await AskAsync(new S3Request(HttpMethod.Delete, name), (_, _) => Task.FromResult(true), cancellation).ConfigureAwait(false);
        }
        catch (ColdException e) when (e.Fault == ColdFault.Missing)
        {
            // Deleted before.
        }
    }

    public void Dispose() => http.Dispose();

    private async Task PutPartsAsync(string name, string path, long length, CancellationToken cancellation)
    {
        var begun = await AskAsync(new S3Request(HttpMethod.Post, name) { Query = [("uploads", "")] }, XmlOfAsync, cancellation).ConfigureAwait(false);
        if (Child(begun, "UploadId") is not { Length: > 0 } upload) throw Odd();
        try
        {
            var parts = new List<XElement>();
            // At most 10,000 parts are taken.
            var size = Math.Max(PartBytes, (length + 9_999) / 10_000);
            for (var at = 0L; at < length; at += size)
            {
                var (from, count, number) = (at, Math.Min(size, length - at), (parts.Count + 1).ToString(CultureInfo.InvariantCulture));
                var tag = await AskAsync(
                    new S3Request(HttpMethod.Put, name) { Query = [("partNumber", number), ("uploadId", upload)], Body = moved => new FileSlice(path, from, count, moved), Sha256 = await HashAsync(path, from, count, cancellation).ConfigureAwait(false) },
                    (response, _) => Task.FromResult(response.Headers.ETag?.ToString() ?? ""), cancellation).ConfigureAwait(false);
                parts.Add(new XElement("Part", new XElement("PartNumber", number), new XElement("ETag", tag)));
            }

            var body = Encoding.UTF8.GetBytes(new XElement("CompleteMultipartUpload", parts).ToString(SaveOptions.DisableFormatting));
            // What went wrong while the parts were put together is said in an answer that begins well.
            var done = await AskAsync(new S3Request(HttpMethod.Post, name) { Query = [("uploadId", upload)], Body = _ => new ByteArrayContent(body), Sha256 = Convert.ToHexStringLower(SHA256.HashData(body)) }, XmlOfAsync, cancellation).ConfigureAwait(false);
            if (done?.Name.LocalName == "Error") throw Failure(HttpStatusCode.InternalServerError, done, null);
        }
        catch
        {
            // Parts that nobody puts together would be kept and paid for.
            using var stop = new CancellationTokenSource(Timeout);
            try
            {
                await AskAsync(new S3Request(HttpMethod.Delete, name) { Query = [("uploadId", upload)] }, (_, _) => Task.FromResult(true), stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ColdException or OperationCanceledException)
            {
                // The store's own rules for what is left over must do.
            }

            throw;
        }
    }

    private static async Task<string> HashAsync(string path, long from, long count, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
        file.Position = from;
        var buffer = new byte[1 << 16];
        while (count > 0)
        {
            var read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), cancellation).ConfigureAwait(false);
            if (read == 0) throw new EndOfStreamException($"{path} is shorter than it was.");
            hash.AppendData(buffer.AsSpan(0, read));
            count -= read;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task<T> AskAsync<T>(S3Request request, Func<HttpResponseMessage, Moved, Task<T>> read, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            ColdException failure;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var moved = new Moved(stop, Timeout);
            moved.On();
            try
            {
                using var message = Message(request, moved);
                using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, stop.Token).ConfigureAwait(false);
                moved.On();
                if (response.IsSuccessStatusCode) return await read(response, moved).ConfigureAwait(false);
                failure = Failure(response.StatusCode, request.Method == HttpMethod.Head ? null : await XmlOfAsync(response, moved).ConfigureAwait(false), response);
                if ((int)response.StatusCode < 500 || failure.Fault == ColdFault.Full) throw failure;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                failure = new ColdException(ColdFault.Unreachable, new LocalizedText($"{target.Endpoint.Authority} 在 {Timeout.TotalSeconds:0} 秒內沒有回應。", $"{target.Endpoint.Authority} did not answer within {Timeout.TotalSeconds:0} seconds."));
            }
            catch (Exception e) when (e is HttpRequestException or (IOException and not ColdException))
            {
                var why = Words((e.InnerException ?? e).Message);
                throw new ColdException(ColdFault.Unreachable, new LocalizedText($"無法連線 {target.Endpoint.Authority}：{why}", $"{target.Endpoint.Authority} cannot be reached: {why}"), e);
            }

            if (attempt == Attempts) throw failure;
            await Task.Delay(Pause * (1 << (2 * (attempt - 1))) * (0.75 + Random.Shared.NextDouble() / 2), cancellation).ConfigureAwait(false);
        }
    }

    private HttpRequestMessage Message(S3Request request, Moved moved)
    {
        var path = S3Signature.Encoded($"/{target.Bucket}/{target.Prefix}{request.Name}", path: true);
        var query = S3Signature.Query(request.Query);
        var message = new HttpRequestMessage(request.Method, new Uri(target.Endpoint, query.Length == 0 ? path : $"{path}?{query}")) { Content = request.Body?.Invoke(moved) };
        var now = clock.GetUtcNow();
        var headers = new List<(string Name, string Value)> { ("host", target.Endpoint.Authority), ("x-amz-content-sha256", request.Sha256), ("x-amz-date", S3Signature.Time(now)) };
        message.Headers.Host = target.Endpoint.Authority;
        foreach (var (name, value) in headers.Skip(1)) message.Headers.TryAddWithoutValidation(name, value);
        message.Headers.TryAddWithoutValidation("Authorization", S3Signature.Authorization(request.Method.Method, path, request.Query, headers, request.Sha256, now, signer));
        return message;
    }

    /// <summary>The XML of an answer; null when it is none, or more than what such an answer has.</summary>
    private static async Task<XElement?> XmlOfAsync(HttpResponseMessage response, Moved moved)
    {
        await using var from = await response.Content.ReadAsStreamAsync(moved.Token).ConfigureAwait(false);
        var bytes = new byte[MaxXml];
        var length = await from.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, moved.Token).ConfigureAwait(false);
        return length == MaxXml ? null : Xml(bytes.AsSpan(0, length).ToArray());
    }

    internal static XElement? Xml(byte[] bytes)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(bytes), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxXml });
            return XElement.Load(reader);
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static string? Child(XElement? of, string name) => of?.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value.Trim();

    private ColdException Odd() => new(ColdFault.Refused, new LocalizedText($"{target.Endpoint.Authority} 的回應不是 S3 的格式。", $"{target.Endpoint.Authority} does not answer as S3 does."));

    private ColdException Failure(HttpStatusCode status, XElement? xml, HttpResponseMessage? response)
    {
        var (code, host) = (Words(Child(xml, "Code") ?? ""), target.Endpoint.Authority);
        var said = Words($"HTTP {(int)status} {code} {Child(xml, "Message")}").Trim();
        var region = Words(Child(xml, "Region") ?? (response is not null && response.Headers.TryGetValues("x-amz-bucket-region", out var named) ? named.First() : ""));
        // A refusal without a body, as of HEAD, is known by its number alone.
        return code switch
        {
            "NoSuchBucket" => Refused($"{host} 沒有儲存貯體 {target.Bucket}。", $"{host} has no bucket {target.Bucket}."),
            "RequestTimeTooSkewed" => Refused($"本機時鐘與 {host} 相差太多，請求被拒絕；請校時。", $"The clocks of this machine and of {host} differ too much, and it refuses the request: set them right."),
            "InvalidAccessKeyId" => Refused($"{host} 不認得這把金鑰（HUFU_LOGS_COLD_KEY）。", $"{host} does not know the key (HUFU_LOGS_COLD_KEY)."),
            "SignatureDoesNotMatch" => Refused($"{host} 不接受簽章：密鑰（HUFU_LOGS_COLD_SECRET）不符。", $"{host} does not take the signature: the secret (HUFU_LOGS_COLD_SECRET) is not the key's."),
            "AuthorizationHeaderMalformed" or "PermanentRedirect" or "AuthorizationQueryParametersError" => WrongRegion(),
            _ when status is HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect => WrongRegion(),
            "QuotaExceeded" or "XMinioStorageFull" or "InsufficientStorage" => Full(),
            _ when status == HttpStatusCode.InsufficientStorage => Full(),
            _ when status == HttpStatusCode.NotFound => new ColdException(ColdFault.Missing, new LocalizedText($"{Name} 沒有這個檔案。", $"{Name} does not have the file.")),
            _ when (int)status >= 500 => new ColdException(ColdFault.Unreachable, new LocalizedText($"{host} 發生錯誤：{said}", $"{host} failed: {said}")),
            _ => Refused($"{host} 拒絕：{said}", $"{host} refuses: {said}"),
        };

        ColdException Refused(string zh, string en) => new(ColdFault.Refused, new LocalizedText(zh, en));

        ColdException WrongRegion() => region.Length > 0
            ? Refused($"{target.Bucket} 的區域是 {region}，不是 {target.Region}。", $"The region of {target.Bucket} is {region}, not {target.Region}.")
            : Refused($"{host} 不接受區域 {target.Region}，或指向別的位址：{said}", $"{host} does not take the region {target.Region}, or points elsewhere: {said}");

        ColdException Full() => new(ColdFault.Full, new LocalizedText($"{Name} 沒有空間了。", $"{Name} has no room left."));
    }

    // Another's words: without what is secret, control characters and length.
    private string Words(string text)
    {
        foreach (var secret in (string[])[target.Secret, target.Key])
            if (secret.Length > 0) text = text.Replace(secret, "…", StringComparison.Ordinal);
        text = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return text.Length > MaxWords ? text[..MaxWords] + "…" : text;
    }

    private sealed record S3Request(HttpMethod Method, string Name)
    {
        public IReadOnlyList<(string Name, string Value)> Query { get; init; } = [];

        /// <summary>Makes the body anew for each attempt.</summary>
        public Func<Moved, HttpContent>? Body { get; init; }

        public string Sha256 { get; init; } = S3Signature.EmptySha256;
    }

    /// <summary>Ends an attempt when nothing has moved for a time.</summary>
    private sealed class Moved(CancellationTokenSource stop, TimeSpan most)
    {
        public CancellationToken Token => stop.Token;

        public void On() => stop.CancelAfter(most);
    }

    /// <summary>A part of a file as the body of a request.</summary>
    private sealed class FileSlice(string path, long from, long count, Moved moved) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
            file.Position = from;
            var buffer = new byte[1 << 16];
            for (var left = count; left > 0; moved.On())
            {
                var read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), moved.Token).ConfigureAwait(false);
                if (read == 0) throw new EndOfStreamException($"{path} is shorter than it was.");
                await stream.WriteAsync(buffer.AsMemory(0, read), moved.Token).ConfigureAwait(false);
                left -= read;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = count;
            return true;
        }
    }
}
