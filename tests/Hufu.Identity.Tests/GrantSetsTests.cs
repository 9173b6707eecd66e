using Hufu.Identity.Tests.Support;
using Hufu.Records;
using Hufu.Records.Obligations;

namespace Hufu.Identity.Tests;

public sealed class GrantSetsTests
{
    private readonly RecordTypes types = new([new ThingType()]);

    private GrantSets Sets => new(types);

    [Fact]
    public void An_intersection_takes_the_narrower_target_rights_and_scope()
    {
        var common = Sets.Intersect([new Grant("*", Right.Read | Right.Write, Scope.All)], [new Grant("T2", Right.Write | Right.Approve, Scope.Unit)]);
        Assert.Equal(new Grant("T2", Right.Read | Right.Write, Scope.Unit), Assert.Single(common));
    }

    [Fact]
    public void Duties_that_meet_only_in_a_record_type_meet_there() =>
        Assert.Equal(new Grant("test.thing", Right.Read, Scope.All), Assert.Single(Sets.Intersect([new Grant("T2", Right.Read, Scope.All)], [new Grant("T4.2", Right.Read, Scope.All)])));

    [Fact]
    public void Neighbours_have_nothing_in_common()
    {
        Assert.Empty(Sets.Intersect([new Grant("T2.1", Right.Read, Scope.All)], [new Grant("T2.10", Right.Read, Scope.All)]));
        Assert.Empty(Sets.Intersect([new Grant("logs", Right.Read, Scope.All)], [new Grant("ledger", Right.Read, Scope.All)]));
    }

    // For every pair of sets and every right: what the intersection allows is what both allow.
    [Fact]
    public void An_intersection_allows_exactly_what_both_sets_allow()
    {
        var random = new Random(20260807);
        string[] targets = ["*", "T2", "T2.1", "T4", "T4.2", "T9", "test.thing", "logs", "admin"];
        var type = types.Get("test.thing");
        Grant Any() => new(targets[random.Next(targets.Length)], (Right)random.Next(1, 16), (Scope)random.Next(4));
        Actor As(IReadOnlyList<Grant> grants) => new(Guid.NewGuid(), "x", null, new HashSet<Guid>(), grants, "api");
        for (var i = 0; i < 3000; i++)
        {
            List<Grant> left = [Any(), Any()], right = [Any(), Any()];
            var both = As(Sets.Intersect(left, right));
            foreach (var r in (Right[])[Right.Read, Right.Write, Right.Approve, Right.Administer])
            {
                var (a, b) = (As(left).ScopeOf(type, r), As(right).ScopeOf(type, r));
                var expected = a is null || b is null ? null : a < b ? a : b;
                Assert.Equal(expected, both.ScopeOf(type, r));
                Assert.Equal(As(left).May("logs", r) && As(right).May("logs", r), both.May("logs", r));
            }
        }
    }

    [Theory]
    [InlineData("*", Right.Administer, Scope.Own, "identity.grant.scope")]
    [InlineData("logs", Right.Read, Scope.Unit, "identity.grant.scope")]
    [InlineData("nonsense", Right.Read, Scope.All, "identity.grant.target")]
    [InlineData("T2", Right.None, Scope.All, "identity.grant.rights")]
    [InlineData("T2", (Right)64, Scope.All, "identity.grant.rights")]
    [InlineData("", Right.Read, Scope.All, "identity.grant.target")]
    public void A_grant_that_means_nothing_is_refused(string target, Right rights, Scope scope, string code) =>
        Assert.Equal(code, Assert.Single(Sets.Check([new Grant(target, rights, scope)])).Code);

    [Fact]
    public void Built_in_roles_pass_their_own_check()
    {
        var known = new GrantSets(new RecordTypes([new ThingType(), new ObligationType(), new OccurrenceType()]));
        foreach (var role in BuiltInRoles.All())
        {
            Assert.Empty(known.Check(role.Grants));
            Assert.DoesNotContain(role.Grants, g => g.Rights.HasFlag(Right.Write) && g.Rights.HasFlag(Right.Approve));
        }
    }
}
