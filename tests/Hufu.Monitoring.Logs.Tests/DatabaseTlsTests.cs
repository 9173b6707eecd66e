using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hufu.Logs.Rows;
using Hufu.Testing;
using Npgsql;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>A server of PostgreSQL with TLS and passwords: who it must be before it is told a password, and in what way.</summary>
public sealed class DatabaseTlsTests : IDisposable
{
    private const string Password = "sesame-31";
    private readonly string folder = Directory.CreateTempSubdirectory("hufu-tls-").FullName;
    private Process? server;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (server is not null)
        {
            using (var stop = Process.Start(PostgresServer.Command("pg_ctl", "-D", Path.Combine(folder, "data"), "-m", "immediate", "stop"))!) stop.WaitForExit();
            server.WaitForExit(10_000);
            server.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_server_is_known_by_its_certificate_and_a_password_is_never_told_in_the_clear()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(PostgresServer.Binaries, "initdb")), "PostgreSQL is not in " + PostgresServer.Binaries + ".");
        var (authority, port) = Start();
        var known = new LogDatabase { Kind = "postgresql", Host = "localhost", Port = port, Database = "postgres", Account = "hufu", Authorities = authority };
        Assert.Equal("fine", await AskAsync(known, Password));
        Assert.Contains("account or password", await AskAsync(known, "wrong"), StringComparison.Ordinal);
        Assert.Contains("TLS failed", await AskAsync(With(d => d.Authorities = ""), Password), StringComparison.Ordinal);
        Assert.Contains("TLS failed", await AskAsync(With(d => d.Host = "127.0.0.1"), Password), StringComparison.Ordinal);
        Assert.Equal("fine", await AskAsync(With(d => (d.Tls, d.Authorities, d.Host) = ("require", "", "127.0.0.1")), Password));
        // This account's server wants the password itself: only one that is known gets it.
        Assert.Equal("fine", await AskAsync(With(d => d.Account = "clear"), Password));
        Assert.NotEqual("fine", await AskAsync(With(d => (d.Account, d.Tls) = ("clear", "require")), Password));
        Assert.NotEqual("fine", await AskAsync(With(d => d.Tls = "none"), Password));

        LogDatabase With(Action<LogDatabase> change)
        {
            var other = new LogDatabase { Kind = "postgresql", Host = "localhost", Port = port, Database = "postgres", Account = "hufu", Authorities = authority };
            change(other);
            return other;
        }
    }

    private static async Task<string> AskAsync(LogDatabase database, string password)
    {
        await using var rows = new PostgresRows(database, password, new RowQuestion("SELECT 1 AS id, 'fine' AS word WHERE 1 > @after ORDER BY id", "id", BookmarkKind.Integer, TimeSpan.FromSeconds(30)));
        try
        {
            await foreach (var row in rows.ReadAsync(null, Stop)) return row.Values[1].Text;
            return "";
        }
        catch (RowSourceException fault)
        {
            Assert.DoesNotContain(password, fault.Error.Message.En, StringComparison.Ordinal);
            return fault.Error.Message.En;
        }
    }

    private (string Authority, int Port) Start()
    {
        var data = Path.Combine(folder, "data");
        var passwords = Path.Combine(folder, "password");
        File.WriteAllText(passwords, Password + "\n");
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var own = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        own.CertificateExtensions.Add(names.Build());
        using var certificate = own.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddHours(20), [1, 2, 3]);
        if (Environment.UserName == "root") PostgresServer.Run(new ProcessStartInfo("chown", ["-R", "postgres", folder]));
        PostgresServer.Run(PostgresServer.Command("initdb", "-D", data, "-U", "hufu", "-A", "scram-sha-256", "--pwfile", passwords, "-E", "UTF8", "--locale=C.UTF-8"));
        File.WriteAllText(Path.Combine(data, "server.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(data, "server.key"), key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(data, "server.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(Path.Combine(data, "pg_hba.conf"), "hostssl all clear all password\nhostssl all all all scram-sha-256\n");
        if (Environment.UserName == "root") PostgresServer.Run(new ProcessStartInfo("chown", ["-R", "postgres", folder]));
        var port = LocalPorts.Free();
        server = Process.Start(PostgresServer.Command("postgres", "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-k", folder, "-c", "listen_addresses=localhost", "-c", "ssl=on", "-c", "fsync=off"))!;
        for (var i = 0; ; i++)
        {
            try
            {
                using var connection = new NpgsqlConnection($"Host=localhost;Port={port};Username=hufu;Password={Password};Database=postgres;SSL Mode=Require;Pooling=false");
                connection.Open();
                using var command = new NpgsqlCommand($"CREATE ROLE clear LOGIN PASSWORD '{Password}'", connection);
                command.ExecuteNonQuery();
                return (authority.ExportCertificatePem(), port);
            }
            catch (NpgsqlException) when (i < 200)
            {
                Thread.Sleep(100);
            }
        }
    }
}
