using System.Buffers.Binary;
using System.Text;
using System.Xml;

namespace Hufu.Logs.Evtx;

/// <summary>Binary XML cannot be read on.</summary>
/// <param name="code">A code of <see cref="LogProblem"/>.</param>
/// <param name="at">Where in the chunk, in bytes.</param>
internal sealed class BinXmlException(string code, int at) : Exception
{
    public string Code => code;

    public int At => at;
}

/// <summary>
/// Reads the binary XML of the records of one chunk after another (MS-EVEN6 §2.2.12, with names and template definitions by their offset in the
/// chunk). What it does for one record and for one chunk is bounded, whatever the bytes say.
/// </summary>
internal sealed class BinXml(Encoding ansi)
{
    /// <summary>Elements, template instances and embedded fragments may lie so deep in each other.</summary>
    public const int MaxDepth = 64;

    /// <summary>Tokens and values of one record, those counted again that an array repeats.</summary>
    public const int MaxSteps = 200_000;

    /// <summary>Characters of the names and texts of one record.</summary>
    public const int MaxText = 2_000_000;

    /// <summary>Characters of a name.</summary>
    public const int MaxName = 512;

    /// <summary>Attributes of an element.</summary>
    public const int MaxAttributes = 256;

    // Many broken records in one chunk must not cost many times what one may cost.
    private const int MaxChunkSteps = 2_000_000;
    private const int MaxChunkText = 20_000_000;

    private const byte More = 0x40;

    private readonly Dictionary<long, string> names = [];
    private readonly List<(long Definition, int Values)> active = [];
    private byte[] chunk = [];
    private int length;
    private int steps;
    private int text;
    private int chunkSteps;
    private int chunkText;

    /// <summary>True when a text of the last record goes on behind a zero character, where Windows ends it.</summary>
    public bool Hidden => hidden;

    private bool hidden;

    /// <summary>True when the last record had texts or further elements beside its root element, where XML has no place for them.</summary>
    public bool Surplus { get; private set; }

    /// <summary>True when the chunk has cost as much as one may.</summary>
    public bool Exhausted => chunkSteps >= MaxChunkSteps || chunkText >= MaxChunkText;

    /// <summary>Turns to a chunk; it must not change before the next one.</summary>
    public void Begin(byte[] bytes, int count)
    {
        chunk = bytes;
        length = count;
        names.Clear();
        chunkSteps = 0;
        chunkText = 0;
    }

    /// <summary>The nodes of one record, whose binary XML lies between two places of the chunk: its root element, and instructions around it.</summary>
    /// <exception cref="BinXmlException">It cannot be read.</exception>
    public List<EvtxNode> Read(int from, int to)
    {
        steps = 0;
        text = 0;
        hidden = false;
        active.Clear();
        var nodes = new List<EvtxNode>();
        var at = from;
        // Behind the root element a record may be filled up with anything.
        while (at < to && !nodes.Exists(node => node is EvtxElement))
        {
            var level = new Level();
            if (!One(ref at, to, Scope.Record, ref level, nodes, 0)) break;
        }

        var root = nodes.Find(node => node is EvtxElement) ?? throw new BinXmlException(LogProblem.EvtxRecordEnds, at);
        Surplus = nodes.RemoveAll(node => node != root && node is not EvtxInstruction) > 0;
        return nodes;
    }

    /// <summary>What substitutions mean here, and whether elements name the value that they depend on, as they do in template definitions only.</summary>
    private sealed record Scope(Value[] Values, bool Definition)
    {
        public static readonly Scope Record = new([], false);
    }

    private struct Value(byte type, int offset, int size)
    {
        public byte Type => type;

        public int Offset => offset;

        public int Size => size;

        public (int Offset, int Size)[]? Items;
    }

    /// <summary>One element's place among the repetitions that an array asks for.</summary>
    private struct Level
    {
        /// <summary>The array item that this repetition takes, from 0.</summary>
        public int Item;

        /// <summary>The repetitions that the element's arrays ask for.</summary>
        public int Items;

        /// <summary>True when an optional value is null, so that the element is not there.</summary>
        public bool Omit;
    }

    /// <summary>Reads what one token begins. False at the end of the fragment or of the enclosing element.</summary>
    private bool One(ref int at, int end, Scope scope, ref Level level, List<EvtxNode> into, int depth)
    {
        Step(at);
        var token = chunk[at];
        switch (token)
        {
            case 0x00:
            case 0x04:
                return false;
            case 0x01:
            case 0x01 | More:
                Element(ref at, end, scope, into, depth + 1);
                return true;
            case 0x07:
            case 0x07 | More:
                at++;
                into.Add(new EvtxCData(Counted(ref at, end)));
                return true;
            case 0x0A:
                at++;
                var target = Name(ref at, end);
                var data = "";
                if (at < end && chunk[at] == 0x0B)
                {
                    at++;
                    data = Counted(ref at, end);
                }

                into.Add(new EvtxInstruction(target, data));
                return true;
            case 0x0C:
                Template(ref at, end, into, depth + 1);
                return true;
            case 0x0F:
                Need(at, 4, end);
                at += 4;
                return true;
            default:
                if (!Characters(ref at, end, scope, ref level, ref level.Omit, into, depth)) throw new BinXmlException(LogProblem.EvtxRecordToken, at);
                return true;
        }
    }

