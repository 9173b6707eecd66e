using System.CommandLine;
using System.Globalization;
using Hufu.Ledger;
using Hufu.Monitoring.Logs;
using Hufu.Records;
using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Hufu.Web.Standard;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Cli;

/// <summary><c>hufu report</c>: what is handed to others.</summary>
internal static class ReportVerb
{
    internal static Command Create()
    {
        var verb = new Command("report", "Make what is handed to others: the evidence of one output, how all outputs stand, how the ledger stands, a daily or monthly monitoring report.");
        verb.Subcommands.Add(Output());
        verb.Subcommands.Add(Outputs());
        verb.Subcommands.Add(Ledger());
        verb.Subcommands.Add(Monitoring());
        return verb;
    }

    private static Command Output()
    {
        var code = new Argument<string>("output") { Description = "Code of the output, as “hufu report outputs” lists it." };
        var file = new Argument<string>("file") { Description = "The zip to write. An existing file is not overwritten." };
        var verb = new Command("output", """
            Write the evidence of one output as a zip that an auditor can read and verify without Hufu: records, history, files, proofs, checkpoint, key.
            Example:
              hufu report output O2.1.1 assets-2026.zip
            Exit code 0: written; 2: nothing was written.
            """) { code, file };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            await using var scope = services.CreateAsyncScope();
            var library = scope.ServiceProvider.GetRequiredService<StandardLibrary>();
            if (library.Current.FindOutput(parse.GetValue(code)!) is not var (_, task, output)) return Terminal.Fail($"There is no output {parse.GetValue(code)}. “hufu report outputs” lists them.");
            var path = parse.GetValue(file)!;
            if (File.Exists(path)) return Terminal.Fail($"{path} exists already; choose another name.");
            var zip = await scope.ServiceProvider.GetRequiredService<EvidencePack>().BuildAsync(Actor.System("cli"), task, output, cancellation);
            await using (var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write)) await target.WriteAsync(zip, cancellation);
            await Console.Error.WriteLineAsync($"{path}: {output.Code} {output.Name}, {zip.Length:N0} bytes.");
            return Exit.Ok;
        });
        return verb;
    }

    private static Command Outputs()
    {
        var format = SigmaVerb.Format();
        var verb = new Command("outputs", """
            List all outputs of the standard with their states: current, due, overdue, missing.
            Exit code 0: none is overdue or missing; 1: some are; 2: it could not be done.
            """) { format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            await using var scope = services.CreateAsyncScope();
            var states = await scope.ServiceProvider.GetRequiredService<DutyBoard>().ComputeAsync(cancellation);
            var bad = false;
            using var rows = new RowWriter(Console.Out, parse.GetValue(format)!, ["output", "state", "newest", "due", "records", "evidence", "name"]);
            foreach (var output in scope.ServiceProvider.GetRequiredService<StandardLibrary>().Current.Outputs)
            {
                var state = states[output.Code];
                bad |= state.Status is OutputStatus.Overdue or OutputStatus.Missing;
                rows.Add(output.Code, state.Status.ToString().ToLowerInvariant(), Day(state.NewestEvidence), Day(state.NextDue), state.RecordCount, state.EvidenceCount, output.Name.ToString());
            }

            return bad ? Exit.Finding : Exit.Ok;
        });
        return verb;
    }

    private static Command Ledger()
    {
        var format = SigmaVerb.Format();
        var verb = new Command("ledger", """
            State the ledger: leaves, what waits, changes by kind, and on standard error the signed checkpoint and the public key, to be kept elsewhere.
            It verifies nothing; that is what “hufu verify” does.
            Example:
              hufu report ledger 2> checkpoint.txt
            Exit code 0: done; 2: there is no ledger to read.
            """) { format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            var files = services.GetRequiredService<LedgerFiles>();
            var reader = LedgerReader.Open(files.Folder);
            if (!reader.IsOk) return Terminal.Fail(reader.Errors);
            await using var db = await services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync(cancellation);
            using (var rows = new RowWriter(Console.Out, parse.GetValue(format)!, ["what", "count", "newest"]))
            {
                var waiting = db.Changes.Where(c => c.Position == null);
                rows.Add("leaves", reader.Value.Size, null);
                rows.Add("waiting", await waiting.LongCountAsync(cancellation), null);
                foreach (var group in await db.Changes.GroupBy(c => c.TypeKey).Select(g => new { g.Key, Count = g.LongCount(), Newest = g.Max(c => c.At) }).ToListAsync(cancellation))
                    rows.Add(group.Key, group.Count, group.Newest);
            }

            await Console.Error.WriteLineAsync(System.Text.Encoding.UTF8.GetString(reader.Value.Checkpoint.Bytes.Span));
            if (File.Exists(files.VerifierKey)) await Console.Error.WriteLineAsync((await File.ReadAllTextAsync(files.VerifierKey, cancellation)).Trim());
            return Exit.Ok;
        });
        return verb;
    }

    private static Command Monitoring()
    {
        var number = new Argument<string?>("number") { Description = "Number of the report, such as MRP-2026-0007. Without it the reports are listed.", Arity = ArgumentArity.ZeroOrOne };
        var file = new Argument<string?>("file") { Description = "The file to write; its ending (.pdf, .docx, .odt) says the format. An existing file is not overwritten.", Arity = ArgumentArity.ZeroOrOne };
        var language = new Option<string>("--lang") { Description = "zh-TW or en.", DefaultValueFactory = _ => "zh-TW" };
        language.AcceptOnlyFromAmong("zh-TW", "en");
        var format = SigmaVerb.Format();
        var verb = new Command("monitoring", """
            Write a daily or monthly monitoring report as PDF, DOCX or ODT, or list the reports. They are drafted by the running server. PDF needs a font with
            Chinese characters on this machine; HUFU_REPORT_FONT names one.
            Examples:
              hufu report monitoring
              hufu report monitoring MRP-2026-0007 2026-11-28.pdf
              hufu report monitoring MRP-2026-0007 2026-11-28.docx --lang en
            Exit code 0: done; 2: nothing was written.
            """) { number, file, language, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            await using var scope = services.CreateAsyncScope();
            var store = scope.ServiceProvider.GetRequiredService<RecordStore>();
            if (parse.GetValue(number) is not { } wanted)
            {
                using var rows = new RowWriter(Console.Out, parse.GetValue(format)!, ["number", "kind", "period", "state", "events", "alerts", "incidents"]);
                foreach (var report in await store.Readable<MonitoringReport>(Actor.System("cli")).OrderBy(r => r.From).ToListAsync(cancellation)) rows.Add(report.Number, report.Kind, report.PeriodKey?.Split('/')[^1], report.State, report.Events, report.Alerts, report.Incidents);
                return Exit.Ok;
            }

            if (parse.GetValue(file) is not { } path) return Terminal.Fail("Name the file to write: its ending says the format (.pdf, .docx, .odt).");
            if (File.Exists(path)) return Terminal.Fail($"{path} exists already; choose another name.");
            var written = await scope.ServiceProvider.GetRequiredService<ReportFiles>().WriteAsync(store, Actor.System("cli"), wanted.Trim().ToUpperInvariant(), Path.GetExtension(path), parse.GetValue(language), cancellation);
            if (!written.IsOk) return Terminal.Fail(written.Errors);
            await using (var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write)) await target.WriteAsync(written.Value.Content, cancellation);
            await Console.Error.WriteLineAsync($"{path}: {wanted}, {written.Value.Content.Length:N0} bytes.");
            return Exit.Ok;
        });
        return verb;
    }

    private static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
