using System.CommandLine;
using System.Globalization;
using Hufu.Monitoring.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Cli;

/// <summary><c>hufu rules</c>: rule packs of the data folder. A running server takes up what is applied within seconds.</summary>
internal static class RulesVerb
{
    internal static Command Create()
    {
        var verb = new Command("rules", "Rule packs: list them, take in a version, see what it would change, put it in use, and go back. Beside a running server if need be, which takes up the change within seconds.");
        verb.Subcommands.Add(List());
        verb.Subcommands.Add(Import());
        verb.Subcommands.Add(Diff());
        verb.Subcommands.Add(Apply());
        verb.Subcommands.Add(Rollback());
        return verb;
    }

    private static Command List()
    {
        var pack = new Argument<string?>("pack") { Description = "Number of a pack, such as RPK-2026-0001, to list its versions. Without it the packs are listed.", Arity = ArgumentArity.ZeroOrOne };
        var format = SigmaVerb.Format();
        var verb = new Command("list", """
            List the rule packs, or the versions of one, newest first.
            Exit code 0: done; 2: there is no such pack.
            """) { pack, format };
        verb.SetAction((parse, cancellation) => WithAsync(parse, async (services, store) =>
        {
            if (parse.GetValue(pack) is not { } number)
            {
                using var rows = new RowWriter(Console.Out, parse.GetValue(format)!, ["pack", "state", "title", "version", "rules", "folder"]);
                foreach (var one in await store.Readable<RulePack>(Actor.System("cli")).OrderBy(p => p.Number).ToListAsync(cancellation))
                {
                    var current = await RulePacks.CurrentAsync(store.Db, one.Id, cancellation);
                    rows.Add(one.Number, one.State, one.Title, current?.Number, current?.RuleCount, one.Folder);
                }

                return Exit.Ok;
            }

            if (await PackAsync(store, number, cancellation) is not { } found) return Exit.Refused;
            using var versions = new RowWriter(Console.Out, parse.GetValue(format)!, ["version", "state", "at", "rules", "refused", "from", "sha256"]);
            foreach (var version in await VersionsAsync(store, found, cancellation)) versions.Add(version.Number, version.State, Web.Records.SiteTime.Local(version.CreatedAt), version.RuleCount, version.RefusedCount, version.FromWhere, version.Hash);
            return Exit.Ok;
        }));
        return verb;
    }

