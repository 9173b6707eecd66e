using System.Buffers.Binary;
using System.Text;

namespace Hufu.Testing;

/// <summary>A part of an event to write.</summary>
internal abstract record W
{
    public static WElement E(string name, params W[] parts) => new(name, [.. parts.OfType<WAttribute>()], [.. parts.Where(part => part is not WAttribute)]);

    public static WAttribute A(string name, params W[] value) => new(name, value);

    public static WAttribute A(string name, string value) => new(name, [new WText(value)]);

    public static WText T(string text) => new(text);

    public static WSubstitution S(int id, byte type = 1) => new((ushort)id, type, false);

    public static WSubstitution O(int id, byte type = 1) => new((ushort)id, type, true);
}

internal sealed record WElement(string Name, WAttribute[] Attributes, W[] Content) : W
{
    /// <summary>Value that the element depends on, in a template definition.</summary>
    public ushort Dependency { get; init; } = 0xFFFF;
}

internal sealed record WAttribute(string Name, W[] Value) : W;

internal sealed record WText(string Text) : W;

internal sealed record WCData(string Text) : W;

internal sealed record WCharacter(ushort Code) : W;

internal sealed record WEntity(string Name) : W;

internal sealed record WInstruction(string Target, string Data) : W;

internal sealed record WSubstitution(ushort Id, byte Type, bool Optional) : W;

/// <summary>Any bytes.</summary>
internal sealed record WRaw(params byte[] Bytes) : W;

/// <summary>An instance of a template; the definition is written where it is first used and referred to from then on.</summary>
internal sealed record WTemplate(Guid Id, W Definition, params WValue[] Values) : W
{
    /// <summary>Bytes behind the definition's end that its length counts.</summary>
    public byte[] Waste { get; init; } = [];
}

/// <summary>A value of a template instance; a fragment is written as binary XML (type 0x21).</summary>
internal sealed record WValue(byte Type, byte[] Data, W? Fragment = null)
{
    public static WValue Null { get; } = new(0, []);

    public static WValue Text(string text) => new(1, Encoding.Unicode.GetBytes(text));

    public static WValue U8(byte value) => new(4, [value]);

    public static WValue U16(ushort value) => new(6, BitConverter.GetBytes(value));

    public static WValue U32(uint value) => new(8, BitConverter.GetBytes(value));

    public static WValue U64(ulong value) => new(0x0A, BitConverter.GetBytes(value));

    public static WValue Hex64(ulong value) => new(0x15, BitConverter.GetBytes(value));

    public static WValue Time(DateTime utc) => new(0x11, BitConverter.GetBytes(utc.ToFileTimeUtc()));

    public static WValue Strings(params string[] texts) => new(0x81, Encoding.Unicode.GetBytes(string.Concat(texts.Select(text => text + "\0"))));

    public static WValue Xml(W fragment) => new(0x21, [], fragment);
}

/// <summary>
/// Writes one chunk of an event log as the published descriptions of the format say (MS-EVEN6 §2.2.12 for the tokens), and knows nothing of how
/// it is read. The same tokens in the form of the wire, with their names in place, can be held against the examples of that specification.
/// </summary>
internal sealed class EvtxChunkWriter(bool wire = false)
{
    private readonly byte[] bytes = new byte[65_536];
    private readonly Dictionary<string, int> names = [];
    private readonly Dictionary<Guid, int> templates = [];
    private readonly List<(int Offset, ulong Id)> records = [];
    private int at = wire ? 0 : 512;

    public IReadOnlyList<int> Offsets => [.. records.Select(record => record.Offset)];

    public int End => at;

    /// <summary>Where the last name lies that was written.</summary>
    public int NameOf(string name) => names[name];

    public static byte[] Wire(W root)
    {
        var writer = new EvtxChunkWriter(wire: true);
        writer.Fragment(root, definition: false);
        return writer.bytes[..writer.at];
    }

