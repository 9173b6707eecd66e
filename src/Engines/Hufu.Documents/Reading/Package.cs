using System.Buffers.Binary;
using System.IO.Compression;
using System.Xml;
using Hufu.Kernel;

namespace Hufu.Documents.Reading;

/// <summary>A zip package whose parts are read under bounds that do not trust what the package says of itself.</summary>
internal sealed class Package : IDisposable
{
    private readonly ZipArchive zip;
    private readonly Dictionary<string, ZipArchiveEntry> entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, long> unpacked = new(StringComparer.OrdinalIgnoreCase);
    private long unpackedTotal;

    private Package(ZipArchive zip, string file, TableReadOptions options)
    {
        this.zip = zip;
        File = file;
        Options = options;
        foreach (var entry in zip.Entries)
            entries.TryAdd(entry.FullName.Replace('\\', '/').TrimStart('/'), entry);
    }

    public string File { get; }

    public TableReadOptions Options { get; }

    public static Package Open(Stream stream, string file, TableReadOptions options)
    {
        RequireSaneDirectory(stream, file, options);
        ZipArchive zip;
        try
        {
            zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            if (zip.Entries.Count > options.MaxEntries)
                throw TooManyEntries(file, options);
        }
        catch (Exception fault) when (fault is ArgumentException or IndexOutOfRangeException or IOException && fault is not TableFault)
        {
            throw new TableFault(TableErrors.Broken(file));
        }

        return new Package(zip, file, options);
    }

    public ZipArchiveEntry? Find(string name) => entries.GetValueOrDefault(name);

    public Stream OpenPart(string name)
    {
        var entry = Find(name) ?? throw new TableFault(TableErrors.Missing(File, name));
        try
        {
            return new BoundedStream(this, name, entry.Open(), Math.Max(1, entry.CompressedLength));
        }
        catch (Exception fault) when (fault is ArgumentException or IOException)
        {
            throw new TableFault(TableErrors.Broken(File));
        }
    }

    public PartReader OpenXml(string name) => new(this, OpenPart(name));

    public void Dispose() => zip.Dispose();

