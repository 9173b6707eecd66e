using System.Globalization;
using System.Text;

namespace Hufu.Sigma.Indexing;

/// <summary>How a literal must lie in a value.</summary>
internal enum LiteralPosition
{
    Whole,
    Start,
    End,
    Anywhere,
}

/// <summary>
/// All literals that rules ask of one field, or of the whole event for keywords, with what becomes true when one is found. A value is looked
/// at once: one look-up for whole values, one pass for everything else.
/// </summary>
internal sealed class FieldIndex
{
    /// <summary>Longer literals are found by their last characters and then compared whole, which keeps the automaton small.</summary>
    private const int ProbeLength = 8;

    private const int ShortProbeLength = 4;
    private const int ManyLiterals = 60_000;

    private readonly Dictionary<string, List<int>> whole = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, List<int>> numberTexts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<double, List<int>> numbers = [];
    private readonly Dictionary<(LiteralPosition Position, string Text), List<int>> pieces = [];
    private readonly List<int> presence = [];
    private int longestWhole = -1;
    private Automaton? automaton;
    private Piece[][] probes = [];

    /// <summary>Literals that hold a letter beyond ASCII, by the one of their letters that fewest of them have.</summary>
    private readonly Dictionary<char, List<(int At, Piece Piece)>> beyondAscii = [];

    /// <summary>States of the automaton, for measurements.</summary>
    public int States => automaton?.States ?? 0;

    /// <summary>True when no literal was added.</summary>
    public bool IsEmpty => whole.Count + numberTexts.Count + numbers.Count + pieces.Count + presence.Count == 0;

    public void Add(LiteralPosition position, string text, int predicate)
    {
        if (position == LiteralPosition.Whole)
        {
            Add(whole, text, predicate);
            longestWhole = Math.Max(longestWhole, text.Length);
        }
        else if (text.Length == 0) presence.Add(predicate);
        else Add(pieces, (position, CaseFold.Of(text)), predicate);
    }

    public void AddNumber(double number, string written, int predicate)
    {
        if (!double.IsNaN(number)) Add(numbers, number, predicate);
        Add(numberTexts, written, predicate);
    }

    /// <summary>Makes ready what was added.</summary>
    public void Build()
    {
        if (pieces.Count == 0) return;
        var most = pieces.Count > ManyLiterals ? ShortProbeLength : ProbeLength;
        var byProbe = new Dictionary<string, List<Piece>>(StringComparer.Ordinal);
        var foreign = new List<Piece>();
        foreach (var ((position, text), predicates) in pieces)
        {
            if (!Ascii.IsValid(text))
            {
                foreign.Add(new Piece(position, text, true, [.. predicates]));
                continue;
            }

            var probe = text.Length <= most ? text : text[^most..];
            Add(byProbe, probe, new Piece(position, text, text.Length > probe.Length, [.. predicates]));
        }

        if (byProbe.Count > 0)
        {
            var texts = byProbe.Keys.ToList();
            automaton = new Automaton(texts);
            probes = [.. texts.Select(text => byProbe[text].ToArray())];
        }

        var usual = foreign.SelectMany(piece => piece.Text.Where(c => c > 127)).CountBy(c => c).ToDictionary();
        foreach (var piece in foreign)
        {
            var at = Enumerable.Range(0, piece.Text.Length).Where(i => piece.Text[i] > 127).MinBy(i => usual[piece.Text[i]]);
            Add(beyondAscii, piece.Text[at], (at, piece));
        }
    }

    /// <summary>Looks at a value that is there and not null.</summary>
    /// <param name="kind">What the value is.</param>
    /// <param name="text">The value as text.</param>
    /// <param name="found">Receives the predicates that the value makes true, each once.</param>
    public void Look(SigmaValueKind kind, ReadOnlySpan<char> text, Finding found)
    {
        found.Add(presence);
        if (text.Length <= longestWhole && whole.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var predicates)) found.Add(predicates);
        if (numberTexts.Count > 0 && kind is SigmaValueKind.Text or SigmaValueKind.Number)
        {
            if (kind == SigmaValueKind.Text && numberTexts.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out predicates)) found.Add(predicates);
            var styles = kind == SigmaValueKind.Text ? NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint : NumberStyles.Float;
            if (double.TryParse(text, styles, CultureInfo.InvariantCulture, out var number) && numbers.TryGetValue(number, out predicates)) found.Add(predicates);
        }

        if (beyondAscii.Count > 0) LookBeyondAscii(text, found);
        if (automaton is null) return;
        var (position, state) = (-1, 0);
        while (automaton.Advance(text, ref position, ref state))
        {
            for (var probe = automaton.First(state, out var rest); probe >= 0; probe = automaton.Next(ref rest))
            {
                foreach (var piece in probes[probe]) Try(piece, text, position + 1 - piece.Text.Length, found);
            }
        }
    }

    private void LookBeyondAscii(ReadOnlySpan<char> text, Finding found)
    {
        if (Ascii.IsValid(text)) return;
        for (var position = 0; position < text.Length; position++)
        {
            if (text[position] < 128) continue;
            if (!beyondAscii.TryGetValue(CaseFold.Of(text[position]), out var candidates)) continue;
            foreach (var (at, piece) in candidates) Try(piece, text, position - at, found);
        }
    }

    private static void Try(Piece piece, ReadOnlySpan<char> text, int from, Finding found)
    {
        var length = piece.Text.Length;
        if (from < 0 || from + length > text.Length) return;
        if ((piece.Position == LiteralPosition.Start && from > 0) || (piece.Position == LiteralPosition.End && from + length < text.Length)) return;
        if (piece.Predicates.Length == 1 && found.Has(piece.Predicates[0])) return;
        if (piece.IsLonger && !text.Slice(from, length).Equals(piece.Text, StringComparison.OrdinalIgnoreCase)) return;
        found.Add(piece.Predicates);
    }

    private static void Add<TKey, TValue>(Dictionary<TKey, List<TValue>> table, TKey key, TValue value)
        where TKey : notnull
    {
        if (!table.TryGetValue(key, out var list)) table[key] = list = [];
        if (list.Count == 0 || !Equals(list[^1], value)) list.Add(value);
    }

    /// <param name="Position">Where the text must lie.</param>
    /// <param name="Text">The text, folded.</param>
    /// <param name="IsLonger">True when it is yet to be compared, since only a part of it was found.</param>
    /// <param name="Predicates">What is true then.</param>
    private sealed record Piece(LiteralPosition Position, string Text, bool IsLonger, int[] Predicates);
}
