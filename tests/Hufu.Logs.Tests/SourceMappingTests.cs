using System.Text;

namespace Hufu.Logs.Tests;

/// <summary>What a site says of its events in the words of rules.</summary>
public class SourceMappingTests
{
    private static SourceMapping Mapping(params MappingCondition[] when) => new() { Name = "m", When = when, Sources = [new LogSourceHint("windows", "process_creation", null)] };

    private static LogEvent Event(string? app = "Door-Ctl", params (string Name, string Value)[] fields) => new()
    {
        ReceivedAt = DateTimeOffset.UnixEpoch, Source = "fw-taipei-1", Host = "Host1", App = app, Message = "m", Raw = "m", Format = LogFormats.Json, Fields = fields.ToDictionary(field => field.Name, field => field.Value),
    };

    [Theory]
    [InlineData("@app", "door-ctl", true)]
    [InlineData("@app", "door", false)]
    [InlineData("@app", "DOOR*", true)]
    [InlineData("@source", "fw-*", true)]
    [InlineData("@host", "host1", true)]
    [InlineData("@format", "json", true)]
    [InlineData("@format", "rfc5424", false)]
    [InlineData("badge", "7", true)]
    [InlineData("badge", "70", false)]
    [InlineData("badge", "", true)]
    [InlineData("nothing", "", false)]
    [InlineData("app", "door-ctl", false)]
    public void A_condition_holds_of_what_the_event_has(string name, string value, bool holds) =>
        Assert.Equal(holds, Mapping(new MappingCondition(name, value.Length == 0 ? [] : [value])).Fits(Event(fields: ("badge", "7"))));

    [Fact]
    public void All_conditions_must_hold_and_one_of_their_values()
    {
        var mapping = Mapping(new MappingCondition("@app", ["other", "door-ctl"]), new MappingCondition("badge", []));
        Assert.True(mapping.Fits(Event(fields: ("badge", "7"))));
        Assert.False(mapping.Fits(Event(fields: ("card", "7"))));
        Assert.False(mapping.Fits(Event("third", ("badge", "7"))));
        Assert.False(mapping.Fits(Event(null, ("badge", "7"))));
    }

    [Fact]
    public void Log_sources_of_the_site_stand_before_those_that_the_product_finds()
    {
        var item = Event(fields: [("Channel", "Security"), ("EventID", "4688")]);
        Assert.Equal([new("windows", "process_creation", "security"), new("windows", null, "security")], LogSourceHints.For(item));
        var mappings = new SourceMappings([Mapping(new MappingCondition("Channel", ["security"])) with { Sources = [new("own", null, "x"), new("windows", null, "security")] }, Mapping(new MappingCondition("nothing", []))]);
        Assert.Equal([new("own", null, "x"), new("windows", null, "security"), new("windows", "process_creation", "security")], LogSourceHints.For(item, mappings));
    }

    [Fact]
    public void The_products_own_tables_say_what_they_said()
    {
        string[] Of(string channel, string id) => [.. LogSourceHints.For(Event(fields: [("Channel", channel), ("EventID", id)])).Select(SourceMappings.Text)];
        Assert.Equal(["windows/registry_event/sysmon", "windows/registry_add/sysmon", "windows/registry_delete/sysmon", "windows/-/sysmon"], Of("microsoft-windows-SYSMON/operational", "12"));
        Assert.Equal(["windows/file_delete/sysmon", "windows/file_delete_detected/sysmon", "windows/-/sysmon"], Of("Microsoft-Windows-Sysmon/Operational", "26"));
        Assert.Equal(["linux/registry_event/sysmon", "linux/-/sysmon"], Of("Linux-Sysmon/Operational", "12"));
        Assert.Equal(["windows/ps_script/powershell", "windows/-/powershell"], Of("PowerShellCore/Operational", "4104"));
        Assert.Equal(["windows/ps_classic_start/powershell-classic", "windows/-/powershell-classic"], Of("Windows PowerShell", "400"));
        Assert.Equal(["windows/-/security"], Of("Security", "1"));
        Assert.Equal(["windows/-/-"], Of("No/Such", "1"));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var read = SourceMappings.Read("""
            // A comment.
            {"mappings":[
              {"name":"acme-edr","when":{"vendor":"ACME","event_id":[1,"2"],"on":true,"proc.path":"*"},"sources":["windows/process_creation","-/-/acme"],"fields":{"Image":"proc.path  proc.exe","User":["user.name","@host"]}},
              {"name":"b","when":{"@app":["x*","*"]},"sources":["linux"]},
            ]}
            """u8);
        Assert.True(read.IsOk, string.Join('\n', read.Errors));
        var first = read.Value[0];
        Assert.Equal(["vendor:ACME", "event_id:1,2", "on:true", "proc.path:"], first.When.Select(condition => $"{condition.Name}:{string.Join(',', condition.Values)}"));
        Assert.Equal([new("windows", "process_creation", null), new(null, null, "acme")], first.Sources);
        Assert.Equal(["Image=proc.path proc.exe", "User=user.name @host"], first.Fields.Select(pair => $"{pair.Key}={string.Join(' ', pair.Value)}"));
        // Any value, whatever else is named.
        Assert.Empty(Assert.Single(read.Value[1].When).Values);
        var written = SourceMappings.Write(read.Value);
        Assert.Equal(written, SourceMappings.Write(SourceMappings.Read(written).Value));
    }

