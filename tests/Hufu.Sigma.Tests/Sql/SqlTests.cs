using System.Text.Json;

namespace Hufu.Sigma.Tests.Sql;

/// <summary>Rules as SQL find the events that they find as events stream by.</summary>
public class SqlTests
{
    private static readonly string[] Texts =
    [
        "", " ", "a", "A", "abc", "ABC", "xabcx", "a*c", "a?c", "a.c", "a\nc", "a\\c", "a\\\\c", "a'c", "a\"c", "'; DROP TABLE events; --", "100%", "a_c", "%", "C:\\Windows\\System32\\cmd.exe", "c:\\windows\\system32\\CMD.EXE", "\\\\host\\share",
        "cmd.exe /c whoami", "cmd.exe -c whoami", "cmd.exe \u2013c whoami", "cmd.exe \u2014c", "cmd.exe \u2015c", "x-y", "kernel", "KERNEL", "\u212Aernel", "size", "\u017Fize", "SIZE", "int", "INT", "\u0130nt", "\u0131nt", "stra\u00DFe", "STRASSE", "STRA\u1E9EE",
        "\u00B5m", "\u03BCm", "\u039Cm", "\u03C3", "\u03C2", "\u03A3", "\u00C0B", "\u00E0b", "\u01C4", "\u01C5", "\u01C6", "\u2126", "\u03C9", "\u03A9", "\u00E5", "\u212B", "\U00010400", "\U00010428", "\U0001F600", "a\U0001F600b", "登入失敗", "登入 Failed", "0", "1", "1.0", "01", "+1", "-1", "1.", ".5", "0.5",
        "150", "1500", "1e2", "1E2", " 1", "1 ", "Infinity", " -infinity ", "NaN", "true", "TRUE", "false", "null", "10.1.2.3", "10.255.0.1", "010.1.2.3", "0xA.1.2.3", "10.1.2", "10.1.2.3 ", "172.16.0.1", "172.31.255.255", "172.32.0.1", "192.168.1.130", "::ffff:10.1.2.3", "::FFFF:a01:203",
        "::ffff:0:10.1.2.3", "fe80::1", "FE80::1%eth0", "fe80:0:0:0:0:0:0:1", "[fe80::1]:443", "[fe80::1", "fe80:::1", "fec0::1", "2001:db8::1", "2001:DB8:0:0:0:0:0:ffff", "2001:db8:1:2:3:4:5:6:7", "::1", "::", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "::01.2.3.4", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7::8",
        "2024-02-29", "2023-02-29", "2024/02/29 23:59:59", "2024-02-29T23:59:59Z", "2024-02-29t23:59", "2024-02-29 24:00", "2024-02-29 23:5", " 2024-12-30 ", "0000-01-01", "2024-02/29", "2021-01-03 07:08:09.123", "2020-12-31T00:00:00+08:00", "20240229", "2024-13-01",
        "line one\nline two", "line two\n", "\n", "tab\there", "YWJj", "eABhAGIAYwA=", "x\u0000y", "\u0663", "caf\u00E9 d\u00E9j\u00E0", "\u00A0", "\u2028",
    ];

    private static readonly Lazy<EventTable> Table = new(() => new EventTable([.. Events()]));

