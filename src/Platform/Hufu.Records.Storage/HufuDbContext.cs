using Hufu.Kernel;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Hufu.Records.Storage;

/// <summary>Adds the tables of one part of the product to the database.</summary>
public interface IModelContribution
{
    void Configure(ModelBuilder model);
}

/// <summary>The one database of the records. Its tables come from the record types and the contributions of the other parts.</summary>
public class HufuDbContext : DbContext
{
    private readonly IReadOnlyList<IModelContribution> contributions;
    private readonly TimeProvider clock;

    public HufuDbContext(DbContextOptions options, RecordTypes types, IEnumerable<IModelContribution> contributions, TimeProvider clock) : base(options)
    {
        Types = types;
        this.contributions = [.. contributions];
        this.clock = clock;
    }

    /// <summary>All record types.</summary>
    public RecordTypes Types { get; }

    public DbSet<Change> Changes => Set<Change>();

    public DbSet<RecordLink> Links => Set<RecordLink>();

    public DbSet<Evidence> Evidence => Set<Evidence>();

    public DbSet<Comment> Comments => Set<Comment>();

    public DbSet<Watcher> Watchers => Set<Watcher>();

    public DbSet<SavedView> SavedViews => Set<SavedView>();

    public DbSet<Draft> Drafts => Set<Draft>();

    public DbSet<CustomField> CustomFields => Set<CustomField>();

    public DbSet<Setting> Settings => Set<Setting>();

    public DbSet<Denial> Denials => Set<Denial>();

    public DbSet<NumberSeries> NumberSeries => Set<NumberSeries>();

    /// <summary>True on PostgreSQL, false on SQLite.</summary>
    public bool IsPostgres => Database.ProviderName?.Contains("Npgsql", StringComparison.Ordinal) == true;

    /// <summary>Now, cut to microseconds: what both databases keep.</summary>
    public DateTimeOffset Now => Instants.Truncate(clock.GetUtcNow());

    internal ActingAs? Acting { get; private set; }

    /// <summary>Says who changes what and why, for everything saved from now on through this context.</summary>
    public void ActAs(Actor actor, string action, string? reason = null, Guid? batch = null) => Acting = new ActingAs(actor, action, reason, batch);

    /// <summary>The text of a key of a JSON column, translated to the database's own function.</summary>
    public static string? JsonText(string? json, string key) => throw new NotSupportedException("Only inside a database query.");

    /// <summary>The number in a key of a JSON column, null where the text there is none.</summary>
    public static double? JsonNumber(string? json, string key) => throw new NotSupportedException("Only inside a database query.");

    /// <summary>The place of a key's text among lines, from 0, or their number when it is none of them; on SQLite only, where it is quicker than comparing with each.</summary>
    public static int JsonRank(string? json, string key, string lines) => throw new NotSupportedException("Only inside a database query.");

    /// <summary>True when a text holds a word, byte for byte; on SQLite only, where it is quicker than what the database has.</summary>
    public static bool Holds(string text, string word) => throw new NotSupportedException("Only inside a database query.");

    /// <summary>As <see cref="Holds"/>, but capital and small letters of ASCII are the same.</summary>
    public static bool HoldsFolded(string? text, string word) => throw new NotSupportedException("Only inside a database query.");

    /// <inheritdoc />
    public override int SaveChanges(bool acceptAllChangesOnSuccess)
    {
        ChangeCapture.Apply(this);
        var written = Written();
        var saved = base.SaveChanges(acceptAllChangesOnSuccess);
        Measure(written);
        return saved;
    }

