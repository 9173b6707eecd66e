using System.Globalization;
using Hufu.Kernel;

namespace Hufu.Records.Tests;

/// <summary>Texts that are kept in both languages are shown in one.</summary>
public class KeptTextsTests
{
    [Theory]
    [InlineData("規則等級 70 / level of the rule 70", "規則等級 70", "level of the rule 70")]
    [InlineData("2026-11-30 08:15:00 王小明：已讀通知 / 王小明: read the notice", "2026-11-30 08:15:00 王小明：已讀通知", "2026-11-30 08:15:00 王小明: read the notice")]
    [InlineData("一 / one\n二 / two", "一\n二", "one\ntwo")]
    [InlineData("甲 / 乙：已讀 / 甲 / 乙: read", "甲 / 乙：已讀", "甲 / 乙: read")]
    [InlineData("one language", "one language", "one language")]
    [InlineData("a / b / c", "a / b / c", "a / b / c")]
    [InlineData("2026-11-30", "2026-11-30", "2026-11-30")]
    [InlineData("", "", "")]
    public void Each_reads_their_own(string kept, string zh, string en)
    {
        var before = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("zh-TW");
            Assert.Equal(zh, KeptTexts.Shown(kept));
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("en");
            Assert.Equal(en, KeptTexts.Shown(kept));
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    [Fact]
    public void What_is_kept_is_found_again() => Assert.Equal("中 / en", KeptTexts.Line(new LocalizedText("中", "en")));
}
