using System.Text;
using Hufu.Logs.Store;
using ZstdSharp.Unsafe;

namespace Hufu.Logs.Tests;

public sealed class ZstdTests
{
    // Without the system's library there is but one way, and each pair tries that.
    private static readonly bool?[] Ways = Zstd.OfSystem ? [true, false] : [false];

    private static readonly byte[][] Blocks = [[], [7], .. new[] { 100, 5_000, 300_000 }.Select(Lines)];

    [Fact]
    public void Each_way_reads_what_the_other_wrote()
    {
        foreach (var from in Ways)
        {
            foreach (var to in Ways)
            {
                foreach (var level in new[] { 1, 3, 12, 19 })
                {
                    using var packer = new Packer(level, from);
                    using var unpacker = new Unpacker(to);
                    foreach (var block in Blocks)
                    {
                        var packed = packer.Pack(block);
                        var back = new byte[block.Length];
                        unpacker.Unpack(packed, back);
                        Assert.Equal(block, back);
                    }
                }
            }
        }
    }

    [Fact]
    public void A_parameter_holds_for_every_block_that_follows()
    {
        foreach (var way in Ways)
        {
            using var plain = new Packer(3, way);
            using var packer = new Packer(3, way);
            packer.Set(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            foreach (var block in Blocks) Assert.Equal(plain.Pack(block).Length + 4, packer.Pack(block).Length);
        }
    }

    [Fact]
    public void What_is_damaged_cut_or_of_another_length_is_refused()
    {
        foreach (var way in Ways)
        {
            using var packer = new Packer(3, way);
            packer.Set(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            using var unpacker = new Unpacker(way);
            var block = Blocks[^1];
            var packed = packer.Pack(block);
            foreach (var length in new[] { 0, block.Length - 1, block.Length + 1 }) Refused(packed, length);
            foreach (var length in new[] { 0, 1, 4, 9, packed.Length / 2, packed.Length - 1 }) Refused(packed.AsSpan(0, length), block.Length);
            Refused([.. packed, 1, 2, 3], block.Length);
            Refused(block, block.Length);
            var random = new Random(5);
            for (var i = 0; i < 2_000; i++)
            {
                var at = random.Next(packed.Length);
                var was = packed[at];
                packed[at] ^= (byte)random.Next(1, 256);
                // A frame has bits that say nothing of what is in it: where it is read it is the block.
                var read = new byte[block.Length];
                try
                {
                    unpacker.Unpack(packed, read);
                    Assert.Equal(block, read);
                }
                catch (InvalidDataException)
                {
                }

                packed[at] = was;
            }

            var whole = new byte[block.Length];
            unpacker.Unpack(packed, whole);
            Assert.Equal(block, whole);

            void Refused(ReadOnlySpan<byte> bytes, int length)
            {
                var given = bytes.ToArray();
                Assert.Throws<InvalidDataException>(() => unpacker.Unpack(given, new byte[length]));
            }
        }
    }

    [Fact]
    public void The_library_of_the_system_is_used_where_there_is_one()
    {
        Assert.SkipUnless(new[] { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/lib/x86_64-linux-gnu" }.Any(folder => File.Exists(folder + "/libzstd.so.1")), "no libzstd here");
        Assert.SkipWhen(Environment.GetEnvironmentVariable("HUFU_ZSTD") == "managed", "it is turned off");
        Assert.True(Zstd.OfSystem);
    }

    private static byte[] Lines(int length)
    {
        var (text, random) = (new StringBuilder(), new Random(length));
        while (text.Length < length) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"Nov {random.Next(1, 31),2} 10:00:00 web{random.Next(9)} sshd[{random.Next(300, 32_000)}]: Failed password for invalid user 管理{random.Next(99)} from 192.0.2.{random.Next(256)}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
