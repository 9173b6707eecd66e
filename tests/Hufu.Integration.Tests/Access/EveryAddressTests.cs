using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Hufu.Web;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Integration.Tests.Access;

/// <summary>Every address of the product, asked for by everybody: nobody gets more than the table says, and nothing falls over.</summary>
[Collection(nameof(Alone))]
public class EveryAddressTests(WholeSite site) : WholeSiteTests(site)
{
    private sealed record Address(string Method, string Pattern, string Raw, RecordType? Type, AddressRule? Rule)
    {
        public bool IsApi => Pattern.StartsWith("/api", StringComparison.Ordinal);

        public override string ToString() => $"{Method} {(Type is null ? Pattern : Pattern.Replace("{type}", Type.Path, StringComparison.Ordinal))}";
    }

    private sealed record Sample(string Number, Guid Id, Record Record);

    // What ends a session or takes long; the table's rule is checked for those who are denied only.
    private static readonly HashSet<string> Harmful = ["/sign-out", "/account/sign-out-everywhere", "/ledger/verify", "/compliance/law", "/compliance/events", "/compliance/working-days", "/compliance/working-days/load", "/account", "/admin/settings"];

    [Fact]
    public void Every_address_is_declared_and_every_declared_address_exists()
    {
        var addresses = Addresses();
        var unknown = addresses.Where(a => a.Rule is null).Select(a => a.ToString()).ToList();
        Assert.True(unknown.Count == 0, "Declare in AddressTable what these need:\n" + string.Join('\n', unknown));
        var gone = AddressTable.All.Values.Where(r => !addresses.Any(a => a.Rule == r)).Select(r => $"{r.Method} {r.Pattern}").ToList();
        Assert.True(gone.Count == 0, "No such address any more:\n" + string.Join('\n', gone));
        Assert.True(addresses.Count > 300, $"Only {addresses.Count} addresses were found.");
    }

    [Fact]
    public async Task Everybody_gets_what_the_table_says_and_nothing_more()
    {
        var problems = new ConcurrentBag<string>();
        var addresses = Addresses().Where(a => a.Rule is not null).ToList();
        var samples = await SamplesAsync();
        var changes = await Site.DatabaseAsync(db => db.Changes.CountAsync());
        var sent = 0;
        await Task.WhenAll(new[] { "", "token" }.Concat(WholeSite.Accounts).Select(who => Task.Run(async () =>
        {
            var (client, actor) = (Site.As(who), await Site.ActorAsync(who));
            foreach (var address in addresses)
            {
                IEnumerable<Sample?> at = address.Type is not null && address.Rule!.Need is Need.Record ? samples[address.Type.Key] : new Sample?[] { null };
                foreach (var sample in at)
                {
                    var allowed = Allowed(address, actor, sample?.Record);
                    // What is allowed and changes something is asked of things that do not exist: it must answer without falling over.
                    var real = address.Method == "GET" || !allowed;
                    if (!real && Harmful.Contains(address.Pattern)) continue;
                    var path = Fill(address, real ? sample?.Number : "XXX-2026-9999");
                    var before = await DenialsAsync(actor);
                    var answer = await AskAsync(client, address, path);
                    Interlocked.Increment(ref sent);
                    var told = $"{(who.Length == 0 ? "nobody" : who)}: {address.Method} {path} → {answer.Status} {answer.To}";
                    if (answer.Status >= 500) problems.Add(told + " (fell over)");
                    else if (allowed && real && answer.Status is 401 or 403) problems.Add(told + " (should be let in)");
                    else if (!allowed && actor is null)
                    {
                        if (!(answer.Status is 401 || (answer.Status is 302 && answer.To!.StartsWith("/sign-in", StringComparison.Ordinal)))) problems.Add(told + " (should sign in first)");
                    }
                    else if (!allowed)
                    {
                        var hidden = sample is not null && !actor!.May(address.Type!, Right.Read, sample.Record);
                        var refused = hidden ? answer.Status is 404 or 403 : answer.Status is 403 || answer.IsRefusedWithMessage;
                        if (!refused) problems.Add(told + (hidden ? " (should be told that there is no such record)" : " (should be refused)"));
                        else if (answer.Status is 403 && await DenialsAsync(actor) == before && address.Rule!.Need is not Need.Person) problems.Add(told + " (the refusal was not written down)");
                    }
                }
            }
        })));
        Assert.True(problems.IsEmpty, $"{problems.Count} of {sent} requests:\n" + string.Join('\n', problems.Order(StringComparer.Ordinal).Take(60)));
        // Whoever was denied changed nothing, and reading changed nothing.
        foreach (var sample in samples.Values.SelectMany(s => s))
        {
            var now = await Site.StoreAsync(store => store.FindAsync(Actor.System(), store.Types.Of(sample.Record), sample.Id));
            Assert.Equal((sample.Record.Version, sample.Record.State, sample.Record.ArchivedAt), (now.Value.Version, now.Value.State, now.Value.ArchivedAt));
        }

        TestContext.Current.SendDiagnosticMessage("{0} requests by 8 kinds of people at {1} addresses; {2} changes before, {3} after", sent, addresses.Count, changes, await Site.DatabaseAsync(db => db.Changes.CountAsync()));
        Assert.True(sent > 2000, $"Only {sent} requests.");
    }

