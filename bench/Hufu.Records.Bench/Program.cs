using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Hufu.Records;
using Hufu.Records.Bench;
using Hufu.Web.Records;
using Microsoft.Extensions.DependencyInjection;

// Measures the records through the real product. Usage:
//   Hufu.Records.Bench [--rows 100000] [--repeat 20] [--only import,start,lists,search,exports,ledger] [--postgres CONNECTION] [--keep FOLDER]
// --keep leaves the filled data folder where it is, and takes it again the next time; with --postgres the database must be empty, or filled by the same --keep.
var rows = int.Parse(Option("--rows") ?? "100000", CultureInfo.InvariantCulture);
var repeat = int.Parse(Option("--repeat") ?? "20", CultureInfo.InvariantCulture);
var only = Option("--only")?.Split(',');
var match = Option("--case");
var postgres = Option("--postgres");
var kept = Option("--keep");
var work = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
var data = kept ?? Path.Combine(work, "data");
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Console.WriteLine($"{Environment.ProcessorCount} processors, load {File.ReadAllText("/proc/loadavg").Trim()}, {rows:N0} assets, {(postgres is null ? "SQLite" : "PostgreSQL")}");
try
{
    if (Wanted("start")) await FreshStartAsync();
    if (!File.Exists(Path.Combine(data, "filled"))) await FillAsync();
    await using (var server = await Server.StartAsync(data, postgres))
    {
        Say.Head($"Start over {rows:N0} assets");
        Say.Against("start to first page", server.Ready.TotalSeconds, 3, "s");
        var visitors = new Dictionary<string, Visitor>();
        foreach (var account in new[] { Site.Engineer, Site.Owner, Site.Staff })
        {
            visitors[account] = new Visitor(server.Address);
            await visitors[account].SignInAsync(account, Site.Password);
        }

        if (Wanted("lists"))
        {
            Say.Head($"Lists, {repeat} requests each");
            List<ListCase> cases = [.. Lists.Plain(), await SavedViewAsync(visitors[Site.Engineer])];
            if (match is null || match.Contains("deep", StringComparison.Ordinal)) cases.AddRange(await Lists.DeepAsync(visitors[Site.Engineer], rows / 5));
            if (match is not null) cases.RemoveAll(c => !c.Name.Contains(match, StringComparison.Ordinal));
            await Lists.WalkAsync(server, visitors, cases, repeat, 100);
        }

        if (Wanted("search")) await SearchAsync(server, visitors);
        if (Wanted("start")) Say.Against("memory after the lists", Proc.Megabytes(server.Process), 300, "MB");
        if (Wanted("start")) Say.Line("of that its own, not mapped files", $"{Proc.Megabytes(server.Process, "RssAnon"):F0} MB");
        if (Wanted("exports")) await ExportsAsync(server, visitors[Site.Engineer]);
        foreach (var visitor in visitors.Values) visitor.Dispose();
    }

    if (Wanted("ledger")) await LedgerAsync();
    Say.Summary();
}
finally
{
    Directory.Delete(work, recursive: true);
}

return 0;

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

bool Wanted(string part) => only is null || only.Contains(part);

async Task FreshStartAsync()
{
    Say.Head("Start in an empty folder");
    var fresh = Path.Combine(work, "fresh");
    await using (var first = await Server.StartAsync(fresh, null)) Say.Line("the very first, which makes the database", $"{first.Ready.TotalSeconds:0.00} s");
    Directory.Delete(fresh, recursive: true);
    await (await Site.MakeAsync(fresh)).DisposeAsync();
    await using var server = await Server.StartAsync(fresh, null);
    Say.Against("start to first page", server.Ready.TotalSeconds, 3, "s");
    await Task.Delay(TimeSpan.FromSeconds(10));
    Say.Against("memory, fresh and idle", Proc.Megabytes(server.Process), 300, "MB");
    using var visitor = new Visitor(server.Address);
    var (requests, bytes) = await visitor.WeighAsync("/sign-in");
    Say.Against("sign-in page on the wire", bytes / 1024.0, 250, "KB", $"{requests} requests");
    await visitor.SignInAsync(Site.Engineer, Site.Password);
    foreach (var path in new[] { "/", Lists.Path })
    {
        (requests, bytes) = await visitor.WeighAsync(path);
        Say.Against($"{path} on the wire", bytes / 1024.0, 250, "KB", $"{requests} requests");
    }
}

