using Hufu.Kernel;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Storage;

/// <summary>What becomes of one row of an imported file.</summary>
public enum RowFate
{
    New,
    Changed,
    Unchanged,
    Refused,
}

/// <summary>One row of the file: its number as the person sees it, and its texts by field key.</summary>
public sealed record ImportRow(int Row, IReadOnlyDictionary<string, string?> Values);

/// <summary>The fate of one row, with its reasons.</summary>
/// <param name="Row">Row number in the file.</param>
/// <param name="Fate">What would happen.</param>
/// <param name="Key">The value by which the record is recognised.</param>
/// <param name="Number">Number of the record that exists already.</param>
/// <param name="Title">Title in the file.</param>
/// <param name="Changes">For a changed row: which fields, from what to what.</param>
/// <param name="Errors">For a refused row: why.</param>
public sealed record ImportLine(int Row, RowFate Fate, string? Key, string? Number, string? Title, IReadOnlyList<FieldChange> Changes, IReadOnlyList<Error> Errors)
{
    internal Record? Target { get; init; }

    internal Record? Before { get; init; }
}

/// <summary>The fate of every row of a file.</summary>
public sealed record ImportPlan(IReadOnlyList<ImportLine> Lines)
{
    /// <summary>How many rows have this fate.</summary>
    public int Count(RowFate fate) => Lines.Count(l => l.Fate == fate);
}

/// <summary>Brings rows of other people's files into records: first a dry run that states every row's fate, then all of it or nothing.</summary>
public sealed class RecordImport(RecordStore store)
{
    private const int Chunk = 1000;

    /// <summary>States the fate of every row without changing anything.</summary>
    public async Task<Result<ImportPlan>> PlanAsync(Actor actor, RecordType type, IReadOnlyList<ImportRow> rows, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        if (await store.DeniedAsync(actor, type, Right.Write, null) is { } denied) return Result.Fail<ImportPlan>(denied);
        return await type.Accept(new PlanVisitor(store, actor, rows, progress, cancellation));
    }

