using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>
/// Where people search: the store itself, or a database that its events are delivered to. Whoever answers, the events, their order and their ids are the
/// same; where something is missing the answer says so in its notes.
/// </summary>
public interface ILogSearcher
{
    /// <summary>Finds events, newest first.</summary>
    /// <exception cref="ArgumentException">The query makes a table: ask <see cref="TableAsync"/>.</exception>
    Task<LogPage> SearchAsync(LogSearch search, CancellationToken cancellation = default);

    /// <summary>Counts the events that a search finds, over time.</summary>
    Task<LogHistogram> HistogramAsync(LogSearch search, TimeSpan? width = null, CancellationToken cancellation = default);

    /// <summary>The most frequent values of a field among the events that a search finds.</summary>
    Task<LogValues> TopValuesAsync(LogSearch search, string field, int most = 10, CancellationToken cancellation = default);

    /// <summary>The table that the commands of a search make of the events it finds.</summary>
    Task<LogTable> TableAsync(LogSearch search, int most = 1_000, CancellationToken cancellation = default);
}
