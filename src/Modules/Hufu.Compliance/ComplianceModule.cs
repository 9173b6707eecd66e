using Hufu.Compliance.Laws;
using Hufu.Compliance.Obligations;
using Hufu.Compliance.WorkingDays;
using Hufu.Jobs;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Web;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Compliance;

/// <summary>Duty T8: what law, contract and policy demand, when it is due, and the days on which people work.</summary>
/// <param name="contentFolder">Folder of the content that is shipped with the program.</param>
public sealed class ComplianceModule(string contentFolder) : HufuModule
{
    /// <summary>What guards the working calendar and the import of law: the right on the whole duty.</summary>
    public const string Area = "T8";

    public override string Key => "compliance";

    public override LocalizedText Title => new("法規遵循", "Compliance");

    public override string Duty => "T8";

    public override IReadOnlyList<NavigationEntry> Navigation =>
    [
        new(new LocalizedText("匯入法規義務", "Obligations of law"), "/compliance/law", "import", Area),
        new(new LocalizedText("登錄事件", "Something happened"), "/compliance/events", "flag", Area),
        new(new LocalizedText("工作日曆", "Working calendar"), "/compliance/working-days", "calendar", Area),
    ];

    public override IReadOnlyList<RecordType> RecordTypes { get; } = [new OccurrenceType(), new ObligationType()];

    public override void AddServices(IServiceCollection services)
    {
        Texts.Load(typeof(ComplianceModule).Assembly);
        services.AddSingleton(new ComplianceContent(contentFolder));
        services.AddScoped<LawBook>();
        services.AddScoped<Planning>();
        services.AddHufuJob<PlanJob>();
    }

    public override void MapEndpoints(IEndpointRouteBuilder routes)
    {
        routes.MapLaws();
        routes.MapWorkingDays();
    }
}

/// <summary>Where the content of this module is.</summary>
public sealed class ComplianceContent(string folder)
{
    /// <summary>The obligations of Taiwan's law.</summary>
    public string Obligations => Path.Combine(folder, "laws", "tw-obligations.json");

    /// <summary>The calendar of a year; null where none is shipped.</summary>
    public string? Calendar(int year)
    {
        var file = Path.Combine(folder, "calendars", $"tw-{year}.json");
        return File.Exists(file) ? file : null;
    }
}
