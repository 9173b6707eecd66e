using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Hufu.Logs.Store;
using ZstdSharp.Unsafe;

namespace Hufu.Logs.Search;

/// <summary>
/// Which blocks of a file's rows may have a text. The distinct runs of letters and digits of the rows are kept, lower case, with a bit for each
/// block that has them, and so are runs of digits with three full stops and more, as an address of IPv4 is; a text is looked for within them, so that
/// the index finds what a scan would, also in the middle of a word. It only ever says where there is nothing: what it points at is read and compared.
/// </summary>
internal sealed class TokenIndex
{
    /// <summary>Rows of a block.</summary>
    public const int BlockRows = 8_192;

    // Each token has the bits of one number.
    private const int SectionBlocks = 64;
    private const int SectionRows = BlockRows * SectionBlocks;
    private const int ChunkBytes = 256 << 10;

    // A longer run is kept in pieces that overlap by half: a text up to that half is in one of them.
    private const int Window = 128;
    private const int Half = Window / 2;

    // Shorter texts are nearly everywhere.
    private const int Shortest = 3;
    private const byte End = (byte)'\n';
    private static readonly byte[] Magic = "HUFUTOK3"u8.ToArray();

    // Files of before do not say which letters follow each other in a chunk, and those before them have no addresses.
    private static readonly byte[] MagicWithoutGrams = "HUFUTOK2"u8.ToArray();
    private static readonly byte[] MagicWithoutAddresses = "HUFUTOK1"u8.ToArray();

    private readonly string path;
    private readonly List<Section> sections;
    private readonly bool addresses;

    private TokenIndex(string path, List<Section> sections, bool addresses)
    {
        this.path = path;
        this.sections = sections;
        this.addresses = addresses;
    }

    private sealed record Section(int Blocks, List<Chunk> Chunks, long GramsAt, int GramsPacked);

    private sealed record Chunk(long At, int TextLength, int TextPacked, int Tokens, int MasksPacked, byte[]? First);

