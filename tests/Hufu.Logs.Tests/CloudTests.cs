using System.Text;

namespace Hufu.Logs.Tests;

/// <summary>What clouds give out, in the envelopes and shapes that they have beside those of their manuals.</summary>
public class CloudTests
{
    private static readonly DateTimeOffset Reference = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly LogParseOptions Options = new() { ReferenceTime = Reference };

    private static LogEvent Read(string line, LogStream? stream = null) => LogParser.Parse(line, Reference, "test", Options, stream);

    private static string Sources(LogEvent read) => string.Join(' ', LogSourceHints.For(read).Select(SourceMappings.Text));

    private static async Task<List<LogEvent>> FileAsync(string text) => (await WholeFileTests.ReadAsync(Encoding.UTF8.GetBytes(text))).Events;

    [Theory]
    [InlineData("{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"metadata\":{},\"items\":[{0},{1}]}\n{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"metadata\":{},\"items\":[{2}]}\n")]
    [InlineData("{\"kind\": \"EventList\", \"items\": [\n  {0},\n  {1}, {2}\n]}\n")]
    public async Task Kubernetes_AListOfEventsIsItsEvents(string layout)
    {
        const string Item = """{"level":"Request","auditID":"u","verb":"create","requestURI":"/api/v1/pods","user":{"username":"eve"},"sourceIPs":["203.0.113.9","10.0.0.1"],"objectRef":{"resource":"pods"},"items":[{"a":1}],"requestReceivedTimestamp":"2026-01-04T01:02:03.000000Z"}""";
        var text = layout;
        for (var i = 0; i < 3; i++) text = text.Replace($"{{{i}}}", Item.Replace("\"u\"", $"\"u{i}\"", StringComparison.Ordinal), StringComparison.Ordinal);
        var events = await FileAsync(text);
        Assert.Equal(["u0", "u1", "u2"], events.Select(item => item.Field("auditID")));
        Assert.All(events, item => Assert.Equal(("203.0.113.9", "kubernetes/application/audit"), (item.SourceIp, Sources(item))));
        Assert.All(events, item => Assert.Empty(item.Problems));
    }

    [Fact]
    public async Task Kubernetes_AListIsItsEventsAlsoWhereLinesAreExpected()
    {
        var item = """{"level":"Request","auditID":"u","verb":"create","requestURI":"/api/v1/pods","padding":"*"}""".Replace("*", new string('x', 40_000), StringComparison.Ordinal);
        var body = $$"""{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[{{item}},{{item}}]}""";
        await using var reader = new LogFileReader(new MemoryStream(Encoding.UTF8.GetBytes(body)), Options, LogFraming.Newline);
        var events = new List<LogEvent>();
        await foreach (var read in reader.EventsAsync(Reference, "test", cancellation: TestContext.Current.CancellationToken)) events.Add(read);
        Assert.Equal([item, item], events.Select(read => read.Raw));
    }

    [Fact]
    public async Task Lists_OfGoogleAndGraphAreTheirEvents_AndWhereTheyGoOnIsKept()
    {
        var google = await FileAsync("{\n \"kind\": \"admin#reports#activities\",\n \"etag\": \"x\",\n \"items\": [\n  {\"id\":{\"time\":\"2026-01-04T01:02:03Z\",\"applicationName\":\"login\"},\"events\":[{\"name\":\"login_failure\"}]}\n ],\n \"nextPageToken\": \"p\"\n}\n");
        Assert.Equal("login_failure", google[0].Field("events.name"));
        Assert.Contains(google.Skip(1), item => item.Raw.Contains("nextPageToken", StringComparison.Ordinal));
        var graph = await FileAsync("{\"@odata.context\":\"https://graph.example/$metadata#auditLogs/signIns\",\"value\":[{\"createdDateTime\":\"2026-01-04T01:02:03Z\",\"userPrincipalName\":\"eve@a.example\",\"appDisplayName\":\"Portal\"},{\"createdDateTime\":\"2026-01-04T01:02:03Z\",\"appId\":\"1\",\"servicePrincipalName\":\"backup\",\"ipAddress\":\"203.0.113.9\",\"status\":{\"errorCode\":7000215}}]}");
        Assert.Equal(["Portal", "backup"], graph.Select(item => item.App));
        Assert.All(graph, item => Assert.Equal("azure/-/signinlogs", Sources(item)));
    }

    [Theory]
    [InlineData("""{"kind":"Order","items":[{"a":1},{"a":2}]}""")]
    [InlineData("""{"events":[{"a":1},{"a":2}]}""")]
    [InlineData("""{"messageType":"Order","logEvents":[{"a":1},{"a":2}]}""")]
    public async Task AnyOtherObjectWithAListIsOneEvent(string line) =>
        Assert.Equal([line, line], (await FileAsync(line + "\n" + line + "\n")).Select(item => item.Raw));