    private static IEnumerable<SigmaDictionaryEvent> Events()
    {
        foreach (var text in Texts) yield return One(("f", SigmaValue.Of(text)));
        foreach (var (number, written) in new[] { (0.0, "0"), (1.0, "1"), (1.0, "1.0"), (1.0, "1e0"), (150.0, "150"), (150.0, "1.5E2"), (-7.5, "-7.5"), (1e300, "1e300") }) yield return One(("f", SigmaValue.Of(number, written)));
        yield return One(("f", SigmaValue.Of(true)));
        yield return One(("f", SigmaValue.Of(false)));
        yield return One(("f", default));
        yield return One();
        yield return One(("other", SigmaValue.Of("abc")));
        yield return One(("f", SigmaValue.Of([])));
        yield return One(("f", SigmaValue.Of([default])));
        yield return One(("f", SigmaValue.Of([SigmaValue.Of("x"), SigmaValue.Of("abc")])));
        yield return One(("f", SigmaValue.Of([SigmaValue.Of(1), default, SigmaValue.Of(true)])), ("g", SigmaValue.Of("1")));
        yield return One(("f", SigmaValue.Of([SigmaValue.Of("a"), SigmaValue.Of("B")])), ("g", SigmaValue.Of([SigmaValue.Of("b"), default])));
        foreach (var (left, right) in new[] { ("abc", "ABC"), ("abc", "abc"), ("abcd", "AB"), ("xyz", "yZ"), ("a", ""), ("", ""), ("\u212A", "k"), ("\u03C3", "\u03A3"), ("\u00B5", "\u03BC"), ("\U00010400x", "\U00010428"), ("1", "1.0") })
            yield return One(("f", SigmaValue.Of(left)), ("g", SigmaValue.Of(right)));
        yield return One(("f", SigmaValue.Of(1, "1")), ("g", SigmaValue.Of(1, "1.0")));
        yield return One(("f", SigmaValue.Of(1, "1")), ("g", SigmaValue.Of("1.0")));
        yield return One(("f", SigmaValue.Of("abc")), ("g", default));
        yield return One(("it's a \"field\" \\", SigmaValue.Of("abc")));

        static SigmaDictionaryEvent One(params (string Name, SigmaValue Value)[] fields) => new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
    }

    private static string Rule(string detection, string condition = "s") => $"title: t\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {{product: x}}\ndetection:\n  s:\n    {detection}\n  condition: {condition}\n";

