using System.Globalization;
using System.Text;
using Hufu.Documents.Fonts;
using Hufu.Kernel;

namespace Hufu.Documents.Writing;

/// <summary>
/// Sets a document on A4 pages. Only the glyphs in use go into the file. A character that the font lacks is written as its code point; where no font has Chinese ones
/// there is no document, rather than one of boxes.
/// </summary>
internal sealed class PdfWriter
{
    private const double Width = 595.28, Height = 841.89, Side = 51, Top = 70, Bottom = 62, TextWidth = Width - 2 * Side;
    private const double Body = 9.5, Small = 8, Cell = 8, Leading = 1.5, Pad = 4;

    // No line begins with these, none ends with those.
    private const string NotFirst = "，。、；：？！）」』】〉》〕｝”’…‧％.,;:?!)]}%", NotLast = "（「『【〈《〔｛“‘([{";

    private readonly TextDocument document;
    private readonly PdfFont regular, bold;
    private readonly List<StringBuilder> pages = [];
    private readonly List<(string Text, int Page, double At)> headings = [];
    private double y;

    private PdfWriter(TextDocument document, PdfFont regular, PdfFont bold) => (this.document, this.regular, this.bold) = (document, regular, bold);

    public static Result<byte[]> Write(TextDocument document, FontFinder fonts)
    {
        if (fonts.Regular is not { } found) return Result.Fail<byte[]>(FontFinder.None);
        try
        {
            var file = FontFinder.Read(found);
            var regular = new PdfFont(file, "F1", thick: false);
            var bold = fonts.Bold is { } other ? new PdfFont(FontFinder.Read(other), "F2", thick: false) : new PdfFont(file, "F2", thick: true);
            return Result.Of(new PdfWriter(document, regular, bold).Write());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Result.Fail<byte[]>(FontFinder.None);
        }
    }

    private byte[] Write()
    {
        NewPage();
        foreach (var block in document.Blocks)
        {
            switch (block)
            {
                case TextHeading heading:
                    Heading(heading);
                    break;
                case TextParagraph paragraph:
                    Paragraph(paragraph);
                    break;
                case TextTable table:
                    Table(table);
                    break;
                default:
                    throw new InvalidOperationException($"{block.GetType().Name} cannot be written.");
            }
        }

        for (var i = 0; i < pages.Count; i++) Margins(i);
        return Objects();
    }

    private byte[] Objects()
    {
        var file = new PdfFile();
        var (catalog, tree) = (file.Reserve(), file.Reserve());
        var resources = file.Add($"<< /Font << /F1 {regular.Write(file)} 0 R /F2 {bold.Write(file)} 0 R >> >>");
        var numbers = new List<int>();
        foreach (var page in pages)
        {
            var content = file.AddStream(Encoding.ASCII.GetBytes(page.ToString()));
            numbers.Add(file.Add(string.Create(CultureInfo.InvariantCulture, $"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {Width} {Height}] /Resources {resources} 0 R /Contents {content} 0 R >>")));
        }

        file.Set(tree, $"<< /Type /Pages /Count {numbers.Count} /Kids [{string.Join(' ', numbers.Select(n => $"{n} 0 R"))}] >>");
        var outline = file.Reserve();
        var items = headings.Select(_ => file.Reserve()).ToList();
        for (var i = 0; i < items.Count; i++)
            file.Set(items[i], string.Create(CultureInfo.InvariantCulture, $"<< /Title {PdfFile.Text(headings[i].Text)} /Parent {outline} 0 R{(i > 0 ? $" /Prev {items[i - 1]} 0 R" : "")}{(i + 1 < items.Count ? $" /Next {items[i + 1]} 0 R" : "")} /Dest [{numbers[headings[i].Page]} 0 R /XYZ null {headings[i].At:0.##} null] >>"));
        file.Set(outline, items.Count == 0 ? "<< /Type /Outlines /Count 0 >>" : $"<< /Type /Outlines /First {items[0]} 0 R /Last {items[^1]} 0 R /Count {items.Count} >>");
        file.Set(catalog, $"<< /Type /Catalog /Pages {tree} 0 R /Outlines {outline} 0 R /Lang {PdfFile.Text(document.Language)} /ViewerPreferences << /DisplayDocTitle true >> >>");
        var made = document.Made.UtcDateTime.ToString("'(D:'yyyyMMddHHmmss'Z)'", CultureInfo.InvariantCulture);
        var info = file.Add($"<< /Title {PdfFile.Text(document.Title)} /Author {PdfFile.Text(document.Author)} /Producer (Hufu) /CreationDate {made} /ModDate {made} >>");
        return file.Write(catalog, info);
    }