    /// <summary>Writes the index of rows.</summary>
    /// <param name="path">The file; it is whole or not there.</param>
    /// <param name="rows">Places of rows, growing, with everything of them that is searched for texts; what is apart has a line feed between.</param>
    public static void Build(string path, IEnumerable<(long Place, string Text)> rows)
    {
        using var packer = new Packer(3);
        packer.Set(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        var (head, body) = (new ByteBuilder(1 << 12), path + DurableFile.TemporarySuffix + "-body");
        Magic.CopyTo(head.Take(Magic.Length));
        head.Int32(0);
        var count = 0;
        using (var file = new FileStream(body, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose))
        {
            var builder = new SectionBuilder();
            var section = 0L;
            foreach (var (place, text) in rows)
            {
                for (; place >= (section + 1) * SectionRows; section++) EndSection();
                builder.Add((int)(place - section * SectionRows) / BlockRows, text);
            }

            EndSection();
            BinaryPrimitives.WriteInt32LittleEndian(head.Written[Magic.Length..], count);
            SHA256.HashData(head.Written).AsSpan(0, 8).CopyTo(head.Take(8));
            using (var target = new FileStream(path + DurableFile.TemporarySuffix, FileMode.Create, FileAccess.Write))
            {
                target.Write(BitConverter.GetBytes(head.Length));
                target.Write(head.Written);
                file.Position = 0;
                file.CopyTo(target);
            }

            DurableFile.Commit(path);

            void EndSection()
            {
                count++;
                var at = head.Length;
                head.Int32(builder.Blocks);
                head.Int32(0);
                head.Int32(0);
                var (chunks, grams) = (0, new ByteBuilder(Grams.Bytes));
                foreach (var (text, masks) in builder.Chunks(ChunkBytes))
                {
                    Grams.Add(text, grams.Take(Grams.Bytes));
                    var packedText = packer.Pack(text);
                    var packedMasks = packer.Pack(MemoryMarshal.AsBytes(masks.AsSpan()));
                    head.Int32(text.Length);
                    head.Int32(packedText.Length);
                    head.Int32(masks.Length);
                    head.Int32(packedMasks.Length);
                    var first = text.AsSpan(0, text.AsSpan().IndexOf(End));
                    head.Int32(first.Length);
                    first.CopyTo(head.Take(first.Length));
                    file.Write(packedText);
                    file.Write(packedMasks);
                    chunks++;
                }

                var packedGrams = packer.Pack(grams.Written);
                file.Write(packedGrams);
                BinaryPrimitives.WriteInt32LittleEndian(head.Written[(at + 4)..], chunks);
                BinaryPrimitives.WriteInt32LittleEndian(head.Written[(at + 8)..], packedGrams.Length);
                builder = new SectionBuilder();
            }
        }
    }

    /// <summary>Opens an index; null when there is none, or it is not whole: then there is nothing that it excludes.</summary>
    public static TokenIndex? Open(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            Span<byte> four = stackalloc byte[4];
            file.ReadExactly(four);
            var length = BinaryPrimitives.ReadInt32LittleEndian(four);
            if (length < Magic.Length + 12 || length > file.Length - 4) return null;
            var head = new byte[length];
            file.ReadExactly(head);
            var grams = head.AsSpan().StartsWith(Magic);
            var addresses = grams || head.AsSpan().StartsWith(MagicWithoutGrams);
            if (!(addresses || head.AsSpan().StartsWith(MagicWithoutAddresses)) || !SHA256.HashData(head.AsSpan(0, length - 8)).AsSpan(0, 8).SequenceEqual(head.AsSpan(length - 8))) return null;
            var left = head.AsSpan(Magic.Length, length - 8 - Magic.Length);
            var (sections, at) = (new List<Section>(), 4L + length);
            for (var count = Take(ref left); count > 0; count--)
            {
                var (blocks, chunks, number) = (Take(ref left), new List<Chunk>(), Take(ref left));
                var gramsPacked = grams ? Take(ref left) : 0;
                for (; number > 0; number--)
                {
                    var chunk = new Chunk(at, Take(ref left), Take(ref left), Take(ref left), Take(ref left), grams ? Bytes(ref left) : null);
                    at += chunk.TextPacked + chunk.MasksPacked;
                    chunks.Add(chunk);
                }

                sections.Add(new Section(blocks, chunks, at, gramsPacked));
                at += gramsPacked;
            }

            return new TokenIndex(path, sections, addresses);
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }

        static byte[] Bytes(ref Span<byte> left)
        {
            var bytes = left[..Take(ref left)].ToArray();
            left = left[bytes.Length..];
            return bytes;
        }

        static int Take(ref Span<byte> left)
        {
            var value = BinaryPrimitives.ReadInt32LittleEndian(left);
            left = left[4..];
            return value;
        }
    }

    /// <summary>
    /// The rows that may answer a search, as ranges of places with both ends; null when they may be anywhere, or nearly so. An empty list says that no
    /// row can.
    /// </summary>
    public IReadOnlyList<(long From, long To)>? Places(SearchNode? root)
    {
        if (root is null || !Says(root)) return null;
        var sought = new List<Sought>();
        Gather(root, sought);
        var ranges = new List<(long From, long To)>();
        var (candidates, all) = (0, 0);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0);
            using var unpacker = new Unpacker();
            for (var s = 0; s < sections.Count; s++)
            {
                var every = sections[s].Blocks == SectionBlocks ? ulong.MaxValue : (1UL << sections[s].Blocks) - 1;
                var masks = Look(file, unpacker, sections[s], sought, every);
                var next = 0;
                var mask = Mask(root, masks, every, ref next);
                candidates += BitOperations.PopCount(mask);
                all += sections[s].Blocks;
                for (var b = 0; b < sections[s].Blocks; b++)
                {
                    if ((mask & (1UL << b)) == 0) continue;
                    var from = ((long)s * SectionBlocks + b) * BlockRows;
                    if (ranges.Count > 0 && ranges[^1].To == from - 1) ranges[^1] = (ranges[^1].From, from + BlockRows - 1);
                    else ranges.Add((from, from + BlockRows - 1));
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException)
        {
            // What cannot be read excludes nothing.
            return null;
        }

        return candidates * 2 > all ? null : ranges;
    }

