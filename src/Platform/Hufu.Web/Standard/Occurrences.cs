using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Web.Standard;

/// <summary>The occurrences behind an output.</summary>
internal static class Occurrences
{
    /// <summary>Those that somebody may read and that are due for an output; nothing for somebody who may read none.</summary>
    internal static IQueryable<Occurrence> OfOutput(RecordStore store, Actor actor, string output)
    {
        if (actor.ScopeOf(store.Types.Of<Occurrence>(), Right.Read) is null) return store.Db.Set<Occurrence>().Where(o => false);
        // The codes are joined by semicolons: the borders keep O1.1.1 from being found in O1.1.10.
        var code = ";" + output + ";";
        return store.Readable<Occurrence>(actor).Where(o => (";" + o.Outputs + ";").Contains(code));
    }
}