    [Theory]
    [InlineData("f: abc")]
    [InlineData("f: ''")]
    [InlineData("f: '*'")]
    [InlineData("f: 'a*c'")]
    [InlineData("f: 'a?c'")]
    [InlineData("f: 'a\\*c'")]
    [InlineData("f: 'a\\?c'")]
    [InlineData("f: 'a??b'")]
    [InlineData("f: '*?*'")]
    [InlineData("f: '?'")]
    [InlineData("f: '??'")]
    [InlineData("f: 'a\\c'")]
    [InlineData("f: 'a\\\\\\\\c'")]
    [InlineData("f: \"a'c\"")]
    [InlineData("f: 'a\"c'")]
    [InlineData("f: \"a\\nc\"")]
    [InlineData("f: \"x\\0y\"")]
    [InlineData("f|contains: \"'; DROP TABLE events; --\"")]
    [InlineData("f|contains: '%'")]
    [InlineData("f: a_c")]
    [InlineData("f: kernel")]
    [InlineData("f: size")]
    [InlineData("f: int")]
    [InlineData("f: stra\u00DFe")]
    [InlineData("f: \u03BCm")]
    [InlineData("f: \u00B5*")]
    [InlineData("f: \u03C3")]
    [InlineData("f: \u03C2")]
    [InlineData("f: \u00C0b")]
    [InlineData("f: \u01C5")]
    [InlineData("f: \u03C9")]
    [InlineData("f: \u00E5")]
    [InlineData("f: \U00010428")]
    [InlineData("f|contains: \U0001F600")]
    [InlineData("f|contains: \u767B\u5165")]
    [InlineData("f|contains: '\u767B\u5165 failed'")]
    [InlineData("f|cased: abc")]
    [InlineData("f|contains|cased: AB")]
    [InlineData("f|cased: 'A?C'", 0)]
    [InlineData("f|startswith: 'c:\\windows\\'")]
    [InlineData("f|endswith: '\\cmd.exe'")]
    [InlineData("f|contains: [abc, whoami, kern]")]
    [InlineData("f|contains|all: [cmd, whoami]")]
    [InlineData("f|contains|windash: ' -c '")]
    [InlineData("f|windash: '*-c*'")]
    [InlineData("f|endswith|windash: ' -c'")]
    [InlineData("f: 1")]
    [InlineData("f: [0, 150]")]
    [InlineData("f: '1'")]
    [InlineData("f: 0.5")]
    [InlineData("f: NaN")]
    [InlineData("f: Infinity")]
    [InlineData("f: true")]
    [InlineData("f: false")]
    [InlineData("f: null")]
    [InlineData("f|exists: true")]
    [InlineData("f|exists: false")]
    [InlineData("f|neq: abc")]
    [InlineData("f|lt: 1")]
    [InlineData("f|lte: 1")]
    [InlineData("f|gt: 100")]
    [InlineData("f|gte: -7.5")]
    [InlineData("f|cidr: 10.0.0.0/8")]
    [InlineData("f|cidr: 172.16.0.0/12")]
    [InlineData("f|cidr: 192.168.1.128/25")]
    [InlineData("f|cidr: 10.1.2.3")]
    [InlineData("f|cidr: 0.0.0.0/0")]
    [InlineData("f|cidr: fe80::/10")]
    [InlineData("f|cidr: 2001:db8::/33")]
    [InlineData("f|cidr: ::/0")]
    [InlineData("f|cidr: ::1")]
    [InlineData("f|cidr: '::/96'")]
    [InlineData("f|cidr: '::1.2.3.4/128'")]
    [InlineData("f|cidr: '1:2:3:4:5:6:102:304'")]
    [InlineData("f|minute: 59")]
    [InlineData("f|hour: 23")]
    [InlineData("f|hour|lt: 10")]
    [InlineData("f|day: 29")]
    [InlineData("f|week: 53")]
    [InlineData("f|week: 1")]
    [InlineData("f|month|gte: 12")]
    [InlineData("f|year: 2024")]
    [InlineData("f|re: 'abc'")]
    [InlineData("f|re: '^a.c$'")]
    [InlineData("f|re|s: '^a.c$'")]
    [InlineData("f|re|i: '^ABC$'")]
    [InlineData("f|re|i: '^kernel$'")]
    [InlineData("f|re|i: '^size$'")]
    [InlineData("f|re|i: '^int$'")]
    [InlineData("f|re|i: '[a-k]ernel'")]
    [InlineData("f|re|m: '^line two$'")]
    [InlineData("f|re: '^line two$'")]
    [InlineData("f|re: 'line two\\Z'")]
    [InlineData("f|re: 'line two\\z'", 0)]
    [InlineData("f|re: '^\\d$'")]
    [InlineData("f|re: '^\\w+ \\w+$'")]
    [InlineData("f|re: '^\\s$'")]
    [InlineData("f|re: '^\\S\\S$'")]
    [InlineData("f|re: '^.{2}$'")]
    [InlineData("f|re: '^.$'")]
    [InlineData("f|re: '^[^a]{2}$'")]
    [InlineData("f|re: '^a.*b$'")]
    [InlineData("f|re: '(?i)^CMD\\.exe (?:/|-)c'")]
    [InlineData("f|re: '^(?<word>ab|AB)[cC]$'")]
    [InlineData("f|re: '[\\u0391-\\u03C9]'")]
    [InlineData("f|re: '\\p{Lo}{4}'")]
    [InlineData("f|re: '[a-z-[b]]b[a-z-[b]]$'")]
    [InlineData("f|re: '[]a]b'")]
    [InlineData("f|re: '[\\]a]\\x62'")]
    [InlineData("f|re: 'a{,2}'", 0)]
    [InlineData("f|re: ''")]
    [InlineData("f|re: '^^'")]
    [InlineData("f|re: '^^a'")]
    [InlineData("f|re: '(?#what)ab(?i)C|d$'")]
    [InlineData("f|fieldref: g")]
    [InlineData("f|fieldref|cased: g")]
    [InlineData("f|fieldref|startswith: g")]
    [InlineData("f|fieldref|endswith: g")]
    [InlineData("f|fieldref|contains: g")]
    [InlineData("f|fieldref|neq: g")]
    [InlineData("f|base64: abc")]
    [InlineData("f|base64offset|contains: abc")]
    [InlineData("f|wide|base64offset|contains: abc")]
    [InlineData("'|contains': nobody-has-this", 0)]
    [InlineData("'|re': '^abc$'")]
    [InlineData("\"it's a \\\"field\\\" \\\\\": abc")]
    public void EachKindOfTestFindsTheSame(string detection, int least = 1)
    {
        var found = Table.Value.Same(Rule(detection));
        Assert.True(found >= least, $"{detection} finds nothing");
        Table.Value.Same(Rule(detection, "not s"));
    }

