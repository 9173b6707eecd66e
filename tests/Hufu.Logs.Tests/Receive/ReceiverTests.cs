using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hufu.Kernel;
using Hufu.Logs.Receive;

namespace Hufu.Logs.Tests.Receive;

/// <summary>What is sent arrives once, in order and with its sender; what cannot be taken is counted; nothing that a peer does ends the receiver.</summary>
public sealed class ReceiverTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Datagrams_are_records_with_their_sender()
    {
        var store = new Store();
        await using var receiver = Start(store, ReceiverTransport.Udp);
        using var client = new UdpClient();
        client.Connect(receiver.EndPoint);
        for (var i = 0; i < 500; i++) await client.SendAsync(Bytes($"<13>1 2026-11-22T04:00:00Z app01 svc 1 - - datagram {i}\n"), Stop);
        await client.SendAsync(Bytes("<999>nonsense"), Stop);
        await store.HasAsync(501);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"datagram {i}"), store.Events.Take(500).Select(e => e.Message));
        Assert.All(store.Events, e => Assert.Equal(("net", "127.0.0.1"), (e.Source, e.Field("log.source.address"))));
        Assert.Equal("app01", store.Events[0].Host);
        Assert.NotEmpty(store.Events[500].Problems);
        Assert.Equal("<999>nonsense", store.Events[500].Raw);
        var state = await SettledAsync(receiver, 501);
        var sender = Assert.Single(state.Senders);
        Assert.Equal((501, 501, 1, 0), (state.Received, state.Stored, state.Faulty, state.Lost));
        Assert.Equal((IPAddress.Loopback, 501, 1), (sender.Address, sender.Received, sender.Faulty));
        Assert.InRange(sender.First, DateTimeOffset.UtcNow.AddMinutes(-1), sender.Last);
    }

    [Fact]
    public async Task Both_framings_of_tcp_are_found_out_and_a_connection_that_breaks_off_loses_nothing_that_came()
    {
        var store = new Store();
        await using var receiver = Start(store, ReceiverTransport.Tcp);
        using (var lines = await ConnectAsync(receiver)) await lines.SendAsync(Bytes("<13>1 - h a - - - one\n<13>1 - h a - - - two\r\n\n<13>1 - h a - - - unfinished"), Stop);
        await store.HasAsync(3);
        using (var counted = await ConnectAsync(receiver))
        {
            // In pieces that have nothing to do with the records.
            var text = Bytes(Counted("<13>1 - h a - - - 三\nwith a line feed") + Counted("<13>1 - h a - - - four"));
            foreach (var piece in text.Chunk(5))
            {
                await counted.SendAsync(piece, Stop);
                await Task.Delay(2, Stop);
            }

            await store.HasAsync(5);
            await counted.SendAsync(Bytes("50 <13>1 - h a - - - cut"), Stop);
            await Task.Delay(100, Stop);
            // Broken off, not closed.
            counted.LingerState = new LingerOption(true, 0);
        }

        await store.HasAsync(6);
        Assert.Equal(["one", "two", "unfinished", "三\nwith a line feed", "four", "cut"], store.Events.Select(e => e.Message));
        Assert.Contains(LogProblem.StreamEnded, store.Events[5].Problems);
    }

    [Fact]
    public async Task Relp_answers_a_record_only_when_it_is_stored()
    {
        var store = new Store { Gate = new SemaphoreSlim(0) };
        await using var receiver = Start(store, ReceiverTransport.Relp);
        using var socket = await ConnectAsync(receiver);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await stream.WriteAsync(Bytes("1 open 49 relp_version=0\nrelp_software=test\ncommands=syslog\n"), Stop);
        Assert.StartsWith("1 rsp ", await reader.ReadLineAsync(Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Stop), StringComparison.Ordinal);
        for (var i = 0; i < 3; i++) Assert.NotEmpty((await reader.ReadLineAsync(Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Stop))!);
        for (var i = 2; i < 12; i++)
        {
            var text = $"<13>1 - h a - - - record {i}";
            await stream.WriteAsync(Bytes($"{i} syslog {Encoding.UTF8.GetByteCount(text)} {text}\n"), Stop);
        }

        var answer = reader.ReadLineAsync(Stop).AsTask();
        await Task.Delay(300, Stop);
        Assert.False(answer.IsCompleted);
        store.Gate.Release(1000);
        for (var i = 2; i < 12; i++)
        {
            Assert.Equal($"{i} rsp 6 200 OK", await answer.WaitAsync(TimeSpan.FromSeconds(20), Stop));
            answer = reader.ReadLineAsync(Stop).AsTask();
        }

        Assert.Equal(10, store.Events.Count);
        await stream.WriteAsync(Bytes("12 close 0\n"), Stop);
        Assert.Equal("12 rsp 0", await answer.WaitAsync(TimeSpan.FromSeconds(20), Stop));
        Assert.Equal("0 serverclose 0", await reader.ReadLineAsync(Stop));
        Assert.Null(await reader.ReadLineAsync(Stop));
    }

    [Fact]
    public async Task Gelf_comes_over_udp_in_chunks_and_over_tcp_with_zero_bytes_and_a_lost_chunk_is_counted()
    {
        var store = new Store();
        await using (var receiver = Start(store, ReceiverTransport.GelfUdp))
        {
            using var client = new UdpClient();
            client.Connect(receiver.EndPoint);
            var text = Bytes("""{"version":"1.1","host":"gw1","short_message":"in chunks","level":4}""");
            for (var message = 0; message < 2; message++)
            {
                // Of the second message only the first chunk comes.
                for (var i = 0; i < (message == 0 ? 2 : 1); i++) await client.SendAsync((byte[])[0x1E, 0x0F, 0, 0, 0, 0, 0, 0, 0, (byte)message, (byte)i, 2, .. i == 0 ? text[..20] : text[20..]], Stop);
            }

            // Longer than a record may be.
            await client.SendAsync(Packed(Bytes("{\"version\":\"1.1\",\"host\":\"gw1\",\"short_message\":\"" + new string('x', 70_000) + "\"}")), Stop);
            await store.HasAsync(3);
            Assert.Equal(("in chunks", "gw1", 4), (store.Events[0].Message, store.Events[0].Host, store.Events[0].Severity));
            Assert.Contains(LogProblem.RecordCut, store.Events[1].Problems);
            Assert.Contains(LogProblem.RecordLastPiece, store.Events[2].Problems);
            for (var i = 0; i < 100 && receiver.State.Lost == 0; i++) await Task.Delay(100, Stop);
            Assert.Equal((1, 1), (receiver.State.Lost, Assert.Single(receiver.State.Senders).Lost));
        }

        await using var tcp = Start(store, ReceiverTransport.GelfTcp);
        using (var socket = await ConnectAsync(tcp)) await socket.SendAsync(Bytes("{\"version\":\"1.1\",\"host\":\"gw1\",\n\"short_message\":\"two\\nlines\"}\0{\"version\":\"1.1\",\"host\":\"gw2\",\"short_message\":\"last\"}"), Stop);
        await store.HasAsync(5);
        Assert.Equal(["gw1", "gw2"], store.Events.Skip(3).Select(e => e.Host));

        static byte[] Packed(byte[] message)
        {
            using var to = new MemoryStream();
            using (var packing = new System.IO.Compression.ZLibStream(to, System.IO.Compression.CompressionLevel.Optimal)) packing.Write(message);
            return to.ToArray();
        }
    }

    [Theory]
    [InlineData("1 syslog 5 early\n", "500")]
    [InlineData("1 open 0\n2 starttls 0\n", "500 command not supported")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "")]
    [InlineData("1 open 99999999 x\n", "")]
    [InlineData("1 open 3 abcd\n", "")]
    [InlineData("99999999999 open 0\n", "")]
    [InlineData("1  0\n", "")]
    public async Task What_is_no_relp_is_answered_or_cut_off_and_hurts_nobody_else(string sent, string answered)
    {
        var store = new Store();
        await using var receiver = Start(store, ReceiverTransport.Relp);
        using (var socket = await ConnectAsync(receiver))
        {
            await socket.SendAsync(Bytes(sent), Stop);
            socket.Shutdown(SocketShutdown.Send);
            var got = await DrainAsync(new SocketStream(socket));
            Assert.Contains(answered, got, StringComparison.Ordinal);
        }

        await RelpAsync(receiver, "after all");
        await store.HasAsync(1);
        Assert.Equal("after all", Assert.Single(store.Events).Message);
    }

    [Fact]
    public async Task Tls_takes_only_clients_that_show_a_certificate_of_the_right_authority()
    {
        using var authority = new Authority("Hufu test authority");
        using var other = new Authority("Another authority");
        using var server = authority.Issue("localhost", server: true);
        using var right = authority.Issue("client", server: false);
        using var wrong = other.Issue("client", server: false);
        var store = new Store();
        await using var receiver = Start(store, ReceiverTransport.Tls, o => o with { Certificate = server, ClientAuthorities = [authority.Certificate] });

        async Task SendAsync(X509Certificate2? certificate, string text)
        {
            using var socket = await ConnectAsync(receiver);
            await using var tls = new SslStream(new NetworkStream(socket), false, (_, shown, _, _) => shown!.Issuer == authority.Certificate.Subject);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ClientCertificates = certificate is null ? [] : [certificate] }, Stop);
            await tls.WriteAsync(Bytes(Counted(text)), Stop);
            await tls.FlushAsync(Stop);
            await tls.ShutdownAsync();
            await DrainAsync(tls);
        }

        await SendAsync(right, "<13>1 - h a - - - trusted");
        await store.HasAsync(1);
        foreach (var refused in new[] { null, wrong })
        {
            try
            {
                await SendAsync(refused, "<13>1 - h a - - - not trusted");
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
                // TLS 1.3 tells the client late, or with the first read.
            }
        }

        for (var i = 0; i < 100 && receiver.State.Refused < 2; i++) await Task.Delay(50, Stop);
        Assert.Equal(2, receiver.State.Refused);
        Assert.Equal("trusted", Assert.Single(store.Events).Message);
        Assert.Equal("logs.receiver.certificate", LogReceiver.Start(Options(ReceiverTransport.Tls), store.TakeAsync).Errors[0].Code);
    }

    [Fact]
    public async Task A_store_that_fails_for_a_while_loses_and_doubles_nothing()
    {
        var store = new Store { Failures = 2 };
        await using var receiver = Start(store, ReceiverTransport.Tcp);
        using var socket = await ConnectAsync(receiver);
        await socket.SendAsync(Bytes(string.Concat(Enumerable.Range(0, 2000).Select(i => $"<13>1 - h a - - - {i}\n"))), Stop);
        for (var i = 0; i < 100 && receiver.State.Problem is null; i++) await Task.Delay(5, Stop);
        Assert.Equal("There is no room.", receiver.State.Problem);
        await store.HasAsync(2000);
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => i.ToString(CultureInfo.InvariantCulture)), store.Events.Select(e => e.Message));
        Assert.Null((await SettledAsync(receiver, 2000)).Problem);
    }

    [Fact]
    public async Task What_udp_loses_is_counted_to_the_last_datagram()
    {
        const int sent = 3_000;
        var store = new Store { Gate = new SemaphoreSlim(0) };
        await using var receiver = Start(store, ReceiverTransport.Udp, o => o with { Queue = 100 });
        using var client = new UdpClient();
        client.Connect(receiver.EndPoint);
        for (var i = 0; i < sent; i++)
        {
            await client.SendAsync(Bytes($"<13>1 - h a - - - {i}"), Stop);
            if (i % 100 == 99) await Task.Delay(5, Stop);
        }

        for (var i = 0; i < 200 && receiver.State is var s && s.Received + s.Lost + (s.LostBySystem ?? 0) < sent; i++) await Task.Delay(25, Stop);
        var state = receiver.State;
        Assert.True(state.Lost > 0);
        Assert.Equal(sent, state.Received + state.Lost + (state.LostBySystem ?? 0));
        Assert.Equal(state.Lost, Assert.Single(state.Senders).Lost);
        store.Gate.Release(1000);
        state = await SettledAsync(receiver, state.Received);
        Assert.Equal(state.Received, store.Events.Count);
        // And it goes on.
        await client.SendAsync(Bytes("<13>1 - h a - - - again"), Stop);
        await store.HasAsync((int)state.Received + 1);
        Assert.Equal("again", store.Events[^1].Message);
    }

    [Theory]
    [InlineData(ReceiverTransport.Udp)]
    [InlineData(ReceiverTransport.Tcp)]
    public async Task Who_may_not_send_is_refused_and_counted(ReceiverTransport transport)
    {
        var store = new Store();
        await using var receiver = Start(store, transport, o => o with { Allowed = [IPNetwork.Parse("10.0.0.0/8")] });
        using var socket = new Socket(AddressFamily.InterNetwork, transport is ReceiverTransport.Udp ? SocketType.Dgram : SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(receiver.EndPoint, Stop);
        try
        {
            await socket.SendAsync(Bytes("<13>1 - h a - - - no\n"), Stop);
        }
        catch (SocketException)
        {
            // Closed already.
        }

        for (var i = 0; i < 100 && receiver.State.Refused == 0; i++) await Task.Delay(20, Stop);
        Assert.Equal((1, 0), (receiver.State.Refused, receiver.State.Received));
        Assert.Empty(store.Events);
    }

    [Fact]
    public async Task A_full_queue_holds_a_tcp_sender_back_and_memory_stays_bounded()
    {
        var store = new Store { Gate = new SemaphoreSlim(0) };
        await using var receiver = Start(store, ReceiverTransport.Tcp, o => o with { QueueBytes = 1 << 20 });
        using var socket = await ConnectAsync(receiver);
        var line = Bytes("<13>1 - h a - - - " + new string('x', 10_000) + "\n");
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 5_000; i++)
                for (var at = 0; at < line.Length;) at += await socket.SendAsync(line.AsMemory(at), Stop);
        }, Stop);
        await Task.Delay(1000, Stop);
        Assert.False(sending.IsCompleted);
        Assert.InRange(receiver.State.Waiting, 1, 200);
        store.Gate.Release(100_000);
        await sending;
        await store.HasAsync(5_000);
        Assert.Equal(0, receiver.State.Lost);
    }

    [Fact]
    public async Task What_waits_at_the_end_is_stored_and_the_port_is_free_again()
    {
        var store = new Store { Delay = TimeSpan.FromMilliseconds(200) };
        var receiver = Start(store, ReceiverTransport.Tcp);
        using (var socket = await ConnectAsync(receiver))
        {
            await socket.SendAsync(Bytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"<13>1 - h a - - - {i}\n"))), Stop);
            for (var i = 0; i < 200 && receiver.State.Received < 20_000; i++) await Task.Delay(20, Stop);
        }

        var at = receiver.EndPoint;
        await receiver.DisposeAsync();
        Assert.Equal(20_000, store.Events.Count);
        await using var again = LogReceiver.Start(Options(ReceiverTransport.Tcp) with { EndPoint = at }, store.TakeAsync).Value;
        var taken = LogReceiver.Start(Options(ReceiverTransport.Tcp) with { EndPoint = at }, store.TakeAsync);
        Assert.Equal("logs.receiver.listen", taken.Errors[0].Code);
    }

    [Fact]
    public async Task Mutated_streams_end_no_receiver()
    {
        var store = new Store { Keep = false };
        await using var relp = Start(store, ReceiverTransport.Relp);
        await using var tcp = Start(store, ReceiverTransport.Tcp);
        await using var udp = Start(store, ReceiverTransport.Udp);
        var random = new Random(20261128);
        var seeds = new[] { "1 open 10 commands=x\n2 syslog 12 <13>hello you\n3 close 0\n", Counted("<13>1 - h a - - - x") + Counted("<34>Oct 11 22:14:15 m su: y"), "<13>1 - h a - - - x\n<34>Oct 11 22:14:15 m su: y\n", "<13>1 - h audit - - - type=SYSCALL msg=audit(1.5:7): a=b\nnode=n type=PROCTITLE msg=audit(1.5:7): x\n" }.Select(Bytes).ToArray();
        using var datagrams = new UdpClient();
        datagrams.Connect(udp.EndPoint);
        for (var round = 0; round < 600; round++)
        {
            var bytes = seeds[random.Next(seeds.Length)].ToList();
            for (var k = random.Next(6); k >= 0; k--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.Insert(at, (byte)"0123456789 \n<"[random.Next(13)]); break;
                    case 2 when bytes.Count > 2: bytes.RemoveAt(at); break;
                    default: bytes.InsertRange(at, bytes.Take(random.Next(bytes.Count)).ToList()); break;
                }
            }

            await datagrams.SendAsync(bytes.ToArray(), Stop);
            using var socket = await ConnectAsync(round % 2 == 0 ? relp : tcp);
            try
            {
                await socket.SendAsync(bytes.ToArray(), Stop);
                if (random.Next(2) == 0) socket.Shutdown(SocketShutdown.Send);
                else socket.LingerState = new LingerOption(true, 0);
            }
            catch (SocketException)
            {
                // Cut off by the receiver.
            }
        }

        store.Keep = true;
        // The answer says that it is stored, whatever else is still on its way.
        await RelpAsync(relp, "after all");
        Assert.Contains(store.Events, e => e.Message == "after all");
        for (var i = 0; i < 100 && relp.State.Connections + tcp.State.Connections > 0; i++) await Task.Delay(100, Stop);
        Assert.Equal(0, relp.State.Connections + tcp.State.Connections);
    }

    private static string Counted(string text) => string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(text)} {text}");

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static ReceiverOptions Options(ReceiverTransport transport) => new() { Source = "net", Transport = transport, EndPoint = new IPEndPoint(IPAddress.Loopback, 0) };

    internal static LogReceiver Start(Store store, ReceiverTransport transport, Func<ReceiverOptions, ReceiverOptions>? change = null)
    {
        var started = LogReceiver.Start((change ?? (o => o))(Options(transport)), store.TakeAsync);
        Assert.True(started.IsOk, string.Join("; ", started.Errors));
        return started.Value;
    }

    internal static async Task<Socket> ConnectAsync(LogReceiver receiver)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(receiver.EndPoint, Stop);
        return socket;
    }

    private static async Task RelpAsync(LogReceiver receiver, string message)
    {
        using var socket = await ConnectAsync(receiver);
        var text = "<13>1 - h a - - - " + message;
        await socket.SendAsync(Bytes($"1 open 15 commands=syslog\n2 syslog {text.Length} {text}\n3 close 0\n"), Stop);
        var said = await DrainAsync(new SocketStream(socket));
        Assert.Contains("2 rsp 6 200 OK", said, StringComparison.Ordinal);
    }

    private static async Task<string> DrainAsync(Stream stream)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        using var got = new MemoryStream();
        try
        {
            await stream.CopyToAsync(got, patience.Token);
        }
        catch (IOException)
        {
            // Reset.
        }

        return Encoding.UTF8.GetString(got.ToArray());
    }

    // A network stream is not given for a socket whose one side is shut.
    private sealed class SocketStream(Socket socket) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await socket.ReceiveAsync(buffer, cancellationToken);
            }
            catch (SocketException)
            {
                return 0;
            }
        }
    }

    private static async Task<ReceiverState> SettledAsync(LogReceiver receiver, long stored)
    {
        for (var i = 0; i < 400 && receiver.State.Stored < stored; i++) await Task.Delay(25, Stop);
        return receiver.State;
    }

    /// <summary>A store that can be slow, closed or out of room.</summary>
    internal sealed class Store
    {
        private readonly ConcurrentQueue<LogEvent> events = new();
        private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int failures;

        internal SemaphoreSlim? Gate { get; init; }

        internal int Failures { init => failures = value; }

        internal TimeSpan Delay { get; init; }

        internal volatile bool Keep = true;

        internal IReadOnlyList<LogEvent> Events => [.. events];

        internal async Task TakeAsync(IReadOnlyList<LogEvent> given, CancellationToken cancellation)
        {
            asked.TrySetResult();
            if (Gate is not null) await Gate.WaitAsync(cancellation);
            if (Delay > TimeSpan.Zero) await Task.Delay(Delay, cancellation);
            if (Interlocked.Decrement(ref failures) >= 0) throw new IOException("There is no room.");
            if (!Keep) return;
            foreach (var item in given) events.Enqueue(item);
        }

        internal Task WhenAskedAsync() => asked.Task.WaitAsync(TimeSpan.FromSeconds(20), Stop);

        internal async Task HasAsync(int count)
        {
            for (var i = 0; i < 1200 && events.Count < count; i++) await Task.Delay(25, Stop);
            Assert.Equal(count, events.Count);
        }
    }

    /// <summary>Makes certificates that it has signed.</summary>
    private sealed class Authority : IDisposable
    {
        private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private byte serial = 1;

        internal Authority(string name)
        {
            var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        }

        internal X509Certificate2 Certificate { get; }

        internal X509Certificate2 Issue(string name, bool server)
        {
            using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=" + name, own, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], false));
            using var signed = request.Create(Certificate, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(7), [serial++]);
            using var whole = signed.CopyWithPrivateKey(own);
            return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
        }

        public void Dispose()
        {
            Certificate.Dispose();
            key.Dispose();
        }
    }
}
