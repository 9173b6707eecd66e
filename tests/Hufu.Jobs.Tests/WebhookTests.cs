using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Hufu.Jobs.Http;
using Hufu.Jobs.Webhooks;
using Hufu.Records;
using Hufu.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Hufu.Jobs.Tests.People;

namespace Hufu.Jobs.Tests;

public class WebhookTests
{
    private static readonly Actor Admin = Person("Admin", new Grant(JobAreas.Webhooks, Right.Administer, Scope.All));

    private static Task<Site> OpenAsync() => Site.OpenAsync(set: o => o.Outbound.Allowed.Add("127.0.0.1"));

    private static async Task<WebhookCreated> HookAsync(Site site, string url, string filters = "*")
    {
        var made = await site.Get<WebhookService>().CreateAsync(Admin, new WebhookForm("SOAR", url, filters));
        Assert.True(made.IsOk, string.Join("; ", made.Errors));
        return made.Value;
    }

    private static async Task PumpAsync(Site site)
    {
        while (await site.Get<WebhookPump>().StepAsync(default))
        {
        }
    }

    private static async Task<List<WebhookDelivery>> DeliveriesAsync(Site site)
    {
        await using var db = site.Db();
        return await db.Set<WebhookDelivery>().AsNoTracking().OrderBy(d => d.Id).ToListAsync();
    }

