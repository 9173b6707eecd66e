using System.Text;
using TextFieldParser = Microsoft.VisualBasic.FileIO.TextFieldParser;

namespace Hufu.Documents.Tests;

public class DemoFileTests
{
    private static readonly ColumnField[] Fields =
    [
        new("number", "資產編號", "Asset number"), new("name", "資產名稱", "Name"), new("kind", "類別", "Class", "資產類別"), new("address", "IP 位址", "IP address"),
        new("owner", "保管人", "Custodian"), new("start", "啟用日期", "In use since"),
    ];

    private static Table Open(string file)
    {
        var result = TableReader.Open(File.OpenRead(Path.Combine(Root, "content/demo", file)), file);
        Assert.True(result.IsOk, string.Join("; ", result.Errors));
        return result.Value;
    }

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Hufu.slnx")))
                return folder;
        throw new InvalidOperationException("The repository's root is not above the test's folder.");
    }

    [Fact]
    public void AssetList_IsReadAsAPersonReadsIt()
    {
        using var table = Open("assets/資產清冊.xlsx");
        Assert.Equal(2, table.HeaderRow);
        Assert.Equal([false, false, true], table.Sheets.Select(s => s.IsHidden));
        Assert.Contains(new TableMerge(1, 1, 1, 12), table.Merges);
        var columns = ColumnMatcher.Suggest(table.Headers, Fields);
        Assert.Equal(Fields.Select(f => f.Key), columns.OrderBy(c => Array.FindIndex(Fields, f => f.Key == c.FieldKey)).Select(c => c.FieldKey));
        var rows = table.ReadAll().Value;
        Assert.Equal(53, rows.Count);
        Assert.Equal("PC-0102", Assert.Single(rows.GroupBy(r => r[0].Text), g => g.Count() > 1).Key);
        Assert.Contains("10.10.20.21", rows.Select(r => TextCleaner.CleanCode(r[3].Text)));
        Assert.Equal(rows.Count - 1, rows.Count(r => DateText.Read(r[10].Text).Value is { Year: > 2015 and < 2027 }));
        Assert.Equal("date.unreadable", DateText.Read(rows[^1][10].Text).Error!.Code);
    }

    [Fact]
    public void AssetList_InBig5_HasTheSameRows()
    {
        using var csv = Open("assets/資產清冊-big5.csv");
        using var xlsx = Open("assets/資產清冊.xlsx");
        Assert.Equal(950, csv.Encoding!.CodePage);
        Assert.Equal(xlsx.Headers, csv.Headers);
        Assert.Equal(xlsx.Texts(), csv.Texts());
    }

    [Fact]
    public void People_AreInTheUnitsThatStandAboveThem_AndRisksNameAssetsOfTheList()
    {
        using var people = Open("people.csv");
        using var risks = Open("risks.csv");
        using var assets = Open("assets/資產清冊.xlsx");
        var numbers = assets.Texts().Select(r => r[0]).ToHashSet();
        Assert.Equal(12, people.ReadAll().Value.Count);
        Assert.Equal(8, risks.ReadAll().Value.Count);
        var units = people.Texts().Select(r => r[3]).ToHashSet();
        Assert.All(people.Texts(), r => Assert.True(r[4].Length == 0 || units.Contains(r[4])));
        Assert.All(risks.Texts(), r => Assert.All(r[4].Split(';'), n => Assert.Contains(n, numbers)));
        Assert.All(risks.Texts(), r => Assert.True(int.Parse(r[5]) is >= 1 and <= 5 && int.Parse(r[6]) is >= 1 and <= 5));
    }

    public static TheoryData<string> OtherPeoplesFiles
    {
        get
        {
            var folder = Path.Combine(Root, "../shared/data");
            return Directory.Exists(folder)
                ? new TheoryData<string>(Directory.EnumerateFiles(folder, "*.csv", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => Path.GetRelativePath(Root, f)))
                : new TheoryData<string>("../shared/data");
        }
    }

    [Theory]
    [MemberData(nameof(OtherPeoplesFiles))]
    public void RealCsv_IsReadAsAnotherReaderReadsIt(string path)
    {
        var full = Path.Combine(Root, path);
        if (!File.Exists(full))
            Assert.Skip($"{path} not present");
        using var stream = File.OpenRead(full);
        using var table = TableReader.Open(stream, path, new TableReadOptions { HeaderRow = 0, RemoveFormulaGuard = false, MaxCellChars = 1_000_000 }).Value;
        using var parser = new TextFieldParser(full, table.Encoding!) { TrimWhiteSpace = false, HasFieldsEnclosedInQuotes = true };
        parser.SetDelimiters(table.Delimiter.ToString()!);
        var expected = new List<string>();
        while (!parser.EndOfData)
            expected.Add(string.Join('\u241F', parser.ReadFields()!.Select(OneBreak)).TrimEnd('\u241F'));
        var read = new List<string>();
        foreach (var row in table.Rows)
        {
            Assert.True(row.IsOk, string.Join("; ", row.Errors));
            read.Add(string.Join('\u241F', row.Value.Cells.Select(c => OneBreak(c.Text))).TrimEnd('\u241F'));
        }

        Assert.Equal(expected.Where(e => !string.IsNullOrWhiteSpace(e.Replace("\u241F", "", StringComparison.Ordinal))), read);
    }

    /// <summary>The other reader loses blank lines inside quotation marks, so runs of line breaks compare as one.</summary>
    private static string OneBreak(string text) => string.Join('\n', text.Split(['\r', '\n']).Where(line => !string.IsNullOrWhiteSpace(line)));
}
