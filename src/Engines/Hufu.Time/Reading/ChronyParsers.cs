using System.Globalization;
using System.Text.RegularExpressions;

namespace Hufu.Time;

/// <summary><c>chronyc tracking</c>, as text and as CSV (<c>-c</c>).</summary>
internal sealed class ChronyTrackingParser : ReportParser
{
    private const int CsvFields = 14;

    internal override bool Begins(Lines lines) => Figures.Pair(lines.Current) is ("Reference ID", _) || IsCsv(lines.Current);

    internal override TimeReading Read(Lines lines, TimeLimits limits) => IsCsv(lines.Current) ? FromCsv(lines, limits) : FromText(lines, limits);

    private static bool IsCsv(string line) => line.Split(',') is { Length: CsvFields } fields && IsReference(fields[0]) && Figures.Whole(fields[2]) is not null && Figures.Number(fields[4]) is not null;

    // In hexadecimal; old versions wrote it as an address.
    private static bool IsReference(string text) => uint.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _) && text.Length == 8;

    private static TimeReading FromCsv(Lines lines, TimeLimits limits)
    {
        var fields = lines.Current.Split(',');
        var figures = new double?[CsvFields];
        for (var i = 4; i < 13; i++)
        {
            figures[i] = Figures.Number(fields[i]);
            if (figures[i] is null) lines.Problem($"第 {i + 1} 欄不是數字。", $"Field {i + 1} is no number.");
        }

        lines.Next();
        // The sign is that of the correction: negative when the clock is fast.
        return Finish(new Values(fields[0], fields[1], Figures.Stratum(fields[2]), Figures.Unix(fields[3]), figures[4], figures[6], figures[10], figures[11], LeapOf(fields[13])), limits);
    }

    private static TimeReading FromText(Lines lines, TimeLimits limits)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (; !lines.AtEnd && Figures.Pair(lines.Current) is var (name, value) && values.TryAdd(name, value); lines.Next())
        {
            var sound = name switch
            {
                "Stratum" => Figures.Stratum(value) is not null,
                "System time" => SystemTime(value) is not null,
                "Root delay" or "Root dispersion" or "RMS offset" or "Last offset" => Figures.Span(value) is not null,
                "Leap status" => LeapOf(value) is not null,
                _ => true,
            };
            if (!sound) lines.Problem($"讀不懂「{name}」的值。", $"The value of “{name}” is not understood.");
        }

        var reference = values.GetValueOrDefault("Reference ID", "");
        var (id, source) = reference.IndexOf('(', StringComparison.Ordinal) is var open and >= 0 ? (reference[..open].Trim(), reference[(open + 1)..].TrimEnd(')', ' ')) : (reference, "");
        return Finish(
            new Values(
                id, source, Figures.Stratum(values.GetValueOrDefault("Stratum", "")), Figures.CTime(values.GetValueOrDefault("Ref time (UTC)", "")), SystemTime(values.GetValueOrDefault("System time", "")),
                Figures.Span(values.GetValueOrDefault("RMS offset", "")), Figures.Span(values.GetValueOrDefault("Root delay", "")), Figures.Span(values.GetValueOrDefault("Root dispersion", "")), LeapOf(values.GetValueOrDefault("Leap status", ""))),
            limits);
    }

    private sealed record Values(string Id, string Source, int? Stratum, DateTimeOffset? At, double? Offset, double? Rms, double? RootDelay, double? RootDispersion, int? Leap);

    private static TimeReading Finish(Values v, TimeLimits limits)
    {
        var own = v.Source.Length == 0 && (v.Id is "127.127.1.1" || (uint.TryParse(v.Id, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var id) && NtpPacket.IsOwn(id)));
        // Without the line of the leap status a reference of zeros is all that tells it.
        bool? synchronised = v.Leap is { } leap ? leap != 3 : v.Id is "00000000" or "0.0.0.0" ? false : null;
        // Of a clock that is not synchronised the figures mean nothing.
        var known = synchronised != false;
        var distance = Figures.Distance(v.RootDelay, v.RootDispersion);
        var (verdict, reason) = own && known ? (TimeVerdict.Unsynchronised, TimeErrors.OwnClock) : limits.Judge(synchronised, v.Stratum, known ? v.Offset : null, distance);
        return new TimeReading
        {
            Kind = TimeKinds.ChronyTracking, Verdict = verdict, Reason = reason, Synchronised = own ? false : synchronised, At = v.At, Source = v.Source.Length > 0 ? v.Source : null, Stratum = v.Stratum, Offset = known ? v.Offset : null,
            RootDelay = v.RootDelay, RootDispersion = v.RootDispersion, RootDistance = distance, Jitter = known ? v.Rms : null, Leap = v.Leap, IsOwnClock = own,
        };
    }

    // "0.000006523 seconds slow of NTP time": slow is behind, which is positive.
    private static double? SystemTime(string value)
    {
        var words = Figures.Words(value);
        if (words.Length < 3 || Figures.Number(words[0]) is not { } seconds) return null;
        return words[2] switch { "slow" => seconds, "fast" => -seconds, _ => null };
    }

    internal static int? LeapOf(string value) => value.Trim() switch
    {
        "Normal" => 0,
        "Insert second" => 1,
        "Delete second" => 2,
        "Not synchronised" or "Not synchronized" => 3,
        _ => null,
    };
}

