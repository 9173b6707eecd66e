using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Hufu.Kernel;

namespace Hufu.Logs.Receive;

/// <summary>Accepts connections, with TLS where asked, and reads each until it ends. Reading waits for room in the queue: TCP tells the sender.</summary>
internal sealed class StreamListener(Socket listener, ReceiverOptions options, ReceiverCounters counters, ReceivePump pump)
{
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(10);
    private readonly HashSet<Task> open = [];

    internal static bool May(ReceiverOptions options, IPAddress address) => options.Allowed.Count == 0 || options.Allowed.Any(n => n.Contains(address));

    internal async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var task = ServeAsync(await listener.AcceptAsync(stopping).ConfigureAwait(false), stopping);
                open.RemoveWhere(t => t.IsCompleted);
                open.Add(task);
            }
            catch (SocketException) when (!stopping.IsCancellationRequested)
            {
                // The peer was gone again, or the system has no more handles just now.
                await Task.Delay(100, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Told to stop: the connections see it as well.
            }
        }

        await Task.WhenAll(open).ConfigureAwait(false);
    }

    private async Task ServeAsync(Socket socket, CancellationToken stopping)
    {
        await Task.Yield();
        using (socket)
        {
            Interlocked.Increment(ref counters.Connections);
            try
            {
                var address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
                if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
                if (!May(options, address) || Volatile.Read(ref counters.Connections) > options.MaxConnections)
                {
                    Interlocked.Increment(ref counters.Refused);
                    return;
                }

                socket.NoDelay = true;
                // A peer that is gone without a word is found out.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                var plain = new NetworkStream(socket, ownsSocket: false);
                await using var stream = options.IsTls ? await HandshakeAsync(plain, stopping).ConfigureAwait(false) : plain;
                if (stream is null)
                {
                    Interlocked.Increment(ref counters.Refused);
                    return;
                }

                var sender = counters.Of(address);
                if (options.IsRelp) await new RelpSession(stream, options, sender, pump).RunAsync(stopping).ConfigureAwait(false);
                else await ReadAsync(stream, sender, stopping).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The connection is gone; what it brought is in the queue.
            }
            finally
            {
                Interlocked.Decrement(ref counters.Connections);
            }
        }
    }

    private async Task ReadAsync(Stream stream, ReceiverCounters.Sender sender, CancellationToken stopping)
    {
        // However a connection ends, what it sent to the last byte is a record.
        using var reader = new RecordReader(new EndingStream(stream), options.Transport is ReceiverTransport.GelfTcp ? LogFraming.Zero : LogFraming.Auto, options.Parse.MaxLength);
        while (await reader.ReadAsync(stopping).ConfigureAwait(false) is { } record)
            await pump.PutAsync(new Received(record.Bytes.ToArray(), options.Clock.GetUtcNow(), sender, record.Problem, null), stopping).ConfigureAwait(false);
    }

    private async Task<Stream?> HandshakeAsync(NetworkStream plain, CancellationToken stopping)
    {
        var tls = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            patience.CancelAfter(HandshakeTime);
            var settings = new SslServerAuthenticationOptions
            {
                ServerCertificate = options.Certificate, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, ClientCertificateRequired = options.ClientAuthorities.Count > 0,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck, RemoteCertificateValidationCallback = (_, certificate, _, _) => Trusts(certificate),
            };
            await tls.AuthenticateAsServerAsync(settings, patience.Token).ConfigureAwait(false);
            return tls;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            return null;
        }
    }

    private bool Trusts(X509Certificate? shown)
    {
        if (options.ClientAuthorities.Count == 0) return true;
        if (shown is not X509Certificate2 certificate) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        foreach (var authority in options.ClientAuthorities) chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = options.Clock.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate);
    }
}

/// <summary>A stream whose breaking off is its end.</summary>
internal sealed class EndingStream(Stream inner) : ForwardStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return 0;
        }
    }
}
