using System.Text;

namespace Hufu.Logs.Store.Parquet;

/// <summary>Thrift's compact protocol, as far as the metadata of Parquet needs it: structs of integers, texts, lists and structs.</summary>
internal sealed class ThriftWriter(ByteBuilder bytes)
{
    private readonly Stack<int> outer = new();
    private int last;

    /// <summary>Begins a struct: the whole one, a field's value, or an element of a list.</summary>
    public void Begin()
    {
        outer.Push(last);
        last = 0;
    }

    public void End()
    {
        bytes.Take(1)[0] = 0;
        last = outer.Pop();
    }

    public void BeginField(int id)
    {
        Head(id, 12);
        Begin();
    }

    public void Int32(int id, int value)
    {
        Head(id, 5);
        Varint(ZigZag(value));
    }

    public void Int64(int id, long value)
    {
        Head(id, 6);
        Varint(ZigZag(value));
    }

    public void Flag(int id, bool value) => Head(id, value ? 1 : 2);

    public void Binary(int id, ReadOnlySpan<byte> value)
    {
        Head(id, 8);
        Binary(value);
    }

    public void Text(int id, string value) => Binary(id, Encoding.UTF8.GetBytes(value));

    public void Structs(int id, int count) => List(id, 12, count);

    public void Ints(int id, params ReadOnlySpan<int> values)
    {
        List(id, 5, values.Length);
        foreach (var value in values) Varint(ZigZag(value));
    }

    public void Texts(int id, IReadOnlyList<string> values)
    {
        List(id, 8, values.Count);
        foreach (var value in values) Binary(Encoding.UTF8.GetBytes(value));
    }

    private static ulong ZigZag(long value) => unchecked((ulong)((value << 1) ^ (value >> 63)));

    private void List(int id, int type, int count)
    {
        Head(id, 9);
        if (count < 15)
        {
            bytes.Take(1)[0] = (byte)((count << 4) | type);
            return;
        }

        bytes.Take(1)[0] = (byte)(0xF0 | type);
        Varint((ulong)count);
    }

    private void Binary(ReadOnlySpan<byte> value)
    {
        Varint((ulong)value.Length);
        value.CopyTo(bytes.Take(value.Length));
    }

    private void Head(int id, int type)
    {
        if (id - last is > 0 and <= 15)
        {
            bytes.Take(1)[0] = (byte)(((id - last) << 4) | type);
        }
        else
        {
            bytes.Take(1)[0] = (byte)type;
            Varint(ZigZag(id));
        }

        last = id;
    }

    private void Varint(ulong value) => bytes.Varint(value);
}
