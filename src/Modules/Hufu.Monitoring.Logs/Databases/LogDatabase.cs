using Hufu.Kernel;
using Hufu.Logs.Rows;
using Hufu.Logs.Tail;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>A query whose rows are taken as events, on and on by a bookmark. The password is no field: see <see cref="DatabasePasswords"/>.</summary>
public sealed class LogDatabase : Record
{
    /// <summary>Key of a kind: <see cref="LogDatabaseType.Postgres"/> or <see cref="LogDatabaseType.Sqlite"/>.</summary>
    public string Kind { get; set; } = "";

    public string Host { get; set; } = "";

    public int? Port { get; set; }

    /// <summary>Name of the database on its server.</summary>
    public string Database { get; set; } = "";

    /// <summary>Account on the server.</summary>
    public string Account { get; set; } = "";

    /// <summary>How the way there is protected: verify, require or none; empty for verify.</summary>
    public string Tls { get; set; } = "";

    /// <summary>Certificates of authorities in PEM, one of which must have signed the server's; empty for those of the system.</summary>
    public string Authorities { get; set; } = "";

    /// <summary>Full path of a SQLite file.</summary>
    public string File { get; set; } = "";

    /// <summary>The query.</summary>
    public string Statement { get; set; } = "";

    /// <summary>The column of the bookmark.</summary>
    public string BookmarkColumn { get; set; } = "";

    /// <summary>What it is: integer, time or text.</summary>
    public string BookmarkKind { get; set; } = "";

    /// <summary>How it rises: strict or ties.</summary>
    public string Rising { get; set; } = "";

    /// <summary>A column that, with the bookmark, tells a row.</summary>
    public string UniqueColumn { get; set; } = "";

    /// <summary>How far before the highest bookmark is read again: numbers, or seconds.</summary>
    public int? Overlap { get; set; }

    /// <summary>True to pass over what is there when it is switched on for the first time.</summary>
    public bool FromNow { get; set; }

    /// <summary>The source that its events carry.</summary>
    public string Source { get; set; } = "";

    public string TimeColumn { get; set; } = "";

    /// <summary>IANA name of the zone of times that name none; empty for the site's.</summary>
    public string TimeZone { get; set; } = "";

    public string SeverityColumn { get; set; } = "";

    public string HostColumn { get; set; } = "";

    public string AppColumn { get; set; } = "";

    public string MessageColumn { get; set; } = "";

    /// <summary>Seconds between two questions; 30 when not said.</summary>
    public int? Every { get; set; }

    /// <summary>Most rows stored at once; 500 when not said.</summary>
    public int? Batch { get; set; }

    /// <summary>Longest time for a question, in seconds; 60 when not said.</summary>
    public int? Timeout { get; set; }
}

/// <summary>資料庫日誌來源.</summary>
public sealed class LogDatabaseType : RecordType<LogDatabase>
{
    public const string TypeKey = "logs.database";

    /// <summary>State of one that is read.</summary>
    public const string On = "on";

    public const string Postgres = "postgresql";

    public const string Sqlite = "sqlite";

    // Longest name of a column in PostgreSQL.
    private const int MaxColumn = 63;

    public override string Key => TypeKey;

    public override LocalizedText Name => new("資料庫日誌來源", "Log database");

    public override LocalizedText PluralName => new("資料庫日誌來源", "Log databases");

    public override string Route => "databases";

    public override string Prefix => "LDB";

    public override string Icon => "log";

    public override LocalizedText Purpose => new(
        "以查詢讀取 PostgreSQL 或 SQLite 中的紀錄（如稽核表、登入紀錄），依書籤逐批收下，不漏收也不重複。連線為唯讀；密碼另在紀錄頁設定，不會顯示。SQLite 檔案只能在管理者啟動時以 --log-folder 開放的資料夾內。",
        "Records in PostgreSQL or SQLite, such as tables of audits or sign-ins, are read by a query and taken on by a bookmark: none is lost, none is stored twice. The connection only reads; the password is set on the record's page and never shown. A SQLite file must lie in a folder that the operator opened with --log-folder.");

    public override IReadOnlyList<string> Outputs => ["O5.2.1"];

