using Hufu.Kernel;
using Hufu.Records;
using Hufu.Risk.Contracts;
using Option = Hufu.Records.Choice;

namespace Hufu.Risk;

/// <summary>Something of value that the organisation answers for: a machine, a program, data, a service, people, a place.</summary>
public sealed class Asset : Record
{
    /// <summary>The organisation's own number for it; unique among assets by agreement, and the key of an import.</summary>
    public string Code { get; set; } = "";

    public string Category { get; set; } = "";

    /// <summary>In lower case, short or with its domain.</summary>
    public string Hostname { get; set; } = "";

    /// <summary>Canonical IP addresses joined by <c>; </c>.</summary>
    public string Addresses { get; set; } = "";

    public string MacAddress { get; set; } = "";

    public string Custodian { get; set; } = "";

    public string Confidentiality { get; set; } = "";

    public string Integrity { get; set; } = "";

    public string Availability { get; set; } = "";

    /// <summary>The highest of the three; derived.</summary>
    public string Grade { get; set; } = "";

    public bool PersonalData { get; set; }

    public bool ExternalFacing { get; set; }

    public string Location { get; set; } = "";

    public string OperatingSystem { get; set; } = "";

    public string Vendor { get; set; } = "";

    public string Model { get; set; } = "";

    public string SerialNumber { get; set; } = "";

    /// <summary>Open services as scans saw them, one a line: <c>443/tcp https nginx 1.26</c>.</summary>
    public string Services { get; set; } = "";

    public DateOnly? InUseSince { get; set; }

    public DateOnly? LastSeenOn { get; set; }

    public string Remark { get; set; } = "";
}

/// <summary>資產.</summary>
public sealed class AssetType : RecordType<Asset>
{
    public const string TypeKey = "risk.asset";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("資產", "Asset");

    public override LocalizedText PluralName => new("資產清冊", "Asset inventory");

    public override string Route => "assets";

    public override string Prefix => "AST";

    public override string Icon => "asset";

    public override LocalizedText Purpose => new("登錄組織負責的軟硬體、資料、服務與場所，作為風險評鑑、弱點與事故的對象。", "The hardware, software, data, services and places that the organisation answers for: what risks, vulnerabilities and incidents are about.");

    public override IReadOnlyList<string> Outputs => ["O2.1.1"];

    public override IReadOnlyList<IndicatorActs> Indicators => [new("P2.1.1")];

