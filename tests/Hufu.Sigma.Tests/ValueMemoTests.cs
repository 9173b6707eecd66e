using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Hufu.Sigma.Indexing;

namespace Hufu.Sigma.Tests;

/// <summary>What is remembered of values is told of equal values only, and costs nothing where values do not repeat themselves.</summary>
public class ValueMemoTests
{
    private const int Fields = 5;

    // What would be found in a value: anything that follows from all of it.
    private static int[] Oracle(int field, SigmaValueKind kind, string text)
    {
        var sum = text.Aggregate((field * 31) + (int)kind, (so, c) => unchecked((so * 17) + c));
        return [.. Enumerable.Range(0, (sum & int.MaxValue) % 6).Select(i => unchecked(sum + i) & 0xFFFF)];
    }

    [Fact]
    public void WhatIsToldIsWhatWasFoundInAnEqualValue()
    {
        var random = new Random(7);
        var memo = new ValueMemo(Fields);
        // Values that differ in one character, in their length, or in nothing but field and kind.
        string[] texts = [.. Enumerable.Range(0, 30_000).Select(i => new string('x', i % 40) + i.ToString(CultureInfo.InvariantCulture) + new string('y', i % 7)), "", "\0", "a", "A"];
        var (asked, known) = (0, 0);
        for (var i = 0; i < 400_000; i++)
        {
            // Some are seen often, most hardly ever.
            var text = texts[(int)(texts.Length * Math.Pow(random.NextDouble(), 6))];
            var (field, kind) = (random.Next(Fields), random.Next(8) == 0 ? SigmaValueKind.Number : SigmaValueKind.Text);
            var expected = Oracle(field, kind, text);
            asked++;
            if (memo.TryGet(field, kind, text, out var found, out var place))
            {
                known++;
                Assert.Equal(expected, found.ToArray());
            }
            else if (place >= 0 && random.Next(10) > 0)
            {
                memo.Keep(place, field, kind, text, expected);
            }
        }

        Assert.True(known > asked / 3, $"{known} of {asked} were known");
    }

    [Fact]
    public void TwoTextsOfOneSumAreToldApart()
    {
        // As somebody would make them who knows how the sum is made: what differs in the first four characters is made up for in the next.
        const ulong Factor = 0x9E3779B97F4A7C15;
        static ulong Step(ulong text) => unchecked(BitOperations.RotateLeft((((ulong)SigmaValueKind.Text << 32) ^ 8 ^ text) * Factor, 29));
        var (one, other) = (0x0041_0042_0043_0044UL, 0x0061_0042_0043_0044UL);
        string[] texts = [.. new[] { (one, 0x0031_0032_0033_0034UL), (other, 0x0031_0032_0033_0034UL ^ Step(one) ^ Step(other)) }.Select(pair => new string(MemoryMarshal.Cast<ulong, char>([pair.Item1, pair.Item2])))];
        Assert.NotEqual(texts[0], texts[1]);
        var memo = new ValueMemo(1);
        Assert.False(memo.TryGet(0, SigmaValueKind.Text, texts[0], out _, out var place));
        memo.Keep(place, 0, SigmaValueKind.Text, texts[0], [1]);
        Assert.False(memo.TryGet(0, SigmaValueKind.Text, texts[1], out _, out var next));
        // In the same place, which shows that the sums are one.
        Assert.Equal(place, next);
        memo.Keep(next, 0, SigmaValueKind.Text, texts[1], [2]);
        Assert.True(memo.TryGet(0, SigmaValueKind.Text, texts[1], out var found, out _) && found.SequenceEqual([2]));
        Assert.True(memo.TryGet(0, SigmaValueKind.Text, texts[0], out found, out _) && found.SequenceEqual([1]));
    }

    [Fact]
    public void AFieldThatNeverRepeatsItselfIsLeftAloneForAWhileAndTriedAgain()
    {
        var memo = new ValueMemo(1);
        var (kept, n) = (0, 0);
        for (; n < 4_000; n++)
        {
            var text = n.ToString(CultureInfo.InvariantCulture);
            Assert.False(memo.TryGet(0, SigmaValueKind.Text, text, out _, out var place));
            if (place < 0) continue;
            kept++;
            memo.Keep(place, 0, SigmaValueKind.Text, text, [1]);
        }

        Assert.InRange(kept, 1, 1_000);
        var known = 0;
        for (; n < 20_000; n++)
        {
            if (memo.TryGet(0, SigmaValueKind.Text, "the same", out var found, out var place)) known++;
            else if (place >= 0) memo.Keep(place, 0, SigmaValueKind.Text, "the same", [2]);
            Assert.True(found.Length == 0 || found[0] == 2);
        }

        Assert.True(known > 5_000, $"{known}");
    }