/// <summary><c>chronyc sources</c>, as text and as CSV.</summary>
internal sealed partial class ChronySourcesParser : ReportParser
{
    internal override bool Begins(Lines lines) => lines.Current.StartsWith("MS Name/IP address", StringComparison.OrdinalIgnoreCase) || lines.Current.StartsWith("210 Number of sources", StringComparison.Ordinal) || IsCsv(lines.Current) || Row().IsMatch(lines.Current);

    private static bool IsCsv(string line) => line.Split(',') is { Length: 10 } f && f[0] is "^" or "=" or "#" && f[1].Length == 1;

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        var peers = new List<TimePeer>();
        for (; !lines.AtEnd; lines.Next())
        {
            var line = lines.Current;
            if (line.AsSpan().Trim().IsEmpty)
            {
                // "210 Number of sources" is followed by an empty line.
                if (peers.Count > 0) break;
                continue;
            }

            if (line.StartsWith("MS Name", StringComparison.OrdinalIgnoreCase) || line.StartsWith("210 ", StringComparison.Ordinal) || line.StartsWith("===", StringComparison.Ordinal)) continue;
            var peer = IsCsv(line) ? FromCsv(lines) : Row().Match(line) is { Success: true } row ? FromText(lines.Number, row) : null;
            if (peer is null && line[0] is not ('^' or '=' or '#')) break;
            if (peer is null) lines.Problem("讀不懂這個來源。", "This source is not understood.");
            else if (peers.Count < lines.Options.MaxPeers) peers.Add(peer);
            else lines.Problem($"只讀前 {lines.Options.MaxPeers} 個來源。", $"Only the first {lines.Options.MaxPeers} sources are read.");
        }

