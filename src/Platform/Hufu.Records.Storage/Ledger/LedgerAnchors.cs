using System.Globalization;
using System.Text;
using Hufu.Kernel;
using Hufu.Ledger;

namespace Hufu.Records.Storage.Ledger;

/// <summary>A checkpoint that was kept, with what others said of it.</summary>
/// <param name="Checkpoint">The log's own note; what a time stamp was taken of.</param>
/// <param name="Cosignatures">Signature lines of witnesses.</param>
/// <param name="Timestamp">The time-stamp token (RFC 3161) in DER; null when there is none.</param>
public sealed record LedgerAnchor(SignedCheckpoint Checkpoint, IReadOnlyList<NoteSignature> Cosignatures, byte[]? Timestamp)
{
    /// <summary>How many leaves it vouches for.</summary>
    public long Size => Checkpoint.Checkpoint.Size;

    /// <summary>The note with the witnesses' lines below the log's: what a verifier takes.</summary>
    public SignedCheckpoint Cosigned => Checkpoint.With(Cosignatures);
}

/// <summary>
/// Checkpoints with the time stamps and cosignatures that were given for them, in files beside the ledger: <c>anchors/SIZE/checkpoint</c>,
/// <c>cosignatures</c> and <c>timestamp.tst</c>. What is there was verified before it was written, and is verified again whenever it is looked at.
/// </summary>
public sealed class LedgerAnchors(LedgerFiles files)
{
    private const int MaxToken = 64 * 1024;
    private readonly Lock gate = new();

    /// <summary>Their folder.</summary>
    public string Folder => Path.Combine(files.Folder, "anchors");

    /// <summary>All that are kept, the newest first.</summary>
    /// <param name="faults">What could not be read, with its place.</param>
    /// <param name="newest">At most so many.</param>
    public IReadOnlyList<LedgerAnchor> List(out IReadOnlyList<Error> faults, int newest = int.MaxValue)
    {
        var (found, wrong) = (new List<LedgerAnchor>(), new List<Error>());
        faults = wrong;
        if (!Directory.Exists(Folder)) return found;
        var sizes = Directory.EnumerateDirectories(Folder).Select(f => long.TryParse(Path.GetFileName(f), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : -1).Where(s => s > 0);
        foreach (var size in sizes.OrderDescending().Take(newest))
        {
            if (Find(size) is not { } read) continue;
            if (read.IsOk) found.Add(read.Value);
            else wrong.AddRange(read.Errors);
        }

        return found;
    }

    /// <summary>The anchor of a size; null when there is none, an error when it cannot be read.</summary>
    public Result<LedgerAnchor>? Find(long size)
    {
        var path = PathOf(size, "checkpoint");
        if (!File.Exists(path)) return null;
        try
        {
            var checkpoint = SignedCheckpoint.Parse(Limited(path, SignedNote.MaxLength));
            if (!checkpoint.IsOk) return Fail(path, checkpoint.Errors[0]);
            if (checkpoint.Value.Checkpoint.Size != size) return Fail(path, Error.Of("", "檢查點的大小與資料夾名稱不符。", "The checkpoint has another size than its folder says."));
            IReadOnlyList<NoteSignature> lines = [];
            if (File.Exists(PathOf(size, "cosignatures")))
            {
                var note = SignedNote.Parse(Encoding.UTF8.GetBytes(checkpoint.Value.Note.Text + "\n" + Encoding.UTF8.GetString(Limited(PathOf(size, "cosignatures"), SignedNote.MaxLength / 2))));
                if (!note.IsOk) return Fail(PathOf(size, "cosignatures"), note.Errors[0]);
                lines = note.Value.Signatures;
            }

            var token = File.Exists(PathOf(size, "timestamp.tst")) ? Limited(PathOf(size, "timestamp.tst"), MaxToken) : null;
            return Result.Of(new LedgerAnchor(checkpoint.Value, lines, token));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(path, Error.Of("", e.Message, e.Message));
        }
    }

    /// <summary>Keeps a token that was verified for exactly these bytes.</summary>
    public void AddTimestamp(SignedCheckpoint checkpoint, byte[] token)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(token);
        lock (gate)
        {
            Keep(checkpoint);
            Write(PathOf(checkpoint.Checkpoint.Size, "timestamp.tst"), token);
        }
    }

