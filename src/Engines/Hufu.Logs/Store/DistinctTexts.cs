using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hufu.Logs.Store;

/// <summary>Texts as bytes, each kept once and numbered in the order in which they came.</summary>
internal sealed class DistinctTexts
{
    // Unknown outside, so that nobody can make texts that fall on each other.
    private static readonly ulong Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)) | 1;

    private readonly ByteBuilder bytes = new(1 << 10);
    private readonly List<(int At, int Length)> places = [];

    // The number of a text, from 1; 0 is free. At most half of them are taken.
    private int[] slots = new int[256];

    public int Count => places.Count;

    /// <summary>Length of all texts together.</summary>
    public int Length => bytes.Length;

    public ReadOnlySpan<byte> this[int number] => bytes.Written.Slice(places[number].At, places[number].Length);

    /// <summary>The number of a text; −1 when it is not there.</summary>
    public int Find(ReadOnlySpan<byte> text) => slots[Slot(text)] - 1;

    /// <summary>Adds a text that is not there, and gives its number.</summary>
    public int Add(ReadOnlySpan<byte> text)
    {
        places.Add((bytes.Length, text.Length));
        text.CopyTo(bytes.Take(text.Length));
        if (places.Count * 2 <= slots.Length)
        {
            slots[Slot(text)] = places.Count;
            return places.Count - 1;
        }

        slots = new int[slots.Length * 4];
        for (var i = 0; i < places.Count; i++) slots[Slot(this[i])] = i + 1;
        return places.Count - 1;
    }

    public void Clear()
    {
        places.Clear();
        bytes.CutTo(0);
        Array.Clear(slots);
    }

    // Where the text is, or would be.
    private int Slot(ReadOnlySpan<byte> text)
    {
        var mask = (uint)slots.Length - 1;
        for (var slot = Hash(text) & mask; ; slot = (slot + 1) & mask)
        {
            if (slots[slot] == 0 || this[slots[slot] - 1].SequenceEqual(text)) return (int)slot;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> text)
    {
        var hash = Seed ^ unchecked((ulong)text.Length * 0x9E3779B97F4A7C15);
        for (; text.Length >= 8; text = text[8..]) hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text));
        var rest = 0UL;
        for (var i = 0; i < text.Length; i++) rest |= (ulong)text[i] << (8 * i);
        return (uint)(Mix(hash ^ rest) >> 32);
    }

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value ^ 0xA0761D6478BD642F, Seed, out var low);
        return high ^ low;
    }
}
