using System.Text;

namespace Hufu.Sigma.Tests;

/// <summary>One case for each sentence of the modifiers appendix and of the rules specification on values.</summary>
public class ModifierTests
{
    private const string Head = "title: t\nlogsource:\n  category: test\ndetection:\n  s:\n    ";

    private static SigmaParseResult Parse(string item, SigmaParseOptions? options = null) => SigmaParser.Parse($"{Head}{item}\n  condition: s\n", "r.yml", options);

    private static bool Matches(string item, string json, SigmaParseOptions? options = null)
    {
        var parsed = Parse(item, options);
        Assert.Empty(parsed.Errors);
        var engine = SigmaEngine.Compile(parsed.Rules);
        var fields = Samples.Event(json);
        var found = engine.Match(fields, null).Count == 1;
        Assert.Equal(engine.MatchPlainly(fields, null).Count == 1, found);
        return found;
    }

    [Theory]
    [InlineData("a|minute: 7", "2026-11-29T10:07:00Z", true)]
    [InlineData("a|minute: 7", "2026-11-29T10:08:00Z", false)]
    [InlineData("a|hour: 10", "2026-11-29 10:07:00.123", true)]
    [InlineData("a|hour: 10", "2026-11-29T10:07:00+08:00", true)]
    [InlineData("a|hour: [9, 10]", "2026-11-29T10:07:00", true)]
    [InlineData("a|hour: 0", "2026-11-29", false)]
    [InlineData("a|day: 29", "2026-11-29", true)]
    [InlineData("a|day: 29", "2026/11/29 10:07", true)]
    [InlineData("a|week: 48", "2026-11-29T10:07:00Z", true)]
    [InlineData("a|week: 53", "2027-01-01T00:00:00Z", true)]
    [InlineData("a|month: 11", "2026-11-29T10:07:00Z", true)]
    [InlineData("a|year: 2026", "2026-11-29T10:07:00Z", true)]
    [InlineData("a|year: 2026", "2025-11-29T10:07:00Z", false)]
    [InlineData("a|year: 2026", "2026", false)]
    [InlineData("a|month: 2", "2026-02-30T10:07:00Z", false)]
    [InlineData("a|hour: 10", "yesterday", false)]
    [InlineData("a|hour|gte: 18", "2026-11-29T18:00:00Z", true)]
    [InlineData("a|hour|gte: 18", "2026-11-29T17:59:59Z", false)]
    [InlineData("a|hour|lt: 6", "2026-11-29T05:59:59Z", true)]
    [InlineData("a|hour|neq: 6", "2026-11-29T05:59:59Z", true)]
    [InlineData("a|hour|neq: 5", "2026-11-29T05:59:59Z", false)]
    public void TimeModifiersTakeANumberFromADate(string item, string date, bool expected) => Assert.Equal(expected, Matches(item, $$"""{"a":"{{date}}"}"""));

    [Theory]
    [InlineData("a|base64: 登入", "55m75YWl", true)]
    [InlineData("a|utf16le|base64: cmd", "YwBtAGQA", true)]
    [InlineData("a|wide|base64: cmd", "YwBtAGQA", true)]
    [InlineData("a|utf16be|base64: cmd", "AGMAbQBk", true)]
    [InlineData("a|utf16|base64: cmd", "//5jAG0AZAA=", true)]
    [InlineData("a|base64: 'a\\*b'", "YSpi", true)]
    [InlineData("a|wide|base64offset|contains: 'http'", "xxaAB0AHQAcA", true)]
    [InlineData("a|windash|base64offset|contains: ' -e '", "IC9lIA", true)]
    [InlineData("a|wide: cmd", "cmd", false)]
    public void EncodingsWorkOnBytes_InTheOrderWritten(string item, string text, bool expected) => Assert.Equal(expected, Matches(item, $$"""{"a":"{{text}}"}"""));

    [Fact]
    public void Utf16WithoutBase64IsTheBytesThemselves()
    {
        Assert.True(Matches("a|utf16le: cmd", "{\"a\":\"c\\u0000m\\u0000d\\u0000\"}"));
        Assert.True(Matches("a|utf16be: cmd", "{\"a\":\"\\u0000c\\u0000m\\u0000d\"}"));
        Assert.True(Matches("a|utf16: c", "{\"a\":\"\\u00FF\\u00FEc\\u0000\"}"));
    }

