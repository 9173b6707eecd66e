using Hufu.Kernel;
using Hufu.Logs.Tail;

namespace Hufu.Logs.Rows;

/// <summary>What a bookmark is: the column by which a table is read on.</summary>
public enum BookmarkKind
{
    /// <summary>A whole number of 64 bits.</summary>
    Integer,

    /// <summary>A text; only whether two are equal is asked here, which is before is the database's to say.</summary>
    Text,

    /// <summary>A time, as text.</summary>
    Time,
}

/// <summary>What a value is. It comes as text in any case.</summary>
public enum RowValueKind
{
    /// <summary>Nothing.</summary>
    Null,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A number as programs write it.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,
}

/// <summary>A value of a row.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The value; empty for nothing.</param>
public readonly record struct RowValue(RowValueKind Kind, string Text);

/// <summary>A row of a query. Made by <see cref="RowBuilder"/>.</summary>
/// <param name="Names">The columns in the order of the query, no two alike.</param>
/// <param name="Values">A value for each.</param>
/// <param name="Hash">Tells the row from any other, also by what was cut.</param>
/// <param name="IsCut">True when a value was longer than is kept.</param>
public sealed record Row(IReadOnlyList<string> Names, IReadOnlyList<RowValue> Values, string Hash, bool IsCut);

/// <summary>Where rows come from. What cannot be read is told by <see cref="RowSourceException"/>.</summary>
public interface IRowSource : IAsyncDisposable
{
    /// <summary>The rows from a bookmark on, as the query gives them; the query ends with the reading.</summary>
    /// <param name="after">The bookmark; null for the first that there can be.</param>
    /// <param name="cancellation">Stops the query.</param>
    IAsyncEnumerable<Row> ReadAsync(string? after, CancellationToken cancellation);

    /// <summary>The highest bookmark now; null when there are no rows.</summary>
    Task<string?> LatestAsync(CancellationToken cancellation);
}

/// <summary>Rows cannot be read, and why.</summary>
public sealed class RowSourceException : Exception
{
    /// <param name="error">The reason, with its place in the query where that is known.</param>
    /// <param name="inner">What it was told by.</param>
    public RowSourceException(Error error, Exception? inner = null) : base(error?.Message.En, inner) => Error = error!;

    /// <summary>The reason in words.</summary>
    public Error Error { get; }
}

/// <summary>Settings of a <see cref="RowTail"/>.</summary>
public sealed record RowTailOptions
{
    /// <summary>What it is called, in the field <c>log.database</c> of its events; no two readers have the same.</summary>
    public required string Name { get; init; }

    /// <summary>The source that its events carry.</summary>
    public required string Source { get; init; }

    /// <summary>The file that remembers how far was read.</summary>
    public required string StateFile { get; init; }

    /// <summary>What is read: another value begins anew.</summary>
    public required string Identity { get; init; }

    /// <summary>The text of the query: with another one, rows may look otherwise than those that were taken.</summary>
    public string Query { get; init; } = "";

    /// <summary>The column of the bookmark.</summary>
    public required string BookmarkColumn { get; init; }

    /// <summary>What it is.</summary>
    public BookmarkKind Kind { get; init; }

    /// <summary>True when several rows may have the same bookmark. The query then asks for rows at the bookmark as well.</summary>
    public bool HasTies { get; init; }

    /// <summary>How far before the highest bookmark is read again, for rows that are committed late: in units of the number, in seconds for times.</summary>
    public long Overlap { get; init; }

    /// <summary>A column that, with the bookmark, tells a row; empty to tell rows by all that they hold.</summary>
    public string UniqueColumn { get; init; } = "";

    /// <summary>True to pass over the rows that are there when reading begins.</summary>
    public bool FromNow { get; init; }

    /// <summary>How often is asked. Default 30 seconds.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most rows stored at once. Default 500.</summary>
    public int Batch { get; init; } = 500;

    /// <summary>How rows become events.</summary>
    public RowMapping Mapping { get; init; } = new();

    /// <summary>Clock. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>True when rows that were taken must be known again.</summary>
    internal bool Remembers => HasTies || Overlap > 0;
}

/// <summary>Which columns are what. A column that is named here is no field; each name may be empty.</summary>
public sealed record RowMapping
{
    /// <summary>When it happened.</summary>
    public string Time { get; init; } = "";

    /// <summary>The zone of times that name none. Default UTC.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>A number from 0 to 7 or a word.</summary>
    public string Severity { get; init; } = "";

    /// <summary>The host.</summary>
    public string Host { get; init; } = "";

    /// <summary>The program.</summary>
    public string App { get; init; } = "";

    /// <summary>The text; without it, the row as JSON.</summary>
    public string Message { get; init; } = "";
}

/// <summary>How the reading stands. Counts are since it was started.</summary>
/// <param name="Rows">Rows taken.</param>
/// <param name="Faulty">Those with problems.</param>
/// <param name="Bookmark">The highest bookmark that is stored; null before the first row.</param>
/// <param name="LastRow">The time of the last row taken.</param>
/// <param name="LastTaken">When it was taken.</param>
/// <param name="LastRead">When the database last answered.</param>
/// <param name="Lag">How far behind the reading is: zero when all was read, else the age of the last row; null before the first answer.</param>
/// <param name="PerMinute">Rows a minute, over the last five.</param>
/// <param name="Problem">What is wrong at present; null when nothing is.</param>
public sealed record RowTailState(long Rows, long Faulty, string? Bookmark, DateTimeOffset? LastRow, DateTimeOffset? LastTaken, DateTimeOffset? LastRead, TimeSpan? Lag, double PerMinute, LocalizedText? Problem);
