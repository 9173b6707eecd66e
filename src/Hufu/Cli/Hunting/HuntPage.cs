using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Hufu.Sigma;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary>
/// A time line to hand over: one HTML file that needs no script, fetches nothing and says so in its policy. Everything that rules and logs say is encoded, and
/// characters that would steer a reader's eye or program are shown by symbols. Of very many hits the gravest are shown; all are counted.
/// </summary>
internal sealed class HuntPage(Stream output, string language, string? period) : IHitWriter
{
    internal const int MostShown = 5_000;
    private const int MostValue = 16_384;
    private const int MostRecords = 200;
    private const int MostPatterns = 20;
    private const int Bins = 60;
    private const int ChartWidth = 960;
    private const int ChartHeight = 140;

    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private static readonly string[] Levels = ["critical", "high", "medium", "low", "informational", ""];

    private const string Style = """
        :root{color-scheme:light dark;--paper:#fff;--ink:#1b2330;--soft:#596579;--line:#d8dee7;--well:#f4f6f9;--critical:#8f1026;--high:#c2410c;--medium:#a16207;--low:#0e7490;--informational:#4b5f7d;--none:#64748b;--link:#1d4ed8}
        @media(prefers-color-scheme:dark){:root{--paper:#11161d;--ink:#e3e8ef;--soft:#9aa7ba;--line:#2c3644;--well:#19212b;--critical:#ff6b81;--high:#fb923c;--medium:#eab308;--low:#22d3ee;--informational:#9db2d0;--none:#94a3b8;--link:#93b4ff}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Noto Sans TC","Microsoft JhengHei",sans-serif}
        main{max-width:1080px;margin:0 auto;padding:24px 20px 64px}
        h1{font-size:1.6rem;margin:0 0 4px}h2{font-size:1.15rem;margin:32px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:22px 0 8px;color:var(--soft)}
        p{margin:4px 0}a{color:var(--link);overflow-wrap:anywhere}.soft{color:var(--soft)}.num{text-align:right;font-variant-numeric:tabular-nums}
        .cards{display:flex;flex-wrap:wrap;gap:10px;padding:0;margin:14px 0;list-style:none}.cards li{min-width:112px;padding:8px 14px;background:var(--well);border:1px solid var(--line);border-left:5px solid var(--c);border-radius:6px}
        .cards b{display:block;font-size:1.4rem;font-variant-numeric:tabular-nums}
        .critical{--c:var(--critical)}.high{--c:var(--high)}.medium{--c:var(--medium)}.low{--c:var(--low)}.informational{--c:var(--informational)}.none{--c:var(--none)}
        .level{color:var(--c);font-weight:700;white-space:nowrap}.num,thead th{white-space:nowrap}
        table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{text-align:left;vertical-align:top;padding:4px 10px 4px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{color:var(--soft);font-weight:600}td.num,th.num{text-align:right}
        svg{display:block;width:100%;height:auto;background:var(--well);border:1px solid var(--line);border-radius:6px}svg .bar{fill:var(--c)}svg text{fill:var(--soft);font-size:12px}svg line{stroke:var(--line)}
        article{margin:0 0 10px;padding:8px 12px;border:1px solid var(--line);border-left:5px solid var(--c);border-radius:6px;break-inside:avoid}
        article header{display:flex;flex-wrap:wrap;gap:2px 12px;align-items:baseline}article header strong{flex:1 1 16em}time{font-variant-numeric:tabular-nums;color:var(--soft)}
        .meta{font-size:.88rem;color:var(--soft);overflow-wrap:anywhere}.meta span+span::before{content:" · "}
        .fields{margin-top:6px;font-size:.88rem}.fields th{width:17em;font-weight:600;font-family:ui-monospace,Consolas,monospace}.fields td{font-family:ui-monospace,Consolas,monospace;white-space:pre-wrap}
        details{margin-top:6px;font-size:.88rem}summary{cursor:pointer;color:var(--soft)}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--well);padding:8px;border-radius:4px;font:inherit;font-family:ui-monospace,Consolas,monospace}
        .note{background:var(--well);border:1px solid var(--line);border-radius:6px;padding:8px 12px}
        @media(max-width:640px){main{padding:16px 12px 48px}.wide{display:none}.fields th{width:9em}svg text{font-size:26px}}
        @media print{:root{--paper:#fff;--ink:#000;--soft:#444;--well:#fff;--line:#bbb;--critical:#8f1026;--high:#c2410c;--medium:#a16207;--low:#0e7490;--informational:#4b5f7d;--link:#000}main{max-width:none;padding:0}body{font-size:11pt}details:not([open]){display:none}h2,h3{break-after:avoid}}
        """;

