using Hufu.Kernel;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Isms;

/// <summary>A policy, procedure, instruction or form of the management system.</summary>
public sealed class IsmsDocument : Record
{
    /// <summary><c>1</c> policy to <c>4</c> form.</summary>
    public string Level { get; set; } = "";

    /// <summary>Version as printed on the document: <c>1.2</c>.</summary>
    public string Edition { get; set; } = "";

    public DateOnly? EffectiveOn { get; set; }

    public DateOnly? ReviewOn { get; set; }

    public string Content { get; set; } = "";
}

/// <summary>資訊安全文件.</summary>
public sealed class IsmsDocumentType : RecordType<IsmsDocument>
{
    public const string TypeKey = "isms.document";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("資訊安全文件", "Security document");

    public override LocalizedText PluralName => new("資訊安全文件", "Security documents");

    public override string Route => "documents";

    public override string Prefix => "DOC";

    public override string Icon => "document";

    public override LocalizedText Purpose => new("管理政策、程序、作業說明與表單的版本、核可、生效與檢視。", "Policies, procedures, instructions and forms with their versions, approval, effect and review.");

    public override IReadOnlyList<string> Outputs => ["O1.1.1"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P1.1.1")];

    public IsmsDocumentType() : base("文件名稱", "Document")
    {
        Choice(x => x.Level, "文件階層", "Tier",
            Option.Of("1", "一階：政策", "1: policy"),
            Option.Of("2", "二階：程序", "2: procedure"),
            Option.Of("3", "三階：作業說明", "3: instruction"),
            Option.Of("4", "四階：表單與紀錄", "4: form")).Required().InList().Synonyms("階層", "文件等級", "文件類別", "level");
        Text(x => x.Edition, "版次", "Version", 20).Required().InList().Help("文件上印的版次，例如 1.2；修改歷程由系統另外保存。", "As printed on the document, such as 1.2; the product keeps the history of edits by itself.").Synonyms("版本", "文件版次", "version", "edition", "revision");
        Date(x => x.EffectiveOn, "生效日期", "Effective on").Synonyms("生效日", "發行日期", "施行日期", "effective date");
        Date(x => x.ReviewOn, "下次檢視日", "Review on").Help("到期前應重新檢視內容是否仍適用。", "By then somebody looks whether it still fits.").Synonyms("檢視日期", "審查日期", "review date");
        Markdown(x => x.Content, "內容", "Content", 200000);

        Rule(document => document.ReviewOn <= document.EffectiveOn
            ? Error.Of("isms.document.review-before", "下次檢視日須晚於生效日期。", "The review must come after the document takes effect.", "reviewOn")
            : null);

        Workflow.State("draft", "草稿", "Draft", Tone.Info).State("review", "審核中", "In review", Tone.Warn).State("approved", "已核定", "Approved", Tone.Good, open: false).State("retired", "已廢止", "Retired", Tone.Neutral, open: false);
        Workflow.Move("submit", "送審", "Submit", ["draft"], "review").When<IsmsDocument>((document, _) => document.EffectiveOn is null
            ? Error.Of("isms.document.no-effect", "請先填寫生效日期。", "Fill in the effective date first.", "effectiveOn")
            : null);
        Workflow.Move("approve", "核定", "Approve", ["review"], "approved", Right.Approve).SecondPerson("submit");
        Workflow.Move("reject", "退回", "Send back", ["review"], "draft", Right.Approve).SecondPerson("submit").WithReason();
        Workflow.Move("revise", "修訂", "Revise", ["approved"], "draft").WithReason();
        Workflow.Move("retire", "廢止", "Retire", ["approved"], "retired", Right.Approve).WithReason();
        Workflow.Lock("review", "approved", "retired");
        Sealed();
    }
}
