namespace Hufu.Ledger.Tests;

/// <summary>A disk that fails at its n-th operation: once (full disk), or from then on (a killed process).</summary>
internal sealed class FaultyFiles(int failAt, bool forever, bool tornWrite) : ILedgerFiles
{
    private readonly DiskFiles disk = new();

    public List<string> Operations { get; } = [];

    public bool Failed { get; private set; }

    public void Write(string path, ReadOnlyMemory<byte> bytes, bool sync) => Do($"write{(sync ? "+sync" : "")} {path}", () => disk.Write(path, bytes, sync: false), () =>
    {
        if (tornWrite)
            disk.Write(path, bytes[..(bytes.Length / 2)], sync: false);
    });

    public void Rename(string from, string to) => Do($"rename {from} {to}", () => disk.Rename(from, to));

    public void CreateFolder(string path) => Do($"folder {path}", () => disk.CreateFolder(path));

    public void SyncFolder(string path) => Do($"sync {path}", () => { });

    public void Delete(string path) => Do($"delete {path}", () => disk.Delete(path));

    public void DeleteFolder(string path) => Do($"delete-folder {path}", () => disk.DeleteFolder(path));

    private void Do(string what, Action action, Action? half = null)
    {
        Operations.Add(what);
        if (Operations.Count == failAt || (Failed && forever))
        {
            Failed = true;
            half?.Invoke();
            throw new IOException("No space left on device.");
        }

        action();
    }
}
