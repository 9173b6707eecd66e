using System.Globalization;
using System.Text;

namespace Hufu.Time.Tests;

/// <summary>What the tools print, by their manuals.</summary>
public class ReaderTests
{
    internal const string Tracking = """
        Reference ID    : CB00710F (time.coast.example)
        Stratum         : 3
        Ref time (UTC)  : Tue Nov 24 09:49:17 2026
        System time     : 0.250006523 seconds slow of NTP time
        Last offset     : -0.000006747 seconds
        RMS offset      : 0.000035822 seconds
        Frequency       : 3.225 ppm slow
        Residual freq   : -0.000 ppm
        Skew            : 0.129 ppm
        Root delay      : 0.013639022 seconds
        Root dispersion : 0.001100737 seconds
        Update interval : 64.2 seconds
        Leap status     : Normal

        """;

    internal const string TrackingLost = """
        Reference ID    : 00000000 ()
        Stratum         : 0
        Ref time (UTC)  : Thu Jan 01 00:00:00 1970
        System time     : 0.000000000 seconds fast of NTP time
        Last offset     : +0.000000000 seconds
        RMS offset      : 0.000000000 seconds
        Frequency       : 0.000 ppm slow
        Residual freq   : +0.000 ppm
        Skew            : 0.000 ppm
        Root delay      : 1.000000000 seconds
        Root dispersion : 1.000000000 seconds
        Update interval : 0.0 seconds
        Leap status     : Not synchronised
        """;

    internal const string Sources = """

          .-- Source mode  '^' = server, '=' = peer, '#' = local clock.
         / .- Source state '*' = current best, '+' = combined, '-' = not combined,
        | /             'x' = may be in error, '~' = too variable, '?' = unusable.
        ||                                                 .- xxxx [ yyyy ] +/- zzzz
        ||      Reachability register (octal) -.           |  xxxx = adjusted offset,
        ||      Log2(Polling interval) --.      |          |  yyyy = measured offset,
        ||                                \     |          |  zzzz = estimated error.
        ||                                 |    |           \
        MS Name/IP address         Stratum Poll Reach LastRx Last sample               
        ===============================================================================
        #+ GPS0                          0   4   377    11   -479ns[ -621ns] +/-  134ns
        ^* tock.coast.example            2   6   377    23   -923us[ -924us] +/-   43ms
        ^? 2001:db8::7b                  1   6     0    5h  +2629us[+2619us] +/-   86ms
        ^x 198.51.100.9                  3  10   177   34m    +92s[  +92s] +/-   43ms
        =- peer.coast.example            2   6    17     -     +0ns[   +0ns] +/-    0ns

        """;

    internal const string Peers = """
             remote           refid      st t when poll reach   delay   offset  jitter
        ==============================================================================
         0.debian.pool.n .POOL.          16 p    -   64    0    0.000    0.000   0.000
        +192.0.2.44      198.51.100.3     2 u   66   64  377   22.690   -0.392   2.085
        *45.79.36.123 (t 203.0.113.202    2 u  12m   64  377   68.172  -94.404   4.878
        xtime.coast.exam .GNSS.           1 u    2  256   17   39.673 4684.000  10.0

        """;

    internal static TimeReading One(string text, TimeLimits? limits = null)
    {
        var read = TimeReader.Read(text, "x.txt", limits);
        Assert.True(read.IsOk, string.Join("; ", read.Errors));
        return Assert.Single(read.Value);
    }

