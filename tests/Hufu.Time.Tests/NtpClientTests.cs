using System.Net;
using System.Net.Sockets;

namespace Hufu.Time.Tests;

/// <summary>The client against a server that says what it is told to.</summary>
public class NtpClientTests
{
    [Fact]
    public async Task A_good_server_is_fine_and_the_shortest_way_counts()
    {
        await using var server = new FakeServer((i, request) =>
        {
            // Half of them tarry on the way back, which looks like a clock that is off.
            var packet = new Answer().To(request, DateTimeOffset.UtcNow);
            if (i % 2 == 0) Thread.Sleep(60);
            return [packet];
        });
        var answer = await server.AskAsync(samples: 4);
        Assert.Equal((TimeVerdict.Fine, 4, 4, 0), (answer.Verdict, answer.Sent, answer.Received, answer.Dropped));
        Assert.Null(answer.Reason);
        Assert.True(Math.Abs(answer.Best!.Offset) < 0.025, $"{answer.Best.Offset}");
        Assert.True(answer.Best.Delay < 0.05, $"{answer.Best.Delay}");
        Assert.InRange(answer.Jitter!.Value, 0.01, 0.2);
        Assert.Equal(4, server.Requests.Select(Convert.ToHexString).Distinct().Count());
    }

    [Theory]
    [InlineData(90.0)]
    [InlineData(-90.0)]
    public async Task A_clock_that_is_off_is_off_by_that(double ahead)
    {
        await using var server = FakeServer.Of(new Answer { Ahead = ahead });
        var answer = await server.AskAsync();
        Assert.Equal((TimeVerdict.Off, "time.off"), (answer.Verdict, answer.Reason!.Code));
        Assert.Equal(ahead, answer.Best!.Offset, 0.2);
        await using var same = FakeServer.Of(new Answer { Ahead = ahead });
        Assert.Equal(TimeVerdict.Fine, (await same.AskAsync(limits: new TimeLimits(Offset: 100))).Verdict);
    }

    [Fact]
    public async Task A_server_that_is_not_synchronised_has_no_offset()
    {
        foreach (var stratum in (int[])[0, 2, 16])
        {
            await using var server = FakeServer.Of(new Answer { Leap = stratum == 16 ? 0 : 3, Stratum = stratum, ReferenceId = 0 });
            var answer = await server.AskAsync(samples: 3);
            Assert.Equal((TimeVerdict.Unsynchronised, 1), (answer.Verdict, answer.Sent));
            Assert.Null(answer.Best);
        }
    }

    [Fact]
    public async Task A_server_too_far_from_the_reference_clock_is_not_synchronised()
    {
        await using var server = FakeServer.Of(new Answer { RootDispersion = 1.5 });
        Assert.Equal((TimeVerdict.Unsynchronised, "time.root-distance"), Told(await server.AskAsync()));
        await using var slow = FakeServer.Of(new Answer { RootDelay = 3 });
        Assert.Equal((TimeVerdict.Unsynchronised, "time.root-distance"), Told(await slow.AskAsync()));
        await using var high = FakeServer.Of(new Answer { Stratum = 9 });
        Assert.Equal((TimeVerdict.Unsynchronised, "time.stratum-too-high"), Told(await high.AskAsync(limits: new TimeLimits(Stratum: 5))));
    }

    [Theory]
    [InlineData("DENY")]
    [InlineData("RSTR")]
    [InlineData("RATE")]
    public async Task After_a_kiss_no_more_is_asked(string code)
    {
        await using var server = FakeServer.Of(new Answer(), new Answer { Stratum = 0, Leap = 3, Kiss = code });
        var answer = await server.AskAsync(samples: 8);
        Assert.Equal((TimeVerdict.Kiss, "time.kiss"), Told(answer));
        Assert.Equal((2, code), (server.Requests.Count, answer.Packet!.KissCode));
    }