    /// <summary>The texts that must occur somewhere in a row, folded; none when that says nothing.</summary>
    /// <param name="text">What is searched for.</param>
    /// <param name="isValue">True when it must be all of some value, and so each of its runs a run of the row by itself.</param>
    private List<Sought> Pieces(string text, bool isValue)
    {
        var pieces = new List<Sought>();
        isValue &= !text.Contains(SearchParser.Wildcard, StringComparison.Ordinal);
        foreach (var part in text.Split(SearchParser.Wildcard))
        {
            var tokens = new Tokens(part);
            while (tokens.Next()) Add(tokens.Current);
            for (var at = 0; addresses && Address(part, ref at) is { IsEmpty: false } run;) Add(Encoding.ASCII.GetBytes(run[..Math.Min(run.Length, Window)].ToArray()));
        }

        return pieces;

        void Add(ReadOnlySpan<byte> token)
        {
            if (token.Length >= Shortest) pieces.Add(new Sought(token[..Math.Min(token.Length, Half)].ToArray(), isValue && token.Length <= Half));
        }
    }

    private List<Sought> Pieces(FieldTerm term) => Pieces(term.Value, term.Field is not ("message" or "raw"));

    /// <summary>True when a search can exclude rows at all.</summary>
    private bool Says(SearchNode node) => node switch
    {
        AllOf all => all.Items.Any(Says),
        AnyOf any => any.Items.All(Says),
        WordTerm word => Pieces(word.Text, false).Count > 0,
        FieldTerm field => IsText(field) && Pieces(field).Count > 0,
        _ => false,
    };

    // Numbers of columns are no texts of the rows, and the words for severities stand for numbers.
    private static bool IsText(FieldTerm term) =>
        term.Operator.Length == 0 && !IsNumber(term.Field) && EcsNames.SourcesOf(term.Field)?.Any(name => name[0] == '@' && IsNumber(name[1..])) != true;

    private static bool IsNumber(string field) => field is "severity" or "facility";

    private void Gather(SearchNode node, List<Sought> pieces)
    {
        switch (node)
        {
            case AllOf all:
                foreach (var item in all.Items) Gather(item, pieces);
                break;
            case AnyOf any:
                foreach (var item in any.Items) Gather(item, pieces);
                break;
            case WordTerm word:
                pieces.AddRange(Pieces(word.Text, false));
                break;
            case FieldTerm field when IsText(field):
                pieces.AddRange(Pieces(field));
                break;
        }
    }

    // Visits the texts in the order in which they were gathered.
    private ulong Mask(SearchNode node, ulong[] masks, ulong every, ref int next)
    {
        var mask = every;
        switch (node)
        {
            case AllOf all:
                foreach (var item in all.Items) mask &= Mask(item, masks, every, ref next);
                return mask;
            case AnyOf any:
                mask = 0;
                foreach (var item in any.Items) mask |= Mask(item, masks, every, ref next);
                return mask;
            case WordTerm word:
                for (var count = Pieces(word.Text, false).Count; count > 0; count--) mask &= masks[next++];
                return mask;
            case FieldTerm field when IsText(field):
                for (var count = Pieces(field).Count; count > 0; count--) mask &= masks[next++];
                return mask;
            default:
                return every;
        }
    }

