using System.Security.Cryptography;
using System.Text;
using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs;

/// <summary>
/// Detection rules over log events: those of the product, those of the folder <c>rules</c> in the data folder, and those that <see cref="RuleLibrary"/> brings.
/// A changed set is compiled beside the running one and takes its place in one step.
/// </summary>
/// <param name="storage">Where the data folder is.</param>
/// <param name="scopes">For raising alerts.</param>
/// <param name="seen">Told which log sources arrive.</param>
/// <param name="mappings">What the site says of its events; null for nothing.</param>
public sealed class Detection(StorageOptions storage, IServiceScopeFactory scopes, RuleSources? seen = null, SiteMappings? mappings = null)
{
    private const int MaxFileBytes = 1 << 20;
    private const int RaiseAtOnce = 2_000;

    private readonly Lock composing = new();
    private volatile RuleSet? rules;
    private volatile IndicatorSet? indicators;
    private volatile IndicatorExceptions indicatorExceptions = IndicatorExceptions.None;
    private IReadOnlyList<RuleSupply>? files;
    private IReadOnlyList<RuleSupply> own = [];
    private IReadOnlyList<RuleSupply> packs = [];
    private IReadOnlyList<SigmaFilterRule> exceptions = [];

    /// <summary>The folders that are searched for <c>*.yml</c>, with all below them: that of the product, and that of the organisation.</summary>
    public IReadOnlyList<string> Folders { get; } = [Path.Combine(AppContext.BaseDirectory, "content", "rules", "hufu"), Path.Combine(storage.DataFolder, "rules")];

    /// <summary>The rules, read on first use. Never waits for a set that is being compiled.</summary>
    public RuleSet Rules
    {
        get
        {
            if (rules is { } running) return running;
            lock (composing) return rules ??= Compose();
        }
    }

    /// <summary>Reads the rule files again. Where they have changed, what correlations remember of the live stream begins anew.</summary>
    public RuleSet Reload()
    {
        lock (composing)
        {
            files = null;
            return rules = Compose();
        }
    }

    /// <summary>The indicators that are looked for; null when there are none.</summary>
    internal IndicatorSet? Indicators => indicators;

    /// <summary>What of indicators need not be reported.</summary>
    internal IndicatorExceptions IndicatorExceptions => indicatorExceptions;

    /// <summary>What the site says of its events now.</summary>
    internal RuleMappings Mappings => mappings?.Current ?? RuleMappings.None;

    /// <summary>Looks for other indicators from the next event on.</summary>
    internal void Use(IndicatorSet? set) => indicators = set;

    /// <summary>Puts other rules into use beside those of the files. When they cannot be put together, those that run go on.</summary>
    internal RuleSet Use(IReadOnlyList<RuleSupply> ownRules, IReadOnlyList<RuleSupply> rulePacks, IReadOnlyList<SigmaFilterRule> inForce)
    {
        lock (composing)
        {
            var before = (own, packs, exceptions);
            // What is for indicators names no rule.
            (own, packs, exceptions) = (ownRules, rulePacks, IndicatorExceptions.OfRules(inForce));
            var forIndicators = IndicatorExceptions.Of(inForce);
            try
            {
                rules = Compose();
                indicatorExceptions = forIndicators;
                return rules;
            }
            catch
            {
                (own, packs, exceptions) = before;
                throw;
            }
        }
    }

    /// <summary>The text of a rule of the files; null when it is of none.</summary>
    internal string? TextOf(KnownRule known)
    {
        if (known.Origin is not (RuleOrigin.Product or RuleOrigin.Folder)) return null;
        var folder = Folders[known.Origin == RuleOrigin.Product ? 0 : 1];
        // The name was found below that folder.
        var path = Path.Combine(folder, known.Rule.Source.Split(':')[0]);
        return File.Exists(path) && new FileInfo(path).Length <= MaxFileBytes ? File.ReadAllText(path) : null;
    }

    /// <summary>Begins to look through events that belong together, such as a file's.</summary>
    internal DetectionRun Begin() => Begin(Rules.Engine);

    /// <summary>The same with an engine that is at hand.</summary>
    internal DetectionRun Begin(SigmaEngine engine) => new(engine, () => Mappings, seen, () => indicators);

    /// <summary>Raises alerts for matches of which some may have been raised before.</summary>
    internal Task<RaisedCounts> RaiseAsync(IReadOnlyList<RuleMatch> matches, CancellationToken cancellation) => RaiseAsync(matches, counted: true, cancellation);

    /// <summary>Raises alerts for matches. An alert that somebody changes at the same moment is tried again.</summary>
    /// <param name="matches">The matches.</param>
    /// <param name="counted">Whether some may have been raised before.</param>
    /// <param name="cancellation">Stops the work.</param>
    internal async Task<RaisedCounts> RaiseAsync(IReadOnlyList<RuleMatch> matches, bool counted, CancellationToken cancellation)
    {
        var (created, grown) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        var known = 0;
        foreach (var chunk in AlertGrouping.Divide(matches, RaiseAtOnce))
        {
            for (var attempt = 1; ; attempt++)
            {
                await using var scope = scopes.CreateAsyncScope();
                var raised = await AlertGrouping.RaiseAsync(scope.ServiceProvider.GetRequiredService<RecordStore>(), chunk, counted, cancellation);
                if (raised.IsOk)
                {
                    created.AddRange(raised.Value.Created.Select(a => a.Number));
                    grown.UnionWith(raised.Value.Updated.Select(a => a.Number));
                    known += raised.Value.Known;
                    break;
                }

                if (attempt == 3 || raised.Errors[0].Code != "record.changed-meanwhile") return new RaisedCounts(created, [.. grown.Except(created)], known, raised.Errors);
            }
        }

        return new RaisedCounts(created, [.. grown.Except(created)], known, []);
    }

    private RuleSet Compose()
    {
        files ??= [Read(RuleOrigin.Folder, Folders[1], new LocalizedText("資料夾 rules", "Folder rules")), Read(RuleOrigin.Product, Folders[0], new LocalizedText("隨產品提供", "Of the product"))];
        return RuleComposition.Compose([.. own, .. files, .. packs], exceptions, rules);
    }

    private static RuleSupply Read(RuleOrigin origin, string folder, LocalizedText title)
    {
        var read = new List<SigmaRule>();
        var refused = new List<Error>();
        var stamp = new System.Text.StringBuilder();
        if (Directory.Exists(folder))
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*.yml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                var name = Path.GetRelativePath(folder, path).Replace('\\', '/');
                try
                {
                    if (new FileInfo(path).Length > MaxFileBytes)
                    {
                        refused.Add(Error.Of("logs.rule.too-large", "規則檔超過 1 MB。", "The rule file is larger than 1 MB.", name));
                        continue;
                    }

                    var text = File.ReadAllText(path);
                    stamp.Append(name).Append(' ').Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))).Append('\n');
                    var result = SigmaParser.Parse(text, name);
                    read.AddRange(result.Rules);
                    refused.AddRange(result.Errors);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    refused.Add(Error.Of("logs.rule.unreadable", $"規則檔無法讀取：{e.Message}", $"The rule file could not be read: {e.Message}", name));
                }
            }
        }

        return new RuleSupply(origin, "", title, read, refused, origin + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stamp.ToString()))));
    }
}

/// <summary>Numbers of the alerts that a batch of matches created or made grow.</summary>
public sealed record RaisedCounts(IReadOnlyList<string> Created, IReadOnlyList<string> Grown, int Known, IReadOnlyList<Error> Errors)
{
    /// <summary>Nothing.</summary>
    public static RaisedCounts None { get; } = new([], [], 0, []);
}
