using System.Globalization;
using System.Reflection;
using Hufu.Kernel;

namespace Hufu.Records;

/// <summary>The closed set of field kinds. A new kind needs a decision page; it is never added for one record type.</summary>
public enum FieldKind
{
    Text,
    LongText,
    Markdown,
    Number,
    Date,
    Instant,
    Choice,
    ChoiceSet,
    Flag,
    Reference,
    Person,
    Unit,
}

/// <summary>How urgent a state or a choice looks. Shown by a word and a shape as well as by colour.</summary>
public enum Tone
{
    Neutral,
    Info,
    Good,
    Warn,
    Bad,
    Critical,
}

/// <summary>One value that a choice field can take.</summary>
/// <param name="Code">Stable code that is stored and exported.</param>
/// <param name="Label">What people read.</param>
/// <param name="Tone">How it is shown.</param>
public sealed record Choice(string Code, LocalizedText Label, Tone Tone = Tone.Neutral)
{
    public static Choice Of(string code, string zh, string en, Tone tone = Tone.Neutral) => new(code, new LocalizedText(zh, en), tone);
}

/// <summary>One field of a record type: what it is called, what it may hold, and where it appears. Data only: no services, no I/O.</summary>
public sealed class Field
{
    private static readonly MethodInfo AccessOf = typeof(Field).GetMethod(nameof(AccessTo), BindingFlags.NonPublic | BindingFlags.Static)!;

    private Access? access;

    internal Field(string key, FieldKind kind, LocalizedText label, PropertyInfo property)
    {
        Key = key;
        Kind = kind;
        Label = label;
        Property = property;
        IsExtra = false;
    }

    internal Field(string key, FieldKind kind, LocalizedText label)
    {
        // The key stands in JSON paths and URLs: nothing but these characters may reach them.
        if (!IsExtraKey(key)) throw new ArgumentException($"'{key}' is no key of a site-defined field.", nameof(key));
        Key = key;
        Kind = kind;
        Label = label;
        IsExtra = true;
        access = new Access(record => ExtraFields.Get(record, this), (record, value) => ExtraFields.Set(record, this, value));
    }

    // Made when it is first used: a run of a verb uses few of some hundred fields, and to make them all is a twentieth of a short one.
    private Access Made => access ??= AccessOf.MakeGenericMethod(Property!.DeclaringType!, Property.PropertyType).CreateDelegate<Func<PropertyInfo, Access>>()(Property);

    // Delegates of the property's own methods: a compiled expression for each field would cost more than the rest of its declaration.
    private static Access AccessTo<TOwner, TValue>(PropertyInfo property) where TOwner : Record
    {
        var getter = property.GetMethod!.CreateDelegate<Func<TOwner, TValue>>();
        var setter = property.SetMethod!.CreateDelegate<Action<TOwner, TValue>>();
        return new Access(record => getter((TOwner)record), (record, value) => setter((TOwner)record, (TValue)value!));
    }

    private sealed record Access(Func<Record, object?> Get, Action<Record, object?> Set);

    /// <summary>Name in URLs, API and exports: the property's name in camel case; site fields start with <c>x_</c>.</summary>
    public string Key { get; }

    public FieldKind Kind { get; }

    public LocalizedText Label { get; }

    public LocalizedText? Help { get; internal set; }

    /// <summary>The property that holds it; null for a site-defined field.</summary>
    public PropertyInfo? Property { get; }

    /// <summary>Defined by the site, kept in the record's JSON column.</summary>
    public bool IsExtra { get; }

    public bool Required { get; internal set; }

    /// <summary>A column of the list as it opens; every other field can be chosen as a column.</summary>
    public bool InList { get; internal set; }

    /// <summary>Set by the product, not by people.</summary>
    public bool ReadOnly { get; internal set; }

    /// <summary>The change log and the API show that it changed, never its value.</summary>
    public bool Sensitive { get; internal set; }

