using System.Globalization;
using System.Text.RegularExpressions;
using Hufu.Identity;
using Hufu.Incidents;
using Hufu.Isms;
using Hufu.Kernel;
using Hufu.Monitoring;
using Hufu.Monitoring.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Risk;
using Hufu.Web.Records;

namespace Hufu.Demo;

/// <summary>
/// Some days of work by the demo's people, through the store and with their own rights: what one asks for, another approves. Whatever is refused
/// ends it and is told.
/// </summary>
internal sealed partial class DemoWork(RecordStore store, ActorFactory actors, OpenIncidentFromAlert openIncident, LogExcerpt excerpts, TimeProvider clock)
{
    private readonly CancellationToken none = CancellationToken.None;

    internal async Task<string> RunAsync()
    {
        var (engineer, ciso) = (await ActorAsync("linhy"), await ActorAsync("tsaimc"));
        var before = store.Db.Changes.Count();
        foreach (var work in (Func<Actor, Actor, Task<Result>>[])[OwnersAsync, LoggingAsync, DocumentsAsync, RisksAsync, AlertsAsync])
            if (await work(engineer, ciso) is { IsOk: false } refused) return refused.Errors[0].ToString();
        return $"{store.Db.Changes.Count() - before} changes";
    }

    /// <summary>Who is told of alerts, in force before the logs come in.</summary>
    internal async Task<string> NotificationRuleAsync()
    {
        var (engineer, ciso) = (await ActorAsync("linhy"), await ActorAsync("tsaimc"));
        var rule = await MakeAsync(engineer, NotificationRuleType.TypeKey, new()
        {
            ["title"] = "高等級以上告警", ["minLevel"] = "high", ["firstId"] = "linhy", ["firstWithin"] = "30", ["secondId"] = "tsaimc", ["secondWithin"] = "60", ["gather"] = "5", ["basis"] = "資安事件通報及應變程序書", ["ownerId"] = "linhy",
        });
        if (!rule.IsOk) return rule.Errors[0].ToString();
        foreach (var (actor, move) in new[] { (engineer, "submit"), (ciso, "approve") })
            if (await MoveAsync(actor, rule.Value, move) is { IsOk: false } refused) return refused.Errors[0].ToString();
        return rule.Value.Number;
    }

    // The custodian in the list is a name; the owner is a person who answers for the asset.
    private async Task<Result> OwnersAsync(Actor engineer, Actor ciso)
    {
        var type = store.Types.Get(AssetType.TypeKey);
        var assets = store.Readable<Asset>(engineer).ToList();
        foreach (var group in assets.Where(a => a.OwnerId is null).GroupBy(a => store.Directory.People.FirstOrDefault(p => p.Name == a.Custodian)?.Account))
            if (group.Key is { } account && await store.CommitBulkAsync(engineer, type, [.. group.Select(a => a.Id)], "ownerId", account, "依保管人指定負責人", none) is { IsOk: false } refused) return refused;
        foreach (var asset in assets.Where(a => a.Code.StartsWith("HW-", StringComparison.Ordinal) || a.Code.StartsWith("NW-", StringComparison.Ordinal)))
            if (await store.TransitionAsync(engineer, type, asset.Id, "confirm", "與網路掃描結果核對相符", cancellation: none) is { IsOk: false } refused) return refused;
        return Result.Ok;
    }

    // The list names a machine where its title begins; by that name its logs are told apart. What must be logged is proposed and approved.
    private async Task<Result> LoggingAsync(Actor engineer, Actor ciso)
    {
        var type = store.Types.Get(AssetType.TypeKey);
        foreach (var asset in store.Readable<Asset>(engineer).Where(a => a.Hostname == "").ToList())
            if (NamedMachine().Match(asset.Title) is { Success: true, Value: var name }
                && await store.UpdateAsync(engineer, type, asset.Id, asset.Version, new Dictionary<string, string?> { ["hostname"] = name }, "依資產名稱登錄主機名稱", cancellation: none) is { IsOk: false } refused) return refused;
        var added = await LogDefaults.AddAsync(store, engineer, none);
        if (!added.IsOk) return Result.Fail(added.Errors);
        foreach (var criterion in store.Readable<LogCriterion>(engineer).Where(c => c.State == "draft").ToList())
        {
            if (await MoveAsync(engineer, criterion, "submit") is { IsOk: false } refused) return refused;
            if (await MoveAsync(ciso, criterion, "approve") is { IsOk: false } refused2) return refused2;
        }

        return Result.Ok;
    }

    private async Task<Result> DocumentsAsync(Actor engineer, Actor ciso)
    {
        var today = SiteTime.Today(clock);
        (string Title, string Tier, string Text, bool Approved)[] documents =
        [
            ("資訊安全政策", "1", "## 目的\n\n保護本處資訊資產的機密性、完整性與可用性。\n\n## 目標\n\n- 核心系統可用率達 99.5%\n- 資安事件於知悉後一小時內完成通報", true),
            ("事故通報與應變作業程序書", "2", "## 通報\n\n知悉資安事件後，由資安科於一小時內完成通報。\n\n## 應變\n\n依事件等級成立應變小組。", true),
            ("存取控制管理程序書", "2", "## 帳號\n\n帳號採最小權限，離職當日停用。", false),
        ];
        foreach (var (title, tier, text, approved) in documents)
        {
            var made = await MakeAsync(engineer, IsmsDocumentType.TypeKey, new() { ["title"] = title, ["level"] = tier, ["content"] = text, ["edition"] = "1.0", ["effectiveOn"] = Day(today), ["reviewOn"] = Day(today.AddYears(1)), ["ownerId"] = "linhy" });
            if (!made.IsOk) return made;
            if (await MoveAsync(engineer, made.Value, "submit") is { IsOk: false } refused) return refused;
            if (approved && await MoveAsync(ciso, made.Value, "approve") is { IsOk: false } refused2) return refused2;
        }

        return Result.Ok;
    }

