using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Logs.Receive;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>A port on which logs are received. While it is on, the server listens.</summary>
public sealed class Receiver : Record
{
    /// <summary>How records come: key of a <see cref="ReceiverTransport"/>.</summary>
    public string Transport { get; set; } = "";

    public string Address { get; set; } = "";

    public int? Port { get; set; }

    /// <summary>The source that its events carry.</summary>
    public string Source { get; set; } = "";

    /// <summary>Networks that may send, separated by commas, blanks or lines.</summary>
    public string Allowed { get; set; } = "";

    /// <summary>Name of the format that records are read as; empty to find out.</summary>
    public string Format { get; set; } = "";

    /// <summary>The site's decoder that reads every record.</summary>
    [Added(1)]
    public Guid? DecoderId { get; set; }

    /// <summary>Name of a PEM file in the folder <c>certificates</c> of the data folder; empty for the product's own certificate.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>Certificates of authorities in PEM, one of which must have signed the sender's; empty when senders need none.</summary>
    public string ClientAuthorities { get; set; } = "";
}

/// <summary>日誌接收埠.</summary>
public sealed class ReceiverType : RecordType<Receiver>
{
    public const string TypeKey = "logs.receiver";

    /// <summary>State of one that listens.</summary>
    public const string On = "on";

    private static readonly (string Key, ReceiverTransport Transport, LocalizedText Name)[] Transports =
    [
        ("udp", ReceiverTransport.Udp, new("Syslog／UDP", "Syslog over UDP")), ("tcp", ReceiverTransport.Tcp, new("Syslog／TCP", "Syslog over TCP")), ("tls", ReceiverTransport.Tls, new("Syslog／TLS", "Syslog over TLS")),
        ("relp", ReceiverTransport.Relp, new("RELP（逐筆確認）", "RELP (acknowledged)")), ("relp-tls", ReceiverTransport.RelpTls, new("RELP／TLS", "RELP over TLS")),
        ("gelf-udp", ReceiverTransport.GelfUdp, new("GELF／UDP", "GELF over UDP")), ("gelf-tcp", ReceiverTransport.GelfTcp, new("GELF／TCP", "GELF over TCP")),
    ];

    public override string Key => TypeKey;

    public override LocalizedText Name => new("日誌接收埠", "Log receiver");

    public override LocalizedText PluralName => new("日誌接收埠", "Log receivers");

    public override string Route => "receivers";

    public override string Prefix => "LRX";

    public override string Icon => "log";

    public override LocalizedText Purpose => new(
        "網路上的設備與主機把日誌送到這裡。啟用後伺服器即開始接收；停用後停止。UDP 遺失的筆數會計算並顯示；RELP 存妥才回覆。",
        "Where devices and hosts on the network send their logs. The server listens while it is on. What UDP loses is counted and shown; RELP answers when a record is stored.");

    public override IReadOnlyList<string> Outputs => ["O5.2.1"];

