using Hufu.Kernel;

namespace Hufu.Logs;

/// <summary>
/// The ClickHouse that a store is delivered to: <c>clickhouse:http://user:password@host:8123/database?cluster=name&amp;shards=http://a:8123,http://b:8123</c>.
/// Its text form never has the password.
/// </summary>
public sealed class ClickHouseTarget
{
    /// <summary>How a target begins.</summary>
    public const string Scheme = "clickhouse:";

    private ClickHouseTarget(Uri address, string database, string user, string password, string? cluster, IReadOnlyList<Uri> shards)
    {
        (Address, Database, User, Password, Cluster, Shards) = (address, database, user, password, cluster, shards);
    }

    /// <summary>The server that is asked; of a cluster, the one that asks the others.</summary>
    public Uri Address { get; }

    /// <summary>The database.</summary>
    public string Database { get; }

    /// <summary>The account.</summary>
    public string User { get; }

    /// <summary>The cluster, by its name in the server's settings; absent for one server.</summary>
    public string? Cluster { get; }

    /// <summary>The shards' addresses in the order of their numbers, where they are not the hosts of the cluster at the port of <see cref="Address"/>.</summary>
    public IReadOnlyList<Uri> Shards { get; }

    internal string Password { get; }

    /// <summary>Reads a target. What is wrong is said without the text, which may hold a password.</summary>
    /// <param name="text">The target.</param>
    /// <param name="password">The password where the text has none.</param>
    public static Result<ClickHouseTarget> Parse(string text, string? password = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.StartsWith(Scheme, StringComparison.Ordinal) || !IsServer(text[Scheme.Length..], out var address))
            return Fail("須為 clickhouse:http://主機:8123/資料庫", "must be clickhouse:http://host:8123/database");
        var database = Uri.UnescapeDataString(address.AbsolutePath.Trim('/'));
        if (database.Length == 0) database = "default";
        string? cluster = null;
        List<Uri> shards = [];
        foreach (var pair in address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (pair[..at], Uri.UnescapeDataString(pair[(at + 1)..])) : (pair, "");
            if (name == "cluster") cluster = value;
            else if (name != "shards") return Fail("只有 cluster 與 shards 兩個選項", "has the options cluster and shards alone");
            else
            {
                foreach (var one in value.Split(','))
                {
                    if (!IsServer(one, out var shard)) return Fail("shards 須為以逗號分隔的 http 位址", "has addresses of http, separated by commas, in shards");
                    shards.Add(Plain(shard));
                }
            }
        }

        // They stand in statements, where a name cannot be a parameter.
        if (!IsName(database) || cluster is not null && !IsName(cluster)) return Fail("資料庫與叢集名稱只能有英數字與底線", "has letters, digits and underscores alone in the names of database and cluster");
        if (shards.Count > 0 && cluster is null) return Fail("shards 須與 cluster 一起", "has shards only together with cluster");
        var account = address.UserInfo.Split(':', 2);
        var user = Uri.UnescapeDataString(account[0]);
        return Result.Of(new ClickHouseTarget(Plain(address), database, user.Length == 0 ? "default" : user, account.Length == 2 ? Uri.UnescapeDataString(account[1]) : password ?? "", cluster, shards));

        static Result<ClickHouseTarget> Fail(string zh, string en) => Result.Fail<ClickHouseTarget>(Error.Of("logs.clickhouse.target", $"日誌資料庫位址{zh}。", $"The address of the log database {en}."));
    }

    /// <summary>The target without its password.</summary>
    public override string ToString() => $"{Address.Scheme}://{Address.Authority}/{Database}{(Cluster is null ? "" : $" ({Cluster})")}";

    private static bool IsServer(string text, out Uri address)
    {
        address = null!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var read) || !(read.Scheme == Uri.UriSchemeHttp || read.Scheme == Uri.UriSchemeHttps)) return false;
        address = read;
        return true;
    }

    private static Uri Plain(Uri address) => new($"{address.Scheme}://{address.Authority}/");

    private static bool IsName(string text) => text.Length is > 0 and <= 100 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
