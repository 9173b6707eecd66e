using System.Globalization;
using Hufu.Documents;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Web.Records;

namespace Hufu.Monitoring.Logs;

/// <summary>What a paper says beside the facts.</summary>
/// <param name="Organisation">Name of the organisation in both languages; empty where it has none yet.</param>
/// <param name="Prepared">Who submitted it, and when; null where nobody has.</param>
/// <param name="Approved">Who approved it, and when; null where nobody has.</param>
/// <param name="Seal">Where the approval stands in the ledger; null while it is on its way.</param>
internal sealed record PaperSides(LocalizedText Organisation, (string Name, DateTimeOffset At)? Prepared, (string Name, DateTimeOffset At)? Approved, PaperSeal? Seal);

/// <summary>Where a change stands in the ledger.</summary>
/// <param name="Leaf">Number of its leaf.</param>
/// <param name="Commitment">What the leaf holds of it.</param>
internal sealed record PaperSeal(long Leaf, string Commitment);

/// <summary>Makes a document of a report in one of the two languages, out of its record alone.</summary>
internal sealed class ReportPaper
{
    private readonly MonitoringReport report;
    private readonly ReportFacts facts;
    private readonly RecordTypes types;
    private readonly bool zh;
    private readonly List<TextBlock> blocks = [];

    private ReportPaper(MonitoringReport report, ReportFacts facts, RecordTypes types, string language) => (this.report, this.facts, this.types, zh) = (report, facts, types, !language.StartsWith("en", StringComparison.OrdinalIgnoreCase));

    /// <summary>The whole document.</summary>
    internal static TextDocument Make(MonitoringReport report, ReportFacts facts, RecordTypes types, string language, PaperSides sides)
    {
        var paper = new ReportPaper(report, facts, types, language);
        return paper.Whole(sides);
    }

    /// <summary>The parts that come from the facts, for the page of the record.</summary>
    internal static IReadOnlyList<TextBlock> Body(MonitoringReport report, ReportFacts facts, RecordTypes types, string language)
    {
        var paper = new ReportPaper(report, facts, types, language);
        paper.Facts();
        return paper.blocks;
    }

    /// <summary>Days of official papers in Taiwan are written in years of the Republic.</summary>
    internal static string Republic(DateOnly day) => day.Year > 1911 ? string.Create(CultureInfo.InvariantCulture, $"中華民國{day.Year - 1911}年{day.Month}月{day.Day}日") : day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private TextDocument Whole(PaperSides sides)
    {
        var monthly = report.Kind == MonitoringReportType.Monthly;
        var title = L(monthly ? "資通安全監控月報" : "資通安全監控日報", monthly ? "Monthly security monitoring report" : "Daily security monitoring report");
        var organisation = zh ? sides.Organisation.Zh : sides.Organisation.En;
        blocks.Add(new TextHeading(1, title));
        var state = types.Of<MonitoringReport>().Workflow.State(report.State).Label;
        Pairs(
            (L("機關", "Organisation"), organisation.Length > 0 ? organisation : "–"), (L("報表編號", "Report number"), report.Number), (L("期間", "Period"), Period()), (L("機密等級", "Classification"), ClassificationOf()),
            (L("資料計算時間", "Facts computed at"), At(facts.ComputedAt)), (L("狀態", "State"), L(state.Zh, state.En)));
        blocks.Add(new TextHeading(2, L("綜合評析", "Assessment")));
        blocks.Add(new TextParagraph(report.Assessment.Length > 0 ? report.Assessment : L("（尚未填寫）", "(not written yet)")));
        blocks.Add(new TextHeading(2, L("改善事項", "Actions")));
        blocks.Add(new TextParagraph(report.Actions.Length > 0 ? report.Actions : L("（無）", "(none)")));
        Facts();
        Signatures(sides);
        return new TextDocument
        {
            Title = $"{title} {report.PeriodKey?.Split('/')[^1]} {report.Number}",
            Language = zh ? "zh-TW" : "en",
            Author = organisation,
            Made = facts.ComputedAt,
            HeaderStart = organisation,
            HeaderEnd = $"{report.Number} · {ClassificationOf()}",
            FooterStart = L("由虎符 Hufu 依實際紀錄產生", "Made by Hufu from its records"),
            PageLabel = L("第 {0} 頁，共 {1} 頁", "Page {0} of {1}"),
            Blocks = [.. blocks],
        };
    }

