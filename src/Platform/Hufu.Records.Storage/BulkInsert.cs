using System.Data.Common;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hufu.Records.Storage;

/// <summary>
/// Writes many new rows of the embedded database with one prepared statement for each table. There every row is a statement of its own
/// anyway, and reading its text again each time costs more than writing the row.
/// </summary>
internal static class BulkInsert
{
    private static readonly ConditionalWeakTable<IEntityType, Table> Tables = [];

    /// <summary>Writes everything that is tracked as added, within the transaction that is open, and stops tracking it.</summary>
    internal static async Task WriteAsync(HufuDbContext db, CancellationToken cancellation)
    {
        var added = db.ChangeTracker.Entries().Where(e => e.State is EntityState.Added).ToList();
        var transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        foreach (var group in added.GroupBy(e => e.Metadata))
        {
            var table = Tables.GetValue(group.Key, t => new Table(t));
            await using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            var parameters = table.Prepare(command);
            foreach (var entry in group)
            {
                for (var i = 0; i < parameters.Length; i++) parameters[i].Value = table.Columns[i].Stored(entry.Entity);
                await command.ExecuteNonQueryAsync(cancellation);
            }
        }

        foreach (var entry in added) entry.State = EntityState.Detached;
    }

    private sealed class Table
    {
        private readonly string insert;

        internal Table(IEntityType type)
        {
            // What the database numbers itself is left to it.
            Columns = [.. type.GetProperties().Where(p => !(p.IsPrimaryKey() && p.ValueGenerated is ValueGenerated.OnAdd)).Select(p => new Column(p))];
            insert = $"""INSERT INTO "{type.GetTableName()}" ({string.Join(", ", Columns.Select(c => $"\"{c.Name}\""))}) VALUES ({string.Join(", ", Columns.Select((_, i) => $"@p{i}"))})""";
        }

        internal Column[] Columns { get; }

        internal DbParameter[] Prepare(DbCommand command)
        {
            command.CommandText = insert;
            var parameters = new DbParameter[Columns.Length];
            for (var i = 0; i < parameters.Length; i++) command.Parameters.Add(parameters[i] = Columns[i].Mapping.CreateParameter(command, $"@p{i}", null, nullable: true));
            command.Prepare();
            return parameters;
        }
    }

    private sealed class Column(IProperty property)
    {
        private readonly Func<object, object?> get = Getter(property.PropertyInfo ?? throw new InvalidOperationException($"{property.Name} has no property."));

        internal string Name { get; } = property.GetColumnName();

        internal RelationalTypeMapping Mapping { get; } = property.GetRelationalTypeMapping();

        internal object Stored(object entity)
        {
            var value = get(entity);
            if (value is not null && Mapping.Converter is { } converter) value = converter.ConvertToProvider(value);
            return value ?? DBNull.Value;
        }

        private static Func<object, object?> Getter(PropertyInfo info)
        {
            var entity = Expression.Parameter(typeof(object));
            return Expression.Lambda<Func<object, object?>>(Expression.Convert(Expression.Property(Expression.Convert(entity, info.DeclaringType!), info), typeof(object)), entity).Compile();
        }
    }
}
