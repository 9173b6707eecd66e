namespace Hufu.Monitoring;

/// <summary>Gathers matches of rules into alerts.</summary>
public sealed class AlertGrouping
{
    /// <summary>How many event ids an alert keeps.</summary>
    public const int MaxEventIds = 200;
}
