using System.Globalization;

namespace Hufu.Logs.ClickHouse;

/// <summary>
/// What a version of ClickHouse can do, as far as we make use of it. Below the version at which a feature is counted on, the thing is done the older way, which
/// newer servers understand as well. Run are 18.16 and 26.7; the versions between stand where their notes say that the feature is complete.
/// </summary>
/// <param name="Version">What the server says.</param>
/// <param name="Number">Year and month of it, as in 26.7.</param>
internal sealed record ClickHouseFeatures(string Version, (int Major, int Minor) Number)
{
    /// <summary>The oldest version that was run.</summary>
    public static readonly (int Major, int Minor) Oldest = (18, 16);

    private static readonly (int Major, int Minor) Typed = (24, 8);

    /// <summary>What the table has, which an older server may have made; absent where there is none yet.</summary>
    public bool? TypedTable { get; init; }

    /// <summary>Values are given beside the statement; otherwise they stand in it as escaped texts.</summary>
    public bool Parameters => Has(Typed);

    /// <summary>Maps, texts of few values, codecs of columns: otherwise two arrays and plain texts.</summary>
    public bool TypedColumns => TypedTable ?? Has(Typed);

    /// <summary>An insert may be answered before it is stored, and is bounded in its months, unless told otherwise.</summary>
    public bool InsertSettings => Has(Typed);

    /// <summary>Exact percentiles with interpolation; otherwise they are computed from the sorted values.</summary>
    public bool InclusiveQuantile => Has(Typed);

    /// <summary>Texts of numbers are read to the nearest number; otherwise whole and decimal ones are put together here, and others may differ in the last digit.</summary>
    public bool PreciseNumbers => Has((26, 2));

    /// <summary>What a pattern needs is read rightly where its escapes are simple.</summary>
    public bool PatternsRead => Has((26, 2));

    /// <summary>An index of the pieces of three characters of each record.</summary>
    public bool TextIndex => Has((26, 2));

    /// <summary>The lower case of all of Unicode by ICU; otherwise by tables of 2012.</summary>
    public bool UnicodeTables => Has((26, 2));

    /// <summary>A query ends when nobody waits for it any more.</summary>
    public bool CancelOnClose => Has(Typed);

    /// <summary>Reads what <c>version()</c> says; null for what is no version.</summary>
    public static ClickHouseFeatures? Of(string version)
    {
        var parts = version.Trim().Split('.');
        return parts.Length >= 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            ? new ClickHouseFeatures(version.Trim(), (major, minor))
            : null;
    }

    private bool Has((int Major, int Minor) since) => Number.CompareTo(since) >= 0;
}
