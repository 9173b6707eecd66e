using Hufu.Ledger;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.Data.Sqlite;

namespace Hufu;

/// <summary>
/// Owns the data folder while the server runs. The mark that it leaves there says, when the next start finds it, that this one was not stopped in an
/// orderly way; then what could have suffered is looked at before anything is served.
/// </summary>
internal sealed class StartCheck : IAsyncDisposable
{
    private readonly FileStream held;
    private readonly string mark;

    private StartCheck(FileStream held, string mark, bool wasCutOff) => (this.held, this.mark, WasCutOff) = (held, mark, wasCutOff);

    /// <summary>True when the process before was killed, or the machine stopped.</summary>
    internal bool WasCutOff { get; }

    /// <summary>Takes the data folder; null when another server has it.</summary>
    internal static StartCheck? Take(string dataFolder)
    {
        FileStream held;
        try
        {
            held = new FileStream(Path.Combine(dataFolder, "server.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(Path.Combine(dataFolder, "server.lock")))
        {
            return null;
        }

        var mark = Path.Combine(dataFolder, "running");
        var wasCutOff = File.Exists(mark);
        File.WriteAllText(mark, Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return new StartCheck(held, mark, wasCutOff);
    }

    /// <summary>Before the migrations: nobody else is at the embedded database, so a migration lock is one that a killed process left, and would be waited for forever.</summary>
    internal static void ReleaseMigrationLock(StorageOptions storage, Action<string> say)
    {
        if (storage.Postgres is not null || !File.Exists(storage.SqliteFile)) return;
        using var db = new SqliteConnection($"Data Source={storage.SqliteFile};Pooling=False");
        db.Open();
        using var there = db.CreateCommand();
        there.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = '__EFMigrationsLock'";
        if ((long)there.ExecuteScalar()! == 0) return;
        using var release = db.CreateCommand();
        release.CommandText = "DELETE FROM \"__EFMigrationsLock\"";
        if (release.ExecuteNonQuery() > 0) say("Recovered: an upgrade of the database had been cut off and is done again / 已復原：上次資料庫升級中斷，重新進行");
    }

    /// <summary>After the migrations: states how the database and the ledger are. False when the database is damaged.</summary>
    internal static bool Look(StorageOptions storage, LedgerFiles ledger, Action<string> say)
    {
        if (storage.Postgres is null)
        {
            using var db = new SqliteConnection($"Data Source={storage.SqliteFile};Pooling=False");
            db.Open();
            using var check = db.CreateCommand();
            check.CommandText = "PRAGMA quick_check";
            var found = (string)check.ExecuteScalar()!;
            if (found != "ok")
            {
                say($"The database is damaged: {found}. Restore a backup. / 資料庫已損壞：{found}。請由備份還原。");
                return false;
            }
        }

        var reader = LedgerReader.Open(ledger.Folder);
        say($"Recovered: Hufu had not been stopped in an orderly way; the database is whole{(reader.IsOk ? $", the ledger has {reader.Value.Size} leaves" : "")} / 已復原：上次未正常停止；資料庫完整{(reader.IsOk ? $"，帳本 {reader.Value.Size} 項" : "")}");
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(mark);
        await held.DisposeAsync();
    }
}
