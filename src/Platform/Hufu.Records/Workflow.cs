using Hufu.Kernel;

namespace Hufu.Records;

/// <summary>A state of a record.</summary>
/// <param name="Key">Stable key.</param>
/// <param name="Label">What people read.</param>
/// <param name="Tone">How it is shown.</param>
/// <param name="IsOpen">Somebody still owes something.</param>
/// <param name="IsLocked">What the record says stays as it is: somebody approved it, or is about to.</param>
public sealed record WorkflowState(string Key, LocalizedText Label, Tone Tone, bool IsOpen, bool IsLocked = false);

/// <summary>What a guard may know beside the record itself. Counted by the kernel before it asks.</summary>
/// <param name="EvidenceCount">Pieces of evidence attached to the record.</param>
/// <param name="LinkCounts">Links to and from the record by the other side's record type.</param>
/// <param name="OpenChildren">Records that point at this one and are still open, by record type.</param>
public sealed record GuardFacts(int EvidenceCount, IReadOnlyDictionary<string, int> LinkCounts, IReadOnlyDictionary<string, int> OpenChildren);

/// <summary>A way from one state to another, and what it asks for.</summary>
public sealed class Transition
{
    internal Transition(string key, LocalizedText label, IReadOnlyList<string> from, string to, Right right)
    {
        Key = key;
        Label = label;
        From = from;
        To = to;
        Right = right;
    }

    public string Key { get; }

    public LocalizedText Label { get; }

    public IReadOnlyList<string> From { get; }

    public string To { get; }

    /// <summary>The right that the person needs on this record.</summary>
    public Right Right { get; }

    /// <summary>The tally: whoever last did one of these (transition keys, or <c>create</c>) may not do this one.</summary>
    public IReadOnlyList<string> SeparateFrom { get; private set; } = [];

    /// <summary>The key that opens it on a record's page; null for none.</summary>
    public string? Shortcut { get; private set; }

    public bool NeedsReason { get; private set; }

    public bool NeedsEvidence { get; private set; }

    /// <summary>Why the record is not ready, or null when it is.</summary>
    public IReadOnlyList<Func<Record, GuardFacts, Error?>> Guards => guards;

    private readonly List<Func<Record, GuardFacts, Error?>> guards = [];

    /// <summary>A second person: not the one who last did any of these transitions (<c>create</c> stands for creating the record).</summary>
    public Transition SecondPerson(params IReadOnlyList<string> separateFrom)
    {
        SeparateFrom = separateFrom;
        return this;
    }

    /// <summary>A letter that opens it on a record's page.</summary>
    public Transition OnKey(char letter)
    {
        Shortcut = letter.ToString();
        return this;
    }

    /// <summary>The person must say why.</summary>
    public Transition WithReason()
    {
        NeedsReason = true;
        return this;
    }

    /// <summary>At least one piece of evidence must be attached.</summary>
    public Transition WithEvidence()
    {
        NeedsEvidence = true;
        return this;
    }

    /// <summary>Adds a condition on the record.</summary>
    public Transition When<T>(Func<T, GuardFacts, Error?> guard) where T : Record
    {
        guards.Add((record, facts) => guard((T)record, facts));
        return this;
    }
}

/// <summary>The states of a record type and the ways between them.</summary>
public sealed class Workflow
{
    private readonly List<WorkflowState> states = [];
    private readonly List<Transition> transitions = [];

    public IReadOnlyList<WorkflowState> States => states;

    public IReadOnlyList<Transition> Transitions => transitions;

    /// <summary>The state of a new record: the first one declared.</summary>
    public string Initial => states[0].Key;

    /// <summary>The state with this key; an unknown key is shown as it is.</summary>
    public WorkflowState State(string key) =>
        states.Find(s => s.Key == key) ?? new WorkflowState(key, new LocalizedText(key, key), Tone.Neutral, IsOpen: true);

    public Transition? Find(string key) => transitions.Find(t => t.Key == key);

    /// <summary>The ways out of a state.</summary>
    public IEnumerable<Transition> From(string state) => transitions.Where(t => t.From.Contains(state));

    /// <summary>Keys of the states in which somebody still owes something.</summary>
    public IReadOnlyList<string> OpenStates => [.. states.Where(s => s.IsOpen).Select(s => s.Key)];

    /// <summary>Declares a state. The first one is where a record starts.</summary>
    public Workflow State(string key, string zh, string en, Tone tone = Tone.Neutral, bool open = true)
    {
        states.Add(new WorkflowState(key, new LocalizedText(zh, en), tone, open));
        return this;
    }

    /// <summary>Says in which states the content stays as it is. Comments, links and evidence may still be added, owner and unit may change.</summary>
    public Workflow Lock(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            var at = states.FindIndex(s => s.Key == key);
            if (at < 0) throw new InvalidOperationException($"The unknown state '{key}' cannot be locked.");
            states[at] = states[at] with { IsLocked = true };
        }

        return this;
    }

    /// <summary>Why these fields may not change in a state; null when they may.</summary>
    public Error? LockedAgainst(string state, IEnumerable<string> fields)
    {
        var present = State(state);
        // People leave and units are renamed: who looks after a record may change at any time.
        if (!present.IsLocked || fields.All(f => f is "ownerId" or "unitId")) return null;
        var ways = From(state).Where(t => !State(t.To).IsLocked).ToList();
        var (zh, en) = ways.Count == 0 ? ("", "") : ($"請先「{string.Join("」或「", ways.Select(w => w.Label.Zh))}」。", $" First: {string.Join(" or ", ways.Select(w => $"“{w.Label.En}”"))}.");
        return Error.Of("record.locked", $"「{present.Label.Zh}」的紀錄不能修改內容。{zh}", $"What a record says cannot change while it is “{present.Label.En}”.{en}");
    }

    /// <summary>Declares a transition.</summary>
    public Transition Move(string key, string zh, string en, IReadOnlyList<string> from, string to, Right right = Right.Write)
    {
        foreach (var state in from.Append(to))
            if (!states.Exists(s => s.Key == state)) throw new InvalidOperationException($"Transition '{key}' names the unknown state '{state}'.");
        // The change log tells a transition from these by its key alone.
        if (key is "create" or "update" or "import") throw new InvalidOperationException($"'{key}' is a word of the change log and cannot name a transition.");
        if (transitions.Exists(t => t.Key == key)) throw new InvalidOperationException($"Transition '{key}' is declared twice.");
        var transition = new Transition(key, new LocalizedText(zh, en), from, to, right);
        transitions.Add(transition);
        return transition;
    }
}
