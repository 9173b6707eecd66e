using System.Text.Json;
using System.Text.Json.Serialization;
using Hufu.Logs.Store;

namespace Hufu.Logs.Cold;

/// <summary>
/// Beside a manifest: its Parquet file lies in cold storage, where it was read back. Without the manifest, because another file has taken its place: the
/// file in cold storage is still to be deleted.
/// </summary>
internal sealed record ColdMark
{
    /// <summary>Its ending.</summary>
    public const string Ending = ".cold";

    public int Schema { get; init; } = 1;

    /// <summary>The place, as <see cref="ColdTarget.ToString"/> says it.</summary>
    public required string Place { get; init; }

    /// <summary>What the file is called there.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the file, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Length of the file in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>When it was moved.</summary>
    public required DateTimeOffset MovedAt { get; init; }

    /// <summary>The name that a file has in cold storage: no two contents have the same, whichever store they are of.</summary>
    public static string NameOf(string stem, string sha256) => $"{stem}-{sha256[..16]}.parquet";

    /// <summary>Reads a mark; null when there is none.</summary>
    /// <exception cref="InvalidDataException">It cannot be read, or is another file's.</exception>
    public static ColdMark? Read(string path, string stem)
    {
        try
        {
            if (JsonSerializer.Deserialize(File.ReadAllBytes(path), ColdJson.Default.ColdMark) is { Schema: 1, Length: > 0, Sha256.Length: 64 } mark && mark.Sha256.All(char.IsAsciiHexDigitLower) && mark.Name == NameOf(stem, mark.Sha256)) return mark;
            throw new InvalidDataException($"The mark {path} is not one of {stem}.");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"The mark {path} cannot be read: {fault.Message}", fault);
        }
    }

    public void Write(string path) => DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, ColdJson.Default.ColdMark));
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ColdMark))]
internal sealed partial class ColdJson : JsonSerializerContext;
