using System.Linq.Expressions;
using System.Reflection;
using Hufu.Kernel;

namespace Hufu.Records;

/// <summary>
/// The one place where a kind of record is declared: names, fields, workflow, the outputs that it evidences. From it come list, form,
/// page, API, import, export, history and search.
/// </summary>
public abstract class RecordType
{
    private readonly List<Field> fields = [];
    private IReadOnlyList<Field> extra = [];
    private LocalizedText? section;
    private volatile Known? known;
    private IReadOnlyList<string>? tasks;

    private protected RecordType(Type clrType)
    {
        ClrType = clrType;
        Workflow = new Workflow();
    }

    /// <summary>Module and name: <c>risk.asset</c>. Used for rights, tables and the change log; never changed.</summary>
    public abstract string Key { get; }

    /// <summary>Name of one: 資產, Asset.</summary>
    public abstract LocalizedText Name { get; }

    /// <summary>Name of many, as the list's heading: 資產清冊, Assets.</summary>
    public abstract LocalizedText PluralName { get; }

    /// <summary>Last part of the URL: <c>assets</c>.</summary>
    public abstract string Route { get; }

    /// <summary>Letters that start its numbers: <c>AST</c>.</summary>
    public abstract string Prefix { get; }

    /// <summary>Name of the icon.</summary>
    public virtual string Icon => "record";

    /// <summary>One sentence: what it is for.</summary>
    public abstract LocalizedText Purpose { get; }

    /// <summary>Codes of the standard's outputs that such records evidence: <c>O2.1.1</c>.</summary>
    public virtual IReadOnlyList<string> Outputs => [];

    /// <summary>Codes of the standard's tasks that it belongs to; rights can be granted by them.</summary>
    public virtual IReadOnlyList<string> Tasks => [.. Outputs.Select(o => "T" + o[1..o.LastIndexOf('.')]).Distinct()];

    /// <summary>People do not create it by hand: it comes from an engine or an action.</summary>
    public virtual bool CreatedByProduct => false;

    /// <summary>Shown in navigation and search as a thing of its own.</summary>
    public virtual bool InNavigation => true;

    /// <summary>The field by which an import recognises a record that exists already; the record's number where none is declared.</summary>
    public Field? ImportKey { get; private set; }

    /// <summary>Sorting of the list as it opens: a field key, with <c>-</c> for descending.</summary>
    public virtual string DefaultSort => "-updatedAt";

    /// <summary>The standard's indicators that work on such records shows, each with the acts that show it.</summary>
    public virtual IReadOnlyList<IndicatorActs> Indicators => [];

    public Type ClrType { get; }

    public Workflow Workflow { get; }

    /// <summary>Module part of the key.</summary>
    public string Module => Key[..Key.IndexOf('.', StringComparison.Ordinal)];

    /// <summary>Path of the list: <c>/risk/assets</c>.</summary>
    public string Path => $"/{Module}/{Route}";

    /// <summary>Path of a record: <c>/risk/assets/AST-2026-0007</c>.</summary>
    public string PathOf(string number) => $"{Path}/{Uri.EscapeDataString(number)}";

    /// <summary>All fields: those every record has, those declared, those the site added.</summary>
    public IReadOnlyList<Field> Fields => Look().All;

    /// <summary>The field with this key.</summary>
    public Field? FindField(string key) => Look().ByKey.GetValueOrDefault(key);

    /// <summary>Conditions over several fields. A rule gives the field it complains of.</summary>
    public IReadOnlyList<Func<Record, Error?>> Rules => rules;

    private readonly List<Func<Record, Error?>> rules = [];

    /// <summary>Creates an empty record in the first state.</summary>
    public Record NewRecord()
    {
        var record = (Record)Activator.CreateInstance(ClrType)!;
        record.State = Workflow.Initial;
        return record;
    }

    /// <summary>Replaces the site-defined fields.</summary>
    public void SetExtraFields(IReadOnlyList<Field> siteFields) => (extra, known) = (siteFields, null);

    /// <summary><see cref="Tasks"/>, worked out once: each question about a right looks at them.</summary>
    internal IReadOnlyList<string> KnownTasks => tasks ??= Tasks;

    /// <summary>Runs a typed operation for this type: the bridge from generic pages to typed queries, without reflection at each call.</summary>
    public abstract TResult Accept<TResult>(IRecordTypeVisitor<TResult> visitor);

    /// <summary>Fields of lists, by their keys, that a list of this type shows only when they are asked for: it has more to say than a window is wide.</summary>
    public virtual IReadOnlyList<string> ShownWhenAsked => [];

    /// <summary>What people call a record in each language: its title, unless the type knows one in the other language too.</summary>
    public virtual LocalizedText TitleOf(Record record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new LocalizedText(record.Title, record.Title);
    }

    /// <summary>Fills the fields that follow from others, such as a grade or a time limit. Runs before every save of a record; must give the same for the same record.</summary>
    public virtual void Derive(Record record)
    {
    }

