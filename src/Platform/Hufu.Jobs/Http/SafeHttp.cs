using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Hufu.Kernel;

namespace Hufu.Jobs.Http;

/// <summary>What came back, cut to the size that was asked for.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The first bytes of the body.</param>
/// <param name="Truncated">There was more.</param>
/// <param name="Headers">The headers of the response.</param>
public sealed record SafeResponse(HttpStatusCode Status, ReadOnlyMemory<byte> Body, bool Truncated, HttpResponseHeaders Headers)
{
    /// <summary>True for 200 to 299.</summary>
    public bool IsSuccess => (int)Status is >= 200 and <= 299;
}

/// <summary>
/// The one client for addresses that people enter. It speaks http and https only, follows no redirect, keeps no cookie, uses no proxy, and
/// checks every address after resolving it and at the moment of connecting, so that a name which points elsewhere the second time gains nothing.
/// </summary>
public sealed class SafeHttp : IDisposable
{
    private const int MaxAddresses = 16;
    private readonly AddressGuard guard;
    private readonly HttpClient client;

    /// <summary>Takes the operator's exceptions.</summary>
    public SafeHttp(OutboundOptions options) : this(options, (host, cancellation) => Dns.GetHostAddressesAsync(host, cancellation))
    {
    }

    internal SafeHttp(OutboundOptions options, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        guard = new AddressGuard(options);
        Resolve = resolve;
        client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            Credentials = null,
            PreAuthenticate = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 64 * 1024,
            ResponseDrainTimeout = TimeSpan.FromSeconds(2),
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectCallback = ConnectAsync,
        })
        { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Hufu", typeof(SafeHttp).Assembly.GetName().Version?.ToString(2) ?? "0"));
    }

    private Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; }

    /// <summary>Why an address cannot be used, as far as its text tells; null when it can. Names are resolved only when connecting.</summary>
    public Error? Check(Uri url)
    {
        if (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https")) return Error.Of("http.scheme", "網址須以 http:// 或 https:// 開頭。", "The address must start with http:// or https://.", "url");
        if (url.UserInfo.Length > 0) return Error.Of("http.user-info", "網址不可包含帳號或密碼。", "The address may not carry a user name or password.", "url");
        if (url.IdnHost.Length == 0) return Error.Of("http.host", "網址缺少主機名稱。", "The address names no host.", "url");
        // Uri has turned 2130706433, 0x7f.1 and 0177.0.0.1 into 127.0.0.1 by now.
        return IPAddress.TryParse(url.IdnHost, out var address) && !guard.Allows(address, url.IdnHost) ? NotAllowed(url.IdnHost) : null;
    }

    /// <summary>Sends a request and reads the start of the answer.</summary>
    /// <param name="request">The request; its address is checked.</param>
    /// <param name="timeout">Longest time for everything.</param>
    /// <param name="maxBody">Most bytes of the body to read.</param>
    /// <param name="cancellation">Gives up early.</param>
    public async Task<Result<SafeResponse>> SendAsync(HttpRequestMessage request, TimeSpan timeout, int maxBody, CancellationToken cancellation)
    {
        if (request.RequestUri is not { } url) throw new ArgumentException("The request has no address.", nameof(request));
        if (Check(url) is { } fault) return Result.Fail<SafeResponse>(fault);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var (body, truncated) = await ReadAsync(response.Content, maxBody, limit.Token);
            return Result.Of(new SafeResponse(response.StatusCode, body, truncated, response.Headers));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Result.Fail<SafeResponse>(Error.Of("http.timeout", $"{timeout.TotalSeconds:0} 秒內沒有完成。", $"Not finished within {timeout.TotalSeconds:0} s."));
        }
        catch (HttpRequestException e) when (Find<NotAllowedException>(e) is { } refused)
        {
            return Result.Fail<SafeResponse>(NotAllowed(refused.Host));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The kind of fault is enough; an inner message may tell of what stands behind the address.
            var kind = (e as HttpRequestException)?.HttpRequestError.ToString() ?? e.GetType().Name;
            return Result.Fail<SafeResponse>(Error.Of("http.failed", $"連線失敗：{kind}", $"The connection failed: {kind}"));
        }
    }

    /// <inheritdoc />
    public void Dispose() => client.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Resolve(host, cancellation);
        Exception? last = null;
        var refused = false;
        foreach (var address in addresses.Take(MaxAddresses))
        {
            if (!guard.Allows(address, host))
            {
                refused = true;
                continue;
            }

            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, context.DnsEndPoint.Port), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                last = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? (refused ? new NotAllowedException(host) : new SocketException((int)SocketError.HostNotFound));
    }

    private static async Task<(ReadOnlyMemory<byte> Body, bool Truncated)> ReadAsync(HttpContent content, int maxBody, CancellationToken cancellation)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[Math.Min(maxBody, 16 * 1024)];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length == maxBody) return (buffer, await stream.ReadAsync(new byte[1], cancellation) > 0);
                Array.Resize(ref buffer, (int)Math.Min(maxBody, buffer.Length * 2L));
            }

            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellation);
            if (read == 0) return (buffer.AsMemory(0, length), false);
            length += read;
        }
    }

    private static T? Find<T>(Exception? e) where T : Exception
    {
        for (; e is not null; e = e.InnerException)
            if (e is T found) return found;
        return null;
    }

    private static Error NotAllowed(string host) => Error.Of(
        "http.address-not-allowed",
        $"「{host}」是內部或保留位址；如確有需要，請系統管理員將其列入允許清單。",
        $"“{host}” is an internal or reserved address; if it is really meant, the operator can put it on the list of allowed ones.",
        "url");

    private sealed class NotAllowedException(string host) : IOException($"{host} is not an allowed address.")
    {
        internal string Host => host;
    }
}
