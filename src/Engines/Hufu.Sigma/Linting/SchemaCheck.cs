using System.Globalization;
using Hufu.Sigma.Parsing;

namespace Hufu.Sigma;

/// <summary>What the JSON schemas of the specification ask for beyond what a rule needs to be evaluated.</summary>
internal static class SchemaCheck
{
    private const int MaxNameLength = 256;

    private static readonly string[] DetectionFields = ["id", "status", "description", "references", "author", "date", "tags", "falsepositives", "level"];
    private static readonly string[] CorrelationFields = ["id", "status", "description", "author", "date", "falsepositives", "level"];
    private static readonly string[] FilterFields = ["id", "description", "date"];
    private static readonly HashSet<string> Relations = new(StringComparer.Ordinal) { "derived", "obsolete", "merged", "renamed", "similar" };

    public static void Run(MapNode map, IRefuse refuse)
    {
        var fields = map["correlation"] is not null ? CorrelationFields : map["filter"] is not null ? FilterFields : DetectionFields;
        foreach (var field in fields)
        {
            if (map[field] is null or ScalarNode { IsNull: true } or ListNode { Items.Count: 0 })
                refuse.Note(map, SigmaSeverity.Notice, "sigma.lint.missing", $"建議加上 {field}。", $"'{field}' is recommended.");
        }

        if (map["id"] is ScalarNode id && !Guid.TryParseExact(id.Text, "D", out _))
            refuse.Note(id, SigmaSeverity.Notice, "sigma.lint.id", "id 建議為 UUID。", "'id' is recommended to be a UUID.");
        if (map["name"] is ScalarNode { Text.Length: > MaxNameLength } name)
            refuse.Note(name, SigmaSeverity.Warning, "sigma.lint.name", $"name 超過 {MaxNameLength} 個字元。", $"'name' has more than {MaxNameLength} characters.");
        foreach (var key in (string[])["date", "modified"])
        {
            if (map[key] is ScalarNode { IsNull: false } date && !DateOnly.TryParseExact(date.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                refuse.Note(date, SigmaSeverity.Warning, "sigma.lint.date", $"{key} 應寫成 YYYY-MM-DD。", $"'{key}' should be written YYYY-MM-DD.");
        }

        foreach (var key in (string[])["references", "tags", "fields", "falsepositives", "scope"])
        {
            if (map[key] is ScalarNode { IsNull: false } single)
                refuse.Note(single, SigmaSeverity.Notice, "sigma.lint.list", $"{key} 應為清單。", $"'{key}' should be a list.");
            if (map[key] is not ListNode list) continue;
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var item in list.Items.OfType<ScalarNode>())
            {
                if (!seen.Add(item.Text)) refuse.Note(item, SigmaSeverity.Notice, "sigma.lint.twice", $"「{item.Text}」在 {key} 中出現兩次。", $"'{item.Text}' occurs twice in '{key}'.");
                if (key == "tags" && !IsTag(item.Text))
                    refuse.Note(item, SigmaSeverity.Warning, "sigma.lint.tag", $"標籤「{item.Text}」應為「命名空間.名稱」，僅用小寫字母、數字、底線、連字號與點。", $"The tag '{item.Text}' should be namespace.name of lower-case letters, digits, underscores, hyphens and dots.");
            }
        }

        if (map["related"] is ListNode related)
        {
            foreach (var type in related.Items.OfType<MapNode>().Select(item => item["type"]).OfType<ScalarNode>())
            {
                if (!Relations.Contains(type.Text))
                    refuse.Note(type, SigmaSeverity.Warning, "sigma.lint.related", $"不認得關係「{type.Text}」。", $"'{type.Text}' is not a known relation.");
            }
        }

        if (map["correlation"] is MapNode correlation)
        {
            if (correlation["group-by"] is null)
                refuse.Note(correlation, SigmaSeverity.Notice, "sigma.lint.missing", "規格要求 group-by；沒有時所有事件算同一組。", "The specification asks for 'group-by'; without it all events are one group.");
            CheckAliases(correlation, refuse);
        }
    }

    private static void CheckAliases(MapNode correlation, IRefuse refuse)
    {
        if (correlation["aliases"] is not MapNode aliases) return;
        var used = new List<Node?> { correlation["group-by"], (correlation["condition"] as MapNode)?["field"] }
            .SelectMany(node => node is ListNode list ? list.Items : node is null ? [] : [node]).OfType<ScalarNode>().Select(node => node.Text).ToHashSet(StringComparer.Ordinal);
        foreach (var (alias, _) in aliases.Entries)
        {
            if (!used.Contains(alias.Text))
                refuse.Note(alias, SigmaSeverity.Warning, "sigma.lint.unused-alias", $"沒有用到別名「{alias.Text}」。", $"The alias '{alias.Text}' is not used.");
        }
    }

    private static bool IsTag(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && dot < text.Length - 1 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' or '.');
    }
}