    private static ulong[] Look(FileStream file, Unpacker unpacker, Section section, List<Sought> sought, ulong every)
    {
        var masks = new ulong[sought.Count];
        var grams = section.GramsPacked == 0 || section.Chunks.Count == 0 ? null : new byte[section.Chunks.Count * Grams.Bytes];
        if (grams is not null) unpacker.Unpack(Read(file, section.GramsAt, section.GramsPacked), grams);
        for (var c = 0; c < section.Chunks.Count && !masks.All(mask => mask == every); c++)
        {
            var (chunk, text, bits) = (section.Chunks[c], (byte[]?)null, (ulong[]?)null);
            for (var p = 0; p < sought.Count; p++)
            {
                // Most chunks do not have some three letters of a rare text in a row, and all but one not a whole run.
                if (masks[p] == every || (grams is not null && !sought[p].MayBeIn(chunk.First, c + 1 < section.Chunks.Count ? section.Chunks[c + 1].First : null, grams.AsSpan(c * Grams.Bytes, Grams.Bytes)))) continue;
                if (text is null) unpacker.Unpack(Read(file, chunk.At, chunk.TextPacked), text = new byte[chunk.TextLength]);
                var (at, token) = (0, 0);
                while (masks[p] != every && text.AsSpan(at).IndexOf(sought[p].Text) is >= 0 and var found)
                {
                    token += text.AsSpan(at, found).Count(End);
                    at += found;
                    if (sought[p].IsIn(text, at))
                    {
                        if (bits is null) unpacker.Unpack(Read(file, chunk.At + chunk.TextPacked, chunk.MasksPacked), MemoryMarshal.AsBytes((bits = new ulong[chunk.Tokens]).AsSpan()));
                        masks[p] |= bits[token];
                    }

                    // On with the next token.
                    at += text.AsSpan(at).IndexOf(End);
                }
            }
        }

        return masks;
    }

