using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Xml;
using Hufu.Kernel;

namespace Hufu.Scans.Nmap;

/// <summary>
/// Reads nmap's XML output (<c>-oX</c>) forward, host by host. nmap's own files declare <c>&lt;!DOCTYPE nmaprun&gt;</c>; the
/// declaration is skipped unread, and a document whose declaration defines entities is refused.
/// </summary>
public sealed class NmapReader
{
    private const int MaxWarnings = 100;

    private readonly NmapReadOptions options;
    private readonly string file;
    private readonly GuardedStream input;
    private readonly XmlReader xml;
    private readonly IXmlLineInfo lines;
    private readonly List<NmapHost> hosts = [];
    private readonly List<Error> warnings = [];
    private string arguments = "", version = "";
    private DateTimeOffset? started, finished;
    private bool succeeded;
    private int portsTotal;

    private NmapReader(GuardedStream input, XmlReader xml, string file, NmapReadOptions options)
    {
        this.input = input;
        this.xml = xml;
        this.file = file;
        this.options = options;
        lines = (IXmlLineInfo)xml;
    }

    /// <summary>Reads a scan. What is wrong is told by <see cref="NmapScan.Error"/> and <see cref="NmapScan.Warnings"/>; nothing is thrown for what a file holds.</summary>
    /// <param name="stream">The file from its start; need not seek and is not closed.</param>
    /// <param name="fileName">Its name, for messages.</param>
    /// <param name="options">Bounds; null means <see cref="NmapReadOptions.Default"/>.</param>
    public static NmapScan Read(Stream stream, string fileName, NmapReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= NmapReadOptions.Default;
        var file = Path.GetFileName(fileName);
        using var input = new GuardedStream(stream, options);
        if (Prolog.Check(input.Head(), file) is { } refused)
            return Empty(refused);
        XmlReader xml;
        try
        {
            xml = XmlReader.Create(input, new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Ignore,
                XmlResolver = null,
                IgnoreComments = true,
                IgnoreProcessingInstructions = true,
                IgnoreWhitespace = true,
                MaxCharactersInDocument = options.MaxBytes,
                CloseInput = false,
            });
        }
        catch (XmlException fault)
        {
            return Empty(Invalid(fault, file, input.IsAtEnd));
        }
        catch (ScanFault fault)
        {
            return Empty(fault.Error with { Place = file });
        }

