namespace Hufu.Indicators;

/// <summary>What a field of an event holds, or what is derived from it.</summary>
internal enum FieldRole
{
    None,
    SourceAddress,
    DestinationAddress,

    /// <summary>An address of which the direction is not told.</summary>
    Address,
    Domain,
    DestinationDomain,
    Url,
    UrlPath,
    Hash,
    ImportHash,

    /// <summary>Several hashes with their names: <c>MD5=…,SHA256=…</c>.</summary>
    Hashes,
    FileName,
    FilePath,

    /// <summary>Folder of a file; derived.</summary>
    Directory,

    /// <summary>Path of a program that runs.</summary>
    Image,

    /// <summary>Path of the program that began it.</summary>
    ParentImage,

    /// <summary>Name of a program that runs; derived.</summary>
    ProcessName,

    /// <summary>Name of the program that began it; derived.</summary>
    ParentName,
    Email,
    EmailFrom,
    EmailTo,
    Subject,
    RegistryKey,

    /// <summary>Name of a value of the registry; derived.</summary>
    RegistryValue,
    RegistryData,
    Mutex,
    UserAgent,
    Ja3,
    Hassh,
    Account,
    CommandLine,
    ParentCommandLine,
    SourcePort,
    DestinationPort,
    Method,
    Protocol,

    /// <summary>Host of a URL that stands apart from it; a domain name.</summary>
    UrlHost,

    /// <summary>Path of a URL that stands apart from its host.</summary>
    UriStem,

    /// <summary>Query of a URL that stands apart.</summary>
    UriQuery,

    /// <summary>Answers of DNS: addresses and names.</summary>
    Answers,
}

/// <summary>A value of an event with what it is.</summary>
/// <param name="Role">What it is.</param>
/// <param name="Text">Its normal form.</param>
/// <param name="Raw">As the event has it.</param>
/// <param name="Field">The field that it is of.</param>
internal readonly record struct RoledValue(FieldRole Role, string Text, string Raw, string Field);
