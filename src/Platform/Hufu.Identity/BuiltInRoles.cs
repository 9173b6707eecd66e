using Hufu.Records;

namespace Hufu.Identity;

/// <summary>The roles that come with the product. None holds both writing and approving.</summary>
public static class BuiltInRoles
{
    public const string Administrator = "administrator";

    public const string Ciso = "ciso";

    public const string SecurityEngineer = "security-engineer";

    public const string SystemOwner = "system-owner";

    public const string Auditor = "auditor";

    public const string Staff = "staff";

    private const Right ReadWrite = Right.Read | Right.Write;

    private static readonly string[] Duties = ["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"];

    /// <summary>All of them, made anew at each call.</summary>
    public static IReadOnlyList<Role> All() =>
    [
        // Administering implies reading, never writing or approving: whoever runs the program does not sign for the organisation.
        Make(Administrator, "系統管理者", "Administrator", [new Grant("*", Right.Read | Right.Administer, Scope.All)]),
        Make(Ciso, "資安長", "Chief information security officer", [new Grant("*", Right.Read | Right.Approve, Scope.All)]),
        Make(SecurityEngineer, "資安工程師", "Security engineer", [
            .. Duties.Select(duty => new Grant(duty, ReadWrite, Scope.All)),
            new Grant("logs", Right.Read | Right.Write, Scope.All), new Grant("ledger", Right.Read, Scope.All), new Grant("audit-log", Right.Read, Scope.All),
            new Grant("jobs", Right.Read, Scope.All), new Grant("standard", Right.Read, Scope.All), new Grant("evidence", ReadWrite, Scope.All),
        ]),
        Make(SystemOwner, "系統負責人", "System owner", [
            new Grant("T2", ReadWrite, Scope.Subtree), new Grant("T7", Right.Read, Scope.Unit),
            // What a role owes has no unit of its own.
            new Grant("compliance.obligation", Right.Read, Scope.All), new Grant("compliance.occurrence", ReadWrite, Scope.All),
            new Grant("standard", Right.Read, Scope.All), new Grant("evidence", Right.Read, Scope.All),
        ]),
        Make(Auditor, "稽核員", "Auditor", [new Grant("*", Right.Read, Scope.All)]),
        // Named one by one: a grant on everything would open the areas of the product too, which know no scope.
        Make(Staff, "一般同仁", "Staff", [.. Duties.Select(duty => new Grant(duty, duty == "T7" ? ReadWrite : Right.Read, Scope.Own))]),
    ];

    private static Role Make(string key, string zh, string en, IReadOnlyList<Grant> grants) => new() { Key = key, NameZh = zh, NameEn = en, Grants = grants, BuiltIn = true };
}
