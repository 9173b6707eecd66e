using System.Globalization;
using System.Text;
using Hufu.Records.Obligations;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Storage;

/// <summary>
/// Computes how the outputs of the standard stand, all of them in five queries however many there are. Counts are of the whole organisation:
/// they say that something exists, never what it says.
/// </summary>
public sealed class OutputStates(HufuDbContext db, PlannerOptions options)
{
    /// <summary>Days before its end in which a usual cycle counts as due; an obligation says its own.</summary>
    public const int LeadDays = 30;

    /// <summary>How each of these outputs stands today, in the order given.</summary>
    /// <param name="outputs">Codes.</param>
    /// <param name="today">The day that it is for the organisation.</param>
    /// <param name="cycles">Usual cycles (ISO 8601 durations) by code: they count where no obligation says when the next is due.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<IReadOnlyList<OutputState>> ComputeAsync(IReadOnlyList<string> outputs, DateOnly today, IReadOnlyDictionary<string, string>? cycles = null, CancellationToken cancellation = default)
    {
        var facts = outputs.Distinct(StringComparer.Ordinal).ToDictionary(o => o, _ => new Facts(), StringComparer.Ordinal);

        // What is owed, nearest first.
        var open = await (from o in db.Set<Occurrence>().AsNoTracking()
                          join b in db.Set<Obligation>() on o.ObligationId equals b.Id
                          where (o.State == "open" || o.State == "waiver-asked") && o.ArchivedAt == null && o.Outputs != null
                          orderby o.DueOn, o.Number
                          select new { o.Number, o.Outputs, o.DueOn, o.DueAt, o.OwnerId, o.OwnerRole, b.LeadDays }).ToListAsync(cancellation);
        foreach (var o in open)
            foreach (var fact in Of(o.Outputs))
            {
                fact.NextDue ??= o.DueOn;
                if (fact.NextNumber is null) (fact.NextNumber, fact.OwnerId, fact.OwnerRole) = (o.Number, o.OwnerId, o.OwnerRole);
                if (o.DueOn < today || o.DueAt < db.Now) fact.Overdue++;
                else if (o.DueOn <= today.AddDays(o.LeadDays)) fact.IsDue = true;
            }

        // What was done.
        foreach (var done in await db.Set<Occurrence>().AsNoTracking().Where(o => o.State == "done" && o.ArchivedAt == null && o.Outputs != null).GroupBy(o => o.Outputs).Select(g => new { Outputs = g.Key, On = g.Max(o => o.PerformedOn) }).ToListAsync(cancellation))
            foreach (var fact in Of(done.Outputs)) fact.Seen(done.On);

        // Evidence that names an output counts for that one; without a name it counts for all outputs of its record's type, and on an
        // occurrence for the occurrence's outputs.
        foreach (var evidence in await db.Evidence.AsNoTracking().Where(e => e.WithdrawnAt == null).GroupBy(e => new { e.TypeKey, e.Output }).Select(g => new { g.Key.TypeKey, g.Key.Output, Count = g.Count(), On = g.Max(e => e.EffectiveOn) }).ToListAsync(cancellation))
            foreach (var output in string.IsNullOrEmpty(evidence.Output) ? db.Types.Find(evidence.TypeKey)?.Outputs ?? [] : [evidence.Output])
                if (facts.TryGetValue(output, out var fact)) fact.Seen(evidence.On, evidence.Count);
        foreach (var evidence in await (from e in db.Evidence.AsNoTracking()
                                        join o in db.Set<Occurrence>() on e.RecordId equals o.Id
                                        where e.WithdrawnAt == null && o.Outputs != null && (e.Output == null || e.Output == "")
                                        group e by o.Outputs into g
                                        select new { Outputs = g.Key, Count = g.Count(), On = g.Max(e => e.EffectiveOn) }).ToListAsync(cancellation))
            foreach (var fact in Of(evidence.Outputs)) fact.Seen(evidence.On, evidence.Count);

        // Records of the types that evidence an output.
        foreach (var (type, count, newest, owner) in await CountsAsync(cancellation))
            foreach (var output in type.Outputs)
                if (count > 0 && facts.TryGetValue(output, out var fact))
                {
                    fact.Records += count;
                    fact.Seen(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(newest, options.TimeZone).DateTime));
                    if (newest > fact.NewestRecord) (fact.NewestRecord, fact.RecordOwner) = (newest, owner);
                }

        return [.. outputs.Select(output =>
        {
            var fact = facts[output];
            if (fact.NextDue is null && fact.Newest is { } newest && cycles?.GetValueOrDefault(output) is { } cycle && IsoDuration.Parse(cycle) is { } period)
            {
                fact.NextDue = period.After(newest);
                if (fact.NextDue < today) fact.Overdue = 1;
                else if (fact.NextDue <= today.AddDays(LeadDays)) fact.IsDue = true;
            }

            var status = fact.Overdue > 0 ? OutputStatus.Overdue : fact.IsDue ? OutputStatus.Due : fact.Newest is null ? OutputStatus.Missing : OutputStatus.Current;
            var owner = fact.NextNumber is null ? fact.RecordOwner : fact.OwnerId;
            return new OutputState(output, status, fact.Newest, fact.NextDue, owner, fact.OwnerRole, fact.NextNumber, fact.Overdue, fact.Records, fact.Evidence);
        })];

        IEnumerable<Facts> Of(string? codes) => Obligation.SplitOutputs(codes).Distinct().Where(facts.ContainsKey).Select(code => facts[code]);
    }

    // One statement over all tables: a query for each type would be a hundred.
    private async Task<IReadOnlyList<(RecordType Type, int Count, DateTimeOffset Newest, Guid? Owner)>> CountsAsync(CancellationToken cancellation)
    {
        var sql = new StringBuilder();
        var types = db.Types.All.Where(t => t.Outputs.Count > 0).ToList();
        for (var i = 0; i < types.Count; i++)
        {
            // The names come from the model, not from anybody's input.
            var table = db.Model.FindEntityType(types[i].ClrType)!.GetTableName();
            if (i > 0) sql.Append(" UNION ALL ");
            sql.Append(CultureInfo.InvariantCulture, $"SELECT {i} AS \"Index\", COUNT(*) AS \"Count\", COALESCE(MAX(updated_at), 0) AS \"Newest\", (SELECT owner_id FROM {table} WHERE archived_at IS NULL ORDER BY updated_at DESC LIMIT 1) AS \"Owner\" FROM {table} WHERE archived_at IS NULL");
        }

        if (types.Count == 0) return [];
        var rows = await db.Database.SqlQueryRaw<CountRow>(sql.ToString()).ToListAsync(cancellation);
        return [.. rows.Select(r => (types[r.Index], (int)r.Count, DateTimeOffset.UnixEpoch.AddTicks(r.Newest * TimeSpan.TicksPerMicrosecond), r.Owner))];
    }

    private sealed record CountRow(int Index, long Count, long Newest, Guid? Owner);

    private sealed class Facts
    {
        internal DateOnly? Newest { get; private set; }

        internal DateOnly? NextDue { get; set; }

        internal string? NextNumber { get; set; }

        internal Guid? OwnerId { get; set; }

        internal string? OwnerRole { get; set; }

        internal int Overdue { get; set; }

        internal bool IsDue { get; set; }

        internal int Records { get; set; }

        internal DateTimeOffset NewestRecord { get; set; }

        internal Guid? RecordOwner { get; set; }

        internal int Evidence { get; private set; }

        internal void Seen(DateOnly? on, int evidence = 0)
        {
            Evidence += evidence;
            if (on is { } day && (Newest is null || day > Newest)) Newest = day;
        }
    }
}
