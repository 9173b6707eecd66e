namespace Hufu.Sigma.Tests;

/// <summary>Conditions and the structure of detections and documents.</summary>
public class ConditionTests
{
    private const string Head = "title: t\nlogsource:\n  category: test\n";

    private static SigmaParseResult Parse(string rest) => SigmaParser.Parse(Head + rest, "r.yml");

    private static bool Matches(string detection, string json)
    {
        var parsed = Parse(detection);
        Assert.Empty(parsed.Errors);
        var engine = SigmaEngine.Compile(parsed.Rules);
        var fields = Samples.Event(json);
        Assert.Equal(engine.MatchPlainly(fields, null).Count, engine.Match(fields, null).Count);
        return engine.Match(fields, null).Count == 1;
    }

    private static bool Holds(string condition, string set)
    {
        string[] names = ["sel_a", "sel_b", "notepad", "android", "_hidden", "orders"];
        var json = "{" + string.Join(',', names.Zip(set).Where(pair => pair.Second == '1').Select(pair => $"\"{pair.First}\":\"x\"")) + "}";
        return Matches("detection:\n" + string.Concat(names.Select(name => $"  {name}:\n    {name}: x\n")) + $"  condition: {condition}\n", json);
    }

    [Theory]
    [InlineData("notepad and android", "001100", true)]
    [InlineData("notepad and android", "001000", false)]
    [InlineData("not notepad", "001000", false)]
    [InlineData("not notepad or android", "001100", true)]
    [InlineData("orders or notepad", "000001", true)]
    [InlineData("NOT notepad AND sel_a", "100000", true)]
    [InlineData("1 of sel*", "010000", true)]
    [InlineData("1 of *", "000010", false)]
    [InlineData("1 of them", "000010", false)]
    [InlineData("1 of _*", "000010", true)]
    [InlineData("_hidden", "000010", true)]
    [InlineData("all of them", "111101", true)]
    [InlineData("all of them", "111100", false)]
    [InlineData("all of sel_*", "110000", true)]
    [InlineData("all of sel_*", "100000", false)]
    [InlineData("1 of *_b", "010000", true)]
    [InlineData("1 of *_b", "100000", false)]
    [InlineData("1 of s*l_*", "100000", true)]
    [InlineData("1 of *o*", "001000", true)]
    [InlineData("1 of SEL_*", "100000", null)]
    [InlineData("sel_a and not 1 of *d", "100000", true)]
    [InlineData("sel_a and not 1 of *d", "101000", false)]
    [InlineData("not (sel_a or sel_b) and not not android", "000100", true)]
    [InlineData("sel_a or sel_b and not sel_a", "100000", true)]
    [InlineData("(sel_a or sel_b)and(notepad)", "101000", true)]
    public void ConditionGrammar(string condition, string set, bool? expected)
    {
        if (expected is { } value) Assert.Equal(value, Holds(condition, set));
        else Assert.Equal("sigma.condition.malformed", Assert.Single(Parse($"detection:\n  sel_a:\n    a: x\n  condition: {condition}\n").Errors).Code);
    }

    [Fact]
    public void ListsOfConditionsAreLinkedByOr_ListsNest_AndKeywordsTakeModifiers()
    {
        const string two = "detection:\n  a:\n    a: x\n  b:\n    b: x\n  condition:\n    - a\n    - b\n";
        Assert.True(Matches(two, """{"b":"x"}"""));
        Assert.False(Matches(two, """{"c":"x"}"""));
        const string nested = "detection:\n  s:\n    - - a: x\n      - b: [y, z]\n    - c: w\n      d: v\n  condition: s\n";
        Assert.True(Matches(nested, """{"b":"z"}"""));
        Assert.True(Matches(nested, """{"c":"w","d":"v"}"""));
        Assert.False(Matches(nested, """{"c":"w"}"""));
        const string keywords = "detection:\n  k:\n    '|re|i':\n      - 'e.il'\n  j:\n    '|cased': GOOD\n  n:\n    - 4711\n  condition: 1 of them\n";
        Assert.True(Matches(keywords, """{"a":"an EVIL word"}"""));
        Assert.True(Matches(keywords, """{"a":"a GOOD word"}"""));
        Assert.False(Matches(keywords, """{"a":"a good word"}"""));
        Assert.True(Matches(keywords, """{"a":147110}"""));
        const string mixed = "detection:\n  k:\n    - evil\n    - a: x\n  condition: k\n";
        Assert.True(Matches(mixed, """{"a":"x"}"""));
        Assert.True(Matches(mixed, """{"b":["so","evil!"]}"""));
    }

