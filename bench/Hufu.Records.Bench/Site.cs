using System.Globalization;
using Hufu.Documents;
using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records.Storage;
using Hufu.Web.Identity;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hufu.Records.Bench;

/// <summary>An organisation in a data folder of its own, and its list of assets as a file.</summary>
internal sealed class Site : IAsyncDisposable
{
    internal const string Engineer = "engineer";
    internal const string Owner = "owner";
    internal const string Staff = "staff001";
    internal const string Password = "Correct-Horse-7-Battery";
    private const string City = "海岸市政府";
    private static readonly string[] Bureaus = ["資訊處", "民政處", "財政處", "教育處", "工務處", "社會處", "衛生局", "環保局", "警察局", "消防局"];
    private static readonly string[] Sections = ["綜合規劃科", "系統發展科", "網路管理科", "行政科"];

    private readonly ServiceProvider services;

    private Site(string folder, ServiceProvider services) => (Folder, this.services) = (folder, services);

    internal string Folder { get; }

    internal IServiceProvider Services => services;

    /// <summary>Everything but the web server, over a new data folder with an organisation of fifty units and three hundred people.</summary>
    internal static async Task<Site> MakeAsync(string folder, string? postgres = null)
    {
        Directory.CreateDirectory(folder);
        var storage = new StorageOptions { DataFolder = folder, Postgres = postgres };
        var collection = new ServiceCollection();
        collection.AddLogging(l => l.SetMinimumLevel(LogLevel.Error));
        Host.AddAll(collection, storage, background: false);
        var services = collection.BuildServiceProvider();
        await DatabaseUpgrade.RunAsync(services, storage, _ => { });
        await using var scope = services.CreateAsyncScope();
        Must(await scope.ServiceProvider.GetRequiredService<FirstRun>().SetUpAsync(new FirstRunInput(City, "Coast City", true, "B", "zh-TW", "admin", "系統管理者", null, Password)));
        List<PersonRow> people =
        [
            new("林資安", Engineer, null, $"{City}/資訊處/資訊處網路管理科", [BuiltInRoles.SecurityEngineer]),
            new("王處長", Owner, null, $"{City}/資訊處", [BuiltInRoles.SystemOwner]),
            .. Enumerable.Range(1, 300).Select(i => new PersonRow($"{"陳林黃張李王吳劉蔡楊"[i % 10]}{"志怡俊雅家淑建美文宗"[i / 10 % 10]}{"明君豪玲偉芬宏惠傑婷"[i / 100 * 3 % 10]}{i}", $"staff{i:000}", null, $"{City}/{Bureaus[i % 10]}/{UnitName(i)}", [BuiltInRoles.Staff])),
        ];
        var made = Must(await scope.ServiceProvider.GetRequiredService<IdentityAdmin>().ImportPeopleAsync(Actor.System("bench"), people));
        if (made.FirstOrDefault(m => m.Errors.Count > 0) is { } refused) throw new InvalidOperationException(refused.Errors[0].ToString());
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Person>>();
        scope.ServiceProvider.GetRequiredService<ActingPerson>().Is(Actor.System("bench"), "set-password", "bench");
        foreach (var account in new[] { Engineer, Owner, Staff })
            if (await users.AddPasswordAsync((await users.FindByNameAsync(account))!, Password) is { Succeeded: false } failed) throw new InvalidOperationException(failed.ToString());
        var db = scope.ServiceProvider.GetRequiredService<HufuDbContext>();
        db.ActAs(Actor.System("bench"), "create", "bench");
        db.CustomFields.AddRange(
            new CustomField { TypeKey = "risk.asset", Key = "x_cost", LabelZh = "取得成本", LabelEn = "Cost", Kind = nameof(FieldKind.Number), InList = true, Order = 1 },
            new CustomField { TypeKey = "risk.asset", Key = "x_zone", LabelZh = "網段分區", LabelEn = "Zone", Kind = nameof(FieldKind.Choice), Choices = "dmz=非軍事區=DMZ\ncore=核心=Core\noffice=辦公=Office", Order = 2 },
            new CustomField { TypeKey = "risk.asset", Key = "x_use", LabelZh = "使用性質", LabelEn = "Uses", Kind = nameof(FieldKind.ChoiceSet), Choices = "prod=正式=Production\ntest=測試=Test\nbackup=備援=Standby", Order = 3 });
        await db.SaveChangesAsync();
        await services.GetRequiredService<CustomFieldLoader>().LoadAsync();
        return new Site(folder, services);
    }

    private static string UnitName(int i) => Bureaus[i % 10] + Sections[i / 10 % 4];

    /// <summary>Writes the list as organisations keep it: headings in Chinese, most cells filled, each row different.</summary>
    internal static void WriteAssets(string path, int rows)
    {
        var format = path.EndsWith(".csv", StringComparison.Ordinal) ? TableFormat.Csv : TableFormat.Xlsx;
        using var file = File.Create(path);
        Must(TableWriter.Write(file, format, new SheetContent("資產清冊", Headings, Assets(rows))));
    }

    private static readonly string[] Headings =
    [
        "資產編號", "資產名稱", "資產類別", "負責人", "單位", "保管人", "放置地點", "主機名稱", "IP 位址", "MAC 位址", "機密性", "完整性", "可用性", "含個人資料", "對外服務",
        "作業系統", "廠牌", "型號", "序號", "啟用日期", "最後發現日", "到期日", "備註", "取得成本", "網段分區", "使用性質",
    ];

