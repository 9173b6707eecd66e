using System.CommandLine;
using Hufu.Indicators;
using Hufu.Kernel;
using Hufu.Monitoring.Logs;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary><c>hufu indicators</c>, and how other verbs read indicators. Needs no data folder.</summary>
internal static class IndicatorsVerb
{
    /// <summary>How lists are looked for.</summary>
    internal sealed record Ways(Option<bool> Doubtful, Option<bool> Below, Option<bool> Lines, Option<string> Level)
    {
        internal IReadOnlyList<Option> All => [Doubtful, Below, Lines, Level];
    }

    internal static Command Create()
    {
        var verb = new Command("indicators", "Look over lists of indicators: STIX, MISP, CSV, text. Needs no data folder.");
        verb.Subcommands.Add(Check());
        return verb;
    }

    internal static Option<string[]> Option() => new("--indicators") { Description = "Lists of indicators: STIX, MISP, CSV or text; a file, a folder, a zip or a gz. May be given several times.", HelpName = "PATH", Arity = ArgumentArity.OneOrMore };

    internal static Ways How()
    {
        var level = new Option<string>("--indicator-level") { Description = "Level of hits by indicators.", DefaultValueFactory = _ => "high" };
        level.AcceptOnlyFromAmong("informational", "low", "medium", "high", "critical");
        return new Ways(
            new Option<bool>("--doubtful") { Description = "Also look for private addresses, public resolvers, domains that everybody asks for and the like." }, Below(),
            new Option<bool>("--whole-lines") { Description = "Look for addresses, hashes, domain names and URLs in whole lines, too." }, level);
    }

    /// <summary>Reads lists; null when none of it can be used, with the reasons on standard error, and how many were refused.</summary>
    internal static (IndicatorSet? Set, long Refused) Load(IReadOnlyList<string> paths, Ways ways, ParseResult parse)
    {
        if (paths.Count == 0) return (null, 0);
        long refused = 0;
        var lists = new List<(IndicatorListInfo, IndicatorListOptions, IEnumerable<Indicator>)>();
        foreach (var path in paths)
        {
            var items = new Dictionary<string, Indicator>(StringComparer.Ordinal);
            var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
            var report = IndicatorReader.Read(path, path, new IndicatorReadOptions { DomainsWithBelow = parse.GetValue(ways.Below) }, item => items[item.Id] = item);
            if (report.Failure is { } failure)
            {
                Terminal.Fail([failure.Place is null ? failure with { Place = path } : failure]);
                return (null, refused);
            }

            foreach (var fault in report.Refusals) Console.Error.WriteLine(RowWriter.Printable($"refused: {fault}"));
            if (report.Refused > report.Refusals.Count) Console.Error.WriteLine($"refused: {report.Refused - report.Refusals.Count:N0} more of {path}.");
            refused += report.Refused;
            var held = parse.GetValue(ways.Doubtful) ? 0 : items.Values.Count(item => item.Doubt.Length > 0);
            if (held > 0) Console.Error.WriteLine($"{path}: {held:N0} doubtful indicators are held back (--doubtful looks for them, hufu indicators check names why).");
            lists.Add((new IndicatorListInfo("", name, name, "", parse.GetValue(ways.Level)!), new IndicatorListOptions(parse.GetValue(ways.Lines)), items.Values.Where(item => held == 0 || item.Doubt.Length == 0)));
        }

        var set = IndicatorSet.Of(lists, TimeProvider.System);
        if (set.Count > 0) return (set, refused);
        Terminal.Fail("None of the indicators can be used.");
        return (null, refused);
    }

    private static Option<bool> Below() => new("--domains-below") { Description = "Take plain domain names of texts and tables for the name and all below it." };

    private static Command Check()
    {
        var paths = new Argument<string[]>("files") { Description = "Lists of indicators: STIX, MISP, CSV or text; files, folders, zip or gz.", Arity = ArgumentArity.OneOrMore };
        var column = new Option<int?>("--column") { Description = "For a table without names: number of the column with the value, from 1.", HelpName = "N" };
        var below = Below();
        var format = SigmaVerb.Format();
        var verb = new Command("check", """
            Read lists of indicators and print how many there are of each kind, how many are held back because they hardly tell of an attacker, how many are not to be
            looked for, and every one that cannot be used, with its place and the reason.
            Examples:
              hufu indicators check bundle.json
              hufu indicators check misp-feed.zip urls.csv --format jsonl
            Exit code 0: all of it can be used; 1: some cannot; 2: a file could not be read.
            """) { paths, column, below, format };
        verb.SetAction((parse, cancellation) =>
        {
            var (faulty, unread) = (false, false);
            using (var rows = new RowWriter(Console.Out, parse.GetValue(format)!, ["file", "what", "kind", "count", "place", "reason"]))
            {
                foreach (var path in parse.GetValue(paths)!)
                {
                    if (!File.Exists(path) && !Directory.Exists(path)) return Task.FromResult(Terminal.Fail($"There is no file or folder {path}."));
                    var report = IndicatorReader.Read(path, path, new IndicatorReadOptions { ValueColumn = parse.GetValue(column), DomainsWithBelow = parse.GetValue(below) }, _ => { }, cancellation);
                    foreach (var (kind, count) in report.Kinds) rows.Add(path, "indicators", kind, count, null, null);
                    foreach (var (why, count) in report.Doubts) rows.Add(path, "doubtful", why, count, null, IndicatorDoubts.Name(why).En);
                    foreach (var (why, count) in report.Left) rows.Add(path, "left", why, count, null, null);
                    foreach (var fault in report.Refusals) rows.Add(path, "refused", fault.Code, 1, fault.Place, fault.Message.En);
                    if (report.Refused > report.Refusals.Count) rows.Add(path, "refused", "more", report.Refused - report.Refusals.Count, null, "not listed");
                    faulty |= report.Refused > 0;
                    if (report.Failure is not { } failure) continue;
                    unread = true;
                    Terminal.Fail([failure.Place is null ? failure with { Place = path } : failure]);
                }
            }

            return Task.FromResult(unread ? Exit.Refused : faulty ? Exit.Finding : Exit.Ok);
        });
        return verb;
    }
}
