using System.Globalization;
using System.Text;
using Hufu.Documents.Fonts;

namespace Hufu.Documents.Writing;

/// <summary>A font as the pages of one PDF use it. Each character has a number of its own, so that a text that is copied is the text that was written.</summary>
internal sealed class PdfFont
{
    private readonly FontFile font;
    private readonly Dictionary<int, int> numbers = [];
    private readonly List<int> glyphs = [0];
    private readonly List<int> characters = [0];

    public PdfFont(FontFile font, string name, bool thick)
    {
        (this.font, Name, Thick) = (font, name, thick);
        if (Number(' ') == 0) throw new InvalidDataException("The font has no space.");
    }

    /// <summary>How the pages call it.</summary>
    public string Name { get; }

    /// <summary>Drawn thicker than it is, in place of a bold one.</summary>
    public bool Thick { get; }

    public double Ascent => (double)font.Ascent / font.UnitsPerEm;

    /// <summary>Number of a character in the file; 0 where the font has none.</summary>
    public int Number(int character)
    {
        if (numbers.TryGetValue(character, out var number)) return number;
        var glyph = font.GlyphOf(character);
        if (glyph == 0 || glyphs.Count >= ushort.MaxValue) return 0;
        glyphs.Add(glyph);
        characters.Add(character);
        return numbers[character] = glyphs.Count - 1;
    }

    /// <summary>True when the font can show a character.</summary>
    public bool Has(int character) => numbers.ContainsKey(character) || font.GlyphOf(character) > 0;

    /// <summary>Width of a character as a part of the size.</summary>
    public double Width(int character) => font.WidthOf(font.GlyphOf(character)) / 1000.0;

    /// <summary>Writes the objects of the font; gives the number of the one that pages name.</summary>
    public int Write(PdfFile file)
    {
        var part = FontSubset.Make(font, glyphs);
        var name = "HUFUAA+" + font.Name;
        var scale = 1000.0 / font.UnitsPerEm;
        var program = file.AddStream(part, font.IsCff ? "/Subtype /CIDFontType0C" : string.Create(CultureInfo.InvariantCulture, $"/Length1 {part.Length}"));
        var descriptor = file.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{string.Join(' ', font.Box.Select(b => ((int)(b * scale)).ToString(CultureInfo.InvariantCulture)))}] /ItalicAngle 0 /Ascent {(int)(font.Ascent * scale)} /Descent {(int)(font.Descent * scale)} /CapHeight {(int)(font.Ascent * scale * 0.8)} /StemV 80 /FontFile{(font.IsCff ? "3" : "2")} {program} 0 R >>"));
        var widths = string.Join(' ', glyphs.Select(g => font.WidthOf(g).ToString(CultureInfo.InvariantCulture)));
        var descendant = file.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"<< /Type /Font /Subtype /CIDFontType{(font.IsCff ? 0 : 2)} /BaseFont /{name} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor {descriptor} 0 R /DW 1000 /W [0 [{widths}]]{(font.IsCff ? "" : " /CIDToGIDMap /Identity")} >>"));
        var unicode = file.AddStream(Encoding.ASCII.GetBytes(Unicode()));
        return file.Add($"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [{descendant} 0 R] /ToUnicode {unicode} 0 R >>");
    }

    private string Unicode()
    {
        var map = new StringBuilder("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def /CMapName /Adobe-Identity-UCS def /CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n");
        foreach (var chunk in Enumerable.Range(1, glyphs.Count - 1).Chunk(100))
        {
            map.Append(CultureInfo.InvariantCulture, $"{chunk.Length} beginbfchar\n");
            foreach (var number in chunk) map.Append(CultureInfo.InvariantCulture, $"<{number:X4}> <{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(char.ConvertFromUtf32(characters[number])))}>\n");
            map.Append("endbfchar\n");
        }

        return map.Append("endcmap CMapName currentdict /CMap defineresource pop end end").ToString();
    }
}
