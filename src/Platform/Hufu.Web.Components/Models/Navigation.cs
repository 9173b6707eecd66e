namespace Hufu.Web.Components;

/// <summary>One entry of the left navigation.</summary>
public sealed record NavItem(string Label, string Href, string? Icon = null, string? Badge = null, Tone BadgeTone = Tone.Neutral, bool Current = false);

/// <summary>A group of entries with a heading that folds. A group without a label stands open at the top.</summary>
/// <param name="Label">The heading.</param>
/// <param name="Items">Its entries.</param>
/// <param name="Open">Whether it stands open; it does too where an entry is of the present page.</param>
/// <param name="Code">A short code before the heading.</param>
/// <param name="Groups">Groups within it, after its entries.</param>
public sealed record NavGroup(string? Label, IReadOnlyList<NavItem> Items, bool Open = true, string? Code = null, IReadOnlyList<NavGroup>? Groups = null);

/// <summary>One step of the way to the page; the last has no link.</summary>
public sealed record Crumb(string Label, string? Href = null);

/// <summary>One entry of a menu: a link, or with <paramref name="Post"/> a button that posts to the address.</summary>
public sealed record MenuItem(string Label, string Href, string? Icon = null, bool Post = false, bool Danger = false, bool Current = false, string? Hint = null);

/// <summary>One page of several that belong together.</summary>
public sealed record TabItem(string Label, string Href, bool Current = false, long? Count = null, string? Icon = null);

/// <summary>The antiforgery field of a form.</summary>
public sealed record FormToken(string Name, string Value);

/// <summary>A hidden field that carries state along with a form.</summary>
public sealed record HiddenField(string Name, string Value);

/// <summary>Who is signed in, for the top bar.</summary>
public sealed record ShellUser(string Name, string? Detail = null, IReadOnlyList<MenuItem>? Menu = null);
