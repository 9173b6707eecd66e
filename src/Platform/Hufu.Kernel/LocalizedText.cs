namespace Hufu.Kernel;

/// <summary>A text in both languages of the product. Both are always there: a label without one of them does not compile.</summary>
/// <param name="Zh">Traditional Chinese as written in Taiwan (zh-TW).</param>
/// <param name="En">English.</param>
public sealed record LocalizedText(string Zh, string En)
{
    /// <summary>The text for a language tag: English for <c>en…</c>, otherwise Traditional Chinese.</summary>
    public string For(string language) => language.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? En : Zh;

    /// <summary>The text for the current UI culture.</summary>
    public override string ToString() => For(System.Globalization.CultureInfo.CurrentUICulture.Name);
}
