using System.Globalization;
using System.IO.Enumeration;
using Hufu.Jobs.Notices;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Records;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring;

/// <summary>
/// Tells people of alerts as the notification rules in force say, notes what became of it, and goes on to the next step when nobody answers. What is told
/// and that it was told are written in one transaction, so nothing is told twice and nothing forgotten.
/// </summary>
public sealed class Notifying(RecordStore store, IDirectory directory, INotices notices, INoticeRecipients recipients)
{
    // An alert is seen when its transaction ends, which may be later than one that was raised after it.
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(5);

    // After that nobody is waited for; what was not answered stays open all the same.
    private static readonly TimeSpan Followed = TimeSpan.FromDays(7);

    private const int AtOnce = 1_000;
    private const int Named = 10;
    private const int MostLog = 20_000;

    // How lines of the log end that tell of mails.
    internal const string MailSent = ": mail sent", MailLost = ": mail not delivered";

    private sealed record Candidate(Guid Id, string Number, string Title, string Level, int? Score, string RuleId, string RuleTitle, string RuleTitleEn, string RuleAuthor, string Tags, string Entity, string Host, string SourceIp, string Account, Guid? UnitId, DateTimeOffset CreatedAt)
    {
        internal LocalizedText Titles => new(Title, RuleTitleEn.Length > 0 ? AlertGrouping.Titled(RuleTitleEn, Entity) : Title);
    }

    /// <summary>Does what is due. Returns how many notifications were made.</summary>
    public async Task<int> StepAsync(CancellationToken cancellation = default)
    {
        var made = 0;
        foreach (var rule in await store.Db.Set<NotificationRule>().AsNoTracking().Where(r => r.State == RuleWorkflow.Active && r.ArchivedAt == null).OrderBy(r => r.Number).ToListAsync(cancellation))
        {
            var told = await store.InTransactionAsync(() => TellAsync(rule, cancellation));
            store.Db.ChangeTracker.Clear();
            if (told is { IsOk: true, Value: true }) made++;
        }

        var since = store.Db.Now - Followed;
        var open = await store.Db.Set<Notification>().AsNoTracking()
            .Where(n => n.ArchivedAt == null && (n.State == NotificationType.Sent || n.State == NotificationType.Escalated || (n.State == NotificationType.Unanswered && n.SentAt > since)))
            .OrderBy(n => n.Number).Select(n => n.Id).ToListAsync(cancellation);
        foreach (var id in open)
        {
            // Somebody who answers at the same moment wins; the next round sees it.
            await store.InTransactionAsync(() => FollowAsync(id, cancellation));
            store.Db.ChangeTracker.Clear();
        }

        return made;
    }

