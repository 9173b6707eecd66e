using Hufu.Logs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hufu.Monitoring.Logs.Tests;

/// <summary>When a request's queries end: at the limit, and when whoever asked has gone.</summary>
public sealed class QueryTimeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<(WebApplication App, HttpClient Client, TaskCompletionSource<bool> Ended)> StartAsync(TimeSpan limit)
    {
        var builder = WebApplication.CreateBuilder();
        Microsoft.AspNetCore.Hosting.HostingAbstractionsWebHostBuilderExtensions.UseUrls(builder.WebHost, "http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new QueryLimit(limit));
        var app = builder.Build();
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        app.MapGet("/slow", async (HttpContext http) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
            }
            finally
            {
                ended.TrySetResult(true);
            }

            return Results.Ok();
        }).Limited();
        app.MapGet("/quick", (HttpContext http) => Results.Text("quick")).Limited();
        app.MapGet("/large", IResult (HttpContext http) => throw new QueryMemoryException()).Limited();
        await app.StartAsync(Stop);
        return (app, new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) }, ended);
    }

    [Fact]
    public async Task At_the_limit_the_query_is_stopped_and_that_is_said_in_words()
    {
        var (app, client, ended) = await StartAsync(TimeSpan.FromSeconds(1));
        await using (app)
        using (client)
        {
            var answer = await client.GetAsync(new Uri("/slow", UriKind.Relative), Stop);
            Assert.Equal(422, (int)answer.StatusCode);
            Assert.Contains("logs.query.time", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
            Assert.True(await ended.Task.WaitAsync(TimeSpan.FromSeconds(5), Stop));
            Assert.Equal("quick", await client.GetStringAsync(new Uri("/quick", UriKind.Relative), Stop));
        }
    }

    [Fact]
    public async Task A_query_that_needs_too_much_memory_is_told_of_as_one_that_takes_too_long()
    {
        var (app, client, _) = await StartAsync(TimeSpan.FromMinutes(10));
        await using (app)
        using (client)
        {
            var answer = await client.GetAsync(new Uri("/large", UriKind.Relative), Stop);
            Assert.Equal(422, (int)answer.StatusCode);
            Assert.Contains("logs.query.memory", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Whoever_goes_away_takes_the_query_along()
    {
        var (app, client, ended) = await StartAsync(TimeSpan.FromMinutes(10));
        await using (app)
        using (client)
        {
            using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            leaving.CancelAfter(300);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync(new Uri("/slow", UriKind.Relative), leaving.Token));
            Assert.True(await ended.Task.WaitAsync(TimeSpan.FromSeconds(10), Stop));
        }
    }
}
