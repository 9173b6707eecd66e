using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hufu.Kernel;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Hufu.Ledger;

/// <summary>What a key's signatures look like: the signature type byte of C2SP signed-note.</summary>
public enum NoteAlgorithm
{
    /// <summary>Ed25519 over the note's text: how a log signs.</summary>
    Ed25519 = 0x01,

    /// <summary>Ed25519 over a time stamp and the note's text (<c>cosignature/v1</c>, C2SP tlog-cosignature): how a witness signs.</summary>
    CosignatureV1 = 0x04,
}

/// <summary>A public key that notes are verified with, written <c>name+key id+base64(type || key)</c>.</summary>
public sealed class NoteVerifierKey
{
    /// <summary>Length of type and key: 33.</summary>
    internal const int EncodedKeyLength = 1 + 32;

    private readonly Ed25519PublicKeyParameters key;

    internal NoteVerifierKey(string name, NoteAlgorithm algorithm, Ed25519PublicKeyParameters key)
    {
        Name = name;
        Algorithm = algorithm;
        this.key = key;
        KeyId = ComputeKeyId(name, algorithm, key.GetEncoded());
    }

    /// <summary>The key's name, as signature lines show it; for a log's key usually the log's origin.</summary>
    public string Name { get; }

    /// <summary>What its signatures look like.</summary>
    public NoteAlgorithm Algorithm { get; }

    /// <summary>The first four bytes of SHA-256(name || newline || type || public key), big-endian.</summary>
    public uint KeyId { get; }

    /// <summary>The same key as that of a witness: other key id, time-stamped signatures.</summary>
    public NoteVerifierKey AsWitness() => new(Name, NoteAlgorithm.CosignatureV1, key);

    /// <summary>The key's text: <c>name+key id+base64(type || key)</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}+{KeyId:x8}+{Convert.ToBase64String([(byte)Algorithm, .. key.GetEncoded()])}");

    /// <summary>Reads a key's text.</summary>
    public static Result<NoteVerifierKey> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('+', 3);
        if (parts.Length != 3 || !SignedNote.IsKeyName(parts[0]) || !TryKeyId(parts[1], out var id))
            return Result.Fail<NoteVerifierKey>(LedgerErrors.KeyMalformed("格式不是「名稱+識別碼+base64」", "it is not name+id+base64"));
        if (StrictBase64.TryDecode(parts[2]) is not { Length: EncodedKeyLength } bytes)
            return Result.Fail<NoteVerifierKey>(LedgerErrors.KeyMalformed("公鑰不是 33 位元組的 base64", "the key is not base64 of 33 bytes"));
        if ((NoteAlgorithm)bytes[0] is not (NoteAlgorithm.Ed25519 or NoteAlgorithm.CosignatureV1))
            return Result.Fail<NoteVerifierKey>(LedgerErrors.KeyMalformed($"不支援的演算法 0x{bytes[0]:x2}", $"algorithm 0x{bytes[0]:x2} is not supported"));
        NoteVerifierKey key;
        try
        {
            key = new NoteVerifierKey(parts[0], (NoteAlgorithm)bytes[0], new Ed25519PublicKeyParameters(bytes, 1));
        }
        catch (ArgumentException)
        {
            return Result.Fail<NoteVerifierKey>(LedgerErrors.KeyMalformed("公鑰不是有效的 Ed25519 點", "the key is not a valid Ed25519 point"));
        }

        return key.KeyId == id
            ? Result.Of(key)
            : Result.Fail<NoteVerifierKey>(LedgerErrors.KeyMalformed($"識別碼應為 {key.KeyId:x8}", $"its id should be {key.KeyId:x8}"));
    }

    /// <summary>True when a signature line names this key; it may still be wrong.</summary>
    public bool Made(NoteSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        return signature.KeyId == KeyId && signature.Name == Name;
    }

    /// <summary>True when the signature is this key's and is right for the text.</summary>
    /// <param name="text">The note's text with its last newline.</param>
    /// <param name="signature">The signature line.</param>
    /// <param name="time">When a witness says it signed; null for a log's signature.</param>
    public bool Verify(string text, NoteSignature signature, out DateTimeOffset? time)
    {
        time = null;
        if (!Made(signature))
            return false;
        var bytes = signature.Signature.Span;
        if (Algorithm == NoteAlgorithm.Ed25519)
            return bytes.Length == Ed25519PrivateKeyParameters.SignatureSize && Check(Encoding.UTF8.GetBytes(text), bytes);
        if (bytes.Length != 8 + Ed25519PrivateKeyParameters.SignatureSize)
            return false;
        var seconds = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (seconds < 0 || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds() || !Check(CosignedMessage(seconds, text), bytes[8..]))
            return false;
        time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }

    internal static byte[] CosignedMessage(long seconds, string text) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{text}"));

    internal static uint ComputeKeyId(string name, NoteAlgorithm algorithm, byte[] publicKey) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', (byte)algorithm, .. publicKey]));

    internal static bool TryKeyId(string text, out uint id)
    {
        id = 0;
        return text.Length == 8 && text.All(char.IsAsciiHexDigitLower)
            && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }

    private bool Check(byte[] message, ReadOnlySpan<byte> signature)
    {
        var verifier = new Ed25519Signer();
        verifier.Init(false, key);
        verifier.BlockUpdate(message, 0, message.Length);
        return verifier.VerifySignature(signature.ToArray());
    }
}

/// <summary>A private key that notes are signed with, written <c>PRIVATE+KEY+name+key id+base64(type || seed)</c>.</summary>
public sealed class NoteSigner
{
    private readonly Ed25519PrivateKeyParameters key;

