using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;

namespace OpsMonitor.Bench;

/// <summary>Walls on plain WebSockets, in SignalR's JSON protocol, and what they noticed.</summary>
internal sealed class Viewers(Uri address, bool hub) : IDisposable
{
    private static readonly byte[] Hello = "{\"protocol\":\"json\",\"version\":1}\u001e"u8.ToArray();
    private static readonly byte[] Watch = "{\"type\":4,\"invocationId\":\"1\",\"target\":\"Watch\",\"arguments\":[\"all\",0,\"\"]}\u001e"u8.ToArray();

    private readonly ConcurrentBag<ClientWebSocket> _sockets = [];
    private readonly CancellationTokenSource _end = new();
    private readonly List<double> _gaps = [];
    private (long Count, long At) _waiting;
    private int _whole;

    /// <summary>Between two frames of one viewer, in ms.</summary>
    public IReadOnlyList<double> Gaps => _gaps;

    /// <summary>Viewers that have had a whole board since they connected last.</summary>
    public int Whole => Volatile.Read(ref _whole);

    public long Frames;

    /// <summary>How many calls the first viewer sees waiting, and since when (Stopwatch ticks).</summary>
    public (long Count, long At) Waiting { get { lock (_gaps) return _waiting; } }

    public bool Measuring { get; set; }

    public async Task AddAsync(int count, bool reads)
    {
        foreach (var some in Enumerable.Range(0, count).Chunk(50))
            await Task.WhenAll(some.Select(async i =>
            {
                var socket = await Connect();
                if (reads) _ = Task.Run(() => Read(socket, i == 0 && hub));
            }));
    }

    private async Task<ClientWebSocket> Connect()
    {
        while (true)
        {
            var socket = new ClientWebSocket();
            try
            {
                await socket.ConnectAsync(address, _end.Token);
                if (hub) await socket.SendAsync(Hello, WebSocketMessageType.Text, true, _end.Token);
                if (hub) await socket.SendAsync(Watch, WebSocketMessageType.Text, true, _end.Token);
                _sockets.Add(socket);
                return socket;
            }
            catch (WebSocketException)
            {
                socket.Dispose();
                await Task.Delay(Random.Shared.Next(100, 1_000), _end.Token); // as the page does: not all at once
            }
        }
    }

    private async Task Read(ClientWebSocket socket, bool first)
    {
        var buffer = new byte[8 * 1024];
        var (last, whole) = (0L, false);
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var head = await socket.ReceiveAsync(buffer.AsMemory(), _end.Token);
                if (head.MessageType == WebSocketMessageType.Close) throw new WebSocketException("closed");
                var text = first || !whole ? Encoding.ASCII.GetString(buffer, 0, head.Count) : "";
                while (!head.EndOfMessage)
                {
                    head = await socket.ReceiveAsync(buffer.AsMemory(), _end.Token);
                    if (first) text += Encoding.ASCII.GetString(buffer, 0, head.Count);
                }
                if (!whole && (!hub || text.Contains("\"epoch\"", StringComparison.Ordinal))) { whole = true; Interlocked.Increment(ref _whole); }
                var now = Stopwatch.GetTimestamp();
                if (first) Look(text, now);
                Interlocked.Increment(ref Frames);
                if (Measuring && last != 0) lock (_gaps) _gaps.Add(Stopwatch.GetElapsedTime(last, now).TotalMilliseconds);
                if (!Measuring) { last = 0; continue; }
                last = now;
            }
            catch (Exception e) when (e is WebSocketException or IOException)
            {
                if (whole) Interlocked.Decrement(ref _whole);
                (whole, last) = (false, 0);
                try { socket = await Connect(); } catch (OperationCanceledException) { return; }
            }
            catch (OperationCanceledException) { return; }
        }
    }

    // The cell of the queues ends with the agents who are free.
    private void Look(string text, long now)
    {
        const string name = "\"waiting\":";
        var end = text.IndexOf("\"agents_available\"", StringComparison.Ordinal);
        var at = end < 0 ? -1 : text.LastIndexOf(name, end, StringComparison.Ordinal);
        if (at < 0) return;
        var digits = text.AsSpan(at + name.Length);
        var count = long.Parse(digits[..digits.IndexOf(',')], System.Globalization.CultureInfo.InvariantCulture);
        lock (_gaps) if (count > _waiting.Count) _waiting = (count, now);
    }

    public void Dispose()
    {
        _end.Cancel();
        foreach (var socket in _sockets) socket.Dispose();
    }
}
