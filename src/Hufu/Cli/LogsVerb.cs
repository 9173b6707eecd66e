using System.CommandLine;
using System.Globalization;
using Hufu.Logs;
using Hufu.Monitoring.Logs;
using Hufu.Records;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary><c>hufu logs</c>: the log store from the command line.</summary>
internal static class LogsVerb
{
    internal static Option<string?> From() => new("--from") { Description = "Events at or after: 2026-11-23, 2026-11-23T10:00 (the site's time zone), with an offset, or so long ago: 90m, 36h, 7d." };

    internal static Option<string?> To() => new("--to") { Description = "Events before; written as --from." };

    internal static Command Create()
    {
        var verb = new Command("logs", "Search, ingest and prove log events, and show what is kept. All but ingesting look at the store beside a running server; ingesting needs the server stopped, because one process owns the store.");
        verb.Subcommands.Add(Search());
        verb.Subcommands.Add(Ingest());
        verb.Subcommands.Add(Storage());
        verb.Subcommands.Add(Coverage());
        verb.Subcommands.Add(ProofVerbs.CreateProve());
        return verb;
    }

    private static Command Search()
    {
        var query = new Argument<string>("query") { Description = "As on the search page: words, \"phrases\", field:value, field:>1, field:10.0.0.0/8, field:[1 TO 9], /pattern/, AND, OR, NOT, ( ); commands behind | make a table. Empty for everything.", DefaultValueFactory = _ => "" };
        var (from, to) = (From(), To());
        var limit = new Option<int>("--limit") { Description = "Most events, newest first; of a table, most rows (up to 10,000).", DefaultValueFactory = _ => 100 };
        var format = new Option<string>("--format") { Description = "table, jsonl, csv, or raw (the lines as they came in).", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "jsonl", "csv", "raw");
        var verb = new Command("search", """
            Find events in the store, newest first. Works whether or not the server runs, and changes nothing.
            Examples:
              hufu logs search 'app:sshd failed' --from 24h
              hufu logs search 'src_ip:203.0.113.7' --from 2026-11-23 --to 2026-11-24 --format jsonl --limit 5000
              hufu logs search 'app:sshd failed | stats count, dc(user) by src_ip | sort -count | head 20' --from 7d --format csv
            Exit code 0: found; 1: nothing was found; 2: the search could not be done.
            """) { query, from, to, limit, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var read = SearchQuery.Parse(parse.GetValue(query)!);
            if (!read.IsOk) return Terminal.Fail(read.Errors);
            if (!TryTime(parse.GetValue(from), out var begin)) return Terminal.Fail($"--from {parse.GetValue(from)}: write 2026-11-23T10:00, or 24h for so long ago.");
            if (!TryTime(parse.GetValue(to), out var end)) return Terminal.Fail($"--to {parse.GetValue(to)}: write 2026-11-23T10:00, or 24h for so long ago.");
            if (parse.GetValue(limit) is < 1 or > 10_000_000) return Terminal.Fail("--limit is a number from 1 to 10,000,000.");
            if (Open(parse) is not { } store) return Exit.Refused;
            await using var owned = store;
            var left = parse.GetValue(limit);
            var kind = parse.GetValue(format)!;
            var found = 0;
            if (read.Value.IsTable)
            {
                if (kind == "raw") return Terminal.Fail("A search with commands gives a table: use --format table, csv or jsonl.");
                var table = await store.TableAsync(new LogSearch { Query = read.Value, From = begin, To = end, DayOffset = SiteTime.Zone.GetUtcOffset(end ?? DateTimeOffset.UtcNow) }, Math.Min(left, 10_000), cancellation);
                await using (var lines = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16))
                using (var rows = new RowWriter(lines, kind, [.. table.Columns.Select(column => column.Name)]))
                {
                    foreach (var row in table.Rows) rows.Add([.. row.Select(value => kind == "table" && value is DateTimeOffset at ? SiteTime.Local(at) : value)]);
                }

                if (table.Truncated) await Console.Error.WriteLineAsync($"The table is longer; it was cut after {table.Rows.Count} rows (--limit, at most 10,000).");
                return await SaidAsync(table.Rows.Count);
            }

            await using var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16);
            using (var rows = new RowWriter(output, kind, kind == "table" ? ["time", "id", "host", "app", "message"] : ["id", "time", "receivedAt", "source", "host", "app", "severity", "sourceIp", "format", "message", "raw", "fields", "problems"]))
            {
                LogCursor? after = null;
                do
                {
                    var page = await store.SearchAsync(new LogSearch { Query = read.Value, From = begin, To = end, Limit = Math.Min(left, 1_000), After = after }, cancellation);
                    foreach (var item in page.Events)
                    {
                        found++;
                        if (kind == "raw") await output.WriteLineAsync(item.Raw);
                        else if (kind == "table") rows.Add(SiteTime.Local(item.Time), item.Id, item.Host, item.App, item.Message);
                        else rows.Add(item.Id, item.Time, item.ReceivedAt, item.Source, item.Host, item.App, item.Severity, item.SourceIp, item.Format, item.Message, item.Raw, item.Fields, item.Problems);
                    }

                    left -= page.Events.Count;
                    after = page.Next;
                }
                while (after is not null && left > 0);
                if (after is not null) await Console.Error.WriteLineAsync($"There are more events; --limit {parse.GetValue(limit)} ends here.");
            }

