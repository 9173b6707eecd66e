using Hufu.Logs;

namespace Hufu.Monitoring.Logs;

/// <summary>The mappings that are on, as everything that reads events for rules has them; <see cref="RuleLibrary"/> keeps them as the records say.</summary>
public sealed class SiteMappings
{
    private volatile RuleMappings current = RuleMappings.None;

    /// <summary>What events are read with now.</summary>
    public RuleMappings Current => current;

    /// <summary>Reads events with other mappings from the next one on.</summary>
    internal void Use(IReadOnlyList<SourceMapping> mappings) => current = mappings.Count == 0 ? RuleMappings.None : new RuleMappings(new SourceMappings(mappings));
}
