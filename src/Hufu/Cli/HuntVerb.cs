using System.CommandLine;
using Hufu.Sigma;

namespace Hufu.Cli;

/// <summary><c>hufu hunt</c>: a rule over what is stored already.</summary>
internal static class HuntVerb
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("rules") { Description = "Sigma rule files or folders.", Arity = ArgumentArity.OneOrMore };
        var (from, to) = (LogsVerb.From(), LogsVerb.To());
        var any = new Option<bool>("--any-source") { Description = "Try every rule on every event, whatever its logsource says." };
        var format = SigmaVerb.Format();
        var verb = new Command("hunt", """
            Run Sigma rules, correlations included, over the stored logs and print what they match. Raises no alerts and changes nothing; works beside a
            running server. Events are taken in the order in which they were stored.
            Example:
              hufu hunt new-rule.yml --from 30d
            Exit code 0: something matched; 1: nothing did, or a rule is faulty; 2: the hunt could not be done.
            """) { paths, from, to, any, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            if (!LogsVerb.TryTime(parse.GetValue(from), out var begin)) return Terminal.Fail($"--from {parse.GetValue(from)}: write 2026-11-23T10:00, or 24h for so long ago.");
            if (!LogsVerb.TryTime(parse.GetValue(to), out var end)) return Terminal.Fail($"--to {parse.GetValue(to)}: write 2026-11-23T10:00, or 24h for so long ago.");
            if (SigmaVerb.Load(parse.GetValue(paths)!) is not var (engine, _, faults)) return Exit.Refused;
            foreach (var fault in faults) await Console.Error.WriteLineAsync(fault.ToString());
            if (LogsVerb.Open(parse) is not { } store) return Exit.Refused;
            await using var owned = store;
            long read = 0, matched = 0;
            var session = engine.NewSession();
            using (var line = new ProgressLine("hunt"))
            using (var rows = SigmaVerb.Rows(parse.GetValue(format)!))
            {
                var found = new List<SigmaMatch>();
                var segments = store.Segments.Select(s => (s.Id, Count: s.Events, Within: (begin is null || s.To >= begin) && (end is null || s.From < end))).ToList();
                segments.Add((segments.Count == 0 ? "00000001" : (int.Parse(segments[^1].Id, System.Globalization.CultureInfo.InvariantCulture) + 1).ToString("D8", System.Globalization.CultureInfo.InvariantCulture), store.OpenEvents, true));
                foreach (var (id, count, within) in segments)
                {
                    if (!within || count == 0) continue;
                    foreach (var item in store.EventsFrom(id, 0, count, cancellation))
                    {
                        if (item.Time < begin || item.Time >= end) continue;
                        read++;
                        line.Count(read);
                        matched += SigmaVerb.Process(session, item, parse.GetValue(any), found, rows);
                    }
                }
            }

            await Console.Error.WriteLineAsync($"{matched} matches in {read} events by {engine.RuleCount} rules.");
            if (session.LateEvents > 0) await Console.Error.WriteLineAsync($"{session.LateEvents} events were stored too late for the window of their correlation and do not count in it.");
            if (session.ForgottenEvents + engine.RegexTimeouts > 0) await Console.Error.WriteLineAsync($"Limits were reached ({session.ForgottenEvents} events forgotten, {engine.RegexTimeouts} regular expressions given up): matches may be missing.");
            return matched > 0 && faults.Count == 0 ? Exit.Ok : Exit.Finding;
        });
        return verb;
    }
}
