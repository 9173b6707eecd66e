using System.Globalization;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Cli;

/// <summary>Where an event stands.</summary>
/// <param name="File">The file, of an archive with <c>!</c> and its member; of the store the segment.</param>
/// <param name="Record">The position in it, from 0.</param>
/// <param name="Time">When it happened; absent when the event does not say.</param>
internal sealed record HuntPlace(string File, long Record, DateTimeOffset? Time)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Record}");
}

/// <summary>A rule that matched an event, or a correlation that matched several.</summary>
internal sealed record HuntHit
{
    internal required SigmaRule Rule { get; init; }

    /// <summary>The event; for a correlation, the one that completed it.</summary>
    internal required HuntPlace Place { get; init; }

    /// <summary>The fields that matched, and what was searched in them.</summary>
    internal IReadOnlyList<SigmaMatchedField> Matched { get; init; } = [];

    /// <summary>For a correlation: the fields that name its group.</summary>
    internal IReadOnlyList<SigmaMatchedField>? Group { get; init; }

    /// <summary>For a correlation: the events that it counted, oldest first.</summary>
    internal IReadOnlyList<HuntPlace>? Records { get; init; }

    /// <summary>For a correlation: the count that fired.</summary>
    internal long Count { get; init; } = 1;

    /// <summary>The event itself, where it is shown.</summary>
    internal LogEvent? Event { get; init; }

    internal string Level => Rule.Level?.ToString().ToLowerInvariant() ?? "";

    /// <summary>What a rule looks for in a field and found there; nothing where it is the whole value, which is shown already.</summary>
    internal static IReadOnlyList<string> PatternsOf(SigmaMatchedField field) => [.. field.Patterns.Where(pattern => !string.Equals(pattern, field.Value, StringComparison.OrdinalIgnoreCase))];
}

/// <summary>Takes hits in the order in which they are found.</summary>
internal interface IHitWriter : IDisposable
{
    /// <summary>True when hits are to have their event.</summary>
    bool WantsEvents { get; }

    void Add(HuntHit hit);

    /// <summary>All hits are there.</summary>
    void Finish(HuntCounts counts);
}

/// <summary>Nothing is written: the hunt is measured.</summary>
internal sealed class NoHits : IHitWriter
{
    public bool WantsEvents => false;

    public void Add(HuntHit hit)
    {
    }

    public void Finish(HuntCounts counts)
    {
    }

    public void Dispose()
    {
    }
}

/// <summary>What a hunt has seen.</summary>
internal sealed class HuntCounts
{
    internal SortedDictionary<string, long> Kinds { get; } = new(StringComparer.Ordinal);

    internal SortedDictionary<SigmaLevel, long> Levels { get; } = [];

    internal Dictionary<SigmaRule, long> Rules { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>What could not be read, each with its file.</summary>
    internal List<string> Unread { get; } = [];

    internal int Files { get; set; }

    internal int FilesFailed { get; set; }

    internal long Events { get; set; }

    internal long Hits { get; set; }

    internal long Unlevelled { get; set; }

    internal long OutOfRange { get; set; }

    internal long WithoutTime { get; set; }

    internal long TimeFieldAbsent { get; set; }

    internal long TimeFieldUnread { get; set; }

    internal long LateEvents { get; set; }

    internal long ForgottenEvents { get; set; }

    internal int RuleCount { get; set; }

    internal int IndicatorCount { get; set; }

    internal int Refused { get; set; }

    internal DateTimeOffset? From { get; set; }

    internal DateTimeOffset? To { get; set; }

    internal void Count(HuntHit hit)
    {
        Hits++;
        Rules[hit.Rule] = Rules.GetValueOrDefault(hit.Rule) + 1;
        if (hit.Rule.Level is { } level) Levels[level] = Levels.GetValueOrDefault(level) + 1;
        else Unlevelled++;
    }
}
