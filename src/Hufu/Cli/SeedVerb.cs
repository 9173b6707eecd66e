using System.CommandLine;
using System.Text.Json;
using Hufu.Web.Standard;

namespace Hufu.Cli;

/// <summary><c>hufu seed</c>: puts content into the data folder after checking it.</summary>
internal static class SeedVerb
{
    internal static Command Create()
    {
        var files = new Argument<string[]>("files") { Description = "Sigma rules (.yml, .yaml, or folders of them), or editions of the competency standard (.json).", Arity = ArgumentArity.OneOrMore };
        var verb = new Command("seed", """
            Check content and put it where Hufu finds it: detection rules into data/rules, editions of the competency standard into data/standards. All of it
            or nothing. A running server takes it up at its next start.
            Examples:
              hufu seed our-rules/
              hufu seed INM2529-001v4.json
            Exit code 0: done; 1: something is faulty, nothing was written; 2: nothing could be read.
            """) { files };
        verb.SetAction(parse =>
        {
            var data = Host.Storage(parse).DataFolder;
            var names = parse.GetValue(files)!;
            var rules = names.Where(n => Directory.Exists(n) || n.EndsWith(".yml", StringComparison.OrdinalIgnoreCase) || n.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase)).ToList();
            var standards = names.Where(n => n.EndsWith(".json", StringComparison.OrdinalIgnoreCase)).ToList();
            if (names.Except(rules).Except(standards).FirstOrDefault() is { } odd) return Terminal.Fail($"{odd}: is neither a rule (.yml) nor a standard (.json).");
            if (names.FirstOrDefault(n => !File.Exists(n) && !Directory.Exists(n)) is { } missing) return Terminal.Fail($"There is no file or folder {missing}.");
            var work = new List<(string From, string To)>();
            if (rules.Count > 0)
            {
                if (SigmaVerb.Load(rules) is not var (engine, _, faults, _, _)) return Exit.Refused;
                if (faults.Count > 0)
                {
                    Terminal.Fail(faults);
                    return Exit.Finding;
                }

                Console.Error.WriteLine($"{engine.RuleCount} rules.");
                foreach (var name in rules)
                {
                    var root = Directory.Exists(name) ? Path.GetFullPath(name) : Path.GetDirectoryName(Path.GetFullPath(name))!;
                    foreach (var file in Directory.Exists(name) ? Directory.EnumerateFiles(root, "*.y*ml", SearchOption.AllDirectories) : [Path.GetFullPath(name)])
                        work.Add((file, Path.Combine(data, "rules", Path.ChangeExtension(Path.GetRelativePath(root, file), ".yml"))));
                }
            }

            foreach (var file in standards)
            {
                try
                {
                    var edition = JsonSerializer.Deserialize<CompetencyStandard>(File.ReadAllBytes(file), Terminal.Json);
                    if (edition is null || edition.Duties is not { Count: > 0 } || edition.Duties.Any(d => d.Tasks is null || d.Tasks.Any(t => t.Outputs is null)))
                    {
                        Terminal.Fail($"{file}: is no competency standard: duties with tasks and outputs are missing.");
                        return Exit.Finding;
                    }
                }
                catch (JsonException e)
                {
                    Terminal.Fail($"{file}: line {(e.LineNumber ?? 0) + 1}: is no competency standard.");
                    return Exit.Finding;
                }

                work.Add((file, Path.Combine(data, "standards", Path.GetFileName(file))));
            }

            if (work.GroupBy(w => w.To).FirstOrDefault(g => g.Count() > 1) is { } twice) return Terminal.Fail($"{twice.Key} would be written twice: {string.Join(", ", twice.Select(w => w.From))}");
            foreach (var (from, to) in work)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(from, to + ".part", overwrite: true);
                File.Move(to + ".part", to, overwrite: true);
                Console.WriteLine(to);
            }

            return Exit.Ok;
        });
        return verb;
    }
}
