using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
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
    private const int MaxOrderedExpression = 8;

    private static readonly string[] Kinds = ["detection", "correlation", "filter"];

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "title", "id", "name", "status", "description", "license", "author", "taxonomy", "date", "modified", "level", "references", "tags",
        "fields", "falsepositives", "scope", "related", "logsource", "detection", "correlation", "filter",
    };

    /// <summary>Reads all documents of a rule file. One bad document does not hide the others, unless the YAML itself is broken.</summary>
    /// <param name="text">Contents of the file.</param>
    /// <param name="file">Name of the file as it is to stand in messages.</param>
    /// <param name="options">Limits and placeholder values.</param>
    public static SigmaParseResult Parse(string text, string file, SigmaParseOptions? options = null)
    {
        return Parse(text, file, options, null);
    }

    /// <param name="text">Contents of the file.</param>
    /// <param name="file">Name of the file as it is to stand in messages.</param>
    /// <param name="options">Limits and placeholder values.</param>
    /// <param name="findings">Receives what can be said of rules that are taken; <see langword="null"/> to look for no more than reading shows.</param>
    internal static SigmaParseResult Parse(string text, string file, SigmaParseOptions? options, List<SigmaFinding>? findings)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);
        options ??= new SigmaParseOptions();
        var (documents, fault) = NodeReader.Read(text, file, options);
        var rules = new List<SigmaRule>();
        var errors = new List<Error>();
        var warnings = new List<Error>();
        foreach (var document in documents)
        {
            if (document is ScalarNode { IsNull: true }) continue;
            var parser = new DocumentParser(file, options, thorough: findings is not null);
            try
            {
                rules.Add(parser.Parse(document) with { Fingerprint = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(document.ToPlain()))) });
                warnings.AddRange(parser.Findings.Where(finding => finding.Severity == SigmaSeverity.Warning).Select(finding => finding.ToError()));
                findings?.AddRange(parser.Findings);
            }
            catch (RuleRefused refused)
            {
                errors.Add(refused.Error);
            }
        }

        if (fault is not null) errors.Add(fault);
        if (rules.Count == 0 && errors.Count == 0)
            errors.Add(Error.Of("sigma.file.empty", "檔案中沒有規則。", "The file holds no rule.", file));
        return new SigmaParseResult(rules, errors) { Warnings = warnings };
    }

    private sealed class DocumentParser(string file, SigmaParseOptions options, bool thorough) : IRefuse
    {
        public List<SigmaFinding> Findings { get; } = [];

        public bool IsThorough => thorough;

        public SigmaRule Parse(Node document)
        {
            if (document is not MapNode map)
                throw Refuse(document, "sigma.rule.not-a-map", "規則必須是對映（鍵與值）。", "A rule must be a mapping of keys to values.");
            if (map["action"] is { } action)
                throw Refuse(action, "sigma.rule.collection-unsupported", "不支援舊式規則集合（action）；請改為獨立規則。", "Old rule collections ('action') are not supported; write separate rules.");
            string[] kinds = [.. Kinds.Where(kind => map[kind] is not null)];
            if (kinds.Length > 1)
            {
                throw Refuse(map[kinds[1]]!, "sigma.rule.two-kinds", $"一份文件不可同時有 {string.Join(" 與 ", kinds)}；請以 --- 分開。",
                    $"One document cannot have {string.Join(" and ", kinds)}; separate them by ---.");
            }

            if (thorough) SchemaCheck.Run(map, this);
            return kinds switch
            {
                ["correlation"] => ParseCorrelation(map, map["correlation"]!),
                ["filter"] => ParseFilter(map, map["filter"]!),
                _ => ParseDetection(map),
            };
        }

        private SigmaLogSource LogSource(MapNode map, out MapNode logsource)
        {
            logsource = map["logsource"] as MapNode
                ?? throw Refuse(map["logsource"] ?? map, "sigma.logsource.missing", "規則缺少 logsource。", "The rule has no 'logsource' mapping.");
            var source = new SigmaLogSource(LogSourceText(logsource, "product"), LogSourceText(logsource, "category"), LogSourceText(logsource, "service"));
            if (source is { Product: null, Category: null, Service: null })
                throw Refuse(logsource, "sigma.logsource.empty", "logsource 至少需要 product、category 或 service 其一。", "'logsource' needs at least one of product, category and service.");
            return source;
        }

        private SigmaDetectionRule ParseDetection(MapNode map)
        {
            var source = LogSource(map, out var logsource);
            if (map["detection"] is not MapNode detection)
                throw Refuse(map["detection"] ?? map, "sigma.detection.missing", "規則缺少 detection。", "The rule has no 'detection' mapping.");
            if (detection["timeframe"] is { } timeframe)
                throw Refuse(timeframe, "sigma.detection.timeframe", "detection 的 timeframe 已從規格移除；請改用關聯規則。", "'timeframe' in a detection is gone from the specification; use a correlation rule.");
            var (conditions, identifiers, matcher) = Search(detection, []);
            var common = Common(map);
            return new SigmaDetectionRule
            {
                Title = common.Title, Source = common.Source, Id = common.Id, Name = common.Name, Status = common.Status,
                Description = common.Description, License = common.License, Author = common.Author, Taxonomy = common.Taxonomy,
                Date = common.Date, Modified = common.Modified, Level = common.Level, References = common.References, Tags = common.Tags,
                Fields = common.Fields, FalsePositives = common.FalsePositives, Scope = common.Scope, Related = common.Related, Custom = common.Custom,
                LogSource = source,
                LogSourceDefinition = OptionalText(logsource, "definition"),
                LogSourceCustom = logsource.Entries.Where(entry => entry.Key.Text is not ("product" or "category" or "service" or "definition"))
                    .ToDictionary(entry => entry.Key.Text, entry => entry.Value.ToPlain(), StringComparer.Ordinal),
                Conditions = conditions.ConvertAll(condition => condition.Text),
                SearchIdentifiers = identifiers.ConvertAll(identifier => identifier.Name),
                Matcher = matcher,
            };
        }

        /// <summary>Search identifiers and the conditions over them, of a detection or a filter.</summary>
        private (List<ScalarNode> Conditions, List<(string Name, Matcher Matcher)> Identifiers, Matcher Matcher) Search(MapNode map, string[] notIdentifiers)
        {
            var conditions = Conditions(map);
            var compiler = new DetectionCompiler(this, options);
            var identifiers = new List<(string Name, Matcher Matcher)>();
            foreach (var (key, value) in map.Entries)
            {
                if (key.Text != "condition" && !notIdentifiers.Contains(key.Text, StringComparer.Ordinal)) identifiers.Add((key.Text, compiler.CompileIdentifier(value)));
            }

            if (identifiers.Count == 0)
                throw Refuse(map, "sigma.detection.empty", "detection 沒有搜尋識別項。", "'detection' has no search identifier.");
            var matchers = conditions.ConvertAll(condition => ConditionParser.Parse(condition, identifiers, this, options.MaxDepth));
            if (thorough) ConditionCheck.Run(map, conditions, identifiers, this, options.MaxDepth);
            return (conditions, identifiers, matchers.Count == 1 ? matchers[0] : new OrMatcher([.. matchers]));
        }

        private SigmaFilterRule ParseFilter(MapNode map, Node node)
        {
            var source = LogSource(map, out _);
            if (node is not MapNode filter)
                throw Refuse(node, "sigma.filter.not-a-map", "filter 必須是對映。", "'filter' must be a mapping.");
            List<string> rules = filter["rules"] is ScalarNode { Text: "any" } ? [] : Texts(filter, "rules");
            if (rules.Count == 0 && filter["rules"] is not ScalarNode { Text: "any" })
                throw Refuse(filter["rules"] ?? filter, "sigma.filter.rules", "filter 缺少 rules；請列出規則，或寫 any。", "'filter' names no 'rules'; list them, or write any.");
            var (conditions, identifiers, matcher) = Search(filter, ["rules"]);
            var before = Findings.Count;
            var names = identifiers.Select((identifier, i) => (identifier.Name, (Matcher)new SeenMatcher(i))).ToList();
            foreach (var condition in conditions)
            {
                if (!ConditionCheck.AsksForAny(ConditionParser.Parse(condition, names, this, options.MaxDepth))) continue;
                Note(condition, SigmaSeverity.Warning, "sigma.filter.not-negative", "過濾規則的條件以 AND 加到規則上；此條件不是否定，規則因此只會在符合它時成立。若要排除，請寫 not。",
                    "A filter's condition is added to the rules with AND; this one is not negative, so the rules match only where it does. To exclude, write 'not'.");
            }

            var common = Common(map);
            return new SigmaFilterRule
            {
                Title = common.Title, Source = common.Source, Id = common.Id, Name = common.Name, Status = common.Status,
                Description = common.Description, License = common.License, Author = common.Author, Taxonomy = common.Taxonomy,
                Date = common.Date, Modified = common.Modified, Level = common.Level, References = common.References, Tags = common.Tags,
                Fields = common.Fields, FalsePositives = common.FalsePositives, Scope = common.Scope, Related = common.Related, Custom = common.Custom,
                LogSource = source,
                Rules = rules,
                Conditions = conditions.ConvertAll(condition => condition.Text),
                SearchIdentifiers = identifiers.ConvertAll(identifier => identifier.Name),
                Matcher = matcher,
                Warnings = Findings[before..].ConvertAll(finding => finding.ToError()),
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
                "temporal" => SigmaCorrelationType.Temporal,
                "temporal_ordered" => SigmaCorrelationType.TemporalOrdered,
                "value_sum" => SigmaCorrelationType.ValueSum,
                "value_avg" => SigmaCorrelationType.ValueAverage,
                "value_percentile" => SigmaCorrelationType.ValuePercentile,
                _ => throw Refuse(typeNode, "sigma.correlation.type-unknown", $"不認得關聯類型「{typeNode.Text}」。", $"'{typeNode.Text}' is not a correlation type."),
            };
            var rules = Texts(correlation, "rules");
            if (rules.Count == 0)
                throw Refuse(correlation, "sigma.correlation.rules", "correlation 缺少 rules。", "'correlation' names no 'rules'.");
            if (rules.GroupBy(rule => rule, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } twice)
            {
                throw Refuse(correlation["rules"]!, "sigma.correlation.rules-duplicate", $"rules 中「{twice.Key}」出現兩次。", $"'{twice.Key}' occurs twice in 'rules'.");
            }

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
                Condition = CorrelationCondition(correlation, type, rules),
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

        private SigmaCorrelationCondition CorrelationCondition(MapNode correlation, SigmaCorrelationType type, List<string> rules)
        {
            var temporal = type is SigmaCorrelationType.Temporal or SigmaCorrelationType.TemporalOrdered;
            switch (correlation["condition"])
            {
                case null when temporal:
                    return new SigmaCorrelationCondition(rules.Count, null, []) { Bounds = [new SigmaBound(SigmaBoundOperator.GreaterOrEqual, rules.Count)] };
                case ScalarNode { IsNull: false } expression when temporal:
                    return Expression(expression, type, rules);
                case MapNode condition:
                    return Bounds(condition, type, rules);
                case var other:
                    throw Refuse(other ?? correlation, "sigma.correlation.condition", "correlation 需要 condition 對映。", "'correlation' needs a 'condition' mapping.");
            }
        }

        private SigmaCorrelationCondition Expression(ScalarNode node, SigmaCorrelationType type, List<string> rules)
        {
            if (type == SigmaCorrelationType.TemporalOrdered && rules.Count > MaxOrderedExpression)
            {
                throw Refuse(node, "sigma.correlation.expression-too-many", $"temporal_ordered 的條件式最多 {MaxOrderedExpression} 條規則。",
                    $"A condition of temporal_ordered over names takes {MaxOrderedExpression} rules at most.");
            }

            var names = rules.Select((rule, i) => (rule, (Matcher)new SeenMatcher(i))).ToList();
            return new SigmaCorrelationCondition(0, null, []) { Expression = node.Text, ExpressionMatcher = ConditionParser.Parse(node, names, this, options.MaxDepth) };
        }

        private SigmaCorrelationCondition Bounds(MapNode condition, SigmaCorrelationType type, List<string> rules)
        {
            var whole = type is not (SigmaCorrelationType.ValueSum or SigmaCorrelationType.ValueAverage or SigmaCorrelationType.ValuePercentile);
            var bounds = new List<SigmaBound>();
            List<string> fields = [];
            double? percentile = null;
            foreach (var (key, value) in condition.Entries)
            {
                if (key.Text == "field")
                {
                    fields = Texts(condition, "field");
                    continue;
                }

                if (key.Text == "percentile" && type == SigmaCorrelationType.ValuePercentile)
                {
                    percentile = Number(value, whole: false);
                    if (percentile is < 0 or > 100)
                        throw Refuse(value, "sigma.correlation.percentile", "百分位必須在 0 到 100 之間。", "A percentile is a number from 0 to 100.");
                    continue;
                }

                bounds.Add(new SigmaBound(key.Text switch
                {
                    "gt" => SigmaBoundOperator.Greater,
                    "gte" => SigmaBoundOperator.GreaterOrEqual,
                    "lt" => SigmaBoundOperator.Less,
                    "lte" => SigmaBoundOperator.LessOrEqual,
                    "eq" => SigmaBoundOperator.Equal,
                    "neq" => SigmaBoundOperator.NotEqual,
                    _ => throw Refuse(key, "sigma.correlation.condition-key", $"不認得條件「{key.Text}」。", $"'{key.Text}' is not a known condition."),
                }, Number(value, whole)));
            }

            if (bounds.Count == 0)
                throw Refuse(condition, "sigma.correlation.condition-empty", "condition 需要 gt、gte、lt、lte、eq 或 neq 其一。", "'condition' needs one of gt, gte, lt, lte, eq and neq.");
            var needed = type switch
            {
                SigmaCorrelationType.EventCount or SigmaCorrelationType.Temporal or SigmaCorrelationType.TemporalOrdered => fields.Count == 0,
                SigmaCorrelationType.ValueCount => fields.Count > 0,
                _ => fields.Count == 1,
            };
            if (!needed)
            {
                throw fields.Count == 0
                    ? Refuse(condition, "sigma.correlation.field", "此關聯類型需要 condition 的 field。", "This correlation type needs 'field' in its condition.")
                    : whole && type != SigmaCorrelationType.ValueCount
                        ? Refuse(condition["field"]!, "sigma.correlation.field", "此關聯類型不使用 field。", "This correlation type takes no 'field'.")
                        : Refuse(condition["field"]!, "sigma.correlation.field", "此關聯類型只能有一個 field。", "This correlation type takes one 'field' only.");
            }

            long minimum = 0;
            long? maximum = null;
            // A count is taken with an event, so it is 1 at least; of different rules there are as many as are named at most.
            double least = whole ? 1 : type == SigmaCorrelationType.ValuePercentile && percentile is null ? 0 : double.NegativeInfinity;
            var most = type is SigmaCorrelationType.Temporal or SigmaCorrelationType.TemporalOrdered ? rules.Count
                : type == SigmaCorrelationType.ValuePercentile && percentile is null ? 100 : double.PositiveInfinity;
            foreach (var bound in bounds)
            {
                switch (bound.Operator)
                {
                    case SigmaBoundOperator.Greater: least = Math.Max(least, whole ? bound.Value + 1 : Math.BitIncrement(bound.Value)); break;
                    case SigmaBoundOperator.GreaterOrEqual: least = Math.Max(least, bound.Value); break;
                    case SigmaBoundOperator.Less: most = Math.Min(most, whole ? bound.Value - 1 : Math.BitDecrement(bound.Value)); break;
                    case SigmaBoundOperator.LessOrEqual: most = Math.Min(most, bound.Value); break;
                    case SigmaBoundOperator.Equal:
                        least = Math.Max(least, bound.Value);
                        most = Math.Min(most, bound.Value);
                        break;
                    case SigmaBoundOperator.NotEqual: break;
                }
            }

            if (most < least || (most.Equals(least) && bounds.Exists(bound => bound.Operator == SigmaBoundOperator.NotEqual && bound.Value.Equals(least))))
            {
                throw Refuse(condition, "sigma.correlation.condition-never", "條件永遠不會成立：上下限互相矛盾，或要求的數量為零（沒有事件便不會判定），或多於規則數。",
                    "The condition can never hold: its bounds contradict each other, or ask for none (nothing is looked at without an event), or for more than there are rules.");
            }

            if (whole)
            {
                if (bounds.Exists(bound => bound.Operator is SigmaBoundOperator.Greater or SigmaBoundOperator.GreaterOrEqual or SigmaBoundOperator.Equal)) minimum = (long)least;
                if (most < long.MaxValue) maximum = (long)most;
            }

            if (thorough && bounds.TrueForAll(bound => bound.Operator is SigmaBoundOperator.Less or SigmaBoundOperator.LessOrEqual or SigmaBoundOperator.NotEqual) && whole)
            {
                Note(condition, SigmaSeverity.Warning, "sigma.lint.upper-bound-only", "條件只有上限：每個事件到達時判定，因此第一個事件就會成立。",
                    "The condition has upper bounds only: it is looked at with each event, so it holds from the first one on.");
            }

            return new SigmaCorrelationCondition(minimum, maximum, fields) { Bounds = bounds, Percentile = percentile };
        }

        private double Number(Node value, bool whole)
        {
            if (value is ScalarNode scalar)
            {
                if (whole && long.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= int.MaxValue) return number;
                if (!whole && double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var figure) && double.IsFinite(figure)) return figure;
            }

            throw whole
                ? Refuse(value, "sigma.correlation.condition-number", "條件的值必須是不為負的整數。", "The condition's value must be a whole number, not negative.")
                : Refuse(value, "sigma.correlation.condition-number", "條件的值必須是數字。", "The condition's value must be a number.");
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
            if (taxonomy is not (null or "sigma") && !options.Taxonomies.Contains(taxonomy))
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
                // A correlation has no log source of its own; one that is written there is kept as what it is, a field of the author's.
                Custom = map.Entries.Where(entry => (!Known.Contains(entry.Key.Text) && entry.Key.Text != alsoKnown) || (entry.Key.Text == "logsource" && map["correlation"] is not null))
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

        public void Note(Node node, SigmaSeverity severity, string code, string zh, string en) =>
            Findings.Add(new SigmaFinding(code, severity, $"{file}:{node.Line}:{node.Column}", new LocalizedText(zh, en)));
    }
}
