using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hufu.Ledger;
using Hufu.Testing;

namespace Hufu.Jobs.Tests;

/// <summary>A small web server of a test on a free port of this machine.</summary>
internal sealed class LocalHttp : IAsyncDisposable
{
    private readonly HttpListener listener;
    private readonly Task loop;

    internal LocalHttp(Func<string, byte[], (int Status, string Type, byte[] Body)> answer)
    {
        (listener, var address) = LocalPorts.Listen();
        Url = address.AbsoluteUri;
        loop = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                var (status, type, bytes) = (500, "text/plain", Array.Empty<byte>());
                try
                {
                    (status, type, bytes) = answer(context.Request.Url!.AbsolutePath, body.ToArray());
                }
                catch (InvalidOperationException)
                {
                    // As a server that falls over.
                }

                context.Response.StatusCode = status;
                context.Response.ContentType = type;
                await context.Response.OutputStream.WriteAsync(bytes);
                context.Response.Close();
            }
        });
    }

    internal string Url { get; }

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await loop;
    }
}

/// <summary>OpenSSL's own time-stamp authority (<c>openssl ts -reply</c>), behind a small web server.</summary>
internal sealed class OpenSslAuthority : IAsyncDisposable
{
    private const string Program = "/usr/bin/openssl";
    private readonly string folder = Directory.CreateTempSubdirectory("hufu-tsa-").FullName;
    private readonly LocalHttp http;
    private int asked;

    private OpenSslAuthority()
    {
        using var rootKey = RSA.Create(2048);
        var root = new CertificateRequest("CN=Test Root", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var now = DateTimeOffset.UtcNow;
        using var rootCertificate = root.CreateSelfSigned(now.AddYears(-1), now.AddYears(1));
        using var key = RSA.Create(2048);
        var own = new CertificateRequest("CN=Test TSA", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        own.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.8")], critical: true));
        using var certificate = own.Create(rootCertificate, now.AddDays(-10), now.AddDays(10), RandomNumberGenerator.GetBytes(8));
        Root = rootCertificate.ExportCertificatePem();
        File.WriteAllText(At("root.pem"), Root);
        File.WriteAllText(At("tsa.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(At("tsa.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(At("serial"), "01\n");
        File.WriteAllText(At("ts.cnf"), $"""
            [ tsa ]
            default_tsa = tsa1
            [ tsa1 ]
            serial = {At("serial")}
            signer_cert = {At("tsa.pem")}
            certs = {At("root.pem")}
            signer_key = {At("tsa.key")}
            signer_digest = sha256
            default_policy = 1.2.3.4.1
            digests = sha256, sha384, sha512
            accuracy = secs:1
            ess_cert_id_alg = sha256
            """);
        http = new LocalHttp((_, query) => (200, "application/timestamp-reply", Instead is { } other ? other(query) : Reply(query)));
    }

    internal string Url => http.Url;

    /// <summary>The certificate to trust, in PEM.</summary>
    internal string Root { get; }

    /// <summary>What it answers in place of OpenSSL.</summary>
    internal Func<byte[], byte[]>? Instead { get; set; }

    internal static Task<OpenSslAuthority> StartAsync()
    {
        if (!File.Exists(Program)) Assert.Skip($"OpenSSL is not in {Program}.");
        return Task.FromResult(new OpenSslAuthority());
    }

    /// <summary>What OpenSSL says of a token.</summary>
    internal async Task<string> VerifyAsync(byte[] token, byte[] data)
    {
        await File.WriteAllBytesAsync(At("token"), token);
        await File.WriteAllBytesAsync(At("data"), data);
        return Run("ts", "-verify", "-token_in", "-in", At("token"), "-data", At("data"), "-CAfile", At("root.pem"));
    }

    public async ValueTask DisposeAsync()
    {
        await http.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private byte[] Reply(byte[] query)
    {
        var number = Interlocked.Increment(ref asked);
        File.WriteAllBytes(At($"q{number}"), query);
        Run("ts", "-reply", "-config", At("ts.cnf"), "-queryfile", At($"q{number}"), "-out", At($"r{number}"));
        return File.ReadAllBytes(At($"r{number}"));
    }

    private string At(string name) => Path.Combine(folder, name);

    private static string Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + errors.Result;
    }
}

/// <summary>A witness as C2SP tlog-witness describes it: it remembers the largest tree that it signed, and signs a larger one only with a proof.</summary>
internal sealed class TestWitness : IAsyncDisposable
{
    private readonly NoteSigner signer;
    private readonly LocalHttp http;
    private MerkleHash root;

    private TestWitness(string name)
    {
        signer = NoteSigner.Generate(name, NoteAlgorithm.CosignatureV1);
        http = new LocalHttp(Answer);
    }

    internal string Url => http.Url;

    internal NoteVerifierKey Key => signer.VerifierKey;

    /// <summary>The log that it watches.</summary>
    internal NoteVerifierKey? Log { get; set; }

    /// <summary>The largest size that it signed.</summary>
    internal long Last { get; set; }

    /// <summary>What it was shown and signed.</summary>
    internal List<(long Old, long Size)> Seen { get; } = [];

    internal static Task<TestWitness> StartAsync(string name) => Task.FromResult(new TestWitness(name));

    public ValueTask DisposeAsync() => http.DisposeAsync();

    private (int, string, byte[]) Answer(string path, byte[] body)
    {
        var text = Encoding.UTF8.GetString(body);
        var divide = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = text[..divide].Split('\n');
        if (path != "/add-checkpoint" || !lines[0].StartsWith("old ", StringComparison.Ordinal)) return (400, "text/plain", []);
        var old = long.Parse(lines[0][4..], CultureInfo.InvariantCulture);
        var checkpoint = SignedCheckpoint.Parse(Encoding.UTF8.GetBytes(text[(divide + 2)..])).Value;
        if (Log is null || checkpoint.Verify(new LedgerTrust(Log)) is { IsOk: false }) return (403, "text/plain", []);
        if (old != Last) return (409, "text/x.tlog.size", Encoding.UTF8.GetBytes($"{Last}\n"));
        var proof = new ConsistencyProof(old, checkpoint.Checkpoint.Size, [.. lines[1..].Select(l => new MerkleHash(Convert.FromBase64String(l)))]);
        if (old > 0 && !MerkleProof.VerifyConsistency(proof, root, checkpoint.Checkpoint.Root)) return (422, "text/plain", []);
        (Last, root) = (checkpoint.Checkpoint.Size, checkpoint.Checkpoint.Root);
        Seen.Add((old, Last));
        var cosigned = checkpoint.With(signer.Cosign(checkpoint.Note.Text, DateTimeOffset.UtcNow));
        return (200, "text/plain", cosigned.Bytes.ToArray()[checkpoint.Bytes.Length..]);
    }
}
