using Hufu.Kernel;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Risk;

/// <summary>What may happen to an asset, how bad and how likely it is, and what the organisation decided to do about it.</summary>
public sealed class RiskRecord : Record
{
    public Guid? AssetId { get; set; }

    public string Threat { get; set; } = "";

    public string Weakness { get; set; } = "";

    public string ExistingControls { get; set; } = "";

    public int? Likelihood { get; set; }

    public int? Impact { get; set; }

    /// <summary>Likelihood times impact, 1 to 25; derived.</summary>
    public int? Level { get; set; }

    public string Treatment { get; set; } = "";

    public int? ResidualLikelihood { get; set; }

    public int? ResidualImpact { get; set; }

    /// <summary>Residual likelihood times residual impact; derived.</summary>
    public int? ResidualLevel { get; set; }

    public DateOnly? ReviewOn { get; set; }
}

/// <summary>風險.</summary>
public sealed class RiskType : RecordType<RiskRecord>
{
    public const string TypeKey = "risk.risk";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("風險", "Risk");

    public override LocalizedText PluralName => new("風險清單", "Risk register");

    public override string Route => "risks";

    public override string Prefix => "RSK";

    public override string Icon => "risk";

    public override LocalizedText Purpose => new("記錄資產面臨的威脅與弱點、風險大小，以及降低、接受、避免或轉移的決定。", "The threats and weaknesses that assets face, how large the risk is, and the decision to modify, retain, avoid or share it.");

    public override IReadOnlyList<string> Outputs => ["O2.2.2", "O2.3.1"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P2.2.2", "create", "import", "update", "assess", "reassess"), new("P2.3.1", "assess", "accept"), new("P2.3.2", "treat")];

    public RiskType() : base("風險名稱", "Risk")
    {
        Reference(x => x.AssetId, AssetType.TypeKey, "資產", "Asset").Synonyms("資產名稱", "資產編號", "受影響資產");
        LongText(x => x.Threat, "威脅", "Threat", 1000).Required().Help("可能發生什麼事，例如勒索軟體加密檔案。", "What may happen, such as ransomware encrypting files.").Synonyms("威脅來源", "威脅描述", "風險情境");
        LongText(x => x.Weakness, "脆弱點", "Weakness", 1000).Help("為什麼會發生，例如未更新修補程式。", "Why it could happen, such as missing patches.").Synonyms("弱點", "脆弱性", "弱點描述", "vulnerability");
        LongText(x => x.ExistingControls, "現有控制措施", "Existing controls").Synonyms("現行控制措施", "控制措施", "現有措施");

        Section("評估", "Evaluation");
        Number(x => x.Likelihood, "可能性", "Likelihood").Range(1, 5).Help("1 極低到 5 極高。", "1 very low to 5 very high.").Synonyms("發生機率", "機率", "發生可能性", "probability");
        Number(x => x.Impact, "衝擊", "Impact").Range(1, 5).Help("1 極低到 5 極高。", "1 very low to 5 very high.").Synonyms("影響", "衝擊程度", "影響程度");
        Number(x => x.Level, "風險值", "Level").ReadOnly().InList().Help("可能性乘衝擊，由系統計算（1 到 25）。", "Likelihood times impact, computed (1 to 25).");

        Section("處理", "Treatment");
        Choice(x => x.Treatment, "處理方式", "Treatment",
            Option.Of("modify", "降低", "Modify"),
            Option.Of("retain", "接受", "Retain"),
            Option.Of("avoid", "避免", "Avoid"),
            Option.Of("share", "轉移", "Share")).Canonical(t => t switch { "移轉" or "分擔" => "share", "減輕" or "緩解" => "modify", "保留" or "承受" => "retain", "迴避" or "規避" => "avoid", _ => t }).InList().Synonyms("風險處理方式", "處理對策", "因應方式");
        Number(x => x.ResidualLikelihood, "剩餘可能性", "Residual likelihood").Range(1, 5).Help("處理完成後預期的可能性。", "What is expected once treated.");
        Number(x => x.ResidualImpact, "剩餘衝擊", "Residual impact").Range(1, 5);
        Number(x => x.ResidualLevel, "剩餘風險值", "Residual level").ReadOnly().InList();
        Date(x => x.ReviewOn, "下次檢視日", "Review on").Help("接受的風險也要定期再看。", "An accepted risk is looked at again, too.");

        Workflow.State("identified", "已識別", "Identified", Tone.Info).State("assessed", "已評估", "Assessed", Tone.Warn).State("treating", "處理中", "Being treated", Tone.Warn)
            .State("accepted", "已接受", "Accepted", Tone.Good, open: false).State("closed", "已結案", "Closed", Tone.Good, open: false);
        Workflow.Move("assess", "完成評估", "Assess", ["identified"], "assessed").When<RiskRecord>((risk, _) => risk.Level is null
            ? Error.Of("risk.risk.not-rated", "請先填寫可能性與衝擊。", "Fill in likelihood and impact first.", risk.Likelihood is null ? "likelihood" : "impact")
            : null);
        Workflow.Move("treat", "開始處理", "Treat", ["assessed"], "treating").When<RiskRecord>((risk, _) => risk.Treatment.Length == 0
            ? Error.Of("risk.risk.no-treatment", "請先選擇處理方式。", "Choose a treatment first.", "treatment")
            : null);
        Workflow.Move("accept", "接受風險", "Accept", ["assessed", "treating"], "accepted", Right.Approve).SecondPerson("assess").WithReason().When<RiskRecord>((risk, _) => risk.Treatment != "retain" && risk.ResidualLevel is null
            ? Error.Of("risk.risk.nothing-to-accept", "請先選擇「接受」為處理方式，或評估剩餘風險。", "Choose to retain it first, or rate the residual risk.", "treatment")
            : null);
        Workflow.Move("close", "結案", "Close", ["treating"], "closed").WithEvidence().When<RiskRecord>((_, facts) => facts.OpenChildren.GetValueOrDefault(RiskTreatmentPlanType.TypeKey) is > 0 and var open
            ? Error.Of("risk.risk.open-plans", $"還有 {open} 件風險處理計畫未完成。", $"{open} treatment plans are still open.")
            : null);
        Workflow.Move("reassess", "重新評估", "Assess again", ["assessed", "treating", "accepted", "closed"], "identified").WithReason();
        Workflow.Lock("accepted", "closed");
        Sealed();
    }

    public override void Derive(Record record)
    {
        var risk = (RiskRecord)record;
        risk.Level = risk.Likelihood * risk.Impact;
        risk.ResidualLevel = risk.ResidualLikelihood * risk.ResidualImpact;
    }
}
