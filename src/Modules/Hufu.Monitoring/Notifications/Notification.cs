using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Monitoring;

/// <summary>That people were told of alerts: who, when, by what channel, and who answered.</summary>
public sealed class Notification : Record
{
    public Guid? RuleId { get; set; }

    /// <summary>Highest level of the alerts, in the words of Sigma.</summary>
    public string Level { get; set; } = "";

    public int AlertCount { get; set; }

    public DateTimeOffset? SentAt { get; set; }

    /// <summary>The step of the rule that was told last.</summary>
    public int Step { get; set; }

    /// <summary>When the next step is due; null once somebody has answered.</summary>
    public DateTimeOffset? AnswerBy { get; set; }

    public DateTimeOffset? AnsweredAt { get; set; }

    public Guid? AnsweredById { get; set; }

    /// <summary>What happened, one line each with its time, in both languages.</summary>
    public string Log { get; set; } = "";

    /// <summary>What people add: telephone calls, what was said.</summary>
    public string Remark { get; set; } = "";
}

/// <summary>通報紀錄.</summary>
public sealed class NotificationType : RecordType<Notification>
{
    public const string TypeKey = "monitoring.notification";

    internal const string Sent = "sent";
    internal const string Escalated = "escalated";
    internal const string Unanswered = "unanswered";
    internal const string Answered = "answered";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("通報紀錄", "Notification");

    public override LocalizedText PluralName => new("通報紀錄", "Notifications");

    public override string Route => "notifications";

    public override string Prefix => "NTF";

    public override string Icon => "bell";

    public override bool CreatedByProduct => true;

    public override LocalizedText Purpose => new("依通報規則通知了誰、何時、經由什麼管道、誰在何時確認；沒有人確認時升級給誰。", "Who was told of alerts by a notification rule, when, by what channel, who answered, and to whom it went when nobody did.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P5.3.3", "create", "answer")];

    public override IReadOnlyList<string> ShownWhenAsked => ["unitId", "updatedAt", "step"];

    /// <summary>What the stored title, which is searched, says in both languages, in each of them.</summary>
    public override LocalizedText TitleOf(Record record)
    {
        if (record is not Notification told || AlertType.LabelOf(told.Level) is not { } level) return base.TitleOf(record);
        if (told.AlertCount > 1) return TitleOf(told.AlertCount, level);
        var both = $"[{level.Zh} / {level.En}] ";
        return told.Title.StartsWith(both, StringComparison.Ordinal) && told.Title[both.Length..] is var rest ? new LocalizedText($"[{level.Zh}] {rest}", $"[{level.En}] {rest}") : base.TitleOf(record);
    }

    /// <summary>What several alerts are called together.</summary>
    internal static LocalizedText TitleOf(int alerts, LocalizedText level) => new($"{alerts} 則告警（最高等級：{level.Zh}）", $"{alerts} alerts, up to {level.En.ToLowerInvariant()}");

    public NotificationType() : base("內容", "About")
    {
        Choice(x => x.Level, "最高等級", "Highest level", AlertType.Levels).ReadOnly().InList();
        Number(x => x.AlertCount, "告警數", "Alerts").ReadOnly().InList();
        Instant(x => x.SentAt, "通知時間", "Told at").ReadOnly().InList();
        Number(x => x.Step, "目前階段", "Step").ReadOnly().InList();
        Instant(x => x.AnswerBy, "確認期限", "Answer by").ReadOnly();
        Instant(x => x.AnsweredAt, "確認時間", "Answered at").ReadOnly().InList();
        Person(x => x.AnsweredById, "確認人", "Answered by").ReadOnly().InList();
        Reference(x => x.RuleId, NotificationRuleType.TypeKey, "通報規則", "Notification rule").ReadOnly();
        LongText(x => x.Log, "經過", "What happened", 20_000).ReadOnly().InBothLanguages();
        LongText(x => x.Remark, "補充說明", "Remarks").Help("例如電話聯絡的對象與內容。", "For example whom you called and what was said.");

        Workflow.State(Sent, "待確認", "Waiting for an answer", Tone.Warn).State(Escalated, "已升級", "Escalated", Tone.Bad).State(Unanswered, "無人確認", "Nobody answered", Tone.Critical)
            .State(Answered, "已確認", "Answered", Tone.Good, open: false);
        Workflow.Move("answer", "確認收到", "Answer", [Sent, Escalated, Unanswered], Answered).OnKey('a');
        Workflow.Move("escalate", "升級", "Escalate now", [Sent], Escalated);
        Workflow.Move("give-up", "結束等候", "Stop waiting", [Sent, Escalated], Unanswered, Right.Administer).WithReason();
        Sealed();
    }
}
