using System.Globalization;
using Hufu.Indicators;
using Hufu.Kernel;
using Hufu.Logs.Tail;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk.Contracts;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>An indicator that a version has and another has not, or has otherwise.</summary>
/// <param name="Kind"><c>new</c>, <c>changed</c> or <c>gone</c>.</param>
/// <param name="Item">The indicator, as it would be; as it was where it goes.</param>
internal sealed record IndicatorChange(string Kind, Indicator Item);

/// <summary>What applying a version would change.</summary>
/// <param name="Against">Number of the version in use; null where there is none.</param>
/// <param name="New">How many are new.</param>
/// <param name="Changed">How many say something else.</param>
/// <param name="Gone">How many go.</param>
/// <param name="Changes">The first of each.</param>
internal sealed record IndicatorDiff(string? Against, int New, int Changed, int Gone, IReadOnlyList<IndicatorChange> Changes);

/// <summary>Takes indicator lists in, and says what a version would change and whom it would hit.</summary>
public sealed class IndicatorLists(IndicatorFiles files, TailFolders folders, RulePreview preview, TimeProvider clock)
{
    /// <summary>Largest upload, in bytes.</summary>
    internal const long MaxUpload = 256L << 20;

    /// <summary>Changes of one kind that are listed.</summary>
    internal const int MostListed = 200;

    // From then on a person should look before alerts are raised.
    private const int ManyHits = 1_000;
    private const double ManyShare = 0.01;
    private const int FewHits = 20;

    /// <summary>
    /// Reads an upload or the list's own folder, and keeps what it holds as a version that waits to be applied. What is in use already is noted as given again,
    /// so that it does not end.
    /// </summary>
    /// <param name="store">The records.</param>
    /// <param name="actor">Who imports.</param>
    /// <param name="list">The list.</param>
    /// <param name="path">What is read; null for the list's own folder, which must be open to be read.</param>
    /// <param name="fromWhere">Its name, as people know it.</param>
    /// <param name="column">For a table: number of the column with the value; null to find it.</param>
    /// <param name="cancellation">Stops it.</param>
    internal async Task<Result<IndicatorVersion>> StageAsync(RecordStore store, Actor actor, IndicatorList list, string? path, string fromWhere, int? column, CancellationToken cancellation)
    {
        if (!actor.May(store.Types.Of<IndicatorList>(), Right.Write, list)) return Result.Fail<IndicatorVersion>(Error.Of("access.denied", "您沒有修改「情資指標清單」的權限。", "You may not change “Indicator lists”."));
        if (path is null)
        {
            if (Open(list.Folder) is { } closed) return Result.Fail<IndicatorVersion>(closed);
            (path, fromWhere) = (list.Folder, list.Folder);
        }

        if (column is < 1 or > 1_000) return Result.Fail<IndicatorVersion>(Error.Of("logs.indicator-list.column", "欄位編號從 1 起算。", "Columns are counted from 1.", "column"));
        var name = fromWhere.Length > 0 ? fromWhere : Path.GetFileName(path);
        // One line for each id, the last that was read.
        var lines = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var options = new IndicatorReadOptions { DomainsWithBelow = list.DomainsWithBelow, ValueColumn = column };
        var report = await Task.Run(() => IndicatorReader.Read(path, name, options, item => lines[item.Id] = IndicatorLines.Write(item), cancellation), cancellation);
        if (report.Failure is { } failure) return Result.Fail<IndicatorVersion>(failure);
        if (lines.Count == 0) return Result.Fail<IndicatorVersion>([Error.Of("logs.indicator-list.empty", "沒有可使用的指標。", "Nothing of it can be used.", name), .. report.Refusals.Take(20)]);
        var hash = await Task.Run(() => files.Save(lines.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => l.Value)), cancellation);
        var earlier = await store.Db.Set<IndicatorVersion>().Where(v => v.ListId == list.Id).ToListAsync(cancellation);
        if (earlier.Find(v => v.Hash == hash && v.State is IndicatorVersionType.Staged or IndicatorVersionType.Current) is { } same)
        {
            store.Db.ActAs(actor, "given-again", name.Length > 200 ? name[..200] : name);
            same.SeenAt = Instants.Truncate(clock.GetUtcNow());
            await store.Db.SaveChangesAsync(cancellation);
            return Result.Of(same);
        }

