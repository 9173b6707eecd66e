using System.Xml.Linq;

namespace Hufu.Architecture.Tests;

/// <summary>Dependencies point one way. The checker itself is shown a planted violation of each rule.</summary>
public class DependencyTests
{
    [Fact]
    public void Every_project_refers_only_to_what_its_layer_may()
    {
        var faults = Repository.Sources("src", ".csproj").SelectMany(f => Faults(Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'), XDocument.Load(f))).ToList();
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("src/Engines/Hufu.Sigma/Hufu.Sigma.csproj", @"..\Hufu.Logs\Hufu.Logs.csproj")]
    [InlineData("src/Engines/Hufu.Logs/Hufu.Logs.csproj", @"..\..\Platform\Hufu.Records\Hufu.Records.csproj")]
    [InlineData("src/Platform/Hufu.Kernel/Hufu.Kernel.csproj", @"..\Hufu.Records\Hufu.Records.csproj")]
    [InlineData("src/Platform/Hufu.Records/Hufu.Records.csproj", @"..\Hufu.Web\Hufu.Web.csproj")]
    [InlineData("src/Platform/Hufu.Web/Hufu.Web.csproj", @"..\..\Modules\Hufu.Risk\Hufu.Risk.csproj")]
    [InlineData("src/Platform/Hufu.Web.Components/Hufu.Web.Components.csproj", @"..\Hufu.Records\Hufu.Records.csproj")]
    public void A_planted_violation_is_caught(string project, string reference)
    {
        var planted = new XDocument(new XElement("Project", new XElement("ItemGroup", new XElement("ProjectReference", new XAttribute("Include", reference)))));
        Assert.NotEmpty(Faults(project, planted));
    }

    private static IEnumerable<string> Faults(string project, XDocument file)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        foreach (var include in file.Descendants("ProjectReference").Select(r => ((string)r.Attribute("Include")!).Replace('\\', '/')))
        {
            var target = Path.GetFileNameWithoutExtension(include);
            var toEngine = include.Contains("Engines/", StringComparison.Ordinal) || (project.Contains("/Engines/", StringComparison.Ordinal) && !include.Contains("Platform/", StringComparison.Ordinal));
            var toModule = include.Contains("Modules/", StringComparison.Ordinal);
            var allowed = name switch
            {
                "Hufu.Kernel" => false,
                "Hufu.Records" or "Hufu.Web.Components" => target == "Hufu.Kernel",
                _ when project.Contains("/Engines/", StringComparison.Ordinal) => target == "Hufu.Kernel",
                _ when project.Contains("/Platform/", StringComparison.Ordinal) => !toModule,
                _ => true,
            };
            _ = toEngine;
            if (!allowed) yield return $"{name} → {target}";
        }
    }
}
