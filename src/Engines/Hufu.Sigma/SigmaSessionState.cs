using System.Text;
using Hufu.Sigma.Correlation;

namespace Hufu.Sigma;

public sealed partial class SigmaSession
{
    private const int StateVersion = 1;

    /// <summary>Writes what the session remembers, so that another one of the same rules goes on as this one would.</summary>
    public void Save(Stream target)
    {
        ArgumentNullException.ThrowIfNull(target);
        using var writer = new BinaryWriter(target, Encoding.UTF8, leaveOpen: true);
        writer.Write(StateVersion);
        writer.Write(engine.Correlations.Count);
        writer.Write(forgotten);
        writer.Write(late);
        for (var plan = 0; plan < order.Length; plan++)
        {
            writer.Write(engine.Correlations[plan].Rule.Fingerprint);
            writer.Write(windows[plan].Count);
            for (var window = order[plan].Oldest; window is not null; window = window.Younger) window.Save(writer);
        }
    }

    /// <summary>Takes up what another session of the same rules wrote. To be called before any event.</summary>
    /// <exception cref="InvalidDataException">It is of other rules, or damaged: the session is not to be used.</exception>
    public void Load(Stream source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (groups > 0) throw new InvalidOperationException("The session has seen events.");
        using var reader = new BinaryReader(source, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (reader.ReadInt32() != StateVersion || reader.ReadInt32() != engine.Correlations.Count) throw new InvalidDataException("The state is of other rules.");
            forgotten = reader.ReadInt64();
            late = reader.ReadInt64();
            for (var plan = 0; plan < order.Length; plan++)
            {
                if (reader.ReadString() != engine.Correlations[plan].Rule.Fingerprint) throw new InvalidDataException("The state is of other rules.");
                for (var count = reader.ReadInt32(); count > 0; count--)
                {
                    var window = Window.Load(reader, plan, engine.Correlations[plan]);
                    if (!windows[plan].TryAdd(window.Key, window)) throw new InvalidDataException("A group occurs twice.");
                    Link(window);
                    groups++;
                    held += window.Events;
                }
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("The state is damaged.", e);
        }
    }
}