    /// <summary>
    /// Does what a fresh dry run says, in one transaction. With <paramref name="skipRefused"/> the refused rows are left out; without it one
    /// refused row stops everything.
    /// </summary>
    public async Task<Result<ImportPlan>> CommitAsync(Actor actor, RecordType type, IReadOnlyList<ImportRow> rows, bool skipRefused, string reason, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        var db = store.Db;
        return await store.InTransactionAsync(async () =>
        {
            var planned = await PlanAsync(actor, type, rows, null, cancellation);
            if (!planned.IsOk) return planned;
            if (!skipRefused && planned.Value.Lines.FirstOrDefault(l => l.Fate is RowFate.Refused) is { } refused)
                return Result.Fail<ImportPlan>([Error.Of("import.refused-rows", $"有 {planned.Value.Count(RowFate.Refused)} 列被拒絕，未寫入任何資料。第一個在第 {refused.Row} 列。", $"{planned.Value.Count(RowFate.Refused)} rows were refused, so nothing was written. The first is row {refused.Row}.", $"row {refused.Row}"), .. refused.Errors]);
            var work = planned.Value.Lines.Where(l => l.Fate is RowFate.New or RowFate.Changed).ToList();
            var fresh = work.Count(l => l.Fate is RowFate.New);
            var series = $"{type.Prefix}-{db.Now.Year}";
            var next = fresh == 0 ? 0 : int.Parse((await store.NextNumberAsync(type, fresh, cancellation))[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
            var batch = Guid.CreateVersion7();
            db.ActAs(actor, "import", reason, batch);
            var tracking = db.ChangeTracker.AutoDetectChangesEnabled;
            db.ChangeTracker.AutoDetectChangesEnabled = false;
            // All or nothing: there is nothing to go back to within the transaction, and a savepoint copies every page that is changed.
            db.Database.AutoSavepointsEnabled = false;
            var writing = Task.CompletedTask;
            try
            {
                for (var done = 0; done < work.Count; done += Chunk)
                {
                    var chunk = work.GetRange(done, Math.Min(Chunk, work.Count - done));
                    foreach (var line in chunk)
                    {
                        var record = line.Target!;
                        if (line.Fate is RowFate.New)
                        {
                            record.Number = RecordStore.Numbered(series, next++);
                            record.CreatedBy = actor.IsSystem ? null : actor.Id;
                            db.Add(record);
                        }
                        else
                        {
                            // The target already carries the new values: bring the old ones back as originals, so that only real differences are written.
                            db.Attach(record).OriginalValues.SetValues(line.Before!);
                        }
                    }

                    try
                    {
                        writing = await db.SaveManyAsync(writing, cancellation);
                    }
                    catch (DbUpdateConcurrencyException)
                    {
                        return Result.Fail<ImportPlan>(Error.Of("record.changed-meanwhile", "匯入期間有紀錄被他人修改，未寫入任何資料，請再試一次。", "Somebody changed a record during the import, so nothing was written; try again."));
                    }

                    if (store.HasReactions(type.Key))
                    {
                        await writing;
                        foreach (var line in chunk)
                            if (await store.ReactAsync(actor, line.Target!, "import", cancellation) is { IsOk: false } failed) return Result.Fail<ImportPlan>(failed.Errors);
                    }

                    db.ChangeTracker.Clear();
                    db.ActAs(actor, "import", reason, batch);
                    progress?.Report((double)(done + chunk.Count) / work.Count);
                }

                await writing;
            }
            finally
            {
                // Nothing is rolled back under a statement that runs; what it complains of is told where it was waited for.
                await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                db.ChangeTracker.AutoDetectChangesEnabled = tracking;
                db.Database.AutoSavepointsEnabled = true;
            }

            return planned;
        });
    }

    private sealed class PlanVisitor(RecordStore store, Actor actor, IReadOnlyList<ImportRow> rows, IProgress<double>? progress, CancellationToken cancellation) : IRecordTypeVisitor<Task<Result<ImportPlan>>>
    {
        private readonly Dictionary<(string Field, string Text), string> resolved = [];

        public async Task<Result<ImportPlan>> Visit<T>(RecordType<T> type) where T : Record, new()
        {
            var db = store.Db;
            var number = type.FindField("number")!;
            var keyField = type.ImportKey ?? number;
            var columns = rows.Count == 0 ? [] : rows.SelectMany(r => r.Values.Keys).Distinct().ToList();
            foreach (var column in columns)
                if (type.FindField(column) is null) return Result.Fail<ImportPlan>(Error.Of("import.unknown-field", $"沒有「{column}」欄位。", $"There is no field “{column}”.", column));
            // A file exported by the product carries our numbers: they win over the site's own key.
            var byNumber = columns.Contains("number");
            if (!byNumber && !columns.Contains(keyField.Key)) keyField = type.FindField("title")!;
            var existing = await LoadAsync(db, type, keyField, byNumber ? number : null);
            var seen = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
            var lines = new ImportLine[rows.Count];
            for (var done = 0; done < rows.Count; done += Chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report((double)done / rows.Count);
                // What depends on the rows before, or asks the database, goes one after another; reading the cells does not.
                var known = new List<Recognised<T>>(Chunk);
                for (var i = done; i < Math.Min(done + Chunk, rows.Count); i++) known.Add(await RecogniseAsync(type, rows[i], keyField, byNumber ? number : null, existing, seen));
                var from = done;
                Parallel.For(0, known.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, i => lines[from + i] = Line(type, known[i]));
            }

            progress?.Report(1);
            return Result.Of(new ImportPlan(lines));
        }

        private sealed record Recognised<T>(ImportRow Row, string? Key, string? Title, T? Before, bool Hidden, List<Error> Errors, List<(Field Field, string? Text)> Cells) where T : Record;

        private async Task<Recognised<T>> RecogniseAsync<T>(RecordType<T> type, ImportRow row, Field keyField, Field? number, Dictionary<string, T> existing, Dictionary<string, int> seen) where T : Record, new()
        {
            var key = row.Values.GetValueOrDefault(keyField.Key)?.Trim();
            var givenNumber = number is null ? null : row.Values.GetValueOrDefault(number.Key)?.Trim();
            var errors = new List<Error>();
            T? before = null;
            if (!string.IsNullOrEmpty(givenNumber))
            {
                if (!existing.TryGetValue("#" + givenNumber, out before)) errors.Add(Error.Of("import.unknown-number", $"沒有編號 {givenNumber} 的紀錄。", $"There is no record numbered {givenNumber}.", "number"));
            }
            else if (!string.IsNullOrEmpty(key)) existing.TryGetValue(key, out before);

            // A record that the person may not read is not told of: it only stands in the way.
            var hidden = before is not null && !actor.May(type, Right.Read, before);
            var identity = before is not null ? "=" + before.Number : string.IsNullOrEmpty(givenNumber) ? key : "#" + givenNumber;
            if (string.IsNullOrEmpty(identity)) errors.Add(Error.Of("import.no-key", $"缺少「{keyField.Label.Zh}」，無法辨識是哪一筆。", $"“{keyField.Label.En}” is missing, so the record cannot be recognised.", keyField.Key));
            else if (!seen.TryAdd(identity, row.Row)) errors.Add(Error.Of("import.duplicate", $"與第 {seen[identity]} 列的「{keyField.Label.Zh}」重複：{key ?? givenNumber}", $"The same “{keyField.Label.En}” as in row {seen[identity]}: {key ?? givenNumber}", keyField.Key));
            var cells = new List<(Field, string?)>(row.Values.Count);
            foreach (var (column, text) in row.Values)
                if (type.FindField(column)! is { ReadOnly: false } field) cells.Add((field, await ResolveAsync(field, text, before is null ? null : field.GetText(before))));
            return new Recognised<T>(row, key, row.Values.GetValueOrDefault("title")?.Trim(), before, hidden, errors, cells);
        }

        private ImportLine Line<T>(RecordType<T> type, Recognised<T> known) where T : Record, new()
        {
            var (row, key, title, before, hidden, errors, cells) = known;
            var record = before is null ? (T)type.NewRecord() : (T)before.Copy();
            foreach (var (field, text) in cells)
            {
                var parsed = field.Parse(text);
                if (parsed.IsOk) field.Set(record, parsed.Value);
                else errors.AddRange(parsed.Errors);
            }

            if (before is null && !actor.IsSystem)
            {
                record.UnitId ??= actor.UnitId;
                if (actor.ScopeOf(type, Right.Write) is Scope.Own) record.OwnerId ??= actor.Id;
            }

            if (errors.Count == 0) errors.AddRange(RecordStore.Check(type, record).Where(e => !errors.Exists(o => o.Place == e.Place)));
            if (errors.Count == 0 && (!actor.May(type, Right.Write, record.OwnerId, before?.CreatedBy ?? actor.Id, record.UnitId) || (before is not null && !actor.May(type, Right.Write, before))))
                errors.Add(Error.Of("access.denied", "您無權寫入這個單位的紀錄。", "You may not write records of this unit."));
            if (before?.ArchivedAt is not null && !hidden) errors.Add(Error.Of("record.archived", $"{before.Number} 已封存。", $"{before.Number} is archived."));
            if (errors.Count > 0) return new ImportLine(row.Row, RowFate.Refused, key, hidden ? null : before?.Number, title, [], errors);
            if (before is null) return new ImportLine(row.Row, RowFate.New, key, null, title, [], []) { Target = record };
            var changes = new List<FieldChange>();
            foreach (var field in type.Fields)
            {
                if (field.ReadOnly) continue;
                var (from, to) = (field.GetText(before), field.GetText(record));
                if (from != to) changes.Add(new FieldChange(field.Key, from, to));
            }

            if (changes.Count > 0 && type.Workflow.LockedAgainst(before.State, changes.Select(c => c.Field)) is { } locked) return new ImportLine(row.Row, RowFate.Refused, key, before.Number, title, changes, [locked]);
            return new ImportLine(row.Row, changes.Count == 0 ? RowFate.Unchanged : RowFate.Changed, key, before.Number, title, changes, []) { Target = record, Before = before };
        }

        private static async Task<Dictionary<string, T>> LoadAsync<T>(HufuDbContext db, RecordType<T> type, Field keyField, Field? number) where T : Record, new()
        {
            var found = new Dictionary<string, T>(StringComparer.OrdinalIgnoreCase);
            _ = type;
            await foreach (var record in db.Set<T>().AsNoTracking().AsAsyncEnumerable())
            {
                if (keyField.GetText(record) is { } key) found.TryAdd(key, record);
                if (number is not null) found["#" + record.Number] = record;
            }

            return found;
        }

        private async Task<string?> ResolveAsync(Field field, string? text, string? present)
        {
            text = text?.Trim();
            if (string.IsNullOrEmpty(text) || field.Kind is not (FieldKind.Person or FieldKind.Unit or FieldKind.Reference)) return text;
            if (text == present) return text;
            if (resolved.TryGetValue((field.Key, text), out var known)) return known;
            return resolved[(field.Key, text)] = await store.ResolveAsync(field, text, actor);
        }
    }
}
