using System.Numerics;
using System.Runtime.InteropServices;

namespace Hufu.Sigma.Indexing;

/// <summary>
/// Finds a name among some that are known from the start. Most fields of most events are asked for by no rule, so what counts is how soon that is known: by the length and
/// the ends of a name. Only an equal name is found. Immutable.
/// </summary>
internal sealed class NameTable
{
    private readonly string[] names;
    private readonly (uint Hash, int Name)[] places;

    /// <param name="names">Distinct names.</param>
    public NameTable(string[] names)
    {
        this.names = names;
        places = new (uint, int)[BitOperations.RoundUpToPowerOf2((uint)Math.Max(names.Length * 4, 16))];
        Array.Fill(places, (0u, -1));
        for (var i = 0; i < names.Length; i++)
        {
            var hash = HashOf(names[i]);
            var at = (int)(hash & (uint)(places.Length - 1));
            while (places[at].Name >= 0) at = (at + 1) & (places.Length - 1);
            places[at] = (hash, i);
        }
    }

    /// <summary>The number of a name; -1 when it is not among them.</summary>
    public int IndexOf(ReadOnlySpan<char> name)
    {
        var hash = HashOf(name);
        for (var at = (int)(hash & (uint)(places.Length - 1)); ; at = (at + 1) & (places.Length - 1))
        {
            var (known, index) = places[at];
            if (index < 0) return -1;
            if (known == hash && name.SequenceEqual(names[index])) return index;
        }
    }

    private static uint HashOf(ReadOnlySpan<char> name)
    {
        const ulong Factor = 0x9E3779B97F4A7C15;
        unchecked
        {
            ulong sum = (uint)name.Length;
            if (name.Length >= 4)
            {
                sum += MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(name)) * Factor;
                sum = (sum ^ (sum >> 29)) + MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(name[^4..]));
            }
            else
            {
                foreach (var c in name) sum = (sum << 16) | c;
            }

            return (uint)((sum * Factor) >> 32);
        }
    }
}
