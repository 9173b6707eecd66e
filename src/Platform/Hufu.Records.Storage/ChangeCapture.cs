using System.Buffers;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hufu.Kernel;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Hufu.Records.Storage;

/// <summary>Turns what is about to be saved into change-log entries of the same transaction. Nothing audited can be saved without it.</summary>
public static class ChangeCapture
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    internal const string Hidden = "•••";

    // Never in the clear and never in a hash that could be guessed: values of these columns of entities that are no records.
    private static readonly HashSet<string> SensitiveColumns = new(StringComparer.Ordinal) { "PasswordHash", "SecurityStamp", "SecretHash", "Secret", "Value2", "PublicKey" };
    private static readonly HashSet<string> IgnoredColumns = new(StringComparer.Ordinal) { "SearchText", "ConcurrencyStamp", "LastUsedAt", "LastSeenAt", "AccessFailedCount", "LockoutEnd" };

    internal static void Apply(HufuDbContext db)
    {
        db.ChangeTracker.DetectChanges();
        List<EntityEntry<IAudited>>? entries = null;
        foreach (var entry in db.ChangeTracker.Entries<IAudited>())
            if (entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted) (entries ??= []).Add(entry);
        if (entries is null) return;
        if (db.Acting is not { } acting) throw new InvalidOperationException("Say who acts (ActAs) before saving audited entities.");
        var now = db.Now;
        foreach (var entry in entries)
        {
            var type = entry.Entity is Record record ? db.Types.Of(record) : null;
            if (type is not null && entry.State is not EntityState.Deleted)
            {
                type.Derive((Record)entry.Entity);
                // What is added is written as it is now; only of what is changed must be known what differs.
                if (entry.State is EntityState.Modified or EntityState.Unchanged) entry.DetectChanges();
            }

            Normalise(entry);
            if (entry is { State: EntityState.Modified, Entity: not Record }) LearnOriginals(entry);
            var changes = Differences(entry, type);
            if (entry.State is EntityState.Modified && changes.Count == 0) continue;
            if (entry.Entity is Record touched)
            {
                // Set through the entry: during an import nothing looks for changes a second time.
                entry.Property(nameof(Record.Version)).CurrentValue = entry.State is EntityState.Added ? 1 : (int)entry.Property(nameof(Record.Version)).OriginalValue! + 1;
                entry.Property(nameof(Record.UpdatedAt)).CurrentValue = now;
                if (entry.State is EntityState.Added && touched.CreatedAt == default) entry.Property(nameof(Record.CreatedAt)).CurrentValue = now;
                entry.Property(nameof(Record.SearchText)).CurrentValue = type!.BuildSearchText(touched);
            }

            var action = entry.State switch
            {
                EntityState.Deleted => "delete",
                EntityState.Added when entry.Entity is not Record => "create",
                _ => acting.Action,
            };
            db.Changes.Add(Create(
                entry.Entity.AuditType, entry.Entity.Id, (entry.Entity as Record)?.Version ?? 0, action, now, acting.Batch, acting.Actor.Id,
                new ChangePayload(acting.Actor.Id, acting.Actor.Name, acting.Actor.Channel, acting.Reason, changes, entry.State is EntityState.Deleted ? null : StateHash(entry))));
        }
    }

    /// <summary>Makes a change-log entry with its commitment. For what is no audited entity, such as a sealed log segment, add it to the context yourself.</summary>
    public static Change Create(string typeKey, Guid recordId, int version, string action, DateTimeOffset at, Guid? batch, Guid? actorId, ChangePayload payload)
    {
        var json = JsonSerializer.Serialize(payload, Json);
        var salt = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        return new Change
        {
            Uid = Guid.CreateVersion7(at),
            At = at,
            TypeKey = typeKey,
            RecordId = recordId,
            Version = version,
            Action = action,
            ActorId = actorId == Guid.Empty ? null : actorId,
            BatchId = batch,
            Payload = json,
            Salt = salt,
            Commitment = Commit(salt, json),
        };
    }

    /// <summary>SHA-256 over the salt's bytes and the payload's UTF-8 bytes, lower-case hexadecimal.</summary>
    public static string Commit(string saltHex, string payload)
    {
        var length = Encoding.UTF8.GetByteCount(payload);
        var buffer = new byte[16 + length];
        Convert.FromHexString(saltHex).CopyTo(buffer, 0);
        Encoding.UTF8.GetBytes(payload, buffer.AsSpan(16));
        return Hashing.Sha256Hex(buffer);
    }

    /// <summary>The bytes that the ledger keeps for a change: public facts and the commitment, in a fixed order.</summary>
    public static byte[] Leaf(Change change) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"v\":1,\"id\":\"{change.Uid:D}\",\"type\":{JsonSerializer.Serialize(change.TypeKey)},\"record\":\"{change.RecordId:D}\",\"version\":{change.Version},\"action\":{JsonSerializer.Serialize(change.Action)},\"at\":\"{change.At.ToUniversalTime():yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}\",\"commitment\":\"{change.Commitment}\"}}"));

    /// <summary>Hash of all columns of an entity, for finding a row that was changed behind the product's back.</summary>
    public static string StateHash(EntityEntry entry) => StateHash(entry, int.MaxValue);

    /// <summary>True when a row is in the state that a change told of, also when its type has got columns since.</summary>
    public static bool IsInState(EntityEntry entry, string? state)
    {
        if (state is null) return false;
        if (StateHash(entry) == state) return true;
        // The newest columns first: what they hold must be nothing, or somebody put it there behind the log's back.
        foreach (var added in Columns(entry.Metadata).Where(c => c.Added > 0).GroupBy(c => c.Added).OrderByDescending(g => g.Key))
        {
            if (added.Any(c => entry.CurrentValues[c.Property] is not (null or "" or false or 0))) return false;
            if (StateHash(entry, added.Key) == state) return true;
        }

        return false;
    }

    // Without the columns that came with an addition or after it.
    private static string StateHash(EntityEntry entry, int before)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = Json.Encoder }))
        {
            writer.WriteStartObject();
            foreach (var (property, added) in Columns(entry.Metadata))
                if (added < before) writer.WriteString(property.Name, CanonicalText(entry.CurrentValues[property]));
            writer.WriteEndObject();
        }

        return Hashing.Sha256Hex(buffer.WrittenSpan);
    }

    private static (IProperty Property, int Added)[] Columns(IEntityType type) => HashedColumns.GetValue(type, t =>
        [.. t.GetProperties().Where(p => !IgnoredColumns.Contains(p.Name)).OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => (p, p.PropertyInfo?.GetCustomAttribute<AddedAttribute>()?.Time ?? 0))]);

    private static readonly ConditionalWeakTable<IEntityType, (IProperty Property, int Added)[]> HashedColumns = [];

    /// <summary>A payload as written by <see cref="Create"/>; null once erased.</summary>
    public static ChangePayload? Read(Change change) => change.Payload is null ? null : JsonSerializer.Deserialize<ChangePayload>(change.Payload, Json);

    // What the database keeps is what the change log tells of: no finer instants, no more decimals.
    private static void Normalise(EntityEntry entry)
    {
        if (entry.State is EntityState.Deleted) return;
        var values = entry.CurrentValues;
        foreach (var property in FinerColumns.GetValue(entry.Metadata, t => [.. t.GetProperties().Where(p => (Nullable.GetUnderlyingType(p.ClrType) ?? p.ClrType) is var plain && (plain == typeof(DateTimeOffset) || plain == typeof(decimal)))]))
        {
            var value = values[property];
            if (value is DateTimeOffset instant && Instants.Truncate(instant) is var cut && (cut.Ticks != instant.Ticks || instant.Offset != TimeSpan.Zero)) values[property] = cut;
            else if (value is decimal number && decimal.Round(number, Field.Decimals) is var rounded && rounded != number) values[property] = rounded;
        }
    }

    private static readonly ConditionalWeakTable<IEntityType, IProperty[]> FinerColumns = [];

    // An entity that was attached after it had been changed carries its new values as originals: without the stored ones the change would
    // be written and not be logged.
    private static void LearnOriginals(EntityEntry<IAudited> entry)
    {
        if (!entry.Properties.Any(p => p.IsModified && !IgnoredColumns.Contains(p.Metadata.Name) && Equals(p.OriginalValue, p.CurrentValue))) return;
        if (entry.GetDatabaseValues() is not { } stored) return;
        foreach (var property in entry.Properties)
            if (!property.Metadata.IsConcurrencyToken && !property.Metadata.IsPrimaryKey()) property.OriginalValue = stored[property.Metadata.Name];
    }

    private static List<FieldChange> Differences(EntityEntry<IAudited> entry, RecordType? type)
    {
        var changes = new List<FieldChange>();
        var (now, before) = (entry.CurrentValues, entry.OriginalValues);
        var modified = entry.State is EntityState.Modified ? entry.Properties.Where(p => p.IsModified).Select(p => p.Metadata).ToHashSet() : null;
        foreach (var property in now.Properties)
        {
            var name = property.Name;
            if (name is nameof(Record.Id) or nameof(Record.Version) or nameof(Record.UpdatedAt) or nameof(Record.CreatedAt) || IgnoredColumns.Contains(name)) continue;
            if (modified is not null && !modified.Contains(property)) continue;
            var from = entry.State is EntityState.Added ? null : CanonicalText(before[property]);
            var to = entry.State is EntityState.Deleted ? null : CanonicalText(now[property]);
            if (from == to) continue;
            if (type is not null && name == nameof(Record.Extra))
            {
                ExtraDifferences(from, to, changes);
                continue;
            }

            var key = char.ToLowerInvariant(name[0]) + name[1..];
            var hidden = type is null ? SensitiveColumns.Contains(name) || (entry.Entity is Setting setting && name == nameof(Setting.Value) && setting.Key.EndsWith("password", StringComparison.Ordinal)) : type.FindField(key)?.Sensitive == true;
            changes.Add(hidden ? new FieldChange(key, from is null ? null : Hidden, to is null ? null : Hidden) : new FieldChange(key, from, to));
        }

        return changes;
    }

    private static void ExtraDifferences(string? from, string? to, List<FieldChange> changes)
    {
        var before = from is null ? [] : (JsonObject)JsonNode.Parse(from)!;
        var after = to is null ? [] : (JsonObject)JsonNode.Parse(to)!;
        foreach (var key in before.Select(p => p.Key).Union(after.Select(p => p.Key)).Order(StringComparer.Ordinal))
        {
            var old = before[key]?.GetValue<string>();
            var now = after[key]?.GetValue<string>();
            if (old != now) changes.Add(new FieldChange(key, old, now));
        }
    }

    private static string? CanonicalText(object? value) => value is byte[] bytes ? Convert.ToHexStringLower(bytes) : value is Guid guid ? guid.ToString("D") : Field.ToText(value);
}
