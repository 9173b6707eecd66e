namespace Hufu.Records;

/// <summary>A person as records see one.</summary>
public sealed record DirectoryPerson(Guid Id, string Name, string Account, Guid? UnitId, bool Active, IReadOnlyList<string> Roles);

/// <summary>A unit of the organisation.</summary>
public sealed record DirectoryUnit(Guid Id, string Name, Guid? ParentId);

/// <summary>The people and units of the organisation, for names and pickers. Answers from memory.</summary>
public interface IDirectory
{
    IReadOnlyList<DirectoryPerson> People { get; }

    IReadOnlyList<DirectoryUnit> Units { get; }

    DirectoryPerson? Person(Guid id);

    DirectoryUnit? Unit(Guid id);
}

/// <summary>Finding people and units by what somebody wrote.</summary>
public static class DirectoryExtensions
{
    /// <summary>The person with this name or account; null when none or several.</summary>
    public static DirectoryPerson? FindPerson(this IDirectory directory, string text) =>
        Single(directory.People, p => string.Equals(p.Account, text, StringComparison.OrdinalIgnoreCase)) ?? Single(directory.People, p => string.Equals(p.Name, text, StringComparison.OrdinalIgnoreCase));

    /// <summary>The unit with this name; null when none or several.</summary>
    public static DirectoryUnit? FindUnit(this IDirectory directory, string text) => Single(directory.Units, u => string.Equals(u.Name, text, StringComparison.OrdinalIgnoreCase));

    /// <summary>A unit and all below it.</summary>
    public static IReadOnlySet<Guid> Subtree(this IDirectory directory, Guid? root)
    {
        var found = new HashSet<Guid>();
        if (root is not { } start) return found;
        var queue = new Queue<Guid>([start]);
        while (queue.TryDequeue(out var unit))
            if (found.Add(unit))
                foreach (var child in directory.Units.Where(u => u.ParentId == unit)) queue.Enqueue(child.Id);
        return found;
    }

    private static T? Single<T>(IEnumerable<T> items, Func<T, bool> match) where T : class
    {
        T? found = null;
        foreach (var item in items)
        {
            if (!match(item)) continue;
            if (found is not null) return null;
            found = item;
        }

        return found;
    }
}
