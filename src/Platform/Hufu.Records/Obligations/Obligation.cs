using Hufu.Kernel;

namespace Hufu.Records.Obligations;

/// <summary>What law, contract or policy demands: of whom, how often, from when. Its occurrences are what is due.</summary>
public sealed class Obligation : Record
{
    public string Demand { get; set; } = "";

    public string? DemandEn { get; set; }

    public string? TitleEn { get; set; }

    /// <summary>Where the fact was found.</summary>
    public string? Source { get; set; }

    public string? Law { get; set; }

    public string? Citation { get; set; }

    public string? LawVersion { get; set; }

    public DateOnly? ValidFrom { get; set; }

    public DateOnly? ValidUntil { get; set; }

    public string? Confidence { get; set; }

    /// <summary>Where the cycle comes from: the rule itself, another rule, or practice.</summary>
    public string? Basis { get; set; }

    /// <summary>To what it applies, as the source says it.</summary>
    public string? AppliesTo { get; set; }

    /// <summary>Codes of the standard's outputs, joined by <c>;</c>.</summary>
    public string? Outputs { get; set; }

    /// <summary>The role that owes it where no person is named.</summary>
    public string? OwnerRole { get; set; }

    public string? Recurrence { get; set; }

    /// <summary>RFC 5545 rule, or a number.</summary>
    public string? Rule { get; set; }

    /// <summary>ISO 8601 duration after the event.</summary>
    public string? Within { get; set; }

    public string? EventKey { get; set; }

    /// <summary>First due day of the series; the planner sets the end of the present period where nobody did.</summary>
    public DateOnly? StartOn { get; set; }

    public string? NextFrom { get; set; }

    public int LeadDays { get; set; } = 30;

    public int? EscalateBeforeDays { get; set; }

    public int EscalateAfterDays { get; set; } = 14;

    public string? Adjustment { get; set; }

    /// <summary>Stable name in the file it came from.</summary>
    public string? SourceId { get; set; }

    public string? Note { get; set; }

    /// <summary>The recurrence that its fields describe.</summary>
    public Result<Recurrence> ReadRecurrence() => Obligations.Recurrence.Parse(Recurrence, Rule, Within, EventKey);