        return PeerLists.Finish(TimeKinds.ChronySources, peers, limits, stratumIsOfSource: true);
    }

    private static TimePeer? FromCsv(Lines lines)
    {
        var f = lines.Current.Split(',');
        return Figures.Stratum(f[3]) is { } stratum && Figures.Octal(f[5]) is { } reach && StateOf(f[1][0]) is { } state && Figures.Number(f[7]) is { } offset && Figures.Number(f[9]) is { } margin
            ? new TimePeer(lines.Number, f[2], state, stratum, reach, reach == 0 ? null : -offset, null, reach == 0 ? null : margin)
            : null;
    }

    private static TimePeer? FromText(int number, Match row) =>
        Figures.Stratum(row.Groups["stratum"].ValueSpan) is { } stratum && Figures.Octal(row.Groups["reach"].ValueSpan) is { } reach && StateOf(row.Groups["state"].ValueSpan[0]) is { } state && Figures.Span(row.Groups["offset"].ValueSpan) is { } offset && Figures.Span(row.Groups["error"].ValueSpan) is { } margin
            // Positive means that the host is ahead; here it is the other way round.
            ? new TimePeer(number, row.Groups["name"].Value, state, stratum, reach, row.Groups["rx"].ValueSpan is "-" ? null : -offset, null, row.Groups["rx"].ValueSpan is "-" ? null : margin)
            : null;

    private static TimePeerState? StateOf(char symbol) => symbol switch
    {
        '*' => TimePeerState.Selected,
        '+' => TimePeerState.Combined,
        '-' => TimePeerState.Spare,
        'x' => TimePeerState.Falseticker,
        '~' => TimePeerState.Variable,
        '?' or ' ' => TimePeerState.Unusable,
        _ => null,
    };

    [GeneratedRegex(@"^[\^=#](?<state>[*+\-x~? ]) *(?<name>\S+) +(?<stratum>\d+) +-?\d+ +(?<reach>[0-7]+) +(?<rx>\S+) +(?<offset>[+-]?[\d.]+(ns|us|ms|s|m|h|d|y))\[ *[+-]?[\d.]+(ns|us|ms|s|m|h|d|y)\] +\+/- +(?<error>[\d.]+(ns|us|ms|s|m|h|d|y))\s*$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Row();
}

/// <summary><c>chronyc sourcestats</c>, as text and as CSV. It does not say which source the clock follows.</summary>
internal sealed partial class ChronySourceStatsParser : ReportParser
{
    internal override bool Begins(Lines lines) => IsHead(lines.Current) || IsCsv(lines.Current);

    private static bool IsHead(string line) => line.StartsWith("Name/IP Address", StringComparison.OrdinalIgnoreCase) && line.Contains("NP", StringComparison.Ordinal) && line.Contains("Std Dev", StringComparison.Ordinal);

    private static bool IsCsv(string line) => line.Split(',') is { Length: 8 } f && f[0].Length > 0 && Figures.Whole(f[1]) is >= 0 && Figures.Whole(f[2]) is >= 0 && Figures.Number(f[3]) is not null && Figures.Number(f[4]) is not null && Figures.Number(f[5]) is not null && Figures.Number(f[6]) is not null && Figures.Number(f[7]) is not null;

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        var peers = new List<TimePeer>();
        var csv = IsCsv(lines.Current);
        if (!csv) lines.Next();
        for (; !lines.AtEnd && lines.Current.AsSpan().Trim() is { IsEmpty: false }; lines.Next())
        {
            if (lines.Current.StartsWith("===", StringComparison.Ordinal)) continue;
            if (csv ? !IsCsv(lines.Current) : IsHead(lines.Current)) break;
            var words = csv ? lines.Current.Split(',') : Figures.Words(lines.Current);
            if (words.Length != 8)
            {
                if (peers.Count > 0 && !csv) break;
                lines.Problem("讀不懂這個來源。", "This source is not understood.");
                continue;
            }

            var (points, offset, deviation) = (Figures.Whole(words[1]), Figures.Span(words[6]), Figures.Span(words[7]));
            if (points is null || offset is null || deviation is null) lines.Problem("讀不懂這個來源。", "This source is not understood.");
            else if (peers.Count < lines.Options.MaxPeers) peers.Add(new TimePeer(lines.Number, words[0], points == 0 ? TimePeerState.Unusable : null, null, null, points == 0 ? null : -offset, null, points == 0 ? null : deviation));
        }

        var dead = peers.Count == 0 || peers.TrueForAll(p => p.State == TimePeerState.Unusable);
        return new TimeReading { Kind = TimeKinds.ChronySourceStats, Peers = peers, Synchronised = dead ? false : null, Verdict = dead ? TimeVerdict.Unsynchronised : TimeVerdict.Unknown, Reason = dead ? TimeErrors.NoSource : TimeErrors.NotTold };
    }
}

/// <summary><c>chronyc ntpdata</c>: the last packet of every source.</summary>
internal sealed class ChronyNtpDataParser : ReportParser
{
    internal override bool Begins(Lines lines) => Figures.Pair(lines.Current) is ("Remote address", _);

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        var peers = new List<TimePeer>();
        var best = (TimeReading?)null;
        while (!lines.AtEnd)
        {
            if (lines.Current.AsSpan().Trim().IsEmpty)
            {
                lines.Next();
                continue;
            }

            if (!Begins(lines)) break;
            var first = lines.Number;
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            for (; !lines.AtEnd && Figures.Pair(lines.Current) is var (name, value) && values.TryAdd(name, value); lines.Next())
            {
                if (name is "Offset" or "Peer delay" or "Root delay" or "Root dispersion" && Figures.Span(value) is null) lines.Problem($"讀不懂「{name}」的值。", $"The value of “{name}” is not understood.");
            }

            string Of(string name) => values.GetValueOrDefault(name, "");
            var heard = Figures.Whole(Of("Total valid RX")) is not 0 && Of("Mode") != "Invalid";
            var name1 = Of("Remote address").Split(' ')[0];
            var distance = Figures.Distance(Figures.Span(Of("Root delay")), Figures.Span(Of("Root dispersion")));
            var leap = ChronyTrackingParser.LeapOf(Of("Leap status"));
            // As in the packet: theta, positive when the host is behind.
            var (offset, delay) = (Figures.Span(Of("Offset")), Figures.Span(Of("Peer delay")));
            if (peers.Count < lines.Options.MaxPeers)
                peers.Add(new TimePeer(first, name1, heard && leap != 3 ? null : TimePeerState.Unusable, heard ? Figures.Stratum(Of("Stratum")) : null, null, heard ? offset : null, heard ? delay : null, heard ? Figures.Span(Of("Peer dispersion")) : null, Of("Reference ID")));
            if (!heard || leap == 3 || (best is not null && !(distance < best.RootDistance))) continue;
            best = new TimeReading { Kind = TimeKinds.ChronyNtpData, Source = name1, Stratum = Figures.Stratum(Of("Stratum")), Offset = offset, Delay = delay, RootDelay = Figures.Span(Of("Root delay")), RootDispersion = Figures.Span(Of("Root dispersion")), RootDistance = distance, Leap = leap };
        }

