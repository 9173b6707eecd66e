using System.Globalization;
using System.Text;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Time;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>Checks clocks, keeps what came of it, and raises alerts. A check is stored as an event of the source <see cref="Source"/> first, which the ledger seals.</summary>
internal sealed class TimeChecks(IDbContextFactory<HufuDbContext> factory, LogImport import, Detection detection, NtpQuery query, TimeProvider clock)
{
    /// <summary>The source of the events of checks.</summary>
    internal const string Source = "hufu-time";

    /// <summary>Rule of the alerts about clocks that are off.</summary>
    internal const string OffRule = "hufu.time-off";

    /// <summary>Rule of the alerts about clocks that are not synchronised.</summary>
    internal const string UnsynchronisedRule = "hufu.time-unsynchronised";

    /// <summary>Rule of the alerts about sources that give no time.</summary>
    internal const string SilentRule = "hufu.time-silent";

    /// <summary>Longest text that is taken.</summary>
    internal const int MaxText = 8 << 20;

    // One lost packet is no outage, and neither are the few of one check.
    private const int SilentChecks = 2;
    private const int LookBack = 500;

    /// <summary>Asks sources and keeps the answers.</summary>
    internal async Task<IReadOnlyList<TimeCheck>> AskAsync(IReadOnlyList<TimeSource> sources, CancellationToken cancellation)
    {
        var checks = await Task.WhenAll(sources.Select(async source => CheckOf(source, await NtpClient.QueryAsync(source.Address, source.Port ?? NtpClient.Port, query with { Limits = source.Limits, Clock = clock }, cancellation))));
        await KeepAsync(checks, cancellation);
        return checks;
    }

    /// <summary>Reads what a tool printed on a host, and keeps it.</summary>
    internal async Task<Result<IReadOnlyList<TimeCheck>>> TakeAsync(Actor actor, string? host, ReadOnlyMemory<byte> content, string name, CancellationToken cancellation)
    {
        if (!actor.May(LogsModule.Area, Right.Write)) return Result.Fail<IReadOnlyList<TimeCheck>>(Error.Of("access.denied", "您沒有寫入日誌的權限。", "You do not have the right to write logs."));
        host = (host ?? "").Trim();
        if (host.Length is 0 or > 253 || host.Any(char.IsControl)) return Result.Fail<IReadOnlyList<TimeCheck>>(Error.Of("logs.time.host", "請填寫這份輸出來自哪一台主機。", "Say which host this output comes from.", "host"));
        if (content.Length > MaxText) return Result.Fail<IReadOnlyList<TimeCheck>>(Error.Of("logs.time.too-large", "內容超過 8 MB。", "It is larger than 8 MB.", name));
        var read = TimeReader.Read(content.Span, name);
        if (!read.IsOk) return Result.Fail<IReadOnlyList<TimeCheck>>(read.Errors);
        var now = Instants.Truncate(clock.GetUtcNow());
        var checks = read.Value.Select(r => new TimeCheck
        {
            Host = host, Kind = r.Kind, At = now, Verdict = r.Verdict, ReasonCode = r.Reason?.Code ?? "", ReasonZh = r.Reason?.Message.Zh ?? "", ReasonEn = r.Reason?.Message.En ?? "", Offset = r.Offset, Delay = r.Delay, RootDistance = r.RootDistance, Jitter = r.Jitter,
            Stratum = r.Stratum, Reference = Clip(r.Source ?? ""), OwnClock = r.IsOwnClock, By = actor.Id,
        }).ToList();
        await KeepAsync(checks, cancellation);
        return Result.Of<IReadOnlyList<TimeCheck>>(checks);
    }

    private static TimeCheck CheckOf(TimeSource source, NtpAnswer answer) => new()
    {
        SourceId = source.Id, Host = source.Title, Kind = TimeCheck.Probe, At = Instants.Truncate(answer.At), Verdict = answer.Verdict, ReasonCode = answer.Reason?.Code ?? "", ReasonZh = answer.Reason?.Message.Zh ?? "", ReasonEn = answer.Reason?.Message.En ?? "",
        Offset = answer.Best?.Offset, Delay = answer.Best?.Delay, RootDistance = answer.Best?.RootDistance, Jitter = answer.Jitter, Stratum = answer.Packet?.Stratum, Reference = answer.Packet?.ReferenceText ?? "", Address = answer.EndPoint?.ToString() ?? "", OwnClock = answer.IsOwnClock,
    };

    private async Task KeepAsync(IReadOnlyList<TimeCheck> checks, CancellationToken cancellation)
    {
        if (checks.Count == 0) return;
        var ids = await import.AppendAsync([.. checks.Select(EventOf)], cancellation);
        for (var i = 0; i < checks.Count; i++) checks[i].EventId = ids[i];
        await using var db = await factory.CreateDbContextAsync(cancellation);
        db.Set<TimeCheck>().AddRange(checks);
        await db.SaveChangesAsync(cancellation);
        var matches = new List<RuleMatch>();
        foreach (var check in checks)
            if (await TroubleAsync(db, check, cancellation) is { } match) matches.Add(match);
        await detection.RaiseAsync(matches, cancellation);
    }

