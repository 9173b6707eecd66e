using System.Globalization;
using System.Text;
using Hufu.Kernel;
using Hufu.Ledger;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Hufu.Web.Help;
using Hufu.Web.Home;
using Hufu.Web.Ledgers;
using Hufu.Web.Records;
using Hufu.Web.Standard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Web;

/// <summary>What every installation has, whatever the duties: my work, the duty board, the ledger.</summary>
/// <param name="load">Reads the editions: of the server before it answers, of a verb only where it asks for them.</param>
public sealed class CoreModule(Func<StandardLibrary> load) : HufuModule
{
    public override string Key => "home";

    public override LocalizedText Title => new("總覽", "Overview");

    public override IReadOnlyList<NavigationEntry> Navigation =>
    [
        new(new LocalizedText("我的工作", "My work"), "/", "inbox"),
        new(new LocalizedText("職責看板", "Duty board"), "/standard", "board", "standard"),
        new(new LocalizedText("帳本", "Ledger"), "/ledger", "ledger", "ledger"),
    ];

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton(_ => load());
        services.AddScoped<DutyBoard>();
        services.AddScoped<MyWork>();
        services.AddScoped<EvidencePack>();
        services.AddScoped<Competence>();
        services.AddScoped<ApiReference>();
    }

    public override void MapEndpoints(IEndpointRouteBuilder routes)
    {
        var standards = routes.ServiceProvider.GetRequiredService<StandardLibrary>();
        var pages = routes.MapGroup("").ExcludeFromDescription();
        pages.MapGet("/", (string? month) => Pages.Of<MyWorkPage>(new { Shown = DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : (DateOnly?)null }));
        var board = pages.MapGroup("/standard").AddEndpointFilter(Requires("standard"));
        board.MapGet("", (string? state) => Pages.Of<BoardPage>(new { Filter = state is "current" or "due" or "overdue" or "missing" ? state : null }));
        board.MapGet("/items", () => Pages.Of<ItemsPage>());
        board.MapGet("/editions", () => Pages.Of<EditionsPage>());
        board.MapGet("/tasks/{code}", (string code, PageContext page) => standards.Current.FindTask(code) is { } found
            ? Pages.Of<TaskPage>(new { found.Duty, StandardTask = found.Task })
            : Refusals.Of([NoSuch]));
        board.MapGet("/outputs/{code}", (string code, PageContext page) => standards.Current.FindOutput(code) is { } found
            ? Pages.Of<OutputPage>(new { StandardTask = found.Task, found.Output })
            : Refusals.Of([NoSuch]));
        board.MapGet("/outputs/{code}/pack", PackAsync).AddEndpointFilter(Requires("evidence"));

        pages.MapCompetence();
        routes.MapStandardApi();
        pages.MapGet("/help/api", async (ApiReference reference, PageContext page, HttpContext http) => Pages.Of<ApiReferencePage>(new { Groups = await reference.ReadAsync(page.Actor, http.RequestAborted), Base = $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}" }));

        var ledger = pages.MapGroup("/ledger").AddEndpointFilter(Requires("ledger"));
        ledger.MapGet("", (long? before, LedgerFiles files, LedgerSequencer sequencer) => Pages.Of<LedgerPage>(new { Size = SizeOf(files), sequencer.Problem, Before = before }));
        ledger.MapPost("/verify", async (LedgerFiles files, LedgerSequencer sequencer, LedgerCheck check, HttpContext http) =>
        {
            await sequencer.FlushAsync(http.RequestAborted);
            var result = await check.RunAsync([], cancellation: http.RequestAborted);
            return Pages.Of<LedgerPage>(new { Size = SizeOf(files), Problem = result.IsOk ? sequencer.Problem : result.Errors[0].ToString(), Check = result.IsOk ? result.Value : null });
        });
        ledger.MapGet("/checkpoint", (LedgerFiles files) => File.Exists(Path.Combine(files.Folder, "checkpoint")) ? Results.File(Path.GetFullPath(Path.Combine(files.Folder, "checkpoint")), "text/plain; charset=utf-8", "checkpoint") : Results.NotFound());
        ledger.MapGet("/verifier-key", (LedgerFiles files) => File.Exists(files.VerifierKey) ? Results.File(Path.GetFullPath(files.VerifierKey), "text/plain; charset=utf-8", "ledger-verifier.key") : Results.NotFound());
        ledger.MapGet("/anchors/{size:long}", (long size, LedgerAnchors anchors) => anchors.Find(size) is { IsOk: true } found
            ? Results.File(found.Value.Cosigned.Bytes.ToArray(), "text/plain; charset=utf-8", $"checkpoint-{size}")
            : Refusals.Of([NoSuch]));
        ledger.MapGet("/anchors/{size:long}/timestamp", (long size, LedgerAnchors anchors) => anchors.Find(size) is { IsOk: true, Value.Timestamp: { } token }
            ? Results.File(token, "application/timestamp-token", $"checkpoint-{size}.tst")
            : Refusals.Of([NoSuch]));
        ledger.MapGet("/{position:long}", async (long position, LedgerFiles files, RecordStore store, PageContext page) =>
        {
            if (Prove(files, position) is not { } proof) return Refusals.Of([NoSuch]);
            var change = await store.Db.Changes.AsNoTracking().FirstOrDefaultAsync(c => c.Position == position);
            var type = change is null ? null : store.Types.Find(change.TypeKey);
            var record = type is null ? null : await store.FindAsync(page.Actor, type, change!.RecordId);
            return Pages.Of<LeafPage>(new { Position = position, Leaf = Encoding.UTF8.GetString(proof.Entry ?? []), Proof = proof.ToString(), RecordHref = record is { IsOk: true } ? type!.PathOf(record.Value.Number) : null });
        });
        ledger.MapGet("/{position:long}/proof", (long position, LedgerFiles files, PageContext page) => Prove(files, position) is { } proof
            ? Results.File(Encoding.UTF8.GetBytes(proof.ToString()), "text/plain; charset=utf-8", $"leaf-{position}.tlog-proof")
            : Refusals.Of([NoSuch]));

        // The log as C2SP tlog-tiles has it, below this prefix, for programs of others.
        var log = routes.MapGroup("/api/v1/ledger").AddEndpointFilter(Requires("ledger")).WithTags("Ledger");
        log.MapGet("/checkpoint", (LedgerFiles files) => Served(files, "checkpoint")).WithSummary("The newest checkpoint: a C2SP signed note");
        log.MapGet("/tile/{**path}", (string path, LedgerFiles files) => Served(files, "tile/" + path)).WithSummary("A tile of hashes or a bundle of entries (C2SP tlog-tiles): L/N[.p/W], entries/N[.p/W]");
    }

    /// <summary>Lets only those through who have a right on an area; everybody else is told so and the denial is logged.</summary>
    public static Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Requires(string area, Right right = Right.Read) => async (context, next) =>
    {
        var page = context.HttpContext.RequestServices.GetRequiredService<PageContext>();
        if (page.Actor.May(area, right)) return await next(context);
        return await Refusals.DenyAsync(context.HttpContext, right, Refusals.NameOf(area), area);
    };

    internal static async Task<IResult> PackAsync(string code, PageContext page, EvidencePack pack, StandardLibrary library, HttpContext http)
    {
        if (library.Current.FindOutput(code) is not { } found) return Refusals.Of([NoSuch]);
        var file = await pack.BuildAsync(page.Actor, found.Task, found.Output, http.RequestAborted);
        return Results.File(file, "application/zip", $"{found.Output.Code}-{SiteTime.Today(TimeProvider.System):yyyyMMdd}.zip");
    }

    internal static readonly Error NoSuch = Error.Of("record.not-found", "找不到這個頁面。", "There is no such page.");

    private static long SizeOf(LedgerFiles files) => LedgerReader.Open(files.Folder) is { IsOk: true } reader ? reader.Value.Size : 0;

    private static IResult Served(LedgerFiles files, string path) =>
        LedgerReader.Open(files.Folder) is { IsOk: true } reader && reader.Value.ReadFile(path) is { IsOk: true } file
            ? Results.Bytes(file.Value, path == "checkpoint" ? "text/plain; charset=utf-8" : "application/octet-stream")
            : Refusals.Of([NoSuch]);

    private static EntryProof? Prove(LedgerFiles files, long position) =>
        LedgerReader.Open(files.Folder) is { IsOk: true } reader && reader.Value.Prove(position) is { IsOk: true } proof ? proof.Value : null;
}
