using System.CommandLine;
using System.Net;
using Hufu.Demo;
using Hufu.Identity;
using Hufu.Records.Storage.Ledger;
using Hufu.Web;
using Hufu.Web.Identity;
using Hufu.Web.Records;

namespace Hufu.Cli;

/// <summary><c>hufu serve</c>: the web server.</summary>
internal static class ServeVerb
{
    // A table of the largest size that is read, with the rest of its form.
    private const long MaxRequest = 220L * 1024 * 1024;

    internal static Command Create()
    {
        var demo = new Option<bool>("--demo") { Description = "Fill an empty data folder with sample data: recorded logs, an asset list, people, risks. The accounts and their passwords, made for this folder, are printed." };
        var listen = new Option<string[]>("--listen") { Description = "Address and port. Several may be given.", DefaultValueFactory = _ => ["http://0.0.0.0:5280"], AllowMultipleArgumentsPerToken = true };
        var folders = new Option<string[]>("--log-folder") { Description = "A folder, with all below it, whose log files may be followed and whose SQLite files may be read (also HUFU_LOG_FOLDERS, separated by colons). Several may be given; without it no file is read.", AllowMultipleArgumentsPerToken = true };
        var verb = new Command("serve", """
            Start Hufu. Answers within seconds; the demo is loaded behind it. Without --demo the first page creates the organisation and its first
            administrator. One server has a data folder at a time. After a crash it says, in lines that begin with “Recovered”, what it found and put right.
            Examples:
              hufu serve --demo --listen http://127.0.0.1:5280
              hufu serve --data /srv/hufu --log-folder /var/log/nginx --log-folder /var/log/audit
              hufu serve --data /srv/hufu --postgres "Host=db;Database=hufu;Username=hufu"
              HUFU_LOGS_PASSWORD_FILE=/etc/hufu/ch hufu serve --data /srv/hufu --logs "clickhouse:http://hufu@ch1:8123/hufu?cluster=duo"
              hufu serve --data /srv/hufu --logs-cold /mnt/archive/hufu
            Exit code 0: stopped in an orderly way; 2: it could not start.
            """) { demo, listen, folders };
        verb.SetAction((parse, cancellation) => RunAsync(parse, parse.GetValue(demo), parse.GetValue(listen)!, parse.GetValue(folders) ?? [], cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parse, bool demo, string[] listen, string[] folders, CancellationToken cancellation)
    {
        var storage = Host.Storage(parse);
        Directory.CreateDirectory(storage.DataFolder);
        if (StartCheck.Take(storage.DataFolder) is not { } taken) return Terminal.Fail($"Another server works with {storage.DataFolder}. / 另一個伺服器正在使用 {storage.DataFolder}。");
        await using var folder = taken;
        // Static files lie beside the program, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, Args = [] });
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.UseUrls(listen);
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Limits.MaxRequestBodySize = MaxRequest;
        });
        // Whatever of both is met first, people are told one limit.
        builder.Services.Configure<Microsoft.AspNetCore.Http.Features.FormOptions>(o => o.MultipartBodyLengthLimit = MaxRequest);
        builder.AddObservation();
        Host.AddAll(builder.Services, storage, background: true, parse.GetValue(HufuCommand.Logs), parse.GetValue(HufuCommand.LogsCold));
        folders = [.. folders, .. (Environment.GetEnvironmentVariable("HUFU_LOG_FOLDERS") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)];
        if (Array.Find(folders, folder => !Directory.Exists(folder)) is { } missing) return Terminal.Fail($"--log-folder {missing}: there is no such folder. / 沒有這個資料夾。");
        // The operator says what may be read; no page can change that.
        builder.Services.AddSingleton(new Hufu.Logs.Tail.TailFolders(folders));
        builder.Services.AddOpenApi("v1", o =>
        {
            o.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "Hufu";
                document.Info.Description = "Records of every type, with the same rights as the pages. Authenticate with an API token: Authorization: Bearer hufu_….";
                return Task.CompletedTask;
            });
            o.AddOperationTransformer((operation, context, _) =>
            {
                operation.Description = ListsFields.Describe(context.Description.ActionDescriptor.EndpointMetadata, operation.Description);
                return Task.CompletedTask;
            });
        });
        builder.Services.AddSingleton<DemoProgress>();
        builder.Services.AddSingleton<ILoadingStatus>(s => s.GetRequiredService<DemoProgress>());
        builder.Services.AddHealthChecks().AddCheck<Health>("hufu");
        await using var app = builder.Build();
        StartCheck.ReleaseMigrationLock(storage, Console.WriteLine);
        // The database's model is made meanwhile: half of the start is that, and neither needs the other.
        var upgrade = Task.Run(() => DatabaseUpgrade.RunAsync(app.Services, storage, Console.WriteLine), cancellation);
        app.UseFirstRun();
        app.UseOwnPasswordFirst();
        app.UseHufuWeb();
        app.MapOpenApi("/api/v1/openapi.json");
        app.MapHealthChecks("/health").AllowAnonymous();
        if (await upgrade is { IsOk: false } notUpgraded) return Terminal.Fail($"{notUpgraded.Errors[0].Message.En} / {notUpgraded.Errors[0].Message.Zh} [{notUpgraded.Errors[0].Code}]");
        if (folder.WasCutOff && !StartCheck.Look(storage, app.Services.GetRequiredService<LedgerFiles>(), Console.WriteLine)) return Exit.Refused;
        await app.Services.GetRequiredService<CustomFieldLoader>().LoadAsync(cancellation);
        await app.StartAsync(cancellation);
        foreach (var address in app.Urls) Console.WriteLine($"Hufu is ready / 虎符已就緒: {address.Replace("0.0.0.0", "localhost", StringComparison.Ordinal).Replace("[::]", "localhost", StringComparison.Ordinal)}");
        try
        {
            if (!demo && !await app.Services.GetRequiredService<FirstRun>().IsDoneAsync(cancellation))
                Console.WriteLine($"First run: open the page and create the organisation. From another machine it asks for this code / 首次設定：從其他電腦連線時須輸入設定碼：{app.Services.GetRequiredService<SetupCode>().Value}");
            if (demo) await DemoLoader.RunAsync(app.Services, Console.Out, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Told to stop so early: what has started is stopped in an orderly way all the same.
        }

        await app.WaitForShutdownAsync(cancellation);
        return 0;
    }
}
