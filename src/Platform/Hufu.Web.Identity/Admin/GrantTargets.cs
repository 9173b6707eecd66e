using Choice = Hufu.Web.Components.Choice;
using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Web.Records;
using Hufu.Web.Standard;
using Microsoft.AspNetCore.Http;
using System.Globalization;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity.Admin;

/// <summary>What grants can be given on, by the names that people know, and how grants are read from a form.</summary>
internal sealed class GrantTargets(RecordTypes types, IEnumerable<StandardLibrary> standards)
{
    internal const int MostRows = 220;

    public static readonly IReadOnlyList<Right> Rights = [Right.Read, Right.Write, Right.Approve, Right.Administer];

    private IReadOnlyList<Choice>? options;

    /// <summary>All targets, in groups.</summary>
    public IReadOnlyList<Choice> Options => options ??= Build();

    public static string Name(Right right) => right switch
    {
        Right.Read => T("id.right-read"),
        Right.Write => T("id.right-write"),
        Right.Approve => T("id.right-approve"),
        Right.Administer => T("id.right-administer"),
        _ => right.ToString(),
    };

    public static string Name(Scope scope) => scope switch
    {
        Scope.Own => T("id.scope-own"),
        Scope.Unit => T("id.scope-unit"),
        Scope.Subtree => T("id.scope-subtree"),
        Scope.All => T("id.scope-all"),
        _ => scope.ToString(),
    };

    public static IReadOnlyList<Choice> Scopes() => [.. Enum.GetValues<Scope>().OrderDescending().Select(s => new Choice(s.ToString(), Name(s)))];

    /// <summary>A grant in words.</summary>
    public string Describe(Grant grant) => T("id.grant-in-words", NameOf(grant.Target), string.Join(T("id.list-and"), Rights.Where(r => grant.Rights.HasFlag(r)).Select(Name)), Name(grant.Scope));

    /// <summary>The grants of a posted <see cref="GrantRows"/>; rows without a target do not count.</summary>
    public static IReadOnlyList<Grant> Read(IFormCollection form)
    {
        var grants = new List<Grant>();
        for (var i = 0; i < MostRows; i++)
        {
            var row = "g" + i.ToString(CultureInfo.InvariantCulture);
            if (form.Text(row + ".target") is not { } target) continue;
            var rights = form[row + ".right"].Aggregate(Right.None, (sum, text) => Enum.TryParse<Right>(text, out var right) && Rights.Contains(right) ? sum | right : sum);
            grants.Add(new Grant(target, rights, Enum.TryParse<Scope>(form.Text(row + ".scope"), out var scope) && Enum.IsDefined(scope) ? scope : Scope.Own));
        }

        return grants;
    }

    private string NameOf(string target) => Options.FirstOrDefault(o => o.Value == target)?.Label ?? target;

    private List<Choice> Build()
    {
        var all = new List<Choice> { new("*", T("id.target-everything")) };
        foreach (var duty in standards.FirstOrDefault()?.Current.Duties ?? [])
        {
            all.Add(new Choice(duty.Code, $"{duty.Code} {duty.Name}", Group: T("id.target-duties")));
            all.AddRange(duty.Tasks.Select(t => new Choice(t.Code, $"{t.Code} {t.Name}", Group: $"{duty.Code} {duty.Name}")));
        }

        if (all.Count == 1) all.AddRange(Enumerable.Range(1, 9).Select(n => new Choice($"T{n}", $"T{n}", Group: T("id.target-duties"))));
        all.AddRange(GrantSets.Areas.Select(a => new Choice(a, T("id.area-" + a), Group: T("id.target-areas"))));
        all.AddRange(types.All.Select(t => new Choice(t.Key, t.PluralName.ToString(), Group: T("id.target-types"))));
        return [.. all.Take(1), .. all.Skip(1).GroupBy(c => c.Group).SelectMany(g => g)];
    }
}