    /// <summary>Stores how the clocks of log sources stand, so that the evidence of a review holds them too.</summary>
    internal async Task NoteAsync(IEnumerable<SourceStanding> sources, CancellationToken cancellation) => await import.AppendAsync(
        [.. sources.Select(s => Event(
            clock.GetUtcNow(), s.Skew.Since is null ? 6 : 4, $"log source {s.Source} {s.Host}: {SourcesPage.Word(s.Skew.Condition)} {(s.Skew.Skew is { } skew ? TimeWords.Short(skew) : "")}".Trim(),
            [new("time.check", "log-source"), new("time.log_source", s.Source), new("time.host", s.Host), new("time.verdict", SourcesPage.Word(s.Skew.Condition)), new("time.skew", Number(s.Skew.Skew)), new("time.skew_low", Number(s.Skew.Low)), new("time.skew_high", Number(s.Skew.High))]))],
        cancellation);

    // One trouble is one alert, about the first check that showed it.
    private static async Task<RuleMatch?> TroubleAsync(HufuDbContext db, TimeCheck check, CancellationToken cancellation)
    {
        if (RuleOf(check) is not { } rule) return null;
        var run = new List<TimeCheck> { check };
        if (check.SourceId is { } id)
        {
            var before = await db.Set<TimeCheck>().AsNoTracking().Where(c => c.SourceId == id && c.Id != check.Id && c.At <= check.At).OrderByDescending(c => c.At).Take(LookBack).ToListAsync(cancellation);
            run.AddRange(before.TakeWhile(c => RuleOf(c) == rule));
            if (rule == SilentRule && check.Verdict is not TimeVerdict.Kiss && run.Count < SilentChecks) return null;
        }

        var first = run[^1];
        return new RuleMatch
        {
            RuleId = rule,
            RuleTitle = rule switch { OffRule => "時鐘不準", UnsynchronisedRule => "時鐘未同步", _ => "校時來源沒有提供時間" },
            RuleTitleEn = rule switch { OffRule => "Clock is off", UnsynchronisedRule => "Clock is not synchronised", _ => "Time source gives no time" },
            RuleAuthor = "Hufu",
            Level = rule == SilentRule ? "medium" : "high",
            EventId = first.EventId,
            EventTime = first.At,
            Host = check.SourceId is null ? check.Host : "",
            Entity = check.Host,
        };
    }

    private static string? RuleOf(TimeCheck check) => check.Verdict switch
    {
        TimeVerdict.Off => OffRule,
        TimeVerdict.Unsynchronised => UnsynchronisedRule,
        // On a host that somebody looks at, a service that does not run sets no clock.
        TimeVerdict.Silent when check.SourceId is null => UnsynchronisedRule,
        TimeVerdict.Silent or TimeVerdict.Refused or TimeVerdict.Kiss or TimeVerdict.Bogus => SilentRule,
        TimeVerdict.Fine or TimeVerdict.Stated or TimeVerdict.Unknown => null,
    };

    private LogEvent EventOf(TimeCheck check) => Event(
        check.At, check.IsBad ? 4 : 6, $"time check of {check.Host}: {check.Word}{(check.Offset is { } offset ? " offset " + TimeWords.Short(offset) : "")}{(check.ReasonEn.Length > 0 ? " – " + check.ReasonEn : "")}",
        [
            new("time.check", check.SourceId is null ? "host" : "source"), new("time.kind", check.Kind), new("time.host", check.Host), new("time.source_id", check.SourceId?.ToString()), new("time.verdict", check.Word), new("time.reason", check.ReasonCode), new("time.offset", Number(check.Offset)),
            new("time.delay", Number(check.Delay)), new("time.root_distance", Number(check.RootDistance)), new("time.jitter", Number(check.Jitter)), new("time.stratum", check.Stratum?.ToString(CultureInfo.InvariantCulture)), new("time.reference", check.Reference), new("time.address", check.Address),
            new("time.own_clock", check.OwnClock ? "true" : null), new("actor_id", check.By?.ToString()),
        ]);

    private LogEvent Event(DateTimeOffset at, int severity, string message, IReadOnlyList<KeyValuePair<string, string?>> all)
    {
        var fields = all.Where(f => !string.IsNullOrEmpty(f.Value)).ToDictionary(f => f.Key, f => f.Value!, StringComparer.Ordinal);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("@timestamp", at.UtcDateTime);
            foreach (var (name, value) in fields) json.WriteString(name, value);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        return new LogEvent { ReceivedAt = clock.GetUtcNow(), OccurredAt = at, Source = Source, Host = Environment.MachineName, App = Source, Severity = severity, Facility = 12, Message = message, Raw = Encoding.UTF8.GetString(buffer.ToArray()), Format = LogFormats.Json, Fields = fields };
    }

    private static string? Number(double? value) => value?.ToString("0.#########", CultureInfo.InvariantCulture);

    private static string Clip(string text) => text.Length <= 300 ? text : text[..300];
}
