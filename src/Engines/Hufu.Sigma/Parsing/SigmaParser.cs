using System.Globalization;
using Hufu.Kernel;
using Hufu.Sigma.Matching;
using Hufu.Sigma.Parsing;

namespace Hufu.Sigma;

/// <summary>
/// Reads Sigma rules (specification 2.1.0). A rule is taken whole or refused with the place and the reason: a construct that this engine
/// does not evaluate is never skipped, since a rule that silently does not fire is worse than one that is refused.
/// </summary>
public static class SigmaParser
{
    private const int MaxTitleLength = 256;
    private const int MaxDescriptionLength = 65_535;

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "title", "id", "name", "status", "description", "license", "author", "taxonomy", "date", "modified", "level", "references", "tags",
        "fields", "falsepositives", "scope", "related", "logsource", "detection", "correlation",
    };

    /// <summary>Reads all documents of a rule file. One bad document does not hide the others, unless the YAML itself is broken.</summary>
    /// <param name="text">Contents of the file.</param>
    /// <param name="file">Name of the file as it is to stand in messages.</param>
    /// <param name="options">Limits and placeholder values.</param>
    public static SigmaParseResult Parse(string text, string file, SigmaParseOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);
        options ??= new SigmaParseOptions();
        var (documents, fault) = NodeReader.Read(text, file, options);
        var rules = new List<SigmaRule>();
        var errors = new List<Error>();
        foreach (var document in documents)
        {
            if (document is ScalarNode { IsNull: true }) continue;
            try
            {
                rules.Add(new DocumentParser(file, options).Parse(document));
            }
            catch (RuleRefused refused)
            {
                errors.Add(refused.Error);
            }
        }

        if (fault is not null) errors.Add(fault);
        if (rules.Count == 0 && errors.Count == 0)
            errors.Add(Error.Of("sigma.file.empty", "檔案中沒有規則。", "The file holds no rule.", file));
        return new SigmaParseResult(rules, errors);
    }

    private sealed class DocumentParser(string file, SigmaParseOptions options) : IRefuse
    {
        public SigmaRule Parse(Node document)
        {
            if (document is not MapNode map)
                throw Refuse(document, "sigma.rule.not-a-map", "規則必須是對映（鍵與值）。", "A rule must be a mapping of keys to values.");
            if (map["filter"] is { } filter)
                throw Refuse(filter, "sigma.filter.unsupported", "尚不支援 Sigma 過濾規則。", "Sigma filter rules are not supported yet.");
            if (map["action"] is { } action)
                throw Refuse(action, "sigma.rule.collection-unsupported", "不支援舊式規則集合（action）；請改為獨立規則。", "Old rule collections ('action') are not supported; write separate rules.");
            return map["correlation"] is { } correlation ? ParseCorrelation(map, correlation) : ParseDetection(map);
        }

        private SigmaDetectionRule ParseDetection(MapNode map)
        {
            if (map["logsource"] is not MapNode logsource)
                throw Refuse(map["logsource"] ?? map, "sigma.logsource.missing", "規則缺少 logsource。", "The rule has no 'logsource' mapping.");
            var source = new SigmaLogSource(LogSourceText(logsource, "product"), LogSourceText(logsource, "category"), LogSourceText(logsource, "service"));
            if (source is { Product: null, Category: null, Service: null })
                throw Refuse(logsource, "sigma.logsource.empty", "logsource 至少需要 product、category 或 service 其一。", "'logsource' needs at least one of product, category and service.");
            if (map["detection"] is not MapNode detection)
                throw Refuse(map["detection"] ?? map, "sigma.detection.missing", "規則缺少 detection。", "The rule has no 'detection' mapping.");
            if (detection["timeframe"] is { } timeframe)
                throw Refuse(timeframe, "sigma.detection.timeframe", "detection 的 timeframe 已從規格移除；請改用關聯規則。", "'timeframe' in a detection is gone from the specification; use a correlation rule.");
            var conditions = Conditions(detection);
            var compiler = new DetectionCompiler(this, options);
            var identifiers = new List<(string Name, Matcher Matcher)>();
            foreach (var (key, value) in detection.Entries)
            {
                if (key.Text != "condition") identifiers.Add((key.Text, compiler.CompileIdentifier(value)));
            }

            if (identifiers.Count == 0)
                throw Refuse(detection, "sigma.detection.empty", "detection 沒有搜尋識別項。", "'detection' has no search identifier.");
            var matchers = conditions.ConvertAll(condition => ConditionParser.Parse(condition, identifiers, this, options.MaxDepth));
            var common = Common(map);
            return new SigmaDetectionRule
            {
                Title = common.Title, Source = common.Source, Id = common.Id, Name = common.Name, Status = common.Status,
                Description = common.Description, License = common.License, Author = common.Author, Taxonomy = common.Taxonomy,
                Date = common.Date, Modified = common.Modified, Level = common.Level, References = common.References, Tags = common.Tags,
                Fields = common.Fields, FalsePositives = common.FalsePositives, Scope = common.Scope, Related = common.Related, Custom = common.Custom,
                LogSource = source,
                LogSourceDefinition = OptionalText(logsource, "definition"),
                Conditions = conditions.ConvertAll(condition => condition.Text),
                SearchIdentifiers = identifiers.ConvertAll(identifier => identifier.Name),
                Matcher = matchers.Count == 1 ? matchers[0] : new OrMatcher([.. matchers]),
            };
        }

        private List<ScalarNode> Conditions(MapNode detection)
        {
            switch (detection["condition"])
            {
                case ScalarNode { IsNull: false } single:
                    return [single];
                case ListNode { Items.Count: > 0 } list:
                    return list.Items.ConvertAll(item => item as ScalarNode
                        ?? throw Refuse(item, "sigma.condition.not-text", "condition 清單的項目必須是文字。", "The items of a 'condition' list must be text."));
                case { } other:
                    throw Refuse(other, "sigma.condition.not-text", "condition 必須是文字或文字清單。", "'condition' must be text or a list of texts.");
                default:
                    throw Refuse(detection, "sigma.condition.missing", "detection 缺少 condition。", "'detection' has no 'condition'.");
            }
        }

        private SigmaCorrelationRule ParseCorrelation(MapNode map, Node node)
        {
            if (node is not MapNode correlation)
                throw Refuse(node, "sigma.correlation.not-a-map", "correlation 必須是對映。", "'correlation' must be a mapping.");
            foreach (var (key, _) in correlation.Entries)
            {
                if (key.Text is not ("type" or "rules" or "group-by" or "timespan" or "condition" or "aliases" or "generate"))
                    throw Refuse(key, "sigma.correlation.key", $"不認得 correlation 的「{key.Text}」。", $"'{key.Text}' is not known in 'correlation'.");
            }

            var typeNode = Required(correlation, "type");
            var type = typeNode.Text switch
            {
                "event_count" => SigmaCorrelationType.EventCount,
                "value_count" => SigmaCorrelationType.ValueCount,
                "temporal" or "temporal_ordered" or "value_sum" or "value_avg" or "value_percentile" => throw Refuse(typeNode,
                    "sigma.correlation.type-unsupported", $"尚不支援關聯類型「{typeNode.Text}」；目前支援 event_count 與 value_count。",
                    $"The correlation type '{typeNode.Text}' is not supported yet; event_count and value_count are."),
                _ => throw Refuse(typeNode, "sigma.correlation.type-unknown", $"不認得關聯類型「{typeNode.Text}」。", $"'{typeNode.Text}' is not a correlation type."),
            };
            var rules = Texts(correlation, "rules");
            if (rules.Count == 0)
                throw Refuse(correlation, "sigma.correlation.rules", "correlation 缺少 rules。", "'correlation' names no 'rules'.");
            var generate = correlation["generate"] ?? map["generate"];
            var common = Common(map, "generate");
            return new SigmaCorrelationRule
            {
                Title = common.Title, Source = common.Source, Id = common.Id, Name = common.Name, Status = common.Status,
                Description = common.Description, License = common.License, Author = common.Author, Taxonomy = common.Taxonomy,
                Date = common.Date, Modified = common.Modified, Level = common.Level, References = common.References, Tags = common.Tags,
                Fields = common.Fields, FalsePositives = common.FalsePositives, Scope = common.Scope, Related = common.Related, Custom = common.Custom,
                Type = type,
                Rules = rules,
                GroupBy = Texts(correlation, "group-by"),
                Timespan = Timespan(Required(correlation, "timespan")),
                Condition = CorrelationCondition(correlation, type),
                Aliases = Aliases(correlation),
                Generate = generate switch
                {
                    null => false,
                    ScalarNode { Plain: true, Text: "true" or "True" or "TRUE" } => true,
                    ScalarNode { Plain: true, Text: "false" or "False" or "FALSE" } => false,
                    _ => throw Refuse(generate, "sigma.correlation.generate", "generate 必須是 true 或 false。", "'generate' must be true or false."),
                },
            };
        }

        private SigmaCorrelationCondition CorrelationCondition(MapNode correlation, SigmaCorrelationType type)
        {
            if (correlation["condition"] is not MapNode condition)
                throw Refuse(correlation["condition"] ?? correlation, "sigma.correlation.condition", "correlation 需要 condition 對映。", "'correlation' needs a 'condition' mapping.");
            long? minimum = null, maximum = null;
            List<string> fields = [];
            foreach (var (key, value) in condition.Entries)
            {
                if (key.Text == "field")
                {
                    fields = Texts(condition, "field");
                    continue;
                }

                if (key.Text is not ("gt" or "gte" or "lt" or "lte" or "eq" or "neq"))
                    throw Refuse(key, "sigma.correlation.condition-key", $"不認得條件「{key.Text}」。", $"'{key.Text}' is not a known condition.");
                if (value is not ScalarNode scalar || !long.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > int.MaxValue)
                    throw Refuse(value, "sigma.correlation.condition-number", "條件的值必須是不為負的整數。", "The condition's value must be a whole number, not negative.");
                switch (key.Text)
                {
                    case "gt": minimum = Math.Max(minimum ?? 0, number + 1); break;
                    case "gte": minimum = Math.Max(minimum ?? 0, number); break;
                    case "lt": maximum = Math.Min(maximum ?? long.MaxValue, number - 1); break;
                    case "lte": maximum = Math.Min(maximum ?? long.MaxValue, number); break;
                    case "eq":
                        minimum = Math.Max(minimum ?? 0, number);
                        maximum = Math.Min(maximum ?? long.MaxValue, number);
                        break;
                    default:
                        throw Refuse(key, "sigma.correlation.condition-unsupported", "尚不支援關聯條件 neq。", "The correlation condition 'neq' is not supported yet.");
                }
            }

            if (minimum is not > 0)
            {
                throw Refuse(condition, "sigma.correlation.condition-no-minimum",
                    "只有上限（lt、lte）或下限為零的條件，須等時間窗關閉才能判定，尚不支援；請加上 gt 或 gte。",
                    "A condition without a lower bound above zero can only be decided when the window closes, which is not supported yet; add 'gt' or 'gte'.");
            }

            if (maximum < minimum)
                throw Refuse(condition, "sigma.correlation.condition-never", "條件的上限小於下限，永遠不會成立。", "The condition's upper bound is below its lower bound, so it can never hold.");
            if (type == SigmaCorrelationType.ValueCount && fields.Count == 0)
                throw Refuse(condition, "sigma.correlation.field", "value_count 需要 condition 的 field。", "value_count needs 'field' in its condition.");
            if (type == SigmaCorrelationType.EventCount && fields.Count > 0)
                throw Refuse(condition, "sigma.correlation.field", "event_count 不使用 field。", "event_count takes no 'field'.");
            return new SigmaCorrelationCondition(minimum.Value, maximum, fields);
        }

        private Dictionary<string, IReadOnlyDictionary<string, string>> Aliases(MapNode correlation)
        {
            var result = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
            if (correlation["aliases"] is not { } node) return result;
            if (node is not MapNode aliases)
                throw Refuse(node, "sigma.correlation.aliases", "aliases 必須是對映。", "'aliases' must be a mapping.");
            foreach (var (alias, value) in aliases.Entries)
            {
                if (value is not MapNode byRule)
                    throw Refuse(value, "sigma.correlation.aliases", "別名必須對映規則與欄位。", "An alias must map rules to fields.");
                result[alias.Text] = byRule.Entries.ToDictionary(entry => entry.Key.Text, entry => Text(entry.Value), StringComparer.Ordinal);
            }

            return result;
        }

        private TimeSpan Timespan(ScalarNode node)
        {
            var text = node.Text;
            if (text.Length >= 2 && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number is > 0 and <= 31_536_000)
            {
                var seconds = text[^1] switch { 's' => number, 'm' => number * 60, 'h' => number * 3_600, 'd' => number * 86_400, _ => 0 };
                if (seconds is > 0 and <= 31_536_000) return TimeSpan.FromSeconds(seconds);
            }

            throw Refuse(node, "sigma.correlation.timespan", $"「{text}」不是時間長度；請寫成數字加 s、m、h 或 d，最長 365d。",
                $"'{text}' is not a time span; write a number and s, m, h or d, at most 365d.");
        }

        private SigmaDetectionRule Common(MapNode map, string? alsoKnown = null)
        {
            var title = Required(map, "title").Text;
            if (title.Length > MaxTitleLength)
                throw Refuse(map["title"]!, "sigma.rule.title-too-long", $"標題超過 {MaxTitleLength} 個字元。", $"The title has more than {MaxTitleLength} characters.");
            var description = OptionalText(map, "description");
            if (description?.Length > MaxDescriptionLength)
                throw Refuse(map["description"]!, "sigma.rule.description-too-long", $"說明超過 {MaxDescriptionLength} 個字元。", $"The description has more than {MaxDescriptionLength} characters.");
            var taxonomy = OptionalText(map, "taxonomy");
            if (taxonomy is not (null or "sigma"))
                throw Refuse(map["taxonomy"]!, "sigma.rule.taxonomy", $"尚不支援欄位命名「{taxonomy}」。", $"The taxonomy '{taxonomy}' is not supported yet.");
            return new SigmaDetectionRule
            {
                Title = title,
                Source = $"{file}:{map.Line}",
                Id = OptionalText(map, "id"),
                Name = OptionalText(map, "name"),
                Status = OneOf(map, "status", "stable", "test", "experimental", "deprecated", "unsupported"),
                Description = description,
                License = OptionalText(map, "license"),
                Author = OptionalText(map, "author"),
                Taxonomy = taxonomy,
                Date = OptionalDate(map, "date"),
                Modified = OptionalDate(map, "modified"),
                Level = OneOf(map, "level", "informational", "low", "medium", "high", "critical") switch
                {
                    null => null,
                    "informational" => SigmaLevel.Informational,
                    "low" => SigmaLevel.Low,
                    "medium" => SigmaLevel.Medium,
                    "high" => SigmaLevel.High,
                    _ => SigmaLevel.Critical,
                },
                References = Texts(map, "references"),
                Tags = Texts(map, "tags"),
                Fields = Texts(map, "fields"),
                FalsePositives = Texts(map, "falsepositives"),
                Scope = Texts(map, "scope"),
                Related = Related(map),
                Custom = map.Entries.Where(entry => !Known.Contains(entry.Key.Text) && entry.Key.Text != alsoKnown)
                    .ToDictionary(entry => entry.Key.Text, entry => entry.Value.ToPlain(), StringComparer.Ordinal),
                LogSource = new SigmaLogSource(),
                Conditions = [],
                SearchIdentifiers = [],
            };
        }

        private List<SigmaRelation> Related(MapNode map)
        {
            if (map["related"] is not { } node) return [];
            if (node is not ListNode list)
                throw Refuse(node, "sigma.rule.related", "related 必須是清單。", "'related' must be a list.");
            return list.Items.ConvertAll(item => item is MapNode entry
                ? new SigmaRelation(Required(entry, "id").Text, Required(entry, "type").Text)
                : throw Refuse(item, "sigma.rule.related", "related 的項目需要 id 與 type。", "An item of 'related' needs 'id' and 'type'."));
        }

        private string? OneOf(MapNode map, string key, params string[] values)
        {
            var text = OptionalText(map, key);
            if (text is not null && !values.Contains(text, StringComparer.Ordinal))
            {
                throw Refuse(map[key]!, $"sigma.rule.{key}", $"{key} 必須是 {string.Join("、", values)} 其一，而不是「{text}」。",
                    $"'{key}' must be one of {string.Join(", ", values)}, not '{text}'.");
            }

            return text;
        }

        private DateOnly? OptionalDate(MapNode map, string key)
        {
            var text = OptionalText(map, key);
            if (text is null) return null;
            // Sigma 2 writes 2026-08-05; rules of version 1 wrote 2026/08/05.
            if (DateOnly.TryParseExact(text, ["yyyy-MM-dd", "yyyy/MM/dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) return date;
            throw Refuse(map[key]!, $"sigma.rule.{key}", $"「{text}」不是日期；請寫成 YYYY-MM-DD。", $"'{text}' is not a date; write YYYY-MM-DD.");
        }

        private string? LogSourceText(MapNode logsource, string key) => OptionalText(logsource, key)?.ToLowerInvariant();

        private string? OptionalText(MapNode map, string key) => map[key] switch
        {
            null or ScalarNode { IsNull: true } => null,
            var node => Text(node),
        };

        private string Text(Node node) => node is ScalarNode scalar
            ? scalar.Text
            : throw Refuse(node, "sigma.rule.not-text", "此處必須是文字。", "Text was expected here.");

        private List<string> Texts(MapNode map, string key) => map[key] switch
        {
            null or ScalarNode { IsNull: true } => [],
            ScalarNode single => [single.Text],
            ListNode list => list.Items.ConvertAll(Text),
            var other => throw Refuse(other, "sigma.rule.not-a-list", $"{key} 必須是文字清單。", $"'{key}' must be a list of texts."),
        };

        private ScalarNode Required(MapNode map, string key) => map[key] is ScalarNode { IsNull: false, Text.Length: > 0 } scalar
            ? scalar
            : throw Refuse(map[key] ?? map, "sigma.rule.missing", $"缺少 {key}。", $"'{key}' is missing.");

        public RuleRefused Refuse(Node node, string code, string zh, string en) => new(Error.Of(code, zh, en, $"{file}:{node.Line}:{node.Column}"));
    }

}
