using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Hufu.Logs.Search;

/// <summary>
/// Finds a text in many others that lie one behind the other, whatever the case of its letters: of ASCII, and the two characters beyond it that are a k and an s
/// otherwise written. Thirty-two places are looked at at once, at the two bytes of the text that are least often found.
/// </summary>
internal sealed class TextFinder
{
    // Rarest last. What is not in it is rarer still.
    private const string ByFrequency = " etaoinsrhldcumfpgwybvkxjqz0123456789:=/.-";

    // U+212A KELVIN SIGN and U+017F LATIN SMALL LETTER LONG S, which patterns that ignore case take for the letters.
    private static readonly byte[] Kelvin = [0xE2, 0x84, 0xAA];
    private static readonly byte[] LongS = [0xC5, 0xBF];

    private readonly byte[] text;
    private readonly int one;
    private readonly int other;
    private readonly bool hasTwins;

    private TextFinder(byte[] text)
    {
        this.text = text;
        var order = Enumerable.Range(0, text.Length).OrderByDescending(i => Rarity(text[i])).ToArray();
        one = order[0];
        // Another letter if there is one: the same twice excludes little.
        other = order.FirstOrDefault(i => text[i] != text[one], order[^1]);
        if (one > other) (one, other) = (other, one);
        hasTwins = text.AsSpan().IndexOfAny((byte)'k', (byte)'s') >= 0;
    }

    /// <summary>A finder; null for a text with letters whose other case is not known here, which the database has to look for.</summary>
    public static TextFinder? For(string text) =>
        text.Length > 0 && text.EnumerateRunes().All(IsPlain) ? new TextFinder(Encoding.UTF8.GetBytes(text.ToLowerInvariant())) : null;

    /// <summary>Marks the texts that have it.</summary>
    /// <param name="bytes">What holds the texts.</param>
    /// <param name="at">Where each begins, growing.</param>
    /// <param name="lengths">How long each is.</param>
    /// <param name="found">One for each text; those that have it are set, the others stay as they are.</param>
    public void Find(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> at, ReadOnlySpan<int> lengths, Span<bool> found)
    {
        if (at.Length == 0) return;
        var end = at[^1] + lengths[^1];
        Walk(bytes, at, lengths, end, found);
        if (!hasTwins) return;
        Twins(bytes, at, lengths, end, Kelvin, found);
        Twins(bytes, at, lengths, end, LongS, found);
    }

    private void Walk(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> at, ReadOnlySpan<int> lengths, int end, Span<bool> found)
    {
        ref var first = ref MemoryMarshal.GetReference(bytes);
        var (row, place, last) = (0, at[0], end - text.Length);
        var (folds, otherFolds) = (Vector256.Create(FoldOf(text[one])), Vector256.Create(FoldOf(text[other])));
        var (sought, otherSought) = (Vector256.Create(text[one]), Vector256.Create(text[other]));
        while (place <= last)
        {
            if (last - place >= Vector256<byte>.Count)
            {
                var here = Vector256.LoadUnsafe(ref first, (nuint)(place + one)) | folds;
                var there = Vector256.LoadUnsafe(ref first, (nuint)(place + other)) | otherFolds;
                var mask = (Vector256.Equals(here, sought) & Vector256.Equals(there, otherSought)).ExtractMostSignificantBits();
                var next = place + Vector256<byte>.Count;
                for (; mask != 0; mask &= mask - 1)
                {
                    var candidate = place + BitOperations.TrailingZeroCount(mask);
                    if (!Is(bytes, candidate)) continue;
                    var after = Mark(at, lengths, candidate, ref row, found);
                    if (after < 0) continue;
                    // The rest of the text says nothing more.
                    next = after;
                    break;
                }

                place = next;
                continue;
            }

            var passed = Is(bytes, place) ? Mark(at, lengths, place, ref row, found) : -1;
            place = passed < 0 ? place + 1 : passed;
        }
    }

