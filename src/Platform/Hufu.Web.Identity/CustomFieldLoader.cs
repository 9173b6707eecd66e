using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Web.Identity;

/// <summary>Gives the record types the fields that the site has added. Called at the start of the program and after each change.</summary>
public sealed partial class CustomFieldLoader(IDbContextFactory<HufuDbContext> factory, RecordTypes types, ILogger<CustomFieldLoader> logger)
{
    /// <summary>Reads all definitions and sets them; a definition with faults is left out and logged.</summary>
    public async Task LoadAsync(CancellationToken cancellation = default)
    {
        await using var db = await factory.CreateDbContextAsync(cancellation);
        var byType = (await db.CustomFields.AsNoTracking().OrderBy(f => f.Order).ThenBy(f => f.Key).ToListAsync(cancellation)).ToLookup(f => f.TypeKey);
        foreach (var type in types.All)
        {
            var fields = new List<Field>();
            foreach (var definition in byType[type.Key])
            {
                var errors = definition.Check();
                if (errors.Count == 0) fields.Add(definition.ToField());
                else Faulty(logger, type.Key, definition.Key, errors[0].Code);
            }

            type.SetExtraFields(fields);
        }
    }

    [LoggerMessage(120, LogLevel.Warning, "Custom field {Key} of {Type} is left out: {Code}")]
    private static partial void Faulty(ILogger logger, string type, string key, string code);
}
