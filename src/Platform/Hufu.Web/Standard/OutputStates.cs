using Hufu.Web.Components;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Standard;

/// <summary>How the state of an output is shown.</summary>
internal static class OutputStates
{
    internal static string Label(OutputState state) => state switch
    {
        OutputState.Missing => T("board.missing"),
        OutputState.Overdue => T("board.overdue"),
        OutputState.Due => T("board.due"),
        OutputState.Current => T("board.current"),
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    internal static Tone Tone(OutputState state) => state switch
    {
        OutputState.Missing => Components.Tone.Neutral,
        OutputState.Overdue => Components.Tone.Bad,
        OutputState.Due => Components.Tone.Warn,
        OutputState.Current => Components.Tone.Good,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}
