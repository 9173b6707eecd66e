using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma.Indexing;

/// <summary>
/// All rules compiled together. Equal conditions are one node, however many rules share them. What can be decided by finding a literal is a
/// predicate, true when one of its literals was found; the literals of a field are found at once. A rule is evaluated only when one of its
/// necessary predicates was found, or when it has none. The answer is that of evaluating each rule's matcher.
/// </summary>
internal sealed class RuleIndex
{
    /// <summary>More spellings than this are tried by the pattern itself.</summary>
    private const int MaxSpellings = 125;

    private const int MaxRoutes = 4_096;
    private const int MaxVectorized = 64;

    private static readonly int[] Holding = [0];

    private readonly SigmaDetectionRule[] rules;
    private readonly int[][] rulesOfRoot;
    private readonly bool[] needsNothing;
    private readonly Node[] nodes;
    private readonly FieldIndex[] fields;
    private readonly bool[] hasLiterals;
    private readonly string[] fieldNames;
    private readonly NameTable fieldByName;
    private readonly FieldIndex keywords;
    private readonly int[][] rootsOfPredicate;
    private readonly int[][] fieldsOfRoot;
    private readonly string[]?[] keywordsOfRoot;
    private readonly ConcurrentDictionary<SigmaLogSource, Route> routes = new();
    private readonly Route everything;
    private readonly Scratch?[] spare = new Scratch?[16];

    public RuleIndex(IReadOnlyList<CompiledRule> compiled)
    {
        var builder = new Builder();
        rules = [.. compiled.Select(item => item.Rule)];
        var roots = new Dictionary<int, List<int>>();
        for (var i = 0; i < rules.Length; i++)
        {
            var node = builder.NodeFor(compiled[i].Matcher);
            if (!roots.TryGetValue(node, out var same)) roots[node] = same = [];
            same.Add(i);
        }

        var rootNodes = roots.Keys.ToArray();
        RootNodes = rootNodes;
        rulesOfRoot = [.. rootNodes.Select(node => roots[node].ToArray())];
        nodes = [.. builder.Nodes];
        PredicateCount = builder.PredicateCount;
        keywords = builder.Keywords;
        // A field in whose values no literal is looked for has a number too where the answers of its tests are remembered.
        foreach (var node in nodes)
        {
            if (node.Matcher is FieldMatcher { Test.ReadsText: true } asked) builder.Fields.TryAdd(asked.Name, new FieldIndex());
        }

        fieldNames = [.. builder.Fields.Keys];
        fields = [.. builder.Fields.Values];
        fieldByName = new NameTable(fieldNames);
        MemoCount = FieldCount + 1;
        foreach (var node in nodes)
        {
            if (node.Matcher is FieldMatcher { Test.ReadsText: true } asked) (node.Field, node.Answers) = (fieldByName.IndexOf(asked.Name), MemoCount++);
        }

        keywords.Build();
        foreach (var field in fields) field.Build();
        hasLiterals = [.. fields.Select(field => !field.IsEmpty)];

        needsNothing = new bool[rootNodes.Length];
        var proposed = new List<int>[PredicateCount];
        fieldsOfRoot = new int[rootNodes.Length][];
        keywordsOfRoot = new string[]?[rootNodes.Length];
        for (var root = 0; root < rootNodes.Length; root++)
        {
            var (used, asked) = (new HashSet<int>(), new HashSet<int>());
            Collect(rootNodes[root], used, asked);
            asked.UnionWith(used.SelectMany(predicate => builder.FieldOf[predicate] ?? []).Select(name => fieldByName.IndexOf(name)));
            fieldsOfRoot[root] = [.. asked];
            if (used.Any(predicate => builder.KeywordsOf[predicate] is not null)) keywordsOfRoot[root] = [.. used.SelectMany(predicate => builder.KeywordsOf[predicate] ?? []).Distinct(StringComparer.Ordinal)];
            var (witnesses, _) = builder.Witnesses(rootNodes[root]);
            if (witnesses is null)
            {
                needsNothing[root] = true;
                continue;
            }

            foreach (var predicate in witnesses) (proposed[predicate] ??= []).Add(root);
        }

        rootsOfPredicate = [.. proposed.Select(list => list?.ToArray() ?? [])];
        everything = new Route(this, null);
    }

