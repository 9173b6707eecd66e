using System.Globalization;
using Hufu.Kernel;

namespace Hufu.Time;

/// <summary>The reasons behind verdicts.</summary>
internal static class TimeErrors
{
    internal static readonly Error NotSynchronised = Error.Of("time.not-synchronised", "未同步：它自己回報時鐘沒有同步。", "Not synchronised: it says so itself.");
    internal static readonly Error NotTold = Error.Of("time.not-told", "內容沒有說明時鐘是否已同步。", "The text does not say whether the clock is synchronised.");
    internal static readonly Error OffsetNotTold = Error.Of("time.offset-not-told", "自稱已同步，但沒有列出時間差。", "It says that it is synchronised but not how far it is off.");
    internal static readonly Error NoSource = Error.Of("time.no-source", "沒有任何來源被選用，時鐘未同步。", "No source is selected: the clock is not synchronised.");
    internal static readonly Error OwnClock = Error.Of("time.own-clock", "參考來源是它自己的時鐘，沒有外部校時來源。", "Its reference is its own clock: it follows no other source.");
    internal static readonly Error NoDaemon = Error.Of("time.no-daemon", "校時服務沒有回應：可能沒有執行。", "The time service does not answer: it may not run.");
    internal static readonly Error Inactive = Error.Of("time.service-inactive", "校時服務未啟用。", "The time service is not active.");
    internal static readonly Error Silent = Error.Of("time.silent", "在期限內沒有回應。", "No answer in time.");
    internal static readonly Error Refused = Error.Of("time.refused", "連接埠沒有開啟校時服務。", "Nothing listens at the port.");
    internal static readonly Error CryptoNak = Error.Of("time.ntp.crypto-nak", "伺服器拒絕驗證（crypto-NAK）。", "The server refuses the authentication (crypto-NAK).");
    internal static readonly Error Origin = Error.Of("time.ntp.origin", "回應的起始時戳不是送出的那一個：可能是偽造或重送的封包。", "The origin timestamp is not the one that was sent: a forged or repeated packet.");
    internal static readonly Error ZeroTransmit = Error.Of("time.ntp.zero-transmit", "回應沒有傳送時戳。", "The transmit timestamp is zero.");
    internal static readonly Error ZeroReceive = Error.Of("time.ntp.zero-receive", "回應沒有接收時戳。", "The receive timestamp is zero.");
    internal static readonly Error Backwards = Error.Of("time.ntp.backwards", "伺服器在收到之前就送出。", "The server sent before it received.");
    internal static readonly Error ReferenceAhead = Error.Of("time.ntp.reference-ahead", "參考時戳晚於傳送時戳。", "The reference timestamp lies after the transmit timestamp.");
    internal static readonly Error Delay = Error.Of("time.ntp.delay", "伺服器聲稱的處理時間比來回時間還長。", "The server claims to have taken longer than the whole round trip.");

    internal static Error StratumUnsynchronised(int stratum) => Error.Of("time.stratum-unsynchronised", $"層級 {stratum}：未同步。", $"Stratum {stratum}: not synchronised.");

    internal static Error StratumTooHigh(int stratum, int limit) => Error.Of("time.stratum-too-high", $"層級 {stratum} 高於上限 {limit}。", $"Stratum {stratum} is above the limit of {limit}.");

    internal static Error TooDistant(double distance, double limit) =>
        Error.Of("time.root-distance", $"根距離 {Seconds(distance)} 超過上限 {Seconds(limit)}：時間不可信。", $"The root distance of {Seconds(distance)} is above the limit of {Seconds(limit)}: its time is worth nothing.");

    internal static Error TooFarOff(double offset, double limit) =>
        Error.Of("time.off", $"時間差 {Seconds(Math.Abs(offset))} 超過上限 {Seconds(limit)}。", $"Off by {Seconds(Math.Abs(offset))}, above the limit of {Seconds(limit)}.");

    internal static Error Kiss(string code) => code switch
    {
        "DENY" or "RSTR" => Error.Of("time.kiss", $"伺服器拒絕提供服務（{code}）：依 RFC 5905 不得再詢問。", $"The server denies access ({code}): by RFC 5905 it must not be asked again."),
        "RATE" => Error.Of("time.kiss", "伺服器要求降低詢問頻率（RATE）。", "The server wants to be asked less often (RATE)."),
        _ => Error.Of("time.kiss", $"伺服器以代碼 {code} 拒絕。", $"The server refuses with the code {code}."),
    };

    internal static Error NotYet(string code) => Error.Of("time.not-yet", $"伺服器尚未同步（{code}）。", $"The server is not synchronised yet ({code}).");

    internal static Error Unreachable(string why) => Error.Of("time.unreachable", $"無法送達：{why}", $"It cannot be reached: {why}");

    internal static Error NoName(string host) => Error.Of("time.no-name", $"查不到名稱 {host} 的位址。", $"The name {host} has no address.");

    internal static Error Length(int bytes) => Error.Of("time.ntp.length", $"封包長度 {bytes} 不是 NTP 封包的長度。", $"A packet of {bytes} bytes is no NTP packet.");

    internal static Error Extension(int at) => Error.Of("time.ntp.extension", "延伸欄位的長度有誤。", "The length of an extension field is wrong.", string.Create(CultureInfo.InvariantCulture, $"byte {at}"));

    internal static Error Version(int version) => Error.Of("time.ntp.version", $"版本 {version} 不是 3 或 4。", $"Version {version} is neither 3 nor 4.");

    internal static Error Mode(int mode) => Error.Of("time.ntp.mode", $"模式 {mode} 不是伺服器的回應（4）。", $"Mode {mode} is not the answer of a server (4).");

    /// <summary>A length of time for a person, in the unit that fits.</summary>
    internal static string Seconds(double seconds) => Math.Abs(seconds) switch
    {
        >= 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###} s"),
        >= 1e-3 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0.###} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0.###} µs"),
    };
}
