using FsCheck;
using FsCheck.Fluent;

namespace Hufu.Ledger.Tests;

public class MerkleTests
{
    /// <summary>Inputs and roots published with the Certificate Transparency reference implementation.</summary>
    private static readonly byte[][] Reference =
    [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43], Convert.FromHexString("5051525354555657"),
        Convert.FromHexString("606162636465666768696a6b6c6d6e6f"),
    ];

    private static readonly string[] ReferenceRoots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    public static TheoryData<int, int, string[]> PublishedInclusionProofs => new()
    {
        { 0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"] },
        { 5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"] },
        { 2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"] },
        { 1, 5, ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"] },
    };

    public static TheoryData<int, int, string[]> PublishedConsistencyProofs => new()
    {
        { 1, 1, [] },
        { 1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"] },
        { 6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"] },
        { 2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"] },
    };

    [Fact]
    public void Roots_of_the_reference_tree_are_those_published()
    {
        var range = new CompactRange();
        Assert.Equal(ReferenceRoots[0], range.Root.ToString());
        for (var i = 0; i < Reference.Length; i++)
        {
            range.Append(MerkleHash.OfLeaf(Reference[i]));
            Assert.Equal(ReferenceRoots[i + 1], range.Root.ToString());
        }
    }

    [Theory, MemberData(nameof(PublishedInclusionProofs))]
    public void Inclusion_proofs_are_those_published(int index, int size, string[] hashes)
    {
        var proof = MerkleProof.CreateInclusion(index, size, Subtrees(Reference));
        Assert.Equal(hashes, proof.Hashes.Select(h => h.ToString()));
        var published = new InclusionProof(index, size, [.. hashes.Select(Hash)]);
        Assert.True(MerkleProof.VerifyInclusion(published, MerkleHash.OfLeaf(Reference[index]), Hash(ReferenceRoots[size])));
    }

    [Theory, MemberData(nameof(PublishedConsistencyProofs))]
    public void Consistency_proofs_are_those_published(int oldSize, int newSize, string[] hashes)
    {
        var proof = MerkleProof.CreateConsistency(oldSize, newSize, Subtrees(Reference));
        Assert.Equal(hashes, proof.Hashes.Select(h => h.ToString()));
        var published = new ConsistencyProof(oldSize, newSize, [.. hashes.Select(Hash)]);
        Assert.True(MerkleProof.VerifyConsistency(published, Hash(ReferenceRoots[oldSize]), Hash(ReferenceRoots[newSize])));
    }

    [Fact]
    public void Proofs_of_every_leaf_and_size_are_those_of_the_definition()
    {
        var all = Enumerable.Range(0, 40).Select(i => new[] { (byte)i }).ToArray();
        for (var size = 1; size <= all.Length; size++)
        {
            var tree = all[..size];
            var root = new MerkleHash(NaiveTree.Mth(tree));
            Assert.Equal(root, CompactRange.RootOf(tree.Select(e => MerkleHash.OfLeaf(e)).ToArray()));
            for (var index = 0; index < size; index++)
            {
                var proof = MerkleProof.CreateInclusion(index, size, Subtrees(tree));
                Assert.Equal(NaiveTree.Path(index, tree).Select(h => new MerkleHash(h)), proof.Hashes);
                Assert.True(MerkleProof.VerifyInclusion(proof, MerkleHash.OfLeaf(tree[index]), root));
            }

            for (var old = 0; old <= size; old++)
            {
                var proof = MerkleProof.CreateConsistency(old, size, Subtrees(tree));
                Assert.Equal(NaiveTree.Proof(old, tree).Select(h => new MerkleHash(h)), proof.Hashes);
                Assert.True(MerkleProof.VerifyConsistency(proof, new MerkleHash(NaiveTree.Mth(tree.AsSpan(0, old))), root));
            }
        }
    }

    [Fact]
    public void A_changed_proof_does_not_verify() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(2, 300).SelectMany(size => Gen.Choose(0, size - 1).SelectMany(index => Gen.Choose(0, 10_000).Select(change => (size, index, change)))).ToArbitrary(),
        t =>
        {
            var entries = Enumerable.Range(0, t.size).Select(i => BitConverter.GetBytes(i)).ToArray();
            var root = new MerkleHash(NaiveTree.Mth(entries));
            var leaf = MerkleHash.OfLeaf(entries[t.index]);
            var proof = MerkleProof.CreateInclusion(t.index, t.size, Subtrees(entries));
            Assert.True(MerkleProof.VerifyInclusion(proof, leaf, root));
            Assert.False(MerkleProof.VerifyInclusion(proof with { Index = (t.index + 1) % t.size }, leaf, root));
            Assert.False(MerkleProof.VerifyInclusion(proof with { Index = -1 }, leaf, root));
            Assert.False(MerkleProof.VerifyInclusion(proof with { Hashes = [.. proof.Hashes, leaf] }, leaf, root));
            Assert.False(MerkleProof.VerifyInclusion(proof with { Hashes = [.. proof.Hashes.Skip(1)] }, leaf, root));
            var at = t.change % proof.Hashes.Count;
            Assert.False(MerkleProof.VerifyInclusion(proof with { Hashes = [.. proof.Hashes.Select((h, i) => i == at ? leaf : h)] }, leaf, root));
        }));

    [Fact]
    public void A_changed_consistency_proof_does_not_verify() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(2, 300).SelectMany(size => Gen.Choose(1, size - 1).SelectMany(old => Gen.Choose(0, 10_000).Select(change => (size, old, change)))).ToArbitrary(),
        t =>
        {
            var entries = Enumerable.Range(0, t.size).Select(i => BitConverter.GetBytes(i)).ToArray();
            var (oldRoot, newRoot) = (new MerkleHash(NaiveTree.Mth(entries.AsSpan(0, t.old))), new MerkleHash(NaiveTree.Mth(entries)));
            var proof = MerkleProof.CreateConsistency(t.old, t.size, Subtrees(entries));
            Assert.True(MerkleProof.VerifyConsistency(proof, oldRoot, newRoot));
            Assert.False(MerkleProof.VerifyConsistency(proof, newRoot, newRoot));
            Assert.False(MerkleProof.VerifyConsistency(proof, oldRoot, oldRoot));
            Assert.False(MerkleProof.VerifyConsistency(proof with { Hashes = [] }, oldRoot, newRoot));
            Assert.False(MerkleProof.VerifyConsistency(proof with { Hashes = [.. proof.Hashes, oldRoot] }, oldRoot, newRoot));
            Assert.False(MerkleProof.VerifyConsistency(proof with { OldSize = t.size, NewSize = t.old }, oldRoot, newRoot));
            var at = t.change % proof.Hashes.Count;
            Assert.False(MerkleProof.VerifyConsistency(proof with { Hashes = [.. proof.Hashes.Select((h, i) => i == at ? MerkleHash.Empty : h)] }, oldRoot, newRoot));
        }));

    [Fact]
    public void Subtrees_can_be_appended_where_they_begin_only()
    {
        var leaves = Enumerable.Range(0, 12).Select(i => MerkleHash.OfLeaf([(byte)i])).ToArray();
        var range = new CompactRange();
        range.AppendSubtree(CompactRange.RootOf(leaves.AsSpan(0, 8)), 3);
        range.AppendSubtree(CompactRange.RootOf(leaves.AsSpan(8, 4)), 2);
        Assert.Equal(CompactRange.RootOf(leaves), range.Root);
        Assert.Throws<ArgumentException>(() => range.AppendSubtree(leaves[0], 3));
        var copy = range.Clone();
        copy.Append(leaves[0]);
        Assert.NotEqual(range.Root, copy.Root);
    }

    [Fact]
    public void A_long_leaf_hashes_like_a_short_one()
    {
        foreach (var length in new[] { 0, 1, 1022, 1023, 1024, 1025, 65_535 })
        {
            var entry = new byte[length];
            Random.Shared.NextBytes(entry);
            Assert.Equal(NaiveTree.Mth([entry]), MerkleHash.OfLeaf(entry).ToArray());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")]
    [InlineData("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=")]
    [InlineData(" 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    [InlineData("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA")]
    public void Base64_has_one_spelling_for_a_hash(string text)
    {
        Assert.True(MerkleHash.TryParseBase64("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", out var hash));
        Assert.Equal(MerkleHash.Empty, hash);
        Assert.False(MerkleHash.TryParseBase64(text, out _));
    }

    [Fact]
    public void A_commitment_holds_for_its_salt_and_payload_only()
    {
        var salt = Commitment.NewSalt();
        var payload = "王小明,A123456789"u8.ToArray();
        var commitment = Commitment.Of(salt, payload);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData([.. salt, .. payload]), commitment);
        Assert.True(Commitment.Matches(commitment, salt, payload));
        Assert.False(Commitment.Matches(commitment, Commitment.NewSalt(), payload));
        Assert.False(Commitment.Matches(commitment, salt, payload.AsSpan(1)));
        Assert.False(Commitment.Matches(commitment, [.. salt, payload[0]], payload.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => Commitment.Of(salt.AsSpan(1), payload));
        Assert.NotEqual(Commitment.NewSalt(), salt);
    }

    private static MerkleHash Hash(string hex) => new(Convert.FromHexString(hex));

    private static MerkleProof.Subtree Subtrees(byte[][] entries) =>
        (level, index) => new MerkleHash(NaiveTree.Mth(entries.AsSpan((int)(index << level), 1 << level)));
}
