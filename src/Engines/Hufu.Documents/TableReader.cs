using System.Text;
using Hufu.Documents.Reading;
using Hufu.Kernel;

namespace Hufu.Documents;

/// <summary>Opens tabular files as people really have them: XLSX, ODS, CSV and TSV. What a file is follows from its content.</summary>
public static class TableReader
{
    /// <summary>
    /// Opens one sheet and finds its header. The stream must stay open as long as the table is used; a stream that cannot
    /// seek is copied to a temporary file first, which is deleted with the table.
    /// </summary>
    /// <param name="stream">The file from its start.</param>
    /// <param name="fileName">Its name for messages and as a hint (<c>.tsv</c>).</param>
    /// <param name="options">What to read and the bounds; null means <see cref="TableReadOptions.Default"/>.</param>
    /// <returns>The table, or why the file is refused; codes begin with <c>table.</c>.</returns>
    public static Result<Table> Open(Stream stream, string fileName, TableReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= TableReadOptions.Default;
        var file = Path.GetFileName(fileName);
        TableSource? source = null;
        Stream? owned = null;
        var kept = false;
        try
        {
            if (!stream.CanSeek)
                stream = owned = Spool(stream, options, file);
            if (stream.Length > options.MaxFileBytes)
                return Result.Fail<Table>(TooLarge(file, options));

            source = FileKind.Open(stream, file, options);
            var header = HeaderFinder.Find(source);
            if (!header.IsOk)
                return Result.Fail<Table>(header.Errors);
            var (row, cells) = header.Value;
            var table = new Table(owned is null ? source : new OwningSource(source, owned), file, row, cells);
            kept = true;
            return Result.Of(table);
        }
        catch (Exception fault) when (TableErrors.IsFileFault(fault))
        {
            return Result.Fail<Table>(TableErrors.From(fault, file));
        }
        finally
        {
            if (!kept)
            {
                source?.Dispose();
                owned?.Dispose();
            }
        }
    }

    private static Error TooLarge(string file, TableReadOptions options) => Error.Of("table.too-large",
        $"檔案超過上限 {options.MaxFileBytes / 1024 / 1024:N0} MB。請刪除不需要的工作表與圖片，或分成幾份。",
        $"The file is larger than {options.MaxFileBytes / 1024 / 1024:N0} MB. Remove sheets and pictures that are not needed, or split it.", file);

    private static FileStream Spool(Stream stream, TableReadOptions options, string file)
    {
        var copy = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 65536, FileOptions.DeleteOnClose);
        var buffer = new byte[65536];
        try
        {
            int n;
            while ((n = stream.Read(buffer)) > 0)
            {
                if (copy.Length + n > options.MaxFileBytes)
                    throw new TableFault(TooLarge(file, options));
                copy.Write(buffer, 0, n);
            }
        }
        catch
        {
            copy.Dispose();
            throw;
        }

        copy.Position = 0;
        return copy;
    }

    /// <summary>A source over a temporary copy that goes away with it.</summary>
    private sealed class OwningSource(TableSource inner, Stream owned) : TableSource(inner.FileName, inner.Options)
    {
        public override TableFormat Format => inner.Format;

        public override IReadOnlyList<TableSheet> Sheets => inner.Sheets;

        public override TableSheet Sheet => inner.Sheet;

        public override Encoding? Encoding => inner.Encoding;

        public override bool IsEncodingCertain => inner.IsEncodingCertain;

        public override char? Delimiter => inner.Delimiter;

        public override IReadOnlyList<TableMerge> Merges => inner.Merges;

        internal override IEnumerable<TableRow> ReadRows() => inner.ReadRows();

        public override void Dispose()
        {
            inner.Dispose();
            owned.Dispose();
        }
    }
}
