using Hufu.Kernel;
using Hufu.Records;
using Hufu.Web;

namespace Hufu.Isms;

/// <summary>Duty T1: the management system's documents and the records of running it.</summary>
public sealed class IsmsModule : HufuModule
{
    public override string Key => "isms";

    public override LocalizedText Title => new("資訊安全管理制度", "Management system");

    public override string Duty => "T1";

    public override IReadOnlyList<RecordType> RecordTypes { get; } = [new IsmsDocumentType(), new WorkRecordType()];
}