        // That a server answered does not say that the clock follows it.
        return best is null
            ? new TimeReading { Kind = TimeKinds.ChronyNtpData, Peers = peers, Synchronised = false, Verdict = TimeVerdict.Unsynchronised, Reason = TimeErrors.NoSource }
            : best with { Peers = peers, Verdict = TimeVerdict.Unknown, Reason = TimeErrors.NotTold };
    }
}

/// <summary><c>chronyc activity</c>: how many sources there are. Without one online no clock is followed.</summary>
internal sealed partial class ChronyActivityParser : ReportParser
{
    internal override bool Begins(Lines lines) => Online().IsMatch(lines.Current);

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        var none = Online().Match(lines.Current).Groups[1].ValueSpan is "0";
        while (!lines.AtEnd && lines.Current.Contains("sources ", StringComparison.Ordinal)) lines.Next();
        return new TimeReading { Kind = TimeKinds.ChronyActivity, Synchronised = none ? false : null, Verdict = none ? TimeVerdict.Unsynchronised : TimeVerdict.Unknown, Reason = none ? TimeErrors.NoSource : TimeErrors.NotTold };
    }

    [GeneratedRegex(@"^\s*(\d{1,9}) sources online\s*$", RegexOptions.NonBacktracking)]
    private static partial Regex Online();
}

/// <summary>chrony's own logs: <c>measurements.log</c>, <c>tracking.log</c>, <c>statistics.log</c>, with their headings or without.</summary>
/// <param name="shape">Which of them.</param>
internal sealed class ChronyLogParser(ChronyLogParser.Shape shape) : ReportParser
{
    /// <summary>A log by its columns.</summary>
    /// <param name="Kind">Its name.</param>
    /// <param name="Head">What its heading holds and no other does.</param>
    /// <param name="Least">Fewest columns.</param>
    /// <param name="Offset">Column of the offset.</param>
    /// <param name="Sign">1 where positive means behind, else −1.</param>
    internal sealed record Shape(string Kind, string Head, int Least, int Offset, int Sign);

    internal static readonly Shape Measurements = new(TimeKinds.ChronyMeasurementsLog, " 123 567 ", 17, 11, 1);
    internal static readonly Shape Tracking = new(TimeKinds.ChronyTrackingLog, "Freq ppm", 8, 6, -1);
    internal static readonly Shape Statistics = new(TimeKinds.ChronyStatisticsLog, "Est offset", 12, 4, -1);

    internal override bool Begins(Lines lines) => IsHead(lines.Current) || IsRow(Figures.Words(lines.Current));

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        var points = new List<TimePoint>();
        string[]? last = null;
        for (; !lines.AtEnd; lines.Next())
        {
            var line = lines.Current;
            if (line.AsSpan().Trim().IsEmpty || line.StartsWith("===", StringComparison.Ordinal) || IsHead(line)) continue;
            var words = Figures.Words(line);
            if (!IsDated(words)) break;
            if (!IsRow(words))
            {
                // Another log may begin here; a line that was cut is none.
                if (words.Length >= 8 && new[] { Measurements, Tracking, Statistics }.Any(s => s != shape && new ChronyLogParser(s).IsRow(words))) break;
                lines.Problem("這一行的欄位不完整。", "The columns of this line are not complete.");
                continue;
            }

            if (points.Count == lines.Options.MaxPoints) points.RemoveRange(0, points.Count / 2);
            points.Add(new TimePoint(lines.Number, At(words)!.Value, words[2], shape.Sign * Figures.Number(words[shape.Offset])!.Value, SynchronisedOf(words)));
            last = words;
        }