    private void Facts()
    {
        Summary();
        Events();
        Sources();
        Alerts();
        Notices();
        Incidents();
        Entities();
        Clocks();
        Coverage();
        Storage();
        Work();
        if (facts.Gaps.Count > 0) Table(L("未評估的項目與原因", "What was not evaluated, and why"), [C("項目", "Part"), C("原因", "Reason", 3)], facts.Gaps.Select(g => Row(PartName(g.Part), L(g.Zh, g.En))));
        blocks.Add(new TextParagraph(L("「未評估」表示當時無法得知，並非零。告警依產生的時間、日誌依其內的時間計入期間；規則依其授權（Detection Rule License 等）一併列出作者。", "\"Not evaluated\" means that it could not be known, and is not zero. Alerts count by when they were raised, events by the time in them. The author of each rule is named beside it, as its licence (such as the Detection Rule License) asks."), Quiet: true));
    }

    private void Summary()
    {
        blocks.Add(new TextHeading(2, L("摘要", "Summary")));
        var a = facts.Alerts;
        var running = facts.Server switch
        {
            null => Missing,
            { Minutes: 0 } => L("伺服器在這段期間沒有執行，因此沒有收容與偵測。", "The server did not run in this period: nothing was collected and nothing detected."),
            var s when s.Minutes < s.Of - 5 => L($"{Share(s.Minutes, s.Of)}（{Duration(s.Minutes)}；中斷約 {Duration(s.Of - s.Minutes)}）", $"{Share(s.Minutes, s.Of)} ({Duration(s.Minutes)}; about {Duration(s.Of - s.Minutes)} without it)"),
            var s => L($"{Share(s.Minutes, s.Of)}", $"{Share(s.Minutes, s.Of)}"),
        };
        Pairs(
        [
            (L("伺服器執行時間", "Server running"), running),
            (L("日誌", "Events"), facts.Events is { } e ? N(e.Total) + Within(Trend(e.Total, e.Before)) : Missing),
            (L("告警", "Alerts"), a is null ? Missing : N(a.Total) + Within(Trend(a.Total, a.Before)) + L($"；其中嚴重與高 {a.Levels.Where(l => l.Level is "critical" or "high").Sum(l => l.Count)} 件", $"; {a.Levels.Where(l => l.Level is "critical" or "high").Sum(l => l.Count)} critical or high")),
            (L("尚未處理的告警", "Alerts that wait"), a is null ? Missing : L($"本期 {a.Triage.Waiting} 件；計算時全部未結 {a.Open} 件", $"{a.Triage.Waiting} of this period; {a.Open} open in all when computed")),
            (L("判讀時間", "Time to triage"), a is null ? Missing : a.Triage is { MedianMinutes: { } median, LongestMinutes: { } longest } t ? L($"中位數 {Duration(median)}，最長 {Duration(longest)}（{t.Judged} 件）", $"median {Duration(median)}, longest {Duration(longest)} ({t.Judged} alerts)") : L("沒有已判讀的告警", "no alert was taken up")),
            .. HasNotices ? [(L("通報", "Notifications"), facts.Notices is { } n ? L($"{n.Told} 次；期限內確認 {n.InTime} 次，升級 {n.Escalated} 次，無人確認 {n.Unanswered} 次", $"{n.Told}: {n.InTime} answered in time, {n.Escalated} escalated, {n.Unanswered} not answered") : Missing)] : Array.Empty<(string, string)>(),
            (L("事故", "Incidents"), facts.Incidents is { } i ? L($"新增 {i.New} 件（{Trend(i.New, i.Before)}），未結案 {i.Open} 件", $"{i.New} new ({Trend(i.New, i.Before)}), {i.Open} open") : Missing),
        ]);
    }

    private void Events()
    {
        blocks.Add(new TextHeading(2, L("日誌量", "Events")));
        if (facts.Events is not { } e)
        {
            blocks.Add(new TextParagraph(Missing));
            return;
        }

        var hours = report.Kind == MonitoringReportType.Daily;
        var (low, high) = e.Slices.Count == 0 ? (0, 0) : (e.Slices.Min(), e.Slices.Max());
        blocks.Add(new TextParagraph(L($"{(hours ? "每小時" : "每日")}：最少 {N(low)}，最多 {N(high)} 筆", $"By {(hours ? "hour" : "day")}: from {N(low)} to {N(high)} events") + "\n" + Spark(e.Slices)));
    }

