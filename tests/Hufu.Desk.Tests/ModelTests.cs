using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Hufu.Desk.Tests;

/// <summary>What is written ahead of the database's model says what the types say.</summary>
public class ModelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_generated_model_is_the_one_that_the_types_give(bool postgres)
    {
        using var generated = Open(postgres);
        using var built = Build(postgres);
        Assert.True(generated.Model.GetType().Namespace?.StartsWith("Hufu.Models", StringComparison.Ordinal), "The program builds its model at each start: no generated one is there. Run eng/models.");
        Assert.False(built.Model.GetType().Namespace?.StartsWith("Hufu.Models", StringComparison.Ordinal));
        var (said, meant) = (Describe(generated.Model), Describe(built.Model));
        Assert.True(meant.Count > 2_000, $"{meant.Count} lines");
        // One line of each side tells more than two models.
        var (onlyGenerated, onlyMeant) = (said.Except(meant, StringComparer.Ordinal).ToList(), meant.Except(said, StringComparer.Ordinal).ToList());
        Assert.True(onlyGenerated.Count == 0 && onlyMeant.Count == 0,
            $"The generated model in src/Hufu/Models is behind the types. Run eng/models.\nOnly generated ({onlyGenerated.Count}):\n{string.Join('\n', onlyGenerated.Take(10))}\nOnly in the types ({onlyMeant.Count}):\n{string.Join('\n', onlyMeant.Take(10))}");
        Assert.Equal(meant, said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_migrations_are_not_behind_the_types(bool postgres)
    {
        using var db = Open(postgres);
        Assert.False(db.Database.HasPendingModelChanges(), "A migration is missing: dotnet ef migrations add NAME, for both databases (CONTRIBUTING.md).");
    }

    private static HufuDbContext Open(bool postgres) => postgres ? new PostgresDesign().CreateDbContext([]) : new SqliteDesign().CreateDbContext([]);

    // A context that nothing was generated for has its model built.
    private static BuiltContext Build(bool postgres)
    {
        var (types, tables) = Modules.Model();
        var options = new DbContextOptionsBuilder<BuiltContext>();
        return new BuiltContext((postgres ? options.UseNpgsql("Host=localhost;Database=design") : options.UseSqlite("Data Source=design.db")).Options, types, tables);
    }

    private sealed class BuiltContext(DbContextOptions<BuiltContext> options, RecordTypes types, IEnumerable<IModelContribution> tables) : HufuDbContext(options, types, tables, TimeProvider.System);

    // Every part that a query, a save or an upgrade asks the model for, each a line.
    private static List<string> Describe(IModel model)
    {
        var lines = new List<string>();
        foreach (var type in model.GetEntityTypes())
        {
            lines.Add($"{type.Name}: {type.ClrType} in {type.GetTableName()}, {type.GetSchema()}, {type.BaseType?.Name}, {type.GetChangeTrackingStrategy()}, {type.GetDiscriminatorPropertyName()}, filters {type.GetDeclaredQueryFilters().Count}");
            foreach (var property in type.GetProperties())
            {
                lines.Add($"{type.Name}.{property.Name}: {property.ClrType}, {property.PropertyInfo}, {property.FieldInfo}, {property.GetPropertyAccessMode()}, null {property.IsNullable}, {property.GetMaxLength()}, {property.GetPrecision()}, {property.GetScale()}, {property.IsUnicode()}, {property.ValueGenerated}, token {property.IsConcurrencyToken}, {property.GetBeforeSaveBehavior()}, {property.GetAfterSaveBehavior()}, sentinel {property.Sentinel}");
                lines.Add($"{type.Name}.{property.Name}: column {property.GetColumnName()} {property.GetColumnType()}, {property.GetTypeMapping().GetType()}, {property.GetValueConverter()?.GetType()}, {property.GetTypeMapping().Converter?.GetType()}, {Plain(property.GetValueComparer())}, {Plain(property.GetKeyValueComparer())}, {Plain(property.GetProviderValueComparer())}, key {property.IsKey()}, {property.IsForeignKey()}, {property.IsIndex()}");
            }

            lines.AddRange(type.GetNavigations().Select(n => $"{type.Name}.{n.Name}: to {n.TargetEntityType.Name}, {n.IsOnDependent}"));
            lines.AddRange(type.GetKeys().Select(k => $"{type.Name} key {k.GetName()}: {Names(k.Properties)}, {k.IsPrimaryKey()}"));
            lines.AddRange(type.GetForeignKeys().Select(f => $"{type.Name} refers by {Names(f.Properties)} to {f.PrincipalEntityType.Name} {Names(f.PrincipalKey.Properties)}: {f.GetConstraintName()}, {f.DeleteBehavior}, {f.IsRequired}, {f.IsUnique}, {f.IsOwnership}"));
            lines.AddRange(type.GetIndexes().Select(i => $"{type.Name} index {i.GetDatabaseName()}: {Names(i.Properties)}, {i.IsUnique}, {i.GetFilter()}"));
        }

        foreach (var table in model.GetRelationalModel().Tables)
        {
            lines.Add($"table {table.Schema}.{table.Name}: {string.Join(", ", table.Columns.Select(c => $"{c.Name} {c.StoreType} {c.IsNullable}"))}");
            lines.AddRange(table.Indexes.Select(i => $"table {table.Name}: {i.Name}, {i.IsUnique}, {string.Join(", ", i.Columns.Select(c => c.Name))}"));
            lines.AddRange(table.ForeignKeyConstraints.Select(f => $"table {table.Name}: {f.Name}, {f.OnDeleteAction}, {f.PrincipalTable.Name}, {string.Join(", ", f.Columns.Select(c => c.Name))}"));
        }

        foreach (var function in model.GetDbFunctions())
            lines.Add($"function {function.MethodInfo}: {function.Name}, {function.Schema}, {function.StoreType}, {function.ReturnType}, {function.IsBuiltIn}, {function.IsNullable}, {function.IsScalar}, {function.Translation?.Method}, {string.Join(", ", function.Parameters.Select(p => $"{p.Name} {p.ClrType} {p.StoreType} {p.PropagatesNullability}"))}");
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private static string Names(IReadOnlyList<IReadOnlyProperty> properties) => string.Join(", ", properties.Select(p => p.Name));

    private static string? Plain(Microsoft.EntityFrameworkCore.ChangeTracking.ValueComparer? comparer) => comparer is null ? null : $"{comparer.GetType()} of {comparer.Type}";
}
