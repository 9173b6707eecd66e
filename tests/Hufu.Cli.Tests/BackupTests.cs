using System.IO.Compression;
namespace Hufu.Cli.Tests;

/// <summary>A backup is one moment of a running product, or it is none.</summary>
public sealed class BackupTests(Sample sample)
{
    [Fact]
    public async Task A_backup_taken_under_writes_is_intact_when_restored()
    {
        var data = sample.Copy();
        var file = sample.Free() + ".tar.gz";
        await using var server = await Program.ServeAsync(data);
        // The server sequences and seals while these are written.
        using var stop = new CancellationTokenSource();
        var writes = Task.Run(async () =>
        {
            var done = 0;
            for (; !stop.IsCancellationRequested; done++) await Program.OkAsync("import", "assets", sample.File("more.csv", Sample.AssetList("W" + done, 200)), "--commit", "--summary", "--data", data);
            return done;
        }, TestContext.Current.CancellationToken);
        try
        {
            for (var i = 0; i < 2; i++)
            {
                File.Delete(file);
                await Program.OkAsync("backup", file, "--data", data);
                var restored = sample.Free();
                await Program.OkAsync("restore", file, "--data", restored);
                Assert.StartsWith("INTACT", (await Program.OkAsync("verify", "--data", restored)).Out, StringComparison.Ordinal);
                Assert.Equal("ok", Sample.Scalar(restored, "PRAGMA integrity_check"));
                // The live folder, looked at while it is written, is intact too.
                Assert.StartsWith("INTACT", (await Program.OkAsync("verify", "--data", data)).Out, StringComparison.Ordinal);
                // Nothing half done: each import is 200 rows.
                Assert.Equal(Sample.Assets, (long)Sample.Scalar(restored, "SELECT count(*) FROM risk_asset")! % 200);
            }
        }
        finally
        {
            await stop.CancelAsync();
        }

        Assert.True(await writes > 0);
        await server.StopAsync();
        var last = sample.Free();
        await Program.OkAsync("restore", file, "--data", last);
        await using (var again = await Program.ServeAsync(last)) await again.StopAsync();
        Assert.StartsWith("INTACT", (await Program.OkAsync("verify", "--data", last)).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_and_certificates_are_restored_for_the_owner_alone()
    {
        var data = sample.Copy();
        Directory.CreateDirectory(Path.Combine(data, "certificates"));
        await File.WriteAllTextAsync(Path.Combine(data, "certificates", "syslog.pem"), "a key", TestContext.Current.CancellationToken);
        var (file, restored) = (sample.Free() + ".tar.gz", sample.Free());
        await Program.OkAsync("backup", file, "--data", data);
        await Program.OkAsync("restore", file, "--data", restored);
        foreach (var name in new[] { "keys/ledger.key", "certificates/syslog.pem" })
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Path.Combine(restored, name)) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), name);
    }

    [Fact]
    public async Task A_folder_with_anything_in_it_is_not_restored_into()
    {
        var file = sample.Free() + ".tar.gz";
        await Program.OkAsync("backup", file, "--data", sample.Master);
        var full = sample.Copy();
        var refused = await Program.RunAsync("restore", file, "--data", full);
        Assert.True(refused.Code == 2 && refused.Error.Contains("not empty", StringComparison.Ordinal), refused.ToString());
        var twice = await Program.RunAsync("backup", file, "--data", sample.Master);
        Assert.True(twice.Code == 2 && twice.Error.Contains("exists already", StringComparison.Ordinal), twice.ToString());
    }

    [Fact]
    public async Task A_damaged_backup_is_refused_and_nothing_is_written()
    {
        var file = sample.Free() + ".tar.gz";
        await Program.OkAsync("backup", file, "--data", sample.Master);
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        foreach (var damaged in new[] { bytes[..(bytes.Length / 2)], Flipped(bytes, bytes.Length / 3), Flipped(bytes, bytes.Length / 2), WithTimeless(bytes), [1, 2, 3] })
        {
            var target = sample.Free();
            var refused = await Program.RunAsync("restore", sample.File("b.tar.gz", damaged), "--data", target);
            Assert.True(refused.Code == 2 && refused.Error.Length > 0, refused.ToString());
            Assert.False(Directory.Exists(target) || Directory.Exists(target + ".restoring"));
        }
    }

    [Fact]
    public async Task A_server_that_does_not_answer_gives_no_backup_and_leaves_nothing_behind()
    {
        var file = sample.Free();
        var refused = await Program.RunAsync("backup", file, "--postgres", "Host=127.0.0.1;Port=1;Username=nobody;Database=none;Timeout=3", "--data", sample.Master);
        Assert.True(refused.Code == 2 && refused.Error.Length > 0, refused.ToString());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(file)!, Path.GetFileName(file) + "*"));
        var embedded = await Program.RunAsync("backup", file, "--files-only", "--data", sample.Master);
        Assert.True(embedded.Code == 2 && embedded.Error.Contains("--files-only", StringComparison.Ordinal), embedded.ToString());
    }

    // One file of the archive has a time that no clock can show.
    private static byte[] WithTimeless(byte[] bytes)
    {
        var whole = Unpacked(bytes)!;
        var time = whole.AsSpan().IndexOf(" mtime="u8) + " mtime=".Length;
        Assert.True(time > 7 && whole.AsSpan(time).IndexOf((byte)'\n') > 13);
        whole.AsSpan(time, whole.AsSpan(time).IndexOf((byte)'\n')).Fill((byte)'9');
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(whole);
        return packed.ToArray();
    }

    // The first flip from a place on that says something else: where zeros are repeated, the same comes out wherever they are copied from.
    private static byte[] Flipped(byte[] bytes, int at)
    {
        for (var whole = Unpacked(bytes)!; ; at++)
        {
            var copy = bytes.ToArray();
            copy[at] ^= 0x20;
            if (Unpacked(copy) is not { } unpacked || !unpacked.AsSpan().SequenceEqual(whole)) return copy;
        }
    }

    private static byte[]? Unpacked(byte[] bytes)
    {
        using var unpacked = new MemoryStream();
        try
        {
            using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            gzip.CopyTo(unpacked);
            return unpacked.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
