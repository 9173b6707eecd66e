using System.Buffers.Binary;

namespace Hufu.Documents.Fonts;

/// <summary>
/// Takes glyphs out of a CFF font (Adobe technical notes 5176 and 5177). The result is keyed by CID, with each glyph's number as its CID. Subroutines that
/// no glyph calls are left empty, so that the others keep their numbers.
/// </summary>
internal sealed class CffSubset
{
    private const byte Return = 11, EndChar = 14;
    private const int MaxDepth = 12, MaxSteps = 20_000_000;

    private readonly ReadOnlyMemory<byte> cff;
    private int steps;

    private CffSubset(ReadOnlyMemory<byte> cff) => this.cff = cff;

    public static byte[] Make(ReadOnlyMemory<byte> cff, IReadOnlyList<int> glyphs) => new CffSubset(cff).Make(glyphs);

    private byte[] Make(IReadOnlyList<int> glyphs)
    {
        var span = cff.Span;
        var at = (int)span[2];
        ReadIndex(ref at);
        var tops = ReadIndex(ref at);
        ReadIndex(ref at);
        var globals = ReadIndex(ref at);
        var top = Dict(tops.Item(0));
        if (top.TryGetValue(0x0C06, out var kind) && Number(kind) != 2) throw new InvalidDataException("The font has old charstrings.");
        var place = Number(top[17]);
        var charstrings = ReadIndex(ref place);
        List<Part> parts;
        Func<int, int> partOf;
        if (top.ContainsKey(0x0C1E))
        {
            var fonts = Number(top[0x0C24]);
            var dicts = ReadIndex(ref fonts);
            parts = [.. Enumerable.Range(0, dicts.Count).Select(i => ReadPart(Dict(dicts.Item(i))))];
            partOf = Select(Number(top[0x0C25]));
        }
        else
        {
            parts = [ReadPart(top, matrix: false)];
            partOf = _ => 0;
        }

        var usedGlobals = new HashSet<int>();
        var used = parts.Select(_ => new HashSet<int>()).ToList();
        foreach (var glyph in glyphs.Distinct())
        {
            var state = new State();
            Follow(charstrings.Item(glyph), state, globals, usedGlobals, parts[partOf(glyph)].Subroutines, used[partOf(glyph)], 0);
        }

        List<int> kept = [.. glyphs.Select(partOf).Distinct()];
        // Everything after the top dictionary has its place when the lengths are known; offsets are written in five bytes, whatever they are.
        byte[] name = WriteIndex(["HufuSubset"u8.ToArray()]), strings = WriteIndex(["Adobe"u8.ToArray(), "Identity"u8.ToArray()]);
        var subroutines = WriteIndex(Emptied(globals, usedGlobals));
        var glyphIndex = WriteIndex([.. glyphs.Select(g => charstrings.Item(g).ToArray())]);
        var others = glyphs.Count is >= 2 and <= ushort.MaxValue ? glyphs.Count - 2 : throw new InvalidDataException("From 2 to 65,535 glyphs.");
        byte[] charset = [2, 0, 1, (byte)(others >> 8), (byte)(others & 255)];
        byte[] select = [0, .. glyphs.Select(g => (byte)kept.IndexOf(partOf(g)))];
        var topLength = WriteIndex([TopDict(0, 0, 0, 0)]).Length;
        var charsetAt = 4 + name.Length + topLength + strings.Length + subroutines.Length;
        var selectAt = charsetAt + charset.Length;
        var glyphsAt = selectAt + select.Length;
        var fontsAt = glyphsAt + glyphIndex.Length;
        var fontsLength = WriteIndex([.. kept.Select(k => FontDict(parts[k], 0, 0))]).Length;
        var (privates, privateAt, dictionaries) = (new MemoryStream(), fontsAt + fontsLength, new List<byte[]>());
        foreach (var k in kept)
        {
            var start = privateAt + (int)privates.Length;
            var local = parts[k].Subroutines is { Count: > 0 } there ? WriteIndex(Emptied(there, used[k])) : [];
            var size = parts[k].Private.Length + (local.Length > 0 ? 6 : 0);
            privates.Write(parts[k].Private);
            if (local.Length > 0) privates.Write([.. Five(size), 19]);
            privates.Write(local);
            dictionaries.Add(FontDict(parts[k], size, start));
        }

        byte[] result = [1, 0, 4, 4, .. name, .. WriteIndex([TopDict(charsetAt, selectAt, glyphsAt, fontsAt)]), .. strings, .. subroutines, .. charset, .. select, .. glyphIndex, .. WriteIndex(dictionaries), .. privates.ToArray()];
        return result;

        byte[] TopDict(int charsetAt, int selectAt, int glyphsAt, int fontsAt)
        {
            // ROS comes first: Adobe, Identity, 0 as the first two strings of the font's own.
            List<byte> dict = [.. Five(391), .. Five(392), .. Five(0), 12, 30];
            foreach (var op in new[] { 0x0C07, 5 })
                if (top.TryGetValue(op, out var operands)) dict.AddRange([.. operands.Span, .. Operator(op)]);
            dict.AddRange([.. Five(glyphs.Count), 12, 34, .. Five(charsetAt), 15, .. Five(selectAt), 12, 37, .. Five(glyphsAt), 17, .. Five(fontsAt), 12, 36]);
            return [.. dict];
        }
    }

