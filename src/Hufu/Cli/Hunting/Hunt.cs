using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Hufu.Logs;
using Hufu.Monitoring.Logs;
using Hufu.Sigma;

namespace Hufu.Cli;

/// <summary>How events are hunted in.</summary>
internal sealed record HuntOptions
{
    internal DateTimeOffset? From { get; init; }

    internal DateTimeOffset? To { get; init; }

    /// <summary>Every rule looks at every event.</summary>
    internal bool AnyLogSource { get; init; }

    /// <summary>The field of an event's time; absent for the time that its format has.</summary>
    internal string? TimeField { get; init; }

    /// <summary>Indicators that events are compared with besides; null for none.</summary>
    internal IndicatorSet? Indicators { get; init; }

    /// <summary>What the site says of its events.</summary>
    internal RuleMappings Mappings { get; init; } = RuleMappings.None;

    internal required LogParseOptions Parse { get; init; }
}

/// <summary>
/// Takes events through rules. One thread reads and cuts, others decode and match, and what they find comes out in the order of reading. What feeds
/// correlations is kept, as far as they need it, and counted in the order of its time when all is read, for files that are read one after the other
/// tell of the same hours.
/// </summary>
internal sealed class Hunt
{
    private const int BatchRecords = 256;
    private const int BatchBytes = 4 << 20;

    // Beyond it what has come is counted, and what is older and comes later is late for its window.
    private const int MostKept = 1_000_000;

    private readonly SigmaEngine engine;
    private readonly HuntOptions options;
    private readonly IHitWriter output;
    private readonly SigmaSession session;
    private readonly HashSet<string> referred;
    private readonly ConcurrentDictionary<SigmaDetectionRule, bool> reporting = new(ReferenceEqualityComparer.Instance);
    private readonly string[] correlated;
    private readonly List<Kept> kept = [];
    private ProgressLine? progress;

    internal Hunt(SigmaEngine engine, IReadOnlyList<SigmaRule> rules, HuntOptions options, IHitWriter output)
    {
        this.engine = engine;
        this.options = options;
        this.output = output;
        session = engine.NewSession();
        var correlations = rules.OfType<SigmaCorrelationRule>().ToList();
        referred = correlations.SelectMany(rule => rule.Rules).ToHashSet(StringComparer.OrdinalIgnoreCase);
        correlated = [.. correlations.SelectMany(rule => rule.GroupBy.Concat(rule.Condition.Fields).Concat(rule.Aliases.Values.SelectMany(names => names.Values))).Distinct(StringComparer.Ordinal)];
    }

    internal HuntCounts Counts { get; } = new();

    /// <summary>Hunts in files.</summary>
    internal async Task FilesAsync(IReadOnlyList<string> files, ProgressLine line, CancellationToken cancellation)
    {
        progress = line;
        var total = files.Sum(file => file == EventFiles.Input ? 0 : new FileInfo(file).Length);
        var done = 0L;
        await RunAsync(Read, cancellation).ConfigureAwait(false);

        async Task Read(ChannelWriter<Task<Batch>> batches, CancellationToken stop)
        {
            foreach (var file in files)
            {
                var length = file == EventFiles.Input ? 0 : new FileInfo(file).Length;
                Counts.Files++;
                try
                {
                    await ReadAsync(file, batches, position => Show(done + Math.Min(position, length)), stop).ConfigureAwait(false);
                }
                catch (Exception fault) when (fault is IOException or UnauthorizedAccessException || LogFileReader.IsDamage(fault))
                {
                    Counts.FilesFailed++;
                    Unread($"{file}: {fault.Message}");
                }

                done += length;
            }
        }

        void Show(long position)
        {
            if (total > 0) line.Show(Math.Min(1, (double)position / total));
            else line.Count(Counts.Events);
        }
    }

    /// <summary>Hunts in events that have their place in their id, <c>segment/row</c>.</summary>
    /// <param name="events">The events.</param>
    /// <param name="total">How many there are at the most.</param>
    /// <param name="line">Where it is shown how far it is.</param>
    /// <param name="cancellation">Ends it.</param>
    internal Task StoreAsync(IEnumerable<LogEvent> events, long total, ProgressLine line, CancellationToken cancellation)
    {
        progress = line;
        return RunAsync(Read, cancellation);

        async Task Read(ChannelWriter<Task<Batch>> batches, CancellationToken stop)
        {
            var next = new List<Func<(HuntPlace, LogEvent)>>(BatchRecords);
            foreach (var item in events)
            {
                next.Add(() => (PlaceOf(item), item));
                if (next.Count < BatchRecords) continue;
                await GiveAsync(batches, next, stop).ConfigureAwait(false);
                line.Show((double)Counts.Events / Math.Max(1, total));
                next = new(BatchRecords);
            }

            if (next.Count > 0) await GiveAsync(batches, next, stop).ConfigureAwait(false);
        }

        static HuntPlace PlaceOf(LogEvent item)
        {
            var slash = item.Id.LastIndexOf('/');
            return slash > 0 && long.TryParse(item.Id.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var row) ? new HuntPlace(item.Id[..slash], row, item.Time) : new HuntPlace(item.Id, 0, item.Time);
        }
    }

