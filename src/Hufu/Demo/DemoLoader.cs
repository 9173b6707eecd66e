using System.Security.Cryptography;
using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Hufu.Web;
using Hufu.Web.Identity.Admin;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Identity;

namespace Hufu.Demo;

/// <summary>How far the demo is loaded, for the pages. Written by the loader, read by any request.</summary>
internal sealed class DemoProgress : ILoadingStatus
{
    private volatile Loading? current;

    /// <inheritdoc />
    public Loading? Current => current;

    /// <summary>Begins a step.</summary>
    internal void Begin(LocalizedText step, int done, int total) => current = new Loading(step, done, total);

    /// <summary>The loading has ended, well or not.</summary>
    internal void End() => current = null;
}

/// <summary>Fills an empty data folder through the product's own importers and engines: nothing is put into the database by another way.</summary>
internal static class DemoLoader
{
    // Who can be tried out, with the role that the list of people gives them.
    private const string Administrator = "admin";

    internal static async Task RunAsync(IServiceProvider root, TextWriter say, CancellationToken cancellation)
    {
        await using var scope = root.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var firstRun = services.GetRequiredService<FirstRun>();
        if (await firstRun.IsDoneAsync(cancellation))
        {
            await say.WriteLineAsync("The data folder has an organisation already; the demo is not loaded again. / 資料夾已有組織，不再載入示範資料。");
            return;
        }

        var folder = Path.Combine(Host.Content, "demo");
        var progress = root.GetRequiredService<DemoProgress>();
        var steps = new List<(LocalizedText Name, Func<Task<string>> Work)>();
        var password = NewPassword();
        var accounts = new List<(string Account, string Role)>();
        steps.Add((new("組織", "organisation"), async () =>
        {
            var made = await firstRun.SetUpAsync(new FirstRunInput("海岸市政府資訊處（示範）", "Coast City IT Department (demo)", true, "B", "zh-TW", Administrator, "系統管理者", "admin@coast.example", password), cancellation);
            accounts.Add((Administrator, "administrator"));
            return made.IsOk ? "" : string.Join("; ", made.Errors);
        }));
        steps.Add((new("人員", "people"), () => PeopleAsync(services, Path.Combine(folder, "people.csv"), password, accounts, cancellation)));
        steps.Add((new("遵循義務", "obligations"), () => DemoObligations.ImportAsync(services, cancellation)));
        foreach (var list in Files(Path.Combine(folder, "assets"), "*.xlsx")) steps.Add((new($"資產 {Path.GetFileName(list)}", $"assets {Path.GetFileName(list)}"), () => TableAsync(services, "risk.asset", list, cancellation)));
        foreach (var scan in Files(Path.Combine(folder, "scans"), "*.xml")) steps.Add((new($"掃描 {Path.GetFileName(scan)}", $"scan {Path.GetFileName(scan)}"), () => ScanAsync(services, scan, cancellation)));
        foreach (var list in Files(folder, "risks*.csv")) steps.Add((new($"風險 {Path.GetFileName(list)}", $"risks {Path.GetFileName(list)}"), () => TableAsync(services, "risk.risk", list, cancellation)));
        steps.Add((new("通報規則", "notification rule"), () => ActivatorUtilities.CreateInstance<DemoWork>(services).NotificationRuleAsync()));
        foreach (var log in Files(Path.Combine(folder, "logs"), "*").Concat(Files(Path.Combine(folder, "windows"), "*.jsonl"))) steps.Add((new($"日誌 {Path.GetFileName(log)}", $"logs {Path.GetFileName(log)}"), () => DemoLogs.ImportAsync(services, log, cancellation)));
        steps.Add((new("人員的工作", "people's work"), () => ActivatorUtilities.CreateInstance<DemoWork>(services).RunAsync()));
        steps.Add((new("帳本", "ledger"), async () =>
        {
            var flushed = await root.GetRequiredService<LedgerSequencer>().FlushAsync(cancellation);
            return flushed.IsOk ? $"{flushed.Value} leaves" : flushed.Errors[0].ToString();
        }));

        try
        {
            for (var i = 0; i < steps.Count; i++)
            {
                var (name, work) = steps[i];
                progress.Begin(name, i, steps.Count);
                var result = await work();
                await say.WriteLineAsync($"  [{i + 1,2}/{steps.Count}] {name.En} / {name.Zh} {result}");
            }
        }
        finally
        {
            progress.End();
        }

        await say.WriteLineAsync();
        await say.WriteLineAsync($"Demo accounts, one password for all, made for this folder / 示範帳號（共用一組為此資料夾產生的密碼）: {password}");
        foreach (var (account, role) in accounts) await say.WriteLineAsync($"  {account,-12} {role}");
    }

