using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Hufu.Logs.Rows;

/// <summary>
/// Makes rows out of values that may be of any length: of each as much is kept as an event holds, and all of it counts for the hash. One for each query.
/// </summary>
public sealed class RowBuilder : IDisposable
{
    /// <summary>Most characters of a value that are kept.</summary>
    public const int MaxValue = 32 * 1024;

    /// <summary>Most characters of a row that are kept; beyond them, values are kept that are short.</summary>
    public const int MaxRow = 64 * 1024;

    // What tells a row, such as its bookmark, may stand behind all that is long.
    private const int Short = 1_000;

    private const int Piece = 16 * 1024;
    private readonly IReadOnlyList<string> names;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(Piece)];
    private readonly byte[] mark = new byte[1];
    private List<RowValue> values = [];
    private int kept;
    private bool cut;

    /// <param name="columns">The columns as the query names them; a name that is there already gets a number.</param>
    public RowBuilder(IEnumerable<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        names = [.. columns.Select(column =>
        {
            var name = column.Length == 0 ? "column" : column;
            for (var i = 1; !taken.Add(name); i++) name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{column}_{i}");
            return name;
        })];
    }

    /// <inheritdoc />
    public void Dispose() => hash.Dispose();

    /// <summary>Adds nothing.</summary>
    public void Null() => Add(RowValueKind.Null, "");

    /// <summary>Adds a value.</summary>
    public void Add(RowValueKind kind, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Begin(kind);
        for (var at = 0; at < text.Length; at += Piece) Hash(text.AsSpan(at, Math.Min(Piece, text.Length - at)));
        End(kind, text);
    }

    /// <summary>Adds a text.</summary>
    public async Task AddAsync(TextReader reader, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Begin(RowValueKind.Text);
        var text = new StringBuilder();
        var buffer = ArrayPool<char>.Shared.Rent(Piece);
        try
        {
            int read;
            while ((read = await reader.ReadAsync(buffer.AsMemory(0, Piece), cancellation).ConfigureAwait(false)) > 0)
            {
                Hash(buffer.AsSpan(0, read));
                Keep(text, buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }

        End(RowValueKind.Text, text.ToString());
    }

    /// <summary>Adds bytes, as hexadecimal digits.</summary>
    public void Add(ReadOnlySpan<byte> binary)
    {
        Begin(RowValueKind.Text);
        hash.AppendData(binary);
        End(RowValueKind.Text, Convert.ToHexStringLower(binary[..Math.Min(binary.Length, MaxValue / 2 + 1)]));
    }

    /// <summary>Adds a text in UTF-8; what is none stands as U+FFFD.</summary>
    public void AddUtf8(ReadOnlySpan<byte> text)
    {
        Begin(RowValueKind.Text);
        hash.AppendData(text);
        // One byte is at least a third of a character of the kept text.
        End(RowValueKind.Text, Encoding.UTF8.GetString(text[..Math.Min(text.Length, MaxValue * 3 + 4)]));
    }

    /// <summary>The row; the next begins.</summary>
    public Row Build()
    {
        var row = new Row(names, values, Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16)), cut);
        (values, kept, cut) = ([], 0, false);
        return row;
    }

    /// <summary>A row of values that are short.</summary>
    public static Row Of(IReadOnlyList<string> names, params IReadOnlyList<RowValue> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        using var builder = new RowBuilder(names);
        foreach (var value in values) builder.Add(value.Kind, value.Text);
        return builder.Build();
    }

    // Where one value ends and the next begins is part of the hash: each begins with what it is and ends with a byte that UTF-8 has not.
    private void Begin(RowValueKind kind)
    {
        mark[0] = (byte)kind;
        hash.AppendData(mark);
    }

    private void End(RowValueKind kind, string text)
    {
        mark[0] = 0xFF;
        hash.AppendData(mark);
        var room = text.Length <= Short ? Short : Math.Clamp(MaxRow - kept, 0, MaxValue);
        if (text.Length > room)
        {
            text = text[..(room > 0 && char.IsHighSurrogate(text[room - 1]) ? room - 1 : room)];
            cut = true;
        }

        kept += text.Length;
        values.Add(new RowValue(kind, text));
    }

    private static void Keep(StringBuilder text, ReadOnlySpan<char> piece) => text.Append(piece[..Math.Min(piece.Length, MaxValue + 1 - text.Length)]);

    private void Hash(ReadOnlySpan<char> piece) => hash.AppendData(bytes.AsSpan(0, Encoding.UTF8.GetBytes(piece, bytes)));
}
