using System.Net;
using Hufu.Jobs.Http;
using Microsoft.AspNetCore.Http;

namespace Hufu.Jobs.Tests;

public sealed class SafeHttpTests
{
    private static OutboundOptions Allow(params IReadOnlyList<string> entries)
    {
        var options = new OutboundOptions();
        foreach (var entry in entries) options.Allowed.Add(entry);
        return options;
    }

    private static async Task<string> CodeAsync(SafeHttp http, string url, int maxBody = 1024, int seconds = 5)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        var answer = await http.SendAsync(request, TimeSpan.FromSeconds(seconds), maxBody, default);
        return answer.IsOk ? ((int)answer.Value.Status).ToString() : answer.Errors[0].Code;
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("100.63.255.255", true)]
    [InlineData("223.255.255.255", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("2001:4860:4860::8888", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("0.1.2.3", false)]
    [InlineData("10.255.255.255", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.0.0.192", false)]
    [InlineData("192.0.2.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("198.51.100.7", false)]
    [InlineData("203.0.113.7", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("::ffff:0:127.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("64:ff9b:1::808:808", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2002:a00:1::1", false)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("3fff::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fe80::1%2", false)]
    [InlineData("fec0::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("ff02::1", false)]
    [InlineData("100::1", false)]
    [InlineData("4000::1", false)]
    public void Only_public_addresses_are_open_by_themselves(string address, bool open)
    {
        Assert.Equal(open, AddressGuard.IsPublic(IPAddress.Parse(address)));
        Assert.Equal(open, new AddressGuard(new OutboundOptions()).Allows(IPAddress.Parse(address), address));
    }

    [Theory]
    [InlineData("10.1.0.0/16", "10.1.2.3", "h", true)]
    [InlineData("10.1.0.0/16", "10.2.2.3", "h", false)]
    [InlineData("10.1.2.3", "::ffff:10.1.2.3", "h", true)]
    [InlineData("10.1.2.3", "10.1.2.4", "h", false)]
    [InlineData("fd00::/8", "fd12::1", "h", true)]
    [InlineData("hooks.example.local", "10.9.9.9", "hooks.example.local", true)]
    [InlineData("hooks.example.local", "10.9.9.9", "HOOKS.example.local.", true)]
    [InlineData("hooks.example.local", "10.9.9.9", "evil-hooks.example.local", false)]
    [InlineData(".example.local", "192.168.3.4", "a.example.local", true)]
    [InlineData(".example.local", "192.168.3.4", "aexample.local", false)]
    [InlineData("hooks.example.local", "169.254.169.254", "hooks.example.local", false)]
    [InlineData("169.254.0.0/16", "169.254.169.254", "x", true)]
    public void The_operator_can_open_more(string allowed, string address, string host, bool open) =>
        Assert.Equal(open, new AddressGuard(Allow(allowed)).Allows(IPAddress.Parse(address), host));

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f000001/")]
    [InlineData("http://0177.0.0.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://0/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:7f00:1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[64:ff9b::127.0.0.1]/")]
    [InlineData("http://１２７.0.0.1/")]
    [InlineData("https://169.254.169.254/latest/meta-data/")]
    public async Task An_internal_address_is_refused_however_it_is_written(string url)
    {
        using var http = new SafeHttp(new OutboundOptions());
        Assert.Equal("http.address-not-allowed", http.Check(new Uri(url))?.Code);
        Assert.Equal("http.address-not-allowed", await CodeAsync(http, url));
    }

    [Theory]
    [InlineData("ftp://example.org/", "http.scheme")]
    [InlineData("file:///etc/passwd", "http.scheme")]
    [InlineData("gopher://example.org/", "http.scheme")]
    [InlineData("https://user@example.org/", "http.user-info")]
    public void Other_schemes_and_credentials_are_refused(string url, string code)
    {
        using var http = new SafeHttp(new OutboundOptions());
        Assert.Equal(code, http.Check(new Uri(url))?.Code);
    }

    [Fact]
    public async Task A_name_is_judged_by_where_it_leads_at_the_moment_of_connecting()
    {
        await using var receiver = await Receiver.StartAsync();
        foreach (var internalAddress in new[] { "127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.5" })
        {
            using var http = new SafeHttp(new OutboundOptions(), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(internalAddress)]));
            Assert.Null(http.Check(new Uri($"http://hooks.example.org:{receiver.Port}/")));
            Assert.Equal("http.address-not-allowed", await CodeAsync(http, $"http://hooks.example.org:{receiver.Port}/"));
        }

        using var localhost = new SafeHttp(new OutboundOptions());
        Assert.Equal("http.address-not-allowed", await CodeAsync(localhost, $"http://localhost:{receiver.Port}/"));
        Assert.Empty(receiver.Requests);

        using var allowed = new SafeHttp(Allow("hooks.example.org"), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        Assert.Equal("200", await CodeAsync(allowed, $"http://hooks.example.org:{receiver.Port}/"));
    }

    [Fact]
    public async Task A_name_that_changes_its_mind_after_the_first_look_gains_nothing()
    {
        await using var receiver = await Receiver.StartAsync();
        var answers = new Queue<string>(["127.0.0.2", "127.0.0.1", "127.0.0.1"]);
        // Loopback addresses stand in for the public one of the first answer.
        using var http = new SafeHttp(Allow("127.0.0.2"), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(answers.Dequeue())]));
        await CodeAsync(http, $"http://rebind.example.org:{receiver.Port}/");
        Assert.Equal("http.address-not-allowed", await CodeAsync(http, $"http://rebind.example.org:{receiver.Port}/"));
        Assert.Empty(receiver.Requests);
    }

    [Fact]
    public async Task A_redirect_comes_back_as_it_is()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers.Enqueue(302);
        using var http = new SafeHttp(Allow("127.0.0.1"));
        Assert.Equal("302", await CodeAsync(http, receiver.Url));
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task A_body_is_read_to_its_limit_and_a_slow_one_is_given_up()
    {
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            if (context.Request.Path == "/big")
            {
                for (var i = 0; i < 64; i++) await context.Response.WriteAsync(new string('x', 1024));
                return true;
            }

            await context.Response.WriteAsync("a");
            await context.Response.Body.FlushAsync();
            await Task.Delay(TimeSpan.FromSeconds(20), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        });
        using var http = new SafeHttp(Allow("127.0.0.1"));
        using var big = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{receiver.Port}/big");
        var answer = (await http.SendAsync(big, TimeSpan.FromSeconds(10), 20_000, default)).Value;
        Assert.Equal((20_000, true), (answer.Body.Length, answer.Truncated));
        using var exact = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{receiver.Port}/big");
        var whole = (await http.SendAsync(exact, TimeSpan.FromSeconds(10), 64 * 1024, default)).Value;
        Assert.Equal((64 * 1024, false), (whole.Body.Length, whole.Truncated));
        Assert.Equal("http.timeout", await CodeAsync(http, $"http://127.0.0.1:{receiver.Port}/slow", seconds: 1));
    }

    [Fact]
    public async Task A_closed_port_is_an_ordinary_failure()
    {
        int port;
        await using (var gone = new SmtpSink()) port = gone.Port;
        using var http = new SafeHttp(Allow("127.0.0.1"));
        Assert.Equal("http.failed", await CodeAsync(http, $"http://127.0.0.1:{port}/"));
    }
}
