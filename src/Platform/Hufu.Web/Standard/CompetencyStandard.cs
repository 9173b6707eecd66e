using System.Text.Json;
using System.Text.Json.Serialization;
using Hufu.Kernel;

namespace Hufu.Web.Standard;

/// <summary>One edition of a competency standard, as its content file has it.</summary>
public sealed record CompetencyStandard(
    string Code, int Edition, DateOnly Date, int Level, string Zh, string En,
    [property: JsonPropertyName("summary_zh")] string SummaryZh, [property: JsonPropertyName("summary_en")] string SummaryEn,
    IReadOnlyList<StandardDuty> Duties, IReadOnlyList<StandardItem> Knowledge, IReadOnlyList<StandardItem> Skills, IReadOnlyList<StandardItem> Attitudes)
{
    public LocalizedText Name => new(Zh, En);

    public LocalizedText Summary => new(SummaryZh, SummaryEn);

    public IEnumerable<StandardTask> Tasks => Duties.SelectMany(d => d.Tasks);

    public IEnumerable<StandardOutput> Outputs => Tasks.SelectMany(t => t.Outputs);

    /// <summary>An output with its task and duty.</summary>
    public (StandardDuty Duty, StandardTask Task, StandardOutput Output)? FindOutput(string code)
    {
        foreach (var duty in Duties)
            foreach (var task in duty.Tasks)
                if (task.Outputs.FirstOrDefault(o => o.Code == code) is { } output) return (duty, task, output);
        return null;
    }

    /// <summary>A task with its duty.</summary>
    public (StandardDuty Duty, StandardTask Task)? FindTask(string code)
    {
        foreach (var duty in Duties)
            if (duty.Tasks.FirstOrDefault(t => t.Code == code) is { } task) return (duty, task);
        return null;
    }
}

public sealed record StandardDuty(string Code, string Zh, string En, IReadOnlyList<StandardTask> Tasks)
{
    public LocalizedText Name => new(Zh, En);
}

public sealed record StandardTask(string Code, string Zh, string En, int Level, IReadOnlyList<StandardOutput> Outputs, IReadOnlyList<StandardItem> Indicators, IReadOnlyList<string> Knowledge, IReadOnlyList<string> Skills)
{
    public LocalizedText Name => new(Zh, En);
}

public sealed record StandardOutput(
    string Code, string Zh, string En,
    [property: JsonPropertyName("evidence_hint_zh")] string HintZh, [property: JsonPropertyName("evidence_hint_en")] string HintEn,
    [property: JsonPropertyName("suggested_cycle")] string? Cycle, [property: JsonPropertyName("cycle_source")] string? CycleSource)
{
    public LocalizedText Name => new(Zh, En);

    public LocalizedText Hint => new(HintZh, HintEn);
}

public sealed record StandardItem(string Code, string Zh, string En)
{
    public LocalizedText Name => new(Zh, En);
}

// Written at build: to look at the types when it runs takes longer than to read the file.
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(CompetencyStandard))]
internal sealed partial class StandardJson : JsonSerializerContext;

/// <summary>The editions that the product knows: those shipped with it and those put into the data folder.</summary>
public sealed class StandardLibrary
{
    private StandardLibrary(IReadOnlyList<CompetencyStandard> editions) => Editions = editions;

    /// <summary>All editions, the newest first.</summary>
    public IReadOnlyList<CompetencyStandard> Editions { get; }

    /// <summary>The edition that the work is measured by.</summary>
    public CompetencyStandard Current => Editions[0];

    /// <summary>Reads every edition out of some folders.</summary>
    /// <exception cref="InvalidDataException">A file is no standard, or there is none at all.</exception>
    public static StandardLibrary Load(params IEnumerable<string> folders)
    {
        var editions = new List<CompetencyStandard>();
        foreach (var folder in folders.Where(Directory.Exists))
            foreach (var file in Directory.EnumerateFiles(folder, "*.json").Where(f => !f.EndsWith("schema.json", StringComparison.Ordinal)))
            {
                try
                {
                    editions.Add(JsonSerializer.Deserialize(File.ReadAllBytes(file), StandardJson.Default.CompetencyStandard) ?? throw new InvalidDataException($"{file} is empty."));
                }
                catch (JsonException e)
                {
                    throw new InvalidDataException($"{file} is no competency standard: {e.Message}", e);
                }
            }

        if (editions.Count == 0) throw new InvalidDataException("No competency standard was found in " + string.Join(", ", folders));
        return new StandardLibrary([.. editions.OrderByDescending(e => e.Date).ThenByDescending(e => e.Edition)]);
    }
}
