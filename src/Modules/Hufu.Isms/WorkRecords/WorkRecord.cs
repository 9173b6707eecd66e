using System.Text.RegularExpressions;
using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Isms;

/// <summary>Something that was done to keep the management system running, written down for an output of the standard.</summary>
public sealed class WorkRecord : Record
{
    /// <summary>Code of the output that it shows: <c>O1.1.2</c>.</summary>
    public string OutputCode { get; set; } = "";

    public DateOnly? PerformedOn { get; set; }

    public string Summary { get; set; } = "";
}

/// <summary>維運紀錄.</summary>
public sealed partial class WorkRecordType : RecordType<WorkRecord>
{
    public const string TypeKey = "isms.work-record";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("維運紀錄", "Work record");

    public override LocalizedText PluralName => new("維運紀錄", "Work records");

    public override string Route => "work-records";

    public override string Prefix => "WRK";

    public override string Icon => "edit";

    public override LocalizedText Purpose => new("記錄管理制度的日常工作，附上證據並由另一人核可，作為工作產出的佐證。", "What was done to run the management system, with evidence and another person's approval, for any output of the standard.");

    public override IReadOnlyList<string> Outputs => ["O1.1.2"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P1.1.1")];

    public WorkRecordType() : base("工作名稱", "Work")
    {
        Text(x => x.OutputCode, "工作產出代碼", "Output", 10).Required().InList().Canonical(text => text.ToUpperInvariant())
            .Help("這份紀錄佐證職能基準的哪一項產出，例如 O1.1.2。", "The output of the competency standard that it evidences, such as O1.1.2.").Synonyms("產出代碼", "工作產出", "output code");
        Date(x => x.PerformedOn, "執行日期", "Performed on").Required().InList().Help("實際做的日子，不是登錄的日子。", "The day it was done, not the day of writing.").Synonyms("日期", "執行日", "date");
        Markdown(x => x.Summary, "內容", "Summary").Required().Synonyms("說明", "工作內容", "description");

        Rule(work => work.OutputCode.Length > 0 && !OutputPattern().IsMatch(work.OutputCode)
            ? Error.Of("isms.work-record.output", $"「{work.OutputCode}」不是工作產出代碼（例：O1.1.2）。", $"“{work.OutputCode}” is not the code of an output (such as O1.1.2).", "outputCode")
            : null);

        Workflow.State("draft", "草稿", "Draft", Tone.Info).State("submitted", "待核可", "Submitted", Tone.Warn).State("approved", "已核可", "Approved", Tone.Good, open: false);
        Workflow.Move("submit", "送核", "Submit", ["draft"], "submitted");
        Workflow.Move("approve", "核可", "Approve", ["submitted"], "approved", Right.Approve).SecondPerson("submit");
        Workflow.Move("reject", "退回", "Send back", ["submitted"], "draft", Right.Approve).SecondPerson("submit").WithReason();
        Workflow.Move("reopen", "重啟", "Reopen", ["approved"], "draft").WithReason();
        Workflow.Lock("submitted", "approved");
        Sealed();
    }

    [GeneratedRegex(@"\AO[1-9]\.[0-9]{1,2}\.[0-9]\z", RegexOptions.NonBacktracking)]
    private static partial Regex OutputPattern();
}
