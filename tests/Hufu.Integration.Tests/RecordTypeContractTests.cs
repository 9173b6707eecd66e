using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace Hufu.Integration.Tests;

/// <summary>What every record type of the product has by its declaration alone, tried through the running product.</summary>
public partial class RecordTypeContractTests(WholeSite site) : WholeSiteTests(site)
{
    // Types that come from elsewhere: they are read and changed, never made by hand.
    private IEnumerable<RecordType> Made => Site.Types.All.Where(t => !t.CreatedByProduct);

    [Fact]
    public async Task Every_type_is_created_read_changed_exported_imported_back_and_found()
    {
        var numbers = new Dictionary<string, string>();
        var problems = new List<string>();
        var left = Made.ToList();
        Assert.True(left.Count >= 6, $"{left.Count} types.");
        while (left.Count > 0)
        {
            var type = left.FirstOrDefault(t => t.Fields.All(f => f.Kind is not FieldKind.Reference || !f.Required || numbers.ContainsKey(f.Target!))) ?? left[0];
            left.Remove(type);
            try
            {
                numbers[type.Key] = await GoRoundAsync(type, numbers, Site.As("writer"), Site.As("linhy"));
            }
            catch (Exception e) when (e is Xunit.Sdk.XunitException or KeyNotFoundException or JsonException)
            {
                problems.Add($"{type.Key}: {e.Message}");
            }
        }

        Assert.True(problems.Count == 0, string.Join("\n\n", problems));
    }

    [Fact]
    public void Every_indicator_that_a_type_shows_exists_and_so_do_the_acts()
    {
        var standard = Site.Host.Services.GetRequiredService<Hufu.Web.Standard.StandardLibrary>().Current;
        foreach (var type in Site.Types.All)
            foreach (var indicator in type.Indicators)
            {
                Assert.Contains(standard.FindTask(indicator.Task)?.Task.Indicators ?? [], i => i.Code == indicator.Code);
                Assert.All(indicator.Actions, a => Assert.True(a is "create" or "import" or "update" or "evidence" || type.Workflow.Find(a) is not null, $"{type.Key}: {indicator.Code} {a}"));
            }

        Assert.True(Site.Types.All.SelectMany(t => t.Indicators).Select(i => i.Code).Distinct().Count() >= 15);
    }

    [Fact]
    public void The_standard_is_read_with_all_that_its_file_says()
    {
        var standard = Site.Host.Services.GetRequiredService<Hufu.Web.Standard.StandardLibrary>().Current;
        Assert.True(standard is { SummaryZh.Length: > 0, SummaryEn.Length: > 0 });
        Assert.Equal(77, standard.Outputs.Count());
        Assert.All(standard.Outputs, output => Assert.True(output is { HintZh.Length: > 0, HintEn.Length: > 0 }, output.Code));
        Assert.Contains(standard.Outputs, output => output is { Cycle.Length: > 0, CycleSource.Length: > 0 });
    }

    [Fact]
    public void Every_column_that_a_type_got_later_is_marked_as_such()
    {
        // Whatever database it runs on: the columns are the same.
        using var db = Site.Host.Services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContext();
        var types = db.Model.GetEntityTypes().Where(t => typeof(Record).IsAssignableFrom(t.ClrType)).ToDictionary(t => t.GetTableName()!, StringComparer.Ordinal);
        var assembly = db.GetService<IMigrationsAssembly>();
        var seen = 0;
        foreach (var migration in assembly.Migrations.Values.Select(m => assembly.CreateMigration(m, db.Database.ProviderName!)))
        {
            foreach (var added in migration.UpOperations.OfType<AddColumnOperation>().Where(o => types.ContainsKey(o.Table)))
            {
                var column = types[added.Table].GetProperties().FirstOrDefault(p => p.GetColumnName() == added.Name);
                if (column is null || column.Name == nameof(Record.SearchText)) continue;
                seen++;
                Assert.True(column.PropertyInfo?.IsDefined(typeof(AddedAttribute), inherit: true) == true, $"{added.Table}.{added.Name} came later and lacks [Added]: older records would look altered.");
            }
        }

        Assert.True(seen >= 6, $"{seen} columns.");
    }

