namespace Hufu.Monitoring.Logs.Tests;

/// <summary>Two texts line by line.</summary>
public class LineDiffTests
{
    [Theory]
    [InlineData("a\nb\nc", "a\nb\nc", "")]
    [InlineData("a\nb\nc\n", "a\nx\nc", "@@ -1 +1 @@| a|-b|+x| c")]
    [InlineData("", "a", "@@ -1 +1 @@|+a")]
    [InlineData("a", "", "@@ -1 +1 @@|-a")]
    [InlineData("1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\n5x\n6\n7\n8\n9", "@@ -2 +2 @@| 2| 3| 4|-5|+5x| 6| 7| 8")]
    [InlineData("a\r\nb", "a\nb", "")]
    public void TheLinesThatDifferAreShownWithThoseAround(string before, string after, string lines) => Assert.Equal(lines, string.Join('|', LineDiff.Of(before, after)));

    [Fact]
    public void NoFewerLinesWouldDo_AndTheNewTextComesOfTheOld()
    {
        var random = new Random(4);
        for (var round = 0; round < 500; round++)
        {
            var (one, other) = (Lines(), Lines());
            var diff = LineDiff.Of(string.Join('\n', one), string.Join('\n', other));
            var common = new int[one.Length + 1, other.Length + 1];
            for (var i = one.Length - 1; i >= 0; i--)
                for (var j = other.Length - 1; j >= 0; j--) common[i, j] = one[i] == other[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            Assert.Equal(one.Length + other.Length - (2 * common[0, 0]), diff.Count(line => line.Kind is '-' or '+'));
            Assert.True(Holds(one, diff, '-') && Holds(other, diff, '+'));
        }

        string[] Lines() => [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => ((char)('a' + random.Next(4))).ToString())];

        // What is not left out stands in the text in this order.
        static bool Holds(string[] text, IReadOnlyList<DiffLine> diff, char kind)
        {
            var at = 0;
            foreach (var line in diff)
            {
                if (line.Kind == '@') at = int.Parse(line.Text.Split(' ')[kind == '-' ? 1 : 2][1..]) - 1;
                else if ((line.Kind == ' ' || line.Kind == kind) && text[at++] != line.Text) return false;
            }

            return true;
        }
    }

    [Fact]
    public void ALargeDifferenceEnds()
    {
        var diff = LineDiff.Of(string.Join('\n', Enumerable.Range(0, 20_000)), string.Join('\n', Enumerable.Range(50_000, 20_000)));
        Assert.Equal(40_000, diff.Count(line => line.Kind is '-' or '+'));
    }
}
