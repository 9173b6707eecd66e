using System.Buffers.Binary;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Indicators;

/// <summary>How the indicators of one list are looked for.</summary>
/// <param name="Lines">Addresses, hashes, domain names and URLs are also looked for in the whole line of an event.</param>
public sealed record IndicatorListOptions(bool Lines = false);

/// <summary>What is known of one indicator in an <see cref="IndicatorIndex"/>.</summary>
/// <param name="List">The list that it is of, in the order of adding.</param>
/// <param name="Id">Its id.</param>
/// <param name="Title">Its title; empty when it has none.</param>
/// <param name="Text">Its value or pattern.</param>
/// <param name="Kind">Word of its kind.</param>
/// <param name="Context">What it has in common with others.</param>
/// <param name="Confidence">0 to 100; absent when the source does not say.</param>
/// <param name="ValidUntil">Events from then on do not count; absent for no end.</param>
public sealed record IndicatorInfo(int List, string Id, string Title, string Text, string Kind, IndicatorContext Context, int? Confidence, DateTimeOffset? ValidUntil);

/// <summary>
/// Indicators, ready to be compared with events. Filled once, then only read, by several threads if need be; each takes its own <see cref="IndicatorScan"/>.
/// </summary>
public sealed class IndicatorIndex
{
    /// <summary>Patterns that every event must be compared with, because no value in them leads to them; more are refused.</summary>
    public const int MostUnguided = 5_000;

    internal const byte Exact = 0, Below = 1, Tree = 2;
    internal static readonly string[] Schemes = ["", "http", "https", "ftp"];

    private readonly List<IndicatorListOptions> lists = [];
    private readonly List<IndicatorContext> contexts = [];
    private readonly Dictionary<IndicatorContext, int> contextAt = new(ReferenceEqualityComparer.Instance);
    private readonly List<(PatternNode Node, int Indicator, string Text)> patterns = [];
    private readonly List<int> unguided = [];
    private readonly TextStore texts = new();
    private Row[] rows = new Row[1 << 8];
    private long timeouts;

    private struct Row
    {
        public int Text;
        public int Context;
        public uint From;
        public uint Until;
        public ushort List;
        public sbyte Confidence;
    }

    internal KeyTable Keys { get; } = new();

    internal RangeTable Ranges { get; } = new();

    /// <summary>How many indicators there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them are patterns.</summary>
    public int Patterns => patterns.Count;

    /// <summary>Bytes that it takes, about.</summary>
    public long Size => Keys.Size + texts.Size + rows.Length * 20L + Ranges.Count * 40L;

    /// <summary>Regular expressions that were given up because they took too long: matches may be missing.</summary>
    public long RegexTimeouts => Interlocked.Read(ref timeouts);

    /// <summary>True when some list is looked for in whole lines.</summary>
    public bool Lines { get; private set; }

    /// <summary>What of events is looked at, a bit for each role.</summary>
    internal ulong Wants { get; private set; }

    internal ulong PatternRoles { get; private set; }

    internal IReadOnlyList<int> Unguided => unguided;

    /// <summary>Begins a list; gives its number.</summary>
    public int AddList(IndicatorListOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        lists.Add(options);
        Lines |= options.Lines;
        return lists.Count - 1;
    }

    /// <summary>Adds an indicator to a list; gives why it cannot be looked for, or null.</summary>
    public Error? Add(int list, Indicator item)
    {
        ArgumentNullException.ThrowIfNull(item);
        PatternNode? node = null;
        if (item.Pattern.Length > 0)
        {
            var parsed = PatternParser.Parse(item.Pattern);
            if (!parsed.IsOk) return parsed.Errors[0] with { Place = item.Id };
            node = parsed.Value;
        }

        var triggers = node?.Triggers();
        if (node is not null && triggers is null && unguided.Count >= MostUnguided)
            return Error.Of("indicator.patterns", $"超過 {MostUnguided:N0} 個沒有明確值的樣式。", $"There are more than {MostUnguided:N0} patterns without a plain value.", item.Id);
        if (Count == rows.Length) Array.Resize(ref rows, rows.Length * 2);
        if (!contextAt.TryGetValue(item.Context, out var context))
        {
            contextAt[item.Context] = context = contexts.Count;
            contexts.Add(item.Context);
        }

        var number = Count++;
        rows[number] = new Row
        {
            Text = texts.Add(item), Context = context, List = checked((ushort)list), Confidence = (sbyte)Math.Clamp(item.Confidence ?? -1, -1, 100),
            From = Seconds(item.ValidFrom, 0), Until = Seconds(item.ValidUntil, uint.MaxValue),
        };
        if (node is null)
        {
            foreach (var value in item.Values) AddKey(value, number);
            return null;
        }

        var pattern = patterns.Count;
        patterns.Add((node, number, item.Pattern));
        PatternRoles |= node.Roles;
        if (triggers is null) unguided.Add(pattern);
        else foreach (var value in triggers) AddKey(value, ~pattern);
        return null;
    }