    // True when a rule is about an alert; units are those that it is about, null for all.
    private static bool Concerns(NotificationRule rule, Candidate alert, IReadOnlySet<Guid>? units)
    {
        if (AlertType.RankOf(alert.Level) < AlertType.RankOf(rule.MinLevel) || alert.Score < rule.MinScore || (rule.MinScore is not null && alert.Score is null)) return false;
        if (units is not null && (alert.UnitId is not { } unit || !units.Contains(unit))) return false;
        var (rules, entities) = (Alert.Lines(rule.Rules), Alert.Lines(rule.Entities));
        return (rules.Count == 0 || rules.Any(Named)) && (entities.Count == 0 || entities.Any(Meant));

        bool Named(string word) =>
            string.Equals(word, alert.RuleId, StringComparison.OrdinalIgnoreCase)
            || alert.Tags.Split(' ').Contains(word, StringComparer.OrdinalIgnoreCase)
            || alert.RuleTitle.Contains(word, StringComparison.OrdinalIgnoreCase)
            || alert.RuleTitleEn.Contains(word, StringComparison.OrdinalIgnoreCase);

        // A backslash stands for itself: accounts have it.
        bool Meant(string pattern) => new[] { alert.Entity, alert.Host, alert.SourceIp, alert.Account }.Any(value =>
            value.Length > 0 && FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), value));
    }

    private static Candidate CandidateOf(Alert a) => new(a.Id, a.Number, a.Title, a.Level, a.Score, a.RuleId, a.RuleTitle, a.RuleTitleEn, a.RuleAuthor, a.Tags, a.Entity, a.Host, a.SourceIp, a.Account, a.UnitId, a.CreatedAt);

    private async Task<Result<bool>> TellAsync(NotificationRule rule, CancellationToken cancellation)
    {
        var (db, now) = (store.Db, store.Db.Now);
        var place = await db.Set<NotificationPlace>().FirstOrDefaultAsync(p => p.RuleId == rule.Id, cancellation);
        if (place is null)
        {
            // From its approval on: what lies before is no news. Whoever approves it, this sees it a few seconds later.
            var approved = await db.Changes.AsNoTracking().Where(c => c.RecordId == rule.Id && c.Action == "approve").OrderByDescending(c => c.Id).Select(c => (DateTimeOffset?)c.At).FirstOrDefaultAsync(cancellation);
            place = new NotificationPlace { RuleId = rule.Id, After = approved ?? now };
            db.Add(place);
        }

        var gather = TimeSpan.FromMinutes(rule.Gather ?? NotificationRuleType.UsualGather);
        if (place.ToldAt is { } last && last + gather > now && last <= now) return Result.Of(false);
        var levels = AlertType.Levels.Skip(Math.Max(0, AlertType.RankOf(rule.MinLevel))).Select(l => l.Code).ToList();
        var units = rule.AboutUnitId is { } root ? directory.Subtree(root) : null;
        var (found, after, newest) = (new List<Candidate>(), place.After, place.After);
        for (var skip = 0; ; skip += AtOnce)
        {
            var some = await db.Set<Alert>().AsNoTracking()
                .Where(a => a.State == "new" && a.ArchivedAt == null && levels.Contains(a.Level) && (a.CreatedAt >= after || a.LevelRaisedAt >= after) && !db.Set<ToldAlert>().Any(t => t.AlertId == a.Id && t.RuleId == rule.Id))
                .OrderBy(a => a.CreatedAt).ThenBy(a => a.Id).Skip(skip).Take(AtOnce)
                .Select(a => new Candidate(a.Id, a.Number, a.Title, a.Level, a.Score, a.RuleId, a.RuleTitle, a.RuleTitleEn, a.RuleAuthor, a.Tags, a.Entity, a.Host, a.SourceIp, a.Account, a.UnitId, a.CreatedAt)).ToListAsync(cancellation);
            found.AddRange(some.Where(a => Concerns(rule, a, units)));
            if (some.Count > 0 && some[^1].CreatedAt > newest) newest = some[^1].CreatedAt;
            if (some.Count < AtOnce) break;
        }

        if (newest - Late > place.After) place.After = newest - Late;
        if (found.Count == 0)
        {
            await db.SaveChangesAsync(cancellation);
            return Result.Of(false);
        }

        found = [.. found.OrderByDescending(a => AlertType.RankOf(a.Level)).ThenByDescending(a => a.Score).ThenBy(a => a.CreatedAt)];
        var notification = new Notification
        {
            Title = Titled(found).Both, State = NotificationType.Sent, RuleId = rule.Id, Level = found[0].Level, AlertCount = found.Count, SentAt = Instants.Truncate(now), OwnerId = rule.OwnerId,
            UnitId = found.All(a => a.UnitId == found[0].UnitId) ? found[0].UnitId : rule.UnitId,
        };
        var created = await store.CreateAsync(Actor.System(), notification, cancellation: cancellation);
        if (!created.IsOk) return Result.Fail<bool>(created.Errors);
        db.AddRange(found.Select(a => new ToldAlert { AlertId = a.Id, RuleId = rule.Id, NotificationId = notification.Id }));
        place.ToldAt = now;
        db.ActAs(Actor.System(), "update");
        await NextAsync(notification, rule, found, cancellation);
        await db.SaveChangesAsync(cancellation);
        return Result.Of(true);
    }

    private async Task<Result<bool>> FollowAsync(Guid id, CancellationToken cancellation)
    {
        var (db, now) = (store.Db, store.Db.Now);
        if (await db.Set<Notification>().FirstOrDefaultAsync(n => n.Id == id, cancellation) is not { AnsweredAt: null } notification) return Result.Of(false);
        db.ActAs(Actor.System(), "update");
        await NoteAsync(notification, cancellation);
        if (await TakenInHandAsync(notification, cancellation) is { } taken)
        {
            notification.AnsweredAt = taken.At;
            notification.AnsweredById = taken.By;
            notification.AnswerBy = null;
            Log(notification, taken.At, $"告警皆已由人員處理：{NameOf(taken.By)}", $"all alerts were taken in hand: {NameOf(taken.By)}");
            return await MoveAsync(notification, "answer", null);
        }

        var rule = await db.Set<NotificationRule>().AsNoTracking().FirstOrDefaultAsync(r => r.Id == notification.RuleId, cancellation);
        var left = rule?.Steps.Where(s => s.Number > notification.Step).ToList() ?? [];
        var asked = notification.State == NotificationType.Escalated && notification.Step == (rule?.Steps is [var first, ..] ? first.Number : 0);
        if (notification.State != NotificationType.Unanswered && (asked || notification.AnswerBy <= now))
        {
            if (left.Count > 0)
            {
                var told = await db.Set<ToldAlert>().Where(t => t.NotificationId == id).Join(db.Set<Alert>().AsNoTracking(), t => t.AlertId, a => a.Id, (_, a) => a).ToListAsync(cancellation);
                await NextAsync(notification, rule!, [.. told.OrderByDescending(a => AlertType.RankOf(a.Level)).ThenByDescending(a => a.Score).ThenBy(a => a.CreatedAt).Select(CandidateOf)], cancellation);
                if (notification.State == NotificationType.Sent) return await MoveAsync(notification, "escalate", null);
            }
            else if (notification.AnswerBy <= now)
            {
                notification.AnswerBy = null;
                Log(notification, now, "各階時限皆已過，無人確認", "the time of all steps is over, nobody answered");
                return await MoveAsync(notification, "give-up", "各階時限已過 / the time of all steps is over");
            }
        }

        await db.SaveChangesAsync(cancellation);
        return Result.Of(true);

        async Task<Result<bool>> MoveAsync(Notification moved, string transition, string? reason)
        {
            await db.SaveChangesAsync(cancellation);
            var done = await store.TransitionAsync(Actor.System(), store.Types.Of<Notification>(), moved.Id, transition, reason, cancellation: cancellation);
            return done.IsOk ? Result.Of(true) : Result.Fail<bool>(done.Errors);
        }
    }

    /// <summary>Tells the next step of a rule.</summary>
    private async Task NextAsync(Notification notification, NotificationRule rule, IReadOnlyList<Candidate> alerts, CancellationToken cancellation)
    {
        var (db, now) = (store.Db, store.Db.Now);
        var step = rule.Steps.First(s => s.Number > notification.Step);
        notification.Step = step.Number;
        var type = store.Types.Of<Notification>();
        // A notice that leads nowhere helps nobody; and who may not see alerts is not told of them.
        var may = await recipients.WhoMayAsync(type, notification, Right.Read, step.People, cancellation);
        var title = Titled(alerts);
        var text = new LocalizedText(ListOf(l => l.Zh), ListOf(l => l.En));
        var prefix = step.Number == 1 ? new LocalizedText("告警通報", "Alerts") : new LocalizedText($"告警通報（第 {step.Number} 階，尚無人確認）", $"Alerts (step {step.Number}, nobody has answered)");
        if (may.Count > 0)
            await notices.SendAsync(may, NoticeKinds.Alert, new LocalizedText($"{prefix.Zh}：{title.Zh}", $"{prefix.En}: {title.En}"), text, type.PathOf(notification.Number), NoticeAbout.Of(new RecordRef(type.Key, notification.Id)), db, cancellation);
        foreach (var person in step.People)
        {
            if (may.Contains(person)) Log(notification, now, $"[{step.Number}] 通知 {NameOf(person)}（產品內）", $"[{step.Number}] told {NameOf(person)} (in the product)");
            else Log(notification, now, $"[{step.Number}] 未通知 {NameOf(person)}：已離開或沒有檢視通報紀錄的權限", $"[{step.Number}] not told: {NameOf(person)} has left or may not see notifications");
        }

        // A rule's author is named wherever its find is.
        string ListOf(Func<LocalizedText, string> language)
        {
            var lines = alerts.Take(Named).Select(a => $"{a.Number} [{language(LevelOf(a.Level))}] {language(a.Titles)}{(a.RuleAuthor.Length > 0 ? $" ({a.RuleAuthor})" : "")}");
            return string.Join('\n', alerts.Count > Named ? lines.Append($"… +{(alerts.Count - Named).ToString(CultureInfo.InvariantCulture)}") : lines);
        }

        // Nobody to wait for: the next one's turn at once.
        notification.AnswerBy = may.Count == 0 ? Instants.Truncate(now) : Instants.Truncate(now.AddMinutes(step.Within ?? NotificationRuleType.UsualWithin));
    }

    /// <summary>Adds what has become of the notices to the log.</summary>
    private async Task NoteAsync(Notification notification, CancellationToken cancellation)
    {
        var about = NoticeAbout.Of(new RecordRef(NotificationType.TypeKey, notification.Id));
        foreach (var one in await NoticeDelivered.OfAsync(store.Db, NoticeKinds.Alert, about, cancellation))
        {
            var name = NameOf(one.PersonId);
            if (one.SentAt is { } sent) Once(sent, $"{name}：郵件已送出", $"{name}{MailSent}");
            else if (one.MailFailed) Once(store.Db.Now, $"{name}：郵件無法送達（{OneLine(one.MailError)}）", $"{name}{MailLost}", timed: false);
            else if (one.MailError is { } error) Once(store.Db.Now, $"{name}：郵件尚未送出，會再試（{OneLine(error)}）", $"{name}: mail not sent yet, tried again", timed: false);
            else if (one.Mail is NoticeMail.Digest) Once(one.At, $"{name}：郵件併入每日摘要", $"{name}: mail waits for the daily digest");
            if (one.ReadAt is { } read) Once(read, $"{name}：已讀通知", $"{name}: read the notice");
        }

        // A person may be named by several steps: each of the notices has its own time. What has no time of its own is said once.
        void Once(DateTimeOffset at, string zh, string en, bool timed = true)
        {
            var line = LineOf(at, zh, en);
            if (!notification.Log.Contains(timed ? line : $" / {en}", StringComparison.Ordinal)) Append(notification, line);
        }

        static string OneLine(string? text) => (text ?? "").ReplaceLineEndings(" ");
    }

    /// <summary>Who took the last of the alerts in hand, and when; null while one is new.</summary>
    private async Task<(DateTimeOffset At, Guid? By)?> TakenInHandAsync(Notification notification, CancellationToken cancellation)
    {
        var db = store.Db;
        var told = db.Set<ToldAlert>().Where(t => t.NotificationId == notification.Id).Select(t => t.AlertId);
        if (await db.Set<Alert>().AnyAsync(a => told.Contains(a.Id) && a.State == "new" && a.ArchivedAt == null, cancellation)) return null;
        var last = await db.Changes.AsNoTracking().Where(c => told.Contains(c.RecordId) && (c.Action == "triage" || c.Action == "benign" || c.Action == "duplicate" || c.Action == "escalate" || c.Action == "archive"))
            .OrderByDescending(c => c.Id).Select(c => new { c.At, c.ActorId }).FirstOrDefaultAsync(cancellation);
        return last is null ? null : (Instants.Truncate(last.At), last.ActorId);
    }

    private static void Log(Notification notification, DateTimeOffset at, string zh, string en) => Append(notification, LineOf(at, zh, en));

    private static void Append(Notification notification, string line)
    {
        if (notification.Log.Length + line.Length + 1 <= MostLog) notification.Log += notification.Log.Length == 0 ? line : "\n" + line;
    }

    private static string LineOf(DateTimeOffset at, string zh, string en) => $"{SiteTime.Local(at).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} {KeptTexts.Line(new LocalizedText(zh, en))}";

    private string NameOf(Guid? person) => person is { } id ? directory.Person(id)?.Name ?? id.ToString() : "–";

    private static LocalizedText LevelOf(string level) => AlertType.LabelOf(level) ?? new LocalizedText(level, level);

    private static (string Zh, string En, string Both) Titled(IReadOnlyList<Candidate> alerts)
    {
        var level = LevelOf(alerts[0].Level);
        if (alerts.Count == 1) return ($"[{level.Zh}] {alerts[0].Title}", $"[{level.En}] {alerts[0].Titles.En}", Clip($"[{level.Zh} / {level.En}] {alerts[0].Title}"));
        var title = NotificationType.TitleOf(alerts.Count, level);
        return (title.Zh, title.En, Clip($"{title.Zh} / {title.En}"));
    }

    private static string Clip(string text) => text.Length <= 200 ? text : text[..200];
}

/// <summary>Answers that people give.</summary>
internal sealed class NotificationAnswers : IRecordReaction
{
    public string TypeKey => NotificationType.TypeKey;

    public async Task<Result> ReactAsync(RecordStore store, Actor actor, Record record, string action, CancellationToken cancellation)
    {
        if (action != "answer" || record is not Notification { AnsweredAt: null } notification) return Result.Ok;
        notification.AnsweredAt = Instants.Truncate(store.Db.Now);
        notification.AnsweredById = actor.Id;
        notification.AnswerBy = null;
        store.Db.ActAs(actor, "answer");
        await store.Db.SaveChangesAsync(cancellation);
        return Result.Ok;
    }
}
