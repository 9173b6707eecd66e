using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Hufu.Kernel;

/// <summary>
/// SHA-256 (FIPS 180-4) of short texts, many times over: leaves and nodes of trees. What is hashed takes less time than <see cref="SHA256.HashData(ReadOnlySpan{byte}, Span{byte})"/>
/// takes to look the algorithm up each time with OpenSSL 3, so on Linux one context a thread is kept and asked again. OpenSSL does the work either way; elsewhere the platform does.
/// </summary>
public static partial class Sha256
{
    /// <summary>Length of a hash in bytes.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    private const string Library = "libcrypto.so.3";

    private static readonly nint algorithm = Find();

    [ThreadStatic]
    private static Context? kept;

    /// <summary>True when contexts are kept.</summary>
    public static bool IsKept => algorithm != 0;

    /// <summary>Hashes bytes.</summary>
    /// <param name="data">What to hash.</param>
    /// <param name="hash">Where to: 32 bytes or more, of which the first 32 are written. It may lie over the data.</param>
    /// <exception cref="ArgumentException">There is no room for the hash.</exception>
    /// <exception cref="CryptographicException">OpenSSL refused, for want of memory.</exception>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        if (hash.Length < Length) throw new ArgumentException("A hash has 32 bytes.", nameof(hash));
        if (algorithm == 0)
        {
            SHA256.HashData(data, hash);
            return;
        }

        var context = kept ??= new Context();
        // Bitwise, so that a context in which one of them failed begins anew with the next.
        if ((Begin(context.Pointer, algorithm, 0) & Add(context.Pointer, data, (nuint)data.Length) & End(context.Pointer, hash, 0)) != 1)
            throw new CryptographicException("OpenSSL could not hash.");
        GC.KeepAlive(context);
    }

    /// <summary>The hash of bytes, in an array of its own.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        var hash = new byte[Length];
        Hash(data, hash);
        return hash;
    }

    private static nint Find()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        // The platform sets OpenSSL up first, for it does so without having it torn down while threads still use it.
        _ = SHA256.HashData([]);
        return NativeLibrary.TryLoad(Library, typeof(Sha256).Assembly, DllImportSearchPath.SafeDirectories, out var library) && NativeLibrary.TryGetExport(library, "EVP_MD_fetch", out _) ? Fetch(0, "SHA256", 0) : 0;
    }

    [LibraryImport(Library, EntryPoint = "EVP_MD_fetch", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Fetch(nint library, string name, nint properties);

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_MD_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_DigestInit_ex")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Begin(nint context, nint algorithm, nint engine);

    [LibraryImport(Library, EntryPoint = "EVP_DigestUpdate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Add(nint context, ReadOnlySpan<byte> data, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_DigestFinal_ex")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int End(nint context, Span<byte> hash, nint length);

    // Freed some time after its thread has ended.
    private sealed class Context
    {
        public Context() => Pointer = NewContext() is not 0 and var made ? made : throw new CryptographicException("OpenSSL has no memory for a hash.");

        ~Context() => FreeContext(Pointer);

        public nint Pointer { get; }
    }
}