    /// <summary>Marks the text that a place lies in; tells where the next begins, or −1 when what was found is not within one.</summary>
    private int Mark(ReadOnlySpan<int> at, ReadOnlySpan<int> lengths, int place, ref int row, Span<bool> found)
    {
        while (at[row] + lengths[row] <= place) row++;
        if (place < at[row] || place + text.Length > at[row] + lengths[row]) return -1;
        found[row] = true;
        return row + 1 < at.Length ? at[row + 1] : int.MaxValue;
    }

    private void Twins(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> at, ReadOnlySpan<int> lengths, int end, ReadOnlySpan<byte> twin, Span<bool> found)
    {
        var row = 0;
        for (var from = at[0]; from < end;)
        {
            var next = bytes[from..end].IndexOf(twin);
            if (next < 0) return;
            var place = from + next;
            while (at[row] + lengths[row] <= place) row++;
            if (place >= at[row])
            {
                var folded = new byte[lengths[row]];
                var length = Fold(bytes.Slice(at[row], lengths[row]), folded);
                var (nothing, has) = (0, false);
                Walk(folded, [nothing], [length], length, MemoryMarshal.CreateSpan(ref has, 1));
                found[row] |= has;
                from = at[row] + lengths[row];
            }
            else
            {
                from = place + 1;
            }
        }
    }

    private static int Fold(ReadOnlySpan<byte> from, Span<byte> to)
    {
        var length = 0;
        for (var i = 0; i < from.Length;)
        {
            if (from[i..].StartsWith(Kelvin)) (to[length++], i) = ((byte)'k', i + Kelvin.Length);
            else if (from[i..].StartsWith(LongS)) (to[length++], i) = ((byte)'s', i + LongS.Length);
            else to[length++] = from[i++];
        }

        return length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Is(ReadOnlySpan<byte> bytes, int place)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var b = bytes[place + i];
            if (b is >= (byte)'A' and <= (byte)'Z') b |= 0x20;
            if (b != text[i]) return false;
        }

        return true;
    }

    private static byte FoldOf(byte b) => b is >= (byte)'a' and <= (byte)'z' ? (byte)0x20 : (byte)0;

    private static int Rarity(byte b) => ByFrequency.IndexOf((char)b, StringComparison.Ordinal) is >= 0 and var at ? at : ByFrequency.Length;

    // ASCII, and what has no case: Han, kana, bopomofo, hangul and their punctuation.
    private static bool IsPlain(Rune rune) => rune.IsAscii || rune.Value is >= 0x2E80 and < 0xA000 or >= 0xAC00 and < 0xD7A4;
}

/// <summary>What texts an event must have, for searches that ask for texts alone.</summary>
internal sealed class TextCondition
{
    // With fewer rows than one of so many left over, each is looked at by itself instead of the whole page.
    private const int FewOf = 8;

    private readonly Test root;

    private TextCondition(Test root) => this.root = root;

    private abstract record Test;

    private sealed record Has(TextFinder Finder, int Length) : Test;

    private sealed record All(IReadOnlyList<Test> Items) : Test;

    private sealed record Any(IReadOnlyList<Test> Items) : Test;

    private sealed record Not(Test Item) : Test;

    /// <summary>The condition of a search; null when it asks for something else.</summary>
    public static TextCondition? Of(SearchNode? root) => root is not null && TestOf(root) is { } test ? new TextCondition(test) : null;

    /// <summary>Says of each row of a page whether it is found.</summary>
    /// <param name="raw">The raw lines.</param>
    /// <param name="message">The messages that are not in them.</param>
    /// <param name="rows">One for each row.</param>
    public void Find(Store.Parquet.PageColumn raw, Store.Parquet.PageColumn message, Span<bool> rows) => Find(root, raw, message, rows, default);

