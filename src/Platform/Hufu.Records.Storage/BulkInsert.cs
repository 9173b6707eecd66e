using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using SQLitePCL;

namespace Hufu.Records.Storage;

/// <summary>
/// Writes many new rows of the embedded database with one prepared statement for each table. There every row is a statement of its own
/// anyway, and reading its text again each time, and looking for each value by its name, costs more than writing the row.
/// </summary>
internal sealed class BulkInsert
{
    private static readonly ConditionalWeakTable<IEntityType, Table> Tables = [];

    private readonly List<(Table Table, List<object> Entities)> groups = [];
    private readonly SqliteConnection connection;

    private BulkInsert(SqliteConnection connection) => this.connection = connection;

    /// <summary>Takes everything that is tracked as added out of the context, to be written within the transaction that is open.</summary>
    internal static BulkInsert Take(HufuDbContext db)
    {
        var taken = new BulkInsert((SqliteConnection)db.Database.GetDbConnection());
        var added = db.ChangeTracker.Entries().Where(e => e.State is EntityState.Added).ToList();
        foreach (var group in added.GroupBy(e => e.Metadata)) taken.groups.Add((Tables.GetValue(group.Key, t => new Table(t)), [.. group.Select(e => e.Entity)]));
        foreach (var entry in added) entry.State = EntityState.Detached;
        return taken;
    }

    /// <summary>Writes them. The context may go on meanwhile, as long as it does not ask the database.</summary>
    /// <exception cref="SqliteException">As for any statement: a value that is there already, a disk that is full.</exception>
    internal void Write(CancellationToken cancellation)
    {
        foreach (var (table, entities) in groups)
        {
            cancellation.ThrowIfCancellationRequested();
            table.Write(connection.Handle!, entities);
        }
    }

    private sealed class Table
    {
        private readonly Column[] columns;
        private readonly string insert;

        internal Table(IEntityType type)
        {
            // What the database numbers itself is left to it.
            columns = [.. type.GetProperties().Where(p => !(p.IsPrimaryKey() && p.ValueGenerated is ValueGenerated.OnAdd)).Select(p => new Column(p))];
            insert = $"""INSERT INTO "{type.GetTableName()}" ({string.Join(", ", columns.Select(c => $"\"{c.Name}\""))}) VALUES ({string.Join(", ", columns.Select(_ => "?"))})""";
        }

        internal void Write(sqlite3 database, List<object> entities)
        {
            SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(database, insert, out var statement), database);
            using (statement)
                foreach (var entity in entities)
                {
                    for (var i = 0; i < columns.Length; i++) SqliteException.ThrowExceptionForRC(columns[i].Bind(statement, i + 1, entity), database);
                    var done = raw.sqlite3_step(statement);
                    // The reason is kept until the statement is set back.
                    if (done != raw.SQLITE_DONE) SqliteException.ThrowExceptionForRC(done, database);
                    SqliteException.ThrowExceptionForRC(raw.sqlite3_reset(statement), database);
                }
        }
    }

    private sealed class Column
    {
        private readonly Func<object, object?> get;
        private readonly RelationalTypeMapping mapping;

        internal Column(IProperty property)
        {
            Name = property.GetColumnName();
            mapping = property.GetRelationalTypeMapping();
            get = Getter(property.PropertyInfo ?? throw new InvalidOperationException($"{property.Name} has no property."));
        }

        internal string Name { get; }

        // Each kind of value as the database's own parameters store it, so that rows are the same whichever way they came.
        internal int Bind(sqlite3_stmt statement, int at, object entity)
        {
            var value = get(entity);
            if (value is not null && mapping.Converter is { } converter) value = converter.ConvertToProvider(value);
            return value switch
            {
                null => raw.sqlite3_bind_null(statement, at),
                string text => raw.sqlite3_bind_text(statement, at, text),
                long number => raw.sqlite3_bind_int64(statement, at, number),
                int number => raw.sqlite3_bind_int64(statement, at, number),
                bool flag => raw.sqlite3_bind_int64(statement, at, flag ? 1 : 0),
                Guid guid => raw.sqlite3_bind_text(statement, at, guid.ToString("D").ToUpperInvariant()),
                DateOnly day => raw.sqlite3_bind_text(statement, at, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
                double number => raw.sqlite3_bind_double(statement, at, number),
                byte[] bytes => raw.sqlite3_bind_blob(statement, at, bytes),
                _ => throw new NotSupportedException($"{Name}: {value.GetType().Name}"),
            };
        }

        private static Func<object, object?> Getter(PropertyInfo info)
        {
            var entity = Expression.Parameter(typeof(object));
            return Expression.Lambda<Func<object, object?>>(Expression.Convert(Expression.Property(Expression.Convert(entity, info.DeclaringType!), info), typeof(object)), entity).Compile();
        }
    }
}
