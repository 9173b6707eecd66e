using System.CommandLine;
using Hufu.Logs;
using Hufu.Monitoring.Logs;

namespace Hufu.Cli;

/// <summary>What a site has taught the product, as files that the pages export: decoders and log-source mappings.</summary>
internal static class SiteFiles
{
    internal static Option<FileInfo?> Decoders() => new("--decoders") { Description = "A file of decoders as the product exports them; they come before its own, and --as takes their names.", HelpName = "FILE.json" };

    internal static Option<FileInfo[]> Mappings() => new("--mapping")
    {
        Description = "A file of log-source mappings as the product exports them: which log source events of your own are, and what the rules' fields are called in them. May be given several times.", HelpName = "FILE.json", Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Reads decoders. False when they cannot be read, with the reason on standard error.</summary>
    internal static bool TryRead(FileInfo? file, out UserDecoders? decoders)
    {
        decoders = null;
        if (file is null) return true;
        if (Bytes(file) is not { } bytes) return false;
        var read = UserDecoders.Read(bytes);
        if (!read.IsOk)
        {
            Terminal.Fail(read.Errors.Select(error => new Kernel.Error(error.Code, error.Message, file.ToString())));
            return false;
        }

        decoders = new UserDecoders();
        decoders.Replace(read.Value);
        return true;
    }

    /// <summary>Reads mappings; those of a later file take the place of those of the same name. False when they cannot be read, with the reason on standard error.</summary>
    internal static bool TryRead(IReadOnlyList<FileInfo> files, out RuleMappings mappings)
    {
        mappings = RuleMappings.None;
        var all = new List<SourceMapping>();
        foreach (var file in files)
        {
            if (Bytes(file) is not { } bytes) return false;
            var read = SourceMappings.Read(bytes);
            if (!read.IsOk)
            {
                Terminal.Fail(read.Errors.Select(error => new Kernel.Error(error.Code, error.Message, file.ToString())));
                return false;
            }

            all.RemoveAll(known => read.Value.Any(mapping => mapping.Name == known.Name));
            all.AddRange(read.Value);
        }

        if (all.Count > 0) mappings = new RuleMappings(new SourceMappings(all));
        return true;
    }

    /// <summary>False when --as names no format or decoder, with what there is on standard error.</summary>
    internal static bool IsFormat(string? name, UserDecoders? own)
    {
        if (name is null || LogFormats.All.Contains(name) || LogFormats.Decoders.Contains(name) || own?.Names.Contains(name) == true) return true;
        Terminal.Fail($"--as {name}: there is no such format or decoder; use one of {string.Join(", ", LogFormats.All.Concat(LogFormats.Decoders).Concat(own?.Names ?? []))}.");
        return false;
    }

    private static byte[]? Bytes(FileInfo file)
    {
        try
        {
            return File.ReadAllBytes(file.FullName);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Terminal.Fail(file.Exists ? $"{file}: {fault.Message}" : $"There is no file {file}.");
            return null;
        }
    }
}
