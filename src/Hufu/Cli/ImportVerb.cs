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
        var file = new Argument<FileInfo>("file") { Description = "XLSX, ODS, CSV or TSV; for assets also the XML of nmap." };
        var commit = new Option<bool>("--commit") { Description = "Write what the dry run says: all of it or nothing." };
        var skip = new Option<bool>("--skip-refused") { Description = "With --commit: leave out refused rows instead of stopping." };
        var map = new Option<string[]>("--map") { Description = "HEADING:FIELD, may be given several times: overrides what is suggested for a column; HEADING: alone leaves it out. Without a commit the suggestions are printed first.", AllowMultipleArgumentsPerToken = true };
        var quiet = new Option<bool>("--summary") { Description = "Print the counts only." };
        var format = SigmaVerb.Format();
        var verb = new Command("import", """
            State the fate of every row of a file (new, changed, unchanged, refused); with --commit, write it: all rows or, when one is refused, none.
            Examples:
              hufu import assets inventory.xlsx                 dry run, nothing is written
              hufu import assets inventory.xlsx --commit
              hufu import assets inventory.xlsx --map 財產編號:code --map 備考:
              hufu import assets nmap.xml --format jsonl
            Exit code 0: done; 1: rows were refused; 2: nothing could be read, nothing was written.
            """) { type, file, commit, skip, map, quiet, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return 2;
            await using var all = services;
            await using var scope = services.CreateAsyncScope();
            var types = scope.ServiceProvider.GetRequiredService<RecordTypes>();
            var named = parse.GetValue(type)!;
            if (Find(types, named) is not { } recordType) return Terminal.Fail($"There is no record type {named}. Types: {string.Join(", ", types.All.Select(t => t.Key))}");
            var path = parse.GetValue(file)!;
            if (!path.Exists) return Terminal.Fail($"There is no file {path}.");
            var rows = await ReadAsync(scope.ServiceProvider, recordType, path, parse.GetValue(map) ?? [], cancellation);
            if (!rows.IsOk) return Terminal.Fail(rows.Errors);
            var import = scope.ServiceProvider.GetRequiredService<RecordImport>();
            using var line = new ProgressLine(path.Name);
            var told = new Told(line);
            var plan = parse.GetValue(commit)
                ? await import.CommitAsync(Actor.System("cli"), recordType, rows.Value, parse.GetValue(skip), $"hufu import {path.Name}", told, cancellation)
                : await import.PlanAsync(Actor.System("cli"), recordType, rows.Value, told, cancellation);
            line.Dispose();
            if (!plan.IsOk)
            {
                Terminal.Fail(plan.Errors);
                return plan.Errors[0].Code == "import.refused-rows" ? Exit.Finding : Exit.Refused;
            }

            if (!parse.GetValue(quiet))
            {
                using var table = new RowWriter(Console.Out, parse.GetValue(format)!, ["row", "fate", "key", "number", "title", "why"]);
                foreach (var row in plan.Value.Lines)
                    table.Add(row.Row, row.Fate.ToString().ToLowerInvariant(), row.Key, row.Number, row.Title, string.Join("; ", row.Errors.Select(e => e.ToString()).Concat(row.Changes.Select(c => $"{c.Field}: {c.From} → {c.To}"))));
            }

            if (parse.GetValue(commit)) await Terminal.SequenceAsync(services, cancellation);
            var counts = $"{plan.Value.Count(RowFate.New)} new, {plan.Value.Count(RowFate.Changed)} changed, {plan.Value.Count(RowFate.Unchanged)} unchanged, {plan.Value.Count(RowFate.Refused)} refused{(parse.GetValue(commit) ? "; written" : "; dry run, nothing was written")}.";
            await (parse.GetValue(format) == "table" ? Console.Out : Console.Error).WriteLineAsync(counts);
            return plan.Value.Count(RowFate.Refused) > 0 ? Exit.Finding : Exit.Ok;
        });
        return verb;
    }

    /// <summary>A record type by its key or the last part of its address.</summary>
    internal static RecordType? Find(RecordTypes types, string named) => types.Find(named) ?? types.All.FirstOrDefault(t => t.Route == named || t.Route.EndsWith("/" + named, StringComparison.Ordinal));

    private static async Task<Kernel.Result<IReadOnlyList<ImportRow>>> ReadAsync(IServiceProvider services, RecordType type, FileInfo path, string[] map, CancellationToken cancellation)
    {
        await using var content = path.OpenRead();
        if (path.Extension.Equals(".xml", StringComparison.OrdinalIgnoreCase) && services.GetServices<IImportSource>().FirstOrDefault(s => s.TypeKey == type.Key) is { } source)
            return await source.ReadAsync(Actor.System("cli"), content, path.Name, cancellation);
        var uploaded = UploadedRows.Read(type, content, path.Name);
        if (!uploaded.IsOk) return Kernel.Result.Fail<IReadOnlyList<ImportRow>>(uploaded.Errors);
        var mapping = RecordFiles.Mapping(type, uploaded.Value.Table, map);
        if (!mapping.IsOk) return Kernel.Result.Fail<IReadOnlyList<ImportRow>>(mapping.Errors);
        foreach (var column in uploaded.Value.Table.Columns) await Console.Error.WriteLineAsync($"{RowWriter.Printable(column.Header)} → {mapping.Value.GetValueOrDefault(column.Column, "(left out)")}");
        return Kernel.Result.Of(uploaded.Value.Mapped(type, mapping.Value));
    }

    private sealed class Told(ProgressLine line) : IProgress<double>
    {
        public void Report(double value) => line.Show(value);
    }
}
