using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Hufu.Time;

namespace Hufu.Cli;

/// <summary><c>hufu time</c>: asks a time server, and reads what time services print. Needs no data folder and sets no clock.</summary>
internal static class TimeVerb
{
    private const int MaxFile = 32 << 20;

    internal static Command Create()
    {
        var verb = new Command("time", "Ask a time server how its clock stands, or read what chronyc, ntpq and timedatectl print. Sets no clock and needs no data folder.");
        verb.Subcommands.Add(Query());
        verb.Subcommands.Add(Read());
        return verb;
    }

    private static Option<string> Format()
    {
        var format = new Option<string>("--format") { Description = "text or json.", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        return format;
    }

    private static (Option<double> Offset, Option<double> Distance, Option<int> Stratum) Limits() => (
        new("--max-offset") { Description = "Most that the clock may be off, in seconds.", DefaultValueFactory = _ => TimeLimits.Default.Offset },
        new("--max-distance") { Description = "Largest root distance, in seconds.", DefaultValueFactory = _ => TimeLimits.Default.RootDistance },
        new("--max-stratum") { Description = "Highest stratum, 1 to 15.", DefaultValueFactory = _ => TimeLimits.Default.Stratum });

    private static Command Query()
    {
        var server = new Argument<string>("server") { Description = "HOST, HOST:PORT, an IPv4 address, or [IPv6]:PORT. The port of NTP is 123.", HelpName = "HOST[:PORT]" };
        var samples = new Option<int>("--samples") { Description = $"How often to ask, 1 to {NtpClient.MaxSamples}, two seconds apart; the answer with the shortest way counts.", DefaultValueFactory = _ => 4 };
        var timeout = new Option<double>("--timeout") { Description = "Seconds to wait for an answer.", DefaultValueFactory = _ => 3 };
        var (offset, distance, stratum) = Limits();
        var format = Format();
        var verb = new Command("query", """
            Ask a server over NTP (RFC 5905) and say how far its clock and this machine's are apart, and whether its time is worth anything. A server that is not
            synchronised has no offset. Positive: this machine is behind.
            Examples:
              hufu time query time.stdtime.gov.tw
              hufu time query 10.1.0.5:123 --samples 1 --max-offset 0.1 --format json
            Exit code 0: synchronised and within the limits; 1: anything else (off, not synchronised, refused, silent, bogus); 2: wrong arguments.
            """) { server, samples, timeout, offset, distance, stratum, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            if (Split(parse.GetValue(server)!) is not var (host, port)) return Terminal.Fail($"“{parse.GetValue(server)}” is no HOST or HOST:PORT.");
            if (parse.GetValue(samples) is < 1 or > NtpClient.MaxSamples) return Terminal.Fail($"--samples is a number from 1 to {NtpClient.MaxSamples}.");
            if (parse.GetValue(timeout) is not (>= 0.1 and <= 60)) return Terminal.Fail("--timeout is a number of seconds from 0.1 to 60.");
            if (LimitsOf(parse.GetValue(offset), parse.GetValue(distance), parse.GetValue(stratum)) is not { } limits) return Exit.Refused;
            var answer = await NtpClient.QueryAsync(host, port, new NtpQuery { Samples = parse.GetValue(samples), Timeout = TimeSpan.FromSeconds(parse.GetValue(timeout)), Limits = limits }, cancellation);
            if (parse.GetValue(format) == "json")
            {
                Console.WriteLine(JsonSerializer.Serialize(
                    new
                    {
                        server = host, port, address = answer.EndPoint?.Address.ToString(), at = answer.At, verdict = Word(answer.Verdict), synchronised = answer.Verdict is TimeVerdict.Fine or TimeVerdict.Off, reason = answer.Reason?.Code, explanation = answer.Reason?.Message.En, offset = answer.Best?.Offset, delay = answer.Best?.Delay,
                        rootDistance = answer.Best?.RootDistance, jitter = answer.Jitter, stratum = answer.Packet?.Stratum, leap = answer.Packet?.Leap, version = answer.Packet?.Version, reference = answer.Packet?.ReferenceText, rootDelay = answer.Packet?.RootDelay, rootDispersion = answer.Packet?.RootDispersion,
                        precision = answer.Packet?.Precision, kiss = answer.Packet?.KissCode, ownClock = answer.IsOwnClock, sent = answer.Sent, received = answer.Received, dropped = answer.Dropped,
                    }, Terminal.Json));
                return answer.Verdict == TimeVerdict.Fine ? Exit.Ok : Exit.Finding;
            }

            Console.WriteLine($"{host}:{port}{(answer.EndPoint is { } end && end.Address.ToString() != host ? $" ({end.Address})" : "")}: {Word(answer.Verdict)}{(answer.Reason is { } reason ? " – " + reason.Message.En : "")}");
            if (answer.Best is { } best)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"offset {Signed(best.Offset)}  delay {Length(best.Delay)}  root distance {Length(best.RootDistance)}{(answer.Jitter is { } jitter ? $"  jitter {Length(jitter)}" : "")}"));
            if (answer.Packet is { } packet) Console.WriteLine($"stratum {packet.Stratum}  leap {packet.Leap}  reference {RowWriter.Printable(packet.ReferenceText)}{(answer.IsOwnClock ? "  (follows no other clock than its own)" : "")}");
            Console.WriteLine($"{answer.Received} of {answer.Sent} requests were answered{(answer.Dropped > 0 ? $"; {answer.Dropped} packets were no answer" : "")}.");
            return answer.Verdict == TimeVerdict.Fine ? Exit.Ok : Exit.Finding;
        });
        return verb;
    }

    private static Command Read()
    {
        var file = new Argument<string>("file") { Description = "A file, or - for standard input." };
        var (offset, distance, stratum) = Limits();
        var format = Format();
        var verb = new Command("read", """
            Read what a time service printed, its log, or an NTP reply, and say whether the clock is synchronised and how far it is off. Known are chronyc tracking,
            sources, sourcestats (also with -c), ntpdata and activity; measurements.log, tracking.log and statistics.log of chrony; ntpq -p and -c rv; timedatectl,
            timedatectl show, timesync-status and show-timesync; replies as bytes or in hexadecimal. Several may stand in one file. Offset: positive when the clock is behind.
            Examples:
              chronyc -c tracking | hufu time read - --format json
              ssh web01 'timedatectl; chronyc sources' | hufu time read -
              hufu time read /var/log/chrony/tracking.log --max-offset 0.05
            Exit code 0: every clock is synchronised and within the limits, as far as it is told; 1: one is not, or the text does not say; 2: nothing that is known.
            """) { file, offset, distance, stratum, format };
        verb.SetAction(async (parse, cancellation) =>
        {
            if (LimitsOf(parse.GetValue(offset), parse.GetValue(distance), parse.GetValue(stratum)) is not { } limits) return Exit.Refused;
            var name = parse.GetValue(file)!;
            if (name != "-" && !File.Exists(name)) return Terminal.Fail($"There is no file {name}.");
            using var content = new MemoryStream();
            await using (var input = name == "-" ? Console.OpenStandardInput() : File.OpenRead(name))
            {
                var buffer = new byte[1 << 16];
                for (int n; content.Length <= MaxFile && (n = await input.ReadAsync(buffer, cancellation)) > 0;) content.Write(buffer, 0, n);
            }

            var read = TimeReader.Read(content.ToArray(), name == "-" ? "stdin" : name, limits);
            if (!read.IsOk) return Terminal.Fail(read.Errors);
            if (parse.GetValue(format) == "json") Console.WriteLine(JsonSerializer.Serialize(new { readings = read.Value.Select(Told) }, Terminal.Json));
            else foreach (var reading in read.Value) Show(reading);
            foreach (var problem in read.Value.SelectMany(r => r.Problems)) await Console.Error.WriteLineAsync(problem.ToString());
            return read.Value.All(r => r.Verdict is TimeVerdict.Fine or TimeVerdict.Stated) ? Exit.Ok : Exit.Finding;
        });
        return verb;
    }

    private static void Show(TimeReading r)
    {
        Console.WriteLine($"{r.Kind} (line {r.Line}): {Word(r.Verdict)}{(r.Reason is { } reason ? " – " + reason.Message.En : "")}");
        string?[] parts =
        [
            r.Source is { } source ? "source " + RowWriter.Printable(source) : null, r.Stratum is { } stratum ? $"stratum {stratum}" : null, r.Offset is { } offset ? "offset " + Signed(offset) : null, r.Delay is { } delay ? "delay " + Length(delay) : null,
            r.RootDistance is { } distance ? "root distance " + Length(distance) : null, r.Jitter is { } jitter ? "jitter " + Length(jitter) : null, r.At is { } at ? at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : null, r.Points.Count > 0 ? $"{r.Points.Count} lines" : null,
        ];
        if (parts.Any(p => p is not null)) Console.WriteLine("  " + string.Join("  ", parts.Where(p => p is not null)));
        foreach (var peer in r.Peers) Console.WriteLine($"  {(peer.State is { } state ? state.ToString().ToLowerInvariant() : "–"),-12} {RowWriter.Printable(peer.Name)}{(peer.Offset is { } off ? "  offset " + Signed(off) : "")}{(peer.Reach is { } reach ? "  reach " + Convert.ToString(reach, 8) : "")}");
    }

    private static object Told(TimeReading r) => new
    {
        r.Kind, r.Line, verdict = Word(r.Verdict), r.Synchronised, reason = r.Reason?.Code, explanation = r.Reason?.Message.En, r.At, r.Source, r.Stratum, r.Offset, r.Delay, r.RootDelay, r.RootDispersion, r.RootDistance, r.Jitter, r.Leap, ownClock = r.IsOwnClock,
        peers = r.Peers.Select(p => new { p.Line, p.Name, state = p.State?.ToString().ToLowerInvariant(), p.Stratum, p.Reach, p.Offset, p.Delay, p.Error, p.Reference }),
        points = r.Points.Select(p => new { p.Line, p.At, p.Source, p.Offset, p.Synchronised }), problems = r.Problems.Select(p => p.ToString()),
    };

    private static TimeLimits? LimitsOf(double offset, double distance, int stratum)
    {
        if (offset > 0 && double.IsFinite(offset) && distance > 0 && double.IsFinite(distance) && stratum is >= 1 and <= 15) return new TimeLimits(offset, distance, stratum);
        Terminal.Fail("--max-offset and --max-distance are numbers of seconds above 0, --max-stratum is 1 to 15.");
        return null;
    }

    // HOST, HOST:PORT, [IPv6]:PORT, or a bare IPv6 address.
    private static (string Host, int Port)? Split(string text)
    {
        if (IPAddress.TryParse(text, out _) && !(text.Contains('.', StringComparison.Ordinal) && text.Contains(':', StringComparison.Ordinal) && !text.Contains("::", StringComparison.Ordinal))) return (text.Trim('[', ']'), NtpClient.Port);
        var colon = text.LastIndexOf(':');
        var (host, port) = colon < 0 ? (text, NtpClient.Port) : (text[..colon].Trim('[', ']'), int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 0);
        return host.Length is > 0 and <= 253 && !host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) && port is > 0 and <= IPEndPoint.MaxPort ? (host, port) : null;
    }

    private static string Word(TimeVerdict verdict) => verdict.ToString().ToLowerInvariant();

    private static string Signed(double seconds) => (seconds >= 0 ? "+" : "-") + Length(Math.Abs(seconds));

    private static string Length(double seconds) => seconds switch
    {
        >= 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###} s"),
        >= 1e-3 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0.###} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0.###} µs"),
    };
}