    public int PredicateCount { get; }

    public int NodeCount => nodes.Length;

    public int RootCount => rulesOfRoot.Length;

    public int FieldCount => fields.Length;

    /// <summary>Number of things of which values are remembered: the fields, the keywords, and the tests that are tried.</summary>
    public int MemoCount { get; }

    /// <summary>Rules of which nothing needs to be found before they are evaluated, for measurements.</summary>
    public int AlwaysTried => needsNothing.Count(always => always);

    /// <summary>States of all automata, for measurements.</summary>
    public long States => fields.Sum(one => (long)one.States) + keywords.States;

    private int[] RootNodes { get; }

    public ReadOnlySpan<int> RootsOf(int predicate) => rootsOfPredicate[predicate];

    /// <summary>The rules that match, in the order of the sources and then of the rules.</summary>
    public IReadOnlyList<SigmaDetectionRule> Match(ISigmaEvent item, IReadOnlyList<SigmaLogSource>? sources, out int timeouts)
    {
        var scratch = Take(out var slot);
        scratch.Begin();
        var ways = scratch.Routes;
        if (sources is null) ways.Add(everything);
        for (var i = 0; i < sources?.Count; i++)
        {
            var route = RouteFor(sources[i]);
            if (route.RootCount > 0) ways.Add(route);
        }

        var found = false;
        if (ways.Count > 0)
        {
            Gather(CollectionsMarshal.AsSpan(ways), item, scratch);
            foreach (var route in ways) found |= Evaluate(route, item, scratch);
        }

        var matches = found ? InOrder(scratch, sources) : (IReadOnlyList<SigmaDetectionRule>)[];
        timeouts = scratch.Evaluation.Timeouts;
        Volatile.Write(ref spare[slot], scratch);
        return matches;
    }

    /// <summary>
    /// A scratch of nobody else. A thread begins to look at a place of its own, so that it mostly finds the one it had, and what that remembers. When all are in use, or
    /// none was put back yet, a new one is made.
    /// </summary>
    private Scratch Take(out int slot)
    {
        var first = Environment.CurrentManagedThreadId;
        for (var i = 0; i < spare.Length; i++)
        {
            slot = unchecked(first + i) & (spare.Length - 1);
            if (Volatile.Read(ref spare[slot]) is not null && Interlocked.Exchange(ref spare[slot], null) is { } scratch) return scratch;
        }

        slot = first & (spare.Length - 1);
        return new Scratch(this);
    }

    private Route RouteFor(SigmaLogSource source)
    {
        if (routes.TryGetValue(source, out var route)) return route;
        route = new Route(this, source);
        if (routes.Count < MaxRoutes) routes.TryAdd(source, route);
        return route;
    }

    private void Gather(ReadOnlySpan<Route> ways, ISigmaEvent item, Scratch scratch)
    {
        if (item is ISigmaFieldList list)
        {
            for (var i = 0; i < list.FieldCount; i++)
            {
                var kind = list.FieldAt(i, out var name, out var text);
                if (kind == SigmaValueKind.Null || fieldByName.IndexOf(name) is var field && field < 0 || !AnyUses(ways, field) || !scratch.Take(field, i) || !hasLiterals[field]) continue;
                if (kind == SigmaValueKind.Many) LookInto(field, fields[field], list.ValueAt(i), scratch);
                else scratch.Look(field, fields[field], kind, text);
            }
        }
        else
        {
            var shape = (item as ISigmaShapedEvent)?.Shape;
            foreach (var route in ways)
            {
                foreach (var field in shape is null ? route.Fields : route.FieldsOf(shape, fieldNames))
                {
                    if (hasLiterals[field] && scratch.Take(field, -1) && item.TryGet(fieldNames[field], out var value)) LookInto(field, fields[field], value, scratch);
                }
            }
        }

        foreach (var route in ways)
        {
            if (route.LooksForKeywords && scratch.TakeKeywords(route.Keywords)) GatherKeywords(route, item, scratch);
        }
    }

