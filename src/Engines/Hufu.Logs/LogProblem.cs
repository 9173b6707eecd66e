using System.Collections.Frozen;
using System.Globalization;
using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>
/// What can be wrong with a record. An event keeps a code, behind it the values that the text names, each after a vertical bar
/// (<c>json.invalid|17</c>); <see cref="Text"/> gives the words. Events stored by earlier versions have words instead of codes, which stay as they are.
/// </summary>
public static class LogProblem
{
    /// <summary>Not an access line.</summary>
    public const string AccessNone = "access.none";

    /// <summary>Not a line of nginx's error log.</summary>
    public const string NginxErrorNone = "nginx-error.none";

    /// <summary>Not a line of Apache's error log.</summary>
    public const string ApacheErrorNone = "apache-error.none";

    /// <summary>The request line is not 'METHOD URI HTTP/x'.</summary>
    public const string AccessRequest = "access.request";

    /// <summary>The JSON is not an object.</summary>
    public const string JsonNoObject = "json.no-object";

    /// <summary>Not valid JSON at byte {0}.</summary>
    public const string JsonInvalid = "json.invalid";

    /// <summary>The JSON holds a text that is not Unicode.</summary>
    public const string JsonNotUnicode = "json.not-unicode";

    /// <summary>The time in '{0}' is not understood.</summary>
    public const string TimeUnread = "time.unread";

    /// <summary>No time stamp.</summary>
    public const string TimeNone = "time.none";

    /// <summary>More than {0} fields; the rest is in the raw line only.</summary>
    public const string FieldsTooMany = "fields.too-many";

    /// <summary>The name '{0}' occurs twice; the first is kept.</summary>
    public const string FieldTwice = "fields.twice";

    /// <summary>The record is not UTF-8; its bytes are kept.</summary>
    public const string NotUtf8 = "text.not-utf8";

    /// <summary>The record is longer than the limit and was cut.</summary>
    public const string RecordCut = "record.cut";

    /// <summary>A further piece of a record that is longer than the limit.</summary>
    public const string RecordPiece = "record.piece";

    /// <summary>The last piece of a record that is longer than the limit.</summary>
    public const string RecordLastPiece = "record.last-piece";

    /// <summary>The frame length is not a number; from here the stream is read by lines.</summary>
    public const string FrameLength = "frame.length";

    /// <summary>The stream ended inside the record.</summary>
    public const string StreamEnded = "frame.ended";

    /// <summary>PRI is missing or not a number from 0 to 191.</summary>
    public const string SyslogPriority = "syslog.pri";

    /// <summary>Column {0}: VERSION is not a number from 1 to 999.</summary>
    public const string SyslogVersion = "syslog.version";

    /// <summary>VERSION {0} is unknown; read as version 1.</summary>
    public const string SyslogVersionUnknown = "syslog.version-unknown";

    /// <summary>TIMESTAMP '{0}' is not as RFC 5424 §6.2.3 says.</summary>
    public const string SyslogTimestamp = "syslog.timestamp";

    /// <summary>'{0}' is not a day of any near year.</summary>
    public const string SyslogDay = "syslog.day";

    /// <summary>Column {0}: a space is missing before MSG.</summary>
    public const string SyslogMessageSpace = "syslog.message-space";

    /// <summary>Column {1}: {0} is missing.</summary>
    public const string SyslogHeaderMissing = "syslog.header-missing";

    /// <summary>{0} is longer than {1} characters.</summary>
    public const string SyslogHeaderLong = "syslog.header-long";

    /// <summary>{0} holds characters other than printable ASCII.</summary>
    public const string SyslogHeaderAscii = "syslog.header-ascii";

    /// <summary>STRUCTURED-DATA is missing.</summary>
    public const string StructuredMissing = "sd.missing";

    /// <summary>Column {0}: STRUCTURED-DATA is neither '-' nor in brackets.</summary>
    public const string StructuredNone = "sd.none";

    /// <summary>Column {0}: SD-ID must have 1 to 32 characters.</summary>
    public const string StructuredId = "sd.id";

