using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>One signature line of a note.</summary>
/// <param name="Name">Name of the key, from the line.</param>
/// <param name="KeyId">The first four bytes of the encoded signature: which of the keys of that name.</param>
/// <param name="Signature">The bytes after the key id.</param>
public sealed record NoteSignature(string Name, uint KeyId, ReadOnlyMemory<byte> Signature)
{
    internal string Line
    {
        get
        {
            var bytes = new byte[4 + Signature.Length];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, KeyId);
            Signature.Span.CopyTo(bytes.AsSpan(4));
            return $"— {Name} {Convert.ToBase64String(bytes)}\n";
        }
    }

    /// <summary>Name and key id as verifier keys spell them: <c>name+1234abcd</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}+{KeyId:x8}");
}

/// <summary>A text with signature lines below it (C2SP signed-note). Parsing says nothing about trust.</summary>
public sealed class SignedNote
{
    /// <summary>Longest note that is read: 1,000,000 bytes.</summary>
    public const int MaxLength = 1_000_000;

    /// <summary>Most signature lines that are read: 100 (the specification asks for 16 at least).</summary>
    public const int MaxSignatures = 100;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A note of a text and its signatures.</summary>
    /// <exception cref="ArgumentException">The text is empty, does not end with a newline or has a control character.</exception>
    public SignedNote(string text, IReadOnlyList<NoteSignature> signatures)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(signatures);
        if (!text.EndsWith('\n') || text.AsSpan().IndexOfAnyInRange('\0', '\u0009') >= 0 || text.AsSpan().IndexOfAnyInRange('\u000b', '\u001f') >= 0)
            throw new ArgumentException("The text of a note ends with a newline and has no other control character.", nameof(text));
        Text = text;
        Signatures = signatures;
    }

    /// <summary>The signed text, with its last newline.</summary>
    public string Text { get; }

    /// <summary>The signature lines in order.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>The note in UTF-8.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(ToString());

    /// <summary>The note as text.</summary>
    public override string ToString() => $"{Text}\n{string.Concat(Signatures.Select(s => s.Line))}";

    /// <summary>Reads a note. The error's place is the line at fault.</summary>
    public static Result<SignedNote> Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            return Result.Fail<SignedNote>(LedgerErrors.NoteMalformed($"超過 {MaxLength} 位元組", $"it is longer than {MaxLength} bytes", null));
        string all;
        try
        {
            all = StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Result.Fail<SignedNote>(LedgerErrors.NoteMalformed("不是 UTF-8", "it is not UTF-8", null));
        }

        for (var i = 0; i < all.Length; i++)
        {
            if (all[i] < ' ' && all[i] != '\n')
                return Result.Fail<SignedNote>(LedgerErrors.NoteMalformed("含有控制字元", "it has a control character", LineAt(all, i)));
        }

        // The text is divided from the signatures by the last empty line.
        var divide = all.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (divide < 0 || divide + 2 == all.Length)
            return Result.Fail<SignedNote>(LedgerErrors.NoteMalformed("沒有簽章行", "it has no signature lines", LineAt(all, all.Length)));
        if (!all.EndsWith('\n'))
            return Result.Fail<SignedNote>(LedgerErrors.NoteMalformed("最後一行沒有換行", "the last line has no newline", LineAt(all, all.Length)));
        var signatures = new List<NoteSignature>();
        for (var at = divide + 2; at < all.Length;)
        {
            var end = all.IndexOf('\n', at);
            if (signatures.Count == MaxSignatures)
                return Result.Fail<SignedNote>(LedgerErrors.NoteMalformed($"簽章超過 {MaxSignatures} 行", $"it has more than {MaxSignatures} signatures", LineAt(all, at)));
            if (ParseLine(all.AsSpan(at, end - at)) is not { } signature)
            {
                return Result.Fail<SignedNote>(LedgerErrors.NoteMalformed(
                    "簽章行不是「— 名稱 base64」", "a signature line is not “— name base64”", LineAt(all, at)));
            }

            signatures.Add(signature);
            at = end + 1;
        }

        return Result.Of(new SignedNote(all[..(divide + 1)], signatures));
    }

    /// <summary>True for a name that a key may have: not empty, no Unicode white space, no plus sign, no control character.</summary>
    public static bool IsKeyName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length > 0 && !name.Any(c => c == '+' || char.IsWhiteSpace(c) || char.IsControl(c));
    }

    private static NoteSignature? ParseLine(ReadOnlySpan<char> line)
    {
        if (!line.StartsWith("— "))
            return null;
        line = line[2..];
        var space = line.IndexOf(' ');
        if (space < 0)
            return null;
        var name = line[..space].ToString();
        return IsKeyName(name) && StrictBase64.TryDecode(line[(space + 1)..]) is { Length: > 4 } bytes
            ? new NoteSignature(name, BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsMemory(4))
            : null;
    }

    private static string LineAt(string text, int position) =>
        string.Create(CultureInfo.InvariantCulture, $"line {text.AsSpan(0, position).Count('\n') + 1}");
}