    /// <inheritdoc />
    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        ChangeCapture.Apply(this);
        var written = Written();
        var saved = await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        Measure(written);
        return saved;
    }

    /// <summary>
    /// Saves like any other save, for very many new rows: with the same change log, and quicker. Needs an open transaction; what it added is tracked
    /// no more. On the embedded database the rows are written beside what the caller does next: wait for what this gives before asking the
    /// database for anything, also for the next of these.
    /// </summary>
    internal async Task<Task> SaveManyAsync(Task before, CancellationToken cancellation)
    {
        ChangeCapture.Apply(this);
        var written = Written();
        var rows = IsPostgres ? null : BulkInsert.Take(this);
        await before;
        // What was changed goes with the context's own statements.
        await base.SaveChangesAsync(true, cancellation);
        Measure(written);
        return rows is null ? Task.CompletedTask : Task.Run(() => rows.Write(cancellation), CancellationToken.None);
    }

    // Looking through what is tracked costs something: only when somebody measures.
    private List<(string Type, string Action)> Written() =>
        Telemetry.Changes.Enabled ? [.. ChangeTracker.Entries<Change>().Where(e => e.State is EntityState.Added).Select(e => (e.Entity.TypeKey, e.Entity.Action))] : [];

    private static void Measure(List<(string Type, string Action)> written)
    {
        foreach (var group in written.GroupBy(w => w)) Telemetry.Changes.Add(group.Count(), new("type", group.Key.Type), new("action", group.Key.Action));
    }

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) =>
        optionsBuilder.ReplaceService<IModelCacheKeyFactory, ModelPerTypes>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<InstantConverter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        foreach (var type in Types.All)
        {
            var entity = modelBuilder.Entity(type.ClrType);
            entity.ToTable(type.Key.Replace('.', '_').Replace('-', '_'));
            entity.HasKey(nameof(Record.Id));
            entity.Property(nameof(Record.Id)).ValueGeneratedNever();
            entity.Property(nameof(Record.Version)).IsConcurrencyToken();
            entity.HasIndex(nameof(Record.Number)).IsUnique();
            // Counting what a list shows reads an index alone where the index says whether the record is put away.
            entity.HasIndex(nameof(Record.OwnerId), nameof(Record.State), nameof(Record.Number), nameof(Record.ArchivedAt));
            entity.HasIndex(nameof(Record.UnitId), nameof(Record.OwnerId), nameof(Record.CreatedBy), nameof(Record.Number), nameof(Record.ArchivedAt));
            // SQLite searches in this narrow copy of the rows; PostgreSQL has a limit on what an index entry holds.
            if (!IsPostgres)
                entity.HasIndex(nameof(Record.Number), nameof(Record.ArchivedAt), nameof(Record.State), nameof(Record.OwnerId), nameof(Record.CreatedBy), nameof(Record.UnitId), nameof(Record.SearchText));
            // And it sorts and filters by any field in this one, which is half as wide as the rows.
            if (!IsPostgres) entity.HasIndex([.. ScannedColumns(type)]);
            entity.Property(nameof(Record.Number)).HasMaxLength(40);
            entity.Property(nameof(Record.State)).HasMaxLength(40);
            foreach (var field in type.Fields)
            {
                if (field.Property is null || field.IsExtra) continue;
                if (field.Property.PropertyType == typeof(string) && field.Key is not ("number" or "state")) entity.Property(field.Property.Name).HasMaxLength(field.MaxLength);
                // A list sorts by any of its columns; keyset pages need the index to be quick at 100,000 rows.
                if (field.InList && field.Key is not ("number" or "ownerId" or "unitId") && field.Kind is not (FieldKind.LongText or FieldKind.Markdown))
                    entity.HasIndex(field.Property.Name, nameof(Record.Number), nameof(Record.ArchivedAt));
                else if (field.Kind is FieldKind.Reference) entity.HasIndex(field.Property.Name);
            }

            if (type.ImportKey?.Property is { } key && key.Name != nameof(Record.Number) && type.ImportKey is { InList: false }) entity.HasIndex(key.Name);
            if (type.FindField("dueOn") is { InList: false }) entity.HasIndex(nameof(Record.DueOn));
        }

        modelBuilder.Entity<Change>(e =>
        {
            e.ToTable("change");
            e.HasIndex(c => c.Uid).IsUnique();
            e.HasIndex(c => new { c.RecordId, c.Id });
            e.HasIndex(c => c.Position).IsUnique();
            e.HasIndex(c => new { c.ActorId, c.At });
            e.HasIndex(c => c.BatchId);
        });
        modelBuilder.Entity<RecordLink>(e =>
        {
            e.ToTable("link");
            e.Property(x => x.Id).ValueGeneratedNever();
            e.HasIndex(x => new { x.FromId, x.ToId, x.Kind }).IsUnique();
            e.HasIndex(x => x.ToId);
        });
        modelBuilder.Entity<Evidence>(e =>
        {
            e.ToTable("evidence");
            e.Property(x => x.Id).ValueGeneratedNever();
            e.HasIndex(x => x.RecordId);
            e.HasIndex(x => new { x.TypeKey, x.EffectiveOn });
            e.HasIndex(x => x.Output);
        });
        modelBuilder.Entity<Comment>(e =>
        {
            e.ToTable("comment");
            e.Property(x => x.Id).ValueGeneratedNever();
            e.HasIndex(x => new { x.RecordId, x.At });
        });
        modelBuilder.Entity<Watcher>(e =>
        {
            e.ToTable("watcher");
            e.HasKey(x => new { x.RecordId, x.PersonId });
        });
        modelBuilder.Entity<SavedView>(e =>
        {
            e.ToTable("saved_view");
            e.Property(x => x.Id).ValueGeneratedNever();
            e.HasIndex(x => x.TypeKey);
        });
        modelBuilder.Entity<Draft>(e =>
        {
            e.ToTable("draft");
            e.HasKey(x => new { x.PersonId, x.FormKey });
        });
        modelBuilder.Entity<CustomField>(e =>
        {
            e.ToTable("custom_field");
            e.Property(x => x.Id).ValueGeneratedNever();
            e.HasIndex(x => new { x.TypeKey, x.Key }).IsUnique();
        });
        modelBuilder.Entity<Setting>(e =>
        {
            e.ToTable("setting");
            e.Property(x => x.Id).ValueGeneratedNever();
            e.HasIndex(x => x.Key).IsUnique();
        });
        modelBuilder.Entity<Denial>(e =>
        {
            e.ToTable("denial");
            e.HasIndex(x => x.At);
            e.Property(x => x.Address).HasMaxLength(45);
        });
        modelBuilder.Entity<NumberSeries>(e =>
        {
            e.ToTable("number_series");
            e.HasKey(x => x.Series);
        });

        var postgres = IsPostgres;
        if (postgres)
        {
            var (text, number) = (modelBuilder.HasDbFunction(Function(nameof(JsonText))), modelBuilder.HasDbFunction(Function(nameof(JsonNumber))));
            // What is generated ahead cannot hold them: there it takes them from PostgresFunctions.
            if (!EF.IsDesignTime)
            {
                text.HasTranslation(PostgresText);
                number.HasTranslation(PostgresNumber);
            }
        }
        else
        {
            modelBuilder.HasDbFunction(Function(nameof(JsonText))).HasName("extra_text").IsBuiltIn();
            modelBuilder.HasDbFunction(Function(nameof(JsonNumber))).HasName("extra_number").HasStoreType("REAL").IsBuiltIn();
            modelBuilder.HasDbFunction(Function(nameof(Holds))).HasName("holds").IsBuiltIn();
            modelBuilder.HasDbFunction(Function(nameof(HoldsFolded))).HasName("holds_folded").IsBuiltIn();
            modelBuilder.HasDbFunction(Function(nameof(JsonRank))).HasName("extra_rank").IsBuiltIn();
        }

        foreach (var contribution in contributions) contribution.Configure(modelBuilder);
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            if (entity.GetTableName() is { } table) entity.SetTableName(Snake(table));
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(Snake(property.Name));
                var plain = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
                // One order of texts on both databases, whatever language the server was set up in.
                if (plain == typeof(string) && postgres && property.GetCollation() is null) property.SetCollation("C");
                // SQLite has no exact decimals: whole millionths sort, compare and add up exactly.
                if (plain == typeof(decimal) && postgres) property.SetColumnType("numeric(19,6)");
                if (plain == typeof(decimal) && !postgres) property.SetValueConverter(typeof(MillionthsConverter));
            }

            foreach (var key in entity.GetKeys()) key.SetName(Shorten($"pk_{entity.GetTableName()}" + (key.IsPrimaryKey() ? "" : "_" + string.Join('_', key.Properties.Select(p => p.GetColumnName())))));
            foreach (var index in entity.GetIndexes()) index.SetDatabaseName(Shorten($"ix_{entity.GetTableName()}_{string.Join('_', index.Properties.Select(p => p.GetColumnName()))}"));
        }
    }

    private static MethodInfo Function(string name) => typeof(HufuDbContext).GetMethod(name, BindingFlags.Public | BindingFlags.Static)!;

    /// <summary>How the functions of this context that PostgreSQL does not have by their name are written there, each with its name.</summary>
    public static IReadOnlyDictionary<string, Func<IReadOnlyList<SqlExpression>, SqlExpression>> PostgresFunctions { get; } =
        new Dictionary<string, Func<IReadOnlyList<SqlExpression>, SqlExpression>> { [nameof(JsonText)] = PostgresText, [nameof(JsonNumber)] = PostgresNumber };

    // A key can be missing in a JSON text that is there: nothing may be concluded from the arguments about NULL.
    private static SqlFunctionExpression PostgresText(IReadOnlyList<SqlExpression> args) =>
        new("jsonb_extract_path_text", [new SqlUnaryExpression(System.Linq.Expressions.ExpressionType.Convert, args[0], typeof(string), new Npgsql.EntityFrameworkCore.PostgreSQL.Storage.Internal.Mapping.NpgsqlJsonTypeMapping("jsonb", typeof(string))), args[1]], true, [false, false], typeof(string), args[1].TypeMapping);

    // PostgreSQL refuses to cast what is no number.
    private static SqlUnaryExpression PostgresNumber(IReadOnlyList<SqlExpression> args)
    {
        var text = new SqlFunctionExpression("substring", [PostgresText(args), new SqlConstantExpression("^-?[0-9]{1,18}(?:[.][0-9]{1,12})?$", args[1].TypeMapping)], true, [false, false], typeof(string), args[1].TypeMapping);
        return new(System.Linq.Expressions.ExpressionType.Convert, text, typeof(double), new Microsoft.EntityFrameworkCore.Storage.DoubleTypeMapping("double precision"));
    }

    private static IEnumerable<string> ScannedColumns(RecordType type) =>
        new[] { nameof(Record.Number), nameof(Record.ArchivedAt), nameof(Record.State), nameof(Record.OwnerId), nameof(Record.CreatedBy), nameof(Record.UnitId) }
            .Concat(type.Fields.Where(f => f is { Property: not null, IsExtra: false } && f.Kind is not (FieldKind.LongText or FieldKind.Markdown)).Select(f => f.Property!.Name)).Append(nameof(Record.Extra)).Distinct();

    // PostgreSQL cuts names after 63 bytes, and two that are cut alike would collide.
    private static string Shorten(string name) => name.Length <= 60 ? name : name[..51] + "_" + Kernel.Hashing.Sha256Hex(name)[..8];

    private static string Snake(string name)
    {
        var snake = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && i > 0 && name[i - 1] != '_' && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])))) snake.Append('_');
            snake.Append(char.ToLowerInvariant(name[i]));
        }

        return snake.ToString();
    }

    private static readonly ConditionalWeakTable<RecordTypes, string> Shapes = [];

    // All that the model takes from the types.
    private static string Shape(RecordTypes types)
    {
        var shape = new StringBuilder();
        foreach (var type in types.All)
        {
            shape.Append(type.Key).Append(' ').Append(type.ClrType.FullName).Append(' ').Append(type.ImportKey?.Key);
            foreach (var field in type.Fields.Where(f => f is { Property: not null, IsExtra: false })) shape.Append(CultureInfo.InvariantCulture, $" {field.Key} {field.Kind} {field.MaxLength} {field.InList}");
            shape.Append('\n');
        }

        return shape.ToString();
    }

    // By what the model is made of: a second set of the same types, as every test has one, shares the model and the queries that were translated for it.
    private sealed class ModelPerTypes : IModelCacheKeyFactory
    {
        public object Create(DbContext context, bool designTime) =>
            (context.GetType(), Shapes.GetValue(((HufuDbContext)context).Types, Shape), string.Join(' ', ((HufuDbContext)context).contributions.Select(c => c.GetType().FullName)), context.Database.ProviderName, designTime);
    }
}

internal sealed record ActingAs(Actor Actor, string Action, string? Reason, Guid? Batch);

/// <summary>Instants as whole microseconds since 1970: sortable and the same on both databases.</summary>
public sealed class InstantConverter() : ValueConverter<DateTimeOffset, long>(
    value => (value.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond,
    value => DateTimeOffset.UnixEpoch.AddTicks(value * TimeSpan.TicksPerMicrosecond));

/// <summary>Decimals as whole millionths: exact, sortable and summable where the database has no decimal type.</summary>
public sealed class MillionthsConverter() : ValueConverter<decimal, long>(value => (long)decimal.Round(value * 1_000_000m), value => value / 1_000_000m);

/// <summary>The precision that the product keeps.</summary>
public static class Instants
{
    /// <summary>Cuts an instant to whole microseconds, in UTC.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset value) => new(value.UtcTicks - (value.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
