using Hufu.Identity;
using Hufu.Incidents;
using Hufu.Isms;
using Hufu.Monitoring;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk;
using Hufu.Web;

namespace Hufu;

/// <summary>The parts of the product, listed by hand, in the order of the navigation.</summary>
internal static class Modules
{
    internal static ModuleList All() => new(
    [
        new IsmsModule(),
        new RiskModule(),
        new MonitoringModule(),
        new IncidentsModule(),
    ]);

    /// <summary>What the database is made of.</summary>
    internal static (RecordTypes Types, IReadOnlyList<IModelContribution> Tables) Model()
    {
        var modules = All();
        return (new RecordTypes(modules.All.SelectMany(m => m.RecordTypes)), [.. modules.All.SelectMany(m => m.Tables), new IdentityModel()]);
    }
}
