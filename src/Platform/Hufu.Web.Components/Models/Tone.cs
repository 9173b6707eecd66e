using System.Globalization;

namespace Hufu.Web.Components;

/// <summary>What a state means to the reader. A tone is always shown with a text or a shape, never by colour alone.</summary>
public enum Tone
{
    /// <summary>Neither good nor bad: draft, closed, not applicable.</summary>
    Neutral,

    /// <summary>Under way or worth knowing.</summary>
    Info,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Needs attention soon.</summary>
    Warn,

    /// <summary>Wrong, late or failed.</summary>
    Bad,

    /// <summary>Wrong and urgent.</summary>
    Critical,
}

/// <summary>How grave a finding, a detection or an event is.</summary>
public enum SeverityLevel
{
    /// <summary>Not rated.</summary>
    None,

    /// <summary>Informational.</summary>
    Info,

    /// <summary>Low.</summary>
    Low,

    /// <summary>Medium.</summary>
    Medium,

    /// <summary>High.</summary>
    High,

    /// <summary>Critical.</summary>
    Critical,
}

/// <summary>The words and class names that components share. Everything is spelled for markup: lower case, invariant.</summary>
internal static class Markup
{
    public static string Class(Tone tone) => tone switch
    {
        Tone.Neutral => "neutral",
        Tone.Info => "info",
        Tone.Good => "good",
        Tone.Warn => "warn",
        Tone.Bad => "bad",
        Tone.Critical => "critical",
        _ => throw new ArgumentOutOfRangeException(nameof(tone)),
    };

    public static string Class(SeverityLevel level) => level switch
    {
        SeverityLevel.None => "sev-none",
        SeverityLevel.Info => "sev-info",
        SeverityLevel.Low => "sev-low",
        SeverityLevel.Medium => "sev-medium",
        SeverityLevel.High => "sev-high",
        SeverityLevel.Critical => "sev-critical",
        _ => throw new ArgumentOutOfRangeException(nameof(level)),
    };

    public static string Join(params ReadOnlySpan<string?> classes)
    {
        var joined = new System.Text.StringBuilder();
        foreach (var name in classes)
        {
            if (string.IsNullOrEmpty(name))
                continue;
            if (joined.Length > 0)
                joined.Append(' ');
            joined.Append(name);
        }

        return joined.ToString();
    }

    /// <summary>A number for an SVG attribute: no grouping, a dot, at most two places.</summary>
    public static string Svg(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A share of the width for an SVG attribute.</summary>
    public static string Percent(double value) => Svg(value) + "%";

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>True when <paramref name="href"/> may stand in a link: relative, or http(s)/mailto. Anything else (javascript:, data:) is shown as text.</summary>
    public static bool IsSafeHref(string? href)
    {
        if (string.IsNullOrEmpty(href))
            return false;
        foreach (var c in href)
        {
            if (char.IsControl(c))
                return false;
        }

        var colon = href.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return true;
        var stop = href.AsSpan().IndexOfAny('/', '?', '#');
        if (stop >= 0 && stop < colon)
            return true;
        var scheme = href.AsSpan(0, colon).Trim();
        return scheme.Equals("http", StringComparison.OrdinalIgnoreCase)
            || scheme.Equals("https", StringComparison.OrdinalIgnoreCase)
            || scheme.Equals("mailto", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The link, or nothing when it must not be one.</summary>
    public static string? SafeHref(string? href) => IsSafeHref(href) ? href : null;

    /// <summary>A name as an element id: ASCII letters, digits, dash and underscore stay, anything else becomes its code.</summary>
    public static string Id(string name)
    {
        var id = new System.Text.StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
                id.Append(c);
            else
                id.Append('-').Append(((int)c).ToString("x", CultureInfo.InvariantCulture));
        }

        return id.ToString();
    }
}
