using System.Data.Common;
using System.IO.Compression;
using System.Net;
using Hufu.Logs;
using Hufu.Logs.Intake;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Http;

namespace Hufu.Monitoring.Logs;

/// <summary>How a request that brings events ended.</summary>
internal enum IntakeEnd
{
    /// <summary>All that was added is stored.</summary>
    Stored,

    /// <summary>It is packed in a way that is not taken.</summary>
    Encoding,

    /// <summary>It is above a limit.</summary>
    TooLarge,

    /// <summary>It cannot be read.</summary>
    Unreadable,

    /// <summary>The disk is full.</summary>
    Full,

    /// <summary>It cannot be stored just now.</summary>
    Unavailable,
}

/// <summary>
/// Events of one request on their way into the store, in batches, whatever protocol they come by. A failure ends the request: what was stored before
/// it stays, and the sender, which was answered nothing else, sends the request again. Events may then be stored twice, but none is lost.
/// </summary>
internal sealed class IntakeRequest
{
    /// <summary>Longest source that an event may name.</summary>
    internal const int MaxSource = 100;

    private const int MaxBatch = 5_000;
    private const long MaxBatchLength = 8 << 20;

    private readonly HttpContext http;
    private readonly LogImport import;
    private readonly IPAddress? sender;
    private List<LogEvent> batch = [];
    private long held;

    internal IntakeRequest(HttpContext http, LogImport import, TimeProvider clock, string? format, long mostUnpacked)
    {
        (this.http, this.import) = (http, import);
        Received = clock.GetUtcNow();
        Parse = new LogParseOptions { ReferenceTime = Received, Format = format, Decoders = import.Decoders, AssumedOffset = SiteTime.Zone.GetUtcOffset(Received) };
        sender = http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : http.Connection.RemoteIpAddress;
        var encoding = http.Request.Headers.ContentEncoding.ToString();
        IsKnownEncoding = encoding is "" or "identity" or "gzip";
        // Counted in bytes as they unpack: blank lines are no records and would not be counted otherwise.
        Body = new LimitedStream(encoding == "gzip" ? new GZipStream(http.Request.Body, CompressionMode.Decompress) : http.Request.Body, mostUnpacked);
    }

    /// <summary>When it came.</summary>
    internal DateTimeOffset Received { get; }

    /// <summary>How its records are read.</summary>
    internal LogParseOptions Parse { get; }

    /// <summary>What it brings, unpacked.</summary>
    internal LimitedStream Body { get; }

    /// <summary>True when it is not packed, or by gzip.</summary>
    internal bool IsKnownEncoding { get; }

    /// <summary>Events that are stored.</summary>
    internal long Stored { get; private set; }

    /// <summary>Of those that were added, events with problems.</summary>
    internal long Faulty { get; private set; }

    /// <summary>Why it cannot be read, in the language of protocols; null when nothing more is known.</summary>
    internal string? Reason { get; private set; }

    /// <summary>The source that events carry: what the sender calls it, not longer than sources may be and never the product's own.</summary>
    internal static string Source(string? wanted, string otherwise)
    {
        wanted = (wanted ?? "").Trim();
        if (wanted.Length > MaxSource) wanted = wanted[..(char.IsHighSurrogate(wanted[MaxSource - 1]) ? MaxSource - 1 : MaxSource)];
        return wanted.Length == 0 || AuditFeed.IsOwn(wanted) ? otherwise : wanted;
    }

    /// <summary>Reads events and stores them. Nothing may be answered as stored before this ends with <see cref="IntakeEnd.Stored"/>.</summary>
    internal async Task<IntakeEnd> RunAsync(Func<Task> read)
    {
        if (!IsKnownEncoding) return IntakeEnd.Encoding;
        try
        {
            await read();
            await StoreAsync();
            return IntakeEnd.Stored;
        }
        catch (IntakeException e)
        {
            Reason = e.Message;
            return e.IsTooLarge ? IntakeEnd.TooLarge : IntakeEnd.Unreadable;
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            return Body.IsExceeded || e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } ? IntakeEnd.TooLarge : IntakeEnd.Unreadable;
        }
        catch (Exception e) when (e is IOException or DbException)
        {
            return DiskFull.Is(e) ? IntakeEnd.Full : IntakeEnd.Unavailable;
        }
    }

    /// <summary>Adds an event.</summary>
    internal async Task AddAsync(LogEvent item)
    {
        if (item.Problems.Count > 0) Faulty++;
        batch.Add(sender is null ? item : item.From(sender));
        held += item.Raw.Length;
        if (batch.Count >= MaxBatch || held >= MaxBatchLength) await StoreAsync();
    }

    /// <summary>Reads all that it brings.</summary>
    internal async Task<ReadOnlyMemory<byte>> WholeAsync()
    {
        using var whole = new MemoryStream();
        await Body.CopyToAsync(whole, http.RequestAborted);
        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    }

    private async Task StoreAsync()
    {
        if (batch.Count == 0) return;
        await import.TakeAsync(batch, http.RequestAborted);
        Stored += batch.Count;
        batch = [];
        held = 0;
    }
}