    private static Test? TestOf(SearchNode node)
    {
        switch (node)
        {
            case AllOf all:
                // Long texts are rarer than short ones, most often, and what is rare leaves the others little to do.
                return TestsOf(all.Items) is { } each ? new All([.. each.OrderBy(test => test is Has has ? -has.Length : 0)]) : null;
            case AnyOf any:
                return TestsOf(any.Items) is { } either ? new Any(either) : null;
            case NoneOf none:
                return TestOf(none.Item) is { } test ? new Not(test) : null;
            case WordTerm word when word.Text.Trim(SearchParser.Wildcard) is var text && TextFinder.For(text) is { } finder:
                return new Has(finder, text.Length);
            default:
                return null;
        }
    }

    private static List<Test>? TestsOf(IReadOnlyList<SearchNode> nodes)
    {
        var tests = nodes.Select(TestOf).ToList();
        return tests.Count == 0 || tests.Contains(null) ? null : [.. tests.OfType<Test>()];
    }

    /// <summary>Says of each row whether it passes a test.</summary>
    /// <param name="test">The test.</param>
    /// <param name="raw">The raw lines.</param>
    /// <param name="message">The messages that are not in them.</param>
    /// <param name="rows">One for each row; what is said of rows that are not asked for means nothing.</param>
    /// <param name="among">True for each row that is asked for; empty for all.</param>
    private static void Find(Test test, Store.Parquet.PageColumn raw, Store.Parquet.PageColumn message, Span<bool> rows, ReadOnlySpan<bool> among)
    {
        switch (test)
        {
            case Not not:
                Find(not.Item, raw, message, rows, among);
                for (var i = 0; i < rows.Length; i++) rows[i] = !rows[i];
                break;
            case All all:
                Find(all.Items[0], raw, message, rows, among);
                var next = new bool[rows.Length];
                for (var item = 1; item < all.Items.Count; item++)
                {
                    if (among.Length > 0) And(rows, among);
                    Find(all.Items[item], raw, message, next, rows);
                    And(rows, next);
                }

                break;
            case Any any:
                Find(any.Items[0], raw, message, rows, among);
                var one = new bool[rows.Length];
                for (var item = 1; item < any.Items.Count; item++)
                {
                    Find(any.Items[item], raw, message, one, among);
                    for (var i = 0; i < rows.Length; i++) rows[i] |= one[i];
                }

                break;
            case Has has:
                Find(has.Finder, raw, message, rows, among);
                break;
        }
    }

    private static void Find(TextFinder finder, Store.Parquet.PageColumn raw, Store.Parquet.PageColumn message, Span<bool> rows, ReadOnlySpan<bool> among)
    {
        rows.Clear();
        if (among.Length > 0 && among.Count(true) < among.Length / FewOf)
        {
            for (var i = among.IndexOf(true); i >= 0 && i < among.Length; i = among[(i + 1)..].IndexOf(true) is >= 0 and var more ? i + 1 + more : -1)
            {
                finder.Find(raw.Bytes, raw.At.AsSpan(i, 1), raw.Lengths.AsSpan(i, 1), rows.Slice(i, 1));
                if (!rows[i] && message.Values > 0 && message.Index is { } of && of[i] >= 0) finder.Find(message.Bytes, message.At.AsSpan(of[i], 1), message.Lengths.AsSpan(of[i], 1), rows.Slice(i, 1));
            }

            return;
        }

        finder.Find(raw.Bytes, raw.At.AsSpan(0, raw.Values), raw.Lengths.AsSpan(0, raw.Values), rows);
        if (message.Values == 0 || message.Index is not { } index) return;
        var found = new bool[message.Values];
        finder.Find(message.Bytes, message.At.AsSpan(0, message.Values), message.Lengths.AsSpan(0, message.Values), found);
        for (var i = 0; i < rows.Length; i++) rows[i] |= index[i] >= 0 && found[index[i]];
    }

    private static void And(Span<bool> rows, ReadOnlySpan<bool> others)
    {
        for (var i = 0; i < rows.Length; i++) rows[i] &= others[i];
    }
}
