using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Risk;

/// <summary>What will be done about a risk, by whom and until when.</summary>
public sealed class RiskTreatmentPlan : Record
{
    public Guid? RiskId { get; set; }

    public string Measures { get; set; } = "";

    public string Resources { get; set; } = "";

    public string Result { get; set; } = "";
}

/// <summary>風險處理計畫.</summary>
public sealed class RiskTreatmentPlanType : RecordType<RiskTreatmentPlan>
{
    public const string TypeKey = "risk.treatment-plan";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("風險處理計畫", "Risk treatment plan");

    public override LocalizedText PluralName => new("風險處理計畫", "Risk treatment plans");

    public override string Route => "treatment-plans";

    public override string Prefix => "RTP";

    public override string Icon => "check";

    public override LocalizedText Purpose => new("訂定處理風險的措施、負責人與期限，核定後執行，並由另一人確認有效。", "Measures against a risk with an owner and a due date: approved, carried out, and found effective by another person.");

    public override IReadOnlyList<string> Outputs => ["O2.3.2"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P2.3.3", "verify", "not-effective"), new("P2.3.4", "create", "import", "update", "submit"), new("P2.3.5", "complete", "verify", "not-effective", "evidence")];

    public RiskTreatmentPlanType() : base("計畫名稱", "Plan")
    {
        Reference(x => x.RiskId, RiskType.TypeKey, "風險", "Risk").Required().InList().Help("這份計畫處理哪一項風險。", "The risk that this plan treats.");
        Markdown(x => x.Measures, "處理措施", "Measures").Required().Synonyms("控制措施", "改善措施", "處理對策", "measures");
        LongText(x => x.Resources, "所需資源", "Resources").Help("人力、經費、設備或委外。", "People, money, equipment or a contractor.");
        LongText(x => x.Result, "執行結果", "Result");

        Workflow.State("draft", "草稿", "Draft", Tone.Info).State("review", "審核中", "In review", Tone.Warn).State("approved", "已核定", "Approved", Tone.Info)
            .State("done", "已完成", "Done", Tone.Good).State("effective", "有效", "Effective", Tone.Good, open: false).State("cancelled", "已取消", "Cancelled", Tone.Neutral, open: false);
        Workflow.Move("submit", "送審", "Submit", ["draft"], "review").When<RiskTreatmentPlan>((plan, _) => plan.DueOn is null
            ? Error.Of("risk.plan.no-due", "請先填寫到期日。", "Set a due date first.", "dueOn")
            : null);
        Workflow.Move("approve", "核定", "Approve", ["review"], "approved", Right.Approve).SecondPerson("submit");
        Workflow.Move("reject", "退回", "Send back", ["review"], "draft", Right.Approve).SecondPerson("submit").WithReason();
        Workflow.Move("complete", "完成", "Complete", ["approved"], "done").WithEvidence();
        Workflow.Move("verify", "確認有效", "Find effective", ["done"], "effective", Right.Approve).SecondPerson("complete");
        Workflow.Move("not-effective", "未達成效", "Find not effective", ["done"], "approved", Right.Approve).SecondPerson("complete").WithReason();
        Workflow.Move("cancel", "取消", "Cancel", ["draft", "review", "approved"], "cancelled", Right.Approve).WithReason();
        Workflow.Lock("review", "done", "effective", "cancelled");
        Sealed();
    }
}