    [Fact]
    public void WindashTriesEveryDashInEveryPlace()
    {
        foreach (var first in "-/–—―")
        {
            foreach (var second in "-/–—―")
            {
                Assert.True(Matches("a|windash|contains: ' -a /b'", $$"""{"a":"x {{first}}A {{second}}b"}"""), $"{first}{second}");
                Assert.True(Matches("a|contains|windash: ' —a ―b'", $$"""{"a":"x {{first}}A {{second}}b"}"""), $"{first}{second}");
            }
        }

        Assert.True(Matches("a|windash|contains|all: [' -a', ' -b']", """{"a":"x /b /a"}"""));
        Assert.False(Matches("a|windash|contains|all: [' -a', ' -b']", """{"a":"x /a"}"""));
    }

    [Theory]
    [InlineData("a|fieldref|startswith: b", """{"a":"Xyz","b":"x"}""", true)]
    [InlineData("a|fieldref|contains: b", """{"a":"wXyz","b":"xy"}""", true)]
    [InlineData("a|fieldref|contains: b", """{"a":"wXyz","b":"yx"}""", false)]
    [InlineData("a|fieldref|cased: b", """{"a":"X","b":"x"}""", false)]
    [InlineData("a|cased|fieldref: b", """{"a":"x","b":"x"}""", true)]
    [InlineData("a|fieldref|neq: b", """{"a":"x","b":"y"}""", true)]
    [InlineData("a|fieldref|startswith|neq: b", """{"a":"xy","b":"x"}""", false)]
    [InlineData("a|fieldref: b", """{"a":"x"}""", false)]
    [InlineData("a|fieldref: b", """{"a":5,"b":5.0}""", true)]
    [InlineData("a|fieldref: [b, c]", """{"a":"x","c":"x"}""", true)]
    [InlineData("a|fieldref: b c", """{"a":"x","b c":"x"}""", true)]
    [InlineData("a|fieldref: b", """{"a":"x","b":["w","X"]}""", true)]
    [InlineData("a|fieldref: b", """{"a":["v","w"],"b":["w","x"]}""", true)]
    public void FieldReferencesCompareFieldsOfOneEvent(string item, string json, bool expected) => Assert.Equal(expected, Matches(item, json));