    [Fact]
    public async Task The_description_of_the_API_has_every_type_with_its_fields()
    {
        using var openApi = JsonDocument.Parse((await Site.As("linhy").GetAsync("/api/v1/openapi.json")).Body);
        var paths = openApi.RootElement.GetProperty("paths");
        foreach (var type in Site.Types.All)
        {
            var list = paths.GetProperty("/api/v1" + type.Path).GetProperty("get");
            foreach (var field in type.Fields.Where(f => !f.Sensitive)) Assert.Contains(field.Key, list.GetProperty("description").GetString(), StringComparison.Ordinal);
            Assert.True(paths.GetProperty("/api/v1" + type.Path + "/{number}").TryGetProperty("patch", out _), type.Key);
            Assert.Equal(!type.CreatedByProduct, paths.GetProperty("/api/v1" + type.Path).TryGetProperty("post", out _));
        }

        using var types = JsonDocument.Parse((await Site.As("admin").GetAsync("/api/v1/types")).Body);
        Assert.Equal(Site.Types.All.Count, types.RootElement.GetArrayLength());
    }

    // One record through everything that its type gives.
    internal static async Task<string> GoRoundAsync(RecordType type, Dictionary<string, string> numbers, Client program, Client person)
    {
        var word = "合約" + Guid.NewGuid().ToString("N")[..10];
        var values = Values.Of(type, word, numbers, "fanzx", "資安科");
        var made = await ApiAsync(program, HttpMethod.Post, "/api/v1" + type.Path, new { fields = values, reason = "合約測試" });
        for (var i = 0; i < 5 && made.Status == 422 && Values.DropRefused(type, values, Place(made.Body)); i++) made = await ApiAsync(program, HttpMethod.Post, "/api/v1" + type.Path, new { fields = values, reason = "合約測試" });
        Assert.True(made.Status == 201, $"create: {made.Status} {made.Body}");
        var (number, version, fields) = Read(made.Body);
        // What was given comes back, unless the type derives it.
        foreach (var (key, value) in values.Where(v => type.FindField(v.Key)!.Kind is FieldKind.Text or FieldKind.LongText or FieldKind.Markdown or FieldKind.Choice or FieldKind.Date))
            Assert.True(fields.GetValueOrDefault(key)?.ReplaceLineEndings("\n") == value!.ReplaceLineEndings("\n"), $"{key}: gave '{value}', got '{fields.GetValueOrDefault(key)}'");

        // The page, the form and the list show it.
        var page = await person.GetAsync(type.PathOf(number));
        Assert.True(page.Status == 200 && page.Body.Contains(word, StringComparison.Ordinal), $"page: {page.Status}");
        var form = await person.GetAsync(type.PathOf(number) + "/edit");
        foreach (var field in type.Fields.Where(f => !f.ReadOnly)) Assert.True(form.Body.Contains($"name=\"{field.Key}\"", StringComparison.Ordinal), $"the form has no {field.Key}");
        var list = await person.GetAsync($"{type.Path}?q={Uri.EscapeDataString(word)}&columns={string.Join(',', type.Fields.Where(f => !f.Sensitive).Select(f => f.Key))}");
        Assert.True(list.Status == 200 && list.Body.Contains(number, StringComparison.Ordinal), $"list: {list.Status}");
        // Each field filters: by what the record has, it is there.
        foreach (var field in type.Fields.Where(f => !f.Sensitive && fields.ContainsKey(f.Key) && f.Kind is FieldKind.Choice or FieldKind.Flag or FieldKind.Date or FieldKind.Number or FieldKind.Person or FieldKind.Unit))
        {
            var filtered = await ApiAsync(program, HttpMethod.Get, $"/api/v1{type.Path}?q={Uri.EscapeDataString(word)}&f.{field.Key}={Uri.EscapeDataString(fields[field.Key])}", null);
            Assert.True(filtered.Status == 200 && filtered.Body.Contains(number, StringComparison.Ordinal), $"filter {field.Key}={fields[field.Key]}: {filtered.Status} {filtered.Body[..Math.Min(200, filtered.Body.Length)]}");
        }

        // Changed, with the version; an old version meets a conflict.
        var changed = await ApiAsync(program, HttpMethod.Patch, $"/api/v1{type.Path}/{number}", new { fields = new Dictionary<string, string?> { ["title"] = word + " 改" }, version, reason = "改名" });
        Assert.True(changed.Status == 200, $"change: {changed.Status} {changed.Body}");
        var late = await ApiAsync(program, HttpMethod.Patch, $"/api/v1{type.Path}/{number}", new { fields = new Dictionary<string, string?> { ["title"] = word + " 晚" }, version, reason = "晚了" });
        Assert.True(late.Status == 409, $"conflict: {late.Status} {late.Body}");
        Assert.Equal(word + " 改", Read(changed.Body).Fields["title"]);

        // Exported whole and imported back, nothing changes.
        foreach (var format in new[] { "csv", "xlsx", "ods" })
        {
            var file = await person.BytesAsync($"{type.Path}/export?all=1&format={format}&q={Uri.EscapeDataString(word)}");
            Assert.True(file.Length > 20, $"export {format}");
            using var content = new MultipartFormDataContent { { new ByteArrayContent(file), "file", "back." + format } };
            var mapping = await person.SendAsync(HttpMethod.Post, type.Path + "/import", content, withFormToken: true);
            Assert.True(mapping.Status == 200, $"import {format}: {mapping.Status}");
            var plan = await person.PostAsync(type.Path + "/import/plan", [.. Chosen(mapping.Body)]);
            Assert.True(plan.Status == 200, $"plan {format}: {plan.Status}");
            var fates = Fates().Matches(plan.Body).Select(m => m.Groups[1].Value).ToList();
            Assert.True(fates.Count >= 4, $"plan {format} shows no counts");
            Assert.True(fates is ["0", "0", "1", "0", ..], $"{format} read back: new {fates[0]}, changed {fates[1]}, same {fates[2]}, refused {fates[3]}\n{string.Join('\n', Rows(plan.Body))}");
        }

        // Found, tried in bulk, watched and told of, and in the history with its reason.
        var found = await person.GetAsync("/api/v1/search?q=" + Uri.EscapeDataString(word));
        Assert.True(found.Body.Contains(number, StringComparison.Ordinal), "search does not find it");
        using (var made1 = JsonDocument.Parse(made.Body))
        {
            var bulk = await person.PostAsync(type.Path + "/bulk", ("id", made1.RootElement.GetProperty("id").GetString()!), ("field", "ownerId"), ("value", "linhy"), ("step", "preview"));
            Assert.True(bulk.Status == 200 && bulk.Body.Contains(number, StringComparison.Ordinal), $"bulk: {bulk.Status}");
        }

        Assert.Equal(302, (await person.PostAsync(type.PathOf(number) + "/watch", ("on", "true"))).Status);
        var history = await ApiAsync(program, HttpMethod.Get, $"/api/v1{type.Path}/{number}/history", null);
        using var changes = JsonDocument.Parse(history.Body);
        Assert.Contains(changes.RootElement.EnumerateArray(), c => c.GetProperty("action").GetString() == "create");
        Assert.Contains(changes.RootElement.EnumerateArray(), c => c.GetProperty("payload").GetProperty("reason").GetString() == "改名");
        var shown = await person.GetAsync(type.PathOf(number) + "/history");
        Assert.Contains("改名", shown.Body, StringComparison.Ordinal);
        return number;
    }