    public LogDatabaseType() : base("名稱", "Name")
    {
        Choice(x => x.Kind, "種類", "Kind", Option.Of(Postgres, "PostgreSQL", "PostgreSQL"), Option.Of(Sqlite, "SQLite 檔案", "SQLite file")).Required().InList();
        Text(x => x.Source, "來源名稱", "Source", 100).Required().InList().Help("日誌會帶著這個名稱，可用 source: 搜尋。", "The name that the events carry; search for it with source:.");
        Section("PostgreSQL", "PostgreSQL");
        Text(x => x.Host, "主機", "Host", 253).Canonical(h => h.Trim()).InList().Help("主機名稱或 IP 位址；虎符只會連線到這裡。", "Name or IP address; Hufu connects to nothing else.");
        Number(x => x.Port, "連接埠", "Port").Range(1, 65_535).Help("留空為 5432。", "Empty: 5432.");
        Text(x => x.Database, "資料庫", "Database", 63).InList();
        Text(x => x.Account, "帳號", "Account", 63).Help("請用只能 SELECT 該表的帳號。密碼於儲存後在紀錄頁設定。", "Take an account that may only SELECT that table. Its password is set on the record's page once this is saved.");
        Choice(x => x.Tls, "連線保護", "Protection", Option.Of("verify", "TLS，檢查憑證", "TLS, certificate checked"), Option.Of("require", "TLS，不檢查憑證", "TLS, certificate not checked"), Option.Of("none", "不加密", "Not encrypted")).Help("留空為檢查憑證。不檢查時，密碼只以 SCRAM 驗證，不會明文送出。", "Empty: the certificate is checked. When it is not, the password is used with SCRAM only and never sent in the clear.");
        LongText(x => x.Authorities, "伺服器憑證的簽發機構（PEM）", "Authorities of the server's certificate (PEM)", 20_000).Help("留空時使用系統信任的機構。", "Empty: those that the system trusts.");
        Section("SQLite", "SQLite");
        Text(x => x.File, "檔案", "File", 500).Canonical(p => p.Trim()).Help("完整路徑，例如 /srv/app/audit.db；以唯讀開啟。", "A full path, such as /srv/app/audit.db; it is opened to read only.");
        Section("查詢與書籤", "Query and bookmark");
        LongText(x => x.Statement, "查詢（SQL）", "Query (SQL)", 8_000).Required().Help("一個 SELECT，以 @after 代表書籤並依書籤排序，例如 SELECT * FROM audit WHERE id > @after ORDER BY id。", "One SELECT with @after for the bookmark, in its order, such as SELECT * FROM audit WHERE id > @after ORDER BY id.");
        Text(x => x.BookmarkColumn, "書籤欄位", "Bookmark column", MaxColumn).Required().Help("查詢結果中隨時間遞增的欄位。", "The column of the result that rises with time.");
        Choice(x => x.BookmarkKind, "書籤型別", "Type of bookmark", Option.Of("integer", "整數", "Whole number"), Option.Of("time", "時間", "Time"), Option.Of("text", "文字", "Text")).Required();
        Choice(x => x.Rising, "遞增方式", "How it rises", Option.Of("strict", "每列不同", "Each row another"), Option.Of("ties", "可能相同", "Rising with ties")).Required().Help("可能相同時，條件寫「>= @after」；同一書籤的列會重讀，已收過的略過。時間通常可能相同。", "With ties write “>= @after”: rows at the same bookmark are read again, and those already taken are passed over. Times usually have ties.");
        Text(x => x.UniqueColumn, "唯一欄位", "Unique column", MaxColumn).Help("與書籤合起來能分辨每一列的欄位；留空時以整列內容分辨。", "With the bookmark it tells each row; empty: rows are told by all that they hold.");
        Number(x => x.Overlap, "重讀範圍", "Overlap").Range(0, 1_000_000).Help("較小的書籤可能較晚提交（同時有多筆交易）時，每次重讀書籤之前的這段範圍：整數為號碼數，時間為秒。已收過的不會重複。", "Where rows with lower bookmarks may be committed later (several transactions at once), this much before the bookmark is read again each time: numbers, or seconds of a time. What was taken is not taken twice.");
        Flag(x => x.FromNow, "略過既有的列", "Pass over what is there").Help("第一次啟用時，只收之後新增的列。", "When it is switched on for the first time, only rows from then on are taken.");
        Number(x => x.Every, "間隔（秒）", "Interval (seconds)").Range(1, 86_400).Help("留空為 30。", "Empty: 30.");
        Number(x => x.Batch, "每批列數", "Rows a batch").Range(1, 5_000).Help("留空為 500。", "Empty: 500.");
        Number(x => x.Timeout, "查詢時限（秒）", "Time limit of the query (seconds)").Range(1, 600).Help("留空為 60。", "Empty: 60.");
        Section("欄位對應", "What the columns are");
        Text(x => x.TimeColumn, "時間欄位", "Time column", MaxColumn).Help("留空時以收到的時間為準。", "Empty: the time of receipt counts.");
        Text(x => x.TimeZone, "時區", "Time zone", 64).Canonical(z => z.Trim()).Help("未註明時區的時間所用，例如 Asia/Taipei、UTC；留空為站台時區。", "For times that name none, such as Asia/Taipei or UTC; empty: the site's.");
        Text(x => x.SeverityColumn, "嚴重度欄位", "Severity column", MaxColumn).Help("0 到 7，或 error、warning 等字。", "0 to 7, or words such as error and warning.");
        Text(x => x.HostColumn, "主機欄位", "Host column", MaxColumn);
        Text(x => x.AppColumn, "程式欄位", "Program column", MaxColumn);
        Text(x => x.MessageColumn, "訊息欄位", "Message column", MaxColumn).Help("留空時為整列的 JSON。其他欄位以原名成為日誌欄位。", "Empty: the row as JSON. Other columns become fields by their own names.");

        Workflow.State("off", "停用", "Off").State(On, "讀取中", "Reading", Tone.Good);
        Workflow.Move("start", "啟用", "Start", ["off"], On);
        Workflow.Move("stop", "停用", "Stop", [On], "off");
        Rule(d => AuditFeed.IsOwn(d.Source) ? AuditFeed.Reserved("source") : null);
        Rule(d => d.Kind != Postgres ? null : d.Host.Length == 0 ? Missing("host", "主機", "a host") : d.Database.Length == 0 ? Missing("database", "資料庫", "a database") : d.Account.Length == 0 ? Missing("account", "帳號", "an account") : null);
        // A socket of this machine would let the server's own account in, and a list is more than one host.
        Rule(d => d.Host.Any(c => !(char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or ':')) ? Error.Of("logs.database.host", "請只填主機名稱或位址。", "Give the name or address of the host alone.", "host") : null);
        Rule(d => ReceiverType.Authorities(d.Authorities) is null ? Error.Of("logs.receiver.authorities", "不是 PEM 格式的憑證。", "These are no certificates in PEM.", "authorities") : null);
        Rule(d => d.Kind == Sqlite && d.File.Length == 0 ? Missing("file", "檔案", "a file") : null);
        Rule(d => d.File.Length == 0 ? null : d.File.AsSpan().IndexOfAny('*', '?') >= 0 ? Error.Of("logs.database.file", "須為一個檔案，不可用樣式。", "This must be one file, not a pattern.", "file") : new TailFolders([]).Check(d.File) is { Code: "logs.tail.path" } error ? error with { Place = "file" } : null);
        Rule(d => d.Overlap > 0 && d.BookmarkKind == "text" ? Error.Of("logs.database.overlap", "文字書籤不能重讀。", "There is no overlap for bookmarks that are texts.", "overlap") : null);
        Rule(d => d.Statement.Length == 0 || d.BookmarkColumn.Length == 0 ? null : RowQuery.Check(d.Statement, d.BookmarkColumn, d.Rising == "ties" && (d.Overlap ?? 0) == 0));
        Rule(d => d.TimeZone.Length == 0 || TimeZoneInfo.TryFindSystemTimeZoneById(d.TimeZone, out _) ? null : Error.Of("logs.database.zone", "不是時區名稱，例如 Asia/Taipei。", "This is no name of a time zone, such as Asia/Taipei.", "timeZone"));
        Sealed();

        static Error Missing(string place, string zh, string en) => Error.Of("logs.database.missing", $"請填{zh}。", $"Give {en}.", place);
    }
}
