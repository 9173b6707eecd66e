namespace Hufu.Logs.Tests;

/// <summary>Records of the Linux audit system in the shapes that kernels, auditd and those who pass them on really write.</summary>
public class AuditRecordTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private static LogEvent Read(string line) => LogParser.Parse(line, Reference, "test", Options);

    [Theory]
    [InlineData("type=AVC", "avc:  denied  { read open } for  pid=7 comm=\"nginx\" path=\"/srv/a b\" scontext=u:r:httpd_t:s0 tcontext=u:r:user_t:s0 tclass=file permissive=0", "seresult=denied¦seperms=read open¦pid=7¦path=/srv/a b¦tclass=file")]
    [InlineData("type=USER_AVC", "pid=7 uid=81 msg='avc:  granted  { send_msg } for msgtype=method_call dest=org.example spid=9 exe=\"/usr/bin/dbus-daemon\"'", "seresult=granted¦seperms=send_msg¦dest=org.example¦exe=/usr/bin/dbus-daemon")]
    [InlineData("type=LOGIN", "pid=9 uid=0 old auid=4294967295 new auid=1000 old ses=4294967295 new ses=12", "old-auid=4294967295¦auid=1000¦old-ses=4294967295¦ses=12")]
    [InlineData("type=ADD_GROUP", "pid=9 uid=0 msg='op=adding user to group acct=\"eve\" exe=\"/usr/sbin/usermod\" hostname=? addr=? terminal=pts/1 res=success'", "op=adding user to group¦acct=eve¦res=success")]
    [InlineData("type=DEL_USER", "pid=9 msg='op=deleting user entries id=1004 res=success'", "op=deleting user entries¦id=1004")]
    [InlineData("type=USER_MGMT", "pid=9 msg='op=changing home directory'", "op=changing home directory")]
    [InlineData("type=CONFIG_CHANGE", "auid=0 op=set audit_enabled=1 old=1 res=1", "op=set¦audit_enabled=1¦old=1")]
    [InlineData("type=USER_START", "pid=9 uid=0 auid=1000 msg='op=login id=1000 terminal=ssh res=success'#035UID=\"root\" AUID=\"eve\" ID=\"eve\"", "res=success¦UID=root¦AUID=eve¦ID=eve")]
    [InlineData("type=USER_START", "pid=9 uid=0 auid=1000 msg='op=login id=1000 terminal=ssh res=successUID=\"root\" AUID=\"eve\"", "res=success¦UID=root¦AUID=eve")]
    [InlineData("type=SYSCALL", "syscall=59 tty=(none) comm=\"sh\" key=(null)ARCH=x86_64 SYSCALL=execve AUID=\"eve\"", "comm=sh¦ARCH=x86_64¦SYSCALL=execve¦AUID=eve")]
    [InlineData("type=SYSCALL", "syscall=59 comm=\"sh\" key=6578656301726F6F74", "key=exec,root")]
    [InlineData("type=SOCKADDR", "saddr=02000050CB0071090000000000000000SADDR={ saddr_fam=inet laddr=203.0.113.9 lport=80 }", "saddr=02000050CB0071090000000000000000¦saddr_ip=203.0.113.9¦saddr_port=80¦saddr_fam=inet¦laddr=203.0.113.9¦lport=80")]
    [InlineData("type=SOCKADDR", "saddr=01002F72756E2F782E736F636B00#035SADDR={ saddr_fam=local path=/run/x.sock }", "saddr=01002F72756E2F782E736F636B00¦saddr_path=/run/x.sock¦path=/run/x.sock")]
    [InlineData("type=SOCKADDR", "saddr=0100002F6F72672F78", "saddr_path=@/org/x")]
    [InlineData("type=UNKNOWN[1334]", "prog-id=12 op=LOAD", "type=BPF¦op=LOAD")]
    [InlineData("type=1108", "pid=9 msg='op=PAM:chauthtok acct=\"eve\" res=success'", "type=USER_CHAUTHTOK¦acct=eve")]
    public void RecordsAreReadAsTheyAreWritten(string type, string rest, string expected)
    {
        var read = Read($"{type} msg=audit(1767488523.123:456): {rest}");
        Assert.Equal("auditd", read.Field("event.module"));
        Assert.Empty(read.Problems);
        Assert.Equal(new DateTimeOffset(2026, 1, 4, 1, 2, 3, 123, TimeSpan.Zero), read.OccurredAt);
        FormatTests.Holds(read.Fields, expected);
        Assert.DoesNotContain(read.Fields, field => field.Key.Contains('#', StringComparison.Ordinal) || field.Key == "SADDR");
    }

    [Theory]
    [InlineData("Mar  7 19:43:35 web auditd type=USER_CMD msg=audit(1772912615.286:1734): pid=7 msg='cwd=\"/\" cmd=6C73 res=success'#035UID=\"root\"")]
    [InlineData("Mar  7 19:43:35 web tag_audit_log: type=USER_CMD msg=audit(1772912615.286:1734): pid=7 msg='cwd=\"/\" cmd=6C73 res=success'#035UID=\"root\"")]
    public void ATagOfAnyKindMayStandBeforeARecord(string line)
    {
        var read = Read(line);
        FormatTests.Holds(read.Fields, "type=USER_CMD¦cmd=ls¦res=success¦UID=root¦event.module=auditd");
        Assert.Equal("web", read.Host);
    }

    [Fact]
    public void TheKernelsClockBeforeARecordIsPassedOver()
    {
        var read = Read("Jan  4 01:02:03 web01 kernel: [12345.678901] audit: type=1400 audit(1767488523.123:456): apparmor=\"DENIED\" operation=\"open\" name=\"/etc/shadow\" comm=\"cat\"");
        FormatTests.Holds(read.Fields, "event.module=auditd¦type=AVC¦apparmor=DENIED¦name=/etc/shadow");
    }

    [Fact]
    public void ALongArgumentThatGoesOnInTheNextRecordIsWhole()
    {
        string[] lines =
        [
            "type=EXECVE msg=audit(1767488523.123:456): argc=3 a0=\"sh\" a1=\"-c\" a2_len=16 a2[0]=\"curl \"",
            "type=EXECVE msg=audit(1767488523.123:456): a2[1]=687474703A2F2F61 a2[2]=\".example\"",
        ];
        var joined = Read(string.Join('\n', lines));
        Assert.Equal("curl http://a.example", joined.Field("a2"));
        Assert.Equal("sh -c curl http://a.example", AuditRecords.Of(joined)!.CommandLine);
        FormatTests.Holds(Read(lines[1]).Fields, "a2[1]=http://a.example");
    }

    [Theory]
    [InlineData("type=USER_CMD msg=audit(1767488523.123:456): pid=9 uid=1000 msg='cwd=\"/\" cmd=636174202F6574632F736861646F77 terminal=pts/0 res=success'", "process.command_line", "cat /etc/shadow")]
    [InlineData("type=CRYPTO_SESSION msg=audit(1767488523.123:456): pid=9 msg='op=start rport=63927 laddr=10.0.0.5 lport=22 addr=203.0.113.9 res=success'", "source.port", "63927")]
    [InlineData("type=CRYPTO_SESSION msg=audit(1767488523.123:456): pid=9 msg='op=start rport=63927 laddr=10.0.0.5 lport=22 addr=203.0.113.9 res=success'", "destination.ip", "10.0.0.5")]
    [InlineData("type=SOCKADDR msg=audit(1767488523.123:456): saddr=02000050CB0071090000000000000000", "destination.ip", "203.0.113.9")]
    [InlineData("type=SOCKADDR msg=audit(1767488523.123:456): saddr=02000050CB0071090000000000000000", "destination.port", "80")]
    [InlineData("type=SYSCALL msg=audit(1767488523.123:456): syscall=59 uid=0\u001DAUID=\"eve\" UID=\"root\"", "user.name", "eve")]
    public void NamesOfTheCommonSchemaFindThem(string line, string name, string value) => Assert.Equal(value, Read(line).Field(name));
}