    /// <summary>Reads what may stand in an element and in an attribute: texts, references and substitutions. False when the token is none of them.</summary>
    private bool Characters(ref int at, int end, Scope scope, ref Level level, ref bool omit, List<EvtxNode> into, int depth)
    {
        switch (chunk[at])
        {
            case 0x05:
            case 0x05 | More:
                Need(at, 2, end);
                var type = chunk[at + 1];
                at += 2;
                if (type == EvtxValue.String)
                {
                    into.Add(new EvtxText(Counted(ref at, end)));
                    return true;
                }

                var width = EvtxValue.Width(type);
                if (width == 0) throw new BinXmlException(LogProblem.EvtxRecordToken, at - 1);
                Need(at, width, end);
                into.Add(EvtxValue.Read(type, chunk.AsSpan(at, width), ansi, ref hidden));
                at += width;
                return true;
            case 0x08:
            case 0x08 | More:
                Need(at, 3, end);
                into.Add(new EvtxCharacter(U16(at + 1)));
                at += 3;
                return true;
            case 0x09:
            case 0x09 | More:
                at++;
                into.Add(new EvtxEntity(Name(ref at, end)));
                return true;
            case 0x0D:
            case 0x0E:
                Need(at, 4, end);
                var (optional, id) = (chunk[at] == 0x0E, U16(at + 1));
                at += 4;
                if (id >= scope.Values.Length || scope.Values[id].Type == EvtxValue.Null) omit |= optional;
                else Substitute(ref scope.Values[id], ref level, into, depth);
                return true;
            default:
                return false;
        }
    }

    private void Substitute(ref Value value, ref Level level, List<EvtxNode> into, int depth)
    {
        if (value.Type == EvtxValue.BinXml)
        {
            Fragment(value.Offset, value.Offset + value.Size, Scope.Record, into, depth + 1);
            return;
        }

        var (offset, size, type) = (value.Offset, value.Size, value.Type);
        if ((type & EvtxValue.Array) != 0)
        {
            value.Items ??= EvtxValue.Items(type, chunk.AsSpan(offset, size));
            level.Items = Math.Max(level.Items, value.Items.Length);
            if (level.Item >= value.Items.Length) return;
            var item = value.Items[level.Item];
            (offset, size, type) = (offset + item.Offset, item.Size, (byte)(type & ~EvtxValue.Array));
        }

        // The longest text that a byte can become is two hexadecimal digits.
        Spend(size * 2, offset);
        into.Add(EvtxValue.Read(type, chunk.AsSpan(offset, size), ansi, ref hidden));
    }

    private void Fragment(int at, int end, Scope scope, List<EvtxNode> into, int depth)
    {
        if (depth > MaxDepth) throw new BinXmlException(LogProblem.EvtxRecordLimit, at);
        while (at < end)
        {
            var level = new Level();
            if (!One(ref at, end, scope, ref level, into, depth)) return;
        }
    }

    private void Element(ref int at, int end, Scope scope, List<EvtxNode> into, int depth)
    {
        var start = at;
        var level = new Level();
        Repetition(ref at, end, scope, ref level, into, depth);
        for (var item = 1; item < level.Items; item++)
        {
            var again = start;
            var next = new Level { Item = item };
            Repetition(ref again, end, scope, ref next, into, depth);
        }
    }

    private void Repetition(ref int at, int end, Scope scope, ref Level level, List<EvtxNode> into, int depth)
    {
        if (depth > MaxDepth) throw new BinXmlException(LogProblem.EvtxRecordLimit, at);
        Step(at);
        var attributes = (chunk[at] & More) != 0;
        at++;
        // Not all writers keep to the rule of where an element names its dependency; a name is found in one of two places.
        var named = scope.Definition;
        if (!IsName(at + (named ? 6 : 4), end) && IsName(at + (named ? 4 : 6), end)) named = !named;
        if (named)
        {
            Need(at, 2, end);
            var dependency = U16(at);
            if (dependency < scope.Values.Length && scope.Values[dependency].Type == EvtxValue.Null) level.Omit = true;
            at += 2;
        }

        Need(at, 4, end);
        at += 4;
        var element = new EvtxElement(Name(ref at, end));
        if (attributes) Attributes(ref at, end, scope, ref level, element, depth);
        Need(at, 1, end);
        switch (chunk[at++])
        {
            case 0x02:
                while (true)
                {
                    Need(at, 1, end);
                    if (One(ref at, end, scope, ref level, element.Content, depth)) continue;
                    if (chunk[at] != 0x04) throw new BinXmlException(LogProblem.EvtxRecordToken, at);
                    at++;
                    break;
                }

                break;
            case 0x03:
                break;
            default:
                throw new BinXmlException(LogProblem.EvtxRecordToken, at - 1);
        }

        if (!level.Omit) into.Add(element);
    }

