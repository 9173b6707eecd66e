using System.Collections.Concurrent;
using System.Globalization;
using Hufu.Kernel;
using Hufu.Logs.Tail;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>The rules of a version, read once: what a hash names never changes.</summary>
/// <param name="Rules">The rules that could be read; their places begin with the number of the pack.</param>
/// <param name="Refused">Why others could not.</param>
internal sealed record PackContent(IReadOnlyList<SigmaRule> Rules, IReadOnlyList<Error> Refused)
{
    private readonly Lazy<IReadOnlyList<Error>> unusable = new(() => SigmaEngine.Compile(Rules).Refused);

    /// <summary>Why rules that could be read cannot be used together.</summary>
    public IReadOnlyList<Error> Unusable => unusable.Value;
}

/// <summary>A rule that a version has and another has not, or has otherwise.</summary>
/// <param name="Kind"><c>new</c>, <c>changed</c> or <c>gone</c>.</param>
/// <param name="Rule">The rule, as it would be; as it was where it goes.</param>
/// <param name="What">What is otherwise, in words; empty unless it changed.</param>
/// <param name="IsOn">Whether it would be in use; for one that goes, whether it was.</param>
public sealed record RuleChange(string Kind, SigmaRule Rule, LocalizedText What, bool IsOn)
{
    /// <summary>Of one that changed, the lines of its text that differ.</summary>
    public IReadOnlyList<DiffLine> Lines { get; init; } = [];
}

/// <summary>What applying a version would change.</summary>
/// <param name="Against">Number of the version in use; null where there is none.</param>
/// <param name="Changes">Rule by rule: new, changed, gone.</param>
/// <param name="Refused">What of it cannot be used, with file, line and reason.</param>
/// <param name="Findings">What the check says of rules that are new or changed.</param>
/// <param name="Rules">Rules in the version.</param>
/// <param name="InUse">Of them, those that the pack would put in use.</param>
/// <param name="InUseBefore">Rules that it has in use now.</param>
public sealed record PackDiff(string? Against, IReadOnlyList<RuleChange> Changes, IReadOnlyList<Error> Refused, IReadOnlyList<SigmaFinding> Findings, int Rules, int InUse, int InUseBefore)
{
    /// <summary>How many are new, changed or gone.</summary>
    public int Count(string kind) => Changes.Count(c => c.Kind == kind);
}

/// <summary>Takes rule packs in, and says what a version would change.</summary>
public sealed class RulePacks(RulePackFiles files, TailFolders folders)
{
    /// <summary>Largest upload, in bytes.</summary>
    internal const long MaxUpload = 64L << 20;

    // A pack of all public rules has 4,000 files in 20 MB.
    private static readonly RuleFileOptions Limits = new() { AsPack = true, TextsOnly = true, MostEntries = 50_000, MostFiles = 20_000, MostBytes = 128L << 20, MostUnpacked = 512L << 20, MostDepth = 12 };

    private readonly ConcurrentDictionary<string, PackContent> known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PackDiff> diffs = new(StringComparer.Ordinal);