    private void NewPage()
    {
        pages.Add(new StringBuilder());
        y = Height - Top;
    }

    private void Need(double height)
    {
        if (y - height < Bottom && y < Height - Top) NewPage();
    }

    // Head and foot, with a line towards the text.
    private void Margins(int index)
    {
        var page = pages[index];
        var label = document.PageLabel.Replace("{0}", (index + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("{1}", pages.Count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        foreach (var (start, end, at) in new[] { (document.HeaderStart, document.HeaderEnd, Height - 42), (document.FooterStart, label, 36.0) })
        {
            var right = Lines(end, regular, Small, TextWidth / 2)[0];
            var left = Lines(start, regular, Small, TextWidth - Measure(right, regular, Small) - 12)[0];
            Show(page, left, regular, Small, Side, at, grey: true);
            Show(page, right, regular, Small, Width - Side - Measure(right, regular, Small), at, grey: true);
        }

        Rule(page, Side, Height - 50, Width - Side, Height - 50);
        Rule(page, Side, 48, Width - Side, 48);
    }

    private void Heading(TextHeading heading)
    {
        var size = heading.Level switch { 1 => 17, 2 => 12.5, _ => 10.5 };
        var lines = Lines(heading.Text, bold, size, TextWidth);
        if (y < Height - Top) y -= heading.Level == 1 ? 0 : size * 0.7;
        // Not alone at the foot of a page.
        Need(lines.Count * size * Leading + 40);
        headings.Add((heading.Text, pages.Count - 1, y + size));
        Text(lines, bold, size);
        y -= 4;
    }

    private void Paragraph(TextParagraph paragraph)
    {
        var size = paragraph.Quiet ? Small : Body;
        Text(Lines(paragraph.Text, regular, size, TextWidth), regular, size, paragraph.Quiet);
        y -= 5;
    }

    private void Text(List<string> lines, PdfFont font, double size, bool grey = false)
    {
        foreach (var line in lines)
        {
            Need(size * Leading);
            y -= size * Leading;
            Show(pages[^1], line, font, size, Side, y + size * 0.35, grey);
        }
    }

    private void Table(TextTable table)
    {
        var widths = table.Shares.Select(s => s * TextWidth).ToList();
        y -= 2;
        if (table.HasHeadings)
        {
            Need(Cell * Leading * 3);
            Headings(table, widths);
        }

        foreach (var row in table.Rows)
        {
            List<List<string>> lines = [.. widths.Select((w, i) => Lines(i < row.Count ? row[i] : "", regular, Cell, w - 2 * Pad))];
            var (total, done) = (lines.Max(l => l.Count), 0);
            // A row that fits on a page stays whole; a longer one goes on over the pages.
            if (HeightOf(total) <= Height - Top - Bottom - HeightOf(2)) Break(HeightOf(total));
            while (done < total)
            {
                var room = (int)((y - Bottom - 2 * Pad * 0.6) / (Cell * Leading));
                if (room < 1)
                {
                    Break(double.MaxValue);
                    continue;
                }

                var part = Math.Min(room, total - done);
                Row(table, widths, [.. lines.Select(l => l.Skip(done).Take(part).ToList())], part, regular, heading: false);
                done += part;
                if (done < total) Break(double.MaxValue);
            }
        }

        y -= 8;

        void Break(double height)
        {
            if (y - height >= Bottom || y >= Height - Top) return;
            NewPage();
            if (table.HasHeadings) Headings(table, widths);
        }
    }

    private static double HeightOf(int lines) => lines * Cell * Leading + 2 * Pad * 0.6;

    private void Headings(TextTable table, List<double> widths)
    {
        List<List<string>> titles = [.. table.Columns.Select((c, i) => Lines(c.Title, bold, Cell, widths[i] - 2 * Pad))];
        // Headings that long would leave no room for rows.
        if (titles.Max(t => t.Count) > 6) titles = [.. titles.Select(t => t.Take(6).ToList())];
        Row(table, widths, titles, titles.Max(t => t.Count), bold, heading: true);
    }

    private void Row(TextTable table, List<double> widths, List<List<string>> lines, int count, PdfFont font, bool heading)
    {
        var (page, height, x) = (pages[^1], HeightOf(count), Side);
        if (heading) page.Append(CultureInfo.InvariantCulture, $"0.89 0.91 0.95 rg {Side:0.##} {y - height:0.##} {TextWidth:0.##} {height:0.##} re f\n");
        for (var i = 0; i < widths.Count; i++)
        {
            for (var l = 0; l < lines[i].Count; l++)
                Show(page, lines[i][l], font, Cell, table.Columns[i].End ? x + widths[i] - Pad - Measure(lines[i][l], font, Cell) : x + Pad, y - Pad * 0.6 - (l + 1) * Cell * Leading + Cell * 0.4);
            Rule(page, x, y, x, y - height);
            x += widths[i];
        }

        Rule(page, x, y, x, y - height);
        Rule(page, Side, y, x, y);
        Rule(page, Side, y - height, x, y - height);
        y -= height;
    }

    private static void Rule(StringBuilder page, double x1, double y1, double x2, double y2) => page.Append(CultureInfo.InvariantCulture, $"0.65 G 0.5 w {x1:0.##} {y1:0.##} m {x2:0.##} {y2:0.##} l S\n");

    private static void Show(StringBuilder page, string line, PdfFont font, double size, double x, double y, bool grey = false)
    {
        if (line.Length == 0) return;
        page.Append(CultureInfo.InvariantCulture, $"BT {(grey ? "0.35 g" : "0 g")} {(font.Thick ? string.Create(CultureInfo.InvariantCulture, $"0 G {size * 0.03:0.##} w 2 Tr") : "0 Tr")} /{font.Name} {size:0.##} Tf {x:0.##} {y:0.##} Td <");
        foreach (var rune in line.EnumerateRunes()) page.Append(font.Number(rune.Value).ToString("X4", CultureInfo.InvariantCulture));
        page.Append("> Tj ET\n");
    }

    private static double Measure(string line, PdfFont font, double size)
    {
        var width = 0.0;
        foreach (var rune in line.EnumerateRunes()) width += font.Width(rune.Value);
        return width * size;
    }

    // Breaks a text into lines: between words, beside Chinese characters, and inside a word only where it is wider than the line. At least one line.
    private static List<string> Lines(string text, PdfFont font, double size, double width)
    {
        var lines = new List<string>();
        foreach (var paragraph in Fit(text, font).Split('\n'))
        {
            var (line, used, breakAt) = (new StringBuilder(), 0.0, -1);
            foreach (var rune in paragraph.EnumerateRunes())
            {
                var wide = font.Width(rune.Value) * size;
                if (used + wide > width && line.Length > 0)
                {
                    var cut = rune.Value == ' ' ? line.Length : breakAt > 0 ? breakAt : line.Length;
                    var rest = line.ToString(cut, line.Length - cut).TrimStart(' ');
                    lines.Add(line.ToString(0, cut).TrimEnd(' '));
                    line.Clear().Append(rest);
                    (used, breakAt) = (Measure(rest, font, size), -1);
                    if (rune.Value == ' ' && line.Length == 0) continue;
                }

                if (line.Length > 0 && MayBreak(line[^1], rune)) breakAt = line.Length;
                line.Append(rune.ToString());
                used += wide;
            }

            lines.Add(line.ToString().TrimEnd(' '));
        }

        return lines;
    }

    private static bool MayBreak(char before, Rune after)
    {
        if (after.IsBmp && NotFirst.Contains((char)after.Value, StringComparison.Ordinal) || NotLast.Contains(before, StringComparison.Ordinal)) return false;
        return before is ' ' or '-' or '/' || IsIdeographic(before) || after.Value > char.MaxValue || IsIdeographic((char)after.Value);
    }

    private static bool IsIdeographic(char c) => c is >= '\u2E80' and <= '\uA4CF' or >= '\uAC00' and <= '\uD7A3' or >= '\uF900' and <= '\uFAFF' or >= '\uFE30' and <= '\uFE4F' or >= '\uFF00' and <= '\uFF60';

    // What can be shown: no control and formatting characters, and the code point in place of what the font lacks.
    private static string Fit(string text, PdfFont font)
    {
        var fit = new StringBuilder(text.Length);
        foreach (var rune in XmlText.Clean(text).EnumerateRunes())
        {
            if (rune.Value == '\n') fit.Append('\n');
            else if (rune.Value is '\t' or 0xA0) fit.Append(' ');
            else if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator || rune.Value is >= 0xFE00 and <= 0xFE0F) continue;
            else if (font.Has(rune.Value)) fit.Append(rune.ToString());
            // Bars that are drawn with characters are told in numbers beside them.
            else if (rune.Value is >= 0x2580 and <= 0x259F) continue;
            else fit.Append(CultureInfo.InvariantCulture, $"[U+{rune.Value:X4}]");
        }

        return fit.ToString();
    }
}