    [Fact]
    public async Task Silence_is_silence_and_a_closed_port_is_refused()
    {
        await using var server = FakeServer.Of();
        Assert.Equal((TimeVerdict.Silent, "time.silent"), Told(await server.AskAsync()));
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)closed.LocalEndPoint!).Port;
        closed.Dispose();
        var query = new NtpQuery { Samples = 2, Pause = TimeSpan.Zero, Timeout = TimeSpan.FromMilliseconds(300) };
        Assert.Equal((TimeVerdict.Refused, "time.refused"), Told(await NtpClient.QueryAsync("127.0.0.1", port, query, TestContext.Current.CancellationToken)));
        Assert.Equal((TimeVerdict.Silent, "time.no-name"), Told(await NtpClient.QueryAsync("no-such-name.invalid", 123, query, TestContext.Current.CancellationToken)));
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("mode")]
    [InlineData("version")]
    [InlineData("zero-transmit")]
    [InlineData("length")]
    public async Task What_is_no_answer_is_bogus_unless_the_answer_comes_behind_it(string wrong)
    {
        byte[] Spoiled(byte[] request) => wrong switch
        {
            "origin" => new Answer { Origin = 42, Ahead = 500 }.To(request, DateTimeOffset.UtcNow),
            "mode" => new Answer { Mode = 5, Ahead = 500 }.To(request, DateTimeOffset.UtcNow),
            "version" => new Answer { Version = 1, Ahead = 500 }.To(request, DateTimeOffset.UtcNow),
            "zero-transmit" => new Answer { Transmit = 0 }.To(request, DateTimeOffset.UtcNow),
            _ => new byte[40],
        };
        await using var alone = new FakeServer((_, request) => [Spoiled(request)]);
        Assert.Equal((TimeVerdict.Bogus, "time.ntp." + wrong), Told(await alone.AskAsync()));
        await using var beside = new FakeServer((_, request) => [Spoiled(request), Spoiled(request), new Answer().To(request, DateTimeOffset.UtcNow)]);
        var answer = await beside.AskAsync();
        Assert.Equal((TimeVerdict.Fine, 2), (answer.Verdict, answer.Dropped));
    }

    [Fact]
    public async Task An_answer_from_another_address_does_not_come_in()
    {
        using var elsewhere = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        elsewhere.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var asking = NtpClient.QueryAsync("127.0.0.1", ((IPEndPoint)server.LocalEndPoint!).Port, new NtpQuery { Samples = 1, Timeout = TimeSpan.FromMilliseconds(500) }, TestContext.Current.CancellationToken);
        var buffer = new byte[100];
        var came = await server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), TestContext.Current.CancellationToken);
        // It knows what was sent, and is still not the one who was asked.
        await elsewhere.SendToAsync(new Answer { Ahead = 500 }.To(buffer, DateTimeOffset.UtcNow), came.RemoteEndPoint, TestContext.Current.CancellationToken);
        var answer = await asking;
        Assert.Equal((TimeVerdict.Silent, 0, 0), (answer.Verdict, answer.Received, answer.Dropped));
    }

    [Fact]
    public async Task A_flood_ends()
    {
        await using var server = new FakeServer((_, _) => [.. Enumerable.Range(0, 200).Select(_ => new byte[48])]);
        var answer = await server.AskAsync(samples: 4);
        Assert.Equal(TimeVerdict.Bogus, answer.Verdict);
        Assert.InRange(answer.Dropped, 1, 64);
    }

    [Fact]
    public async Task Our_clock_may_be_set_while_the_answer_is_on_its_way()
    {
        var clock = new Jumping();
        await using var server = new FakeServer((_, request) =>
        {
            clock.Jump = TimeSpan.FromHours(1);
            return [new Answer().To(request, DateTimeOffset.UtcNow)];
        });
        var answer = await server.AskAsync(clock: clock);
        Assert.Equal(TimeVerdict.Fine, answer.Verdict);
        Assert.True(answer.Best!.Delay < 0.3, $"{answer.Best.Delay}");
    }

    [Fact]
    public async Task A_server_that_follows_its_own_clock_is_told_as_such()
    {
        await using var server = FakeServer.Of(new Answer { ReferenceId = 0x7F7F0101 });
        var answer = await server.AskAsync();
        Assert.True(answer is { Verdict: TimeVerdict.Fine, IsOwnClock: true });
    }

    private static (TimeVerdict, string?) Told(NtpAnswer answer) => (answer.Verdict, answer.Reason?.Code);

    private sealed class Jumping : TimeProvider
    {
        internal TimeSpan Jump { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;
    }
}
