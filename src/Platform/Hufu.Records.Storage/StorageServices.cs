using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hufu.Records.Storage;

/// <summary>Where the records are.</summary>
public sealed class StorageOptions
{
    /// <summary>Folder of everything that the product keeps.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Connection string of PostgreSQL; null for the embedded SQLite file in the data folder.</summary>
    public string? Postgres { get; init; }

    /// <summary>The embedded database's file.</summary>
    public string SqliteFile => Path.Combine(DataFolder, "hufu.db");

    /// <summary>Tells a context where its database is.</summary>
    public void Configure(DbContextOptionsBuilder options)
    {
        // A list asks first whether few rows match: any of them will do, and an order would cost what the question saves.
        // Whether the migrations are behind the model a test says: asked at a start, it would build the whole model for that alone.
        options.ConfigureWarnings(w => w.Ignore(CoreEventId.RowLimitingOperationWithoutOrderByWarning, RelationalEventId.PendingModelChangesWarning));
        if (Postgres is { } connection) options.UseNpgsql(connection);
        else options.UseSqlite($"Data Source={SqliteFile};Cache=Private;Pooling=True").AddInterceptors(new SqliteSettings());
    }
}

/// <summary>Registration of the record storage.</summary>
public static class StorageServices
{
    /// <summary>
    /// Adds the store, its import, its file vault and a database context of the given class. The caller registers <see cref="RecordTypes"/>,
    /// every further <see cref="IModelContribution"/>, <see cref="IDirectory"/> and <see cref="TimeProvider"/>, and <see cref="PlannerOptions"/> where they
    /// differ from the default.
    /// </summary>
    public static IServiceCollection AddRecordStorage<TContext>(this IServiceCollection services, StorageOptions storage) where TContext : HufuDbContext
    {
        services.AddSingleton(storage);
        services.AddDbContextFactory<TContext>(storage.Configure);
        services.AddSingleton<IDbContextFactory<HufuDbContext>>(s => new Widened<TContext>(s.GetRequiredService<IDbContextFactory<TContext>>()));
        services.AddScoped<HufuDbContext>(s => s.GetRequiredService<IDbContextFactory<TContext>>().CreateDbContext());
        services.AddSingleton<DenialLog>();
        services.AddSingleton(new Ledger.LedgerFiles(storage.DataFolder));
        services.AddSingleton<Ledger.LedgerAnchors>();
        services.AddSingleton<Ledger.LedgerSequencer>();
        services.AddSingleton<Ledger.LedgerCheck>();
        services.AddScoped<RecordStore>();
        services.AddScoped<RecordImport>();
        services.AddSingleton<IModelContribution, ObligationTables>();
        services.TryAddSingleton(new PlannerOptions());
        services.AddScoped<IRecordReaction, OccurrenceClosed>();
        services.AddScoped<ObligationPlanner>();
        services.AddScoped<ObligationImport>();
        services.AddScoped<OutputStates>();
        services.AddSingleton(s => new FileVault(Path.Combine(storage.DataFolder, "files"), s.GetService<FileVaultOptions>() ?? new FileVaultOptions()));
        return services;
    }

    private sealed class Widened<TContext>(IDbContextFactory<TContext> inner) : IDbContextFactory<HufuDbContext> where TContext : HufuDbContext
    {
        public HufuDbContext CreateDbContext() => inner.CreateDbContext();
    }
}
