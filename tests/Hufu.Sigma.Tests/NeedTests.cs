using System.Text;
using Hufu.Sigma.Support;
using Hufu.Sigma.Tests.Sql;

namespace Hufu.Sigma.Tests;

/// <summary>What an event needs to match a rule, and what a session needs to go on.</summary>
public class NeedTests
{
    private static string Shown(SigmaNeed? need) => need switch
    {
        null => "-",
        SigmaNeed.All all => "(" + string.Join(" & ", all.Items.Select(Shown)) + ")",
        SigmaNeed.Any any => "(" + string.Join(" | ", any.Items.Select(Shown)) + ")",
        SigmaNeed.Text text => text.Value,
        _ => "?",
    };

    [Theory]
    [InlineData("s: { f: Abcd }", "s", "Abcd")]
    [InlineData("s: { f: '*abc?defg*' }", "s", "(defg & abc)")]
    [InlineData("s: { f: ab }", "s", "-")]
    [InlineData("s: { f: '---...' }", "s", "-")]
    [InlineData("s: { f: [abcd, efgh] }", "s", "(abcd | efgh)")]
    [InlineData("s: { f: [abcd, '*'] }", "s", "-")]
    [InlineData("s: { f: abcd, g|contains|all: [efghi, jkl] }", "s", "(efghi & abcd & jkl)")]
    [InlineData("s: { f: abcd, g: null }", "s", "abcd")]
    [InlineData("s: { f: abcd }\n  t: { f: efgh }", "s and not t", "abcd")]
    [InlineData("s: { f: abcd }\n  t: { f: efgh }", "s or not t", "-")]
    [InlineData("s: { f: abcd }", "not s", "-")]
    [InlineData("s: { f|re: 'abcd[0-9]+(efgh|ijkl)' }", "s", "abcd")]
    [InlineData("s: { f|re: '.*' }", "s", "-")]
    [InlineData("s: { f|re|i: 'kernel' }", "s", "ernel")]
    [InlineData("s: { f: 4625 }", "s", "(4625 | 9999999999)")]
    [InlineData("s: { f: 12 }", "s", "-")]
    [InlineData("s: { f|gt: 4625 }", "s", "-")]
    [InlineData("s: { f|cidr: 10.0.0.0/8 }", "s", "-")]
    [InlineData("s: { f|exists: true }", "s", "-")]
    [InlineData("s: { f|fieldref: other }", "s", "-")]
    [InlineData("s: { f|windash|contains: ' -encoded x' }", "s", "encoded x")]
    [InlineData("s: { f|base64: foobar }", "s", "Zm9vYmFy")]
    [InlineData("s: { f|contains: '登入失敗abc登' }", "s", "abc")]
    [InlineData("s: { f|contains: '登入失敗' }", "s", "-")]
    [InlineData("s: { f|cased: AbCd }", "s", "AbCd")]
    [InlineData("s: [ abcd, efgh ]", "s", "(abcd | efgh)")]
    public void ANeedIsWhatEveryMatchHas(string detection, string condition, string need)
    {
        var engine = CorrelationSqlTests.Engine($"title: t\nlogsource: {{ product: x }}\ndetection:\n  {detection}\n  condition: {condition}\n");
        Assert.Equal(need, Shown(SigmaNeed.Of(engine)));
    }

    [Fact]
    public void ASetNeedsWhatAnyOfItNeeds_AndNothingWhereOneNeedsNothing()
    {
        const string one = "title: a\nlogsource: { product: x }\ndetection: { s: { f: abcd }, condition: s }\n---\ntitle: b\nlogsource: { product: x }\ndetection: { s: { f: [efgh, ABCD] }, condition: s }\n";
        Assert.Equal("(abcd | efgh)", Shown(SigmaNeed.Of(CorrelationSqlTests.Engine(one))));
        Assert.Null(SigmaNeed.Of(CorrelationSqlTests.Engine(one), most: 1));
        Assert.Null(SigmaNeed.Of(CorrelationSqlTests.Engine(one + "---\ntitle: c\nlogsource: { product: x }\ndetection: { s: { f: '*' }, condition: s }\n")));
    }

    [Fact]
    public void LettersOfAsciiAreEqualToNothingElse() =>
        Assert.All(Enumerable.Range('A', 26).Concat(Enumerable.Range('a', 26)), c => Assert.All(Hufu.Sigma.Sql.CaseClasses.Of(new Rune(c)), rune => Assert.True(rune.IsAscii)));

