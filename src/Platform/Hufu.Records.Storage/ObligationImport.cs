using System.Globalization;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records.Obligations;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Storage;

/// <summary>What an organisation is, so far as the law asks.</summary>
/// <param name="Level">Responsibility level A to E; null where none was set.</param>
/// <param name="Entity"><c>public-agency</c>, <c>specific-non-government</c> or <c>non-government</c>.</param>
/// <param name="Conditions">Facts that hold, such as <c>has-mail-server</c>.</param>
/// <param name="LevelApprovedOn">When the level was approved: first due days that the law counts from it are worked out.</param>
public sealed record OrganisationProfile(string? Level, string Entity, IReadOnlySet<string> Conditions, DateOnly? LevelApprovedOn = null);

/// <summary>A field that people corrected and the file says otherwise: the correction stays.</summary>
public sealed record KeptCorrection(string Number, string SourceId, string Field, string? Kept, string? InFile);

/// <summary>What an import of obligations came to.</summary>
/// <param name="Plan">The fate of each obligation of the file that applies.</param>
/// <param name="Kept">Corrections that were kept against the file.</param>
/// <param name="NotApplicable">Ids that do not apply to the organisation.</param>
/// <param name="NotInForce">Ids of drafts: they come in, but nobody owes them yet.</param>
/// <param name="Withdrawn">Numbers of obligations that came from such a file and do not apply, or are not in it, any more. Nothing is done to them.</param>
public sealed record ObligationImportOutcome(ImportPlan Plan, IReadOnlyList<KeptCorrection> Kept, IReadOnlyList<string> NotApplicable, IReadOnlyList<string> NotInForce, IReadOnlyList<string> Withdrawn);

/// <summary>Brings obligations of a content file into records, as far as they apply. Doing it again changes only what the file changed and nobody corrected.</summary>
public sealed class ObligationImport(RecordStore store, RecordImport import)
{
    private const int MostBytes = 16 * 1024 * 1024;

    /// <summary>States what would become of each obligation, without changing anything.</summary>
    public Task<Result<ObligationImportOutcome>> PlanAsync(Actor actor, ReadOnlyMemory<byte> json, OrganisationProfile profile, CancellationToken cancellation = default) => RunAsync(actor, json, profile, null, cancellation);

    /// <summary>Does what a fresh dry run says; a refused obligation stops all of it.</summary>
    public Task<Result<ObligationImportOutcome>> CommitAsync(Actor actor, ReadOnlyMemory<byte> json, OrganisationProfile profile, string reason, CancellationToken cancellation = default) => RunAsync(actor, json, profile, reason, cancellation);

    /// <summary>Takes the obligations of such a file that are in force and still drafts here into effect, all or none. Gives how many.</summary>
    public async Task<Result<int>> ActivateAsync(Actor actor, IReadOnlyCollection<string> notInForce, string reason, CancellationToken cancellation = default)
    {
        var type = store.Types.Of<Obligation>();
        return await store.InTransactionAsync(async () =>
        {
            var waiting = await store.Readable<Obligation>(actor).Where(o => o.State == "draft" && o.SourceId != null && o.ArchivedAt == null && !notInForce.Contains(o.SourceId)).OrderBy(o => o.Number).Select(o => o.Id).ToListAsync(cancellation);
            foreach (var id in waiting)
                if (await store.TransitionAsync(actor, type, id, "activate", reason, cancellation: cancellation) is { IsOk: false } failed) return Result.Fail<int>(failed.Errors);
            return Result.Of(waiting.Count);
        });
    }