    private void Sources()
    {
        if (facts.Sources is not { } sources) return;
        var slices = facts.Events?.Slices.Count ?? 0;
        var unit = report.Kind == MonitoringReportType.Daily ? L("小時", "h") : L("日", "d");
        Table(
            L("日誌來源", "Log sources"), [C("來源", "Source", 2.4), C("筆數", "Events", 1.1, true), C("與前期相比", "Trend", 1.2, true), C("無日誌", "Silent", 1.1, true), C("最長中斷", "Longest gap", 1.1, true), C("遺失", "Lost", 0.9, true), C("狀況", "Condition", 2)],
            sources.Rows.Select(s => Row(s.Source.Length > 0 ? s.Source : "–", N(s.Events), Trend(s.Events, s.Before), $"{s.Silent}/{slices} {unit}", $"{s.Longest} {unit}", s.Lost is { } lost ? N(lost) : Missing, Condition(s))), sources.Total);
        if (sources.Total == 0) blocks.Add(new TextParagraph(L("這段期間與前一期都沒有日誌。", "There were no events, nor in the period before.")));
    }

    private string Condition(SourceFact s)
    {
        var parts = new List<string>();
        if (s.State is { } state) parts.Add(state switch { "quiet" => L("計算時停止送達", "quiet when computed"), "flood" => L("計算時大量湧入", "flooding when computed"), "usual" => L("正常", "usual"), "awaited" => L("等待中", "awaited"), "learning" => L("學習中", "learning"), _ => L("當時已無資料", "not seen lately") });
        else parts.Add(Missing);
        if (s.Quiet > 0) parts.Add(L($"停止送達告警 {s.Quiet}", $"{s.Quiet} alerts of silence"));
        if (s.Skewed > 0) parts.Add(L($"時鐘告警 {s.Skewed}", $"{s.Skewed} alerts of its clock"));
        if (s.SkewSeconds is { } skew) parts.Add(L($"時鐘差 {TimeWords.Short(skew)}", $"clock off by {TimeWords.Short(skew)}"));
        return string.Join(L("；", "; "), parts);
    }

    private void Alerts()
    {
        blocks.Add(new TextHeading(2, L("告警", "Alerts")));
        if (facts.Alerts is not { } a)
        {
            blocks.Add(new TextParagraph(Missing));
            return;
        }

        var most = Math.Max(1, a.Levels.Count == 0 ? 1 : a.Levels.Max(l => l.Count));
        Table(null, [C("等級", "Level"), C("件數", "Alerts", 0.7, true), C("與前期相比", "Trend", 1, true), C("", "", 2)], a.Levels.Select(l => Row(LevelOf(l.Level), N(l.Count), Trend(l.Count, l.Before), Bar(l.Count, most))));
        if (a.Total == 0)
        {
            blocks.Add(new TextParagraph(L("這段期間沒有產生告警。", "No alert was raised in this period.")));
            return;
        }

        Table(
            L("依規則", "By rule"), [C("規則", "Rule", 3), C("作者（授權）", "Author (licence)", 2), C("等級", "Level", 0.8), C("件數", "Alerts", 0.7, true), C("與前期相比", "Trend", 1, true), C("日誌", "Events", 0.8, true)],
            a.Rules.Rows.Select(r => Row(L(r.Title, r.TitleEn ?? r.Title), AuthorOf(r.Author) + (r.License.Length > 0 ? $" ({r.License})" : ""), LevelOf(r.Level), N(r.Count), Trend(r.Count, r.Before), N(r.Events))), a.Rules.Total);
        Table(L("處理結果", "What became of them"), [C("狀態", "State"), C("件數", "Alerts", 1, true)], a.States.Where(s => s.Count > 0).Select(s => Row(StateOf<Alert>(s.Value), N(s.Count))));
        Table(
            L("告警明細", "Alerts one by one"), [C("編號", "Number", 1.3), C("等級", "Level", 0.7), C("規則／作者", "Rule / author", 2.4), C("對象", "Entity", 1.4), C("狀態", "State", 0.9), C("處理人", "By", 0.9), C("判讀", "Verdict", 1.6)],
            a.Notable.Rows.Select(n => Row(n.Number, LevelOf(n.Level), $"{L(n.Rule, n.RuleEn ?? n.Rule)}\n{AuthorOf(n.Author)}", n.Entity, StateOf<Alert>(n.State), n.By ?? "–", (n.Verdict ?? "–") + (n.Minutes is { } m ? L($"（{Duration(m)}後處理）", $" (taken up after {Duration(m)})") : ""))), a.Notable.Total);
    }

