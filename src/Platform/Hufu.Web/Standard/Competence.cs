using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Standard;

/// <summary>What kind of work an act is.</summary>
public enum ActKind
{
    Created,
    Changed,
    Moved,
    Approved,
    Evidence,
}

/// <summary>Something that a person really did.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">What kind of work.</param>
/// <param name="What">In the words of the record type: the transition's name, the evidence's title.</param>
/// <param name="Type">Of which record type.</param>
/// <param name="RecordId">On which record.</param>
/// <param name="Number">Its number; null when the reader may not see the record, or it is gone.</param>
/// <param name="Title">Its title, likewise.</param>
/// <param name="Tasks">Codes of the standard's tasks that it belongs to.</param>
/// <param name="Outputs">Codes of the outputs that it evidences.</param>
/// <param name="Indicators">Codes of the indicators that it shows, as far as the record type says.</param>
public sealed record CompetenceAct(DateTimeOffset At, ActKind Kind, string What, RecordType Type, Guid RecordId, string? Number, string? Title, IReadOnlyList<string> Tasks, IReadOnlyList<string> Outputs, IReadOnlyList<string> Indicators);

/// <summary>All that a person did in a period, newest first.</summary>
/// <param name="Acts">The acts.</param>
/// <param name="Cut">There was more than is read at once; the oldest are left out.</param>
public sealed record CompetenceFacts(IReadOnlyList<CompetenceAct> Acts, bool Cut);

/// <summary>
/// What a person did for each task of the standard, read from the change log and the evidence: nothing is typed in, and nothing is judged.
/// Remarks, links and archiving are not counted.
/// </summary>
public sealed class Competence(RecordStore store, StandardLibrary standards)
{
    /// <summary>Area whose Read opens other people's records.</summary>
    public const string Area = "competence";

    private const int MaxActs = 20_000;

    /// <summary>True when the actor may see what this person did.</summary>
    public static bool May(Actor actor, Guid person) => actor.Id == person || actor.May(Area, Right.Read);

    /// <summary>Reads the acts of the days from <paramref name="from"/> to <paramref name="to"/>, both counted. Acts on records that somebody else may not read are left out; one's own stay, without number and title.</summary>
    public async Task<CompetenceFacts> ReadAsync(Actor reader, Guid person, DateOnly from, DateOnly to, CancellationToken cancellation = default)
    {
        var (start, end) = (Instant(from), Instant(to.AddDays(1)));
        var types = store.Types.All.Where(t => t.Tasks.Count > 0).ToDictionary(t => t.Key);
        var keys = types.Keys.ToList();
        var changes = await store.Db.Changes.AsNoTracking().Where(c => c.ActorId == person && c.At >= start && c.At < end && keys.Contains(c.TypeKey))
            .OrderByDescending(c => c.At).Select(c => new { c.At, c.TypeKey, c.RecordId, c.Action }).Take(MaxActs + 1).ToListAsync(cancellation);
        var evidence = await store.Db.Evidence.AsNoTracking().Where(e => e.AddedBy == person && e.AddedAt >= start && e.AddedAt < end && e.WithdrawnAt == null)
            .OrderByDescending(e => e.AddedAt).Select(e => new { e.AddedAt, e.TypeKey, e.RecordId, e.Title, e.Output }).Take(MaxActs + 1).ToListAsync(cancellation);
        var acts = new List<CompetenceAct>();
        foreach (var change in changes)
        {
            var type = types[change.TypeKey];
            if (Kind(type, change.Action) is { } kind) acts.Add(new CompetenceAct(change.At, kind, HistoryText.Action(type, change.Action), type, change.RecordId, null, null, Tasks(type, change.Action), type.Outputs, Shown(type, change.Action)));
        }

        foreach (var item in evidence)
        {
            if (store.Types.Find(item.TypeKey) is not { } type) continue;
            // Evidence that names an output counts for that one alone.
            var named = standards.Current.FindOutput(item.Output ?? "");
            if (named is null && type.Tasks.Count == 0) continue;
            acts.Add(new CompetenceAct(item.AddedAt, ActKind.Evidence, T("competence.evidence-of", item.Title), type, item.RecordId, null, null, named is { } n ? [n.Task.Code] : Tasks(type, "evidence"), named is { } o ? [o.Output.Code] : type.Outputs, Shown(type, "evidence")));
        }

        var seen = new List<CompetenceAct>(acts.Count);
        foreach (var group in acts.GroupBy(a => a.Type))
        {
            var records = await NamesAsync(group.Key, [.. group.Select(a => a.RecordId).Distinct()], cancellation);
            foreach (var act in group)
            {
                var record = records.GetValueOrDefault(act.RecordId);
                var may = record is not null && reader.May(group.Key, Right.Read, record);
                if (may) seen.Add(act with { Number = record!.Number, Title = record.Title });
                else if (reader.Id == person) seen.Add(act);
            }
        }

        return new CompetenceFacts([.. seen.OrderByDescending(a => a.At).Take(MaxActs)], changes.Count > MaxActs || evidence.Count > MaxActs);
    }

    /// <summary>What people call a kind of work.</summary>
    public static string Name(ActKind kind) => kind switch
    {
        ActKind.Created => T("competence.created"),
        ActKind.Changed => T("competence.changed"),
        ActKind.Moved => T("competence.moved"),
        ActKind.Approved => T("competence.approved"),
        ActKind.Evidence => T("competence.evidence"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static IReadOnlyList<string> Tasks(RecordType type, string action) => [.. type.Tasks.Union(type.Indicators.Where(i => i.Shows(action)).Select(i => i.Task))];

    private static IReadOnlyList<string> Shown(RecordType type, string action) => [.. type.Indicators.Where(i => i.Shows(action)).Select(i => i.Code)];

    private static ActKind? Kind(RecordType type, string action) => action switch
    {
        "create" or "import" => ActKind.Created,
        "update" => ActKind.Changed,
        _ => type.Workflow.Find(action) is { } way ? way.Right is Right.Approve || way.SeparateFrom.Count > 0 ? ActKind.Approved : ActKind.Moved : null,
    };

    private async Task<Dictionary<Guid, Record>> NamesAsync(RecordType type, List<Guid> ids, CancellationToken cancellation)
    {
        var found = new Dictionary<Guid, Record>();
        foreach (var part in ids.Chunk(400))
            foreach (var (id, record) in await store.NamesAsync(type, part, cancellation)) found[id] = record;
        return found;
    }

    private static DateTimeOffset Instant(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(local, SiteTime.Zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
