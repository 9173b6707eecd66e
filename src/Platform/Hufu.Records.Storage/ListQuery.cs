using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Hufu.Kernel;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Storage;

/// <summary>Builds the database query of a list: rights, filters, search, order and keyset page in one statement.</summary>
internal sealed class ListQuery<T>(HufuDbContext db, RecordType<T> type, Actor actor, RecordQuery query, Func<Field, string, string?> resolve) where T : Record, new()
{
    private const int Few = 1000;
    private static readonly MethodInfo JsonRank = typeof(HufuDbContext).GetMethod(nameof(HufuDbContext.JsonRank))!;

    private bool IsNarrowed => query.Filters.Count > 0 || query.OpenOnly || !string.IsNullOrWhiteSpace(query.Search) || actor.ScopeOf(type, Right.Read) is not Scope.All;

    /// <summary>Everything that matches, in no order.</summary>
    /// <param name="byOrder">Keeps the database from choosing an index by the conditions: the one of the sorting is quicker.</param>
    internal Result<IQueryable<T>> Matching(bool byOrder = false)
    {
        IQueryable<T> rows = db.Set<T>().AsNoTracking();
        void Where(Expression<Func<T, bool>> condition) => rows = rows.Where(byOrder
            ? Expression.Lambda<Func<T, bool>>(Expression.OrElse(condition.Body, Never(condition.Parameters[0])), condition.Parameters)
            : condition);
        Where(actor.ReadCondition<T>(type));
        if (!query.Archived) Where(r => r.ArchivedAt == null);
        if (query.OpenOnly)
        {
            var open = type.Workflow.OpenStates.ToList();
            // Most records are open or most are not: by an index of states each row would be fetched for what else is asked of it.
            Expression<Func<T, bool>> isOpen = r => open.Contains(r.State);
            rows = rows.Where(db.IsPostgres ? isOpen : Expression.Lambda<Func<T, bool>>(Expression.OrElse(isOpen.Body, Never(isOpen.Parameters[0])), isOpen.Parameters));
        }

        foreach (var filter in query.Filters)
        {
            if (string.IsNullOrWhiteSpace(filter.Text)) continue;
            if (type.FindField(filter.Field) is not { Sensitive: false } field)
                return Result.Fail<IQueryable<T>>(Error.Of("filter.unknown-field", $"沒有「{filter.Field}」欄位。", $"There is no field “{filter.Field}”.", filter.Field));
            var condition = Filters.Build<T>(field, filter.Text, db.IsPostgres, resolve);
            if (!condition.IsOk) return Result.Fail<IQueryable<T>>(condition.Errors);
            Where(condition.Value);
        }

        foreach (var word in RecordType.Fold(query.Search ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(8))
        {
            if (db.IsPostgres) Where(r => r.SearchText.Contains(word));
            else Where(r => HufuDbContext.Holds(r.SearchText, word));
        }

        return Result.Of(rows);
    }

    // False for every record, and nothing that a translator or an index could do away with: the number stands in each index.
    private static BinaryExpression Never(ParameterExpression record) =>
        Expression.LessThan(Expression.Property(Expression.Property(record, nameof(Record.Number)), nameof(string.Length)), Expression.Constant(0));

    // Few matches are found once and sorted; of many, the order's index meets a page of them soon. The database, which cannot know
    // beforehand, would often choose the other way round. Gives the rows to take a page of, and their number where it is known by then.
    private async Task<(IQueryable<T> Rows, int? Total)> NarrowAsync(IQueryable<T> matching, CancellationToken cancellation)
    {
        if (!IsNarrowed) return (matching, null);
        var few = await matching.Select(r => r.Number).Take(Few + 1).ToListAsync(cancellation);
        return few.Count <= Few ? (db.Set<T>().AsNoTracking().Where(r => EF.Parameter(few).Contains(r.Number)), few.Count)
            : (db.IsPostgres ? matching : Matching(byOrder: true).Value, null);
    }

    /// <summary>The first few, newest change first.</summary>
    internal async Task<IReadOnlyList<T>> NewestAsync(int take, CancellationToken cancellation)
    {
        var matching = Matching();
        if (!matching.IsOk) return [];
        var (rows, total) = await NarrowAsync(matching.Value, cancellation);
        return total == 0 ? [] : await rows.OrderByDescending(r => r.UpdatedAt).Take(take).ToListAsync(cancellation);
    }

    /// <summary>The page that the cursors ask for.</summary>
    internal async Task<Result<RecordPage>> PageAsync(IDbContextFactory<HufuDbContext> others, CancellationToken cancellation)
    {
        var matching = Matching();
        if (!matching.IsOk) return Result.Fail<RecordPage>(matching.Errors);
        var (rows, known) = await NarrowAsync(matching.Value, cancellation);
        // By now they are known to be many: reading the narrowest index that has it all is quicker than fetching rows one by one.
        // What this transaction has written only its own connection sees.
        if (known is null && (db.IsPostgres || db.Database.CurrentTransaction is not null)) known = await rows.CountAsync(cancellation);
        var counting = known is { } few ? Task.FromResult(few) : CountBesideAsync(others, cancellation);
        var page = await PageAsync(rows, cancellation);
        var total = await counting;
        return page.IsOk ? Result.Of(page.Value with { Total = total }) : page;
    }

    // A statement of the embedded database keeps its thread, and a second connection reads beside the first: the list takes as long as the
    // longer of both and not as both together.
    private Task<int> CountBesideAsync(IDbContextFactory<HufuDbContext> others, CancellationToken cancellation)
    {
        var beside = others.CreateDbContext();
        // Made here: to find what a filter names may ask this context's database.
        var all = new ListQuery<T>(beside, type, actor, query, resolve).Matching(byOrder: IsNarrowed).Value;
        return Task.Run(
            async () =>
            {
                await using (beside) return await all.CountAsync(cancellation);
            },
            CancellationToken.None);
    }

    private async Task<Result<RecordPage>> PageAsync(IQueryable<T> rows, CancellationToken cancellation)
    {
        var (field, descending) = Sorting();
        var size = Math.Clamp(query.PageSize, 1, 500);
        var backwards = query.Before is not null && query.After is null;
        if ((query.After ?? query.Before) is { } text)
        {
            if (Cursor.Read(text) is not { } cursor || cursor.Sort != query.Sort)
                return Result.Fail<RecordPage>(Error.Of("list.bad-cursor", "分頁位置已失效，請回到第一頁。", "This page position is no longer valid; go back to the first page."));
            if (Beyond(field, descending ^ backwards, cursor) is not { } beyond)
                return Result.Fail<RecordPage>(Error.Of("list.bad-cursor", "分頁位置已失效，請回到第一頁。", "This page position is no longer valid; go back to the first page."));
            rows = rows.Where(beyond);
        }

        // Where no index has the order, what is sorted is a key and a number: rows carried through the sorting whole cost five times as much.
        var chosen = Order(rows, field, descending ^ backwards).Select(r => r.Number).Take(size + 1);
        List<T> found = await Order(db.Set<T>().AsNoTracking().Where(r => chosen.Contains(r.Number)), field, descending ^ backwards).ToListAsync(cancellation);
        var more = found.Count > size;
        if (more) found.RemoveAt(size);
        if (backwards) found.Reverse();
        var next = backwards || more ? found.LastOrDefault() : null;
        var previous = backwards ? (more ? found.FirstOrDefault() : null) : query.After is not null ? found.FirstOrDefault() : null;
        return Result.Of(new RecordPage(found, 0, next is null ? null : Write(field, next), previous is null ? null : Write(field, previous)));
    }

    /// <summary>All rows in the list's order, one after another.</summary>
    internal Result<IAsyncEnumerable<T>> Stream()
    {
        var matching = Matching();
        if (!matching.IsOk) return Result.Fail<IAsyncEnumerable<T>>(matching.Errors);
        var (field, descending) = Sorting();
        return Result.Of(ReadAsync(Order(matching.Value, field, descending)));
    }

    // The order is taken at once, the rows by and by: no statement stays open meanwhile, so that the reader may ask for other things,
    // and no more than a block of rows is in memory.
    private async IAsyncEnumerable<T> ReadAsync(IQueryable<T> ordered, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var readable = actor.ReadCondition<T>(type);
        foreach (var chunk in (await ordered.Select(r => r.Id).ToListAsync(cancellation)).Chunk(500))
        {
            var block = await db.Set<T>().AsNoTracking().Where(readable).Where(r => EF.Parameter(chunk).Contains(r.Id)).ToDictionaryAsync(r => r.Id, cancellation);
            foreach (var id in chunk)
                if (block.TryGetValue(id, out var record)) yield return record;
        }
    }

    private (Field Field, bool Descending) Sorting()
    {
        var sort = query.Sort ?? type.DefaultSort;
        var descending = sort.StartsWith('-');
        var field = type.FindField(sort.TrimStart('-'));
        return field is not null && IsSortable(field) ? (field, descending) : (type.FindField("number")!, descending);
    }

    /// <summary>People, units and references have no order of their own in the table.</summary>
    internal static bool IsSortable(Field field) => !field.Sensitive && field.Kind is not (FieldKind.Person or FieldKind.Unit or FieldKind.Reference or FieldKind.LongText or FieldKind.Markdown or FieldKind.ChoiceSet);

    private IQueryable<T> Order(IQueryable<T> rows, Field field, bool descending)
    {
        var record = Expression.Parameter(typeof(T), "r");
        var key = SortValue(record, field);
        var ordered = (IOrderedQueryable<T>)rows.Provider.CreateQuery<T>(Expression.Call(
            typeof(Queryable), descending ? nameof(Queryable.OrderByDescending) : nameof(Queryable.OrderBy), [typeof(T), key.Type], rows.Expression, Expression.Quote(Expression.Lambda(key, record))));
        if (field.Key == "number") return ordered;
        return descending ? ordered.ThenByDescending(r => r.Number) : ordered.ThenBy(r => r.Number);
    }

    // Null when the cursor's value cannot be one of this field: somebody wrote it by hand.
    private Expression<Func<T, bool>>? Beyond(Field field, bool descending, Cursor cursor)
    {
        var record = Expression.Parameter(typeof(T), "r");
        var number = Expression.Property(record, nameof(Record.Number));
        var afterNumber = Filters.Ordered(number, cursor.Number, !descending);
        if (field.Key == "number") return Expression.Lambda<Func<T, bool>>(afterNumber, record);
        var key = SortValue(record, field);
        var nullable = !key.Type.IsValueType || Nullable.GetUnderlyingType(key.Type) is not null;
        var value = SortBound(field, key.Type, cursor.Value);
        if (value is null && (cursor.Value is not null || !nullable)) return null;
        // SQLite puts empty values first in ascending order, PostgreSQL last.
        var nullsComeLater = descending ^ db.IsPostgres;
        Expression body;
        if (value is null)
        {
            var isNull = Expression.Equal(key, Expression.Constant(null, key.Type));
            body = Expression.AndAlso(isNull, afterNumber);
            if (!nullsComeLater) body = Expression.OrElse(body, Expression.Not(isNull));
        }
        else
        {
            body = Expression.OrElse(Filters.Ordered(key, value, !descending), Expression.AndAlso(Expression.Equal(key, Filters.Parameter(value, key.Type)), afterNumber));
            // Says again what the line above implies, in a form from which the database can jump into the index.
            if (!(nullable && nullsComeLater)) body = Expression.AndAlso(Expression.Not(Filters.Ordered(key, value, descending)), body);
            else body = Expression.OrElse(body, Expression.Equal(key, Expression.Constant(null, key.Type)));
        }

        return Expression.Lambda<Func<T, bool>>(body, record);
    }

    private Expression SortValue(ParameterExpression record, Field field)
    {
        var value = Filters.Value(record, field);
        if (field.Kind is FieldKind.Choice)
            return field.IsExtra && !db.IsPostgres
                ? Expression.Call(JsonRank, Expression.Property(record, nameof(Record.Extra)), Expression.Constant(field.Key), Expression.Constant(string.Join('\n', field.Choices.Select(c => c.Code))))
                : Rank(value, field);
        return value.Type == typeof(bool) ? Expression.Condition(value, Expression.Constant(1), Expression.Constant(0)) : value;
    }

    // Choices stand in the order in which they are declared: low, medium, high, not by the letters of their codes. What is empty comes last.
    private static Expression Rank(Expression value, Field field)
    {
        Expression rank = Expression.Constant(field.Choices.Count);
        for (var i = field.Choices.Count - 1; i >= 0; i--)
            rank = Expression.Condition(Expression.Equal(value, Expression.Constant(field.Choices[i].Code)), Expression.Constant(i), rank);
        return rank;
    }

    private static int RankOf(Field field, string? code)
    {
        for (var i = 0; i < field.Choices.Count; i++)
            if (field.Choices[i].Code == code) return i;
        return field.Choices.Count;
    }

    private static object? SortBound(Field field, Type keyType, string? text)
    {
        if (field.Kind is FieldKind.Choice) return RankOf(field, text);
        if (keyType == typeof(string)) return text is null || !field.IsExtra ? text : field.Kind is FieldKind.Instant ? text.Replace("Z", "", StringComparison.Ordinal) : text;
        if (text is null) return null;
        if (keyType == typeof(int) && field.Kind is FieldKind.Flag) return text == "true" ? 1 : 0;
        var parsed = field.Parse(text);
        return parsed.IsOk ? Filters.Comparable(field, keyType, parsed.Value) : null;
    }

    private string Write(Field field, T record)
    {
        // A string column that is not null sorts by its text, also when that is empty.
        var value = field.Get(record) is string text ? text : field.GetText(record);
        return new Cursor(query.Sort, value, record.Number).Write();
    }

    private sealed record Cursor(string? Sort, string? Value, string Number)
    {
        internal string Write() => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new[] { Sort, Value, Number })).Replace('+', '-').Replace('/', '_').TrimEnd('=');

        internal static Cursor? Read(string text)
        {
            if (text.Length > 4000) return null;
            try
            {
                var padded = text.Replace('-', '+').Replace('_', '/');
                var parts = JsonSerializer.Deserialize<string?[]>(Encoding.UTF8.GetString(Convert.FromBase64String(padded.PadRight((padded.Length + 3) / 4 * 4, '='))));
                return parts is [var sort, var value, { } number] && Array.TrueForAll(parts, p => p is null || Field.IsStorable(p)) ? new Cursor(sort, value, number) : null;
            }
            catch (Exception e) when (e is FormatException or JsonException)
            {
                return null;
            }
        }
    }
}
