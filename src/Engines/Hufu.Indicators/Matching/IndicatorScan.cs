using System.Buffers.Binary;
using System.Text;

namespace Hufu.Indicators;

/// <summary>An indicator that was seen in an event.</summary>
/// <param name="Number">The indicator, for <see cref="IndicatorIndex.Info"/>.</param>
/// <param name="Field">The field that has it; <c>raw</c> for the whole line.</param>
/// <param name="Value">The value of the event.</param>
public readonly record struct IndicatorHit(int Number, string Field, string Value);

/// <summary>
/// Compares events with an <see cref="IndicatorIndex"/>, one after another: <see cref="Begin"/>, each field, perhaps the line, <see cref="End"/>. For one thread.
/// Where nothing is seen, nothing is allocated, but for IPv6 addresses, names that are not ASCII, and URLs whose host is one of an indicator's URL.
/// </summary>
public sealed class IndicatorScan
{
    private const int MostHits = 200;
    private const int MostValues = 500;
    private const int MostParts = 64;
    private const int LongestValue = 8_192;
    private const int LongestLine = 1 << 16;

    private readonly IndicatorIndex index;
    private readonly List<IndicatorHit> hits = [];
    private readonly List<int> waiting = [];
    private readonly List<RoledValue> matched = [];
    private readonly uint groups;
    private readonly bool ranges;
    private readonly ulong wants;
    private RoledValue[] values = new RoledValue[64];
    private int count;
    private uint time;
    private uint now;
    private bool inLine;
    private string host = "", stem = "", query = "", hostField = "";

    internal IndicatorScan(IndicatorIndex index)
    {
        this.index = index;
        groups = index.Keys.Groups;
        ranges = index.Ranges.Count > 0;
        wants = index.Wants;
    }

    /// <summary>Begins an event.</summary>
    /// <param name="at">Its time: indicators that ended before do not count.</param>
    /// <param name="present">The time now: indicators that begin later do not count yet.</param>
    public void Begin(DateTimeOffset at, DateTimeOffset present)
    {
        hits.Clear();
        waiting.Clear();
        if (count > 0) Array.Clear(values, 0, count);
        count = 0;
        (time, now, inLine) = (IndicatorIndex.Seconds(at, 0), IndicatorIndex.Seconds(present, 0), false);
        (host, stem, query, hostField) = ("", "", "", "");
    }

    /// <summary>Looks at a field.</summary>
    /// <param name="name">Its name, as ECS or the source has it.</param>
    /// <param name="value">Its value.</param>
    public void Field(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (string.IsNullOrEmpty(value)) return;
        var role = FieldRoles.Of(name);
        if (role == FieldRole.None || (wants & (1UL << (int)role)) == 0) return;
        Look(role, name, value.Length <= LongestValue ? value : value[..LongestValue]);
    }

    /// <summary>Looks for addresses, hashes, domain names and URLs in the whole line. Only lists that ask for it take part.</summary>
    public void Line(string line)
    {
        if (string.IsNullOrEmpty(line) || !index.Lines) return;
        inLine = true;
        var text = line.AsSpan(0, Math.Min(line.Length, LongestLine));
        for (var at = 0; at < text.Length;)
        {
            var length = text[at..].IndexOfAnyExcept(TokenCharacters);
            if (length < 0) length = text.Length - at;
            if (length == 0)
            {
                at++;
                continue;
            }

            var token = text.Slice(at, length).Trim(".-:_");
            at += length;
            if (token.Length < 4) continue;
            if (AddressValue.TryRead(token, out var key)) Address(FieldRole.Address, key, "raw", token);
            else if (Normal.IsHashLength(token.Length) && Normal.IsHex(token)) Hash(KeyGroup.Hash, FieldRole.Hash, "raw", token);
            else if (token.IndexOf(':') is > 0 and var colon && token.LastIndexOf(':') == colon) Name(token[..colon]);
            else Name(token);
        }

        if ((groups & (1u << (int)KeyGroup.Url)) != 0)
        {
            for (var from = 0; text[from..].IndexOf("://", StringComparison.Ordinal) is >= 0 and var mark;)
            {
                var (begin, end) = (from + mark, from + mark + 3);
                while (begin > from && (char.IsAsciiLetterOrDigit(text[begin - 1]) || text[begin - 1] is '+' or '-' or '.')) begin--;
                while (end < text.Length && text[end] > ' ' && !"\"'<>|`^{}\\".Contains(text[end], StringComparison.Ordinal)) end++;
                if (begin < from + mark) Url("raw", text[begin..end].TrimEnd(".,;:)]!").ToString());
                from = end;
            }
        }

        inLine = false;

        void Name(ReadOnlySpan<char> token)
        {
            if (token.Contains('.') && !AddressOf(token)) Domain(FieldRole.Domain, "raw", token);
        }

        bool AddressOf(ReadOnlySpan<char> token)
        {
            if (!AddressValue.TryRead(token, out var key)) return false;
            Address(FieldRole.Address, key, "raw", token);
            return true;
        }
    }

