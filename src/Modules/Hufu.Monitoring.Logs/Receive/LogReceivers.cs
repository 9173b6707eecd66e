using System.Net;
using System.Security.Cryptography.X509Certificates;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Logs.Receive;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs;

/// <summary>How a receiver that is on stands.</summary>
/// <param name="State">What it counted; null when it does not listen.</param>
/// <param name="Problem">Why it does not listen; null when it does.</param>
/// <param name="Certificate">The certificate that it shows, in PEM without its key; null without TLS.</param>
/// <param name="ValidUntil">When that certificate ends; null without TLS.</param>
/// <param name="NewCertificate">Why a file that has taken the place of its certificate is not used; null when all is well.</param>
public sealed record ReceiverStanding(ReceiverState? State, Error? Problem, string? Certificate, DateTimeOffset? ValidUntil = null, Error? NewCertificate = null);

/// <summary>Runs the receivers that are on.</summary>
internal sealed partial class LogReceivers(IDbContextFactory<HufuDbContext> factory, LogImport import, ReceiverCertificates certificates, SiteDecoders decoders, TimeProvider clock, ILogger<LogReceivers> logger)
    : RunningRecords<LogReceivers.Settings, LogReceivers.Listening>(clock)
{
    internal sealed record Settings(string Transport, string Address, int Port, string Source, string Allowed, string Format, string Certificate, DateTime CertificateFrom, string ClientAuthorities);

    /// <summary>A receiver and the certificate that it shows.</summary>
    /// <param name="Receiver">Null when it does not listen.</param>
    /// <param name="Certificate">Null without TLS.</param>
    internal sealed record Listening(LogReceiver? Receiver, X509Certificate2? Certificate);

    /// <summary>How a receiver stands; null when it is off.</summary>
    internal ReceiverStanding? Of(Guid id) => Find(id) is { } one
        ? new ReceiverStanding(one.Work?.Receiver?.State, one.Problem, one.Work?.Certificate?.ExportCertificatePem(), one.Work?.Certificate is { } shown ? new DateTimeOffset(shown.NotAfter.ToUniversalTime()) : null, one.Work?.Certificate is null ? null : certificates.Look(one.Settings.Certificate).Problem) : null;

    /// <summary>Records lost since each receiver was last started, by the source that it delivers; only sources that one delivers now.</summary>
    internal IReadOnlyDictionary<string, long> Lost =>
        (from one in All let receiver = one.Work?.Receiver where receiver is not null let state = receiver.State group state.Lost + (state.LostBySystem ?? 0) by one.Settings.Source).ToDictionary(of => of.Key, of => of.Sum(), StringComparer.Ordinal);

    /// <inheritdoc />
    protected override async Task<Dictionary<Guid, Settings>> WantedAsync(CancellationToken cancellation)
    {
        await decoders.RefreshAsync(cancellation);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        return (await db.Set<Receiver>().AsNoTracking().Where(r => r.State == ReceiverType.On && r.ArchivedAt == null).ToListAsync(cancellation))
            .ToDictionary(r => r.Id, r => new Settings(r.Transport, r.Address, r.Port ?? 0, r.Source, r.Allowed, decoders.FormatOf(r.Format, r.DecoderId), r.Certificate, IsSecret(ReceiverType.TransportOf(r.Transport)) ? certificates.Look(r.Certificate).Written : default, r.ClientAuthorities));
    }

    private static bool IsSecret(ReceiverTransport? transport) => transport is ReceiverTransport.Tls or ReceiverTransport.RelpTls;

    /// <inheritdoc />
    protected override Running Start(Guid id, Settings settings)
    {
        var transport = ReceiverType.TransportOf(settings.Transport);
        if (transport is null || ReceiverType.Networks(settings.Allowed) is not { Count: > 0 } networks || ReceiverType.Authorities(settings.ClientAuthorities) is not { } authorities)
            return new Running(settings, null, Error.Of("logs.receiver.settings", "設定不完整。", "The settings are not complete."));
        X509Certificate2? certificate = null;
        if (IsSecret(transport))
        {
            var loaded = certificates.Load(settings.Certificate);
            if (!loaded.IsOk) return new Running(settings, null, loaded.Errors[0]);
            certificate = loaded.Value;
        }

        var address = settings.Address.Length > 0 ? IPAddress.Parse(settings.Address) : System.Net.Sockets.Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        var started = LogReceiver.Start(
            new ReceiverOptions
            {
                Source = settings.Source, Transport = transport.Value, EndPoint = new IPEndPoint(address, settings.Port), Allowed = networks, Certificate = certificate, ClientAuthorities = authorities, Clock = Clock,
                Parse = new LogParseOptions { ReferenceTime = default, Format = settings.Format.Length > 0 ? settings.Format : null, Decoders = decoders.Current, AssumedOffset = SiteTime.Zone.GetUtcOffset(Clock.GetUtcNow()) },
            },
            import.TakeAsync);
        return new Running(settings, new Listening(started.IsOk ? started.Value : null, certificate), started.IsOk ? null : started.Errors[0]);
    }

    /// <inheritdoc />
    protected override async ValueTask EndAsync(Listening work)
    {
        if (work.Receiver is not null) await work.Receiver.DisposeAsync();
        work.Certificate?.Dispose();
    }

    /// <inheritdoc />
    protected override void Told(Running one)
    {
        if (one.Problem is { } problem) NotListening(logger, one.Settings.Port, problem.Message.En);
        else Listens(logger, one.Settings.Transport, one.Work!.Receiver!.EndPoint);
    }

    /// <inheritdoc />
    protected override void NotLooked(Exception failure) => NotLooked(logger, failure);

    [LoggerMessage(21, LogLevel.Information, "Logs are received by {Transport} on {EndPoint}")]
    private static partial void Listens(ILogger logger, string transport, IPEndPoint endPoint);

    [LoggerMessage(22, LogLevel.Error, "Logs cannot be received on port {Port}: {Problem}")]
    private static partial void NotListening(ILogger logger, int port, string problem);

    [LoggerMessage(23, LogLevel.Error, "The settings of the log receivers could not be read; it is tried again")]
    private static partial void NotLooked(ILogger logger, Exception e);
}
