using System.Text.Json;
using Hufu.Compliance.Obligations;
using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Compliance.Laws;

/// <summary>A named thing of the law's file: an event that starts a limit, or a fact that may hold for an organisation.</summary>
/// <param name="Id">Stable name.</param>
/// <param name="Name">What people read.</param>
public sealed record LawTerm(string Id, LocalizedText Name);

/// <summary>Keys of the settings that say what the law asks about the organisation beside its level.</summary>
public static class LawKeys
{
    /// <summary><c>public-agency</c>, <c>specific-non-government</c> or <c>non-government</c>.</summary>
    public const string Entity = "compliance.entity";

    /// <summary>Day on which the responsibility level was approved.</summary>
    public const string LevelApproved = "compliance.level-approved";

    /// <summary>Facts that hold, joined by <c>;</c>.</summary>
    public const string Conditions = "compliance.conditions";
}

/// <summary>The obligations of law that are shipped with the product, and what the organisation takes over of them.</summary>
public sealed class LawBook(HufuDbContext db, ComplianceContent content, ObligationImport import, Planning planning)
{
    /// <summary>The kinds of organisation that the law tells apart.</summary>
    public static IReadOnlyList<string> Entities { get; } = ["public-agency", "specific-non-government", "non-government"];

    /// <summary>What the organisation is, as far as it is known: from the settings of the organisation and from what was said here before.</summary>
    public async Task<OrganisationProfile> ProfileAsync(CancellationToken cancellation = default)
    {
        var organisation = await Organisation.ReadAsync(db, cancellation);
        var said = await db.Settings.AsNoTracking().Where(s => s.Key.StartsWith("compliance.")).ToDictionaryAsync(s => s.Key, s => s.Value, cancellation);
        var level = organisation?.Level is { Length: > 0 } set ? set : null;
        var entity = said.GetValueOrDefault(LawKeys.Entity) ?? (organisation?.PublicAgency == true ? "public-agency" : level is null ? "non-government" : "specific-non-government");
        return new OrganisationProfile(level, entity, (said.GetValueOrDefault(LawKeys.Conditions) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).ToHashSet(),
            DateOnly.TryParseExact(said.GetValueOrDefault(LawKeys.LevelApproved), "yyyy-MM-dd", out var day) ? day : null);
    }

    /// <summary>Events and conditions that the file names.</summary>
    public async Task<(IReadOnlyList<LawTerm> Events, IReadOnlyList<LawTerm> Conditions)> TermsAsync(CancellationToken cancellation = default)
    {
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(content.Obligations, cancellation));
        return (Terms(document.RootElement, "events"), Terms(document.RootElement, "conditions"));
    }

    /// <summary>What would come in, without changing anything.</summary>
    public async Task<Result<ObligationImportOutcome>> PlanAsync(Actor actor, OrganisationProfile profile, CancellationToken cancellation = default) =>
        await import.PlanAsync(actor, await File.ReadAllBytesAsync(content.Obligations, cancellation), profile, cancellation);

    /// <summary>Remembers what the organisation is, takes over what applies, brings what is in force into effect and plans it.</summary>
    public async Task<Result<(ObligationImportOutcome Import, int Activated, PlanOutcome Plan)>> TakeOverAsync(Actor actor, OrganisationProfile profile, CancellationToken cancellation = default)
    {
        const string Reason = "法規義務 tw-obligations";
        var imported = await import.CommitAsync(actor, await File.ReadAllBytesAsync(content.Obligations, cancellation), profile, Reason, cancellation);
        if (!imported.IsOk) return Result.Fail<(ObligationImportOutcome, int, PlanOutcome)>(imported.Errors);
        await RememberAsync(actor, profile, cancellation);
        var activated = await import.ActivateAsync(actor, imported.Value.NotInForce, Reason, cancellation);
        if (!activated.IsOk) return Result.Fail<(ObligationImportOutcome, int, PlanOutcome)>(activated.Errors);
        var planned = await planning.RunAsync(cancellation);
        return planned.IsOk ? Result.Of((imported.Value, activated.Value, planned.Value)) : Result.Fail<(ObligationImportOutcome, int, PlanOutcome)>(planned.Errors);
    }

    private async Task RememberAsync(Actor actor, OrganisationProfile profile, CancellationToken cancellation)
    {
        var known = await db.Settings.Where(s => s.Key.StartsWith("compliance.")).ToDictionaryAsync(s => s.Key, cancellation);
        foreach (var (key, value) in new[]
        {
            (LawKeys.Entity, profile.Entity),
            (LawKeys.Conditions, string.Join(';', profile.Conditions.Order(StringComparer.Ordinal))),
            (LawKeys.LevelApproved, profile.LevelApprovedOn?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) ?? ""),
        })
            if (known.TryGetValue(key, out var setting)) setting.Value = value;
            else db.Add(new Setting { Key = key, Value = value });
        db.ActAs(actor, "update");
        await db.SaveChangesAsync(cancellation);
    }

    private static List<LawTerm> Terms(JsonElement root, string name) =>
        [.. root.GetProperty(name).EnumerateArray().Select(t => new LawTerm(t.GetProperty("id").GetString()!, new LocalizedText(t.GetProperty("zh").GetString()!, t.GetProperty("en").GetString()!)))];
}
