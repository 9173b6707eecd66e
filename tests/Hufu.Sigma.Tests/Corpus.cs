namespace Hufu.Sigma.Tests;

/// <summary>The published rules, read and compiled once for all tests.</summary>
internal static class Corpus
{
    private static readonly Lazy<IReadOnlyList<SigmaRule>> Parsed = new(() => [.. Samples.Rules().SelectMany(rule => SigmaParser.Parse(rule.Value, rule.Key).Rules)]);
    private static readonly Lazy<SigmaEngine> Compiled = new(() => SigmaEngine.Compile(Parsed.Value));

    public static IReadOnlyList<SigmaRule> Rules
    {
        get
        {
            // Skips the test where the rules are not there; a lazy value would remember that as a fault.
            Samples.Find("sigma/sigmahq-rules.tar.gz");
            return Parsed.Value;
        }
    }

    public static SigmaEngine Engine => Rules.Count > 0 ? Compiled.Value : throw new InvalidOperationException("no rules");
}
