using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Hufu.Cli.Tests;

/// <summary>Rules as SQL, and rule packs at the terminal.</summary>
public class RulesVerbTests(Sample sample)
{
    private const string One = """
        title: Failed password
        id: 0b7a1f0e-2222-4222-8222-000000000001
        author: Anna Example
        logsource: { product: linux, service: sshd }
        detection:
          s: { message|contains: 'Failed password' }
          condition: s
        level: medium
        status: test
        """;

    private const string Guessing = One + """

        ---
        title: Guessing
        id: 0b7a1f0e-2222-4222-8222-000000000002
        correlation: { type: event_count, rules: [ 0b7a1f0e-2222-4222-8222-000000000001 ], group-by: [ src_ip ], timespan: 5m, condition: { gte: 10 }, generate: true }
        """;

    [Fact]
    public async Task Rules_are_printed_as_SQL_and_what_has_none_is_refused_with_its_place()
    {
        var rules = sample.File("sql.yml", Guessing);
        var made = await Program.OkAsync("sigma", "sql", rules, "--table", "read_parquet('x.parquet')");
        Assert.Contains("2 statements; 0 rules refused.", made.Error, StringComparison.Ordinal);
        Assert.Contains("-- Failed password (0b7a1f0e-2222-4222-8222-000000000001) by Anna Example", made.Out, StringComparison.Ordinal);
        Assert.Contains("RANGE BETWEEN UNBOUNDED PRECEDING AND 300000000 PRECEDING", made.Out, StringComparison.Ordinal);
        Assert.Contains("read_parquet('x.parquet', union_by_name = true)", made.Out, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(made.Out, ";\r?\n\r?\n"));
        Assert.Contains("FROM hufu_events", (await Program.OkAsync("sigma", "sql", rules, "--dialect", "clickhouse")).Out, StringComparison.Ordinal);

        var bad = sample.File("bad-sql.yml", One.Replace("message|contains: 'Failed password'", "message|re: '(a)\\1'", StringComparison.Ordinal));
        var refused = await Program.RunAsync("sigma", "sql", rules, bad.Replace("bad-sql", "bad-sql", StringComparison.Ordinal));
        Assert.True(refused.Code == 1, refused.ToString());
        var alone = await Program.RunAsync("sigma", "sql", bad, "--strict");
        Assert.True(alone.Code == 2 && Regex.IsMatch(alone.Error, @"refused: .*bad-sql\.yml:1.*\[sigma\.sql\.regex\]"), alone.ToString());

        Assert.Equal(2, (await Program.RunAsync("sigma", "sql", rules, "--schema", "columns")).Code);
        var columns = await Program.OkAsync("sigma", "sql", rules, "--schema", "columns", "--table", "t", "--id", "n", "--any-logsource");
        Assert.Contains("contains(lower(replace(replace(\"message\"", columns.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pack_is_taken_in_compared_applied_and_taken_back()
    {
        var data = sample.Copy();
        await Program.OkAsync("import", "rule-packs", sample.File("packs.csv", "title\nOurs\n"), "--commit", "--data", data);
        var listed = await Program.OkAsync("rules", "list", "--format", "csv", "--data", data);
        var pack = Regex.Match(listed.Out, @"^(\S+?),[^,]*,Ours,", RegexOptions.Multiline).Groups[1].Value;
        Assert.True(pack.Length > 0, listed.ToString());

        var first = await Program.OkAsync("rules", "import", pack, sample.File("first.zip", Zip(One)), "--data", data);
        var version = Regex.Match(first.Error, @"(\S+) waits to be applied").Groups[1].Value;
        Assert.Contains("1 new, 0 changed, 0 gone", first.Error, StringComparison.Ordinal);
        await Program.OkAsync("rules", "apply", version, "--reason", "first", "--data", data);
        var again = await Program.RunAsync("rules", "import", pack, sample.File("again.zip", Zip(One)), "--data", data);
        Assert.True(again.Code == 2 && again.Error.Contains("nothing has changed", StringComparison.Ordinal), again.ToString());

        // A folder is taken in as well.
        var folder = Directory.CreateDirectory(sample.Free()).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "one.yml"), One.Replace("level: medium", "level: high", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var second = await Program.OkAsync("rules", "import", pack, folder, "--data", data);
        Assert.Contains("\n-level: medium", second.Out.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("\n+level: high", second.Out.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        var next = Regex.Match(second.Error, @"(\S+) waits to be applied").Groups[1].Value;
        Assert.Contains("Medium → High", (await Program.OkAsync("rules", "diff", next, "--format", "csv", "--data", data)).Out, StringComparison.Ordinal);
        await Program.OkAsync("rules", "apply", next, "--data", data);
        Assert.Matches($@"(?m)^{next},current,", (await Program.OkAsync("rules", "list", pack, "--format", "csv", "--data", data)).Out);
        await Program.OkAsync("rules", "rollback", pack, "--reason", "too many", "--data", data);
        var after = await Program.OkAsync("rules", "list", pack, "--format", "csv", "--data", data);
        Assert.Matches($@"(?m)^{version},current,", after.Out);
        Assert.Matches($@"(?m)^{next},past,", after.Out);
        Assert.Contains("+level: high", (await Program.OkAsync("rules", "diff", next, "--against", version, "--data", data)).Out, StringComparison.Ordinal);
        var none = await Program.RunAsync("rules", "apply", "RPV-1999-0001", "--data", data);
        Assert.True(none.Code == 2 && none.Error.Contains("There is no version", StringComparison.Ordinal), none.ToString());
    }

    private static byte[] Zip(string rule)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("one.yml").Open();
            entry.Write(Encoding.UTF8.GetBytes(rule));
        }

        return packed.ToArray();
    }
}
