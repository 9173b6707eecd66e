using System.Text.Json;
using System.Text.Json.Serialization;
using Hufu.Jobs.Notices;

namespace Hufu.Desk;

/// <summary>How a person's choices are kept: a JSON object of kinds and deliveries. Kinds that are not in it follow the product's defaults.</summary>
internal static class NoticePreferences
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    internal static Dictionary<string, NoticeDelivery> Read(string? json) =>
        string.IsNullOrEmpty(json) ? [] : JsonSerializer.Deserialize<Dictionary<string, NoticeDelivery>>(json, Json) ?? [];

    internal static string Write(IReadOnlyDictionary<string, NoticeDelivery> chosen) => JsonSerializer.Serialize(chosen, Json);
}
