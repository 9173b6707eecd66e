using System.Runtime.InteropServices;

namespace Hufu.Logs.Store;

/// <summary>Files that are either whole or not there.</summary>
internal static partial class DurableFile
{
    public const string TemporarySuffix = ".tmp";

    public static void Write(string path, ReadOnlySpan<byte> contents)
    {
        using (var file = new FileStream(path + TemporarySuffix, FileMode.Create, FileAccess.Write)) file.Write(contents);
        Commit(path);
    }

    /// <summary>Brings the temporary file to the disk and gives it its name.</summary>
    public static void Commit(string path)
    {
        using (var file = new FileStream(path + TemporarySuffix, FileMode.Open, FileAccess.ReadWrite)) file.Flush(flushToDisk: true);
        File.Move(path + TemporarySuffix, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    // A new name is durable only when its folder is; Windows does that by itself.
    private static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = OpenFolder(folder, 0);
        if (descriptor < 0) throw new IOException($"The folder {folder} cannot be opened for synchronising (errno {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (Synchronise(descriptor) != 0) throw new IOException($"The folder {folder} cannot be synchronised (errno {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = CloseDescriptor(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronise(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseDescriptor(int descriptor);
}
