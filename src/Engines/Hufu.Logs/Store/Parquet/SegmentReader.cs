using System.Buffers.Binary;
using System.Text;
using Hufu.Logs.Parsing;

namespace Hufu.Logs.Store.Parquet;

/// <summary>
/// Reads the events of a Parquet file that <see cref="SegmentWriter"/> wrote, page by page, without a text being decoded that nobody asks for. It reads nothing
/// else: where a file is laid out in any other way it says so, and whoever reads Parquet by its standard sees in a file that it reads the same as it does.
/// Not safe for several threads.
/// </summary>
internal sealed class SegmentReader : IDisposable
{
    private const int MostFooter = 64 << 20;

    private readonly FileStream file;
    private readonly Unpacker unpacker = new();
    private readonly SegmentColumns columns;
    private readonly IReadOnlyList<GroupPlace> groups;
    private readonly List<(int At, PageColumn Page)> pages = [];
    private readonly PageColumn timePage, severityPage, messagePage, rawPage;

    // Absent where no event is to be had.
    private readonly PageColumn rowPage = null!, segmentPage = null!, receivedPage = null!, occurredPage = null!, occurredOffsetPage = null!, zoneAssumedPage = null!, facilityPage = null!, messageCharsPage = null!, rawBytesPage = null!, problemsPage = null!, exactPage = null!;
    private readonly PageColumn[] knownPages = [];
    private readonly PageColumn sourcePage = null!, hostPage = null!, appPage = null!, addressPage = null!, formatPage = null!, namesPage = null!, valuesPage = null!;
    private int next;
    private int left;
    private bool begun;

    private SegmentReader(FileStream file, bool whole)
    {
        this.file = file;
        Span<byte> end = stackalloc byte[8];
        Span<byte> begin = stackalloc byte[4];
        var length = file.Length;
        if (length < 16 || RandomAccess.Read(file.SafeFileHandle, begin, 0) != 4 || RandomAccess.Read(file.SafeFileHandle, end, length - 8) != 8 || !begin.SequenceEqual(SegmentFooter.Magic) || !end[4..].SequenceEqual(SegmentFooter.Magic))
            throw new InvalidDataException("The file is not Parquet.");
        var footer = BinaryPrimitives.ReadInt32LittleEndian(end);
        if (footer < 0 || footer > length - 12 || footer > MostFooter) throw new InvalidDataException("The file has no footer.");
        var bytes = new byte[footer];
        if (RandomAccess.Read(file.SafeFileHandle, bytes, length - 8 - footer) != footer) throw new InvalidDataException("The file is shorter than it was.");
        (columns, groups) = SegmentFooter.Read(bytes, length - 8 - footer);
        (timePage, severityPage, messagePage, rawPage) = (Page(columns.Time), Page(columns.Severity), Page(columns.Message), Page(columns.Raw));
        if (!whole) return;
        (rowPage, segmentPage) = (Page(columns.Row), Page(columns.Segment));
        (receivedPage, occurredPage, occurredOffsetPage, zoneAssumedPage, facilityPage) = (Page(columns.Received), Page(columns.Occurred), Page(columns.OccurredOffset), Page(columns.ZoneAssumed), Page(columns.Facility));
        (messageCharsPage, rawBytesPage, problemsPage, exactPage) = (Page(columns.MessageChars), Page(columns.RawBytes), Page(columns.Problems), Page(columns.Exact));
        (sourcePage, hostPage, appPage, addressPage, formatPage, namesPage, valuesPage) = (Page(columns.Source), Page(columns.Host), Page(columns.App), Page(columns.Address), Page(columns.Format), Page(columns.Names), Page(columns.Values));
        knownPages = [.. columns.Known.Select(Page)];

        PageColumn Page(Column column)
        {
            pages.Add((columns.PlaceOf(column), new PageColumn(column)));
            return pages[^1].Page;
        }
    }

