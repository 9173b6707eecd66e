using System.Security.Cryptography;
using Hufu.Kernel;
using Hufu.Logs.Store;

namespace Hufu.Logs.Cold;

/// <summary>
/// The cold files of a store, for those who read: of a folder where they lie, of a bucket as copies in a folder of this machine that is bounded. A copy counts
/// once its SHA-256 is the one that it must be; the one that was not used for the longest time goes first, and none that somebody reads.
/// </summary>
internal sealed class ColdFiles(ColdTarget? target, string? cacheFolder, Func<ColdTarget, IColdPlace>? connect, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan RememberDown = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Copy> copies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IColdPlace> folders = new(StringComparer.Ordinal);
    private readonly IColdPlace? named = target is null ? null : (connect ?? Connect)(target);
    private readonly bool temporary = cacheFolder is null;
    private string? cache = cacheFolder;
    private bool listed;
    private long uses;
    private (DateTimeOffset Until, ColdException Why)? down;

    /// <summary>The place that was named at the start; null when none was.</summary>
    public IColdPlace? Named => named;

    /// <summary>Bytes of the copies.</summary>
    public long CacheBytes
    {
        get
        {
            lock (gate)
            {
                List();
                return copies.Values.Sum(c => c.Length);
            }
        }
    }

    public static ColdException Missing(string place, string name) => new(ColdFault.Missing, new LocalizedText($"{place} 沒有 {name}。", $"{place} does not have {name}."));

    public static ColdException Changed(string place, string name) => new(ColdFault.Changed, new LocalizedText($"{place} 的 {name} 與移去時不同。", $"{name} in {place} is not as it was moved there."));

    public static ColdException NotWritten(Exception e) => new(ColdFault.NoRoom, new LocalizedText($"取回的檔案無法寫入本機：{e.Message}", $"What is fetched cannot be written on this machine: {e.Message}"), e);

    /// <summary>
    /// The place of a mark. A folder is found by the mark alone; what was moved by hand since is looked for in the place that is named now.
    /// </summary>
    /// <exception cref="ColdException">No place is named.</exception>
    public IColdPlace PlaceOf(ColdMark mark)
    {
        if (named is not null && (mark.Place == named.Name || !IsFolder(mark) || !File.Exists(System.IO.Path.Combine(mark.Place, FolderPlace.Mark)))) return named;
        if (!IsFolder(mark)) throw new ColdException(ColdFault.NotNamed, new LocalizedText($"檔案在 {mark.Place}，啟動時沒有以 --logs-cold 指定。", $"The file lies in {mark.Place}, which --logs-cold does not name."));
        lock (gate)
        {
            if (!folders.TryGetValue(mark.Place, out var place)) folders.Add(mark.Place, place = new FolderPlace(mark.Place));
            return place;
        }
    }

    /// <summary>A file that the database can read, held until <see cref="LetGo"/>.</summary>
    /// <exception cref="ColdException">It cannot be had.</exception>
    public async Task<string> HoldAsync(ColdMark mark, CancellationToken cancellation)
    {
        var place = PlaceOf(mark);
        if (place.Path(mark.Name) is { } path)
        {
            return await place.LengthAsync(mark.Name, cancellation).ConfigureAwait(false) switch
            {
                null => throw Missing(place.Name, mark.Name),
                var length when length != mark.Length => throw Changed(place.Name, mark.Name),
                _ => path,
            };
        }

        Copy copy;
        lock (gate)
        {
            List();
            if (!copies.TryGetValue(mark.Name, out copy!))
            {
                MakeRoom(mark.Length);
                copies.Add(mark.Name, copy = new Copy(mark.Length));
            }

            copy.Holds++;
            copy.Used = ++uses;
        }

        path = System.IO.Path.Combine(cache!, mark.Name);
        try
        {
            await copy.Filling.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                if (!copy.Whole && !(File.Exists(path) && await HashAsync(path, cancellation).ConfigureAwait(false) == mark.Sha256)) await FetchAsync(place, mark, path, cancellation).ConfigureAwait(false);
                copy.Whole = true;
            }
            finally
            {
                copy.Filling.Release();
            }

            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return path;
        }
        catch (Exception e) when (e is IOException and not ColdException or UnauthorizedAccessException)
        {
            LetGo(mark);
            throw NotWritten(e);
        }
        catch
        {
            LetGo(mark);
            throw;
        }
    }

    /// <summary>Ends one holding.</summary>
    public void LetGo(ColdMark mark)
    {
        lock (gate)
        {
            if (!copies.TryGetValue(mark.Name, out var copy)) return;
            copy.Holds--;
            if (copy.Holds == 0 && (copy.Doomed || !copy.Whole)) Drop(mark.Name);
        }
    }

    /// <summary>Deletes the copy of a file that is gone; one that is read, after that.</summary>
    public void Forget(ColdMark mark)
    {
        lock (gate)
        {
            if (cache is null) return;
            List();
            if (!copies.TryGetValue(mark.Name, out var copy)) return;
            if (copy.Holds == 0) Drop(mark.Name);
            else copy.Doomed = true;
        }
    }

    /// <summary>Writes a file as it is now in its place, whatever its hash, for whoever compares it.</summary>
    /// <returns>Its path, and whether it is the caller's to delete.</returns>
    /// <exception cref="ColdException">It cannot be had.</exception>
    public async Task<(string Path, bool Own)> AsItIsAsync(ColdMark mark, CancellationToken cancellation)
    {
        var place = PlaceOf(mark);
        if (place.Path(mark.Name) is { } path) return await place.LengthAsync(mark.Name, cancellation).ConfigureAwait(false) is null ? throw Missing(place.Name, mark.Name) : (path, false);
        path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"hufu-{Guid.NewGuid():N}.parquet");
        try
        {
            await using var to = new FileStream(path, New());
            await place.ReadAsync(mark.Name, to, cancellation).ConfigureAwait(false);
            return (path, true);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>SHA-256 of a file.</summary>
    public static async Task<string> HashAsync(string path, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan | FileOptions.Asynchronous);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false));
    }

    /// <summary>SHA-256 and length of a file as its place gives it.</summary>
    public static async Task<(string Sha256, long Length)> HashAsync(IColdPlace place, string name, CancellationToken cancellation)
    {
        await using var hash = new HashStream();
        await place.ReadAsync(name, hash, cancellation).ConfigureAwait(false);
        return (hash.Sha256(), hash.Length);
    }

    public void Dispose()
    {
        named?.Dispose();
        if (temporary && cache is not null) Directory.Delete(cache, recursive: true);
    }

    private static IColdPlace Connect(ColdTarget target) => target.Folder is { } folder ? new FolderPlace(folder) : new S3Place(target, S3Place.Connect());

    private static bool IsFolder(ColdMark mark) => System.IO.Path.IsPathFullyQualified(mark.Place);

    // Not read by others of this machine.
    private static FileStreamOptions New()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.None, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private async Task FetchAsync(IColdPlace place, ColdMark mark, string path, CancellationToken cancellation)
    {
        // Nobody waits again for what did not answer a moment ago.
        lock (gate)
        {
            if (down is var (until, why) && clock.GetUtcNow() < until) throw new ColdException(why.Fault, why.Words, why);
        }

        try
        {
            await using (var to = new FileStream(path + DurableFile.TemporarySuffix, New())) await place.ReadAsync(mark.Name, to, cancellation).ConfigureAwait(false);
            if (await HashAsync(path + DurableFile.TemporarySuffix, cancellation).ConfigureAwait(false) != mark.Sha256) throw Changed(place.Name, mark.Name);
            File.Move(path + DurableFile.TemporarySuffix, path, overwrite: true);
        }
        catch (ColdException e)
        {
            if (e.Fault == ColdFault.Unreachable)
            {
                lock (gate) down = (clock.GetUtcNow() + RememberDown, e);
            }

            throw;
        }
        finally
        {
            File.Delete(path + DurableFile.TemporarySuffix);
        }
    }

    // Within the gate: what an earlier run has left. It is hashed before it is used.
    private void List()
    {
        if (listed) return;
        listed = true;
        if (cache is null)
        {
            cache = Directory.CreateTempSubdirectory("hufu-cold-").FullName;
            return;
        }

        Directory.CreateDirectory(cache);
        foreach (var file in new DirectoryInfo(cache).EnumerateFiles().OrderBy(f => f.LastWriteTimeUtc))
        {
            if (file.Extension == ".parquet") copies[file.Name] = new Copy(file.Length) { Used = ++uses, Whole = false };
            else file.Delete();
        }

        while (copies.Values.Sum(c => c.Length) > target?.CacheBytes) Drop(copies.MinBy(c => c.Value.Used).Key);
    }

    private void MakeRoom(long length)
    {
        var most = target?.CacheBytes ?? 0;
        while (copies.Values.Sum(c => c.Length) + length > most)
        {
            var idle = copies.Where(c => c.Value.Holds == 0).ToList();
            if (idle.Count == 0) throw new ColdException(ColdFault.NoRoom, new LocalizedText($"取回檔案的空間（cache，{most / 1e9:0.#} GB）不足：請縮短期間，或加大 cache。", $"There is no room for what must be fetched (cache, {most / 1e9:0.#} GB): take a shorter period, or a larger cache."));
            Drop(idle.MinBy(c => c.Value.Used).Key);
        }
    }

    private void Drop(string name)
    {
        copies.Remove(name);
        File.Delete(System.IO.Path.Combine(cache!, name));
    }

    private sealed class Copy(long length)
    {
        public long Length { get; } = length;

        public SemaphoreSlim Filling { get; } = new(1, 1);

        public int Holds { get; set; }

        public long Used { get; set; }

        /// <summary>It is there, and was hashed by this process.</summary>
        public bool Whole { get; set; }

        public bool Doomed { get; set; }
    }

    /// <summary>Hashes what is written and keeps nothing. An attempt that begins anew sets its length to zero.</summary>
    private sealed class HashStream : Stream
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long length;

        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => length;

        public override long Position
        {
            get => length;
            set => SetLength(value);
        }

        public string Sha256() => Convert.ToHexStringLower(hash.GetHashAndReset());

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            hash.AppendData(buffer);
            length += buffer.Length;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void SetLength(long value)
        {
            if (value == length) return;
            if (value != 0) throw new NotSupportedException();
            hash.GetHashAndReset();
            length = 0;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
