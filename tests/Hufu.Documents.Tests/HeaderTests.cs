namespace Hufu.Documents.Tests;

public class HeaderTests
{
    [Theory]
    [InlineData("a,b,c\n1,2,3\n", 1)]
    [InlineData("海岸市政府資訊資產清冊,,\n製表日期：113/5/2,,\n\n資產編號,資產名稱,保管人\nA-1,web01,林\nA-2,db01,陳\n", 4)]
    [InlineData("填表說明：請依下列欄位填寫，編號不可重複，機密性請填 1 至 4，並由單位主管核章後送資訊處,\n編號,名稱\n1,x\n2,y\n", 2)]
    [InlineData("編號,名稱,說明\n", 1)]
    [InlineData("name\nweb01\ndb01\n", 1)]
    [InlineData("帳號,姓名,單位,上級\na,甲,處,\nb,乙,科,處\nc,丙,科,處\nd,丁,科,處\n", 1)]
    [InlineData("版本,1.0,,\n日期,2024-05-02,,\n編號,名稱,類別,位置\n1,a,b,c\n2,d,e,f\n", 3)]
    public void HeaderRow_IsFoundBelowTitlesAndNotes(string csv, int row)
    {
        using var table = Support.OpenCsv(csv);
        Assert.Equal(row, table.HeaderRow);
    }

    [Fact]
    public void ExpectedNames_DecideBetweenLikelyRows()
    {
        const string csv = "基本資料,資安評估,其他\n編號,機密性,備註\nA,高,x\nB,低,y\n";
        using var guessed = Support.OpenCsv(csv);
        using var told = Support.OpenCsv(csv, new TableReadOptions { ExpectedHeaders = ["編號", "機密性"] });
        Assert.Equal(1, guessed.HeaderRow);
        Assert.Equal(2, told.HeaderRow);
    }

    [Fact]
    public void HeaderRow_CanBeGivenOrDenied()
    {
        using var given = Support.OpenCsv("x,y\n編號,名稱\n1,2\n", new TableReadOptions { HeaderRow = 2 });
        Assert.Equal(["編號", "名稱"], given.Headers);
        using var none = Support.OpenCsv("1,2\n3,4\n", new TableReadOptions { HeaderRow = 0 });
        Assert.Empty(none.Headers);
        Assert.Equal(2, none.Rows.Count());
        Assert.Equal("table.header-missing", Support.FirstError("a,b\n\n1,2"u8.ToArray(), "a.csv", new TableReadOptions { HeaderRow = 2 })!.Code);
    }

    [Fact]
    public void Headers_AreCleaned()
    {
        using var table = Support.OpenCsv("　ＩＰ位址 ,名稱\n1,2\n");
        Assert.Equal(["IP位址", "名稱"], table.Headers);
    }
}
