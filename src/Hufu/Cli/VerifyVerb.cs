using System.CommandLine;
using System.Text.Json;
using Hufu.Ledger;
using Hufu.Records.Storage.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Cli;

/// <summary><c>hufu verify</c>: checks everything that the product vouches for, without the running product.</summary>
internal static class VerifyVerb
{
    internal static Command Create()
    {
        var checkpoints = new Option<FileInfo[]>("--checkpoint") { Description = "A checkpoint kept elsewhere (may be given several times). Catches a ledger that was cut back or rewritten as a whole.", AllowMultipleArgumentsPerToken = true };
        var format = new Option<string>("--format") { Description = "text or json.", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var bundle = new Option<FileInfo?>("--bundle") { Description = "A proof of one log event (hufu logs prove); needs no data folder." };
        var key = new Option<FileInfo?>("--key") { Description = "With --bundle: the organisation's public key (data/ledger-verifier.key), got another way than the bundle." };
        var verb = new Command("verify", """
            Verify the ledger, every change, every record, every evidence file and every log segment, without trusting the running product. The server may run.
            Examples:
              hufu verify
              hufu verify --checkpoint checkpoint-from-the-safe
              hufu verify --bundle proof.json --key their-verifier.key
            Exit code 0: intact; 1: broken, the first place is named first; 2: could not verify.
            """)
        {
            checkpoints,
            bundle,
            key,
            format,
        };
        verb.SetAction(async (parse, cancellation) =>
        {
            if (parse.GetValue(bundle) is { } proof) return await ProofVerbs.CheckAsync(proof, parse.GetValue(key), parse.GetValue(format) == "json", cancellation);
            var host = Host.ForCommand(parse);
            if (host is null) return 2;
            await using var services = host;
            var kept = new List<SignedCheckpoint>();
            foreach (var file in parse.GetValue(checkpoints) ?? [])
            {
                if (!file.Exists || SignedCheckpoint.Parse(await File.ReadAllBytesAsync(file.FullName, cancellation)) is not { IsOk: true } read)
                {
                    await Console.Error.WriteLineAsync($"{file}: is no checkpoint.");
                    return 2;
                }

                kept.Add(read.Value);
            }

            var began = TimeProvider.System.GetTimestamp();
            var progress = Console.IsErrorRedirected ? null : new Progress<(string Part, double Done)>(p => Console.Error.Write($"\r{p.Part,-24} {p.Done,6:P0} "));
            var result = await services.GetRequiredService<LedgerCheck>().RunAsync(kept, progress, cancellation);
            if (progress is not null) await Console.Error.WriteLineAsync();
            if (!result.IsOk)
            {
                foreach (var error in result.Errors) await Console.Error.WriteLineAsync(error.ToString());
                return 2;
            }

            var check = result.Value;
            if (parse.GetValue(format) == "json")
            {
                Console.WriteLine(JsonSerializer.Serialize(new { intact = check.IsIntact, check.Leaves, check.Changes, check.Records, check.Files, check.Waiting, check.Erased, check.Parts, broken = check.Broken.Select(b => new { b.Code, b.Where, message = b.Message.En }), check.Checkpoint }));
                return check.IsIntact ? 0 : 1;
            }

            foreach (var place in check.Broken) Console.WriteLine($"BROKEN {place.Where}: {place.Message.En}\n       {place.Message.Zh} [{place.Code}]");
            Console.WriteLine($"{(check.IsIntact ? "INTACT" : "NOT INTACT")}: {check.Leaves} leaves, {check.Changes} changes ({check.Waiting} not sequenced yet, {check.Erased} erased), {check.Records} rows, {check.Files} evidence files{string.Concat(check.Parts.Select(p => $", {p.Value} {p.Key}"))}; {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s.");
            return check.IsIntact ? 0 : 1;
        });
        return verb;
    }
}
