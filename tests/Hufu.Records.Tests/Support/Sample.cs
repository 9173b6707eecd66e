using Hufu.Kernel;

namespace Hufu.Records.Tests.Support;

/// <summary>What the sample records point at.</summary>
public sealed class SampleGroup : Record;

public sealed class SampleGroupType : RecordType<SampleGroup>
{
    public SampleGroupType()
    {
        Workflow.State("open", "使用中", "In use").State("closed", "停用", "Closed", open: false);
        Workflow.Move("close", "停用", "Close", ["open"], "closed").When<SampleGroup>((_, facts) =>
            facts.OpenChildren.GetValueOrDefault("sample.item") > 0 ? Error.Of("group.open-items", "尚有未結項目", "Items are still open") : null);
        Sealed();
    }

    public override string Key => "sample.group";

    public override LocalizedText Name => new("群組", "Group");

    public override LocalizedText PluralName => new("群組", "Groups");

    public override string Route => "groups";

    public override string Prefix => "GRP";

    public override LocalizedText Purpose => new("測試用", "For tests");
}

/// <summary>A record with a field of every kind and a workflow with a tally.</summary>
public sealed class SampleItem : Record
{
    public string Code { get; set; } = "";

    public string? Note { get; set; }

    public string? Story { get; set; }

    public int? Count { get; set; }

    public decimal? Amount { get; set; }

    public int Weight { get; set; }

    public DateOnly? StartOn { get; set; }

    public DateTimeOffset? SeenAt { get; set; }

    public string? Level { get; set; }

    public string? Tags { get; set; }

    public bool Critical { get; set; }

    public Guid? GroupId { get; set; }

    public Guid? KeeperId { get; set; }

    public Guid? KeeperUnitId { get; set; }

    public string? Secret { get; set; }
}

public sealed class SampleItemType : RecordType<SampleItem>
{
    public SampleItemType()
    {
        ImportBy(Text(x => x.Code, "代碼", "Code", 40).Synonyms("項目代碼").InList());
        LongText(x => x.Note, "說明", "Note");
        Markdown(x => x.Story, "內文", "Story");
        Number(x => x.Count, "數量", "Count").Range(0, 1000).InList();
        Number(x => x.Amount, "金額", "Amount").InList();
        Number(x => x.Weight, "權重", "Weight");
        Date(x => x.StartOn, "起日", "Start").InList();
        Instant(x => x.SeenAt, "最近所見", "Seen");
        Choice(x => x.Level, "等級", "Level", Records.Choice.Of("high", "高", "High"), Records.Choice.Of("mid", "中", "Medium"), Records.Choice.Of("low", "低", "Low")).InList();
        ChoiceSet(x => x.Tags, "標籤", "Tags", Records.Choice.Of("a", "甲", "Alpha"), Records.Choice.Of("ab", "甲乙", "Alpha-beta"), Records.Choice.Of("c", "丙", "Gamma"));
        Flag(x => x.Critical, "關鍵", "Critical");
        Reference(x => x.GroupId, "sample.group", "群組", "Group");
        Person(x => x.KeeperId, "保管人", "Keeper");
        Unit(x => x.KeeperUnitId, "保管單位", "Keeping unit");
        Text(x => x.Secret, "密語", "Secret").Sensitive();
        Rule(x => x.StartOn > x.DueOn ? Error.Of("item.dates", "起日晚於期限", "It starts after it is due", "startOn") : null);
        Workflow
            .State("draft", "草稿", "Draft").State("review", "審查中", "In review").State("approved", "已核可", "Approved").State("closed", "結案", "Closed", open: false);
        Workflow.Move("submit", "送審", "Submit", ["draft"], "review");
        Workflow.Move("return", "退回", "Return", ["review"], "draft").WithReason();
        Workflow.Move("approve", "核可", "Approve", ["review"], "approved", Right.Approve).SecondPerson("submit").WithEvidence();
        Workflow.Move("endorse", "背書", "Endorse", ["review"], "approved").SecondPerson("create");
        Workflow.Move("close", "結案", "Close", ["approved"], "closed").When<SampleItem>((item, _) => item.Critical ? Error.Of("item.critical", "關鍵項目不能結案", "A critical item stays") : null);
        Workflow.Lock("closed");
        Sealed();
    }

    public override string Key => "sample.item";

    public override LocalizedText Name => new("項目", "Item");

    public override LocalizedText PluralName => new("項目清單", "Items");

    public override string Route => "items";

    public override string Prefix => "ITM";

    public override LocalizedText Purpose => new("測試用", "For tests");

    public override IReadOnlyList<string> Outputs => ["O2.1.1", "O2.1.2"];
}