    /// <summary>Ends the event; gives what was seen in it, valid until the next <see cref="Begin"/>.</summary>
    public IReadOnlyList<IndicatorHit> End()
    {
        // A URL whose host stands apart.
        if (stem.Length > 0)
        {
            var path = query is "" or "-" ? stem : $"{stem}{(query[0] == '?' ? "" : "?")}{query}";
            if (host.Length > 0) Url(hostField, host + path, whole: false);
            if ((groups & (1u << (int)KeyGroup.UrlPath)) != 0 || Asked(FieldRole.UrlPath)) PathOf(hostField.Length > 0 ? hostField : "path", path);
        }

        if (index.Patterns == 0) return hits;
        var present = 0UL;
        var has = values.AsSpan(0, count);
        foreach (var value in has) present |= 1UL << (int)value.Role;
        long timeouts = 0;
        foreach (var pattern in waiting) Try(pattern, has, ref timeouts);
        foreach (var pattern in index.Unguided)
            if ((index.Pattern(pattern).Node.Roles & present) != 0) Try(pattern, has, ref timeouts);
        index.CountTimeouts(timeouts);
        return hits;
    }

    private void Try(int at, ReadOnlySpan<RoledValue> has, ref long timeouts)
    {
        var (node, indicator, _) = index.Pattern(at);
        matched.Clear();
        if (!index.IsInForce(indicator, time, now) || !node.Matches(has, matched, ref timeouts)) return;
        var first = matched.Count > 0 ? matched[0] : default;
        Hit(indicator, first.Field ?? "", first.Raw ?? "");
    }

