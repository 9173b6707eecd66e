using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// A folder for each hunt: the order, the rules that were given with it, where it stands, and its hits, one JSON object a line.
/// </summary>
internal sealed class HuntFiles(string root)
{
    private const string ResumeFile = "resume.bin";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The orders that are there, newest first.</summary>
    internal IReadOnlyList<HuntOrder> Orders() => !Directory.Exists(root) ? [] :
        [.. Directory.EnumerateDirectories(root).Select(folder => Guid.TryParseExact(Path.GetFileName(folder), "N", out var id) ? Order(id) : null).OfType<HuntOrder>().OrderByDescending(o => o.At).ThenByDescending(o => o.Id)];

    internal HuntOrder? Order(Guid id) => Read<HuntOrder>(PathOf(id, "order.json")) is { } order && order.Id == id ? order : null;

    internal HuntState State(Guid id) => Read<HuntState>(PathOf(id, "state.json")) ?? new HuntState();

    /// <summary>The rules that were given with an order.</summary>
    internal string? Rules(Guid id) => File.Exists(PathOf(id, "rules.yml")) ? File.ReadAllText(PathOf(id, "rules.yml")) : null;

    internal void Create(HuntOrder order, string? rules)
    {
        Directory.CreateDirectory(Path.Combine(root, order.Id.ToString("N")));
        if (rules is not null) File.WriteAllText(PathOf(order.Id, "rules.yml"), rules);
        Write(PathOf(order.Id, "state.json"), new HuntState());
        // The last to appear: without it there is no hunt.
        Write(PathOf(order.Id, "order.json"), order);
    }

    internal void Save(Guid id, HuntState state) => Write(PathOf(id, "state.json"), state);

    internal void Delete(Guid id)
    {
        var folder = Path.Combine(root, id.ToString("N"));
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>The hits in the order in which they were found. A line that was half written ends them.</summary>
    internal IEnumerable<HuntHit> Hits(Guid id)
    {
        var path = PathOf(id, "hits.jsonl");
        if (!File.Exists(path)) yield break;
        using var lines = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8);
        while (lines.ReadLine() is { } line)
        {
            HuntHit? hit;
            try
            {
                hit = JsonSerializer.Deserialize<HuntHit>(line, Json);
            }
            catch (JsonException)
            {
                yield break;
            }

            if (hit is not null) yield return hit;
        }
    }

    /// <summary>Begins the list of hits anew, or goes on behind so many bytes of it.</summary>
    internal HitFile Begin(Guid id, long behind = 0)
    {
        var file = new FileStream(PathOf(id, "hits.jsonl"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete, 1 << 16);
        file.SetLength(behind);
        file.Position = behind;
        return new HitFile(file, behind);
    }

    /// <summary>Where a hunt with these rules stood before it was broken off; null for at its beginning.</summary>
    internal HuntResumption? Resumption(Guid id, string rules) =>
        HuntResumption.Load(PathOf(id, ResumeFile), rules) is { } kept && new FileInfo(PathOf(id, "hits.jsonl")) is { Exists: true } hits && hits.Length >= kept.HitBytes ? kept : null;

    internal void Keep(Guid id, HuntResumption resumption, string rules) => resumption.Save(PathOf(id, ResumeFile), rules);

    /// <summary>It is done: nothing is gone on with.</summary>
    internal void Forget(Guid id) => File.Delete(PathOf(id, ResumeFile));

    /// <summary>A value that is kept beside the hunts.</summary>
    internal T? Kept<T>(string name) where T : class => Read<T>(Path.Combine(root, name));

    internal void Keep<T>(string name, T value)
    {
        Directory.CreateDirectory(root);
        Write(Path.Combine(root, name), value);
    }

    private string PathOf(Guid id, string name) => Path.Combine(root, id.ToString("N"), name);

    private static T? Read<T>(string path) where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Json) : null;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Write<T>(string path, T value)
    {
        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(value, Json));
        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>The list of hits while it is written.</summary>
    internal sealed class HitFile(FileStream file, long behind) : IDisposable
    {
        internal long Bytes { get; private set; } = behind;

        internal void Add(HuntHit hit)
        {
            var line = JsonSerializer.SerializeToUtf8Bytes(hit, Json);
            file.Write(line);
            file.WriteByte((byte)'\n');
            Bytes += line.Length + 1;
        }

        internal void Flush() => file.Flush();

        /// <summary>Brings it onto the disk.</summary>
        internal void Settle() => file.Flush(flushToDisk: true);

        public void Dispose() => file.Dispose();
    }
}
