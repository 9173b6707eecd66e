using System.Globalization;
using System.Text;
using System.Xml;

namespace Hufu.Logs.Evtx;

/// <summary>Writes a record's nodes as XML without line breaks of its own.</summary>
internal static class EvtxXml
{
    public static string Write(IReadOnlyList<EvtxNode> nodes)
    {
        var text = new StringBuilder(1_024);
        foreach (var node in nodes) Node(text, node);
        return text.ToString();
    }

    private static void Node(StringBuilder text, EvtxNode node)
    {
        switch (node)
        {
            case EvtxElement element:
                text.Append('<').Append(element.Name);
                foreach (var attribute in element.Attributes)
                {
                    text.Append(' ').Append(attribute.Name).Append("=\"");
                    foreach (var part in attribute.Value) Characters(text, part, quoted: true);
                    text.Append('"');
                }

                if (element.Content.Count == 0)
                {
                    text.Append("/>");
                    break;
                }

                text.Append('>');
                foreach (var child in element.Content) Node(text, child);
                text.Append("</").Append(element.Name).Append('>');
                break;
            case EvtxCData data:
                // The end mark cannot stand in a section: it is split over two.
                text.Append("<![CDATA[").Append(Allowed(data.Text).Replace("]]>", "]]]]><![CDATA[>", StringComparison.Ordinal)).Append("]]>");
                break;
            case EvtxInstruction instruction:
                if (instruction.Target.Contains(':', StringComparison.Ordinal) || instruction.Target.Equals("xml", StringComparison.OrdinalIgnoreCase)) break;
                text.Append("<?").Append(instruction.Target).Append(' ').Append(Allowed(instruction.Data).Replace("?>", "? >", StringComparison.Ordinal)).Append("?>");
                break;
            default:
                Characters(text, node, quoted: false);
                break;
        }
    }

    private static void Characters(StringBuilder text, EvtxNode node, bool quoted)
    {
        if (node is EvtxCharacter { Code: var code } && XmlConvert.IsXmlChar((char)code))
        {
            text.Append("&#").Append(code.ToString(CultureInfo.InvariantCulture)).Append(';');
            return;
        }

        foreach (var character in node.Text)
        {
            switch (character)
            {
                case '&': text.Append("&amp;"); break;
                case '<': text.Append("&lt;"); break;
                case '>': text.Append("&gt;"); break;
                case '"' when quoted: text.Append("&quot;"); break;
                case '\r': text.Append("&#13;"); break;
                case '\n' when quoted: text.Append("&#10;"); break;
                case '\t' when quoted: text.Append("&#9;"); break;
                default: text.Append(IsAllowed(character) ? character : '\uFFFD'); break;
            }
        }
    }

    private static string Allowed(string text) => text.All(IsAllowed) ? text : string.Concat(text.Select(character => IsAllowed(character) ? character : '\uFFFD'));

    // Halves of surrogate pairs have been replaced when the text was decoded: those that are left are pairs.
    private static bool IsAllowed(char character) => XmlConvert.IsXmlChar(character) || char.IsSurrogate(character);
}