// Both kinds of file go in, the first into a folder that is thrown away; what the pages say is believed, and looked at.
async Task FillAsync()
{
    foreach (var (ending, folder) in new[] { (".csv", Path.Combine(work, "csv")), (".xlsx", data) })
    {
        if (ending == ".csv" && (!Wanted("import") || postgres is not null)) continue;
        Say.Head($"Import of {rows:N0} rows, {ending}");
        var file = Path.Combine(work, "assets" + ending);
        Site.WriteAssets(file, rows);
        await using var site = await Site.MakeAsync(folder, postgres);
        await using (var server = await Server.StartAsync(folder, postgres))
        {
            using var visitor = new Visitor(server.Address);
            await visitor.SignInAsync(Site.Engineer, Site.Password);
            var mapping = Mapping(site, file);
            Proc.ForgetPeak(server.Process);
            await ImportAsync(server, visitor, file, mapping, "first", fresh: rows);
            if (Wanted("import")) await ImportAsync(server, visitor, file, mapping, "second", fresh: 0);
            Say.Line("peak memory of the server", $"{Proc.Megabytes(server.Process, "VmHWM"):N0} MB");
        }

        if (ending == ".csv") continue;
        await LedgerCost.CarryAsync(site);
        await site.MoveOnAsync(rows);
        await LedgerCost.CarryAsync(site);
        await File.WriteAllTextAsync(Path.Combine(folder, "filled"), "");
    }
}

static Dictionary<int, string> Mapping(Site site, string file)
{
    using var content = File.OpenRead(file);
    var table = Site.Must(UploadedRows.Read(site.Services.GetRequiredService<RecordTypes>().Get("risk.asset"), content, Path.GetFileName(file))).Table;
    if (table.Columns.FirstOrDefault(c => c.FieldKey is null) is { } left) throw new InvalidOperationException($"No field for {left.Header}.");
    return table.Columns.ToDictionary(c => c.Column, c => c.FieldKey!);
}

// The three steps of the page: the file, its dry run, the writing.
async Task ImportAsync(Server server, Visitor visitor, string file, Dictionary<int, string> mapping, string which, int fresh)
{
    var cpu = Proc.Cpu(server.Process);
    var clock = System.Diagnostics.Stopwatch.StartNew();
    await visitor.PageAsync(Lists.Path + "/import");
    await using var content = File.OpenRead(file);
    using var upload = new MultipartFormDataContent { { new StreamContent(content), "file", Path.GetFileName(file) } };
    var (status, page, _) = await visitor.PostAsync(Lists.Path + "/import", upload);
    var name = Regex.Match(page, "name=\"upload\" value=\"([^\"]+)\"", RegexOptions.NonBacktracking).Groups[1].Value;
    if (status != 200 || name.Length == 0) throw new InvalidOperationException($"Upload: {status} {page}");
    var read = clock.Elapsed;
    Dictionary<string, string> form = new(mapping.ToDictionary(m => $"c{m.Key}", m => m.Value)) { ["upload"] = name, ["name"] = Path.GetFileName(file) };
    using var plan = new FormUrlEncodedContent(form);
    (status, page, _) = await visitor.PostAsync(Lists.Path + "/import/plan", plan);
    var planned = clock.Elapsed - read;
    var counts = Regex.Matches(page, "class=\"[^\"]*stat-value[^\"]*\"[^>]*>\\s*([0-9,]+)", RegexOptions.NonBacktracking).Select(m => int.Parse(m.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)).ToList();
    // New, changed, unchanged, refused, in the order of the page.
    if (status != 200 || counts.Count < 4 || counts[0] != fresh || counts[1] != 0 || counts[2] != rows - fresh || counts[3] != 0)
        throw new InvalidOperationException($"The dry run says {string.Join('/', counts)} with {status}.");
    using var commit = new FormUrlEncodedContent(form);
    (status, page, _) = await visitor.PostAsync(Lists.Path + "/import/commit", commit);
    if (status != 302) throw new InvalidOperationException($"Commit: {status} {WebUtility.HtmlDecode(page)}");
    Say.Against($"{which}: upload, dry run and writing", clock.Elapsed.TotalSeconds, 30, "s", string.Create(CultureInfo.InvariantCulture, $"upload {read.TotalSeconds:0.0}, dry run {planned.TotalSeconds:0.0}, writing {(clock.Elapsed - read - planned).TotalSeconds:0.0}; {(Proc.Cpu(server.Process) - cpu).TotalSeconds:0.0} s CPU"));
}

