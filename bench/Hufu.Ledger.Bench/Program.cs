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
Console.WriteLine($"{"What",-52}{"Result",18}");

Append("append 64 B entries, batches of 1,000, forced", 64, 1000, count / 4, LedgerDurability.Batch);
Append("append 64 B entries, batches of 1,000, not forced", 64, 1000, count, LedgerDurability.None);
Append("append 64 B entries, batches of 100,000, forced", 64, 100_000, count, LedgerDurability.Batch);
Append("append 64 B entries one by one, forced", 64, 1, quick ? 300 : 2000, LedgerDurability.Batch);

var folder = Append("append 1 KB entries, batches of 1,000, not forced", 1024, 1000, count / 4, LedgerDurability.None, keep: true);
var watch = Stopwatch.StartNew();
var verified = LedgerVerifier.Verify(folder, trust);
Line("verify 1 KB entries, 2 threads", $"{verified.BytesRead / 1e6 / watch.Elapsed.TotalSeconds:n0} MB/s");
watch.Restart();
var single = LedgerVerifier.Verify(folder, trust, parallelism: 1);
Line("verify 1 KB entries, 1 thread", $"{single.BytesRead / 1e6 / watch.Elapsed.TotalSeconds:n0} MB/s");
if (!verified.IsIntact || !single.IsIntact)
    throw new InvalidOperationException(verified.Fault?.Message.En);
var reader = LedgerReader.Open(folder, trust).Value;
var random = new Random(1);
Rate("inclusion proofs at random", quick ? 2000 : 10_000, () => reader.InclusionProof(random.NextInt64(reader.Size)).Value);
Rate("consistency proofs at random", quick ? 2000 : 10_000, () => reader.ConsistencyProof(random.NextInt64(reader.Size)).Value);
Rate("entries at random (256 KB bundles)", quick ? 1000 : 5000, () => reader.ReadEntry(random.NextInt64(reader.Size)).Value);
var proof = reader.Prove(12_345).Value.ToString();
Rate("proofs read and verified, with Ed25519", 1000, () => EntryProof.Parse(proof).Value.Verify(trust).Value);
watch.Restart();
LedgerWriter.Open(folder, signer).Value.Dispose();
Line("open for writing", $"{watch.Elapsed.TotalMilliseconds:n1} ms");
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
    var clock = Stopwatch.StartNew();
    for (var done = 0; done < total; done += batch)
        _ = writer.Append(entries).Value;
    Line(name, $"{total / clock.Elapsed.TotalSeconds:n0} leaves/s");
    if (keep)
        return at;
    writer.Dispose();
    Directory.Delete(at, recursive: true);
    return "";
}

void Rate(string name, int times, Func<object> action)
{
    var clock = Stopwatch.StartNew();
    for (var i = 0; i < times; i++)
        _ = action();
    Line(name, $"{times / clock.Elapsed.TotalSeconds:n0} /s");
}

static void Line(string name, string result) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-52}{result,18}"));
