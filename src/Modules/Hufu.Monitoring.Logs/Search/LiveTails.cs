using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Monitoring.Logs;

/// <summary>Counts who follows the log, so that followers stay few enough for everybody's searches.</summary>
internal sealed class LiveTails
{
    /// <summary>Most followers at a time.</summary>
    internal const int Most = 40;

    /// <summary>Most of one person or token.</summary>
    internal const int MostOfOne = 5;

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, int> counts = [];

    /// <summary>Takes a place; given back when it is disposed.</summary>
    internal Result<IDisposable> Begin(Actor actor)
    {
        lock (gate)
        {
            if (counts.GetValueOrDefault(actor.Id) >= MostOfOne) return Result.Fail<IDisposable>(Error.Of("logs.tail.own", $"您已開啟 {MostOfOne} 個即時檢視，請先關閉其中一個。", $"You have {MostOfOne} live tails open already; close one first."));
            if (counts.Values.Sum() >= Most) return Result.Fail<IDisposable>(Error.Of("logs.tail.full", $"目前已有 {Most} 個即時檢視，請稍後再試。", $"{Most} live tails are open already; try again later."));
            counts[actor.Id] = counts.GetValueOrDefault(actor.Id) + 1;
        }

        return Result.Of<IDisposable>(new Place(this, actor.Id));
    }

    private void End(Guid who)
    {
        lock (gate)
            if (--counts[who] == 0) counts.Remove(who);
    }

    private sealed class Place(LiveTails tails, Guid who) : IDisposable
    {
        private int ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, 1) == 0) tails.End(who);
        }
    }
}
