using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Hufu.Logs.Parsing;

/// <summary>
/// The fields of one record, by name, in the order in which they were found. Most records have a handful, for which looking along a list is faster than
/// hashing, and a list is a third of the memory: of a hundred thousand records a second that is what matters.
/// </summary>
internal sealed class FieldMap : IReadOnlyDictionary<string, string>
{
    private const int Room = 8;

    /// <summary>So many are looked along; of more it is kept where each stands.</summary>
    private const int Listed = 16;

    private KeyValuePair<string, string>[] entries = [];
    private Dictionary<string, int>? places;

    /// <summary>No fields yet.</summary>
    public FieldMap()
    {
    }

    /// <summary>The fields of another record.</summary>
    public FieldMap(IReadOnlyDictionary<string, string> fields)
    {
        if (fields.Count > 0) entries = new KeyValuePair<string, string>[Math.Max(Room, fields.Count + 2)];
        if (fields is FieldMap known)
        {
            known.Written.CopyTo(entries);
            Count = known.Count;
            if (known.places is { } kept) places = new Dictionary<string, int>(kept, StringComparer.Ordinal);
            return;
        }

        foreach (var (name, value) in fields) Append(name, value);
    }

    public int Count { get; private set; }

    /// <summary>The fields as they stand.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> Written => entries.AsSpan(0, Count);

    public IEnumerable<string> Keys
    {
        get
        {
            for (var i = 0; i < Count; i++) yield return entries[i].Key;
        }
    }

    public IEnumerable<string> Values
    {
        get
        {
            for (var i = 0; i < Count; i++) yield return entries[i].Value;
        }
    }

    public string this[string key]
    {
        get => Find(key) is >= 0 and var at ? entries[at].Value : throw new KeyNotFoundException($"There is no field '{key}'.");
        set
        {
            if (Find(key) is >= 0 and var at) entries[at] = new(key, value);
            else Append(key, value);
        }
    }

    public bool ContainsKey(string key) => Find(key) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        var at = Find(key);
        value = at >= 0 ? entries[at].Value : null;
        return at >= 0;
    }

    /// <summary>Adds a field of a name that there is none of yet.</summary>
    public bool TryAdd(string name, string value)
    {
        if (Find(name) >= 0) return false;
        Append(name, value);
        return true;
    }

    public void Clear()
    {
        entries.AsSpan(0, Count).Clear();
        Count = 0;
        places = null;
    }

    /// <summary>Drops the fields that have a value.</summary>
    public void Drop(string value)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (entries[i].Value != value) entries[kept++] = entries[i];
        }

        if (kept == Count) return;
        entries.AsSpan(kept, Count - kept).Clear();
        Count = kept;
        places = places is null ? null : entries[..kept].Index().ToDictionary(entry => entry.Item.Key, entry => entry.Index, StringComparer.Ordinal);
    }

    public ReadOnlySpan<KeyValuePair<string, string>>.Enumerator GetEnumerator() => Written.GetEnumerator();

    IEnumerator<KeyValuePair<string, string>> IEnumerable<KeyValuePair<string, string>>.GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return entries[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)this).GetEnumerator();

    private int Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (places is not null) return places.TryGetValue(name, out var place) ? place : -1;
        var written = entries.AsSpan(0, Count);
        for (var i = 0; i < written.Length; i++)
        {
            if (string.Equals(written[i].Key, name, StringComparison.Ordinal)) return i;
        }

        return -1;
    }

    private void Append(string name, string value)
    {
        if (Count == entries.Length) Array.Resize(ref entries, Math.Max(Room, 2 * Count));
        entries[Count] = new(name, value);
        places?.Add(name, Count);
        Count++;
        if (places is not null || Count <= Listed) return;
        places = new Dictionary<string, int>(2 * Count, StringComparer.Ordinal);
        for (var i = 0; i < Count; i++) places.Add(entries[i].Key, i);
    }
}