    // What an earlier report did not say it does not say now.
    private bool HasNotices => facts.Version >= 2;

    private void Notices()
    {
        if (!HasNotices) return;
        blocks.Add(new TextHeading(2, L("告警通報", "Notifications")));
        if (facts.Notices is not { } n || n.Told == 0)
        {
            blocks.Add(new TextParagraph(facts.Notices is null ? Missing : L("這段期間沒有依通報規則通知任何人。", "Nobody was told of alerts by a notification rule in this period.")));
            return;
        }

        Pairs(
            (L("通報", "Told"), L($"{N(n.Told)} 次（{Trend(n.Told, n.Before)}），共 {N(n.Alerts)} 件告警", $"{N(n.Told)} ({Trend(n.Told, n.Before)}); alerts in them: {N(n.Alerts)}")),
            (L("確認", "Answered"), L($"期限內 {n.InTime}，逾期 {n.Later}，等候中 {n.Waiting}，無人確認 {n.Unanswered}", $"in time {n.InTime}, later {n.Later}, waiting {n.Waiting}, by nobody {n.Unanswered}")),
            (L("升級", "Escalated"), N(n.Escalated)),
            (L("確認所需時間", "Time to answer"), n is { MedianMinutes: { } median, LongestMinutes: { } longest } ? L($"中位數 {Duration(median)}，最長 {Duration(longest)}", $"median {Duration(median)}, longest {Duration(longest)}") : L("沒有人確認", "nobody answered")),
            (L("郵件", "Mails"), L($"已送出 {N(n.MailsSent)}，無法送達 {N(n.MailsFailed)}", $"sent {N(n.MailsSent)}, not delivered {N(n.MailsFailed)}")));
        Table(
            L("未在期限內確認的通報", "Notifications that were not answered in time"), [C("編號", "Number", 1.4), C("最高等級", "Highest level", 1), C("告警", "Alerts", 0.7, true), C("通知時間", "Told at", 1.4), C("狀態", "State", 1.1), C("確認所需時間", "Time to answer", 1.2)],
            n.Late.Rows.Select(r => Row(r.Number, LevelOf(r.Level), N(r.Alerts), At(r.SentAt), StateOf<Notification>(r.State), r.Minutes is { } m ? Duration(m) : "–")), n.Late.Total);
    }

    private void Incidents()
    {
        blocks.Add(new TextHeading(2, L("事故", "Incidents")));
        if (facts.Incidents is not { } i || i.Rows.Total == 0)
        {
            blocks.Add(new TextParagraph(facts.Incidents is null ? Missing : L("這段期間沒有新的事故，也沒有未結案者。", "No incident became known in this period and none is open.")));
            return;
        }

        Table(
            null, [C("編號", "Number", 1.4), C("知悉時間", "Known since", 1.5), C("等級", "Level", 1), C("類別", "Category", 1.2), C("狀態", "State", 1), C("本期新增", "New", 0.8), C("通報", "Notification", 1)],
            i.Rows.Rows.Select(r => Row(r.Number, At(r.KnownAt), Label("incident.incident", "level", r.Level), Label("incident.incident", "category", r.Category), types.Find("incident.incident")?.Workflow.State(r.State).Label is { } s ? L(s.Zh, s.En) : r.State, r.IsNew ? L("是", "yes") : L("否", "no"), r.NotifiedLate switch { null => "–", true => L("逾時", "late"), false => L("如期", "in time") })), i.Rows.Total);
    }

