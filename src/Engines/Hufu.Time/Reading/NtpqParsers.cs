using System.Globalization;

namespace Hufu.Time;

/// <summary><c>ntpq -p</c>, <c>-pn</c>, <c>-pw</c>, of ntpd and of ntpsec.</summary>
internal sealed class NtpqPeersParser : ReportParser
{
    // when poll reach delay offset jitter, and st t before them.
    private const int Figured = 8;

    internal override bool Begins(Lines lines) => IsHead(lines.Current);

    private static bool IsHead(string line) => Figures.Words(line) is ["remote", .., "st", "t", "when", "poll", "reach", "delay", "offset", "jitter" or "disp"] && line.Contains("refid", StringComparison.Ordinal);

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        var peers = new List<TimePeer>();
        for (lines.Next(); !lines.AtEnd && !IsHead(lines.Current); lines.Next())
        {
            var line = lines.Current;
            if (line.AsSpan().Trim().IsEmpty) break;
            if (line.StartsWith("===", StringComparison.Ordinal)) continue;
            // A long name stands alone on its line, and the figures on the next.
            if (Figures.Words(line) is [_] && lines.Peek() is [' ', ..] follows && Figures.Words(follows).Length == Figured + 1)
            {
                var first = lines.Number;
                lines.Next();
                Add(line + " " + lines.Current.TrimStart(), first);
                continue;
            }

            if (!Add(line, lines.Number)) break;
        }

        return PeerLists.Finish(TimeKinds.NtpqPeers, peers, limits, stratumIsOfSource: false);

        bool Add(string row, int number)
        {
            // From the right: the name is cut after fifteen characters and may hold a blank.
            var words = Figures.Words(row[1..]);
            if (words.Length < Figured + 1)
            {
                lines.Problem("讀不懂這個來源。", "This source is not understood.");
                return row.Length > 1 && StateOf(row[0]) is not null;
            }

            var figures = words.AsSpan(words.Length - Figured);
            var (stratum, reach, delay, offset, jitter) = (Figures.Stratum(figures[0]), Figures.Octal(figures[4]), Figures.Span(figures[5], 1e-3), Figures.Span(figures[6], 1e-3), Figures.Span(figures[7], 1e-3));
            if (StateOf(row[0]) is not { } state || stratum is null || reach is null || delay is null || offset is null || jitter is null || figures[1].Length != 1)
            {
                lines.Problem("讀不懂這個來源。", "This source is not understood.");
                return StateOf(row[0]) is not null;
            }

            var reference = words.Length > Figured + 1 ? words[^(Figured + 1)] : null;
            var name = string.Join(' ', words[..^(Figured + (reference is null ? 0 : 1))]);
            if (peers.Count < lines.Options.MaxPeers) peers.Add(new TimePeer(number, name, state, stratum, reach, reach == 0 ? null : offset, reach == 0 ? null : delay, reach == 0 ? null : jitter, reference));
            else lines.Problem($"只讀前 {lines.Options.MaxPeers} 個來源。", $"Only the first {lines.Options.MaxPeers} sources are read.");
            return true;
        }
    }

    // Tally codes of ntpq.
    private static TimePeerState? StateOf(char tally) => tally switch
    {
        '*' or 'o' => TimePeerState.Selected,
        '+' => TimePeerState.Combined,
        '#' or '-' => TimePeerState.Spare,
        'x' => TimePeerState.Falseticker,
        ' ' or '.' => TimePeerState.Unusable,
        _ => null,
    };
}

/// <summary><c>ntpq -c rv</c>: the variables of the clock itself.</summary>
internal sealed class NtpqVariablesParser : ReportParser
{
    // Values in quotes may hold commas.
    private const int MaxVariables = 200;

