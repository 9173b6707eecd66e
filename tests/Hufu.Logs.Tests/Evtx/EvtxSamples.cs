using Hufu.Testing;

namespace Hufu.Logs.Tests;

/// <summary>Events and files that several tests use.</summary>
internal static class EvtxSamples
{
    public static readonly DateTime Time = new DateTime(2026, 1, 5, 1, 2, 3, DateTimeKind.Utc).AddTicks(4_567_891);

    private static readonly Guid Outer = new("11111111-2222-3333-4444-555555555555");
    private static readonly Guid Inner = new("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
    private static readonly Guid Classic = new("12345678-0000-0000-0000-000000000001");

    /// <summary>An event as Windows writes it: a template for the system part, whose last value is binary XML with a template of its own.</summary>
    public static WTemplate Security(ulong number, ushort eventId, byte level, params (string Name, WValue Value)[] data)
    {
        var inner = new WTemplate(
            Derive(Inner, data), W.E("EventData", [.. data.Select((item, i) => (W)W.E("Data", W.A("Name", item.Name), W.S(i, item.Value.Type)))]), [.. data.Select(item => item.Value)]);
        return With(number, eventId, level, WValue.Xml(inner));
    }

    public static WTemplate With(ulong number, ushort eventId, byte level, WValue data) => new(
        Outer,
        W.E("Event", W.A("xmlns", "http://schemas.microsoft.com/win/2004/08/events/event"),
            W.E("System",
                W.E("Provider", W.A("Name", "Microsoft-Windows-Security-Auditing"), W.A("Guid", W.O(14, 0x0F))),
                W.E("EventID", W.A("Qualifiers", W.O(4, 6)), W.O(3, 6)) with { Dependency = 3 },
                W.E("Version", W.O(11, 4)) with { Dependency = 11 }, W.E("Level", W.O(0, 4)) with { Dependency = 0 }, W.E("Task", W.O(2, 6)) with { Dependency = 2 },
                W.E("Opcode", W.O(1, 4)) with { Dependency = 1 }, W.E("Keywords", W.O(5, 0x15)) with { Dependency = 5 },
                W.E("TimeCreated", W.A("SystemTime", W.O(6, 0x11))), W.E("EventRecordID", W.O(10, 0x0A)) with { Dependency = 10 },
                W.E("Correlation", W.A("ActivityID", W.O(7, 0x0F)), W.A("RelatedActivityID", W.O(13, 0x0F))),
                W.E("Execution", W.A("ProcessID", W.O(8, 8)), W.A("ThreadID", W.O(9, 8))),
                W.E("Channel", W.T("Security")), W.E("Computer", W.T("WIN-1")), W.E("Security", W.A("UserID", W.O(12, 0x13)))),
            W.O(15, 0x21)),
        WValue.U8(level), WValue.U8(0), WValue.U16(13_312), WValue.U16(eventId), WValue.Null, WValue.Hex64(0x8020000000000000), WValue.Time(Time), WValue.Null, WValue.U32(4), WValue.U32(32), WValue.U64(number),
        WValue.U8(2), WValue.Null, WValue.Null, new WValue(0x0F, new Guid("54849625-5478-4994-a5ba-3e3b0328c30d").ToByteArray()), data);

    /// <summary>An event of the old kind: unnamed texts in one array.</summary>
    public static WTemplate Old(params string[] texts) => new(
        Classic,
        W.E("Event", W.E("System", W.E("Provider", W.A("Name", "EventLog")), W.E("EventID", W.A("Qualifiers", W.S(0, 6)), W.S(1, 6)), W.E("Level", W.S(2, 4)), W.E("Channel", W.T("System")), W.E("Computer", W.T("OLD-1"))),
            W.E("EventData", W.E("Data", W.S(3, 0x81)), W.E("Binary", W.O(4, 0x0E)) with { Dependency = 4 })),
        WValue.U16(32_768), WValue.U16(6009), WValue.U8(4), WValue.Strings(texts), WValue.Null);

    public static WTemplate Logon(ulong number) => Security(number, 4625, 0, ("TargetUserName", WValue.Text("alice")), ("IpAddress", WValue.Text("203.0.113.9")), ("LogonType", WValue.U32(3)), ("Status", new WValue(0x14, [0x6D, 0, 0, 0xC0])));

    /// <summary>A file of several chunks with so many records each.</summary>
    public static byte[] File(int chunks, int records)
    {
        ulong number = 0;
        return EvtxFileWriter.File([.. Enumerable.Range(0, chunks).Select(_ => Chunk(ref number, records).Finish())]);
    }

    public static EvtxChunkWriter Chunk(ref ulong number, int records)
    {
        var chunk = new EvtxChunkWriter();
        for (var i = 0; i < records; i++) chunk.Add(++number, Time, Logon(number));
        return chunk;
    }

    public static async Task<(List<EvtxRecord> Records, IReadOnlyList<string> Problems)> Read(byte[] file)
    {
        var reader = new EvtxReader(new MemoryStream(file));
        var records = new List<EvtxRecord>();
        await foreach (var record in reader.ReadAsync(TestContext.Current.CancellationToken)) records.Add(record);
        return (records, reader.Problems);
    }

    public static async Task<EvtxRecord> One(W root)
    {
        var (records, problems) = await Read(EvtxFileWriter.File(new EvtxChunkWriter().Add(1, Time, root).Finish()));
        Assert.Empty(problems);
        return Assert.Single(records);
    }

    // Events with other data have another template.
    private static Guid Derive(Guid start, (string Name, WValue Value)[] data)
    {
        var bytes = start.ToByteArray();
        foreach (var character in string.Concat(data.Select(item => item.Name + item.Value.Type))) bytes[15] = (byte)((bytes[15] * 31 + character) & 0xFF);
        return new Guid(bytes);
    }
}
