using System.CommandLine;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Hufu.Ledger;
using Microsoft.Data.Sqlite;

namespace Hufu.Cli;

/// <summary><c>hufu backup</c> and <c>hufu restore</c>: one file that holds everything, with the hash of every part.</summary>
internal static class BackupVerbs
{
    private const string Manifest = "manifest.json";
    private const string DatabaseFolder = "database";
    private const int Attempts = 20;
    private static readonly string[] Companions = ["", "-wal", "-shm"];

    // Made anew, of this machine, or taken in a way of its own.
    private static readonly string[] LeftOut = ["uploads", "hufu.db", "hufu.db-wal", "hufu.db-shm", "hufu.db.trial", "hufu.db.trial-wal", "hufu.db.trial-shm", "hufu.db.trial-journal", "running", "logs/spill", "logs/cold", "clickhouse.json", "detection.json", "ledger/.staging", "ledger/.found"];

    internal static Command CreateBackup()
    {
        var file = new Argument<FileInfo>("file") { Description = "The backup to write, for example hufu-20261123.tar.gz. An existing file is not overwritten." };
        var filesOnly = new Option<bool>("--files-only") { Description = "With PostgreSQL: everything but the database, where it is backed up by the server's own means." };
        var verb = new Command("backup", """
            Write the database, evidence files, ledger, logs and keys into one file, as of one moment, and read it back. Works while Hufu runs. The file holds
            the keys that sign the ledger: keep it as you keep them. With PostgreSQL the tables are read in one snapshot, of the same moment as ledger and
            logs; no other program is needed. With --files-only they are left out: take pg_dump first, then this, and keep both together.
            Example:
              hufu backup /backup/hufu-$(date +%Y%m%d).tar.gz
            Exit code 0: written and read back; 2: there is no backup.
            """) { file, filesOnly };
        verb.SetAction(async (parse, cancellation) =>
        {
            var storage = Host.Storage(parse);
            var data = storage.DataFolder;
            var target = parse.GetValue(file)!;
            var withDatabase = storage.Postgres is null || !parse.GetValue(filesOnly);
            if (storage.Postgres is null && parse.GetValue(filesOnly)) return Terminal.Fail("--files-only is for records in PostgreSQL; the embedded database is one of the files.");
            if (!Directory.Exists(data)) return Terminal.Fail($"There is no data folder {data}.");
            if (storage.Postgres is null && !File.Exists(storage.SqliteFile)) return Terminal.Fail($"There is no Hufu data in {data} (use --data FOLDER).");
            if (target.Exists) return Terminal.Fail($"{target} exists already; choose another name.");
            if (!Directory.Exists(target.DirectoryName)) return Terminal.Fail($"There is no folder {target.DirectoryName}.");
            var partial = target.FullName + ".part";
            var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
            var copy = Path.Combine(target.DirectoryName!, $".hufu-backup-{Guid.NewGuid():N}.db");
            BackedUpDatabase? database = null;
            try
            {
                await using (var output = new FileStream(partial, FileMode.Create, FileAccess.Write))
                {
                    await using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
                    await using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
                    {
                        using var line = new ProgressLine("backup");
                        var size = await LedgerAsync(tar, hashes, data, cancellation);
                        if (withDatabase)
                        {
                            IMomentOfDatabase moment = storage.Postgres is { } postgres ? new PostgresMoment(postgres, size) : new SqliteMoment(Path.Combine(data, "hufu.db"), copy, size);
                            await using (moment)
                            {
                                await LogsAndDatabaseAsync(tar, hashes, data, moment, line, cancellation);
                                database = await moment.AddAsync(copy, (path, name) => AddAsync(tar, hashes, path, name, cancellation), cancellation);
                            }
                        }

                        // Last, so that every file that the database speaks of is among them.
                        await FolderAsync(tar, hashes, data, "", line, cancellation, withLogs: !withDatabase, ledgerSize: size);
                        var manifest = JsonSerializer.SerializeToUtf8Bytes(new { product = "hufu", version = typeof(BackupVerbs).Assembly.GetName().Version!.ToString(3), at = TimeProvider.System.GetUtcNow(), files = hashes });
                        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, Manifest) { DataStream = new MemoryStream(manifest) }, cancellation);
                    }

                    output.Flush(flushToDisk: true);
                }

                if (await CheckAsync(partial, null, cancellation) is { } read) return Terminal.Fail("The backup could not be read back: " + read);
                File.Move(partial, target.FullName);
            }
            finally
            {
                File.Delete(partial);
                // A folder of tables, or a file with its companions.
                if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
                foreach (var ending in Companions) File.Delete(copy + ending);
            }

            Console.WriteLine($"{target}: {hashes.Count} files{(database is null ? "" : $", {database.Tables.Sum(t => t.Rows):N0} rows of {database.Tables.Count} tables")}, {new FileInfo(target.FullName).Length:N0} bytes, read back and verified.");
            if (!withDatabase) await Console.Error.WriteLineAsync("The database is not in it: keep the pg_dump beside it.");
            return Exit.Ok;
        });
        return verb;
    }

    internal static Command CreateRestore()
    {
        var file = new Argument<FileInfo>("file") { Description = "The backup to read." };
        var verb = new Command("restore", """
            Restore a backup into an empty or new data folder (--data), and one of PostgreSQL also into an empty database (--postgres). Every file is compared
            with its hash first; when one differs, nothing is written. Run “hufu verify” afterwards.
            Examples:
              hufu restore /backup/hufu-20261123.tar.gz --data /srv/hufu
              hufu restore /backup/hufu-20261123.tar.gz --data /srv/hufu --postgres "Host=db;Database=hufu2;Username=hufu"
            Exit code 0: restored; 2: nothing was written.
            """) { file };
        verb.SetAction(async (parse, cancellation) =>
        {
            var data = Path.GetFullPath(parse.GetValue(HufuCommand.Data)!);
            var source = parse.GetValue(file)!;
            if (!source.Exists) return Terminal.Fail($"There is no file {source}.");
            if (File.Exists(data) || (Directory.Exists(data) && Directory.EnumerateFileSystemEntries(data).Any())) return Terminal.Fail($"{data} is not empty; restore into an empty folder.");
            if (await CheckAsync(source.FullName, null, cancellation) is { } wrong) return Terminal.Fail(wrong);
            var postgres = Host.Storage(parse).Postgres;
            var staging = data.TrimEnd(Path.DirectorySeparatorChar) + ".restoring";
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
            try
            {
                if (await CheckAsync(source.FullName, staging, cancellation) is { } changed) return Terminal.Fail(changed);
                var tables = Path.Combine(staging, DatabaseFolder);
                if (Directory.Exists(tables) && postgres is null) return Terminal.Fail("The records of this backup are of PostgreSQL: name an empty database with --postgres.");
                if (File.Exists(Path.Combine(staging, "hufu.db")) && postgres is not null) return Terminal.Fail("This backup has the embedded database: restore it without --postgres (and without HUFU_POSTGRES).");
                if (Directory.Exists(tables))
                {
                    var (database, refused) = await PostgresBackup.ReadAsync(postgres!, tables, cancellation);
                    if (database is null) return Terminal.Fail(refused!);
                    await using var restored = database;
                    Directory.Delete(tables, recursive: true);
                    Place();
                    try
                    {
                        await restored.CommitAsync(cancellation);
                    }
                    catch
                    {
                        Directory.Delete(data, recursive: true);
                        throw;
                    }
                }
                else Place();
            }
            finally
            {
                if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
            }

            Console.WriteLine($"Restored into {data}{(postgres is null ? "" : " and the database")}. Now run: hufu verify --data {data}");
            return Exit.Ok;

            void Place()
            {
                if (Directory.Exists(data)) Directory.Delete(data);
                Directory.Move(staging, data);
            }
        });
        return verb;
    }

    // The checkpoint first: what is written while the tiles are copied lies past it. Returns how many leaves it vouches for.
    private static async Task<long> LedgerAsync(TarWriter tar, SortedDictionary<string, string> hashes, string data, CancellationToken cancellation)
    {
        var checkpoint = Path.Combine(data, "ledger", "checkpoint");
        if (!File.Exists(checkpoint)) return 0;
        var bytes = await File.ReadAllBytesAsync(checkpoint, cancellation);
        await AddAsync(tar, hashes, new MemoryStream(bytes), bytes.Length, "ledger/checkpoint", cancellation);
        using var line = new ProgressLine("ledger");
        var size = SignedCheckpoint.Parse(bytes) is { IsOk: true } read ? read.Value.Checkpoint.Size : 0;
        await FolderAsync(tar, hashes, data, "ledger", line, cancellation, ledgerSize: size);
        return size;
    }

    // Sealing a log segment writes to the folder and to the database: both are taken until they tell of the same segments. The open segment is taken
    // after the database, so that it has all that was anchored of it.
    private static async Task LogsAndDatabaseAsync(TarWriter tar, SortedDictionary<string, string> hashes, string data, IMomentOfDatabase moment, ProgressLine line, CancellationToken cancellation)
    {
        await FolderAsync(tar, hashes, data, "logs", line, cancellation, except: ".wal");
        string? open = null;
        byte[] events = [];
        for (var attempt = 1; ; attempt++)
        {
            await FolderAsync(tar, hashes, data, "logs", line, cancellation, except: ".wal");
            var anchored = SegmentsOf(await moment.TakeAsync(cancellation));
            (open, events) = await OpenSegmentAsync(data, cancellation);
            var sealedNow = Directory.Exists(Path.Combine(data, "logs")) ? Directory.EnumerateFiles(Path.Combine(data, "logs"), "*.json").Select(p => Path.GetFileNameWithoutExtension(p)).ToHashSet(StringComparer.Ordinal) : [];
            var whole = sealedNow.Select(s => s.Split('.')[0].Split('-')).ToList();
            if (sealedNow.All(s => hashes.ContainsKey($"logs/{s}.json")) && anchored.All(id => id == Path.GetFileNameWithoutExtension(open) || whole.Exists(s => string.CompareOrdinal(s[0], id) <= 0 && string.CompareOrdinal(id, s[^1]) <= 0))) break;
            // A seal that a crash cut off stays so: the events are in the write-ahead file, and its segment will be sealed again.
            if (attempt == Attempts) break;
            await Task.Delay(100, cancellation);
        }

        if (open is not null) await AddAsync(tar, hashes, new MemoryStream(events), events.Length, "logs/" + open, cancellation);
    }

    private static async Task<(string? Name, byte[] Events)> OpenSegmentAsync(string data, CancellationToken cancellation)
    {
        var folder = Path.Combine(data, "logs");
        if (!Directory.Exists(folder)) return (null, []);
        try
        {
            var newest = Directory.EnumerateFiles(folder, "*.wal").Order(StringComparer.Ordinal).LastOrDefault();
            if (newest is null) return (null, []);
            await using var file = new FileStream(newest, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var kept = new MemoryStream();
            await file.CopyToAsync(kept, cancellation);
            return (Path.GetFileName(newest), kept.ToArray());
        }
        catch (FileNotFoundException)
        {
            return (null, []);
        }
    }

    /// <summary>The database at one moment, taken again until logs and database tell of the same.</summary>
    private interface IMomentOfDatabase : IAsyncDisposable
    {
        /// <summary>Takes the moment, in the place of one that was taken before. A change whose leaf lies past the checkpoint that was taken waits in it again for its place. Gives the payloads of the changes that sealed log segments.</summary>
        Task<IReadOnlyList<string>> TakeAsync(CancellationToken cancellation);

        /// <summary>Puts the moment that was taken last into the backup.</summary>
        Task<BackedUpDatabase?> AddAsync(string scratch, Func<string, string, Task> add, CancellationToken cancellation);
    }

    /// <summary>A copy of the embedded file.</summary>
    private sealed class SqliteMoment(string file, string copy, long ledgerSize) : IMomentOfDatabase
    {
        public async Task<IReadOnlyList<string>> TakeAsync(CancellationToken cancellation)
        {
            foreach (var ending in Companions) File.Delete(copy + ending);
            await DatabaseUpgrade.CopyAsync(file, copy);
            await using var db = new SqliteConnection($"Data Source={copy};Pooling=False");
            await db.OpenAsync(cancellation);
            await using var settle = db.CreateCommand();
            settle.CommandText = "UPDATE change SET position = NULL WHERE position >= $size";
            settle.Parameters.AddWithValue("$size", ledgerSize);
            await settle.ExecuteNonQueryAsync(cancellation);
            await using var read = db.CreateCommand();
            read.CommandText = "SELECT payload FROM change WHERE type_key = 'logs.segment' AND payload IS NOT NULL";
            await using var rows = await read.ExecuteReaderAsync(cancellation);
            var payloads = new List<string>();
            while (await rows.ReadAsync(cancellation)) payloads.Add(rows.GetString(0));
            return payloads;
        }

        public async Task<BackedUpDatabase?> AddAsync(string scratch, Func<string, string, Task> add, CancellationToken cancellation)
        {
            await add(copy, "hufu.db");
            return null;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A snapshot of the tables on the server.</summary>
    private sealed class PostgresMoment(string postgres, long ledgerSize) : IMomentOfDatabase
    {
        private PostgresBackup? snapshot;

        public async Task<IReadOnlyList<string>> TakeAsync(CancellationToken cancellation)
        {
            if (snapshot is not null) await snapshot.DisposeAsync();
            snapshot = await PostgresBackup.OpenAsync(postgres, ledgerSize, cancellation);
            return await snapshot.SegmentsAsync(cancellation);
        }

        public async Task<BackedUpDatabase?> AddAsync(string scratch, Func<string, string, Task> add, CancellationToken cancellation)
        {
            var database = await snapshot!.WriteAsync(scratch, cancellation);
            await File.WriteAllBytesAsync(Path.Combine(scratch, BackedUpDatabase.Name), JsonSerializer.SerializeToUtf8Bytes(database, Terminal.Json), cancellation);
            foreach (var name in database.Tables.Select(t => t.Name).Prepend(BackedUpDatabase.Name)) await add(Path.Combine(scratch, name), $"{DatabaseFolder}/{name}");
            return database;
        }

        public async ValueTask DisposeAsync()
        {
            if (snapshot is not null) await snapshot.DisposeAsync();
        }
    }

    private static HashSet<string> SegmentsOf(IReadOnlyList<string> payloads)
    {
        var segments = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in payloads)
        {
            using var payload = JsonDocument.Parse(text);
            foreach (var change in payload.RootElement.GetProperty("changes").EnumerateArray())
                if (change.GetProperty("field").GetString() == "segment" && change.GetProperty("to").GetString() is { } id) segments.Add(id);
        }

        return segments;
    }

    private static async Task FolderAsync(TarWriter tar, SortedDictionary<string, string> hashes, string data, string folder, ProgressLine line, CancellationToken cancellation, string? except = null, bool withLogs = false, long ledgerSize = long.MaxValue)
    {
        var root = Path.Combine(data, folder);
        if (!Directory.Exists(root)) return;
        foreach (var path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList())
        {
            var name = Path.GetRelativePath(data, path).Replace('\\', '/');
            if (hashes.ContainsKey(name) || LeftOut.Any(l => name == l || name.StartsWith(l + "/", StringComparison.Ordinal))) continue;
            if (name.EndsWith(".lock", StringComparison.Ordinal) || name.EndsWith(".tmp", StringComparison.Ordinal) || name.EndsWith(".part", StringComparison.Ordinal) || (except is not null && name.EndsWith(except, StringComparison.Ordinal))) continue;
            // The logs were taken together with the database; what came later is not in it.
            if (folder.Length == 0 && name.StartsWith("logs/", StringComparison.Ordinal) && !name.StartsWith("logs/imports/", StringComparison.Ordinal) && !withLogs) continue;
            // What was said of a checkpoint that came after the one that was taken is not of this moment.
            if (name.StartsWith("ledger/anchors/", StringComparison.Ordinal) && long.TryParse(name.Split('/')[2], out var anchored) && anchored > ledgerSize) continue;
            try
            {
                await AddAsync(tar, hashes, path, name, cancellation);
                line.Count(hashes.Count);
            }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
            {
                // A partial tile that was replaced, with its folder, or a journal that was done with, while the folder was read.
            }
        }
    }

    private static async Task AddAsync(TarWriter tar, SortedDictionary<string, string> hashes, string path, string name, CancellationToken cancellation)
    {
        // A file that grows while it is read goes in as it was at its opening.
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        await AddAsync(tar, hashes, file, file.Length, name, cancellation);
    }

    private static async Task AddAsync(TarWriter tar, SortedDictionary<string, string> hashes, Stream content, long length, string name, CancellationToken cancellation)
    {
        await using var hashing = new HashedStream(content, length);
        var entry = new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = hashing };
        if (IsSecret(name)) entry.Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await tar.WriteEntryAsync(entry, cancellation);
        hashes[name] = hashing.Finish();
    }

    // Private keys: nobody but the product's own account reads them.
    private static bool IsSecret(string name) => name.StartsWith("keys/", StringComparison.Ordinal) || name.StartsWith("certificates/", StringComparison.Ordinal);

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
                if (entry.EntryType is not TarEntryType.RegularFile || entry.Name.Split('/', '\\').Contains("..") || Path.IsPathRooted(entry.Name)) return $"{path}: refused entry {RowWriter.Printable(entry.Name)}.";
                if (entry.Name == Manifest)
                {
                    using var json = await JsonDocument.ParseAsync(entry.DataStream ?? Stream.Null, default, cancellation);
                    expected = json.RootElement.GetProperty("files").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
                    continue;
                }

                await using var hashing = new HashedStream(entry.DataStream ?? Stream.Null, entry.Length);
                if (folder is null)
                {
                    await hashing.CopyToAsync(Stream.Null, cancellation);
                }
                else
                {
                    var target = Path.Combine(folder, entry.Name);
                    Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                    var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
                    if (!OperatingSystem.IsWindows() && IsSecret(entry.Name)) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                    await using var file = new FileStream(target, options);
                    await hashing.CopyToAsync(file, cancellation);
                    file.Flush(flushToDisk: true);
                }

                found[entry.Name] = hashing.Finish();
            }

            // A cut or altered end shows only in the check sum behind it.
            await gzip.CopyToAsync(Stream.Null, cancellation);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException or FormatException or KeyNotFoundException or InvalidOperationException or ArgumentException or OverflowException or NotSupportedException)
        {
            return $"{path}: damaged ({e.Message}).";
        }

        if (expected is null) return $"{path}: its end with the list of files is missing.";
        foreach (var (name, hash) in expected)
            if (!found.TryGetValue(name, out var has)) return $"{path}: {name} is missing.";
            else if (has != hash) return $"{path}: {name} is damaged.";
        return found.Keys.FirstOrDefault(n => !expected.ContainsKey(n)) is { } extra ? $"{path}: {extra} does not belong to it." : null;
    }

    /// <summary>The first bytes of a stream, hashed as they are read.</summary>
    private sealed class HashedStream(Stream inner, long length) : Stream
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long read;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => read;
            set
            {
                if (value != read) throw new NotSupportedException();
            }
        }

        internal string Finish() => Convert.ToHexStringLower(hash.GetHashAndReset());

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var got = inner.Read(buffer[..(int)Math.Min(buffer.Length, length - read)]);
            hash.AppendData(buffer[..got]);
            read += got;
            return got;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var got = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - read)], cancellationToken);
            hash.AppendData(buffer.Span[..got]);
            read += got;
            return got;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