    private readonly StreamWriter page = new(output, new UTF8Encoding(false), 1 << 16);
    private readonly SortedDictionary<long, long[]> minutes = [];
    private List<HuntHit> hits = [];
    private bool cut;

    public bool WantsEvents => true;

    public void Add(HuntHit hit)
    {
        if (hit.Place.Time is { } time)
        {
            var minute = time.ToUniversalTime().Ticks / TimeSpan.TicksPerMinute;
            if (!minutes.TryGetValue(minute, out var counts)) minutes[minute] = counts = new long[Levels.Length];
            counts[Array.IndexOf(Levels, hit.Level)]++;
        }

        hits.Add(hit);
        if (hits.Count >= 2 * MostShown) Cut();
    }

    public void Finish(HuntCounts counts)
    {
        if (hits.Count > MostShown) Cut();
        Begin(counts);
        Summary(counts);
        Chart();
        Rules(counts);
        Timeline();
        page.Write("</main></body></html>\n");
        page.Flush();
    }

    public void Dispose() => page.Dispose();

    /// <summary>Keeps the gravest.</summary>
    private void Cut()
    {
        cut = true;
        hits = [.. hits.OrderBy(hit => Array.IndexOf(Levels, hit.Level)).Take(MostShown)];
    }

    private void Begin(HuntCounts counts)
    {
        var title = T("獵捕時間軸", "Hunt timeline");
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));
        page.Write($"<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">\n");
        page.Write($"<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>{Style}</style>\n</head>\n<body><main>\n<h1>{title}</h1>\n");
        var made = SiteTime.Local(TimeProvider.System.GetUtcNow());
        page.Write($"<p class=\"soft\">{T("產製時間", "Made")} {made.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} · {T("時區", "time zone")} {E(SiteTime.Zone.Id)}{(period is null ? "" : $" · {T("期間", "period")} {E(period)}")}</p>\n");
        page.Write($"<p class=\"soft\">{T("事件", "Events")}: {N(counts.Events)} · {T("檔案", "files")}: {N(counts.Files)} · {T("規則", "rules")}: {N(counts.RuleCount)} · {T("被拒絕的規則", "rules refused")}: {N(counts.Refused)}</p>\n");
        if (counts.Unread.Count == 0) return;
        page.Write($"<div class=\"note\"><p><strong>{T("未能讀取的部分", "What could not be read")}</strong></p>");
        foreach (var part in counts.Unread.Take(100)) page.Write($"<p>{E(part)}</p>");
        if (counts.Unread.Count > 100) page.Write($"<p>{T("另有", "and")} {N(counts.Unread.Count - 100)} {T("項", "more")}</p>");
        page.Write("</div>\n");
    }

    private void Summary(HuntCounts counts)
    {
        page.Write($"<h2>{T("摘要", "Summary")}</h2>\n<ul class=\"cards\">");
        foreach (var level in Levels)
        {
            var count = level.Length == 0 ? counts.Unlevelled : counts.Levels.FirstOrDefault(pair => pair.Key.ToString().Equals(level, StringComparison.OrdinalIgnoreCase)).Value;
            if (count > 0 || level.Length > 0) page.Write($"<li class=\"{Class(level)}\"><b>{N(count)}</b>{E(Name(level))}</li>");
        }

        page.Write("</ul>\n");
        if (counts.Hits == 0) page.Write($"<p>{T("沒有任何規則命中。", "Nothing matched.")}</p>\n");
    }

    private void Chart()
    {
        if (minutes.Count == 0) return;
        var (first, last) = (minutes.Keys.First(), minutes.Keys.Last());
        var width = Math.Max(1, (last - first) / Bins + 1);
        var bins = new long[(int)((last - first) / width) + 1][];
        for (var i = 0; i < bins.Length; i++) bins[i] = new long[Levels.Length];
        foreach (var (minute, counts) in minutes)
        {
            for (var i = 0; i < counts.Length; i++) bins[(minute - first) / width][i] += counts[i];
        }

        var most = bins.Max(bin => bin.Sum());
        var (from, to) = (At(first), At(last + 1));
        page.Write($"<h2>{T("時間分布", "Over time")}</h2>\n<svg viewBox=\"0 0 {ChartWidth} {ChartHeight + 26}\" role=\"img\" aria-label=\"{T("各時段的命中數", "Hits over time")}: {from} – {to}, {T("最多", "at most")} {N(most)}\">");
        var step = (double)(ChartWidth - 20) / bins.Length;
        for (var i = 0; i < bins.Length; i++)
        {
            double bottom = ChartHeight;
            if (bins[i].Sum() == 0) continue;
            page.Write($"<g><title>{At(first + i * width)} – {At(first + (i + 1) * width)}: {N(bins[i].Sum())}</title>");
            for (var level = Levels.Length - 1; level >= 0; level--)
            {
                if (bins[i][level] == 0) continue;
                var height = Math.Max(1.5, bins[i][level] * (ChartHeight - 24.0) / most);
                bottom -= height;
                page.Write(string.Create(CultureInfo.InvariantCulture, $"<rect class=\"bar {Class(Levels[level])}\" x=\"{10 + i * step:F1}\" y=\"{bottom:F1}\" width=\"{Math.Max(1, step - 2):F1}\" height=\"{height:F1}\"/>"));
            }

            page.Write("</g>");
        }

        page.Write($"<line x1=\"10\" y1=\"{ChartHeight}\" x2=\"{ChartWidth - 10}\" y2=\"{ChartHeight}\"/><text x=\"10\" y=\"{ChartHeight + 18}\">{from}</text><text x=\"{ChartWidth - 10}\" y=\"{ChartHeight + 18}\" text-anchor=\"end\">{to}</text><text x=\"10\" y=\"16\">{T("最多", "at most")} {N(most)}</text></svg>\n");

        static string At(long minute) => SiteTime.Local(new DateTimeOffset(Math.Min(minute * TimeSpan.TicksPerMinute, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay), TimeSpan.Zero)).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }

    private void Rules(HuntCounts counts)
    {
        if (counts.Rules.Count == 0) return;
        page.Write($"<h2>{T("規則", "Rules")}</h2>\n<table><thead><tr><th>{T("等級", "Level")}</th><th>{T("規則", "Rule")}</th><th>{T("作者", "Author")}</th><th class=\"wide\">{T("授權", "Licence")}</th><th class=\"num\">{T("命中", "Hits")}</th></tr></thead><tbody>\n");
        foreach (var (rule, count) in counts.Rules.OrderBy(pair => Array.IndexOf(Levels, LevelOf(pair.Key))).ThenByDescending(pair => pair.Value).ThenBy(pair => pair.Key.Title, StringComparer.Ordinal))
            page.Write($"<tr class=\"{Class(LevelOf(rule))}\"><td><span class=\"level\">{E(Name(LevelOf(rule)))}</span></td><td>{E(Title(rule))}<br><span class=\"soft wide\">{E(rule.Key)}</span></td><td>{E(rule.Author ?? "–")}</td><td class=\"wide\">{E(rule.License ?? "–")}</td><td class=\"num\">{N(count)}</td></tr>\n");
        page.Write("</tbody></table>\n");
    }

    private void Timeline()
    {
        if (hits.Count == 0) return;
        page.Write($"<h2>{T("時間軸", "Timeline")}</h2>\n");
        if (cut) page.Write($"<p class=\"note\">{T($"命中甚多，這裡只列出最嚴重的 {N(MostShown)} 筆；摘要與規則表計入全部。", $"There are very many hits: the {N(MostShown)} gravest are shown here; the summary and the table of rules count all.")}</p>\n");
        string? day = null;
        foreach (var hit in hits.OrderBy(hit => hit.Place.Time ?? DateTimeOffset.MaxValue))
        {
            var local = hit.Place.Time is { } time ? SiteTime.Local(time) : (DateTimeOffset?)null;
            var today = local?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? T("沒有時間", "Without a time");
            if (today != day) page.Write($"<h3>{day = today}</h3>\n");
            Article(hit, local);
        }
    }

    private void Article(HuntHit hit, DateTimeOffset? local)
    {
        page.Write($"<article class=\"{Class(hit.Level)}\"><header>");
        if (local is { } at) page.Write($"<time datetime=\"{at:yyyy-MM-dd'T'HH:mm:ss.fffzzz}\">{at.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)}</time>");
        page.Write($"<span class=\"level\">{E(Name(hit.Level))}</span><strong>{E(Title(hit.Rule))}</strong></header>\n<p class=\"meta\"><span>{T("作者", "Author")}: {E(hit.Rule.Author ?? "–")}</span><span>{E(hit.Place.ToString())}</span>");
        if (hit.Rule.Id is { } id) page.Write($"<span>{E(id)}</span>");
        if (hit.Rule.Tags.Count > 0) page.Write($"<span>{E(string.Join(' ', hit.Rule.Tags))}</span>");
        page.Write("</p>\n");
        if (hit.Rule.Description is { Length: > 0 } description) page.Write($"<p class=\"meta\">{E(description.Trim())}</p>\n");
        if (hit.Group is { } group) Fields(T("群組", "Group"), group.Select(field => (field.Field, field.Value)));
        else if (hit.Matched.Count > 0) Fields(T("符合的欄位", "What matched"), hit.Matched.Select(field => (field.Field, field.Value)), [.. hit.Matched.Select(HuntHit.PatternsOf)]);
        if (hit.Rule.References.Count > 0)
        {
            page.Write("<p class=\"meta\">");
            foreach (var reference in hit.Rule.References) page.Write($"<span>{Link(reference)}</span>");
            page.Write("</p>\n");
        }

        if (hit.Records is { } records)
        {
            page.Write($"<details><summary>{N(hit.Count)} · {T("所計入的事件", "events that were counted")} ({N(records.Count)})</summary><ol>");
            foreach (var place in records.Take(MostRecords)) page.Write($"<li>{E(place.ToString())}{(place.Time is { } then ? " · " + SiteTime.Local(then).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) : "")}</li>");
            page.Write(records.Count > MostRecords ? $"</ol><p>{T("另有", "and")} {N(records.Count - MostRecords)} {T("筆", "more")}</p></details>\n" : "</ol></details>\n");
        }

        if (hit.Event is { } item)
        {
            page.Write($"<details><summary>{T("完整事件", "The whole event")}</summary>");
            Fields(T("欄位", "Fields"), item.Fields.Select(field => (field.Key, field.Value)));
            page.Write($"<p class=\"soft\">{T("原文", "As received")}</p><pre>{E(item.Raw)}</pre></details>\n");
        }

        page.Write("</article>\n");
    }

    private void Fields(string caption, IEnumerable<(string Name, string Value)> fields, IReadOnlyList<IReadOnlyList<string>>? patterns = null)
    {
        page.Write($"<table class=\"fields\" aria-label=\"{caption}\"><tbody>");
        foreach (var (i, (name, value)) in fields.Index())
        {
            page.Write($"<tr><th scope=\"row\">{E(name).Replace(".", ".<wbr>", StringComparison.Ordinal)}</th><td>{E(value)}");
            if (patterns?[i] is { Count: > 0 } found) page.Write($"<br><span class=\"soft\">{T("找到：", "found: ")}{string.Join("<br>", found.Take(MostPatterns).Select(E))}{(found.Count > MostPatterns ? $"<br>+{N(found.Count - MostPatterns)}" : "")}</span>");
            page.Write("</td></tr>");
        }

        page.Write("</tbody></table>\n");
    }

    /// <summary>A reference that is an address of the web can be followed; any other is only shown.</summary>
    private string Link(string reference) =>
        Uri.TryCreate(reference, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? $"<a href=\"{Encoder.Encode(Inert(reference))}\" rel=\"noreferrer noopener\">{E(reference)}</a>" : E(reference);

    private string T(string zh, string en) => language == "en" ? en : zh;

    private string Title(SigmaRule rule) => language != "en" && rule.Custom.GetValueOrDefault("title_zh") as string is { Length: > 0 } title ? title : rule.Title;

    private string Name(string level) => level switch
    {
        "critical" => T("嚴重", "critical"),
        "high" => T("高", "high"),
        "medium" => T("中", "medium"),
        "low" => T("低", "low"),
        "informational" => T("資訊", "informational"),
        _ => T("未定", "no level"),
    };

    private static string LevelOf(SigmaRule rule) => rule.Level?.ToString().ToLowerInvariant() ?? "";

    private static string Class(string level) => level.Length == 0 ? "none" : level;

    private static string N(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private string E(string text) => Encoder.Encode(Inert(text.Length <= MostValue ? text : text[..MostValue] + T("…（過長，已截斷）", "… (cut: too long)")));

    /// <summary>Control characters and those that turn the direction of writing, by their symbols; line breaks stay.</summary>
    internal static string Inert(string text)
    {
        StringBuilder? safe = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '\n' or '\t' || !(char.IsControl(c) || c is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u2028' or '\u2029' or '\uFEFF')) continue;
            safe ??= new StringBuilder(text);
            safe[i] = c < ' ' ? (char)(0x2400 + c) : c == '\u007F' ? '\u2421' : '\uFFFD';
        }

        return safe?.ToString() ?? text;
    }
}
