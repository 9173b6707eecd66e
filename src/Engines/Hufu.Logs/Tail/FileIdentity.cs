using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Hufu.Logs.Tail;

/// <summary>What a file is, whatever its name: device and number, where the system tells them. Its number is given to another file once it is gone.</summary>
/// <param name="Device">The device; 0 where it is not known.</param>
/// <param name="Number">The inode; 0 where it is not known.</param>
/// <param name="IsRegular">False for a pipe, a device or a socket, which to open would be to wait.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Written">When it was last written, in ticks.</param>
internal readonly partial record struct FileIdentity(ulong Device, ulong Number, bool IsRegular, long Length, long Written)
{
    private const int NoFollow = 0x100;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>Looks at a path, not behind a link; null when nothing is there.</summary>
    public static FileIdentity? Of(string path)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // struct statx, which is the same on all processors.
                var buffer = new byte[256];
                if (Statx(-100, path, NoFollow, 0x7FF, ref buffer[0]) != 0) return null;
                ReadOnlySpan<byte> stat = buffer;
                var mode = MemoryMarshal.Read<ushort>(stat[28..]);
                var device = ((ulong)MemoryMarshal.Read<uint>(stat[136..]) << 32) | MemoryMarshal.Read<uint>(stat[140..]);
                return new FileIdentity(device, MemoryMarshal.Read<ulong>(stat[32..]), (mode & TypeMask) == Regular, MemoryMarshal.Read<long>(stat[40..]), MemoryMarshal.Read<long>(stat[112..]) * 1_000_000_000 + MemoryMarshal.Read<uint>(stat[120..]));
            }
        }
        catch (Exception fault) when (fault is EntryPointNotFoundException or DllNotFoundException)
        {
            // A C library without it: the name and the beginning tell.
        }

        var info = new FileInfo(path);
        return info.Exists ? new FileIdentity(0, BinaryPrimitives.ReadUInt64LittleEndian(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(path))), (info.Attributes & (FileAttributes.Directory | FileAttributes.Device)) == 0, info.Length, info.LastWriteTimeUtc.Ticks) : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte result);
}
