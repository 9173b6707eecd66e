using System.Text;
using Hufu.Kernel;

namespace Hufu.Documents.Reading;

/// <summary>
/// Delimited text after RFC 4180, as lenient as spreadsheets are: any line end, quotation marks inside an unquoted field are text,
/// text after a closing quotation mark is appended. Strict where leniency would lose data: bytes that the encoding cannot read,
/// a quotation mark that never closes.
/// </summary>
internal sealed class CsvSource : TableSource
{
    private readonly Stream stream;
    private readonly Encoding encoding;
    private readonly int bom;
    private readonly char delimiter;
    private readonly bool skipSeparatorLine;

    private CsvSource(Stream stream, string file, TableReadOptions options, Encoding encoding, int bom, bool certain, char delimiter, bool skipSeparatorLine)
        : base(file, options)
    {
        this.stream = stream;
        this.encoding = encoding;
        this.bom = bom;
        this.delimiter = delimiter;
        this.skipSeparatorLine = skipSeparatorLine;
        IsEncodingCertain = certain;
        Sheet = new TableSheet(Path.GetFileNameWithoutExtension(file), false);
    }

    public override TableFormat Format => TableFormat.Csv;

    public override IReadOnlyList<TableSheet> Sheets => [Sheet];

    public override TableSheet Sheet { get; }

    public override Encoding Encoding => encoding;

    public override bool IsEncodingCertain { get; }

    public override char? Delimiter => delimiter;

