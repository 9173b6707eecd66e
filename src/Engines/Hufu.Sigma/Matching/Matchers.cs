namespace Hufu.Sigma.Matching;

/// <summary>
/// A compiled piece of a detection. Logic is two-valued: a test on a field that the event lacks is false, and its negation true.
/// </summary>
internal abstract class Matcher
{
    public abstract bool Matches(ISigmaEvent fields, Evaluation evaluation);

    /// <summary>Adds the fields that made a match; called only after <see cref="Matches"/> was true. A negation contributes none.</summary>
    public abstract void Explain(ISigmaEvent fields, Evaluation evaluation, List<SigmaMatchedField> into);
}

/// <summary>What happens during one evaluation besides the answer.</summary>
internal sealed class Evaluation
{
    /// <summary>Regular expressions given up because they took too long; such a test counted as not matching.</summary>
    public int Timeouts { get; set; }

    /// <summary>For <see cref="SeenMatcher"/>: how often each of a correlation's rules matched.</summary>
    public int[] Seen { get; set; } = [];
}

internal sealed class NeverMatcher : Matcher
{
    public static readonly NeverMatcher Instance = new();

    public override bool Matches(ISigmaEvent fields, Evaluation evaluation) => false;

    public override void Explain(ISigmaEvent fields, Evaluation evaluation, List<SigmaMatchedField> into)
    {
    }
}

/// <summary>True when the rule with this index matched within a correlation's window; stands for a name where only the form of a condition counts.</summary>
internal sealed class SeenMatcher(int index) : Matcher
{
    public int Index => index;

    public override bool Matches(ISigmaEvent fields, Evaluation evaluation) => evaluation.Seen[index] > 0;

    public override void Explain(ISigmaEvent fields, Evaluation evaluation, List<SigmaMatchedField> into)
    {
    }
}

internal sealed class AndMatcher(Matcher[] items) : Matcher
{
    public Matcher[] Items => items;

    public override bool Matches(ISigmaEvent fields, Evaluation evaluation)
    {
        foreach (var item in items)
        {
            if (!item.Matches(fields, evaluation)) return false;
        }

        return true;
    }

    public override void Explain(ISigmaEvent fields, Evaluation evaluation, List<SigmaMatchedField> into)
    {
        foreach (var item in items) item.Explain(fields, evaluation, into);
    }
}

internal sealed class OrMatcher(Matcher[] items) : Matcher
{
    public Matcher[] Items => items;

    public override bool Matches(ISigmaEvent fields, Evaluation evaluation)
    {
        foreach (var item in items)
        {
            if (item.Matches(fields, evaluation)) return true;
        }

        return false;
    }

    public override void Explain(ISigmaEvent fields, Evaluation evaluation, List<SigmaMatchedField> into)
    {
        foreach (var item in items)
        {
            if (item.Matches(fields, evaluation)) item.Explain(fields, evaluation, into);
        }
    }
}

internal sealed class NotMatcher(Matcher item) : Matcher
{
    public Matcher Item => item;

    public override bool Matches(ISigmaEvent fields, Evaluation evaluation) => !item.Matches(fields, evaluation);

    public override void Explain(ISigmaEvent fields, Evaluation evaluation, List<SigmaMatchedField> into)
    {
    }
}

/// <summary>One value test against one field. <paramref name="written"/> is the value as the rule has it.</summary>
internal sealed class FieldMatcher(string field, ValueTest test, string written) : Matcher
{
    public string Name { get; } = field;

    public ValueTest Test => test;

    public override bool Matches(ISigmaEvent fields, Evaluation evaluation)
    {
        var present = fields.TryGet(Name, out var value);
        if (present && value.Kind == SigmaValueKind.Many && test.LooksInto)
        {
            for (var i = 0; i < value.Items.Count; i++)
            {
                if (test.Matches(value.Items[i], true, fields, evaluation)) return true;
            }

            return false;
        }

        return test.Matches(value, present, fields, evaluation);
    }

    public override void Explain(ISigmaEvent fields, Evaluation evaluation, List<SigmaMatchedField> into)
    {
        if (fields.TryGet(Name, out var value)) SigmaMatchedField.Note(into, Name, value.ToString(), written);
    }
}

/// <summary>A keyword: a text anywhere in any value of the event (rules specification, "Keywords search").</summary>
internal sealed class KeywordMatcher(ValueTest test, string written) : Matcher
{
    public ValueTest Test => test;

    public override bool Matches(ISigmaEvent fields, Evaluation evaluation) => Find(fields, evaluation, out _, out _);

    public override void Explain(ISigmaEvent fields, Evaluation evaluation, List<SigmaMatchedField> into)
    {
        if (Find(fields, evaluation, out var field, out var value)) SigmaMatchedField.Note(into, field, value.ToString(), written);
    }

    private bool Find(ISigmaEvent fields, Evaluation evaluation, out string field, out SigmaValue value)
    {
        for (var i = 0; i < fields.KeywordValueCount; i++)
        {
            value = fields.KeywordValueAt(i, out field);
            if (value.Kind == SigmaValueKind.Many)
            {
                for (var j = 0; j < value.Items.Count; j++)
                {
                    if (test.Matches(value.Items[j], true, fields, evaluation)) return true;
                }
            }
            else if (test.Matches(value, true, fields, evaluation))
            {
                return true;
            }
        }

        field = "";
        value = default;
        return false;
    }
}
