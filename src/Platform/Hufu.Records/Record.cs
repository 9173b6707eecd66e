namespace Hufu.Records;

/// <summary>An entity whose every change is written to the change log, and with it to the ledger, in the same transaction.</summary>
public interface IAudited
{
    /// <summary>The entity's identity; never reused.</summary>
    Guid Id { get; }

    /// <summary>What kind of thing it is in the change log, for example <c>risk.asset</c> or <c>identity.role</c>.</summary>
    string AuditType { get; }
}

/// <summary>
/// Marks a column that a type got after records of it existed. What the change log says of a record that has not changed since then was told without the
/// column, and is compared so; its value must be empty.
/// </summary>
/// <param name="time">Which addition to the type it was, from 1 on: columns that came together have the same.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddedAttribute(int time) : Attribute
{
    /// <summary>Which addition to the type it was.</summary>
    public int Time { get; } = time;
}

/// <summary>
/// What an organisation keeps: it has a number, a title, an owner, a unit, a state, a due date and a version token. History, links,
/// evidence and comments are kept beside it by the kernel.
/// </summary>
public abstract class Record : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    /// <summary>Human code, unique over all records: <c>RSK-2026-0007</c>.</summary>
    public string Number { get; set; } = "";

    public string Title { get; set; } = "";

    /// <summary>The person who answers for it.</summary>
    public Guid? OwnerId { get; set; }

    /// <summary>The organisation unit it belongs to; rights are scoped by it.</summary>
    public Guid? UnitId { get; set; }

    /// <summary>Key of a state of the record type's workflow.</summary>
    public string State { get; set; } = "";

    public DateOnly? DueOn { get; set; }

    /// <summary>Counts the changes; an edit that started from an older version meets a merge page, never an overwrite.</summary>
    public int Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public Guid? CreatedBy { get; set; }

    /// <summary>When it was put away; an archived record stays readable and provable but leaves the lists.</summary>
    public DateTimeOffset? ArchivedAt { get; set; }

    /// <summary>Site-defined extra fields as one flat JSON object, or null.</summary>
    public string? Extra { get; set; }

    /// <summary>Folded text of all searchable fields. Derived: never audited, never exported.</summary>
    public string SearchText { get; set; } = "";

    string IAudited.AuditType => RecordTypes.KeyOf(GetType());

    /// <summary>Another record with the same values.</summary>
    public Record Copy() => (Record)MemberwiseClone();
}

/// <summary>A record that its owner may keep to themselves: a column <see cref="Property"/> says so, and then no grant opens it to others.</summary>
public interface IMayBePrivate
{
    /// <summary>Name of the column.</summary>
    const string Property = "Visibility";

    /// <summary>Its value for a private record.</summary>
    const string Private = "private";

    /// <summary>The column.</summary>
    string Visibility { get; }

    /// <summary>Only owner and maker see it.</summary>
    bool IsPrivate => Visibility == Private;
}

/// <summary>Points at a record of any type.</summary>
public readonly record struct RecordRef(string TypeKey, Guid Id);
