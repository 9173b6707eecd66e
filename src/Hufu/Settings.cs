using System.Globalization;
using Hufu.Documents.Fonts;
using Hufu.Identity;
using Hufu.Logs;
using Hufu.Monitoring.Logs;
using Hufu.Records.Storage;

namespace Hufu;

/// <summary>
/// What the operator sets in the environment, read once at the start. No page can change it. A setting that cannot be used stops the start with a
/// sentence: a sign-in that is silently not there would be worse.
/// </summary>
internal static class Settings
{
    /// <summary>The organisation's own sign-in; null where none is named.</summary>
    /// <exception cref="SettingException">The authority is no https address, or the client id is missing.</exception>
    internal static OidcOptions? Oidc()
    {
        if (Read("HUFU_OIDC_AUTHORITY") is not { } authority) return null;
        // Over plain http anybody on the way could say who somebody is; on this machine itself there is no way.
        if (!Uri.TryCreate(authority, UriKind.Absolute, out var address) || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
            throw new SettingException($"HUFU_OIDC_AUTHORITY must be an https address, not “{authority}”. / HUFU_OIDC_AUTHORITY 必須是 https 網址。");
        return new OidcOptions
        {
            Authority = authority,
            ClientId = Read("HUFU_OIDC_CLIENT_ID") ?? throw new SettingException("HUFU_OIDC_AUTHORITY needs HUFU_OIDC_CLIENT_ID beside it. / 設定 HUFU_OIDC_AUTHORITY 時須一併設定 HUFU_OIDC_CLIENT_ID。"),
            ClientSecret = Secret("HUFU_OIDC_CLIENT_SECRET"),
            DisplayName = Read("HUFU_OIDC_NAME") ?? "SSO",
            AutoProvision = Flag("HUFU_OIDC_CREATE_ACCOUNTS"),
            TrustEmail = Flag("HUFU_OIDC_TRUST_EMAIL"),
        };
    }

    /// <summary>Limits and the scanner of evidence files.</summary>
    /// <exception cref="SettingException">The scanner does not exist, or the size is no number.</exception>
    internal static FileVaultOptions Evidence()
    {
        var options = new FileVaultOptions { ScanCommand = Read("HUFU_SCAN_COMMAND") };
        if (options.ScanCommand is { } command && !File.Exists(command)) throw new SettingException($"HUFU_SCAN_COMMAND: there is no program {command}. / HUFU_SCAN_COMMAND：沒有 {command} 這個程式。");
        if (Number("HUFU_EVIDENCE_MAX_MB", 1, 200) is { } megabytes) options.MaxBytes = megabytes * 1024L * 1024;
        return options;
    }

    /// <summary>How far the times of a log source may lie from the time of receipt.</summary>
    /// <exception cref="SettingException">It is no number of seconds that makes sense.</exception>
    internal static SkewLimit Skew() => Number("HUFU_LOG_SKEW_SECONDS", 1, 86_400) is { } seconds ? new SkewLimit(TimeSpan.FromSeconds(seconds)) : new SkewLimit();

    /// <summary>How long the queries of one request over the logs may take.</summary>
    /// <exception cref="SettingException">It is no number of seconds that makes sense.</exception>
    internal static QueryLimit QueryTime() => Number("HUFU_LOG_QUERY_SECONDS", 1, 3_600) is { } seconds ? new QueryLimit(TimeSpan.FromSeconds(seconds)) : new QueryLimit();

    /// <summary>What the queries over the logs may use together.</summary>
    /// <exception cref="SettingException">One of them is no number that makes sense.</exception>
    internal static QueryRoom QueryRoom()
    {
        var room = new QueryRoom();
        return new QueryRoom(Number("HUFU_LOG_QUERY_MB", 64, 1_048_576) ?? room.Memory, Number("HUFU_LOG_QUERY_THREADS", 1, 256) ?? room.Threads);
    }

    /// <summary>The font of PDF reports; one that is named must be usable.</summary>
    /// <exception cref="SettingException">It is not there.</exception>
    internal static FontFinder ReportFont() => Read("HUFU_REPORT_FONT") is not { } file ? new FontFinder()
        : File.Exists(file) ? new FontFinder(file)
        : throw new SettingException($"HUFU_REPORT_FONT: there is no file {file}. / HUFU_REPORT_FONT：沒有 {file} 這個檔案。");

    /// <summary>The ClickHouse that logs are delivered to and searched in; null where none is named.</summary>
    /// <exception cref="SettingException">It cannot be understood.</exception>
    internal static ClickHouseTarget? Logs(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var target = ClickHouseTarget.Parse(text.Trim(), Secret("HUFU_LOGS_PASSWORD"));
        return target.IsOk ? target.Value : throw new SettingException($"--logs: {target.Errors[0].Message.En} / {target.Errors[0].Message.Zh}");
    }

    /// <summary>The place that old log files are moved to; null where none is named.</summary>
    /// <exception cref="SettingException">It cannot be understood, has no key, or is the data folder itself.</exception>
    internal static ColdTarget? LogsCold(string? text, string dataFolder)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        text = text.Trim();
        // A folder is named as others are: from where the program was started.
        if (!text.Contains("://", StringComparison.Ordinal)) text = Path.GetFullPath(text);
        var target = ColdTarget.Parse(text, Read("HUFU_LOGS_COLD_KEY"), Secret("HUFU_LOGS_COLD_SECRET"));
        if (!target.IsOk) throw new SettingException($"--logs-cold: {target.Errors[0].Message.En} / {target.Errors[0].Message.Zh}");
        // What lies in there is the product's own, and goes into its backups.
        if (target.Value.Folder is { } folder && (folder + Path.DirectorySeparatorChar).StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataFolder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new SettingException("--logs-cold must not be within the data folder. / --logs-cold 不可在資料夾（--data）之內。");
        return target.Value;
    }

    private static int? Number(string name, int least, int most) => Read(name) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new SettingException(string.Create(CultureInfo.InvariantCulture, $"{name} must be a whole number from {least} to {most}, not “{text}”. / {name} 須為 {least} 到 {most} 的整數。"));

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } text ? text : null;

    // A secret may stand in a file that only the program may read: name it in NAME_FILE.
    private static string? Secret(string name)
    {
        if (Read(name + "_FILE") is not { } file) return Read(name);
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"{name}_FILE: {e.Message}");
        }
    }

    private static bool Flag(string name) => Read(name) switch
    {
        null or "0" or "false" or "no" => false,
        "1" or "true" or "yes" => true,
        var other => throw new SettingException($"{name} must be true or false, not “{other}”. / {name} 須為 true 或 false。"),
    };
}

/// <summary>A setting of the operator's that cannot be used; its message is for the terminal.</summary>
internal sealed class SettingException(string message) : Exception(message);
