using System.CommandLine;
using System.Globalization;
using Hufu.Logs;
using Hufu.Monitoring.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;

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
        verb.Subcommands.Add(Tail());
        verb.Subcommands.Add(Saved());
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
        var limit = new Option<int>("--limit") { Description = "Most events, newest first; of a table, most rows (up to 10,000). With --output all, up to 10,000,000.", DefaultValueFactory = _ => 100 };
        var file = new Option<FileInfo?>("--output") { Description = "Write the whole result into this file instead, as csv, jsonl or parquet.", HelpName = "FILE" };
        var format = new Option<string>("--format") { Description = "table, jsonl, csv, raw (the lines as they came in), or with --output parquet.", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "jsonl", "csv", "raw", "parquet");
        var verb = new Command("search", """
            Find events in the store, newest first. Works whether or not the server runs, and changes nothing.
            Examples:
              hufu logs search 'app:sshd failed' --from 24h
              hufu logs search 'src_ip:203.0.113.7' --from 2026-11-23 --to 2026-11-24 --format jsonl --limit 5000
              hufu logs search 'app:sshd failed | stats count, dc(user) by src_ip | sort -count | head 20' --from 7d --format csv
              hufu logs search 'source:fw' --from 30d --format parquet --output fw.parquet
            Exit code 0: found; 1: nothing was found; 2: the search could not be done.
            """) { query, from, to, limit, format, file };
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
            if (parse.GetValue(file) is { } whole)
            {
                var most = parse.GetResult(limit) is { Implicit: false } ? left : 10_000_000;
                return await WriteAsync(store, new LogSearch { Query = read.Value, From = begin, To = end, DayOffset = SiteTime.Zone.GetUtcOffset(end ?? DateTimeOffset.UtcNow) }, kind, whole, most, cancellation);
            }

            if (kind == "parquet") return Terminal.Fail("Parquet is written into a file: use --output FILE.");
            var found = 0;
            if (read.Value.IsTable)
            {
                if (kind == "raw") return Terminal.Fail("A search with commands gives a table: use --format table, csv or jsonl.");
                var table = await store.TableAsync(new LogSearch { Query = read.Value, From = begin, To = end, DayOffset = SiteTime.Zone.GetUtcOffset(end ?? DateTimeOffset.UtcNow) }, read.Value.IsSplit ? 10_000 : Math.Min(left, 10_000), cancellation);
                table = Shaped(table, kind, left);
                await using (var lines = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16))
                using (var rows = new RowWriter(lines, kind, [.. table.Columns.Select(column => column.Name)]))
                {
                    foreach (var row in table.Rows) rows.Add([.. row.Select(value => kind == "table" && value is DateTimeOffset at ? SiteTime.Local(at) : value)]);
                }

                foreach (var note in table.Notes) await Console.Error.WriteLineAsync(note.En);
                if (table.Truncated) await Console.Error.WriteLineAsync($"The table is longer; it was cut after {table.Rows.Count} rows (--limit, at most 10,000).");
                return await SaidAsync(table.Rows.Count);
            }

            await using var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16);
            using (var rows = new RowWriter(output, kind, kind == "table" ? ["time", "id", "host", "app", "message"] : EventColumns))
            {
                LogCursor? after = null;
                // The first come at once; who asks for many is not to pay the search again for each thousand of them, nor to hold more than a few megabytes.
                var size = 1_000;
                var notes = new HashSet<string>(StringComparer.Ordinal);
                do
                {
                    var page = await store.SearchAsync(new LogSearch { Query = read.Value, From = begin, To = end, Limit = Math.Min(left, size), After = after }, cancellation);
                    foreach (var item in page.Events)
                    {
                        found++;
                        if (kind == "raw") await output.WriteLineAsync(item.Raw);
                        else if (kind == "table") rows.Add(SiteTime.Local(item.Time), item.Id, item.Host, item.App, item.Message);
                        else rows.Add(ValuesOf(item));
                    }

                    foreach (var note in page.Notes.Where(note => notes.Add(note.En))) await Console.Error.WriteLineAsync(note.En);
                    left -= page.Events.Count;
                    after = page.Next;
                    size = page.Events.Sum(item => (long)item.Raw.Length) > 4_000_000 ? 1_000 : Math.Min(size * 2, 10_000);
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

    private static async Task<int> WriteAsync(LogStore store, LogSearch search, string kind, FileInfo file, long most, CancellationToken cancellation)
    {
        if (kind is not ("csv" or "jsonl" or "parquet")) return Terminal.Fail("--output writes csv, jsonl or parquet: say which with --format.");
        if (file.Directory is not { Exists: true }) return Terminal.Fail($"There is no folder {file.DirectoryName}.");
        try
        {
            using var line = new ProgressLine(file.Name);
            var written = await store.ExportAsync(search, file.FullName, kind switch { "csv" => LogExportFormat.Csv, "jsonl" => LogExportFormat.JsonLines, _ => LogExportFormat.Parquet }, new LogExportLimits(most, long.MaxValue), new Shown(line), cancellation);
            line.Dispose();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file.FullName}: {written.Rows} rows, {written.Bytes} bytes, SHA-256 {written.Sha256}"));
            if (written.IsCut) await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"There are more: {written.Rows} of {written.Total} were written (--limit; of a table at most 10,000)."));
            return written.Rows > 0 ? Exit.Ok : Exit.Finding;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Terminal.Fail($"{file.FullName}: {e.Message}");
        }
    }

    private static Command Tail()
    {
        var query = new Argument<string>("query") { Description = "As for search, without commands. Empty for everything.", DefaultValueFactory = _ => "" };
        var last = new Option<int>("--last") { Description = "Begin with so many of the newest that match, up to 1,000.", DefaultValueFactory = _ => 10 };
        var format = new Option<string>("--format") { Description = "line, jsonl, or raw (the lines as they came in).", DefaultValueFactory = _ => "line" };
        format.AcceptOnlyFromAmong("line", "jsonl", "raw");
        var verb = new Command("tail", """
            Show events as they come in, each once and in the order of arrival, until Ctrl-C. Works beside a running server. When more than 1,000 match
            within half a second, the newest are shown and the others counted on standard error.
            Example:
              hufu logs tail 'app:sshd failed' --last 20
            Exit code 0: ended by Ctrl-C; 2: the store or the query cannot be read.
            """) { query, last, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var read = SearchQuery.Parse(parse.GetValue(query)!);
            if (!read.IsOk) return Terminal.Fail(read.Errors);
            if (read.Value.IsTable) return Terminal.Fail("What is followed are the events: leave out the commands behind |.");
            if (parse.GetValue(last) is < 0 or > 1_000) return Terminal.Fail("--last is a number from 0 to 1,000.");
            if (Open(parse) is not { } store) return Exit.Refused;
            await using var owned = store;
            await using var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16);
            var kind = parse.GetValue(format)!;
            using var rows = new RowWriter(output, "jsonl", EventColumns);
            try
            {
                var place = store.End;
                if (parse.GetValue(last) is > 0 and var count)
                    foreach (var item in (await store.SearchAsync(new LogSearch { Query = read.Value, Limit = count }, cancellation)).Events.Reverse()) Write(item);
                await output.FlushAsync(cancellation);
                await foreach (var step in store.FollowAsync(new LogSearch { Query = read.Value }, place, 1_000, TimeSpan.FromMilliseconds(500), cancellation))
                {
                    foreach (var item in step.Events) Write(item);
                    await output.FlushAsync(cancellation);
                    if (step.Skipped > 0) await Console.Error.WriteLineAsync($"Too fast: {step.Skipped} were skipped.");
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // Ctrl-C is the way this ends.
            }

            return Exit.Ok;

            void Write(LogEvent item)
            {
                if (kind == "raw") output.WriteLine(item.Raw);
                else if (kind == "jsonl") rows.Add(ValuesOf(item));
                else output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{SiteTime.Local(item.Time):yyyy-MM-dd HH:mm:ss.fff} {RowWriter.Printable(item.Host ?? "-")} {RowWriter.Printable(item.App ?? "-")} {RowWriter.Printable(item.Message)}"));
            }
        });
        return verb;
    }

    private static Command Saved()
    {
        var format = new Option<string>("--format") { Description = "table, jsonl or csv.", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "jsonl", "csv");
        var verb = new Command("saved", """
            List the saved searches that are shared, with what the last run of each control test came to. Private ones are their owners' and not listed.
            Exit code 0: listed; 1: the last run of a control test did not pass; 2: the data cannot be read.
            """) { format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            await using var db = await services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync(cancellation);
            var searches = await SharedOf(db).OrderBy(s => s.Number).ToListAsync(cancellation);
            var kind = parse.GetValue(format)!;
            await using (var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16))
            using (var rows = new RowWriter(output, kind, ["number", "title", "query", "range", "state", "lastRun", "outcome", "count"]))
                foreach (var s in searches) rows.Add(s.Number, s.Title, s.Query, s.Range, s.State, kind == "table" && s.LastRunAt is { } at ? SiteTime.Local(at) : s.LastRunAt, s.LastOutcome, s.LastCount);
            return searches.Any(s => s.State == SavedSearchType.Testing && s.LastOutcome.Length > 0 && s.LastOutcome != SavedSearchType.Passed) ? Exit.Finding : Exit.Ok;
        });
        verb.Subcommands.Add(SavedRun());
        return verb;
    }

    private static Command SavedRun()
    {
        var number = new Argument<string>("number") { Description = "Number of the saved search, such as SSR-2026-0001." };
        var limit = new Option<int>("--limit") { Description = "Most events, newest first, or rows of a table: up to 10,000.", DefaultValueFactory = _ => 100 };
        var format = new Option<string>("--format") { Description = "table, jsonl or csv.", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "jsonl", "csv");
        var verb = new Command("run", """
            Run a saved search over the store now and show what it finds. Nothing is kept: a control test is run by the server, which keeps its result.
            Exit code 0: found; 1: nothing was found; 2: there is no such saved search, or the data cannot be read.
            """) { number, limit, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            if (parse.GetValue(limit) is < 1 or > 10_000) return Terminal.Fail("--limit is a number from 1 to 10,000.");
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            await using var db = await services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync(cancellation);
            var wanted = parse.GetValue(number)!.Trim().ToUpperInvariant();
            if (await SharedOf(db).FirstOrDefaultAsync(s => s.Number == wanted, cancellation) is not { } saved) return Terminal.Fail($"There is no shared saved search {wanted}.");
            if (Open(parse) is not { } store) return Exit.Refused;
            await using var owned = store;
            var search = saved.SearchAt(TimeProvider.System.GetUtcNow()) with { Limit = parse.GetValue(limit) };
            var kind = parse.GetValue(format)!;
            var found = 0;
            await using (var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(false), 1 << 16))
            {
                if (search.Query.IsTable)
                {
                    var table = Shaped(await store.TableAsync(search, search.Query.IsSplit ? 10_000 : search.Limit, cancellation), kind, search.Limit);
                    found = table.Rows.Count;
                    foreach (var note in table.Notes) await Console.Error.WriteLineAsync(note.En);
                    using var rows = new RowWriter(output, kind, [.. table.Columns.Select(column => column.Name)]);
                    foreach (var row in table.Rows) rows.Add([.. row.Select(value => kind == "table" && value is DateTimeOffset at ? SiteTime.Local(at) : value)]);
                }
                else
                {
                    var page = await store.SearchAsync(search, cancellation);
                    found = page.Events.Count;
                    foreach (var note in page.Notes) await Console.Error.WriteLineAsync(note.En);
                    using var rows = new RowWriter(output, kind, kind == "table" ? ["time", "id", "host", "app", "message"] : EventColumns);
                    foreach (var item in page.Events)
                        if (kind == "table") rows.Add(SiteTime.Local(item.Time), item.Id, item.Host, item.App, item.Message);
                        else rows.Add(ValuesOf(item));
                }
            }

            if (found > 0) return Exit.Ok;
            await Console.Error.WriteLineAsync("Nothing was found.");
            return Exit.Finding;
        });
        return verb;
    }

    // A timechart by a field has a column for each value where people read it; for programs it stays a row a slice and value.
    private static LogTable Shaped(LogTable table, string kind, int most)
    {
        var shown = kind is "table" or "csv" ? WideTable.Of(table, "other", "(none)") ?? table : table;
        return shown.Rows.Count <= most ? shown : shown with { Rows = [.. shown.Rows.Take(most)], Truncated = true };
    }

    private static IQueryable<SavedSearch> SharedOf(HufuDbContext db) => db.Set<SavedSearch>().AsNoTracking().Where(s => s.ArchivedAt == null && s.Visibility != IMayBePrivate.Private);

    private static readonly string[] EventColumns = ["id", "time", "receivedAt", "source", "host", "app", "severity", "sourceIp", "format", "message", "raw", "fields", "problems"];

    private static IReadOnlyList<object?> ValuesOf(LogEvent item) => [item.Id, item.Time, item.ReceivedAt, item.Source, item.Host, item.App, item.Severity, item.SourceIp, item.Format, item.Message, item.Raw, item.Fields, item.Problems];

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
            return LogStore.OpenToRead(folder, new LogStoreOptions { Cold = Settings.LogsCold(parse.GetValue(HufuCommand.LogsCold), Host.Storage(parse).DataFolder), Queries = Settings.QueryRoom() });
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

    private sealed class Shown(ProgressLine line) : IProgress<LogExportProgress>
    {
        public void Report(LogExportProgress value) => line.Show(value.Fraction);
    }

    private sealed class Told(ProgressLine line) : IProgress<long>
    {
        public void Report(long value) => line.Count(value);
    }
}
