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
