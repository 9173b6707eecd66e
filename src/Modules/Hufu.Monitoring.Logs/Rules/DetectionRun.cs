using Hufu.Indicators;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>One stream of events on its way through the rules.</summary>
internal sealed class DetectionRun(SigmaEngine engine, Func<RuleMappings>? mappings = null, RuleSources? seen = null, Func<IndicatorSet?>? indicators = null)
{
    private const int Remembered = 50_000;

    private readonly SigmaSession session = engine.NewSession();
    private readonly Dictionary<string, DateTimeOffset> times = new(StringComparer.Ordinal);
    private readonly Queue<string> order = new();
    private readonly List<SigmaMatch> found = [];
    private List<RuleMatch> matches = [];
    private (IndicatorSet Set, IndicatorScan Scan)? scanning;

    /// <summary>Told of each match, with what is raised for it.</summary>
    public Action<SigmaMatch, IReadOnlyList<RuleMatch>>? Found { get; set; }

    /// <summary>Events that came too late for the window of their correlation, and those that a bound pushed out of one.</summary>
    public (long Late, long Forgotten) Uncounted => (session.LateEvents, session.ForgottenEvents);

    /// <summary>Looks at the next event, which has its id.</summary>
    public void Process(LogEvent item) => Process(item, () => item.Id);

    /// <summary>Looks at events that follow each other.</summary>
    /// <param name="events">The events.</param>
    /// <param name="ids">Their ids, which are asked for where a rule matches.</param>
    public void Process(IReadOnlyList<LogEvent> events, IReadOnlyList<string> ids)
    {
        var at = 0;
        // One for all of them: few are asked.
        string Id() => ids[at];
        Func<string> id = Id;
        for (; at < events.Count; at++) Process(events[at], id);
    }

    private void Process(LogEvent item, Func<string> idOf)
    {
        var fields = new LogEventFields(item, mappings?.Invoke());
        var sources = fields.Sources;
        seen?.Note(sources, item.ReceivedAt);
        var matched = engine.Match(fields, sources);
        var shown = Shown(item, fields);
        if (matched.Count == 0 && shown.Count == 0) return;
        var id = idOf();
        if (times.TryAdd(id, item.Time)) order.Enqueue(id);
        if (order.Count > Remembered) times.Remove(order.Dequeue());
        found.Clear();
        if (matched.Count > 0) session.Process(matched, fields, item.Time, id, found);
        foreach (var match in found) Add(match, item);
        foreach (var match in shown) Add(match with { EventIds = [id] }, item);
    }

    // The indicators that an event shows, of the set that is in use now.
    private IReadOnlyList<SigmaMatch> Shown(LogEvent item, LogEventFields fields)
    {
        if (indicators?.Invoke() is not { } set) return [];
        if (scanning is not { } last || !ReferenceEquals(last.Set, set)) scanning = last = (set, set.Index.NewScan());
        return set.Match(last.Scan, item, fields);
    }

    /// <summary>The matches since the last call.</summary>
    public IReadOnlyList<RuleMatch> Take()
    {
        var taken = matches;
        matches = [];
        return taken;
    }

    /// <summary>How many events it remembers.</summary>
    internal long Remembers => session.EventCount + order.Count;

    /// <summary>Writes what it remembers, between two calls of <see cref="Take"/>.</summary>
    internal void Save(Stream target)
    {
        using var writer = new BinaryWriter(target, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(order.Count);
        foreach (var id in order)
        {
            writer.Write(id);
            writer.Write(times[id].UtcTicks);
        }

        writer.Flush();
        session.Save(target);
    }

    /// <summary>Takes up what another run of the same rules wrote.</summary>
    /// <exception cref="InvalidDataException">It is of other rules, or damaged: this run is not to be used.</exception>
    internal void Load(Stream source)
    {
        try
        {
            using var reader = new BinaryReader(source, System.Text.Encoding.UTF8, leaveOpen: true);
            for (var count = reader.ReadInt32(); count > 0; count--)
            {
                var id = reader.ReadString();
                if (!times.TryAdd(id, new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero))) throw new InvalidDataException("An event occurs twice.");
                order.Enqueue(id);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("The state is damaged.", e);
        }

        session.Load(source);
    }

    /// <summary>The title in the product's first language where the rule has one.</summary>
    internal static string TitleOf(SigmaRule rule) => rule.Custom.GetValueOrDefault("title_zh") as string is { Length: > 0 } title ? title : rule.Title;

    /// <summary>The rule's own title, where <see cref="TitleOf"/> is another.</summary>
    internal static string EnglishOf(SigmaRule rule) => TitleOf(rule) == rule.Title ? "" : rule.Title;

    private void Add(SigmaMatch match, LogEvent last)
    {
        var before = matches.Count;
        var isGroup = match.Rule is SigmaCorrelationRule;
        // A correlation speaks of its group, not of the event that happened to complete it.
        var entity = isGroup ? string.Join(' ', match.Fields.Select(f => f.Value).Where(v => v.Length > 0)) : "";
        var (gathered, seenAs) = (IndicatorRules.GatheredOf(match.Rule), IndicatorRules.SeenOf(match.Rule));
        foreach (var id in match.EventIds.Take(AlertGrouping.MaxEventIds))
        {
            matches.Add(new RuleMatch
            {
                RuleId = match.Rule.Key,
                RuleTitle = TitleOf(match.Rule),
                RuleTitleEn = EnglishOf(match.Rule),
                RuleAuthor = match.Rule.Author ?? "",
                RuleLicense = match.Rule.License ?? "",
                Level = match.Rule.Level?.ToString().ToLowerInvariant() ?? "medium",
                Tags = match.Rule.Tags,
                EventId = id,
                EventTime = times.TryGetValue(id, out var at) ? at : match.OccurredAt,
                Host = Value("host") ?? last.Host ?? last.Field("Computer") ?? "",
                SourceIp = Value("src_ip") ?? last.SourceIp ?? last.Field("IpAddress") ?? "",
                Account = Value("user") ?? Value("TargetUserName") ?? last.Field("user") ?? last.Field("TargetUserName") ?? "",
                Entity = entity,
                Gathered = gathered,
                Indicators = seenAs,
            });
        }

        Found?.Invoke(match, matches[before..]);

        string? Value(string field) => isGroup && match.Fields.FirstOrDefault(f => f.Field == field)?.Value is { Length: > 0 } value ? value : null;
    }
}
