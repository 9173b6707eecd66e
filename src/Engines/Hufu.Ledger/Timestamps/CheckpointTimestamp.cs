using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using Hufu.Kernel;

namespace Hufu.Ledger;

/// <summary>A time stamp that was verified.</summary>
/// <param name="Time">The time that the authority states.</param>
/// <param name="AccuracyMicroseconds">How exact it says to be, in microseconds; null when it says nothing.</param>
/// <param name="Policy">Object identifier of its policy.</param>
/// <param name="Authority">Subject of the certificate that signed.</param>
/// <param name="SerialNumber">Serial number of the stamp in hexadecimal.</param>
public sealed record VerifiedTimestamp(DateTimeOffset Time, long? AccuracyMicroseconds, string Policy, string Authority, string SerialNumber);

/// <summary>A question to a time-stamp authority (RFC 3161 §2.4.1), to be sent as <c>application/timestamp-query</c>.</summary>
public sealed class TimestampQuery
{
    private readonly Rfc3161TimestampRequest request;

    private TimestampQuery(Rfc3161TimestampRequest request) => this.request = request;

    /// <summary>The question in DER.</summary>
    public byte[] ToBytes() => request.Encode();

    /// <summary>Asks for a stamp of data: SHA-256, a random nonce of 8 bytes, and the authority's certificate in the answer.</summary>
    public static TimestampQuery Of(ReadOnlySpan<byte> data) => new(Rfc3161TimestampRequest.CreateFromData(
        data, HashAlgorithmName.SHA256, nonce: RandomNumberGenerator.GetBytes(8), requestSignerCertificates: true));

    /// <summary>Reads a question that was kept.</summary>
    public static Result<TimestampQuery> Parse(ReadOnlyMemory<byte> bytes) =>
        Rfc3161TimestampRequest.TryDecode(bytes, out var request, out var used) && used == bytes.Length
            ? Result.Of(new TimestampQuery(request))
            : Result.Fail<TimestampQuery>(LedgerErrors.Timestamp("這不是時戳請求", "this is not a time-stamp query"));

    /// <summary>
    /// Takes the token out of the authority's answer, if it granted one and it answers this question (same hash, same nonce). Keep the
    /// token; whether to believe it says <see cref="CheckpointTimestamp.Verify"/>.
    /// </summary>
    /// <param name="answer">The answer (<c>application/timestamp-reply</c>) in DER.</param>
    public Result<byte[]> Accept(ReadOnlyMemory<byte> answer)
    {
        try
        {
            var token = request.ProcessResponse(answer, out var used);
            return used == answer.Length
                ? Result.Of(token.AsSignedCms().Encode())
                : Result.Fail<byte[]>(LedgerErrors.Timestamp("回應之後還有多餘內容", "the answer goes on after its end"));
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException)
        {
            return Result.Fail<byte[]>(LedgerErrors.Timestamp($"時戳服務未核發，或回應不符請求（{e.Message}）", $"the authority refused, or its answer is not to this query ({e.Message})"));
        }
    }
}

/// <summary>Time stamps of checkpoints (RFC 3161): an outside authority's word that a log stood so at a time.</summary>
public static class CheckpointTimestamp
{
    private const string TimeStampingUsage = "1.3.6.1.5.5.7.3.8";

    /// <summary>
    /// Verifies that a token stamps exactly these bytes, that its signature holds, and that its certificate was valid for time
    /// stamping at the stamped time and chains to one of the roots. Revocation is not asked: verification needs no network.
    /// </summary>
    /// <param name="token">The token in DER.</param>
    /// <param name="checkpoint">The bytes of the note that was stamped (<see cref="SignedCheckpoint.Bytes"/>).</param>
    /// <param name="roots">Root certificates that are believed.</param>
    public static Result<VerifiedTimestamp> Verify(ReadOnlyMemory<byte> token, ReadOnlySpan<byte> checkpoint, X509Certificate2Collection roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        try
        {
            if (!Rfc3161TimestampToken.TryDecode(token, out var stamp, out var used) || used != token.Length)
                return Fail("這不是時戳", "this is not a time-stamp token");
            // Roots are offered as signer candidates too, for answers that carry no certificate.
            if (!stamp.VerifySignatureForData(checkpoint, out var signer, roots) || signer is null)
                return Fail("時戳蓋的不是這份內容，或簽章不符", "it stamps other bytes, or its signature is wrong");
            if (stamp.TokenInfo.HashAlgorithmId.Value is not (Oids.Sha256 or Oids.Sha384 or Oids.Sha512))
                return Fail("時戳的雜湊演算法太弱", "its hash algorithm is too weak");
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots);
            chain.ChainPolicy.ExtraStore.AddRange(stamp.AsSignedCms().Certificates);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTimeIgnored = false;
            chain.ChainPolicy.VerificationTime = stamp.TokenInfo.Timestamp.UtcDateTime;
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(TimeStampingUsage));
            if (!chain.Build(signer))
            {
                var reasons = string.Join("; ", chain.ChainStatus.Select(s => s.StatusInformation.Trim()));
                return Fail($"時戳服務的憑證不被信任（{reasons}）", $"the authority's certificate is not trusted ({reasons})");
            }

            var info = stamp.TokenInfo;
            return Result.Of(new VerifiedTimestamp(
                info.Timestamp, info.AccuracyInMicroseconds, info.PolicyId.Value ?? "", signer.Subject, Convert.ToHexStringLower(info.GetSerialNumber().Span)));
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException)
        {
            return Fail($"無法解讀（{e.Message}）", $"it cannot be read ({e.Message})");
        }
    }

    private static Result<VerifiedTimestamp> Fail(string zh, string en) => Result.Fail<VerifiedTimestamp>(LedgerErrors.Timestamp(zh, en));

    private static class Oids
    {
        public const string Sha256 = "2.16.840.1.101.3.4.2.1";
        public const string Sha384 = "2.16.840.1.101.3.4.2.2";
        public const string Sha512 = "2.16.840.1.101.3.4.2.3";
    }
}