    /// <summary>SD-ID '{0}' occurs twice.</summary>
    public const string StructuredIdTwice = "sd.id-twice";

    /// <summary>STRUCTURED-DATA is not closed.</summary>
    public const string StructuredOpen = "sd.open";

    /// <summary>Column {0}: a space or ']' was expected in STRUCTURED-DATA.</summary>
    public const string StructuredSpace = "sd.space";

    /// <summary>Column {0}: PARAM-NAME must have 1 to 32 characters.</summary>
    public const string StructuredName = "sd.name";

    /// <summary>Column {0}: '="' was expected in STRUCTURED-DATA.</summary>
    public const string StructuredEquals = "sd.equals";

    /// <summary>Column {0}: ']' is not escaped in PARAM-VALUE.</summary>
    public const string StructuredBracket = "sd.bracket";

    /// <summary>PARAM-VALUE is not closed.</summary>
    public const string StructuredValueOpen = "sd.value-open";

    /// <summary>Parameter '{0}' of '{1}' occurs twice; the last is kept.</summary>
    public const string StructuredNameTwice = "sd.name-twice";

    /// <summary>The file does not begin with the header of an event log.</summary>
    public const string EvtxFileHeader = "evtx.file-header";

    /// <summary>The checksum of the file header (byte 0) does not hold.</summary>
    public const string EvtxFileChecksum = "evtx.file-checksum";

    /// <summary>Version {0} of the event log is unknown; read as version 3.</summary>
    public const string EvtxFileVersion = "evtx.file-version";

    /// <summary>The file header (byte 42) names {0} chunks; there are {1}.</summary>
    public const string EvtxChunkCount = "evtx.chunk-count";

    /// <summary>{1} bytes at byte {0} are no chunk of events and were left out.</summary>
    public const string EvtxChunkMagic = "evtx.chunk-magic";

    /// <summary>The chunk at byte {0} has only {1} bytes: the file was cut.</summary>
    public const string EvtxChunkCut = "evtx.chunk-cut";

    /// <summary>The header checksum of the chunk at byte {0} does not hold.</summary>
    public const string EvtxChunkHeader = "evtx.chunk-header";

    /// <summary>The checksum over the records of the chunk at byte {0} does not hold.</summary>
    public const string EvtxChunkData = "evtx.chunk-data";

    /// <summary>The chunk at byte {0} names a wrong end of its records.</summary>
    public const string EvtxChunkEnd = "evtx.chunk-end";

    /// <summary>From byte {0} on, the rest of the chunk is above what is read of one chunk and was left out.</summary>
    public const string EvtxChunkLimit = "evtx.chunk-limit";

    /// <summary>There is no record at byte {0} where one should be; the next one was searched for.</summary>
    public const string EvtxRecordNone = "evtx.record-none";

    /// <summary>The record at byte {0} has an impossible size and was left out.</summary>
    public const string EvtxRecordSize = "evtx.record-size";

    /// <summary>The two sizes of the record at byte {0} differ.</summary>
    public const string EvtxRecordCopy = "evtx.record-copy";

    /// <summary>The record at byte {0} ends too early at byte {1} and was left out.</summary>
    public const string EvtxRecordEnds = "evtx.record-ends";

    /// <summary>The record at byte {0} has something at byte {1} that cannot stand there and was left out.</summary>
    public const string EvtxRecordToken = "evtx.record-token";

    /// <summary>The record at byte {0} points to a wrong place at byte {1} and was left out.</summary>
    public const string EvtxRecordOffset = "evtx.record-offset";

    /// <summary>The record at byte {0} is above what is read of one record at byte {1} and was left out.</summary>
    public const string EvtxRecordLimit = "evtx.record-limit";

    /// <summary>The record at byte {0} has something beside its event, which was left out.</summary>
    public const string EvtxRecordMore = "evtx.record-more";

    /// <summary>A text goes on behind a zero character; as in Windows it ends there.</summary>
    public const string EvtxTextHidden = "evtx.text-hidden";