    [Fact]
    public async Task Every_change_needs_the_token_of_a_form_or_a_bearer()
    {
        var let = new List<string>();
        foreach (var address in Addresses().Where(a => a.Method is not ("GET" or "HEAD")))
        {
            foreach (var who in new[] { "admin", "linhy" })
            {
                using var content = Body(address, "");
                var answer = await Site.As(who).SendAsync(new HttpMethod(address.Method), Fill(address, "XXX-2026-9999"), content);
                if (answer.Status != 400) let.Add($"{who}: {address} → {answer.Status}");
            }
        }

        Assert.True(let.Count == 0, "Taken without a token:\n" + string.Join('\n', let));
    }

    [Fact]
    public async Task Reading_changes_nothing()
    {
        var samples = await SamplesAsync();
        var changes = await CountsAsync();
        foreach (var address in Addresses().Where(a => a.Method == "GET" && a.Rule is not null))
            await AskAsync(Site.As("linhy"), address, Fill(address, address.Type is null ? null : samples[address.Type.Key][0].Number));
        Assert.Equal(changes, await CountsAsync());
    }

    private Task<string> CountsAsync() => Site.DatabaseAsync(async db => $"changes {await db.Changes.CountAsync(c => c.Action != "sign-in" && c.ActorId != null)}, drafts {await db.Drafts.CountAsync()}, views {await db.SavedViews.CountAsync()}, comments {await db.Comments.CountAsync()}, evidence {await db.Evidence.CountAsync()}, links {await db.Links.CountAsync()}");

    private async Task<int> DenialsAsync(Actor? actor) => actor is null ? 0 : await Site.DatabaseAsync(db => db.Denials.CountAsync(d => d.ActorId == actor.Id && d.Channel == actor.Channel));

    private static bool Allowed(Address address, Actor? actor, Record? record) => address.Rule!.Need switch
    {
        Need.Nothing => true,
        Need.Anybody => actor is not null,
        Need.Refused => false,
        Need.Person => actor is { Channel: "web" },
        // The pack stands in the board's group and needs both.
        Need.Area => actor is not null && actor.May(address.Rule.Area, address.Rule.Right) && (address.Rule.Area != "evidence" || actor.May("standard", Right.Read)),
        Need.Type => actor?.ScopeOf(address.Type!, address.Rule.Right) is not null,
        Need.Record => actor?.May(address.Type!, address.Rule.Right, record!) is true,
        _ => throw new InvalidOperationException(),
    };

    private static async Task<Answer> AskAsync(Client client, Address address, string path)
    {
        if (address.Method == "GET") return await client.GetAsync(path);
        using var content = Body(address, path);
        return await client.SendAsync(new HttpMethod(address.Method), path, content, withFormToken: true);
    }

    // Programs, and the script of passkeys, send JSON. A link needs a number that exists: the record's own.
    private static HttpContent Body(Address address, string path) => address.IsApi || address.Pattern == "/account/passkeys"
        ? new StringContent($$"""{"fields":{},"version":1,"reason":"r","text":"","number":"{{path.Split('/').FirstOrDefault(p => p.Contains("-2026-", StringComparison.Ordinal))}}"}""", Encoding.UTF8, "application/json")
        : new FormUrlEncodedContent([KeyValuePair.Create("step", "")]);

