using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hufu.Ledger;
using Hufu.Logs;
using Hufu.Monitoring.Logs;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Cli;

/// <summary>What is needed to show one log event to somebody who has nothing but this file and the organisation's public key.</summary>
/// <param name="Kind">Always <see cref="ProofVerbs.Kind"/>.</param>
/// <param name="EventId">Where the event is stored.</param>
/// <param name="Segment">The segment that holds it.</param>
/// <param name="LeafBytes">The event in the store's canonical form, base64.</param>
/// <param name="Index">Its row.</param>
/// <param name="Size">Events of the segment.</param>
/// <param name="Path">Audit path to the segment's root, lowest first, hexadecimal.</param>
/// <param name="Root">The segment's root, hexadecimal.</param>
/// <param name="Payload">The change that put the segment into the ledger, as it was committed to.</param>
/// <param name="Salt">Salt of that commitment, hexadecimal.</param>
/// <param name="LedgerProof">Proof of the change's leaf, a C2SP tlog-proof with its signed checkpoint.</param>
/// <param name="VerifierKey">The key that the checkpoint was signed with. Believe it only after comparing it with one that came another way.</param>
internal sealed record ProofBundle(
    string Kind, string EventId, string Segment, string LeafBytes, long Index, long Size, IReadOnlyList<string> Path, string Root, string Payload, string Salt, string LedgerProof, string VerifierKey);

/// <summary><c>hufu logs prove</c> and <c>hufu verify --bundle</c>: one event, provable offline.</summary>
internal static class ProofVerbs
{
    internal const string Kind = "hufu-log-proof/1";
    private const int MaxBundle = 16 << 20;