            return await SaidAsync(found);

            static async Task<int> SaidAsync(int found)
            {
                if (found > 0) return Exit.Ok;
                await Console.Error.WriteLineAsync("Nothing was found.");
                return Exit.Finding;
            }
        });
        return verb;
    }

    private static Command Storage()
    {
        var format = new Option<string>("--format") { Description = "table, jsonl or csv: a row a source.", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "jsonl", "csv");
        var verb = new Command("storage", """
            Show what the store keeps of each source: events, share of the files' bytes, since when, and how long the rules keep it. Works whether or not
            the server runs. What came in since the last segment was sealed is not in it.
            Exit code 0: shown; 2: the store cannot be read.
            """) { format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            if (Open(parse) is not { } store) return Exit.Refused;
            await using var owned = store;
            var storage = await services.GetRequiredService<LogKeeping>().StorageAsync(store, cancellation);
            var kind = parse.GetValue(format)!;
            await using (var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16))
            using (var rows = new RowWriter(output, kind, ["source", "events", "bytes", "from", "to", "keepDays"]))
                foreach (var source in storage.Sources) rows.Add(source.Source, source.Events, source.Bytes, kind == "table" ? SiteTime.Local(source.From) : source.From, kind == "table" ? SiteTime.Local(source.To) : source.To, source.Keep?.TotalDays);
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{storage.Events:N0} events in {storage.Files.Count} files, {storage.Bytes / 1e6:F1} MB on the disk; {storage.FreeBytes / 1e9:F1} GB free."));
            return Exit.Ok;
        });
        return verb;
    }

    private static Command Coverage()
    {
        var format = new Option<string>("--format") { Description = "table, jsonl or csv: a row an asset and kind of event.", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "jsonl", "csv");
        var verb = new Command("coverage", """
            Show which assets log what the criteria in force ask for, computed from the last 30 days of the store, gaps first. Works whether or not the
            server runs. Only the days say what is stale; what is usual for a source is known to the server alone.
            Exit code 0: everything is covered; 1: there is a gap, something is kept too short, or no criterion is in force; 2: the store cannot be read.
            """) { format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            if (Open(parse) is not { } store) return Exit.Refused;
            await using var owned = store;
            var matrix = await services.GetRequiredService<LogCoverage>().ComputeAsync(store, cancellation);
            var kind = parse.GetValue(format)!;
            await using (var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16))
            using (var rows = new RowWriter(output, kind, ["asset", "title", "kind", "state", "lastSeen", "day", "week", "lacking", "keepDays", "keptDays"]))
                foreach (var cell in matrix.Cells)
                    rows.Add(cell.Asset.Asset.Number, cell.Asset.Asset.Title, cell.Kind, CoveragePage.Word(cell.State), kind == "table" && cell.LastSeen is { } last ? SiteTime.Local(last) : cell.LastSeen, cell.Day, cell.Week, string.Join(' ', cell.Lacking.Select(f => f.Field)), cell.KeepDays, cell.KeptDays);
            var gaps = matrix.Cells.Count(c => c.IsGap || c.IsKeptShorter);
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{matrix.Criteria} criteria in force, {matrix.Cells.Count} to be covered, {gaps} with a gap; {matrix.Unassigned.Count} senders are no asset."));
            if (matrix.Truncated) await Console.Error.WriteLineAsync("There are more senders than are looked at: what is shown as a gap may be none.");
            return gaps == 0 && matrix.Criteria > 0 ? Exit.Ok : Exit.Finding;
        });
        return verb;
    }

    private static Command Ingest()
    {
        var files = new Argument<FileInfo[]>("files") { Description = $"Log files: {string.Join(' ', LogImport.Endings)}.", Arity = ArgumentArity.OneOrMore };
        var source = new Option<string?>("--source") { Description = "The source that the events carry; without it, the file's name." };
        var format = new Option<string?>("--as") { Description = "The format or decoder to read every record with; decoders of the site are among them.", HelpName = "NAME" };
        var verb = new Command("ingest", """
            Put log files into the store and run the detection rules over them, as the import page does. The same contents again add nothing; an import
            that was cut off goes on where it stopped. The server must not be running (it owns the store): then use the import page or POST /api/v1/logs/import.
            Example:
              hufu logs ingest /var/log/auth.log.1 fw-*.gz --source edge
            Exit code 0: all files are in; 1: some are not; 2: nothing was done.
            """) { files, source, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var missing = parse.GetValue(files)!.FirstOrDefault(f => !f.Exists);
            if (missing is not null) return Terminal.Fail($"There is no file {missing}.");
            var odd = parse.GetValue(files)!.FirstOrDefault(f => !LogImport.Endings.Contains(f.Extension.ToLowerInvariant()));
            if (odd is not null) return Terminal.Fail($"{odd}: only {string.Join(' ', LogImport.Endings)} are taken.");
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            try
            {
                _ = services.GetRequiredService<LogService>().Store;
            }
            catch (IOException)
            {
                return Terminal.Fail("Another process has the log store open, most likely the server. Use its import page or POST /api/v1/logs/import, or stop it first.");
            }

            var import = services.GetRequiredService<LogImport>();
            var refused = 0;
            foreach (var file in parse.GetValue(files)!)
            {
                using var line = new ProgressLine(file.Name);
                var outcome = await import.ImportAsync(Actor.System("cli"), file.FullName, file.Name, parse.GetValue(source) ?? "", parse.GetValue(format), new Told(line), cancellation);
                line.Dispose();
                if (!outcome.IsOk)
                {
                    refused++;
                    Terminal.Fail(outcome.Errors);
                    continue;
                }

                var made = outcome.Value;
                if (made.Alerts.Errors.Count > 0) refused++;
                foreach (var error in made.Alerts.Errors) await Console.Error.WriteLineAsync($"{file.Name}: {error}");
                Console.WriteLine(made.Store.AlreadyImported && made.Formats.Count == 0
                    ? $"{file.Name}: {made.Store.Records} events, imported before."
                    : string.Create(CultureInfo.InvariantCulture, $"{file.Name}: {made.Store.Added} events added, {made.Store.WithProblems} with problems, {made.Alerts.Created.Count} alerts created{(made.Alerts.Created.Count > 0 ? " (" + string.Join(", ", made.Alerts.Created.Take(10)) + ")" : "")}, {made.Alerts.Grown.Count} grown."));
                foreach (var problem in made.Store.FileProblems.Take(10)) await Console.Error.WriteLineAsync($"{file.Name}: {LogProblem.Text(problem)} [{LogProblem.CodeOf(problem)}]");
                if (made.Store.FileProblems.Count > 10) await Console.Error.WriteLineAsync($"{file.Name}: and {made.Store.FileProblems.Count - 10} more of the kind.");
                foreach (var problem in made.Problems.Take(10)) await Console.Error.WriteLineAsync($"{file.Name}: record {problem.Number}: {string.Join("; ", problem.Problems.Select(LogProblem.Text))}");
            }

            // Sealing is what puts the events into the ledger.
            await services.GetRequiredService<LogService>().DisposeAsync();
            await Terminal.SequenceAsync(services, cancellation);
            return refused == 0 ? Exit.Ok : Exit.Finding;
        });
        return verb;
    }

    /// <summary>The store, to look at; null, with the reason on standard error, when there is none.</summary>
    internal static LogStore? Open(ParseResult parse)
    {
        var folder = Path.Combine(Host.Storage(parse).DataFolder, "logs");
        if (!Directory.Exists(folder))
        {
            Terminal.Fail($"There is no log store in {folder} (use --data FOLDER).");
            return null;
        }

        try
        {
            return LogStore.OpenToRead(folder);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Terminal.Fail($"The log store cannot be read: {e.Message}");
            return null;
        }
    }

    /// <summary>A time as people write it, or a length of time before now. Nothing given is no bound.</summary>
    internal static bool TryTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (string.IsNullOrWhiteSpace(text)) return true;
        text = text.Trim();
        if (text.Length > 1 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && "smhd".Contains(text[^1], StringComparison.Ordinal))
        {
            time = TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds((double)count * text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, _ => 86_400 });
            return true;
        }

        if (DateTime.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            time = new DateTimeOffset(local, SiteTime.Zone.GetUtcOffset(local)).ToUniversalTime();
            return true;
        }

        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)) return false;
        time = instant.ToUniversalTime();
        return true;
    }

    private sealed class Told(ProgressLine line) : IProgress<long>
    {
        public void Report(long value) => line.Count(value);
    }
}
