namespace Hufu.Logs.Store.Parquet;

/// <summary>The columns of a segment's Parquet file, in their order.</summary>
internal sealed class SegmentColumns
{
    /// <summary>Columns of one of the two layouts.</summary>
    /// <param name="apart">True when each of <see cref="KnownFields"/> has one.</param>
    /// <param name="smallest">True to write texts in whichever way needs less room, which takes the time of both.</param>
    public SegmentColumns(bool apart = false, bool smallest = false)
    {
        Values = new DictionaryColumn(["fields", "key_value", "value"], false, true, smallest);
        Known = apart ? [.. KnownFields.Names.Select(name => new DictionaryColumn([KnownFields.ColumnOf(name)], true, false, smallest))] : [];
        All = [Row, Time, Received, Occurred, OccurredOffset, ZoneAssumed, Source, Host, App, Severity, Facility, Address, Format, Message, MessageChars, Raw, RawBytes, Problems, Exact, Names, Values, Segment, .. Known];
    }

    public DeltaColumn Row { get; } = new("row", Column.Int32Type, false);

    public DeltaColumn Time { get; } = new("time", Column.Int64Type, false);

    public DeltaColumn Received { get; } = new("received", Column.Int64Type, false);

    public DeltaColumn Occurred { get; } = new("occurred", Column.Int64Type, true);

    public IntColumn OccurredOffset { get; } = new("occurred_offset", true);

    public FlagColumn ZoneAssumed { get; } = new("zone_assumed");

    public DictionaryColumn Source { get; } = new(["source"], false, false);

    public DictionaryColumn Host { get; } = new(["host"], true, false);

    public DictionaryColumn App { get; } = new(["app"], true, false);

    public IntColumn Severity { get; } = new("severity", true);

    public IntColumn Facility { get; } = new("facility", true);

    public DictionaryColumn Address { get; } = new(["src_ip"], true, false);

    public DictionaryColumn Format { get; } = new(["format"], false, false);

    public BytesColumn Message { get; } = new(["message"], true, false);

    public IntColumn MessageChars { get; } = new("message_chars", true);

    public BytesColumn Raw { get; } = new(["raw"], false, false);

    public BytesColumn RawBytes { get; } = new(["raw_bytes"], true, false);

    public DictionaryColumn Problems { get; } = new(["problems", "list", "element"], false, true);

    public BytesColumn Exact { get; } = new(["exact"], true, false);

    public DictionaryColumn Names { get; } = new(["fields", "key_value", "key"], false, true);

    public DictionaryColumn Values { get; }

    public IntColumn Segment { get; } = new("segment", false);

    /// <summary>Those of <see cref="KnownFields"/>, in their order; none where they are among the fields.</summary>
    public IReadOnlyList<DictionaryColumn> Known { get; }

    public IReadOnlyList<Column> All { get; }

    /// <summary>Where a column stands among them.</summary>
    public int PlaceOf(Column column)
    {
        for (var i = 0; i < All.Count; i++)
        {
            if (All[i] == column) return i;
        }

        throw new ArgumentException("It is another file's column.", nameof(column));
    }
}
