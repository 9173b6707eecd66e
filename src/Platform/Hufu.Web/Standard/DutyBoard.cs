using System.Xml;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Web.Standard;

/// <summary>How an output stands. Always computed, never typed in.</summary>
public enum OutputState
{
    Missing,
    Overdue,
    Due,
    Current,
}

/// <summary>An output with what is known of it.</summary>
/// <param name="Output">The output.</param>
/// <param name="State">Its state.</param>
/// <param name="Newest">The newest day that a record or a piece of evidence speaks of.</param>
/// <param name="NextDue">When the cycle asks for the next one; null where there is no cycle.</param>
/// <param name="RecordCount">Records of the types that evidence it.</param>
/// <param name="EvidenceCount">Pieces of evidence on those records or given for this output.</param>
/// <param name="OwnerId">Owner of the newest record.</param>
public sealed record OutputStatus(StandardOutput Output, OutputState State, DateOnly? Newest, DateOnly? NextDue, int RecordCount, int EvidenceCount, Guid? OwnerId);

/// <summary>Computes the state of every output from the records and the evidence: a fixed number of queries, whatever the number of outputs.</summary>
public sealed class DutyBoard(RecordStore store, StandardLibrary standards, TimeProvider clock)
{
    /// <summary>Days before its end in which a cycle counts as due.</summary>
    public const int LeadDays = 30;

    public async Task<IReadOnlyDictionary<string, OutputStatus>> ComputeAsync(CancellationToken cancellation = default)
    {
        var today = SiteTime.Today(clock);
        var byType = new Dictionary<string, TypeFacts>();
        foreach (var type in store.Types.All.Where(t => t.Outputs.Count > 0)) byType[type.Key] = await type.Accept(new FactsVisitor(store.Db, cancellation));
        var evidence = await store.Db.Evidence.AsNoTracking().Where(e => e.WithdrawnAt == null)
            .GroupBy(e => new { e.TypeKey, e.Output }).Select(g => new { g.Key.TypeKey, g.Key.Output, Count = g.Count(), Newest = g.Max(e => e.EffectiveOn) }).ToListAsync(cancellation);
        var result = new Dictionary<string, OutputStatus>(StringComparer.Ordinal);
        foreach (var output in standards.Current.Outputs)
        {
            var types = store.Types.ForOutput(output.Code).ToList();
            var facts = types.Select(t => byType[t.Key]).ToList();
            // Evidence that names an output counts for that one; without a name it counts for all outputs of its record's type.
            var proofs = evidence.Where(e => e.Output == output.Code || (string.IsNullOrEmpty(e.Output) && types.Exists(t => t.Key == e.TypeKey))).ToList();
            var newestRecord = facts.Where(f => f.Newest is not null).MaxBy(f => f.Newest);
            DateOnly? newest = newestRecord?.Newest is { } at ? DateOnly.FromDateTime(SiteTime.Local(at).DateTime) : null;
            foreach (var proof in proofs)
                if (newest is null || proof.Newest > newest) newest = proof.Newest;
            var due = newest is { } day ? Next(day, output.Cycle) : null;
            var state = newest is null ? OutputState.Missing : due is null ? OutputState.Current : due < today ? OutputState.Overdue : due <= today.AddDays(LeadDays) ? OutputState.Due : OutputState.Current;
            result[output.Code] = new OutputStatus(output, state, newest, due, facts.Sum(f => f.Count), proofs.Sum(p => p.Count), newestRecord?.OwnerId);
        }

        return result;
    }

    /// <summary>The end of a cycle (ISO 8601 duration) that began on a day.</summary>
    public static DateOnly? Next(DateOnly from, string? cycle)
    {
        if (string.IsNullOrEmpty(cycle)) return null;
        var (months, days) = (0, 0);
        var number = 0;
        foreach (var c in cycle.AsSpan(1))
        {
            if (char.IsAsciiDigit(c)) number = (number * 10) + (c - '0');
            else
            {
                if (c == 'Y') months += number * 12;
                else if (c == 'M') months += number;
                else if (c == 'W') days += number * 7;
                else if (c == 'D') days += number;
                else throw new XmlException($"'{cycle}' is not a duration of years, months, weeks or days.");
                number = 0;
            }
        }

        return from.AddMonths(months).AddDays(days);
    }

    private sealed record TypeFacts(int Count, DateTimeOffset? Newest, Guid? OwnerId);

    private sealed class FactsVisitor(HufuDbContext db, CancellationToken cancellation) : IRecordTypeVisitor<Task<TypeFacts>>
    {
        public async Task<TypeFacts> Visit<T>(RecordType<T> type) where T : Record, new()
        {
            var live = db.Set<T>().AsNoTracking().Where(r => r.ArchivedAt == null);
            var count = await live.CountAsync(cancellation);
            if (count == 0) return new TypeFacts(0, null, null);
            var newest = await live.OrderByDescending(r => r.UpdatedAt).Select(r => new { r.UpdatedAt, r.OwnerId }).FirstAsync(cancellation);
            return new TypeFacts(count, newest.UpdatedAt, newest.OwnerId);
        }
    }
}