    [Fact]
    public void EveryRecordedMatchHasWhatItsRuleNeeds()
    {
        var engine = SigmaEngine.Compile(Samples.Rules().SelectMany(rule => SigmaParser.Parse(rule.Value, rule.Key).Rules));
        var needs = new Dictionary<SigmaDetectionRule, SigmaNeed?>(ReferenceEqualityComparer.Instance);
        foreach (var rule in engine.DetectionRules) needs[rule] = SigmaNeed.Of(engine, rule);
        var (item, held, matches) = (new WindowsEvent(), 0, 0);
        foreach (var line in Samples.Lines("logs/otrf-windows-dev.jsonl.gz").Take(30_000))
        {
            item.Read(Encoding.UTF8.GetBytes(line));
            var matched = engine.Match(item, null);
            if (matched.Count == 0) continue;
            var text = string.Join('\n', Enumerable.Range(0, item.FieldCount).Select(i => item.ValueAt(i)).SelectMany(value => value.Kind == SigmaValueKind.Many ? value.Items : [value]).Select(value => value.Text)).ToLowerInvariant();
            foreach (var rule in matched)
            {
                matches++;
                if (needs[rule] is not { } need) continue;
                held++;
                Assert.True(Has(need, text), $"{rule.Source} needs {Shown(need)}");
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{needs.Count} rules, {needs.Values.Count(need => need is not null)} with a need; {matches} matches, {held} of them of such");
        Assert.True(held > 5_000, $"{held}");
        Assert.True(needs.Values.Count(need => need is not null) > needs.Count * 0.9);

        static bool Has(SigmaNeed need, string text) => need switch
        {
            SigmaNeed.All all => all.Items.All(one => Has(one, text)),
            SigmaNeed.Any any => any.Items.Any(one => Has(one, text)),
            SigmaNeed.Text sought => text.Contains(sought.Value.ToLowerInvariant(), StringComparison.Ordinal),
            _ => false,
        };
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ASessionThatIsSavedGoesOnAsIfItHadNotBeen(int seed)
    {
        var (random, tried, fired) = (new Random(seed), 0, 0);
        // Some come late.
        var events = CorrelationSqlTests.Events(random, 600).Select(item => random.Next(6) == 0 ? item with { At = item.At - random.Next(20_000_000) } : item).ToList();
        while (tried < 60)
        {
            var text = CorrelationSqlTests.Correlation(random);
            if (SigmaParser.Parse(text, "rules.yml").Errors.Count > 0) continue;
            tried++;
            var engine = CorrelationSqlTests.Engine(text);
            var options = new SigmaSessionOptions { MaxEventsPerGroup = random.Next(3) == 0 ? 5 : 10_000, MaxGroups = random.Next(3) == 0 ? 6 : 100_000 };
            var whole = Matches(engine.NewSession(options), 0, events.Count, out var wholeUncounted);
            var breaks = Enumerable.Range(0, 3).Select(_ => random.Next(events.Count)).Order().Append(events.Count).ToList();
            var (broken, session, at) = (new List<string>(), engine.NewSession(options), 0);
            var uncounted = (0L, 0L);
            foreach (var to in breaks)
            {
                broken.AddRange(Matches(session, at, to, out uncounted));
                at = to;
                using var memory = new MemoryStream();
                session.Save(memory);
                memory.Position = 0;
                var next = engine.NewSession(options);
                next.Load(memory);
                Assert.Equal((session.GroupCount, session.EventCount), (next.GroupCount, next.EventCount));
                session = next;
            }

            Assert.Equal(whole, broken);
            Assert.Equal(wholeUncounted, uncounted);
            fired += whole.Count;
        }

        Assert.True(fired > 1_000, $"{fired}");

        List<string> Matches(SigmaSession session, int from, int to, out (long, long) uncounted)
        {
            var (texts, found) = (new List<string>(), new List<SigmaMatch>());
            for (var i = from; i < to; i++)
            {
                found.Clear();
                session.Process(events[i].Fields, DateTimeOffset.UnixEpoch.AddMicroseconds(events[i].At), $"e{i}", null, found);
                texts.AddRange(found.Select(match => $"{match.Rule.Key} {i} {match.Figure:R} {string.Join(' ', match.Fields.Select(field => field.Value))} {string.Join(' ', match.EventIds)}"));
            }

            uncounted = (session.LateEvents, session.ForgottenEvents);
            return texts;
        }
    }

    [Fact]
    public void ASessionTakesNothingOfOtherRules()
    {
        const string rules = "title: a\nname: a\nlogsource: { product: x }\ndetection: { s: { f: abcd }, condition: s }\n---\ntitle: c\nname: c\ncorrelation: { type: event_count, rules: [a], timespan: 10s, condition: { gte: 3 } }\n";
        using var memory = new MemoryStream();
        CorrelationSqlTests.Engine(rules).NewSession().Save(memory);
        memory.Position = 0;
        Assert.Throws<InvalidDataException>(() => CorrelationSqlTests.Engine(rules.Replace("gte: 3", "gte: 4", StringComparison.Ordinal)).NewSession().Load(memory));
        Assert.Throws<InvalidDataException>(() => CorrelationSqlTests.Engine(rules).NewSession().Load(new MemoryStream(memory.ToArray()[..^2])));
    }
}