    private async Task<Result<ObligationImportOutcome>> RunAsync(Actor actor, ReadOnlyMemory<byte> json, OrganisationProfile profile, string? reason, CancellationToken cancellation)
    {
        var type = store.Types.Of<Obligation>();
        if (await store.DeniedAsync(actor, type, Right.Write, null) is { } denied) return Result.Fail<ObligationImportOutcome>(denied);
        if (json.Length > MostBytes) return Malformed("larger than 16 MiB");
        var rows = new List<(string Id, Dictionary<string, string?> Values)>();
        var left = new List<string>();
        var drafts = new List<string>();
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            var sources = document.RootElement.TryGetProperty("sources", out var listed) ? listed.EnumerateArray().ToDictionary(s => s.GetProperty("id").GetString()!, s => s.GetProperty("zh").GetString()!) : [];
            var all = document.RootElement.GetProperty("obligations").EnumerateArray().ToList();
            var applying = all.Where(o => Applies(o.GetProperty("applies_to"), profile)).Select(o => o.GetProperty("id").GetString()!).ToHashSet(StringComparer.Ordinal);
            foreach (var item in all)
            {
                var id = item.GetProperty("id").GetString()!;
                // A general duty gives way to a special one that applies as well.
                if (!applying.Contains(id) || Strings(item.GetProperty("applies_to"), "unless_applies").Any(applying.Contains)) left.Add(id);
                else
                {
                    rows.Add((id, Values(item, profile, sources)));
                    if (Text(item, "status") == "draft") drafts.Add(id);
                }
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            return Malformed(e.Message);
        }

        var existing = await store.Db.Set<Obligation>().AsNoTracking().Where(o => o.SourceId != null && o.ArchivedAt == null).ToListAsync(cancellation);
        var byId = existing.GroupBy(o => o.SourceId!).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        var imported = await LastImportedAsync([.. existing.Select(o => o.Id)], cancellation);
        var kept = new List<KeptCorrection>();
        var brought = new List<ImportRow>(rows.Count);
        foreach (var (id, values) in rows)
        {
            if (byId.TryGetValue(id, out var present))
                foreach (var (key, text) in values.ToList())
                {
                    var field = type.FindField(key)!;
                    var now = field.GetText(present);
                    // Parsed first: the file may write a value in another form.
                    var wanted = field.Parse(text) is { IsOk: true } parsed ? Field.ToText(parsed.Value) : text;
                    if (key == "sourceId" || now == wanted || now == imported.GetValueOrDefault((present.Id, key))) continue;
                    values.Remove(key);
                    kept.Add(new KeptCorrection(present.Number, id, key, now, wanted));
                }

            brought.Add(new ImportRow(brought.Count + 1, values));
        }

        var withdrawn = existing.Where(o => rows.All(r => r.Id != o.SourceId)).Select(o => o.Number).Order(StringComparer.Ordinal).ToList();
        var planned = reason is null ? await import.PlanAsync(actor, type, brought, null, cancellation) : await import.CommitAsync(actor, type, brought, skipRefused: false, reason, null, cancellation);
        return planned.IsOk ? Result.Of(new ObligationImportOutcome(planned.Value, kept, left, drafts, withdrawn)) : Result.Fail<ObligationImportOutcome>(planned.Errors);
    }

    // What the last import wrote into each field: a value that differs from it was written by somebody.
    private async Task<Dictionary<(Guid Id, string Field), string?>> LastImportedAsync(IReadOnlyList<Guid> ids, CancellationToken cancellation)
    {
        var found = new Dictionary<(Guid, string), string?>();
        foreach (var chunk in ids.Chunk(500))
        {
            var part = chunk.ToList();
            foreach (var change in await store.Db.Changes.AsNoTracking().Where(c => part.Contains(c.RecordId) && c.Action == "import").OrderBy(c => c.Id).ToListAsync(cancellation))
                foreach (var field in ChangeCapture.Read(change)?.Changes ?? [])
                    found[(change.RecordId, field.Field)] = field.To;
        }

        return found;
    }

    private static bool Applies(JsonElement to, OrganisationProfile profile)
    {
        var levels = Strings(to, "levels");
        var entities = Strings(to, "entities");
        return (levels.Count == 0 || (profile.Level is { } level && levels.Contains(level)))
            && (entities.Contains("any") || entities.Contains(profile.Entity))
            && (!to.TryGetProperty("condition", out var condition) || profile.Conditions.Contains(condition.GetString()!));
    }

