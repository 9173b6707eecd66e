using System.Globalization;

namespace Hufu.Time;

/// <summary><c>timedatectl</c> of every version, and <c>timedatectl show</c>. It does not say how far the clock is off.</summary>
internal sealed class TimedatectlParser : ReportParser
{
    internal override bool Begins(Lines lines) => Figures.Pair(lines.Current) is ("Local time", _) || (lines.Current is var line && (line.StartsWith("Timezone=", StringComparison.Ordinal) || line.StartsWith("NTPSynchronized=", StringComparison.Ordinal) || line.StartsWith("LocalRTC=", StringComparison.Ordinal)));

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        var (values, properties) = (new Dictionary<string, string>(StringComparer.Ordinal), !lines.Current.Contains(": ", StringComparison.Ordinal));
        for (; !lines.AtEnd && !lines.Current.AsSpan().Trim().IsEmpty; lines.Next())
        {
            var line = lines.Current;
            if (properties)
            {
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0 || !values.TryAdd(line[..equals], line[(equals + 1)..])) break;
                continue;
            }

            // Dates of daylight saving stand on lines of their own, which begin with blanks.
            if (Figures.Pair(line) is not var (name, value))
            {
                if (line[0] is not (' ' or '\t')) break;
                continue;
            }

            if (name.AsSpan().ContainsAnyInRange('0', '9')) continue;
            if (name is "Reference ID" or "Server" or "Remote address" || !values.TryAdd(name, value)) break;
        }

        string? Of(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
                if (values.TryGetValue(name, out var value)) return value;
            return null;
        }

        bool? synchronised = Of("System clock synchronized", "NTP synchronized", "NTPSynchronized") switch { "yes" => true, "no" => false, _ => null };
        var service = Of("NTP service", "NTP enabled", "Network time on", "systemd-timesyncd.service active", "NTP");
        var (verdict, reason) = limits.Judge(synchronised, null, null, null);
        // Not synchronised, and nothing that would make it so.
        if (synchronised == false && service is "inactive" or "no" or "n/a") reason = TimeErrors.Inactive;
        return new TimeReading { Kind = TimeKinds.Timedatectl, Synchronised = synchronised, At = UniversalOf(Of("Universal time")) ?? Micros(Of("TimeUSec")), Verdict = verdict, Reason = reason };
    }

    // "Wed 2020-03-11 00:53:21 UTC"
    private static DateTimeOffset? UniversalOf(string? text) => text is not null && Figures.Words(text) is [_, var day, var time, "UTC"] ? Figures.Utc($"{day} {time}") : null;

    // "TimeUSec=Wed 2020-03-11 00:53:21 UTC", or in the site's zone, which has no number.
    private static DateTimeOffset? Micros(string? text) => UniversalOf(text);
}

/// <summary><c>timedatectl timesync-status</c> and <c>timedatectl show-timesync</c>: the client of systemd.</summary>
internal sealed class TimesyncParser : ReportParser
{
    internal override bool Begins(Lines lines) =>
        (Figures.Pair(lines.Current) is ("Server", _) && Figures.Pair(lines.Peek()) is ("Poll interval", _))
        || lines.Current.StartsWith("SystemNTPServers=", StringComparison.Ordinal) || lines.Current.StartsWith("FallbackNTPServers=", StringComparison.Ordinal) || lines.Current.StartsWith("ServerName=", StringComparison.Ordinal) || lines.Current.StartsWith("NTPMessage=", StringComparison.Ordinal);

    internal override TimeReading Read(Lines lines, TimeLimits limits) => Figures.Pair(lines.Current) is ("Server", _) ? FromStatus(lines, limits) : FromProperties(lines, limits);

    private static TimeReading FromStatus(Lines lines, TimeLimits limits)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (; !lines.AtEnd && Figures.Pair(lines.Current) is var (name, value) && values.TryAdd(name, value); lines.Next())
        {
            if (name is "Offset" or "Delay" or "Jitter" && Duration(value) is null) lines.Problem($"讀不懂「{name}」的值。", $"The value of “{name}” is not understood.");
            if (name == "Stratum" && Figures.Stratum(value) is null) lines.Problem("層級不是數字。", "The stratum is no number.");
        }

