using System.Text;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Web.Records;

/// <summary>One row of an uploaded table: its number as the person sees it, and the text of each column.</summary>
public readonly record struct UploadedRow(int Number, IReadOnlyList<string> Texts);

/// <summary>
/// A table that was read once. Reading a spreadsheet costs more than all that is done with its rows: the steps of an import take what the
/// first has read.
/// </summary>
public sealed record UploadedRows(UploadedTable Table, IReadOnlyList<UploadedRow> Rows)
{
    private const uint Mark = 0x31465548;
    private const int Samples = 50;

    /// <summary>Reads a file: its columns with suggestions, and all of its rows.</summary>
    public static Result<UploadedRows> Read(RecordType type, Stream file, string name)
    {
        var opened = Documents.TableReader.Open(file, name, RecordFiles.Options(type));
        if (!opened.IsOk) return Result.Fail<UploadedRows>(opened.Errors);
        using var table = opened.Value;
        var suggestions = RecordFiles.Suggest(type, table.Headers);
        var samples = new string?[table.Headers.Count];
        var (rows, pool) = (new List<UploadedRow>(), new Pool());
        foreach (var row in table.Rows)
        {
            if (!row.IsOk) return Result.Fail<UploadedRows>(row.Errors);
            var texts = new string[samples.Length];
            for (var c = 0; c < texts.Length; c++)
            {
                texts[c] = pool.Of(row.Value[c].Text);
                if (rows.Count < Samples && samples[c] is null && !row.Value[c].IsBlank) samples[c] = texts[c];
            }

            rows.Add(new UploadedRow(row.Value.Number, texts));
        }

        return Result.Of(new UploadedRows(
            new UploadedTable(
                name, table.Format.ToString(), table.Sheet.Name, table.Encoding?.WebName, table.IsEncodingCertain, table.HeaderRow,
                [.. table.Headers.Select((h, c) => new MappedColumn(c, h, suggestions.TryGetValue(c, out var s) ? s.FieldKey : null, s?.Confidence ?? 0, samples[c]))], rows.Count),
            rows));
    }

    /// <summary>The rows as an import takes them, with a chosen mapping (column → field key), cleaned as the fields need it. Rows that hold nothing are left out.</summary>
    public IReadOnlyList<ImportRow> Mapped(RecordType type, IReadOnlyDictionary<int, string> mapping)
    {
        var columns = mapping.Where(m => m.Key < Table.Columns.Count).Select(m => (Column: m.Key, Field: type.FindField(m.Value))).Where(m => m.Field is not null).Select(m => (m.Column, Field: m.Field!)).ToList();
        var mapped = new ImportRow?[Rows.Count];
        Parallel.For(0, Rows.Count, i =>
        {
            var values = new Dictionary<string, string?>(columns.Count, StringComparer.Ordinal);
            var filled = false;
            foreach (var (column, field) in columns)
            {
                var text = RecordFiles.Clean(field, Rows[i].Texts[column]);
                values[field.Key] = text;
                filled |= !string.IsNullOrEmpty(text);
            }

            if (filled) mapped[i] = new ImportRow(Rows[i].Number, values);
        });
        return [.. mapped.OfType<ImportRow>()];
    }

    /// <summary>Writes what was read for a record type, for a later step of the same server.</summary>
    public void Save(RecordType type, Stream output)
    {
        using var writer = new BinaryWriter(output, Encoding.UTF8, leaveOpen: true);
        writer.Write(Mark);
        writer.Write(type.Key);
        writer.Write(JsonSerializer.Serialize(Table));
        foreach (var row in Rows)
        {
            writer.Write(row.Number);
            foreach (var text in row.Texts) writer.Write(text);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote; null when it is not whole, or was read for another type.</summary>
    public static UploadedRows? Load(RecordType type, Stream input)
    {
        using var reader = new BinaryReader(input, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (reader.ReadUInt32() != Mark || reader.ReadString() != type.Key || JsonSerializer.Deserialize<UploadedTable>(reader.ReadString()) is not { Columns: not null } table) return null;
            var (rows, pool) = (new List<UploadedRow>(), new Pool());
            for (var i = 0; i < table.RowCount; i++)
            {
                var number = reader.ReadInt32();
                var texts = new string[table.Columns.Count];
                for (var c = 0; c < texts.Length; c++) texts[c] = pool.Of(reader.ReadString());
                rows.Add(new UploadedRow(number, texts));
            }

            return new UploadedRows(table, rows);
        }
        catch (Exception e) when (e is IOException or FormatException or JsonException)
        {
            return null;
        }
    }

    // Most columns say the same few things again and again: one text for all of them.
    private sealed class Pool
    {
        private readonly string?[] known = new string?[1 << 13];

        internal string Of(string text)
        {
            if (text.Length > 32) return text;
            ref var slot = ref known[text.GetHashCode(StringComparison.Ordinal) & (known.Length - 1)];
            return slot is not null && slot == text ? slot : slot = text;
        }
    }
}
