using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Monitoring;

/// <summary>The life of a rule that the product applies: one person proposes it, another puts it in force, and then it stays as it is.</summary>
public static class RuleWorkflow
{
    /// <summary>State of one that is applied.</summary>
    public const string Active = "active";

    public static void Declare(Workflow workflow)
    {
        workflow.State("draft", "草稿", "Draft", Tone.Info).State("review", "審核中", "In review", Tone.Warn).State(Active, "執行中", "Applied", Tone.Good).State("retired", "已停用", "Retired", Tone.Neutral, open: false);
        workflow.Move("submit", "送審", "Submit", ["draft"], "review");
        workflow.Move("approve", "核定", "Approve", ["review"], Active, Right.Approve).SecondPerson("submit");
        workflow.Move("reject", "退回", "Send back", ["review"], "draft", Right.Approve).SecondPerson("submit").WithReason();
        workflow.Move("retire", "停用", "Retire", [Active], "retired").WithReason();
        workflow.Lock("review", Active, "retired");
    }
}