    /// <summary>Opens a file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="whole">False for what counting texts needs alone: then no event can be had.</param>
    /// <exception cref="InvalidDataException">It is not laid out as this program writes segments.</exception>
    public static SegmentReader Open(string path, bool whole = true)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        try
        {
            return new SegmentReader(file, whole);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Rows of each row group.</summary>
    public IEnumerable<int> Groups => groups.Select(group => group.Rows);

    /// <summary>Rows of the page.</summary>
    public int Rows { get; private set; }

    /// <summary>Where its first row stands in the file.</summary>
    public long First { get; private set; }

    /// <summary>The raw lines of the page.</summary>
    public PageColumn Raw => rawPage;

    /// <summary>The messages of the page that are not the end of their raw line.</summary>
    public PageColumn Message => messagePage;

    /// <summary>Reads the next page; false when there is none.</summary>
    /// <param name="wanted">Told the first row of a row group and the number of its rows: false to pass it over.</param>
    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    public bool NextPage(Func<long, int, bool>? wanted = null)
    {
        First += Rows;
        Rows = 0;
        if (left == 0)
        {
            if (begun) EndGroup();
            for (; next < groups.Count && wanted is not null && !wanted(First, groups[next].Rows); next++) First += groups[next].Rows;
            begun = next < groups.Count;
            if (!begun) return false;
            foreach (var (at, page) in pages) page.Begin(groups[next].Chunks[at], file, unpacker);
            left = groups[next++].Rows;
        }

        foreach (var (_, page) in pages)
        {
            page.Next(file, unpacker);
            if (page.Rows != timePage.Rows) throw new InvalidDataException("The pages of a row group do not have the same rows.");
        }

        if (timePage.Rows > left) throw new InvalidDataException("A page has more rows than its row group.");
        left -= timePage.Rows;
        Rows = timePage.Rows;
        return true;
    }

    /// <summary>The number of a row's segment.</summary>
    public int Segment(int row) => (int)segmentPage.Numbers[row];

    /// <summary>The number of a row in its segment.</summary>
    public int Row(int row) => (int)rowPage.Numbers[row];

    /// <summary>The time that a row is ordered by, in microseconds since 1970.</summary>
    public long Time(int row) => timePage.Numbers[row];

    /// <summary>The severity of a row; −1 for none.</summary>
    public int Severity(int row) => severityPage.Number(row, out var severity) ? (int)severity : -1;

    /// <summary>Writes the canonical bytes of a row's event, as <see cref="EventCodec"/> does.</summary>
    /// <exception cref="InvalidDataException">The columns contradict each other.</exception>
    public void Encode(int row, ByteBuilder target)
    {
        if (exactPage.Text(row, out var exact))
        {
            var columnsOnly = new ByteBuilder(exact.Length + 64);
            EncodeColumns(row, columnsOnly);
            // A zero character is shown by its symbol in the columns; nothing else may be otherwise there.
            byte[] shown;
            try
            {
                shown = SegmentTable.WithoutZero(exact);
            }
            catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or OverflowException)
            {
                throw new InvalidDataException("The bytes of an event cannot be read.", e);
            }

            if (!columnsOnly.Written.SequenceEqual(shown)) throw new InvalidDataException("The columns of an event are not what its bytes say.");
            exact.CopyTo(target.Take(exact.Length));
            return;
        }

        EncodeColumns(row, target);
    }

    /// <summary>A row's event.</summary>
    public LogEvent Event(int row)
    {
        if (exactPage.Text(row, out var exact)) return EventCodec.Decode(exact) with { Id = Id(row) };
        rawPage.Text(row, out var line);
        var raw = Encoding.UTF8.GetString(line);
        var occurred = Occurred(row, out var offset);
        var fields = new FieldMap();
        var known = 0;
        for (var i = namesPage.Begins[row]; i < namesPage.Begins[row + 1]; i++)
        {
            if (namesPage.String(i) is not { } name) continue;
            for (; known < knownPages.Length && string.CompareOrdinal(KnownFields.Names[known], name) < 0; known++) Known(known);
            fields[name] = valuesPage.String(i)!;
        }

        for (; known < knownPages.Length; known++) Known(known);

        return new LogEvent
        {
            Id = Id(row), ReceivedAt = EventCodec.Time(receivedPage.Numbers[row]), OccurredAt = occurred is { } at ? EventCodec.Time(at).ToOffset(TimeSpan.FromMinutes(offset)) : null,
            TimeZoneAssumed = zoneAssumedPage.Numbers[row] == 1, Source = sourcePage.String(row)!, Host = hostPage.String(row), App = appPage.String(row),
            Severity = Severity(row) is >= 0 and var severity ? severity : null, Facility = facilityPage.Number(row, out var facility) ? (int)facility : null, SourceIp = addressPage.String(row),
            Format = formatPage.String(row)!, Message = messagePage.Text(row, out var message) ? Encoding.UTF8.GetString(message) : raw[^Characters(line[MessageFrom(row, line)..])..], Raw = raw,
            RawBytes = rawBytesPage.Text(row, out var given) ? given.ToArray() : (ReadOnlyMemory<byte>?)null, Fields = fields, Problems = Problems(row),
        };

        void Known(int at)
        {
            if (knownPages[at].String(row) is { } value) fields[KnownFields.Names[at]] = value;
        }

        string Id(int row) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Segment(row):D8}/{Row(row)}");

