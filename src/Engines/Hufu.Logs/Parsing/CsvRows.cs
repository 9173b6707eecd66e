using System.Buffers;

namespace Hufu.Logs.Parsing;

/// <summary>The rows of a CSV file: lines, of which those with an open quote are joined with the next (RFC 4180 §2.6). A row is not longer than a record may be, nor of more than 10,000 lines.</summary>
internal sealed class CsvRows(RecordReader reader, int maxLength)
{
    private const int MostLines = 10_000;

    private RawRecord? next;

    /// <summary>The next row; null at the end.</summary>
    /// <exception cref="InvalidDataException">A compressed stream is damaged.</exception>
    public async ValueTask<RawRecord?> ReadAsync(CancellationToken cancellation)
    {
        var first = next ?? await reader.ReadAsync(cancellation).ConfigureAwait(false);
        next = null;
        if (first is not { Problem: null } row || IsEven(row.Bytes.Span, true)) return first;
        var whole = new ArrayBufferWriter<byte>(row.Bytes.Length * 2);
        whole.Write(row.Bytes.Span);
        var even = false;
        for (var lines = 1; !even && lines < MostLines; lines++)
        {
            if (await reader.ReadAsync(cancellation).ConfigureAwait(false) is not { } line) break;
            if (line.Problem is not null || whole.WrittenCount + 1 + line.Bytes.Length > maxLength)
            {
                // The quote is never closed, or too far away: what has come is a row with that fault.
                next = line with { Bytes = line.Bytes.ToArray() };
                break;
            }

            whole.Write("\n"u8);
            whole.Write(line.Bytes.Span);
            even = IsEven(line.Bytes.Span, false);
        }

        return row with { Bytes = whole.WrittenMemory };
    }

    /// <summary>True when no quote is open at the end of a line.</summary>
    private static bool IsEven(ReadOnlySpan<byte> line, bool even) => line.Count((byte)'"') % 2 == 0 == even;
}
