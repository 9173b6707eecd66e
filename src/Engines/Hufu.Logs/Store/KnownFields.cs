using System.Text;

namespace Hufu.Logs;

/// <summary>
/// The fields that have a column of their own in files that were put together: those that most records of programs have and whose values hardly repeat. Beside their
/// like they need a third of what they need among all others, and a search for one reads no other.
/// </summary>
public static class KnownFields
{
    /// <summary>Their names, ordered as the fields of an event are. They are part of the layout: another list is another schema.</summary>
    public static IReadOnlyList<string> Names { get; } = ["dst_ip", "dst_port", "procid", "src_host", "src_ip", "src_port", "user"];

    private static readonly byte[][] Utf8 = [.. Names.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The names as UTF-8.</summary>
    internal static IReadOnlyList<byte[]> Bytes => Utf8;

    /// <summary>The column of one, in files and in <see cref="Table"/>.</summary>
    public static string ColumnOf(string name) => "field_" + name;

    /// <summary>
    /// Files of either layout as a table for others than the store: each known field has its column, NULL where it is among the <c>fields</c> of the event, as in files that
    /// were not put together.
    /// </summary>
    /// <param name="table">A table of DuckDB; with <c>read_parquet</c> every file is read by its own columns.</param>
    public static string TableOf(string table)
    {
        ArgumentNullException.ThrowIfNull(table);
        // By itself the database takes the columns of the first file for those of all.
        var at = table.Trim();
        if (at.StartsWith("read_parquet(", StringComparison.OrdinalIgnoreCase) && at.EndsWith(')') && !at.Contains("union_by_name", StringComparison.OrdinalIgnoreCase)) at = at[..^1] + ", union_by_name = true)";
        return $"(SELECT * FROM {at} UNION ALL BY NAME SELECT {string.Join(", ", Names.Select(name => $"NULL::VARCHAR AS {ColumnOf(name)}"))} WHERE false)";
    }

    /// <summary>What <see cref="Table"/> has of one for those who read all fields: NULL also where it is among the others.</summary>
    internal static string Apart(string name) => "apart_" + name;

    /// <summary>The place of a name among them; −1 for another.</summary>
    internal static int PlaceOf(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < Utf8.Length; i++)
        {
            if (name.SequenceEqual(Utf8[i])) return i;
        }

        return -1;
    }

    /// <summary>
    /// Files as a table that says the same of files of either layout: the columns of the known fields, <c>others</c> with all fields that have no column in the file, and
    /// <c>fields</c> with all.
    /// </summary>
    /// <param name="files">What reads the files.</param>
    /// <param name="apart">True for files in which known fields have a column.</param>
    internal static string Table(string files, bool apart) => (apart ? Of : OfWhole) + files + ")";

    private static readonly string Of =
        $"(SELECT * REPLACE (map_from_entries(list_sort(list_concat(map_entries(fields), list_filter([{string.Join(", ", Names.Select(name => $"{{'key': '{name}', 'value': {ColumnOf(name)}}}"))}], lambda e: e.value IS NOT NULL)))) AS fields), fields AS others, {string.Join(", ", Names.Select(name => $"{ColumnOf(name)} AS {Apart(name)}"))} FROM ";

    private static readonly string OfWhole =
        $"(SELECT *, fields AS others, {string.Join(", ", Names.Select(name => $"map_extract_value(fields, '{name}') AS {ColumnOf(name)}, NULL::VARCHAR AS {Apart(name)}"))} FROM ";
}
