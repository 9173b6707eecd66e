using System.Text;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma.Tests;

/// <summary>Patterns and conditions against the plainest program that does the same, on random input.</summary>
public class ReferenceTests
{
    [Fact]
    public void PatternsMatchAsTheEscapeRulesSay()
    {
        var (matched, random) = (0, new Random(11));
        for (var round = 0; round < 200_000; round++)
        {
            var written = Some(random, "ab*?\\", 7);
            var text = Some(random, "ab*?\\", 6);
            var expected = Reference(Tokens(written), 0, text, 0);
            if (expected) matched++;
            Assert.True(expected == new TextTest(Pattern.Parse(written), cased: false).Matches(text), $"'{written}' on '{text}' should be {expected}");
            var around = Pattern.Parse(written).WithStarBefore().WithStarAfter();
            Assert.True(Reference([-1, .. Tokens(written), -1], 0, text, 0) == new TextTest(around, cased: false).Matches(text), $"'{written}' within '{text}'");
        }

        Assert.True(matched > 3_000, $"{matched}");

        static string Some(Random random, string letters, int most) => string.Concat(Enumerable.Range(0, random.Next(most)).Select(_ => letters[random.Next(letters.Length)]));
    }

    /// <summary>-1 for any number of characters, -2 for one, otherwise the character itself.</summary>
    private static List<int> Tokens(string written)
    {
        var tokens = new List<int>();
        for (var i = 0; i < written.Length; i++)
        {
            if (written[i] == '\\' && i + 1 < written.Length && "*?\\".Contains(written[i + 1])) tokens.Add(written[++i]);
            else tokens.Add(written[i] switch { '*' => -1, '?' => -2, var c => c });
        }

        return tokens;
    }

    private static bool Reference(List<int> tokens, int token, string text, int at)
    {
        if (token == tokens.Count) return at == text.Length;
        if (tokens[token] == -1) return Reference(tokens, token + 1, text, at) || (at < text.Length && Reference(tokens, token, text, at + 1));
        return at < text.Length && (tokens[token] == -2 || tokens[token] == text[at]) && Reference(tokens, token + 1, text, at + 1);
    }

    private const string Names = "sel_a sel_b notion order android";

    private static readonly string Document = $"title: t\nlogsource:\n  category: test\ndetection:\n{string.Concat(Names.Split(' ').Select(name => $"  {name}:\n    {name}: x\n"))}  condition: ";

    private abstract record Form(int Strength)
    {
        public string Text(Random random, int outer) => Strength < outer || random.Next(6) == 0 ? $"({Inner(random)})" : Inner(random);

        public abstract bool Holds(bool[] set);

        protected abstract string Inner(Random random);
    }

    private sealed record Or(Form Left, Form Right) : Form(0)
    {
        public override bool Holds(bool[] set) => Left.Holds(set) || Right.Holds(set);

        protected override string Inner(Random random) => $"{Left.Text(random, 0)} or {Right.Text(random, 1)}";
    }

    private sealed record And(Form Left, Form Right) : Form(1)
    {
        public override bool Holds(bool[] set) => Left.Holds(set) && Right.Holds(set);

        protected override string Inner(Random random) => $"{Left.Text(random, 1)} {(random.Next(2) == 0 ? "and" : "AND")} {Right.Text(random, 2)}";
    }

    private sealed record Not(Form Of) : Form(2)
    {
        public override bool Holds(bool[] set) => !Of.Holds(set);

        protected override string Inner(Random random) => $"not {Of.Text(random, 2)}";
    }

    private sealed record Name(string Words, Func<bool[], bool> Value) : Form(3)
    {
        public override bool Holds(bool[] set) => Value(set);

        protected override string Inner(Random random) => Words;
    }

    private static Form Random(Random random, int depth)
    {
        switch (random.Next(depth > 3 ? 2 : 5))
        {
            case 0:
                var one = random.Next(5);
                return new Name(Names.Split(' ')[one], set => set[one]);
            case 1:
                return random.Next(5) switch
                {
                    0 => new Name("1 of them", set => set.Any(value => value)),
                    1 => new Name("all of them", set => set.All(value => value)),
                    2 => new Name("1 of sel_*", set => set[0] || set[1]),
                    3 => new Name("all of sel*", set => set[0] && set[1]),
                    _ => new Name("1 of *r*d*", set => set[3] || set[4]),
                };
            case 2: return new Not(Random(random, depth + 1));
            case 3: return new Or(Random(random, depth + 1), Random(random, depth + 1));
            default: return new And(Random(random, depth + 1), Random(random, depth + 1));
        }
    }

    [Fact]
    public void ConditionsBindAsWritten()
    {
        var events = Enumerable.Range(0, 32).Select(set => (Set: Enumerable.Range(0, 5).Select(i => (set >> i & 1) != 0).ToArray(),
            Item: new SigmaDictionaryEvent(Names.Split(' ').Where((_, i) => (set >> i & 1) != 0).Select(name => KeyValuePair.Create(name, SigmaValue.Of("x")))))).ToList();
        for (var seed = 0; seed < 1_500; seed++)
        {
            var random = new Random(seed);
            var form = Random(random, 0);
            var text = form.Text(random, 0);
            // "order" begins with "or": "1 of *r*d*" takes it and "android".
            var parsed = SigmaParser.Parse($"{Document}{text}\n", "r.yml");
            Assert.Empty(parsed.Errors);
            var engine = SigmaEngine.Compile(parsed.Rules);
            foreach (var (set, item) in events) Assert.True(form.Holds(set) == (engine.Match(item, null).Count == 1), text);
        }
    }

    [Fact]
    public void RandomConditionsAreTakenOrRefused()
    {
        string[] words = ["sel_a", "notion", "and", "or", "not", "(", ")", "1", "of", "all", "them", "sel*", "*", "|", "any", "null", "'", "-", "登"];
        var (taken, random) = (0, new Random(4));
        for (var round = 0; round < 10_000; round++)
        {
            var text = string.Join(random.Next(3) == 0 ? "" : " ", Enumerable.Range(0, random.Next(1, 8)).Select(_ => words[random.Next(words.Length)]));
            var parsed = SigmaParser.Parse(new StringBuilder(Document).Append('"').Append(text).Append("\"\n").ToString(), "r.yml");
            Assert.Equal(1, parsed.Rules.Count + parsed.Errors.Count);
            if (parsed.Errors.Count > 0) Assert.StartsWith("r.yml:15:14", parsed.Errors[0].Place, StringComparison.Ordinal);
            else taken++;
        }

        Assert.True(taken > 50, $"{taken}");
    }
}