    public static CsvSource Open(Stream stream, string file, TableReadOptions options)
    {
        var (encoding, bom, certain) = options.Encoding is { } given ? (given, CsvEncoding.BomLength(stream, given), true) : CsvEncoding.Detect(stream);
        var sample = Sample(stream, encoding, bom);
        if (sample.Contains('\0', StringComparison.Ordinal))
            throw FileKind.Fault(file, "table.binary", "這不是試算表，也不是文字檔。請確認選對檔案。", "This is neither a spreadsheet nor a text file. Check that the right file was chosen.");
        if (sample.Length >= 6 && sample.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) && sample[5] is '\r' or '\n')
            return new CsvSource(stream, file, options, encoding, bom, certain, options.Delimiter ?? sample[4], true);
        var delimiter = options.Delimiter ?? DetectDelimiter(sample, file);
        return new CsvSource(stream, file, options, encoding, bom, certain, delimiter, false);
    }

    public override void Dispose()
    {
    }

    private static string Sample(Stream stream, Encoding encoding, int bom)
    {
        var bytes = new byte[(int)Math.Min(64 * 1024, stream.Length - bom)];
        stream.Position = bom;
        stream.ReadExactly(bytes);
        stream.Position = 0;
        return encoding.GetString(bytes);
    }

    /// <summary>The delimiter that splits the first records most evenly; ties go to the order comma, tab, semicolon, bar.</summary>
    private static char DetectDelimiter(string sample, string file)
    {
        var best = file.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) || file.EndsWith(".tab", StringComparison.OrdinalIgnoreCase) ? '\t' : ',';
        var bestScore = 0d;
        foreach (var candidate in new[] { best, ',', '\t', ';', '|' })
        {
            var counts = CountFields(sample, candidate);
            if (counts.Count == 0)
                continue;
            var most = counts.GroupBy(n => n).OrderByDescending(g => g.Count()).ThenByDescending(g => g.Key).First();
            if (most.Key < 2)
                continue;
            var score = (double)most.Count() / counts.Count + Math.Min(most.Key, 20) * 0.01;
            if (score > bestScore)
                (best, bestScore) = (candidate, score);
        }

        return best;
    }

    private static List<int> CountFields(string sample, char delimiter)
    {
        var counts = new List<int>();
        var fields = 1;
        var quoted = false;
        var fieldStart = true;
        var blank = true;
        foreach (var c in sample)
        {
            if (c == '"' && (quoted || fieldStart))
                quoted = !quoted;
            else if (!quoted && c == delimiter)
                fields++;
            else if (!quoted && c is '\n' or '\r' && !quoted)
            {
                if (!blank || fields > 1)
                    counts.Add(fields);
                fields = 1;
                blank = true;
                fieldStart = true;
                if (counts.Count == 100)
                    return counts;
                continue;
            }

            blank = blank && char.IsWhiteSpace(c);
            fieldStart = !quoted && c == delimiter;
        }

        if (sample.Length < 32 * 1024 && (!blank || fields > 1))
            counts.Add(fields);
        return counts;
    }

    internal override IEnumerable<TableRow> ReadRows()
    {
        using var chars = new StrictChars(stream, encoding, bom);
        var cells = new List<TableCell>();
        var text = new StringBuilder();
        int row = 1, line = 1, rowLine = 1, quoteLine = 0;
        bool quoted = false, wasQuoted = false, any = false;
        var first = skipSeparatorLine;
        while (true)
        {
            var c = chars.Next();
            if (c == StrictChars.Bad)
                throw Undecodable(row, line, chars.BadOffset);
            // No text holds it, and no database keeps it.
            if (c == '\0')
                throw new TableFault(Error.Of("table.zero",
                    $"第 {row} 列（檔案第 {line} 行）含有 NUL 字元，不是文字。檔案可能已損壞；請重新取得，或用試算表軟體開啟後另存新檔。",
                    $"Row {row} (line {line} of the file) holds a NUL character, which is no text. The file may be damaged; get it again, or open it in a spreadsheet program and save it anew.", $"{FileName}:{row}"));
            if (quoted)
            {
                switch (c)
                {
                    case StrictChars.End:
                        throw FileKind.Fault(FileName, "table.csv-quote",
                            $"第 {row} 列（檔案第 {quoteLine} 行）的雙引號沒有結尾。請補上或刪除該雙引號。", $"A quotation mark in row {row} (line {quoteLine} of the file) is never closed. Close or delete it.");
                    case '"' when chars.Peek() == '"':
                        chars.Next();
                        Add('"');
                        continue;
                    case '"':
                        quoted = false;
                        continue;
                    case '\r' when chars.Peek() == '\n':
                        continue;
                    case '\n' or '\r':
                        line++;
                        Add('\n');
                        continue;
                    default:
                        Add((char)c);
                        continue;
                }
            }

            if (c == '"' && text.Length == 0 && !wasQuoted)
            {
                quoted = wasQuoted = any = true;
                quoteLine = line;
            }
            else if (c == delimiter)
            {
                EndField();
                any = true;
            }
            else if (c is '\n' or '\r' or StrictChars.End)
            {
                if (c == '\r' && chars.Peek() == '\n')
                    chars.Next();
                if (c == StrictChars.End && !any && text.Length == 0)
                    yield break;
                EndField();
                while (cells.Count > 0 && cells[^1].Kind == TableCellKind.Empty)
                    cells.RemoveAt(cells.Count - 1);
                if (!first && cells.Count > 0)
                {
                    if (row > Options.MaxRows)
                        throw TableErrors.TooManyRows(FileName, Options.MaxRows);
                    yield return new TableRow(row, rowLine, cells.ToArray());
                }

                if (c == StrictChars.End)
                    yield break;
                cells.Clear();
                first = any = false;
                row = checked(row + 1);
                rowLine = ++line;
            }
            else
            {
                any = true;
                Add((char)c);
            }
        }

        void Add(char c)
        {
            if (text.Length >= Options.MaxCellChars)
                throw TableErrors.CellTooLong(FileName, row, cells.Count, Options.MaxCellChars);
            text.Append(c);
        }

        void EndField()
        {
            var value = text.ToString();
            text.Clear();
            wasQuoted = false;
            if (Options.RemoveFormulaGuard)
                value = FormulaGuard.Remove(value);
            if (cells.Count >= Options.MaxColumns)
            {
                if (value.Length > 0)
                    throw TableErrors.TooManyColumns(FileName, row, Options.MaxColumns);
                return;
            }

            cells.Add(TableCell.Of(value));
        }
    }

    private TableFault Undecodable(int row, int line, long offset) => new(Error.Of("table.undecodable",
        $"第 {row} 列（檔案第 {line} 行，位元組位移 {offset}）的內容不符合編碼 {encoding.WebName}。請改選正確的編碼，或用試算表軟體另存為「CSV UTF-8」。",
        $"Row {row} (line {line}, byte offset {offset}) is not valid {encoding.WebName}. Choose the right encoding, or save the file as 'CSV UTF-8' in a spreadsheet program.",
        $"{FileName}:{row}"));

    /// <summary>Characters one by one, from a stream that is not held; the first bytes that cannot be decoded are found with their offset.</summary>
    private sealed class StrictChars : IDisposable
    {
        public const int End = -1;
        public const int Bad = -2;

        private readonly Stream stream;
        private readonly Decoder decoder;
        private readonly OffsetFallback fallback = new();
        private readonly byte[] bytes = new byte[32 * 1024];
        private readonly char[] chars;
        private readonly Encoding encoding;
        private readonly bool isBig5;
        private long streamOffset;
        private long charsOffset;
        private int at;
        private int count;
        private bool done;

        public StrictChars(Stream stream, Encoding encoding, int bom)
        {
            this.stream = stream;
            this.encoding = encoding;
            isBig5 = encoding.CodePage == 950;
            streamOffset = charsOffset = bom;
            var strict = (Encoding)encoding.Clone();
            strict.DecoderFallback = fallback;
            decoder = strict.GetDecoder();
            chars = new char[strict.GetMaxCharCount(bytes.Length) + 16];
        }

        public long BadOffset => fallback.First;

        public int Next()
        {
            if (at == count && !Fill())
                return End;
            var c = chars[at++];
            return c == OffsetFallback.Mark && fallback.First >= 0 ? Bad : c;
        }

        public int Peek()
        {
            if (at == count && !Fill())
                return End;
            return chars[at];
        }

        public void Dispose() => fallback.First = -1;

        private bool Fill()
        {
            while (!done)
            {
                // Two tables may read one stream in turn; each keeps its own place.
                stream.Position = streamOffset;
                var n = stream.Read(bytes);
                fallback.Base = streamOffset;
                streamOffset += n;
                done = n == 0;
                if (isBig5)
                    charsOffset += encoding.GetByteCount(chars, 0, count);
                count = decoder.GetChars(bytes, 0, n, chars, 0, flush: done);
                at = 0;
                if (isBig5 && fallback.First < 0 && chars.AsSpan(0, count).IndexOfAny(CsvEncoding.NotBig5) is >= 0 and var bad)
                {
                    fallback.First = charsOffset + encoding.GetByteCount(chars, 0, bad);
                    chars[bad] = OffsetFallback.Mark;
                }

                if (count > 0)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Puts a noncharacter where bytes cannot be decoded and keeps the place of the first ones.</summary>
    private sealed class OffsetFallback : DecoderFallback
    {
        public const char Mark = '\uFFFF';

        public long Base { get; set; }

        public long First { get; set; } = -1;

        public override int MaxCharCount => 1;

        public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer(this);

        private sealed class Buffer(OffsetFallback owner) : DecoderFallbackBuffer
        {
            private bool pending;

            public override int Remaining => pending ? 1 : 0;

            public override bool Fallback(byte[] bytesUnknown, int index)
            {
                if (owner.First < 0)
                    owner.First = owner.Base + index;
                pending = true;
                return true;
            }

            public override char GetNextChar()
            {
                if (!pending)
                    return '\0';
                pending = false;
                return Mark;
            }

            public override bool MovePrevious() => false;

            public override void Reset() => pending = false;
        }
    }
}