    /// <summary>The output codes.</summary>
    public static IReadOnlyList<string> SplitOutputs(string? outputs) => (outputs ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>遵循義務.</summary>
public sealed class ObligationType : RecordType<Obligation>
{
    public ObligationType()
    {
        Text(x => x.TitleEn, "英文名稱", "English name");
        LongText(x => x.Demand, "要求", "Demand").Required().Help("以自己的話寫：要做什麼。", "In your own words: what must be done.");
        LongText(x => x.DemandEn, "要求（英文）", "Demand in English");
        Choice(x => x.OwnerRole, "負責角色", "Owner role", Roles).InList();
        Text(x => x.Outputs, "職能基準產出", "Outputs of the standard", 400).Help("產出代碼，以分號分隔，例：O8.2.3;O1.1.1", "Output codes separated by semicolons, such as O8.2.3;O1.1.1").InList();

        Section("來源", "Source");
        Text(x => x.Law, "法規或契約", "Law or contract").InList();
        Text(x => x.Citation, "條次", "Citation");
        Text(x => x.LawVersion, "版本", "Version", 40);
        Date(x => x.ValidFrom, "生效日", "Valid from");
        Date(x => x.ValidUntil, "失效日", "Valid until");
        Choice(x => x.Confidence, "可信度", "Confidence",
            Records.Choice.Of("official-text", "讀過官方文字", "Official text read", Tone.Good), Records.Choice.Of("secondary-corroborated", "多個公開來源一致", "Several public sources agree", Tone.Good),
            Records.Choice.Of("secondary-single", "單一公開來源", "One public source", Tone.Warn), Records.Choice.Of("conflicting", "來源不一致", "Sources disagree", Tone.Bad),
            Records.Choice.Of("unverified", "尚未證實", "Unverified", Tone.Warn), Records.Choice.Of("practice", "慣例", "Usual practice"), Records.Choice.Of("own", "本機關自訂", "Our own"));
        Choice(x => x.Basis, "週期依據", "Basis of the cycle", Records.Choice.Of("law", "法規明定", "Written in the rule"), Records.Choice.Of("derived", "由其他規定推得", "Follows from another rule"), Records.Choice.Of("practice", "慣例", "Usual practice"));
        Text(x => x.AppliesTo, "適用對象", "Applies to", 400);
        Text(x => x.Source, "事實出處", "Where it was found", 400);
        ImportBy(Text(x => x.SourceId, "來源代碼", "Source id", 80));

        Section("週期", "Cycle");
        Choice(x => x.Recurrence, "週期種類", "Recurrence",
            Records.Choice.Of("none", "一次", "Once"), Records.Choice.Of("rrule", "依規則", "By rule"), Records.Choice.Of("times-per-year", "每年數次", "Times a year"),
            Records.Choice.Of("every-n-calendar-years", "每數個曆年一次", "Every so many calendar years"), Records.Choice.Of("after-event", "事件發生後", "After an event")).Required().InList();
        Text(x => x.Rule, "規則或次數", "Rule or number").Help("FREQ=MONTHLY;INTERVAL=3，或次數、年數", "FREQ=MONTHLY;INTERVAL=3, or how many times or years");
        Text(x => x.EventKey, "事件", "Event", 80);
        Text(x => x.Within, "事件後期限", "Within", 40).Help("P1M：一個月；P30D：三十日；PT72H：七十二小時；空白：立即", "P1M: a month; P30D: thirty days; PT72H: 72 hours; empty: at once");
        Date(x => x.StartOn, "首次期限", "First due");
        Choice(x => x.NextFrom, "下次起算", "Next counts from", Records.Choice.Of("plan", "原訂期限", "The plan"), Records.Choice.Of("completion", "完成日", "Completion"));
        Choice(x => x.Adjustment, "遇休息日", "On a rest day", Records.Choice.Of("none", "不調整", "Stays"), Records.Choice.Of("next", "順延至次一工作日", "Next working day"), Records.Choice.Of("previous", "提前至前一工作日", "Working day before"));
        Number(x => x.LeadDays, "提前顯示天數", "Lead days").Range(0, 730);
        Number(x => x.EscalateBeforeDays, "到期前提醒天數", "Remind days before").Range(0, 730);
        Number(x => x.EscalateAfterDays, "逾期升級天數", "Escalate days after").Range(0, 730);
        Markdown(x => x.Note, "備註", "Note");

        Rule(x => x.ReadRecurrence() is { IsOk: false } bad ? bad.Errors[0] : null);
        Rule(x => x.ValidUntil < x.ValidFrom ? Error.Of("obligation.validity", "失效日早於生效日。", "It ends before it begins.", "validUntil") : null);
        Rule(x => Obligation.SplitOutputs(x.Outputs).FirstOrDefault(o => !IsOutput(o)) is { } bad ? Error.Of("obligation.output", $"產出代碼不正確：{bad}", $"This is no output code: {bad}", "outputs") : null);

        Workflow.State("draft", "草稿", "Draft", open: false).State("active", "生效中", "Active", Tone.Good).State("retired", "已停用", "Retired", open: false);
        Workflow.Move("activate", "啟用", "Activate", ["draft", "retired"], "active");
        Workflow.Move("retire", "停用", "Retire", ["active", "draft"], "retired").WithReason();
        Sealed();
    }

    /// <summary>The roles that may owe something.</summary>
    public static IReadOnlyList<Choice> Roles { get; } =
    [
        Records.Choice.Of("ciso", "資通安全長", "CISO"), Records.Choice.Of("security-engineer", "資訊安全工程師", "Security engineer"), Records.Choice.Of("system-owner", "系統負責人", "System owner"),
        Records.Choice.Of("auditor", "稽核人員", "Auditor"), Records.Choice.Of("hr", "人事", "Human resources"), Records.Choice.Of("all-staff", "全體人員", "All staff"),
    ];

    public override string Key => "compliance.obligation";

    public override LocalizedText Name => new("遵循義務", "Obligation");

    public override LocalizedText PluralName => new("遵循義務", "Obligations");

    public override string Route => "obligations";

    public override string Prefix => "OBL";

    public override string Icon => "scale";

    public override LocalizedText Purpose => new("法規、契約或政策要求什麼、向誰要求、多久一次。", "What law, contract or policy demands, of whom and how often.");

    // It belongs to the duty of compliance, but listing what is owed is not yet an output of it.
    public override IReadOnlyList<string> Tasks => ["T8.2"];

    private static bool IsOutput(string text)
    {
        var parts = text.Split('.');
        return parts is [['O', .. var duty], var task, var output] && Digits(duty) && Digits(task) && Digits(output);

        static bool Digits(string s) => s.Length is 1 or 2 && s.All(char.IsAsciiDigit);
    }
}

/// <summary>One time that an obligation is due.</summary>
public sealed class Occurrence : Record
{
    public Guid? ObligationId { get; set; }

    /// <summary>What the period is called: 2026-H1.</summary>
    public string? Period { get; set; }

    public DateOnly? PlannedOn { get; set; }

    /// <summary>The moment at which it is due where hours count.</summary>
    public DateTimeOffset? DueAt { get; set; }

    public DateOnly? PerformedOn { get; set; }

    /// <summary>0 quiet, 1 reminded, 2 overdue, 3 overdue for long.</summary>
    public int Escalation { get; set; }

    public string? Outputs { get; set; }

    public string? OwnerRole { get; set; }

    /// <summary>Number of the record whose event made it due.</summary>
    public string? Trigger { get; set; }

    /// <summary>What makes it the only one: the planned day, or day and trigger.</summary>
    public string? PlanKey { get; set; }

    public string? Note { get; set; }
}

/// <summary>應辦事項.</summary>
public sealed class OccurrenceType : RecordType<Occurrence>
{
    public OccurrenceType()
    {
        Reference(x => x.ObligationId, "compliance.obligation", "遵循義務", "Obligation").ReadOnly().InList();
        Text(x => x.Period, "期別", "Period", 40).ReadOnly().InList();
        Date(x => x.PlannedOn, "原訂期限", "Planned").ReadOnly();
        Instant(x => x.DueAt, "期限時刻", "Due at").ReadOnly();
        Date(x => x.PerformedOn, "執行日", "Performed on").InList().Help("實際完成的日期，不是登錄的日期。", "The day on which it was done, not the day of this entry.");
        Number(x => x.Escalation, "升級程度", "Escalation").Range(0, 3).ReadOnly().InList();
        Text(x => x.Outputs, "職能基準產出", "Outputs of the standard", 400).ReadOnly();
        Choice(x => x.OwnerRole, "負責角色", "Owner role", ObligationType.Roles).ReadOnly();
        Text(x => x.Trigger, "起因", "Caused by", 80).ReadOnly();
        Text(x => x.PlanKey, "計畫代碼", "Plan key", 120).ReadOnly();
        LongText(x => x.Note, "說明", "Note");
        var due = FindField("dueOn")!;
        due.ReadOnly = true;
        due.InList = true;

        Workflow.State("open", "待辦", "Open", Tone.Info).State("waiver-asked", "申請免辦", "Waiver asked", Tone.Warn).State("done", "已完成", "Done", Tone.Good, open: false).State("waived", "免辦", "Waived", open: false);
        Workflow.Move("complete", "完成", "Complete", ["open"], "done").WithEvidence().When<Occurrence>((o, _) =>
            o.PerformedOn is null ? Error.Of("occurrence.performed-on", "請先填寫執行日。", "Say on which day it was performed first.", "performedOn") : null);
        Workflow.Move("ask-waiver", "申請免辦", "Ask for a waiver", ["open"], "waiver-asked").WithReason();
        Workflow.Move("refuse-waiver", "不准免辦", "Refuse the waiver", ["waiver-asked"], "open", Right.Approve).WithReason();
        Workflow.Move("waive", "核准免辦", "Waive", ["waiver-asked"], "waived", Right.Approve).WithReason().SecondPerson("ask-waiver");
        Workflow.Move("reopen", "重新開啟", "Reopen", ["done", "waived"], "open", Right.Approve).WithReason();
        Workflow.Lock("waiver-asked", "done", "waived");
        Sealed();
    }

    public override string Key => "compliance.occurrence";

    public override LocalizedText Name => new("應辦事項", "Occurrence");

    public override LocalizedText PluralName => new("應辦事項", "Occurrences");

    public override string Route => "occurrences";

    public override string Prefix => "OCC";

    public override string Icon => "calendar";

    public override LocalizedText Purpose => new("義務的每一次到期：由誰、何時完成，以證據結案。", "Each time an obligation is due: who does it by when, closed by evidence.");

    public override IReadOnlyList<string> Tasks => ["T8.2"];

    public override bool CreatedByProduct => true;

    public override string DefaultSort => "dueOn";
}

/// <summary>An occurrence whose urgency has risen, and who should hear of it.</summary>
/// <param name="OccurrenceId">The occurrence.</param>
/// <param name="Number">Its number.</param>
/// <param name="Title">Its title.</param>
/// <param name="Level">1 reminded, 2 overdue, 3 overdue for long.</param>
/// <param name="DueOn">When it is due.</param>
/// <param name="OwnerRole">The role that owes it where no person is named.</param>
/// <param name="To">The people to tell: the owner, from level 2 the head of the unit, at level 3 the CISO.</param>
public sealed record Escalation(Guid OccurrenceId, string Number, string Title, int Level, DateOnly DueOn, string? OwnerRole, IReadOnlyList<Guid> To);
