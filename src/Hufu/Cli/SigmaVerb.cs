using System.CommandLine;
using System.Text;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Monitoring.Logs;
using Hufu.Sigma;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary><c>hufu sigma</c>: detection rules at the desk. Needs no data folder.</summary>
internal static class SigmaVerb
{
    private const long MaxRuleBytes = 1 << 20;

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
        var paths = new Argument<string[]>("paths") { Description = "Rule files or folders (searched for *.yml and *.yaml, with all below them).", Arity = ArgumentArity.OneOrMore };
        var format = Format();
        var verb = new Command("check", """
            Compile rules and name every fault with file and line.
            Example:
              hufu sigma check data/rules
            Exit code 0: all rules can be used; 1: some cannot; 2: nothing could be read.
            """) { paths, format };
        verb.SetAction(parse =>
        {
            if (Load(parse.GetValue(paths)!) is not var (engine, rules, faults)) return Exit.Refused;
            using (var rows = new RowWriter(Console.Out, parse.GetValue(format)!, ["place", "code", "message"]))
                foreach (var fault in faults) rows.Add(fault.Place, fault.Code, fault.Message.ToString());
            Console.Error.WriteLine($"{engine.RuleCount} of {rules} rules can be used; {faults.Count} faults.");
            return faults.Count == 0 ? Exit.Ok : Exit.Finding;
        });
        return verb;
    }

    private static Command Test()
    {
        var paths = new Argument<string[]>("rules") { Description = "Rule files or folders.", Arity = ArgumentArity.OneOrMore };
        var events = new Option<string[]>("--events") { Description = "Event files: JSON lines, syslog, access logs; .gz and .zst are unpacked.", Required = true, AllowMultipleArgumentsPerToken = true };
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
            if (Load(parse.GetValue(paths)!) is not var (engine, _, faults)) return Exit.Refused;
            foreach (var fault in faults) await Console.Error.WriteLineAsync(fault.ToString());
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
                    await using var stream = RecordReader.OpenFile(file);
                    using var reader = new RecordReader(stream, LogFraming.Auto);
                    var said = new LogStream();
                    long number = 0;
                    while (await reader.ReadAsync(cancellation) is { } record)
                    {
                        read++;
                        var item = LogParser.Parse(record.Bytes.Span, now, Path.GetFileName(file), options, said) with { Id = $"{file}:{++number}" };
                        matched += Process(session, item, parse.GetValue(any), found, rows);
                    }
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
    internal static (SigmaEngine Engine, int Rules, IReadOnlyList<Error> Faults)? Load(IEnumerable<string> paths)
    {
        var rules = new List<SigmaRule>();
        var faults = new List<Error>();
        foreach (var path in paths)
        {
            if (!File.Exists(path) && !Directory.Exists(path))
            {
                Terminal.Fail($"There is no file or folder {path}.");
                return null;
            }

            foreach (var file in Directory.Exists(path) ? (IEnumerable<string>)Directory.EnumerateFiles(path, "*.y*ml", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : [path])
            {
                if (new FileInfo(file).Length > MaxRuleBytes)
                {
                    faults.Add(Error.Of("logs.rule.too-large", "規則檔超過 1 MB。", "The rule file is larger than 1 MB.", file));
                    continue;
                }

                var read = SigmaParser.Parse(File.ReadAllText(file, Encoding.UTF8), file);
                rules.AddRange(read.Rules);
                faults.AddRange(read.Errors);
            }
        }

        var engine = SigmaEngine.Compile(rules);
        var count = rules.Count + faults.Count;
        faults.AddRange(engine.Refused);
        return (engine, count, faults);
    }
}