    private static IEnumerable<IReadOnlyList<CellValue>> Assets(int rows)
    {
        var random = new Random(20261123);
        T Of<T>(params ReadOnlySpan<T> all) => all[random.Next(all.Length)];
        var day = new DateOnly(2016, 1, 1);
        for (var i = 1; i <= rows; i++)
        {
            var system = Of("人事差勤", "公文管理", "財產管理", "戶政", "地政", "稅務", "社福補助", "門戶網站", "電子郵件", "網路印表", "影像監控", "線上申辦", "圖書館藏", "學籍", "採購", "會計");
            var (kind, thing) = Of(("硬體", "資料庫伺服器"), ("硬體", "應用伺服器"), ("硬體", "檔案伺服器"), ("硬體", "桌上型電腦"), ("硬體", "筆記型電腦"), ("網路設備", "核心交換器"), ("網路設備", "邊界防火牆"), ("網路設備", "無線基地台"), ("軟體", "應用系統"), ("資料", "資料庫"), ("服務", "委外維運"), ("雲端資源", "虛擬主機"));
            var unit = random.Next(40);
            var (c, a) = (Of("普", "中", "高"), Of("普", "普", "中", "高"));
            var text = string.Create(CultureInfo.InvariantCulture, $"AST{i:000000}");
            yield return
            [
                CellValue.Of(text),
                CellValue.Of($"{system}{thing} {i}"),
                CellValue.Of(kind),
                random.Next(20) == 0 ? CellValue.Empty : CellValue.Of(string.Create(CultureInfo.InvariantCulture, $"staff{1 + random.Next(300):000}")),
                CellValue.Of(UnitName(unit)),
                CellValue.Of(Of("陳", "林", "黃", "張", "李") + Of("志明", "怡君", "俊豪", "雅玲", "家偉")),
                CellValue.Of($"{Of("第一", "第二", "第三", "備援")}機房 {random.Next(1, 40)} 櫃 {random.Next(1, 42)}U"),
                CellValue.Of(string.Create(CultureInfo.InvariantCulture, $"srv{i:000000}.{Of("dmz", "core", "office")}.coast.example")),
                CellValue.Of($"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}"),
                CellValue.Of(string.Create(CultureInfo.InvariantCulture, $"02:00:{random.Next(256):x2}:{i >> 16:x2}:{(i >> 8) & 255:x2}:{i & 255:x2}")),
                CellValue.Of(c), CellValue.Of(Of("普", "中", "高")), CellValue.Of(a),
                CellValue.Of(random.Next(5) == 0 ? "是" : "否"), CellValue.Of(random.Next(12) == 0 ? "是" : "否"),
                CellValue.Of(Of("Windows Server 2022", "Windows Server 2019", "Debian 12", "Ubuntu 24.04", "RHEL 9", "Windows 11", "")),
                CellValue.Of(Of("Dell", "HPE", "Cisco", "Fortinet", "華碩", "宏碁", "聯想")),
                CellValue.Of($"{Of("R", "DL", "C", "FG", "X")}{random.Next(100, 999)}"),
                CellValue.Of(string.Create(CultureInfo.InvariantCulture, $"SN{random.Next():X8}{i:X5}")),
                random.Next(10) == 0 ? CellValue.Empty : CellValue.Of(day.AddDays(random.Next(3900))),
                random.Next(3) == 0 ? CellValue.Empty : CellValue.Of(new DateOnly(2026, 1, 1).AddDays(random.Next(320))),
                random.Next(4) == 0 ? CellValue.Of(new DateOnly(2026, 6, 1).AddDays(random.Next(900))) : CellValue.Empty,
                random.Next(3) == 0 ? CellValue.Of($"{Of("每季", "每月", "每年", "每半年")}盤點一次，由{UnitName(unit)}簽收；保固至 {random.Next(2026, 2032)} 年，{Of("故障時通報資訊處", "汰換前須清除資料", "不得攜出", "與備援機房同步")}。") : CellValue.Empty,
                CellValue.Of((decimal)random.Next(500, 2_000_000)),
                CellValue.Of(Of("非軍事區", "核心", "辦公")),
                CellValue.Of(Of("prod", "test", "prod;backup", "backup")),
            ];
        }
    }

    /// <summary>Moves some assets on, as people would: every fifth is confirmed, and every tenth of these is taken out of use.</summary>
    internal async Task MoveOnAsync(int rows)
    {
        List<Guid> ids;
        await using (var db = await services.GetRequiredService<IDbContextFactory<HufuDbContext>>().CreateDbContextAsync())
            ids = await db.Set<Risk.Asset>().OrderBy(a => a.Code).Select(a => a.Id).ToListAsync();
        var chosen = ids.Where((_, i) => i % 5 == 0).Take(rows / 5).ToList();
        foreach (var (transition, which) in new[] { ("confirm", chosen), ("retire", chosen.Where((_, i) => i % 10 == 0).ToList()) })
        {
            foreach (var chunk in which.Chunk(200))
            {
                await using var scope = services.CreateAsyncScope();
                var store = scope.ServiceProvider.GetRequiredService<RecordStore>();
                Must(await store.TransitionManyAsync(Actor.System("bench"), store.Types.Get("risk.asset"), chunk, transition, "bench"));
            }
        }
    }

    internal static T Must<T>(Result<T> result) => result.IsOk ? result.Value : throw new InvalidOperationException(string.Join("; ", result.Errors));

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
    }
}
