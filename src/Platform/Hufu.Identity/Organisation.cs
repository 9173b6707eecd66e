using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>Keys of the settings that say who the organisation is.</summary>
public static class OrganisationKeys
{
    public const string Name = "organisation.name";

    public const string NameEn = "organisation.name-en";

    /// <summary><c>true</c> for a public agency, <c>false</c> for a company.</summary>
    public const string PublicAgency = "organisation.public-agency";

    /// <summary>Responsibility level <c>A</c> to <c>E</c>, or empty where none was assigned.</summary>
    public const string Level = "organisation.level";

    /// <summary>Language of what has no reader of its own, such as reports: <c>zh-TW</c> or <c>en</c>.</summary>
    public const string Language = "organisation.language";

    /// <summary>Least length of a password.</summary>
    public const string PasswordLength = "organisation.password-length";
}

/// <summary>Who the organisation is.</summary>
public sealed record Organisation(string Name, string? NameEn, bool PublicAgency, string Level, string Language)
{
    /// <summary>Reads it from the settings; null before the first run.</summary>
    public static async Task<Organisation?> ReadAsync(HufuDbContext db, CancellationToken cancellation = default)
    {
        var settings = await db.Settings.AsNoTracking().Where(s => s.Key.StartsWith("organisation.")).ToDictionaryAsync(s => s.Key, s => s.Value, cancellation);
        return settings.TryGetValue(OrganisationKeys.Name, out var name)
            ? new Organisation(name, settings.GetValueOrDefault(OrganisationKeys.NameEn), settings.GetValueOrDefault(OrganisationKeys.PublicAgency) == "true", settings.GetValueOrDefault(OrganisationKeys.Level, ""), settings.GetValueOrDefault(OrganisationKeys.Language, "zh-TW"))
            : null;
    }
}