    /// <summary>Folded text for search: lower case, without full-width variants.</summary>
    public string BuildSearchText(Record record)
    {
        var parts = new List<string>(fields.Count) { record.Number };
        foreach (var field in Fields)
        {
            if (field.Sensitive) continue;
            if (field.Kind is FieldKind.Text or FieldKind.LongText or FieldKind.Markdown && field.GetText(record) is { } text) parts.Add(text);
            else if (field.Kind is FieldKind.Choice && field.GetText(record) is { } code && field.FindChoice(code) is { } choice) parts.Add(choice.Label.Zh + " " + choice.Label.En);
        }

        var joined = string.Join('\n', parts);
        return Fold(joined.Length > 8000 ? joined[..8000] : joined);
    }

    /// <summary>Folds text for comparison in search.</summary>
    public static string Fold(string text)
    {
        // Half of a surrogate pair, as left by cutting a text, would make the normalisation throw.
        if (!Field.IsStorable(text)) text = Field.Storable(text);
        return text.Normalize(System.Text.NormalizationForm.FormKC).ToLowerInvariant();
    }

    private protected Field Add(string key, FieldKind kind, LocalizedText label, PropertyInfo property)
    {
        if (fields.Exists(f => f.Key == key)) throw new InvalidOperationException($"Field '{key}' of '{Key}' is declared twice.");
        var field = new Field(key, kind, label, property) { Section = section };
        fields.Add(field);
        known = null;
        return field;
    }

    // An import asks for every cell.
    private Known Look()
    {
        if (known is { } fresh) return fresh;
        Field[] all = [.. fields, .. extra];
        var byKey = new Dictionary<string, Field>(all.Length, StringComparer.Ordinal);
        foreach (var field in all) byKey.TryAdd(field.Key, field);
        return known = new Known(all, byKey);
    }

    private sealed record Known(IReadOnlyList<Field> All, Dictionary<string, Field> ByKey);

    private protected void StartSection(LocalizedText label) => section = label;

    private protected void AddRule(Func<Record, Error?> rule) => rules.Add(rule);

    private protected void SetImportKey(Field field) => ImportKey = field;
}

/// <summary>An operation that needs the record type's class.</summary>
public interface IRecordTypeVisitor<out TResult>
{
    TResult Visit<T>(RecordType<T> type) where T : Record, new();
}

/// <summary>Declares the record type of a class. The constructor lists the fields in the order of the form.</summary>
public abstract class RecordType<T> : RecordType where T : Record, new()
{
    /// <summary>Declares the fields that every record has, then those of the derived type.</summary>
    protected RecordType(string titleZh = "名稱", string titleEn = "Name") : base(typeof(T))
    {
        new FieldBuilder(Add("number", FieldKind.Text, new LocalizedText("紀錄編號", "Record number"), Of(x => x.Number))).ReadOnly().InList();
        Text(x => x.Title, titleZh, titleEn).Required().InList();
        new FieldBuilder(Add("state", FieldKind.Choice, new LocalizedText("狀態", "State"), Of(x => x.State))).ReadOnly().InList();
        Person(x => x.OwnerId, "負責人", "Owner").InList();
        Unit(x => x.UnitId, "單位", "Unit").InList();
        Date(x => x.DueOn, "到期日", "Due").Synonyms("期限", "完成期限");
        new FieldBuilder(Add("createdAt", FieldKind.Instant, new LocalizedText("建立時間", "Created"), Of(x => x.CreatedAt))).ReadOnly();
        new FieldBuilder(Add("updatedAt", FieldKind.Instant, new LocalizedText("更新時間", "Updated"), Of(x => x.UpdatedAt))).ReadOnly().InList();
    }

    public override TResult Accept<TResult>(IRecordTypeVisitor<TResult> visitor) => visitor.Visit(this);

    protected FieldBuilder Text(Expression<Func<T, string?>> property, string zh, string en, int max = 200) => Declare(property, FieldKind.Text, zh, en).Max(max);

    protected FieldBuilder LongText(Expression<Func<T, string?>> property, string zh, string en, int max = 4000) => Declare(property, FieldKind.LongText, zh, en).Max(max);

    protected FieldBuilder Markdown(Expression<Func<T, string?>> property, string zh, string en, int max = 20000) => Declare(property, FieldKind.Markdown, zh, en).Max(max);

    protected FieldBuilder Number<TNumber>(Expression<Func<T, TNumber>> property, string zh, string en) => Declare(property, FieldKind.Number, zh, en);

    protected FieldBuilder Date(Expression<Func<T, DateOnly?>> property, string zh, string en) => Declare(property, FieldKind.Date, zh, en);

    protected FieldBuilder Instant(Expression<Func<T, DateTimeOffset?>> property, string zh, string en) => Declare(property, FieldKind.Instant, zh, en);

