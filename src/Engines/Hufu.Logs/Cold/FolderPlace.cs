using System.Text;
using Hufu.Kernel;
using Hufu.Logs.Store;

namespace Hufu.Logs.Cold;

/// <summary>
/// A folder, most often on another disk. It has a mark: a mount point whose disk is not there is an empty folder, and nothing may be written
/// into that, nor what it lacks be taken for lost.
/// </summary>
internal sealed class FolderPlace(string folder) : IColdPlace
{
    /// <summary>Name of the mark.</summary>
    public const string Mark = "hufu-cold-place.txt";

    private static readonly byte[] MarkText = Encoding.UTF8.GetBytes("Log files of Hufu lie here. Keep this file with them. / 這裡存放虎符的日誌檔案，請連同此檔一併保留。\n");

    public string Name => folder;

    public string? Path(string name) => System.IO.Path.Combine(folder, name);

    public Task OpenAsync(bool known, CancellationToken cancellation) => Try(() =>
    {
        if (!Directory.Exists(folder)) throw Away();
        if (!File.Exists(Path(Mark)))
        {
            if (known) throw Away();
            if (Directory.EnumerateFileSystemEntries(folder).Any(entry => System.IO.Path.GetFileName(entry) != "lost+found"))
                throw new ColdException(ColdFault.Refused, new LocalizedText($"{folder} 裡有其他檔案；請指定空的資料夾。", $"{folder} has other files: name an empty folder."));
            DurableFile.Write(Path(Mark)!, MarkText);
        }

        return Task.FromResult(true);
    });

    public Task PutAsync(string name, string path, string sha256, CancellationToken cancellation) => Try(async () =>
    {
        if (!File.Exists(Path(Mark))) throw Away();
        var temporary = Path(name) + DurableFile.TemporarySuffix;
        try
        {
            await using (var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan | FileOptions.Asynchronous))
            await using (var to = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous))
                await from.CopyToAsync(to, cancellation).ConfigureAwait(false);
            DurableFile.Commit(Path(name)!);
        }
        finally
        {
            // Of one that was not finished nothing stays; what cannot be deleted is written over the next time.
            try
            {
                File.Delete(temporary);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }
        }

        return true;
    });

    public Task<long?> LengthAsync(string name, CancellationToken cancellation) => Try(() =>
    {
        var file = new FileInfo(Path(name)!);
        if (file.Exists) return Task.FromResult<long?>(file.Length);
        return File.Exists(Path(Mark)) ? Task.FromResult<long?>(null) : throw Away();
    });

    public Task ReadAsync(string name, Stream to, CancellationToken cancellation) => Try(async () =>
    {
        if (await LengthAsync(name, cancellation).ConfigureAwait(false) is null) throw ColdFiles.Missing(folder, name);
        await using var from = new FileStream(Path(name)!, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await from.CopyToAsync(to, cancellation).ConfigureAwait(false);
        return true;
    });

    public Task DeleteAsync(string name, CancellationToken cancellation) => Try(async () =>
    {
        if (await LengthAsync(name, cancellation).ConfigureAwait(false) is not null) File.Delete(Path(name)!);
        return true;
    });

    public void Dispose()
    {
    }

    private ColdException Away() => new(ColdFault.Unreachable, new LocalizedText($"{folder} 不存在，或磁碟未掛載。", $"{folder} is not there, or its disk is not mounted."));

    private async Task<T> Try<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException and not ColdException)
        {
            // ENOSPC and EDQUOT; on Windows, disk full and handle disk full. A file system that may not be written to is EROFS.
            var code = e.HResult;
            if (code is 28 or 122 or unchecked((int)0x80070070) or unchecked((int)0x80070027)) throw new ColdException(ColdFault.Full, new LocalizedText($"{folder} 沒有空間了。", $"{folder} has no room left."), e);
            if (code is 30 or unchecked((int)0x80070013)) throw new ColdException(ColdFault.Refused, new LocalizedText($"{folder} 是唯讀的。", $"{folder} is read-only."), e);
            throw new ColdException(ColdFault.Unreachable, new LocalizedText($"{folder} 無法讀寫：{e.Message}", $"{folder} cannot be read or written: {e.Message}"), e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ColdException(ColdFault.Refused, new LocalizedText($"沒有讀寫 {folder} 的權限：{e.Message}", $"{folder} may not be read or written: {e.Message}"), e);
        }
    }
}