    public AssetType() : base("資產名稱", "Asset name")
    {
        ImportBy(Text(x => x.Code, "資產編號", "Asset number", 60).InList()
            .Help("組織自己的編號（財產編號亦可）。匯入時依此辨識是否為同一資產。", "The organisation's own number, such as the property number. An import recognises an asset by it.")
            .Synonyms("資產代號", "資產代碼", "資產序號", "資訊資產編號", "財產編號", "財產號碼", "財編", "設備編號", "管理編號", "asset no", "asset id", "asset tag", "asset code", "inventory number", "property number"));
        Choice(x => x.Category, "資產類別", "Category",
            Option.Of("hardware", "硬體", "Hardware"),
            Option.Of("network", "網路設備", "Network equipment"),
            Option.Of("software", "軟體", "Software"),
            Option.Of("data", "資料", "Data"),
            Option.Of("service", "服務", "Service"),
            Option.Of("cloud", "雲端資源", "Cloud resource"),
            Option.Of("people", "人員", "People"),
            Option.Of("site", "場所與環境", "Site"),
            Option.Of("other", "其他", "Other")).Canonical(Kinds).Required().InList()
            .Synonyms("資產分類", "資產種類", "資產類型", "類別", "分類", "種類", "類型", "設備類別", "資訊資產類別", "asset category", "asset class", "asset type", "class", "type", "kind");
        Text(x => x.Custodian, "保管人", "Custodian", 100)
            .Help("實際保管或維護的人；負責資產安全的人請填「負責人」。", "Who keeps or maintains it; the person who answers for its security is the owner.")
            .Synonyms("保管者", "保管人員", "財產保管人", "資產保管人", "管理人", "管理者", "維護人員", "使用人", "asset custodian", "keeper", "administrator", "maintainer", "assigned to");
        Text(x => x.Location, "放置地點", "Location")
            .Synonyms("放置位置", "存放地點", "存放位置", "所在地", "設置地點", "安裝地點", "地點", "位置", "機房", "機櫃", "place", "site", "room", "rack", "building");

        Section("網路識別", "Network identity");
        Text(x => x.Hostname, "主機名稱", "Host name", 253).Canonical(AddressText.NormaliseHost)
            .Help("短名稱或完整網域名稱皆可；日誌、掃描與弱點依此對應到資產。", "Short or with its domain. Logs, scans and vulnerabilities find the asset by it.")
            .Synonyms("主機名", "主機", "電腦名稱", "機器名稱", "伺服器名稱", "完整網域名稱", "hostname", "host", "computer name", "machine name", "server name", "fqdn", "dns name");
        Text(x => x.Addresses, "IP 位址", "IP addresses", 1000).Canonical(AddressText.NormaliseList)
            .Help("可填多個，以分號、逗號、空白或換行分隔；IPv4 與 IPv6 皆可。", "Several may be given, apart by semicolon, comma, space or line break; IPv4 or IPv6.")
            .Synonyms("IP", "IP位址", "IPv4", "IPv6", "網路位址", "內部IP", "外部IP", "內網IP", "管理IP", "主機IP", "address", "ip address", "ip addr", "network address");
        Text(x => x.MacAddress, "MAC 位址", "MAC address", 60).Canonical(AddressText.NormaliseMac)
            .Synonyms("MAC位址", "網卡位址", "網路卡號", "實體位址", "mac", "mac addr", "physical address", "hardware address", "ethernet address");

        Section("價值", "Value");
        Level(x => x.Confidentiality, "機密性", "Confidentiality", "外洩時的影響。可填普、中、高或 1、2、3。", "What a leak would do. Low, medium, high or 1, 2, 3.", ["機密性等級", "機密性價值", "機密性評分", "機密", "C值", "C", "conf", "confidentiality level"]);
        Level(x => x.Integrity, "完整性", "Integrity", "遭竄改時的影響。", "What tampering would do.", ["完整性等級", "完整性價值", "完整性評分", "完整", "I值", "I", "integ", "integrity level"]);
        Level(x => x.Availability, "可用性", "Availability", "無法使用時的影響。", "What an outage would do.", ["可用性等級", "可用性價值", "可用性評分", "可用", "A值", "A", "avail", "availability level"]);
        Choice(x => x.Grade, "資產等級", "Grade", Levels.All).ReadOnly().InList()
            .Help("取機密性、完整性與可用性三者最高者，由系統計算。", "The highest of the three, computed.");
        Flag(x => x.PersonalData, "含個人資料", "Holds personal data");
        Flag(x => x.ExternalFacing, "對外服務", "Reachable from outside");

        Section("規格", "Specification");
        Text(x => x.OperatingSystem, "作業系統", "Operating system").Synonyms("作業系統版本", "作業系統名稱", "作業平台", "OS版本", "os", "os name", "os version", "platform");
        Text(x => x.Vendor, "廠牌", "Vendor").Synonyms("廠商", "廠商名稱", "品牌", "製造商", "原廠", "供應商", "manufacturer", "maker", "brand", "supplier");
        Text(x => x.Model, "型號", "Model").Synonyms("設備型號", "機型", "規格型號", "產品型號", "model name", "model no", "model number", "part number");
        Text(x => x.SerialNumber, "序號", "Serial number", 100).Synonyms("產品序號", "設備序號", "機器序號", "原廠序號", "機號", "SN", "serial", "serial no", "service tag");
        LongText(x => x.Services, "開放服務", "Open services", 8000)
            .Help("掃描看到的連接埠與服務，一行一項；合併掃描結果時會更新。", "Ports and services that scans saw, one a line; merging a scan updates them.");
        Date(x => x.InUseSince, "啟用日期", "In use since").Synonyms("啟用日", "開始使用日期", "取得日期", "購置日期", "採購日期", "上線日期", "驗收日期", "start date", "purchase date", "acquired", "go live date");
        Date(x => x.LastSeenOn, "最後發現日", "Last seen").Help("掃描或日誌最近一次看到它的日期。", "The last day on which a scan or a log saw it.");
        LongText(x => x.Remark, "備註", "Remark").Synonyms("備考", "附註", "說明", "註記", "描述", "用途", "remarks", "note", "notes", "comment", "description", "purpose");

        Rule(asset => AddressText.Split(asset.Addresses).FirstOrDefault(a => AddressText.Normalise(a) is null) is { } bad
            ? Error.Of("risk.asset.address", $"「{bad}」不是 IP 位址（例：192.0.2.10 或 2001:db8::10）。", $"“{bad}” is not an IP address (such as 192.0.2.10 or 2001:db8::10).", "addresses")
            : null);

        Workflow.State("draft", "盤點中", "In inventory", Tone.Info).State("active", "使用中", "In use", Tone.Good, open: false).State("retired", "已報廢", "Retired", Tone.Neutral, open: false);
        Workflow.Move("confirm", "確認", "Confirm", ["draft"], "active");
        Workflow.Move("reopen", "重新盤點", "Take stock again", ["active"], "draft");
        Workflow.Move("retire", "報廢", "Retire", ["draft", "active"], "retired").WithReason();
        Workflow.Move("restore", "恢復使用", "Put back into use", ["retired"], "active").WithReason();
        Sealed();
    }

    public override void Derive(Record record)
    {
        var asset = (Asset)record;
        asset.Grade = Levels.Highest(asset.Confidentiality, asset.Integrity, asset.Availability);
    }

    private void Level(System.Linq.Expressions.Expression<Func<Asset, string?>> property, string zh, string en, string helpZh, string helpEn, IReadOnlyList<string> synonyms) =>
        Choice(property, zh, en, Levels.All).Canonical(Levels.Canonical).Help(helpZh, helpEn).Synonyms(synonyms);

    // What inventories call things beside the choices themselves.
    private static string Kinds(string text) => text switch
    {
        "文件" or "紀錄" or "電子資料" or "資訊" => "data",
        "設備" or "主機" or "伺服器" or "電腦" => "hardware",
        "環境" or "環境設施" or "場所" or "機房" => "site",
        "通訊" or "網路" => "network",
        "雲端" or "雲端服務" => "cloud",
        "系統" or "應用系統" => "software",
        _ => text,
    };
}
