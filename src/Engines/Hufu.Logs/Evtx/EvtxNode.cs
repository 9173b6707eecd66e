namespace Hufu.Logs.Evtx;

/// <summary>A part of a record's XML. It holds no reference to the chunk that it was read from.</summary>
internal abstract class EvtxNode
{
    /// <summary>The characters that the part stands for; empty for elements and instructions.</summary>
    public virtual string Text => "";
}

/// <summary>An element with its attributes, those left out that have no value.</summary>
internal sealed class EvtxElement(string name) : EvtxNode
{
    public string Name { get; } = name;

    public List<EvtxAttribute> Attributes { get; } = [];

    public List<EvtxNode> Content { get; } = [];

    /// <summary>The name without its prefix.</summary>
    public string LocalName => Name[(Name.IndexOf(':', StringComparison.Ordinal) + 1)..];

    public IEnumerable<EvtxElement> Elements => Content.OfType<EvtxElement>();

    /// <summary>The element's own characters, without those of the elements in it.</summary>
    public string OwnText => EvtxAttribute.Join(Content);

    public string? Attribute(string name) => Attributes.Find(attribute => attribute.Name == name)?.Text;
}

/// <summary>An attribute and what its value is made of.</summary>
internal sealed record EvtxAttribute(string Name, List<EvtxNode> Value)
{
    public string Text => Join(Value);

    public static string Join(List<EvtxNode> nodes) => nodes.Count switch
    {
        0 => "",
        1 => nodes[0].Text,
        _ => string.Concat(nodes.Select(node => node.Text)),
    };
}

/// <summary>A text or a value.</summary>
/// <param name="text">As Windows writes it.</param>
/// <param name="dump">As evtx_dump writes it, where that differs.</param>
/// <param name="bare">True for integers and truth values, which stand in JSON without quotes.</param>
internal sealed class EvtxText(string text, string? dump = null, bool bare = false) : EvtxNode
{
    public override string Text => text;

    public string Dump => dump ?? text;

    public bool Bare => bare;
}

internal sealed class EvtxCData(string text) : EvtxNode
{
    public override string Text => text;
}

internal sealed class EvtxCharacter(ushort code) : EvtxNode
{
    public ushort Code => code;

    public override string Text => code == 0 || char.IsSurrogate((char)code) ? "\uFFFD" : ((char)code).ToString();
}

/// <summary>A reference to a named entity; one that XML does not know by itself stays as it is written.</summary>
internal sealed class EvtxEntity(string name) : EvtxNode
{
    public override string Text => name switch { "amp" => "&", "lt" => "<", "gt" => ">", "quot" => "\"", "apos" => "'", _ => $"&{name};" };
}

internal sealed class EvtxInstruction(string target, string data) : EvtxNode
{
    public string Target => target;

    public string Data => data;
}
