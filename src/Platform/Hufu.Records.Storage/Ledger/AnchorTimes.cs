using System.Globalization;
using Hufu.Kernel;

namespace Hufu.Records.Storage.Ledger;

/// <summary>
/// Holds the times that the changes tell of themselves against what outsiders said: a leaf that lies in a checkpoint was there when the checkpoint was
/// stamped, so its own time cannot be later; one that lies behind it was added afterwards, so it cannot be much earlier. Either shows a clock that was
/// wrong or was moved. Leaves must be shown in their order.
/// </summary>
internal sealed class AnchorTimes
{
    // Clocks differ a little; a long import or a ledger that could not be written for a while has its changes follow late.
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Behind = TimeSpan.FromHours(1);

    private readonly (long Size, DateTimeOffset At, string Who)[] statements;
    private readonly int[] soonest;
    private readonly List<BrokenPlace> remarks = [];
    private int passed;
    private int latest = -1;
    private DateTimeOffset? highest;
    private bool toldAhead;
    private bool toldBehind;
    private bool toldBack;

    internal AnchorTimes(IReadOnlyList<JudgedAnchor> anchors)
    {
        statements = [.. anchors.SelectMany(a => a.Words.Select(w => (a.Anchor.Size, w.Time, w.Name)).Concat(a.Stamp is { } stamp ? [(a.Anchor.Size, stamp.Time, stamp.Authority)] : [])).OrderBy(s => s.Size)];
        // Of the statements from each one on, the one with the earliest time.
        soonest = new int[statements.Length];
        for (var i = statements.Length - 1; i >= 0; i--) soonest[i] = i + 1 < statements.Length && statements[soonest[i + 1]].At < statements[i].At ? soonest[i + 1] : i;
    }

    /// <summary>The first contradiction of each kind.</summary>
    internal IReadOnlyList<BrokenPlace> Remarks => remarks;

    /// <summary>Looks at the next leaf.</summary>
    internal void Look(long position, DateTimeOffset at)
    {
        for (; passed < statements.Length && statements[passed].Size <= position; passed++)
            if (latest < 0 || statements[passed].At > statements[latest].At) latest = passed;
        if (passed < statements.Length && statements[soonest[passed]] is var seen && at > seen.At + Ahead && !toldAhead)
        {
            toldAhead = true;
            Tell("clock.ahead-of-stamp", position, $"帳本項 #{position} 自稱 {Text(at)}，但 {seen.Who} 在 {Text(seen.At)} 就已為含有它的檢查點作證：當時系統時鐘過快，或事後被調回。", $"Leaf #{position} says {Text(at)}, but {seen.Who} vouched at {Text(seen.At)} for a checkpoint that has it: the clock was ahead then, or was moved back since.");
        }

        if (latest >= 0 && statements[latest] is var before && at < before.At - Behind && !toldBehind)
        {
            toldBehind = true;
            Tell("clock.behind-stamp", position, $"帳本項 #{position} 自稱 {Text(at)}，卻排在 {before.Who} 於 {Text(before.At)} 作證的檢查點（{before.Size} 項）之後：時鐘被調回，或異動被倒填日期。", $"Leaf #{position} says {Text(at)}, but comes after the checkpoint of {before.Size} leaves for which {before.Who} vouched at {Text(before.At)}: the clock was moved back, or the change was backdated.");
        }

        if (highest is { } high && at < high - Behind && !toldBack)
        {
            toldBack = true;
            Tell("clock.moved-back", position, $"帳本項 #{position} 自稱 {Text(at)}，比它之前的帳本項（{Text(high)}）早一小時以上：系統時鐘曾被調回。", $"Leaf #{position} says {Text(at)}, more than an hour before a leaf that precedes it ({Text(high)}): the clock was moved back.");
        }

        if (highest is null || at > highest) highest = at;
    }

    private void Tell(string code, long position, string zh, string en) => remarks.Add(new BrokenPlace(code, $"#{position}", new LocalizedText(zh, en)));

    private static string Text(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
