using Hufu.Logs;

namespace Hufu.Monitoring.Logs.Tests;

public sealed class ProblemTests
{
    [Fact]
    public void Every_code_has_both_languages_with_the_same_places()
    {
        foreach (var code in LogProblem.Codes)
        {
            var (shown, bare) = (LogProblem.Text(LogProblem.Of(code, "v0", "v1")), LogProblem.Text(code));
            Assert.NotEqual(shown.Zh, shown.En);
            Assert.Equal(bare.Zh.Contains("{0}", StringComparison.Ordinal), bare.En.Contains("{0}", StringComparison.Ordinal));
            Assert.Equal(bare.Zh.Contains("{1}", StringComparison.Ordinal), bare.En.Contains("{1}", StringComparison.Ordinal));
            Assert.DoesNotContain("{", shown.Zh + shown.En, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("<86>1 not-a-time h a - - - x", "syslog.timestamp", "not-a-time")]
    [InlineData("{\"a\":1,\"a\":2}", "fields.twice", "a")]
    public void A_record_names_its_problem_by_code_with_its_values(string line, string code, string value)
    {
        var problem = LogParser.ParseRecord(line, new LogParseOptions { ReferenceTime = DateTimeOffset.UnixEpoch }).Problems[0];
        Assert.Equal(code, LogProblem.CodeOf(problem));
        Assert.Contains(value, LogProblem.Text(problem).Zh, StringComparison.Ordinal);
    }

    [Fact]
    public void Words_of_earlier_versions_stay_as_they_are() => Assert.Equal("no time stamp at all | x", LogProblem.Text("no time stamp at all | x").Zh);
}
