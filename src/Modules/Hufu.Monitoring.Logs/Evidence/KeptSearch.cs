using Hufu.Records;
using Hufu.Web;

namespace Hufu.Monitoring.Logs;

/// <summary>Leads from evidence back to the search that it was made of.</summary>
internal sealed class KeptSearch : IKeptSearch
{
    public string? HrefOf(Evidence evidence) => evidence is { Kind: "query", Query: { } query }
        ? LogEndpoints.Href(query, evidence.QueryFrom is { } from ? LogEndpoints.Local(from) : "", evidence.QueryTo is { } to ? LogEndpoints.Local(to) : "", null)
        : null;
}
