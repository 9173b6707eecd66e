using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;

namespace Hufu.Monitoring.Logs;

/// <summary>A decoder that the site has written. While it is on, everything that comes in is read with it.</summary>
public sealed class Decoder : Record
{
    /// <summary>The name that events and formats know it by.</summary>
    public string DecoderName { get; set; } = "";

    /// <summary>Programs, one a line.</summary>
    public string Programs { get; set; } = "";

    /// <summary>Sources, one a line.</summary>
    public string FromSources { get; set; } = "";

    /// <summary>Beginnings of messages, one a line.</summary>
    public string Begins { get; set; } = "";

    /// <summary>Texts that a message holds, one a line.</summary>
    public string Holds { get; set; } = "";

    /// <summary>Patterns, one a line; behind <c> => </c> the fields that one gives besides.</summary>
    public string Patterns { get; set; } = "";

    /// <summary>Fields of every message, one a line as <c>name=value</c>.</summary>
    public string FixedFields { get; set; } = "";

    /// <summary>Fields and their names in the Elastic Common Schema, one a line as <c>field=ecs.name</c>.</summary>
    public string EcsFields { get; set; } = "";
}

/// <summary>解碼器.</summary>
public sealed class DecoderType : RecordType<Decoder>
{
    public const string TypeKey = "logs.decoder";

    /// <summary>State of one that reads.</summary>
    public const string On = "on";

    private const string Arrow = " => ";

    public override string Key => TypeKey;

    public override LocalizedText Name => new("解碼器", "Decoder");

    public override LocalizedText PluralName => new("解碼器", "Decoders");

    public override string Route => "decoders";

    public override string Prefix => "DEC";

    public override string Icon => "log";

    public override LocalizedText Purpose => new(
        "讓系統看懂自家設備或程式的日誌：寫下訊息的樣式，欄位就會取出。啟用後立即用於接收、匯入與傳送端；內建解碼器之前先試它。",
        "Teaches the product the logs of devices and programs of your own: write what a message looks like and its fields come out. Once on it is used at once for all that comes in, before the decoders of the product.");

    public override IReadOnlyList<string> Outputs => ["O5.2.1"];

    public DecoderType() : base("名稱", "Name")
    {
        Text(x => x.DecoderName, "代號", "Identifier", 60).Required().InList().Canonical(n => n.Trim()).Help("小寫英數字、「-」與「_」；日誌的 log.decoder 欄位與日誌格式使用這個代號。", "Lower-case letters, digits, - and _; the field log.decoder and formats have this name.");
        LongText(x => x.Programs, "程式", "Programs", 10_000).InList().Help("每行一個程式名稱；結尾的「*」代表任意文字。", "One name a line; a star at the end stands for any ending.");
        LongText(x => x.FromSources, "來源", "Sources", 10_000).Help("每行一個來源名稱；結尾的「*」代表任意文字。", "One source a line; a star at the end stands for any ending.");
        LongText(x => x.Begins, "訊息開頭", "Message begins with", 20_000).Help("每行一個；符合其中之一即可。", "One a line, of which one must fit.");
        LongText(x => x.Holds, "訊息內含", "Message holds", 20_000).Help("每行一個；須全部符合。", "One a line, of which all must be there.");
        LongText(x => x.Patterns, "樣式", "Patterns", 200_000).Required().Help(
            "每行一個，由訊息開頭比對，第一個符合的生效。{名稱} 一個詞、{名稱:text} 任意文字、{名稱:num} 數字、{名稱:ip} 位址、{名稱:peer} 位址與埠、{time} 時間、{:pairs} 其餘的 名稱=值、«…» 可有可無。行尾可加「 => 欄位=值; 欄位=值」。",
            "One a line, matched from the beginning of the message; the first that fits counts. {name} a word, {name:text} any text, {name:num} digits, {name:ip} an address, {name:peer} address and port, {time} a time, {:pairs} the rest as name=value, «…» may be absent. “ => field=value; field=value” at the end gives further fields.");
        LongText(x => x.FixedFields, "固定欄位", "Fixed fields", 20_000).Help("每行一個 名稱=值。", "One name=value a line.");
        LongText(x => x.EcsFields, "ECS 名稱", "ECS names", 20_000).Help("每行一個 欄位=ECS 名稱，例如 client=source.ip。", "One field=name a line, such as client=source.ip.");

        Workflow.State("off", "停用", "Off").State(On, "使用中", "In use", Tone.Good);
        Workflow.Move("start", "啟用", "Start", ["off"], On);
        Workflow.Move("stop", "停用", "Stop", [On], "off");
        Rule(d => Read(d) is var read && read.Error is { } error ? error : UserDecoders.Check(read.Decoder) is [var first, ..] ? first with { Place = PlaceOf(first.Place) } : null);
        Sealed();
    }