    public ReceiverType() : base("名稱", "Name")
    {
        Choice(x => x.Transport, "傳輸方式", "Transport", [.. Transports.Select(t => Option.Of(t.Key, t.Name.Zh, t.Name.En))]).Required().InList();
        Text(x => x.Address, "接收位址", "Address", 45).InList().Canonical(a => a.Trim()).Help("本機的 IP 位址；留空表示所有位址。", "An IP address of this machine; empty for all of them.");
        Number(x => x.Port, "連接埠", "Port").Required().Range(1, 65_535).InList().Help("514 等 1024 以下的埠需要系統權限；可改用 5514。", "Ports below 1024, such as 514, need rights of the system; 5514 does not.");
        Text(x => x.Source, "來源名稱", "Source", 100).Required().InList().Help("日誌會帶著這個名稱，可用 source: 搜尋。", "The name that the events carry; search for it with source:.");
        LongText(x => x.Allowed, "允許的來源網段", "Networks that may send", 4000).Required().Help("例如 10.1.0.0/16, 192.0.2.7；允許所有人請寫 0.0.0.0/0, ::/0。其他來源會被拒絕並計數。", "For example 10.1.0.0/16, 192.0.2.7; for everybody 0.0.0.0/0, ::/0. Others are refused and counted.");
        Choice(x => x.Format, "日誌格式", "Format", [.. LogFormats.All.Concat(LogFormats.Decoders).Select(f => Option.Of(f, f, f))]).Help("留空時逐筆自動判斷。", "Empty: each record is recognised by itself.");
        Reference(x => x.DecoderId, DecoderType.TypeKey, "自訂解碼器", "Decoder of your own").Help("以這個解碼器讀取每一筆；與日誌格式擇一。", "Reads every record; in place of a format.");
        Section("TLS", "TLS");
        Text(x => x.Certificate, "伺服器憑證檔", "Certificate file", 100).Help("資料夾 certificates 中含憑證與私密金鑰的 PEM 檔名；留空時使用虎符自行產生的憑證。", "Name of a PEM file with certificate and key in the folder “certificates” of the data folder; empty for a certificate that Hufu makes.");
        LongText(x => x.ClientAuthorities, "用戶端憑證的簽發機構（PEM）", "Authorities of client certificates (PEM)", 20_000).Help("填寫後，傳送端須出示由此機構簽發的憑證。", "When given, a sender must show a certificate that one of these has signed.");

        Workflow.State("off", "停用", "Off").State(On, "接收中", "Receiving", Tone.Good);
        Workflow.Move("start", "啟用", "Start", ["off"], On);
        Workflow.Move("stop", "停用", "Stop", [On], "off");
        Rule(r => r.Address.Length == 0 || IPAddress.TryParse(r.Address, out _) ? null : Error.Of("logs.receiver.address", "不是 IP 位址。", "This is no IP address.", "address"));
        Rule(r => r.Format.Length > 0 && r.DecoderId is not null ? Error.Of("logs.file.format", "日誌格式與自訂解碼器只能擇一。", "Either a format or a decoder, not both.", "decoderId") : null);
        Rule(r => AuditFeed.IsOwn(r.Source) ? AuditFeed.Reserved("source") : null);
        Rule(r => Networks(r.Allowed) is not { Count: > 0 } && r.Allowed.Length > 0 ? Error.Of("logs.receiver.networks", "網段有誤：請填如 10.1.0.0/16 或 192.0.2.7，以逗號分隔。", "A network is wrong: write 10.1.0.0/16 or 192.0.2.7, separated by commas.", "allowed") : null);
        Rule(r => r.Certificate.Length == 0 || IsFileName(r.Certificate) ? null : Error.Of("logs.receiver.file-name", "只能填檔名，不含路徑。", "Only the name of a file, without a path.", "certificate"));
        Rule(r => Authorities(r.ClientAuthorities) is null ? Error.Of("logs.receiver.authorities", "不是 PEM 格式的憑證。", "These are no certificates in PEM.", "clientAuthorities") : null);
        Sealed();
    }

    /// <summary>The transport of a key.</summary>
    internal static ReceiverTransport? TransportOf(string key) => Array.Find(Transports, t => t.Key == key) is { Key: not null } found ? found.Transport : null;

    /// <summary>The networks that a text names; null when one of them is none.</summary>
    internal static IReadOnlyList<IPNetwork>? Networks(string text)
    {
        var networks = new List<IPNetwork>();
        foreach (var part in text.Split([',', ';', ' ', '\n', '\r', '\t', '、', '，'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPNetwork.TryParse(part, out var network)) networks.Add(network);
            else if (!part.Contains('/', StringComparison.Ordinal) && IPAddress.TryParse(part, out var address)) networks.Add(new IPNetwork(address, address.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 ? 128 : 32));
            else return null;
        }

        return networks;
    }

    /// <summary>The certificates of a PEM text; null when it has none and is not empty.</summary>
    internal static IReadOnlyList<X509Certificate2>? Authorities(string pem)
    {
        var found = new X509Certificate2Collection();
        if (string.IsNullOrWhiteSpace(pem)) return [];
        try
        {
            found.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            return null;
        }

        return found.Count > 0 ? [.. found] : null;
    }

    private static bool IsFileName(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && !name.StartsWith('.');
}
