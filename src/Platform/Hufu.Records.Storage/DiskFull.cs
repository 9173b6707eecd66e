using System.Data.Common;
using Hufu.Kernel;
using Microsoft.Data.Sqlite;

namespace Hufu.Records.Storage;

/// <summary>Recognises a full disk behind what the databases and the file system throw, so that people are told that and not the fault's inner life.</summary>
public static class DiskFull
{
    // "Database or disk is full", and the same while the shared memory beside the write-ahead log is made larger.
    private const int SqliteFull = 13;
    private const int SqliteNoSharedMemory = 4874;

    // PostgreSQL: 53100 disk_full.
    private const string PostgresFull = "53100";

    /// <summary>What is said of it, with what to do.</summary>
    public static readonly Error Error = Error.Of("disk.full", "磁碟已滿，這次未寫入任何資料，既有資料完好。請騰出空間後重做；不需重新啟動。", "The disk is full: nothing was written this time, and what was there is unharmed. Make room and do it again; no restart is needed.");

    /// <summary>True when a full disk, or a used-up quota, is anywhere in the chain of causes.</summary>
    public static bool Is(Exception? fault)
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            switch (fault)
            {
                case SqliteException sqlite when sqlite.SqliteErrorCode == SqliteFull || sqlite.SqliteExtendedErrorCode == SqliteNoSharedMemory:
                case DbException { SqlState: PostgresFull }:
                // The log engine's tables are written by a library that has only words for it.
                case DbException or IOException when fault.Message.Contains("No space left on device", StringComparison.OrdinalIgnoreCase):
                case IOException when IsFull(fault.HResult & 0xFFFF):
                    return true;
            }
        }

        return false;
    }

    // Windows: ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL. Elsewhere the number of the system: EFBIG, ENOSPC, EDQUOT (Linux, macOS).
    private static bool IsFull(int code) => OperatingSystem.IsWindows() ? code is 112 or 39 : code is 27 or 28 or 122 or 69;
}
