using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma.Parsing;

/// <summary>Turns search identifiers into matchers: maps are AND, lists OR, a text without a field is a keyword.</summary>
internal sealed class DetectionCompiler(IRefuse refuse, SigmaParseOptions options)
{
    private const int MaxSpellings = 625;

    public Matcher CompileIdentifier(Node node)
    {
        switch (node)
        {
            case MapNode map:
                return CompileMap(map);
            case ListNode list:
                if (list.Items.Count == 0) throw refuse.Refuse(list, "sigma.detection.empty-list", "清單是空的。", "The list is empty.");
                return Or(list.Items.ConvertAll(CompileIdentifier));
            default:
                return CompileItem("", (ScalarNode)node, node);
        }
    }

    private Matcher CompileMap(MapNode map)
    {
        if (map.Entries.Count == 0) throw refuse.Refuse(map, "sigma.detection.empty-map", "對映是空的。", "The mapping is empty.");
        var items = map.Entries.ConvertAll(entry => CompileItem(entry.Key.Text, entry.Value, entry.Key));
        return items.Count == 1 ? items[0] : new AndMatcher([.. items]);
    }

    private Matcher CompileItem(string key, Node value, Node place)
    {
        var names = key.Split('|');
        var field = names[0].Replace(" ", "", StringComparison.Ordinal);
        List<ScalarNode> scalars = value switch
        {
            ScalarNode single => [single],
            ListNode { Items.Count: > 0 } list => list.Items.ConvertAll(item => item as ScalarNode
                ?? throw refuse.Refuse(item, "sigma.detection.value", "欄位的值必須是文字、數字、布林或 null。", "A field's value must be text, a number, a boolean or null.")),
            ListNode => throw refuse.Refuse(value, "sigma.detection.empty-list", "清單是空的。", "The list is empty."),
            _ => throw refuse.Refuse(value, "sigma.detection.value", "欄位的值必須是文字、數字、布林或 null，或其清單。", "A field's value must be text, a number, a boolean or null, or a list of such."),
        };
        if (scalars.Count > 1 && scalars.Find(scalar => scalar.IsNull) is { } nullInList)
            throw refuse.Refuse(nullInList, "sigma.detection.null-in-list", "null 不可放在值清單中；請另立搜尋識別項。", "null cannot be part of a list of values; make another search identifier.");

        var item = new Item();
        for (var i = 1; i < names.Length; i++) item.Apply(names[i], i, names, this, place);
        if (item.All && scalars.Count == 1)
            throw refuse.Refuse(place, "sigma.modifier.all-single", "只有一個值時不可使用 all。", "'all' is not allowed on a single value.");

        var tests = new List<Matcher>();
        foreach (var scalar in scalars)
        {
            var written = scalar.IsNull ? "null" : scalar.Text;
            var alternatives = item.Compile(scalar, field.Length == 0, this).ConvertAll<Matcher>(test => field.Length == 0 ? new KeywordMatcher(test, written) : new FieldMatcher(field, test, written));
            tests.Add(Or(alternatives));
        }

        var joined = item.All ? new AndMatcher([.. tests]) : Or(tests);
        // neq is the negation of the whole item: with a list, the field differs from every value; a missing field differs.
        return item.NotEqual ? new NotMatcher(joined) : joined;
    }

    private static Matcher Or(List<Matcher> items) => items.Count == 1 ? items[0] : new OrMatcher([.. items]);

    private enum Form
    {
        Value,
        Regex,
        Cidr,
        Exists,
        Compare,
        TimePart,
        FieldReference,
    }

    /// <summary>A value on its way through the modifiers: a pattern, or bytes after an encoding.</summary>
    private readonly record struct Carried(Pattern? Pattern, byte[]? Bytes);

    /// <summary>The modifiers of one key, in the order written.</summary>
    private sealed class Item
    {
        private readonly List<string> transformations = [];
        private Form form;
        private RegexOptions regexOptions = RegexOptions.CultureInvariant;
        private Comparison? comparison;
        private TimePart timePart;
        private bool cased;
        private bool expand;

        public bool All { get; private set; }

        public bool NotEqual { get; private set; }

