using Hufu.Documents;
using Hufu.Documents.Fonts;
using Hufu.Identity;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;

namespace Hufu.Monitoring.Logs;

/// <summary>A report as a file to hand over.</summary>
/// <param name="Name">Name of the file.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="Content">Its bytes.</param>
public sealed record ReportFile(string Name, string MediaType, byte[] Content);

/// <summary>Writes reports as PDF, DOCX and ODT in both languages.</summary>
public sealed class ReportFiles(FontFinder fonts)
{
    /// <summary>Why there is no PDF on this machine; null where there is.</summary>
    public Error? PdfProblem => fonts.Regular is null ? FontFinder.None : null;

    /// <summary>Writes a report that the person may read.</summary>
    /// <param name="store">The records.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="number">Number of the report.</param>
    /// <param name="format"><c>pdf</c>, <c>docx</c> or <c>odt</c>.</param>
    /// <param name="language"><c>zh-TW</c> or <c>en</c>.</param>
    /// <param name="cancellation">Stops the work.</param>
    public async Task<Result<ReportFile>> WriteAsync(RecordStore store, Actor actor, string number, string? format, string? language, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var found = await store.FindAsync(actor, store.Types.Of<MonitoringReport>(), number, cancellation);
        if (!found.IsOk) return Result.Fail<ReportFile>(found.Errors);
        if (TextDocumentWriter.FormatOf(format) is not { } kind) return Result.Fail<ReportFile>(Error.Of("logs.report.format", "格式為 pdf、docx 或 odt。", "The format is pdf, docx or odt.", "format"));
        if (language is not ("zh-TW" or "en")) return Result.Fail<ReportFile>(Error.Of("logs.report.language", "語言為 zh-TW 或 en。", "The language is zh-TW or en.", "lang"));
        var report = (MonitoringReport)found.Value;
        if (ReportFacts.Read(report.Facts) is not { } facts) return Result.Fail<ReportFile>(Unreadable);
        var written = TextDocumentWriter.Write(ReportPaper.Make(report, facts, store.Types, language, await SidesAsync(store, report, cancellation)), kind, fonts);
        return written.IsOk ? Result.Of(new ReportFile($"{report.Number}-{language}.{kind.ToString().ToLowerInvariant()}", TextDocumentWriter.MediaType(kind), written.Value)) : Result.Fail<ReportFile>(written.Errors);
    }

    /// <summary>The facts were written by another version of the product.</summary>
    internal static Error Unreadable { get; } = Error.Of("logs.report.unreadable", "這份報表的資料格式不是這個版本的程式能讀的。", "The facts of this report are in a form that this version of the product does not know.");

    private static async Task<PaperSides> SidesAsync(RecordStore store, MonitoringReport report, CancellationToken cancellation)
    {
        var organisation = await Organisation.ReadAsync(store.Db, cancellation);
        string[] steps = ["submit", "approve"];
        var acts = await store.Db.Changes.AsNoTracking().Where(c => c.RecordId == report.Id && c.TypeKey == MonitoringReportType.TypeKey && steps.Contains(c.Action)).OrderBy(c => c.Id).ToListAsync(cancellation);
        var (submitted, approved) = (Last("submit"), report.State == MonitoringReportType.Approved ? Last("approve") : null);
        return new PaperSides(
            new LocalizedText(organisation?.Name ?? "", organisation?.NameEn is { Length: > 0 } english ? english : organisation?.Name ?? ""), report.State == MonitoringReportType.Draft ? null : SignedBy(submitted), SignedBy(approved),
            approved?.Position is { } leaf ? new PaperSeal(leaf, approved.Commitment) : null);

        Change? Last(string action) => acts.LastOrDefault(c => c.Action == action);

        // As it was written then; people leave and change their names.
        static (string, DateTimeOffset)? SignedBy(Change? change) => change is null ? null : (ChangeCapture.Read(change)?.ActorName ?? "?", change.At);
    }
}