    private void Look(FieldRole role, string name, string value)
    {
        switch (role)
        {
            case FieldRole.SourceAddress or FieldRole.DestinationAddress or FieldRole.Address:
                if (!One(role, name, value)) Parts(value, name, role);
                break;
            case FieldRole.Domain or FieldRole.DestinationDomain or FieldRole.Answers:
                if (!One(role, name, value)) Parts(value, name, role);
                break;
            case FieldRole.UrlHost:
                var colon = value.LastIndexOf(':');
                var bare = colon > 0 && value.IndexOf(':', StringComparison.Ordinal) == colon ? value[..colon] : value;
                if (One(FieldRole.Domain, name, bare) && host.Length == 0) (host, hostField) = (value, name);
                break;
            case FieldRole.UriStem:
                if (value[0] == '/') stem = value;
                break;
            case FieldRole.UriQuery:
                query = value;
                break;
            case FieldRole.Url:
                if (value[0] == '/')
                {
                    if (stem.Length == 0) stem = value;
                }
                else
                {
                    Url(name, value);
                }

                break;
            case FieldRole.Hash:
                if (!Hash(KeyGroup.Hash, role, name, value)) Parts(value, name, role);
                break;
            case FieldRole.ImportHash:
                Hash(KeyGroup.ImportHash, role, name, value);
                break;
            case FieldRole.Hashes:
                Hashes(name, value);
                break;
            case FieldRole.FilePath or FieldRole.Image or FieldRole.ParentImage:
                File(role, name, value);
                break;
            case FieldRole.Email or FieldRole.EmailFrom or FieldRole.EmailTo:
                if (value.Contains('@', StringComparison.Ordinal)) Parts(value, name, role);
                break;
            case FieldRole.RegistryKey:
                Registry(name, value);
                break;
            case FieldRole.RegistryValue:
                Note(role, value.ToLowerInvariant(), value, name);
                break;
            case FieldRole.Mutex:
                Text(KeyGroup.Mutex, role, name, value);
                break;
            case FieldRole.UserAgent:
                Text(KeyGroup.UserAgent, role, name, value);
                break;
            case FieldRole.CommandLine or FieldRole.ParentCommandLine:
                Text(KeyGroup.CommandLine, role, name, value);
                break;
            case FieldRole.Ja3:
                Hash(KeyGroup.Ja3, role, name, value);
                break;
            case FieldRole.Hassh:
                Hash(KeyGroup.Hassh, role, name, value);
                break;
            case FieldRole.Account:
                Account(name, value);
                break;
            case FieldRole.Method:
                Note(role, value.ToUpperInvariant(), value, name);
                break;
            case FieldRole.Protocol:
                Note(role, value.ToLowerInvariant(), value, name);
                break;
            default:
                Note(role, value, value, name);
                break;
        }
    }

    // An address or a name. True when it was one.
    private bool One(FieldRole role, string name, ReadOnlySpan<char> value)
    {
        var isAddress = role is FieldRole.SourceAddress or FieldRole.DestinationAddress or FieldRole.Address;
        if (AddressValue.TryRead(value, out var key))
        {
            Address(isAddress ? role : role == FieldRole.DestinationDomain ? FieldRole.DestinationAddress : FieldRole.Address, key, name, value);
            return true;
        }

        // With its port.
        var colon = value.LastIndexOf(':');
        if (colon > 0 && (value[0] == '[' || value[..colon].IndexOf(':') < 0) && AddressValue.TryRead(value[..colon], out key))
        {
            Address(isAddress ? role : FieldRole.Address, key, name, value[..colon]);
            return true;
        }

        return value.Contains('.') && Domain(role is FieldRole.DestinationDomain or FieldRole.DestinationAddress ? FieldRole.DestinationDomain : FieldRole.Domain, name, value);
    }

    // Several values in one: lists, JSON arrays, "name <address>".
    private void Parts(string value, string name, FieldRole role)
    {
        var text = value.AsSpan();
        for (var (at, parts) = (0, 0); at < text.Length && parts < MostParts;)
        {
            var length = text[at..].IndexOfAny(Separators);
            if (length < 0) length = text.Length - at;
            if (length > 0)
            {
                parts++;
                var part = text.Slice(at, length);
                if (role == FieldRole.Hash) Hash(KeyGroup.Hash, role, name, part);
                else if (role is FieldRole.Email or FieldRole.EmailFrom or FieldRole.EmailTo) Email(role, name, part);
                // The whole has been looked at.
                else if (length < text.Length) One(role, name, part);
            }

            at += length + 1;
        }
    }

    private static readonly System.Buffers.SearchValues<char> Separators = System.Buffers.SearchValues.Create(",; \t\r\n\"'[]<>|()");

    private static readonly System.Buffers.SearchValues<char> TokenCharacters = System.Buffers.SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_:");

