using System.Globalization;
using System.Xml;

namespace Hufu.Documents.Writing;

/// <summary>Text inside a paragraph of OpenDocument.</summary>
internal static class OdfSpaces
{
    private const string Text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";

    /// <summary>White space collapses in this format, so every blank but a single one between words is spelled out (part 3 §6.1.3).</summary>
    public static void Write(XmlWriter xml, string line)
    {
        var i = 0;
        while (i < line.Length)
        {
            var end = line.AsSpan(i).IndexOfAny(' ', '\t');
            end = end < 0 ? line.Length : i + end;
            if (end > i)
                xml.WriteString(line[i..end]);
            i = end;
            if (i == line.Length)
                break;
            if (line[i] == '\t')
            {
                xml.WriteStartElement("tab", Text);
                xml.WriteEndElement();
                i++;
                continue;
            }

            var run = 0;
            while (i + run < line.Length && line[i + run] == ' ')
                run++;
            var single = run == 1 && i > 0 && i + 1 < line.Length && line[i - 1] != '\t' && line[i + 1] != '\t';
            if (single)
            {
                xml.WriteString(" ");
            }
            else
            {
                xml.WriteStartElement("s", Text);
                xml.WriteAttributeString("c", Text, run.ToString(CultureInfo.InvariantCulture));
                xml.WriteEndElement();
            }

            i += run;
        }
    }
}
