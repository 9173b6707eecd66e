using System.Globalization;
using System.Net;
using System.Text;
using Hufu.Jobs.Notices;
using Hufu.Kernel;

namespace Hufu.Jobs.Mail;

/// <summary>Puts notices into the words of a mail: plain text and simple HTML, in the person's language, or in both when none is known.</summary>
internal sealed class MailComposer(HufuJobsOptions options)
{
    internal const int MaxItems = 50;

    internal (string Subject, string Text, string Html) Compose(NoticeRecipient person, IReadOnlyList<Notice> notices, bool digest)
    {
        IReadOnlyList<string> languages = person.Language is { Length: > 0 } one ? [one] : ["zh-TW", "en"];
        var shown = notices.OrderByDescending(n => n.At).Take(MaxItems).ToList();
        var subject = shown.Count == 1 && !digest
            ? string.Join(" / ", languages.Select(l => shown[0].Title.For(l)))
            : string.Join(" / ", languages.Select(l => string.Format(CultureInfo.InvariantCulture, Texts.Both(digest ? "notices.mail.digest-subject" : "notices.mail.several-subject").For(l), notices.Count)));
        var text = new StringBuilder();
        var html = new StringBuilder("<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body style=\"font-family:sans-serif;font-size:14px;line-height:1.6\">");
        foreach (var language in languages)
        {
            var hello = string.Format(CultureInfo.InvariantCulture, Texts.Both("notices.mail.hello").For(language), person.Name);
            text.Append(hello).Append("\r\n\r\n");
            html.Append("<p>").Append(Encode(hello)).Append("</p><ul>");
            foreach (var notice in shown)
            {
                var (title, more, link) = (notice.Title.For(language), notice.Text.For(language), LinkOf(notice));
                var when = TimeZoneInfo.ConvertTime(notice.At, options.TimeZone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
                text.Append("* ").Append(title).Append(" (").Append(when).Append(")\r\n");
                if (more.Length > 0) text.Append("  ").Append(more.ReplaceLineEndings("\r\n  ")).Append("\r\n");
                if (link is not null) text.Append("  ").Append(link).Append("\r\n");
                html.Append("<li>").Append(link is null ? Encode(title) : $"<a href=\"{Encode(link)}\">{Encode(title)}</a>").Append(" <small>").Append(when).Append("</small>");
                if (more.Length > 0) html.Append("<br>").Append(Encode(more).ReplaceLineEndings("<br>"));
                html.Append("</li>");
            }

            html.Append("</ul>");
            if (notices.Count > shown.Count)
            {
                var rest = string.Format(CultureInfo.InvariantCulture, Texts.Both("notices.mail.rest").For(language), notices.Count - shown.Count);
                text.Append(rest).Append("\r\n");
                html.Append("<p>").Append(Encode(rest)).Append("</p>");
            }

            var why = Texts.Both("notices.mail.why").For(language);
            text.Append("\r\n").Append(why).Append("\r\n\r\n");
            html.Append("<p><small>").Append(Encode(why)).Append("</small></p>");
        }

        html.Append("</body></html>");
        return (RunReport.Cut(Line(subject), 200), text.ToString(), html.ToString());
    }

    private string? LinkOf(Notice notice) => options.PublicUrl is { } root && notice.Url.Length > 0 ? new Uri(root, notice.Url).AbsoluteUri : null;

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string Line(string text) => text.ReplaceLineEndings(" ");
}
