using System.Text;

namespace Hufu.Ledger.Tests;

/// <summary>A folder that goes away after the test, and the keys that the tests sign with.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public static readonly NoteSigner Signer = NoteSigner.FromSeed("example.gov.tw/hufu", Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());

    public string Path { get; } = Directory.CreateTempSubdirectory("hufu-ledger-").FullName;

    public static LedgerTrust Trust => new(Signer.VerifierKey);

    public static LedgerOptions Quick => new() { Durability = LedgerDurability.None };

    public static ReadOnlyMemory<byte>[] Entries(long first, int count) =>
        [.. Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"entry {first + i}"))];

    public LedgerWriter Open(LedgerOptions? options = null)
    {
        var opened = LedgerWriter.Open(Path, Signer, options ?? Quick);
        Assert.True(opened.IsOk, string.Join("; ", opened.Errors));
        return opened.Value;
    }

    /// <summary>A ledger of so many entries, written in one batch.</summary>
    public SignedCheckpoint Fill(params int[] batches)
    {
        using var writer = Open();
        foreach (var count in batches)
        {
            var appended = writer.Append(Entries(writer.Size, count));
            Assert.True(appended.IsOk, string.Join("; ", appended.Errors));
        }

        return writer.Checkpoint;
    }

    public string At(string path) => System.IO.Path.Combine(Path, path);

    public void Flip(string path, int position)
    {
        var bytes = File.ReadAllBytes(At(path));
        bytes[position] ^= 0x01;
        File.WriteAllBytes(At(path), bytes);
    }

    public void CopyTo(string target)
    {
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            var to = System.IO.Path.Combine(target, System.IO.Path.GetRelativePath(Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(to)!);
            File.Copy(file, to, overwrite: true);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
