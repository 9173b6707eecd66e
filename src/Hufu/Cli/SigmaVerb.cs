using System.CommandLine;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Monitoring.Logs;
using Hufu.Sigma;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary><c>hufu sigma</c>: detection rules at the desk. Needs no data folder.</summary>
internal static class SigmaVerb
{
    internal static Command Create()
    {
        var verb = new Command("sigma", "Check Sigma rules, and try them on event files. Needs no data folder.");
        verb.Subcommands.Add(Check());
        verb.Subcommands.Add(Test());
        return verb;
    }

    internal static Option<string> Format()
    {
        var format = new Option<string>("--format") { Description = "table, jsonl or csv.", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "jsonl", "csv");
        return format;
    }

    private static Command Check()
    {
        var paths = new Argument<string[]>("paths") { Description = "Rule files, folders (searched for *.yml and *.yaml, with all below them) or archives (.zip, .tar, .tar.gz).", Arity = ArgumentArity.OneOrMore };
        var format = new Option<string>("--format") { Description = "table, jsonl, csv, json (one document) or sarif (SARIF 2.1.0, for code hosts and editors).", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "jsonl", "csv", "json", "sarif");
        var least = new Option<string>("--level") { Description = "Least grave finding to name: error, warning or note.", DefaultValueFactory = _ => "note" };
        least.AcceptOnlyFromAmong("error", "warning", "note");
        var verb = new Command("check", """
            Compile rules and name every fault with file and line; of those that can be used, also what is hardly meant (a selection that no condition names, a
            condition that is always true), what may cost much, and what others expect of a rule.
            Examples:
              hufu sigma check data/rules
              hufu sigma check sigma.zip --format sarif > rules.sarif
            Exit code 0: all rules can be used, whatever else was found; 1: some cannot; 2: nothing could be read.
            """) { paths, format, least };
        verb.SetAction(parse =>
        {
            if (Load(parse.GetValue(paths)!) is not { } loaded) return Exit.Refused;
            var floor = parse.GetValue(least) switch { "error" => SigmaSeverity.Error, "warning" => SigmaSeverity.Warning, _ => SigmaSeverity.Notice };
            var advice = SigmaLint.Check(loaded.Texts).Where(finding => finding.Severity != SigmaSeverity.Error).ToList();
            List<RuleFinding> findings = [.. loaded.Faults.Select(fault => new RuleFinding(fault)), .. advice.Where(finding => finding.Severity >= floor).Select(Of)];
            SigmaReport.Write(Console.Out, parse.GetValue(format)!, loaded.Engine.RuleCount, loaded.Documents, findings);
            var warnings = advice.Count(finding => finding.Severity == SigmaSeverity.Warning);
            Console.Error.WriteLine($"{loaded.Engine.RuleCount} of {loaded.Documents} rules can be used; {loaded.Faults.Count} faults, {warnings} warnings, {advice.Count - warnings} notes.");
            return loaded.Faults.Count == 0 ? Exit.Ok : Exit.Finding;
        });
        return verb;
    }

    private static RuleFinding Of(SigmaFinding finding) => new(new Error(finding.Code, finding.Message, finding.Place), finding.Severity == SigmaSeverity.Warning ? "warning" : "note");

