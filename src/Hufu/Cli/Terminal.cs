using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage.Ledger;

namespace Hufu.Cli;

/// <summary>What a verb gives back to the shell.</summary>
internal static class Exit
{
    /// <summary>Done, and nothing to object to.</summary>
    internal const int Ok = 0;

    /// <summary>Done, and the answer is bad news: rows were refused, something is not intact, a rule is faulty.</summary>
    internal const int Finding = 1;

    /// <summary>Not done: bad input, no such file, wrong arguments, somebody else has the data.</summary>
    internal const int Refused = 2;

    /// <summary>A fault of the program itself.</summary>
    internal const int Fault = 3;

    /// <summary>How long a verb that is told to stop may take: a server answers what is under way and closes its files first, for which its host has 30 seconds.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);
}

/// <summary>
/// Requests to end: SIGTERM, and SIGINT as Ctrl-C gives it. The first cancels what the verb does; those that follow change nothing, in the last moments of the process either.
/// The library of the command line would do the same, but for a second request that comes while its own handler is being given back: that one ends the process by an exception.
/// </summary>
internal static class Stopping
{
    private static readonly CancellationTokenSource Asked = new();

    // Never given back: a signal behind the last handler would end the process by the system's rule.
    private static readonly List<PosixSignalRegistration> Held = [];
    private static Timer? patience;

    /// <summary>Cancelled by the first request.</summary>
    internal static CancellationToken Token => Asked.Token;

    /// <summary>Begins to listen. A verb that has not ended after <see cref="Exit.Patience"/> is cut off, with the exit code of the signal.</summary>
    internal static void Listen()
    {
        Held.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Ask(context, 143)));
        Held.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Ask(context, 130)));
    }

    private static void Ask(PosixSignalContext context, int code)
    {
        context.Cancel = true;
        lock (Held)
        {
            if (patience is not null) return;
            patience = new Timer(_ => Environment.Exit(code), null, Exit.Patience, Timeout.InfiniteTimeSpan);
        }

        // What is cancelled runs in a task of its own: an exception there is not the signal's.
        _ = Asked.CancelAsync();
    }
}

/// <summary>How verbs speak: results on standard output, everything else on standard error.</summary>
internal static class Terminal
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return Exit.Refused;
    }

    internal static int Fail(IEnumerable<Error> errors) => Fail(string.Join(Environment.NewLine, errors));

    /// <summary>Who sits at the terminal, for the reason in the change log: the database knows no better.</summary>
    internal static string Because(string verb, string? reason) => $"hufu {verb} ({Environment.UserName}@{Environment.MachineName}){(string.IsNullOrWhiteSpace(reason) ? "" : ": " + reason)}";

    /// <summary>Puts the verb's changes into the ledger; when the server runs, it has the ledger and does that itself.</summary>
    internal static async Task SequenceAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var flushed = await services.GetRequiredService<LedgerSequencer>().FlushAsync(cancellation);
        if (!flushed.IsOk && flushed.Errors[0].Code != "ledger.locked") await Console.Error.WriteLineAsync(flushed.Errors[0].ToString());
    }
}

/// <summary>One line on the terminal that says how far a verb is. Says nothing when standard error is no terminal.</summary>
internal sealed class ProgressLine(string what) : IDisposable
{
    private readonly bool shown = !Console.IsErrorRedirected;
    private readonly Lock gate = new();
    private long next;
    private bool written;

    internal void Show(double done)
    {
        if (!shown || Environment.TickCount64 < next) return;
        var full = (int)Math.Clamp(done * 30, 0, 30);
        Write($"\r{what,-24} [{new string('#', full)}{new string('.', 30 - full)}] {done.ToString("P0", CultureInfo.InvariantCulture),6}");
    }

    internal void Count(long done)
    {
        if (!shown || Environment.TickCount64 < next) return;
        Write($"\r{what,-24} {done.ToString("N0", CultureInfo.InvariantCulture)} ");
    }

    /// <summary>Takes the line away, lets something be written in its place, and goes on below it.</summary>
    internal void Above(Action write)
    {
        lock (gate)
        {
            Clear();
            write();
        }
    }

    public void Dispose()
    {
        lock (gate) Clear();
    }

    private void Write(string text)
    {
        lock (gate)
        {
            next = Environment.TickCount64 + 100;
            written = true;
            Console.Error.Write(text);
        }
    }

