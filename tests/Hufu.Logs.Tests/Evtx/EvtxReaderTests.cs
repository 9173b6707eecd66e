using System.Buffers.Binary;
using System.Text.Json;
using System.Xml.Linq;
using Hufu.Testing;
using static Hufu.Testing.W;

namespace Hufu.Logs.Tests;

public class EvtxReaderTests
{
    private static readonly LogParseOptions Options = new() { ReferenceTime = new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero) };

    /// <summary>The example of MS-EVEN6 §4.4.</summary>
    private static readonly WElement Example = E("Event",
        E("Element1", T("abc")), E("Element2", T(" def "), new WEntity("amp"), new WCharacter(60), T(" ghi ")),
        E("Element3", A("AttrA", "abc"), A("AttrB", T("def"), new WEntity("amp"), new WCharacter(60), T("ghi"))));

    [Fact]
    public void TheTestsWriter_GivesTheBytesOfTheSpecification()
    {
        const string Bytes = """
            0f 01 01 00 01 f2 00 00 00 ba 0c 05 00 45 00 76 00 65 00 6e 00 74 00 00 00 02 01 22 00 00 00 b5
            79 08 00 45 00 6c 00 65 00 6d 00 65 00 6e 00 74 00 31 00 00 00 02 05 01 03 00 61 00 62 00 63 00
            04 01 44 00 00 00 b6 79 08 00 45 00 6c 00 65 00 6d 00 65 00 6e 00 74 00 32 00 00 00 02 45 01 05
            00 20 00 64 00 65 00 66 00 20 00 49 24 fb 03 00 61 00 6d 00 70 00 00 00 48 3c 00 05 01 05 00 20
            00 67 00 68 00 69 00 20 00 04 41 6b 00 00 00 b7 79 08 00 45 00 6c 00 65 00 6d 00 65 00 6e 00 74
            00 33 00 00 00 50 00 00 00 46 90 d8 05 00 41 00 74 00 74 00 72 00 41 00 00 00 05 01 03 00 61 00
            62 00 63 00 06 91 d8 05 00 41 00 74 00 74 00 72 00 42 00 00 00 45 01 03 00 64 00 65 00 66 00 49
            24 fb 03 00 61 00 6d 00 70 00 00 00 48 3c 00 05 01 03 00 67 00 68 00 69 00 03 04 00
            """;
        Assert.Equal(Bytes.ReplaceLineEndings(" "), string.Join(' ', EvtxChunkWriter.Wire(Example).Select(item => item.ToString("x2"))));
    }

    [Fact]
    public void TheTestsChecksum_IsThatOfRfc1952() => Assert.Equal(0xCBF43926, EvtxFileWriter.Crc("123456789"u8));

    [Fact]
    public async Task ExampleOfTheSpecification_BecomesItsXml()
    {
        var record = await EvtxSamples.One(Example);
        Assert.Equal("<Event><Element1>abc</Element1><Element2> def &amp;&#60; ghi </Element2><Element3 AttrA=\"abc\" AttrB=\"def&amp;&#60;ghi\"/></Event>", record.ToXml());
        Assert.Equal("""{"Event":{"Element1":"abc","Element2":" def &< ghi ","Element3":{"#attributes":{"AttrA":"abc","AttrB":"def&<ghi"}}}}""", record.ToJson());
    }

    [Fact]
    public async Task ARecordLaidOutByHand_IsRead()
    {
        var chunk = new EvtxChunkWriter().Finish();
        // Record at 512: 72 bytes, number 7, written 2026-01-01. At 545 the offset 549 of the name that follows it.
        Convert.FromHexString("2A2A0000" + "48000000" + "0700000000000000" + "00008192B17ADC01" + "0F010100" + "01" + "22000000" + "25020000" + "00000000" + "BA0C" + "0500" + "4500760065006E0074000000"
            + "02" + "05" + "01" + "0200" + "68006900" + "04" + "00" + "48000000").CopyTo(chunk, 512);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(44), 512);
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(48), 584);
        EvtxChunkWriter.Sign(chunk);
        var (records, problems) = await EvtxSamples.Read(EvtxFileWriter.File(chunk));
        Assert.Empty(problems);
        var record = Assert.Single(records);
        Assert.Equal((7ul, 4_096L + 512, "<Event>hi</Event>"), (record.Number, record.Offset, record.ToXml()));
    }

    [Fact]
    public async Task AnEventOfWindows_BecomesXmlJsonAndFields()
    {
        var file = EvtxSamples.File(2, 3);
        var (records, problems) = await EvtxSamples.Read(file);
        Assert.Empty(problems);
        Assert.Equal([1ul, 2, 3, 4, 5, 6], records.Select(record => record.Number));
        var record = records[4];
        Assert.Equal(
            "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System><Provider Name=\"Microsoft-Windows-Security-Auditing\" Guid=\"{54849625-5478-4994-a5ba-3e3b0328c30d}\"/>"
            + "<EventID>4625</EventID><Version>2</Version><Level>0</Level><Task>13312</Task><Opcode>0</Opcode><Keywords>0x8020000000000000</Keywords><TimeCreated SystemTime=\"2026-01-05T01:02:03.4567891Z\"/>"
            + "<EventRecordID>5</EventRecordID><Correlation/><Execution ProcessID=\"4\" ThreadID=\"32\"/><Channel>Security</Channel><Computer>WIN-1</Computer><Security/></System>"
            + "<EventData><Data Name=\"TargetUserName\">alice</Data><Data Name=\"IpAddress\">203.0.113.9</Data><Data Name=\"LogonType\">3</Data><Data Name=\"Status\">0xc000006d</Data></EventData></Event>",
            record.ToXml());
        Assert.Equal(
            """{"Event":{"#attributes":{"xmlns":"http://schemas.microsoft.com/win/2004/08/events/event"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing","Guid":"54849625-5478-4994-A5BA-3E3B0328C30D"}}"""
            + ""","EventID":4625,"Version":2,"Level":0,"Task":13312,"Opcode":0,"Keywords":"0x8020000000000000","TimeCreated":{"#attributes":{"SystemTime":"2026-01-05T01:02:03.456789Z"}}"""
            + ""","EventRecordID":5,"Correlation":null,"Execution":{"#attributes":{"ProcessID":4,"ThreadID":32}},"Channel":"Security","Computer":"WIN-1","Security":null}"""
            + ""","EventData":{"TargetUserName":"alice","IpAddress":"203.0.113.9","LogonType":3,"Status":"0xc000006d"}}}""",
            record.ToJson());
        var item = record.ToLogEvent(Options.ReferenceTime, "file", Options);
        Assert.Equal((LogFormats.Evtx, "WIN-1", "Microsoft-Windows-Security-Auditing", 6, "203.0.113.9", "file", record.ToXml()), (item.Format, item.Host, item.App, item.Severity, item.SourceIp, item.Source, item.Raw));
        Assert.Equal(new DateTimeOffset(EvtxSamples.Time), item.OccurredAt);
        Assert.Equal(TimeSpan.Zero, item.OccurredAt!.Value.Offset);
        Assert.Equal(
            "Channel=Security Computer=WIN-1 EventID=4625 EventRecordID=5 ExecutionProcessID=4 ExecutionThreadID=32 IpAddress=203.0.113.9 Keywords=0x8020000000000000 Level=0 LogonType=3 Opcode=0 "
            + "Provider_Guid={54849625-5478-4994-a5ba-3e3b0328c30d} Provider_Name=Microsoft-Windows-Security-Auditing Status=0xc000006d TargetUserName=alice Task=13312 TimeCreated=2026-01-05T01:02:03.4567891Z Version=2",
            string.Join(' ', item.Fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}={field.Value}")));
        Assert.Equal("Microsoft-Windows-Security-Auditing 4625: TargetUserName=alice, IpAddress=203.0.113.9, LogonType=3, Status=0xc000006d", item.Message);
        Assert.Equal(new LogSourceHint("windows", null, "security"), LogSourceHints.For(item)[0]);
        Assert.Equal(record.WrittenAt, item.OccurredAt);
    }

    [Theory]
    [InlineData(0x01, "480069006000", "Hi`", "\"Hi`\"")]
    [InlineData(0x01, "680069000000", "hi", "\"hi\"")]
    [InlineData(0x01, "", "", "null")]
    [InlineData(0x01, "3DD85DDE", "\U0001F65D", "\"\\uD83D\\uDE5D\"")]
    [InlineData(0x01, "3DD84100", "\uFFFDA", "\"\uFFFDA\"")]
    [InlineData(0x02, "616200", "ab", "\"ab\"")]
    [InlineData(0x02, "E4B8AD", "中", "\"中\"")]
    [InlineData(0x02, "E9", "é", "\"é\"")]
    [InlineData(0x03, "FF", "-1", "-1")]
    [InlineData(0x04, "FF", "255", "255")]
    [InlineData(0x05, "0080", "-32768", "-32768")]
    [InlineData(0x06, "FFFF", "65535", "65535")]
    [InlineData(0x07, "FEFFFFFF", "-2", "-2")]
    [InlineData(0x08, "FFFFFFFF", "4294967295", "4294967295")]
    [InlineData(0x09, "0000000000000080", "-9223372036854775808", "-9223372036854775808")]
    [InlineData(0x0A, "FFFFFFFFFFFFFFFF", "18446744073709551615", "18446744073709551615")]
    [InlineData(0x0B, "0000C03F", "1.5", "\"1.5\"")]
    [InlineData(0x0C, "9A9999999999B9BF", "-0.1", "\"-0.1\"")]
    [InlineData(0x0C, "000000000000F0FF", "-1.#INF", "\"-1.#INF\"")]
    [InlineData(0x0D, "01000000", "true", "true")]
    [InlineData(0x0D, "00", "false", "false")]
    [InlineData(0x0E, "00DEADBEEF", "00DEADBEEF", "\"00DEADBEEF\"")]
    [InlineData(0x0F, "259684547854944 9A5BA3E3B0328C30D", "{54849625-5478-4994-a5ba-3e3b0328c30d}", "\"54849625-5478-4994-A5BA-3E3B0328C30D\"")]
    [InlineData(0x10, "E7030000", "0x3e7", "\"0x3e7\"")]
    [InlineData(0x10, "E703000001000000", "0x1000003e7", "\"0x1000003e7\"")]
    [InlineData(0x11, "00008192B17ADC01", "2026-01-01T00:00:00.0000000Z", "\"2026-01-01T00:00:00.000000Z\"")]
    [InlineData(0x11, "FFFFFFFFFFFFFF7F", "FFFFFFFFFFFFFF7F", "\"FFFFFFFFFFFFFF7F\"")]
    [InlineData(0x12, "EA0701000100050001000200030004 00", "2026-01-05T01:02:03.004Z", "\"2026-01-05T01:02:03.004000Z\"")]
    [InlineData(0x12, "EA070D00010005000100020003000400", "EA070D00010005000100020003000400", "\"EA070D00010005000100020003000400\"")]
    [InlineData(0x13, "010500000000000515000000 5951B817 66725D25 64633B0B 1E492D00", "S-1-5-21-397955417-626881126-188441444-2967838", "\"S-1-5-21-397955417-626881126-188441444-2967838\"")]
    [InlineData(0x13, "0109000000000005", "0109000000000005", "\"0109000000000005\"")]
    [InlineData(0x14, "E7030000", "0x3e7", "\"0x3e7\"")]
    [InlineData(0x15, "0000000000002080", "0x8020000000000000", "\"0x8020000000000000\"")]
    [InlineData(0x08, "0102", "513", "513")]
    [InlineData(0x23, "0102", "0102", "\"0102\"")]
    public async Task AValue_HasItsText(byte type, string bytes, string text, string json)
    {
        var record = await EvtxSamples.One(new WTemplate(Guid.NewGuid(), E("Event", E("V", S(0, type))), new WValue(type, Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)))));
        Assert.Equal(text, XElement.Parse(record.ToXml()).Element("V")!.Value);
        Assert.Equal("{\"Event\":{\"V\":" + json + "}}", record.ToJson());
    }

    [Theory]
    [InlineData(0x81, "61000000 0000 62000000", "a||b")]
    [InlineData(0x81, "6100 0000 6200", "a|b")]
    [InlineData(0x81, "", "")]
    [InlineData(0x82, "6100 6200", "a|b")]
    [InlineData(0x83, "FF01", "-1|1")]
    [InlineData(0x84, "FF01", "255|1")]
    [InlineData(0x85, "FFFF0100", "-1|1")]
    [InlineData(0x86, "FFFF0100", "65535|1")]
    [InlineData(0x87, "FFFFFFFF01000000", "-1|1")]
    [InlineData(0x88, "FFFFFFFF01000000", "4294967295|1")]
    [InlineData(0x89, "FFFFFFFFFFFFFFFF0100000000000000", "-1|1")]
    [InlineData(0x8A, "FFFFFFFFFFFFFFFF0100000000000000", "18446744073709551615|1")]
    [InlineData(0x8B, "0000C03F0000803F", "1.5|1")]
    [InlineData(0x8C, "000000000000F83F000000000000F03F", "1.5|1")]
    [InlineData(0x8D, "0100000000000000", "true|false")]
    [InlineData(0x8F, "0000000000000000000000000000000001000000000000000000000000000000", "{00000000-0000-0000-0000-000000000000}|{00000001-0000-0000-0000-000000000000}")]
    [InlineData(0x90, "E703000000000000", "0x3e7")]
    [InlineData(0x91, "00000000000000000000000000000000", "1601-01-01T00:00:00.0000000Z|1601-01-01T00:00:00.0000000Z")]
    [InlineData(0x92, "EA070100010005000100020003000400", "2026-01-05T01:02:03.004Z")]
    [InlineData(0x93, "010100000000000512000000 010100000000000513000000", "S-1-5-18|S-1-5-19")]
    [InlineData(0x94, "0100000002000000", "0x1|0x2")]
    [InlineData(0x95, "01000000000000000200000000000000", "0x1|0x2")]
    public async Task AnArray_RepeatsItsElement(byte type, string bytes, string items)
    {
        var record = await EvtxSamples.One(new WTemplate(Guid.NewGuid(), E("Event", E("V", A("k", "x"), S(0, type)), E("After")), new WValue(type, Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)))));
        var root = XElement.Parse(record.ToXml());
        Assert.Equal(items, string.Join('|', root.Elements("V").Select(item => item.Value)));
        Assert.All(root.Elements("V"), item => Assert.Equal("x", item.Attribute("k")!.Value));
        Assert.Single(root.Elements("After"));
    }

    [Fact]
    public async Task AnArrayInAnAttribute_RepeatsItsElementWithAllThatIsInIt()
    {
        var record = await EvtxSamples.One(new WTemplate(Guid.NewGuid(), E("Event", E("V", A("n", S(0, 0x86)), E("In", S(1, 0x81)))), new WValue(0x86, [1, 0, 2, 0]), WValue.Strings("a", "b")));
        Assert.Equal("<Event><V n=\"1\"><In>a</In><In>b</In></V><V n=\"2\"><In>a</In><In>b</In></V></Event>", record.ToXml());
    }

    [Fact]
    public async Task ANullValue_OmitsWhatAnOptionalSubstitutionStandsIn()
    {
        var record = await EvtxSamples.One(new WTemplate(
            Guid.NewGuid(),
            E("Event", E("Gone", A("x", "y"), O(0)), E("Empty", S(0)), E("Stays", O(1)), E("Attributes", A("gone", O(0)), A("stays", O(1)), A("none", S(0))), E("Depends", T("t")) with { Dependency = 0 }, E("Outer", E("Gone", O(0))), E("Beyond", O(9))),
            WValue.Null, WValue.Text("v")));
        Assert.Equal("<Event><Empty/><Stays>v</Stays><Attributes stays=\"v\"/><Outer/></Event>", record.ToXml());
    }

    [Fact]
    public async Task AllTokens_AreWritten()
    {
        var record = await EvtxSamples.One(E("Event", new WCData("a<b]]>c"), new WInstruction("target", "do ?> this"), new WCharacter(38), new WEntity("lt"), new WEntity("own"), T("x & <y> \"z\""), E("E", A("a", "1 < 2 & \"3\"\n"))));
        Assert.Equal("<Event><![CDATA[a<b]]]]><![CDATA[>c]]><?target do ? > this?>&#38;&lt;&amp;own;x &amp; &lt;y&gt; \"z\"<E a=\"1 &lt; 2 &amp; &quot;3&quot;&#10;\"/></Event>", record.ToXml());
        Assert.Equal("a<b]]>c&<&own;x & <y> \"z\"", XElement.Parse(record.ToXml()).Value);
        Assert.Equal("a<b]]>c&<&own;x & <y> \"z\"", JsonDocument.Parse(record.ToJson()).RootElement.GetProperty("Event").GetProperty("#text").GetString());
    }

    [Fact]
    public async Task CharactersThatXmlCannotHold_StayInTheFields()
    {
        var record = await EvtxSamples.One(E("Event", E("EventData", E("Data", A("Name", "k"), T("a\u0001b\uFFFEc\rd")))));
        Assert.Equal("a\uFFFDb\uFFFDc\rd", XElement.Parse(record.ToXml()).Value);
        Assert.Equal("a\u0001b\uFFFEc\rd", record.ToLogEvent(Options.ReferenceTime, "", Options).Field("k"));
    }

    [Fact]
    public async Task ATextBehindAZero_IsToldAndLeftOut()
    {
        var record = await EvtxSamples.One(E("Event", T("seen\0hidden")));
        Assert.Equal("<Event>seen</Event>", record.ToXml());
        Assert.Equal([LogProblem.EvtxTextHidden], record.Problems);
    }

    [Fact]
    public async Task EmbeddedXml_MayBeAFragmentOrATemplateThatWasDefinedEarlier()
    {
        var inner = Guid.NewGuid();
        var outer = Guid.NewGuid();
        WTemplate Event(string value) => new(outer, E("Event", E("UserData", O(0, 0x21))), WValue.Xml(new WTemplate(inner, E("Mine", E("P", S(0))), WValue.Text(value)) { Waste = [0, 0, 8, 8, 1, 2, 3] }));
        var chunk = new EvtxChunkWriter().Add(1, EvtxSamples.Time, Event("a")).Add(2, EvtxSamples.Time, Event("b"))
            .Add(3, EvtxSamples.Time, new WTemplate(outer, E("Event"), WValue.Xml(E("Plain", A("q", "1"), T("c")))));
        var (records, problems) = await EvtxSamples.Read(EvtxFileWriter.File(chunk.Finish()));
        Assert.Empty(problems);
        Assert.Equal(
            ["<Event><UserData><Mine><P>a</P></Mine></UserData></Event>", "<Event><UserData><Mine><P>b</P></Mine></UserData></Event>", "<Event><UserData><Plain q=\"1\">c</Plain></UserData></Event>"],
            records.Select(record => record.ToXml()));
    }

    [Fact]
    public async Task UnnamedData_AreOneFieldAndManyAndAList()
    {
        var item = await EvtxSamples.One(EvtxSamples.Old("10.00.", "15063", "", "Multiprocessor Free"));
        var read = item.ToLogEvent(Options.ReferenceTime, "", Options);
        Assert.Equal(("10.00., 15063, , Multiprocessor Free", "10.00.", "15063", "", "Multiprocessor Free", "32768", "6009"), (read.Field("Data"), read.Field("Data1"), read.Field("Data2"), read.Field("Data3"), read.Field("Data4"), read.Field("Qualifiers"), read.Field("EventID")));
        Assert.Null(read.Field("Binary"));
        // No SystemTime: the time of writing stands in.
        Assert.Equal(item.WrittenAt, read.OccurredAt);
        Assert.Equal(
            """{"Event":{"System":{"Provider":{"#attributes":{"Name":"EventLog"}},"EventID":{"#attributes":{"Qualifiers":32768},"#text":6009},"Level":4,"Channel":"System","Computer":"OLD-1"},"EventData":{"Data":{"#text":["10.00.","15063","","Multiprocessor Free"]}}}}""",
            item.ToJson());
        var single = (await EvtxSamples.One(EvtxSamples.Old("only"))).ToLogEvent(Options.ReferenceTime, "", Options);
        Assert.Equal(("only", null, "EventLog 6009: only"), (single.Field("Data"), single.Field("Data1"), single.Message));
    }

    [Fact]
    public async Task UserData_GivesLeavesByTheirNamesAndPathsOnAClash()
    {
        var record = await EvtxSamples.One(E("Event", E("System", E("EventID", T("15")), E("Level", T("2"))),
            E("UserData", E("x:Failure", A("xmlns:x", "urn:x"), E("Error", A("Code", "15007")), E("EventID", T("4616")), E("Header", T("one")), E("Header", T("two")), E("Header", T("three")), E("Deep", E("Leaf", T("v")))))));
        var read = record.ToLogEvent(Options.ReferenceTime, "", Options);
        Assert.Equal(
            "Error.Code=15007 EventID=15 Header=one Leaf=v Level=2 UserData.Failure.EventID=4616 UserData.Failure.Header=two UserData.Failure.Header.1=three",
            string.Join(' ', read.Fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}={field.Value}")));
        Assert.Equal(3, read.Severity);
        Assert.Equal(
            """{"Event":{"System":{"EventID":"15","Level":"2"},"UserData":{"x:Failure":{"#attributes":{"xmlns:x":"urn:x"},"Error":{"#attributes":{"Code":"15007"}},"EventID":"4616","Header":"one","Header_1":"two","Header_2":"three","Deep":{"Leaf":"v"}}}}}""",
            record.ToJson());
    }

    [Theory]
    [InlineData("1", 2)]
    [InlineData("2", 3)]
    [InlineData("3", 4)]
    [InlineData("4", 6)]
    [InlineData("0", 6)]
    [InlineData("5", 7)]
    [InlineData("16", null)]
    public async Task Level_BecomesSeverity(string level, int? severity) =>
        Assert.Equal(severity, (await EvtxSamples.One(E("Event", E("System", E("Level", T(level)))))).Read(Options).Severity);

    [Fact]
    public async Task ARenderedMessage_IsTheMessage()
    {
        var record = await EvtxSamples.One(E("Event", E("EventData", E("Data", T("x"))), E("RenderingInfo", A("Culture", "en-US"), E("Message", T("The service stopped.")), E("Level", T("Information")))));
        Assert.Equal("The service stopped.", record.Read(Options).Message);
    }

    [Fact]
    public async Task AProcessHasTheNamesOfSysmonToo()
    {
        var record = await EvtxSamples.One(EvtxSamples.Security(1, 4688, 0, ("NewProcessName", WValue.Text(@"C:\a.exe")), ("ParentProcessName", WValue.Text(@"C:\b.exe"))));
        var item = record.ToLogEvent(Options.ReferenceTime, "", Options);
        Assert.Equal((@"C:\a.exe", @"C:\b.exe"), (item.Field("Image"), item.Field("ParentImage")));
        Assert.Equal("process_creation", LogSourceHints.For(item)[0].Category);
    }

    [Fact]
    public async Task MoreFieldsThanTheLimit_AreToldOnce()
    {
        var record = await EvtxSamples.One(E("Event", E("EventData", [.. Enumerable.Range(0, 30).Select(i => (W)E("Data", A("Name", $"n{i}"), T("v")))])));
        var read = record.Read(Options with { MaxFields = 10 });
        Assert.Equal(10, read.Fields.Count);
        Assert.Single(read.Problems, LogProblem.Of(LogProblem.FieldsTooMany, 10));
    }

    [Fact]
    public async Task AStreamMayComeInPieces()
    {
        var reader = new EvtxReader(new Pieces(EvtxSamples.File(3, 4)));
        var count = 0;
        await foreach (var record in reader.ReadAsync(TestContext.Current.CancellationToken)) Assert.Equal((ulong)++count, record.Number);
        Assert.Equal(12, count);
        Assert.Empty(reader.Problems);
    }

    [Fact]
    public async Task ALargeLog_IsReadChunkByChunkAndNothingAhead()
    {
        var file = EvtxSamples.File(1, 60);
        var stream = new Repeat(file[..4_096], file[4_096..], 1_000);
        var reader = new EvtxReader(stream);
        var records = 0;
        await foreach (var record in reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal(4_096 + (records++ / 60 + 1) * 65_536L, stream.Given);
            Assert.InRange(record.Offset, stream.Given - 65_536, stream.Given);
        }

        Assert.Equal(60_000, records);
    }

    [Fact]
    public void AllProblemsHaveTextsInBothLanguages()
    {
        foreach (var code in LogProblem.Codes.Where(code => code.StartsWith("evtx.", StringComparison.Ordinal)))
        {
            var text = LogProblem.Text(LogProblem.Of(code, 4_096, 65_536));
            Assert.DoesNotContain("{", text.Zh + text.En);
            Assert.NotEqual(text.Zh, text.En);
        }
    }

    private sealed class Pieces(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(1_777, buffer.Length)], cancellationToken);
    }

    private sealed class Repeat(byte[] head, byte[] body, int times) : MemoryStream
    {
        private readonly long length = head.Length + (long)body.Length * times;
        private long at;

        /// <summary>Bytes that have been read.</summary>
        public long Given => at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (at >= length) return ValueTask.FromResult(0);
            var (from, offset) = at < head.Length ? (head, (int)at) : (body, (int)((at - head.Length) % body.Length));
            var count = Math.Min(buffer.Length, from.Length - offset);
            from.AsSpan(offset, count).CopyTo(buffer.Span);
            at += count;
            return ValueTask.FromResult(count);
        }
    }
}
