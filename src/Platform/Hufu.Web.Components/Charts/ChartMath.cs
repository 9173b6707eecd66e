using System.Globalization;

namespace Hufu.Web.Components;

/// <summary>Round numbers for axes.</summary>
internal static class ChartMath
{
    /// <summary>The next of 2, 4, 10, 20, 40, 100 …: its half is whole, so that the middle line can be labelled.</summary>
    public static double Ceiling(double value)
    {
        if (value <= 2)
            return 2;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        foreach (var factor in (ReadOnlySpan<double>)[1, 2, 4, 6, 8])
        {
            if (value <= factor * power)
                return factor * power;
        }

        return 10 * power;
    }

    /// <summary>At most about four characters: 950, 1.2k, 40k, 3M.</summary>
    public static string Short(double count) => count switch
    {
        < 1000 => count.ToString("0.#", CultureInfo.InvariantCulture),
        < 1_000_000 => (count / 1000).ToString("0.#", CultureInfo.InvariantCulture) + "k",
        < 1_000_000_000 => (count / 1_000_000).ToString("0.#", CultureInfo.InvariantCulture) + "M",
        _ => (count / 1_000_000_000).ToString("0.#", CultureInfo.InvariantCulture) + "G",
    };
}