    protected FieldBuilder Choice(Expression<Func<T, string?>> property, string zh, string en, params IReadOnlyList<Choice> choices) => Declare(property, FieldKind.Choice, zh, en).Choices(choices);

    protected FieldBuilder ChoiceSet(Expression<Func<T, string?>> property, string zh, string en, params IReadOnlyList<Choice> choices) => Declare(property, FieldKind.ChoiceSet, zh, en).Choices(choices).Max(1000);

    protected FieldBuilder Flag(Expression<Func<T, bool>> property, string zh, string en) => Declare(property, FieldKind.Flag, zh, en);

    protected FieldBuilder Reference(Expression<Func<T, Guid?>> property, string target, string zh, string en) => Declare(property, FieldKind.Reference, zh, en).Target(target);

    protected FieldBuilder Person(Expression<Func<T, Guid?>> property, string zh, string en) => Declare(property, FieldKind.Person, zh, en);

    protected FieldBuilder Unit(Expression<Func<T, Guid?>> property, string zh, string en) => Declare(property, FieldKind.Unit, zh, en);

    /// <summary>Starts a section of the form.</summary>
    protected void Section(string zh, string en) => StartSection(new LocalizedText(zh, en));

    /// <summary>Adds a condition over several fields.</summary>
    protected void Rule(Func<T, Error?> rule) => AddRule(record => rule((T)record));

    /// <summary>The field by which an import recognises a record.</summary>
    protected void ImportBy(FieldBuilder field) => SetImportKey(field.Field);

    /// <summary>Ends the declaration: the state field offers the states of the workflow.</summary>
    protected void Sealed() => FindField("state")!.Choices = [.. Workflow.States.Select(s => new Choice(s.Key, s.Label, s.Tone))];

    private FieldBuilder Declare<TValue>(Expression<Func<T, TValue>> property, FieldKind kind, string zh, string en)
    {
        var info = Of(property);
        return new FieldBuilder(Add(char.ToLowerInvariant(info.Name[0]) + info.Name[1..], kind, new LocalizedText(zh, en), info));
    }

    private static PropertyInfo Of<TValue>(Expression<Func<T, TValue>> property) =>
        (property.Body is UnaryExpression convert ? convert.Operand : property.Body) is MemberExpression { Member: PropertyInfo info }
            ? info
            : throw new ArgumentException("Name a property: x => x.Name.", nameof(property));
}

/// <summary>Says more about a field.</summary>
public sealed class FieldBuilder
{
    internal FieldBuilder(Field field) => Field = field;

    internal Field Field { get; }

    public FieldBuilder Required() { Field.Required = true; return this; }

    public FieldBuilder InList(bool inList = true) { Field.InList = inList; return this; }

    public FieldBuilder ReadOnly() { Field.ReadOnly = true; return this; }

    /// <summary>Kept in both languages (<see cref="KeptTexts"/>): people are shown theirs, the API and exports have both.</summary>
    public FieldBuilder InBothLanguages() { Field.InBothLanguages = true; return this; }

    public FieldBuilder NotOnPages() { Field.OnPages = false; return this; }

    public FieldBuilder Sensitive() { Field.Sensitive = true; return this; }

    public FieldBuilder Max(int length) { Field.MaxLength = length; return this; }

    public FieldBuilder Range(decimal min, decimal max) { Field.Min = min; Field.Max = max; return this; }

    public FieldBuilder Help(string zh, string en) { Field.Help = new LocalizedText(zh, en); return this; }

    public FieldBuilder Synonyms(params IReadOnlyList<string> names) { Field.Synonyms = names; return this; }

    /// <summary>How people write it, turned into the one form that is kept, before it is read: several separators into one, 1 2 3 into low, medium, high.</summary>
    public FieldBuilder Canonical(Func<string, string> canonical) { Field.Canonical = canonical; return this; }

    internal FieldBuilder Choices(IReadOnlyList<Choice> choices) { Field.Choices = choices; return this; }

    internal FieldBuilder Target(string type) { Field.Target = type; return this; }
}

/// <summary>What shows an indicator of the standard in a record type's history.</summary>
/// <param name="Code">Code of the indicator: P2.1.1.</param>
/// <param name="Actions">Keys of transitions, or <c>create</c>, <c>import</c>, <c>update</c>, <c>evidence</c>; none for all of them.</param>
public sealed record IndicatorActs(string Code, params IReadOnlyList<string> Actions)
{
    /// <summary>Code of the task that the indicator belongs to: T2.1 for P2.1.1.</summary>
    public string Task => "T" + Code[1..Code.LastIndexOf('.')];

    /// <summary>True when this act shows it. Remarks, links and archiving show nothing.</summary>
    public bool Shows(string action) => Actions.Count == 0 ? action is not ("comment" or "link" or "unlink" or "archive" or "restore" or "withdraw" or "delete") : Actions.Contains(action);
}
