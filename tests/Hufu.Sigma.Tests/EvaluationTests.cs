using System.Text;

namespace Hufu.Sigma.Tests;

public class EvaluationTests
{
    private const string Head = "title: t\nlogsource:\n  category: test\n";

    private static SigmaParseResult Parse(string detection, SigmaParseOptions? options = null) => SigmaParser.Parse(Head + detection, "r.yml", options);

    private static bool Matches(string detection, string json, SigmaParseOptions? options = null)
    {
        var parsed = Parse(detection, options);
        Assert.Empty(parsed.Errors);
        return SigmaEngine.Compile(parsed.Rules).Match(Samples.Event(json), null).Count == 1;
    }

    private static string One(string item) => $"detection:\n  s:\n    {item}\n  condition: s\n";

    [Theory]
    [InlineData("a: x*z", """{"a":"XyyZ"}""", true)]
    [InlineData("a: x?z", """{"a":"xz"}""", false)]
    [InlineData("a: x?z", """{"a":"xyz"}""", true)]
    [InlineData("a: 'x\\*z'", """{"a":"xyz"}""", false)]
    [InlineData("a: 'x\\*z'", """{"a":"x*z"}""", true)]
    [InlineData("a: 'x\\\\*'", """{"a":"x\\y"}""", true)]
    [InlineData("a: 'x\\\\\\*'", """{"a":"x\\*"}""", true)]
    [InlineData("a: 'x\\\\\\*'", """{"a":"x\\y"}""", false)]
    [InlineData("a: 'c:\\dir'", """{"a":"C:\\DIR"}""", true)]
    [InlineData("a: 'c:\\\\dir'", """{"a":"C:\\DIR"}""", true)]
    [InlineData("a: '*b*d'", """{"a":"abcbcd"}""", true)]
    [InlineData("a: 'b*b'", """{"a":"b"}""", false)]
    [InlineData("a|cased: x", """{"a":"X"}""", false)]
    [InlineData("a: Ä", """{"a":"ä"}""", true)]
    [InlineData("a: 150", """{"a":1500}""", false)]
    [InlineData("a: 150", """{"a":"150"}""", true)]
    [InlineData("a: '150'", """{"a":150}""", true)]
    [InlineData("a: true", """{"a":true}""", true)]
    [InlineData("a: true", """{"a":"True"}""", true)]
    [InlineData("a: true", """{"a":1}""", false)]
    [InlineData("a: null", "{}", true)]
    [InlineData("a: null", """{"a":""}""", false)]
    [InlineData("a: ''", """{"a":""}""", true)]
    [InlineData("a: ''", "{}", false)]
    [InlineData("a: x", """{"a":["w","x"]}""", true)]
    [InlineData("a b: x", """{"a b":"x"}""", true)]
    [InlineData("a|contains|all: [x, y]", """{"a":"xay"}""", true)]
    [InlineData("a|contains|all: [x, y]", """{"a":"xa"}""", false)]
    [InlineData("a|startswith: x", """{"a":"xa"}""", true)]
    [InlineData("a|endswith: x", """{"a":"xa"}""", false)]
    [InlineData("a|re: x.z", """{"a":"axyz"}""", true)]
    [InlineData("a|re: X.z", """{"a":"axyz"}""", false)]
    [InlineData("a|re|i: X.z", """{"a":"axyz"}""", true)]
    [InlineData("a|re|s: x.z", """{"a":"x\nz"}""", true)]
    [InlineData("a|re: x.z", """{"a":"x\nz"}""", false)]
    [InlineData("a|re|m: ^z$", """{"a":"x\nz"}""", true)]
    [InlineData("a|re: (?=x)x(a)\\1", """{"a":"xaa"}""", true)]
    [InlineData("a|cidr: 10.1.0.0/15", """{"a":"10.0.255.1"}""", true)]
    [InlineData("a|cidr: 10.0.0.0/15", """{"a":"10.2.0.1"}""", false)]
    [InlineData("a|cidr: 2001:db8::/33", """{"a":"2001:db8:8000::1"}""", false)]
    [InlineData("a|cidr: 10.0.0.0/8", """{"a":"::ffff:10.1.2.3"}""", true)]
    [InlineData("a|cidr: 0.0.0.0/0", """{"a":"1"}""", false)]
    [InlineData("a|exists: true", """{"a":null}""", true)]
    [InlineData("a|exists: false", "{}", true)]
    [InlineData("a|gte: 5", """{"a":"5"}""", true)]
    [InlineData("a|gt: 5", """{"a":5}""", false)]
    [InlineData("a|lt: 5", "{}", false)]
    [InlineData("a|fieldref: b", """{"a":"X","b":"x"}""", true)]
    [InlineData("a|fieldref|endswith: b", """{"a":"wx","b":"x"}""", true)]
    [InlineData("a|fieldref|neq: b", """{"a":"X","b":"x"}""", false)]
    [InlineData("a|neq: x", """{"a":"y"}""", true)]
    [InlineData("a|neq: [x, y]", """{"a":"y"}""", false)]
    [InlineData("a|neq: x", "{}", true)]
    [InlineData("a|windash|contains: ' -enc '", """{"a":"p –ENC x"}""", true)]
    [InlineData("a|windash|contains: ' -enc '", """{"a":"p /enc x"}""", true)]
    [InlineData("a|windash|contains: ' -enc '", """{"a":"p +enc x"}""", false)]
    [InlineData("a|windash|contains: a-b", """{"a":"a/b"}""", false)]
    [InlineData("a|base64: foobar", """{"a":"Zm9vYmFy"}""", true)]
    [InlineData("a|wide|base64offset|contains: IEX", """{"a":"SQBFAFgA"}""", true)]
    [InlineData("a|utf16|base64: a", """{"a":"//5hAA=="}""", true)]
    public void AValueMatchesAsTheSpecificationSays(string item, string json, bool expected) => Assert.Equal(expected, Matches(One(item), json));

