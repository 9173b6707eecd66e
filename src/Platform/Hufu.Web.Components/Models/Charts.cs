namespace Hufu.Web.Components;

/// <summary>A part of a whole.</summary>
public sealed record ChartSlice(string Label, double Value, Tone Tone, string? Href = null);

/// <summary>Counts of one span of time, by severity.</summary>
/// <param name="Start">Beginning of the span, in the reader's time zone.</param>
/// <param name="Counts">How many of each severity.</param>
/// <param name="Href">The same page, narrowed to the span.</param>
public sealed record HistogramBucket(DateTimeOffset Start, IReadOnlyDictionary<SeverityLevel, long> Counts, string? Href = null)
{
    /// <summary>All together.</summary>
    public long Total => Counts.Values.Sum();
}

/// <summary>How much happened on a day.</summary>
public sealed record HeatDay(DateOnly Day, long Value, string? Href = null);

/// <summary>How many records stand in a cell of a matrix. Row and column count from 0 at the low end.</summary>
public sealed record MatrixCell(int Row, int Column, long Count, Tone Tone, string? Href = null);
