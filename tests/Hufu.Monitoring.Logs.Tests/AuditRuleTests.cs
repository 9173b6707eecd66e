using System.Text;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Rules that are written for one record of the audit system find it in the event that its records were joined to.</summary>
public sealed class AuditRuleTests
{
    private const string Lines = """
        type=SYSCALL msg=audit(1767488523.123:456): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e comm="cat" exe="/usr/bin/cat" key="secrets"
        type=EXECVE msg=audit(1767488523.123:456): argc=2 a0="cat" a1="/etc/shadow"
        type=PATH msg=audit(1767488523.123:456): item=0 name="/usr/bin/cat" nametype=NORMAL
        type=PATH msg=audit(1767488523.123:456): item=1 name="/lib64/ld.so" nametype=NORMAL
        type=PROCTITLE msg=audit(1767488523.123:456): proctitle=636174002F6574632F736861646F77
        """;

    [Theory]
    [InlineData("Image|endswith: /cat\n        CommandLine: cat /etc/shadow", true)]
    [InlineData("CommandLine|contains: /etc/passwd", false)]
    public async Task A_program_that_is_started_is_a_process_creation(string selection, bool matches)
    {
        var rule = SigmaParser.Parse($"title: t\nlogsource:\n    product: linux\n    category: process_creation\ndetection:\n    selection:\n        {selection}\n    condition: selection\n", "t.yml");
        await using var reader = new LogFileReader(new MemoryStream(Encoding.UTF8.GetBytes(Lines)), new LogParseOptions { ReferenceTime = DateTimeOffset.UnixEpoch });
        await foreach (var item in reader.EventsAsync(DateTimeOffset.UnixEpoch, "s", cancellation: TestContext.Current.CancellationToken))
        {
            var fields = new LogEventFields(item);
            Assert.Equal(matches ? 1 : 0, SigmaEngine.Compile(rule.Rules).Match(fields, fields.Sources).Count);
        }
    }

    [Theory]
    [InlineData("type=EXECVE msg=audit(1767488523.123:456): argc=3 a0=\"sh\" a1=\"-c\" a2=2F746D702F6120622E7368", "sh -c /tmp/a b.sh")]
    [InlineData("type=EXECVE msg=audit(1767488523.123:456): argc=2 a0=\"sh\" a1_len=4 a1[0]=\"ab\" a1[1]=\"cd\"", "sh abcd")]
    [InlineData("type=SYSCALL msg=audit(1767488523.123:456): a0=55d a1=55e comm=\"x\"", null)]
    public void A_record_by_itself_has_the_command_line_of_its_arguments(string line, string? expected) =>
        Assert.Equal(expected, new LogEventFields(RuleTests.EventOf(line, 1)).TryGet("CommandLine", out var value) ? value.ToString() : null);

    [Fact]
    public void What_Defender_found_is_an_antivirus_detection()
    {
        var rules = SigmaParser.Parse("""
            title: Hack tool
            logsource: { category: antivirus }
            detection: { s: { Signature|contains: HackTool, Filename|endswith: .exe }, condition: s }
            """, "t.yml").Rules;
        var fields = new LogEventFields(RuleTests.EventOf("""{"Event":{"System":{"EventID":1116,"Channel":"Microsoft-Windows-Windows Defender/Operational"},"EventData":{"Threat Name":"HackTool:Win32/Mimikatz","Path":"file:_C:\\x\\m.exe"}}}""", 1));
        Assert.Single(SigmaEngine.Compile(rules).Match(fields, fields.Sources));
        var other = new LogEventFields(RuleTests.EventOf("""{"Event":{"System":{"EventID":5001,"Channel":"Microsoft-Windows-Windows Defender/Operational"},"EventData":{"Threat Name":"HackTool:Win32/Mimikatz","Path":"file:_C:\\x\\m.exe"}}}""", 1));
        Assert.Empty(SigmaEngine.Compile(rules).Match(other, other.Sources));
    }

    [Theory]
    [InlineData("type: EXECVE\n        a0: cat\n        a1: /etc/shadow", true)]
    [InlineData("type: SYSCALL\n        exe|endswith: /cat\n        key: secrets", true)]
    [InlineData("type: PATH\n        name: /lib64/ld.so", true)]
    [InlineData("type: PROCTITLE\n        proctitle|contains: /etc/shadow", true)]
    [InlineData("type: EXECVE\n        a1: /etc/passwd", false)]
    [InlineData("type: CWD", false)]
    public async Task A_rule_of_each_record_type_is_found_once(string selection, bool matches)
    {
        var rule = SigmaParser.Parse($"title: t\nlogsource:\n    product: linux\n    service: auditd\ndetection:\n    selection:\n        {selection}\n    condition: selection\n", "t.yml");
        Assert.Empty(rule.Errors);
        var now = DateTimeOffset.UnixEpoch;
        await using var reader = new LogFileReader(new MemoryStream(Encoding.UTF8.GetBytes(Lines)), new LogParseOptions { ReferenceTime = now });
        var session = SigmaEngine.Compile(rule.Rules).NewSession();
        var found = new List<SigmaMatch>();
        var events = 0;
        await foreach (var item in reader.EventsAsync(now, "s", cancellation: TestContext.Current.CancellationToken))
        {
            events++;
            var fields = new LogEventFields(item);
            session.Process(fields, item.Time, "1", fields.Sources, found);
        }

        Assert.Equal((1, matches ? 1 : 0), (events, found.Count));
    }
}
