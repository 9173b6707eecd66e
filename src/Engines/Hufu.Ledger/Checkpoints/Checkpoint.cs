using System.Globalization;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>What a checkpoint says: at this size, the log of this origin has this root (C2SP tlog-checkpoint).</summary>
/// <param name="Origin">Identifies the log; the first line.</param>
/// <param name="Size">Number of entries.</param>
/// <param name="Root">Root of the Merkle tree over them.</param>
/// <param name="Extensions">Further lines, opaque.</param>
public sealed record Checkpoint(string Origin, long Size, MerkleHash Root, IReadOnlyList<string> Extensions)
{
    /// <summary>A checkpoint without extension lines.</summary>
    public Checkpoint(string origin, long size, MerkleHash root) : this(origin, size, root, []) { }

    /// <summary>The note's text: origin, size, root, extensions, each line with its newline.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Root.ToBase64()}\n");
            foreach (var line in Extensions)
                text.Append(line).Append('\n');
            return text.ToString();
        }
    }

    /// <summary>Reads the text of a checkpoint. The error's place is the line at fault.</summary>
    public static Result<Checkpoint> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.EndsWith('\n'))
            return Result.Fail<Checkpoint>(LedgerErrors.CheckpointMalformed("最後一行沒有換行", "the last line has no newline", null));
        var lines = text[..^1].Split('\n');
        if (lines.Length < 3)
            return Result.Fail<Checkpoint>(LedgerErrors.CheckpointMalformed("少於三行", "it has fewer than three lines", null));
        var empty = Array.IndexOf(lines, "");
        if (empty >= 0)
            return Result.Fail<Checkpoint>(LedgerErrors.CheckpointMalformed("有空行", "it has an empty line", $"line {empty + 1}"));
        if (!TryDecimal(lines[1], out var size))
            return Result.Fail<Checkpoint>(LedgerErrors.CheckpointMalformed("大小不是十進位數字", "the size is not a decimal number", "line 2"));
        if (!MerkleHash.TryParseBase64(lines[2], out var root))
            return Result.Fail<Checkpoint>(LedgerErrors.CheckpointMalformed("樹根不是 32 位元組的 base64", "the root is not base64 of 32 bytes", "line 3"));
        if (size == 0 && root != MerkleHash.Empty)
            return Result.Fail<Checkpoint>(LedgerErrors.CheckpointMalformed("空帳本的樹根不對", "the root is not that of an empty log", "line 3"));
        return Result.Of(new Checkpoint(lines[0], size, root, lines[3..]));
    }

    /// <summary>ASCII decimal without leading zeros, at most 2^62.</summary>
    internal static bool TryDecimal(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        return text.Length is > 0 and <= 19 && !text.ContainsAnyExceptInRange('0', '9') && (text[0] != '0' || text.Length == 1)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= 1L << 62;
    }
}

/// <summary>A signature that was verified.</summary>
/// <param name="Key">The key that made it.</param>
/// <param name="Time">When a witness says it signed; null for a log's signature.</param>
public sealed record VerifiedSignature(NoteVerifierKey Key, DateTimeOffset? Time);

/// <summary>Whom a verifier believes: the log's keys and, if wanted, witnesses.</summary>
/// <param name="LogKeys">Keys of the log; one valid signature by any of them is enough, so old and new keys stand side by side after a rotation.</param>
public sealed record LedgerTrust(IReadOnlyList<NoteVerifierKey> LogKeys)
{
    /// <summary>Trust in one or more log keys.</summary>
    public LedgerTrust(params NoteVerifierKey[] logKeys) : this((IReadOnlyList<NoteVerifierKey>)logKeys) { }

    /// <summary>The origin that checkpoints must have; when null, it must be the name of the log key that signed.</summary>
    public string? Origin { get; init; }

    /// <summary>Keys of witnesses (<see cref="NoteAlgorithm.CosignatureV1"/>).</summary>
    public IReadOnlyList<NoteVerifierKey> WitnessKeys { get; init; } = [];

    /// <summary>How many different witnesses must have signed; 0 by default.</summary>
    public int RequiredWitnesses { get; init; }
}

