using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>Why a file of cold storage cannot be had or kept.</summary>
public enum ColdFault
{
    /// <summary>The place answers and does not have the file.</summary>
    Missing,

    /// <summary>The file is not the one that was moved there.</summary>
    Changed,

    /// <summary>The place does not answer, or is not there.</summary>
    Unreachable,

    /// <summary>The place answers and refuses: key, rights, region, clock, bucket.</summary>
    Refused,

    /// <summary>The place has no room.</summary>
    Full,

    /// <summary>This machine has no room for files that are fetched.</summary>
    NoRoom,

    /// <summary>No place was named at the start, and the file lies in one.</summary>
    NotNamed,
}

/// <summary>A file of cold storage cannot be had or kept. The words have no secret.</summary>
public sealed class ColdException : IOException, IUnavailable
{
    /// <summary>Makes one.</summary>
    public ColdException(ColdFault fault, LocalizedText words, Exception? inner = null) : base(words?.En, inner)
    {
        ArgumentNullException.ThrowIfNull(words);
        (Fault, Words) = (fault, words);
    }

    /// <summary>Why.</summary>
    public ColdFault Fault { get; }

    /// <summary>Why, in words.</summary>
    public LocalizedText Words { get; }

    /// <inheritdoc />
    public Error Error => new("logs.cold." + Fault.ToString().ToLowerInvariant(), new LocalizedText($"這些日誌在冷儲存，目前讀不到：{Words.Zh}", $"These logs lie in cold storage and cannot be read now: {Words.En}"), null);
}