    private static bool AnyUses(ReadOnlySpan<Route> ways, int field)
    {
        foreach (var route in ways)
        {
            if (route.Uses(field)) return true;
        }

        return false;
    }

    private void GatherKeywords(Route route, ISigmaEvent item, Scratch scratch)
    {
        var list = item as ISigmaFieldList;
        if (route.Keywords is not null && list?.MayHold(route.Keywords) == false) return;
        for (var i = 0; i < item.KeywordValueCount; i++)
        {
            if (list?.KeywordAt(i, out var text) is { } kind && kind != SigmaValueKind.Many)
            {
                if (kind != SigmaValueKind.Null) scratch.LookForKeywords(FieldCount, keywords, kind, text, route.Keywords);
            }
            else if (item.KeywordValueAt(i, out _) is var value && (route.Keywords is null || value.Kind == SigmaValueKind.Many || value.Text.AsSpan().ContainsAny(route.Keywords)))
            {
                LookInto(FieldCount, keywords, value, scratch);
            }
        }
    }

    private static void LookInto(int field, FieldIndex index, in SigmaValue value, Scratch scratch)
    {
        switch (value.Kind)
        {
            case SigmaValueKind.Null:
                return;
            case SigmaValueKind.Many:
                var items = value.Items;
                for (var i = 0; i < items.Count; i++)
                {
                    if (items[i].Kind != SigmaValueKind.Null) scratch.Look(field, index, items[i].Kind, items[i].Text);
                }

                return;
            default:
                scratch.Look(field, index, value.Kind, value.Text);
                return;
        }
    }

    private bool Evaluate(Route route, ISigmaEvent item, Scratch scratch)
    {
        foreach (var root in route.Always) scratch.Propose(root);
        var found = false;
        foreach (var root in scratch.Candidates)
        {
            if (route.Has(root) && Holds(RootNodes[root], item, scratch)) found = true;
        }

        return found;
    }

    private bool Holds(int index, ISigmaEvent item, Scratch scratch)
    {
        var node = nodes[index];
        if (node.Kind == NodeKind.Found) return scratch.IsHit(node.Predicate);
        if (scratch.TryValue(index, out var value)) return value;
        value = node.Kind switch
        {
            NodeKind.And => All(node.Children, item, scratch),
            NodeKind.Or => Any(node.Children, item, scratch),
            NodeKind.Not => !Holds(node.Children[0], item, scratch),
            _ => (node.Predicate < 0 || scratch.IsHit(node.Predicate)) && Try(node, item, scratch),
        };
        return scratch.Remember(index, value);
    }

    private static bool Try(Node node, ISigmaEvent item, Scratch scratch)
    {
        // The same answer as last time where it follows from the value alone, and the value is that of last time.
        var place = -1;
        var kind = SigmaValueKind.Null;
        ReadOnlySpan<char> text = default;
        if (node.Answers >= 0 && item is ISigmaFieldList list && scratch.PlaceOf(node.Field) is var at && at >= 0)
        {
            kind = list.FieldAt(at, out _, out text);
            if (kind is not SigmaValueKind.Many && scratch.Memo.TryGet(node.Answers, kind, text, out var known, out place)) return known.Length > 0;
        }

        var before = scratch.Evaluation.Timeouts;
        var holds = kind is SigmaValueKind.Null or SigmaValueKind.Many ? node.Matcher!.Matches(item, scratch.Evaluation) : ((FieldMatcher)node.Matcher!).Test.Matches(kind, text, scratch.Evaluation);
        if (place >= 0 && scratch.Evaluation.Timeouts == before) scratch.Memo.Keep(place, node.Answers, kind, text, holds ? Holding : []);
        return holds;
    }

