using System.Numerics;
using System.Runtime.InteropServices;

namespace Hufu.Sigma.Indexing;

/// <summary>
/// What was found in values seen lately. Logs repeat their values over and over: the programs, accounts and hosts of one event are those of a thousand others, and
/// to know a value again costs less than to look through it. Only an equal value of the same field counts as the same. Bounded in number and size; where a field
/// hardly ever repeats itself, its values are not kept for a while. For one thread at a time.
/// </summary>
internal sealed class ValueMemo
{
    /// <summary>Pairs of places; a value may lie in either place of its pair.</summary>
    private const int PairBits = 12;

    private const int LongestText = 384;

    private const int MostFound = 128;

    /// <summary>After so many values of a field it is judged whether keeping them is worth it.</summary>
    private const int Judged = 512;

    private const int WorthIt = Judged / 5;

    /// <summary>So many values of a field that is not worth it are let pass before it is tried again.</summary>
    private const int Rest = 8 * Judged;

    private readonly Entry[] entries = new Entry[2 << PairBits];
    private readonly Account[] accounts;

    /// <param name="fields">Number of fields.</param>
    public ValueMemo(int fields) => accounts = new Account[fields];

    /// <summary>What is known of a value: what was found in it.</summary>
    /// <param name="field">From 0.</param>
    /// <param name="kind">What the value is.</param>
    /// <param name="text">The value as text.</param>
    /// <param name="found">The predicates that it makes true.</param>
    /// <param name="place">Where to keep what will be found; negative where it is not to be kept.</param>
    /// <returns>False when the value is not known.</returns>
    public bool TryGet(int field, SigmaValueKind kind, ReadOnlySpan<char> text, out ReadOnlySpan<int> found, out int place)
    {
        found = default;
        place = -1;
        ref var account = ref accounts[field];
        if (account.Resting > 0)
        {
            account.Resting--;
            return false;
        }

        if (text.Length > LongestText) return false;
        var hash = HashOf(field, kind, text);
        var at = (int)(hash >> (64 - PairBits)) << 1;
        if (account.Seen >= Judged)
        {
            if (account.Known < WorthIt) account.Resting = Rest;
            account.Seen = account.Known = 0;
        }

        account.Seen++;
        ref var first = ref entries[at];
        if (first.Is(hash, field, kind, text))
        {
            account.Known++;
            found = first.Found.AsSpan(0, first.FoundCount);
            return true;
        }

        ref var second = ref entries[at + 1];
        // The one used last lies in front, the other is the next to go.
        (first, second) = (second, first);
        if (first.Is(hash, field, kind, text))
        {
            account.Known++;
            found = first.Found.AsSpan(0, first.FoundCount);
            return true;
        }

        first.Hash = hash;
        first.Length = -1;
        place = at;
        return false;
    }

    /// <summary>Keeps what was found in a value that was not known.</summary>
    /// <param name="place">What <see cref="TryGet"/> gave; nothing may have been asked since.</param>
    /// <param name="field">As there.</param>
    /// <param name="kind">As there.</param>
    /// <param name="text">As there.</param>
    /// <param name="found">What was found.</param>
    public void Keep(int place, int field, SigmaValueKind kind, ReadOnlySpan<char> text, ReadOnlySpan<int> found)
    {
        if (found.Length > MostFound) return;
        ref var entry = ref entries[place];
        var hash = entry.Hash;
        if (entry.Text is null || entry.Text.Length < text.Length) entry.Text = new char[RoomFor(text.Length, 16)];
        if (entry.Found is null || entry.Found.Length < found.Length) entry.Found = new int[RoomFor(found.Length, 4)];
        text.CopyTo(entry.Text);
        found.CopyTo(entry.Found);
        (entry.Hash, entry.Length, entry.Field, entry.Kind, entry.FoundCount) = (hash, text.Length, field, kind, found.Length);
    }

    private static int RoomFor(int count, int least) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, least));

    // Whoever makes values of one sum only makes them not be kept: each place has room for one, and they are compared.
    private static ulong HashOf(int field, SigmaValueKind kind, ReadOnlySpan<char> text)
    {
        const ulong Factor = 0x9E3779B97F4A7C15;
        unchecked
        {
            var sum = ((ulong)(uint)field << 40) ^ ((ulong)kind << 32) ^ (uint)text.Length;
            var left = MemoryMarshal.AsBytes(text);
            while (left.Length >= 8)
            {
                sum = BitOperations.RotateLeft((sum ^ MemoryMarshal.Read<ulong>(left)) * Factor, 29);
                left = left[8..];
            }

            ulong last = 0;
            foreach (var one in left) last = (last << 8) | one;
            sum = (sum ^ last) * Factor;
            return (sum ^ (sum >> 32)) * Factor;
        }
    }

    private struct Account
    {
        public int Seen;
        public int Known;
        public int Resting;
    }

    private struct Entry
    {
        public ulong Hash;
        public int Field;
        public int Length;
        public int FoundCount;
        public SigmaValueKind Kind;
        public char[]? Text;
        public int[]? Found;

        public readonly bool Is(ulong hash, int field, SigmaValueKind kind, ReadOnlySpan<char> text) =>
            Hash == hash && Length == text.Length && Field == field && Kind == kind && text.SequenceEqual(Text.AsSpan(0, Length));
    }
}
