using Hufu.Records;

namespace Hufu.Web.Identity.Admin;

/// <summary>Names of units with those above them.</summary>
internal static class UnitNames
{
    public static string Path(IDirectory directory, Guid id)
    {
        var names = new List<string>();
        // Bounded, should a cycle have come from elsewhere.
        for (Guid? at = id; at is { } unit && directory.Unit(unit) is { } known && names.Count < 50; at = known.ParentId) names.Add(known.Name);
        names.Reverse();
        return string.Join(" / ", names);
    }
}
