using System.Text.Json;

namespace Hufu.Records.Bench;

/// <summary>One address of the walk.</summary>
/// <param name="Name">What it is, in the report.</param>
/// <param name="Query">Its query string, without a question mark.</param>
/// <param name="Account">Who asks.</param>
internal sealed record ListCase(string Name, string Query, string Account = Site.Engineer);

/// <summary>The list of assets in every order, with every kind of filter, as people of several scopes see it.</summary>
internal static class Lists
{
    internal const string Path = "/risk/assets";
    internal const string Api = "/api/v1/risk/assets";

    private static readonly string[] Sortable =
    [
        "number", "title", "state", "dueOn", "createdAt", "updatedAt", "code", "category", "custodian", "location", "hostname", "addresses", "macAddress", "confidentiality", "integrity", "availability",
        "grade", "personalData", "externalFacing", "operatingSystem", "vendor", "model", "serialNumber", "inUseSince", "lastSeenOn", "x_cost", "x_zone",
    ];

    // Every kind of field, each with conditions that many, few and no records meet.
    private static readonly (string Name, string Query)[] Filters =
    [
        ("text, many", "f.title=資料庫"), ("text, few", "f.title=99999"), ("text, none", "f.title=沒有這個詞"), ("text, exact", "f.code==AST000421"), ("text, exact none", "f.code==AST-X"), ("text, not", "f.title=!資料庫"),
        ("text, latin", "f.hostname=srv0999"), ("text, latin many", "f.operatingSystem=debian"), ("text, address", "f.addresses=10.1.2."), ("text, empty", "f.operatingSystem=-"), ("text, any", "f.location=*"),
        ("long text, many", "f.remark=每季"), ("long text, none", "f.remark=查無此語"),
        ("choice, one", "f.category=network"), ("choice, several", "f.category=network,cloud"), ("choice, not", "f.category=!hardware"), ("choice, none", "f.category=people"), ("choice, derived", "f.grade=high"), ("state", "f.state=active"),
        ("flag", "f.personalData=true"), ("flag, false", "f.externalFacing=false"),
        ("date, range", "f.inUseSince=2024-01-01..2024-06-30"), ("date, after", "f.inUseSince=>2025-01-01"), ("date, day", "f.inUseSince=2024-02-29"), ("date, none", "f.inUseSince=>2040-01-01"), ("date, empty", "f.dueOn=-"),
        ("instant", "f.updatedAt=>2026-01-01"), ("instant, none", "f.updatedAt=<2020-01-01"),
        ("person, me", "f.ownerId=me"), ("person, another", "f.ownerId=staff007"), ("person, empty", "f.ownerId=-"), ("person, not", "f.ownerId=!staff007"),
        ("unit, mine", "f.unitId=mine"), ("unit, another", "f.unitId=財政處行政科"), ("unit, not", "f.unitId=!財政處行政科"),
        ("site's number", "f.x_cost=10000..20000"), ("site's number, none", "f.x_cost=>9000000"), ("site's choice", "f.x_zone=dmz"), ("site's set", "f.x_use=backup"),
        ("three at once", "f.category=hardware&f.grade=high&f.personalData=true"), ("three at once, sorted", "f.category=hardware&f.grade=high&f.inUseSince=>2020-01-01&sort=-inUseSince"),
    ];

    private static readonly (string Name, string Query)[] Words =
    [
        ("box, many", "q=資料庫"), ("box, two letters of CJK", "q=稽徵"), ("box, CJK everywhere", "q=伺服器"), ("box, two words", "q=防火牆 稅務"), ("box, latin", "q=srv099999"), ("box, latin many", "q=fortinet"), ("box, number", "q=99999"), ("box, one letter", "q=門"),
        ("box, nowhere", "q=沒有這個詞"), ("box, nowhere latin", "q=zzqx"), ("box, sorted", "q=資料庫&sort=title"), ("box, filtered", "q=資料庫&f.grade=high&sort=-code"),
    ];

