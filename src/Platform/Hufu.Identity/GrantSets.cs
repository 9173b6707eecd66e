using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Identity;

/// <summary>Sets of grants compared with each other: what two have in common, and whether one reaches as far as another.</summary>
public sealed class GrantSets(RecordTypes types)
{
    /// <summary>Areas of the product that are no record type. A grant on one always reaches the whole area.</summary>
    public static readonly IReadOnlyList<string> Areas = ["admin", "audit-log", "competence", "evidence", "jobs", "ledger", "logs", "standard", "webhooks"];

    /// <summary>What both sets allow.</summary>
    public IReadOnlyList<Grant> Intersect(IReadOnlyList<Grant> left, IReadOnlyList<Grant> right)
    {
        var common = new List<Grant>();
        foreach (var a in left)
        {
            foreach (var b in right)
            {
                var rights = Effective(a.Rights) & Effective(b.Rights);
                if (rights == Right.None) continue;
                var scope = a.Scope < b.Scope ? a.Scope : b.Scope;
                foreach (var target in CommonTargets(a.Target, b.Target))
                    if (!common.Contains(new Grant(target, rights, scope))) common.Add(new Grant(target, rights, scope));
            }
        }

        return common;
    }

    /// <summary>True when <paramref name="held"/> allows all that <paramref name="wanted"/> would, in the same unit.</summary>
    public bool Covers(IReadOnlyList<Grant> held, IReadOnlyList<Grant> wanted) => wanted.All(w => Covers(held, w, (grant, scope) => grant >= scope));

    /// <summary>True when the actor could hand these grants to somebody of that unit without giving more than they hold.</summary>
    public bool Covers(Actor actor, IReadOnlyList<Grant> wanted, Guid? unitId) => wanted.All(w => Covers(actor.Grants, w, (held, scope) => held switch
    {
        Scope.All => true,
        Scope.Subtree => scope is Scope.Own || (scope is Scope.Unit or Scope.Subtree && unitId is { } u && actor.Subtree.Contains(u)),
        Scope.Unit => scope is Scope.Own || (scope is Scope.Unit && unitId is { } u && u == actor.UnitId),
        _ => scope is Scope.Own,
    }));

    /// <summary>What is wrong with a set of grants.</summary>
    public IReadOnlyList<Error> Check(IReadOnlyList<Grant> grants)
    {
        var errors = new List<Error>();
        for (var i = 0; i < grants.Count; i++)
        {
            var (target, rights, scope) = grants[i];
            var place = $"grants[{i}]";
            const Right all = Right.Read | Right.Write | Right.Approve | Right.Administer;
            if (!IsTarget(target)) errors.Add(Error.Of("identity.grant.target", $"「{target}」不是職責、任務、紀錄類型或功能區。", $"“{target}” is no duty, task, record type or area.", place));
            if (rights == Right.None || (rights & ~all) != 0 || !Enum.IsDefined(scope)) errors.Add(Error.Of("identity.grant.rights", "請選擇至少一項有效的權限與範圍。", "Choose at least one right and a scope that exist.", place));
            if (scope != Scope.All && (target == "*" || Areas.Contains(target)))
                errors.Add(Error.Of("identity.grant.scope", $"「{target}」只能授與全部範圍。", $"“{target}” can only be granted in scope All.", place));
        }

        return errors;
    }

    private bool Covers(IReadOnlyList<Grant> held, Grant wanted, Func<Scope, Scope, bool> reaches)
    {
        // Single rights may come from different grants; reading is part of each.
        foreach (var right in (ReadOnlySpan<Right>)[Right.Read, Right.Write, Right.Approve, Right.Administer])
        {
            if ((Effective(wanted.Rights) & right) == 0) continue;
            if (!held.Any(h => (Effective(h.Rights) & right) != 0 && reaches(h.Scope, wanted.Scope) && Includes(h.Target, wanted.Target))) return false;
        }

        return true;
    }

    private bool IsTarget(string target) =>
        target == "*" || Areas.Contains(target) || types.Find(target) is not null
        || (target.Length is >= 2 and <= 6 && target[0] == 'T' && target.Skip(1).All(c => char.IsAsciiDigit(c) || c == '.') && char.IsAsciiDigit(target[^1]));

    private IEnumerable<string> CommonTargets(string a, string b)
    {
        if (Includes(a, b)) return [b];
        if (Includes(b, a)) return [a];
        // A record type may serve tasks of both.
        return types.All.Where(t => Includes(a, t.Key) && Includes(b, t.Key)).Select(t => t.Key);
    }

    private bool Includes(string wide, string narrow)
    {
        if (wide == "*" || wide == narrow || (wide[0] == 'T' && narrow.StartsWith(wide + ".", StringComparison.Ordinal))) return true;
        return types.Find(narrow) is { } type && type.Tasks.Any(task => task == wide || task.StartsWith(wide + ".", StringComparison.Ordinal));
    }

    private static Right Effective(Right rights) => rights == Right.None ? Right.None : rights | Right.Read;
}
