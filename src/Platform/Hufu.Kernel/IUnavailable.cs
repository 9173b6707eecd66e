namespace Hufu.Kernel;

/// <summary>An exception that says that something outside cannot be reached now. The request is in order, and so is the product.</summary>
public interface IUnavailable
{
    /// <summary>What cannot be reached, for people; without secrets.</summary>
    Error Error { get; }
}