    [Fact]
    public void Keywords_Lists_AndConditionsFindTheSame()
    {
        Assert.True(Table.Value.Same("title: t\nlogsource: {product: x}\ndetection:\n  keywords: [abc, 'b?c', 登入]\n  condition: keywords\n") > 3);
        Assert.True(Table.Value.Same("title: t\nlogsource: {product: x}\ndetection:\n  keywords:\n    '|all': [cmd, whoami]\n  condition: keywords\n") > 1);
        Assert.True(Table.Value.Same("title: t\nlogsource: {product: x}\ndetection:\n  a1: {f|startswith: a}\n  a2: {f: 1}\n  n: {g|contains: b}\n  condition: 1 of a* and not n or (all of a* and not 1 of n*)\n") > 3);
        Assert.True(Table.Value.Same($"title: t\nlogsource: {{product: x}}\ndetection:\n  s: {{f|contains: [{string.Join(", ", Enumerable.Range(0, 3_000).Select(i => $"needle{i}").Append("kern"))}]}}\n  condition: s\n") == 2);
    }

    [Fact]
    public void FiltersAreAdded()
    {
        var engine = SigmaEngine.Compile(SigmaParser.Parse($"{Rule("f|contains: abc")}---\ntitle: known\nlogsource: {{product: x}}\nfilter:\n  rules: [11111111-1111-4111-8111-111111111111]\n  s: {{f|startswith: x}}\n  condition: not s\n", "rules.yml").Rules);
        Assert.Empty(engine.Refused);
        var condition = SigmaSql.Condition(engine, engine.DetectionRules[0], EventTable.Schema).Value;
        var found = Table.Value.Found(condition);
        Assert.Equal(Table.Value.Streamed(engine, engine.DetectionRules[0]), found);
        Assert.True(found.Count < Table.Value.Same(Rule("f|contains: abc")));
    }