    private static Command Test()
    {
        var paths = new Argument<string[]>("rules") { Description = "Rule files, folders or archives.", Arity = ArgumentArity.OneOrMore };
        var events = new Option<string[]>("--events") { Description = "Event files: JSON lines, syslog, access logs, Windows event logs (.evtx); .gz and .zst are unpacked.", Required = true, AllowMultipleArgumentsPerToken = true };
        var any = new Option<bool>("--any-source") { Description = "Try every rule on every event, whatever its logsource says." };
        var format = Format();
        var verb = new Command("test", """
            Run rules, correlations included, over event files and print what they match.
            Example:
              hufu sigma test my-rule.yml --events auth.log
            Exit code 0: something matched; 1: nothing did, or a rule is faulty; 2: nothing could be read.
            """) { paths, events, any, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            if (Load(parse.GetValue(paths)!) is not { } loaded) return Exit.Refused;
            var (engine, faults) = (loaded.Engine, loaded.Faults);
            foreach (var fault in faults) await Console.Error.WriteLineAsync(RowWriter.Printable(fault.ToString()));
            var files = parse.GetValue(events)!;
            if (files.FirstOrDefault(f => !File.Exists(f)) is { } missing) return Terminal.Fail($"There is no file {missing}.");
            var now = TimeProvider.System.GetUtcNow();
            var options = new LogParseOptions { ReferenceTime = now, AssumedOffset = SiteTime.Zone.GetUtcOffset(now) };
            long read = 0, matched = 0;
            using (var rows = Rows(parse.GetValue(format)!))
            {
                var session = engine.NewSession();
                var found = new List<SigmaMatch>();
                foreach (var file in files)
                {
                    await using var reader = LogFileReader.Open(file, options);
                    long number = 0;
                    await foreach (var record in reader.EventsAsync(now, Path.GetFileName(file), cancellation: cancellation))
                    {
                        read++;
                        var item = record with { Id = $"{file}:{++number}" };
                        matched += Process(session, item, parse.GetValue(any), found, rows);
                    }

                    foreach (var problem in reader.Problems) await Console.Error.WriteLineAsync($"{file}: {LogProblem.Text(problem)} [{LogProblem.CodeOf(problem)}]");
                }
            }

            await Console.Error.WriteLineAsync($"{matched} matches in {read} events by {engine.RuleCount} rules.{(engine.RegexTimeouts > 0 ? $" {engine.RegexTimeouts} regular expressions took too long and were given up: matches may be missing." : "")}");
            return matched > 0 && faults.Count == 0 ? Exit.Ok : Exit.Finding;
        });
        return verb;
    }

    internal static RowWriter Rows(string format) => new(Console.Out, format, ["time", "level", "rule", "event", "fields", "author"]);

    /// <summary>Runs one event through the rules and writes its matches.</summary>
    internal static int Process(SigmaSession session, LogEvent item, bool anySource, List<SigmaMatch> found, RowWriter rows)
    {
        found.Clear();
        var fields = new LogEventFields(item);
        session.Process(fields, item.Time, item.Id, anySource ? null : fields.Sources, found);
        foreach (var match in found)
            rows.Add(SiteTime.Local(match.OccurredAt), match.Rule.Level?.ToString().ToLowerInvariant(), match.Rule.Title, match.EventIds.Count == 1 ? match.EventIds[0] : $"{match.EventIds[^1]} (+{match.EventIds.Count - 1})", match.Fields.DistinctBy(f => f.Field).ToDictionary(f => f.Field, f => f.Value), match.Rule.Author);
        return found.Count;
    }

    /// <summary>Reads and compiles rules; null, with the reason on standard error, when a path is not there.</summary>
    internal static SigmaRules? Load(IEnumerable<string> paths)
    {
        var files = new RuleFiles();
        foreach (var path in paths)
        {
            if (files.Add(path)) continue;
            Terminal.Fail($"There is no file or folder {path}.");
            return null;
        }

        var engine = SigmaEngine.Compile(files.Rules);
        return new SigmaRules(engine, files.Rules, [.. files.Faults, .. engine.Refused], files.Texts, files.Rules.Count + files.Faults.Count);
    }
}

/// <summary>Rules that were read and compiled.</summary>
/// <param name="Engine">The engine with those that can be used.</param>
/// <param name="Rules">All that could be read.</param>
/// <param name="Faults">Why others could not be read or used.</param>
/// <param name="Texts">Name and contents of each file.</param>
/// <param name="Documents">How many rules there are, with those that could not be read.</param>
internal sealed record SigmaRules(SigmaEngine Engine, IReadOnlyList<SigmaRule> Rules, IReadOnlyList<Error> Faults, IReadOnlyList<KeyValuePair<string, string>> Texts, int Documents);
