using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Ledger;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Storage.Ledger;

/// <summary>A witness: its key, and where it takes checkpoints when it is asked over the network.</summary>
public sealed record Witness(NoteVerifierKey Key, Uri? Url);

/// <summary>Whom the organisation asks and believes about its ledger, as it is kept in the settings.</summary>
/// <param name="TsaUrl">Address of the time-stamp authority; empty for none.</param>
/// <param name="TsaRoots">Certificates in PEM that time stamps must chain to; also those of authorities that were asked before.</param>
/// <param name="Witnesses">One witness a line: verifier key, and after a space the address that takes <c>add-checkpoint</c>, if it has one.</param>
/// <param name="Quorum">How many witnesses should have signed, for display.</param>
public sealed record AnchorSettings(string TsaUrl, string TsaRoots, string Witnesses, int Quorum)
{
    /// <summary>Key of the setting.</summary>
    public const string Key = "ledger.anchors";

    private const int MaxWitnesses = 20;

    /// <summary>Nobody is asked and nobody believed.</summary>
    public static AnchorSettings None { get; } = new("", "", "", 0);

    /// <summary>True when there is somebody to ask.</summary>
    public bool AsksAnybody => TsaUrl.Length > 0 || (ReadWitnesses() is { IsOk: true } witnesses && witnesses.Value.Any(w => w.Url is not null));

    /// <summary>The settings as they are kept.</summary>
    public static async Task<AnchorSettings> LoadAsync(HufuDbContext db, CancellationToken cancellation = default) =>
        await db.Settings.AsNoTracking().Where(s => s.Key == Key).Select(s => s.Value).FirstOrDefaultAsync(cancellation) is { Length: > 0 } json
            ? JsonSerializer.Deserialize<AnchorSettings>(json, JsonSerializerOptions.Web) ?? None
            : None;

    /// <summary>The text that is kept.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    /// <summary>The witnesses; an error names its line.</summary>
    public Result<IReadOnlyList<Witness>> ReadWitnesses()
    {
        var (found, errors) = (new List<Witness>(), new List<Error>());
        var lines = Witnesses.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var words = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length == 0) continue;
            var key = NoteVerifierKey.Parse(words[0]);
            Uri? url = null;
            if (!key.IsOk) errors.Add(At(i, key.Errors[0].Message.Zh, key.Errors[0].Message.En));
            else if (key.Value.Algorithm is not NoteAlgorithm.CosignatureV1) errors.Add(At(i, "這是帳本的金鑰，不是見證者的金鑰（cosignature/v1，型別 0x04）。", "This is the key of a log, not of a witness (cosignature/v1, type 0x04)."));
            else if (words.Length > 2) errors.Add(At(i, "每行只填金鑰與網址，以空白分隔。", "A line has a key and an address, with a space between."));
            else if (words.Length == 2 && !(Uri.TryCreate(words[1], UriKind.Absolute, out url) && url.Scheme is "http" or "https")) errors.Add(At(i, "網址須以 http:// 或 https:// 開頭。", "The address must start with http:// or https://."));
            else if (found.Exists(w => w.Key.ToString() == key.Value.ToString())) errors.Add(At(i, "同一把金鑰出現兩次。", "The same key is there twice."));
            else found.Add(new Witness(key.Value, url));
        }

        if (found.Count > MaxWitnesses) errors.Add(Error.Of("ledger.witness.too-many", $"最多 {MaxWitnesses} 位見證者。", $"There can be {MaxWitnesses} witnesses at most.", "witnesses"));
        return errors.Count == 0 ? Result.Of<IReadOnlyList<Witness>>(found) : Result.Fail<IReadOnlyList<Witness>>(errors);

        static Error At(int line, string zh, string en) => Error.Of("ledger.witness.malformed", $"第 {line + 1} 行：{zh}", $"Line {line + 1}: {en}", "witnesses");
    }

    /// <summary>The certificates of time-stamp authorities.</summary>
    public Result<X509Certificate2Collection> ReadRoots()
    {
        var roots = new X509Certificate2Collection();
        if (string.IsNullOrWhiteSpace(TsaRoots)) return Result.Of(roots);
        try
        {
            roots.ImportFromPem(TsaRoots);
        }
        catch (CryptographicException)
        {
            return Result.Fail<X509Certificate2Collection>(NoCertificate);
        }

        return roots.Count > 0 ? Result.Of(roots) : Result.Fail<X509Certificate2Collection>(NoCertificate);
    }

    private static readonly Error NoCertificate = Error.Of("ledger.tsa.certificate", "這不是 PEM 格式的憑證（-----BEGIN CERTIFICATE-----）。", "This is no certificate in PEM (-----BEGIN CERTIFICATE-----).", "tsaRoots");
}

