namespace Hufu.Records;

/// <summary>
/// One change, written in the same transaction as what it tells of. Its leaf in the ledger holds only public facts and a salted commitment to
/// <see cref="Payload"/>: the payload can be erased and the ledger still verifies.
/// </summary>
public sealed class Change
{
    /// <summary>Order of writing.</summary>
    public long Id { get; set; }

    /// <summary>Identity of the change in its ledger leaf.</summary>
    public Guid Uid { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>Key of a record type, or the audit type of another entity.</summary>
    public string TypeKey { get; set; } = "";

    public Guid RecordId { get; set; }

    /// <summary>The record's version after the change; 0 where it has none.</summary>
    public int Version { get; set; }

    /// <summary><c>create</c>, <c>update</c>, the key of a transition, <c>link</c>, <c>evidence</c>, <c>comment</c>, <c>archive</c>, <c>import</c>…</summary>
    public string Action { get; set; } = "";

    /// <summary>Who did it. Erased together with the payload.</summary>
    public Guid? ActorId { get; set; }

    /// <summary>Groups the changes of one operation, such as a bulk edit or an import.</summary>
    public Guid? BatchId { get; set; }

    /// <summary>JSON: actor, channel, reason, differences, hash of the whole state after it. Null once erased.</summary>
    public string? Payload { get; set; }

    /// <summary>16 random bytes, hexadecimal; erased together with the payload.</summary>
    public string? Salt { get; set; }

    /// <summary>SHA-256 over salt and payload, lower-case hexadecimal.</summary>
    public string Commitment { get; set; } = "";

    /// <summary>Index of its leaf in the ledger; null until it is sequenced.</summary>
    public long? Position { get; set; }
}

/// <summary>One field's difference inside a change.</summary>
/// <param name="Field">Field key.</param>
/// <param name="From">Canonical text before, null for empty.</param>
/// <param name="To">Canonical text after, null for empty.</param>
public sealed record FieldChange(string Field, string? From, string? To);

/// <summary>What a change's payload says.</summary>
public sealed record ChangePayload(Guid Actor, string ActorName, string Channel, string? Reason, IReadOnlyList<FieldChange> Changes, string? State);

/// <summary>A tie between two records, seen from both.</summary>
public sealed class RecordLink : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public string FromType { get; set; } = "";

    public Guid FromId { get; set; }

    public string ToType { get; set; } = "";

    public Guid ToId { get; set; }

    /// <summary>What the tie means: <c>affects</c>, <c>caused-by</c>, <c>treats</c>, <c>relates</c>.</summary>
    public string Kind { get; set; } = "relates";

    public DateTimeOffset CreatedAt { get; set; }

    string IAudited.AuditType => "kernel.link";
}

/// <summary>What shows that something was done: a file, a record, or a saved query with its result.</summary>
public sealed class Evidence : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    /// <summary>The record that it is attached to.</summary>
    public string TypeKey { get; set; } = "";

    public Guid RecordId { get; set; }

    /// <summary><c>file</c>, <c>record</c> or <c>query</c>.</summary>
    public string Kind { get; set; } = "file";

    public string Title { get; set; } = "";

    /// <summary>The day that it speaks of, which is not the day of the upload.</summary>
    public DateOnly EffectiveOn { get; set; }

    /// <summary>SHA-256 of the file, or of the query's result, lower-case hexadecimal.</summary>
    public string? Sha256 { get; set; }

    public string? FileName { get; set; }

    public string? MediaType { get; set; }

    public long Size { get; set; }

    /// <summary>What the scanning hook said: <c>clean</c>, <c>not-scanned</c>, <c>refused</c>.</summary>
    public string Scan { get; set; } = "not-scanned";

    /// <summary>For a record: which.</summary>
    public string? TargetType { get; set; }

    public Guid? TargetId { get; set; }

    /// <summary>For a query: its text, with the time range.</summary>
    public string? Query { get; set; }

    public DateTimeOffset? QueryFrom { get; set; }

    public DateTimeOffset? QueryTo { get; set; }

    /// <summary>An output of the standard that it is meant for, beside those of the record's type.</summary>
    public string? Output { get; set; }

    public Guid? AddedBy { get; set; }

    public DateTimeOffset AddedAt { get; set; }

    /// <summary>Withdrawn evidence stays in the history and is counted no more.</summary>
    public DateTimeOffset? WithdrawnAt { get; set; }

    string IAudited.AuditType => "kernel.evidence";
}

/// <summary>A remark under a record.</summary>
public sealed class Comment : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public string TypeKey { get; set; } = "";

    public Guid RecordId { get; set; }

    public Guid AuthorId { get; set; }

    public string AuthorName { get; set; } = "";

    public DateTimeOffset At { get; set; }

    public string Text { get; set; } = "";

    /// <summary>People named with @, as GUIDs joined by <c>;</c>.</summary>
    public string Mentions { get; set; } = "";

    string IAudited.AuditType => "kernel.comment";
}

/// <summary>A person who wants to hear of changes to a record.</summary>
public sealed class Watcher
{
    public Guid RecordId { get; set; }

    public Guid PersonId { get; set; }

    public string TypeKey { get; set; } = "";
}

/// <summary>A list as somebody likes it: its filter, sorting and columns as the query string of the URL.</summary>
public sealed class SavedView
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    /// <summary>Record type key, or the name of another page with a list.</summary>
    public string TypeKey { get; set; } = "";

    public Guid PersonId { get; set; }

    public string Name { get; set; } = "";

    public string Query { get; set; } = "";

    /// <summary>Everybody who may read the list sees it.</summary>
    public bool Shared { get; set; }
}

/// <summary>What a person had typed into a form and not saved.</summary>
public sealed class Draft
{
    public Guid PersonId { get; set; }

    public string FormKey { get; set; } = "";

    public string Json { get; set; } = "";

    public DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>The last number given in a series such as <c>AST-2026</c>.</summary>
public sealed class NumberSeries
{
    public string Series { get; set; } = "";

    public int Last { get; set; }
}

/// <summary>One setting of the organisation.</summary>
public sealed class Setting : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public string Key { get; set; } = "";

    public string Value { get; set; } = "";

    string IAudited.AuditType => "kernel.setting";
}

/// <summary>A refused act: who wanted what, and why not.</summary>
public sealed class Denial
{
    public long Id { get; set; }

    public DateTimeOffset At { get; set; }

    public Guid? ActorId { get; set; }

    public string ActorName { get; set; } = "";

    public string Channel { get; set; } = "";

    /// <summary>The right, the type and the record or path that was asked for.</summary>
    public string Asked { get; set; } = "";

    public string Code { get; set; } = "";

    /// <summary>The network address that the request came from; null where there was none, as on the command line.</summary>
    public string? Address { get; set; }
}