    internal static Command CreateProve()
    {
        var id = new Argument<string>("event") { Description = "Id of the event, as searches show it: 00000007/42." };
        var file = new Option<string?>("--out") { Description = "The file to write; without it, standard output. An existing file is not overwritten." };
        var verb = new Command("prove", """
            Write a proof that an event is in the ledger as it was sealed: event, path to its segment's root, the segment's leaf, the signed checkpoint.
            Whoever gets the file checks it with “hufu verify --bundle FILE --key KEY”, without any data of yours.
            Example:
              hufu logs prove 00000007/42 --out proof.json
            Exit code 0: written; 1: the event does not match what was sealed; 2: there is no such event, or it is not in the ledger yet.
            """) { id, file };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            if (LogsVerb.Open(parse) is not { } store) return Exit.Refused;
            await using var owned = store;
            var named = parse.GetValue(id)!;
            if (store.GetEvent(named) is null) return Terminal.Fail($"There is no event {named}.");
            if (store.Prove(named) is not { } proof) return Terminal.Fail($"Event {named} is not anchored in the ledger yet. The server does it every minute, and when it stops.");
            if (!proof.Holds())
            {
                await Console.Error.WriteLineAsync($"Event {named} is not as it was sealed: there is no proof. Run “hufu verify”.");
                return Exit.Finding;
            }

            await using var db = await services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync(cancellation);
            if (!Guid.TryParse(proof.Receipt, out var uid) || await db.Changes.AsNoTracking().FirstOrDefaultAsync(c => c.Uid == uid, cancellation) is not { Payload: not null, Salt: not null } change)
                return Terminal.Fail($"The change that sealed the segment of {named} is not in the database. Run “hufu verify”.");
            if (change.Position is not { } position) return Terminal.Fail($"The segment of {named} is sealed and waits for its place in the ledger; the server gives it within seconds.");
            var files = services.GetRequiredService<LedgerFiles>();
            var (reader, key) = (LedgerReader.Open(files.Folder), files.Verifier());
            if (!reader.IsOk) return Terminal.Fail(reader.Errors);
            if (!key.IsOk) return Terminal.Fail(key.Errors);
            var entry = reader.Value.Prove(position);
            if (!entry.IsOk) return Terminal.Fail(entry.Errors);
            var bundle = new ProofBundle(
                Kind, named, named[..8], Convert.ToBase64String(proof.LeafBytes.Span), proof.Index, proof.Size, [.. proof.Path.Select(Convert.ToHexStringLower)], Convert.ToHexStringLower(proof.Root.Span),
                change.Payload, change.Salt, entry.Value.ToString(), (await File.ReadAllTextAsync(files.VerifierKey, cancellation)).Trim());
            var json = JsonSerializer.Serialize(bundle, Terminal.Json);
            if (parse.GetValue(file) is not { } path)
            {
                Console.WriteLine(json);
                return Exit.Ok;
            }

            if (File.Exists(path)) return Terminal.Fail($"{path} exists already; choose another name.");
            await File.WriteAllTextAsync(path, json + "\n", cancellation);
            await Console.Error.WriteLineAsync($"{path}: proof of event {named} in leaf #{position} of {reader.Value.Size}.");
            return Exit.Ok;
        });
        return verb;
    }

    /// <summary>Checks a bundle with nothing but the file and a key.</summary>
    internal static async Task<int> CheckAsync(FileInfo file, FileInfo? keyFile, bool json, CancellationToken cancellation)
    {
        if (!file.Exists) return Terminal.Fail($"There is no file {file}.");
        if (file.Length > MaxBundle) return Terminal.Fail($"{file}: longer than {MaxBundle:N0} bytes, which no proof is.");
        ProofBundle? bundle;
        try
        {
            bundle = JsonSerializer.Deserialize<ProofBundle>(await File.ReadAllBytesAsync(file.FullName, cancellation), Terminal.Json);
        }
        catch (JsonException e)
        {
            return Terminal.Fail($"{file}: line {(e.LineNumber ?? 0) + 1}: is no proof bundle.");
        }

        if (bundle is not { Kind: Kind, LeafBytes: not null, Path: not null, Root: not null, Payload: not null, Salt: not null, LedgerProof: not null, VerifierKey: not null, Segment: not null, EventId: not null })
            return Terminal.Fail($"{file}: is no proof bundle of kind {Kind}.");
        if (keyFile is { Exists: false }) return Terminal.Fail($"There is no file {keyFile}.");
        var keyText = keyFile is null ? bundle.VerifierKey : (await File.ReadAllTextAsync(keyFile.FullName, cancellation)).Trim();
        var key = NoteVerifierKey.Parse(keyText);
        if (!key.IsOk) return Terminal.Fail(key.Errors);
        var (wrong, item) = Wrong(bundle, key.Value);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { intact = wrong is null, broken = wrong, bundle.EventId, time = item?.Time, raw = item?.Raw, key = keyText, keyFromBundle = keyFile is null }, Terminal.Json));
        }
        else if (wrong is null)
        {
            Console.WriteLine($"INTACT: event {bundle.EventId} is in the ledger as it was sealed.");
            Console.WriteLine($"  time   {item!.Time:O}\n  source {RowWriter.Printable(item.Source)}\n  raw    {RowWriter.Printable(item.Raw)}");
        }
        else
        {
            Console.WriteLine($"BROKEN {wrong}");
        }

        if (wrong is null && keyFile is null) await Console.Error.WriteLineAsync($"The key came with the file: compare it with the organisation's own, or give that with --key.\n  {keyText}");
        return wrong is null ? Exit.Ok : Exit.Finding;
    }

    private static (string? Wrong, LogEvent? Event) Wrong(ProofBundle bundle, NoteVerifierKey key)
    {
        EventProof proof;
        try
        {
            proof = new EventProof(bundle.EventId, Convert.FromBase64String(bundle.LeafBytes), bundle.Index, bundle.Size, [.. bundle.Path.Select(Convert.FromHexString)], Convert.FromHexString(bundle.Root), null);
        }
        catch (FormatException)
        {
            return ("leafBytes, path, root: not base64 or hexadecimal", null);
        }

        if (!proof.Holds()) return ("event: its bytes and path do not give the segment's root", null);
        if (proof.Event() is not { } item) return ("leafBytes: is no event", null);
        if (bundle.EventId != string.Create(CultureInfo.InvariantCulture, $"{bundle.Segment}/{bundle.Index}")) return ("eventId: is not the row of the segment that is proved", null);
        var entry = EntryProof.Parse(bundle.LedgerProof);
        if (!entry.IsOk) return ("ledgerProof: " + entry.Errors[0], null);
        var verified = entry.Value.Verify(new LedgerTrust(key));
        if (!verified.IsOk) return ("ledgerProof: " + verified.Errors[0], null);
        try
        {
            using var leaf = JsonDocument.Parse(entry.Value.Entry);
            if (leaf.RootElement.GetProperty("type").GetString() != SegmentLedger.TypeKey) return ("ledgerProof: the leaf is not that of a sealed segment", null);
            if (leaf.RootElement.GetProperty("commitment").GetString() != ChangeCapture.Commit(bundle.Salt, bundle.Payload)) return ("payload: is not what the leaf commits to", null);
            using var payload = JsonDocument.Parse(bundle.Payload);
            var values = payload.RootElement.GetProperty("changes").EnumerateArray().ToDictionary(c => c.GetProperty("field").GetString()!, c => c.GetProperty("to").GetString());
            if (values.GetValueOrDefault("root") != bundle.Root || values.GetValueOrDefault("segment") != bundle.Segment || values.GetValueOrDefault("events") != bundle.Size.ToString(CultureInfo.InvariantCulture))
                return ("payload: speaks of another segment", null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            return ("payload: is not that of a sealed segment", null);
        }

        return (null, item);
    }
}
