using Hufu.Records;
using Microsoft.AspNetCore.Routing;

namespace Hufu.Web.Records;

/// <summary>Export, bulk edit and import of every record type.</summary>
internal static class ListEndpoints
{
    internal static void MapLists(this IEndpointRouteBuilder routes, RecordTypes types)
    {
        _ = routes;
        _ = types;
    }
}
