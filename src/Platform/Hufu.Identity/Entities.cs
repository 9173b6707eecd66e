using System.Text.Json;
using System.Text.Json.Serialization;
using Hufu.Records;
using Microsoft.AspNetCore.Identity;

namespace Hufu.Identity;

/// <summary>Somebody who may sign in. Never deleted, only deactivated: history keeps pointing at the person.</summary>
public sealed class Person : IdentityUser<Guid>, IAudited
{
    public Person() => Id = Guid.CreateVersion7();

    public string DisplayName { get; set; } = "";

    public Guid? UnitId { get; set; }

    /// <summary><c>zh-TW</c> or <c>en</c>.</summary>
    public string Language { get; set; } = "zh-TW";

    /// <summary><c>system</c>, <c>light</c> or <c>dark</c>.</summary>
    public string Theme { get; set; } = "system";

    /// <summary>An inactive person cannot sign in by any way.</summary>
    public bool Active { get; set; } = true;

    /// <summary>The password was given by somebody else: until the person has chosen an own one, they have no rights.</summary>
    public bool MustChangePassword { get; set; }

    /// <summary>SHA-256 of the secret in the person's calendar address, lower-case hexadecimal; null when there is none.</summary>
    public string? CalendarKeyHash { get; set; }

    /// <summary>Hour of the day (0–23) of the daily digest; null for none.</summary>
    public int? DigestHour { get; set; }

    /// <summary>JSON object: which notices by which way; null for the defaults.</summary>
    public string? NoticePreferences { get; set; }

    public DateOnly? JoinedOn { get; set; }

    public DateOnly? LeftOn { get; set; }

    string IAudited.AuditType => IdentityModel.PersonAudit;
}

/// <summary>A unit of the organisation; units form one tree.</summary>
public sealed class OrganisationUnit : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public string Name { get; set; } = "";

    public string? NameEn { get; set; }

    /// <summary>The unit above; null at the top.</summary>
    public Guid? ParentId { get; set; }

    /// <summary>Place among its siblings.</summary>
    public int Order { get; set; }

    string IAudited.AuditType => "identity.unit";
}

/// <summary>A named set of grants.</summary>
public sealed class Role : IAudited
{
    private string grantsJson = "[]";
    private IReadOnlyList<Grant>? grants;

    public Guid Id { get; set; } = Guid.CreateVersion7();

    /// <summary>Stable key, lower-case with dashes.</summary>
    public string Key { get; set; } = "";

    public string NameZh { get; set; } = "";

    public string NameEn { get; set; } = "";

    /// <summary>The grants as stored.</summary>
    public string GrantsJson
    {
        get => grantsJson;
        set
        {
            grantsJson = value;
            grants = null;
        }
    }

    /// <summary>Comes with the product; its grants are not edited by hand.</summary>
    public bool BuiltIn { get; set; }

    /// <summary>What the role gives.</summary>
    public IReadOnlyList<Grant> Grants
    {
        get => grants ??= GrantJson.Read(grantsJson);
        set => GrantsJson = GrantJson.Write(value);
    }

    string IAudited.AuditType => "identity.role";
}

/// <summary>A role that a person has.</summary>
public sealed class PersonRole : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public Guid PersonId { get; set; }

    public Guid RoleId { get; set; }

    /// <summary>Last day on which it counts; null without end.</summary>
    public DateOnly? ValidUntil { get; set; }

    string IAudited.AuditType => "identity.person-role";
}

/// <summary>A secret with which a program acts as a person, within the token's own grants and never beyond the person's.</summary>
public sealed class ApiToken : IAudited
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public Guid PersonId { get; set; }

    public string Name { get; set; } = "";

    /// <summary>First eight characters of the secret, to tell tokens apart.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>SHA-256 of the 32 random bytes, lower-case hexadecimal.</summary>
    public string SecretHash { get; set; } = "";

    /// <summary>The most that the token may do, as stored.</summary>
    public string GrantsJson { get; set; } = "[]";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>When it was last used, exact to a minute.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>The most that the token may do.</summary>
    public IReadOnlyList<Grant> Grants
    {
        get => GrantJson.Read(GrantsJson);
        set => GrantsJson = GrantJson.Write(value);
    }

    string IAudited.AuditType => "identity.token";
}

/// <summary>How grants are stored: a JSON array of target, rights by name, and scope by name.</summary>
internal static class GrantJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, false) } };

    public static IReadOnlyList<Grant> Read(string json) => JsonSerializer.Deserialize<List<Grant>>(json, Options) ?? [];

    public static string Write(IEnumerable<Grant> grants) => JsonSerializer.Serialize(grants, Options);
}
