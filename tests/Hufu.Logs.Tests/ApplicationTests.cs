using System.Globalization;
using System.Text;

namespace Hufu.Logs.Tests;

/// <summary>Lines of any program that begin with a time: the time is the event's own, and level, thread and logger are fields.</summary>
public class ApplicationTests
{
    private static readonly LogParseOptions Options = new() { ReferenceTime = new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero), AssumedOffset = TimeSpan.FromHours(8) };

    private static ParsedRecord Read(string line) => LogParser.ParseRecord(line, Options);

    [Theory]
    [InlineData("2026-11-22 01:42:10,747 INFO [main] org.example.Store: opened", "2026-11-22T01:42:10.7470000+08:00", "INFO", "main", "org.example.Store", null, "opened")]
    [InlineData("2026-11-22 01:42:10,747 - WARN  [worker[7]/10.0.0.1:2181:Cnx@774] - timed out: 3200", "2026-11-22T01:42:10.7470000+08:00", "WARN", "worker[7]/10.0.0.1:2181:Cnx@774", null, null, "timed out: 3200")]
    [InlineData("2026-11-22 01:42:10.747 ERROR 4711 --- [nio-8080-exec-1] o.a.c.C.[.[/].[servlet]    : threw", "2026-11-22T01:42:10.7470000+08:00", "ERROR", "nio-8080-exec-1", "o.a.c.C.[.[/].[servlet]", "4711", "threw")]
    [InlineData("2026-11-22T01:42:10.747-05:00  INFO 4711 --- [           main] com.example.Demo : started in 2.1 s", "2026-11-22T01:42:10.7470000-05:00", "INFO", "main", "com.example.Demo", "4711", "started in 2.1 s")]
    [InlineData("2026-11-22 01:42:10,747 - my.module - WARNING - disk almost full", "2026-11-22T01:42:10.7470000+08:00", "WARNING", null, "my.module", null, "disk almost full")]
    [InlineData("2026-11-22 01:42:10,747 - WARNING - my.module - disk: 3 (full)", "2026-11-22T01:42:10.7470000+08:00", "WARNING", null, "my.module", null, "disk: 3 (full)")]
    [InlineData("2026-11-22 01:42:10,747 - WARNING - disk: 3 (full)", "2026-11-22T01:42:10.7470000+08:00", "WARNING", null, null, null, "disk: 3 (full)")]
    [InlineData("WARNING:2026-11-22 01:42:10,747:text", "2026-11-22T01:42:10.7470000+08:00", "WARNING", null, null, null, "text")]
    [InlineData("[2026-11-22 01:42:10,747] {task.py:1150} INFO - done", "2026-11-22T01:42:10.7470000+08:00", "INFO", null, "task.py:1150", null, "done")]
    [InlineData("[2026-11-22T01:42:10.123Z] [ERROR] default - failed", "2026-11-22T01:42:10.1230000+00:00", "ERROR", null, "default", null, "failed")]
    [InlineData("[ERROR] 2026-11-22 01:42:10 failed", "2026-11-22T01:42:10.0000000+08:00", "ERROR", null, null, null, "failed")]
    [InlineData("26/11/22 01:42:10 INFO executor.Backend: registered for [TERM, HUP]", "2026-11-22T01:42:10.0000000+08:00", "INFO", null, "executor.Backend", null, "registered for [TERM, HUP]")]
    [InlineData("081109 203615 148 INFO dfs.Node$Responder: block 1 ends", "2008-11-09T20:36:15.0000000+08:00", "INFO", null, "dfs.Node$Responder", "148", "block 1 ends")]
    [InlineData("2016-09-28 04:30:30, Info                  CBS    Loaded stack", "2016-09-28T04:30:30.0000000+08:00", "Info", null, "CBS", null, "Loaded stack")]
    [InlineData("20171223-22:15:29:606|Step|30002312|changed", "2017-12-23T22:15:29.6060000+08:00", null, null, null, null, "Step|30002312|changed")]
    [InlineData("03-17 16:13:38.811  1702  2395 D WindowManager: print", "2026-03-17T16:13:38.8110000+08:00", "D", "2395", "WindowManager", "1702", "print")]
    [InlineData("12-17 16:13:38.811  1702  2395 E WindowManager: print", "2025-12-17T16:13:38.8110000+08:00", "E", "2395", "WindowManager", "1702", "print")]
    [InlineData("[10.30 16:49:06] chrome.exe - proxy:5070 open", "2026-10-30T16:49:06.0000000+08:00", null, null, null, null, "chrome.exe - proxy:5070 open")]
    [InlineData("- 1117838570 R02-M1 RAS KERNEL INFO corrected", "2005-06-03T22:42:50.0000000+00:00", null, null, null, null, "R02-M1 RAS KERNEL INFO corrected")]
    [InlineData("1795311730.250 INFO up", "2026-11-22T01:42:10.2500000+00:00", "INFO", null, null, null, "up")]
    [InlineData("I1122 01:42:10.123456    4711 controller.go:45] starting", "2026-11-22T01:42:10.1234560+08:00", "I", null, "controller.go:45", "4711", "starting")]
    [InlineData("Nov 22, 2026 1:42:10 PM org.example.Start start", "2026-11-22T13:42:10.0000000+08:00", null, null, null, null, "org.example.Start start")]
    [InlineData("22-Nov-2026 01:42:10.123 SEVERE [main] org.example.Start.log failed", "2026-11-22T01:42:10.1230000+08:00", "SEVERE", "main", null, null, "org.example.Start.log failed")]
    [InlineData("Sun Nov 22 01:42:10 2026 - worker up", "2026-11-22T01:42:10.0000000+08:00", null, null, null, null, "worker up")]
    [InlineData("Sun, 22 Nov 2026 01:42:10 GMT worker up", "2026-11-22T01:42:10.0000000+00:00", null, null, null, null, "worker up")]
    [InlineData("22.11.2026 01:42:10 Meldung", "2026-11-22T01:42:10.0000000+08:00", null, null, null, null, "Meldung")]
    [InlineData("11/22/2026 12:42:10 AM up", "2026-11-22T00:42:10.0000000+08:00", null, null, null, null, "up")]
    [InlineData("22/11/2026 01:42:10 up", "2026-11-22T01:42:10.0000000+08:00", null, null, null, null, "up")]
    [InlineData("2026/11/22 01:42:10 Error while opening", "2026-11-22T01:42:10.0000000+08:00", null, null, null, null, "Error while opening")]
    [InlineData("2026-11-22 01:42:10 [Info] (main) up", "2026-11-22T01:42:10.0000000+08:00", "Info", "main", null, null, "up")]
    public void TimeLevelAndWhatStandsByThemAreRead(string line, string time, string? level, string? thread, string? logger, string? process, string message)
    {
        var read = Read(line);
        Assert.Equal(LogFormats.Application, read.Format);
        Assert.Empty(read.Problems);
        Assert.Equal((time, message), (read.Timestamp?.ToString("o", CultureInfo.InvariantCulture), read.Message));
        Assert.Equal((level, thread, logger, process), (read.Fields.GetValueOrDefault("level"), read.Fields.GetValueOrDefault("thread"), read.Fields.GetValueOrDefault("logger"), read.ProcId));
        Assert.Equal(level is not null, read.Severity is not null);
        Assert.Equal(read.Timestamp!.Value.Offset == TimeSpan.FromHours(8), read.TimeZoneAssumed);
    }

    [Theory]
    [InlineData("order 1234567890 shipped at 2026-11-22 10:00:00")]
    [InlineData("certificate expires 2026-12-01 10:00:00 UTC")]
    [InlineData("12:30:01 no date")]
    [InlineData("2026-11-22 no time")]
    [InlineData("2026-02-30 10:00:00 no such day")]
    [InlineData("2026-11-22 24:00:00 no such hour")]
    [InlineData("192.168.10.11 10:00:00 an address")]
    [InlineData("1.2.3 10:00:00 a version")]
    [InlineData("123456 654321 numbers")]
    [InlineData("1234567890123456789012 long")]
    [InlineData("2026-11-22 10:00:001 digits")]
    public void WhatIsNoTimeOfItsOwnStaysText(string line)
    {
        var read = Read(line);
        Assert.Equal((LogFormats.Plain, line), (read.Format, read.Message));
        Assert.Null(read.Timestamp);
    }

    [Fact]
    public void ASyslogLineWithAnIsoTimeStaysOne()
    {
        var read = Read("2026-11-22T01:42:10+08:00 web1 app[12]: ERROR something");
        Assert.Equal((LogFormats.Syslog3164, "web1", "app", "12"), (read.Format, read.HostName, read.AppName, read.ProcId));
    }

    [Fact]
    public void WhatAContainerWritesIsReadBehindTheTimeOfTheRuntime()
    {
        var json = Read("""2026-11-22T01:42:10.123456789Z stdout F {"level":"warn","msg":"full","user":"amy"}""");
        Assert.Equal((LogFormats.Application, "full", 4, "stdout", "amy"), (json.Format, json.Message, json.Severity, json.Fields["stream"], json.Fields["user"]));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 1, 42, 10, TimeSpan.Zero).AddTicks(1_234_567), json.Timestamp);
        var text = Read("2026-11-22T01:42:10.123456789Z stderr F it is broken");
        Assert.Equal(("it is broken", "stderr"), (text.Message, text.Fields["stream"]));
    }

    [Fact]
    public void PairsBehindATimeAreFields()
    {
        var read = Read("2026-11-22 01:42:10 level=error msg=\"no space\" user=amy");
        Assert.Equal((LogFormats.Pairs, 3, "amy", "no space"), (read.Format, read.Severity, read.Fields["user"], read.Message));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 1, 42, 10, TimeSpan.FromHours(8)), read.Timestamp);
    }

    [Fact]
    public void AsToldALineWithoutATimeSaysSo()
    {
        var read = LogParser.ParseRecord("nothing of that kind", Options with { Format = LogFormats.Application });
        Assert.Equal((LogFormats.Plain, "nothing of that kind"), (read.Format, read.Message));
        Assert.Equal([LogProblem.TimeNone], read.Problems);
    }

    [Fact]
    public void WhateverIsChangedInALineNothingBreaksAndTheLineStaysWhole()
    {
        string[] seeds =
        [
            "2026-11-22 01:42:10.747 ERROR 4711 --- [nio-8080-exec-1] o.a.c.C.[.[/].[servlet]    : threw", "I1122 01:42:10.123456    4711 controller.go:45] starting",
            "[ERROR] (x) 123 [2026-11-22 01:42:10,747 UTC+08:00] {task.py:1150} INFO - done", "Sun, 22 Nov 2026 01:42:10 +0800 - up", "9999-12-31 23:59:59 -14:00 x", "0002-01-01 00:00:00+14:00 x",
            "2026-11-22T01:42:10Z stdout F {\"a\":1}", "03-17 16:13:38.811  1702  2395 D WindowManager: print",
        ];
        var random = new Random(20261130);
        const string signs = "0123456789-/.:, []{}()<>|TZ+APMIEWD\t\"=\u00e9登";
        for (var i = 0; i < 200_000; i++)
        {
            var line = new StringBuilder(seeds[random.Next(seeds.Length)]);
            for (var changes = random.Next(1, 5); changes > 0 && line.Length > 0; changes--)
            {
                var at = random.Next(line.Length);
                switch (random.Next(3))
                {
                    case 0: line[at] = signs[random.Next(signs.Length)]; break;
                    case 1: line.Remove(at, Math.Min(random.Next(1, 6), line.Length - at)); break;
                    default: line.Insert(at, signs[random.Next(signs.Length)]); break;
                }
            }

            var text = line.ToString();
            var read = LogParser.Parse(text, Options.ReferenceTime, "s", Options);
            Assert.Equal(text, read.Raw);
            LogParser.ParseRecord(text, Options with { Format = LogFormats.Application });
        }
    }
}