        public void Apply(string name, int index, string[] names, DetectionCompiler compiler, Node place)
        {
            switch (name)
            {
                case "all": All = true; break;
                case "neq": NotEqual = true; break;
                case "cased": cased = true; break;
                case "contains" or "startswith" or "endswith" or "windash" or "base64" or "base64offset" or "utf16le" or "wide" or "utf16be" or "utf16":
                    if (form is not (Form.Value or Form.FieldReference) || (form == Form.FieldReference && name is not ("contains" or "startswith" or "endswith")))
                        throw Clash();
                    transformations.Add(name);
                    break;
                case "expand":
                    // Positions commute with expansion; an encoding of the placeholder's name would not mean anything.
                    if (form != Form.Value || !transformations.TrueForAll(done => done is "contains" or "startswith" or "endswith")) throw Clash();
                    expand = true;
                    break;
                case "re": Become(Form.Regex, afterExpand: true); break;
                case "i" or "m" or "s":
                    if (form != Form.Regex) throw Clash();
                    regexOptions |= name switch { "i" => RegexOptions.IgnoreCase, "m" => RegexOptions.Multiline, _ => RegexOptions.Singleline };
                    break;
                case "cidr": Become(Form.Cidr, afterExpand: true); break;
                case "exists": Become(Form.Exists); break;
                case "fieldref": Become(Form.FieldReference); break;
                case "lt": Compare(Comparison.Less); break;
                case "lte": Compare(Comparison.LessOrEqual); break;
                case "gt": Compare(Comparison.Greater); break;
                case "gte": Compare(Comparison.GreaterOrEqual); break;
                case "minute": Take(TimePart.Minute); break;
                case "hour": Take(TimePart.Hour); break;
                case "day": Take(TimePart.Day); break;
                case "week": Take(TimePart.Week); break;
                case "month": Take(TimePart.Month); break;
                case "year": Take(TimePart.Year); break;
                default:
                    throw compiler.Refuse(place, "sigma.modifier.unknown", $"不認得修飾詞「{name}」。", $"'{name}' is not a known modifier.");
            }

            void Become(Form wanted, bool afterExpand = false)
            {
                if (form != Form.Value || transformations.Count > 0 || (expand && !afterExpand)) throw Clash();
                form = wanted;
            }

            void Take(TimePart part)
            {
                Become(Form.TimePart);
                timePart = part;
            }

            // A number taken from a date can be compared as any other.
            void Compare(Comparison wanted)
            {
                if (form != Form.TimePart || comparison is not null) Become(Form.Compare);
                comparison = wanted;
            }

            Exception Clash() => compiler.Refuse(place, "sigma.modifier.combination", $"修飾詞「{name}」不可接在「{string.Join('|', names[1..index])}」之後。",
                $"The modifier '{name}' cannot follow '{string.Join('|', names[1..index])}'.");
        }

        public List<ValueTest> Compile(ScalarNode scalar, bool keyword, DetectionCompiler compiler)
        {
            var text = scalar.Text;
            switch (form)
            {
                case Form.Regex:
                    return Texts().ConvertAll<ValueTest>(value => compiler.Regex(value, regexOptions, scalar));
                case Form.Cidr:
                    return Texts().ConvertAll<ValueTest>(value => CidrTest.Parse(value)
                        ?? throw compiler.Refuse(scalar, "sigma.value.cidr", $"「{value}」不是 CIDR 網段。", $"'{value}' is not a CIDR network."));
                case Form.Exists:
                    if (keyword || !TryBoolean(scalar, out var expected))
                        throw compiler.Refuse(scalar, "sigma.value.exists", "exists 的值必須是 true 或 false。", "The value of 'exists' must be true or false.");
                    return [new ExistsTest(expected)];
                case Form.Compare:
                    if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) || !double.IsFinite(bound))
                        throw compiler.Refuse(scalar, "sigma.value.number", $"「{text}」不是數字。", $"'{text}' is not a number.");
                    return [new CompareTest(comparison!.Value, bound)];
                case Form.TimePart:
                    return [new TimePartTest(timePart, comparison, PartValue(scalar, compiler))];
                case Form.FieldReference:
                    if (keyword || scalar.IsNull || text.Length == 0)
                        throw compiler.Refuse(scalar, "sigma.value.fieldref", "fieldref 的值必須是欄位名稱。", "The value of 'fieldref' must be the name of a field.");
                    var relation = transformations switch
                    {
                        [] => FieldRelation.Equal,
                        ["startswith"] => FieldRelation.StartsWith,
                        ["endswith"] => FieldRelation.EndsWith,
                        ["contains"] => FieldRelation.Contains,
                        _ => throw compiler.Refuse(scalar, "sigma.modifier.combination", "fieldref 之後只能有一個位置修飾詞。", "Only one position modifier may follow 'fieldref'."),
                    };
                    return [new FieldReferenceTest(text.Replace(" ", "", StringComparison.Ordinal), relation, cased)];
                case Form.Value:
                    return CompileValue(scalar, keyword, compiler);
                default:
                    throw new InvalidOperationException($"Form {form} has no test.");
            }

