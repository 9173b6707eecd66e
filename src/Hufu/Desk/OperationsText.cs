using System.Globalization;
using Hufu.Jobs;
using Hufu.Jobs.Mail;
using Hufu.Jobs.Webhooks;
using Hufu.Web.Components;
using static Hufu.Kernel.Texts;

namespace Hufu.Desk;

/// <summary>How states and durations of what runs behind the pages are shown.</summary>
internal static class OperationsText
{
    internal static Tone ToneOf(string jobState) => jobState switch
    {
        JobStates.Done => Tone.Good,
        JobStates.Failed => Tone.Bad,
        JobStates.Interrupted => Tone.Warn,
        JobStates.Running => Tone.Info,
        _ => Tone.Neutral,
    };

    /// <summary>A delivery or a mail: both know the same three states.</summary>
    internal static (string Label, Tone Tone) Sending(string state) => state switch
    {
        DeliveryStates.Sent => (T("ops.sent"), Tone.Good),
        DeliveryStates.Failed => (T("ops.failed"), Tone.Bad),
        MailStates.Queued => (T("ops.queued"), Tone.Neutral),
        _ => (state, Tone.Neutral),
    };

    /// <summary>How long a run took, or takes so far.</summary>
    internal static string? Duration(JobRun run, DateTimeOffset now) => run.StartedAt is { } start ? Duration((run.FinishedAt ?? now) - start) : null;

    internal static string Duration(TimeSpan time) => time < TimeSpan.FromMinutes(1)
        ? T("ops.seconds", Math.Max(0, time.TotalSeconds).ToString(time.TotalSeconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture))
        : time.ToString(time < TimeSpan.FromHours(1) ? @"m\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);
}
