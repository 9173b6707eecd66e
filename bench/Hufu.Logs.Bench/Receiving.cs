using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hufu.Logs;
using Hufu.Logs.Receive;

/// <summary>What receiving takes: into nothing, into the store with proofs, and rsyslogd writing a text file from the same sender.</summary>
internal static class Receiving
{
    internal static async Task RunAsync(byte[][] lines)
    {
        // rsyslogd takes the digit at the beginning of other lines for a frame.
        lines = [.. lines.Where(line => line[0] == '<')];
        Console.WriteLine();
        Console.WriteLine($"Receiving {lines.Length:N0} records over the loopback; the sender shares the processors");
        // A server that has just started is still being compiled: the first pass is for that alone.
        await OursAsync(ReceiverTransport.Tcp, [.. lines.Take(200_000)], true);
        foreach (var transport in new[] { ReceiverTransport.Tcp, ReceiverTransport.Udp, ReceiverTransport.Relp })
            foreach (var stored in new[] { false, true })
                await OursAsync(transport, lines, stored);
        await RsyslogAsync(lines);
    }

    private static async Task OursAsync(ReceiverTransport transport, byte[][] lines, bool stored)
    {
        var folder = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
        try
        {
            await using var store = stored ? LogStore.Open(folder, new LogStoreOptions { SealAfterEvents = Math.Max(1, lines.Length / 5) }) : null;
            await using var receiver = LogReceiver.Start(
                new ReceiverOptions { Source = "bench", Transport = transport, EndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
                store is null ? (_, _) => Task.CompletedTask : (events, cancellation) => store.AppendAsync(events, cancellation)).Value;
            var watch = Stopwatch.StartNew();
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            var (allocated, collections) = (GC.GetTotalAllocatedBytes(), (GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)));
            if (transport is ReceiverTransport.Udp) await DatagramsAsync(receiver.EndPoint, lines);
            else await StreamAsync(receiver.EndPoint, lines, transport is ReceiverTransport.Relp);
            var sent = watch.Elapsed;
            while (receiver.State is var s && s.Stored + s.Lost + (s.LostBySystem ?? 0) < lines.Length) await Task.Delay(5);
            if (store is not null) await store.SealAsync();
            var state = receiver.State;
            var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{transport + (stored ? ", parsed, sealed and stored" : ", parsed"),-44} {watch.Elapsed.TotalSeconds,8:F2} s {state.Stored / watch.Elapsed.TotalSeconds,12:N0} /s   cpu {used.TotalMicroseconds / lines.Length,7:F2} us each, sender included; sent in {sent.TotalSeconds:F2} s, lost {state.Lost + (state.LostBySystem ?? 0):N0}; {(GC.GetTotalAllocatedBytes() - allocated) / lines.Length:N0} B allocated each, collections {GC.CollectionCount(0) - collections.Item1}/{GC.CollectionCount(1) - collections.Item2}/{GC.CollectionCount(2) - collections.Item3}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RsyslogAsync(byte[][] lines)
    {
        if (!File.Exists("/usr/sbin/rsyslogd")) return;
        var folder = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
        var port = 15514;
        var output = Path.Combine(folder, "out");
        await File.WriteAllTextAsync(Path.Combine(folder, "rs.conf"), $$"""
            global(workDirectory="{{folder}}")
            main_queue(queue.type="FixedArray" queue.size="2000000" queue.dequeueBatchSize="4096" queue.workerThreads="2")
            module(load="imudp" timeRequery="8" batchSize="128")
            module(load="imtcp")
            template(name="raw" type="string" string="%rawmsg%\n")
            ruleset(name="r") { action(type="omfile" file="{{output}}" template="raw" asyncWriting="on" ioBufferSize="256k" flushOnTXEnd="off") }
            input(type="imudp" address="127.0.0.1" port="{{port}}" rcvbufSize="64m" ruleset="r")
            input(type="imtcp" address="127.0.0.1" port="{{port}}" ruleset="r")
            """);
        using var daemon = Process.Start(new ProcessStartInfo("/usr/sbin/rsyslogd", ["-n", "-f", Path.Combine(folder, "rs.conf"), "-i", Path.Combine(folder, "pid")]))!;
        try
        {
            await Task.Delay(1_000);
            foreach (var transport in new[] { ReceiverTransport.Tcp, ReceiverTransport.Udp })
            {
                var before = File.Exists(output) ? new FileInfo(output).Length : 0;
                var cpu = daemon.TotalProcessorTime;
                var watch = Stopwatch.StartNew();
                var to = new IPEndPoint(IPAddress.Loopback, port);
                if (transport is ReceiverTransport.Udp) await DatagramsAsync(to, lines);
                else await StreamAsync(to, lines, relp: false);
                var (last, since) = (0L, Stopwatch.StartNew());
                while (since.Elapsed < TimeSpan.FromSeconds(2))
                {
                    await Task.Delay(20);
                    var now = File.Exists(output) ? new FileInfo(output).Length : 0;
                    if (now == last) continue;
                    last = now;
                    since.Restart();
                }

                daemon.Refresh();
                var took = watch.Elapsed - since.Elapsed;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"rsyslogd, " + transport + ", into a text file",-44} {took.TotalSeconds,8:F2} s {lines.Length / took.TotalSeconds,12:N0} /s   its cpu {(daemon.TotalProcessorTime - cpu).TotalMicroseconds / lines.Length,7:F2} us each; {(last - before) / 1e6:F0} MB written"));
            }
        }
        finally
        {
            daemon.Kill();
            await daemon.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task DatagramsAsync(IPEndPoint to, byte[][] lines)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(to);
        await Task.Run(() =>
        {
            foreach (var line in lines) socket.Send(line);
        });
    }

    private static async Task StreamAsync(IPEndPoint to, byte[][] lines, bool relp)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(to);
        await using var stream = new NetworkStream(socket);
        var draining = relp ? Task.Run(() => stream.CopyToAsync(Stream.Null)) : Task.CompletedTask;
        await Task.Run(async () =>
        {
            await using var buffered = new BufferedStream(stream, 1 << 16);
            if (relp) buffered.Write("1 open 15 commands=syslog\n"u8);
            for (var i = 0; i < lines.Length; i++)
            {
                if (relp) buffered.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(i + 2) % 999_999_999} syslog {lines[i].Length} ")));
                buffered.Write(lines[i]);
                buffered.WriteByte((byte)'\n');
            }

            if (relp) buffered.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{lines.Length + 2} close 0\n")));
            await buffered.FlushAsync();
            if (relp) await draining;
        });
    }
}
