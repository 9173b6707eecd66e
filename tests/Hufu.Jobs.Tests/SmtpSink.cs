using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MimeKit;

namespace Hufu.Jobs.Tests;

/// <summary>A mail server that keeps what it gets, and refuses what it is told to.</summary>
internal sealed class SmtpSink : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Task loop;

    internal SmtpSink()
    {
        listener.Start();
        loop = Task.Run(AcceptAsync);
    }

    internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    internal ConcurrentQueue<(string Recipient, MimeMessage Message)> Mails { get; } = new();

    internal int Connections;

    /// <summary>Answers to RCPT TO, one after another; 250 when there are none left.</summary>
    internal ConcurrentQueue<string> RecipientAnswers { get; } = new();

    /// <summary>Answers to RCPT TO of these addresses, always.</summary>
    internal ConcurrentDictionary<string, string> Refused { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await loop;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stopping.Token);
                _ = Task.Run(() => TalkAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The end of the test.
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            Interlocked.Increment(ref Connections);
            using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
            await using var writer = new StreamWriter(client.GetStream(), Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
            await writer.WriteLineAsync("220 sink ready");
            var recipient = "";
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("EHLO", StringComparison.Ordinal)) await writer.WriteLineAsync("250-sink\r\n250 8BITMIME");
                else if (line.StartsWith("RCPT", StringComparison.Ordinal))
                {
                    recipient = line[(line.IndexOf('<') + 1)..line.IndexOf('>')];
                    await writer.WriteLineAsync(Refused.TryGetValue(recipient, out var refusal) ? refusal : RecipientAnswers.TryDequeue(out var answer) ? answer : "250 ok");
                }
                else if (line == "DATA")
                {
                    await writer.WriteLineAsync("354 go on");
                    var data = new StringBuilder();
                    while (await reader.ReadLineAsync() is { } body && body != ".") data.Append(body.StartsWith('.') ? body[1..] : body).Append("\r\n");
                    Mails.Enqueue((recipient, await MimeMessage.LoadAsync(new MemoryStream(Encoding.Latin1.GetBytes(data.ToString())))));
                    await writer.WriteLineAsync("250 kept");
                }
                else if (line == "QUIT")
                {
                    await writer.WriteLineAsync("221 bye");
                    return;
                }
                else await writer.WriteLineAsync("250 ok");
            }
        }
    }
}
