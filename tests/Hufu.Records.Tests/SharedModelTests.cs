using Hufu.Records.Storage;
using Hufu.Records.Tests.Support;
using Hufu.Testing;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Records.Tests;

/// <summary>To make the model of the database, and to translate what is asked of it, takes longer than most of what is done with it: it is shared by what it is made of.</summary>
public sealed class SharedModelTests(PostgresServer server)
{
    [Fact]
    public async Task A_second_set_of_the_same_types_has_the_same_model_and_others_have_their_own()
    {
        await using var first = await TestHost.StartAsync(DatabaseKind.Sqlite, server);
        await using var second = await TestHost.StartAsync(DatabaseKind.Sqlite, server);
        Assert.NotSame(first.Db.Types, second.Db.Types);
        Assert.Same(first.Db.Model, second.Db.Model);

        var options = first.Get<DbContextOptions<TestDbContext>>();
        await using var fewer = new TestDbContext(options, new RecordTypes([new SampleGroupType()]), [new ObligationTables()], first.Clock);
        Assert.Null(fewer.Model.FindEntityType(typeof(SampleItem)));
        await using var bare = new TestDbContext(options, first.Db.Types, [], first.Clock);
        Assert.NotSame(first.Db.Model, bare.Model);
    }
}