    private async Task RunAsync(Func<ChannelWriter<Task<Batch>>, CancellationToken, Task> read, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var batches = Channel.CreateBounded<Task<Batch>>(new BoundedChannelOptions(2 * Environment.ProcessorCount + 2) { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(
            async () =>
            {
                try
                {
                    await read(batches.Writer, stop.Token).ConfigureAwait(false);
                    batches.Writer.Complete();
                }
                catch (Exception fault)
                {
                    batches.Writer.Complete(fault);
                    throw;
                }
            },
            CancellationToken.None);
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellation).ConfigureAwait(false)) Take(await batch.ConfigureAwait(false));
            await reading.ConfigureAwait(false);
        }
        finally
        {
            // What was begun ends before its files are closed.
            await stop.CancelAsync().ConfigureAwait(false);
            try
            {
                await reading.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
            }
        }

        CountKept();
        (Counts.LateEvents, Counts.ForgottenEvents) = (session.LateEvents, session.ForgottenEvents);
    }

    private async Task ReadAsync(string file, ChannelWriter<Task<Batch>> batches, Action<long> show, CancellationToken stop)
    {
        await using var stream = EventFiles.Open(file, out var position);
        await using var reader = new LogFileReader(stream, options.Parse) { FindsTables = true, Name = file };
        var source = Path.GetFileName(file);
        var now = options.Parse.ReferenceTime;
        var next = new List<Func<(HuntPlace, LogEvent)>>(BatchRecords);
        var bytes = 0;
        try
        {
            await foreach (var record in reader.PlacesAsync(stop).ConfigureAwait(false))
            {
                next.Add(() =>
                {
                    var item = record.Read(now, source);
                    return (new HuntPlace(record.Member is { } member ? $"{file}!{member}" : file, record.Number, item.OccurredAt), item);
                });
                bytes += record.Length;
                if (next.Count < BatchRecords && bytes < BatchBytes) continue;
                await GiveAsync(batches, next, stop).ConfigureAwait(false);
                show(position());
                (next, bytes) = (new(BatchRecords), 0);
            }
        }
        finally
        {
            // Also what came before the damage counts.
            if (next.Count > 0 && !stop.IsCancellationRequested) await GiveAsync(batches, next, stop).ConfigureAwait(false);
            foreach (var problem in reader.Problems) Unread($"{file}: {LogProblem.Text(problem).En} [{LogProblem.CodeOf(problem)}]");
        }
    }

    private void Unread(string what)
    {
        lock (Counts.Unread) Counts.Unread.Add(what);
    }

    private ValueTask GiveAsync(ChannelWriter<Task<Batch>> batches, List<Func<(HuntPlace, LogEvent)>> records, CancellationToken stop) => batches.WriteAsync(Task.Run(() => Match(records), CancellationToken.None), stop);

    /// <summary>Reads and matches events; run by several threads at once.</summary>
    private Batch Match(List<Func<(HuntPlace Place, LogEvent Item)>> records)
    {
        var batch = new Batch();
        var scan = options.Indicators?.Index.NewScan();
        foreach (var read in records)
        {
            var (place, item) = read();
            batch.Events++;
            batch.Kinds[item.Format] = batch.Kinds.GetValueOrDefault(item.Format) + 1;
            var fields = new LogEventFields(item, options.Mappings);
            if (options.TimeField is { } name)
            {
                if (!fields.TryGet(name, out var value) || value.ToString() is not { Length: > 0 } text) batch.TimeFieldAbsent++;
                else if (LogTimes.TryRead(value.Kind == SigmaValueKind.Many ? value.Items[0].Text : text, options.Parse, utc: name == "UtcTime", out var time)) place = place with { Time = time };
                else batch.TimeFieldUnread++;
            }

            if (options.From is not null || options.To is not null)
            {
                if (place.Time is not { } at)
                {
                    batch.WithoutTime++;
                    continue;
                }

                if (at < options.From || at >= options.To)
                {
                    batch.OutOfRange++;
                    continue;
                }
            }

            if (scan is not null)
            {
                foreach (var match in options.Indicators!.Match(scan, item, fields))
                    batch.Hits.Add(new HuntHit { Rule = match.Rule, Place = place, Matched = match.Fields, Event = output.WantsEvents ? item : null });
            }

            var matched = engine.RuleCount == 0 ? [] : engine.Match(fields, options.AnyLogSource ? null : fields.Sources);
            if (matched.Count == 0) continue;
            var feeds = referred.Count == 0 ? [] : matched.Where(Feeds).ToList();
            if (feeds.Count > 0)
            {
                var needed = new List<KeyValuePair<string, SigmaValue>>();
                foreach (var field in correlated)
                {
                    if (fields.TryGet(field.Replace(" ", "", StringComparison.Ordinal), out var value)) needed.Add(new(field, value));
                }

                batch.Kept.Add(new Kept(feeds, new SigmaDictionaryEvent(needed), place, place.Time ?? item.Time));
            }

            foreach (var rule in matched)
            {
                if (!Feeds(rule) || Reports(rule)) batch.Hits.Add(new HuntHit { Rule = rule, Place = place, Matched = [.. SigmaEngine.Explain(rule, fields).Distinct()], Event = output.WantsEvents ? item : null });
            }
        }

        return batch;
    }

    private bool Feeds(SigmaDetectionRule rule) => (rule.Id is not null && referred.Contains(rule.Id)) || (rule.Name is not null && referred.Contains(rule.Name));

    /// <summary>The engine knows which rules only feed correlations, and says it by what it reports.</summary>
    private bool Reports(SigmaDetectionRule rule) => reporting.GetOrAdd(rule, asked =>
    {
        var found = new List<SigmaMatch>();
        engine.NewSession().Process([asked], new SigmaDictionaryEvent([]), DateTimeOffset.UnixEpoch, "", found);
        return found.Exists(match => ReferenceEquals(match.Rule, asked));
    });

    private void Take(Batch batch)
    {
        Counts.Events += batch.Events;
        Counts.OutOfRange += batch.OutOfRange;
        Counts.WithoutTime += batch.WithoutTime;
        Counts.TimeFieldAbsent += batch.TimeFieldAbsent;
        Counts.TimeFieldUnread += batch.TimeFieldUnread;
        foreach (var (kind, count) in batch.Kinds) Counts.Kinds[kind] = Counts.Kinds.GetValueOrDefault(kind) + count;
        foreach (var hit in batch.Hits) Report(hit);
        kept.AddRange(batch.Kept);
        if (kept.Count >= MostKept) CountKept();
    }

    private void Report(HuntHit hit)
    {
        Counts.Count(hit);
        if (progress is null) output.Add(hit);
        else progress.Above(() => output.Add(hit));
    }

    /// <summary>Takes what feeds correlations through them in the order of its time.</summary>
    private void CountKept()
    {
        if (kept.Count == 0) return;
        var found = new List<SigmaMatch>();
        var places = new Dictionary<string, HuntPlace>(StringComparer.Ordinal);
        foreach (var item in kept.OrderBy(item => item.At))
        {
            var id = item.Place.ToString();
            places[id] = item.Place;
            found.Clear();
            session.Process(item.Rules, item.Fields, item.At, id, found);
            foreach (var match in found)
            {
                if (match.Rule is SigmaDetectionRule) continue;
                Report(new HuntHit
                {
                    Rule = match.Rule, Place = item.Place, Matched = match.Fields, Group = match.Fields, Count = match.Count,
                    Records = [.. match.EventIds.Select(PlaceOf)],
                });
            }
        }

        kept.Clear();

        HuntPlace PlaceOf(string id)
        {
            if (places.TryGetValue(id, out var place)) return place;
            var colon = id.LastIndexOf(':');
            return new HuntPlace(id[..colon], long.Parse(id.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture), null);
        }
    }

    /// <summary>What feeds correlations of one event.</summary>
    private sealed record Kept(IReadOnlyList<SigmaDetectionRule> Rules, ISigmaEvent Fields, HuntPlace Place, DateTimeOffset At);

    /// <summary>What came of some events that follow each other.</summary>
    private sealed class Batch
    {
        public long Events { get; set; }

        public long OutOfRange { get; set; }

        public long WithoutTime { get; set; }

        public long TimeFieldAbsent { get; set; }

        public long TimeFieldUnread { get; set; }

        public Dictionary<string, long> Kinds { get; } = new(StringComparer.Ordinal);

        public List<HuntHit> Hits { get; } = [];

        public List<Kept> Kept { get; } = [];
    }
}
