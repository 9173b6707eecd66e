using System.Globalization;
using Hufu.Kernel;
using Hufu.Records.Obligations;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Storage;

/// <summary>How far the planner looks, and in which time zone a day begins.</summary>
public sealed class PlannerOptions
{
    /// <summary>How many days ahead occurrences are created. The default value is 400: each yearly duty shows its next one.</summary>
    public int HorizonDays { get; set; } = 400;

    /// <summary>Most occurrences that one run creates for one obligation. The default value is 60.</summary>
    public int MostPerObligation { get; set; } = 60;

    /// <summary>The zone whose calendar decides what a day is. The default value is Asia/Taipei.</summary>
    public TimeZoneInfo TimeZone { get; set; } = TimeZoneInfo.FindSystemTimeZoneById("Asia/Taipei");

    /// <summary>Names of the roles that head a unit. The default value is <c>unit-head</c>.</summary>
    public string UnitHeadRole { get; set; } = "unit-head";

    /// <summary>Name of the role that answers for security as a whole. The default value is <c>ciso</c>.</summary>
    public string CisoRole { get; set; } = "ciso";
}

/// <summary>What a run of the planner came to.</summary>
/// <param name="Created">New occurrences.</param>
/// <param name="Escalations">Occurrences whose urgency rose in this run.</param>
/// <param name="Faults">Obligations that could not be planned, by number.</param>
public sealed record PlanOutcome(IReadOnlyList<Occurrence> Created, IReadOnlyList<Escalation> Escalations, IReadOnlyDictionary<string, Error> Faults);

/// <summary>The tables of obligations that are no records, and the index that keeps an occurrence from being planned twice.</summary>
public sealed class ObligationTables : IModelContribution
{
    public void Configure(ModelBuilder model)
    {
        model.Entity<WorkingDay>(e =>
        {
            e.ToTable("working_day");
            e.Property(x => x.Id).ValueGeneratedNever();
            e.Property(x => x.Name).HasMaxLength(200);
            e.HasIndex(x => x.Date).IsUnique();
        });
        if (model.Model.FindEntityType(typeof(Occurrence)) is null) return;
        model.Entity<Occurrence>(e =>
        {
            e.HasIndex(x => new { x.ObligationId, x.PlanKey }).IsUnique();
            e.HasIndex(x => new { x.State, x.DueOn });
        });
    }
}

/// <summary>
/// Makes obligations into what is due. It creates missing occurrences and raises their urgency; it never closes one. Running it twice, or on
/// two machines, gives the same.
/// </summary>
public sealed class ObligationPlanner(RecordStore store, PlannerOptions options)
{
    private static readonly Actor Planner = Actor.System();

    private HufuDbContext Db => store.Db;

