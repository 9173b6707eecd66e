using Hufu.Records;
using Hufu.Records.Storage;
using Hufu.Web.Components;
using static Hufu.Kernel.Texts;
using FieldChange = Hufu.Web.Components.FieldChange;

namespace Hufu.Web.Records;

/// <summary>What the ties between records mean.</summary>
public static class LinkKinds
{
    /// <summary>The kinds that a person can choose.</summary>
    public static IReadOnlyList<Components.Choice> Options() => [new("relates", T("link.relates")), new("affects", T("link.affects")), new("caused", T("link.caused")), new("treats", T("link.treats"))];

    /// <summary>The kind as seen from one end.</summary>
    public static string Label(string kind, bool outgoing) => (kind, outgoing) switch
    {
        ("relates", _) => T("link.relates"),
        ("affects", true) => T("link.affects"),
        ("affects", false) => T("link.affected-by"),
        ("caused", true) => T("link.caused"),
        ("caused", false) => T("link.caused-by"),
        ("treats", true) => T("link.treats"),
        ("treats", false) => T("link.treated-by"),
        _ => kind,
    };
}

/// <summary>The change log as people read it.</summary>
public static class HistoryText
{
    /// <summary>What was done, in the words of the record type.</summary>
    public static string Action(RecordType? type, string action) => action switch
    {
        "create" => T("history.create"),
        "update" => T("history.update"),
        "import" => T("history.import"),
        "archive" => T("history.archive"),
        "restore" => T("history.restore"),
        "link" => T("history.link"),
        "unlink" => T("history.unlink"),
        "evidence" => T("history.evidence"),
        "withdraw" => T("history.withdraw"),
        "comment" => T("history.comment"),
        "delete" => T("history.delete"),
        "match" => T("history.match"),
        "trial" => T("history.trial"),
        "lapse" => T("history.lapse"),
        "superseded" => T("history.superseded"),
        "test" => T("history.test"),
        "tie" => T("history.tie"),
        "sealed" => T("history.sealed"),
        _ => type?.Workflow.Find(action)?.Label.ToString() ?? OfTheProduct(action),
    };

    /// <summary>What was changed: a record type's name, or what the product calls what is no record.</summary>
    public static string What(RecordType? type, string key) => type?.Name.ToString() ?? key switch
    {
        "kernel.setting" => T("history.of-setting"),
        "kernel.comment" => T("history.of-comment"),
        "kernel.evidence" => T("history.of-evidence"),
        "kernel.link" => T("history.of-link"),
        "kernel.working-day" => T("history.of-working-day"),
        "identity.person" => T("history.of-person"),
        "identity.person-role" => T("history.of-person-role"),
        "identity.role" => T("history.of-role"),
        "identity.token" => T("history.of-token"),
        "identity.unit" => T("history.of-unit"),
        "jobs.run" => T("history.of-run"),
        "logs.segment" => T("history.of-segment"),
        "logs.removal" => T("history.of-segment"),
        "logs.hunt" => T("history.of-hunt"),
        "logs.export" => T("history.of-log-export"),
        _ => key,
    };

    private static string OfTheProduct(string action) => action switch
    {
        "anchored" => T("history.did-anchored"),
        "removed" => T("history.did-removed"),
        "start" => T("history.did-start"),
        "cancel" => T("history.did-cancel"),
        "download" => T("history.did-download"),
        "export" => T("history.did-export"),
        "hunt" => T("history.did-hunt"),
        "alerts" => T("history.did-alerts"),
        "settings" => T("history.did-settings"),
        "set-password" => T("history.did-set-password"),
        "given-again" => T("history.did-given-again"),
        "recompute" => T("history.did-recompute"),
        _ => action,
    };

    /// <summary>One change as an entry of a timeline.</summary>
    public static TimelineEntry Entry(RecordType type, Change change, RecordPresenter presenter)
    {
        var payload = ChangeCapture.Read(change);
        var text = Action(type, change.Action) + (payload?.Reason is { } reason ? $"：{reason}" : "");
        var changes = change.Action == "create" || change is { Action: "import", Version: 1 } ? [] : Differences(type, payload, presenter);
        return new TimelineEntry(SiteTime.Local(change.At), payload?.ActorName ?? T("history.erased"), text, Icon(change.Action),
            Detail: changes.Count == 0 ? null : builder =>
            {
                builder.OpenComponent<DiffView>(0);
                builder.AddAttribute(1, nameof(DiffView.Changes), changes);
                builder.AddAttribute(2, nameof(DiffView.Compact), true);
                builder.CloseComponent();
            });
    }

    /// <summary>The differences of a change, with labels instead of keys.</summary>
    public static IReadOnlyList<FieldChange> Differences(RecordType? type, ChangePayload? payload, RecordPresenter presenter) =>
        payload is null ? [] : [.. payload.Changes.Where(c => c.Field is not ("createdBy" or "number") && type?.FindField(c.Field) is not { OnPages: false }).Select(c => type?.FindField(c.Field) is { } field
            ? new FieldChange(field.Label.ToString(), presenter.Text(field, c.From), presenter.Text(field, c.To))
            : new FieldChange(Action(type, c.Field), c.From, c.To))];

    private static string Icon(string action) => action switch
    {
        "create" => "plus",
        "update" => "edit",
        "import" => "import",
        "link" or "unlink" => "link",
        "evidence" or "withdraw" => "evidence",
        "comment" => "comment",
        "archive" or "restore" => "archive",
        _ => "arrow-right",
    };
}
