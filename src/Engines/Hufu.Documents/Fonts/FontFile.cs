using System.Buffers.Binary;
using System.Text;

namespace Hufu.Documents.Fonts;

/// <summary>
/// What is needed of an OpenType font (ISO/IEC 14496-22): which glyph a character has, how wide it is, and the tables that its outlines are in.
/// Reading a damaged font throws <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class FontFile
{
    private const uint Collection = 0x74746366;
    private readonly ReadOnlyMemory<byte> data;
    private readonly Dictionary<string, ReadOnlyMemory<byte>> tables = new(StringComparer.Ordinal);
    private readonly ReadOnlyMemory<byte> map;
    private readonly bool wide;
    private readonly int metrics;

    private FontFile(ReadOnlyMemory<byte> data, int face)
    {
        this.data = data;
        var start = FaceOffset(data.Span, face);
        var count = U16(data.Span, start + 4);
        for (var i = 0; i < count; i++)
        {
            var entry = data.Span.Slice(start + 12 + i * 16, 16);
            var (offset, length) = (U32(entry, 8), U32(entry, 12));
            if (offset + (long)length <= data.Length) tables[Encoding.ASCII.GetString(entry[..4])] = data.Slice((int)offset, (int)length);
        }

        var head = Table("head").Span;
        UnitsPerEm = Math.Max((int)U16(head, 18), 16);
        Box = [S16(head, 36), S16(head, 38), S16(head, 40), S16(head, 42)];
        LongLocations = U16(head, 50) == 1;
        var hhea = Table("hhea").Span;
        (Ascent, Descent, metrics) = (S16(hhea, 4), S16(hhea, 6), U16(hhea, 34));
        Glyphs = U16(Table("maxp").Span, 4);
        IsCff = tables.ContainsKey("CFF ");
        (map, wide) = FindMap();
        // Of several permissions the widest holds; a part is taken out, so that a font which may only go in whole cannot be used.
        var permissions = tables.TryGetValue("OS/2", out var os2) && os2.Length >= 10 ? U16(os2.Span, 8) : 0;
        MayEmbed = (permissions & 0x0300) == 0 && (permissions & 0x000E) != 0x0002;
        (Family, Name) = Names();
    }

    public int UnitsPerEm { get; }

    /// <summary>Corners of the box that holds all glyphs.</summary>
    public IReadOnlyList<int> Box { get; }

    public int Ascent { get; }

    public int Descent { get; }

    public int Glyphs { get; }

    /// <summary>Outlines are in the table <c>CFF </c>, not in <c>glyf</c>.</summary>
    public bool IsCff { get; }

    public bool LongLocations { get; }

    /// <summary>Its maker allows that a part of it goes into a document.</summary>
    public bool MayEmbed { get; }

    /// <summary>All names of the family, joined by lines.</summary>
    public string Family { get; }

    /// <summary>PostScript name, of letters, digits and hyphens.</summary>
    public string Name { get; }

    public static FontFile Open(ReadOnlyMemory<byte> data, int face) => Guarded(() => new FontFile(data, face));

    /// <summary>How many fonts a file has.</summary>
    public static int FacesOf(ReadOnlySpan<byte> data)
    {
        if (data.Length < 12) return 0;
        return U32(data, 0) switch { Collection => (int)Math.Min(U32(data, 8), 64), 0x00010000 or 0x4F54544F or 0x74727565 => 1, _ => 0 };
    }

    /// <summary>A table of the font.</summary>
    public ReadOnlyMemory<byte> Table(string tag) => tables.TryGetValue(tag, out var table) ? table : throw new InvalidDataException($"The font has no table {tag}.");

    /// <summary>A table that not every font has; empty where it is missing.</summary>
    public ReadOnlyMemory<byte> Optional(string tag) => tables.GetValueOrDefault(tag);

    /// <summary>The glyph of a character; 0 where the font has none.</summary>
    public int GlyphOf(int character)
    {
        var span = map.Span;
        if (wide)
        {
            int low = 0, high = (int)Math.Min(U32(span, 12), (uint)((span.Length - 16) / 12)) - 1;
            while (low <= high)
            {
                var middle = (low + high) / 2;
                var group = span.Slice(16 + middle * 12, 12);
                if (character < U32(group, 0)) high = middle - 1;
                else if (character > U32(group, 4)) low = middle + 1;
                else return Within(U32(group, 8) + (character - U32(group, 0)));
            }

            return 0;
        }

        if (character > 0xFFFF) return 0;
        var segments = U16(span, 6) / 2;
        for (int low = 0, high = segments - 1; low <= high;)
        {
            var middle = (low + high) / 2;
            var end = U16(span, 14 + middle * 2);
            var start = U16(span, 16 + segments * 2 + middle * 2);
            if (character > end) low = middle + 1;
            else if (character < start) high = middle - 1;
            else
            {
                var delta = U16(span, 16 + segments * 4 + middle * 2);
                var place = 16 + segments * 6 + middle * 2;
                var range = U16(span, place);
                if (range == 0) return Within((character + delta) & 0xFFFF);
                var at = place + range + (character - start) * 2;
                var glyph = at + 2 <= span.Length ? U16(span, at) : 0;
                return glyph == 0 ? 0 : Within((glyph + delta) & 0xFFFF);
            }
        }

        return 0;
    }

    /// <summary>Width of a glyph in thousandths of the size of the font.</summary>
    public int WidthOf(int glyph) => Advance(glyph) * 1000 / UnitsPerEm;

    /// <summary>Width of a glyph in units of the font.</summary>
    public int Advance(int glyph)
    {
        if (metrics == 0) return 0;
        var at = Math.Min(glyph, metrics - 1) * 4;
        var span = Table("hmtx").Span;
        return at + 2 <= span.Length ? U16(span, at) : 0;
    }

    public static ushort U16(ReadOnlySpan<byte> span, int at) => BinaryPrimitives.ReadUInt16BigEndian(span[at..]);

    public static short S16(ReadOnlySpan<byte> span, int at) => BinaryPrimitives.ReadInt16BigEndian(span[at..]);

    public static uint U32(ReadOnlySpan<byte> span, int at) => BinaryPrimitives.ReadUInt32BigEndian(span[at..]);

    /// <summary>Runs a reading; whatever a damaged font leads to is an <see cref="InvalidDataException"/>.</summary>
    public static T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or OverflowException or InvalidOperationException)
        {
            throw new InvalidDataException("The font is damaged.", e);
        }
    }

    private int Within(long glyph) => glyph > 0 && glyph < Glyphs ? (int)glyph : 0;

    private static int FaceOffset(ReadOnlySpan<byte> data, int face) => U32(data, 0) == Collection ? checked((int)U32(data, 12 + face * 4)) : 0;

    private (ReadOnlyMemory<byte> Map, bool Wide) FindMap()
    {
        var cmap = Table("cmap");
        ReadOnlyMemory<byte>? narrow = null;
        var count = U16(cmap.Span, 2);
        for (var i = 0; i < count; i++)
        {
            var (platform, encoding, offset) = (U16(cmap.Span, 4 + i * 8), U16(cmap.Span, 6 + i * 8), U32(cmap.Span, 8 + i * 8));
            if (platform is not (0 or 3) || (platform == 3 && encoding is not (1 or 10)) || offset + 4L > cmap.Length) continue;
            var table = cmap[(int)offset..];
            if (U16(table.Span, 0) == 12) return (table, true);
            if (U16(table.Span, 0) == 4) narrow = table;
        }

        return (narrow ?? throw new InvalidDataException("The font has no map of Unicode characters."), false);
    }

    private (string Family, string Name) Names()
    {
        var families = new List<string>();
        var post = "";
        var table = Optional("name");
        if (table.Length >= 6)
        {
            var span = table.Span;
            var (count, strings) = (U16(span, 2), U16(span, 4));
            for (var i = 0; i < count && 6 + i * 12 + 12 <= span.Length; i++)
            {
                var record = span.Slice(6 + i * 12, 12);
                var (platform, id, length, offset) = (U16(record, 0), U16(record, 6), U16(record, 8), U16(record, 10));
                if (platform is not (0 or 3) || id is not (1 or 6 or 16) || strings + offset + length > span.Length) continue;
                var text = Encoding.BigEndianUnicode.GetString(span.Slice(strings + offset, length));
                if (id == 6) post = text;
                else families.Add(text);
            }
        }

        var name = string.Concat(post.Where(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
        return (string.Join('\n', families.Distinct(StringComparer.Ordinal)), name.Length is > 0 and <= 60 ? name : "Font");
    }
}
