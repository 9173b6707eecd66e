namespace Hufu.Sigma.Tests;

/// <summary>Telling a rule that says something else from one that is only laid out otherwise.</summary>
public sealed class FingerprintTests
{
    private const string Rule = "title: T\nid: 11111111-1111-4111-8111-111111111111\nlogsource:\n  product: windows\ndetection:\n  selection:\n    Image|endswith: '\\cmd.exe'\n  condition: selection\nlevel: high\n";

    private static string Of(string yaml) => Assert.Single(SigmaParser.Parse(yaml, "r.yml").Rules).Fingerprint;

    [Fact]
    public void Comments_quotes_and_indents_change_nothing_and_a_value_does()
    {
        var print = Of(Rule);
        Assert.Equal(64, print.Length);
        Assert.Equal(print, Of("# a remark\n" + Rule.Replace("'\\cmd.exe'", "\"\\\\cmd.exe\"", StringComparison.Ordinal).Replace("  product", "    product", StringComparison.Ordinal)));
        Assert.Equal(print, Of(Rule.ReplaceLineEndings("\r\n")));
        Assert.NotEqual(print, Of(Rule.Replace("cmd.exe", "cmd2.exe", StringComparison.Ordinal)));
        Assert.NotEqual(print, Of(Rule.Replace("endswith", "contains", StringComparison.Ordinal)));
        Assert.NotEqual(print, Of(Rule.Replace("level: high", "level: low", StringComparison.Ordinal)));
    }

    [Fact]
    public void Each_document_of_a_file_has_its_own()
    {
        var rules = SigmaParser.Parse(Rule + "---\n" + Rule.Replace("11111111-1111", "21111111-1111", StringComparison.Ordinal), "r.yml").Rules;
        Assert.Equal(2, rules.Select(r => r.Fingerprint).Distinct().Count());
    }
}
