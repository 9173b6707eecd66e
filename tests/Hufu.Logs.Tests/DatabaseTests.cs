using System.Text;

namespace Hufu.Logs.Tests;

public class DatabaseTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Told = new(2026, 1, 4, 1, 2, 3, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private static LogEvent Read(string line) => LogParser.Parse(line, Reference, "test", Options);

    private static DateTimeOffset? Second(LogEvent read) => read.OccurredAt is { } time ? time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond)) : null;

    [Theory]
    [InlineData("2026-01-04T01:02:03.123456Z\t    8 Connect\troot@192.0.2.9 on shop using TCP/IP", "thread_id=8¦command_type=Connect¦user=root¦src_ip=192.0.2.9¦database=shop¦action=connected")]
    [InlineData("2026-01-04T01:02:03.123456Z\t    8 Connect\tAccess denied for user 'root'@'192.0.2.9' (using password: YES)", "user=root¦src_ip=192.0.2.9¦action=login¦outcome=failure")]
    [InlineData("2026-01-04T01:02:03.123456Z\t   18 Query\tselect a\tfrom b", "statement=select a\tfrom b¦action=statement")]
    [InlineData("260104  1:02:03\t    8 Connect\troot@localhost as anonymous on ", "user=root¦src_host=localhost")]
    public void MySql_TheGeneralLogIsRead(string line, string expected)
    {
        var read = Read(line);
        FormatTests.Holds(read.Fields, expected);
        Assert.Equal(("mysqld", Told, 0), (read.App, Second(read), read.Problems.Count));
    }

    [Fact]
    public void MySql_LinesOfTheSameSecondHaveNoTimeInOlderVersions()
    {
        var read = Read("\t\t    8 Query\tSHOW TABLES");
        Assert.Equal(("SHOW TABLES", null), (read.Fields["statement"], read.OccurredAt));
        Assert.Equal("-/database/-", SourceMappings.Text(Assert.Single(LogSourceHints.For(read))));
        Assert.Equal(LogFormats.Plain, Read("a\tb 8 Query\tx").Format);
        Assert.Empty(Read("a line\t12 Apples\tx").Fields);
    }

    private const string Slow = """
        /usr/sbin/mysqld, Version: 8.0.15 (MySQL Community Server - GPL). started with:
        # Time: 2026-01-04T01:02:03.811234Z
        # User@Host: app[app] @ web1 [192.0.2.9]  Id:    14
        # Query_time: 2.475469  Lock_time: 0.000287 Rows_sent: 10  Rows_examined: 3145718
        use shop;
        SET timestamp=1767488521;
        SELECT a
          FROM b
          WHERE c = 1;
        # Time: 260104  9:02:05
        # User@Host: root[root] @  [192.0.2.10]
        # Thread_id: 5  Schema:   QC_hit: No
        # Query_time: 2.000652  Lock_time: 0.000000  Rows_sent: 1  Rows_examined: 0
        SET timestamp=1767488523;
        select sleep(2);
        # User@Host: root[root] @ localhost []
        # Query_time: 3.1  Lock_time: 0.0 Rows_sent: 0  Rows_examined: 0
        SET timestamp=1767488524;
        # administrator command: Quit;
        # a remark
        # Time: soon
        another line
        """;

    [Fact]
    public async Task MySql_TheLinesOfASlowStatementAreOneRecord()
    {
        await using var reader = new LogFileReader(new MemoryStream(Encoding.UTF8.GetBytes(Slow.ReplaceLineEndings("\n"))), Options);
        var events = await reader.EventsAsync(Reference, "test", cancellation: TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["/usr/sb", "# Time:", "# Time:", "# User@", "# a rem", "# Time:", "another"], events.Select(item => item.Raw[..7]));
        FormatTests.Holds(events[1].Fields, "user=app¦src_host=web1¦src_ip=192.0.2.9¦thread_id=14¦Query_time=2.475469¦Rows_examined=3145718¦database=shop¦statement=SELECT a\n  FROM b\n  WHERE c = 1;¦action=statement");
        FormatTests.Holds(events[2].Fields, "user=root¦src_ip=192.0.2.10¦Thread_id=5¦QC_hit=No¦statement=select sleep(2);");
        // The count of seconds has a zone, the time before it has none.
        Assert.Equal([new(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), new(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), new(2026, 1, 4, 1, 2, 4, TimeSpan.Zero)], events[1..4].Select(item => Second(item)!.Value));
        Assert.Equal("# administrator command: Quit;", events[3].Fields["statement"]);
        Assert.All(events[4..], item => Assert.Empty(item.Fields));
    }

    [Fact]
    public void PostgreSql_CsvLinesHaveTheirColumnsAndTheMessagesFields()
    {
        var read = Read("2026-01-04 01:02:03.388 UTC,\"eve\",\"shop\",40386,\"203.0.113.9:5000\",6805f350.65ba,1,\"authentication\",2026-01-04 01:02:03 UTC,3/1,0,FATAL,28P01,\"password authentication failed for user \"\"eve\"\"\",,,,,,,,,\"\",\"client backend\",,0");
        FormatTests.Holds(read.Fields, "user_name=eve¦database_name=shop¦error_severity=FATAL¦sql_state_code=28P01¦src_ip=203.0.113.9¦src_port=5000¦action=login¦outcome=failure");
        Assert.Equal(("postgres", 2, "203.0.113.9", "eve", "40386"), (read.App, read.Severity, read.SourceIp, read.Field("user.name"), read.Field("process.pid")));
        Assert.Equal(("password authentication failed for user \"eve\"", Told, false), (read.Message, Second(read), read.TimeZoneAssumed));
        var other = Read("2026-01-04 01:02:03.388 UTC,a,b,c,d,e,f,g,h,i,j,LOG,00000,k");
        Assert.Empty(other.Problems);
        Assert.DoesNotContain("user_name", other.Fields.Keys);
    }

    [Fact]
    public async Task PostgreSql_AStatementOfSeveralLinesInACsvLineIsOneEvent()
    {
        const string Head = "2026-01-04 01:02:03.388 UTC,\"eve\",\"shop\",40386,\"203.0.113.9:5000\",6805f350.65ba,1,\"SELECT\",2026-01-04 01:02:03 UTC,3/1,0,LOG,00000,";
        const string Tail = ",,,,,,,,,\"psql\",\"client backend\",,0";
        string[] records =
        [
            $"{Head}\"statement: SELECT a,\n  b -- \"\"quoted\"\"\n  # no comment\nFROM t\"{Tail}",
            $"2026-01-04 01:02:04.388 UTC,,,40387,,6805f350.65bb,1,,2026-01-04 01:02:03 UTC,,0,LOG,00000,\"checkpoint starting: time\"{Tail}",
            // Cut off: the next entry begins anew.
            $"{Head}\"statement: SELECT 1\nFROM",
            $"{Head}\"statement: SELECT 2\"{Tail}",
            "something else with one \" mark",
            "and its next line",
        ];
        var (events, problems) = await WholeFileTests.ReadAsync(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', records)));
        Assert.Empty(problems);
        Assert.Equal(records, events.Select(e => e.Raw));
        Assert.Equal(("statement: SELECT a,\n  b -- \"quoted\"\n  # no comment\nFROM t", "eve", "203.0.113.9"), (events[0].Message, events[0].Field("user_name"), events[0].SourceIp));
        Assert.Equal("40387", events[1].Field("process_id"));
        Assert.Equal("statement: SELECT 2", events[3].Message);
    }

    [Fact]
    public async Task MySql_AStatementOfSeveralLinesInTheGeneralLogIsOneEvent()
    {
        string[] records =
        [
            "2026-01-04T01:02:03.123456Z\t    8 Query\tSELECT a,\n  b\n# Time: no entry of the slow log\nFROM t",
            "2026-01-04T01:02:04.123456Z\t    8 Quit\t",
            "2026-01-04T01:02:05.123456Z\t    9 Execute\tUPDATE t\n\tSET a = 1",
            "\t\t    9 Query\tSHOW TABLES",
            "2026-01-04T01:02:06.123456Z\t    9 Ping\t",
            "no entry",
        ];
        var (events, problems) = await WholeFileTests.ReadAsync(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', records)));
        Assert.Empty(problems);
        Assert.Equal(records, events.Select(e => e.Raw));
        Assert.Equal(("SELECT a,\n  b\n# Time: no entry of the slow log\nFROM t", "statement", "8"), (events[0].Field("statement"), events[0].Field("action"), events[0].Field("thread_id")));
        Assert.Equal("UPDATE t\n\tSET a = 1", events[2].Field("statement"));
    }

    [Fact]
    public void PostgreSql_JsonLinesAreReadLikeTheOthers()
    {
        var read = Read("""{"timestamp":"2026-01-04 01:02:03.123 UTC","user":"eve","dbname":"shop","pid":9,"remote_host":"203.0.113.9","remote_port":5000,"session_id":"1","error_severity":"FATAL","state_code":"28P01","message":"password authentication failed for user \"eve\"","backend_type":"client backend"}""");
        FormatTests.Holds(read.Fields, "user=eve¦state_code=28P01¦action=login¦outcome=failure");
        Assert.Equal(("postgres", 2, "203.0.113.9", Told), (read.App, read.Severity, read.SourceIp, Second(read)));
    }

    [Fact]
    public void PostgreSql_OfRdsMayHaveOneBlankBehindTheLevel() =>
        FormatTests.Holds(Read("2026-01-04 01:02:03 UTC:203.0.113.9(52834):bob@shop:[20175]:FATAL: password authentication failed for user \"bob\"").Fields, "user=bob¦database=shop¦level=FATAL¦outcome=failure");
}
