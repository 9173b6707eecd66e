using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hufu.Web;

/// <summary>How the bodies of requests are read.</summary>
internal static class Bodies
{
    /// <summary>Lets a body that is still on its way come in when the server is told to stop: see <see cref="PatientReader"/>.</summary>
    public static Task PatientAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false) http.Features.Set<IRequestBodyPipeFeature>(new PatientBody(new PatientReader(http.Request.BodyReader)));
        return next(http);
    }

    private sealed record PatientBody(PipeReader Reader) : IRequestBodyPipeFeature;
}

/// <summary>
/// A body's reader that reads on when it is woken without anything having come. A server that is told to stop wakes each of its connections, and whoever
/// takes that for the end of the body fails a request that is well under way.
/// </summary>
/// <param name="inner">The reader that the server gives.</param>
public sealed class PatientReader(PipeReader inner) : PipeReader
{
    private int cancelled;

    /// <inheritdoc />
    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    /// <inheritdoc />
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    /// <inheritdoc />
    public override void CancelPendingRead()
    {
        Interlocked.Exchange(ref cancelled, 1);
        inner.CancelPendingRead();
    }

    /// <inheritdoc />
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <inheritdoc />
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var read = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (Stands(read)) return read;
        }
    }

    /// <inheritdoc />
    public override bool TryRead(out ReadResult result) => inner.TryRead(out result) && Stands(result);

    private bool Stands(ReadResult read)
    {
        if (!read.IsCanceled || Interlocked.Exchange(ref cancelled, 0) == 1) return true;
        inner.AdvanceTo(read.Buffer.Start);
        return false;
    }
}
