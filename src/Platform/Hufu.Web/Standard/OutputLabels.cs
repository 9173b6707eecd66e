using System.Globalization;
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

    /// <summary>Whose an output is, its newest evidence and its next date, as far as they are known.</summary>
    internal static IReadOnlyList<string> Details(OutputState state, Hufu.Records.IDirectory directory)
    {
        var parts = new List<string>(3);
        if (Owner(state, directory) is { } owner) parts.Add(owner);
        if (state.NewestEvidence is { } newest) parts.Add(T("board.newest-on", newest.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        if (state.NextDue is { } due) parts.Add(T("board.next", due.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        return parts;
    }

    /// <summary>How often, in words: a cycle as the standard's data has it.</summary>
    internal static string? Cycle(string? cycle) => IsoDuration.Parse(cycle) switch
    {
        null => cycle,
        { Months: 1, Days: 0, HasTime: false } => T("board.cycle-month"),
        { Months: 12, Days: 0, HasTime: false } => T("board.cycle-year"),
        { Months: > 0, Days: 0, HasTime: false } period when period.Months % 12 == 0 => T("board.cycle-years", period.Months / 12),
        { Months: > 0, Days: 0, HasTime: false } period => T("board.cycle-months", period.Months),
        { Months: 0, Days: 1, HasTime: false } => T("board.cycle-day"),
        { Months: 0, Days: > 0, HasTime: false } period => T("board.cycle-days", period.Days),
        _ => cycle,
    };

    /// <summary>Who owes an output: a person, or whoever has a role; null when nobody is named.</summary>
    internal static string? Owner(OutputState state, Hufu.Records.IDirectory directory) =>
        state.OwnerId is { } id && directory.Person(id) is { } person ? person.Name
        : state.OwnerRole is { } role ? ObligationType.Roles.FirstOrDefault(r => r.Code == role)?.Label.ToString() ?? role
        : null;
}
