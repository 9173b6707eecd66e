namespace Hufu.Logs;

/// <summary>A field and how many events of a sample have it.</summary>
/// <param name="Name">The name that searches use.</param>
/// <param name="Events">Events of the sample that have it.</param>
/// <param name="IsCommon">True for an ECS name: what sources call by their own names.</param>
public sealed record LogFieldShare(string Name, int Events, bool IsCommon)
{
    // Those that stand for a whole text are searched by words, not by values.
    private static readonly string[] Columns = ["source", "host", "app", "severity", "facility", "src_ip", "format"];

    /// <summary>Every field that events have, with the columns first, then by how many have it, then by name.</summary>
    /// <param name="sample">The events.</param>
    /// <param name="most">Most fields to give.</param>
    public static IReadOnlyList<LogFieldShare> Of(IReadOnlyList<LogEvent> sample, int most = 500)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        // Many events have the same names; what they mean in ECS is found once for each set of names.
        var meanings = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var item in sample)
        {
            foreach (var column in Columns)
                if (!string.IsNullOrEmpty(item.Field(column))) Count(column);
            foreach (var name in item.Fields.Keys) Count(name);
            foreach (var name in Meanings(item)) Count(name);
        }

        return [.. counts.Select(c => new LogFieldShare(c.Key, c.Value, EcsNames.SourcesOf(c.Key) is not null))
            .OrderBy(f => Array.IndexOf(Columns, f.Name) is >= 0 and var at ? at : int.MaxValue).ThenByDescending(f => f.Events).ThenBy(f => f.Name, StringComparer.Ordinal).Take(most)];

        void Count(string name) => counts[name] = counts.GetValueOrDefault(name) + 1;

        List<string> Meanings(LogEvent item)
        {
            var key = string.Join('\n', item.Fields.Keys.Order(StringComparer.Ordinal)) + "\n\n" + string.Join('\n', Columns.Where(c => item.Field(c) is not null));
            if (!meanings.TryGetValue(key, out var names)) meanings[key] = names = [.. EcsNames.All.Keys.Where(name => name.Contains('.', StringComparison.Ordinal) && !item.Fields.ContainsKey(name) && item.Field(name) is not null)];
            return names;
        }
    }
}
