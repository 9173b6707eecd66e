namespace Hufu.Indicators;

/// <summary>Ranges of addresses, of which each lies within another or apart from it. An address is looked for by halving, then from the range that it lies in outwards.</summary>
internal sealed class RangeTable
{
    private readonly List<(UInt128 From, UInt128 To, int Target)> given = [];
    private UInt128[] from = [];
    private UInt128[] to = [];
    private int[] around = [];
    private int[] targets = [];

    public int Count => given.Count + targets.Length;

    public void Add(UInt128 start, int length, int target) => given.Add((start, start | ~AddressValue.Mask(length), target));

    /// <summary>Puts them in order; nothing is added afterwards.</summary>
    public void Close()
    {
        // The wider first, so that what lies around a range stands before it.
        var order = given.OrderBy(r => r.From).ThenByDescending(r => r.To).ToList();
        (from, to, around, targets) = ([.. order.Select(r => r.From)], [.. order.Select(r => r.To)], new int[order.Count], [.. order.Select(r => r.Target)]);
        given.Clear();
        var open = new Stack<int>();
        for (var i = 0; i < from.Length; i++)
        {
            while (open.Count > 0 && to[open.Peek()] < from[i]) open.Pop();
            around[i] = open.Count > 0 ? open.Peek() : -1;
            open.Push(i);
        }
    }

    /// <summary>The innermost range that has an address; −1 when none has.</summary>
    public int First(UInt128 address)
    {
        if (from.Length == 0) return -1;
        var at = Array.BinarySearch(from, address);
        if (at < 0) at = ~at - 1;
        // Of ranges with one begin, the last is the innermost.
        else while (at + 1 < from.Length && from[at + 1] == address) at++;
        while (at >= 0 && to[at] < address) at = around[at];
        return at;
    }

    /// <summary>The range around another; −1 when there is none.</summary>
    public int Next(int range) => around[range];

    public int Target(int range) => targets[range];
}
