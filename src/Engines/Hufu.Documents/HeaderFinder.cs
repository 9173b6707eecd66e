using Hufu.Kernel;

namespace Hufu.Documents;

/// <summary>Finds the row with the column names below titles, notes and blank lines.</summary>
internal static class HeaderFinder
{
    private const int LongestName = 40;

    public static Result<(int Row, IReadOnlyList<TableCell> Cells)> Find(TableSource source)
    {
        var options = source.Options;
        if (options.HeaderRow == 0)
            return Result.Of((0, (IReadOnlyList<TableCell>)[]));
        var rows = new List<TableRow>();
        foreach (var row in source.Guarded(skipTo: 0, skipBlank: true))
        {
            if (!row.IsOk)
            {
                // What stands before the fault may be enough for a header; the fault comes again when the rows are read.
                if (rows.Count == 0)
                    return Result.Fail<(int, IReadOnlyList<TableCell>)>(row.Errors);
                break;
            }

            if (row.Value.Number == options.HeaderRow)
                return Result.Of((row.Value.Number, row.Value.Cells));
            if (options.HeaderRow is null)
                rows.Add(row.Value);
            else if (row.Value.Number > options.HeaderRow)
                break;
            if (rows.Count >= options.HeaderSearchRows + 5)
                break;
        }

        if (options.HeaderRow is { } wanted)
            return Result.Fail<(int, IReadOnlyList<TableCell>)>(Error.Of("table.header-missing",
                $"第 {wanted} 列是空白的，不能當作欄位名稱。", $"Row {wanted} is blank and cannot hold the column names.", source.FileName));
        if (rows.Count == 0)
            return Result.Fail<(int, IReadOnlyList<TableCell>)>(Error.Of("table.empty", "檔案裡沒有資料。", "The file holds no data.", source.FileName));

        var expected = options.ExpectedHeaders.Select(ColumnMatcher.Normalise).Where(n => n.Length > 0).ToHashSet(StringComparer.Ordinal);
        var best = 0;
        var bestScore = double.NegativeInfinity;
        for (var i = 0; i < Math.Min(rows.Count, options.HeaderSearchRows); i++)
        {
            var score = Score(rows, i, expected);
            if (score > bestScore)
                (best, bestScore) = (i, score);
        }

        return Result.Of((rows[best].Number, rows[best].Cells));
    }

    /// <summary>Many distinct short names speak for a row, with data below in the same columns; numbers, dates, long and repeated texts speak against it.</summary>
    private static double Score(List<TableRow> rows, int index, HashSet<string> expected)
    {
        var cells = rows[index].Cells;
        var names = new HashSet<string>(StringComparer.Ordinal);
        double score = 0;
        var filled = 0;
        foreach (var cell in cells)
        {
            if (cell.IsBlank)
                continue;
            filled++;
            var name = ColumnMatcher.Normalise(cell.Text);
            if (cell.Kind is not TableCellKind.Text || LooksLikeData(cell.Text))
                score -= 2;
            else if (cell.Text.Length > LongestName || !names.Add(name))
                score -= 1;
            else
                score += expected.Contains(name) ? 3 : 1;
        }

        var below = rows.Skip(index + 1).Take(5).ToList();
        if (below.Count > 0 && filled > 0)
        {
            var covered = below.Average(row => Enumerable.Range(0, cells.Count).Count(c => !cells[c].IsBlank && !row[c].IsBlank));
            var outside = below.Average(row => Enumerable.Range(0, row.Cells.Count).Count(c => !row[c].IsBlank && (c >= cells.Count || cells[c].IsBlank)));
            score += covered * 0.5 - outside;
        }

        // The header is the first full row; a row with others as full above it is more likely data.
        var asFull = rows.Take(index).Count(row => row.Cells.Count(c => !c.IsBlank) >= filled * 0.8);
        return score - Math.Min(asFull, 4) - index * 0.01;
    }

    private static bool LooksLikeData(string text)
    {
        var trimmed = TextCleaner.Clean(text);
        return trimmed.Length > 0 && (trimmed.All(c => char.IsAsciiDigit(c) || c is '.' or '-' or '/' or ':' or ',' or '%') || DateText.Read(trimmed).Value is not null);
    }
}
