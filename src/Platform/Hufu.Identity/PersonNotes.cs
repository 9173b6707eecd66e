using Hufu.Records;
using Hufu.Records.Storage;

namespace Hufu.Identity;

/// <summary>Entries of the change log for acts on an account that no audited column shows.</summary>
internal static class PersonNotes
{
    public static Change Make(HufuDbContext db, Actor actor, Guid personId, string action, string? reason, string? what = null) => ChangeCapture.Create(
        IdentityModel.PersonAudit, personId, 0, action, db.Now, null, actor.Id,
        new ChangePayload(actor.Id, actor.Name, actor.Channel, reason, what is null ? [] : [new FieldChange("what", null, what)], null));
}