    /// <summary>Makes it ready.</summary>
    public IndicatorIndex Close()
    {
        Ranges.Close();
        Keys.Trim();
        Array.Resize(ref rows, Math.Max(1, Count));
        contextAt.Clear();
        var groups = Keys.Groups;
        Want(groups, [KeyGroup.Address, KeyGroup.Domain], FieldRole.SourceAddress, FieldRole.DestinationAddress, FieldRole.Address, FieldRole.Domain, FieldRole.DestinationDomain, FieldRole.UrlHost, FieldRole.Answers, FieldRole.Url);
        if (Ranges.Count > 0) Wants |= Bits(FieldRole.SourceAddress, FieldRole.DestinationAddress, FieldRole.Address, FieldRole.Domain, FieldRole.DestinationDomain, FieldRole.UrlHost, FieldRole.Answers, FieldRole.Url);
        Want(groups, [KeyGroup.Url, KeyGroup.UrlPath], FieldRole.Url, FieldRole.UrlHost, FieldRole.UriStem, FieldRole.UriQuery);
        Want(groups, [KeyGroup.Hash], FieldRole.Hash, FieldRole.Hashes);
        Want(groups, [KeyGroup.ImportHash], FieldRole.ImportHash, FieldRole.Hashes);
        Want(groups, [KeyGroup.FileName, KeyGroup.FilePath], FieldRole.FilePath, FieldRole.Image, FieldRole.ParentImage);
        Want(groups, [KeyGroup.Email], FieldRole.Email, FieldRole.EmailFrom, FieldRole.EmailTo);
        Want(groups, [KeyGroup.RegistryKey], FieldRole.RegistryKey);
        Want(groups, [KeyGroup.Mutex], FieldRole.Mutex);
        Want(groups, [KeyGroup.UserAgent], FieldRole.UserAgent);
        Want(groups, [KeyGroup.Ja3], FieldRole.Ja3);
        Want(groups, [KeyGroup.Hassh], FieldRole.Hassh);
        Want(groups, [KeyGroup.Account], FieldRole.Account);
        Want(groups, [KeyGroup.CommandLine], FieldRole.CommandLine, FieldRole.ParentCommandLine);
        foreach (var (derived, from) in Derived)
            if ((PatternRoles & Bits(derived)) != 0) Wants |= from;
        Wants |= PatternRoles;
        return this;
    }

    /// <summary>A way through events for one thread.</summary>
    public IndicatorScan NewScan() => new(this);