    internal override bool Begins(Lines lines) => lines.Current.StartsWith("associd=", StringComparison.Ordinal) || lines.Current.StartsWith("assID=", StringComparison.Ordinal) || (lines.Current.StartsWith("version=\"ntp", StringComparison.Ordinal) && lines.Peek().Contains("leap=", StringComparison.Ordinal));

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var words = new List<string>();
        for (; !lines.AtEnd && lines.Current.Contains('=', StringComparison.Ordinal) && (values.Count == 0 || !Begins(lines) || lines.Current.StartsWith("version=", StringComparison.Ordinal)); lines.Next())
        {
            foreach (var part in Parts(lines.Current))
            {
                var equals = part.IndexOf('=', StringComparison.Ordinal);
                if (equals < 0) words.Add(part);
                else if (values.Count < MaxVariables) values.TryAdd(part[..equals].Trim(), part[(equals + 1)..].Trim().Trim('"'));
                // "status=0615 leap_none" is one part: the words behind the number count too.
                if (equals >= 0 && part.StartsWith("status=", StringComparison.Ordinal)) words.AddRange(Figures.Words(part)[1..]);
            }
        }

        double? Milliseconds(string name) => values.TryGetValue(name, out var text) ? Figures.Span(text, 1e-3) : null;
        var leap = values.GetValueOrDefault("leap") switch { "00" or "0" => 0, "01" or "1" => 1, "10" or "2" => 2, "11" or "3" => 3, _ => words.Contains("leap_alarm") ? 3 : words.Contains("leap_none") ? 0 : (int?)null };
        var stratum = Figures.Stratum(values.GetValueOrDefault("stratum", ""));
        var reference = values.GetValueOrDefault("refid");
        var own = reference is "LOCAL(0)" or "LOCAL" or "LOCL" || reference?.StartsWith("127.127.1.", StringComparison.Ordinal) == true || words.Contains("sync_local");
        bool? synchronised = leap is { } l ? l != 3 && stratum is not > 15 : stratum is > 15 ? false : null;
        var (rootDelay, rootDispersion) = (Milliseconds("rootdelay"), Milliseconds("rootdisp") ?? Milliseconds("rootdispersion"));
        var distance = Figures.Distance(rootDelay, rootDispersion);
        var offset = synchronised == false ? null : Milliseconds("offset") ?? Milliseconds("phase");
        var (verdict, reason) = own && synchronised != false ? (TimeVerdict.Unsynchronised, TimeErrors.OwnClock) : limits.Judge(synchronised, stratum, offset, distance);
        return new TimeReading
        {
            Kind = TimeKinds.NtpqVariables, Source = reference, Stratum = stratum, Offset = offset, RootDelay = rootDelay, RootDispersion = rootDispersion, RootDistance = distance, Jitter = Milliseconds("sys_jitter"), Leap = leap, IsOwnClock = own,
            Synchronised = own ? false : synchronised, At = ClockOf(values.GetValueOrDefault("clock") ?? values.GetValueOrDefault("reftime")), Verdict = verdict, Reason = reason,
        };
    }

    // "eeae3e46.a868cebe  Mon, Nov 23 2026  4:23:34.657": the stamp is exact and in the era of today.
    private static DateTimeOffset? ClockOf(string? text)
    {
        var stamp = text?.Split(' ')[0].Split('.');
        return stamp is [{ Length: 8 }, { Length: 8 }] && ulong.TryParse(stamp[0] + stamp[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var raw) && raw != 0 ? new NtpTimestamp(raw).Near(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)) : null;
    }

    // Split at commas that are not in quotes; a date of a timestamp has commas without, and its rest is a part without '='.
    private static IEnumerable<string> Parts(string line)
    {
        var (from, quoted) = (0, false);
        for (var i = 0; i <= line.Length; i++)
        {
            if (i < line.Length && line[i] == '"') quoted = !quoted;
            if (i < line.Length && (line[i] != ',' || quoted)) continue;
            var part = line[from..i].Trim();
            if (part.Length > 0) yield return part;
            from = i + 1;
        }
    }
}
