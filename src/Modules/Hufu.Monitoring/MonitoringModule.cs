using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring;

/// <summary>Duty T5: what the rules found in the logs, and what people made of it.</summary>
public sealed class MonitoringModule : HufuModule
{
    public override string Key => "monitoring";

    public override LocalizedText Title => new("日誌與監控", "Logs and monitoring");

    public override string Duty => "T5";

    public override IReadOnlyList<RecordType> RecordTypes { get; } = [new AlertType(), new NotificationType(), new NotificationRuleType()];

    public override IReadOnlyList<IModelContribution> Tables { get; } = [new NotificationTables()];

    public override IReadOnlyList<SlotContent> Slots => [new(NotificationType.TypeKey, RecordSlot.Panel, typeof(NotificationPanel)), new(AlertType.TypeKey, RecordSlot.Panel, typeof(NotificationPanel))];

    public override void AddServices(IServiceCollection services)
    {
        Texts.Load(typeof(MonitoringModule).Assembly);
        services.AddSingleton<OpenIncidentFromAlert>();
        services.AddScoped<Notifying>();
        services.AddScoped<IRecordReaction, NotificationAnswers>();
        services.AddHostedService<NotificationWatch>();
    }
}