    /// <summary>What is known of an indicator.</summary>
    public IndicatorInfo Info(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Count);
        ref var row = ref rows[number];
        var (id, title, text, kind) = texts.Read(row.Text);
        return new IndicatorInfo(row.List, id, title, text, kind, contexts[row.Context], row.Confidence < 0 ? null : row.Confidence, row.Until == uint.MaxValue ? null : DateTimeOffset.FromUnixTimeSeconds(row.Until));
    }

    internal bool IsInForce(int number, uint time, uint now) => time < rows[number].Until && rows[number].From <= now;

    internal bool OfLines(int number) => lists[rows[number].List].Lines;

    internal (PatternNode Node, int Indicator, string Text) Pattern(int at) => patterns[at];

    internal void CountTimeouts(long more)
    {
        if (more > 0) Interlocked.Add(ref timeouts, more);
    }

    internal static uint Seconds(DateTimeOffset? at, uint otherwise) => at is { } time ? (uint)Math.Clamp(time.ToUnixTimeSeconds(), 0, uint.MaxValue - 1L) : otherwise;

    internal static ulong Bits(params ReadOnlySpan<FieldRole> roles)
    {
        var bits = 0UL;
        foreach (var role in roles) bits |= 1UL << (int)role;
        return bits;
    }

    /// <summary>What patterns ask for and no field has by itself, with the fields that it is taken from.</summary>
    private static readonly (FieldRole Derived, ulong From)[] Derived =
    [
        (FieldRole.FileName, Bits(FieldRole.FilePath, FieldRole.Image, FieldRole.ParentImage)), (FieldRole.FilePath, Bits(FieldRole.FilePath, FieldRole.Image, FieldRole.ParentImage)), (FieldRole.Directory, Bits(FieldRole.FilePath, FieldRole.Image)),
        (FieldRole.ProcessName, Bits(FieldRole.Image)), (FieldRole.ParentName, Bits(FieldRole.ParentImage)), (FieldRole.RegistryValue, Bits(FieldRole.RegistryKey, FieldRole.RegistryValue)),
        (FieldRole.Hash, Bits(FieldRole.Hashes)), (FieldRole.ImportHash, Bits(FieldRole.Hashes)), (FieldRole.Url, Bits(FieldRole.Url, FieldRole.UrlHost, FieldRole.UriStem, FieldRole.UriQuery)),
        (FieldRole.UrlPath, Bits(FieldRole.Url, FieldRole.UriStem, FieldRole.UriQuery)), (FieldRole.Domain, Bits(FieldRole.Url, FieldRole.UrlHost, FieldRole.Answers, FieldRole.SourceAddress, FieldRole.Address)),
        (FieldRole.DestinationDomain, Bits(FieldRole.DestinationAddress)), (FieldRole.DestinationAddress, Bits(FieldRole.DestinationDomain)), (FieldRole.Address, Bits(FieldRole.Domain, FieldRole.UrlHost, FieldRole.Url, FieldRole.Answers)),
    ];

    private void Want(uint groups, KeyGroup[] of, params ReadOnlySpan<FieldRole> roles)
    {
        if (Array.Exists(of, group => (groups & (1u << (int)group)) != 0)) Wants |= Bits(roles);
    }

    private void AddKey(IndicatorValue value, int target)
    {
        Span<byte> buffer = stackalloc byte[512];
        switch (value.Kind)
        {
            case IndicatorKind.Address when AddressValue.TryRead(value.Text, out var key):
                BinaryPrimitives.WriteUInt128BigEndian(buffer, key);
                Keys.Add(KeyGroup.Address, buffer[..16], target, 0);
                break;
            case IndicatorKind.Range when AddressValue.TryRange(value.Text, out var from, out var length):
                Ranges.Add(from, length, target);
                break;
            case IndicatorKind.Domain or IndicatorKind.DomainTree or IndicatorKind.Subdomains:
                Keys.Add(KeyGroup.Domain, Encoding.UTF8.GetBytes(value.Text), target, value.Kind switch { IndicatorKind.DomainTree => Tree, IndicatorKind.Subdomains => Below, _ => Exact });
                break;
            case IndicatorKind.Url when UrlValue.TryRead(value.Text, out var scheme, out var host, out var rest, out _, needsScheme: false):
                var known = Array.IndexOf(Schemes, scheme);
                Keys.Add(KeyGroup.Url, Encoding.UTF8.GetBytes(known < 0 ? $"{scheme}://{rest}" : rest), target, (byte)Math.Max(0, known));
                if (Keys.First(KeyGroup.UrlHost, Encoding.UTF8.GetBytes(host)) < 0) Keys.Add(KeyGroup.UrlHost, Encoding.UTF8.GetBytes(host), 0, 0);
                break;
            case IndicatorKind.Hash or IndicatorKind.ImportHash or IndicatorKind.Ja3 or IndicatorKind.Hassh:
                Convert.FromHexString(value.Text, buffer, out _, out var bytes);
                Keys.Add(GroupOf(value.Kind), buffer[..bytes], target, 0);
                break;
            default:
                if (value.Kind is not (IndicatorKind.Address or IndicatorKind.Range or IndicatorKind.Url)) Keys.Add(GroupOf(value.Kind), Encoding.UTF8.GetBytes(value.Text), target, 0);
                break;
        }
    }

    private static KeyGroup GroupOf(IndicatorKind kind) => kind switch
    {
        IndicatorKind.Hash => KeyGroup.Hash,
        IndicatorKind.ImportHash => KeyGroup.ImportHash,
        IndicatorKind.Ja3 => KeyGroup.Ja3,
        IndicatorKind.Hassh => KeyGroup.Hassh,
        IndicatorKind.UrlPath => KeyGroup.UrlPath,
        IndicatorKind.FileName => KeyGroup.FileName,
        IndicatorKind.FilePath => KeyGroup.FilePath,
        IndicatorKind.Email => KeyGroup.Email,
        IndicatorKind.RegistryKey => KeyGroup.RegistryKey,
        IndicatorKind.Mutex => KeyGroup.Mutex,
        IndicatorKind.UserAgent => KeyGroup.UserAgent,
        IndicatorKind.Account => KeyGroup.Account,
        _ => KeyGroup.CommandLine,
    };
}