    /// <summary>
    /// Reads an archive, a folder or a git checkout and keeps what it holds as a version that waits to be applied. The same rules as in a version that waits or is
    /// in use are refused, since nothing would change.
    /// </summary>
    /// <param name="store">The records.</param>
    /// <param name="actor">Who imports.</param>
    /// <param name="pack">The pack.</param>
    /// <param name="path">What is read; null for the pack's own folder, which must be open to be read.</param>
    /// <param name="fromWhere">Its name, as people know it.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="local">True when whoever asks may read the path by themselves, at the machine: it may be a folder, in any place.</param>
    public async Task<Result<RulePackVersion>> StageAsync(RecordStore store, Actor actor, RulePack pack, string? path, string fromWhere, CancellationToken cancellation, bool local = false)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(actor);
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(fromWhere);
        if (!actor.May(store.Types.Of<RulePack>(), Right.Write, pack)) return Result.Fail<RulePackVersion>(Refused(store));
        var read = path is null ? ReadOpen(pack.Folder) : local ? Read(path, Limits, fromWhere) : ReadUpload(path, fromWhere);
        if (!read.IsOk) return Result.Fail<RulePackVersion>(read.Errors);
        var texts = Laid(read.Value.Texts);
        var hash = await Task.Run(() => files.Save(texts), cancellation);
        var earlier = await store.Db.Set<RulePackVersion>().AsNoTracking().Where(v => v.PackId == pack.Id).Select(v => new { v.Number, v.Hash, v.State }).ToListAsync(cancellation);
        if (earlier.Find(v => v.Hash == hash && v.State is RulePackVersionType.Staged or RulePackVersionType.Current) is { } same)
            return Result.Fail<RulePackVersion>(Error.Of("logs.rule-pack.same", $"內容與 {same.Number} 相同，沒有變更。", $"The rules are those of {same.Number}; nothing has changed."));
        var content = await Task.Run(() => Content(pack.Number, hash), cancellation);
        if (!content.IsOk) return Result.Fail<RulePackVersion>(content.Errors);
        // What is too large or too deep is in no text that is kept.
        var unread = read.Value.Faults.Where(f => f.Code is "logs.rule.too-large" or "logs.rule.too-deep").ToList();
        var unusable = await Task.Run(() => content.Value.Unusable.Count, cancellation);
        var made = await store.CreateAsync(actor, new RulePackVersion
        {
            Title = RulePackVersionType.TitleOf(pack, earlier.Count + 1), PackId = pack.Id, Hash = hash, FromWhere = Cut(path is null ? pack.Folder : fromWhere, 500), OwnerId = pack.OwnerId, UnitId = pack.UnitId,
            RuleCount = content.Value.Rules.Count, FileCount = texts.Count, RefusedCount = content.Value.Refused.Count + unusable + unread.Count,
            Unread = Cut(string.Join('\n', unread.Select(f => $"{f.Place}: {f.Message.Zh} / {f.Message.En}")), 10_000),
        }, cancellation: cancellation);
        return made.IsOk ? Result.Of((RulePackVersion)made.Value) : Result.Fail<RulePackVersion>(made.Errors);
    }

    /// <summary>The rules of a version.</summary>
    internal Result<PackContent> Content(string pack, string hash)
    {
        var key = pack + "/" + hash;
        if (known.TryGetValue(key, out var content)) return Result.Of(content);
        var texts = files.Read(hash);
        if (!texts.IsOk) return Result.Fail<PackContent>([.. texts.Errors.Select(e => e with { Place = pack })]);
        var rules = new List<SigmaRule>();
        var refused = new List<Error>();
        foreach (var (name, text) in texts.Value)
        {
            var parsed = SigmaParser.Parse(text, $"{pack}/{name}");
            rules.AddRange(parsed.Rules);
            refused.AddRange(parsed.Errors);
        }

        content = new PackContent(rules, refused);
        // Those that nobody asks for any more are read again when somebody does.
        if (known.Count >= 16) known.Clear();
        known[key] = content;
        return Result.Of(content);
    }

    /// <summary>The text of the file that a rule of a version stands in; null when it cannot be had.</summary>
    internal string? TextOf(string pack, string hash, SigmaRule rule) =>
        files.Read(hash) is { IsOk: true } texts && FileOf(rule.Source) is { } name && name.StartsWith(pack + "/", StringComparison.Ordinal) ? texts.Value.FirstOrDefault(t => t.Key == name[(pack.Length + 1)..]).Value : null;

    /// <summary>What applying a version would change; worked out once for the same three records.</summary>
    public async Task<Result<PackDiff>> DiffAsync(RulePack pack, RulePackVersion version, RulePackVersion? against, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(version);
        var key = $"{pack.Id:N}/{pack.Version}/{version.Hash}/{against?.Number}";
        if (diffs.TryGetValue(key, out var made)) return Result.Of(made);
        var diff = await Task.Run(() => Diff(pack, version, against), cancellation);
        if (!diff.IsOk) return diff;
        if (diffs.Count >= 16) diffs.Clear();
        diffs[key] = diff.Value;
        return diff;
    }

    /// <summary>What applying a version would change against another, under the selection of its pack.</summary>
    internal Result<PackDiff> Diff(RulePack pack, RulePackVersion version, RulePackVersion? against)
    {
        var now = Content(pack.Number, version.Hash);
        if (!now.IsOk) return Result.Fail<PackDiff>(now.Errors);
        // What is no longer there to compare with is as if it were new.
        var then = against is null ? null : Content(pack.Number, against.Hash) is { IsOk: true } old ? old.Value : null;
        var selection = RuleSelection.Read(pack).Selection;
        var (texts, before) = (Documents(pack.Number, version.Hash, now.Value), against is null || then is null ? [] : Documents(pack.Number, against.Hash, then));
        var changes = new List<RuleChange>();
        var were = new Dictionary<string, SigmaRule>(StringComparer.OrdinalIgnoreCase);
        foreach (var rule in then?.Rules ?? []) were.TryAdd(rule.Key, rule);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var touched = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rule in now.Value.Rules)
        {
            if (!seen.Add(rule.Key)) continue;
            var isOn = selection.WhyNot(rule) is null;
            if (!were.TryGetValue(rule.Key, out var was)) changes.Add(new RuleChange("new", rule, new LocalizedText("", ""), isOn));
            else if (texts.GetValueOrDefault(Within(pack, rule)) != before.GetValueOrDefault(Within(pack, was))) changes.Add(new RuleChange("changed", rule, Difference(was, rule), isOn) { Lines = LineDiff.Of(before.GetValueOrDefault(Within(pack, was)) ?? "", texts.GetValueOrDefault(Within(pack, rule)) ?? "") });
            else continue;
            touched.Add(FileOf(rule.Source)[(pack.Number.Length + 1)..]);
        }

        changes.AddRange(were.Where(w => !seen.Contains(w.Key)).Select(w => new RuleChange("gone", w.Value, new LocalizedText("", ""), selection.WhyNot(w.Value) is null)));
        var all = files.Read(version.Hash);
        var findings = all.IsOk ? SigmaLint.Check(all.Value.Where(t => touched.Contains(t.Key))).Where(f => f.Severity != SigmaSeverity.Error).ToList() : [];
        return Result.Of(new PackDiff(against?.Number, changes, [.. now.Value.Refused, .. now.Value.Unusable], findings, now.Value.Rules.Count, now.Value.Rules.Count(r => selection.WhyNot(r) is null), then?.Rules.Count(r => selection.WhyNot(r) is null) ?? 0));
    }

    /// <summary>The version of a pack that is in use.</summary>
    public static async Task<RulePackVersion?> CurrentAsync(HufuDbContext db, Guid pack, CancellationToken cancellation) =>
        await (db ?? throw new ArgumentNullException(nameof(db))).Set<RulePackVersion>().AsNoTracking().Where(v => v.PackId == pack && v.State == RulePackVersionType.Current && v.ArchivedAt == null).OrderByDescending(v => v.UpdatedAt).FirstOrDefaultAsync(cancellation);

    private static Error Refused(RecordStore store) => Refusal(store.Types.Of<RulePack>());

    private static Error Refusal(RecordType type) => Error.Of("access.denied", $"您沒有修改「{type.PluralName.Zh}」的權限。", $"You may not change “{type.PluralName.En}”.");

    private Result<RuleFiles> ReadOpen(string path)
    {
        if (path.Length == 0) return Result.Fail<RuleFiles>(Error.Of("logs.rule-pack.no-folder", "規則集沒有填資料夾或封存檔；請上傳檔案。", "The pack names no folder or archive; upload a file.", "folder"));
        // A folder is open when any file in it would be.
        if (folders.Check(Path.Combine(path, "rules.yml")) is { } closed) return Result.Fail<RuleFiles>(closed with { Place = "folder" });
        if (File.Exists(path)) return folders.Find(path) is { } real ? Read(real, Limits, path) : Result.Fail<RuleFiles>(Error.Of("logs.rule-pack.outside", "這個檔案不在開放的資料夾中。", "This file does not lie in a folder that is open.", "folder"));
        if (!Directory.Exists(path)) return Result.Fail<RuleFiles>(Error.Of("logs.rule-pack.missing", "沒有這個資料夾或檔案。", "There is no such folder or file.", "folder"));
        return Read(path, Limits with { MayRead = file => folders.Find(file) is not null }, path);
    }

    private static Result<RuleFiles> ReadUpload(string path, string name)
    {
        if (!File.Exists(path)) return Result.Fail<RuleFiles>(Error.Of("import.no-file", "請選擇檔案。", "Choose a file."));
        return Read(path, Limits, name);
    }

    private static Result<RuleFiles> Read(string path, RuleFileOptions limits, string name)
    {
        var read = new RuleFiles(limits);
        read.Add(path, name);
        // Half of a pack is none: what is missing would seem to be gone.
        if (read.IsCut || read.Faults.FirstOrDefault(f => f.Code is "logs.rule.archive-damaged" or "logs.rule.place" or "logs.rule.outside" or "logs.rule.unreadable") is not null)
            return Result.Fail<RuleFiles>([.. read.Faults.Where(f => f.Code is "logs.rule.archive-large" or "logs.rule.archive-damaged" or "logs.rule.place" or "logs.rule.outside" or "logs.rule.unreadable").Take(20).Select(f => f with { Place = f.Place == path ? name : f.Place })]);
        return read.Texts.Count == 0 ? Result.Fail<RuleFiles>(Error.Of("logs.rule.archive-empty", "其中沒有 .yml 或 .yaml 檔。", "It holds no .yml or .yaml file.", name)) : Result.Of(read);
    }

    // As SigmaHQ lays its rules out: what lies beside the folders of rules is none. The folder that an archive puts around everything is no part of a name.
    private static IReadOnlyList<KeyValuePair<string, string>> Laid(IReadOnlyList<KeyValuePair<string, string>> texts)
    {
        while (texts[0].Key.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && !texts[0].Key.StartsWith("rules", StringComparison.Ordinal) && texts.All(t => t.Key.StartsWith(texts[0].Key[..(slash + 1)], StringComparison.Ordinal)))
            texts = [.. texts.Select(t => KeyValuePair.Create(t.Key[(slash + 1)..], t.Value))];
        return texts.Any(t => t.Key.StartsWith("rules/", StringComparison.Ordinal)) ? [.. texts.Where(t => t.Key.StartsWith("rules", StringComparison.Ordinal) && t.Key.Contains('/', StringComparison.Ordinal))] : texts;
    }

    private static string Within(RulePack pack, SigmaRule rule) => rule.Source[(pack.Number.Length + 1)..];

    private static string FileOf(string source) => source.LastIndexOf(':') is > 0 and var colon ? source[..colon] : source;

    // Each document's own text, by file and line of its beginning.
    private Dictionary<string, string> Documents(string pack, string hash, PackContent content)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (files.Read(hash) is not { IsOk: true } texts) return found;
        var rules = content.Rules.Select(r => r.Source[(pack.Length + 1)..]).ToLookup(FileOf, StringComparer.Ordinal);
        foreach (var (name, text) in texts.Value)
        {
            var begins = rules[name].Select(s => (Source: s, Line: int.TryParse(s.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var line) ? line : 1)).OrderBy(s => s.Line).ToList();
            if (begins.Count <= 1)
            {
                found[begins.Count == 1 ? begins[0].Source : name] = text;
                continue;
            }

            var lines = text.Split('\n');
            for (var i = 0; i < begins.Count; i++)
                found[begins[i].Source] = string.Join('\n', lines[(begins[i].Line - 1)..(i + 1 < begins.Count ? Math.Max(begins[i].Line, begins[i + 1].Line - 1) : lines.Length)]);
        }

        return found;
    }

    private static LocalizedText Difference(SigmaRule was, SigmaRule now)
    {
        var (zh, en) = (new List<string>(), new List<string>());
        Add("名稱", "title", was.Title, now.Title);
        Named("等級", "level", RuleSelection.Levels, RuleSelection.LevelOf(was), RuleSelection.LevelOf(now));
        Named("狀態", "status", RuleSelection.Statuses, RuleSelection.StatusOf(was), RuleSelection.StatusOf(now));
        Add("日誌來源", "log source", (was as SigmaDetectionRule)?.LogSource.ToString(), (now as SigmaDetectionRule)?.LogSource.ToString());
        Add("作者", "author", was.Author, now.Author);
        Add("標籤", "tags", string.Join(' ', was.Tags), string.Join(' ', now.Tags));
        Add("條件", "condition", string.Join(" | ", (was as SigmaDetectionRule)?.Conditions ?? []), string.Join(" | ", (now as SigmaDetectionRule)?.Conditions ?? []));
        if (zh.Count == 0) return new LocalizedText("內容", "text");
        return new LocalizedText(string.Join("、", zh), string.Join(", ", en));

        void Named(string nameZh, string nameEn, IReadOnlyList<Hufu.Records.Choice> choices, string from, string to)
        {
            if (from == to) return;
            var (was, now) = (RuleSelection.Name(choices, from), RuleSelection.Name(choices, to));
            zh.Add($"{nameZh} {was.Zh} → {now.Zh}");
            en.Add($"{nameEn} {was.En} → {now.En}");
        }

        void Add(string nameZh, string nameEn, string? from, string? to)
        {
            if (from == to) return;
            var says = (from ?? "").Length + (to ?? "").Length <= 60;
            zh.Add(says ? $"{nameZh} {from} → {to}" : nameZh);
            en.Add(says ? $"{nameEn} {from} → {to}" : nameEn);
        }
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}

