namespace Hufu.Sigma.Tests;

/// <summary>Each type and element of the correlation rules specification over small streams of events.</summary>
public class CorrelationTests
{
    private const string Rules = """
        title: A
        name: rule_a
        id: 11111111-1111-4111-8111-111111111111
        logsource: {category: test}
        detection: {s: {k: a}, condition: s}
        ---
        title: B
        name: rule_b
        logsource: {category: test}
        detection: {s: {k: b}, condition: s}
        ---
        title: C
        name: rule_c
        logsource: {category: test}
        detection: {s: {k: c}, condition: s}
        ---
        title: AB
        name: rule_ab
        logsource: {category: test}
        detection: {s: {k: [a, b]}, condition: s}
        ---

        """;

    private static SigmaEngine Compile(string correlation)
    {
        var parsed = SigmaParser.Parse(Rules + correlation, "c.yml");
        Assert.Empty(parsed.Errors);
        var engine = SigmaEngine.Compile(parsed.Rules);
        Assert.Empty(engine.Refused);
        return engine;
    }

    /// <summary>Events as "second kind [user [value]]"; gives the seconds at which the correlation fired.</summary>
    private static List<SigmaMatch> Follow(string correlation, params string[] events)
    {
        var session = Compile(correlation).NewSession();
        var matches = new List<SigmaMatch>();
        for (var i = 0; i < events.Length; i++)
        {
            var words = events[i].Split(' ');
            var fields = new Dictionary<string, SigmaValue> { ["k"] = SigmaValue.Of(words[1]) };
            if (words.Length > 2) fields["u"] = SigmaValue.Of(words[2]);
            if (words.Length > 3) fields["v"] = SigmaValue.Of(words[3]);
            session.Process(new SigmaDictionaryEvent(fields), DateTimeOffset.UnixEpoch.AddSeconds(int.Parse(words[0])), $"e{i}", null, matches);
        }

        // The rule AB is there for two cases only, and reports for itself in the others.
        matches.RemoveAll(match => match.Rule.Title == "AB");
        return matches;
    }

    private static string Fired(string correlation, params string[] events) =>
        string.Join(' ', Follow(correlation, events).Where(match => match.Rule is SigmaCorrelationRule).Select(match => match.OccurredAt.ToUnixTimeSeconds()));

    private static string Rule(string type, string rules, string condition, string more = "") =>
        $"title: R\nname: r\ncorrelation:\n  type: {type}\n  rules: [{rules}]\n  group-by: [u]\n  timespan: 60s\n{(condition.Length > 0 ? $"  condition: {condition}\n" : "")}{more}";

    [Theory]
    [InlineData("{gt: 2}", "3")]
    [InlineData("{gte: 2}", "2")]
    [InlineData("{eq: 3}", "3")]
    [InlineData("{gt: 1, lt: 3}", "2")]
    [InlineData("{gte: 2, lte: 2}", "2")]
    [InlineData("{gte: 5}", "")]
    [InlineData("{lt: 3}", "1")]
    [InlineData("{lte: 1}", "1")]
    [InlineData("{neq: 1}", "2")]
    [InlineData("{gte: 2, neq: 2}", "3")]
    public void EventCountComparesInEveryWay(string condition, string fired) =>
        Assert.Equal(fired, Fired(Rule("event_count", "rule_a", condition), "1 a x", "2 a x", "2 b x", "3 a x", "4 a x"));

    [Fact]
    public void EventCount_GroupsAlone_OverSeveralRules_ByIdOrName()
    {
        Assert.Equal("3", Fired(Rule("event_count", "rule_a, rule_b", "{gte: 2}"), "1 a x", "2 a y", "3 b x"));
        Assert.Equal("2", Fired(Rule("event_count", "11111111-1111-4111-8111-111111111111", "{gte: 2}"), "1 a x", "2 a X"));
        const string two = "title: R\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  group-by: [u, v]\n  timespan: 60s\n  condition: {gte: 2}\n";
        Assert.Equal("4", Fired(two, "1 a x 1", "2 a x 2", "3 a y 1", "4 a x 1"));
        Assert.Equal("", Fired(two, "1 a x12 3", "2 a x1 23"));
    }

