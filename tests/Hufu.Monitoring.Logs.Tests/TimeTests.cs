using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Time;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Time sources that are asked, hosts that are checked by hand, and the record of the day.</summary>
public class TimeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<TimeSource> SourceAsync(Site site, int port, bool on = true, int interval = 60, string name = "own")
    {
        var created = await site.Store.CreateAsync(Site.Engineer, new TimeSource { State = "off", Title = name, Address = "127.0.0.1", Port = port, Kind = "own", Reason = "r", Interval = interval }, cancellation: Stop);
        Assert.True(created.IsOk, string.Join("; ", created.Errors));
        if (!on) return (TimeSource)created.Value;
        var moved = await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of(created.Value), created.Value.Id, "start", cancellation: Stop);
        Assert.True(moved.IsOk, string.Join("; ", moved.Errors));
        return (TimeSource)moved.Value;
    }

    private static Task<IReadOnlyList<TimeCheck>> StepAsync(Site site, double minutes)
    {
        site.Clock.Ahead += TimeSpan.FromMinutes(minutes);
        return site.Get<TimeWatch>().StepAsync(Stop);
    }

    [Fact]
    public async Task A_source_that_is_not_in_use_hears_nothing_and_one_that_is_hears_at_its_interval()
    {
        await using var site = await Site.OpenAsync();
        using var server = new Server(site);
        var source = await SourceAsync(site, server.Port, on: false, interval: 30);
        Assert.Empty(await StepAsync(site, 60));
        Assert.Equal(0, server.Asked);
        Assert.True((await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of(source), source.Id, "start", cancellation: Stop)).IsOk);
        var check = Assert.Single(await StepAsync(site, 1));
        Assert.Equal((TimeVerdict.Fine, 2, "ntp", "own"), (check.Verdict, check.Stratum, check.Kind, check.Host));
        Assert.Equal(0, check.Offset!.Value, 0.3);
        Assert.Empty(await StepAsync(site, 29));
        Assert.Single(await StepAsync(site, 2));
        // Each is an event that can be searched and is sealed with the others.
        var stored = site.Get<LogService>().Store.GetEvent(check.EventId)!;
        Assert.Equal((TimeChecks.Source, "fine", "own"), (stored.Source, stored.Fields["time.verdict"], stored.Fields["time.host"]));
        Assert.Empty(await site.AlertsAsync());
        Assert.True((await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of(source), source.Id, "stop", cancellation: Stop)).IsOk);
        Assert.Empty(await StepAsync(site, 600));
    }

    [Fact]
    public async Task A_clock_that_is_off_is_one_alert_for_as_long_as_it_is_off()
    {
        await using var site = await Site.OpenAsync();
        using var server = new Server(site) { Ahead = 90 };
        await SourceAsync(site, server.Port);
        for (var i = 0; i < 3; i++) Assert.Equal((TimeVerdict.Off, "time.off"), (Assert.Single(await StepAsync(site, 61)) is var c ? c.Verdict : default, c.ReasonCode));
        var alert = Assert.Single(await site.AlertsAsync());
        Assert.Equal((TimeChecks.OffRule, "own", 1, "high"), (alert.RuleId, alert.Entity, alert.EventCount, alert.Level));
        Assert.Equal("off", site.Get<LogService>().Store.GetEvent(alert.EventIds)!.Fields["time.verdict"]);
        server.Ahead = 0;
        Assert.Equal(TimeVerdict.Fine, Assert.Single(await StepAsync(site, 61)).Verdict);
        server.Leap = 3;
        var lost = Assert.Single(await StepAsync(site, 61));
        Assert.Equal((TimeVerdict.Unsynchronised, null), (lost.Verdict, lost.Offset));
        Assert.Equal([TimeChecks.OffRule, TimeChecks.UnsynchronisedRule], (await site.AlertsAsync()).Select(a => a.RuleId));
    }

    [Fact]
    public async Task Silence_is_an_alert_when_it_lasts_and_a_refusal_at_once()
    {
        await using var site = await Site.OpenAsync();
        using var server = new Server(site) { Mute = true };
        await SourceAsync(site, server.Port);
        Assert.Equal(TimeVerdict.Silent, Assert.Single(await StepAsync(site, 61)).Verdict);
        Assert.Empty(await site.AlertsAsync());
        Assert.Equal(TimeVerdict.Silent, Assert.Single(await StepAsync(site, 61)).Verdict);
        Assert.Equal(TimeChecks.SilentRule, Assert.Single(await site.AlertsAsync()).RuleId);
        (server.Mute, server.Kiss) = (false, "RATE");
        Assert.Equal(TimeVerdict.Kiss, Assert.Single(await StepAsync(site, 61)).Verdict);
        // Half as often, and half again.
        Assert.Empty(await StepAsync(site, 61));
        Assert.Single(await StepAsync(site, 60));
        Assert.Empty(await StepAsync(site, 200));
        server.Kiss = "DENY";
        Assert.Equal(("DENY", TimeVerdict.Kiss), (Assert.Single(await StepAsync(site, 41)) is var c ? c.Reference : "", c.Verdict));
        var asked = server.Asked;
        for (var i = 0; i < 5; i++) Assert.Empty(await StepAsync(site, 1_000));
        Assert.Equal(asked, server.Asked);
        // Somebody has talked to the operator of the server, and says so.
        server.Kiss = null;
        var source = await site.Store.Db.Set<TimeSource>().AsNoTracking().SingleAsync(Stop);
        Assert.True((await site.Store.UpdateAsync(Site.Engineer, site.Store.Types.Of(source), source.Id, source.Version, new Dictionary<string, string?> { ["reason"] = "agreed" }, cancellation: Stop)).IsOk);
        Assert.Equal(TimeVerdict.Fine, Assert.Single(await StepAsync(site, 1)).Verdict);
    }

    [Fact]
    public async Task What_a_tool_printed_on_a_host_is_a_check()
    {
        await using var site = await Site.OpenAsync();
        var checks = site.Get<TimeChecks>();
        const string Lost = "      Local time: Tue 2026-11-24 10:00:00 CST\n  Universal time: Tue 2026-11-24 02:00:00 UTC\nNTP synchronized: no\n\n506 Cannot talk to daemon\n";
        var kept = await checks.TakeAsync(Site.Engineer, " db01 ", Encoding.UTF8.GetBytes(Lost), "x", Stop);
        Assert.Equal(["timedatectl Unsynchronised", "no-answer Silent"], kept.Value.Select(c => $"{c.Kind} {c.Verdict}"));
        Assert.Equal((TimeChecks.UnsynchronisedRule, "db01", "db01"), (Assert.Single(await site.AlertsAsync()) is var a ? a.RuleId : "", a.Host, a.Entity));
        Assert.Equal("logs.time.host", Assert.Single((await checks.TakeAsync(Site.Engineer, " ", "x"u8.ToArray(), "x", Stop)).Errors).Code);
        Assert.Equal("time.read.unknown", Assert.Single((await checks.TakeAsync(Site.Engineer, "db01", "x"u8.ToArray(), "x", Stop)).Errors).Code);
        var reader = Site.Engineer with { Grants = [new Grant("*", Right.Read, Scope.All)] };
        Assert.Equal("access.denied", Assert.Single((await checks.TakeAsync(reader, "db01", Encoding.UTF8.GetBytes(Lost), "x", Stop)).Errors).Code);
        Assert.Equal(2, await site.Store.Db.Set<TimeCheck>().CountAsync(Stop));
    }

    [Fact]
    public async Task The_record_of_a_day_is_made_once_out_of_what_was_measured()
    {
        await using var site = await Site.OpenAsync();
        using var server = new Server(site) { Ahead = 2.5 };
        await SourceAsync(site, server.Port, interval: 360);
        await SourceAsync(site, server.Port, on: false, name: "unused");
        Assert.True((await site.Get<TimeChecks>().TakeAsync(Site.Engineer, "db01", Encoding.UTF8.GetBytes("^*,x\n  Local time: Tue 2026-11-24 10:00:00 CST\n"), "x", Stop)).IsOk);
        // A source in use that nobody could ask: the server was off when it was due.
        for (var i = 0; i < 7; i++)
        {
            site.Clock.Ahead += TimeSpan.FromMinutes(10);
            await site.Get<LogService>().Store.AppendAsync([new LogEvent { ReceivedAt = site.Clock.GetUtcNow(), OccurredAt = site.Clock.GetUtcNow().AddSeconds(75), Source = "syslog", Host = "fw01", Format = LogFormats.Plain, Message = "m", Raw = "m" }], Stop);
        }

        await StepAsync(site, 1);
        server.Ahead = 0.01;
        await StepAsync(site, 361);
        Assert.Empty(await site.Store.Db.Set<TimeReview>().ToListAsync(Stop));
        // 10:00 at the site at the start: midnight comes 14 hours later.
        await StepAsync(site, 14 * 60 - 432 + 5);
        var review = Assert.Single(await site.Store.Db.Set<TimeReview>().AsNoTracking().ToListAsync(Stop));
        Assert.Equal((3, 1, 1, 1, 0), (review.Checks, review.Good, review.Bad, review.NotEvaluated, review.Unchecked));
        Assert.InRange(review.WorstOffset!.Value, 2_300m, 2_700m);
        Assert.Equal((1, 1), (review.LogSources, review.SkewedSources));
        Assert.Contains("own：1/2", review.Details, StringComparison.Ordinal);
        Assert.Contains("fw01", review.Details, StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 16, 0, 0, TimeSpan.Zero), review.From);
        var evidence = Assert.Single(await site.Store.Db.Evidence.AsNoTracking().Where(e => e.RecordId == review.Id).ToListAsync(Stop));
        Assert.Equal(("query", $"source:{TimeChecks.Source}", "O5.4.2"), (evidence.Kind, evidence.Query, evidence.Output));
        var found = await site.Get<LogService>().Store.SearchAsync(new LogSearch { Query = SearchQuery.Parse(evidence.Query!).Value, From = evidence.QueryFrom, To = evidence.QueryTo, Limit = 100 }, Stop);
        Assert.Contains(found.Events, e => e.Fields.GetValueOrDefault("time.log_source") == "syslog" && e.Fields["time.verdict"] == "ahead");
        Assert.Equal(3, found.Events.Count(e => e.Time < review.To && e.Fields["time.check"] is ("source" or "host")));
        for (var i = 0; i < 3; i++) await StepAsync(site, 11);
        Assert.Single(await site.Store.Db.Set<TimeReview>().AsNoTracking().ToListAsync(Stop));
        // It is a record like the others: its making stands in the change log, which is what the ledger seals.
        Assert.Contains(await site.Store.Db.Changes.AsNoTracking().Where(c => c.RecordId == review.Id).Select(c => c.Action).ToListAsync(Stop), a => a == "create");
        Assert.Equal("record.created-by-product", Assert.Single((await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Of(review), new Dictionary<string, string?> { ["title"] = "x" }, cancellation: Stop)).Errors).Code);
    }

    [Theory]
    [InlineData("time.stdtime.gov.tw", true)]
    [InlineData("192.0.2.1", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("time.example:123", false)]
    [InlineData("300.1.2.3", false)]
    [InlineData("http://x", false)]
    [InlineData("-x.example", false)]
    [InlineData("a b", false)]
    public async Task An_address_is_a_name_or_an_address(string address, bool good)
    {
        await using var site = await Site.OpenAsync();
        var created = await site.Store.CreateAsync(Site.Engineer, site.Store.Types.Of<TimeSource>(), new Dictionary<string, string?> { ["title"] = "x", ["address"] = address, ["kind"] = "own", ["reason"] = "r" }, cancellation: Stop);
        Assert.Equal(good ? null : "logs.time.address", created.IsOk ? null : created.Errors[0].Code);
    }

    /// <summary>A time server whose clock is the site's.</summary>
    private sealed class Server : IDisposable
    {
        private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        internal Server(Site site)
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _ = Task.Run(() => Serve(site));
        }

        internal int Port => ((IPEndPoint)socket.LocalEndPoint!).Port;

        internal double Ahead { get; set; }

        internal int Leap { get; set; }

        internal string? Kiss { get; set; }

        internal bool Mute { get; set; }

        internal int Asked { get; private set; }

        private void Serve(Site site)
        {
            var buffer = new byte[100];
            try
            {
                while (true)
                {
                    EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                    socket.ReceiveFrom(buffer, ref from);
                    Asked++;
                    if (Mute) continue;
                    var answer = new byte[48];
                    answer[0] = (byte)((Kiss is null ? Leap : 3) << 6 | 0x24);
                    answer[1] = (byte)(Kiss is null ? 2 : 0);
                    answer[3] = 0xEC;
                    if (Kiss is not null) Encoding.ASCII.GetBytes(Kiss).CopyTo(answer, 12);
                    else BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(12), 0xC0000207);
                    buffer.AsSpan(40, 8).CopyTo(answer.AsSpan(24));
                    var now = NtpTimestamp.Of(site.Clock.GetUtcNow().AddSeconds(Ahead)).Raw;
                    BinaryPrimitives.WriteUInt64BigEndian(answer.AsSpan(32), now);
                    BinaryPrimitives.WriteUInt64BigEndian(answer.AsSpan(40), now);
                    socket.SendTo(answer, from);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        public void Dispose() => socket.Dispose();
    }
}