    private void Entities()
    {
        if (facts.Entities is not { } e) return;
        blocks.Add(new TextHeading(2, L("最常出現的對象", "What was seen most")));
        var raised = facts.Alerts is null ? null : e;
        Columns(L("告警", "Alerts"), (L("主機", "Hosts"), raised?.AlertHosts), (L("帳號", "Accounts"), raised?.AlertAccounts), (L("來源位址", "Source addresses"), raised?.AlertAddresses));
        Columns(L("全部日誌", "All events"), (L("主機", "Hosts"), e.Hosts), (L("帳號", "Accounts"), e.Accounts), (L("來源位址", "Source addresses"), e.Addresses));

        void Columns(string title, params ReadOnlySpan<(string Title, IReadOnlyList<ValueFact>? Values)> columns)
        {
            var lists = columns.ToArray();
            var rows = lists.Max(c => c.Values?.Count ?? 1);
            Table(title, [.. lists.SelectMany(c => new[] { new TextColumn(c.Title, 2), new TextColumn("#", 0.7, End: true) })], Enumerable.Range(0, Math.Max(1, rows)).Select(i => (IReadOnlyList<string>)[.. lists.SelectMany(c => c.Values is null ? [i == 0 ? Missing : "", ""] : i < c.Values.Count ? new[] { c.Values[i].Value, N(c.Values[i].Count) } : [i == 0 ? "–" : "", ""])]));
        }
    }

    private void Clocks()
    {
        blocks.Add(new TextHeading(2, L("校時", "Time synchronisation")));
        if (facts.Clocks is not { } c || (c.Sources == 0 && c.Checks == 0))
        {
            blocks.Add(new TextParagraph(Missing + L("：沒有啟用的校時來源，也沒有檢查。", ": no time source is in use and no check was made.")));
            return;
        }

        Pairs(
            (L("啟用的校時來源", "Time sources in use"), L($"{c.Sources}（未受檢 {c.Unchecked}）", $"{c.Sources} ({c.Unchecked} without a check)")),
            (L("檢查", "Checks"), c.Checks == 0 ? Missing : L($"{c.Checks} 次：正常 {c.Good}，異常 {c.Bad}，無法判定 {c.Unknown}", $"{c.Checks}: {c.Good} good, {c.Bad} in trouble, {c.Unknown} not evaluated")),
            (L("最大時間差", "Largest offset"), c.WorstMilliseconds is { } worst ? string.Create(CultureInfo.InvariantCulture, $"{worst:#,0.###} ms") : Missing), (L("時鐘有誤的日誌來源", "Log sources with a wrong clock"), c.Skewed is { } skewed ? N(skewed) : Missing),
            (L("檢核紀錄", "Check records"), c.Reviews.Count == 0 ? "–" : string.Join(L("、", ", "), c.Reviews.Select(r => $"{r.Number} {StateOf<TimeReview>(r.State)}"))));
    }

    private void Coverage()
    {
        blocks.Add(new TextHeading(2, L("日誌涵蓋", "Log coverage")));
        if (facts.Coverage is not { } c)
        {
            blocks.Add(new TextParagraph(Missing));
            return;
        }

        blocks.Add(new TextParagraph(L($"{At(c.At)} 時，依 {c.Criteria} 項基準：已涵蓋 {c.Covered}，內容不足 {c.Partly}，已中斷 {c.Stale}，未曾收到 {c.Never}。", $"At {At(c.At)}, by {c.Criteria} criteria: {c.Covered} covered, {c.Partly} say too little, {c.Stale} stopped, {c.Never} never came.")));
        if (c.Missing.Total > 0)
            Table(L("缺口", "Gaps"), [C("資產", "Asset", 2.4), C("應記錄的事件", "Must be logged", 2), C("狀況", "Condition", 1), C("最後收到", "Last seen", 1.3), C("告警", "Alert", 1.2)], c.Missing.Rows.Select(g => Row($"{g.Asset} {g.Name}", LogKinds.Find(g.Kind)?.Name is { } k ? L(k.Zh, k.En) : g.Kind, g.State switch { "never" => L("未曾收到", "never"), "stale" => L("已中斷", "stopped"), _ => L("內容不足", "too little") }, g.LastSeen is { } at ? At(at) : "–", g.Alert ?? "–")), c.Missing.Total);
    }

