using System.Diagnostics;
using Hufu.Records.Storage;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

/// <summary>Prints what a list page takes over 100,000 records; set HUFU_SPEED to run it.</summary>
public sealed class SpeedTests(PostgresServer server)
{
    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.Postgres)]
    public async Task ListPage_OverAHundredThousandRecords_IsPrinted(DatabaseKind kind)
    {
        if (Environment.GetEnvironmentVariable("HUFU_SPEED") is null) Assert.Skip("Set HUFU_SPEED to measure.");
        await using var host = await TestHost.StartAsync(kind, server);
        await FillAsync(host, 100_000);
        var me = host.As(host.Ming);
        var scoped = host.As(host.Ming, Right.Read, Scope.Subtree);
        var queries = new (string Name, Actor Actor, RecordQuery Query)[]
        {
            ("first page", me, new RecordQuery()),
            ("first page, subtree", scoped, new RecordQuery()),
            ("sort title", me, new RecordQuery { Sort = "title" }),
            ("sort count desc", me, new RecordQuery { Sort = "-count" }),
            ("sort not in list", me, new RecordQuery { Sort = "weight" }),
            ("sort level", me, new RecordQuery { Sort = "level" }),
            ("sort level desc", me, new RecordQuery { Sort = "-level" }),
            ("sort state, subtree", scoped, new RecordQuery { Sort = "state" }),
            ("sort level, filter", me, new RecordQuery { Sort = "level", Filters = [new ColumnFilter("state", "draft")] }),
            ("filter level", me, new RecordQuery { Filters = [new ColumnFilter("level", "high")] }),
            ("filter text", me, new RecordQuery { Filters = [new ColumnFilter("title", "9999")] }),
            ("filter number", me, new RecordQuery { Filters = [new ColumnFilter("count", "10..20")], Sort = "count" }),
            ("filter owner", me, new RecordQuery { Filters = [new ColumnFilter("ownerId", "me")] }),
            ("open only", me, new RecordQuery { OpenOnly = true }),
            ("search", me, new RecordQuery { Search = "防火牆 4242" }),
            ("search nothing", me, new RecordQuery { Search = "沒有這個" }),
        };
        var output = TestContext.Current.TestOutputHelper!;
        foreach (var (name, actor, query) in queries)
        {
            var times = new List<double>();
            var total = 0;
            RecordPage? page = null;
            for (var i = 0; i < 6; i++)
            {
                var store = host.Store;
                var watch = Stopwatch.StartNew();
                page = (await store.ListAsync(actor, host.Item, query)).Value;
                if (i > 0) times.Add(watch.Elapsed.TotalMilliseconds);
                total = page.Total;
            }

            var deep = 0.0;
            if (page!.Next is not null)
            {
                for (var i = 0; i < 40 && page.Next is not null; i++) page = (await host.Store.ListAsync(actor, host.Item, query with { After = page.Next, PageSize = 500 })).Value;
                var watch = Stopwatch.StartNew();
                if (page.Next is not null) await host.Store.ListAsync(actor, host.Item, query with { After = page.Next });
                deep = watch.Elapsed.TotalMilliseconds;
            }

            times.Sort();
            output.WriteLine($"{kind,-9} {name,-20} {times[2],7:0.0} ms   after 20,000: {deep,7:0.0} ms   of {total}");
        }
    }

    private static async Task FillAsync(TestHost host, int count)
    {
        string[] words = ["防火牆", "核心交換器", "資料庫伺服器", "檔案伺服器", "無線基地台", "工作站"];
        for (var done = 0; done < count; done += 5000)
        {
            var db = host.Get<HufuDbContext>();
            db.ActAs(Actor.System(), "create");
            for (var i = done; i < done + 5000; i++)
            {
                db.Add(new SampleItem
                {
                    Number = $"ITM-2026-{i:000000}", Title = $"{words[i % 6]} {i}", Code = $"C{i}", State = i % 5 == 0 ? "closed" : "draft", Count = i % 1000, Amount = i, StartOn = new DateOnly(2020, 1, 1).AddDays(i % 2000),
                    Level = new[] { "high", "mid", "low" }[i % 3], Note = "放在第三機房的設備，負責單位每季盤點一次，並由保管人簽收。", OwnerId = host.Directory_.Everybody[i % 4].Id, UnitId = host.Directory_.AllUnits[i % 4].Id, Weight = i % 77,
                });
            }

            db.ChangeTracker.AutoDetectChangesEnabled = false;
            await db.SaveChangesAsync();
        }
    }
}
