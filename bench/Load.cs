using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OpsMonitor.Bench;

/// <summary>
/// Senders on raw sockets with requests made beforehand, only the numbers in them are new: on two cores a dear client would hide what the
/// server costs.
/// </summary>
internal sealed class Load(Uri root, string key, int connections)
{
    public const int EventsPerBatch = 100;
    private const int Digits = 10;

    private static int _number;

    private readonly ConcurrentQueue<double> _acks = new();

    /// <summary>Of the last window, in ms.</summary>
    public double AckP99 => Boards.At([.. _acks.Order()], 0.99);

    /// <summary>Of the last window: processor time of an event in microseconds, server and senders together. Neighbours hardly change it.</summary>
    public double ProcessorUs { get; private set; }

    /// <returns>events acknowledged a second</returns>
    /// <param name="perSecond">no more than so many; null = as many as it takes</param>
    public async Task<double> RunAsync(TimeSpan window, int batch = EventsPerBatch, double? perSecond = null)
    {
        _acks.Clear();
        using var end = new CancellationTokenSource(window);
        var watch = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        var sent = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(() => Send(batch, perSecond is { } most ? most / connections : double.MaxValue, end.Token))));
        ProcessorUs = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / sent.Sum();
        return sent.Sum() / watch.Elapsed.TotalSeconds;
    }

    private async Task<long> Send(int batch, double perSecond, CancellationToken end)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(root.Host, root.Port, CancellationToken.None);
        var (request, numbers) = Request(batch);
        var answer = new byte[64 * 1024];
        var (sent, watch) = (0L, Stopwatch.StartNew());
        while (!end.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _number);
            foreach (var at in numbers) number.TryFormat(request.AsSpan(at, Digits), out _, "D10", CultureInfo.InvariantCulture);
            var from = Stopwatch.GetTimestamp();
            await client.GetStream().WriteAsync(request, CancellationToken.None);
            await ReadAnswer(client.GetStream(), answer, batch);
            _acks.Enqueue(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            sent += batch;
            if (sent / perSecond - watch.Elapsed.TotalSeconds is var early && early > 0.001) await Task.Delay(TimeSpan.FromSeconds(early), CancellationToken.None);
        }
        return sent;
    }

    private static async Task ReadAnswer(NetworkStream stream, byte[] buffer, int batch)
    {
        for (int length = 0, whole = int.MaxValue; length < whole;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length));
            if (read == 0) throw new IOException("the server hung up");
            length += read;
            if (whole == int.MaxValue) whole = Whole(buffer.AsSpan(0, length));
        }
        if (!buffer.AsSpan().StartsWith("HTTP/1.1 200"u8) || buffer.AsSpan().IndexOf(batch == 1 ? "\"accepted\":1,"u8 : "\"accepted\":100,"u8) < 0)
            throw new IOException(Encoding.UTF8.GetString(buffer.AsSpan(0, 400)));
    }

    private static int Whole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return int.MaxValue;
        var at = answer.IndexOf("Content-Length: "u8);
        if (at < 0 || at > head || !Utf8Parser.TryParse(answer[(at + 16)..], out int body, out _)) throw new IOException("an answer without a length");
        return head + 4 + body;
    }

    /// <summary>Twenty tickets with five events each, about 300 B an event; and where their numbers stand.</summary>
    private (byte[] Request, int[] Numbers) Request(int batch)
    {
        var body = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, batch).Select(EventText))}]");
        var head = Encoding.ASCII.GetBytes(
            $"POST /api/v1/events HTTP/1.1\r\nHost: {root.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/cloudevents-batch+json\r\nContent-Length: {body.Length}\r\n\r\n");
        byte[] request = [.. head, .. body];
        var numbers = new List<int>();
        for (var at = head.Length; request.AsSpan(at).IndexOf("##########"u8) is var found and >= 0; at += found + Digits) numbers.Add(at + found);
        return (request, [.. numbers]);
    }

    public static string EventText(int i)
    {
        var time = DateTimeOffset.UtcNow.AddSeconds(-60 + (i % 5)).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var (type, data) = (i % 5) switch
        {
            0 => ("created", $$"""{"kind":"complaint","channel":"phone","department_id":"billing","priority":2,"customer_ref":"c-##########-{{i / 5}}","category":"invoice"}"""),
            1 => ("acknowledged", """{"method":"phone"}"""),
            2 => ("assigned", """{"assignee":"agent-17"}"""),
            3 => ("replied", """{"method":"phone"}"""),
            _ => ("classified", """{"category":"invoice","priority":2,"department_id":"billing"}"""),
        };
        return $"{{\"specversion\":\"1.0\",\"id\":\"##########-{i:D3}\",\"source\":\"bench/crm\",\"type\":\"ticket.{type}\",\"time\":\"{time}\",\"subject\":\"ticket/B-##########-{i / 5:D2}\",\"datacontenttype\":\"application/json\",\"data\":{data}}}";
    }
}
