using System.CommandLine;
using Hufu.Jobs.Anchors;
using Hufu.Records;
using Hufu.Records.Storage.Ledger;

namespace Hufu.Cli;

/// <summary><c>hufu ledger</c>: what outsiders say of the ledger's checkpoints, at the terminal.</summary>
internal static class LedgerVerb
{
    internal static Command Create() => new("ledger", "Time stamps and cosignatures of the ledger. “hufu verify” verifies them.") { Cosign(), Anchors() };

    private static Command Cosign()
    {
        var file = new Argument<FileInfo>("file") { Description = "The checkpoint as a witness returned it, or its signature lines alone." };
        var verb = new Command("cosign", """
            Add cosignatures that came another way than over the network. Each is verified first: by the key of a witness that is set up under
            Administration, and for a checkpoint of this ledger. Otherwise nothing is written. The server may run.
            Example:
              hufu ledger cosign checkpoint-from-the-witness
            Exit code 0: added; 1: refused, with the reason; 2: could not be done.
            """) { file };
        verb.SetAction(async (parse, cancellation) =>
        {
            var given = parse.GetValue(file)!;
            if (!given.Exists) return Terminal.Fail($"There is no file {given}.");
            if (given.Length > 1_000_000) return Terminal.Fail($"{given} is longer than a signed note may be.");
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            var added = await services.GetRequiredService<AnchorService>().AddCosignaturesAsync(Actor.System("cli"), await File.ReadAllTextAsync(given.FullName, cancellation), cancellation);
            if (!added.IsOk)
            {
                Terminal.Fail(added.Errors);
                return Exit.Finding;
            }

            Console.WriteLine($"The checkpoint at {added.Value.Size} leaves has {added.Value.Cosignatures.Count} cosignature(s): {string.Join(", ", added.Value.Cosignatures.Select(c => c.Name))}.");
            return Exit.Ok;
        });
        return verb;
    }

    private static Command Anchors()
    {
        var format = SigmaVerb.Format();
        var verb = new Command("anchors", """
            List the checkpoints for which outsiders vouched, the newest first, and whether that holds.
            Example:
              hufu ledger anchors
            Exit code 0: all hold; 1: one does not; 2: could not be done.
            """) { format };
        verb.SetAction(async (parse, cancellation) =>
        {
            var services = Host.ForCommand(parse);
            if (services is null) return Exit.Refused;
            await using var all = services;
            var view = await services.GetRequiredService<AnchorService>().ReadAsync(Actor.System("cli"), cancellation);
            if (!view.IsOk) return Terminal.Fail(view.Errors);
            using var rows = new RowWriter(Console.Out, parse.GetValue(format)!, ["leaves", "time", "authority", "witnesses", "fault"]);
            foreach (var anchor in view.Value.Anchors)
                rows.Add(anchor.Anchor.Size, anchor.Stamp?.Time, anchor.Stamp?.Authority, string.Join(' ', anchor.Words.Select(w => w.Name)), Fault(anchor));
            foreach (var fault in view.Value.Unreadable) await Console.Error.WriteLineAsync(fault.ToString());
            return view.Value.Unreadable.Count > 0 || view.Value.Anchors.Any(a => Fault(a) is not null) ? Exit.Finding : Exit.Ok;
        });
        return verb;
    }

    private static string? Fault(JudgedAnchor anchor) =>
        anchor.CheckpointFault?.Message.En ?? anchor.StampFault?.Message.En ?? (anchor.Wrong.Count > 0 ? $"wrong signature by {anchor.Wrong[0].Name}" : null);
}
