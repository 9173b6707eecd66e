using System.Linq.Expressions;
using System.Reflection;
using Hufu.Kernel;

namespace Hufu.Records.Storage;

/// <summary>Turns the short written filters of a list into conditions that the database evaluates.</summary>
internal static class Filters
{
    private static readonly MethodInfo Contains = typeof(string).GetMethod(nameof(string.Contains), [typeof(string)])!;
    private static readonly MethodInfo Compare = typeof(string).GetMethod(nameof(string.Compare), [typeof(string), typeof(string)])!;
    private static readonly MethodInfo Lower = typeof(string).GetMethod(nameof(string.ToLower), [])!;
    private static readonly MethodInfo Replace = typeof(string).GetMethod(nameof(string.Replace), [typeof(string), typeof(string)])!;
    private static readonly MethodInfo JsonNumber = typeof(HufuDbContext).GetMethod(nameof(HufuDbContext.JsonNumber))!;
    private static readonly MethodInfo HoldsFolded = typeof(HufuDbContext).GetMethod(nameof(HufuDbContext.HoldsFolded))!;
    private static readonly MethodInfo JsonText = typeof(HufuDbContext).GetMethod(nameof(HufuDbContext.JsonText))!;

    /// <summary>The condition for one filter; an error when its text does not fit the field.</summary>
    internal static Result<Expression<Func<T, bool>>> Build<T>(Field field, string text, bool postgres, Func<Field, string, string?> resolve)
    {
        if (!Field.IsStorable(text)) return Result.Fail<Expression<Func<T, bool>>>(Fail(field, "\uFFFD").Errors);
        var record = Expression.Parameter(typeof(T), "r");
        var value = Value(record, field);
        var body = Condition(field, value, text.Trim(), postgres, resolve);
        return body.IsOk ? Result.Of(Expression.Lambda<Func<T, bool>>(body.Value, record)) : Result.Fail<Expression<Func<T, bool>>>(body.Errors);
    }

    /// <summary>The field as an expression over a record.</summary>
    internal static Expression Value(ParameterExpression record, Field field)
    {
        if (field.Property is { } property) return Expression.Property(record, property);
        var extra = Expression.Property(record, nameof(Record.Extra));
        var key = Expression.Constant(field.Key);
        if (field.Kind is FieldKind.Number) return Expression.Call(JsonNumber, extra, key);
        var text = Expression.Call(JsonText, extra, key);
        // Without the Z in the end, instants with and without a fraction sort as texts.
        return field.Kind is FieldKind.Instant ? Expression.Call(text, Replace, Expression.Constant("Z"), Expression.Constant("")) : text;
    }

    /// <summary>A field's value as <see cref="Value"/> compares it.</summary>
    internal static object? Comparable(Field field, Type type, object? value) =>
        value is null ? null
        : type == typeof(string) ? field is { IsExtra: true, Kind: FieldKind.Instant } ? Field.ToText(value)?.Replace("Z", "", StringComparison.Ordinal) : Field.ToText(value)
        : type == typeof(double?) ? (double)(decimal)value
        : value;

    /// <summary><c>value &gt; bound</c> (or less) for every sortable type, strings by the database's order.</summary>
    internal static Expression Ordered(Expression value, object? bound, bool greater)
    {
        if (value.Type == typeof(string))
        {
            var compared = Expression.Call(Compare, value, Parameter(bound, typeof(string)));
            return greater ? Expression.GreaterThan(compared, Expression.Constant(0)) : Expression.LessThan(compared, Expression.Constant(0));
        }

        var right = Parameter(bound, value.Type);
        return greater ? Expression.GreaterThan(value, right) : Expression.LessThan(value, right);
    }

    /// <summary>A value as a database parameter, so that statements are cached and nothing is spliced into SQL.</summary>
    internal static Expression Parameter(object? value, Type type)
    {
        var box = Activator.CreateInstance(typeof(Box<>).MakeGenericType(type))!;
        box.GetType().GetProperty("Value")!.SetValue(box, value);
        return Expression.Property(Expression.Constant(box), "Value");
    }

