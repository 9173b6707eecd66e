using System.Text;

namespace Hufu.Logs.Tests;

/// <summary>Decoders that a site writes, and texts that shippers put into records of their own.</summary>
public sealed class UserDecoderTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    private static readonly UserDecoder Door = new()
    {
        Name = "door", Apps = ["doord*"], Patterns = [new("opened {door:text} by {badge:num} from {peer:ip}", new Dictionary<string, string> { ["action"] = "open" }), new("alarm {level}", new Dictionary<string, string>())],
        Set = new Dictionary<string, string> { ["building"] = "HQ" }, Ecs = new Dictionary<string, string> { ["peer"] = "source.ip", ["badge"] = "user.name" },
    };

    private static LogEvent Read(string line, UserDecoders? decoders, string source = "s", string? format = null) => LogParser.Parse(line, Now, source, new LogParseOptions { ReferenceTime = Now, Decoders = decoders, Format = format });

    private static UserDecoders With(params UserDecoder[] list)
    {
        var decoders = new UserDecoders();
        decoders.Replace(list);
        return decoders;
    }

    [Fact]
    public void ADecoderIsUsedFromTheMomentItIsPutIn_AndNoLongerOnceItIsOut()
    {
        var decoders = new UserDecoders();
        var line = "<13>Jan  5 11:00:00 gate1 doord[7]: opened front door by 4711 from 192.0.2.7 at night";
        Assert.Null(Read(line, decoders).Field("door"));
        decoders.Replace([Door]);
        var item = Read(line, decoders);
        Assert.Equal(("front door", "4711", "open", "HQ", "door", "192.0.2.7"), (item.Field("door"), item.Field("badge"), item.Field("action"), item.Field("building"), item.Field("log.decoder"), item.SourceIp));
        Assert.Equal(("192.0.2.7", "4711"), (item.Field("source.ip"), item.Field("user.name")));
        Assert.Equal(4, Read("Jan  5 11:00:00 gate1 doord2: alarm warning", decoders).Severity);
        Assert.Null(Read(line.Replace("doord", "other", StringComparison.Ordinal), decoders).Field("door"));
        decoders.Replace([]);
        Assert.Null(Read(line, decoders).Field("door"));
    }

    [Fact]
    public void SourcesBeginningsAndContentsSayWhatItIsFor_AlsoWithoutAHeader()
    {
        var decoders = With(
            new UserDecoder { Name = "by-source", Sources = ["edge-*"], Holds = ["|"], Patterns = [new("{time}|{user}|{rest:text}", new Dictionary<string, string>())] },
            new UserDecoder { Name = "by-begin", Begins = ["AX "], Patterns = [new("AX {n:num}", new Dictionary<string, string>())] });
        var item = Read("2026-01-04T01:02:03Z|eve|did things", decoders, "edge-7");
        Assert.Equal(("eve", "did things", new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero)), (item.Field("user"), item.Field("rest"), item.OccurredAt));
        Assert.Null(Read("2026-01-04T01:02:03Z|eve|did things", decoders, "other").Field("rest"));
        Assert.Equal("12", Read("AX 12", decoders).Field("n"));
        Assert.Null(Read("BX 12", decoders).Field("n"));
    }

    [Fact]
    public void GivenAsTheFormat_ItReadsEveryRecord_AndOneThatIsGoneIsSaidAndNeverThrows()
    {
        var decoders = With(Door);
        Assert.Equal("back", Read("opened back by 1 from 192.0.2.7", decoders, format: "door").Field("door"));
        Assert.Contains(LogProblem.Of(LogProblem.DecoderNone, "door"), Read("something else", decoders, format: "door").Problems);
        decoders.Replace([]);
        Assert.Contains(LogProblem.Of(LogProblem.DecoderNone, "door"), Read("opened back by 1 from 192.0.2.7", decoders, format: "door").Problems);
        Assert.Throws<ArgumentException>(() => Read("x", null, format: "door"));
    }

    [Fact]
    public void ItComesBeforeTheProductsOwn()
    {
        var decoders = With(new UserDecoder { Name = "mine", Apps = ["sshd"], Patterns = [new("Failed {rest:text}", new Dictionary<string, string> { ["mine"] = "yes" })] });
        Assert.Equal("yes", Read("Jan  5 11:00:00 h sshd[1]: Failed password for x from 192.0.2.3 port 1 ssh2", decoders).Field("mine"));
        // What it does not know is the product's.
        Assert.Equal("192.0.2.3", Read("Jan  5 11:00:00 h sshd[1]: Accepted password for x from 192.0.2.3 port 1 ssh2", decoders).SourceIp);
    }

    [Theory]
    [InlineData("a {b", "Pattern 1, character 3")]
    [InlineData("a {b:nun} c", "Pattern 1, character 3: 'nun'")]
    [InlineData("a «b", "Pattern 1, character 3")]
    [InlineData("a» b", "Pattern 1, character 2")]
    [InlineData("{a:text}{b} c", "Pattern 1, character 1: Text must follow 'a'")]
    [InlineData("x {a:last} y {b:last} z", "Pattern 1, character 16")]
    [InlineData("{} x", "Pattern 1, character 1")]
    [InlineData("{a:num:x} x", "Pattern 1, character 1")]
    [InlineData("", "Pattern 1 is empty")]
    [InlineData("«««««x»»»»»", "Pattern 1, character 5")]
    public void AFaultNamesPatternAndCharacter(string pattern, string expected)
    {
        var error = Assert.Single(UserDecoders.Check(Door with { Patterns = [new(pattern, new Dictionary<string, string>())] }));
        Assert.StartsWith(expected, error.Message.En, StringComparison.Ordinal);
        Assert.Equal("patterns", error.Place);
    }

    [Fact]
    public void OtherFaultsAreNamed_AndAFaultyOneIsNeverUsed()
    {
        Assert.Empty(UserDecoders.Check(Door));
        foreach (var (wrong, code) in ((UserDecoder, string)[])[(Door with { Name = "Bad name" }, "logs.decoder.name"), (Door with { Name = "sshd" }, "logs.decoder.name-taken"), (Door with { Apps = [] }, "logs.decoder.for"), (Door with { Patterns = [] }, "logs.decoder.patterns"), (Door with { Ecs = new Dictionary<string, string> { ["a"] = "no.such" } }, "logs.decoder.ecs"), (Door with { Set = new Dictionary<string, string> { [""] = "x" } }, "logs.decoder.set"), (Door with { Apps = [""] }, "logs.decoder.texts")])
        {
            Assert.Equal([code], UserDecoders.Check(wrong).Select(e => e.Code));
            Assert.Empty(With(wrong).Names);
        }
    }

    [Fact]
    public void ATrialSaysWhichPatternFitsWhatCameOutAndWhatIsLeft()
    {
        var trial = UserDecoders.Try(Door, "opened front door by 4711 from 192.0.2.7 at night", new LogParseOptions { ReferenceTime = Now });
        Assert.Equal((0, " at night", "4711"), (trial.Pattern, trial.Rest, trial.Fields["badge"]));
        Assert.InRange(trial.Time, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        var none = UserDecoders.Try(Door, "closed", new LogParseOptions { ReferenceTime = Now });
        Assert.Equal((null, "closed", 0), (none.Pattern, none.Rest, none.Fields.Count));
    }

    [Fact]
    public void ExportedDecodersAreReadBack_AndFaultyFilesAreRefusedWithWords()
    {
        var back = UserDecoders.Read(UserDecoders.Write([Door])).Value[0];
        Assert.Equal(UserDecoders.Write([Door]), UserDecoders.Write([back]));
        Assert.Equal("open", back.Patterns[0].Set["action"]);
        foreach (var text in (string[])["", "{", "[1]", "{\"decoders\":{}}", "{\"decoders\":[{\"name\":1}]}", "{\"decoders\":[{\"name\":\"x\",\"patterns\":[{\"set\":{}}]}]}", "{\"decoders\":[{\"name\":\"a\",\"apps\":[\"x\"],\"patterns\":[\"{\"]}]}", "\"x\"", "null"])
            Assert.NotEmpty(UserDecoders.Read(Encoding.UTF8.GetBytes(text)).Errors);
        var twice = Encoding.UTF8.GetString(UserDecoders.Write([Door, Door]));
        Assert.Equal("logs.decoder.twice", Assert.Single(UserDecoders.Read(Encoding.UTF8.GetBytes(twice)).Errors).Code);
    }

    [Fact]
    public void RandomPatternsAreReadOrRefused_AndNeverSlow()
    {
        var random = new Random(20260107);
        string[] pieces = ["{a}", "{b:text}", "{c:last}", "{d:num}", "{e:ip}", "{f:peer}", "{time}", "{:pairs}", "{_}", "{_:text}", "«", "»", " ", "a", "{{", "{", "}", ":", "資", "x=y"];
        var message = string.Concat(Enumerable.Repeat("a x=y 192.0.2.1:80 2026-01-05T01:02:03Z 資 : ", 340));
        var valid = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var pattern = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => pieces[random.Next(pieces.Length)]));
            var decoder = Door with { Patterns = [new(pattern, new Dictionary<string, string>())] };
            if (UserDecoders.Check(decoder).Count > 0) continue;
            valid++;
            Assert.InRange(UserDecoders.Try(decoder, message, new LogParseOptions { ReferenceTime = Now }).Time, TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
        }

        Assert.InRange(valid, 100, 5_000);
    }

    [Theory]
    [InlineData("{\"message\":\"Failed password for root from 192.0.2.3 port 22 ssh2\",\"program\":\"sshd\",\"host\":\"web1\",\"@timestamp\":\"2026-01-05T01:02:03Z\"}", "sshd", "sshd")]
    [InlineData("{\"message\":\"Failed password for root from 192.0.2.3 port 22 ssh2\",\"syslogtag\":\"sshd[812]:\",\"hostname\":\"web1\"}", "sshd", "sshd")]
    [InlineData("{\"message\":\"<38>Jan  5 11:00:00 web1 sshd[812]: Failed password for root from 192.0.2.3 port 22 ssh2\"}", "sshd", "sshd")]
    [InlineData("{\"message\":\"Jan  5 11:00:00 web1 sshd[812]: Failed password for root from 192.0.2.3 port 22 ssh2\",\"agent\":{\"type\":\"filebeat\"}}", "sshd", "sshd")]
    [InlineData("{\"version\":\"1.1\",\"host\":\"web1\",\"short_message\":\"Failed password for root from 192.0.2.3 port 22 ssh2\",\"_application_name\":\"sshd\",\"timestamp\":1767488523}", "sshd", "sshd")]
    [InlineData("{\"observedTimeUnixNano\":\"1767488523000000000\",\"body\":\"<38>1 2026-01-05T01:02:03Z web1 sshd 812 - - Failed password for root from 192.0.2.3 port 22 ssh2\",\"attributes\":{}}", "sshd", "sshd")]
    public void TextOfShippersIsReadByItsProgram(string line, string app, string decoder)
    {
        var item = Read(line, null);
        Assert.Equal(("json", app, decoder, "192.0.2.3", "root", "failure"), (item.Format, item.App, item.Field("log.decoder"), item.SourceIp, item.Field("user"), item.Field("outcome")));
        if (!line.Contains("syslogtag", StringComparison.Ordinal)) Assert.Equal("web1", item.Host);
        Assert.Contains(new LogSourceHint("linux", null, "sshd"), LogSourceHints.For(item));
        Assert.Equal(line, item.Raw);
    }

    [Fact]
    public void WhatTheShipperSaysCountsBefore()
    {
        var item = Read("{\"message\":\"Jan  5 11:00:00 inner sshd[812]: Failed password for root from 192.0.2.3 port 22 ssh2\",\"host\":\"outer\",\"user\":\"given\",\"outcome\":\"unknown\",\"@timestamp\":\"2026-01-01T00:00:00Z\"}", null);
        Assert.Equal(("outer", "given", "unknown", "192.0.2.3"), (item.Host, item.Field("user"), item.Field("outcome"), item.SourceIp));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), item.OccurredAt);
        Assert.Equal("door", Read("{\"message\":\"opened x by 1 from 192.0.2.7\",\"app\":\"doord\"}", With(Door)).Field("log.decoder"));
        Assert.Null(Read("{\"message\":\"the user said hello\",\"app\":\"web\"}", null).Field("log.decoder"));
    }
}
