using System.Globalization;
using System.Text;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Web.Home;

/// <summary>Something that a person owes: to do as its owner, or to approve.</summary>
public sealed record WorkItem(RecordType Type, Record Record, bool ToApprove);

/// <summary>Gathers what a person owes over all record types.</summary>
public sealed class MyWork(RecordStore store)
{
    private const int PerType = 100;

    /// <summary>Open records that the person owns, and records that wait for the person's approval; by due date, undated ones last.</summary>
    public async Task<IReadOnlyList<WorkItem>> ForAsync(Actor actor, CancellationToken cancellation = default)
    {
        var items = new List<WorkItem>();
        foreach (var type in store.Types.All.Where(t => actor.ScopeOf(t, Right.Read) is not null)) items.AddRange(await type.Accept(new Visitor(store, actor, cancellation)));
        items.AddRange(await OfMyRolesAsync(actor, cancellation));
        return [.. items.OrderBy(i => i.Record.DueOn ?? DateOnly.MaxValue).ThenByDescending(i => i.ToApprove).ThenBy(i => i.Record.Number, StringComparer.Ordinal)];
    }

    // What a role owes is everybody's who has the role, once it has come into its lead time.
    private async Task<IReadOnlyList<WorkItem>> OfMyRolesAsync(Actor actor, CancellationToken cancellation)
    {
        var type = store.Types.Of<Occurrence>();
        var roles = store.Directory.Person(actor.Id)?.Roles.ToList() ?? [];
        if (roles.Count == 0 || actor.ScopeOf(type, Right.Read) is null) return [];
        var open = type.Workflow.OpenStates.ToList();
        var due = await store.Readable<Occurrence>(actor).Where(o => o.OwnerId == null && o.OwnerRole != null && roles.Contains(o.OwnerRole) && o.Escalation > 0 && open.Contains(o.State)).OrderBy(o => o.DueOn).Take(PerType).ToListAsync(cancellation);
        return [.. due.Select(o => new WorkItem(type, o, false))];
    }

    /// <summary>The dated items as an iCalendar feed (RFC 5545).</summary>
    public static string Calendar(IReadOnlyList<WorkItem> items, string site, DateTimeOffset now)
    {
        var text = new StringBuilder();
        void Line(string line)
        {
            // RFC 5545 §3.1: lines are folded at 75 octets, never inside a character.
            var length = 0;
            foreach (var rune in line.EnumerateRunes())
            {
                if (length + rune.Utf8SequenceLength > 74)
                {
                    text.Append("\r\n ");
                    length = 1;
                }

                text.Append(rune);
                length += rune.Utf8SequenceLength;
            }

            text.Append("\r\n");
        }

        static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(";", "\\;", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).ReplaceLineEndings("\\n");
        Line("BEGIN:VCALENDAR");
        Line("VERSION:2.0");
        Line("PRODID:-//Hufu//Hufu//ZH");
        Line("X-WR-CALNAME:" + Escape(Kernel.Texts.T("work.title")));
        foreach (var item in items.Where(i => i.Record.DueOn is not null))
        {
            Line("BEGIN:VEVENT");
            Line($"UID:{item.Record.Id:D}@hufu");
            Line("DTSTAMP:" + now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));
            Line("DTSTART;VALUE=DATE:" + item.Record.DueOn!.Value.ToString("yyyyMMdd", CultureInfo.InvariantCulture));
            Line("DTEND;VALUE=DATE:" + item.Record.DueOn.Value.AddDays(1).ToString("yyyyMMdd", CultureInfo.InvariantCulture));
            Line("SUMMARY:" + Escape($"{item.Record.Number} {item.Record.Title}"));
            Line("URL:" + site + item.Type.PathOf(item.Record.Number));
            Line("TRANSP:TRANSPARENT");
            Line("END:VEVENT");
        }

        Line("END:VCALENDAR");
        return text.ToString();
    }

    private sealed class Visitor(RecordStore store, Actor actor, CancellationToken cancellation) : IRecordTypeVisitor<Task<IReadOnlyList<WorkItem>>>
    {
        public async Task<IReadOnlyList<WorkItem>> Visit<T>(RecordType<T> type) where T : Record, new()
        {
            var items = new List<WorkItem>();
            var open = type.Workflow.OpenStates.ToList();
            var mine = await store.Readable<T>(actor).Where(r => r.OwnerId == actor.Id && open.Contains(r.State)).OrderBy(r => r.DueOn == null).ThenBy(r => r.DueOn).Take(PerType).ToListAsync(cancellation);
            items.AddRange(mine.Select(r => new WorkItem(type, r, false)));
            // What waits for a second person; that somebody may also retire or cancel a thing is no work to be done.
            var approvals = type.Workflow.Transitions.Where(Waits).SelectMany(t => t.From).Distinct().ToList();
            if (approvals.Count == 0 || actor.ScopeOf(type, Right.Approve) is null) return items;
            foreach (var record in await store.Readable<T>(actor).Where(r => approvals.Contains(r.State)).OrderBy(r => r.UpdatedAt).Take(PerType).ToListAsync(cancellation))
            {
                // Only what this person may really do now: the tally shuts out whoever asked for it.
                var ways = await store.TransitionsAsync(actor, record, cancellation);
                if (ways.Any(w => w.Blocked is null && Waits(w.Transition)) && items.TrueForAll(i => i.Record.Id != record.Id)) items.Add(new WorkItem(type, record, true));
            }

            return items;
        }

        private static bool Waits(Transition way) => way.Right.HasFlag(Right.Approve) && way.SeparateFrom.Count > 0;
    }
}