    [Theory]
    [InlineData("60s", 59, true)]
    [InlineData("60s", 60, false)]
    [InlineData("1m", 59, true)]
    [InlineData("1h", 3_599, true)]
    [InlineData("1h", 3_600, false)]
    [InlineData("2d", 172_799, true)]
    [InlineData("2d", 172_800, false)]
    public void TheWindowSlides_AndIsTiedToNoClock(string span, int distance, bool fires)
    {
        var rule = Rule("event_count", "rule_a", "{gte: 2}").Replace("60s", span);
        for (var start = 0; start < 120; start += 17) Assert.Equal(fires, Fired(rule, $"{start} a x", $"{start + distance} a x").Length > 0);
    }

    [Fact]
    public void ValueCountTakesOneFieldOrSeveral_AndForgetsWhatLeftTheWindow()
    {
        Assert.Equal("3", Fired(Rule("value_count", "rule_a", "{field: v, gte: 2}"), "1 a x p", "2 a x P", "3 a x q"));
        Assert.Equal("", Fired(Rule("value_count", "rule_a", "{field: v, gte: 2}"), "1 a x p", "61 a x q"));
        Assert.Equal("4", Fired(Rule("value_count", "rule_a", "{field: [k, v], gte: 2}"), "1 a x p", "2 a x p", "3 a x", "4 a x q"));
        Assert.Equal("2", Fired(Rule("value_count", "rule_ab", "{field: [k, v], gte: 2}"), "1 a x p", "2 b x p"));
    }

    [Fact]
    public void TemporalNeedsEveryRuleWithinTheSpan_InAnyOrder()
    {
        var rule = Rule("temporal", "rule_a, rule_b, rule_c", "");
        Assert.Equal("5", Fired(rule, "1 c x", "2 a x", "3 a x", "5 b x"));
        Assert.Equal("", Fired(rule, "1 c x", "2 a x", "62 b x"));
        Assert.Equal("", Fired(rule, "1 c x", "2 a y", "3 b x"));
        Assert.Equal("70", Fired(rule, "1 c x", "62 a x", "63 b x", "70 c x"));
        Assert.Equal("2", Fired(Rule("temporal", "rule_a, rule_b, rule_c", "{gte: 2}"), "1 c x", "2 a x", "3 b x"));
        Assert.Equal("1", Fired(Rule("temporal", "rule_a, rule_ab", ""), "1 a x"));
    }

    [Theory]
    [InlineData("rule_a and rule_b", "1 c x|2 b x|3 a x", "3")]
    [InlineData("rule_a or rule_b", "1 c x|2 b x", "2")]
    [InlineData("rule_a and not rule_c", "1 a x", "1")]
    [InlineData("rule_a and not rule_c", "1 c x|2 a x", "")]
    [InlineData("rule_a and not rule_c", "1 c x|62 a x", "62")]
    [InlineData("rule_a and (rule_b or rule_c)", "1 a x|2 c x", "2")]
    [InlineData("2 rule_a", "", null)]
    [InlineData("rule_a and rule_x", "", null)]
    public void TemporalTakesAConditionOverTheNamesOfItsRules(string condition, string events, string? fired)
    {
        var rule = Rule("temporal", "rule_a, rule_b, rule_c", condition);
        if (fired is not null)
        {
            Assert.Equal(fired, Fired(rule, events.Split('|')));
            return;
        }

        var error = Assert.Single(SigmaParser.Parse(rule, "c.yml").Errors);
        Assert.Equal(("sigma.condition.malformed", "c.yml:8:14"), (error.Code, error.Place));
    }

