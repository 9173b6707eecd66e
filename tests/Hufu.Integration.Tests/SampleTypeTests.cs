using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Testing;
using Hufu.Web;
using Hufu.Web.Identity;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Option = Hufu.Records.Choice;

namespace Hufu.Integration.Tests;

/// <summary>A record that only this test knows, with a field of every kind.</summary>
public sealed class Gadget : Record
{
    public string Code { get; set; } = "";

    public string Story { get; set; } = "";

    public string Notes { get; set; } = "";

    public int? Count { get; set; }

    public decimal? Price { get; set; }

    public DateOnly? BoughtOn { get; set; }

    public DateTimeOffset? SeenAt { get; set; }

    public string Level { get; set; } = "";

    public string Tags { get; set; } = "";

    public bool Critical { get; set; }

    public Guid? PartOfId { get; set; }

    public Guid? KeeperId { get; set; }

    public Guid? PlaceId { get; set; }
}

/// <summary>Nothing but a declaration.</summary>
public sealed class GadgetType : RecordType<Gadget>
{
    public override string Key => "test.gadget";

    public override LocalizedText Name => new("器具", "Gadget");

    public override LocalizedText PluralName => new("器具", "Gadgets");

    public override string Route => "gadgets";

    public override string Prefix => "GDG";

    public override LocalizedText Purpose => new("測試用的器具。", "A gadget for tests.");

    public override IReadOnlyList<string> Outputs => ["O2.1.1"];

    public GadgetType()
    {
        ImportBy(Text(x => x.Code, "代碼", "Code", 60).Required().InList());
        LongText(x => x.Story, "故事", "Story");
        Markdown(x => x.Notes, "備註", "Notes");
        Number(x => x.Count, "數量", "Count");
        Number(x => x.Price, "價格", "Price");
        Date(x => x.BoughtOn, "購置日", "Bought on");
        Instant(x => x.SeenAt, "看到時間", "Seen at");
        Choice(x => x.Level, "等級", "Level", Option.Of("low", "低", "Low"), Option.Of("high", "高", "High")).InList();
        ChoiceSet(x => x.Tags, "標籤", "Tags", Option.Of("a", "甲", "A"), Option.Of("b", "乙", "B"));
        Flag(x => x.Critical, "關鍵", "Critical");
        Reference(x => x.PartOfId, "test.gadget", "屬於", "Part of");
        Person(x => x.KeeperId, "保管人", "Keeper");
        Unit(x => x.PlaceId, "存放單位", "Place");
        Workflow.State("new", "新", "New").State("old", "舊", "Old", open: false);
        Workflow.Move("retire", "除役", "Retire", ["new"], "old");
        Sealed();
    }
}

/// <summary>A module with one record type and no code.</summary>
public sealed class GadgetModule : HufuModule
{
    public override string Key => "test";

    public override LocalizedText Title => new("測試", "Test");

    public override IReadOnlyList<RecordType> RecordTypes { get; } = [new GadgetType()];
}

public sealed class GadgetContext(DbContextOptions<GadgetContext> options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock) : HufuDbContext(options, types, contributions, clock);

public class SampleTypeTests
{
    [Fact]
    public async Task A_type_that_is_only_declared_has_pages_API_import_export_search_bulk_edit_and_history()
    {
        const string password = "a quiet tiger sleeps here";
        var folder = Directory.CreateTempSubdirectory("hufu-gadget-").FullName;
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHufuWeb(new ModuleList([new GadgetModule(), new IdentityModule()]));
        builder.Services.AddHufuIdentity(new HufuIdentityOptions { KeyFolder = Path.Combine(folder, "keys") });
        builder.Services.AddRecordStorage<GadgetContext>(new StorageOptions { DataFolder = folder, Postgres = await PostgresServer.ForFolderAsync(folder) });
        builder.Services.AddOpenApi("v1");
        await using (var app = builder.Build())
        {
            app.UseFirstRun();
            app.UseHufuWeb();
            app.MapOpenApi("/api/v1/openapi.json");
            await using (var db = await app.Services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync()) await PostgresServer.EnsureCreatedAsync(db.Database);
            await app.Services.GetRequiredService<CustomFieldLoader>().LoadAsync();
            await app.StartAsync();
            await using (var scope = app.Services.CreateAsyncScope())
            {
                var services = scope.ServiceProvider;
                Assert.True((await services.GetRequiredService<FirstRun>().SetUpAsync(new FirstRunInput("測試機關", "Test Agency", true, "C", "zh-TW", "admin", "管理者", null, password))).IsOk);
                Assert.True((await services.GetRequiredService<IdentityAdmin>().ImportPeopleAsync(Actor.System("demo"), [new PersonRow("林宏宇", "linhy", null, "資安科", ["security-engineer"]), new PersonRow("范芷萱", "fanzx", null, "資安科", ["security-engineer"])])).IsOk);
                var users = services.GetRequiredService<UserManager<Person>>();
                services.GetRequiredService<ActingPerson>().Is(Actor.System("demo"), "set-password", "demo");
                Assert.True((await users.AddPasswordAsync((await users.FindByNameAsync("linhy"))!, password)).Succeeded);
            }

            var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            using var person = new Client(address, "linhy");
            await person.SignInAsync(password);
            using var program = new Client(address, "writer", await person.MakeTokenAsync("*", "Write"));
            var type = app.Services.GetRequiredService<RecordTypes>().Get("test.gadget");
            var numbers = new Dictionary<string, string>();
            // The second refers to the first.
            numbers[type.Key] = await RecordTypeContractTests.GoRoundAsync(type, numbers, program, person);
            await RecordTypeContractTests.GoRoundAsync(type, numbers, program, person);
            var openApi = await program.GetAsync("/api/v1/openapi.json");
            Assert.Contains("/api/v1/test/gadgets/{number}", openApi.Body, StringComparison.Ordinal);
            await app.StopAsync();
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await PostgresServer.ForgetFolderAsync(folder);
        Directory.Delete(folder, true);
    }
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class SampleTypeTestsOnPostgres : SampleTypeTests, IOnPostgres;
