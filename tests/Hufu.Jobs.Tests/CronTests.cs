using Hufu.Kernel;
using System.Globalization;

namespace Hufu.Jobs.Tests;

public sealed class CronTests
{
    public CronTests() => Texts.Load(typeof(Cron).Assembly);

    [Theory]
    [InlineData("40 3 * * *", "每日 03:40", "Daily at 03:40")]
    [InlineData("30 3 * * 1-5", "每週一至週五 03:30", "Mon to Fri at 03:30")]
    [InlineData("0 8,20 * * *", "每日 08:00、20:00", "Daily at 08:00, 20:00")]
    [InlineData("7 * * * *", "每小時第 7 分", "Every hour at minute 7")]
    [InlineData("*/5 * * * *", "每 5 分鐘", "Every 5 minutes")]
    [InlineData("0 6 1 * *", "每月 1 日 06:00", "On day 1 of each month at 06:00")]
    [InlineData("0 6 1 3 *", "每年 3月 1 日 06:00", "Each year on March 1 at 06:00")]
    public void A_schedule_is_told_in_words_and_written_back_as_crontab(string crontab, string zh, string en)
    {
        var cron = Cron.Normalise(crontab).Value;
        var before = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("zh-TW");
            Assert.Equal(zh, Cron.Describe(cron));
            CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("en");
            Assert.Equal(en, Cron.Describe(cron));
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }

        Assert.Equal(cron, Cron.Normalise(Cron.Written(cron)!).Value);
    }

    [Fact]
    public void A_schedule_that_is_no_plain_rhythm_is_given_as_it_is_written() => Assert.Contains("0 0/7 3-9 L * ?", Cron.Describe("0 0/7 3-9 L * ?"));
}