        string Of(string name) => values.GetValueOrDefault(name, "");
        var packets = Figures.Whole(Of("Packet count"));
        // "91us (max: 5s)"
        var distance = Figures.Span(Of("Root distance").Split('(')[0]);
        var stratum = Figures.Stratum(Of("Stratum"));
        int? leap = Of("Leap").Trim() switch { "normal" => 0, "last minute of the day has 61 seconds" or "insert" => 1, "last minute of the day has 59 seconds" or "delete" => 2, "not synchronized" or "not synchronised" => 3, _ => null };
        // Without a packet the lines in between are not there.
        bool? synchronised = leap is { } l ? l != 3 : packets == 0 || (packets is null && stratum is null) ? false : null;
        return Finish(new Values(Of("Server"), stratum, Duration(Of("Offset")), Duration(Of("Delay")), distance, null, null, Duration(Of("Jitter")), leap, synchronised, null), limits);
    }

    // "-5.224ms"; "n/a" where a packet was ignored.
    private static double? Duration(string value) => Figures.Span(value.Split('(')[0]);

    private static TimeReading FromProperties(Lines lines, TimeLimits limits)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (; !lines.AtEnd && lines.Current.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && values.TryAdd(lines.Current[..equals], lines.Current[(equals + 1)..]); lines.Next()) { }
        var message = values.GetValueOrDefault("NTPMessage", "").Trim(' ', '{', '}').Split(", ").Select(p => p.Split('=', 2)).Where(p => p.Length == 2).GroupBy(p => p[0].Trim()).ToDictionary(p => p.Key, p => p.First()[1].Trim(), StringComparer.Ordinal);
        string Of(string name) => message.GetValueOrDefault(name, "");
        var leap = Figures.Whole(Of("Leap"));
        var (rootDelay, rootDispersion) = (Figures.Span(Of("RootDelay")), Figures.Span(Of("RootDispersion")));
        bool? synchronised = leap is { } l ? l != 3 && Of("Ignored") != "yes" : false;
        return Finish(new Values(values.GetValueOrDefault("ServerAddress", values.GetValueOrDefault("ServerName", "")), Figures.Stratum(Of("Stratum")), null, null, Figures.Distance(rootDelay, rootDispersion), rootDelay, rootDispersion, Figures.Span(Of("Jitter")), leap, synchronised, null), limits);
    }

    private sealed record Values(string Source, int? Stratum, double? Offset, double? Delay, double? Distance, double? RootDelay, double? RootDispersion, double? Jitter, int? Leap, bool? Synchronised, DateTimeOffset? At);

    private static TimeReading Finish(Values v, TimeLimits limits)
    {
        var (verdict, reason) = limits.Judge(v.Synchronised, v.Stratum, v.Offset, v.Distance);
        return new TimeReading
        {
            Kind = TimeKinds.TimesyncStatus, Source = v.Source.Length > 0 && v.Source != "n/a" ? v.Source : null, Stratum = v.Stratum, Offset = v.Synchronised == false ? null : v.Offset, Delay = v.Delay, RootDistance = v.Distance, RootDelay = v.RootDelay, RootDispersion = v.RootDispersion, Jitter = v.Jitter, Leap = v.Leap,
            Synchronised = v.Synchronised, Verdict = verdict, Reason = reason,
        };
    }
}