    private static byte[] FontDict(Part part, int size, int start) => [.. part.Matrix.Span, .. part.Matrix.Length > 0 ? Operator(0x0C07) : [], .. Five(size), .. Five(start), 18];

    // The matrix of a font that is not keyed by CID stays in the top dictionary.
    private Part ReadPart(Dictionary<int, ReadOnlyMemory<byte>> dict, bool matrix = true)
    {
        var numbers = Numbers(dict[18]);
        var bytes = cff.Slice(numbers[1], numbers[0]);
        var values = Dict(bytes);
        Index? subroutines = null;
        if (values.TryGetValue(19, out var offset))
        {
            var at = numbers[1] + Number(offset);
            subroutines = ReadIndex(ref at);
        }

        var rest = new List<byte>();
        foreach (var (op, operands) in values)
            if (op != 19) rest.AddRange([.. operands.Span, .. Operator(op)]);
        return new Part(matrix ? dict.GetValueOrDefault(0x0C07) : default, [.. rest], subroutines);
    }

    private Func<int, int> Select(int at)
    {
        var span = cff.Span;
        if (span[at] == 0) return glyph => cff.Span[at + 1 + glyph];
        if (span[at] != 3) throw new InvalidDataException("The font's parts are told in an unknown way.");
        var ranges = FontFile.U16(span, at + 1);
        return glyph =>
        {
            int low = 0, high = ranges - 1;
            while (low < high)
            {
                var middle = (low + high + 1) / 2;
                if (FontFile.U16(cff.Span, at + 3 + middle * 3) <= glyph) low = middle;
                else high = middle - 1;
            }

            return cff.Span[at + 5 + low * 3];
        };
    }

    // Walks through a charstring far enough to know which subroutines it calls. True when the glyph is over.
    private bool Follow(ReadOnlyMemory<byte> code, State state, Index globals, HashSet<int> usedGlobals, Index? locals, HashSet<int> usedLocals, int depth)
    {
        if (depth > MaxDepth || (steps += code.Length) > MaxSteps) throw new InvalidDataException("The font's outlines are too deep.");
        var span = code.Span;
        for (var i = 0; i < span.Length;)
        {
            var b = span[i++];
            switch (b)
            {
                case 28:
                    state.Push(FontFile.S16(span, i));
                    i += 2;
                    break;
                case 255:
                    state.Push(FontFile.S16(span, i));
                    i += 4;
                    break;
                case >= 32 and <= 246:
                    state.Push(b - 139);
                    break;
                case >= 247 and <= 250:
                    state.Push((b - 247) * 256 + span[i++] + 108);
                    break;
                case >= 251:
                    state.Push(-(b - 251) * 256 - span[i++] - 108);
                    break;
                case 1 or 3 or 18 or 23:
                    state.Stems();
                    break;
                case 19 or 20:
                    state.Stems();
                    i += (state.StemCount + 7) / 8;
                    break;
                case 10 or 29:
                    var index = b == 10 ? locals ?? throw new InvalidDataException("The font calls what it does not have.") : globals;
                    var number = state.Pop() + (index.Count < 1240 ? 107 : index.Count < 33900 ? 1131 : 32768);
                    (b == 10 ? usedLocals : usedGlobals).Add(number);
                    if (Follow(index.Item(number), state, globals, usedGlobals, locals, usedLocals, depth + 1)) return true;
                    break;
                case Return:
                    return false;
                case EndChar:
                    return true;
                case 12:
                    i++;
                    state.Clear();
                    break;
                default:
                    state.Clear();
                    break;
            }
        }

        return false;
    }

    private static List<byte[]> Emptied(Index index, HashSet<int> used) => [.. Enumerable.Range(0, index.Count).Select(i => used.Contains(i) ? index.Item(i).ToArray() : [Return])];

