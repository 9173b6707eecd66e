using System.Buffers.Binary;
using System.Text;

namespace Hufu.Documents.Fonts;

/// <summary>A font that has only the glyphs that a document uses, numbered anew from 0 in the order given. The same glyph may be given several times.</summary>
internal static class FontSubset
{
    /// <summary>The bytes that go into a PDF: a bare CFF font (<c>CIDFontType0C</c>), or a TrueType font.</summary>
    /// <param name="font">The font.</param>
    /// <param name="glyphs">Glyphs, the first being glyph 0.</param>
    public static byte[] Make(FontFile font, IReadOnlyList<int> glyphs) => FontFile.Guarded(() => font.IsCff ? CffSubset.Make(font.Table("CFF "), glyphs) : TrueType(font, glyphs));

    private static byte[] TrueType(FontFile font, IReadOnlyList<int> glyphs)
    {
        var (loca, glyf) = (font.Table("loca"), font.Table("glyf"));
        // Parts of composed glyphs come behind those that were asked for.
        var all = glyphs.ToList();
        var parts = new Dictionary<int, int>();
        var (outlines, places) = (new MemoryStream(), new List<int>());
        for (var i = 0; i < all.Count; i++)
        {
            places.Add((int)outlines.Length);
            var (from, to) = (Location(all[i]), Location(all[i] + 1));
            if (to <= from) continue;
            var outline = glyf[from..to].ToArray();
            if (FontFile.S16(outline, 0) < 0) Compose(outline);
            outlines.Write(outline);
            while (outlines.Length % 4 != 0) outlines.WriteByte(0);
        }

        places.Add((int)outlines.Length);
        if (all.Count > ushort.MaxValue) throw new InvalidDataException("Too many glyphs.");
        var metrics = new byte[all.Count * 4];
        var locations = new byte[places.Count * 4];
        for (var i = 0; i < all.Count; i++) BinaryPrimitives.WriteUInt16BigEndian(metrics.AsSpan(i * 4), (ushort)font.Advance(all[i]));
        for (var i = 0; i < all.Count; i++) BinaryPrimitives.WriteInt16BigEndian(metrics.AsSpan(i * 4 + 2), Bearing(all[i]));
        for (var i = 0; i < places.Count; i++) BinaryPrimitives.WriteInt32BigEndian(locations.AsSpan(i * 4), places[i]);
        var head = font.Table("head").ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(8), 0);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(50), 1);
        var hhea = font.Table("hhea").ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(hhea.AsSpan(34), (ushort)all.Count);
        var maxp = font.Table("maxp").ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(maxp.AsSpan(4), (ushort)all.Count);
        var tables = new SortedDictionary<string, byte[]>(StringComparer.Ordinal) { ["head"] = head, ["hhea"] = hhea, ["maxp"] = maxp, ["hmtx"] = metrics, ["loca"] = locations, ["glyf"] = outlines.ToArray() };
        foreach (var tag in new[] { "cvt ", "fpgm", "prep" })
            if (font.Optional(tag) is { Length: > 0 } table) tables[tag] = table.ToArray();
        return Pack(tables);

        int Location(int glyph) => font.LongLocations ? (int)FontFile.U32(loca.Span, glyph * 4) : FontFile.U16(loca.Span, glyph * 2) * 2;

        // Bounds of the glyph: what stands in the outline is as good as the font's own number.
        short Bearing(int glyph) => Location(glyph + 1) > Location(glyph) ? FontFile.S16(glyf.Span, Location(glyph) + 2) : (short)0;

        void Compose(byte[] outline)
        {
            int at = 10, flags;
            do
            {
                flags = FontFile.U16(outline, at);
                var part = FontFile.U16(outline, at + 2);
                if (!parts.TryGetValue(part, out var number))
                {
                    parts[part] = number = all.Count;
                    all.Add(part);
                }

                BinaryPrimitives.WriteUInt16BigEndian(outline.AsSpan(at + 2), (ushort)number);
                at += 4 + ((flags & 1) != 0 ? 4 : 2) + ((flags & 8) != 0 ? 2 : (flags & 0x40) != 0 ? 4 : (flags & 0x80) != 0 ? 8 : 0);
            }
            while ((flags & 0x20) != 0);
        }
    }

    private static byte[] Pack(SortedDictionary<string, byte[]> tables)
    {
        var (file, at) = (new MemoryStream(), 12 + tables.Count * 16);
        Span<byte> number = stackalloc byte[4];
        file.Write([0, 1, 0, 0]);
        var power = (int)Math.Log2(tables.Count);
        foreach (var value in new[] { tables.Count, (1 << power) * 16, power, (tables.Count - (1 << power)) * 16 })
        {
            BinaryPrimitives.WriteUInt16BigEndian(number, (ushort)value);
            file.Write(number[..2]);
        }

        foreach (var (tag, bytes) in tables)
        {
            file.Write(Encoding.ASCII.GetBytes(tag));
            foreach (var value in new[] { Sum(bytes), (uint)at, (uint)bytes.Length })
            {
                BinaryPrimitives.WriteUInt32BigEndian(number, value);
                file.Write(number);
            }

            at += (bytes.Length + 3) / 4 * 4;
        }

        foreach (var bytes in tables.Values)
        {
            file.Write(bytes);
            while (file.Length % 4 != 0) file.WriteByte(0);
        }

        return file.ToArray();
    }

    private static uint Sum(byte[] bytes)
    {
        var sum = 0u;
        for (var i = 0; i < bytes.Length; i++) sum = unchecked(sum + ((uint)bytes[i] << (24 - i % 4 * 8)));
        return sum;
    }
}
