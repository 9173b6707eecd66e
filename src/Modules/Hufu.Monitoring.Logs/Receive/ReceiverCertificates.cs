using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hufu.Kernel;
using Hufu.Records.Storage;

namespace Hufu.Monitoring.Logs;

/// <summary>Certificates that receivers show: a file of the operator's, or one that the product makes for itself and senders are told to trust.</summary>
internal sealed class ReceiverCertificates(StorageOptions storage, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (DateTime Written, DateTime Good, Error? Problem)> known = new(StringComparer.Ordinal);

    /// <summary>Where the operator's files are.</summary>
    internal string Folder => Path.Combine(storage.DataFolder, "certificates");

    private string OwnFile => Path.Combine(storage.DataFolder, "keys", "log-receiver.pem");

    /// <summary>The certificate of a file with its key; of the product's own file when the name is empty.</summary>
    internal Result<X509Certificate2> Load(string name)
    {
        var path = name.Length == 0 ? OwnFile : Path.Combine(Folder, name);
        try
        {
            lock (gate)
                if (name.Length == 0 && !File.Exists(path)) Make(path);
            using var read = X509Certificate2.CreateFromPemFile(path);
            // A key that was read from PEM is for this process alone, which the handshake does not take on every system.
            return Result.Of(X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pfx), null));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return Result.Fail<X509Certificate2>(Error.Of("logs.receiver.certificate-file", $"憑證檔 {Path.GetFileName(path)} 無法使用：{e.Message}", $"The certificate file {Path.GetFileName(path)} cannot be used: {e.Message}", "certificate"));
        }
    }

    /// <summary>
    /// When the file that is shown was written, and what is wrong with one that has taken its place: a receiver begins anew with another file, but goes on with the one it has where the
    /// other cannot be used.
    /// </summary>
    internal (DateTime Written, Error? Problem) Look(string name)
    {
        // One that was taken away is made anew.
        var path = name.Length == 0 ? OwnFile : Path.Combine(Folder, name);
        var written = File.GetLastWriteTimeUtc(path);
        lock (known)
            if (known.TryGetValue(name, out var last) && last.Written == written && File.Exists(path)) return (last.Good, last.Problem);
        var loaded = Load(name);
        if (loaded.IsOk) loaded.Value.Dispose();
        lock (known)
        {
            written = File.GetLastWriteTimeUtc(path);
            var good = loaded.IsOk ? written : known.GetValueOrDefault(name).Good;
            known[name] = (written, good, loaded.IsOk ? null : loaded.Errors[0]);
            return (good, known[name].Problem);
        }
    }

    private void Make(string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Hufu log receiver", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddDnsName(Dns.GetHostName());
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var made = request.CreateSelfSigned(clock.GetUtcNow().AddDays(-1), clock.GetUtcNow().AddYears(5));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, options);
        file.Write(made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
