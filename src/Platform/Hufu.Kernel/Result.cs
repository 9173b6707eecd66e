namespace Hufu.Kernel;

/// <summary>Why something was refused: a stable code for programs, a text for a person, and the place where it is wrong.</summary>
/// <param name="Code">Stable, lower-case, dotted: <c>risk.plan.not-approved</c>.</param>
/// <param name="Message">What was wrong and what to do, in both languages.</param>
/// <param name="Place">Field name, or file, line, row or column, where that is known.</param>
public sealed record Error(string Code, LocalizedText Message, string? Place = null)
{
    /// <summary>An error whose text is given in both languages.</summary>
    public static Error Of(string code, string zh, string en, string? place = null) => new(code, new LocalizedText(zh, en), place);

    /// <inheritdoc />
    public override string ToString() => Place is null ? $"{Message} [{Code}]" : $"{Place}: {Message} [{Code}]";
}

/// <summary>Success, or the reasons why not. Failure that is ordinary is a value; an exception means a bug or a broken world.</summary>
public class Result
{
    /// <summary>Success.</summary>
    public static readonly Result Ok = new([]);

    private protected Result(IReadOnlyList<Error> errors) => Errors = errors;

    /// <summary>The reasons; empty on success.</summary>
    public IReadOnlyList<Error> Errors { get; }

    /// <summary>True when there is no error.</summary>
    public bool IsOk => Errors.Count == 0;

    /// <summary>Failure with one or more reasons.</summary>
    public static Result Fail(params IReadOnlyList<Error> errors)
    {
        ArgumentOutOfRangeException.ThrowIfZero(errors.Count);
        return new Result(errors);
    }

    /// <summary>Success with a value.</summary>
    public static Result<T> Of<T>(T value) => new(value, []);

    /// <summary>Failure of an operation that would have given a <typeparamref name="T"/>.</summary>
    public static Result<T> Fail<T>(params IReadOnlyList<Error> errors)
    {
        ArgumentOutOfRangeException.ThrowIfZero(errors.Count);
        return new Result<T>(default, errors);
    }
}

/// <summary>A value, or the reasons why there is none.</summary>
public sealed class Result<T> : Result
{
    private readonly T? value;

    internal Result(T? value, IReadOnlyList<Error> errors) : base(errors) => this.value = value;

    /// <summary>The value. Throws when the operation failed: ask <see cref="Result.IsOk"/> first.</summary>
    public T Value => IsOk ? value! : throw new InvalidOperationException($"No value: {string.Join("; ", Errors)}");
}
