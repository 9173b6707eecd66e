using System.Globalization;
using System.Text;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Brings what people do in the product, and what was refused to them, into its own log store, past the same rules as every other source. An
/// event names the record and its type, the act, the fields, the person's identity and, for what was refused, the address it came from: no name and no
/// value, because a single event cannot be erased.
/// </summary>
internal sealed partial class AuditFeed(IDbContextFactory<HufuDbContext> factory, LogService logs, LogImport import, TimeProvider clock, ILogger<AuditFeed> logger) : RepeatedWork(clock, Every)
{
    /// <summary>The source that the events carry.</summary>
    internal const string Source = "hufu";

    /// <summary>Why nobody else may write under it: the feed finds in its newest events how far it has come.</summary>
    internal static Error Reserved(string place) => Error.Of("logs.source.reserved", "這個來源名稱保留給虎符自己的事件。", "This source is kept for the events of Hufu itself.", place);

    /// <summary>True for the names of the product's own events, however they are written.</summary>
    internal static bool IsOwn(string source) => source.Trim() is var name && (name.Equals(Source, StringComparison.OrdinalIgnoreCase) || name.Equals(TimeChecks.Source, StringComparison.OrdinalIgnoreCase));

    private const int Batch = 500;
    private const int LookBack = 1_000;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    // A denial's identity is given before its transaction commits: on PostgreSQL a younger one may be visible before an older one.
    private static readonly TimeSpan HoldBack = TimeSpan.FromSeconds(10);

    private (long Change, long Denial)? place;

    /// <summary>Takes over what is new. Tells whether there may be more.</summary>
    internal async Task<bool> StepAsync(CancellationToken cancellation)
    {
        place ??= await FindPlaceAsync(cancellation);
        var (change, denial) = place.Value;
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var until = db.IsPostgres ? db.Now - HoldBack : DateTimeOffset.MaxValue;
        // A change has its place in the ledger only once it is committed, and places leave no gap: a long transaction is not passed over.
        var changes = await db.Changes.AsNoTracking().Where(c => c.Position > change).OrderBy(c => c.Position).Take(Batch).ToListAsync(cancellation);
        var denials = await db.Denials.AsNoTracking().Where(d => d.Id > denial && d.At < until).OrderBy(d => d.Id).Take(Batch).ToListAsync(cancellation);
        if (changes.Count + denials.Count == 0) return false;
        var numbers = await NumbersAsync(db, changes, cancellation);
        var events = new List<LogEvent>();
        for (var i = 0; i < changes.Count;)
        {
            // A sealed segment is a change as well: telling of it would make the next one.
            if (changes[i].TypeKey == SegmentLedger.TypeKey)
            {
                i++;
                continue;
            }

            // One operation over many records is one event.
            var from = i++;
            while (changes[from].BatchId is { } batch && i < changes.Count && changes[i].BatchId == batch && changes[i].TypeKey == changes[from].TypeKey) i++;
            events.Add(Of(changes[from], changes[i - 1].Position!.Value, i - from, numbers.GetValueOrDefault(changes[from].RecordId)));
        }

        events.AddRange(denials.Select(Of));
        if (events.Count > 0) await import.AppendAsync([.. events.OrderBy(e => e.OccurredAt)], cancellation);
        place = (changes.Count > 0 ? changes[^1].Position!.Value : change, denials.Count > 0 ? denials[^1].Id : denial);
        return changes.Count == Batch || denials.Count == Batch;
    }

    /// <inheritdoc />
    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        while (await StepAsync(cancellation))
        {
            // There may be more.
        }
    }

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        if (failure is not (IOException or System.Data.Common.DbException or DbUpdateException or InvalidOperationException)) return false;
        // Part of it may have been stored: the store is asked again how far it got.
        place = null;
        NotTaken(logger, failure);
        return true;
    }

    // The store itself knows how far it got: no second file that could disagree with it.
    private async Task<(long Change, long Denial)> FindPlaceAsync(CancellationToken cancellation)
    {
        var (change, denial) = (-1L, 0L);
        var newest = await logs.Store.SearchAsync(new LogSearch { Query = SearchQuery.Parse("source:" + Source).Value, Limit = LookBack }, cancellation);
        foreach (var item in newest.Events)
        {
            change = Math.Max(change, Number(item, "ledger_position"));
            denial = Math.Max(denial, Number(item, "denial_id"));
        }

        return (change, denial);

        static long Number(LogEvent item, string field) => long.TryParse(item.Field(field), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    // A record's number is no personal data, and it is what people look for.
    private static async Task<Dictionary<Guid, string>> NumbersAsync(HufuDbContext db, IReadOnlyList<Change> changes, CancellationToken cancellation)
    {
        var numbers = new Dictionary<Guid, string>();
        foreach (var group in changes.Where(c => c.BatchId is null).GroupBy(c => c.TypeKey))
            if (db.Types.Find(group.Key) is { } type)
                foreach (var (id, number) in await RecordStore.NumbersAsync(db, type, [.. group.Select(c => c.RecordId).Distinct()], cancellation)) numbers[id] = number;
        return numbers;
    }

    private LogEvent Of(Change change, long last, int count, string? number)
    {
        var payload = ChangeCapture.Read(change);
        var fields = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["event"] = "change",
            ["ledger_position"] = Text(last),
            ["type"] = change.TypeKey,
            ["action"] = change.Action,
            ["outcome"] = "success",
            ["actor_id"] = change.ActorId?.ToString() ?? "system",
            ["channel"] = payload?.Channel ?? "",
        };
        if (count > 1)
        {
            fields["records"] = Text(count);
        }
        else
        {
            fields["record_id"] = change.RecordId.ToString();
            if (number is not null) fields["record"] = number;
            if (payload is { Changes.Count: > 0 }) fields["fields"] = string.Join(' ', payload.Changes.Select(c => c.Field));
            if (payload?.State is { Length: > 0 } state) fields["state"] = state;
        }

        return Make(change.At, fields, 6, count > 1 ? $"{change.Action} {change.TypeKey}: {count} records" : $"{change.Action} {change.TypeKey} {number ?? change.RecordId.ToString()}");
    }

    private LogEvent Of(Denial denial)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["event"] = "denial",
            ["denial_id"] = Text(denial.Id),
            ["action"] = denial.Code.StartsWith("sign-in", StringComparison.Ordinal) ? "sign-in" : "access",
            ["outcome"] = "failure",
            ["code"] = denial.Code,
            ["asked"] = denial.Asked,
            ["actor_id"] = denial.ActorId?.ToString() ?? "anonymous",
            ["channel"] = denial.Channel,
        };
        if (denial.Address is { } address) fields["src_ip"] = address;
        return Make(denial.At, fields, 4, $"denied {denial.Code}: {denial.Asked}") with { SourceIp = denial.Address };
    }

    private LogEvent Make(DateTimeOffset at, Dictionary<string, string> fields, int severity, string message)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("@timestamp", at.UtcDateTime);
            foreach (var (name, value) in fields) json.WriteString(name, value);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        return new LogEvent
        {
            ReceivedAt = Clock.GetUtcNow(), OccurredAt = at, Source = Source, Host = Environment.MachineName, App = LogSourceHints.OwnApp, Severity = severity, Facility = 13,
            Message = message, Raw = Encoding.UTF8.GetString(buffer.ToArray()), Format = LogFormats.Json, Fields = fields,
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(21, LogLevel.Warning, "The product's own audit events could not be stored; they are tried again")]
    private static partial void NotTaken(ILogger logger, Exception e);
}
