using Hufu.Kernel;

namespace Hufu.Documents.Fonts;

/// <summary>A font of this machine.</summary>
/// <param name="Path">The file.</param>
/// <param name="Face">Which font of the file.</param>
/// <param name="Name">Name of its family.</param>
public sealed record FoundFont(string Path, int Face, string Name);

/// <summary>
/// Finds a font with the characters of Taiwan among those of the machine. The first that fits is taken: the one that is named, then the usual ones of
/// Linux, Windows and macOS. It looks once.
/// </summary>
/// <param name="named">A font file to use before all others; null for none.</param>
/// <param name="folders">Folders to look in, with all below them; null for those of the operating system.</param>
public sealed class FontFinder(string? named = null, IReadOnlyList<string>? folders = null)
{
    private const int MaxFileBytes = 100 << 20;

    // Beginnings of file names, the preferred first. What another region writes differently is told by the face.
    private static readonly string[] Known = ["NotoSansCJKtc-", "NotoSansTC-", "NotoSansCJK-", "SourceHanSansTC-", "SourceHanSansTW-", "SourceHanSans-", "msjh", "PingFang", "STHeiti", "Hiragino Sans GB", "wqy-zenhei", "wqy-microhei", "NotoSerifCJK-", "mingliu", "uming", "ukai", "DroidSansFallback"];
    private static readonly string[] Regions = ["TC", "TW", "JhengHei", "MingLiU", "HK"];
    private const string Probe = "監控日報臺灣縣。，（）１ABCabc019";

    private readonly Lock gate = new();
    private (FoundFont? Regular, FoundFont? Bold, bool Done) found;

    /// <summary>The font for texts; null where the machine has none.</summary>
    public FoundFont? Regular => Look().Regular;

    /// <summary>A bold one of the same kind; null where there is none.</summary>
    public FoundFont? Bold => Look().Bold;

    /// <summary>Why there is no PDF, in words.</summary>
    public static Error None { get; } = Error.Of(
        "documents.no-font", "這台主機沒有可用的中文字型，無法產生 PDF。請安裝 Noto Sans CJK TC（Debian／Ubuntu：fonts-noto-cjk），或以環境變數 HUFU_REPORT_FONT 指定字型檔；DOCX 與 ODT 不受影響。",
        "This machine has no usable font with Chinese characters, so that no PDF can be made. Install Noto Sans CJK TC (Debian and Ubuntu: fonts-noto-cjk), or name a font file in HUFU_REPORT_FONT; DOCX and ODT need none.");

    internal static FontFile Read(FoundFont font) => FontFile.Open(File.ReadAllBytes(font.Path), font.Face);

    private (FoundFont? Regular, FoundFont? Bold, bool Done) Look()
    {
        lock (gate)
        {
            if (found.Done) return found;
            var files = Files().ToList();
            FoundFont? regular = named is null ? null : Fitting(named), bold = null;
            if (regular is null && named is null)
                foreach (var path in Known.SelectMany(k => files.Where(f => Path.GetFileName(f).StartsWith(k, StringComparison.OrdinalIgnoreCase)).OrderBy(f => Weight(f)).ThenBy(f => f, StringComparer.Ordinal)))
                    if ((regular = Fitting(path)) is not null) break;
            if (regular is not null)
            {
                var name = Path.GetFileName(regular.Path);
                foreach (var other in new[] { name.Replace("Regular", "Bold", StringComparison.OrdinalIgnoreCase), name.Replace("msjh.", "msjhbd.", StringComparison.OrdinalIgnoreCase) }.Where(n => n != name))
                    if (bold is null && files.Find(f => string.Equals(Path.GetFileName(f), other, StringComparison.OrdinalIgnoreCase)) is { } path) bold = Fitting(path);
            }

            return found = (regular, bold, true);
        }
    }

    private static int Weight(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return name.EndsWith("Regular", StringComparison.OrdinalIgnoreCase) || name is "msjh" or "PingFang" ? 0 : name.Contains("Bold", StringComparison.OrdinalIgnoreCase) || name.EndsWith("bd", StringComparison.OrdinalIgnoreCase) ? 3 : name.Contains("Mono", StringComparison.Ordinal) ? 2 : 1;
    }

    private static FoundFont? Fitting(string path)
    {
        try
        {
            if (new FileInfo(path) is not { Exists: true, Length: > 100 and < MaxFileBytes }) return null;
            ReadOnlyMemory<byte> data = File.ReadAllBytes(path);
            var faces = new List<(FontFile Font, int Face)>();
            for (var face = 0; face < FontFile.FacesOf(data.Span); face++)
            {
                var font = FontFile.Open(data, face);
                if (font.MayEmbed && Probe.All(c => font.GlyphOf(c) > 0) && (font.IsCff || font.Optional("glyf").Length > 0) && font.Optional("fvar").Length == 0) faces.Add((font, face));
            }

            if (faces.Count == 0) return null;
            var best = Regions.Select(r => faces.Find(f => !f.Font.Family.Contains("Mono", StringComparison.Ordinal) && f.Font.Family.Contains(r, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(f => f.Font is not null);
            if (best.Font is null) best = faces[0];
            // A font whose outlines cannot be taken out is none.
            _ = FontSubset.Make(best.Font, [0, best.Font.GlyphOf('監'), best.Font.GlyphOf('A')]);
            return new FoundFont(path, best.Face, best.Font.Family.Split('\n').FirstOrDefault(n => n.All(char.IsAscii)) ?? best.Font.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    private IEnumerable<string> Files()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var places = folders ?? (OperatingSystem.IsWindows() ? [Environment.GetFolderPath(Environment.SpecialFolder.Fonts)]
            : OperatingSystem.IsMacOS() ? ["/System/Library/Fonts", "/Library/Fonts", Path.Combine(home, "Library", "Fonts")]
            : ["/usr/share/fonts", "/usr/local/share/fonts", Path.Combine(home, ".fonts"), Path.Combine(home, ".local", "share", "fonts")]);
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 8, IgnoreInaccessible = true };
        return places.Where(p => p.Length > 0 && Directory.Exists(p)).SelectMany(p => Directory.EnumerateFiles(p, "*.*", options)).Where(f => Path.GetExtension(f).ToLowerInvariant() is ".ttf" or ".otf" or ".ttc" or ".otc");
    }
}
