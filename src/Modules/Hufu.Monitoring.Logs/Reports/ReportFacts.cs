using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// What a report says, as data. It is computed once and kept in the record, so that the report says the same for ever. What is null was not evaluated;
/// it is never written as zero. Numbers of minutes, hours and milliseconds say so in their names.
/// </summary>
public sealed record ReportFacts
{
    /// <summary>The layout that this program writes. The second has <see cref="Notices"/>.</summary>
    public const int CurrentVersion = 2;

    /// <summary>Longest JSON in characters: what a cell of a spreadsheet holds, so that an export of records is whole.</summary>
    public const int MaxLength = 32_000;

    private const int MostRows = 60, FewestRows = 5;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public int Version { get; init; } = CurrentVersion;

    public required string Kind { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    public required DateTimeOffset ComputedAt { get; init; }

    /// <summary>How long the server ran; null before it was noted.</summary>
    public ServerFacts? Server { get; init; }

    public EventFacts? Events { get; init; }

    /// <summary>Sources with events in this or the previous period, the most events first.</summary>
    public Listed<SourceFact>? Sources { get; init; }

    public AlertFacts? Alerts { get; init; }

    /// <summary>How people were told of alerts. Reports of the first layout say nothing of it.</summary>
    public NoticeFacts? Notices { get; init; }

    public IncidentFacts? Incidents { get; init; }

    public EntityFacts? Entities { get; init; }

    public ClockFacts? Clocks { get; init; }

    public CoverageFacts? Coverage { get; init; }

    public StorageFacts? Storage { get; init; }

    /// <summary>What people did with alerts and incidents, by person and act.</summary>
    public Listed<WorkFact>? Work { get; init; }

    /// <summary>Why parts were not evaluated.</summary>
    public IReadOnlyList<FactGap> Gaps { get; init; } = [];

    /// <summary>The facts as they are kept: lists are cut, and keep their totals, until all of it fits.</summary>
    public string Write()
    {
        for (var rows = MostRows; ; rows /= 2)
        {
            var text = JsonSerializer.Serialize(Cut(rows), Json);
            if (text.Length <= MaxLength) return text;
            if (rows < FewestRows) throw new InvalidOperationException($"The facts of a report take {text.Length} characters.");
        }
    }

    /// <summary>What <see cref="Write"/> wrote; null for what this program does not understand.</summary>
    public static ReportFacts? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<ReportFacts>(json, Json) is { Version: >= 1 and <= CurrentVersion } facts ? facts : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The facts as programs get them.</summary>
    internal static JsonElement ReadElement(string json) => JsonSerializer.Deserialize<JsonElement>(json, Json);

    private ReportFacts Cut(int rows) => this with
    {
        Sources = Sources?.Cut(rows),
        Work = Work?.Cut(rows),
        Alerts = Alerts is null ? null : Alerts with { Rules = Alerts.Rules.Cut(rows), Notable = Alerts.Notable.Cut(rows) },
        Notices = Notices is null ? null : Notices with { Late = Notices.Late.Cut(rows) },
        Incidents = Incidents is null ? null : Incidents with { Rows = Incidents.Rows.Cut(rows) },
        Coverage = Coverage is null ? null : Coverage with { Missing = Coverage.Missing.Cut(rows) },
        Entities = Entities?.Cut(rows),
        Clocks = Clocks is null ? null : Clocks with { Reviews = [.. Clocks.Reviews.Take(Math.Max(rows, 10))] },
    };
}

/// <summary>A list that may be cut, and how many there are.</summary>
public sealed record Listed<T>(int Total, IReadOnlyList<T> Rows)
{
    internal static Listed<T> Of(IReadOnlyList<T> rows) => new(rows.Count, rows);

