using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using Hufu.Kernel;

namespace Hufu.Records.Storage;

/// <summary>Limits and hooks of the evidence files.</summary>
public sealed class FileVaultOptions
{
    /// <summary>Largest file in bytes. The default value is 100 MiB.</summary>
    public long MaxBytes { get; set; } = 100L * 1024 * 1024;

    /// <summary>Endings that are refused whatever they hold. The default is what Windows runs on a double click.</summary>
    public ISet<string> RefusedEndings { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        ".exe", ".dll", ".com", ".scr", ".pif", ".msi", ".bat", ".cmd", ".vbs", ".js", ".jse", ".wsf", ".hta", ".lnk", ".ps1", ".reg", ".cpl", ".jar",
    };

    /// <summary>A program that gets the file's path as its only argument and answers 0 for clean, 1 for refused. None by default.</summary>
    public string? ScanCommand { get; set; }

    /// <summary>How long the scan may take. The default value is one minute.</summary>
    public TimeSpan ScanTimeout { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>A file as kept.</summary>
public sealed record StoredFile(string Sha256, long Size, string Scan);

/// <summary>Files by their content: the name of a file is its SHA-256, so the same file is kept once and a changed one is noticed.</summary>
public sealed class FileVault(string folder, FileVaultOptions options)
{
    /// <summary>Where the files are.</summary>
    public string Folder => folder;

    /// <summary>Takes a file in and has a piece of evidence name it.</summary>
    public async Task<Result> SaveAsync(Evidence evidence, Stream content, string fileName, string mediaType, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        var stored = await SaveAsync(content, fileName, cancellation);
        if (!stored.IsOk) return stored;
        (evidence.Sha256, evidence.Size, evidence.Scan, evidence.FileName, evidence.MediaType) = (stored.Value.Sha256, stored.Value.Size, stored.Value.Scan, fileName, mediaType);
        return Result.Ok;
    }

    /// <summary>Takes a file in. It appears under its hash only when it is whole, within the limits and not refused by the scan.</summary>
    public async Task<Result<StoredFile>> SaveAsync(Stream content, string fileName, CancellationToken cancellation = default)
    {
        // Windows drops dots and spaces at the end and takes what follows a colon for a stream of the file.
        foreach (var ending in new[] { fileName, fileName.Split(':')[0] }.Select(name => Path.GetExtension(name.TrimEnd('.', ' '))).Where(options.RefusedEndings.Contains))
            return Result.Fail<StoredFile>(Error.Of("file.refused-type", $"不接受「{ending}」類型的檔案。", $"Files of the type “{ending}” are refused.", fileName));
        System.IO.Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Guid.CreateVersion7():N}.part");
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long size = 0;
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous))
            {
                int read;
                while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
                {
                    size += read;
                    if (size > options.MaxBytes)
                        return Result.Fail<StoredFile>(Error.Of("file.too-large", $"檔案超過 {options.MaxBytes / 1024 / 1024} MB 上限。", $"The file is larger than the limit of {options.MaxBytes / 1024 / 1024} MB.", fileName));
                    hash.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
                }

                file.Flush(flushToDisk: true);
            }

            if (size == 0) return Result.Fail<StoredFile>(Error.Of("file.empty", "檔案是空的。", "The file is empty.", fileName));
            var scan = await ScanAsync(temporary, cancellation);
            if (scan == "refused") return Result.Fail<StoredFile>(Error.Of("file.refused-by-scan", "掃描程式拒絕了這個檔案。", "The scanner refused this file.", fileName));
            var name = Convert.ToHexStringLower(hash.GetHashAndReset());
            var target = PathOf(name);
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(temporary, target, overwrite: true);
            return Result.Of(new StoredFile(name, size, scan));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (DiskFull.Is(e)) return Result.Fail<StoredFile>(DiskFull.Error with { Place = fileName });
            return Result.Fail<StoredFile>(Error.Of("file.not-written", $"檔案無法寫入磁碟：{e.Message}", $"The file could not be written to disk: {e.Message}", fileName));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            File.Delete(temporary);
        }
    }

    /// <summary>Opens a file for reading; null when it is not there.</summary>
    public FileStream? Open(string sha256) => IsHash(sha256) && File.Exists(PathOf(sha256)) ? new FileStream(PathOf(sha256), FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan) : null;

    /// <summary>Reads a file again and compares it with its name.</summary>
    public async Task<bool> IsIntactAsync(string sha256, CancellationToken cancellation = default)
    {
        await using var file = Open(sha256);
        return file is not null && Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation)) == sha256;
    }

    private string PathOf(string sha256) => Path.Combine(folder, sha256[..2], sha256[2..4], sha256);

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    private async Task<string> ScanAsync(string path, CancellationToken cancellation)
    {
        if (options.ScanCommand is null) return "not-scanned";
        using var process = Process.Start(new ProcessStartInfo(options.ScanCommand, [path]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false });
        if (process is null) return "refused";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.ScanTimeout);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return "refused";
        }

        return process.ExitCode == 0 ? "clean" : "refused";
    }
}
