using System.Text;

namespace Hufu.Ledger.Tests;

public class LedgerReaderTests
{
    [Fact]
    public void Roots_and_proofs_at_older_sizes_are_those_that_the_ledger_had_then()
    {
        using var folder = new TemporaryFolder();
        var checkpoints = new List<SignedCheckpoint>();
        foreach (var batch in new[] { 1, 254, 1, 1, 300, 66_000, 13 })
            checkpoints.Add(folder.Fill(batch));
        var reader = LedgerReader.Open(folder.Path, TemporaryFolder.Trust).Value;
        Assert.Equal(66_570, reader.Size);
        Assert.Equal(MerkleHash.Empty, reader.RootAt(0).Value);
        foreach (var old in checkpoints.Select(c => c.Checkpoint))
        {
            Assert.Equal(old.Root, reader.RootAt(old.Size).Value);
            foreach (var index in new[] { 0, old.Size / 2, old.Size - 1 })
            {
                var proof = reader.InclusionProof(index, old.Size).Value;
                Assert.True(MerkleProof.VerifyInclusion(proof, reader.LeafHash(index).Value, old.Root));
            }

            foreach (var later in checkpoints.Select(c => c.Checkpoint).Where(c => c.Size >= old.Size))
                Assert.True(MerkleProof.VerifyConsistency(reader.ConsistencyProof(old.Size, later.Size).Value, old.Root, later.Root));
        }
    }

    [Fact]
    public void What_is_outside_the_ledger_is_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("ledger.file.missing", LedgerReader.Open(folder.Path).Errors[0].Code);
        folder.Fill(5);
        var reader = LedgerReader.Open(folder.Path).Value;
        foreach (var index in new long[] { -1, 5, long.MaxValue })
        {
            Assert.Equal("ledger.out-of-range", reader.ReadEntry(index).Errors[0].Code);
            Assert.Equal("ledger.out-of-range", reader.LeafHash(index).Errors[0].Code);
            Assert.Equal("ledger.out-of-range", reader.InclusionProof(index).Errors[0].Code);
            Assert.Equal("ledger.out-of-range", reader.Prove(index).Errors[0].Code);
        }

        Assert.Equal("ledger.out-of-range", reader.RootAt(6).Errors[0].Code);
        Assert.Equal("ledger.out-of-range", reader.InclusionProof(2, 2).Errors[0].Code);
        Assert.Equal("ledger.out-of-range", reader.ConsistencyProof(4, 3).Errors[0].Code);
        Assert.Equal("ledger.out-of-range", reader.ConsistencyProof(0, 6).Errors[0].Code);
    }

    [Fact]
    public void A_reader_keeps_its_checkpoint_while_the_ledger_grows_and_refuses_to_go_back()
    {
        using var folder = new TemporaryFolder();
        using var old = new TemporaryFolder();
        var first = folder.Fill(200);
        folder.CopyTo(old.Path);
        var reader = LedgerReader.Open(folder.Path).Value;
        folder.Fill(100);
        // Its partial tiles were replaced by full ones meanwhile.
        Assert.Equal("entry 150", Encoding.UTF8.GetString(reader.ReadEntry(150).Value));
        Assert.True(MerkleProof.VerifyInclusion(reader.InclusionProof(150).Value, reader.LeafHash(150).Value, first.Checkpoint.Root));
        Assert.False(reader.ReadEntry(250).IsOk);
        Assert.Equal(300, reader.Refresh(TemporaryFolder.Trust).Value.Checkpoint.Size);
        Assert.True(reader.ReadEntry(250).IsOk);
        Assert.True(reader.Prove(250).IsOk);
        old.CopyTo(folder.Path);
        Assert.Equal("ledger.rolled-back", reader.Refresh().Errors[0].Code);
    }

    [Fact]
    public async Task Readers_see_whole_checkpoints_while_a_writer_appends()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(1);
        var cancel = TestContext.Current.CancellationToken;
        var writing = Task.Run(() =>
        {
            using var writer = folder.Open();
            for (var i = 0; i < 60; i++)
                Assert.True(writer.Append(TemporaryFolder.Entries(writer.Size, 37)).IsOk);
        }, cancel);
        var reader = LedgerReader.Open(folder.Path).Value;
        for (var round = 0; !writing.IsCompleted || round < 5; round++)
        {
            var refreshed = reader.Refresh(TemporaryFolder.Trust);
            Assert.True(refreshed.IsOk, string.Join("; ", refreshed.Errors));
            var proof = reader.Prove(reader.Size - 1);
            Assert.True(proof.IsOk, string.Join("; ", proof.Errors));
            Assert.True(proof.Value.Verify(TemporaryFolder.Trust).IsOk);
        }

        await writing;
    }

    [Fact]
    public void A_changed_entry_is_not_given_out()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(5);
        folder.Flip("tile/entries/000.p/5", 4);
        var reader = LedgerReader.Open(folder.Path).Value;
        Assert.Equal(("ledger.hash.mismatch", "tile/entries/000.p/5"), (reader.ReadEntry(0).Errors[0].Code, reader.ReadEntry(0).Errors[0].Place));
        Assert.True(reader.ReadEntry(1).IsOk);
        File.Delete(folder.At("tile/0/000.p/5"));
        Assert.Equal("ledger.file.missing", LedgerReader.Open(folder.Path).Value.InclusionProof(1).Errors[0].Code);
    }
}
