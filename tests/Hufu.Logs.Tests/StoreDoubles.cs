namespace Hufu.Logs.Tests;

/// <summary>A clock that stands until it is moved.</summary>
internal sealed class Clock : TimeProvider
{
    public DateTimeOffset Now { get; set; }

    public override DateTimeOffset GetUtcNow() => Now;
}

/// <summary>Notes what it is asked to seal.</summary>
internal sealed class Sealer : ISegmentSealer
{
    private int removals;

    public List<string> Calls { get; } = [];

    public ValueTask<string?> SealAsync(SegmentSeal seal, CancellationToken cancellation)
    {
        Calls.Add($"seal {seal.SegmentId} {seal.Events} {(seal.FileSha256 is null ? "open" : "sealed")}");
        return ValueTask.FromResult<string?>($"receipt {seal.Events}");
    }

    public ValueTask<string?> RemoveAsync(SegmentRemoval removal, CancellationToken cancellation) => ValueTask.FromResult<string?>($"removed {++removals}");
}
