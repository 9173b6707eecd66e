using System.CommandLine;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary><c>hufu import</c>: brings a spreadsheet into records, with the same dry run as the page.</summary>
internal static class ImportVerb
{
    internal static Command Create()
    {
        var type = new Argument<string>("type") { Description = "The record type, by key or last part of its address: risk.asset or assets." };
        var file = new Argument<FileInfo>("file") { Description = "XLSX, ODS, CSV or TSV." };
        var commit = new Option<bool>("--commit") { Description = "Write what the dry run says: all of it or nothing." };
        var skip = new Option<bool>("--skip-refused") { Description = "With --commit: leave out refused rows instead of stopping." };
        var quiet = new Option<bool>("--summary") { Description = "Print the counts only." };
        var verb = new Command("import", "State the fate of every row of a file (new, changed, unchanged, refused); with --commit, write it. Exit code 0: done; 1: rows were refused; 2: nothing could be read.") { type, file, commit, skip, quiet };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return 2;
            await using var all = services;
            await using var scope = services.CreateAsyncScope();
            var types = scope.ServiceProvider.GetRequiredService<RecordTypes>();
            var named = parse.GetValue(type)!;
            if ((types.Find(named) ?? types.All.FirstOrDefault(t => t.Route == named)) is not { } recordType) return Fail($"There is no record type {named}. Types: {string.Join(", ", types.All.Select(t => t.Key))}");
            var path = parse.GetValue(file)!;
            if (!path.Exists) return Fail($"There is no file {path}.");
            await using var content = path.OpenRead();
            var table = RecordFiles.Inspect(recordType, content, path.Name);
            if (!table.IsOk) return Fail(table.Errors[0].ToString());
            foreach (var column in table.Value.Columns) await Console.Error.WriteLineAsync($"{column.Header} → {column.FieldKey ?? "(left out)"}");
            content.Position = 0;
            var rows = RecordFiles.Read(recordType, content, path.Name, table.Value.Columns.Where(c => c.FieldKey is not null).ToDictionary(c => c.Column, c => c.FieldKey!));
            if (!rows.IsOk) return Fail(rows.Errors[0].ToString());
            var import = scope.ServiceProvider.GetRequiredService<RecordImport>();
            var plan = parse.GetValue(commit)
                ? await import.CommitAsync(Actor.System("cli"), recordType, rows.Value, parse.GetValue(skip), $"hufu import {path.Name}", cancellation: cancellation)
                : await import.PlanAsync(Actor.System("cli"), recordType, rows.Value, cancellation: cancellation);
            if (!plan.IsOk) return Fail(string.Join(Environment.NewLine, plan.Errors));
            if (!parse.GetValue(quiet))
                foreach (var line in plan.Value.Lines)
                    Console.WriteLine($"{line.Row}\t{line.Fate}\t{line.Key}\t{line.Title}\t{string.Join("; ", line.Errors.Select(e => e.Message.En).Concat(line.Changes.Select(c => $"{c.Field}: {c.From} → {c.To}")))}");
            Console.WriteLine($"{plan.Value.Count(RowFate.New)} new, {plan.Value.Count(RowFate.Changed)} changed, {plan.Value.Count(RowFate.Unchanged)} unchanged, {plan.Value.Count(RowFate.Refused)} refused{(parse.GetValue(commit) ? "; written" : "; dry run, nothing was written")}.");
            return plan.Value.Count(RowFate.Refused) > 0 ? 1 : 0;
        });
        return verb;
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 2;
    }
}
