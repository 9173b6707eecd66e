using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Hufu.Logs;
using Hufu.Monitoring.Logs;
using Hufu.Sigma;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary><c>hufu hunt</c>: rules over event files, with no server and no data folder, or over what is stored already.</summary>
internal static class HuntVerb
{
    // What the largest event of Windows and of the cloud services needs; a longer line comes in pieces.
    private const int MostRecord = 4 << 20;

    // Events that an estimate measures with, behind some that only find the code.
    private const int MeasuredEvents = 5_000;

    private static readonly string[] Locales = ["LC_ALL", "LC_MESSAGES", "LANG"];

    internal static Command Create()
    {
        var paths = new Argument<string[]>("files") { Description = "Event files, folders with all below them, or - for standard input. Without --rules: rules for the stored logs.", Arity = ArgumentArity.ZeroOrMore };
        var rules = new Option<string[]>("--rules") { Description = "Sigma rules: a file, a folder with all below it, or an archive (.zip, .tar, .tar.gz). May be given several times.", HelpName = "PATH", Arity = ArgumentArity.OneOrMore };
        var indicators = IndicatorsVerb.Option();
        var filters = More("--filters", "filter");
        var correlations = More("--correlations", "correlation");
        var (from, to) = (LogsVerb.From(), LogsVerb.To());
        var where = new Option<string?>("--where") { Description = "Of the stored logs, only events that this search finds; written as on the search page. Correlations count only these.", HelpName = "QUERY" };
        var any = new Option<bool>("--any-logsource", "--any-source") { Description = "Try every rule on every event, whatever its logsource says. For trying out rules." };
        var timeField = new Option<string?>("--time-field") { Description = "The field of an event's time, by its dotted path or the rules' name for it; where it is no time, the time that the format has counts.", HelpName = "NAME" };
        var kind = new Option<string?>("--as") { Description = "The format or decoder to read every record with (see hufu parse --help). Without it each file and record is recognised by itself.", HelpName = "NAME" };
        var (mapping, decoders) = (SiteFiles.Mappings(), SiteFiles.Decoders());
        var format = new Option<string>("--format") { Description = "table, jsonl (one JSON object a hit), csv, or html (a time line to hand over).", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "jsonl", "csv", "html");
        var file = new Option<string?>("--output", "-o") { Description = "Write into a file, which is there whole or not at all.", HelpName = "FILE" };
        var language = new Option<string?>("--language") { Description = "Of the HTML page: zh-TW or en. Without it, that of the environment." };
        language.AcceptOnlyFromAmong("zh-TW", "en");
        var estimate = new Option<bool>("--estimate") { Description = "Of the stored logs: say how much would be read and about how long it takes, and do nothing else." };
        var strict = new Option<bool>("--strict") { Description = "Exit code 2 when a rule was refused; everything else is done all the same." };
        var verb = new Command("hunt", """
            Run Sigma rules, with their filters and correlations, and indicators over event files and print what they match. Needs no server and no data folder.
            Reads Windows event logs (.evtx), JSON lines, JSON arrays and {"Records":[…]}, CSV with a header, syslog, access logs and the other formats of
            hufu parse; gz, zst, zip and tar are unpacked as they are read. A hit names its file and the 0-based position of the event in it: blank lines and a CSV's
            header do not count. Events of correlations are counted in the order of their time, over all files.
            Filters and correlations among the rules are used by themselves. --filters and --correlations take further ones; what follows them is taken as such
            only if it is a .yml or .yaml, or a folder or archive that holds some; otherwise it is an event file.
            --indicators compares events with lists of indicators (STIX, MISP, CSV, text), beside rules or alone; a hit has the indicator's id for its rule and who gave it for its author.
            --mapping says which log source events of your own are and what the rules' fields are called in them, --decoders how lines of your own are read; both as the
            pages export them.
            With --rules or --indicators and no files, or with rules alone, the hunt goes over the stored logs (--data), beside a running server if need be. Raises no alerts and changes nothing.
            Examples:
              hufu hunt --rules sigma.zip Security.evtx Sysmon.evtx
              hufu hunt --rules rules/ --filters ours.yml --from 2026-11-01 --format html --output hunt.html evidence/
              zcat cloudtrail.json.gz | hufu hunt --rules sigma/rules/cloud --format jsonl -
              hufu hunt --indicators feed.json --domains-below proxy.log
              hufu hunt --rules sigma.zip --mapping our-edr.json edr.jsonl
              hufu hunt new-rule.yml --from 30d --where "source:vpn OR source:ad"
              hufu hunt --rules sigma.zip --from 90d --estimate
            Exit code 0: done, whether or not something matched; 2: the hunt could not be done, or, with --strict, a rule was refused.
            """) { paths, rules, indicators, filters, correlations, from, to, where, any, mapping, timeField, kind, decoders, format, file, language, estimate, strict };
        var looking = IndicatorsVerb.How();
        foreach (var option in looking.All) verb.Options.Add(option);
        verb.SetAction(async (parse, cancellation) =>
        {
            if (!LogsVerb.TryTime(parse.GetValue(from), out var begin)) return Terminal.Fail($"--from {parse.GetValue(from)}: write 2026-11-23T10:00, or 24h for so long ago.");
            if (!LogsVerb.TryTime(parse.GetValue(to), out var end)) return Terminal.Fail($"--to {parse.GetValue(to)}: write 2026-11-23T10:00, or 24h for so long ago.");
            if (!SiteFiles.TryRead(parse.GetValue(decoders), out var ownDecoders) || !SiteFiles.TryRead(parse.GetValue(mapping) ?? [], out var mappings) || !SiteFiles.IsFormat(parse.GetValue(kind), ownDecoders)) return Exit.Refused;
            var lists = parse.GetValue(indicators) ?? [];
            var ruled = parse.GetResult(rules) is { Implicit: false } || lists.Length > 0;
            List<string> sources = [.. ruled ? parse.GetValue(rules) ?? [] : parse.GetValue(paths)!];
            List<string> named = [.. ruled ? parse.GetValue(paths)! : []];
            foreach (var further in (parse.GetValue(filters) ?? []).Concat(parse.GetValue(correlations) ?? []))
                (RuleFiles.Holds(further) ? sources : named).Add(further);
            if (sources.Count == 0 && lists.Length == 0) return Terminal.Fail("No rules: give --rules with a file, a folder or an archive of Sigma rules.");
            if (!ruled && named.Count > 0) return Terminal.Fail($"{named[0]} holds no rules, and event files need --rules before them.");
            var unread = new List<string>();
            if (EventFiles.Expand(named, unread, out var missing) is not { } files) return Terminal.Fail($"There is no file or folder {missing}.");
            if (named.Count > 0 && files.Count == 0) return Terminal.Fail($"There is no file in {string.Join(", ", named)}.");
            if (SigmaVerb.Load(sources) is not { } loaded) return Exit.Refused;
            foreach (var fault in loaded.Faults) await Console.Error.WriteLineAsync(RowWriter.Printable($"refused: {fault}"));
            if (lists.FirstOrDefault(l => !File.Exists(l) && !Directory.Exists(l)) is { } nowhere) return Terminal.Fail($"There is no file or folder {nowhere}.");
            var (set, refused) = IndicatorsVerb.Load(lists, looking, parse);
            if (lists.Length > 0 && set is null) return Exit.Refused;
            if (loaded.Engine.RuleCount == 0 && set is null)
                return Terminal.Fail(ruled ? $"None of {loaded.Documents} rules can be used." : $"None of {loaded.Documents} rules can be used. Without --rules, what is named is taken as rules; for event files write: hufu hunt --rules RULES FILES.");

            var now = TimeProvider.System.GetUtcNow();
            var options = new HuntOptions
            {
                From = begin, To = end, AnyLogSource = parse.GetValue(any), TimeField = parse.GetValue(timeField), Indicators = set, Mappings = mappings,
                Parse = new LogParseOptions { Format = parse.GetValue(kind), Decoders = ownDecoders, ReferenceTime = now, AssumedOffset = SiteTime.Zone.GetUtcOffset(now), MaxLength = MostRecord },
            };
            var search = SearchQuery.Parse(parse.GetValue(where) ?? "");
            if (!search.IsOk) return Terminal.Fail(search.Errors);
            if (search.Value.IsTable) return Terminal.Fail("--where cannot have commands behind |.");
            if (parse.GetValue(estimate) && named.Count > 0) return Terminal.Fail("--estimate is for the stored logs.");
            if (parse.GetValue(where) is not null && named.Count > 0) return Terminal.Fail("--where is for the stored logs; event files are not searched.");
            LogStore? store = null;
            var data = Host.Storage(parse).DataFolder;
            if (named.Count == 0 && !Directory.Exists(Path.Combine(data, "logs"))) return Terminal.Fail($"No event files are named, and there is no log store in {data} to hunt in instead (use --data FOLDER).");
            if (named.Count == 0 && (store = LogsVerb.Open(parse)) is null) return Exit.Refused;
            await using var owned = store;
            var asked = new LogSearch { Query = search.Value, From = begin, To = end, Whole = true, Needs = set is null ? HuntNeeds.Of(loaded.Engine) : null };
            IReadOnlyList<LogStretch> stretches = store is null ? [] : IndicatorWords.Narrow(store, asked, store.StretchesOf(asked), loaded.Engine.RuleCount == 0 ? set?.Words : null);
            var toRead = stretches.Sum(stretch => (long)stretch.Events);
            if (parse.GetValue(estimate)) return await EstimateAsync();
            var target = parse.GetValue(file);
            var draft = target is null ? null : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(target))!, $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}");
            try
            {
                HuntCounts counts;
                await using (var stream = draft is null ? Console.OpenStandardOutput() : new FileStream(draft, FileMode.CreateNew, FileAccess.Write))
                {
                    using var output = Writer(parse.GetValue(format)!, stream, draft is null, parse.GetValue(language) ?? Language(), Period(begin, end), EventFiles.Common(files));
                    var hunt = new Hunt(loaded.Engine, loaded.Rules, options, output);
                    counts = hunt.Counts;
                    counts.Unread.AddRange(unread);
                    (counts.RuleCount, counts.IndicatorCount, counts.Refused) = (loaded.Engine.RuleCount, set?.Count ?? 0, loaded.Faults.Count);
                    using (var line = new ProgressLine("hunt"))
                    {
                        if (store is null) await hunt.FilesAsync(files, line, cancellation);
                        else await hunt.StoreAsync(Stored(), toRead, line, cancellation);
                    }

                    output.Finish(counts);
                }

                if (draft is not null) File.Move(draft, target!, overwrite: true);
                await SummaryAsync(counts, loaded.Engine);
                if (counts.Files > 0 && counts.FilesFailed == counts.Files) return Exit.Refused;
                if (parse.GetValue(strict) && (loaded.Faults.Count > 0 || refused > 0)) return Exit.Refused;
                return Exit.Ok;
            }
            catch (Exception fault) when (draft is not null && fault is IOException or UnauthorizedAccessException)
            {
                return Terminal.Fail($"{target}: {fault.Message}");
            }
            finally
            {
                if (draft is not null) File.Delete(draft);
            }

            IEnumerable<LogEvent> Stored() => stretches.SelectMany(stretch => store!.EventsOf(asked, stretch, cancellation));

            async Task<int> EstimateAsync()
            {
                var (whole, took) = (store!.StretchesOf(asked with { Needs = null }).Sum(stretch => (long)stretch.Events), TimeSpan.Zero);
                // What a search finds of them is not known before they are read.
                var some = stretches.MaxBy(stretch => stretch.Events) is { } most ? most with { Events = Math.Min(most.Events, MeasuredEvents) } : null;
                var measured = some?.Events ?? 0;
                // The first run finds the code.
                for (var run = 0; run < 2 && some is not null; run++)
                {
                    var clock = Stopwatch.StartNew();
                    using (var line = new ProgressLine("estimate")) await new Hunt(loaded.Engine, loaded.Rules, options, new NoHits()).StoreAsync(store.EventsOf(asked, some, cancellation), measured, line, cancellation);
                    took = clock.Elapsed;
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{loaded.Engine.RuleCount:N0} rules{(set is null ? "" : $" and {set.Count:N0} indicators")} would read {toRead:N0} events, {stretches.Sum(stretch => stretch.Bytes) / 1e6:N1} MB as they are stored{(whole > toRead ? $"; {whole - toRead:N0} events cannot match and are passed over" : "")}."));
                if (measured > 0 && took > TimeSpan.Zero) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"At {measured / took.TotalSeconds:N0} events/s, as {measured:N0} of them went, that takes about {TimeSpan.FromSeconds(Math.Ceiling(toRead * took.TotalSeconds / measured)):g}."));
                return Exit.Ok;
            }
        });
        return verb;
    }

    private static Option<string[]> More(string name, string what) => new(name)
    {
        Description = $"Further {what} documents: a file, a folder or an archive. Those among the rules are used without it.", HelpName = "PATH", Arity = ArgumentArity.ZeroOrMore,
    };

    private static IHitWriter Writer(string format, Stream stream, bool shown, string language, string? period, string folder)
    {
        var terminal = shown && !Console.IsOutputRedirected;
        return format switch
        {
            "jsonl" => new JsonHits(stream),
            "csv" => new CsvHits(stream),
            "html" => new HuntPage(stream, language, period),
            _ => new TableHits(stream, terminal ? Math.Clamp(Console.WindowWidth, 100, 1_000) : null, terminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb", folder),
        };
    }

    /// <summary>The language of the environment, of those that there are.</summary>
    private static string Language()
    {
        var told = Locales.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value)) ?? CultureInfo.CurrentUICulture.Name;
        return told.StartsWith("zh", StringComparison.OrdinalIgnoreCase) ? "zh-TW" : "en";
    }

    private static string? Period(DateTimeOffset? from, DateTimeOffset? to)
    {
        return from is null && to is null ? null : $"{Text(from)} – {Text(to)}";

        static string Text(DateTimeOffset? at) => at is { } time ? SiteTime.Local(time).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "…";
    }

    private static async Task SummaryAsync(HuntCounts counts, SigmaEngine engine)
    {
        var error = Console.Error;
        foreach (var part in counts.Unread) await error.WriteLineAsync(RowWriter.Printable($"not read: {part}"));
        await error.WriteLineAsync($"{counts.Hits:N0} matches in {counts.Events:N0} events{(counts.Files > 0 ? $" of {counts.Files:N0} {(counts.Files == 1 ? "file" : "files")}" : "")} by {counts.RuleCount:N0} rules{(counts.IndicatorCount > 0 ? $" and {counts.IndicatorCount:N0} indicators" : "")}.");
        if (counts.Kinds.Count > 0) await error.WriteLineAsync($"Events: {string.Join(", ", counts.Kinds.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value:N0}"))}.");
        if (counts.Hits > 0)
        {
            var levels = counts.Levels.Reverse().Select(pair => $"{pair.Key.ToString().ToLowerInvariant()} {pair.Value:N0}");
            await error.WriteLineAsync($"Levels: {string.Join(", ", counts.Unlevelled > 0 ? levels.Append($"none {counts.Unlevelled:N0}") : levels)}.");
            await error.WriteLineAsync("Most:");
            foreach (var (rule, count) in counts.Rules.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.Title, StringComparer.Ordinal).Take(10))
                await error.WriteLineAsync(RowWriter.Printable($"  {count,9:N0}  {rule.Level?.ToString().ToLowerInvariant() ?? "-",-13}  {rule.Title} ({rule.Author ?? "-"})"));
        }

        foreach (var warning in engine.Warnings) await error.WriteLineAsync(RowWriter.Printable($"warning: {warning}"));
        if (counts.Refused > 0) await error.WriteLineAsync($"{counts.Refused:N0} rules were refused; they are named above.");
        if (counts.Unread.Count > 0) await error.WriteLineAsync($"{counts.Unread.Count:N0} parts could not be read; they are named above.");
        if (counts.OutOfRange > 0) await error.WriteLineAsync($"{counts.OutOfRange:N0} events are outside --from and --to.");
        if (counts.WithoutTime > 0) await error.WriteLineAsync($"{counts.WithoutTime:N0} events have no time and were left out: --from and --to cannot tell about them.");
        if (counts.TimeFieldUnread > 0) await error.WriteLineAsync($"{counts.TimeFieldUnread:N0} events have no time in the field of --time-field that can be read: the time of their format counts.");
        if (counts.TimeFieldAbsent > 0) await error.WriteLineAsync($"{counts.TimeFieldAbsent:N0} events do not have the field of --time-field: the time of their format counts.");
        if (counts.LateEvents > 0) await error.WriteLineAsync($"{counts.LateEvents:N0} events came too late for the window of their correlation and do not count in it.");
        if (counts.ForgottenEvents + engine.RegexTimeouts > 0) await error.WriteLineAsync($"Limits were reached ({counts.ForgottenEvents:N0} events forgotten, {engine.RegexTimeouts:N0} regular expressions given up): matches may be missing.");
    }
}
