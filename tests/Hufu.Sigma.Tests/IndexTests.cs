using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hufu.Sigma.Indexing;
using Hufu.Sigma.Support;

namespace Hufu.Sigma.Tests;

/// <summary>Rules compiled together answer as each of them alone: on random rules and events, and piece by piece.</summary>
public class IndexTests
{
    // Short words of few letters hit often; the others fold, or do not, in ways of their own.
    private static readonly string[] Words =
        ["a", "b", "ab", "ba", "abc", "-a", "/b ", " -ab", "cmd.exe", "powershell", "\\x", "É", "é", "Σ", "σ", "ς", "ß", "ſ", "s", "K", "k", "\u212A", "İ", "ı", "i", "I", "\U00010400", "\U00010428", "😀", "👩🏽", "🏽", "登入", "12", "1", "true", "", "a very long literal indeed", "A VERY LONG LITERAL INDEED"];

    private static string OneOf(Random random, params string[] texts) => texts[random.Next(texts.Length)];

    private static string Word(Random random) => random.Next(4) == 0 ? Words[random.Next(Words.Length)] + Words[random.Next(Words.Length)] : Words[random.Next(Words.Length)];

    private static string Quoted(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    private static string Value(Random random)
    {
        var text = Word(random);
        if (random.Next(4) == 0) text = OneOf(random, "*", "?", "") + text + (random.Next(2) == 0 ? "*" + Word(random) : "?");
        return Quoted(text);
    }

    private static string Values(Random random, Func<Random, string> one, bool several) =>
        several ? $"[{string.Join(", ", Enumerable.Range(0, random.Next(2, 6)).Select(_ => one(random)))}]" : one(random);

    private static string Item(Random random)
    {
        var field = "abcd"[random.Next(4)].ToString();
        var several = random.Next(3) == 0;
        var all = several && random.Next(4) == 0 ? "|all" : "";
        switch (random.Next(12))
        {
            case 0: return $"{field}: {Values(random, r => r.Next(20).ToString(CultureInfo.InvariantCulture), several)}";
            case 1: return $"{field}: {OneOf(random, "null", "true", "false", "''", "'*'")}";
            case 2: return $"{field}|exists: {(random.Next(2) == 0 ? "true" : "false")}";
            case 3: return $"{field}|{OneOf(random, "lt", "lte", "gt", "gte", "neq")}: {random.Next(20)}";
            case 4: return $"{field}|re{(random.Next(2) == 0 ? "|i" : "")}{all}: {Values(random, r => Quoted(Pattern(r)), several)}";
            case 5: return $"{field}|fieldref{(random.Next(2) == 0 ? "|contains" : "")}: {"abcd"[random.Next(4)]}";
            case 6: return $"{field}|{(random.Next(2) == 0 ? "contains|" : "")}cased{all}: {Values(random, Value, several)}";
            case 7: return $"{field}|windash|contains{all}: {Values(random, r => Quoted(Word(r)), several)}";
            case 8: return $"{field}{all}: {Values(random, Value, several)}";
            case 9: return $"{field}|neq: {Values(random, Value, several)}";
            default: return $"{field}|{OneOf(random, "contains", "startswith", "endswith")}{all}: {Values(random, Value, several)}";
        }
    }

    private static string Pattern(Random random)
    {
        var text = new StringBuilder();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var word = Regex.Escape(Words[random.Next(11)] + Words[random.Next(11)]);
            text.Append(random.Next(7) switch { 0 => $"({word}|{Regex.Escape(Words[random.Next(11)])})", 1 => $"(?:{word})?", 2 => "[a-c]+", 3 => ".*", 4 => $"{word}{{1,2}}", 5 => $"{word}*", _ => word });
        }

        return text.ToString();
    }

    private static string Identifier(Random random) => random.Next(6) switch
    {
        0 => Values(random, Value, true),
        1 => $"{{'|all': {Values(random, Value, true)}}}",
        2 => $"[{{{Item(random)}}}, {{{Item(random)}}}]",
        _ => $"{{{string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Item(random)).DistinctBy(item => item[..item.IndexOf(':', StringComparison.Ordinal)]))}}}",
    };

