using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Rules find their log source and their fields in events as the services and tools that make or carry them write them.</summary>
public sealed class RuleFieldTests
{
    public static TheoryData<string, string, string, string> Events => new()
    {
        // Windows, as it is carried.
        { "winlogbeat", "product: windows, category: process_creation", @"{Image|endswith: '\a.exe', CommandLine: x}", """{"@timestamp":"2026-01-01T00:00:00Z","winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":1,"event_data":{"Image":"C:\\a.exe","CommandLine":"x"}}}""" },
        { "winlogbeat 6", "product: windows, service: security", "{EventID: 4625, TargetUserName: amy}", """{"log_name":"Security","event_id":4625,"source_name":"x","event_data":{"TargetUserName":"amy"}}""" },
        { "nxlog", "product: windows, service: security", "{EventID: 4625, Provider_Name: P, Computer: pc}", """{"EventTime":"2026-01-01 00:00:00","Channel":"security","EventID":4625,"SourceName":"P","Hostname":"pc"}""" },
        { "evtx_dump", "product: windows, category: registry_set", "{TargetObject: HKLM, EventID: 13}", """{"Event":{"System":{"EventID":{"#attributes":{"Qualifiers":0},"#text":13},"Channel":"Microsoft-Windows-Sysmon/Operational","Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}}},"EventData":{"TargetObject":"HKLM"}}}""" },
        { "evtx_dump, attributes apart", "product: windows, service: system", "{EventID: 7045, Provider_Name: Service Control Manager, ServiceName: s}", """{"Event":{"System":{"EventID":7045,"Channel":"System","Provider_attributes":{"Name":"Service Control Manager"}},"EventData":{"ServiceName":"s"}}}""" },
        { "Get-WinEvent", "product: windows, service: security", "{EventID: 1102, Provider_Name: P}", """{"Id":1102,"LogName":"Security","ProviderName":"P","MachineName":"pc"}""" },
        { "Azure, data as JSON", "product: windows, category: network_connection", "{DestinationPort: 8080}", """{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":3,"EventData":"{\"DestinationPort\":\"8080\"}"}""" },
        { "Azure, data as XML", "product: windows, service: security", "{EventID: 4688, CommandLine: x}", """{"Channel":"Security","EventID":4688,"EventData":"<EventData xmlns=\"e\">\r\n  <Data Name=\"CommandLine\">x</Data></EventData>"}""" },
        { "EvtxECmd", "product: windows, service: security", "{EventID: 4625, TargetUserName: amy}", "RecordNumber,EventId,Provider,Channel,Computer,Payload\n1,4625,P,Security,pc,\"{\"\"EventData\"\":{\"\"Data\"\":[{\"\"@Name\"\":\"\"TargetUserName\"\",\"\"#text\"\":\"\"amy\"\"}]}}\"" },
        { "Hayabusa", "product: windows, category: process_creation", "{CommandLine|contains: whoami, User: amy}", "Timestamp,RuleTitle,Level,Computer,Channel,EventID,RecordID,Details\n2026-01-01 00:00:00.000 +00:00,t,low,pc,Sysmon,1,7,Cmdline: whoami /all ¦ Proc: C:\\w.exe ¦ User: amy" },
        { "ECS process", "product: windows, category: process_creation", @"{Image|endswith: '\a.exe', ParentImage: p}", """{"event":{"category":["process"],"type":["start"]},"host":{"os":{"type":"windows"}},"process":{"executable":"C:\\a.exe","parent":{"executable":"p"}}}""" },
        { "channel of the taxonomy", "product: windows, service: appxdeployment-server", "{EventID: 854}", """{"Channel":"Microsoft-Windows-AppXDeploymentServer/Operational","EventID":854}""" },
        { "names with blanks", "product: windows, service: windefend", "{ThreatName: EICAR}", """{"Channel":"Microsoft-Windows-Windows Defender/Operational","EventID":1116,"Threat Name":"EICAR"}""" },
        { "keywords are values", "product: windows", @"['C:\a.exe']", """{"Channel":"System","EventID":1,"Path":"C:\\a.exe"}""" },
        // Linux.
        { "Sysmon for Linux", "product: linux, category: process_creation", "{Image|endswith: /id}", "<14>Jan  1 00:00:00 h sysmon: <Event><System><Provider Name=\"Linux-Sysmon\"/><EventID>1</EventID><Channel>Linux-Sysmon/Operational</Channel></System><EventData><Data Name=\"Image\">/usr/bin/id</Data></EventData></Event>" },
        { "Sysmon for Linux, in Azure", "product: linux, category: process_creation", "{Image|endswith: /id}", """{"Computer":"h","ProcessName":"sysmon","SyslogMessage":"<Event><System><Provider Name=\"Linux-Sysmon\"/><EventID>1</EventID><Channel>Linux-Sysmon/Operational</Channel></System><EventData><Data Name=\"Image\">/usr/bin/id</Data></EventData></Event>"}""" },
        { "auditd", "product: linux, service: auditd", "{type: EXECVE, a0: cat}", "type=SYSCALL msg=audit(1767488523.123:456): exe=\"/bin/cat\"\ntype=EXECVE msg=audit(1767488523.123:456): argc=2 a0=\"cat\" a1=\"/etc/shadow\"\ntype=PROCTITLE msg=audit(1767488523.123:456): proctitle=636174" },
        { "sshd", "product: linux, service: sshd", "['Failed password']", "<86>Jan  1 00:00:00 h sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2" },
        // Services of the cloud.
        { "CloudTrail", "product: aws, service: cloudtrail", "{eventSource: iam.amazonaws.com, eventName: CreateUser, userIdentity.type: Root}", """{"eventVersion":"1","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"x","userIdentity":{"type":"Root"}}""" },
        { "CloudTrail, an object", "product: aws, service: cloudtrail", "{requestParameters|contains: 'userData'}", """{"eventVersion":"1","eventSource":"ec2.amazonaws.com","eventName":"X","awsRegion":"x","requestParameters":{"attribute":"userData","deep":{"a":1}}}""" },
        { "CloudTrail, an array", "product: aws, service: cloudtrail", "{requestParameters.containerDefinitions.command: nc}", """{"eventVersion":"1","eventSource":"ecs.amazonaws.com","eventName":"X","awsRegion":"x","requestParameters":{"containerDefinitions":[{"command":["sh","nc"]},{"name":"b"}]}}""" },
        { "CloudTrail by Filebeat", "product: aws, service: cloudtrail", "{eventSource: iam.amazonaws.com, eventName: CreateUser, userIdentity.type: Root}", """{"event":{"dataset":"aws.cloudtrail","provider":"iam.amazonaws.com","action":"CreateUser"},"aws":{"cloudtrail":{"user_identity":{"type":"Root"}}}}""" },
        { "Entra sign-in", "product: azure, service: signinlogs", "{ResultType: 50126, AuthenticationRequirement: singleFactorAuthentication}", """{"createdDateTime":"2026-01-01T00:00:00Z","userPrincipalName":"a@b","appDisplayName":"x","status":{"errorCode":50126},"authenticationRequirement":"singleFactorAuthentication"}""" },
        { "Entra audit", "product: azure, service: auditlogs", "{properties.message: Add member to role, Category: RoleManagement}", """{"activityDisplayName":"Add member to role","activityDateTime":"2026-01-01T00:00:00Z","category":"RoleManagement","loggedByService":"x"}""" },
        { "Azure activity", "product: azure, service: activitylogs", "{operationName: MICROSOFT.X/DELETE}", """{"time":"2026-01-01T00:00:00Z","resourceId":"/a","operationName":"MICROSOFT.X/DELETE","category":"Administrative"}""" },
        { "Azure risk", "product: azure, service: riskdetection", "{riskEventType: anonymizedIPAddress}", """{"id":"1","riskEventType":"anonymizedIPAddress","riskLevel":"high"}""" },
        { "Microsoft 365", "product: m365, service: audit", "{Operation: New-InboxRule, Parameters|contains: ForwardTo}", """{"CreationTime":"2026-01-01T00:00:00","Operation":"New-InboxRule","Workload":"Exchange","RecordType":1,"Parameters":[{"Name":"ForwardTo","Value":"x@y"}]}""" },
        { "Microsoft 365 threats", "product: m365, service: threat_management", "{eventSource: SecurityComplianceCenter, eventName: Mass download by a single user}", """{"CreationTime":"2026-01-01T00:00:00","Operation":"AlertTriggered","Workload":"SecurityComplianceCenter","RecordType":40,"Name":"Mass download by a single user"}""" },
        { "Google Cloud", "product: gcp, service: gcp.audit", "{gcp.audit.method_name: v1.compute.firewalls.delete, data.protoPayload.serviceName: compute}", """{"protoPayload":{"methodName":"v1.compute.firewalls.delete","serviceName":"compute"}}""" },
        { "Google Cloud, an array", "product: gcp, service: gcp.audit", "{data.protoPayload.authorizationInfo.permission: b}", """{"protoPayload":{"methodName":"m","serviceName":"s","authorizationInfo":[{"permission":"a"},{"permission":"b"}]}}""" },
        { "Google Workspace", "product: gcp, service: google_workspace.login", "{protoPayload.metadata.event.eventName: suspicious_login}", """{"protoPayload":{"serviceName":"login.googleapis.com","methodName":"m","metadata":{"event":[{"eventName":"suspicious_login"}]}}}""" },
        { "Okta", "product: okta, service: okta", "{eventType: user.lock, target.displayName: Bob}", """{"eventType":"user.lock","published":"2026-01-01T00:00:00Z","outcome":{"result":"FAILURE"},"target":[{"displayName":"Amy"},{"displayName":"Bob"}]}""" },
        { "GitHub", "product: github, service: audit", "{action: repo.destroy}", """{"@timestamp":1767225600000,"_document_id":"x","action":"repo.destroy","actor":"amy"}""" },
        { "Bitbucket", "product: bitbucket, service: audit", "{auditType.category: Repositories}", """{"auditType":{"action":"x","category":"Repositories"}}""" },
        { "Kubernetes", "product: kubernetes, service: audit", "{verb: create, objectRef.resource: pods}", """{"auditID":"1","verb":"create","requestURI":"/","objectRef":{"resource":"pods"}}""" },
        { "OpenCanary", "product: opencanary, category: application", "{logtype: 4002}", """{"logtype":4002,"node_id":"x","dst_port":22}""" },
        // The web and the network.
        { "access log", "category: webserver", "{cs-method: GET, cs-uri-query|contains: /etc/passwd, sc-status: 200, cs-user-agent: curl}", "203.0.113.9 - - [01/Jan/2026:00:00:00 +0000] \"GET /a?f=/etc/passwd HTTP/1.1\" 200 1 \"-\" \"curl\"" },
        { "access log, the path", "category: webserver", "{cs-uri-query|contains: /solr/admin}", "203.0.113.9 - - [01/Jan/2026:00:00:00 +0000] \"GET /solr/admin?x=1 HTTP/1.1\" 200 1 \"-\" \"curl\"" },
        { "access log, no query", "category: webserver", "{cs-uri-query|contains: /solr/admin}", "203.0.113.9 - - [01/Jan/2026:00:00:00 +0000] \"GET /solr/admin HTTP/1.1\" 200 1 \"-\" \"curl\"" },
        { "IIS", "category: webserver", "{cs-uri-stem: /a.aspx, sc-status: 500}", "#Software: IIS\n#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status\n2026-01-01 00:00:00 GET /a.aspx - 500" },
        { "access by ECS", "category: webserver", "{cs-method: POST, cs-uri-stem: /x, sc-status: 404, cs-user-agent: curl}", """{"event":{"dataset":"nginx.access"},"http":{"request":{"method":"POST"},"response":{"status_code":404}},"url":{"path":"/x"},"user_agent":{"original":"curl"}}""" },
        { "proxy, JSON", "category: proxy", "{c-uri|contains: evil, c-useragent: curl, c-uri-extension: exe}", """{"c-uri":"http://evil.example/a.exe?x=1","cs-host":"evil.example","cs-user-agent":"curl"}""" },
        { "proxy, W3C", "category: proxy", "{cs-host: evil.example, c-uri|contains: /a}", "#Fields: date time cs-method cs-uri-scheme r-dns cs-uri-stem sc-status\n2026-01-01 00:00:00 GET http evil.example /a 200" },
        { "Zeek DNS", "category: dns", "{query|endswith: .evil, record_type: TXT, answer: b}", """{"ts":1767225600,"uid":"C","id.orig_h":"10.0.0.1","_path":"dns","query":"x.evil","qtype_name":"TXT","answers":["a","b"]}""" },
        { "firewall, JSON", "category: firewall", "{dst_port: 445, action: denied}", """{"src_ip":"203.0.113.9","dst_ip":"10.0.0.1","dst_port":445,"action":"denied"}""" },
        { "firewall, FortiGate", "category: firewall", "{dst_port: 445, src_ip: 10.0.0.1, action: deny}", "<189>date=2026-01-01 time=00:00:00 devname=\"fg\" devid=\"F\" logid=\"0000000013\" type=\"traffic\" srcip=10.0.0.1 dstip=203.0.113.9 dstport=445 action=\"deny\"" },
        { "DNS, FortiGate", "category: dns", "{query: x.evil, record_type: TXT}", "<189>date=2026-01-01 time=00:00:00 devname=\"fg\" devid=\"F\" logid=\"1501054802\" type=\"utm\" subtype=\"dns\" srcip=10.0.0.1 qname=\"x.evil\" qtype=\"TXT\"" },
        { "DNS, Suricata", "category: dns", "{query: x.evil, record_type: TXT}", """{"timestamp":"2026-01-01T00:00:00.000000+0000","flow_id":1,"event_type":"dns","src_ip":"10.0.0.1","dest_ip":"10.0.0.2","dns":{"version":3,"type":"request","queries":[{"rrname":"x.evil","rrtype":"TXT"}]}}""" },
        { "DNS, BIND", "category: dns", "{query: x.evil, record_type: TXT}", "<30>Jan  1 00:00:00 h named[9]: client @0x7 10.0.0.1#53 (x.evil): query: x.evil IN TXT + (10.0.0.2)" },
        { "firewall, pfSense", "category: firewall", "{dst_port: 445, dst_ip: 203.0.113.9, action: block}", "<134>Jan  1 00:00:00 filterlog[7]: 5,,,1,igb1,match,block,in,4,0x0,,63,1,0,DF,6,tcp,60,10.0.0.1,203.0.113.9,49724,445,0,S,1,,6,," },
        { "firewall, Windows", "category: firewall", "{dst_port: 445, src_ip: 10.0.0.1, action: drop}", "#Time Format: Local\n#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags\n2026-01-01 00:00:00 DROP TCP 10.0.0.1 203.0.113.9 4000 445 60 S" },
        { "firewall, AWS", "category: firewall", "{dst_port: 445, src_ip: 203.0.113.9, action: reject}", "2 123456789010 eni-1235b8ca123456789 203.0.113.9 10.0.0.1 49761 445 6 20 4249 1767225600 1767225660 REJECT OK" },
        { "firewall, iptables", "category: firewall", "{dst_port: 445, src_ip: 203.0.113.9, action: drop}", "<4>Jan  1 00:00:00 h ulogd[1]: DROP IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.1 PROTO=TCP SPT=1 DPT=445" },
        { "firewall, ASA", "category: firewall", "{dst_port: 445, src_ip: 203.0.113.9}", "<166>Jan  1 2026 00:00:00 fw: %ASA-6-302013: Built inbound TCP connection 1 for out:203.0.113.9/4242 (203.0.113.9/4242) to in:10.0.0.1/445 (10.0.0.1/445)" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public async Task A_rule_finds_its_source_and_its_fields(string what, string logsource, string selection, string events)
    {
        var rule = SigmaParser.Parse($"title: {what.Replace(":", "", StringComparison.Ordinal)}\nlogsource: {{{logsource}}}\ndetection:\n  sel: {selection}\n  condition: sel\n", "t.yml");
        Assert.Empty(rule.Errors);
        var engine = SigmaEngine.Compile(rule.Rules);
        var item = Assert.Single(await ReadAsync(events));
        var fields = new LogEventFields(item);
        Assert.True(engine.Match(fields, null).Count == 1, $"{what}: the fields are {string.Join(", ", item.Fields)}");
        Assert.True(engine.Match(fields, fields.Sources).Count == 1, $"{what}: the sources are {string.Join(", ", fields.Sources)}");
    }

    [Theory]
    [InlineData("{\"Channel\":\"System\",\"EventID\":1,\"Password\":\"x\"}", "['Password']")]
    [InlineData("{\"eventVersion\":\"1\",\"eventSource\":\"s\",\"eventName\":\"n\",\"awsRegion\":\"x\",\"list\":[\"a\",\"b\"]}", "{list: 'a, b'}")]
    [InlineData("{\"requestParameters\":{\"a\":1}}", "{requestParameters.a.b: null, requestParameters: nothing}")]
    public async Task What_an_event_does_not_say_is_not_found(string events, string selection)
    {
        var rule = SigmaParser.Parse($"title: t\nlogsource: {{product: any}}\ndetection:\n  sel: {selection}\n  condition: sel\n", "t.yml");
        Assert.Empty(rule.Errors);
        Assert.Empty(SigmaEngine.Compile(rule.Rules).Match(new LogEventFields(Assert.Single(await ReadAsync(events))), null));
    }

    /// <summary>The same event, which has to be asked for every field.</summary>
    private sealed class Asked(LogEventFields fields) : ISigmaEvent
    {
        public int KeywordValueCount => fields.KeywordValueCount;

        public bool TryGet(string field, out SigmaValue value) => fields.TryGet(field, out value);

        public SigmaValue KeywordValueAt(int index, out string field) => fields.KeywordValueAt(index, out field);
    }

    [Fact]
    public async Task What_an_event_has_its_shape_may_have()
    {
        using var json = JsonDocument.Parse(typeof(LogEventFields).Assembly.GetManifestResourceStream("rule-fields.json")!, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var declared = json.RootElement.EnumerateObject().Where(group => group.Value.ValueKind == JsonValueKind.Object).SelectMany(group => group.Value.EnumerateObject())
            .SelectMany(entry => (string[])[entry.Name, entry.Name + "x", .. entry.Value.GetString()!.Split(' ')]).Concat(EcsNames.All.SelectMany(entry => (string[])[entry.Key, .. entry.Value])).Select(name => name.TrimStart('@')).ToHashSet();
        var events = new List<LogEvent>();
        foreach (var row in Events) events.AddRange(await ReadAsync(row.Data.Item4));
        var names = declared.Concat(events.SelectMany(item => item.Fields.Keys).SelectMany(Parts)).Concat(declared.Where(name => name.EndsWith('x')).SelectMany(prefix => events.SelectMany(item => item.Fields.Keys).Select(name => prefix[..^1] + name))).Select(name => name.Replace(" ", "", StringComparison.Ordinal)).ToHashSet();
        Assert.True(names.Count > 1_000, $"{names.Count}");
        var (shaped, had, hadNot) = (0, 0, 0);
        foreach (var item in events)
        {
            if (new LogEventFields(item).Shape is not { } shape) continue;
            shaped++;
            // Another event of the same names stands for the shape: what it says does not count.
            var fields = new LogEventFields(item);
            foreach (var name in names)
            {
                var may = shape.MayHave(name);
                if (may) had++;
                else hadNot++;
                if (fields.TryGet(name, out _)) Assert.True(may, $"{name} of {item.Raw}");
            }
        }

        Assert.True(shaped > events.Count / 2 && hadNot > 10 * had, $"{shaped} of {events.Count} have a shape, {had}, {hadNot}");

        static IEnumerable<string> Parts(string name)
        {
            for (var dot = name.LastIndexOf('.'); dot > 0; dot = name.LastIndexOf('.', dot - 1)) yield return name[..dot];
            yield return name;
        }
    }

    [Fact]
    public async Task Recorded_events_match_the_same_rules_whether_their_shape_is_known_or_not()
    {
        var root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Hufu.slnx"))) root = Path.GetDirectoryName(root);
        var rules = Path.Combine(root!, "..", "shared", "data", "sigma", "sigmahq-rules.tar.gz");
        Assert.SkipUnless(File.Exists(rules), "shared/data is not present");
        var engine = SigmaEngine.Compile(Published(rules));
        var logs = Path.Combine(Path.GetDirectoryName(rules)!, "..", "logs");
        var (events, shaped, found) = (0, 0, 0);
        foreach (var text in Recorded(logs))
        {
            foreach (var item in await ReadAsync(text))
            {
                var fields = new LogEventFields(item);
                events++;
                if (fields.Shape is not null) shaped++;
                var expected = engine.Match(new Asked(new LogEventFields(item)), fields.Sources).Select(rule => rule.Id);
                var matched = engine.Match(fields, fields.Sources).Select(rule => rule.Id).ToList();
                Assert.Equal(expected, matched);
                found += matched.Count;
            }
        }

        Assert.True(events > 2_000 && shaped > events / 2 && found > 20, $"{events} events, {shaped} with a shape, {found} matches");
    }

    private static List<SigmaRule> Published(string archive)
    {
        var rules = new List<SigmaRule>();
        using var tar = new TarReader(new GZipStream(File.OpenRead(archive), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is not null && entry.Name.EndsWith(".yml", StringComparison.Ordinal)) rules.AddRange(SigmaParser.Parse(new StreamReader(entry.DataStream).ReadToEnd(), entry.Name).Rules);
        }

        return rules;
    }

    /// <summary>Every tenth line of the Windows events, and the start of each other file.</summary>
    private static IEnumerable<string> Recorded(string folder)
    {
        using (var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(folder, "otrf-windows-dev.jsonl.gz")), CompressionMode.Decompress)))
        {
            var some = new StringBuilder();
            for (var i = 0; i < 30_000 && reader.ReadLine() is { } line; i++)
            {
                if (i % 10 == 0) some.AppendLine(line);
            }

            yield return some.ToString();
        }

        using var tar = new TarReader(new GZipStream(File.OpenRead(Path.Combine(folder, "otrf-linux-cloud-dev.tar.gz")), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null) continue;
            using var reader = new StreamReader(entry.DataStream);
            var some = new StringBuilder();
            for (var i = 0; i < 300 && reader.ReadLine() is { } line; i++) some.AppendLine(line);
            yield return some.ToString();
        }
    }

    private static async Task<List<LogEvent>> ReadAsync(string text)
    {
        await using var reader = new LogFileReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), new LogParseOptions { ReferenceTime = DateTimeOffset.UnixEpoch }) { FindsTables = true };
        var events = new List<LogEvent>();
        await foreach (var record in reader.PlacesAsync(TestContext.Current.CancellationToken)) events.Add(record.Read(DateTimeOffset.UnixEpoch, "s"));
        return events;
    }
}