    private void Storage()
    {
        blocks.Add(new TextHeading(2, L("日誌保存與封存", "Retention and sealing")));
        if (facts.Storage is not { } s)
        {
            blocks.Add(new TextParagraph(Missing));
            return;
        }

        Pairs(
            (L("日誌庫", "Log store"), L($"{Size(s.Bytes)}，已封存 {N(s.Events)} 筆；可用空間 {Size(s.FreeBytes)}", $"{Size(s.Bytes)}, {N(s.Events)} sealed events; {Size(s.FreeBytes)} free")),
            (L("最舊的日誌", "Oldest event"), s.Oldest is { } oldest ? At(oldest) : "–"), (L("預估用盡", "Full on"), s.FullOn is { } full ? Day(full) : "–"),
            (L("保存規則", "Retention"), L($"執行中 {s.Rules} 項，保全 {s.Holds} 項；本期依規則刪除 {N(s.Removed)} 筆", $"{s.Rules} rules and {s.Holds} holds in force; {N(s.Removed)} events removed by them in the period")),
            (L("本期封存的區段", "Segments sealed in the period"), L($"{s.Segments}（其中無帳本收據 {s.Unsealed}）", $"{s.Segments} ({s.Unsealed} without a receipt of the ledger)")),
            (L("帳本", "Ledger"), s.Ledger is { } l ? L($"{N(l.Size)} 筆，待寫入 {l.Waiting}；根雜湊 {l.Root}", $"{N(l.Size)} leaves, {l.Waiting} waiting; root {l.Root}") : Missing));
    }

    private void Work()
    {
        blocks.Add(new TextHeading(2, L("處理紀錄", "What was done")));
        if (facts.Work is not { } work || work.Total == 0)
        {
            blocks.Add(new TextParagraph(facts.Work is null ? Missing : L("這段期間沒有人員處理告警或事故。", "Nobody acted on an alert or an incident in this period.")));
            return;
        }

        Table(null, [C("對象", "On", 1), C("動作", "Act", 2), C("人員", "Person", 2), C("次數", "Times", 0.8, true)], work.Rows.Select(w => Row(w.What == "alert" ? L("告警", "alerts") : L("事故", "incidents"), ActOf(w), w.Person.Length > 0 ? w.Person : L("（已無姓名）", "(name erased)"), N(w.Count))), work.Total);
    }

    private void Signatures(PaperSides sides)
    {
        blocks.Add(new TextHeading(2, L("簽核", "Signatures")));
        var pending = L("（未完成）", "(pending)");
        Table(null, [C("", "", 1), C("姓名", "Name", 1.5), C("時間", "When", 1.6), C("簽章", "Signature", 2)],
        [
            Row(L("擬稿送審", "Prepared"), sides.Prepared?.Name ?? pending, sides.Prepared is { } p ? Signed(p.At) : "–", "\n\n"),
            Row(L("核定", "Approved"), sides.Approved?.Name ?? pending, sides.Approved is { } a ? Signed(a.At) : "–", "\n\n"),
        ]);
        blocks.Add(new TextParagraph(sides.Seal is { } seal
            ? L($"核定紀錄位於帳本第 {seal.Leaf} 筆（承諾值 {seal.Commitment}）。可以「hufu verify」或第三方 tlog 工具驗證本報表未經變更。", $"The approval is leaf {seal.Leaf} of the ledger (commitment {seal.Commitment}). \"hufu verify\", or other people's tlog tools, show that this report has not been changed.")
            : sides.Approved is null ? L("尚未核定；內容仍可能變更。", "Not approved yet; it may still change.") : L("核定紀錄尚待寫入帳本。", "The approval is on its way into the ledger."), Quiet: true));
    }

    private string Period()
    {
        var first = DateOnly.FromDateTime(SiteTime.Local(facts.From).DateTime);
        if (report.Kind == MonitoringReportType.Daily) return zh ? $"{Republic(first)}（{first:yyyy-MM-dd}）" : first.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return zh ? string.Create(CultureInfo.InvariantCulture, $"中華民國{first.Year - 1911}年{first.Month}月（{first:yyyy-MM}）") : first.ToString("yyyy-MM", CultureInfo.InvariantCulture);
    }

    private string Signed(DateTimeOffset at) => zh ? Republic(DateOnly.FromDateTime(SiteTime.Local(at).DateTime)) + SiteTime.Local(at).ToString(" HH:mm", CultureInfo.InvariantCulture) : At(at);

    private string ClassificationOf() => Label(MonitoringReportType.TypeKey, "classification", report.Classification);

    private string LevelOf(string level) => Label(AlertType.TypeKey, "level", level);

