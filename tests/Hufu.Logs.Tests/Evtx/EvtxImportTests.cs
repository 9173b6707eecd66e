using System.IO.Compression;
using System.Text;
using Hufu.Testing;

namespace Hufu.Logs.Tests;

public sealed class EvtxImportTests : IDisposable
{
    private static readonly LogParseOptions Parse = new() { ReferenceTime = new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero) };

    private readonly string folder = Directory.CreateTempSubdirectory("hufu-evtx-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Write(string name, byte[] file)
    {
        var path = Path.Combine(folder, name);
        using var target = File.Create(path);
        using Stream packed = Path.GetExtension(name) switch
        {
            ".gz" => new GZipStream(target, CompressionLevel.Fastest),
            ".zst" => new ZstdSharp.CompressionStream(target),
            _ => target,
        };
        packed.Write(file);
        return path;
    }

    [Theory]
    [InlineData("security.evtx")]
    [InlineData("security.evtx.gz")]
    [InlineData("security.evtx.zst")]
    [InlineData("misnamed.log")]
    public async Task AnEventLog_IsKnownByItsFirstBytesAndImported(string name)
    {
        var path = Write(name, EvtxSamples.File(2, 3));
        await using var store = LogStore.Open(Path.Combine(folder, "store"));
        var done = await store.ImportAsync(path, "dc1", Parse, cancellation: Stop);
        Assert.Equal((6L, 6L, 0L, 0), (done.Records, done.Added, done.WithProblems, done.FileProblems.Count));
        Assert.True((await store.ImportAsync(path, "dc1", Parse, cancellation: Stop)).AlreadyImported);
        foreach (var query in new[] { "EventID:4625 TargetUserName:alice host:WIN-1", "format:evtx src_ip:203.0.113.9", "\"<Data Name=\"\"IpAddress\"\">\" OR alice", "Provider_Name:*Auditing severity:6" })
            Assert.Equal(6, (await store.SearchAsync(new LogSearch { Query = SearchQuery.Parse(query).Value }, Stop)).Events.Count);
        await store.SealAsync(Stop);
        Assert.True(store.VerifySegment("00000001", Stop).IsIntact);
        var item = store.GetEvent("00000001/4")!;
        Assert.Equal(("5", LogFormats.Evtx, "dc1"), (item.Field("EventRecordID"), item.Format, item.Source));
        Assert.StartsWith("<Event xmlns=", item.Raw);
    }

    [Fact]
    public async Task WhatIsDamaged_IsInTheResult()
    {
        var file = EvtxSamples.File(3, 3);
        file[4_096 + 65_536] = 0;
        await using var store = LogStore.Open(Path.Combine(folder, "store"));
        var done = await store.ImportAsync(Write("a.evtx", file), "s", Parse, cancellation: Stop);
        Assert.Equal((6L, 0L), (done.Added, done.WithProblems));
        Assert.Equal([LogProblem.Of(LogProblem.EvtxChunkMagic, 4_096 + 65_536, 65_536), LogProblem.Of(LogProblem.EvtxChunkCount, 3, 2)], done.FileProblems);
    }

    [Fact]
    public async Task AnImportThatWasCutOff_GoesOnWithTheNextRecord()
    {
        // Above what is stored at once: two long records a chunk.
        var text = WValue.Text(new string('字', 15_000));
        var path = Write("large.evtx", EvtxFileWriter.File([.. Enumerable.Range(0, 110).Select(i => new EvtxChunkWriter().Add((ulong)i * 2, EvtxSamples.Time, Long(i * 2)).Add((ulong)i * 2 + 1, EvtxSamples.Time, Long(i * 2 + 1)).Finish())]));
        var place = Path.Combine(folder, "store");
        await using (var store = LogStore.Open(place, new LogStoreOptions { SealAfterEvents = 1, Sealer = new Refusing() }))
            await Assert.ThrowsAsync<IOException>(() => store.ImportAsync(path, "s", Parse, cancellation: Stop));
        await using var again = LogStore.Open(place);
        var before = again.OpenEvents;
        Assert.InRange(before, 1, 219);
        var done = await again.ImportAsync(path, "s", Parse, cancellation: Stop);
        Assert.Equal((220L, 220L - before), (done.Records, done.Added));
        Assert.Equal(Enumerable.Range(0, 220).Select(i => i.ToString()), again.EventsFrom("00000001", 0, 20_000, Stop).Select(item => item.Field("EventRecordID")));

        WTemplate Long(int number) => EvtxSamples.Security((ulong)number, 4104, 4, ("ScriptBlockText", text));
    }

    [Fact]
    public async Task TextFiles_AreReadAsBefore()
    {
        foreach (var text in new[] { "", "a", "ElfFile", "Jan  4 01:02:03 h a: x\nJan  4 01:02:04 h a: y", "20 <34>1 - h a - - - hi" })
        {
            await using var reader = new LogFileReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), Parse);
            var lines = new List<string>();
            await foreach (var item in reader.EventsAsync(Parse.ReferenceTime, "", cancellation: Stop)) lines.Add(item.Raw);
            Assert.Equal(text.StartsWith("20", StringComparison.Ordinal) ? [text[3..]] : text.Split('\n', StringSplitOptions.RemoveEmptyEntries), lines);
        }

        await using var told = new LogFileReader(new MemoryStream(EvtxSamples.File(1, 1)), Parse with { Format = LogFormats.Plain });
        await foreach (var item in told.EventsAsync(Parse.ReferenceTime, "", cancellation: Stop)) Assert.Equal(LogFormats.Plain, item.Format);
    }

    private sealed class Refusing : ISegmentSealer
    {
        public ValueTask<string?> SealAsync(SegmentSeal seal, CancellationToken cancellation) => throw new IOException("no");

        public ValueTask<string?> RemoveAsync(SegmentRemoval removal, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
