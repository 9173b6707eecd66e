using System.Text.Json.Serialization;
using Hufu.Kernel;

namespace Hufu.Monitoring.Logs;

/// <summary>Which rules are hunted with. What is not said does not narrow.</summary>
public sealed record HuntChoice
{
    /// <summary>Rules of this level and above.</summary>
    public string? Level { get; init; }

    /// <summary>Rules that have a tag which begins so, such as <c>attack.t1110</c>.</summary>
    public string? Tag { get; init; }

    /// <summary>Rules that have this in their title, id or description.</summary>
    public string? Text { get; init; }

    /// <summary>These rules alone, by id, name or title.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Numbers of indicator lists, or keys of single indicators, that are hunted with: alone where nothing is said of rules.</summary>
    public IReadOnlyList<string> Indicators { get; init; } = [];

    /// <summary>Hash of a version of the list whose indicators are left out; absent for none.</summary>
    public string? Since { get; init; }

    /// <summary>True when rules take part.</summary>
    [JsonIgnore]
    public bool HasRules => Indicators.Count == 0 || Own || Keys.Count > 0 || !string.IsNullOrEmpty(Level) || !string.IsNullOrEmpty(Tag) || !string.IsNullOrEmpty(Text);

    /// <summary>Rules that were given with the order stand in its folder; those in use are left out.</summary>
    public bool Own { get; init; }

    /// <summary>True when every rule in use is meant.</summary>
    [JsonIgnore]
    public bool IsAll => Indicators.Count == 0 && !Own && Keys.Count == 0 && string.IsNullOrEmpty(Level) && string.IsNullOrEmpty(Tag) && string.IsNullOrEmpty(Text);
}

/// <summary>A hunt as it was asked for. Never changes.</summary>
public sealed record HuntOrder
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>Who asked; absent for the product itself.</summary>
    public Guid? By { get; init; }

    public string ByName { get; init; } = "";

    public DateTimeOffset At { get; init; }

    public HuntChoice Choice { get; init; } = new();

    /// <summary>A search that narrows the events; empty for all.</summary>
    public string Query { get; init; } = "";

    /// <summary>Matches at or after; absent for no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Matches before.</summary>
    public DateTimeOffset To { get; init; }

    /// <summary>Alerts are raised while it goes on.</summary>
    public bool Alerts { get; init; }

    /// <summary>True when it was begun because rules became new or changed.</summary>
    public bool IsAutomatic { get; init; }
}

/// <summary>What one rule came to in a hunt.</summary>
public sealed class HuntTally
{
    public string Key { get; set; } = "";

    public LocalizedText Title { get; set; } = new("", "");

    public string Author { get; set; } = "";

    public string License { get; set; } = "";

    public string Level { get; set; } = "";

    public IReadOnlyList<string> Tags { get; set; } = [];

    /// <summary>Of indicators, by what their matches are gathered; empty for a rule.</summary>
    public string Gathered { get; set; } = "";

    /// <summary>The indicators of one value that were seen; none for a rule.</summary>
    public IReadOnlyList<SeenIndicator> Indicators { get; set; } = [];

    public long Hits { get; set; }

    /// <summary>Of the hits, those that are kept.</summary>
    public int Kept { get; set; }

    public DateTimeOffset First { get; set; }

    public DateTimeOffset Last { get; set; }
}

/// <summary>Where a hunt stands, and what it came to.</summary>
public sealed class HuntState
{
    /// <summary>One of the states of jobs.</summary>
    public string State { get; set; } = Hufu.Jobs.JobStates.Queued;

    /// <summary>The run that works on it; absent before the first.</summary>
    public long? Run { get; set; }

    /// <summary>Which try this is: a hunt that a restart broke off goes on where it stood.</summary>
    public int Attempt { get; set; }

    /// <summary>Events that an earlier try had read, behind which this one goes on; zero where it began from the beginning.</summary>
    public long Resumed { get; set; }

