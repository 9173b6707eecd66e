using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Monitoring.Logs;

/// <summary>Records that have a name of their own, and are taken in from a file by it.</summary>
internal static class NamedRecords
{
    /// <summary>All records of a type that somebody may see.</summary>
    internal static async Task<Result<List<T>>> AllAsync<T>(RecordStore store, Actor actor, int most, CancellationToken cancellation) where T : Record
    {
        var listed = await store.ListAsync(actor, store.Types.Of<T>(), new RecordQuery { PageSize = most }, cancellation);
        return listed.IsOk ? Result.Of(listed.Value.Records.Cast<T>().ToList()) : Result.Fail<List<T>>(listed.Errors);
    }

    /// <summary>Changes those that are there by their name, and makes the others. The title that people gave to one that is there stays.</summary>
    internal static async Task<Result<(int Created, int Changed)>> TakeAsync<T>(
        RecordStore store, Actor actor, IReadOnlyList<(string Name, Dictionary<string, string?> Values)> items, Func<T, string> nameOf, int most, CancellationToken cancellation) where T : Record
    {
        var listed = await AllAsync<T>(store, actor, most, cancellation);
        if (!listed.IsOk) return Result.Fail<(int, int)>(listed.Errors);
        var type = store.Types.Of<T>();
        var (created, changed) = (0, 0);
        foreach (var (name, values) in items)
        {
            if (listed.Value.Find(known => nameOf(known) == name) is { } known)
            {
                values.Remove("title");
                var updated = await store.UpdateAsync(actor, type, known.Id, known.Version, values, cancellation: cancellation);
                if (!updated.IsOk) return Result.Fail<(int, int)>(updated.Errors);
                changed++;
                continue;
            }

            var made = await store.CreateAsync(actor, type, values, cancellation: cancellation);
            if (!made.IsOk) return Result.Fail<(int, int)>(made.Errors);
            created++;
        }

        return Result.Of((created, changed));
    }
}
