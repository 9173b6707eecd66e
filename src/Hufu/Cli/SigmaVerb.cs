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
        var verb = new Command("sigma", "Check Sigma rules, try them on event files, and print them as SQL. Needs no data folder.");
        verb.Subcommands.Add(Check());
        verb.Subcommands.Add(Test());
        verb.Subcommands.Add(Sql());
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
        var mapping = SiteFiles.Mappings();
        var any = new Option<bool>("--any-source") { Description = "Try every rule on every event, whatever its logsource says." };
        var format = Format();
        var verb = new Command("test", """
            Run rules, correlations included, over event files and print what they match.
            Example:
              hufu sigma test my-rule.yml --events auth.log
            Exit code 0: something matched; 1: nothing did, or a rule is faulty; 2: nothing could be read.
            """) { paths, events, any, mapping, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            if (!SiteFiles.TryRead(parse.GetValue(mapping) ?? [], out var mappings) || Load(parse.GetValue(paths)!) is not { } loaded) return Exit.Refused;
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
                        matched += Process(session, item, parse.GetValue(any), mappings, found, rows);
                    }

                    foreach (var problem in reader.Problems) await Console.Error.WriteLineAsync($"{file}: {LogProblem.Text(problem)} [{LogProblem.CodeOf(problem)}]");
                }
            }

            await Console.Error.WriteLineAsync($"{matched} matches in {read} events by {engine.RuleCount} rules.{(engine.RegexTimeouts > 0 ? $" {engine.RegexTimeouts} regular expressions took too long and were given up: matches may be missing." : "")}");
            return matched > 0 && faults.Count == 0 ? Exit.Ok : Exit.Finding;
        });
        return verb;
    }

    private static Command Sql()
    {
        var paths = new Argument<string[]>("rules") { Description = "Rule files, folders or archives.", Arity = ArgumentArity.OneOrMore };
        var dialect = new Option<string>("--dialect") { Description = "duckdb (1.3 or later) or clickhouse (26.2 or later).", DefaultValueFactory = _ => "duckdb" };
        dialect.AcceptOnlyFromAmong("duckdb", "clickhouse");
        var schema = new Option<string>("--schema") { Description = "hufu: the product's own table, whose fields and log sources are those of hufu hunt; columns: a table with a column of text for each field, named as rules name it.", DefaultValueFactory = _ => "hufu" };
        schema.AcceptOnlyFromAmong("hufu", "columns");
        var table = new Option<string?>("--table") { Description = "What to read: a name, or for DuckDB read_parquet('…'). Default events, and in ClickHouse the product's hufu_events.", HelpName = "NAME" };
        var time = new Option<string>("--time") { Description = "For columns: an expression of the time in whole microseconds, such as epoch_us(time).", DefaultValueFactory = _ => "epoch_us(time)", HelpName = "SQL" };
        var id = new Option<string>("--id") { Description = "For columns: a column that tells events apart; events of one moment come in its order.", DefaultValueFactory = _ => "id", HelpName = "NAME" };
        var keywords = new Option<string[]>("--keywords") { Description = "For columns: where keywords are looked for.", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
        var any = new Option<bool>("--any-logsource", "--any-source") { Description = "Leave the log sources of the rules out. A table of columns has none, and needs this." };
        var mapping = SiteFiles.Mappings();
        var strict = new Option<bool>("--strict") { Description = "Exit code 2 when a rule was refused; everything else is printed all the same." };
        var verb = new Command("sql", """
            Print rules as SQL, one statement each: a detection as the events that match, a correlation as the moments at which it fires, counted in the order of
            the events' time. The same hits as hufu hunt; what a database cannot say exactly is refused, with file, line and reason, on standard error.
            Of the product's own table some events have more for a rule than its columns tell (arrays and objects in JSON, the further records of an audit event):
            statements leave those out, and a comment before each gives the condition that finds them. For ClickHouse bounds of the session are set first.
            Examples:
              hufu sigma sql sigma.zip --table "read_parquet('data/logs/*.parquet')" > rules.sql
              hufu sigma sql rules/ --dialect clickhouse
              hufu sigma sql my.yml --schema columns --table winlog --time "epoch_us(UtcTime)" --id RecordNumber --keywords Message --any-logsource
            Exit code 0: printed; 1: some rules cannot be used or have no SQL; 2: nothing could be read, or, with --strict, a rule was refused.
            """) { paths, dialect, schema, table, time, id, keywords, any, mapping, strict };
        verb.SetAction(parse =>
        {
            if (!SiteFiles.TryRead(parse.GetValue(mapping) ?? [], out var mappings) || Load(parse.GetValue(paths)!) is not { } loaded) return Exit.Refused;
            var to = parse.GetValue(dialect) == "clickhouse" ? SigmaSqlDialect.ClickHouse : SigmaSqlDialect.DuckDb;
            var own = parse.GetValue(schema) == "hufu";
            if (!own && !parse.GetValue(any)) return Terminal.Fail("A table of columns does not tell log sources: give --any-logsource, and only rules for what it holds.");
            if (!own && mappings.Sources.All.Count > 0) return Terminal.Fail("--mapping is for the product's own table: the columns of another are named by --schema columns.");
            var name = parse.GetValue(table) ?? (own && to == SigmaSqlDialect.ClickHouse ? "hufu_events" : "events");
            foreach (var fault in loaded.Faults) Console.Error.WriteLine(RowWriter.Printable($"refused: {fault}"));
            var (printed, refused) = (0, loaded.Faults.Count);
            if (to == SigmaSqlDialect.ClickHouse) Console.WriteLine(string.Join(' ', SigmaSql.ClickHouseSettings.Select(setting => $"SET {setting.Name} = {setting.Value};")) + Environment.NewLine);
            foreach (var rule in loaded.Engine.Rules)
            {
                var made = own ? Own(loaded.Engine, rule, to, name, parse.GetValue(any), mappings) : SigmaSql.Statement(loaded.Engine, rule, Named(to, name, parse.GetValue(time)!, parse.GetValue(id)!, parse.GetValue(keywords) ?? []));
                if (!made.IsOk)
                {
                    refused++;
                    foreach (var error in made.Errors) Console.Error.WriteLine(RowWriter.Printable($"refused: {error}"));
                    continue;
                }

                Console.WriteLine($"-- {RowWriter.Printable($"{rule.Title} ({rule.Key}) by {rule.Author ?? "-"}, {rule.Source}")}");
                Console.WriteLine(made.Value + ";");
                Console.WriteLine();
                printed++;
            }

            Console.Error.WriteLine($"{printed} statements; {refused} rules refused.");
            return refused == 0 ? Exit.Ok : parse.GetValue(strict) ? Exit.Refused : Exit.Finding;
        });
        return verb;

        static Result<string> Own(SigmaEngine engine, SigmaRule rule, SigmaSqlDialect to, string table, bool any, RuleMappings mappings)
        {
            // What the rule asks for is known when it has been translated once.
            var asked = new LogEventSql(to, table, any, mappings);
            if (SigmaSql.Statement(engine, rule, asked.Schema) is { IsOk: false } refused) return refused;
            var clear = new LogEventSql(to, $"(SELECT * FROM {asked.Schema.Table} WHERE NOT {asked.Unclear}) AS clear", any, mappings);
            var made = SigmaSql.Statement(engine, rule, clear.Schema);
            return made.IsOk ? Result.Of($"-- left out: {asked.Unclear.ReplaceLineEndings(" ")}\n{made.Value}") : made;
        }

        static SigmaSqlSchema Named(SigmaSqlDialect to, string table, string time, string id, string[] keywords) => new(to, field => new SigmaSqlField(SigmaSql.Name(to, field)), [.. keywords.Select(column => new SigmaSqlField(SigmaSql.Name(to, column)))])
        {
            Table = table, Time = time, Order = [(id, SigmaSql.Name(to, id))],
        };
    }

    internal static RowWriter Rows(string format) => new(Console.Out, format, ["time", "level", "rule", "event", "fields", "author"]);

    /// <summary>Runs one event through the rules and writes its matches.</summary>
    internal static int Process(SigmaSession session, LogEvent item, bool anySource, RuleMappings mappings, List<SigmaMatch> found, RowWriter rows)
    {
        found.Clear();
        var fields = new LogEventFields(item, mappings);
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
