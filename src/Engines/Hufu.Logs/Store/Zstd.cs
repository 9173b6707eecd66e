using System.Runtime.InteropServices;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Hufu.Logs.Store;

/// <summary>
/// Packs and unpacks blocks with zstd (RFC 8878). Where the system has libzstd, as every common distribution of Linux has for its own packages, it does the
/// work, in half to two thirds of the time; where it has none, or <c>HUFU_ZSTD=managed</c> says so, the managed port of the same code does. Both read what the other wrote.
/// </summary>
internal static partial class Zstd
{
    private const string Library = "libzstd.so.1";

    // Since then what is called here has stood and keeps its meaning.
    private const uint Oldest = 10_400;

    /// <summary>True when the system's library is used where nothing else is asked for.</summary>
    public static bool OfSystem { get; } = Environment.GetEnvironmentVariable("HUFU_ZSTD") != "managed" && IsThere();

    /// <summary>Most bytes that a number of bytes are packed into.</summary>
    public static int Most(int length) => Compressor.GetCompressBound(length);

    // On Windows there is no library of the system, and one of that name that lies about is not to be trusted.
    private static bool IsThere() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad(Library, typeof(Zstd).Assembly, DllImportSearchPath.SafeDirectories, out _) && Version() >= Oldest;

    [LibraryImport(Library, EntryPoint = "ZSTD_versionNumber")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint Version();

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial uint IsError(nuint result);

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial Packing NewPacking();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint Free(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setParameter")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nuint Set(Packing context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_compress2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nuint Pack(Packing context, Span<byte> target, nuint targetLength, ReadOnlySpan<byte> source, nuint sourceLength);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial Unpacking NewUnpacking();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint FreeUnpacking(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressDCtx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nuint Unpack(Unpacking context, Span<byte> target, nuint targetLength, ReadOnlySpan<byte> source, nuint sourceLength);

    /// <summary>A context of the library to pack with.</summary>
    internal sealed class Packing() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle() => Free(handle) == 0;
    }

    /// <summary>A context of the library to unpack with.</summary>
    internal sealed class Unpacking() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle() => FreeUnpacking(handle) == 0;
    }
}

/// <summary>Packs blocks, each a frame of its own. Not safe for several threads.</summary>
internal sealed class Packer : IDisposable
{
    private readonly Zstd.Packing? packing;
    private readonly Compressor? managed;

    /// <summary>Begins.</summary>
    /// <param name="level">The level of zstd, 1 to 22.</param>
    /// <param name="ofSystem">True for the system's library, false for the managed port; null for whichever is used here.</param>
    public Packer(int level, bool? ofSystem = null)
    {
        if (ofSystem ?? Zstd.OfSystem) packing = Zstd.NewPacking() is { IsInvalid: false } made ? made : throw new InsufficientMemoryException("There is no memory to pack with.");
        else managed = new Compressor(level);
        Set(ZSTD_cParameter.ZSTD_c_compressionLevel, level);
    }

    /// <summary>Sets a parameter for all blocks that follow.</summary>
    public void Set(ZSTD_cParameter parameter, int value)
    {
        if (packing is null) managed!.SetParameter(parameter, value);
        else if (Zstd.IsError(Zstd.Set(packing, (int)parameter, value)) != 0) throw new ArgumentOutOfRangeException(nameof(value), value, $"libzstd does not take this for {parameter}.");
    }

    /// <summary>Packs a block.</summary>
    /// <param name="source">What to pack.</param>
    /// <param name="target">Where to; <see cref="Zstd.Most"/> bytes are enough.</param>
    /// <returns>How many bytes it became.</returns>
    public int Pack(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (packing is null) return managed!.Wrap(source, target);
        var length = Zstd.Pack(packing, target, (nuint)target.Length, source, (nuint)source.Length);
        return Zstd.IsError(length) == 0 ? (int)length : throw new InvalidOperationException("A block cannot be packed.");
    }

    /// <summary>Packs a block into an array of its own.</summary>
    public byte[] Pack(ReadOnlySpan<byte> source)
    {
        var target = new byte[Zstd.Most(source.Length)];
        return target[..Pack(source, target)];
    }

    public void Dispose()
    {
        packing?.Dispose();
        managed?.Dispose();
    }
}

/// <summary>Unpacks blocks. Not safe for several threads.</summary>
internal sealed class Unpacker : IDisposable
{
    private readonly Zstd.Unpacking? unpacking;
    private readonly Decompressor? managed;

    /// <summary>Begins.</summary>
    /// <param name="ofSystem">True for the system's library, false for the managed port; null for whichever is used here.</param>
    public Unpacker(bool? ofSystem = null)
    {
        if (ofSystem ?? Zstd.OfSystem) unpacking = Zstd.NewUnpacking() is { IsInvalid: false } made ? made : throw new InsufficientMemoryException("There is no memory to unpack with.");
        else managed = new Decompressor();
    }

    /// <summary>Unpacks a block.</summary>
    /// <param name="packed">The whole of it, and nothing else.</param>
    /// <param name="target">Where to: as long as the block was.</param>
    /// <exception cref="InvalidDataException">It is none, is damaged, or was of another length.</exception>
    public void Unpack(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        long length;
        if (unpacking is not null)
        {
            var result = Zstd.Unpack(unpacking, target, (nuint)target.Length, packed, (nuint)packed.Length);
            length = Zstd.IsError(result) == 0 ? (long)result : -1;
        }
        else
        {
            try
            {
                length = managed!.Unwrap(packed, target);
            }
            catch (Exception fault) when (fault is ZstdException or ArgumentException)
            {
                throw new InvalidDataException("A packed block cannot be read.", fault);
            }
        }

        if (length != target.Length) throw new InvalidDataException("A packed block cannot be read.");
    }

    public void Dispose()
    {
        unpacking?.Dispose();
        managed?.Dispose();
    }
}