    [Theory]
    [InlineData("a|exists: true", "{}", false)]
    [InlineData("a|exists: true", """{"a":""}""", true)]
    [InlineData("a|exists: false", """{"a":null}""", false)]
    [InlineData("a|neq: null", """{"a":"x"}""", true)]
    [InlineData("a|neq: null", "{}", false)]
    [InlineData("a|contains|neq: x", """{"a":"axb"}""", false)]
    [InlineData("a|cased|contains: X", """{"a":"aXb"}""", true)]
    [InlineData("a|contains|cased: X", """{"a":"axb"}""", false)]
    [InlineData("a|cased|endswith: X", """{"a":"bx"}""", false)]
    [InlineData("a|re|neq: '^x'", """{"a":"y"}""", true)]
    [InlineData("a|re|all: ['x', 'y']", """{"a":"yx"}""", true)]
    [InlineData("a|re|all: ['x', 'y']", """{"a":"xx"}""", false)]
    [InlineData("a|re|i|s: 'A.B'", """{"a":"a\nb"}""", true)]
    [InlineData("a|re|i|m: '^B$'", """{"a":"a\nb"}""", true)]
    [InlineData("a|re: 'a{2,3}[^b-d]$'", """{"a":"xaae"}""", true)]
    [InlineData("a|cidr: [10.0.0.0/8, '192.168.0.0/16']", """{"a":"192.168.3.4"}""", true)]
    [InlineData("a|cidr: 10.0.0.0/8", """{"a":"10.0.0.256"}""", false)]
    [InlineData("a|cidr|neq: 10.0.0.0/8", """{"a":"11.0.0.1"}""", true)]
    [InlineData("a|cidr: 'fe80::/10'", """{"a":"FEBF::1"}""", true)]
    [InlineData("a|cidr: 'fe80::/10'", """{"a":"fec0::1"}""", false)]
    [InlineData("a|cidr: '::1'", """{"a":"::1"}""", true)]
    [InlineData("a|cidr: 10.0.0.0/8", """{"a":"a00::1"}""", false)]
    [InlineData("a|cidr: 'a00::/16'", """{"a":"10.0.0.1"}""", false)]
    [InlineData("a|cidr: 10.0.0.0/8", """{"a":"::ffff:10.0.0.1"}""", true)]
    [InlineData("a|lt: 1.5", """{"a":1.4}""", true)]
    [InlineData("a|lte: -1", """{"a":"-1"}""", true)]
    [InlineData("a|gt: 5", """{"a":"06"}""", true)]
    [InlineData("a|gte: 5", """{"a":"five"}""", false)]
    [InlineData("a|neq: 5", """{"a":5}""", false)]
    [InlineData("a|neq: 5", """{"a":"50"}""", true)]
    [InlineData("a|startswith: 46", """{"a":4688}""", true)]
    [InlineData("a|contains: ''", """{"a":""}""", true)]
    [InlineData("a|contains: ''", "{}", false)]
    [InlineData("a: '*'", """{"a":""}""", true)]
    [InlineData("a: '*'", """{"a":null}""", false)]
    [InlineData("a: '?*'", """{"a":""}""", false)]
    [InlineData("a: '\\?'", """{"a":"x"}""", false)]
    [InlineData("a: '\\?'", """{"a":"?"}""", true)]
    [InlineData("a: 'x\\\\\\\\y'", """{"a":"x\\\\y"}""", true)]
    [InlineData("a: 'x\\\\\\y'", """{"a":"x\\\\y"}""", true)]
    [InlineData("a: 'x\\\\y'", """{"a":"x\\y"}""", true)]
    [InlineData("a|endswith: '\\'", """{"a":"C:\\"}""", true)]
    [InlineData("a|contains: 'ПРИВЕТ'", """{"a":"скажи привет"}""", true)]
    [InlineData("a|contains: 'É'", """{"a":"café"}""", true)]
    [InlineData("a|contains: 'ΣΑΣ'", """{"a":"xσασ"}""", true)]
    [InlineData("a|contains: 'K'", "{\"a\":\"\\u212A\"}", false)]
    [InlineData("a: '%name%'", """{"a":"%NAME%"}""", true)]
    [InlineData("a: 1", """{"a":true}""", false)]
    [InlineData("a: false", """{"a":false}""", true)]
    [InlineData("a: false", """{"a":"FALSE"}""", true)]
    [InlineData("a: 5", """{"a":[4,5]}""", true)]
    [InlineData("a: 0x10", """{"a":16}""", false)]
    public void OtherModifiersAndValues(string item, string json, bool expected) => Assert.Equal(expected, Matches(item, json));

    [Fact]
    public void PlaceholdersAreAcceptedWhereTheyMeanSomething()
    {
        var options = new SigmaParseOptions
        {
            Placeholders = new Dictionary<string, IReadOnlyList<string>> { ["Servers"] = ["srv1", "web*"], ["Internal"] = ["10.0.0.0/8", "fd00::/8"], ["Name"] = ["a+"] },
        };
        Assert.True(Matches("a|expand: '\\%plain%Servers%'", """{"a":"%plainweb7"}""", options));
        Assert.False(Matches("a|expand: '\\%plain%Servers%'", """{"a":"plainsrv1"}""", options));
        Assert.True(Matches("a|expand|contains: '%Servers%'", """{"a":"x srv1 y"}""", options));
        Assert.True(Matches("a|expand|cidr: '%Internal%'", """{"a":"fd12::1"}""", options));
        Assert.True(Matches("a|expand|re: '^%Name%$'", """{"a":"aaa"}""", options));
        Assert.True(Matches("a|expand: ['x', '%Servers%']", """{"a":"SRV1"}""", options));
        Assert.Equal("sigma.modifier.combination", Assert.Single(Parse("a|re|expand: '%Name%'", options).Errors).Code);
        Assert.Equal("sigma.value.cidr", Assert.Single(Parse("a|expand|cidr: '%Servers%'", options).Errors).Code);
        Assert.Equal("sigma.placeholder.missing", Assert.Single(Parse("a|expand: '%servers%'", options).Errors).Code);
    }

