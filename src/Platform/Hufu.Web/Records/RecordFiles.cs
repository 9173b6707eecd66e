using System.Globalization;
using System.Runtime.CompilerServices;
using Hufu.Documents;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Web.Records;

/// <summary>A column of an uploaded file and the field that it fills.</summary>
/// <param name="Column">0-based column.</param>
/// <param name="Header">Its heading in the file.</param>
/// <param name="FieldKey">The field, or null to leave the column out.</param>
/// <param name="Confidence">How sure the suggestion is, from 0 to 1.</param>
/// <param name="Sample">The first value, to recognise the column by.</param>
public sealed record MappedColumn(int Column, string Header, string? FieldKey, double Confidence, string? Sample);

/// <summary>An uploaded table as an import sees it.</summary>
public sealed record UploadedTable(string FileName, string Format, string Sheet, string? Encoding, bool EncodingCertain, int HeaderRow, IReadOnlyList<MappedColumn> Columns, int RowCount);

/// <summary>Records to and from spreadsheets.</summary>
public sealed class RecordFiles(RecordStore store, RecordPresenter presenter)
{
    /// <summary>
    /// What fills which field: the suggestions, and over them what the person says. Each word is <c>heading:field</c>, or <c>heading:</c> to leave a
    /// column out.
    /// </summary>
    public static Result<IReadOnlyDictionary<int, string>> Mapping(RecordType type, UploadedTable table, IReadOnlyList<string> words)
    {
        var mapping = table.Columns.Where(c => c.FieldKey is not null).ToDictionary(c => c.Column, c => c.FieldKey!);
        foreach (var word in words)
        {
            var colon = word.LastIndexOf(':');
            var (heading, key) = colon < 0 ? (word, "") : (word[..colon].Trim(), word[(colon + 1)..].Trim());
            if (table.Columns.FirstOrDefault(c => c.Header == heading) is not { } column)
                return Result.Fail<IReadOnlyDictionary<int, string>>(Error.Of("import.unknown-column", $"檔案沒有「{heading}」這個欄位；欄位有：{string.Join("、", table.Columns.Select(c => c.Header))}", $"The file has no column “{heading}”. Its columns: {string.Join(", ", table.Columns.Select(c => c.Header))}", "map"));
            if (key.Length == 0)
            {
                mapping.Remove(column.Column);
                continue;
            }

            if (type.FindField(key) is not { Sensitive: false } field || (field.ReadOnly && field.Key != "number"))
                return Result.Fail<IReadOnlyDictionary<int, string>>(Error.Of("import.unknown-field", $"沒有「{key}」欄位。", $"There is no field “{key}”.", "map"));
            // One column fills a field: what the person says wins over what was suggested for another column.
            foreach (var other in mapping.Where(m => m.Value == field.Key).Select(m => m.Key).ToList()) mapping.Remove(other);
            mapping[column.Column] = field.Key;
        }

        return Result.Of<IReadOnlyDictionary<int, string>>(mapping);
    }

    /// <summary>Writes a list as a file: what is shown with labels, or all fields in a form that an import reads back without loss.</summary>
    public async Task<Result> WriteAsync(Actor actor, RecordType type, RecordQuery query, IReadOnlyList<Field> columns, bool readBack, TableFormat format, Stream output, CancellationToken cancellation)
    {
        var stream = await store.StreamAsync(actor, type, query);
        if (!stream.IsOk) return stream;
        // The writer takes its rows one by one and waits for them, on a thread that may wait; names of references are loaded in blocks.
        async IAsyncEnumerable<IReadOnlyList<CellValue>> RowsAsync([EnumeratorCancellation] CancellationToken stop = default)
        {
            await foreach (var block in BlocksAsync(stream.Value, stop))
            {
                await presenter.LoadAsync(type, block, columns);
                foreach (var record in block) yield return [.. columns.Select(f => Cell(f, record, readBack))];
            }
        }

        var sheet = new SheetContent(type.PluralName.ToString(), [.. columns.Select(f => readBack ? f.Key : f.Label.ToString())], RowsAsync(cancellation).ToBlockingEnumerable(cancellation));
        var written = await Task.Run(() => TableWriter.Write(output, format, sheet), cancellation);
        return written.IsOk ? Result.Ok : Result.Fail(written.Errors);
    }

    private static async IAsyncEnumerable<List<Record>> BlocksAsync(IAsyncEnumerable<Record> records, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var block = new List<Record>(500);
        await foreach (var record in records.WithCancellation(cancellation))
        {
            block.Add(record);
            if (block.Count < 500) continue;
            yield return block;
            block = new List<Record>(500);
        }

        yield return block;
    }

    private CellValue Cell(Field field, Record record, bool readBack)
    {
        if (field.GetText(record) is null) return CellValue.Empty;
        if (!readBack && field.Kind is FieldKind.Number && field.Get(record) is { } number) return CellValue.Of(Convert.ToDecimal(number, CultureInfo.InvariantCulture));
        if (!readBack && field.Kind is FieldKind.Date && field.Get(record) is DateOnly date) return CellValue.Of(date);
        return CellValue.Of(readBack ? presenter.Exported(field, record) : presenter.Text(field, record));
    }

    internal static TableReadOptions Options(RecordType type) => new() { ExpectedHeaders = [.. type.Fields.SelectMany(f => (string[])[f.Key, f.Label.Zh, f.Label.En, .. f.Synonyms])] };

    // Our own number stands only in files that we wrote: a column that merely sounds like it is the organisation's own.
    internal static Dictionary<int, ColumnSuggestion> Suggest(RecordType type, IReadOnlyList<string> headers) =>
        ColumnMatcher.Suggest(headers, Fields(type)).Where(s => s.FieldKey != "number" || s.Kind is ColumnMatchKind.Exact).ToDictionary(s => s.Column);

    private static IReadOnlyList<ColumnField> Fields(RecordType type) =>
        [.. type.Fields.Where(f => f is { Sensitive: false } && (!f.ReadOnly || f.Key == "number")).Select(f => new ColumnField(f.Key, f.Label.Zh, f.Label.En, [.. f.Synonyms]))];

    // What people type: full-width digits, stray blanks, dates of the Republic. Long texts stay as they are.
    internal static string? Clean(Field field, string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        switch (field.Kind)
        {
            case FieldKind.LongText or FieldKind.Markdown:
                return text.Trim();
            case FieldKind.Date:
                var read = DateText.Read(text);
                return read.Value is { } day ? day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : TextCleaner.Clean(text);
            default:
                return TextCleaner.Clean(text);
        }
    }
}
