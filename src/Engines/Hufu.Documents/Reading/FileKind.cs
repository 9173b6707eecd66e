using System.IO.Compression;
using System.Text;
using Hufu.Kernel;

namespace Hufu.Documents.Reading;

/// <summary>Decides from the first bytes what a file is, and says in plain words what it is when it is no table.</summary>
internal static class FileKind
{
    private static ReadOnlySpan<byte> OleMagic => [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

    public static TableSource Open(Stream stream, string file, TableReadOptions options)
    {
        var head = new byte[4096];
        stream.Position = 0;
        var length = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        var start = head.AsSpan(0, length);
        stream.Position = 0;

        if (length == 0)
            throw Fault(file, "table.empty", "檔案是空的。", "The file is empty.");
        if (start.StartsWith(OleMagic))
            throw OleFault(stream, file);
        if (start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8))
            return OpenPackage(stream, file, options);
        if (start.StartsWith("%PDF"u8))
            throw Fault(file, "table.pdf", "這是 PDF 檔，不是試算表。請提供原始的試算表檔案。", "This is a PDF file, not a spreadsheet. Please give the original spreadsheet.");
        if (start.StartsWith("PK"u8) || start.StartsWith("Rar!"u8) || start.StartsWith((ReadOnlySpan<byte>)[0x37, 0x7A, 0xBC, 0xAF]) || start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            throw Fault(file, "table.archive", "這是壓縮檔。請先解壓縮，再匯入裡面的試算表。", "This is an archive. Unpack it and import the spreadsheet inside.");

        var text = Encoding.Latin1.GetString(start).TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\r', '\n', '\t');
        if (text.Contains("progid=\"Excel.Sheet\"", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<?xml", StringComparison.Ordinal) && text.Contains("urn:schemas-microsoft-com:office:spreadsheet", StringComparison.Ordinal))
            throw Fault(file, "table.xml-spreadsheet", "這是 2003 年的 XML 試算表格式。請用試算表軟體另存為 .xlsx。", "This is an XML spreadsheet of 2003. Save it as .xlsx in a spreadsheet program.");
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<table", StringComparison.OrdinalIgnoreCase))
            throw Fault(file, "table.html", "這其實是網頁（HTML），有些系統匯出的「.xls」就是這樣。請用試算表軟體開啟後另存為 .xlsx。", "This is really a web page (HTML), as some systems export under the name .xls. Open it in a spreadsheet program and save it as .xlsx.");
        return CsvSource.Open(stream, file, options);
    }

    private static TableSource OpenPackage(Stream stream, string file, TableReadOptions options)
    {
        var package = Package.Open(stream, file, options);
        try
        {
            if (package.Find("xl/workbook.bin") is not null)
                throw Fault(file, "table.xlsb", "這是二進位活頁簿（.xlsb），無法讀取。請另存為 .xlsx。", "This is a binary workbook (.xlsb), which cannot be read. Save it as .xlsx.");
            if (package.Find("content.xml") is not null || package.Find("mimetype") is not null)
                return OdsSource.Open(package);
            if (package.Find("xl/workbook.xml") is not null || package.Find("[Content_Types].xml") is not null || package.Find("_rels/.rels") is not null)
                return XlsxSource.Open(package);
            throw Fault(file, "table.archive", "這是壓縮檔，裡面不是試算表。請先解壓縮，再匯入裡面的檔案。", "This is an archive, not a spreadsheet. Unpack it and import the file inside.");
        }
        catch
        {
            package.Dispose();
            throw;
        }
    }

    /// <summary>An OLE compound file: an encrypted package has a stream of that name, whose UTF-16 name stands in its directory.</summary>
    private static TableFault OleFault(Stream stream, string file)
    {
        var wanted = Encoding.Unicode.GetBytes("EncryptedPackage");
        // The directory may stand anywhere; a password-protected workbook is small enough to look through, within this bound.
        var buffer = new byte[64 * 1024 + wanted.Length];
        var kept = 0;
        for (long seen = 0; seen < 256L * 1024 * 1024;)
        {
            var n = stream.Read(buffer, kept, buffer.Length - kept);
            if (n == 0)
                break;
            seen += n;
            var span = buffer.AsSpan(0, kept + n);
            if (span.IndexOf(wanted) >= 0)
                return Fault(file, "table.encrypted", "檔案有密碼保護。請先用試算表軟體移除密碼再匯入。", "The file is protected by a password. Remove it in a spreadsheet program first.");
            kept = Math.Min(wanted.Length, span.Length);
            span[^kept..].CopyTo(buffer);
        }

        return Fault(file, "table.xls", "這是舊版的 .xls 格式。請用試算表軟體另存為 .xlsx 或 .ods。", "This is the legacy .xls format. Save it as .xlsx or .ods in a spreadsheet program.");
    }

    internal static TableFault Fault(string file, string code, string zh, string en) => new(Error.Of(code, zh, en, file));
}
