using System.Net.Sockets;
using System.Text;
using Hufu.Logs.Receive;
using static Hufu.Logs.Tests.Receive.ReceiverTests;

namespace Hufu.Logs.Tests.Receive;

/// <summary>The records of one event of the Linux audit system come one by one over the network and are one event in the store.</summary>
public sealed class AuditTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static readonly string[] Event =
    [
        "type=SYSCALL msg=audit(1767488523.123:456): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e ppid=1 pid=77 auid=1000 uid=0 comm=\"cat\" exe=\"/usr/bin/cat\" key=\"secrets\"",
        "type=EXECVE msg=audit(1767488523.123:456): argc=2 a0=\"cat\" a1=\"/etc/shadow\"",
        "type=CWD msg=audit(1767488523.123:456): cwd=\"/root\"",
        "type=PATH msg=audit(1767488523.123:456): item=0 name=\"/etc/shadow\" inode=12 nametype=NORMAL",
        "type=PROCTITLE msg=audit(1767488523.123:456): proctitle=636174002F6574632F736861646F77",
        "type=EOE msg=audit(1767488523.123:456): ",
    ];

    [Theory]
    [InlineData("<13>Jan  4 01:02:03 {0} audispd: ")]
    [InlineData("<13>Jan  4 01:02:03 {0} audisp-syslog[812]: ")]
    [InlineData("<13>1 2026-01-04T09:15:03.130+00:00 {0} tag_audit - - - ")]
    [InlineData("<13>1 2026-01-04T01:02:03.130+00:00 {0} audit 812 - [x@32473 k=\"v\"] ")]
    [InlineData("node={0} ")]
    public async Task Records_of_two_hosts_behind_one_relay_are_joined_each_with_its_own(string header)
    {
        var store = new ReceiverTests.Store();
        await using var receiver = Start(store, ReceiverTransport.Tcp);
        using var socket = await ConnectAsync(receiver);
        // The same file from two hosts whose names differ by one digit, record by record, with the line of another program between them.
        var one = Event.Select(record => header.Replace("{0}", "web1", StringComparison.Ordinal) + record).ToArray();
        var two = Event.Select(record => header.Replace("{0}", "web2", StringComparison.Ordinal) + record.Replace("\"cat\"", "\"dog\"", StringComparison.Ordinal)).ToArray();
        var lines = one.Zip(two).SelectMany(pair => new[] { pair.First, pair.Second }).ToList();
        lines.Insert(3, "<13>1 - h a - - - between");
        await socket.SendAsync(Encoding.UTF8.GetBytes(string.Join("\r\n", lines) + "\r\n"), Stop);
        await store.HasAsync(3);
        Assert.Equal(["<13>1 - h a - - - between", string.Join('\n', one), string.Join('\n', two)], store.Events.Select(e => e.Raw));
        var joined = store.Events[1];
        Assert.Equal(("auditd", "web1", "SYSCALL EXECVE CWD PATH PROCTITLE EOE"), (joined.Field("event.module"), joined.Host, joined.Field("types")));
        Assert.Equal(("cat", "/etc/shadow", "/root", "secrets", "456"), (joined.Field("a0"), joined.Field("a1"), joined.Field("cwd"), joined.Field("key"), joined.Field("serial")));
        Assert.Equal(("web2", "dog"), (store.Events[2].Host, store.Events[2].Field("a0")));
        // Whatever the header says of when it was passed on.
        Assert.Equal((new DateTimeOffset(2026, 1, 4, 1, 2, 3, 123, TimeSpan.Zero), false), (joined.OccurredAt, joined.TimeZoneAssumed));
        Assert.Empty(joined.Problems);
        Assert.Equal("cat /etc/shadow", AuditRecords.Of(joined)!.CommandLine);
        Assert.Equal(["55d", "cat"], AuditRecords.Of(joined)!.Values("a0"));
        Assert.Contains(new LogSourceHint("linux", null, "auditd"), LogSourceHints.For(joined));
        // Records are counted, not events.
        var state = receiver.State;
        for (var i = 0; i < 200 && state.Stored < 13; i++, state = receiver.State) await Task.Delay(10, Stop);
        Assert.Equal((13, 13, 0), (state.Received, state.Stored, state.Waiting));
    }

    [Fact]
    public async Task An_event_without_an_end_waits_a_while_and_relp_answers_each_of_its_records_when_it_is_stored()
    {
        var store = new ReceiverTests.Store { Gate = new SemaphoreSlim(0) };
        await using var receiver = Start(store, ReceiverTransport.Relp);
        using var socket = await ConnectAsync(receiver);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await stream.WriteAsync(Encoding.UTF8.GetBytes("1 open 10 commands=x\n"), Stop);
        for (var i = 0; i < 4; i++) await reader.ReadLineAsync(Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Stop);
        for (var i = 0; i < 3; i++) await stream.WriteAsync(Encoding.UTF8.GetBytes($"{i + 2} syslog {Encoding.UTF8.GetByteCount(Event[i])} {Event[i]}\n"), Stop);
        var answer = reader.ReadLineAsync(Stop).AsTask();
        // It has been given to the store, which does not take it yet.
        await store.WhenAskedAsync();
        Assert.False(answer.IsCompleted);
        store.Gate.Release(100);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"{i + 2} rsp 6 200 OK", await answer.WaitAsync(TimeSpan.FromSeconds(20), Stop));
            answer = reader.ReadLineAsync(Stop).AsTask();
        }

        Assert.Equal(string.Join('\n', Event[..3]), Assert.Single(store.Events).Raw);
        // What comes late is an event of its own; closing waits for it.
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"5 syslog {Encoding.UTF8.GetByteCount(Event[3])} {Event[3]}\n6 close 0\n"), Stop);
        Assert.Equal("5 rsp 6 200 OK", await answer.WaitAsync(TimeSpan.FromSeconds(20), Stop));
        Assert.Equal("6 rsp 0", await reader.ReadLineAsync(Stop));
        Assert.Equal(Event[3], store.Events[1].Raw);
    }

    [Fact]
    public async Task A_receiver_that_ends_stores_what_waits()
    {
        var store = new ReceiverTests.Store();
        var receiver = Start(store, ReceiverTransport.Udp);
        using (var client = new UdpClient())
        {
            client.Connect(receiver.EndPoint);
            for (var i = 0; i < 4; i++) await client.SendAsync(Encoding.UTF8.GetBytes(Event[i] + "\n"), Stop);
            for (var i = 0; i < 500 && receiver.State.Received < 4; i++) await Task.Delay(5, Stop);
        }

        await receiver.DisposeAsync();
        Assert.Equal(string.Join('\n', Event[..4]), Assert.Single(store.Events).Raw);
        Assert.Equal(4, receiver.State.Stored);
    }

    [Fact]
    public async Task No_more_waits_than_a_batch_and_each_record_is_there_once()
    {
        var store = new ReceiverTests.Store();
        await using var receiver = Start(store, ReceiverTransport.Tcp, options => options with { Queue = 16 });
        using var socket = await ConnectAsync(receiver);
        // None of these ends, each is of an event of its own; then one event of more records than may wait.
        var lines = Enumerable.Range(0, 2_000).Select(i => $"type=SYSCALL msg=audit(1767488523.123:{i}): arch=c000003e syscall=59 exe=\"/bin/{i}\"").ToList();
        lines.AddRange(Enumerable.Range(0, 2_000).Select(i => $"type=PATH msg=audit(1767488524.123:9999): item={i} name=\"/tmp/{i}\""));
        await socket.SendAsync(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), Stop);
        for (var i = 0; i < 1_000 && receiver.State.Stored < lines.Count; i++) await Task.Delay(20, Stop);
        Assert.Equal((lines.Count, 0), (receiver.State.Stored, receiver.State.Waiting));
        Assert.Equal(lines, store.Events.SelectMany(e => e.Raw.Split('\n')));
    }

    [Theory]
    // Told so; read as something else; a text about such a record; a record in another's frame.
    [InlineData(false, null, "")]
    [InlineData(true, "json", "")]
    [InlineData(true, null, "<13>Jan  4 01:02:03 web1 app: seen ")]
    [InlineData(true, null, "{\"message\":\" ")]
    public async Task What_is_no_audit_record_by_itself_is_kept_as_it_comes(bool join, string? format, string before)
    {
        var store = new ReceiverTests.Store();
        await using var receiver = Start(store, ReceiverTransport.Tcp, options => options with { Parse = options.Parse with { JoinLines = join, Format = format } });
        using var socket = await ConnectAsync(receiver);
        await socket.SendAsync(Encoding.UTF8.GetBytes(string.Concat(Event.Select(record => before + record + "\n"))), Stop);
        await store.HasAsync(Event.Length);
        Assert.Equal(Event.Select(record => before + record), store.Events.Select(e => e.Raw).Select(raw => raw.TrimEnd('\n')));
    }

    [Theory]
    [InlineData("audit: type=1300 audit(1767488523.123:7): arch=c000003e syscall=59", "audit: type=1327 audit(1767488523.123:7): proctitle=636174")]
    [InlineData("<5>Jan  4 01:02:03 web1 kernel: [  12.345678] audit: type=1300 audit(1767488523.123:7): arch=c000003e", "<5>Jan  4 01:02:03 web1 kernel: [  12.345679] audit: type=1327 audit(1767488523.123:7): proctitle=636174")]
    [InlineData("Jan  4 01:02:03 web1 audispd: type=SYSCALL msg=audit(1767488523.123:7): arch=c000003e", "Jan  4 01:02:04 web1 audispd: type=PROCTITLE msg=audit(1767488523.123:7): proctitle=636174")]
    public async Task Files_with_headers_and_of_the_kernel_are_joined_as_well(string first, string last)
    {
        var (events, problems) = await WholeFileTests.ReadAsync(Encoding.UTF8.GetBytes($"{first}\n{last}\nthe next\n"));
        Assert.Empty(problems);
        Assert.Equal([$"{first}\n{last}", "the next"], events.Select(e => e.Raw));
        Assert.Equal("cat", events[0].Field("proctitle"));
    }
}
