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
public sealed class Detection(StorageOptions storage, IServiceScopeFactory scopes) : IDisposable
{
    private const int MaxFileBytes = 1 << 20;
    private const int RaiseAtOnce = 2_000;
    private const int MaxWaiting = 100_000;

    private readonly Lock gate = new();
    private readonly SemaphoreSlim following = new(1, 1);
    private readonly List<RuleMatch> waiting = [];
    private RuleSet? rules;
    private DetectionRun? live;

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
        lock (gate)
        {
            live = null;
            return rules = Read();
        }
    }

    /// <summary>Begins to look through events that belong together, such as a file's.</summary>
    internal DetectionRun Begin() => new(Rules.Engine);

    /// <summary>
    /// Looks at events of the live stream, in the order in which they came, and raises what the rules find. What cannot be raised now, because the
    /// database takes nothing, is kept and raised with the next call.
    /// </summary>
    internal async Task<RaisedCounts> FollowAsync(IReadOnlyList<LogEvent> events, IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        await following.WaitAsync(cancellation);
        try
        {
            DetectionRun run;
            lock (gate) run = live ??= new DetectionRun((rules ??= Read()).Engine);
            run.Process(events, ids);
            waiting.AddRange(run.Take());
            if (waiting.Count > MaxWaiting) waiting.RemoveRange(0, waiting.Count - MaxWaiting);
            return await RaiseOwnedAsync(cancellation);
        }
        finally
        {
            following.Release();
        }
    }

    /// <summary>Raises what could not be raised before.</summary>
    internal async Task RaiseWaitingAsync(CancellationToken cancellation)
    {
        await following.WaitAsync(cancellation);
        try
        {
            await RaiseOwnedAsync(cancellation);
        }
        finally
        {
            following.Release();
        }
    }

    private async Task<RaisedCounts> RaiseOwnedAsync(CancellationToken cancellation)
    {
        if (waiting.Count == 0) return new RaisedCounts([], [], 0, []);
        var raised = await RaiseAsync(waiting, cancellation);
        if (raised.Errors.Count == 0) waiting.Clear();
        return raised;
    }

    /// <summary>Raises alerts for matches. An alert that somebody changes at the same moment is tried again.</summary>
    internal async Task<RaisedCounts> RaiseAsync(IReadOnlyList<RuleMatch> matches, CancellationToken cancellation)
    {
        var (created, grown) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        var known = 0;
        foreach (var chunk in matches.Chunk(RaiseAtOnce))
        {
            for (var attempt = 1; ; attempt++)
            {
                await using var scope = scopes.CreateAsyncScope();
                var raised = await AlertGrouping.RaiseAsync(scope.ServiceProvider.GetRequiredService<RecordStore>(), chunk, cancellation);
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

    /// <inheritdoc />
    public void Dispose() => following.Dispose();

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
public sealed record RaisedCounts(IReadOnlyList<string> Created, IReadOnlyList<string> Grown, int Known, IReadOnlyList<Error> Errors);