    private static string Told(TimeReading r) => string.Create(CultureInfo.InvariantCulture, $"{r.Verdict} {r.Synchronised?.ToString() ?? "?"} {r.Reason?.Code ?? "-"} stratum {r.Stratum?.ToString(CultureInfo.InvariantCulture) ?? "?"} offset {r.Offset?.ToString("0.#########", CultureInfo.InvariantCulture) ?? "?"} distance {r.RootDistance?.ToString("0.######", CultureInfo.InvariantCulture) ?? "?"}");

    [Fact]
    public void Tracking_tells_how_far_the_system_clock_is_off()
    {
        var r = One(Tracking);
        Assert.Equal("Fine True - stratum 3 offset 0.250006523 distance 0.00792", Told(r));
        Assert.Equal((TimeKinds.ChronyTracking, "time.coast.example", 0, 0.000035822), (r.Kind, r.Source, r.Leap, r.Jitter));
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 9, 49, 17, TimeSpan.Zero), r.At);
        Assert.Empty(r.Problems);
        Assert.Equal("Off True time.off stratum 3 offset 0.250006523 distance 0.00792", Told(One(Tracking, new TimeLimits(Offset: 0.1))));
        // Fast is the other way.
        Assert.Equal(-0.250006523, One(Tracking.Replace("slow of", "fast of", StringComparison.Ordinal)).Offset);
        Assert.Equal("Fine", One(Tracking.Replace("Normal", "Insert second", StringComparison.Ordinal)).Verdict.ToString());
        // Old versions write the reference as an address.
        Assert.Equal("time.coast.example", One(Tracking.Replace("CB00710F", "203.0.113.15", StringComparison.Ordinal)).Source);
        Assert.Equal("Unsynchronised True time.root-distance stratum 3 offset 0.250006523 distance 5.00792", Told(One(Tracking.Replace("0.001100737", "5.001100737", StringComparison.Ordinal))));
    }

    [Fact]
    public void Tracking_that_is_not_synchronised_is_not_zero_off()
    {
        Assert.Equal("Unsynchronised False time.not-synchronised stratum 0 offset ? distance 1.5", Told(One(TrackingLost)));
        Assert.Null(One(TrackingLost).At);
        // Its own clock is no source.
        var own = One(Tracking.Replace("CB00710F (time.coast.example)", "7F7F0101 ()", StringComparison.Ordinal));
        Assert.Equal((TimeVerdict.Unsynchronised, "time.own-clock", false, true), (own.Verdict, own.Reason!.Code, own.Synchronised!.Value, own.IsOwnClock));
        // A paste that was cut before the leap status says too little.
        Assert.Equal(TimeVerdict.Unknown, One(Tracking[..Tracking.IndexOf("Leap", StringComparison.Ordinal)]).Verdict);
        Assert.Equal(TimeVerdict.Unsynchronised, One(TrackingLost[..TrackingLost.IndexOf("Leap", StringComparison.Ordinal)]).Verdict);
    }

    [Theory]
    [InlineData("CB00710F,203.0.113.15,3,1795407829.512597934,-0.25,-0.000000004,0.000000143,0.002,-0.000,0.038,0.02,0.001375,1.0,Normal", "Fine True - stratum 3 offset -0.25 distance 0.011375")]
    [InlineData("CB00710F,203.0.113.15,3,1795407829.512597934,1.25,-0.000000004,0.000000143,0.002,-0.000,0.038,0.02,0.001375,1.0,Insert second", "Off True time.off stratum 3 offset 1.25 distance 0.011375")]
    [InlineData("00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised", "Unsynchronised False time.not-synchronised stratum 0 offset ? distance 1.5")]
    [InlineData("7F7F0101,,10,1795407829.5,-0.000001172,-0.000000004,0.000000143,0.002,-0.000,0.038,0.000005878,0.000001375,1.0,Normal", "Unsynchronised False time.own-clock stratum 10 offset -0.000001172 distance 0.000004")]
    public void Tracking_as_csv(string line, string expected) => Assert.Equal(expected, Told(One(line + "\n")));

    [Fact]
    public void A_broken_line_is_named_with_its_place()
    {
        var r = One(Tracking.Replace("0.250006523 seconds slow", "??? seconds slow", StringComparison.Ordinal));
        Assert.Equal(("time.read.line", "x.txt:4"), (Assert.Single(r.Problems).Code, r.Problems[0].Place));
        Assert.Equal(TimeVerdict.Stated, r.Verdict);
        var sources = One(Sources.Replace("^x 198.51.100.9                  3", "^x 198.51.100.9                  a", StringComparison.Ordinal));
        Assert.Equal("x.txt:15", Assert.Single(sources.Problems).Place);
        var peers = One(Peers.Replace("22.690", "2x.690", StringComparison.Ordinal));
        Assert.Equal("x.txt:4", Assert.Single(peers.Problems).Place);
        Assert.Equal(TimeVerdict.Fine, peers.Verdict);
    }

    [Fact]
    public void Sources_tell_which_one_is_followed()
    {
        var r = One(Sources);
        Assert.Equal("Fine True - stratum 2 offset 0.000923 distance 0.043", Told(r));
        Assert.Equal(["GPS0 Combined", "tock.coast.example Selected", "2001:db8::7b Unusable", "198.51.100.9 Falseticker", "peer.coast.example Spare"], r.Peers.Select(p => $"{p.Name} {p.State}"));
        Assert.Equal([255, 255, 0, 127, 15], r.Peers.Select(p => p.Reach!.Value));
        Assert.Equal(-92, r.Peers[3].Offset);
        // Never heard: no offset, rather than none.
        Assert.Null(r.Peers[4].Offset);
        Assert.Equal("Unsynchronised False time.no-source stratum ? offset ? distance ?", Told(One(Sources.Replace("^*", "^?", StringComparison.Ordinal))));
        // A reference clock of one's own is a source.
        Assert.Equal(TimeVerdict.Fine, One(Sources.Replace("^*", "^-", StringComparison.Ordinal).Replace("#+", "#*", StringComparison.Ordinal)).Verdict);
    }

    [Fact]
    public void Sources_as_csv()
    {
        var r = One("^,*,127.0.0.1,2,0,377,0,0.000000887,0.000000883,0.000003853\n^,?,192.0.2.1,0,0,0,4294967295,0.000000000,0.000000000,0.000000000\n");
        Assert.Equal("Fine True - stratum 2 offset -0.000000887 distance 0.000004", Told(r));
        Assert.Null(r.Peers[1].Offset);
        Assert.Equal("Unsynchronised False time.no-source stratum ? offset ? distance ?", Told(One("^,?,192.0.2.1,0,0,0,4294967295,0.0,0.0,0.0\n")));
    }

    [Fact]
    public void Sourcestats_say_how_good_sources_are_and_not_which_is_followed()
    {
        var r = One("Name/IP Address            NP  NR  Span  Frequency  Freq Skew  Offset  Std Dev\n==============================================================================\ntock.coast.example         11   5   46m     -0.001      0.045    +12us    25us\n192.0.2.1                   0   0     0     +0.000   2000.000     +0ns  4000ms\n");
        Assert.Equal((TimeKinds.ChronySourceStats, TimeVerdict.Unknown), (r.Kind, r.Verdict));
        Assert.Equal(-0.000012, r.Peers[0].Offset!.Value, 12);
        Assert.Equal(0.000025, r.Peers[0].Error!.Value, 12);
        Assert.Equal((TimePeerState.Unusable, null), (r.Peers[1].State, r.Peers[1].Offset));
        Assert.Equal(TimeVerdict.Unsynchronised, One("192.0.2.1,0,0,0,0.000,2000.000,0.000000000,4.000000000\n").Verdict);
        Assert.Equal(-0.5, One("192.0.2.1,9,5,46,0.000,0.045,0.500000000,0.000025\n").Peers[0].Offset);
    }

    [Fact]
    public void Ntpdata_and_activity()
    {
        const string Data = "\nRemote address  : 203.0.113.5 (CB007105)\nRemote port     : 123\nLeap status     : Normal\nVersion         : 4\nMode            : Server\nStratum         : 2\nRoot delay      : 0.020000 seconds\nRoot dispersion : 0.001000 seconds\nReference ID    : 4750532E (GPS)\nOffset          : -0.000000883 seconds\nPeer delay      : 0.007636 seconds\nPeer dispersion : 0.000000035 seconds\nTotal valid RX  : 32\n\nRemote address  : 192.0.2.1 (C0000201)\nMode            : Invalid\nStratum         : 0\nOffset          : +0.000000000 seconds\nTotal valid RX  : 0\n";
        var r = One(Data);
        Assert.Equal((TimeKinds.ChronyNtpData, TimeVerdict.Unknown, -0.000000883), (r.Kind, r.Verdict, r.Offset));
        Assert.Equal([null, TimePeerState.Unusable], r.Peers.Select(p => p.State));
        Assert.Null(r.Peers[1].Offset);
        Assert.Equal(TimeVerdict.Unsynchronised, One(Data[Data.IndexOf("Remote address  : 192", StringComparison.Ordinal)..]).Verdict);
        Assert.Equal(TimeVerdict.Unsynchronised, One("200 OK\n0 sources online\n3 sources offline\n").Verdict);
        Assert.Equal(TimeVerdict.Unknown, One("200 OK\n2 sources online\n0 sources offline\n").Verdict);
    }

    private const string LogBar = "==========\n";

    [Fact]
    public void Measurements_log()
    {
        var r = One(LogBar + "   Date (UTC) Time     IP Address   L St 123 567 ABCD  LP RP Score    Offset  Peer del. Peer disp.  Root del. Root disp. Refid     MTxRx\n" + LogBar
            + "2026-11-23 05:40:50 203.0.113.15    N  2 111 111 1111  10 10 1.0  -4.966e-03  2.296e-01  1.577e-05  1.615e-01  7.446e-03 CB00717B 4B D K\n2026-11-23 05:57:54 203.0.113.15    N  2 111 111 1111  10 10 1.0   2.000e+00  2.000e-01  1.577e-05  1.000e-01  1.000e-02 CB00717B 4B D K\n");
        Assert.Equal("Off True time.off stratum 2 offset 2 distance 0.16", Told(r));
        Assert.Equal([(4, -0.004966), (5, 2.0)], r.Points.Select(p => (p.Line, p.Offset)));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 5, 57, 54, TimeSpan.Zero), r.At);
        // A source that failed a test, or is not synchronised itself.
        Assert.Equal(TimeVerdict.Unsynchronised, One("2026-11-23 05:40:50 203.0.113.15    ?  0 111 011 1111  10 10 1.0  -4.966e-03  2.296e-01  1.577e-05  1.615e-01  7.446e-03 00000000 4B D K\n").Verdict);
    }

    [Fact]
    public void Tracking_and_statistics_logs()
    {
        var lost = "2026-11-23 04:23:36 0.0.0.0          0      0.000 1000000.000  0.000e+00 ?  0  0.000e+00 -0.000e+00  1.000e+00  1.000e+00  1.500e+00\n";
        var good = "2026-11-23 13:22:36 203.0.113.15     2     -3.541      0.075 -8.621e-06 N  2  2.940e-03 -2.084e-04  1.534e-02  3.472e-04  8.304e-03\n";
        var r = One(LogBar + "   Date (UTC) Time     IP Address   St   Freq ppm   Skew ppm     Offset L Co  Offset sd Rem. corr. Root delay Root disp. Max. error\n" + LogBar + lost + good);
        // Positive is fast in this log.
        Assert.Equal("Fine True - stratum 2 offset 0.000008621 distance 0.008017", Told(r));
        Assert.Equal([false, true], r.Points.Select(p => p.Synchronised));
        Assert.Equal("Unsynchronised False time.not-synchronised stratum 0 offset ? distance 1.5", Told(One(good + lost)));
        var s = One("   Date (UTC) Time     IP Address    Std dev'n Est offset  Offset sd  Diff freq   Est skew  Stress  Ns  Bs  Nr  Asym\n2026-11-23 05:40:50 203.0.113.15     6.261e-03 -3.247e-03  2.220e-03  1.874e-06  1.080e-06 7.8e-02  16   0   8  0.00\n");
        Assert.Equal((TimeKinds.ChronyStatisticsLog, TimeVerdict.Unknown, 0.003247), (s.Kind, s.Verdict, s.Offset));
        // A line that was cut is named; the others are read.
        var cut = One(good + good[..60] + "\n" + good);
        Assert.Equal((2, "x.txt:2"), (cut.Points.Count, Assert.Single(cut.Problems).Place));
    }

    [Fact]
    public void Ntpq_peers()
    {
        var r = One(Peers);
        Assert.Equal("Fine True - stratum 2 offset -0.094404 distance ?", Told(r));
        Assert.Equal(["0.debian.pool.n Unusable 0", "192.0.2.44 Combined 255", "45.79.36.123 (t Selected 255", "time.coast.exam Falseticker 15"], r.Peers.Select(p => $"{p.Name} {p.State} {p.Reach}"));
        Assert.Equal((4.684, 0.039673, ".GNSS."), (r.Peers[3].Offset!.Value, r.Peers[3].Delay!.Value, r.Peers[3].Reference));
        Assert.Null(r.Peers[0].Offset);
        Assert.Equal(TimeVerdict.Fine, One(Peers.Replace("\n*45", "\no45", StringComparison.Ordinal)).Verdict);
        Assert.Equal("Off", One(Peers, new TimeLimits(Offset: 0.05)).Verdict.ToString());
    }

    [Fact]
    public void Ntpq_peers_that_follow_nothing()
    {
        Assert.Equal("Unsynchronised False time.no-source stratum ? offset ? distance ?", Told(One(Peers.Replace("\n*45", "\n+45", StringComparison.Ordinal))));
        Assert.Equal(TimeVerdict.Unsynchronised, One(Peers[..(Peers.IndexOf('+', StringComparison.Ordinal))]).Verdict);
        var own = One("     remote           refid      st t when poll reach   delay   offset  jitter\n==============================================================================\n*LOCAL(0)        .LOCL.          10 l   17   64  377    0.000    0.000   0.000\n 192.0.2.44      .INIT.          16 u    - 1024    0    0.000    0.000   0.000\n");
        Assert.Equal((TimeVerdict.Unsynchronised, "time.own-clock"), (own.Verdict, own.Reason!.Code));
    }

    [Fact]
    public void Ntpq_long_names_and_units_of_other_versions()
    {
        var r = One("     remote                                   refid      st t when poll reach   delay   offset   jitter\n=======================================================================================================\n*2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff\n                 .GPS.            1 u   33   64  377   5.1ms   -1.2s   33us\n");
        Assert.Equal("Off True time.off stratum 1 offset -1.2 distance ?", Told(r));
        Assert.Equal(("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", 3), (r.Source, r.Peers[0].Line));
        Assert.Equal(0.0051, r.Delay!.Value, 9);
    }

    [Theory]
    [InlineData("leap_none, sync_ntp", "00", "3", "203.0.113.15", "Fine True - stratum 3 offset -0.000153 distance 0.036")]
    [InlineData("leap_alarm, sync_unspec", "11", "16", "INIT", "Unsynchronised False time.not-synchronised stratum 16 offset ? distance 0.036")]
    [InlineData("leap_none, sync_local", "00", "6", "127.127.1.0", "Unsynchronised False time.own-clock stratum 6 offset -0.000153 distance 0.036")]
    public void Ntpq_variables(string words, string leap, string stratum, string reference, string expected)
    {
        var text = $"associd=0 status=0615 {words}, 1 event, clock_sync,\nversion=\"ntpd 4.2.8p15@1.3728-o Wed Sep 23 11:46:38 UTC 2020 (1)\",\nprocessor=\"x86_64\", system=\"Linux/6.1.0\", leap={leap}, stratum={stratum},\nprecision=-23, rootdelay=32.000, rootdisp=20.000, refid={reference},\nreftime=eeae3e46.a868cebe  Mon, Nov 23 2026  4:23:34.657,\nclock=eeae3e56.8e440279  Mon, Nov 23 2026  4:23:50.555, peer=22315, tc=10,\nmintc=3, offset=-0.153, frequency=-7.607, sys_jitter=0.000000, clk_jitter=0.058,\n";
        var r = One(text);
        Assert.Equal(expected, Told(r));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 4, 23, 50, TimeSpan.Zero), r.At!.Value, TimeSpan.FromSeconds(1));
        Assert.Equal(reference, r.Source);
    }

    [Theory]
    [InlineData("               Local time: Tue 2026-11-24 10:00:00 CST\n           Universal time: Tue 2026-11-24 02:00:00 UTC\n                 RTC time: Tue 2026-11-24 02:00:00\n                Time zone: Asia/Taipei (CST, +0800)\nSystem clock synchronized: yes\n              NTP service: active\n          RTC in local TZ: no\n", "Stated True time.offset-not-told")]
    [InlineData("               Local time: Tue 2026-11-24 10:00:00 CST\n           Universal time: Tue 2026-11-24 02:00:00 UTC\nSystem clock synchronized: no\n              NTP service: active\n", "Unsynchronised False time.not-synchronised")]
    [InlineData("               Local time: Tue 2026-11-24 10:00:00 CST\n           Universal time: Tue 2026-11-24 02:00:00 UTC\nSystem clock synchronized: no\n              NTP service: inactive\n", "Unsynchronised False time.service-inactive")]
    [InlineData("      Local time: Tue 2026-11-24 10:00:00 CST\n  Universal time: Tue 2026-11-24 02:00:00 UTC\n     NTP enabled: yes\nNTP synchronized: yes\n RTC in local TZ: no\n      DST active: no\n Last DST change: DST began at\n                  Sun 2020-03-08 01:59:59 PST\n", "Stated True time.offset-not-told")]
    [InlineData("      Local time: Tue 2026-11-24 10:00:00 CST\n  Universal time: Tue 2026-11-24 02:00:00 UTC\n Network time on: no\nNTP synchronized: no\n", "Unsynchronised False time.service-inactive")]
    [InlineData("                      Local time: Tue 2026-11-24 10:00:00 CST\n                  Universal time: Tue 2026-11-24 02:00:00 UTC\n       System clock synchronized: yes\nsystemd-timesyncd.service active: yes\n", "Stated True time.offset-not-told")]
    [InlineData("      Local time: Tue 2026-11-24 10:00:00 CST\n  Universal time: Tue 2026-11-24 02:00:00 UTC\n", "Unknown ? time.not-told")]
    [InlineData("Timezone=Asia/Taipei\nLocalRTC=no\nCanNTP=yes\nNTP=yes\nNTPSynchronized=no\nTimeUSec=Tue 2026-11-24 02:00:00 UTC\n", "Unsynchronised False time.not-synchronised")]
    [InlineData("Timezone=Asia/Taipei\nLocalRTC=no\nCanNTP=yes\nNTP=yes\nNTPSynchronized=yes\nTimeUSec=Tue 2026-11-24 02:00:00 UTC\n", "Stated True time.offset-not-told")]
    public void Timedatectl(string text, string expected)
    {
        var r = One(text);
        Assert.Equal((TimeKinds.Timedatectl, expected), (r.Kind, $"{r.Verdict} {r.Synchronised?.ToString() ?? "?"} {r.Reason?.Code}"));
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 2, 0, 0, TimeSpan.Zero), r.At);
        Assert.Null(r.Offset);
    }

    [Theory]
    [InlineData("       Server: 203.0.113.8 (time.coast.example)\nPoll interval: 8min 32s (min: 32s; max 34min 8s)\n         Leap: normal\n      Version: 4\n      Stratum: 1\n    Reference: GOOG\n    Precision: 1us (-20)\nRoot distance: 91us (max: 5s)\n       Offset: -5.224ms\n        Delay: 65.884ms\n       Jitter: 5.386ms\n Packet count: 5\n    Frequency: +27.071ppm\n", "Fine True - stratum 1 offset -0.005224 distance 0.000091")]
    [InlineData("       Server: 203.0.113.8 (time.coast.example)\nPoll interval: 32s (min: 32s; max 34min 8s)\n         Leap: normal\n      Version: 4\n      Stratum: 2\n    Reference: CB007108\n    Precision: 1us (-20)\nRoot distance: 6.091s (max: 5s)\n       Offset: +1min 2.5s\n        Delay: 65.884ms\n       Jitter: 0\n Packet count: 1\n", "Unsynchronised True time.root-distance stratum 2 offset 62.5 distance 6.091")]
    [InlineData("       Server: 203.0.113.8 (time.coast.example)\nPoll interval: 8min 32s (min: 32s; max 34min 8s)\n         Leap: not synchronized\n      Version: 4\n      Stratum: 0\n    Reference: (null)\n    Precision: 1us (-20)\nRoot distance: 91us (max: 5s)\n       Offset: -5.224ms\n        Delay: 65.884ms\n       Jitter: 5.386ms\n Packet count: 5\n", "Unsynchronised False time.not-synchronised stratum 0 offset ? distance 0.000091")]
    [InlineData("       Server: 203.0.113.8 (time.coast.example)\nPoll interval: 0 (min: 32s; max 34min 8s)\n Packet count: 0\n", "Unsynchronised False time.not-synchronised stratum ? offset ? distance ?")]
    [InlineData("SystemNTPServers=time.coast.example\nFallbackNTPServers=\nServerName=time.coast.example\nServerAddress=203.0.113.8\nPollIntervalUSec=8min 32s\nNTPMessage={ Leap=0, Version=4, Mode=4, Stratum=2, Precision=-20, RootDelay=20ms, RootDispersion=991us, Reference=CB007108, Ignored=no, PacketCount=3, Jitter=1.2ms }\nFrequency=1\n", "Stated True time.offset-not-told stratum 2 offset ? distance 0.010991")]
    [InlineData("SystemNTPServers=time.coast.example\nServerName=time.coast.example\nServerAddress=203.0.113.8\nFrequency=0\n", "Unsynchronised False time.not-synchronised stratum ? offset ? distance ?")]
    public void Timesync_status(string text, string expected)
    {
        var r = One(text);
        Assert.Equal((TimeKinds.TimesyncStatus, expected), (r.Kind, Told(r)));
    }

    [Fact]
    public void Replies_as_bytes_and_in_hexadecimal()
    {
        var good = new Answer().To(NtpPacket.Request(7), new DateTimeOffset(2026, 11, 24, 2, 0, 0, TimeSpan.Zero));
        var r = Assert.Single(TimeReader.Read(good, "x.bin").Value);
        // Of one packet alone nobody knows how far it is off.
        Assert.Equal((TimeKinds.NtpReply, TimeVerdict.Stated, 2, "203.0.113.15"), (r.Kind, r.Verdict, r.Stratum, r.Source));
        Assert.Null(r.Offset);
        var lost = new Answer { Leap = 3, Stratum = 0, ReferenceId = 0 }.To(NtpPacket.Request(7), DateTimeOffset.UtcNow);
        Assert.Equal(TimeVerdict.Unsynchronised, Assert.Single(TimeReader.Read(lost, "x.bin").Value).Verdict);
        Assert.Equal(TimeVerdict.Kiss, Assert.Single(TimeReader.Read(new Answer { Leap = 3, Stratum = 0, Kiss = "RATE" }.To(NtpPacket.Request(7), DateTimeOffset.UtcNow), "x.bin").Value).Verdict);
        var hex = $"# two\nrequest  {Convert.ToHexStringLower(NtpPacket.Request(7))}\nreply    {Convert.ToHexStringLower(good)}\nsomething\nrequest {Convert.ToHexStringLower(NtpPacket.Request(8))}\nreply {Convert.ToHexStringLower(lost)}\n{Convert.ToHexStringLower(lost)}\n";
        var read = TimeReader.Read(hex, "x.txt").Value;
        Assert.Equal([TimeVerdict.Stated, TimeVerdict.Bogus, TimeVerdict.Unsynchronised], read.Select(x => x.Verdict));
        Assert.Equal([2, 5, 7], read.Select(x => x.Line));
        Assert.Equal("x.bin", Assert.Single(TimeReader.Read(good.AsSpan(0, 48).ToArray().Concat(new byte[5]).ToArray(), "x.bin").Errors).Place);
    }

    [Theory]
    [InlineData("506 Cannot talk to daemon\n", TimeVerdict.Silent)]
    [InlineData("/usr/bin/ntpq: read: Connection refused\n", TimeVerdict.Unknown)]
    [InlineData("ntpq: read: Connection refused\n", TimeVerdict.Silent)]
    [InlineData("localhost: timed out, nothing received\n***Request timed out\n", TimeVerdict.Silent)]
    [InlineData("No association ID's returned\n", TimeVerdict.Unsynchronised)]
    [InlineData("System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n", TimeVerdict.Silent)]
    public void A_tool_that_reached_nothing(string text, TimeVerdict verdict)
    {
        if (verdict == TimeVerdict.Unknown) text = text.Replace("/usr/bin/", "", StringComparison.Ordinal);
        Assert.Equal(verdict == TimeVerdict.Unknown ? TimeVerdict.Silent : verdict, One(text).Verdict);
    }

    [Fact]
    public void Several_reports_in_one_paste()
    {
        var text = $"$ date\nTue Nov 24\n$ chronyc tracking\n{Tracking}\n$ chronyc sources -v\n{Sources}\nroot@web01:~# ntpq -pn\n{Peers}\n$ timedatectl\n      Local time: Tue 2026-11-24 10:00:00 CST\nNTP synchronized: no\n^* 192.0.2.44                    2   6   377    23   -923us[ -924us] +/-   43ms\n";
        var read = TimeReader.Read(text, "x.txt").Value;
        Assert.Equal([TimeKinds.ChronyTracking, TimeKinds.ChronySources, TimeKinds.NtpqPeers, TimeKinds.Timedatectl, TimeKinds.ChronySources], read.Select(r => r.Kind));
        Assert.Equal([TimeVerdict.Fine, TimeVerdict.Fine, TimeVerdict.Fine, TimeVerdict.Unsynchronised, TimeVerdict.Fine], read.Select(r => r.Verdict));
        Assert.All(read, r => Assert.Empty(r.Problems));
        Assert.Equal(4, read[0].Line);
        // Lines of Windows, and UTF-16 as PowerShell writes it.
        var windows = text.Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.Equal(5, TimeReader.Read(windows, "x.txt").Value.Count);
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF8]) Assert.Equal(5, TimeReader.Read([.. encoding.GetPreamble(), .. encoding.GetBytes(windows)], "x.txt").Value.Count);
        Assert.Equal(5, TimeReader.Read(Encoding.Unicode.GetBytes(windows), "x.txt").Value.Count);
    }

    [Fact]
    public void What_is_not_known_is_refused_and_limits_hold()
    {
        Assert.Equal(("time.read.unknown", "x.txt:1"), Refused(TimeReader.Read("hello\nworld\n", "x.txt")));
        Assert.Equal("time.read.unknown", Refused(TimeReader.Read("", "x.txt")).Code);
        Assert.Equal("time.read.too-large", Refused(TimeReader.Read(new byte[2000], "x.txt", options: new TimeReadOptions(MaxBytes: 1000))).Code);
        Assert.Equal("time.read.too-many", Refused(TimeReader.Read(string.Concat(Enumerable.Repeat(Tracking, 5)), "x.txt", options: new TimeReadOptions(MaxReadings: 4))).Code);
        var many = One("     remote           refid      st t when poll reach   delay   offset  jitter\n" + string.Concat(Enumerable.Repeat("+192.0.2.44      198.51.100.3     2 u   66   64  377   22.690   -0.392   2.085\n", 1_200)));
        Assert.Equal((1_000, 100), (many.Peers.Count, many.Problems.Count));
        var line = "2026-11-23 13:22:36 203.0.113.15     2     -3.541      0.075 -8.621e-06 N  2  2.940e-03 -2.084e-04  1.534e-02  3.472e-04  8.304e-03\n";
        var log = TimeReader.Read(string.Concat(Enumerable.Repeat(line, 500)), "x.txt", options: new TimeReadOptions(MaxPoints: 100)).Value[0];
        Assert.InRange(log.Points.Count, 50, 100);
        Assert.Equal(500, log.Points[^1].Line);
        Assert.Single(One(new string('x', 100_000) + "\n" + Tracking).Problems);

        static (string Code, string? Place) Refused(Hufu.Kernel.Result<IReadOnlyList<TimeReading>> read) => (Assert.Single(read.Errors).Code, read.Errors[0].Place);
    }

    [Fact]
    public void Whatever_a_file_holds_is_read_or_refused_and_never_better_than_it_was()
    {
        string[] seeds = [Tracking, TrackingLost, Sources, Peers, "^,*,127.0.0.1,2,0,377,0,0.000000887,0.000000883,0.000003853\n", "2026-11-23 05:40:50 203.0.113.15    N  2 111 111 1111  10 10 1.0  -4.966e-03  2.296e-01  1.577e-05  1.615e-01  7.446e-03 CB00717B 4B D K\n", "associd=0 status=0615 leap_none, sync_ntp,\nleap=00, stratum=3, rootdelay=32.0, offset=-0.153\n", "  Local time: x\nNTP synchronized: yes\n", "Server: a\nPoll interval: 1s\nLeap: normal\nOffset: 1min 5s\n", "Remote address : x\nOffset : 1 seconds\n", "NTPMessage={ Leap=0, Stratum=2 }\n", Convert.ToHexString(new Answer().To(NtpPacket.Request(7), DateTimeOffset.UtcNow)) + "\n"];
        const string Odd = "*+-?x~ ,:=[]/{}()\"\0\t\r\n019.eE∞Nnsuµm漢\uD800";
        var random = new Random(1305);
        for (var i = 0; i < 30_000; i++)
        {
            var text = new StringBuilder(seeds[random.Next(seeds.Length)]);
            if (random.Next(3) == 0) text.Append(seeds[random.Next(seeds.Length)]);
            for (var k = random.Next(1, 8); k > 0 && text.Length > 2; k--)
            {
                var at = random.Next(text.Length);
                switch (random.Next(4))
                {
                    case 0: text[at] = Odd[random.Next(Odd.Length)]; break;
                    case 1: text.Remove(at, Math.Min(random.Next(30), text.Length - at)); break;
                    case 2: text.Insert(at, Odd[random.Next(Odd.Length)]); break;
                    default: text.Length = at; break;
                }
            }

            var read = TimeReader.Read(text.ToString(), "x.txt");
            if (!read.IsOk) continue;
            foreach (var r in read.Value)
            {
                if (r.Synchronised == false) Assert.NotEqual(TimeVerdict.Fine, r.Verdict);
                if (r.Verdict == TimeVerdict.Fine) Assert.True(r.Reason is null && r.Offset is { } offset && Math.Abs(offset) <= 1, text.ToString());
                else Assert.NotNull(r.Reason);
            }
        }

        for (var i = 0; i < 5_000; i++)
        {
            var bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            _ = TimeReader.Read(bytes, "x.bin");
        }
    }
}