    [Fact]
    public async Task A_change_arrives_signed_and_without_values()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await OpenAsync();
        var hook = await HookAsync(site, receiver.Url, "test.plan.*");
        var plan = await site.CreateAsync(Ann, "Topsecret title", owner: Ann.Id, secret: "hunter2");
        await PumpAsync(site);
        var got = Assert.Single(receiver.Requests);
        Assert.True(WebhookSignature.Verify(hook.Secret, got.Headers["Hufu-Signature"], got.Body, site.Clock.GetUtcNow(), TimeSpan.FromMinutes(5)));
        Assert.Equal("test.plan.create", got.Headers["Hufu-Event"]);
        Assert.Equal("application/json; charset=utf-8", got.Headers["Content-Type"]);
        using var json = JsonDocument.Parse(got.Body);
        Assert.Equal(plan.Number, json.RootElement.GetProperty("record").GetProperty("number").GetString());
        Assert.Contains("password", json.RootElement.GetProperty("fields").EnumerateArray().Select(f => f.GetString()));
        Assert.DoesNotContain("hunter2", got.Body);
        Assert.DoesNotContain("Topsecret", got.Body);
        var delivery = Assert.Single(await DeliveriesAsync(site));
        Assert.Equal((DeliveryStates.Sent, 200, delivery.Uid.ToString()), (delivery.State, delivery.LastStatus!.Value, got.Headers["Hufu-Delivery"]));
        await PumpAsync(site);
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task Only_events_that_fit_the_filter_go_out_and_none_from_before_the_webhook()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await OpenAsync();
        var plan = await site.CreateAsync(Ann, "Before");
        site.Clock.Advance(TimeSpan.FromSeconds(1));
        await HookAsync(site, receiver.Url, "*.submit, other.thing.*");
        await site.UpdateAsync(Ann, plan, "note", "x");
        await site.MoveAsync(Ann, plan, "submit");
        await PumpAsync(site);
        Assert.Equal("test.plan.submit", Assert.Single(receiver.Requests).Headers["Hufu-Event"]);
    }

    [Fact]
    public async Task Deliveries_are_queued_once_when_the_process_dies_at_the_commit()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await OpenAsync();
        await HookAsync(site, receiver.Url, "test.*");
        await site.CreateAsync(Ann, "Plan");
        site.Fault.FailNext = 1;
        await Assert.ThrowsAsync<IOException>(() => site.Get<WebhookPump>().QueueAsync(default));
        await PumpAsync(site);
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_later_and_later_with_the_same_identity()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await OpenAsync();
        var hook = await HookAsync(site, receiver.Url, "test.*");
        receiver.Answers.Enqueue(503);
        receiver.Answers.Enqueue(500);
        await site.CreateAsync(Ann, "Plan");
        await PumpAsync(site);
        var waiting = Assert.Single(await DeliveriesAsync(site));
        Assert.Equal((DeliveryStates.Queued, 1, 503, Site.Start + TimeSpan.FromMinutes(1)), (waiting.State, waiting.Attempts, waiting.LastStatus!.Value, waiting.NextAt));
        await PumpAsync(site);
        Assert.Single(receiver.Requests);
        site.Clock.Advance(TimeSpan.FromMinutes(1));
        await PumpAsync(site);
        site.Clock.Advance(TimeSpan.FromMinutes(3));
        await PumpAsync(site);
        Assert.Equal(3, receiver.Requests.Count);
        Assert.Single(receiver.Requests.Select(r => r.Headers["Hufu-Delivery"]).Distinct());
        Assert.Single(receiver.Requests.Select(r => r.Body).Distinct());
        Assert.All(receiver.Requests, r => Assert.True(WebhookSignature.Verify(hook.Secret, r.Headers["Hufu-Signature"], r.Body, site.Clock.GetUtcNow(), TimeSpan.FromMinutes(10))));
        Assert.Equal(DeliveryStates.Sent, Assert.Single(await DeliveriesAsync(site)).State);
    }

    [Fact]
    public async Task After_eight_tries_a_delivery_fails_and_a_person_can_send_it_again()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await OpenAsync();
        await HookAsync(site, receiver.Url, "test.*");
        for (var i = 0; i < 8; i++) receiver.Answers.Enqueue(500);
        await site.CreateAsync(Ann, "Plan");
        for (var i = 0; i < 12; i++)
        {
            await PumpAsync(site);
            site.Clock.Advance(TimeSpan.FromHours(13));
        }

        Assert.Equal(8, receiver.Requests.Count);
        var failed = Assert.Single((await site.Get<WebhookService>().DeliveriesAsync(Admin)).Value);
        Assert.Equal(DeliveryStates.Failed, failed.State);
        Assert.True((await site.Get<WebhookService>().RetryAsync(Admin, failed.Id)).IsOk);
        await PumpAsync(site);
        Assert.Equal(DeliveryStates.Sent, Assert.Single(await DeliveriesAsync(site)).State);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_gone_is_gone()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await OpenAsync();
        await HookAsync(site, receiver.Url, "test.*");
        receiver.Answers.Enqueue(302);
        receiver.Answers.Enqueue(410);
        await site.CreateAsync(Ann, "Plan");
        await PumpAsync(site);
        Assert.Equal((DeliveryStates.Queued, "302: redirects are not followed"), (await DeliveriesAsync(site)).Select(d => (d.State, d.LastError)).Single());
        site.Clock.Advance(TimeSpan.FromMinutes(1));
        await PumpAsync(site);
        Assert.Equal(DeliveryStates.Failed, Assert.Single(await DeliveriesAsync(site)).State);
        Assert.All(receiver.Requests, r => Assert.Equal("/hook", r.Path));
    }

    [Fact]
    public async Task The_secret_is_shown_once_and_stands_nowhere_in_the_clear()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await OpenAsync();
        var service = site.Get<WebhookService>();
        var made = await HookAsync(site, receiver.Url);
        Assert.DoesNotContain(made.Secret, made.Webhook.Secret);
        await using (var db = site.Db())
        {
            var payload = (await db.Changes.SingleAsync(c => c.TypeKey == "jobs.webhook")).Payload!;
            Assert.DoesNotContain(made.Secret, payload);
            Assert.DoesNotContain(made.Webhook.Secret, payload);
            Assert.Contains("\"secret\"", payload);
        }

        var fresh = (await service.RotateSecretAsync(Admin, made.Webhook.Id)).Value;
        Assert.NotEqual(made.Secret, fresh.Secret);
        await service.SendTestAsync(Admin, made.Webhook.Id);
        await PumpAsync(site);
        var ping = receiver.Requests.Single(r => r.Headers["Hufu-Event"] == "ping");
        Assert.True(WebhookSignature.Verify(fresh.Secret, ping.Headers["Hufu-Signature"], ping.Body, site.Clock.GetUtcNow(), TimeSpan.FromMinutes(5)));
        Assert.False(WebhookSignature.Verify(made.Secret, ping.Headers["Hufu-Signature"], ping.Body, site.Clock.GetUtcNow(), TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task Rights_decide_and_bad_forms_say_what_is_wrong()
    {
        await using var site = await Site.OpenAsync();
        var service = site.Get<WebhookService>();
        var reader = Person("Reader", new Grant(JobAreas.Webhooks, Right.Read, Scope.All));
        Assert.Equal("access.denied", (await service.ListAsync(Ann)).Errors[0].Code);
        Assert.True((await service.ListAsync(reader)).IsOk);
        Assert.Equal("access.denied", (await service.CreateAsync(reader, new WebhookForm("x", "https://example.org"))).Errors[0].Code);
        var refused = await service.CreateAsync(Admin, new WebhookForm("", "http://169.254.169.254/latest", "Risk.*"));
        Assert.Equal([("webhooks.name", "name"), ("http.address-not-allowed", "url"), ("webhooks.filter", "filters")], refused.Errors.Select(e => (e.Code, e.Place!)));
        Assert.Equal("http.scheme", (await service.CreateAsync(Admin, new WebhookForm("x", "file:///etc/passwd"))).Errors[0].Code);
        Assert.Equal("http.user-info", (await service.CreateAsync(Admin, new WebhookForm("x", "https://u:p@example.org/"))).Errors[0].Code);
    }

    [Fact]
    public async Task A_webhook_that_is_switched_off_or_removed_gets_nothing()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await OpenAsync();
        var service = site.Get<WebhookService>();
        var made = await HookAsync(site, receiver.Url, "test.*");
        await service.UpdateAsync(Admin, made.Webhook.Id, new WebhookForm("SOAR", receiver.Url, "test.*", Active: false));
        await site.CreateAsync(Ann, "Plan");
        await PumpAsync(site);
        Assert.Empty(await DeliveriesAsync(site));
        await service.SendTestAsync(Admin, made.Webhook.Id);
        Assert.True((await service.DeleteAsync(Admin, made.Webhook.Id)).IsOk);
        await PumpAsync(site);
        Assert.Empty(receiver.Requests);
        Assert.Empty(await DeliveriesAsync(site));
    }

    [Theory]
    [InlineData("*", "risk.asset.create", true)]
    [InlineData("risk.asset.*", "risk.asset.create", true)]
    [InlineData("risk.asset.*", "risk.assets.create", false)]
    [InlineData("*.create", "risk.asset.create", true)]
    [InlineData("*.create", "risk.asset.created", false)]
    [InlineData("a.b;*.asset.*", "risk.asset.create", true)]
    [InlineData("risk.*.create", "risk.treatment-plan.create", true)]
    [InlineData("*a*b*c*", "xaxbxc", true)]
    [InlineData("*a*b*c*", "xaxcxb", false)]
    [InlineData("risk.asset.create", "risk.asset.create", true)]
    [InlineData("", "risk", false)]
    public void Filters_match_whole_names(string patterns, string name, bool expected) => Assert.Equal(expected, EventFilter.Matches(patterns, name));

    [Fact]
    public void Filters_agree_with_a_regular_expression_on_random_patterns()
    {
        var random = new Random(7);
        for (var i = 0; i < 5000; i++)
        {
            string Some(string letters, int most) => new([.. Enumerable.Range(0, random.Next(1, most)).Select(_ => letters[random.Next(letters.Length)])]);
            var (pattern, name) = (Some("ab.*", 7), Some("ab.", 9));
            var expected = global::System.Text.RegularExpressions.Regex.IsMatch(name, "^" + pattern.Replace(".", "\\.").Replace("*", ".*") + "$", default, TimeSpan.FromSeconds(1));
            Assert.True(expected == EventFilter.Matches(pattern, name), $"{pattern} on {name}");
        }
    }

    [Fact]
    public void A_signature_fits_one_body_one_secret_and_a_span_of_time()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);
        var header = WebhookSignature.Sign("secret", at, "{}");
        // openssl: printf '1790000000.{}' | openssl dgst -sha256 -hmac secret
        Assert.Equal("t=1790000000,v1=d0cadd434460d4af55e7ab90d79c1802591d7001a77c9e06471d0e3ec8cc85ae", header);
        var five = TimeSpan.FromMinutes(5);
        Assert.True(WebhookSignature.Verify("secret", header, "{}", at.AddMinutes(4), five));
        Assert.True(WebhookSignature.Verify("secret", "v1=00," + header, "{}", at, five));
        Assert.False(WebhookSignature.Verify("secret", header, "{}", at.AddMinutes(6), five));
        Assert.False(WebhookSignature.Verify("secret", header, "{ }", at, five));
        Assert.False(WebhookSignature.Verify("other", header, "{}", at, five));
        Assert.False(WebhookSignature.Verify("secret", header.Replace("t=1790000000", "t=1790000001"), "{}", at, five));
        foreach (var bad in new[] { null, "", "t=", "t=x,v1=y", "v1=00", "t=99999999999999999999,v1=0", "t=1790000000", "t=999999999999999,v1=00" }) Assert.False(WebhookSignature.Verify("secret", bad, "{}", at, five));
    }
}

/// <summary>A web server that keeps what it gets.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private Receiver(WebApplication app) => this.app = app;

    internal ConcurrentQueue<(string Path, Dictionary<string, string> Headers, string Body)> Requests { get; } = new();

    /// <summary>Statuses to answer with; 200 when there are none left.</summary>
    internal ConcurrentQueue<int> Answers { get; } = new();

    internal string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/hook";

    internal int Port => new Uri(Url).Port;

    internal static async Task<Receiver> StartAsync(Func<HttpContext, Task<bool>>? special = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(async context =>
        {
            if (special is not null && await special(context)) return;
            using var reader = new StreamReader(context.Request.Body);
            receiver.Requests.Enqueue((context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync()));
            context.Response.StatusCode = receiver.Answers.TryDequeue(out var status) ? status : 200;
            if (context.Response.StatusCode == 302) context.Response.Headers.Location = "/elsewhere";
        });
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class WebhookTestsOnPostgres : WebhookTests, IOnPostgres;