    private NoteSigner(string name, NoteAlgorithm algorithm, Ed25519PrivateKeyParameters key)
    {
        this.key = key;
        VerifierKey = new NoteVerifierKey(name, algorithm, key.GeneratePublicKey());
    }

    /// <summary>The public half.</summary>
    public NoteVerifierKey VerifierKey { get; }

    /// <summary>The key's name.</summary>
    public string Name => VerifierKey.Name;

    /// <summary>A new key.</summary>
    /// <param name="name">Its name: for a log's key the log's origin, such as <c>example.gov.tw/hufu</c>.</param>
    /// <param name="algorithm">A log's or a witness's key.</param>
    /// <exception cref="ArgumentException">The name is empty or has white space or a plus sign.</exception>
    public static NoteSigner Generate(string name, NoteAlgorithm algorithm = NoteAlgorithm.Ed25519)
    {
        ArgumentNullException.ThrowIfNull(name);
        return FromSeed(name, RandomNumberGenerator.GetBytes(Ed25519PrivateKeyParameters.KeySize), algorithm);
    }

    /// <summary>A key from its 32 secret bytes.</summary>
    /// <exception cref="ArgumentException">The name is empty or has white space or a plus sign, or the seed is not 32 bytes long.</exception>
    public static NoteSigner FromSeed(string name, ReadOnlySpan<byte> seed, NoteAlgorithm algorithm = NoteAlgorithm.Ed25519)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!SignedNote.IsKeyName(name))
            throw new ArgumentException("A key's name is not empty and has no white space and no plus sign.", nameof(name));
        if (seed.Length != Ed25519PrivateKeyParameters.KeySize)
            throw new ArgumentException($"A seed has {Ed25519PrivateKeyParameters.KeySize} bytes.", nameof(seed));
        return new NoteSigner(name, algorithm, new Ed25519PrivateKeyParameters(seed.ToArray(), 0));
    }

    /// <summary>Reads a private key's text. The error never repeats any of it.</summary>
    public static Result<NoteSigner> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('+', 5);
        if (parts.Length != 5 || parts[0] != "PRIVATE" || parts[1] != "KEY" || !SignedNote.IsKeyName(parts[2]) || !NoteVerifierKey.TryKeyId(parts[3], out var id))
            return Result.Fail<NoteSigner>(LedgerErrors.KeyMalformed("格式不是「PRIVATE+KEY+名稱+識別碼+base64」", "it is not PRIVATE+KEY+name+id+base64"));
        if (StrictBase64.TryDecode(parts[4]) is not { Length: NoteVerifierKey.EncodedKeyLength } bytes
            || (NoteAlgorithm)bytes[0] is not (NoteAlgorithm.Ed25519 or NoteAlgorithm.CosignatureV1))
            return Result.Fail<NoteSigner>(LedgerErrors.KeyMalformed("私鑰不是 Ed25519 金鑰的 base64", "the key is not base64 of an Ed25519 key"));
        var signer = new NoteSigner(parts[2], (NoteAlgorithm)bytes[0], new Ed25519PrivateKeyParameters(bytes, 1));
        return signer.VerifierKey.KeyId == id
            ? Result.Of(signer)
            : Result.Fail<NoteSigner>(LedgerErrors.KeyMalformed("識別碼與金鑰不符", "its id does not belong to the key"));
    }

    /// <summary>The private key's text, to be kept in a safe place.</summary>
    public string ExportPrivateKey() => string.Create(
        CultureInfo.InvariantCulture,
        $"PRIVATE+KEY+{Name}+{VerifierKey.KeyId:x8}+{Convert.ToBase64String([(byte)VerifierKey.Algorithm, .. key.GetEncoded()])}");

    /// <summary>Signs a note's text as a log does.</summary>
    /// <exception cref="InvalidOperationException">This is a witness's key: it signs with a time.</exception>
    public NoteSignature Sign(string text)
    {
        if (VerifierKey.Algorithm != NoteAlgorithm.Ed25519)
            throw new InvalidOperationException("A witness's key signs with a time: use Cosign.");
        return new NoteSignature(Name, VerifierKey.KeyId, Make(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>
    /// Signs a checkpoint's text as a witness does: “at this time, this was the largest consistent tree that I saw”. The caller has
    /// verified the log's signature and the consistency with what this witness signed before.
    /// </summary>
    /// <param name="text">The checkpoint's text with its last newline.</param>
    /// <param name="time">When; kept to the second.</param>
    /// <exception cref="InvalidOperationException">This is a log's key.</exception>
    public NoteSignature Cosign(string text, DateTimeOffset time)
    {
        if (VerifierKey.Algorithm != NoteAlgorithm.CosignatureV1)
            throw new InvalidOperationException("A log's key signs without a time: use Sign.");
        var seconds = time.ToUnixTimeSeconds();
        ArgumentOutOfRangeException.ThrowIfNegative(seconds, nameof(time));
        var signature = new byte[8 + Ed25519PrivateKeyParameters.SignatureSize];
        BinaryPrimitives.WriteInt64BigEndian(signature, seconds);
        Make(NoteVerifierKey.CosignedMessage(seconds, text)).CopyTo(signature, 8);
        return new NoteSignature(Name, VerifierKey.KeyId, signature);
    }

    private byte[] Make(byte[] message)
    {
        var signer = new Ed25519Signer();
        signer.Init(true, key);
        signer.BlockUpdate(message, 0, message.Length);
        return signer.GenerateSignature();
    }
}