        using (xml)
            return new NmapReader(input, xml, file, options).Run();
    }

    private static NmapScan Empty(Error error) => new("", "", null, null, false, [], [], error);

    private static Error Invalid(XmlException fault, string file, bool atEnd) => atEnd
        ? Error.Of("scan.truncated",
            $"檔案在第 {fault.LineNumber} 行中斷，掃描可能未執行完畢。中斷之前完整的主機已讀入，未列出的主機不代表不存在。",
            $"The file breaks off at line {fault.LineNumber}; the scan was probably not finished. The hosts before that were read; one that is not listed may still exist.", $"{file}:{fault.LineNumber}")
        : Error.Of("scan.xml-invalid",
            $"第 {fault.LineNumber} 行第 {fault.LinePosition} 字的 XML 不正確。請重新匯出掃描結果（nmap -oX）。",
            $"The XML is not well-formed at line {fault.LineNumber}, column {fault.LinePosition}. Export the scan again (nmap -oX).", $"{file}:{fault.LineNumber}");

    private NmapScan Run()
    {
        Error? error = null;
        try
        {
            ReadDocument();
        }
        catch (XmlException fault)
        {
            error = Invalid(fault, file, input.IsAtEnd);
        }
        catch (ScanFault fault)
        {
            error = fault.Error with { Place = $"{file}:{Math.Max(1, lines.LineNumber)}" };
        }

        return new NmapScan(arguments, version, started, finished, error is null && succeeded, hosts, warnings, error);
    }

    private bool Next()
    {
        input.Mark();
        if (!xml.Read())
            return false;
        if (xml.Depth > options.MaxDepth)
            throw new ScanFault("scan.xml-depth", "XML 巢狀過深，已停止處理。", "The XML is nested too deep and was not read further.");
        return true;
    }

    private void ReadDocument()
    {
        while (Next() && xml.NodeType != XmlNodeType.Element)
        {
        }

        if (xml.NodeType != XmlNodeType.Element || xml.LocalName != "nmaprun")
            throw new ScanFault("scan.not-nmap", "這不是 nmap 的 XML 掃描結果。請以 nmap -oX 匯出。", "This is not nmap's XML output. Export with nmap -oX.");
        arguments = Attribute("args");
        version = Attribute("version");
        started = Time(Attribute("start"));
        if (xml.IsEmptyElement)
            return;
        while (Next())
        {
            if (xml.NodeType == XmlNodeType.Element && xml.Depth == 1 && xml.LocalName == "host")
            {
                if (hosts.Count >= options.MaxHosts)
                    throw new ScanFault("scan.hosts", $"主機超過上限 {options.MaxHosts:N0} 台。請分成幾次掃描。", $"More than {options.MaxHosts:N0} hosts. Split the scan.");
                hosts.Add(ReadHost());
            }
            else if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "finished")
            {
                finished = Time(Attribute("time"));
                succeeded = Attribute("exit") is "success" or "";
            }
        }
    }

    /// <summary>Walks the elements inside the current one.</summary>
    private IEnumerable<string> Children(string name)
    {
        if (xml.IsEmptyElement)
            yield break;
        var depth = xml.Depth;
        while (Next())
        {
            if (xml.NodeType == XmlNodeType.EndElement && xml.Depth == depth && xml.LocalName == name)
                yield break;
            if (xml.NodeType == XmlNodeType.Element)
                yield return xml.LocalName;
        }
    }

    private NmapHost ReadHost()
    {
        var line = lines.LineNumber;
        var timedOut = Attribute("timedout") == "true";
        string state = "unknown", reason = "";
        var addresses = new List<NmapAddress>();
        var names = new List<NmapHostname>();
        var ports = new List<NmapPort>();
        var others = new List<NmapPortCount>();
        var systems = new List<(string Name, int Accuracy, List<string> Cpes)>();
        var scripts = new List<NmapScript>();
        foreach (var element in Children("host"))
        {
            switch (element)
            {
                case "status":
                    (state, reason) = (Word(Attribute("state"), "unknown"), Attribute("reason"));
                    break;
                case "address":
                    ReadAddress(addresses);
                    break;
                case "hostname" when names.Count < options.MaxItems && Attribute("name") is { Length: > 0 } name:
                    names.Add(new NmapHostname(name, Attribute("type")));
                    break;
                case "extraports":
                    if (others.Count < options.MaxItems)
                        others.Add(new NmapPortCount(Attribute("state"), Math.Max(0, Number("count", 0))));
                    break;
                case "port":
                    if (ports.Count >= options.MaxPorts || ++portsTotal > options.MaxPortsTotal)
                        throw new ScanFault("scan.ports", "連接埠數量超過上限。請分成幾次掃描。", "More ports than the limit. Split the scan.");
                    if (ReadPort() is { } port)
                        ports.Add(port);
                    break;
                case "osmatch" when systems.Count < options.MaxItems:
                    systems.Add((Attribute("name"), Math.Clamp(Number("accuracy", 0), 0, 100), []));
                    break;
                case "cpe" when systems.Count > 0:
                    AddCpe(systems[^1].Cpes);
                    break;
                case "script":
                    AddScript(scripts);
                    break;
            }
        }

        return new NmapHost(line, state, reason, timedOut, addresses, names, ports, others, [.. systems.Select(s => new NmapOsMatch(s.Name, s.Accuracy, s.Cpes))], scripts);
    }

    private void ReadAddress(List<NmapAddress> addresses)
    {
        var (text, kind) = (Attribute("addr"), Attribute("addrtype"));
        var address = kind switch
        {
            "mac" => CanonicalMac(text) is { } mac ? new NmapAddress(mac, NmapAddressKind.Mac, Attribute("vendor")) : null,
            _ when IPAddress.TryParse(text, out var ip) && !text.Contains('%', StringComparison.Ordinal) => ip.AddressFamily == AddressFamily.InterNetwork
                // "10.1" and octal parts parse too; nmap writes four decimal parts.
                ? ip.ToString() == text ? new NmapAddress(text, NmapAddressKind.Ipv4, "") : null
                : new NmapAddress(ip.ToString(), NmapAddressKind.Ipv6, ""),
            _ => null,
        };
        if (address is null)
            Warn("scan.address", $"位址「{Shorten(text)}」無法辨識，已略過。", $"The address '{Shorten(text)}' cannot be read and was left out.");
        else if (addresses.Count < options.MaxItems)
            addresses.Add(address);
    }

    private static string? CanonicalMac(string text)
    {
        var digits = text.Replace(":", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return digits.Length == 12 && digits.All(char.IsAsciiHexDigit)
            ? string.Join(':', digits.ToUpperInvariant().Chunk(2).Select(p => new string(p)))
            : null;
    }

    private NmapPort? ReadPort()
    {
        var line = lines.LineNumber;
        var protocol = Attribute("protocol");
        var spelled = Attribute("portid");
        string state = "unknown", reason = "";
        NmapService? service = null;
        var cpes = new List<string>();
        var scripts = new List<NmapScript>();
        foreach (var element in Children("port"))
        {
            switch (element)
            {
                case "state":
                    (state, reason) = (Word(Attribute("state"), "unknown"), Attribute("reason"));
                    break;
                case "service":
                    service = new NmapService(Attribute("name"), Attribute("product"), Attribute("version"), Attribute("extrainfo"), Attribute("tunnel"), Attribute("method") == "probed", Math.Clamp(Number("conf", 0), 0, 10), cpes);
                    break;
                case "cpe":
                    AddCpe(cpes);
                    break;
                case "script":
                    AddScript(scripts);
                    break;
            }
        }

        if (int.TryParse(spelled, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 65_535 && protocol.Length > 0)
            return new NmapPort(line, protocol, number, state, reason, service, scripts);
        Warn("scan.port", $"連接埠「{Shorten(spelled)}」不正確，已略過。", $"The port '{Shorten(spelled)}' makes no sense and was left out.", line);
        return null;
    }

    private void AddCpe(List<string> cpes)
    {
        if (xml.IsEmptyElement || !Next() || xml.NodeType != XmlNodeType.Text)
            return;
        if (cpes.Count < options.MaxItems && xml.Value.StartsWith("cpe:", StringComparison.Ordinal) && !cpes.Contains(xml.Value))
            cpes.Add(xml.Value);
    }

    private void AddScript(List<NmapScript> scripts)
    {
        if (scripts.Count >= options.MaxItems)
            return;
        var output = Attribute("output");
        var cut = output.Length > options.MaxScriptChars;
        scripts.Add(new NmapScript(Attribute("id"), cut ? output[..options.MaxScriptChars] : output, cut));
    }

    private string Attribute(string name) => xml.GetAttribute(name) ?? "";

    private int Number(string attribute, int otherwise) => int.TryParse(xml.GetAttribute(attribute), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private static string Word(string text, string otherwise) => text.Length == 0 ? otherwise : text;

    private static DateTimeOffset? Time(string seconds) =>
        long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(n) : null;

    private void Warn(string code, string zh, string en, int? line = null)
    {
        if (warnings.Count < MaxWarnings)
            warnings.Add(Error.Of(code, zh, en, $"{file}:{line ?? lines.LineNumber}"));
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 59), "…");
}

/// <summary>A limit that was met; the place is added by the reader.</summary>
internal sealed class ScanFault(string code, string zh, string en) : Exception(en)
{
    public Error Error { get; } = Error.Of(code, zh, en);
}
