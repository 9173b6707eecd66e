using System.Text;

namespace Hufu.Indicators.Tests;

/// <summary>Short ways to read and to match.</summary>
internal static class Reads
{
    public static readonly DateTimeOffset Now = new(2026, 11, 30, 8, 0, 0, TimeSpan.Zero);

    public static (List<Indicator> Items, IndicatorReadReport Report) Of(string text, IndicatorReadOptions? options = null) => Of(Encoding.UTF8.GetBytes(text), options);

    public static (List<Indicator> Items, IndicatorReadReport Report) Of(byte[] content, IndicatorReadOptions? options = null)
    {
        var items = new List<Indicator>();
        var report = IndicatorReader.Read(content, "feed", options ?? new IndicatorReadOptions(), items.Add);
        return (items, report);
    }

    public static IndicatorIndex Index(IEnumerable<Indicator> items, bool lines = false)
    {
        var index = new IndicatorIndex();
        var list = index.AddList(new IndicatorListOptions(lines));
        foreach (var item in items) Assert.Null(index.Add(list, item));
        return index.Close();
    }

    public static IndicatorIndex Index(string text, bool lines = false) => Index(Of(text).Items, lines);

    public static string Stix(string pattern, string more = "") =>
        $$"""{"type":"bundle","id":"bundle--1","objects":[{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","pattern_type":"stix","pattern":{{System.Text.Json.JsonSerializer.Serialize(pattern)}},"valid_from":"2020-01-01T00:00:00Z"{{more}}}]}""";

    /// <summary>What an event of some fields shows, as ids.</summary>
    public static List<string> Match(IndicatorIndex index, params (string Name, string Value)[] fields) => Match(index, Now, null, fields);

    public static List<string> Match(IndicatorIndex index, DateTimeOffset at, string? line, params (string Name, string Value)[] fields)
    {
        var scan = index.NewScan();
        scan.Begin(at, Now);
        foreach (var (name, value) in fields) scan.Field(name, value);
        if (line is not null) scan.Line(line);
        return [.. scan.End().Select(hit => index.Info(hit.Number).Id)];
    }

    public static bool Hits(IndicatorIndex index, params (string Name, string Value)[] fields) => Match(index, fields).Count > 0;
}