    private static IEnumerable<string> Files(string folder, string pattern) => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal) : [];

    private static async Task<string> PeopleAsync(IServiceProvider services, string file, string password, List<(string, string)> accounts, CancellationToken cancellation)
    {
        if (!File.Exists(file)) return "(no file)";
        await using var content = File.OpenRead(file);
        var read = PeopleFile.Read(content, file);
        if (!read.IsOk) return read.Errors[0].ToString();
        var rows = read.Value;
        var imported = await services.GetRequiredService<IdentityAdmin>().ImportPeopleAsync(Actor.System("demo"), [.. rows.Select(r => r.Person)], cancellation: cancellation);
        if (!imported.IsOk) return imported.Errors[0].ToString();
        var users = services.GetRequiredService<UserManager<Person>>();
        services.GetRequiredService<ActingPerson>().Is(Actor.System("demo"), "set-password", "demo");
        foreach (var role in rows.Select(r => r.Person).GroupBy(r => r.Roles.Count > 0 ? r.Roles[0] : "staff"))
        {
            // One account of each role can sign in; the other people have no password at all.
            var person = await users.FindByNameAsync(role.First().Account);
            if (person is null) continue;
            var set = await users.AddPasswordAsync(person, password);
            if (set.Succeeded) accounts.Add((role.First().Account, role.Key));
        }

        var refused = imported.Value.Where(f => f.Fate is Hufu.Identity.RowFate.Refused).ToList();
        return $"{imported.Value.Count} people{(refused.Count > 0 ? $", {refused.Count} refused: {refused[0].Errors[0]}" : "")}";
    }

    private static async Task<string> TableAsync(IServiceProvider services, string typeKey, string file, CancellationToken cancellation)
    {
        var type = services.GetRequiredService<RecordTypes>().Get(typeKey);
        await using var content = File.OpenRead(file);
        var table = UploadedRows.Read(type, content, Path.GetFileName(file));
        if (!table.IsOk) return table.Errors[0].ToString();
        var rows = table.Value.Mapped(type, table.Value.Table.Columns.Where(c => c.FieldKey is not null).ToDictionary(c => c.Column, c => c.FieldKey!));
        // A risk of the demo names several assets; the first is the one it is about.
        if (type.FindField("assetId") is not null) rows = [.. rows.Select(r => new ImportRow(r.Row, r.Values.ToDictionary(v => v.Key, v => v.Key == "assetId" ? v.Value?.Split(';')[0] : v.Value)))];
        return await CommitAsync(services, type, rows, Path.GetFileName(file), cancellation);
    }

    private static async Task<string> ScanAsync(IServiceProvider services, string file, CancellationToken cancellation)
    {
        var source = services.GetServices<IImportSource>().FirstOrDefault(s => s.TypeKey == "risk.asset");
        if (source is null) return "(no reader)";
        await using var content = File.OpenRead(file);
        var rows = await source.ReadAsync(Actor.System("demo"), content, Path.GetFileName(file), cancellation);
        return rows.IsOk ? await CommitAsync(services, services.GetRequiredService<RecordTypes>().Get("risk.asset"), rows.Value, Path.GetFileName(file), cancellation) : rows.Errors[0].ToString();
    }

    private static async Task<string> CommitAsync(IServiceProvider services, RecordType type, IReadOnlyList<ImportRow> rows, string name, CancellationToken cancellation)
    {
        var plan = await services.GetRequiredService<RecordImport>().CommitAsync(Actor.System("demo"), type, rows, skipRefused: true, $"匯入 {name}", cancellation: cancellation);
        return plan.IsOk
            ? $"{plan.Value.Count(Records.Storage.RowFate.New)} new, {plan.Value.Count(Records.Storage.RowFate.Changed)} changed, {plan.Value.Count(Records.Storage.RowFate.Unchanged)} unchanged, {plan.Value.Count(Records.Storage.RowFate.Refused)} refused"
            : plan.Errors[0].ToString();
    }

    // Easy to type, hard to guess, and never the same twice.
    private static string NewPassword()
    {
        const string letters = "abcdefghjkmnpqrstuvwxyz23456789";
        var groups = Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetString(letters, 4));
        return "Hu-" + string.Join('-', groups);
    }
}
