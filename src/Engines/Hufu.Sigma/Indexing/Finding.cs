using System.Runtime.InteropServices;

namespace Hufu.Sigma.Indexing;

/// <summary>The predicates that one value makes true, each once. Nothing is cleared between values: an entry counts when it bears the number of the value.</summary>
internal sealed class Finding(int predicates)
{
    private readonly int[] seen = new int[predicates];
    private readonly int[] items = new int[predicates];
    private int count;
    private int current;

    /// <summary>What was found, in the order in which it was.</summary>
    public ReadOnlySpan<int> Items => items.AsSpan(0, count);

    /// <summary>Goes on to the next value.</summary>
    public void Begin()
    {
        if (current == int.MaxValue)
        {
            Array.Clear(seen);
            current = 0;
        }

        current++;
        count = 0;
    }

    public bool Has(int predicate) => seen[predicate] == current;

    public void Add(List<int> predicates) => Add(CollectionsMarshal.AsSpan(predicates));

    public void Add(ReadOnlySpan<int> predicates)
    {
        foreach (var predicate in predicates)
        {
            if (seen[predicate] == current) continue;
            seen[predicate] = current;
            items[count++] = predicate;
        }
    }
}
