// Prints what comparing events with a million indicators costs beside reading the same events, in the same run, and what the indicators take of memory.
// dotnet run -c Release --project bench/Hufu.Indicators.Bench [--events N] [--indicators N]
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Hufu.Indicators;
using Hufu.Logs;

int Option(string name, int otherwise) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

var (events, count) = (Option("--events", 200_000), Option("--indicators", 1_000_000));
var random = new Random(1);
var before = GC.GetTotalMemory(true);
var building = Stopwatch.StartNew();
var index = Build(lines: false);
building.Stop();
Console.WriteLine($"{index.Count:N0} indicators: {building.Elapsed.TotalSeconds:N1} s, {index.Size / 1e6:N0} MB counted, {(GC.GetTotalMemory(true) - before) / 1e6:N0} MB of the heap");

var lines = Enumerable.Range(0, 4_000).Select(Line).ToArray();
var now = DateTimeOffset.UtcNow;
var options = new LogParseOptions { ReferenceTime = now, AssumedOffset = TimeSpan.FromHours(8) };
var parsed = lines.Select(line => LogParser.Parse(line, now, "bench", options)).ToArray();
var scan = index.NewScan();
var whole = Build(lines: true);
var wholeScan = whole.NewScan();
long hits = 0;
for (var round = 0; round < 3; round++)
{
    var read = Time(i => LogParser.Parse(lines[i % lines.Length], now, "bench", options));
    var allocated = GC.GetAllocatedBytesForCurrentThread();
    var match = Time(i => hits += Look(scan, parsed[i % parsed.Length]));
    allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
    var line = Time(i => hits += Look(wholeScan, parsed[i % parsed.Length]));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"read {read * 1e9:N0} ns an event; compare {match * 1e9:N0} ns ({allocated / (double)events:N0} bytes): with / without {(read + match) / read:N3}; whole lines too {line * 1e9:N0} ns: {(read + line) / read:N3}; {hits} hits"));
}

double Time(Action<int> work)
{
    var watch = Stopwatch.StartNew();
    for (var i = 0; i < events; i++) work(i);
    return watch.Elapsed.TotalSeconds / events;
}

int Look(IndicatorScan look, LogEvent item)
{
    look.Begin(item.Time, now);
    if (item.SourceIp is { } source) look.Field("src_ip", source);
    foreach (var (name, value) in item.Fields) look.Field(name, value);
    look.Line(item.Raw);
    return look.End().Count;
}

IndicatorIndex Build(bool lines)
{
    var made = new IndicatorIndex();
    var list = made.AddList(new IndicatorListOptions(lines));
    var context = new IndicatorContext { Producer = "CERT", Tlp = "amber", Report = "bench" };
    for (var i = 0; i < count; i++)
    {
        var value = (i % 5) switch
        {
            0 => new IndicatorValue(IndicatorKind.Address, string.Create(CultureInfo.InvariantCulture, $"{45 + i % 7}.{(i >> 16) & 255}.{(i >> 8) & 255}.{i & 255}")),
            1 => new IndicatorValue(IndicatorKind.DomainTree, string.Create(CultureInfo.InvariantCulture, $"c2-{i:x}.evil{i % 1000}.tw")),
            2 => new IndicatorValue(IndicatorKind.Hash, Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(i)))),
            3 => new IndicatorValue(IndicatorKind.Url, string.Create(CultureInfo.InvariantCulture, $"http://evil{i % 5000}.tw/path/{i}/payload.bin")),
            _ => new IndicatorValue(IndicatorKind.Range, string.Create(CultureInfo.InvariantCulture, $"{52 + i % 50}.{(i >> 8) & 255}.{i & 255}.0/24")),
        };
        made.Add(list, new Indicator { Id = new Guid(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString("D"), Values = [value], Context = context });
    }

    return made.Close();
}

// Connections and processes as Sysmon tells of them, requests through a proxy, a firewall's pairs: none of them is on the list.
string Line(int i) => (i % 4) switch
{
    0 => $$"""{"@timestamp":"2026-11-24T01:00:00Z","EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"pc{{i % 50}}.corp.tw","Image":"C:\\Program Files\\App\\app{{i}}.exe","User":"CORP\\user{{i % 90}}","Protocol":"tcp","Initiated":"true","SourceIp":"10.1.{{i % 200}}.{{i % 250}}","SourcePort":"{{40000 + i}}","DestinationIp":"140.{{random.Next(250)}}.{{random.Next(250)}}.{{random.Next(250)}}","DestinationHostname":"host{{i}}.service.example.org","DestinationPort":"443"}""",
    1 => $$"""{"@timestamp":"2026-11-24T01:00:00Z","EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"pc{{i % 50}}.corp.tw","Image":"C:\\Windows\\System32\\tool{{i}}.exe","CommandLine":"tool.exe -a {{i}}","ParentImage":"C:\\Windows\\explorer.exe","User":"CORP\\user{{i % 90}}","Hashes":"MD5={{Convert.ToHexString(SHA256.HashData(BitConverter.GetBytes(-i)).AsSpan(0, 16))}},SHA256={{Convert.ToHexString(SHA256.HashData(BitConverter.GetBytes(-i)))}}"}""",
    2 => $"10.1.2.{i % 250} - - [24/Nov/2026:09:00:00 +0800] \"GET http://www{i}.example.org/path/{i}?q=1 HTTP/1.1\" 200 {i} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"",
    _ => $"<189>date=2026-11-24 time=09:00:00 devname=\"fw1\" type=\"traffic\" srcip=10.2.{i % 200}.{i % 250} srcport={40000 + i} dstip=140.{random.Next(250)}.{random.Next(250)}.{random.Next(250)} dstport=443 action=\"accept\" hostname=\"cdn{i}.example.net\" service=\"HTTPS\"",
};