    [Theory]
    [InlineData("detection:\n  a:\n    a: x\n  condition: any of them\n", "sigma.condition.malformed")]
    [InlineData("detection:\n  a:\n    a: x\n  condition: a a\n", "sigma.condition.malformed")]
    [InlineData("detection:\n  a:\n    a: x\n  condition: a and\n", "sigma.condition.malformed")]
    [InlineData("detection:\n  a:\n    a: x\n  condition: a)\n", "sigma.condition.malformed")]
    [InlineData("detection:\n  a:\n    a: x\n  condition: ''\n", "sigma.condition.malformed")]
    [InlineData("detection:\n  a:\n    a: x\n  condition: 1 of b*\n", "sigma.condition.malformed")]
    [InlineData("detection:\n  a:\n    a: x\n  condition: 1 of\n", "sigma.condition.malformed")]
    [InlineData("detection:\n  _a:\n    a: x\n  condition: 1 of them\n", "sigma.condition.malformed")]
    [InlineData("detection:\n  a:\n    a: x\n  condition: {a: b}\n", "sigma.condition.not-text")]
    [InlineData("detection:\n  condition: a\n", "sigma.detection.empty")]
    [InlineData("detection:\n  a:\n    a: x\n", "sigma.condition.missing")]
    [InlineData("detection:\n  a:\n  condition: a\n", "sigma.value.null")]
    [InlineData("detection:\n  a: {}\n  condition: a\n", "sigma.detection.empty-map")]
    [InlineData("detection:\n  a:\n    a: x\n  condition: a\ncorrelation:\n  type: event_count\n", "sigma.rule.two-kinds")]
    [InlineData("taxonomy: ecs\ndetection:\n  a:\n    a: x\n  condition: a\n", "sigma.rule.taxonomy")]
    [InlineData("level: urgent\ndetection:\n  a:\n    a: x\n  condition: a\n", "sigma.rule.level")]
    [InlineData("action: global\n", "sigma.rule.collection-unsupported")]
    public void WhatIsNotInTheSpecificationIsRefused(string rest, string code) => Assert.Equal(code, Assert.Single(Parse(rest).Errors).Code);

    [Fact]
    public void EveryFieldOfARuleIsKept()
    {
        const string text = """
            title: T
            id: 929a690e-bef0-4204-a928-ef5e620d6fcc
            name: the_name
            related:
              - id: 08fbc97d-0a2f-491c-ae21-8ffcfd3174e9
                type: derived
            taxonomy: mine
            status: test
            description: D
            license: MIT
            references: [r1, r2]
            author: A, B
            date: 2026-01-02
            modified: 2026-01-03
            logsource:
              product: Windows
              category: process_creation
              service: sysmon
              definition: turn it on
              vendor: V
            detection:
              selection:
                a: x
              condition: selection
            fields: [f]
            falsepositives: [p]
            level: critical
            tags: [attack.t1234]
            scope: [server]
            own: {k: v}
            """;
        var rule = Assert.IsType<SigmaDetectionRule>(Assert.Single(SigmaParser.Parse(text, "f.yml", new SigmaParseOptions { Taxonomies = new HashSet<string> { "mine" } }).Rules));
        Assert.Equal(("T", "929a690e-bef0-4204-a928-ef5e620d6fcc", "the_name", "mine", "test", "D", "MIT", "A, B"),
            (rule.Title, rule.Id, rule.Name, rule.Taxonomy, rule.Status, rule.Description, rule.License, rule.Author));
        Assert.Equal((new DateOnly(2026, 1, 2), new DateOnly(2026, 1, 3), SigmaLevel.Critical, "turn it on", "f.yml:1"), (rule.Date, rule.Modified, rule.Level, rule.LogSourceDefinition, rule.Source));
        Assert.Equal(new SigmaLogSource("windows", "process_creation", "sysmon"), rule.LogSource);
        Assert.Equal(("V", "v"), (rule.LogSourceCustom["vendor"], ((Dictionary<string, object?>)rule.Custom["own"]!)["k"]));
        Assert.Equal(new SigmaRelation("08fbc97d-0a2f-491c-ae21-8ffcfd3174e9", "derived"), Assert.Single(rule.Related));
        Assert.Equal("r1 r2 f p attack.t1234 server selection selection", string.Join(' ', [.. rule.References, .. rule.Fields, .. rule.FalsePositives, .. rule.Tags, .. rule.Scope, .. rule.SearchIdentifiers, .. rule.Conditions]));
    }

    [Fact]
    public void LogSourceAttributesAloneOrTogetherRouteAnEvent()
    {
        string Rule(string title, string source) => $"title: {title}\nlogsource: {source}\ndetection:\n  s:\n    a: x\n  condition: s\n---\n";
        var text = Rule("p", "{product: windows}") + Rule("c", "{category: process_creation}") + Rule("pc", "{product: windows, category: process_creation}")
            + Rule("ps", "{product: windows, service: security}") + Rule("l", "{product: linux, category: process_creation}");
        var engine = SigmaEngine.Compile(SigmaParser.Parse(text, "r.yml").Rules);
        var fields = Samples.Event("""{"a":"x"}""");
        string Titles(params SigmaLogSource[] sources) => string.Join(' ', engine.Match(fields, sources).Select(rule => rule.Title));
        Assert.Equal("p c pc", Titles(new SigmaLogSource("windows", "process_creation", "sysmon")));
        Assert.Equal("p c pc ps", Titles(new SigmaLogSource("windows", "process_creation"), new SigmaLogSource("windows", null, "security")));
        Assert.Equal("p ps c pc", Titles(new SigmaLogSource("Windows", null, "Security"), new SigmaLogSource("windows", "process_creation")));
        Assert.Equal("c l", Titles(new SigmaLogSource("linux", "process_creation")));
        Assert.Equal("", Titles(new SigmaLogSource("macos")));
        Assert.Equal("", Titles());
        Assert.Equal("p c pc ps l", string.Join(' ', engine.Match(fields, null).Select(rule => rule.Title)));
    }
}