            List<string> Texts() => expand ? compiler.ExpandTexts(scalar).ConvertAll(value => value.Replace("\\%", "%", StringComparison.Ordinal)) : [text];
        }

        private int PartValue(ScalarNode scalar, DetectionCompiler compiler)
        {
            var (least, most) = timePart switch
            {
                TimePart.Minute => (0, 59),
                TimePart.Hour => (0, 23),
                TimePart.Day => (1, 31),
                TimePart.Week => (1, 53),
                TimePart.Month => (1, 12),
                TimePart.Year => (1, 9_999),
            };
            if (int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
            throw compiler.Refuse(scalar, "sigma.value.time-part", $"「{scalar.Text}」不在 {least} 到 {most} 之間。", $"'{scalar.Text}' is not a number from {least} to {most}.");
        }

        private static bool TryBoolean(ScalarNode scalar, out bool value)
        {
            value = scalar.Text is "true" or "True" or "TRUE";
            return scalar.Plain && (value || scalar.Text is "false" or "False" or "FALSE");
        }

        private List<ValueTest> CompileValue(ScalarNode scalar, bool keyword, DetectionCompiler compiler)
        {
            if (scalar.IsNull)
            {
                if (keyword || transformations.Count > 0 || expand)
                    throw compiler.Refuse(scalar, "sigma.value.null", "此處不可使用 null。", "null is not allowed here.");
                return [new NullTest()];
            }

            if (!keyword && scalar.Plain && transformations.Count == 0 && !expand)
            {
                if (TryBoolean(scalar, out var boolean)) return [new BooleanTest(boolean)];
                if (double.TryParse(scalar.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                    return [new NumberTest(number, scalar.Text)];
            }

            List<Carried> carried = expand ? compiler.Expand(scalar).ConvertAll(pattern => new Carried(pattern, null)) : [new Carried(Pattern.Parse(scalar.Text), null)];
            foreach (var name in transformations) carried = [.. carried.SelectMany(value => Transform(value, name, scalar, compiler))];
            return carried.ConvertAll<ValueTest>(value =>
            {
                // Bytes that no Base64 followed are compared as the characters of the same number.
                var pattern = value.Pattern ?? Pattern.OfLiteral(Encoding.Latin1.GetString(value.Bytes!));
                return new PatternTest(keyword ? pattern.WithStarBefore().WithStarAfter() : pattern, cased);
            });
        }

        private static IEnumerable<Carried> Transform(Carried value, string name, ScalarNode scalar, DetectionCompiler compiler)
        {
            switch (name)
            {
                case "contains": return [new Carried(AsPattern().WithStarBefore().WithStarAfter(), null)];
                case "startswith": return [new Carried(AsPattern().WithStarAfter(), null)];
                case "endswith": return [new Carried(AsPattern().WithStarBefore(), null)];
                case "windash": return [new Carried(AsPattern().WithDashes(), null)];
                case "utf16le" or "wide": return Texts().Select(text => new Carried(null, Encoding.Unicode.GetBytes(text)));
                case "utf16be": return Texts().Select(text => new Carried(null, Encoding.BigEndianUnicode.GetBytes(text)));
                case "utf16": return Texts().Select(text => new Carried(null, [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)]));
                case "base64": return Bytes().Select(bytes => new Carried(Pattern.OfLiteral(Convert.ToBase64String(bytes)), null));
                default: return Bytes().SelectMany(bytes => bytes.Length > 1 ? Offsets(bytes) : throw TooShort()).Select(text => new Carried(Pattern.OfLiteral(text), null));
            }

            RuleRefused TooShort() => compiler.Refuse(scalar, "sigma.value.base64-short", "base64offset 的值至少需要兩個位元組；更短的值在部分位置上沒有固定的編碼。",
                "The value of 'base64offset' needs two bytes at least; a shorter one has no fixed encoding at some positions.");

            Pattern AsPattern() => value.Pattern ?? Pattern.OfLiteral(Encoding.Latin1.GetString(value.Bytes!));

            IEnumerable<byte[]> Bytes() => value.Bytes is { } bytes ? [bytes] : Texts().Select(Encoding.UTF8.GetBytes);

            IReadOnlyList<string> Texts()
            {
                var texts = AsPattern().Spellings(MaxSpellings);
                return texts.Count > 0
                    ? texts
                    : throw compiler.Refuse(scalar, "sigma.modifier.encode-wildcard", $"「{name}」不可編碼萬用字元；請將 contains 等修飾詞放在其後。",
                        $"'{name}' cannot encode wildcards; put modifiers such as 'contains' after it.");
            }
        }

        /// <summary>The part of the Base64 text that stays the same, for each of three positions that the bytes may begin at.</summary>
        private static IEnumerable<string> Offsets(byte[] bytes)
        {
            for (var shift = 0; shift < 3; shift++)
            {
                var encoded = Convert.ToBase64String([.. new byte[shift], .. bytes]);
                // A Base64 character is fixed only when all its six bits come from the value: drop those that share bits with what stands before or after.
                var from = shift switch { 0 => 0, 1 => 2, _ => 3 };
                var to = (shift + bytes.Length) * 8 / 6;
                if (to > from) yield return encoded[from..to];
            }
        }
    }

    private List<Pattern> Expand(ScalarNode scalar) => ExpandTexts(scalar).ConvertAll(value => Pattern.Parse(value, percent: true));

    /// <summary>The texts that come of a value when its placeholders are filled in; escapes stay as they are.</summary>
    private List<string> ExpandTexts(ScalarNode scalar)
    {
        List<string> texts = [""];
        var text = scalar.Text;
        var from = 0;
        while (from < text.Length)
        {
            var open = Percent(text, from);
            var close = open < 0 ? -1 : Percent(text, open + 1);
            if (close < 0)
            {
                texts = texts.ConvertAll(prefix => prefix + text[from..]);
                break;
            }

            var name = text[(open + 1)..close];
            if (!options.Placeholders.TryGetValue(name, out var values) || values.Count == 0)
            {
                throw Refuse(scalar, "sigma.placeholder.missing", $"佔位符 %{name}% 沒有設定值，因此規則不可使用。",
                    $"The placeholder %{name}% has no values configured, so the rule cannot be used.");
            }

            if ((long)texts.Count * values.Count > 100_000)
                throw Refuse(scalar, "sigma.placeholder.too-many", "佔位符展開後的值太多。", "The placeholders expand to too many values.");
            var literal = text[from..open];
            texts = [.. texts.SelectMany(prefix => values.Select(value => prefix + literal + value))];
            from = close + 1;
        }

        return texts;

        static int Percent(string text, int from)
        {
            for (var i = from; i < text.Length; i++)
            {
                if (text[i] == '\\' && i + 1 < text.Length) i++;
                else if (text[i] == '%') return i;
            }

            return -1;
        }
    }

    private RegexTest Regex(string pattern, RegexOptions regexOptions, ScalarNode scalar)
    {
        try
        {
            _ = new Regex(pattern, regexOptions);
        }
        catch (ArgumentException fault)
        {
            throw Refuse(scalar, "sigma.value.regex", $"不是有效的正規表示式：{fault.Message}", $"Not a valid regular expression: {fault.Message}");
        }

        var test = new RegexTest(pattern, regexOptions, options.RegexTimeout);
        if (refuse.IsThorough && test.Backtracks)
        {
            refuse.Note(scalar, SigmaSeverity.Warning, "sigma.regex.backtracking",
                "此正規表示式使用環顧、反向參照等規格之外的構造，或太大，無法保證線性時間；超過時限時視為不符合並計數。",
                "This regular expression uses constructs outside the specification, such as lookaround or back references, or is too large, so linear time cannot be guaranteed; beyond the time limit it counts as no match.");
        }

        return test;
    }

    private RuleRefused Refuse(Node node, string code, string zh, string en) => refuse.Refuse(node, code, zh, en);
}
