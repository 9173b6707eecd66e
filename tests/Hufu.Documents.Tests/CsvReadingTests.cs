using System.Text;

namespace Hufu.Documents.Tests;

/// <summary>Runs beside no other test: one of these measures the memory of the whole process.</summary>
[CollectionDefinition(nameof(MeasuresMemory), DisableParallelization = true)]
public sealed class MeasuresMemory;

[Collection(nameof(MeasuresMemory))]
public class CsvReadingTests
{
    private static readonly Encoding Big5 = Provider();

    private static Encoding Provider()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding(950);
    }

    private const string Sample = "資產編號,資產名稱,保管人\r\nA-001,對外服務網站主機,林小虎\r\nA-002,資料庫伺服器,陳大文\r\n";

    public static TheoryData<string, int, bool, bool> Encodings => new()
    {
        { "utf-8", 65001, false, true }, { "utf-8", 65001, true, true }, { "utf-16", 1200, true, true }, { "utf-16BE", 1201, true, true },
        { "utf-32", 12000, true, true }, { "big5", 950, false, false },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Encoding_IsDetectedAndTold(string name, int codePage, bool mark, bool certain)
    {
        var encoding = name == "utf-8" ? new UTF8Encoding(mark) : Encoding.GetEncoding(name);
        byte[] bytes = [.. mark ? encoding.GetPreamble() : [], .. encoding.GetBytes(Sample)];
        using var table = Support.Open(bytes, "a.csv");
        Assert.Equal(codePage, table.Encoding!.CodePage);
        Assert.Equal(certain, table.IsEncodingCertain);
        Assert.Equal(["資產編號", "資產名稱", "保管人"], table.Headers);
        Assert.Equal(["A-002", "資料庫伺服器", "陳大文"], table.Texts()[1]);
    }

    [Fact]
    public void Utf16WithoutMark_IsDetected()
    {
        using var table = Support.Open(Encoding.Unicode.GetBytes("name,address,note\r\nweb01,10.10.20.11,x\r\n"), "a.csv");
        Assert.Equal(["web01", "10.10.20.11", "x"], table.Texts()[0]);
    }

    [Fact]
    public void Encoding_CanBeOverridden()
    {
        using var table = Support.Open(Big5.GetBytes(Sample), "a.csv", new TableReadOptions { Encoding = Encoding.Latin1 });
        Assert.Equal(28591, table.Encoding!.CodePage);
        Assert.NotEqual("資產編號", table.Headers[0]);
    }

    [Theory]
    [InlineData(65001)]
    [InlineData(950)]
    public void UndecodableBytes_NameRowAndOffset(int codePage)
    {
        _ = Big5;
        byte[] good = Encoding.GetEncoding(codePage).GetBytes(string.Concat(Enumerable.Repeat("甲乙,丙\r\n", 9000)));
        byte[] bytes = [.. good, .. "x,"u8, 0xFF, 0xFF, .. "\r\n"u8];
        var error = Support.FirstError(bytes, "a.csv", new TableReadOptions { Encoding = Encoding.GetEncoding(codePage) })!;
        Assert.Equal("table.undecodable", error.Code);
        Assert.Contains("Row 9001 ", error.Message.En, StringComparison.Ordinal);
        Assert.Contains($"offset {good.Length + 2})", error.Message.En, StringComparison.Ordinal);
        Assert.Equal("a.csv:9001", error.Place);
    }

    [Fact]
    public void Big5_LeadByteWithoutTrail_IsUndecodable()
    {
        byte[] bytes = [.. Big5.GetBytes("甲,乙\r\n丙,"), 0xA4, 0x20, .. "\r\n"u8];
        var error = Support.FirstError(bytes, "a.csv", new TableReadOptions { Encoding = Big5 })!;
        Assert.Contains("Row 2 (line 2, byte offset 10)", error.Message.En, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(",")]
    [InlineData(";")]
    [InlineData("\t")]
    [InlineData("|")]
    public void Delimiter_IsDetected(string delimiter)
    {
        using var table = Support.OpenCsv(string.Join('\n', Enumerable.Range(0, 5).Select(i => string.Join(delimiter, $"名稱{i}", $"\"1,{i}; x\"", "說明 a|b".Replace('|', '/')))));
        Assert.Equal(delimiter[0], table.Delimiter);
        Assert.Equal("1,1; x", table.Texts()[0][1]);
    }

    [Fact]
    public void SeparatorLine_IsObeyedAndLeftOut()
    {
        using var table = Support.OpenCsv("sep=;\r\na;b\r\n1,5;2\r\n");
        Assert.Equal(["a", "b"], table.Headers);
        Assert.Equal(2, table.HeaderRow);
        Assert.Equal([["1,5", "2"]], table.Texts());
    }

    [Fact]
    public void Quotes_MayHoldDelimitersQuotesAndLines_AndRowNumbersStayThoseOfTheSheet()
    {
        using var table = Support.OpenCsv("a,b\r\n\"x,\"\"y\"\"\",\"l1\r\nl2\rl3\"\r\n5\" disk,\"q\"tail\r\n\r\nz,\r\n");
        Assert.Equal([["x,\"y\"", "l1\nl2\nl3"], ["5\" disk", "qtail"], ["z"]], table.Texts());
        Assert.Equal([2, 3, 5], table.Rows.Select(r => r.Value.Number));
        Assert.Equal([2, 5, 7], table.Rows.Select(r => r.Value.Line));
    }

    [Fact]
    public void UnclosedQuote_NamesTheRowWhereItBegins()
    {
        var error = Support.FirstError("a,b\n1,2\n3,\"4\n5,6\n"u8.ToArray(), "a.csv")!;
        Assert.Equal("table.csv-quote", error.Code);
        Assert.Contains("row 3 (line 3", error.Message.En, StringComparison.Ordinal);
    }

    [Fact]
    public void GoodRows_ComeBeforeTheFault()
    {
        using var table = Support.OpenCsv("a,b\n1,2\n3,\"4\n");
        var rows = table.Rows.ToList();
        Assert.Equal(2, rows.Count);
        Assert.Equal("1", rows[0].Value[0].Text);
        Assert.False(rows[1].IsOk);
        Assert.False(table.ReadAll().IsOk);
    }

    [Fact]
    public void Limits_AreErrorsThatNameThePlace()
    {
        Assert.Equal("table.columns", Support.FirstError("a,b,c,d"u8.ToArray(), "a.csv", new TableReadOptions { MaxColumns = 3 })!.Code);
        Assert.Equal("table.rows", Support.FirstError("a\nb\nc\nd"u8.ToArray(), "a.csv", new TableReadOptions { MaxRows = 3 })!.Code);
        var cell = Support.FirstError("a,b\n1,22222"u8.ToArray(), "a.csv", new TableReadOptions { MaxCellChars = 4 })!;
        Assert.Equal("table.cell-too-long", cell.Code);
        Assert.Contains("row 2, column B", cell.Message.En, StringComparison.Ordinal);
        Assert.Equal("table.too-large", Support.FirstError(new byte[100], "a.csv", new TableReadOptions { MaxFileBytes = 99 })!.Code);
    }

    [Fact]
    public void HugeFile_IsReadWithoutBeingHeld()
    {
        const long size = 96L * 1024 * 1024;
        using var stream = new EndlessCsv(size);
        using var table = TableReader.Open(stream, "big.csv", new TableReadOptions { MaxRows = int.MaxValue }).Value;
        var before = GC.GetTotalMemory(true);
        long rows = 0, most = 0;
        foreach (var row in table.Rows)
        {
            Assert.True(row.IsOk);
            if (++rows % 500_000 == 0)
                most = Math.Max(most, GC.GetTotalMemory(true) - before);
        }

        Assert.Equal(size / EndlessCsv.LineLength - 1, rows);
        Assert.InRange(most, long.MinValue, 8L * 1024 * 1024);
    }

    /// <summary>A long file that exists only while it is read.</summary>
    private sealed class EndlessCsv(long length) : Stream
    {
        private static readonly byte[] Line = "web01,10.10.20.11,open,4\r\nweb02".AsSpan(0, 26).ToArray().Select(c => (byte)c).ToArray();

        public static int LineLength => Line.Length;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length / Line.Length * Line.Length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            count = (int)Math.Min(count, Length - Position);
            for (var i = 0; i < count; i++)
                buffer[offset + i] = Line[(int)((Position + i) % Line.Length)];
            Position += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => Position = offset;

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
