// Prints how fast published rules are compiled and matched against recorded Windows events, beside a bare pass of Utf8JsonReader over the same
// bytes in the same run; with the word “once” without larger sets of rules; with “correlate”, what correlations take of events that match already.
// dotnet run -c Release --project bench/Hufu.Sigma.Bench [match|correlate] [once] [--data FOLDER] [--events N]
using System.Globalization;
using Hufu.Sigma.Bench;

string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;

if (args.Contains("correlate"))
{
    Correlating.Run();
    return;
}

Matching.Run(Option("--data", Samples.Folder()), int.Parse(Option("--events", "40000"), CultureInfo.InvariantCulture), !args.Contains("once"));
