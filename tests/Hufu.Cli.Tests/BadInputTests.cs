using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Hufu.Cli.Tests;

/// <summary>Files that are broken, hostile or merely odd: a clear refusal with its place, or the right rows; never half of it.</summary>
public sealed class BadInputTests(Sample sample)
{
    static BadInputTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    [Fact]
    public Task A_broken_workbook_is_refused() => RefusedAsync(sample.File("broken.xlsx", [0x50, 0x4B, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8]));

    [Theory]
    [InlineData("bomb.xlsx", "xl/worksheets/sheet1.xml")]
    [InlineData("bomb.ods", "content.xml")]
    public Task A_zip_bomb_is_refused_before_it_unpacks(string name, string part)
    {
        using var buffer = new MemoryStream();
        using (var zip = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            if (name.EndsWith("xlsx", StringComparison.Ordinal))
            {
                Put(zip, "[Content_Types].xml", """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>""");
                Put(zip, "xl/workbook.xml", """<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>""");
                Put(zip, "xl/_rels/workbook.xml.rels", """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>""");
            }
            else
            {
                Put(zip, "mimetype", "application/vnd.oasis.opendocument.spreadsheet");
            }

            using var bomb = zip.CreateEntry(part, CompressionLevel.Fastest).Open();
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 300; i++) bomb.Write(zeros);
        }

        return RefusedAsync(sample.File(name, buffer.ToArray()));
    }

    [Theory]
    [InlineData("big5", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-8", true)]
    public async Task Encodings_of_Taiwan_are_recognised(string encoding, bool mark)
    {
        var text = Encoding.GetEncoding(encoding);
        var body = text.GetBytes(Sample.AssetList("E", 5, "許功蓋資料庫伺服器"));
        var outcome = await Program.OkAsync("import", "assets", sample.File("list.csv", mark ? [.. text.GetPreamble(), .. body] : body), "--format", "csv", "--data", sample.Master);
        Assert.Contains("許功蓋資料庫伺服器 5", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("5 new", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_refused_row_stops_the_import_and_is_named()
    {
        var data = sample.Copy();
        var file = sample.File("list.csv", Sample.AssetList("R", 5) + "R-00006,無類別,,high,high,high\n");
        var outcome = await Program.RunAsync("import", "assets", file, "--commit", "--data", data);
        Assert.True(outcome.Code == 1 && outcome.Error.Contains("row 7", StringComparison.Ordinal), outcome.ToString());
        Assert.Equal((long)Sample.Assets, Sample.Scalar(data, "SELECT count(*) FROM risk_asset"));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("xlsx")]
    [InlineData("ods")]
    public async Task Formulas_are_texts_when_they_leave_and_come_back_as_they_were(string format)
    {
        var data = sample.Copy();
        await Program.OkAsync("import", "assets", sample.File("list.csv", "資產編號,資產名稱,資產類別,機密性,完整性,可用性\nX-1,\"=HYPERLINK(\"\"http://x/\"\",\"\"a\"\")\",hardware,high,high,high\n"), "--commit", "--summary", "--data", data);
        var file = sample.Free() + "." + format;
        await Program.OkAsync("export", "assets", file, "--where", "code==X-1", "--data", data);
        if (format == "csv") Assert.DoesNotContain(",=HYPERLINK", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("1 unchanged", (await Program.OkAsync("import", "assets", file, "--summary", "--data", data)).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""<!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><nmaprun scanner="nmap"><host><hostnames><hostname name="&c;"/></hostnames></host></nmaprun>""")]
    [InlineData("""<!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmaprun scanner="nmap"><host><hostnames><hostname name="&x;"/></hostnames></host></nmaprun>""")]
    [InlineData("""<nmaprun scanner="nmap"><host>""")]
    public Task A_hostile_scan_is_refused(string xml) => RefusedAsync(sample.File("scan.xml", "<?xml version=\"1.0\"?>\n" + xml));

    [Fact]
    public async Task A_huge_table_is_refused_at_the_limit()
    {
        Assert.SkipUnless(long.TryParse(Environment.GetEnvironmentVariable("HUFU_HUGE_CSV"), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes), "HUFU_HUGE_CSV (bytes of the file) is not set.");
        var path = sample.Free() + ".csv";
        await using (var file = new StreamWriter(path))
        {
            await file.WriteAsync(Sample.AssetList("H", 1));
            for (var i = 2L; file.BaseStream.Position < bytes; i++) await file.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"H-{i:D9},主機 {i},hardware,high,high,high\n"));
        }

        await RefusedAsync(path);
        File.Delete(path);
    }

    private async Task RefusedAsync(string file)
    {
        var outcome = await Program.RunAsync("import", "assets", file, "--commit", "--data", sample.Master);
        Assert.True(outcome.Code == 2 && outcome.Error.Contains('[', StringComparison.Ordinal) && !outcome.Error.Contains("   at ", StringComparison.Ordinal), outcome.ToString());
        Assert.Equal((long)Sample.Assets, Sample.Scalar(sample.Master, "SELECT count(*) FROM risk_asset"));
    }

    private static void Put(ZipArchive zip, string name, string text)
    {
        using var part = zip.CreateEntry(name).Open();
        part.Write(Encoding.UTF8.GetBytes(text));
    }
}