    private sealed class Box<TValue>
    {
        public TValue? Value { get; set; }
    }

    private static Result<Expression> Condition(Field field, Expression value, string text, bool postgres, Func<Field, string, string?> resolve)
    {
        if (text == "-") return Result.Of(Empty(field, value));
        if (text == "*") return Result.Of<Expression>(Expression.Not(Empty(field, value)));
        if (text.StartsWith('!') && text.Length > 1)
        {
            var inner = Condition(field, value, text[1..], postgres, resolve);
            if (!inner.IsOk) return inner;
            var not = Expression.Not(inner.Value);
            // What is empty is also not x.
            return Result.Of<Expression>(text is "!-" or "!*" ? not : Expression.OrElse(Empty(field, value), not));
        }

        switch (field.Kind)
        {
            case FieldKind.Text or FieldKind.LongText or FieldKind.Markdown:
                if (text.StartsWith('=')) return Result.Of<Expression>(Expression.Equal(value, Parameter(text[1..], typeof(string))));
                // Without regard to ASCII's capitals; other capitals match as they are written, and as small letters.
                if (!postgres) return Result.Of(AnyOf([text.ToLowerInvariant(), Asciis(text)], word => Expression.Call(HoldsFolded, value, Parameter(word, typeof(string)))));
                Expression contains = Expression.Call(Expression.Call(value, Lower), Contains, Parameter(text.ToLowerInvariant(), typeof(string)));
                return Result.Of(System.Text.Ascii.IsValid(text) ? contains : Expression.OrElse(contains, Expression.Call(value, Contains, Parameter(text, typeof(string)))));
            case FieldKind.ChoiceSet:
                return Any(text, part => field.FindChoice(part) is { } c
                    ? Result.Of<Expression>(Expression.Call(
                        Expression.Add(Expression.Add(Expression.Constant(";"), value, typeof(string).GetMethod(nameof(string.Concat), [typeof(string), typeof(string)])), Expression.Constant(";"), typeof(string).GetMethod(nameof(string.Concat), [typeof(string), typeof(string)])),
                        Contains, Parameter(";" + c.Code + ";", typeof(string))))
                    : Fail(field, part));
            case FieldKind.Choice:
                return Any(text.TrimStart('='), part => field.FindChoice(part) is { } c ? Result.Of<Expression>(Expression.Equal(value, Parameter(c.Code, typeof(string)))) : Fail(field, part));
            case FieldKind.Reference or FieldKind.Person or FieldKind.Unit:
                return Any(text.TrimStart('='), part => Guid.TryParse(resolve(field, part), out var id)
                    ? Result.Of<Expression>(Expression.Equal(value, value.Type == typeof(string) ? Parameter(id.ToString(), typeof(string)) : Parameter((Guid?)id, typeof(Guid?))))
                    : Fail(field, part));
            case FieldKind.Flag:
                var flag = field.Parse(text.TrimStart('='));
                return flag is { IsOk: true, Value: not null } ? Result.Of<Expression>(Expression.Equal(value, value.Type == typeof(string) ? Parameter(Field.ToText(flag.Value), typeof(string)) : Expression.Constant((bool)flag.Value!))) : Fail(field, text);
            case FieldKind.Number or FieldKind.Date or FieldKind.Instant:
                return text.Contains(',') ? Any(text, part => Range(field, value, part)) : Range(field, value, text);
            default:
                throw new InvalidOperationException($"Unknown field kind {field.Kind}.");
        }
    }