    [Theory]
    [InlineData("{0}\n{0}\n")]
    [InlineData("{0}{0}")]
    public async Task CloudWatch_WhatASubscriptionSendsIsItsEvents(string layout)
    {
        const string Batch = """{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"vpc","logStream":"eni-1","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1767488523000,"message":"2 123456789010 eni-1 203.0.113.9 10.0.0.1 49761 3389 6 20 4249 1767488523 1767488583 REJECT OK"},{"id":"2","timestamp":1767488523000,"message":"<38>Jan  4 01:02:03 web01 sshd[9]: Failed password for root from 203.0.113.9 port 4711 ssh2"}]}""";
        var events = await FileAsync(layout.Replace("{0}", Batch, StringComparison.Ordinal));
        Assert.Equal(["3389", null, "3389", null], events.Select(item => item.Field("dstport")));
        Assert.Equal([null, "root", null, "root"], events.Select(item => item.Field("user")));
        Assert.All(events, item => Assert.Equal(("203.0.113.9", new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero)), (item.SourceIp, item.OccurredAt)));
    }

    [Fact]
    public async Task CommandLinesOfAmazon_ListsAreTheirEvents()
    {
        var logs = await FileAsync("{\n    \"events\": [\n        {\n            \"logStreamName\": \"a\",\n            \"timestamp\": 1767488523000,\n            \"message\": \"Jan  4 01:02:03 web01 sshd[9]: Failed password for root from 203.0.113.9 port 4711 ssh2\"\n        }\n    ],\n    \"searchedLogStreams\": []\n}\n");
        Assert.Equal(("root", "web01", "sshd"), (logs[0].Field("user"), logs[0].Host, logs[0].App));
        var trail = Assert.Single(await FileAsync("{\n    \"Events\": [\n        {\n            \"EventId\": \"a\",\n            \"EventTime\": \"2026-01-04T09:02:03+08:00\",\n            \"CloudTrailEvent\": \"{\\\"eventTime\\\":\\\"2026-01-04T01:02:03Z\\\",\\\"eventSource\\\":\\\"signin.amazonaws.com\\\",\\\"eventName\\\":\\\"ConsoleLogin\\\",\\\"awsRegion\\\":\\\"us-east-1\\\",\\\"sourceIPAddress\\\":\\\"203.0.113.9\\\"}\"\n        }\n    ]\n}\n"));
        FormatTests.Holds(trail.Fields, "eventName=ConsoleLogin¦EventId=a");
        Assert.Equal(("203.0.113.9", "aws/-/cloudtrail", new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero)), (trail.SourceIp, Sources(trail), trail.OccurredAt!.Value));
    }

    [Fact]
    public void Elasticsearch_ADocumentIsReadWhereverItWasKept()
    {
        var sshd = Read("""{"_index":"a","_id":"1","_source":{"@timestamp":"2026-01-04T01:02:03Z","message":"Failed password for root from 203.0.113.9 port 4711 ssh2","process":{"name":"sshd"},"host":{"name":"web01"}}}""");
        Assert.Equal(("root", "web01", "203.0.113.9", "1"), (sshd.Field("user"), sshd.Host, sshd.SourceIp, sshd.Field("_id")));
        var windows = Read("""{"_index":"a","_source":{"@timestamp":"2026-01-04T01:02:03Z","winlog":{"event_id":4625,"channel":"Security","event_data":{"TargetUserName":"eve"}}}}""");
        FormatTests.Holds(windows.Fields, "EventID=4625¦Channel=Security¦TargetUserName=eve");
        // Documents within documents are the field of one, however deep.
        var deep = string.Concat(Enumerable.Repeat("{\"_index\":\"a\",\"_source\":", 5_000)) + "1" + new string('}', 5_000);
        Assert.Equal(deep, Read(deep).Raw);
        Assert.Equal("1", Read("""{"_source":{"a":1}}""").Field("_source.a"));
    }

    [Theory]
    [InlineData("""{"category":"kube-audit","properties":{"log":"{\"auditID\":\"u\",\"verb\":\"get\",\"requestURI\":\"/api/v1/secrets\",\"user\":{\"username\":\"eve\"},\"objectRef\":{\"resource\":\"secrets\"},\"requestReceivedTimestamp\":\"2026-01-04T01:02:03.5Z\"}","pod":"p"},"resourceId":"/S","operationName":"o","time":"2026-01-04T01:02:09Z"}""")]
    [InlineData("""{"category":"kube-audit-admin","properties":{"log":{"auditID":"u","verb":"get","requestURI":"/api/v1/secrets","user":{"username":"eve"},"objectRef":{"resource":"secrets"},"requestReceivedTimestamp":"2026-01-04T01:02:03.5Z"}},"resourceId":"/S","operationName":"o","time":"2026-01-04T01:02:09Z"}""")]
    public void Kubernetes_AzureHasTheEventWithinItsOwn(string line)
    {
        var read = Read(line);
        FormatTests.Holds(read.Fields, "verb=get¦user.username=eve¦objectRef.resource=secrets");
        Assert.Equal(("secrets", "kubernetes/application/audit", new DateTimeOffset(2026, 1, 4, 1, 2, 3, 500, TimeSpan.Zero)), (read.App, Sources(read), read.OccurredAt!.Value));
    }

    [Fact]
    public void Kubernetes_AzuresOtherLogsOfAClusterAreNoAudit()
    {
        var read = Read("""{"category":"kube-apiserver","properties":{"log":"I0104 01:02:03.000000 1 trace.go:236] Trace[1]: x","pod":"p"},"resourceId":"/S","operationName":"o","time":"2026-01-04T01:02:03Z"}""");
        Assert.DoesNotContain("kubernetes", Sources(read), StringComparison.Ordinal);
        Assert.Empty(read.Problems);
    }

    [Theory]
    [InlineData("""{"awsAccountId":"1","digestStartTime":"2026-01-04T00:02:03Z","digestEndTime":"2026-01-04T01:02:03Z","digestS3Object":"AWSLogs/d.json.gz","logFiles":[{"s3Object":"a.json.gz","hashValue":"4a"},{"s3Object":"b.json.gz","hashValue":"5b"}]}""", "logFiles.s3Object=a.json.gz, b.json.gz", null, "")]
    [InlineData("""{"time":"1/4/2026 1:07:58 AM","category":"ServicePrincipalSignInLogs","operationName":"Sign-in activity","resourceId":"/t","resultType":"7000222","callerIpAddress":"203.0.113.9","properties":{"createdDateTime":"2026-01-04T01:02:03+00:00","ipAddress":"203.0.113.9","isInteractive":false,"servicePrincipalName":"backup"}}""", "resultType=7000222", "backup", "azure/-/signinlogs")]
    [InlineData("""{"id":{"time":"2026-01-04T01:02:03Z","applicationName":"login"},"actor":{"email":"eve@a.example"},"events":[{"type":"login","name":"login_success","parameters":[{"name":"is_suspicious","boolValue":true},{"name":"login_type","value":"exchange"},{"name":"login_challenge_method","multiValue":["password","security_key"]},{"name":"n","intValue":"5"}]}]}""", "events.name=login_success¦events.parameters.is_suspicious=true¦events.parameters.login_type=exchange¦events.parameters.login_challenge_method=password, security_key¦events.parameters.n=5", "login", "gcp/-/google_workspace.login")]
    [InlineData("""{"id":{"time":"2026-01-04T01:02:03Z","applicationName":"login"},"actor":{"email":"eve@a.example"},"events":{"type":"login","name":"login_failure","parameters":[{"name":"login_type","value":"exchange"}]}}""", "events.name=login_failure¦events.parameters.login_type=exchange", "login", "gcp/-/google_workspace.login")]
    public void EventsAreKnownInTheirOtherShapes(string line, string expected, string? app, string source)
    {
        var read = Read(line);
        Assert.Empty(read.Problems);
        Assert.Equal((app, new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero)), (read.App, read.OccurredAt!.Value));
        FormatTests.Holds(read.Fields, expected);
        Assert.Contains(source, Sources(read), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"time":"2026-01-04T01:02:03Z","sourceIPs":["203.0.113.9","10.0.0.1"]}""", "203.0.113.9")]
    [InlineData("""{"time":"2026-01-04T01:02:03Z","ClientIP":"[::ffff:203.0.113.9]:51234"}""", "203.0.113.9")]
    [InlineData("""{"time":"2026-01-04T01:02:03Z","ClientIP":"::FFFF:203.0.113.9"}""", "203.0.113.9")]
    [InlineData("""{"time":"2026-01-04T01:02:03Z","ClientIP":"[2001:db8::9]:51234"}""", "2001:db8::9")]
    [InlineData("""{"time":"2026-01-04T01:02:03Z","properties":{"initiatedBy":{"user":{"ipAddress":"203.0.113.9"}}}}""", "203.0.113.9")]
    public void TheAddressIsThatOfTheClient(string line, string address) => Assert.Equal(address, Read(line).SourceIp);

    [Fact]
    public async Task Flows_AreReadByTheColumnsThatTheirFileNames()
    {
        const string Header = "version vpc-id interface-id account-id type srcaddr dstaddr srcport dstport protocol bytes packets start end action tcp-flags log-status";
        var events = await FileAsync(Header + "\n3 vpc-1 eni-1 123456789012 IPv4 203.0.113.9 10.0.0.5 4711 22 6 568 8 1767488523 1767488583 REJECT 2 OK\nno flow\n3 vpc-1 eni-1 123456789012 - - - - - - - - 1767488523 1767488583 - - NODATA\n");
        var flow = events[1];
        FormatTests.Holds(flow.Fields, "srcaddr=203.0.113.9¦dstport=22¦action=REJECT¦bytes=568¦tcp-flags=2¦event.module=vpcflow");
        Assert.Equal(("203.0.113.9", new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), "aws/firewall/vpcflow"), (flow.SourceIp, flow.OccurredAt!.Value, Sources(flow)));
        Assert.Equal([Header, "no flow"], events.Where(item => item.Fields.Count == 0).Select(item => item.Raw));
        FormatTests.Holds(events[3].Fields, "log-status=NODATA");
        // As an import reads it: the columns are no record, and each line is read by itself.
        await using var reader = new LogFileReader(new MemoryStream(Encoding.UTF8.GetBytes(Header + "\n" + flow.Raw)), Options);
        var places = new List<LogFileRecord>();
        await foreach (var place in reader.PlacesAsync(TestContext.Current.CancellationToken)) places.Add(place);
        Assert.Equal("22", Assert.Single(places).Read(Reference, "test").Field("dstport"));
    }

    [Theory]
    [InlineData("5 123456789012 eni-1 203.0.113.9 10.0.0.5 4711 22 6 5 300 1767488523 1767488583 REJECT OK vpc-1 subnet-1 i-1 2 IPv4 203.0.113.9 10.0.0.5 ap-east-1 ape1-az1 - - - S3 ingress 1", "dstport=22¦vpc-id=vpc-1¦pkt-dstaddr=10.0.0.5¦pkt-dst-aws-service=S3¦flow-direction=ingress¦traffic-path=1")]
    [InlineData("6 TransitGateway 123456789012 tgw-1 tgw-attach-1 123456789012 123456789012 vpc-1 vpc-2 subnet-1 subnet-2 eni-1 eni-2 ape1-az1 ape1-az2 tgw-attach-2 203.0.113.9 10.0.0.5 4711 22 6 5 300 1767488523 1767488583 OK IPv4 0 0 0 0 2 ap-east-1 ingress - -", "srcaddr=203.0.113.9¦dstport=22¦tgw-id=tgw-1¦log-status=OK¦flow-direction=ingress")]
    public void Flows_OfLaterVersionsAndOfGatewaysAreRead(string line, string expected)
    {
        var read = Read(line);
        FormatTests.Holds(read.Fields, expected + "¦event.module=vpcflow");
        Assert.Equal(("203.0.113.9", new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero)), (read.SourceIp, read.OccurredAt!.Value));
    }

    [Fact]
    public void Microsoft365_ATableOfItsAuditHasTheEventInOneColumn()
    {
        var stream = new LogStream();
        var options = Options with { Format = LogFormats.Csv };
        LogParser.Parse("RecordId,CreationDate,RecordType,Operation,UserId,AuditData", Reference, "test", options, stream);
        var read = LogParser.Parse("\"1\",\"2026-01-04T01:02:03.0000000Z\",\"1\",\"New-InboxRule\",\"eve@a.example\",\"{\"\"CreationTime\"\":\"\"2026-01-04T01:02:03\"\",\"\"Operation\"\":\"\"New-InboxRule\"\",\"\"RecordType\"\":1,\"\"Workload\"\":\"\"Exchange\"\",\"\"ClientIP\"\":\"\"203.0.113.9:51234\"\",\"\"Parameters\"\":[{\"\"Name\"\":\"\"ForwardTo\"\",\"\"Value\"\":\"\"x@y.example\"\"}]}\"", Reference, "test", options, stream);
        FormatTests.Holds(read.Fields, "Workload=Exchange¦Parameters.ForwardTo=x@y.example¦event.module=m365-audit");
        Assert.Equal(("Exchange", "203.0.113.9", new DateTimeOffset(2026, 1, 4, 1, 2, 3, TimeSpan.Zero), false), (read.App, read.SourceIp, read.OccurredAt!.Value, read.TimeZoneAssumed));
        Assert.Empty(read.Problems);
    }
}
