using System.CommandLine;
using System.Text.Json;
using Hufu.Logs;

namespace Hufu.Cli;

/// <summary><c>hufu parse</c>: shows what the decoders make of a log, one JSON object a record.</summary>
internal static class ParseVerb
{
    internal static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A log file, also a Windows event log (.evtx) or an archive (.zip, .tar, .tgz); .gz and .zst are unpacked; or - for standard input." };
        var format = new Option<string?>("--as") { Description = "The format or decoder to read every record with. Without it each record is recognised by itself.", HelpName = "NAME" };
        var framing = new Option<LogFraming>("--framing") { Description = "How records are separated: auto, octet (RFC 6587 octet counting) or newline." };
        var begins = new Option<string?>("--begins") { Description = $"How a record of several lines begins, as a pattern of the decoders (such as '{{_:num}}-{{_:num}}-{{_:num}} '), or {LogParseOptions.Indented}: indented lines belong to the one before, as in stack traces.", HelpName = "PATTERN" };
        var decoders = SiteFiles.Decoders();
        var join = new Option<bool>("--join") { Description = "The lines of one event of the Linux audit system, and of one statement in the logs of MySQL and PostgreSQL, are one record, as imports store them; without it, each line is a record." };
        var verb = new Command("parse", $"""
            Decode a log and print one JSON object a record. Nothing is dropped: what cannot be decoded comes out raw, with its problems. Needs no data folder.
            Fields keep the names of their source; under "ecs" stand the names by which a search finds them whatever the source.
            Formats: {string.Join(", ", LogFormats.All)}.
            Decoders of single programs, with or without a syslog header: {string.Join(", ", LogFormats.Decoders)}.
            A file that is one JSON array, CloudTrail's {"{"}"Records":[…]{"}"} or exported Windows events as XML gives one record an element; an archive, the records of its
            members.
            What is damaged in a Windows event log or an archive, or refused, is named on standard error, with its place, and everything else is read.
            Examples:
              hufu parse /var/log/auth.log | jq 'select(.valid | not)'
              zcat fw.gz | hufu parse - --as rfc3164
              hufu parse sign-ins.csv --as csv
              hufu parse door.log --decoders decoders.json --as door
              hufu parse app.log --begins '{"{"}_:num{"}"}-{"{"}_:num{"}"}-{"{"}_:num{"}"} '
            Exit code 0: read to the end; 2: the file cannot be read.
            """) { file, format, framing, begins, join, decoders };
        verb.SetAction(async (parse, cancellation) =>
        {
            var name = parse.GetValue(file)!;
            if (name != "-" && !File.Exists(name))
            {
                Console.Error.WriteLine($"There is no file {name}.");
                return 2;
            }

            if (!SiteFiles.TryRead(parse.GetValue(decoders), out var own)) return Exit.Refused;
            if (!SiteFiles.IsFormat(parse.GetValue(format), own)) return Exit.Refused;
            if (parse.GetValue(begins) is { } pattern && LogParseOptions.CheckBegins(pattern) is { } wrong) return Terminal.Fail($"--begins: {wrong.Message.En}");
            var options = new LogParseOptions { Format = parse.GetValue(format), RecordBegins = parse.GetValue(begins), JoinLines = parse.GetValue(join), Decoders = own, ReferenceTime = TimeProvider.System.GetUtcNow() };
            var input = name == "-" ? Console.OpenStandardInput() : RecordReader.OpenFile(name);
            await using var reader = new LogFileReader(input, options, parse.GetValue(framing));
            using (var output = new BufferedStream(Console.OpenStandardOutput(), 64 * 1024))
            {
                await foreach (var record in reader.RecordsAsync(cancellation))
                {
                    using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
                        LogParser.Write(record, json);
                    output.WriteByte((byte)'\n');
                }
            }

            foreach (var problem in reader.Problems) await Console.Error.WriteLineAsync($"{name}: {LogProblem.Text(problem)} [{LogProblem.CodeOf(problem)}]");
            return 0;
        });
        return verb;
    }
}