    internal Listed<T> Cut(int most) => Rows.Count <= most ? this : this with { Rows = [.. Rows.Take(most)] };
}

/// <summary>Why a part was not evaluated.</summary>
/// <param name="Part">Name of the part.</param>
/// <param name="Zh">Reason.</param>
/// <param name="En">Reason.</param>
public sealed record FactGap(string Part, string Zh, string En);

/// <summary>How long the server ran.</summary>
/// <param name="Minutes">Minutes in which it ran.</param>
/// <param name="Of">Minutes of the period.</param>
public sealed record ServerFacts(int Minutes, int Of);

/// <summary>Events by the time in them.</summary>
/// <param name="Total">Number.</param>
/// <param name="Before">Number in the previous period; null where nothing was collected then.</param>
/// <param name="Slices">Numbers by hour or day.</param>
public sealed record EventFacts(long Total, long? Before, IReadOnlyList<long> Slices);

/// <summary>A source of logs.</summary>
/// <param name="Source">The source.</param>
/// <param name="Events">Events in the period.</param>
/// <param name="Before">Events in the previous period; null where nothing was collected then.</param>
/// <param name="Silent">Hours (of a month: days) without an event.</param>
/// <param name="Longest">The longest run of them.</param>
/// <param name="Last">Time of the last event in the period.</param>
/// <param name="Lost">Records that receivers counted as lost; null where no receiver was seen running for it.</param>
/// <param name="Bytes">What is stored of it when the facts were computed; null where that was not looked at.</param>
/// <param name="Quiet">Alerts that it went quiet.</param>
/// <param name="Skewed">Alerts that its clock was wrong.</param>
/// <param name="State"><c>quiet</c>, <c>flood</c>, <c>usual</c>, <c>learning</c> … when the facts were computed; null where that was too late to say.</param>
/// <param name="SkewSeconds">How far its clock was off then; null where it was not, or not known.</param>
public sealed record SourceFact(string Source, long Events, long? Before, int Silent, int Longest, DateTimeOffset? Last, long? Lost, long? Bytes, int Quiet, int Skewed, string? State, double? SkewSeconds);

/// <summary>Alerts that were raised in the period.</summary>
/// <param name="Total">Number.</param>
/// <param name="Before">Number in the previous period; null where it is not known.</param>
/// <param name="Levels">By level, the gravest first.</param>
/// <param name="Rules">By rule, the gravest and most frequent first.</param>
/// <param name="States">What became of them, when the facts were computed.</param>
/// <param name="Triage">How soon they were taken up.</param>
/// <param name="Open">Alerts that were open when the facts were computed, whenever they were raised.</param>
/// <param name="Notable">The gravest, and what became of each.</param>
public sealed record AlertFacts(int Total, int? Before, IReadOnlyList<LevelFact> Levels, Listed<RuleFact> Rules, IReadOnlyList<ValueFact> States, TriageFacts Triage, int Open, Listed<AlertFact> Notable);

/// <summary>Alerts of a level.</summary>
public sealed record LevelFact(string Level, int Count, int? Before);

/// <summary>Alerts of a rule. Whoever shows the rule shows its author and licence (Detection Rule License).</summary>
public sealed record RuleFact(string Id, string Title, string Author, string License, string Level, int Count, int? Before, long Events)
{
    /// <summary>Its title in English, where <see cref="Title"/> is in Chinese.</summary>
    public string? TitleEn { get; init; }
}

/// <summary>How soon alerts of the period were taken up.</summary>
/// <param name="Judged">How many somebody took up, until the facts were computed.</param>
/// <param name="Waiting">How many nobody has.</param>
/// <param name="MedianMinutes">From raising to the first act of a person; null where nobody acted.</param>
/// <param name="LongestMinutes">The longest.</param>
public sealed record TriageFacts(int Judged, int Waiting, double? MedianMinutes, double? LongestMinutes);

/// <summary>An alert.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Level">Its level.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Author">Its author.</param>
/// <param name="Entity">What it is about.</param>
/// <param name="Events">Events in it.</param>
/// <param name="State">Its state when the facts were computed.</param>
/// <param name="By">Who acted last; null where nobody did, or it is not known any more.</param>
/// <param name="Verdict">What was written of it.</param>
/// <param name="Minutes">From raising to the first act.</param>
public sealed record AlertFact(string Number, string Level, string Rule, string Author, string Entity, int Events, string State, string? By, string? Verdict, double? Minutes)
{
    /// <summary>The rule in English, where <see cref="Rule"/> is in Chinese.</summary>
    public string? RuleEn { get; init; }
}

/// <summary>Notifications that were told first in the period, and what had become of them when the facts were computed.</summary>
/// <param name="Told">Number.</param>
/// <param name="Before">Number in the previous period; null where it is not known.</param>
/// <param name="Alerts">Alerts that they told of.</param>
/// <param name="InTime">Answered before they went to others.</param>
/// <param name="Later">Answered after that.</param>
/// <param name="Waiting">Not answered yet, with time left.</param>
/// <param name="Unanswered">Not answered in the time of all steps, nor since.</param>
/// <param name="Escalated">Went to others, whatever became of them.</param>
/// <param name="MedianMinutes">From telling to the answer; null where nobody answered.</param>
/// <param name="LongestMinutes">The longest.</param>
/// <param name="MailsSent">Mails that a mail server took.</param>
/// <param name="MailsFailed">Mails that could not be delivered.</param>
/// <param name="Late">Those that were not answered in time, the gravest first.</param>
public sealed record NoticeFacts(int Told, int? Before, int Alerts, int InTime, int Later, int Waiting, int Unanswered, int Escalated, double? MedianMinutes, double? LongestMinutes, int MailsSent, int MailsFailed, Listed<NoticeFact> Late);

/// <summary>A notification that was not answered in time.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Level">Highest level of its alerts.</param>
/// <param name="Alerts">How many alerts it told of.</param>
/// <param name="State">Its state when the facts were computed.</param>
/// <param name="SentAt">When it was told first.</param>
/// <param name="Minutes">How long people took to answer; null while nobody has.</param>
public sealed record NoticeFact(string Number, string Level, int Alerts, string State, DateTimeOffset SentAt, double? Minutes);

/// <summary>Incidents that became known in the period, and those that are open.</summary>
public sealed record IncidentFacts(int New, int? Before, int Open, Listed<IncidentFact> Rows);

/// <summary>An incident.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Level">Its level.</param>
/// <param name="Category">Its category.</param>
/// <param name="State">Its state when the facts were computed.</param>
/// <param name="KnownAt">When it was known.</param>
/// <param name="IsNew">It became known in the period.</param>
/// <param name="NotifiedLate">True when it was notified late, or not, though the limit was over; null where no limit runs.</param>
public sealed record IncidentFact(string Number, string Level, string Category, string State, DateTimeOffset KnownAt, bool IsNew, bool? NotifiedLate);

/// <summary>What was seen most: of alerts, and of all events. Null where events could not be counted.</summary>
public sealed record EntityFacts(IReadOnlyList<ValueFact> AlertHosts, IReadOnlyList<ValueFact> AlertAccounts, IReadOnlyList<ValueFact> AlertAddresses, IReadOnlyList<ValueFact>? Hosts, IReadOnlyList<ValueFact>? Accounts, IReadOnlyList<ValueFact>? Addresses)
{
    internal EntityFacts Cut(int most) => new(Of(AlertHosts, most)!, Of(AlertAccounts, most)!, Of(AlertAddresses, most)!, Of(Hosts, most), Of(Accounts, most), Of(Addresses, most));

