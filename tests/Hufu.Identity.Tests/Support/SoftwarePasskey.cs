using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hufu.Identity.Tests.Support;

/// <summary>An authenticator in software: one ES256 key, attestation "none" (WebAuthn §6 and §8.7).</summary>
internal sealed class SoftwarePasskey(string origin) : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] id = RandomNumberGenerator.GetBytes(32);
    private string user = "";
    private uint counter;

    public bool VerifiesUser { get; set; } = true;

    /// <summary>What <c>navigator.credentials.create</c> would give.</summary>
    public string Create(string optionsJson)
    {
        using var options = JsonDocument.Parse(optionsJson);
        user = options.RootElement.GetProperty("user").GetProperty("id").GetString()!;
        var client = ClientData("webauthn.create", options.RootElement.GetProperty("challenge").GetString()!);
        var point = key.ExportParameters(false).Q;
        byte[] publicKey = [0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20, .. point.X!, 0x22, 0x58, 0x20, .. point.Y!];
        byte[] authData = [.. AuthData(options.RootElement.GetProperty("rp").GetProperty("id").GetString()!, 0x40), .. new byte[16], 0, (byte)id.Length, .. id, .. publicKey];
        byte[] attestation =
        [
            0xA3, 0x63, .. "fmt"u8, 0x64, .. "none"u8, 0x67, .. "attStmt"u8, 0xA0,
            0x68, .. "authData"u8, 0x58, (byte)authData.Length, .. authData,
        ];
        return Credential(new { clientDataJSON = Base64Url.EncodeToString(client), attestationObject = Base64Url.EncodeToString(attestation), transports = new[] { "internal" } });
    }

    /// <summary>What <c>navigator.credentials.get</c> would give.</summary>
    public string Get(string optionsJson, ECDsa? otherKey = null)
    {
        using var options = JsonDocument.Parse(optionsJson);
        var client = ClientData("webauthn.get", options.RootElement.GetProperty("challenge").GetString()!);
        counter++;
        var authData = AuthData(options.RootElement.GetProperty("rpId").GetString()!, 0);
        var signature = (otherKey ?? key).SignData([.. authData, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return Credential(new { clientDataJSON = Base64Url.EncodeToString(client), authenticatorData = Base64Url.EncodeToString(authData), signature = Base64Url.EncodeToString(signature), userHandle = user });
    }

    public void Dispose() => key.Dispose();

    private string Credential(object response)
    {
        var text = Base64Url.EncodeToString(id);
        return JsonSerializer.Serialize(new { id = text, rawId = text, type = "public-key", response, clientExtensionResults = new { }, authenticatorAttachment = "platform" });
    }

    private byte[] ClientData(string type, string challenge) => Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","challenge":"{{challenge}}","origin":"{{origin}}","crossOrigin":false}""");

    private byte[] AuthData(string domain, byte more)
    {
        var count = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(count, counter);
        return [.. SHA256.HashData(Encoding.UTF8.GetBytes(domain)), (byte)((VerifiesUser ? 0x05 : 0x01) | more), .. count];
    }
}
