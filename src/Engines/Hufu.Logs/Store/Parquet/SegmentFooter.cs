namespace Hufu.Logs.Store.Parquet;

/// <summary>Where a column of a row group stands in a file.</summary>
/// <param name="Column">Which column.</param>
/// <param name="Begin">Where its first page begins.</param>
/// <param name="Length">Length of its pages.</param>
/// <param name="DataAt">Where, from there on, the first page of values begins.</param>
/// <param name="HasDictionary">True when a page of distinct values stands before them.</param>
/// <param name="Values">Number of values, absent ones included.</param>
/// <param name="Uncompressed">Length before compression, heads of pages included.</param>
/// <param name="Least">Least value as statistics have it; null for none.</param>
/// <param name="Greatest">Greatest value.</param>
internal sealed record ChunkPlace(Column Column, long Begin, long Length, int DataAt, bool HasDictionary, int Values, long Uncompressed, byte[]? Least, byte[]? Greatest);

/// <summary>A row group of a file.</summary>
internal sealed record GroupPlace(int Rows, IReadOnlyList<ChunkPlace> Chunks);

/// <summary>What stands at the end of a segment's Parquet file: its columns and where their parts are.</summary>
internal static class SegmentFooter
{
    /// <summary>What a file begins and ends with.</summary>
    public static ReadOnlySpan<byte> Magic => "PAR1"u8;

    // Elements of the schema without the known fields: the root, the columns, and what lists and maps are made of.
    private const int Elements = 27;
    private const int Children = 21;

    /// <summary>Writes it.</summary>
    /// <param name="thrift">What writes.</param>
    /// <param name="groups">The row groups.</param>
    /// <param name="apart">True when each of <see cref="KnownFields"/> has a column.</param>
    public static void Write(ThriftWriter thrift, IReadOnlyList<GroupPlace> groups, bool apart)
    {
        var known = apart ? KnownFields.Names : [];
        thrift.Begin();
        thrift.Int32(1, 1);
        thrift.Structs(2, Elements + known.Count);
        Group("schema", Children + known.Count, null, root: true);
        Leaf("row", Column.Int32Type, false);
        Leaf("time", Column.Int64Type, false, Timestamp);
        Leaf("received", Column.Int64Type, false, Timestamp);
        Leaf("occurred", Column.Int64Type, true, Timestamp);
        Leaf("occurred_offset", Column.Int32Type, true, Int16);
        Leaf("zone_assumed", Column.BooleanType, false);
        Leaf("source", Column.BytesType, false, Utf8);
        Leaf("host", Column.BytesType, true, Utf8);
        Leaf("app", Column.BytesType, true, Utf8);
        Leaf("severity", Column.Int32Type, true, Int8);
        Leaf("facility", Column.Int32Type, true, Int8);
        Leaf("src_ip", Column.BytesType, true, Utf8);
        Leaf("format", Column.BytesType, false, Utf8);
        Leaf("message", Column.BytesType, true, Utf8);
        Leaf("message_chars", Column.Int32Type, true);
        Leaf("raw", Column.BytesType, false, Utf8);
        Leaf("raw_bytes", Column.BytesType, true);
        Group("problems", 1, List);
        Group("list", 1, null, repeated: true);
        Leaf("element", Column.BytesType, false, Utf8);
        Leaf("exact", Column.BytesType, true);
        Group("fields", 1, Map);
        Group("key_value", 2, null, repeated: true);
        Leaf("key", Column.BytesType, false, Utf8);
        Leaf("value", Column.BytesType, false, Utf8);
        Leaf("segment", Column.Int32Type, false);
        foreach (var name in known) Leaf(KnownFields.ColumnOf(name), Column.BytesType, true, Utf8);
        thrift.Int64(3, groups.Sum(group => (long)group.Rows));
        thrift.Structs(4, groups.Count);
        foreach (var group in groups)
        {
            thrift.Begin();
            thrift.Structs(1, group.Chunks.Count);
            foreach (var chunk in group.Chunks) Chunk(chunk);
            thrift.Int64(2, group.Chunks.Sum(chunk => chunk.Uncompressed));
            thrift.Int64(3, group.Rows);
            thrift.End();
        }

        thrift.Text(6, "Hufu");
        thrift.End();

        void Chunk(ChunkPlace chunk)
        {
            thrift.Begin();
            thrift.Int64(2, chunk.Begin);
            thrift.BeginField(3);
            thrift.Int32(1, chunk.Column.PhysicalType);
            thrift.Ints(2, chunk.Column.Encoding);
            thrift.Texts(3, chunk.Column.Path);
            thrift.Int32(4, 6);
            thrift.Int64(5, chunk.Values);
            thrift.Int64(6, chunk.Uncompressed);
            thrift.Int64(7, chunk.Length);
            thrift.Int64(9, chunk.Begin + chunk.DataAt);
            if (chunk.HasDictionary) thrift.Int64(11, chunk.Begin);
            if (chunk is { Least: { } least, Greatest: { } greatest })
            {
                thrift.BeginField(12);
                if (!chunk.Column.Optional) thrift.Int64(3, 0);
                thrift.Binary(5, greatest);
                thrift.Binary(6, least);
                thrift.End();
            }

            thrift.End();
            thrift.End();
        }

        void Group(string name, int children, Action? kind, bool root = false, bool repeated = false)
        {
            thrift.Begin();
            if (!root) thrift.Int32(3, repeated ? 2 : 0);
            thrift.Text(4, name);
            thrift.Int32(5, children);
            kind?.Invoke();
            thrift.End();
        }

        void Leaf(string name, int type, bool optional, Action? kind = null)
        {
            thrift.Begin();
            thrift.Int32(1, type);
            thrift.Int32(3, optional ? 1 : 0);
            thrift.Text(4, name);
            kind?.Invoke();
            thrift.End();
        }

        // Converted types, and beside them the logical ones where the old name says too little.
        void Utf8() => thrift.Int32(6, 0);

        void Map() => thrift.Int32(6, 1);

        void List() => thrift.Int32(6, 3);

        void Int8() => thrift.Int32(6, 15);

        void Int16() => thrift.Int32(6, 16);

        void Timestamp()
        {
            thrift.Int32(6, 10);
            thrift.BeginField(10);
            thrift.BeginField(8);
            thrift.Flag(1, false);
            thrift.BeginField(2);
            thrift.BeginField(2);
            thrift.End();
            thrift.End();
            thrift.End();
            thrift.End();
        }
    }

