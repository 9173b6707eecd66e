using System.Runtime.CompilerServices;

namespace Hufu.Architecture.Tests;

/// <summary>The source tree that these tests read.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find();

    internal static IEnumerable<string> Sources(string folder, params IReadOnlyList<string> endings) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories).Where(f => endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)));

    private static string Find([CallerFilePath] string here = "")
    {
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Hufu.slnx"))) return folder;
        throw new InvalidOperationException("The source tree is not there.");
    }
}
