using System.Globalization;
using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// What the stored text of an event must contain for rules to match it. Rules see values (<see cref="LogEventFields"/>) that stand in that text, but for two kinds, of which
/// every event is read: the records of an audit event are read anew, and a value within an array of objects is read from JSON, where a letter may be written as an escape.
/// </summary>
public static class HuntNeeds
{
    // The escapes of what words and addresses are made of: what is broken by another one still has its parts.
    private static readonly LogNeed[] Always =
    [
        new LogNeed.Text("auditd"),
        .. "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.".Select(c => new LogNeed.Text(string.Create(CultureInfo.InvariantCulture, $"u{(int)c:x4}"))),
    ];

    /// <summary>Null when rules may match an event of any text.</summary>
    public static LogNeed? Of(SigmaEngine engine) => SigmaNeed.Of(engine) is { } need ? new LogNeed.Any([Of(need), .. Always]) : null;

    private static LogNeed Of(SigmaNeed need) => need switch
    {
        SigmaNeed.All all => new LogNeed.All([.. all.Items.Select(Of)]),
        SigmaNeed.Any any => new LogNeed.Any([.. any.Items.Select(Of)]),
        SigmaNeed.Text text => new LogNeed.Text(text.Value),
        _ => throw new InvalidOperationException($"Need {need.GetType().Name} is not known."),
    };
}
