using System.Buffers.Text;
using System.Security.Cryptography;
using Hufu.Kernel;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Identity;

/// <summary>Finds the person behind a token's secret.</summary>
public sealed class ApiTokens(IDbContextFactory<HufuDbContext> factory)
{
    /// <summary>What every secret starts with, so that scanners for leaked secrets can find it.</summary>
    public const string SecretPrefix = "hufu_";

    private const int SecretBytes = 32;
    private const int EncodedLength = 43;

    /// <summary>A token that may be used now, and whose it is.</summary>
    public sealed record Found(Guid TokenId, Guid PersonId, string Account, string Name);

    /// <summary>The token with this secret, if it is neither expired nor revoked and its person is active. Notes the use, at most once a minute.</summary>
    public async Task<Found?> FindAsync(string secret, CancellationToken cancellation = default)
    {
        if (HashOf(secret) is not { } hash) return null;
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var token = await db.Set<ApiToken>().AsNoTracking().FirstOrDefaultAsync(t => t.SecretHash == hash, cancellation);
        if (token is null || !Hashing.FixedTimeEquals(token.SecretHash, hash)) return null;
        var now = db.Now;
        if (token.RevokedAt is not null || token.ExpiresAt <= now) return null;
        var person = await db.Set<Person>().AsNoTracking().Where(p => p.Id == token.PersonId && p.Active).Select(p => new { p.UserName, p.DisplayName }).FirstOrDefaultAsync(cancellation);
        if (person is null) return null;
        var minuteAgo = now.AddMinutes(-1);
        if (token.LastUsedAt is null || token.LastUsedAt <= minuteAgo)
        {
            try
            {
                await db.Set<ApiToken>().Where(t => t.Id == token.Id && (t.LastUsedAt == null || t.LastUsedAt <= minuteAgo)).ExecuteUpdateAsync(set => set.SetProperty(t => t.LastUsedAt, now), cancellation);
            }
            catch (Exception e) when (DiskFull.Is(e))
            {
                // Reading goes on while nothing can be written.
            }
        }

        return new Found(token.Id, token.PersonId, person.UserName ?? "", person.DisplayName);
    }

    internal static (string Secret, string Prefix, string Hash) Make()
    {
        var bytes = RandomNumberGenerator.GetBytes(SecretBytes);
        var text = Base64Url.EncodeToString(bytes);
        return (SecretPrefix + text, text[..8], Hashing.Sha256Hex(bytes));
    }

    internal static string? HashOf(string secret)
    {
        if (secret.Length != SecretPrefix.Length + EncodedLength || !secret.StartsWith(SecretPrefix, StringComparison.Ordinal)) return null;
        var text = secret.AsSpan(SecretPrefix.Length);
        // Asked first: the decoder throws at foreign characters, even when only trying.
        return Base64Url.IsValid(text, out var length) && length == SecretBytes ? Hashing.Sha256Hex(Base64Url.DecodeFromChars(text)) : null;
    }
}
