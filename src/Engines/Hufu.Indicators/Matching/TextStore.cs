using System.Text;

namespace Hufu.Indicators;

/// <summary>
/// Ids, titles and values of indicators as bytes: they are read only where one is seen. An id that is a UUID takes sixteen, one that is made of the value none.
/// </summary>
internal sealed class TextStore
{
    private const int Bits = 20;
    private const int Block = 1 << Bits;
    private const byte OfValue = 0, Plain = 1, Uuid = 2, StixUuid = 3;
    private const string StixPrefix = "indicator--";

    private readonly List<byte[]> blocks = [];
    private int used = Block;

    public long Size => (long)blocks.Count * Block;

    /// <summary>Keeps the texts of an indicator; gives where.</summary>
    public int Add(Indicator item)
    {
        var kind = item.Pattern.Length > 0 ? "pattern" : item.Values.Count > 0 ? IndicatorKinds.Word(item.Values[0].Kind) : "";
        var text = item.Text;
        using var bytes = new MemoryStream();
        if (item.Id == IdOf(kind, text)) bytes.WriteByte(OfValue);
        else if (item.Id.Length == 36 && Guid.TryParseExact(item.Id, "D", out var uuid) && item.Id == uuid.ToString("D")) Write(Uuid, uuid);
        else if (item.Id.Length == 47 && item.Id.StartsWith(StixPrefix, StringComparison.Ordinal) && Guid.TryParseExact(item.Id[StixPrefix.Length..], "D", out uuid) && item.Id[StixPrefix.Length..] == uuid.ToString("D")) Write(StixUuid, uuid);
        else
        {
            bytes.WriteByte(Plain);
            Text(item.Id);
        }

        Text(item.Title);
        Text(text);
        Text(kind);
        var length = checked((int)bytes.Length);
        if (used + length > Block)
        {
            blocks.Add(new byte[Math.Max(Block, length)]);
            used = 0;
        }

        bytes.GetBuffer().AsSpan(0, length).CopyTo(blocks[^1].AsSpan(used));
        var at = checked(((blocks.Count - 1) << Bits) | used);
        used = Math.Min(Block, used + length);
        return at;

        void Write(byte tag, Guid uuid)
        {
            bytes.WriteByte(tag);
            bytes.Write(uuid.ToByteArray());
        }

        void Text(string value)
        {
            var encoded = Encoding.UTF8.GetBytes(value);
            for (var left = (uint)encoded.Length; ; left >>= 7)
            {
                bytes.WriteByte((byte)(left < 0x80 ? left : (left & 0x7F) | 0x80));
                if (left < 0x80) break;
            }

            bytes.Write(encoded);
        }
    }

    /// <summary>The texts that stand at a place.</summary>
    public (string Id, string Title, string Text, string Kind) Read(int at)
    {
        var left = blocks[at >> Bits].AsSpan(at & (Block - 1));
        var tag = left[0];
        left = left[1..];
        var id = "";
        switch (tag)
        {
            case Plain:
                id = Text(ref left);
                break;
            case Uuid or StixUuid:
                id = (tag == StixUuid ? StixPrefix : "") + new Guid(left[..16]).ToString("D");
                left = left[16..];
                break;
        }

        var (title, text, kind) = (Text(ref left), Text(ref left), Text(ref left));
        return (tag == OfValue ? IdOf(kind, text) : id, title, text, kind);

        static string Text(ref Span<byte> left)
        {
            var (length, shift, i) = (0, 0, 0);
            while (true)
            {
                var b = left[i++];
                length |= (b & 0x7F) << shift;
                if (b < 0x80) break;
                shift += 7;
            }

            var text = Encoding.UTF8.GetString(left.Slice(i, length));
            left = left[(i + length)..];
            return text;
        }
    }

    /// <summary>The id of what has none: its kind and value, or the hash of them where that is long.</summary>
    public static string IdOf(string kind, string text)
    {
        var id = $"{kind}:{text}";
        return id.Length <= 80 && !id.Any(char.IsWhiteSpace) ? id : $"{kind}:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16))}";
    }
}
