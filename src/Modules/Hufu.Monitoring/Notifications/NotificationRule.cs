using Hufu.Kernel;
using Hufu.Records;

namespace Hufu.Monitoring;

/// <summary>Who is told of which alerts, and who comes next when nobody answers.</summary>
public sealed class NotificationRule : Record
{
    /// <summary>The lowest level of alerts that it is about, in the words of Sigma.</summary>
    public string MinLevel { get; set; } = "";

    /// <summary>The lowest score; null for any.</summary>
    public int? MinScore { get; set; }

    /// <summary>Rules by id, tag or a piece of their title, one a line; empty for all.</summary>
    public string Rules { get; set; } = "";

    /// <summary>Hosts, accounts and addresses, one a line, with <c>*</c>; empty for all.</summary>
    public string Entities { get; set; } = "";

    /// <summary>Only alerts of this unit and those below it; null for all.</summary>
    public Guid? AboutUnitId { get; set; }

    /// <summary>Minutes after a notification in which further alerts are gathered.</summary>
    public int? Gather { get; set; }

    public Guid? FirstId { get; set; }

    public Guid? FirstOtherId { get; set; }

    /// <summary>Minutes within which somebody has to answer the first step.</summary>
    public int? FirstWithin { get; set; }

    public Guid? SecondId { get; set; }

    public Guid? SecondOtherId { get; set; }

    public int? SecondWithin { get; set; }

    public Guid? ThirdId { get; set; }

    public Guid? ThirdOtherId { get; set; }

    public int? ThirdWithin { get; set; }

    /// <summary>Procedure or decision that it rests on.</summary>
    public string Basis { get; set; } = "";

    /// <summary>The steps that name somebody, in their order.</summary>
    internal IReadOnlyList<NotificationStep> Steps => [.. new[]
    {
        new NotificationStep(1, People(FirstId, FirstOtherId), FirstWithin),
        new NotificationStep(2, People(SecondId, SecondOtherId), SecondWithin),
        new NotificationStep(3, People(ThirdId, ThirdOtherId), ThirdWithin),
    }.Where(s => s.People.Count > 0)];

    private static List<Guid> People(params ReadOnlySpan<Guid?> people)
    {
        var found = new List<Guid>();
        foreach (var person in people)
            if (person is { } id && !found.Contains(id)) found.Add(id);
        return found;
    }
}

/// <summary>A step of a notification.</summary>
/// <param name="Number">1 to 3, as the rule counts them.</param>
/// <param name="People">Who is told.</param>
/// <param name="Within">Minutes within which somebody has to answer; null for the usual time.</param>
internal sealed record NotificationStep(int Number, IReadOnlyList<Guid> People, int? Within);

/// <summary>通報規則.</summary>
public sealed class NotificationRuleType : RecordType<NotificationRule>
{
    public const string TypeKey = "monitoring.notification-rule";

    /// <summary>Minutes of <see cref="NotificationRule.Gather"/> where none are given.</summary>
    public const int UsualGather = 5;

    /// <summary>Minutes to answer where none are given.</summary>
    public const int UsualWithin = 30;

    private const int MostLines = 200;

    public override string Key => TypeKey;

    public override LocalizedText Name => new("通報規則", "Notification rule");

    public override LocalizedText PluralName => new("通報規則", "Notification rules");

    public override string Route => "notification-rules";

    public override string Prefix => "NTR";

    public override string Icon => "bell";

    public override LocalizedText Purpose => new(
        "哪些告警要通知誰、多久內要有人確認、沒有人確認時再通知誰。核定後，規則生效起的新告警會自動通知，並留下通報紀錄。",
        "Who is told of which alerts, within what time somebody has to answer, and who is told when nobody does. Once approved, new alerts are told by themselves and each notification is a record.");

    public override IReadOnlyList<string> Outputs => ["O5.3.2"];

    public NotificationRuleType() : base("名稱", "Name")
    {
        Choice(x => x.MinLevel, "最低等級", "Lowest level", AlertType.Levels).Required().InList();
        Number(x => x.MinScore, "最低風險分數", "Lowest risk score").Range(1, 100).Help("留空表示不看分數。", "Empty: whatever the score.");
        LongText(x => x.Rules, "規則", "Rules", 8000).Help("規則識別碼、標籤（如 attack.t1110）或規則名稱的一部分，每行一個，符合任一行即可；留空表示所有規則。", "Ids, tags (such as attack.t1110) or pieces of titles, one a line, any of them; empty: all rules.");
        LongText(x => x.Entities, "對象", "Entities", 8000).Help("主機、帳號或位址，每行一個，可用 *（如 dc*、10.1.*）；留空表示所有對象。", "Hosts, accounts or addresses, one a line, with * (dc*, 10.1.*); empty: all.");
        Unit(x => x.AboutUnitId, "資產所屬單位", "Unit of the asset").Help("只通報資產屬於此單位或其下級單位的告警；留空表示不限。", "Only alerts about assets of this unit and those below it; empty: all.");
        Number(x => x.Gather, "合併時間（分鐘）", "Gathered for (minutes)").Range(0, 1440).Help($"一次通報後，這段時間內的新告警合併為下一次通報；留空為 {UsualGather} 分鐘，0 表示立即。", $"After a notification, further alerts are gathered for so long into the next one; {UsualGather} when empty, 0 for at once.");
        LongText(x => x.Basis, "依據", "Basis", 2000).Help("通報程序、契約或內部決議。", "Procedure, contract or decision of your own.");

        Section("第一階", "First step");
        Person(x => x.FirstId, "通知", "Tell").Required().InList();
        Person(x => x.FirstOtherId, "同時通知", "And");
        Number(x => x.FirstWithin, "確認時限（分鐘）", "Answer within (minutes)").Range(1, 10_080).Help($"時限內沒有人確認就通知下一階；留空為 {UsualWithin} 分鐘。", $"Who comes next is told when nobody answers within it; {UsualWithin} when empty.");
        Section("第二階", "Second step");
        Person(x => x.SecondId, "第二階通知", "Then tell");
        Person(x => x.SecondOtherId, "第二階同時通知", "Then also");
        Number(x => x.SecondWithin, "第二階時限（分鐘）", "Answer to it within (minutes)").Range(1, 10_080);
        Section("第三階", "Third step");
        Person(x => x.ThirdId, "第三階通知", "At last tell");
        Person(x => x.ThirdOtherId, "第三階同時通知", "At last also");
        Number(x => x.ThirdWithin, "第三階時限（分鐘）", "Answer to that within (minutes)").Range(1, 10_080);

        RuleWorkflow.Declare(Workflow);
        Rule(r => Alert.Lines(r.Rules).Count > MostLines ? TooMany("rules") : null);
        Rule(r => Alert.Lines(r.Entities).Count > MostLines ? TooMany("entities") : null);
        Rule(r => r.ThirdId is not null && r.SecondId is null
            ? Error.Of("monitoring.notification-rule.gap", "填了第三階就要填第二階。", "A third step needs a second one.", "secondId") : null);
        Sealed();
    }

    private static Error TooMany(string field) => Error.Of("monitoring.notification-rule.lines", $"最多 {MostLines} 行。", $"{MostLines} lines at the most.", field);
}