    private void Attributes(ref int at, int end, Scope scope, ref Level level, EvtxElement element, int depth)
    {
        Need(at, 4, end);
        var size = U32(at);
        at += 4;
        var listEnd = at + (long)size;
        while (at < end && (chunk[at] & ~More) == 0x06)
        {
            Step(at);
            at++;
            var name = Name(ref at, end);
            var value = new List<EvtxNode>(1);
            var omit = false;
            if (element.Attributes.Count == MaxAttributes) throw new BinXmlException(LogProblem.EvtxRecordLimit, at);
            while (at < end && Characters(ref at, end, scope, ref level, ref omit, value, depth)) Step(at);
            // Binary XML belongs into elements only; an attribute without a value is not written, as Windows does not write it.
            value.RemoveAll(node => node is EvtxElement or EvtxInstruction);
            if (!omit && value.Exists(node => node.Text.Length > 0) && element.Attribute(name) is null) element.Attributes.Add(new EvtxAttribute(name, value));
        }

        if (listEnd > at && listEnd < end && chunk[listEnd] is 0x02 or 0x03) at = (int)listEnd;
    }

    private void Template(ref int at, int end, List<EvtxNode> into, int depth)
    {
        if (depth > MaxDepth) throw new BinXmlException(LogProblem.EvtxRecordLimit, at);
        Need(at, 10, end);
        long definition = U32(at + 6);
        at += 10;
        if (definition == at)
        {
            Need(at, 24, end);
            var skip = U32(at + 20);
            if (skip > end - at - 24) throw new BinXmlException(LogProblem.EvtxRecordEnds, at);
            at += 24 + (int)skip;
        }

        Need(at, 4, end);
        var count = U32(at);
        at += 4;
        if (count > (end - at) / 4) throw new BinXmlException(LogProblem.EvtxRecordEnds, at);
        var place = at;
        var values = new Value[count];
        Step(at, values.Length);
        var data = at + values.Length * 4;
        for (var i = 0; i < values.Length; i++)
        {
            var size = U16(at);
            Need(data, size, end);
            values[i] = new Value(chunk[at + 2], data, size);
            data += size;
            at += 4;
        }

        at = data;
        if (definition < EvtxChunk.HeaderLength || definition + 24 > length || definition + 24 + U32((int)definition + 20) > length) throw new BinXmlException(LogProblem.EvtxRecordOffset, place);
        // The same values put into the same definition while that is being done: the offsets go round in a circle.
        if (active.Contains((definition, place))) throw new BinXmlException(LogProblem.EvtxRecordOffset, place);
        active.Add((definition, place));
        var body = (int)definition + 24;
        Fragment(body, body + (int)U32(body - 4), new Scope(values, true), into, depth);
        active.RemoveAt(active.Count - 1);
    }

    /// <summary>A name by its offset; one that is used for the first time follows the offset at once.</summary>
    private string Name(ref int at, int end)
    {
        Need(at, 4, end);
        long offset = U32(at);
        at += 4;
        var name = NameAt(offset) ?? throw new BinXmlException(LogProblem.EvtxRecordOffset, at - 4);
        if (offset == at)
        {
            var size = 10 + name.Length * 2;
            Need(at, size, end);
            at += size;
        }

        Spend(name.Length * 2 + 8, at);
        return name;
    }

    private bool IsName(int at, int end) => at <= end - 4 && NameAt(U32(at)) is not null;

    private string? NameAt(long offset)
    {
        if (names.TryGetValue(offset, out var known)) return known;
        if (offset < EvtxChunk.HeaderLength || offset + 10 > length) return null;
        var start = (int)offset + 8;
        var count = U16(start - 2);
        if (count is 0 or > MaxName || start + count * 2 + 2 > length) return null;
        var name = Encoding.Unicode.GetString(chunk, start, count * 2);
        if (name.Length != count || !XmlConvert.IsStartNCNameChar(name[0])) return null;
        foreach (var character in name)
        {
            if (!XmlConvert.IsNCNameChar(character) && character != ':') return null;
        }

        return names[offset] = name;
    }

    /// <summary>A text behind the number of its characters.</summary>
    private string Counted(ref int at, int end)
    {
        Need(at, 2, end);
        var size = U16(at) * 2;
        Need(at + 2, size, end);
        Spend(size, at);
        var read = EvtxValue.Unicode(chunk.AsSpan(at + 2, size), ref hidden);
        at += 2 + size;
        return read;
    }

    private void Step(int at, int count = 1)
    {
        steps += count;
        chunkSteps += count;
        if (steps > MaxSteps || chunkSteps > MaxChunkSteps) throw new BinXmlException(LogProblem.EvtxRecordLimit, at);
    }

    private void Spend(int characters, int at)
    {
        text += characters;
        chunkText += characters;
        if (text > MaxText || chunkText > MaxChunkText) throw new BinXmlException(LogProblem.EvtxRecordLimit, at);
    }

    private static void Need(int at, int count, int end)
    {
        if (count > end - at) throw new BinXmlException(LogProblem.EvtxRecordEnds, at);
    }

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(chunk.AsSpan(at, 2));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(chunk.AsSpan(at, 4));
}
