namespace Hufu.Ledger;

/// <summary>Walks a ledger's folder.</summary>
internal static class LedgerFolder
{
    /// <summary>
    /// The files below <c>tile</c> that stand at or after the edge of a tree of size <paramref name="from"/>, in no set order, found
    /// without listing folders that lie wholly before it. With 0, all files.
    /// </summary>
    public static IEnumerable<FoundFile> AllFiles(string folder, long from, long size)
    {
        var root = Path.Combine(folder, "tile");
        if (!Directory.Exists(root))
            yield break;
        foreach (var level in new DirectoryInfo(root).EnumerateFileSystemInfos())
        {
            if (level is FileInfo stray)
            {
                yield return new FoundFile("tile/" + stray.Name, stray.Length);
                continue;
            }

            // The first tile of this level that is not full in a tree of this size.
            var number = level.Name == "entries" ? 0 : int.TryParse(level.Name, out var n) ? n : -1;
            var edge = from == 0 || number is < 0 or > 63 ? 0 : TileFile.HashesAt(number, size) / TilePath.Width;
            foreach (var file in Walk((DirectoryInfo)level, "tile/" + level.Name, 0, edge))
                yield return file;
        }
    }

    /// <summary>True for a tile or bundle that a tree of this size does not have yet.</summary>
    public static bool IsBeyond(string path, long size) =>
        TilePath.TryParse(path, out var level, out var index, out var width) && TileFile.WidthAt(level, index, size) < width;

    private static IEnumerable<FoundFile> Walk(DirectoryInfo folder, string path, long prefix, long edge)
    {
        foreach (var item in folder.EnumerateFileSystemInfos())
        {
            var name = item.Name;
            var below = path + "/" + name;
            if (item is FileInfo file)
            {
                if (!TilePath.TryParse(below, out _, out var index, out _) || index >= edge)
                    yield return new FoundFile(below, file.Length);
                continue;
            }

            // x012 holds indexes whose decimal digits begin with those so far and 012. How many follow is not known from the name,
            // so the folder is skipped only when no number of following digits could reach the edge.
            if (edge > 0 && name.Length == 4 && name[0] == 'x' && int.TryParse(name.AsSpan(1), out var digits)
                && !Reaches((prefix * 1000) + digits, edge))
                continue;
            var next = name.Length == 4 && name[0] == 'x' && int.TryParse(name.AsSpan(1), out var d) ? (prefix * 1000) + d : prefix;
            foreach (var inner in Walk((DirectoryInfo)item, below, next, edge))
                yield return inner;
        }
    }

    private static bool Reaches(long prefix, long edge)
    {
        // Indexes of the edge's own number of digit groups: compare with the edge's leading groups.
        for (var groups = edge / 1000; groups > 0; groups /= 1000)
        {
            if (Groups(groups) == Groups(prefix))
                return prefix >= groups;
        }

        return true;
    }

    private static int Groups(long value)
    {
        var groups = 1;
        while ((value /= 1000) > 0)
            groups++;
        return groups;
    }
}
