using System.Globalization;
using Hufu.Kernel;
using Hufu.Risk.Contracts;

namespace Hufu.Monitoring;

/// <summary>How urgent an alert is: the level of its rule, what the asset is worth, and what is known to be weak about it.</summary>
/// <param name="Value">1 to 100.</param>
/// <param name="Reasons">What it is made of, in both languages.</param>
public sealed record AlertScore(int Value, string Reasons)
{
    /// <summary>Level of an open risk from which it counts 5, and from which 10; of at most 25.</summary>
    private const int Weak = 10, VeryWeak = 15;

    /// <summary>The score of an alert.</summary>
    /// <param name="level">Level of the rule.</param>
    /// <param name="asset">The asset that it is about, if one is known.</param>
    /// <param name="risk">The highest open risk of that asset.</param>
    public static AlertScore Of(string level, AssetRef? asset, KnownRisk? risk)
    {
        var points = level switch
        {
            "informational" => 10,
            "low" => 25,
            "high" => 70,
            "critical" => 85,
            _ => 50,
        };
        var (zh, en) = (new List<string> { $"規則等級 {points}" }, new List<string> { $"level of the rule {points}" });
        Add(asset?.Grade switch { "low" => -10, "high" => 10, "very-high" => 15, _ => 0 }, "資產等級", "grade of the asset");
        if (risk is not null) Add(risk.Level >= VeryWeak ? 10 : risk.Level >= Weak ? 5 : 0, $"未處理風險 {risk.Number}", $"open risk {risk.Number}");
        return new AlertScore(Math.Clamp(points, 1, 100), KeptTexts.Line(new LocalizedText(string.Join("，", zh), string.Join(", ", en))));

        void Add(int more, string nameZh, string nameEn)
        {
            if (more == 0) return;
            points += more;
            var sign = more.ToString("+0;−0", CultureInfo.InvariantCulture);
            zh.Add($"{nameZh} {sign}");
            en.Add($"{nameEn} {sign}");
        }
    }
}