    [Fact]
    public void TemporalOrderedNeedsTheOrderOfTheList()
    {
        var rule = Rule("temporal_ordered", "rule_a, rule_b, rule_c", "");
        Assert.Equal("3", Fired(rule, "1 a x", "2 b x", "3 c x"));
        Assert.Equal("", Fired(rule, "1 b x", "2 a x", "3 c x"));
        Assert.Equal("5", Fired(rule, "1 b x", "2 a x", "3 c x", "4 b x", "5 c x"));
        Assert.Equal("", Fired(rule, "1 a x", "2 b x", "61 c x"));
        Assert.Equal("65", Fired(rule, "1 a x", "20 a x", "30 b x", "65 c x"));
        // The late b completes the chain, and so does one that comes in the same second as what follows it.
        Assert.Equal("4", Fired(rule, "1 a x", "6 c x", "4 b x"));
        Assert.Equal("6", Fired(rule, "1 a x", "6 c x", "6 b x"));
        Assert.Equal("2", Fired(Rule("temporal_ordered", "rule_a, rule_b, rule_c", "{gte: 2}"), "1 a x", "2 c x", "3 b x"));
        Assert.Equal("3", Fired(Rule("temporal_ordered", "rule_a, rule_b, rule_c", "rule_c and (rule_a or rule_b)"), "1 c x", "2 b x", "3 c x"));
        Assert.Equal("", Fired(Rule("temporal_ordered", "rule_a, rule_b, rule_c", "rule_a and rule_c and not rule_b"), "1 b x", "2 a x", "3 c x"));
        Assert.Equal("", Fired(Rule("temporal_ordered", "rule_a, rule_b, rule_c", "rule_a and rule_c"), "2 c x", "3 a x"));
    }

    [Theory]
    [InlineData("value_sum", "{field: v, gt: 10}", "1 a x 4|2 a x 6|3 a x 0.5", "3", 10.5)]
    [InlineData("value_sum", "{field: v, eq: 0.3}", "1 a x 0.1|2 a x 0.2", "2", 0.3)]
    [InlineData("value_sum", "{field: v, gt: 10}", "1 a x 6|61 a x 6", "", 0)]
    [InlineData("value_sum", "{field: v, lt: -1.5}", "1 a x -1|2 a x -1", "2", -2)]
    [InlineData("value_sum", "{field: v, gte: 5}", "1 a x many|2 a x|3 a x 5", "3", 5)]
    [InlineData("value_avg", "{field: v, gt: 500}", "1 a x 400|2 a x 700", "2", 550)]
    [InlineData("value_avg", "{field: v, gte: 2.5, lt: 3}", "1 a x 2|2 a x 3", "2", 2.5)]
    [InlineData("value_avg", "{field: v, gt: 5}", "1 a x 9|61 a x 1|62 a x 2", "1", 9)]
    [InlineData("value_percentile", "{field: v, percentile: 50, gt: 2}", "1 a x 1|2 a x 2|3 a x 9|4 a x 9", "4", 5.5)]
    [InlineData("value_percentile", "{field: v, percentile: 100, gte: 9}", "1 a x 1|2 a x 9", "2", 9)]
    [InlineData("value_percentile", "{field: v, lte: 25}", "1 a x p|2 a x p|3 a x p|4 a x q", "4", 25)]
    [InlineData("value_percentile", "{field: v, lt: 25}", "1 a x p|2 a x p|3 a x p|4 a x q", "", 0)]
    [InlineData("value_percentile", "{field: v, gte: 75, lt: 100}", "1 a x q|2 a x p|3 a x p|4 a x P", "4", 75)]
    public void Figures(string type, string condition, string events, string fired, double figure)
    {
        var matches = Follow(Rule(type, "rule_a", condition), events.Split('|')).Where(match => match.Rule.Title == "R").ToList();
        Assert.Equal(fired, string.Join(' ', matches.Select(match => match.OccurredAt.ToUnixTimeSeconds())));
        if (matches.Count > 0) Assert.Equal((figure, (long)figure), (matches[0].Figure, matches[0].Count));
    }

