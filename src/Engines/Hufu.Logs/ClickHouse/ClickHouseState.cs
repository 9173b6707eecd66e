using System.Text.Json;
using System.Text.Json.Serialization;
using Hufu.Logs.Store;

namespace Hufu.Logs;

/// <summary>How the delivery of a store to ClickHouse stands.</summary>
/// <param name="Target">Where it is delivered, without a secret.</param>
/// <param name="Version">What the server that is asked says it is; absent until it has answered.</param>
/// <param name="TypedColumns">Maps and texts of few values are stored as such; false on old servers, which keep two lists.</param>
/// <param name="TextIndex">Words are found by an index; false where every record of a period is read.</param>
/// <param name="Shards">The servers that keep the events; empty until they are known.</param>
/// <param name="Waiting">Events that are not delivered yet.</param>
/// <param name="WaitingSince">Receipt of the oldest of them.</param>
/// <param name="Problem">Why the server cannot be asked; absent when it can.</param>
public sealed record ClickHouseStanding(string Target, string? Version, bool TypedColumns, bool TextIndex, IReadOnlyList<ClickHouseShard> Shards, long Waiting, DateTimeOffset? WaitingSince, string? Problem);

/// <summary>How one server of it stands.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Address">Its address.</param>
/// <param name="Version">What it says it is; absent until it has answered.</param>
/// <param name="Events">Events that it has confirmed, those removed since included.</param>
/// <param name="Next">The first event that it has not confirmed, segment and row.</param>
/// <param name="Waiting">Events that wait for it.</param>
/// <param name="Confirmed">When it last confirmed some.</param>
/// <param name="Problem">Why nothing can be delivered; absent when it can.</param>
/// <param name="ProblemSince">Since when.</param>
public sealed record ClickHouseShard(int Number, string Address, string? Version, long Events, string Next, long Waiting, DateTimeOffset? Confirmed, string? Problem, DateTimeOffset? ProblemSince);

/// <summary>How far each server has the events, on the disk beside the store. It only says what a server has confirmed.</summary>
internal sealed record ClickHouseMarks
{
    /// <summary>Whose events they are; the servers keep the same.</summary>
    public required string Id { get; init; }

    /// <summary>Where they are delivered.</summary>
    public required string Target { get; init; }

    /// <summary>The servers in the order of their numbers.</summary>
    public IReadOnlyList<ClickHouseMark> Shards { get; init; } = [];

    public static ClickHouseMarks? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ClickHouseJson.Default.ClickHouseMarks) : null;
        }
        catch (JsonException)
        {
            // A new id: the servers will say that their events are another's rather than mix them.
            return null;
        }
    }

    public void Write(string path) => DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, ClickHouseJson.Default.ClickHouseMarks));
}

/// <summary>How far one server has them.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Segment">Segment of the first event that it has not confirmed.</param>
/// <param name="Row">Its row.</param>
/// <param name="Removals">Removals that it was told of.</param>
internal sealed record ClickHouseMark(string Address, string Segment, int Row, IReadOnlyList<string> Removals)
{
    public static ClickHouseMark Begin(string address) => new(address, "00000001", 0, []);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClickHouseMarks))]
internal sealed partial class ClickHouseJson : JsonSerializerContext;
