using Hufu.Kernel;

namespace Hufu.Web;

/// <summary>Something long that goes on behind the pages and that everybody should know of.</summary>
/// <param name="Step">What is being done now.</param>
/// <param name="Done">Steps that are done.</param>
/// <param name="Total">Steps in all.</param>
public sealed record Loading(LocalizedText Step, int Done, int Total);

/// <summary>Tells the pages of a loading that goes on. Optional.</summary>
public interface ILoadingStatus
{
    /// <summary>What goes on now; null when nothing does.</summary>
    Loading? Current { get; }
}