    [Fact]
    public void SumsStayExactHoweverLongTheWindowSlides()
    {
        var session = Compile(Rule("value_sum", "rule_a", "{field: v, gt: 6.05}")).NewSession();
        var matches = new List<SigmaMatch>();
        for (var second = 0; second < 5_000; second++)
            session.Process(Samples.Event("""{"k":"a","u":"x","v":0.1}"""), DateTimeOffset.UnixEpoch.AddSeconds(second), "e", null, matches);
        Assert.DoesNotContain(matches, match => match.Rule.Title == "R");
        session.Process(Samples.Event("""{"k":"a","u":"x","v":0.2}"""), DateTimeOffset.UnixEpoch.AddSeconds(5_000), "e", null, matches);
        Assert.Equal(6.1, Assert.Single(matches, match => match.Rule.Title == "R").Figure);
    }

    [Fact]
    public void AliasesNameDifferentFieldsOfDifferentRules()
    {
        const string rule = """
            title: R
            correlation:
              type: temporal
              rules: [11111111-1111-4111-8111-111111111111, rule_b]
              group-by: [who, where]
              timespan: 10s
              aliases:
                who: {rule_a: u, rule_b: v}
                where: {rule_a: v, rule_b: u}
            """;
        var match = Assert.Single(Follow(rule, "1 a alice host", "2 b host ALICE", "3 b alice host"));
        Assert.Equal(["who=ALICE", "where=host"], match.Fields.Select(field => $"{field.Field}={field.Value}"));
    }

