using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Xml;
using Hufu.Testing;
using static Hufu.Testing.W;

namespace Hufu.Logs.Tests;

public class EvtxDamageTests
{
    private const int First = 4_096;
    private const int Chunk = 65_536;

    private static readonly LogParseOptions Options = new() { ReferenceTime = new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero) };

    private static async Task Expect(byte[] file, IEnumerable<ulong> numbers, params string[] problems)
    {
        var (records, found) = await EvtxSamples.Read(file);
        Assert.Equal(numbers, records.Select(record => record.Number));
        Assert.Equal(problems, found);
        foreach (var record in records) Assert.Equal(4625.ToString(CultureInfo.InvariantCulture), record.Read(Options).Fields["EventID"]);
    }

    private static IEnumerable<ulong> Numbers(int from, int to) => Enumerable.Range(from, to - from + 1).Select(i => (ulong)i);

    private static void Put(byte[] file, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);

    private static int Size(byte[] file, int record) => (int)BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(record + 4));

    /// <summary>Where a record begins in a file of equal chunks.</summary>
    private static int Record(byte[] file, int chunk, int index)
    {
        var at = First + chunk * Chunk + 512;
        for (; index > 0; index--) at += Size(file, at);
        return at;
    }

    private static byte[] Signed(byte[] file, int chunk)
    {
        var bytes = file[(First + chunk * Chunk)..(First + (chunk + 1) * Chunk)];
        EvtxChunkWriter.Sign(bytes);
        bytes.CopyTo(file, First + chunk * Chunk);
        return file;
    }

    [Fact]
    public async Task ADirtyFile_WhoseHeaderCountsTooFew_IsReadToItsEnd()
    {
        var file = EvtxSamples.File(3, 4);
        file[42] = 1;
        file[120] = 1;
        await Expect(file, Numbers(1, 12), LogProblem.EvtxFileChecksum, LogProblem.Of(LogProblem.EvtxChunkCount, 1, 3));
        Put(file, 124, EvtxFileWriter.Crc(file.AsSpan(0, 120)));
        await Expect(file, Numbers(1, 12), LogProblem.Of(LogProblem.EvtxChunkCount, 1, 3));
    }

    [Fact]
    public async Task UnusedChunksAtTheEnd_AreNoDamage() => await Expect([.. EvtxSamples.File(2, 4), .. new byte[3 * Chunk]], Numbers(1, 8));

    [Fact]
    public async Task AFileWithoutItsHeader_IsReadAllTheSame()
    {
        var file = EvtxSamples.File(2, 4);
        file[0] = 0;
        await Expect(file, Numbers(1, 8), LogProblem.EvtxFileHeader);
        await Expect([], [], LogProblem.EvtxFileHeader);
        await Expect(file[..100], [], LogProblem.EvtxFileHeader);
    }

    [Fact]
    public async Task AnUnknownVersion_IsToldAndRead()
    {
        var file = EvtxSamples.File(1, 2);
        file[38] = 4;
        Put(file, 124, EvtxFileWriter.Crc(file.AsSpan(0, 120)));
        await Expect(file, Numbers(1, 2), LogProblem.Of(LogProblem.EvtxFileVersion, "4.1"));
    }

    [Fact]
    public async Task ACutFile_GivesTheRecordsThatAreWhole()
    {
        var file = EvtxSamples.File(2, 6);
        var cut = Record(file, 1, 4) + 100;
        await Expect(file[..cut], Numbers(1, 10), LogProblem.Of(LogProblem.EvtxChunkCut, First + Chunk, cut - First - Chunk));
        await Expect(file[..(First + Chunk + 100)], Numbers(1, 6), LogProblem.Of(LogProblem.EvtxChunkCut, First + Chunk, 100), LogProblem.Of(LogProblem.EvtxChunkCount, 2, 1));
    }

    [Fact]
    public async Task AChunkWithoutItsMagic_IsLeftOutAndTheNextOneRead()
    {
        var file = EvtxSamples.File(3, 4);
        file[First + Chunk] = 0x20;
        await Expect(file, [.. Numbers(1, 4), .. Numbers(9, 12)], LogProblem.Of(LogProblem.EvtxChunkMagic, First + Chunk, Chunk), LogProblem.Of(LogProblem.EvtxChunkCount, 3, 2));
    }

    [Fact]
    public async Task WrongChecksums_AreToldAndTheRecordsRead()
    {
        var file = EvtxSamples.File(2, 4);
        file[First + 60] ^= 1;
        await Expect(file, Numbers(1, 8), LogProblem.Of(LogProblem.EvtxChunkHeader, First));
        file = EvtxSamples.File(2, 4);
        file[Record(file, 1, 2) + 16] ^= 1;
        await Expect(file, Numbers(1, 8), LogProblem.Of(LogProblem.EvtxChunkData, First + Chunk));
        // A writer may say that it made none.
        file[First + Chunk + 120] = 4;
        await Expect(file, Numbers(1, 8));
    }

    [Fact]
    public async Task ABrokenRecord_IsSteppedOverByItsSize()
    {
        var file = EvtxSamples.File(1, 5);
        var broken = Record(file, 0, 2);
        file[broken + 24] = 0x3F;
        await Expect(Signed(file, 0), [1, 2, 4, 5], LogProblem.Of(LogProblem.EvtxRecordToken, broken, broken + 24));
    }

    [Fact]
    public async Task ARecordWithAnImpossibleSize_IsSteppedOverByTheNextMagic()
    {
        foreach (var size in new uint[] { 0, 27, 65_000, 0x8000_0000, uint.MaxValue })
        {
            var file = EvtxSamples.File(1, 5);
            var broken = Record(file, 0, 2);
            Put(file, broken + 4, size);
            await Expect(Signed(file, 0), [1, 2, 4, 5], LogProblem.Of(LogProblem.EvtxRecordSize, broken));
        }
    }

    [Fact]
    public async Task ARecordWithoutItsMagic_IsSteppedOver()
    {
        var file = EvtxSamples.File(1, 5);
        var broken = Record(file, 0, 2);
        file[broken] = 0;
        await Expect(Signed(file, 0), [1, 2, 4, 5], LogProblem.Of(LogProblem.EvtxRecordNone, broken));
    }

    [Fact]
    public async Task ZerosOverSeveralRecords_AreSteppedOver()
    {
        var file = EvtxSamples.File(1, 8);
        var (from, to) = (Record(file, 0, 2), Record(file, 0, 5) + 33);
        file.AsSpan(from, to - from).Clear();
        await Expect(Signed(file, 0), [1, 2, 7, 8], LogProblem.Of(LogProblem.EvtxRecordNone, from));
    }

    [Fact]
    public async Task ARecordWhoseSizesDiffer_IsKeptAndSaysSo()
    {
        var file = EvtxSamples.File(1, 5);
        var odd = Record(file, 0, 2);
        Put(file, odd + Size(file, odd) - 4, 1);
        var (records, problems) = await EvtxSamples.Read(Signed(file, 0));
        Assert.Empty(problems);
        Assert.Equal(Numbers(1, 5), records.Select(record => record.Number));
        Assert.Equal(["", "", LogProblem.Of(LogProblem.EvtxRecordCopy, odd), "", ""], records.Select(record => string.Join(' ', record.Problems)));
        Assert.Equal([LogProblem.Of(LogProblem.EvtxRecordCopy, odd)], records[2].ToLogEvent(Options.ReferenceTime, "", Options).Problems);
    }

    [Fact]
    public async Task RecordsThatTheChunkHeaderDoesNotKnowYet_AreReadAndRemainsOfEarlierOnesAreNot()
    {
        var file = EvtxSamples.File(1, 6);
        Put(file, First + 48, (uint)(Record(file, 0, 4) - First));
        Put(file, First + 44, (uint)(Record(file, 0, 3) - First));
        await Expect(Signed(file, 0), Numbers(1, 6), LogProblem.Of(LogProblem.EvtxChunkEnd, First));
        // The number does not count on: an earlier use of the chunk.
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(Record(file, 0, 4) + 8), 77);
        await Expect(Signed(file, 0), Numbers(1, 4));
    }

    [Fact]
    public async Task AChunkThatNamesItsWholeLengthAsUsed_EndsWithItsLastRecord()
    {
        var file = EvtxSamples.File(1, 3);
        Put(file, First + 48, Chunk);
        await Expect(Signed(file, 0), Numbers(1, 3));
        file[Record(file, 0, 2) + Size(file, Record(file, 0, 2)) + 40] = 9;
        await Expect(Signed(file, 0), Numbers(1, 3));
        foreach (var end in new uint[] { 0, 511, 65_537, uint.MaxValue })
        {
            Put(file, First + 48, end);
            Put(file, First + 124, EvtxFileWriter.Crc([.. file.AsSpan(First, 120), .. file.AsSpan(First + 128, 384)]));
            await Expect(file, Numbers(1, 3), LogProblem.Of(LogProblem.EvtxChunkEnd, First));
        }
    }

    [Fact]
    public async Task ARecordHasOneRoot_AndSaysWhatWasBesideIt()
    {
        var record = await EvtxSamples.One(new WTemplate(Guid.NewGuid(), E("Event", S(0)), WValue.Strings("a", "b")));
        Assert.Equal("<Event>a</Event>", record.ToXml());
        Assert.Equal([LogProblem.Of(LogProblem.EvtxRecordMore, First + 512)], record.Problems);
    }

    private static async Task Refused(W root, string code)
    {
        var chunk = new EvtxChunkWriter().Add(1, EvtxSamples.Time, root).Add(2, EvtxSamples.Time, EvtxSamples.Logon(2));
        var watch = Stopwatch.StartNew();
        var (records, problems) = await EvtxSamples.Read(EvtxFileWriter.File(chunk.Finish()));
        Assert.Equal([2ul], records.Select(record => record.Number));
        Assert.Equal(code, LogProblem.CodeOf(Assert.Single(problems)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
    }

    [Fact]
    public async Task NestingWithoutEnd_IsRefused()
    {
        W deep = T("x");
        for (var i = 0; i < 500; i++) deep = E("e", deep);
        await Refused(deep, LogProblem.EvtxRecordLimit);
        W embedded = E("e");
        for (var i = 0; i < 200; i++) embedded = new WTemplate(new Guid(i, 0, 0, new byte[8]), E("e", O(0, 0x21)), WValue.Xml(embedded));
        await Refused(embedded, LogProblem.EvtxRecordLimit);
    }

    [Fact]
    public async Task ADefinitionThatUsesItself_IsRefused()
    {
        // The instance in the definition refers to the definition that it lies in: 536 + 4 (fragment header) + 10 is where that begins.
        byte[] self = [0x0C, 1, 0, 0, 0, 0, 0x26, 0x02, 0, 0, 0, 0, 0, 0];
        await Refused(new WTemplate(Guid.NewGuid(), E("Event", new WRaw(self))), LogProblem.EvtxRecordOffset);
        await Refused(new WTemplate(Guid.NewGuid(), E("Event", [.. Enumerable.Repeat(new WRaw(self), 1_000)])), LogProblem.EvtxRecordOffset);
    }

    [Fact]
    public async Task OffsetsOutOfTheChunk_AreRefused()
    {
        foreach (var offset in new uint[] { 0, 100, 511, 65_535, 65_536, 0x7FFF_FFFF, uint.MaxValue })
        {
            await Refused(new WRaw([0x0F, 1, 1, 0, 0x0C, 1, 0, 0, 0, 0, .. BitConverter.GetBytes(offset), 0, 0, 0, 0, 0]), LogProblem.EvtxRecordOffset);
            await Refused(new WRaw([0x0F, 1, 1, 0, 0x01, 9, 0, 0, 0, .. BitConverter.GetBytes(offset), 3, 0]), LogProblem.EvtxRecordOffset);
        }
    }

    [Fact]
    public async Task CountsAndSizesBeyondTheRecord_AreRefused()
    {
        var chunk = new EvtxChunkWriter().Add(1, EvtxSamples.Time, new WTemplate(Guid.NewGuid(), E("Event", S(0)), WValue.Text("x"))).Finish();
        var whole = EvtxFileWriter.File(chunk);
        // The definition's size, the number of values and the size of the value.
        var size = First + 512 + 24 + 4 + 10 + 20;
        var count = size + 4 + (int)BinaryPrimitives.ReadUInt32LittleEndian(whole.AsSpan(size));
        foreach (var (place, value) in new[] { (size, uint.MaxValue), (size, 60_000u), (count, uint.MaxValue), (count, 1_000u), (count + 4, 0xFFFFu) })
        {
            var file = (byte[])whole.Clone();
            Put(file, place, value);
            var (records, problems) = await EvtxSamples.Read(Signed(file, 0));
            Assert.Empty(records);
            Assert.Equal(LogProblem.EvtxRecordEnds, LogProblem.CodeOf(Assert.Single(problems)));
        }
    }

    [Fact]
    public async Task ANameThatXmlDoesNotAllow_IsRefused()
    {
        foreach (var name in new[] { "a b", "<x>", "1a", "a\"", "a\0b", new string('n', 600) }) await Refused(E(name, T("x")), LogProblem.EvtxRecordOffset);
    }

    [Fact]
    public async Task ArraysInArrays_AreBounded()
    {
        var many = new WValue(0x86, new byte[4_000]);
        await Refused(new WTemplate(Guid.NewGuid(), E("Event", E("a", A("k", S(0)), E("b", A("k", S(0)), E("c", S(0))))), many), LogProblem.EvtxRecordLimit);
        await Refused(new WTemplate(Guid.NewGuid(), E("Event", E("a", A("k", S(0)), S(1))), new WValue(0x86, new byte[2_000]), WValue.Text(new string('x', 15_000))), LogProblem.EvtxRecordLimit);
    }

    [Fact]
    public async Task ManyPartsWithLittleText_AreBounded() => await Refused(
        new WTemplate(Guid.NewGuid(), E("Event", E("a", [A("k", S(0)), .. Enumerable.Repeat(new WCharacter(65), 300)])), new WValue(0x84, new byte[1_000])), LogProblem.EvtxRecordLimit);

    [Fact]
    public async Task ADefinitionThatGoesBeyondItsChunk_IsRefusedByAllThatReferToIt()
    {
        var id = Guid.NewGuid();
        var chunk = new EvtxChunkWriter();
        for (ulong i = 1; i <= 3; i++) chunk.Add(i, EvtxSamples.Time, new WTemplate(id, E("Event", S(0)), WValue.Text("x")));
        var file = EvtxFileWriter.File(chunk.Finish());
        Put(file, First + 512 + 24 + 4 + 10 + 20, 0xFFFF);
        var (records, problems) = await EvtxSamples.Read(Signed(file, 0));
        Assert.Empty(records);
        Assert.Equal([LogProblem.EvtxRecordEnds, LogProblem.EvtxRecordOffset, LogProblem.EvtxRecordOffset], problems.Select(LogProblem.CodeOf));
    }

    [Fact]
    public async Task ARecordMagicInsideABrokenRecord_IsNoRecord()
    {
        var chunk = new EvtxChunkWriter().Add(1, EvtxSamples.Time, EvtxSamples.Logon(1))
            .Add(2, EvtxSamples.Time, new WRaw([.. Enumerable.Repeat((byte)0xEE, 8), 0x2A, 0x2A, 0, 0, 40, 0, 0, 0, .. Enumerable.Repeat((byte)0xEE, 60)])).Add(3, EvtxSamples.Time, EvtxSamples.Logon(3));
        var file = EvtxFileWriter.File(chunk.Finish());
        var broken = First + chunk.Offsets[1];
        file[broken] = 0;
        await Expect(Signed(file, 0), [1, 3], LogProblem.Of(LogProblem.EvtxRecordNone, broken));
    }

    [Fact]
    public async Task ManyCostlyRecords_AreBoundedForTheirChunk()
    {
        var chunk = new EvtxChunkWriter();
        var id = Guid.NewGuid();
        for (ulong i = 1; i <= 300; i++) chunk.Add(i, EvtxSamples.Time, new WTemplate(id, E("Event", E("a", A("k", S(0)), E("b", A("k", S(0)), E("c", S(0))))), new WValue(0x84, new byte[100])));
        var watch = Stopwatch.StartNew();
        var (records, problems) = await EvtxSamples.Read(EvtxFileWriter.File(chunk.Finish()));
        Assert.Empty(records);
        Assert.Equal(LogProblem.EvtxChunkLimit, LogProblem.CodeOf(problems[^1]));
        Assert.InRange(problems.Count, 5, 20);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{watch.Elapsed}");
    }

    /// <summary>Changed and cut files: nothing but records and problems comes out, in bounded time and memory. HUFU_FUZZ_ROUNDS sets how many.</summary>
    [Fact]
    public async Task RandomlyChangedFiles_NeverThrowAndStayWithinBounds()
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("HUFU_FUZZ_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 20_000;
        var seeds = Seeds();
        long all = 0, read = 0, salvaged = 0;
        for (var round = 0; round < rounds; round++)
        {
            var random = new Random(20260105 + round);
            var file = Change((byte[])seeds[round % seeds.Count].Clone(), seeds, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            try
            {
                var reader = new EvtxReader(new MemoryStream(file));
                var any = false;
                await foreach (var record in reader.ReadAsync())
                {
                    any = true;
                    read++;
                    var item = record.ToLogEvent(Options.ReferenceTime, "", Options);
                    // Prefixes of names may have been changed so that nobody declares them.
                    using (var xml = new XmlTextReader(new StringReader(item.Raw)) { Namespaces = false })
                        while (xml.Read());
                    using var json = JsonDocument.Parse(record.ToJson(), new JsonDocumentOptions { MaxDepth = 200 });
                }

                if (any && reader.ProblemCount > 0) salvaged++;
            }
            catch (Exception fault)
            {
                Assert.Fail($"Round {round}: {fault}");
            }

            all++;
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 400L << 20, $"Round {round} allocated {GC.GetAllocatedBytesForCurrentThread() - before} bytes.");
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"Round {round} took {watch.Elapsed}.");
        }

        // The changes must neither leave everything whole nor break everything.
        Assert.InRange(read, all / 2, all * 10);
        Assert.InRange(salvaged, all / 5, all);
    }

    private static List<byte[]> Seeds()
    {
        ulong number = 0;
        var plain = EvtxSamples.Chunk(ref number, 3);
        var mixed = new EvtxChunkWriter().Add(1, EvtxSamples.Time, EvtxSamples.Old("a", "", "b c")).Add(2, EvtxSamples.Time, EvtxSamples.Logon(2)).Add(3, EvtxSamples.Time, EvtxSamples.Old("d"))
            .Add(4, EvtxSamples.Time, E("Event", A("a", T("x"), new WEntity("amp"), new WCharacter(65)), new WCData("c"), new WInstruction("p", "q"), E("UserData", E("In", T("v")))));
        var values = new EvtxChunkWriter();
        foreach (var type in new byte[] { 1, 2, 3, 5, 7, 9, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x11, 0x12, 0x13, 0x15, 0x81, 0x82, 0x84, 0x86, 0x8D, 0x8F, 0x93, 0x94 })
            values.Add(type, EvtxSamples.Time, new WTemplate(new Guid(1, 2, 3, new byte[8]), E("Event", E("V", A("k", O(1, type)), S(0, type))), new WValue(type, [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, 97, 0, 0, 0]), new WValue(type, [1, 0, 2, 0])));
        List<byte[]> whole = [EvtxFileWriter.File(plain.Finish()), EvtxFileWriter.File(mixed.Finish()), EvtxFileWriter.File(values.Finish())];
        int[] ends = [plain.End, mixed.End, values.End];
        // Cut behind the last record they are read faster; some are left whole, and one has a second chunk.
        return [.. whole.Zip(ends, (file, end) => file[..(First + end)]), .. whole.Zip(ends, (file, end) => file[..(First + end)]), .. whole.Zip(ends, (file, end) => file[..(First + end + 300)]), [.. whole[0], .. whole[1][First..(First + ends[1])]]];
    }

    private static byte[] Change(byte[] file, List<byte[]> seeds, Random random)
    {
        uint[] odd = [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 512, 536, 545, 549, 550, 574, 600];
        for (var changes = random.Next(1, 8); changes > 0 && file.Length > 8; changes--)
        {
            // Most of the content is behind the headers.
            var low = random.Next(10) == 0 ? 0 : Math.Min(First + (random.Next(6) == 0 ? 0 : 512), file.Length - 8);
            var at = random.Next(low, file.Length - 4);
            switch (random.Next(8))
            {
                case 0:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    file[at] = (byte)random.Next(256);
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), (ushort)(odd[random.Next(odd.Length)] & 0xFFFF));
                    break;
                case 3:
                    BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), odd[random.Next(odd.Length)]);
                    break;
                case 4:
                    file[at] = (byte)random.Next(0x10);
                    break;
                case 5 when random.Next(4) == 0:
                    file = file[..at];
                    break;
                case 6:
                    var other = seeds[random.Next(seeds.Count)];
                    var length = Math.Min(random.Next(1, 200), Math.Min(file.Length - at, other.Length - Math.Min(other.Length, at)));
                    if (length > 0) other.AsSpan(at, length).CopyTo(file.AsSpan(at));
                    break;
                default:
                    file.AsSpan(at, Math.Min(random.Next(1, 30), file.Length - at)).Fill((byte)(random.Next(3) == 0 ? 0xFF : 0));
                    break;
            }
        }

        return file;
    }
}
