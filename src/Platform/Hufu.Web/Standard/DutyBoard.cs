using Hufu.Records.Obligations;
using Hufu.Records.Storage;
using Hufu.Web.Records;

namespace Hufu.Web.Standard;

/// <summary>How every output of the edition in force stands: a fixed number of queries, whatever the number of outputs.</summary>
public sealed class DutyBoard(OutputStates states, StandardLibrary standards, TimeProvider clock)
{
    /// <summary>The states by the codes of the outputs.</summary>
    public async Task<IReadOnlyDictionary<string, OutputState>> ComputeAsync(CancellationToken cancellation = default)
    {
        var outputs = standards.Current.Outputs.ToList();
        var cycles = outputs.Where(o => !string.IsNullOrEmpty(o.Cycle)).ToDictionary(o => o.Code, o => o.Cycle!, StringComparer.Ordinal);
        return (await states.ComputeAsync([.. outputs.Select(o => o.Code)], SiteTime.Today(clock), cycles, cancellation)).ToDictionary(s => s.Output, StringComparer.Ordinal);
    }
}
