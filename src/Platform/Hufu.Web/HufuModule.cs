using Hufu.Kernel;
using Hufu.Records;
using Hufu.Records.Storage;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hufu.Web;

/// <summary>An entry of the left navigation that is no record type.</summary>
/// <param name="Label">What people read.</param>
/// <param name="Href">Where it leads.</param>
/// <param name="Icon">Name of the icon.</param>
/// <param name="Area">The area that a person needs a right on; null for everybody.</param>
/// <param name="Right">Which right.</param>
public sealed record NavigationEntry(LocalizedText Label, string Href, string Icon, string? Area = null, Right Right = Right.Read)
{
    /// <summary>True when the page would let this person in.</summary>
    public bool IsOpenTo(Actor actor) => Area is null || actor.May(Area, Right);
}

/// <summary>Entries of a duty's navigation that stand under one heading.</summary>
/// <param name="Label">The heading; null for what is wanted most, before all headings.</param>
/// <param name="Paths">Where its entries lead, of pages and of record types, in their order. The path of a record type without an entry opens the heading on its pages.</param>
public sealed record NavigationSection(LocalizedText? Label, params IReadOnlyList<string> Paths);

/// <summary>The places in a record page that a module may fill. A sixth need is an own page.</summary>
public enum RecordSlot
{
    /// <summary>Panels under the fields.</summary>
    Panel,

    /// <summary>Buttons in the page's head.</summary>
    Action,

    /// <summary>Notes beside the fields.</summary>
    Side,
}

/// <summary>A component that a module puts into the pages of a record type. It gets the parameter <c>Record</c>.</summary>
public sealed record SlotContent(string TypeKey, RecordSlot Slot, Type Component);

/// <summary>Where a search that was kept as evidence is run again. The module that searches answers.</summary>
public interface IKeptSearch
{
    /// <summary>The address of the search; null when the evidence holds none.</summary>
    string? HrefOf(Evidence evidence);
}

/// <summary>A part of the product that covers a duty: its record types, services, pages and navigation, read from top to bottom.</summary>
public abstract class HufuModule
{
    /// <summary>First part of the keys of its record types.</summary>
    public abstract string Key { get; }

    /// <summary>Heading in the navigation.</summary>
    public abstract LocalizedText Title { get; }

    /// <summary>Code of the standard's duty, shown beside the heading; null for what serves all duties.</summary>
    public virtual string? Duty => null;

    /// <summary>Its record types.</summary>
    public virtual IReadOnlyList<RecordType> RecordTypes => [];

    /// <summary>Its pages in the navigation, before the lists of its record types.</summary>
    public virtual IReadOnlyList<NavigationEntry> Navigation => [];

    /// <summary>Headings over the entries of its duty, where they are too many to be read at once; what none takes stands before them.</summary>
    public virtual IReadOnlyList<NavigationSection> Sections => [];

    /// <summary>What it puts into record pages.</summary>
    public virtual IReadOnlyList<SlotContent> Slots => [];

    /// <summary>Tables of its own beside the record types.</summary>
    public virtual IReadOnlyList<IModelContribution> Tables => [];

    public virtual void AddServices(IServiceCollection services)
    {
    }

    public virtual void MapEndpoints(IEndpointRouteBuilder routes)
    {
    }
}

/// <summary>All modules of the running product, in the order of the navigation.</summary>
public sealed class ModuleList(IReadOnlyList<HufuModule> modules)
{
    public IReadOnlyList<HufuModule> All => modules;

    /// <summary>What modules put into one slot of a record type's pages.</summary>
    public IEnumerable<Type> Slot(string typeKey, RecordSlot slot) => modules.SelectMany(m => m.Slots).Where(s => s.TypeKey == typeKey && s.Slot == slot).Select(s => s.Component);
}
