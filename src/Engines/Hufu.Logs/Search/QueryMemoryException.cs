using DuckDB.NET.Data;
using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>A query needed more memory than all queries may use together (<see cref="QueryRoom.Memory"/>), also with what could be put on the disk.</summary>
public sealed class QueryMemoryException : IOException, IUnavailable
{
    /// <summary>Makes one.</summary>
    public QueryMemoryException(Exception? inner = null) : base(Told.Message.En, inner)
    {
    }

    /// <inheritdoc />
    public Error Error => Told;

    private static Error Told { get; } = Error.Of(
        "logs.query.memory", "查詢所需的記憶體超過所有查詢可共用的上限，已經停止。請縮短期間、增加條件，或稍後再試。",
        "The query needed more memory than all queries may use together and was stopped. Take a shorter period, add conditions, or try again later.");

    /// <summary>True for what the database says when there is none.</summary>
    internal static bool Is(DuckDBException fault) => fault.Message.StartsWith("Out of Memory Error", StringComparison.Ordinal);
}
