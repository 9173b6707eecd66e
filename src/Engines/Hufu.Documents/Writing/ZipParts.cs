using System.IO.Compression;
using System.Text;
using System.Xml;

namespace Hufu.Documents.Writing;

/// <summary>Parts of a package, written one after the other without being held; all bear the first day that zip knows.</summary>
internal static class ZipParts
{
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static void Add(ZipArchive zip, string name, string content, CompressionLevel level = CompressionLevel.Fastest)
    {
        var entry = zip.CreateEntry(name, level);
        entry.LastWriteTime = Epoch;
        using var stream = entry.Open();
        stream.Write(Encoding.UTF8.GetBytes(content));
    }

    public static void Add(ZipArchive zip, string name, Action<XmlWriter> write)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Fastest);
        entry.LastWriteTime = Epoch;
        using var stream = entry.Open();
        using var xml = XmlWriter.Create(stream, new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(false),
            NewLineHandling = NewLineHandling.None,
            CheckCharacters = true,
        });
        xml.WriteStartDocument(true);
        write(xml);
        xml.WriteEndDocument();
    }
}
