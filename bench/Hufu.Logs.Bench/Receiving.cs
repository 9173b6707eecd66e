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

    /// <summary>UDP at a steady rate: what is lost.</summary>
    internal static async Task SteadyAsync(byte[][] lines, int rate, int seconds)
    {
        lines = [.. lines.Where(line => line[0] == '<')];
        var folder = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
        try
        {
            await using var store = LogStore.Open(folder);
            await using var receiver = LogReceiver.Start(new ReceiverOptions { Source = "bench", Transport = ReceiverTransport.Udp, EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, (events, cancellation) => store.AppendAsync(events, cancellation)).Value;
            await PacedAsync(receiver.EndPoint, lines, 20_000, 5);
            var (before, cpu) = (receiver.State, Process.GetCurrentProcess().TotalProcessorTime);
            var sent = await PacedAsync(receiver.EndPoint, lines, rate, seconds);
            await SettledAsync(receiver);
            var (after, used) = (receiver.State, Process.GetCurrentProcess().TotalProcessorTime - cpu);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"UDP at {rate:N0}/s for {seconds} s, parsed, sealed and stored: {sent:N0} sent, {after.Stored - before.Stored:N0} stored, {Lost(after) - Lost(before):N0} lost; cpu {used.TotalMicroseconds / sent:F2} us each with the sender; memory {Environment.WorkingSet / 1e6:F0} MB"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Ten times what the store may take: memory, loss, and what comes after it.</summary>
    internal static async Task OverloadAsync(byte[][] lines, int seconds)
    {
        const int May = 8_000;
        lines = [.. lines.Where(line => line[0] == '<')];
        var folder = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
        try
        {
            await using var store = LogStore.Open(folder);
            var watch = Stopwatch.StartNew();
            var taken = 0L;
            await using var receiver = LogReceiver.Start(
                new ReceiverOptions { Source = "bench", Transport = ReceiverTransport.Udp, EndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
                async (events, cancellation) =>
                {
                    await store.AppendAsync(events, cancellation);
                    taken += events.Count;
                    if (TimeSpan.FromSeconds(taken / (double)May) - watch.Elapsed is { Ticks: > 0 } early) await Task.Delay(early, cancellation);
                }).Value;
            var sent = 0L;
            for (var left = seconds; left > 0; left -= 30)
            {
                sent += await PacedAsync(receiver.EndPoint, lines, 10 * May, Math.Min(30, left));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"overload, {seconds - left + Math.Min(30, left)} s: {sent:N0} sent, {receiver.State.Stored:N0} stored, {Lost(receiver.State):N0} lost and counted; memory {Environment.WorkingSet / 1e6:F0} MB"));
            }

            await SettledAsync(receiver);
            var state = receiver.State;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"afterwards: {state.Stored:N0} stored + {Lost(state):N0} lost of {sent:N0} sent: {(state.Stored + Lost(state) == sent ? "all accounted for" : "NOT ALL ACCOUNTED FOR")}"));
            watch.Restart();
            taken = 0;
            var more = await PacedAsync(receiver.EndPoint, lines, May / 2, 10);
            await SettledAsync(receiver);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"half the rate for 10 s after it: {more:N0} sent, {receiver.State.Stored - state.Stored:N0} stored, {Lost(receiver.State) - Lost(state):N0} lost; memory {Environment.WorkingSet / 1e6:F0} MB, peak {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:F0} MB"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long Lost(ReceiverState state) => state.Lost + (state.LostBySystem ?? 0);

    private static async Task SettledAsync(LogReceiver receiver)
    {
        for (var (last, same) = (-1L, 0); same < 20;)
        {
            await Task.Delay(100);
            var now = receiver.State.Stored + Lost(receiver.State);
            same = now == last && receiver.State.Waiting == 0 ? same + 1 : 0;
            last = now;
        }
    }

    private static Task<long> PacedAsync(IPEndPoint to, byte[][] lines, int rate, int seconds) => Task.Factory.StartNew(
        () =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(to);
            var (watch, sent) = (Stopwatch.StartNew(), 0L);
            while (watch.Elapsed.TotalSeconds < seconds)
            {
                for (var due = (long)(watch.Elapsed.TotalSeconds * rate); sent < due; sent++) socket.Send(lines[sent % lines.Length]);
                Thread.Sleep(1);
            }

            return sent;
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

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
