using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Hufu.Documents.Writing;

/// <summary>The objects of a PDF 1.7 file (ISO 32000-1), numbered from 1.</summary>
internal sealed class PdfFile
{
    private readonly List<byte[]?> objects = [];

    /// <summary>Keeps a number for an object that is filled in later.</summary>
    public int Reserve()
    {
        objects.Add(null);
        return objects.Count;
    }

    public int Add(string content) => Set(Reserve(), content);

    public int Set(int number, string content)
    {
        objects[number - 1] = Encoding.ASCII.GetBytes(content);
        return number;
    }

    /// <summary>A packed stream.</summary>
    /// <param name="content">Its bytes before they are packed.</param>
    /// <param name="entries">Further entries of its dictionary.</param>
    public int AddStream(ReadOnlySpan<byte> content, string entries = "")
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(content);
        using var whole = new MemoryStream();
        whole.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<< /Filter /FlateDecode /Length {packed.Length}{(entries.Length > 0 ? " " + entries : "")} >>\nstream\n")));
        packed.WriteTo(whole);
        whole.Write("\nendstream"u8);
        var number = Reserve();
        objects[number - 1] = whole.ToArray();
        return number;
    }

    public byte[] Write(int catalog, int info)
    {
        using var file = new MemoryStream();
        file.Write("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n"u8);
        var places = new long[objects.Count];
        for (var i = 0; i < objects.Count; i++)
        {
            places[i] = file.Length;
            file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n")));
            file.Write(objects[i] ?? throw new InvalidOperationException($"Object {i + 1} was kept and not filled in."));
            file.Write("\nendobj\n"u8);
        }

        var table = file.Length;
        var id = Convert.ToHexString(SHA256.HashData(file.ToArray()).AsSpan(0, 16));
        var end = new StringBuilder();
        end.Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n");
        foreach (var place in places) end.Append(CultureInfo.InvariantCulture, $"{place:D10} 00000 n \n");
        end.Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {objects.Count + 1} /Root {catalog} 0 R /Info {info} 0 R /ID [<{id}> <{id}>] >>\nstartxref\n{table}\n%%EOF\n");
        file.Write(Encoding.ASCII.GetBytes(end.ToString()));
        return file.ToArray();
    }

    /// <summary>A text as a string of UTF-16, for what is no page content.</summary>
    public static string Text(string text) => $"<FEFF{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(XmlText.Clean(text)))}>";
}
