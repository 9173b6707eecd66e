using System.Collections.Concurrent;

namespace Hufu.Records;

/// <summary>All record types of the running product, listed by hand by the modules.</summary>
public sealed class RecordTypes
{
    private static readonly ConcurrentDictionary<Type, string> Keys = new();
    private readonly Dictionary<string, RecordType> byKey = new(StringComparer.Ordinal);

    /// <summary>Takes the types; two with the same key, prefix or path are a mistake.</summary>
    /// <exception cref="InvalidOperationException">A key, prefix, path or class is used twice.</exception>
    public RecordTypes(IEnumerable<RecordType> types)
    {
        foreach (var type in types)
        {
            if (!byKey.TryAdd(type.Key, type)) throw new InvalidOperationException($"Record type '{type.Key}' is listed twice.");
            if (type.FindField("state") is { Choices.Count: 0 }) throw new InvalidOperationException($"Record type '{type.Key}' did not end its declaration with Sealed().");
            if (byKey.Values.Any(o => o != type && (o.Prefix == type.Prefix || o.Path == type.Path || o.ClrType == type.ClrType)))
                throw new InvalidOperationException($"Record type '{type.Key}' shares its prefix, path or class with another.");
            Keys[type.ClrType] = type.Key;
        }
    }

    public IReadOnlyCollection<RecordType> All => byKey.Values;

    public RecordType? Find(string key) => byKey.GetValueOrDefault(key);

    /// <summary>The type with this key; a key that is not known is a bug.</summary>
    public RecordType Get(string key) => byKey.TryGetValue(key, out var type) ? type : throw new KeyNotFoundException($"No record type '{key}'.");

    public RecordType Of<T>() where T : Record => Get(KeyOf(typeof(T)));

    public RecordType Of(Record record) => Get(KeyOf(record.GetType()));

    public RecordType? ByPath(string module, string route) => byKey.Values.FirstOrDefault(t => t.Module == module && t.Route == route);

    /// <summary>The type whose numbers start like this one.</summary>
    public RecordType? ByNumber(string number) =>
        number.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash ? byKey.Values.FirstOrDefault(t => t.Prefix == number[..dash]) : null;

    /// <summary>The types that evidence an output of the standard.</summary>
    public IEnumerable<RecordType> ForOutput(string output) => byKey.Values.Where(t => t.Outputs.Contains(output));

    internal static string KeyOf(Type clrType) => Keys.TryGetValue(clrType, out var key) ? key : throw new InvalidOperationException($"{clrType.Name} belongs to no listed record type.");
}
