using Hufu.Records.Storage;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hufu.Monitoring.Logs;

internal static class RuleEndpoints
{
    internal static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<RulePackFiles>();
        services.AddSingleton<RulePacks>();
        services.AddSingleton<RuleLibrary>();
        // Before what looks at events: it begins with all rules.
        services.AddHostedService(s => s.GetRequiredService<RuleLibrary>());
        services.TryAddSingleton(new RulePreviewOptions());
        services.AddSingleton<RulePreview>();
        services.AddScoped<IRecordReaction, RulePackVersionApplied>();
        services.AddScoped<IRecordReaction, RuleExceptionChecked>();
    }

    internal static void Map(IEndpointRouteBuilder routes)
    {
    }
}
