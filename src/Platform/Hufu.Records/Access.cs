using System.Linq.Expressions;

namespace Hufu.Records;

/// <summary>What a person may do with records of a type. Each right is granted by itself; none implies another but reading.</summary>
[Flags]
public enum Right
{
    None = 0,
    Read = 1,
    Write = 2,
    Approve = 4,
    Administer = 8,
}

/// <summary>How far a grant reaches, seen from the person.</summary>
public enum Scope
{
    /// <summary>Records that the person owns or created.</summary>
    Own,

    /// <summary>Records of the person's unit, and own ones.</summary>
    Unit,

    /// <summary>Records of the person's unit and all below it, and own ones.</summary>
    Subtree,

    /// <summary>Every record.</summary>
    All,
}

/// <summary>One line of a role.</summary>
/// <param name="Target"><c>*</c>, a duty (<c>T2</c>), a task (<c>T2.1</c>), a record type (<c>risk.asset</c>) or an area of the product (<c>logs</c>, <c>ledger</c>, <c>admin</c>…).</param>
/// <param name="Rights">What may be done.</param>
/// <param name="Scope">To which records.</param>
public sealed record Grant(string Target, Right Rights, Scope Scope);

/// <summary>Who acts: a person with all grants of their roles, or the product itself.</summary>
/// <param name="Id">The person; <see cref="Guid.Empty"/> for the product.</param>
/// <param name="Name">Shown in history.</param>
/// <param name="UnitId">The person's unit.</param>
/// <param name="Subtree">The person's unit and all units below it.</param>
/// <param name="Grants">All grants.</param>
/// <param name="Channel">How the person came: <c>web</c>, <c>api</c>, <c>cli</c>, <c>job</c>.</param>
public sealed record Actor(Guid Id, string Name, Guid? UnitId, IReadOnlySet<Guid> Subtree, IReadOnlyList<Grant> Grants, string Channel)
{
    /// <summary>The product itself: a job or a start-up step. It may do everything except what needs a second person.</summary>
    public static Actor System(string channel = "job") => new(Guid.Empty, "Hufu", null, new HashSet<Guid>(), [new Grant("*", Right.Read | Right.Write | Right.Administer, Scope.All)], channel);

    /// <summary>True for the product itself.</summary>
    public bool IsSystem => Id == Guid.Empty;

    /// <summary>The widest scope in which the actor has a right on a record type; null when not at all.</summary>
    public Scope? ScopeOf(RecordType type, Right right) => Widest(right, grant => Covers(grant.Target, type));

    /// <summary>True when the actor has a right on an area of the product that is no record type. An area knows no owner and no unit: a grant with a narrower scope does not open it.</summary>
    public bool May(string area, Right right) => Widest(right, grant => grant.Target == "*" || grant.Target == area) is Scope.All;

    /// <summary>True when the actor has a right on a record of this owner, creator and unit.</summary>
    public bool May(RecordType type, Right right, Guid? ownerId, Guid? createdBy, Guid? unitId) => ScopeOf(type, right) switch
    {
        null => false,
        Scope.All => true,
        Scope.Own => IsMine(ownerId, createdBy),
        Scope.Unit => IsMine(ownerId, createdBy) || (unitId is { } u && u == UnitId),
        Scope.Subtree => IsMine(ownerId, createdBy) || (unitId is { } u && Subtree.Contains(u)),
        _ => false,
    };

    /// <summary>True when the actor has a right on a record. One that is private is its owner's and its maker's alone, whatever the grants.</summary>
    public bool May(RecordType type, Right right, Record record) => May(type, right, record.OwnerId, record.CreatedBy, record.UnitId) && (record is not IMayBePrivate { IsPrivate: true } || IsSystem || IsMine(record.OwnerId, record.CreatedBy));

    /// <summary>The records of a type that the actor may read, as a condition for the database.</summary>
    public Expression<Func<T, bool>> ReadCondition<T>(RecordType type) where T : Record
    {
        var me = Id;
        var unit = UnitId;
        var subtree = Subtree.ToList();
        Expression<Func<T, bool>> granted = ScopeOf(type, Right.Read) switch
        {
            Scope.All => r => true,
            Scope.Own => r => r.OwnerId == me || r.CreatedBy == me,
            Scope.Unit => r => r.OwnerId == me || r.CreatedBy == me || (unit != null && r.UnitId == unit),
            Scope.Subtree => r => r.OwnerId == me || r.CreatedBy == me || (r.UnitId != null && subtree.Contains(r.UnitId.Value)),
            _ => r => false,
        };
        if (IsSystem || !typeof(IMayBePrivate).IsAssignableFrom(typeof(T))) return granted;
        // The declared property, so that the database can ask it.
        Expression<Func<T, bool>> mine = r => r.OwnerId == me || r.CreatedBy == me;
        var record = granted.Parameters[0];
        var shared = Expression.NotEqual(Expression.Property(record, IMayBePrivate.Property), Expression.Constant(IMayBePrivate.Private));
        return Expression.Lambda<Func<T, bool>>(Expression.AndAlso(granted.Body, Expression.OrElse(shared, new Replacing(mine.Parameters[0], record).Visit(mine.Body))), record);
    }

    private sealed class Replacing(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }

    private bool IsMine(Guid? ownerId, Guid? createdBy) => ownerId == Id || createdBy == Id;

    private Scope? Widest(Right right, Func<Grant, bool> covers)
    {
        Scope? widest = null;
        foreach (var grant in Grants)
        {
            // Whoever may write, approve or administer may also read.
            var rights = grant.Rights == Right.None ? Right.None : grant.Rights | Right.Read;
            if ((rights & right) != right || !covers(grant)) continue;
            if (widest is null || grant.Scope > widest) widest = grant.Scope;
        }

        return widest;
    }

    private static bool Covers(string target, RecordType type) =>
        target == "*" || target == type.Key || type.KnownTasks.Any(task => task == target || task.StartsWith(target + ".", StringComparison.Ordinal));
}
