namespace Hufu.Logs;

/// <summary>
/// What earlier records of a file or connection say about later ones: the column names of W3C, Zeek and CSV logs. One for each stream, given with
/// each record in its order. Without it, or after a beginning that was not seen, such lines have no names and say so.
/// </summary>
public sealed class LogStream
{
    internal Parsing.TableHeader? Header { get; set; }
}
