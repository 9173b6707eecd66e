using Hufu.Kernel;
using Hufu.Records.Storage;
using Hufu.Records.Storage.Ledger;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

/// <summary>Writers at the same moment. Only a server has them: the embedded database lets one in at a time.</summary>
public sealed class PostgresConcurrencyTests(PostgresServer server) : DatabaseTests(DatabaseKind.Postgres, server)
{
    [Fact]
    public async Task A_change_of_a_long_transaction_comes_into_the_ledger_when_it_is_committed_and_not_where_its_identity_is()
    {
        var sequencer = Host.Get<LedgerSequencer>();
        var actor = Host.As(Host.Ming);
        var slow = Host.Store;
        Change first;
        await using (var transaction = await slow.Db.Database.BeginTransactionAsync())
        {
            Ok(await slow.CreateAsync(actor, Host.Item, new Dictionary<string, string?> { ["title"] = "慢" }));
            // Of another type: numbers of one type are given one after the other.
            Ok(await Host.Store.CreateAsync(actor, Host.Group, Title("快")));
            Assert.Equal(1, Ok(await sequencer.FlushAsync()));
            first = await Host.Db.Changes.AsNoTracking().SingleAsync();
            Assert.Equal(0, first.Position);
            await transaction.CommitAsync();
        }

        Assert.Equal(1, Ok(await sequencer.FlushAsync()));
        var late = await Host.Db.Changes.AsNoTracking().SingleAsync(c => c.Id != first.Id);
        Assert.True(late.Id < first.Id && late.Position == 1, $"{late.Id} at {late.Position}, {first.Id} at {first.Position}");
        var check = Ok(await Host.Get<LedgerCheck>().RunAsync([]));
        Assert.True(check.IsIntact, string.Join("; ", check.Broken));
        Assert.Equal((2, 0), (check.Leaves, check.Waiting));
    }

    [Fact]
    public async Task Two_who_change_the_same_record_do_not_overwrite_each_other()
    {
        var actor = Host.As(Host.Ming);
        var item = await Host.ItemAsync(actor);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Host.Store.UpdateAsync(actor, Host.Item, item.Id, 1, Title($"第 {i} 人"))));
        var won = Assert.Single(outcomes, o => o.IsOk && o.Value.Conflicts.Count == 0);
        Assert.Equal(2, won.Value.Record.Version);
        Ok(await Host.Get<LedgerSequencer>().FlushAsync());
        var check = Ok(await Host.Get<LedgerCheck>().RunAsync([]));
        Assert.True(check.IsIntact, string.Join("; ", check.Broken));
    }

    [Fact]
    public async Task Two_who_wait_for_each_other_are_parted_and_the_one_that_is_given_up_is_told_and_wrote_nothing()
    {
        var actor = Host.As(Host.Ming);
        var (one, two) = (await Host.ItemAsync(actor, ("title", "甲")), await Host.ItemAsync(actor, ("title", "乙")));
        var (held, other) = (new TaskCompletionSource(), new TaskCompletionSource());
        var outcomes = await Task.WhenAll(BothAsync(Host.Store, "一", one, two, held, other), BothAsync(Host.Store, "二", two, one, other, held));
        var lost = Assert.Single(outcomes, o => !o.IsOk);
        Refused(lost, "record.crossed");
        var winner = outcomes[0].IsOk ? "一" : "二";
        Assert.Equal([winner, winner], await Host.Db.Set<SampleItem>().Select(i => i.Title).ToListAsync());
        Ok(await Host.Get<LedgerSequencer>().FlushAsync());
        Assert.True(Ok(await Host.Get<LedgerCheck>().RunAsync([])).IsIntact);

        async Task<Result<bool>> BothAsync(RecordStore store, string title, SampleItem first, SampleItem second, TaskCompletionSource mine, TaskCompletionSource theirs) =>
            await store.InTransactionAsync(async () =>
            {
                Ok(await store.UpdateAsync(actor, Host.Item, first.Id, 1, Title(title)));
                mine.SetResult();
                await theirs.Task;
                var last = await store.UpdateAsync(actor, Host.Item, second.Id, 1, Title(title));
                return last.IsOk ? Result.Of(true) : Result.Fail<bool>(last.Errors);
            });
    }

    [Fact]
    public async Task Numbers_are_given_once_however_many_create_at_a_time()
    {
        var actor = Host.As(Host.Ming);
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Host.Store.CreateAsync(actor, Host.Item, Title($"{i}"))));
        Assert.Equal(20, made.Select(m => Ok(m).Number).Distinct().Count());
    }

    private static Dictionary<string, string?> Title(string title) => new() { ["title"] = title };
}
