using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Hufu.Indicators;

/// <summary>What a key of <see cref="KeyTable"/> is.</summary>
internal enum KeyGroup : byte
{
    Address = 1,
    Domain,
    Url,
    UrlPath,

    /// <summary>Hosts of URLs: an event's URL is brought into its normal form only where its host is one of them.</summary>
    UrlHost,
    Hash,
    ImportHash,
    FileName,
    FilePath,
    Email,
    RegistryKey,
    Mutex,
    UserAgent,
    Ja3,
    Hassh,
    Account,
    CommandLine,
}

/// <summary>
/// Keys and the rows that each has, in few large arrays: a million keys are no million objects. What is not in it is mostly known from one bit. The seed is
/// another one each time, so that nobody can make a list whose keys all fall together.
/// </summary>
internal sealed class KeyTable
{
    private const int MaxKey = ushort.MaxValue;

    private readonly ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
    private readonly Bytes keys = new();
    private int[] slots = new int[1 << 10];
    private ulong[] filter = new ulong[1 << 10];
    private int[] starts = new int[1 << 8];
    private int[] heads = new int[1 << 8];
    private int[] next = new int[1 << 8];
    private int[] targets = new int[1 << 8];
    private byte[] marks = new byte[1 << 8];

    /// <summary>Distinct keys.</summary>
    public int Keys { get; private set; }

    /// <summary>Rows; of one key there may be several.</summary>
    public int Rows { get; private set; }

    /// <summary>The groups that have a key, a bit for each.</summary>
    public uint Groups { get; private set; }

    /// <summary>Adds a row to a key.</summary>
    /// <param name="group">Group of the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="target">What it stands for.</param>
    /// <param name="mark">What the row says besides.</param>
    public void Add(KeyGroup group, ReadOnlySpan<byte> key, int target, byte mark)
    {
        if (key.Length > MaxKey) throw new ArgumentException("The key is too long.", nameof(key));
        var hash = Hash(group, key);
        var slot = Find(hash, group, key);
        if (slots[slot] == 0)
        {
            if ((Keys + 1) * 2L > slots.Length)
            {
                Grow();
                slot = Find(hash, group, key);
            }

            if (Keys == starts.Length)
            {
                Array.Resize(ref starts, starts.Length * 2);
                Array.Resize(ref heads, heads.Length * 2);
            }

            var start = keys.Take(3 + key.Length, out var written);
            written[0] = (byte)group;
            BinaryPrimitives.WriteUInt16LittleEndian(written[1..], (ushort)key.Length);
            key.CopyTo(written[3..]);
            (starts[Keys], heads[Keys]) = (start, -1);
            slots[slot] = ++Keys;
            Note(hash);
            Groups |= 1u << (int)group;
        }

        if (Rows == next.Length)
        {
            Array.Resize(ref next, Rows * 2);
            Array.Resize(ref targets, Rows * 2);
            Array.Resize(ref marks, Rows * 2);
        }

        var at = slots[slot] - 1;
        (next[Rows], targets[Rows], marks[Rows]) = (heads[at], target, mark);
        heads[at] = Rows++;
    }

    /// <summary>The first row of a key; −1 when there is none.</summary>
    public int First(KeyGroup group, ReadOnlySpan<byte> key)
    {
        var hash = Hash(group, key);
        if ((filter[(int)((hash >> 38) & (ulong)(filter.Length - 1))] & (1UL << (int)(hash >> 58))) == 0) return -1;
        var slot = slots[Find(hash, group, key)];
        return slot == 0 ? -1 : heads[slot - 1];
    }

    /// <summary>The next row of the same key; −1 behind the last.</summary>
    public int Next(int row) => next[row];

    public int Target(int row) => targets[row];

    public byte Mark(int row) => marks[row];

    /// <summary>Bytes that it takes.</summary>
    public long Size => keys.Size + (slots.Length + starts.Length + heads.Length + next.Length + targets.Length) * 4L + filter.Length * 8L + marks.Length;

    /// <summary>Gives back what was kept for growing.</summary>
    public void Trim()
    {
        Array.Resize(ref starts, Math.Max(1, Keys));
        Array.Resize(ref heads, Math.Max(1, Keys));
        Array.Resize(ref next, Math.Max(1, Rows));
        Array.Resize(ref targets, Math.Max(1, Rows));
        Array.Resize(ref marks, Math.Max(1, Rows));
    }

    private int Find(ulong hash, KeyGroup group, ReadOnlySpan<byte> key)
    {
        var slot = (int)(hash & (ulong)(slots.Length - 1));
        while (slots[slot] != 0)
        {
            var has = keys.At(starts[slots[slot] - 1], 3);
            if (has[0] == (byte)group && BinaryPrimitives.ReadUInt16LittleEndian(has[1..]) == key.Length && keys.At(starts[slots[slot] - 1] + 3, key.Length).SequenceEqual(key)) return slot;
            slot = (slot + 1) & (slots.Length - 1);
        }

        return slot;
    }

    private void Grow()
    {
        var size = slots.Length * 2;
        slots = new int[size];
        // Sixteen bits a key.
        filter = new ulong[(int)Math.Min((long)size / 8, 1 << 20) is var words && words < 1024 ? 1024 : words];
        for (var i = 0; i < Keys; i++)
        {
            var head = keys.At(starts[i], 3);
            var key = keys.At(starts[i] + 3, BinaryPrimitives.ReadUInt16LittleEndian(head[1..]));
            var hash = Hash((KeyGroup)head[0], key);
            slots[Find(hash, (KeyGroup)head[0], key)] = i + 1;
            Note(hash);
        }
    }

    private void Note(ulong hash) => filter[(int)((hash >> 38) & (ulong)(filter.Length - 1))] |= 1UL << (int)(hash >> 58);

    private ulong Hash(KeyGroup group, ReadOnlySpan<byte> key)
    {
        unchecked
        {
            var hash = seed ^ ((ulong)group * 0x9E3779B97F4A7C15UL) ^ (ulong)key.Length;
            while (key.Length >= 8)
            {
                hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key));
                key = key[8..];
            }

            if (key.Length > 0)
            {
                var last = 0UL;
                for (var i = 0; i < key.Length; i++) last |= (ulong)key[i] << (i * 8);
                hash = Mix(hash ^ last);
            }

            return Mix(hash);
        }

        static ulong Mix(ulong value)
        {
            var high = Math.BigMul(value, 0xD6E8FEB86659FD93UL, out var low);
            return high ^ BitOperations.RotateLeft(low, 23);
        }
    }

    /// <summary>Bytes in blocks, so that growing copies nothing.</summary>
    private sealed class Bytes
    {
        private const int Bits = 20;
        private const int Block = 1 << Bits;

        private readonly List<byte[]> blocks = [];
        private int used = Block;

        public long Size => (long)blocks.Count * Block;

        public int Take(int length, out Span<byte> span)
        {
            if (used + length > Block)
            {
                blocks.Add(new byte[Block]);
                used = 0;
            }

            span = blocks[^1].AsSpan(used, length);
            var at = checked(((blocks.Count - 1) << Bits) | used);
            used += length;
            return at;
        }

        public ReadOnlySpan<byte> At(int start, int length) => blocks[start >> Bits].AsSpan(start & (Block - 1), length);
    }
}
