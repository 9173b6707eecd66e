using Hufu.Kernel;
using Hufu.Records.Obligations;
using Hufu.Web.Components;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Standard;

/// <summary>How the state of an output is shown.</summary>
internal static class OutputLabels
{
    internal static string Label(OutputStatus status) => status switch
    {
        OutputStatus.Missing => T("board.missing"),
        OutputStatus.Overdue => T("board.overdue"),
        OutputStatus.Due => T("board.due"),
        OutputStatus.Current => T("board.current"),
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    internal static Tone Tone(OutputStatus status) => status switch
    {
        OutputStatus.Missing => Components.Tone.Neutral,
        OutputStatus.Overdue => Components.Tone.Bad,
        OutputStatus.Due => Components.Tone.Warn,
        OutputStatus.Current => Components.Tone.Good,
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    /// <summary>Who owes an output: a person, or whoever has a role; null when nobody is named.</summary>
    internal static string? Owner(OutputState state, Hufu.Records.IDirectory directory) =>
        state.OwnerId is { } id && directory.Person(id) is { } person ? person.Name
        : state.OwnerRole is { } role ? ObligationType.Roles.FirstOrDefault(r => r.Code == role)?.Label.ToString() ?? role
        : null;
}
