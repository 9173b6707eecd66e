using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>Adds the criteria that come with the product, as drafts for people to approve.</summary>
public static class LogDefaults
{
    /// <summary>Defaults that were never added: one that was, stays out whatever became of it.</summary>
    internal static async Task<IReadOnlyList<DefaultCriterion>> MissingAsync(RecordStore store, CancellationToken cancellation)
    {
        var added = await store.Db.Set<LogCriterion>().AsNoTracking().Where(c => c.DefaultCode != "").Select(c => c.DefaultCode).ToListAsync(cancellation);
        return [.. LogKinds.Defaults.Where(d => !added.Contains(d.Id))];
    }

    /// <summary>Adds those that are missing, all or none. Texts are in the language of who asks. Returns their numbers.</summary>
    public static Task<Result<IReadOnlyList<string>>> AddAsync(RecordStore store, Actor actor, CancellationToken cancellation) => store.InTransactionAsync(async () =>
    {
        var numbers = new List<string>();
        foreach (var item in await MissingAsync(store, cancellation))
        {
            var made = await store.CreateAsync(
                actor, store.Types.Of<LogCriterion>(), new Dictionary<string, string?>
                {
                    ["title"] = item.Title.ToString(), ["category"] = item.Category, ["level"] = item.Level, ["kinds"] = string.Join(';', item.Kinds), ["requiredFields"] = string.Join(';', item.Fields),
                    ["keepDays"] = item.KeepDays.ToString(System.Globalization.CultureInfo.InvariantCulture), ["quietDays"] = item.QuietDays.ToString(System.Globalization.CultureInfo.InvariantCulture), ["basis"] = item.Basis.ToString(),
                    ["lawVersion"] = item.LawVersion, ["validFrom"] = item.ValidFrom.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), ["confidence"] = item.Confidence, ["defaultCode"] = item.Id,
                },
                cancellation: cancellation);
            if (!made.IsOk) return Result.Fail<IReadOnlyList<string>>(made.Errors);
            numbers.Add(made.Value.Number);
        }

        return Result.Of<IReadOnlyList<string>>(numbers);
    });
}
