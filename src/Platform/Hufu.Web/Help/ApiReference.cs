using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Help;

/// <summary>A parameter of an operation.</summary>
public sealed record ApiParameter(string Name, string In, bool Required, string? Description);

/// <summary>One address and what it does.</summary>
/// <param name="Id">The document's operation id, used as anchor.</param>
/// <param name="Method">GET, POST, PATCH…</param>
/// <param name="Path">Path with its parameters in braces.</param>
/// <param name="Summary">What it does, in the reader's language where the product knows it.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Body">Name of the request body's schema; null for none.</param>
/// <param name="Responses">Status codes with the schema of each answer.</param>
public sealed record ApiOperation(string Id, string Method, string Path, string Summary, IReadOnlyList<ApiParameter> Parameters, string? Body, IReadOnlyList<(string Status, string? Schema)> Responses);

/// <summary>The operations on one record type, or those that share a heading.</summary>
public sealed record ApiGroup(string Anchor, string Title, RecordType? Type, IReadOnlyList<ApiOperation> Operations);

/// <summary>The served OpenAPI document as people read it. What is in the document is shown, and nothing else.</summary>
public sealed class ApiReference(IServiceProvider services, RecordStore store)
{
    /// <summary>Name of the document.</summary>
    public const string Document = "v1";

    /// <summary>The groups as far as the reader may use them; null when no document is served.</summary>
    public async Task<IReadOnlyList<ApiGroup>?> ReadAsync(Actor reader, CancellationToken cancellation = default)
    {
        if (services.GetKeyedService<IOpenApiDocumentProvider>(Document) is not { } provider) return null;
        var document = await provider.GetOpenApiDocumentAsync(cancellation);
        var groups = new Dictionary<string, (string Title, RecordType? Type, List<ApiOperation> Operations)>(StringComparer.Ordinal);
        foreach (var (path, item) in document.Paths)
        {
            var type = store.Types.All.FirstOrDefault(t => path == "/api/v1" + t.Path || path.StartsWith("/api/v1" + t.Path + "/", StringComparison.Ordinal));
            if (type is not null && reader.ScopeOf(type, Right.Read) is null) continue;
            foreach (var (method, operation) in item.Operations ?? [])
            {
                var tag = operation.Tags?.FirstOrDefault()?.Name ?? "API";
                var anchor = type?.Key.Replace('.', '-') ?? "g-" + string.Concat(tag.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
                if (!groups.TryGetValue(anchor, out var group)) groups[anchor] = group = (type?.PluralName.ToString() ?? tag, type, []);
                group.Operations.Add(Read(path, method, operation, type));
            }
        }

        return [.. groups.Where(g => g.Value.Type is null).Concat(groups.Where(g => g.Value.Type is not null)).Select(g => new ApiGroup(g.Key, g.Value.Title, g.Value.Type, g.Value.Operations))];
    }

    private static ApiOperation Read(string path, HttpMethod method, OpenApiOperation operation, RecordType? type)
    {
        var id = operation.OperationId ?? $"{method.Method.ToLowerInvariant()}{path.Replace('/', '-').Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)}";
        return new ApiOperation(
            id, method.Method, path, Summary(id, type) ?? operation.Summary ?? id,
            [.. (operation.Parameters ?? []).Select(p => new ApiParameter(p.Name ?? "", p.In?.ToString().ToLowerInvariant() ?? "", p.Required, p.Description))],
            Schema(operation.RequestBody?.Content),
            [.. (operation.Responses ?? []).Select(r => (r.Key, Schema(r.Value.Content)))]);
    }

    private static string? Schema(IDictionary<string, OpenApiMediaType>? content) => content?.Values.FirstOrDefault()?.Schema switch
    {
        null => null,
        OpenApiSchemaReference reference => reference.Reference.Id,
        var schema => schema.Type?.ToString().ToLowerInvariant(),
    };

    // The document speaks English; what the product itself maps for each record type is said in the reader's language.
    private static string? Summary(string id, RecordType? type)
    {
        if (type is null) return Known.TryGetValue(id, out var fixedText) ? fixedText.ToString() : null;
        var end = id.StartsWith(type.Key.Replace('.', '-') + "-", StringComparison.Ordinal) ? id[(type.Key.Length + 1)..] : "";
        return end switch
        {
            "list" => T("api.op-list", type.PluralName),
            "get" => T("api.op-get", type.Name),
            "create" => T("api.op-create", type.Name),
            "update" => T("api.op-update", type.Name),
            "move" => T("api.op-move", type.Name),
            "history" => T("api.op-history"),
            "links" => T("api.op-links"),
            "link" => T("api.op-link"),
            "evidence" => T("api.op-evidence"),
            "comments" => T("api.op-comments"),
            "comment" => T("api.op-comment"),
            _ => null,
        };
    }

    private static readonly Dictionary<string, LocalizedText> Known = new(StringComparer.Ordinal)
    {
        ["me"] = new("我是誰、有哪些權限", "Who am I, and what may I do"),
        ["types"] = new("紀錄類型及其欄位與狀態", "Record types with their fields and states"),
        ["get-api-v1-logs-search"] = new("搜尋日誌", "Search the logs"),
        ["post-api-v1-logs-import"] = new("送入一批日誌", "Hand in a batch of logs"),
        ["get-api-v1-search"] = new("搜尋紀錄、頁面與操作", "Search records, pages and actions"),
    };
}
