using System.Buffers.Binary;

namespace Hufu.Time.Tests;

/// <summary>Packets, sentence by sentence of RFC 5905, RFC 7822 and RFC 4330.</summary>
public class NtpPacketTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 2, 0, 0, TimeSpan.Zero);
    private const ulong Sent = 0x0123456789ABCDEF;

    private static byte[] Bytes(Answer answer) => answer.To(NtpPacket.Request(Sent), Now);

    private static NtpPacket Read(Answer answer) => NtpPacket.Read(Bytes(answer)).Value;

    private static string? FaultOf(Answer answer)
    {
        var read = NtpPacket.Read(Bytes(answer));
        return read.IsOk ? NtpExchange.Fault(read.Value, Sent)?.Code : read.Errors[0].Code;
    }

    [Fact]
    public void A_request_is_of_version_4_and_mode_3_and_tells_nothing_but_a_number()
    {
        var request = NtpPacket.Request(Sent);
        Assert.Equal(48, request.Length);
        Assert.Equal(0x23, request[0]);
        Assert.All(request[1..40], b => Assert.Equal(0, b));
        Assert.Equal(Sent, BinaryPrimitives.ReadUInt64BigEndian(request.AsSpan(40)));
    }

    [Fact]
    public void The_header_is_read_field_by_field()
    {
        var packet = NtpPacket.Read(Convert.FromHexString("240200e600000000000000007f7f0101eeae3e46a868cebeeeae3e568e3e7000eeae3e568e440279eeae3e568e481e86")).Value;
        Assert.Equal((0, 4, 4, 2, 0, -26), (packet.Leap, packet.Version, packet.Mode, packet.Stratum, packet.Poll, packet.Precision));
        Assert.Equal((0.0, 0.0, 0x7F7F0101u, true, "127.127.1.1"), (packet.RootDelay, packet.RootDispersion, packet.ReferenceId, packet.IsOwnClock, packet.ReferenceText));
        Assert.Equal(0xeeae3e568e3e7000, packet.Origin.Raw);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 4, 23, 50, TimeSpan.Zero), packet.Transmit.Near(Now), TimeSpan.FromSeconds(1));
        Assert.Equal(0.01, Read(new Answer()).RootDelay, 4);
        Assert.Equal(0.002, Read(new Answer()).RootDispersion, 4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(47)]
    [InlineData(49)]
    [InlineData(50)]
    [InlineData(56)]
    [InlineData(1028)]
    [InlineData(65_000)]
    public void Packets_of_other_lengths_are_none(int length)
    {
        var bytes = new byte[length];
        if (length > 0) bytes[0] = 0x24;
        Assert.Equal("time.ntp.length", Assert.Single(NtpPacket.Read(bytes).Errors).Code);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(4, "")]
    [InlineData(20, "")]
    [InlineData(24, "")]
    // One extension field: alone it has 28 bytes at least, before a code 16.
    [InlineData(28, "0104001c")]
    [InlineData(36, "01040010")]
    [InlineData(72, "0204002c|0104001c")]
    public void Extension_fields_and_codes_are_told_apart(int behind, string fields)
    {
        var tail = new byte[behind];
        var at = 0;
        foreach (var field in fields.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var head = Convert.FromHexString(field);
            head.CopyTo(tail, at);
            at += BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2));
        }

        var packet = Read(new Answer { Behind = tail });
        Assert.Equal((behind - at, behind - at == 4), (packet.MacLength, packet.IsCryptoNak));
        Assert.Equal(fields.Length == 0 ? 0 : fields.Split('|').Length, packet.Extensions.Count);
    }

    [Theory]
    [InlineData("01040000")]
    [InlineData("0104000c")]
    [InlineData("01040012")]
    [InlineData("01040040")]
    [InlineData("0104ffff")]
    public void Extension_fields_of_impossible_lengths_are_refused(string head)
    {
        var tail = new byte[28];
        Convert.FromHexString(head).CopyTo(tail, 0);
        Assert.Equal("time.ntp.extension", FaultOf(new Answer { Behind = tail }));
    }

    [Fact]
    public void Only_versions_3_and_4_are_taken()
    {
        for (var version = 0; version < 8; version++) Assert.Equal(version is 3 or 4 ? null : "time.ntp.version", FaultOf(new Answer { Version = version }));
        // In version 3 the root delay has a sign (RFC 1305 §3.2.1).
        Assert.Equal(-0.5, Read(new Answer { Version = 3, RootDelay = -0.5 }).RootDelay);
        Assert.Equal(65535.5, Read(new Answer { RootDelay = -0.5 }).RootDelay);
    }

    [Fact]
    public void Only_mode_4_is_an_answer()
    {
        for (var mode = 0; mode < 8; mode++) Assert.Equal(mode == 4 ? null : "time.ntp.mode", FaultOf(new Answer { Mode = mode }));
    }

    [Fact]
    public void The_origin_timestamp_must_be_what_was_sent()
    {
        Assert.Null(FaultOf(new Answer()));
        Assert.Equal("time.ntp.origin", FaultOf(new Answer { Origin = Sent + 1 }));
        Assert.Equal("time.ntp.origin", FaultOf(new Answer { Origin = 0 }));
        // Also of a kiss: anybody could stop us otherwise.
        Assert.Equal("time.ntp.origin", FaultOf(new Answer { Stratum = 0, Kiss = "DENY", Origin = 1 }));
    }

    [Fact]
    public void Stamps_that_cannot_be_are_refused()
    {
        var now = NtpTimestamp.Of(Now).Raw;
        Assert.Equal("time.ntp.zero-transmit", FaultOf(new Answer { Transmit = 0 }));
        Assert.Equal("time.ntp.zero-receive", FaultOf(new Answer { Receive = 0 }));
        Assert.Equal("time.ntp.backwards", FaultOf(new Answer { Receive = now + (1UL << 32), Transmit = now }));
        Assert.Equal("time.ntp.reference-ahead", FaultOf(new Answer { Reference = now + (5UL << 32) }));
        Assert.Equal("time.ntp.crypto-nak", FaultOf(new Answer { Behind = new byte[4] }));
        // A clock that is not set needs no stamps.
        Assert.Null(FaultOf(new Answer { Leap = 3, Stratum = 0, ReferenceId = 0, Transmit = 0 }));
    }

    [Theory]
    [InlineData("RATE", TimeVerdict.Kiss)]
    [InlineData("DENY", TimeVerdict.Kiss)]
    [InlineData("RSTR", TimeVerdict.Kiss)]
    [InlineData("NTSN", TimeVerdict.Kiss)]
    [InlineData("XABC", TimeVerdict.Kiss)]
    [InlineData("INIT", TimeVerdict.Unsynchronised)]
    [InlineData("STEP", TimeVerdict.Unsynchronised)]
    public void Stratum_0_conveys_kiss_codes(string code, TimeVerdict verdict)
    {
        var packet = Read(new Answer { Stratum = 0, Leap = 3, Kiss = code });
        Assert.Equal(code, packet.KissCode);
        var judged = NtpExchange.Judge(packet, null, null, TimeLimits.Default);
        Assert.Equal(verdict, judged.Verdict);
        Assert.Contains(code, judged.Reason!.Message.En, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 0, 0u)]
    [InlineData(3, 2, 0xCB00710Fu)]
    [InlineData(0, 0, 0u)]
    [InlineData(0, 16, 0u)]
    [InlineData(0, 200, 0u)]
    public void Leap_3_and_the_strata_0_and_16_are_not_synchronised_and_not_zero_off(int leap, int stratum, uint reference)
    {
        var packet = Read(new Answer { Leap = leap, Stratum = stratum, ReferenceId = reference });
        Assert.Null(packet.KissCode);
        Assert.Equal(TimeVerdict.Unsynchronised, NtpExchange.Judge(packet, 0, 0, TimeLimits.Default).Verdict);
    }

    [Fact]
    public void Offset_and_delay_come_from_four_stamps()
    {
        // T1 = now, the server is 10 s ahead: 40 ms there, 20 ms in it, 60 ms back.
        var packet = Read(new Answer { Receive = NtpTimestamp.Of(Now.AddSeconds(10.040)).Raw, Transmit = NtpTimestamp.Of(Now.AddSeconds(10.060)).Raw, Reference = 0, Precision = -30 });
        var sample = NtpExchange.Measure(packet, Now, TimeSpan.FromMilliseconds(120)).Value;
        Assert.Equal(((10.040 - 0) + (10.060 - 0.120)) / 2, sample.Offset, 6);
        Assert.Equal(0.1, sample.Delay, 6);
        // Half of root delay and delay, root dispersion, and what drifts on the way.
        Assert.Equal(((655 / 65536.0) + 0.1) / 2 + (131 / 65536.0) + (0.12 * 15e-6), sample.RootDistance, 6);
    }

    [Fact]
    public void A_delay_is_never_less_than_the_precision_and_an_impossible_one_is_refused()
    {
        var packet = Read(new Answer { Receive = NtpTimestamp.Of(Now).Raw, Transmit = NtpTimestamp.Of(Now.AddSeconds(5)).Raw, Precision = -10 });
        Assert.Equal("time.ntp.delay", Assert.Single(NtpExchange.Measure(packet, Now, TimeSpan.FromSeconds(1)).Errors).Code);
        Assert.Equal(1 / 1024.0, NtpExchange.Measure(packet, Now, TimeSpan.FromSeconds(5)).Value.Delay, 6);
    }

    [Theory]
    [InlineData("2036-02-07T06:28:15.9")]
    [InlineData("2036-02-07T06:28:16.1")]
    [InlineData("2036-02-08T00:00:00")]
    [InlineData("1999-12-31T23:59:59.5")]
    [InlineData("2099-01-01T00:00:00")]
    public void Stamps_are_read_over_the_end_of_the_era(string text)
    {
        var at = DateTimeOffset.Parse(text + "Z", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(at, NtpTimestamp.Of(at).Near(at.AddYears(3)), TimeSpan.FromMicroseconds(1));
        Assert.Equal(at, NtpTimestamp.Of(at).Near(at.AddYears(-30)), TimeSpan.FromMicroseconds(1));
        // The server is one second ahead, on the other side of the seam.
        Assert.Equal(1.0, NtpTimestamp.Of(at.AddSeconds(1)).Since(NtpTimestamp.Of(at)), 6);
        Assert.Equal(-1.0, NtpTimestamp.Of(at).Since(NtpTimestamp.Of(at.AddSeconds(1))), 6);
        var packet = Read(new Answer { Receive = NtpTimestamp.Of(at.AddSeconds(1)).Raw, Transmit = NtpTimestamp.Of(at.AddSeconds(1)).Raw });
        Assert.Equal(1.0, NtpExchange.Measure(packet, at, TimeSpan.Zero).Value.Offset, 3);
    }

    [Fact]
    public void Limits_are_for_offset_stratum_and_root_distance_each()
    {
        var limits = new TimeLimits(0.5, 0.2, 4);
        Assert.Equal((TimeVerdict.Fine, null), limits.Judge(true, 4, -0.5, 0.2));
        Assert.Equal((TimeVerdict.Off, "time.off"), Code(limits.Judge(true, 4, -0.51, 0.2)));
        Assert.Equal((TimeVerdict.Off, "time.off"), Code(limits.Judge(true, 4, double.NaN, 0.2)));
        Assert.Equal((TimeVerdict.Unsynchronised, "time.root-distance"), Code(limits.Judge(true, 4, 0, 0.21)));
        Assert.Equal((TimeVerdict.Unsynchronised, "time.stratum-too-high"), Code(limits.Judge(true, 5, 0, 0.1)));
        Assert.Equal((TimeVerdict.Stated, "time.offset-not-told"), Code(limits.Judge(true, null, null, null)));
        Assert.Equal((TimeVerdict.Unknown, "time.not-told"), Code(limits.Judge(null, 2, 0, 0)));

        static (TimeVerdict, string?) Code((TimeVerdict Verdict, Hufu.Kernel.Error? Reason) judged) => (judged.Verdict, judged.Reason?.Code);
    }

    [Fact]
    public void Whatever_comes_is_read_or_refused()
    {
        var random = new Random(5905);
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = random.Next(3) == 0 ? new byte[random.Next(1200)] : Bytes(new Answer { Behind = new byte[random.Next(20) * 4] });
            if (random.Next(2) == 0) random.NextBytes(bytes);
            else
                for (var k = 0; k < 4 && bytes.Length > 0; k++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var read = NtpPacket.Read(bytes);
            if (!read.IsOk) continue;
            _ = NtpExchange.Fault(read.Value, Sent);
            _ = (read.Value.ReferenceText, read.Value.KissCode, read.Value.Transmit.Near(Now), read.Value.ToString());
            var measured = NtpExchange.Measure(read.Value, Now, TimeSpan.FromMilliseconds(random.Next(3000)));
            if (measured.IsOk) _ = NtpExchange.Judge(read.Value, measured.Value.Offset, measured.Value.RootDistance, TimeLimits.Default);
        }
    }
}
