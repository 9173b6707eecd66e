namespace Hufu.Logs.Tests;

/// <summary>Times as programs write them: zones as words, halves of the day, numbers of seconds.</summary>
public class TimeTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference, AssumedOffset = TimeSpan.FromHours(8) };

    private static LogEvent Read(string line) => LogParser.Parse(line, Reference, "test", Options);

    [Theory]
    [InlineData("2026-01-04 01:02:03 JST", "2026-01-03T16:02:03Z", false)]
    [InlineData("2026-07-04 01:02:03 CEST", "2026-07-03T23:02:03Z", false)]
    [InlineData("Sun Jan  4 01:02:03 EST 2026", "2026-01-04T06:02:03Z", false)]
    // Taiwan's clocks say CST as Chicago's do: the site's own zone is taken, and marked.
    [InlineData("Sun Jan 04 01:02:03 CST 2026", "2026-01-03T17:02:03Z", true)]
    [InlineData("2026-01-04 01:02:03 PST", "2026-01-03T17:02:03Z", true)]
    [InlineData("1/4/2026 1:02:03 PM", "2026-01-04T05:02:03Z", true)]
    [InlineData("01/04/2026 12:02:03 AM", "2026-01-03T16:02:03Z", true)]
    [InlineData("1/4/2026 1:02:03 PM +01:00", "2026-01-04T12:02:03Z", false)]
    [InlineData("1/4/2026 13:02:03", "2026-01-04T05:02:03Z", true)]
    // As a floating point number it would be 517999.8 microseconds.
    [InlineData("1643025668.518", "2022-01-24T12:01:08.518Z", false)]
    [InlineData("1767488523123456", "2026-01-04T01:02:03.123456Z", false)]
    [InlineData("1767488523123456700", "2026-01-04T01:02:03.1234567Z", false)]
    public void TimesOfFields(string text, string expected, bool assumed)
    {
        var read = Read($$"""{"time":"{{text}}","message":"x"}""");
        Assert.Empty(read.Problems);
        Assert.Equal((DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), assumed), (read.OccurredAt!.Value, read.TimeZoneAssumed));
    }

    [Theory]
    [InlineData("2026-01-04 01:02:03 EST [INFO] started", "2026-01-04T06:02:03Z", false)]
    [InlineData("2026-01-04 01:02:03 CST [INFO] started", "2026-01-03T17:02:03Z", true)]
    [InlineData("2026-07-04 01:02:03.123 CEST [123] LOG:  connection received: host=203.0.113.9 port=4711", "2026-07-03T23:02:03.123Z", false)]
    [InlineData("<189>5: Jan 4 01:02:03.123 CET: %SYS-5-CONFIG_I: Configured from console by admin", "2026-01-04T00:02:03.123Z", false)]
    [InlineData("<13>Jan 4 01:02:03 JST 2026 web01 sshd[1]: x", "2026-01-03T16:02:03Z", false)]
    [InlineData("<164>Jan 04 2026 01:02:03 EDT fw1 : %ASA-4-411002: Line protocol on Interface in, changed state to down", "2026-01-04T05:02:03Z", false)]
    [InlineData("<164>Jan 04 2026 01:02:03 CST fw1 : %ASA-4-411002: Line protocol on Interface in, changed state to down", "2026-01-03T17:02:03Z", true)]
    public void TimesOfLines(string line, string expected, bool assumed)
    {
        var read = Read(line);
        Assert.Equal((DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), assumed), (read.OccurredAt!.Value, read.TimeZoneAssumed));
        Assert.False(read.Host is "EDT" or "CST" or "JST");
    }

    [Fact]
    public void AHostMayHaveTheNameOfAZone()
    {
        var read = Read("<13>Jan 4 01:02:03 EST sshd[1]: started");
        Assert.Equal(("EST", "sshd", true), (read.Host, read.App, read.TimeZoneAssumed));
    }
}