    [Theory]
    [InlineData("f|re: '(?<!x)abc'", "sigma.sql.regex")]
    [InlineData("f|re: '(a)\\1'", "sigma.sql.regex")]
    [InlineData("f|re: '\\babc'", "sigma.sql.regex")]
    [InlineData("f|re: 'a$\\n'", "sigma.sql.regex")]
    [InlineData("f|re: 'a{1001}'", "sigma.sql.regex")]
    [InlineData("f|re: '(a{100}){11}'", "sigma.sql.regex")]
    [InlineData("f|re: '\\w{900}'", "sigma.sql.regex")]
    [InlineData("f|re: '\U0001F600'", "sigma.sql.regex")]
    [InlineData("f|re: '[\\uD800-\\uD900]'", "sigma.sql.regex")]
    [InlineData("f: '?\U0001F600'", "sigma.sql.wildcard")]
    [InlineData("secret: a", "sigma.sql.field")]
    [InlineData("f|fieldref: secret", "sigma.sql.field")]
    public void WhatCannotBeSaidExactlyIsRefusedWithItsReason(string detection, string code)
    {
        var engine = SigmaEngine.Compile(SigmaParser.Parse(Rule(detection), "rule.yml").Rules);
        var schema = EventTable.Schema with { Field = name => name == "secret" ? null : EventTable.Schema.Field(name) };
        var error = Assert.Single(SigmaSql.Condition(engine, engine.DetectionRules[0], schema).Errors);
        Assert.Equal(code, error.Code);
        Assert.StartsWith("rule.yml:", error.Place, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomRulesFindTheSameInRandomEvents(int seed)
    {
        var random = new Random(seed);
        string[] atoms = ["a", "A", "b", "k", "K", "\u212A", "s", "S", "\u017F", "i", "I", "\u0130", "\u0131", "\u00DF", "\u1E9E", "\u00B5", "\u03BC", "\u039C", "\u03C3", "\u03C2", "\u03A3", "\u01C5", "\u01C6", "\u00E9", "\u00C9", "\U00010400", "\U00010428", "\U0001F600", "登", "'", "\"", "\\", "%", "_", "*", "?", "\n", "-", "\u2013", "/", ".", "1", "0", "5", "+", " ", "\u0000", "\t", "{", "$", "^", "|", "(", "--", "/*", ";"];
        string[] fields = ["f", "g", "a'b", "\u6B04"];
        using var table = new EventTable([.. Enumerable.Range(0, 150).Select(_ => new SigmaDictionaryEvent(fields.Where(_ => random.Next(3) > 0).Select(field => KeyValuePair.Create(field, Value(2)))))]);
        var (found, refused) = (0, 0);
        for (var i = 0; i < 150; i++)
        {
            var rule = $"title: t\nlogsource: {{product: x}}\ndetection:\n  a: {Map()}\n  b: {Map()}\n  condition: {new[] { "a", "not a", "a and not b", "a or b", "not (a and b)" }[random.Next(5)]}\n";
            var parsed = SigmaParser.Parse(rule, "rule.yml");
            if (parsed.Errors.Count > 0) continue;
            var engine = SigmaEngine.Compile(parsed.Rules);
            if (!SigmaSql.Condition(engine, engine.DetectionRules[0], EventTable.Schema).IsOk) refused++;
            else found += table.Same(rule);
        }

        Assert.True(found > 2_000 && refused < 30, $"{found} found, {refused} refused");

        string Text(int most) => string.Concat(Enumerable.Range(0, random.Next(most + 1)).Select(_ => atoms[random.Next(atoms.Length)]));

        SigmaValue Value(int depth) => random.Next(12) switch
        {
            0 => default,
            1 => SigmaValue.Of(random.Next(2) == 0),
            2 => SigmaValue.Of(random.Next(-5, 16), null),
            3 => SigmaValue.Of(1.5, "1.50"),
            4 when depth == 2 => SigmaValue.Of([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(1))]),
            _ => SigmaValue.Of(Text(4)),
        };

        string Map() => "{" + string.Join(", ", Enumerable.Range(0, random.Next(1, 3)).Select(i => $"{Quoted(fields[random.Next(fields.Length)] + Modifiers(out var kind) + (i == 0 ? "" : " "))}: {Values(kind)}")) + "}";

        string Modifiers(out int kind)
        {
            kind = 0;
            var text = new[] { "", "|contains", "|startswith", "|endswith", "|windash", "|contains|windash", "|cased", "|contains|cased", "|neq", "|contains|neq", "|gt", "|lte", "|exists", "|fieldref", "|fieldref|contains", "|re", "|re|i" }[random.Next(17)];
            kind = text switch { "|gt" or "|lte" => 1, "|exists" => 2, "|fieldref" or "|fieldref|contains" => 3, "|re" or "|re|i" => 4, "" => 5, _ => 0 };
            return text;
        }

        string Values(int kind) => kind switch
        {
            1 => random.Next(-5, 16).ToString(System.Globalization.CultureInfo.InvariantCulture),
            2 => random.Next(2) == 0 ? "true" : "false",
            3 => Quoted(fields[random.Next(fields.Length)]),
            4 => Quoted(string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => new[] { "[a-k]", "s", "\\w", "\\W", ".", ".*", "[^k]", "\\d", "\\s?", "\u03C3", "i", "(a|b)+", "\\\\", "$", "^", "\u00B5" }[random.Next(16)]))),
            5 when random.Next(3) == 0 => new[] { "null", "1", "1.5", "true", "0" }[random.Next(5)],
            _ => "[" + string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Quoted(Text(2)))) + "]",
        };

        static string Quoted(string text) => "\"" + string.Concat(text.Select(c => c switch { '"' or '\\' => "\\" + c, < ' ' => $"\\x{(int)c:X2}", _ => c.ToString() })) + "\"";
    }

    [Theory]
    [InlineData("a'b", "'a''b'", @"'a\'b'")]
    [InlineData(@"\' OR 1=1 --", @"'\'' OR 1=1 --'", @"'\\\' OR 1=1 --'")]
    [InlineData("a\nb", "'a\nb'", @"'a\x0Ab'")]
    [InlineData("a\0b", "('a' || chr(0) || 'b')", @"'a\x00b'")]
    [InlineData("登入", "'登入'", "'登入'")]
    public void NothingBreaksOutOfALiteral(string text, string duck, string click)
    {
        Assert.Equal(duck, SigmaSql.Literal(SigmaSqlDialect.DuckDb, text));
        Assert.Equal(click, SigmaSql.Literal(SigmaSqlDialect.ClickHouse, text));
        using var command = Table.Value.Connection.CreateCommand();
        command.CommandText = $"SELECT {duck}";
        Assert.Equal(text, command.ExecuteScalar());
    }

    [Theory]
    [InlineData("f: Abc", "ifNull(lower(f) = 'abc', false)")]
    [InlineData(@"f|endswith: '\it''s'", @"ifNull(endsWith(lower(f), '\\it\'s'), false)")]
    [InlineData("f: [a, B]", "ifNull(lower(f) IN ('a', 'b'), false)")]
    [InlineData("f|re: 'a\\d'", "ifNull(match(f, '$.|(?:a[")]
    [InlineData("f|neq: null", "(NOT (f IS NULL))")]
    [InlineData("f: é", @"ifNull(match(f, '$.|(?:\\A[\\x{C9}\\x{E9}]\\z)'), false)")]
    public void ClickHouseGetsItsOwnWords(string detection, string begins)
    {
        var engine = SigmaEngine.Compile(SigmaParser.Parse(Rule(detection), "rule.yml").Rules);
        Assert.StartsWith(begins, SigmaSql.Condition(engine, engine.DetectionRules[0], new SigmaSqlSchema(SigmaSqlDialect.ClickHouse, name => new SigmaSqlField(name), [])).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void ClickHouseHasNoWeekOfAnyDate()
    {
        var engine = SigmaEngine.Compile(SigmaParser.Parse(Rule("f|week: 1"), "rule.yml").Rules);
        Assert.Equal("sigma.sql.week", Assert.Single(SigmaSql.Condition(engine, engine.DetectionRules[0], new SigmaSqlSchema(SigmaSqlDialect.ClickHouse, name => new SigmaSqlField(name), [])).Errors).Code);
    }

    [Fact]
    public void TheDatabaseFoldsOnlyWhereTheEngineDoes()
    {
        // All characters that the comparison itself holds equal, and no others, are one class.
        var classes = Enumerable.Range(0, 0x110000).Where(System.Text.Rune.IsValid).Select(n => new System.Text.Rune(n)).GroupBy(rune => rune.ToString(), StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1).ToList();
        Assert.True(classes.Count > 1_000);
        foreach (var group in classes) Assert.All(group, rune => Assert.Equal(group.Order(), Hufu.Sigma.Sql.CaseClasses.Of(rune)));
        Assert.Equal(classes.Sum(group => group.Count() - 1), Hufu.Sigma.Sql.CaseClasses.Folding.From.EnumerateRunes().Count());

        // Whatever character becomes one of ASCII, or a plain one, by the expression that rules are compared by is that one regardless of case.
        var wrong = new List<string>();
        using var command = Table.Value.Connection.CreateCommand();
        command.CommandText = $"SELECT i, {new Hufu.Sigma.Sql.DuckWords().Lower("chr(i::INTEGER)")} FROM range(1, 1114112) t(i) WHERE i < 55296 OR i > 57343";
        using var reader = command.ExecuteReader();
        var folded = 0;
        while (reader.Read())
        {
            var (from, to) = (char.ConvertFromUtf32((int)reader.GetInt64(0)), reader.GetString(1));
            if (from != to) folded++;
            if ((Hufu.Sigma.Sql.CaseClasses.IsPlain(to) || Hufu.Sigma.Sql.CaseClasses.IsPlain(from)) && !from.Equals(to, StringComparison.OrdinalIgnoreCase)) wrong.Add($"{from} {to}");
        }

        Assert.Empty(wrong);
        Assert.True(folded > 1_000);
    }
}
