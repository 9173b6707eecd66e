namespace Hufu.Logs.Intake;

/// <summary>Why what a foreign protocol brought is refused as a whole. Its text is for the sender's own log and so in the protocol's language, English.</summary>
public sealed class IntakeException : Exception
{
    /// <summary>Refuses with a reason.</summary>
    /// <param name="message">The reason.</param>
    /// <param name="isTooLarge">True when a limit is exceeded, false when it cannot be read.</param>
    public IntakeException(string message, bool isTooLarge) : base(message) => IsTooLarge = isTooLarge;

    /// <summary>Refuses what cannot be read.</summary>
    public IntakeException(string message) : base(message)
    {
    }

    /// <summary>Refuses what cannot be read, because of a fault.</summary>
    public IntakeException(string message, Exception inner) : base(message, inner)
    {
    }

    /// <summary>Refuses without a reason.</summary>
    public IntakeException()
    {
    }

    /// <summary>True when a limit is exceeded.</summary>
    public bool IsTooLarge { get; }
}
