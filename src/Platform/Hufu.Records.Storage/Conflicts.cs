using System.Data.Common;

namespace Hufu.Records.Storage;

/// <summary>What two writers at the same moment can do to each other.</summary>
public static class Conflicts
{
    /// <summary>True when the database gave up this transaction for the sake of another and it may simply be done again: a serialisation failure (40001) or a deadlock (40P01).</summary>
    public static bool IsTransient(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
            if (failure is DbException { SqlState: "40001" or "40P01" }) return true;
        return false;
    }
}
