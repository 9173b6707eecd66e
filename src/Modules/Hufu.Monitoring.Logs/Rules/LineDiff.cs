namespace Hufu.Monitoring.Logs;

/// <summary>A line of a comparison of two texts.</summary>
/// <param name="Kind">A minus for one that is gone, a plus for one that is new, a blank for one that both have, an at sign for lines that are left out.</param>
/// <param name="Text">The line; for lines left out, where it goes on, as patches say it.</param>
public readonly record struct DiffLine(char Kind, string Text)
{
    /// <inheritdoc />
    public override string ToString() => Kind == '@' ? Text : Kind + Text;
}

/// <summary>Compares two texts line by line: the fewest lines that go and come (Myers 1986).</summary>
public static class LineDiff
{
    private const int Around = 3;

    // What differs in more lines than these is shown as gone and come.
    private const int MostSteps = 2_000;

    /// <summary>The lines that differ, with three of those around them; empty when none do.</summary>
    public static IReadOnlyList<DiffLine> Of(string before, string after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var (one, other) = (Lines(before), Lines(after));
        var (head, tail) = (0, 0);
        while (head < one.Length && head < other.Length && one[head] == other[head]) head++;
        while (tail < one.Length - head && tail < other.Length - head && one[^(tail + 1)] == other[^(tail + 1)]) tail++;
        List<DiffLine> all = [.. one[..head].Select(text => new DiffLine(' ', text)), .. Between(one[head..^tail], other[head..^tail]), .. one[^tail..].Select(text => new DiffLine(' ', text))];
        return Cut(all);
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private static IEnumerable<DiffLine> Between(string[] one, string[] other)
    {
        // The furthest places on each diagonal, step by step; then the way back.
        var (most, furthest, trace) = (one.Length + other.Length, new Dictionary<int, int> { [1] = 0 }, new List<Dictionary<int, int>>());
        for (var steps = 0; steps <= most; steps++)
        {
            if (steps > MostSteps) return one.Select(text => new DiffLine('-', text)).Concat(other.Select(text => new DiffLine('+', text)));
            trace.Add(new Dictionary<int, int>(furthest));
            for (var k = -steps; k <= steps; k += 2)
            {
                var x = k == -steps || (k != steps && furthest.GetValueOrDefault(k - 1, -1) < furthest.GetValueOrDefault(k + 1, -1)) ? furthest[k + 1] : furthest[k - 1] + 1;
                while (x < one.Length && x - k < other.Length && one[x] == other[x - k]) x++;
                furthest[k] = x;
                if (x >= one.Length && x - k >= other.Length) return Back(one, other, trace);
            }
        }

        return [];
    }

    private static List<DiffLine> Back(string[] one, string[] other, List<Dictionary<int, int>> trace)
    {
        var (lines, x, y) = (new List<DiffLine>(), one.Length, other.Length);
        for (var steps = trace.Count - 1; steps >= 0; steps--)
        {
            var (furthest, k) = (trace[steps], x - y);
            var from = k == -steps || (k != steps && furthest.GetValueOrDefault(k - 1, -1) < furthest.GetValueOrDefault(k + 1, -1)) ? k + 1 : k - 1;
            var (toX, toY) = (steps == 0 ? 0 : furthest[from], 0);
            toY = steps == 0 ? 0 : toX - from;
            while (x > toX && y > toY)
            {
                lines.Add(new DiffLine(' ', one[--x]));
                y--;
            }

            if (steps == 0) break;
            if (x == toX) lines.Add(new DiffLine('+', other[--y]));
            else lines.Add(new DiffLine('-', one[--x]));
        }

        lines.Reverse();
        return lines;
    }

    /// <summary>What differs and what stands around it.</summary>
    private static List<DiffLine> Cut(List<DiffLine> all)
    {
        var near = new bool[all.Count];
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i].Kind == ' ') continue;
            for (var j = Math.Max(0, i - Around); j <= Math.Min(all.Count - 1, i + Around); j++) near[j] = true;
        }

        var (cut, before, after) = (new List<DiffLine>(), 1, 1);
        for (var i = 0; i < all.Count; i++)
        {
            if (near[i])
            {
                if (i == 0 || !near[i - 1]) cut.Add(new DiffLine('@', string.Create(System.Globalization.CultureInfo.InvariantCulture, $"@@ -{before} +{after} @@")));
                cut.Add(all[i]);
            }

            if (all[i].Kind != '+') before++;
            if (all[i].Kind != '-') after++;
        }

        return cut;
    }
}