    private static byte[] Read(FileStream file, long at, int length)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var got = RandomAccess.Read(file.SafeFileHandle, bytes.AsSpan(read), at + read);
            if (got == 0) throw new EndOfStreamException();
            read += got;
        }

        return bytes;
    }

    /// <summary>A text that is looked for within tokens, or as one of them.</summary>
    private sealed class Sought(byte[] text, bool isWhole)
    {
        private readonly int[] grams = [.. Enumerable.Range(0, Math.Max(0, text.Length - Grams.Length + 1)).Select(at => Grams.Number(text.AsSpan(at))).Distinct()];

        public byte[] Text => text;

        /// <summary>False where a chunk has not every three of its bytes in a row, or for a whole token where it does not lie between the first of the chunk and that of the next.</summary>
        public bool MayBeIn(ReadOnlySpan<byte> first, byte[]? next, ReadOnlySpan<byte> bits)
        {
            if (isWhole && (first.SequenceCompareTo(text) > 0 || (next is not null && next.AsSpan().SequenceCompareTo(text) <= 0))) return false;
            foreach (var gram in grams)
            {
                if ((bits[gram >> 3] & (1 << (gram & 7))) == 0) return false;
            }

            return true;
        }

        /// <summary>True when what was found in a chunk's tokens counts.</summary>
        public bool IsIn(ReadOnlySpan<byte> tokens, int at) => !isWhole || ((at == 0 || tokens[at - 1] == End) && at + text.Length < tokens.Length && tokens[at + text.Length] == End);
    }

    /// <summary>Which three bytes stand in a row somewhere in the tokens of a chunk: a bit for each number that three bytes give, of which some give the same.</summary>
    private static class Grams
    {
        /// <summary>Bytes of a chunk's bits.</summary>
        public const int Bytes = 2_048;

        public const int Length = 3;

        public static int Number(ReadOnlySpan<byte> three) => (int)(unchecked((three[0] | (uint)three[1] << 8 | (uint)three[2] << 16) * 0x9E3779B1) >> 18);

        public static void Add(ReadOnlySpan<byte> text, Span<byte> bits)
        {
            bits.Clear();
            for (var at = 0; at + Length <= text.Length; at++)
            {
                var gram = Number(text[at..]);
                bits[gram >> 3] |= (byte)(1 << (gram & 7));
            }
        }
    }

    /// <summary>The next run of digits and full stops of which three are full stops, from a place on, which moves behind it; empty when there is none.</summary>
    private static ReadOnlySpan<char> Address(ReadOnlySpan<char> text, ref int at)
    {
        while (at < text.Length && text[at..].IndexOf('.') is >= 0 and var dot)
        {
            var (from, to) = (at + dot, at + dot);
            while (from > at && OfAddress(text[from - 1])) from--;
            while (to < text.Length && OfAddress(text[to])) to++;
            at = to;
            var run = text[from..to];
            if (run.Count('.') >= 3) return run;
        }

        return default;

        static bool OfAddress(char c) => char.IsAsciiDigit(c) || c == '.';
    }

    /// <summary>The runs of letters and digits of a text, folded, in pieces of a window.</summary>
    internal ref struct Tokens(string text)
    {
        private readonly string text = text;
        private byte[] buffer = new byte[Window + 8];
        private int length;
        private int at;
        private bool cut;

        public readonly ReadOnlySpan<byte> Current => buffer.AsSpan(0, length);

        public bool Next()
        {
            if (cut)
            {
                // The second half of the piece before begins the next.
                buffer.AsSpan(Half, length - Half).CopyTo(buffer);
                length -= Half;
            }
            else
            {
                length = 0;
            }

            var carried = cut ? length : 0;
            cut = false;
            while (at < text.Length)
            {
                var c = text[at];
                if (c < 0x80)
                {
                    if (!char.IsAsciiLetterOrDigit(c) && c != '_')
                    {
                        at++;
                        if (length > carried) return true;
                        (length, carried) = (0, 0);
                        continue;
                    }

                    buffer[length++] = (byte)(c is >= 'A' and <= 'Z' ? c | 0x20 : c);
                    at++;
                }
                else
                {
                    if (Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var used) != System.Buffers.OperationStatus.Done) rune = Rune.ReplacementChar;
                    at += used;
                    length += Folded(rune).EncodeToUtf8(buffer.AsSpan(length));
                }

                if (length < Window) continue;
                cut = true;
                return true;
            }

            return length > carried;
        }

        // Whatever the database takes for the same letter becomes the same: it makes an i of the Turkish capital as well.
        private static Rune Folded(Rune rune) => rune.Value == 0x130 ? new Rune('i') : Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune));
    }

    private sealed class SectionBuilder
    {
        private readonly DistinctTexts tokens = new();
        private readonly List<ulong> masks = [];

        public int Blocks { get; private set; }

        public void Add(int block, string text)
        {
            Blocks = Math.Max(Blocks, block + 1);
            var bit = 1UL << block;
            var read = new Tokens(text);
            while (read.Next()) Add(bit, read.Current);
            Span<byte> window = stackalloc byte[Window];
            for (var at = 0; Address(text, ref at) is { IsEmpty: false } run;)
            {
                for (var from = 0; from == 0 || from + Half < run.Length; from += Half)
                {
                    var piece = run.Slice(from, Math.Min(Window, run.Length - from));
                    Add(bit, window[..Encoding.ASCII.GetBytes(piece, window)]);
                }
            }
        }

        private void Add(ulong bit, ReadOnlySpan<byte> token)
        {
            if (tokens.Find(token) is >= 0 and var known)
            {
                CollectionsMarshal.AsSpan(masks)[known] |= bit;
                return;
            }

            tokens.Add(token);
            masks.Add(bit);
        }

        /// <summary>The tokens in order, each ended by a line feed, and their blocks.</summary>
        public IEnumerable<(byte[] Text, ulong[] Masks)> Chunks(int size)
        {
            var order = Enumerable.Range(0, tokens.Count).ToArray();
            Array.Sort(order, (one, other) => tokens[one].SequenceCompareTo(tokens[other]));
            for (var from = 0; from < order.Length;)
            {
                var (text, until) = (new ByteBuilder(size + 256), from);
                for (; until < order.Length && text.Length < size; until++)
                {
                    var token = tokens[order[until]];
                    token.CopyTo(text.Take(token.Length));
                    text.Take(1)[0] = End;
                }

                yield return (text.Written.ToArray(), order[from..until].Select(i => masks[i]).ToArray());
                from = until;
            }
        }
    }
}