    /// <summary>Reads a footer that <see cref="Write"/> has written.</summary>
    /// <param name="footer">Its bytes.</param>
    /// <param name="dataEnd">Where it begins in the file: the row groups must fill everything before it.</param>
    /// <exception cref="InvalidDataException">It is laid out in another way, or has anything that its writer would not have written.</exception>
    public static (SegmentColumns Columns, IReadOnlyList<GroupPlace> Groups) Read(ReadOnlySpan<byte> footer, long dataEnd)
    {
        var thrift = new ThriftReader(footer);
        var (columns, apart) = (new SegmentColumns(), false);
        var groups = new List<GroupPlace>();
        thrift.Begin();
        while (thrift.Field() is var (id, type) && id != 0)
        {
            if (id == 2)
            {
                var elements = thrift.List(type);
                apart = elements == Elements + KnownFields.Names.Count;
                if (apart) columns = new SegmentColumns(apart: true);
                for (; elements > 0; elements--) thrift.Skip(12);
                continue;
            }

            if (id != 4)
            {
                thrift.Skip(type);
                continue;
            }

            for (var left = thrift.List(type); left > 0; left--) groups.Add(Group(ref thrift, columns));
        }

        thrift.End();
        // Whoever reads the file by the standard must see what is read here: so nothing may be otherwise than as it is written.
        var again = new ByteBuilder(footer.Length);
        Write(new ThriftWriter(again), groups, apart);
        if (!again.Written.SequenceEqual(footer)) throw new InvalidDataException("The footer is not laid out as segments are.");
        var at = (long)Magic.Length;
        foreach (var chunk in groups.SelectMany(group => group.Chunks))
        {
            if (chunk.Begin != at || chunk.Length < 0 || chunk.DataAt < 0 || chunk.DataAt > chunk.Length) throw new InvalidDataException("The parts of the file do not follow each other.");
            at += chunk.Length;
        }

        return at == dataEnd ? (columns, groups) : throw new InvalidDataException("The parts of the file do not fill it.");
    }

    private static GroupPlace Group(ref ThriftReader thrift, SegmentColumns columns)
    {
        var (rows, chunks) = (0L, new List<ChunkPlace>());
        thrift.Begin();
        while (thrift.Field() is var (id, type) && id != 0)
        {
            if (id == 1)
            {
                if (thrift.List(type) != columns.All.Count) throw new InvalidDataException("A row group does not have the columns of segments.");
                foreach (var column in columns.All) chunks.Add(Chunk(ref thrift, column));
            }
            else if (id == 3)
            {
                rows = thrift.Number();
            }
            else
            {
                thrift.Skip(type);
            }
        }

        thrift.End();
        return rows is > 0 and <= int.MaxValue ? new GroupPlace((int)rows, chunks) : throw new InvalidDataException("A row group has no rows.");
    }

    private static ChunkPlace Chunk(ref ThriftReader thrift, Column column)
    {
        long begin = 0, length = 0, dataAt = 0, values = 0, uncompressed = 0;
        var dictionary = false;
        byte[]? least = null, greatest = null;
        thrift.Begin();
        while (thrift.Field() is var (id, type) && id != 0)
        {
            if (id == 2) begin = thrift.Number();
            else if (id == 3) Metadata(ref thrift);
            else thrift.Skip(type);
        }

        thrift.End();
        if (values is < 0 or > int.MaxValue || dataAt - begin is < 0 or > int.MaxValue) throw new InvalidDataException("A column's numbers are out of range.");
        return new ChunkPlace(column, begin, length, (int)(dataAt - begin), dictionary, (int)values, uncompressed, least, greatest);

        void Metadata(ref ThriftReader thrift)
        {
            thrift.Begin();
            while (thrift.Field() is var (id, type) && id != 0)
            {
                switch (id)
                {
                    case 5: values = thrift.Number(); break;
                    case 6: uncompressed = thrift.Number(); break;
                    case 7: length = thrift.Number(); break;
                    case 9: dataAt = thrift.Number(); break;
                    case 11: dictionary = thrift.Number() >= 0; break;
                    case 12: Statistics(ref thrift); break;
                    default: thrift.Skip(type); break;
                }
            }

            thrift.End();
        }

        void Statistics(ref ThriftReader thrift)
        {
            thrift.Begin();
            while (thrift.Field() is var (id, type) && id != 0)
            {
                if (id == 5) greatest = thrift.Binary().ToArray();
                else if (id == 6) least = thrift.Binary().ToArray();
                else thrift.Skip(type);
            }

            thrift.End();
        }
    }
}