    [Theory]
    [InlineData("""[{"name":"A b","when":{"x":"y"},"sources":["a"]}]""", "logs.mapping.name")]
    [InlineData("""[{"name":"a","when":{},"sources":["a"]}]""", "logs.mapping.when")]
    [InlineData("""[{"name":"a","sources":["a"]}]""", "logs.mapping.when")]
    [InlineData("""[{"name":"a","when":{"x":""},"sources":["a"]}]""", "logs.mapping.values")]
    [InlineData("""[{"name":"a","when":{"@message":"y"},"sources":["a"]}]""", "logs.mapping.column")]
    [InlineData("""[{"name":"a","when":{"x=z":"y"},"sources":["a"]}]""", "logs.mapping.field-name")]
    [InlineData("""[{"name":"a","when":{"x":"y"}}]""", "logs.mapping.empty")]
    [InlineData("""[{"name":"a","when":{"x":"y"},"sources":["-/-/-"]}]""", "logs.mapping.source")]
    [InlineData("""[{"name":"a","when":{"x":"y"},"sources":["a/b/c/d"]}]""", "logs.mapping.source")]
    [InlineData("""[{"name":"a","when":{"x":"y"},"fields":{"@app":"z"}}]""", "logs.mapping.field")]
    [InlineData("""[{"name":"a","when":{"x":"y"},"fields":{"b":""}}]""", "logs.mapping.field-names")]
    [InlineData("""[{"name":"a","when":{"x":"y"},"fields":{"b":"@raw"}}]""", "logs.mapping.column")]
    [InlineData("""[{"name":"a","when":{"x":"y"},"sources":["a"],"unless":{}}]""", "logs.mapping.property")]
    [InlineData("""[{"name":"a","when":{"x":"y"},"sources":["a"]},{"name":"a","when":{"x":"y"},"sources":["a"]}]""", "logs.mapping.twice")]
    [InlineData("""[{"name":"a","when":{"x":{"y":1}},"sources":["a"]}]""", "logs.mapping.file")]
    [InlineData("""{"decoders":[]}""", "logs.mapping.file")]
    [InlineData("[{\n\"name\":", "logs.mapping.file")]
    public void What_cannot_be_meant_is_refused(string json, string code)
    {
        var read = SourceMappings.Read(Encoding.UTF8.GetBytes(json));
        Assert.False(read.IsOk);
        Assert.Contains(read.Errors, error => error.Code == code);
    }

    [Fact]
    public void Whatever_is_given_is_read_or_refused()
    {
        var valid = SourceMappings.Write([new SourceMapping { Name = "a", When = [new("@app", ["x", "登入*"]), new("y", [])], Sources = [new("a", null, "b")], Fields = new Dictionary<string, IReadOnlyList<string>> { ["F"] = ["g", "@host"] } }]);
        var random = new Random(7);
        var (read, refused) = (0, 0);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = valid.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (SourceMappings.Read(bytes.AsSpan(0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length)) is { IsOk: true } good)
            {
                read++;
                foreach (var mapping in good.Value) Assert.True(SourceMappings.Read(SourceMappings.Write([mapping])).IsOk);
            }
            else
            {
                refused++;
            }
        }

        Assert.True(read > 100 && refused > 1_000, $"{read} {refused}");
    }
}
