using System.Globalization;

namespace Hufu.Ledger;

/// <summary>
/// Names of the files of a C2SP tlog-tiles log, relative to its folder, with forward slashes. A tile holds 256 hashes; the rightmost
/// tile of a level is partial and has its width in its name.
/// </summary>
public static class TilePath
{
    /// <summary>Hashes of a full tile, entries of a full bundle: 256.</summary>
    public const int Width = 256;

    /// <summary>The signed checkpoint.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>The level that stands for entry bundles where levels are numbers.</summary>
    internal const int Entries = -1;

    /// <summary>Path of a tile of hashes: <c>tile/L/N[.p/W]</c>.</summary>
    /// <param name="level">0 for leaf hashes; each higher level holds the roots of full tiles of the level below.</param>
    /// <param name="index">Index of the tile in its level.</param>
    /// <param name="width">Number of hashes, 256 for a full tile.</param>
    public static string OfTile(int level, long index, int width = Width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        return Of(level, index, width);
    }

    /// <summary>Path of an entry bundle: <c>tile/entries/N[.p/W]</c>.</summary>
    public static string OfEntries(long index, int width = Width) => Of(Entries, index, width);

    /// <summary>An index as tiles spell it: 1234067 is <c>x001/x234/067</c>.</summary>
    public static string OfIndex(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var path = (index % 1000).ToString("d3", CultureInfo.InvariantCulture);
        for (index /= 1000; index > 0; index /= 1000)
            path = string.Create(CultureInfo.InvariantCulture, $"x{index % 1000:d3}/{path}");
        return path;
    }

    internal static string Of(int level, long index, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Width);
        var full = $"{LevelFolder(level)}/{OfIndex(index)}";
        return width == Width ? full : string.Create(CultureInfo.InvariantCulture, $"{full}.p/{width}");
    }

    internal static string LevelFolder(int level) =>
        level == Entries ? "tile/entries" : string.Create(CultureInfo.InvariantCulture, $"tile/{level}");

    /// <summary>Reads a path below the log's folder; false when no file of a log has that path.</summary>
    internal static bool TryParse(string path, out int level, out long index, out int width)
    {
        (level, index, width) = (0, 0, Width);
        var parts = path.Split('/');
        if (parts.Length < 3 || parts[0] != "tile")
            return false;
        if (parts[1] == "entries")
            level = Entries;
        else if (!TryLevel(parts[1], out level))
            return false;
        var last = parts.Length - 1;
        if (parts[last - 1].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!Hufu.Ledger.Checkpoint.TryDecimal(parts[last], out var w) || w is < 1 or >= Width)
                return false;
            width = (int)w;
            parts[--last] = parts[last][..^2];
        }

        if (last is < 2 or > 7)
            return false;
        for (var i = 2; i <= last; i++)
        {
            var digits = parts[i].AsSpan();
            if (i < last)
            {
                if (!digits.StartsWith('x'))
                    return false;
                digits = digits[1..];
            }

            if (digits.Length != 3 || digits.ContainsAnyExceptInRange('0', '9'))
                return false;
            index = (index * 1000) + int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        return Of(level, index, width) == path;
    }

    private static bool TryLevel(string text, out int level)
    {
        var known = Hufu.Ledger.Checkpoint.TryDecimal(text, out var value) && value <= 63;
        level = known ? (int)value : 0;
        return known;
    }
}
