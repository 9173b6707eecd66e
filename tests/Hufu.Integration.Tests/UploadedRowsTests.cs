using System.Text;
using Hufu.Records;
using Hufu.Risk;
using Hufu.Web.Records;

namespace Hufu.Integration.Tests;

/// <summary>What the first step of an import has read is what the later steps see, or they read the file again.</summary>
public sealed class UploadedRowsTests
{
    private static readonly RecordType Type = new GadgetType();

    private static UploadedRows Rows(string csv)
    {
        var read = UploadedRows.Read(Type, new MemoryStream(Encoding.UTF8.GetBytes(csv)), "清單.csv");
        Assert.True(read.IsOk);
        return read.Value;
    }

    private static byte[] Saved(UploadedRows rows)
    {
        using var output = new MemoryStream();
        rows.Save(Type, output);
        return output.ToArray();
    }

    [Fact]
    public void What_was_kept_is_what_was_read()
    {
        var random = new Random(20261128);
        string[] texts = ["", "甲", "🙂", "a,b", "\"q\"", "x\ny", new string('長', 300), "１２３", "同", "同"];
        string Cell() => $"\"{texts[random.Next(texts.Length)].Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var csv = new StringBuilder("名稱,期限,備註\n");
        for (var i = 0; i < 3000; i++) csv.Append('n').Append(i).Append(',').Append(Cell()).Append(',').Append(Cell()).Append('\n');
        var rows = Rows(csv.ToString());
        Assert.Equal(3000, rows.Rows.Count);
        var back = UploadedRows.Load(Type, new MemoryStream(Saved(rows)));
        Assert.NotNull(back);
        Assert.Equal(rows.Table with { Columns = [] }, back.Table with { Columns = [] });
        Assert.Equal(rows.Table.Columns, back.Table.Columns);
        Assert.Equal(rows.Rows.Select(r => $"{r.Number}|{string.Join('|', r.Texts)}"), back.Rows.Select(r => $"{r.Number}|{string.Join('|', r.Texts)}"));
    }

    [Fact]
    public void Kept_rows_that_are_not_whole_or_another_types_are_not_taken()
    {
        var whole = Saved(Rows("名稱,備註\n甲,一\n乙,二\n"));
        Assert.NotNull(UploadedRows.Load(Type, new MemoryStream(whole)));
        for (var length = 0; length < whole.Length; length++) Assert.Null(UploadedRows.Load(Type, new MemoryStream(whole, 0, length)));
        Assert.Null(UploadedRows.Load(new AssetType(), new MemoryStream(whole)));
        var random = new Random(20261128);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = whole.ToArray();
            for (var i = random.Next(1, 5); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            UploadedRows.Load(Type, new MemoryStream(bytes));
        }
    }

    [Fact]
    public void Rows_keep_their_place_and_empty_ones_are_left_out()
    {
        var rows = Rows("名稱,備註\n甲,一\n,\n乙, \n");
        var mapped = rows.Mapped(Type, rows.Table.Columns.ToDictionary(c => c.Column, _ => "title").Where(m => m.Key == 0).ToDictionary());
        Assert.Equal([(2, "甲"), (4, "乙")], mapped.Select(r => (r.Row, r.Values["title"])));
        var text = Assert.Single(Rows("名稱\n１２３\n").Mapped(Type, new Dictionary<int, string> { [0] = "title", [7] = "title" }));
        Assert.Equal(["title"], text.Values.Keys);
    }
}
