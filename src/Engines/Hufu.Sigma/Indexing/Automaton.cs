namespace Hufu.Sigma.Indexing;

/// <summary>
/// Finds many short texts in one pass, whatever their case: an Aho-Corasick automaton whose transitions are all written out, over classes of
/// characters. One table look-up per character, however many texts there are. The texts are ASCII, for each further letter would widen every row of
/// the table; what is searched may hold anything.
/// </summary>
internal sealed class Automaton
{
    private const int Mask = int.MaxValue;

    private readonly byte[] ascii = new byte[128];
    private readonly int classes;
    private readonly ulong reciprocal;
    private readonly int[] next;
    private readonly int[] own;
    private readonly int[] link;

    /// <param name="texts">Distinct texts of ASCII, folded by <see cref="CaseFold"/>, none empty.</param>
    public Automaton(IReadOnlyList<string> texts)
    {
        var order = Enumerable.Range(0, texts.Count).ToArray();
        Array.Sort(order, (a, b) => string.CompareOrdinal(texts[a], texts[b]));
        var states = 1;
        for (var i = 0; i < order.Length; i++)
            states += texts[order[i]].Length - (i == 0 ? 0 : texts[order[i - 1]].AsSpan().CommonPrefixLength(texts[order[i]]));

        // Class 0 is every character that occurs in no text.
        classes = 1;
        foreach (var c in texts.SelectMany(text => text).Distinct().Order()) ascii[c] = (byte)classes++;

        reciprocal = ((1UL << 32) / (uint)classes) + 1;
        for (var c = 0; c < 128; c++) ascii[c] = ascii[CaseFold.Of((char)c)];
        next = new int[states * classes];
        own = new int[states];
        link = new int[states];
        Array.Fill(own, -1);
        var count = 1;
        foreach (var text in order)
        {
            var state = 0;
            foreach (var c in texts[text])
            {
                ref var target = ref next[(state * classes) + ClassOf(c)];
                if (target == 0) target = count++;
                state = target;
            }

            own[state] = text;
        }

        Complete(states);
    }

    /// <summary>Number of states, for measurements.</summary>
    public int States => own.Length;

    /// <summary>The class of a character; 0 when no text has it.</summary>
    public int ClassOf(char c)
    {
        if (c >= 128) c = CaseFold.Of(c);
        return c < 128 ? ascii[c] : 0;
    }

    /// <summary>Reads on to the next character after which a text ends. Begin with position -1 and state 0.</summary>
    /// <returns>False at the end of the text.</returns>
    public bool Advance(ReadOnlySpan<char> text, ref int position, ref int state)
    {
        var table = next;
        var map = ascii;
        var current = state & Mask;
        for (var i = position + 1; i < text.Length; i++)
        {
            var c = text[i];
            var kind = c < 128 ? map[c] : ClassOf(c);
            current = table[current + kind];
            if (current >= 0) continue;
            position = i;
            state = current;
            return true;
        }

        return false;
    }

    /// <summary>The texts that end where <see cref="Advance"/> stopped: begin with its state, and go on until -1.</summary>
    public int First(int state, out int rest)
    {
        // Divided by the number of classes, of which it is a multiple: exact for every state that there can be, and far sooner than a division.
        rest = (int)(((uint)(state & Mask) * reciprocal) >> 32);
        return Next(ref rest);
    }

    /// <summary>The next text that ends at the same place; -1 when there is none.</summary>
    public int Next(ref int rest)
    {
        while (rest != 0)
        {
            var text = own[rest];
            rest = link[rest];
            if (text >= 0) return text;
        }

        return -1;
    }

    /// <summary>Writes out the transitions of failure, and marks in the sign of each target whether a text ends there.</summary>
    private void Complete(int states)
    {
        var fail = new int[states];
        var queue = new int[states];
        var (head, tail) = (0, 0);
        for (var k = 0; k < classes; k++)
        {
            if (next[k] != 0) queue[tail++] = next[k];
        }

        while (head < tail)
        {
            var state = queue[head++];
            link[state] = own[fail[state]] >= 0 ? fail[state] : link[fail[state]];
            for (var k = 0; k < classes; k++)
            {
                ref var target = ref next[(state * classes) + k];
                var other = next[(fail[state] * classes) + k];
                if (target == 0)
                {
                    target = other;
                }
                else
                {
                    fail[target] = other;
                    queue[tail++] = target;
                }
            }
        }

        for (var i = 0; i < next.Length; i++)
        {
            var state = next[i];
            next[i] = state * classes;
            if (own[state] >= 0 || link[state] != 0) next[i] |= int.MinValue;
        }
    }
}
