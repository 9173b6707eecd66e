namespace Hufu.Logs.Cold;

/// <summary>
/// Where files lie that are old. Files are named once and never change; a name is letters, digits, dots and dashes. Whatever is wrong is a
/// <see cref="ColdException"/>.
/// </summary>
internal interface IColdPlace : IDisposable
{
    /// <summary>Its name, as the marks of moved files have it.</summary>
    string Name { get; }

    /// <summary>The file where the database can read it; null when it must be fetched.</summary>
    string? Path(string name);

    /// <summary>Makes sure that it is the place that is meant, before anything is written.</summary>
    /// <param name="known">True when it has files of this store already, so that one without any is another.</param>
    /// <param name="cancellation">Stops it.</param>
    Task OpenAsync(bool known, CancellationToken cancellation);

    /// <summary>Writes a file; when this returns it is there whole.</summary>
    /// <param name="name">What it is called there.</param>
    /// <param name="path">The file of this machine.</param>
    /// <param name="sha256">Its SHA-256, lower-case hexadecimal.</param>
    /// <param name="cancellation">Stops it.</param>
    Task PutAsync(string name, string path, string sha256, CancellationToken cancellation);

    /// <summary>Length of a file; null when the place does not have it.</summary>
    Task<long?> LengthAsync(string name, CancellationToken cancellation);

    /// <summary>Reads a file whole.</summary>
    Task ReadAsync(string name, Stream to, CancellationToken cancellation);

    /// <summary>Deletes a file; one that is not there is deleted.</summary>
    Task DeleteAsync(string name, CancellationToken cancellation);
}
