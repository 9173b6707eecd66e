using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Hufu.Logs.Intake;

/// <summary>One action of a bulk request.</summary>
/// <param name="Action">Its name.</param>
/// <param name="Index">The index that it names, or else the address; null when neither does.</param>
/// <param name="Id">The id that it gives its document.</param>
/// <param name="Events">What its document holds: more than one where a long line was cut. Empty when it is refused.</param>
/// <param name="Refusal">Why it is refused; null when it is taken.</param>
public sealed record BulkItem(string Action, string? Index, string? Id, IReadOnlyList<LogEvent> Events, string? Refusal);

/// <summary>
/// Reads the body of Elasticsearch's bulk API: a line with an action, then a line with its document. A document becomes the event that the same line
/// would become in a file. Only adding is taken: events are never changed or deleted.
/// </summary>
public static class ElasticBulk
{
    /// <summary>Most actions of one request: each is answered.</summary>
    public const int MaxItems = 200_000;

    /// <summary>The actions in their order.</summary>
    /// <param name="body">The body, unpacked.</param>
    /// <param name="index">The index that the address names.</param>
    /// <param name="receivedAt">When it came.</param>
    /// <param name="source">The source of the events that go to an index.</param>
    /// <param name="options">How documents are read.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="IntakeException">A line is no action, an action lacks its document, or there are too many. What was given before is as it is.</exception>
    /// <exception cref="InvalidDataException">A compressed stream is damaged.</exception>
    public static async IAsyncEnumerable<BulkItem> ReadAsync(Stream body, string? index, DateTimeOffset receivedAt, Func<string?, string> source, LogParseOptions options, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        using var lines = new RecordReader(body, LogFraming.Newline, options.MaxLength);
        RawRecord? kept = null;
        var number = 0;
        while (await NextAsync().ConfigureAwait(false) is { } line)
        {
            number++;
            if (line.Problem is not null || ActionOf(line.Bytes.Span) is not var (action, named, id)) throw new IntakeException(string.Create(CultureInfo.InvariantCulture, $"Malformed action/metadata of item {number}: expected an object with one of create, index, update, delete"));
            if (number > MaxItems) throw new IntakeException(string.Create(CultureInfo.InvariantCulture, $"More than {MaxItems} items"), isTooLarge: true);
            named ??= index;
            if (action == "delete")
            {
                yield return new BulkItem(action, named, id, [], "events are never deleted: only create and index are taken");
                continue;
            }

            if (await NextAsync().ConfigureAwait(false) is not { } piece) throw new IntakeException(string.Create(CultureInfo.InvariantCulture, $"The document of item {number} is missing"));
            var events = new List<LogEvent>(1);
            var from = source(named);
            Keep(piece);
            // A document above the limit comes in pieces, as it would from a file.
            while (piece.Problem is LogProblem.RecordCut or LogProblem.RecordPiece && await NextAsync().ConfigureAwait(false) is { } next)
            {
                if (next.Problem is null or LogProblem.RecordCut)
                {
                    kept = next;
                    break;
                }

                piece = next;
                Keep(piece);
            }

            yield return action == "update" ? new BulkItem(action, named, id, [], "events are never changed: only create and index are taken") : new BulkItem(action, named, id, events, null);

            void Keep(RawRecord record)
            {
                if (action == "update") return;
                var item = LogParser.Parse(record.Bytes.Span, receivedAt, from, options);
                events.Add(record.Problem is null ? item : item with { Problems = [.. item.Problems, record.Problem] });
            }
        }

        async ValueTask<RawRecord?> NextAsync()
        {
            if (kept is null) return await lines.ReadAsync(cancellation).ConfigureAwait(false);
            var first = kept;
            kept = null;
            return first;
        }
    }

    private static (string Action, string? Index, string? Id)? ActionOf(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            using var json = JsonDocument.ParseValue(ref reader);
            if (reader.Read() || json.RootElement.ValueKind is not JsonValueKind.Object) return null;
            (string, string?, string?)? found = null;
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (found is not null || property.Name is not ("create" or "index" or "update" or "delete") || property.Value.ValueKind is not JsonValueKind.Object) return null;
                found = (property.Name, Text(property.Value, "_index"), Text(property.Value, "_id"));
            }

            return found;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : null;
}
