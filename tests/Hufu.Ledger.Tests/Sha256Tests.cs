using System.Security.Cryptography;
using Hufu.Kernel;

namespace Hufu.Ledger.Tests;

public sealed class Sha256Tests
{
    [Fact]
    public void Hashes_are_those_of_the_platform_at_every_length()
    {
        var random = new Random(1);
        var data = new byte[4_096];
        random.NextBytes(data);
        for (var length = 0; length <= 600; length++) Assert.Equal(SHA256.HashData(data.AsSpan(0, length)), Sha256.Hash(data.AsSpan(0, length)));
        Assert.Equal(SHA256.HashData(data), Sha256.Hash(data));
    }

    [Fact]
    public void The_published_example_comes_out()
    {
        // FIPS 180-4, the example of one block.
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Convert.ToHexStringLower(Sha256.Hash("abc"u8)));
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Convert.ToHexStringLower(Sha256.Hash([])));
    }

    [Fact]
    public void A_hash_may_be_written_over_what_is_hashed_and_into_more_room()
    {
        var data = Enumerable.Range(0, 65).Select(i => (byte)i).ToArray();
        var expected = SHA256.HashData(data);
        Sha256.Hash(data, data);
        Assert.Equal(expected, data[..32]);
        Assert.Equal(Enumerable.Range(32, 33).Select(i => (byte)i), data[32..]);
    }

    [Fact]
    public void Without_room_for_a_hash_nothing_is_written()
    {
        var room = new byte[31];
        Assert.Throws<ArgumentException>(() => Sha256.Hash("abc"u8, room));
        Assert.All(room, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Threads_that_come_and_go_do_not_meet()
    {
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 16 }, n =>
        {
            var failed = 0;
            var thread = new Thread(() =>
            {
                var data = new byte[65];
                for (var i = 0; i < 2_000; i++)
                {
                    BitConverter.TryWriteBytes(data, n * 100_000 + i);
                    if (!Sha256.Hash(data).AsSpan().SequenceEqual(SHA256.HashData(data))) failed++;
                }
            });
            thread.Start();
            thread.Join();
            Assert.Equal(0, failed);
        });
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Fact]
    public void On_Linux_with_OpenSSL_3_a_context_is_kept()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && SafeEvpPKeyHandle.OpenSslVersion >= 0x30000000L, "no OpenSSL 3 here");
        Assert.True(Sha256.IsKept);
    }
}
