using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Logs.Tail;
using Hufu.Records;
using Option = Hufu.Records.Choice;

namespace Hufu.Monitoring.Logs;

/// <summary>Files of this machine whose lines are taken as they are written.</summary>
public sealed class LogFile : Record
{
    /// <summary>Full path or pattern.</summary>
    public string Path { get; set; } = "";

    /// <summary>The source that its events carry.</summary>
    public string Source { get; set; } = "";

    /// <summary>Name of the format that records are read as; empty to find out.</summary>
    public string Format { get; set; } = "";

    /// <summary>The site's decoder that reads every record.</summary>
    public Guid? DecoderId { get; set; }

    /// <summary>How a record of several lines begins: see <see cref="LogParseOptions.RecordBegins"/>.</summary>
    public string RecordBegins { get; set; } = "";

    /// <summary>True to pass over what the files hold when they are followed for the first time.</summary>
    public bool FromEnd { get; set; }
}

/// <summary>日誌檔案.</summary>
public sealed class LogFileType : RecordType<LogFile>
{
    public const string TypeKey = "logs.file";

    /// <summary>State of one that is followed.</summary>
    public const string On = "on";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("日誌檔案", "Log file");

    public override LocalizedText PluralName => new("日誌檔案", "Log files");

    public override string Route => "files";

    public override string Prefix => "LFL";

    public override string Icon => "log";

    public override LocalizedText Purpose => new(
        "本機上持續寫入的日誌檔案。啟用後逐行收下；輪替、截斷、改名與壓縮都不會漏收或重複。只能讀取管理者啟動時以 --log-folder 開放的資料夾。",
        "Log files on this machine that are still written. Lines are taken as they come; rotation, truncation, renaming and packing neither lose nor repeat any. Only folders that the operator opened with --log-folder can be read.");

    public override IReadOnlyList<string> Outputs => ["O5.2.1"];

    public LogFileType() : base("名稱", "Name")
    {
        Text(x => x.Path, "路徑", "Path", 500).Required().InList().Canonical(p => p.Trim()).Help("完整路徑或樣式，例如 /var/log/nginx/*.log；「**」代表任意層資料夾。", "A full path or a pattern, such as /var/log/nginx/*.log; “**” stands for folders of any depth.");
        Text(x => x.Source, "來源名稱", "Source", 100).Required().InList().Help("日誌會帶著這個名稱，可用 source: 搜尋。", "The name that the events carry; search for it with source:.");
        Choice(x => x.Format, "日誌格式", "Format", [.. LogFormats.All.Concat(LogFormats.Decoders).Select(f => Option.Of(f, f, f))]).Help("留空時逐筆自動判斷。", "Empty: each record is recognised by itself.");
        Reference(x => x.DecoderId, DecoderType.TypeKey, "自訂解碼器", "Decoder of your own").Help("以這個解碼器讀取每一筆；與日誌格式擇一。", "Reads every record; in place of a format.");
        Text(x => x.RecordBegins, "紀錄的開頭", "How a record begins", 500).Help($"多行紀錄（如例外堆疊）：填寫開頭的樣式，例如 {{_:num}}-{{_:num}}-{{_:num}}；填 {LogParseOptions.Indented} 表示縮排的行屬於前一筆。留空表示每行一筆。", $"For records of several lines, such as stack traces: the pattern of a first line, such as {{_:num}}-{{_:num}}-{{_:num}}; {LogParseOptions.Indented} when indented lines belong to the one before. Empty: each line is a record.");
        Flag(x => x.FromEnd, "略過既有內容", "Pass over what is there").Help("第一次啟用時，只收之後寫入的內容。", "When it is switched on for the first time, only what is written from then on is taken.");

        Workflow.State("off", "停用", "Off").State(On, "追蹤中", "Following", Tone.Good);
        Workflow.Move("start", "啟用", "Start", ["off"], On);
        Workflow.Move("stop", "停用", "Stop", [On], "off");
        Rule(f => AuditFeed.IsOwn(f.Source) ? AuditFeed.Reserved("source") : null);
        // Which folders are open is the server's to say, when it is followed; a path that leads elsewhere than it says is none anywhere.
        Rule(f => f.Path.Length > 0 && new TailFolders([]).Check(f.Path) is { Code: "logs.tail.path" } error ? error : null);
        Rule(f => LogParseOptions.CheckBegins(f.RecordBegins) is { } error ? error with { Place = "recordBegins" } : null);
        Rule(f => f.Format.Length > 0 && f.DecoderId is not null ? Error.Of("logs.file.format", "日誌格式與自訂解碼器只能擇一。", "Either a format or a decoder, not both.", "decoderId") : null);
        Sealed();
    }
}
