using Hufu.Kernel;

namespace Hufu.Web.Components;

/// <summary>The words inside the components.</summary>
public static class ComponentTexts
{
    /// <summary>Adds them to the catalogue; the host calls this once at start.</summary>
    public static void Load() => Texts.Load(typeof(ComponentTexts).Assembly);
}