    private static IReadOnlyList<ValueFact>? Of(IReadOnlyList<ValueFact>? values, int most) => values is null || values.Count <= most ? values : [.. values.Take(most)];
}

/// <summary>A value and how often it was seen.</summary>
public sealed record ValueFact(string Value, long Count);

/// <summary>How time was kept.</summary>
/// <param name="Sources">Time sources in use when the facts were computed.</param>
/// <param name="Unchecked">Of them, those without a check in the period.</param>
/// <param name="Checks">Checks in the period.</param>
/// <param name="Good">Good ones.</param>
/// <param name="Bad">Off, not synchronised, silent.</param>
/// <param name="Unknown">Checks that did not say how the clock stands.</param>
/// <param name="WorstMilliseconds">Largest offset that was measured.</param>
/// <param name="Skewed">Log sources with a wrong clock when the facts were computed; null where that was too late to say.</param>
/// <param name="Reviews">Check records of the period: number and state.</param>
public sealed record ClockFacts(int Sources, int Unchecked, int Checks, int Good, int Bad, int Unknown, double? WorstMilliseconds, int? Skewed, IReadOnlyList<ReviewFact> Reviews);

/// <summary>A check record of time.</summary>
public sealed record ReviewFact(string Number, string State);

/// <summary>How far logs covered what must be logged.</summary>
/// <param name="At">When that was looked at.</param>
/// <param name="Criteria">Criteria in force.</param>
/// <param name="Covered">Pairs of asset and kind of event that are covered.</param>
/// <param name="Partly">Events come and say too little.</param>
/// <param name="Stale">Events came and stopped.</param>
/// <param name="Never">Nothing came.</param>
/// <param name="Missing">The gaps.</param>
public sealed record CoverageFacts(DateTimeOffset At, int Criteria, int Covered, int Partly, int Stale, int Never, Listed<CoverageGap> Missing);

/// <summary>A gap.</summary>
public sealed record CoverageGap(string Asset, string Name, string Kind, string State, DateTimeOffset? LastSeen, string? Alert);

/// <summary>How logs were kept.</summary>
/// <param name="At">When that was looked at.</param>
/// <param name="Bytes">Bytes of the log store.</param>
/// <param name="Events">Sealed events.</param>
/// <param name="FreeBytes">Room on the disk.</param>
/// <param name="Oldest">When the oldest event was received.</param>
/// <param name="FullOn">When the room is used up at the rate of the last week.</param>
/// <param name="Rules">Retention rules in force.</param>
/// <param name="Holds">Legal holds in force.</param>
/// <param name="Removed">Events that were removed in the period.</param>
/// <param name="Segments">Segments that were sealed in the period.</param>
/// <param name="Unsealed">Of them, those without a receipt of the ledger.</param>
/// <param name="Ledger">The ledger; null where there is none yet.</param>
public sealed record StorageFacts(DateTimeOffset At, long Bytes, long Events, long FreeBytes, DateTimeOffset? Oldest, DateTimeOffset? FullOn, int Rules, int Holds, long Removed, int Segments, int Unsealed, LedgerFacts? Ledger);

/// <summary>The ledger as it stood.</summary>
/// <param name="Size">Leaves of its checkpoint.</param>
/// <param name="Waiting">Changes that had no leaf yet.</param>
/// <param name="Root">Root hash of the checkpoint, in Base64.</param>
public sealed record LedgerFacts(long Size, long Waiting, string Root);

/// <summary>What a person did.</summary>
/// <param name="What"><c>alert</c> or <c>incident</c>.</param>
/// <param name="Action">Key of the act.</param>
/// <param name="Person">Name; empty where it is not known any more.</param>
/// <param name="Count">How often.</param>
public sealed record WorkFact(string What, string Action, string Person, int Count);
