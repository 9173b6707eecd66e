using System.Diagnostics;

namespace Hufu.Cli.Tests;

/// <summary>A disk of its own that is quickly full: a tmpfs, with a ballast file to fill it.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    internal string Folder { get; }

    private string Ballast => Path.Combine(Folder, "ballast");

    /// <summary>Mounts it, or skips the test that wants it and says why.</summary>
    internal static async Task<SmallDisk> MountAsync(string folder, int megabytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Small disks are made with mount of Linux.");
        Directory.CreateDirectory(folder);
        using var tool = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder]) { RedirectStandardError = true })!;
        await tool.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.SkipUnless(tool.ExitCode == 0, "A tmpfs may not be mounted here (it needs root).");
        return new SmallDisk(folder);
    }

    /// <summary>Copies a data folder onto it.</summary>
    internal string Take(string data)
    {
        var target = Path.Combine(Folder, "data");
        foreach (var folder in Directory.EnumerateDirectories(data, "*", SearchOption.AllDirectories).Prepend(data)) Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(data, folder)));
        foreach (var file in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories)) File.Copy(file, Path.Combine(target, Path.GetRelativePath(data, file)));
        return target;
    }

    /// <summary>Leaves so many bytes free.</summary>
    internal void Fill(int left)
    {
        using var file = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, 0);
        var block = new byte[4096];
        while (new DriveInfo(Folder).AvailableFreeSpace > left)
        {
            try
            {
                file.Write(block);
            }
            catch (IOException)
            {
                return;
            }
        }
    }

    internal void Free() => File.Delete(Ballast);

    public async ValueTask DisposeAsync()
    {
        using var tool = Process.Start("umount", ["-l", Folder]);
        await tool.WaitForExitAsync(CancellationToken.None);
    }
}
