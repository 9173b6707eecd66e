using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Monitoring.Logs;

/// <summary>What the checks of a day came to: of the time sources, of hosts that people checked by hand, and of the clocks of the log sources.</summary>
public sealed class TimeReview : Record
{
    public DateTimeOffset? From { get; set; }

    public DateTimeOffset? To { get; set; }

    public int Checks { get; set; }

    public int Good { get; set; }

    /// <summary>Off, not synchronised, refused, silent or bogus.</summary>
    public int Bad { get; set; }

    /// <summary>Checks whose text did not say how the clock stands: not evaluated, which is no pass.</summary>
    public int NotEvaluated { get; set; }

    /// <summary>Time sources in use of which there is no check in the period.</summary>
    public int Unchecked { get; set; }

    /// <summary>Largest offset that was measured, in milliseconds.</summary>
    public decimal? WorstOffset { get; set; }

    public int LogSources { get; set; }

    public int SkewedSources { get; set; }

    /// <summary>One line for each source, host and log source in trouble.</summary>
    public string Details { get; set; } = "";

    public string Remarks { get; set; } = "";
}

/// <summary>校時檢核紀錄.</summary>
public sealed class TimeReviewType : RecordType<TimeReview>
{
    public const string TypeKey = "logs.time-review";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("校時檢核紀錄", "Time check record");

    public override LocalizedText PluralName => new("校時檢核紀錄", "Time check records");

    public override string Route => "time-reviews";

    public override string Prefix => "TMR";

    public override string Icon => "clock";

    public override bool CreatedByProduct => true;

    public override LocalizedText Purpose => new(
        "每日由系統依實際檢查結果產生：各校時來源、人工檢查的主機、各日誌來源的時鐘。檢查的原始事件附為證據，由人員確認。",
        "Made each day from what was measured: the time sources, hosts that were checked by hand, and the clocks of the log sources. The events of the checks are its evidence; a person confirms it.");

    public override IReadOnlyList<string> Outputs => ["O5.4.2"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P5.4.3", "confirm"), new("P5.4.2", "follow-up")];

    public TimeReviewType() : base("名稱", "Name")
    {
        Instant(x => x.From, "起", "From").ReadOnly();
        Instant(x => x.To, "迄", "To").ReadOnly();
        Number(x => x.Checks, "檢查次數", "Checks").ReadOnly().InList();
        Number(x => x.Good, "正常", "Good").ReadOnly();
        Number(x => x.Bad, "異常", "In trouble").ReadOnly().InList();
        Number(x => x.NotEvaluated, "無法判定", "Not evaluated").ReadOnly();
        Number(x => x.Unchecked, "未受檢的校時來源", "Time sources without a check").ReadOnly().InList();
        Number(x => x.WorstOffset, "最大時間差（毫秒）", "Largest offset (ms)").ReadOnly().InList();
        Number(x => x.LogSources, "日誌來源", "Log sources").ReadOnly();
        Number(x => x.SkewedSources, "時鐘有誤的日誌來源", "Log sources with a wrong clock").ReadOnly().InList();
        LongText(x => x.Details, "明細", "Details", 20_000).ReadOnly();
        LongText(x => x.Remarks, "檢視意見", "Remarks").Help("看到什麼、請誰處理。", "What was seen, and who is to act.");

        Workflow.State("open", "待確認", "To be confirmed", Tone.Warn).State("followed", "處理中", "Being followed up", Tone.Info).State("confirmed", "已確認", "Confirmed", Tone.Good, open: false);
        Workflow.Move("follow-up", "交辦處理", "Follow up", ["open"], "followed").WithReason();
        Workflow.Move("confirm", "確認", "Confirm", ["open", "followed"], "confirmed");
        Workflow.Move("reopen", "重新檢視", "Reopen", ["confirmed"], "open").WithReason();
        Sealed();
    }
}
