using System.CommandLine;
using System.Text.Json;
using Hufu.Documents;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary><c>hufu export</c>: records into a file, in a form that an import reads back or as people read them.</summary>
internal static class ExportVerb
{
    internal static Command Create()
    {
        var type = new Argument<string>("type") { Description = "The record type, by key or last part of its address: risk.asset or assets." };
        var file = new Argument<string>("file") { Description = "The file to write: .csv, .xlsx, .ods or .jsonl; - for standard output. An existing file is not overwritten." };
        var format = new Option<string?>("--format") { Description = "csv, xlsx, ods or jsonl; without it, by the file's ending (standard output: csv)." };
        format.AcceptOnlyFromAmong("csv", "xlsx", "ods", "jsonl");
        var where = new Option<string[]>("--where") { Description = "FIELD=FILTER as in the page's address, may be given several times: state=open, dueOn=..2026-12-31, ownerId=- (empty).", AllowMultipleArgumentsPerToken = true };
        var search = new Option<string?>("--search") { Description = "Words that all must occur." };
        var labels = new Option<bool>("--labels") { Description = "Labels and names as people read them, instead of what an import reads back without loss." };
        var archived = new Option<bool>("--archived") { Description = "Archived records too." };
        var verb = new Command("export", """
            Write the records of a type into a file.
            Examples:
              hufu export assets assets.xlsx
              hufu export risks - --format jsonl --where level=high | jq .number
            Exit code 0: written; 2: nothing was written.
            """) { type, file, format, where, search, labels, archived };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            await using var scope = services.CreateAsyncScope();
            var types = scope.ServiceProvider.GetRequiredService<RecordTypes>();
            if (ImportVerb.Find(types, parse.GetValue(type)!) is not { } recordType) return Terminal.Fail($"There is no record type {parse.GetValue(type)}. Types: {string.Join(", ", types.All.Select(t => t.Key))}");
            var path = parse.GetValue(file)!;
            var kind = parse.GetValue(format) ?? (path == "-" ? "csv" : Path.GetExtension(path).TrimStart('.').ToLowerInvariant());
            if (kind is not ("csv" or "xlsx" or "ods" or "jsonl")) return Terminal.Fail($"{path}: the ending says no format; give --format csv, xlsx, ods or jsonl.");
            if (path != "-" && File.Exists(path)) return Terminal.Fail($"{path} exists already; choose another name.");
            var filters = new List<ColumnFilter>();
            foreach (var text in parse.GetValue(where) ?? [])
            {
                var at = text.IndexOf('=', StringComparison.Ordinal);
                if (at < 1 || recordType.FindField(text[..at]) is not { } field) return Terminal.Fail($"--where {text}: write FIELD=FILTER. Fields: {string.Join(", ", recordType.Fields.Select(f => f.Key))}");
                filters.Add(new ColumnFilter(field.Key, text[(at + 1)..]));
            }

            var query = new RecordQuery { Search = parse.GetValue(search), Filters = filters, Archived = parse.GetValue(archived), Sort = "number" };
            IReadOnlyList<Field> columns = [.. recordType.Fields.Where(f => !f.Sensitive && (!f.ReadOnly || f.Key == "number"))];
            using var buffer = new MemoryStream();
            if (kind == "jsonl")
            {
                if (await LinesAsync(scope.ServiceProvider, recordType, query, columns, parse.GetValue(labels), buffer, cancellation) is { } failed) return Terminal.Fail(failed);
            }
            else
            {
                var table = kind switch { "csv" => TableFormat.Csv, "ods" => TableFormat.Ods, _ => TableFormat.Xlsx };
                var written = await scope.ServiceProvider.GetRequiredService<RecordFiles>().WriteAsync(Actor.System("cli"), recordType, query, columns, !parse.GetValue(labels), table, buffer, cancellation);
                if (!written.IsOk) return Terminal.Fail(written.Errors);
            }

            buffer.Position = 0;
            if (path == "-")
            {
                await using var output = Console.OpenStandardOutput();
                await buffer.CopyToAsync(output, cancellation);
                return Exit.Ok;
            }

            await using (var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write)) await buffer.CopyToAsync(target, cancellation);
            await Console.Error.WriteLineAsync($"{path}: {new FileInfo(path).Length:N0} bytes.");
            return Exit.Ok;
        });
        return verb;
    }

    private static async Task<IReadOnlyList<Kernel.Error>?> LinesAsync(IServiceProvider services, RecordType type, RecordQuery query, IReadOnlyList<Field> columns, bool labels, Stream output, CancellationToken cancellation)
    {
        var stream = await services.GetRequiredService<RecordStore>().StreamAsync(Actor.System("cli"), type, query);
        if (!stream.IsOk) return stream.Errors;
        var presenter = services.GetRequiredService<RecordPresenter>();
        var block = new List<Record>(500);
        await foreach (var record in stream.Value.WithCancellation(cancellation))
        {
            block.Add(record);
            if (block.Count == 500) await FlushAsync();
        }

        await FlushAsync();
        return null;

        async Task FlushAsync()
        {
            await presenter.LoadAsync(type, block, columns);
            foreach (var record in block)
            {
                await JsonSerializer.SerializeAsync(output, columns.Where(f => f.GetText(record) is not null).ToDictionary(f => f.Key, f => labels ? presenter.Text(f, record) : presenter.Exported(f, record)), Terminal.Json, cancellation);
                output.WriteByte((byte)'\n');
            }

            block.Clear();
        }
    }
}
