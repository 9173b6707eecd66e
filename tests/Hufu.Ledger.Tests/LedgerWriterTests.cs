using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Hufu.Ledger.Tests;

public class LedgerWriterTests
{
    [Fact]
    public void A_new_ledger_has_a_signed_checkpoint_of_size_0()
    {
        using var folder = new TemporaryFolder();
        using var writer = folder.Open();
        Assert.True(writer.Report.Created);
        Assert.False(writer.Report.Recovered);
        var read = SignedCheckpoint.Parse(File.ReadAllBytes(folder.At("checkpoint"))).Value;
        Assert.Equal(new Checkpoint("example.gov.tw/hufu", 0, MerkleHash.Empty).Text, read.Note.Text);
        Assert.True(read.Verify(TemporaryFolder.Trust).IsOk);
    }

    [Fact]
    public void Files_of_a_tree_of_70000_are_those_that_the_specification_names()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(70_000);
        // The example of C2SP tlog-tiles: 273 full and one partial (112) at level 0, one full and one partial (17) at level 1, one (1) at level 2.
        var files = Directory.EnumerateFiles(folder.At("tile"), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder.Path, f).Replace('\\', '/')).ToHashSet();
        Assert.Equal((273 + 1) + (273 + 1) + 2 + 1, files.Count);
        Assert.Contains("tile/0/272", files);
        Assert.Contains("tile/0/273.p/112", files);
        Assert.Contains("tile/entries/273.p/112", files);
        Assert.Contains("tile/1/000", files);
        Assert.Contains("tile/1/001.p/17", files);
        Assert.Contains("tile/2/000.p/1", files);
        Assert.Equal(256 * 32, new FileInfo(folder.At("tile/1/000")).Length);
        Assert.Equal([0, 7, .. "entry 0"u8], File.ReadAllBytes(folder.At("tile/entries/000")).AsSpan(0, 9).ToArray());
    }

    [Theory]
    [InlineData(0, "000")]
    [InlineData(999, "999")]
    [InlineData(1000, "x001/000")]
    [InlineData(1234067, "x001/x234/067")]
    [InlineData(1000000, "x001/x000/000")]
    public void An_index_is_spelled_in_groups_of_three_digits(long index, string path)
    {
        Assert.Equal(path, TilePath.OfIndex(index));
        Assert.Equal($"tile/3/{path}", TilePath.OfTile(3, index));
        Assert.Equal($"tile/entries/{path}.p/7", TilePath.OfEntries(index, 7));
        Assert.True(TilePath.TryParse($"tile/entries/{path}.p/7", out var level, out var found, out var width));
        Assert.Equal((TilePath.Entries, index, 7), (level, found, width));
    }

    [Theory]
    [InlineData("tile/0/1")]
    [InlineData("tile/64/000")]
    [InlineData("tile/00/000")]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/0/001/001")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/01")]
    [InlineData("tile/x/000")]
    [InlineData("tile/0/000.tmp")]
    [InlineData("checkpoint")]
    public void A_strange_path_is_no_tile(string path) => Assert.False(TilePath.TryParse(path, out _, out _, out _));

    [Fact]
    public void Batches_of_any_sizes_give_the_tree_of_the_definition() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(15), Prop.ForAll(
        Gen.Choose(1, 400).ListOf(4).ToArbitrary(),
        sizes =>
        {
            using var folder = new TemporaryFolder();
            var all = new List<byte[]>();
            foreach (var size in sizes)
            {
                // Opened anew for each batch: what is on the disk is all that counts.
                using var writer = folder.Open();
                var entries = Enumerable.Range(0, size).Select(i => Encoding.UTF8.GetBytes($"{all.Count + i}:{new string('x', i % 37)}")).ToArray();
                var batch = writer.Append([.. entries.Select(e => (ReadOnlyMemory<byte>)e)]).Value;
                Assert.Equal(all.Count, batch.FirstIndex);
                all.AddRange(entries);
                Assert.Equal(new MerkleHash(NaiveTree.Mth(all.ToArray())), batch.Checkpoint.Checkpoint.Root);
            }

            var reader = LedgerReader.Open(folder.Path, TemporaryFolder.Trust).Value;
            for (var i = 0; i < all.Count; i += 7)
                Assert.Equal(all[i], reader.ReadEntry(i).Value);
            Assert.True(LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).IsIntact);
        }));

    [Fact]
    public void A_second_writer_is_refused_until_the_first_is_closed()
    {
        using var folder = new TemporaryFolder();
        var first = folder.Open();
        Assert.Equal("ledger.locked", LedgerWriter.Open(folder.Path, TemporaryFolder.Signer, TemporaryFolder.Quick).Errors[0].Code);
        first.Dispose();
        folder.Open().Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Append(TemporaryFolder.Entries(0, 1)));
    }

    [Fact]
    public void An_entry_may_have_65535_bytes_and_no_more()
    {
        using var folder = new TemporaryFolder();
        using var writer = folder.Open();
        var refused = writer.Append([new byte[3], new byte[65_536]]);
        Assert.Equal(("ledger.entry.too-long", "entry 1"), (refused.Errors[0].Code, refused.Errors[0].Place));
        Assert.Equal(0, writer.Size);
        var longest = new byte[65_535];
        Random.Shared.NextBytes(longest);
        Assert.True(writer.Append([longest, ReadOnlyMemory<byte>.Empty]).IsOk);
        var reader = LedgerReader.Open(folder.Path).Value;
        Assert.Equal(longest, reader.ReadEntry(0).Value);
        Assert.Empty(reader.ReadEntry(1).Value);
    }

    [Fact]
    public void An_empty_batch_changes_nothing_and_a_huge_one_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var writer = folder.Open(TemporaryFolder.Quick with { MaxBatch = 2 });
        Assert.Equal(0, writer.Append([]).Value.Count);
        Assert.Equal("ledger.batch.too-large", writer.Append(TemporaryFolder.Entries(0, 3)).Errors[0].Code);
        Assert.Equal(0, writer.Size);
    }

    [Fact]
    public void Partial_tiles_of_older_checkpoints_stay_until_the_full_one_is_there()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(5, 5);
        Assert.True(File.Exists(folder.At("tile/0/000.p/5")));
        Assert.True(File.Exists(folder.At("tile/entries/000.p/10")));
        folder.Fill(246);
        Assert.False(Directory.Exists(folder.At("tile/0/000.p")));
        Assert.False(Directory.Exists(folder.At("tile/entries/000.p")));
        Assert.True(File.Exists(folder.At("tile/1/000.p/1")));
    }

    [Fact]
    public void Opening_refuses_a_ledger_that_was_cut_back_or_rewritten()
    {
        using var folder = new TemporaryFolder();
        using var old = new TemporaryFolder();
        folder.Fill(300);
        folder.CopyTo(old.Path);
        var known = folder.Fill(10).Checkpoint;
        var cut = LedgerWriter.Open(old.Path, TemporaryFolder.Signer, TemporaryFolder.Quick with { KnownCheckpoint = known });
        Assert.Equal("ledger.rolled-back", cut.Errors[0].Code);
        using (var writer = old.Open())
            Assert.True(writer.Append(TemporaryFolder.Entries(7000, 20)).IsOk);
        var forked = LedgerWriter.Open(old.Path, TemporaryFolder.Signer, TemporaryFolder.Quick with { KnownCheckpoint = known });
        Assert.Equal("ledger.rewritten", forked.Errors[0].Code);
        folder.Open(TemporaryFolder.Quick with { KnownCheckpoint = known }).Dispose();
    }

    [Fact]
    public void Opening_refuses_damage_at_the_edge_and_a_removed_checkpoint()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(300);
        folder.Flip("tile/0/001.p/44", 100);
        Assert.Equal("ledger.hash.mismatch", Refusal());
        folder.Flip("tile/0/001.p/44", 100);
        folder.Flip("tile/entries/001.p/44", 100);
        Assert.Equal("ledger.hash.mismatch", Refusal());
        folder.Flip("tile/entries/001.p/44", 100);
        folder.Flip("checkpoint", 22);
        Assert.Equal("ledger.signature.wrong", Refusal());
        File.Delete(folder.At("checkpoint"));
        Assert.Equal("ledger.checkpoint.missing", Refusal());

        string Refusal() => LedgerWriter.Open(folder.Path, TemporaryFolder.Signer, TemporaryFolder.Quick).Errors[0].Code;
    }

    [Fact]
    public void A_key_is_rotated_by_signing_with_both_and_then_with_the_new_one()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(3);
        var next = NoteSigner.Generate(TemporaryFolder.Signer.Name);
        using (var writer = folder.Open(TemporaryFolder.Quick with { AdditionalSigners = [next] }))
            writer.Append(TemporaryFolder.Entries(3, 3));
        Assert.True(LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).IsIntact);
        Assert.True(LedgerVerifier.Verify(folder.Path, new LedgerTrust(next.VerifierKey)).IsIntact);
        using (var writer = LedgerWriter.Open(folder.Path, next, TemporaryFolder.Quick).Value)
            writer.Append(TemporaryFolder.Entries(6, 3));
        Assert.Equal(LedgerFaultKind.SignatureRefused, LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).Fault!.Kind);
        Assert.True(LedgerVerifier.Verify(folder.Path, new LedgerTrust(TemporaryFolder.Signer.VerifierKey, next.VerifierKey)).IsIntact);

        // Without both signatures the old key must be named as retired.
        var third = NoteSigner.Generate(TemporaryFolder.Signer.Name);
        Assert.Equal("ledger.signature.unknown-key", LedgerWriter.Open(folder.Path, third, TemporaryFolder.Quick).Errors[0].Code);
        LedgerWriter.Open(folder.Path, third, TemporaryFolder.Quick with { RetiredKeys = [next.VerifierKey] }).Value.Dispose();
    }

    [Fact]
    public void Cosignatures_of_known_witnesses_are_published_with_the_checkpoint()
    {
        using var folder = new TemporaryFolder();
        using var writer = folder.Open();
        writer.Append(TemporaryFolder.Entries(0, 3));
        var witness = NoteSigner.Generate("witness.example/w1", NoteAlgorithm.CosignatureV1);
        var stranger = NoteSigner.Generate("witness.example/w2", NoteAlgorithm.CosignatureV1);
        var time = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);
        var text = writer.Checkpoint.Note.Text;
        var cosigned = writer.Checkpoint.With(witness.Cosign(text, time), stranger.Cosign(text, time));
        Assert.True(writer.AddCosignatures(cosigned.Bytes.Span, [witness.VerifierKey]).IsOk);
        Assert.True(writer.AddCosignatures(cosigned.Bytes.Span, [witness.VerifierKey]).IsOk);
        var trust = TemporaryFolder.Trust with { WitnessKeys = [witness.VerifierKey], RequiredWitnesses = 1 };
        var verified = LedgerVerifier.Verify(folder.Path, trust);
        Assert.True(verified.IsIntact);
        Assert.Equal(time, verified.Signatures[1].Time);
        Assert.Equal(2, verified.Checkpoint!.Note.Signatures.Count);

        var forged = writer.Checkpoint.With(witness.Cosign("another\n", time.AddDays(1)));
        Assert.Equal("ledger.signature.wrong", writer.AddCosignatures(forged.Bytes.Span, [witness.VerifierKey]).Errors[0].Code);
        writer.Append(TemporaryFolder.Entries(3, 1));
        Assert.Equal("ledger.cosignature.stale", writer.AddCosignatures(cosigned.Bytes.Span, [witness.VerifierKey]).Errors[0].Code);
    }

    [Fact]
    public void Durable_batches_are_on_the_disk_before_the_checkpoint_names_them()
    {
        using var folder = new TemporaryFolder();
        var files = new FaultyFiles(0, forever: false, tornWrite: false);
        using var writer = folder.Open(new LedgerOptions { Files = files });
        files.Operations.Clear();
        Assert.True(writer.Append(TemporaryFolder.Entries(0, 600)).IsOk);
        var synced = new HashSet<string>();
        var folders = new HashSet<string>();
        var created = new HashSet<string>();
        foreach (var operation in files.Operations.Select(o => o.Split(' ')))
        {
            switch (operation[0])
            {
                case "write+sync":
                    synced.Add(operation[1]);
                    break;
                case "folder":
                    created.Add(operation[1]);
                    break;
                case "sync":
                    folders.Add(operation[1]);
                    break;
                case "rename" when operation[2] == folder.At("checkpoint"):
                    Assert.Contains(operation[1], synced);
                    // Every folder that holds a new name was forced, and the folders above those that are new.
                    foreach (var file in Directory.EnumerateFiles(folder.At("tile"), "*", SearchOption.AllDirectories))
                        Assert.Contains(Path.GetDirectoryName(file)!, folders);
                    Assert.NotEmpty(created);
                    foreach (var made in created)
                        Assert.Contains(Path.GetDirectoryName(made)!, folders);
                    break;
                case "rename":
                    Assert.Contains(operation[1], synced);
                    break;
                default:
                    Assert.Fail($"Unexpected: {operation[0]}");
                    break;
            }
        }

        Assert.Equal($"sync {folder.Path}", files.Operations[^1]);
        var first = files.Operations.FindIndex(o => o.Contains(" " + folder.At("tile/0/"), StringComparison.Ordinal) && o.StartsWith("rename", StringComparison.Ordinal));
        var last = files.Operations.FindLastIndex(o => o.Contains(" " + folder.At("tile/entries/"), StringComparison.Ordinal) && o.StartsWith("rename", StringComparison.Ordinal));
        Assert.True(last < first, "Entries are placed before the hashes that speak of them.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_ledger_killed_at_any_operation_reopens_at_a_checkpoint(bool tornWrite)
    {
        for (var kill = 1; ; kill++)
        {
            using var folder = new TemporaryFolder();
            var before = folder.Fill(250, 5).Checkpoint;
            var files = new FaultyFiles(0, forever: true, tornWrite);
            // Killed while 300 entries fill one tile and start the next.
            var dying = new FaultyFiles(kill, forever: true, tornWrite);
            var opened = LedgerWriter.Open(folder.Path, TemporaryFolder.Signer, new LedgerOptions { Files = dying });
            if (opened.IsOk)
            {
                opened.Value.Append(TemporaryFolder.Entries(before.Size, 300));
                opened.Value.Dispose();
            }

            // Whatever was left, readers and the verifier see a whole ledger at once.
            var left = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust);
            Assert.True(left.IsIntact, $"operation {kill}: {left.Fault?.Message.En}");
            Assert.Contains(left.Checkpoint!.Checkpoint.Size, new[] { before.Size, before.Size + 300 });

            using (var writer = folder.Open(new LedgerOptions { KnownCheckpoint = before, Files = files }))
            {
                Assert.Equal(left.Checkpoint.Checkpoint.Size, writer.Size);
                Assert.Equal(left.Unaccounted.Select(f => f.Path).Order(), writer.Report.BeyondCheckpoint.Select(f => f.Path).Order());
                foreach (var found in writer.Report.BeyondCheckpoint)
                    Assert.Equal(found.Length, new FileInfo(folder.At($"{writer.Report.MovedTo}/{found.Path}")).Length);
                Assert.True(writer.Append(TemporaryFolder.Entries(before.Size, 7)).IsOk);
            }

            using (var writer = folder.Open())
                Assert.False(writer.Report.Recovered);
            var after = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust);
            Assert.True(after.IsIntact, $"operation {kill}: {after.Fault?.Message.En}");
            Assert.Empty(after.Unaccounted);
            if (!dying.Failed)
            {
                Assert.InRange(kill, 20, 100);
                return;
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_new_ledger_killed_at_any_operation_can_be_begun_again(bool tornWrite)
    {
        for (var kill = 1; ; kill++)
        {
            using var folder = new TemporaryFolder();
            var dying = new FaultyFiles(kill, forever: true, tornWrite);
            if (LedgerWriter.Open(folder.Path, TemporaryFolder.Signer, new LedgerOptions { Files = dying }) is { IsOk: true } opened)
                opened.Value.Dispose();
            using var writer = folder.Open();
            Assert.True(writer.Append(TemporaryFolder.Entries(0, 3)).IsOk);
            if (!dying.Failed)
                return;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_full_disk_at_any_operation_leaves_the_ledger_as_it_was(bool tornWrite)
    {
        var reopened = 0;
        for (var full = 1; ; full++)
        {
            using var folder = new TemporaryFolder();
            var before = folder.Fill(250, 5);
            var opening = new FaultyFiles(0, forever: false, tornWrite);
            folder.Open(new LedgerOptions { Files = opening }).Dispose();
            var files = new FaultyFiles(opening.Operations.Count + full, forever: false, tornWrite);
            var writer = folder.Open(new LedgerOptions { Files = files });
            var appended = writer.Append(TemporaryFolder.Entries(writer.Size, 300));
            if (!files.Failed)
            {
                Assert.Equal(1, reopened);
                writer.Dispose();
                return;
            }

            if (appended.IsOk)
            {
                // Only the deletion of partial tiles that are no longer needed may fail unseen.
                Assert.StartsWith("delete-folder", files.Operations[^1], StringComparison.Ordinal);
            }
            else if (appended.Errors[0].Code == "ledger.reopen-needed")
            {
                // Only the last step, making the checkpoint's new name durable, leaves a doubt.
                reopened++;
                Assert.Equal($"sync {folder.Path}", files.Operations[^1]);
                Assert.Equal("ledger.reopen-needed", writer.Append(TemporaryFolder.Entries(0, 1)).Errors[0].Code);
                writer.Dispose();
                writer = folder.Open();
            }
            else
            {
                Assert.Equal("ledger.io", appended.Errors[0].Code);
                Assert.Equal(before.Bytes.ToArray(), File.ReadAllBytes(folder.At("checkpoint")));
                Assert.Equal(255, writer.Size);
                var left = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust);
                Assert.True(left.IsIntact);
                Assert.Empty(left.Unaccounted);
            }

            Assert.True(writer.Append(TemporaryFolder.Entries(writer.Size, 2)).IsOk);
            writer.Dispose();
            var verified = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust);
            Assert.True(verified.IsIntact, $"operation {full}: {verified.Fault?.Message.En}");
            Assert.Empty(verified.Unaccounted);
        }
    }
}
