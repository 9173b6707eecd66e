namespace Hufu.Monitoring.Logs;

/// <summary>Passes on the share that is done, in the order and on the thread in which it is told.</summary>
internal sealed class Share(Action<double> tell) : IProgress<double>
{
    public void Report(double value) => tell(value);
}