    /// <summary>Not a CEF record.</summary>
    public const string CefNone = "cef.none";

    /// <summary>The CEF header has {0} of 7 parts.</summary>
    public const string CefHeader = "cef.header";

    /// <summary>Character {0}: '{1}' in the CEF extension is no name=value.</summary>
    public const string CefExtension = "cef.extension";

    /// <summary>Not a LEEF record.</summary>
    public const string LeefNone = "leef.none";

    /// <summary>The LEEF header has {0} of 5 parts.</summary>
    public const string LeefHeader = "leef.header";

    /// <summary>The LEEF delimiter '{0}' is neither a character nor a code; read with tabs.</summary>
    public const string LeefDelimiter = "leef.delimiter";

    /// <summary>Character {0}: the LEEF attribute '{1}' is no name=value.</summary>
    public const string LeefAttribute = "leef.attribute";

    /// <summary>No name=value in the record.</summary>
    public const string PairsNone = "kv.none";

    /// <summary>The quote of '{0}' is not closed.</summary>
    public const string PairsQuote = "kv.quote";

    /// <summary>Not an XML element.</summary>
    public const string XmlNone = "xml.none";

    /// <summary>Not well-formed XML at line {0}, character {1}.</summary>
    public const string XmlInvalid = "xml.invalid";

    /// <summary>XML nested more than {0} levels deep; the rest is in the raw line only.</summary>
    public const string XmlDeep = "xml.deep";

    /// <summary>No line before this one names the columns.</summary>
    public const string TableNoHeader = "table.no-header";

    /// <summary>The line has {0} values, the header {1}.</summary>
    public const string TableColumns = "table.columns";

    /// <summary>The quote of value {0} is not closed.</summary>
    public const string TableQuote = "table.quote";

    /// <summary>The decoder '{0}' does not know this record.</summary>
    public const string DecoderNone = "decoder.none";

    /// <summary>'{0}' in the archive is encrypted.</summary>
    public const string ArchiveEncrypted = "archive.encrypted";

    /// <summary>'{0}' is an archive in an archive.</summary>
    public const string ArchiveNested = "archive.nested";

    /// <summary>'{0}' in the archive is damaged.</summary>
    public const string ArchiveDamaged = "archive.damaged";

    /// <summary>The archive has more than {0} members.</summary>
    public const string ArchiveMembers = "archive.members";

    /// <summary>At '{0}' the archive unpacks to more than what is read of one.</summary>
    public const string ArchiveLarge = "archive.large";

    /// <summary>'{0}' unpacks to far more than logs do.</summary>
    public const string ArchiveRatio = "archive.ratio";

    /// <summary>The rest of a record that had been taken before its line ended.</summary>
    public const string RecordRest = "record.rest";

