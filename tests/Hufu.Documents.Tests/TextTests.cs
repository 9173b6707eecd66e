namespace Hufu.Documents.Tests;

public class TextTests
{
    [Theory]
    [InlineData("　Ａ－００１　", "A－001")]
    [InlineData("①㈱½神\uFA19", "①㈱½神\uFA19")]
    [InlineData("\uFEFF\u200Bx\u00A0", "x")]
    [InlineData("", "")]
    public void Clean_MakesWidthsAlikeAndLeavesMeaning(string text, string expected) => Assert.Equal(expected, TextCleaner.Clean(text));

    [Theory]
    [InlineData("１０．１０．２０．１１", "10.10.20.11")]
    [InlineData(" A — 0 0 1 ", "A-001")]
    [InlineData("10。10。20。11", "10.10.20.11")]
    public void CleanCode_IsForAddressesAndNumbers(string text, string expected) => Assert.Equal(expected, TextCleaner.CleanCode(text));

    [Theory]
    [InlineData("113/5/2", "2024-05-02", DateTextKind.RepublicEra)]
    [InlineData("民國113年5月2日", "2024-05-02", DateTextKind.RepublicEra)]
    [InlineData("中華民國 113 年 05 月 02 日", "2024-05-02", DateTextKind.RepublicEra)]
    [InlineData("民國元年1月1日", "1912-01-01", DateTextKind.RepublicEra)]
    [InlineData("１１３．０５．０２", "2024-05-02", DateTextKind.RepublicEra)]
    [InlineData("民國99年2月28日", "2010-02-28", DateTextKind.RepublicEra)]
    [InlineData("1130502", "2024-05-02", DateTextKind.RepublicEra)]
    [InlineData("20240502", "2024-05-02", DateTextKind.CommonEra)]
    [InlineData("2024/5/2", "2024-05-02", DateTextKind.CommonEra)]
    [InlineData("2024-05-02T10:30:00", "2024-05-02", DateTextKind.CommonEra)]
    [InlineData("2024/5/2 上午 10:30", "2024-05-02", DateTextKind.CommonEra)]
    [InlineData("113/5/2(四)", "2024-05-02", DateTextKind.RepublicEra)]
    [InlineData("45414", "2024-05-02", DateTextKind.Serial)]
    [InlineData("25/12/2024", "2024-12-25", DateTextKind.YearLast)]
    [InlineData("3/3/2024", "2024-03-03", DateTextKind.YearLast)]
    [InlineData("113/2/29", "2024-02-29", DateTextKind.RepublicEra)]
    public void Date_IsRead(string text, string day, DateTextKind kind)
    {
        var reading = DateText.Read(text);
        Assert.Equal(DateOnly.ParseExact(day, "yyyy-MM-dd"), reading.Value);
        Assert.Equal(kind, reading.Kind);
        Assert.False(reading.IsAmbiguous);
        Assert.Null(reading.Error);
    }

    [Theory]
    [InlineData("112/2/29")]
    [InlineData("2024/13/1")]
    [InlineData("113年5月")]
    [InlineData("待補")]
    [InlineData("0/0/0")]
    [InlineData("99999")]
    [InlineData("民國0年1月1日x")]
    [InlineData("10.10.20.11")]
    public void Date_ThatIsNone_SaysWhy(string text)
    {
        var reading = DateText.Read(text);
        Assert.Null(reading.Value);
        Assert.Equal("date.unreadable", reading.Error!.Code);
    }

    [Fact]
    public void Date_ThatMayBeTwo_SaysBoth()
    {
        var last = DateText.Read("5/2/2024");
        Assert.Null(last.Value);
        Assert.Equal([new DateOnly(2024, 5, 2), new DateOnly(2024, 2, 5)], last.Alternatives);
        Assert.Equal("date.ambiguous", last.Error!.Code);
        var early = DateText.Read("12/5/2");
        Assert.Equal(new DateOnly(2012, 5, 2), early.Value);
        Assert.Equal([new DateOnly(1923, 5, 2)], early.Alternatives);
        Assert.Null(DateText.Read("99/5/2").Value);
        Assert.Null(DateText.Read("").Error);
    }

    [Theory]
    [InlineData("是", true)]
    [InlineData(" ｙ ", true)]
    [InlineData("有", true)]
    [InlineData("V", true)]
    [InlineData("否", false)]
    [InlineData("無", false)]
    [InlineData("No", false)]
    [InlineData("不適用", null)]
    [InlineData("", null)]
    public void YesNo_IsRead(string text, bool? expected) => Assert.Equal(expected, YesNoText.Read(text));

    private static readonly ColumnField[] Fields =
    [
        new("number", "資產編號", "Asset number", "編號", "財產編號"), new("name", "資產名稱", "Asset name", "名稱", "設備名稱"),
        new("address", "IP位址", "IP address", "IP", "網路位址"), new("owner", "資產負責人", "Asset owner", "保管人", "擁有者"),
        new("unit", "使用單位", "Unit", "部門", "單位"), new("confidentiality", "機密性", "Confidentiality", "C"),
    ];

    [Fact]
    public void Columns_AreMatchedOneToOne_BestKindFirst()
    {
        var matches = ColumnMatcher.Suggest(["序號", "資產編號", "資產名稱(必填)", "ＩＰ 位址", "保管人", "使用單位名稱", "機密姓", "備註"], Fields);
        Assert.Equal(
            [(1, "number", ColumnMatchKind.Exact), (2, "name", ColumnMatchKind.Normalised), (3, "address", ColumnMatchKind.Normalised), (4, "owner", ColumnMatchKind.Synonym), (5, "unit", ColumnMatchKind.Contains), (6, "confidentiality", ColumnMatchKind.Similar)],
            matches.Select(m => (m.Column, m.FieldKey, m.Kind)));
        Assert.True(matches.Zip(matches.OrderBy(m => m.Kind)).All(p => p.First.Kind != ColumnMatchKind.Similar || p.First.Confidence < 0.6));
    }

    [Fact]
    public void TwoColumnsForOneField_TheBetterWins()
    {
        var match = Assert.Single(ColumnMatcher.Suggest(["編號", "資產編號"], [Fields[0]]));
        Assert.Equal(1, match.Column);
    }
}
