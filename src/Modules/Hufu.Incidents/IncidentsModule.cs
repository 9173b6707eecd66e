using Hufu.Incidents.Contracts;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Incidents;

/// <summary>Duty T7, tasks 1 to 4: incidents from first knowledge to what was learnt.</summary>
public sealed class IncidentsModule : HufuModule
{
    public override string Key => "incident";

    public override LocalizedText Title => new("事故應變", "Incidents");

    public override string Duty => "T7";

    public override IReadOnlyList<RecordType> RecordTypes { get; } = [new IncidentType(), new IncidentTaskType()];

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<IIncidents, OpenIncident>();
        services.AddScoped<IRecordReaction, IncidentDuties>();
    }
}
