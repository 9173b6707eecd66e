using System.Buffers;
using Hufu.Sigma.Matching;

namespace Hufu.Sigma.Indexing;

/// <summary>
/// What is known of the event at hand. Nothing is cleared between events: an entry counts when it bears the number of the event.
/// </summary>
internal sealed class Scratch(RuleIndex index)
{
    private readonly int[] hits = new int[index.PredicateCount];
    private readonly int[] known = new int[index.NodeCount];
    private readonly bool[] values = new bool[index.NodeCount];
    private readonly int[] candidateSeen = new int[index.RootCount];
    private readonly int[] candidates = new int[index.RootCount];
    private readonly int[] fieldSeen = new int[index.FieldCount];
    private int keywordsSeen;
    private object? keywordChoice;
    private int current;

    private readonly Finding finding = new(index.PredicateCount);
    private readonly int[] fieldPlaces = new int[index.FieldCount];

    /// <summary>What is remembered of values beyond the event.</summary>
    public ValueMemo Memo { get; } = new(index.MemoCount);

    /// <summary>Receives what happens besides.</summary>
    public Evaluation Evaluation { get; } = new();

    /// <summary>The routes of the event's log sources.</summary>
    public List<RuleIndex.Route> Routes { get; } = [];

    /// <summary>The roots that may hold, each once.</summary>
    public ReadOnlySpan<int> Candidates => candidates.AsSpan(0, CandidateCount);

    public int CandidateCount { get; private set; }

    /// <summary>Goes on to the next event.</summary>
    public void Begin()
    {
        if (current == int.MaxValue)
        {
            foreach (var array in (int[][])[hits, known, candidateSeen, fieldSeen]) Array.Clear(array);
            current = keywordsSeen = 0;
        }

        current++;
        CandidateCount = 0;
        Routes.Clear();
        Evaluation.Timeouts = 0;
    }

    public bool IsHit(int predicate) => hits[predicate] == current;

    /// <summary>Notes what a value makes true.</summary>
    /// <param name="field">The number of its field; that of all fields together for keywords.</param>
    /// <param name="literals">What is looked for in it.</param>
    /// <param name="kind">What the value is; neither null nor several values.</param>
    /// <param name="text">The value as text.</param>
    public void Look(int field, FieldIndex literals, SigmaValueKind kind, ReadOnlySpan<char> text)
    {
        if (Memo.TryGet(field, kind, text, out var known, out var place))
        {
            Hit(known);
            return;
        }

        finding.Begin();
        literals.Look(kind, text, finding);
        Hit(finding.Items);
        if (place >= 0) Memo.Keep(place, field, kind, text, finding.Items);
    }

    /// <summary>Notes which keywords a value has.</summary>
    /// <param name="field">The number under which they are remembered.</param>
    /// <param name="keywords">All keywords.</param>
    /// <param name="kind">What the value is; neither null nor several values.</param>
    /// <param name="text">The value as text.</param>
    /// <param name="wanted">A value that has none of these need not be looked through; null where that cannot be told.</param>
    public void LookForKeywords(int field, FieldIndex keywords, SigmaValueKind kind, ReadOnlySpan<char> text, SearchValues<string>? wanted)
    {
        if (wanted is not null && !text.ContainsAny(wanted)) return;
        Look(field, keywords, kind, text);
    }

    private void Hit(ReadOnlySpan<int> predicates)
    {
        foreach (var predicate in predicates)
        {
            if (hits[predicate] == current) continue;
            hits[predicate] = current;
            foreach (var root in index.RootsOf(predicate)) Propose(root);
        }
    }

    /// <summary>Notes that a root may hold.</summary>
    public void Propose(int root)
    {
        if (candidateSeen[root] == current) return;
        candidateSeen[root] = current;
        candidates[CandidateCount++] = root;
    }

    /// <summary>Where the event lists a field that was taken; negative where it does not.</summary>
    public int PlaceOf(int field) => fieldSeen[field] == current ? fieldPlaces[field] : -1;

    /// <summary>True the first time for a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="place">Where the event lists it; negative where it does not.</param>
    public bool Take(int field, int place)
    {
        if (fieldSeen[field] == current) return false;
        fieldSeen[field] = current;
        fieldPlaces[field] = place;
        return true;
    }

    /// <summary>True the first time for the whole event and the same choice of keywords.</summary>
    public bool TakeKeywords(object? choice)
    {
        // Two sources in a row mostly share their choice; to look twice would only cost time.
        if (keywordsSeen == current && (ReferenceEquals(keywordChoice, choice) || keywordChoice is null)) return false;
        keywordsSeen = current;
        keywordChoice = choice;
        return true;
    }

    public bool TryValue(int node, out bool value)
    {
        value = values[node];
        return known[node] == current;
    }

    public bool Remember(int node, bool value)
    {
        known[node] = current;
        values[node] = value;
        return value;
    }
}
