namespace Hufu.Documents;

/// <summary>Yes and no as people write them in cells.</summary>
public static class YesNoText
{
    /// <summary>True or false; null for an empty or unknown text, and for "not applicable".</summary>
    public static bool? Read(string text) => TextCleaner.Clean(text).ToUpperInvariant() switch
    {
        "是" or "有" or "對" or "已" or "Y" or "YES" or "TRUE" or "T" or "1" or "V" or "O" or "○" or "◯" or "✓" or "✔" or "☑" or "■" or "啟用" or "ON" => true,
        "否" or "無" or "非" or "不是" or "沒有" or "未" or "N" or "NO" or "FALSE" or "F" or "0" or "X" or "×" or "✗" or "✘" or "☐" or "□" or "停用" or "OFF" => false,
        _ => null,
    };
}
