using Hufu.Compliance;
using Hufu.Desk;
using Hufu.Identity;
using Hufu.Incidents;
using Hufu.Isms;
using Hufu.Jobs;
using Hufu.Monitoring;
using Hufu.Monitoring.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk;
using Hufu.Web;
using Hufu.Web.Identity;
using Hufu.Web.Standard;

namespace Hufu;

/// <summary>The parts of the product, listed by hand, in the order of the navigation.</summary>
internal static class Modules
{
    internal static ModuleList All(string dataFolder) => new(
    [
        new CoreModule(() => StandardLibrary.Load(Path.Combine(Host.Content, "standards"), Path.Combine(dataFolder, "standards"))),
        new DeskModule(),
        new IsmsModule(),
        new RiskModule(),
        new LogsModule(),
        new MonitoringModule(),
        new IncidentsModule(),
        new ComplianceModule(Host.Content),
        new IdentityModule(),
        new OperationsModule(),
    ]);

    /// <summary>What the database is made of, for the migration tool.</summary>
    internal static (RecordTypes Types, IReadOnlyList<IModelContribution> Tables) Model()
    {
        var modules = All(".");
        return (new RecordTypes(modules.All.SelectMany(m => m.RecordTypes)), [.. modules.All.SelectMany(m => m.Tables), new ObligationTables(), new IdentityModel(), new JobsModel()]);
    }
}
