using System.Text.RegularExpressions;
using DuckDB.NET.Data;

namespace Hufu.Logs.Search;

/// <summary>Asks the engine that will run a pattern (RE2, inside the database) whether it is one.</summary>
internal static class RegexCheck
{
    /// <summary>In front of every pattern: case does not matter and a dot is any character, unless the pattern says otherwise.</summary>
    public const string Prefix = "(?is)";

    private static readonly Lock Gate = new();
    private static DuckDBConnection? connection;

    /// <summary>What is wrong, with the place in the pattern from 0; null when it is good.</summary>
    public static (string What, int At)? Fault(string pattern)
    {
        lock (Gate)
        {
            try
            {
                if (connection is null)
                {
                    connection = new DuckDBConnection("DataSource=:memory:");
                    connection.Open();
                }

                using var command = connection.CreateCommand();
                command.CommandText = "SELECT regexp_matches('', $p)";
                command.Parameters.Add(new DuckDBParameter("p", Prefix + pattern));
                command.ExecuteScalar();
                return null;
            }
            catch (DuckDBException e)
            {
                // "Invalid Input Error: missing ): a(b": the part that is wrong comes last.
                var what = Regex.Replace(e.Message.Split('\n')[0], "^[A-Za-z ]*Error: ", "", RegexOptions.None, TimeSpan.FromSeconds(1));
                var colon = what.IndexOf(": ", StringComparison.Ordinal);
                var part = colon < 0 ? "" : what[(colon + 2)..];
                var at = part.Length == 0 ? -1 : pattern.IndexOf(part, StringComparison.Ordinal);
                return (colon < 0 ? what : what[..colon], Math.Max(0, at));
            }
        }
    }
}
