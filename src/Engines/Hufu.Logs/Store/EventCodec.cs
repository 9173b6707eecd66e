using System.Buffers.Binary;
using System.Text;
using Hufu.Logs.Parsing;

namespace Hufu.Logs.Store;

/// <summary>
/// The canonical bytes of an event: what is hashed into the segment's tree and what the write-ahead file holds. Schema 1: each part in a
/// fixed order; integers little-endian; a text as its byte length (−1 when absent) and UTF-8; fields ordered by name; times in microseconds
/// since 1970 UTC.
/// </summary>
internal static class EventCodec
{
    /// <summary>Where the first text begins, that of the source.</summary>
    public const int FirstText = 32;

    private static readonly Comparison<KeyValuePair<string, string>> ByName = (one, other) => string.CompareOrdinal(one.Key, other.Key);

    public static byte[] Encode(LogEvent item)
    {
        var bytes = new ByteBuilder(512);
        Write(bytes, item, Ordered(item.Fields));
        return bytes.Written.ToArray();
    }

    /// <summary>Fields in the order in which they are written.</summary>
    public static KeyValuePair<string, string>[] Ordered(IReadOnlyDictionary<string, string> fields)
    {
        KeyValuePair<string, string>[] ordered = [];
        return Ordered(fields, ref ordered).ToArray();
    }

    /// <summary>The same within room that is used again.</summary>
    public static ReadOnlySpan<KeyValuePair<string, string>> Ordered(IReadOnlyDictionary<string, string> fields, ref KeyValuePair<string, string>[] room)
    {
        var count = fields.Count;
        if (room.Length < count) room = new KeyValuePair<string, string>[Math.Max(count, 2 * room.Length)];
        var ordered = room.AsSpan(0, count);
        if (fields is FieldMap known)
        {
            known.Written.CopyTo(ordered);
        }
        else
        {
            var at = 0;
            foreach (var field in fields) ordered[at++] = field;
        }

        if (count > 1) ordered.Sort(ByName);
        return ordered;
    }

    /// <summary>Writes an event with its fields in order. False when a text could not be written as it is (<see cref="ByteBuilder.Text"/>).</summary>
    public static bool Write(ByteBuilder bytes, LogEvent item, ReadOnlySpan<KeyValuePair<string, string>> fields)
    {
        bytes.Int64(Micros(item.ReceivedAt));
        bytes.Int64(item.OccurredAt is { } occurred ? Micros(occurred) : long.MinValue);
        bytes.Int32(item.OccurredAt is { } zoned ? (int)zoned.Offset.TotalMinutes : 0);
        bytes.Int32(item.TimeZoneAssumed ? 1 : 0);
        bytes.Int32(item.Severity ?? -1);
        bytes.Int32(item.Facility ?? -1);
        var faithful = bytes.Text(item.Source) & bytes.Text(item.Host) & bytes.Text(item.App) & bytes.Text(item.SourceIp) & bytes.Text(item.Format) & bytes.Text(item.Message) & bytes.Text(item.Raw);
        bytes.Int32(item.RawBytes is { } raw ? raw.Length : -1);
        if (item.RawBytes is { } given) given.Span.CopyTo(bytes.Take(given.Length));
        bytes.Int32(fields.Length);
        foreach (var (name, value) in fields) faithful &= bytes.Text(name) & bytes.Text(value);
        bytes.Int32(item.Problems.Count);
        foreach (var problem in item.Problems) faithful &= bytes.Text(problem);
        return faithful;
    }

    /// <summary>The time that an event is ordered by and that of its receipt, in microseconds.</summary>
    public static (long Time, long Received) Times(ReadOnlySpan<byte> bytes)
    {
        var (received, occurred) = (BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
        return (occurred == long.MinValue ? received : occurred, received);
    }

    /// <summary>The name of an event's source, UTF-8.</summary>
    public static ReadOnlySpan<byte> Source(ReadOnlySpan<byte> bytes) => bytes.Slice(FirstText + 4, BinaryPrimitives.ReadInt32LittleEndian(bytes[FirstText..]));

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
        ReadOnlyMemory<byte>? rawBytes = TakeBytes(ref bytes, out var given) ? given.ToArray() : (ReadOnlyMemory<byte>?)null;
        var fields = new FieldMap();
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

    public static int TakeInt32(ref ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        bytes = bytes[4..];
        return value;
    }

    public static long TakeInt64(ref ReadOnlySpan<byte> bytes)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        bytes = bytes[8..];
        return value;
    }

    /// <summary>Takes a text as its bytes, or bytes that are none; false when it is absent.</summary>
    public static bool TakeBytes(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> taken)
    {
        var length = TakeInt32(ref bytes);
        taken = length < 0 ? default : bytes[..length];
        if (length > 0) bytes = bytes[length..];
        return length >= 0;
    }

    private static string? TakeText(ref ReadOnlySpan<byte> bytes) => TakeBytes(ref bytes, out var text) ? Encoding.UTF8.GetString(text) : null;
}
