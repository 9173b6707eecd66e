using Hufu.Kernel;
using Hufu.Logs;
using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Sigma;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Monitoring.Logs;

/// <summary>The rules in use, and those that were refused.</summary>
public sealed record RuleSet(SigmaEngine Engine, IReadOnlyList<SigmaRule> Rules, IReadOnlyList<Error> Refused);

/// <summary>Detection rules over log events. Rules come with the product and from the folder <c>rules</c> in the data folder.</summary>
public sealed class Detection(StorageOptions storage, IServiceScopeFactory scopes)
{
    private const int MaxFileBytes = 1 << 20;
    private const int RaiseAtOnce = 2_000;

    private readonly Lock gate = new();
    private RuleSet? rules;

    /// <summary>The folders that are searched for <c>*.yml</c>, with all below them.</summary>
    public IReadOnlyList<string> Folders { get; } = [Path.Combine(AppContext.BaseDirectory, "content", "rules", "hufu"), Path.Combine(storage.DataFolder, "rules")];

    /// <summary>The rules, read on first use.</summary>
    public RuleSet Rules
    {
        get
        {
            lock (gate) return rules ??= Read();
        }
    }

    /// <summary>Reads the rule files again. What correlations remember of the live stream begins anew.</summary>
    public RuleSet Reload()
    {
        lock (gate) return rules = Read();
    }

    /// <summary>Begins to look through events that belong together, such as a file's.</summary>
    internal DetectionRun Begin() => new(Rules.Engine);

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

    private RuleSet Read()
    {
        var read = new List<SigmaRule>();
        var refused = new List<Error>();
        foreach (var folder in Folders.Where(Directory.Exists))
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

                    var result = SigmaParser.Parse(File.ReadAllText(path), name);
                    read.AddRange(result.Rules);
                    refused.AddRange(result.Errors);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    refused.Add(Error.Of("logs.rule.unreadable", $"規則檔無法讀取：{e.Message}", $"The rule file could not be read: {e.Message}", name));
                }
            }
        }

        var engine = SigmaEngine.Compile(read);
        refused.AddRange(engine.Refused);
        var unusable = engine.Refused.Select(e => e.Place).ToHashSet(StringComparer.Ordinal);
        return new RuleSet(engine, [.. read.Where(r => !unusable.Contains(r.Source))], refused);
    }
}

/// <summary>Numbers of the alerts that a batch of matches created or made grow.</summary>
public sealed record RaisedCounts(IReadOnlyList<string> Created, IReadOnlyList<string> Grown, int Known, IReadOnlyList<Error> Errors)
{
    /// <summary>Nothing.</summary>
    public static RaisedCounts None { get; } = new([], [], 0, []);
}
