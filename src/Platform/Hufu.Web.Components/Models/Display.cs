using Microsoft.AspNetCore.Components;

namespace Hufu.Web.Components;

/// <summary>A term and its text; an own cell stands in <see cref="KeyValueRow"/> instead.</summary>
public sealed record KeyValueItem(string Label, string? Text, string? Href = null, bool Mono = false);

/// <summary>One entry of a history.</summary>
/// <param name="At">When, in the reader's time zone.</param>
/// <param name="Actor">Who; empty for the system.</param>
/// <param name="Text">What happened, a sentence without the actor.</param>
/// <param name="Icon">Icon name.</param>
/// <param name="Tone">Colour of the mark.</param>
/// <param name="Detail">Markup under the sentence: a <see cref="DiffView"/>, a comment.</param>
/// <param name="Href">Where the entry leads.</param>
public sealed record TimelineEntry(DateTimeOffset At, string? Actor, string Text, string? Icon = null, Tone Tone = Tone.Neutral, RenderFragment? Detail = null, string? Href = null);

/// <summary>A field that changed.</summary>
public sealed record FieldChange(string Label, string? From, string? To);

/// <summary>A field of two people's edits: the value both started from, the other's and mine. With a name, the reader chooses.</summary>
public sealed record MergeField(string Name, string Label, string? Base, string? Theirs, string? Mine)
{
    /// <summary>Both changed it, and not to the same.</summary>
    public bool IsConflict => Theirs != Base && Mine != Base && Theirs != Mine;
}

/// <summary>One line of a <see cref="StateList"/>: what it is and how it stands.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Tone">Colour of the mark.</param>
/// <param name="State">How it stands, in a word.</param>
/// <param name="Code">Its code.</param>
/// <param name="Href">Where it leads.</param>
/// <param name="Note">At the end of the line, in place of the word.</param>
/// <param name="Details">Under the line: whose it is, dates. None breaks inside.</param>
public sealed record StateLine(string Label, Tone Tone, string State, string? Code = null, string? Href = null, string? Note = null, IReadOnlyList<string>? Details = null);

/// <summary>How a date is written.</summary>
public enum DateStyle
{
    /// <summary><c>2026-11-23</c>.</summary>
    Day,

    /// <summary><c>2026-11-23 14:05</c>.</summary>
    Minute,

    /// <summary><c>2026-11-23 14:05:09</c>.</summary>
    Second,

    /// <summary><c>2026-11-23 14:05:09.123</c>.</summary>
    Millisecond,

    /// <summary>In words: 2026年11月23日（一）, Mon 23 Nov 2026.</summary>
    Long,
}

/// <summary>One duty or date in a month.</summary>
public sealed record CalendarEntry(DateOnly Day, string Label, string? Href = null, Tone Tone = Tone.Neutral);
