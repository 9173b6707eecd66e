using Hufu.Logs;
using Hufu.Sigma;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Events that were read with the same names in the same order, in the same format and with the same columns: what one of them lacks, all lack. A source writes few kinds of
/// events, so that the rules' many names are looked for once a kind and not once an event.
/// </summary>
internal sealed class EventShape : SigmaShape
{
    /// <summary>More names than this are not compared.</summary>
    private const int MostNames = 512;

    private readonly uint hash;
    private readonly string[] names;
    private readonly string format;
    private readonly int columns;
    private readonly LogEventFields sample;

    private EventShape(uint hash, LogEvent item, int columns, RuleMappings mappings)
    {
        (this.hash, this.columns, format, names) = (hash, columns, item.Format, [.. item.Fields.Keys]);
        // Only names count: no text of the event is kept.
        sample = new LogEventFields(item with
        {
            Message = "", Raw = "", RawBytes = null, Source = "", Host = item.Host is null ? null : "", App = item.App is null ? null : "", SourceIp = item.SourceIp is null ? null : "",
            Fields = names.ToDictionary(name => name, _ => "", StringComparer.Ordinal),
        }, mappings);
    }

    /// <summary>The shape of an event; null where it has too many names to have one.</summary>
    /// <param name="item">The event.</param>
    /// <param name="mappings">The mappings that it is read with, which keep its shape.</param>
    public static EventShape? Of(LogEvent item, RuleMappings mappings)
    {
        if (item.Fields.Count > MostNames) return null;
        var columns = (item.Host is null ? 0 : 1) | (item.App is null ? 0 : 2) | (item.SourceIp is null ? 0 : 4) | (item.Severity is null ? 0 : 8) | (item.Facility is null ? 0 : 16);
        var hash = HashOf(item, columns);
        ref var place = ref mappings.Shapes[hash % (uint)mappings.Shapes.Length];
        var known = Volatile.Read(ref place);
        if (known is not null && known.Is(hash, item, columns)) return known;
        var fresh = new EventShape(hash, item, columns, mappings);
        Volatile.Write(ref place, fresh);
        return fresh;
    }

    /// <inheritdoc />
    public override bool MayHave(string field)
    {
        lock (sample) return sample.MayHave(field);
    }

    private bool Is(uint hash, LogEvent item, int columns)
    {
        if (hash != this.hash || columns != this.columns || item.Fields.Count != names.Length || item.Format != format) return false;
        var at = 0;
        foreach (var (name, _) in item.Fields)
        {
            if (name != names[at++]) return false;
        }

        return true;
    }

    // Names of one sum only take each other's place: they are compared.
    private static uint HashOf(LogEvent item, int columns)
    {
        unchecked
        {
            var hash = (uint)columns;
            foreach (var (name, _) in item.Fields)
                hash = (hash ^ (name.Length == 0 ? 0u : (uint)((name.Length << 24) ^ (name[0] << 16) ^ (name[name.Length / 2] << 8) ^ name[^1]))) * 0x9E3779B1u;
            return hash ^ (hash >> 15);
        }
    }
}