    public EvtxChunkWriter Add(ulong id, DateTime written, W root)
    {
        var start = at;
        records.Add((start, id));
        at += 24;
        Fragment(root, definition: false);
        while ((at + 4) % 8 != 0) at++;
        at += 4;
        Put(start, 0x2A2A, 4);
        Put(start + 4, (ulong)(at - start), 4);
        Put(start + 8, id, 8);
        Put(start + 16, (ulong)written.ToFileTimeUtc(), 8);
        Put(at - 4, (ulong)(at - start), 4);
        return this;
    }

    /// <summary>A record whose content is given as bytes.</summary>
    public EvtxChunkWriter Add(ulong id, DateTime written, byte[] content) => Add(id, written, new WRaw([.. content]));

    public byte[] Finish()
    {
        var whole = (byte[])bytes.Clone();
        "ElfChnk\0"u8.CopyTo(whole);
        var (first, last) = records.Count == 0 ? (0ul, 0ul) : (records[0].Id, records[^1].Id);
        foreach (var (place, value) in new[] { (8, first), (16, last), (24, first), (32, last) }) BinaryPrimitives.WriteUInt64LittleEndian(whole.AsSpan(place), value);
        BinaryPrimitives.WriteUInt32LittleEndian(whole.AsSpan(40), 128);
        BinaryPrimitives.WriteUInt32LittleEndian(whole.AsSpan(44), records.Count == 0 ? 0u : (uint)records[^1].Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(whole.AsSpan(48), (uint)at);
        Sign(whole);
        return whole;
    }

    /// <summary>Puts right checksums into a chunk.</summary>
    public static void Sign(byte[] chunk)
    {
        var end = (int)Math.Clamp(BinaryPrimitives.ReadUInt32LittleEndian(chunk.AsSpan(48)), 512, 65_536);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(52), EvtxFileWriter.Crc(chunk.AsSpan(512, end - 512)));
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(124), EvtxFileWriter.Crc([.. chunk[..120], .. chunk[128..512]]));
    }

    private void Fragment(W root, bool definition)
    {
        if (root is not WRaw) Bytes(0x0F, 1, 1, 0);
        Node(root, definition, more: false);
        if (root is not WRaw) Bytes(0);
    }

    private void Node(W node, bool definition, bool more)
    {
        var flag = more ? 0x40 : 0;
        switch (node)
        {
            case WElement element:
                Bytes((byte)(element.Attributes.Length > 0 ? 0x41 : 0x01));
                if (definition) Number(element.Dependency, 2);
                var size = Later();
                Name(element.Name);
                if (element.Attributes.Length > 0)
                {
                    var list = Later();
                    for (var i = 0; i < element.Attributes.Length; i++)
                    {
                        Bytes((byte)(i < element.Attributes.Length - 1 ? 0x46 : 0x06));
                        Name(element.Attributes[i].Name);
                        All(element.Attributes[i].Value, definition);
                    }

                    Fill(list);
                }

                if (element.Content.Length == 0)
                {
                    Bytes(3);
                }
                else
                {
                    Bytes(2);
                    All(element.Content, definition);
                    Bytes(4);
                }

                Fill(size);
                break;
            case WText text:
                Bytes((byte)(0x05 | flag), 1);
                Counted(text.Text);
                break;
            case WCData data:
                Bytes((byte)(0x07 | flag));
                Counted(data.Text);
                break;
            case WCharacter character:
                Bytes((byte)(0x08 | flag));
                Number(character.Code, 2);
                break;
            case WEntity entity:
                Bytes((byte)(0x09 | flag));
                Name(entity.Name);
                break;
            case WInstruction instruction:
                Bytes(0x0A);
                Name(instruction.Target);
                Bytes(0x0B);
                Counted(instruction.Data);
                break;
            case WSubstitution substitution:
                Bytes((byte)(substitution.Optional ? 0x0E : 0x0D));
                Number(substitution.Id, 2);
                Bytes(substitution.Type);
                break;
            case WRaw raw:
                Bytes(raw.Bytes);
                break;
            case WTemplate template:
                Template(template);
                break;
        }
    }

    private void All(W[] nodes, bool definition)
    {
        for (var i = 0; i < nodes.Length; i++) Node(nodes[i], definition, more: i < nodes.Length - 1 && nodes[i] is not WElement);
    }

    private void Template(WTemplate template)
    {
        Bytes(0x0C);
        if (wire)
        {
            Bytes(0);
            Bytes(template.Id.ToByteArray());
            Definition(template);
        }
        else
        {
            Bytes(1);
            Bytes(template.Id.ToByteArray().AsSpan(0, 4));
            if (templates.TryGetValue(template.Id, out var known))
            {
                Number((ulong)known, 4);
            }
            else
            {
                Number((ulong)(at + 4), 4);
                templates[template.Id] = at;
                Number(0, 4);
                Bytes(template.Id.ToByteArray());
                Definition(template);
            }
        }

        Number((ulong)template.Values.Length, 4);
        var specs = at;
        at += template.Values.Length * 4;
        for (var i = 0; i < template.Values.Length; i++)
        {
            var start = at;
            if (template.Values[i].Fragment is { } fragment) Fragment(fragment, definition: false);
            else Bytes(template.Values[i].Data);
            Put(specs + i * 4, (ulong)(at - start), 2);
            bytes[specs + i * 4 + 2] = template.Values[i].Type;
        }
    }

    private void Definition(WTemplate template)
    {
        var size = Later();
        Fragment(template.Definition, definition: true);
        Bytes(template.Waste);
        Fill(size);
    }

    private void Name(string name)
    {
        if (!wire)
        {
            if (names.TryGetValue(name, out var known))
            {
                Number((ulong)known, 4);
                return;
            }

            Number((ulong)(at + 4), 4);
            names[name] = at;
            Number(0, 4);
        }

        Number(Hash(name), 2);
        Number((ulong)name.Length, 2);
        Bytes(Encoding.Unicode.GetBytes(name));
        Number(0, 2);
    }

    private static ulong Hash(string name)
    {
        uint hash = 0;
        foreach (var character in name) hash = unchecked(hash * 65_599 + character);
        return hash & 0xFFFF;
    }

    private void Counted(string text)
    {
        Number((ulong)text.Length, 2);
        Bytes(Encoding.Unicode.GetBytes(text));
    }

    private int Later()
    {
        at += 4;
        return at;
    }

    private void Fill(int from) => Put(from - 4, (ulong)(at - from), 4);

    private void Bytes(params ReadOnlySpan<byte> values)
    {
        values.CopyTo(bytes.AsSpan(at));
        at += values.Length;
    }

    private void Number(ulong value, int width)
    {
        Put(at, value, width);
        at += width;
    }

    private void Put(int place, ulong value, int width)
    {
        for (var i = 0; i < width; i++) bytes[place + i] = (byte)(value >> (8 * i) & 0xFF);
    }
}

/// <summary>Puts a file together from chunks.</summary>
internal static class EvtxFileWriter
{
    public static byte[] File(params byte[][] chunks)
    {
        var header = new byte[4_096];
        "ElfFile\0"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), (ulong)Math.Max(0, chunks.Length - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(32), 128);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(36), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(38), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(40), 4_096);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(42), (ushort)chunks.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(124), Crc(header.AsSpan(0, 120)));
        return [.. header, .. chunks.SelectMany(chunk => chunk)];
    }

    /// <summary>CRC-32, bit by bit.</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var value = uint.MaxValue;
        foreach (var item in bytes)
        {
            value ^= item;
            for (var bit = 0; bit < 8; bit++) value = (value & 1) == 0 ? value >> 1 : value >> 1 ^ 0xEDB88320;
        }

        return ~value;
    }
}