    private string Label(string type, string field, string code) => code.Length == 0 ? "–" : types.Find(type)?.FindField(field)?.Choices.FirstOrDefault(c => c.Code == code)?.Label is { } label ? L(label.Zh, label.En) : code;

    private string StateOf<T>(string state) where T : Record => types.Of<T>().Workflow.State(state).Label is var label ? L(label.Zh, label.En) : state;

    private string ActOf(WorkFact work) => types.Find(work.What == "alert" ? AlertType.TypeKey : "incident.incident")?.Workflow.Find(work.Action)?.Label is { } label ? L(label.Zh, label.En) : work.Action switch
    {
        "create" => L("建立", "create"),
        "update" => L("修改", "edit"),
        "comment" => L("留言", "comment"),
        "evidence" => L("附上證據", "attach evidence"),
        "link" => L("連結", "link"),
        _ => work.Action,
    };

    private string PartName(string part) => part switch
    {
        "server" => L("伺服器執行時間", "Server running"),
        "events" => L("日誌量", "Events"),
        "source-state" => L("來源狀況", "Condition of sources"),
        "coverage" => L("日誌涵蓋", "Log coverage"),
        "storage" => L("日誌保存與封存", "Retention and sealing"),
        _ => part,
    };

    private string AuthorOf(string author) => author.Length > 0 ? author : L("（規則未註明作者）", "(the rule names none)");

    private string Missing => L("未評估", "not evaluated");

    private string L(string chinese, string english) => zh ? chinese : english;

    private TextColumn C(string chinese, string english, double weight = 1, bool end = false) => new(L(chinese, english), weight, end);

    private static string[] Row(params string[] cells) => cells;

    private void Pairs(params IEnumerable<(string Name, string Value)> pairs) => blocks.Add(new TextTable([new TextColumn("", 1), new TextColumn("", 3)], [.. pairs.Select(p => Row(p.Name, p.Value))]));

    private void Table(string? title, IReadOnlyList<TextColumn> columns, IEnumerable<IReadOnlyList<string>> rows, int? total = null)
    {
        IReadOnlyList<IReadOnlyList<string>> all = [.. rows];
        if (all.Count == 0) return;
        if (title is not null) blocks.Add(new TextHeading(3, title));
        blocks.Add(new TextTable(columns, all));
        if (total > all.Count) blocks.Add(new TextParagraph(L($"列出 {all.Count} 項，共 {N(total.Value)} 項。", $"{all.Count} of {N(total.Value)} are listed."), Quiet: true));
    }

    private string Trend(long now, long? before) => before switch
    {
        null => L("前期未評估", "before: not evaluated"),
        0 => now == 0 ? L("持平", "same") : L("前期 0", "before: 0"),
        { } b when b == now => L("持平", "same"),
        { } b => string.Create(CultureInfo.InvariantCulture, $"{(now > b ? "+" : "−")}{Math.Abs((double)(now - b)) / b * 100:#,0}%"),
    };

    // Bars of characters: they are text in every format.
    private static string Bar(long count, long most) => count <= 0 ? "" : new string('█', (int)Math.Clamp(Math.Ceiling(count * 16.0 / most), 1, 16));

    private static string Spark(IReadOnlyList<long> values)
    {
        const string Heights = "▁▂▃▄▅▆▇█";
        var most = Math.Max(1, values.Count == 0 ? 1 : values.Max());
        return string.Concat(values.Select(v => v == 0 ? '·' : Heights[(int)Math.Clamp(Math.Ceiling(v * 8.0 / most) - 1, 0, 7)]));
    }

    private string Within(string text) => L($"（{text}）", $" ({text})");

    private static string N(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string At(DateTimeOffset at) => SiteTime.Format(at);

    private static string Day(DateTimeOffset at) => SiteTime.Local(at).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Share(int part, int whole) => string.Create(CultureInfo.InvariantCulture, $"{Math.Min(100, whole == 0 ? 0 : part * 100.0 / whole):0.#}%");

    private string Duration(double minutes) => minutes switch
    {
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{minutes:0.#} {L("分鐘", "min")}"),
        < 2880 => string.Create(CultureInfo.InvariantCulture, $"{minutes / 60:0.#} {L("小時", "h")}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{minutes / 1440:0.#} {L("日", "days")}"),
    };

    private static string Size(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.#} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
    };
}
