using Hufu.Logs;
using Hufu.Logs.Tail;

namespace Hufu.Monitoring.Logs;

/// <summary>The store, past the rules.</summary>
internal sealed class TailSink(LogImport import, LogService logs) : ITailSink
{
    public Task StoreAsync(IReadOnlyList<LogEvent> events, Func<TailPlace, Task> before, CancellationToken cancellation) => import.TakeAsync(events, place => before(new TailPlace(place.Segment, place.Row)), cancellation);

    public LogEvent? EventAt(TailPlace place) => logs.Store.EventsFrom(place.Segment, place.Row, 1).FirstOrDefault();
}