    [Fact]
    public void LongTextsAndLongFindingsAreNotKept()
    {
        var memo = new ValueMemo(1);
        Assert.False(memo.TryGet(0, SigmaValueKind.Text, new string('a', 100_000), out _, out var place));
        Assert.True(place < 0);
        Assert.False(memo.TryGet(0, SigmaValueKind.Text, "many", out _, out place));
        memo.Keep(place, 0, SigmaValueKind.Text, "many", new int[100_000]);
        Assert.False(memo.TryGet(0, SigmaValueKind.Text, "many", out _, out _));
    }

    [Fact]
    public void NamesAreFoundWhollyOrNot()
    {
        string[] names = [.. Enumerable.Range(0, 2_000).Select(i => $"Target{i}Name"), "", "a", "ab", "abc", "id", "Image", "image", "登入者"];
        var table = new NameTable(names);
        for (var i = 0; i < names.Length; i++)
        {
            Assert.Equal(i, table.IndexOf(names[i]));
            Assert.Equal(-1, table.IndexOf(names[i] + "?"));
        }

        // The same length and ends as names that are there.
        foreach (var other in (string[])["Target1xName", "TargetxxxName", "Imbge", "b", "登出者"]) Assert.Equal(-1, table.IndexOf(other));
        Assert.Equal(-1, new NameTable([]).IndexOf("a"));
    }

    [Fact]
    public void TheAnswerIsTheSameTheSecondTime()
    {
        // Decided by an expression, a cased text and a keyword: what is tried is remembered too.
        var engine = SigmaEngine.Compile(SigmaParser.Parse("""
            title: t
            logsource: {product: any}
            detection:
              expression:
                a|re: 'x[0-9]+'
              cased:
                b|contains|cased: Word
              word: [needle]
              condition: expression or cased or word
            """, "t.yml").Rules);
        (string A, string B, bool Matches)[] events = [("x1", "", true), ("X1", "", false), ("x1", "word", true), ("-", "word", false), ("-", "a Word", true), ("x", "WORD", false), ("a NEEDLE here", "", true), ("needl e", "", false)];
        for (var round = 0; round < 3; round++)
        {
            foreach (var (a, b, matches) in events)
                Assert.Equal(matches ? 1 : 0, engine.Match(new SigmaDictionaryEvent([new("a", SigmaValue.Of(a)), new("b", SigmaValue.Of(b))]), null).Count);
        }
    }

    private sealed class Shape(params string[] names) : SigmaShape
    {
        public int Asked { get; private set; }

        public override bool MayHave(string field)
        {
            Asked++;
            return names.Contains(field);
        }
    }

    private sealed class Shaped(Shape shape, params KeyValuePair<string, SigmaValue>[] fields) : ISigmaShapedEvent
    {
        private readonly SigmaDictionaryEvent inner = new(fields);

        public List<string> Wanted { get; } = [];

        public SigmaShape? Shape => shape;

        public int KeywordValueCount => 0;

        public bool TryGet(string field, out SigmaValue value)
        {
            Wanted.Add(field);
            return inner.TryGet(field, out value);
        }

        public SigmaValue KeywordValueAt(int index, out string field) => inner.KeywordValueAt(index, out field);
    }

    [Fact]
    public void OfAnEventWithAShapeOnlyWhatItMayHaveIsAsked()
    {
        var engine = SigmaEngine.Compile([.. "abcdefgh".SelectMany(c => SigmaParser.Parse($"title: {c}\nid: 00000000-0000-0000-0000-00000000000{c - 'a'}\nlogsource: {{product: any}}\ndetection: {{s: {{{c}: word}}, condition: s}}\n", $"{c}.yml").Rules)]);
        Assert.Equal(8, engine.RuleCount);
        var (one, other) = (new Shape("a", "c"), new Shape("h"));
        for (var round = 0; round < 3; round++)
        {
            var first = new Shaped(one, new("a", SigmaValue.Of("word")), new("c", SigmaValue.Of(round == 1 ? "word" : "")));
            Assert.Equal(round == 1 ? ["a", "c"] : ["a"], engine.Match(first, null).Select(rule => rule.Title));
            Assert.Equal(["a", "c"], first.Wanted.Distinct().Order());
            Assert.Equal(["h"], engine.Match(new Shaped(other, new KeyValuePair<string, SigmaValue>("h", SigmaValue.Of("word"))), null).Select(rule => rule.Title));
        }

        // Once for each field, not once for each event.
        Assert.Equal((8, 8), (one.Asked, other.Asked));
    }
}
