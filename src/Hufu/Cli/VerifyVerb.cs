using System.CommandLine;
using System.Text.Json;
using Hufu.Ledger;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;
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
        var roots = new Option<FileInfo?>("--tsa-roots") { Description = "Certificates (PEM) that time stamps must chain to, instead of those in the settings: got another way than from the organisation." };
        var witnesses = new Option<FileInfo?>("--witnesses") { Description = "Verifier keys of witnesses, one a line, instead of those in the settings." };
        var bundle = new Option<FileInfo?>("--bundle") { Description = "A proof of one log event (hufu logs prove); needs no data folder." };
        var key = new Option<FileInfo?>("--key") { Description = "With --bundle: the organisation's public key (data/ledger-verifier.key), got another way than the bundle." };
        var verb = new Command("verify", """
            Verify the ledger, its time stamps and cosignatures, every change, every record, every evidence file and every log segment, without trusting the
            running product and without any network. Times that contradict a time stamp are told as NOTE; they break nothing. The server may run.
            Examples:
              hufu verify
              hufu verify --checkpoint checkpoint-from-the-safe
              hufu verify --tsa-roots authority.pem --witnesses witnesses.txt
              hufu verify --bundle proof.json --key their-verifier.key
            Exit code 0: intact; 1: broken, the first place is named first; 2: could not verify.
            """)
        {
            checkpoints,
            roots,
            witnesses,
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

            AnchorSettings? trust = null;
            if (parse.GetValue(roots) is not null || parse.GetValue(witnesses) is not null)
            {
                await using var db = await services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync(cancellation);
                trust = await AnchorSettings.LoadAsync(db, cancellation);
                if (parse.GetValue(roots) is { } pem) trust = trust with { TsaRoots = await File.ReadAllTextAsync(pem.FullName, cancellation) };
                if (parse.GetValue(witnesses) is { } keys) trust = trust with { Witnesses = await File.ReadAllTextAsync(keys.FullName, cancellation) };
                if (trust.ReadRoots() is { IsOk: false } noRoots) return Terminal.Fail(noRoots.Errors);
                if (trust.ReadWitnesses() is { IsOk: false } noWitnesses) return Terminal.Fail(noWitnesses.Errors);
            }

            var began = TimeProvider.System.GetTimestamp();
            var progress = Console.IsErrorRedirected ? null : new Progress<(string Part, double Done)>(p => Console.Error.Write($"\r{p.Part,-24} {p.Done,6:P0} "));
            var result = await services.GetRequiredService<LedgerCheck>().RunAsync(kept, progress, trust, cancellation);
            if (progress is not null) await Console.Error.WriteLineAsync();
            if (!result.IsOk)
            {
                foreach (var error in result.Errors) await Console.Error.WriteLineAsync(error.ToString());
                return 2;
            }

            var check = result.Value;
            if (parse.GetValue(format) == "json")
            {
                Console.WriteLine(JsonSerializer.Serialize(new { intact = check.IsIntact, check.Leaves, check.Changes, check.Records, check.Files, check.Waiting, check.Erased, check.Parts, broken = check.Broken.Select(b => new { b.Code, b.Where, message = b.Message.En }), remarks = check.Remarks.Select(b => new { b.Code, b.Where, message = b.Message.En }), anchors = check.Anchors.Select(Told), check.Checkpoint }));
                return check.IsIntact ? 0 : 1;
            }

            foreach (var place in check.Broken) Console.WriteLine($"BROKEN {place.Where}: {place.Message.En}\n       {place.Message.Zh} [{place.Code}]");
            foreach (var place in check.Remarks) Console.WriteLine($"NOTE {place.Where}: {place.Message.En}\n     {place.Message.Zh} [{place.Code}]");
            if (check.Anchors.FirstOrDefault(a => a.Stamp is not null) is { Stamp: { } stamp } stamped) Console.WriteLine($"Time stamp: {stamp.Time:yyyy-MM-dd HH:mm:ss'Z'} by {stamp.Authority}, for the first {stamped.Anchor.Size} leaves; verified.");
            if (check.Anchors.FirstOrDefault(a => a.Words.Count > 0) is { } cosigned) Console.WriteLine($"Witnesses: {string.Join(", ", cosigned.Words.Select(w => $"{w.Name} at {w.Time:yyyy-MM-dd HH:mm:ss'Z'}"))}, for the first {cosigned.Anchor.Size} leaves; verified.");
            var unknown = check.Anchors.SelectMany(a => a.Unknown).Distinct(StringComparer.Ordinal).ToList();
            if (unknown.Count > 0) Console.WriteLine($"Not judged, because their keys are not set up: {string.Join(", ", unknown)}.");
            Console.WriteLine($"{(check.IsIntact ? "INTACT" : "NOT INTACT")}: {check.Leaves} leaves, {check.Changes} changes ({check.Waiting} not sequenced yet, {check.Erased} erased), {check.Records} rows, {check.Files} evidence files{string.Concat(check.Parts.Select(p => $", {p.Value} {p.Key}"))}; {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s.");
            return check.IsIntact ? 0 : 1;
        });
        return verb;
    }

    private static object Told(JudgedAnchor anchor) => new
    {
        anchor.Anchor.Size,
        time = anchor.Stamp?.Time,
        authority = anchor.Stamp?.Authority,
        serial = anchor.Stamp?.SerialNumber,
        stampFault = anchor.StampFault?.Message.En,
        witnesses = anchor.Words,
        unknownWitnesses = anchor.Unknown,
        wrongWitnesses = anchor.Wrong.Select(w => w.Name),
    };
}