/// <summary>A checkpoint with the note that carries it.</summary>
public sealed class SignedCheckpoint
{
    private SignedCheckpoint(Checkpoint checkpoint, SignedNote note, byte[] bytes)
    {
        Checkpoint = checkpoint;
        Note = note;
        Bytes = bytes;
    }

    /// <summary>What it says.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The note with its signatures.</summary>
    public SignedNote Note { get; }

    /// <summary>The note's bytes as they were read or written: what a time stamp is taken of, and evidence.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Signs a checkpoint with one or more of the log's keys.</summary>
    public static SignedCheckpoint Sign(Checkpoint checkpoint, params IReadOnlyList<NoteSigner> signers)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(signers);
        var text = checkpoint.Text;
        return Of(checkpoint, new SignedNote(text, [.. signers.Select(s => s.Sign(text))]));
    }

    /// <summary>Reads a checkpoint's note without judging its signatures.</summary>
    public static Result<SignedCheckpoint> Parse(ReadOnlySpan<byte> bytes)
    {
        var note = SignedNote.Parse(bytes);
        if (!note.IsOk)
            return Result.Fail<SignedCheckpoint>(note.Errors);
        var checkpoint = Checkpoint.Parse(note.Value.Text);
        return checkpoint.IsOk
            ? Result.Of(new SignedCheckpoint(checkpoint.Value, note.Value, bytes.ToArray()))
            : Result.Fail<SignedCheckpoint>(checkpoint.Errors);
    }

    /// <summary>The same checkpoint with further signature lines; lines that are there already are not repeated.</summary>
    public SignedCheckpoint With(params IReadOnlyList<NoteSignature> signatures)
    {
        var lines = Note.Signatures.Select(s => s.Line).ToHashSet(StringComparer.Ordinal);
        return Of(Checkpoint, new SignedNote(Note.Text, [.. Note.Signatures, .. signatures.Where(s => lines.Add(s.Line))]));
    }

    /// <summary>
    /// Verifies the signatures. Signatures by unknown keys are ignored; a wrong one by a known key rejects the note, as C2SP
    /// signed-note recommends. The result holds the signatures that are right.
    /// </summary>
    public Result<IReadOnlyList<VerifiedSignature>> Verify(LedgerTrust trust)
    {
        ArgumentNullException.ThrowIfNull(trust);
        var verified = new List<VerifiedSignature>();
        foreach (var signature in Note.Signatures)
        {
            foreach (var key in trust.LogKeys.Concat(trust.WitnessKeys).Where(k => k.Made(signature)))
            {
                if (!key.Verify(Note.Text, signature, out var time))
                    return Result.Fail<IReadOnlyList<VerifiedSignature>>(LedgerErrors.BadSignature(signature));
                verified.Add(new VerifiedSignature(key, time));
            }
        }

        var byLog = verified.Where(v => trust.LogKeys.Contains(v.Key)).ToList();
        if (byLog.Count == 0)
            return Result.Fail<IReadOnlyList<VerifiedSignature>>(LedgerErrors.NoKnownSignature(Note.Signatures));
        if (trust.Origin is { } origin ? Checkpoint.Origin != origin : !byLog.Exists(v => v.Key.Name == Checkpoint.Origin))
            return Result.Fail<IReadOnlyList<VerifiedSignature>>(LedgerErrors.WrongOrigin(trust.Origin ?? byLog[0].Key.Name, Checkpoint.Origin));
        var witnesses = verified.Where(v => trust.WitnessKeys.Contains(v.Key)).Select(v => v.Key.ToString()).Distinct().Count();
        if (witnesses < trust.RequiredWitnesses)
            return Result.Fail<IReadOnlyList<VerifiedSignature>>(LedgerErrors.TooFewWitnesses(trust.RequiredWitnesses, witnesses));
        return Result.Of<IReadOnlyList<VerifiedSignature>>(verified);
    }

    private static SignedCheckpoint Of(Checkpoint checkpoint, SignedNote note) => new(checkpoint, note, note.ToBytes());
}