    /// <summary>Shown to people; false for what only programs read: it stands in the API and in exports.</summary>
    public bool OnPages { get; internal set; } = true;

    /// <summary>Kept in both languages (<see cref="KeptTexts"/>), of which people are shown theirs.</summary>
    public bool InBothLanguages { get; internal set; }

    /// <summary>Longest text in characters.</summary>
    public int MaxLength { get; internal set; } = 200;

    public decimal? Min { get; internal set; }

    public decimal? Max { get; internal set; }

    /// <summary>The values of a choice field; empty for other kinds.</summary>
    public IReadOnlyList<Choice> Choices { get; internal set; } = [];

    /// <summary>The key of the record type that a reference points at.</summary>
    public string? Target { get; internal set; }

    /// <summary>Turns what people write into the one form that is kept; null where any form may stand. Leaves alone what it does not understand.</summary>
    public Func<string, string>? Canonical { get; internal set; }

    /// <summary>Other names under which people write this column in their own files.</summary>
    public IReadOnlyList<string> Synonyms { get; internal set; } = [];

    /// <summary>The heading of the form section that it stands in; null for the first.</summary>
    public LocalizedText? Section { get; internal set; }

    /// <summary>True for <c>x_</c> followed by 1 to 40 lower-case letters, digits and underscores.</summary>
    public static bool IsExtraKey(string key) =>
        key.Length is > 2 and <= 42 && key.StartsWith("x_", StringComparison.Ordinal) && !key.AsSpan(2).ContainsAnyExcept(KeyCharacters);

    /// <summary>The text in its composed form (NFC). What is no character becomes U+FFFD, since the runtime refuses to normalise it.</summary>
    public static string Composed(string text) => (IsStorable(text) ? text : Storable(text)).Normalize();

    /// <summary>The text with U+FFFD for each character that cannot be kept.</summary>
    public static string Storable(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD').Replace('\uFFFE', '\uFFFD');

    /// <summary>True when both databases can keep the text: no NUL, no half of a surrogate pair, and no U+FFFE.</summary>
    public static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            // U+FFFE is no character, and the runtime refuses to normalise it.
            if (text[i] is '\0' or '\uFFFE') return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }

