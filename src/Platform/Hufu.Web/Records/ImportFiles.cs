using System.Security.Cryptography;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Web.Records;

/// <summary>Another kind of file that a record type can be imported from, beside tables: a module offers it.</summary>
public interface IImportSource
{
    /// <summary>The record type.</summary>
    string TypeKey { get; }

    /// <summary>Endings of the files that it reads: <c>.xml</c>.</summary>
    IReadOnlyList<string> Endings { get; }

    /// <summary>Reads the rows.</summary>
    Task<Result<IReadOnlyList<ImportRow>>> ReadAsync(Actor actor, Stream file, string name, CancellationToken cancellation);
}

/// <summary>Keeps an uploaded file between the steps of an import. Each person sees only their own; what is a day old is thrown away.</summary>
public sealed class ImportFiles(StorageOptions storage)
{
    /// <summary>Largest file that is kept, which is the largest table that is read.</summary>
    public const long MaxBytes = 200L * 1024 * 1024;

    private const string RowsEnding = ".rows";
    private const int BufferSize = 128 * 1024;

    internal static readonly Error Gone = Error.Of("import.gone", "上傳的檔案已不存在，請重新上傳。", "The uploaded file is gone; upload it again.");

    private string Folder => Path.Combine(storage.DataFolder, "uploads");

    /// <summary>Takes a file in and gives the name by which the next step finds it.</summary>
    public async Task<Result<string>> KeepAsync(Actor actor, Stream content, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder);
        foreach (var old in Directory.EnumerateFiles(Folder).Where(f => File.GetLastWriteTimeUtc(f) < TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-1))) File.Delete(old);
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var path = PathOf(actor, name);
        var whole = false;
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 64 * 1024, FileOptions.Asynchronous);
            var buffer = new byte[128 * 1024];
            int read;
            while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
            {
                if (file.Length + read > MaxBytes)
                {
                    return Result.Fail<string>(Error.Of("table.too-large", $"檔案超過 {MaxBytes / 1024 / 1024} MB 上限，請分成幾份。", $"The file is larger than {MaxBytes / 1024 / 1024} MB; split it."));
                }

                await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }

            await file.FlushAsync(cancellation);
            whole = true;
            return Result.Of(name);
        }
        // A request that breaks off or is too large is no fault of the disk.
        catch (IOException e) when (e is not Microsoft.AspNetCore.Http.BadHttpRequestException)
        {
            if (DiskFull.Is(e)) return Result.Fail<string>(DiskFull.Error);
            return Result.Fail<string>(Error.Of("file.not-written", $"檔案無法寫入磁碟：{e.Message}", $"The file could not be written to disk: {e.Message}"));
        }
        finally
        {
            if (!whole) File.Delete(path);
        }
    }

    /// <summary>The table in a kept file. Its rows are read from the file once and kept beside it.</summary>
    public Result<UploadedRows> Read(Actor actor, string name, RecordType type, string fileName)
    {
        if (!IsName(name)) return Result.Fail<UploadedRows>(Gone);
        var rows = PathOf(actor, name) + RowsEnding;
        if (File.Exists(rows))
        {
            using var kept = new FileStream(rows, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize);
            if (UploadedRows.Load(type, kept) is { } known && known.Table.FileName == fileName) return Result.Of(known);
        }

        using var file = Open(actor, name);
        if (file is null) return Result.Fail<UploadedRows>(Gone);
        var read = UploadedRows.Read(type, file, fileName);
        if (!read.IsOk) return read;
        var part = rows + ".part";
        try
        {
            using (var kept = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, BufferSize)) read.Value.Save(type, kept);
            File.Move(part, rows, overwrite: true);
        }
        catch (IOException)
        {
            // No room, or another step writes it: the next step reads the file again.
            File.Delete(part);
        }

        return read;
    }

    /// <summary>Opens a kept file; null when it is gone or somebody else's.</summary>
    public FileStream? Open(Actor actor, string name) => IsName(name) && File.Exists(PathOf(actor, name)) ? File.OpenRead(PathOf(actor, name)) : null;

    /// <summary>Throws a kept file away.</summary>
    public void Forget(Actor actor, string name)
    {
        if (!IsName(name)) return;
        File.Delete(PathOf(actor, name));
        File.Delete(PathOf(actor, name) + RowsEnding);
    }

    private string PathOf(Actor actor, string name) => Path.Combine(Folder, $"{actor.Id:N}-{name}");

    private static bool IsName(string name) => name.Length == 32 && name.All(char.IsAsciiHexDigitLower);
}