    private async Task<Result> RisksAsync(Actor engineer, Actor ciso)
    {
        var risks = store.Readable<RiskRecord>(engineer).OrderBy(r => r.Number).ToList();
        foreach (var risk in risks)
        {
            if (await MoveAsync(engineer, risk, "assess") is { IsOk: false } refused) return refused;
            if (risk.Treatment == "retain" && await MoveAsync(ciso, risk, "accept", "公共無線網路與公務網路實體隔離，衝擊低") is { IsOk: false } refused2) return refused2;
        }

        if (risks.FirstOrDefault(r => r.Level >= 20) is not { } worst) return Result.Ok;
        if (await MoveAsync(engineer, worst, "treat") is { IsOk: false } refused3) return refused3;
        var plan = await MakeAsync(engineer, RiskTreatmentPlanType.TypeKey, new()
        {
            ["title"] = "VPN 啟用多因子驗證並停用密碼登入", ["riskId"] = worst.Number, ["measures"] = "1. 全員改用金鑰與一次性密碼\n2. 停用 SSH 密碼登入\n3. 異常登入告警", ["ownerId"] = "zhanghw", ["dueOn"] = Day(SiteTime.Today(clock).AddDays(30)),
        });
        if (!plan.IsOk) return plan;
        return await MoveAsync(engineer, plan.Value, "submit") is { IsOk: false } refused4 ? refused4 : await MoveAsync(ciso, plan.Value, "approve");
    }

    private async Task<Result> AlertsAsync(Actor engineer, Actor ciso)
    {
        var alerts = store.Readable<Alert>(engineer).Where(a => a.State == "new").OrderBy(a => a.Number).ToList();
        // Our own vulnerability scanner is known; what it does is no attack.
        if (alerts.Find(a => a.Entity == "10.10.20.9") is { } known && await MoveAsync(engineer, known, "benign", "弱點掃描主機的例行掃描") is { IsOk: false } refused) return refused;
        if (alerts.Find(a => a.SourceIp == "203.0.113.45" && a.AssetId is not null) is not { } attack) return Result.Ok;
        var opened = await openIncident.ExecuteAsync(store, engineer, attack.Id, "外部位址大量猜測密碼後登入成功", "1", "intrusion", none);
        if (!opened.IsOk) return opened;
        var incident = (Incident)opened.Value;
        if (await excerpts.AttachAsync(store, engineer, incident, attack.EventIds.Split('\n', StringSplitOptions.RemoveEmptyEntries), none) is { IsOk: false } unproved) return unproved;
        if (await store.UpdateAsync(engineer, store.Types.Of(incident), incident.Id, incident.Version, new Dictionary<string, string?> { ["ownerId"] = "linhy", ["impactText"] = "vpn01 一個使用者帳號遭登入，未發現資料外洩。" }, "指派與判定", cancellation: none) is { IsOk: false } unassigned) return unassigned;
        if (await MoveAsync(engineer, incident, "start") is { IsOk: false } refused2) return refused2;
        (string Title, string Owner, string? Result)[] tasks = [("封鎖來源位址 203.0.113.45", "zhanghw", "fw01 已加入阻擋規則。"), ("停用遭猜中的帳號並重設密碼", "wangch", "帳號已停用，並通知使用者。"), ("清查 vpn01 登入後的行為", "linhy", null)];
        foreach (var (title, owner, result) in tasks)
        {
            var task = await MakeAsync(engineer, IncidentTaskType.TypeKey, new() { ["title"] = title, ["incidentId"] = incident.Number, ["ownerId"] = owner, ["result"] = result, ["dueOn"] = Day(SiteTime.Today(clock).AddDays(2)) });
            if (!task.IsOk) return task;
            if (result is not null && await MoveAsync(engineer, task.Value, "finish") is { IsOk: false } refused3) return refused3;
        }

        if (await MoveAsync(engineer, incident, "contain") is { IsOk: false } refused4) return refused4;
        if (store.Readable<RiskRecord>(engineer).FirstOrDefault(r => r.AssetId == attack.AssetId) is { } risk && await store.LinkAsync(engineer, incident, risk, "relates", "同一弱點", none) is { IsOk: false } untied) return untied;
        return await store.CommentAsync(engineer, incident, "來源位址同時掃描網站，兩案一併追查。 @蔡明哲", none);
    }

    private async Task<Actor> ActorAsync(string account) =>
        await actors.ForAsync(store.Directory.FindPerson(account)?.Id ?? Guid.Empty, "demo", none) ?? throw new InvalidOperationException($"The demo has no {account}.");

    private Task<Result<Record>> MakeAsync(Actor actor, string type, Dictionary<string, string?> values) => store.CreateAsync(actor, store.Types.Get(type), values, cancellation: none);

    private async Task<Result> MoveAsync(Actor actor, Record record, string transition, string? reason = null) => await store.TransitionAsync(actor, store.Types.Of(record), record.Id, transition, reason, cancellation: none);

    [GeneratedRegex("^[a-z]+-?[0-9]{2,4}(?= )")]
    private static partial Regex NamedMachine();

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
