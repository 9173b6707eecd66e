using System.Diagnostics;
using System.Globalization;

namespace Hufu.Records.Bench;

/// <summary>Times of one case, and what is said of them.</summary>
internal sealed class Times
{
    private readonly List<double> milliseconds = [];

    internal double Median => At(0.5);

    internal double P95 => At(0.95);

    internal double Max => At(1);

    internal int Count => milliseconds.Count;

    internal void Add(TimeSpan time) => milliseconds.Add(time.TotalMilliseconds);

    internal double At(double share)
    {
        if (milliseconds.Count == 0) return 0;
        var sorted = milliseconds.Order().ToList();
        return sorted[(int)Math.Min(sorted.Count - 1, Math.Ceiling(share * sorted.Count) - 1 + (share == 0 ? 1 : 0))];
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Median,7:0.0}{P95,8:0.0}{Max,8:0.0}");
}

/// <summary>What the system says of a process.</summary>
internal static class Proc
{
    /// <summary>Time on a processor: on a busy machine the steadier figure.</summary>
    internal static TimeSpan Cpu(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    /// <summary>Resident memory in MB; <c>VmHWM</c> is its peak since <see cref="ForgetPeak"/>.</summary>
    internal static double Megabytes(Process process, string what = "VmRSS")
    {
        foreach (var line in File.ReadLines($"/proc/{process.Id}/status"))
            if (line.StartsWith(what, StringComparison.Ordinal)) return double.Parse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
        return 0;
    }

    internal static void ForgetPeak(Process process) => File.WriteAllText($"/proc/{process.Id}/clear_refs", "5");
}

/// <summary>The lines of the report.</summary>
internal static class Say
{
    private static readonly List<string> Missed = [];

    internal static void Head(string text) => Console.WriteLine($"\n== {text}");

    internal static void Line(string name, FormattableString text) => Console.WriteLine($"{name,-46}{text.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>A figure with the target that it has to keep.</summary>
    internal static void Against(string name, double value, double target, string unit, string more = "")
    {
        var kept = value <= target;
        if (!kept) Missed.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: {value:0.#} {unit}, target {target:0.#}"));
        Line(name, $"{value:0.##} {unit} (target <= {target:0.##}: {(kept ? "kept" : "MISSED")}){(more.Length > 0 ? "  " + more : "")}");
    }

    internal static void Summary()
    {
        Head(Missed.Count == 0 ? "Every target was kept." : $"{Missed.Count} targets were missed:");
        foreach (var line in Missed) Console.WriteLine("   " + line);
    }
}
