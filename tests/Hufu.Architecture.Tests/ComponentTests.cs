using System.Text.RegularExpressions;

namespace Hufu.Architecture.Tests;

/// <summary>
/// A component that reads derives from the one that waits. One that overrides the framework's own asynchronous methods works on the embedded database,
/// where nothing waits, and draws half a page on a server.
/// </summary>
public partial class ComponentTests
{
    [Fact]
    public void No_component_draws_before_it_has_read()
    {
        var faults = Repository.Sources("src", ".razor", ".cs").Where(f => Path.GetFileName(f) != "LoadingComponent.cs" && !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && DrawsEarly().IsMatch(File.ReadAllText(f))).ToList();
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("protected override async Task OnInitializedAsync()")]
    [InlineData("protected override Task OnParametersSetAsync() => Task.CompletedTask;")]
    [InlineData("public override async Task SetParametersAsync(ParameterView parameters)")]
    public void A_planted_violation_is_caught(string planted) => Assert.Matches(DrawsEarly(), planted);

    [GeneratedRegex(@"override\s+(async\s+)?Task\s+(OnInitializedAsync|OnParametersSetAsync|SetParametersAsync)\b", RegexOptions.NonBacktracking)]
    private static partial Regex DrawsEarly();
}