    private void Address(FieldRole role, UInt128 key, string name, ReadOnlySpan<char> value)
    {
        if (Asked(role)) Note(role, AddressValue.Text(key), value.ToString(), name);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, key);
        Rows(KeyGroup.Address, bytes, name, value);
        if (!ranges) return;
        for (var range = index.Ranges.First(key); range >= 0; range = index.Ranges.Next(range)) Seen(index.Ranges.Target(range), name, value);
    }

    private bool Domain(FieldRole role, string name, ReadOnlySpan<char> value)
    {
        Span<char> normal = stackalloc char[DomainValue.Longest];
        if (!DomainValue.TryRead(value, normal, out var length)) return false;
        if (Asked(role)) Note(role, new string(normal[..length]), value.ToString(), name);
        if ((groups & (1u << (int)KeyGroup.Domain)) == 0) return true;
        Span<byte> bytes = stackalloc byte[DomainValue.Longest];
        for (var i = 0; i < length; i++) bytes[i] = (byte)normal[i];
        for (var at = 0; ;)
        {
            for (var row = index.Keys.First(KeyGroup.Domain, bytes[at..length]); row >= 0; row = index.Keys.Next(row))
            {
                if (index.Keys.Mark(row) is var mark && (mark == IndicatorIndex.Tree || (mark == IndicatorIndex.Exact) == (at == 0))) Seen(index.Keys.Target(row), name, value);
            }

            var dot = bytes[at..length].IndexOf((byte)'.');
            if (dot < 0) return true;
            at += dot + 1;
        }
    }

    private bool Hash(KeyGroup group, FieldRole role, string name, ReadOnlySpan<char> value)
    {
        if (!Normal.IsHashLength(value.Length)) return false;
        Span<byte> bytes = stackalloc byte[64];
        if (Convert.FromHexString(value, bytes, out _, out var written) != System.Buffers.OperationStatus.Done) return false;
        if (Asked(role)) Note(role, value.ToString().ToLowerInvariant(), value.ToString(), name);
        Rows(group, bytes[..written], name, value);
        return true;
    }

    // MD5=…,SHA256=…,IMPHASH=…
    private void Hashes(string name, string value)
    {
        var text = value.AsSpan();
        for (var parts = 0; text.Length > 0 && parts < MostParts; parts++)
        {
            var end = text.IndexOfAny(Separators);
            var part = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            var equals = part.IndexOfAny('=', ':');
            if (equals < 0) Hash(KeyGroup.Hash, FieldRole.Hash, name, part);
            else if (part[..equals].Equals("IMPHASH", StringComparison.OrdinalIgnoreCase)) Hash(KeyGroup.ImportHash, FieldRole.ImportHash, name, part[(equals + 1)..]);
            else Hash(KeyGroup.Hash, FieldRole.Hash, name, part[(equals + 1)..]);
        }
    }

    private void File(FieldRole role, string name, string value)
    {
        var wanted = (groups & (1u << (int)KeyGroup.FileName | 1u << (int)KeyGroup.FilePath)) != 0;
        var asked = (index.PatternRoles & IndicatorIndex.Bits(FieldRole.FileName, FieldRole.FilePath, FieldRole.Directory, FieldRole.Image, FieldRole.ParentImage, FieldRole.ProcessName, FieldRole.ParentName)) != 0;
        if (asked)
        {
            var path = Normal.Path(value);
            var (slash, raw) = (path.LastIndexOf('/'), value.Trim().Trim('"'));
            var (leaf, rawLeaf) = (path[(slash + 1)..], slash >= 0 && slash + 1 <= raw.Length ? raw[(slash + 1)..] : raw);
            Note(FieldRole.FilePath, path, raw, name);
            Note(FieldRole.FileName, leaf, rawLeaf, name);
            if (slash > 0 && role != FieldRole.ParentImage) Note(FieldRole.Directory, path[..slash], slash <= raw.Length ? raw[..slash] : raw, name);
            if (role is FieldRole.Image or FieldRole.ParentImage)
            {
                Note(role, path, raw, name);
                Note(role == FieldRole.Image ? FieldRole.ProcessName : FieldRole.ParentName, leaf, rawLeaf, name);
            }
        }

        if (!wanted || value.Length > 4_096) return;
        Span<byte> bytes = stackalloc byte[4_096 * 3];
        var length = Lower(value, bytes, path: true);
        var all = bytes[..length].Trim("\" "u8);
        Rows(KeyGroup.FilePath, all, name, value);
        Rows(KeyGroup.FileName, all[(all.LastIndexOf((byte)'/') + 1)..], name, value);
    }

    private void Url(string name, string value, bool whole = true)
    {
        var text = value.AsSpan();
        // Only where the host is one of an indicator's is the rest worth a look.
        var mark = text.IndexOf("://", StringComparison.Ordinal);
        if (whole && (mark < 0 || mark > 20)) mark = -3;
        var authority = text[(mark < 0 ? 0 : mark + 3)..];
        var end = authority.IndexOfAny('/', '?', '#');
        if (end >= 0) authority = authority[..end];
        if (authority.LastIndexOf('@') is >= 0 and var at) authority = authority[(at + 1)..];
        var colon = authority.LastIndexOf(':');
        if (colon > 0 && (authority[0] == '[' ? authority[colon - 1] == ']' : authority.IndexOf(':') == colon)) authority = authority[..colon];
        Span<char> normal = stackalloc char[DomainValue.Longest];
        Span<byte> bytes = stackalloc byte[DomainValue.Longest];
        int length;
        if (AddressValue.TryRead(authority, out var key))
        {
            // The host of one that stands apart has been looked at.
            if (whole) Address(FieldRole.Address, key, name, authority);
            var shown = AddressValue.IsV4(key) ? AddressValue.Text(key) : $"[{AddressValue.Text(key)}]";
            length = Encoding.ASCII.GetBytes(shown, bytes);
        }
        else if (DomainValue.TryRead(authority, normal, out length))
        {
            if (whole && mark >= 0) Domain(FieldRole.Domain, name, authority);
            for (var i = 0; i < length; i++) bytes[i] = (byte)normal[i];
        }
        else
        {
            return;
        }

        var asked = !inLine && (index.PatternRoles & IndicatorIndex.Bits(FieldRole.Url, FieldRole.UrlPath)) != 0;
        var paths = !inLine && whole && (groups & (1u << (int)KeyGroup.UrlPath)) != 0;
        if (!asked && !paths && ((groups & (1u << (int)KeyGroup.UrlHost)) == 0 || index.Keys.First(KeyGroup.UrlHost, bytes[..length]) < 0)) return;
        if (!UrlValue.TryRead(value, out var scheme, out _, out var rest, out var path, needsScheme: false)) return;
        if (asked) Note(FieldRole.Url, scheme.Length > 0 ? $"{scheme}://{rest}" : rest, value, name);
        if (whole && !inLine && (asked || paths)) PathOf(name, path);
        if ((groups & (1u << (int)KeyGroup.Url)) == 0) return;
        var known = Array.IndexOf(IndicatorIndex.Schemes, scheme);
        for (var row = index.Keys.First(KeyGroup.Url, Encoding.UTF8.GetBytes(known < 0 ? $"{scheme}://{rest}" : rest)); row >= 0; row = index.Keys.Next(row))
        {
            // A scheme that one of the two does not tell may be any.
            if (known < 0 || index.Keys.Mark(row) is var of && (of == 0 || known == 0 || of == known)) Seen(index.Keys.Target(row), name, value);
        }
    }

    private void PathOf(string name, string value)
    {
        var path = UrlValue.Path(value);
        if (Asked(FieldRole.UrlPath)) Note(FieldRole.UrlPath, path, value, name);
        if ((groups & (1u << (int)KeyGroup.UrlPath)) != 0) Rows(KeyGroup.UrlPath, Encoding.UTF8.GetBytes(path), name, value);
    }

    private void Email(FieldRole role, string name, ReadOnlySpan<char> part)
    {
        if (!part.Contains('@') || Normal.Email(part.ToString()) is not { } email) return;
        if (Asked(role)) Note(role, email, part.ToString(), name);
        Rows(KeyGroup.Email, Encoding.UTF8.GetBytes(email), name, part);
    }

    private void Registry(string name, string value)
    {
        var key = Normal.Registry(value);
        Each(key);
        // What is set is a value of the key before it.
        var last = key.LastIndexOf('\\');
        if (last > 4)
        {
            Each(key[..last]);
            Note(FieldRole.RegistryValue, key[(last + 1)..], value[(value.LastIndexOf('\\') + 1)..], name);
        }

        void Each(string of)
        {
            Once(of);
            if (Normal.OfCurrentUser(of) is { } own) Once(own);
        }

        void Once(string of)
        {
            if (Asked(FieldRole.RegistryKey)) Note(FieldRole.RegistryKey, of, value, name);
            Rows(KeyGroup.RegistryKey, Encoding.UTF8.GetBytes(of), name, value);
        }
    }

    private void Account(string name, string value)
    {
        if (value.Length > 256) return;
        Span<byte> bytes = stackalloc byte[256 * 3];
        var length = Lower(value, bytes, path: false);
        Rows(KeyGroup.Account, bytes[..length], name, value);
        var slash = bytes[..length].LastIndexOf((byte)'\\');
        if (slash >= 0) Rows(KeyGroup.Account, bytes[(slash + 1)..length], name, value);
        if (!Asked(FieldRole.Account)) return;
        var lower = value.ToLowerInvariant();
        Note(FieldRole.Account, lower, value, name);
        if (lower.LastIndexOf('\\') is >= 0 and var at) Note(FieldRole.Account, lower[(at + 1)..], value, name);
    }

    private void Text(KeyGroup group, FieldRole role, string name, string value)
    {
        if (Asked(role)) Note(role, value, value, name);
        if ((groups & (1u << (int)group)) == 0 || value.Length > 4_096) return;
        Span<byte> bytes = stackalloc byte[4_096 * 3];
        Rows(group, bytes[..Encoding.UTF8.GetBytes(value, bytes)], name, value);
    }

    private void Rows(KeyGroup group, ReadOnlySpan<byte> key, string name, ReadOnlySpan<char> value)
    {
        if ((groups & (1u << (int)group)) == 0) return;
        for (var row = index.Keys.First(group, key); row >= 0; row = index.Keys.Next(row)) Seen(index.Keys.Target(row), name, value);
    }

    private void Seen(int target, string name, ReadOnlySpan<char> value)
    {
        if (target < 0)
        {
            // A pattern is looked at when all fields are known; what stands in the line only is of no field.
            if (!inLine && !waiting.Contains(~target)) waiting.Add(~target);
            return;
        }

        if ((inLine && !index.OfLines(target)) || !index.IsInForce(target, time, now)) return;
        Hit(target, name, value.ToString());
    }

    private void Hit(int indicator, string field, string value)
    {
        if (hits.Count >= MostHits) return;
        foreach (var hit in hits)
            if (hit.Number == indicator) return;
        hits.Add(new IndicatorHit(indicator, field, value));
    }

    private bool Asked(FieldRole role) => !inLine && (index.PatternRoles & (1UL << (int)role)) != 0;

    private void Note(FieldRole role, string text, string raw, string field)
    {
        if (inLine || (index.PatternRoles & (1UL << (int)role)) == 0 || count >= MostValues) return;
        if (count == values.Length) Array.Resize(ref values, count * 2);
        values[count++] = new RoledValue(role, text, raw, field);
    }

    // In lower case, with / between the parts of a path.
    private static int Lower(string text, Span<byte> into, bool path)
    {
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c >= 0x80) return Encoding.UTF8.GetBytes(path ? text.Replace('\\', '/').ToLowerInvariant() : text.ToLowerInvariant(), into);
            into[length++] = (byte)(c is >= 'A' and <= 'Z' ? c | 0x20 : path && c == '\\' ? '/' : c);
        }

        return length;
    }
}