    private static async Task<Answer> ApiAsync(Client client, HttpMethod method, string path, object? body)
    {
        using var content = body is null ? null : new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        return await client.SendAsync(method, path, content);
    }

    private static string? Place(string body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("errors")[0].GetProperty("place").GetString();
    }

    private static (string Number, int Version, Dictionary<string, string> Fields) Read(string body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        return (root.GetProperty("number").GetString()!, root.GetProperty("version").GetInt32(), root.GetProperty("fields").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!));
    }

    // The hidden fields of the mapping and what is chosen for each column, as the form would send them.
    private static IEnumerable<(string, string)> Chosen(string html)
    {
        var form = html[html.IndexOf("id=\"mapping\"", StringComparison.Ordinal)..];
        foreach (Match hidden in Hidden().Matches(form)) if (hidden.Groups[1].Value is "upload" or "name") yield return (hidden.Groups[1].Value, System.Net.WebUtility.HtmlDecode(hidden.Groups[2].Value));
        foreach (Match select in Select().Matches(form))
            if (Selected().Match(select.Groups[2].Value) is { Success: true } chosen) yield return (select.Groups[1].Value, chosen.Groups[1].Value);
    }

    private static IEnumerable<string> Rows(string html) => Regex.Matches(html, "<tr[^>]*>(.*?)</tr>", RegexOptions.Singleline | RegexOptions.NonBacktracking).Select(m => Regex.Replace(System.Net.WebUtility.HtmlDecode(m.Groups[1].Value), "<[^>]+>", " ", RegexOptions.NonBacktracking)).Take(5);

    [GeneratedRegex("class=\"stat-value\"[^>]*>\\s*([0-9,]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Fates();

    [GeneratedRegex("<input type=\"hidden\" name=\"([a-z]+)\" value=\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Hidden();

    [GeneratedRegex("<select[^>]* name=\"(c[0-9]+)\"[^>]*>(.*?)</select>", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Select();

    [GeneratedRegex("<option value=\"([^\"]*)\" selected", RegexOptions.NonBacktracking)]
    private static partial Regex Selected();
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class RecordTypeContractTestsOnPostgres(WholeSiteOnPostgres site) : RecordTypeContractTests(site), IOnPostgres;
