using System.Text.Json;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Hufu.Identity;

/// <summary>The tables of people, units, roles and ways to sign in.</summary>
public sealed class IdentityModel : IModelContribution
{
    internal const string PersonAudit = "identity.person";

    public void Configure(ModelBuilder model)
    {
        model.Entity<Person>(e =>
        {
            e.ToTable("person");
            e.HasKey(p => p.Id);
            e.Property(p => p.Id).ValueGeneratedNever();
            e.HasIndex(p => p.NormalizedUserName).IsUnique();
            e.HasIndex(p => p.NormalizedEmail);
            e.HasIndex(p => p.UnitId);
            e.HasIndex(p => p.CalendarKeyHash).IsUnique();
            e.Property(p => p.ConcurrencyStamp).IsConcurrencyToken();
            e.Property(p => p.UserName).HasMaxLength(100);
            e.Property(p => p.NormalizedUserName).HasMaxLength(100);
            e.Property(p => p.Email).HasMaxLength(256);
            e.Property(p => p.NormalizedEmail).HasMaxLength(256);
            e.Property(p => p.DisplayName).HasMaxLength(100);
            e.HasOne<OrganisationUnit>().WithMany().HasForeignKey(p => p.UnitId).OnDelete(DeleteBehavior.Restrict);
            e.HasMany<IdentityUserClaim<Guid>>().WithOne().HasForeignKey(c => c.UserId).IsRequired();
            e.HasMany<IdentityUserLogin<Guid>>().WithOne().HasForeignKey(l => l.UserId).IsRequired();
            e.HasMany<IdentityUserToken<Guid>>().WithOne().HasForeignKey(t => t.UserId).IsRequired();
            e.HasMany<IdentityUserPasskey<Guid>>().WithOne().HasForeignKey(p => p.UserId).IsRequired();
        });
        model.Entity<OrganisationUnit>(e =>
        {
            e.ToTable("unit");
            e.Property(u => u.Id).ValueGeneratedNever();
            e.HasIndex(u => u.ParentId);
            e.Property(u => u.Name).HasMaxLength(100);
            e.Property(u => u.NameEn).HasMaxLength(200);
            e.HasOne<OrganisationUnit>().WithMany().HasForeignKey(u => u.ParentId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<Role>(e =>
        {
            e.ToTable("role");
            e.Property(r => r.Id).ValueGeneratedNever();
            e.HasIndex(r => r.Key).IsUnique();
            e.Property(r => r.Key).HasMaxLength(60);
            e.Property(r => r.NameZh).HasMaxLength(100);
            e.Property(r => r.NameEn).HasMaxLength(100);
            e.Ignore(r => r.Grants);
        });
        model.Entity<PersonRole>(e =>
        {
            e.ToTable("person_role");
            e.Property(r => r.Id).ValueGeneratedNever();
            e.HasIndex(r => new { r.PersonId, r.RoleId }).IsUnique();
            e.HasIndex(r => r.RoleId);
            e.HasOne<Person>().WithMany().HasForeignKey(r => r.PersonId).OnDelete(DeleteBehavior.Restrict);
            e.HasOne<Role>().WithMany().HasForeignKey(r => r.RoleId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<ApiToken>(e =>
        {
            e.ToTable("api_token");
            e.Property(t => t.Id).ValueGeneratedNever();
            e.HasIndex(t => t.SecretHash).IsUnique();
            e.HasIndex(t => t.PersonId);
            e.Property(t => t.Name).HasMaxLength(100);
            e.Property(t => t.Prefix).HasMaxLength(8);
            e.Property(t => t.SecretHash).HasMaxLength(64);
            e.Ignore(t => t.Grants);
            e.HasOne<Person>().WithMany().HasForeignKey(t => t.PersonId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<IdentityUserClaim<Guid>>(e =>
        {
            e.ToTable("person_claim");
            e.HasKey(c => c.Id);
        });
        model.Entity<IdentityUserLogin<Guid>>(e =>
        {
            e.ToTable("person_login");
            e.HasKey(l => new { l.LoginProvider, l.ProviderKey });
            e.Property(l => l.LoginProvider).HasMaxLength(128);
            e.Property(l => l.ProviderKey).HasMaxLength(256);
        });
        model.Entity<IdentityUserToken<Guid>>(e =>
        {
            e.ToTable("person_token");
            e.HasKey(t => new { t.UserId, t.LoginProvider, t.Name });
            e.Property(t => t.LoginProvider).HasMaxLength(128);
            e.Property(t => t.Name).HasMaxLength(128);
        });
        model.Entity<IdentityUserPasskey<Guid>>(e =>
        {
            e.ToTable("person_passkey");
            e.HasKey(p => p.CredentialId);
            // WebAuthn §4: a credential id has at most 1,023 bytes.
            e.Property(p => p.CredentialId).HasMaxLength(1024);
            e.Property(p => p.Data).HasConversion<PasskeyConverter, PasskeyComparer>();
        });
    }
}

/// <summary>A passkey as JSON.</summary>
public sealed class PasskeyConverter() : ValueConverter<IdentityPasskeyData, string>(data => Write(data), json => Read(json))
{
    internal static string Write(IdentityPasskeyData? data) => JsonSerializer.Serialize(data);

    internal static IdentityPasskeyData Read(string json) => JsonSerializer.Deserialize<IdentityPasskeyData>(json)!;
}

/// <summary>The store changes the name and the counter of a passkey in place, so what is compared with must be a copy, compared by value.</summary>
public sealed class PasskeyComparer() : ValueComparer<IdentityPasskeyData>(
    (a, b) => PasskeyConverter.Write(a) == PasskeyConverter.Write(b),
    data => PasskeyConverter.Write(data).GetHashCode(StringComparison.Ordinal),
    data => PasskeyConverter.Read(PasskeyConverter.Write(data)));
