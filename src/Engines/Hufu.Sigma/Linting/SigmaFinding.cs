using Hufu.Kernel;

namespace Hufu.Sigma;

/// <summary>How much a finding about a rule matters.</summary>
public enum SigmaSeverity
{
    /// <summary>The rule works; something that others expect of it is missing.</summary>
    Notice,

    /// <summary>The rule works as written, which is hardly as meant, or may cost much.</summary>
    Warning,

    /// <summary>The rule cannot be used.</summary>
    Error,
}

/// <summary>One thing to say about a rule.</summary>
/// <param name="Code">Stable, lower-case, dotted: <c>sigma.lint.unused-selection</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Place"><c>file:line:column</c>.</param>
/// <param name="Message">What it is and what to do, in both languages.</param>
public sealed record SigmaFinding(string Code, SigmaSeverity Severity, string Place, LocalizedText Message)
{
    /// <inheritdoc />
    public override string ToString() => $"{Place}: {Message} [{Code}]";

    internal Error ToError() => new(Code, Message, Place);
}
