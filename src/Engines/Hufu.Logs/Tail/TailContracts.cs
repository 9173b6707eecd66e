namespace Hufu.Logs.Tail;

/// <summary>Settings of a <see cref="FileTail"/>.</summary>
public sealed record TailOptions
{
    /// <summary>The source that its events carry.</summary>
    public required string Source { get; init; }

    /// <summary>Paths or patterns of the files: <c>*</c> and <c>?</c> within a name, <c>**</c> for folders.</summary>
    public required IReadOnlyList<string> Patterns { get; init; }

    /// <summary>Where files may be read.</summary>
    public required TailFolders Folders { get; init; }

    /// <summary>The file that remembers how far each file has been read.</summary>
    public required string StateFile { get; init; }

    /// <summary>How records are read. The reference time is that of the reading.</summary>
    public LogParseOptions Parse { get; init; } = new() { ReferenceTime = default };

    /// <summary>True to pass over what files hold when they are followed for the first time. Files that appear later are read from their beginning.</summary>
    public bool FromEnd { get; init; }

    /// <summary>How often files are looked at when nothing tells of a change. Default one second.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a last line without a line feed, or the lines of an unfinished record, are waited for. Default five seconds.</summary>
    public TimeSpan LastLineAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a file that has lost its name is kept open after its last byte: who writes it may not have noticed. Default ten seconds.</summary>
    public TimeSpan CloseAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Clock. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Where the first event of a batch will be stored.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Row">The row; past its end, the beginning of the next is meant.</param>
public sealed record TailPlace(string Segment, int Row);

/// <summary>Where the events of files go.</summary>
public interface ITailSink
{
    /// <summary>
    /// Stores events together, or none of them. <paramref name="before"/> is called first, with the place that they will have; nothing else is stored
    /// between it and them.
    /// </summary>
    Task StoreAsync(IReadOnlyList<LogEvent> events, Func<TailPlace, Task> before, CancellationToken cancellation);

    /// <summary>The event that is stored at a place; null when there is none.</summary>
    LogEvent? EventAt(TailPlace place);
}

/// <summary>How the following of files stands. Counts are since it was started.</summary>
/// <param name="Lines">Records taken.</param>
/// <param name="Bytes">Bytes of the files that were read.</param>
/// <param name="Faulty">Records with problems.</param>
/// <param name="Lag">Bytes that the files hold beyond what is stored.</param>
/// <param name="Problem">What is wrong at present; null when nothing is.</param>
/// <param name="Files">The files that are followed, those with the most to read first.</param>
public sealed record TailState(long Lines, long Bytes, long Faulty, long Lag, string? Problem, IReadOnlyList<TailedFileState> Files);

/// <summary>One file that is followed.</summary>
/// <param name="Path">Where it is, or was.</param>
/// <param name="Offset">How many of its bytes are stored; of a packed file, once unpacked.</param>
/// <param name="Lag">Bytes beyond; of a packed file, 0 when it has been read.</param>
/// <param name="Lines">Records taken since the start.</param>
/// <param name="Last">When the last was taken.</param>
/// <param name="Problem">What is wrong with it; null when nothing is.</param>
public sealed record TailedFileState(string Path, long Offset, long Lag, long Lines, DateTimeOffset? Last, string? Problem);
