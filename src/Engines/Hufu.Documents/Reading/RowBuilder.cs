namespace Hufu.Documents.Reading;

/// <summary>Collects the cells of one row under the bounds; leaves out empty cells at the end.</summary>
internal sealed class RowBuilder(string file, TableReadOptions options)
{
    private readonly List<TableCell> cells = [];
    private readonly List<TableMerge> tall = [];
    private readonly List<(TableMerge Merge, TableCell Value)> open = [];
    private int nextTall;

    public int Number { get; private set; }

    public void Start(int number)
    {
        Number = number;
        cells.Clear();
    }

    /// <summary>Merges that go over several rows, in any order, before the first row is read.</summary>
    public void Expect(IEnumerable<TableMerge> merges)
    {
        tall.AddRange(merges.Where(m => m.LastRow > m.FirstRow));
        tall.Sort((a, b) => a.FirstRow.CompareTo(b.FirstRow));
    }

    /// <summary>A merge that begins in this row; for sources that learn of it only now.</summary>
    public void Begin(TableMerge merge)
    {
        if (merge.LastRow > merge.FirstRow && open.Count < options.MaxColumns)
            open.Add((merge, merge.FirstColumn <= cells.Count ? cells[merge.FirstColumn - 1] : TableCell.Empty));
    }

    public void Set(int column, TableCell cell)
    {
        if (cell.Kind == TableCellKind.Empty)
            return;
        if (column >= options.MaxColumns)
            throw TableErrors.TooManyColumns(file, Number, options.MaxColumns);
        while (cells.Count <= column)
            cells.Add(TableCell.Empty);
        cells[column] = cell;
    }

    /// <summary>The row; null when nothing is in it.</summary>
    public TableRow? Finish()
    {
        if (cells.Count == 0)
            return null;
        if (Number > options.MaxRows)
            throw TableErrors.TooManyRows(file, options.MaxRows);
        if (options.FillMergedCells)
            FillFromAbove();
        return new TableRow(Number, 0, cells.ToArray());
    }

    private void FillFromAbove()
    {
        open.RemoveAll(o => o.Merge.LastRow < Number);
        foreach (var (merge, value) in open)
        {
            var column = merge.FirstColumn - 1;
            if (Number > merge.FirstRow && value.Kind != TableCellKind.Empty && (column >= cells.Count || cells[column].Kind == TableCellKind.Empty))
                Set(column, value with { IsMergedCopy = true });
        }

        for (; nextTall < tall.Count && tall[nextTall].FirstRow <= Number; nextTall++)
            if (tall[nextTall].FirstRow == Number)
                Begin(tall[nextTall]);
    }
}