    /// <summary>
    /// Takes cosignature lines that witnesses gave. Each must be by a witness that is trusted and right for the checkpoint, and the checkpoint
    /// must be one of this ledger; otherwise nothing is written.
    /// </summary>
    /// <param name="given">A whole note with signature lines, or the lines alone when they are for a checkpoint that is kept already or is the present one.</param>
    /// <param name="witnesses">Whom to believe.</param>
    /// <returns>The anchor with the lines.</returns>
    public Result<LedgerAnchor> AddCosignatures(string given, IReadOnlyList<NoteVerifierKey> witnesses)
    {
        ArgumentNullException.ThrowIfNull(given);
        ArgumentNullException.ThrowIfNull(witnesses);
        var text = given.ReplaceLineEndings("\n").Trim('\n', ' ') + "\n";
        if (text.Length > SignedNote.MaxLength / 4) return Result.Fail<LedgerAnchor>(Error.Of("ledger.cosignature.malformed", "內容過長。", "This is too long.", "lines"));
        if (files.Verifier() is not { IsOk: true } log) return Result.Fail<LedgerAnchor>(files.Verifier().Errors);
        lock (gate)
        {
            var reader = LedgerReader.Open(files.Folder, new LedgerTrust(log.Value));
            if (!reader.IsOk) return Result.Fail<LedgerAnchor>(reader.Errors);
            var target = text.StartsWith("— ", StringComparison.Ordinal) ? OfLines(text, reader.Value, witnesses) : OfNote(text, reader.Value, log.Value);
            if (!target.IsOk) return Result.Fail<LedgerAnchor>(target.Errors);
            var (checkpoint, lines) = target.Value;
            var fresh = new List<NoteSignature>();
            foreach (var line in lines)
            {
                if (log.Value.Made(line)) continue;
                if (witnesses.FirstOrDefault(w => w.Made(line)) is not { } witness)
                    return Result.Fail<LedgerAnchor>(Error.Of("ledger.cosignature.unknown-key", $"簽章 {line} 不是任何已設定見證者的金鑰所簽。", $"The signature {line} is by the key of no witness that is set up.", "lines"));
                if (!witness.Verify(checkpoint.Note.Text, line, out _))
                    return Result.Fail<LedgerAnchor>(Error.Of("ledger.cosignature.wrong", $"見證者 {line} 的簽章不符：不是這個檢查點的簽章，或被改過。", $"The signature of the witness {line} is wrong: it is of another checkpoint, or was altered.", "lines"));
                fresh.Add(line);
            }

            if (fresh.Count == 0) return Result.Fail<LedgerAnchor>(Error.Of("ledger.cosignature.none", "內容沒有見證者的簽章行。", "There is no signature line of a witness in it.", "lines"));
            Keep(checkpoint);
            var size = checkpoint.Checkpoint.Size;
            var known = Find(size) is { IsOk: true } kept ? kept.Value.Cosignatures : [];
            // A witness that signs the same checkpoint again says a later time; its newest word stays.
            var all = known.Where(k => !fresh.Any(f => f.Name == k.Name && f.KeyId == k.KeyId)).Concat(fresh).ToList();
            Write(PathOf(size, "cosignatures"), Encoding.UTF8.GetBytes(string.Concat(new SignedNote(checkpoint.Note.Text, all).ToString()[(checkpoint.Note.Text.Length + 1)..])));
            return Find(size)!;
        }
    }

    private static Result<(SignedCheckpoint, IReadOnlyList<NoteSignature>)> OfNote(string text, LedgerReader reader, NoteVerifierKey log)
    {
        var note = SignedCheckpoint.Parse(Encoding.UTF8.GetBytes(text));
        if (!note.IsOk) return Result.Fail<(SignedCheckpoint, IReadOnlyList<NoteSignature>)>(note.Errors);
        if (note.Value.Verify(new LedgerTrust(log)) is { IsOk: false } refused) return Result.Fail<(SignedCheckpoint, IReadOnlyList<NoteSignature>)>(refused.Errors);
        var size = note.Value.Checkpoint.Size;
        var root = reader.RootAt(size);
        if (!root.IsOk) return Result.Fail<(SignedCheckpoint, IReadOnlyList<NoteSignature>)>(root.Errors);
        if (root.Value != note.Value.Checkpoint.Root)
            return Result.Fail<(SignedCheckpoint, IReadOnlyList<NoteSignature>)>(Error.Of("ledger.rewritten", $"這個檢查點有本帳本的簽章，但前 {size} 項與現有帳本不符：歷史被改寫。", $"This checkpoint is signed by this ledger, but its first {size} leaves are not those of the ledger: history was rewritten.", "lines"));
        // The log's lines are its own note; the rest is what others added.
        var own = note.Value.Note.Signatures.Where(log.Made).ToList();
        var alone = SignedCheckpoint.Parse(new SignedNote(note.Value.Note.Text, own).ToBytes());
        return alone.IsOk ? Result.Of((alone.Value, note.Value.Note.Signatures)) : Result.Fail<(SignedCheckpoint, IReadOnlyList<NoteSignature>)>(alone.Errors);
    }

    // Bare lines do not say what they sign: the checkpoint is the one for which the first of them is right.
    private Result<(SignedCheckpoint, IReadOnlyList<NoteSignature>)> OfLines(string text, LedgerReader reader, IReadOnlyList<NoteVerifierKey> witnesses)
    {
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(reader.Checkpoint.Note.Text + "\n" + text));
        if (!note.IsOk) return Result.Fail<(SignedCheckpoint, IReadOnlyList<NoteSignature>)>(note.Errors);
        var lines = note.Value.Signatures;
        foreach (var candidate in List(out _).Select(a => a.Checkpoint).Prepend(reader.Checkpoint))
            if (lines.Any(l => witnesses.Any(w => w.Verify(candidate.Note.Text, l, out _)))) return Result.Of((candidate, lines));
        // Judged against the present one, so that the refusal names what is wrong with which line.
        return Result.Of((reader.Checkpoint, lines));
    }

    private void Keep(SignedCheckpoint checkpoint)
    {
        var path = PathOf(checkpoint.Checkpoint.Size, "checkpoint");
        if (!File.Exists(path)) Write(path, checkpoint.Bytes.ToArray());
    }

    private string PathOf(long size, string file) => Path.Combine(Folder, size.ToString("d10", CultureInfo.InvariantCulture), file);

    private static byte[] Limited(string path, int most)
    {
        if (new FileInfo(path).Length > most) throw new IOException($"The file is longer than {most} bytes.");
        return File.ReadAllBytes(path);
    }

    private static Result<LedgerAnchor> Fail(string path, Error error) => Result.Fail<LedgerAnchor>(Error.Of("anchor.unreadable", error.Message.Zh, error.Message.En, path));

    // Whole or not at all.
    private static void Write(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = $"{path}.{Guid.NewGuid():N}.part";
        using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }
}
