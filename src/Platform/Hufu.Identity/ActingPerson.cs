using Hufu.Records;

namespace Hufu.Identity;

/// <summary>Who changes accounts in this scope, and what it is called in the change log. Until somebody says otherwise it is the product, at a sign-in.</summary>
public sealed class ActingPerson
{
    internal Actor Actor { get; private set; } = Actor.System("web");

    internal string Action { get; private set; } = "sign-in";

    internal string? Reason { get; private set; }

    /// <summary>Says who acts from now on in this scope.</summary>
    public void Is(Actor actor, string action, string? reason = null) => (Actor, Action, Reason) = (actor, action, reason);
}
