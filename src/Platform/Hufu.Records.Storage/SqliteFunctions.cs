using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Hufu.Records.Storage;

/// <summary>
/// What lists ask of each of a hundred thousand rows: functions that read the text in the database's own memory, where its own would
/// first copy, fold or parse it whole.
/// </summary>
internal static partial class SqliteFunctions
{
    private const int Flags = raw.SQLITE_UTF8 | raw.SQLITE_DETERMINISTIC | Innocuous;
    private const int Innocuous = 0x200000;
    private static readonly nint Copy = -1;

    // Straight to the library: the wrapper makes four objects for each call, and a list calls a hundred thousand times.
    internal static unsafe void Add(sqlite3 handle)
    {
        Add(handle, "holds", &Holds);
        Add(handle, "holds_folded", &HoldsFolded);
        Add(handle, "extra_text", &ExtraText);
        Add(handle, "extra_number", &ExtraNumber);
        Add(handle, "extra_rank", &ExtraRank, 3);
    }

    private static unsafe void Add(sqlite3 handle, string name, delegate* unmanaged[Cdecl]<nint, int, nint*, void> function, int arguments = 2) =>
        SqliteException.ThrowExceptionForRC(Native.sqlite3_create_function_v2(handle.DangerousGetHandle(), name, arguments, Flags, 0, function, null, null, null), handle);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void Holds(nint context, int count, nint* arguments) =>
        Native.sqlite3_result_int(context, Text(arguments[0]).IndexOf(Text(arguments[1])) >= 0 ? 1 : 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void HoldsFolded(nint context, int count, nint* arguments) =>
        Native.sqlite3_result_int(context, HoldsFolded(Text(arguments[0]), Text(arguments[1])) ? 1 : 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void ExtraText(nint context, int count, nint* arguments)
    {
        var text = ExtraText(Text(arguments[0]), Text(arguments[1]), out var found);
        if (!found) Native.sqlite3_result_null(context);
        else
            fixed (byte* start = text) Native.sqlite3_result_text(context, start is null ? (byte*)&context : start, text.Length, Copy);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void ExtraNumber(nint context, int count, nint* arguments)
    {
        var text = ExtraText(Text(arguments[0]), Text(arguments[1]), out _);
        if (Utf8Parser.TryParse(text, out double number, out var read) && read == text.Length) Native.sqlite3_result_double(context, number);
        else Native.sqlite3_result_null(context);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void ExtraRank(nint context, int count, nint* arguments) =>
        Native.sqlite3_result_int(context, Rank(ExtraText(Text(arguments[0]), Text(arguments[1]), out _), Text(arguments[2])));

    /// <summary>The place of a text among lines, from 0; their number when it is none of them.</summary>
    internal static int Rank(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lines)
    {
        var rank = 0;
        foreach (var line in lines.Split((byte)'\n'))
        {
            if (lines[line].SequenceEqual(text)) return rank;
            rank++;
        }

        return rank;
    }

    private static unsafe ReadOnlySpan<byte> Text(nint value)
    {
        var start = Native.sqlite3_value_text(value);
        return start is null ? default : new ReadOnlySpan<byte>(start, Native.sqlite3_value_bytes(value));
    }

    /// <summary>True when the text holds the word, whose ASCII letters are small; capitals of ASCII in the text are taken for small ones.</summary>
    internal static bool HoldsFolded(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        if (word.IndexOfAnyInRange((byte)'a', (byte)'z') < 0) return text.IndexOf(word) >= 0;
        var (first, capital) = (word[0], IsSmall(word[0]) ? (byte)(word[0] - 0x20) : word[0]);
        while (text.Length >= word.Length)
        {
            var at = text[..^(word.Length - 1)].IndexOfAny(first, capital);
            if (at < 0) return false;
            text = text[at..];
            var i = 1;
            while (i < word.Length && (text[i] == word[i] || (IsSmall(word[i]) && text[i] == word[i] - 0x20))) i++;
            if (i == word.Length) return true;
            text = text[1..];
        }

        return false;
    }

    private static bool IsSmall(byte letter) => letter is >= (byte)'a' and <= (byte)'z';

    /// <summary>
    /// The text of a key of a flat object of texts. As the product writes it, the key stands there as <c>"key":"</c> and nowhere else: within a
    /// text a quotation mark has a backslash before it. What is written otherwise is read token by token.
    /// </summary>
    internal static ReadOnlySpan<byte> ExtraText(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key, out bool found)
    {
        found = false;
        if (json.IsEmpty) return default;
        for (var from = 0; from + key.Length + 4 < json.Length;)
        {
            var at = json[from..].IndexOf(key);
            if (at < 0) return default;
            at += from;
            from = at + key.Length;
            if (at == 0 || json[at - 1] != (byte)'"' || from == json.Length || json[from] != (byte)'"') continue;
            if (!json[from..].StartsWith("\":\""u8)) break;
            var rest = json[(from + 3)..];
            var end = rest.IndexOfAny((byte)'"', (byte)'\\');
            if (end < 0 || rest[end] != (byte)'"') break;
            found = true;
            return rest[..end];
        }

        if (Read(json, key) is not { } text) return default;
        found = true;
        return Encoding.UTF8.GetBytes(text);
    }

    private static string? Read(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var wanted = reader.ValueTextEquals(key);
                reader.Read();
                if (wanted) return reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Nothing that the product wrote: it has no such field.
        }

        return null;
    }

    // Not with SuppressGCTransition: a collection that begins within such a call leaves the thread in a mode in which the next row's call ends the process.
    private static unsafe partial class Native
    {
        private const string Library = "e_sqlite3";

        [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        internal static partial int sqlite3_create_function_v2(nint db, string name, int arguments, int flags, nint user, delegate* unmanaged[Cdecl]<nint, int, nint*, void> function, void* step, void* final, void* destroy);

        [LibraryImport(Library)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        internal static partial byte* sqlite3_value_text(nint value);

        [LibraryImport(Library)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        internal static partial int sqlite3_value_bytes(nint value);

        [LibraryImport(Library)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        internal static partial void sqlite3_result_int(nint context, int value);

        [LibraryImport(Library)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        internal static partial void sqlite3_result_double(nint context, double value);

        [LibraryImport(Library)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        internal static partial void sqlite3_result_null(nint context);

        [LibraryImport(Library)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        internal static partial void sqlite3_result_text(nint context, byte* text, int length, nint destroy);
    }
}
