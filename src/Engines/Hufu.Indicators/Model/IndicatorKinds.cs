using Hufu.Kernel;

namespace Hufu.Indicators;

/// <summary>The words for kinds, in files and for people.</summary>
public static class IndicatorKinds
{
    private static readonly (string Word, LocalizedText Name)[] Words =
    [
        ("ip", new("IP 位址", "IP address")), ("range", new("位址範圍", "Address range")), ("domain", new("網域名稱", "Domain name")), ("domain-tree", new("網域名稱及其下", "Domain name and below")), ("subdomains", new("其下網域名稱", "Names below a domain")),
        ("url", new("網址", "URL")), ("url-path", new("網址路徑", "Path of a URL")), ("hash", new("檔案雜湊", "File hash")), ("imphash", new("匯入表雜湊", "Import hash")), ("file", new("檔名", "File name")), ("path", new("檔案路徑", "File path")),
        ("email", new("電子郵件地址", "Email address")), ("registry", new("登錄機碼", "Registry key")), ("mutex", new("互斥鎖", "Mutex")), ("user-agent", new("用戶端識別", "User agent")), ("ja3", new("JA3 指紋", "JA3 fingerprint")), ("hassh", new("HASSH 指紋", "HASSH fingerprint")),
        ("account", new("帳號", "Account")), ("command", new("命令列", "Command line")),
    ];

    private static readonly LocalizedText PatternName = new("樣式", "Pattern");

    /// <summary>The word for a kind.</summary>
    public static string Word(IndicatorKind kind) => Words[(int)kind].Word;

    /// <summary>The kind of a word; null when there is none.</summary>
    public static IndicatorKind? Of(string word)
    {
        var at = Array.FindIndex(Words, entry => entry.Word == word);
        return at < 0 ? null : (IndicatorKind)at;
    }

    /// <summary>What people call a kind, or <c>pattern</c>.</summary>
    public static LocalizedText Name(string word) => Of(word) is { } kind ? Words[(int)kind].Name : word == "pattern" ? PatternName : new LocalizedText(word, word);
}