/// <summary>NTP packets in hexadecimal, as <c>xxd -p</c> writes them or with a label before them.</summary>
internal sealed class HexReplyParser : ReportParser
{
    internal override bool Begins(Lines lines) => BytesOf(lines.Current) is { } bytes && (bytes[0] & 7) is >= 1 and <= 5;

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        // The request before it tells whether the answer is one.
        byte[]? request = null;
        for (; !lines.AtEnd && BytesOf(lines.Current) is { } bytes; lines.Next())
        {
            if ((bytes[0] & 7) == 3)
            {
                request = bytes;
                continue;
            }

            var read = Packet(bytes, limits, request);
            lines.Next();
            if (read.IsOk) return read.Value;
            return new TimeReading { Kind = TimeKinds.NtpReply, Verdict = TimeVerdict.Bogus, Reason = read.Errors[0] };
        }

        return new TimeReading { Kind = TimeKinds.NtpReply, Verdict = TimeVerdict.Silent, Reason = TimeErrors.Silent };
    }

    /// <summary>What an answer says by itself. Without our own two stamps there is no offset.</summary>
    internal static Kernel.Result<TimeReading> Packet(ReadOnlySpan<byte> bytes, TimeLimits limits, byte[]? request = null)
    {
        var read = NtpPacket.Read(bytes);
        if (!read.IsOk) return Kernel.Result.Fail<TimeReading>(read.Errors);
        var packet = read.Value;
        var sent = request is null ? packet.Origin.Raw : System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(request.AsSpan(40));
        var distance = Math.Max(0, packet.RootDelay / 2) + packet.RootDispersion + packet.PrecisionSeconds;
        var (verdict, reason) = NtpExchange.Fault(packet, sent) is { } fault ? (TimeVerdict.Bogus, fault) : NtpExchange.Judge(packet, null, distance, limits);
        return Kernel.Result.Of(new TimeReading
        {
            Kind = TimeKinds.NtpReply, Verdict = verdict, Reason = reason, Synchronised = verdict == TimeVerdict.Bogus ? null : packet.Leap != 3 && packet.Stratum is > 0 and < 16, At = packet.Transmit.IsZero ? null : packet.Transmit.Near(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)),
            Source = packet.ReferenceText, Stratum = packet.Stratum, RootDelay = packet.RootDelay, RootDispersion = packet.RootDispersion, RootDistance = distance, Leap = packet.Leap, IsOwnClock = packet.IsOwnClock,
        });
    }

    private static byte[]? BytesOf(string line)
    {
        var words = Figures.Words(line);
        // A label, and bytes that may stand apart from each other.
        var hex = words.Length == 0 ? "" : string.Concat(words[0] is "request" or "reply" or "request:" or "reply:" ? words[1..] : words);
        if (hex.Length < 2 * NtpPacket.HeaderLength || hex.Length > 2 * NtpPacket.MaxLength || hex.Length % 2 != 0) return null;
        foreach (var c in hex)
            if (!char.IsAsciiHexDigit(c)) return null;
        return System.Convert.FromHexString(hex);
    }
}

/// <summary>What tools say when their service does not run.</summary>
internal sealed class SilentToolParser : ReportParser
{
    private static readonly string[] Said =
    [
        "506 Cannot talk to daemon", "Could not open connection to daemon", "ntpq: read: Connection refused", "timed out, nothing received", "Request timed out", "ntpq: connect: Connection refused", "No association ID's returned", "No association IDs returned",
        "Failed to query server: ", "Failed to connect to bus", "System has not been booted with systemd", "Failed to parse server information",
    ];

    internal override bool Begins(Lines lines) => Array.Exists(Said, s => lines.Current.Contains(s, StringComparison.Ordinal));

    internal override TimeReading Read(Lines lines, TimeLimits limits)
    {
        var none = lines.Current.Contains("association ID", StringComparison.Ordinal);
        lines.Next();
        while (!lines.AtEnd && Begins(lines)) lines.Next();
        // ntpd runs and has no source at all.
        return none
            ? new TimeReading { Kind = TimeKinds.NtpqPeers, Verdict = TimeVerdict.Unsynchronised, Reason = TimeErrors.NoSource, Synchronised = false }
            : new TimeReading { Kind = TimeKinds.NoAnswer, Verdict = TimeVerdict.Silent, Reason = TimeErrors.NoDaemon };
    }
}
