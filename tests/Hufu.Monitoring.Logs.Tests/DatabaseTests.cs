using System.Globalization;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Tests that measure what the process allocates: nothing runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Log databases over real ones: a file of SQLite, and a server of PostgreSQL where there is one.</summary>
[Collection(nameof(Alone))]
public sealed class DatabaseTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // ---- SQLite

    [Fact]
    public async Task A_file_of_SQLite_is_read_with_all_its_types_and_read_on_after_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("hufu-logs-").FullName;
        var path = FileOf(folder);
        Execute(path, "CREATE TABLE audit(id INTEGER PRIMARY KEY, at TEXT, level TEXT, amount REAL, body BLOB, client_ip TEXT, note TEXT, empty TEXT)");
        Execute(path, "INSERT INTO audit VALUES(1, '2026-11-24 10:00:00', 'error', 1.5, x'DEADBEEF', '192.0.2.7', '登入失敗', NULL), (9007199254740993, '2026-11-24 10:00:01', 'info', 1e300, x'', NULL, '', NULL)");
        await using (var site = await Site.OpenAsync(folder, keep: true))
        {
            await PostgresServer.EnsureCreatedAsync(site.Store.Db.Database);
            var database = await MadeAsync(site, Sqlite(path) with { TimeColumn = "at", TimeZone = "Asia/Taipei", SeverityColumn = "level", MessageColumn = "note" });
            var tried = await site.Get<LogDatabases>().TryAsync(database, Stop);
            Assert.True(tried.IsOk, string.Join("; ", tried.Errors));
            Assert.Equal(["""{"id":1,"at":"2026-11-24 10:00:00","level":"error","amount":1.5,"body":"deadbeef","client_ip":"192.0.2.7","note":"登入失敗"}""", """{"id":9007199254740993,"at":"2026-11-24 10:00:01","level":"info","amount":1E+300,"body":"","note":""}"""], tried.Value.Select(e => e.Raw));
            Assert.Equal((new DateTimeOffset(2026, 11, 24, 2, 0, 0, TimeSpan.Zero), true, 3, "登入失敗", "192.0.2.7"), (tried.Value[0].OccurredAt?.ToUniversalTime(), tried.Value[0].TimeZoneAssumed, tried.Value[0].Severity, tried.Value[0].Message, tried.Value[0].SourceIp));
            Assert.Empty(await EventsAsync(site));
            await StartAsync(site, database);
            await HasAsync(site, 2);
            Execute(path, "INSERT INTO audit(note) VALUES('third')");
            await HasAsync(site, 3);
            Assert.Equal("9007199254740994", site.Get<LogDatabases>().Of(database.Id)?.Bookmark);
            await site.Get<LogDatabases>().StopAsync(Stop);
        }

        Execute(path, "INSERT INTO audit(note) VALUES('fourth')");
        await using (var site = await Site.OpenAsync(folder))
        {
            await site.Get<LogDatabases>().LookAsync(Stop);
            await HasAsync(site, 4);
            await Task.Delay(1_200, Stop);
            var events = await EventsAsync(site);
            Assert.Equal(["1", "2", "3", "4"], events.Select(e => e.Field("log.row")).Order(StringComparer.Ordinal));
            Assert.All(events, e => Assert.Equal("database", e.Format));
            await site.Get<LogDatabases>().StopAsync(Stop);
        }
    }

    [Fact]
    public async Task Only_what_the_operator_opened_is_read_and_nothing_is_written()
    {
        await using var site = await Site.OpenAsync();
        var path = FileOf(site.Folder);
        Execute(path, "CREATE TABLE audit(id INTEGER PRIMARY KEY, note TEXT); INSERT INTO audit VALUES(1, 'a')");
        var outside = Path.Combine(site.Folder, "outside.db");
        Execute(outside, "CREATE TABLE audit(id INTEGER PRIMARY KEY, note TEXT); INSERT INTO audit VALUES(1, 'secret')");
        var link = Path.Combine(site.Folder, "open", "link.db");
        File.CreateSymbolicLink(link, outside);
        await File.WriteAllTextAsync(Path.Combine(site.Folder, "open", "text.db"), new string('x', 5_000), Stop);
        const string Query = "SELECT id, note FROM audit WHERE id > @after ORDER BY id";
        await ToldAsync("may be read", outside, Query);
        await ToldAsync("no such file", link, Query);
        await ToldAsync("no such file", Path.Combine(site.Folder, "open", "gone.db"), Query);
        await ToldAsync("no such file", Path.Combine(site.Folder, "open"), Query);
        await ToldAsync("no SQLite file", Path.Combine(site.Folder, "open", "text.db"), Query);
        await ToldAsync("no such table", path, Query.Replace("FROM audit", "FROM nowhere", StringComparison.Ordinal));
        await ToldAsync("not authorized", path, Query.Replace("note", "load_extension('/x.so')", StringComparison.Ordinal));
        // What never ends is ended, and what is too big is told.
        await ToldAsync("longer than its limit", path, "WITH RECURSIVE x(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM x) SELECT count(*) AS id FROM x WHERE id > @after ORDER BY id", timeout: 1);
        await ToldAsync("larger than can be read", path, "SELECT id, zeroblob(400000000) AS big FROM audit WHERE id > @after ORDER BY id");
        Assert.Equal([1L], Scalars(path, "SELECT count(*) FROM audit"));

        async Task ToldAsync(string words, string file, string query, int timeout = 30)
        {
            var rows = new SqliteRows(file, site.Get<Hufu.Logs.Tail.TailFolders>(), new RowQuestion(query, "id", Hufu.Logs.Rows.BookmarkKind.Integer, TimeSpan.FromSeconds(timeout)));
            var fault = await Assert.ThrowsAsync<Hufu.Logs.Rows.RowSourceException>(async () =>
            {
                await foreach (var _ in rows.ReadAsync(null, Stop))
                {
                }
            });
            Assert.Contains(words, fault.Error.Message.En, StringComparison.Ordinal);
            Assert.False(string.IsNullOrEmpty(fault.Error.Message.Zh));
        }
    }

    [Fact]
    public async Task A_row_of_a_hundred_megabytes_is_cut_without_being_held()
    {
        await using var site = await Site.OpenAsync();
        var path = FileOf(site.Folder);
        Execute(path, "CREATE TABLE audit(id INTEGER PRIMARY KEY, note); INSERT INTO audit VALUES(1, zeroblob(100000000)), (2, CAST(zeroblob(100000000) AS TEXT)), (3, 'small')");
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var tried = await site.Get<LogDatabases>().TryAsync(await MadeAsync(site, Sqlite(path) with { }), Stop);
        Assert.True(tried.IsOk, string.Join("; ", tried.Errors));
        // Less than one of the two rows has, whatever else the process does meanwhile.
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 90_000_000);
        Assert.Equal([true, true, false], tried.Value.Select(e => e.Problems.Contains(LogProblem.RecordCut)));
        Assert.All(tried.Value, e => Assert.True(e.Raw.Length < 1_000_000));
    }

    [Fact]
    public async Task From_now_asks_a_file_for_its_latest()
    {
        await using var site = await Site.OpenAsync();
        var path = FileOf(site.Folder);
        Execute(path, "CREATE TABLE audit(id INTEGER PRIMARY KEY, note TEXT); INSERT INTO audit VALUES(1, 'old'), (7, 'old')");
        var database = await MadeAsync(site, Sqlite(path) with { FromNow = true });
        await StartAsync(site, database);
        for (var i = 0; i < 200 && site.Get<LogDatabases>().Of(database.Id)?.Bookmark is null; i++) await Task.Delay(20, Stop);
        Assert.Equal("7", site.Get<LogDatabases>().Of(database.Id)?.Bookmark);
        Execute(path, "INSERT INTO audit VALUES(8, 'new')");
        await HasAsync(site, 1);
        Assert.Equal("new", (await EventsAsync(site))[0].Field("note"));
        // Switched off, it is let go.
        await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of(database), database.Id, "stop", cancellation: Stop);
        await site.Get<LogDatabases>().LookAsync(Stop);
        Assert.Null(site.Get<LogDatabases>().Of(database.Id));
    }

    // ---- Passwords

    [Fact]
    public async Task A_password_is_kept_protected_for_one_target_and_is_not_in_the_history()
    {
        await using var site = await Site.OpenAsync();
        var database = await MadeAsync(site, new Wanted("postgresql", "db.example.org", "hr", "reader", ""));
        var passwords = site.Get<DatabasePasswords>();
        await passwords.SetAsync(Site.Engineer, database, "sesame-77", Stop);
        Assert.Equal("sesame-77", (await passwords.ReadAsync(database, Stop)).Password);
        var setting = await site.Store.Db.Settings.AsNoTracking().SingleAsync(s => s.Key.StartsWith("logs.database."), Stop);
        Assert.DoesNotContain("sesame-77", setting.Value, StringComparison.Ordinal);
        var changes = await site.Store.Db.Changes.AsNoTracking().Where(c => c.TypeKey == "kernel.setting").Select(c => c.Payload).ToListAsync(Stop);
        Assert.All(changes, c => Assert.DoesNotContain(setting.Value, c, StringComparison.Ordinal));
        Assert.Contains(changes, c => c!.Contains("•••", StringComparison.Ordinal));
        foreach (var change in (Action<LogDatabase>[])[d => d.Host = "evil.example.org", d => d.Port = 5433, d => d.Database = "other", d => d.Account = "root"])
        {
            var other = (LogDatabase)(await site.Store.FindAsync(Site.Engineer, site.Store.Types.Of(database), database.Number, Stop)).Value;
            site.Store.Db.Entry(other).State = EntityState.Detached;
            change(other);
            Assert.Null((await passwords.ReadAsync(other, Stop)).Password);
        }

        await passwords.SetAsync(Site.Engineer, database, "", Stop);
        Assert.Null((await passwords.ReadAsync(database, Stop)).Password);
    }

    // ---- PostgreSQL

    [Fact]
    public async Task PostgreSQL_is_read_with_all_its_types()
    {
        await using var site = await Site.OpenAsync();
        await using var server = await Server.OpenAsync();
        server.Execute("""
            CREATE TYPE mood AS ENUM ('fine');
            CREATE TABLE audit(id bigint, small smallint, amount numeric(20,4), real double precision, ok boolean, at timestamptz, local timestamp, day date, note text, body bytea, client inet, data jsonb, list int[], span interval, who uuid, mood mood, none text);
            INSERT INTO audit VALUES(5, 2, 12.5000, 0.1, true, '2026-11-24 10:00:00.123456+08', '2026-11-24 10:00:00', '2026-11-24', '登入 😀', '\xdeadbeef', '192.0.2.7', '{"a": 1}', '{1,2}', '1 day 02:00', '00000000-0000-4000-8000-000000000001', 'fine', NULL);
            INSERT INTO audit(id, real, ok) VALUES(6, 'NaN', false);
            """);
        var tried = await TryAsync(site, server.Wanted("SELECT * FROM audit WHERE id > @after ORDER BY id; -- all") with { TimeColumn = "at", MessageColumn = "note" });
        Assert.True(tried.IsOk, string.Join("; ", tried.Errors));
        Assert.Equal("""{"id":5,"small":2,"amount":12.5000,"real":0.1,"ok":true,"at":"2026-11-24T02:00:00.123456Z","local":"2026-11-24T10:00:00","day":"2026-11-24","note":"登入 😀","body":"deadbeef","client":"192.0.2.7","data":"{\"a\": 1}","list":"{1,2}","span":"P1DT2H","who":"00000000-0000-4000-8000-000000000001","mood":"fine"}""", tried.Value[0].Raw);
        Assert.Equal("""{"id":6,"real":"NaN","ok":false}""", tried.Value[1].Raw);
        Assert.Equal((new DateTimeOffset(2026, 11, 24, 2, 0, 0, 123, 456, TimeSpan.Zero), false, "登入 😀"), (tried.Value[0].OccurredAt?.ToUniversalTime(), tried.Value[0].TimeZoneAssumed, tried.Value[0].Message));
    }

    [Theory]
    [InlineData("bigint", "integer", "SELECT * FROM t WHERE id >= @after ORDER BY id")]
    [InlineData("int", "integer", "SELECT * FROM t WHERE id >= @after ORDER BY id")]
    [InlineData("timestamptz", "time", "SELECT * FROM t WHERE id >= @after ORDER BY id")]
    [InlineData("timestamp", "time", "SELECT * FROM t WHERE id >= @after ORDER BY id")]
    [InlineData("date", "time", "SELECT * FROM t WHERE id >= @after ORDER BY id")]
    [InlineData("varchar(20)", "text", "SELECT * FROM t WHERE id >= @after ORDER BY id")]
    [InlineData("uuid", "text", "SELECT id::text AS id, note FROM t WHERE id::text >= @after ORDER BY id")]
    public async Task Bookmarks_of_all_types_are_read_on_with_ties_and_from_now(string type, string kind, string query)
    {
        foreach (var fromNow in (bool[])[false, true])
        {
            await using var site = await Site.OpenAsync();
            await using var server = await Server.OpenAsync();
            server.Execute($"CREATE TABLE t(id {type}, note text)");
            for (var i = 0; i < 9; i++) Insert(i / 3, i);
            var database = await MadeAsync(site, server.Wanted(query) with { BookmarkKind = kind, Rising = "ties", Batch = 2, FromNow = fromNow });
            await StartAsync(site, database);
            for (var i = 0; i < 400 && site.Get<LogDatabases>().Of(database.Id) is not { Bookmark: not null, Lag: { } lag } | (lag = site.Get<LogDatabases>().Of(database.Id)?.Lag ?? TimeSpan.MaxValue) != TimeSpan.Zero; i++) await Task.Delay(20, Stop);
            Insert(2, 9);
            Insert(3, 10);
            Insert(3, 11);
            await HasAsync(site, fromNow ? 3 : 12);
            await Task.Delay(1_200, Stop);
            Assert.Null(site.Get<LogDatabases>().Of(database.Id)?.Problem);
            Assert.Equal(Enumerable.Range(fromNow ? 9 : 0, fromNow ? 3 : 12).Select(i => "note " + i).Order(StringComparer.Ordinal), (await EventsAsync(site)).Select(e => e.Field("note")!).Order(StringComparer.Ordinal));
            await site.Get<LogDatabases>().StopAsync(Stop);

            void Insert(int mark, int i) => server.Execute(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO t VALUES({kind switch { "integer" => $"{mark}", "time" => $"'2026-11-2{mark + 1} 00:00:00'", _ => type == "uuid" ? $"'00000000-0000-7000-8000-00000000000{mark}'" : $"'k{mark}'" }}, 'note {i}')"));
        }
    }

    [Fact]
    public async Task Rows_that_are_committed_late_are_found_with_an_overlap_while_many_write()
    {
        await using var site = await Site.OpenAsync();
        await using var server = await Server.OpenAsync();
        server.Execute("CREATE TABLE t(id bigserial PRIMARY KEY, note text)");
        var database = await MadeAsync(site, server.Wanted("SELECT id, note FROM t WHERE id > @after ORDER BY id") with { Overlap = 200, Batch = 40 });
        await StartAsync(site, database);
        // Numbers are given in one order and committed in another.
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            for (var i = 0; i < 40; i++)
            {
                await using var connection = new NpgsqlConnection(server.Connection);
                await connection.OpenAsync(Stop);
                await using var transaction = await connection.BeginTransactionAsync(Stop);
                await using (var insert = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO t(note) VALUES('{writer}/{i}')"), connection, transaction)) await insert.ExecuteNonQueryAsync(Stop);
                await Task.Delay(random.Next(60), Stop);
                if (i % 10 == 9) await transaction.RollbackAsync(Stop);
                else await transaction.CommitAsync(Stop);
            }
        }, Stop)).ToList();
        await Task.WhenAll(writers);
        await HasAsync(site, 4 * 36);
        await Task.Delay(1_200, Stop);
        Assert.Equal(server.Texts("SELECT note FROM t").Order(StringComparer.Ordinal), (await EventsAsync(site)).Select(e => e.Field("note")!).Order(StringComparer.Ordinal));
        await site.Get<LogDatabases>().StopAsync(Stop);
    }

    [Fact]
    public async Task What_PostgreSQL_refuses_is_told_with_its_place_and_nothing_is_written()
    {
        await using var site = await Site.OpenAsync();
        await using var server = await Server.OpenAsync();
        server.Execute("CREATE TABLE t(id bigint, note text); INSERT INTO t VALUES(1, 'a'); CREATE SEQUENCE s; CREATE TABLE secret(id bigint); REVOKE ALL ON secret FROM PUBLIC");
        await ToldAsync("no such column (line 2, character 3)", "SELECT id,\n  nowhere FROM t WHERE id > @after ORDER BY id");
        await ToldAsync("no such table (line 1, character 29)", "SELECT id, '登入😀' AS x FROM nowhere WHERE id > @after ORDER BY id");
        await ToldAsync("not well formed", "SELECT id id id FROM t WHERE id > @after ORDER BY id");
        await ToldAsync("only reads", "SELECT id, nextval('s') FROM t WHERE id > @after ORDER BY id");
        await ToldAsync("the database reports a fault", "SELECT id, set_config('transaction_read_only', 'off', true) FROM t WHERE id > @after ORDER BY id");
        await ToldAsync("division by zero", "SELECT id, 1 / (id - 1) FROM t WHERE id > @after ORDER BY id");
        await ToldAsync("no such database", "SELECT id FROM t WHERE id > @after ORDER BY id", wanted => wanted with { Database = "nowhere_at_all" });
        await ToldAsync("account or password", "SELECT id FROM t WHERE id > @after ORDER BY id", wanted => wanted with { Account = "nobody_at_all" });
        await ToldAsync("no connection", "SELECT id FROM t WHERE id > @after ORDER BY id", wanted => wanted with { Port = 1 });
        // The server of the tests speaks no TLS, and without it nothing is asked.
        await ToldAsync("SSL", "SELECT id FROM t WHERE id > @after ORDER BY id", wanted => wanted with { Tls = "" });
        Assert.Equal(["1"], server.Texts("SELECT nextval('s')::text"));

        await using var rows = new PostgresRows((await MadeAsync(site, server.Wanted("SELECT id FROM t WHERE id > @after ORDER BY id")))!, null, new RowQuestion("SELECT id, pg_sleep(30) FROM t WHERE id > @after ORDER BY id", "id", Hufu.Logs.Rows.BookmarkKind.Integer, TimeSpan.FromSeconds(1)));
        var slow = await Assert.ThrowsAsync<Hufu.Logs.Rows.RowSourceException>(async () =>
        {
            await foreach (var _ in rows.ReadAsync(null, Stop))
            {
            }
        });
        Assert.Contains("longer than its limit", slow.Error.Message.En, StringComparison.Ordinal);

        async Task ToldAsync(string words, string query, Func<Wanted, Wanted>? change = null)
        {
            var wanted = server.Wanted(query);
            var tried = await TryAsync(site, change is null ? wanted : change(wanted));
            Assert.False(tried.IsOk, query);
            Assert.Contains(words, tried.Errors[0].Message.En, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Rows_of_a_hundred_megabytes_are_streamed_and_a_lost_connection_is_made_again()
    {
        await using var site = await Site.OpenAsync();
        await using var server = await Server.OpenAsync();
        server.Execute("CREATE TABLE t(id bigint, note text, body bytea); INSERT INTO t SELECT i, repeat('登x', 25000000), decode(repeat('00', 50000000), 'hex') FROM generate_series(1, 2) AS i");
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var database = await MadeAsync(site, server.Wanted("SELECT id, note, body FROM t WHERE id > @after ORDER BY id"));
        await StartAsync(site, database);
        await HasAsync(site, 2);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 120_000_000);
        Assert.All(await EventsAsync(site), e => Assert.Contains(LogProblem.RecordCut, e.Problems));
        server.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'Hufu' AND datname = current_database()");
        server.Execute("INSERT INTO t VALUES(3, 'after', NULL)");
        await HasAsync(site, 3);
        await site.Get<LogDatabases>().StopAsync(Stop);
    }

    // ---- What they need

    private sealed record Wanted(string Kind, string Host, string Database, string Account, string File, string Query = "SELECT * FROM audit WHERE id > @after ORDER BY id")
    {
        public int? Port { get; init; }

        public string Tls { get; init; } = "none";

        public string BookmarkKind { get; init; } = "integer";

        public string Rising { get; init; } = "strict";

        public int? Overlap { get; init; }

        public int? Batch { get; init; }

        public bool FromNow { get; init; }

        public string TimeColumn { get; init; } = "";

        public string TimeZone { get; init; } = "";

        public string SeverityColumn { get; init; } = "";

        public string MessageColumn { get; init; } = "";
    }

    private static Wanted Sqlite(string path) => new("sqlite", "", "", "", path);

    private static async Task<LogDatabase> MadeAsync(Site site, Wanted wanted)
    {
        var created = await site.Store.CreateAsync(Site.Engineer, new LogDatabase
        {
            State = "off", Title = "x", Kind = wanted.Kind, Host = wanted.Host, Port = wanted.Port, Database = wanted.Database, Account = wanted.Account, Tls = wanted.Tls, File = wanted.File, Statement = wanted.Query, BookmarkColumn = "id", BookmarkKind = wanted.BookmarkKind,
            Rising = wanted.Rising, Overlap = wanted.Overlap, Batch = wanted.Batch, FromNow = wanted.FromNow, Every = 1, Source = "rows", TimeColumn = wanted.TimeColumn, TimeZone = wanted.TimeZone, SeverityColumn = wanted.SeverityColumn, MessageColumn = wanted.MessageColumn,
        }, cancellation: Stop);
        Assert.True(created.IsOk, string.Join("; ", created.Errors));
        return (LogDatabase)created.Value;
    }

    private static async Task<Result<IReadOnlyList<LogEvent>>> TryAsync(Site site, Wanted wanted) => await site.Get<LogDatabases>().TryAsync(await MadeAsync(site, wanted), Stop);

    private static async Task StartAsync(Site site, LogDatabase database)
    {
        var moved = await site.Store.TransitionAsync(Site.Engineer, site.Store.Types.Of(database), database.Id, "start", cancellation: Stop);
        Assert.True(moved.IsOk, string.Join("; ", moved.Errors));
        await site.Get<LogDatabases>().LookAsync(Stop);
    }

    private static async Task<IReadOnlyList<LogEvent>> EventsAsync(Site site) => (await site.Get<LogService>().Store.SearchAsync(new LogSearch { Query = SearchQuery.Parse("source:rows").Value, Limit = 10_000 }, Stop)).Events;

    private static async Task HasAsync(Site site, int count)
    {
        for (var i = 0; i < 600 && (await EventsAsync(site)).Count < count; i++) await Task.Delay(50, Stop);
        Assert.Equal(count, (await EventsAsync(site)).Count);
    }

    private static string FileOf(string folder) => Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "open")).FullName, "app.db");

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static List<long> Scalars(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return [(long)command.ExecuteScalar()!];
    }

    /// <summary>A database on the server of the tests; they skip where there is none.</summary>
    private sealed class Server : IAsyncDisposable
    {
        private readonly PostgresServer postgres;

        private Server(PostgresServer postgres) => (this.postgres, Connection) = (postgres, postgres.CreateDatabase());

        internal string Connection { get; }

        internal static async Task<Server> OpenAsync() => new(await PostgresServer.CurrentAsync());

        internal Wanted Wanted(string query)
        {
            var parts = new NpgsqlConnectionStringBuilder(Connection);
            return new Wanted("postgresql", parts.Host!, parts.Database!, parts.Username!, "", query) { Port = parts.Port };
        }

        internal void Execute(string sql)
        {
            using var connection = new NpgsqlConnection(Connection);
            connection.Open();
            using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
            command.ExecuteNonQuery();
        }

        internal List<string> Texts(string sql)
        {
            using var connection = new NpgsqlConnection(Connection);
            connection.Open();
            using var command = new NpgsqlCommand(sql, connection);
            using var reader = command.ExecuteReader();
            var texts = new List<string>();
            while (reader.Read()) texts.Add(reader.GetString(0));
            return texts;
        }

        public ValueTask DisposeAsync()
        {
            postgres.Drop(Connection);
            return ValueTask.CompletedTask;
        }
    }
}
