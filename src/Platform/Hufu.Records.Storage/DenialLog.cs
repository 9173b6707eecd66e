using Hufu.Kernel;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Hufu.Records.Storage;

/// <summary>Writes every refused act, on a connection of its own so that undoing the act does not undo the note of it.</summary>
public sealed partial class DenialLog(IDbContextFactory<HufuDbContext> factory, ILogger<DenialLog> logger, ICallerAddress? caller = null)
{
    public async Task WriteAsync(Actor actor, string asked, string code)
    {
        Telemetry.Denials.Add(1, new KeyValuePair<string, object?>("code", code));
        Denied(logger, actor.Id, actor.Channel, asked, code);
        await using var db = await factory.CreateDbContextAsync();
        db.Denials.Add(new Denial { At = db.Now, ActorId = actor.IsSystem || actor.Id == Guid.Empty ? null : actor.Id, ActorName = actor.Name, Channel = actor.Channel, Asked = asked.Length > 400 ? asked[..400] : asked, Code = code, Address = caller?.Now });
        try
        {
            await db.SaveChangesAsync();
        }
        catch (Exception e) when (DiskFull.Is(e))
        {
            // Refused all the same, and the process's own log has it; whoever asked must not be told of the disk instead.
            NotKept(logger, e);
        }
    }

    [LoggerMessage(101, LogLevel.Error, "The disk is full: a refusal is in this log only")]
    private static partial void NotKept(ILogger logger, Exception e);

    [LoggerMessage(100, LogLevel.Warning, "Denied: {ActorId} by {Channel} asked for {Asked}: {Code}")]
    private static partial void Denied(ILogger logger, Guid actorId, string channel, string asked, string code);
}

/// <summary>Knows where the request at hand comes from. Provided by whatever listens on the network.</summary>
public interface ICallerAddress
{
    /// <summary>The caller's IP address in its shortest form; null outside a request.</summary>
    string? Now { get; }
}
