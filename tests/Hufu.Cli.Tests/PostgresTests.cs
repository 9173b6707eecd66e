using System.Globalization;
using Hufu.Testing;
using Npgsql;

namespace Hufu.Cli.Tests;

/// <summary>The verbs on a PostgreSQL server: what works on the embedded database works there.</summary>
public sealed class PostgresTests(Sample sample, PostgresServer server)
{
    [Fact]
    public async Task A_backup_taken_under_writes_is_intact_when_restored_into_another_database()
    {
        var (data, postgres) = (sample.Free(), server.CreateDatabase());
        var file = sample.Free() + ".tar.gz";
        await using var running = await Program.ServeAsync(data, postgres);
        await running.SetUpAsync();
        using var stop = new CancellationTokenSource();
        var writes = Task.Run(async () =>
        {
            var done = 0;
            for (; !stop.IsCancellationRequested; done++) await OkAsync("import", "assets", sample.File("w.csv", Sample.AssetList("W" + done, 200)), "--commit", "--summary");
            return done;
        }, TestContext.Current.CancellationToken);
        try
        {
            while ((long)Scalar(postgres, "SELECT count(*) FROM risk_asset")! == 0) await Task.Delay(50, TestContext.Current.CancellationToken);
            var written = await OkAsync("backup", file);
            Assert.Contains("rows of", written.Out, StringComparison.Ordinal);
            // The live one, looked at while it is written, is intact too.
            Assert.Contains("\nINTACT", "\n" + (await OkAsync("verify")).Out, StringComparison.Ordinal);
        }
        finally
        {
            await stop.CancelAsync();
        }

        Assert.True(await writes > 0);
        var (restored, other) = (sample.Free(), server.CreateDatabase());
        await Program.OkAsync("restore", file, "--data", restored, "--postgres", other);
        Assert.False(Directory.Exists(Path.Combine(restored, "database")));
        Assert.Contains("\nINTACT", "\n" + (await Program.OkAsync("verify", "--data", restored, "--postgres", other)).Out, StringComparison.Ordinal);
        // Nothing half done: each import is 200 rows.
        var rows = (long)Scalar(other, "SELECT count(*) FROM risk_asset")!;
        Assert.True(rows > 0 && rows % 200 == 0, rows.ToString(CultureInfo.InvariantCulture));
        // It goes on where it was: new rows get fresh identities, the ledger grows.
        await using (var again = await Program.ServeAsync(restored, other))
        {
            await Program.OkAsync("user", "add", "later", "Later", "--data", restored, "--postgres", other);
            await again.StopAsync();
        }

        Assert.Contains("\nINTACT", "\n" + (await Program.OkAsync("verify", "--data", restored, "--postgres", other)).Out, StringComparison.Ordinal);
        // What was done behind its back is named there as here.
        Scalar(other, "UPDATE risk_asset SET title = 'other' WHERE number LIKE '%-0007'");
        var broken = await Program.RunAsync("verify", "--data", restored, "--postgres", other);
        Assert.True(broken.Code == 1 && broken.Out.Contains("record.replaced", StringComparison.Ordinal), broken.ToString());

        Task<Outcome> OkAsync(params string[] arguments) => Program.OkAsync([.. arguments, "--data", data, "--postgres", postgres]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_verb_says_of_a_database_without_data_and_of_one_that_nobody_made_what_is_to_be_done(bool made)
    {
        var postgres = new NpgsqlConnectionStringBuilder(server.CreateDatabase());
        if (!made) postgres.Database += "_not";
        var outcome = await Program.RunAsync("user", "list", "--data", sample.Free(), "--postgres", postgres.ConnectionString);
        Assert.True(outcome.Code == 2 && outcome.Error.Contains("start “hufu serve” once", StringComparison.Ordinal), outcome.ToString());
    }

    [Fact]
    public async Task What_cannot_be_restored_writes_neither_files_nor_rows()
    {
        var (data, postgres) = (sample.Free(), server.CreateDatabase());
        await using (var running = await Program.ServeAsync(data, postgres))
        {
            await running.SetUpAsync();
            await running.StopAsync();
        }

        var file = sample.Free() + ".tar.gz";
        await Program.OkAsync("backup", file, "--data", data, "--postgres", postgres);
        await RefusedAsync(file, "name an empty database", null);
        await RefusedAsync(file, "not empty", postgres);
        var embedded = sample.Free() + ".tar.gz";
        await Program.OkAsync("backup", embedded, "--data", sample.Master);
        await RefusedAsync(embedded, "embedded database", server.CreateDatabase());
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[bytes.Length / 2] ^= 0x20;
        await RefusedAsync(sample.File("b.tar.gz", bytes), "", server.CreateDatabase());
        Assert.Contains("INTACT", (await Program.OkAsync("verify", "--data", data, "--postgres", postgres)).Out, StringComparison.Ordinal);

        async Task RefusedAsync(string backup, string why, string? into)
        {
            long? before = into is null ? null : Tables(into);
            var target = sample.Free();
            var refused = await Program.RunAsync(["restore", backup, "--data", target, .. into is null ? (string[])[] : ["--postgres", into]]);
            Assert.True(refused.Code == 2 && refused.Error.Contains(why, StringComparison.Ordinal), refused.ToString());
            Assert.False(Directory.Exists(target) || Directory.Exists(target + ".restoring"));
            if (into is not null) Assert.Equal(before, Tables(into));
        }
    }

    [Fact]
    public async Task A_server_that_is_killed_in_the_middle_of_writes_comes_back_whole()
    {
        var (data, postgres) = (sample.Free(), server.CreateDatabase());
        await using (var running = await Program.ServeAsync(data, postgres))
        {
            await running.SetUpAsync();
            var import = Program.RunAsync("import", "assets", sample.File("k.csv", Sample.AssetList("K", 3000)), "--commit", "--summary", "--data", data, "--postgres", postgres);
            while (!import.IsCompleted && (long)Scalar(postgres, "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND datname = current_database() AND pid <> pg_backend_pid()")! == 0) await Task.Delay(20, TestContext.Current.CancellationToken);
            running.Process.Kill();
            await running.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
            await import;
        }

        await using (var again = await Program.ServeAsync(data, postgres))
        {
            Assert.Contains("Recovered", again.Said, StringComparison.Ordinal);
            await again.StopAsync();
        }

        Assert.Contains("\nINTACT", "\n" + (await Program.OkAsync("verify", "--data", data, "--postgres", postgres)).Out, StringComparison.Ordinal);
        Assert.Equal(0, (long)Scalar(postgres, "SELECT count(*) FROM risk_asset")! % 3000);
    }

    [Fact]
    public async Task People_imports_exports_and_rights_by_verbs_at_the_same_time_cross_nothing()
    {
        var (data, postgres) = (sample.Free(), server.CreateDatabase());
        await using var running = await Program.ServeAsync(data, postgres);
        await running.SetUpAsync();
        string[] where = ["--data", data, "--postgres", postgres];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Program.OkAsync(["user", "add", $"person{i}", $"Person {i}", .. where]))
            .Concat(Enumerable.Range(0, 2).Select(i => Program.OkAsync(["import", "assets", sample.File("p.csv", Sample.AssetList("P" + i, 300)), "--commit", "--summary", .. where]))));
        Assert.Equal(600L, Scalar(postgres, "SELECT count(DISTINCT number) FROM risk_asset"));
        Assert.Contains("person3", (await Program.OkAsync(["user", "list", .. where])).Out, StringComparison.Ordinal);
        Assert.Equal(601, (await Program.OkAsync(["export", "assets", "-", "--format", "csv", .. where])).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await running.StopAsync();
        Assert.Contains("\nINTACT", "\n" + (await Program.OkAsync(["verify", .. where])).Out, StringComparison.Ordinal);
    }

    private static long Tables(string postgres) => (long)Scalar(postgres, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")!;

    private static object? Scalar(string postgres, string sql)
    {
        using var connection = new NpgsqlConnection(postgres);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }
}
