using System.Globalization;
using System.Text.Json;
using Hufu.Documents;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Hufu.Web;
using Hufu.Web.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hufu.Monitoring.Logs;

/// <summary>A rule to look over or to try.</summary>
/// <param name="Yaml">The rule, or several, as Sigma YAML.</param>
/// <param name="MustMatch">Events that it must match, one a line.</param>
/// <param name="MustNotMatch">Events that it must not match, one a line.</param>
public sealed record RuleTry(string? Yaml, string? MustMatch, string? MustNotMatch);

/// <summary>A single rule of a pack to switch.</summary>
/// <param name="Pack">Number of the pack.</param>
/// <param name="Id">Id of the rule.</param>
/// <param name="To"><c>on</c>, <c>off</c>, or <c>usual</c> for what level, status, tag and log source say.</param>
/// <param name="Reason">Why; not needed for <c>usual</c>.</param>
public sealed record RuleSwitch(string? Pack, string? Id, string? To, string? Reason);

/// <summary>Addresses of the detection rules: list, page, editor, packs, exceptions.</summary>
internal static class RuleEndpoints
{
    internal const int PageSize = 100;
    private const long MaxText = 1L << 20;
    private const int HitDays = 30;

    internal static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<RulePackFiles>();
        services.AddSingleton<RulePacks>();
        services.AddSingleton<RuleLibrary>();
        // Before what looks at events: it begins with all rules.
        services.AddHostedService(s => s.GetRequiredService<RuleLibrary>());
        services.TryAddSingleton(new RulePreviewOptions());
        services.AddSingleton<RulePreview>();
        services.AddSingleton<RuleSources>();
        services.AddHostedService(s => s.GetRequiredService<RuleSources>());
        services.AddScoped<IRecordReaction, RulePackVersionApplied>();
        services.AddScoped<IRecordReaction, RuleExceptionChecked>();
    }

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/logs").AddEndpointFilter(CoreModule.Requires(LogsModule.Area)).ExcludeFromDescription();
        pages.MapGet("/rules", ListPageAsync);
        pages.MapGet("/rules/file", ExportAsync);
        pages.MapGet("/rules/rule", RulePageAsync);
        pages.MapPost("/rules/switch", SwitchPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapGet("/rules/editor", EditorPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/rules/editor", SaveAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/rules/editor/preview", PreviewPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/rules/editor/check", CheckPartAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapPost("/rule-packs/{number}/import", ImportPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(RulePacks.MaxUpload + MaxText));
        pages.MapPost("/rule-exceptions/{number}/trial", TrialPageAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapGet("/alerts/{number}/exception", ExceptionOfAlertAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write));
        pages.MapGet("/attack", AttackPage);
        pages.MapGet("/attack/layer", Layer);
        var api = routes.MapGroup("/api/v1/logs").WithTags("Detection rules").AddEndpointFilter(CoreModule.Requires(LogsModule.Area));
        api.MapGet("/rules", ListApiAsync).WithName("rules").WithSummary("The detection rules that are known, in use or not, and why not").WithDescription("q, level, status, tag, source, pack (a number, product or folder) and on (on or off) as on the page; page from 1, 100 a page. refused names what cannot be used with file, line and reason; warnings what is hardly meant.");
        api.MapGet("/rules/rule", RuleApiAsync).WithName("rule").WithSummary("One rule with its text, findings and the alerts of the last 30 days").WithDescription("id is the rule's id; pack where several places have it.");
        api.MapGet("/attack", AttackApi).WithName("attack").WithSummary("ATT&CK techniques against the rules in use and what arrives").WithDescription("state is fed (a rule in use is for it and its log source arrived within 30 days), unfed (nothing arrives that its rules look at) or none.");
        api.MapGet("/attack/layer", Layer).WithName("attack-layer").WithSummary("The same as a layer of the ATT&CK Navigator, format 4.5");
        api.MapPost("/rules/check", CheckApi).WithMetadata(new RequestSizeLimitAttribute(MaxText)).WithName("rules-check").WithSummary("Look over a rule and run its tests");
        api.MapPost("/rules/preview", PreviewApiAsync).WithMetadata(new RequestSizeLimitAttribute(MaxText)).WithName("rules-preview").WithSummary("How often a rule would have fired on the stored events of the last 30 days").WithDescription("Reads newest files first, within bounds of events and time; notes say what was not read.");
        api.MapPost("/rules/switch", SwitchApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("rules-switch").WithSummary("Switch a single rule of a pack on or off, with the reason");
        api.MapPost("/rule-packs/{number}/import", ImportApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithMetadata(new RequestSizeLimitAttribute(RulePacks.MaxUpload)).WithName("rule-packs-import").WithSummary("Take in a version of a rule pack, which is applied later").WithDescription("The body is a zip, tar or tar.gz, its file name in name; without name the pack's own folder is read. The answer is the version that waits with what it would change; apply it with its transition apply.");
        api.MapGet("/rule-pack-versions/{number}/diff", DiffApiAsync).WithName("rule-pack-diff").WithSummary("What applying a version would change").WithDescription("Against the version in use: rules that are new, changed and gone; those refused with file, line and reason; what the check says of new and changed ones.");
        api.MapPost("/rule-exceptions/{number}/trial", TrialApiAsync).AddEndpointFilter(CoreModule.Requires(LogsModule.Area, Right.Write)).WithName("rule-exceptions-trial").WithSummary("Count the stored matches of the last 30 days that an exception would have suppressed").WithDescription("Needed before it is submitted; the outcome is kept on the record for whoever approves.");
    }

    /// <summary>The address of a rule's page.</summary>
    internal static string HrefOf(KnownRule known) => $"/logs/rules/rule?id={Uri.EscapeDataString(known.Rule.Key)}&pack={Uri.EscapeDataString(RuleFilter.PackOf(known))}";

    /// <summary>The findings about a text, with the places as line and column of it.</summary>
    internal static IReadOnlyList<SigmaFinding> Check(string yaml) => string.IsNullOrWhiteSpace(yaml) ? [] : [.. SigmaLint.Check(yaml, "yaml").Where(f => f.Code != "sigma.correlation.rule-missing").Select(f => f with { Place = f.Place.StartsWith("yaml:", StringComparison.Ordinal) ? f.Place[5..] : f.Place }).Take(200)];

    // ---- list --------------------------------------------------------------------------------------------------------

    private static async Task<IResult> ListPageAsync(Detection detection, RuleLibrary library, RecordStore store, PageContext page, TimeProvider clock, HttpContext http)
    {
        var (filter, set) = (RuleFilter.Of(http.Request.Query), detection.Rules);
        var all = filter.Of(set.Known).ToList();
        var number = Number(http, all.Count);
        var shown = all.Skip((number - 1) * PageSize).Take(PageSize).ToList();
        return Pages.Of<RulesPage>(new { Set = set, Filter = filter, Shown = (IReadOnlyList<KnownRule>)shown, Total = all.Count, Number = number, library.Problems, Hits = await HitsAsync(store, page.Actor, [.. shown.Select(k => k.Rule.Key)], clock, http.RequestAborted) });
    }

    private static async Task<IResult> ListApiAsync(Detection detection, RuleLibrary library, RecordStore store, PageContext page, TimeProvider clock, HttpContext http)
    {
        var (filter, set) = (RuleFilter.Of(http.Request.Query), detection.Rules);
        var all = filter.Of(set.Known).ToList();
        var number = Number(http, all.Count);
        var shown = all.Skip((number - 1) * PageSize).Take(PageSize).ToList();
        var hits = await HitsAsync(store, page.Actor, [.. shown.Select(k => k.Rule.Key)], clock, http.RequestAborted);
        return Results.Json(new
        {
            total = all.Count, page = number, inUse = set.Rules.Count, rules = shown.Select(k => Told(k, hits.GetValueOrDefault(k.Rule.Key))),
            refused = set.Refused.Concat(library.Problems).Select(Told), warnings = set.Warnings.Select(Told), exceptions = set.Exceptions.Select(e => new { number = e.Source, title = e.Title }), regexTimeouts = set.Engine.RegexTimeouts,
        });
    }

    private static IResult ExportAsync(Detection detection, HttpContext http, TimeProvider clock)
    {
        var rules = RuleFilter.Of(http.Request.Query).Of(detection.Rules.Known).ToList();
        var name = $"rules-{SiteTime.Today(clock):yyyyMMdd}";
        if (http.Request.Query["format"] == "jsonl")
        {
            var lines = new MemoryStream();
            foreach (var known in rules)
            {
                JsonSerializer.Serialize(lines, Told(known, null), JsonSerializerOptions.Web);
                lines.WriteByte((byte)'\n');
            }

            return Results.Bytes(lines.ToArray(), "application/jsonl", name + ".jsonl");
        }

        var output = new MemoryStream();
        string[] headers = ["rl-id", "rule", "level", "status", "rl-on", "rl-why", "rl-pack", "rl-source", "tags", "author", "rl-license", "file"];
        var written = TableWriter.Write(output, TableFormat.Csv, new SheetContent("rules", [.. headers.Select(h => Texts.T("logs." + h))], rules.Select(k => (IReadOnlyList<CellValue>)
        [
            .. new[] { k.Rule.Key, k.Rule.Title, RuleSelection.LevelOf(k.Rule), RuleSelection.StatusOf(k.Rule), Texts.T(k.IsOn ? "logs.rl-in-use" : "logs.rl-not-in-use"), k.WhyNot?.ToString() ?? "", k.From.Length > 0 ? k.From : k.FromTitle.ToString(), RuleFilter.SourceOf(k.Rule), string.Join(' ', k.Rule.Tags), k.Rule.Author ?? "", k.Rule.License ?? "", k.Rule.Source }.Select(t => CellValue.Of(t)),
        ])));
        return written.IsOk ? Results.Bytes(output.ToArray(), "text/csv; charset=utf-8", name + ".csv") : Refusals.Of(written.Errors);
    }

    private static int Number(HttpContext http, int total) => Math.Clamp(int.TryParse(http.Request.Query["page"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : 1, 1, Math.Max(1, (total + PageSize - 1) / PageSize));

    private static object Told(KnownRule known, int? alerts) => new
    {
        id = known.Rule.Key, title = known.Rule.Title, titleZh = known.Rule.Custom.GetValueOrDefault("title_zh") as string, level = RuleSelection.LevelOf(known.Rule), status = RuleSelection.StatusOf(known.Rule), inUse = known.IsOn, why = known.WhyNot?.ToString(), neededByCorrelation = known.IsNeeded,
        pack = RuleFilter.PackOf(known), source = RuleFilter.SourceOf(known.Rule), tags = known.Rule.Tags, author = known.Rule.Author, license = known.Rule.License, file = known.Rule.Source, date = known.Rule.Date, modified = known.Rule.Modified, alertsLast30Days = alerts,
    };

    private static object Told(Error error) => new { code = error.Code, place = error.Place, message = error.Message.ToString() };

    // Alerts of the last days by rule, as far as whoever asks may see alerts.
    private static async Task<IReadOnlyDictionary<string, int>> HitsAsync(RecordStore store, Actor actor, IReadOnlyList<string> rules, TimeProvider clock, CancellationToken cancellation)
    {
        if (actor.ScopeOf(store.Types.Of<Alert>(), Right.Read) is null) return new Dictionary<string, int>();
        var since = clock.GetUtcNow().AddDays(-HitDays);
        return await store.Readable<Alert>(actor).Where(a => rules.Contains(a.RuleId) && a.LastSeen >= since).GroupBy(a => a.RuleId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, cancellation);
    }

    // ---- one rule ----------------------------------------------------------------------------------------------------

    private static KnownRule? Find(Detection detection, HttpContext http)
    {
        var (id, pack) = (http.Request.Query["id"].ToString(), http.Request.Query["pack"].ToString());
        return detection.Rules.Known.Where(k => string.Equals(k.Rule.Key, id, StringComparison.OrdinalIgnoreCase) && (pack.Length == 0 || RuleFilter.PackOf(k) == pack)).OrderByDescending(k => k.IsOn).FirstOrDefault();
    }

    private static async Task<IResult> RulePageAsync(Detection detection, RulePacks packs, RecordStore store, PageContext page, TimeProvider clock, HttpContext http)
    {
        if (Find(detection, http) is not { } known) return Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found") }, 404);
        var text = await TextAsync(known, detection, packs, store, http.RequestAborted);
        return Pages.Of<RulePage>(new { Known = known, Text = text ?? "", Findings = Findings(known, text), Alerts = await AlertsAsync(store, page.Actor, known, clock, http.RequestAborted) });
    }

    private static async Task<IResult> RuleApiAsync(Detection detection, RulePacks packs, RecordStore store, PageContext page, TimeProvider clock, HttpContext http)
    {
        if (Find(detection, http) is not { } known) return Refusals.Of([NoSuch]);
        var text = await TextAsync(known, detection, packs, store, http.RequestAborted);
        var alerts = await AlertsAsync(store, page.Actor, known, clock, http.RequestAborted);
        return Results.Json(new
        {
            rule = Told(known, alerts.Count), description = known.Rule.Description, references = known.Rule.References, falsePositives = known.Rule.FalsePositives, yaml = text, findings = Findings(known, text).Select(Told),
            alerts = alerts.Select(a => new { a.Number, a.Title, a.State, a.LastSeen, events = a.EventCount }),
        });
    }

    private static object Told(SigmaFinding finding) => new { code = finding.Code, severity = finding.Severity.ToString().ToLowerInvariant(), place = finding.Place, message = finding.Message.ToString() };

    private static IReadOnlyList<SigmaFinding> Findings(KnownRule known, string? text) => text is null ? [] : [.. SigmaLint.Check(text, known.Rule.Source).Where(f => f.Code != "sigma.correlation.rule-missing").Take(200).Select(f => f with { Place = f.Place[Math.Min(f.Place.Length, known.Rule.Source.Length + 1)..] })];

    // The file's text, of which the rule is a part.
    private static async Task<string?> TextAsync(KnownRule known, Detection detection, RulePacks packs, RecordStore store, CancellationToken cancellation)
    {
        switch (known.Origin)
        {
            case RuleOrigin.Own:
                return await store.Db.Set<OwnRule>().AsNoTracking().Where(r => r.Number == known.From).Select(r => r.Yaml).FirstOrDefaultAsync(cancellation);
            case RuleOrigin.Pack:
                var pack = await store.Db.Set<RulePack>().AsNoTracking().FirstOrDefaultAsync(p => p.Number == known.From, cancellation);
                return pack is null || await RulePacks.CurrentAsync(store.Db, pack.Id, cancellation) is not { } version ? null : await Task.Run(() => packs.TextOf(pack.Number, version.Hash, known.Rule), cancellation);
            default:
                return detection.TextOf(known);
        }
    }

    private static async Task<IReadOnlyList<Alert>> AlertsAsync(RecordStore store, Actor actor, KnownRule known, TimeProvider clock, CancellationToken cancellation)
    {
        if (actor.ScopeOf(store.Types.Of<Alert>(), Right.Read) is null) return [];
        var (id, since) = (known.Rule.Key, clock.GetUtcNow().AddDays(-HitDays));
        return await store.Readable<Alert>(actor).Where(a => a.RuleId == id && a.LastSeen >= since).OrderByDescending(a => a.LastSeen).Take(50).ToListAsync(cancellation);
    }

    private static async Task<IResult> SwitchPageAsync(RecordStore store, PageContext page, RuleLibrary library, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var asked = new RuleSwitch(form["pack"].ToString(), form["id"].ToString(), form["to"].ToString(), form["reason"].ToString());
        var done = await SwitchAsync(store, page.Actor, library, asked, http.RequestAborted);
        page.Flash(done.IsOk ? Texts.T("web.done") : done.Errors[0].Message.ToString(), bad: !done.IsOk);
        return Results.LocalRedirect($"/logs/rules/rule?id={Uri.EscapeDataString(asked.Id ?? "")}&pack={Uri.EscapeDataString(asked.Pack ?? "")}");
    }

    private static async Task<IResult> SwitchApiAsync(RuleSwitch body, RecordStore store, PageContext page, RuleLibrary library, HttpContext http)
    {
        var done = await SwitchAsync(store, page.Actor, library, body, http.RequestAborted);
        return done.IsOk ? Results.Json(new { pack = body.Pack, id = body.Id, to = body.To }) : done.Errors[0].Code.StartsWith("logs.", StringComparison.Ordinal) ? Refusals.Problem(422, done.Errors) : Refusals.Of(done.Errors);
    }

    private static async Task<Result> SwitchAsync(RecordStore store, Actor actor, RuleLibrary library, RuleSwitch asked, CancellationToken cancellation)
    {
        var type = store.Types.Of<RulePack>();
        var found = await store.FindAsync(actor, type, asked.Pack ?? "", cancellation);
        if (!found.IsOk) return Result.Fail(found.Errors);
        var pack = (RulePack)found.Value;
        var (id, reason) = (asked.Id?.Trim() ?? "", asked.Reason?.ReplaceLineEndings(" ").Trim() ?? "");
        if (id.Length == 0 || id.Any(char.IsWhiteSpace)) return Result.Fail(Error.Of("logs.rule-pack.id", "這條規則沒有識別碼，不能單獨切換。", "This rule has no id and cannot be switched by itself.", "id"));
        if (asked.To is not ("on" or "off" or "usual")) return Result.Fail(Error.Of("logs.rule-pack.to", "to 為 on、off 或 usual。", "to is on, off or usual.", "to"));
        if (asked.To != "usual" && reason.Length == 0) return Result.Fail(Error.Of("logs.rule-pack.no-reason", "請說明理由。", "Say why.", "reason"));
        var line = $"{id} {reason}";
        var updated = await store.UpdateAsync(
            actor, type, pack.Id, pack.Version, new Dictionary<string, string?> { ["switchedOn"] = Without(pack.SwitchedOn, asked.To == "on" ? line : null), ["switchedOff"] = Without(pack.SwitchedOff, asked.To == "off" ? line : null) }, reason.Length > 0 ? reason : null, cancellation: cancellation);
        if (!updated.IsOk) return Result.Fail(updated.Errors);
        await library.RefreshAsync(cancellation);
        return Result.Ok;

        string Without(string text, string? and) => string.Join('\n', RuleSelection.Lines(text).Select(l => l.Line).Where(l => !l.StartsWith(id + " ", StringComparison.OrdinalIgnoreCase)).Concat(and is null ? [] : [and]));
    }

    // ---- editor ------------------------------------------------------------------------------------------------------

    private static async Task<IResult> EditorPageAsync(string? number, string? copy, Detection detection, SiteMappings mappings, RulePacks packs, RecordStore store, PageContext page, HttpContext http)
    {
        if (!string.IsNullOrEmpty(number))
        {
            var found = await store.FindAsync(page.Actor, store.Types.Of<OwnRule>(), number, http.RequestAborted);
            return found.IsOk ? Pages.Of<RuleEditorPage>(Model((OwnRule)found.Value, mappings)) : Pages.Of<ErrorPage>(new { Title = Texts.T("web.not-found") }, 404);
        }

        var yaml = Template();
        if (!string.IsNullOrEmpty(copy) && detection.Rules.Known.FirstOrDefault(k => string.Equals(k.Rule.Key, copy, StringComparison.OrdinalIgnoreCase)) is { } known && await TextAsync(known, detection, packs, store, http.RequestAborted) is { } text) yaml = text;
        return Pages.Of<RuleEditorPage>(Model(new OwnRule { Yaml = yaml }, mappings));
    }

    private static object Model(OwnRule record, SiteMappings mappings, IReadOnlyList<Error>? errors = null, PreviewResult? preview = null) => new
    {
        record.Number, record.Version, Name = record.Title, record.Yaml, record.MustMatch, record.MustNotMatch, Errors = errors ?? [], Findings = Check(record.Yaml), Tests = (IReadOnlyList<RuleTest>)TestsOf(record, mappings), Preview = preview,
    };

    internal static List<RuleTest> TestsOf(OwnRule record, SiteMappings mappings) => OwnRuleType.Read(record.Yaml, "yaml") is { Error: null, Rules: { Count: > 0 } rules } ? RuleTests.Run(rules, record.MustMatch, record.MustNotMatch, mappings.Current) : [];

    private static string Template() => string.Create(CultureInfo.InvariantCulture, $"title: \nid: {Guid.NewGuid()}\nstatus: experimental\ndescription: \nauthor: \ndate: {TimeProvider.System.GetUtcNow():yyyy-MM-dd}\nlevel: medium\ntags: []\nlogsource:\n  product: linux\n  service: sshd\ndetection:\n  selection:\n    message|contains: ''\n  condition: selection\nfalsepositives:\n  - \n");

    private static OwnRule Read(IFormCollection form) => new()
    {
        Number = form["number"].ToString(), Version = int.TryParse(form["version"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0,
        Title = form["name"].ToString().Trim(), Yaml = form["yaml"].ToString().ReplaceLineEndings("\n"), MustMatch = form["mustMatch"].ToString().ReplaceLineEndings("\n"), MustNotMatch = form["mustNotMatch"].ToString().ReplaceLineEndings("\n"),
    };

    private static async Task<IResult> SaveAsync(RecordStore store, PageContext page, RuleLibrary library, SiteMappings mappings, HttpContext http)
    {
        var asked = Read(await http.Request.ReadFormAsync());
        var type = store.Types.Of<OwnRule>();
        // Nobody has to write the name twice.
        if (asked.Title.Length == 0) asked.Title = OwnRuleType.Read(asked.Yaml, "yaml").Rules is [var first, ..] ? first.Title : "";
        var values = new Dictionary<string, string?> { ["title"] = asked.Title, ["yaml"] = asked.Yaml, ["mustMatch"] = asked.MustMatch, ["mustNotMatch"] = asked.MustNotMatch };
        string number;
        if (asked.Number.Length == 0)
        {
            var made = await store.CreateAsync(page.Actor, type, values, cancellation: http.RequestAborted);
            if (!made.IsOk) return Pages.Of<RuleEditorPage>(Model(asked, mappings, made.Errors), made.Errors[0].Code == "access.denied" ? 403 : 422);
            number = made.Value.Number;
        }
        else
        {
            var found = await store.FindAsync(page.Actor, type, asked.Number, http.RequestAborted);
            if (!found.IsOk) return Refusals.Of(found.Errors);
            if (found.Value.Version != asked.Version) return Pages.Of<RuleEditorPage>(Model(asked, mappings, [Error.Of("record.changed-meanwhile", "此紀錄剛被他人修改，請重新載入後再儲存。", "Somebody changed this record at the same moment; load it again and save once more.")]), 409);
            var updated = await store.UpdateAsync(page.Actor, type, found.Value.Id, asked.Version, values, cancellation: http.RequestAborted);
            if (!updated.IsOk) return Pages.Of<RuleEditorPage>(Model(asked, mappings, updated.Errors), updated.Errors[0].Code == "access.denied" ? 403 : 422);
            number = asked.Number;
        }

        await library.RefreshAsync(http.RequestAborted);
        page.Flash(Texts.T("web.done"));
        return Results.LocalRedirect(type.PathOf(number));
    }

    private static async Task<IResult> PreviewPageAsync(RulePreview preview, SiteMappings mappings, HttpContext http)
    {
        var asked = Read(await http.Request.ReadFormAsync());
        var (rules, error) = OwnRuleType.Read(asked.Yaml, "yaml");
        if (error is not null || rules.Count == 0) return Pages.Of<RuleEditorPage>(Model(asked, mappings, error is null ? [] : [error]), 422);
        return Pages.Of<RuleEditorPage>(Model(asked, mappings, preview: await preview.TryAsync(rules, http.RequestAborted)));
    }

    private static async Task<IResult> CheckPartAsync(HttpContext http, SiteMappings mappings, PageContext page)
    {
        var asked = Read(await http.Request.ReadFormAsync());
        _ = page;
        return Pages.Of<RuleFindings>(new { Yaml = asked.Yaml, Findings = Check(asked.Yaml), Tests = (IReadOnlyList<RuleTest>)TestsOf(asked, mappings) });
    }

    private static IResult CheckApi([FromBody] RuleTry body, SiteMappings mappings)
    {
        var record = new OwnRule { Yaml = body.Yaml ?? "", MustMatch = body.MustMatch ?? "", MustNotMatch = body.MustNotMatch ?? "" };
        var findings = Check(record.Yaml);
        return Results.Json(new { usable = record.Yaml.Trim().Length > 0 && findings.All(f => f.Severity != SigmaSeverity.Error), findings = findings.Select(Told), tests = TestsOf(record, mappings).Select(t => new { mustMatch = t.MustMatch, line = t.Line, passed = t.Passed, inLogSource = t.InSource, what = t.Why.ToString() }) });
    }

    private static async Task<IResult> PreviewApiAsync(RuleTry body, RulePreview preview, HttpContext http)
    {
        var (rules, error) = OwnRuleType.Read(body.Yaml ?? "", "yaml");
        if (error is not null || rules.Count == 0) return Refusals.Problem(422, [error ?? Error.Of("sigma.file.empty", "檔案中沒有規則。", "The file holds no rule.", "yaml")]);
        var result = await preview.TryAsync(rules, http.RequestAborted);
        return Results.Json(new { total = result.Total, hits = result.Hits.Select(Told), read = Told(result.Read) });
    }

    private static object Told(PreviewHit hit) => new { rule = hit.Rule.Key, title = hit.Rule.Title, author = hit.Rule.Author, @event = hit.Event.Id, time = hit.Event.Time, host = hit.Event.Host, message = hit.Event.Message, count = hit.Count };

    private static object Told(PreviewRead read) => new { events = read.Events, from = read.From, readFrom = read.ReadFrom, notes = read.Notes.Select(n => n.ToString()) };

    // ---- coverage ----------------------------------------------------------------------------------------------------

    private static Dictionary<SigmaLogSource, DateTimeOffset> Arriving(RuleSources sources, TimeProvider clock)
    {
        var since = clock.GetUtcNow().AddDays(-HitDays);
        return sources.Seen.Where(s => s.Value >= since).ToDictionary(s => s.Key, s => s.Value);
    }

    private static RazorComponentResult AttackPage(Detection detection, RuleSources sources, TimeProvider clock)
    {
        var (rules, seen) = (detection.Rules.Rules, Arriving(sources, clock));
        return Pages.Of<AttackPage>(new { Columns = AttackCoverage.Of(rules, seen.Keys), Seen = (IReadOnlyDictionary<SigmaLogSource, DateTimeOffset>)seen, Rules = rules.Count, FedRules = AttackCoverage.Fed(rules, seen.Keys).Count });
    }

    private static IResult AttackApi(Detection detection, RuleSources sources, TimeProvider clock)
    {
        var seen = Arriving(sources, clock);
        return Results.Json(new
        {
            source = AttackCoverage.Source, version = AttackCoverage.Version,
            tactics = AttackCoverage.Of(detection.Rules.Rules, seen.Keys).Select(c => new { id = c.Tactic.Id, tag = c.Tactic.Tag, name = c.Tactic.Name.ToString(), techniques = c.Techniques.Select(Told) }),
            arriving = seen.Select(s => new { source = s.Key.ToString(), last = s.Value }),
        });

        static object Told(AttackTechnique t) => new { id = t.Id, name = t.Name, state = t.State.ToString().ToLowerInvariant(), rules = t.Rules, fed = t.Fed, parts = t.Parts.Select(p => new { id = p.Id, state = p.State.ToString().ToLowerInvariant(), rules = p.Rules, fed = p.Fed }) };
    }

    private static IResult Layer(Detection detection, RuleSources sources, TimeProvider clock) =>
        Results.File(AttackCoverage.Layer(AttackCoverage.Of(detection.Rules.Rules, Arriving(sources, clock).Keys), "Hufu"), "application/json", $"attack-layer-{SiteTime.Today(clock):yyyyMMdd}.json");

    // ---- packs -------------------------------------------------------------------------------------------------------

    private static async Task<IResult> ImportPageAsync(string number, RecordStore store, RulePacks packs, StorageOptions storage, PageContext page, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var type = store.Types.Of<RulePack>();
        var found = await store.FindAsync(page.Actor, type, number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        Result<RulePackVersion> staged;
        if (form.Files is [{ Length: > 0 } file, ..])
        {
            await using var upload = file.OpenReadStream();
            staged = await StageAsync(upload, file.FileName(), (RulePack)found.Value, store, packs, storage, page.Actor, http.RequestAborted);
        }
        else
        {
            staged = await packs.StageAsync(store, page.Actor, (RulePack)found.Value, null, "", http.RequestAborted);
        }

        if (staged.IsOk) return Results.LocalRedirect(store.Types.Of<RulePackVersion>().PathOf(staged.Value.Number));
        page.Flash(string.Join(" ", staged.Errors.Take(5).Select(e => e.Place is { Length: > 0 } place and not "folder" ? $"{place}: {e.Message}" : e.Message.ToString())), bad: true);
        return Results.LocalRedirect(type.PathOf(number));
    }

    private static async Task<IResult> ImportApiAsync(string number, string? name, RecordStore store, RulePacks packs, StorageOptions storage, PageContext page, HttpContext http)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<RulePack>(), number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var pack = (RulePack)found.Value;
        var staged = string.IsNullOrWhiteSpace(name)
            ? await packs.StageAsync(store, page.Actor, pack, null, "", http.RequestAborted)
            : await StageAsync(http.Request.Body, name.Trim(), pack, store, packs, storage, page.Actor, http.RequestAborted);
        if (!staged.IsOk) return staged.Errors[0].Code.StartsWith("logs.", StringComparison.Ordinal) ? Refusals.Problem(422, staged.Errors) : Refusals.Of(staged.Errors);
        return await DiffAsync(staged.Value, pack, store, packs, 201, http.RequestAborted);
    }

    private static async Task<Result<RulePackVersion>> StageAsync(Stream content, string name, RulePack pack, RecordStore store, RulePacks packs, StorageOptions storage, Actor actor, CancellationToken cancellation)
    {
        var folder = Path.Combine(storage.DataFolder, "uploads");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N") + ".pack");
        try
        {
            await using (var target = File.Create(path)) await content.CopyToAsync(target, cancellation);
            return await packs.StageAsync(store, actor, pack, path, name, cancellation);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<IResult> DiffApiAsync(string number, RecordStore store, RulePacks packs, PageContext page, HttpContext http)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<RulePackVersion>(), number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var version = (RulePackVersion)found.Value;
        return await store.Db.Set<RulePack>().AsNoTracking().FirstOrDefaultAsync(p => p.Id == version.PackId, http.RequestAborted) is { } pack ? await DiffAsync(version, pack, store, packs, 200, http.RequestAborted) : Refusals.Of([NoSuch]);
    }

    private static async Task<IResult> DiffAsync(RulePackVersion version, RulePack pack, RecordStore store, RulePacks packs, int status, CancellationToken cancellation)
    {
        var current = await RulePacks.CurrentAsync(store.Db, pack.Id, cancellation);
        var diff = await packs.DiffAsync(pack, version, current, cancellation);
        if (!diff.IsOk) return Refusals.Problem(422, diff.Errors);
        return Results.Json(
            new
            {
                version = version.Number, pack = pack.Number, version.State, version.Hash, against = diff.Value.Against, rules = diff.Value.Rules, inUse = diff.Value.InUse, inUseBefore = diff.Value.InUseBefore,
                @new = diff.Value.Count("new"), changed = diff.Value.Count("changed"), gone = diff.Value.Count("gone"),
                changes = diff.Value.Changes.Select(c => new { kind = c.Kind, id = c.Rule.Key, title = c.Rule.Title, level = RuleSelection.LevelOf(c.Rule), author = c.Rule.Author, file = c.Rule.Source, inUse = c.IsOn, what = c.What.ToString(), lines = c.Lines.Select(l => l.ToString()) }),
                refused = diff.Value.Refused.Select(Told), unread = version.Unread, findings = diff.Value.Findings.Select(Told),
            },
            statusCode: status);
    }

    // ---- exceptions --------------------------------------------------------------------------------------------------

    private static async Task<IResult> TrialPageAsync(string number, RecordStore store, RulePreview preview, PageContext page, HttpContext http)
    {
        var trial = await preview.TryAsync(store, page.Actor, number, http.RequestAborted);
        if (!trial.IsOk && trial.Errors[0].Code is "access.denied" or "record.not-found") return Refusals.Of(trial.Errors);
        page.Flash(trial.IsOk ? Texts.T("logs.rl-trial-done", trial.Value.Suppressed, trial.Value.Matches) : trial.Errors[0].Message.ToString(), bad: !trial.IsOk);
        return Results.LocalRedirect(store.Types.Of<RuleException>().PathOf(number));
    }

    private static async Task<IResult> TrialApiAsync(string number, RecordStore store, RulePreview preview, PageContext page, HttpContext http)
    {
        var trial = await preview.TryAsync(store, page.Actor, number, http.RequestAborted);
        if (!trial.IsOk) return trial.Errors[0].Code.StartsWith("logs.", StringComparison.Ordinal) ? Refusals.Problem(422, trial.Errors) : Refusals.Of(trial.Errors);
        return Results.Json(new { suppressed = trial.Value.Suppressed, matches = trial.Value.Matches, examples = trial.Value.Examples.Select(Told), read = Told(trial.Value.Read) });
    }

    // The form of an exception with what an alert is about; a person says why and until when.
    private static async Task<IResult> ExceptionOfAlertAsync(string number, RecordStore store, Detection detection, LogService logs, PageContext page, HttpContext http)
    {
        var found = await store.FindAsync(page.Actor, store.Types.Of<Alert>(), number, http.RequestAborted);
        if (!found.IsOk) return Refusals.Of(found.Errors);
        var alert = (Alert)found.Value;
        var known = detection.Rules.Known.FirstOrDefault(k => k.Rule.Key == alert.RuleId);
        // Of a correlation the rules that it counts are meant.
        // Of a value that several lists have, all of them.
        var rules = known?.Rule is SigmaCorrelationRule correlation ? correlation.Rules : SeenIndicator.Of(alert.Indicators) is { Count: > 0 } seen ? [.. seen.Select(s => s.Key)] : [alert.RuleId];
        var first = alert.EventIds.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(id => Event(logs, id)).FirstOrDefault(e => e is not null);
        var lines = first is null ? [] : RuleExceptionLines.Of(alert, new LogEventFields(first, detection.Mappings));
        var query = new Dictionary<string, string>(StringComparer.Ordinal) { ["title"] = alert.Title, ["rules"] = string.Join('\n', rules), ["condition"] = string.Join('\n', lines), ["ownerId"] = page.Actor.Id.ToString() };
        return Results.LocalRedirect(store.Types.Of<RuleException>().Path + "/new?" + string.Join('&', query.Where(q => q.Value.Length > 0).Select(q => $"{q.Key}={Uri.EscapeDataString(q.Value)}")));
    }

    private static Hufu.Logs.LogEvent? Event(LogService logs, string id)
    {
        try
        {
            return logs.Store.GetEvent(id);
        }
        catch (Hufu.Logs.ColdException)
        {
            return null;
        }
    }

    private static readonly Error NoSuch = Error.Of("record.not-found", "找不到這筆紀錄，或您無權檢視。", "This record does not exist, or you may not see it.");
}

/// <summary>The lines of an exception's condition for what an alert is about.</summary>
internal static class RuleExceptionLines
{
    private static readonly string[] Hosts = ["host", "Computer"], Addresses = ["src_ip", "IpAddress", "SourceIp"], Accounts = ["user", "TargetUserName", "User"];

    /// <summary>Fields of the event that have what the alert names, under the name that rules ask for.</summary>
    internal static IReadOnlyList<string> Of(Alert alert, LogEventFields fields)
    {
        return [.. new[] { Line(Hosts, alert.Host), Line(Addresses, alert.SourceIp), Line(Accounts, alert.Account) }.OfType<string>()];

        string? Line(string[] names, string value) =>
            value.Length > 0 && Array.Find(names, name => fields.TryGet(name, out var has) && string.Equals(has.ToString(), value, StringComparison.OrdinalIgnoreCase)) is { } name ? $"{name}: {Escaped(value)}" : null;
    }

    // What stands for other text in a rule stands for itself here.
    private static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal).Replace("?", "\\?", StringComparison.Ordinal);
}
