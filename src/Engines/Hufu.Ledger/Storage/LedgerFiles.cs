using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Hufu.Ledger;

/// <summary>The operations by which a writer changes the disk: the seam at which tests kill it or fill the disk.</summary>
internal interface ILedgerFiles
{
    /// <summary>Creates or replaces a file, and forces its bytes to the disk when asked.</summary>
    void Write(string path, ReadOnlyMemory<byte> bytes, bool sync);

    /// <summary>Moves a file, replacing what is there, in one step.</summary>
    void Rename(string from, string to);

    /// <summary>Creates a folder with its parents.</summary>
    void CreateFolder(string path);

    /// <summary>Forces the names in a folder to the disk.</summary>
    void SyncFolder(string path);

    /// <summary>Deletes a file.</summary>
    void Delete(string path);

    /// <summary>Deletes a folder and what is in it.</summary>
    void DeleteFolder(string path);
}

/// <summary>The real disk.</summary>
internal sealed partial class DiskFiles : ILedgerFiles
{
    public void Write(string path, ReadOnlyMemory<byte> bytes, bool sync)
    {
        using var handle = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        RandomAccess.Write(handle, bytes.Span, 0);
        if (sync)
            RandomAccess.FlushToDisk(handle);
    }

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void CreateFolder(string path) => Directory.CreateDirectory(path);

    public void SyncFolder(string path)
    {
        // Windows has no such call: NTFS journals names itself.
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(path, 0);
        if (descriptor < 0)
            throw Failure(path);
        try
        {
            if (Fsync(descriptor) != 0)
                throw Failure(path);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    public void Delete(string path) => File.Delete(path);

    public void DeleteFolder(string path) => Directory.Delete(path, recursive: true);

    private static IOException Failure(string path) =>
        new($"The folder '{path}' could not be forced to the disk: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
