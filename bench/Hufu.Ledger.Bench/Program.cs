using System.Diagnostics;
using System.Globalization;
using Hufu.Ledger;

// Measures appending, reading, proving and verifying. Usage: Hufu.Ledger.Bench [--quick] [folder]
var quick = args.Contains("--quick");
var target = args.FirstOrDefault(a => !a.StartsWith('-')) ?? Path.GetTempPath();
var count = quick ? 100_000 : 1_000_000;
var signer = NoteSigner.Generate("example.gov.tw/bench");
var trust = new LedgerTrust(signer.VerifierKey);
Console.WriteLine($"{Environment.ProcessorCount} processors, {count:n0} entries, below {target}");
Console.WriteLine($"{"What",-52}{"by the clock",18}{"per CPU second",18}");

Append("append 64 B entries, batches of 1,000, forced", 64, 1000, count / 4, LedgerDurability.Batch);
Append("append 64 B entries, batches of 1,000, not forced", 64, 1000, count, LedgerDurability.None);
Append("append 64 B entries, batches of 100,000, forced", 64, 100_000, count, LedgerDurability.Batch);
Append("append 64 B entries one by one, forced", 64, 1, quick ? 300 : 2000, LedgerDurability.Batch);

var folder = Append("append 1 KB entries, batches of 1,000, not forced", 1024, 1000, count / 4, LedgerDurability.None, keep: true);
foreach (var threads in new[] { 1, 2, 1, 2 })
{
    var meter = new Meter();
    var verified = LedgerVerifier.Verify(folder, trust, parallelism: threads);
    meter.Line($"verify 1 KB entries, threads: {threads}", verified.BytesRead / 1e6, "MB/s");
    if (!verified.IsIntact)
        throw new InvalidOperationException(verified.Fault?.Message.En);
}

var reader = LedgerReader.Open(folder, trust).Value;
var random = new Random(1);
Rate("inclusion proofs at random", quick ? 2000 : 10_000, () => reader.InclusionProof(random.NextInt64(reader.Size)).Value);
Rate("consistency proofs at random", quick ? 2000 : 10_000, () => reader.ConsistencyProof(random.NextInt64(reader.Size)).Value);
Rate("entries at random (256 KB bundles)", quick ? 1000 : 5000, () => reader.ReadEntry(random.NextInt64(reader.Size)).Value);
var proof = reader.Prove(12_345).Value.ToString();
Rate("proofs read and verified, with Ed25519", 1000, () => EntryProof.Parse(proof).Value.Verify(trust).Value);
Rate("open for writing", 20, () =>
{
    var opened = LedgerWriter.Open(folder, signer).Value;
    opened.Dispose();
    return opened;
});
Directory.Delete(folder, recursive: true);
return 0;

string Append(string name, int length, int batch, int total, LedgerDurability durability, bool keep = false)
{
    var at = Directory.CreateTempSubdirectory("hufu-bench-").FullName;
    if (target != Path.GetTempPath())
    {
        Directory.Delete(at);
        at = Path.Combine(target, Path.GetFileName(at));
    }

    var data = new byte[length + batch];
    new Random(7).NextBytes(data);
    ReadOnlyMemory<byte>[] entries = [.. Enumerable.Range(0, batch).Select(i => (ReadOnlyMemory<byte>)data.AsMemory(i, length))];
    using var writer = LedgerWriter.Open(at, signer, new LedgerOptions { Durability = durability }).Value;
    var meter = new Meter();
    for (var done = 0; done < total; done += batch)
        _ = writer.Append(entries).Value;
    meter.Line(name, total, "leaves/s");
    if (keep)
        return at;
    writer.Dispose();
    Directory.Delete(at, recursive: true);
    return "";
}

void Rate(string name, int times, Func<object> action)
{
    var meter = new Meter();
    for (var i = 0; i < times; i++)
        _ = action();
    meter.Line(name, times, "/s");
}

/// <summary>Time by the clock and time on a processor: on a busy machine they differ.</summary>
internal sealed class Meter
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly TimeSpan processor = Process.GetCurrentProcess().TotalProcessorTime;

    public void Line(string name, double amount, string unit)
    {
        var (wall, busy) = (clock.Elapsed.TotalSeconds, (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-52}{$"{amount / wall:n0} {unit}",18}{$"{amount / busy:n0}",18}"));
    }
}
