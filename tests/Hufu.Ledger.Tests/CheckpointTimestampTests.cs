using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tsp;
using Org.BouncyCastle.X509;

namespace Hufu.Ledger.Tests;

public class CheckpointTimestampTests
{
    private static readonly DateTime Stamped = new(2026, 11, 23, 8, 0, 0, DateTimeKind.Utc);
    private static readonly Authority Tsa = new("1.3.6.1.5.5.7.3.8", Stamped.AddDays(-10), Stamped.AddDays(10));

    [Fact]
    public void A_stamp_of_a_checkpoint_verifies_to_its_time()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = folder.Fill(3).Bytes;
        var query = TimestampQuery.Of(checkpoint.Span);
        Assert.Equal(query.ToBytes(), TimestampQuery.Parse(query.ToBytes()).Value.ToBytes());
        var token = query.Accept(Tsa.Answer(query.ToBytes(), Stamped)).Value;
        var verified = CheckpointTimestamp.Verify(token, checkpoint.Span, Tsa.Roots);
        Assert.True(verified.IsOk, string.Join("; ", verified.Errors));
        Assert.Equal((new DateTimeOffset(Stamped), 1_000_000L, "1.3.6.1.4.1.99999.7"), (verified.Value.Time, verified.Value.AccuracyMicroseconds, verified.Value.Policy));
        Assert.Contains("Test TSA", verified.Value.Authority, StringComparison.Ordinal);
        Assert.Equal("2a", verified.Value.SerialNumber);
    }

    [Fact]
    public void The_query_asks_for_SHA_256_with_a_fresh_nonce_and_the_certificate()
    {
        var request = new TimeStampRequest(TimestampQuery.Of("x"u8).ToBytes());
        Assert.Equal(TspAlgorithms.Sha256, request.MessageImprintAlgOid);
        Assert.Equal(SHA256.HashData("x"u8), request.GetMessageImprintDigest());
        Assert.True(request.CertReq);
        Assert.NotEqual(request.Nonce, new TimeStampRequest(TimestampQuery.Of("x"u8).ToBytes()).Nonce);
    }

    [Fact]
    public void A_stamp_of_other_bytes_by_another_root_or_damaged_is_refused()
    {
        var data = "checkpoint"u8.ToArray();
        var query = TimestampQuery.Of(data);
        var token = query.Accept(Tsa.Answer(query.ToBytes(), Stamped)).Value;
        Refused(CheckpointTimestamp.Verify(token, "Checkpoint"u8, Tsa.Roots));
        Refused(CheckpointTimestamp.Verify(token, data, []));
        Refused(CheckpointTimestamp.Verify(token, data, new Authority("1.3.6.1.5.5.7.3.8", Stamped.AddDays(-10), Stamped.AddDays(10)).Roots));
        Refused(CheckpointTimestamp.Verify(token.AsMemory(1), data, Tsa.Roots));
        Refused(CheckpointTimestamp.Verify(new byte[] { 1, 2, 3 }, data, Tsa.Roots));
        Refused(CheckpointTimestamp.Verify((byte[])[.. token, 0], data, Tsa.Roots));
    }

    [Fact]
    public void A_stamp_outside_the_certificates_life_is_refused()
    {
        var data = "checkpoint"u8.ToArray();
        var query = TimestampQuery.Of(data);
        var late = Tsa.Answer(query.ToBytes(), Stamped.AddDays(20));
        Assert.False(query.Accept(late).IsOk);
        Refused(CheckpointTimestamp.Verify(new TimeStampResponse(late).TimeStampToken.GetEncoded(), data, Tsa.Roots));
    }

    [Fact]
    public void An_answer_to_another_query_or_a_rejection_is_not_accepted()
    {
        var (mine, other) = (TimestampQuery.Of("x"u8), TimestampQuery.Of("x"u8));
        Assert.Equal("ledger.timestamp.invalid", mine.Accept(Tsa.Answer(other.ToBytes(), Stamped)).Errors[0].Code);
        Assert.Equal("ledger.timestamp.invalid", mine.Accept(Tsa.Rejection(mine.ToBytes())).Errors[0].Code);
        Assert.Equal("ledger.timestamp.invalid", mine.Accept(new byte[] { 0x30, 0x03, 0x02, 0x01 }).Errors[0].Code);
        Assert.False(TimestampQuery.Parse(new byte[] { 0x30, 0x00 }).IsOk);
    }

    [Fact]
    public void Mutated_tokens_never_throw_and_never_stamp_other_bytes()
    {
        var data = "checkpoint"u8.ToArray();
        var query = TimestampQuery.Of(data);
        var token = query.Accept(Tsa.Answer(query.ToBytes(), Stamped)).Value;
        var random = new Random(3161);
        for (var run = 0; run < 500; run++)
        {
            var bytes = token.ToArray();
            bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
            var verified = CheckpointTimestamp.Verify(bytes, data, Tsa.Roots);
            if (verified.IsOk)
                Assert.Equal(new DateTimeOffset(Stamped), verified.Value.Time);
            Assert.False(CheckpointTimestamp.Verify(bytes, "other"u8, Tsa.Roots).IsOk);
        }
    }

    [Fact]
    public void Real_answers_of_OpenSSL_are_judged_as_OpenSSL_judges_them()
    {
        var samples = Samples();
        var roots = new X509Certificate2Collection(X509CertificateLoader.LoadCertificateFromFile(Path.Combine(samples, "root-ca.pem")));
        byte[] Read(string name) => File.ReadAllBytes(Path.Combine(samples, name));
        var token = TimestampQuery.Parse(Read("evidence.tsq")).Value.Accept(Read("evidence.tsr")).Value;
        var verified = CheckpointTimestamp.Verify(token, Read("evidence.txt"), roots);
        Assert.True(verified.IsOk, string.Join("; ", verified.Errors));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 4, 14, 13, TimeSpan.Zero), verified.Value.Time);
        Assert.Equal("02", verified.Value.SerialNumber);
        Refused(CheckpointTimestamp.Verify(token, Read("evidence-tampered.txt"), roots));
        Assert.False(TimestampQuery.Parse(Read("rejected-sha1.tsq")).Value.Accept(Read("rejected-sha1.tsr")).IsOk);
        Assert.False(TimestampQuery.Parse(Read("rejected-sha1.tsq")).Value.Accept(Read("evidence.tsr")).IsOk);

        // Without a certificate in the answer the verifier must have it.
        var bare = TimestampQuery.Parse(Read("evidence-sha512-nononce.tsq")).Value.Accept(Read("evidence-sha512-nononce.tsr")).Value;
        Refused(CheckpointTimestamp.Verify(bare, Read("evidence.txt"), roots));
        roots.Add(X509CertificateLoader.LoadCertificateFromFile(Path.Combine(samples, "tsa.pem")));
        Assert.True(CheckpointTimestamp.Verify(bare, Read("evidence.txt"), roots).IsOk);
    }

    private static string Samples()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Hufu.slnx")))
            {
                var samples = Path.Combine(folder.FullName, "../shared/data/ops/made-here/T4-crypto/rfc3161");
                if (Directory.Exists(samples))
                    return samples;
            }
        }

        Assert.Skip("The sample data ../shared/data/ops/made-here/T4-crypto/rfc3161 is not present.");
        return "";
    }

    private static void Refused(Kernel.Result<VerifiedTimestamp> result)
    {
        Assert.False(result.IsOk);
        Assert.Equal("ledger.timestamp.invalid", result.Errors[0].Code);
    }

    /// <summary>A time-stamp authority in process: a root and a certificate below it.</summary>
    private sealed class Authority
    {
        private readonly AsymmetricKeyParameter key;
        private readonly Org.BouncyCastle.X509.X509Certificate certificate;

        public Authority(string usage, DateTime from, DateTime to)
        {
            using var rootKey = RSA.Create(2048);
            var rootRequest = new CertificateRequest("CN=Test Root", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            rootRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            using var root = rootRequest.CreateSelfSigned(from.AddYears(-1), to.AddYears(1));
            Roots = [X509CertificateLoader.LoadCertificate(root.RawData)];
            using var ownKey = RSA.Create(2048);
            var request = new CertificateRequest("CN=Test TSA", ownKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: true));
            using var own = request.Create(root, from, to, [1]);
            certificate = new X509CertificateParser().ReadCertificate(own.RawData);
            key = PrivateKeyFactory.CreateKey(ownKey.ExportPkcs8PrivateKey());
        }

        public X509Certificate2Collection Roots { get; }

        public byte[] Answer(byte[] query, DateTime time)
        {
            var generator = new TimeStampTokenGenerator(key, certificate, TspAlgorithms.Sha256, "1.3.6.1.4.1.99999.7");
            generator.SetCertificates(Org.BouncyCastle.Utilities.Collections.CollectionUtilities.CreateStore([certificate]));
            generator.SetAccuracySeconds(1);
            return new TimeStampResponseGenerator(generator, TspAlgorithms.Allowed).Generate(new TimeStampRequest(query), BigInteger.ValueOf(42), time).GetEncoded();
        }

        public byte[] Rejection(byte[] query)
        {
            var generator = new TimeStampTokenGenerator(key, certificate, TspAlgorithms.Sha256, "1.3.6.1.4.1.99999.7");
            return new TimeStampResponseGenerator(generator, new List<string> { TspAlgorithms.Sha512 }).Generate(new TimeStampRequest(query), BigInteger.One, Stamped).GetEncoded();
        }
    }
}