    /// <summary>The decoder that a record describes, and what cannot be understood of it.</summary>
    internal static (UserDecoder Decoder, Error? Error) Read(Decoder record)
    {
        Error? error = null;
        var patterns = new List<DecoderPattern>();
        foreach (var line in Lines(record.Patterns))
        {
            var arrow = line.LastIndexOf(Arrow, StringComparison.Ordinal);
            patterns.Add(arrow < 0
                ? new DecoderPattern(line, new Dictionary<string, string>())
                : new DecoderPattern(line[..arrow], Pairs(line[(arrow + Arrow.Length)..].Split(';'), "patterns", patterns.Count + 1)));
        }

        var decoder = new UserDecoder
        {
            Name = record.DecoderName, Apps = Lines(record.Programs), Sources = Lines(record.FromSources), Begins = Lines(record.Begins), Holds = Lines(record.Holds), Patterns = patterns,
            Set = Pairs(Lines(record.FixedFields), "fixedFields", 0), Ecs = Pairs(Lines(record.EcsFields), "ecsFields", 0),
        };
        return (decoder, error);

        Dictionary<string, string> Pairs(IEnumerable<string> lines, string place, int pattern)
        {
            var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var line in lines.Select(line => line.Trim()).Where(line => line.Length > 0))
            {
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0) pairs[line[..equals].Trim()] = line[(equals + 1)..].Trim();
                else error ??= pattern > 0
                    ? Error.Of("logs.decoder.pair", $"第 {pattern} 個樣式：「{line}」不是 欄位=值。", $"Pattern {pattern}: '{line}' is no field=value.", place)
                    : Error.Of("logs.decoder.pair", $"「{line}」不是 名稱=值。", $"'{line}' is no name=value.", place);
            }

            return pairs;
        }
    }

    /// <summary>The values of a record for a decoder.</summary>
    internal static Dictionary<string, string?> Values(UserDecoder decoder) => new(StringComparer.Ordinal)
    {
        ["title"] = decoder.Name, ["decoderName"] = decoder.Name, ["programs"] = string.Join('\n', decoder.Apps), ["fromSources"] = string.Join('\n', decoder.Sources), ["begins"] = string.Join('\n', decoder.Begins), ["holds"] = string.Join('\n', decoder.Holds),
        ["patterns"] = string.Join('\n', decoder.Patterns.Select(pattern => pattern.Set.Count == 0 ? pattern.Is : pattern.Is + Arrow + string.Join("; ", pattern.Set.Select(pair => $"{pair.Key}={pair.Value}")))),
        ["fixedFields"] = string.Join('\n', decoder.Set.Select(pair => $"{pair.Key}={pair.Value}")), ["ecsFields"] = string.Join('\n', decoder.Ecs.Select(pair => $"{pair.Key}={pair.Value}")),
    };

    // A beginning may end with a blank: only the line's end is no part of it.
    internal static List<string> Lines(string text) => [.. text.Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Trim().Length > 0)];

    private static string PlaceOf(string? place) => place switch { "name" => "decoderName", "apps" => "programs", "set" => "fixedFields", "ecs" => "ecsFields", _ => "patterns" };
}