    private static string Condition(Random random, int depth = 0) => random.Next(depth > 2 ? 4 : 8) switch
    {
        0 => "sel_a",
        1 => "sel_b",
        2 => "oth",
        3 => OneOf(random, "1 of them", "all of them", "1 of sel_*", "all of sel*"),
        4 => $"not {Condition(random, depth + 1)}",
        5 => $"({Condition(random, depth + 1)} or {Condition(random, depth + 1)})",
        _ => $"({Condition(random, depth + 1)} and {Condition(random, depth + 1)})",
    };

    private static readonly string[] Sources = ["{category: c1}", "{product: p1}", "{product: p1, category: c1}", "{product: p2, service: s1}"];

    private static string Rule(Random random, string title) =>
        $"title: {title}\nlogsource: {Sources[random.Next(4)]}\ndetection:\n  sel_a: {Identifier(random)}\n  sel_b: {Identifier(random)}\n  oth: {Identifier(random)}\n  condition: {Condition(random)}\n---\n";

    private static SigmaValue Scalar(Random random) => random.Next(8) switch
    {
        0 => SigmaValue.Of((double)random.Next(20)),
        1 => SigmaValue.Of(random.Next(20).ToString(CultureInfo.InvariantCulture)),
        2 => SigmaValue.Of(random.Next(2) == 0),
        3 => default,
        _ => SigmaValue.Of(string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Word(random)))),
    };

    private static SigmaDictionaryEvent Event(Random random) => new("abcd".Where(_ => random.Next(4) > 0).Select(name =>
        KeyValuePair.Create(name.ToString(), random.Next(6) == 0 ? SigmaValue.Of([.. Enumerable.Range(0, random.Next(3)).Select(_ => Scalar(random))]) : Scalar(random))));

    private static readonly SigmaLogSource[][] Routes =
        [[new("p1", "c1")], [new("p2", null, "s1")], [new("p1", "c2"), new("p1", "c1", "s9")], [new("p3")], [new("p2", null, "s1"), new("p1", "c1")], [new(null, "c1")]];

    [Fact]
    public void RulesTogetherAnswerAsEachAlone()
    {
        var matched = 0;
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var text = string.Concat(Enumerable.Range(0, 12).Select(i => Rule(random, $"r{i}")));
            if (seed % 3 == 0) text += $"title: f\nlogsource: {{product: p1}}\nfilter:\n  rules: any\n  s: {Identifier(random)}\n  condition: not s\n---\n";
            var parsed = SigmaParser.Parse(text, "r.yml");
            Assert.True(parsed.Rules.Count >= 12, string.Join('\n', parsed.Errors));
            var engine = SigmaEngine.Compile(parsed.Rules);
            for (var i = 0; i < 40; i++)
            {
                var item = Event(random);
                SigmaLogSource[]? sources = i % 3 == 0 ? null : Routes[random.Next(Routes.Length)];
                var alone = engine.MatchPlainly(item, sources);
                matched += alone.Count;
                var together = engine.Match(item, sources);
                Assert.True(alone.SequenceEqual(together), $"seed {seed}: {Titles(alone)} but {Titles(together)}\n{text}\n{string.Join(", ", Enumerable.Range(0, item.FieldCount).Select(f => $"{item.ValueAt(f).Kind} {item.ValueAt(f)}"))}");
                Assert.Equal(together, engine.Match(new Unlisted(item), sources));
            }
        }

        Assert.True(matched > 10_000, $"{matched}");

        static string Titles(IEnumerable<SigmaDetectionRule> rules) => string.Join(' ', rules.Select(rule => rule.Title));
    }

    [Fact]
    public void OtherRulesAndOtherOrdersChangeNothing()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(1_000 + seed);
            var documents = Enumerable.Range(0, 10).Select(i => Rule(random, $"r{i}")).ToList();
            var shuffled = documents.ToArray();
            random.Shuffle(shuffled);
            var few = Compile(documents);
            var more = Compile([.. documents, .. Enumerable.Range(0, 30).Select(i => Rule(random, $"x{i}"))]);
            var other = Compile(shuffled);
            for (var i = 0; i < 30; i++)
            {
                var item = Event(random);
                var turned = new SigmaDictionaryEvent(Enumerable.Range(0, item.FieldCount).Reverse().Select(f => { item.KeywordValueAt(f, out var name); return KeyValuePair.Create(name, item.ValueAt(f)); }));
                var sources = Routes[random.Next(Routes.Length)];
                var expected = Titles(few, item, sources);
                Assert.Equal(expected, Titles(more, item, sources).Where(title => title[0] == 'r'));
                Assert.Equal(expected.Order(), Titles(other, item, sources).Order());
                Assert.Equal(expected, Titles(few, turned, sources));
            }
        }

        static SigmaEngine Compile(IEnumerable<string> documents) => SigmaEngine.Compile(SigmaParser.Parse(string.Concat(documents), "r.yml").Rules);
        static string[] Titles(SigmaEngine engine, ISigmaEvent item, SigmaLogSource[] sources) => [.. engine.Match(item, sources).Select(rule => rule.Title)];
    }

    [Fact]
    public async Task SeveralThreadsShareAnEngine()
    {
        var random = new Random(3);
        var engine = SigmaEngine.Compile(SigmaParser.Parse(string.Concat(Enumerable.Range(0, 40).Select(i => Rule(random, $"r{i}"))), "r.yml").Rules);
        var events = Enumerable.Range(0, 200).Select(_ => Event(random)).ToArray();
        var expected = events.Select(item => engine.MatchPlainly(item, null)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var round = 0; round < 20; round++)
            {
                for (var i = 0; i < events.Length; i++) Assert.Equal(expected[i], engine.Match(events[i], null));
            }
        })));
    }

    [Fact]
    public void AnEventThatNothingIsFoundInCostsNoMemory()
    {
        var random = new Random(6);
        var rules = string.Concat(Enumerable.Range(0, 200).Select(i =>
            $"title: r{i}\nlogsource: {{category: c1}}\ndetection:\n  s:\n    {"abcd"[i % 4]}|contains: [word{i}, other{i}]\n    b: 'x{i}'\n  k: ['key{i}', 'é{i}']\n  condition: s or k\n---\n"));
        var engine = SigmaEngine.Compile(SigmaParser.Parse(rules, "r.yml").Rules);
        var item = new SigmaDictionaryEvent("abcde".Select(name => KeyValuePair.Create(name.ToString(), SigmaValue.Of($"nothing that is asked for: wor d {random.Next()} é"))));
        SigmaLogSource[] sources = [new("p1", "c1"), new("p1", null, "s")];
        for (var i = 0; i < 200; i++) Assert.Empty(engine.Match(item, sources));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = 0;
        for (var i = 0; i < 1_000; i++) found += engine.Match(item, sources).Count + engine.Match(item, null).Count;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, found);
    }

    [Fact]
    public void WhatHasToBeTriedCostsNoMemoryEither()
    {
        const string rules = """
            title: expression
            logsource: {product: windows}
            detection:
              s: {CommandLine|re: 'needle[0-9]+x'}
              condition: s
            ---
            title: pattern
            logsource: {product: windows}
            detection:
              s: {CommandLine|contains: 'nee?le*nowhere'}
              condition: s
            ---
            title: network
            logsource: {product: windows}
            detection:
              s: {Address|cidr: '10.0.0.0/8'}
              condition: s
            """;
        var engine = SigmaEngine.Compile(SigmaParser.Parse(rules, "r.yml").Rules);
        // Too long to be remembered, and never twice the same.
        byte[][] lines = [.. Enumerable.Range(0, 500).Select(i => Encoding.UTF8.GetBytes($"{{\"CommandLine\":\"needle{i} {new string('a', 2_000)}\",\"Address\":\"192.0.2.7\"}}"))];
        var item = new WindowsEvent();
        for (var i = 0; i < 50; i++) Assert.Equal(0, Matches(lines[i]));
        var found = 0;
        foreach (var line in lines)
        {
            item.Read(line);
            var before = GC.GetAllocatedBytesForCurrentThread();
            found += engine.Match(item, null).Count;
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, found);
        item.Read("""{"CommandLine":"needle7x","Address":"10.1.2.3"}"""u8);
        Assert.Equal(["expression", "network"], engine.Match(item, null).Select(rule => rule.Title).Order());

        int Matches(byte[] line)
        {
            item.Read(line);
            return engine.Match(item, null).Count;
        }
    }

    [Fact]
    public void FoldingIsThatOfTheComparison()
    {
        var byHash = new Dictionary<int, List<char>>();
        for (var i = 0; i <= char.MaxValue; i++)
        {
            var c = (char)i;
            Assert.Equal(c.ToString(), CaseFold.Of(c).ToString(), ignoreCase: true);
            var hash = string.GetHashCode(c.ToString(), StringComparison.OrdinalIgnoreCase);
            if (!byHash.TryGetValue(hash, out var list)) byHash[hash] = list = [];
            foreach (var other in list)
                Assert.Equal(other.ToString().Equals(c.ToString(), StringComparison.OrdinalIgnoreCase), CaseFold.Of(other) == CaseFold.Of(c));
            list.Add(c);
        }
    }

    [Fact]
    public void TheAutomatonFindsEveryTextWhereItEnds()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            string Text(int length, int letters = 9) => string.Concat(Enumerable.Range(0, length).Select(_ => "abcABéÉ登ſ"[random.Next(letters)]));
            string[] texts = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => CaseFold.Of(Text(random.Next(1, 6), 5))).Distinct()];
            var automaton = new Automaton(texts);
            var searched = Text(random.Next(60));
            var found = new List<(int, int)>();
            var (position, state) = (-1, 0);
            while (automaton.Advance(searched, ref position, ref state))
            {
                for (var text = automaton.First(state, out var rest); text >= 0; text = automaton.Next(ref rest)) found.Add((position, text));
            }

            var expected = from end in Enumerable.Range(0, searched.Length)
                           from text in Enumerable.Range(0, texts.Length)
                           where end + 1 >= texts[text].Length && CaseFold.Of(searched.AsSpan(end + 1 - texts[text].Length, texts[text].Length)) == texts[text]
                           select (end, text);
            Assert.Equal(expected.Order(), found.Order());
        }
    }

    [Theory]
    [InlineData("powershell", "powershell")]
    [InlineData("a(foo|bar+)b", "foo bar")]
    [InlineData("(foo|b)x", null)]
    [InlineData("foo?bar", "bar")]
    [InlineData("foobar*x", "fooba")]
    [InlineData("fo{2}abc", "abc")]
    [InlineData("(?:abcd)*xyz", "xyz")]
    [InlineData("(?:abcd){0,3}", null)]
    [InlineData("(?:abcd){2,}", "abcd")]
    [InlineData("(?<name>abcd)", "abcd")]
    [InlineData("abc|def", "abc def")]
    [InlineData("abc|", null)]
    [InlineData("^C:\\\\Windows\\\\.*\\.exe$", "C:\\Windows\\")]
    [InlineData("ab[c]de{x}f", "de{x}f")]
    [InlineData("[^]abc]xyz", "xyz")]
    [InlineData("[\\]abc]xyz", "xyz")]
    [InlineData("\\bnet1\\s+user", "net1")]
    [InlineData("\\x41bcd", null)]
    [InlineData("(?=abc)abcd", null)]
    [InlineData("abc(?!def)", null)]
    [InlineData("(?i)xabcsxy", "xabc")]
    [InlineData("(?i:abc)", null)]
    [InlineData("(abc)\\1", null)]
    [InlineData(".*", null)]
    public void LiteralsOfARegex(string pattern, string? literals) => Assert.Equal(literals, RegexLiterals.Of(pattern, RegexOptions.None) is { } found ? string.Join(' ', found) : null);

    [Fact]
    public void WhatARegexMatchesHoldsOneOfItsLiterals()
    {
        string[] patterns = ["(foo|bar)+x?abc[0-9]{2}", "a(?:bcd|efg)h*ijk", "x{2,3}(?:abc)?defg", "\\d+(abc|def)\\.exe"];
        var random = new Random(8);
        var matched = 0;
        foreach (var pattern in patterns)
        {
            var regex = new Regex(pattern);
            var literals = RegexLiterals.Of(pattern, RegexOptions.None)!;
            for (var i = 0; i < 20_000; i++)
            {
                var text = string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => OneOf(random, "foo", "bar", "x", "abc", "1", "22", "a", "bcd", "efg", "h", "ijk", "defg", ".exe", "def")));
                if (!regex.IsMatch(text)) continue;
                matched++;
                Assert.Contains(literals, literal => text.Contains(literal, StringComparison.OrdinalIgnoreCase));
            }
        }

        Assert.True(matched > 100);
    }
}