    [Theory]
    [InlineData("http://")]
    [InlineData("登入 é")]
    [InlineData("ab")]
    public void Base64Offset_FindsTheValueAtEveryPosition(string value)
    {
        for (var before = 0; before < 6; before++)
        {
            for (var after = 0; after < 4; after++)
            {
                var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('\u0001', before) + value + new string('\u007F', after)));
                Assert.True(Matches(One($"a|base64offset|contains: '{value}'"), $$"""{"a":"{{encoded}}"}"""), $"{before} before, {after} after");
            }
        }

        Assert.False(Matches(One($"a|base64offset|contains: '{value}'"), """{"a":"QUJDREVGR0hJSktMTU5PUA=="}"""));
    }

    [Theory]
    [InlineData("a or b and not c", "100", true)]
    [InlineData("a and b or c", "001", true)]
    [InlineData("not a and b", "010", true)]
    [InlineData("not (a or b)", "001", true)]
    [InlineData("1 of them", "001", true)]
    [InlineData("all of them", "110", false)]
    [InlineData("not 1 of a*", "010", true)]
    [InlineData("(a and (b or c))", "101", true)]
    public void ConditionsBindAsTheSpecificationSays(string condition, string set, bool expected)
    {
        var json = "{" + string.Join(',', "abc".Zip(set).Where(pair => pair.Second == '1').Select(pair => $"\"{pair.First}\":\"x\"")) + "}";
        Assert.Equal(expected, Matches($"detection:\n  a:\n    a: x\n  b:\n    b: x\n  c:\n    c: x\n  _hidden:\n    z: x\n  condition: {condition}\n", json));
    }

    [Fact]
    public void KeywordsAreFoundAnywhere_ListsOfMapsAreOr_AndNamesMayBeginWithOperators()
    {
        const string keywords = "detection:\n  notepad:\n    - EVIL\n    - 'x*z'\n  condition: notepad\n";
        Assert.True(Matches(keywords, """{"q":"an evil word"}"""));
        Assert.True(Matches(keywords, """{"q":"axyz."}"""));
        Assert.False(Matches(keywords, """{"q":"good"}"""));
        const string all = "detection:\n  k:\n    '|all':\n      - one\n      - two\n  condition: k\n";
        Assert.True(Matches(all, """{"p":"one","q":"two"}"""));
        Assert.False(Matches(all, """{"p":"one"}"""));
        const string maps = "detection:\n  s:\n    - a: x\n    - b: y\n  condition: s\n";
        Assert.True(Matches(maps, """{"b":"y"}"""));
        Assert.False(Matches(maps, """{"b":"x"}"""));
    }

    [Fact]
    public void Placeholders_AreFilledWithTheGivenValues()
    {
        var options = new SigmaParseOptions { Placeholders = new Dictionary<string, IReadOnlyList<string>> { ["Servers"] = ["srv1", "web*"] } };
        Assert.True(Matches(One("a|expand: '%Servers%.corp'"), """{"a":"WEB09.corp"}""", options));
        Assert.False(Matches(One("a|expand: '%Servers%.corp'"), """{"a":"db.corp"}""", options));
        Assert.True(Matches(One("a|expand: 'x\\%y'"), """{"a":"x%y"}""", options));
    }

    [Theory]
    [InlineData("detection:\n  s:\n    a|sounds: x\n  condition: s\n", "sigma.modifier.unknown", "r.yml:6:5")]
    [InlineData("detection:\n  s:\n    a|hour: 24\n  condition: s\n", "sigma.value.time-part", "r.yml:6:13")]
    [InlineData("detection:\n  s:\n    a|re|contains: x\n  condition: s\n", "sigma.modifier.combination", "r.yml:6:5")]
    [InlineData("detection:\n  s:\n    a|re: '('\n  condition: s\n", "sigma.value.regex", "r.yml:6:11")]
    [InlineData("detection:\n  s:\n    a|cidr: 10.0.0.0/33\n  condition: s\n", "sigma.value.cidr", "r.yml:6:13")]
    [InlineData("detection:\n  s:\n    a|gt: many\n  condition: s\n", "sigma.value.number", "r.yml:6:11")]
    [InlineData("detection:\n  s:\n    a|contains|all: x\n  condition: s\n", "sigma.modifier.all-single", "r.yml:6:5")]
    [InlineData("detection:\n  s:\n    a: [x, null]\n  condition: s\n", "sigma.detection.null-in-list", "r.yml:6:12")]
    [InlineData("detection:\n  s:\n    a|base64: 'x*'\n  condition: s\n", "sigma.modifier.encode-wildcard", "r.yml:6:15")]
    [InlineData("detection:\n  s:\n    a|expand: '%X%'\n  condition: s\n", "sigma.placeholder.missing", "r.yml:6:15")]
    [InlineData("detection:\n  s:\n    a: x\n  condition: s and q\n", "sigma.condition.malformed", "r.yml:7:14")]
    [InlineData("detection:\n  s:\n    a: x\n  condition: (s\n", "sigma.condition.malformed", "r.yml:7:14")]
    [InlineData("detection:\n  s:\n    a: x\n  condition: s | count() > 5\n", "sigma.condition.pipe", "r.yml:7:14")]
    [InlineData("detection:\n  s:\n    a: x\n  condition: 2 of s*\n", "sigma.condition.malformed", "r.yml:7:14")]
    [InlineData("detection:\n  s:\n    a: x\n  timeframe: 5m\n  condition: s\n", "sigma.detection.timeframe", "r.yml:7:14")]
    [InlineData("detection:\n  s:\n    a: x\n    a: y\n  condition: s\n", "sigma.yaml.duplicate-key", "r.yml:7:5")]
    [InlineData("detection:\n  s: &x\n    a: x\n  condition: s\n", "sigma.yaml.anchor", "r.yml:5:6")]
    [InlineData("detection: [\n", "sigma.yaml.malformed", null)]
    [InlineData("filter:\n  rules: any\n", "sigma.condition.missing", "r.yml:5:3")]
    [InlineData("correlation:\n  type: near\n  rules: [a]\n  timespan: 5m\n", "sigma.correlation.type-unknown", "r.yml:5:9")]
    [InlineData("correlation:\n  type: event_count\n  rules: [a]\n  timespan: 5m\n  condition:\n    lt: 1\n", "sigma.correlation.condition-never", "r.yml:9:5")]
    [InlineData("correlation:\n  type: event_count\n  rules: [a]\n  timespan: 5w\n  condition:\n    gt: 3\n", "sigma.correlation.timespan", "r.yml:7:13")]
    public void WhatIsNotEvaluatedIsRefused_WithItsPlace(string rest, string code, string? place)
    {
        var error = Assert.Single(Parse(rest).Errors);
        Assert.Equal(code, error.Code);
        if (place is not null) Assert.Equal(place, error.Place);
    }

    [Fact]
    public void ABadDocumentDoesNotHideTheOthers_AndCustomFieldsAreKept()
    {
        var result = SigmaParser.Parse(Head + One("a: x") + "title_zh: 標題\nextra:\n  - k: [1, null]\nlevel: high\ndate: 2026-01-02\n---\ntitle: u\n---\n" + Head + One("b: y"), "r.yml");
        Assert.Equal(2, result.Rules.Count);
        Assert.Equal("sigma.logsource.missing", Assert.Single(result.Errors).Code);
        var first = result.Rules[0];
        Assert.Equal(("標題", SigmaLevel.High, new DateOnly(2026, 1, 2)), (first.Custom["title_zh"], first.Level, first.Date));
        var inner = Assert.IsType<List<object?>>(Assert.IsType<Dictionary<string, object?>>(Assert.IsType<List<object?>>(first.Custom["extra"])[0])["k"]);
        Assert.Equal(["1", null], inner);
    }

    [Fact]
    public void RulesAreRoutedByLogSource_AndMatchesNameTheirFields()
    {
        var engine = SigmaEngine.Compile(Parse(One("a: x")).Rules);
        var fields = Samples.Event("""{"a":"X","b":"y"}""");
        Assert.Empty(engine.Match(fields, [new SigmaLogSource("windows", "other", null)]));
        var rule = Assert.Single(engine.Match(fields, [new SigmaLogSource("windows", "test", "s"), new SigmaLogSource("windows", "test")]));
        var field = Assert.Single(SigmaEngine.Explain(rule, fields));
        Assert.Equal(("a", "X", "x"), (field.Field, field.Value, Assert.Single(field.Patterns)));
    }

    [Fact]
    public void AMatchNamesThePatternsThatWereFound_AndNoOther()
    {
        var engine = SigmaEngine.Compile(SigmaParser.Parse("""
            title: T
            logsource: { category: test }
            detection:
              image: { Image|endswith: ['\cmd.exe', '\who.exe'] }
              line: { CommandLine|contains|all: ['/c', 'who*mi'], User: null }
              words: ['cmd', 'nowhere']
              other: { Image|contains: 'calc' }
              condition: image and line and words and not other
            """, "r.yml").Rules);
        var fields = Samples.Event("""{"Image":"C:\\cmd.exe","CommandLine":"cmd /C whoami"}""");
        var rule = Assert.Single(engine.Match(fields, null));
        Assert.Equal(
            ["Image: \\cmd.exe,cmd", "CommandLine: /c,who*mi"],
            SigmaEngine.Explain(rule, fields).Select(field => $"{field.Field}: {string.Join(',', field.Patterns)}"));
    }

    private const string Failed = "title: f\nname: failed\nlogsource:\n  category: test\ndetection:\n  s:\n    a: fail\n  condition: s\n---\n";

    private static List<SigmaMatch> Follow(string correlation, SigmaSessionOptions? options, out SigmaSession session, params (int Second, string Json)[] events)
    {
        var parsed = SigmaParser.Parse(Failed + correlation, "c.yml");
        Assert.Empty(parsed.Errors);
        var engine = SigmaEngine.Compile(parsed.Rules);
        Assert.Empty(engine.Refused);
        session = engine.NewSession(options);
        var matches = new List<SigmaMatch>();
        foreach (var (second, json) in events) session.Process(Samples.Event(json), DateTimeOffset.UnixEpoch.AddSeconds(second), $"e{second}", null, matches);
        return matches;
    }

    [Fact]
    public void EventCount_SlidesOverEventTime_AlsoForLateEvents()
    {
        const string rule = "title: c\ncorrelation:\n  type: event_count\n  rules: [failed]\n  group-by: [u]\n  timespan: 1m\n  condition:\n    gte: 3\n";
        const string a = """{"a":"fail","u":"alice"}""";
        const string b = """{"a":"fail","u":"bob"}""";
        // 50, 59 and 70 lie in one minute of no clock; the late 55 completes a minute that ends at 70.
        var match = Assert.Single(Follow(rule, null, out _, (50, a), (55, b), (59, a), (70, a), (71, b)));
        Assert.Equal((3, "alice"), (match.Count, match.Fields[0].Value));
        Assert.Equal(["e50", "e59", "e70"], match.EventIds);
        Assert.Empty(Follow(rule, null, out _, (0, a), (59, a), (60, a), (119, a)));
        Assert.Single(Follow(rule, null, out _, (10, a), (70, a), (60, a), (55, a)));
        Assert.Empty(Follow(rule, null, out var session, (100, a), (101, a), (1, a)));
        Assert.Equal(1, session.LateEvents);
    }

    [Fact]
    public void ValueCount_CountsDistinctValues_AndRangesHaveAnUpperBound()
    {
        const string rule = "title: c\ncorrelation:\n  type: value_count\n  rules: [failed]\n  group-by: [h]\n  aliases:\n    h:\n      failed: host\n  timespan: 10s\n  condition:\n    field: u\n    gt: 1\n    lte: 3\n";
        var matches = Follow(rule, null, out _, [.. Enumerable.Range(0, 6).Select(i => (i, $$"""{"a":"fail","host":"h","u":"{{i / 2}}"}"""))]);
        Assert.Equal(2, Assert.Single(matches).Count);
        Assert.Empty(Follow(rule, null, out _, [.. Enumerable.Range(0, 6).Select(i => (i, """{"a":"fail","host":"h"}"""))]));
    }

    [Fact]
    public void CorrelationsMayReferToCorrelations_AndStateIsBounded()
    {
        const string chain = "title: c\nname: burst\ncorrelation:\n  type: event_count\n  rules: [failed]\n  group-by: [u]\n  timespan: 10s\n  condition:\n    gte: 2\n---\n"
            + "title: d\ncorrelation:\n  type: value_count\n  rules: [burst]\n  timespan: 1m\n  condition:\n    field: u\n    gte: 2\n";
        var events = Enumerable.Range(0, 4).Select(i => (i, $$"""{"a":"fail","u":"u{{i / 2}}"}""")).ToArray();
        Assert.Equal(["d"], Follow(chain, null, out _, events).Select(match => match.Rule.Title));
        const string count = "title: c\ncorrelation:\n  type: event_count\n  rules: [failed]\n  group-by: [u]\n  timespan: 1d\n  condition:\n    gte: 2\n";
        Follow(count, new SigmaSessionOptions { MaxGroups = 10 }, out var session, [.. Enumerable.Range(0, 500).Select(i => (i, $$"""{"a":"fail","u":"u{{i}}"}"""))]);
        Assert.InRange(session.GroupCount, 1, 10);
        Assert.InRange(session.ForgottenEvents, 490, 500);
    }

    [Fact]
    public void ACorrelationWithoutItsRule_OrInACircle_IsRefused()
    {
        const string form = "title: c\nname: NAME\ncorrelation:\n  type: event_count\n  rules: [OTHER]\n  timespan: 1m\n  condition:\n    gte: 2\n";
        var text = form.Replace("NAME", "x").Replace("OTHER", "y") + "---\n" + form.Replace("NAME", "y").Replace("OTHER", "x") + "---\n" + form.Replace("NAME", "z").Replace("OTHER", "nobody");
        var engine = SigmaEngine.Compile(SigmaParser.Parse(text, "c.yml").Rules);
        Assert.Equal(["sigma.correlation.circle", "sigma.correlation.circle", "sigma.correlation.rule-missing"], engine.Refused.Select(error => error.Code));
        Assert.Equal(0, engine.RuleCount);
    }

    [Fact]
    public void RandomlyChangedRulesNeverThrow()
    {
        var seeds = new[]
        {
            Head + One("a|contains|all: [x, 'y*']"), Head + One("a|re|i: '(x|y)+'"), Failed + "title: c\ncorrelation:\n  type: value_count\n  rules: [failed]\n  timespan: 1m\n  condition:\n    field: u\n    gte: 2\n",
            Head + "detection:\n  a:\n    - b: 1\n      c|cidr: 10.0.0.0/8\n    - d|base64offset: x\n  condition: 1 of a* and not (a or all of them)\n",
            Failed + "title: c\ncorrelation:\n  type: temporal_ordered\n  rules: [failed]\n  group-by: [u]\n  aliases:\n    u: {failed: v}\n  timespan: 1m\n  condition: failed and not failed\n",
            Failed + "title: c\ncorrelation:\n  type: value_percentile\n  rules: failed\n  timespan: 1m\n  condition: {field: u, percentile: 50, gt: 1.5, neq: 2}\n  generate: true\n",
            Failed + Head + "filter:\n  rules: [failed]\n  sel:\n    a|hour|gte: 5\n    b|expand|contains: x\n  condition: not sel and not 1 of them\n",
        };
        string[] pieces = ["|", ":", "- ", "[", "]", "{", "}", "'", "\n", "  ", "*", "\\", "not ", "(", ")", "null", "%", "&a ", "*a ", "---\n", "登", "\t", "!!x "];
        var random = new Random(99);
        for (var round = 0; round < 4_000; round++)
        {
            var text = new StringBuilder(seeds[round % seeds.Length]);
            for (var change = random.Next(1, 5); change > 0; change--)
            {
                var at = random.Next(text.Length);
                if (random.Next(2) == 0) text.Remove(at, Math.Min(random.Next(1, 6), text.Length - at - 1));
                else text.Insert(at, pieces[random.Next(pieces.Length)]);
            }

            var result = SigmaParser.Parse(text.ToString(), "f.yml");
            Assert.True(result.Rules.Count + result.Errors.Count > 0);
            var engine = SigmaEngine.Compile(result.Rules);
            var session = engine.NewSession();
            for (var i = 0; i < 3; i++) session.Process(Samples.Event("""{"a":"fail","b":1,"c":"10.1.1.1","u":3}"""), DateTimeOffset.UnixEpoch.AddSeconds(i), "e", null, new List<SigmaMatch>());
            Assert.All(SigmaLint.Check(text.ToString(), "f.yml"), finding => Assert.Matches(@"^f\.yml:\d+:\d+$", finding.Place));
        }
    }

    [Fact]
    public void DeepNestingIsRefused()
    {
        Assert.Equal("sigma.yaml.too-deep", Assert.Single(SigmaParser.Parse(new string('[', 100_000), "f.yml").Errors).Code);
        Assert.Equal("sigma.condition.malformed", Assert.Single(Parse($"detection:\n  s:\n    a: x\n  condition: {new string('(', 4_000)}s\n").Errors).Code);
    }
}