    private bool All(int[] children, ISigmaEvent item, Scratch scratch)
    {
        foreach (var child in children)
        {
            if (!Holds(child, item, scratch)) return false;
        }

        return true;
    }

    private bool Any(int[] children, ISigmaEvent item, Scratch scratch)
    {
        foreach (var child in children)
        {
            if (Holds(child, item, scratch)) return true;
        }

        return false;
    }

    private List<SigmaDetectionRule> InOrder(Scratch scratch, IReadOnlyList<SigmaLogSource>? sources)
    {
        var holding = new List<int>();
        foreach (var root in scratch.Candidates)
        {
            // Roots of other sources were not evaluated; their rules fall out below.
            var node = RootNodes[root];
            if (nodes[node].Kind == NodeKind.Found ? scratch.IsHit(nodes[node].Predicate) : scratch.TryValue(node, out var value) && value) holding.AddRange(rulesOfRoot[root]);
        }

        holding.Sort();
        var matches = new List<SigmaDetectionRule>(holding.Count);
        if (sources is null)
        {
            foreach (var rule in holding) matches.Add(rules[rule]);
            return matches;
        }

        for (var i = 0; i < sources.Count; i++)
        {
            for (var j = 0; j < holding.Count; j++)
            {
                if (holding[j] < 0 || !rules[holding[j]].LogSource.Accepts(sources[i])) continue;
                matches.Add(rules[holding[j]]);
                holding[j] = -1;
            }
        }

        return matches;
    }

    /// <summary>The keywords of some rules where they are few and plain, so that the runtime's vectorized search for them costs less than the automaton.</summary>
    private SearchValues<string>? FewKeywords(IEnumerable<int> roots)
    {
        var texts = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var root in roots)
        {
            if (keywordsOfRoot[root] is not { } own) continue;
            texts.UnionWith(own);
            if (texts.Count > MaxVectorized) return null;
        }