/// <summary>Puts a version in another's stead: in the same transaction the one before ceases to be in use.</summary>
internal sealed class RulePackVersionApplied(RulePacks packs) : IRecordReaction
{
    public string TypeKey => RulePackVersionType.TypeKey;

    public async Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation)
    {
        if (action != "apply" || record is not RulePackVersion { PackId: { } id } version) return Result.Ok;
        var pack = await store.Db.Set<RulePack>().AsNoTracking().FirstOrDefaultAsync(p => p.Id == id, cancellation);
        if (pack is null) return Result.Fail(Error.Of("logs.rule-pack.none", "規則集已不存在。", "The pack is no longer there."));
        // What cannot be read must not take the place of what runs.
        if (packs.Content(pack.Number, version.Hash) is { IsOk: false } broken) return Result.Fail(broken.Errors);
        var others = await store.Db.Set<RulePackVersion>().Where(v => v.PackId == id && v.State == RulePackVersionType.Current && v.Id != version.Id).ToListAsync(cancellation);
        if (others.Count == 0) return Result.Ok;
        foreach (var other in others) other.State = RulePackVersionType.Past;
        store.Db.ActAs(actor, "superseded", version.Number);
        await store.Db.SaveChangesAsync(cancellation);
        return Result.Ok;
    }
}