    private void Clear()
    {
        if (written) Console.Error.Write("\r" + new string(' ', 78) + "\r");
        written = false;
    }
}

/// <summary>Writes rows as an aligned table, as JSON lines or as CSV. JSON lines and CSV come out as they are made; a table waits for its widths.</summary>
internal sealed class RowWriter(TextWriter output, string format, IReadOnlyList<string> columns) : IDisposable
{
    private const int MaxWidth = 100;

    private readonly List<string[]> rows = [];
    private bool begun;

    internal void Add(params IReadOnlyList<object?> values)
    {
        if (format == "jsonl")
        {
            output.WriteLine(JsonSerializer.Serialize(columns.Zip(values).Where(p => p.Second is not null).ToDictionary(p => p.First, p => p.Second), Terminal.Json));
            return;
        }

        var texts = values.Select(v => v switch
        {
            null => "",
            DateTimeOffset at => at.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFK", CultureInfo.InvariantCulture),
            IEnumerable<string> list => string.Join(' ', list),
            IReadOnlyDictionary<string, string> map => string.Join(' ', map.Select(p => $"{p.Key}={p.Value}")),
            _ => Convert.ToString(v, CultureInfo.InvariantCulture) ?? "",
        }).ToArray();
        if (format == "csv")
        {
            if (!begun) output.WriteLine(string.Join(',', columns.Select(Csv)));
            begun = true;
            output.WriteLine(string.Join(',', texts.Select(Csv)));
            return;
        }

        rows.Add([.. texts.Select(t => Printable(t))]);
    }

    public void Dispose()
    {
        if (format == "csv" && !begun) output.WriteLine(string.Join(',', columns.Select(Csv)));
        if (rows.Count == 0) return;
        var widths = columns.Select((c, i) => Math.Min(MaxWidth, Math.Max(Width(c), rows.Max(r => Width(r[i]))))).ToArray();
        Line(columns);
        Line([.. widths.Select(w => new string('-', w))]);
        foreach (var row in rows) Line(row);

        void Line(IReadOnlyList<string> cells)
        {
            var line = new StringBuilder();
            for (var i = 0; i < cells.Count; i++)
            {
                line.Append(cells[i]);
                if (i < cells.Count - 1) line.Append(' ', Math.Max(0, widths[i] - Width(cells[i])) + 2);
            }

            output.WriteLine(line);
        }
    }

    /// <summary>What comes from a log must not steer the terminal: control characters are shown by their symbols.</summary>
    internal static string Printable(string text)
    {
        StringBuilder? safe = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsControl(text[i]) && text[i] is not ('\u202A' or '\u202B' or '\u202D' or '\u202E' or '\u2066' or '\u2067' or '\u2068')) continue;
            safe ??= new StringBuilder(text);
            safe[i] = text[i] < ' ' ? (char)(0x2400 + text[i]) : '\uFFFD';
        }

        return safe?.ToString() ?? text;
    }

    // A spreadsheet would calculate a cell that begins so; a log line is other people's text.
    private static string Csv(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    /// <summary>A text cut to so many cells, with an ellipsis where it was longer.</summary>
    internal static string Fit(string text, int cells)
    {
        if (Width(text) <= cells) return text;
        var (width, length) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (width + Width(rune) > cells - 1) break;
            width += Width(rune);
            length += rune.Utf16SequenceLength;
        }

        return text[..length] + "…";
    }

    /// <summary>The end of a text that is longer than so many cells, with an ellipsis before it: of a path the end tells more.</summary>
    internal static string FitEnd(string text, int cells)
    {
        if (Width(text) <= cells) return text;
        var runes = text.EnumerateRunes().ToList();
        var (width, at) = (0, runes.Count);
        while (at > 0 && width + Width(runes[at - 1]) <= cells - 1) width += Width(runes[--at]);
        return "…" + string.Concat(runes.Skip(at));
    }

    /// <summary>How many cells a text takes: East Asian characters take two.</summary>
    internal static int Width(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes()) width += Width(rune);
        return width;
    }

    private static int Width(Rune rune) => rune.Value is >= 0x1100 and (<= 0x115F or >= 0x2E80 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF or >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60 or >= 0x20000 and <= 0x3FFFD) ? 2 : 1;
}
