using System.CommandLine;

namespace Hufu.Cli;

/// <summary>The command line: one verb, one class.</summary>
internal static class HufuCommand
{
    internal static readonly Option<string> Data = new("--data")
    {
        Description = "Folder of everything that Hufu keeps. The default is $HUFU_DATA, or ./data.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("HUFU_DATA") ?? "data",
        Recursive = true,
    };

    internal static readonly Option<string?> Postgres = new("--postgres")
    {
        Description = "Connection string of PostgreSQL. Without it the records are in one SQLite file in the data folder.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("HUFU_POSTGRES"),
        Recursive = true,
    };

    internal static readonly Option<string?> Logs = new("--logs")
    {
        Description = "Where logs are searched besides the files of the store: clickhouse:http://USER@HOST:8123/DATABASE, of a cluster with ?cluster=NAME (also HUFU_LOGS; the password in HUFU_LOGS_PASSWORD or the file HUFU_LOGS_PASSWORD_FILE).",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("HUFU_LOGS") is { Length: > 0 } target ? target : null,
        Recursive = true,
    };

    internal static readonly Option<string?> LogsCold = new("--logs-cold")
    {
        Description = "Where log files are moved to when they are as old as a retention rule says: a folder, best on another disk, or s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=NAME, with &cache=GB for this machine's copies (also HUFU_LOGS_COLD; of a bucket the key in HUFU_LOGS_COLD_KEY, the secret in HUFU_LOGS_COLD_SECRET or the file HUFU_LOGS_COLD_SECRET_FILE).",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("HUFU_LOGS_COLD") is { Length: > 0 } target ? target : null,
        Recursive = true,
    };

    /// <summary>Every verb by its name, in the order in which the help lists them.</summary>
    internal static readonly IReadOnlyList<(string Name, Func<Command> Create)> Verbs =
    [
        ("serve", ServeVerb.Create),
        ("import", ImportVerb.Create),
        ("export", ExportVerb.Create),
        ("logs", LogsVerb.Create),
        ("hunt", HuntVerb.Create),
        ("indicators", IndicatorsVerb.Create),
        ("sigma", SigmaVerb.Create),
        ("rules", RulesVerb.Create),
        ("parse", ParseVerb.Create),
        ("time", TimeVerb.Create),
        ("report", ReportVerb.Create),
        ("verify", VerifyVerb.Create),
        ("ledger", LedgerVerb.Create),
        ("backup", BackupVerbs.CreateBackup),
        ("restore", BackupVerbs.CreateRestore),
        ("user", UserVerb.Create),
        ("seed", SeedVerb.Create),
    ];

    /// <summary>The command line for these arguments. Where they begin with a verb it has that one alone: to make them all, with what their help says, costs a tenth of a short run.</summary>
    internal static RootCommand Build(IReadOnlyList<string> args)
    {
        var root = new RootCommand("Hufu 虎符: information security management and a live log engine in one program.\nRun “hufu serve --demo” to look around with sample data; “hufu VERB --help” explains each verb.\nExit codes: 0 done; 1 done, and the answer is bad news; 2 not done (bad input, wrong arguments, data in use); 3 a fault of the program.");
        var asked = args.Count > 0 ? Verbs.Where(v => v.Name == args[0]).ToList() : [];
        foreach (var (_, create) in asked.Count > 0 ? asked : Verbs) root.Add(create());
        root.Options.Add(Data);
        root.Options.Add(Postgres);
        root.Options.Add(Logs);
        root.Options.Add(LogsCold);
        return root;
    }
}
