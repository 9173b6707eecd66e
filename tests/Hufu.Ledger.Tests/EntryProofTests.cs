using System.Text;

namespace Hufu.Ledger.Tests;

public class EntryProofTests
{
    [Fact]
    public void A_proof_survives_writing_and_reading_and_verifies_with_the_public_key_alone()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(1000);
        var reader = LedgerReader.Open(folder.Path).Value;
        foreach (var index in new[] { 0, 255, 256, 999 })
        {
            var text = reader.Prove(index).Value.ToString();
            var proof = EntryProof.Parse(text).Value;
            Assert.Equal(text, proof.ToString());
            Assert.Equal((index, $"entry {index}"), (proof.Index, Encoding.UTF8.GetString(proof.Entry!)));
            Assert.Equal(TemporaryFolder.Signer.Name, proof.Verify(TemporaryFolder.Trust).Value[0].Key.Name);
            Assert.True(proof.Verify(TemporaryFolder.Trust, Encoding.UTF8.GetBytes($"entry {index}")).IsOk);
            Assert.Equal("ledger.proof.wrong", proof.Verify(TemporaryFolder.Trust, new byte[1]).Errors[0].Code);
        }
    }

    [Fact]
    public void The_text_is_that_of_the_specification()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = folder.Fill(2);
        var other = MerkleHash.OfLeaf("entry 0"u8).ToBase64();
        Assert.Equal(
            $"c2sp.org/tlog-proof@v1\nextra ZW50cnkgMQ==\nindex 1\n{other}\n\n{checkpoint.Note}",
            LedgerReader.Open(folder.Path).Value.Prove(1).Value.ToString());
    }

    [Fact]
    public void A_proof_without_the_entry_needs_it_from_elsewhere()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(10);
        var full = LedgerReader.Open(folder.Path).Value.Prove(3).Value;
        var proof = EntryProof.Parse(new EntryProof(full.Index, full.Hashes, full.Checkpoint, null).ToString()).Value;
        Assert.Null(proof.Entry);
        Assert.Equal("ledger.proof.wrong", proof.Verify(TemporaryFolder.Trust).Errors[0].Code);
        Assert.Equal("ledger.proof.wrong", proof.Verify(TemporaryFolder.Trust, "entry 4"u8.ToArray()).Errors[0].Code);
        Assert.True(proof.Verify(TemporaryFolder.Trust, "entry 3"u8.ToArray()).IsOk);
    }

    [Fact]
    public void Every_changed_character_of_a_proof_is_noticed()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(11);
        var text = LedgerReader.Open(folder.Path).Value.Prove(6).Value.ToString();
        for (var i = 0; i < text.Length; i++)
        {
            var chars = text.ToCharArray();
            chars[i] = chars[i] == 'A' ? 'B' : 'A';
            var parsed = EntryProof.Parse(new string(chars));
            Assert.False(parsed.IsOk && parsed.Value.Verify(TemporaryFolder.Trust).IsOk, $"character {i} of:\n{text}");
        }
    }

    [Fact]
    public void Mutated_proofs_never_throw()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(300);
        var text = LedgerReader.Open(folder.Path).Value.Prove(77).Value.ToString();
        var random = new Random(99);
        for (var run = 0; run < 3000; run++)
        {
            var chars = text.ToList();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                var at = random.Next(chars.Count);
                if (random.Next(3) == 0)
                    chars.RemoveRange(at, random.Next(1, Math.Min(60, chars.Count - at) + 1));
                else
                    chars.Insert(at, "\n A9=+—x\0"[random.Next(9)]);
                if (chars.Count == 0)
                    break;
            }

            var mutated = new string([.. chars]);
            var parsed = EntryProof.Parse(mutated);
            if (parsed.IsOk && parsed.Value.Verify(TemporaryFolder.Trust).IsOk)
                Assert.Equal("entry 77", Encoding.UTF8.GetString(parsed.Value.Entry!));
        }
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", "line 1")]
    [InlineData("c2sp.org/tlog-proof@v1\n\nx\n", "line 1")]
    [InlineData("c2sp.org/tlog-proof@v1\nextra ?\nindex 0\n\nx\n", "line 2")]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 00\n\nx\n", "line 2")]
    [InlineData("c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx\n", "line 3")]
    public void A_malformed_proof_is_refused_with_its_line(string text, string place)
    {
        var error = EntryProof.Parse(text).Errors[0];
        Assert.Equal(("ledger.proof.malformed", place), (error.Code, error.Place));
    }
}