        lines.Clear();
        var version = new IndicatorVersion
        {
            Title = IndicatorVersionType.TitleOf(list, earlier.Count + 1), ListId = list.Id, Hash = hash, FromWhere = Cut(name, 500), Format = Cut(report.Format, 60), OwnerId = list.OwnerId, UnitId = list.UnitId, SeenAt = Instants.Truncate(clock.GetUtcNow()),
            IndicatorCount = (int)Math.Min(int.MaxValue, report.Count), Kinds = Counts(report.Kinds), Doubts = Counts(report.Doubts), Left = Counts(report.Left), RefusedCount = (int)Math.Min(int.MaxValue, report.Refused),
            Refusals = Lines(report.Refusals.Select(f => $"{f.Place}: {f.Message.Zh} / {f.Message.En}"), 20_000),
        };
        var refused = new List<Error>();
        var set = await Task.Run(() => SetOf(list, hash, refused), cancellation);
        await OwnAsync(store, version, set, cancellation);
        var trial = await preview.TryAsync(set, cancellation);
        version.TriedHits = (int)Math.Min(int.MaxValue, trial.Hits);
        version.TriedRead = Cut(RulePreview.Kept(trial.Read), 2_000);
        version.TriedMost = Lines(trial.Most.OrderByDescending(m => m.Value).Take(20).Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Value} {m.Key}")), 5_000);
        version.TriedMany = trial.Hits > ManyHits || (trial.Hits > FewHits && trial.Hits > trial.Read.Events * ManyShare);
        var made = await store.CreateAsync(actor, version, cancellation: cancellation);
        return made.IsOk ? Result.Of((IndicatorVersion)made.Value) : Result.Fail<IndicatorVersion>(made.Errors);
    }

    /// <summary>What applying a version would change against another.</summary>
    internal Result<IndicatorDiff> Diff(IndicatorVersion version, IndicatorVersion? against)
    {
        var (added, changed, gone) = (0, 0, 0);
        var changes = new List<IndicatorChange>();
        var reader = new IndicatorLines.Reader();
        try
        {
            using var now = files.Lines(version.Hash).GetEnumerator();
            // What is no longer there to compare with is as if it were new.
            using var then = (against is null ? [] : files.Lines(against.Hash)).GetEnumerator();
            var (left, right) = (Next(now), Next(then));
            while (left is not null || right is not null)
            {
                var order = left is null ? 1 : right is null ? -1 : string.CompareOrdinal(left.Value.Id, right.Value.Id);
                if (order < 0) Note("new", ref added, left!.Value.Line);
                else if (order > 0) Note("gone", ref gone, right!.Value.Line);
                else if (!left!.Value.Line.AsSpan().SequenceEqual(right!.Value.Line)) Note("changed", ref changed, left.Value.Line);
                if (order <= 0) left = Next(now);
                if (order >= 0) right = Next(then);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Result.Fail<IndicatorDiff>(Unreadable(version.Number, fault));
        }

        return Result.Of(new IndicatorDiff(against?.Number, added, changed, gone, changes));

        static (string Id, byte[] Line)? Next(IEnumerator<byte[]> lines) => lines.MoveNext() ? (IndicatorLines.IdOf(lines.Current), lines.Current) : null;

        void Note(string kind, ref int count, byte[] line)
        {
            if (count++ < MostListed && reader.Read(line) is { IsOk: true } read) changes.Add(new IndicatorChange(kind, read.Value));
        }
    }

    /// <summary>The version of a list that is in use.</summary>
    internal static async Task<IndicatorVersion?> CurrentAsync(HufuDbContext db, Guid list, CancellationToken cancellation) =>
        await db.Set<IndicatorVersion>().AsNoTracking().Where(v => v.ListId == list && v.State == IndicatorVersionType.Current && v.ArchivedAt == null).OrderByDescending(v => v.UpdatedAt).FirstOrDefaultAsync(cancellation);

    /// <summary>Why a version cannot be read.</summary>
    internal static Error Unreadable(string place, Exception fault) => fault is FileNotFoundException or DirectoryNotFoundException
        ? Error.Of("logs.indicator-list.gone", "這個版本的指標檔不在資料夾中。", "The indicators of this version are not in the data folder.", place)
        : Error.Of("logs.indicator-list.damaged", $"這個版本的指標檔無法讀取或已損毀：{fault.Message}", $"The indicators of this version cannot be read, or are damaged: {fault.Message}", place);

    /// <summary>The indicators of a version that are looked for as its list says.</summary>
    internal IEnumerable<Indicator> Chosen(IndicatorList list, string hash) => files.Read(hash).Where(item => (list.WithDoubtful || item.Doubt.Length == 0) && (list.LeastConfidence is not { } least || item.Confidence is null || item.Confidence >= least));

    /// <summary>A list as what is found of it says.</summary>
    internal static IndicatorListInfo InfoOf(IndicatorList list) => new(list.Number, list.Title, list.Source, list.Tlp, IndicatorListType.LevelOf(list));

    /// <summary>A count of each word, as <see cref="Counts"/> wrote it.</summary>
    internal static IReadOnlyList<KeyValuePair<string, int>> CountsOf(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=')).Where(part => part.Length == 2 && int.TryParse(part[1], NumberStyles.None, CultureInfo.InvariantCulture, out _)).Select(part => KeyValuePair.Create(part[0], int.Parse(part[1], CultureInfo.InvariantCulture)))];

    /// <summary>The lines of a text that have something on them.</summary>
    internal static IReadOnlyList<string> LinesOf(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Counts(IEnumerable<KeyValuePair<string, long>> counts) => Cut(string.Join(' ', counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key}={c.Value}"))), 500);

    private IndicatorSet SetOf(IndicatorList list, string hash, List<Error> refused) => IndicatorSet.Of([(InfoOf(list), new IndicatorListOptions(list.WholeLines), Chosen(list, hash))], clock, null, refused);

    // Whoever fights its own hosts has no time for others.
    private static async Task OwnAsync(RecordStore store, IndicatorVersion version, IndicatorSet set, CancellationToken cancellation)
    {
        var own = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (asset, host, addresses) in (await AssetMatcher.LoadAsync(store.Db, cancellation)).Names)
        {
            foreach (var address in addresses) Note(address, "related.ip");
            if (host.Length > 0) Note(host, "query");

            void Note(string value, string field)
            {
                foreach (var known in set.Find(value, field)) own.TryAdd(known.Key, $"{known.Info.Text} – {asset.Number} {asset.Title} ({value})");
            }
        }

        (version.OwnCount, version.OwnAssets) = (own.Count, Lines(own.Values.Order(StringComparer.Ordinal), 10_000));
    }

    private Error? Open(string path)
    {
        if (path.Length == 0) return Error.Of("logs.indicator-list.no-folder", "清單沒有填資料夾或檔案；請上傳檔案。", "The list names no folder or file; upload a file.", "folder");
        // A folder is open when any file in it would be.
        if (folders.Check(Path.Combine(path, "feed")) is { } closed) return closed with { Place = "folder" };
        if (File.Exists(path)) return folders.Find(path) is not null ? null : Error.Of("logs.indicator-list.outside", "這個檔案不在開放的資料夾中。", "This file does not lie in a folder that is open.", "folder");
        return Directory.Exists(path) ? null : Error.Of("logs.indicator-list.missing", "沒有這個資料夾或檔案。", "There is no such folder or file.", "folder");
    }

    private static string Lines(IEnumerable<string> lines, int most)
    {
        var text = new System.Text.StringBuilder();
        foreach (var line in lines)
        {
            var clean = line.ReplaceLineEndings(" ");
            if (text.Length + clean.Length + 1 > most) break;
            text.Append(text.Length > 0 ? "\n" : "").Append(clean);
        }

        return text.ToString();
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}

/// <summary>Puts a version in another's stead: in the same transaction the one before ceases to be in use.</summary>
internal sealed class IndicatorVersionApplied(IndicatorFiles files) : IRecordReaction
{
    public string TypeKey => IndicatorVersionType.TypeKey;

    public async Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation)
    {
        if (action is not ("apply" or "apply-anyway") || record is not IndicatorVersion { ListId: { } id } version) return Result.Ok;
        if (!await store.Db.Set<IndicatorList>().AnyAsync(l => l.Id == id, cancellation)) return Result.Fail(Error.Of("logs.indicator-list.none", "指標清單已不存在。", "The list is no longer there."));
        try
        {
            // What cannot be read must not take the place of what is looked for.
            await Task.Run(() => files.Lines(version.Hash).Count(), cancellation);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Result.Fail(IndicatorLists.Unreadable(version.Number, fault));
        }

        var others = await store.Db.Set<IndicatorVersion>().Where(v => v.ListId == id && v.State == IndicatorVersionType.Current && v.Id != version.Id).ToListAsync(cancellation);
        if (others.Count == 0) return Result.Ok;
        foreach (var other in others) other.State = IndicatorVersionType.Past;
        store.Db.ActAs(actor, "superseded", version.Number);
        await store.Db.SaveChangesAsync(cancellation);
        return Result.Ok;
    }
}

/// <summary>What a list needs that only today can tell.</summary>
internal sealed class IndicatorListChecked(TimeProvider clock) : IRecordReaction
{
    public string TypeKey => IndicatorListType.TypeKey;

    public Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation) =>
        Task.FromResult(record is IndicatorList { EndsOn: { } ends } && action is "submit" or "approve" && ends < Hufu.Web.Records.SiteTime.Today(clock)
            ? Result.Fail(Error.Of("logs.indicator-list.past", "截止日不可早於今天。", "The end must not lie in the past.", "endsOn")) : Result.Ok);
}
