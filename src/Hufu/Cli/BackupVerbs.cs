using System.CommandLine;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Hufu.Cli;

/// <summary><c>hufu backup</c> and <c>hufu restore</c>: one file that holds everything, with the hash of every part.</summary>
internal static class BackupVerbs
{
    private const string Manifest = "manifest.json";
    private static readonly string[] Companions = ["", "-wal", "-shm"];
    private static readonly string[] LeftOut = ["uploads", "hufu.db", "hufu.db-wal", "hufu.db-shm"];

    internal static Command CreateBackup()
    {
        var file = new Argument<FileInfo>("file") { Description = "The backup to write, for example hufu-20261123.tar.gz. An existing file is not overwritten." };
        var verb = new Command("backup", "Write the database, evidence files, ledger, logs and keys into one file. Works while Hufu runs. With PostgreSQL, back up the database with pg_dump beside it.") { file };
        verb.SetAction(async (parse, cancellation) =>
        {
            var data = Path.GetFullPath(parse.GetValue(HufuCommand.Data)!);
            var target = parse.GetValue(file)!;
            if (!Directory.Exists(data)) return Fail($"There is no data folder {data}.");
            if (target.Exists) return Fail($"{target} exists already; choose another name.");
            var partial = target.FullName + ".part";
            var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
            var copy = Path.Combine(Path.GetTempPath(), $"hufu-backup-{Guid.NewGuid():N}.db");
            try
            {
                await using (var output = new FileStream(partial, FileMode.Create, FileAccess.Write))
                {
                    await using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
                    await using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
                    {
                        // The ledger is taken before the database: a change that comes in between is in the database and waits for its leaf, as it may.
                        foreach (var path in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(data, p)).Where(p => !LeftOut.Contains(p.Split(Path.DirectorySeparatorChar)[0]) && !p.EndsWith(".lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
                            await AddAsync(tar, hashes, Path.Combine(data, path), path.Replace('\\', '/'), cancellation);
                        if (File.Exists(Path.Combine(data, "hufu.db")))
                        {
                            await DatabaseUpgrade.CopyAsync(Path.Combine(data, "hufu.db"), copy);
                            await AddAsync(tar, hashes, copy, "hufu.db", cancellation);
                        }

                        var manifest = JsonSerializer.SerializeToUtf8Bytes(new { product = "hufu", version = typeof(BackupVerbs).Assembly.GetName().Version!.ToString(3), at = TimeProvider.System.GetUtcNow(), files = hashes });
                        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, Manifest) { DataStream = new MemoryStream(manifest) }, cancellation);
                    }

                    output.Flush(flushToDisk: true);
                }

                var read = await CheckAsync(partial, null, cancellation);
                if (read is not null) return Fail("The backup could not be read back: " + read);
                File.Move(partial, target.FullName);
            }
            finally
            {
                File.Delete(partial);
                foreach (var ending in Companions) File.Delete(copy + ending);
            }

            Console.WriteLine($"{target}: {hashes.Count} files, {new FileInfo(target.FullName).Length:N0} bytes, read back and verified.");
            return 0;
        });
        return verb;
    }

    internal static Command CreateRestore()
    {
        var file = new Argument<FileInfo>("file") { Description = "The backup to read." };
        var verb = new Command("restore", "Restore a backup into an empty data folder (--data). Every file is compared with its hash first; nothing is written when one differs. Run “hufu verify” afterwards.") { file };
        verb.SetAction(async (parse, cancellation) =>
        {
            var data = Path.GetFullPath(parse.GetValue(HufuCommand.Data)!);
            var source = parse.GetValue(file)!;
            if (!source.Exists) return Fail($"There is no file {source}.");
            if (Directory.Exists(data) && Directory.EnumerateFileSystemEntries(data).Any()) return Fail($"{data} is not empty; restore into an empty folder.");
            var wrong = await CheckAsync(source.FullName, null, cancellation);
            if (wrong is not null) return Fail(wrong);
            var staging = data.TrimEnd(Path.DirectorySeparatorChar) + ".restoring";
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
            wrong = await CheckAsync(source.FullName, staging, cancellation);
            if (wrong is not null) return Fail(wrong);
            if (Directory.Exists(data)) Directory.Delete(data);
            Directory.Move(staging, data);
            Console.WriteLine($"Restored into {data}. Now run: hufu verify --data {data}");
            return 0;
        });
        return verb;
    }

    private static async Task AddAsync(TarWriter tar, SortedDictionary<string, string> hashes, string path, string name, CancellationToken cancellation)
    {
        // A file that grows while it is read goes in as it was at its opening.
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var content = new MemoryStream();
        await file.CopyToAsync(content, cancellation);
        content.Position = 0;
        hashes[name] = Convert.ToHexStringLower(SHA256.HashData(content.GetBuffer().AsSpan(0, (int)content.Length)));
        var entry = new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content };
        if (name.StartsWith("keys/", StringComparison.Ordinal)) entry.Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await tar.WriteEntryAsync(entry, cancellation);
    }

    // Reads a backup from end to end; with a folder, writes its files there. Returns what is wrong, or null.
    private static async Task<string?> CheckAsync(string path, string? folder, CancellationToken cancellation)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        Dictionary<string, string>? expected = null;
        try
        {
            await using var input = File.OpenRead(path);
            await using var gzip = new GZipStream(input, CompressionMode.Decompress);
            await using var tar = new TarReader(gzip);
            while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
            {
                if (entry.EntryType is not TarEntryType.RegularFile || entry.Name.Split('/').Contains("..") || Path.IsPathRooted(entry.Name)) return $"{path}: refused entry {entry.Name}.";
                var content = new MemoryStream();
                if (entry.DataStream is not null) await entry.DataStream.CopyToAsync(content, cancellation);
                if (entry.Name == Manifest)
                {
                    using var json = JsonDocument.Parse(content.ToArray());
                    expected = json.RootElement.GetProperty("files").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
                    continue;
                }

                found[entry.Name] = Convert.ToHexStringLower(SHA256.HashData(content.GetBuffer().AsSpan(0, (int)content.Length)));
                if (folder is null) continue;
                var target = Path.Combine(folder, entry.Name);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                await File.WriteAllBytesAsync(target, content.ToArray(), cancellation);
                if (!OperatingSystem.IsWindows() && entry.Name.StartsWith("keys/", StringComparison.Ordinal)) File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException or FormatException)
        {
            return $"{path}: damaged ({e.Message}).";
        }

        if (expected is null) return $"{path}: its end with the list of files is missing.";
        foreach (var (name, hash) in expected)
            if (!found.TryGetValue(name, out var has)) return $"{path}: {name} is missing.";
            else if (has != hash) return $"{path}: {name} is damaged.";
        return found.Keys.FirstOrDefault(n => !expected.ContainsKey(n)) is { } extra ? $"{path}: {extra} does not belong to it." : null;
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 2;
    }
}
