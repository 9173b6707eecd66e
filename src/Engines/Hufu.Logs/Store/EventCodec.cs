using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Hufu.Logs.Store;

/// <summary>
/// The canonical bytes of an event: what is hashed into the segment's tree and what the write-ahead file holds. Schema 1: each part in a
/// fixed order; integers little-endian; a text as its byte length (−1 when absent) and UTF-8; fields ordered by name; times in microseconds
/// since 1970 UTC.
/// </summary>
internal static class EventCodec
{
    public static byte[] Encode(LogEvent item)
    {
        var writer = new ArrayBufferWriter<byte>(512);
        Int64(writer, Micros(item.ReceivedAt));
        Int64(writer, item.OccurredAt is { } occurred ? Micros(occurred) : long.MinValue);
        Int32(writer, item.OccurredAt is { } zoned ? (int)zoned.Offset.TotalMinutes : 0);
        Int32(writer, item.TimeZoneAssumed ? 1 : 0);
        Int32(writer, item.Severity ?? -1);
        Int32(writer, item.Facility ?? -1);
        foreach (var text in new[] { item.Source, item.Host, item.App, item.SourceIp, item.Format, item.Message, item.Raw }) Text(writer, text);
        if (item.RawBytes is { } bytes)
        {
            Int32(writer, bytes.Length);
            writer.Write(bytes.Span);
        }
        else
        {
            Int32(writer, -1);
        }

        Int32(writer, item.Fields.Count);
        foreach (var (name, value) in item.Fields.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            Text(writer, name);
            Text(writer, value);
        }

        Int32(writer, item.Problems.Count);
        foreach (var problem in item.Problems) Text(writer, problem);
        return writer.WrittenSpan.ToArray();
    }

    public static LogEvent Decode(ReadOnlySpan<byte> bytes)
    {
        var received = Time(TakeInt64(ref bytes));
        var occurred = TakeInt64(ref bytes);
        var offset = TakeInt32(ref bytes);
        var assumed = TakeInt32(ref bytes) == 1;
        var severity = TakeInt32(ref bytes);
        var facility = TakeInt32(ref bytes);
        var source = TakeText(ref bytes);
        var host = TakeText(ref bytes);
        var app = TakeText(ref bytes);
        var address = TakeText(ref bytes);
        var format = TakeText(ref bytes);
        var message = TakeText(ref bytes);
        var raw = TakeText(ref bytes);
        var rawLength = TakeInt32(ref bytes);
        ReadOnlyMemory<byte>? rawBytes = null;
        if (rawLength >= 0)
        {
            rawBytes = bytes[..rawLength].ToArray();
            bytes = bytes[rawLength..];
        }

        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = TakeInt32(ref bytes); left > 0; left--)
        {
            var name = TakeText(ref bytes)!;
            fields[name] = TakeText(ref bytes)!;
        }

        var problems = new List<string>();
        for (var left = TakeInt32(ref bytes); left > 0; left--) problems.Add(TakeText(ref bytes)!);
        return new LogEvent
        {
            ReceivedAt = received, OccurredAt = occurred == long.MinValue ? null : Time(occurred).ToOffset(TimeSpan.FromMinutes(offset)), TimeZoneAssumed = assumed,
            Source = source!, Host = host, App = app, Severity = severity < 0 ? null : severity, Facility = facility < 0 ? null : facility, SourceIp = address,
            Message = message!, Raw = raw!, RawBytes = rawBytes, Format = format!, Fields = fields, Problems = problems,
        };
    }

    public static long Micros(DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) / 10 - (((time.UtcTicks - DateTime.UnixEpoch.Ticks) % 10) < 0 ? 1 : 0);

    public static DateTimeOffset Time(long micros) => new(DateTime.UnixEpoch.Ticks + micros * 10, TimeSpan.Zero);

    private static void Text(ArrayBufferWriter<byte> writer, string? text)
    {
        if (text is null)
        {
            Int32(writer, -1);
            return;
        }

        Int32(writer, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, writer);
    }

    private static void Int32(ArrayBufferWriter<byte> writer, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(writer.GetSpan(4), value);
        writer.Advance(4);
    }

    private static void Int64(ArrayBufferWriter<byte> writer, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(writer.GetSpan(8), value);
        writer.Advance(8);
    }

    private static int TakeInt32(ref ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        bytes = bytes[4..];
        return value;
    }

    private static long TakeInt64(ref ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        bytes = bytes[8..];
        return value;
    }

    private static string? TakeText(ref ReadOnlySpan<byte> bytes)
    {
        var length = TakeInt32(ref bytes);
        if (length < 0) return null;
        var text = Encoding.UTF8.GetString(bytes[..length]);
        bytes = bytes[length..];
        return text;
    }
}