    private static Dictionary<string, string?> Values(JsonElement item, OrganisationProfile profile, Dictionary<string, string> sources)
    {
        var recurrence = item.GetProperty("recurrence");
        var kind = recurrence.GetProperty("kind").GetString();
        var to = item.GetProperty("applies_to");
        var notes = new[] { Text(item, "note_zh"), Text(item, "note_en") }.Where(n => n is not null);
        var values = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["sourceId"] = Text(item, "id"),
            ["title"] = Text(item, "title_zh"),
            ["titleEn"] = Text(item, "title_en"),
            ["demand"] = Text(item, "demand_zh"),
            ["demandEn"] = Text(item, "demand_en"),
            ["outputs"] = string.Join(';', Strings(item, "outputs")),
            ["ownerRole"] = Text(item, "owner_role"),
            ["recurrence"] = kind,
            ["rule"] = kind switch { "rrule" => Text(recurrence, "rrule"), "times-per-year" => recurrence.GetProperty("times").GetInt32().ToString(CultureInfo.InvariantCulture), "every-n-calendar-years" => recurrence.GetProperty("years").GetInt32().ToString(CultureInfo.InvariantCulture), _ => null },
            ["eventKey"] = Text(recurrence, "event"),
            ["within"] = Text(recurrence, "within"),
            ["nextFrom"] = Text(item, "next_from"),
            ["leadDays"] = item.GetProperty("lead_days").GetInt32().ToString(CultureInfo.InvariantCulture),
            ["escalateAfterDays"] = item.GetProperty("escalate_after_days").GetInt32().ToString(CultureInfo.InvariantCulture),
            ["law"] = Text(item, "law"),
            ["citation"] = Text(item, "citation"),
            ["lawVersion"] = Text(item, "law_version"),
            ["validFrom"] = Text(item, "valid_from"),
            ["confidence"] = Text(item, "confidence"),
            ["basis"] = Text(item, "cycle_basis"),
            ["source"] = Join("; ", Strings(item, "source").Select(s => sources.GetValueOrDefault(s, s))),
            ["appliesTo"] = Join("; ", new[] { ("levels", ","), ("entities", ","), ("system_grades", ","), ("incident_levels", ",") }.Select(p => (Name: p.Item1, All: Strings(to, p.Item1))).Where(p => p.All.Count > 0).Select(p => $"{p.Name}={string.Join(',', p.All)}")),
            ["note"] = Join("\n\n", notes!),
        };
        if (kind is not "after-event" && FirstDue(item, profile) is { } first) values["startOn"] = first.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return values;
    }

    private static DateOnly? FirstDue(JsonElement item, OrganisationProfile profile)
    {
        if (profile.LevelApprovedOn is not { } approved || profile.Level is null || !item.TryGetProperty("first_due", out var due) || Text(due, "event") != "level.approved" || !due.TryGetProperty("by_level", out var byLevel)) return null;
        return Text(byLevel, profile.Level) switch
        {
            null => null,
            "next-calendar-year" => new DateOnly(approved.Year + 1, 12, 31),
            var duration => IsoDuration.Parse(duration)?.After(approved),
        };
    }

    private static string? Join(string separator, IEnumerable<string> parts)
    {
        var joined = string.Join(separator, parts);
        return joined.Length == 0 ? null : joined;
    }

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static IReadOnlyList<string> Strings(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => v.ValueKind is JsonValueKind.String ? v.GetString()! : v.GetRawText())] : [];

    private static Result<ObligationImportOutcome> Malformed(string what)
    {
        what = what.Length > 200 ? what[..200] : what;
        return Result.Fail<ObligationImportOutcome>(Error.Of("obligations.malformed", $"義務檔案無法解讀：{what}", $"The file of obligations cannot be read: {what}"));
    }
}
