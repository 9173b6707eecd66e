using Hufu.Logs;

namespace Hufu.Monitoring.Logs;

/// <summary>What a site says of its events in the words of rules, for reading events with; immutable but for what it keeps of the events' shapes.</summary>
/// <param name="sources">The mappings.</param>
public sealed class RuleMappings(SourceMappings sources)
{
    /// <summary>Nothing beside what the product knows.</summary>
    public static RuleMappings None { get; } = new(SourceMappings.None);

    /// <summary>The mappings.</summary>
    public SourceMappings Sources { get; } = sources;

    /// <summary>The shapes of events that were seen last: what they may have goes by the mappings too.</summary>
    internal EventShape?[] Shapes { get; } = new EventShape?[1_024];
}