    private static string Fill(Address address, string? number)
    {
        var path = address.Pattern.Replace("{type}", address.Type?.Path ?? "risk.asset", StringComparison.Ordinal);
        path = path.Replace("{number}", number ?? "XXX-2026-9999", StringComparison.Ordinal).Replace("{position}", "0", StringComparison.Ordinal).Replace("{transition}", "no-such", StringComparison.Ordinal)
            .Replace("{code}", path.Contains("/tasks/", StringComparison.Ordinal) ? "T2.1" : "O9.3.2", StringComparison.Ordinal);
        foreach (Match named in Regex.Matches(address.Raw, @"\{([a-zA-Z]+):long\}", RegexOptions.None, TimeSpan.FromSeconds(1))) path = path.Replace("{" + named.Groups[1].Value + "}", "987654321", StringComparison.Ordinal);
        path = Regex.Replace(path, @"\{[a-z]+\}", _ => Guid.NewGuid().ToString(), RegexOptions.NonBacktracking);
        return path switch { "/api/v1/working-days" => path + "?year=2026", "/api/v1/logs/import" => path + "?name=a.bin", _ => path };
    }

    /// <summary>Two records of each type: one in the unit of the system owner, one elsewhere.</summary>
    private Task<Dictionary<string, List<Sample>>> SamplesAsync() => Site.StoreAsync(async store =>
    {
        var owner = store.Directory.People.Single(p => p.Account == "wangch").UnitId!.Value;
        var units = new[] { store.Directory.Unit(owner)!.Name, store.Directory.Units.First(u => u.Id != owner && u.ParentId != owner && store.Directory.Unit(owner)!.ParentId != u.Id).Name };
        var numbers = new Dictionary<string, string>();
        var samples = new Dictionary<string, List<Sample>>();
        var left = store.Types.All.ToList();
        while (left.Count > 0)
        {
            // A type whose required references exist comes first.
            var type = left.FirstOrDefault(t => t.Fields.All(f => f.Kind is not FieldKind.Reference || !f.Required || numbers.ContainsKey(f.Target!))) ?? left[0];
            left.Remove(type);
            samples[type.Key] = [];
            foreach (var unit in units)
            {
                var values = Values.Of(type, "走訪 " + Guid.NewGuid().ToString("N")[..8], numbers, "fanzx", unit);
                var made = await store.CreateAsync(Actor.System(), type, values);
                for (var i = 0; i < 5 && !made.IsOk && Values.DropRefused(type, values, made.Errors[0].Place); i++) made = await store.CreateAsync(Actor.System(), type, values);
                Assert.True(made.IsOk, $"{type.Key}: {string.Join("; ", made.Errors)}");
                samples[type.Key].Add(new Sample(made.Value.Number, made.Value.Id, made.Value));
                numbers[type.Key] = made.Value.Number;
            }
        }

        return samples;
    });

    private List<Address> Addresses()
    {
        var found = new List<Address>();
        foreach (var endpoint in Site.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is not null) continue;
            var pattern = "/" + Regex.Replace(endpoint.RoutePattern.RawText!.Trim('/'), @"\{\*{0,2}([a-zA-Z]+)(:[a-z]+)?\}", "{$1}", RegexOptions.NonBacktracking);
            // The page for addresses that do not exist.
            if (endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("{*", StringComparison.Ordinal)) continue;
            var type = endpoint.Metadata.GetMetadata<RecordType>();
            if (type is not null) pattern = pattern.Replace(type.Path, "{type}", StringComparison.Ordinal);
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                found.Add(new Address(method, pattern, endpoint.RoutePattern.RawText!, type, AddressTable.All.GetValueOrDefault((method, pattern))));
        }

        return found;
    }
}

/// <summary>Tests that count what the one site holds: no other test may write meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>The same on PostgreSQL.</summary>
[Collection(nameof(Alone))]
public sealed class EveryAddressTestsOnPostgres(WholeSiteOnPostgres site) : EveryAddressTests(site), IOnPostgres;