    private static readonly FrozenDictionary<string, LocalizedText> Texts = new Dictionary<string, LocalizedText>(StringComparer.Ordinal)
    {
        [AccessNone] = new("這行不是網站存取紀錄", "not an access line"),
        [NginxErrorNone] = new("這行不是 nginx 錯誤日誌", "not a line of nginx's error log"),
        [ApacheErrorNone] = new("這行不是 Apache 錯誤日誌", "not a line of Apache's error log"),
        [AccessRequest] = new("請求行不是「方法 網址 HTTP/x」", "the request line is not 'METHOD URI HTTP/x'"),
        [JsonNoObject] = new("JSON 不是物件", "the JSON is not an object"),
        [JsonInvalid] = new("第 {0} 位元組起不是有效的 JSON", "not valid JSON at byte {0}"),
        [JsonNotUnicode] = new("JSON 內有不是 Unicode 的文字", "the JSON holds a text that is not Unicode"),
        [TimeUnread] = new("看不懂「{0}」的時間", "the time in '{0}' is not understood"),
        [TimeNone] = new("沒有時間", "no time stamp"),
        [FieldsTooMany] = new("欄位超過 {0} 個，其餘只在原文裡", "more than {0} fields; the rest is in the raw line only"),
        [FieldTwice] = new("名稱「{0}」出現兩次，保留第一個", "the name '{0}' occurs twice; the first is kept"),
        [NotUtf8] = new("這筆不是 UTF-8，原始位元組已保留", "the record is not UTF-8; its bytes are kept"),
        [RecordCut] = new("這筆超過長度上限，已切段", "the record is longer than the limit and was cut"),
        [RecordPiece] = new("超過長度上限之紀錄的後續段落", "a further piece of a record that is longer than the limit"),
        [RecordLastPiece] = new("超過長度上限之紀錄的最後一段", "the last piece of a record that is longer than the limit"),
        [FrameLength] = new("訊框長度不是數字，由此開始逐行讀取", "the frame length is not a number; from here the stream is read by lines"),
        [StreamEnded] = new("資料流在這筆中間結束", "the stream ended inside the record"),
        [SyslogPriority] = new("PRI 缺少，或不是 0 至 191 的數字", "PRI is missing or not a number from 0 to 191"),
        [SyslogVersion] = new("第 {0} 欄：VERSION 不是 1 至 999 的數字", "column {0}: VERSION is not a number from 1 to 999"),
        [SyslogVersionUnknown] = new("未知的 VERSION {0}，當作版本 1 讀取", "VERSION {0} is unknown; read as version 1"),
        [SyslogTimestamp] = new("TIMESTAMP「{0}」不合 RFC 5424 §6.2.3", "TIMESTAMP '{0}' is not as RFC 5424 §6.2.3 says"),
        [SyslogDay] = new("「{0}」不是鄰近年份的日期", "'{0}' is not a day of any near year"),
        [SyslogMessageSpace] = new("第 {0} 欄：MSG 前缺少空格", "column {0}: a space is missing before MSG"),
        [SyslogHeaderMissing] = new("第 {1} 欄：缺少 {0}", "column {1}: {0} is missing"),
        [SyslogHeaderLong] = new("{0} 超過 {1} 個字元", "{0} is longer than {1} characters"),
        [SyslogHeaderAscii] = new("{0} 含有可列印 ASCII 以外的字元", "{0} holds characters other than printable ASCII"),
        [StructuredMissing] = new("缺少 STRUCTURED-DATA", "STRUCTURED-DATA is missing"),
        [StructuredNone] = new("第 {0} 欄：STRUCTURED-DATA 既不是「-」也不在方括號內", "column {0}: STRUCTURED-DATA is neither '-' nor in brackets"),
        [StructuredId] = new("第 {0} 欄：SD-ID 須為 1 至 32 個字元", "column {0}: SD-ID must have 1 to 32 characters"),
        [StructuredIdTwice] = new("SD-ID「{0}」出現兩次", "SD-ID '{0}' occurs twice"),
        [StructuredOpen] = new("STRUCTURED-DATA 沒有結尾", "STRUCTURED-DATA is not closed"),
        [StructuredSpace] = new("第 {0} 欄：STRUCTURED-DATA 這裡應為空格或「]」", "column {0}: a space or ']' was expected in STRUCTURED-DATA"),
        [StructuredName] = new("第 {0} 欄：PARAM-NAME 須為 1 至 32 個字元", "column {0}: PARAM-NAME must have 1 to 32 characters"),
        [StructuredEquals] = new("第 {0} 欄：STRUCTURED-DATA 這裡應為「=\"」", "column {0}: '=\"' was expected in STRUCTURED-DATA"),
        [StructuredBracket] = new("第 {0} 欄：PARAM-VALUE 內的「]」沒有跳脫", "column {0}: ']' is not escaped in PARAM-VALUE"),
        [StructuredValueOpen] = new("PARAM-VALUE 沒有結尾", "PARAM-VALUE is not closed"),
        [StructuredNameTwice] = new("「{1}」的參數「{0}」出現兩次，保留最後一個", "parameter '{0}' of '{1}' occurs twice; the last is kept"),
        [EvtxFileHeader] = new("檔案開頭不是事件記錄檔的檔頭", "the file does not begin with the header of an event log"),
        [EvtxFileChecksum] = new("檔頭（第 0 位元組）的檢查碼不符", "the checksum of the file header (byte 0) does not hold"),
        [EvtxFileVersion] = new("事件記錄檔版本 {0} 未知，仍照版本 3 讀取", "version {0} of the event log is unknown; read as version 3"),
        [EvtxChunkCount] = new("檔頭（第 42 位元組）說有 {0} 個區塊，實際有 {1} 個", "the file header (byte 42) names {0} chunks; there are {1}"),
        [EvtxChunkMagic] = new("第 {0} 位元組起的 {1} 位元組不是事件區塊，略過", "{1} bytes at byte {0} are no chunk of events and were left out"),
        [EvtxChunkCut] = new("第 {0} 位元組的區塊只有 {1} 位元組，檔案在此中斷", "the chunk at byte {0} has only {1} bytes: the file was cut"),
        [EvtxChunkHeader] = new("第 {0} 位元組的區塊，其標頭檢查碼不符", "the header checksum of the chunk at byte {0} does not hold"),
        [EvtxChunkData] = new("第 {0} 位元組的區塊，其紀錄檢查碼不符", "the checksum over the records of the chunk at byte {0} does not hold"),
        [EvtxChunkEnd] = new("第 {0} 位元組的區塊，其標頭所記的紀錄結尾不正確", "the chunk at byte {0} names a wrong end of its records"),
        [EvtxChunkLimit] = new("第 {0} 位元組起，這個區塊的其餘紀錄超過處理上限，略過", "from byte {0} on, the rest of the chunk is above what is read of one chunk and was left out"),
        [EvtxRecordNone] = new("第 {0} 位元組應是紀錄而不是，往後尋找下一筆", "there is no record at byte {0} where one should be; the next one was searched for"),
        [EvtxRecordSize] = new("第 {0} 位元組的紀錄，其長度不可能，略過", "the record at byte {0} has an impossible size and was left out"),
        [EvtxRecordCopy] = new("第 {0} 位元組的紀錄，前後兩個長度不一致", "the two sizes of the record at byte {0} differ"),
        [EvtxRecordEnds] = new("第 {0} 位元組的紀錄在第 {1} 位元組處不完整，略過", "the record at byte {0} ends too early at byte {1} and was left out"),
        [EvtxRecordToken] = new("第 {0} 位元組的紀錄在第 {1} 位元組處有不該出現的內容，略過", "the record at byte {0} has something at byte {1} that cannot stand there and was left out"),
        [EvtxRecordOffset] = new("第 {0} 位元組的紀錄在第 {1} 位元組處指向錯誤的位置，略過", "the record at byte {0} points to a wrong place at byte {1} and was left out"),
        [EvtxRecordLimit] = new("第 {0} 位元組的紀錄在第 {1} 位元組處超過處理上限，略過", "the record at byte {0} is above what is read of one record at byte {1} and was left out"),
        [EvtxRecordMore] = new("第 {0} 位元組的紀錄在事件之外另有內容，未納入", "the record at byte {0} has something beside its event, which was left out"),
        [EvtxTextHidden] = new("有文字在零字元之後還有內容；依 Windows 只顯示到零字元為止", "a text goes on behind a zero character; as in Windows it ends there"),
        [CefNone] = new("這筆不是 CEF", "not a CEF record"),
        [CefHeader] = new("CEF 標頭應有 7 段，只有 {0} 段", "the CEF header has {0} of 7 parts"),
        [CefExtension] = new("第 {0} 個字元：CEF 延伸欄位的「{1}」不是「名稱=值」", "character {0}: '{1}' in the CEF extension is no name=value"),
        [LeefNone] = new("這筆不是 LEEF", "not a LEEF record"),
        [LeefHeader] = new("LEEF 標頭應有 5 段，只有 {0} 段", "the LEEF header has {0} of 5 parts"),
        [LeefDelimiter] = new("LEEF 分隔符號「{0}」既不是一個字元也不是代碼，改以定位字元讀取", "the LEEF delimiter '{0}' is neither a character nor a code; read with tabs"),
        [LeefAttribute] = new("第 {0} 個字元：LEEF 屬性「{1}」不是「名稱=值」", "character {0}: the LEEF attribute '{1}' is no name=value"),
        [PairsNone] = new("這筆裡沒有「名稱=值」", "no name=value in the record"),
        [PairsQuote] = new("「{0}」的引號沒有結尾", "the quote of '{0}' is not closed"),
        [XmlNone] = new("這筆不是 XML 元素", "not an XML element"),
        [XmlInvalid] = new("第 {0} 行第 {1} 個字元起不是格式正確的 XML", "not well-formed XML at line {0}, character {1}"),
        [XmlDeep] = new("XML 巢狀超過 {0} 層，其餘只在原文裡", "XML nested more than {0} levels deep; the rest is in the raw line only"),
        [TableNoHeader] = new("這行之前沒有欄位名稱", "no line before this one names the columns"),
        [TableColumns] = new("這行有 {0} 個值，標頭有 {1} 欄", "the line has {0} values, the header {1}"),
        [TableQuote] = new("第 {0} 個值的引號沒有結尾", "the quote of value {0} is not closed"),
        [ArchiveEncrypted] = new("壓縮檔內的「{0}」已加密，未讀取", "'{0}' in the archive is encrypted and was not read"),
        [ArchiveNested] = new("「{0}」是壓縮檔裡的壓縮檔，未讀取；請解開後分別匯入", "'{0}' is an archive in an archive and was not read; unpack it and import it by itself"),
        [ArchiveDamaged] = new("壓縮檔內的「{0}」已損毀，損毀處之後未讀取", "'{0}' in the archive is damaged; what follows the damage was not read"),
        [ArchiveMembers] = new("壓縮檔內的檔案超過 {0} 個，其餘未讀取", "the archive has more than {0} members; the others were not read"),
        [ArchiveLarge] = new("讀到「{0}」時，壓縮檔解開後已超過大小上限，其餘未讀取", "at '{0}' the archive unpacks to more than what is read of one; the rest was not read"),
        [ArchiveRatio] = new("「{0}」解開後大得不像日誌，其餘未讀取", "'{0}' unpacks to far more than logs do; its rest was not read"),
        [RecordRest] = new("換行之前已先收下的紀錄，這是其餘部分", "the rest of a record that had been taken before its line ended"),
        [DecoderNone] = new("解碼器「{0}」不認得這筆", "the decoder '{0}' does not know this record"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All codes.</summary>
    public static IReadOnlyCollection<string> Codes => Texts.Keys;

    /// <summary>A problem with the values that its text names. A vertical bar in a value becomes a slash.</summary>
    public static string Of(string code, params ReadOnlySpan<object?> values)
    {
        foreach (var value in values) code += "|" + (Convert.ToString(value, CultureInfo.InvariantCulture) ?? "").Replace('|', '/');
        return code;
    }

    /// <summary>The code of a problem, without its values.</summary>
    public static string CodeOf(string problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var bar = problem.IndexOf('|', StringComparison.Ordinal);
        return bar < 0 ? problem : problem[..bar];
    }

    /// <summary>A problem in words. What is no known code is given back as it is.</summary>
    public static LocalizedText Text(string problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var parts = problem.Split('|');
        if (!Texts.TryGetValue(parts[0], out var text)) return new LocalizedText(problem, problem);
        return new LocalizedText(Fill(text.Zh, parts), Fill(text.En, parts));
    }

    // Not string.Format: a stored problem may have fewer values than its text has places, and its values may hold braces.
    private static string Fill(string text, string[] parts)
    {
        for (var i = 1; i < parts.Length; i++) text = text.Replace("{" + (i - 1).ToString(CultureInfo.InvariantCulture) + "}", parts[i], StringComparison.Ordinal);
        return text;
    }
}