    private static Result<Expression> Range(Field field, Expression value, string text)
    {
        if (text.IndexOf("..", StringComparison.Ordinal) is >= 0 and var dots)
        {
            Expression? body = null;
            foreach (var (part, greater) in new[] { (text[..dots], true), (text[(dots + 2)..], false) })
            {
                if (part.Trim().Length == 0) continue;
                // Both ends belong to the range; the end of a range of instants written as a day takes in that whole day.
                var bound = Bound(field, value, part.Trim(), wholeDay: !greater);
                if (!bound.IsOk) return Fail(field, part);
                var side = Within(value, bound.Value, greater);
                body = body is null ? side : Expression.AndAlso(body, side);
            }

            return body is null ? Fail(field, text) : Result.Of(Filled(field, value, body));
        }

        var sign = text[0];
        if (sign is '<' or '>')
        {
            var inclusive = text.Length > 1 && text[1] == '=';
            var bound = Bound(field, value, text[(inclusive ? 2 : 1)..].Trim(), wholeDay: false);
            if (!bound.IsOk) return Fail(field, text);
            return Result.Of(Filled(field, value, inclusive ? Within(value, bound.Value, sign == '>') : Ordered(value, bound.Value, sign == '>')));
        }

        if (field.Kind is FieldKind.Instant) return Range(field, value, $"{text.TrimStart('=')}..{text.TrimStart('=')}");
        var exact = Bound(field, value, text.TrimStart('='), wholeDay: false);
        return exact.IsOk ? Result.Of<Expression>(Expression.Equal(value, Parameter(exact.Value, value.Type))) : Fail(field, text);
    }

    // At least, or at most.
    private static Expression Within(Expression value, object? bound, bool atLeast) =>
        value.Type == typeof(string) ? Expression.Not(Ordered(value, bound, !atLeast))
        : atLeast ? Expression.GreaterThanOrEqual(value, Parameter(bound, value.Type))
        : Expression.LessThanOrEqual(value, Parameter(bound, value.Type));

    // No comparison is true of an empty value, except of texts; asking again would read it again.
    private static Expression Filled(Field field, Expression value, Expression compared) =>
        value.Type == typeof(string) ? Expression.AndAlso(Expression.Not(Empty(field, value)), compared) : compared;

    private static Result<object?> Bound(Field field, Expression value, string text, bool wholeDay)
    {
        var parsed = field.Parse(text);
        if (!parsed.IsOk || parsed.Value is null) return Result.Fail<object?>(Error.Of("filter.bad-value", "篩選值不正確", "Bad filter value", field.Key));
        if (parsed.Value is DateTimeOffset instant && wholeDay && text.Length <= 10) return Result.Of(Comparable(field, value.Type, instant.AddDays(1).AddTicks(-TimeSpan.TicksPerMicrosecond)));
        return Result.Of(Comparable(field, value.Type, parsed.Value));
    }

    private static Result<Expression> Any(string text, Func<string, Result<Expression>> one)
    {
        Expression? body = null;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var condition = one(part);
            if (!condition.IsOk) return condition;
            body = body is null ? condition.Value : Expression.OrElse(body, condition.Value);
        }

        return body is null ? Result.Fail<Expression>(Error.Of("filter.bad-value", "篩選值是空的。", "The filter has no value.")) : Result.Of(body);
    }

    private static Expression AnyOf(IEnumerable<string> words, Func<string, Expression> one) => words.Distinct(StringComparer.Ordinal).Select(one).Aggregate(Expression.OrElse);

    private static string Asciis(string text) => string.Create(text.Length, text, static (small, text) =>
    {
        for (var i = 0; i < small.Length; i++) small[i] = char.IsAsciiLetterUpper(text[i]) ? (char)(text[i] | 0x20) : text[i];
    });

    private static Expression Empty(Field field, Expression value)
    {
        if (value.Type == typeof(string)) return Expression.OrElse(Expression.Equal(value, Expression.Constant(null, typeof(string))), Expression.Equal(value, Expression.Constant("")));
        if (Nullable.GetUnderlyingType(value.Type) is not null) return Expression.Equal(value, Expression.Constant(null, value.Type));
        _ = field;
        return Expression.Constant(false);
    }

    private static Result<Expression> Fail(Field field, string part) => Result.Fail<Expression>(Error.Of(
        "filter.bad-value",
        $"欄位「{field.Label.Zh}」無法用「{part}」篩選。",
        $"“{field.Label.En}” cannot be filtered by “{part}”.",
        field.Key));
}
