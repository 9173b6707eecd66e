using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records.Storage;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// The texts of pack versions, in the data folder and so in its backup: JSON lines of name and text in the order of names, packed. A file is named by the SHA-256
/// of what is in it, never changes, and is compared with its name at each reading.
/// </summary>
public sealed class RulePackFiles(StorageOptions storage)
{
    private const long MostBytes = 512L << 20;

    /// <summary>Where they are.</summary>
    internal string Folder => Path.Combine(storage.DataFolder, "rule-packs");

    /// <summary>Keeps texts; gives their hash. The same texts are kept once, however they came.</summary>
    internal string Save(IEnumerable<KeyValuePair<string, string>> texts)
    {
        using var plain = new MemoryStream();
        foreach (var (name, text) in texts.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            using (var json = new Utf8JsonWriter(plain))
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("text", text);
                json.WriteEndObject();
            }

            plain.WriteByte((byte)'\n');
        }

        var content = plain.GetBuffer().AsSpan(0, checked((int)plain.Length));
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        Directory.CreateDirectory(Folder);
        var temporary = Path.Combine(Folder, $".{Guid.CreateVersion7():N}.part");
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                using (var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(content);
                file.Flush(flushToDisk: true);
            }

            // One that is damaged is mended by what was read again.
            File.Move(temporary, PathOf(hash), overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        return hash;
    }

    /// <summary>The texts of a version; fails where the file is gone or not as it was.</summary>
    internal Result<IReadOnlyList<KeyValuePair<string, string>>> Read(string hash)
    {
        try
        {
            using var plain = new MemoryStream();
            using (var gzip = new GZipStream(File.OpenRead(PathOf(hash)), CompressionMode.Decompress))
            {
                var buffer = new byte[128 * 1024];
                for (int read; (read = gzip.Read(buffer)) > 0;)
                {
                    plain.Write(buffer, 0, read);
                    if (plain.Length > MostBytes) return Damaged(hash);
                }
            }

            var content = plain.GetBuffer().AsMemory(0, (int)plain.Length);
            if (Convert.ToHexStringLower(SHA256.HashData(content.Span)) != hash) return Damaged(hash);
            var texts = new List<KeyValuePair<string, string>>();
            for (var at = 0; at < content.Length;)
            {
                var end = content.Span[at..].IndexOf((byte)'\n');
                if (end < 0) end = content.Length - at;
                using var json = JsonDocument.Parse(content.Slice(at, end));
                texts.Add(new(json.RootElement.GetProperty("name").GetString()!, json.RootElement.GetProperty("text").GetString()!));
                at += end + 1;
            }

            return Result.Of<IReadOnlyList<KeyValuePair<string, string>>>(texts);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException or JsonException)
        {
            return fault is FileNotFoundException or DirectoryNotFoundException
                ? Result.Fail<IReadOnlyList<KeyValuePair<string, string>>>(Error.Of("logs.rule-pack.gone", "這個版本的規則檔不在資料夾中。", "The rules of this version are not in the data folder.", hash))
                : Damaged(hash);
        }
    }

    private static Result<IReadOnlyList<KeyValuePair<string, string>>> Damaged(string hash) =>
        Result.Fail<IReadOnlyList<KeyValuePair<string, string>>>(Error.Of("logs.rule-pack.damaged", "這個版本的規則檔已損毀，與雜湊值不符。", "The rules of this version are damaged: they are not what the hash says.", hash));

    private string PathOf(string hash) => hash.Length == 64 && hash.All(char.IsAsciiHexDigitLower) ? Path.Combine(Folder, hash + ".jsonl.gz") : throw new FileNotFoundException(null, hash);
}
