using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hufu.Ledger;
using Microsoft.Playwright;

namespace Hufu.Browser.Tests;

/// <summary>From a search in the logs to a closed incident and a pack of evidence that proves it, by clicks only.</summary>
public sealed class MainLineTests(BrowserSite site)
{
    [Fact]
    public async Task An_alert_becomes_an_incident_is_worked_closed_by_two_people_and_proved()
    {
        BrowserSite.NeedBrowser();
        await using var engineer = await site.VisitAsync(BrowserSite.Engineer);
        var page = engineer.Page;

        await engineer.GoAsync("/");
        await page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = "日誌搜尋" }).FollowAsync();
        await page.GetByLabel("搜尋條件").FillAsync("host:vpn01 AND \"Failed password\"");
        await page.Locator("main").GetByRole(AriaRole.Button, new() { Name = "搜尋" }).FollowAsync();
        // The night of the attack lies further back than what a search begins with, once anything newer has come in.
        await page.GetByRole(AriaRole.Navigation, new() { Name = "期間" }).GetByRole(AriaRole.Link, new() { Name = "全部期間" }).FollowAsync();
        await Assertions.Expect(page.Locator("main figure svg, main svg.chart, main .chart svg").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("main details summary", new() { HasText = "Failed password" }).Nth(10)).ToBeVisibleAsync();
        await page.Locator("main details summary", new() { HasText = "Failed password" }).First.ClickAsync();
        await Assertions.Expect(page.Locator("main details[open] pre").First).ToContainTextAsync("Failed password");

        // The alert of the gateway, whose host stands in the list of assets.
        await page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = "告警" }).FollowAsync();
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "搜尋告警" }).FillAsync("vpn01");
        await page.FollowAsync(() => page.GetByRole(AriaRole.Searchbox, new() { Name = "搜尋告警" }).PressAsync("Enter"));
        // Somebody has dealt with one of them already.
        await page.GetByRole(AriaRole.Link, new() { Name = "未結", Exact = true }).FollowAsync();
        await page.Locator("tbody tr[data-href] th a").First.FollowAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "開立事故" }).FollowAsync();
        await page.WaitForURLAsync("**/incident/incidents/INC-*");
        var path = new Uri(page.Url).AbsolutePath;
        var number = path.Split('/')[^1];
        await Assertions.Expect(page.Locator("#links")).ToContainTextAsync("AST-");
        await Assertions.Expect(page.Locator("#evidence li")).Not.ToHaveCountAsync(0);

        // Assigned, judged and described.
        await page.GetByRole(AriaRole.Link, new() { Name = "編輯", Exact = true }).FollowAsync();
        await PickAsync(page, "負責人", "林宏宇");
        await page.GetByLabel("事件等級").SelectOptionAsync("2");
        await page.GetByLabel("復原時間").FillAsync(DateTimeOffset.UtcNow.AddHours(8).AddMinutes(1).ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture));
        await page.GetByLabel("根本原因").FillAsync("VPN 帳號使用弱密碼，且未啟用多因子驗證。");
        await page.GetByLabel("理由").FillAsync("指派與判定");
        await page.GetByRole(AriaRole.Button, new() { Name = "儲存", Exact = true }).FollowAsync();
        await page.WaitForURLAsync("**" + path);

        // A task, done.
        await page.Locator(".panel", new() { HasText = "事故處理工作" }).GetByRole(AriaRole.Link, new() { Name = "新增" }).First.FollowAsync();
        await page.GetByLabel("工作名稱").FillAsync("停用遭猜測的帳號");
        await page.Locator("[name=result]").FillAsync("已停用並通知使用者。");
        await page.GetByRole(AriaRole.Button, new() { Name = "儲存", Exact = true }).FollowAsync();
        await page.WaitForURLAsync("**/incident/tasks/TSK-*");
        await MoveAsync(page, "完成");

        // A risk is tied to it, and the events are attached once more by hand.
        await engineer.GoAsync(path);
        await page.Locator("#links").GetByRole(AriaRole.Button, new() { Name = "新增" }).ClickAsync();
        await PickAsync(page.Locator("dialog#add-link"), "紀錄編號", "RSK-");
        await page.Locator("dialog#add-link").GetByRole(AriaRole.Button, new() { Name = "建立關聯" }).FollowAsync();
        await Assertions.Expect(page.Locator("#links")).ToContainTextAsync("RSK-");
        var before = await page.Locator("#evidence .lines > li").CountAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "附加為證據" }).FollowAsync();
        await Assertions.Expect(page.Locator("#evidence .lines > li")).ToHaveCountAsync(before + 1);

        foreach (var step in new[] { "開始調查", "完成控制", "完成復原", "申請結案" }) await MoveAsync(page, step);
        // Who asked for closure does not approve it, and reads why.
        await Assertions.Expect(page.Locator("header, .page-head").GetByText("待結案").First).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "核准結案" })).ToHaveCountAsync(0);

        await using var ciso = await site.VisitAsync(BrowserSite.Ciso);
        await ciso.GoAsync("/");
        await ciso.Page.Locator("main").GetByRole(AriaRole.Link, new() { Name = number }).First.FollowAsync();
        await MoveAsync(ciso.Page, "核准結案");
        await Assertions.Expect(ciso.Page.Locator("main")).ToContainTextAsync("已結案");

        // Who, when, from what to what.
        await engineer.GoAsync(path + "/history");
        await Assertions.Expect(page.Locator("tbody tr", new() { HasText = "核准結案" })).ToContainTextAsync("蔡明哲");
        await Assertions.Expect(page.Locator("tbody tr", new() { HasText = "核准結案" })).ToContainTextAsync("已結案");
        await Assertions.Expect(page.Locator("tbody tr", new() { HasText = "指派與判定" })).ToContainTextAsync("林宏宇");
        await Assertions.Expect(page.Locator("tbody tr", new() { HasText = "指派與判定" })).ToContainTextAsync("第二級");
        Assert.Matches(@"20[0-9]{2}-[0-9]{2}-[0-9]{2}", await page.Locator("tbody tr", new() { HasText = "核准結案" }).InnerTextAsync());

        await engineer.GoAsync("/standard/outputs/O7.2.1");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "下載證據包" }).ClickAsync());
        Verify(await File.ReadAllBytesAsync(await download.PathAsync()), number);
    }

    // Checks the pack as its VERIFY.txt tells an outsider to.
    private static void Verify(byte[] pack, string number)
    {
        using var zip = new ZipArchive(new MemoryStream(pack));
        byte[] Bytes(string name)
        {
            using var from = (zip.GetEntry(name) ?? throw new InvalidOperationException($"The pack has no {name}.")).Open();
            using var to = new MemoryStream();
            from.CopyTo(to);
            return to.ToArray();
        }

        var verifier = NoteVerifierKey.Parse(Encoding.UTF8.GetString(Bytes("ledger/verifier.key")).Trim());
        Assert.True(verifier.IsOk, string.Join("; ", verifier.Errors));
        using var record = JsonDocument.Parse(Bytes($"records/{number}.json"));
        var changes = record.RootElement.GetProperty("changes").EnumerateArray().ToList();
        Assert.True(changes.Count >= 8, $"Only {changes.Count} changes.");
        foreach (var change in changes) Proved(change);
        foreach (var file in zip.Entries.Where(e => e.FullName.StartsWith("files/", StringComparison.Ordinal))) Assert.Equal(file.Name, Convert.ToHexStringLower(SHA256.HashData(Bytes(file.FullName))));
        var excerpts = record.RootElement.GetProperty("evidence").EnumerateArray().Where(e => e.GetProperty("Kind").GetString() == "query").Select(e => e.GetProperty("Sha256").GetString()!).ToList();
        Assert.NotEmpty(excerpts);
        foreach (var name in excerpts)
        {
            using var excerpt = JsonDocument.Parse(Bytes("files/" + name));
            var lines = excerpt.RootElement.GetProperty("events").EnumerateArray().ToList();
            Assert.NotEmpty(lines);
            foreach (var line in lines)
            {
                var proof = line.GetProperty("proof");
                var leaf = Convert.FromBase64String(proof.GetProperty("leafBytes").GetString()!);
                Assert.Contains(line.GetProperty("raw").GetString()!, Encoding.UTF8.GetString(leaf), StringComparison.Ordinal);
                var root = Root(SHA256.HashData([0, .. leaf]), proof.GetProperty("index").GetInt64(), proof.GetProperty("size").GetInt64(), [.. proof.GetProperty("path").EnumerateArray().Select(h => Convert.FromHexString(h.GetString()!))]);
                Assert.Equal(proof.GetProperty("root").GetString(), Convert.ToHexStringLower(root));
                using var sealing = JsonDocument.Parse(Bytes($"ledger/changes/{proof.GetProperty("change").GetString()}.json"));
                Assert.Contains(Convert.ToHexStringLower(root), sealing.RootElement.GetProperty("Payload").GetString(), StringComparison.Ordinal);
                Proved(sealing.RootElement);
            }
        }

        void Proved(JsonElement change)
        {
            var position = change.GetProperty("Position").GetInt64();
            var text = Encoding.UTF8.GetString(Bytes($"ledger/proofs/{position}.tlog-proof"));
            var proof = EntryProof.Parse(text);
            Assert.True(proof.IsOk, string.Join("; ", proof.Errors));
            var verified = proof.Value.Verify(new LedgerTrust(verifier.Value));
            Assert.True(verified.IsOk, string.Join("; ", verified.Errors));
            var salt = Convert.FromHexString(change.GetProperty("Salt").GetString()!);
            var commitment = SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(change.GetProperty("Payload").GetString()!)]);
            Assert.Equal(Convert.ToHexStringLower(commitment), change.GetProperty("Commitment").GetString());
            Assert.Contains(Convert.ToHexStringLower(commitment), Encoding.UTF8.GetString(proof.Value.Entry!), StringComparison.Ordinal);
        }
    }

    // RFC 9162, section 2.1.3.2, as somebody without the product would write it.
    private static byte[] Root(byte[] hash, long index, long size, List<byte[]> path)
    {
        var (at, last) = (index, size - 1);
        foreach (var sibling in path)
        {
            Assert.True(last > 0, "The proof is longer than the tree is high.");
            if (at % 2 == 1 || at == last)
            {
                hash = SHA256.HashData([1, .. sibling, .. hash]);
                while (at % 2 == 0 && at != 0) (at, last) = (at >> 1, last >> 1);
            }
            else hash = SHA256.HashData([1, .. hash, .. sibling]);
            (at, last) = (at >> 1, last >> 1);
        }

        Assert.Equal(0, last);
        return hash;
    }

    internal static async Task MoveAsync(IPage page, string label)
    {
        await page.Locator(".page-actions").GetByRole(AriaRole.Button, new() { Name = label, Exact = true }).ClickAsync();
        await page.Locator("dialog[open]").GetByRole(AriaRole.Button, new() { Name = label, Exact = true }).FollowAsync();
    }

    internal static Task PickAsync(IPage page, string label, string words) => PickAsync(page.Locator("main"), label, words);

    internal static async Task PickAsync(ILocator place, string label, string words)
    {
        var box = place.GetByLabel(label, new() { Exact = false }).First;
        await box.FillAsync(words);
        await place.Locator("[role=option]", new() { HasText = words }).First.ClickAsync();
    }
}
