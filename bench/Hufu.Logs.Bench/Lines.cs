using System.Globalization;

/// <summary>Log lines of five kinds, always the same for the same seed.</summary>
/// <param name="start">Time of the first.</param>
/// <param name="step">Time from one to the next.</param>
internal sealed class Lines(DateTimeOffset start, TimeSpan step)
{
    private readonly Random random = new(1);

    internal DateTimeOffset TimeOf(int i) => start + i * step;

    internal string Line(int i)
    {
        var time = TimeOf(i);
        var legacy = time.ToString("MMM dd HH:mm:ss", CultureInfo.InvariantCulture);
        var ip = $"10.{random.Next(256)}.{random.Next(256)}.{random.Next(256)}";
        return (i % 5) switch
        {
            0 => $"<86>{legacy} host{random.Next(200)} sshd[{i}]: Failed password for invalid user user{random.Next(500)} from {ip} port {random.Next(65536)} ssh2",
            1 => $"<30>1 {time:yyyy-MM-ddTHH:mm:ss.fffZ} host{random.Next(200)} app{random.Next(20)} {i} ID{i % 50} [meta@32473 trace=\"{random.NextInt64():x}\" user=\"user{random.Next(500)}\"] request handled in {random.Next(2000)} ms",
            2 => $"{ip} - - [{time:dd/MMM/yyyy:HH:mm:ss} +0000] \"GET /page/{random.Next(5000)} HTTP/1.1\" {(random.Next(10) == 0 ? 404 : 200)} {random.Next(90000)} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"",
            3 => $"{{\"@timestamp\":\"{time:yyyy-MM-ddTHH:mm:ssZ}\",\"EventID\":{4600 + random.Next(100)},\"Channel\":\"Security\",\"Computer\":\"dc{random.Next(9)}\",\"TargetUserName\":\"user{random.Next(500)}\",\"message\":\"An account was logged on\"}}",
            _ => $"<13>{legacy} host{random.Next(200)} app[{i}]: 使用者 user{random.Next(500)} 由 {ip} 登入成功",
        };
    }
}
