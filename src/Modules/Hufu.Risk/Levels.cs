using Hufu.Records;

namespace Hufu.Risk;

/// <summary>The steps of value: 普, 中, 高 as the law grades systems, and 極高 for inventories that use four.</summary>
public static class Levels
{
    /// <summary>The choices, lowest first.</summary>
    public static readonly IReadOnlyList<Choice> All =
    [
        Choice.Of("low", "普", "Low"),
        Choice.Of("medium", "中", "Medium", Tone.Warn),
        Choice.Of("high", "高", "High", Tone.Bad),
        Choice.Of("very-high", "極高", "Very high", Tone.Critical),
    ];

    /// <summary>Reads what inventories write for a step: 1 2 3 4, 低, 普通.</summary>
    public static string Canonical(string text) => text switch
    {
        "1" or "低" or "普通" or "一般" or "L" or "l" => "low",
        "2" or "中等" or "M" or "m" => "medium",
        "3" or "高等" or "H" or "h" => "high",
        "4" or "非常高" or "機密" => "very-high",
        _ => text,
    };

    /// <summary>The highest of some steps; empty when none is known.</summary>
    public static string Highest(params ReadOnlySpan<string> levels)
    {
        var highest = -1;
        foreach (var level in levels)
            for (var i = 0; i < All.Count; i++)
                if (All[i].Code == level) highest = Math.Max(highest, i);
        return highest < 0 ? "" : All[highest].Code;
    }
}