    /// <summary>
    /// Reads the end-of-central-directory record before the archive does, so that millions of entries are refused before they
    /// are held. APPNOTE 6.3 §4.3.16: the record stands in the last 65,557 bytes.
    /// </summary>
    private static void RequireSaneDirectory(Stream stream, string file, TableReadOptions options)
    {
        var tail = new byte[(int)Math.Min(stream.Length, 65_557)];
        stream.Position = stream.Length - tail.Length;
        stream.ReadExactly(tail);
        stream.Position = 0;
        var at = tail.AsSpan().LastIndexOf("PK\x05\x06"u8);
        if (at < 0 || tail.Length - at < 22)
            throw new TableFault(TableErrors.Broken(file));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(at + 10));
        var size = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 12));
        // 0xFFFFFFFF says that the real size stands in the Zip64 record; no office file under the size limit needs that.
        if (count > options.MaxEntries || size != uint.MaxValue && size > (long)options.MaxEntries * 1024)
            throw TooManyEntries(file, options);
        if (size == uint.MaxValue && stream.Length < uint.MaxValue)
            throw new TableFault(TableErrors.Broken(file));
    }

    private static TableFault TooManyEntries(string file, TableReadOptions options) => FileKind.Fault(file, "table.entries",
        $"檔案內含超過 {options.MaxEntries:N0} 個部分，不是一般的試算表。", $"The file has more than {options.MaxEntries:N0} parts and is no ordinary spreadsheet.");

    private void Count(string name, long position, long packed)
    {
        // A part that is read twice counts once.
        var before = unpacked.GetValueOrDefault(name);
        if (position <= before)
            return;
        unpacked[name] = position;
        unpackedTotal += position - before;
        if (unpackedTotal > Options.MaxUnpackedBytes)
            throw FileKind.Fault(File, "table.unpacked-too-large",
                $"檔案解壓縮後超過上限 {Options.MaxUnpackedBytes / 1024 / 1024:N0} MB。", $"Unpacked, the file is larger than {Options.MaxUnpackedBytes / 1024 / 1024:N0} MB.");
        if (position > 16 * 1024 * 1024 && position / packed > Options.MaxCompressionRatio)
            throw FileKind.Fault(File, "table.ratio",
                "檔案的壓縮比例異常，可能是壓縮炸彈，已停止處理。", "The file unpacks to far more than a spreadsheet does; it may be a zip bomb and was not read further.");
    }

    /// <summary>The unpacked bytes of a part, counted.</summary>
    internal sealed class BoundedStream(Package package, string name, Stream inner, long packed) : ForwardStream
    {
        /// <summary>An XML token that is not done after so many bytes is no spreadsheet: a cell is at most 32,767 characters.</summary>
        private const long MaxTokenBytes = 8 * 1024 * 1024;

        private long position;
        private long mark;

        public override long Position { get => position; set => throw new NotSupportedException(); }

        /// <summary>Says that the reader went on to another token.</summary>
        public void Mark() => mark = position;

        public override int Read(Span<byte> buffer)
        {
            var n = inner.Read(buffer);
            position += n;
            package.Count(name, position, packed);
            if (position - mark > MaxTokenBytes)
                throw FileKind.Fault(package.File, "table.xml-token",
                    "檔案內有一段異常長的 XML，已停止處理。", "The file holds an abnormally long piece of XML and was not read further.");
            return n;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}

/// <summary>An XML part read forward: no DTD, no resolver, bounded depth, bounded text.</summary>
internal sealed class PartReader : IDisposable
{
    private readonly Package package;
    private readonly Package.BoundedStream stream;
    private readonly char[] chunk = new char[1024];

    public PartReader(Package package, Stream stream)
    {
        this.package = package;
        this.stream = (Package.BoundedStream)stream;
        Xml = XmlReader.Create(stream, new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            MaxCharactersInDocument = package.Options.MaxUnpackedBytes,
            CheckCharacters = true,
        });
    }

    public XmlReader Xml { get; }

    public string Name => Xml.LocalName;

    public bool IsElement => Xml.NodeType == XmlNodeType.Element;

    public int Depth => Xml.Depth;

    public bool Read()
    {
        stream.Mark();
        if (!Xml.Read())
            return false;
        if (Xml.Depth > package.Options.MaxXmlDepth)
            throw FileKind.Fault(package.File, "table.xml-depth", "檔案內的 XML 巢狀過深，已停止處理。", "The XML inside the file is nested too deep and was not read further.");
        return true;
    }

    public bool IsEnd(string name, int depth) => Xml.NodeType == XmlNodeType.EndElement && Xml.Depth == depth && Xml.LocalName == name;

    /// <summary>An attribute by local name, whatever its namespace; null when absent.</summary>
    public string? Attribute(string localName)
    {
        for (var i = 0; i < Xml.AttributeCount; i++)
        {
            Xml.MoveToAttribute(i);
            if (Xml.LocalName == localName)
            {
                var value = Xml.Value;
                Xml.MoveToElement();
                return value;
            }
        }

        Xml.MoveToElement();
        return null;
    }

    /// <summary>Reads past the current element with all that is in it.</summary>
    public void SkipElement()
    {
        if (Xml.IsEmptyElement)
            return;
        var depth = Xml.Depth;
        while (Read())
            if (Xml.NodeType == XmlNodeType.EndElement && Xml.Depth == depth)
                return;
    }

    /// <summary>Appends the current text node, at most as many characters as the cell may still hold.</summary>
    /// <returns>False when there was more.</returns>
    public bool AppendText(System.Text.StringBuilder text, int limit)
    {
        int n;
        while ((n = Xml.ReadValueChunk(chunk, 0, chunk.Length)) > 0)
        {
            stream.Mark();
            if (text.Length + n > limit)
                return false;
            text.Append(chunk, 0, n);
        }

        return true;
    }

    public bool IsText => Xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace;

    public void Dispose()
    {
        Xml.Dispose();
        stream.Dispose();
    }
}
