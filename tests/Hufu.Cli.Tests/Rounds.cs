using System.Globalization;

namespace Hufu.Cli.Tests;

/// <summary>How often each kind of fault is made. <c>HUFU_FAULT_ROUNDS</c> sets it; the default keeps the run short.</summary>
internal static class Rounds
{
    internal static readonly int Count = int.TryParse(Environment.GetEnvironmentVariable("HUFU_FAULT_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : 2;

    /// <summary>Another sequence of moments in every run; the seed is told, so that a failure can be made again with <c>HUFU_FAULT_SEED</c>.</summary>
    internal static Random Moments(string kind)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("HUFU_FAULT_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next(1_000_000);
        TestContext.Current.SendDiagnosticMessage($"{kind}: {Count} rounds, seed {seed}");
        return new Random(seed);
    }
}