static async Task<ListCase> SavedViewAsync(Visitor visitor)
{
    const string query = "f.category=network&f.grade=high&sort=location&columns=number,title,location,grade,x_cost";
    await visitor.PageAsync(Lists.Path);
    using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "網路設備", ["query"] = $"{Lists.Path}?{query}" });
    var (status, body, _) = await visitor.PostAsync(Lists.Path + "/views", form);
    return status == 302 ? new ListCase("saved view", query) : throw new InvalidOperationException($"View: {status} {body}");
}

async Task SearchAsync(Server server, Dictionary<string, Visitor> visitors)
{
    Say.Head($"Search over everything, {repeat} requests each");
    Console.WriteLine($"{"",-46}{"palette, ms",23}{"CPU",8}   {"page, ms",21}{"CPU",8}");
    var all = new List<(string Name, Times Times)>();
    foreach (var account in visitors.Keys)
        foreach (var word in new[] { "資料庫", "稅務", "防火", "門", "稅務防火牆", "沒有這個詞", "srv099999", "AST-2026-0042", "debian", "fortinet 核心", "zzqx", "10.1.2.3" })
        {
            var line = "";
            foreach (var path in new[] { "/api/v1/search?q=", "/search?q=" })
            {
                await visitors[account].TimeAsync(path + Uri.EscapeDataString(word));
                var (times, cpu) = (new Times(), Proc.Cpu(server.Process));
                for (var i = 0; i < repeat; i++) times.Add((await visitors[account].TimeAsync(path + Uri.EscapeDataString(word))).Time);
                all.Add(($"{account} {word}", times));
                line += string.Create(CultureInfo.InvariantCulture, $"{times}{(Proc.Cpu(server.Process) - cpu).TotalMilliseconds / repeat,8:0.0} ");
            }

            Console.WriteLine($"{$"{account}: {word}",-46}{line}");
        }

    var worst = all.MaxBy(a => a.Times.P95);
    Say.Against($"search: worst p95 of {all.Count}", worst.Times.P95, 100, "ms", worst.Name);
}

static async Task ExportsAsync(Server server, Visitor visitor)
{
    Say.Head("Exports of the whole list");
    foreach (var format in new[] { "csv", "xlsx", "ods" })
    {
        var before = Proc.Megabytes(server.Process);
        Proc.ForgetPeak(server.Process);
        var cpu = Proc.Cpu(server.Process);
        var (time, bytes) = await visitor.TimeAsync($"{Lists.Path}/export?all=1&format={format}");
        Say.Line(format, $"{time.TotalSeconds:0.0} s, {(Proc.Cpu(server.Process) - cpu).TotalSeconds:0.0} s CPU, {bytes / 1e6:0.0} MB, peak memory {Proc.Megabytes(server.Process, "VmHWM"):N0} MB ({before:N0} MB before)");
    }
}

async Task LedgerAsync()
{
    Say.Head("Ledger");
    await using var with = await Site.MakeAsync(Path.Combine(work, "with"));
    await using var without = await Site.MakeAsync(Path.Combine(work, "without"));
    await LedgerCost.RunAsync(with, without, pairs: 10, writes: 200);
}