        return true;
    }

    /// <summary>Reads the value: string, decimal/int, DateOnly, DateTimeOffset, bool, Guid or null by kind.</summary>
    public object? Get(Record record) => Made.Get(record);

    /// <summary>Writes the value. Only the record store calls this; pages and modules go through it.</summary>
    public void Set(Record record, object? value) => Made.Set(record, value);

    /// <summary>The value as canonical text: stable over languages and versions, and read back by <see cref="Parse"/> unchanged.</summary>
    public string? GetText(Record record) => ToText(Get(record));

    /// <summary>Canonical text of a value of this field; null for an empty value.</summary>
    public static string? ToText(object? value) => value switch
    {
        null => null,
        string text => text.Length == 0 ? null : text,
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTimeOffset instant => instant.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        decimal number => number.ToString("0.############", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>
    /// Reads canonical text (and what people write for it: labels of choices in either language, yes and no words) into a value.
    /// References, people and units arrive as GUIDs; numbers and names are resolved before this.
    /// </summary>
    public Result<object?> Parse(string? text)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            if (Required && Kind is not FieldKind.Flag) return Bad("field.required", $"「{Label.Zh}」為必填。", $"“{Label.En}” is required.");
            return Result.Of(EmptyValue);
        }

        if (Canonical is not null) text = Canonical(text);

        switch (Kind)
        {
            case FieldKind.Text or FieldKind.LongText or FieldKind.Markdown:
                if (text.Length > MaxLength) return Bad("field.too-long", $"「{Label.Zh}」最多 {MaxLength} 字，目前 {text.Length} 字。", $"“{Label.En}” holds at most {MaxLength} characters; this has {text.Length}.");
                if (Kind is FieldKind.Text && text.AsSpan().IndexOfAny('\r', '\n') >= 0) text = text.ReplaceLineEndings(" ");
                var control = text.AsSpan().IndexOfAny(Unwanted);
                if (control >= 0) return Bad("field.control-character", $"「{Label.Zh}」第 {control + 1} 字是控制字元。", $"“{Label.En}” has a control character at position {control + 1}.");
                if (!IsStorable(text)) return Bad("field.broken-character", $"「{Label.Zh}」含有不完整的字元。", $"“{Label.En}” has half of a character.");
                return Result.Of<object?>(text);
            case FieldKind.Number:
                if (!TryNumber(Narrow(text), out var number)) return Bad("field.not-a-number", $"「{Label.Zh}」不是數字：{Shorten(text)}", $"“{Label.En}” is not a number: {Shorten(text)}");
                if (number < Min || number > Max) return Bad("field.out-of-range", $"「{Label.Zh}」須介於 {Min} 與 {Max}。", $"“{Label.En}” must be between {Min} and {Max}.");
                var target = Property is null ? typeof(decimal) : Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;
                if (target == typeof(int))
                {
                    if (number != decimal.Truncate(number) || number is > int.MaxValue or < int.MinValue) return Bad("field.not-a-whole-number", $"「{Label.Zh}」須為整數。", $"“{Label.En}” must be a whole number.");
                    return Result.Of<object?>((int)number);
                }

                if (decimal.Round(number, Decimals) != number || Math.Abs(number) > LargestNumber)
                    return Bad("field.too-precise", $"「{Label.Zh}」最多 {Decimals} 位小數，絕對值不超過 {LargestNumber}。", $"“{Label.En}” holds at most {Decimals} decimals and numbers up to {LargestNumber}.");
                return Result.Of<object?>(number);
            case FieldKind.Date:
                if (TryDate(Narrow(text), out var date)) return Result.Of<object?>(date);
                return Bad("field.not-a-date", $"「{Label.Zh}」不是日期（例：2026-11-23）：{Shorten(text)}", $"“{Label.En}” is not a date (such as 2026-11-23): {Shorten(text)}");
            case FieldKind.Instant:
                if (TryInstant(Narrow(text), out var instant)) return Result.Of<object?>(instant);
                return Bad("field.not-a-time", $"「{Label.Zh}」不是時間（例：2026-11-23T08:30:00Z）：{Shorten(text)}", $"“{Label.En}” is not a time (such as 2026-11-23T08:30:00Z): {Shorten(text)}");
            case FieldKind.Choice:
                return FindChoice(text) is { } choice ? Result.Of<object?>(choice.Code) : UnknownChoice(text);
            case FieldKind.ChoiceSet:
                var codes = new List<string>();
                foreach (var part in text.Split([';', '；', '、'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                {
                    if (FindChoice(part) is not { } one) return UnknownChoice(part);
                    if (!codes.Contains(one.Code)) codes.Add(one.Code);
                }

                codes.Sort(StringComparer.Ordinal);
                return Result.Of<object?>(string.Join(';', codes));
            case FieldKind.Flag:
                if (text is "true" or "True" or "TRUE" or "1" or "on" or "是" or "有" or "Y" or "y" or "V" or "v" or "yes" or "Yes") return Result.Of<object?>(true);
                if (text is "false" or "False" or "FALSE" or "0" or "off" or "否" or "無" or "N" or "n" or "no" or "No") return Result.Of<object?>(false);
                return Bad("field.not-yes-or-no", $"「{Label.Zh}」請填「是」或「否」。", $"“{Label.En}” must be yes or no.");
            case FieldKind.Reference or FieldKind.Person or FieldKind.Unit:
                if (Guid.TryParse(text, out var id)) return Result.Of<object?>(id);
                return Bad("field.not-found", $"「{Label.Zh}」找不到：{Shorten(text)}", $"“{Label.En}” was not found: {Shorten(text)}");
            default:
                throw new InvalidOperationException($"Unknown field kind {Kind}.");
        }
    }

    /// <summary>The choice with this code, or with this label in either language.</summary>
    public Choice? FindChoice(string text) =>
        Choices.FirstOrDefault(c => c.Code == text)
        ?? Choices.FirstOrDefault(c => string.Equals(c.Label.Zh, text, StringComparison.OrdinalIgnoreCase) || string.Equals(c.Label.En, text, StringComparison.OrdinalIgnoreCase) || string.Equals(c.Code, text, StringComparison.OrdinalIgnoreCase));

    /// <summary>How many decimals of a number are kept.</summary>
    public const int Decimals = 6;

    /// <summary>The largest number that can be kept.</summary>
    public const decimal LargestNumber = 9_000_000_000_000m;

    private static readonly System.Buffers.SearchValues<char> KeyCharacters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly System.Buffers.SearchValues<char> Unwanted = System.Buffers.SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(c => (char)c).Where(c => c is not ('\t' or '\n' or '\r')), '\u007f']);

    // Full-width digits and signs are what many people type in a Chinese form.
    private static string Narrow(string text) => System.Text.Ascii.IsValid(text) || !IsStorable(text) ? text : text.Normalize(System.Text.NormalizationForm.FormKC);

    private static bool TryNumber(string text, out decimal number)
    {
        number = 0;
        if (text.Contains(','))
        {
            // A comma separates thousands and nothing else: 1,5 is a mistake, never 15.
            var whole = text.Split('.')[0].TrimStart('+', '-').Split(',');
            if (whole[0].Length is 0 or > 3 || whole.Skip(1).Any(group => group.Length != 3)) return false;
        }

        return decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryDate(string text, out DateOnly date)
    {
        // As most programs write it: trying one form and not six.
        if (text.Length == 10 && text[4] == '-' && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date)) return true;
        if (DateOnly.TryParseExact(text, ["yyyy-MM-dd", "yyyy-M-d", "yyyy/M/d", "yyyy.M.d", "yyyyMMdd", "yyyy年M月d日"], CultureInfo.InvariantCulture, DateTimeStyles.None, out date)) return true;
        // Years of the Republic: 115/1/5, 115.01.05, 民國115年1月5日.
        var republic = text.StartsWith("民國", StringComparison.Ordinal);
        var parts = (republic ? text[2..] : text).TrimEnd('日').Split(['/', '.', '-', '年', '月'], StringSplitOptions.TrimEntries);
        if (parts.Length != 3 || (parts[0].Length != 3 && !republic)) return false;
        return int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var year) && year is > 0 and < 1000
            && DateOnly.TryParseExact($"{year + 1911:0000}-{parts[1]}-{parts[2]}", "yyyy-M-d", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);
    }

    private static bool TryInstant(string text, out DateTimeOffset instant)
    {
        instant = default;
        // Without a year in front the parser would fill in today.
        if (text.Length < 8 || text.AsSpan(0, 4).ContainsAnyExceptInRange('0', '9') || text[4] is not ('-' or '/')) return false;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant)) return false;
        instant = instant.AddTicks(-(instant.Ticks % TimeSpan.TicksPerMicrosecond));
        return true;
    }

    private object? EmptyValue => Property is null ? null
        : Property.PropertyType == typeof(string) ? ""
        : Property.PropertyType.IsValueType && Nullable.GetUnderlyingType(Property.PropertyType) is null ? Activator.CreateInstance(Property.PropertyType)
        : null;

    private Result<object?> UnknownChoice(string text) => Bad(
        "field.unknown-choice",
        $"「{Label.Zh}」沒有「{Shorten(text)}」這個選項；可用：{string.Join("、", Choices.Take(12).Select(c => c.Label.Zh))}。",
        $"“{Label.En}” has no choice “{Shorten(text)}”; use one of: {string.Join(", ", Choices.Take(12).Select(c => c.Label.En))}.");

    private Result<object?> Bad(string code, string zh, string en) => Result.Fail<object?>(Error.Of(code, zh, en, Key));

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
