namespace Hufu.Logs.Tests;

/// <summary>Events of Windows and of Linux's audit system as forwarders write them into records of their own.</summary>
public class ForwarderTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private static LogEvent Read(string line) => LogParser.Parse(line, Reference, "test", Options);

    [Theory]
    [InlineData("<11>1 2026-01-04T01:02:03Z pc.example Microsoft-Windows-Security-Auditing 4 - [NXLOG@14506 Keywords=\"-9218868437227405312\" EventType=\"AUDIT_FAILURE\" EventID=\"4625\" Channel=\"Security\" TargetUserName=\"eve\" IpAddress=\"203.0.113.9\"] An account failed to log on.", "EventID=4625¦Channel=Security¦TargetUserName=eve¦Provider_Name=Microsoft-Windows-Security-Auditing¦Computer=pc.example")]
    [InlineData("<13>Jan  4 01:02:03 pc MSWinEventLog\t1\tSecurity\t123\tSun Jan 04 01:02:03 2026\t4625\tMicrosoft-Windows-Security-Auditing\teve\tN/A\tFailure Audit\tpc.example\tLogon\t\tAn account failed to log on.\t80", "EventID=4625¦Channel=Security¦User=eve¦EventType=Failure Audit¦Computer=pc.example¦Message=An account failed to log on.")]
    [InlineData("<13>Jan  4 01:02:03 pc.example\tMSWinEventLog\t1\tSecurity\t123\tSun Jan 04 01:02:03 2026\t4625\tMicrosoft-Windows-Security-Auditing\teve\tN/A\tFailure Audit\tpc.example\tLogon\t\tAn account failed to log on.\t80", "EventID=4625¦Channel=Security")]
    [InlineData("<13>Jan  4 01:02:03 pc MSWinEventLog#0111#011Security#011123#011Sun Jan 04 01:02:03 2026#0114625#011Microsoft-Windows-Security-Auditing#011eve#011N/A#011Failure Audit#011pc.example#011Logon#011#011An account failed to log on.#01180", "EventID=4625¦Channel=Security¦Provider_Name=Microsoft-Windows-Security-Auditing¦Category=Logon")]
    public void WindowsEventsHaveTheNamesOfRules(string line, string expected)
    {
        var read = Read(line);
        FormatTests.Holds(read.Fields, expected);
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), read.OccurredAt);
        Assert.True(read.Host is "pc" or "pc.example");
        Assert.Equal(["windows/-/security"], LogSourceHints.For(read).Select(SourceMappings.Text));
    }

    [Fact]
    public void DataWithoutNamesAreThereByTheirPlaces()
    {
        var read = Read("<Event><System><Provider Name='MSSQLSERVER'/><EventID>18456</EventID><TimeCreated SystemTime='2026-01-04T01:02:03Z'/><Channel>Application</Channel></System><EventData><Data>sa</Data><Data>Reason: x</Data><Data> [CLIENT: 203.0.113.9]</Data></EventData></Event>");
        FormatTests.Holds(read.Fields, "Data=sa, Reason: x,  [CLIENT: 203.0.113.9]¦Data1=sa¦Data2=Reason: x¦Data3= [CLIENT: 203.0.113.9]");
    }

    [Fact]
    public void WhatSysmonSaysOfItselfIsNoBrokenEvent()
    {
        var read = Read("Jan  4 01:02:03 web01 sysmon[3099]: Found Kernel version: 5.11");
        Assert.Equal(("sysmon", "Found Kernel version: 5.11"), (read.App, read.Message));
        Assert.Empty(read.Problems);
    }

    [Fact]
    public void Auditbeat_TheRecordsFieldsHaveTheirOwnNames()
    {
        var read = Read("""{"@timestamp":"2026-01-04T01:02:03Z","auditd":{"message_type":"user_login","result":"fail","data":{"acct":"root","op":"login","terminal":"ssh"}},"event":{"module":"auditd"},"host":{"name":"web01"},"source":{"ip":"203.0.113.9"}}""");
        FormatTests.Holds(read.Fields, "type=user_login¦res=fail¦acct=root¦op=login¦event.module=auditd");
        Assert.Equal(("web01", "203.0.113.9"), (read.Host, read.SourceIp));
        Assert.Contains(new LogSourceHint("linux", null, "auditd"), LogSourceHints.For(read));
    }

    [Fact]
    public void Splunk_TheTextOfAnExportIsRead()
    {
        var read = Read("""{"preview":false,"result":{"_raw":"Failed password for root from 203.0.113.9 port 4711 ssh2","_time":"2026-01-04 01:02:03.000 UTC","host":"web01","process":{"name":"sshd"}}}""");
        FormatTests.Holds(read.Fields, "user=root¦src_ip=203.0.113.9¦outcome=failure");
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), read.OccurredAt);
    }
}
