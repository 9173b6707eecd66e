using Hufu.Kernel;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Hufu.Sigma.Parsing;

/// <summary>A YAML node with its place. Anchors and aliases do not occur in rules and are refused, so a small file cannot grow into a large tree.</summary>
internal abstract class Node(int line, int column)
{
    public int Line { get; } = line;

    public int Column { get; } = column;

    public abstract object? ToPlain();
}

internal sealed class ScalarNode(string text, bool plain, int line, int column) : Node(line, column)
{
    public string Text { get; } = text;

    /// <summary>Written without quotes, so that it may be a number, a boolean or null.</summary>
    public bool Plain { get; } = plain;

    public bool IsNull => Plain && Text is "" or "~" or "null" or "Null" or "NULL" && Plain;

    public override object? ToPlain() => IsNull ? null : Text;
}

internal sealed class ListNode(List<Node> items, int line, int column) : Node(line, column)
{
    public List<Node> Items { get; } = items;

    public override object ToPlain() => Items.ConvertAll(item => item.ToPlain());
}

internal sealed class MapNode(List<(ScalarNode Key, Node Value)> entries, int line, int column) : Node(line, column)
{
    public List<(ScalarNode Key, Node Value)> Entries { get; } = entries;

    public Node? this[string key] => Entries.Find(entry => entry.Key.Text == key).Value;

    public override object ToPlain() => Entries.ToDictionary(entry => entry.Key.Text, entry => entry.Value.ToPlain(), StringComparer.Ordinal);
}

/// <summary>Stops reading of a document; never leaves the parser.</summary>
internal sealed class RuleRefused(Error error) : Exception(error.ToString())
{
    public Error Error { get; } = error;
}

/// <summary>Reads YAML documents as trees, within limits on length, depth and number of nodes.</summary>
internal sealed class NodeReader
{
    private readonly string file;
    private readonly SigmaParseOptions options;
    private readonly Parser parser;
    private int nodes;

    private NodeReader(string text, string file, SigmaParseOptions options)
    {
        this.file = file;
        this.options = options;
        parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads until the end or the first fault of the YAML itself, after which no document can be told from another.</summary>
    public static (List<Node> Documents, Error? Fault) Read(string text, string file, SigmaParseOptions options)
    {
        var documents = new List<Node>();
        if (text.Length > options.MaxLength)
        {
            return (documents, Error.Of("sigma.file.too-long", $"檔案超過 {options.MaxLength} 個字元。", $"The file has more than {options.MaxLength} characters.", file));
        }

        var reader = new NodeReader(text, file, options);
        try
        {
            reader.parser.Consume<StreamStart>();
            while (!reader.parser.TryConsume<StreamEnd>(out _))
            {
                reader.parser.Consume<DocumentStart>();
                documents.Add(reader.ReadNode(0));
                reader.parser.Consume<DocumentEnd>();
            }

            return (documents, null);
        }
        catch (RuleRefused refused)
        {
            return (documents, refused.Error);
        }
        catch (YamlException fault)
        {
            return (documents, Error.Of("sigma.yaml.malformed", $"不是有效的 YAML：{fault.Message}", $"Not valid YAML: {fault.Message}",
                $"{file}:{fault.Start.Line}:{fault.Start.Column}"));
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException)
        {
            // The YAML scanner answers some malformed plain scalars with these instead of its own exception.
            var at = reader.parser.Current?.End ?? Mark.Empty;
            return (documents, Error.Of("sigma.yaml.malformed", "不是有效的 YAML。", "Not valid YAML.", $"{file}:{at.Line}:{at.Column}"));
        }
    }

    private Node ReadNode(int depth)
    {
        if (!parser.MoveNextOrCurrent(out var current))
            throw Refuse(0, 0, "sigma.yaml.malformed", "YAML 在節點中結束。", "The YAML ends inside a node.");
        var line = (int)current.Start.Line;
        var column = (int)current.Start.Column;
        if (depth > options.MaxDepth)
            throw Refuse(line, column, "sigma.yaml.too-deep", $"巢狀超過 {options.MaxDepth} 層。", $"Nested more than {options.MaxDepth} levels deep.");
        if (++nodes > options.MaxNodes)
            throw Refuse(line, column, "sigma.yaml.too-many-nodes", $"超過 {options.MaxNodes} 個節點。", $"More than {options.MaxNodes} nodes.");
        if (current is AnchorAlias || current is NodeEvent { Anchor.IsEmpty: false })
            throw Refuse(line, column, "sigma.yaml.anchor", "規則不可使用 YAML 錨點與別名。", "YAML anchors and aliases are not accepted in rules.");
        switch (current)
        {
            case Scalar scalar:
                parser.MoveNext();
                return new ScalarNode(scalar.Value, scalar.Style == ScalarStyle.Plain, line, column);
            case SequenceStart:
                parser.MoveNext();
                var items = new List<Node>();
                while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(ReadNode(depth + 1));
                return new ListNode(items, line, column);
            case MappingStart:
                parser.MoveNext();
                var entries = new List<(ScalarNode, Node)>();
                var seen = new HashSet<string>(StringComparer.Ordinal);
                while (!parser.TryConsume<MappingEnd>(out _))
                {
                    if (ReadNode(depth + 1) is not ScalarNode key)
                        throw Refuse(line, column, "sigma.yaml.key", "對映的鍵必須是文字。", "The key of a mapping must be text.");
                    if (!seen.Add(key.Text))
                        throw Refuse(key.Line, key.Column, "sigma.yaml.duplicate-key", $"鍵「{key.Text}」出現兩次。", $"The key '{key.Text}' occurs twice.");
                    entries.Add((key, ReadNode(depth + 1)));
                }

                return new MapNode(entries, line, column);
            default:
                throw Refuse(line, column, "sigma.yaml.malformed", "此處應為值。", "A value was expected here.");
        }
    }

    private RuleRefused Refuse(int line, int column, string code, string zh, string en) => new(Error.Of(code, zh, en, $"{file}:{line}:{column}"));
}

internal static class ParserReading
{
    /// <summary>The current event, fetching the first one if none has been read.</summary>
    public static bool MoveNextOrCurrent(this Parser parser, out ParsingEvent current)
    {
        if (parser.Current is null && !parser.MoveNext())
        {
            current = null!;
            return false;
        }

        current = parser.Current!;
        return true;
    }
}

/// <summary>Makes refusals that name the file; the compilers know only nodes.</summary>
internal interface IRefuse
{
    RuleRefused Refuse(Node node, string code, string zh, string en);

    /// <summary>True when more is to be said than reading shows.</summary>
    bool IsThorough { get; }

    /// <summary>Says something about a rule that is taken all the same.</summary>
    void Note(Node node, SigmaSeverity severity, string code, string zh, string en);
}
