using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Hufu.Ledger.Tests;

public class CheckpointTests
{
    // Keys, text and signatures of the tests of golang.org/x/mod/sumdb/note.
    private const string PeterPrivate = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    private const string PeterPublic = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string EnochPublic = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    private const string PeterText = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    private const string PeterLine = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    private const string EnochLine = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

    // The Go checksum database, as published.
    private const string GoKey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

    // A checkpoint of a public test log with signatures of two log keys (one of another type) and of four witnesses.
    private const string Witnessed =
        "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n\n"
        + "— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n"
        + "— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
        + "— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n"
        + "— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n"
        + "— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n"
        + "— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n";

    private const string WitnessedLogKey = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
    private const string WitnessKey = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";

    [Fact]
    public void Signing_gives_the_note_that_the_Go_implementation_gives()
    {
        var signer = NoteSigner.Parse(PeterPrivate).Value;
        Assert.Equal(PeterPublic, signer.VerifierKey.ToString());
        Assert.Equal(PeterPrivate, signer.ExportPrivateKey());
        Assert.Equal(PeterText + "\n" + PeterLine, new SignedNote(PeterText, [signer.Sign(PeterText)]).ToString());
    }

    [Fact]
    public void Signatures_of_the_Go_implementation_verify()
    {
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(PeterText + "\n" + PeterLine + EnochLine)).Value;
        Assert.Equal(["PeterNeumann+c74f20a3", "EnochRoot+af0cfe78"], note.Signatures.Select(s => s.ToString()));
        Assert.True(Key(PeterPublic).Verify(note.Text, note.Signatures[0], out var time));
        Assert.Null(time);
        Assert.True(Key(EnochPublic).Verify(note.Text, note.Signatures[1], out _));
        Assert.False(Key(PeterPublic).Verify(note.Text, note.Signatures[1], out _));
        Assert.False(Key(PeterPublic).Verify(note.Text + "x\n", note.Signatures[0], out _));
    }

    [Theory]
    [InlineData("go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n— sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n", 6476701)]
    [InlineData("go.sum database tree\n65209736\n5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo=\n\n— sum.golang.org Az3grnbssgK7ubgFX36gVETtNv0U23qxyAhAMai2QUfeGa3nB/akvkMdlUErfcZz7l/R3cVtYspg3dxXABkGZZKdsQ8=\n", 65209736)]
    [InlineData("go.sum database tree\n15081221\nBoMMe1wd25Tco0mYGROkyqxHZWx+hcSCtMV315Lu6Lg=\n\n— sum.golang.org Az3grilD7vQqTrv66jRgKM84Y80KTprrSt4bKmiOPxgmS5ZVBTeCl6dUvjYnN13R+C8j0jGY1WnUADGMkok3U0m2Zgo=\n— test.example.com qTGhC3917mAr6hGh+T55tNjxaej/D/GQivJZRIj7XGdAcQOTqfMWIPgp/v/904LEduN/h2sSRtHUJXUL4b9Gm7Bz4Qc=\n— test.example.com /Pa7Y/dUvWMAAAAAQVwkQVi81ArPV7BIaQYrMIxyzY0m8a4BdeeBhSKd3PviPK4/3Sd+NKSc5N7PDTCfAkUSVniN+R2oKIggA4iiDQ==\n", 15081221)]
    public void Checkpoints_of_the_Go_checksum_database_verify(string note, long size)
    {
        var checkpoint = SignedCheckpoint.Parse(Encoding.UTF8.GetBytes(note)).Value;
        Assert.Equal(size, checkpoint.Checkpoint.Size);
        var trust = new LedgerTrust(Key(GoKey)) { Origin = "go.sum database tree" };
        Assert.Single(checkpoint.Verify(trust).Value);
        // Its origin is not the key's name, so without the origin it is not taken for the key's own log.
        Assert.Equal("ledger.checkpoint.wrong-origin", checkpoint.Verify(trust with { Origin = null }).Errors[0].Code);
        var changed = SignedCheckpoint.Parse(Encoding.UTF8.GetBytes(note.Replace($"\n{size}\n", $"\n{size + 1}\n", StringComparison.Ordinal))).Value;
        Assert.Equal("ledger.signature.wrong", changed.Verify(trust).Errors[0].Code);
    }

    [Fact]
    public void A_public_log_checkpoint_with_a_witness_cosignature_verifies()
    {
        var checkpoint = SignedCheckpoint.Parse(Encoding.UTF8.GetBytes(Witnessed)).Value;
        var trust = new LedgerTrust(Key(WitnessedLogKey)) { WitnessKeys = [Key(WitnessKey)], RequiredWitnesses = 1 };
        var verified = checkpoint.Verify(trust).Value;
        Assert.Equal([null, DateTimeOffset.FromUnixTimeSeconds(0x6a122120)], verified.Select(v => v.Time));
        Assert.Equal("ledger.checkpoint.too-few-witnesses", checkpoint.Verify(trust with { RequiredWitnesses = 2 }).Errors[0].Code);
        Assert.Equal(Witnessed, checkpoint.Note.ToString());
        // The witness's time is signed too.
        var moved = SignedCheckpoint.Parse(Encoding.UTF8.GetBytes(Witnessed.Replace("2net5wAAAABqEiEg", "2net5wAAAABqEiEh", StringComparison.Ordinal))).Value;
        Assert.Equal("ledger.signature.wrong", moved.Verify(trust).Errors[0].Code);
    }

    [Fact]
    public void A_witness_alone_does_not_stand_for_the_log()
    {
        var checkpoint = SignedCheckpoint.Parse(Encoding.UTF8.GetBytes(Witnessed)).Value;
        var trust = new LedgerTrust(Key(GoKey)) { WitnessKeys = [Key(WitnessKey)] };
        Assert.Equal("ledger.signature.unknown-key", checkpoint.Verify(trust).Errors[0].Code);
    }

    [Fact]
    public void One_witness_that_signs_twice_counts_once()
    {
        var witness = NoteSigner.Generate("witness.example/w1", NoteAlgorithm.CosignatureV1);
        var log = TemporaryFolder.Signer;
        var checkpoint = SignedCheckpoint.Sign(new Checkpoint(log.Name, 0, MerkleHash.Empty), log);
        var time = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);
        checkpoint = checkpoint.With(witness.Cosign(checkpoint.Note.Text, time), witness.Cosign(checkpoint.Note.Text, time.AddSeconds(1)));
        var trust = new LedgerTrust(log.VerifierKey) { WitnessKeys = [witness.VerifierKey], RequiredWitnesses = 2 };
        Assert.Equal("ledger.checkpoint.too-few-witnesses", checkpoint.Verify(trust).Errors[0].Code);
        Assert.Equal([null, time, time.AddSeconds(1)], checkpoint.Verify(trust with { RequiredWitnesses = 1 }).Value.Select(v => v.Time));
    }

    [Fact]
    public void A_log_key_can_be_rewritten_as_a_witness_key()
    {
        Assert.Equal("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", Key("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6").ToString());
        var log = NoteSigner.Generate("w");
        var seed = Convert.FromBase64String(log.ExportPrivateKey().Split('+', 5)[4])[1..];
        var witness = NoteSigner.FromSeed("w", seed, NoteAlgorithm.CosignatureV1);
        Assert.Equal(witness.VerifierKey.ToString(), log.VerifierKey.AsWitness().ToString());
        Assert.NotEqual(log.VerifierKey.KeyId, witness.VerifierKey.KeyId);
        Assert.Throws<InvalidOperationException>(() => witness.Sign("x\n"));
        Assert.Throws<InvalidOperationException>(() => log.Cosign("x\n", DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void Every_damaged_key_is_refused()
    {
        Assert.True(NoteVerifierKey.Parse(PeterPublic).IsOk);
        for (var i = 0; i < PeterPublic.Length; i++)
        {
            var chars = PeterPublic.ToCharArray();
            chars[i]++;
            Assert.False(NoteVerifierKey.Parse(new string(chars)).IsOk, new string(chars));
            Assert.False(NoteVerifierKey.Parse(PeterPublic[..i]).IsOk);
            if (i > 0)
                Assert.False(NoteVerifierKey.Parse(PeterPublic[i..]).IsOk);
        }

        for (var i = 0; i < PeterPrivate.Length; i++)
        {
            var chars = PeterPrivate.ToCharArray();
            chars[i]++;
            var refused = NoteSigner.Parse(new string(chars));
            Assert.False(refused.IsOk, new string(chars));
            Assert.DoesNotContain(PeterPrivate[^20..], refused.Errors[0].ToString(), StringComparison.Ordinal);
        }

        Assert.False(NoteVerifierKey.Parse("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==").IsOk);
        Assert.False(NoteVerifierKey.Parse("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").IsOk);
    }

    [Theory]
    [InlineData(PeterText, null)]
    [InlineData(PeterText + "\n", "line 4")]
    [InlineData(PeterText + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=", "line 4")]
    [InlineData("\u0001" + PeterText + "\n" + PeterLine, "line 1")]
    [InlineData(PeterText + "\n— Bad Name x08go/ZJ\n", "line 4")]
    [InlineData(PeterText + "\n" + PeterLine + "Unexpected line.\n", "line 5")]
    [InlineData(PeterText + "\n" + PeterLine + "— a+b x08goAAA\n", "line 5")]
    public void A_malformed_note_is_refused_with_its_line(string note, string? place)
    {
        var parsed = SignedNote.Parse(Encoding.UTF8.GetBytes(note));
        Assert.Equal("ledger.note.malformed", parsed.Errors[0].Code);
        if (place is not null)
            Assert.Equal(place, parsed.Errors[0].Place);
    }

    [Fact]
    public void A_note_may_have_a_hundred_signatures_and_no_more()
    {
        Assert.True(SignedNote.Parse(Encoding.UTF8.GetBytes(PeterText + "\n" + string.Concat(Enumerable.Repeat(PeterLine, 100)))).IsOk);
        Assert.False(SignedNote.Parse(Encoding.UTF8.GetBytes(PeterText + "\n" + string.Concat(Enumerable.Repeat(PeterLine, 101)))).IsOk);
        Assert.False(SignedNote.Parse([.. Encoding.UTF8.GetBytes(PeterText), 0xff, (byte)'\n', (byte)'\n', .. Encoding.UTF8.GetBytes(PeterLine)]).IsOk);
        Assert.False(SignedNote.Parse(new byte[SignedNote.MaxLength + 1]).IsOk);
    }

    [Theory]
    [InlineData("o\n1\n", null)]
    [InlineData("o\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "line 2")]
    [InlineData("o\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "line 2")]
    [InlineData("o\n99999999999999999999\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "line 2")]
    [InlineData("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n", "line 3")]
    [InlineData("o\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "line 3")]
    [InlineData("\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "line 1")]
    [InlineData("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nx\n", "line 4")]
    [InlineData("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", null)]
    public void A_malformed_checkpoint_is_refused_with_its_line(string text, string? place)
    {
        var parsed = Checkpoint.Parse(text);
        Assert.Equal("ledger.checkpoint.malformed", parsed.Errors[0].Code);
        Assert.Equal(place, parsed.Errors[0].Place);
    }

    [Fact]
    public void Extension_lines_are_kept_and_signed()
    {
        var checkpoint = new Checkpoint("example.gov.tw/hufu", 0, MerkleHash.Empty, ["one", "two"]);
        var signed = SignedCheckpoint.Parse(SignedCheckpoint.Sign(checkpoint, TemporaryFolder.Signer).Bytes.Span).Value;
        Assert.Equal(["one", "two"], signed.Checkpoint.Extensions);
        Assert.True(signed.Verify(TemporaryFolder.Trust).IsOk);
    }

    [Fact]
    public void Mutated_notes_never_throw_and_never_verify()
    {
        var trust = new LedgerTrust(Key(WitnessedLogKey));
        var original = Encoding.UTF8.GetBytes(Witnessed);
        var random = new Random(20261123);
        for (var run = 0; run < 3000; run++)
        {
            var bytes = original.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0)
                bytes = bytes[..random.Next(bytes.Length)];
            var parsed = SignedCheckpoint.Parse(bytes);
            if (!parsed.IsOk || !parsed.Value.Verify(trust).IsOk)
                continue;
            // What still verifies has the signed text; the change is in a line of an unknown key.
            Assert.Equal(SignedNote.Parse(original).Value.Text, parsed.Value.Note.Text);
        }
    }

    [Fact]
    public void Any_text_of_a_note_survives_writing_and_reading() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>>(),
        text =>
        {
            var clean = new string([.. text.Get.Where(c => !char.IsControl(c) && !char.IsSurrogate(c))]) + "\n";
            var note = new SignedNote(clean, [TemporaryFolder.Signer.Sign(clean)]);
            var read = SignedNote.Parse(note.ToBytes()).Value;
            Assert.Equal(clean, read.Text);
            Assert.True(TemporaryFolder.Signer.VerifierKey.Verify(read.Text, read.Signatures[0], out _));
        }));

    private static NoteVerifierKey Key(string text) => NoteVerifierKey.Parse(text).Value;
}
