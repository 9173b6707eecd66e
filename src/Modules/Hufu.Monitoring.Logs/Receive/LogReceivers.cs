using System.Collections.Concurrent;
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
public sealed record ReceiverStanding(ReceiverState? State, Error? Problem, string? Certificate);

/// <summary>Runs the receivers that are on. A changed setting or state is seen within two seconds.</summary>
internal sealed partial class LogReceivers(IDbContextFactory<HufuDbContext> factory, LogImport import, ReceiverCertificates certificates, SiteDecoders decoders, TimeProvider clock, ILogger<LogReceivers> logger) : RepeatedWork(clock, Every, atOnce: true)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<Guid, Running> running = new();

    private sealed record Settings(string Transport, string Address, int Port, string Source, string Allowed, string Format, string Certificate, string ClientAuthorities);

    private sealed record Running(Settings Settings, LogReceiver? Receiver, Error? Problem, X509Certificate2? Certificate);

    /// <summary>How a receiver stands; null when it is off.</summary>
    internal ReceiverStanding? Of(Guid id) => running.TryGetValue(id, out var one) ? new ReceiverStanding(one.Receiver?.State, one.Problem, one.Certificate?.ExportCertificatePem()) : null;

    /// <summary>Records lost since each receiver was last started, by the source that it delivers; only sources that one delivers now.</summary>
    internal IReadOnlyDictionary<string, long> Lost =>
        running.Values.Where(one => one.Receiver is not null).GroupBy(one => one.Settings.Source, StringComparer.Ordinal).ToDictionary(of => of.Key, of => of.Sum(one => one.Receiver!.State.Lost + (one.Receiver.State.LostBySystem ?? 0)), StringComparer.Ordinal);

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(running.Keys.Select(EndAsync));
    }

    /// <inheritdoc />
    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        await LookAsync(cancellation);
        await import.RaiseWaitingAsync(cancellation);
    }

    /// <inheritdoc />
    protected override bool GoesOn(Exception failure)
    {
        // Whatever is wrong with a receiver, the server goes on.
        NotLooked(logger, failure);
        return true;
    }

    /// <summary>Starts and stops what the records say.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        await decoders.RefreshAsync(cancellation);
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var wanted = (await db.Set<Receiver>().AsNoTracking().Where(r => r.State == ReceiverType.On && r.ArchivedAt == null).ToListAsync(cancellation))
            .ToDictionary(r => r.Id, r => new Settings(r.Transport, r.Address, r.Port ?? 0, r.Source, r.Allowed, decoders.FormatOf(r.Format, r.DecoderId), r.Certificate, r.ClientAuthorities));
        // Those that stop first: another may want their port.
        foreach (var (id, one) in running)
            if (!wanted.TryGetValue(id, out var settings) || settings != one.Settings) await EndAsync(id);
        foreach (var (id, settings) in wanted)
        {
            // One that could not listen is tried again: the port may be free by now.
            if (running.TryGetValue(id, out var one) && one.Receiver is not null) continue;
            var next = Start(settings);
            if (next.Receiver is not null) Listening(logger, next.Settings.Transport, next.Receiver.EndPoint);
            else if (one?.Problem?.Message.En != next.Problem!.Message.En) NotListening(logger, settings.Port, next.Problem.Message.En);
            running[id] = next;
        }
    }

    private Running Start(Settings settings)
    {
        var transport = ReceiverType.TransportOf(settings.Transport);
        if (transport is null || ReceiverType.Networks(settings.Allowed) is not { Count: > 0 } networks || ReceiverType.Authorities(settings.ClientAuthorities) is not { } authorities)
            return new Running(settings, null, Error.Of("logs.receiver.settings", "設定不完整。", "The settings are not complete."), null);
        X509Certificate2? certificate = null;
        if (transport is ReceiverTransport.Tls or ReceiverTransport.RelpTls)
        {
            var loaded = certificates.Load(settings.Certificate);
            if (!loaded.IsOk) return new Running(settings, null, loaded.Errors[0], null);
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
        return started.IsOk ? new Running(settings, started.Value, null, certificate) : new Running(settings, null, started.Errors[0], certificate);
    }

    private async Task EndAsync(Guid id)
    {
        if (!running.TryRemove(id, out var one)) return;
        if (one.Receiver is not null) await one.Receiver.DisposeAsync();
        one.Certificate?.Dispose();
    }

    [LoggerMessage(21, LogLevel.Information, "Logs are received by {Transport} on {EndPoint}")]
    private static partial void Listening(ILogger logger, string transport, IPEndPoint endPoint);

    [LoggerMessage(22, LogLevel.Error, "Logs cannot be received on port {Port}: {Problem}")]
    private static partial void NotListening(ILogger logger, int port, string problem);

    [LoggerMessage(23, LogLevel.Error, "The settings of the log receivers could not be read, or alerts could not be written; it is tried again")]
    private static partial void NotLooked(ILogger logger, Exception e);
}