    private Index ReadIndex(ref int at)
    {
        var span = cff.Span;
        int count = FontFile.U16(span, at);
        if (count == 0)
        {
            at += 2;
            return new Index(cff, 0, 1, 0, 0);
        }

        var size = span[at + 2];
        if (size is 0 or > 4) throw new InvalidDataException("The font is damaged.");
        var index = new Index(cff, count, size, at + 3, at + 2 + (count + 1) * size);
        at = index.End;
        return index;
    }

    private static byte[] WriteIndex(List<byte[]> items)
    {
        if (items.Count == 0) return [0, 0];
        var result = new byte[3 + (items.Count + 1) * 4 + items.Sum(i => i.Length)];
        BinaryPrimitives.WriteUInt16BigEndian(result, (ushort)items.Count);
        result[2] = 4;
        int place = 1, data = 3 + (items.Count + 1) * 4;
        for (var i = 0; i < items.Count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(result.AsSpan(3 + i * 4), place);
            items[i].CopyTo(result, data + place - 1);
            place += items[i].Length;
        }

        BinaryPrimitives.WriteInt32BigEndian(result.AsSpan(3 + items.Count * 4), place);
        return result;
    }

    // Operands as they stand, by operator; one of two bytes is 0x0C00 and its second byte.
    private static Dictionary<int, ReadOnlyMemory<byte>> Dict(ReadOnlyMemory<byte> bytes)
    {
        var entries = new Dictionary<int, ReadOnlyMemory<byte>>();
        var span = bytes.Span;
        var start = 0;
        for (var i = 0; i < span.Length;)
        {
            var b = span[i];
            if (b <= 21)
            {
                var op = b == 12 ? 0x0C00 + span[i + 1] : b;
                entries[op] = bytes[start..i];
                i += b == 12 ? 2 : 1;
                start = i;
            }
            else i = After(span, i);
        }

        return entries;
    }

    private static int After(ReadOnlySpan<byte> span, int i)
    {
        switch (span[i])
        {
            case 28:
                return i + 3;
            case 29:
                return i + 5;
            case 30:
                i++;
                while ((span[i] & 0x0F) != 0x0F && span[i] >> 4 != 0x0F) i++;
                return i + 1;
            case >= 247:
                return i + 2;
            default:
                return i + 1;
        }
    }

    private static int Number(ReadOnlyMemory<byte> operands) => Numbers(operands)[^1];

    private static List<int> Numbers(ReadOnlyMemory<byte> operands)
    {
        var numbers = new List<int>();
        var span = operands.Span;
        for (var i = 0; i < span.Length; i = After(span, i))
            numbers.Add(span[i] switch
            {
                28 => FontFile.S16(span, i + 1),
                29 => BinaryPrimitives.ReadInt32BigEndian(span[(i + 1)..]),
                30 => 0,
                >= 32 and <= 246 => span[i] - 139,
                >= 247 and <= 250 => (span[i] - 247) * 256 + span[i + 1] + 108,
                _ => -(span[i] - 251) * 256 - span[i + 1] - 108,
            });
        return numbers;
    }

    private static byte[] Five(int number) => [29, (byte)((uint)number >> 24), (byte)(((uint)number >> 16) & 255), (byte)(((uint)number >> 8) & 255), (byte)((uint)number & 255)];

    private static byte[] Operator(int op) => op >= 0x0C00 ? [12, (byte)(op - 0x0C00)] : [(byte)op];

    private sealed record Part(ReadOnlyMemory<byte> Matrix, byte[] Private, Index? Subroutines);

    /// <summary>A list of byte strings.</summary>
    private sealed class Index(ReadOnlyMemory<byte> cff, int count, int size, int offsets, int data)
    {
        public int Count => count;

        public int End => data + Offset(count);

        public ReadOnlyMemory<byte> Item(int i) => i >= 0 && i < count ? cff[(data + Offset(i))..(data + Offset(i + 1))] : throw new InvalidDataException("The font is damaged.");

        private int Offset(int i)
        {
            var value = 0L;
            foreach (var b in cff.Span.Slice(offsets + i * size, size)) value = (value << 8) | b;
            return checked((int)value);
        }
    }

    private sealed class State
    {
        private readonly int[] stack = new int[513];
        private int depth;

        public int StemCount { get; private set; }

        public void Push(int value)
        {
            if (depth < stack.Length) stack[depth++] = value;
        }

        public int Pop() => depth > 0 ? stack[--depth] : throw new InvalidDataException("The font is damaged.");

        public void Stems()
        {
            StemCount += depth / 2;
            depth = 0;
        }

        public void Clear() => depth = 0;
    }
}
