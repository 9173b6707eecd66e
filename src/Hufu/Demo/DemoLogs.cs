using Hufu.Monitoring.Logs;
using Hufu.Records;

namespace Hufu.Demo;

/// <summary>Brings the recorded logs in, as an import by hand would: stored, sealed, and looked at by the rules.</summary>
internal static class DemoLogs
{
    internal static async Task<string> ImportAsync(IServiceProvider services, string file, CancellationToken cancellation)
    {
        var name = Path.GetFileName(file);
        var outcome = await services.GetRequiredService<LogImport>().ImportAsync(Actor.System("demo"), file, name, Path.GetFileNameWithoutExtension(name), cancellation: cancellation);
        return outcome.IsOk ? $"{outcome.Value.Store.Added} events, {outcome.Value.Alerts.Created.Count} alerts{(outcome.Value.Alerts.Errors.Count > 0 ? ": " + outcome.Value.Alerts.Errors[0] : "")}" : outcome.Errors[0].ToString();
    }
}
