namespace Hufu.Web.Components;

/// <summary>What a <see cref="Field"/> holds.</summary>
public enum FieldKind
{
    /// <summary>One line.</summary>
    Text,

    /// <summary>Several lines.</summary>
    LongText,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A day.</summary>
    Date,

    /// <summary>A day and a time.</summary>
    DateTime,

    /// <summary>One of a few: a select; up to four options with <c>Inline</c> as radio buttons.</summary>
    Choice,

    /// <summary>Any of a few: check boxes.</summary>
    ChoiceSet,

    /// <summary>Yes or no: one check box.</summary>
    Flag,

    /// <summary>A record found by search.</summary>
    Reference,

    /// <summary>A file.</summary>
    File,

    /// <summary>A secret that the browser hides.</summary>
    Password,

    /// <summary>An e-mail address.</summary>
    Email,
}

/// <summary>One option of a choice.</summary>
public sealed record Choice(string Value, string Label, string? Help = null, string? Group = null);

/// <summary>A record that a reference field holds: what is stored and what a person reads.</summary>
public sealed record Picked(string Value, string Label, string? Subtitle = null);

/// <summary>A fault in a form: the message, and the name of the field where it is.</summary>
public sealed record FormError(string Message, string? Field = null);

/// <summary>How a button looks.</summary>
public enum ButtonKind
{
    /// <summary>Ordinary.</summary>
    Default,

    /// <summary>The one that the page is for.</summary>
    Primary,

    /// <summary>Without a frame.</summary>
    Quiet,

    /// <summary>Removes or ends something.</summary>
    Danger,
}

/// <summary>Where a step of a wizard stands.</summary>
public enum StepState
{
    /// <summary>Still to come.</summary>
    Todo,

    /// <summary>Here.</summary>
    Current,

    /// <summary>Finished.</summary>
    Done,

    /// <summary>Has faults to correct.</summary>
    Failed,
}

/// <summary>One step of a wizard; a link leads back to it.</summary>
public sealed record Step(string Label, StepState State = StepState.Todo, string? Href = null, string? Note = null);
