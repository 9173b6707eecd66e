using Hufu.Kernel;

namespace Hufu.Scans.Nmap;

/// <summary>Counts what is read: in all, and since the last XML node. Its head can be looked at before it is read.</summary>
internal sealed class GuardedStream(Stream inner, NmapReadOptions options) : ForwardStream
{
    /// <summary>nmap's first comment repeats its command line, which the system bounds well below this.</summary>
    private const int HeadBytes = 1024 * 1024;

    private byte[] head = [];
    private int headRead;
    private long position;
    private long mark;

    /// <summary>True when the file was read to its end.</summary>
    public bool IsAtEnd { get; private set; }

    public override long Position { get => position; set => throw new NotSupportedException(); }

    public ReadOnlySpan<byte> Head()
    {
        var buffer = new byte[HeadBytes];
        var n = inner.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        head = buffer[..n];
        return head;
    }

    public void Mark() => mark = position;

    public override int Read(Span<byte> buffer)
    {
        int n;
        if (headRead < head.Length)
        {
            n = Math.Min(buffer.Length, head.Length - headRead);
            head.AsSpan(headRead, n).CopyTo(buffer);
            headRead += n;
        }
        else
        {
            n = inner.Read(buffer);
            IsAtEnd = IsAtEnd || n == 0 && buffer.Length > 0;
        }

        position += n;
        if (position > options.MaxBytes)
            throw new ScanFault("scan.too-large", $"檔案超過上限 {options.MaxBytes / 1024 / 1024:N0} MB。請分成幾次掃描。", $"The file is larger than {options.MaxBytes / 1024 / 1024:N0} MB. Split the scan.");
        if (position - mark > options.MaxTokenBytes)
            throw new ScanFault("scan.xml-token", "檔案內有一段異常長的 XML，已停止處理。", "The file holds an abnormally long piece of XML and was not read further.");
        return n;
    }
}
