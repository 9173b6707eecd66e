using System.Security.Cryptography;
using System.Text;

namespace Hufu.Ledger.Tests;

public class LedgerVerifierTests
{
    [Fact]
    public void A_whole_ledger_is_intact_and_all_of_it_was_read()
    {
        using var folder = new TemporaryFolder();
        var old = folder.Fill(100);
        folder.Fill(66_000, 77);
        var steps = new List<VerificationProgress>();
        var verified = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust, [old], new Steps(steps));
        Assert.True(verified.IsIntact, verified.Fault?.Message.En);
        Assert.Equal(66_177, verified.EntriesVerified);
        Assert.Single(verified.Signatures);
        Assert.Empty(verified.Unaccounted);
        // The partial bundle and the partial level-0 tile of the checkpoint at 66,100; at the levels above, the widths did not change.
        Assert.Equal(2, verified.OlderCopiesVerified);
        Assert.Equal(verified.EntriesVerified, steps[^1].Entries);
        var onDisk = Directory.EnumerateFiles(folder.At("tile"), "*", SearchOption.AllDirectories)
            .Where(f => !f.EndsWith(".p/52", StringComparison.Ordinal)).Sum(f => new FileInfo(f).Length);
        Assert.InRange(verified.BytesRead, onDisk - (2 * 8192), onDisk);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust, cancellation: cancelled.Token));
    }

    [Fact]
    public void Every_flipped_bit_of_every_file_is_found_and_its_file_is_named()
    {
        using var folder = new TemporaryFolder();
        // Full and partial tiles on two levels, and older partial copies.
        folder.Fill(256);
        var last = folder.Fill(4, 3);
        var files = Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder.Path, f).Replace('\\', '/')).Order().ToList();
        Assert.Equal(
            [".lock", "checkpoint", "tile/0/000", "tile/0/001.p/4", "tile/0/001.p/7", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/4", "tile/entries/001.p/7"],
            files);
        // The lock says nothing: it is empty.
        Assert.Equal(0, new FileInfo(folder.At(".lock")).Length);
        foreach (var file in files.Skip(1))
        {
            var original = File.ReadAllBytes(folder.At(file));
            var changed = original.ToArray();
            for (var position = 0; position < original.Length; position++)
            {
                // All bits of the small files; one bit of each byte of the large ones, a different one each time.
                for (var bit = original.Length > 600 ? position % 8 : 0; bit < 8; bit += original.Length > 600 ? 8 : 1)
                {
                    changed[position] = (byte)(original[position] ^ (1 << bit));
                    File.WriteAllBytes(folder.At(file), changed);
                    var verified = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust, parallelism: 1);
                    Assert.False(verified.IsIntact, $"{file}, byte {position}, bit {bit} was not noticed.");
                    Assert.Equal(file, verified.Fault!.Path);
                    if (file.StartsWith("tile/0", StringComparison.Ordinal) && file != "tile/0/001.p/4")
                        Assert.Equal((file == "tile/0/000" ? 0 : 256) + (position / 32), verified.Fault.EntryIndex);
                }

                changed[position] = original[position];
            }

            File.WriteAllBytes(folder.At(file), original);
        }

        Assert.True(LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust, [last]).IsIntact);
    }

    [Fact]
    public void A_changed_entry_is_named_with_both_hashes_and_the_checkpoint()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = folder.Fill(1000);
        var bundle = File.ReadAllBytes(folder.At("tile/entries/002"));
        Assert.True(EntryBundle.TryFind(bundle, 99, out var range));
        var right = MerkleHash.OfLeaf(bundle[range]);
        folder.Flip("tile/entries/002", range.Start.Value);
        bundle[range.Start] ^= 1;
        var fault = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).Fault!;
        Assert.Equal(
            (LedgerFaultKind.EntryChanged, "tile/entries/002", 611L, (long)range.Start.Value - 2, right.ToString(), MerkleHash.OfLeaf(bundle[range]).ToString()),
            (fault.Kind, fault.Path, fault.EntryIndex, fault.Offset, fault.Expected, fault.Found));
        Assert.Equal(checkpoint.Bytes.ToArray(), fault.Evidence[0].ToArray());
    }

    [Fact]
    public void The_first_of_several_faults_is_named()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(40_000);
        folder.Flip("tile/entries/120", 10);
        folder.Flip("tile/0/119", 64);
        folder.Flip("tile/entries/130", 10);
        var fault = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).Fault!;
        Assert.Equal((LedgerFaultKind.TileChanged, "tile/0/119", (119L * 256) + 2), (fault.Kind, fault.Path, fault.EntryIndex));
    }

    [Theory]
    [InlineData("tile/entries/001", LedgerFaultKind.FileMissing, 256)]
    [InlineData("tile/entries/003.p/232", LedgerFaultKind.FileMissing, 768)]
    [InlineData("tile/0/002", LedgerFaultKind.FileMissing, 512)]
    [InlineData("tile/0/003.p/232", LedgerFaultKind.FileMissing, 768)]
    [InlineData("tile/1/000.p/3", LedgerFaultKind.FileMissing, 0)]
    public void A_missing_file_is_named(string path, LedgerFaultKind kind, long entry)
    {
        using var folder = new TemporaryFolder();
        folder.Fill(1000);
        File.Delete(folder.At(path));
        var fault = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).Fault!;
        Assert.Equal((kind, path, entry), (fault.Kind, fault.Path, fault.EntryIndex));
    }

    [Theory]
    [InlineData("tile/entries/001", 3, LedgerFaultKind.FileCut)]
    [InlineData("tile/entries/003.p/232", 3, LedgerFaultKind.FileCut)]
    [InlineData("tile/0/002", 32, LedgerFaultKind.FileCut)]
    [InlineData("tile/1/000.p/3", 32, LedgerFaultKind.FileCut)]
    [InlineData("tile/entries/001", -3, LedgerFaultKind.FileTooLong)]
    [InlineData("tile/entries/003.p/232", -1, LedgerFaultKind.FileTooLong)]
    public void A_cut_or_lengthened_file_is_named(string path, int cut, LedgerFaultKind kind)
    {
        using var folder = new TemporaryFolder();
        folder.Fill(1000);
        var bytes = File.ReadAllBytes(folder.At(path));
        Array.Resize(ref bytes, bytes.Length - cut);
        File.WriteAllBytes(folder.At(path), bytes);
        var fault = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).Fault!;
        Assert.Equal((kind, path), (fault.Kind, fault.Path));
    }

    [Fact]
    public void An_entry_rewritten_together_with_its_hash_is_found_above()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(1000);
        Rewrite(folder, "tile/entries/002", "tile/0/002", 50);
        var fault = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).Fault!;
        Assert.Equal((LedgerFaultKind.EntryChanged, "tile/entries/002", 512L), (fault.Kind, fault.Path, fault.EntryIndex));
    }

    [Fact]
    public void An_entry_rewritten_with_everything_above_it_does_not_meet_the_signed_root()
    {
        using var folder = new TemporaryFolder();
        var early = folder.Fill(3);
        folder.Fill(7);
        Rewrite(folder, "tile/entries/000.p/10", "tile/0/000.p/10", 4);
        var fault = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).Fault!;
        Assert.Equal((LedgerFaultKind.RootMismatch, "checkpoint"), (fault.Kind, fault.Path));
        Assert.Contains("after entry 2", LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust, [early]).Fault!.Message.En, StringComparison.Ordinal);
    }

    [Fact]
    public void History_rewritten_and_signed_again_is_found_by_a_checkpoint_kept_elsewhere()
    {
        using var folder = new TemporaryFolder();
        using var forged = new TemporaryFolder();
        var kept = new[] { folder.Fill(300), folder.Fill(300), folder.Fill(300) };
        using (var writer = forged.Open())
        {
            writer.Append(TemporaryFolder.Entries(0, 400));
            writer.Append(TemporaryFolder.Entries(5000, 600));
        }

        Assert.True(LedgerVerifier.Verify(forged.Path, TemporaryFolder.Trust).IsIntact);
        Assert.True(LedgerVerifier.Verify(forged.Path, TemporaryFolder.Trust, [kept[0]]).IsIntact);
        var fault = LedgerVerifier.Verify(forged.Path, TemporaryFolder.Trust, [kept[2], kept[0], kept[1]]).Fault!;
        Assert.Equal((LedgerFaultKind.HistoryRewritten, 300L), (fault.Kind, fault.EntryIndex));
        Assert.Equal(kept[1].Checkpoint.Root.ToString(), fault.Expected);
        Assert.Equal(kept[1].Bytes.ToArray(), fault.Evidence[1].ToArray());
        Assert.Equal(2, fault.Evidence.Count);
    }

    [Fact]
    public void A_tail_cut_off_together_with_the_checkpoint_is_found_by_a_checkpoint_kept_elsewhere()
    {
        using var folder = new TemporaryFolder();
        using var old = new TemporaryFolder();
        folder.Fill(700);
        folder.CopyTo(old.Path);
        var kept = folder.Fill(50);
        Assert.True(LedgerVerifier.Verify(old.Path, TemporaryFolder.Trust).IsIntact);
        var fault = LedgerVerifier.Verify(old.Path, TemporaryFolder.Trust, [kept]).Fault!;
        Assert.Equal((LedgerFaultKind.CutBack, "750", "700", 700L), (fault.Kind, fault.Expected, fault.Found, fault.EntryIndex));

        // The same with the later files left in place: they are listed as unaccounted.
        File.Copy(old.At("checkpoint"), folder.At("checkpoint"), overwrite: true);
        var verified = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust);
        Assert.True(verified.IsIntact);
        Assert.Equal(["tile/0/002.p/238", "tile/entries/002.p/238"], verified.Unaccounted.Select(f => f.Path));
    }

    [Fact]
    public void Strange_files_below_tile_are_listed()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(3);
        File.WriteAllText(folder.At("tile/0/readme.txt"), "x");
        File.WriteAllText(folder.At("tile/x"), "x");
        Directory.CreateDirectory(folder.At("tile/9"));
        File.WriteAllText(folder.At("tile/9/000"), "x");
        var verified = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust);
        Assert.True(verified.IsIntact);
        Assert.Equal(["tile/0/readme.txt", "tile/9/000", "tile/x"], verified.Unaccounted.Select(f => f.Path));
    }

    [Fact]
    public void Signatures_that_do_not_hold_are_refused()
    {
        using var folder = new TemporaryFolder();
        var kept = folder.Fill(3);
        var stranger = NoteSigner.Generate(TemporaryFolder.Signer.Name);
        var fault = LedgerVerifier.Verify(folder.Path, new LedgerTrust(stranger.VerifierKey)).Fault!;
        Assert.Equal((LedgerFaultKind.SignatureRefused, "checkpoint"), (fault.Kind, fault.Path));
        Assert.Equal(kept.Bytes.ToArray(), fault.Evidence[0].ToArray());
        var forged = SignedCheckpoint.Sign(kept.Checkpoint, stranger);
        Assert.Equal(LedgerFaultKind.TrustedCheckpointRefused, LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust, [forged]).Fault!.Kind);
        File.WriteAllBytes(folder.At("checkpoint"), forged.Bytes.ToArray());
        Assert.Equal(LedgerFaultKind.SignatureRefused, LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).Fault!.Kind);
        File.Delete(folder.At("checkpoint"));
        Assert.Equal(LedgerFaultKind.CheckpointUnreadable, LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust).Fault!.Kind);
    }

    [Fact]
    public void Random_damage_to_random_files_never_throws_and_is_always_found()
    {
        using var folder = new TemporaryFolder();
        folder.Fill(256, 90, 350);
        var files = Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Where(f => new FileInfo(f).Length > 0).Order().ToList();
        var random = new Random(4711);
        for (var run = 0; run < 400; run++)
        {
            var file = files[random.Next(files.Count)];
            var original = File.ReadAllBytes(file);
            var bytes = original.ToList();
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes.RemoveRange(at, random.Next(1, bytes.Count - at + 1));
                    break;
                case 1:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 2:
                    bytes.AddRange(RandomNumberGenerator.GetBytes(random.Next(1, 5000)));
                    break;
                default:
                    bytes[at] ^= (byte)random.Next(1, 256);
                    break;
            }

            File.WriteAllBytes(file, [.. bytes]);
            var verified = LedgerVerifier.Verify(folder.Path, TemporaryFolder.Trust);
            Assert.False(verified.IsIntact, $"run {run}, {file}");
            Assert.Equal(Path.GetRelativePath(folder.Path, file).Replace('\\', '/'), verified.Fault!.Path);
            File.WriteAllBytes(file, original);
        }
    }

    /// <summary>Replaces a letter of an entry and corrects its hash in the tile.</summary>
    private static void Rewrite(TemporaryFolder folder, string bundlePath, string tilePath, int position)
    {
        var bundle = File.ReadAllBytes(folder.At(bundlePath));
        Assert.True(EntryBundle.TryFind(bundle, position, out var range));
        bundle[range.Start] ^= 1;
        File.WriteAllBytes(folder.At(bundlePath), bundle);
        var tile = File.ReadAllBytes(folder.At(tilePath));
        MerkleHash.OfLeaf(bundle[range]).CopyTo(tile.AsSpan(position * 32));
        File.WriteAllBytes(folder.At(tilePath), tile);
    }

    private sealed class Steps(List<VerificationProgress> seen) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value) => seen.Add(value);
    }
}
