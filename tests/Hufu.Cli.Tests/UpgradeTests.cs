using System.Security.Cryptography;

namespace Hufu.Cli.Tests;

/// <summary>An upgrade of the database is tried on a copy: when it cannot be done, the real file is as it was and the message says so.</summary>
public sealed class UpgradeTests(Sample sample)
{
    [Fact]
    public async Task An_old_database_is_upgraded_and_kept_as_it_was()
    {
        var data = await OldAsync();
        await using (var server = await Program.ServeAsync(data))
        {
            Assert.Contains("Trying ", server.Said, StringComparison.Ordinal);
            Assert.Contains("hufu.db.before-", server.Said, StringComparison.Ordinal);
            await server.StopAsync();
        }

        var before = Assert.Single(Directory.EnumerateFiles(data, "hufu.db.before-*"));
        Assert.Equal(1, OldDatabase.Applied(before));
        Assert.True(OldDatabase.Applied(Path.Combine(data, "hufu.db")) > 1);
        await KillTests.IntactAsync(data);

        // A column that came later must be empty where the log told of a record without it.
        await using (var db = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(data, "hufu.db")};Pooling=False"))
        {
            await db.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = db.CreateCommand();
            command.CommandText = "UPDATE monitoring_alert SET score = 1";
            Assert.True(await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken) > 0);
        }

        var altered = await Program.RunAsync("verify", "--data", data);
        Assert.True(altered.Code == 1 && altered.Out.Contains("ALR-", StringComparison.Ordinal), altered.ToString());
    }

    [Fact]
    public async Task What_stood_before_an_upgrade_that_was_cut_off_is_kept_alone_and_not_written_over()
    {
        var whole = await OldAsync();
        await using (var server = await Program.ServeAsync(whole)) await server.StopAsync();
        var data = await OldAsync();
        var before = Path.Combine(data, Path.GetFileName(Assert.Single(Directory.EnumerateFiles(whole, "hufu.db.before-*"))));
        // As if the upgrade had begun further back: the real file has had a step since.
        File.Copy(Path.Combine(data, "hufu.db"), before);
        await using (var older = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={before};Pooling=False"))
        {
            await older.OpenAsync(TestContext.Current.CancellationToken);
            await using var forget = older.CreateCommand();
            forget.CommandText = "DELETE FROM \"__EFMigrationsHistory\"";
            await forget.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using (var server = await Program.ServeAsync(data)) await server.StopAsync();
        Assert.Equal(before, Assert.Single(Directory.EnumerateFiles(data, "hufu.db.before-*")));
        Assert.Equal(0, OldDatabase.Applied(before));
        Assert.True(OldDatabase.Applied(Path.Combine(data, "hufu.db")) > 1);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_the_real_database_untouched()
    {
        var data = await OldAsync();
        // A column that the newest migration wants to add is there already: it fails after the others have passed.
        Sample.Scalar(data, "ALTER TABLE denial ADD COLUMN address TEXT");
        Sample.Scalar(data, "PRAGMA wal_checkpoint(TRUNCATE)");
        var (hash, files) = (Hash(data), Names(data));
        var outcome = await Program.RunAsync("serve", "--data", data, "--listen", "http://127.0.0.1:0");
        Assert.True(outcome.Code == 2, outcome.ToString());
        foreach (var words in new[] { "DenialAddress", "duplicate column name", "The real database is untouched", "真正的資料庫未更動" }) Assert.Contains(words, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(hash, Hash(data));
        Assert.Equal(files, Names(data));
        Assert.Equal(1, OldDatabase.Applied(Path.Combine(data, "hufu.db")));
    }

    [Fact]
    public async Task A_disk_too_small_for_the_copy_is_said_before_anything_is_done()
    {
        var old = await OldAsync();
        await using var disk = await SmallDisk.MountAsync(sample.Free(), 24);
        var data = disk.Take(old);
        disk.Fill(600_000);
        var (hash, files) = (Hash(data), Names(data));
        var outcome = await Program.RunAsync("serve", "--data", data, "--listen", "http://127.0.0.1:0");
        Assert.True(outcome.Code == 2 && outcome.Error.Contains("Not enough room", StringComparison.Ordinal) && outcome.Error.Contains("MB free", StringComparison.Ordinal) && outcome.Error.Contains("磁碟空間不足", StringComparison.Ordinal), outcome.ToString());
        Assert.Equal(hash, Hash(data));
        Assert.Equal(files, Names(data));
        disk.Free();
        await using (var server = await Program.ServeAsync(data)) await server.StopAsync();
        await KillTests.IntactAsync(data);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_left_alone()
    {
        var data = sample.Copy();
        Sample.Scalar(data, "INSERT INTO \"__EFMigrationsHistory\" VALUES ('29991231000000_Later', '99.0.0')");
        Sample.Scalar(data, "PRAGMA wal_checkpoint(TRUNCATE)");
        var hash = Hash(data);
        var outcome = await Program.RunAsync("serve", "--data", data, "--listen", "http://127.0.0.1:0");
        Assert.True(outcome.Code == 2 && outcome.Error.Contains("29991231000000_Later", StringComparison.Ordinal) && outcome.Error.Contains("Nothing was changed", StringComparison.Ordinal), outcome.ToString());
        Assert.Equal(hash, Hash(data));
    }

    private async Task<string> OldAsync()
    {
        var data = sample.Copy();
        await OldDatabase.MakeAsync(data);
        return data;
    }

    private static string Hash(string data) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(data, "hufu.db"))));

    private static List<string> Names(string data) => [.. Directory.EnumerateFiles(data).Select(f => Path.GetFileName(f)).Where(f => f is not ("server.lock" or "hufu.db-wal" or "hufu.db-shm")).Order(StringComparer.Ordinal)];
}
