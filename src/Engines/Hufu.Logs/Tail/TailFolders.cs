using System.IO.Enumeration;
using Hufu.Kernel;

namespace Hufu.Logs.Tail;

/// <summary>
/// The folders whose files may be read, as the operator named them; none when he named none. Neither <c>..</c> nor a symbolic link leads out of them:
/// what counts is where a file really is.
/// </summary>
public sealed class TailFolders
{
    private const int MostLinks = 40;
    private const int MostDepth = 16;
    private const int MostFiles = 2_000;

    private readonly List<string> roots = [];

    /// <param name="folders">The folders, each with all below it.</param>
    public TailFolders(IEnumerable<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        foreach (var folder in folders.Select(Path.GetFullPath))
        {
            Named.Add(Path.TrimEndingDirectorySeparator(folder));
            // A folder that is not there yet has no other place than its name.
            roots.Add(Path.TrimEndingDirectorySeparator(RealPath(folder) ?? folder));
        }
    }

    /// <summary>The folders as they were named.</summary>
    public IList<string> Named { get; } = [];

    /// <summary>Why a path or pattern may not be followed; null when it may.</summary>
    public Error? Check(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        if (!Path.IsPathFullyQualified(pattern) || pattern.Contains('\0', StringComparison.Ordinal)) return Error.Of("logs.tail.path", "需要完整路徑，例如 /var/log/nginx/*.log。", "A full path is needed, such as /var/log/nginx/*.log.", "path");
        var parts = pattern.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        if (Array.Exists(parts, part => part is ".." or ".")) return Error.Of("logs.tail.path", "路徑不可含「.」或「..」。", "A path may not go over “.” or “..”.", "path");
        if (Array.FindIndex(parts, part => part.Contains("**", StringComparison.Ordinal) && part != "**") >= 0) return Error.Of("logs.tail.path", "「**」須單獨作為一層資料夾。", "“**” stands for folders, by itself.", "path");
        var fixedPart = FixedPart(parts);
        if (Named.Concat(roots).Any(root => IsWithin(fixedPart, root))) return null;
        return Named.Count == 0
            ? Error.Of("logs.tail.folder", "尚未開放任何資料夾；請以 hufu serve --log-folder 指定。", "No folder is open to be read; name one with hufu serve --log-folder.", "path")
            : Error.Of("logs.tail.folder", $"只可讀取 {string.Join("、", Named)} 之下的檔案。", $"Only files below {string.Join(", ", Named)} may be read.", "path");
    }

    /// <summary>Where a file that may be read really is; null when it is none, or lies elsewhere.</summary>
    public string? Find(string path) => Check(path) is null && RealPath(path) is { } real && Holds(real) && FileIdentity.Of(real) is { IsRegular: true } ? real : null;

    /// <summary>The files that a path or pattern names now and that may be read, by their real paths; more than 2,000 are cut.</summary>
    internal List<string> Files(string pattern, out bool cut)
    {
        var found = new List<string>();
        cut = false;
        if (Check(pattern) is not null) return found;
        var parts = pattern.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        var root = Path.GetPathRoot(pattern)!;
        Walk(root, parts, 1, 0, found, ref cut);
        return [.. found.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The folder up to the first part with a wildcard.</summary>
    internal static string FolderOf(string pattern)
    {
        var folder = FixedPart(pattern.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar));
        return Directory.Exists(folder) ? folder : Path.GetDirectoryName(folder) ?? folder;
    }

    /// <summary>True when a real path lies in one of the folders.</summary>
    internal bool Holds(string realPath) => roots.Exists(root => IsWithin(realPath, root));

    /// <summary>Where a path really is; null when it is nowhere, or links go in a circle.</summary>
    internal static string? RealPath(string path)
    {
        var waiting = new Stack<string>(path.Split(Path.DirectorySeparatorChar).Reverse());
        var real = Path.GetPathRoot(path)!;
        var links = 0;
        try
        {
            while (waiting.TryPop(out var part))
            {
                if (part.Length == 0 || part == "." || part == Path.TrimEndingDirectorySeparator(Path.GetPathRoot(path)!)) continue;
                if (part == "..")
                {
                    real = Path.GetDirectoryName(real) ?? Path.GetPathRoot(real)!;
                    continue;
                }

                var next = Path.Combine(real, part);
                FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
                if (info.LinkTarget is { } target)
                {
                    if (++links > MostLinks) return null;
                    if (Path.IsPathFullyQualified(target)) real = Path.GetPathRoot(target)!;
                    foreach (var piece in target.Split(Path.DirectorySeparatorChar).Reverse()) waiting.Push(piece);
                    continue;
                }

                if (!info.Exists) return null;
                real = next;
            }

            return real;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static string FixedPart(string[] parts)
    {
        var count = Array.FindIndex(parts, part => part.AsSpan().IndexOfAny('*', '?') >= 0);
        return string.Join(Path.DirectorySeparatorChar, count < 0 ? parts : parts[..count]) is { Length: > 0 } path ? path : Path.DirectorySeparatorChar.ToString();
    }

    private static bool IsWithin(string path, string root) =>
        path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || root.EndsWith(Path.DirectorySeparatorChar) || path[root.Length] == Path.DirectorySeparatorChar);

    private void Walk(string folder, string[] parts, int at, int depth, List<string> found, ref bool cut)
    {
        if (cut || depth > MostDepth || at >= parts.Length) return;
        var (part, last) = (parts[at], at == parts.Length - 1);
        if (part.Length == 0)
        {
            Walk(folder, parts, at + 1, depth, found, ref cut);
            return;
        }

        if (part.AsSpan().IndexOfAny('*', '?') < 0)
        {
            var path = Path.Combine(folder, part);
            if (!last) Walk(path, parts, at + 1, depth + 1, found, ref cut);
            else Take(path, found, ref cut);
            return;
        }

        try
        {
            // The folder itself may be a way out.
            if (RealPath(folder) is not { } real || (!Holds(real) && !roots.Exists(root => IsWithin(root, real)))) return;
            if (part == "**")
            {
                Walk(folder, parts, at + 1, depth, found, ref cut);
                foreach (var inner in new DirectoryInfo(folder).EnumerateDirectories())
                    if (inner.LinkTarget is null) Walk(inner.FullName, parts, at, depth + 1, found, ref cut);
                return;
            }

            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                if (!FileSystemName.MatchesSimpleExpression(part, entry.Name, ignoreCase: false)) continue;
                if (last) Take(entry.FullName, found, ref cut);
                else Walk(entry.FullName, parts, at + 1, depth + 1, found, ref cut);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            // What is not there or not readable has no files now.
        }
    }

    private void Take(string path, List<string> found, ref bool cut)
    {
        if (RealPath(path) is not { } real || !Holds(real) || Directory.Exists(real)) return;
        if (found.Count >= MostFiles) cut = true;
        else found.Add(real);
    }
}
