using System.Globalization;
using Hufu.Web.Components;

namespace Hufu.Web.Components.Gallery;

/// <summary>How a page is looked at.</summary>
public sealed record Look(string Path, string? Theme, string? Density);

/// <summary>An asset as a list shows it.</summary>
public sealed record SampleAsset(string Code, string Name, string Kind, string Owner, string Unit, string Confidentiality, string Integrity, string Availability, int Value, int Findings, string State, Tone Tone, DateOnly Due);

/// <summary>One record of a log.</summary>
public sealed record SampleEvent(DateTimeOffset At, SeverityLevel Level, string Host, string Source, string Message, string Who, string Address);

/// <summary>Made-up but plausible data, both languages.</summary>
public static class Sample
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 14, 5, 9, 123, TimeSpan.FromHours(8));

    public static DateOnly Today => DateOnly.FromDateTime(Now.DateTime);

    public static bool English => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "en";

    public static string L(string zh, string en) => English ? en : zh;

    public static IReadOnlyList<NavGroup> Nav(string path) =>
    [
        new(null,
        [
            Item("職務總覽", "Duty board", "/board", "board"), Item("我的待辦", "My work", "/parts", "inbox", "7", Tone.Warn), Item("行事曆", "Calendar", "/parts#calendar", "calendar"),
        ]),
        new(L("管理系統", "Management system"), [Item("制度文件", "Documents", "#d", "document"), Item("管理審查", "Management review", "#m", "scale")], false, "T1"),
        new(L("資產與風險", "Assets and risk"), [Item("資產清冊", "Asset register", "/assets", "asset"), Item("風險清單", "Risk register", "/record", "risk", "4", Tone.Bad), Item("風險圖", "Risk matrix", "/parts#matrix", "matrix")], true, "T2"),
        new(L("防護架構規劃", "Architecture"), [Item("網路架構", "Network", "#n", "network")], false, "T3"),
        new(L("系統維運與弱點", "Operations and vulnerabilities"), [Item("帳號與權限", "Access reviews", "#a", "key"), Item("弱點處理", "Vulnerabilities", "#v", "bug", "128"), Item("備份紀錄", "Backups", "#b", "database")], true, "T4"),
        new(L("監控與分析", "Monitoring"), [Item("日誌搜尋", "Log search", "/logs", "log"), Item("告警", "Alerts", "#al", "alert", "3", Tone.Critical), Item("偵測規則", "Detection rules", "#r", "query")], true, "T5"),
        new(L("雲端安全", "Cloud"), [Item("雲端服務", "Cloud services", "#c", "cloud")], false, "T6"),
        new(L("事故與營運持續", "Incidents and continuity"), [Item("資安事故", "Incidents", "#i", "incident", "1", Tone.Bad), Item("營運持續計畫", "Continuity plans", "#p", "continuity")], true, "T7"),
        new(L("法遵與稽核", "Compliance and audit"), [Item("遵循義務", "Obligations", "/form", "flag"), Item("證據庫", "Evidence", "#e", "evidence"), Item("帳本", "Ledger", "#l", "ledger")], true, "T8"),
        new(L("教育訓練", "Training"), [Item("課程", "Courses", "#t", "training")], false, "T9"),
    ];

    private static string path = "";

    public static IReadOnlyList<NavGroup> NavAt(string current)
    {
        path = current;
        return Nav(current);
    }

    private static NavItem Item(string zh, string en, string href, string icon, string? badge = null, Tone tone = Tone.Neutral) => new(L(zh, en), href.StartsWith('/') && English ? href + "?lang=en" : href, icon, badge, tone, href == path);

    public static ShellUser User => new(L("林怡君", "Yi-chun Lin"), L("資訊安全工程師・資訊室", "Security engineer, IT Office"),
    [
        new(L("個人設定", "Preferences"), "#prefs", "settings"), new(L("我的權限", "My rights"), "#rights", "key"), new(L("鍵盤快速鍵", "Keyboard shortcuts"), "#keys", "help", Hint: "?"), new(L("登出", "Sign out"), "/sign-out", "sign-out", Post: true),
    ]);

    public static IReadOnlyList<SampleAsset> Assets
    {
        get
        {
            (string Zh, string En, int Kind)[] names =
            [
                ("公文線上簽核系統", "Document approval system", 0), ("人事差勤管理系統", "Attendance system", 0), ("對外全球資訊網", "Public web site", 0), ("民眾線上申辦平臺", "Citizen services portal", 0), ("財務會計資料庫", "Finance database", 1),
                ("網域控制站 DC01", "Domain controller DC01", 2), ("網域控制站 DC02", "Domain controller DC02", 2), ("核心交換器 A 棟", "Core switch, building A", 3), ("次世代防火牆（主）", "Next-generation firewall (primary)", 3), ("次世代防火牆（備）", "Next-generation firewall (standby)", 3),
                ("電子郵件閘道", "Mail gateway", 3), ("備份伺服器 BK01", "Backup server BK01", 2), ("虛擬化主機叢集", "Virtualisation cluster", 2), ("檔案伺服器 FS01", "File server FS01", 2), ("日誌收容主機", "Log collector", 2),
                ("遠端存取 VPN 閘道", "Remote access VPN gateway", 3), ("無線網路控制器", "Wireless controller", 3), ("門禁管理系統", "Door access system", 0), ("機房環境監控系統", "Server room monitoring", 0), ("訪客 Wi-Fi 認證入口", "Guest Wi-Fi portal", 0),
                ("委外開發原始碼儲存庫", "Outsourced source code repository", 1), ("個人資料檔案清冊", "Personal data inventory", 1), ("資安事故通報程序書", "Incident reporting procedure", 4), ("憑證管理系統", "Certificate management", 0), ("行動裝置管理平臺", "Mobile device management", 0),
                ("視訊會議系統", "Video conferencing", 0), ("知識管理平臺", "Knowledge base", 0), ("測試環境資料庫", "Test database", 1), ("稽核軌跡資料集", "Audit trail data set", 1), ("弱點掃描主機", "Vulnerability scanner", 2),
                ("時間校時伺服器 NTP", "Time server (NTP)", 2), ("印表機管理伺服器", "Print server", 2), ("採購發包系統", "Procurement system", 0), ("單一登入服務", "Single sign-on", 0), ("地理圖資系統", "Geographic information system", 0),
                ("即時通訊服務", "Instant messaging", 0), ("研究資料倉儲", "Research data warehouse", 1), ("端點偵測回應管理主機", "EDR management server", 2), ("機房不斷電系統", "UPS of the server room", 3), ("舊版表單系統（待汰換）", "Legacy forms system (to be retired)", 0),
            ];
            string[] kinds = [L("應用系統", "Application"), L("資料", "Data"), L("伺服器", "Server"), L("網路設備", "Network device"), L("文件", "Document")];
            (string Zh, string En)[] owners = [("陳俊宏", "Chun-hung Chen"), ("林怡君", "Yi-chun Lin"), ("黃淑芬", "Shu-fen Huang"), ("張志明", "Chih-ming Chang"), ("李佩珊", "Pei-shan Li"), ("王建國", "Chien-kuo Wang"), ("吳雅婷", "Ya-ting Wu")];
            (string Zh, string En)[] units = [("資訊室", "IT Office"), ("人事室", "Personnel"), ("主計室", "Accounting"), ("秘書室", "Secretariat"), ("總務處", "General Affairs")];
            (string Text, Tone Tone)[] states = [(L("使用中", "In use"), Tone.Good), (L("盤點中", "Under review"), Tone.Info), (L("待覆核", "To be approved"), Tone.Warn), (L("使用中", "In use"), Tone.Good), (L("逾期未盤點", "Review overdue"), Tone.Bad), (L("已停用", "Retired"), Tone.Neutral)];
            string[] grades = [L("普", "Low"), L("中", "Mid"), L("高", "High")];
            return [.. names.Select((name, i) => new SampleAsset($"AST-2026-{i * 7 + 3:0000}", L(name.Zh, name.En), kinds[name.Kind], L(owners[i % 7].Zh, owners[i % 7].En), L(units[i * 3 % 5].Zh, units[i * 3 % 5].En), grades[(i + 2) % 3], grades[i * 2 % 3], grades[(i * 5 + 1) % 3], 3 + i * 7 % 10, i * 13 % 9 < 5 ? 0 : i * 13 % 23, states[i * 5 % 6 == 5 && i < 39 ? 0 : i == 39 ? 5 : i * 5 % 6].Text, states[i * 5 % 6 == 5 && i < 39 ? 0 : i == 39 ? 5 : i * 5 % 6].Tone, Today.AddDays(i * 17 % 120 - 12)))];
        }
    }

    public static IReadOnlyList<SampleEvent> Events
    {
        get
        {
            (SeverityLevel Level, string Host, string Source, string Message, string Who, string Address)[] kinds =
            [
                (SeverityLevel.Info, "dc01", "windows/security", "4624 An account was successfully logged on. LogonType=3 TargetUserName=yclin", "yclin", "10.20.4.31"),
                (SeverityLevel.Medium, "vpn-gw", "fortios/event", "type=\"event\" subtype=\"vpn\" action=\"ssl-login-fail\" user=\"admin\" reason=\"sslvpn_login_permission_denied\"", "admin", "203.0.113.77"),
                (SeverityLevel.Low, "web01", "nginx/access", "GET /apply/../../etc/passwd HTTP/1.1 404 153 \"curl/8.5.0\"", "–", "198.51.100.23"),
                (SeverityLevel.Info, "fw-a", "paloalto/traffic", "TRAFFIC,end,allow-dns,10.20.8.14,10.20.1.53,udp,53", "–", "10.20.8.14"),
                (SeverityLevel.High, "fs01", "windows/security", "4663 An attempt was made to access an object. ObjectName=D:\\人事\\薪資.xlsx AccessMask=0x2", "temp07", "10.20.6.90"),
                (SeverityLevel.Info, "mailgw", "postfix/smtpd", "connect from mx1.example.gov.tw[192.0.2.25]", "–", "192.0.2.25"),
                (SeverityLevel.Critical, "dc01", "windows/security", "4732 A member was added to a security-enabled local group. Group=Domain Admins Member=temp07", "temp07", "10.20.6.90"),
                (SeverityLevel.Low, "linux-07", "auth", "sshd[20711]: Failed password for invalid user oracle from 203.0.113.77 port 51122 ssh2", "oracle", "203.0.113.77"),
            ];
            int[] order = [0, 3, 1, 0, 2, 5, 3, 7, 7, 4, 0, 6, 3, 5, 0, 2, 1, 1, 3, 0, 7, 5, 3, 0, 4, 3, 0, 5, 2, 0, 3, 7];
            return [.. order.Select((kind, i) => new SampleEvent(Now.AddMilliseconds(-i * 1873 - i * i * 37), kinds[kind].Level, kinds[kind].Host, kinds[kind].Source, kinds[kind].Message, kinds[kind].Who, kinds[kind].Address))];
        }
    }

    public static IReadOnlyList<HistogramBucket> Buckets => [.. Enumerable.Range(0, 72).Select(i =>
    {
        var wave = 900 + 600 * Math.Sin((i - 20) / 11.0);
        return new HistogramBucket(Now.AddMinutes(-5).Date.AddHours(-10).AddMinutes(i * 20) is var at ? new DateTimeOffset(at, TimeSpan.FromHours(8)) : default, new Dictionary<SeverityLevel, long>
        {
            [SeverityLevel.Info] = (long)wave + i * 37 % 190,
            [SeverityLevel.Low] = 120 + i * 53 % 140,
            [SeverityLevel.Medium] = 30 + i * 29 % 70,
            [SeverityLevel.High] = i is > 44 and < 52 ? 190 + i * 17 % 90 : i * 7 % 20,
            [SeverityLevel.Critical] = i is 47 or 48 or 49 ? 90 : 0,
        }, $"/logs?from={i}");
    })];

    public static object[] Search(string q) =>
    [
        .. new[]
        {
            new { group = L("頁面", "Pages"), title = L("資產清冊", "Asset register"), subtitle = "T2.1", url = "/assets" },
            new { group = L("頁面", "Pages"), title = L("日誌搜尋", "Log search"), subtitle = "T5", url = "/logs" },
            new { group = L("頁面", "Pages"), title = L("職務總覽", "Duty board"), subtitle = "", url = "/board" },
        }.Concat(Assets.Select(asset => new { group = L("資產", "Assets"), title = asset.Name, subtitle = asset.Code, url = "/record" })).Where(hit => (hit.title + hit.subtitle).Contains(q, StringComparison.OrdinalIgnoreCase)).Take(12),
    ];

    public static object[] Pick(string type, string q) => type == "person"
        ? [.. Assets.Select(asset => asset.Owner).Distinct().Where(name => name.Contains(q, StringComparison.OrdinalIgnoreCase)).Select(name => new { value = name, label = name, subtitle = L("資訊室", "IT Office") })]
        : [.. Assets.Where(asset => (asset.Name + asset.Code).Contains(q, StringComparison.OrdinalIgnoreCase)).Take(10).Select(asset => new { value = asset.Code, label = asset.Name, subtitle = asset.Code })];
}