/// <summary>A witness's word on a checkpoint.</summary>
/// <param name="Name">Name of its key.</param>
/// <param name="Time">When it says it signed.</param>
public sealed record WitnessWord(string Name, DateTimeOffset Time);

/// <summary>What an anchor is worth by the present trust.</summary>
/// <param name="Anchor">The anchor.</param>
/// <param name="Stamp">The time stamp, if it holds.</param>
/// <param name="StampFault">Why it does not hold; null when it does or when there is none.</param>
/// <param name="Words">Cosignatures that hold.</param>
/// <param name="Unknown">Names of signers whose keys are not, or no longer, set up: nothing can be said of them.</param>
/// <param name="Wrong">Lines by a trusted key that do not hold.</param>
/// <param name="CheckpointFault">Why the checkpoint itself is not the ledger's; null when it is.</param>
public sealed record JudgedAnchor(
    LedgerAnchor Anchor, VerifiedTimestamp? Stamp, Error? StampFault, IReadOnlyList<WitnessWord> Words, IReadOnlyList<string> Unknown, IReadOnlyList<NoteSignature> Wrong, Error? CheckpointFault);

/// <summary>Judges anchors by keys and certificates, without any network.</summary>
public sealed class AnchorJudge : IDisposable
{
    private readonly NoteVerifierKey log;
    private readonly IReadOnlyList<NoteVerifierKey> witnesses;
    private readonly X509Certificate2Collection roots;

    /// <summary>Takes the ledger's key and the settings. What in the settings cannot be read is as if it were not there; saving does not let it in.</summary>
    public AnchorJudge(NoteVerifierKey log, AnchorSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        this.log = log;
        witnesses = settings.ReadWitnesses() is { IsOk: true } read ? [.. read.Value.Select(w => w.Key)] : [];
        roots = settings.ReadRoots() is { IsOk: true } certificates ? certificates.Value : [];
    }

    /// <summary>What is to be believed of an anchor.</summary>
    public JudgedAnchor Judge(LedgerAnchor anchor)
    {
        ArgumentNullException.ThrowIfNull(anchor);
        var checkpoint = anchor.Checkpoint.Verify(new LedgerTrust(log));
        var (words, unknown, wrong) = (new List<WitnessWord>(), new List<string>(), new List<NoteSignature>());
        foreach (var line in anchor.Cosignatures)
        {
            if (witnesses.FirstOrDefault(w => w.Made(line)) is not { } key) unknown.Add(line.Name);
            else if (key.Verify(anchor.Checkpoint.Note.Text, line, out var time)) words.Add(new WitnessWord(line.Name, time ?? default));
            else wrong.Add(line);
        }

        var stamp = anchor.Timestamp is { } token ? CheckpointTimestamp.Verify(token, anchor.Checkpoint.Bytes.Span, roots) : null;
        return new JudgedAnchor(anchor, stamp is { IsOk: true } ? stamp.Value : null, stamp is { IsOk: false } ? stamp.Errors[0] : null, words, unknown, wrong, checkpoint.IsOk ? null : checkpoint.Errors[0]);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var certificate in roots) certificate.Dispose();
    }
}
