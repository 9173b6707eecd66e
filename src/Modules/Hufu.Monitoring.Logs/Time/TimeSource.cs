using System.Net;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Time;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>A server by which the organisation's clocks are set. While it is in use, it is asked for the time.</summary>
public sealed class TimeSource : Record
{
    /// <summary>A host name or an IP address.</summary>
    public string Address { get; set; } = "";

    public int? Port { get; set; }

    public string Kind { get; set; } = "";

    /// <summary>Why it was chosen.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Most that its clock and ours may differ, in milliseconds.</summary>
    public int? OffsetLimit { get; set; }

    /// <summary>Most that its root distance may be, in milliseconds.</summary>
    public int? DistanceLimit { get; set; }

    public int? StratumLimit { get; set; }

    /// <summary>Minutes from one check to the next.</summary>
    public int? Interval { get; set; }

    internal TimeLimits Limits => new((OffsetLimit ?? TimeSourceType.UsualOffset) / 1000.0, (DistanceLimit ?? TimeSourceType.UsualDistance) / 1000.0, StratumLimit ?? 15);
}

/// <summary>校時來源.</summary>
public sealed class TimeSourceType : RecordType<TimeSource>
{
    public const string TypeKey = "logs.time-source";

    /// <summary>State of one that is asked.</summary>
    public const string On = "on";

    internal const int UsualOffset = 1_000;
    internal const int UsualDistance = 1_000;
    internal const int UsualInterval = 60;

    public override string Key => TypeKey;

    public override LocalizedText Name => new("校時來源", "Time source");

    public override LocalizedText PluralName => new("校時來源", "Time sources");

    public override string Route => "time-sources";

    public override string Prefix => "TMS";

    public override string Icon => "clock";

    public override LocalizedText Purpose => new(
        "組織選定的時間同步源與選定理由。啟用後系統依設定的間隔向它詢問時間（NTP），記錄時間差、層級與根距離；停用時不送出任何封包。",
        "The sources of time that the organisation has chosen, and why. While one is in use it is asked over NTP at an interval, and offset, stratum and root distance are kept; while it is not, nothing is sent.");

    public override IReadOnlyList<string> Outputs => ["O5.4.1"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P5.4.1", "create", "update", "start")];

    public TimeSourceType() : base("名稱", "Name")
    {
        Choice(
            x => x.Kind, "類別", "Kind",
            Option.Of("national", "國家標準時間", "National time service"), Option.Of("own", "自建校時伺服器", "Own time server"), Option.Of("domain", "網域控制站", "Domain controller"), Option.Of("gnss", "衛星校時設備", "GNSS receiver"), Option.Of("cloud", "雲端平台", "Cloud platform"), Option.Of("other", "其他", "Other")).Required().InList();
        Text(x => x.Address, "位址", "Address", 253).Required().InList().Canonical(a => a.Trim().TrimEnd('.').ToLowerInvariant()).Help("主機名稱或 IP 位址；名稱只詢問查到的第一個位址。", "A host name or an IP address; of a name the first address is asked.");
        Number(x => x.Port, "連接埠", "Port").Range(1, 65_535).Help("留空為 123。", "123 when empty.");
        LongText(x => x.Reason, "選定理由", "Why it was chosen").Required().Help("可追溯性、可用性、與其他來源的關係。", "Traceability, availability, and how it stands to the others.");
        Section("檢核", "Checks");
        Number(x => x.OffsetLimit, "容許時間差（毫秒）", "Largest offset (ms)").Range(1, 3_600_000).Help("它與本系統主機時鐘的差；留空為 1000。", "Between its clock and this server's; 1000 when empty.");
        Number(x => x.DistanceLimit, "容許根距離（毫秒）", "Largest root distance (ms)").Range(1, 16_000).Help("到參考時鐘整段路徑的最大誤差；留空為 1000（RFC 5905 的 MAXDIST）。", "The greatest error along the path to the reference clock; 1000 when empty (MAXDIST of RFC 5905).");
        Number(x => x.StratumLimit, "最高層級", "Highest stratum").Range(1, 15).Help("留空為 15。", "15 when empty.");
        Number(x => x.Interval, "檢查間隔（分鐘）", "Minutes between checks").Range(1, 1_440).Help("留空為 60。對外部的公用伺服器請勿低於 15。", "60 when empty. Not below 15 for public servers of others.");

        Workflow.State("off", "未啟用", "Not in use").State(On, "使用中", "In use", Tone.Good);
        Workflow.Move("start", "啟用", "Start", ["off"], On);
        Workflow.Move("stop", "停用", "Stop", [On], "off");
        Rule(s => s.Address.Length == 0 || IsHost(s.Address) ? null : Error.Of("logs.time.address", "不是主機名稱或 IP 位址（不含連接埠）。", "This is no host name and no IP address (without a port).", "address"));
        Sealed();
    }

    /// <summary>Servers that anybody in Taiwan may use: the national standard of time, kept by the National Time and Frequency Standard Laboratory.</summary>
    internal static IReadOnlyList<string> Suggested { get; } = ["time.stdtime.gov.tw", "tock.stdtime.gov.tw", "watch.stdtime.gov.tw", "clock.stdtime.gov.tw", "tick.stdtime.gov.tw"];

    private static bool IsHost(string text) => IPAddress.TryParse(text, out _) || (text.Length <= 253 && text.Split('.').All(l => l.Length is > 0 and <= 63 && l[0] != '-' && l[^1] != '-' && l.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) && !text.Split('.')[^1].All(char.IsAsciiDigit));
}
