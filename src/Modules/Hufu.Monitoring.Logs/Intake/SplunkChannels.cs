namespace Hufu.Monitoring.Logs;

/// <summary>
/// Numbers the acknowledgements of Splunk's channels. A request is answered after it is stored, so a number that was given is acknowledged at once. What is
/// forgotten (a restart, too many channels) counts as not acknowledged: the sender sends again.
/// </summary>
internal sealed class SplunkChannels
{
    internal const int Most = 10_000;

    private readonly Lock turn = new();
    private readonly Dictionary<(Guid Actor, Guid Channel), LinkedListNode<((Guid, Guid) Key, long Next)>> known = [];
    private readonly LinkedList<((Guid, Guid) Key, long Next)> byUse = [];

    /// <summary>The number of a request that is stored.</summary>
    internal long Stored(Guid actor, Guid channel)
    {
        lock (turn)
        {
            var next = 0L;
            if (known.Remove((actor, channel), out var node))
            {
                byUse.Remove(node);
                next = node.Value.Next;
            }
            else if (known.Count >= Most)
            {
                known.Remove(byUse.First!.Value.Key);
                byUse.RemoveFirst();
            }

            known[(actor, channel)] = byUse.AddLast(((actor, channel), next + 1));
            return next;
        }
    }

    /// <summary>True when the number was given to a request of this channel.</summary>
    internal bool IsStored(Guid actor, Guid channel, long number)
    {
        lock (turn) return number >= 0 && known.TryGetValue((actor, channel), out var node) && number < node.Value.Next;
    }
}