        return texts.Any(text => text.Length < 2 || !Ascii.IsValid(text)) ? null : SearchValues.Create([.. texts], StringComparison.OrdinalIgnoreCase);
    }

    private void Collect(int index, HashSet<int> predicates, HashSet<int> asked)
    {
        var node = nodes[index];
        if (node.Predicate >= 0) predicates.Add(node.Predicate);
        if (node.Field >= 0) asked.Add(node.Field);
        foreach (var child in node.Children) Collect(child, predicates, asked);
    }

    private enum NodeKind
    {
        /// <summary>True when a literal of the predicate was found.</summary>
        Found,

        /// <summary>Decided by the matcher, and only where the predicate, if there is one, was found.</summary>
        Tried,

        And,
        Or,
        Not,
    }

    private sealed record Node(NodeKind Kind, int Predicate, Matcher? Matcher, int[] Children)
    {
        /// <summary>For a test whose answer follows from the value of one field alone: the field's number. Otherwise negative.</summary>
        public int Field { get; set; } = -1;

        /// <summary>Under which number the answers of such a test are remembered.</summary>
        public int Answers { get; set; } = -1;
    }

    /// <summary>What concerns events of one log source.</summary>
    internal sealed class Route
    {
        private const int MaxShapes = 1_024;

        private readonly ConcurrentDictionary<SigmaShape, int[]> shapes = new(ReferenceEqualityComparer.Instance);
        private readonly bool[] has;
        private readonly bool[] uses;

        public Route(RuleIndex index, SigmaLogSource? source)
        {
            has = new bool[index.RootCount];
            uses = new bool[index.FieldCount];
            var always = new List<int>();
            for (var root = 0; root < has.Length; root++)
            {
                has[root] = source is null || Array.Exists(index.rulesOfRoot[root], rule => index.rules[rule].LogSource.Accepts(source));
                if (!has[root]) continue;
                RootCount++;
                if (index.needsNothing[root]) always.Add(root);
                LooksForKeywords |= index.keywordsOfRoot[root] is not null;
                foreach (var field in index.fieldsOfRoot[root]) uses[field] = true;
            }

            if (LooksForKeywords) Keywords = index.FewKeywords(Enumerable.Range(0, has.Length).Where(root => has[root]));
            Always = [.. always];
            Fields = [.. Enumerable.Range(0, uses.Length).Where(field => uses[field])];
        }

        public int RootCount { get; }

        public int[] Always { get; }

        public int[] Fields { get; }

        public bool LooksForKeywords { get; }

        /// <summary>A value without any of these has no keyword of the route; absent where that cannot be told so simply.</summary>
        public SearchValues<string>? Keywords { get; }

        /// <summary>Those of the fields that events of a shape may have.</summary>
        public int[] FieldsOf(SigmaShape shape, string[] names)
        {
            if (shapes.TryGetValue(shape, out var known)) return known;
            int[] fields = [.. Fields.Where(field => shape.MayHave(names[field]))];
            // Whoever sends events of ever new shapes makes that they are found out anew.
            if (shapes.Count >= MaxShapes) shapes.Clear();
            shapes.TryAdd(shape, fields);
            return fields;
        }

        public bool Has(int root) => has[root];

        public bool Uses(int field) => uses[field];
    }

    /// <summary>Makes nodes of matchers, each distinct one once.</summary>
    private sealed class Builder
    {
        private readonly Dictionary<string, int> byKey = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int> predicates = new(StringComparer.Ordinal);
        private readonly List<double> cost = [];
        private readonly Dictionary<int, (HashSet<int>? Set, double Cost)> witnesses = [];

        public List<Node> Nodes { get; } = [];

        public Dictionary<string, FieldIndex> Fields { get; } = new(StringComparer.Ordinal);

        public FieldIndex Keywords { get; } = new();

        /// <summary>The fields whose values a predicate's literals are looked for in; none for keywords.</summary>
        public List<List<string>?> FieldOf { get; } = [];

        /// <summary>The texts of a predicate that are looked for as keywords; an empty one where it is no text, or a value as a whole.</summary>
        public List<List<string>?> KeywordsOf { get; } = [];

        public int PredicateCount => FieldOf.Count;

        public int NodeFor(Matcher matcher)
        {
            switch (matcher)
            {
                case AndMatcher and:
                    return Join(NodeKind.And, and.Items);
                case OrMatcher or:
                    return Alternatives(or);
                case NotMatcher not:
                    var inner = NodeFor(not.Item);
                    return Nodes[inner].Kind == NodeKind.Not ? Nodes[inner].Children[0] : Keep($"!{inner}", () => new Node(NodeKind.Not, -1, null, [inner]));
                default:
                    return LiteralsOf(matcher) is { } literals ? FoundFor([literals]) : TriedFor(matcher);
            }
        }

        /// <summary>The predicates of which one must be found for a node to hold, with what they are expected to cost; none when there are no such.</summary>
        public (HashSet<int>? Set, double Cost) Witnesses(int index)
        {
            if (witnesses.TryGetValue(index, out var known)) return known;
            var node = Nodes[index];
            (HashSet<int>? Set, double Cost) result = (null, 0);
            switch (node.Kind)
            {
                case NodeKind.Found:
                case NodeKind.Tried when node.Predicate >= 0:
                    result = ([node.Predicate], cost[node.Predicate]);
                    break;
                case NodeKind.And:
                    foreach (var child in node.Children)
                    {
                        var of = Witnesses(child);
                        if (of.Set is not null && (result.Set is null || of.Cost < result.Cost)) result = of;
                    }

                    break;
                case NodeKind.Or:
                    var all = node.Children.Select(Witnesses).ToList();
                    if (all.TrueForAll(of => of.Set is not null)) result = ([.. all.SelectMany(of => of.Set!)], all.Sum(of => of.Cost));
                    break;
            }

            return witnesses[index] = result;
        }

        private int Join(NodeKind kind, IEnumerable<Matcher> items) => Join(kind, items.Select(NodeFor));

        private int Join(NodeKind kind, IEnumerable<int> items)
        {
            // What is known at once comes first, then what a literal may rule out, then the rest.
            int[] children = [.. items.SelectMany(child => Nodes[child].Kind == kind ? Nodes[child].Children : [child]).Distinct()
                .OrderBy(child => Nodes[child].Kind == NodeKind.Found ? 0 : Nodes[child].Kind != NodeKind.Tried ? 2 : Nodes[child].Predicate >= 0 ? 1 : 3).ThenBy(child => child)];
            return children.Length == 1 ? children[0] : Keep($"{kind}{string.Join(',', children)}", () => new Node(kind, -1, null, children));
        }

        /// <summary>Alternatives that finding a literal decides become one predicate, however many they are.</summary>
        private int Alternatives(OrMatcher or)
        {
            var items = new List<Matcher>();
            Flatten(or, items);
            var literals = new List<Literals>();
            var children = new List<int>();
            foreach (var item in items)
            {
                if (LiteralsOf(item) is { } found) literals.Add(found);
                else children.Add(NodeFor(item));
            }

            if (literals.Count > 0) children.Add(FoundFor(literals));
            return Join(NodeKind.Or, children);
        }

        private static void Flatten(OrMatcher or, List<Matcher> into)
        {
            foreach (var item in or.Items)
            {
                if (item is OrMatcher inner) Flatten(inner, into);
                else into.Add(item);
            }
        }

        private int FoundFor(List<Literals> literals)
        {
            var predicate = PredicateFor(literals);
            return Keep($"found{predicate}", () => new Node(NodeKind.Found, predicate, null, []));
        }

        private int TriedFor(Matcher matcher)
        {
            var (field, test) = matcher is FieldMatcher item ? (item.Name, item.Test) : matcher is KeywordMatcher keyword ? (null, keyword.Test) : ((string?)"", (ValueTest?)null);
            var key = test is null ? $"own{Nodes.Count}" : $"tried{field?.Length}:{field}:{test.Key}";
            return Keep(key, () =>
            {
                var guard = test is null ? null : GuardOf(test);
                var predicate = guard is null ? -1 : PredicateFor([new Literals(field, [.. guard], null)]);
                return new Node(NodeKind.Tried, predicate, matcher, []);
            });
        }

        private int PredicateFor(List<Literals> literals)
        {
            var key = string.Join('\n', literals.Select(item => item.Key).Distinct().Order(StringComparer.Ordinal));
            if (predicates.TryGetValue(key, out var predicate)) return predicate;
            predicates[key] = predicate = FieldOf.Count;
            List<string> names = [.. literals.Select(item => item.Field).OfType<string>().Distinct(StringComparer.Ordinal)];
            FieldOf.Add(names.Count == 0 ? null : names);
            KeywordsOf.Add(literals.Exists(item => item.Field is null)
                ? [.. literals.Where(item => item.Field is null).SelectMany(item => item.Number is null ? item.Texts.Select(text => text.Text) : [""])] : null);
            var sum = 0.0;
            foreach (var item in literals)
            {
                var index = Keywords;
                if (item.Field is { } field && !Fields.TryGetValue(field, out index!)) Fields[field] = index = new FieldIndex();
                foreach (var (position, text) in item.Texts)
                {
                    index.Add(position, text, predicate);
                    sum += CostOf(position, text);
                }

                if (item.Number is not { } number) continue;
                index.AddNumber(number.Number, number.Written, predicate);
                sum += 30;
            }

            cost.Add(sum);
            return predicate;
        }

        // A guess at how often a literal is found: the shorter, the oftener. Numbers such as event ids are found often.
        private static double CostOf(LiteralPosition position, string text) => position == LiteralPosition.Whole && text.Length > 3 ? 2 : text.Length switch
        {
            0 => 2_000,
            1 => 1_000,
            2 => 300,
            3 => 60,
            4 => 20,
            5 => 10,
            6 => 6,
            7 => 4,
            < 12 => 2,
            < 30 => 1,
            _ => 0.05,
        };

        private int Keep(string key, Func<Node> make)
        {
            if (byKey.TryGetValue(key, out var known)) return known;
            var node = make();
            byKey[key] = Nodes.Count;
            Nodes.Add(node);
            return Nodes.Count - 1;
        }

        /// <summary>The literals of which one must be found, and of which any decides; none where that is not enough to decide.</summary>
        private static Literals? LiteralsOf(Matcher matcher)
        {
            var (field, test) = matcher is FieldMatcher item ? (item.Name, item.Test) : matcher is KeywordMatcher keyword ? (null, keyword.Test) : ((string?)"", (ValueTest?)null);
            switch (test)
            {
                case NumberTest number:
                    return new Literals(field, [], number);
                case PatternTest { Cased: false } pattern:
                    return TextsOf(pattern.Pattern) is { } texts ? new Literals(field, texts, null) : null;
                default:
                    return null;
            }
        }

        private static List<(LiteralPosition Position, string Text)>? TextsOf(Pattern pattern)
        {
            var parts = pattern.Parts;
            var (from, to) = (0, parts.Count);
            var openStart = to > 0 && parts[0].Kind == PartKind.Any;
            if (openStart) from++;
            var openEnd = to > from && parts[to - 1].Kind == PartKind.Any;
            if (openEnd) to--;
            if (from == to && openStart) return [(LiteralPosition.Anywhere, "")];
            var position = (openStart, openEnd) switch
            {
                (false, false) => LiteralPosition.Whole,
                (false, true) => LiteralPosition.Start,
                (true, false) => LiteralPosition.End,
                (true, true) => LiteralPosition.Anywhere,
            };
            if (from == to) return [(LiteralPosition.Whole, "")];
            var spellings = new Pattern([.. parts.Skip(from).Take(to - from)]).Spellings(MaxSpellings);
            if (spellings.Count == 0 || (position != LiteralPosition.Whole && spellings.Any(text => !IsComparedByUnits(text)))) return null;
            return [.. spellings.Select(text => (position, text))];
        }

        /// <summary>
        /// Two code units that are one character are compared as a pair where that has two cases, which the automaton does not do. Signs such as
        /// emoji have none.
        /// </summary>
        private static bool IsComparedByUnits(ReadOnlySpan<char> text)
        {
            while (text.Length > 0)
            {
                if (Rune.DecodeFromUtf16(text, out var rune, out var length) != OperationStatus.Done) return false;
                if (length == 2 && (Rune.ToUpperInvariant(rune) != rune || Rune.ToLowerInvariant(rune) != rune)) return false;
                text = text[length..];
            }

            return true;
        }

        /// <summary>Literals of which one is found wherever a test holds; none when there are none.</summary>
        private static List<(LiteralPosition Position, string Text)>? GuardOf(ValueTest test)
        {
            switch (test)
            {
                case PatternTest { Cased: true } pattern when TextsOf(pattern.Pattern) is { } texts:
                    return texts;
                case PatternTest pattern:
                    var longest = pattern.Pattern.Parts.Where(part => part.Kind == PartKind.Text && IsComparedByUnits(part.Text)).Select(part => part.Text).MaxBy(text => text.Length);
                    return longest is { Length: > 0 } ? [(LiteralPosition.Anywhere, longest)] : null;
                case RegexTest regex:
                    return RegexLiterals.Of(regex.Pattern, regex.Options) is { Count: > 0 } found && found.All(text => IsComparedByUnits(text))
                        ? [.. found.Select(text => (LiteralPosition.Anywhere, text))] : null;
                default:
                    return null;
            }
        }

        private sealed record Literals(string? Field, List<(LiteralPosition Position, string Text)> Texts, NumberTest? Number)
        {
            public string Key => $"{Field?.Length}:{Field}:{Number?.Key}:{string.Join('\r', Texts.Select(text => $"{text.Position}{text.Text.Length}:{CaseFold.Of(text.Text)}"))}";
        }
    }
}
