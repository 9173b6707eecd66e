using Markdig;

namespace Hufu.Web;

/// <summary>Markdown that people wrote, as HTML that cannot do anything: raw HTML is shown as text, links lead to http, https and mail only.</summary>
public static class SafeMarkdown
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseAutoLinks().UseTaskLists().Build();

    public static string ToHtml(string markdown)
    {
        var document = Markdown.Parse(markdown.Length > 200_000 ? markdown[..200_000] : markdown, Pipeline);
        foreach (var link in Markdig.Syntax.MarkdownObjectExtensions.Descendants<Markdig.Syntax.Inlines.LinkInline>(document))
        {
            if (link.IsImage || !IsHarmless(link.Url)) link.Url = "";
            link.IsImage = false;
        }

        return document.ToHtml(Pipeline);
    }

    private static bool IsHarmless(string? url) =>
        url is not null && ((url.StartsWith('/') && !url.StartsWith("//", StringComparison.Ordinal) && !url.Contains('\\')) || url.StartsWith('#')
            || (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "mailto"));
}
