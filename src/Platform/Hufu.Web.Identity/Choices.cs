using Hufu.Web.Components;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity;

/// <summary>Options that several pages offer.</summary>
internal static class Choices
{
    public static IReadOnlyList<Choice> Languages() => [new("zh-TW", "中文"), new("en", "English")];

    /// <summary>Responsibility levels.</summary>
    public static IReadOnlyList<Choice> Levels() => [new("", T("id.level-none")), .. "ABCDE".Select(l => new Choice(l.ToString(), T("id.level-of", l)))];

    public static IReadOnlyList<Choice> Themes() => [new("system", T("id.theme-system")), new("light", T("id.theme-light")), new("dark", T("id.theme-dark"))];
}