        return last is null ? new TimeReading { Kind = shape.Kind, Verdict = TimeVerdict.Unknown, Reason = TimeErrors.NotTold } : Finish(points, last, limits);
    }

    private TimeReading Finish(List<TimePoint> points, string[] last, TimeLimits limits)
    {
        var newest = points[^1];
        var tracking = shape == Tracking;
        var stratum = tracking ? Figures.Stratum(last[3]) : shape == Measurements ? Figures.Stratum(last[4]) : null;
        double? delay = shape == Measurements ? Figures.Number(last[12]) : null, rootDelay = shape == Measurements ? Figures.Number(last[14]) : tracking && last.Length > 12 ? Figures.Number(last[11]) : null;
        double? rootDispersion = shape == Measurements ? Figures.Number(last[15]) : tracking && last.Length > 12 ? Figures.Number(last[12]) : null;
        // A measurement is of the source; the way to it comes on top.
        var distance = Figures.Distance(rootDelay + (delay ?? 0), rootDispersion);
        var own = (shape == Measurements && uint.TryParse(last[16], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var id) && NtpPacket.IsOwn(id)) || (tracking && last[2] is "127.127.1.1" or "7F7F0101");
        var synchronised = tracking && own ? false : newest.Synchronised;
        var (verdict, reason) = tracking && own ? (TimeVerdict.Unsynchronised, TimeErrors.OwnClock)
            // Of each source there may be a newest line; the clock follows only one of them.
            : limits.Judge(synchronised, stratum, newest.Offset, distance);
        return new TimeReading
        {
            Kind = shape.Kind, Points = points, At = newest.At, Source = newest.Source, Stratum = stratum, Offset = synchronised == false ? null : newest.Offset, Delay = delay, RootDelay = rootDelay, RootDispersion = rootDispersion, RootDistance = distance,
            Jitter = shape == Statistics ? Figures.Number(last[3]) : null, Synchronised = synchronised, Verdict = verdict, Reason = reason, IsOwnClock = own,
        };
    }

    private bool IsHead(string line) => line.Contains("Date (UTC) Time", StringComparison.Ordinal) && line.Contains(shape.Head, StringComparison.Ordinal);

    private static DateTimeOffset? At(string[] words) => words.Length < 3 ? null : Figures.Utc($"{words[0]} {words[1]}");

    private static bool IsDated(string[] words) => At(words) is not null;

    internal bool IsRow(string[] words)
    {
        if (words.Length < shape.Least || !IsDated(words) || Figures.Number(words[shape.Offset]) is null) return false;
        if (shape == Measurements) return words[3] is "N" or "+" or "-" or "?" && Figures.Stratum(words[4]) is not null && Enumerable.Range(11, 5).All(i => Figures.Number(words[i]) is not null);
        if (shape == Tracking) return words[7] is "N" or "+" or "-" or "?" && Figures.Stratum(words[3]) is not null;
        return Enumerable.Range(3, 9).All(i => Figures.Number(words[i]) is not null);
    }

    private bool? SynchronisedOf(string[] words) => shape == Measurements ? words[3] != "?" && !words[6].Contains('0', StringComparison.Ordinal) : shape == Tracking ? words[7] != "?" : null;
}

/// <summary>What lists of sources come to.</summary>
internal static class PeerLists
{
    /// <summary>A host is synchronised when it has selected a source that is not its own clock.</summary>
    internal static TimeReading Finish(string kind, IReadOnlyList<TimePeer> peers, TimeLimits limits, bool stratumIsOfSource)
    {
        var selected = peers.FirstOrDefault(p => p.State == TimePeerState.Selected);
        if (selected is null) return new TimeReading { Kind = kind, Peers = peers, Synchronised = false, Verdict = TimeVerdict.Unsynchronised, Reason = TimeErrors.NoSource };
        if (selected.IsOwnClock) return new TimeReading { Kind = kind, Peers = peers, Source = selected.Name, Synchronised = false, Verdict = TimeVerdict.Unsynchronised, Reason = TimeErrors.OwnClock, IsOwnClock = true };
        // The margin of chrony is the root distance of the source.
        var distance = stratumIsOfSource ? selected.Error : null;
        var (verdict, reason) = selected.Reach == 0 && kind == TimeKinds.NtpqPeers ? (TimeVerdict.Unsynchronised, TimeErrors.NoSource) : limits.Judge(true, selected.Stratum is 0 && kind == TimeKinds.ChronySources ? null : selected.Stratum, selected.Offset, distance);
        return new TimeReading { Kind = kind, Peers = peers, Source = selected.Name, Stratum = selected.Stratum, Offset = selected.Offset, Delay = selected.Delay, Jitter = stratumIsOfSource ? null : selected.Error, RootDistance = distance, Synchronised = verdict != TimeVerdict.Unsynchronised || reason?.Code != "time.no-source", Verdict = verdict, Reason = reason };
    }
}