    /// <summary>The day that it is now for the organisation.</summary>
    public DateOnly Today => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(Db.Now, options.TimeZone).DateTime);

    /// <summary>The working days as entered.</summary>
    public async Task<WorkingCalendar> CalendarAsync(CancellationToken cancellation = default) => new(await Db.Set<WorkingDay>().AsNoTracking().ToListAsync(cancellation));

    /// <summary>Takes days of a calendar file in. Days that are entered already stay as people left them. Gives the number of new days.</summary>
    public async Task<Result<int>> AddWorkingDaysAsync(Actor actor, IReadOnlyList<WorkingDay> days, CancellationToken cancellation = default)
    {
        if (actor.ScopeOf(store.Types.Of<Obligation>(), Right.Write) is not Scope.All) return Result.Fail<int>(Error.Of("access.denied", "您沒有修改工作日曆的權限。", "You do not have the right to change the working calendar."));
        return await store.InTransactionAsync(async () =>
        {
            var known = await Db.Set<WorkingDay>().Select(d => d.Date).ToHashSetAsync(cancellation);
            var fresh = days.Where(d => known.Add(d.Date)).Select(d => new WorkingDay { Date = d.Date, IsWorking = d.IsWorking, Name = d.Name }).ToList();
            Db.ActAs(actor, "create");
            Db.AddRange(fresh);
            await Db.SaveChangesAsync(cancellation);
            return Result.Of(fresh.Count);
        });
    }

    /// <summary>Creates what is missing up to the horizon and raises the urgency of what is open.</summary>
    /// <param name="today">The day that it is.</param>
    /// <param name="tell">Hears of what rose, inside the transaction: what it writes with this planner's context stands or falls with it.</param>
    /// <param name="cancellation">Stops it; nothing is written.</param>
    public async Task<Result<PlanOutcome>> PlanAsync(DateOnly today, Func<IReadOnlyList<Escalation>, Task>? tell = null, CancellationToken cancellation = default)
    {
        var calendar = await CalendarAsync(cancellation);
        return await OnceAsync(async () =>
        {
            var faults = new Dictionary<string, Error>(StringComparer.Ordinal);
            var created = new List<Occurrence>();
            foreach (var (obligation, occurrence) in await MissingAsync(today, calendar, faults, cancellation))
            {
                var made = await store.CreateAsync(Planner, occurrence, cancellation: cancellation);
                if (!made.IsOk) faults[obligation.Number] = made.Errors[0];
                else created.Add(occurrence);
            }

            var raised = await EscalateAsync(today, cancellation);
            if (tell is not null && raised.Count > 0) await tell(raised);
            return Result.Of(new PlanOutcome(created, raised, faults));
        });
    }

    /// <summary>Creates the occurrences of the obligations that wait for an event. The same event of the same record makes none twice.</summary>
    /// <param name="eventKey">Key of the event, such as <c>incident.known</c>.</param>
    /// <param name="at">When it happened or became known.</param>
    /// <param name="source">The record that it happened to.</param>
    /// <param name="applies">Which of the waiting obligations the event concerns; null for all.</param>
    /// <param name="onceForRecord">It can happen to a record only once: when its time was corrected, what is open moves with it.</param>
    /// <param name="cancellation">Stops it; nothing is written.</param>
    public async Task<Result<IReadOnlyList<Occurrence>>> TriggerEventAsync(string eventKey, DateTimeOffset at, Record? source = null, Func<Obligation, bool>? applies = null, bool onceForRecord = false, CancellationToken cancellation = default)
    {
        var calendar = await CalendarAsync(cancellation);
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, options.TimeZone).DateTime);
        return await OnceAsync(async () =>
        {
            var created = new List<Occurrence>();
            var waiting = await Db.Set<Obligation>().AsNoTracking().Where(o => o.State == "active" && o.ArchivedAt == null && o.Recurrence == "after-event" && o.EventKey == eventKey).OrderBy(o => o.Number).ToListAsync(cancellation);
            foreach (var obligation in waiting)
            {
                if (obligation.ValidFrom > day || obligation.ValidUntil < day || obligation.ReadRecurrence() is not { IsOk: true } recurrence || applies?.Invoke(obligation) == false) continue;
                var key = $"{day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}/{source?.Number ?? eventKey}";
                var trigger = source?.Number ?? eventKey;
                var known = await Db.Set<Occurrence>().FirstOrDefaultAsync(o => o.ObligationId == obligation.Id && (o.PlanKey == key || (onceForRecord && o.Trigger == trigger)), cancellation);
                var within = recurrence.Value.Within;
                DateTimeOffset? dueAt = within is { HasTime: true } limit ? Instants.Truncate(limit.After(at, options.TimeZone)) : null;
                var planned = dueAt is { } moment ? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, options.TimeZone).DateTime) : within?.After(day) ?? day;
                var occurrence = Make(obligation, planned, key, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), calendar);
                // Hours run on through rest days.
                if (dueAt is not null) occurrence.DueOn = planned;
                occurrence.DueAt = dueAt;
                if (known is not null)
                {
                    if (!onceForRecord || known.State != "open" || (known.DueAt, known.DueOn) == (occurrence.DueAt, occurrence.DueOn)) continue;
                    (known.DueAt, known.DueOn, known.PlannedOn, known.Period, known.Escalation) = (occurrence.DueAt, occurrence.DueOn, occurrence.PlannedOn, occurrence.Period, 0);
                    Db.ActAs(Planner, "update", "the time of its cause was corrected");
                    await Db.SaveChangesAsync(cancellation);
                    continue;
                }

                occurrence.Trigger = trigger;
                occurrence.UnitId = source?.UnitId ?? occurrence.UnitId;
                var made = await store.CreateAsync(Planner, occurrence, cancellation: cancellation);
                if (!made.IsOk) return Result.Fail<IReadOnlyList<Occurrence>>(made.Errors);
                created.Add(occurrence);
            }

            return Result.Of<IReadOnlyList<Occurrence>>(created);
        });
    }

    /// <summary>Creates what follows an occurrence that has been closed: counted from the plan, or from the day on which it was performed. Null when nothing follows or it is there already.</summary>
    public async Task<Result<Occurrence?>> NextAsync(Occurrence closed, CancellationToken cancellation = default)
    {
        var obligation = await Db.Set<Obligation>().AsNoTracking().SingleOrDefaultAsync(o => o.Id == closed.ObligationId, cancellation);
        if (obligation is not { State: "active", ArchivedAt: null } || closed.PlannedOn is not { } planned || obligation.ReadRecurrence() is not { IsOk: true } recurrence) return Result.Of<Occurrence?>(null);
        var next = obligation.NextFrom == "completion" && closed.PerformedOn is { } done
            ? recurrence.Value.NextAfterCompletion(done)
            : recurrence.Value.NextAfterPlan(obligation.StartOn ?? planned, planned);
        if (next is not { } day || obligation.ValidUntil < day) return Result.Of<Occurrence?>(null);
        var key = Key(day);
        if (await Db.Set<Occurrence>().AnyAsync(o => o.ObligationId == obligation.Id && o.PlanKey == key, cancellation)) return Result.Of<Occurrence?>(null);
        var occurrence = Make(obligation, day, key, recurrence.Value.PeriodOf(day), await CalendarAsync(cancellation));
        var made = await store.CreateAsync(Planner, occurrence, cancellation: cancellation);
        return made.IsOk ? Result.Of<Occurrence?>(occurrence) : Result.Fail<Occurrence?>(made.Errors);
    }

    // Two machines that plan at the same moment meet in the unique index or in an obligation's version: one is undone and finds nothing to do the next time.
    private async Task<Result<T>> OnceAsync<T>(Func<Task<Result<T>>> work)
    {
        try
        {
            return await store.InTransactionAsync(work);
        }
        catch (DbUpdateException) when (Db.Database.CurrentTransaction is null)
        {
            return Result.Fail<T>(Error.Of("planner.busy", "另一個程序正在排定應辦事項，請稍後再試。", "Another process is planning at the same moment; try again."));
        }
    }

    private async Task<IReadOnlyList<(Obligation Obligation, Occurrence Occurrence)>> MissingAsync(DateOnly today, WorkingCalendar calendar, Dictionary<string, Error> faults, CancellationToken cancellation)
    {
        var horizon = today.AddDays(options.HorizonDays);
        var active = await Db.Set<Obligation>().Where(o => o.State == "active" && o.ArchivedAt == null && o.Recurrence != "after-event").OrderBy(o => o.Number).ToListAsync(cancellation);
        var known = (await Db.Set<Occurrence>().AsNoTracking()
            .Where(o => o.PlannedOn >= today || o.State == "open" || o.State == "waiver-asked")
            .Select(o => new { o.ObligationId, o.PlanKey, o.State }).ToListAsync(cancellation)).ToLookup(o => o.ObligationId);
        var latest = (await Db.Set<Occurrence>().AsNoTracking().GroupBy(o => o.ObligationId)
            .Select(g => new { Id = g.Key, Planned = g.Max(o => o.PlannedOn), Performed = g.Max(o => o.PerformedOn) }).ToListAsync(cancellation)).Where(l => l.Id is not null).ToDictionary(l => l.Id!.Value);
        var missing = new List<(Obligation, Occurrence)>();
        foreach (var obligation in active)
        {
            var read = obligation.ReadRecurrence();
            if (!read.IsOk)
            {
                faults[obligation.Number] = read.Errors[0];
                continue;
            }

            var recurrence = read.Value;
            if (obligation.StartOn is null && recurrence.DefaultStart(obligation.ValidFrom > today ? obligation.ValidFrom.Value : today) is { } first)
            {
                obligation.StartOn = first;
                Db.ActAs(Planner, "update");
                await Db.SaveChangesAsync(cancellation);
            }

            if (obligation.StartOn is not { } start) continue;
            var last = latest.GetValueOrDefault(obligation.Id);
            var keys = known[obligation.Id].Select(o => o.PlanKey).ToHashSet(StringComparer.Ordinal);
            IReadOnlyList<DateOnly> days;
            if (obligation.NextFrom == "completion" && last is not null)
            {
                // Only one at a time: the next is counted from the day on which this one is performed.
                if (known[obligation.Id].Any(o => o.State is "open" or "waiver-asked")) continue;
                days = (last.Performed is { } done ? recurrence.NextAfterCompletion(done) : recurrence.NextAfterPlan(start, last.Planned ?? start)) is { } next && next <= horizon ? [next] : [];
            }
            else
            {
                // Nobody owed the product anything before it knew of the duty; a gap since the last plan is filled.
                var since = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(obligation.CreatedAt, options.TimeZone).DateTime);
                var from = last?.Planned is { } planned && planned < today ? planned.AddDays(1) : last is not null || since > today ? today : since;
                if (obligation.ValidFrom > from) from = obligation.ValidFrom.Value;
                var until = obligation.ValidUntil < horizon ? obligation.ValidUntil.Value : horizon;
                days = recurrence.DueDays(start, from, until, obligation.NextFrom == "completion" ? 1 : options.MostPerObligation);
            }

            foreach (var day in days)
                if (keys.Add(Key(day)))
                    missing.Add((obligation, Make(obligation, day, Key(day), recurrence.PeriodOf(day), calendar)));
        }

        return missing;
    }

    private async Task<IReadOnlyList<Escalation>> EscalateAsync(DateOnly today, CancellationToken cancellation)
    {
        var open = await (from o in Db.Set<Occurrence>()
                          join b in Db.Set<Obligation>() on o.ObligationId equals b.Id
                          where (o.State == "open" || o.State == "waiver-asked") && o.ArchivedAt == null && o.Escalation < 3 && o.DueOn <= today.AddDays(730)
                          orderby o.DueOn, o.Number
                          select new { Occurrence = o, b.LeadDays, b.EscalateBeforeDays, b.EscalateAfterDays }).ToListAsync(cancellation);
        var raised = new List<Escalation>();
        Db.ActAs(Planner, "escalate");
        foreach (var row in open)
        {
            var due = row.Occurrence.DueOn!.Value;
            // Where hours count, the day alone would call it overdue too late.
            var late = today > due || (row.Occurrence.DueAt is { } moment && Db.Now > moment);
            var level = late
                ? today >= due.AddDays(Math.Max(1, row.EscalateAfterDays)) ? 3 : 2
                : today >= due.AddDays(-(row.EscalateBeforeDays ?? row.LeadDays)) ? 1 : 0;
            if (level <= row.Occurrence.Escalation) continue;
            row.Occurrence.Escalation = level;
            raised.Add(new Escalation(row.Occurrence.Id, row.Occurrence.Number, row.Occurrence.Title, level, due, row.Occurrence.OwnerRole, Recipients(row.Occurrence, level)));
        }

        await Db.SaveChangesAsync(cancellation);
        return raised;
    }

    private IReadOnlyList<Guid> Recipients(Occurrence occurrence, int level)
    {
        var people = store.Directory.People.Where(p => p.Active).ToList();
        var to = new List<Guid>();
        if (occurrence.OwnerId is { } owner) to.Add(owner);
        else to.AddRange(people.Where(p => occurrence.OwnerRole == "all-staff" || (occurrence.OwnerRole is { } role && p.Roles.Contains(role))).Select(p => p.Id));
        if (level >= 2)
        {
            // The head of the unit, or of the nearest unit above that has one.
            var unit = occurrence.UnitId ?? (occurrence.OwnerId is { } id ? store.Directory.Person(id)?.UnitId : null);
            for (var steps = 0; unit is { } present && steps < 20; steps++)
            {
                var heads = people.Where(p => p.UnitId == present && p.Roles.Contains(options.UnitHeadRole)).Select(p => p.Id).ToList();
                to.AddRange(heads);
                if (heads.Count > 0) break;
                unit = store.Directory.Unit(present)?.ParentId;
            }
        }

        if (level >= 3) to.AddRange(people.Where(p => p.Roles.Contains(options.CisoRole)).Select(p => p.Id));
        return [.. to.Distinct()];
    }

    private static Occurrence Make(Obligation obligation, DateOnly planned, string key, string period, WorkingCalendar calendar) => new()
    {
        Title = obligation.Title,
        ObligationId = obligation.Id,
        OwnerId = obligation.OwnerId,
        UnitId = obligation.UnitId,
        OwnerRole = obligation.OwnerRole,
        Outputs = obligation.Outputs,
        Period = period,
        PlannedOn = planned,
        PlanKey = key,
        DueOn = calendar.Adjust(planned, obligation.Adjustment),
    };

    private static string Key(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>Closing an occurrence plans what follows it, in the same transaction.</summary>
public sealed class OccurrenceClosed(PlannerOptions options) : IRecordReaction
{
    public string TypeKey => "compliance.occurrence";

    public async Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation) =>
        action is "complete" or "waive" && record is Occurrence closed ? await new ObligationPlanner(store, options).NextAsync(closed, cancellation) : Result.Ok;
}
