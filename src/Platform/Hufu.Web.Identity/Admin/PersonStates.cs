using Hufu.Identity;
using Hufu.Web.Components;
using static Hufu.Kernel.Texts;

namespace Hufu.Web.Identity.Admin;

/// <summary>How an account stands, in one word.</summary>
internal static class PersonStates
{
    public static string Name(PersonLine person, DateTimeOffset now) => T(Key(person, now));

    public static Tone Tone(PersonLine person, DateTimeOffset now) => Key(person, now) switch
    {
        "id.state-active" => Components.Tone.Good,
        "id.state-locked" => Components.Tone.Bad,
        "id.state-inactive" => Components.Tone.Neutral,
        _ => Components.Tone.Warn,
    };

    private static string Key(PersonLine person, DateTimeOffset now) =>
        !person.Active ? "id.state-inactive"
        : person.LockedUntil > now ? "id.state-locked"
        : person.MustChangePassword ? "id.state-must-change"
        : !person.HasPassword && person.Passkeys == 0 ? "id.state-never"
        : "id.state-active";
}