    [Fact]
    public void CorrelationsChain_FailuresThenSuccess()
    {
        const string chain = "title: Many\nname: many\ncorrelation:\n  type: event_count\n  rules: [rule_a]\n  group-by: [u]\n  timespan: 1m\n  condition: {gte: 3}\n---\n"
            + "title: Then\ncorrelation:\n  type: temporal_ordered\n  rules: [many, rule_b]\n  group-by: [u]\n  timespan: 5m\n---\n";
        Assert.Equal("200", Fired(chain, "1 a x", "2 a x", "3 a x", "4 b y", "200 b x"));
        Assert.Equal("", Fired(chain, "1 b x", "2 a x", "3 a x", "4 a x"));
        // The order of documents makes no difference.
        var documents = chain.Split("---\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("200", Fired(documents[1] + "---\n" + documents[0], "1 a x", "2 a x", "3 a x", "4 b y", "200 b x"));
    }

    [Theory]
    [InlineData("", "R")]
    [InlineData("  generate: false\n", "R")]
    [InlineData("  generate: true\n", "A A R")]
    [InlineData("generate: true\n", "A A R")]
    public void GenerateDecidesWhetherReferredRulesReport(string generate, string titles) =>
        Assert.Equal(titles, string.Join(' ', Follow(Rule("event_count", "rule_a", "{gte: 2}", generate), "1 a x", "2 a x").Select(match => match.Rule.Title)));

    [Fact]
    public void ItFiresAgainOncePerSpanWhileItHolds_AndAtOnceAfterItDidNot()
    {
        var rule = Rule("event_count", "rule_a", "{gte: 2}");
        Assert.Equal("10 70 130", Fired(rule, [.. Enumerable.Range(0, 15).Select(i => $"{i * 10} a x")]));
        Assert.Equal("1 101", Fired(rule, "0 a x", "1 a x", "100 a x", "101 a x"));
    }

    [Theory]
    [InlineData("{gt: 3, lt: 3}", "sigma.correlation.condition-never")]
    [InlineData("{eq: 0}", "sigma.correlation.condition-never")]
    [InlineData("{eq: 3, neq: 3}", "sigma.correlation.condition-never")]
    [InlineData("{gt: -1}", "sigma.correlation.condition-number")]
    [InlineData("{gt: 1.5}", "sigma.correlation.condition-number")]
    [InlineData("{above: 1}", "sigma.correlation.condition-key")]
    [InlineData("{}", "sigma.correlation.condition-empty")]
    [InlineData("{field: v, gt: 1}", "sigma.correlation.field")]
    [InlineData("a and b", "sigma.correlation.condition")]
    public void AnEventCountConditionThatCannotBeHonouredIsRefused(string condition, string code) =>
        Assert.Equal(code, Assert.Single(SigmaParser.Parse(Rule("event_count", "rule_a", condition), "c.yml").Errors).Code);

    [Theory]
    [InlineData("value_count", "{gt: 1}", "sigma.correlation.field")]
    [InlineData("value_sum", "{gt: 1}", "sigma.correlation.field")]
    [InlineData("value_sum", "{field: [a, b], gt: 1}", "sigma.correlation.field")]
    [InlineData("value_avg", "{field: a, gt: x}", "sigma.correlation.condition-number")]
    [InlineData("value_percentile", "{field: a, percentile: 101, gt: 1}", "sigma.correlation.percentile")]
    [InlineData("value_percentile", "{field: a, gt: 100}", "sigma.correlation.condition-never")]
    [InlineData("value_median", "{field: a, gt: 1}", "sigma.correlation.type-unknown")]
    [InlineData("temporal", "{gt: 1}", "sigma.correlation.condition-never")]
    [InlineData("temporal", "{field: a, gte: 1}", "sigma.correlation.field")]
    [InlineData("event_count", "", "sigma.correlation.condition")]
    public void SoAreThoseOfOtherTypes(string type, string condition, string code) =>
        Assert.Equal(code, Assert.Single(SigmaParser.Parse(Rule(type, "rule_a", condition), "c.yml").Errors).Code);

    [Fact]
    public void FaultyReferencesAreRefused_EachWithItsReason()
    {
        string One(string name, string rules, string more = "") => $"title: {name}\nname: {name}\ncorrelation:\n  type: event_count\n  rules: [{rules}]\n  group-by: [u]\n  timespan: 60s\n  condition: {{gte: 2}}\n{more}---\n";
        var text = Rules + One("circle1", "circle2") + One("circle2", "circle3") + One("circle3", "circle1") + One("self", "self") + One("missing", "nobody")
            + One("unusable", "missing") + One("twice", "rule_a, 11111111-1111-4111-8111-111111111111") + One("stray", "rule_a", "  aliases:\n    u: {rule_b: w}\n") + One("good", "rule_a") + One("good", "rule_b");
        var parsed = SigmaParser.Parse(text, "c.yml");
        Assert.Empty(parsed.Errors);
        var engine = SigmaEngine.Compile(parsed.Rules);
        Assert.Equal(
            ["sigma.rule.duplicate", "sigma.correlation.circle", "sigma.correlation.circle", "sigma.correlation.circle", "sigma.correlation.circle", "sigma.correlation.rule-missing",
                "sigma.correlation.rule-unusable", "sigma.correlation.rules-duplicate", "sigma.correlation.alias-rule"],
            engine.Refused.Select(error => error.Code));
        Assert.Equal(5, engine.RuleCount);
        Assert.Equal("sigma.correlation.rules-duplicate", Assert.Single(SigmaParser.Parse(Rule("event_count", "rule_a, RULE_A", "{gte: 2}"), "c.yml").Errors).Code);
    }

    [Fact]
    public void EveryFieldOfACorrelationIsKept()
    {
        const string text = """
            title: R
            id: 0e95725d-7320-415d-80f7-004da920fc11
            name: r
            status: experimental
            description: D
            author: A
            references: [x]
            date: 2026-01-02
            modified: 2026-01-03
            logsource: {product: windows}
            correlation:
              type: value_avg
              rules: [rule_a, rule_b]
              group-by: [u, w]
              timespan: 90m
              condition: {field: v, gt: 0.5, lte: 2}
              aliases: {u: {rule_a: x}}
            falsepositives: [Unlikely]
            level: high
            generate: true
            own: 1
            """;
        var rule = Assert.IsType<SigmaCorrelationRule>(Assert.Single(SigmaParser.Parse(text, "c.yml").Rules));
        Assert.Equal((SigmaCorrelationType.ValueAverage, TimeSpan.FromMinutes(90), true, SigmaLevel.High, "1"), (rule.Type, rule.Timespan, rule.Generate, rule.Level, rule.Custom["own"]));
        Assert.Equal(["rule_a", "rule_b", "u", "w", "v", "Unlikely", "x"], [.. rule.Rules, .. rule.GroupBy, .. rule.Condition.Fields, .. rule.FalsePositives, .. rule.References]);
        Assert.Equal([new SigmaBound(SigmaBoundOperator.Greater, 0.5), new SigmaBound(SigmaBoundOperator.LessOrEqual, 2)], rule.Condition.Bounds);
        Assert.Equal(("x", "windows"), (rule.Aliases["u"]["rule_a"], ((Dictionary<string, object?>)rule.Custom["logsource"]!)["product"]));
        Assert.DoesNotContain("generate", rule.Custom.Keys);
    }

    [Fact]
    public void StateIsBounded_AndWhatIsForgottenIsCounted()
    {
        var engine = Compile(Rule("event_count", "rule_a", "{gte: 3}") + "---\n" + Rule("value_count", "rule_a", "{field: v, gte: 50}").Replace("name: r", "name: q"));
        var session = engine.NewSession(new SigmaSessionOptions { MaxGroups = 100, MaxEvents = 400, MaxEventsPerGroup = 10 });
        var matches = new List<SigmaMatch>();
        var random = new Random(5);
        for (var i = 0; i < 5_000; i++)
        {
            session.Process(Samples.Event($$"""{"k":"a","u":"{{random.Next(random.Next(2) == 0 ? 3 : 500)}}","v":{{i}}}"""), DateTimeOffset.UnixEpoch.AddMilliseconds(i * 10), "e", null, matches);
            Assert.InRange(session.GroupCount, 1, 100);
            Assert.InRange(session.EventCount, 1, 400);
        }

        Assert.True(session.ForgottenEvents > 1_000);
        // Groups whose window has passed make room without anything being lost.
        var calm = engine.NewSession(new SigmaSessionOptions { MaxGroups = 100 });
        for (var i = 0; i < 5_000; i++) calm.Process(Samples.Event($$"""{"k":"a","u":"{{i}}","v":{{i}}}"""), DateTimeOffset.UnixEpoch.AddSeconds(i * 10), "e", null, matches);
        Assert.Equal(0, calm.ForgottenEvents);
        // A correlation that asks for more events than a group may keep is reached all the same.
        var many = Compile(Rule("event_count", "rule_a", "{gte: 25}")).NewSession(new SigmaSessionOptions { MaxEventsPerGroup = 10 });
        matches.Clear();
        for (var i = 0; i < 25; i++) many.Process(Samples.Event("""{"k":"a","u":"x"}"""), DateTimeOffset.UnixEpoch.AddSeconds(i), "e", null, matches);
        Assert.Equal(25, Assert.Single(matches, match => match.Rule.Title == "R").Count);
    }

    /// <summary>Every type against a plain computation over all events so far, on random streams with late events.</summary>
    [Theory]
    [InlineData("event_count", "{gte: 4}")]
    [InlineData("event_count", "{lt: 3}")]
    [InlineData("value_count", "{field: v, gte: 3}")]
    [InlineData("temporal", "")]
    [InlineData("temporal_ordered", "")]
    [InlineData("temporal_ordered", "{gte: 2}")]
    [InlineData("temporal", "rule_a and not rule_b")]
    [InlineData("temporal_ordered", "rule_a and rule_c or rule_b and rule_c")]
    [InlineData("value_sum", "{field: v, gt: 9}")]
    [InlineData("value_avg", "{field: v, gte: 3.5}")]
    [InlineData("value_percentile", "{field: v, lte: 30}")]
    [InlineData("value_percentile", "{field: v, percentile: 50, gte: 4}")]
    public void TheWindowIsAsAPlainComputationHasIt(string type, string condition)
    {
        const int span = 10;
        var correlation = (SigmaCorrelationRule)SigmaParser.Parse(Rule(type, "rule_a, rule_b, rule_c", condition).Replace("60s", "10s"), "c.yml").Rules[0];
        var engine = Compile(Rule(type, "rule_a, rule_b, rule_c", condition).Replace("60s", "10s"));
        var random = new Random(type.Length + condition.Length);
        var fired = 0;
        for (var round = 0; round < 60; round++)
        {
            var session = engine.NewSession();
            var kept = new List<(int At, int Order, char Kind, int Value)>();
            var (newest, firedAt) = (int.MinValue, (int?)null);
            var clock = 0;
            for (var i = 0; i < 60; i++)
            {
                clock += random.Next(4);
                var at = Math.Max(0, clock - (random.Next(4) == 0 ? random.Next(14) : 0));
                var (kind, value) = ("abc"[random.Next(3)], random.Next(6));
                var matches = new List<SigmaMatch>();
                session.Process(Samples.Event($$"""{"k":"{{kind}}","u":"x","v":{{value}}}"""), DateTimeOffset.UnixEpoch.AddSeconds(at), "e", null, matches);
                newest = Math.Max(newest, at);
                kept.RemoveAll(item => item.At <= newest - span);
                var expected = false;
                if (at > newest - span)
                {
                    kept.Add((at, i, kind, value));
                    var holds = Holds(correlation, [.. kept.OrderBy(item => item.At).ThenBy(item => item.Order)], value);
                    expected = holds && (firedAt is null || at - firedAt >= span);
                    firedAt = !holds ? null : expected ? at : firedAt;
                }

                Assert.Equal(expected, matches.Exists(match => match.Rule.Title == "R"));
                if (expected) fired++;
            }
        }

        Assert.True(fired > 20, $"{fired}");
    }

    private static bool Holds(SigmaCorrelationRule rule, List<(int At, int Order, char Kind, int Value)> window, int value)
    {
        bool Seen(char kind) => window.Exists(item => item.Kind == kind);
        bool Before(char first, char second) => window.Exists(a => a.Kind == first && window.Exists(b => b.Kind == second && b.At >= a.At));
        switch (rule.Condition.Expression)
        {
            case "rule_a and not rule_b": return Seen('a') && !Seen('b');
            case "rule_a and rule_c or rule_b and rule_c": return Before('a', 'c') || Before('b', 'c');
        }

        var sorted = window.Select(item => item.Value).Order().ToList();
        var middle = (sorted.Count - 1) / 2.0;
        double figure = rule.Type switch
        {
            SigmaCorrelationType.EventCount => window.Count,
            SigmaCorrelationType.ValueCount => window.Select(item => item.Value).Distinct().Count(),
            SigmaCorrelationType.Temporal => window.Select(item => item.Kind).Distinct().Count(),
            SigmaCorrelationType.TemporalOrdered => window.Exists(a => a.Kind == 'a' && window.Exists(b => b.Kind == 'b' && b.At >= a.At && window.Exists(c => c.Kind == 'c' && c.At >= b.At))) ? 3
                : Before('a', 'b') || Before('a', 'c') || Before('b', 'c') ? 2 : 1,
            SigmaCorrelationType.ValueSum => sorted.Sum(),
            SigmaCorrelationType.ValueAverage => sorted.Average(),
            _ when rule.Condition.Percentile is not null => (sorted[(int)Math.Floor(middle)] + sorted[(int)Math.Ceiling(middle)]) / 2.0,
            _ => 100.0 * window.Count(item => item.Value == value) / window.Count,
        };
        return rule.Condition.Holds(figure);
    }
}
