using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Incidents;

/// <summary>One thing that somebody has to do about an incident.</summary>
public sealed class IncidentTask : Record
{
    public Guid? IncidentId { get; set; }

    public string Instructions { get; set; } = "";

    public string Result { get; set; } = "";
}

/// <summary>事故處理工作.</summary>
public sealed class IncidentTaskType : RecordType<IncidentTask>
{
    public const string TypeKey = "incident.task";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("事故處理工作", "Incident task");

    public override LocalizedText PluralName => new("事故處理工作", "Incident tasks");

    public override string Route => "tasks";

    public override string Prefix => "TSK";

    public override string Icon => "check";

    public override LocalizedText Purpose => new("把事故處理拆成有負責人與期限的工作；全部完成才能結案。", "The response to an incident in pieces with an owner and a due date; all must end before the incident can be closed.");

    public override IReadOnlyList<string> Outputs => ["O7.2.2", "O7.4.2"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P7.2.2", "create", "start", "finish"), new("P7.4.2", "finish", "evidence")];

    public IncidentTaskType() : base("工作名稱", "Task")
    {
        Reference(x => x.IncidentId, IncidentType.TypeKey, "事故", "Incident").Required().InList();
        Markdown(x => x.Instructions, "作法", "Instructions", 8000);
        Markdown(x => x.Result, "結果", "Result", 8000).Help("做了什麼、看到什麼；完成前必填。", "What was done and seen; needed before it is done.");

        Workflow.State("todo", "待辦", "To do", Tone.Info).State("doing", "進行中", "Doing", Tone.Warn).State("done", "已完成", "Done", Tone.Good, open: false).State("dropped", "不執行", "Dropped", Tone.Neutral, open: false);
        Workflow.Move("start", "開始", "Start", ["todo"], "doing");
        Workflow.Move("finish", "完成", "Finish", ["todo", "doing"], "done").When<IncidentTask>((task, _) => string.IsNullOrWhiteSpace(task.Result)
            ? Error.Of("incident.task.no-result", "請先填寫結果。", "Fill in the result first.", "result")
            : null);
        Workflow.Move("drop", "不執行", "Drop", ["todo", "doing"], "dropped").WithReason();
        Workflow.Move("reopen", "重新開始", "Do again", ["done", "dropped"], "todo").WithReason();
        Sealed();
    }
}
