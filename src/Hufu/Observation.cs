using Hufu.Kernel;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Hufu;

/// <summary>
/// What the running product tells about itself. Logs go to standard output, as lines or, with <c>HUFU_LOG_FORMAT=json</c>, as one JSON object each.
/// Metrics, traces and logs go out by OTLP where the operator named a collector in <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>; otherwise nothing leaves the machine.
/// </summary>
internal static class Observation
{
    internal static void AddObservation(this WebApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Quartz", LogLevel.Warning);
        // The keys lie in the data folder, which belongs to the product alone.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        if (builder.Configuration["HUFU_LOG_FORMAT"] == "json")
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddJsonConsole(o =>
            {
                o.UseUtcTimestamp = true;
                o.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
                o.IncludeScopes = true;
            });
        }

        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"])) return;
        builder.Logging.AddOpenTelemetry(o => o.IncludeFormattedMessage = true);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("hufu", serviceVersion: typeof(Observation).Assembly.GetName().Version?.ToString()))
            .WithMetrics(m => m.AddMeter(Telemetry.Name).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation())
            .WithTracing(t => t.AddSource(Telemetry.Name).AddAspNetCoreInstrumentation(o => o.Filter = http => !http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)))
            .UseOtlpExporter();
    }
}
