using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Hufu.Jobs.Http;
using Hufu.Kernel;
using Hufu.Ledger;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Jobs.Anchors;

/// <summary>
/// Asks outsiders about the newest checkpoint of the ledger: the time-stamp authority for a stamp (RFC 3161) and the witnesses for a cosignature
/// (C2SP tlog-witness). What comes back is verified before it is kept; what does not hold makes the run a failed one with the reason.
/// </summary>
internal sealed class LedgerAnchorJob(IDbContextFactory<HufuDbContext> factory, LedgerSequencer sequencer, LedgerFiles files, LedgerAnchors anchors, SafeHttp http, TimeProvider clock) : IHufuJob
{
    internal const string Key = "ledger.anchor";
    private const int MaxAnswer = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public static JobDefinition Definition { get; } = new(
        Key, new LocalizedText("帳本時戳與見證", "Time stamp and witnesses of the ledger"),
        new LocalizedText("為帳本最新的檢查點向時戳服務取得時戳，並請見證者簽章；取得後先驗證再保存。", "Gets a time stamp and witnesses' signatures for the newest checkpoint of the ledger; what comes back is verified before it is kept."))
    {
        Area = AnchorService.Area,
        Resumable = true,
        MaxAttempts = 3,
        TimeLimit = TimeSpan.FromMinutes(15),
    };

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancellation)
    {
        AnchorSettings settings;
        await using (var db = await factory.CreateDbContextAsync(cancellation)) settings = await AnchorSettings.LoadAsync(db, cancellation);
        if (!settings.AsksAnybody) return JobOutcome.Done("尚未設定時戳服務或見證者的網址。", "No address of a time-stamp authority or witness is set.");
        var flushed = await sequencer.FlushAsync(cancellation);
        if (!flushed.IsOk) return Failed(flushed.Errors[0]);
        if (files.Verifier() is not { IsOk: true } key) return Failed(files.Verifier().Errors[0]);
        var reader = LedgerReader.Open(files.Folder, new LedgerTrust(key.Value));
        if (!reader.IsOk) return Failed(reader.Errors[0]);
        var newest = reader.Value.Checkpoint;
        if (newest.Checkpoint.Size == 0) return JobOutcome.Done("帳本仍是空的。", "The ledger is still empty.");
        // The same bytes as were kept, if this size was: a stamp is of bytes.
        var kept = anchors.Find(newest.Checkpoint.Size) is { IsOk: true } before ? before.Value : null;
        var checkpoint = kept?.Checkpoint ?? newest;
        var (done, faults) = (new List<LocalizedText>(), new List<LocalizedText>());
        if (settings.TsaUrl.Length > 0 && kept?.Timestamp is null) await StampAsync(settings, checkpoint, context, done, faults, cancellation);
        context.Progress(0.5);
        if (settings.ReadWitnesses() is { IsOk: true } witnesses)
            foreach (var witness in witnesses.Value.Where(w => w.Url is not null))
                if (kept?.Cosignatures.Any(witness.Key.Made) != true) await CosignAsync(witness, checkpoint, reader.Value, context, done, faults, cancellation);
        if (faults.Count > 0) return JobOutcome.Failed(Join(faults, zh: true), Join(faults, zh: false));
        if (done.Count == 0) done.Add(new LocalizedText($"第 {newest.Checkpoint.Size} 項的檢查點先前已完成。", $"The checkpoint at {newest.Checkpoint.Size} had everything already."));
        return JobOutcome.Done(Join(done, zh: true), Join(done, zh: false));
    }

    private async Task StampAsync(AnchorSettings settings, SignedCheckpoint checkpoint, JobContext context, List<LocalizedText> done, List<LocalizedText> faults, CancellationToken cancellation)
    {
        var roots = settings.ReadRoots();
        if (!roots.IsOk)
        {
            faults.Add(roots.Errors[0].Message);
            return;
        }

        var query = TimestampQuery.Of(checkpoint.Bytes.Span);
        var answer = await PostAsync(new Uri(settings.TsaUrl), query.ToBytes(), "application/timestamp-query", cancellation);
        if (answer.IsOk && !answer.Value.IsSuccess)
            answer = Result.Fail<SafeResponse>(Error.Of("ledger.tsa.status", $"回應 HTTP {(int)answer.Value.Status}", $"it answered HTTP {(int)answer.Value.Status}"));
        var token = answer.IsOk ? query.Accept(answer.Value.Body) : Result.Fail<byte[]>(answer.Errors);
        var verified = token.IsOk ? CheckpointTimestamp.Verify(token.Value, checkpoint.Bytes.Span, roots.Value) : Result.Fail<VerifiedTimestamp>(token.Errors);
        foreach (var certificate in roots.Value) certificate.Dispose();
        if (!verified.IsOk)
        {
            var why = verified.Errors[0].Message;
            faults.Add(new LocalizedText($"時戳服務 {settings.TsaUrl}：{why.Zh}", $"Time-stamp authority {settings.TsaUrl}: {why.En}"));
            return;
        }

        anchors.AddTimestamp(checkpoint, token.Value);
        var stamp = verified.Value;
        var time = stamp.Time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        context.Log($"time stamp of {checkpoint.Checkpoint.Size} leaves: {time}, {stamp.Authority}, serial {stamp.SerialNumber}");
        done.Add(new LocalizedText($"第 {checkpoint.Checkpoint.Size} 項的檢查點取得時戳 {time}（{stamp.Authority}）。", $"Time stamp of the checkpoint at {checkpoint.Checkpoint.Size}: {time} ({stamp.Authority})."));
        var off = clock.GetUtcNow() - stamp.Time;
        if (off.Duration() <= ClockTolerance) return;
        var minutes = off.TotalMinutes.ToString("+0;-0", CultureInfo.InvariantCulture);
        done.Add(new LocalizedText($"注意：本機時鐘與時戳服務相差 {minutes} 分鐘，請校時。", $"Mind: this machine's clock differs from the authority's by {minutes} minutes; set it right."));
    }

    // C2SP tlog-witness: what the witness saw last, the proof that the log only grew since, and the checkpoint.
    private async Task CosignAsync(Witness witness, SignedCheckpoint checkpoint, LedgerReader reader, JobContext context, List<LocalizedText> done, List<LocalizedText> faults, CancellationToken cancellation)
    {
        var size = checkpoint.Checkpoint.Size;
        var old = anchors.List(out _).FirstOrDefault(a => a.Size <= size && a.Cosignatures.Any(witness.Key.Made))?.Size ?? 0;
        for (var attempt = 0; ; attempt++)
        {
            var proof = reader.ConsistencyProof(old, size);
            if (!proof.IsOk)
            {
                Fault(proof.Errors[0].Message);
                return;
            }

            var body = new StringBuilder();
            body.Append(CultureInfo.InvariantCulture, $"old {old}\n");
            foreach (var hash in proof.Value.Hashes) body.Append(hash.ToBase64()).Append('\n');
            body.Append('\n').Append(Encoding.UTF8.GetString(checkpoint.Bytes.Span));
            var url = new Uri(witness.Url!.AbsoluteUri.TrimEnd('/') + "/add-checkpoint");
            var answer = await PostAsync(url, Encoding.UTF8.GetBytes(body.ToString()), "text/plain", cancellation);
            if (!answer.IsOk)
            {
                Fault(answer.Errors[0].Message);
                return;
            }

            var said = Encoding.UTF8.GetString(answer.Value.Body.Span);
            // It has seen another size: the proof starts there.
            if (answer.Value.Status is HttpStatusCode.Conflict && attempt == 0 && long.TryParse(said.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var seen) && seen != old)
            {
                if (seen > size)
                {
                    Fault(new LocalizedText($"它見過 {seen} 項的檢查點，比現在的 {size} 項還多：帳本被截短，或由較舊的備份還原。", $"it has seen a checkpoint of {seen} leaves, more than the {size} there are: the ledger was cut back, or restored from an older backup."));
                    return;
                }

                old = seen;
                continue;
            }

            if (!answer.Value.IsSuccess)
            {
                Fault(new LocalizedText($"回應 HTTP {(int)answer.Value.Status}", $"it answered HTTP {(int)answer.Value.Status}"));
                return;
            }

            var added = anchors.AddCosignatures(checkpoint.Note.Text + "\n" + Lines(checkpoint) + said, [witness.Key]);
            if (added.IsOk)
            {
                context.Log($"cosignature of {size} leaves by {witness.Key.Name}");
                done.Add(new LocalizedText($"見證者 {witness.Key.Name} 已簽署第 {size} 項的檢查點。", $"The witness {witness.Key.Name} signed the checkpoint at {size}."));
            }
            else Fault(added.Errors[0].Message);
            return;
        }

        void Fault(LocalizedText why) => faults.Add(new LocalizedText($"見證者 {witness.Key.Name}：{why.Zh}", $"Witness {witness.Key.Name}: {why.En}"));
    }

    private static string Lines(SignedCheckpoint checkpoint) => Encoding.UTF8.GetString(checkpoint.Bytes.Span)[(checkpoint.Note.Text.Length + 1)..];

    private async Task<Result<SafeResponse>> PostAsync(Uri url, byte[] body, string type, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } } };
        var answer = await http.SendAsync(request, Patience, MaxAnswer, cancellation);
        return answer.IsOk && answer.Value.Truncated ? Result.Fail<SafeResponse>(Error.Of("http.too-long", "回應過長。", "The answer is too long.")) : answer;
    }

    private static JobOutcome Failed(Error error) => JobOutcome.Failed(error.Message.Zh, error.Message.En);

    private static string Join(IEnumerable<LocalizedText> texts, bool zh) => string.Join(" ", texts.Select(t => zh ? t.Zh : t.En));
}
