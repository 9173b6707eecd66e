using Hufu.Kernel;
using Hufu.Records;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Risk;

/// <summary>Duty T2: the asset inventory, risks and what is done about them.</summary>
public sealed class RiskModule : HufuModule
{
    public override string Key => "risk";

    public override LocalizedText Title => new("資產與風險管理", "Assets and risk");

    public override string Duty => "T2";

    public override IReadOnlyList<RecordType> RecordTypes { get; } = [new AssetType(), new RiskType(), new RiskTreatmentPlanType()];

    public override void AddServices(IServiceCollection services) => services.AddScoped<IImportSource, NmapImport>();
}