    internal static IEnumerable<ListCase> Plain()
    {
        yield return new("first page", "");
        yield return new("first page, 200 rows", "size=200");
        yield return new("open only", "open=1");
        yield return new("open only, sorted", "open=1&sort=title");
        yield return new("archived too", "archived=1");
        foreach (var field in Sortable) yield return new($"sort {field}", $"sort={field}");
        foreach (var field in Sortable) yield return new($"sort {field} downwards", $"sort=-{field}");
        foreach (var (name, query) in Filters) yield return new(name, query);
        foreach (var (name, query) in Words) yield return new(name, query);
        foreach (var (account, scope) in new[] { (Site.Owner, "subtree"), (Site.Staff, "own") })
        {
            yield return new($"{scope}: first page", "", account);
            yield return new($"{scope}: open only", "open=1", account);
            foreach (var field in new[] { "number", "title", "category", "grade", "location", "inUseSince", "x_cost" }) yield return new($"{scope}: sort {field}", $"sort={field}", account);
            foreach (var (name, query) in new[] { ("text", "f.title=資料庫"), ("choice", "f.category=network"), ("date", "f.inUseSince=2024-01-01..2024-06-30"), ("person", "f.ownerId=staff007"), ("unit", "f.unitId=資訊處行政科"), ("box", "q=防火牆"), ("box, nowhere", "q=沒有這個詞"), ("box, sorted", "q=資料庫&sort=title") })
                yield return new($"{scope}: {name}", query, account);
        }
    }

    /// <summary>Pages far behind the first, reached as a person reaches them: from page to page.</summary>
    internal static async Task<IReadOnlyList<ListCase>> DeepAsync(Visitor visitor, int depth)
    {
        var cases = new List<ListCase>();
        foreach (var query in new[] { "", "sort=title", "sort=category", "sort=-grade", "sort=inUseSince", "sort=-lastSeenOn", "sort=vendor", "sort=x_cost", "open=1&sort=location", "f.personalData=true&sort=title", "q=資料庫&sort=code" })
        {
            var (cursor, seen) = ("", 0);
            while (seen < depth)
            {
                using var page = JsonDocument.Parse(await visitor.PageAsync($"{Api}?{query}&size=200{(cursor.Length > 0 ? "&after=" + cursor : "")}"));
                seen += page.RootElement.GetProperty("items").GetArrayLength();
                if (page.RootElement.GetProperty("next").GetString() is not { } next) break;
                cursor = next;
            }

            cases.Add(new($"deep, after {seen:N0}: {(query.Length > 0 ? query : "as it opens")}", $"{query}&after={cursor}"));
            cases.Add(new($"deep, before {seen:N0}: {(query.Length > 0 ? query : "as it opens")}", $"{query}&before={cursor}"));
        }

        return cases;
    }

    /// <summary>Asks for each case many times, page and API, and says what it took.</summary>
    internal static async Task WalkAsync(Server server, IReadOnlyDictionary<string, Visitor> visitors, IReadOnlyList<ListCase> cases, int repeat, double target)
    {
        if (cases.Count == 0) return;
        Console.WriteLine($"{"",-46}{"page, ms",23}{"CPU",8}   {"API, ms",21}{"CPU",8}");
        Console.WriteLine($"{"case",-46}{"p50",7}{"p95",8}{"max",8}{"ms",8}   {"p50",5}{"p95",8}{"max",8}{"ms",8}");
        var (pages, answers) = (new List<(string Name, Times Times)>(), new List<(string Name, Times Times)>());
        foreach (var one in cases)
        {
            var visitor = visitors[one.Account];
            var line = "";
            foreach (var (root, all) in new[] { (Path, pages), (Api, answers) })
            {
                var address = one.Query.Length == 0 ? root : $"{root}?{one.Query}";
                await visitor.TimeAsync(address);
                var (times, cpu) = (new Times(), Proc.Cpu(server.Process));
                for (var i = 0; i < repeat; i++) times.Add((await visitor.TimeAsync(address)).Time);
                var spent = (Proc.Cpu(server.Process) - cpu).TotalMilliseconds / repeat;
                all.Add((one.Name, times));
                line += string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{times}{spent,8:0.0} ");
            }

            Console.WriteLine($"{one.Name,-46}{line}{(pages[^1].Times.P95 > target || answers[^1].Times.P95 > target ? "  <<" : "")}");
        }

        foreach (var (what, all) in new[] { ("pages", pages), ("API", answers) })
        {
            var worst = all.MaxBy(a => a.Times.P95);
            Say.Against($"{what}: worst p95 of {all.Count} cases", worst.Times.P95, target, "ms", $"{worst.Name}; median of the medians {all.Select(a => a.Times.Median).Order().ElementAt(all.Count / 2):0.0} ms; {all.Count(a => a.Times.P95 > target)} cases above");
        }
    }
}
