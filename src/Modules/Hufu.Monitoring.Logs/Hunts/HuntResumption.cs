using System.Text;
using System.Text.Json;

namespace Hufu.Monitoring.Logs;

/// <summary>Where a hunt stood between two stretches of the store: what a restart goes on from.</summary>
/// <param name="State">What it had come to, as in its state.</param>
/// <param name="Segment">The next event's segment; those before are done.</param>
/// <param name="Row">Its row.</param>
/// <param name="HitBytes">Length of the list of hits.</param>
/// <param name="Run">What the rules remember of events.</param>
internal sealed record HuntResumption(HuntState State, string Segment, int Row, long HitBytes, byte[] Run)
{
    private const int Version = 1;

    /// <summary>What is remembered beyond this is not written: such a hunt goes on from where it was last written.</summary>
    internal const long MostRemembered = 1_000_000;

    /// <summary>Writes it; the file is whole or as it was.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rules">Tells the rules.</param>
    internal void Save(string path, string rules)
    {
        using (var file = new FileStream(path + ".tmp", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        using (var writer = new BinaryWriter(file, Encoding.UTF8))
        {
            writer.Write(Version);
            writer.Write(rules);
            writer.Write(JsonSerializer.Serialize(State, JsonSerializerOptions.Web));
            writer.Write(Segment);
            writer.Write(Row);
            writer.Write(HitBytes);
            writer.Write(Run.Length);
            writer.Write(Run);
            writer.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>Reads it; null when there is none, it is damaged, or of other rules.</summary>
    internal static HuntResumption? Load(string path, string rules)
    {
        try
        {
            using var reader = new BinaryReader(new FileStream(path, FileMode.Open, FileAccess.Read), Encoding.UTF8);
            if (reader.ReadInt32() != Version || reader.ReadString() != rules) return null;
            var state = JsonSerializer.Deserialize<HuntState>(reader.ReadString(), JsonSerializerOptions.Web);
            var (segment, row, bytes, length) = (reader.ReadString(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt32());
            var run = reader.ReadBytes(length);
            return state is null || run.Length != length ? null : new HuntResumption(state, segment, row, bytes, run);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or FormatException or ArgumentException)
        {
            return null;
        }
    }
}
