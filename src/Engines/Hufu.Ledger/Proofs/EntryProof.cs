using System.Globalization;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>
/// A self-contained proof that one entry is in a log, for someone who has nothing but the log's public key. Written in the format
/// C2SP tlog-proof (<c>.tlog-proof</c>); the entry travels in the <c>extra</c> line, which that format leaves to the application.
/// </summary>
public sealed class EntryProof
{
    /// <summary>Longest proof that is read: 2,000,000 characters.</summary>
    public const int MaxLength = 2_000_000;

    private const string Header = "c2sp.org/tlog-proof@v1";
    private const int MaxHashes = 63;

    /// <summary>A proof of its parts.</summary>
    /// <param name="index">Index of the entry.</param>
    /// <param name="hashes">Inclusion proof, from the leaf's sibling up.</param>
    /// <param name="checkpoint">The signed checkpoint that the proof leads to.</param>
    /// <param name="entry">The entry, or null when the reader has it from elsewhere.</param>
    public EntryProof(long index, IReadOnlyList<MerkleHash> hashes, SignedCheckpoint checkpoint, byte[]? entry)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentNullException.ThrowIfNull(hashes);
        ArgumentNullException.ThrowIfNull(checkpoint);
        Index = index;
        Hashes = hashes;
        Checkpoint = checkpoint;
        Entry = entry;
    }

    /// <summary>Index of the entry in the log, from 0.</summary>
    public long Index { get; }

    /// <summary>Inclusion proof, from the leaf's sibling up to the root's child.</summary>
    public IReadOnlyList<MerkleHash> Hashes { get; }

    /// <summary>The signed checkpoint, with the names of the keys that signed it.</summary>
    public SignedCheckpoint Checkpoint { get; }

    /// <summary>The entry's bytes. Nothing vouches for them before <see cref="Verify"/> said yes.</summary>
    public byte[]? Entry { get; }

    /// <summary>The proof as a tlog-proof text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Header).Append('\n');
        if (Entry is not null)
            text.Append("extra ").Append(Convert.ToBase64String(Entry)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"index {Index}\n");
        foreach (var hash in Hashes)
            text.Append(hash.ToBase64()).Append('\n');
        return text.Append('\n').Append(Encoding.UTF8.GetString(Checkpoint.Bytes.Span)).ToString();
    }

    /// <summary>Reads a tlog-proof text. The error's place is the line at fault.</summary>
    public static Result<EntryProof> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
            return Fail($"超過 {MaxLength} 個字元", $"it is longer than {MaxLength} characters", 0);
        var divide = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (divide < 0)
            return Fail("沒有空行分隔檢查點", "no empty line stands before the checkpoint", 1);
        var lines = text[..divide].Split('\n');
        var at = 0;
        if (lines[at++] != Header)
            return Fail($"第一行不是 {Header}", $"the first line is not {Header}", at);
        byte[]? entry = null;
        if (at < lines.Length && lines[at].StartsWith("extra ", StringComparison.Ordinal))
        {
            entry = StrictBase64.TryDecode(lines[at++].AsSpan(6));
            if (entry is null)
                return Fail("extra 不是 base64", "extra is not base64", at);
        }

        if (at == lines.Length || !lines[at].StartsWith("index ", StringComparison.Ordinal)
            || !Hufu.Ledger.Checkpoint.TryDecimal(lines[at++].AsSpan(6), out var index))
            return Fail("缺少 index", "index is missing", Math.Min(at + 1, lines.Length));
        if (lines.Length - at > MaxHashes)
            return Fail($"雜湊超過 {MaxHashes} 行", $"it has more than {MaxHashes} hashes", at + 1);
        var hashes = new List<MerkleHash>();
        for (; at < lines.Length; at++)
        {
            if (!MerkleHash.TryParseBase64(lines[at], out var hash))
                return Fail("雜湊不是 32 位元組的 base64", "a hash is not base64 of 32 bytes", at + 1);
            hashes.Add(hash);
        }

        var checkpoint = SignedCheckpoint.Parse(Encoding.UTF8.GetBytes(text[(divide + 2)..]));
        return checkpoint.IsOk
            ? Result.Of(new EntryProof(index, hashes, checkpoint.Value, entry))
            : Result.Fail<EntryProof>(checkpoint.Errors);
    }

    /// <summary>
    /// Verifies the checkpoint's signature and that the entry stands at <see cref="Index"/> below its root. Needs nothing but the
    /// keys. The result is the verified signatures with the times of witnesses.
    /// </summary>
    /// <param name="trust">Keys that are believed.</param>
    /// <param name="entry">The entry when the reader has it from elsewhere; otherwise the one in the proof is verified.</param>
    public Result<IReadOnlyList<VerifiedSignature>> Verify(LedgerTrust trust, ReadOnlyMemory<byte>? entry = null)
    {
        var signatures = Checkpoint.Verify(trust);
        if (!signatures.IsOk)
            return signatures;
        if (entry is null && Entry is null)
            return Result.Fail<IReadOnlyList<VerifiedSignature>>(LedgerErrors.ProofWrong("證明內沒有項目，請另外提供", "it has no entry in it; give the entry"));
        if (entry is { } given && Entry is not null && !given.Span.SequenceEqual(Entry))
            return Result.Fail<IReadOnlyList<VerifiedSignature>>(LedgerErrors.ProofWrong("證明內的項目與提供的不同", "the entry in it is not the given one"));
        var leaf = MerkleHash.OfLeaf(entry is { } own ? own.Span : Entry);
        var (size, expected) = (Checkpoint.Checkpoint.Size, Checkpoint.Checkpoint.Root);
        var found = MerkleProof.RootOf(new InclusionProof(Index, size, Hashes), leaf);
        if (found is null)
            return Result.Fail<IReadOnlyList<VerifiedSignature>>(LedgerErrors.ProofWrong($"路徑長度不合第 {Index} 筆、共 {size} 筆", $"the path does not fit entry {Index} of {size}"));
        return found == expected
            ? signatures
            : Result.Fail<IReadOnlyList<VerifiedSignature>>(LedgerErrors.ProofWrong($"樹根應為 {expected}，算得 {found}", $"the root should be {expected} and comes to {found}"));
    }

    private static Result<EntryProof> Fail(string zh, string en, int line) =>
        Result.Fail<EntryProof>(LedgerErrors.ProofMalformed(zh, en, line == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"line {line}")));
}