    [Theory]
    [InlineData("a|hour: 24", "sigma.value.time-part", "r.yml:6:13")]
    [InlineData("a|month: 0", "sigma.value.time-part", "r.yml:6:14")]
    [InlineData("a|hour: ten", "sigma.value.time-part", "r.yml:6:13")]
    [InlineData("a|gte|hour: 3", "sigma.modifier.combination", "r.yml:6:5")]
    [InlineData("a|hour|gte|lt: 3", "sigma.modifier.combination", "r.yml:6:5")]
    [InlineData("a|hour|minute: 3", "sigma.modifier.combination", "r.yml:6:5")]
    [InlineData("a|contains|re: x", "sigma.modifier.combination", "r.yml:6:5")]
    [InlineData("a|cidr|contains: x", "sigma.modifier.combination", "r.yml:6:5")]
    [InlineData("a|startswith|fieldref: x", "sigma.modifier.combination", "r.yml:6:5")]
    [InlineData("a|i: x", "sigma.modifier.combination", "r.yml:6:5")]
    [InlineData("a|lt|gt: 3", "sigma.modifier.combination", "r.yml:6:5")]
    [InlineData("a|: x", "sigma.modifier.unknown", "r.yml:6:5")]
    [InlineData("a|Contains: x", "sigma.modifier.unknown", "r.yml:6:5")]
    [InlineData("a|base64offset|contains: x", "sigma.value.base64-short", "r.yml:6:30")]
    [InlineData("a|contains|base64: x", "sigma.modifier.encode-wildcard", "r.yml:6:24")]
    [InlineData("a|exists: yes", "sigma.value.exists", "r.yml:6:15")]
    [InlineData("a|exists: 'true'", "sigma.value.exists", "r.yml:6:15")]
    [InlineData("a|contains: null", "sigma.value.null", "r.yml:6:17")]
    [InlineData("a: {b: c}", "sigma.detection.value", "r.yml:6:8")]
    [InlineData("a: []", "sigma.detection.empty-list", "r.yml:6:8")]
    [InlineData("a|re: '[z-a]'", "sigma.value.regex", "r.yml:6:11")]
    public void WhatCannotBeHonouredIsRefused(string item, string code, string place)
    {
        var error = Assert.Single(Parse(item).Errors);
        Assert.Equal((code, place), (error.Code, error.Place));
        Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", error.Message.Zh);
    }

    [Fact]
    public void ARegexThatTakesTooLongIsGivenUp_AndCounted()
    {
        var options = new SigmaParseOptions { RegexTimeout = TimeSpan.FromMilliseconds(20) };
        var engine = SigmaEngine.Compile(Parse("a|re: '^(?=x)(x+x+)+y$'", options).Rules);
        Assert.Empty(engine.Match(Samples.Event($$"""{"a":"{{new string('x', 5_000)}}"}"""), null));
        Assert.True(engine.RegexTimeouts > 0);
        var linear = SigmaEngine.Compile(Parse("a|re: '^(x+x+)+y$'", options).Rules);
        Assert.Empty(linear.Match(Samples.Event($$"""{"a":"{{new string('x', 5_000)}}"}"""), null));
        Assert.Equal(0, linear.RegexTimeouts);
    }

    [Theory]
    [InlineData(1, "x")]
    [InlineData(3, "-")]
    [InlineData(2, "https://")]
    [InlineData(4, "\u767B\u5165")]
    public void Base64OffsetNeverMissesWhateverStandsAround(int seed, string value)
    {
        if (Encoding.UTF8.GetByteCount(value) < 2) value += "yz";
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var before = new byte[random.Next(20)];
            var after = new byte[random.Next(20)];
            random.NextBytes(before);
            random.NextBytes(after);
            var text = Convert.ToBase64String([.. before, .. Encoding.UTF8.GetBytes(value), .. after]);
            Assert.True(Matches($"a|base64offset|contains: '{value}'", $$"""{"a":"{{text}}"}"""), text);
        }
    }
}
