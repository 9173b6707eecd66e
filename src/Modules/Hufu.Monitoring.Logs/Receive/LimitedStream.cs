using Hufu.Kernel;

namespace Hufu.Monitoring.Logs;

/// <summary>The first bytes of a stream; more of them is more than what unpacks may give.</summary>
internal sealed class LimitedStream(Stream inner, long most) : ForwardStream
{
    private long read;

    /// <summary>True when there was more.</summary>
    internal bool IsExceeded => read > most;

    /// <exception cref="InvalidDataException">There is more.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var got = await inner.ReadAsync(buffer, cancellationToken);
        read += got;
        return IsExceeded ? throw new InvalidDataException("The stream is longer than it may be.") : got;
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
