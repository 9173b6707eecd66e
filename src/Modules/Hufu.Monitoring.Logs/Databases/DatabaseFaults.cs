using System.Net.Sockets;
using System.Security.Authentication;
using Hufu.Kernel;
using Hufu.Logs.Rows;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Hufu.Monitoring.Logs;

/// <summary>What a database says went wrong, for a person.</summary>
internal static class DatabaseFaults
{
    private const int MaxWords = 400;

    /// <param name="fault">What the driver told.</param>
    /// <param name="query">The query, for the place in it.</param>
    /// <param name="before">How many characters were sent before the query; null when it was not the query that was sent.</param>
    internal static RowSourceException Of(Exception fault, string query, int? before)
    {
        if (fault is RowSourceException known) return known;
        return new RowSourceException(fault switch
        {
            PostgresException told => Told(told, query, before),
            SqliteException told => Told(told),
            TimeoutException or NpgsqlException { InnerException: TimeoutException } => Error.Of("logs.database.timeout", "資料庫未在時限內回應。", "The database did not answer in time."),
            NpgsqlException { InnerException: AuthenticationException inner } => Error.Of("logs.database.tls", $"TLS 連線失敗，憑證未獲信任或名稱不符：{Short(inner.Message)}", $"TLS failed: the certificate is not trusted or is for another name: {Short(inner.Message)}"),
            NpgsqlException { InnerException: SocketException inner } => Error.Of("logs.database.connect", $"無法連線：{Short(inner.Message)}", $"There is no connection: {Short(inner.Message)}"),
            SocketException inner => Error.Of("logs.database.connect", $"無法連線：{Short(inner.Message)}", $"There is no connection: {Short(inner.Message)}"),
            _ => Error.Of("logs.database.failed", $"讀取失敗：{Short(fault.Message)}", $"It could not be read: {Short(fault.Message)}"),
        }, fault);
    }

    private static Error Told(PostgresException told, string query, int? before)
    {
        var (zh, en) = told.SqlState switch
        {
            "28P01" or "28000" => ("資料庫拒絕此帳號或密碼", "The database refuses the account or password"),
            "3D000" => ("沒有這個資料庫", "There is no such database"),
            "42P01" => ("沒有這個資料表", "There is no such table"),
            "42703" => ("沒有這個欄位", "There is no such column"),
            "42601" => ("SQL 語法有誤", "The SQL is not well formed"),
            "42501" => ("帳號沒有讀取的權限", "The account may not read this"),
            "25006" => ("連線為唯讀，查詢想要寫入", "The connection only reads, and the query wants to write"),
            "57014" => ("查詢超過時限", "The query took longer than its limit"),
            "53300" => ("資料庫的連線已滿", "The database has no connection left"),
            _ => ("資料庫回報錯誤", "The database reports a fault"),
        };
        // The server counts characters from 1, and one beyond the basic plane as one.
        if (before is { } sent && told.Position > sent)
        {
            var (line, column) = RowQuery.PlaceOf(query, Utf16(query, told.Position - sent - 1));
            (zh, en) = ($"{zh}（第 {line} 行第 {column} 字）", $"{en} (line {line}, character {column})");
        }

        return Error.Of("logs.database.sql", $"{zh}：{Short(told.MessageText)}", $"{en}: {Short(told.MessageText)}", before is null ? null : "statement");
    }

    private static Error Told(SqliteException told) => told.SqliteErrorCode switch
    {
        9 => Error.Of("logs.database.timeout", "查詢超過時限。", "The query took longer than its limit."),
        5 or 6 => Error.Of("logs.database.busy", "檔案正被寫入，稍後再試。", "The file is being written; it is tried again."),
        14 => Error.Of("logs.database.open", "檔案無法開啟；若為 WAL 模式，虎符須能讀取同資料夾的 -wal 與 -shm 檔。", "The file cannot be opened; in WAL mode Hufu must be able to read the -wal and -shm files beside it."),
        18 => Error.Of("logs.database.too-big", "有一個值大於可讀取的上限。", "A value is larger than can be read."),
        26 or 11 => Error.Of("logs.database.file", "不是 SQLite 檔案，或已損壞。", "This is no SQLite file, or it is damaged."),
        _ => Error.Of("logs.database.sql", $"資料庫回報錯誤：{Short(told.Message)}", $"The database reports a fault: {Short(told.Message)}", told.SqliteErrorCode == 1 ? "statement" : null),
    };

    private static int Utf16(string text, int characters)
    {
        var at = 0;
        for (; characters > 0 && at < text.Length; characters--) at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
        return at;
    }

    private static string Short(string text) => text.Length <= MaxWords ? text : text[..MaxWords] + "…";
}