    private static Command Import()
    {
        var pack = new Argument<string>("pack") { Description = "Number of the pack." };
        var path = new Argument<string>("path") { Description = "An archive (.zip, .tar.gz) or folder of rules." };
        var format = Changes();
        var verb = new Command("import", """
            Take in the rules of an archive or folder as a version that waits to be applied, and print what it would change.
            Example:
              hufu rules import RPK-2026-0001 sigma_all_rules.zip
            Exit code 0: taken in; 1: taken in, and some of its rules cannot be used; 2: nothing was taken in.
            """) { pack, path, format };
        verb.SetAction((parse, cancellation) => WithAsync(parse, async (services, store) =>
        {
            if (await PackAsync(store, parse.GetValue(pack)!, cancellation) is not { } found) return Exit.Refused;
            var file = parse.GetValue(path)!;
            if (!File.Exists(file) && !Directory.Exists(file)) return Terminal.Fail($"There is no file or folder {file}.");
            var staged = await services.GetRequiredService<RulePacks>().StageAsync(store, Actor.System("cli"), found, Path.GetFullPath(file), Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(file))), cancellation, local: true);
            if (!staged.IsOk) return Terminal.Fail(staged.Errors);
            await Console.Error.WriteLineAsync($"{staged.Value.Number} waits to be applied: hufu rules apply {staged.Value.Number}");
            return await ShowAsync(services, store, found, staged.Value, null, parse.GetValue(format)!, cancellation);
        }));
        return verb;
    }

    private static Command Diff()
    {
        var version = new Argument<string>("version") { Description = "Number of a version, such as RPV-2026-0003." };
        var against = new Option<string?>("--against") { Description = "Number of another version of the pack; without it the one in use.", HelpName = "VERSION" };
        var format = Changes();
        var verb = new Command("diff", """
            Print what a version changes: rules that are new, changed and gone, changed ones line by line.
            Exit code 0: done; 1: some of its rules cannot be used; 2: there is no such version.
            """) { version, against, format };
        verb.SetAction((parse, cancellation) => WithAsync(parse, async (services, store) =>
        {
            if (await VersionAsync(store, parse.GetValue(version)!, cancellation) is not var (pack, found)) return Exit.Refused;
            RulePackVersion? other = null;
            if (parse.GetValue(against) is { } named)
            {
                if (await VersionAsync(store, named, cancellation) is not var (itsPack, itself)) return Exit.Refused;
                if (itsPack.Id != pack.Id) return Terminal.Fail($"{itself.Number} is of another pack, {itsPack.Number}.");
                other = itself;
            }

            return await ShowAsync(services, store, pack, found, other, parse.GetValue(format)!, cancellation);
        }));
        return verb;
    }

    private static Command Apply()
    {
        var version = new Argument<string>("version") { Description = "Number of a version." };
        var reason = new Option<string?>("--reason") { Description = "Why, for the change log.", HelpName = "TEXT" };
        var verb = new Command("apply", """
            Put a version in use in the stead of the one that is. A pack that is off stays off until it is started on its page.
            Exit code 0: in use; 2: nothing was changed.
            """) { version, reason };
        verb.SetAction((parse, cancellation) => WithAsync(parse, async (services, store) =>
            await VersionAsync(store, parse.GetValue(version)!, cancellation) is var (_, found) ? await ApplyAsync(services, store, found, Terminal.Because("rules apply", parse.GetValue(reason)), cancellation) : Exit.Refused));
        return verb;
    }

    private static Command Rollback()
    {
        var pack = new Argument<string>("pack") { Description = "Number of the pack." };
        var reason = new Option<string?>("--reason") { Description = "Why, for the change log.", HelpName = "TEXT" };
        var verb = new Command("rollback", """
            Put the version in use that was before the one that is.
            Exit code 0: in use; 2: there is none, or nothing was changed.
            """) { pack, reason };
        verb.SetAction((parse, cancellation) => WithAsync(parse, async (services, store) =>
        {
            if (await PackAsync(store, parse.GetValue(pack)!, cancellation) is not { } found) return Exit.Refused;
            // What ceased to be in use last was in use before.
            if ((await VersionsAsync(store, found, cancellation)).Where(v => v.State == RulePackVersionType.Past).OrderByDescending(v => v.UpdatedAt).FirstOrDefault() is not { } before)
                return Terminal.Fail($"{found.Number} has no version that was in use before.");
            return await ApplyAsync(services, store, before, Terminal.Because("rules rollback", parse.GetValue(reason)), cancellation);
        }));
        return verb;
    }

    private static Option<string> Changes()
    {
        var format = new Option<string>("--format") { Description = "diff (as patches are written), or a table, jsonl or csv of the rules that change.", DefaultValueFactory = _ => "diff" };
        format.AcceptOnlyFromAmong("diff", "table", "jsonl", "csv");
        return format;
    }

    private static async Task<int> WithAsync(ParseResult parse, Func<IServiceProvider, RecordStore, Task<int>> work)
    {
        var services = Host.ForCommand(parse);
        if (services is null) return Exit.Refused;
        await using var all = services;
        await using var scope = services.CreateAsyncScope();
        return await work(scope.ServiceProvider, scope.ServiceProvider.GetRequiredService<RecordStore>());
    }

    private static async Task<RulePack?> PackAsync(RecordStore store, string number, CancellationToken cancellation)
    {
        var found = await store.FindAsync(Actor.System("cli"), store.Types.Of<RulePack>(), number.Trim().ToUpperInvariant(), cancellation);
        if (found.IsOk) return (RulePack)found.Value;
        Terminal.Fail($"There is no rule pack {number}. “hufu rules list” lists them.");
        return null;
    }

    private static async Task<(RulePack Pack, RulePackVersion Version)?> VersionAsync(RecordStore store, string number, CancellationToken cancellation)
    {
        var found = await store.FindAsync(Actor.System("cli"), store.Types.Of<RulePackVersion>(), number.Trim().ToUpperInvariant(), cancellation);
        if (found.IsOk && found.Value is RulePackVersion version && await store.Db.Set<RulePack>().AsNoTracking().FirstOrDefaultAsync(p => p.Id == version.PackId, cancellation) is { } pack) return (pack, version);
        Terminal.Fail($"There is no version {number}. “hufu rules list PACK” lists those of a pack.");
        return null;
    }

    private static async Task<List<RulePackVersion>> VersionsAsync(RecordStore store, RulePack pack, CancellationToken cancellation) =>
        await store.Readable<RulePackVersion>(Actor.System("cli")).Where(v => v.PackId == pack.Id).OrderByDescending(v => v.CreatedAt).ThenByDescending(v => v.Number).ToListAsync(cancellation);

    private static async Task<int> ApplyAsync(IServiceProvider services, RecordStore store, RulePackVersion version, string reason, CancellationToken cancellation)
    {
        var applied = await store.TransitionAsync(Actor.System("cli"), store.Types.Of<RulePackVersion>(), version.Id, "apply", reason, cancellation: cancellation);
        if (!applied.IsOk) return Terminal.Fail(applied.Errors);
        await Terminal.SequenceAsync(services, cancellation);
        await Console.Error.WriteLineAsync($"{version.Number} is in use.");
        return Exit.Ok;
    }

    private static async Task<int> ShowAsync(IServiceProvider services, RecordStore store, RulePack pack, RulePackVersion version, RulePackVersion? against, string format, CancellationToken cancellation)
    {
        var made = await services.GetRequiredService<RulePacks>().DiffAsync(pack, version, against ?? await RulePacks.CurrentAsync(store.Db, pack.Id, cancellation), cancellation);
        if (!made.IsOk) return Terminal.Fail(made.Errors);
        var diff = made.Value;
        if (format == "diff")
        {
            foreach (var change in diff.Changes.OrderBy(c => c.Rule.Source, StringComparer.Ordinal))
            {
                Console.WriteLine(RowWriter.Printable($"{change.Kind} {change.Rule.Source} {change.Rule.Title}{(change.IsOn ? "" : " (not in use)")}"));
                foreach (var line in change.Lines) Console.WriteLine(RowWriter.Printable(line.ToString()));
            }
        }
        else
        {
            using var rows = new RowWriter(Console.Out, format, ["change", "id", "title", "level", "inUse", "what", "author", "file"]);
            foreach (var change in diff.Changes) rows.Add(change.Kind, change.Rule.Key, change.Rule.Title, change.Rule.Level?.ToString().ToLowerInvariant(), change.IsOn ? "yes" : "no", change.What.En, change.Rule.Author, change.Rule.Source);
        }

        foreach (var refused in diff.Refused) await Console.Error.WriteLineAsync(RowWriter.Printable($"refused: {refused}"));
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{version.Number} against {diff.Against ?? "nothing"}: {diff.Count("new")} new, {diff.Count("changed")} changed, {diff.Count("gone")} gone; {diff.InUse} of {diff.Rules} rules in use, {diff.InUseBefore} before."));
        return diff.Refused.Count > 0 ? Exit.Finding : Exit.Ok;
    }
}