    /// <summary>Events of the period that were not read, as the index of texts knows that no rule can match them.</summary>
    public long PassedOver { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Rules that it hunts with, what correlations need and filters included.</summary>
    public int RuleCount { get; set; }

    /// <summary>Rules that were refused, at most 50.</summary>
    public IReadOnlyList<string> Refused { get; set; } = [];

    /// <summary>Events read, those that only fill correlations included.</summary>
    public long Events { get; set; }

    /// <summary>Events to read; of a search that narrows them, the most.</summary>
    public long Total { get; set; }

    public long Bytes { get; set; }

    public long Hits { get; set; }

    public int Kept { get; set; }

    /// <summary>Alerts that were created and that grew, and matches that had been counted before.</summary>
    public int Created { get; set; }

    public int Grown { get; set; }

    public int Known { get; set; }

    /// <summary>True when alerts were raised of what was found.</summary>
    public bool Raised { get; set; }

    /// <summary>Events that correlations could not count, and regular expressions that were given up: matches may be missing.</summary>
    public long Uncounted { get; set; }

    public LocalizedText Result { get; set; } = new("", "");

    public List<HuntTally> Rules { get; set; } = [];

    /// <summary>True when some hits were counted only.</summary>
    [JsonIgnore]
    public bool IsCut => Kept < Hits;

    [JsonIgnore]
    public bool IsDone => State is Hufu.Jobs.JobStates.Done;

    [JsonIgnore]
    public bool HasEnded => State is not (Hufu.Jobs.JobStates.Queued or Hufu.Jobs.JobStates.Running);
}

/// <summary>A field that made a rule match, as far as it is kept.</summary>
public sealed record HuntField(string Field, string Value, IReadOnlyList<string> Patterns);

/// <summary>An event of a hit.</summary>
public sealed record HuntEvent(string Id, DateTimeOffset Time);

/// <summary>A rule that matched, as it is kept.</summary>
public sealed record HuntHit
{
    /// <summary>Key of the rule.</summary>
    public string Rule { get; init; } = "";

    public DateTimeOffset Time { get; init; }

    public IReadOnlyList<HuntEvent> Events { get; init; } = [];

    public string Host { get; init; } = "";

    public string SourceIp { get; init; } = "";

    public string Account { get; init; } = "";

    public string Entity { get; init; } = "";

    public IReadOnlyList<HuntField> Fields { get; init; } = [];

    /// <summary>By what its matches are gathered, where it was a value of indicators; else empty.</summary>
    public string Gathered { get; init; } = "";

    /// <summary>Where it was a value of indicators: the indicators, the gravest first.</summary>
    public IReadOnlyList<SeenIndicator> Indicators { get; init; } = [];

    /// <summary>For a correlation the count that fired.</summary>
    public long Count { get; init; } = 1;
}

/// <summary>What a hunt would cost.</summary>
/// <param name="Rules">Rules that it hunts with.</param>
/// <param name="Events">Events to read; of a search that narrows them, the most.</param>
/// <param name="Bytes">Bytes of files to read, about.</param>
/// <param name="PerSecond">Events a second, measured now; zero where there is nothing to measure with.</param>
/// <param name="Refused">Rules that are refused.</param>
public sealed record HuntEstimate(int Rules, long Events, long Bytes, double PerSecond, IReadOnlyList<Error> Refused)
{
    /// <summary>Events of the period that need not be read, as the index of texts knows that no rule can match them.</summary>
    public long PassedOver { get; init; }

    /// <summary>About how long; null when it is not known.</summary>
    public TimeSpan? Time => Events == 0 ? TimeSpan.Zero : PerSecond > 0 ? TimeSpan.FromSeconds(Math.Min(Events / PerSecond, 30 * 86_400)) : null;
}

/// <summary>Bounds of hunts.</summary>
public sealed record HuntLimit
{
    /// <summary>Hits that are kept of one hunt; what is beyond is counted. Default 100,000.</summary>
    public int Hits { get; init; } = 100_000;

    /// <summary>Hits that are kept of one rule. Default 10,000.</summary>
    public int HitsOfRule { get; init; } = 10_000;

    /// <summary>Bytes that the hits of one hunt have. Default 128 MiB.</summary>
    public long Bytes { get; init; } = 128L << 20;

    /// <summary>Bytes of rules that are given with an order. Default 20 MiB.</summary>
    public int RuleBytes { get; init; } = 20 << 20;

    /// <summary>How often the place where a hunt stands is written, for a restart. Default 15 seconds.</summary>
    public TimeSpan PlaceEvery { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Hunts that are kept. Default 200.</summary>
    public int Kept { get; init; } = 200;

    /// <summary>How long a hunt is kept. Default 180 days.</summary>
    public TimeSpan KeptFor { get; init; } = TimeSpan.FromDays(180);
}