        // All of it is most often the message.
        static int Characters(ReadOnlySpan<byte> text) => Encoding.UTF8.GetCharCount(text);
    }

    public void Dispose()
    {
        unpacker.Dispose();
        file.Dispose();
    }

    private List<string> Problems(int row)
    {
        var page = problemsPage;
        var found = new List<string>();
        for (var i = page.Begins[row]; i < page.Begins[row + 1]; i++)
        {
            if (page.Text(i, out var problem)) found.Add(Encoding.UTF8.GetString(problem));
        }

        return found;
    }

    private long? Occurred(int row, out int offset)
    {
        var there = occurredOffsetPage.Number(row, out var minutes);
        // Files of earlier versions have it twice.
        var contradicts = occurredPage.Number(row, out var given) && (!there || given != Time(row));
        if (contradicts || (!there && Time(row) != receivedPage.Numbers[row])) throw new InvalidDataException("The times of an event contradict each other.");
        offset = (int)minutes;
        return there ? Time(row) : null;
    }

    private int MessageFrom(int row, ReadOnlySpan<byte> line)
    {
        if (!messageCharsPage.Number(row, out var characters) || characters < 0 || characters > line.Length) throw new InvalidDataException("An event has no message.");
        var from = line.Length - (int)characters;
        if (Ascii.IsValid(line[from..])) return from;
        from = line.Length;
        for (; characters > 0; characters--)
        {
            do
            {
                if (--from < 0) throw new InvalidDataException("A message is longer than its line.");
            }
            while ((line[from] & 0xC0) == 0x80);
        }

        return from;
    }

    private void EncodeColumns(int row, ByteBuilder target)
    {
        var occurred = Occurred(row, out var offset);
        target.Int64(receivedPage.Numbers[row]);
        target.Int64(occurred ?? long.MinValue);
        target.Int32(offset);
        target.Int32((int)zoneAssumedPage.Numbers[row]);
        target.Int32(Severity(row));
        target.Int32(facilityPage.Number(row, out var facility) ? (int)facility : -1);
        Text(sourcePage);
        Text(hostPage);
        Text(appPage);
        Text(addressPage);
        Text(formatPage);
        rawPage.Text(row, out var line);
        if (!messagePage.Text(row, out var message)) message = line[MessageFrom(row, line)..];
        Write(target, message);
        Write(target, line);
        Text(rawBytesPage);
        var (from, to) = (namesPage.Begins[row], namesPage.Begins[row + 1]);
        if (valuesPage.Begins[row] != from || valuesPage.Begins[row + 1] != to) throw new InvalidDataException("The fields of an event do not all have a value.");
        var count = namesPage.Text(from, out _) ? to - from : 0;
        var all = count;
        foreach (var page in knownPages) all += page.Has(row) ? 1 : 0;
        target.Int32(all);
        var known = 0;
        for (var i = from; i < from + count; i++)
        {
            namesPage.Text(i, out var name);
            if (!valuesPage.Text(i, out var value)) throw new InvalidDataException("A field of an event has no value.");
            if (all > count)
            {
                for (int order; known < knownPages.Length && (order = KnownFields.Bytes[known].AsSpan().SequenceCompareTo(name)) <= 0; known++)
                {
                    if (order == 0 && knownPages[known].Has(row)) throw new InvalidDataException("An event has a field twice.");
                    Known(known);
                }
            }

            Write(target, name);
            Write(target, value);
        }

        for (; all > count && known < knownPages.Length; known++) Known(known);
        if (count == 0 && valuesPage.Text(from, out _)) throw new InvalidDataException("A field of an event has no name.");
        (from, to) = (problemsPage.Begins[row], problemsPage.Begins[row + 1]);
        count = problemsPage.Text(from, out _) ? to - from : 0;
        target.Int32(count);
        for (var i = from; i < from + count; i++)
        {
            problemsPage.Text(i, out var problem);
            Write(target, problem);
        }

        void Known(int at)
        {
            if (!knownPages[at].Text(row, out var value)) return;
            Write(target, KnownFields.Bytes[at]);
            Write(target, value);
        }

        void Text(PageColumn page)
        {
            if (page.Text(row, out var text)) Write(target, text);
            else target.Int32(-1);
        }

        static void Write(ByteBuilder target, ReadOnlySpan<byte> text)
        {
            target.Int32(text.Length);
            text.CopyTo(target.Take(text.Length));
        }
    }

    // The statistics are the file's own words about what it holds: with wrong ones searches would pass events over.
    private void EndGroup()
    {
        foreach (var (at, page) in pages)
        {
            if (!page.IsAtEnd) throw new InvalidDataException("A column has more than its row group.");
            if (!page.HasRange(groups[next - 1].Chunks[at])) throw new InvalidDataException("The statistics of a row group are not those of its values.");
        }
    }
}
