using System.Globalization;
using Hufu.Incidents.Contracts;
using Hufu.Kernel;
using Hufu.Ledger;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>Computes the facts of a period. Events are counted by the store and not read.</summary>
internal sealed partial class ReportComputing(
    LogService logs, SourceWatch watch, LogCoverage coverage, LogGaps gaps, LogKeeping keeping, IDbContextFactory<HufuDbContext> factory, IDirectory directory, LedgerFiles ledger, TimeProvider clock, ILogger<ReportComputing> logger)
{
    private const int MaxSources = 1_000, Top = 10, MaxTitle = 120, MaxName = 80, MaxText = 160;

    /// <summary>How long after its end a period is young enough for what is only known of now.</summary>
    private static readonly TimeSpan Young = TimeSpan.FromHours(24);

    private static readonly string[] Gravest = ["critical", "high", "medium", "low", "informational"];

    /// <summary>The facts of a period. What is only known of the present is taken over from an earlier computing where it has become too late.</summary>
    internal async Task<ReportFacts> ComputeAsync(ReportPeriod period, ReportFacts? earlier, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var missing = new List<FactGap>();
        var young = now - period.To < Young;
        await using var db = await factory.CreateDbContextAsync(cancellation);
        // Times are compared in the database, which keeps them in UTC.
        var (from, to, previous) = (period.From, period.To, period.Before.From);
        var first = await db.Set<ReportPulse>().AsNoTracking().Where(p => p.Source == "").OrderBy(p => p.Hour).Select(p => (DateTimeOffset?)p.Hour).FirstOrDefaultAsync(cancellation);
        var pulses = await db.Set<ReportPulse>().AsNoTracking().Where(p => p.Hour >= from && p.Hour < to).ToListAsync(cancellation);
        ServerFacts? server = null;
        // The hour in which it was noted first is the first of which anything is known.
        if (first < to) server = new ServerFacts(pulses.Where(p => p.Source.Length == 0).Sum(p => Math.Min(60, p.Minutes)), (int)(to - from).TotalMinutes);
        else missing.Add(new FactGap("server", "系統當時尚未記錄執行時間。", "The product did not note its running time yet."));
        var ranBefore = await db.Set<ReportPulse>().AsNoTracking().AnyAsync(p => p.Source == "" && p.Minutes > 0 && p.Hour >= previous && p.Hour < from, cancellation);
        // Where nothing ran, that nothing was found says nothing.
        var ran = server is { Minutes: > 0 };
        if (server is { Minutes: 0 }) missing.Add(new FactGap("server", "伺服器在這段期間沒有執行，沒有收容與偵測。", "The server did not run in this period: nothing was collected and nothing detected."));

        var alerts = await AlertsAsync(db, from, to, previous, ranBefore, cancellation);
        var quiet = await db.Set<Alert>().AsNoTracking().Where(a => (a.RuleId == SourceWatch.QuietRule || a.RuleId == SourceWatch.SkewRule) && a.CreatedAt >= from && a.CreatedAt < to).Select(a => new { a.RuleId, a.Entity }).ToListAsync(cancellation);
        var standings = young ? await watch.LookAsync(cancellation) : null;
        LogStorage? stored = null;
        StorageFacts? storage = null;
        if (young)
        {
            try
            {
                stored = await keeping.StorageAsync(cancellation);
                storage = await StorageAsync(db, stored, from, to, now, cancellation);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                NotEvaluated(logger, "storage", e);
            }
        }

        var (events, sources) = ((EventFacts?)null, (Listed<SourceFact>?)null);
        (IReadOnlyList<ValueFact> Hosts, IReadOnlyList<ValueFact> Accounts, IReadOnlyList<ValueFact> Addresses)? seen = null;
        try
        {
            var table = await EventsAsync(period, cancellation);
            var (total, before) = (table.Rows.Values.Sum(r => r.Slices.Sum()), table.Rows.Values.Sum(r => r.Before));
            var collected = ranBefore || before > 0;
            if (ran || total > 0) events = new EventFacts(total, collected ? before : null, [.. Enumerable.Range(0, table.Slices).Select(i => table.Rows.Values.Sum(r => r.Slices[i]))]);
            if (events is not null) sources = Listed<SourceFact>.Of([.. table.Rows.OrderByDescending(r => r.Value.Slices.Sum()).ThenBy(r => r.Key, StringComparer.Ordinal).Select(r => SourceOf(r.Key, r.Value))]);
            if (events is not null) seen = (await TopAsync("host"), await TopAsync("user"), await TopAsync("src_ip"));

            SourceFact SourceOf(string name, Row row)
            {
                var known = standings?.Where(s => s.Source == name).ToList();
                var lost = pulses.Where(p => p.Source.Length > 0 && p.Source == name).ToList();
                return new SourceFact(
                    Clip(name, MaxName), row.Slices.Sum(), collected ? row.Before : null, row.Slices.Count(s => s == 0), LongestRun(row.Slices), row.Last, lost.Count == 0 ? null : lost.Sum(l => l.Lost), stored?.Sources.FirstOrDefault(s => s.Source == name)?.Bytes,
                    quiet.Count(q => q.RuleId == SourceWatch.QuietRule && IsAbout(q.Entity, name)), quiet.Count(q => q.RuleId == SourceWatch.SkewRule && IsAbout(q.Entity, name)),
                    known is null ? null : known.Count == 0 ? "unknown" : known.Select(s => s.Condition).OrderBy(c => c is SourceCondition.Quiet ? 0 : c is SourceCondition.Flood ? 1 : 2).First().ToString().ToLowerInvariant(),
                    known?.Where(s => s.Skew.Since is not null).Select(s => s.Skew.Skew).MaxBy(s => Math.Abs(s ?? 0)));
            }

            async Task<IReadOnlyList<ValueFact>> TopAsync(string field) => [.. (await logs.Store.TopValuesAsync(new LogSearch { From = from, To = to, Whole = true }, field, Top, cancellation)).Select(v => new ValueFact(Clip(v.Value, MaxName), v.Events))];
        }
        catch (Exception e) when (e is ColdException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            NotEvaluated(logger, "events", e);
            missing.Add(e is ColdException cold ? new FactGap("events", cold.Error.Message.Zh, cold.Error.Message.En) : new FactGap("events", "日誌庫無法讀取。", "The log store could not be read."));
        }

        CoverageFacts? covered = null;
        if (young) covered = await CoverageAsync(cancellation);
        if (!young && earlier?.Coverage is null) missing.Add(Late("coverage"));
        else if (young && covered is null) missing.Add(new FactGap("coverage", "沒有已核定的日誌記錄基準。", "No logging criterion is in force."));
        if (!young && earlier?.Storage is null) missing.Add(Late("storage"));
        else if (young && storage is null) missing.Add(new FactGap("storage", "日誌庫無法讀取。", "The log store could not be read."));
        if (standings is null && sources is not null) missing.Add(Late("source-state"));
        var incidents = await IncidentsAsync(db, from, to, previous, ranBefore, cancellation);
        var notices = await NoticesAsync(db, from, to, previous, ranBefore, cancellation);
        var work = await WorkAsync(db, from, to, cancellation);
        return new ReportFacts
        {
            Kind = period.Kind,
            From = from,
            To = to,
            ComputedAt = Instants.Truncate(now),
            Server = server,
            Events = events,
            // How a source stood then is not known any more.
            Sources = standings is null && earlier?.Sources is { } old && sources is not null ? sources with { Rows = [.. sources.Rows.Select(s => old.Rows.FirstOrDefault(o => o.Source == s.Source) is { } was ? s with { State = was.State, SkewSeconds = was.SkewSeconds, Bytes = was.Bytes } : s)] } : sources,
            Alerts = ran || alerts.Facts.Total > 0 ? alerts.Facts : null,
            Notices = ran || notices.Told > 0 ? notices : null,
            Incidents = server is not null || incidents.Rows.Total > 0 ? incidents : null,
            Entities = new EntityFacts(alerts.Hosts, alerts.Accounts, alerts.Addresses, seen?.Hosts, seen?.Accounts, seen?.Addresses),
            Clocks = await ClocksAsync(db, from, to, standings, earlier, cancellation),
            Coverage = covered ?? (young ? null : earlier?.Coverage),
            Storage = storage ?? (young ? null : earlier?.Storage),
            Work = ran || work.Total > 0 ? work : null,
            Gaps = missing,
        };

        static FactGap Late(string part) => new(part, "計算時距期間結束已超過 24 小時，當時的狀態已無從得知。", "It was computed more than 24 hours after the end of the period; how things stood then is not known any more.");
    }

    private sealed class Row(int slices)
    {
        public long[] Slices { get; } = new long[slices];

        public long Before { get; set; }

        public DateTimeOffset? Last { get; set; }
    }

    private async Task<(Dictionary<string, Row> Rows, int Slices)> EventsAsync(ReportPeriod period, CancellationToken cancellation)
    {
        var slices = period.Slices.ToList();
        var rows = new Dictionary<string, Row>(StringComparer.Ordinal);
        await CountAsync(period.Before.From, period.Before.To, (row, count, _) => row.Before += count);
        for (var i = 0; i < slices.Count; i++)
        {
            var at = i;
            await CountAsync(slices[i].From, slices[i].To, (row, count, last) => (row.Slices[at], row.Last) = (row.Slices[at] + count, last ?? row.Last));
        }

        return (rows, slices.Count);

        async Task CountAsync(DateTimeOffset from, DateTimeOffset to, Action<Row, long, DateTimeOffset?> add)
        {
            var table = await logs.Store.TableAsync(new LogSearch { Query = BySource, From = from, To = to, Whole = true }, MaxSources, cancellation);
            var at = table.Columns.Select((c, i) => (c.Name, i)).ToDictionary(c => c.Name, c => c.i, StringComparer.Ordinal);
            foreach (var row in table.Rows)
            {
                var source = row[at["source"]] as string ?? "";
                if (!rows.TryGetValue(source, out var kept)) rows.Add(source, kept = new Row(slices.Count));
                add(kept, Convert.ToInt64(row[at["n"]] ?? 0L, CultureInfo.InvariantCulture), row[at["last"]] as DateTimeOffset?);
            }
        }
    }

    private static readonly SearchQuery BySource = SearchQuery.Parse("| stats count as n, max(time) as last by source | sort -n").Value;

    private async Task<(AlertFacts Facts, IReadOnlyList<ValueFact> Hosts, IReadOnlyList<ValueFact> Accounts, IReadOnlyList<ValueFact> Addresses)> AlertsAsync(HufuDbContext db, DateTimeOffset from, DateTimeOffset to, DateTimeOffset previous, bool ranBefore, CancellationToken cancellation)
    {
        var all = await db.Set<Alert>().AsNoTracking().Where(a => a.CreatedAt >= from && a.CreatedAt < to)
            .Select(a => new Raised(a.Id, a.Number, a.Level, a.RuleId, a.RuleTitle, a.RuleTitleEn, a.RuleAuthor, a.RuleLicense, a.Entity, a.Host, a.Account, a.SourceIp, a.EventCount, a.State, a.Verdict, a.CreatedAt)).ToListAsync(cancellation);
        var before = await db.Set<Alert>().AsNoTracking().Where(a => a.CreatedAt >= previous && a.CreatedAt < from).GroupBy(a => new { a.RuleId, a.Level }).Select(g => new { g.Key.RuleId, g.Key.Level, Count = g.Count() }).ToListAsync(cancellation);
        var known = ranBefore || before.Count > 0;
        var open = db.Types.Of<Alert>().Workflow.OpenStates.ToList();
        var acts = new Dictionary<Guid, (DateTimeOffset First, Guid? Last)>();
        foreach (var ids in all.Select(a => a.Id).Chunk(500))
        {
            var some = ids.ToList();
            foreach (var of in (await db.Changes.AsNoTracking().Where(c => some.Contains(c.RecordId) && c.TypeKey == AlertType.TypeKey && Judging.Contains(c.Action) && c.ActorId != null).OrderBy(c => c.Id).Select(c => new { c.RecordId, c.At, c.ActorId }).ToListAsync(cancellation)).GroupBy(c => c.RecordId))
                acts[of.Key] = (of.First().At, of.Last().ActorId);
        }

        var names = await NamesAsync(db, acts.Values.Select(a => a.Last), cancellation);
        List<double> minutes = [.. all.Where(a => acts.ContainsKey(a.Id)).Select(MinutesOf).Order()];
        var rules = all.GroupBy(a => a.RuleId, StringComparer.Ordinal).OrderBy(g => Gravity(g.First().Level)).ThenByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => new RuleFact(
            Clip(g.Key, MaxName), Clip(g.First().RuleTitle, MaxTitle), Clip(g.First().RuleAuthor, MaxTitle), Clip(g.First().RuleLicense, 40), g.First().Level, g.Count(), known ? before.Where(b => b.RuleId == g.Key).Sum(b => b.Count) : null, g.Sum(a => (long)a.EventCount)) { TitleEn = English(g.First()) }).ToList();
        // Rules that were loud before and are silent now belong to the trend as well, and are told by the total.
        var facts = new AlertFacts(
            all.Count, known ? before.Sum(b => b.Count) : null, [.. Gravest.Select(l => new LevelFact(l, all.Count(a => a.Level == l), known ? before.Where(b => b.Level == l).Sum(b => b.Count) : null))], Listed<RuleFact>.Of(rules),
            [.. db.Types.Of<Alert>().Workflow.States.Select(s => new ValueFact(s.Key, all.Count(a => a.State == s.Key)))],
            new TriageFacts(acts.Count, all.Count(a => !acts.ContainsKey(a.Id)), minutes.Count == 0 ? null : Median(minutes), minutes.Count == 0 ? null : Math.Round(minutes[^1], 1)),
            await db.Set<Alert>().AsNoTracking().CountAsync(a => a.ArchivedAt == null && a.CreatedAt < to && open.Contains(a.State), cancellation),
            Listed<AlertFact>.Of([.. all.OrderBy(a => Gravity(a.Level)).ThenBy(a => a.CreatedAt).ThenBy(a => a.Number, StringComparer.Ordinal).Select(a => new AlertFact(
                a.Number, a.Level, Clip(a.RuleTitle, MaxTitle), Clip(a.RuleAuthor, MaxTitle), Clip(a.Entity, MaxName), a.EventCount, a.State, acts.TryGetValue(a.Id, out var act) && act.Last is { } by ? names.GetValueOrDefault(by) : null, a.Verdict.Length > 0 ? Clip(a.Verdict, MaxText) : null, acts.ContainsKey(a.Id) ? Math.Round(MinutesOf(a), 1) : null) { RuleEn = English(a) })]));
        return (facts, Most(a => a.Host), Most(a => a.Account), Most(a => a.SourceIp));

        static string? English(Raised alert) => alert.RuleTitleEn.Length > 0 ? Clip(alert.RuleTitleEn, MaxTitle) : null;

        double MinutesOf(Raised alert) => Math.Max(0, (acts[alert.Id].First - alert.CreatedAt).TotalMinutes);

        IReadOnlyList<ValueFact> Most(Func<Raised, string> of) => [.. all.Where(a => of(a).Length > 0).GroupBy(of, StringComparer.OrdinalIgnoreCase).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Take(Top).Select(g => new ValueFact(Clip(g.Key, MaxName), g.Count()))];
    }

    private sealed record Raised(Guid Id, string Number, string Level, string RuleId, string RuleTitle, string RuleTitleEn, string RuleAuthor, string RuleLicense, string Entity, string Host, string Account, string SourceIp, int EventCount, string State, string Verdict, DateTimeOffset CreatedAt);

    // Acts that take an alert up.
    private static readonly string[] Judging = ["triage", "escalate", "benign", "duplicate"];

    private static async Task<NoticeFacts> NoticesAsync(HufuDbContext db, DateTimeOffset from, DateTimeOffset to, DateTimeOffset previous, bool ranBefore, CancellationToken cancellation)
    {
        var told = await NotificationBrief.OfPeriodAsync(db, from, to, cancellation);
        var before = await db.Set<Notification>().AsNoTracking().CountAsync(n => n.SentAt >= previous && n.SentAt < from, cancellation);
        List<double> minutes = [.. told.Select(n => n.Took?.TotalMinutes).OfType<double>().Order()];
        var late = told.Where(n => n.Escalated || n.GivenUp).OrderBy(n => Gravity(n.Level)).ThenBy(n => n.SentAt).ThenBy(n => n.Number, StringComparer.Ordinal)
            .Select(n => new NoticeFact(n.Number, n.Level, n.Alerts, n.State, n.SentAt, n.Took is { } took ? Math.Round(took.TotalMinutes, 1) : null)).ToList();
        return new NoticeFacts(
            told.Count, ranBefore || before > 0 ? before : null, told.Sum(n => n.Alerts), told.Count(n => n.IsInTime), told.Count(n => n.AnsweredAt is not null && !n.IsInTime), told.Count(n => n.AnsweredAt is null && !n.GivenUp), told.Count(n => n.IsUnanswered),
            told.Count(n => n.Escalated), minutes.Count == 0 ? null : Median(minutes), minutes.Count == 0 ? null : Math.Round(minutes[^1], 1), told.Sum(n => n.MailsSent), told.Sum(n => n.MailsFailed),
            Listed<NoticeFact>.Of(late));
    }

    private static async Task<IncidentFacts> IncidentsAsync(HufuDbContext db, DateTimeOffset from, DateTimeOffset to, DateTimeOffset previous, bool ranBefore, CancellationToken cancellation)
    {
        // What became known after the period is another report's.
        var all = (await IncidentBrief.OfPeriodAsync(db, previous, to, cancellation)).Where(i => i.KnownAt < to).ToList();
        var before = all.Count(i => i.KnownAt >= previous && i.KnownAt < from);
        var rows = all.Where(i => i.KnownAt >= from || i.IsOpen).OrderByDescending(i => i.KnownAt >= from).ThenBy(i => i.KnownAt)
            .Select(i => new IncidentFact(i.Number, i.Level, i.Category, i.State, i.KnownAt, i.KnownAt >= from, i.NotifyBy is null ? null : i.NotifiedAt is { } told ? told > i.NotifyBy : db.Now > i.NotifyBy)).ToList();
        return new IncidentFacts(rows.Count(r => r.IsNew), ranBefore || before > 0 ? before : null, all.Count(i => i.IsOpen), Listed<IncidentFact>.Of(rows));
    }

    private static async Task<ClockFacts> ClocksAsync(HufuDbContext db, DateTimeOffset from, DateTimeOffset to, IReadOnlyList<SourceStanding>? standings, ReportFacts? earlier, CancellationToken cancellation)
    {
        var sources = await db.Set<TimeSource>().AsNoTracking().Where(s => s.State == TimeSourceType.On && s.ArchivedAt == null).Select(s => s.Id).ToListAsync(cancellation);
        var checks = await db.Set<TimeCheck>().AsNoTracking().Where(c => c.At >= from && c.At < to).Select(c => new { c.SourceId, c.Verdict, c.Offset }).ToListAsync(cancellation);
        var reviews = await db.Set<TimeReview>().AsNoTracking().Where(r => r.From < to && r.To > from && r.ArchivedAt == null).OrderBy(r => r.From).Select(r => new ReviewFact(r.Number, r.State)).ToListAsync(cancellation);
        var good = checks.Count(c => c.Verdict is Hufu.Time.TimeVerdict.Fine or Hufu.Time.TimeVerdict.Stated);
        var unknown = checks.Count(c => c.Verdict == Hufu.Time.TimeVerdict.Unknown);
        var worst = checks.Where(c => c.Offset is not null).Select(c => (double?)Math.Round(Math.Clamp(Math.Abs(c.Offset!.Value) * 1000, 0, 9e12), 3)).Max();
        return new ClockFacts(sources.Count, sources.Count(s => !checks.Exists(c => c.SourceId == s)), checks.Count, good, checks.Count - good - unknown, unknown, worst, standings?.Count(s => s.Skew.Since is not null && !AuditFeed.IsOwn(s.Source)) ?? earlier?.Clocks?.Skewed, reviews);
    }

    private async Task<CoverageFacts?> CoverageAsync(CancellationToken cancellation)
    {
        var matrix = await coverage.LookAsync(cancellation);
        if (matrix.Criteria == 0) return null;
        var open = await gaps.OpenOnesAsync(cancellation);
        return new CoverageFacts(
            matrix.At, matrix.Criteria, Of(CoverageState.Covered), Of(CoverageState.Partly), Of(CoverageState.Stale), Of(CoverageState.Never),
            Listed<CoverageGap>.Of([.. matrix.Cells.Where(c => c.IsGap).OrderBy(c => c.State != CoverageState.Stale).ThenBy(c => c.State).Select(c => new CoverageGap(c.Asset.Asset.Number, Clip(c.Asset.Asset.Title, MaxName), c.Kind, c.State.ToString().ToLowerInvariant(), c.LastSeen, open.GetValueOrDefault(LogGaps.EntityOf(c))))]));

        int Of(CoverageState state) => matrix.Cells.Count(c => c.State == state);
    }

    private async Task<StorageFacts> StorageAsync(HufuDbContext db, LogStorage stored, DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, CancellationToken cancellation)
    {
        var segments = logs.Store.Segments.Where(s => s.SealedAt >= from && s.SealedAt < to).ToList();
        var reader = LedgerReader.Open(ledger.Folder);
        var facts = reader.IsOk ? new LedgerFacts(reader.Value.Size, await db.Changes.LongCountAsync(c => c.Position == null, cancellation), reader.Value.Checkpoint.Checkpoint.Root.ToBase64()) : null;
        return new StorageFacts(
            Instants.Truncate(now), stored.Bytes, stored.Events, stored.FreeBytes, stored.Oldest, stored.FullOn,
            await db.Set<RetentionRule>().CountAsync(r => r.State == RetentionRuleType.Active && r.ArchivedAt == null, cancellation), await db.Set<LogHold>().CountAsync(h => h.State == LogHoldType.On && h.ArchivedAt == null, cancellation),
            stored.Removals.Where(r => r.At >= from && r.At < to).SelectMany(r => r.Sources).Sum(s => s.Events), segments.Count, segments.Count(s => s.Receipt is null), facts);
    }

    private async Task<Listed<WorkFact>> WorkAsync(HufuDbContext db, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        string[] types = [AlertType.TypeKey, "incident.incident"];
        var done = await db.Changes.AsNoTracking().Where(c => c.ActorId != null && c.At >= from && c.At < to && types.Contains(c.TypeKey)).GroupBy(c => new { c.TypeKey, c.Action, c.ActorId }).Select(g => new { g.Key.TypeKey, g.Key.Action, g.Key.ActorId, Count = g.Count() }).ToListAsync(cancellation);
        var names = await NamesAsync(db, done.Select(d => d.ActorId), cancellation);
        return Listed<WorkFact>.Of([.. done.Select(d => new WorkFact(d.TypeKey == AlertType.TypeKey ? "alert" : "incident", d.Action, names.GetValueOrDefault(d.ActorId!.Value, ""), d.Count)).OrderBy(w => w.What, StringComparer.Ordinal).ThenByDescending(w => w.Count).ThenBy(w => w.Action, StringComparer.Ordinal).ThenBy(w => w.Person, StringComparer.Ordinal)]);
    }

    // As the directory has them; of those who are not in it any more, as they were written with what they did last.
    private async Task<Dictionary<Guid, string>> NamesAsync(HufuDbContext db, IEnumerable<Guid?> people, CancellationToken cancellation)
    {
        var names = new Dictionary<Guid, string>();
        foreach (var id in people.OfType<Guid>().Distinct())
        {
            var name = directory.Person(id)?.Name;
            if (name is null && await db.Changes.AsNoTracking().Where(c => c.ActorId == id && c.Payload != null).OrderByDescending(c => c.Id).FirstOrDefaultAsync(cancellation) is { } last) name = ChangeCapture.Read(last)?.ActorName;
            if (name is not null) names[id] = Clip(name, MaxName);
        }

        return names;
    }

    private static bool IsAbout(string entity, string source) => entity == source || entity.StartsWith(source + " ", StringComparison.Ordinal);

    private static int Gravity(string level) => Array.IndexOf(Gravest, level) is >= 0 and var at ? at : Gravest.Length;

    private static int LongestRun(long[] slices)
    {
        var (longest, run) = (0, 0);
        foreach (var slice in slices) longest = Math.Max(longest, run = slice == 0 ? run + 1 : 0);
        return longest;
    }

    private static double Median(List<double> sorted) => Math.Round(sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[sorted.Count / 2 - 1] + sorted[sorted.Count / 2]) / 2, 1);

    // Cut between characters, and without what a database or JSON cannot hold.
    private static string Clip(string text, int most)
    {
        text = Field.IsStorable(text) ? text : Field.Storable(text);
        return text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1)] + "…";
    }

    [LoggerMessage(61, LogLevel.Warning, "The part {Part} of a monitoring report could not be evaluated")]
    private static partial void NotEvaluated(ILogger logger, string part, Exception e);
}
